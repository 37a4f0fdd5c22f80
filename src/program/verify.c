/* Checks that bytecode is what run/ may trust: our own faults, so asserts. */
#include "program/ir.h"

#include <assert.h>

static uint32_t limit_of(const Code *code, Home home, Home reader)
{
    return home == HOME_PERIOD && reader == HOME_TILE ? code->n_exports : code->n_registers[home];
}

static void verify_ref(const Code *code, Ref ref, Home reader)
{
    Home home = REF_HOME(ref);

    (void)reader;
    assert(home < N_HOMES && "a register's home exists");
    assert(REF_INDEX(ref) < limit_of(code, home, reader) && "a register exists");
    assert((reader == HOME_TILE || home != HOME_TILE) && "narrow code reads no tile");
    (void)home;
    (void)code;
}

static Home home_of_section(uint32_t section)
{
    return section == SECTION_CONST    ? HOME_CONST
           : section == SECTION_PERIOD ? HOME_PERIOD
                                       : HOME_TILE;
}

static void verify_instruction(const Code *code, const Instruction *at, Home reader)
{
    const OpInfo *info = &op_infos[at->op];

    assert(at->op < OP_COUNT && info->op_class != OP_IS_NAMED && "the operation has code");
    assert((info->n_args == ANY || info->n_args == at->n) && "as many arguments as it takes");
    assert(at->detail < code->n_details);
    assert(at->out < code->n_registers[reader] || at->op == OP_SOLVE);
    for (uint32_t i = 0; i < at->n; i++) {
        if (info->n_args == ANY)
            assert(at->a + i < code->n_refs);
        verify_ref(code, code_arg(code, at, i), reader);
    }
}

/* That no instruction reads a result past its last reader. By tile register: who wrote it last. */
static void verify_reads(const Code *code, uint32_t section, uint32_t *writers)
{
    const Section *run = &code->sections[section];

    for (uint32_t i = run->first; i < run->first + run->count; i++) {
        const Instruction *at = &code->instructions[i];

        for (uint32_t k = 0; k < at->n; k++) {
            Ref ref = code_arg(code, at, k);
            uint32_t writer = REF_HOME(ref) == HOME_TILE ? writers[REF_INDEX(ref)] : NO_ID;

            assert((writer == NO_ID || code->last_readers[writer] >= i) && "NO_ID is above all");
            (void)writer;
        }
        if (at->op == OP_SOLVE) /* its body runs inside it */
            verify_reads(code, code->details[at->detail].order, writers);
        else
            writers[at->out] = i;
    }
}

static void verify_last_readers(Program *program)
{
    const Code *code = &program->code;
    uint32_t n = code->n_registers[HOME_TILE];
    uint32_t *writers = ARENA_ARRAY(program->arena, uint32_t, n + 1u);

    for (uint32_t i = 0; i < n; i++)
        writers[i] = NO_ID;
    for (uint32_t s = SECTION_PATH; s < code->section_solves; s++)
        verify_reads(code, s, writers);
}

void verify_code(Program *program)
{
    const Code *code = &program->code;

    for (uint32_t s = 0; s < code->n_sections; s++)
        for (uint32_t i = 0; i < code->sections[s].count; i++)
            verify_instruction(code, &code->instructions[code->sections[s].first + i],
                               home_of_section(s));
    for (size_t i = 0; i < program->sinks.count; i++)
        verify_ref(code, *program->sinks.items[i].field, HOME_TILE);
    verify_last_readers(program);
}
