/* From the greatest vector in doubles to whole cents that every party has. */
#include "ledger/clearing_state.h"

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
    const ClearingItem *paid = &c->plan->items[item];

    return paid->is_claim ? (uint32_t)c->plan->spec.n_parties : distance[paid->payee];
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
 * nearest to one that can bear it, the last item first. False when it pays nothing. */
static bool pay_less(Clearing *c, uint32_t party, double missing, const uint32_t *distance)
{
    bool any = false;

    clearing_mark_short(c, party);
    while (missing > 0) {
        PartRank low = lowest_paid_rank(c, party);
        uint32_t best = low.end;
        for (uint32_t i = low.end; i-- > low.begin;)
            if (c->own[i] > 0 && (best == low.end || distance_of_item(c, distance, i) <
                                                         distance_of_item(c, distance, best)))
                best = i;
        if (best == low.end)
            break;
        double less = smaller(missing, c->own[best]);
        c->own[best] -= less;
        missing -= less;
        any = true;
    }
    return any;
}

/* Fills what each party has over (or lacks, below zero); true when one lacks something. */
static bool find_missing(const Clearing *c, double *spare)
{
    bool found = false;

    for (size_t row = 0; row < c->plan->n_inside; row++) {
        uint32_t p = c->plan->inside[row];
        double can_use = c->input->cash[p] + c->received[p] - clearing_loss(c, p);
        spare[p] = clearing_usable(c, p, can_use) + c->line[p] - paid_by(c, p);
        found |= spare[p] < 0;
    }
    return found;
}

/* Every round takes something off what is paid, or is the last. After the rounds in `patience`
 * a party that still lacks something and pays at all pays nothing more at the latest when
 * `times` is past 2^53, and from then on each round silences a party: fewer than
 * 64 + 4 n_parties + 54 + n_parties rounds in all. */
void clearing_round_to_cents(Clearing *c)
{
    size_t n_parties = c->plan->spec.n_parties, patience = 64 + 4 * n_parties;
    uint32_t *distance = c->sloping; /* both are free once the doubles are done */
    double *spare = c->piece_low, times = 1;
    bool any = true;

    for (uint32_t p = 0; p < n_parties; p++)
        if (!pays_all_still(c, p))
            clearing_pay_in_cents(c, p);
    clearing_gather(c, true);
    while (any && find_missing(c, spare)) {
        measure_distances(c, spare, distance);
        times *= patience > 0 ? 1 : 2;
        patience -= patience > 0;
        any = false;
        for (uint32_t p = 0; p < n_parties; p++)
            if (!is_outside(c, p) && spare[p] < 0)
                any |= pay_less(c, p, -spare[p] * times, distance);
        clearing_gather(c, true);
    }
}
