/* Whether whole cents stay exact: what each book holds and what moves through it in the period must
 * together stay below 2^53 cents, so that no sum on the way rounds. Nearly always sums over all
 * lanes, known already, tell that nothing is near it, or the largest of each slot do; then no lane
 * is looked at. */
#include "run/tile.h"

#include "base/money.h"
#include "maths/maths.h"

#include <math.h>
#include <string.h>

static double sum_lanes(const Tile *tile, const double *x)
{
    double high = 0, low = 0;

    tile->m.kernels->sum_whole(tile->m.n_lanes, x, &high, &low);
    return high + low;
}

/* What falls due is posted twice: when it accrues and when it is paid. */
static void foretell(Tile *tile, uint32_t slot, double cents_of_all_lanes)
{
    const Slot *s = &tile->plan->model->slots.items[slot];

    tile->moved[s->payer] += 2 * cents_of_all_lanes;
    tile->moved[s->payee] += 2 * cents_of_all_lanes;
}

bool tile_may_pass_limit(const Tile *tile, uint32_t party)
{
    return tile->is_large[party] || !(LARGE_BOOK + tile->moved[party] < MONEY_LIMIT);
}

void tile_add_up(Tile *tile, uint32_t party)
{
    const Plan *plan = tile->plan;
    uint32_t first = plan->party_cell_starts[party], end = plan->party_cell_starts[party + 1];

    tile->is_large[party] = false;
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double sum = 0, size = 0;

        for (uint32_t c = first; c < end; c++) {
            double cents = tile_register(tile, plan->party_cells[c])[lane];
            sum += cents;
            size += fabs(cents);
        }
        tile->sum[lane] = sum;
        tile->is_large[party] |= !(size < 2 * LARGE_BOOK);
    }
}

/* ---- one lane ------------------------------------------------------------------------------ */

/* The debit balances of a book, or the credit balances: the same, unless equity is past counting.
 */
static double held_by(const Tile *tile, uint32_t party, size_t lane)
{
    const Plan *plan = tile->plan;
    double debits = 0, credits = 0;

    for (uint32_t c = plan->party_cell_starts[party]; c < plan->party_cell_starts[party + 1]; c++) {
        double cents = tile_register(tile, plan->party_cells[c])[lane];

        debits += gw_max(0, cents);
        credits += gw_max(0, -cents);
    }
    return gw_max(debits, credits);
}

/* What is due by a slot, and what clearing adds to that. */
static double moved_by(const Tile *tile, uint32_t slot, size_t lane, bool is_cleared)
{
    const SlotNow *now = &tile->slots[slot];
    bool is_rest = now->share != NULL, is_outcome = tile->plan->is_outcome_slot[slot];
    double due = is_rest || (is_outcome && !is_cleared) ? 0 : now->due[lane];
    bool may_add = is_cleared && (is_rest || tile->plan->is_facility_slot[slot]);

    return may_add && now->cleared != NULL ? gw_max(due, now->cleared[lane]) : due;
}

static double guaranteed_by(const Tile *tile, uint32_t guarantee, size_t lane)
{
    double cents = 0;

    for (size_t i = 0; i < tile->guaranteed.count; i++)
        if (tile->guaranteed.items[i].guarantee == guarantee &&
            tile->guaranteed.items[i].lane == lane)
            cents += tile->guaranteed.items[i].cents;
    return cents;
}

static double moved_through(const Tile *tile, uint32_t party, size_t lane, bool is_cleared)
{
    const Plan *plan = tile->plan;
    double cents = 0;

    for (uint32_t i = 0; i < plan->model->slots.count; i++) {
        const Slot *slot = &plan->model->slots.items[i];

        if (tile->posting[i] == 0)
            continue;
        cents += slot->payer == party ? moved_by(tile, i, lane, is_cleared) : 0;
        cents += slot->payee == party ? moved_by(tile, i, lane, is_cleared) : 0;
    }
    for (uint32_t i = 0; is_cleared && i < plan->model->guarantees.count; i++) {
        const Guarantee *guarantee = &plan->model->guarantees.items[i];

        if (guarantee->guarantor == party || guarantee->debtor == party)
            cents += guaranteed_by(tile, i, lane);
    }
    return cents;
}

/* The most that moved_by can be in a lane. */
static double most_by(Tile *tile, uint32_t slot, bool is_cleared)
{
    const SlotNow *now = &tile->slots[slot];
    const RunKernels *kernels = tile->m.kernels;
    double due = kernels->largest(tile->m.n_lanes, now->due);

    return is_cleared && now->cleared != NULL
               ? gw_max(due, kernels->largest(tile->m.n_lanes, now->cleared))
               : due;
}

/* Sums over all lanes say more than one lane can hold, most of all where many have arrears: the
 * largest of each slot say it better. */
static bool is_within_limit(Tile *tile, uint32_t party, bool is_cleared)
{
    const Plan *plan = tile->plan;
    uint32_t cash = plan->cash_cells[party];
    double cents = LARGE_BOOK + tile->booked[party];

    for (uint32_t i = plan->entry_starts[cash]; i < plan->entry_starts[cash + 1]; i++)
        if (plan->entries[i].is_paid && tile->posting[plan->entries[i].slot] != 0)
            cents += 2 * most_by(tile, plan->entries[i].slot, is_cleared);
    return !tile->is_large[party] && cents < MONEY_LIMIT;
}

static void look_at_books(Tile *tile, bool is_cleared)
{
    const Model *model = tile->plan->model;

    for (uint32_t p = 0; p < model->parties.count; p++) {
        if (!tile_may_pass_limit(tile, p) || is_within_limit(tile, p, is_cleared))
            continue;
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
            if (tile->alive[lane] == 0)
                continue;
            double cents = held_by(tile, p, lane) + 2 * moved_through(tile, p, lane, is_cleared);
            if (cents < MONEY_LIMIT)
                continue;
            tile_fail_at(tile, lane, FAILED_PARTY, p, cents / model->minor_per_unit);
            if (is_cleared)
                tile_forgive(tile, lane);
        }
    }
}

/* ---- before clearing, and after it ---------------------------------------------------------- */

static void look_at_due(Tile *tile, uint32_t slot, SlotNow *now)
{
    if (!now->has_arrears && isnan(now->fresh_sum)) {
        now->due_sum = sum_lanes(tile, now->fresh);
        if (now->due_sum < MONEY_LIMIT)
            now->fresh_sum = now->due_sum;
    } else if (!now->has_arrears) {
        now->due_sum = now->fresh_sum;
    }
    for (size_t lane = 0; !(now->due_sum < MONEY_LIMIT) && lane < tile->m.n_lanes; lane++)
        if (!(now->due[lane] < MONEY_LIMIT))
            tile_fail(tile, lane, FAILED_SLOT, slot);
}

void tile_look_at_dues(Tile *tile)
{
    memcpy(tile->booked, tile->moved, tile->plan->model->parties.count * sizeof *tile->booked);
    for (size_t i = 0; i < tile->n_active; i++) {
        uint32_t slot = tile->active[i];
        SlotNow *now = &tile->slots[slot];

        look_at_due(tile, slot, now);
        foretell(tile, slot, now->due_sum);
    }
    look_at_books(tile, false);
}

void tile_look_at_outcomes(Tile *tile)
{
    const Plan *plan = tile->plan;
    bool some = tile->guaranteed.count > 0;

    for (size_t i = 0; i < tile->n_active; i++) {
        uint32_t slot = tile->active[i];
        const SlotNow *now = &tile->slots[slot];
        const double *cents = plan->is_outcome_slot[slot] ? now->due : now->cleared;

        if ((!plan->is_outcome_slot[slot] && !plan->is_facility_slot[slot] && now->share == NULL) ||
            cents == NULL)
            continue;
        foretell(tile, slot, sum_lanes(tile, cents));
        some = true;
    }
    for (size_t i = 0; i < tile->guaranteed.count; i++) {
        const Guaranteed *made = &tile->guaranteed.items[i];
        const Guarantee *guarantee = &plan->model->guarantees.items[made->guarantee];

        tile->moved[guarantee->guarantor] += 2 * made->cents;
        tile->moved[guarantee->debtor] += 2 * made->cents;
        tile->booked[guarantee->guarantor] += 2 * made->cents;
        tile->booked[guarantee->debtor] += 2 * made->cents;
    }
    if (some)
        look_at_books(tile, true);
}
