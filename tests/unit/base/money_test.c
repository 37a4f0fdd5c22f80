/* Rounding of money: half to even, and what is cut carried forward. */
#include "base/money.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_rounds(double exact, double whole)
{
    double rounded = money_round(exact);

    if (rounded != whole)
        fail_msg("%.17g rounds to %.17g, not %.17g", exact, rounded, whole);
}

static void halves_go_to_even(void **state)
{
    (void)state;
    assert_rounds(0.5, 0);
    assert_rounds(1.5, 2);
    assert_rounds(2.5, 2);
    assert_rounds(-0.5, 0);
    assert_rounds(-1.5, -2);
    assert_rounds(-2.5, -2);
    assert_rounds(1e15 + 0.5, 1e15);
    assert_rounds(1e15 + 1.5, 1e15 + 2);
}

static void others_go_to_the_nearest(void **state)
{
    (void)state;
    assert_rounds(0, 0);
    assert_rounds(0.49999999999999994, 0); /* the double just below one half */
    assert_rounds(-0.49999999999999994, 0);
    assert_rounds(0.50000000000000011, 1);
    assert_rounds(-0.50000000000000011, -1);
    assert_rounds(-1e-300, 0);
    assert_rounds(2.4999999999999996, 2);
    assert_rounds(2.5000000000000004, 3);
    assert_rounds(-7.25, -7);
    assert_rounds(MONEY_LIMIT - 1, MONEY_LIMIT - 1);
    assert_rounds(1e300, 1e300);
    assert_rounds(INFINITY, INFINITY);
    assert_true(isnan(money_round(NAN)));
    assert_false(signbit(money_round(-0.25)));
}

/* A third of a cent a posting: 0.33.. -> 0, 0.66.. -> 1, 1.00 of the next -> 0, and so on. */
static void the_remainder_is_carried(void **state)
{
    double remainder = 0;
    double sum = 0;

    (void)state;
    assert_true(money_round_carry(100.25, &remainder) == 100 && remainder == 0.25);
    assert_true(money_round_carry(100.25, &remainder) == 100 && remainder == 0.5);
    assert_true(money_round_carry(100.25, &remainder) == 101 && remainder == -0.25);
    assert_true(money_round_carry(100.25, &remainder) == 100 && remainder == 0.0);

    remainder = 0;
    for (int i = 0; i < 300000; i++)
        sum += money_round_carry(1.0 / 3.0, &remainder);
    assert_true(sum == 100000);
}

static void exactness_ends_at_two_to_the_53rd(void **state)
{
    (void)state;
    assert_true(money_is_exact(9007199254740991.0));
    assert_false(money_is_exact(9007199254740992.0));
    assert_true(money_is_exact(-9007199254740991.0));
    assert_false(money_is_exact(-9007199254740992.0));
    assert_false(money_is_exact(NAN));
    assert_false(money_is_exact(INFINITY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_go_to_even),
        cmocka_unit_test(others_go_to_the_nearest),
        cmocka_unit_test(the_remainder_is_carried),
        cmocka_unit_test(exactness_ends_at_two_to_the_53rd),
    };
    return cmocka_run_group_tests_name("money", tests, NULL, NULL);
}
