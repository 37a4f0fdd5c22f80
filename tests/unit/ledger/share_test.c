/* Largest remainders, and the sharing of what is scarce. */
#include "ledger/share.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void three_equal_parts(void **state)
{
    const double weights[] = {1, 1, 1};
    double out[3], scratch[3];

    (void)state;
    assert_true(allocate_cents(1000001, weights, 3, out, scratch) == 1000001);
    assert_true(out[0] == 333334 && out[1] == 333334 && out[2] == 333333);
}

/* 100 on 1, 2, 4: 14.29, 28.57, 57.14: the second has the largest remainder. */
static void largest_remainder_first(void **state)
{
    const double weights[] = {1, 2, 4};
    double out[3], scratch[3];

    (void)state;
    allocate_cents(100, weights, 3, out, scratch);
    assert_true(out[0] == 14 && out[1] == 29 && out[2] == 57);
}

static void remainders_are_exact_near_the_limit(void **state)
{
    const double weights[] = {3002399751580330.0, 3002399751580331.0, 3002399751580330.0};
    double out[3], scratch[3];
    double total = 9007199254740990.0; /* one below the sum of the weights */

    (void)state;
    assert_true(allocate_cents(total, weights, 3, out, scratch) == total);
    for (int i = 0; i < 3; i++)
        assert_true(out[i] <= weights[i] && out[i] >= weights[i] - 1);
    assert_true(out[1] == weights[1] - 1 || out[0] + out[2] == weights[0] + weights[2] - 1);
}

static void no_weight_gets_nothing(void **state)
{
    const double weights[] = {0, -1};
    double out[2], scratch[2];

    (void)state;
    assert_true(allocate_cents(5, weights, 2, out, scratch) == 0);
    assert_true(out[0] == 0 && out[1] == 0);
}

static void random_totals_add_up(void **state)
{
    uint64_t seed = 5;

    (void)state;
    for (int trial = 0; trial < 20000; trial++) {
        double weights[7], out[7], scratch[7], sum = 0;
        for (int i = 0; i < 7; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            weights[i] = (double)(seed >> (11 + seed % 40));
        }
        double total = (double)(seed >> (12 + trial % 40));
        allocate_cents(total, weights, 7, out, scratch);
        for (int i = 0; i < 7; i++) {
            assert_true(out[i] >= 0 && out[i] == floor(out[i]));
            sum += out[i];
        }
        assert_true(sum == total);
    }
}

static void by_rank_and_want(void **state)
{
    const double want[] = {60, 30, 50, 10};
    const uint32_t rank[] = {1, 0, 1, 0};
    double out[4];

    (void)state;
    share_scarce(95, want, rank, NULL, 4, out); /* 40 to rank 0, 55 over 110 */
    assert_true(out[0] == 30 && out[1] == 30 && out[2] == 25 && out[3] == 10);
    share_scarce(500, want, rank, NULL, 4, out);
    assert_true(out[0] == 60 && out[2] == 50);
    share_scarce(20, want, rank, NULL, 4, out);
    assert_true(out[0] == 0 && out[1] == 15 && out[3] == 5);
}

/* 100 by weight 1, 1, 2 with the first capped at 10: 90 over 1 and 2. */
static void by_weight_and_capped(void **state)
{
    const double want[] = {10, 100, 100}, weight[] = {1, 1, 2};
    double out[3];

    (void)state;
    share_scarce(100, want, NULL, weight, 3, out);
    assert_true(out[0] == 10 && fabs(out[1] - 30) < 1e-12 && fabs(out[2] - 60) < 1e-12);
}

static void not_a_number_goes_through(void **state)
{
    const double want[] = {1, NAN, 3};
    const uint32_t rank[] = {0, 1, 2};
    double out[3];

    (void)state;
    share_scarce(2, want, rank, NULL, 3, out);
    assert_true(out[0] == 1 && isnan(out[1]) && isnan(out[2]));
    share_scarce(NAN, want, NULL, NULL, 1, out);
    assert_true(isnan(out[0]));
}

/* No total past 2^53 is ever asked to be split; but splitting one ends, and adds up. */
static void totals_past_the_limit_end(void **state)
{
    const double totals[] = {9007199254740992.0, 3e16, 1e300};
    const double weights[] = {1, 1, 0.7, 1e-300};
    double out[4], scratch[4];

    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (size_t n = 1; n <= 4; n++)
            assert_true(allocate_cents(totals[i], weights, n, out, scratch) == totals[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_equal_parts),
        cmocka_unit_test(largest_remainder_first),
        cmocka_unit_test(remainders_are_exact_near_the_limit),
        cmocka_unit_test(no_weight_gets_nothing),
        cmocka_unit_test(random_totals_add_up),
        cmocka_unit_test(totals_past_the_limit_end),
        cmocka_unit_test(by_rank_and_want),
        cmocka_unit_test(by_weight_and_capped),
        cmocka_unit_test(not_a_number_goes_through),
    };
    printf("seed 5\n");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
