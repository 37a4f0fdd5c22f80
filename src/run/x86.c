/* Encodes the instructions of x86.h. */
#include "run/x86.h"

#include <assert.h>

/* The maps of opcodes, and the one prefix that VEX and EVEX fold in. */
enum { MAP_0F = 1, MAP_0F38, MAP_0F3A };
enum { PREFIX_66 = 1 };

typedef struct {
    uint8_t map, opcode;
    uint8_t out, a; /* a: 0 where there is only b */
    uint8_t mask;   /* AVX-512: 0 for none */
    int immediate;  /* below 0: none */
} Encoding;

static void put(X86 *x86, unsigned byte)
{
    if (x86->n < x86->capacity)
        x86->bytes[x86->n++] = (uint8_t)byte;
    else
        x86->is_full = true;
}

static void put_number(X86 *x86, int32_t number)
{
    for (int i = 0; i < 4; i++)
        put(x86, (uint32_t)number >> (8 * i) & 0xff);
}

/* Bit k of a register's number, in place `at` and inverted, as both prefixes want it. */
static unsigned inverted(unsigned number, int k, int at)
{
    return (~number >> k & 1u) << at;
}

static unsigned high_of_b(const X86Operand *b)
{
    return b->is_memory ? b->base : b->reg;
}

static unsigned index_of_b(const X86Operand *b)
{
    if (b->is_memory)
        return b->index == X86_NONE ? 0 : b->index;
    return b->reg >> 1; /* bit 4, where bit 3 of an index would be */
}

static void put_evex(X86 *x86, const Encoding *code, const X86Operand *b)
{
    put(x86, 0x62);
    put(x86, inverted(code->out, 3, 7) | inverted(index_of_b(b), 3, 6) |
                 inverted(high_of_b(b), 3, 5) | inverted(code->out, 4, 4) | code->map);
    put(x86, 1u << 7 | (~(unsigned)code->a & 15u) << 3 | 1u << 2 | PREFIX_66);
    put(x86, 2u << 5 | inverted(code->a, 4, 3) | code->mask);
}

static void put_vex(X86 *x86, const Encoding *code, const X86Operand *b)
{
    unsigned index = b->is_memory ? index_of_b(b) : 0;

    put(x86, 0xc4);
    put(x86, inverted(code->out, 3, 7) | inverted(index, 3, 6) | inverted(high_of_b(b), 3, 5) |
                 code->map);
    put(x86, (~(unsigned)code->a & 15u) << 3 | 1u << 2 | PREFIX_66);
}

static void put_operand(X86 *x86, unsigned out, const X86Operand *b)
{
    unsigned reg = (out & 7u) << 3;

    if (!b->is_memory) {
        put(x86, 3u << 6 | reg | (b->reg & 7u));
        return;
    }
    assert((b->index != X86_NONE || (b->base & 7u) != X86_SP) && "the stack has another form");
    if (b->index == X86_NONE) {
        put(x86, 2u << 6 | reg | (b->base & 7u));
    } else {
        put(x86, 2u << 6 | reg | 4u);
        put(x86, (b->index & 7u) << 3 | (b->base & 7u));
    }
    put_number(x86, b->displacement);
}

static void put_vector(X86 *x86, Encoding code, X86Operand b)
{
    if (x86->is_wide)
        put_evex(x86, &code, &b);
    else
        put_vex(x86, &code, &b);
    put(x86, code.opcode);
    put_operand(x86, code.out, &b);
    if (code.immediate >= 0)
        put(x86, (unsigned)code.immediate);
}

/* ---- vectors ------------------------------------------------------------------------------ */

void x86_operate(X86 *x86, X86Operation operation, uint8_t out, uint8_t a, X86Operand b)
{
    put_vector(x86,
               (Encoding){.map = MAP_0F,
                          .opcode = (uint8_t)operation,
                          .out = out,
                          .a = operation == X86_SQRT ? 0 : a,
                          .immediate = -1},
               b);
}

void x86_load(X86 *x86, uint8_t out, X86Operand from)
{
    put_vector(x86, (Encoding){.map = MAP_0F, .opcode = 0x28, .out = out, .immediate = -1}, from);
}

void x86_store(X86 *x86, X86Operand to, uint8_t from)
{
    put_vector(x86, (Encoding){.map = MAP_0F, .opcode = 0x29, .out = from, .immediate = -1}, to);
}

void x86_broadcast(X86 *x86, uint8_t out, X86Operand from)
{
    put_vector(x86, (Encoding){.map = MAP_0F38, .opcode = 0x19, .out = out, .immediate = -1}, from);
}

void x86_round(X86 *x86, uint8_t out, X86Operand a, X86Rounding rounding)
{
    put_vector(x86,
               (Encoding){.map = MAP_0F3A, .opcode = 0x09, .out = out, .immediate = (int)rounding},
               a);
}

static void compare(X86 *x86, uint8_t out, uint8_t a, X86Operand b, X86Comparison comparison,
                    uint8_t mask)
{
    put_vector(x86,
               (Encoding){.map = MAP_0F,
                          .opcode = 0xc2,
                          .out = out,
                          .a = a,
                          .mask = mask,
                          .immediate = (int)comparison},
               b);
}

void x86_compare(X86 *x86, uint8_t mask, uint8_t a, X86Operand b, X86Comparison comparison)
{
    compare(x86, mask, a, b, comparison, 0);
}

void x86_compare_also(X86 *x86, uint8_t mask, uint8_t a, X86Operand b, X86Comparison comparison,
                      uint8_t scratch)
{
    if (x86->is_wide) {
        compare(x86, mask, a, b, comparison, mask);
        return;
    }
    compare(x86, scratch, a, b, comparison, 0);
    x86_operate(x86, X86_AND, mask, mask, x86_register(scratch));
}

void x86_choose(X86 *x86, uint8_t out, uint8_t mask, uint8_t no, X86Operand yes)
{
    Encoding code = {.out = out, .a = no};

    if (x86->is_wide) { /* vblendmpd */
        code.map = MAP_0F38;
        code.opcode = 0x65;
        code.mask = mask;
        code.immediate = -1;
    } else { /* vblendvpd, its mask in the upper half of a byte */
        code.map = MAP_0F3A;
        code.opcode = 0x4b;
        code.immediate = mask << 4;
    }
    put_vector(x86, code, yes);
}

/* ---- whole numbers ------------------------------------------------------------------------ */

static void put_rex(X86 *x86, bool is_64, unsigned reg, unsigned rm)
{
    put(x86, 0x40u | (unsigned)is_64 << 3 | (reg >> 3) << 2 | rm >> 3);
}

/* Of two registers. */
static void put_pair(X86 *x86, bool is_64, unsigned opcode, unsigned reg, unsigned rm)
{
    put_rex(x86, is_64, reg, rm);
    put(x86, opcode);
    put(x86, 3u << 6 | (reg & 7u) << 3 | (rm & 7u));
}

void x86_clear(X86 *x86, uint8_t reg)
{
    put_pair(x86, false, 0x31, reg, reg);
}

void x86_move(X86 *x86, uint8_t out, uint8_t from)
{
    put_pair(x86, true, 0x89, from, out);
}

void x86_add_number(X86 *x86, uint8_t reg, int32_t number)
{
    put_pair(x86, true, 0x81, 0, reg);
    put_number(x86, number);
}

void x86_or_number(X86 *x86, uint8_t reg, int32_t number)
{
    put_pair(x86, false, 0x81, 1, reg);
    put_number(x86, number);
}

/* ---- jumps -------------------------------------------------------------------------------- */

static void put_distance(X86 *x86, size_t target)
{
    put_number(x86, (int32_t)((int64_t)target - (int64_t)(x86->n + 4)));
}

size_t x86_jump_unless_all(X86 *x86, uint8_t mask)
{
    size_t place = 0;

    if (x86->is_wide) { /* kortestb carries where all bits are set */
        put(x86, 0xc5);
        put(x86, 0xf9);
        put(x86, 0x98);
        put(x86, 3u << 6 | (mask & 7u) << 3 | (mask & 7u));
        put(x86, 0x0f);
        put(x86, 0x83);
    } else { /* vmovmskpd, and all four bits */
        put_vector(x86, (Encoding){.map = MAP_0F, .opcode = 0x50, .out = X86_R10, .immediate = -1},
                   x86_register(mask));
        put_pair(x86, false, 0x83, 7, X86_R10);
        put(x86, 15);
        put(x86, 0x0f);
        put(x86, 0x85);
    }
    place = x86->n;
    put_number(x86, 0);
    return place;
}

void x86_jump_while_below(X86 *x86, uint8_t a, uint8_t b, size_t target)
{
    put_pair(x86, true, 0x39, b, a);
    put(x86, 0x0f);
    put(x86, 0x82);
    put_distance(x86, target);
}

void x86_jump(X86 *x86, size_t target)
{
    put(x86, 0xe9);
    put_distance(x86, target);
}

void x86_land(X86 *x86, size_t place)
{
    uint32_t distance = (uint32_t)(x86->n - (place + 4));

    if (x86->is_full)
        return;
    for (int i = 0; i < 4; i++)
        x86->bytes[place + (size_t)i] = (uint8_t)(distance >> (8 * i));
}

void x86_return(X86 *x86)
{
    put(x86, 0xc5); /* vzeroupper */
    put(x86, 0xf8);
    put(x86, 0x77);
    put(x86, 0xc3);
}
