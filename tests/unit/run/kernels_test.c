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
            if (kernels->ops[op] == NULL || op == OP_GROWTH_MONTHS || op == OP_GROWTH_POWER)
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

/* 1.21 a year is 1.1 in half of one. A whole month's power is taken as it is given. */
static void growth_is_the_power_of_its_months(void **state)
{
    Clock clock = clock_now;
    double base[GW_LANES], months[GW_LANES], known[GW_LANES], out[GW_LANES];

    (void)state;
    clock.rate_months = 12;
    clock.whole_months = 1;
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);
        for (size_t odd = 0; kernels != NULL && odd < GW_LANES; odd++) {
            for (size_t i = 0; i < GW_LANES; i++) {
                base[i] = 1.21;
                months[i] = i == odd ? 6.0 : i % 2 ? 1.0 : 0.0;
                known[i] = gw_pow(1.21, 1.0 / 12);
            }
            kernels->ops[OP_GROWTH_POWER](1, &clock, out, (Lanes){base, GW_LANES},
                                          (Lanes){months, GW_LANES}, (Lanes){known, GW_LANES});
            for (size_t i = 0; i < GW_LANES; i++)
                assert_true(out[i] == (i == odd ? 1.1 : i % 2 ? known[i] : 1.0));
            months[odd] = 0;
            known[odd] = 7;
            kernels->ops[OP_GROWTH_POWER](1, &clock, out, (Lanes){base, GW_LANES},
                                          (Lanes){months, GW_LANES}, (Lanes){known, GW_LANES});
            assert_true(out[odd] == 1);
            months[odd] = 1;
            kernels->ops[OP_GROWTH_POWER](1, &clock, out, (Lanes){base, GW_LANES},
                                          (Lanes){months, GW_LANES}, (Lanes){known, GW_LANES});
            assert_true(out[odd] == 7);
            months[odd] = NAN;
            kernels->ops[OP_GROWTH_POWER](1, &clock, out, (Lanes){base, GW_LANES},
                                          (Lanes){months, GW_LANES}, (Lanes){known, GW_LANES});
            assert_true(isnan(out[odd]));
        }
    }
}

/* GCC 12 once gave all of a block the mask of its first vector. */
static void one_lane_alone_is_found(void **state)
{
    double x[N], alive[N], mask[N];

    (void)state;
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);

        for (size_t odd = 0; kernels != NULL && odd < N; odd++) {
            for (size_t i = 0; i < N; i++) {
                alive[i] = 1;
                x[i] = i == odd ? -1 : 0;
            }
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

/* The same with and without masks, and one amount that cannot be is found in any lane. */
static void payments_by_everybody_need_no_mask(void **state)
{
    const double wrong[] = {-0.006, 0x1p53, NAN, INFINITY, -INFINITY};
    double amount[N], mask[N], carry[2][N] = {0}, due[2][N], sums[2];

    (void)state;
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);
        Lanes x = {amount, GW_LANES};

        for (size_t i = 0; i < N; i++) {
            amount[i] = i % 5 == 0 ? -0.004 : 1e6 / (double)(i + 1);
            mask[i] = 1;
        }
        for (int k = 0; kernels != NULL && k < 3; k++) {
            assert_int_equal(kernels->pay(N_BLOCKS, mask, x, 100, carry[0], due[0], &sums[0]), 0);
            assert_int_equal(kernels->pay_everywhere(N_BLOCKS, x, 100, carry[1], due[1], &sums[1]),
                             0);
            assert_memory_equal(due[0], due[1], sizeof due[0]);
            assert_memory_equal(carry[0], carry[1], sizeof carry[0]);
            assert_true(sums[0] == sums[1]);
        }
        for (size_t i = 0; kernels != NULL && i < N * 5; i++) {
            double before = amount[i / 5];
            amount[i / 5] = wrong[i % 5];
            assert_int_equal(kernels->pay_everywhere(N_BLOCKS, x, 100, carry[1], due[1], &sums[1]),
                             FOUND_FAULT);
            amount[i / 5] = before;
            memset(carry, 0, sizeof carry);
        }
    }
}

/* Each amount is below 2^53 cents, their sum is not: a fault may be said, but all is paid. */
static void large_payments_by_everybody_are_whole(void **state)
{
    double amount[N], mask[N], carry[2][N] = {0}, due[2][N], sums[2];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        amount[i] = 0x1p46 + 0.125; /* 0.78 of 2^53 cents, 12.5 more */
        mask[i] = 1;
    }
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);
        Lanes x = {amount, GW_LANES};

        if (kernels == NULL)
            continue;
        assert_int_equal(kernels->pay(N_BLOCKS, mask, x, 100, carry[0], due[0], &sums[0]), 0);
        kernels->pay_everywhere(N_BLOCKS, x, 100, carry[1], due[1], &sums[1]);
        assert_memory_equal(due[0], due[1], sizeof due[0]);
        assert_memory_equal(carry[0], carry[1], sizeof carry[0]);
        assert_true(isnan(sums[0]) && isnan(sums[1]));
        memset(carry, 0, sizeof carry);
    }
}

/* Of 5 units at 100 cents 2 are in arrears; with and without 1.25 that fell due anew beside it. */
static void dues_are_at_most_what_is_left(void **state)
{
    static const struct {
        double content, arrears, mask, due, right, right_with_fresh;
    } lanes[] = {{5, 200, 1, 500, 300, 175}, {5, 200, 1, 40, 40, 40},
                 {5, 0, 1, 500, 500, 500},   {5, 200, 0, 500, 500, 500},
                 {1, 200, 1, 500, 0, 0},     {5.004, 200, 1, 301, 300, 175},
                 {2, 200, 1, 0, 0, 0},       {NAN, 0, 1, 500, 500, 500}};
    const size_t n = sizeof lanes / sizeof *lanes;
    double content[N], arrears[N], mask[N], due[N], fresh[GW_LANES], zeros[GW_LANES] = {0};

    (void)state;
    for (size_t i = 0; i < GW_LANES; i++)
        fresh[i] = 125;
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);

        for (int with_fresh = 0; kernels != NULL && with_fresh < 2; with_fresh++) {
            for (size_t i = 0; i < N; i++) {
                content[i] = lanes[i % n].content;
                arrears[i] = lanes[i % n].arrears;
                mask[i] = lanes[i % n].mask;
                due[i] = lanes[i % n].due;
            }
            kernels->limit(N_BLOCKS, mask, content, 100, arrears,
                           (Lanes){with_fresh ? fresh : zeros, 0}, due);
            for (size_t i = 0; i < N; i++)
                assert_true(due[i] ==
                            (with_fresh ? lanes[i % n].right_with_fresh : lanes[i % n].right));
        }
    }
}

static uint64_t next_number(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 11;
}

/* What a division gives, of amounts of every size; 3 and 49 are divisors whose inverse is not near
 * enough. */
static void money_is_what_a_division_gives(void **state)
{
    const double minors[] = {100, 1, 10, 1000, 3, 7, 49};
    double cents[N], out[N], before[N];
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        double minor = minors[round % 7];
        for (size_t i = 0; i < N; i++) {
            cents[i] = (double)(next_number(&seed) >> (next_number(&seed) % 53));
            before[i] = round % 2 == 0 ? 0 : (double)next_number(&seed) / 64;
        }
        for (int set = 0; set < N_SETS; set++) {
            const RunKernels *kernels = run_kernels(sets[set]);
            if (kernels == NULL)
                continue;
            kernels->to_money(N, out, cents, minor);
            for (size_t i = 0; i < N; i++)
                assert_true(out[i] == cents[i] / minor);
            memcpy(out, before, sizeof out);
            kernels->add_money(N, out, cents, minor);
            for (size_t i = 0; i < N; i++)
                assert_true(out[i] == before[i] + cents[i] / minor);
            memcpy(out, before, sizeof out);
            kernels->subtract_money(N, out, cents, minor);
            for (size_t i = 0; i < N; i++)
                assert_true(out[i] == before[i] - cents[i] / minor);
        }
    }
}

typedef struct {
    double cells[6][N], cents[4][N];
} TwoBooks;

/* Two books of three cells: 2 debits and 1 credit of the first, 1 credit of the second. Both
 * balance, but for one lane of the second: a cent is too much, or two cells are too large. */
static void state_books(TwoBooks *books, size_t odd, bool is_large)
{
    for (size_t i = 0; i < N; i++) {
        double x = (double)i;
        const double cents[] = {100 + x, 1000, 7 * x, 5};
        const double cells[] = {3, -x, 7 * x - 1103, -x, 2 * x, 5 - x};

        for (size_t k = 0; k < 4; k++)
            books->cents[k][i] = cents[k];
        for (size_t k = 0; k < 6; k++)
            books->cells[k][i] = cells[k];
    }
    if (odd < N && is_large) {
        books->cells[3][odd] = 0x1p53;
        books->cells[4][odd] = 5;
        books->cells[5][odd] = -0x1p53;
    } else if (odd < N) {
        books->cells[5][odd] += 1;
    }
}

static void post_two(const RunKernels *kernels, TwoBooks *of, unsigned *found)
{
    const double *list[] = {of->cents[0], of->cents[1], of->cents[2], of->cents[3]};
    Postings to[6] = {{of->cells[0], 2, 1}, {of->cells[1], 0, 0}, {of->cells[2], 0, 0},
                      {of->cells[3], 0, 0}, {of->cells[4], 0, 1}, {of->cells[5], 0, 0}};
    Book books[2] = {{.n_cells = 3, .cells = to, .cents = list},
                     {.n_cells = 3, .cells = to + 3, .cents = list + 3}};

    kernels->post_books(N, books, 2);
    found[0] = books[0].found;
    found[1] = books[1].found;
}

static void books_are_posted_and_proved(void **state)
{
    TwoBooks books;
    unsigned found[2];

    (void)state;
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);

        for (size_t k = 0; kernels != NULL && k < 2 * N + 2; k++) {
            bool is_large = k % 2 == 1;
            unsigned expected = k / 2 == N ? 0 : is_large ? FOUND_FAULT : FOUND_SOME;

            state_books(&books, k / 2, is_large);
            post_two(kernels, &books, found);
            for (size_t i = 0; i < N; i++) {
                assert_true(books.cells[0][i] == 3 + 100 + 1000 - 6 * (double)i);
                assert_true(i == k / 2 || books.cells[4][i] == 2 * (double)i - 5);
            }
            assert_int_equal(found[0], 0);
            assert_int_equal(found[1], expected);
        }
    }
}

/* Of two parties: 10 less 2 in reserve, 5 due to it, 12 owed; and 1 that keeps 1, and owes nothing
 * but in one lane. */
static void nets_are_found(void **state)
{
    double alive[N], cash[2][N], reserve[N], debit[N], credit[2][N], keep[N], net[2][N], slow[N];
    const double *lists[2][3] = {{reserve, debit, credit[0]}, {credit[1], NULL, NULL}};

    (void)state;
    for (int set = 0; set < N_SETS; set++) {
        const RunKernels *kernels = run_kernels(sets[set]);
        for (size_t odd = 0; kernels != NULL && odd <= N; odd++) {
            Net nets[2] = {{.cash = cash[0],
                            .net = net[0],
                            .cents = lists[0],
                            .n_reserves = 1,
                            .n_debits = 1,
                            .n_credits = 1,
                            .is_payer = true},
                           {.cash = cash[1],
                            .net = net[1],
                            .keep = keep,
                            .cents = lists[1],
                            .n_credits = 1,
                            .is_payer = true}};

            for (size_t i = 0; i < N; i++) {
                alive[i] = 1, slow[i] = 0;
                cash[0][i] = 10, reserve[i] = i == odd ? 11 : 2, debit[i] = 15, credit[0][i] = 12;
                cash[1][i] = 1, keep[i] = 1, credit[1][i] = i == odd ? 1 : 0;
            }
            kernels->find_nets(N, alive, nets, 2, slow);
            for (size_t i = 0; i < N; i++) {
                assert_true(net[0][i] == (i == odd ? 2 : 11));
                assert_true(net[1][i] == (i == odd ? 0 : 1));
                assert_true(slow[i] == (i == odd));
            }
            assert_int_equal(nets[0].found, odd < N ? FOUND_FAULT : 0);
            assert_int_equal(nets[1].found, odd < N ? FOUND_SOME : 0);
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
        cmocka_unit_test(growth_is_the_power_of_its_months),
        cmocka_unit_test(one_lane_alone_is_found),
        cmocka_unit_test(payments_are_rounded_half_to_even),
        cmocka_unit_test(payments_by_everybody_need_no_mask),
        cmocka_unit_test(large_payments_by_everybody_are_whole),
        cmocka_unit_test(dues_are_at_most_what_is_left),
        cmocka_unit_test(money_is_what_a_division_gives),
        cmocka_unit_test(books_are_posted_and_proved),
        cmocka_unit_test(nets_are_found),
        cmocka_unit_test(a_stock_closes_at_zero_or_not_at_all),
        cmocka_unit_test(whole_sums_are_exact),
        cmocka_unit_test(a_rank_is_divided_as_cents_are_allocated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
