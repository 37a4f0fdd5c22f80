/* What short parties pay, in lanes side by side: all of a rank, nothing, or a part by
 * allocate_cents.
 *
 * Part of kernels.c, so of every instruction set. */
#ifndef GW_RUN_SHORT_LANES_H
#define GW_RUN_SHORT_LANES_H

#include "run/blocks.h"
#include "run/lane.h"

#include <string.h>

/* Floors of left * due / sum, where `left` is below it, and their remainders; -1 without a due.
 * Products are split in two by fma; the quotient is one off at most. */
static void floor_share(size_t count, const double *restrict left, const double *restrict sum,
                        const double *restrict due, double *restrict paid, double *restrict rest,
                        double *restrict lacking)
{
    for (size_t block = 0; block < count; block += GW_LANES) {
        for (size_t i = 0; i < GW_LANES; i++) {
            double total = left[block + i], weight = due[block + i], all = sum[block + i];
            double quotient = gw_floor(total * (weight / all));
            double have = total * weight, have_low = fma(total, weight, -have);
            double given = quotient * all, given_low = fma(quotient, all, -given);
            double over = (have - given) + (have_low - given_low);
            double more = (over >= all ? 1.0 : 0.0) - (over < 0.0 ? 1.0 : 0.0);

            paid[block + i] = quotient + more;
            rest[block + i] = weight > 0.0 ? over - more * all : -1.0;
            lacking[block + i] -= quotient + more;
        }
    }
}

/* rank += how many of four are larger, or as large where `tie` is a half. */
static void count_larger(size_t count, const double *restrict rest, const double *const *others,
                         const double *tie, double *restrict rank)
{
    const double *restrict a = others[0];
    const double *restrict b = others[1];
    const double *restrict c = others[2];
    const double *restrict d = others[3];
    const double of_a = tie[0], of_b = tie[1], of_c = tie[2], of_d = tie[3];

    for (size_t block = 0; block < count; block += GW_LANES) {
        for (size_t i = 0; i < GW_LANES; i++) {
            double x = rest[block + i];
            double first = (a[block + i] + of_a > x ? 1.0 : 0.0);
            double second = (b[block + i] + of_b > x ? 1.0 : 0.0);
            double third = (c[block + i] + of_c > x ? 1.0 : 0.0);
            double fourth = (d[block + i] + of_d > x ? 1.0 : 0.0);

            rank[block + i] += (first + second) + (third + fourth);
        }
    }
}

/* The lacking cents go to the largest remainders, of equal ones to the first. */
static void give_cents(size_t count, Part *const *parts, size_t n, size_t k,
                       const double *restrict lacking)
{
    double rank[SHORT_LANES] = {0};
    double *restrict paid = parts[k]->paid;

    for (size_t j = 0; j < n; j += 4) {
        const double *others[4];
        double tie[4];

        for (size_t m = 0; m < 4; m++) {
            others[m] = parts[j + m < n ? j + m : k]->over;
            tie[m] = j + m < k ? 0.5 : 0.0;
        }
        count_larger(count, parts[k]->over, others, tie, rank);
    }
    for (size_t block = 0; block < count; block += GW_LANES)
        for (size_t i = 0; i < GW_LANES; i++)
            paid[block + i] += rank[block + i] < lacking[block + i] ? 1.0 : 0.0;
}

/* Whether some lane has something left, but not enough for all of the rank. */
static bool is_part_paid(size_t count, const double *restrict left, const double *restrict sum)
{
    uint64_t some = 0;

    for (size_t block = 0; block < count; block += GW_LANES)
        for (size_t i = 0; i < GW_LANES; i++)
            some |=
                (uint64_t)(left[block + i] > 0.0) & (uint64_t)(left[block + i] < sum[block + i]);
    return some != 0;
}

static void allocate(size_t count, Part *const *parts, size_t n, const double *left,
                     const double *sum)
{
    double lacking[SHORT_LANES];

    memcpy(lacking, left, count * sizeof *lacking);
    for (size_t k = 0; k < n; k++)
        floor_share(count, left, sum, parts[k]->due, parts[k]->paid, parts[k]->over, lacking);
    for (size_t k = 0; k < n; k++)
        give_cents(count, parts, n, k, lacking);
}

/* Where the rank is not paid in part, all of it is paid or nothing. True when all is everywhere. */
static bool settle_part(size_t count, const double *restrict left, const double *restrict loose,
                        const double *restrict sum, const double *restrict due,
                        double *restrict paid, double *restrict over)
{
    double open[GW_LANES] = {0}, all_open = 0;

    for (size_t block = 0; block < count; block += GW_LANES) {
        for (size_t i = 0; i < GW_LANES; i++) {
            double have = left[block + i], all = sum[block + i], asked = due[block + i];
            double split = paid[block + i];
            double level = (have + loose[block + i]) / all;
            double above = level * asked - split;
            double whole = (have >= all ? 1.0 : 0.0) * asked;
            double is_part = (have < all ? 1.0 : 0.0) * (have > 0.0 ? 1.0 : 0.0);

            split = is_part > 0.0 ? split : whole;
            above = is_part > 0.0 ? above : 0.0;
            paid[block + i] = split;
            over[block + i] = above;
            open[i] += (asked - split) + fabs(above);
        }
    }
    for (size_t i = 0; i < GW_LANES; i++)
        all_open += open[i];
    return all_open == 0;
}

/* The same where no lane pays it in part. */
static bool settle_whole(size_t count, const double *restrict left, const double *restrict sum,
                         const double *restrict due, double *restrict paid, double *restrict over)
{
    double open[GW_LANES] = {0};

    for (size_t block = 0; block < count; block += GW_LANES) {
        for (size_t i = 0; i < GW_LANES; i++) {
            double asked = due[block + i];
            double given = left[block + i] >= sum[block + i] ? asked : 0.0;

            paid[block + i] = given;
            over[block + i] = 0.0;
            open[i] += asked - given;
        }
    }
    return !is_any(open);
}

static void divide(size_t count, Part *const *parts, size_t n, double *restrict left,
                   const double *restrict loose)
{
    double sum[SHORT_LANES];
    bool is_part = false;

    memcpy(sum, parts[0]->due, count * sizeof *sum);
    for (size_t k = 1; k < n; k++)
        add(count, sum, parts[k]->due);
    is_part = is_part_paid(count, left, sum);
    if (is_part && n == 1)
        memcpy(parts[0]->paid, left, count * sizeof *left);
    else if (is_part)
        allocate(count, parts, n, left, sum);
    for (size_t k = 0; k < n; k++) {
        Part *part = parts[k];

        part->is_whole =
            is_part ? settle_part(count, left, loose, sum, part->due, part->paid, part->over)
                    : settle_whole(count, left, sum, part->due, part->paid, part->over);
    }
    for (size_t i = 0; i < count; i++) {
        double rest = left[i] >= sum[i] ? left[i] - sum[i] : 0.0;

        left[i] = left[i] > 0.0 ? rest : left[i];
    }
}

static void pass_on(size_t count, const Part *part, const double *restrict noise,
                    double *restrict missing, double *restrict loose, double *restrict noise_on)
{
    const double *restrict due = part->due;
    const double *restrict paid = part->paid;
    const double *restrict over = part->over;

    for (size_t block = 0; block < count; block += GW_LANES) {
        for (size_t i = 0; i < GW_LANES; i++) {
            double less = due[block + i] - paid[block + i], above = over[block + i];
            double from = noise[block + i];

            missing[block + i] += less;
            loose[block + i] += above;
            noise_on[block + i] += fabs(less) + fabs(above) > 0.0 ? from : 0.0;
        }
    }
}

#endif
