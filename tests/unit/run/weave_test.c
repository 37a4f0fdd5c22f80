/* Machine code of stretches against the expressions of ops.def and the kernels, to the bit, on
 * every instruction set here; and encodings as the GNU assembler has them. */
#include "run/machine.h"

#include "maths/maths.h"
#include "run/lane.h"
#include "run/lane_dates.h"
#include "run/x86.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum {
    N_NUMBERS = 19,
    N_LANES = (N_NUMBERS * N_NUMBERS * N_NUMBERS + GW_LANES - 1) / GW_LANES * GW_LANES,
    N_REGISTERS = 64,
    N_NARROW = 8, /* constants, and numbers of the period */
    MOST_INSTRUCTIONS = 240,
    MOST_ARGS = 8,
    FEW_BLOCKS = 3,
    FEW_LANES = FEW_BLOCKS * GW_LANES,
    N_PROGRAMS = 300,
    N_SECTIONS = SECTION_RULES + 2, /* with two of rules */
    N_KEPT = N_REGISTERS / 2,       /* registers from here on are temporaries of one section */
    N_TURNS = 12
};

static const char *const sets[] = {"avx2", "avx512"};
static const double numbers[N_NUMBERS] = {0,     -0.0,     1,       -1,        0.5,   2.5,   1e-320,
                                          1e300, -3,       7,       NAN,       20000, 20089, 20119,
                                          1.5,   INFINITY, 0x1p-41, -INFINITY, -1e-10};
static const Clock clock_now = {.period = 3,
                                .first = 20089,
                                .last = 20119,
                                .first_day = 20089,
                                .today = 20119,
                                .days = 31,
                                .months = 1,
                                .last_month = 660,
                                .step_months = 1,
                                .is_month = true};

static double expected(int op, double a, double b, double c)
{
    const Clock *clock = &clock_now;

    (void)b, (void)c, (void)clock;
    switch (op) {
#define LANE(name, n, expression, doc)                                                             \
    case OP_##name:                                                                                \
        return expression;
#define CLOCKED(name, n, expression, doc) LANE(name, n, expression, doc)
#define CHOSEN(name, n, is_plain, plain, expression, doc) LANE(name, n, expression, doc)
#define WRITTEN(name, n, doc)
#define LEAF(name, n, doc)
#define HELD(name, n, doc)
#define NAMED(name, n, doc)
#include "program/ops.def"
#undef LANE
#undef CLOCKED
#undef CHOSEN
#undef WRITTEN
#undef LEAF
#undef HELD
#undef NAMED
    default:
        fail_msg("operation %d is no expression", op);
        return 0;
    }
}

static bool is_same(double a, double b)
{
    return gw_bits(a) == gw_bits(b) || (isnan(a) && isnan(b));
}

/* ---- programs ------------------------------------------------------------------------------- */

typedef struct {
    Code code;
    Section sections[N_SECTIONS];
    Instruction instructions[MOST_INSTRUCTIONS];
    uint32_t last_readers[MOST_INSTRUCTIONS];
    Ref refs[MOST_INSTRUCTIONS * MOST_ARGS];
} Made;

/* Of one section, until others are begun. */
static Made *made_new(Arena *arena)
{
    Made *made = ARENA_NEW(arena, Made);

    made->code = (Code){.instructions = made->instructions,
                        .last_readers = made->last_readers,
                        .refs = made->refs,
                        .sections = made->sections,
                        .n_sections = SECTION_STEP + 1,
                        .n_exports = N_NARROW};
    made->code.n_registers[HOME_TILE] = N_REGISTERS;
    made->code.n_registers[HOME_CONST] = N_NARROW;
    return made;
}

static void add(Made *made, int op, uint32_t out, const Ref *args, uint32_t n)
{
    Instruction *at = &made->instructions[made->code.n_instructions];

    *at = (Instruction){.op = (uint16_t)op, .n = n, .out = out, .a = args[0]};
    at->b = n > 1 ? args[1] : REF_NONE;
    at->c = n > 2 ? args[2] : REF_NONE;
    if (op_infos[op].n_args == ANY) {
        at->a = (Ref)made->code.n_refs;
        memcpy(made->refs + made->code.n_refs, args, n * sizeof *args);
        made->code.n_refs += n;
    }
    made->last_readers[made->code.n_instructions++] = NO_ID;
    made->sections[made->code.n_sections - 1].count++;
}

static void begin_section(Made *made)
{
    made->sections[made->code.n_sections++].first = (uint32_t)made->code.n_instructions;
}

typedef struct {
    double *registers, *constants, *exports;
    size_t n_lanes, width;
} Memory;

static Memory memory_new(Arena *arena, size_t n_lanes)
{
    size_t width = n_lanes + 8;

    return (Memory){.registers = ARENA_ARRAY(arena, double, N_REGISTERS *width),
                    .constants = ARENA_ARRAY(arena, double, N_NARROW *GW_LANES),
                    .exports = ARENA_ARRAY(arena, double, N_NARROW *GW_LANES),
                    .n_lanes = n_lanes,
                    .width = width};
}

static double number_at(const Memory *memory, Ref ref, size_t lane)
{
    size_t index = REF_INDEX(ref);

    return REF_HOME(ref) == HOME_TILE    ? memory->registers[index * memory->width + lane]
           : REF_HOME(ref) == HOME_CONST ? memory->constants[index * GW_LANES]
                                         : memory->exports[index * GW_LANES];
}

static double result_of(const Code *code, const Instruction *at, const Memory *memory, size_t lane)
{
    double x[MOST_ARGS] = {0}, sum = 0;

    for (uint32_t i = 0; i < at->n; i++)
        x[i] = number_at(memory, code_arg(code, at, i), lane);
    if (at->op != OP_SUM && at->op != OP_SUM_PRODUCTS)
        return expected(at->op, x[0], x[1], x[2]);
    sum = at->op == OP_SUM ? x[0] + x[1] : x[0] * x[1];
    for (uint32_t i = 2; i < at->n; i += at->op == OP_SUM ? 1 : 2)
        sum += at->op == OP_SUM ? x[i] : x[i] * x[i + 1];
    return sum;
}

static void run_by_expressions(const Code *code, Memory *memory)
{
    for (size_t i = 0; i < code->n_instructions; i++)
        for (size_t lane = 0; lane < memory->n_lanes; lane++)
            memory->registers[code->instructions[i].out * memory->width + lane] =
                result_of(code, &code->instructions[i], memory, lane);
}

static unsigned run_woven(Arena *arena, const Code *code, const char *isa, Memory *memory)
{
    const Stretch *stretches = weave(arena, code, run_kernels(isa), memory->width);

    assert_non_null(stretches);
    assert_non_null(stretches[0].run);
    assert_int_equal(stretches[0].n, code->n_instructions);
    return stretches[0].run(memory->registers, memory->n_lanes * sizeof(double), memory->constants,
                            memory->exports, &clock_now, weave_literals);
}

/* Whether this machine runs the set: machine code of it may then be run too. */
static bool has_set(const char *isa)
{
    return run_kernels(isa) != NULL && GW_LANES % 8 == 0;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static const int woven_ops[] = {
    OP_COPY,       OP_ADD,          OP_SUB,          OP_MUL,
    OP_DIV,        OP_NEG,          OP_MULTIPLY_ADD, OP_MULTIPLY_SUBTRACT,
    OP_PRODUCT,    OP_ABS,          OP_EQ,           OP_NE,
    OP_LT,         OP_LE,           OP_GT,           OP_GE,
    OP_AND,        OP_OR,           OP_NOT,          OP_SELECT,
    OP_MIN,        OP_MAX,          OP_CLAMP,        OP_MIN_DIFFERENCE,
    OP_FLOOR,      OP_CEIL,         OP_HALF_UP,      OP_SQRT,
    OP_MONEY,      OP_MONEY_OWED,   OP_RAMP,         OP_STAGE_BY_DATE,
    OP_FIRST_TIME, OP_IS_IN_PERIOD, OP_IS_DURING,    OP_STOCK_CLOSE,
    OP_STOCK_ADD};
enum { N_WOVEN_OPS = sizeof woven_ops / sizeof *woven_ops };

static bool is_stock(int op)
{
    return op == OP_STOCK_CLOSE || op == OP_STOCK_ADD;
}

static bool is_plain_stock(int op, double a, double b, double c)
{
    double closing = op == OP_STOCK_ADD ? a + b : b;

    return closing >= -c && closing < INFINITY;
}

/* Of every three numbers, one in each of three registers; arguments from memory, then held. */
static void every_operation_is_its_expression(void **state)
{
    (void)state;
    for (size_t s = 0; s < 2; s++) {
        for (size_t k = 0; has_set(sets[s]) && k < N_WOVEN_OPS; k++) {
            Arena *arena = arena_new(NULL);
            Made *made = made_new(arena);
            Memory memory = memory_new(arena, N_LANES);
            const Ref args[] = {REF_MAKE(HOME_TILE, 0), REF_MAKE(HOME_TILE, 1),
                                REF_MAKE(HOME_TILE, 2)};
            double *at = memory.registers;
            unsigned found = 0, all_found = 0;
            int op = woven_ops[k];

            add(made, op, 3, args, op_infos[op].n_args);
            add(made, op, 4, args, op_infos[op].n_args);
            for (size_t lane = 0; lane < N_LANES; lane++) {
                at[lane] = numbers[lane % N_NUMBERS];
                at[memory.width + lane] = numbers[lane / N_NUMBERS % N_NUMBERS];
                at[2 * memory.width + lane] = numbers[lane / N_NUMBERS / N_NUMBERS % N_NUMBERS];
            }
            found = run_woven(arena, &made->code, sets[s], &memory);
            for (size_t lane = 0; lane < N_LANES; lane++) {
                double a = at[lane], b = at[memory.width + lane], c = at[2 * memory.width + lane];
                double right = expected(op, a, b, c);

                if (is_stock(op) && !is_plain_stock(op, a, b, c))
                    all_found |= FOUND_FAULT;
                for (size_t r = 3; r < 5; r++)
                    if (!is_same(at[r * memory.width + lane], right))
                        fail_msg("%s %s(%a, %a, %a): %a, not %a", sets[s], op_infos[op].name, a, b,
                                 c, at[r * memory.width + lane], right);
            }
            assert_int_equal(found, all_found);
            arena_free(arena);
        }
    }
}

static void plain_stocks_are_no_fault(void **state)
{
    (void)state;
    for (size_t s = 0; s < 2; s++) {
        if (!has_set(sets[s]))
            continue;
        Arena *arena = arena_new(NULL);
        Made *made = made_new(arena);
        Memory memory = memory_new(arena, FEW_LANES);
        const Ref args[] = {REF_MAKE(HOME_TILE, 0), REF_MAKE(HOME_TILE, 1),
                            REF_MAKE(HOME_CONST, 0)};

        add(made, OP_STOCK_ADD, 2, args, 3);
        add(made, OP_STOCK_ADD, 3, args, 3);
        memory.constants[0] = 0.01;
        for (size_t i = 0; i < GW_LANES; i++)
            memory.constants[i] = 0.01;
        for (size_t lane = 0; lane < FEW_LANES; lane++) {
            memory.registers[lane] = 5;
            memory.registers[memory.width + lane] = lane == 17 ? -5.005 : -4;
        }
        assert_int_equal(run_woven(arena, &made->code, sets[s], &memory), 0);
        for (size_t r = 2; r < 4; r++)
            for (size_t lane = 0; lane < FEW_LANES; lane++)
                assert_true(memory.registers[r * memory.width + lane] == (lane == 17 ? 0 : 1));
        memory.registers[memory.width + 17] = -6;
        assert_int_equal(run_woven(arena, &made->code, sets[s], &memory), FOUND_FAULT);
        assert_true(memory.registers[2 * memory.width + 17] == -INFINITY);
        arena_free(arena);
    }
}

static uint32_t below(uint64_t *seed, uint32_t n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % n;
}

static double some_number(uint64_t *seed)
{
    return below(seed, 4) == 0 ? numbers[below(seed, N_NUMBERS)] : below(seed, 2000) / 64.0 - 10;
}

static Ref some_ref(uint64_t *seed, uint32_t n_registers)
{
    uint32_t which = below(seed, 8);

    return which == 0   ? REF_MAKE(HOME_CONST, below(seed, N_NARROW))
           : which == 1 ? REF_MAKE(HOME_PERIOD, below(seed, N_NARROW))
                        : REF_MAKE(HOME_TILE, below(seed, n_registers));
}

static void make_some_program(Made *made, uint64_t *seed)
{
    uint32_t n = 2 + below(seed, MOST_INSTRUCTIONS - 2), n_registers = 4 + below(seed, 60);

    while (made->code.n_instructions < n) {
        Ref args[MOST_ARGS] = {0};
        uint32_t which = below(seed, N_WOVEN_OPS + 4);
        int op = which < N_WOVEN_OPS ? woven_ops[which] : which % 2 == 0 ? OP_SUM : OP_SUM_PRODUCTS;
        uint32_t count = op_infos[op].n_args;

        if (op == OP_SUM)
            count = 3 + below(seed, 6);
        else if (op == OP_SUM_PRODUCTS)
            count = 4 + 2 * below(seed, 3);
        for (uint32_t i = 0; i < count; i++)
            args[i] = some_ref(seed, n_registers);
        add(made, op, below(seed, n_registers), args, count);
    }
}

/* A result that is overwritten, or in one of `brief`, is said to be read last where it is. */
static void find_last_readers(Made *made, const bool *is_brief)
{
    size_t n = made->code.n_instructions;

    for (size_t i = 0; i < n; i++) {
        uint32_t out = made->instructions[i].out, last = (uint32_t)i;
        bool is_over = false;

        for (size_t j = i + 1; j < n && !is_over; j++) {
            for (uint32_t k = 0; k < made->instructions[j].n; k++)
                if (code_arg(&made->code, &made->instructions[j], k) == REF_MAKE(HOME_TILE, out))
                    last = (uint32_t)j;
            is_over = made->instructions[j].out == out;
        }
        made->last_readers[i] = is_over || is_brief[out] ? last : NO_ID;
    }
}

/* More values than registers, written over, read once or often, or not at all. */
static void programs_are_their_expressions(void **state)
{
    uint64_t seed = 20261122;

    (void)state;
    for (size_t p = 0; p < N_PROGRAMS; p++) {
        Arena *arena = arena_new(NULL);
        Made *made = made_new(arena);
        Memory memory = memory_new(arena, FEW_LANES), right = memory_new(arena, FEW_LANES);
        size_t n_numbers = N_REGISTERS * memory.width;
        double *start = ARENA_ARRAY(arena, double, n_numbers);
        bool is_brief[N_REGISTERS];

        make_some_program(made, &seed);
        for (size_t r = 0; r < N_REGISTERS; r++)
            is_brief[r] = below(&seed, 2) == 0;
        find_last_readers(made, is_brief);
        for (size_t i = 0; i < n_numbers; i++)
            start[i] = some_number(&seed);
        for (size_t i = 0; i < N_NARROW * GW_LANES; i++) {
            double number = some_number(&seed);
            bool is_first = i % GW_LANES == 0;
            right.constants[i] = is_first ? number : right.constants[i - 1];
            right.exports[i] = is_first ? number / 3 : right.exports[i - 1];
        }
        memcpy(right.registers, start, n_numbers * sizeof *start);
        run_by_expressions(&made->code, &right);
        memory.constants = right.constants;
        memory.exports = right.exports;
        for (size_t s = 0; s < 2; s++) {
            if (!has_set(sets[s]))
                continue;
            memcpy(memory.registers, start, n_numbers * sizeof *start);
            run_woven(arena, &made->code, sets[s], &memory);
            for (size_t i = 0; i < n_numbers; i++) {
                bool is_written = false;
                for (size_t k = 0; k < made->code.n_instructions; k++)
                    is_written |= made->instructions[k].out == i / memory.width;
                if (is_written && is_brief[i / memory.width])
                    continue;
                if (!is_same(memory.registers[i], right.registers[i]))
                    fail_msg("%s, program %zu, register %zu, lane %zu: %a, not %a", sets[s], p,
                             i / memory.width, i % memory.width, memory.registers[i],
                             right.registers[i]);
            }
        }
        arena_free(arena);
    }
}

/* ---- several sections, and kernels between stretches ---------------------------------------- */

static const int kernel_ops[] = {OP_ROUND,   OP_EXP,      OP_LOG,  OP_POW,
                                 OP_ANNUITY, OP_AT_START, OP_LATCH};
enum { N_KERNEL_OPS = sizeof kernel_ops / sizeof *kernel_ops };

/* A register of all sections, or a temporary that the section has written. */
static Ref some_ref_of_section(uint64_t *seed, const bool *is_written)
{
    Ref ref = some_ref(seed, N_REGISTERS);

    if (REF_HOME(ref) == HOME_TILE && REF_INDEX(ref) >= N_KEPT && !is_written[REF_INDEX(ref)])
        return REF_MAKE(HOME_TILE, REF_INDEX(ref) % N_KEPT);
    return ref;
}

static void make_some_section(Made *made, uint64_t *seed, uint32_t n)
{
    bool is_written[N_REGISTERS] = {false};

    for (uint32_t i = 0; i < n; i++) {
        Ref args[MOST_ARGS] = {0};
        bool is_kernel = below(seed, 6) == 0;
        int op =
            is_kernel ? kernel_ops[below(seed, N_KERNEL_OPS)] : woven_ops[below(seed, N_WOVEN_OPS)];
        uint32_t count = op_infos[op].n_args, out = below(seed, N_REGISTERS);

        if (!is_kernel && below(seed, 8) == 0) {
            op = OP_SUM;
            count = 3 + below(seed, 6);
        }
        for (uint32_t k = 0; k < count; k++)
            args[k] = some_ref_of_section(seed, is_written);
        add(made, op, out, args, count);
        is_written[out] = true;
    }
}

/* Temporaries are read last in their section; of the others anything may be read. */
static void find_last_readers_of_section(Made *made, const Section *section)
{
    for (uint32_t i = section->first; i < section->first + section->count; i++) {
        uint32_t out = made->instructions[i].out, last = i;

        for (uint32_t j = i + 1; j < section->first + section->count; j++) {
            for (uint32_t k = 0; k < made->instructions[j].n; k++)
                if (code_arg(&made->code, &made->instructions[j], k) == REF_MAKE(HOME_TILE, out))
                    last = j;
            if (made->instructions[j].out == out)
                break;
        }
        made->last_readers[i] = out >= N_KEPT ? last : NO_ID;
    }
}

static void make_some_sections(Made *made, uint64_t *seed)
{
    made->code.n_sections = SECTION_PATH;
    while (made->code.n_sections < N_SECTIONS) {
        begin_section(made);
        make_some_section(made, seed, below(seed, MOST_INSTRUCTIONS / (N_SECTIONS - 2)));
        find_last_readers_of_section(made, &made->sections[made->code.n_sections - 1]);
    }
}

static void start_machine(Machine *machine, Arena *arena, const Code *code, const char *isa,
                          const Machine *constants)
{
    static const Model model = {0};

    machine->kernels = run_kernels(isa);
    machine->maths = maths_kernels(isa);
    machine_init(machine, arena, code, &model, constants == NULL ? HOME_CONST : HOME_TILE,
                 constants == NULL ? 1 : FEW_BLOCKS, constants);
    machine->clock = clock_now;
}

static void assert_same_registers(const Machine *woven, const Machine *plain, const char *isa,
                                  size_t p)
{
    for (size_t r = 0; r < N_REGISTERS; r++) {
        /* temporaries may be anything, but in lanes that were left out */
        size_t first = r < N_KEPT ? 0 : plain->n_lanes;

        for (size_t i = r * plain->width + first; i < (r + 1) * plain->width; i++)
            if (!is_same(woven->registers[i], plain->registers[i]))
                fail_msg("%s, program %zu, register %zu, lane %zu: %a, not %a", isa, p, r,
                         i % plain->width, woven->registers[i], plain->registers[i]);
    }
}

/* One set of machines: the same sections in any order, over fewer and fewer blocks, and timed. */
static void run_some_program(Arena *arena, Made *made, const char *isa, uint64_t seed, size_t p)
{
    Machine constants = {0}, woven = {0}, plain = {0};
    uint64_t *ticks = ARENA_ARRAY(arena, uint64_t, MOST_INSTRUCTIONS);

    start_machine(&constants, arena, &made->code, isa, NULL);
    start_machine(&woven, arena, &made->code, isa, &constants);
    start_machine(&plain, arena, &made->code, isa, &constants);
    woven.stretches = weave(arena, &made->code, woven.kernels, woven.width);
    assert_non_null(woven.stretches);
    for (size_t i = 0; i < N_NARROW; i++) {
        double one = some_number(&seed), other = some_number(&seed) / 3;
        for (size_t lane = 0; lane < GW_LANES; lane++) {
            machine_register(&constants, (uint32_t)i)[lane] = one;
            woven.exports[i * GW_LANES + lane] = plain.exports[i * GW_LANES + lane] = other;
        }
    }
    for (size_t i = 0; i < N_REGISTERS * plain.width; i++)
        woven.registers[i] = plain.registers[i] = some_number(&seed);
    for (uint32_t turn = 0; turn < N_TURNS; turn++) {
        uint32_t section = SECTION_PATH + below(&seed, N_SECTIONS - SECTION_PATH);

        woven.n_blocks = plain.n_blocks = FEW_BLOCKS - turn * FEW_BLOCKS / N_TURNS;
        woven.n_lanes = plain.n_lanes = plain.n_blocks * GW_LANES;
        woven.ticks = turn % 2 == 0 ? ticks : NULL;
        woven.found = plain.found = 0;
        machine_run(&woven, section);
        machine_run(&plain, section);
        assert_same_registers(&woven, &plain, isa, p);
        assert_int_equal(woven.found & ~plain.found, 0);
        memcpy(woven.registers, plain.registers, N_REGISTERS * plain.width * sizeof(double));
    }
}

/* What a section leaves, and what is read past a kernel, is in memory; sections run in turn. */
static void sections_are_as_by_kernels(void **state)
{
    uint64_t seed = 20261123;

    (void)state;
    for (size_t p = 0; p < N_PROGRAMS; p++) {
        Arena *arena = arena_new(NULL);
        Made *made = made_new(arena);

        make_some_sections(made, &seed);
        for (size_t s = 0; s < 2; s++)
            if (has_set(sets[s]))
                run_some_program(arena, made, sets[s], seed, p);
        arena_free(arena);
    }
}

static void what_may_not_be_woven_is_left(void **state)
{
    Arena *arena = arena_new(NULL);
    Made *made = made_new(arena);
    const Ref args[] = {REF_MAKE(HOME_TILE, 0), REF_MAKE(HOME_TILE, 1)};
    const Stretch *stretches = NULL;

    (void)state;
    add(made, OP_ADD, 2, args, 2);
    add(made, OP_ADD, 3, args, 2);
    add(made, OP_EXP, 4, args, 1);
    add(made, OP_ADD, 5, args, 2);
    assert_null(weave(arena, &made->code, run_kernels("baseline"), 24));
    for (size_t s = 0; s < 2; s++) {
        if (!has_set(sets[s]))
            continue;
        stretches = weave(arena, &made->code, run_kernels(sets[s]), 24);
        assert_non_null(stretches);
        assert_int_equal(stretches[0].n, 2);
        assert_null(stretches[2].run);
        assert_null(stretches[3].run); /* one alone is its kernel's */
        assert_null(weave(arena, &made->code, run_kernels(sets[s]), (size_t)1 << 30));
        assert_int_equal(setenv("GW_WEAVE", "off", 1), 0);
        assert_null(weave(arena, &made->code, run_kernels(sets[s]), 24));
        assert_int_equal(unsetenv("GW_WEAVE"), 0);
    }
    arena_free(arena);
}

/* Linked in place of the system's, which it calls but where the test refuses. */
int __real_mprotect(void *bytes, size_t size, int rights);
int __wrap_mprotect(void *bytes, size_t size, int rights);

static bool is_code_refused;

int __wrap_mprotect(void *bytes, size_t size, int rights)
{
    assert_true((rights & (PROT_WRITE | PROT_EXEC)) != (PROT_WRITE | PROT_EXEC));
    return is_code_refused && (rights & PROT_EXEC) ? -1 : __real_mprotect(bytes, size, rights);
}

/* As a system does that lets nobody make code: the kernels run alone then. */
static void refused_rights_leave_the_kernels(void **state)
{
    Arena *arena = arena_new(NULL);
    Made *made = made_new(arena);
    const Ref args[] = {REF_MAKE(HOME_TILE, 0), REF_MAKE(HOME_TILE, 1)};

    (void)state;
    add(made, OP_ADD, 2, args, 2);
    add(made, OP_ADD, 3, args, 2);
    for (size_t s = 0; s < 2; s++) {
        if (!has_set(sets[s]))
            continue;
        is_code_refused = true;
        assert_null(weave(arena, &made->code, run_kernels(sets[s]), 24));
        is_code_refused = false;
        assert_non_null(weave(arena, &made->code, run_kernels(sets[s]), 24));
    }
    arena_free(arena);
}

/* ---- encodings ------------------------------------------------------------------------------ */

static void assert_bytes(const X86 *x86, const char *hex)
{
    char made[256] = "";

    assert_false(x86->is_full);
    for (size_t i = 0; i < x86->n; i++)
        snprintf(made + 2 * i, sizeof made - 2 * i, "%02x", x86->bytes[i]);
    assert_string_equal(made, hex);
}

/* Truth: what GNU as 2.40 makes of the text above each. */
static void encodings_are_the_assemblers(void **state)
{
    uint8_t bytes[64];
    X86 wide = {.bytes = bytes, .capacity = sizeof bytes, .is_wide = true}, narrow = wide;
    X86Operand far = x86_memory(X86_R9, X86_NONE, 0x11111140);
    X86Operand lane = x86_memory(X86_DI, X86_AX, 0x11111140);

    (void)state;
    narrow.is_wide = false;
#define IS(set, call, hex)                                                                         \
    do {                                                                                           \
        X86 at = set;                                                                              \
        X86 *x86 = &at;                                                                            \
        call;                                                                                      \
        assert_bytes(x86, hex);                                                                    \
    } while (0)
    /* vsqrtpd zmm9, [r9+0x11111140] */
    IS(wide, x86_operate(x86, X86_SQRT, 9, 9, far), "6251fd48518940111111");
    /* vmovapd [rdi+rax+0x11111140], zmm25 */
    IS(wide, x86_store(x86, lane, 25), "6261fd48298c0740111111");
    /* vcmppd k1{k1}, zmm16, [r9+0x11111140], 0x1d */
    IS(wide, x86_compare_also(x86, 1, 16, far, X86_AT_LEAST, 2), "62d1fd41c289401111111d");
    /* vblendmpd zmm12{k3}, zmm20, zmm7 */
    IS(wide, x86_choose(x86, 12, 3, 20, x86_register(7)), "6272dd4365e7");
    /* vrndscalepd zmm10, zmm22, 9 */
    IS(wide, x86_round(x86, 10, x86_register(22), X86_DOWN), "6233fd4809d609");
    /* vbroadcastsd zmm29, [r8+0x11111140] */
    IS(wide, x86_broadcast(x86, 29, x86_memory(X86_R8, X86_NONE, 0x11111140)),
       "6242fd4819a840111111");
    /* kortestb k2, k2; jae past it */
    IS(wide, x86_jump_unless_all(x86, 2), "c5f998d20f8300000000");
    /* vmulpd ymm1, ymm15, ymm9 */
    IS(narrow, x86_operate(x86, X86_MULTIPLY, 1, 15, x86_register(9)), "c4c10559c9");
    /* vblendvpd ymm2, ymm11, ymm8, ymm13 */
    IS(narrow, x86_choose(x86, 2, 13, 11, x86_register(8)), "c4c3254bd0d0");
    /* vroundpd ymm10, ymm9, 9 */
    IS(narrow, x86_round(x86, 10, x86_register(9), X86_DOWN), "c4437d09d109");
    /* vbroadcastsd ymm14, [r8+0x11111140] */
    IS(narrow, x86_broadcast(x86, 14, x86_memory(X86_R8, X86_NONE, 0x11111140)),
       "c4427d19b040111111");
    /* vmovmskpd r10d, ymm13; cmp r10d, 15; jne past it */
    IS(narrow, x86_jump_unless_all(x86, 13), "c4417d50d54183fa0f0f8500000000");
    /* xor r11d, r11d; mov rax, r11; cmp rax, rsi; jb to the start */
    IS(narrow, x86_clear(x86, X86_R11), "4531db");
    IS(narrow, x86_move(x86, X86_AX, X86_R11), "4c89d8");
    IS(narrow, x86_jump_while_below(x86, X86_AX, X86_SI, 0), "4839f00f82f7ffffff");
#undef IS
}

/* What does not fit is not written, and said. */
static void code_has_a_bound(void **state)
{
    uint8_t bytes[16] = {0};
    X86 x86 = {.bytes = bytes, .capacity = 10, .is_wide = true};

    (void)state;
    for (int i = 0; i < 3; i++)
        x86_operate(&x86, X86_ADD, 1, 2, x86_register(3));
    assert_true(x86.is_full);
    assert_int_equal(x86.n, 10);
    assert_int_equal(bytes[10], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_is_its_expression),
        cmocka_unit_test(plain_stocks_are_no_fault),
        cmocka_unit_test(programs_are_their_expressions),
        cmocka_unit_test(sections_are_as_by_kernels),
        cmocka_unit_test(what_may_not_be_woven_is_left),
        cmocka_unit_test(refused_rights_leave_the_kernels),
        cmocka_unit_test(encodings_are_the_assemblers),
        cmocka_unit_test(code_has_a_bound),
    };

    unsetenv("GW_WEAVE");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
