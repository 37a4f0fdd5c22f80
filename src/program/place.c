/* Moves what only one rule reads into that rule: it is computed only in tiles where the rule fires.
 */
#include "program/ir.h"

enum { NOWHERE = UINT32_MAX, SEVERAL = UINT32_MAX - 1 };

/* Whether a rule moves value inside a book, so that balances change while rules run. */
static bool has_bookings(const Model *model)
{
    for (size_t i = 0; i < model->rules.count; i++)
        for (size_t j = 0; j < model->rules.items[i].actions.count; j++)
            if (model->rules.items[i].actions.items[j].kind == ACT_BOOK)
                return true;
    return false;
}

static bool may_move(const Ins *ins, bool balances_change)
{
    if (ins->section != SECTION_STEP || ins->body != NO_ID || ins->n_out != 1)
        return false;
    switch (ins->op) {
    case OP_SOLVE:
    case OP_LAG:
    case OP_WINDOW:
    case OP_RING_OUT:
    case OP_RING_CONTENT:
    case OP_PART:
        return false;
    case OP_MONEY:
    case OP_MONEY_OWED:
        return !balances_change;
    default:
        return op_infos[ins->op].op_class != OP_IS_NAMED;
    }
}

static void read_in(uint32_t *readers, InsId id, uint32_t section)
{
    if (readers[id] == NOWHERE)
        readers[id] = section;
    else if (readers[id] != section)
        readers[id] = SEVERAL;
}

/* States that take their next value before the rules: who reads them is computed before, too. */
static bool *list_stored(Program *program)
{
    bool *is_stored = ARENA_ARRAY(program->arena, bool, program->states.count + 1);

    for (size_t i = 0; i < program->stores.count; i++) {
        const Store *store = &program->stores.items[i];
        if (store->state != NO_ID && store->section == SECTION_STEP)
            is_stored[store->state] = true;
    }
    return is_stored;
}

static bool reads_stored(const Program *program, const Ins *ins, const bool *is_stored)
{
    for (uint32_t j = 0; j < ins->n_args; j++) {
        const Ins *arg = &program->ins.items[ins->args[j]];
        if (arg->op == OP_STATE && is_stored[arg->part])
            return true;
    }
    return false;
}

void sink_into_rules(Program *program)
{
    uint32_t *readers = ARENA_ARRAY(program->arena, uint32_t, program->ins.count + 1);

    bool balances_change = has_bookings(program->model);
    const bool *is_stored = list_stored(program);

    if (program->is_trace)
        return;
    for (size_t i = 0; i < program->ins.count; i++)
        readers[i] = NOWHERE;
    for (size_t i = 0; i < program->sinks.count; i++) {
        const Sink *sink = &program->sinks.items[i];
        read_in(readers, sink->ins, sink->is_early ? SECTION_STEP : sink->section);
    }
    for (size_t i = 0; i < program->stores.count; i++)
        read_in(readers, program->stores.items[i].from, program->stores.items[i].section);
    for (size_t i = program->ins.count; i-- > 0;) {
        Ins *ins = &program->ins.items[i];
        uint32_t reader = readers[i];

        if (ins->is_dead)
            continue;
        if (may_move(ins, balances_change) && !reads_stored(program, ins, is_stored) &&
            reader >= SECTION_RULES && reader < program->code.section_post)
            ins->section = reader;
        for (uint32_t j = 0; j < ins->n_args; j++)
            read_in(readers, ins->args[j], ins->body != NO_ID ? SECTION_STEP : ins->section);
    }
}
