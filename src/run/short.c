/* Lanes in which parties are short, but their shortness stops at them: the common case, for once a
 * party has arrears it is short in every later period.
 *
 * When nobody who is paid less becomes short in turn, only lines from outside back the short party,
 * and nobody new defaults, clearing.c comes to this: the party pays what it has, rank by rank, and
 * inside the rank that it pays in part by allocate_cents. Payees must keep a margin, because
 * clearing searches in fractions of cents before it rounds. Every other lane goes through clearing
 * itself. */
#include "run/tile.h"

#include "ledger/share.h"
#include "maths/maths.h"
#include "run/lane.h"

#include <string.h>

#define MARGIN_CENTS 64.0
#define MARGIN_PART 1e-9

/* ---- what a short party owes, found once for the tile -------------------------------------- */

static void list_party(Tile *tile, uint32_t party)
{
    const Plan *plan = tile->plan;
    ShortParty *out = &tile->short_parties[party];

    out->first = (uint32_t)tile->n_short_slots;
    for (uint32_t i = plan->due_starts[party]; i < plan->due_starts[party + 1]; i++) {
        uint32_t slot = plan->due_slots[i];
        if (tile->slots[slot].fresh != NULL)
            tile->short_slots[tile->n_short_slots++] = (ShortSlot){
                .place = tile->place_of[slot],
                .payee = plan->model->slots.items[slot].payee,
                .rank = plan->model->slots.items[slot].rank,
                .due = tile->slots[slot].due,
            };
    }
    out->count = (uint32_t)tile->n_short_slots - out->first;
    out->is_listed = true;
}

/* ---- one lane ------------------------------------------------------------------------------- */

/* What could still be drawn: the limit in cents, less what was drawn and is asked for. */
static double left_of(const Tile *tile, const SupportCode *code, const double *requested,
                      size_t lane)
{
    double limit = lanes_at(tile_lanes(tile, code->limit), lane);
    double cents = gw_max(0, round_to_even(limit * tile->plan->model->minor_per_unit));
    double used = tile_register(tile, code->drawn)[lane];

    if (lanes_at(tile_lanes(tile, code->effective), lane) == 0)
        return 0;
    return gw_max(0, cents - used - (requested != NULL ? requested[lane] : 0));
}

/* A committed line from outside adds to what the party can pay, no more. */
static bool is_line(const Tile *tile, size_t facility, uint32_t party)
{
    const Facility *f = &tile->plan->model->facilities.items[facility];

    return f->borrower == party && f->is_for_shortfall && tile->plan->is_outside[f->lender];
}

static double line_of(const Tile *tile, uint32_t party, size_t lane)
{
    double line = 0;

    if (!tile->plan->may_have_backing[party])
        return 0;
    for (size_t i = 0; i < tile->plan->model->facilities.count; i++)
        if (is_line(tile, i, party))
            line += left_of(tile, &tile->plan->code->facilities[i], tile->requested[i], lane);
    return line;
}

/* Whether other cash than lines stands behind the party in this lane. */
static bool has_backing(const Tile *tile, uint32_t party, size_t lane)
{
    const Plan *plan = tile->plan;
    const Model *model = plan->model;

    if (!plan->may_have_backing[party])
        return false;
    for (uint32_t i = plan->reserve_starts[party]; i < plan->reserve_starts[party + 1]; i++)
        if (tile_register(tile, plan->code->reserves[plan->reserves_of[i]].balance)[lane] > 0)
            return true;
    for (size_t i = 0; i < model->facilities.count; i++)
        if (model->facilities.items[i].borrower == party &&
            model->facilities.items[i].is_for_shortfall && !is_line(tile, i, party) &&
            left_of(tile, &plan->code->facilities[i], tile->requested[i], lane) > 0)
            return true;
    for (size_t i = 0; i < model->guarantees.count; i++)
        if (model->guarantees.items[i].debtor == party &&
            left_of(tile, &plan->code->guarantees[i], NULL, lane) > 0)
            return true;
    return false;
}

/* Splits what the party has over what it owes: `paid` by listed slot. */
static void divide(Tile *tile, const ShortParty *party, double available, size_t lane)
{
    const ShortSlot *slots = tile->short_slots + party->first;
    double *paid = tile->short_paid + party->first;
    double *weights = tile->lane_scratch;
    uint32_t begin = 0;
    double left = available;

    while (begin < party->count) {
        uint32_t end = begin;
        double rank_due = 0;

        for (; end < party->count && slots[end].rank == slots[begin].rank; end++)
            rank_due += slots[end].due[lane];
        if (rank_due > 0 && left <= rank_due) {
            for (uint32_t i = begin; i < end; i++)
                weights[i - begin] = slots[i].due[lane];
            allocate_cents(left, weights, end - begin, paid + begin, weights + (end - begin));
            for (uint32_t i = begin; i < end; i++)
                paid[i] = paid[i] < slots[i].due[lane] ? paid[i] : slots[i].due[lane];
            left = 0;
        } else {
            for (uint32_t i = begin; i < end; i++)
                paid[i] = left > 0 ? slots[i].due[lane] : 0;
            left -= left > 0 ? rank_due : 0;
        }
        begin = end;
    }
}

/* Works out one short party; false when its shortness does not stop at it. */
static bool divide_party(Tile *tile, uint32_t party, size_t lane)
{
    const Plan *plan = tile->plan;
    ShortParty *list = &tile->short_parties[party];
    bool was_defaulted = tile_register(tile, plan->code->parties[party].defaulted)[lane] != 0;
    double total = 0;

    if (!list->is_listed)
        list_party(tile, party);
    if ((plan->keep_counts[party] && tile->keep[party][lane] > 0) || has_backing(tile, party, lane))
        return false;
    for (uint32_t i = 0; i < list->count; i++)
        total += tile->short_slots[list->first + i].due[lane];
    if (!(total < 0x1p53))
        return false;
    double line = line_of(tile, party, lane);
    double lacking = -tile->net[party][lane];
    tile->drawn[party] = line < lacking ? line : lacking;
    if (line >= lacking) { /* the line pays what is lacking */
        for (uint32_t i = 0; i < list->count; i++)
            tile->short_paid[list->first + i] = tile->short_slots[list->first + i].due[lane];
        return true;
    }
    tile->is_lane_short = true;
    divide(tile, list, total - lacking + line, lane);
    for (uint32_t i = 0; i < list->count; i++) {
        const ShortSlot *slot = &tile->short_slots[list->first + i];
        double unpaid = slot->due[lane] - tile->short_paid[list->first + i];

        if (unpaid == 0)
            continue;
        if (slot->payee == party || (!was_defaulted && tile->short_paid[list->first + i] <
                                                           tile_overdue(tile, slot->place, lane)))
            return false;
        if (tile->net[slot->payee] != NULL)
            tile->missing[slot->payee] += unpaid;
    }
    return true;
}

/* Whether every payee that owes something can still pay it with a margin. */
static bool payees_bear_it(const Tile *tile, size_t lane)
{
    const Plan *plan = tile->plan;

    for (uint32_t p = 0; p < plan->model->parties.count; p++) {
        double net = tile->net[p] != NULL ? tile->net[p][lane] : 0;
        double keep = plan->keep_counts[p] && tile->net[p] != NULL ? tile->keep[p][lane] : 0;

        if (tile->missing[p] == 0 || !tile->is_payer[p])
            continue;
        if (!(net - tile->missing[p] >= keep + MARGIN_CENTS + MARGIN_PART * tile->missing[p]))
            return false;
    }
    return true;
}

static void draw_lines(Tile *tile, uint32_t party, size_t lane)
{
    const Model *model = tile->plan->model;
    double drawn = tile->drawn[party];

    for (size_t i = 0; i < model->facilities.count && drawn > 0; i++) {
        if (!is_line(tile, i, party))
            continue;
        double left = left_of(tile, &tile->plan->code->facilities[i], tile->requested[i], lane);
        double part = drawn < left ? drawn : left;

        tile_cleared(tile, model->facilities.items[i].slot)[lane] += part;
        drawn -= part;
    }
}

static void keep_short(Tile *tile, uint32_t party, size_t lane)
{
    const ShortParty *list = &tile->short_parties[party];
    double left = tile->net[party][lane];

    for (uint32_t i = list->first; i < list->first + list->count; i++) {
        const ShortSlot *slot = &tile->short_slots[i];
        double due = slot->due[lane];

        left += due - tile->short_paid[i];
        if (tile->short_paid[i] != due)
            tile_cleared(tile, tile->lane_slots[slot->place].slot)[lane] = tile->short_paid[i];
    }
    tile->net[party][lane] = left + tile->drawn[party];
    if (tile->drawn[party] > 0)
        draw_lines(tile, party, lane);
}

static bool pay_short_lane(Tile *tile, size_t lane)
{
    const Plan *plan = tile->plan;
    size_t n_parties = plan->model->parties.count;
    size_t n = 0;

    memset(tile->missing, 0, n_parties * sizeof *tile->missing);
    tile->is_lane_short = false;
    for (uint32_t p = 0; p < n_parties; p++) {
        if (tile->net[p] == NULL || !tile->is_payer[p] || !(tile->net[p][lane] < 0)) {
            /* short only of what it keeps: clearing decides */
            if (tile->net[p] != NULL && tile->is_payer[p] && plan->keep_counts[p] &&
                tile->net[p][lane] < tile->keep[p][lane])
                return false;
            continue;
        }
        tile->short_list[n++] = p;
        if (!divide_party(tile, p, lane))
            return false;
    }
    for (size_t i = 0; i < n; i++)
        if (tile->missing[tile->short_list[i]] != 0)
            return false;
    if (!payees_bear_it(tile, lane))
        return false;
    for (size_t i = 0; i < n; i++)
        keep_short(tile, tile->short_list[i], lane);
    for (uint32_t p = 0; p < n_parties; p++)
        if (tile->missing[p] != 0)
            tile->net[p][lane] -= tile->missing[p];
    return true;
}

void tile_pay_short(Tile *tile)
{
    size_t n_parties = tile->plan->model->parties.count;
    bool some = false;

    tile->n_short_slots = 0;
    for (size_t p = 0; p < n_parties; p++)
        tile->short_parties[p].is_listed = false;
    for (size_t i = 0; i < tile->n_active; i++)
        tile->place_of[tile->active[i]] = (uint32_t)i;
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        if (tile->slow[lane] == 0)
            continue;
        if (pay_short_lane(tile, lane)) {
            tile->n_short[lane] += tile->is_lane_short;
            tile->slow[lane] = 0;
        } else {
            some = true;
        }
    }
    tile->has_slow = some;
}
