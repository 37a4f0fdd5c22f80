/* Dividing what is scarce: whole cents by largest remainder, and any quantity by rank. */
#include "ledger/share.h"

#include "base/money.h"

#include <math.h>
#include <stdbool.h>

/* total * weight - quotient * sum, exact when all are whole numbers below 2^53 and
 * the quotient is near the true one: each product is split in two by fma. */
static double remainder_of(double total, double weight, double quotient, double sum)
{
    double have = total * weight, have_low = fma(total, weight, -have);
    double given = quotient * sum, given_low = fma(quotient, sum, -given);

    return (have - given) + (have_low - given_low);
}

/* The quotient is three off at most as long as the total is below 2^53; past that, where one
 * more is no change, the bound ends the search. */
enum { MOST_STEPS = 8 };

static double floored_share(double total, double weight, double sum, double *rest)
{
    double quotient = floor(total * (weight / sum));

    *rest = remainder_of(total, weight, quotient, sum);
    for (int step = 0; step < MOST_STEPS && *rest < 0 && quotient > 0; step++)
        *rest = remainder_of(total, weight, --quotient, sum);
    for (int step = 0; step < MOST_STEPS && *rest >= sum; step++)
        *rest = remainder_of(total, weight, ++quotient, sum);
    return quotient;
}

/* The same for whole numbers: a remainder is below 2^63, so it is right modulo 2^64. */
static double floored_whole_share(double total, double weight, double sum, double *rest)
{
    int64_t quotient = (int64_t)(total * (weight / sum)), whole_sum = (int64_t)sum;
    int64_t left =
        (int64_t)((uint64_t)total * (uint64_t)weight - (uint64_t)quotient * (uint64_t)whole_sum);

    for (; left < 0 && quotient > 0; left += whole_sum)
        quotient--;
    for (; left >= whole_sum; left -= whole_sum)
        quotient++;
    *rest = (double)left;
    return (double)quotient;
}

static bool is_whole(double x)
{
    return x < MONEY_LIMIT && (double)(int64_t)x == x;
}

/* Gives what is missing of the total, a cent each, to the largest remainders. With whole weights
 * fewer cents are missing than there are members; with others, or a total past 2^53, the bound
 * ends it, and the largest takes what is still missing. */
static double give_remainders(double total, double given, double sum, const double *weights,
                              size_t n, double *out, double *rest)
{
    size_t most_steps = 2 * n + MOST_STEPS;

    for (size_t step = 0; given < total; step++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (weights[i] > 0 && (best == n || rest[i] > rest[best]))
                best = i;
        double more = step < most_steps ? 1 : total - given;
        out[best] += more;
        rest[best] -= sum;
        given = step < most_steps ? given + 1 : total;
    }
    return given;
}

double allocate_cents(double total, const double *weights, size_t n, double *out, double *scratch)
{
    double sum = 0, given = 0;
    bool all_whole = total > 0 && is_whole(total);

    for (size_t i = 0; i < n; i++) {
        out[i] = 0;
        scratch[i] = -1;
        if (!(weights[i] > 0))
            continue;
        sum += weights[i];
        all_whole = all_whole && is_whole(weights[i]);
    }
    if (!(sum > 0) || !(total > 0))
        return 0;
    all_whole = all_whole && sum < MONEY_LIMIT;
    for (size_t i = 0; i < n; i++) {
        if (!(weights[i] > 0))
            continue;
        out[i] = all_whole ? floored_whole_share(total, weights[i], sum, &scratch[i])
                           : floored_share(total, weights[i], sum, &scratch[i]);
        given += out[i];
    }
    given = give_remainders(total, given, sum, weights, n, out, scratch);
    for (size_t i = n; i-- > 0 && given > total;) { /* only weights that are not whole come here */
        double less = fmin(out[i], given - total);
        out[i] -= less;
        given -= less;
    }
    return given;
}

static double not_below_zero(double x)
{
    return x < 0 ? 0 : x; /* NaN stays NaN */
}

static bool in_rank(const uint32_t *rank, size_t i, uint32_t now)
{
    return !rank || rank[i] == now;
}

/* The least rank not below `from`; false when there is none. */
static bool next_rank(const uint32_t *rank, size_t n, uint64_t from, uint32_t *found)
{
    bool any = false;

    if (!rank) {
        *found = 0;
        return from == 0 && n > 0;
    }
    for (size_t i = 0; i < n; i++)
        if (rank[i] >= from && (!any || rank[i] < *found)) {
            *found = rank[i];
            any = true;
        }
    return any;
}

/* Shares `supply` inside one rank; returns what is left. A member is settled at its
 * want as soon as its pro rata share reaches it; out < 0 marks one not yet settled. */
static double share_in_rank(double supply, const double *want, const uint32_t *rank,
                            const double *weight, size_t n, uint32_t now, double *out)
{
    double wanted = 0, weights = 0;

    for (size_t i = 0; i < n; i++) {
        if (!in_rank(rank, i, now))
            continue;
        wanted += not_below_zero(want[i]);
        weights += not_below_zero(weight ? weight[i] : want[i]);
        out[i] = -1;
    }
    bool all_met = wanted <= supply;
    bool is_nan = isnan(wanted) || isnan(weights) || isnan(supply);
    if (all_met || is_nan) {
        for (size_t i = 0; i < n; i++)
            if (in_rank(rank, i, now))
                out[i] = is_nan ? NAN : not_below_zero(want[i]);
        return is_nan ? NAN : supply - wanted;
    }
    double left = supply, unused = 0;
    for (bool settled = true; settled;) {
        settled = false;
        double open = 0, at_start = left;
        for (size_t i = 0; i < n; i++)
            if (in_rank(rank, i, now) && out[i] < 0)
                open += not_below_zero(weight ? weight[i] : want[i]);
        for (size_t i = 0; i < n; i++) {
            double w = not_below_zero(weight ? weight[i] : want[i]);
            if (in_rank(rank, i, now) && out[i] < 0 && open > 0 && w > 0 &&
                at_start * w / open >= not_below_zero(want[i])) {
                out[i] = not_below_zero(want[i]);
                left -= out[i];
                settled = true;
            }
        }
        if (settled)
            continue;
        unused = open > 0 ? 0 : left; /* all that is not met has no weight */
        for (size_t i = 0; i < n; i++) {
            double w = not_below_zero(weight ? weight[i] : want[i]);
            if (in_rank(rank, i, now) && out[i] < 0)
                out[i] = open > 0 ? not_below_zero(left) * w / open : 0;
        }
    }
    return not_below_zero(unused);
}

void share_scarce(double supply, const double *want, const uint32_t *rank, const double *weight,
                  size_t n, double *out)
{
    uint32_t now = 0;
    double left = not_below_zero(supply);

    for (uint64_t from = 0; next_rank(rank, n, from, &now); from = (uint64_t)now + 1)
        left = share_in_rank(left, want, rank, weight, n, now, out);
}
