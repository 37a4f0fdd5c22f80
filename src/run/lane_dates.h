/* The calendar without branches: base/date.h and base/schedule.h for a lane, in doubles that hold
 * whole numbers, so that a loop over lanes becomes vector code. The same results, by the same
 * rules; tests/unit/run compares the two day by day. */
#ifndef GW_RUN_LANE_DATES_H
#define GW_RUN_LANE_DATES_H

#include "maths/maths.h"
#include "run/kernels.h"

#define LANE_FARTHEST_DAY 1e9
#define LANE_FARTHEST_MONTHS 3e7
#define LANE_FIRST_START (-25567.0) /* 1900-01-01 */

typedef struct {
    double month; /* since January 1970 */
    double day;   /* of the month, from 1 */
} LaneCivil;

/* Quotients are exact enough: x / d misses a whole number by 1 / d, far more than it is rounded. */
static inline LaneCivil lane_civil(double day)
{
    double shifted = day + 719468.0;
    double cycle = gw_floor(shifted / 146097.0);
    double rest = shifted - cycle * 146097.0;
    double leaps = gw_floor(rest / 1460.0) - gw_floor(rest / 36524.0) + gw_floor(rest / 146096.0);
    double year = gw_floor((rest - leaps) / 365.0);
    double day_of_year = rest - (365.0 * year + gw_floor(year / 4.0) - gw_floor(year / 100.0));
    double from_march = gw_floor((5.0 * day_of_year + 2.0) / 153.0);
    double first = gw_floor((153.0 * from_march + 2.0) / 5.0);

    return (LaneCivil){(cycle * 400.0 + year - 1970.0) * 12.0 + from_march + 2.0,
                       day_of_year - first + 1.0};
}

/* The first day of a month since January 1970. */
static inline double lane_first_day(double month)
{
    double shifted = month + 23638.0; /* months since March of the year 0 */
    double march_year = gw_floor(shifted / 12.0);
    double from_march = shifted - march_year * 12.0;
    double cycle = gw_floor(march_year / 400.0);
    double year = march_year - cycle * 400.0;

    return cycle * 146097.0 + 365.0 * year + gw_floor(year / 4.0) - gw_floor(year / 100.0) +
           gw_floor((153.0 * from_march + 2.0) / 5.0) - 719468.0;
}

static inline double lane_add_whole_months(LaneCivil civil, double months)
{
    double first = lane_first_day(civil.month + months);
    double length = lane_first_day(civil.month + months + 1.0) - first;

    return first + (civil.day < length ? civil.day : length) - 1.0;
}

static inline double lane_is_far(double date, double duration, double farthest)
{
    double too_long = fabs(duration) > farthest ? 1.0 : 0.0;

    return fabs(date) > LANE_FARTHEST_DAY ? 1.0 : too_long;
}

/* What is_beyond_calendar says, else `inside`. */
static inline double lane_bounded(double date, double duration, double farthest, double inside)
{
    double beyond = fabs(date) > LANE_FARTHEST_DAY ? date : duration;
    double far_away = beyond < 0.0 ? -GW_INFINITY : GW_INFINITY;
    double result = lane_is_far(date, duration, farthest) != 0.0 ? far_away : inside;

    result = fabs(date) == GW_INFINITY ? date : result;
    return date == date ? (duration == duration ? result : GW_NAN) : GW_NAN;
}

static inline double lane_date_add_months(double date, double months)
{
    double is_far = lane_is_far(date, months, LANE_FARTHEST_MONTHS);
    double near_date = is_far != 0.0 ? 0.0 : date;
    double near_months = is_far != 0.0 ? 0.0 : months;
    double whole = gw_floor(near_months);
    double fraction = near_months - whole;
    LaneCivil civil = lane_civil(gw_floor(near_date));
    double begun = lane_add_whole_months(civil, whole);
    double next = lane_add_whole_months(civil, whole + 1.0);
    double part = begun + gw_floor(fraction * (next - begun) + 0.5);

    return lane_bounded(date, months, LANE_FARTHEST_MONTHS, fraction == 0.0 ? begun : part);
}

static inline double lane_date_add_days(double date, double days)
{
    return lane_bounded(date, days, LANE_FARTHEST_DAY, gw_floor(date) + gw_floor(days + 0.5));
}

static inline double lane_months_between(double a, double b)
{
    double is_far = fabs(a) > LANE_FARTHEST_DAY ? 1.0 : (fabs(b) > LANE_FARTHEST_DAY ? 1.0 : 0.0);
    double from = is_far != 0.0 ? 0.0 : gw_floor(a);
    double to = is_far != 0.0 ? 0.0 : gw_floor(b);
    LaneCivil from_civil = lane_civil(from);
    double months = lane_civil(to).month - from_civil.month;
    double begun = lane_add_whole_months(from_civil, months);

    months = begun > to ? months - 1.0 : months;
    begun = lane_add_whole_months(from_civil, months);

    double length = lane_add_whole_months(from_civil, months + 1.0) - begun;
    double inside = months + (to - begun) / length;
    double result = is_far != 0.0 ? (a < b ? GW_INFINITY : -GW_INFINITY) : inside;

    result = fabs(a) == GW_INFINITY ? -a : result;
    result = fabs(b) == GW_INFINITY ? b : result;
    return a == a ? (b == b ? result : GW_NAN) : GW_NAN;
}

/* Month and day of the month in one number: what a schedule needs of its start. */
static inline double lane_pack(double day)
{
    double near_day = fabs(day) <= LANE_FARTHEST_DAY ? day : 0.0;
    LaneCivil civil = lane_civil(gw_floor(near_day));

    return civil.month * 32.0 + civil.day;
}

/* The same for formulas: NaN for never. */
static inline double lane_month_day(double day)
{
    double known = fabs(day) <= LANE_FARTHEST_DAY ? 0.0 : GW_NAN;

    return lane_pack(day) + known;
}

static inline LaneCivil lane_unpack(double packed)
{
    double month = gw_floor(packed / 32.0);

    return (LaneCivil){month, packed - month * 32.0};
}

/* The last date of a schedule that is not after today, by months or by days; the number of steps
 * to it. Only where start <= today. */
static inline double lane_last_step(const Clock *clock, double start, LaneCivil civil)
{
    double by_months = gw_floor((clock->last_month - civil.month) / clock->step_months);
    double by_days = gw_floor((clock->today - start) / clock->step_days);
    double n = clock->step_months > 0.0 ? by_months : by_days;
    double later = clock->step_months > 0.0
                       ? lane_add_whole_months(civil, n * clock->step_months) > clock->today
                       : 0.0;

    return n > 0.0 ? n - later : n;
}

static inline double lane_nth(const Clock *clock, double start, LaneCivil civil, double n)
{
    return clock->step_months > 0.0 ? lane_add_whole_months(civil, n * clock->step_months)
                                    : start + n * clock->step_days;
}

/* Whether the n-th date falls due in the period: schedule_due_in_term; NaN when an end is. */
static inline double lane_is_due(const Clock *clock, double start, double end, double n, double due)
{
    double low = clock->is_in_advance ? 0.0 : 1.0;
    double starts = start <= clock->today ? (start >= LANE_FIRST_START ? 1.0 : 0.0) : 0.0;
    double in_term = due < end ? 1.0 : (due == end ? low : 0.0);
    double inside = due >= clock->first_day ? starts : 0.0;

    inside = due <= clock->today ? inside : 0.0;
    inside = n >= low ? inside * in_term : 0.0;
    return start == start ? (end == end ? inside : GW_NAN) : GW_NAN;
}

/* In a period of one calendar month: the date lies in it when whole steps lead to the month. */
static inline double lane_is_due_in_month(const Clock *clock, double start, double end,
                                          double packed)
{
    LaneCivil civil = lane_unpack(packed);
    double months = clock->last_month - civil.month;
    double n = gw_floor(months / clock->step_months);
    double day = civil.day < clock->days ? civil.day : clock->days;
    double due = n * clock->step_months == months ? clock->first_day + day - 1.0 : -GW_INFINITY;

    return lane_is_due(clock, start, end, n, due);
}

static inline double lane_due(const Clock *clock, double start, double end, double packed)
{
    LaneCivil civil = lane_unpack(packed);
    double n = lane_last_step(clock, start, civil);

    return lane_is_due(clock, start, end, n, lane_nth(clock, start, civil, n));
}

/* The calendar days of the stretch that falls due. */
static inline double lane_due_days(const Clock *clock, double start, double packed)
{
    LaneCivil civil = lane_unpack(packed);
    double n = lane_last_step(clock, start, civil);
    double step = clock->is_in_advance ? 1.0 : -1.0;
    double due = lane_nth(clock, start, civil, n);

    return fabs(lane_nth(clock, start, civil, n + step) - due);
}

#endif
