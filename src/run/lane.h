/* What one lane of the engine's own operations is: the expressions of ops.def call these. No
 * branches, so that a loop over lanes becomes vector code. */
#ifndef GW_RUN_LANE_H
#define GW_RUN_LANE_H

#include "maths/maths.h"
#include "run/kernels.h"

#define WHOLE_LIMIT 9007199254740992.0 /* 2^53 */

static inline double ramp_at(double today, double start, double end)
{
    double part = gw_clamp((today - start) / (end - start), 0.0, 1.0);
    double jump = today >= start ? 1.0 : 0.0;
    double result = start == end ? jump : part;

    return start == start ? (end == end ? result : GW_NAN) : GW_NAN;
}

/* The stage that a date has brought, when it is above the stage so far; a NaN date makes it NaN. */
static inline double stage_by_date(double today, double stage, double date, double reached)
{
    double higher = reached > stage ? reached : stage;
    double moved = date <= today ? higher : stage;

    return date == date ? moved : GW_NAN;
}

static inline double first_time(double today, double before, double source)
{
    double now = source != 0.0 ? today : GW_INFINITY;
    double found = source == source ? now : GW_NAN;

    return before == GW_INFINITY ? found : before;
}

static inline double latch_at(const Clock *clock, double before, double source, double date)
{
    double from = clock->period == 0 ? -GW_INFINITY : clock->first_day;
    double taken = date <= clock->today ? source : before;

    return date >= from ? taken : before;
}

static inline double is_in_period(const Clock *clock, double date)
{
    double begun = date >= clock->first_day ? 1.0 : 0.0;
    double inside = date <= clock->today ? begun : 0.0;

    return date == date ? inside : GW_NAN;
}

static inline double is_during(double today, double start, double end)
{
    double begun = today >= start ? 1.0 : 0.0;
    double inside = today < end ? begun : 0.0;

    return start == start ? (end == end ? inside : GW_NAN) : GW_NAN;
}

/* A stock that may not be below zero: a little below is zero, more is a fault, shown as -infinity.
 * What rounding leaves of all that was there is zero too. */
static inline double stock_close(double opening, double closing, double tolerance)
{
    double largest = gw_max(fabs(opening), fabs(closing));
    double lowest = -(tolerance + 1e-9 * largest);
    double least = 0x1p-40 * fabs(opening);
    double lifted =
        (closing < lowest ? -GW_INFINITY : 0.0) + (closing - closing); /* NaN at -infinity */

    return closing < least ? lifted : closing;
}

/* The same where it is not below zero by more than its tolerance. */
static inline double stock_close_plain(double opening, double closing)
{
    return closing < 0x1p-40 * fabs(opening) ? 0.0 : closing;
}

/* The nearest whole number, half to even, of either zero: one instruction, or by the rounding of a
 * sum, which gives the same bits. */
static inline double nearest_whole(double x)
{
#ifdef __SSE4_1__
    return __builtin_rint(x);
#else
    double size = fabs(x);
    double whole = copysign((size + 0x1p52) - 0x1p52, x);

    return size < 0x1p52 ? whole : x;
#endif
}

/* money_round without branches. */
static inline double round_to_even(double x)
{
    return nearest_whole(x) + 0.0;
}

#endif
