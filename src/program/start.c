/* A state whose first value is known as a path starts holds it from then on: no period need ask
 * whether it is the first. */
#include "program/ir.h"

/* What is read after the step's end would read the state's next value. */
static bool *list_readable(const Program *program)
{
    bool *is_readable = ARENA_ARRAY(program->arena, bool, program->ins.count + 1);

    for (size_t i = 0; i < program->ins.count; i++) {
        const Ins *ins = &program->ins.items[i];

        if (ins->op == OP_AT_START && !ins->is_dead && ins->home == HOME_TILE) {
            const Ins *first = &program->ins.items[ins->args[1]];
            is_readable[i] = program->ins.items[ins->args[0]].op == OP_STATE &&
                             (first->home == HOME_CONST || first->section == SECTION_PATH);
        }
        for (uint32_t j = 0; !ins->is_dead && j < ins->n_args; j++)
            is_readable[ins->args[j]] &= ins->section == SECTION_STEP;
    }
    for (size_t i = 0; i < program->sinks.count; i++)
        is_readable[program->sinks.items[i].ins] = false;
    for (size_t i = 0; i < program->stores.count; i++)
        is_readable[program->stores.items[i].from] = false;
    return is_readable;
}

void start_states(Program *program)
{
    const bool *is_readable = list_readable(program);

    for (size_t i = 0; i < program->ins.count; i++) {
        Ins *ins = &program->ins.items[i];

        for (uint32_t j = 0; !ins->is_dead && j < ins->n_args; j++)
            if (is_readable[ins->args[j]])
                ins->args[j] = program->ins.items[ins->args[j]].args[0];
        if (!is_readable[i])
            continue;
        uint32_t state = program->ins.items[ins->args[0]].part;
        Ref *initial = ARENA_NEW(program->arena, Ref);
        sink_add(program, initial, ins->args[1], SECTION_PATH);
        program->states.items[state].initial = initial;
        ins->is_dead = true;
    }
}
