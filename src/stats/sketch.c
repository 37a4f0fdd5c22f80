/* A sketch of a distribution: whole counts in buckets of the ordered bits of doubles. */
#include "stats/sketch.h"

#include "stats/order.h"
#include "stats/quantile.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define LEAST_NORMAL 0x1p-1022
#define GOLDEN 0x9E3779B97F4A7C15u /* 2^64 over the golden ratio: spreads neighbouring keys */
enum { SLOT_BITS = 13 };
_Static_assert(1 << SLOT_BITS == SKETCH_SLOTS, "a hash of SLOT_BITS is a slot");

Sketch *sketch_new(Arena *arena)
{
    Sketch *sketch = ARENA_NEW(arena, Sketch);

    sketch->buckets = ARENA_ARRAY(arena, SketchBucket, SKETCH_SLOTS);
    sketch->bits = SKETCH_ALL_BITS;
    sketch->least = INFINITY;
    sketch->greatest = -INFINITY;
    return sketch;
}

size_t sketch_bytes(void)
{
    return sizeof(Sketch) + SKETCH_SLOTS * sizeof(SketchBucket);
}

double sketch_relative_error(const Sketch *sketch)
{
    return sketch->bits == SKETCH_ALL_BITS ? 0 : ldexp(1, -sketch->bits);
}

/* ---- adding ------------------------------------------------------------------------------- */

/* The slot of this key, or the empty one where it would be. */
static SketchBucket *find(SketchBucket *slots, uint64_t key)
{
    size_t at = (size_t)((key * GOLDEN) >> (64 - SLOT_BITS));

    while (slots[at].count != 0 && slots[at].key != key)
        at = (at + 1) % SKETCH_SLOTS;
    return &slots[at];
}

static int by_key(const void *left, const void *right)
{
    const SketchBucket *a = left, *b = right;

    return (a->key > b->key) - (a->key < b->key);
}

/* Brings the buckets to the front, in order. */
static void put_in_order(Sketch *sketch)
{
    size_t n = 0;

    for (size_t i = 0; i < SKETCH_SLOTS; i++)
        if (sketch->buckets[i].count != 0)
            sketch->buckets[n++] = sketch->buckets[i];
    for (size_t i = n; i < SKETCH_SLOTS; i++)
        sketch->buckets[i] = (SketchBucket){0};
    qsort(sketch->buckets, n, sizeof *sketch->buckets, by_key);
}

/* How many different keys there are when the last `fewer` bits are dropped from ordered ones. */
static size_t count_keys(const SketchBucket *buckets, size_t n, int fewer)
{
    size_t count = n > 0;

    for (size_t i = 1; i < n; i++)
        count += buckets[i].key >> fewer != buckets[i - 1].key >> fewer;
    return count;
}

static void drop_bits(Sketch *sketch, int fewer)
{
    SketchBucket kept[SKETCH_SLOTS];
    size_t n = 0;

    put_in_order(sketch);
    for (size_t i = 0; i < sketch->n_buckets; i++) {
        uint64_t key = sketch->buckets[i].key >> fewer;
        if (n == 0 || kept[n - 1].key != key)
            kept[n++] = (SketchBucket){key, 0};
        kept[n - 1].count += sketch->buckets[i].count;
        sketch->buckets[i] = (SketchBucket){0};
    }
    for (size_t i = 0; i < n; i++)
        *find(sketch->buckets, kept[i].key) = kept[i];
    sketch->n_buckets = n;
    sketch->bits -= fewer;
}

/* As few bits less as do. One exponent and sign are always one bucket, so that it ends. */
static void make_room(Sketch *sketch)
{
    int fewer = 0;

    put_in_order(sketch);
    while (count_keys(sketch->buckets, sketch->n_buckets, fewer) > SKETCH_MOST_BUCKETS)
        fewer++;
    drop_bits(sketch, fewer);
}

static void add_key(Sketch *sketch, uint64_t key, uint64_t count)
{
    SketchBucket *bucket = find(sketch->buckets, key);

    sketch->n_buckets += bucket->count == 0;
    bucket->key = key;
    bucket->count += count;
    if (sketch->n_buckets > SKETCH_MOST_BUCKETS)
        make_room(sketch);
}

void sketch_add_all(Sketch *sketch, const double *values, size_t count)
{
    double least = sketch->least, greatest = sketch->greatest;

    assert(!sketch->is_sealed && "a sealed sketch takes no more");
    for (size_t i = 0; i < count; i++) {
        double x = values[i];
        if (isnan(x)) {
            sketch->nan_count++;
            continue;
        }
        least = x < least ? x : least;
        greatest = x > greatest ? x : greatest;
        sketch->count++;
        add_key(sketch, ordered_bits(x) >> (SKETCH_ALL_BITS - sketch->bits), 1);
    }
    sketch->least = least;
    sketch->greatest = greatest;
}

void sketch_add_bucket(Sketch *sketch, int bits, SketchBucket bucket)
{
    assert(!sketch->is_sealed && "a sealed sketch takes no more");
    if (bits < sketch->bits)
        drop_bits(sketch, sketch->bits - bits);
    add_key(sketch, bucket.key >> (bits - sketch->bits), bucket.count);
    sketch->count += bucket.count;
}

void sketch_seal(Sketch *sketch)
{
    put_in_order(sketch);
    sketch->is_sealed = 1;
}

void sketch_merge(Sketch *into, const Sketch *from)
{
    assert(from->is_sealed && "a part is sealed");
    for (size_t i = 0; i < from->n_buckets; i++)
        sketch_add_bucket(into, from->bits, from->buckets[i]);
    into->nan_count += from->nan_count;
    into->least = fmin(into->least, from->least);
    into->greatest = fmax(into->greatest, from->greatest);
}

/* ---- reading ------------------------------------------------------------------------------ */

/* The `number`-th of the values of a bucket. */
static double value_inside(const Sketch *sketch, const SketchBucket *bucket, uint64_t number)
{
    int shift = SKETCH_ALL_BITS - sketch->bits;
    double low = value_of_bits(bucket->key << shift);
    double high = value_of_bits((bucket->key << shift) | (((uint64_t)1 << shift) - 1));
    double value = low;

    /* the bucket of -infinity begins with not-a-numbers, that of infinity ends with them */
    if (isnan(low) || isinf(high))
        value = high;
    else if (shift > 0 && !isnan(high) && !isinf(low))
        value = low + (high - low) * (((double)number + 0.5) / (double)bucket->count);
    if (shift > 0 && fabs(value) < LEAST_NORMAL)
        value = 0;
    return fmin(fmax(value, sketch->least), sketch->greatest);
}

static double value_at_rank(const Sketch *sketch, uint64_t rank)
{
    uint64_t before = 0;
    size_t i = 0;

    while (before + sketch->buckets[i].count <= rank)
        before += sketch->buckets[i++].count;
    return value_inside(sketch, &sketch->buckets[i], rank - before);
}

double sketch_quantile(const Sketch *sketch, double p)
{
    assert(sketch->is_sealed && "only an ordered sketch is read");
    if (sketch->count == 0 || sketch->nan_count > 0 || isnan(p))
        return NAN;
    QuantilePlace place = stats_quantile_place(sketch->count, p);
    return stats_between(value_at_rank(sketch, place.lower), value_at_rank(sketch, place.upper),
                         place.part);
}

void sketch_quantiles_with_errors(const Sketch *sketch, const double *p, size_t n,
                                  double *quantiles, double *errors)
{
    size_t count = (size_t)sketch->count;

    for (size_t i = 0; i < n; i++) {
        QuantileSpan span = stats_quantile_span(count, p[i]);
        quantiles[i] = sketch_quantile(sketch, p[i]);
        errors[i] = stats_span_error(count, span, sketch_quantile(sketch, span.low),
                                     sketch_quantile(sketch, span.high));
    }
}
