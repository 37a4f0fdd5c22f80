/* WHO PAYS: whose money it was that a party received, and how far money goes round. */
#include "report/section.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_SHARE 0.01
#define NOTHING 1e-6 /* of each unit: what rounding leaves */

typedef struct {
    Text title;
    double mean, p5, p95;
    bool is_target;
    int percent; /* of the mean, so that the rows add to 100 */
} Row;

typedef LIST(Row) RowList;

/* "users" to their title, "openai (opening cash)" to the title and what it is. */
static Text source_title(Report *r, Text name)
{
    for (uint32_t i = 0; i < r->model->parties.count; i++) {
        Text party = r->model->parties.items[i].name;
        Text title = party_title(r->model, i);
        if (text_equal(name, party))
            return title;
        if (name.length > party.length && memcmp(name.bytes, party.bytes, party.length) == 0 &&
            name.bytes[party.length] == ' ')
            return text_format(r->arena, "%.*s: cash there at the start", TEXT_ARG(title));
    }
    return name;
}

/* The spread over the paths of what the sources of a row gave together. */
static void measure_row(Report *r, const WhoPays *who, const uint32_t *sources, size_t n, Row *row)
{
    size_t n_paths = (size_t)r->result->n_kept;
    size_t count = 0;
    Spread spread;

    for (size_t path = 0; path < n_paths; path++) {
        double share = 0;
        if (r->result->is_failed[path] || !(who->received[path] > 0))
            continue;
        for (size_t i = 0; i < n; i++)
            share += who->shares[(size_t)sources[i] * n_paths + path];
        r->scratch[count++] = share;
    }
    spread = spread_of(r->scratch, count);
    row->mean = spread.mean;
    row->p5 = spread.p5;
    row->p95 = spread.p95;
}

static Row make_row(Report *r, const WhoPays *who, uint32_t source)
{
    const View *view = &r->model->views.items[who->view];
    Row row = {.is_target = source + 1 == who->n_sources};

    measure_row(r, who, &source, 1, &row);
    row.title = row.is_target ? text_format(r->arena, "%.*s itself, whose own money came back",
                                            TEXT_ARG(party_title(r->model, view->party)))
                              : source_title(r, who->source_names[source]);
    return row;
}

static int larger_mean_first(const void *a, const void *b)
{
    const Row *left = a;
    const Row *right = b;

    if (left->is_target != right->is_target)
        return left->is_target ? 1 : -1;
    if (left->mean != right->mean)
        return left->mean < right->mean ? 1 : -1;
    return text_compare(left->title, right->title);
}

/* Whole percents by largest remainder: what is printed adds to 100. */
static void round_to_hundred(RowList *rows)
{
    int left = 100;

    for (size_t i = 0; i < rows->count; i++) {
        rows->items[i].percent = (int)floor(100 * rows->items[i].mean);
        left -= rows->items[i].percent;
    }
    for (; left > 0; left--) {
        Row *best = NULL;
        double most = -1;
        for (size_t i = 0; i < rows->count; i++) {
            double remainder = 100 * rows->items[i].mean - rows->items[i].percent;
            if (remainder > most) {
                most = remainder;
                best = &rows->items[i];
            }
        }
        if (best == NULL)
            return;
        best->percent++;
    }
}

/* Sources below one percent are one row together, so that the rows add up; one alone keeps its
 * name, and those that never gave anything have no row. */
static RowList make_rows(Report *r, const WhoPays *who)
{
    RowList rows = {0};
    Row others = {0};
    Row last = {0};
    uint32_t *small = ARENA_ARRAY(r->arena, uint32_t, who->n_sources);
    size_t n_small = 0;

    for (uint32_t source = 0; source < who->n_sources; source++) {
        Row row = make_row(r, who, source);
        if (!(row.mean > NOTHING))
            continue;
        if (row.mean < LEAST_SHARE) {
            small[n_small++] = source;
            last = row;
        } else {
            *LIST_PUSH(r->arena, &rows) = row;
        }
    }
    if (rows.count > 1)
        qsort(rows.items, rows.count, sizeof *rows.items, larger_mean_first);
    if (n_small > 1) {
        measure_row(r, who, small, n_small, &others);
        others.title = text_format(r->arena, "%zu others, below 1 %% each", n_small);
    }
    if (n_small > 0)
        *LIST_PUSH(r->arena, &rows) = n_small > 1 ? others : last;
    round_to_hundred(&rows);
    return rows;
}

/* Where rounding for the sum moved the mean by a point, an interval that holds it goes along. */
static int low_end(const Row *row)
{
    int low = (int)floor(100 * row->p5 + 0.5);
    return row->mean >= row->p5 && row->percent < low ? row->percent : low;
}

static int high_end(const Row *row)
{
    int high = (int)floor(100 * row->p95 + 0.5);
    return row->mean <= row->p95 && row->percent > high ? row->percent : high;
}

static void write_rows(Report *r, const RowList *rows)
{
    size_t width = 40;

    for (size_t i = 0; i < rows->count; i++)
        if (text_width(rows->items[i].title) > width)
            width = text_width(rows->items[i].title);
    for (size_t i = 0; i < rows->count; i++) {
        const Row *row = &rows->items[i];
        size_t used = text_width(row->title);
        buffer_format(r->out, "  %.*s%*s   %3d %% (%2d … %2d)\n", TEXT_ARG(row->title),
                      (int)(width - used), "", row->percent, low_end(row), high_end(row));
    }
}

static void write_circularity(Report *r, const WhoPays *who)
{
    const View *view = &r->model->views.items[who->view];
    Text currency = book_money(r->model, view->party);
    Buffer out = {.arena = r->arena};
    Circularity c;

    if (!circularity_of(r->arena, r->model, r->result, who, &c))
        return;
    buffer_format(&out, "of the mean payments: money at %.*s comes back to it with a chance of ",
                  TEXT_ARG(party_title(r->model, view->party)));
    add_percent(&out, c.return_probability);
    buffer_string(&out, " %; it passes ");
    add_number(&out, c.path_length);
    buffer_string(&out, " hands on average; ");
    add_percent(&out, c.cycling_index);
    buffer_string(&out, " % of all throughflow is cycling (Finn); at most ");
    add_money(&out, currency, c.around);
    buffer_string(&out, " of ");
    add_money(&out, currency, c.total);
    buffer_string(&out, " goes round in circles");
    add_section(r, "", buffer_view(&out));
}

static void add_window(const Report *r, const View *view, Buffer *out)
{
    uint32_t first = 0;
    uint32_t n = 0;

    view_window(r->model, view, &first, &n);
    if (isnan(view->term_start))
        return;
    buffer_string(out, n == 0 ? " outside the clock" : " in ");
    if (n == 0)
        return;
    add_date(out, r->model, r->model->first_days[first]);
    if (n == 1)
        return;
    buffer_string(out, " … ");
    add_date(out, r->model, r->model->last_days[first + n - 1]);
}

static void write_target(Report *r, const WhoPays *who)
{
    const View *view = &r->model->views.items[who->view];
    Buffer heading = {.arena = r->arena};
    RowList rows = {0};
    double received = mean_of_good(r->result, who->received);

    Text currency = book_money(r->model, view->party);

    buffer_format(&heading, "of each %.*s that %.*s receives", TEXT_ARG(currency),
                  TEXT_ARG(party_title(r->model, view->party)));
    if (view->account != NO_ID)
        buffer_format(&heading, " as %.*s", TEXT_ARG(r->model->accounts.items[view->account].name));
    add_window(r, view, &heading);
    buffer_string(&heading, " (");
    add_money(&heading, currency, received);
    buffer_string(&heading, "), as advanced: mean (5 % … 95 %)");
    add_heading(r, "WHO PAYS", buffer_view(&heading));
    if (!(received > 0)) {
        add_section(r, "", TEXT("nothing is received"));
        return;
    }
    rows = make_rows(r, who);
    write_rows(r, &rows);
    write_circularity(r, who);
}

void section_who_pays(Report *r)
{
    for (uint32_t i = 0; i < r->result->n_who_pays; i++) {
        write_target(r, &r->result->who_pays[i]);
        buffer_char(r->out, '\n');
    }
}
