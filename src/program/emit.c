/* Bytecode: instructions by section, and every table's registers. */
#include "program/ir.h"

#include <assert.h>

typedef struct {
    Program *program;
    LIST(Instruction) instructions;
    LIST(uint32_t) owners;
    LIST(Detail) details;
    LIST(Ref) refs;
    LIST(uint32_t) exports;
    uint32_t *places; /* by Ins: its instruction */
} Emitter;

/* How code of `reader` reads an instruction's register. */
static Ref ref_to(Emitter *emitter, InsId id, Home reader)
{
    Program *program = emitter->program;
    Ins *ins = &program->ins.items[id];

    assert(ins->reg != NO_ID && "arguments have registers");
    if (ins->home == HOME_PERIOD && reader == HOME_TILE) {
        if (ins->export == NO_ID) {
            ins->export = (uint32_t)emitter->exports.count;
            *LIST_PUSH(program->arena, &emitter->exports) = ins->reg;
        }
        return REF_MAKE(HOME_PERIOD, ins->export);
    }
    return REF_MAKE(ins->home, ins->reg);
}

static uint32_t add_detail(Emitter *emitter, const Detail *detail)
{
    *LIST_PUSH(emitter->program->arena, &emitter->details) = *detail;
    return (uint32_t)emitter->details.count - 1;
}

static void add_instruction(Emitter *emitter, const Instruction *instruction, uint32_t owner)
{
    *LIST_PUSH(emitter->program->arena, &emitter->instructions) = *instruction;
    *LIST_PUSH(emitter->program->arena, &emitter->owners) = owner > 0 ? owner - 1 : NO_ID;
}

static Detail finished_detail(const Program *program, const Ins *ins)
{
    Detail detail = ins->detail;

    switch (ins->op) {
    case OP_LAG:
    case OP_WINDOW:
    case OP_RING_OUT:
    case OP_RING_CONTENT:
    case OP_RING_CONTENT_CLOSING:
        detail.memory = program->memories.items[ins->detail.memory].reg;
        break;
    case OP_SOLVE:
        detail.order = program->code.section_solves + ins->detail.index;
        break;
    default:
        break;
    }
    return detail;
}

static void emit_ins(Emitter *emitter, const Ins *ins)
{
    Program *program = emitter->program;
    Detail detail = finished_detail(program, ins);
    Instruction out = {.op = (uint16_t)ins->op, .n = ins->n_args, .out = ins->reg};
    Ref *places[3] = {&out.a, &out.b, &out.c};

    out.a = out.b = out.c = REF_NONE;
    out.detail = add_detail(emitter, &detail);
    if (ins->n_args <= 3 && op_infos[ins->op].n_args != ANY) {
        for (uint32_t i = 0; i < ins->n_args; i++)
            *places[i] = ref_to(emitter, ins->args[i], ins->home);
    } else {
        out.a = (uint32_t)emitter->refs.count;
        for (uint32_t i = 0; i < ins->n_args; i++) {
            Ref ref = ref_to(emitter, ins->args[i], ins->home);
            *LIST_PUSH(program->arena, &emitter->refs) = ref;
        }
    }
    add_instruction(emitter, &out, ins->owner);
}

static void emit_store(Emitter *emitter, const Store *store)
{
    Program *program = emitter->program;
    Ref from = ref_to(emitter, store->from, store->home);
    Instruction out = {.op = OP_COPY, .n = 1, .a = from, .b = REF_NONE, .c = REF_NONE};

    if (store->state != NO_ID) {
        out.out = program->states.items[store->state].reg;
        if (from == REF_MAKE(store->home, out.out))
            return;
        out.detail = add_detail(emitter, &(Detail){0});
    } else {
        const Memory *memory = &program->memories.items[store->memory];
        out.op = OP_PUSH;
        out.out = memory->reg;
        out.detail =
            add_detail(emitter, &(Detail){.memory = memory->reg, .periods = memory->n_registers});
    }
    add_instruction(emitter, &out, program->ins.items[store->from].owner);
}

static uint32_t section_of(const Program *program, const Ins *ins)
{
    return ins->body != NO_ID && ins->home == HOME_TILE ? program->code.section_solves + ins->body
                                                        : ins->section;
}

/* Instructions by section, in the order they were made. */
static uint32_t *sort_by_section(Program *program, uint32_t *starts)
{
    size_t n = program->ins.count;
    uint32_t *order = ARENA_ARRAY(program->arena, uint32_t, n + 1);
    uint32_t *fill = ARENA_ARRAY(program->arena, uint32_t, program->code.n_sections + 1u);

    for (size_t i = 0; i < n; i++)
        starts[section_of(program, &program->ins.items[i]) + 1]++;
    for (uint32_t s = 0; s < program->code.n_sections; s++) {
        starts[s + 1] += starts[s];
        fill[s] = starts[s];
    }
    for (size_t i = 0; i < n; i++)
        order[fill[section_of(program, &program->ins.items[i])]++] = (uint32_t)i;
    return order;
}

static void emit_sections(Emitter *emitter)
{
    Program *program = emitter->program;
    Code *code = &program->code;
    uint32_t *starts = ARENA_ARRAY(program->arena, uint32_t, code->n_sections + 2u);
    uint32_t *order = sort_by_section(program, starts);

    code->sections = ARENA_ARRAY(program->arena, Section, code->n_sections + 1u);
    for (uint32_t s = 0; s < code->n_sections; s++) {
        code->sections[s].first = (uint32_t)emitter->instructions.count;
        for (uint32_t i = starts[s]; i < starts[s + 1]; i++) {
            const Ins *ins = &program->ins.items[order[i]];
            if (ins->is_dead || op_infos[ins->op].op_class == OP_IS_NAMED)
                continue;
            emitter->places[order[i]] = (uint32_t)emitter->instructions.count;
            emit_ins(emitter, ins);
        }
        for (size_t i = 0; i < program->stores.count; i++) {
            const Store *store = &program->stores.items[i];
            uint32_t section =
                store->home == HOME_PERIOD ? (uint32_t)SECTION_PERIOD : store->section;
            if (section == s)
                emit_store(emitter, store);
        }
        code->sections[s].count = (uint32_t)emitter->instructions.count - code->sections[s].first;
    }
}

/* A temporary that only instructions of its own section read. */
static bool is_brief(const Ins *ins)
{
    return !ins->is_dead && ins->home == HOME_TILE && ins->body == NO_ID && ins->n_out == 1 &&
           !ins->is_kept && !ins->is_joined && op_infos[ins->op].op_class != OP_IS_NAMED;
}

/* What anything but an instruction reads may be read at any time. */
static void find_last_readers(Emitter *emitter)
{
    Program *program = emitter->program;
    uint32_t *last = ARENA_ARRAY(program->arena, uint32_t, program->ins.count + 1);
    uint32_t *readers = ARENA_ARRAY(program->arena, uint32_t, emitter->instructions.count + 1);

    for (size_t i = 0; i < program->ins.count; i++)
        last[i] = is_brief(&program->ins.items[i]) ? emitter->places[i] : NO_ID;
    for (size_t i = 0; i < program->ins.count; i++) {
        const Ins *ins = &program->ins.items[i];
        for (uint32_t k = 0; k < ins->n_args && !ins->is_dead; k++) {
            const Ins *from = &program->ins.items[ins->args[k]];
            bool is_here = ins->section == from->section && ins->body == NO_ID &&
                           op_infos[ins->op].op_class != OP_IS_NAMED;
            uint32_t *its = &last[ins->args[k]];

            if (!is_here)
                *its = NO_ID;
            else if (*its != NO_ID && *its < emitter->places[i])
                *its = emitter->places[i];
        }
    }
    for (size_t i = 0; i < program->sinks.count; i++)
        last[program->sinks.items[i].ins] = NO_ID;
    for (size_t i = 0; i < program->stores.count; i++)
        last[program->stores.items[i].from] = NO_ID;
    for (size_t i = 0; i < emitter->instructions.count; i++)
        readers[i] = NO_ID;
    for (size_t i = 0; i < program->ins.count; i++)
        if (last[i] != NO_ID)
            readers[emitter->places[i]] = last[i];
    program->code.last_readers = readers;
}

/* Tables spoke of states by number until now. */
static void place_table_states(Program *program)
{
    const Model *model = program->model;
    Code *code = &program->code;
    const State *states = program->states.items;
#define TO_REGISTER(field)                                                                         \
    do {                                                                                           \
        if ((field) != NO_ID)                                                                      \
            (field) = states[field].reg;                                                           \
    } while (0)

    for (size_t i = 0; i < model->parties.count * model->accounts.count; i++)
        TO_REGISTER(code->cells[i]);
    for (size_t i = 0; i < model->n_carries; i++)
        TO_REGISTER(code->carries[i]);
    for (size_t i = 0; i < model->slots.count; i++)
        TO_REGISTER(code->slot_arrears[i]);
    for (size_t i = 0; i < model->rules.count; i++) {
        TO_REGISTER(code->rules[i].held);
        TO_REGISTER(code->rules[i].has_fired);
        TO_REGISTER(code->rules[i].top);
        TO_REGISTER(code->rules[i].marks);
        TO_REGISTER(code->rules[i].waiting);
        TO_REGISTER(code->rules[i].count);
    }
    for (size_t i = 0; i < model->stocks.count; i++) {
        TO_REGISTER(code->stocks[i].state);
        TO_REGISTER(code->stocks[i].lump);
    }
    for (size_t i = 0; i < model->rings.count; i++)
        code->rings[i].memory = program->memories.items[code->rings[i].memory].reg;
    for (size_t i = 0; i < model->contracts.count; i++) {
        TO_REGISTER(code->contracts[i].carried);
        TO_REGISTER(code->contracts[i].ends);
        for (int s = 0; s < 8; s++)
            TO_REGISTER(code->contracts[i].dates[s]);
    }
    for (size_t i = 0; i < model->parties.count; i++) {
        TO_REGISTER(code->parties[i].unpaid);
        TO_REGISTER(code->parties[i].defaulted);
        TO_REGISTER(code->parties[i].default_date);
    }
    for (size_t i = 0; i < model->facilities.count; i++)
        TO_REGISTER(code->facilities[i].drawn);
    for (size_t i = 0; i < model->guarantees.count; i++)
        TO_REGISTER(code->guarantees[i].drawn);
    for (size_t i = 0; i < model->reserves.count; i++)
        TO_REGISTER(code->reserves[i].balance);
    for (size_t i = 0; i < code->n_readers; i++)
        TO_REGISTER(code->readers[i].state);
#undef TO_REGISTER
}

void emit_code(Program *program)
{
    Emitter emitter = {.program = program};
    Code *code = &program->code;

    emitter.places = ARENA_ARRAY(program->arena, uint32_t, program->ins.count + 1);
    emit_sections(&emitter);
    find_last_readers(&emitter);
    for (size_t i = 0; i < program->sinks.count; i++)
        *program->sinks.items[i].field = ref_to(&emitter, program->sinks.items[i].ins, HOME_TILE);
    place_table_states(program);
    code->instructions = emitter.instructions.items;
    code->n_instructions = emitter.instructions.count;
    code->owners = emitter.owners.items;
    code->details = emitter.details.items;
    code->n_details = emitter.details.count;
    code->refs = emitter.refs.items;
    code->n_refs = emitter.refs.count;
    code->exports = emitter.exports.items;
    code->n_exports = (uint32_t)emitter.exports.count;
    code->states = program->states.items;
    code->n_states = program->states.count;
    code->live = program->live;
    code->constants = ARENA_ARRAY(program->arena, double, code->n_registers[HOME_CONST] + 1u);
    for (size_t i = 0; i < program->ins.count; i++) {
        const Ins *ins = &program->ins.items[i];
        if (ins->op == OP_CONST && !ins->is_dead)
            code->constants[ins->reg] = ins->number;
    }
}
