/* Project finance against cases worked by hand. */
#include "contracts/finance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void assert_within(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.10f, expected %.10f", a, b);
}

/* Debt whose service is the cash over a cover of 1.3: by hand, the sum of the discounted. */
static void debt_sculpted_to_cash(void **state)
{
    const double cash[] = {100, 110, 120, 80, 60};

    (void)state;
    assert_within(finance_debt_capacity(cash, 5, 0.06, 1.3), 308.612714, 5e-7);
}

static void fill_margin(double *flows, size_t n, double first, double yearly)
{
    for (size_t t = 0; t < n; t++)
        flows[t] = t == 0 ? first : flows[t - 1] * yearly;
}

/* Chips for 35 a gigawatt: how long until paid back, and what a bank lends at a cover of
 * 1.3 and 9 % over five years, with margins level or falling 15 % and 25 % a year. */
static void the_banks_test(void **state)
{
    static const double yearly[] = {1, 0.85, 0.75};
    static const double gross[] = {35.904, 27.370, 22.962}, net[] = {25.2, 19.2, 16.1};
    static const double tail[] = {29.91, 24.24, 21.06};
    double flows[20];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        fill_margin(flows, 5, 12, yearly[i]);
        assert_within(finance_debt_capacity(flows, 5, 0.09, 1.3), gross[i], 5e-4);
        assert_within(finance_debt_capacity(flows, 4, 0.09, 1.3), tail[i], 5e-3 + 1e-4);
        fill_margin(flows, 5, 8.42, yearly[i]);
        assert_within(finance_debt_capacity(flows, 5, 0.09, 1.3), net[i], 0.05);
    }
    fill_margin(flows, 20, 12, 0.85);
    assert_within(finance_payback(35, flows, 20), 3.560, 5e-4);
    fill_margin(flows, 20, 12, 0.75);
    assert_within(finance_payback(35, flows, 20), 4.576, 5e-4);
    assert_within(flows[0] + flows[1] + flows[2] + flows[3] + flows[4], 36.609, 5e-4);
    static const double margins[] = {12, 10, 8, 6}, years[] = {2.917, 3.500, 4.375, 5.833};
    for (size_t i = 0; i < COUNT(margins); i++) {
        fill_margin(flows, 20, margins[i], 1);
        assert_within(finance_payback(35, flows, 20), years[i], 5e-4);
    }
    assert_true(isinf(finance_payback(35, flows, 5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(debt_sculpted_to_cash),
        cmocka_unit_test(the_banks_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
