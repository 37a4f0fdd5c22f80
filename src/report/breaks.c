/* BREAKS: who cannot pay first, when, how likely, and whom it reaches. */
#include "report/section.h"

#include <math.h>

typedef struct {
    uint32_t party;
    size_t n_late, n_default, n_first; /* paths; first: late before all others */
    double late_date, default_date;    /* medians over the paths in which it happens */
} Break;

static const double *last_column(const Report *r, uint32_t output)
{
    size_t offset = r->model->outputs.items[output].is_once
                        ? 0
                        : (size_t)(r->model->n_periods - 1) * (size_t)r->result->n_kept;
    return r->result->columns[output] + offset;
}

static const double *late_dates(const Report *r, size_t party)
{
    uint32_t output = r->model->first_late_outputs[party];
    return output == NO_ID ? NULL : last_column(r, output);
}

static const double *default_dates(const Report *r, size_t party)
{
    uint32_t output =
        r->model->default_date_outputs == NULL ? NO_ID : r->model->default_date_outputs[party];
    return output == NO_ID ? NULL : last_column(r, output);
}

/* How many dates came, and their median. */
static size_t count_dates(const Report *r, const double *dates, double *median)
{
    size_t count = 0;

    *median = DATE_NEVER;
    if (dates == NULL)
        return 0;
    for (size_t path = 0; path < r->result->n_kept; path++)
        if (!r->result->is_failed[path] && isfinite(dates[path]))
            r->scratch[count++] = dates[path];
    if (count > 0)
        *median = spread_of(r->scratch, count).p50;
    return count;
}

/* By path, when the first of all is late. */
static const double *find_earliest(Report *r)
{
    double *earliest = r->more_scratch;

    for (size_t path = 0; path < r->result->n_kept; path++)
        earliest[path] = DATE_NEVER;
    for (size_t party = 0; party < r->model->parties.count; party++) {
        const double *dates = late_dates(r, party);
        for (size_t path = 0; dates != NULL && path < r->result->n_kept; path++)
            earliest[path] = dates[path] < earliest[path] ? dates[path] : earliest[path];
    }
    return earliest;
}

/* In how many paths the party is late, and no other is late before it. */
static size_t count_first(const Report *r, size_t party, const double *earliest)
{
    const double *own = late_dates(r, party);
    size_t count = 0;

    for (size_t path = 0; own != NULL && path < r->result->n_kept; path++)
        count += !r->result->is_failed[path] && isfinite(own[path]) && own[path] <= earliest[path];
    return count;
}

/* In how many paths `other` is late after the party was first, or with it. */
static size_t count_reached(const Report *r, size_t party, size_t other)
{
    const double *own = late_dates(r, party);
    const double *dates = late_dates(r, other);
    size_t count = 0;

    for (size_t path = 0; dates != NULL && path < r->result->n_kept; path++)
        count += !r->result->is_failed[path] && isfinite(own[path]) && isfinite(dates[path]) &&
                 dates[path] >= own[path];
    return count;
}

static void write_break(Report *r, const Break *broken, size_t n_good, const char *heading)
{
    Buffer out = {.arena = r->arena};

    buffer_format(&out, "%.*s is late in ", TEXT_ARG(party_title(r->model, broken->party)));
    add_chance(&out, broken->n_late, n_good);
    buffer_string(&out, " of paths, first in ");
    add_date(&out, r->model, broken->late_date);
    if (broken->n_default > 0) {
        buffer_string(&out, "; in default in ");
        add_chance(&out, broken->n_default, n_good);
        buffer_string(&out, ", in ");
        add_date(&out, r->model, broken->default_date);
    }
    add_section(r, heading, buffer_view(&out));
}

static void write_reach(Report *r, const Break *first)
{
    Buffer out = {.arena = r->arena};
    size_t n_reached = 0;

    buffer_format(&out, "when %.*s is late, ", TEXT_ARG(party_title(r->model, first->party)));
    for (size_t other = 0; other < r->model->parties.count; other++) {
        size_t count = other == first->party ? 0 : count_reached(r, first->party, other);
        if (count == 0)
            continue;
        buffer_format(&out, "%s%.*s in ", n_reached++ == 0 ? "so is then " : ", ",
                      TEXT_ARG(party_title(r->model, (uint32_t)other)));
        add_chance(&out, count, first->n_late);
    }
    if (n_reached == 0)
        buffer_string(&out, "nobody else is then");
    add_section(r, "", buffer_view(&out));
}

static Break measure_break(const Report *r, size_t party, const double *earliest)
{
    Break broken = {.party = (uint32_t)party};

    broken.n_late = count_dates(r, late_dates(r, party), &broken.late_date);
    broken.n_default = count_dates(r, default_dates(r, party), &broken.default_date);
    broken.n_first = broken.n_late > 0 ? count_first(r, party, earliest) : 0;
    return broken;
}

void section_breaks(Report *r)
{
    size_t n_good = (size_t)(r->result->n_kept - r->result->n_kept_failed);
    const Break *first = NULL;
    const double *earliest = NULL;
    LIST(Break) breaks = {0};

    if (r->model->first_late_outputs == NULL || r->model->slots.count == 0)
        return;
    earliest = find_earliest(r);
    for (size_t party = 0; party < r->model->parties.count; party++) {
        Break broken = measure_break(r, party, earliest);
        if (broken.n_late > 0)
            *LIST_PUSH(r->arena, &breaks) = broken;
    }
    if (breaks.count == 0) {
        Spread none = {.count = n_good};
        Buffer out = {.arena = r->arena};
        buffer_string(&out, "nobody is ever late: ");
        add_chance(&out, none.n_never, none.count);
        buffer_string(&out, " of paths");
        add_section(r, "BREAKS", buffer_view(&out));
        return;
    }
    for (size_t i = 0; i < breaks.count; i++)
        if (first == NULL || breaks.items[i].n_first > first->n_first)
            first = &breaks.items[i];
    write_break(r, first, n_good, "BREAKS");
    write_reach(r, first);
    for (size_t i = 0; i < breaks.count; i++)
        if (&breaks.items[i] != first)
            write_break(r, &breaks.items[i], n_good, "");
}
