/* Time per lane of every kernel on every instruction set present: median of 9 runs, and their
 * spread, in nanoseconds; then the scalar quantiles of beta and gamma laws. */
#include "maths/gamma.h"
#include "maths/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LANES = 1024, RUNS = 9, REPEATS = 60 };

static double x[LANES], y[LANES], z[LANES], out[LANES];

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

static void print_times(const char *isa, const char *name, double *times)
{
    qsort(times, RUNS, sizeof *times, by_size);
    printf("%-9s %-20s %9.2f ns  (%.2f to %.2f)\n", isa, name, times[RUNS / 2], times[0],
           times[RUNS - 1]);
}

#define MEASURE(isa, name, per_run, statement)                                                     \
    do {                                                                                           \
        double times[RUNS];                                                                        \
        for (int run = 0; run < RUNS; run++) {                                                     \
            double start = now_ns();                                                               \
            statement;                                                                             \
            times[run] = (now_ns() - start) / (per_run);                                           \
        }                                                                                          \
        print_times(isa, name, times);                                                             \
    } while (0)

#define KERNEL(name, call)                                                                         \
    MEASURE(kernels->isa, name, (double)REPEATS *LANES,                                            \
            for (int repeat = 0; repeat < REPEATS; repeat++) kernels->call)

static void measure_kernels(const MathsKernels *kernels)
{
    KERNEL("exp", exp(LANES, y, out));
    KERNEL("expm1", expm1(LANES, y, out));
    KERNEL("log", log(LANES, x, out));
    KERNEL("log1p", log1p(LANES, x, out));
    KERNEL("pow", pow(LANES, x, y, out));
    KERNEL("annuity", annuity(LANES, z, x, z, out));
    KERNEL("normal_cdf", normal_cdf(LANES, y, out));
    KERNEL("inverse_normal", inverse_normal(LANES, x, out));
    KERNEL("quantile_lognormal", quantile_lognormal(LANES, x, y, z, out));
    KERNEL("quantile_triangle", quantile_triangle(LANES, x, y, z, z, out));
    KERNEL("draw_uniforms", draw_uniforms(1, 2, 3, 4, LANES, out));
}

int main(void)
{
    static const char *const names[] = {"baseline", "avx2", "avx512"};

    for (int i = 0; i < LANES; i++) {
        x[i] = 0.0005 + i / 1025.0;
        y[i] = (i * 7 % 31) / 5.0 - 3.0;
        z[i] = i % 13 + 1.0;
    }
    for (int i = 0; i < 3; i++)
        if (maths_kernels(names[i]))
            measure_kernels(maths_kernels(names[i]));
    MEASURE("scalar", "beta_quantile", LANES,
            for (int i = 0; i < LANES; i++) out[i] = beta_quantile(x[i], 1.8, 4.2));
    MEASURE("scalar", "gamma_quantile", LANES,
            for (int i = 0; i < LANES; i++) out[i] = gamma_quantile(x[i], 2.5));
    return 0;
}
