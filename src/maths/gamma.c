/* Incomplete gamma and beta functions and their inverses. */
#include "maths/gamma.h"
#include "maths/maths.h"

#include <stdbool.h>

enum {
    MAX_TERMS = 200000, /* series and fractions near x = shape need some 8 sqrt(shape) */
    MAX_NEWTON = 200    /* a bisection alone ends in 70 */
};

#define EPSILON 0x1p-53
#define SMALLEST 0x1p-1022
#define CLOSE 1e-10
#define HALF_LOG_TWO_PI 0x1.d67f1c864beb5p-1
#define ONE_BY_ROOT_TWO_PI 0x1.9884533d43651p-2
#define SERIES_FROM 10.0 /* from here on Stirling's series is good to the last bit */

/* ---- log gamma ---- */

/* log Gamma(x) less (x - 1/2) log x - x + log(2 pi)/2, for x >= SERIES_FROM: DLMF 5.11.1. */
static double stirling_rest(double x)
{
    static const double terms[] = {/* B(2k) / (2k (2k - 1)) */
                                   1.0 / 12.0,    -1.0 / 360.0,      1.0 / 1260.0,
                                   -1.0 / 1680.0, 1.0 / 1188.0,      -691.0 / 360360.0,
                                   1.0 / 156.0,   -3617.0 / 122400.0};
    double w = 1.0 / (x * x);
    double sum = 0.0;

    for (int i = (int)(sizeof terms / sizeof *terms) - 1; i >= 0; i--)
        sum = fma(sum, w, terms[i]);
    return sum / x;
}

double gamma_log(double x)
{
    double product = 1.0;

    if (!(x > 0.0))
        return GW_NAN;
    while (x < SERIES_FROM) {
        product *= x;
        x += 1.0;
    }
    return ((x - 0.5) * gw_log(x) - x) + HALF_LOG_TWO_PI + stirling_rest(x) - gw_log(product);
}

/* ---- continued fractions ---- */

/* b0 + a1/(b1 + a2/(b2 + ...)), built up term by term (modified Lentz; DLMF 3.10(iii)). */
typedef struct {
    double value, up, down;
} Fraction;

static double away_from_zero(double x)
{
    return fabs(x) < SMALLEST ? SMALLEST : x;
}

static Fraction fraction_start(double b)
{
    Fraction start = {away_from_zero(b), away_from_zero(b), 0.0};

    return start;
}

/* Adds a/(b + ...) at the end; true when that no longer changed the value. */
static bool fraction_extend(Fraction *fraction, double a, double b)
{
    double factor;

    fraction->down = 1.0 / away_from_zero(b + a * fraction->down);
    fraction->up = away_from_zero(b + a / fraction->up);
    factor = fraction->up * fraction->down;
    fraction->value *= factor;
    return fabs(factor - 1.0) <= 2.0 * EPSILON;
}

/* ---- gamma ---- */

/* t - log(1 + t) for t > -1, without loss near zero. */
static double log1p_gap(double t)
{
    double v = t / (2.0 + t);
    double square = v * v;
    double power = v;
    double sum = 0.0;

    if (fabs(t) > 0.2)
        return t - gw_log1p(t);
    for (int odd = 3; odd < 60; odd += 2) {
        power *= square;
        sum += power / (double)odd;
    }
    return v * t - 2.0 * sum;
}

/* x^shape e^-x / Gamma(shape + 1): a Poisson probability where shape is whole. */
static double poisson_term(double shape, double x)
{
    if (shape < SERIES_FROM)
        return gw_exp(shape * gw_log(x) - x - gamma_log(shape + 1.0));
    return gw_exp(-stirling_rest(shape) - shape * log1p_gap((x - shape) / shape)) *
           ONE_BY_ROOT_TWO_PI / sqrt(shape);
}

/* P(X <= x) by its series, DLMF 8.7.1: for x below about the shape. */
static double lower_by_series(double shape, double x, double term)
{
    double sum = term;

    for (int i = 1; i < MAX_TERMS && term > sum * EPSILON; i++) {
        term *= x / (shape + (double)i);
        sum += term;
    }
    return sum;
}

/* P(X > x) by its continued fraction, DLMF 8.9.2: for x above about the shape. */
static double upper_by_fraction(double shape, double x, double term)
{
    Fraction fraction = fraction_start(x + 1.0 - shape);

    for (int i = 1; i < MAX_TERMS; i++) {
        double n = (double)i;

        if (fraction_extend(&fraction, n * (shape - n), x + 2.0 * n + 1.0 - shape))
            break;
    }
    return shape * term / fraction.value;
}

Tails gamma_tails(double shape, double x)
{
    Tails tails = {GW_NAN, GW_NAN};
    double term;

    if (!(shape > 0.0) || x != x)
        return tails;
    if (x <= 0.0)
        return (Tails){0.0, 1.0};
    if (x == GW_INFINITY)
        return (Tails){1.0, 0.0};
    term = poisson_term(shape, x);
    if (x < shape + 1.0) {
        tails.lower = gw_min(lower_by_series(shape, x, term), 1.0);
        tails.upper = 1.0 - tails.lower;
    } else {
        tails.upper = gw_min(upper_by_fraction(shape, x, term), 1.0);
        tails.lower = 1.0 - tails.upper;
    }
    return tails;
}

/* ---- inverses ---- */

/* How a law is seen by the root finder: its tails at x, and x times its density. */
typedef struct {
    double a, b; /* b unused by the gamma law */
    double log_beta;
    bool is_beta;
} Target;

static Tails law_tails(const Target *law, double x);
static double law_slope(const Target *law, double x);

/* The next x by Newton's method in log x on the logarithm of the tail that holds the target. */
static double newton_step(const Target *law, double x, double u, const Tails *tails)
{
    double slope = law_slope(law, x);
    double move = u <= 0.5 ? -gw_log(tails->lower / u) * tails->lower / slope
                           : gw_log(tails->upper / (1.0 - u)) * tails->upper / slope;

    return x + x * gw_expm1(move);
}

/* The root of P(X <= x) = u inside [low, high], 0 < low, from a first guess. */
static double solve(const Target *law, double u, double low, double high, double x)
{
    for (int i = 0; i < MAX_NEWTON; i++) {
        Tails tails;
        double next;

        if (!(x > low && x < high))
            x = sqrt(low) * sqrt(high);
        if (!(x > low && x < high))
            return low; /* neighbours */
        tails = law_tails(law, x);
        if (u <= 0.5 ? tails.lower < u : tails.upper > 1.0 - u)
            low = x;
        else
            high = x;
        next = newton_step(law, x, u, &tails);
        if (fabs(next - x) <= CLOSE * x) /* Newton squares what is left */
            return next > low && next < high ? next : x;
        x = next;
    }
    return x;
}

/* Wilson and Hilferty's cube for large shapes, the first term of the series for small ones. */
static double gamma_guess(double u, double shape)
{
    double ninth = 1.0 / (9.0 * shape);
    double root = 1.0 - ninth + gw_inverse_normal(u) * sqrt(ninth);

    if (shape >= 1.0 && root > 0.2)
        return shape * root * root * root;
    return gw_exp((gw_log(u) + gamma_log(shape + 1.0)) / shape);
}

double gamma_quantile(double u, double shape)
{
    Target law = {shape, 0.0, 0.0, false};

    if (!(u >= 0.0 && u <= 1.0) || !(shape > 0.0 && shape < GW_INFINITY))
        return GW_NAN;
    if (u == 0.0 || u == 1.0)
        return u == 0.0 ? 0.0 : GW_INFINITY;
    if (gamma_tails(shape, SMALLEST).lower >= u)
        return 0.0;
    return solve(&law, u, SMALLEST, 2.0 * shape + 100.0, gamma_guess(u, shape));
}

/* ---- beta ---- */

static double log_beta(double a, double b)
{
    return gamma_log(a) + gamma_log(b) - gamma_log(a + b);
}

/* x^a (1 - x)^b / B(a, b) */
static double beta_term(double a, double b, double log_of_beta, double x)
{
    return gw_exp(a * gw_log(x) + b * gw_log1p(-x) - log_of_beta);
}

/* P(X <= x) by its continued fraction, DLMF 8.17.22: for x below about the mean. */
static double beta_by_fraction(double a, double b, double x, double term)
{
    Fraction fraction = fraction_start(1.0);

    for (int i = 0; i < MAX_TERMS; i++) {
        double m = (double)i;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        double even = (m + 1.0) * (b - m - 1.0) * x / ((a + 2.0 * m + 1.0) * (a + 2.0 * m + 2.0));

        fraction_extend(&fraction, odd, 1.0);
        if (fraction_extend(&fraction, even, 1.0))
            break;
    }
    return term / (a * fraction.value);
}

static Tails beta_tails_known(double a, double b, double log_of_beta, double x)
{
    Tails tails;
    double term;

    if (x <= 0.0)
        return (Tails){0.0, 1.0};
    if (x >= 1.0)
        return (Tails){1.0, 0.0};
    term = beta_term(a, b, log_of_beta, x);
    if (x < (a + 1.0) / (a + b + 2.0)) {
        tails.lower = gw_min(beta_by_fraction(a, b, x, term), 1.0);
        tails.upper = 1.0 - tails.lower;
    } else {
        tails.upper = gw_min(beta_by_fraction(b, a, 1.0 - x, term), 1.0);
        tails.lower = 1.0 - tails.upper;
    }
    return tails;
}

static bool is_beta_law(double a, double b)
{
    return a > 0.0 && b > 0.0 && a < GW_INFINITY && b < GW_INFINITY;
}

Tails beta_tails(double a, double b, double x)
{
    if (!is_beta_law(a, b) || x != x)
        return (Tails){GW_NAN, GW_NAN};
    return beta_tails_known(a, b, log_beta(a, b), x);
}

static Tails law_tails(const Target *law, double x)
{
    return law->is_beta ? beta_tails_known(law->a, law->b, law->log_beta, x)
                        : gamma_tails(law->a, x);
}

static double law_slope(const Target *law, double x)
{
    if (!law->is_beta)
        return law->a * poisson_term(law->a, x);
    return beta_term(law->a, law->b, law->log_beta, x) / (1.0 - x);
}

/* Abramowitz and Stegun 26.5.22 for a and b above 1, else the first term of the series. */
static double beta_guess(double u, const Target *law)
{
    double a = law->a, b = law->b;
    double p, q, y, lambda, h, w;

    if (a <= 1.0 || b <= 1.0)
        return gw_exp((gw_log(u) + gw_log(a) + law->log_beta) / a);
    p = 1.0 / (2.0 * a - 1.0);
    q = 1.0 / (2.0 * b - 1.0);
    y = -gw_inverse_normal(u);
    lambda = (y * y - 3.0) / 6.0;
    h = 2.0 / (p + q);
    w = y * sqrt(gw_max(h + lambda, 0.0)) / h - (q - p) * (lambda + 5.0 / 6.0 - 2.0 / (3.0 * h));
    return a / (a + b * gw_exp(2.0 * w));
}

/* The quantile for u <= 1/2, whose distance to 0 is then what matters. */
static double lower_beta_quantile(double u, double a, double b)
{
    Target law = {a, b, log_beta(a, b), true};

    if (beta_tails_known(a, b, law.log_beta, SMALLEST).lower >= u)
        return 0.0;
    if (beta_tails_known(a, b, law.log_beta, 1.0 - EPSILON).lower < u)
        return 1.0;
    return solve(&law, u, SMALLEST, 1.0, beta_guess(u, &law));
}

double beta_quantile(double u, double a, double b)
{
    if (!(u >= 0.0 && u <= 1.0) || !is_beta_law(a, b))
        return GW_NAN;
    if (u == 0.0 || u == 1.0)
        return u;
    return u <= 0.5 ? lower_beta_quantile(u, a, b) : 1.0 - lower_beta_quantile(1.0 - u, b, a);
}

/* ---- Poisson ---- */

Tails poisson_tails(double mean, double k)
{
    Tails waiting;

    if (k < 0.0)
        return mean >= 0.0 ? (Tails){0.0, 1.0} : (Tails){GW_NAN, GW_NAN};
    if (mean == 0.0)
        return (Tails){1.0, 0.0};
    waiting = gamma_tails(gw_floor(k) + 1.0, mean); /* the (k+1)th event comes after `mean` */
    return (Tails){waiting.upper, waiting.lower};
}

static bool reaches(double mean, double k, double u)
{
    Tails tails = poisson_tails(mean, k);

    return u <= 0.5 ? tails.lower >= u : tails.upper <= 1.0 - u;
}

double poisson_quantile(double u, double mean)
{
    double z, k, step;

    if (!(u >= 0.0 && u <= 1.0) || !(mean >= 0.0 && mean < GW_INFINITY))
        return GW_NAN;
    if (u == 1.0)
        return mean == 0.0 ? 0.0 : GW_INFINITY;
    if (u == 0.0 || mean == 0.0)
        return 0.0;
    /* Cornish and Fisher's guess is off by one or two; then doubling steps, then halving. */
    z = gw_inverse_normal(u);
    k = gw_max(gw_floor(mean + sqrt(mean) * z + (z * z - 1.0) / 6.0 + 0.5), 0.0);
    step = 1.0;
    while (!reaches(mean, k, u)) {
        k += step;
        step *= 2.0;
    }
    step = 1.0;
    while (k > 0.0 && reaches(mean, gw_max(k - step, 0.0), u)) {
        k = gw_max(k - step, 0.0);
        step *= 2.0;
    }
    while (step >= 1.0) {
        if (k - step >= 0.0 && reaches(mean, k - step, u))
            k -= step;
        step *= 0.5;
    }
    return k;
}
