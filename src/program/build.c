/* Making instructions: what they vary over, where they live, and equal ones made one. */
#include "maths/maths.h"
#include "program/ir.h"

#include <assert.h>
#include <string.h>

static bool is_clocked(Op op)
{
    switch (op) {
    case OP_GROWTH_MONTHS:
    case OP_GROWTH_POWER:
    case OP_DUE:
    case OP_DUE_DAYS:
    case OP_DUE_BY_CALENDAR:
    case OP_DUE_BY_CALENDAR_DAYS:
    case OP_TODAY:
    case OP_FIRST_DAY:
    case OP_DAYS:
        return true;
    default:
        return op_infos[op].op_class == OP_IS_CLOCKED;
    }
}

/* Those that are not functions of their arguments and detail alone are never made one. */
static bool may_merge(Op op)
{
    return op != OP_SOLVE && op != OP_LAG && op != OP_WINDOW && op != OP_EACH_COUNT;
}

static bool details_equal(const Detail *a, const Detail *b)
{
    return a->hash == b->hash && a->draw == b->draw && a->index == b->index &&
           a->periods == b->periods && a->order == b->order && a->memory == b->memory &&
           a->step_months == b->step_months && a->step_days == b->step_days &&
           a->is_in_advance == b->is_in_advance && a->rate_months == b->rate_months &&
           a->whole_months == b->whole_months;
}

static uint64_t mix(uint64_t h, uint64_t x)
{
    h ^= x + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
    return h * 0xff51afd7ed558ccdu;
}

static uint64_t hash_of(const Ins *ins)
{
    uint64_t h = mix(ins->op, ins->part);

    h = mix(mix(h, gw_bits(ins->number)), ins->is_start);
    h = mix(mix(h, ins->detail.hash), ins->detail.index);
    h = mix(h, (uint64_t)ins->detail.step_months << 32 | ins->detail.step_days);
    for (uint32_t i = 0; i < ins->n_args; i++)
        h = mix(h, ins->args[i]);
    return h;
}

static bool ins_equal(const Ins *a, const Ins *b)
{
    return a->op == b->op && a->part == b->part && a->is_start == b->is_start &&
           a->n_args == b->n_args && gw_bits(a->number) == gw_bits(b->number) &&
           details_equal(&a->detail, &b->detail) &&
           (a->n_args == 0 || memcmp(a->args, b->args, a->n_args * sizeof *a->args) == 0);
}

static void grow_buckets(Program *program)
{
    size_t n = program->n_buckets ? program->n_buckets * 4 : 4096;

    program->buckets = ARENA_ARRAY(program->arena, uint32_t, n);
    memset(program->buckets, 0xff, n * sizeof *program->buckets);
    program->n_buckets = n;
    program->chain_capacity = n;
    program->chain = ARENA_ARRAY(program->arena, InsId, n);
    for (size_t i = 0; i < program->ins.count; i++) {
        size_t bucket = hash_of(&program->ins.items[i]) & (n - 1);
        program->chain[i] = program->buckets[bucket];
        program->buckets[bucket] = (uint32_t)i;
    }
}

static uint32_t section_for(const Lowering *lowering, uint8_t vary)
{
    switch (vary) {
    case VARY_NOT:
        return SECTION_CONST;
    case VARY_PERIOD:
        return SECTION_PERIOD;
    case VARY_PATH:
        return SECTION_PATH;
    default:
        return lowering->section;
    }
}

static InsId ins_intern(Lowering *lowering, Ins *ins)
{
    Program *program = lowering->program;

    if (program->ins.count + 1 >= program->n_buckets)
        grow_buckets(program);
    size_t bucket = hash_of(ins) & (program->n_buckets - 1);
    if (may_merge(ins->op))
        for (InsId i = program->buckets[bucket]; i != NO_ID; i = program->chain[i])
            if (ins_equal(&program->ins.items[i], ins)) {
                program->n_merged++;
                return i;
            }

    InsId id = (InsId)program->ins.count;
    Ins *made = LIST_PUSH(program->arena, &program->ins);
    *made = *ins;
    made->args = ARENA_ARRAY(program->arena, InsId, ins->n_args + 1u);
    if (ins->n_args > 0)
        memcpy(made->args, ins->args, ins->n_args * sizeof *ins->args);
    made->section = section_for(lowering, made->vary);
    made->owner = lowering->owner;
    if (made->op == OP_EACH_COUNT)
        made->section = SECTION_RULES + made->detail.index;
    /* What reads a rule's count is computed in that rule. */
    for (uint32_t i = 0; i < made->n_args; i++) {
        uint32_t section = program->ins.items[made->args[i]].section;
        if (made->vary == VARY_BOTH && section > made->section)
            made->section = section;
    }
    made->home = made->vary == VARY_NOT      ? HOME_CONST
                 : made->vary == VARY_PERIOD ? HOME_PERIOD
                                             : HOME_TILE;
    made->reg = made->export = NO_ID;
    program->chain[id] = program->buckets[bucket];
    program->buckets[bucket] = id;
    return id;
}

InsId ins_new(Lowering *lowering, Op op, const InsId *args, uint32_t n_args, const Detail *detail,
              uint32_t part, uint8_t more_vary, uint32_t n_out)
{
    Program *program = lowering->program;
    Ins ins = {.op = op,
               .vary = more_vary,
               .n_args = n_args,
               .part = part,
               .n_out = n_out,
               .body = NO_ID,
               .is_start = false};

    if (detail != NULL)
        ins.detail = *detail;
    if (is_clocked(op)) {
        ins.is_start = lowering->is_starting;
        if (!lowering->is_starting)
            ins.vary |= VARY_PERIOD;
    }
    ins.args = ARENA_ARRAY(program->arena, InsId, n_args + 1u);
    for (uint32_t i = 0; i < n_args; i++) {
        const Ins *arg = &program->ins.items[args[i]];

        ins.args[i] = args[i];
        ins.vary |= arg->vary;
        if (arg->body != NO_ID && arg->body == lowering->body)
            ins.body = arg->body;
    }
    if (op == OP_UNKNOWN)
        ins.body = lowering->body;
    return ins_intern(lowering, &ins);
}

InsId ins_const(Lowering *lowering, double number)
{
    Ins ins = {.op = OP_CONST, .number = number, .body = NO_ID, .n_out = 1};

    if (number != number)
        ins.number = (double)__builtin_nan("");
    return ins_intern(lowering, &ins);
}

static bool is_number(const Program *program, InsId id, double number)
{
    const Ins *ins = &program->ins.items[id];

    return ins->op == OP_CONST && ins->number == number;
}

static bool are_numbers(const Program *program, InsId a, InsId b)
{
    const Ins *x = &program->ins.items[a];
    const Ins *y = &program->ins.items[b];

    return x->op == OP_CONST && y->op == OP_CONST && x->number == x->number &&
           y->number == y->number;
}

/* The score of a uniform number, which never is a half: no zero. */
static bool is_score(const Program *program, InsId id)
{
    const Ins *ins = &program->ins.items[id];

    return ins->op == OP_INVERSE_NORMAL && program->ins.items[ins->args[0]].op == OP_UNIFORM;
}

/* Whole cents brought to money by a unit above zero: of the same sign. */
static bool is_money(const Program *program, InsId id)
{
    const Ins *ins = &program->ins.items[id];

    return ins->op == OP_MONEY && program->ins.items[ins->args[1]].op == OP_CONST &&
           program->ins.items[ins->args[1]].number > 0;
}

InsId ins_1(Lowering *lowering, Op op, InsId a)
{
    return ins_new(lowering, op, &a, 1, NULL, 0, 0, 1);
}

InsId ins_2(Lowering *lowering, Op op, InsId a, InsId b)
{
    /* x * 1 and x / 1 are x, whatever x is */
    if ((op == OP_MUL || op == OP_DIV) && is_number(lowering->program, b, 1))
        return a;
    if (op == OP_MUL && is_number(lowering->program, a, 1))
        return b;
    /* 0 + x is x, but for x = -0 */
    if (op == OP_ADD && is_number(lowering->program, a, 0) && is_score(lowering->program, b))
        return b;
    if (op == OP_GT && is_money(lowering->program, a) && is_number(lowering->program, b, 0))
        a = lowering->program->ins.items[a].args[0];
    /* a stage that no path changes */
    if (op == OP_EQ && are_numbers(lowering->program, a, b))
        return ins_const(lowering,
                         is_number(lowering->program, a, lowering->program->ins.items[b].number));
    return ins_new(lowering, op, (InsId[]){a, b}, 2, NULL, 0, 0, 1);
}

InsId ins_3(Lowering *lowering, Op op, InsId a, InsId b, InsId c)
{
    if (op == OP_SELECT && is_number(lowering->program, a, 1))
        return b;
    if (op == OP_SELECT && is_number(lowering->program, a, 0))
        return c;
    return ins_new(lowering, op, (InsId[]){a, b, c}, 3, NULL, 0, 0, 1);
}

uint32_t state_new(Program *program, Home home, double number, bool is_cold)
{
    State *state = LIST_PUSH(program->arena, &program->states);

    *state = (State){.home = home, .initial = NULL, .number = number, .is_cold = is_cold};
    return (uint32_t)program->states.count - 1;
}

InsId ins_state(Lowering *lowering, uint32_t state, bool is_closing)
{
    uint8_t vary =
        lowering->program->states.items[state].home == HOME_PERIOD ? VARY_PERIOD : VARY_BOTH;

    return ins_new(lowering, is_closing ? OP_STATE_CLOSING : OP_STATE, NULL, 0, NULL, state, vary,
                   1);
}

void sink_add(Program *program, Ref *field, InsId ins, uint32_t section)
{
    Sink *sink = LIST_PUSH(program->arena, &program->sinks);

    *sink = (Sink){.field = field, .ins = ins, .section = section};
    *field = 0;
}

uint32_t memory_new(Program *program, Home home, uint32_t n_registers, bool is_hot)
{
    Memory *memory = LIST_PUSH(program->arena, &program->memories);

    *memory = (Memory){home, n_registers, 0, is_hot};
    return (uint32_t)program->memories.count - 1;
}
