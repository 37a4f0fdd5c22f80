/* What each value varies over: nothing, the period, the path, or both.
 *
 * Values that remember may depend on themselves through earlier periods, so the answer is the
 * least one that agrees with itself: bits are only added, until nothing changes. */
#include "program/ir.h"

static uint8_t node_vary(const Program *program, const Node *node)
{
    uint8_t vary = VARY_NOT;

    if (node == NULL)
        return VARY_NOT;
    switch (node->op) {
    case N_CONST:
        return is_input(program, node) ? VARY_PATH : VARY_NOT;
    case N_VALUE:
        vary = program->vary[node->value];
        break;
    case N_CLOSING:
        vary = VARY_BOTH;
        break;
    case N_TODAY:
    case N_PERIOD_FIRST_DAY:
    case N_PERIOD_DAYS:
    case N_STRETCH_DAYS:
    case N_RAMP:
        vary = VARY_PERIOD;
        break;
    case N_EACH_COUNT:
        vary = VARY_BOTH;
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < node->n_args; i++)
        vary |= node_vary(program, node->args[i]);
    return vary;
}

static uint8_t nodes_vary(const Program *program, const Node **nodes, uint32_t n)
{
    uint8_t vary = VARY_NOT;

    for (uint32_t i = 0; nodes != NULL && i < n; i++)
        vary |= node_vary(program, nodes[i]);
    return vary;
}

static uint8_t draw_vary(const Program *program, const Draw *draw)
{
    uint8_t vary = draw->is_once ? VARY_PATH : VARY_BOTH;

    vary |= nodes_vary(program, draw->params, draw->n_params);
    return vary | node_vary(program, draw->truncated_low) |
           node_vary(program, draw->truncated_high);
}

bool ends_by_rule(const Model *model, uint32_t contract)
{
    for (size_t i = 0; i < model->rules.count; i++) {
        const Rule *rule = &model->rules.items[i];
        for (size_t j = 0; rule->contract == contract && j < rule->actions.count; j++)
            if (rule->actions.items[j].kind == ACT_END)
                return true;
    }
    return false;
}

static uint8_t stage_vary(const Program *program, uint32_t id)
{
    const Contract *contract = &program->model->contracts.items[id];
    uint8_t vary = VARY_NOT;

    for (size_t i = 0; i < contract->moves.count; i++) {
        const StageMove *move = &contract->moves.items[i];

        /* A date that moves may have been reached before: the stage must be carried. */
        if (move->condition != NULL || (node_vary(program, move->date) & VARY_PERIOD))
            return VARY_BOTH;
        vary |= node_vary(program, move->date) | VARY_PERIOD;
    }
    return ends_by_rule(program->model, id) ? VARY_BOTH : vary;
}

static uint8_t value_vary(const Program *program, ValueId id)
{
    const Model *model = program->model;
    const Value *value = &model->values.items[id];
    uint8_t vary = node_vary(program, value->expr) | node_vary(program, value->first);

    switch (value->kind) {
    case VALUE_FORMULA:
        return vary;
    case VALUE_DRAW:
        return draw_vary(program, value->draw);
    case VALUE_LAG:
    case VALUE_DELAY:
    case VALUE_CUMULATIVE:
    case VALUE_WINDOW:
    case VALUE_FIRST:
    case VALUE_LATCH:
        return vary | program->vary[value->source] | VARY_PERIOD;
    case VALUE_GROWTH:
        return vary | VARY_PERIOD;
    case VALUE_STAGE:
        return stage_vary(program, value->contract);
    default:
        return VARY_BOTH;
    }
}

static bool vary_more(Program *program, ValueId id)
{
    uint8_t before = program->vary[id];

    if (before != VARY_BOTH && program->live[id])
        program->vary[id] |= value_vary(program, id);
    return program->vary[id] != before;
}

static bool all_vary_more(Program *program, const ValueId *ids, size_t count)
{
    bool has_changed = false;

    for (size_t i = 0; i < count; i++)
        has_changed |= vary_more(program, ids[i]);
    return has_changed;
}

/* In the order of formulas, so that one round does but for what remembers; then what stands in a
 * solve, and is in no such order. */
void find_varying(Program *program)
{
    const Model *model = program->model;
    bool has_changed = true;

    program->vary = ARENA_ARRAY(program->arena, uint8_t, model->values.count + 1);
    while (has_changed) {
        has_changed = all_vary_more(program, model->formulas.items, model->formulas.count);
        has_changed |=
            all_vary_more(program, model->closing_formulas.items, model->closing_formulas.count);
        for (ValueId id = 0; id < model->values.count; id++)
            has_changed |= vary_more(program, id);
    }
}
