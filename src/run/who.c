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
    return composition_count(plan->nodes.n, plan->who_outside[i], GW_WHO_LANES);
}

void tile_who_init(Tile *tile, Arena *arena)
{
    const Plan *plan = tile->plan;
    size_t n = plan->nodes.n, n_work = 0;

    if (plan->n_who == 0)
        return;
    tile->who_state = ARENA_ARRAY(arena, double *, plan->n_who);
    tile->who_sums = ARENA_ARRAY(arena, double *, plan->n_who);
    tile->who_received = ARENA_ARRAY(arena, double *, plan->n_who);
    for (uint32_t i = 0; i < plan->n_who; i++) {
        size_t needed = composition_workspace(n, plan->who_outside[i], GW_WHO_LANES);

        tile->who_state[i] = ARENA_ARRAY(arena, double, n_states(plan, i) * n_blocks(tile));
        tile->who_sums[i] = ARENA_ARRAY(arena, double, (n + 1) * tile->m.n_lanes);
        tile->who_received[i] = ARENA_ARRAY(arena, double, tile->m.n_lanes);
        n_work = needed > n_work ? needed : n_work;
    }
    tile->who_flows = ARENA_ARRAY(arena, double, n *n *GW_WHO_LANES);
    tile->who_cash = ARENA_ARRAY(arena, double, n *GW_WHO_LANES);
    tile->who_amounts = ARENA_ARRAY(arena, double, n *GW_WHO_LANES);
    tile->who_slots = ARENA_ARRAY(arena, uint32_t, plan->model->slots.count + 1);
    tile->n_who_asked = ARENA_ARRAY(arena, size_t, plan->n_who);
    tile->who_asked = ARENA_ARRAY(arena, uint32_t *, plan->n_who);
    for (uint32_t i = 0; i < plan->n_who; i++)
        tile->who_asked[i] = ARENA_ARRAY(arena, uint32_t, plan->model->slots.count + 1);
    tile->who_workspace = ARENA_ARRAY(arena, double, n_work + 1);
}

void tile_who_start(Tile *tile)
{
    const Plan *plan = tile->plan;
    size_t n = plan->nodes.n;

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

/* Active slots that pay a party inside; flows that they do not fill are zero. */
static size_t list_slots(Tile *tile)
{
    const Plan *plan = tile->plan;
    size_t n = 0;

    memset(tile->who_flows, 0,
           plan->nodes.n * plan->nodes.n * GW_WHO_LANES * sizeof *tile->who_flows);
    for (size_t i = 0; i < tile->n_active; i++)
        if (!plan->is_outside[plan->model->slots.items[tile->active[i]].payee])
            tile->who_slots[n++] = tile->active[i];
    return n;
}

static double *flow_of(const Tile *tile, uint32_t id)
{
    const WhoNodes *nodes = &tile->plan->nodes;
    const Slot *slot = &tile->plan->model->slots.items[id];

    return tile->who_flows +
           (nodes->of_party[slot->payer] * nodes->n + nodes->of_party[slot->payee]) * GW_WHO_LANES;
}

static void gather_block(Tile *tile, size_t first, size_t n_slots)
{
    const WhoNodes *nodes = &tile->plan->nodes;

    for (size_t i = 0; i < n_slots; i++)
        memset(flow_of(tile, tile->who_slots[i]), 0, GW_WHO_LANES * sizeof *tile->who_flows);
    for (size_t i = 0; i < n_slots; i++)
        add_block(flow_of(tile, tile->who_slots[i]), tile->slots[tile->who_slots[i]].paid + first);
    for (size_t k = 0; k < nodes->n; k++)
        if (!tile->plan->is_outside[nodes->parties[k]])
            memcpy(tile->who_cash + k * GW_WHO_LANES, tile->cash_before[nodes->parties[k]] + first,
                   GW_WHO_LANES * sizeof *tile->who_cash);
}

/* Whether the slot pays what the view asks about. */
static bool is_asked(const Model *model, const View *view, const Slot *slot)
{
    uint32_t account = model->categories.items[slot->category].payee;

    return slot->payee == view->party && (view->account == NO_ID || view->account == account);
}

/* Active slots that each view asks about. */
static void list_asked(Tile *tile)
{
    const Plan *plan = tile->plan;
    const Model *model = plan->model;

    for (uint32_t i = 0; i < plan->n_who; i++) {
        const View *view = &model->views.items[plan->who_views[i]];

        tile->n_who_asked[i] = 0;
        for (size_t k = 0; k < tile->n_active; k++)
            if (is_asked(model, view, &model->slots.items[tile->active[k]]))
                tile->who_asked[i][tile->n_who_asked[i]++] = tile->active[k];
    }
}

static void add_received(Tile *tile, uint32_t i, size_t first, const double *state)
{
    const Plan *plan = tile->plan;
    const Model *model = plan->model;
    const WhoNodes *nodes = &plan->nodes;
    const View *view = &model->views.items[plan->who_views[i]];
    double *received = tile->who_received[i] + first;

    memset(tile->who_amounts, 0, nodes->n * GW_WHO_LANES * sizeof *tile->who_amounts);
    for (size_t k = 0; k < tile->n_who_asked[i]; k++) {
        uint32_t id = tile->who_asked[i][k];
        uint32_t payer = nodes->of_party[model->slots.items[id].payer];

        add_block(tile->who_amounts + payer * GW_WHO_LANES, tile->slots[id].paid + first);
    }
    for (size_t k = 0; k < nodes->n; k++)
        add_block(received, tile->who_amounts + k * GW_WHO_LANES);
    plan->kernels->composition_add_received(
        nodes->n, plan->who_outside[i], nodes->of_party[view->party], GW_WHO_LANES,
        tile->who_amounts, state,
        tile->who_sums[i] + (first / GW_WHO_LANES) * (nodes->n + 1) * GW_WHO_LANES);
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
    double today = tile->m.clock.today;
    double before = tile->m.clock.first_day - 1;
    const WhoNodes *nodes = &plan->nodes;
    size_t n_slots = 0;

    for (uint32_t i = 0; i < plan->n_who; i++) {
        const View *view = &plan->model->views.items[plan->who_views[i]];
        if (is_in_window(view, today) && (tile->m.clock.period == 0 || !is_in_window(view, before)))
            keep_cash_before(tile, i);
    }
    if (plan->n_who == 0)
        return;
    n_slots = list_slots(tile);
    list_asked(tile);
    for (size_t block = 0; block < n_blocks(tile); block++) {
        gather_block(tile, block * GW_WHO_LANES, n_slots);
        for (uint32_t i = 0; i < plan->n_who; i++) {
            const View *view = &plan->model->views.items[plan->who_views[i]];
            double *state = tile->who_state[i] + block * n_states(plan, i);

            plan->kernels->composition_step(
                nodes->n, plan->who_outside[i], nodes->of_party[view->party], nodes->pays,
                GW_WHO_LANES, tile->who_flows, tile->who_cash, state, tile->who_workspace);
            if (is_in_window(view, today))
                add_received(tile, i, block * GW_WHO_LANES, state);
        }
    }
}

/* Of a node, or the target itself, which comes after them. */
static double sum_at(const Tile *tile, uint32_t i, size_t node, size_t lane)
{
    size_t n = tile->plan->nodes.n;

    return tile->who_sums[i][((lane / GW_WHO_LANES) * (n + 1) + node) * GW_WHO_LANES +
                             lane % GW_WHO_LANES];
}

static double part_of(const Tile *tile, uint32_t i, size_t party, size_t lane)
{
    uint32_t node = tile->plan->nodes.of_party[party];

    return node == NO_ID ? 0 : sum_at(tile, i, node, lane);
}

void tile_who_finish(Tile *tile)
{
    const Plan *plan = tile->plan;
    const Model *model = plan->model;

    for (uint32_t i = 0; tile->result != NULL && i < plan->n_who; i++) {
        const WhoPays *who = &tile->result->who_pays[i];

        for (size_t lane = 0; lane < tile->n_valid; lane++) {
            size_t at = tile->first_index + lane;
            double received = tile->who_received[i][lane];
            size_t source = 0;

            for (int is_inside = 0; is_inside <= 1; is_inside++)
                for (size_t p = 0; p < model->parties.count; p++)
                    if (model->parties.items[p].is_outside == (is_inside == 0))
                        who->shares[source++ * tile->result->n_paths + at] =
                            part_of(tile, i, p, lane) / received;
            who->shares[source * tile->result->n_paths + at] =
                sum_at(tile, i, plan->nodes.n, lane) / received;
            who->received[at] = received / model->minor_per_unit;
        }
    }
}
