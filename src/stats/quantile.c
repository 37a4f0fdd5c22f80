/* Exact quantiles of a column, and how far off they may be. */
#include "stats/quantile.h"

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

static void swap(double *a, double *b)
{
    double kept = *a;

    *a = *b;
    *b = kept;
}

static double middle_of(double a, double b, double c)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* Hoare's selection: afterwards values[k] is what a full sort would put there, with
 * nothing greater before it and nothing smaller after. No NaN. After too many uneven
 * splits it sorts what is left. */
static void select_rank(double *values, size_t count, size_t k)
{
    size_t low = 0, high = count - 1;
    int patience = 128;

    while (low < high) {
        if (patience-- == 0) {
            stats_sort(values + low, high - low + 1);
            return;
        }
        double pivot = middle_of(values[low], values[low + (high - low) / 2], values[high]);
        size_t i = low, j = high;
        for (;;) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i >= j)
                break;
            swap(&values[i++], &values[j--]);
        }
        /* [low, j] <= pivot <= [j + 1, high] */
        if (k <= j && j < high)
            high = j;
        else if (j < high)
            low = j + 1;
        else
            high--; /* the pivot is the only greatest, and stands last */
        if (k > high)
            return;
    }
}

static double between(double lower, double upper, double part)
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
    return between(sorted[lower], sorted[upper], position - (double)lower);
}

double stats_quantile(double *values, size_t count, double p)
{
    for (size_t i = 0; i < count; i++)
        if (isnan(values[i]))
            return NAN;
    if (count == 0 || isnan(p))
        return NAN;
    double position = (double)(count - 1) * fmin(1, fmax(0, p));
    size_t lower = (size_t)position;
    select_rank(values, count, lower);
    double next = values[lower];
    if (lower + 1 < count) {
        next = values[lower + 1];
        for (size_t i = lower + 2; i < count; i++)
            next = fmin(next, values[i]);
    }
    return between(values[lower], next, position - (double)lower);
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

double stats_quantile_error(const double *sorted, size_t count, double p)
{
    double step = sqrt(p * (1 - p) / (double)count);
    double low = fmax(0, p - step), high = fmin(1, p + step);

    if (count < 2 || !(step > 0))
        return NAN;
    double slope =
        (stats_quantile_sorted(sorted, count, high) - stats_quantile_sorted(sorted, count, low)) /
        (high - low);
    return slope * step;
}

double stats_quantile_error_normal(size_t count, double p, double z_of_p)
{
    double density = exp(-z_of_p * z_of_p / 2) / 2.5066282746310005024; /* sqrt(2 pi) */

    return sqrt(p * (1 - p) / (double)count) / density;
}
