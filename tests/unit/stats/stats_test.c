/* Moments, quantiles, ranks and the sketch, by hand and by properties. */
#include "stats/moments.h"
#include "stats/quantile.h"
#include "stats/rank.h"
#include "stats/sketch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { N = 5000 };

static double next_value(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*seed >> 11) / 9007199254740992.0 - 0.4) * 1e6;
}

static void fill_random(double *values, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        values[i] = next_value(&seed);
}

static void mean_and_spread(void **state)
{
    const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};

    (void)state;
    assert_true(stats_mean(values, 8) == 5);
    assert_true(fabs(stats_sd(values, 8) - sqrt(32.0 / 7)) < 1e-15);
    assert_true(isnan(stats_mean(values, 0)) && isnan(stats_sd(values, 1)));
    assert_true(fabs(stats_correlation(values, values, 8) - 1) < 1e-15);
}

/* 1000 values are blocks of 256, 256, 256 and 232: ((b0 + b1) + (b2 + b3)). */
static void sums_follow_the_tree(void **state)
{
    double values[1000], blocks[4];

    (void)state;
    fill_random(values, 1000, 1);
    for (size_t b = 0; b < 4; b++) {
        blocks[b] = 0;
        for (size_t i = b * 256; i < 1000 && i < (b + 1) * 256; i++)
            blocks[b] += values[i];
    }
    double expected = (blocks[0] + blocks[1]) + (blocks[2] + blocks[3]);
    assert_true(stats_sum(values, 1000) == expected);
    assert_true(stats_combine_blocks(blocks, 4) == expected);
    assert_true(stats_combine_blocks(blocks, 3) == (blocks[0] + blocks[1]) + blocks[2]);
}

static void quantiles_by_hand(void **state)
{
    double values[] = {40, 10, 30, 20}, with_never[] = {1, 2, INFINITY, INFINITY};

    (void)state;
    assert_true(stats_quantile(values, 4, 0.5) == 25);
    assert_true(stats_quantile(values, 4, 0) == 10 && stats_quantile(values, 4, 1) == 40);
    assert_true(fabs(stats_quantile(values, 4, 0.1) - 13) < 1e-12);
    assert_true(stats_quantile(with_never, 4, 0.4) == 2);
    assert_true(isinf(stats_quantile(with_never, 4, 0.5)));
    values[2] = NAN;
    assert_true(isnan(stats_quantile(values, 4, 0.5)));
    assert_true(isnan(stats_quantile(values, 0, 0.5)));
}

/* The same by its definition: the straight line between the neighbours. */
static double quantile_of_sorted(const double *sorted, size_t count, double p)
{
    if (isnan(sorted[count - 1]))
        return NAN;
    double position = (double)(count - 1) * p;
    size_t lower = (size_t)position;
    size_t upper = lower + 1 < count ? lower + 1 : lower;
    return stats_between(sorted[lower], sorted[upper], position - (double)lower);
}

static void selection_agrees_with_sorting(void **state)
{
    static double values[N], sorted[N], working[N];

    (void)state;
    for (uint64_t kind = 0; kind < 4; kind++) {
        fill_random(values, N, 7 + kind);
        for (size_t i = 0; i < N; i++) {
            values[i] = kind == 1 ? floor(values[i] / 2e5) : values[i]; /* many ties */
            values[i] = kind == 2 ? (double)i : kind == 3 ? (double)(N - i) : values[i];
        }
        memcpy(sorted, values, sizeof sorted);
        stats_sort(sorted, N);
        for (int percent = 0; percent <= 100; percent++) {
            memcpy(working, values, sizeof working);
            assert_true(stats_quantile(working, N, percent / 100.0) ==
                        quantile_of_sorted(sorted, N, percent / 100.0));
        }
    }
}

enum { MOST = 70000, N_KINDS = 14 };

static double nasty_value(int kind, size_t i, size_t count, uint64_t *seed)
{
    double x = next_value(seed) / 1e6 + 0.4; /* 0 to 1 */

    switch (kind) {
    case 0: /* few different values */
        return floor(x * 3);
    case 1: /* nothing but one */
        return -7.25;
    case 2: /* a tail over all powers */
        return pow(10, 600 * x - 300);
    case 3: /* the same to both sides */
        return (x < 0.5 ? -1 : 1) / (pow(fabs(x - 0.5), 8) + 1e-300);
    case 4: /* mostly zero, of either sign */
        return x < 0.6 ? 0.0 : x < 0.7 ? -0.0 : x - 0.8;
    case 5: /* subnormal */
        return (x - 0.5) * 0x1p-1040;
    case 6: /* infinities */
        return x < 0.3 ? -INFINITY : x > 0.6 ? INFINITY : x;
    case 7: /* all never but one */
        return i == count / 2 ? 3 : INFINITY;
    case 8: /* as wide as doubles go */
        return (2 * x - 1) * 1.7e308;
    case 9: /* rising */
        return (double)i;
    case 10: /* falling */
        return (double)(count - i);
    case 11: /* an organ pipe */
        return (double)(i < count / 2 ? i : count - i);
    case 12: /* a saw, as a sample at equal distances sees it */
        return (double)(i % 256);
    default: /* two clusters, one far away */
        return x < 0.5 ? 1 + x * 1e-12 : 1e15 + x;
    }
}

/* Both signs of zero are one value. */
static void many_quantiles_of_nasty_columns(void **state)
{
    static const double p[] = {0.99, 0, 0.01, 0.05, 0.25, 0.5, 0.5, 0.75, 0.95, 1, 1e-5, 0.3333};
    static const size_t counts[] = {1, 2, 3, 25, 26, 700, 2047, 2048, 2049, 9999, MOST};
    enum { N_P = sizeof p / sizeof *p };
    static double values[MOST], sorted[MOST];
    double quantiles[N_P];
    uint64_t seed = 3;

    (void)state;
    for (int kind = 0; kind < N_KINDS; kind++)
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            size_t count = counts[c];
            for (size_t i = 0; i < count; i++)
                sorted[i] = values[i] = nasty_value(kind, i, count, &seed);
            stats_sort(sorted, count);
            stats_quantiles(values, count, p, N_P, quantiles);
            for (int i = 0; i < N_P; i++)
                assert_true(quantiles[i] == quantile_of_sorted(sorted, count, p[i]));
        }
}

static void a_nan_among_many_is_seen(void **state)
{
    static double values[MOST];
    const double p[] = {0.1, 0.9};
    double quantiles[2];

    (void)state;
    fill_random(values, MOST, 4);
    values[MOST - 1] = NAN;
    stats_quantiles(values, MOST, p, 2, quantiles);
    assert_true(isnan(quantiles[0]) && isnan(quantiles[1]));
}

/* The error of one quantile of sorted values. */
static double error_of_sorted(const double *sorted, size_t count, double p)
{
    QuantileSpan at = stats_quantile_span(count, p);

    return stats_span_error(count, at, quantile_of_sorted(sorted, count, at.low),
                            quantile_of_sorted(sorted, count, at.high));
}

static void quantiles_with_their_errors(void **state)
{
    static double values[N], sorted[N];
    const double p[] = {0.05, 0.5, 0.95};
    double quantiles[3], errors[3];

    (void)state;
    fill_random(values, N, 12);
    memcpy(sorted, values, sizeof sorted);
    stats_sort(sorted, N);
    stats_quantiles_with_errors(values, N, p, 3, quantiles, errors);
    for (int i = 0; i < 3; i++) {
        assert_true(quantiles[i] == quantile_of_sorted(sorted, N, p[i]));
        assert_true(errors[i] == error_of_sorted(sorted, N, p[i]));
    }
    values[0] = 1;
    stats_quantiles_with_errors(values, 1, p, 3, quantiles, errors);
    assert_true(quantiles[1] == 1 && isnan(errors[1]));
}

/* Of a uniform sample on 0..1 the error of the median is sqrt(1/4n). */
static void error_of_a_uniform_median(void **state)
{
    static double values[N];

    (void)state;
    for (size_t i = 0; i < N; i++)
        values[i] = ((double)i + 0.5) / N;
    assert_true(fabs(error_of_sorted(values, N, 0.5) / sqrt(0.25 / N) - 1) < 1e-3);
}

static void ties_share_their_rank(void **state)
{
    const double x[] = {10, 20, 20, 30, 5}, expected[] = {2, 3.5, 3.5, 5, 1};
    const double flat[] = {1, 1, 1, 1, 1}, y[] = {1, 2, 3, 4, 0};
    double ranks[5], scratch[10];
    uint32_t order[5];

    (void)state;
    stats_ranks(x, 5, ranks, order);
    for (size_t i = 0; i < 5; i++)
        assert_true(ranks[i] == expected[i]);
    /* ranks 2, 3.5, 3.5, 5, 1 against 2, 3, 4, 5, 1: 9.5 / sqrt(9.5 * 10) */
    assert_true(fabs(stats_spearman(x, y, 5, scratch, order) - 9.5 / sqrt(95)) < 1e-12);
    assert_true(isnan(stats_spearman(x, flat, 5, scratch, order)));
    assert_true(fabs(stats_spearman_noise_band(101, 2) - 0.04) < 1e-15);
}

/* Two unrelated columns: rho^2 over 400 pairs averages near 1/(n-1), 5 % above the band. */
static void noise_of_unrelated_columns(void **state)
{
    enum { PAIRS = 400, LENGTH = 50 };
    double x[LENGTH], y[LENGTH], scratch[2 * LENGTH], sum = 0;
    uint32_t order[LENGTH];
    int above = 0;

    (void)state;
    for (uint64_t pair = 0; pair < PAIRS; pair++) {
        fill_random(x, LENGTH, 1000 + pair * 77);
        fill_random(y, LENGTH, 900000 + pair * 1313);
        double rho = stats_spearman(x, y, LENGTH, scratch, order);
        sum += rho * rho;
        above += rho * rho > stats_spearman_noise_band(LENGTH, 1.959964);
    }
    assert_true(fabs(sum / PAIRS * (LENGTH - 1) - 1) < 0.25);
    assert_true(above > 4 && above < 40);
}

/* ---- the sketch ---- */

static void few_values_are_exact(void **state)
{
    static double values[N], sorted[N];
    Arena *arena = arena_new(NULL);
    Sketch *sketch = sketch_new(arena);
    uint64_t seed = 3;

    (void)state;
    for (size_t i = 0; i < N; i++)
        sorted[i] = values[i] = nasty_value(6, i, N, &seed);
    sketch_add_all(sketch, values, N);
    sketch_seal(sketch);
    stats_sort(sorted, N);
    assert_true(sketch_relative_error(sketch) == 0 && sketch->count == N);
    for (int percent = 0; percent <= 100; percent++)
        assert_true(sketch_quantile(sketch, percent / 100.0) ==
                    quantile_of_sorted(sorted, N, percent / 100.0));
    arena_free(arena);
}

/* All kinds of columns: within the error that it states, at every rank. */
static void a_sketch_is_near(void **state)
{
    static double values[MOST];
    uint64_t seed = 5;

    (void)state;
    for (int kind = 0; kind < N_KINDS; kind++) {
        Arena *arena = arena_new(NULL);
        Sketch *sketch = sketch_new(arena);
        for (size_t i = 0; i < MOST; i++)
            values[i] = nasty_value(kind, i, MOST, &seed);
        sketch_add_all(sketch, values, MOST);
        sketch_seal(sketch);
        stats_sort(values, MOST);
        double error = sketch_relative_error(sketch);
        assert_true(sketch->n_buckets <= SKETCH_MOST_BUCKETS && error <= 0.5);
        for (size_t i = 0; i < MOST; i += 7) {
            double read = sketch_quantile(sketch, (double)i / (MOST - 1));
            assert_true(read == values[i] ||
                        fabs(read - values[i]) <= fabs(values[i]) * (error + 1e-12) + 0x1p-1021);
        }
        arena_free(arena);
    }
}

static void sketches_merge_in_any_order(void **state)
{
    static double values[MOST];
    uint64_t seed = 6;

    (void)state;
    for (int kind = 0; kind < N_KINDS; kind++) {
        Arena *arena = arena_new(NULL);
        Sketch *whole = sketch_new(arena), *parts = sketch_new(arena);
        for (size_t i = 0; i < MOST; i++)
            values[i] = i == 17 ? NAN : nasty_value(kind, i, MOST, &seed);
        sketch_add_all(whole, values, MOST);
        sketch_seal(whole);
        for (size_t begin = MOST; begin >= 10000; begin -= 10000) {
            Sketch *part = sketch_new(arena);
            sketch_add_all(part, values + begin - 10000, 10000);
            sketch_seal(part);
            sketch_merge(parts, part);
        }
        sketch_seal(parts);
        assert_true(parts->count == MOST - 1 && parts->nan_count == 1);
        assert_true(parts->bits == whole->bits && parts->n_buckets == whole->n_buckets);
        assert_true(parts->least == whole->least && parts->greatest == whole->greatest);
        assert_memory_equal(parts->buckets, whole->buckets,
                            whole->n_buckets * sizeof *whole->buckets);
        arena_free(arena);
    }
}

static void edges_of_a_sketch(void **state)
{
    const double three[] = {INFINITY, INFINITY, INFINITY}, minus[] = {-INFINITY};
    Arena *arena = arena_new(NULL);
    Sketch *empty = sketch_new(arena), *sketch = sketch_new(arena);

    (void)state;
    sketch_seal(empty);
    assert_true(isnan(sketch_quantile(empty, 0.5)));
    sketch_add_all(sketch, three, 3);
    sketch_add_all(sketch, minus, 1);
    /* as another would have it that had to drop all but the exponents */
    sketch_add_bucket(sketch, 0, (SketchBucket){0x3ff + 0x800, 10});
    sketch->least = -INFINITY;
    sketch_seal(sketch);
    assert_true(sketch->bits == 0 && sketch_relative_error(sketch) == 1);
    assert_true(sketch_quantile(sketch, 0) == -INFINITY);
    assert_true(sketch_quantile(sketch, 1) == INFINITY);
    assert_true(sketch_quantile(sketch, 0.5) >= 1 && sketch_quantile(sketch, 0.5) <= 2);
    arena_free(arena);
}

/* Errors from a sketch are those of the values, but for its own. */
static void errors_from_a_sketch(void **state)
{
    static double values[MOST];
    const double p[] = {0.05, 0.5, 0.95};
    double quantiles[3], errors[3];
    Arena *arena = arena_new(NULL);
    Sketch *sketch = sketch_new(arena);

    (void)state;
    fill_random(values, MOST, 31);
    sketch_add_all(sketch, values, MOST);
    sketch_seal(sketch);
    stats_sort(values, MOST);
    sketch_quantiles_with_errors(sketch, p, 3, quantiles, errors);
    for (int i = 0; i < 3; i++)
        assert_true(fabs(errors[i] / error_of_sorted(values, MOST, p[i]) - 1) < 0.2);
    arena_free(arena);
}

/* However the blocks are cut into stretches, the bits are the same; and those of stats_mean. */
static void moments_join_to_the_whole(void **state)
{
    enum { BLOCKS = 273, LAST = 100, COUNT = BLOCKS * STATS_BLOCK + LAST };
    static double values[COUNT];
    static const uint64_t cuts[] = {0, 1, 2, 9, 64, 128, 131, 200, 272, BLOCKS + 1};
    Moments joined = {0};

    (void)state;
    fill_random(values, COUNT, 41);
    for (size_t cut = 1; cut < sizeof cuts / sizeof *cuts; cut++) {
        Moments stretch = {0};
        for (uint64_t block = cuts[cut - 1]; block < cuts[cut]; block++)
            moments_add_block(&stretch, block, values + block * STATS_BLOCK,
                              block == BLOCKS ? LAST : STATS_BLOCK);
        moments_join(&joined, &stretch);
    }
    assert_true(moments_mean(&joined) == stats_mean(values, COUNT));
    assert_true(fabs(moments_sd(&joined) / stats_sd(values, COUNT) - 1) < 1e-13);
    Moments none = {0};
    moments_add_block(&none, 0, values, 0);
    assert_true(isnan(moments_mean(&none)) && isnan(moments_sd(&none)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_spread),
        cmocka_unit_test(sums_follow_the_tree),
        cmocka_unit_test(quantiles_by_hand),
        cmocka_unit_test(selection_agrees_with_sorting),
        cmocka_unit_test(many_quantiles_of_nasty_columns),
        cmocka_unit_test(a_nan_among_many_is_seen),
        cmocka_unit_test(quantiles_with_their_errors),
        cmocka_unit_test(error_of_a_uniform_median),
        cmocka_unit_test(ties_share_their_rank),
        cmocka_unit_test(noise_of_unrelated_columns),
        cmocka_unit_test(few_values_are_exact),
        cmocka_unit_test(a_sketch_is_near),
        cmocka_unit_test(sketches_merge_in_any_order),
        cmocka_unit_test(edges_of_a_sketch),
        cmocka_unit_test(errors_from_a_sketch),
        cmocka_unit_test(moments_join_to_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
