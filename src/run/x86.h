/* An assembler for loops over vectors of doubles, of the instructions that run/weave.c needs: AVX2
 * (four lanes, sixteen registers) and AVX-512 (eight lanes, thirty-two).
 *
 * Encodings: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2
 * (VEX and EVEX prefixes), and the page of each instruction. */
#ifndef GW_RUN_X86_H
#define GW_RUN_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* General registers, by number. */
enum {
    X86_AX,
    X86_CX,
    X86_DX,
    X86_SP = 4,
    X86_SI = 6,
    X86_DI,
    X86_R8,
    X86_R9,
    X86_R10,
    X86_R11,
    X86_NONE = 255
};

/* A vector register, or memory at base + index + displacement. */
typedef struct {
    bool is_memory;
    uint8_t reg;
    uint8_t base, index; /* general registers; index X86_NONE: none */
    int32_t displacement;
} X86Operand;

typedef struct {
    uint8_t *bytes;
    size_t n, capacity;
    bool is_wide; /* AVX-512 */
    bool is_full; /* more was asked for than has room: the code is no good */
} X86;

/* Instructions on vectors of doubles: out = a (op) b. */
typedef enum {
    X86_SQRT = 0x51, /* of b */
    X86_AND = 0x54,
    X86_OR = 0x56,
    X86_XOR = 0x57,
    X86_ADD = 0x58,
    X86_MULTIPLY = 0x59,
    X86_SUBTRACT = 0x5c,
    X86_LEAST = 0x5d,
    X86_DIVIDE = 0x5e,
    X86_MOST = 0x5f
} X86Operation;

/* Comparisons, false of NaN but for the last. None raises a flag of a quiet NaN. */
typedef enum {
    X86_EQUAL = 0x00,
    X86_LESS = 0x11,
    X86_AT_MOST = 0x12,
    X86_NOT_EQUAL = 0x0c,
    X86_AT_LEAST = 0x1d,
    X86_MORE = 0x1e,
    X86_UNORDERED = 0x03
} X86Comparison;

typedef enum { X86_DOWN = 0x09, X86_UP = 0x0a, X86_NEAREST = 0x08 } X86Rounding;

static inline X86Operand x86_register(uint8_t reg)
{
    return (X86Operand){.reg = reg, .index = X86_NONE};
}

static inline X86Operand x86_memory(uint8_t base, uint8_t index, int32_t displacement)
{
    return (X86Operand){
        .is_memory = true, .base = base, .index = index, .displacement = displacement};
}

void x86_operate(X86 *x86, X86Operation operation, uint8_t out, uint8_t a, X86Operand b);
void x86_load(X86 *x86, uint8_t out, X86Operand from);
void x86_store(X86 *x86, X86Operand to, uint8_t from);
/* The number there in every lane. */
void x86_broadcast(X86 *x86, uint8_t out, X86Operand from);
void x86_round(X86 *x86, uint8_t out, X86Operand a, X86Rounding rounding);

/* A mask is one of the registers k1 to k7 of AVX-512, and a vector register of AVX2. */
void x86_compare(X86 *x86, uint8_t mask, uint8_t a, X86Operand b, X86Comparison comparison);
/* mask = mask and the comparison; of AVX2, `scratch` is written. */
void x86_compare_also(X86 *x86, uint8_t mask, uint8_t a, X86Operand b, X86Comparison comparison,
                      uint8_t scratch);
/* out = yes where the mask says so, else no */
void x86_choose(X86 *x86, uint8_t out, uint8_t mask, uint8_t no, X86Operand yes);
/* Jumps where a lane of the mask is not set; r10 is written. Returns the place of the jump. */
size_t x86_jump_unless_all(X86 *x86, uint8_t mask);

/* Whole numbers of general registers. */
void x86_clear(X86 *x86, uint8_t reg);
void x86_move(X86 *x86, uint8_t out, uint8_t from);
void x86_add_number(X86 *x86, uint8_t reg, int32_t number);
void x86_or_number(X86 *x86, uint8_t reg, int32_t number);
/* Jumps to `target`, a place of the code: while a is below b, or at any rate. */
void x86_jump_while_below(X86 *x86, uint8_t a, uint8_t b, size_t target);
void x86_jump(X86 *x86, size_t target);
/* The jump at `place` goes to here. */
void x86_land(X86 *x86, size_t place);
void x86_return(X86 *x86);

#endif
