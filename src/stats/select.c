/* Selection of several ranks at once, in linear time for whatever values.
 *
 * A sample says where the wanted ranks lie. All values are counted in buckets between its ends: of
 * equal width in the values, or, when these have a long tail, in their ordered bits. Values of the
 * buckets that hold a wanted rank are gathered, a few of a hundred as a rule, and split by pivots
 * until each wanted rank stands alone. */
#include "stats/select.h"

#include "stats/order.h"
#include "stats/quantile.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>

enum {
    N_BUCKETS = 1024,
    LAST_BUCKET = N_BUCKETS - 1,
    N_SAMPLE = 256,
    SAMPLE_SPARE = 3,   /* places of the sample beyond the wanted ranks */
    SAMPLE_COMMON = 16, /* of the sample are equal: so may most values be */
    SKEWED = 32,        /* when the median is so much nearer to one end than to the other */
    LEAST_COUNT = 2048, /* fewer are split at once */
    N_STRIP = 1024,     /* values whose buckets are found together */
    N_COUNTERS = 4,     /* sets of counts, so that equal neighbours do not wait for each other */
    FEW = 24            /* are sorted by insertion */
};

/* ---- splitting ---------------------------------------------------------------------------- */

static void insert_sort(double *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        double moved = values[i];
        size_t j = i;
        for (; j > 0 && values[j - 1] > moved; j--)
            values[j] = values[j - 1];
        values[j] = moved;
    }
}

static double middle_of(double a, double b, double c)
{
    double low = a < b ? a : b;
    double high = a < b ? b : a;

    return c < low ? low : c > high ? high : c;
}

/* Those less than the pivot first, or not greater than it; how many they are. No branch depends
 * on a value. */
static size_t split(double *values, size_t count, double pivot, bool with_equal)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        double x = values[i];
        values[i] = values[n];
        values[n] = x;
        n += with_equal ? x <= pivot : x < pivot;
    }
    return n;
}

/* Afterwards each of the ranks, counted from `base`, holds what a sort would put there. After too
 * many uneven splits it sorts what is left. */
static void split_ranks(double *values, size_t base, size_t count, const size_t *ranks, size_t n,
                        int patience)
{
    while (n > 0 && count > FEW) {
        if (patience-- == 0) {
            stats_sort(values, count);
            return;
        }
        double pivot = middle_of(values[0], values[count / 2], values[count - 1]);
        size_t n_left = split(values, count, pivot, false);
        bool is_least = n_left == 0; /* the pivot: what equals it needs no more splitting */
        if (is_least)
            n_left = split(values, count, pivot, true);
        size_t n_ranks = 0;
        while (n_ranks < n && ranks[n_ranks] < base + n_left)
            n_ranks++;
        if (!is_least)
            split_ranks(values, base, n_left, ranks, n_ranks, patience);
        values += n_left;
        base += n_left;
        count -= n_left;
        ranks += n_ranks;
        n -= n_ranks;
    }
    if (n > 0)
        insert_sort(values, count);
}

static int patience_for(size_t count)
{
    int patience = 16;

    for (; count > 1; count /= 2)
        patience += 2;
    return patience;
}

/* ---- buckets ------------------------------------------------------------------------------ */

typedef struct {
    bool by_value;
    double low, scale;
    uint64_t first;
    int shift;
    double common; /* a value that many share, or NaN */
} Buckets;

static void buckets_of(const Buckets *b, const double *restrict values, size_t count,
                       int32_t *restrict buckets)
{
    if (!b->by_value) {
        for (size_t i = 0; i < count; i++) {
            uint64_t bits = ordered_bits(values[i]);
            uint64_t steps = bits < b->first ? 0 : ((bits - b->first) >> b->shift) + 1;
            buckets[i] = (int32_t)(steps < LAST_BUCKET ? steps : LAST_BUCKET);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        double steps = (values[i] - b->low) * b->scale + 1;
        steps = steps > 0 ? steps : 0;
        buckets[i] = (int32_t)(steps < LAST_BUCKET ? steps : LAST_BUCKET);
    }
}

static size_t count_equal(const double *values, size_t count, double x)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += values[i] == x;
    return n;
}

/* From a sample at equal distances, so that a sorted column is sampled as well as any. */
static Buckets choose_buckets(const double *values, size_t count, size_t first, size_t last)
{
    double sample[N_SAMPLE];
    size_t low = first * N_SAMPLE / count;
    size_t high = last * N_SAMPLE / count + SAMPLE_SPARE;
    size_t ranks[3];
    Buckets b = {0};

    for (size_t i = 0; i < N_SAMPLE; i++)
        sample[i] = values[(2 * i + 1) * count / (2 * N_SAMPLE)];
    ranks[0] = low < SAMPLE_SPARE ? 0 : low - SAMPLE_SPARE;
    ranks[2] = high < N_SAMPLE ? high : N_SAMPLE - 1;
    ranks[1] = (ranks[0] + ranks[2]) / 2;
    split_ranks(sample, 0, N_SAMPLE, ranks, 3, patience_for(N_SAMPLE));
    double least = sample[ranks[0]], middle = sample[ranks[1]], greatest = sample[ranks[2]];
    b.low = least;
    b.scale = (LAST_BUCKET - 1) / (greatest - least);
    b.by_value = isfinite(least) && isfinite(greatest) && isfinite(b.scale) && b.scale > 0 &&
                 (middle - least) * SKEWED > greatest - least &&
                 (greatest - middle) * SKEWED > greatest - least;
    b.first = ordered_bits(least);
    while ((ordered_bits(greatest) - b.first) >> b.shift >= LAST_BUCKET - 1)
        b.shift++;
    size_t n_least = count_equal(sample, N_SAMPLE, least);
    size_t n_middle = count_equal(sample, N_SAMPLE, middle);
    b.common = n_least > n_middle ? least : middle;
    if (n_least < SAMPLE_COMMON && n_middle < SAMPLE_COMMON)
        b.common = NAN;
    return b;
}

static bool any_nan(const double *values, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += values[i] != values[i];
    return n > 0;
}

static void count_buckets(const Buckets *b, const double *values, size_t count,
                          uint32_t counts[N_COUNTERS][N_BUCKETS])
{
    int32_t buckets[N_STRIP];

    for (size_t begin = 0; begin < count; begin += N_STRIP) {
        size_t n = count - begin < N_STRIP ? count - begin : N_STRIP;
        size_t i = 0;
        buckets_of(b, values + begin, n, buckets);
        for (; i + N_COUNTERS <= n; i += N_COUNTERS)
            for (size_t k = 0; k < N_COUNTERS; k++)
                counts[k][buckets[i + k]]++;
        for (; i < n; i++)
            counts[0][buckets[i]]++;
    }
}

/* Brings the values of wanted buckets to the front, but for the common one; how many they are. */
static size_t gather(const Buckets *b, double *values, size_t count, const bool *is_wanted)
{
    int32_t buckets[N_STRIP];
    size_t gathered = 0;

    for (size_t begin = 0; begin < count; begin += N_STRIP) {
        size_t n = count - begin < N_STRIP ? count - begin : N_STRIP;
        buckets_of(b, values + begin, n, buckets);
        for (size_t i = 0; i < n; i++) {
            double x = values[begin + i];
            values[gathered] = x;
            gathered += is_wanted[buckets[i]] & (x != b->common);
        }
    }
    return gathered;
}

/* What is left of the values, and where a rank stands among them. */
typedef struct {
    size_t count;
    size_t n_less, n_common; /* the common value is between those less than it and the others */
    double common;
} Candidates;

/* Leaves the values that may be at the ranks, and the ranks as they stand among these. */
static Candidates keep_candidates(double *values, size_t count, size_t *ranks, size_t n)
{
    uint32_t counts[N_COUNTERS][N_BUCKETS] = {{0}};
    bool is_wanted[N_BUCKETS] = {false};
    const Buckets b = choose_buckets(values, count, ranks[0], ranks[n - 1]);
    Candidates left = {.common = b.common};
    size_t before = 0, left_out = 0, at = 0;

    count_buckets(&b, values, count, counts);
    for (size_t bucket = 0; bucket < N_BUCKETS && at < n; bucket++) {
        size_t held = 0;
        for (size_t k = 0; k < N_COUNTERS; k++)
            held += counts[k][bucket];
        is_wanted[bucket] = ranks[at] < before + held;
        while (at < n && ranks[at] < before + held)
            ranks[at++] -= left_out;
        left_out += is_wanted[bucket] ? 0 : held;
        before += held;
        left.n_common += is_wanted[bucket] ? held : 0;
    }
    left.count = gather(&b, values, count, is_wanted);
    left.n_common -= left.count;
    for (size_t i = 0; i < left.count; i++)
        left.n_less += values[i] < left.common;
    return left;
}

/* Where a rank stands among those left; `count` when it is that of the common value. */
static size_t place_among(const Candidates *left, size_t rank)
{
    if (rank < left->n_less)
        return rank;
    return rank < left->n_less + left->n_common ? left->count : rank - left->n_common;
}

bool stats_select(double *values, size_t count, const size_t *ranks, size_t n, double *out)
{
    size_t places[SELECT_MOST] = {0}, sought[SELECT_MOST] = {0}, n_sought = 0;
    Candidates left = {.count = count};

    assert(n <= SELECT_MOST && "the caller asks for few ranks");
    if (any_nan(values, count))
        return false;
    for (size_t i = 0; i < n; i++)
        places[i] = ranks[i];
    if (count >= LEAST_COUNT && n > 0)
        left = keep_candidates(values, count, places, n);
    for (size_t i = 0; i < n; i++) {
        places[i] = place_among(&left, places[i]);
        if (places[i] < left.count)
            sought[n_sought++] = places[i];
    }
    split_ranks(values, 0, left.count, sought, n_sought, patience_for(left.count));
    for (size_t i = 0; i < n; i++)
        out[i] = places[i] < left.count ? values[places[i]] : left.common;
    return true;
}
