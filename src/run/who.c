/* Who pays, as advanced: each party's cash by source, block of lanes by block. */
#include "run/tile.h"

#include "ledger/composition.h"

#include <math.h>
#include <string.h>

/* Blocks of lanes as composition takes them: smaller than the kernels'. */
static size_t n_blocks(const Tile *tile)
{
    return tile->m.n_lanes / GW_WHO_LANES;
}

static size_t n_states(const Plan *plan, uint32_t i)
{
    return composition_count(plan->model->parties.count, plan->who_outside[i], GW_WHO_LANES);
}

void tile_who_init(Tile *tile, Arena *arena)
{
    const Plan *plan = tile->plan;
    size_t n = plan->model->parties.count;

    if (plan->n_who == 0)
        return;
    tile->who_state = ARENA_ARRAY(arena, double *, plan->n_who);
    tile->who_sums = ARENA_ARRAY(arena, double *, plan->n_who);
    tile->who_received = ARENA_ARRAY(arena, double *, plan->n_who);
    for (uint32_t i = 0; i < plan->n_who; i++) {
        tile->who_state[i] = ARENA_ARRAY(arena, double, n_states(plan, i) * n_blocks(tile));
        tile->who_sums[i] = ARENA_ARRAY(arena, double, (n + 1) * tile->m.n_lanes);
        tile->who_received[i] = ARENA_ARRAY(arena, double, tile->m.n_lanes);
    }
    tile->who_flows = ARENA_ARRAY(arena, double, n *n *GW_WHO_LANES);
    tile->who_cash = ARENA_ARRAY(arena, double, n *GW_WHO_LANES);
    tile->who_amounts = ARENA_ARRAY(arena, double, n *GW_WHO_LANES);
    tile->who_workspace =
        ARENA_ARRAY(arena, double, composition_workspace(n, plan->is_outside, GW_WHO_LANES) + 1);
}

void tile_who_start(Tile *tile)
{
    const Plan *plan = tile->plan;
    size_t n = plan->model->parties.count;

    for (uint32_t i = 0; i < plan->n_who; i++) {
        for (size_t block = 0; block < n_blocks(tile); block++)
            composition_start(n, plan->who_outside[i], GW_WHO_LANES,
                              tile->who_state[i] + block * n_states(plan, i));
        memset(tile->who_sums[i], 0, (n + 1) * tile->m.n_lanes * sizeof **tile->who_sums);
        memset(tile->who_received[i], 0, tile->m.n_lanes * sizeof **tile->who_received);
    }
}

/* The account `cash` of inside parties as clearing begins. */
void tile_who_keep(Tile *tile)
{
    const Plan *plan = tile->plan;
    const Model *model = plan->model;

    for (uint32_t p = 0; plan->n_who > 0 && p < model->parties.count; p++) {
        if (plan->is_outside[p])
            continue;
        tile->cash_before[p] = tile_take(tile);
        memcpy(tile->cash_before[p],
               tile_register(tile, plan->code->cells[p * model->accounts.count + model->cash]),
               tile->m.n_lanes * sizeof **tile->cash_before);
    }
}

static void add_block(double *out, const double *from)
{
    for (size_t i = 0; i < GW_WHO_LANES; i++)
        out[i] += from[i];
}

static void gather_block(Tile *tile, size_t first)
{
    const Plan *plan = tile->plan;
    const Model *model = plan->model;
    size_t n = model->parties.count;

    memset(tile->who_flows, 0, n * n * GW_WHO_LANES * sizeof *tile->who_flows);
    memset(tile->who_cash, 0, n * GW_WHO_LANES * sizeof *tile->who_cash);
    for (size_t i = 0; i < tile->n_active; i++) {
        const Slot *slot = &model->slots.items[tile->active[i]];
        add_block(tile->who_flows + (slot->payer * n + slot->payee) * GW_WHO_LANES,
                  tile->slots[tile->active[i]].paid + first);
    }
    for (uint32_t p = 0; p < n; p++)
        if (!plan->is_outside[p])
            add_block(tile->who_cash + p * GW_WHO_LANES, tile->cash_before[p] + first);
}

static void add_received(Tile *tile, uint32_t i, size_t first, const double *state)
{
    const Plan *plan = tile->plan;
    const Model *model = plan->model;
    const View *view = &model->views.items[plan->who_views[i]];
    size_t n = model->parties.count;
    double *received = tile->who_received[i] + first;

    memset(tile->who_amounts, 0, n * GW_WHO_LANES * sizeof *tile->who_amounts);
    for (size_t k = 0; k < tile->n_active; k++) {
        const Slot *slot = &model->slots.items[tile->active[k]];
        uint32_t account = model->categories.items[slot->category].payee;

        if (slot->payee == view->party && (view->account == NO_ID || view->account == account))
            add_block(tile->who_amounts + slot->payer * GW_WHO_LANES,
                      tile->slots[tile->active[k]].paid + first);
    }
    for (size_t p = 0; p < n; p++)
        add_block(received, tile->who_amounts + p * GW_WHO_LANES);
    plan->kernels->composition_add_received(
        n, plan->who_outside[i], view->party, GW_WHO_LANES, tile->who_amounts, state,
        tile->who_sums[i] + (first / GW_WHO_LANES) * (n + 1) * GW_WHO_LANES);
}

static bool is_in_window(const View *view, double day)
{
    return isnan(view->term_start) || (view->term_start <= day && day < view->term_end);
}

/* What each inside party has as the window begins. */
static void keep_cash_before(const Tile *tile, uint32_t i)
{
    const Plan *plan = tile->plan;
    const RunResult *result = tile->result;
    size_t row = 0;

    for (uint32_t p = 0; result != NULL && p < plan->model->parties.count; p++) {
        double *kept = NULL;
        if (plan->is_outside[p])
            continue;
        kept = result->who_pays[i].cash_before + row++ * result->n_paths + tile->first_index;
        for (size_t lane = 0; lane < tile->n_valid; lane++)
            kept[lane] = tile->cash_before[p][lane] / plan->model->minor_per_unit;
    }
}

void tile_who_step(Tile *tile)
{
    const Plan *plan = tile->plan;
    size_t n = plan->model->parties.count;
    double today = tile->m.clock.today;
    double before = tile->m.clock.first_day - 1;

    for (uint32_t i = 0; i < plan->n_who; i++) {
        const View *view = &plan->model->views.items[plan->who_views[i]];
        if (is_in_window(view, today) && (tile->m.clock.period == 0 || !is_in_window(view, before)))
            keep_cash_before(tile, i);
    }
    for (size_t block = 0; plan->n_who > 0 && block < n_blocks(tile); block++) {
        gather_block(tile, block * GW_WHO_LANES);
        for (uint32_t i = 0; i < plan->n_who; i++) {
            const View *view = &plan->model->views.items[plan->who_views[i]];
            double *state = tile->who_state[i] + block * n_states(plan, i);

            plan->kernels->composition_step(n, plan->who_outside[i], view->party, GW_WHO_LANES,
                                            tile->who_flows, tile->who_cash, state,
                                            tile->who_workspace);
            if (is_in_window(view, today))
                add_received(tile, i, block * GW_WHO_LANES, state);
        }
    }
}

static double sum_at(const Tile *tile, uint32_t i, size_t source, size_t lane)
{
    size_t n = tile->plan->model->parties.count;

    return tile->who_sums[i][((lane / GW_WHO_LANES) * (n + 1) + source) * GW_WHO_LANES +
                             lane % GW_WHO_LANES];
}

void tile_who_finish(Tile *tile)
{
    const Plan *plan = tile->plan;
    const Model *model = plan->model;
    size_t n = model->parties.count;

    for (uint32_t i = 0; tile->result != NULL && i < plan->n_who; i++) {
        const WhoPays *who = &tile->result->who_pays[i];

        for (size_t lane = 0; lane < tile->n_valid; lane++) {
            size_t at = tile->first_index + lane;
            double received = tile->who_received[i][lane];
            size_t source = 0;

            for (int is_inside = 0; is_inside <= 1; is_inside++)
                for (size_t p = 0; p < n; p++)
                    if (model->parties.items[p].is_outside == (is_inside == 0))
                        who->shares[source++ * tile->result->n_paths + at] =
                            sum_at(tile, i, p, lane) / received;
            who->shares[source * tile->result->n_paths + at] = sum_at(tile, i, n, lane) / received;
            who->received[at] = received / model->minor_per_unit;
        }
    }
}
