/* A small clearing problem built line by line, for the tests of clearing. */
#include "clearing_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

ClearingCase *case_new(void)
{
    ClearingCase *cc = calloc(1, sizeof *cc);

    assert_non_null(cc);
    cc->arena = arena_new(NULL);
    for (size_t p = 0; p < CASE_PARTIES; p++)
        cc->keep_rank[p] = CLEARING_KEEP_FROM_REST;
    return cc;
}

void case_free(ClearingCase *cc)
{
    arena_free(cc->arena);
    free(cc);
}

uint32_t case_party(ClearingCase *cc, double cash)
{
    cc->cash[cc->n_parties] = cash;
    cc->owner[cc->n_parties] = (uint32_t)cc->n_parties;
    return (uint32_t)cc->n_parties++;
}

uint32_t case_outside(ClearingCase *cc)
{
    cc->is_outside[cc->n_parties] = true;
    cc->owner[cc->n_parties] = (uint32_t)cc->n_parties;
    return (uint32_t)cc->n_parties++;
}

uint32_t case_book(ClearingCase *cc, double cash)
{
    uint32_t book = case_party(cc, cash);

    cc->owner[book] = cc->owner[book - 1];
    return book;
}

uint32_t case_pay(ClearingCase *cc, uint32_t payer, uint32_t payee, uint32_t rank, double due)
{
    cc->slots[cc->n_slots] = (ClearingSlot){payer, payee, rank, false};
    cc->due[cc->n_slots] = due;
    return (uint32_t)cc->n_slots++;
}

uint32_t case_rest(ClearingCase *cc, uint32_t payer, uint32_t payee, uint32_t rank, double share,
                   double cap)
{
    cc->slots[cc->n_slots] = (ClearingSlot){payer, payee, rank, true};
    cc->due[cc->n_slots] = cap;
    cc->rest_share[cc->n_slots] = share;
    return (uint32_t)cc->n_slots++;
}

uint32_t case_support(ClearingCase *cc, uint32_t backer, uint32_t borrower, uint32_t rank,
                      const uint32_t *slots, size_t n_slots, double limit)
{
    cc->supports[cc->n_supports] = (ClearingSupport){backer, borrower, rank, slots, n_slots};
    cc->support_limit[cc->n_supports] = limit;
    return (uint32_t)cc->n_supports++;
}

uint32_t case_reserve(ClearingCase *cc, uint32_t party, const uint32_t *slots, size_t n_slots,
                      double balance, double target)
{
    cc->reserves[cc->n_reserves] = (ClearingReserve){party, slots, n_slots};
    cc->reserve_balance[cc->n_reserves] = balance;
    cc->reserve_target[cc->n_reserves] = target;
    return (uint32_t)cc->n_reserves++;
}

static void assert_cents_conserved(const ClearingCase *cc)
{
    for (uint32_t p = 0; p < cc->n_parties; p++) {
        double expected = cc->cash[p] - cc->loss[p];
        if (cc->is_outside[p])
            continue;
        for (size_t s = 0; s < cc->n_slots; s++) {
            expected += cc->slots[s].payee == p ? cc->paid[s] : 0;
            expected -= cc->slots[s].payer == p ? cc->paid[s] : 0;
        }
        for (size_t k = 0; k < cc->n_supports; k++) {
            expected += cc->supports[k].borrower == p ? cc->support_paid[k] : 0;
            expected -= cc->supports[k].backer == p ? cc->support_paid[k] : 0;
        }
        for (size_t r = 0; r < cc->n_reserves; r++)
            if (cc->reserves[r].party == p)
                expected += cc->released[r] + cc->freed[r] - cc->filled[r];
        assert_true(expected == cc->closing[p]);
        assert_true(cc->closing[p] >= 0);
    }
}

static void assert_payments_sound(const ClearingCase *cc)
{
    for (size_t s = 0; s < cc->n_slots; s++) {
        assert_true(cc->paid[s] >= 0 && cc->paid[s] == floor(cc->paid[s]));
        if (!cc->slots[s].is_rest || cc->due[s] >= 0)
            assert_true(cc->paid[s] <= cc->due[s]);
    }
    if (cc->n_supports + cc->n_reserves > 0)
        return;
    for (size_t s = 0; s < cc->n_slots; s++)
        for (size_t t = 0; t < cc->n_slots; t++) /* nothing to a later rank before an earlier */
            if (cc->slots[s].payer == cc->slots[t].payer && !cc->slots[s].is_rest &&
                !cc->slots[t].is_rest && cc->slots[s].rank < cc->slots[t].rank &&
                cc->paid[s] < cc->due[s])
                assert_true(cc->paid[t] == 0);
    for (size_t k = 0; k < cc->n_supports; k++)
        assert_true(cc->support_paid[k] <= cc->support_limit[k]);
}

static const ClearingPlan *plan_of(ClearingCase *cc)
{
    ClearingSpec spec = {.n_parties = cc->n_parties,
                         .is_outside = cc->is_outside,
                         .owner = cc->owner,
                         .n_ranks = 16,
                         .n_slots = cc->n_slots,
                         .slots = cc->slots,
                         .n_supports = cc->n_supports,
                         .supports = cc->supports,
                         .n_reserves = cc->n_reserves,
                         .reserves = cc->reserves};
    const ClearingPlan *plan = clearing_plan_new(cc->arena, &spec);

    assert_non_null(plan);
    return plan;
}

static ClearingInput input_of(const ClearingCase *cc)
{
    return (ClearingInput){
        cc->cash,           cc->due,           cc->rest_share,        cc->keep,
        cc->keep_rank,      cc->overdue,       cc->already_defaulted, cc->loss_of_cash,
        cc->loss_of_claims, cc->support_limit, cc->reserve_balance,   cc->reserve_target};
}

static ClearingOutput output_of(ClearingCase *cc)
{
    return (ClearingOutput){cc->paid,     cc->default_now, cc->loss,  cc->support_paid,
                            cc->released, cc->filled,      cc->freed, cc->closing};
}

void case_clear(ClearingCase *cc, ClearingRun *run)
{
    const ClearingPlan *plan = plan_of(cc);
    ClearingInput input = input_of(cc);
    ClearingOutput output = output_of(cc);
    void *workspace = arena_alloc(cc->arena, clearing_workspace_size(plan));

    memset(workspace, 0xa5, clearing_workspace_size(plan)); /* nothing of it is read first */
    cc->all_paid = run(plan, &input, &output, workspace);
}

void case_run(ClearingCase *cc)
{
    case_clear(cc, clearing_run);
    assert_cents_conserved(cc);
    assert_payments_sound(cc);
}

double case_paid_by(const ClearingCase *cc, uint32_t party)
{
    double sum = 0;

    for (size_t s = 0; s < cc->n_slots; s++)
        sum += cc->slots[s].payer == party ? cc->paid[s] : 0;
    return sum;
}
