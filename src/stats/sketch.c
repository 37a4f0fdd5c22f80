/* A sketch of a distribution: whole counts in buckets of the ordered bits of doubles.
 *
 * A key is the 12 bits of sign and exponent, negative numbers turned over so that keys
 * rise with values, then `bits` of the mantissa. The 12 bits choose a page, which is
 * allocated when first needed; most columns touch a dozen. */
#include "stats/sketch.h"

#include "stats/order.h"

#include <assert.h>
#include <math.h>

enum { PAGES = 4096, MANTISSA_BITS = 52 };

struct Sketch {
    Arena *keep;
    int bits;
    uint64_t count, nan_count;
    double least, greatest;
    uint64_t *pages[PAGES];
};

static uint64_t key_of(const Sketch *sketch, double value)
{
    return ordered_bits(value) >> (MANTISSA_BITS - sketch->bits);
}

static void ends_of_bucket(const Sketch *sketch, uint64_t key, double *low, double *high)
{
    int shift = MANTISSA_BITS - sketch->bits;

    *low = value_of_bits(key << shift);
    *high = value_of_bits((key << shift) | (((uint64_t)1 << shift) - 1));
}

static double middle_of_bucket(const Sketch *sketch, uint64_t key)
{
    double low, high;

    ends_of_bucket(sketch, key, &low, &high);
    if (isnan(low) || isinf(low)) /* the bucket of -infinity begins with not-a-numbers */
        return isinf(low) ? low : high;
    if (isnan(high) || isinf(high))
        return isinf(high) ? high : low;
    if (fabs(low) < 0x1p-1022 && fabs(high) < 0x1p-1022)
        return 0;
    return low + (high - low) / 2;
}

Sketch *sketch_new(Arena *keep, int bits)
{
    Sketch *sketch = ARENA_NEW(keep, Sketch);

    assert(bits >= SKETCH_MIN_BITS && bits <= SKETCH_MAX_BITS && "the caller chooses within");
    sketch->keep = keep;
    sketch->bits = bits;
    sketch->least = INFINITY;
    sketch->greatest = -INFINITY;
    return sketch;
}

double sketch_relative_error(const Sketch *sketch)
{
    return ldexp(1, -(sketch->bits + 1));
}

static uint64_t *page_of(Sketch *sketch, size_t page)
{
    if (!sketch->pages[page])
        sketch->pages[page] = ARENA_ARRAY(sketch->keep, uint64_t, (size_t)1 << sketch->bits);
    return sketch->pages[page];
}

void sketch_add(Sketch *sketch, double value, uint64_t weight)
{
    if (isnan(value)) {
        sketch->nan_count += weight;
        return;
    }
    if (weight == 0)
        return;
    uint64_t key = key_of(sketch, value);
    page_of(sketch, (size_t)(key >> sketch->bits))[key & (((uint64_t)1 << sketch->bits) - 1)] +=
        weight;
    sketch->count += weight;
    sketch->least = fmin(sketch->least, value);
    sketch->greatest = fmax(sketch->greatest, value);
}

void sketch_add_all(Sketch *sketch, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sketch_add(sketch, values[i], 1);
}

void sketch_merge(Sketch *into, const Sketch *from)
{
    assert(into->bits == from->bits && "sketches of one column have the same bits");
    for (size_t page = 0; page < PAGES; page++) {
        if (!from->pages[page])
            continue;
        uint64_t *counts = page_of(into, page);
        for (size_t i = 0; i < (size_t)1 << from->bits; i++)
            counts[i] += from->pages[page][i];
    }
    into->count += from->count;
    into->nan_count += from->nan_count;
    into->least = fmin(into->least, from->least);
    into->greatest = fmax(into->greatest, from->greatest);
}

uint64_t sketch_count(const Sketch *sketch)
{
    return sketch->count;
}

uint64_t sketch_nan_count(const Sketch *sketch)
{
    return sketch->nan_count;
}

double sketch_quantile(const Sketch *sketch, double p)
{
    uint64_t seen = 0;

    if (sketch->count == 0 || isnan(p))
        return NAN;
    uint64_t position = (uint64_t)((double)(sketch->count - 1) * fmin(1, fmax(0, p)));
    for (size_t page = 0; page < PAGES; page++) {
        if (!sketch->pages[page])
            continue;
        for (size_t i = 0; i < (size_t)1 << sketch->bits; i++) {
            seen += sketch->pages[page][i];
            if (seen > position) {
                double middle = middle_of_bucket(sketch, ((uint64_t)page << sketch->bits) | i);
                return fmin(fmax(middle, sketch->least), sketch->greatest);
            }
        }
    }
    return sketch->greatest;
}

uint64_t sketch_count_at_most(const Sketch *sketch, double x)
{
    uint64_t sum = 0;

    if (isnan(x))
        return 0;
    uint64_t last = key_of(sketch, x);
    for (size_t page = 0; page <= (size_t)(last >> sketch->bits); page++)
        for (size_t i = 0; sketch->pages[page] && i < (size_t)1 << sketch->bits; i++)
            if ((((uint64_t)page << sketch->bits) | i) <= last)
                sum += sketch->pages[page][i];
    return sum;
}

void sketch_visit(const Sketch *sketch, SketchVisit *visit, void *context)
{
    for (size_t page = 0; page < PAGES; page++)
        for (size_t i = 0; sketch->pages[page] && i < (size_t)1 << sketch->bits; i++) {
            double low, high;
            if (sketch->pages[page][i] == 0)
                continue;
            ends_of_bucket(sketch, ((uint64_t)page << sketch->bits) | i, &low, &high);
            visit(context, low, high, sketch->pages[page][i]);
        }
}
