/* The uniform numbers of draws: Philox4x32-10, a function of seed, name, path and period alone.
 *
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2,
 * 3", SC11. No state: any path on any machine can be drawn by itself.
 *
 *   counter = { path, period, low word of hash, high word of hash }
 *   key     = { low word of seed, high word of seed }
 *   w       = out[1] * 2^32 + out[0]
 *   u       = ((w >> 11) + 1/2) * 2^-53, rounded half to even, and 1 - 2^-53 where that is 1
 *
 * so that 2^-54 <= u < 1. The hash is of the draw's full name, the period is the calendar ordinal
 * of the draw's own interval, 0 for a draw once per path; paths stay below 2^32 (LIMIT_PATHS). */
#ifndef GW_MATHS_PHILOX_H
#define GW_MATHS_PHILOX_H

#include <stdint.h>

enum { PHILOX_ROUNDS = 10 };

#define PHILOX_MULTIPLIER_0 0xD2511F53u
#define PHILOX_MULTIPLIER_1 0xCD9E8D57u
#define PHILOX_WEYL_0 0x9E3779B9u
#define PHILOX_WEYL_1 0xBB67AE85u

static inline void philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];

    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t p0 = (uint64_t)PHILOX_MULTIPLIER_0 * c0;
        uint64_t p1 = (uint64_t)PHILOX_MULTIPLIER_1 * c2;

        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        k0 += PHILOX_WEYL_0;
        k1 += PHILOX_WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* The uniform of the 64 random bits high * 2^32 + low; see the top of the file. The 53 bits used
 * are joined from 31 and 22, each a signed whole number that any instruction set can convert. */
static inline double uniform_of_words(uint32_t high, uint32_t low)
{
    double upper = (double)(int32_t)(high >> 1);
    double lower = (double)(int32_t)((high & 1) << 21 | low >> 11);
    double u = (upper * 0x1p22 + lower + 0.5) * 0x1p-53;

    return u < 1.0 ? u : 1.0 - 0x1p-53;
}

/* One draw: what the oracle calls, and what every block of draws must agree with. */
static inline double draw_uniform(uint64_t seed, uint64_t name_hash, uint32_t path, uint32_t period)
{
    uint32_t counter[4] = {path, period, (uint32_t)name_hash, (uint32_t)(name_hash >> 32)};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t out[4];

    philox4x32_10(counter, key, out);
    return uniform_of_words(out[1], out[0]);
}

#endif
