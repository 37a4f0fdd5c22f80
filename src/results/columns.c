/* Reading what a run collected: values over the paths that did not fail, and their spread. */
#include "results/columns.h"

#include "stats/moments.h"
#include "stats/quantile.h"

#include <math.h>

#define LEAST_PATH 1e-6 /* of a path: what a share of all paths may be off by rounding */

/* Whose values are kept. */
static size_t paths(const RunResult *result)
{
    return (size_t)result->n_kept;
}

static const double *column_at(const Model *model, const RunResult *result, uint32_t output,
                               uint32_t period)
{
    bool is_once = model->outputs.items[output].is_once;
    return result->columns[output] + (is_once ? 0 : (size_t)period * paths(result));
}

size_t column_first(const Model *model, const RunResult *result, uint32_t output, uint32_t period,
                    uint64_t n_paths, double *values)
{
    const double *column = column_at(model, result, output, period);
    size_t count = 0;

    for (size_t path = 0; path < paths(result) && path < n_paths; path++)
        if (!result->is_failed[path])
            values[count++] = column[path];
    return count;
}

size_t column_values(const Model *model, const RunResult *result, uint32_t output, uint32_t period,
                     double *values)
{
    return column_first(model, result, output, period, result->n_kept, values);
}

/* A stretch of it has the value of its last period. */
static bool is_read_at_end(const Output *output)
{
    return output->is_once || output->measure == MEASURE_LEVEL || output->type != TYPE_NUMBER;
}

size_t column_folded(const Model *model, const RunResult *result, uint32_t output,
                     uint32_t first_period, uint32_t last_period, double *values)
{
    const Output *about = &model->outputs.items[output];
    double n_periods = (double)(last_period - first_period) + 1;
    size_t count = 0;

    if (is_read_at_end(about))
        return column_values(model, result, output, last_period, values);
    for (size_t path = 0; path < paths(result); path++) {
        double sum = 0;
        if (result->is_failed[path])
            continue;
        for (uint32_t period = first_period; period <= last_period; period++)
            sum += column_at(model, result, output, period)[path];
        values[count++] = about->measure == MEASURE_RATE ? sum / n_periods : sum;
    }
    return count;
}

enum { N_SHOWN = 5 };
static const double shown[N_SHOWN] = {0.05, 0.25, 0.50, 0.75, 0.95};

static void take_quantiles(Spread *spread, const double *quantiles, const double *errors)
{
    spread->p5 = quantiles[0];
    spread->p25 = quantiles[1];
    spread->p50 = quantiles[2];
    spread->p75 = quantiles[3];
    spread->p95 = quantiles[4];
    spread->se5 = errors[0];
    spread->se25 = errors[1];
    spread->se50 = errors[2];
    spread->se75 = errors[3];
    spread->se95 = errors[4];
}

Spread spread_of(double *values, size_t count)
{
    double quantiles[N_SHOWN];
    double errors[N_SHOWN];
    Spread spread = {.count = count};

    for (size_t i = 0; i < count; i++) {
        spread.n_never += isinf(values[i]) != 0;
        spread.n_nonzero += values[i] != 0;
    }
    spread.mean = stats_mean(values, count);
    spread.sd = spread.n_never > 0 ? (double)NAN : stats_sd(values, count);
    spread.se_mean = spread.sd / sqrt((double)count);
    stats_quantiles_with_errors(values, count, shown, N_SHOWN, quantiles, errors);
    take_quantiles(&spread, quantiles, errors);
    return spread;
}

/* No word lies between two others: of these the nearer is taken. `column` NULL: of the values. */
static double word_quantile(const ColumnSummary *column, double *values, size_t count, double p)
{
    double last = (double)count - 1;
    double at = count > 1 ? floor(last * p + 0.5) / last : p;
    double found =
        column != NULL ? sketch_quantile(column->sketch, at) : stats_quantile(values, count, at);

    return floor(found + 0.5);
}

static void take_words(Spread *spread, const ColumnSummary *column, double *values)
{
    static const double no_errors[N_SHOWN];
    double quantiles[N_SHOWN];

    for (size_t i = 0; i < N_SHOWN; i++)
        quantiles[i] = word_quantile(column, values, spread->count, shown[i]);
    take_quantiles(spread, quantiles, no_errors);
}

Spread spread_of_type(ValueType type, double *values, size_t count)
{
    Spread spread = spread_of(values, count);

    if (type == TYPE_WORD)
        take_words(&spread, NULL, values);
    return spread;
}

static const ColumnSummary *summary_at(const Model *model, const RunResult *result, uint32_t output,
                                       uint32_t period)
{
    const Summary *summary = result->summary;
    bool is_once = model->outputs.items[output].is_once;

    return summary == NULL ? NULL
                           : &summary->columns[summary->starts[output] + (is_once ? 0 : period)];
}

static Spread spread_of_summary(const ColumnSummary *column)
{
    double quantiles[N_SHOWN];
    double errors[N_SHOWN];
    Spread spread = {.count = (size_t)column->sketch->count,
                     .n_never = (size_t)column->n_never,
                     .n_nonzero = (size_t)column->n_nonzero,
                     .error = sketch_relative_error(column->sketch)};

    spread.mean = moments_mean(&column->moments);
    spread.sd = spread.n_never > 0 ? (double)NAN : moments_sd(&column->moments);
    spread.se_mean = spread.sd / sqrt((double)spread.count);
    sketch_quantiles_with_errors(column->sketch, shown, N_SHOWN, quantiles, errors);
    take_quantiles(&spread, quantiles, errors);
    return spread;
}

Spread spread_at(const Model *model, const RunResult *result, uint32_t output, uint32_t period,
                 double *scratch)
{
    const ColumnSummary *column = summary_at(model, result, output, period);

    if (column == NULL)
        return spread_of_first(model, result, output, period, result->n_kept, scratch);
    Spread spread = spread_of_summary(column);
    if (model->outputs.items[output].type == TYPE_WORD)
        take_words(&spread, column, NULL);
    return spread;
}

Spread spread_folded(const Model *model, const RunResult *result, uint32_t output,
                     uint32_t first_period, uint32_t last_period, double *scratch)
{
    size_t count = 0;

    if (is_read_at_end(&model->outputs.items[output]))
        return spread_at(model, result, output, last_period, scratch);
    count = column_folded(model, result, output, first_period, last_period, scratch);
    return spread_of(scratch, count);
}

double quantile_at(const Model *model, const RunResult *result, uint32_t output, uint32_t period,
                   double p, double *scratch)
{
    const ColumnSummary *column = summary_at(model, result, output, period);
    bool is_word = model->outputs.items[output].type == TYPE_WORD;
    size_t count = 0;

    if (column == NULL)
        count = column_values(model, result, output, period, scratch);
    else if (is_word)
        count = (size_t)column->sketch->count;
    if (is_word)
        return word_quantile(column, scratch, count, p);
    return column != NULL ? sketch_quantile(column->sketch, p) : stats_quantile(scratch, count, p);
}

double mean_at(const Model *model, const RunResult *result, uint32_t output, uint32_t period,
               double *scratch)
{
    const ColumnSummary *column = summary_at(model, result, output, period);
    size_t count = 0;

    if (column != NULL)
        return moments_mean(&column->moments);
    count = column_values(model, result, output, period, scratch);
    return stats_mean(scratch, count);
}

double worst_quantile_error(const RunResult *result)
{
    double worst = 0;

    for (uint32_t i = 0; result->summary != NULL && i < result->summary->n_columns; i++)
        worst = fmax(worst, sketch_relative_error(result->summary->columns[i].sketch));
    return worst;
}

Spread spread_of_first(const Model *model, const RunResult *result, uint32_t output,
                       uint32_t period, uint64_t n_paths, double *scratch)
{
    size_t count = column_first(model, result, output, period, n_paths, scratch);
    return spread_of_type(model->outputs.items[output].type, scratch, count);
}

static Text stretch_name(Arena *arena, Step step, Day day)
{
    Civil civil = day_to_civil(day);

    if (step == STEP_YEAR)
        return text_format(arena, "%d", civil.year);
    if (step == STEP_QUARTER)
        return text_format(arena, "%d-Q%d", civil.year, (civil.month - 1) / 3 + 1);
    return text_format(arena, "%d-%02d", civil.year, civil.month);
}

StretchList stretches_by(Arena *arena, const Model *model, Text by)
{
    Step step = text_is(by, "month")     ? STEP_MONTH
                : text_is(by, "quarter") ? STEP_QUARTER
                                         : STEP_YEAR;
    StretchList list = {0};
    int32_t last = 0;

    for (uint32_t period = 0; period < model->n_periods; period++) {
        int32_t ordinal = step_ordinal(step, model->last_days[period]);
        if (list.count == 0 || ordinal != last)
            *LIST_PUSH(arena, &list) =
                (Stretch){period, period, stretch_name(arena, step, model->last_days[period])};
        list.items[list.count - 1].last_period = period;
        last = ordinal;
    }
    return list;
}

double flow_mean(const Model *model, const RunResult *result, uint32_t slot, uint32_t first_period,
                 uint32_t last_period, bool is_paid)
{
    const double *high = is_paid ? result->paid_high : result->due_high;
    const double *low = is_paid ? result->paid_low : result->due_low;
    double high_sum = 0;
    double low_sum = 0;
    double n_good = (double)(result->n_paths - result->n_failed);

    for (uint32_t period = first_period; period <= last_period; period++) {
        high_sum += high[(size_t)slot * result->n_periods + period];
        low_sum += low[(size_t)slot * result->n_periods + period];
    }
    return n_good > 0 ? (high_sum + low_sum) / n_good / model->minor_per_unit : 0;
}

void check_count(const RunResult *result, size_t check, size_t *held, size_t *tested)
{
    *held = *tested = 0;
    if (result->summary != NULL) {
        *held = (size_t)result->summary->n_held[check];
        *tested = (size_t)(result->n_paths - result->n_failed);
        return;
    }
    for (size_t path = 0; path < paths(result); path++) {
        if (result->is_failed[path])
            continue;
        *tested += 1;
        *held += result->held[check * paths(result) + path] != 0;
    }
}

bool check_holds(const Model *model, const RunResult *result, size_t check)
{
    size_t held = 0;
    size_t tested = 0;

    check_count(result, check, &held, &tested);
    /* 55 of 100 are 55 %, though 0.55 * 100 is a little more than 55 */
    return tested > 0 &&
           (double)held >= model->checks.items[check].share * (double)tested - LEAST_PATH;
}

/* Sources are the outside parties, then the inside ones, then the target. */
bool is_source_in_money(const Model *model, const WhoPays *who, uint32_t source)
{
    uint32_t money = model->parties.items[model->views.items[who->view].party].money;
    uint32_t n = 0;

    for (int is_inside = 0; is_inside < 2; is_inside++)
        for (size_t p = 0; p < model->parties.count; p++)
            if (model->parties.items[p].is_outside == (is_inside == 0) && n++ == source)
                return model->parties.items[p].money == money;
    return true;
}
