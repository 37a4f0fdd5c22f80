/* One path: what it starts with, and its phases period by period. */
#include "oracle/path.h"

#include "maths/maths.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void path_fail(Path *path, Text thing)
{
    path_fail_at(path, thing, GW_NAN);
}

void path_fail_at(Path *path, Text thing, double number)
{
    if (path->has_failed)
        return;
    path->has_failed = true;
    path->failed_thing = thing;
    path->failed_number = number;
}

double *path_take(Path *path, size_t count)
{
    double *block = path->scratch + path->n_scratch_used;

    path->n_scratch_used += count;
    assert(path->n_scratch_used <= path->n_scratch && "path_new counts every taker");
    return block;
}

void path_give(Path *path, const double *block)
{
    path->n_scratch_used = (size_t)(block - path->scratch);
}

/* Every taker at once is more than ever happens: takers nest, but not in themselves. */
static size_t scratch_needed(const Model *model)
{
    size_t n = 16;

    for (size_t i = 0; i < model->values.count; i++) {
        if (model->values.items[i].kind == VALUE_DRAW)
            n += model->values.items[i].draw->n_params;
    }
    for (size_t i = 0; i < model->allocations.count; i++)
        n += 4 * (size_t)model->allocations.items[i].n;
    for (size_t i = 0; i < model->solves.count; i++) {
        size_t unknowns = model->solves.items[i].n;
        n += unknowns * unknowns + 4 * unknowns;
    }
    for (size_t i = 0; i < model->guarantees.count; i++)
        n += 3 * model->guarantees.items[i].covered.count;
    return n;
}

Path *path_new(Arena *arena, const Model *model, uint64_t seed)
{
    Path *path = ARENA_NEW(arena, Path);
    size_t n_values = model->values.count;

    path->model = model;
    path->seed = seed;
    path->values = ARENA_ARRAY(arena, double, n_values);
    path->history = ARENA_ARRAY(arena, double, n_values * model->n_periods);
    path->stages = ARENA_ARRAY(arena, double *, n_values);
    path->stages_now = ARENA_ARRAY(arena, double *, n_values);
    path->flows = ARENA_ARRAY(arena, double, model->n_periods);
    for (size_t i = 0; i < n_values; i++) {
        if (model->values.items[i].kind != VALUE_DELAY)
            continue;
        path->stages[i] = ARENA_ARRAY(arena, double, model->values.items[i].order);
        path->stages_now[i] = ARENA_ARRAY(arena, double, model->values.items[i].order);
    }
    path->stocks = ARENA_ARRAY(arena, StockState, model->stocks.count);
    path->rings = ARENA_ARRAY(arena, RingState, model->rings.count);
    for (size_t i = 0; i < model->rings.count; i++)
        path->rings[i].slots = ARENA_ARRAY(arena, double, model->rings.items[i].n_slots + 1);
    path->slots = ARENA_ARRAY(arena, SlotState, model->slots.count);
    for (size_t i = 0; i < model->slots.count; i++)
        path->slots[i].open = ARENA_ARRAY(arena, double, model->n_periods);
    path->slots_now = ARENA_ARRAY(arena, SlotPeriod, model->slots.count);
    path->carries = ARENA_ARRAY(arena, double, model->n_carries);
    path->rules = ARENA_ARRAY(arena, RuleState, model->rules.count);
    path->contracts = ARENA_ARRAY(arena, ContractState, model->contracts.count);
    path->parties = ARENA_ARRAY(arena, PartyState, model->parties.count);
    path->balances = ARENA_ARRAY(arena, double, model->parties.count * model->accounts.count);
    path->facilities = ARENA_ARRAY(arena, FacilityState, model->facilities.count);
    path->guaranteed = ARENA_ARRAY(arena, double, model->guarantees.count);
    path->guaranteed_now = ARENA_ARRAY(arena, double, model->guarantees.count);
    path->reserves = ARENA_ARRAY(arena, double, model->reserves.count);
    path->n_scratch = scratch_needed(model);
    path->scratch = ARENA_ARRAY(arena, double, path->n_scratch);
    path->clearing = clearing_new(arena, model);
    return path;
}

/* ---- start ---- */

static void forget(Path *path)
{
    const Model *model = path->model;

    memset(path->values, 0, model->values.count * sizeof *path->values);
    memset(path->stocks, 0, model->stocks.count * sizeof *path->stocks);
    for (size_t i = 0; i < model->rings.count; i++) {
        double *slots = path->rings[i].slots;
        memset(slots, 0, (model->rings.items[i].n_slots + 1) * sizeof *slots);
    }
    for (size_t i = 0; i < model->slots.count; i++) {
        double *open = path->slots[i].open;
        memset(open, 0, model->n_periods * sizeof *open);
        path->slots[i] = (SlotState){.open = open};
    }
    memset(path->slots_now, 0, model->slots.count * sizeof *path->slots_now);
    memset(path->carries, 0, model->n_carries * sizeof *path->carries);
    memset(path->rules, 0, model->rules.count * sizeof *path->rules);
    memset(path->contracts, 0, model->contracts.count * sizeof *path->contracts);
    memset(path->parties, 0, model->parties.count * sizeof *path->parties);
    memset(path->balances, 0,
           model->parties.count * model->accounts.count * sizeof *path->balances);
    memset(path->facilities, 0, model->facilities.count * sizeof *path->facilities);
    memset(path->guaranteed, 0, model->guarantees.count * sizeof *path->guaranteed);
    memset(path->guaranteed_now, 0, model->guarantees.count * sizeof *path->guaranteed_now);
    memset(path->reserves, 0, model->reserves.count * sizeof *path->reserves);
    path->n_scratch_used = 0;
    path->n_book_faults = 0;
    path->has_failed = false;
}

static void enter_period(Path *path, uint32_t period)
{
    path->period = period;
    path->first_day = path->model->first_days[period];
    path->last_day = path->model->last_days[period];
    path->today = path->last_day;
}

static void start_stocks(Path *path)
{
    for (size_t i = 0; i < path->model->stocks.count; i++) {
        const Stock *stock = &path->model->stocks.items[i];

        path->stocks[i].opening = evaluate_or(path, stock->initial, 0);
        if (!isfinite(path->stocks[i].opening))
            path_fail(path, path->model->values.items[stock->value].name);
    }
}

void path_start(Path *path, uint32_t number)
{
    const Model *model = path->model;

    forget(path);
    path->number = number;
    enter_period(path, 0);
    for (size_t i = 0; i < model->contracts.count; i++) {
        path->contracts[i].carried = model->contracts.items[i].initial;
        for (int stage = 0; stage <= STAGE_NEVER; stage++)
            path->contracts[i].dates[stage] = DATE_NEVER;
    }
    for (size_t i = 0; i < model->parties.count; i++)
        path->parties[i].default_date = DATE_NEVER;

    path->is_starting = true;
    start_stocks(path);
    books_open(path);
    rings_start(path);
    path->is_starting = false;
}

/* ---- phase 7 ---- */

static void move_stages(Path *path, size_t i)
{
    const Contract *contract = &path->model->contracts.items[i];
    ContractState *state = &path->contracts[i];

    state->carried = (Stage)path->values[contract->stage_value];
    if (state->ends_now && state->carried < STAGE_ENDED) {
        state->carried = STAGE_ENDED;
        state->dates[STAGE_ENDED] = path->today;
    }
    for (size_t j = 0; j < contract->moves.count; j++) {
        const StageMove *move = &contract->moves.items[j];

        if (move->condition == NULL || state->carried >= move->stage)
            continue;
        double condition = evaluate_node(path, move->condition);
        if (isnan(condition))
            path_fail(path, contract->name);
        if (condition != 0) {
            state->carried = move->stage;
            state->dates[move->stage] = path->today;
        }
    }
}

static void close_states(Path *path)
{
    const Model *model = path->model;

    stocks_set(path);
    for (size_t i = 0; i < model->contracts.count; i++)
        move_stages(path, i);
    for (size_t i = 0; i < model->parties.count; i++) {
        PartyState *party = &path->parties[i];

        if (!party->defaults_now)
            continue;
        party->is_defaulted = true;
        party->default_date = path->today;
        party->defaults_now = false;
    }
}

/* ---- the period ---- */

void path_run_period(Path *path, uint32_t period)
{
    bool failed_at_start = path->has_failed;

    enter_period(path, period);
    rings_arrive(path);      /* 1; 2 is where states are read */
    evaluate_formulas(path); /* 3 */
    if (failed_at_start)
        return;
    rules_run(path); /* 4 */
    if (!path->has_failed)
        clear_period(path); /* 5 */
    if (path->has_failed)
        return;
    books_post_period(path); /* 6 */
    stocks_close(path);
    if (!path->has_failed)
        close_states(path); /* 7 */
}

void path_end_period(Path *path)
{
    const Model *model = path->model;

    memory_write(path);
    for (size_t i = 0; i < model->stocks.count; i++)
        path->stocks[i].opening = path->stocks[i].closing;
    for (size_t i = 0; i < model->slots.count; i++)
        path->slots[i].last_paid = path->slots_now[i].paid;
}
