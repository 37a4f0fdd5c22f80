/* Philox4x32-10 for a row of lanes in vector registers, one counter a 64-bit lane.
 *
 * Used by kernels.c alone. The compilers do not find that only the low halves of the lanes are
 * multiplied; written out, a draw takes less than half the time (GCC 12, AVX-512 and AVX2). A round
 * waits for its multiplications, so several vectors go through the rounds side by side. The upper
 * halves of the state hold rubbish that never reaches a result. PHILOX_ROW says how many lanes a
 * row has; it is not defined where the instruction set has no such registers. */
#ifndef GW_MATHS_PHILOX_LANES_H
#define GW_MATHS_PHILOX_LANES_H

#include "maths/philox.h"

#if defined(__AVX512DQ__)
enum { PHILOX_WIDTH = 8, PHILOX_VECTORS = 4 };
#define PHILOX_ROW (PHILOX_VECTORS * PHILOX_WIDTH)
#define VECTOR __m512i
#define VECTOR_LOAD(from) _mm512_loadu_si512(from)
#define VECTOR_ALL(x) _mm512_set1_epi64((long long)(x))
#define VECTOR_ADD(x, y) _mm512_add_epi64(x, y)
#define VECTOR_XOR(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0x96)
#define VECTOR_UPPER(x) _mm512_srli_epi64(x, 32)
#define VECTOR_MULTIPLY(x, y) _mm512_mul_epu32(x, y)
#elif defined(__AVX2__)
enum { PHILOX_WIDTH = 4, PHILOX_VECTORS = 2 };
#define PHILOX_ROW (PHILOX_VECTORS * PHILOX_WIDTH)
#define VECTOR __m256i
#define VECTOR_LOAD(from) _mm256_loadu_si256((const __m256i *)(const void *)(from))
#define VECTOR_ALL(x) _mm256_set1_epi64x((long long)(x))
#define VECTOR_ADD(x, y) _mm256_add_epi64(x, y)
#define VECTOR_XOR(x, y, z) _mm256_xor_si256(_mm256_xor_si256(x, y), z)
#define VECTOR_UPPER(x) _mm256_srli_epi64(x, 32)
#define VECTOR_MULTIPLY(x, y) _mm256_mul_epu32(x, y)
#endif

#ifdef PHILOX_ROW
#include <immintrin.h>

/* uniform_of_words(): the top 53 of the bits high * 2^32 + low, and so on. */
#if defined(__AVX512DQ__)
static inline void store_uniforms(VECTOR high, VECTOR low, double *out)
{
    VECTOR upper = _mm512_srli_epi64(_mm512_slli_epi64(high, 32), 11);
    VECTOR lower = _mm512_srli_epi64(_mm512_slli_epi64(low, 32), 43);
    __m512d whole = _mm512_cvtepu64_pd(_mm512_or_si512(upper, lower));
    __m512d u = _mm512_mul_pd(_mm512_add_pd(whole, _mm512_set1_pd(0.5)), _mm512_set1_pd(0x1p-53));

    _mm512_storeu_pd(out, _mm512_min_pd(u, _mm512_set1_pd(1.0 - 0x1p-53)));
}
#else
static inline void store_uniforms(VECTOR high, VECTOR low, double *out)
{
    const __m256i shifter_bits = _mm256_set1_epi64x(0x4330000000000000);
    const __m256d shifter = _mm256_set1_pd(0x1p52);
    __m256i w = _mm256_blend_epi32(low, _mm256_slli_epi64(high, 32), 0xaa);
    __m256i upper = _mm256_or_si256(_mm256_srli_epi64(w, 33), shifter_bits);
    __m256i lower = _mm256_and_si256(_mm256_srli_epi64(w, 11), _mm256_set1_epi64x(0x3fffff));
    __m256d whole =
        _mm256_mul_pd(_mm256_sub_pd(_mm256_castsi256_pd(upper), shifter), _mm256_set1_pd(0x1p22));
    __m256d u;

    lower = _mm256_or_si256(lower, shifter_bits);
    whole = _mm256_add_pd(whole, _mm256_sub_pd(_mm256_castsi256_pd(lower), shifter));
    u = _mm256_mul_pd(_mm256_add_pd(whole, _mm256_set1_pd(0.5)), _mm256_set1_pd(0x1p-53));
    _mm256_storeu_pd(out, _mm256_min_pd(u, _mm256_set1_pd(1.0 - 0x1p-53)));
}
#endif

/* The draws of a row of consecutive paths. */
static inline void draw_row(uint64_t seed, uint64_t name_hash, uint32_t first_path, uint32_t period,
                            double *restrict out)
{
    static const uint64_t count[] = {0, 1, 2, 3, 4, 5, 6, 7};
    const VECTOR multiplier0 = VECTOR_ALL(PHILOX_MULTIPLIER_0);
    const VECTOR multiplier1 = VECTOR_ALL(PHILOX_MULTIPLIER_1);
    VECTOR c0[PHILOX_VECTORS], c1[PHILOX_VECTORS], c2[PHILOX_VECTORS], c3[PHILOX_VECTORS];
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);

    for (uint32_t i = 0; i < PHILOX_VECTORS; i++) {
        c0[i] = VECTOR_ADD(VECTOR_LOAD(count), VECTOR_ALL(first_path + i * PHILOX_WIDTH));
        c1[i] = VECTOR_ALL(period);
        c2[i] = VECTOR_ALL(name_hash & 0xffffffff);
        c3[i] = VECTOR_ALL(name_hash >> 32);
    }
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        for (int i = 0; i < PHILOX_VECTORS; i++) {
            VECTOR p0 = VECTOR_MULTIPLY(c0[i], multiplier0);
            VECTOR p1 = VECTOR_MULTIPLY(c2[i], multiplier1);

            c0[i] = VECTOR_XOR(VECTOR_UPPER(p1), c1[i], VECTOR_ALL(k0));
            c2[i] = VECTOR_XOR(VECTOR_UPPER(p0), c3[i], VECTOR_ALL(k1));
            c1[i] = p1;
            c3[i] = p0;
        }
        k0 += PHILOX_WEYL_0;
        k1 += PHILOX_WEYL_1;
    }
    for (int i = 0; i < PHILOX_VECTORS; i++)
        store_uniforms(c1[i], c0[i], out + i * PHILOX_WIDTH);
}
#else
enum { PHILOX_ROW = 1 };

static inline void draw_row(uint64_t seed, uint64_t name_hash, uint32_t first_path, uint32_t period,
                            double *restrict out)
{
    *out = draw_uniform(seed, name_hash, first_path, period);
}
#endif

#endif
