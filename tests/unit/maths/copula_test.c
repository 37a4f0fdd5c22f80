/* Rank to score correlation, and the factor of a correlation matrix. */
#include "maths/copula.h"

#include "check.h"

/* 2 sin(pi R / 6): Pearson's own relation; the three values are published with it. */
static void test_score_correlation(void **unused)
{
    (void)unused;
    assert_near(copula_score_correlation(0.3), 0.312869, 5e-7);
    assert_near(copula_score_correlation(0.5), 0.517638, 5e-7);
    assert_near(copula_score_correlation(0.8), 0.813473, 5e-7);
    for (double r = -1.0; r <= 1.0; r += 0x1p-9)
        assert_near(copula_score_correlation(r), (double)(2.0L * sinl(acosl(-1.0L) * r / 6.0L)),
                    3e-16);
    assert_true(copula_score_correlation(1.0) == 1.0 && copula_score_correlation(-1.0) == -1.0);
    assert_true(copula_score_correlation(0.0) == 0.0 && isnan(copula_score_correlation(1.01)));
    assert_true(isnan(copula_score_correlation(NAN)));
}

/* By hand: rows (1), (0.6, 0.8), (0, 0.5, sqrt(0.75)). */
static void test_factor(void **unused)
{
    double matrix[9] = {1.0, 0.6, 0.0, 0.6, 1.0, 0.4, 0.0, 0.4, 1.0};
    const double expected[9] = {1.0, 0.0, 0.0, 0.6, 0.8, 0.0, 0.0, 0.5, 0.8660254037844386};
    double lower[9];
    size_t failed = 9;

    (void)unused;
    assert_true(copula_factor(3, matrix, lower, &failed));
    for (int i = 0; i < 9; i++)
        assert_near(lower[i], expected[i], 1e-15);
    assert_true(copula_factor(3, matrix, matrix, &failed));
    for (int i = 0; i < 9; i++)
        assert_near(matrix[i], expected[i], 1e-15);
}

/* Three variables cannot all pull against each other: 1 + 2 r^3 - 3 r^2 < 0 at r = -0.9. */
static void test_contradiction_names_the_variable(void **unused)
{
    const double matrix[9] = {1.0, -0.9, -0.9, -0.9, 1.0, -0.9, -0.9, -0.9, 1.0};
    const double beyond[4] = {1.0, 1.2, 1.2, 1.0};
    double lower[9];
    size_t failed = 9;

    (void)unused;
    assert_false(copula_factor(3, matrix, lower, &failed));
    assert_int_equal(failed, 2);
    assert_false(copula_factor(2, beyond, lower, &failed));
    assert_int_equal(failed, 1);
}

static void test_full_correlation_is_allowed(void **unused)
{
    const double same[9] = {1.0, 1.0, 0.5, 1.0, 1.0, 0.5, 0.5, 0.5, 1.0};
    const double unlike[9] = {1.0, 1.0, 0.5, 1.0, 1.0, 0.2, 0.5, 0.2, 1.0};
    double lower[9];
    size_t failed = 9;

    (void)unused;
    assert_true(copula_factor(3, same, lower, &failed));
    assert_true(lower[3] == 1 && lower[4] == 0); /* the second is the first */
    assert_false(copula_factor(3, unlike, lower, &failed));
    assert_int_equal(failed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_score_correlation),
        cmocka_unit_test(test_factor),
        cmocka_unit_test(test_contradiction_names_the_variable),
        cmocka_unit_test(test_full_correlation_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
