/* The leaf mathematics over arrays of lanes, for the instruction set at hand.
 *
 * One source, kernels.c, is compiled for each instruction set; every table gives the same bits as
 * the scalar functions of maths.h and philox.h (NaNs count as equal). Arrays must not overlap.
 * A count that is a multiple of GW_LANES is fastest; any count is right. */
#ifndef GW_MATHS_KERNELS_H
#define GW_MATHS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* The block of lanes that kernels work on: a build constant; a build with 3 hits every edge. */
#ifndef GW_LANES
#define GW_LANES 16
#endif

typedef void MathsUnary(size_t count, const double *restrict x, double *restrict out);
typedef void MathsBinary(size_t count, const double *restrict x, const double *restrict y,
                         double *restrict out);
typedef void MathsTernary(size_t count, const double *restrict x, const double *restrict y,
                          const double *restrict z, double *restrict out);
typedef void MathsQuaternary(size_t count, const double *restrict x, const double *restrict y,
                             const double *restrict z, const double *restrict w,
                             double *restrict out);
/* Draws of `count` consecutive paths from first_path on. */
typedef void MathsDraw(uint64_t seed, uint64_t name_hash, uint32_t first_path, uint32_t period,
                       size_t count, double *restrict out);

typedef struct MathsKernels {
    const char *isa; /* "baseline", "avx2" or "avx512" */
    MathsUnary *exp;
    MathsUnary *expm1;
    MathsUnary *log;
    MathsUnary *log1p;
    MathsBinary *pow;
    MathsTernary *annuity; /* principal, rate, n */
    MathsUnary *normal_cdf;
    MathsUnary *inverse_normal;
    MathsUnary *score_uniform;
    MathsTernary *quantile_normal;      /* u, mean, sd */
    MathsTernary *quantile_lognormal;   /* u, mu, sigma */
    MathsTernary *quantile_uniform;     /* u, low, high */
    MathsQuaternary *quantile_triangle; /* u, low, mode, high */
    MathsBinary *quantile_exponential;  /* u, mean */
    MathsDraw *draw_uniforms;
} MathsKernels;

/* The kernels named `isa` ("baseline", "avx2", "avx512"). With NULL: those named by the
 * environment variable GW_ISA, else the widest this machine runs. Returns NULL for an unknown
 * name, or one this machine cannot run; maths_kernels_present() then says what there is. */
const MathsKernels *maths_kernels(const char *isa);

/* The names this machine runs, widest last, with spaces between: "baseline avx2 avx512". */
const char *maths_kernels_present(void);

/* The tables themselves, of which only those the machine can run may be called. */
extern const MathsKernels maths_kernels_baseline;
extern const MathsKernels maths_kernels_avx2;
extern const MathsKernels maths_kernels_avx512;

#endif
