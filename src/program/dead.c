/* Drops instructions that nothing reads: not a rule, state, output or check, through any depth. */
#include "program/ir.h"

static void mark(Program *program, InsId id)
{
    Ins *ins = &program->ins.items[id];

    ins->is_dead = false;
}

void remove_dead(Program *program)
{
    for (size_t i = 0; i < program->ins.count; i++)
        program->ins.items[i].is_dead = program->ins.items[i].op != OP_SOLVE;
    for (size_t i = 0; i < program->sinks.count; i++)
        mark(program, program->sinks.items[i].ins);
    for (size_t i = 0; i < program->stores.count; i++)
        mark(program, program->stores.items[i].from);
    /* Arguments come before what reads them. */
    for (size_t i = program->ins.count; i-- > 0;) {
        const Ins *ins = &program->ins.items[i];
        for (uint32_t j = 0; !ins->is_dead && j < ins->n_args; j++)
            mark(program, ins->args[j]);
    }
}
