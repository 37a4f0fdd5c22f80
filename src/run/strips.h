/* All books strip by strip of lanes: a payment is read from far once, however many accounts it goes
 * to, and a balance is written and proved while it is at hand.
 *
 * Part of kernels.c, so of every instruction set. Amounts are whole cents below 2^53: their order
 * does not change a bit. */
#ifndef GW_RUN_STRIPS_H
#define GW_RUN_STRIPS_H

#include "run/kernels.h"
#include "run/lane.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* ---- as many lanes as a register holds ---------------------------------------------------- */

#if defined(__AVX512F__) && GW_LANES % 8 == 0
typedef __m512d Wide;
#define WIDE(op) _mm512_##op##_pd
#define WIDE_ABS(x) _mm512_abs_pd(x)
#define WIDE_LESS(a, b)                                                                            \
    _mm512_maskz_mov_pd(_mm512_cmp_pd_mask((a), (b), _CMP_LT_OQ), _mm512_set1_pd(1.0))
#elif defined(__AVX__) && GW_LANES % 4 == 0
typedef __m256d Wide;
#define WIDE(op) _mm256_##op##_pd
#define WIDE_ABS(x) _mm256_andnot_pd(_mm256_set1_pd(-0.0), (x))
#define WIDE_LESS(a, b) _mm256_and_pd(_mm256_cmp_pd((a), (b), _CMP_LT_OQ), _mm256_set1_pd(1.0))
#elif defined(__SSE2__) && GW_LANES % 2 == 0
typedef __m128d Wide;
#define WIDE(op) _mm_##op##_pd
#define WIDE_ABS(x) _mm_andnot_pd(_mm_set1_pd(-0.0), (x))
#define WIDE_LESS(a, b) _mm_and_pd(_mm_cmplt_pd((a), (b)), _mm_set1_pd(1.0))
#else
typedef double Wide;
#define WIDE(op) wide_##op
#define WIDE_ABS(x) fabs(x)
#define WIDE_LESS(a, b) ((a) < (b) ? 1.0 : 0.0)

static inline double wide_loadu(const double *x)
{
    return *x;
}

static inline void wide_storeu(double *x, double y)
{
    *x = y;
}

static inline void wide_stream(double *x, double y)
{
    *x = y;
}

static inline double wide_setzero(void)
{
    return 0;
}

static inline double wide_set1(double x)
{
    return x;
}

static inline double wide_add(double a, double b)
{
    return a + b;
}

static inline double wide_sub(double a, double b)
{
    return a - b;
}

static inline double wide_mul(double a, double b)
{
    return a * b;
}

static inline double wide_max(double a, double b)
{
    return a > b ? a : b;
}
#endif

enum { WIDE_LANES = sizeof(Wide) / sizeof(double), MOST_WIDE = 4 };

/* ---- a strip ------------------------------------------------------------------------------ */

/* So that a strip's numbers stay in registers, `n` is known where these are called. */
#define STRIP static inline __attribute__((always_inline))
#define EACH_WIDE _Pragma("GCC unroll 4") for (size_t w = 0; w < n; w++)

STRIP Wide strip_load(const double *x, size_t at, size_t w)
{
    return WIDE(loadu)(x + at + w * WIDE_LANES);
}

STRIP void strip_post(size_t n, size_t at, const double *const *cents, uint32_t n_debits,
                      uint32_t n_credits, Wide *x)
{
    for (uint32_t k = 0; k < n_debits; k++)
        EACH_WIDE x[w] = WIDE(add)(x[w], strip_load(cents[k], at, w));
    for (uint32_t k = n_debits; k < n_debits + n_credits; k++)
        EACH_WIDE x[w] = WIDE(sub)(x[w], strip_load(cents[k], at, w));
}

/* The largest of all strips, by lane of a register. */
STRIP void keep_largest(double *found, Wide x)
{
    WIDE(storeu)(found, WIDE(max)(WIDE(loadu)(found), x));
}

static double largest_of(const double *found)
{
    double largest = found[0];

    for (size_t i = 1; i < WIDE_LANES; i++)
        largest = found[i] > largest ? found[i] : largest;
    return largest;
}

/* ---- postings and the proof of a book ----------------------------------------------------- */

STRIP void post_strip(size_t n, size_t at, Book *book)
{
    const double *const *cents = book->cents;
    Wide sum[MOST_WIDE], size[MOST_WIDE];
    Wide off = WIDE(setzero)(), large = WIDE(setzero)();

    EACH_WIDE sum[w] = size[w] = WIDE(setzero)();
    for (size_t c = 0; c < book->n_cells; c++) {
        const Postings *to = &book->cells[c];
        Wide x[MOST_WIDE];

        EACH_WIDE x[w] = strip_load(to->cell, at, w);
        if (to->n_debits + to->n_credits > 0) {
            strip_post(n, at, cents, to->n_debits, to->n_credits, x);
            cents += to->n_debits + to->n_credits;
            EACH_WIDE WIDE(storeu)(to->cell + at + w * WIDE_LANES, x[w]);
        }
        EACH_WIDE sum[w] = WIDE(add)(sum[w], x[w]);
        EACH_WIDE size[w] = WIDE(add)(size[w], WIDE_ABS(x[w]));
    }
    EACH_WIDE off = WIDE(max)(off, WIDE_ABS(sum[w]));
    EACH_WIDE large = WIDE(max)(large, size[w]);
    keep_largest(book->off, off);
    keep_largest(book->size, large);
}

static void post_books(size_t count, Book *books, size_t n_books)
{
    size_t at = 0;

    for (; at + MOST_WIDE * WIDE_LANES <= count; at += MOST_WIDE * WIDE_LANES)
        for (size_t i = 0; i < n_books; i++)
            post_strip(MOST_WIDE, at, &books[i]);
    for (; at < count; at += WIDE_LANES)
        for (size_t i = 0; i < n_books; i++)
            post_strip(1, at, &books[i]);
    for (size_t i = 0; i < n_books; i++)
        books[i].found = (largest_of(books[i].off) > 0 ? FOUND_SOME : 0u) |
                         (largest_of(books[i].size) < 2 * LARGE_BOOK ? 0u : FOUND_FAULT);
}

/* ---- what parties would be left with ------------------------------------------------------ */

STRIP void net_strip(size_t n, size_t at, const double *alive, Net *net, double *slow)
{
    Wide x[MOST_WIDE], missing = WIDE(setzero)(), lacking = WIDE(setzero)();
    const Wide zero = WIDE(setzero)();

    EACH_WIDE x[w] = strip_load(net->cash, at, w);
    strip_post(n, at, net->cents, 0, net->n_reserves, x);
    EACH_WIDE missing = WIDE(max)(missing, WIDE(sub)(zero, x[w]));
    strip_post(n, at, net->cents + net->n_reserves, net->n_debits, net->n_credits, x);
    EACH_WIDE WIDE(storeu)(net->net + at + w * WIDE_LANES, x[w]);
    keep_largest(net->missing, missing);
    if (!net->is_payer)
        return;
    EACH_WIDE
    {
        Wide bound = net->keep != NULL ? strip_load(net->keep, at, w) : zero;
        Wide is_short = WIDE(mul)(WIDE_LESS(x[w], bound), strip_load(alive, at, w));

        WIDE(storeu)(slow + at + w * WIDE_LANES, WIDE(max)(strip_load(slow, at, w), is_short));
        lacking = WIDE(max)(lacking, is_short);
    }
    keep_largest(net->lacking, lacking);
}

static void find_nets(size_t count, const double *alive, Net *nets, size_t n_nets, double *slow)
{
    size_t at = 0;

    for (; at + MOST_WIDE * WIDE_LANES <= count; at += MOST_WIDE * WIDE_LANES)
        for (size_t i = 0; i < n_nets; i++)
            net_strip(MOST_WIDE, at, alive, &nets[i], slow);
    for (; at < count; at += WIDE_LANES)
        for (size_t i = 0; i < n_nets; i++)
            net_strip(1, at, alive, &nets[i], slow);
    for (size_t i = 0; i < n_nets; i++)
        nets[i].found = (largest_of(nets[i].lacking) > 0 ? FOUND_SOME : 0u) |
                        (largest_of(nets[i].missing) > 0 ? FOUND_FAULT : 0u);
}

#endif
