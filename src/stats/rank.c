/* Rank correlation, the spread it explains, and how much of that is noise. */
#include "stats/rank.h"

#include "stats/moments.h"

#include <math.h>
#include <stdbool.h>

static bool stands_before(const double *values, uint32_t a, uint32_t b)
{
    if (values[a] != values[b] && !isnan(values[a]) && !isnan(values[b]))
        return values[a] < values[b];
    if (isnan(values[a]) != isnan(values[b]))
        return isnan(values[b]);
    return a < b;
}

static void sift_down(const double *values, uint32_t *order, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && stands_before(values, order[child], order[child + 1]))
            child++;
        if (!stands_before(values, order[root], order[child]))
            return;
        uint32_t kept = order[root];
        order[root] = order[child];
        order[child] = kept;
    }
}

/* Heap sort of indices: no memory of its own, and no bad case. */
static void sort_indices(const double *values, uint32_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(values, order, i, count);
    for (size_t end = count; end-- > 1;) {
        uint32_t kept = order[0];
        order[0] = order[end];
        order[end] = kept;
        sift_down(values, order, 0, end);
    }
}

void stats_ranks(const double *values, size_t count, double *ranks, uint32_t *order)
{
    sort_indices(values, order, count);
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && values[order[end]] == values[order[begin]];)
            end++;
        double mean_rank = ((double)begin + 1 + (double)end) / 2;
        for (size_t i = begin; i < end; i++)
            ranks[order[i]] = mean_rank;
    }
}

double stats_spearman(const double *x, const double *y, size_t count, double *scratch,
                      uint32_t *order)
{
    double sum = stats_sum(x, count) + stats_sum(y, count);

    if (isnan(sum))
        for (size_t i = 0; i < count; i++)
            if (isnan(x[i]) || isnan(y[i]))
                return NAN;
    stats_ranks(x, count, scratch, order);
    stats_ranks(y, count, scratch + count, order);
    return stats_correlation(scratch, scratch + count, count);
}

double stats_spearman_noise_mean(size_t count)
{
    return count > 1 ? 1 / (double)(count - 1) : NAN;
}

double stats_spearman_noise_band(size_t count, double z)
{
    return z * z * stats_spearman_noise_mean(count);
}
