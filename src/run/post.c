/* Phase 6: what fell due and what was paid, in both books; arrears; what payments raise and lower.
 *
 * Balances are kept debit positive, in whole cents, so a book balances when its registers sum to
 * zero, and the order of postings does not matter. */
#include "run/tile.h"

#include "maths/maths.h"
#include "run/lane.h"

#include <math.h>
#include <string.h>

static double *cell(const Tile *tile, uint32_t party, uint32_t account)
{
    return tile_register(
        tile, tile->plan->code->cells[party * tile->plan->model->accounts.count + account]);
}

/* ---- slots -------------------------------------------------------------------------------- */

/* In a tile where all is paid, what a slot paid is what it owed: the arrays are shared. */
static void state_payment(Tile *tile, uint32_t slot)
{
    const Plan *plan = tile->plan;
    SlotNow *now = &tile->slots[slot];

    if (now->cleared == NULL)
        now->cleared = now->due;
    now->paid = now->cleared;
    now->accrued = now->fresh;
    if (plan->model->slots.items[slot].is_rest || plan->is_facility_slot[slot])
        now->accrued = now->cleared;
    if (now->accrued == now->paid)
        return;
    tile->posting[slot] = 2;
    tile->is_unsettled = true;
}

/* What active slots post to one register: debits, then credits. */
static void list_postings(Tile *tile, uint32_t cell, Postings *to, const double ***cents)
{
    const Plan *plan = tile->plan;
    uint32_t counts[2] = {0};
    bool is_idle = !tile->is_unsettled && plan->is_settlement_cell[cell];
    uint32_t end = plan->entry_starts[is_idle ? cell : cell + 1];

    for (uint32_t i = plan->entry_starts[cell]; i < end; i++) {
        const CellEntry *entry = &plan->entries[i];
        const SlotNow *now = &tile->slots[entry->slot];

        if (tile->posting[entry->slot] <= entry->is_settlement)
            continue;
        *(*cents)++ = entry->is_paid ? now->paid : now->accrued;
        counts[entry->is_credit]++;
    }
    *to = (Postings){tile_register(tile, plan->party_cells[cell]), counts[false], counts[true]};
}

/* The books that something is posted to, or was: by rules, guarantees or faults. In the first
 * period all, for their openings. */
static size_t list_books(Tile *tile)
{
    const Plan *plan = tile->plan;
    const double **cents = tile->cents;
    size_t n_books = 0;

    for (uint32_t p = 0; p < plan->model->parties.count; p++) {
        uint32_t first = plan->party_cell_starts[p], end = plan->party_cell_starts[p + 1];
        Book *book = &tile->books[n_books];

        *book = (Book){
            .party = p, .n_cells = end - first, .cells = tile->postings + first, .cents = cents};
        for (uint32_t c = first; c < end; c++)
            list_postings(tile, c, &tile->postings[c], &cents);
        if (cents != book->cents || tile->is_party_touched[p] || tile->m.clock.period == 0)
            n_books++;
        tile->is_party_touched[p] = false;
    }
    return n_books;
}

/* A book that is out of balance is counted in every period until it is not. */
static void count_faults(Tile *tile, const Book *book)
{
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double sum = 0;

        for (size_t c = 0; c < book->n_cells; c++)
            sum += book->cells[c].cell[lane];
        if (sum == 0 || tile->alive[lane] == 0)
            continue;
        tile->n_faults[lane] += 1;
        tile->is_party_touched[book->party] = true;
    }
}

static void post_books(Tile *tile, size_t n_books)
{
    tile->m.kernels->post_books(tile->m.n_lanes, tile->books, n_books);
    for (size_t i = 0; i < n_books; i++) {
        const Book *book = &tile->books[i];

        tile->is_large[book->party] = (book->found & FOUND_FAULT) != 0;
        if (book->found & FOUND_SOME)
            count_faults(tile, book);
    }
}

static void update_arrears(Tile *tile, uint32_t id)
{
    const Plan *plan = tile->plan;
    const Slot *slot = &plan->model->slots.items[id];
    const SlotNow *now = &tile->slots[id];

    if (slot->is_rest || plan->is_facility_slot[id] ||
        (!now->has_arrears && now->cleared == now->due))
        return;
    tile->has_arrears[id] =
        (tile->m.kernels->leave(tile->m.n_lanes, now->due, now->cleared,
                                tile_register(tile, plan->code->slot_arrears[id]),
                                tile_register(tile, plan->code->parties[slot->payer].unpaid)) &
         FOUND_SOME) != 0;
}

/* Arrears are what fell due last: while there are any, that is kept as long as the grace lasts. */
static void keep_dues(Tile *tile, uint32_t id)
{
    const size_t *row_starts = tile->plan->due_row_starts;

    if (tile->has_arrears[id] && row_starts[id] < row_starts[id + 1])
        memcpy(tile_due_row(tile, id, tile->m.clock.period), tile->slots[id].accrued,
               tile->m.n_lanes * sizeof *tile->due_rows);
}

/* ---- what only short lanes have ------------------------------------------------------------ */

static void touch_guaranteed(Tile *tile, const Guaranteed *made)
{
    const Guarantee *guarantee = &tile->plan->model->guarantees.items[made->guarantee];

    tile->is_party_touched[guarantee->debtor] = tile->is_party_touched[guarantee->guarantor] = true;
}

/* g of what a slot was paid came from the guarantor, who has a claim on the debtor instead. What is
 * posted for the slots is listed before, without it. */
static void post_guaranteed(Tile *tile, const Guaranteed *made)
{
    const Plan *plan = tile->plan;
    const Model *model = plan->model;
    const Guarantee *guarantee = &model->guarantees.items[made->guarantee];
    SlotNow *pays = &tile->slots[guarantee->pays.items[made->covered]];
    uint32_t recourse = guarantee->recourse.items[made->covered];
    size_t lane = made->lane;
    double g = made->cents;

    tile->slots[guarantee->covered.items[made->covered]].paid[lane] -= g;
    pays->accrued[lane] += g;
    pays->paid[lane] += g;
    cell(tile, guarantee->debtor, model->cash)[lane] += g;
    cell(tile, guarantee->debtor, model->payables)[lane] -= g;
    cell(tile, guarantee->guarantor, model->receivables)[lane] += g;
    cell(tile, guarantee->guarantor, model->cash)[lane] -= g;
    tile_register(tile, plan->code->slot_arrears[recourse])[lane] += g;
    tile_register(tile, plan->code->parties[guarantee->debtor].unpaid)[lane] += g;
    tile->slots[recourse].accrued[lane] += g;
    tile->has_arrears[recourse] = true;
}

/* Slots that guarantees touch have arrays of their own for what was paid and what accrued. */
static void unshare(Tile *tile, double **lanes)
{
    double *copy = tile_take(tile);

    memcpy(copy, *lanes, tile->m.n_lanes * sizeof *copy);
    *lanes = copy;
}

static void unshare_guaranteed(Tile *tile)
{
    const Model *model = tile->plan->model;

    for (size_t i = 0; i < model->guarantees.count; i++) {
        const Guarantee *guarantee = &model->guarantees.items[i];

        for (size_t j = 0; j < guarantee->covered.count; j++) {
            SlotNow *covered = &tile->slots[guarantee->covered.items[j]];
            SlotNow *pays = &tile->slots[guarantee->pays.items[j]];
            SlotNow *recourse = &tile->slots[guarantee->recourse.items[j]];

            if (recourse->accrued == recourse->fresh)
                unshare(tile, &recourse->accrued);
            if (covered->paid == covered->cleared)
                unshare(tile, &covered->paid);
            unshare(tile, &pays->accrued);
            unshare(tile, &pays->paid);
        }
    }
}

/* ---- what follows payments ------------------------------------------------------------------ */

static void raise(Tile *tile, uint32_t stock, const double *cents, double sign)
{
    double minor = tile->plan->model->minor_per_unit;

    if (stock == NO_ID || cents == NULL)
        return;
    if (sign > 0 && tile->lumps[stock] != LUMP_BEGUN) {
        tile->lumps[stock] = LUMP_BEGUN;
        tile->m.kernels->to_money(tile->m.n_lanes,
                                  tile_register(tile, tile->plan->code->stocks[stock].lump), cents,
                                  minor);
    } else if (sign > 0) {
        tile->m.kernels->add_money(tile->m.n_lanes, tile_lump(tile, stock), cents, minor);
    } else {
        tile->m.kernels->subtract_money(tile->m.n_lanes, tile_lump(tile, stock), cents, minor);
    }
}

static void raise_by_guarantee(Tile *tile, uint32_t i)
{
    const Guarantee *guarantee = &tile->plan->model->guarantees.items[i];
    double *paid = NULL;

    if (guarantee->raises == NO_ID)
        return;
    for (size_t j = 0; j < tile->guaranteed.count; j++) {
        const Guaranteed *made = &tile->guaranteed.items[j];
        if (made->guarantee != i)
            continue;
        if (paid == NULL)
            paid = tile_take(tile);
        paid[made->lane] += made->cents;
    }
    raise(tile, guarantee->raises, paid, 1);
}

/* Lumps that nothing was added to in this period. */
static void empty_lumps(Tile *tile)
{
    for (uint32_t i = 0; i < tile->plan->model->stocks.count; i++)
        if (tile->lumps[i] == LUMP_OF_BEFORE) {
            (void)tile_lump(tile, i);
            tile->lumps[i] = LUMP_EMPTY;
        }
}

static void gather_payments(Tile *tile)
{
    const Model *model = tile->plan->model;

    for (size_t i = 0; i < tile->n_active; i++) {
        const Slot *slot = &model->slots.items[tile->active[i]];
        const SlotNow *now = &tile->slots[tile->active[i]];

        raise(tile, slot->raises, now->cleared, 1);
        raise(tile, slot->lowers, now->cleared, -1);
    }
    for (size_t i = 0; i < model->facilities.count; i++) {
        const SlotNow *now = &tile->slots[model->facilities.items[i].slot];

        if (now->fresh == NULL)
            continue;
        tile->m.kernels->add(tile->m.n_lanes,
                             tile_register(tile, tile->plan->code->facilities[i].drawn),
                             now->cleared);
        raise(tile, model->facilities.items[i].raises, now->cleared, 1);
    }
    for (uint32_t i = 0; i < model->guarantees.count; i++)
        raise_by_guarantee(tile, i);
}

static void read_payments(Tile *tile)
{
    const Plan *plan = tile->plan;
    const Code *code = plan->code;

    for (size_t r = 0; r < code->n_readers; r++) {
        double *state = tile_register(tile, code->readers[r].state);
        bool some = false;

        for (uint32_t i = plan->reader_starts[r]; i < plan->reader_starts[r + 1]; i++) {
            const SlotNow *now = &tile->slots[plan->reader_slots[i]];

            if (tile->posting[plan->reader_slots[i]] == 0)
                continue;
            if (some)
                tile->m.kernels->add(tile->m.n_lanes, state, now->paid);
            else
                memcpy(state, now->paid, tile->m.n_lanes * sizeof *state);
            some = true;
        }
        if (!some && tile->is_reader_dirty[r])
            memset(state, 0, tile->m.n_lanes * sizeof *state);
        tile->is_reader_dirty[r] = some;
    }
}

/* ---- flows ----------------------------------------------------------------------------- */

static void add_whole(WholeSum *sum, double high, double low)
{
    const double shifter = 0x1.8p92;

    low += sum->low;
    double carried = (low + shifter) - shifter;
    sum->high += high + carried;
    sum->low = low - carried;
}

static void sum_flows(Tile *tile)
{
    size_t n_slots = tile->plan->model->slots.count;

    for (size_t i = 0; i < tile->n_active; i++) {
        const SlotNow *now = &tile->slots[tile->active[i]];
        size_t at = tile->m.clock.period * n_slots + tile->active[i];

        double high = 0;
        double low = now->fresh_sum;

        if (now->accrued != now->fresh || isnan(low))
            tile->m.kernels->sum_whole(tile->m.n_lanes, now->accrued, &high, &low);
        add_whole(&tile->flow_due[at], high, low);
        if (now->paid != now->accrued)
            tile->m.kernels->sum_whole(tile->m.n_lanes, now->paid, &high, &low);
        add_whole(&tile->flow_paid[at], high, low);
    }
}

void tile_post(Tile *tile)
{
    size_t n_books = 0;

    tile->is_unsettled = false;
    for (size_t i = 0; i < tile->n_active; i++)
        state_payment(tile, tile->active[i]);
    for (size_t i = 0; i < tile->n_active; i++)
        update_arrears(tile, tile->active[i]);
    for (size_t i = 0; i < tile->guaranteed.count; i++)
        touch_guaranteed(tile, &tile->guaranteed.items[i]);
    n_books = list_books(tile);
    if (tile->guaranteed.count > 0) {
        unshare_guaranteed(tile);
        for (size_t i = 0; i < tile->guaranteed.count; i++)
            post_guaranteed(tile, &tile->guaranteed.items[i]);
    }
    post_books(tile, n_books);
    for (size_t i = 0; i < tile->n_active; i++)
        keep_dues(tile, tile->active[i]);
    gather_payments(tile);
    empty_lumps(tile);
    read_payments(tile);
    if (tile->flow_due != NULL)
        sum_flows(tile);
}
