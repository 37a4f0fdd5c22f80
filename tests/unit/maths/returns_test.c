/* Rates of return against those of numpy-financial's manual, worked ones, and none. */
#include "check.h"

#include "maths/returns.h"

static void of_a_manual(void **state)
{
    const double one[] = {-100, 39, 59, 55, 20}, two[] = {-100, 0, 0, 74},
                 three[] = {-100, 100, 0, -7};

    (void)state;
    assert_true(fabs(gw_rate_of_return(one, 5, 1) - 0.280948421) < 5e-10);
    assert_true(fabs(gw_rate_of_return(two, 4, 1) - -0.095495830) < 5e-10);
    assert_true(fabs(gw_rate_of_return(three, 4, 1) - -0.083299666) < 5e-10);
}

static void worked_by_hand(void **state)
{
    const double pump[] = {-1600, 10000, -10000}; /* 25 % and 400 % */
    const double doubled[] = {0, 0, -1, 0, 2};    /* in two periods */
    const double even[] = {-5, 2, 3};
    double long_flows[4000] = {-1};

    (void)state;
    assert_true(fabs(gw_rate_of_return(pump, 3, 1) - 0.25) < 1e-13);
    assert_true(fabs(gw_rate_of_return(doubled, 5, 1) - (sqrt(2) - 1)) < 1e-13);
    assert_true(fabs(gw_rate_of_return(doubled, 5, 1.0 / 12) - 63) < 1e-10);
    assert_true(gw_rate_of_return(even, 3, 1) == 0);
    long_flows[3999] = 16; /* a hundred years of weeks or so */
    assert_true(fabs(gw_rate_of_return(long_flows, 4000, 0.25) - (pow(16, 4 / 3999.0) - 1)) <
                1e-13);
}

static void none(void **state)
{
    const double gain[] = {1, 2, 3}, loss[] = {-1, 0, -3}, nothing[] = {0, 0},
                 never_zero[] = {1, -1, 1}, unknown[] = {-1, NAN, 3};

    (void)state;
    assert_true(isnan(gw_rate_of_return(gain, 3, 1)));
    assert_true(isnan(gw_rate_of_return(nothing, 2, 1)));
    assert_true(isnan(gw_rate_of_return(never_zero, 3, 1)));
    assert_true(isnan(gw_rate_of_return(unknown, 3, 1)));
    assert_true(gw_rate_of_return(loss, 3, 1) == -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_a_manual),
                                       cmocka_unit_test(worked_by_hand), cmocka_unit_test(none)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
