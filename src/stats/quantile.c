/* Exact quantiles of a column, and how far off they may be. */
#include "stats/quantile.h"

#include "stats/select.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* Ascending, NaN last. */
static int compare_values(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}

void stats_sort(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_values);
}

double stats_between(double lower, double upper, double part)
{
    if (part == 0 || lower == upper)
        return lower;
    if (isinf(lower) || isinf(upper))
        return part < 0.5 ? lower : upper;
    return lower + part * (upper - lower);
}

QuantilePlace stats_quantile_place(size_t count, double p)
{
    double position = (double)(count - 1) * fmin(1, fmax(0, p));
    QuantilePlace place = {.lower = (size_t)position};

    place.upper = place.lower + 1 < count ? place.lower + 1 : place.lower;
    place.part = position - (double)place.lower;
    return place;
}

static void add_rank(size_t *ranks, size_t *n, size_t rank)
{
    size_t at = *n;

    for (; at > 0 && ranks[at - 1] > rank; at--)
        ranks[at] = ranks[at - 1];
    ranks[at] = rank;
    ++*n;
}

static double value_at(const size_t *ranks, const double *selected, size_t rank)
{
    size_t i = 0;

    while (ranks[i] != rank)
        i++;
    return selected[i];
}

void stats_quantiles(double *values, size_t count, const double *p, size_t n, double *out)
{
    size_t ranks[SELECT_MOST] = {0}, n_ranks = 0;
    double selected[SELECT_MOST];

    assert(n <= STATS_MOST_QUANTILES && "the caller asks for few quantiles");
    for (size_t i = 0; i < n && count > 0; i++) {
        if (isnan(p[i]))
            continue;
        add_rank(ranks, &n_ranks, stats_quantile_place(count, p[i]).lower);
        add_rank(ranks, &n_ranks, stats_quantile_place(count, p[i]).upper);
    }
    bool is_known = stats_select(values, count, ranks, n_ranks, selected);
    for (size_t i = 0; i < n; i++) {
        out[i] = NAN;
        if (!is_known || count == 0 || isnan(p[i]))
            continue;
        QuantilePlace place = stats_quantile_place(count, p[i]);
        out[i] = stats_between(value_at(ranks, selected, place.lower),
                               value_at(ranks, selected, place.upper), place.part);
    }
}

double stats_quantile(double *values, size_t count, double p)
{
    double quantile;

    stats_quantiles(values, count, &p, 1, &quantile);
    return quantile;
}

QuantileSpan stats_quantile_span(size_t count, double p)
{
    double step = sqrt(p * (1 - p) / (double)count);

    return (QuantileSpan){fmax(0, p - step), fmin(1, p + step), step};
}

double stats_span_error(size_t count, QuantileSpan at, double low, double high)
{
    if (count < 2 || !(at.step > 0))
        return NAN;
    if (isinf(low) || isinf(high))
        return NAN;
    return low == high ? 0 : (high - low) / (at.high - at.low) * at.step;
}

void stats_quantiles_with_errors(double *values, size_t count, const double *p, size_t n,
                                 double *quantiles, double *errors)
{
    double all_p[STATS_MOST_QUANTILES] = {0}, all[STATS_MOST_QUANTILES];

    assert(3 * n <= STATS_MOST_QUANTILES && "the caller asks for few quantiles");
    for (size_t i = 0; i < n; i++) {
        QuantileSpan at = stats_quantile_span(count, p[i]);
        all_p[3 * i] = at.low;
        all_p[3 * i + 1] = p[i];
        all_p[3 * i + 2] = at.high;
    }
    stats_quantiles(values, count, all_p, 3 * n, all);
    for (size_t i = 0; i < n; i++) {
        quantiles[i] = all[3 * i + 1];
        errors[i] =
            stats_span_error(count, stats_quantile_span(count, p[i]), all[3 * i], all[3 * i + 2]);
    }
}
