/* Shares of paths, and how sure one may be of them. */
#ifndef GW_STATS_PROPORTION_H
#define GW_STATS_PROPORTION_H

#include <stddef.h>

typedef struct {
    double low, high;
} Interval;

/* Wilson's score interval for `hits` of `count`; z = 1.959964 for 95 %. */
Interval stats_wilson(size_t hits, size_t count, double z);
/* Wilks: the least n for which the largest of n values is above the p-quantile with
 * this confidence (one-sided), or smallest and largest hold p between them. */
size_t stats_wilks_one_sided(double p, double confidence);
size_t stats_wilks_two_sided(double p, double confidence);

#endif
