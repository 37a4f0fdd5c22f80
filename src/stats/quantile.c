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

double stats_quantile_sorted(const double *sorted, size_t count, double p)
{
    if (count == 0 || isnan(sorted[count - 1]) || isnan(p))
        return NAN;
    double position = (double)(count - 1) * fmin(1, fmax(0, p));
    size_t lower = (size_t)position;
    size_t upper = lower + 1 < count ? lower + 1 : lower;
    return stats_between(sorted[lower], sorted[upper], position - (double)lower);
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

/* ---- the binomial count below a quantile -------------------------------------
 * Weights relative to that of the mode, by the ratio of neighbours; what is below
 * 1e-30 of it is left out, so that no logarithm of a factorial is needed. */

#define NEGLIGIBLE 1e-30

typedef struct {
    size_t n, first, last; /* the window that is not negligible */
    double odds, first_weight, total;
} Binomial;

static double step_up(const Binomial *b, size_t k, double weight) /* from k to k + 1 */
{
    return weight * (double)(b->n - k) / (double)(k + 1) * b->odds;
}

static Binomial binomial(size_t n, double p)
{
    Binomial b = {.n = n, .odds = p / (1 - p), .total = 1};
    size_t mode = (size_t)((double)(n + 1) * p);
    double weight = 1;

    if (mode > n)
        mode = n;
    b.first = b.last = mode;
    while (b.last < n && weight > NEGLIGIBLE) {
        weight = step_up(&b, b.last++, weight);
        b.total += weight;
    }
    for (weight = 1; b.first > 0 && weight > NEGLIGIBLE; b.first--) {
        weight = weight * (double)b.first / (double)(n - b.first + 1) / b.odds;
        b.total += weight;
    }
    b.first_weight = weight;
    return b;
}

double stats_binomial_cdf(size_t k, size_t n, double p)
{
    if (!(p > 0) || k >= n)
        return 1;
    if (p >= 1)
        return 0;
    Binomial b = binomial(n, p);
    double weight = b.first_weight, sum = 0;
    for (size_t i = b.first; i <= b.last && i <= k; i++) {
        sum += weight;
        weight = step_up(&b, i, weight);
    }
    return fmin(1, sum / b.total);
}

bool stats_quantile_ranks(size_t count, double p, double coverage, QuantileRanks *ranks)
{
    double tail = (1 - coverage) / 2;

    if (count == 0 || !(p > 0) || !(p < 1))
        return false;
    Binomial b = binomial(count, p);
    double weight = b.first_weight, below = 0, below_lower = 0;
    ranks->lower = b.first;
    ranks->upper = 0;
    for (size_t k = b.first; k <= b.last; k++) {
        below += weight / b.total; /* P(count <= k) */
        if (below <= tail) {
            ranks->lower = k + 1;
            below_lower = below;
        }
        if (1 - below <= tail) {
            ranks->upper = k + 1;
            break;
        }
        weight = step_up(&b, k, weight);
    }
    ranks->coverage = below - below_lower;
    return ranks->lower >= 1 && ranks->upper >= 1 && ranks->upper <= count &&
           ranks->coverage >= coverage;
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

double stats_quantile_error(const double *sorted, size_t count, double p)
{
    QuantileSpan at = stats_quantile_span(count, p);

    return stats_span_error(count, at, stats_quantile_sorted(sorted, count, at.low),
                            stats_quantile_sorted(sorted, count, at.high));
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

double stats_quantile_error_normal(size_t count, double p, double z_of_p)
{
    double density = exp(-z_of_p * z_of_p / 2) / 2.5066282746310005024; /* sqrt(2 pi) */

    return sqrt(p * (1 - p) / (double)count) / density;
}
