/* The gamma function's family: what the beta, gamma and Poisson laws are made of.
 *
 * Scalar and deterministic, from maths.h alone. Formulas: NIST Digital Library of Mathematical
 * Functions (DLMF) chapters 5 and 8; the saddle-point form of the gamma and Poisson probabilities
 * is C. Loader's, "Fast and accurate computation of binomial probabilities" (2000).
 * Quantiles are roots of the distribution function, by Newton's method on logarithms inside a
 * bracket; a NaN or a parameter out of range gives NaN. */
#ifndef GW_MATHS_GAMMA_H
#define GW_MATHS_GAMMA_H

/* Both tails of a distribution at a point; each is accurate where it is small. */
typedef struct {
    double lower; /* P(X <= x) */
    double upper; /* P(X > x) */
} Tails;

/* log of the gamma function for x > 0: error below 1e-14, or 2e-15 of the result if that is more.
 */
double gamma_log(double x);

/* Gamma law of the given shape (to 1e7) and scale 1: relative error of the smaller tail below
 * 1e-12, and of the quantile in (0, 1) likewise. Below 2^-1022 a quantile is 0. */
Tails gamma_tails(double shape, double x);
double gamma_quantile(double u, double shape);

/* Beta law on [0, 1], a and b from 1e-3 to 1e6: relative error of the smaller tail below 1e-12 for
 * a + b to 1000, growing to 1e-9 at 1e6; of the quantile's distance to the nearer end likewise. */
Tails beta_tails(double a, double b, double x);
double beta_quantile(double u, double a, double b);

/* Poisson law of the given mean (0 to 1e7): tails at the whole number k, and the smallest whole k
 * with P(X <= k) >= u. */
Tails poisson_tails(double mean, double k);
double poisson_quantile(double u, double mean);

#endif
