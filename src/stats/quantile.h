/* Exact quantiles of a column, and how far off they may be. */
#ifndef GW_STATS_QUANTILE_H
#define GW_STATS_QUANTILE_H

#include <stdbool.h>
#include <stddef.h>

enum { STATS_MOST_QUANTILES = 32 };

/* The p-quantile at position (n - 1) p of the sorted values, counted from 0, with a
 * straight line between neighbours ("type 7" of Hyndman and Fan; the default of R,
 * NumPy and spreadsheets). An infinite neighbour is not interpolated: the lower one
 * is taken below half way, the upper from there. NaN for no values or a NaN among
 * them. Several at once, at most STATS_MOST_QUANTILES, take linear time; both spoil the
 * values. */
void stats_quantiles(double *values, size_t count, const double *p, size_t n, double *out);
double stats_quantile(double *values, size_t count, double p);

/* What these are made of, for whoever has the values in another form. Where a quantile stands: a
 * part of the way from one rank to the next. */
typedef struct {
    size_t lower, upper;
    double part;
} QuantilePlace;
QuantilePlace stats_quantile_place(size_t count, double p); /* count > 0 */
double stats_between(double lower, double upper, double part);

/* Ascending, NaN last; the order of equal values does not show. */
void stats_sort(double *values, size_t count);

/* One binomial standard deviation either side of p, and the error when the quantiles there are
 * these. */
typedef struct {
    double low, high, step;
} QuantileSpan;
QuantileSpan stats_quantile_span(size_t count, double p);
double stats_span_error(size_t count, QuantileSpan span, double at_low, double at_high);
/* Quantiles, at most ten, each with its standard error. Spoils the values. */
void stats_quantiles_with_errors(double *values, size_t count, const double *p, size_t n,
                                 double *quantiles, double *errors);

#endif
