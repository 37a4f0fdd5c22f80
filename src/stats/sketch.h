/* A sketch of a distribution: whole counts in buckets of the ordered bits of doubles.
 *
 * The bits of a double, with negative ones turned over, sort as the numbers do. A bucket is all
 * numbers that share their sign, exponent and leading `bits` of the mantissa. At first each number
 * is a bucket of its own, and what is read back is exact; when there are more than
 * SKETCH_MOST_BUCKETS, neighbours are put together two by two until there are not. A number read
 * back is then off by at most 2^-bits of itself (numbers below 2^-1022 read back as 0, and nothing
 * outside the least and greatest seen).
 *
 * What a sketch holds depends on which values were added, and how often, and not on their order:
 * `bits` is the most with which they need no more buckets. So sketches merge exactly, whatever the
 * threads and however the paths were split. NaN is counted apart. */
#ifndef GW_STATS_SKETCH_H
#define GW_STATS_SKETCH_H

#include "base/arena.h"
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t key; /* the leading bits */
    uint64_t count;
} SketchBucket;

/* A table in which a bucket is found by its key; once sealed, a list in order. */
typedef struct {
    SketchBucket *buckets;
    size_t n_buckets; /* that are not empty */
    int bits;
    int is_sealed;
    uint64_t count, nan_count;
    double least, greatest;
} Sketch;

enum { SKETCH_ALL_BITS = 52, SKETCH_SLOTS = 8192, SKETCH_MOST_BUCKETS = 6144 };

/* Takes all its memory, sketch_bytes() of it. */
Sketch *sketch_new(Arena *arena);
size_t sketch_bytes(void);
/* 2^-bits; 0 when everything is exact. */
double sketch_relative_error(const Sketch *sketch);
void sketch_add_all(Sketch *sketch, const double *values, size_t count);
/* A bucket of another sketch with `bits`: for reading a stored one. */
void sketch_add_bucket(Sketch *sketch, int bits, SketchBucket bucket);
/* Puts the buckets in order: nothing can be added from then on. */
void sketch_seal(Sketch *sketch);
/* Adds what a sealed one holds. */
void sketch_merge(Sketch *into, const Sketch *from);

/* Of a sealed one: the value at position (n - 1) p of the sorted values, by the rule of
 * stats_quantile. Inside a bucket of many values these are taken to lie at equal distances. */
double sketch_quantile(const Sketch *sketch, double p);
/* With their standard errors, as stats_quantiles_with_errors. */
void sketch_quantiles_with_errors(const Sketch *sketch, const double *p, size_t n,
                                  double *quantiles, double *errors);

#endif
