/* Sums, means and spreads whose bits depend on path numbers alone.
 *
 * Values are added in order inside blocks of 256 counted from path 0; block sums
 * are combined by a fixed pairwise tree (the halves of a range split at the
 * greatest power of two below its length). Any split of the paths on multiples
 * of 256 gives the same bits. */
#ifndef GW_STATS_MOMENTS_H
#define GW_STATS_MOMENTS_H

#include <stddef.h>

enum { STATS_BLOCK = 256 };

/* The sum of one block of at most STATS_BLOCK values, in order. */
double stats_block_sum(const double *values, size_t count);
/* Combines block sums, block 0 first. */
double stats_combine_blocks(const double *block_sums, size_t n_blocks);
double stats_sum(const double *values, size_t count);
double stats_mean(const double *values, size_t count); /* NaN for none */
/* Sample standard deviation, divisor n - 1, two passes; NaN for fewer than two. */
double stats_sd(const double *values, size_t count);
double stats_covariance(const double *x, const double *y, size_t count);
double stats_correlation(const double *x, const double *y, size_t count);

#endif
