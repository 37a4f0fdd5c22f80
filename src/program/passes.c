/* The passes from checked model to bytecode, one a line, in order. */
#include "program/ir.h"

typedef struct {
    const char *name, *does;
    void (*run)(Program *program);
} Pass;

static const Pass passes[] = {
    {"find_live", "values that something reported, paid or able to fail reads", find_live},
    {"find_varying", "what each varies over: nothing, the period, the path, both", find_varying},
    {"lower_model", "instructions, equal ones made one, each where it varies", lower_model},
    {"remove_dead", "without those that nothing reads", remove_dead},
    {"sink_into_rules", "what one rule alone reads, into that rule", sink_into_rules},
    {"start_states", "first values that a path holds from its start", start_states},
    {"fuse", "sums, products and pairs in one instruction, every rounding kept", fuse},
    {"allocate_registers", "registers by linear scan", allocate_registers},
    {"emit_code", "bytecode by section", emit_code},
    {"verify_code", "that run/ may trust it", verify_code},
};
enum { N_PASSES = sizeof passes / sizeof *passes };

static PassCount count(const Program *program)
{
    PassCount n = {.merged = program->n_merged,
                   .registers = program->code.n_registers[HOME_TILE],
                   .code = (uint32_t)program->code.n_instructions};

    for (size_t i = 0; i < program->model->values.count; i++)
        n.values += program->live[i];
    for (size_t i = 0; i < program->ins.count; i++) {
        const Ins *ins = &program->ins.items[i];
        if (ins->is_dead)
            continue;
        n.constant += ins->section == SECTION_CONST;
        n.period += ins->section == SECTION_PERIOD;
        n.path += ins->section == SECTION_PATH;
        n.step += ins->section == SECTION_STEP;
        n.later += ins->section > SECTION_STEP;
    }
    return n;
}

void run_passes(Program *program)
{
    program->counts = ARENA_ARRAY(program->arena, PassCount, N_PASSES);
    for (size_t i = 0; i < N_PASSES; i++) {
        passes[i].run(program);
        program->counts[i] = count(program);
    }
}

void print_passes(Buffer *out, const Program *program)
{
    buffer_string(out,
                  "# what is there after each pass: values; instructions by how often they run, "
                  "and equal ones\n# that were made one; registers of a tile; bytecode\n");
    buffer_format(out, "# %-18s %6s %6s %6s %6s %6s %6s %6s %6s %6s  %s\n", "pass", "values",
                  "const", "period", "path", "step", "later", "merged", "regs", "code",
                  "what it does");
    for (size_t i = 0; i < N_PASSES; i++) {
        const PassCount *n = &program->counts[i];
        buffer_format(out, "# %-18s %6u %6u %6u %6u %6u %6u %6u %6u %6u  %s\n", passes[i].name,
                      n->values, n->constant, n->period, n->path, n->step, n->later, n->merged,
                      n->registers, n->code, passes[i].does);
    }
}
