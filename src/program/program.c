/* The program of a model: its construction, and its faces as text. */
#include "program/program.h"

#include "program/ir.h"

const OpInfo op_infos[OP_COUNT] = {
#define LANE(name, n, expression, doc) [OP_##name] = {#name, doc, n, OP_IS_LANE},
#define CHOSEN(name, n, is_plain, plain, expression, doc) [OP_##name] = {#name, doc, n, OP_IS_LANE},
#define WRITTEN(name, n, doc) [OP_##name] = {#name, doc, n, OP_IS_WRITTEN},
#define CLOCKED(name, n, expression, doc) [OP_##name] = {#name, doc, n, OP_IS_CLOCKED},
#define LEAF(name, n, doc) [OP_##name] = {#name, doc, n, OP_IS_LEAF},
#define HELD(name, n, doc) [OP_##name] = {#name, doc, n, OP_IS_HELD},
#define NAMED(name, n, doc) [OP_##name] = {#name, doc, n, OP_IS_NAMED},
#include "program/ops.def"
#undef LANE
#undef CHOSEN
#undef WRITTEN
#undef CLOCKED
#undef LEAF
#undef HELD
#undef NAMED
};

static Program *build(Arena *arena, const Model *model, bool is_trace, const bool *is_lifted)
{
    Program *program = ARENA_NEW(arena, Program);

    program->arena = arena;
    program->model = model;
    program->is_trace = is_trace;
    program->is_lifted = is_lifted;
    run_passes(program);
    return program;
}

Program *program_build(Arena *arena, const Model *model)
{
    return build(arena, model, false, NULL);
}

Program *program_build_lifted(Arena *arena, const Model *model, const bool *is_lifted)
{
    return build(arena, model, false, is_lifted);
}

Program *program_build_trace(Arena *arena, const Model *model)
{
    return build(arena, model, true, NULL);
}

size_t program_inputs(const Program *program, const Node *const **inputs)
{
    *inputs = program->inputs.items;
    return program->inputs.count;
}

const Model *program_model(const Program *program)
{
    return program->model;
}

const Code *program_code(const Program *program)
{
    return &program->code;
}

/* ---- as text ---------------------------------------------------------------------------- */

static void print_section_name(Buffer *out, const Program *program, uint32_t section)
{
    const Code *code = &program->code;

    if (section < SECTION_RULES) {
        static const char *const names[] = {"constants", "period", "path", "step"};
        buffer_string(out, names[section]);
    } else if (section < code->section_post) {
        buffer_format(out, "rule %.*s",
                      TEXT_ARG(program->model->rules.items[section - SECTION_RULES].name));
    } else if (section >= code->section_solves) {
        buffer_format(out, "solve %u", section - code->section_solves);
    } else {
        buffer_string(out, section == code->section_post     ? "postings"
                           : section == code->section_settle ? "stages"
                                                             : "closing");
    }
}

static void print_vary(Buffer *out, uint8_t vary)
{
    static const char *const names[] = {"constant", "period", "path", "both"};

    buffer_string(out, names[vary]);
}

/* The name of a value that an instruction computes, for the reader. */
static Text *name_instructions(Arena *arena, const Program *program)
{
    Text *names = ARENA_ARRAY(arena, Text, program->ins.count + 1);

    for (size_t i = 0; i < program->model->values.count; i++) {
        InsId id = program->lowered[i];
        if (id != NO_ID && names[id].length == 0)
            names[id] = program->model->values.items[i].name;
    }
    return names;
}

Text program_dump_ir(Arena *arena, const Program *program)
{
    Buffer out = {.arena = arena};
    Text *names = name_instructions(arena, program);

    print_passes(&out, program);
    for (uint32_t i = 0; i < program->ins.count; i++) {
        const Ins *ins = &program->ins.items[i];

        if (ins->is_dead)
            continue;
        buffer_format(&out, "%%%u = %s", i, op_infos[ins->op].name);
        if (ins->op == OP_CONST) {
            buffer_char(&out, ' ');
            buffer_number(&out, ins->number);
        }
        for (uint32_t j = 0; j < ins->n_args; j++)
            buffer_format(&out, "%s %%%u", j == 0 ? "" : ",", ins->args[j]);
        buffer_string(&out, "  # ");
        print_vary(&out, ins->vary);
        buffer_string(&out, ", ");
        print_section_name(&out, program, ins->section);
        if (names[i].length > 0)
            buffer_format(&out, ", %.*s", TEXT_ARG(names[i]));
        buffer_char(&out, '\n');
    }
    return buffer_view(&out);
}

Ref code_arg(const Code *code, const Instruction *at, uint32_t i)
{
    if (op_infos[at->op].n_args == ANY)
        return code->refs[at->a + i];
    return i == 0 ? at->a : i == 1 ? at->b : at->c;
}

static void print_ref(Buffer *out, Ref ref)
{
    static const char letters[] = {'t', 'c', 'p', '?'};

    buffer_format(out, "%c%u", letters[REF_HOME(ref)], REF_INDEX(ref));
}

Text program_dump_bytecode(Arena *arena, const Program *program)
{
    const Code *code = &program->code;
    Buffer out = {.arena = arena};

    buffer_format(&out, "registers: %u tile (%u hot), %u constant, %u period (%u read by tiles)\n",
                  code->n_registers[HOME_TILE], code->n_hot, code->n_registers[HOME_CONST],
                  code->n_registers[HOME_PERIOD], code->n_exports);
    for (uint32_t s = 0; s < code->n_sections; s++) {
        if (code->sections[s].count == 0)
            continue;
        print_section_name(&out, program, s);
        buffer_string(&out, ":\n");
        for (uint32_t i = 0; i < code->sections[s].count; i++) {
            const Instruction *at = &code->instructions[code->sections[s].first + i];

            buffer_format(&out, "  r%u = %s", at->out, op_infos[at->op].name);
            for (uint32_t j = 0; j < at->n; j++) {
                buffer_char(&out, ' ');
                print_ref(&out, code_arg(code, at, j));
            }
            buffer_char(&out, '\n');
        }
    }
    return buffer_view(&out);
}
