/* Shares of paths, and how sure one may be of them. */
#ifndef GW_STATS_PROPORTION_H
#define GW_STATS_PROPORTION_H

#include <stddef.h>

typedef struct {
    double low, high;
} Interval;

/* Wilson's score interval for `hits` of `count`; z = 1.959964 for 95 %. */
Interval stats_wilson(size_t hits, size_t count, double z);

#endif
