/* Lanes in which parties are short, where their payments do not run in a circle of short parties:
 * the common case, for once a party has arrears it is short in every later period. Such lanes are
 * worked on side by side, party after party, those first who are paid by no other that is short.
 *
 * Where only lines from outside back the short parties and nobody new defaults, clearing.c comes to
 * this: a party pays what it has, rank by rank, and inside the rank that it pays in part by
 * allocate_cents. Clearing searches in fractions of cents before it rounds. A party that is paid
 * such fractions is left with its own cents here, and lanes in which clearing could see more or
 * fewer of them, or in which a party hardly can pay all, go through clearing itself, as every other
 * lane does. */
#include "run/tile.h"

#include "ledger/clearing_state.h"
#include "maths/maths.h"
#include "run/lane.h"

#include <math.h>
#include <string.h>

#define MARGIN_CENTS 64.0
#define MARGIN_PART 1e-9
#define MOST_DUE 0x1p50    /* of one party, so that parts are exact in doubles */
#define LAST_STEP 0x1p-44  /* of what a party has: clearing need not mend what is less */
#define HALF_PLACE 0x1p-53 /* of a number: what one rounding may change it by */

static void leave_to_clearing(Tile *tile, size_t i)
{
    tile->short_lanes->is_left[i] = 1;
}

/* ---- what a short party owes, found once for the tile -------------------------------------- */

static void list_party(Tile *tile, uint32_t party)
{
    const Plan *plan = tile->plan;
    ShortParty *out = &tile->short_parties[party];

    if (out->is_listed)
        return;
    out->first = (uint32_t)tile->n_short_slots;
    for (uint32_t i = plan->due_starts[party]; i < plan->due_starts[party + 1]; i++) {
        uint32_t slot = plan->due_slots[i];
        if (tile->slots[slot].fresh != NULL)
            tile->short_slots[tile->n_short_slots++] = (ShortSlot){
                .place = tile->place_of[slot],
                .payee = plan->model->slots.items[slot].payee,
                .rank = plan->model->slots.items[slot].rank,
            };
    }
    out->count = (uint32_t)tile->n_short_slots - out->first;
    out->is_listed = true;
}

static bool pays(const Tile *tile, uint32_t payer, uint32_t payee)
{
    const ShortParty *party = &tile->short_parties[payer];

    for (uint32_t i = party->first; i < party->first + party->count; i++)
        if (tile->short_slots[i].payee == payee)
            return true;
    return false;
}

/* ---- lanes side by side --------------------------------------------------------------------- */

/* Lanes beyond the last repeat it. True when there is something in some lane. */
static bool pack(const Tile *tile, const double *from, double *restrict out)
{
    const ShortLanes *at = tile->short_lanes;
    uint64_t some = 0; /* bits of any but the sign */

    for (size_t i = 0; i < at->count; i++) {
        double x = from[at->lanes[i]];

        out[i] = x;
        some |= gw_bits(x) << 1;
    }
    return some != 0;
}

static ShortParty *touch(Tile *tile, uint32_t party)
{
    ShortParty *out = &tile->short_parties[party];
    size_t bytes = tile->short_lanes->count * sizeof(double);

    if (out->is_touched)
        return out;
    out->is_touched = true;
    pack(tile, tile->net[party], out->net);
    memset(out->missing, 0, bytes);
    memset(out->loose, 0, bytes);
    memset(out->noise, 0, bytes);
    memset(out->drawn, 0, bytes);
    return out;
}

static bool is_paid_less(const ShortParty *party, size_t i)
{
    return party->missing[i] != 0 || party->loose[i] != 0;
}

/* What a party that pays all must have left, so that clearing has it pay all. */
static double least_left(const Tile *tile, uint32_t p, size_t i)
{
    const ShortParty *party = &tile->short_parties[p];
    double keep = tile->plan->keep_counts[p] ? tile->keep[p][tile->short_lanes->lanes[i]] : 0;

    if (!is_paid_less(party, i))
        return keep;
    return keep + MARGIN_CENTS + MARGIN_PART * party->missing[i];
}

/* Whether some lane at hand has to look at what the party pays. */
static bool is_doubtful(const Tile *tile, uint32_t p)
{
    const ShortParty *party = &tile->short_parties[p];

    for (size_t i = 0; i < tile->short_lanes->n; i++)
        if (tile->short_lanes->is_left[i] == 0 &&
            party->net[i] - party->missing[i] < least_left(tile, p, i))
            return true;
    return false;
}

/* ---- what it has ---------------------------------------------------------------------------- */

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

/* Lines, where the party is short; other backing is for clearing. */
static void look_at_backing(Tile *tile, uint32_t p)
{
    ShortLanes *at = tile->short_lanes;
    const ShortParty *party = &tile->short_parties[p];

    memset(at->line, 0, at->count * sizeof *at->line);
    for (size_t i = 0; tile->plan->may_have_backing[p] && i < at->n; i++) {
        if (at->is_left[i] != 0 || party->net[i] - party->missing[i] >= 0)
            continue;
        at->line[i] = line_of(tile, p, at->lanes[i]);
        if (has_backing(tile, p, at->lanes[i]))
            leave_to_clearing(tile, i);
    }
}

/* By how many cents clearing has a party that is paid less pay less than it has, lines and all;
 * false when that is not sure, or when it pays more, which is for clearing to mend.
 *
 * Clearing goes down from what the party has when all is paid to X, the cents that it has and what
 * is `loose` above them, up to rounding of receipts and what the payers' own doubles are off: in
 * one exact step from a whole number, when no other party goes down beside it and its payers stay
 * where they are; the step is rounded to places of its own size, and where that ends above X it is
 * mended. */
static bool find_kept_cents(const Tile *tile, ShortParty *party, double has, double total, size_t i,
                            double *kept)
{
    ShortLanes *at = tile->short_lanes;
    double before = party->net[i] + total, missing = party->missing[i];
    double step = HALF_PLACE * before;
    double noise = party->noise[i] + HALF_PLACE * (party->n_receipts + 2) * (has + 1);
    double high = party->loose[i] + noise, low = party->loose[i] - noise;
    bool is_alone = party->noise[i] == 0 && low > -HALF_PLACE / 2 * missing;

    party->noise[i] = noise + step;
    at->n_lowered[i] += 1;
    at->is_alone[i] += is_alone;
    low = is_alone ? gw_min(low, gw_max(0, low - step)) : low - step;
    *kept = -gw_floor(low + CENT_NOISE);
    return *kept >= 0 && gw_floor(high + CENT_NOISE) == -*kept && missing > 2 + LAST_STEP * before;
}

/* What a short party can pay, in `left` and beyond cents in `loose`; others pay all. */
static void find_available(Tile *tile, uint32_t p)
{
    ShortLanes *at = tile->short_lanes;
    ShortParty *party = &tile->short_parties[p];

    for (size_t i = 0; i < at->count; i++) {
        double total = at->total[i], lacking = party->missing[i] - party->net[i], kept = 0;
        double line = at->line[i], has = total - lacking, open = lacking - line;
        bool is_fine = total < MOST_DUE;

        at->left[i] = total;
        at->loose[i] = 0;
        if (!(lacking > 0)) {
            is_fine &= -lacking >= least_left(tile, p, i);
        } else {
            if (is_paid_less(party, i))
                is_fine &=
                    fabs(open) >= MARGIN_CENTS + MARGIN_PART * party->missing[i] &&
                    (open < 0 || find_kept_cents(tile, party, has + line, total, i, &kept)) &&
                    kept <= has + line;
            is_fine &= !(tile->plan->keep_counts[p] && tile->keep[p][at->lanes[i]] > 0);
            party->drawn[i] = open > 0 ? gw_max(0, line - kept) : lacking;
            if (open > 0) {
                at->left[i] = has + line - kept;
                at->loose[i] = party->loose[i] + kept;
                at->is_unpaid[i] = 1;
            }
        }
        if (!is_fine)
            leave_to_clearing(tile, i);
    }
}

/* ---- what it pays --------------------------------------------------------------------------- */

static void pay_ranks(Tile *tile, const ShortParty *party)
{
    ShortLanes *at = tile->short_lanes;
    const ShortSlot *slots = tile->short_slots;
    uint32_t end = party->first + party->count;

    for (uint32_t k = party->first; k < end;) {
        uint32_t rank = slots[k].rank;
        size_t n = 0;

        for (; k < end && slots[k].rank == rank; k++)
            if (!tile->parts[k].is_whole)
                tile->rank_parts[n++] = &tile->parts[k];
        if (n > 0)
            tile->m.kernels->divide(at->count, tile->rank_parts, n, at->left, at->loose);
    }
}

/* Where the party has not defaulted yet, and does not pay all; whether that is so in some lane. */
static bool is_new_to_it(const Tile *tile, uint32_t p)
{
    ShortLanes *at = tile->short_lanes;
    const ShortParty *party = &tile->short_parties[p];
    const double *defaulted = tile_register(tile, tile->plan->code->parties[p].defaulted);
    bool some = false;

    for (size_t i = 0; i < at->n; i++) {
        bool is_new = defaulted[at->lanes[i]] == 0 && party->net[i] < party->missing[i];

        at->is_new[i] = is_new;
        some |= is_new;
    }
    return some;
}

/* Too little of what is overdue puts a party in default, which is for clearing. */
static void look_for_default(Tile *tile, const ShortSlot *slot, const Part *part)
{
    ShortLanes *at = tile->short_lanes;

    for (size_t i = 0; i < at->n; i++)
        if (at->is_new[i] != 0 && part->paid[i] != part->due[i] && at->is_left[i] == 0 &&
            part->paid[i] < tile_overdue(tile, slot->place, at->lanes[i]))
            leave_to_clearing(tile, i);
}

/* What the payee is paid less; if it has been looked at already, or is the payer, money runs in a
 * circle. */
static void pass_on(Tile *tile, const ShortParty *payer, uint32_t payee, const Part *part)
{
    ShortLanes *at = tile->short_lanes;
    ShortParty *to = touch(tile, payee);

    for (size_t i = 0; to->is_divided && i < at->count; i++)
        if (part->paid[i] != part->due[i] || part->over[i] != 0)
            leave_to_clearing(tile, i);
    tile->m.kernels->pass_on(at->count, part, payer->noise, to->missing, to->loose, to->noise);
}

static void divide_party(Tile *tile, uint32_t p)
{
    ShortLanes *at = tile->short_lanes;
    ShortParty *party = touch(tile, p);

    memset(at->total, 0, at->count * sizeof *at->total);
    for (uint32_t k = party->first; k < party->first + party->count; k++) {
        uint32_t slot = tile->lane_slots[tile->short_slots[k].place].slot;

        tile->parts[k].is_whole = !pack(tile, tile->slots[slot].due, tile->parts[k].due);
        if (!tile->parts[k].is_whole)
            tile->m.kernels->add(at->count, at->total, tile->parts[k].due);
    }
    look_at_backing(tile, p);
    find_available(tile, p);
    pay_ranks(tile, party);
    party->is_divided = true;
    bool may_default = is_new_to_it(tile, p);
    for (uint32_t k = party->first; k < party->first + party->count; k++) {
        const ShortSlot *slot = &tile->short_slots[k];
        const Part *part = &tile->parts[k];

        if (part->is_whole)
            continue;
        if (may_default)
            look_for_default(tile, slot, part);
        if (tile->net[slot->payee] != NULL)
            pass_on(tile, party, slot->payee, part);
    }
}

/* The next party to divide what it has: one that no other which may be short pays, if there is one;
 * NO_ID when none is left. */
static uint32_t next_party(Tile *tile)
{
    uint32_t n_parties = (uint32_t)tile->plan->model->parties.count, found = NO_ID;
    uint32_t *doubtful = tile->short_list;
    size_t n = 0;

    for (uint32_t p = 0; p < n_parties; p++) {
        ShortParty *party = &tile->short_parties[p];

        if (!party->is_touched || party->is_divided || !tile->is_payer[p] || !is_doubtful(tile, p))
            continue;
        list_party(tile, p);
        doubtful[n++] = p;
    }
    for (size_t i = 0; i < n && found == NO_ID; i++) {
        bool is_first = true;

        for (size_t j = 0; j < n && is_first; j++)
            is_first = j == i || !pays(tile, doubtful[j], doubtful[i]);
        if (is_first)
            found = doubtful[i];
    }
    return found == NO_ID && n > 0 ? doubtful[0] : found;
}

/* ---- what comes of it ------------------------------------------------------------------------ */

static void draw_lines(Tile *tile, uint32_t party, double drawn, size_t lane)
{
    const Model *model = tile->plan->model;

    for (size_t i = 0; i < model->facilities.count && drawn > 0; i++) {
        if (!is_line(tile, i, party))
            continue;
        double left = left_of(tile, &tile->plan->code->facilities[i], tile->requested[i], lane);
        double part = drawn < left ? drawn : left;

        tile_cleared(tile, model->facilities.items[i].slot)[lane] += part;
        drawn -= part;
    }
}

static void keep_slot(Tile *tile, const ShortSlot *slot, const Part *part)
{
    const ShortLanes *at = tile->short_lanes;
    double *cleared = tile_cleared(tile, tile->lane_slots[slot->place].slot);

    for (size_t i = 0; i < at->n; i++)
        if (at->is_left[i] == 0)
            cleared[at->lanes[i]] = part->paid[i];
}

/* A short party has nothing for reserves and claims on the rest, even if it keeps a cent. */
static void keep_party(Tile *tile, uint32_t p)
{
    const ShortLanes *at = tile->short_lanes;
    const ShortParty *party = &tile->short_parties[p];

    for (size_t i = 0; i < at->n; i++) {
        if (at->is_left[i] != 0)
            continue;
        tile->net[p][at->lanes[i]] = gw_max(0, party->net[i] - party->missing[i]);
        if (party->drawn[i] > 0)
            draw_lines(tile, p, party->drawn[i], at->lanes[i]);
    }
    for (uint32_t k = party->first; party->is_divided && k < party->first + party->count; k++)
        if (!tile->parts[k].is_whole)
            keep_slot(tile, &tile->short_slots[k], &tile->parts[k]);
}

/* Works out the lanes at hand, and marks those that are not for clearing itself. */
static void pay_short_lanes(Tile *tile)
{
    uint32_t n_parties = (uint32_t)tile->plan->model->parties.count;
    ShortLanes *at = tile->short_lanes;

    memset(at->is_left, 0, sizeof at->is_left);
    memset(at->is_unpaid, 0, sizeof at->is_unpaid);
    memset(at->n_lowered, 0, sizeof at->n_lowered);
    memset(at->is_alone, 0, sizeof at->is_alone);
    for (uint32_t p = 0; p < n_parties; p++) {
        tile->short_parties[p].is_touched = tile->short_parties[p].is_divided = false;
        if (tile->is_short[p])
            touch(tile, p);
    }
    for (uint32_t p = next_party(tile); p != NO_ID; p = next_party(tile))
        divide_party(tile, p);
    for (size_t i = 0; i < at->n; i++)
        if (at->is_alone[i] > 0 && at->n_lowered[i] > 1)
            leave_to_clearing(tile, i);
    for (uint32_t p = 0; p < n_parties; p++)
        if (tile->short_parties[p].is_touched)
            keep_party(tile, p);
    for (size_t i = 0; i < at->n; i++) {
        if (at->is_left[i] != 0)
            continue;
        tile->n_short[at->lanes[i]] += at->is_unpaid[i];
        tile->slow[at->lanes[i]] = 0;
    }
}

static size_t fill_lanes(Tile *tile, size_t lane)
{
    ShortLanes *at = tile->short_lanes;

    at->n = 0;
    for (; lane < tile->m.n_lanes && at->n < SHORT_LANES; lane++) {
        at->lanes[at->n] = (uint32_t)lane;
        at->n += tile->slow[lane] != 0;
    }
    at->count = (at->n + GW_LANES - 1) / GW_LANES * GW_LANES;
    for (size_t i = at->n; i < at->count; i++)
        at->lanes[i] = at->lanes[at->n - 1];
    return lane;
}

void tile_pay_short(Tile *tile)
{
    const Plan *plan = tile->plan;

    tile->n_short_slots = 0;
    for (size_t p = 0; p < plan->model->parties.count; p++) {
        tile->short_parties[p].is_listed = false;
        tile->short_parties[p].n_receipts = 0;
    }
    for (size_t i = 0; i < tile->n_active; i++) {
        tile->place_of[tile->active[i]] = (uint32_t)i;
        tile->short_parties[plan->model->slots.items[tile->active[i]].payee].n_receipts += 1;
    }
    for (size_t lane = 0; lane < tile->m.n_lanes;) {
        lane = fill_lanes(tile, lane);
        if (tile->short_lanes->n > 0)
            pay_short_lanes(tile);
    }
    tile->has_slow = (tile->m.kernels->any(tile->m.n_lanes, tile->slow) & FOUND_SOME) != 0;
}
