/* The gamma family against closed forms, chi-square tables, and 30-digit arithmetic (mpmath). */
#include "maths/gamma.h"

#include "check.h"

static void test_log_gamma(void **unused)
{
    uint64_t state = TEST_SEED;

    (void)unused;
    for (int i = 0; i < 20000; i++) {
        double x = random_between(&state, 0.0, i % 2 ? 30.0 : 1e6);
        double truth = (double)lgammal((long double)x);

        assert_near(gamma_log(x), truth, fmax(2e-15 * fabs(truth), 1e-14));
    }
    assert_near(gamma_log(1.0), 0.0, 1e-14);
    assert_near(gamma_log(2.0), 0.0, 1e-14);
    assert_relative(gamma_log(0.5), 0.57236494292470009, 1e-14); /* log sqrt(pi) */
    assert_relative(gamma_log(11.0), 15.104412573075516, 1e-15); /* log 10! */
    assert_true(isnan(gamma_log(0.0)) && isnan(gamma_log(-1.0)) && isnan(gamma_log(NAN)));
}

typedef struct {
    double a, b, x, lower, upper;
} Known;

static void check_tails(Tails tails, const Known *known)
{
    assert_relative(tails.lower, known->lower, known->lower < 0.5 ? 1e-12 : 1e-14);
    assert_relative(tails.upper, known->upper, known->upper < 0.5 ? 1e-12 : 1e-14);
}

static void test_gamma_tails(void **unused)
{
    static const Known known[] = {
        {0.5, 0, 0.3, 0.56142197391900014, 0.43857802608099986},
        {3, 0, 2, 0.32332358381693654, 0.67667641618306346}, /* 1 - 5 e^-2 */
        {3, 0, 20, 0.99999954448504944, 4.5551495055892128e-7},
        {100, 0, 110, 0.84172132993991291, 0.15827867006008709},
        {1e4, 0, 10300, 0.99852950510361432, 0.0014704948963856813},
        {1e6, 0, 998000, 0.022696114006736803, 0.9773038859932632},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        check_tails(gamma_tails(known[i].a, known[i].x), &known[i]);
    assert_true(gamma_tails(2.0, 0.0).lower == 0.0 && gamma_tails(2.0, INFINITY).lower == 1.0);
    assert_true(isnan(gamma_tails(0.0, 1.0).lower) && isnan(gamma_tails(1.0, NAN).upper));
}

static void test_beta_tails(void **unused)
{
    static const Known known[] = {
        {1.8, 4.2, 0.25, 0.44273309311654041, 0.55726690688345959},
        {0.5, 0.5, 0.25, 1.0 / 3.0, 2.0 / 3.0}, /* arcsine law: (2/pi) asin sqrt x */
        {1, 3, 0.5, 0.875, 0.125},              /* 1 - (1 - x)^3 */
        {50, 30, 0.75, 0.99269445897861809, 0.0073055410213819087},
        {500, 400, 0.5, 0.00042141729028101295, 0.99957858270971899},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        check_tails(beta_tails(known[i].a, known[i].b, known[i].x), &known[i]);
    assert_true(beta_tails(2.0, 2.0, 0.0).lower == 0.0 && beta_tails(2.0, 2.0, 1.0).lower == 1.0);
    assert_true(isnan(beta_tails(-1.0, 2.0, 0.5).lower) && isnan(beta_tails(1.0, 2.0, NAN).lower));
}

static void test_gamma_quantile(void **unused)
{
    (void)unused;
    assert_relative(2.0 * gamma_quantile(0.95, 2.0), 9.487729, 1e-7);   /* chi-square, 4 degrees */
    assert_relative(2.0 * gamma_quantile(0.99, 5.0), 23.209251, 1e-7);  /* 10 degrees */
    assert_relative(2.0 * gamma_quantile(0.05, 0.5), 0.00393214, 1e-6); /* 1 degree */
    assert_relative(gamma_quantile(0.1, 0.5), 0.0078953870467156133, 1e-12);
    assert_relative(gamma_quantile(0.5, 2.5), 2.1757300955477637, 1e-12);
    assert_relative(gamma_quantile(0.01, 100.0), 78.215983053795827, 1e-12);
    assert_true(gamma_quantile(0.0, 2.0) == 0.0 && gamma_quantile(1.0, 2.0) == INFINITY);
    assert_true(isnan(gamma_quantile(NAN, 2.0)) && isnan(gamma_quantile(0.5, NAN)));
}

static void test_beta_quantile(void **unused)
{
    (void)unused;
    assert_relative(beta_quantile(0.05, 1.8, 4.2), 0.058977387611817246, 1e-12);
    assert_relative(beta_quantile(0.95, 1.8, 4.2), 0.62127672401619022, 1e-12);
    assert_relative(beta_quantile(0.5, 2.0, 3.0), 0.38572756813238955, 1e-12);
    assert_relative(beta_quantile(0.999, 20.0, 5.0), 0.96687488345078126, 1e-12);
    assert_relative(beta_quantile(1.0 / 3.0, 0.5, 0.5), 0.25, 1e-12);
    assert_relative(beta_quantile(0.3, 1.0, 1.0), 0.3, 1e-12);
    assert_true(beta_quantile(0.0, 2.0, 3.0) == 0.0 && beta_quantile(1.0, 2.0, 3.0) == 1.0);
    assert_true(isnan(beta_quantile(NAN, 2.0, 3.0)) && isnan(beta_quantile(0.5, 0.0, 3.0)));
}

/* The quantile and the distribution function undo each other, from the far ends inward. */
static void test_round_trips(void **unused)
{
    static const double shapes[] = {1e-3, 0.02, 0.3, 1.0, 1.8, 4.2, 30.0, 1000.0, 1e6};
    static const double chances[] = {0x1p-54, 1e-9,  1e-3,       0.2,          0.5,
                                     0.8,     0.999, 1.0 - 1e-9, 1.0 - 0x1p-53};
    size_t n = sizeof shapes / sizeof *shapes, m = sizeof chances / sizeof *chances;

    (void)unused;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m; k++) {
            double u = chances[k];
            double x = gamma_quantile(u, shapes[i]);
            Tails tails = gamma_tails(shapes[i], x);
            double slack = 1e-9 + 1e-15 * shapes[i];

            if (x > 0.0 && u <= 0.5)
                assert_relative(tails.lower, u, slack);
            else if (x > 0.0)
                assert_relative(tails.upper, 1.0 - u, slack);
            for (size_t j = 0; j < n; j++) {
                x = beta_quantile(u, shapes[i], shapes[j]);
                tails = beta_tails(shapes[i], shapes[j], x);
                if (x > 0.0 && x < 0.99 && u <= 0.5)
                    assert_relative(tails.lower, u, 1e-7);
                else if (x > 0.01 && x < 0.99)
                    assert_relative(tails.upper, 1.0 - u, 1e-7);
            }
        }
}

/* P(X <= k) summed by hand from e^-2.5 2.5^k / k!; and steps found from either side. */
static void test_poisson(void **unused)
{
    double term = exp(-2.5), sum = term;

    (void)unused;
    for (int k = 0; k < 15; k++) {
        assert_relative(poisson_tails(2.5, k).lower, sum, 1e-13);
        assert_true(poisson_quantile(sum * (1.0 - 1e-12), 2.5) == k);
        assert_true(poisson_quantile(sum * (1.0 + 1e-12), 2.5) == k + 1 || k > 12);
        term *= 2.5 / (k + 1);
        sum += term;
    }
    assert_true(poisson_tails(2.5, -1.0).lower == 0.0 && poisson_tails(0.0, 0.0).lower == 1.0);
    assert_true(poisson_quantile(1e-300, 3.0) == 0.0 && poisson_quantile(0.9, 0.0) == 0.0);
    assert_true(isnan(poisson_quantile(NAN, 1.0)) && isnan(poisson_quantile(0.5, -1.0)));
}

static void test_poisson_quantile_is_the_smallest(void **unused)
{
    static const double means[] = {1e-9, 0.1, 1.0, 7.3, 100.0, 12345.6, 1e6};
    uint64_t state = TEST_SEED;

    (void)unused;
    for (size_t i = 0; i < sizeof means / sizeof *means; i++)
        for (int n = 0; n < 100; n++) {
            double u = random_between(&state, 0.0, 1.0);
            double k = poisson_quantile(u, means[i]);

            assert_true(poisson_tails(means[i], k).lower >= u - 1e-16);
            assert_true(k == 0.0 || poisson_tails(means[i], k - 1.0).lower <= u + 1e-16);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_gamma),
        cmocka_unit_test(test_gamma_tails),
        cmocka_unit_test(test_beta_tails),
        cmocka_unit_test(test_gamma_quantile),
        cmocka_unit_test(test_beta_quantile),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_poisson),
        cmocka_unit_test(test_poisson_quantile_is_the_smallest),
    };

    printf("seed %llu\n", (unsigned long long)TEST_SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
