/* Clearing: ranks, cents, kept cash, rest claims, reserves, backers; and against a plain
 * iteration from above on random networks. */
#include "clearing_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_million_and_one_in_three(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t payer = case_party(cc, 1000001);

    (void)state;
    for (int i = 0; i < 3; i++)
        case_pay(cc, payer, case_party(cc, 0), 0, 5000000);
    case_run(cc);
    assert_true(cc->paid[0] == 333334 && cc->paid[1] == 333334 && cc->paid[2] == 333333);
    case_free(cc);
}

/* A has 10 and owes B 8 senior, C 6 and D 3 junior: 8, then 2 in the ratio 2 to 1. */
static void two_ranks_by_hand(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t a = case_party(cc, 1000);

    (void)state;
    uint32_t junior_c = case_pay(cc, a, case_party(cc, 0), 1, 600);
    uint32_t senior = case_pay(cc, a, case_party(cc, 0), 0, 800);
    uint32_t junior_d = case_pay(cc, a, case_party(cc, 0), 1, 300);
    case_run(cc);
    assert_true(cc->paid[senior] == 800);
    assert_true(cc->paid[junior_c] == 133 && cc->paid[junior_d] == 67);
    case_free(cc);
}

/* A owes B 100 junior after 50 to the world; B owes A 100. A has no cash: as B's money
 * can only come from A, the world gets nothing of what is not there. */
static void a_circle_drains_to_the_senior_creditor(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t a = case_party(cc, 0), b = case_party(cc, 40), world = case_outside(cc);

    (void)state;
    uint32_t senior = case_pay(cc, a, world, 0, 50);
    uint32_t junior = case_pay(cc, a, b, 1, 100);
    uint32_t back = case_pay(cc, b, a, 0, 100);
    case_run(cc);
    assert_true(cc->paid[senior] == 40 && cc->paid[junior] == 0 && cc->paid[back] == 40);
    case_free(cc);
}

/* 100 in hand, 30 kept from rank 1 on: rank 0 takes 80, so 20 are left and all kept. */
static void kept_cash(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t a = case_party(cc, 100), b = case_party(cc, 0);

    (void)state;
    cc->keep[a] = 30;
    cc->keep_rank[a] = 1;
    case_pay(cc, a, b, 0, 80);
    case_pay(cc, a, b, 1, 50);
    case_run(cc);
    assert_true(cc->paid[0] == 80 && cc->paid[1] == 0 && cc->closing[a] == 20);
    cc->due[0] = 40; /* 60 left, 30 kept */
    case_run(cc);
    assert_true(cc->paid[0] == 40 && cc->paid[1] == 30 && cc->closing[a] == 30);
    cc->keep_rank[a] = CLEARING_KEEP_FROM_REST; /* kept only from rest claims */
    case_run(cc);
    assert_true(cc->paid[1] == 50 && cc->closing[a] == 10);
    case_free(cc);
}

/* Cash 100, operations 20, tax 5, debt service 50, reserve 10 against a target of 25,
 * sweep of half: top-up 15, sweep 5, distribution 5. */
static void waterfall(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t vehicle = case_party(cc, 10000), staff = case_outside(cc), bank = case_outside(cc),
             owner = case_outside(cc);

    (void)state;
    case_pay(cc, vehicle, staff, 0, 2000);
    case_pay(cc, vehicle, staff, 1, 500);
    uint32_t service = case_pay(cc, vehicle, bank, 2, 5000);
    uint32_t sweep = case_rest(cc, vehicle, bank, 5, 0.5, CLEARING_NO_CAP);
    uint32_t distribution = case_rest(cc, vehicle, owner, 6, 1, CLEARING_NO_CAP);
    case_reserve(cc, vehicle, &service, 1, 1000, 2500);
    case_run(cc);
    assert_true(cc->filled[0] == 1500);
    assert_true(cc->paid[sweep] == 500 && cc->paid[distribution] == 500);
    assert_true(cc->closing[vehicle] == 0);

    cc->due[sweep] = 333; /* a capped sweep leaves the rest to the next rank */
    case_run(cc);
    assert_true(cc->paid[sweep] == 333 && cc->paid[distribution] == 667);

    cc->keep[vehicle] = 700; /* 300 above what is kept */
    case_run(cc);
    assert_true(cc->paid[sweep] == 150 && cc->paid[distribution] == 150);

    cc->cash[vehicle] = 7000; /* 500 short: the reserve serves the loan, nothing is shared */
    case_run(cc);
    assert_true(cc->all_paid && cc->released[0] == 500 && cc->paid[service] == 5000);
    assert_true(cc->paid[sweep] == 0 && cc->filled[0] == 0);

    cc->cash[vehicle] = 2000; /* staff first; the reserve is the loan's alone */
    case_run(cc);
    assert_true(cc->paid[1] == 0 && cc->paid[service] == 1000 && cc->released[0] == 1000);

    cc->cash[vehicle] = 10000; /* the loan is over */
    cc->due[service] = 0;
    cc->reserve_target[0] = 0;
    cc->keep[vehicle] = 0;
    cc->due[sweep] = 0;
    case_run(cc);
    assert_true(cc->freed[0] == 1000 && cc->paid[distribution] == 8500);
    case_free(cc);
}

static void rest_is_not_shared_twice(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t a = case_party(cc, 100), b = case_party(cc, 0), c = case_party(cc, 0);

    (void)state;
    case_rest(cc, a, b, 0, 1, CLEARING_NO_CAP);
    case_rest(cc, b, c, 0, 1, CLEARING_NO_CAP);
    case_run(cc);
    assert_true(cc->paid[0] == 100 && cc->paid[1] == 0 && cc->closing[b] == 100);
    case_free(cc);
}

static void a_committed_line_pays_before_anything_is_late(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t a = case_party(cc, 60), b = case_party(cc, 0), bank = case_outside(cc);

    (void)state;
    case_pay(cc, a, b, 0, 100);
    case_pay(cc, b, bank, 0, 90);
    case_support(cc, bank, a, 0, NULL, 0, 25);
    case_support(cc, bank, a, 0, NULL, 0, 50);
    case_run(cc);
    assert_true(cc->all_paid && cc->support_paid[0] == 25 && cc->support_paid[1] == 15);
    cc->support_limit[1] = 5;
    case_run(cc);
    assert_true(cc->paid[0] == 90 && cc->paid[1] == 90 && cc->closing[a] == 0);
    cc->cash[a] = 200; /* not needed, not drawn */
    case_run(cc);
    assert_true(cc->support_paid[0] == 0 && cc->closing[a] == 100);
    cc->cash[a] = 100; /* the line spares what is kept */
    cc->keep[a] = 20;
    cc->keep_rank[a] = 0;
    case_run(cc);
    assert_true(cc->all_paid && cc->support_paid[0] == 20 && cc->closing[a] == 20);
    case_free(cc);
}

/* B owes 10 and has 0; G backs B up to 10 and has 4; H backs G up to 10 and has 100. */
static void a_chain_of_guarantees(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t b = case_party(cc, 0), g = case_party(cc, 4), h = case_party(cc, 100),
             bank = case_outside(cc);

    (void)state;
    case_pay(cc, b, bank, 0, 10);
    uint32_t outer = case_support(cc, h, g, 0, NULL, 0, 10);
    uint32_t inner = case_support(cc, g, b, 0, NULL, 0, 10);
    case_run(cc);
    assert_true(cc->all_paid && cc->paid[0] == 10);
    assert_true(cc->support_paid[inner] == 10 && cc->support_paid[outer] == 6);
    assert_true(cc->closing[g] == 0 && cc->closing[h] == 94);
    cc->support_limit[outer] = 3;
    case_run(cc);
    assert_true(cc->paid[0] == 7 && cc->support_paid[inner] == 7);
    cc->support_limit[inner] = 5;
    case_run(cc);
    assert_true(cc->paid[0] == 5 && cc->support_paid[outer] == 1);
    case_free(cc);
}

/* B has 50, owes 50 to a covered and 50 to an uncovered creditor: the guarantee pays the
 * covered one's missing 25, and B's own cash is still shared equally. */
static void a_guarantee_covers_its_own_slot_only(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t b = case_party(cc, 50), g = case_party(cc, 1000), bank = case_outside(cc);

    (void)state;
    uint32_t covered = case_pay(cc, b, bank, 0, 50);
    uint32_t open = case_pay(cc, b, bank, 0, 50);
    case_support(cc, g, b, 0, &covered, 1, 40);
    case_run(cc);
    assert_true(cc->paid[covered] == 50 && cc->paid[open] == 25 && cc->support_paid[0] == 25);
    cc->support_limit[0] = 10;
    case_run(cc);
    assert_true(cc->paid[covered] == 35 && cc->paid[open] == 25 && cc->support_paid[0] == 10);
    case_free(cc);
}

/* The backer's own claims weigh on it: its cash of 30 is shared between 60 of its own debt
 * and the 25 it is asked for, in equal rank: 30 * 25/85 = 8.8 cents. */
static void a_backer_in_trouble(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t b = case_party(cc, 0), g = case_party(cc, 30), bank = case_outside(cc);

    (void)state;
    case_pay(cc, b, bank, 0, 25);
    case_pay(cc, g, bank, 0, 60);
    case_support(cc, g, b, 0, NULL, 0, 100);
    cc->overdue[0] = 25;
    cc->overdue[1] = 60;
    case_run(cc);
    assert_true(cc->paid[0] == 9 && cc->paid[1] == 21);
    assert_int_equal(cc->default_now[b], 1);
    assert_int_equal(cc->default_now[g], 1);
    case_free(cc);
}

/* 19 of 25 are paid: enough where 19 are overdue, too little where 20 are. Then half its cash is
 * lost, and it pays 9. */
static void only_what_is_overdue_is_a_default(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t b = case_party(cc, 19), bank = case_outside(cc);

    (void)state;
    case_pay(cc, b, bank, 0, 25);
    cc->loss_of_cash[b] = 0.5;
    cc->overdue[0] = 19;
    case_run(cc);
    assert_true(cc->default_now[b] == 0 && cc->paid[0] == 19 && !cc->all_paid);
    cc->overdue[0] = 20;
    case_run(cc);
    assert_true(cc->default_now[b] == 1 && cc->paid[0] == 9 && cc->loss[b] == 10);
    case_free(cc);
}

static void a_backed_party_does_not_default(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t b = case_party(cc, 5), g = case_party(cc, 30), bank = case_outside(cc);

    (void)state;
    case_pay(cc, b, bank, 0, 25);
    case_support(cc, g, b, 0, NULL, 0, 100);
    cc->overdue[0] = 25;
    cc->loss_of_cash[b] = 0.5;
    case_run(cc);
    assert_true(cc->all_paid && cc->loss[b] == 0 && cc->support_paid[0] == 20);
    cc->support_limit[0] = 10;
    case_run(cc); /* 5 - 2.5 lost, cut to whole cents, + 10 */
    assert_int_equal(cc->default_now[b], 1);
    assert_true(cc->loss[b] == 3 && cc->paid[0] == 12);
    cc->already_defaulted[b] = 1;
    case_run(cc);
    assert_true(cc->default_now[b] == 0 && cc->loss[b] == 0 && cc->paid[0] == 15);
    case_free(cc);
}

/* By hand: b has 2 of the 5 euros that are due, so b is in default, and half of its cash is lost in
 * both monies: it pays 1 euro, and of its 10 dollars 5 to c, who may wait for the rest. But c owes
 * them on at once, is in default too, and loses 4 of its 8 euros; the others are just enough. */
static void default_goes_from_money_to_money(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t b = case_party(cc, 10), b_euros = case_book(cc, 2);
    uint32_t c = case_party(cc, 0), c_euros = case_book(cc, 8);
    uint32_t bank = case_outside(cc);
    uint32_t euros = case_pay(cc, b_euros, bank, 0, 5), dollars = case_pay(cc, b, c, 0, 10);
    uint32_t on = case_pay(cc, c, bank, 0, 10), last = case_pay(cc, c_euros, bank, 0, 4);

    (void)state;
    cc->overdue[euros] = 5;
    cc->overdue[on] = 10;
    for (uint32_t party = 0; party < bank; party++)
        cc->loss_of_cash[party] = 0.5;
    case_run(cc);
    assert_true(cc->paid[euros] == 1 && cc->loss[b_euros] == 1);
    assert_true(cc->paid[dollars] == 5 && cc->loss[b] == 5);
    assert_true(cc->paid[on] == 5 && cc->loss[c] == 0);
    assert_true(cc->paid[last] == 4 && cc->loss[c_euros] == 4 && cc->closing[c_euros] == 0);
    for (uint32_t party = 0; party < bank; party++)
        assert_int_equal(cc->default_now[party], 1);
    case_free(cc);
}

static void a_circle_of_guarantees_is_refused(void **state)
{
    Arena *arena = arena_new(NULL);
    const bool outside[5] = {false, false, false, false, true};
    const ClearingSupport supports[] = {
        {0, 1, 0, NULL, 0}, {1, 2, 0, NULL, 0}, {2, 3, 0, NULL, 0},
        {3, 1, 0, NULL, 0}, {4, 0, 0, NULL, 0},
    };
    uint32_t order[5], circle[5];
    size_t n_circle = 0;

    (void)state;
    assert_false(clearing_order_supports(arena, 5, outside, supports, 5, order, circle, &n_circle));
    assert_int_equal(n_circle, 3);
    for (size_t i = 0; i < n_circle; i++)
        assert_true(circle[i] >= 1 && circle[i] <= 3);
    assert_true(clearing_order_supports(arena, 5, outside, supports, 3, order, circle, &n_circle));
    assert_int_equal(n_circle, 0);
    assert_int_equal(order[0], 2); /* 3's shortfall first, then 2's, then 1's */
    assert_int_equal(order[1], 1);
    assert_int_equal(order[2], 0);
    arena_free(arena);
}

/* ---- random networks ------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static ClearingCase *random_case(uint64_t *seed, double scale)
{
    ClearingCase *cc = case_new();
    size_t n = 2 + next_random(seed) % 6;

    for (size_t p = 0; p < n; p++) {
        uint32_t party = case_party(cc, floor((double)(next_random(seed) % 1000) * scale));
        if (next_random(seed) % 3 == 0)
            cc->cash[party] = 0;
        if (next_random(seed) % 4 == 0) {
            cc->keep[party] = floor((double)(next_random(seed) % 500) * scale);
            cc->keep_rank[party] = (uint32_t)(next_random(seed) % 3);
        }
    }
    uint32_t world = case_outside(cc);
    size_t n_slots = 2 + next_random(seed) % 30;
    for (size_t s = 0; s < n_slots; s++) {
        uint32_t payer = (uint32_t)(next_random(seed) % n);
        uint32_t payee = (uint32_t)(next_random(seed) % (n + 2));
        if (payee == payer || payee > n)
            payee = world;
        case_pay(cc, payer, payee, (uint32_t)(next_random(seed) % 3),
                 floor((double)(next_random(seed) % 1000) * scale));
    }
    return cc;
}

/* What a party pays with A, written plainly: kept cash is out of reach of rank keep_rank on. */
static double plain_payments(const ClearingCase *cc, uint32_t party, double available,
                             double *payments)
{
    double left = available, sum = 0;

    for (uint32_t rank = 0; rank < 3; rank++) {
        double due = 0, usable = left;
        if (rank >= cc->keep_rank[party])
            usable = fmax(0, left - cc->keep[party]);
        for (size_t s = 0; s < cc->n_slots; s++)
            if (cc->slots[s].payer == party && cc->slots[s].rank == rank)
                due += cc->due[s];
        double pays = fmin(due, usable);
        for (size_t s = 0; s < cc->n_slots; s++)
            if (cc->slots[s].payer == party && cc->slots[s].rank == rank)
                payments[s] = due > 0 ? pays * (cc->due[s] / due) : 0;
        left -= pays;
        sum += pays;
    }
    return sum;
}

static void iterate_from_above(const ClearingCase *cc, double *payments)
{
    double next[CASE_SLOTS] = {0};

    memcpy(payments, cc->due, sizeof next);
    for (int round = 0; round < 20000; round++) {
        double change = 0;
        for (uint32_t p = 0; p < cc->n_parties; p++) {
            double available = cc->cash[p];
            if (cc->is_outside[p])
                continue;
            for (size_t s = 0; s < cc->n_slots; s++)
                available += cc->slots[s].payee == p ? payments[s] : 0;
            plain_payments(cc, p, available, next);
        }
        for (size_t s = 0; s < cc->n_slots; s++) {
            change = fmax(change, fabs(payments[s] - next[s]));
            payments[s] = next[s];
        }
        if (change == 0)
            break;
    }
}

static void random_networks_agree_with_iteration(void **state)
{
    uint64_t seed = 20260101;
    int short_cases = 0;

    (void)state;
    for (int trial = 0; trial < 4000; trial++) {
        ClearingCase *cc = random_case(&seed, trial % 2 ? 1000.0 : 1e9 / 7);
        double expected[CASE_SLOTS];
        case_run(cc);
        iterate_from_above(cc, expected);
        short_cases += !cc->all_paid;
        for (size_t s = 0; s < cc->n_slots; s++)
            if (fabs(cc->paid[s] - expected[s]) > 40)
                fail_msg("trial %d slot %zu: %.0f, expected %.3f", trial, s, cc->paid[s],
                         expected[s]);
        case_free(cc);
    }
    assert_true(short_cases > 1000);
}

/* With everything at once there is no plain solution to hold against, but what case_run
 * checks must hold, and with nothing lost nobody may be better off with less cash. */
static void random_networks_keep_every_cent(void **state)
{
    uint64_t seed = 77;
    uint32_t first_half[CASE_SLOTS];

    (void)state;
    for (uint32_t s = 0; s < CASE_SLOTS; s++)
        first_half[s] = s;
    for (int trial = 0; trial < 4000; trial++) {
        ClearingCase *cc = random_case(&seed, trial % 2 ? 0.01 : 1e10);
        uint32_t world = (uint32_t)cc->n_parties - 1;
        for (uint32_t s = 0; s < cc->n_slots; s++)
            cc->overdue[s] = floor(cc->due[s] * (double)(next_random(&seed) % 3) / 2);
        for (uint32_t p = 0; p < cc->n_parties; p++) {
            cc->loss_of_cash[p] = (double)(next_random(&seed) % 5) / 10;
            cc->loss_of_claims[p] = (double)(next_random(&seed) % 5) / 10;
        }
        for (int k = 0; k < 3; k++) { /* a higher number backs a lower one */
            uint32_t borrower = (uint32_t)(next_random(&seed) % world);
            uint32_t backer = borrower + 1 + (uint32_t)(next_random(&seed) % (world - borrower));
            case_support(cc, backer, borrower, (uint32_t)(next_random(&seed) % 3), NULL, 0,
                         (double)(next_random(&seed) % 300) * (trial % 2 ? 1 : 1e10));
        }
        uint32_t own[CASE_SLOTS];
        size_t n_own = 0;
        uint32_t party = (uint32_t)(next_random(&seed) % world);
        for (uint32_t s = 0; s < cc->n_slots; s++)
            if (cc->slots[s].payer == party && next_random(&seed) % 2)
                own[n_own++] = first_half[s];
        case_reserve(cc, party, own, n_own, (double)(next_random(&seed) % 100),
                     (double)(next_random(&seed) % 200));
        case_rest(cc, party, world, 2, 0.3, CLEARING_NO_CAP);
        case_rest(cc, party, world == party + 1 ? world : party + 1, 3, 1.0 / 3, 17);
        case_run(cc);
        for (size_t k = 0; k < cc->n_supports; k++)
            assert_true(cc->support_paid[k] <= cc->support_limit[k]);
        assert_true(cc->released[0] <= cc->reserve_balance[0]);
        case_free(cc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_and_one_in_three),
        cmocka_unit_test(two_ranks_by_hand),
        cmocka_unit_test(a_circle_drains_to_the_senior_creditor),
        cmocka_unit_test(kept_cash),
        cmocka_unit_test(waterfall),
        cmocka_unit_test(rest_is_not_shared_twice),
        cmocka_unit_test(a_committed_line_pays_before_anything_is_late),
        cmocka_unit_test(a_chain_of_guarantees),
        cmocka_unit_test(a_guarantee_covers_its_own_slot_only),
        cmocka_unit_test(a_backer_in_trouble),
        cmocka_unit_test(only_what_is_overdue_is_a_default),
        cmocka_unit_test(a_backed_party_does_not_default),
        cmocka_unit_test(default_goes_from_money_to_money),
        cmocka_unit_test(a_circle_of_guarantees_is_refused),
        cmocka_unit_test(random_networks_agree_with_iteration),
        cmocka_unit_test(random_networks_keep_every_cent),
    };
    printf("seeds 20260101 and 77\n");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
