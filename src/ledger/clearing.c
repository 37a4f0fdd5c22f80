/* Clearing by rank in whole cents: the one algorithm that defines what is paid.
 *
 * What a party can use is A = own cash + what it receives (less the share of
 * each that a default now costs). With a committed line of F, an amount kept
 * from later ranks K, and L due at the ranks before that, it pays
 *
 *     P(A) = A + F                while A <= L
 *            L + F                while A <= L + K      (what lies between is kept)
 *            A - K + F            above, and never more than all that is due;
 *
 * P is spent rank by rank, inside a rank pro rata to what is due. What a reserve
 * or a backer covers of an item is not asked of the payer: inside a rank the item
 * is met sooner and leaves more to the others.
 *
 * 1. Doubles. Everyone pays all: A falls from there. Every A -> payment is made of
 *    straight pieces, so in each round the parties on a piece that slopes (the short
 *    ones) solve one linear system in party order; they go down to its solution or
 *    to the next lower end of a piece, whichever comes first. No step goes below the
 *    greatest fixed point: on the pieces crossed the system bounds the payments from
 *    above. Each round but the last ends a piece, so the number of rounds is bounded.
 * 2. Cents. A short party's total at its last, partly paid rank is floored (after
 *    1/1024 cent for rounding noise) and split by largest remainder. Then any party
 *    that has paid more than it can use pays the missing cents less, lowest rank first,
 *    until there is none; inside the rank it takes them from the payee from whom the
 *    fewest payments lead to a party with cents to spare (last item first), so that a
 *    cent does not run in a circle. After 64 + 4 n_parties rounds it cuts twice as
 *    much each round, so that a circle that truly has nothing comes to rest.
 * 3. Covers. If something is unpaid, reserves are released and claims raised on
 *    backers, one after another in the order of supports, clearing again after each. A
 *    claim once raised stands for its part of the slot, even if the backer falls short.
 * 4. Defaults. A slot that pays less, in cents, than is overdue puts its payer in
 *    default, with all books of the payer's owner; losses are applied, and all is
 *    cleared again from 1 with the defaults found so far, until there is no new one.
 * 5. What is left, in cents: reserves above target free the excess and those below it
 *    are filled, in order; then rest claims, rank by rank, share what is left above
 *    `keep`. A party with anything unpaid does neither. Money received from rest
 *    claims is the receiver's next period, so no second round is needed. */
#include "ledger/clearing.h"

#include "ledger/clearing_state.h"
#include "ledger/share.h"

#include <string.h>

/* Clears once with the covers and defaults at hand. True when all is paid. */
static bool clear_once(Clearing *c)
{
    if (!clearing_find_greatest(c))
        clearing_round_to_cents(c);
    for (uint32_t p = 0; p < c->plan->spec.n_parties; p++)
        if (!paid_all(c, p))
            return false;
    return true;
}

/* ---- 3. reserves and backers ------------------------------------------------- */

/* Covers unpaid parts of `items` with at most `amount`, earlier ranks first, pro rata
 * inside a rank; adds to each one's share. Returns what was used. */
static double cover_items(Clearing *c, const uint32_t *items, size_t count, double amount,
                          double *share)
{
    double used = 0;

    for (size_t begin = 0, end; begin < count && used < amount; begin = end) {
        double unpaid = 0;
        for (end = begin;
             end < count && c->plan->items[items[end]].rank == c->plan->items[items[begin]].rank;
             end++) {
            uint32_t item = items[end];
            c->weights[end - begin] = larger(0, c->due[item] - c->cover[item] - c->own[item]);
            unpaid += c->weights[end - begin];
        }
        double given = smaller(unpaid, amount - used);
        allocate_cents(given, c->weights, end - begin, c->shares, c->rests);
        for (size_t j = begin; j < end; j++) {
            share[j] += c->shares[j - begin];
            c->cover[items[j]] += c->shares[j - begin];
        }
        used += given;
    }
    c->looks_at_all |= used > 0;
    return used;
}

static bool release_reserves(Clearing *c)
{
    const ClearingPlan *plan = c->plan;
    double used = 0;

    for (size_t r = 0; r < plan->spec.n_reserves; r++) {
        uint32_t first = plan->first_reserve_item[r];
        used +=
            cover_items(c, plan->reserve_items + first, plan->first_reserve_item[r + 1] - first,
                        c->input->reserve_balance[r] - released_so_far(c, r), c->released + first);
    }
    return used > 0;
}

static bool raise_claim(Clearing *c, uint32_t k)
{
    const ClearingPlan *plan = c->plan;
    uint32_t first = plan->first_cover[k];
    double used = cover_items(c, plan->covered_items + first, plan->first_cover[k + 1] - first,
                              c->input->support_limit[k] - c->claim[k], c->cover_share + first);

    c->claim[k] += used; /* due from the backer as all is cleared again */
    return used > 0;
}

static bool clear_with_covers(Clearing *c)
{
    bool all_paid = clear_once(c);

    if (all_paid || c->plan->n_covers + c->plan->n_reserve_items == 0)
        return all_paid;
    clearing_start_covers(c);
    if (release_reserves(c))
        all_paid = clear_once(c);
    for (size_t o = 0; o < c->plan->spec.n_supports && !all_paid; o++)
        if (raise_claim(c, c->plan->support_order[o]))
            all_paid = clear_once(c);
    return all_paid;
}

/* ---- 4. defaults --------------------------------------------------------------- */

static bool has_defaulted(const Clearing *c, uint32_t party)
{
    return c->input->already_defaulted && c->input->already_defaulted[party];
}

static bool may_default(const Clearing *c, uint32_t party)
{
    return c->is_short[party] && !has_defaulted(c, party) && !c->in_default[party] &&
           !is_outside(c, party);
}

/* A party's books, which follow its own, are in default when one of them is. */
static void default_together(Clearing *c)
{
    const uint32_t *owner = c->plan->spec.owner;
    size_t n = c->plan->spec.n_parties;

    for (uint32_t first = 0, end; first < n; first = end) {
        bool some = false;
        for (end = first; end < n && owner[end] == owner[first]; end++)
            some |= c->in_default[end] != 0;
        for (uint32_t p = first; p < end && some; p++)
            c->in_default[p] = !has_defaulted(c, p);
    }
}

static bool find_defaults(Clearing *c)
{
    const ClearingPlan *plan = c->plan;
    const double *overdue = c->input->overdue;
    bool found = false;

    for (uint32_t p = 0; p < plan->spec.n_parties && overdue; p++) {
        if (!may_default(c, p))
            continue;
        for (uint32_t i = plan->first_item[p]; i < plan->first_item[p + 1]; i++)
            if (!plan->items[i].is_claim && paid_in_all(c, i) < overdue[plan->items[i].index])
                c->in_default[p] = 1;
        found |= c->in_default[p] != 0;
    }
    if (found && plan->spec.owner)
        default_together(c);
    return found;
}

/* ---- what comes of it ---------------------------------------------------------------- */

static void write_items(const Clearing *c, const ClearingOutput *out, uint32_t party)
{
    for (uint32_t i = c->plan->first_item[party]; i < c->plan->first_item[party + 1]; i++)
        if (!c->plan->items[i].is_claim)
            out->paid[c->plan->items[i].index] = paid_in_all(c, i);
}

static void write_party(Clearing *c, const ClearingOutput *out, uint32_t party)
{
    const ClearingSpec *spec = &c->plan->spec;
    double loss = clearing_loss(c, party), paid = paid_by(c, party);
    double can_use = c->input->cash[party] + c->received[party] - loss;
    double drawn = smaller(larger(0, paid - clearing_usable(c, party, can_use)), c->line[party]);

    out->loss[party] = loss;
    out->cash[party] = can_use + drawn - paid;
    for (size_t k = 0; k < spec->n_supports && drawn > 0; k++)
        if (c->plan->is_line[k] && spec->supports[k].borrower == party) {
            out->support_paid[k] = smaller(drawn, c->input->support_limit[k]);
            drawn -= out->support_paid[k];
        }
}

static void write_payments(Clearing *c, const ClearingOutput *out)
{
    const ClearingPlan *plan = c->plan;
    const ClearingSpec *spec = &plan->spec;

    memcpy(out->paid, c->input->due, spec->n_slots * sizeof *out->paid);
    for (size_t j = 0; j < plan->first_rest[spec->n_parties]; j++)
        out->paid[plan->rest_slots[j]] = 0;
    for (size_t k = 0; k < spec->n_supports; k++)
        out->support_paid[k] = c->pending[k];
    for (uint32_t p = 0; p < spec->n_parties; p++) {
        if (c->is_short[p])
            write_items(c, out, p);
        out->default_now[p] = c->in_default[p];
        out->loss[p] = out->cash[p] = 0;
        if (!is_outside(c, p))
            write_party(c, out, p);
    }
}

static bool run(const ClearingPlan *plan, const ClearingInput *input, const ClearingOutput *output,
                void *workspace, bool looks_at_all)
{
    Clearing c;

    clearing_lay_out(&c, plan, input, workspace, looks_at_all);
    bool all_paid = clear_with_covers(&c);
    while (!all_paid && find_defaults(&c))
        all_paid = clear_with_covers(&c);
    write_payments(&c, output);
    clearing_share_rest(&c, output);
    return all_paid;
}

bool clearing_run(const ClearingPlan *plan, const ClearingInput *input,
                  const ClearingOutput *output, void *workspace)
{
    return run(plan, input, output, workspace, false);
}

bool clearing_run_plainly(const ClearingPlan *plan, const ClearingInput *input,
                          const ClearingOutput *output, void *workspace)
{
    return run(plan, input, output, workspace, true);
}
