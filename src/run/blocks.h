/* What kernels find over the lanes of a block, and add to arrays of blocks.
 *
 * Part of kernels.c, so of every instruction set. */
#ifndef GW_RUN_BLOCKS_H
#define GW_RUN_BLOCKS_H

#include "maths/maths.h"
#include "run/kernels.h"

#include <stdbool.h>

/* Of counts, in any lane. (Bits, for sums of doubles would be taken one after another.) */
static bool is_any(const double *counts)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < GW_LANES; i++)
        bits |= gw_bits(counts[i]);
    return bits != 0;
}

/* Of whole numbers, so in any order. */
static double total(const double *x)
{
    double sums[4] = {0};

    for (size_t i = 0; i < GW_LANES; i++)
        sums[i % 4] += x[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static void add(size_t count, double *restrict out, const double *restrict x)
{
    for (size_t block = 0; block < count; block += GW_LANES, out += GW_LANES, x += GW_LANES)
        for (size_t i = 0; i < GW_LANES; i++)
            out[i] += x[i];
}

#endif
