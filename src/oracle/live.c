/* Which values count: those that a rule, stock, contract, check or output reads, directly or not.
 *
 * Only these are named when a path fails. */
#include "oracle/path.h"

typedef struct {
    Arena *arena;
    const Model *model;
    bool *is_live;
    LIST(ValueId) unfollowed; /* live, but what they lead to is not looked at yet */
} Live;

static void mark_value(Live *live, ValueId id)
{
    if (id == NO_ID || live->is_live[id])
        return;
    live->is_live[id] = true;
    *LIST_PUSH(live->arena, &live->unfollowed) = id;
}

static void mark_node(Live *live, const Node *node)
{
    if (node == NULL)
        return;
    if (node->op == N_VALUE || node->op == N_CLOSING)
        mark_value(live, node->value);
    for (uint32_t i = 0; i < node->n_args; i++)
        mark_node(live, node->args[i]);
}

static void mark_nodes(Live *live, const Node **nodes, uint32_t count)
{
    for (uint32_t i = 0; nodes != NULL && i < count; i++)
        mark_node(live, nodes[i]);
}

static void mark_draw(Live *live, const Draw *draw)
{
    mark_nodes(live, draw->params, draw->n_params);
    mark_node(live, draw->truncated_low);
    mark_node(live, draw->truncated_high);
}

static void mark_allocation(Live *live, const Allocation *allocation)
{
    mark_node(live, allocation->supply);
    mark_nodes(live, allocation->wants, allocation->n);
    mark_nodes(live, allocation->ranks, allocation->n);
    mark_nodes(live, allocation->weights, allocation->n);
}

static void mark_solve(Live *live, const Solve *solve)
{
    for (uint32_t i = 0; i < solve->n; i++)
        mark_value(live, solve->unknowns[i]);
    for (uint32_t i = 0; i < solve->n_inner; i++)
        mark_value(live, solve->inner[i]);
    mark_nodes(live, solve->exprs, solve->n);
    mark_nodes(live, solve->starts, solve->n);
}

static bool has_source(ValueKind kind)
{
    switch (kind) {
    case VALUE_LAG:
    case VALUE_DELAY:
    case VALUE_CUMULATIVE:
    case VALUE_WINDOW:
    case VALUE_FIRST:
    case VALUE_LATCH:
        return true;
    default:
        return false;
    }
}

static void follow_value(Live *live, ValueId id)
{
    const Value *value = &live->model->values.items[id];

    mark_node(live, value->expr);
    mark_node(live, value->first);
    if (has_source(value->kind))
        mark_value(live, value->source);
    if (value->kind == VALUE_DRAW)
        mark_draw(live, value->draw);
    if (value->kind == VALUE_SHARE)
        mark_allocation(live, &live->model->allocations.items[value->allocation]);
    if (value->kind == VALUE_UNKNOWN)
        mark_solve(live, &live->model->solves.items[value->solve]);
}

static void mark_rules(Live *live)
{
    const Model *model = live->model;

    for (size_t i = 0; i < model->rules.count; i++) {
        const Rule *rule = &model->rules.items[i];

        mark_node(live, rule->term_start);
        mark_node(live, rule->term_end);
        mark_node(live, rule->date);
        mark_node(live, rule->condition);
        mark_node(live, rule->lasting);
        mark_node(live, rule->quantity);
        mark_node(live, rule->series);
        mark_node(live, rule->times);
        mark_node(live, rule->before);
        for (size_t j = 0; j < rule->actions.count; j++)
            mark_node(live, rule->actions.items[j].amount);
    }
    for (size_t i = 0; i < model->slots.count; i++)
        mark_node(live, model->slots.items[i].rest_cap);
}

static void mark_stocks(Live *live)
{
    const Model *model = live->model;

    for (size_t i = 0; i < model->stocks.count; i++) {
        const Stock *stock = &model->stocks.items[i];

        mark_node(live, stock->initial);
        for (size_t j = 0; j < stock->in.count; j++)
            mark_value(live, stock->in.items[j]);
        for (size_t j = 0; j < stock->out.count; j++)
            mark_value(live, stock->out.items[j]);
    }
    for (size_t i = 0; i < model->rings.count; i++) {
        const Ring *ring = &model->rings.items[i];

        mark_node(live, ring->entering);
        mark_node(live, ring->lead);
        mark_node(live, ring->thinning);
        mark_node(live, ring->initial);
    }
}

static void mark_parties(Live *live)
{
    const Model *model = live->model;

    for (size_t i = 0; i < model->parties.count; i++) {
        const Party *party = &model->parties.items[i];

        for (size_t j = 0; j < party->openings.count; j++)
            mark_node(live, party->openings.items[j].amount);
        mark_node(live, party->keep);
        mark_node(live, party->loss_of_cash);
        mark_node(live, party->loss_of_receipts);
    }
    for (size_t i = 0; i < model->contracts.count; i++) {
        const Contract *contract = &model->contracts.items[i];

        for (size_t j = 0; j < contract->moves.count; j++) {
            mark_node(live, contract->moves.items[j].date);
            mark_node(live, contract->moves.items[j].condition);
        }
        mark_node(live, contract->grace);
        mark_value(live, contract->stage_value);
    }
}

static void mark_backing(Live *live)
{
    const Model *model = live->model;

    for (size_t i = 0; i < model->facilities.count; i++)
        mark_node(live, model->facilities.items[i].limit);
    for (size_t i = 0; i < model->guarantees.count; i++)
        mark_node(live, model->guarantees.items[i].cap);
    for (size_t i = 0; i < model->reserves.count; i++) {
        mark_node(live, model->reserves.items[i].target);
        mark_node(live, model->reserves.items[i].opening);
    }
}

static void mark_asked(Live *live)
{
    const Model *model = live->model;

    for (size_t i = 0; i < model->checks.count; i++) {
        const Check *check = &model->checks.items[i];

        mark_node(live, check->condition);
        mark_node(live, check->numerator);
        mark_node(live, check->denominator);
        mark_node(live, check->date);
        mark_node(live, check->term_start);
        mark_node(live, check->term_end);
    }
    for (size_t i = 0; i < model->outputs.count; i++)
        mark_value(live, model->outputs.items[i].value);
}

bool *live_values(Arena *arena, const Model *model)
{
    Live live = {
        .arena = arena, .model = model, .is_live = ARENA_ARRAY(arena, bool, model->values.count)};

    mark_rules(&live);
    mark_stocks(&live);
    mark_parties(&live);
    mark_backing(&live);
    mark_asked(&live);
    while (live.unfollowed.count > 0)
        follow_value(&live, live.unfollowed.items[--live.unfollowed.count]);
    return live.is_live;
}
