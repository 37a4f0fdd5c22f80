/* Every law: parameters from published numbers, quantile against distribution function, faults. */
#include "maths/distribution.h"

#include "check.h"

enum { GRID = 2000 };

static Distribution law(DistributionLaw kind, size_t count, const double *params)
{
    Distribution d = {kind, count, params, NULL, NULL};

    return d;
}

/* Mean and standard deviation by the midpoint rule over the quantile function. */
static void moments(const Distribution *d, double *mean, double *sd)
{
    double sum = 0.0, squares = 0.0;

    for (int i = 0; i < GRID; i++)
        sum += distribution_quantile(d, (i + 0.5) / GRID);
    *mean = sum / GRID;
    for (int i = 0; i < GRID; i++) {
        double gap = distribution_quantile(d, (i + 0.5) / GRID) - *mean;

        squares += gap * gap;
    }
    *sd = sqrt(squares / GRID);
}

static void check_moments(const Distribution *d, double mean, double sd, double tolerance)
{
    double got_mean, got_sd;

    moments(d, &got_mean, &got_sd);
    assert_relative(got_mean, mean, tolerance);
    assert_relative(got_sd, sd, 10.0 * tolerance);
}

/* 10 to 100, 5 % to 95 %: mu 3.453878, sigma 0.699936, median 31.622777, mean 40.400128. */
static void test_lognormal_interval(void **unused)
{
    double p[2];
    Distribution d = law(LAW_LOGNORMAL, 2, p);

    (void)unused;
    distribution_lognormal_interval(10.0, 100.0, p);
    assert_near(p[0], 3.453878, 5e-7);
    assert_near(p[1], 0.699936, 5e-7);
    assert_relative(distribution_quantile(&d, 0.05), 10.0, 1e-14);
    assert_relative(distribution_quantile(&d, 0.95), 100.0, 1e-14);
    assert_near(distribution_quantile(&d, 0.5), 31.622777, 5e-7);
    check_moments(&d, 40.400128, 32.121795, 2e-3);
    distribution_lognormal_interval(-1.0, 100.0, p);
    assert_non_null(distribution_fault(&d));
    assert_true(isnan(distribution_quantile(&d, 0.5)));
}

/* 20 to 50, 5 % to 95 %: normal with mean 35 and standard deviation 9.119352. */
static void test_normal_interval(void **unused)
{
    double p[2];
    Distribution d = law(LAW_NORMAL, 2, p);

    (void)unused;
    distribution_normal_interval(20.0, 50.0, p);
    assert_true(p[0] == 35.0);
    assert_near(p[1], 9.119352, 5e-7);
    assert_relative(distribution_quantile(&d, 0.05), 20.0, 1e-14);
    check_moments(&d, 35.0, 9.119352, 1e-3);
}

/* pert(10, 20, 60): mean 25, alpha 1.8, beta 4.2, standard deviation 8.660254. */
static void test_pert(void **unused)
{
    double p[4];
    Distribution d = law(LAW_BETA, 4, p);

    (void)unused;
    distribution_pert(10.0, 20.0, 60.0, p);
    assert_near(p[0], 1.8, 1e-15);
    assert_near(p[1], 4.2, 1e-15);
    assert_true(p[2] == 10.0 && p[3] == 60.0);
    check_moments(&d, 25.0, 8.660254, 1e-5);
    distribution_pert(5.0, 5.0, 5.0, p);
    assert_non_null(distribution_fault(&d));
}

static void test_moments_of_the_others(void **unused)
{
    const double triangle[] = {10.0, 20.0, 60.0}, uniform[] = {2.0, 8.0};
    const double gamma[] = {4.0, 2.5}, beta[] = {2.0, 3.0, 0.0, 1.0};
    const double mean[] = {3.0};
    Distribution d = law(LAW_TRIANGLE, 3, triangle);

    (void)unused;
    check_moments(&d, 30.0, 10.801234, 1e-4); /* published */
    d = law(LAW_UNIFORM, 2, uniform);
    check_moments(&d, 5.0, sqrt(3.0), 1e-6);
    d = law(LAW_GAMMA, 2, gamma);
    check_moments(&d, 10.0, 5.0, 1e-3);
    d = law(LAW_BETA, 4, beta);
    check_moments(&d, 0.4, 0.2, 1e-5);
    d = law(LAW_EXPONENTIAL, 1, mean);
    check_moments(&d, 3.0, 3.0, 1e-3);
    d = law(LAW_POISSON, 1, mean);
    check_moments(&d, 3.0, sqrt(3.0), 2e-3);
}

/* The quantile of the distribution function is where it started. */
static void test_cdf_undoes_quantile(void **unused)
{
    const double normal[] = {3.0, 2.0}, lognormal[] = {1.0, 0.5}, uniform[] = {2.0, 8.0};
    const double triangle[] = {10.0, 20.0, 60.0}, beta[] = {1.8, 4.2, 10.0, 60.0};
    const double gamma[] = {4.0, 2.5}, mean[] = {3.0};
    const double probabilities[] = {0.1, 0.5, 0.9}, list[] = {9.0, 12.0, 20.0};
    const double data[] = {1.0, 2.0, 4.0, 8.0, 16.0};
    const Distribution laws[] = {
        law(LAW_NORMAL, 2, normal),      law(LAW_LOGNORMAL, 2, lognormal),
        law(LAW_UNIFORM, 2, uniform),    law(LAW_TRIANGLE, 3, triangle),
        law(LAW_BETA, 4, beta),          law(LAW_GAMMA, 2, gamma),
        law(LAW_EXPONENTIAL, 1, mean),   {LAW_QUANTILES, 3, list, probabilities, NULL},
        {LAW_DATA, 5, NULL, NULL, data},
    };

    (void)unused;
    for (size_t k = 0; k < sizeof laws / sizeof *laws; k++) {
        assert_null(distribution_fault(&laws[k]));
        for (double u = 0.003; u < 1.0; u += 0.0101) {
            double x = distribution_quantile(&laws[k], u);

            assert_near(distribution_cdf(&laws[k], x), u, 1e-12);
            assert_true(distribution_cdf_below(&laws[k], x) == distribution_cdf(&laws[k], x));
        }
        assert_true(isnan(distribution_quantile(&laws[k], NAN)));
        assert_true(isnan(distribution_quantile(&laws[k], 0.0)));
        assert_true(isnan(distribution_cdf(&laws[k], NAN)));
        assert_true(distribution_cdf(&laws[k], -INFINITY) == 0.0);
        assert_true(distribution_cdf(&laws[k], INFINITY) == 1.0);
    }
}

/* p10 9, p50 12, p90 20: straight between; beyond, 3 and 8 per 1.2815515655 normal scores. */
static void test_quantile_list(void **unused)
{
    const double probabilities[] = {0.1, 0.5, 0.9}, list[] = {9.0, 12.0, 20.0};
    const double falling[] = {9.0, 12.0, 11.0}, crossed[] = {0.1, 0.9, 0.5};
    Distribution d = {LAW_QUANTILES, 3, list, probabilities, NULL};

    (void)unused;
    assert_true(distribution_quantile(&d, 0.1) == 9.0 && distribution_quantile(&d, 0.5) == 12.0);
    assert_near(distribution_quantile(&d, 0.9), 20.0, 1e-14);
    assert_near(distribution_quantile(&d, 0.3), 10.5, 1e-14);
    assert_near(distribution_quantile(&d, 0.7), 16.0, 1e-14);
    assert_near(distribution_quantile(&d, 0.01),
                9.0 - 3.0 / 1.2815515655446004 * (2.3263478740408408 - 1.2815515655446004), 1e-13);
    assert_near(distribution_quantile(&d, 0.99),
                20.0 + 8.0 / 1.2815515655446004 * (2.3263478740408408 - 1.2815515655446004), 1e-13);
    d.params = falling;
    assert_non_null(distribution_fault(&d));
    assert_true(isnan(distribution_quantile(&d, 0.5)));
    d.params = list;
    d.probabilities = crossed;
    assert_non_null(distribution_fault(&d));
}

static void test_data(void **unused)
{
    const double data[] = {1.0, 2.0, 4.0}, unsorted[] = {2.0, 1.0}, one[] = {7.0};
    Distribution d = {LAW_DATA, 3, NULL, NULL, data};

    (void)unused;
    assert_true(distribution_quantile(&d, 0.5) == 2.0 && distribution_quantile(&d, 0.25) == 1.5);
    assert_true(distribution_quantile(&d, 0.75) == 3.0);
    d = (Distribution){LAW_DATA, 1, NULL, NULL, one};
    assert_true(distribution_quantile(&d, 0.2) == 7.0 && distribution_cdf(&d, 7.0) == 1.0);
    d = (Distribution){LAW_DATA, 2, NULL, NULL, unsorted};
    assert_non_null(distribution_fault(&d));
    d.count = 0;
    assert_true(isnan(distribution_quantile(&d, 0.5)) && distribution_fault(&d) != NULL);
}

static void test_choices(void **unused)
{
    const double weights[] = {0.3, 0.0, 0.7}, outcomes[] = {5.0, 6.0, 7.0}, half[] = {0.5};
    Distribution d = {LAW_ONE_OF, 3, weights, NULL, outcomes};

    (void)unused;
    assert_true(distribution_quantile(&d, 0.29) == 5.0 && distribution_quantile(&d, 0.3) == 7.0);
    assert_true(distribution_quantile(&d, 1.0 - 0x1p-53) == 7.0);
    assert_true(distribution_cdf(&d, 5.0) == 0.3 && distribution_cdf_below(&d, 5.0) == 0.0);
    d.values = NULL;
    assert_true(distribution_quantile(&d, 0.3) == 2.0);
    d = law(LAW_ONE_OF, 1, half);
    assert_non_null(distribution_fault(&d));
    d = law(LAW_CHANCE, 1, half);
    assert_true(distribution_quantile(&d, 0.49) == 1.0 && distribution_quantile(&d, 0.5) == 0.0);
    assert_true(distribution_cdf(&d, 0.0) == 0.5 && distribution_cdf_below(&d, 0.0) == 0.0);
}

static void test_truncation(void **unused)
{
    const double normal[] = {0.0, 1.0}, mean[] = {3.0}, uniform[] = {0.0, 10.0};
    Distribution d = law(LAW_UNIFORM, 2, uniform);

    (void)unused;
    assert_near(distribution_truncated(&d, 0.5, 2.0, 4.0), 3.0, 1e-14);
    assert_true(isnan(distribution_truncated(&d, 0.5, 4.0, 2.0)));
    assert_true(isnan(distribution_truncated(&d, 0.5, 11.0, 12.0)));
    assert_true(isnan(distribution_truncated(&d, NAN, 2.0, 4.0)));
    d = law(LAW_NORMAL, 2, normal);
    assert_true(distribution_truncated(&d, 0x1p-54, -1.0, 1.0) == -1.0);
    assert_near(distribution_truncated(&d, 0.5, 0.0, INFINITY), 0.6744897501960817, 1e-14);
    d = law(LAW_POISSON, 1, mean);
    assert_true(distribution_truncated(&d, 1e-9, 2.0, 4.0) == 2.0);
    assert_true(distribution_truncated(&d, 1.0 - 1e-9, 2.0, 4.0) == 4.0);
}

static void test_faults(void **unused)
{
    const double bad_sd[] = {0.0, -1.0}, crossed[] = {2.0, 1.0}, outside[] = {0.0, 5.0, 4.0};
    const double missing[] = {NAN, 1.0}, chance[] = {1.1}, negative[] = {-1.0};
    const double beta[] = {0.0, 1.0, 0.0, 1.0};
    const Distribution faulty[] = {
        law(LAW_NORMAL, 2, bad_sd),    law(LAW_LOGNORMAL, 2, bad_sd),
        law(LAW_UNIFORM, 2, crossed),  law(LAW_TRIANGLE, 3, outside),
        law(LAW_NORMAL, 2, missing),   law(LAW_CHANCE, 1, chance),
        law(LAW_POISSON, 1, negative), law(LAW_EXPONENTIAL, 1, negative),
        law(LAW_BETA, 4, beta),        law(LAW_GAMMA, 2, bad_sd),
        law(LAW_NORMAL, 1, bad_sd),
    };

    (void)unused;
    for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
        assert_non_null(distribution_fault(&faulty[i]));
        assert_true(isnan(distribution_quantile(&faulty[i], 0.5)));
        assert_true(isnan(distribution_cdf(&faulty[i], 0.5)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lognormal_interval),
        cmocka_unit_test(test_normal_interval),
        cmocka_unit_test(test_pert),
        cmocka_unit_test(test_moments_of_the_others),
        cmocka_unit_test(test_cdf_undoes_quantile),
        cmocka_unit_test(test_quantile_list),
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
