/* Values that remember earlier periods: lags, delays, windows, sums, firsts, growth, latches.
 *
 * They read the memory with which the period opened, however often they are evaluated in it; what
 * a period leaves is written once, at its end. */
#include "oracle/path.h"

#include "maths/maths.h"
#include "maths/returns.h"

#include <math.h>

static double past(const Path *path, ValueId id, uint32_t period)
{
    return path->history[(size_t)period * path->model->values.count + id];
}

/* The value's own, one period ago. */
static double carried(const Path *path, ValueId id, double at_start)
{
    return path->period == 0 ? at_start : past(path, id, path->period - 1);
}

static double lag(Path *path, const Value *value)
{
    if (path->period >= value->periods)
        return past(path, value->source, path->period - value->periods);
    return evaluate_or(path, value->first, GW_NAN);
}

/* `order` first-order lags in a row, each tau / order long, with the source held over the period.
 */
static double delay(Path *path, ValueId id)
{
    const Value *value = &path->model->values.items[id];
    double u = path->values[value->source];
    double a = value->order * step_months(path->model->step) / evaluate_node(path, value->expr);
    const double *x = path->stages[id];

    if (path->period == 0) {
        double first = evaluate_or(path, value->first, u);
        for (uint32_t j = 0; j < value->order; j++)
            path->stages[id][j] = first;
    }
    for (uint32_t j = value->order; j-- > 0;) {
        double p = gw_exp(-a);
        double left = p;
        double sum = p * x[j];

        for (uint32_t m = 1; m <= j; m++) {
            p = p * a / m;
            sum = sum + p * x[j - m];
            left = left + p;
        }
        path->stages_now[id][j] = sum + u * (1 - left);
    }
    return path->stages_now[id][value->order - 1];
}

/* Of all periods, in the last one; before it there is none. */
static double rate_of_return(const Path *path, const Value *value)
{
    const Model *model = path->model;
    uint32_t n = path->period + 1;
    double years = step_months(model->step) / 12;

    if (n < model->n_periods)
        return GW_NAN;
    for (uint32_t t = 0; t < n; t++)
        path->flows[t] = t + 1 == n ? path->values[value->source] : past(path, value->source, t);
    return gw_rate_of_return(path->flows, n, years);
}

static double window(Path *path, const Value *value)
{
    uint32_t period = path->period;
    uint32_t oldest = period + 1 > value->periods ? period + 1 - value->periods : 0;
    double result = 0;

    if (value->order == WINDOW_RETURN)
        return rate_of_return(path, value);
    for (uint32_t t = oldest; t <= period; t++) {
        double x = t == period ? path->values[value->source] : past(path, value->source, t);

        if (t == oldest)
            result = x;
        else if (value->order == WINDOW_MIN)
            result = gw_min(result, x);
        else if (value->order == WINDOW_MAX)
            result = gw_max(result, x);
        else
            result = result + x;
    }
    return value->order == WINDOW_MEAN ? result / (period - oldest + 1) : result;
}

static double first_time(Path *path, ValueId id)
{
    double before = carried(path, id, DATE_NEVER);
    double source = path->values[path->model->values.items[id].source];

    if (before != DATE_NEVER)
        return before;
    if (isnan(source))
        return GW_NAN;
    return source != 0 ? path->today : DATE_NEVER;
}

static double growth(Path *path, ValueId id)
{
    const Value *value = &path->model->values.items[id];
    double before = carried(path, id, 1);
    double rate = evaluate_node(path, value->expr);
    double from = evaluate_node(path, value->first);
    double base = value->order == 1 ? 1 - rate : 1 + rate;

    if (path->period > 0)
        from = gw_max(from, path->first_day);
    double months = date_months_between(from, path->today + 1);
    if (months <= 0)
        return before;
    return before * gw_pow(base, months / value->rate_months);
}

static double latch(Path *path, ValueId id)
{
    const Value *value = &path->model->values.items[id];
    double date = evaluate_node(path, value->expr != NULL ? value->expr : value->first);
    bool has_begun = path->period == 0 || date >= path->first_day;

    if (has_begun && date <= path->today)
        return path->values[value->source];
    return carried(path, id, GW_NAN);
}

double memory_value(Path *path, ValueId id)
{
    const Value *value = &path->model->values.items[id];

    switch (value->kind) {
    case VALUE_LAG:
        return lag(path, value);
    case VALUE_DELAY:
        return delay(path, id);
    case VALUE_CUMULATIVE:
        return carried(path, id, 0) + path->values[value->source];
    case VALUE_WINDOW:
        return window(path, value);
    case VALUE_FIRST:
        return first_time(path, id);
    case VALUE_GROWTH:
        return growth(path, id);
    default:
        return latch(path, id);
    }
}

void memory_write(Path *path)
{
    const Model *model = path->model;
    size_t n = model->values.count;

    for (size_t i = 0; i < n; i++) {
        path->history[path->period * n + i] = path->values[i];
        for (uint32_t j = 0; path->stages[i] != NULL && j < model->values.items[i].order; j++)
            path->stages[i][j] = path->stages_now[i][j];
    }
}
