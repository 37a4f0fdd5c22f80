/* What is left after all that is due: into reserves, then to rest claims. */
#include "ledger/clearing_state.h"
#include "ledger/share.h"

#include <math.h>

static double left_above_keep(const Clearing *c, const ClearingOutput *out, uint32_t party)
{
    return larger(0, out->cash[party] - keep_of(c, party));
}

static void fill_reserves(Clearing *c, const ClearingOutput *out)
{
    const ClearingSpec *spec = &c->plan->spec;

    for (size_t r = 0; r < spec->n_reserves; r++) {
        uint32_t party = spec->reserves[r].party;
        double target = value_or_zero(c->input->reserve_target, r);
        out->reserve_released[r] = released_so_far(c, r);
        double balance = c->input->reserve_balance[r] - out->reserve_released[r];
        out->reserve_freed[r] = larger(0, balance - target);
        out->reserve_filled[r] = 0;
        out->cash[party] += out->reserve_freed[r];
    }
    for (size_t r = 0; r < spec->n_reserves; r++) {
        uint32_t party = spec->reserves[r].party;
        double target = value_or_zero(c->input->reserve_target, r);
        double balance = c->input->reserve_balance[r] - out->reserve_released[r];
        if (balance >= target || !paid_all(c, party) || is_outside(c, party))
            continue;
        out->reserve_filled[r] = smaller(target - balance, left_above_keep(c, out, party));
        out->cash[party] -= out->reserve_filled[r];
    }
}

/* One rank of one party's rest claims, slots [begin, end) of rest_slots. */
static void share_rest_rank(Clearing *c, const ClearingOutput *out, uint32_t party, uint32_t begin,
                            uint32_t end)
{
    const uint32_t *slots = c->plan->rest_slots;
    double left = left_above_keep(c, out, party), share = 0;

    for (uint32_t j = begin; j < end; j++) {
        c->weights[j - begin] = smaller(1, larger(0, c->input->rest_share[slots[j]]));
        share += c->weights[j - begin];
    }
    allocate_cents(floor(left * smaller(1, share) + CENT_NOISE), c->weights, end - begin, c->shares,
                   c->rests);
    for (uint32_t j = begin; j < end; j++) {
        double cap = c->input->due[slots[j]];
        double paid = cap < 0 ? c->shares[j - begin] : smaller(cap, c->shares[j - begin]);
        out->paid[slots[j]] = paid;
        out->cash[party] -= paid;
    }
}

static void share_rest(Clearing *c, const ClearingOutput *out)
{
    const ClearingPlan *plan = c->plan;
    const ClearingSlot *slots = plan->spec.slots;
    size_t n_rest = plan->first_rest[plan->spec.n_parties];

    for (uint32_t p = 0; p < plan->spec.n_parties; p++) {
        uint32_t last = plan->first_rest[p + 1];
        if (is_outside(c, p)) { /* of unlimited money, up to the cap */
            for (uint32_t j = plan->first_rest[p]; j < last; j++)
                out->paid[plan->rest_slots[j]] = larger(0, c->input->due[plan->rest_slots[j]]);
            continue;
        }
        if (plan->first_rest[p] == last || !paid_all(c, p))
            continue;
        for (uint32_t begin = plan->first_rest[p], end; begin < last; begin = end) {
            for (end = begin; end < last && slots[plan->rest_slots[end]].rank ==
                                                slots[plan->rest_slots[begin]].rank;)
                end++;
            share_rest_rank(c, out, p, begin, end);
        }
    }
    for (size_t j = 0; j < n_rest; j++) {
        uint32_t payee = slots[plan->rest_slots[j]].payee;
        if (!is_outside(c, payee))
            out->cash[payee] += out->paid[plan->rest_slots[j]];
    }
}

void clearing_share_rest(Clearing *c, const ClearingOutput *out)
{
    if (c->plan->spec.n_reserves > 0)
        fill_reserves(c, out);
    if (c->plan->first_rest[c->plan->spec.n_parties] > 0)
        share_rest(c, out);
}
