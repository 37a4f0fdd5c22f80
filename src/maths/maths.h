/* The leaf mathematics of the language: the definition of every bit of a result.
 *
 * The tile engine's kernels and the scalar oracle both inline these functions, so they cannot
 * disagree. Three rules make the bits the same on any instruction set and compiler:
 *   - only + - * / sqrt fma, comparison and bit patterns feed a result; fma and sqrt are exact by
 *     definition (one rounding), in hardware or in software; no other function of <math.h> is used;
 *   - no contraction (-ffp-contract=off) and no -ffast-math;
 *   - no branches, only selects, so that a loop over lanes becomes vector code by itself.
 *
 * Not-a-number goes through everything: NaN in, NaN out, also where C99 says otherwise (pow(1,
 * NaN), minimum, comparison, logic). Its sign and payload mean nothing: compare NaNs as equal.
 * Yes/no is 1.0, 0.0 or NaN; any other number counts as yes.
 *
 * Errors are given in units in the last place (ulp) of the true result, as measured by the unit
 * tests against the 80-bit libm over the whole range; results below DBL_MIN add half a unit of
 * the smallest subnormal. */
#ifndef GW_MATHS_MATHS_H
#define GW_MATHS_MATHS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Inlined whatever its size: a call left in a loop over lanes would keep it from becoming vector
 * code (gw_pow would be six times slower). */
#if defined(__GNUC__)
#define GW_LEAF static inline __attribute__((always_inline))
#else
#define GW_LEAF static inline
#endif

#define GW_NAN ((double)NAN)
#define GW_INFINITY ((double)INFINITY)

/* ln 2 in two parts: the first has 41 bits, so k * GW_LN2_HIGH is exact for any exponent k. */
#define GW_LN2_HIGH 0x1.62e42fefa3000p-1
#define GW_LN2_LOW 0x1.3de6af278ece6p-42
#define GW_ONE_BY_LN2 0x1.71547652b82fep+0

/* Adding this rounds to a whole number (half to even) and leaves it in the low bits. */
#define GW_SHIFTER 0x1.8p52
#define GW_SHIFTER_BITS 0x4338000000000000ULL
#define GW_FRACTION_BITS 0x000fffffffffffffULL
#define GW_ONE_BITS 0x3ff0000000000000ULL
#define GW_SQRT_HALF_BITS 0x3fe6a09e667f3bcdULL

GW_LEAF uint64_t gw_bits(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

GW_LEAF double gw_from_bits(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ---- choice, comparison, logic: exact ---- */

GW_LEAF double gw_min(double a, double b)
{
    return a < b ? a : (b <= a ? b : GW_NAN);
}

GW_LEAF double gw_max(double a, double b)
{
    return a > b ? a : (b >= a ? b : GW_NAN);
}

/* x held between low and high; high wins where they cross. */
GW_LEAF double gw_clamp(double x, double low, double high)
{
    return gw_min(gw_max(x, low), high);
}

GW_LEAF double gw_abs(double x)
{
    return fabs(x);
}

GW_LEAF double gw_negate(double x)
{
    return -x;
}

GW_LEAF double gw_lt(double a, double b)
{
    return a < b ? 1.0 : (a >= b ? 0.0 : GW_NAN);
}

GW_LEAF double gw_le(double a, double b)
{
    return a <= b ? 1.0 : (a > b ? 0.0 : GW_NAN);
}

GW_LEAF double gw_gt(double a, double b)
{
    return gw_lt(b, a);
}

GW_LEAF double gw_ge(double a, double b)
{
    return gw_le(b, a);
}

GW_LEAF double gw_eq(double a, double b)
{
    double differs = a < b ? 1.0 : (a > b ? 1.0 : GW_NAN);

    return a == b ? 1.0 : (differs == 1.0 ? 0.0 : GW_NAN);
}

GW_LEAF double gw_ne(double a, double b)
{
    double differs = a < b ? 1.0 : (a > b ? 1.0 : GW_NAN);

    return a == b ? 0.0 : differs;
}

GW_LEAF double gw_not(double a)
{
    double yes = a == 0.0 ? 1.0 : 0.0;

    return a == a ? yes : GW_NAN;
}

GW_LEAF double gw_and(double a, double b)
{
    double yes = a == 0.0 ? 0.0 : (b == 0.0 ? 0.0 : 1.0);

    return a == a ? (b == b ? yes : GW_NAN) : GW_NAN;
}

GW_LEAF double gw_or(double a, double b)
{
    double yes = a == 0.0 ? (b == 0.0 ? 0.0 : 1.0) : 1.0;

    return a == a ? (b == b ? yes : GW_NAN) : GW_NAN;
}

/* `if c then a else b`: the branch not taken does not count, even when it is NaN. */
GW_LEAF double gw_select(double c, double a, double b)
{
    double taken = c == 0.0 ? b : a;

    return c == c ? taken : GW_NAN;
}

/* ---- rounding to whole numbers: exact ---- */

/* The largest whole number not above x; keeps -0. */
GW_LEAF double gw_floor(double x)
{
#ifdef __SSE4_1__
    return __builtin_floor(x);
#else
    double size = fabs(x);
    double whole = copysign((size + 0x1p52) - 0x1p52, x);
    double below = whole > x ? whole - 1.0 : whole;

    return size < 0x1p52 ? below : x;
#endif
}

GW_LEAF double gw_ceil(double x)
{
    return -gw_floor(-x);
}

/* The whole number nearest to x, halves upward: floor(x + 1/2) without the rounding of that sum,
 * so 2.5 is 3, -2.5 is -2 and 0.49999999999999994 is 0. */
GW_LEAF double gw_round(double x)
{
    double whole = gw_floor(x);

    return x - whole >= 0.5 ? whole + 1.0 : whole;
}

/* Correctly rounded by definition; NaN below zero. */
GW_LEAF double gw_sqrt(double x)
{
    return sqrt(x);
}

/* ---- exponential ---- */

/* (exp(r) - 1 - r) / r^2 for |r| <= 0.3467, relative error below 2^-57: own Chebyshev fit. */
GW_LEAF double gw_exp_tail(double r)
{
    double q = 0x1.1f7315649f2d7p-29;

    q = fma(q, r, 0x1.af4e092e1705bp-26);
    q = fma(q, r, 0x1.27e4db5bb725ap-22);
    q = fma(q, r, 0x1.71de02225a2f3p-19);
    q = fma(q, r, 0x1.a01a01a6db488p-16);
    q = fma(q, r, 0x1.a01a01abeccc3p-13);
    q = fma(q, r, 0x1.6c16c16c162cfp-10);
    q = fma(q, r, 0x1.11111111100d3p-7);
    q = fma(q, r, 0x1.5555555555556p-5);
    q = fma(q, r, 0x1.5555555555557p-3);
    return fma(q, r, 0.5);
}

/* exp(high + low) / 2^k for the whole number k nearest to high / ln 2, by Cody-Waite reduction; low
 * is far smaller than high. */
GW_LEAF double gw_exp_reduced(double high, double low, uint64_t *k_bits)
{
    double shifted = fma(high, GW_ONE_BY_LN2, GW_SHIFTER);
    double k = shifted - GW_SHIFTER;
    double head = fma(-k, GW_LN2_HIGH, high);
    double tail = fma(-k, GW_LN2_LOW, low);
    double r = head + tail;
    double lost = (head - r) + tail;
    double small = fma(r * r, gw_exp_tail(r), fma(lost, r, lost));
    double one = 1.0 + r;

    *k_bits = gw_bits(shifted) - GW_SHIFTER_BITS;
    return one + (((1.0 - one) + r) + small);
}

/* exp(high + low) for |high| <= 800. The power of two is applied in two halves, so that only the
 * last product rounds when the result is subnormal. Error below 0.57 ulp. */
GW_LEAF double gw_exp_pair(double high, double low)
{
    uint64_t k;
    double y = gw_exp_reduced(high, low, &k);
    uint64_t exponent = k + 2048;
    uint64_t half = exponent >> 1;

    y *= gw_from_bits((half - 1) << 52);
    return y * gw_from_bits((exponent - half - 1) << 52);
}

/* The same bits for |high| <= 700, where no result is subnormal. */
GW_LEAF double gw_exp_pair_plain(double high, double low)
{
    uint64_t k;
    double y = gw_exp_reduced(high, low, &k);

    return y * gw_from_bits((k + 1023) << 52);
}

/* e^x for every x; 0.57 ulp. */
GW_LEAF double gw_exp(double x)
{
    double bounded = x > 800.0 ? 800.0 : (x < -800.0 ? -800.0 : x);

    return gw_exp_pair(bounded, 0.0);
}

/* e^x - 1 without loss near zero; 1.04 ulp. Twice 2^(k-1) (1 + r + ...) - 1/2, so that the power of
 * two is finite for every x whose result is. */
GW_LEAF double gw_expm1(double x)
{
    double bounded = x > 710.0 ? 710.0 : (x < -40.0 ? -40.0 : x);
    double shifted = fma(bounded, GW_ONE_BY_LN2, GW_SHIFTER);
    double k = shifted - GW_SHIFTER;
    double scale = gw_from_bits((gw_bits(shifted) - GW_SHIFTER_BITS + 1022) << 52);
    double head = fma(-k, GW_LN2_HIGH, bounded);
    double tail = fma(-k, GW_LN2_LOW, 0.0);
    double r = head + tail;
    double lost = (head - r) + tail;
    double small = fma(r * r, gw_exp_tail(r), fma(lost, r, lost));
    double power = scale - 0.5; /* exact for |k| <= 53; beyond, off by at most half a unit */
    double rise = scale * r;
    double sum = power + rise;
    double larger = fabs(power) >= fabs(rise) ? power : rise;
    double smaller = fabs(power) >= fabs(rise) ? rise : power;
    double result = sum + fma(scale, small, (larger - sum) + smaller);

    return x == 0.0 ? x : 2.0 * result;
}

/* ---- logarithm ---- */

/* Splits the bits of a normal number x > 0 into 2^k * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2));
 * f is exact; the exponent's bias is the caller's. */
GW_LEAF double gw_log_split(double x, double bias, double *k)
{
    uint64_t bits = gw_bits(x) + (GW_ONE_BITS - GW_SQRT_HALF_BITS);

    *k = gw_from_bits((bits >> 52) | 0x4330000000000000ULL) - bias;
    return gw_from_bits((bits & GW_FRACTION_BITS) + GW_SQRT_HALF_BITS) - 1.0;
}

#define GW_LOG_BIAS (0x1p52 + 1023.0)

/* The same for every x > 0, finite. */
GW_LEAF double gw_log_split_any(double x, double *k)
{
    double normal = x < 0x1p-1022 ? x * 0x1p54 : x;

    return gw_log_split(normal, x < 0x1p-1022 ? GW_LOG_BIAS + 54.0 : GW_LOG_BIAS, k);
}

/* The value of a logarithm outside (0, infinity). */
GW_LEAF double gw_log_edges(double x, double inside)
{
    double above = x == GW_INFINITY ? x : inside;
    double below = x == 0.0 ? -GW_INFINITY : GW_NAN;

    return x > 0.0 ? above : below;
}

/* log(2^k (1 + f)). With s = f/(2+f): log(1+f) = 2s + s z L(z), z = s^2, arranged so that f itself
 * is added last. */
GW_LEAF double gw_log_series(double f, double k)
{
    double s = f / (2.0 + f);
    double z = s * s;
    double half = 0.5 * f * f;
    double p = 0x1.2b6776a1bf0b9p-3; /* own fit of (2 atanh(s)/s - 2)/z on z <= 0.0295 */

    p = fma(p, z, 0x1.39fd25d62ab23p-3);
    p = fma(p, z, 0x1.7462be245eae3p-3);
    p = fma(p, z, 0x1.c71c62c42db89p-3);
    p = fma(p, z, 0x1.2492492e0b70cp-2);
    p = fma(p, z, 0x1.99999999951f5p-2);
    p = fma(p, z, 0x1.5555555555558p-1);
    p = fma(s, fma(z, p, half), k * GW_LN2_LOW);
    return k * GW_LN2_HIGH - ((half - p) - f);
}

/* Natural logarithm; log(0) is -infinity, NaN below. 0.85 ulp. */
GW_LEAF double gw_log(double x)
{
    double k;
    double f = gw_log_split_any(x, &k);

    return gw_log_edges(x, gw_log_series(f, k));
}

/* The same bits for a normal number x > 0. */
GW_LEAF double gw_log_plain(double x)
{
    double k;
    double f = gw_log_split(x, GW_LOG_BIAS, &k);

    return gw_log_series(f, k);
}

/* log(1 + x) without loss near zero; -infinity at -1, NaN below. 1.5 ulp. */
GW_LEAF double gw_log1p(double x)
{
    double u = 1.0 + x;
    double lost = x >= 1.0 ? (x - u) + 1.0 : (1.0 - u) + x; /* exactly what the sum dropped */
    double result = gw_log(u) + lost / u;

    result = u > 0.0 && u < GW_INFINITY ? result : gw_log_edges(u, u);
    return x == 0.0 ? x : result;
}

/* log(2^k (1 + f)) as high + *low with relative error below 2^-64: the same series, with its first
 * term and the quotient s carried in double-double. */
GW_LEAF double gw_log_pair(double f, double k, double *low)
{
    double d = 2.0 + f;
    double d_low = (2.0 - d) + f;
    double w = 1.0 / d;
    double s = f * w;
    double s_low = fma(-s, d_low, fma(-s, d, f)) * w;
    double z = s * s;
    double z_low = fma(2.0 * s, s_low, fma(s, s, -z));
    double q = 0x1.e0499f72e39b9p-4; /* own fit of the series from its term 2/5 on */
    double p, c, c_low, t, t_low, v, v_low, h, h_low, a, sum;

    q = fma(q, z, 0x1.df7a2eafecf14p-4);
    q = fma(q, z, 0x1.1118d458653bcp-3);
    q = fma(q, z, 0x1.3b1395976d2f0p-3);
    q = fma(q, z, 0x1.745d177b22bcfp-3);
    q = fma(q, z, 0x1.c71c71c6ea01fp-3);
    q = fma(q, z, 0x1.2492492492524p-2);
    q = fma(q, z, 0x1.999999999999ap-2);
    p = z * q;
    c = 0x1.5555555555555p-1 + p; /* 2/3 + p */
    c_low = ((0x1.5555555555555p-1 - c) + p) + 0x1.5555555555555p-55;
    t = z * c;
    t_low = fma(z_low, c, fma(z, c_low, fma(z, c, -t)));
    v = t * s;
    v_low = fma(t_low, s, fma(t, s_low, fma(t, s, -v)));
    h = 2.0 * s + v;
    h_low = ((2.0 * s - h) + v) + (2.0 * s_low + v_low);
    a = k * GW_LN2_HIGH;
    sum = a + h;
    *low = ((a - sum) + h) + fma(k, GW_LN2_LOW, h_low);
    return sum;
}

/* ---- powers ---- */

/* x^y as C99 pow, except that NaN always gives NaN. x^0 is 1; a negative finite x needs a whole y,
 * else NaN. Exact results come out exact. 1 ulp. */
GW_LEAF double gw_pow(double x, double y)
{
    double size = fabs(x);
    double log_k, log_low;
    double log_f = gw_log_split_any(size, &log_k);
    double log_inside = gw_log_pair(log_f, log_k, &log_low);
    double log_high = size == 0.0 ? -GW_INFINITY : (size == GW_INFINITY ? size : log_inside);
    double product = y * log_high;
    double rest = fma(y, log_low, fma(y, log_high, -product));
    double exponent = product > 800.0 ? 800.0 : (product < -800.0 ? -800.0 : product);
    double half_y = 0.5 * y;
    double is_whole = gw_floor(y) == y ? 1.0 : 0.0;
    double is_even = gw_floor(half_y) == half_y ? 1.0 : 0.0;
    double sign = is_whole > is_even ? copysign(1.0, x) : 1.0;
    double result = gw_exp_pair(exponent, fabs(product) < 800.0 ? rest : 0.0);
    double broken;

    result = size == 1.0 ? 1.0 : result; /* also for an infinite y */
    result *= sign;
    broken = x < 0.0 ? GW_NAN : result;
    broken = size == GW_INFINITY ? result : broken;
    result = is_whole == 0.0 ? broken : result;
    result = y == 0.0 ? 1.0 : result;
    return x == x ? (y == y ? result : GW_NAN) : GW_NAN;
}

/* Where gw_pow_plain() serves: nothing is subnormal, and |y log x| < 700. */
GW_LEAF int gw_pow_is_plain(double x, double y)
{
    return (x >= 0x1p-100) & (x <= 0x1p100) & (fabs(y) <= 10.0);
}

GW_LEAF double gw_pow_plain(double x, double y)
{
    double k, low;
    double f = gw_log_split(x, GW_LOG_BIAS, &k);
    double high = gw_log_pair(f, k, &low);
    double product = y * high;

    return gw_exp_pair_plain(product, fma(y, low, fma(y, high, -product)));
}

/* The level payment that repays `principal` in n periods at `rate` per period, first payment after
 * one period: P r / (1 - (1+r)^-n), and P / n at rate 0. n = 0 gives infinity (or NaN for P = 0).
 */
GW_LEAF double gw_annuity(double principal, double rate, double n)
{
    double repaid = -gw_expm1(-n * gw_log1p(rate));

    return rate == 0.0 ? principal / n : principal * rate / repaid;
}

/* ---- the normal distribution ---- */

/* P(Z <= x) for standard normal Z, relative error below 1e-15 (the upper tail is 1 less the lower).
 * With a = |x|: the tail is exp(-a^2/2) G(t) / (a + 5), t = (a - 5)/(a + 5); G is an own Chebyshev
 * fit for 0 <= a <= 39; below -38.6 the result is 0. */
GW_LEAF double gw_normal_cdf(double x)
{
    double a = x < -39.0 ? 39.0 : (x > 39.0 ? 39.0 : fabs(x));
    double w = 1.0 / (a + 5.0);
    double t = (a - 5.0) * w;
    double square = a * a;
    double square_low = fma(a, a, -square);
    double g = -0x1.a50f96333ac8ep-36;
    double tail;

    g = fma(g, t, -0x1.de076b25a9b3fp-32);
    g = fma(g, t, -0x1.2eabcbe0ea437p-30);
    g = fma(g, t, 0x1.4c52fe9f5800cp-29);
    g = fma(g, t, 0x1.71aa46057bf7ap-27);
    g = fma(g, t, -0x1.30fa17f73f0edp-27);
    g = fma(g, t, -0x1.2d64fbccec4e3p-24);
    g = fma(g, t, 0x1.5bb2d91655ceep-25);
    g = fma(g, t, 0x1.d48a16d350a97p-22);
    g = fma(g, t, -0x1.676fde1639a77p-22);
    g = fma(g, t, -0x1.73e2fe53a223bp-19);
    g = fma(g, t, 0x1.0b15ba96cf05bp-18);
    g = fma(g, t, 0x1.17df303be3db5p-16);
    g = fma(g, t, -0x1.a17019ab0560dp-15);
    g = fma(g, t, -0x1.f214964402c05p-15);
    g = fma(g, t, 0x1.1daf1aefb143cp-11);
    g = fma(g, t, -0x1.a25037709917fp-11);
    g = fma(g, t, -0x1.88590e98b86c4p-9);
    g = fma(g, t, 0x1.54b4d4f485917p-6);
    g = fma(g, t, -0x1.1b1c254ca3cfbp-4);
    g = fma(g, t, 0x1.51f6329f01c14p-3);
    g = fma(g, t, -0x1.410ed5f875951p-2);
    g = fma(g, t, 0x1.fb31653876f88p-2);
    g = fma(g, t, -0x1.54ad03f27ca18p-1);
    g = fma(g, t, 0x1.89d3abe1f95aep-1);
    tail = g * w * gw_exp_pair(-0.5 * square, -0.5 * square_low);
    return x > 0.0 ? 1.0 - tail : tail;
}

/* The inverse normal where the depth is at most 5 (a tail of 1.4e-11): M. J. Wichura, Algorithm
 * AS 241 (PPND16), Applied Statistics 37 (1988) 477-484. By q = p - 1/2 for the middle 85 %, by
 * depth - 1.6 beyond; the coefficients are chosen lane by lane, so that one fraction does for both.
 */
GW_LEAF double gw_inverse_normal_near(double p, double depth)
{
    double q = p - 0.5;
    double size = fabs(q);
    int is_middle = size <= 0.425;
    double r = is_middle ? fma(-q, q, 0.180625) : depth - 1.6;
    double n = is_middle ? 2.5090809287301226727e+3 : 7.74545014278341407640e-4;
    double d = is_middle ? 5.2264952788528545610e+3 : 1.05075007164441684324e-9;

    n = fma(n, r, is_middle ? 3.3430575583588128105e+4 : 2.27238449892691845833e-2);
    d = fma(d, r, is_middle ? 2.8729085735721942674e+4 : 5.47593808499534494600e-4);
    n = fma(n, r, is_middle ? 6.7265770927008700853e+4 : 2.41780725177450611770e-1);
    d = fma(d, r, is_middle ? 3.9307895800092710610e+4 : 1.51986665636164571966e-2);
    n = fma(n, r, is_middle ? 4.5921953931549871457e+4 : 1.27045825245236838258e+0);
    d = fma(d, r, is_middle ? 2.1213794301586595867e+4 : 1.48103976427480074590e-1);
    n = fma(n, r, is_middle ? 1.3731693765509461125e+4 : 3.64784832476320460504e+0);
    d = fma(d, r, is_middle ? 5.3941960214247511077e+3 : 6.89767334985100004550e-1);
    n = fma(n, r, is_middle ? 1.9715909503065514427e+3 : 5.76949722146069140550e+0);
    d = fma(d, r, is_middle ? 6.8718700749205790830e+2 : 1.67638483018380384940e+0);
    n = fma(n, r, is_middle ? 1.3314166789178437745e+2 : 4.63033784615654529590e+0);
    d = fma(d, r, is_middle ? 4.2313330701600911252e+1 : 2.05319162663775882187e+0);
    n = fma(n, r, is_middle ? 3.3871328727963666080e+0 : 1.42343711074968357734e+0);
    d = fma(d, r, 1.0);
    n = is_middle ? size * n : n;
    return copysign(n / d, q);
}

/* The same by depth - 5 further out, down to the smallest number. */
GW_LEAF double gw_inverse_normal_far_tail(double r)
{
    double n = 2.01033439929228813265e-7;
    double d = 2.04426310338993978564e-15;

    n = fma(n, r, 2.71155556874348757815e-5);
    d = fma(d, r, 1.42151175831644588870e-7);
    n = fma(n, r, 1.24266094738807843860e-3);
    d = fma(d, r, 1.84631831751005468180e-5);
    n = fma(n, r, 2.65321895265761230930e-2);
    d = fma(d, r, 7.86869131145613259100e-4);
    n = fma(n, r, 2.96560571828504891230e-1);
    d = fma(d, r, 1.48753612908506148525e-2);
    n = fma(n, r, 1.78482653991729133580e+0);
    d = fma(d, r, 1.36929880922735805310e-1);
    n = fma(n, r, 5.46378491116411436990e+0);
    d = fma(d, r, 5.99832206555887937690e-1);
    n = fma(n, r, 6.65790464350110377720e+0);
    d = fma(d, r, 1.0);
    return n / d;
}

/* How far out in a tail p is: sqrt(-log(min(p, 1 - p))). */
GW_LEAF double gw_inverse_normal_depth(double p)
{
    return sqrt(-gw_log(p < 0.5 ? p : 1.0 - p));
}

/* z with P(Z <= z) = p for standard normal Z: relative error below 1e-15; -infinity at 0, infinity
 * at 1, NaN outside. */
GW_LEAF double gw_inverse_normal(double p)
{
    double depth = gw_inverse_normal_depth(p);
    double far_tail = copysign(gw_inverse_normal_far_tail(depth - 5.0), p - 0.5);
    double inside = depth > 5.0 ? far_tail : gw_inverse_normal_near(p, depth);
    double edge = p == 0.0 ? -GW_INFINITY : (p == 1.0 ? GW_INFINITY : GW_NAN);

    return p > 0.0 && p < 1.0 ? inside : edge;
}

/* Where gw_inverse_normal_plain() serves: the tail is at least e^-25, so the depth at most 5. */
GW_LEAF int gw_inverse_normal_is_plain(double p)
{
    return (p >= 1.4e-11) & (p <= 1.0 - 1.4e-11);
}

GW_LEAF double gw_inverse_normal_plain(double p)
{
    return gw_inverse_normal_near(p, sqrt(-gw_log_plain(p < 0.5 ? p : 1.0 - p)));
}

/* ---- quantile functions cheap enough for every lane: u in (0, 1) ---- */

GW_LEAF double gw_quantile_normal(double u, double mean, double sd)
{
    return mean + sd * gw_inverse_normal(u);
}

/* exp(mu + sigma z): mu and sigma are of the logarithm. */
GW_LEAF double gw_quantile_lognormal(double u, double mu, double sigma)
{
    return gw_exp(mu + sigma * gw_inverse_normal(u));
}

GW_LEAF double gw_quantile_uniform(double u, double low, double high)
{
    return low + u * (high - low);
}

GW_LEAF double gw_quantile_triangle(double u, double low, double mode, double high)
{
    double width = high - low;
    double rise = mode - low;
    double left = low + sqrt(u * width * rise);
    double right = high - sqrt((1.0 - u) * width * (high - mode));

    return u * width < rise ? left : right;
}

GW_LEAF double gw_quantile_exponential(double u, double mean)
{
    return -mean * gw_log1p(-u);
}

/* Yes with chance p. */
GW_LEAF double gw_quantile_chance(double u, double p)
{
    return gw_lt(u, p);
}

/* A uniform held inside a truncation: F(low) + u (F(high) - F(low)). */
GW_LEAF double gw_truncated_uniform(double u, double f_low, double f_high)
{
    return f_low + u * (f_high - f_low);
}

/* The uniform of a correlated normal score, kept inside (0, 1) so that every quantile is finite. */
GW_LEAF double gw_score_uniform(double z)
{
    return gw_clamp(gw_normal_cdf(z), 0x1p-54, 1.0 - 0x1p-53);
}

#endif
