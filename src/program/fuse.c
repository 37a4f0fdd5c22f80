/* Chains of sums and products, and common pairs, as one instruction, when nothing else reads what
 * is between: it stays in registers of the machine, and every step is rounded as before, so no bit
 * changes. */
#include "program/ir.h"

#include "base/limits.h"

#include <string.h>

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

/* Whether only `reader` reads it, at the same place. */
static bool is_part(const Program *program, const uint32_t *reads, InsId id, const Ins *reader)
{
    const Ins *part = &program->ins.items[id];

    return reads[id] == 1 && part->section == reader->section && part->body == reader->body;
}

/* `part`, an argument of `ins`, goes into it: its arguments come first, then the others. */
static void absorb(Program *program, Ins *ins, InsId part, Op op)
{
    Ins *inner = &program->ins.items[part];
    InsId *args = ARENA_ARRAY(program->arena, InsId, inner->n_args + ins->n_args);
    uint32_t n = inner->n_args;

    memcpy(args, inner->args, n * sizeof *args);
    for (uint32_t i = 0; i < ins->n_args; i++)
        if (ins->args[i] != part)
            args[n++] = ins->args[i];
    ins->op = op;
    ins->args = args;
    ins->n_args = n;
    inner->is_dead = true;
}

/* a b + c: the first side that is a product, if any. */
static void fuse_product(Program *program, const uint32_t *reads, Ins *sum)
{
    for (uint32_t side = 0; side < 2 && sum->op == OP_ADD; side++)
        if (program->ins.items[sum->args[side]].op == OP_MUL &&
            is_part(program, reads, sum->args[side], sum))
            absorb(program, sum, sum->args[side], OP_MULTIPLY_ADD);
}

static void fuse_sum(Program *program, const uint32_t *reads, Ins *sum)
{
    for (uint32_t side = 0; side < 2 && sum->op == OP_ADD; side++) {
        const Ins *part = &program->ins.items[sum->args[side]];
        if ((part->op == OP_ADD || part->op == OP_SUM) && part->n_args < LIMIT_FUSED &&
            is_part(program, reads, sum->args[side], sum))
            absorb(program, sum, sum->args[side], OP_SUM);
    }
}

static void fuse_products(Program *program, const uint32_t *reads, Ins *sum)
{
    const Ins *part = &program->ins.items[sum->args[2]];

    if ((part->op == OP_MUL || part->op == OP_SUM_PRODUCTS) && part->n_args + 2 <= LIMIT_FUSED &&
        is_part(program, reads, sum->args[2], sum))
        absorb(program, sum, sum->args[2], OP_SUM_PRODUCTS);
}

static void fuse_add(Program *program, const uint32_t *reads, Ins *sum)
{
    fuse_product(program, reads, sum);
    if (sum->op == OP_MULTIPLY_ADD)
        fuse_products(program, reads, sum);
    else
        fuse_sum(program, reads, sum);
}

/* An instruction whose argument `side` is another: both together. */
static const struct {
    Op outer, inner;
    uint32_t side;
    Op both;
} pairs[] = {
    {OP_MUL, OP_MUL, 0, OP_PRODUCT},           {OP_MUL, OP_MUL, 1, OP_PRODUCT},
    {OP_SUB, OP_MUL, 0, OP_MULTIPLY_SUBTRACT}, {OP_MIN, OP_MAX, 0, OP_CLAMP},
    {OP_MIN, OP_SUB, 1, OP_MIN_DIFFERENCE},
};

static void fuse_pair(Program *program, const uint32_t *reads, Ins *ins)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (ins->op != pairs[i].outer)
            continue;
        InsId part = ins->args[pairs[i].side];
        if (program->ins.items[part].op == pairs[i].inner && is_part(program, reads, part, ins))
            absorb(program, ins, part, pairs[i].both);
    }
}

/* A closing stock that is its opening and what came in. */
static void fuse_stock(Program *program, const uint32_t *reads, Ins *closing)
{
    const Ins *sum = &program->ins.items[closing->args[1]];

    if (sum->op != OP_ADD || sum->args[0] != closing->args[0] ||
        !is_part(program, reads, closing->args[1], closing))
        return;
    InsId args[] = {sum->args[0], sum->args[1], closing->args[2]};
    program->ins.items[closing->args[1]].is_dead = true;
    closing->op = OP_STOCK_ADD;
    memcpy(closing->args, args, sizeof args);
}

void fuse(Program *program)
{
    uint32_t *reads = count_reads(program);

    for (size_t i = 0; i < program->ins.count; i++) {
        Ins *ins = &program->ins.items[i];

        if (ins->is_dead || ins->home != HOME_TILE)
            continue;
        if (ins->op == OP_ADD)
            fuse_add(program, reads, ins);
        else if (ins->op == OP_STOCK_CLOSE)
            fuse_stock(program, reads, ins);
        else
            fuse_pair(program, reads, ins);
    }
}
