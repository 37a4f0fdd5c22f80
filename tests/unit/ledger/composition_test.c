/* Who pays, as advanced, on circles worked by hand; and lanes against single paths. */
#include "ledger/composition.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MAX = 8, LANES = 5 };

static void assert_close(double a, double b)
{
    if (!(fabs(a - b) < 1e-9))
        fail_msg("%.12f, expected %.12f", a, b);
}

/* Lenders (2) give a cloud (0) 35, which pays the chip maker (1) 35. */
static void lenders_advance_everything(void **unused)
{
    const bool outside[] = {false, false, true};
    double state[2 * 4], work[64], flows[9] = {0}, cash[3] = {0}, sums[4] = {0};
    double received[3] = {35, 0, 0};

    (void)unused;
    flows[2 * 3 + 0] = 35;
    flows[0 * 3 + 1] = 35;
    assert_int_equal(composition_count(3, outside, 1), 8);
    assert_true(composition_workspace(3, outside, 1) <= 64);
    composition_start(3, outside, 1, state);
    composition_step(3, outside, 1, flows, cash, state, work);
    assert_close(state[1 * 4 + 2], 1);
    composition_add_received(3, outside, 1, 1, received, state, sums);
    assert_close(sums[2], 35);
}

/* One gigawatt: vendor 0, lab 1, builder 2, foundry 3 inside; the world 4 outside, and
 * `other_sales` of the vendor besides. */
static double self_funded_share(double other_sales)
{
    const bool outside[] = {false, false, false, false, true};
    double state[4 * 6], work[128], flows[25] = {0}, cash[5] = {0}, sums[6] = {0};
    double received[5] = {0, 35, 2, 0, other_sales}, total = 0;

    flows[0 * 5 + 1] = 10;
    flows[4 * 5 + 1] = 45;
    flows[1 * 5 + 0] = 35;
    flows[1 * 5 + 2] = 17;
    flows[1 * 5 + 4] = 3;
    flows[2 * 5 + 0] = 2;
    flows[2 * 5 + 4] = 15;
    flows[0 * 5 + 3] = 9;
    flows[0 * 5 + 4] = 18 + other_sales;
    flows[3 * 5 + 4] = 9;
    flows[4 * 5 + 0] = other_sales;
    composition_start(5, outside, 1, state);
    composition_step(5, outside, 0, flows, cash, state, work);
    composition_add_received(5, outside, 0, 1, received, state, sums);
    for (size_t s = 0; s < 6; s++)
        total += sums[s];
    assert_close(total, 37 + other_sales);
    return sums[5] / total;
}

static void one_gigawatt_in_a_circle(void **unused)
{
    (void)unused;
    assert_close(self_funded_share(0), 2.0 / 11);
    assert_close(self_funded_share(200), 74.0 / 11 / 237);
    assert_true(fabs(self_funded_share(200) - 0.028) < 5e-4);
}

/* 60 of a party's own cash and 40 lent: what it pays, and what it keeps, is 60 : 40. The
 * next period, with 20 more of its 50 left from the same lender: 30 and 20 + 20 of 70. */
static void cash_keeps_its_composition(void **unused)
{
    const bool outside[] = {false, true};
    double state[3], work[16], flows[4] = {0}, cash[2] = {60, 0};

    (void)unused;
    flows[1 * 2 + 0] = 40;
    flows[0 * 2 + 1] = 50;
    composition_start(2, outside, 1, state);
    composition_step(2, outside, COMPOSITION_NO_TARGET, flows, cash, state, work);
    assert_close(state[0], 0.6);
    assert_close(state[1], 0.4);
    cash[0] = 50;
    flows[1 * 2 + 0] = 20;
    composition_step(2, outside, COMPOSITION_NO_TARGET, flows, cash, state, work);
    assert_close(state[0], 30.0 / 70);
    assert_close(state[1], 40.0 / 70);
}

/* Two parties without cash that pay each other 10 keep what they were. */
static void a_circle_with_nothing_behind_it(void **unused)
{
    const bool outside[] = {false, false};
    double state[6], work[32], flows[4] = {0, 10, 10, 0}, cash[2] = {0};

    (void)unused;
    composition_start(2, outside, 1, state);
    composition_step(2, outside, COMPOSITION_NO_TARGET, flows, cash, state, work);
    for (size_t i = 0; i < 2; i++)
        assert_close(state[i * 3] + state[i * 3 + 1], 1);
    assert_close(state[0], 0.5); /* alike in all, they mix evenly */
}

static void lanes_give_the_same_bits(void **unused)
{
    const bool outside[MAX] = {false, true, false, false, true, false, false, true};
    static double flows[MAX * MAX * LANES], cash[MAX * LANES], state[MAX * 9 * LANES];
    static double work[(MAX * MAX + MAX * 9 + 1) * LANES], one_flow[MAX * MAX], one_cash[MAX];
    static double one[LANES][MAX * 9];
    bool pays[MAX * MAX];
    uint64_t seed = 99;

    (void)unused;
    for (size_t i = 0; i < MAX * MAX; i++)
        pays[i] = i % 3 != 0;
    composition_start(MAX, outside, LANES, state);
    for (size_t lane = 0; lane < LANES; lane++)
        composition_start(MAX, outside, 1, one[lane]);
    for (int period = 0; period < 50; period++) {
        for (size_t i = 0; i < MAX * MAX * LANES; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            bool self = i / LANES / MAX == i / LANES % MAX;
            flows[i] = self || !pays[i / LANES] || seed >> 62 ? 0 : (double)(seed >> 30 & 0xffffff);
        }
        for (size_t i = 0; i < MAX * LANES; i++)
            cash[i] = (double)(seed >> (20 + i % 30) & 0xfffff);
        composition_step_lanes(MAX, outside, 2, pays, LANES, flows, cash, state, work);
        for (size_t lane = 0; lane < LANES; lane++) {
            for (size_t i = 0; i < MAX * MAX; i++)
                one_flow[i] = flows[i * LANES + lane];
            for (size_t i = 0; i < MAX; i++)
                one_cash[i] = cash[i * LANES + lane];
            composition_step(MAX, outside, 2, one_flow, one_cash, one[lane], work);
            for (size_t row = 0; row < 5; row++) {
                double sum = 0;
                for (size_t s = 0; s < 9; s++) {
                    double bits = state[(row * 9 + s) * LANES + lane];
                    assert_memory_equal(&bits, &one[lane][row * 9 + s], sizeof bits);
                    sum += bits;
                }
                assert_close(sum, 1);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lenders_advance_everything),
        cmocka_unit_test(one_gigawatt_in_a_circle),
        cmocka_unit_test(cash_keeps_its_composition),
        cmocka_unit_test(a_circle_with_nothing_behind_it),
        cmocka_unit_test(lanes_give_the_same_bits),
    };
    printf("seed 99\n");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
