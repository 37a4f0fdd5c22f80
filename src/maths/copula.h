/* Correlation between draws: a Gaussian copula on the variables' own normal scores.
 *
 * The language's `correlated R` is Spearman's rank correlation; the scores' own is 2 sin(pi R / 6).
 * With L the lower Cholesky factor of the scores' correlations, variables in name order, and z
 * independent scores, the joint scores are L z, and each variable is its quantile function at
 * gw_score_uniform of its score. Matrices are n x n, row by row. */
#ifndef GW_MATHS_COPULA_H
#define GW_MATHS_COPULA_H

#include <stdbool.h>
#include <stddef.h>

/* The scores' correlation for a rank correlation in [-1, 1]; NaN outside. Error below 2 ulp. */
double copula_score_correlation(double spearman);

/* Factors a symmetric matrix with ones on its diagonal: the sum over k of lower[i][k] lower[j][k]
 * is matrix[i][j], and what is above the diagonal is zero. Variables that others determine fully
 * (correlation 1 or -1) are allowed: their own column is zero. If no draws can have these
 * correlations, returns false and sets *failed to the first variable, counted from 0, that
 * contradicts those before it: its leading minor, of size *failed + 1, is not positive.
 * `lower` may be the same array as `matrix`. */
bool copula_factor(size_t n, const double *matrix, double *lower, size_t *failed);

#endif
