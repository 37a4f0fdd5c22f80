/* The kernels of one instruction set; see kernels.h. The inner loops have a known trip count and no
 * branches, which is what GCC needs to make vector code of them.
 *
 * No array is read under a condition: GCC 12 makes masked loads of such reads, and when a block is
 * more than one vector wide it gives all of them the mask of the first. For the same reason these
 * files are compiled with -fno-tree-sink, which else moves reads under conditions by itself.
 *
 * Longer than most files: one short loop an operation and a posting, and the one table that names
 * them all, built once for each instruction set. */
#include "run/kernels.h"

#include "ledger/composition.h"
#include "run/blocks.h"
#include "run/lane.h"
#include "run/lane_dates.h"
#include "run/short_lanes.h"
#include "run/strips.h"

#include <string.h>

#ifndef GW_RUN_KERNELS
#define GW_RUN_KERNELS run_kernels_baseline
#define GW_RUN_KERNELS_ISA "baseline"
#endif

enum { LINE = 64 }; /* bytes of the cache */

/* ---- operations --------------------------------------------------------------------------- */

/* One loop over the lanes. A block is read before it is written, so `out` may be an argument. */
#define LOOP(n, expression)                                                                        \
    do {                                                                                           \
        const double *at_a = in_a.at;                                                              \
        const double *at_b = in_b.at;                                                              \
        const double *at_c = in_c.at;                                                              \
        (void)at_a, (void)at_b, (void)at_c;                                                        \
        for (size_t block = 0; block < n_blocks; block++) {                                        \
            double results[GW_LANES];                                                              \
            for (size_t i = 0; i < GW_LANES; i++) {                                                \
                READS_##n;                                                                         \
                results[i] = (expression);                                                         \
            }                                                                                      \
            for (size_t i = 0; i < GW_LANES; i++)                                                  \
                out[block * GW_LANES + i] = results[i];                                            \
            at_a += in_a.step;                                                                     \
            at_b += in_b.step;                                                                     \
            at_c += in_c.step;                                                                     \
        }                                                                                          \
    } while (0)
/* The clock is copied: reading it through a pointer would be a branch, or a read, in the loop. */
#define KERNEL(name, n, expression)                                                                \
    static unsigned op_##name(size_t n_blocks, const Clock *clock_now, double *out, Lanes in_a,    \
                              Lanes in_b, Lanes in_c)                                              \
    {                                                                                              \
        const Clock copy = *clock_now, *const clock = &copy;                                       \
        (void)clock;                                                                               \
        LOOP(n, expression);                                                                       \
        return 0;                                                                                  \
    }
/* GCC makes no vector code around a branch by blocks, so the choice is for the tile. */
#define CHOICE(name, n, is_plain, plain, expression)                                               \
    static bool is_plain_##name(size_t n_blocks, Lanes in_a, Lanes in_b, Lanes in_c)               \
    {                                                                                              \
        double odd[GW_LANES] = {0};                                                                \
        const double *at_a = in_a.at;                                                              \
        const double *at_b = in_b.at;                                                              \
        const double *at_c = in_c.at;                                                              \
        (void)at_a, (void)at_b, (void)at_c;                                                        \
        for (size_t block = 0; block < n_blocks; block++) {                                        \
            for (size_t i = 0; i < GW_LANES; i++) {                                                \
                READS_##n;                                                                         \
                odd[i] += (is_plain) ? 0.0 : 1.0;                                                  \
            }                                                                                      \
            at_a += in_a.step;                                                                     \
            at_b += in_b.step;                                                                     \
            at_c += in_c.step;                                                                     \
        }                                                                                          \
        return !is_any(odd);                                                                       \
    }                                                                                              \
    static unsigned op_##name(size_t n_blocks, const Clock *clock, double *out, Lanes in_a,        \
                              Lanes in_b, Lanes in_c)                                              \
    {                                                                                              \
        bool is_plain_tile = is_plain_##name(n_blocks, in_a, in_b, in_c);                          \
                                                                                                   \
        (void)clock;                                                                               \
        if (is_plain_tile)                                                                         \
            LOOP(n, plain);                                                                        \
        else                                                                                       \
            LOOP(n, expression);                                                                   \
        return is_plain_tile ? 0u : FOUND_FAULT;                                                   \
    }
#define READS_1                                                                                    \
    double a = at_a[i];                                                                            \
    (void)a
#define READS_2                                                                                    \
    double a = at_a[i], b = at_b[i];                                                               \
    (void)a, (void)b
#define READS_3                                                                                    \
    double a = at_a[i], b = at_b[i], c = at_c[i];                                                  \
    (void)a, (void)b, (void)c

#define LANE(name, n, expression, doc) KERNEL(name, n, expression)
#define CHOSEN(name, n, is_plain, plain, expression, doc)                                          \
    CHOICE(name, n, is_plain, plain, expression)
#define WRITTEN(name, n, doc)
#define CLOCKED(name, n, expression, doc) KERNEL(name, n, expression)
#define LEAF(name, n, doc)
#define HELD(name, n, doc)
#define NAMED(name, n, doc)
#include "program/ops.def"
#undef LANE
#undef CHOSEN
#undef WRITTEN
#undef CLOCKED
#undef LEAF
#undef HELD
#undef NAMED

/* As KERNEL, over the arguments X(0), X(1) ... */
#define SUM_KERNEL(name, expression)                                                               \
    static void name(size_t n_blocks, double *out, const Lanes *x)                                 \
    {                                                                                              \
        for (size_t block = 0; block < n_blocks; block++) {                                        \
            double results[GW_LANES];                                                              \
            for (size_t i = 0; i < GW_LANES; i++)                                                  \
                results[i] = (expression);                                                         \
            for (size_t i = 0; i < GW_LANES; i++)                                                  \
                out[block * GW_LANES + i] = results[i];                                            \
        }                                                                                          \
    }
#define X(k) x[k].at[block * x[k].step + i]
#define SUM_3 X(0) + X(1) + X(2)
#define SUM_4 SUM_3 + X(3)
#define SUM_5 SUM_4 + X(4)
#define SUM_6 SUM_5 + X(5)
#define SUM_7 SUM_6 + X(6)
#define SUM_8 SUM_7 + X(7)
#define PRODUCTS_4 X(0) * X(1) + X(2) * X(3)
#define PRODUCTS_6 PRODUCTS_4 + X(4) * X(5)
#define PRODUCTS_8 PRODUCTS_6 + X(6) * X(7)
SUM_KERNEL(sum_3, SUM_3)
SUM_KERNEL(sum_4, SUM_4)
SUM_KERNEL(sum_5, SUM_5)
SUM_KERNEL(sum_6, SUM_6)
SUM_KERNEL(sum_7, SUM_7)
SUM_KERNEL(sum_8, SUM_8)
SUM_KERNEL(products_4, PRODUCTS_4)
SUM_KERNEL(products_6, PRODUCTS_6)
SUM_KERNEL(products_8, PRODUCTS_8)

static void months_block(const double *restrict from, double least, double until,
                         double *restrict out)
{
    for (size_t i = 0; i < GW_LANES; i++) {
        double begin = from[i] < least ? least : from[i];

        out[i] = lane_months_between(begin, until);
    }
}

/* Where growth began before the period, all lanes have the period's own months; where it has not
 * begun, any number not above zero will do. False when it begins in the period in some lane. */
static bool months_plain(const double *restrict from, double first_day, double today, double months,
                         double *restrict results)
{
    double odd[GW_LANES];

    for (size_t i = 0; i < GW_LANES; i++) {
        results[i] = from[i] > today ? 0.0 : months;
        odd[i] = from[i] <= first_day ? 0.0 : (from[i] > today ? 0.0 : 1.0);
    }
    return !is_any(odd);
}

static unsigned op_GROWTH_MONTHS(size_t n_blocks, const Clock *clock, double *out, Lanes in_a,
                                 Lanes in_b, Lanes in_c)
{
    const double *from = in_a.at;
    double least = clock->period == 0 ? -GW_INFINITY : clock->first_day;

    (void)in_b, (void)in_c;
    for (size_t block = 0; block < n_blocks; block++) {
        double results[GW_LANES];

        if (!months_plain(from, clock->first_day, clock->today, clock->months, results) ||
            clock->period == 0)
            months_block(from, least, clock->today + 1.0, results);
        memcpy(out, results, sizeof results);
        out += GW_LANES;
        from += in_a.step;
    }
    return 0;
}

static void power_block(double rate_months, const double *restrict base,
                        const double *restrict months, double *restrict out)
{
    for (size_t i = 0; i < GW_LANES; i++)
        out[i] = gw_pow(base[i], months[i] / rate_months);
}

/* What is known. False where growth begins in the period in some lane. */
static bool power_plain(const double *restrict months, const double *restrict known, double whole,
                        double *restrict results)
{
    double odd[GW_LANES];

    for (size_t i = 0; i < GW_LANES; i++) {
        results[i] = months[i] == whole ? known[i] : 1.0;
        odd[i] = months[i] == whole ? 0.0 : (months[i] <= 0.0 ? 0.0 : 1.0);
    }
    return !is_any(odd);
}

static unsigned op_GROWTH_POWER(size_t n_blocks, const Clock *clock, double *out, Lanes in_a,
                                Lanes in_b, Lanes in_c)
{
    const double *base = in_a.at;
    const double *months = in_b.at;
    const double *known = in_c.at;

    for (size_t block = 0; block < n_blocks; block++) {
        double results[GW_LANES];

        if (!power_plain(months, known, clock->whole_months, results))
            power_block(clock->rate_months, base, months, results);
        memcpy(out, results, sizeof results);
        out += GW_LANES;
        base += in_a.step;
        months += in_b.step;
        known += in_c.step;
    }
    return 0;
}

static void due_by_month(const Clock *clock_now, double *restrict out, const double *restrict start,
                         const double *restrict end, const double *restrict civil)
{
    const Clock clock = *clock_now;

    for (size_t i = 0; i < GW_LANES; i++)
        out[i] = lane_is_due_in_month(&clock, start[i], end[i], civil[i]);
}

static void due_block(const Clock *clock_now, double *restrict out, const double *restrict start,
                      const double *restrict end, const double *restrict civil)
{
    const Clock clock = *clock_now;

    for (size_t i = 0; i < GW_LANES; i++)
        out[i] = lane_due(&clock, start[i], end[i], civil[i]);
}

/* 0 where the term lies before or after the period, `sure` where it lies about it on both sides.
 * False when in some lane it does neither. */
static bool due_plain(const double *restrict start, const double *restrict end, double first_day,
                      double today, double sure, double *restrict results)
{
    double doubt[GW_LANES];

    for (size_t i = 0; i < GW_LANES; i++) {
        double has_begun = start[i] < first_day ? sure : 0.0;
        double known = start[i] >= LANE_FIRST_START ? has_begun : 0.0;
        double is_about = end[i] > today ? known : 0.0;
        double is_before = end[i] < first_day ? (start[i] == start[i] ? 1.0 : 0.0) : is_about;

        results[i] = is_about;
        doubt[i] = start[i] > today ? (end[i] == end[i] ? 0.0 : 1.0) : 1.0 - is_before;
    }
    return !is_any(doubt);
}

/* Most terms lie before or after the period, or about it, when a date of a monthly schedule falls
 * due: their blocks are passed by comparisons. */
static unsigned op_DUE(size_t n_blocks, const Clock *clock, double *out, Lanes in_a, Lanes in_b,
                       Lanes in_c)
{
    const double *start = in_a.at;
    const double *end = in_b.at;
    const double *civil = in_c.at;
    bool is_by_month = clock->is_month && clock->step_months > 0.0;
    double sure = is_by_month && clock->step_months == 1.0 ? 1.0 : 0.0;

    for (size_t block = 0; block < n_blocks; block++) {
        double results[GW_LANES];

        if (!due_plain(start, end, clock->first_day, clock->today, sure, results)) {
            if (is_by_month)
                due_by_month(clock, results, start, end, civil);
            else
                due_block(clock, results, start, end, civil);
        }
        memcpy(out, results, sizeof results);
        out += GW_LANES;
        start += in_a.step;
        end += in_b.step;
        civil += in_c.step;
    }
    return 0;
}

/* ---- rules -------------------------------------------------------------------------------- */

static unsigned found(const double *some, const double *fault)
{
    return (is_any(some) ? FOUND_SOME : 0u) | (is_any(fault) ? FOUND_FAULT : 0u);
}

static unsigned fire(size_t n_blocks, Lanes trigger, const double *restrict alive,
                     double *restrict mask)
{
    double some[GW_LANES] = {0}, fault[GW_LANES] = {0};

    for (size_t block = 0; block < n_blocks; block++) {
        const double *restrict t = trigger.at + block * trigger.step;
        for (size_t i = 0; i < GW_LANES; i++) {
            double x = t[i];
            double yes = x == x ? (x != 0.0 ? 1.0 : 0.0) : 0.0;
            double unknown = x == x ? 0.0 : 1.0;

            yes *= alive[i];
            mask[i] = yes;
            some[i] += yes;
            fault[i] += unknown * alive[i];
        }
        alive += GW_LANES;
        mask += GW_LANES;
    }
    return found(some, fault);
}

static unsigned when(size_t n_blocks, Lanes condition, Lanes lasting, const double *restrict alive,
                     double *restrict held, double *restrict has_fired, double months,
                     bool is_again, double *restrict mask)
{
    double some[GW_LANES] = {0}, fault[GW_LANES] = {0};
    double kept = is_again ? 0.0 : 1.0;

    for (size_t block = 0; block < n_blocks; block++) {
        const double *restrict c = condition.at + block * condition.step;
        const double *restrict l = lasting.at + block * lasting.step;
        for (size_t i = 0; i < GW_LANES; i++) {
            double holds = c[i] == c[i] ? (c[i] != 0.0 ? 1.0 : 0.0) : 0.0;
            double now = holds != 0.0 ? held[i] + months : 0.0;
            double long_enough = now >= l[i] ? holds : 0.0;
            double fires = has_fired[i] == 0.0 ? long_enough : 0.0;
            double unknown = l[i] == l[i] ? 0.0 : holds;

            unknown = c[i] == c[i] ? unknown : 1.0;
            held[i] = now;
            has_fired[i] = holds != 0.0 ? (fires != 0.0 ? 1.0 : has_fired[i]) : has_fired[i] * kept;
            mask[i] = fires * alive[i];
            some[i] += fires * alive[i];
            fault[i] += unknown * alive[i];
        }
        alive += GW_LANES;
        held += GW_LANES;
        has_fired += GW_LANES;
        mask += GW_LANES;
    }
    return found(some, fault);
}

static unsigned each(size_t n_blocks, const EachInput *input, const double *restrict alive,
                     double *restrict top, double *restrict marks, double *restrict waiting,
                     double *restrict count, double *restrict mask)
{
    double some[GW_LANES] = {0}, fault[GW_LANES] = {0};
    double past = input->is_including_past ? 1.0 : 0.0;

    for (size_t block = 0; block < n_blocks; block++) {
        const double *restrict series = input->series.at + block * input->series.step;
        const double *restrict quantity = input->quantity.at + block * input->quantity.step;
        const double *restrict times = input->times.at + block * input->times.step;
        const double *restrict before = input->before.at + block * input->before.step;
        const double *restrict effective = input->effective.at + block * input->effective.step;
        for (size_t i = 0; i < GW_LANES; i++) {
            double high = input->is_first_period ? series[i] : gw_max(top[i], series[i]);
            double passed = gw_min(gw_floor(high / quantity[i] + 1e-9), times[i]);
            double now = gw_max(0.0, passed);
            double counted = input->is_first_period ? now * (1.0 - past) : marks[i];
            double fresh = gw_max(0.0, now - counted) + waiting[i];
            double is_time = input->today < before[i] ? 1.0 : 0.0;
            double fires = fresh > 0.0 ? is_time : 0.0;
            double unknown = before[i] == before[i] ? 0.0 : 1.0;

            unknown = now < GW_INFINITY ? unknown : 1.0;
            fires = effective[i] != 0.0 ? fires : 0.0;
            top[i] = high;
            marks[i] = input->is_first_period ? now : gw_max(marks[i], now);
            waiting[i] = fires != 0.0 ? 0.0 : fresh * past;
            count[i] = fresh;
            mask[i] = fires * alive[i];
            some[i] += fires * alive[i];
            fault[i] += unknown * alive[i];
        }
        alive += GW_LANES;
        top += GW_LANES;
        marks += GW_LANES;
        waiting += GW_LANES;
        count += GW_LANES;
        mask += GW_LANES;
    }
    return found(some, fault);
}

static unsigned pay(size_t n_blocks, const double *restrict mask, Lanes amount, double minor,
                    double *restrict carry, double *restrict due, double *sum)
{
    double faults[GW_LANES] = {0}, sums[GW_LANES] = {0};

    for (size_t block = 0; block < n_blocks; block++) {
        const double *restrict x = amount.at + block * amount.step;
        for (size_t i = 0; i < GW_LANES; i++) {
            double exact = x[i] * minor;
            double owed = exact + carry[i];
            double rounded = nearest_whole(owed);
            double fits = exact < WHOLE_LIMIT ? 1.0 : 0.0;
            double positive = rounded > 0.0 ? rounded : 0.0;
            double paid;

            fits = (exact >= -0.5 ? fits : 0.0) * mask[i];
            paid = fits != 0.0 ? positive : 0.0;
            due[i] = paid;
            carry[i] = fits != 0.0 ? owed - rounded : carry[i];
            faults[i] += mask[i] - fits;
            sums[i] += paid;
        }
        mask += GW_LANES;
        carry += GW_LANES;
        due += GW_LANES;
    }
    *sum = total(sums);
    *sum = *sum < WHOLE_LIMIT ? *sum : GW_NAN;
    return is_any(faults) ? FOUND_FAULT : 0u;
}

/* Where every lane pays. A lane whose amount cannot be is left with any due and carry; so that one
 * that is too large shows in the sum, FAULT may be said of a sum that is. */
static unsigned pay_everywhere(size_t n_blocks, Lanes amount, double minor, double *restrict carry,
                               double *restrict due, double *sum)
{
    double least[GW_LANES] = {0}, sums[GW_LANES] = {0}, carries[GW_LANES] = {0};
    bool fits = true;

    for (size_t block = 0; block < n_blocks; block++) {
        const double *restrict x = amount.at + block * amount.step;
        for (size_t i = 0; i < GW_LANES; i++) {
            double exact = x[i] * minor;
            double owed = exact + carry[i];
            double rounded = nearest_whole(owed);
            double paid = rounded > 0.0 ? rounded : 0.0;

            least[i] = exact < least[i] ? exact : least[i];
            due[i] = paid;
            carry[i] = owed - rounded;
            carries[i] += owed - rounded; /* not a number where the amount is none */
            sums[i] += paid;
        }
        carry += GW_LANES;
        due += GW_LANES;
    }
    *sum = total(sums);
    for (size_t i = 0; i < GW_LANES; i++)
        fits &= least[i] >= -0.5 && carries[i] == carries[i];
    *sum = *sum < WHOLE_LIMIT ? *sum : GW_NAN;
    return fits && *sum == *sum ? 0u : FOUND_FAULT;
}

static unsigned round_cents(size_t n_blocks, const double *restrict mask, Lanes amount,
                            double minor, double *restrict cents, double *size)
{
    double fault[GW_LANES] = {0}, sizes[GW_LANES] = {0};

    for (size_t block = 0; block < n_blocks; block++) {
        const double *restrict x = amount.at + block * amount.step;
        for (size_t i = 0; i < GW_LANES; i++) {
            double exact = x[i] * minor;
            double rounded = round_to_even(exact);
            double fits = (fabs(exact) < WHOLE_LIMIT ? 1.0 : 0.0) * mask[i];

            cents[i] = fits != 0.0 ? rounded : 0.0;
            sizes[i] += fabs(cents[i]);
            fault[i] += mask[i] - fits;
        }
        mask += GW_LANES;
        cents += GW_LANES;
    }
    *size = total(sizes);
    return is_any(fault) ? FOUND_FAULT : 0u;
}

/* No due is NaN; one that what is left of the content is not a number for, becomes that. */
static void limit(size_t n_blocks, const double *restrict mask, const double *restrict content,
                  double minor, const double *restrict arrears, Lanes fresh, double *restrict due)
{
    for (size_t block = 0; block < n_blocks; block++) {
        const double *restrict others = fresh.at + block * fresh.step;
        for (size_t i = 0; i < GW_LANES; i++) {
            double whole = round_to_even(content[i] * minor);
            double rest = whole - arrears[i] - others[i];
            double left = rest < 0.0 ? 0.0 : rest;
            double before = due[i];
            double limited = before < left ? before : left;
            double is_old = (arrears[i] != 0.0 ? 1.0 : 0.0) * mask[i];

            due[i] = is_old != 0.0 ? limited : before;
        }
        mask += GW_LANES;
        content += GW_LANES;
        arrears += GW_LANES;
        due += GW_LANES;
    }
}

static void owe(size_t count, const double *restrict fresh, const double *restrict arrears,
                double *restrict due, double *sum)
{
    double sums[GW_LANES] = {0};

    for (size_t block = 0; block < count; block += GW_LANES) {
        for (size_t i = 0; i < GW_LANES; i++) {
            due[block + i] = fresh[block + i] + arrears[block + i];
            sums[i] += due[block + i];
        }
    }
    *sum = total(sums);
}

/* ---- postings ----------------------------------------------------------------------------- */

/* Counts are whole blocks. */
static void subtract(size_t count, double *restrict out, const double *restrict x)
{
    for (size_t block = 0; block < count; block += GW_LANES, out += GW_LANES, x += GW_LANES)
        for (size_t i = 0; i < GW_LANES; i++)
            out[i] -= x[i];
}

/* x / minor for whole x below 2^53, the same bits without a division: `inverse` is near enough (see
 * near_inverse) that the quotient q is less than one place off, so x - minor q is exact and one
 * correction rounds as the division does (Markstein 1990, IBM J. Res. Dev. 34(1), theorem 5). */
#if defined(__FMA__)
#define MONEY_OF(x) (fma(fma(-minor, (x)*inverse, (x)), inverse, (x)*inverse))
#else
#define MONEY_OF(x) ((x) / minor)
#endif

/* 1 / minor when it is within a quarter of a place: half a place from rounding q and at most half a
 * place from this are less than one. Else 0. */
static double near_inverse(double minor)
{
    double inverse = 1.0 / minor;

    return fabs(fma(-minor, inverse, 1.0)) < 0x1p-54 ? inverse : 0.0;
}

#define MONEY_LOOP(expression, quotient)                                                           \
    for (size_t block = 0; block < count; block += GW_LANES)                                       \
        for (size_t i = 0; i < GW_LANES; i++) {                                                    \
            double cents = x[block + i], money = quotient;                                         \
            out[block + i] = (expression);                                                         \
        }
#define MONEY_KERNEL(name, expression)                                                             \
    static void name(size_t count, double *restrict out, const double *restrict x, double minor)   \
    {                                                                                              \
        const double inverse = near_inverse(minor);                                                \
                                                                                                   \
        if (inverse > 0.0)                                                                         \
            MONEY_LOOP(expression, MONEY_OF(cents))                                                \
        else                                                                                       \
            MONEY_LOOP(expression, cents / minor)                                                  \
    }
MONEY_KERNEL(to_money, money)
MONEY_KERNEL(add_money, out[block + i] + money)
MONEY_KERNEL(subtract_money, out[block + i] - money)

static void add_masked(size_t n_blocks, double *restrict out, const double *restrict mask, Lanes x,
                       double sign)
{
    for (size_t block = 0; block < n_blocks; block++) {
        const double *restrict from = x.at + block * x.step;
        for (size_t i = 0; i < GW_LANES; i++) {
            double added = sign * from[i];
            double before = out[i];

            out[i] = mask[i] != 0.0 ? before + added : before;
        }
        out += GW_LANES;
        mask += GW_LANES;
    }
}

/* Amounts of any size are split at 2^40, so that no partial sum rounds. */
static void sum_large(size_t count, const double *restrict x, double *high, double *low)
{
    double highs[GW_LANES] = {0}, lows[GW_LANES] = {0};
    const double shifter = 0x1.8p92; /* leaves multiples of 2^40 */

    for (size_t block = 0; block < count; block += GW_LANES, x += GW_LANES) {
        for (size_t i = 0; i < GW_LANES; i++) {
            double upper = (x[i] + shifter) - shifter;

            highs[i] += upper;
            lows[i] += x[i] - upper;
        }
    }
    *high = total(highs);
    *low = total(lows);
}

/* None is negative, so while their sum is below 2^53 it is exact, and so is every part of it. */
static void sum_whole(size_t count, const double *restrict x, double *high, double *low)
{
    double sums[GW_LANES] = {0};

    for (size_t block = 0; block < count; block += GW_LANES)
        for (size_t i = 0; i < GW_LANES; i++)
            sums[i] += x[block + i];
    *high = 0;
    *low = total(sums);
    if (!(*low < WHOLE_LIMIT))
        sum_large(count, x, high, low);
}

static unsigned any_odd(size_t n_blocks, Lanes x)
{
    double doubt[GW_LANES] = {0}; /* NaN where some x is not finite */

    for (size_t block = 0; block < n_blocks; block++) {
        const double *restrict from = x.at + block * x.step;
        for (size_t i = 0; i < GW_LANES; i++)
            doubt[i] += from[i] - from[i];
    }
    return is_any(doubt) ? FOUND_SOME : 0u;
}

/* Whole lines of the column in the middle, each side by itself. */
static unsigned keep(size_t count, double *restrict column, const double *restrict x)
{
    enum { A_LINE = LINE / sizeof *column };
    size_t before = -(uintptr_t)column % LINE / sizeof *column;
    double doubt = 0; /* NaN where some x is not finite */
    Wide doubts = WIDE(setzero)();
    size_t i = 0;

    for (; i < before && i < count; i++) {
        column[i] = x[i];
        doubt += x[i] - x[i];
    }
    for (; i + A_LINE <= count; i += A_LINE)
        for (size_t j = 0; j < A_LINE; j += WIDE_LANES) {
            Wide part = WIDE(loadu)(x + i + j);

            WIDE(stream)(column + i + j, part);
            doubts = WIDE(add)(doubts, WIDE(sub)(part, part));
        }
    for (; i < count; i++) {
        column[i] = x[i];
        doubt += x[i] - x[i];
    }
    double lanes[WIDE_LANES];
    WIDE(storeu)(lanes, doubts);
    for (size_t j = 0; j < WIDE_LANES; j++)
        doubt += lanes[j];
    return doubt == 0.0 ? 0u : FOUND_SOME;
}

static unsigned any_nan(size_t n_blocks, const double *restrict alive, Lanes x)
{
    double some[GW_LANES] = {0};

    for (size_t block = 0; block < n_blocks; block++) {
        const double *restrict from = x.at + block * x.step;
        for (size_t i = 0; i < GW_LANES; i++)
            some[i] += (from[i] == from[i] ? 0.0 : 1.0) * alive[i];
        alive += GW_LANES;
    }
    return is_any(some) ? FOUND_SOME : 0u;
}

static void multiply(size_t n_blocks, double *restrict out, Lanes x)
{
    for (size_t block = 0; block < n_blocks; block++) {
        const double *restrict from = x.at + block * x.step;
        for (size_t i = 0; i < GW_LANES; i++)
            out[i] *= from[i];
        out += GW_LANES;
    }
}

static unsigned move_stage(size_t n_blocks, const double *restrict alive, Lanes condition,
                           double stage, double today, double *restrict carried,
                           double *restrict date)
{
    double some[GW_LANES] = {0}, fault[GW_LANES] = {0};

    for (size_t block = 0; block < n_blocks; block++) {
        const double *restrict c = condition.at + block * condition.step;
        for (size_t i = 0; i < GW_LANES; i++) {
            double may = carried[i] < stage ? 1.0 : 0.0;
            double yes = c[i] == c[i] ? (c[i] != 0.0 ? may : 0.0) : 0.0;

            fault[i] += c[i] == c[i] ? 0.0 : may * alive[i];
            some[i] += yes * alive[i];
            carried[i] = yes != 0.0 ? stage : carried[i];
            date[i] = yes != 0.0 ? today : date[i];
        }
        alive += GW_LANES;
        carried += GW_LANES;
        date += GW_LANES;
    }
    return found(some, fault);
}

static unsigned any(size_t count, const double *restrict x)
{
    double some[GW_LANES] = {0};

    for (size_t block = 0; block < count; block += GW_LANES)
        for (size_t i = 0; i < GW_LANES; i++)
            some[i] += x[block + i] == 0.0 ? 0.0 : 1.0;
    return is_any(some) ? FOUND_SOME : 0u;
}

static double largest(size_t count, const double *restrict x)
{
    double most[GW_LANES] = {0}, found = 0;

    for (size_t block = 0; block < count; block += GW_LANES)
        for (size_t i = 0; i < GW_LANES; i++)
            most[i] = x[block + i] > most[i] ? x[block + i] : most[i];
    for (size_t i = 0; i < GW_LANES; i++)
        found = most[i] > found ? most[i] : found;
    return found;
}

static unsigned leave(size_t count, const double *restrict due, const double *restrict cleared,
                      double *restrict arrears, double *restrict unpaid)
{
    double some[GW_LANES] = {0};

    for (size_t block = 0; block < count; block += GW_LANES) {
        for (size_t i = 0; i < GW_LANES; i++) {
            double left = due[i] - cleared[i];

            unpaid[i] += left - arrears[i];
            arrears[i] = left;
            some[i] += left > 0.0 ? 1.0 : 0.0;
        }
        due += GW_LANES;
        cleared += GW_LANES;
        arrears += GW_LANES;
        unpaid += GW_LANES;
    }
    return is_any(some) ? FOUND_SOME : 0u;
}

/* ---- the table ---------------------------------------------------------------------------- */

const RunKernels GW_RUN_KERNELS = {
    .isa = GW_RUN_KERNELS_ISA,
    .ops =
        {
#define LANE(name, n, expression, doc) [OP_##name] = op_##name,
#define CHOSEN(name, n, is_plain, plain, expression, doc) [OP_##name] = op_##name,
#define WRITTEN(name, n, doc) [OP_##name] = op_##name,
#define CLOCKED(name, n, expression, doc) [OP_##name] = op_##name,
#define LEAF(name, n, doc)
#define HELD(name, n, doc)
#define NAMED(name, n, doc)
#include "program/ops.def"
        },
    .sums = {[3] = sum_3, sum_4, sum_5, sum_6, sum_7, sum_8},
    .sums_of_products = {[4] = products_4, [6] = products_6, [8] = products_8},
    .fire = fire,
    .when = when,
    .each = each,
    .pay = pay,
    .pay_everywhere = pay_everywhere,
    .round = round_cents,
    .limit = limit,
    .owe = owe,
    .add = add,
    .subtract = subtract,
    .to_money = to_money,
    .add_money = add_money,
    .subtract_money = subtract_money,
    .add_masked = add_masked,
    .sum_whole = sum_whole,
    .post_books = post_books,
    .find_nets = find_nets,
    .any_odd = any_odd,
    .keep = keep,
    .any_nan = any_nan,
    .multiply = multiply,
    .move_stage = move_stage,
    .leave = leave,
    .any = any,
    .largest = largest,
    .divide = divide,
    .pass_on = pass_on,
    .composition_step = composition_step_lanes,
    .composition_add_received = composition_add_received,
};
