/* Intervals, order statistics and rank correlation against published tables. */
#include "maths/maths.h"
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

/* Of a normal sample of ten thousand: sqrt(p (1 - p) / n) / density. The quantile is taken one
 * binomial standard deviation either side, where the density is not quite the same. */
static void errors_of_quantiles(void **state)
{
    enum { N = 10000 };
    static double values[N];
    const double p[] = {0.05, 0.5, 0.95};
    double quantiles[3], errors[3];

    (void)state;
    for (int i = 0; i < N; i++)
        values[i] = gw_inverse_normal((i + 0.5) / N);
    stats_quantiles_with_errors(values, N, p, 3, quantiles, errors);
    assert_within(errors[0], 0.021132, 1e-4);
    assert_within(errors[1], 0.012533, 1e-5);
    assert_within(errors[2], 0.021132, 1e-4);
}

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
        cmocka_unit_test(errors_of_quantiles),
        cmocka_unit_test(wilson),
        cmocka_unit_test(spearman),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
