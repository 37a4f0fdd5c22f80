/* RESTS ON: how much of a result's spread comes from assumed draws, and which fixed assumptions
 * move it most.
 *
 * The share that a draw explains is the square of its Spearman rank correlation with the output;
 * what is below the noise band of unrelated numbers counts as nothing. What no single draw
 * explains is printed as unexplained: draws made anew each period, and draws that act together. */
#include "report/section.h"

#include "stats/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_NUDGES = 3 };
#define Z_NOISE 3.29 /* two-sided one in a thousand: many draws are looked at */

static int stronger_first(const void *a, const void *b)
{
    const Driver *left = a;
    const Driver *right = b;
    double x = fabs(left->rank_correlation);
    double y = fabs(right->rank_correlation);

    if (x != y)
        return x < y ? 1 : -1;
    return left->parameter < right->parameter ? -1 : left->parameter > right->parameter;
}

typedef struct {
    double x, y;
} Pair;

static int lesser_x_first(const void *a, const void *b)
{
    double x = ((const Pair *)a)->x;
    double y = ((const Pair *)b)->x;
    return x < y ? -1 : x > y;
}

/* The output's middle over the tenth of paths in which x is lowest, and highest. */
static void measure_tenths(ValueType type, Pair *pairs, double *tenth, const double *x,
                           const double *y, size_t count, Driver *driver)
{
    size_t n = count / 10;

    for (size_t i = 0; i < count; i++)
        pairs[i] = (Pair){x[i], y[i]};
    qsort(pairs, count, sizeof *pairs, lesser_x_first);
    for (size_t i = 0; i < n; i++)
        tenth[i] = pairs[i].y;
    driver->low_tenth = spread_of_type(type, tenth, n).p50;
    for (size_t i = 0; i < n; i++)
        tenth[i] = pairs[count - 1 - i].y;
    driver->high_tenth = spread_of_type(type, tenth, n).p50;
}

typedef struct DriversFound {
    uint32_t output, period;
    double noise;
    DriverList list;
} DriversFound;

static DriverList find_drivers(Report *r, uint32_t output, uint32_t period, double *noise)
{
    size_t n_paths = (size_t)r->result->n_kept;
    double *ranking = ARENA_ARRAY(r->arena, double, 2 * n_paths + 1);
    uint32_t *order = ARENA_ARRAY(r->arena, uint32_t, n_paths + 1);
    Pair *pairs = ARENA_ARRAY(r->arena, Pair, n_paths + 1);
    size_t count = column_values(r->model, r->result, output, period, r->scratch);
    double band = count > 2 ? stats_spearman_noise_band(count, Z_NOISE) : 1;
    DriverList drivers = {0};

    *noise = band;
    if (r->input->parameter_outputs == NULL || count < REPORT_FEWEST_SPREAD)
        return drivers;
    for (size_t i = 0; i < r->model->parameters.count; i++) {
        uint32_t drawn = r->input->parameter_outputs[i];
        Driver driver = {.parameter = (uint32_t)i};
        if (drawn == NO_ID || drawn == output)
            continue;
        (void)column_values(r->model, r->result, drawn, 0, r->more_scratch);
        driver.rank_correlation =
            stats_spearman(r->more_scratch, r->scratch, count, ranking, order);
        if (driver.rank_correlation * driver.rank_correlation > band) {
            measure_tenths(r->model->outputs.items[output].type, pairs, ranking, r->more_scratch,
                           r->scratch, count, &driver);
            *LIST_PUSH(r->arena, &drivers) = driver;
        }
    }
    if (drivers.count > 1)
        qsort(drivers.items, drivers.count, sizeof *drivers.items, stronger_first);
    return drivers;
}

DriverList drivers_of(Report *r, uint32_t output, uint32_t period, double *noise)
{
    const DriversFound *last = r->drivers;
    DriversFound *found = NULL;

    if (last == NULL || last->output != output || last->period != period) {
        found = ARENA_NEW(r->arena, DriversFound);
        found->output = output;
        found->period = period;
        found->list = find_drivers(r, output, period, &found->noise);
        r->drivers = last = found;
    }
    if (noise != NULL)
        *noise = last->noise;
    return last->list;
}

static void add_shares(Report *r, Buffer *out, uint32_t output)
{
    double noise = 0;
    double assumed = 0;
    double cited = 0;
    double all = 0;
    DriverList drivers = drivers_of(r, output, r->model->n_periods - 1, &noise);

    for (size_t i = 0; i < drivers.count; i++) {
        double share = drivers.items[i].rank_correlation * drivers.items[i].rank_correlation;
        char attribution = r->model->parameters.items[drivers.items[i].parameter].attribution;
        assumed += attribution == 'a' || attribution == 'u' ? share : 0;
        cited += attribution == 'a' || attribution == 'u' ? 0 : share;
    }
    all = assumed + cited > 1 ? assumed + cited : 1; /* correlated draws may explain it twice */
    add_percent(out, assumed / all);
    buffer_format(out, " %% of the spread in %.*s comes from draws under `assume`, ",
                  TEXT_ARG(output_title(r->model, output)));
    add_percent(out, cited / all);
    buffer_string(out, " % from draws with a source, ");
    add_percent(out, fmax(0, 1 - (assumed + cited) / all));
    buffer_string(out, " % from no single draw: made anew each period, or several together (noise "
                       "below ");
    add_percent(out, noise);
    buffer_string(out, " %)");
}

/* By how much, or of words, which have no size, from which to which. */
static void add_move(Report *r, Buffer *out, uint32_t output, const Nudge *nudge)
{
    const Output *about = &r->model->outputs.items[output];
    double moved = nudge->after - nudge->before;
    Scale scale = scale_of_output(about, moved);
    const Parameter *parameter = &r->model->parameters.items[nudge->parameter];

    buffer_format(out, "%.*s (%s", TEXT_ARG(parameter->name),
                  moved > 0 && about->type != TYPE_WORD ? "+" : "");
    if (about->type == TYPE_WORD) {
        add_value(out, r->model, about, scale, nudge->after);
        buffer_string(out, ", not ");
        add_value(out, r->model, about, scale, nudge->before);
    } else if (about->type == TYPE_DATE) {
        add_number(out, moved / DAYS_PER_MONTH);
        buffer_string(out, " months");
    } else if (about->type == TYPE_YESNO) {
        add_number(out, 100 * moved);
        buffer_string(out, " points");
    } else {
        add_amount(out, scale, moved);
    }
    buffer_char(out, ')');
}

static void add_nudges(Report *r, Buffer *out, uint32_t output)
{
    size_t n_shown = 0;

    if (r->input->n_nudged == 0)
        return;
    for (size_t i = 0; i < r->input->nudges.count && n_shown < SHOWN_NUDGES; i++) {
        const Nudge *nudge = &r->input->nudges.items[i];
        if (nudge->after == nudge->before || isnan(nudge->after))
            continue;
        if (n_shown++ == 0) {
            buffer_string(out, "; fixed assumptions that move it most, raised by a tenth over ");
            add_count(out, r->input->nudge_paths);
            buffer_string(out, " paths: ");
        } else {
            buffer_string(out, ", ");
        }
        add_move(r, out, output, nudge);
    }
    if (n_shown == 0) {
        buffer_format(out, "; none of %u fixed assumptions, raised by a tenth, moves it over ",
                      r->input->n_nudged);
        add_count(out, r->input->tried_paths);
        buffer_string(out, " paths");
    } else if (r->input->n_nudged > 1) {
        buffer_format(out, " (all %u were tried over ", r->input->n_nudged);
        add_count(out, r->input->tried_paths);
        buffer_char(out, ')');
    }
    if (r->input->n_not_nudged > 0)
        buffer_format(out, "; %u further ones were not tried", r->input->n_not_nudged);
}

static bool has_spread(Report *r, uint32_t output)
{
    Spread spread = spread_at(r->model, r->result, output, r->model->n_periods - 1, r->scratch);
    return spread.p5 != spread.p95 || (spread.n_nonzero > 0 && spread.n_nonzero < spread.count);
}

void section_rests_on(Report *r)
{
    uint32_t output = report_main_output(r->model);
    Buffer out = {.arena = r->arena};

    if (r->input->without_rests_on || output == NO_ID || r->result->n_kept < REPORT_FEWEST_SPREAD)
        return;
    if (has_spread(r, output))
        add_shares(r, &out, output);
    else
        buffer_format(&out, "%.*s is the same in nearly every path",
                      TEXT_ARG(output_title(r->model, output)));
    add_nudges(r, &out, output);
    add_section(r, "RESTS ON", buffer_view(&out));
}
