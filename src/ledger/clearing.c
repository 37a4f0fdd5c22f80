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
 * 4. Defaults. A slot that must not be short and is, in cents, puts its payer in
 *    default; losses are applied, and all is cleared again from 1 with the defaults
 *    found so far, until there is no new one.
 * 5. What is left, in cents: reserves above target free the excess and those below it
 *    are filled, in order; then rest claims, rank by rank, share what is left above
 *    `keep`. A party with anything unpaid does neither. Money received from rest
 *    claims is the receiver's next period, so no second round is needed. */
#include "ledger/clearing.h"

#include "ledger/clearing_state.h"
#include "ledger/share.h"

#include <math.h>

/* ---- 2. in cents ------------------------------------------------------------ */

static double paid_by(const Clearing *c, uint32_t party)
{
    double sum = 0;

    for (uint32_t i = c->plan->first_item[party]; i < c->plan->first_item[party + 1]; i++)
        sum += c->own[i];
    return sum;
}

/* The items of the lowest rank that the party pays anything of; empty when it pays nothing. */
static PartRank lowest_paid_rank(const Clearing *c, uint32_t party)
{
    const ClearingItem *items = c->plan->items;
    uint32_t first = c->plan->first_item[party], end = c->plan->first_item[party + 1];

    while (end > first && c->own[end - 1] == 0)
        end--;
    uint32_t begin = end;
    while (begin > first && items[begin - 1].rank == items[end - 1].rank)
        begin--;
    return (PartRank){begin, end, 0};
}

/* How far the payee is from one that can bear a cent less; a claim goes to many. */
static uint32_t distance_of_item(const Clearing *c, const uint32_t *distance, uint32_t item)
{
    uint32_t n_parties = (uint32_t)c->plan->spec.n_parties;

    return c->plan->items[item].is_claim ? n_parties : distance[payee_of(c, item)];
}

/* A party that has cents over, or is outside, is at 0; the others are one further than
 * the nearest payee of their lowest paid rank. `spare` is what each has over. */
static void measure_distances(const Clearing *c, const double *spare, uint32_t *distance)
{
    uint32_t n_parties = (uint32_t)c->plan->spec.n_parties;

    for (uint32_t p = 0; p < n_parties; p++)
        distance[p] = is_outside(c, p) || spare[p] > 0 ? 0 : UINT32_MAX;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t p = 0; p < n_parties; p++) {
            PartRank low = lowest_paid_rank(c, p);
            for (uint32_t i = low.begin; i < low.end; i++) {
                uint32_t next = distance_of_item(c, distance, i);
                if (c->own[i] > 0 && next < distance[p] && next + 1 < distance[p]) {
                    distance[p] = next + 1;
                    changed = true;
                }
            }
        }
    }
}

/* Takes `missing` cents off what the party pays: lowest rank first, there from the payee
 * nearest to one that can bear it, the last item first. */
static void pay_less(Clearing *c, uint32_t party, double missing, const uint32_t *distance)
{
    while (missing > 0) {
        PartRank low = lowest_paid_rank(c, party);
        uint32_t best = low.end;
        for (uint32_t i = low.end; i-- > low.begin;)
            if (c->own[i] > 0 && (best == low.end || distance_of_item(c, distance, i) <
                                                         distance_of_item(c, distance, best)))
                best = i;
        if (best == low.end)
            return;
        double less = fmin(missing, c->own[best]);
        c->own[best] -= less;
        missing -= less;
    }
}

/* Fills what each party has over (or lacks, below zero); true when one lacks something. */
static bool find_missing(const Clearing *c, double *spare)
{
    bool found = false;

    for (uint32_t p = 0; p < c->plan->spec.n_parties; p++) {
        if (is_outside(c, p))
            continue;
        double can_use = c->input->cash[p] + c->received[p] - clearing_loss(c, p);
        spare[p] = clearing_usable(c, p, can_use) + c->line[p] - paid_by(c, p);
        found |= spare[p] < 0;
    }
    return found;
}

static void round_to_cents(Clearing *c)
{
    size_t patience = 64 + 4 * c->plan->spec.n_parties;
    uint32_t *distance = c->sloping; /* both are free once the doubles are done */
    double *spare = c->piece_low, times = 1;

    for (uint32_t p = 0; p < c->plan->spec.n_parties; p++)
        clearing_pay_in_cents(c, p);
    clearing_gather(c, true);
    while (find_missing(c, spare)) {
        measure_distances(c, spare, distance);
        times *= patience > 0 ? 1 : 2;
        patience -= patience > 0;
        for (uint32_t p = 0; p < c->plan->spec.n_parties; p++)
            if (!is_outside(c, p) && spare[p] < 0)
                pay_less(c, p, -spare[p] * times, distance);
        clearing_gather(c, true);
    }
}

/* Clears once with the covers and defaults at hand. True when all is paid. */
static bool clear_once(Clearing *c)
{
    if (!clearing_find_greatest(c))
        round_to_cents(c);
    for (size_t i = 0; i < c->plan->n_items; i++)
        if (c->own[i] + c->cover_paid[i] < c->due[i])
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
            c->weights[end - begin] = fmax(0, c->due[item] - c->cover[item] - c->own[item]);
            unpaid += c->weights[end - begin];
        }
        double given = fmin(unpaid, amount - used);
        allocate_cents(given, c->weights, end - begin, c->shares, c->rests);
        for (size_t j = begin; j < end; j++) {
            share[j] += c->shares[j - begin];
            c->cover[items[j]] += c->shares[j - begin];
        }
        used += given;
    }
    return used;
}

static double released_so_far(const Clearing *c, size_t reserve)
{
    double sum = 0;

    for (uint32_t j = c->plan->first_reserve_item[reserve];
         j < c->plan->first_reserve_item[reserve + 1]; j++)
        sum += c->released[j];
    return sum;
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

    c->claim[k] += used;
    if (plan->item_of_support[k] != NO_ITEM)
        c->due[plan->item_of_support[k]] = c->claim[k];
    return used > 0;
}

static bool clear_with_covers(Clearing *c)
{
    bool all_paid = clear_once(c);

    if (!all_paid && release_reserves(c))
        all_paid = clear_once(c);
    for (size_t o = 0; o < c->plan->spec.n_supports && !all_paid; o++)
        if (raise_claim(c, c->plan->support_order[o]))
            all_paid = clear_once(c);
    return all_paid;
}

/* ---- 4. defaults --------------------------------------------------------------- */

static bool find_defaults(Clearing *c)
{
    const ClearingSpec *spec = &c->plan->spec;
    bool found = false;

    for (uint32_t i = 0; i < c->plan->n_items; i++) {
        const ClearingItem *item = &c->plan->items[i];
        if (item->is_claim || !c->input->default_if_short ||
            !c->input->default_if_short[item->index] || c->own[i] + c->cover_paid[i] >= c->due[i])
            continue;
        uint32_t payer = spec->slots[item->index].payer;
        bool was = c->input->already_defaulted && c->input->already_defaulted[payer];
        if (was || c->in_default[payer] || is_outside(c, payer))
            continue;
        c->in_default[payer] = 1;
        found = true;
    }
    return found;
}

/* ---- 5. what is left ------------------------------------------------------------- */

static bool paid_all(const Clearing *c, uint32_t party)
{
    for (uint32_t i = c->plan->first_item[party]; i < c->plan->first_item[party + 1]; i++)
        if (c->own[i] + c->cover_paid[i] < c->due[i])
            return false;
    return true;
}

static void write_payments(Clearing *c, const ClearingOutput *out)
{
    const ClearingPlan *plan = c->plan;
    const ClearingSpec *spec = &plan->spec;

    for (size_t s = 0; s < spec->n_slots; s++)
        out->paid[s] = 0;
    for (size_t i = 0; i < plan->n_items; i++)
        if (!plan->items[i].is_claim)
            out->paid[plan->items[i].index] = c->own[i] + c->cover_paid[i];
    for (size_t k = 0; k < spec->n_supports; k++)
        out->support_paid[k] = c->pending[k];
    for (uint32_t p = 0; p < spec->n_parties; p++) {
        out->default_now[p] = c->in_default[p];
        out->loss[p] = out->cash[p] = 0;
        if (is_outside(c, p))
            continue;
        out->loss[p] = clearing_loss(c, p);
        double can_use = c->input->cash[p] + c->received[p] - out->loss[p], paid = paid_by(c, p);
        double drawn = fmin(fmax(0, paid - clearing_usable(c, p, can_use)), c->line[p]);
        out->cash[p] = can_use + drawn - paid;
        for (size_t k = 0; k < spec->n_supports && drawn > 0; k++)
            if (plan->is_line[k] && spec->supports[k].borrower == p) {
                out->support_paid[k] = fmin(drawn, c->input->support_limit[k]);
                drawn -= out->support_paid[k];
            }
    }
}

static double left_above_keep(const Clearing *c, const ClearingOutput *out, uint32_t party)
{
    return fmax(0, out->cash[party] - keep_of(c, party));
}

static void fill_reserves(Clearing *c, const ClearingOutput *out)
{
    const ClearingSpec *spec = &c->plan->spec;

    for (size_t r = 0; r < spec->n_reserves; r++) {
        uint32_t party = spec->reserves[r].party;
        double target = value_or_zero(c->input->reserve_target, r);
        out->reserve_released[r] = released_so_far(c, r);
        double balance = c->input->reserve_balance[r] - out->reserve_released[r];
        out->reserve_freed[r] = fmax(0, balance - target);
        out->reserve_filled[r] = 0;
        out->cash[party] += out->reserve_freed[r];
    }
    for (size_t r = 0; r < spec->n_reserves; r++) {
        uint32_t party = spec->reserves[r].party;
        double target = value_or_zero(c->input->reserve_target, r);
        double balance = c->input->reserve_balance[r] - out->reserve_released[r];
        if (balance >= target || !paid_all(c, party) || is_outside(c, party))
            continue;
        out->reserve_filled[r] = fmin(target - balance, left_above_keep(c, out, party));
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
        c->weights[j - begin] = fmin(1, fmax(0, c->input->rest_share[slots[j]]));
        share += c->weights[j - begin];
    }
    allocate_cents(floor(left * fmin(1, share) + CENT_NOISE), c->weights, end - begin, c->shares,
                   c->rests);
    for (uint32_t j = begin; j < end; j++) {
        double cap = c->input->due[slots[j]];
        double paid = cap < 0 ? c->shares[j - begin] : fmin(cap, c->shares[j - begin]);
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
                out->paid[plan->rest_slots[j]] = fmax(0, c->input->due[plan->rest_slots[j]]);
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

bool clearing_run(const ClearingPlan *plan, const ClearingInput *input,
                  const ClearingOutput *output, void *workspace)
{
    Clearing c = clearing_lay_out(plan, input, workspace);

    clearing_set_dues(&c);
    bool all_paid = clear_with_covers(&c);
    while (!all_paid && find_defaults(&c))
        all_paid = clear_with_covers(&c);
    write_payments(&c, output);
    fill_reserves(&c, output);
    share_rest(&c, output);
    return all_paid;
}
