/* Clearing looks only at who is short, and may be given only what is due: on random networks that
 * must give, to the last bit, what looking at everything gives; and it must end on inputs that
 * are no good. */
#include "clearing_case.h"
#include "ledger/clearing_state.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static uint32_t below(uint64_t *seed, size_t count)
{
    return (uint32_t)(next_random(seed) % count);
}

static double cents(uint64_t *seed, uint32_t most, double scale)
{
    return floor(below(seed, most) * scale);
}

/* How much of everything there is; whatever is 0 is left out. */
typedef struct {
    uint32_t parties, slots, ranks, supports, reserves, rests;
    uint32_t most_due, most_cash, one_in_due; /* a slot falls due once in so many */
    double scale;
    bool keeps, loses;
} Mix;

static void add_parties(ClearingCase *cc, uint64_t *seed, const Mix *mix)
{
    uint32_t n = 2 + below(seed, mix->parties - 1);

    for (uint32_t i = 0; i < n; i++) {
        if (i > 0 && below(seed, 6) == 0) {
            case_outside(cc);
            continue;
        }
        double cash = cents(seed, mix->most_cash, mix->scale);
        bool is_book = mix->loses && i > 0 && !cc->is_outside[i - 1] && below(seed, 4) == 0;
        uint32_t p = is_book ? case_book(cc, cash) : case_party(cc, cash);
        if (below(seed, 3) == 0)
            cc->cash[p] = 0;
        if (mix->keeps && below(seed, 3) == 0) {
            cc->keep[p] = cents(seed, mix->most_cash, mix->scale);
            cc->keep_rank[p] = below(seed, 3) == 0 ? CLEARING_KEEP_FROM_REST : below(seed, 5);
        }
        if (!mix->loses)
            continue;
        cc->loss_of_cash[p] = below(seed, 5) / 4.0;
        cc->loss_of_claims[p] = below(seed, 8) / 7.0;
        cc->already_defaulted[p] = below(seed, 5) == 0;
    }
}

static void add_slots(ClearingCase *cc, uint64_t *seed, const Mix *mix)
{
    uint32_t n_due = 1 + below(seed, mix->slots), n = (uint32_t)cc->n_parties;

    for (uint32_t i = 0; i < n_due; i++) {
        uint32_t payer = below(seed, n), payee = (payer + 1 + below(seed, n - 1)) % n;
        uint32_t rank = below(seed, mix->ranks);
        bool is_due = below(seed, mix->one_in_due) == 0;
        uint32_t slot =
            case_pay(cc, payer, payee, rank, is_due ? cents(seed, mix->most_due, mix->scale) : 0);
        cc->overdue[slot] = mix->loses ? floor(cc->due[slot] * below(seed, 3) / 2) : 0;
        if (mix->rests > 0 && below(seed, mix->rests) == 0)
            case_rest(cc, payer, payee, rank, below(seed, 8) / 7.0,
                      below(seed, 2) ? CLEARING_NO_CAP : cents(seed, mix->most_due, mix->scale));
    }
}

/* Some slots of the party, ascending, in the arena of the case. */
static uint32_t *some_slots(ClearingCase *cc, uint64_t *seed, uint32_t party, size_t *count)
{
    uint32_t *slots = ARENA_ARRAY(cc->arena, uint32_t, CASE_SLOTS);

    *count = 0;
    for (uint32_t s = 0; s < cc->n_slots; s++)
        if (cc->slots[s].payer == party && !cc->slots[s].is_rest && below(seed, 2))
            slots[(*count)++] = s;
    return slots;
}

/* A higher number backs a lower one, so there is no circle. */
static void add_covers(ClearingCase *cc, uint64_t *seed, const Mix *mix)
{
    uint32_t n = (uint32_t)cc->n_parties;
    size_t count = 0;

    for (uint32_t i = 0; i < mix->supports; i++) {
        uint32_t borrower = below(seed, n - 1);
        uint32_t backer = borrower + 1 + below(seed, n - 1 - borrower);
        uint32_t *slots = some_slots(cc, seed, borrower, &count);
        if (cc->is_outside[borrower])
            continue;
        double limit = below(seed, 3) == 0 ? 0 : cents(seed, mix->most_due, mix->scale);
        case_support(cc, backer, borrower, below(seed, mix->ranks), below(seed, 2) ? slots : NULL,
                     count, limit);
    }
    for (uint32_t i = 0; i < mix->reserves; i++) {
        uint32_t party = below(seed, n);
        uint32_t *slots = some_slots(cc, seed, party, &count);
        if (!cc->is_outside[party])
            case_reserve(cc, party, slots, count, cents(seed, mix->most_due, mix->scale),
                         cents(seed, mix->most_due, mix->scale));
    }
}

/* Two results are the same when their numbers are, bit for bit. */
static void assert_same(const ClearingCase *quick, const ClearingCase *plain, int trial)
{
#define SAME(field) (memcmp(quick->field, plain->field, sizeof quick->field) == 0)
    if (quick->all_paid != plain->all_paid || !SAME(paid) || !SAME(default_now) || !SAME(loss) ||
        !SAME(support_paid) || !SAME(released) || !SAME(filled) || !SAME(freed) || !SAME(closing))
        fail_msg("trial %d: clearing differs", trial);
#undef SAME
}

/* With the plan of the slots that owe something. */
static bool run_selected(const ClearingPlan *plan, const ClearingInput *input,
                         const ClearingOutput *output, void *workspace)
{
    void *memory = malloc(clearing_selection_size(plan));
    bool is_wanted[CASE_SLOTS];

    for (size_t s = 0; s < plan->spec.n_slots; s++)
        is_wanted[s] = input->due[s] > 0;
    assert_non_null(memory);
    bool all_paid =
        clearing_run(clearing_plan_select(plan, is_wanted, memory), input, output, workspace);
    free(memory);
    return all_paid;
}

static int compare_networks(const Mix *mix, uint64_t seed, int n_trials)
{
    int n_short = 0;

    for (int trial = 0; trial < n_trials; trial++) {
        ClearingCase *cc = case_new(), *plain = case_new();
        add_parties(cc, &seed, mix);
        add_slots(cc, &seed, mix);
        add_covers(cc, &seed, mix);
        Arena *arena = plain->arena;
        *plain = *cc;
        plain->arena = arena;
        case_run(cc);
        case_clear(plain, clearing_run_plainly);
        assert_same(cc, plain, trial);
        case_clear(cc, run_selected);
        assert_same(cc, plain, trial);
        n_short += !cc->all_paid;
        case_free(cc);
        case_free(plain);
    }
    return n_short;
}

static const Mix bare = {.parties = 11,
                         .slots = 60,
                         .ranks = 5,
                         .most_due = 1000,
                         .most_cash = 4000,
                         .one_in_due = 3,
                         .scale = 1};

static void plain_debts(void **state)
{
    Mix mix = bare;

    (void)state;
    assert_true(compare_networks(&mix, 1, 3000) > 300);
    mix.scale = 1e9 / 7;
    assert_true(compare_networks(&mix, 2, 3000) > 300);
    mix.scale = 0.01; /* a few cents each: every remainder counts */
    mix.one_in_due = 1;
    assert_true(compare_networks(&mix, 3, 3000) > 300);
}

static void keeps_lines_and_rests(void **state)
{
    Mix mix = bare;

    (void)state;
    mix.keeps = true;
    mix.rests = 5;
    assert_true(compare_networks(&mix, 4, 3000) > 300);
    mix.scale = 0.02;
    assert_true(compare_networks(&mix, 5, 3000) > 300);
}

static void defaults_and_losses(void **state)
{
    Mix mix = bare;

    (void)state;
    mix.loses = mix.keeps = true;
    assert_true(compare_networks(&mix, 6, 3000) > 300);
    mix.scale = 1e8 / 3;
    mix.ranks = 1;
    assert_true(compare_networks(&mix, 7, 3000) > 300);
}

static void everything_at_once(void **state)
{
    Mix mix = bare;

    (void)state;
    mix.loses = mix.keeps = true;
    mix.supports = 4;
    mix.reserves = 2;
    mix.rests = 6;
    assert_true(compare_networks(&mix, 8, 4000) > 300);
    mix.reserves = 0; /* covers that cover nothing, then defaults */
    mix.supports = 1;
    assert_true(compare_networks(&mix, 12, 4000) > 300);
    mix.reserves = 2;
    mix.supports = 4;
    mix.scale = 0.01;
    mix.one_in_due = 1;
    assert_true(compare_networks(&mix, 9, 4000) > 300);
    mix.scale = 1e9 / 7;
    assert_true(compare_networks(&mix, 10, 4000) > 300);
}

/* No cash below zero is ever asked to be cleared; but if it were, nothing more can be taken off
 * what is paid than all of it, and the result says so. */
static void cash_below_zero_ends(void **state)
{
    ClearingCase *cc = case_new();
    uint32_t a = case_party(cc, -5), b = case_party(cc, 0), c = case_party(cc, -0.25);
    uint32_t world = case_outside(cc);

    (void)state;
    case_pay(cc, a, b, 0, 0);
    case_pay(cc, b, a, 0, 10);
    case_pay(cc, c, world, 1, 7);
    case_clear(cc, clearing_run);
    assert_true(!cc->all_paid && cc->paid[1] == 0 && cc->paid[2] == 0 && cc->closing[a] == -5);
    case_clear(cc, clearing_run_plainly);
    assert_true(!cc->all_paid && cc->closing[a] == -5);
    case_free(cc);
}

/* Random networks in which some start below zero, keep more than there is, and lose all. */
static void bad_networks_end(void **state)
{
    Mix mix = bare;
    uint64_t seed = 11;

    (void)state;
    mix.loses = mix.keeps = true;
    mix.supports = mix.reserves = 2;
    mix.rests = 4;
    for (int trial = 0; trial < 4000; trial++) {
        ClearingCase *cc = case_new();
        mix.scale = trial % 2 ? 0.01 : 1e9;
        add_parties(cc, &seed, &mix);
        add_slots(cc, &seed, &mix);
        add_covers(cc, &seed, &mix);
        for (uint32_t p = 0; p < cc->n_parties; p++) {
            cc->cash[p] -= below(&seed, 2) ? cents(&seed, mix.most_cash, mix.scale) : 1;
            cc->loss_of_cash[p] = below(&seed, 2);
            cc->loss_of_claims[p] = below(&seed, 2);
        }
        case_clear(cc, clearing_run);
        for (size_t s = 0; s < cc->n_slots; s++)
            assert_true(cc->paid[s] >= 0 && (cc->due[s] < 0 || cc->paid[s] <= cc->due[s]));
        case_free(cc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_debts),          cmocka_unit_test(keeps_lines_and_rests),
        cmocka_unit_test(defaults_and_losses),  cmocka_unit_test(everything_at_once),
        cmocka_unit_test(cash_below_zero_ends), cmocka_unit_test(bad_networks_end),
    };

    printf("seeds 1 to 12\n");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
