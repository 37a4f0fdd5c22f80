/* What the tests of maths share: a fixed source of random numbers, and errors in units of the last
 * place against the 80-bit libm. */
#ifndef GW_TESTS_MATHS_CHECK_H
#define GW_TESTS_MATHS_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEST_SEED UINT64_C(88172645463325252)

/* Marsaglia's xorshift64. */
static inline uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline double random_between(uint64_t *state, double low, double high)
{
    return low + (high - low) * ((double)(random_bits(state) >> 11) * 0x1p-53);
}

/* The distance between result and truth in units of the last place of the truth. */
static inline double error_in_ulp(double result, long double truth)
{
    double nearest = (double)truth;
    int exponent;

    if (isnan(nearest) || isinf(nearest))
        return result == nearest || (isnan(result) && isnan(nearest)) ? 0.0 : INFINITY;
    if (fabs(nearest) < 0x1p-1022)
        return (double)(fabsl(result - truth) / 0x1p-1074L);
    (void)frexp(nearest, &exponent);
    return (double)(fabsl(result - truth) / (long double)ldexp(1.0, exponent - 53));
}

static inline void assert_near(double result, double expected, double tolerance)
{
    if (!(fabs(result - expected) <= tolerance)) {
        print_error("%.17g is not %.17g to within %g\n", result, expected, tolerance);
        fail();
    }
}

static inline void assert_relative(double result, double expected, double tolerance)
{
    assert_near(result, expected, tolerance * fabs(expected));
}

#endif
