/* Rank correlation, the spread it explains, and how much of that is noise. */
#ifndef GW_STATS_RANK_H
#define GW_STATS_RANK_H

#include <stddef.h>
#include <stdint.h>

/* Ranks from 1, ties sharing their mean rank. `order` holds count indices of scratch. */
void stats_ranks(const double *values, size_t count, double *ranks, uint32_t *order);
/* Spearman: the correlation of ranks; ties by mean rank. NaN when one side is
 * constant. `scratch` holds 2 * count doubles, `order` count indices. */
double stats_spearman(const double *x, const double *y, size_t count, double *scratch,
                      uint32_t *order);
/* When x and y are unrelated, rho^2 is on average 1/(n-1) and, in normal theory, below
 * z^2/(n-1) with the two-sided chance of z: what stands under it is noise. */
double stats_spearman_noise_mean(size_t count);
double stats_spearman_noise_band(size_t count, double z);

#endif
