/* Kernels of every instruction set: the same bits as the expressions of ops.def, lane by lane, with
 * unlike lanes in one block; and the whole-number kernels against sums by hand. */
#include "run/kernels.h"

#include "base/money.h"
#include "ledger/share.h"
#include "run/lane.h"
#include "run/lane_dates.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { N_BLOCKS = 3, N = N_BLOCKS * GW_LANES, N_SETS = 3 };

static const char *const sets[N_SETS] = {"baseline", "avx2", "avx512"};
static const double numbers[] = {0, -0.0, 1,     -1,    0.5, 2.5,      1e-320, 1e300,     -3,
                                 7, NAN,  20000, 20089, 1.5, INFINITY, 0.25,   -INFINITY, 4e15};
static const Clock clock_now = {.period = 3,
                                .first = 20089,
                                .last = 20119,
                                .first_day = 20089,
                                .today = 20119,
                                .days = 31,
                                .months = 1,
                                .last_month = 660,
                                .step_months = 1,
                                .is_month = true};

static double expected(int op, double a, double b, double c)
{
    const Clock *clock = &clock_now;

    (void)b, (void)c, (void)clock;
    switch (op) {
#define LANE(name, n, expression, doc)                                                             \
    case OP_##name:                                                                                \
        return expression;
#define CLOCKED(name, n, expression, doc)                                                          \
    case OP_##name:                                                                                \
        return expression;
#define CHOSEN(name, n, is_plain, plain, expression, doc)                                          \
    case OP_##name:                                                                                \
        return expression;
#define WRITTEN(name, n, doc)
#define LEAF(name, n, doc)
#define HELD(name, n, doc)
#define NAMED(name, n, doc)
#include "program/ops.def"
#undef LANE
#undef CHOSEN
#undef CLOCKED
#undef WRITTEN
#undef LEAF
#undef HELD
#undef NAMED
    case OP_DUE:
        return lane_due(clock, a, b, c);
    default:
        return 0;
    }
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static double pick(size_t i)
{
    return numbers[i % (sizeof numbers / sizeof *numbers)];
}

static void compare_op(const RunKernels *kernels, int op, const double *a, const double *b,
                       const double *c)
{
    double out[N];

    kernels->ops[op](N_BLOCKS, &clock_now, out, (Lanes){a, GW_LANES}, (Lanes){b, GW_LANES},
                     (Lanes){c, GW_LANES});
    for (size_t i = 0; i < N; i++)
        if (!same_bits(out[i], expected(op, a[i], b[i], c[i])))
            fail_msg("%s on %s: lane %zu of %g, %g, %g", op_infos[op].name, kernels->isa, i, a[i],
                     b[i], c[i]);
}

static void test_op(const RunKernels *kernels, int op, size_t shift)
{
    double a[N], b[N], c[N];

    for (size_t i = 0; i < N; i++) {
        a[i] = pick(i + shift);
        b[i] = pick(i * 5 + shift * 3 + 1);
        c[i] = op == OP_DUE ? lane_pack(a[i]) : pick(i * 11 + shift * 7 + 2);
    }
    compare_op(kernels, op, a, b, c);
}

/* Numbers for which every kernel takes its plain expression. */
static void test_plain_op(const RunKernels *kernels, int op, size_t shift)
{
    double a[N], b[N], c[N];

    for (size_t i = 0; i < N; i++) {
        a[i] = (double)((i * 37 + shift * 11) % 997 + 1) / 998;
        b[i] = (double)((i * 53 + shift * 7) % 89) / 8;
        c[i] = 1e-6;
    }
    compare_op(kernels, op, a, b, c);
}

static void operations_are_their_expressions(void **state)
{
    (void)state;
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);

        for (int op = 0; kernels != NULL && op < OP_COUNT; op++) {
            if (kernels->ops[op] == NULL || op == OP_GROWTH_MONTHS)
                continue;
            for (size_t shift = 0; shift < 40; shift++) {
                test_op(kernels, op, shift);
                test_plain_op(kernels, op, shift);
            }
        }
    }
}

static void growth_counts_the_months_of_a_period(void **state)
{
    double from[GW_LANES], out[GW_LANES];

    (void)state;
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);
        if (kernels == NULL)
            continue;
        for (size_t i = 0; i < GW_LANES; i++)
            from[i] = i == 1   ? 20104
                      : i == 2 ? 20500
                               : 10000; /* half-way: 16 of 31 days are left */
        kernels->ops[OP_GROWTH_MONTHS](1, &clock_now, out, (Lanes){from, GW_LANES}, (Lanes){0},
                                       (Lanes){0});
        assert_true(out[0] == 1);
        if (GW_LANES > 2) {
            assert_true(out[1] == 16.0 / 31);
            assert_true(out[2] <= 0);
        }
    }
}

/* GCC 12 once gave all of a block the mask of its first vector. */
static void one_lane_alone_is_found(void **state)
{
    double x[N], alive[N], mask[N], zeros[GW_LANES] = {0};

    (void)state;
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);

        for (size_t odd = 0; kernels != NULL && odd < N; odd++) {
            for (size_t i = 0; i < N; i++) {
                alive[i] = 1;
                x[i] = i == odd ? -1 : 0;
            }
            assert_int_equal(kernels->below(N_BLOCKS, alive, x, (Lanes){zeros, 0}), FOUND_SOME);
            assert_int_equal(kernels->fire(N_BLOCKS, (Lanes){x, GW_LANES}, alive, mask),
                             FOUND_SOME);
            for (size_t i = 0; i < N; i++)
                assert_true(mask[i] == (i == odd));
            x[odd] = NAN;
            assert_int_equal(kernels->any_nan(N_BLOCKS, alive, (Lanes){x, GW_LANES}), FOUND_SOME);
            assert_int_equal(kernels->fire(N_BLOCKS, (Lanes){x, GW_LANES}, alive, mask),
                             FOUND_FAULT);
            alive[odd] = 0;
            assert_int_equal(kernels->fire(N_BLOCKS, (Lanes){x, GW_LANES}, alive, mask), 0);
        }
    }
}

static void payments_are_rounded_half_to_even(void **state)
{
    double amount[GW_LANES], mask[GW_LANES], carry[GW_LANES], due[GW_LANES];

    (void)state;
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);
        double sum = 0, expected = 0;
        if (kernels == NULL)
            continue;
        for (size_t i = 0; i < GW_LANES; i++) {
            amount[i] = 0.125 + 0.25 * (double)i; /* 12.5, 37.5, 62.5 ... cents */
            mask[i] = 1;
            carry[i] = 0;
        }
        assert_int_equal(kernels->pay(1, mask, (Lanes){amount, GW_LANES}, 100, carry, due, &sum),
                         0);
        for (size_t i = 0; i < GW_LANES; i++) {
            double remainder = 0;
            assert_true(due[i] == money_round_carry(amount[i] * 100, &remainder));
            assert_true(carry[i] == remainder);
            expected += due[i];
        }
        assert_true(due[0] == 12);
        assert_true(sum == expected);
        for (size_t i = 0; i < GW_LANES; i++)
            amount[i] = 0x1p46; /* 0.78 of 2^53 cents */
        assert_int_equal(kernels->pay(1, mask, (Lanes){amount, GW_LANES}, 100, carry, due, &sum),
                         0);
        assert_true(isnan(sum) == (GW_LANES > 1));
        amount[0] = -0.006;
        assert_int_equal(kernels->pay(1, mask, (Lanes){amount, GW_LANES}, 100, carry, due, &sum),
                         FOUND_FAULT);
    }
}

/* Entries of either sign, in their order, whatever their number. */
static void entries_are_posted_in_turn(void **state)
{
    double cents[7][N], out[N];
    Entry entries[7];

    (void)state;
    for (size_t k = 0; k < 7; k++) {
        entries[k] = (Entry){cents[k], k % 3 == 0 ? -1 : 1};
        for (size_t i = 0; i < N; i++)
            cents[k][i] = (double)((k + 1) * 1000 + i);
    }
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);

        for (size_t n = 0; kernels != NULL && n <= 7; n++) {
            for (size_t i = 0; i < N; i++)
                out[i] = 5;
            kernels->post(N, out, entries, n);
            for (size_t i = 0; i < N; i++) {
                double expected = 5;
                for (size_t k = 0; k < n; k++)
                    expected += entries[k].sign * cents[k][i];
                assert_true(out[i] == expected);
            }
        }
    }
}

/* A stock may end a little below zero, not far below, and not at minus infinity. */
static void a_stock_closes_at_zero_or_not_at_all(void **state)
{
    (void)state;
    assert_true(stock_close(100, -1e-8, 0) == 0);
    assert_true(stock_close(100, -1e-6, 0) == -INFINITY);
    assert_true(stock_close(100, 1e-11, 0) == 0);
    assert_true(stock_close(100, 1e-9, 0) == 1e-9);
    assert_true(stock_close(100, -0.009, 0.01) == 0);
    assert_true(isnan(stock_close(100, -INFINITY, 0.01)));
    assert_true(isnan(stock_close(100, NAN, 0.01)));
    assert_true(stock_close(100, 7, 0) == 7);
}

static void whole_sums_are_exact(void **state)
{
    double x[N];
    double high = 0;
    double low = 0;

    (void)state;
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);
        if (kernels == NULL)
            continue;
        for (size_t i = 0; i < N; i++)
            x[i] = 0x1p53 - 1;
        kernels->sum_whole(N, x, &high, &low);
        /* N (2^53 - 1) = N 2^53 - N */
        assert_true(high == (double)N * 0x1p53);
        assert_true(low == -(double)N);
    }
}

/* A small generator, so that every run tests the same numbers. */
static double next_below(uint64_t *state, double limit)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return floor((double)(*state >> 11) * 0x1p-53 * limit);
}

/* What is left of a rank goes to its parts as allocate_cents has it, lane by lane; a rank with
 * enough is paid in full. */
static void a_rank_is_divided_as_cents_are_allocated(void **state)
{
    enum { MOST = 11 };
    static double due[MOST][SHORT_LANES], paid[MOST][SHORT_LANES], over[MOST][SHORT_LANES];
    double left[SHORT_LANES], before[SHORT_LANES], loose[SHORT_LANES] = {0};
    double weights[MOST], expected[MOST], scratch[MOST];
    uint64_t seed = 7;
    Part parts[MOST], *list[MOST];

    (void)state;
    for (size_t k = 0; k < MOST; k++) {
        parts[k] = (Part){.due = due[k], .paid = paid[k], .over = over[k]};
        list[k] = &parts[k];
    }
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);

        for (size_t n = 1; kernels != NULL && n <= MOST; n++) {
            for (size_t i = 0; i < SHORT_LANES; i++) {
                double size = i % 3 == 0 ? 4 : i % 3 == 1 ? 1e5 : 0x1p46;
                double sum = 0;
                for (size_t k = 0; k < n; k++)
                    sum += due[k][i] = next_below(&seed, size);
                left[i] = before[i] = next_below(&seed, i % 5 == 0 ? 2 * sum : sum);
            }
            kernels->divide(SHORT_LANES, list, n, left, loose);
            for (size_t i = 0; i < SHORT_LANES; i++) {
                double sum = 0, given = 0;
                for (size_t k = 0; k < n; k++)
                    sum += weights[k] = due[k][i];
                allocate_cents(fmin(before[i], sum), weights, n, expected, scratch);
                for (size_t k = 0; k < n; k++) {
                    assert_true(paid[k][i] == expected[k]);
                    given += paid[k][i];
                }
                assert_true(left[i] == before[i] - given);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_are_their_expressions),
        cmocka_unit_test(growth_counts_the_months_of_a_period),
        cmocka_unit_test(one_lane_alone_is_found),
        cmocka_unit_test(payments_are_rounded_half_to_even),
        cmocka_unit_test(entries_are_posted_in_turn),
        cmocka_unit_test(a_stock_closes_at_zero_or_not_at_all),
        cmocka_unit_test(whole_sums_are_exact),
        cmocka_unit_test(a_rank_is_divided_as_cents_are_allocated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
