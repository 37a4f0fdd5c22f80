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

void verify_code(Program *program)
{
    const Code *code = &program->code;

    for (uint32_t s = 0; s < code->n_sections; s++)
        for (uint32_t i = 0; i < code->sections[s].count; i++)
            verify_instruction(code, &code->instructions[code->sections[s].first + i],
                               home_of_section(s));
    for (size_t i = 0; i < program->sinks.count; i++)
        verify_ref(code, *program->sinks.items[i].field, HOME_TILE);
}
