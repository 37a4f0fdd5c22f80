/* The choice of kernels at start: what the machine runs, or what GW_ISA asks for. */
#include "maths/kernels.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
static int runs_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static int runs_avx512(void)
{
    return runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
#endif

/* Fills `tables` with what this machine runs, widest last; returns how many. */
static size_t present_tables(const MathsKernels *tables[3])
{
    size_t count = 0;

    tables[count++] = &maths_kernels_baseline;
#if defined(__x86_64__) && defined(__GNUC__)
    if (runs_avx2())
        tables[count++] = &maths_kernels_avx2;
    if (runs_avx512())
        tables[count++] = &maths_kernels_avx512;
#endif
    return count;
}

const MathsKernels *maths_kernels(const char *isa)
{
    const MathsKernels *tables[3];
    size_t count = present_tables(tables);
    const char *wanted = isa ? isa : getenv("GW_ISA");

    if (!wanted || !*wanted)
        return tables[count - 1];
    for (size_t i = 0; i < count; i++)
        if (strcmp(tables[i]->isa, wanted) == 0)
            return tables[i];
    return NULL;
}

const char *maths_kernels_present(void)
{
    static const char *const names[] = {"baseline", "baseline avx2", "baseline avx2 avx512"};
    const MathsKernels *tables[3];

    return names[present_tables(tables) - 1];
}
