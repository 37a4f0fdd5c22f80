/* a * b + c as one instruction, when nothing else reads the product: one dispatch, two roundings,
 * so no bit changes. */
#include "program/ir.h"

static uint32_t *count_reads(Program *program)
{
    uint32_t *reads = ARENA_ARRAY(program->arena, uint32_t, program->ins.count + 1);

    for (size_t i = 0; i < program->ins.count; i++) {
        const Ins *ins = &program->ins.items[i];
        for (uint32_t j = 0; !ins->is_dead && j < ins->n_args; j++)
            reads[ins->args[j]]++;
    }
    for (size_t i = 0; i < program->sinks.count; i++)
        reads[program->sinks.items[i].ins]++;
    for (size_t i = 0; i < program->stores.count; i++)
        reads[program->stores.items[i].from]++;
    return reads;
}

void fuse_multiply_add(Program *program)
{
    uint32_t *reads = count_reads(program);

    for (size_t i = 0; i < program->ins.count; i++) {
        Ins *sum = &program->ins.items[i];

        if (sum->op != OP_ADD || sum->is_dead || sum->home != HOME_TILE)
            continue;
        for (uint32_t side = 0; side < 2; side++) {
            Ins *product = &program->ins.items[sum->args[side]];

            if (product->op != OP_MUL || product->section != sum->section ||
                product->body != sum->body || reads[sum->args[side]] != 1)
                continue;
            InsId other = sum->args[1 - side];
            sum->args = ARENA_ARRAY(program->arena, InsId, 3);
            sum->args[0] = product->args[0];
            sum->args[1] = product->args[1];
            sum->args[2] = other;
            sum->n_args = 3;
            sum->op = OP_MULTIPLY_ADD;
            product->is_dead = true;
            break;
        }
    }
}
