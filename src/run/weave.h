/* Machine code for stretches of plain instructions: one loop over a tile's lanes, in which what an
 * instruction gives stays in a vector register for those that read it. The kernels pass over memory
 * once an instruction; they stay what every result is compared with, to the bit.
 *
 * Made when a run begins, for AVX2 and AVX-512; where pages of code may not be had, or GW_WEAVE is
 * `off`, the kernels run alone. */
#ifndef GW_RUN_WEAVE_H
#define GW_RUN_WEAVE_H

#include "base/arena.h"
#include "run/kernels.h"

/* All lanes of a stretch, `n_bytes` of a register, a block of lanes at the least; every pointer to
 * doubles is aligned to 64 bytes. Returns FOUND_FAULT where a stock needs a look, else 0. */
typedef unsigned WovenKernel(double *registers, size_t n_bytes, const double *constants,
                             const double *exports, const Clock *clock, const double *literals);

typedef struct {
    WovenKernel *run; /* NULL: no stretch begins here */
    uint32_t n;       /* instructions in it */
} Stretch;

extern const double *const weave_literals;

/* By instruction; NULL where there is no such code. For tiles whose registers lie `width` doubles
 * apart, by the instruction set of the kernels. */
const Stretch *weave(Arena *arena, const Code *code, const RunKernels *kernels, size_t width);
/* Bytes of memory that it takes, at the most. */
size_t weave_bytes(const Code *code);

#endif
