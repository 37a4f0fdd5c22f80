/* A tile's memory, and its periods one after another. */
#include "run/tile.h"

#include "base/money.h"
#include "ledger/composition.h"
#include "maths/maths.h"
#include "run/lane.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- memory ------------------------------------------------------------------------------- */

static void init_short(Tile *tile, Arena *arena)
{
    const Model *model = tile->plan->model;
    double *lanes = ARENA_ARRAY(
        arena, double, (5 * model->parties.count + 3 * model->slots.count + 1) * SHORT_LANES);

    tile->short_lanes = ARENA_NEW(arena, ShortLanes);
    tile->short_parties = ARENA_ARRAY(arena, ShortParty, model->parties.count + 1);
    tile->parts = ARENA_ARRAY(arena, Part, model->slots.count + 1);
    tile->rank_parts = ARENA_ARRAY(arena, Part *, model->slots.count + 1);
    for (size_t p = 0; p < model->parties.count; p++, lanes += 5 * SHORT_LANES)
        tile->short_parties[p] = (ShortParty){.net = lanes,
                                              .missing = lanes + SHORT_LANES,
                                              .loose = lanes + 2 * SHORT_LANES,
                                              .noise = lanes + 3 * SHORT_LANES,
                                              .drawn = lanes + 4 * SHORT_LANES};
    for (size_t i = 0; i < model->slots.count; i++, lanes += 3 * SHORT_LANES)
        tile->parts[i] =
            (Part){.due = lanes, .paid = lanes + SHORT_LANES, .over = lanes + 2 * SHORT_LANES};
}

static void init_clearing(Tile *tile, Arena *arena)
{
    const Model *model = tile->plan->model;
    size_t n_parties = model->parties.count + 1;
    size_t n_slots = model->slots.count + 1;
    size_t n_reserves = model->reserves.count + 1;
    size_t n_supports = tile->plan->n_supports + 1;

    tile->workspace = arena_alloc(arena, clearing_workspace_size(tile->plan->clearing) + 64);
    tile->selection = arena_alloc(arena, clearing_selection_size(tile->plan->clearing) + 64);
    tile->lane_slots = ARENA_ARRAY(arena, LaneSlot, n_slots);
    tile->short_slots = ARENA_ARRAY(arena, ShortSlot, n_slots);
    init_short(tile, arena);
    tile->short_list = ARENA_ARRAY(arena, uint32_t, n_parties);
    tile->place_of = ARENA_ARRAY(arena, uint32_t, n_slots);
    tile->is_wanted = ARENA_ARRAY(arena, bool, n_slots);
    tile->in_cash = ARENA_ARRAY(arena, double, n_parties);
    tile->in_due = ARENA_ARRAY(arena, double, n_slots);
    tile->in_share = ARENA_ARRAY(arena, double, n_slots);
    tile->in_keep = ARENA_ARRAY(arena, double, n_parties);
    tile->in_loss_cash = ARENA_ARRAY(arena, double, n_parties);
    tile->in_loss_claims = ARENA_ARRAY(arena, double, n_parties);
    tile->in_limit = ARENA_ARRAY(arena, double, n_supports);
    tile->in_balance = ARENA_ARRAY(arena, double, n_reserves);
    tile->in_target = ARENA_ARRAY(arena, double, n_reserves);
    tile->in_keep_rank = ARENA_ARRAY(arena, uint32_t, n_parties);
    tile->in_overdue = ARENA_ARRAY(arena, double, n_slots);
    tile->in_defaulted = ARENA_ARRAY(arena, uint8_t, n_parties);
    tile->lane_paid = ARENA_ARRAY(arena, double, n_slots);
    tile->lane_scratch = ARENA_ARRAY(arena, double, 3 * n_slots);
    tile->input = (ClearingInput){.cash = tile->in_cash,
                                  .due = tile->in_due,
                                  .rest_share = tile->in_share,
                                  .keep = tile->in_keep,
                                  .keep_rank = tile->in_keep_rank,
                                  .overdue = tile->in_overdue,
                                  .already_defaulted = tile->in_defaulted,
                                  .loss_of_cash = tile->in_loss_cash,
                                  .loss_of_claims = tile->in_loss_claims,
                                  .support_limit = tile->in_limit,
                                  .reserve_balance = tile->in_balance,
                                  .reserve_target = tile->in_target};
    tile->output = (ClearingOutput){.paid = ARENA_ARRAY(arena, double, n_slots),
                                    .default_now = ARENA_ARRAY(arena, uint8_t, n_parties),
                                    .loss = ARENA_ARRAY(arena, double, n_parties),
                                    .support_paid = ARENA_ARRAY(arena, double, n_supports),
                                    .reserve_released = ARENA_ARRAY(arena, double, n_reserves),
                                    .reserve_filled = ARENA_ARRAY(arena, double, n_reserves),
                                    .reserve_freed = ARENA_ARRAY(arena, double, n_reserves),
                                    .cash = ARENA_ARRAY(arena, double, n_parties)};
    for (size_t i = 0; i < model->slots.count; i++)
        tile->in_due[i] = model->slots.items[i].is_rest ? CLEARING_NO_CAP : 0;
    for (size_t i = 0; i < model->parties.count; i++) {
        uint32_t rank = model->parties.items[i].keep_rank;
        tile->in_keep_rank[i] =
            rank >= model->ranks.count ? (uint32_t)CLEARING_KEEP_FROM_REST : rank;
    }
}

static void init_period(Tile *tile, Arena *arena)
{
    const Model *model = tile->plan->model;
    uint32_t n_cells = tile->plan->party_cell_starts[model->parties.count];

    /* fresh, due, cleared, accrued, paid of every slot, and what parties and stocks take */
    tile->pool_size = 8 * model->slots.count + 6 * model->parties.count + 2 * model->stocks.count +
                      model->facilities.count + 8 * model->rules.count + 16;
    tile->pool = ARENA_ARRAY_UNSET(arena, double, tile->pool_size * tile->m.width);
    tile->slots = ARENA_ARRAY(arena, SlotNow, model->slots.count + 1);
    tile->active = ARENA_ARRAY(arena, uint32_t, model->slots.count + 1);
    tile->has_arrears = ARENA_ARRAY(arena, bool, model->slots.count + 1);
    tile->posting = ARENA_ARRAY(arena, uint8_t, model->slots.count + 1);
    tile->due_rows = ARENA_ARRAY_UNSET(
        arena, double, tile->plan->due_row_starts[model->slots.count] * tile->m.width + 1);
    tile->lumps = ARENA_ARRAY(arena, LumpState, model->stocks.count + 1);
    tile->is_reader_dirty = ARENA_ARRAY(arena, bool, tile->plan->code->n_readers + 1);
    tile->is_party_touched = ARENA_ARRAY(arena, bool, model->parties.count + 1);
    tile->books = ARENA_ARRAY(arena, Book, model->parties.count + 1);
    tile->nets = ARENA_ARRAY(arena, Net, model->parties.count + 1);
    tile->postings = ARENA_ARRAY(arena, Postings, n_cells + 1);
    tile->cents = (const double **)arena_array(
        arena, tile->plan->entry_starts[n_cells] + model->reserves.count + 1, sizeof *tile->cents);
    tile->sets = ARENA_ARRAY(arena, double *, model->stocks.count + 1);
    tile->set_masks = ARENA_ARRAY(arena, double *, model->stocks.count + 1);
    tile->is_ended = ARENA_ARRAY(arena, bool, model->contracts.count + 1);
    tile->requested = ARENA_ARRAY(arena, double *, model->facilities.count + 1);
    tile->net = ARENA_ARRAY(arena, double *, model->parties.count + 1);
    tile->keep = ARENA_ARRAY(arena, double *, model->parties.count + 1);
    tile->rest_group = ARENA_ARRAY(arena, uint32_t, model->slots.count + 1);
    tile->is_payer = ARENA_ARRAY(arena, bool, model->parties.count + 1);
    tile->is_short = ARENA_ARRAY(arena, bool, model->parties.count + 1);
    tile->is_large = ARENA_ARRAY(arena, bool, model->parties.count + 1);
    tile->moved = ARENA_ARRAY(arena, double, model->parties.count + 1);
    tile->booked = ARENA_ARRAY(arena, double, model->parties.count + 1);
    tile->losses = ARENA_ARRAY(arena, double *, model->parties.count + 1);
    tile->cash_before = ARENA_ARRAY(arena, double *, model->parties.count + 1);
    tile->default_now = ARENA_ARRAY(arena, double *, model->parties.count + 1);
}

/* Room for all that guarantees can pay in one period: nothing grows while threads run. */
static void init_guaranteed(Tile *tile, Arena *arena)
{
    const Model *model = tile->plan->model;
    size_t n = 0;

    for (size_t i = 0; i < model->guarantees.count; i++)
        n += model->guarantees.items[i].covered.count;
    tile->guaranteed.capacity = n * tile->m.n_lanes;
    tile->guaranteed.items = ARENA_ARRAY(arena, Guaranteed, n * tile->m.n_lanes + 1);
}

static void init_rings(Tile *tile, Arena *arena)
{
    const Model *model = tile->plan->model;
    uint32_t n = 0;

    tile->ring_slot_starts = ARENA_ARRAY(arena, uint32_t, model->rings.count + 1);
    for (size_t i = 0; i < model->rings.count; i++) {
        tile->ring_slot_starts[i] = n;
        n += model->rings.items[i].n_slots;
    }
    tile->ring_slots = ARENA_ARRAY(arena, bool, n + 1u);
}

void tile_init(Tile *tile, Arena *arena, const Plan *plan, size_t n_blocks)
{
    size_t n_lanes = n_blocks * GW_LANES;

    tile->plan = plan;
    tile->arena = arena;
    tile->n_blocks = n_blocks;
    tile->m.kernels = plan->kernels;
    tile->m.maths = plan->maths;
    tile->m.seed = plan->seed;
    machine_init(&tile->m, arena, plan->code, plan->model, HOME_TILE, n_blocks, &plan->constants);
    tile->alive = ARENA_ARRAY(arena, double, n_lanes);
    tile->mask = ARENA_ARRAY(arena, double, n_lanes);
    tile->slow = ARENA_ARRAY(arena, double, n_lanes);
    tile->sum = ARENA_ARRAY(arena, double, n_lanes);
    tile->n_short = ARENA_ARRAY(arena, double, n_lanes);
    tile->n_faults = ARENA_ARRAY(arena, double, n_lanes);
    tile->failures = ARENA_ARRAY(arena, LaneFailure, n_lanes);
    tile->infinity = ARENA_ARRAY(arena, double, GW_LANES);
    tile->zeros = ARENA_ARRAY(arena, double, GW_LANES);
    for (size_t i = 0; i < GW_LANES; i++)
        tile->infinity[i] = GW_INFINITY;
    tile->m.alive = tile->alive;
    init_period(tile, arena);
    init_guaranteed(tile, arena);
    init_rings(tile, arena);
    init_clearing(tile, arena);
    tile_who_init(tile, arena);
}

void tile_keep_flows(Tile *tile, Arena *arena)
{
    size_t n = tile->plan->model->slots.count * tile->plan->model->n_periods;

    tile->flow_due = ARENA_ARRAY(arena, WholeSum, n + 1);
    tile->flow_paid = ARENA_ARRAY(arena, WholeSum, n + 1);
}

double *tile_take_unset(Tile *tile)
{
    assert(tile->pool_next < tile->pool_size && "init_period counts every taker");
    return tile->pool + tile->pool_next++ * tile->m.width;
}

double *tile_take(Tile *tile)
{
    return memset(tile_take_unset(tile), 0, tile->m.n_lanes * sizeof(double));
}

double *tile_lump(Tile *tile, uint32_t stock)
{
    double *lump = tile_register(tile, tile->plan->code->stocks[stock].lump);

    if (tile->lumps[stock] == LUMP_OF_BEFORE)
        memset(lump, 0, tile->m.n_lanes * sizeof *lump);
    tile->lumps[stock] = LUMP_BEGUN;
    return lump;
}

/* ---- failure ------------------------------------------------------------------------------ */

void tile_fail(Tile *tile, size_t lane, FailedKind kind, uint32_t index)
{
    tile_fail_at(tile, lane, kind, index, GW_NAN);
}

void tile_fail_at(Tile *tile, size_t lane, FailedKind kind, uint32_t index, double number)
{
    if (tile->alive[lane] == 0)
        return;
    tile->alive[lane] = 0;
    tile->n_alive--;
    tile->has_died = true;
    tile->failures[lane] = (LaneFailure){kind, index, tile->m.clock.period, number};
    for (size_t i = 0; i < tile->plan->model->slots.count; i++)
        if (tile->has_arrears[i])
            tile_register(tile, tile->plan->code->slot_arrears[i])[lane] = 0;
}

void tile_fail_nan(Tile *tile, Lanes x, FailedKind kind, uint32_t index)
{
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++)
        if (isnan(lanes_at(x, lane)))
            tile_fail(tile, lane, kind, index);
}

/* ---- start of a path ---------------------------------------------------------------------- */

/* What failed as the paths start is acted on after phase 3 of the first period. */
static void fail_at_start(Tile *tile, size_t lane, FailedKind kind, uint32_t index)
{
    if (tile->alive[lane] != 0 && tile->failures[lane].kind == FAILED_NOT)
        tile->failures[lane] = (LaneFailure){kind, index, 0, GW_NAN};
}

static void post_opening(Tile *tile, uint32_t p, size_t i)
{
    const Model *model = tile->plan->model;
    const Code *code = tile->plan->code;
    const Opening *opening = &model->parties.items[p].openings.items[i];
    Lanes amount = tile_lanes(tile, code->parties[p].openings[i]);
    AccountType type = model->accounts.items[opening->account].type;
    double sign = type == ACCOUNT_ASSET || type == ACCOUNT_EXPENSE ? 1 : -1;
    double *cell = tile_register(tile, code->cells[p * model->accounts.count + opening->account]);
    double *other = NULL;
    double other_sign = 1;

    if (opening->against != NO_ID) {
        AccountType other_type = model->accounts.items[opening->against_account].type;
        other = tile_register(
            tile, code->cells[opening->against * model->accounts.count + opening->against_account]);
        other_sign = other_type == ACCOUNT_ASSET || other_type == ACCOUNT_EXPENSE ? 1 : -1;
    }
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double exact = lanes_at(amount, lane) * model->minor_per_unit;
        if (!(fabs(exact) < WHOLE_LIMIT)) {
            fail_at_start(tile, lane, FAILED_PARTY, p);
            continue;
        }
        cell[lane] += sign * round_to_even(exact);
        if (other != NULL)
            other[lane] += other_sign * round_to_even(exact);
        if (!money_is_exact(cell[lane]) || (other != NULL && !money_is_exact(other[lane])))
            fail_at_start(tile, lane, FAILED_PARTY, p);
    }
}

static void balance_opening(Tile *tile, uint32_t p)
{
    const Plan *plan = tile->plan;
    const Model *model = plan->model;
    double *equity =
        tile_register(tile, plan->code->cells[p * model->accounts.count + model->opening_equity]);

    tile_add_up(tile, p);
    tile->m.kernels->subtract(tile->m.n_lanes, equity, tile->sum);
    tile_add_up(tile, p);
}

static void open_books(Tile *tile)
{
    const Model *model = tile->plan->model;

    for (uint32_t p = 0; p < model->parties.count; p++)
        for (size_t i = 0; i < model->parties.items[p].openings.count; i++)
            post_opening(tile, p, i);
    for (uint32_t p = 0; p < model->parties.count; p++)
        balance_opening(tile, p);
    for (uint32_t i = 0; i < model->reserves.count; i++) {
        const ReserveCode *code = &tile->plan->code->reserves[i];
        double *balance = tile_register(tile, code->balance);

        if (code->opening == REF_NONE)
            continue;
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
            double exact = lanes_at(tile_lanes(tile, code->opening), lane) * model->minor_per_unit;
            if (!(fabs(exact) < WHOLE_LIMIT))
                fail_at_start(tile, lane, FAILED_RESERVE, i);
            else
                balance[lane] = gw_max(0, round_to_even(exact));
        }
    }
}

/* Slot k, as the first period opens, is in register k mod n. */
static void start_rings(Tile *tile)
{
    const Model *model = tile->plan->model;

    for (uint32_t i = 0; i < model->rings.count; i++) {
        const Ring *ring = &model->rings.items[i];
        const RingCode *code = &tile->plan->code->rings[i];
        bool *may_hold = tile->ring_slots + tile->ring_slot_starts[i];

        assert(ring->n_slots > 0 && "model/ gives every ring a slot");
        for (uint32_t k = 0; k < ring->n_slots; k++) {
            memset(tile_register(tile, code->memory + k), 0,
                   tile->m.n_lanes * sizeof *tile->m.registers);
            may_hold[k] = false;
        }
        if (code->initial == REF_NONE)
            continue;
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
            double amount = lanes_at(tile_lanes(tile, code->initial), lane);
            if (amount == 0)
                continue;
            double periods =
                lanes_at(tile_lanes(tile, code->initial_lead), lane) / step_months(model->step);
            double k = gw_max(1, gw_floor(periods + 0.5));
            if (!isfinite(amount) || !(k <= ring->n_slots)) {
                fail_at_start(tile, lane, FAILED_RING, i);
                continue;
            }
            uint32_t at = (uint32_t)k % ring->n_slots;
            tile_register(tile, code->memory + at)[lane] += amount;
            may_hold[at] = true;
        }
    }
}

static void start_stocks(Tile *tile)
{
    const Model *model = tile->plan->model;

    for (uint32_t i = 0; i < model->stocks.count; i++) {
        const double *opening = tile_register(tile, tile->plan->code->stocks[i].state);
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++)
            if (!isfinite(opening[lane]))
                fail_at_start(tile, lane, FAILED_STOCK, i);
    }
}

static void start(Tile *tile)
{
    const Model *model = tile->plan->model;

    memset(tile->failures, 0, tile->m.n_lanes * sizeof *tile->failures);
    memset(tile->has_arrears, 0, model->slots.count * sizeof *tile->has_arrears);
    memset(tile->lumps, 0, model->stocks.count * sizeof *tile->lumps);
    memset(tile->is_reader_dirty, 0, tile->plan->code->n_readers * sizeof *tile->is_reader_dirty);
    memset(tile->n_short, 0, tile->m.n_lanes * sizeof *tile->n_short);
    memset(tile->n_faults, 0, tile->m.n_lanes * sizeof *tile->n_faults);
    machine_set_period(&tile->m, 0);
    machine_run(&tile->m, SECTION_PATH);
    machine_start_states(&tile->m);
    start_stocks(tile);
    open_books(tile);
    start_rings(tile);
    tile_who_start(tile);
    if (tile->result == NULL)
        return;
    for (size_t i = 0; i < model->checks.count; i++) {
        for (size_t lane = 0; lane < tile->n_valid; lane++) {
            size_t at = i * tile->result->n_paths + tile->first_index + lane;
            tile->result->held[at] = 1;
            tile->result->worst_cover[at] = GW_INFINITY;
        }
    }
}

/* ---- periods ------------------------------------------------------------------------------ */

static void open_period(Tile *tile, uint32_t period)
{
    const Plan *plan = tile->plan;
    const Model *model = plan->model;
    const double *numbers = plan->periods + (size_t)period * plan->code->n_exports;

    machine_set_period(&tile->m, period);
    for (uint32_t i = 0; i < plan->code->n_exports; i++)
        for (size_t lane = 0; lane < GW_LANES; lane++)
            tile->m.exports[i * (size_t)GW_LANES + lane] = numbers[i];
    for (size_t i = 0; i < tile->n_active; i++) {
        tile->slots[tile->active[i]] = (SlotNow){0};
        tile->posting[tile->active[i]] = 0;
    }
    tile->n_active = 0;
    tile->pool_next = 0;
    tile->has_died = false;
    for (size_t i = 0; i < model->stocks.count; i++) {
        tile->sets[i] = tile->set_masks[i] = NULL;
        if (tile->lumps[i] == LUMP_BEGUN)
            tile->lumps[i] = LUMP_OF_BEFORE;
    }
    for (size_t i = 0; i < model->facilities.count; i++)
        tile->requested[i] = NULL;
    memset(tile->moved, 0, model->parties.count * sizeof *tile->moved);
}

static void end_phase(Tile *tile, Phase phase)
{
    if (tile->m.ticks == NULL)
        return;
    uint64_t now = run_ticks();
    tile->phase_ticks[phase] += now - tile->last_tick;
    tile->last_tick = now;
}

static void run_period(Tile *tile, uint32_t period)
{
    open_period(tile, period);
    end_phase(tile, PHASE_OPENING);
    machine_run(&tile->m, SECTION_STEP);
    if (period == 0) {
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
            LaneFailure failure = tile->failures[lane];
            if (failure.kind != FAILED_NOT)
                tile_fail(tile, lane, failure.kind, failure.index);
        }
    }
    end_phase(tile, PHASE_FORMULAS);
    tile_rules(tile);
    end_phase(tile, PHASE_RULES);
    tile_clear(tile);
    end_phase(tile, PHASE_CLEARING);
    tile_post(tile);
    end_phase(tile, PHASE_POSTINGS);
    tile_close(tile);
    end_phase(tile, PHASE_CLOSING);
    tile_report(tile);
    end_phase(tile, PHASE_OUTPUTS);
    tile_who_step(tile);
    end_phase(tile, PHASE_WHO_PAYS);
}

void tile_drop_block(Tile *tile)
{
    tile->m.n_blocks--;
    tile->m.n_lanes -= GW_LANES;
    for (size_t lane = tile->m.n_lanes; lane < tile->m.n_lanes + GW_LANES; lane++)
        tile->n_alive -= tile->alive[lane] != 0;
    if (tile->n_valid > tile->m.n_lanes)
        tile->n_valid = tile->m.n_lanes;
}

void tile_run(Tile *tile, uint64_t first_path, uint64_t first_index, size_t n_valid,
              const double *only, void (*after_period)(Tile *tile, void *context), void *context)
{
    tile->m.first_path = (uint32_t)first_path;
    tile->m.first_index = tile->first_index = first_index;
    tile->m.n_blocks = tile->n_blocks;
    tile->m.n_lanes = tile->n_blocks * GW_LANES;
    tile->n_valid = n_valid;
    tile->n_alive = 0;
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        tile->alive[lane] = lane < n_valid && (only == NULL || only[lane] != 0) ? 1 : 0;
        tile->n_alive += tile->alive[lane] != 0;
    }
    tile->last_tick = run_ticks();
    start(tile);
    end_phase(tile, PHASE_START);
    for (uint32_t t = 0; t < tile->plan->model->n_periods && tile->n_alive > 0; t++) {
        run_period(tile, t);
        if (after_period != NULL)
            after_period(tile, context);
    }
    tile_who_finish(tile);
}
