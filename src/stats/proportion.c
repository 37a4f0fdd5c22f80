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
