/* The end of phase 6 (stocks, rings), phase 7, and phase 8. */
#include "run/tile.h"

#include "maths/maths.h"
#include "run/lane.h"

#include <math.h>
#include <string.h>

/* ---- stocks ------------------------------------------------------------------------------- */

/* Below zero is -infinity where a stock may not be; else it is not a number. */
static void fail_stock(Tile *tile, size_t lane, uint32_t i, double closing)
{
    bool is_below = !tile->plan->model->stocks.items[i].is_signed && closing == -GW_INFINITY;
    tile_fail_at(tile, lane, FAILED_STOCK, i, is_below ? closing : GW_NAN);
}

/* Whoever closes a stock that is not signed, says whether all lanes are finite. */
static void look_at_stocks(Tile *tile)
{
    const Model *model = tile->plan->model;
    const Code *code = tile->plan->code;

    for (uint32_t i = 0; i < model->stocks.count; i++) {
        Lanes closing = tile_lanes(tile, code->stocks[i].closing);
        bool was_looked_at = closing.step != 0 && !model->stocks.items[i].is_signed;

        if ((was_looked_at && tile->m.found == 0) ||
            !tile->m.kernels->any_odd(tile->m.n_blocks, closing))
            continue;
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++)
            if (!isfinite(lanes_at(closing, lane)))
                fail_stock(tile, lane, i, lanes_at(closing, lane));
    }
}

static void set_stock(Tile *tile, uint32_t i)
{
    const Stock *stock = &tile->plan->model->stocks.items[i];
    const StockCode *code = &tile->plan->code->stocks[i];
    Lanes opening = tile_lanes(tile, code->opening);
    double *state = tile_register(tile, code->state);

    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double closing = tile->sets[i][lane];

        if (tile->set_masks[i][lane] == 0)
            continue;
        if (!stock->is_signed)
            closing = stock_close(lanes_at(opening, lane), closing, stock->tolerance);
        state[lane] = closing;
        if (!isfinite(closing))
            fail_stock(tile, lane, i, closing);
    }
}

/* ---- rings -------------------------------------------------------------------------------- */

static void thin(Tile *tile, uint32_t i, Lanes factor)
{
    const Ring *ring = &tile->plan->model->rings.items[i];
    const RingCode *code = &tile->plan->code->rings[i];
    const bool *may_hold = tile->ring_slots + tile->ring_slot_starts[i];
    bool is_large = false;

    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double x = lanes_at(factor, lane);
        is_large |= fabs(x) > 1;
        if (!isfinite(x))
            tile_fail(tile, lane, FAILED_RING, i);
    }
    for (uint32_t k = 0; k < ring->n_slots; k++) {
        double *slot = tile_register(tile, code->memory + k);

        if (!may_hold[k])
            continue;
        tile->m.kernels->multiply(tile->m.n_blocks, slot, factor);
        for (size_t lane = 0; is_large && lane < tile->m.n_lanes; lane++)
            if (!isfinite(slot[lane]))
                tile_fail(tile, lane, FAILED_RING, i);
    }
}

/* Slot k, as a period closes, is in register (period + 1 + k) mod n_slots. */
static void close_ring(Tile *tile, uint32_t i)
{
    const Model *model = tile->plan->model;
    const Ring *ring = &model->rings.items[i];
    const RingCode *code = &tile->plan->code->rings[i];
    bool *may_hold = tile->ring_slots + tile->ring_slot_starts[i];
    Lanes entering = tile_lanes(tile, code->entering);
    Lanes leads = tile_lanes(tile, code->lead);
    uint32_t base = tile->m.clock.period + 1;
    uint32_t left = base % ring->n_slots;

    if (may_hold[left])
        memset(tile_register(tile, code->memory + left), 0,
               tile->m.n_lanes * sizeof *tile->m.registers);
    may_hold[left] = false;
    if (code->thinning != REF_NONE)
        thin(tile, i, tile_lanes(tile, code->thinning));
    if (entering.step == 0 && entering.at[0] == 0)
        return;
    if (entering.step != 0 && !tile->m.kernels->any(tile->m.n_lanes, entering.at))
        return;
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double amount = lanes_at(entering, lane);

        if (amount == 0)
            continue;
        double k = gw_max(1, gw_floor(lanes_at(leads, lane) / step_months(model->step) + 0.5));
        if (!isfinite(amount) || !(k <= ring->n_slots)) {
            tile_fail(tile, lane, FAILED_RING, i);
            continue;
        }
        uint32_t at = (base + (uint32_t)k) % ring->n_slots;
        tile_register(tile, code->memory + at)[lane] += amount;
        may_hold[at] = true;
    }
}

/* ---- contracts and parties ----------------------------------------------------------------- */

static void close_contract(Tile *tile, uint32_t i)
{
    const Contract *contract = &tile->plan->model->contracts.items[i];
    const ContractCode *code = &tile->plan->code->contracts[i];
    Lanes stage = tile_lanes(tile, code->stage);
    double today = tile->m.clock.today;

    if (code->carried == NO_ID)
        return;
    double *carried = tile_register(tile, code->carried);
    if (stage.at != carried)
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++)
            carried[lane] = lanes_at(stage, lane);
    if (tile->is_ended[i]) {
        double *ends = tile_register(tile, code->ends);
        double *date = code->dates[STAGE_ENDED] != NO_ID
                           ? tile_register(tile, code->dates[STAGE_ENDED])
                           : tile->sum;
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
            if (ends[lane] != 0 && carried[lane] < STAGE_ENDED) {
                carried[lane] = STAGE_ENDED;
                date[lane] = today;
            }
            ends[lane] = 0;
        }
        tile->is_ended[i] = false;
    }
    for (size_t j = 0; j < contract->moves.count; j++) {
        const StageMove *move = &contract->moves.items[j];
        double *date = tile->sum;

        if (move->condition == NULL)
            continue;
        Lanes condition = tile_lanes(tile, code->conditions[j]);
        if (code->dates[move->stage] != NO_ID)
            date = tile_register(tile, code->dates[move->stage]);
        unsigned found = tile->m.kernels->move_stage(tile->m.n_blocks, tile->alive, condition,
                                                     move->stage, today, carried, date);
        for (size_t lane = 0; (found & FOUND_FAULT) && lane < tile->m.n_lanes; lane++)
            if (isnan(lanes_at(condition, lane)) && carried[lane] < move->stage)
                tile_fail(tile, lane, FAILED_CONTRACT, i);
    }
}

static void default_parties(Tile *tile)
{
    const Plan *plan = tile->plan;

    for (uint32_t p = 0; p < plan->model->parties.count; p++) {
        if (tile->default_now[p] == NULL)
            continue;
        double *defaulted = tile_register(tile, plan->code->parties[p].defaulted);
        double *date = tile_register(tile, plan->code->parties[p].default_date);
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
            if (tile->default_now[p][lane] == 0)
                continue;
            defaulted[lane] = 1;
            date[lane] = tile->m.clock.today;
        }
    }
}

void tile_close(Tile *tile)
{
    const Model *model = tile->plan->model;
    const Code *code = tile->plan->code;

    machine_run(&tile->m, code->section_post);
    look_at_stocks(tile);
    for (uint32_t i = 0; i < model->rings.count; i++)
        close_ring(tile, i);
    for (uint32_t i = 0; i < model->stocks.count; i++)
        if (tile->sets[i] != NULL)
            set_stock(tile, i);
    machine_run(&tile->m, code->section_settle);
    for (uint32_t i = 0; i < model->contracts.count; i++)
        close_contract(tile, i);
    default_parties(tile);
}

/* ---- phase 8 ------------------------------------------------------------------------------ */

/* Numbers are finite; dates may be infinite, which is never. */
static void look_at_output(Tile *tile, uint32_t i, Lanes x, bool is_date)
{
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double value = lanes_at(x, lane);
        if (is_date ? isnan(value) : !isfinite(value))
            tile_fail(tile, lane, FAILED_OUTPUT, i);
    }
}

/* What is in a column; true when some of it is not finite. */
static bool fill_column(Tile *tile, double *column, Lanes x)
{
    if (x.step != 0)
        return tile->m.kernels->keep(tile->n_valid, column, x.at) != 0;
    for (size_t lane = 0; lane < tile->n_valid; lane++)
        column[lane] = x.at[0];
    return !isfinite(x.at[0]);
}

static void write_output(Tile *tile, uint32_t i)
{
    const Output *output = &tile->plan->model->outputs.items[i];
    Lanes x = tile_lanes(tile, tile->plan->code->outputs[i]);
    uint32_t period = tile->m.clock.period;
    bool is_date = output->type == TYPE_DATE, is_odd = false;

    if (output->is_once && period + 1 < tile->plan->model->n_periods)
        return;
    if (tile->result != NULL)
        is_odd = fill_column(tile,
                             tile->result->columns[i] +
                                 (output->is_once ? 0 : period) * tile->result->n_paths +
                                 tile->first_index,
                             x);
    else
        is_odd = tile->m.kernels->any_odd(tile->m.n_blocks, x);
    if (is_odd)
        look_at_output(tile, i, x, is_date);
}

static void test_cover(Tile *tile, uint32_t i, size_t lane, bool *holds)
{
    const Check *check = &tile->plan->model->checks.items[i];
    const CheckCode *code = &tile->plan->code->checks[i];
    double numerator = lanes_at(tile_lanes(tile, code->numerator), lane);
    double denominator = lanes_at(tile_lanes(tile, code->denominator), lane);

    if (isnan(numerator) || isnan(denominator)) {
        tile_fail(tile, lane, FAILED_CHECK, i);
        return;
    }
    if (!(denominator > 0))
        return;
    double cover = numerator / denominator;
    *holds = cover >= check->at_least;
    if (tile->result == NULL || lane >= tile->n_valid)
        return;
    double *worst =
        &tile->result->worst_cover[i * tile->result->n_paths + tile->first_index + lane];
    *worst = gw_min(*worst, cover);
}

/* True when the lane's period is one that the check looks at. */
static bool is_looked_at(Tile *tile, uint32_t i, size_t lane)
{
    const CheckCode *code = &tile->plan->code->checks[i];
    double during = code->during == REF_NONE ? 1 : lanes_at(tile_lanes(tile, code->during), lane);
    double is_day = 1;

    if (isnan(during)) {
        tile_fail(tile, lane, FAILED_CHECK, i);
        return false;
    }
    if (during != 0 && code->date != REF_NONE)
        is_day = lanes_at(tile_lanes(tile, code->date), lane);
    if (isnan(is_day)) {
        tile_fail(tile, lane, FAILED_CHECK, i);
        return false;
    }
    return during != 0 && is_day != 0;
}

static void look_at_check(Tile *tile, uint32_t i)
{
    const Check *check = &tile->plan->model->checks.items[i];
    const CheckCode *code = &tile->plan->code->checks[i];

    for (size_t lane = 0; lane < tile->n_valid; lane++) {
        bool holds = true;

        if (tile->alive[lane] == 0 || !is_looked_at(tile, i, lane))
            continue;
        if (check->mode == CHECKING_COVERS) {
            test_cover(tile, i, lane, &holds);
        } else {
            double condition = lanes_at(tile_lanes(tile, code->condition), lane);
            if (isnan(condition))
                tile_fail(tile, lane, FAILED_CHECK, i);
            holds = condition != 0;
        }
        if (!holds && tile->result != NULL)
            tile->result->held[i * tile->result->n_paths + tile->first_index + lane] = 0;
    }
}

void tile_report(Tile *tile)
{
    machine_run(&tile->m, tile->plan->code->section_close);
    for (uint32_t i = 0; i < tile->plan->model->outputs.count; i++)
        write_output(tile, i);
    for (uint32_t i = 0; i < tile->plan->model->checks.count; i++)
        look_at_check(tile, i);
}
