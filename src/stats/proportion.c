/* Shares of paths, and how sure one may be of them. */
#include "stats/proportion.h"

#include <math.h>

Interval stats_wilson(size_t hits, size_t count, double z)
{
    double n = (double)count, share = (double)hits / n, z2 = z * z;

    if (count == 0)
        return (Interval){0, 1};
    double middle = (share + z2 / (2 * n)) / (1 + z2 / n);
    double half = z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
    return (Interval){hits == 0 ? 0 : fmax(0, middle - half),
                      hits == count ? 1 : fmin(1, middle + half)};
}

enum { WILKS_LIMIT = 100000000 }; /* as many paths as a run may have */

size_t stats_wilks_one_sided(double p, double confidence)
{
    double power = 1; /* p^n */

    for (size_t n = 1; n < WILKS_LIMIT; n++) {
        power *= p;
        if (1 - power >= confidence)
            return n;
    }
    return WILKS_LIMIT;
}

size_t stats_wilks_two_sided(double p, double confidence)
{
    double power = 1; /* p^(n - 1) */

    for (size_t n = 2; n < WILKS_LIMIT; n++) {
        power *= p;
        if (1 - (double)n * power + (double)(n - 1) * power * p >= confidence)
            return n;
    }
    return WILKS_LIMIT;
}
