/* Philox4x32-10 for a block of lanes in vector registers, one counter a 64-bit lane.
 *
 * Used by kernels.c alone. The compilers do not find that only the low halves of the lanes are
 * multiplied; written out, a draw takes 2.1 ns instead of 3.5 with AVX-512 and 3.2 instead of 6.3
 * with AVX2 (GCC 12). The upper halves of the state hold rubbish that never reaches a result.
 * PHILOX_HAS_LANES says whether this machine and block size have it. */
#ifndef GW_MATHS_PHILOX_LANES_H
#define GW_MATHS_PHILOX_LANES_H

#include "maths/kernels.h"
#include "maths/philox.h"

#if defined(__AVX512F__) && GW_LANES % 8 == 0
#define PHILOX_HAS_LANES 1
enum { PHILOX_WIDTH = 8 };
#define VECTOR __m512i
#define VECTOR_LOAD(from) _mm512_loadu_si512(from)
#define VECTOR_STORE(to, x) _mm512_storeu_si512(to, x)
#define VECTOR_ALL(x) _mm512_set1_epi64((long long)(x))
#define VECTOR_XOR(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0x96)
#define VECTOR_UPPER(x) _mm512_srli_epi64(x, 32)
#define VECTOR_MULTIPLY(x, y) _mm512_mul_epu32(x, y)
#elif defined(__AVX2__) && GW_LANES % 4 == 0
#define PHILOX_HAS_LANES 1
enum { PHILOX_WIDTH = 4 };
#define VECTOR __m256i
#define VECTOR_LOAD(from) _mm256_loadu_si256((const __m256i *)(const void *)(from))
#define VECTOR_STORE(to, x) _mm256_storeu_si256((__m256i *)(void *)(to), x)
#define VECTOR_ALL(x) _mm256_set1_epi64x((long long)(x))
#define VECTOR_XOR(x, y, z) _mm256_xor_si256(_mm256_xor_si256(x, y), z)
#define VECTOR_UPPER(x) _mm256_srli_epi64(x, 32)
#define VECTOR_MULTIPLY(x, y) _mm256_mul_epu32(x, y)
#endif

#ifdef PHILOX_HAS_LANES
#include <immintrin.h>

/* The first two words of PHILOX_WIDTH counters that differ in their path: in the low halves of
 * word0 and word1. */
static inline void philox_vector(uint64_t seed, uint64_t name_hash, const uint64_t *paths,
                                 uint32_t period, uint64_t *word0, uint64_t *word1)
{
    const VECTOR multiplier0 = VECTOR_ALL(PHILOX_MULTIPLIER_0);
    const VECTOR multiplier1 = VECTOR_ALL(PHILOX_MULTIPLIER_1);
    VECTOR c0 = VECTOR_LOAD(paths);
    VECTOR c1 = VECTOR_ALL(period);
    VECTOR c2 = VECTOR_ALL(name_hash & 0xffffffff);
    VECTOR c3 = VECTOR_ALL(name_hash >> 32);
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);

    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        VECTOR p0 = VECTOR_MULTIPLY(c0, multiplier0);
        VECTOR p1 = VECTOR_MULTIPLY(c2, multiplier1);

        c0 = VECTOR_XOR(VECTOR_UPPER(p1), c1, VECTOR_ALL(k0));
        c2 = VECTOR_XOR(VECTOR_UPPER(p0), c3, VECTOR_ALL(k1));
        c1 = p1;
        c3 = p0;
        k0 += PHILOX_WEYL_0;
        k1 += PHILOX_WEYL_1;
    }
    VECTOR_STORE(word0, c0);
    VECTOR_STORE(word1, c1);
}

/* The draws of a block of consecutive paths. */
static inline void draw_block(uint64_t seed, uint64_t name_hash, uint32_t first_path,
                              uint32_t period, double *restrict out)
{
    uint64_t paths[GW_LANES], word0[GW_LANES], word1[GW_LANES];

    for (uint32_t i = 0; i < GW_LANES; i++)
        paths[i] = (uint32_t)(first_path + i);
    for (size_t i = 0; i < GW_LANES; i += PHILOX_WIDTH)
        philox_vector(seed, name_hash, paths + i, period, word0 + i, word1 + i);
    for (size_t i = 0; i < GW_LANES; i++)
        out[i] = uniform_of_words((uint32_t)word1[i], (uint32_t)word0[i]);
}
#else
static inline void draw_block(uint64_t seed, uint64_t name_hash, uint32_t first_path,
                              uint32_t period, double *restrict out)
{
    for (uint32_t i = 0; i < GW_LANES; i++)
        out[i] = draw_uniform(seed, name_hash, first_path + i, period);
}
#endif

#endif
