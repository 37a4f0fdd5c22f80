/* Quantile and distribution functions of every law, one case each. */
#include "maths/distribution.h"
#include "maths/gamma.h"
#include "maths/maths.h"

#include <stdbool.h>

/* The normal score of 95 %, 1.6448536269514727... to the nearest double. */
#define SCORE_95 0x1.a515209676abdp+0
/* How far from 1 the weights of `one of` may sum. */
#define WEIGHTS_TOLERANCE 1e-9

/* ---- faults ---- */

static bool all_are_finite(const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs(numbers[i]) < GW_INFINITY))
            return false;
    return true;
}

static size_t parameters_needed(DistributionLaw law)
{
    switch (law) {
    case LAW_NORMAL:
    case LAW_LOGNORMAL:
    case LAW_UNIFORM:
    case LAW_GAMMA:
        return 2;
    case LAW_TRIANGLE:
        return 3;
    case LAW_BETA:
        return 4;
    case LAW_EXPONENTIAL:
    case LAW_POISSON:
    case LAW_CHANCE:
    case LAW_ONE_OF:
        return 1;
    case LAW_QUANTILES:
        return 2;
    case LAW_DATA:
        return 0;
    }
    return 0;
}

static const char *quantile_list_fault(const Distribution *d)
{
    for (size_t i = 0; i < d->count; i++) {
        if (!(d->probabilities[i] > 0.0 && d->probabilities[i] < 1.0))
            return "a quantile's chance must lie between 0 % and 100 %";
        if (i > 0 && !(d->probabilities[i] > d->probabilities[i - 1]))
            return "the chances of the quantiles must rise";
        if (i > 0 && d->params[i] < d->params[i - 1])
            return "the quantiles must not fall";
    }
    return NULL;
}

static const char *weights_fault(const Distribution *d)
{
    double sum = 0.0;

    for (size_t i = 0; i < d->count; i++) {
        if (d->params[i] < 0.0)
            return "a weight is below zero";
        sum += d->params[i];
    }
    return fabs(sum - 1.0) <= WEIGHTS_TOLERANCE ? NULL : "the weights must sum to 100 %";
}

static const char *data_fault(const Distribution *d)
{
    if (d->count == 0)
        return "the data hold no number";
    if (!all_are_finite(d->values, d->count))
        return "a number of the data is missing or not finite";
    for (size_t i = 1; i < d->count; i++)
        if (d->values[i] < d->values[i - 1])
            return "the data must be sorted";
    return NULL;
}

static const char *beta_fault(const double *p)
{
    if (!(p[0] >= 1e-3 && p[0] <= 1e6 && p[1] >= 1e-3 && p[1] <= 1e6))
        return "alpha and beta must lie between 0.001 and 1,000,000";
    return p[2] <= p[3] ? NULL : "the low end lies above the high end";
}

const char *distribution_fault(const Distribution *d)
{
    const double *p = d->params;

    if (d->law == LAW_DATA)
        return data_fault(d);
    if (d->count < parameters_needed(d->law))
        return "too few parameters";
    if (!all_are_finite(p, d->count))
        return "a parameter is not a finite number";
    switch (d->law) {
    case LAW_NORMAL:
    case LAW_LOGNORMAL:
        return p[1] >= 0.0 ? NULL : "the standard deviation is below zero";
    case LAW_UNIFORM:
        return p[0] <= p[1] ? NULL : "the low end lies above the high end";
    case LAW_TRIANGLE:
        return p[0] <= p[1] && p[1] <= p[2] ? NULL : "the most likely value lies outside the ends";
    case LAW_BETA:
        return beta_fault(p);
    case LAW_GAMMA:
        if (!(p[0] >= 1e-3 && p[0] <= 1e7))
            return "the shape must lie between 0.001 and 10,000,000";
        return p[1] >= 0.0 ? NULL : "the scale is below zero";
    case LAW_EXPONENTIAL:
        return p[0] >= 0.0 ? NULL : "the mean is below zero";
    case LAW_POISSON:
        return p[0] >= 0.0 && p[0] <= 1e7 ? NULL : "the mean must lie between 0 and 10,000,000";
    case LAW_CHANCE:
        return p[0] >= 0.0 && p[0] <= 1.0 ? NULL : "a chance must lie between 0 % and 100 %";
    case LAW_ONE_OF:
        return weights_fault(d);
    case LAW_QUANTILES:
        return quantile_list_fault(d);
    case LAW_DATA:
        break;
    }
    return NULL;
}

/* What is tested at every draw: all but the order of the data. */
static bool is_usable(const Distribution *d)
{
    return d->law == LAW_DATA ? d->count > 0 : distribution_fault(d) == NULL;
}

/* ---- quantiles ---- */

/* The slope of value against normal score between entries i and i + 1 of a quantile list. */
static double score_slope(const Distribution *d, size_t i)
{
    return (d->params[i + 1] - d->params[i]) /
           (gw_inverse_normal(d->probabilities[i + 1]) - gw_inverse_normal(d->probabilities[i]));
}

static double beyond_list(const Distribution *d, size_t end, double slope, double u)
{
    double score = gw_inverse_normal(u) - gw_inverse_normal(d->probabilities[end]);

    return d->params[end] + slope * score;
}

static double quantile_of_list(const Distribution *d, double u)
{
    size_t last = d->count - 1;
    size_t i = 0;
    double part;

    if (u < d->probabilities[0])
        return beyond_list(d, 0, score_slope(d, 0), u);
    if (u > d->probabilities[last])
        return beyond_list(d, last, score_slope(d, last - 1), u);
    while (i + 2 < d->count && u > d->probabilities[i + 1])
        i++;
    part = (u - d->probabilities[i]) / (d->probabilities[i + 1] - d->probabilities[i]);
    return d->params[i] + part * (d->params[i + 1] - d->params[i]);
}

static double quantile_of_data(const Distribution *d, double u)
{
    double position = u * (double)(d->count - 1);
    size_t i = (size_t)position;

    if (i + 1 >= d->count)
        return d->values[d->count - 1];
    return d->values[i] + (position - (double)i) * (d->values[i + 1] - d->values[i]);
}

static double quantile_of_choice(const Distribution *d, double u)
{
    double sum = 0.0;
    size_t chosen = 0;

    for (size_t i = 0; i < d->count; i++) {
        if (d->params[i] > 0.0)
            chosen = i; /* the last possible one also takes what rounding leaves */
        sum += d->params[i];
        if (u < sum)
            break;
    }
    return d->values ? d->values[chosen] : (double)chosen;
}

double distribution_quantile(const Distribution *d, double u)
{
    const double *p = d->params;

    if (!(u > 0.0 && u < 1.0) || !is_usable(d))
        return GW_NAN;
    switch (d->law) {
    case LAW_NORMAL:
        return gw_quantile_normal(u, p[0], p[1]);
    case LAW_LOGNORMAL:
        return gw_quantile_lognormal(u, p[0], p[1]);
    case LAW_UNIFORM:
        return gw_quantile_uniform(u, p[0], p[1]);
    case LAW_TRIANGLE:
        return gw_quantile_triangle(u, p[0], p[1], p[2]);
    case LAW_BETA:
        return p[2] + (p[3] - p[2]) * beta_quantile(u, p[0], p[1]);
    case LAW_GAMMA:
        return p[1] * gamma_quantile(u, p[0]);
    case LAW_EXPONENTIAL:
        return gw_quantile_exponential(u, p[0]);
    case LAW_POISSON:
        return poisson_quantile(u, p[0]);
    case LAW_CHANCE:
        return gw_quantile_chance(u, p[0]);
    case LAW_ONE_OF:
        return quantile_of_choice(d, u);
    case LAW_QUANTILES:
        return quantile_of_list(d, u);
    case LAW_DATA:
        return quantile_of_data(d, u);
    }
    return GW_NAN;
}

/* ---- distribution functions ---- */

/* The normal distribution function at (x - mean)/sd; a step where sd is zero. */
static double normal_between(double x, double mean, double sd)
{
    if (sd == 0.0)
        return x >= mean ? 1.0 : 0.0;
    return gw_normal_cdf((x - mean) / sd);
}

static double triangle_cdf(double x, double low, double mode, double high)
{
    if (x >= high)
        return 1.0;
    if (x < low)
        return 0.0;
    if (x < mode)
        return (x - low) / (high - low) * ((x - low) / (mode - low));
    return 1.0 - (high - x) / (high - low) * ((high - x) / (high - mode));
}

/* The chance of a list at x, inverse of quantile_of_list; the largest where it is flat. */
static double cdf_of_list(const Distribution *d, double x)
{
    size_t last = d->count - 1;
    size_t i = 0;
    double slope;

    if (x < d->params[0] || x >= d->params[last]) {
        size_t end = x < d->params[0] ? 0 : last;

        slope = score_slope(d, end == 0 ? 0 : last - 1);
        if (slope == 0.0)
            return end == 0 ? 0.0 : 1.0;
        return gw_normal_cdf(gw_inverse_normal(d->probabilities[end]) +
                             (x - d->params[end]) / slope);
    }
    while (x >= d->params[i + 1])
        i++;
    return d->probabilities[i] + (x - d->params[i]) / (d->params[i + 1] - d->params[i]) *
                                     (d->probabilities[i + 1] - d->probabilities[i]);
}

static double cdf_of_data(const Distribution *d, double x)
{
    size_t below = 0, above = d->count; /* values[below] <= x < values[above] */

    if (x < d->values[0])
        return 0.0;
    if (x >= d->values[d->count - 1])
        return 1.0;
    while (above - below > 1) {
        size_t middle = below + (above - below) / 2;

        if (d->values[middle] <= x)
            below = middle;
        else
            above = middle;
    }
    return ((double)below + (x - d->values[below]) / (d->values[above] - d->values[below])) /
           (double)(d->count - 1);
}

static double cdf_of_choice(const Distribution *d, double x, bool is_below)
{
    double sum = 0.0;

    for (size_t i = 0; i < d->count; i++) {
        double value = d->values ? d->values[i] : (double)i;

        if (is_below ? value < x : value <= x)
            sum += d->params[i];
    }
    return gw_min(sum, 1.0);
}

double distribution_cdf(const Distribution *d, double x)
{
    const double *p = d->params;

    if (x != x || !is_usable(d))
        return GW_NAN;
    switch (d->law) {
    case LAW_NORMAL:
        return normal_between(x, p[0], p[1]);
    case LAW_LOGNORMAL:
        return x > 0.0 ? normal_between(gw_log(x), p[0], p[1]) : 0.0;
    case LAW_UNIFORM:
        return x >= p[1] ? 1.0 : (x < p[0] ? 0.0 : (x - p[0]) / (p[1] - p[0]));
    case LAW_TRIANGLE:
        return triangle_cdf(x, p[0], p[1], p[2]);
    case LAW_BETA:
        if (x >= p[3] || x < p[2])
            return x >= p[3] ? 1.0 : 0.0;
        return beta_tails(p[0], p[1], (x - p[2]) / (p[3] - p[2])).lower;
    case LAW_GAMMA:
        if (p[1] == 0.0)
            return x >= 0.0 ? 1.0 : 0.0;
        return gamma_tails(p[0], x / p[1]).lower;
    case LAW_EXPONENTIAL:
        if (x < 0.0 || p[0] == 0.0)
            return x < 0.0 ? 0.0 : 1.0;
        return -gw_expm1(-x / p[0]);
    case LAW_POISSON:
        return poisson_tails(p[0], x).lower;
    case LAW_CHANCE:
        return x >= 1.0 ? 1.0 : (x >= 0.0 ? 1.0 - p[0] : 0.0);
    case LAW_ONE_OF:
        return cdf_of_choice(d, x, false);
    case LAW_QUANTILES:
        return cdf_of_list(d, x);
    case LAW_DATA:
        return cdf_of_data(d, x);
    }
    return GW_NAN;
}

double distribution_cdf_below(const Distribution *d, double x)
{
    if (x != x || !is_usable(d))
        return GW_NAN;
    switch (d->law) {
    case LAW_POISSON:
        return poisson_tails(d->params[0], gw_ceil(x) - 1.0).lower;
    case LAW_CHANCE:
        return x > 1.0 ? 1.0 : (x > 0.0 ? 1.0 - d->params[0] : 0.0);
    case LAW_ONE_OF:
        return cdf_of_choice(d, x, true);
    default:
        return distribution_cdf(d, x);
    }
}

double distribution_truncated(const Distribution *d, double u, double low, double high)
{
    double f_low = distribution_cdf_below(d, low);
    double f_high = distribution_cdf(d, high);

    if (!(low <= high) || !(f_low < f_high))
        return GW_NAN;
    u = gw_clamp(gw_truncated_uniform(u, f_low, f_high), 0x1p-1022, 1.0 - 0x1p-53);
    return gw_clamp(distribution_quantile(d, u), low, high);
}

/* ---- parameters from what people say ---- */

void distribution_lognormal_interval(double low, double high, double params[2])
{
    distribution_normal_interval(gw_log(low), gw_log(high), params);
}

void distribution_normal_interval(double low, double high, double params[2])
{
    params[0] = 0.5 * (low + high);
    params[1] = (high - low) / (2.0 * SCORE_95);
}

void distribution_pert(double low, double mode, double high, double params[4])
{
    double share = (mode - low) / (high - low);

    params[0] = 1.0 + 4.0 * share;
    params[1] = 5.0 - 4.0 * share;
    params[2] = low;
    params[3] = high;
}
