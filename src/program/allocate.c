/* Registers: states first, then temporaries by linear scan, then what is seldom touched.
 *
 * Positions count instructions in the order in which they run, with one more position at the end
 * of each section for what fixed code reads there. A register is free again after its last
 * position, and at it for an instruction that may write over its arguments. */
#include "program/ir.h"

#include <assert.h>
#include <stdlib.h>

typedef struct {
    Program *program;
    uint32_t *position;    /* by instruction */
    uint32_t *section_end; /* by section */
    uint32_t *last;        /* by instruction */
    uint32_t *order;       /* instructions of the tile, by position; NO_ID: a section's end */
    uint32_t n_positions;
    uint32_t *solve_position;
    uint32_t *free;
    uint32_t n_free, n_used;
} Scan;

static void order_instructions(Scan *scan)
{
    Program *program = scan->program;
    uint32_t n_sections = program->code.n_sections;
    size_t n = program->ins.count;
    uint32_t *counts = ARENA_ARRAY(program->arena, uint32_t, n_sections + 1);
    uint32_t *starts = ARENA_ARRAY(program->arena, uint32_t, n_sections + 1);

    for (size_t i = 0; i < n; i++) {
        const Ins *ins = &program->ins.items[i];
        if (ins->home == HOME_TILE && !ins->is_dead)
            counts[ins->section]++;
    }
    uint32_t next = 0;
    for (uint32_t s = SECTION_PATH; s < program->code.section_solves; s++) {
        starts[s] = next;
        next += counts[s];
        scan->section_end[s] = next++;
    }
    scan->n_positions = next;
    scan->order = ARENA_ARRAY(program->arena, uint32_t, next + 1u);
    for (uint32_t i = 0; i <= next; i++)
        scan->order[i] = NO_ID;
    for (size_t i = 0; i < n; i++) {
        const Ins *ins = &program->ins.items[i];
        if (ins->home != HOME_TILE || ins->is_dead)
            continue;
        scan->position[i] = starts[ins->section]++;
        scan->order[scan->position[i]] = (uint32_t)i;
        if (ins->op == OP_SOLVE)
            scan->solve_position[ins->detail.index] = scan->position[i];
    }
}

static void read_at(Scan *scan, InsId id, uint32_t position)
{
    Ins *ins = &scan->program->ins.items[id];

    if (ins->home != HOME_TILE)
        return;
    if (position > scan->last[id])
        scan->last[id] = position;
    if (ins->op == OP_PART)
        read_at(scan, ins->args[0], position);
}

static void find_last_reads(Scan *scan)
{
    Program *program = scan->program;

    for (size_t i = 0; i < program->ins.count; i++) {
        const Ins *ins = &program->ins.items[i];
        uint32_t at = scan->position[i];

        if (ins->home != HOME_TILE || ins->is_dead)
            continue;
        if (ins->body != NO_ID)
            at = scan->solve_position[ins->body];
        if (scan->last[i] < scan->position[i])
            scan->last[i] = scan->position[i];
        for (uint32_t j = 0; j < ins->n_args; j++)
            read_at(scan, ins->args[j], at);
    }
    for (size_t i = 0; i < program->sinks.count; i++)
        read_at(scan, program->sinks.items[i].ins,
                scan->section_end[program->sinks.items[i].section]);
    for (size_t i = 0; i < program->stores.count; i++)
        if (program->stores.items[i].home == HOME_TILE)
            read_at(scan, program->stores.items[i].from,
                    scan->section_end[program->stores.items[i].section]);
}

/* Registers that are never given back: those that outlive the period, or are filled out of turn. */
static bool is_kept(const Scan *scan, InsId id)
{
    const Ins *ins = &scan->program->ins.items[id];

    return scan->program->is_trace || ins->body != NO_ID || ins->n_out != 1 ||
           (ins->section == SECTION_PATH && scan->last[id] > scan->section_end[SECTION_PATH]);
}

static uint32_t take_register(Scan *scan)
{
    return scan->n_free > 0 ? scan->free[--scan->n_free] : scan->n_used++;
}

static void give_register(Scan *scan, InsId id)
{
    Ins *ins = &scan->program->ins.items[id];

    if (!ins->is_kept && !ins->is_joined)
        scan->free[scan->n_free++] = ins->reg;
}

static bool has_register(const Ins *ins)
{
    return op_infos[ins->op].op_class != OP_IS_NAMED || ins->op == OP_UNKNOWN;
}

/* The instructions whose registers are free after each position, as lists. */
static uint32_t *list_ends(Scan *scan, uint32_t **next)
{
    Program *program = scan->program;
    uint32_t *heads = ARENA_ARRAY(program->arena, uint32_t, scan->n_positions + 1u);

    *next = ARENA_ARRAY(program->arena, uint32_t, program->ins.count + 1);
    for (uint32_t i = 0; i <= scan->n_positions; i++)
        heads[i] = NO_ID;
    for (uint32_t i = 0; i < program->ins.count; i++) {
        const Ins *ins = &program->ins.items[i];
        if (ins->home != HOME_TILE || ins->is_dead || !has_register(ins))
            continue;
        (*next)[i] = heads[scan->last[i]];
        heads[scan->last[i]] = i;
    }
    return heads;
}

static bool may_write_over(Op op)
{
    OpClass class = op_infos[op].op_class;

    return class == OP_IS_LANE || class == OP_IS_CLOCKED || op == OP_SUM || op == OP_SUM_PRODUCTS;
}

static bool is_in_every_period(const Program *program, uint32_t section)
{
    return section == SECTION_STEP ||
           (section >= program->code.section_post && section <= program->code.section_close);
}

/* A result that a state takes at the end of its section, or of a later one, is written there at
 * once, when what the state held was read before: a store less. */
static void join_states(Scan *scan)
{
    Program *program = scan->program;
    uint32_t *last_read = ARENA_ARRAY(program->arena, uint32_t, program->states.count + 1);
    uint32_t *n_stores = ARENA_ARRAY(program->arena, uint32_t, program->ins.count + 1);

    for (size_t i = 0; i < program->ins.count; i++) {
        const Ins *ins = &program->ins.items[i];
        if (ins->home == HOME_TILE && !ins->is_dead && ins->op == OP_STATE &&
            scan->last[i] > last_read[ins->part])
            last_read[ins->part] = scan->last[i];
    }
    for (size_t i = 0; i < program->stores.count; i++)
        n_stores[program->stores.items[i].from]++;
    for (size_t i = 0; i < program->stores.count; i++) {
        const Store *store = &program->stores.items[i];
        Ins *from = &program->ins.items[store->from];
        bool is_plain = from->home == HOME_TILE && from->n_out == 1 && from->body == NO_ID &&
                        op_infos[from->op].op_class != OP_IS_NAMED;

        if (store->home != HOME_TILE || store->state == NO_ID || !is_plain ||
            !is_in_every_period(program, from->section) ||
            !is_in_every_period(program, store->section) || from->section > store->section ||
            n_stores[store->from] != 1 || program->is_trace)
            continue;
        if (last_read[store->state] < scan->position[store->from] + may_write_over(from->op)) {
            from->reg = program->states.items[store->state].reg;
            from->is_joined = true;
        }
    }
}

static void scan_positions(Scan *scan)
{
    Program *program = scan->program;
    uint32_t *next = NULL;
    uint32_t *heads = list_ends(scan, &next);

    for (uint32_t at = 0; at < scan->n_positions; at++) {
        InsId id = scan->order[at];
        bool is_early = id != NO_ID && may_write_over(program->ins.items[id].op);

        for (InsId done = heads[at]; is_early && done != NO_ID; done = next[done])
            if (done != id)
                give_register(scan, done);
        if (id != NO_ID && has_register(&program->ins.items[id]) &&
            !program->ins.items[id].is_joined) {
            Ins *ins = &program->ins.items[id];
            ins->is_kept = is_kept(scan, id);
            if (ins->is_kept) {
                ins->reg = scan->n_used;
                scan->n_used += ins->n_out;
            } else {
                ins->reg = take_register(scan);
            }
        }
        for (InsId done = heads[at]; done != NO_ID; done = next[done])
            if (!is_early || done == id)
                give_register(scan, done);
    }
}

/* Registers that are other instructions' or states'. */
static void name_registers(Program *program)
{
    for (size_t i = 0; i < program->ins.count; i++) {
        Ins *ins = &program->ins.items[i];

        if (ins->op == OP_STATE || ins->op == OP_STATE_CLOSING)
            ins->reg = program->states.items[ins->part].reg;
        else if (ins->op == OP_LUMP)
            ins->reg = program->states.items[program->code.stocks[ins->part].lump].reg;
        else if (ins->op == OP_EACH_COUNT)
            ins->reg = program->states.items[program->code.rules[ins->part].count].reg;
        else if (ins->op == OP_PART)
            ins->reg = program->ins.items[ins->args[0]].reg + ins->part;
    }
}

static void place_states(Program *program, Home home, bool is_cold, uint32_t *next)
{
    for (size_t i = 0; i < program->states.count; i++) {
        State *state = &program->states.items[i];
        if (state->home == home && state->is_cold == is_cold)
            state->reg = (*next)++;
    }
}

static void place_memories(Program *program, Home home, bool is_hot, uint32_t *next)
{
    for (size_t i = 0; i < program->memories.count; i++) {
        Memory *memory = &program->memories.items[i];
        if (memory->home != home || memory->is_hot != is_hot)
            continue;
        memory->reg = *next;
        *next += memory->n_registers;
    }
}

static void allocate_tile(Program *program)
{
    size_t n = program->ins.count + 1;
    uint32_t n_sections = program->code.n_sections;
    Scan scan = {.program = program};

    scan.position = ARENA_ARRAY(program->arena, uint32_t, n);
    scan.last = ARENA_ARRAY(program->arena, uint32_t, n);
    scan.free = ARENA_ARRAY(program->arena, uint32_t, n);
    scan.section_end = ARENA_ARRAY(program->arena, uint32_t, n_sections + 1u);
    scan.solve_position = ARENA_ARRAY(program->arena, uint32_t, program->model->solves.count + 1);
    order_instructions(&scan);
    find_last_reads(&scan);
    place_states(program, HOME_TILE, false, &scan.n_used);
    place_memories(program, HOME_TILE, true, &scan.n_used);
    join_states(&scan);
    scan_positions(&scan);
    program->code.n_hot = scan.n_used;
    place_memories(program, HOME_TILE, false, &scan.n_used);
    place_states(program, HOME_TILE, true, &scan.n_used);
    program->code.n_registers[HOME_TILE] = scan.n_used;
}

/* One number each: every one has a register of its own. */
static void allocate_narrow(Program *program, Home home)
{
    uint32_t next = 0;

    place_states(program, home, false, &next);
    place_states(program, home, true, &next);
    place_memories(program, home, true, &next);
    place_memories(program, home, false, &next);
    for (size_t i = 0; i < program->ins.count; i++) {
        Ins *ins = &program->ins.items[i];
        if (ins->home != home || ins->is_dead)
            continue;
        if (has_register(ins) || ins->op == OP_CONST) {
            ins->reg = next;
            next += ins->n_out;
        }
    }
    program->code.n_registers[home] = next;
}

void allocate_registers(Program *program)
{
    allocate_narrow(program, HOME_CONST);
    allocate_narrow(program, HOME_PERIOD);
    allocate_tile(program);
    name_registers(program);
}
