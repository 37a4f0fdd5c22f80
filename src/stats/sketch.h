/* A sketch of a distribution: whole counts in buckets of the ordered bits of doubles.
 *
 * The bits of a double, with negative ones turned over, sort as the numbers do. A
 * bucket is all numbers that share their sign, exponent and leading `bits` of the
 * mantissa, so a value read back is off by at most 2^-(bits+1) of itself (numbers below
 * 2^-1022 read back as 0, and nothing outside the least and greatest seen). Counts are
 * whole and sketches merge by adding: the result does not depend on order, threads or
 * how the paths were split. NaN is counted apart. */
#ifndef GW_STATS_SKETCH_H
#define GW_STATS_SKETCH_H

#include "base/arena.h"
#include <stddef.h>
#include <stdint.h>

typedef struct Sketch Sketch;

enum { SKETCH_MIN_BITS = 1, SKETCH_MAX_BITS = 16 };

/* Buckets are allocated in `keep` as values need them. */
Sketch *sketch_new(Arena *keep, int bits);
double sketch_relative_error(const Sketch *sketch); /* 2^-(bits+1) */
void sketch_add(Sketch *sketch, double value, uint64_t weight);
void sketch_add_all(Sketch *sketch, const double *values, size_t count);
/* Both must have the same bits. */
void sketch_merge(Sketch *into, const Sketch *from);
uint64_t sketch_count(const Sketch *sketch); /* without NaN */
uint64_t sketch_nan_count(const Sketch *sketch);
/* The middle of the bucket that holds position (n - 1) p, by its lower neighbour. */
double sketch_quantile(const Sketch *sketch, double p);
/* How many are below or in the bucket of x. */
uint64_t sketch_count_at_most(const Sketch *sketch, double x);

/* For saving: visits the buckets that are not empty in ascending order. */
typedef void SketchVisit(void *context, double low, double high, uint64_t count);
void sketch_visit(const Sketch *sketch, SketchVisit *visit, void *context);

#endif
