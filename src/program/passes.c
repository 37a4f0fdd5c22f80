/* The passes from checked model to bytecode, one call a line, in order. */
#include "program/ir.h"

void run_passes(Program *program)
{
    find_live(program);
    find_varying(program);
    lower_model(program);
    remove_dead(program);
    sink_into_rules(program);
    start_states(program);
    fuse_sums(program);
    allocate_registers(program);
    emit_code(program);
    verify_code(program);
}
