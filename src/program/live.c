/* Which values count: those that something which can fail a path, pays, or is reported reads.
 *
 * What a value leads to is followed from a list and not by recursion: formulas may lead to each
 * other in chains of any length. */
#include "program/ir.h"

static void mark_value(Program *program, ValueId id)
{
    if (program->live[id])
        return;
    program->live[id] = true;
    *LIST_PUSH(program->arena, &program->unfollowed) = id;
}

static void mark_node(Program *program, const Node *node)
{
    if (node == NULL)
        return;
    if (node->op == N_VALUE || node->op == N_CLOSING)
        mark_value(program, node->value);
    for (uint32_t i = 0; i < node->n_args; i++)
        mark_node(program, node->args[i]);
}

static void mark_nodes(Program *program, const Node *const *nodes, uint32_t n)
{
    for (uint32_t i = 0; nodes != NULL && i < n; i++)
        mark_node(program, nodes[i]);
}

static void mark_draw(Program *program, const Draw *draw)
{
    mark_nodes(program, (const Node *const *)draw->params, draw->n_params);
    mark_node(program, draw->truncated_low);
    mark_node(program, draw->truncated_high);
}

static void mark_allocation(Program *program, const Allocation *allocation)
{
    mark_node(program, allocation->supply);
    mark_nodes(program, (const Node *const *)allocation->wants, allocation->n);
    mark_nodes(program, (const Node *const *)allocation->ranks, allocation->n);
    mark_nodes(program, (const Node *const *)allocation->weights, allocation->n);
}

static void mark_solve(Program *program, const Solve *solve)
{
    mark_nodes(program, (const Node *const *)solve->exprs, solve->n);
    mark_nodes(program, (const Node *const *)solve->starts, solve->n);
    for (uint32_t i = 0; i < solve->n; i++)
        mark_value(program, solve->unknowns[i]);
    for (uint32_t i = 0; i < solve->n_inner; i++)
        mark_value(program, solve->inner[i]);
}

static void mark_contract(Program *program, const Contract *contract)
{
    for (size_t i = 0; i < contract->moves.count; i++) {
        mark_node(program, contract->moves.items[i].date);
        mark_node(program, contract->moves.items[i].condition);
    }
    mark_node(program, contract->grace);
}

static void follow_value(Program *program, ValueId id)
{
    const Model *model = program->model;
    const Value *value = &model->values.items[id];

    mark_node(program, value->expr);
    mark_node(program, value->first);
    switch (value->kind) {
    case VALUE_DRAW:
        mark_draw(program, value->draw);
        break;
    case VALUE_LAG:
    case VALUE_DELAY:
    case VALUE_CUMULATIVE:
    case VALUE_WINDOW:
    case VALUE_FIRST:
    case VALUE_LATCH:
        mark_value(program, value->source);
        break;
    case VALUE_STAGE:
        mark_contract(program, &model->contracts.items[value->contract]);
        break;
    case VALUE_SHARE:
        mark_allocation(program, &model->allocations.items[value->allocation]);
        break;
    case VALUE_UNKNOWN:
        mark_solve(program, &model->solves.items[value->solve]);
        break;
    default:
        break;
    }
    for (size_t s = 0; s < model->solves.count; s++)
        if (model->solves.items[s].residual == id)
            mark_solve(program, &model->solves.items[s]);
}

static void mark_rule(Program *program, const Rule *rule)
{
    const Node *const nodes[] = {rule->term_start, rule->term_end, rule->date,
                                 rule->condition,  rule->lasting,  rule->quantity,
                                 rule->series,     rule->times,    rule->before};

    mark_nodes(program, nodes, sizeof nodes / sizeof *nodes);
    for (size_t i = 0; i < rule->actions.count; i++)
        mark_node(program, rule->actions.items[i].amount);
}

static void mark_stocks_and_rings(Program *program)
{
    const Model *model = program->model;

    for (size_t i = 0; i < model->stocks.count; i++) {
        const Stock *stock = &model->stocks.items[i];

        mark_node(program, stock->initial);
        for (size_t j = 0; j < stock->in.count; j++)
            mark_value(program, stock->in.items[j]);
        for (size_t j = 0; j < stock->out.count; j++)
            mark_value(program, stock->out.items[j]);
    }
    for (size_t i = 0; i < model->rings.count; i++) {
        const Ring *ring = &model->rings.items[i];

        mark_node(program, ring->entering);
        mark_node(program, ring->lead);
        mark_node(program, ring->thinning);
        mark_node(program, ring->initial);
    }
}

static void mark_parties(Program *program)
{
    const Model *model = program->model;

    for (size_t i = 0; i < model->parties.count; i++) {
        const Party *party = &model->parties.items[i];

        for (size_t j = 0; j < party->openings.count; j++)
            mark_node(program, party->openings.items[j].amount);
        mark_node(program, party->keep);
        mark_node(program, party->loss_of_cash);
        mark_node(program, party->loss_of_receipts);
    }
    for (size_t i = 0; i < model->contracts.count; i++) {
        mark_contract(program, &model->contracts.items[i]);
        if (model->contracts.items[i].stage_value != NO_ID)
            mark_value(program, model->contracts.items[i].stage_value);
    }
    for (size_t i = 0; i < model->slots.count; i++)
        mark_node(program, model->slots.items[i].rest_cap);
    for (size_t i = 0; i < model->facilities.count; i++)
        mark_node(program, model->facilities.items[i].limit);
    for (size_t i = 0; i < model->guarantees.count; i++)
        mark_node(program, model->guarantees.items[i].cap);
    for (size_t i = 0; i < model->reserves.count; i++) {
        mark_node(program, model->reserves.items[i].target);
        mark_node(program, model->reserves.items[i].opening);
    }
}

static void mark_checks(Program *program)
{
    const Model *model = program->model;

    for (size_t i = 0; i < model->checks.count; i++) {
        const Check *check = &model->checks.items[i];
        const Node *const nodes[] = {check->condition, check->numerator,  check->denominator,
                                     check->date,      check->term_start, check->term_end};

        mark_nodes(program, nodes, sizeof nodes / sizeof *nodes);
    }
    for (size_t i = 0; i < model->outputs.count; i++)
        mark_value(program, model->outputs.items[i].value);
}

void find_live(Program *program)
{
    const Model *model = program->model;

    program->live = ARENA_ARRAY(program->arena, bool, model->values.count + 1);
    mark_stocks_and_rings(program);
    for (size_t i = 0; i < model->rules.count; i++)
        mark_rule(program, &model->rules.items[i]);
    mark_parties(program);
    mark_checks(program);
    while (program->unfollowed.count > 0)
        follow_value(program, program->unfollowed.items[--program->unfollowed.count]);
}
