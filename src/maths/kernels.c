/* The kernels of one instruction set: loops over blocks of lanes of the functions in maths.h.
 *
 * Compiled once for each set, with GW_KERNELS naming the table and GW_KERNELS_ISA the set. The
 * inner loops have a known trip count and no branches, which is what GCC needs to make vector code
 * of them; what is left after whole blocks runs through the same functions one by one. */
#include "maths/kernels.h"
#include "maths/maths.h"
#include "maths/philox.h"
#include "maths/philox_lanes.h"

#ifndef GW_KERNELS
#define GW_KERNELS maths_kernels_baseline
#define GW_KERNELS_ISA "baseline"
#endif

/* Runs `statement`, which works on lane i, for i in [0, count): in whole blocks, then the rest. */
#define FOR_LANES(count, statement)                                                                \
    do {                                                                                           \
        size_t whole = (count) - (count) % GW_LANES;                                               \
        for (size_t block = 0; block < whole; block += GW_LANES)                                   \
            for (size_t lane = 0; lane < GW_LANES; lane++) {                                       \
                size_t i = block + lane;                                                           \
                statement;                                                                         \
            }                                                                                      \
        for (size_t i = whole; i < (count); i++)                                                   \
            statement;                                                                             \
    } while (0)

static void exp_lanes(size_t count, const double *restrict x, double *restrict out)
{
    FOR_LANES(count, out[i] = gw_exp(x[i]));
}

static void expm1_lanes(size_t count, const double *restrict x, double *restrict out)
{
    FOR_LANES(count, out[i] = gw_expm1(x[i]));
}

static void log_lanes(size_t count, const double *restrict x, double *restrict out)
{
    FOR_LANES(count, out[i] = gw_log(x[i]));
}

static void log1p_lanes(size_t count, const double *restrict x, double *restrict out)
{
    FOR_LANES(count, out[i] = gw_log1p(x[i]));
}

static void pow_lanes(size_t count, const double *restrict x, const double *restrict y,
                      double *restrict out)
{
    FOR_LANES(count, out[i] = gw_pow(x[i], y[i]));
}

static void annuity_lanes(size_t count, const double *restrict principal,
                          const double *restrict rate, const double *restrict n,
                          double *restrict out)
{
    FOR_LANES(count, out[i] = gw_annuity(principal[i], rate[i], n[i]));
}

static void normal_cdf_lanes(size_t count, const double *restrict x, double *restrict out)
{
    FOR_LANES(count, out[i] = gw_normal_cdf(x[i]));
}

static void score_uniform_lanes(size_t count, const double *restrict z, double *restrict out)
{
    FOR_LANES(count, out[i] = gw_score_uniform(z[i]));
}

/* The inverse normal of up to a block of lanes. The far tails, one draw in 36 thousand million, are
 * worked out only for a block that has one. */
static void inverse_normal_block(size_t count, const double *restrict p, double *restrict out)
{
    double depth[GW_LANES] = {0};
    uint64_t any_far = 0;

    if (count == GW_LANES) {
        for (size_t i = 0; i < GW_LANES; i++)
            depth[i] = gw_inverse_normal_depth(p[i]);
        for (size_t i = 0; i < GW_LANES; i++)
            out[i] = gw_inverse_normal_near(p[i], depth[i]);
        for (size_t i = 0; i < GW_LANES; i++)
            any_far |= depth[i] > 5.0;
        if (!any_far)
            return;
    }
    for (size_t i = 0; i < count; i++)
        out[i] = gw_inverse_normal(p[i]);
}

static size_t block_length(size_t block, size_t count)
{
    return count - block < GW_LANES ? count - block : GW_LANES;
}

static void inverse_normal_lanes(size_t count, const double *restrict p, double *restrict out)
{
    for (size_t block = 0; block < count; block += GW_LANES)
        inverse_normal_block(block_length(block, count), p + block, out + block);
}

static void quantile_normal_lanes(size_t count, const double *restrict u,
                                  const double *restrict mean, const double *restrict sd,
                                  double *restrict out)
{
    inverse_normal_lanes(count, u, out);
    FOR_LANES(count, out[i] = mean[i] + sd[i] * out[i]);
}

static void quantile_lognormal_lanes(size_t count, const double *restrict u,
                                     const double *restrict mu, const double *restrict sigma,
                                     double *restrict out)
{
    inverse_normal_lanes(count, u, out);
    FOR_LANES(count, out[i] = gw_exp(mu[i] + sigma[i] * out[i]));
}

static void quantile_uniform_lanes(size_t count, const double *restrict u,
                                   const double *restrict low, const double *restrict high,
                                   double *restrict out)
{
    FOR_LANES(count, out[i] = gw_quantile_uniform(u[i], low[i], high[i]));
}

static void quantile_triangle_lanes(size_t count, const double *restrict u,
                                    const double *restrict low, const double *restrict mode,
                                    const double *restrict high, double *restrict out)
{
    FOR_LANES(count, out[i] = gw_quantile_triangle(u[i], low[i], mode[i], high[i]));
}

static void quantile_exponential_lanes(size_t count, const double *restrict u,
                                       const double *restrict mean, double *restrict out)
{
    FOR_LANES(count, out[i] = gw_quantile_exponential(u[i], mean[i]));
}

static void draw_uniforms(uint64_t seed, uint64_t name_hash, uint32_t first_path, uint32_t period,
                          size_t count, double *restrict out)
{
    double last[PHILOX_ROW];
    size_t i = 0;

    for (; i + PHILOX_ROW <= count; i += PHILOX_ROW)
        draw_row(seed, name_hash, first_path + (uint32_t)i, period, out + i);
    if (i == count)
        return;
    draw_row(seed, name_hash, first_path + (uint32_t)i, period, last);
    memcpy(out + i, last, (count - i) * sizeof *out);
}

const MathsKernels GW_KERNELS = {
    .isa = GW_KERNELS_ISA,
    .exp = exp_lanes,
    .expm1 = expm1_lanes,
    .log = log_lanes,
    .log1p = log1p_lanes,
    .pow = pow_lanes,
    .annuity = annuity_lanes,
    .normal_cdf = normal_cdf_lanes,
    .inverse_normal = inverse_normal_lanes,
    .score_uniform = score_uniform_lanes,
    .quantile_normal = quantile_normal_lanes,
    .quantile_lognormal = quantile_lognormal_lanes,
    .quantile_uniform = quantile_uniform_lanes,
    .quantile_triangle = quantile_triangle_lanes,
    .quantile_exponential = quantile_exponential_lanes,
    .draw_uniforms = draw_uniforms,
};
