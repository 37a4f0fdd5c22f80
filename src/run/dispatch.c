/* The kernels that go with those of maths/: the same instruction set for both. */
#include "run/kernels.h"

#include <stddef.h>
#include <string.h>

const RunKernels *run_kernels(const char *isa)
{
    const MathsKernels *maths = maths_kernels(isa);

    if (maths == NULL)
        return NULL;
#if defined(__x86_64__) && defined(__GNUC__)
    if (strcmp(maths->isa, "avx512") == 0)
        return &run_kernels_avx512;
    if (strcmp(maths->isa, "avx2") == 0)
        return &run_kernels_avx2;
#endif
    return &run_kernels_baseline;
}
