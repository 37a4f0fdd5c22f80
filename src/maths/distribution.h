/* The laws that a draw can follow: quantile and distribution functions of a uniform number.
 *
 * A Distribution borrows its arrays. Its parameters are numbers by then: a law whose parameters
 * vary by path is filled in for each path. Laws that cost little (normal, lognormal, uniform,
 * triangle, exponential, chance) give the same bits as their functions in maths.h and kernels.h, as
 * long as the parameters have no fault. */
#ifndef GW_MATHS_DISTRIBUTION_H
#define GW_MATHS_DISTRIBUTION_H

#include <stddef.h>

typedef enum {
    LAW_NORMAL,      /* mean, sd >= 0 */
    LAW_LOGNORMAL,   /* mu, sigma >= 0, of the logarithm */
    LAW_UNIFORM,     /* low <= high */
    LAW_TRIANGLE,    /* low <= mode <= high */
    LAW_BETA,        /* alpha, beta, low, high: stretched from [0, 1]; see distribution_pert */
    LAW_GAMMA,       /* shape, scale: mean shape * scale */
    LAW_EXPONENTIAL, /* mean */
    LAW_POISSON,     /* mean */
    LAW_CHANCE,      /* p: 1 where u < p, else 0 */
    LAW_ONE_OF,      /* weights, which sum to 1: values[i] with chance params[i] */
    /* params[i] is the quantile at probabilities[i]. Between two of them the value is linear in the
     * probability; beyond the first and last it is linear in the normal score, with the slope that
     * the outermost two have there. */
    LAW_QUANTILES,
    LAW_DATA /* values[], sorted: linear between order statistics, at (count - 1) u counted from 0
              */
} DistributionLaw;

typedef struct {
    DistributionLaw law;
    size_t count; /* of params; of values for LAW_DATA */
    const double *params;
    const double *probabilities; /* LAW_QUANTILES: count of them, rising, inside (0, 1) */
    const double *values;        /* LAW_ONE_OF: count outcomes; LAW_DATA: count observations */
} Distribution;

/* What is wrong with the parameters, in the reader's words ("the low end lies above the high
 * end"), or NULL. The functions below give NaN for parameters with a fault; they trust the order of
 * data, so ask once for those. */
const char *distribution_fault(const Distribution *distribution);

/* The value with P(X <= value) = u, for u in (0, 1); NaN where u or a parameter is. */
double distribution_quantile(const Distribution *distribution, double u);

/* P(X <= x), and P(X < x), which differ only for laws with steps. */
double distribution_cdf(const Distribution *distribution, double x);
double distribution_cdf_below(const Distribution *distribution, double x);

/* The quantile of the law truncated to [low, high] (either may be infinite): the inverse at
 * F(low) + u (F(high) - F(low)). NaN where low > high or the law has nothing between them. */
double distribution_truncated(const Distribution *distribution, double u, double low, double high);

/* Parameters of LAW_LOGNORMAL (both ends above 0) or LAW_NORMAL from a 5 %-95 % interval. */
void distribution_lognormal_interval(double low, double high, double params[2]);
void distribution_normal_interval(double low, double high, double params[2]);

/* Parameters of LAW_BETA for pert(low, mode, high): alpha = 1 + 4 (mode - low)/(high - low), beta
 * = 6 - alpha, so that the mean is (low + 4 mode + high)/6. NaN where low = high. */
void distribution_pert(double low, double mode, double high, double params[4]);

#endif
