/* The normal distribution and the cheap quantile functions. */
#include "maths/maths.h"

#include "check.h"

enum { POINTS = 100000 };

static long double lower_tail(double x)
{
    return erfcl(-(long double)x / sqrtl(2.0L)) / 2.0L;
}

static void test_cdf(void **unused)
{
    uint64_t state = TEST_SEED;

    (void)unused;
    for (int i = 0; i < POINTS; i++) {
        double x = random_between(&state, -37.5, 0.0);

        assert_relative(gw_normal_cdf(x), (double)lower_tail(x), 1e-15);
        x = random_between(&state, 0.0, 9.0);
        assert_near(gw_normal_cdf(x), (double)lower_tail(x), 1e-15);
    }
    assert_true(gw_normal_cdf(0.0) == 0.5 && gw_normal_cdf(-0.0) == 0.5);
    assert_true(gw_normal_cdf(-INFINITY) == 0.0 && gw_normal_cdf(INFINITY) == 1.0);
    assert_true(gw_normal_cdf(-39.0) < 1e-320 && isnan(gw_normal_cdf(NAN)));
}

/* The error in z is the error in p over the density. */
static double inverse_error(double p, double z)
{
    long double excess =
        z < 0.0 ? lower_tail(z) - (long double)p : (1.0L - (long double)p) - lower_tail(-z);
    long double density = expl(-(long double)z * z / 2.0L) / sqrtl(2.0L * acosl(-1.0L));

    return (double)fabsl(excess / density);
}

static void test_inverse(void **unused)
{
    uint64_t state = TEST_SEED;

    (void)unused;
    for (int i = 0; i < POINTS; i++) {
        double p = (double)(random_bits(&state) >> 11) * 0x1p-53 + 0x1p-54;
        double deep = (double)lower_tail(random_between(&state, -37.0, -5.0));

        assert_true(inverse_error(p, gw_inverse_normal(p)) <=
                    1e-15 * fabs(gw_inverse_normal(p)) + 1e-19);
        assert_true(inverse_error(deep, gw_inverse_normal(deep)) <=
                    1e-15 * fabs(gw_inverse_normal(deep)));
    }
}

/* Published: Wichura's own test value for 1e-10; tables for the others. */
static void test_published_scores(void **unused)
{
    (void)unused;
    assert_near(gw_inverse_normal(0.975), 1.95996398454005, 1e-14);
    assert_near(gw_inverse_normal(0.99), 2.32634787404084, 1e-14);
    assert_near(gw_inverse_normal(1e-10), -6.36134090240406, 1e-14);
    assert_near(gw_inverse_normal(0.95), 1.6448536269514722, 1e-15); /* of the double 0.95 */
    assert_true(gw_inverse_normal(0.5) == 0.0);
    assert_true(gw_inverse_normal(0.0) == -INFINITY && gw_inverse_normal(1.0) == INFINITY);
    assert_true(isnan(gw_inverse_normal(-0.1)) && isnan(gw_inverse_normal(1.1)));
    assert_true(isnan(gw_inverse_normal(NAN)) && isfinite(gw_inverse_normal(1.0 - 0x1p-53)));
}

static void test_quantiles(void **unused)
{
    (void)unused;
    assert_near(gw_quantile_normal(0.95, 35.0, 9.119352), 50.0, 1e-5);
    assert_near(gw_quantile_lognormal(0.5, 3.453878, 0.699936), 31.622777, 1e-4);
    assert_true(gw_quantile_uniform(0.25, 2.0, 6.0) == 3.0);
    /* triangle(0, 1, 4): F(1) = 1/4; 4 - sqrt(3/4 * 4 * 3) = 1, so both sides meet there */
    assert_near(gw_quantile_triangle(0.25, 0.0, 1.0, 4.0), 1.0, 1e-15);
    assert_near(gw_quantile_triangle(0.0625, 0.0, 1.0, 4.0), 0.5, 1e-15);
    assert_near(gw_quantile_triangle(0.8125, 0.0, 1.0, 4.0), 2.5, 1e-15);
    assert_true(gw_quantile_triangle(0.3, 7.0, 7.0, 7.0) == 7.0);
    assert_relative(gw_quantile_exponential(0.5, 10.0), 6.931471805599453, 1e-15);
    assert_true(gw_quantile_chance(0.59, 0.6) == 1.0 && gw_quantile_chance(0.6, 0.6) == 0.0);
    assert_true(isnan(gw_quantile_chance(0.1, NAN)));
    assert_true(gw_truncated_uniform(0.5, 0.2, 0.4) == 0.2 + 0.5 * (0.4 - 0.2));
    assert_true(gw_score_uniform(50.0) < 1.0 && gw_score_uniform(-50.0) > 0.0);
    assert_true(gw_score_uniform(0.0) == 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cdf),
        cmocka_unit_test(test_inverse),
        cmocka_unit_test(test_published_scores),
        cmocka_unit_test(test_quantiles),
    };

    printf("seed %llu\n", (unsigned long long)TEST_SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
