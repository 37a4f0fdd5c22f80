/* Chooses the stretches, the registers of their values, and what each operation is made of. */
#include "run/weave.h"

#include "maths/maths.h"
#include "run/x86.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    LEAST_STRETCH = 2,
    BYTES_AN_INSTRUCTION = 512, /* of code, at the most */
    MOST_REGISTERS = 32,
    MOST_SCRATCH = 4,
    N_MASKS = 2,
    /* what is left for values: masks are registers of their own in AVX-512 */
    HELD_NARROW = 16 - MOST_SCRATCH - N_MASKS,
    HELD_WIDE = MOST_REGISTERS - MOST_SCRATCH
};
#define NOWHERE UINT32_MAX
_Static_assert((int)LIMIT_FUSED < (int)HELD_NARROW,
               "arguments and a result have registers at once");

/* What the arguments of a woven stretch come in, and what its loop counts in. */
enum {
    REGISTERS = X86_DI,
    END = X86_SI,
    CONSTANTS = X86_DX,
    EXPORTS = X86_CX,
    CLOCK = X86_R8,
    LITERALS = X86_R9,
    OFFSET = X86_AX,
    FOUND = X86_R11
};

/* ---- literals ----------------------------------------------------------------------------- */

#define WORD_LIST                                                                                  \
    WORD(ZERO, 0.0)                                                                                \
    WORD(HALF, 0.5)                                                                                \
    WORD(ONE, 1.0)                                                                                 \
    WORD(NOT_A_NUMBER, GW_NAN)                                                                     \
    WORD(INFINITE, GW_INFINITY)                                                                    \
    WORD(MINUS_INFINITE, -GW_INFINITY)                                                             \
    WORD(MINUS_ZERO, -0.0)                                                                         \
    WORD(LEAST_LEFT, 0x1p-40)                                                                      \
    WORD(NEAR, 1e-9)

typedef enum {
#define WORD(name, number) WORD_##name,
    WORD_LIST
#undef WORD
        WORD_SIZE, /* all bits but the sign */
    N_WORDS
} Word;

enum { WORD_LANES = 8 };
#define EIGHT(x)                                                                                   \
    {                                                                                              \
        x, x, x, x, x, x, x, x                                                                     \
    }
static const _Alignas(64) union {
    uint64_t bits[WORD_LANES];
    double numbers[WORD_LANES];
} literals[N_WORDS] = {
#define WORD(name, number) [WORD_##name] = {.numbers = EIGHT(number)},
    WORD_LIST
#undef WORD
        [WORD_SIZE] = {.bits = EIGHT(0x7fffffffffffffff)},
};
const double *const weave_literals = literals[0].numbers;

/* ---- values in registers ------------------------------------------------------------------ */

/* A vector register and the value in it. */
typedef struct {
    Ref ref;        /* REF_NONE: none */
    uint32_t next;  /* the instruction of the stretch that reads it next; NOWHERE: none does */
    bool is_stored; /* its own place in memory holds it too */
    bool is_pinned; /* by the instruction at hand */
} Held;

/* A stock that is not plain is closed past the end of the loop. */
typedef struct {
    size_t jump, back;
    uint8_t opening, closing;
    X86Operand tolerance;
} Odd;

typedef struct {
    X86 x86;
    const Code *code;
    size_t width;
    size_t n_lanes; /* of a vector */
    uint8_t n_held; /* registers for values: the first */
    uint8_t scratch[MOST_SCRATCH], masks[N_MASKS];
    Held held[MOST_REGISTERS];
    /* the stretch at hand, and by its instructions */
    const Instruction *first;
    uint32_t n;
    uint32_t *arg_starts, *next_of_arg, *next_of_out;
    bool *is_needed_after;
    uint32_t *next[N_HOMES]; /* by register, while the stretch is read backwards */
    bool *is_overwritten;    /* by register of the tile: later in the stretch */
    Odd *odds;
    size_t n_odds;
    uint32_t at; /* in the stretch */
} Weaver;

static X86Operand literal(unsigned word)
{
    return x86_memory(LITERALS, X86_NONE, (int32_t)(word * sizeof *literals));
}

static X86Operand place_of(const Weaver *w, Ref ref)
{
    size_t index = REF_INDEX(ref);

    switch (REF_HOME(ref)) {
    case HOME_CONST:
        return x86_memory(CONSTANTS, X86_NONE, (int32_t)(index * GW_LANES * sizeof(double)));
    case HOME_PERIOD:
        return x86_memory(EXPORTS, X86_NONE, (int32_t)(index * GW_LANES * sizeof(double)));
    default:
        return x86_memory(REGISTERS, OFFSET, (int32_t)(index * w->width * sizeof(double)));
    }
}

/* A register for a value: an empty one, or that whose value is read last. */
static uint8_t take(Weaver *w)
{
    uint8_t best = 0;
    bool has_best = false;

    for (uint8_t r = 0; r < w->n_held; r++) {
        const Held *held = &w->held[r];

        if (held->is_pinned)
            continue;
        if (held->ref == REF_NONE) {
            best = r;
            has_best = true;
            break;
        }
        if (!has_best || held->next > w->held[best].next)
            best = r;
        has_best = true;
    }
    assert(has_best && "an instruction pins fewer than there are");
    if (w->held[best].ref != REF_NONE && !w->held[best].is_stored && w->held[best].next != NOWHERE)
        x86_store(&w->x86, place_of(w, w->held[best].ref), best);
    w->held[best] = (Held){.ref = REF_NONE, .next = NOWHERE, .is_pinned = true};
    return best;
}

static uint8_t find_held(const Weaver *w, Ref ref)
{
    for (uint8_t r = 0; r < w->n_held; r++)
        if (w->held[r].ref == ref)
            return r;
    return MOST_REGISTERS;
}

static Ref ref_of_arg(const Weaver *w, uint32_t i)
{
    return code_arg(w->code, &w->first[w->at], i);
}

/* Argument i, in a register when it was, or will be read again. */
static X86Operand arg(Weaver *w, uint32_t i)
{
    Ref ref = ref_of_arg(w, i);
    uint8_t r = find_held(w, ref);
    uint32_t next = w->next_of_arg[w->arg_starts[w->at] + i];

    if (r == MOST_REGISTERS && next == NOWHERE)
        return place_of(w, ref);
    if (r == MOST_REGISTERS) {
        r = take(w);
        x86_load(&w->x86, r, place_of(w, ref));
        w->held[r] = (Held){.ref = ref, .is_stored = true};
    }
    w->held[r].next = next;
    w->held[r].is_pinned = true;
    return x86_register(r);
}

/* Argument i in a register, in `otherwise` when it is read here alone. */
static uint8_t arg_in_register(Weaver *w, uint32_t i, uint8_t otherwise)
{
    X86Operand operand = arg(w, i);

    if (!operand.is_memory)
        return operand.reg;
    x86_load(&w->x86, otherwise, operand);
    return otherwise;
}

static void unpin(Weaver *w)
{
    for (uint8_t r = 0; r < w->n_held; r++) {
        Held *held = &w->held[r];

        held->is_pinned = false;
        if (held->next == NOWHERE)
            held->ref = REF_NONE;
    }
}

static void define(Weaver *w, uint8_t r)
{
    Ref ref = REF_MAKE(HOME_TILE, w->first[w->at].out);
    uint8_t before = find_held(w, ref);

    if (before != MOST_REGISTERS)
        w->held[before] = (Held){.ref = REF_NONE, .next = NOWHERE};
    w->held[r] =
        (Held){.ref = ref, .next = w->next_of_out[w->at], .is_stored = w->is_needed_after[w->at]};
    if (w->is_needed_after[w->at])
        x86_store(&w->x86, place_of(w, ref), r);
}

/* ---- what operations are made of ---------------------------------------------------------- */

/* Each writes `out`, of the arguments of the instruction at hand; `which` is the table's. */

static void copy(Weaver *w, uint8_t out, unsigned which)
{
    (void)which;
    x86_load(&w->x86, out, arg(w, 0));
}

/* With the bits of a literal. */
static void bits(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t a = arg_in_register(w, 0, out);

    x86_operate(&w->x86, which == WORD_SIZE ? X86_AND : X86_XOR, out, a, literal(which));
}

static void root(Weaver *w, uint8_t out, unsigned which)
{
    x86_operate(&w->x86, which, out, out, arg(w, 0));
}

static void whole(Weaver *w, uint8_t out, unsigned which)
{
    x86_round(&w->x86, out, arg(w, 0), which);
}

static void half_up(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t a = arg_in_register(w, 0, out);

    x86_operate(&w->x86, X86_ADD, out, a, literal(WORD_HALF));
    x86_round(&w->x86, out, x86_register(out), which);
}

static void two(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t a = arg_in_register(w, 0, out);

    x86_operate(&w->x86, which, out, a, arg(w, 1));
}

/* a times b, rounded, and then with c. */
static void three(Weaver *w, uint8_t out, unsigned which)
{
    two(w, out, X86_MULTIPLY);
    x86_operate(&w->x86, which, out, out, arg(w, 2));
}

static void sum(Weaver *w, uint8_t out, unsigned which)
{
    two(w, out, which);
    for (uint32_t i = 2; i < w->first[w->at].n; i++)
        x86_operate(&w->x86, which, out, out, arg(w, i));
}

static void sum_of_products(Weaver *w, uint8_t out, unsigned which)
{
    two(w, out, which);
    for (uint32_t i = 2; i < w->first[w->at].n; i += 2) {
        uint8_t a = arg_in_register(w, i, w->scratch[0]);

        x86_operate(&w->x86, X86_MULTIPLY, w->scratch[0], a, arg(w, i + 1));
        x86_operate(&w->x86, X86_ADD, out, out, x86_register(w->scratch[0]));
    }
}

static void nan_if_unordered(Weaver *w, uint8_t out, uint8_t a, X86Operand b)
{
    x86_compare(&w->x86, w->masks[1], a, b, X86_UNORDERED);
    x86_choose(&w->x86, out, w->masks[1], out, literal(WORD_NOT_A_NUMBER));
}

static void nan_if_nan(Weaver *w, uint8_t out, uint8_t a)
{
    nan_if_unordered(w, out, a, x86_register(a));
}

/* The smaller or larger; of equal ones b, as the instruction has it. */
static void least_or_most(Weaver *w, X86Operation operation, uint8_t out, uint8_t a, uint8_t b)
{
    assert(out != a && out != b);
    x86_operate(&w->x86, operation, out, a, x86_register(b));
    nan_if_unordered(w, out, a, x86_register(b));
}

static void least_or_most_of_two(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t a = arg_in_register(w, 0, w->scratch[0]);

    least_or_most(w, which, out, a, arg_in_register(w, 1, w->scratch[1]));
}

static void clamp(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t a = arg_in_register(w, 0, w->scratch[0]);
    uint8_t b = arg_in_register(w, 1, w->scratch[1]);
    uint8_t raised = w->scratch[2];

    (void)which;
    least_or_most(w, X86_MOST, raised, a, b);
    least_or_most(w, X86_LEAST, out, raised, arg_in_register(w, 2, w->scratch[1]));
}

/* The smaller of c and a less b. */
static void least_difference(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t a = arg_in_register(w, 0, w->scratch[0]);
    uint8_t difference = w->scratch[1];

    x86_operate(&w->x86, X86_SUBTRACT, difference, a, arg(w, 1));
    least_or_most(w, which, out, arg_in_register(w, 2, w->scratch[0]), difference);
}

/* 1 where the mask says so, else 0. */
static void one_or_zero(Weaver *w, uint8_t out, uint8_t mask)
{
    x86_load(&w->x86, out, literal(WORD_ZERO));
    x86_choose(&w->x86, out, mask, out, literal(WORD_ONE));
}

static void comparison(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t a = arg_in_register(w, 0, w->scratch[0]);
    X86Operand b = arg(w, 1);

    x86_compare(&w->x86, w->masks[0], a, b, which);
    one_or_zero(w, out, w->masks[0]);
    nan_if_unordered(w, out, a, b);
}

/* AND: yes where both differ from zero. OR: no where both are zero. NaN where either is. */
static void both(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t a = arg_in_register(w, 0, w->scratch[0]);
    uint8_t b = arg_in_register(w, 1, w->scratch[1]);
    Word if_so = which == X86_EQUAL ? WORD_ZERO : WORD_ONE;
    Word if_not = which == X86_EQUAL ? WORD_ONE : WORD_ZERO;

    x86_compare(&w->x86, w->masks[0], a, literal(WORD_ZERO), which);
    x86_compare_also(&w->x86, w->masks[0], b, literal(WORD_ZERO), which, w->masks[1]);
    x86_load(&w->x86, out, literal(if_not));
    x86_choose(&w->x86, out, w->masks[0], out, literal(if_so));
    nan_if_unordered(w, out, a, x86_register(b));
}

static void opposite(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t a = arg_in_register(w, 0, w->scratch[0]);

    x86_compare(&w->x86, w->masks[0], a, literal(WORD_ZERO), which);
    one_or_zero(w, out, w->masks[0]);
    nan_if_nan(w, out, a);
}

static void choice(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t a = arg_in_register(w, 0, w->scratch[0]);
    uint8_t b = arg_in_register(w, 1, w->scratch[1]);

    x86_compare(&w->x86, w->masks[0], a, literal(WORD_ZERO), which);
    x86_choose(&w->x86, out, w->masks[0], b, arg(w, 2));
    nan_if_nan(w, out, a);
}

/* Of cents; a zero of either sign is zero. */
static void money(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t a = arg_in_register(w, 0, w->scratch[0]);
    uint8_t from = a;

    if (which == WORD_MINUS_ZERO) {
        from = w->scratch[1];
        x86_operate(&w->x86, X86_XOR, from, a, literal(which));
    }
    x86_operate(&w->x86, X86_DIVIDE, out, from, arg(w, 1));
    x86_compare(&w->x86, w->masks[0], a, literal(WORD_ZERO), X86_EQUAL);
    x86_choose(&w->x86, out, w->masks[0], out, literal(WORD_ZERO));
}

/* ---- stocks ------------------------------------------------------------------------------- */

/* Where at least 2^-40 of the opening is left, and that is finite, it is the closing. What else
 * there may be in some lane, seldom, is done past the end of the loop, by close_odd. */
static void close_stock(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t opening = arg_in_register(w, 0, w->scratch[0]);
    uint8_t closing = out, least = w->scratch[1];
    X86Operand tolerance;
    size_t jump = 0;

    if (which == OP_STOCK_ADD)
        x86_operate(&w->x86, X86_ADD, closing, opening, arg(w, 1));
    else
        x86_load(&w->x86, closing, arg(w, 1));
    tolerance = arg(w, 2);
    x86_operate(&w->x86, X86_AND, least, opening, literal(WORD_SIZE));
    x86_operate(&w->x86, X86_MULTIPLY, least, least, literal(WORD_LEAST_LEFT));
    x86_compare(&w->x86, w->masks[0], closing, x86_register(least), X86_AT_LEAST);
    x86_compare_also(&w->x86, w->masks[0], closing, literal(WORD_INFINITE), X86_LESS, w->masks[1]);
    jump = x86_jump_unless_all(&w->x86, w->masks[0]);
    w->odds[w->n_odds++] = (Odd){.jump = jump,
                                 .back = w->x86.n,
                                 .opening = opening,
                                 .closing = closing,
                                 .tolerance = tolerance};
}

/* Whether stock_close_plain will do, and stock_close, in place of the closing; back into the
 * loop. */
static void close_odd(Weaver *w, const Odd *odd)
{
    X86 *x86 = &w->x86;
    uint8_t size = w->scratch[1], other = w->scratch[2], lifted = w->scratch[3];
    size_t jump = 0, plain = 0;

    x86_land(x86, odd->jump);
    x86_load(x86, other, literal(WORD_MINUS_ZERO));
    x86_operate(x86, X86_XOR, other, other, odd->tolerance);
    x86_compare(x86, w->masks[0], odd->closing, x86_register(other), X86_AT_LEAST);
    x86_compare_also(x86, w->masks[0], odd->closing, literal(WORD_INFINITE), X86_LESS, w->masks[1]);
    jump = x86_jump_unless_all(x86, w->masks[0]);
    plain = x86->n;
    x86_operate(x86, X86_AND, size, odd->opening, literal(WORD_SIZE));
    x86_operate(x86, X86_AND, other, odd->closing, literal(WORD_SIZE));
    x86_operate(x86, X86_MOST, other, size, x86_register(other));
    x86_operate(x86, X86_MULTIPLY, other, other, literal(WORD_NEAR));
    x86_operate(x86, X86_ADD, other, other, odd->tolerance);
    x86_operate(x86, X86_XOR, other, other, literal(WORD_MINUS_ZERO));
    x86_compare(x86, w->masks[0], odd->closing, x86_register(other), X86_LESS);
    x86_load(x86, lifted, literal(WORD_ZERO));
    x86_choose(x86, lifted, w->masks[0], lifted, literal(WORD_MINUS_INFINITE));
    x86_operate(x86, X86_SUBTRACT, other, odd->closing, x86_register(odd->closing));
    x86_operate(x86, X86_ADD, lifted, lifted, x86_register(other));
    x86_operate(x86, X86_MULTIPLY, size, size, literal(WORD_LEAST_LEFT));
    x86_compare(x86, w->masks[0], odd->closing, x86_register(size), X86_LESS);
    x86_choose(x86, odd->closing, w->masks[0], odd->closing, x86_register(lifted));
    x86_jump(x86, odd->back);
    x86_land(x86, jump);
    x86_or_number(x86, FOUND, FOUND_FAULT);
    x86_jump(x86, plain);
}

/* ---- by the clock ------------------------------------------------------------------------- */

#define OF_CLOCK(field) x86_memory(CLOCK, X86_NONE, (int32_t)offsetof(Clock, field))

static uint8_t today(Weaver *w)
{
    x86_broadcast(&w->x86, w->scratch[2], OF_CLOCK(today));
    return w->scratch[2];
}

/* ramp_at */
static void ramp(Weaver *w, uint8_t out, unsigned which)
{
    X86 *x86 = &w->x86;
    uint8_t start = arg_in_register(w, 0, w->scratch[0]);
    uint8_t end = arg_in_register(w, 1, w->scratch[1]);
    uint8_t now = today(w), part = w->scratch[3];

    x86_operate(x86, X86_SUBTRACT, part, now, x86_register(start));
    x86_operate(x86, X86_SUBTRACT, out, end, x86_register(start));
    x86_operate(x86, X86_DIVIDE, part, part, x86_register(out));
    x86_operate(x86, X86_MOST, out, part, literal(WORD_ZERO));
    x86_operate(x86, X86_LEAST, out, out, literal(WORD_ONE));
    nan_if_nan(w, out, part);
    x86_compare(x86, w->masks[0], now, x86_register(start), which);
    one_or_zero(w, part, w->masks[0]);
    x86_compare(x86, w->masks[0], start, x86_register(end), X86_EQUAL);
    x86_choose(x86, out, w->masks[0], out, x86_register(part));
    nan_if_unordered(w, out, start, x86_register(end));
}

static void stage_by_date_of(Weaver *w, uint8_t out, unsigned which)
{
    X86 *x86 = &w->x86;
    uint8_t stage = arg_in_register(w, 0, w->scratch[0]);
    uint8_t date = arg_in_register(w, 1, w->scratch[1]);
    uint8_t reached = arg_in_register(w, 2, w->scratch[3]);

    x86_compare(x86, w->masks[0], reached, x86_register(stage), X86_MORE);
    x86_choose(x86, out, w->masks[0], stage, x86_register(reached));
    x86_compare(x86, w->masks[0], date, x86_register(today(w)), which);
    x86_choose(x86, out, w->masks[0], stage, x86_register(out));
    nan_if_nan(w, out, date);
}

static void first_time_of(Weaver *w, uint8_t out, unsigned which)
{
    X86 *x86 = &w->x86;
    uint8_t before = arg_in_register(w, 0, w->scratch[0]);
    uint8_t source = arg_in_register(w, 1, w->scratch[1]);
    uint8_t found = w->scratch[3];

    x86_compare(x86, w->masks[0], source, literal(WORD_ZERO), which);
    x86_choose(x86, found, w->masks[0], today(w), literal(WORD_INFINITE));
    nan_if_nan(w, found, source);
    x86_compare(x86, w->masks[0], before, literal(WORD_INFINITE), which);
    x86_choose(x86, out, w->masks[0], before, x86_register(found));
}

static void in_period(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t date = arg_in_register(w, 0, w->scratch[0]);

    x86_broadcast(&w->x86, w->scratch[1], OF_CLOCK(first_day));
    x86_compare(&w->x86, w->masks[0], date, x86_register(w->scratch[1]), which);
    x86_compare_also(&w->x86, w->masks[0], date, x86_register(today(w)), X86_AT_MOST, w->masks[1]);
    one_or_zero(w, out, w->masks[0]);
    nan_if_nan(w, out, date);
}

static void during(Weaver *w, uint8_t out, unsigned which)
{
    uint8_t start = arg_in_register(w, 0, w->scratch[0]);
    uint8_t end = arg_in_register(w, 1, w->scratch[1]);
    uint8_t now = today(w);

    x86_compare(&w->x86, w->masks[0], now, x86_register(start), which);
    x86_compare_also(&w->x86, w->masks[0], now, x86_register(end), X86_LESS, w->masks[1]);
    one_or_zero(w, out, w->masks[0]);
    nan_if_unordered(w, out, start, x86_register(end));
}

static const struct {
    void (*make)(Weaver *w, uint8_t out, unsigned which);
    unsigned which;
} recipes[OP_COUNT] = {
    [OP_COPY] = {copy, 0},
    [OP_ADD] = {two, X86_ADD},
    [OP_SUB] = {two, X86_SUBTRACT},
    [OP_MUL] = {two, X86_MULTIPLY},
    [OP_DIV] = {two, X86_DIVIDE},
    [OP_MULTIPLY_ADD] = {three, X86_ADD},
    [OP_MULTIPLY_SUBTRACT] = {three, X86_SUBTRACT},
    [OP_PRODUCT] = {three, X86_MULTIPLY},
    [OP_NEG] = {bits, WORD_MINUS_ZERO},
    [OP_ABS] = {bits, WORD_SIZE},
    [OP_EQ] = {comparison, X86_EQUAL},
    [OP_NE] = {comparison, X86_NOT_EQUAL},
    [OP_LT] = {comparison, X86_LESS},
    [OP_LE] = {comparison, X86_AT_MOST},
    [OP_GT] = {comparison, X86_MORE},
    [OP_GE] = {comparison, X86_AT_LEAST},
    [OP_AND] = {both, X86_NOT_EQUAL},
    [OP_OR] = {both, X86_EQUAL},
    [OP_NOT] = {opposite, X86_EQUAL},
    [OP_SELECT] = {choice, X86_EQUAL},
    [OP_MIN] = {least_or_most_of_two, X86_LEAST},
    [OP_MAX] = {least_or_most_of_two, X86_MOST},
    [OP_CLAMP] = {clamp, 0},
    [OP_MIN_DIFFERENCE] = {least_difference, X86_LEAST},
    [OP_FLOOR] = {whole, X86_DOWN},
    [OP_CEIL] = {whole, X86_UP},
    [OP_HALF_UP] = {half_up, X86_DOWN},
    [OP_SQRT] = {root, X86_SQRT},
    [OP_MONEY] = {money, 0},
    [OP_MONEY_OWED] = {money, WORD_MINUS_ZERO},
    [OP_STOCK_CLOSE] = {close_stock, OP_STOCK_CLOSE},
    [OP_STOCK_ADD] = {close_stock, OP_STOCK_ADD},
    [OP_RAMP] = {ramp, X86_AT_LEAST},
    [OP_STAGE_BY_DATE] = {stage_by_date_of, X86_AT_MOST},
    [OP_FIRST_TIME] = {first_time_of, X86_EQUAL},
    [OP_IS_IN_PERIOD] = {in_period, X86_AT_LEAST},
    [OP_IS_DURING] = {during, X86_AT_LEAST},
    [OP_SUM] = {sum, X86_ADD},
    [OP_SUM_PRODUCTS] = {sum_of_products, X86_MULTIPLY},
};

/* ---- stretches ---------------------------------------------------------------------------- */

static bool is_read_here_alone(const Weaver *w, uint32_t i)
{
    size_t first = (size_t)(w->first - w->code->instructions);
    uint32_t last = w->code->last_readers[first + i];

    return last != NO_ID && last < first + w->n;
}

/* From the end: who reads each value next, and which are read past the stretch. */
static void find_next_reads(Weaver *w)
{
    uint32_t n_args = 0;

    for (uint32_t i = 0; i < w->n; i++) {
        w->arg_starts[i] = n_args;
        n_args += w->first[i].n;
    }
    for (uint32_t i = w->n; i-- > 0;) {
        const Instruction *at = &w->first[i];

        w->next_of_out[i] = w->next[HOME_TILE][at->out];
        w->next[HOME_TILE][at->out] = NOWHERE;
        w->is_needed_after[i] = !w->is_overwritten[at->out] && !is_read_here_alone(w, i);
        w->is_overwritten[at->out] = true;
        for (uint32_t k = at->n; k-- > 0;) {
            Ref ref = code_arg(w->code, at, k);

            w->next_of_arg[w->arg_starts[i] + k] = w->next[REF_HOME(ref)][REF_INDEX(ref)];
            w->next[REF_HOME(ref)][REF_INDEX(ref)] = i;
        }
    }
    for (uint32_t i = 0; i < w->n; i++) {
        const Instruction *at = &w->first[i];

        w->is_overwritten[at->out] = false;
        for (uint32_t k = 0; k < at->n; k++) {
            Ref ref = code_arg(w->code, at, k);
            w->next[REF_HOME(ref)][REF_INDEX(ref)] = NOWHERE;
        }
        w->next[HOME_TILE][at->out] = NOWHERE;
    }
}

static void make_stretch(Weaver *w)
{
    X86 *x86 = &w->x86;
    size_t loop = 0;

    find_next_reads(w);
    w->n_odds = 0;
    for (uint8_t r = 0; r < w->n_held; r++)
        w->held[r] = (Held){.ref = REF_NONE, .next = NOWHERE};
    x86_clear(x86, OFFSET);
    x86_clear(x86, FOUND);
    loop = x86->n;
    for (w->at = 0; w->at < w->n; w->at++) {
        uint16_t op = w->first[w->at].op;
        uint8_t out = take(w);

        recipes[op].make(w, out, recipes[op].which);
        define(w, out);
        unpin(w);
    }
    x86_add_number(x86, OFFSET, (int32_t)(w->n_lanes * sizeof(double)));
    x86_jump_while_below(x86, OFFSET, END, loop);
    x86_move(x86, X86_AX, FOUND);
    x86_return(x86);
    for (size_t i = 0; i < w->n_odds; i++)
        close_odd(w, &w->odds[i]);
}

static uint32_t count_woven(const Instruction *at, uint32_t most)
{
    uint32_t n = 0;

    while (n < most && recipes[at[n].op].make != NULL)
        n++;
    return n;
}

static void make_section(Weaver *w, const Section *section, Stretch *stretches, size_t *entries)
{
    for (uint32_t i = 0; i < section->count;) {
        uint32_t at = section->first + i;
        uint32_t n = count_woven(&w->code->instructions[at], section->count - i);

        if (n >= LEAST_STRETCH) {
            w->first = &w->code->instructions[at];
            w->n = n;
            entries[at] = w->x86.n;
            stretches[at].n = n;
            make_stretch(w);
        }
        i += n > 0 ? n : 1;
    }
}

static size_t count_args(const Code *code)
{
    size_t n = 0;

    for (size_t i = 0; i < code->n_instructions; i++)
        n += code->instructions[i].n;
    return n;
}

size_t weave_bytes(const Code *code)
{
    size_t each = BYTES_AN_INSTRUCTION + sizeof(Stretch) + sizeof(size_t) + sizeof(Odd) +
                  2 * sizeof(uint32_t) + sizeof(bool);
    size_t narrow = code->n_registers[HOME_CONST] + (size_t)code->n_exports;
    size_t tile = code->n_registers[HOME_TILE] * (sizeof(uint32_t) + sizeof(bool));

    return code->n_instructions * each + count_args(code) * sizeof(uint32_t) +
           narrow * sizeof(uint32_t) + tile + sizeof(Weaver);
}

static uint32_t *nowhere(Arena *arena, size_t n)
{
    uint32_t *next = ARENA_ARRAY(arena, uint32_t, n + 1);

    memset(next, 0xff, n * sizeof *next);
    return next;
}

static Weaver *weaver_new(Arena *arena, const Code *code, size_t width, bool is_wide)
{
    Weaver *w = ARENA_NEW(arena, Weaver);
    uint8_t next = 0;

    w->code = code;
    w->width = width;
    w->x86.is_wide = is_wide;
    w->n_lanes = is_wide ? 8 : 4;
    w->n_held = is_wide ? HELD_WIDE : HELD_NARROW;
    next = w->n_held;
    for (size_t i = 0; i < MOST_SCRATCH; i++)
        w->scratch[i] = next++;
    for (size_t i = 0; i < N_MASKS; i++)
        w->masks[i] = is_wide ? (uint8_t)(i + 1) : next++;
    w->arg_starts = ARENA_ARRAY(arena, uint32_t, code->n_instructions + 1);
    w->next_of_arg = ARENA_ARRAY(arena, uint32_t, count_args(code) + 1);
    w->next_of_out = ARENA_ARRAY(arena, uint32_t, code->n_instructions + 1);
    w->is_needed_after = ARENA_ARRAY(arena, bool, code->n_instructions + 1);
    w->odds = ARENA_ARRAY(arena, Odd, code->n_instructions + 1);
    w->next[HOME_TILE] = nowhere(arena, code->n_registers[HOME_TILE]);
    w->next[HOME_CONST] = nowhere(arena, code->n_registers[HOME_CONST]);
    w->next[HOME_PERIOD] = nowhere(arena, code->n_exports);
    w->is_overwritten = ARENA_ARRAY(arena, bool, code->n_registers[HOME_TILE] + 1u);
    return w;
}

/* Displacements have 31 bits. */
static bool is_in_reach(const Code *code, size_t width)
{
    size_t n_narrow = code->n_registers[HOME_CONST] + (size_t)code->n_exports;

    return code->n_registers[HOME_TILE] * width * sizeof(double) < INT32_MAX &&
           n_narrow * GW_LANES * sizeof(double) < INT32_MAX;
}

/* A block of lanes is a whole number of vectors of either set. */
static bool is_possible(const Code *code, const RunKernels *kernels, size_t width)
{
    const char *wish = getenv("GW_WEAVE");

    return strcmp(kernels->isa, "baseline") != 0 && (wish == NULL || strcmp(wish, "off") != 0) &&
           GW_LANES % WORD_LANES == 0 && is_in_reach(code, width);
}

const Stretch *weave(Arena *arena, const Code *code, const RunKernels *kernels, size_t width)
{
    size_t n_bytes = code->n_instructions * BYTES_AN_INSTRUCTION;
    unsigned char *bytes = is_possible(code, kernels, width) ? arena_pages(arena, n_bytes) : NULL;
    Stretch *stretches = NULL;
    size_t *entries = NULL;
    Weaver *w = NULL;

    if (bytes == NULL)
        return NULL;
    stretches = ARENA_ARRAY(arena, Stretch, code->n_instructions + 1);
    entries = ARENA_ARRAY(arena, size_t, code->n_instructions + 1);
    w = weaver_new(arena, code, width, strcmp(kernels->isa, "avx512") == 0);
    w->x86.bytes = bytes;
    w->x86.capacity = n_bytes;
    for (uint32_t s = SECTION_PATH; s < code->n_sections; s++)
        make_section(w, &code->sections[s], stretches, entries);
    assert(!w->x86.is_full && "an instruction's code has a bound");
    if (w->x86.is_full || mprotect(bytes, n_bytes, PROT_READ | PROT_EXEC) != 0)
        return NULL;
    for (size_t i = 0; i < code->n_instructions; i++)
        if (stretches[i].n > 0)
            stretches[i].run = (WovenKernel *)(uintptr_t)(bytes + entries[i]);
    return stretches;
}
