/* Intervals, order statistics and rank correlation against published tables. */
#include "stats/proportion.h"
#include "stats/quantile.h"
#include "stats/rank.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_within(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.9f, expected %.9f", a, b);
}

/* Binomial intervals for quantiles, as in David and Nagaraja's Order Statistics. */
static void quantile_intervals(void **state)
{
    QuantileRanks ranks;

    (void)state;
    assert_true(stats_quantile_ranks(100, 0.5, 0.95, &ranks));
    assert_int_equal(ranks.lower, 40);
    assert_int_equal(ranks.upper, 61);
    assert_within(ranks.coverage, 0.964800, 5e-7);
    assert_true(stats_quantile_ranks(1000, 0.95, 0.95, &ranks));
    assert_int_equal(ranks.lower, 936);
    assert_int_equal(ranks.upper, 964);
    assert_within(ranks.coverage, 0.958095, 5e-7);
    /* ranks 937 to 964 would cover 0.950417 */
    assert_within(stats_binomial_cdf(963, 1000, 0.95) - stats_binomial_cdf(936, 1000, 0.95),
                  0.950417, 5e-7);
    assert_false(stats_quantile_ranks(10, 0.99, 0.95, &ranks));
}

static void errors_of_quantiles(void **state)
{
    (void)state;
    assert_within(stats_quantile_error_normal(10000, 0.5, 0), 0.012533, 5e-7);
    assert_within(stats_quantile_error_normal(10000, 0.95, 1.6448536269514715), 0.021132, 5e-7);
}

/* Wilks (1941): sample sizes for tolerance limits. */
static void wilks(void **state)
{
    (void)state;
    assert_int_equal(stats_wilks_one_sided(0.95, 0.95), 59);
    assert_int_equal(stats_wilks_two_sided(0.95, 0.95), 93);
    assert_int_equal(stats_wilks_one_sided(0.90, 0.95), 29);
    assert_int_equal(stats_wilks_two_sided(0.90, 0.95), 46);
    assert_int_equal(stats_wilks_one_sided(0.99, 0.95), 299);
    assert_int_equal(stats_wilks_two_sided(0.99, 0.95), 473);
}

/* Newcombe (1998), table I: score intervals for 81/263, 15/148, 0/20, 1/29. */
static void wilson(void **state)
{
    static const struct {
        size_t hits, count;
        double low, high;
    } rows[] = {{81, 263, 0.2553, 0.3662},
                {15, 148, 0.0624, 0.1605},
                {0, 20, 0, 0.1611},
                {1, 29, 0.0061, 0.1718}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        Interval interval = stats_wilson(rows[i].hits, rows[i].count, 1.959963984540054);
        assert_within(interval.low, rows[i].low, 5.1e-5);
        assert_within(interval.high, rows[i].high, 5.1e-5);
    }
}

/* The example of hours of television against IQ in encyclopaedias: rho = -29/165. */
static void spearman(void **state)
{
    const double iq[] = {106, 100, 86, 101, 99, 103, 97, 113, 112, 110};
    const double hours[] = {7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
    double scratch[20];
    uint32_t order[10];

    (void)state;
    assert_within(stats_spearman(iq, hours, 10, scratch, order), -29.0 / 165, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantile_intervals),
        cmocka_unit_test(errors_of_quantiles),
        cmocka_unit_test(wilks),
        cmocka_unit_test(wilson),
        cmocka_unit_test(spearman),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
