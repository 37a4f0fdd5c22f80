/* The values that stand at given places of the sorted order, without sorting. */
#ifndef GW_STATS_SELECT_H
#define GW_STATS_SELECT_H

#include <stdbool.h>
#include <stddef.h>

enum { SELECT_MOST = 64 };

/* out[i] is what a sort would put at ranks[i], counted from 0; ranks rise, at most SELECT_MOST of
 * them. Spoils the values: they are reordered, and some are lost. False, and nothing is touched,
 * when one of them is NaN. */
bool stats_select(double *values, size_t count, const size_t *ranks, size_t n, double *out);

#endif
