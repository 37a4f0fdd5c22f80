/* Project finance against numbers of numpy-financial, spreadsheet manuals and textbooks,
 * and against cases worked by hand. */
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

static void payments_of_an_annuity(void **state)
{
    (void)state;
    assert_within(finance_annuity(200000, 0.075 / 12, 180), 1854.0247200054619, 1e-8);
    assert_within(finance_annuity(2500, 0.0824 / 12, 12), 217.748590, 5e-7);
    assert_within(finance_annuity(10000, 0.08 / 12, 10), 1037.0320894, 5e-8);
    assert_within(finance_annuity(100, 0.11, 5), 27.057031, 5e-7);
    assert_within(finance_annuity(102, 0.08, 5), 25.546558, 5e-7);
    assert_true(finance_annuity(1200, 0, 12) == 100);
}

static void returns(void **state)
{
    const double one[] = {-100, 39, 59, 55, 20}, two[] = {-100, 0, 0, 74};
    const double three[] = {-5, 10.5, 1, -8, 1};
    const double four[] = {-70000, 12000, 15000, 18000, 21000, 26000};

    (void)state;
    assert_within(finance_irr(one, 5), 0.280948421, 5e-10);
    assert_within(finance_irr(two, 4), -0.095495830, 5e-10);
    assert_within(finance_irr(three, 5), 0.088598339, 5e-10);
    assert_within(finance_irr(four, 5), -0.021244848, 5e-10);
    assert_within(finance_irr(four, 6), 0.086630948, 5e-10);
}

static void several_returns_or_none(void **state)
{
    const double pump[] = {-1600, 10000, -10000}, gain[] = {1, 2, 3}, nothing[] = {0, 0};
    double long_flows[1000] = {-1};
    Roots roots = finance_irr_all(pump, 3);

    (void)state;
    assert_int_equal(roots.count, 2);
    assert_within(roots.rates[0], 0.25, 1e-12);
    assert_within(roots.rates[1], 4, 1e-12);
    assert_int_equal(finance_irr_all(gain, 3).count, 0);
    assert_int_equal(finance_irr_all(nothing, 2).count, 0);
    assert_true(isnan(finance_irr(gain, 3)));
    long_flows[999] = finance_power(1.01, 999); /* a thousand periods stay in range */
    assert_within(finance_irr(long_flows, 1000), 0.01, 1e-12);
}

static void present_values(void **state)
{
    const double flows[] = {-15000, 1500, 2500, 3500, 4500, 6000};

    (void)state;
    assert_within(finance_present_value(0.05, flows, 6), 122.894855, 5e-7);
    assert_within(finance_npv_from_one(0.05, flows, 6), 117.042719, 5e-7);
    assert_within(finance_present_value(0, flows, 6), 3000, 1e-9);
}

static void dated_flows(void **state)
{
    const double flows[] = {-10000, 2750, 4250, 3250, 2750};
    const Day days[] = {day_from_civil(2008, 1, 1), day_from_civil(2008, 3, 1),
                        day_from_civil(2008, 10, 30), day_from_civil(2009, 2, 15),
                        day_from_civil(2009, 4, 1)};

    (void)state;
    assert_within(finance_xirr(flows, days, 5), 0.373362534, 5e-9);
    assert_within(finance_xnpv(0.09, flows, days, 5), 2086.647602, 5e-7);
}

static void modified_return(void **state)
{
    const double flows[] = {-120000, 39000, 30000, 21000, 37000, 46000};

    (void)state;
    assert_within(finance_mirr(flows, 6, 0.10, 0.12), 0.126094130, 5e-10);
}

static void debt_sculpted_to_cash(void **state)
{
    const double cash[] = {100, 110, 120, 80, 60, 60, 60};
    const double expected[] = {58.4063, 69.6030, 81.4715, 55.5905, 43.5414};
    const double level[] = {1.3649, 1.5014, 1.6379, 1.0919, 0.8190};
    double principal[5], service[5], ratio[5], repaid = 0;
    double debt = finance_sculpt(cash, 5, 0.06, 1.3, principal);

    (void)state;
    assert_within(debt, 308.612714, 5e-7);
    for (size_t t = 0; t < 5; t++) {
        assert_within(principal[t], expected[t], 5e-5);
        repaid += principal[t];
        service[t] = finance_annuity(debt, 0.06, 5);
    }
    assert_within(repaid, debt, 1e-9);
    assert_within(finance_cover_of_life(cash, 5, 0.06, debt), 1.3, 1e-12);
    assert_within(finance_cover_of_life(cash, 7, 0.06, debt), 1.566357, 5e-7);
    assert_within(service[0], 73.263547, 5e-7);
    finance_dscr(cash, service, 5, ratio);
    for (size_t t = 0; t < 5; t++)
        assert_within(ratio[t], level[t], 5e-5);
    assert_within(finance_level_capacity(cash, 5, 0.06, 1.3), 194.416790, 5e-7);
    service[0] = 0;
    finance_dscr(cash, service, 1, ratio);
    assert_true(isnan(ratio[0]));
}

static void debt_during_construction(void **state)
{
    const double draws[] = {250, 250, 250, 250};
    const double expected[] = {257.125000, 518.749688, 784.952807, 1055.814481};
    ConstructionLoan loan = {1100, 0.02, 0.0025, true};
    double balances[4];

    (void)state;
    finance_build_debt(&loan, draws, 4, balances);
    for (size_t t = 0; t < 4; t++)
        assert_within(balances[t], expected[t], 5e-7);
    loan.undrawn_fee = 0;
    assert_within(finance_build_debt(&loan, draws, 4, balances), 1051.010040, 5e-7);
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

static void waterfall_of_one_period(void **state)
{
    WaterfallIn in = {100, 20, 5, 50, 10, 25, 0.5};
    WaterfallOut out = finance_waterfall(&in);

    (void)state;
    assert_true(out.available == 75 && out.served == 50 && out.reserve_fill == 15);
    assert_true(out.swept == 5 && out.distributed == 5 && out.unpaid == 0);
    in.cash = 60;
    out = finance_waterfall(&in);
    assert_true(out.served == 35 && out.reserve_release == 10 && out.unpaid == 5);
}

/* A loan of 100 at 8 %, 10 a year, cash 30, half of what is left swept. */
static void a_sweep_shortens_the_loan(void **state)
{
    static const double expected[] = {84.0000, 67.3600, 50.0544, 32.0566, 13.3388, 0};
    double balance = 100;

    (void)state;
    for (size_t t = 0; t < 6; t++) {
        double due = fmin(balance, 10);
        WaterfallIn in = {.cash = 30, .debt_service = 0.08 * balance + due, .sweep_share = 0.5};
        WaterfallOut out = finance_waterfall(&in);
        if (t == 5)
            assert_within(balance - due, 3.3388, 5e-5); /* the last sweep is capped here */
        balance -= due + fmin(out.swept, balance - due);
        assert_within(balance, expected[t], 5e-5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payments_of_an_annuity),
        cmocka_unit_test(returns),
        cmocka_unit_test(several_returns_or_none),
        cmocka_unit_test(present_values),
        cmocka_unit_test(dated_flows),
        cmocka_unit_test(modified_return),
        cmocka_unit_test(debt_sculpted_to_cash),
        cmocka_unit_test(debt_during_construction),
        cmocka_unit_test(the_banks_test),
        cmocka_unit_test(waterfall_of_one_period),
        cmocka_unit_test(a_sweep_shortens_the_loan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
