/* When `every PERIOD` rules fall due. */
#include "base/schedule.h"

#include <math.h>

static Due not_due(void)
{
    return (Due){false, 0, 0};
}

static Day nth_date(Day start, int64_t n, uint32_t step_months, uint32_t step_days)
{
    if (step_months > 0)
        return day_add_whole_months(start, (int)(n * step_months));
    return (Day)(start + n * step_days);
}

Due schedule_due_in_term(double start, double end, uint32_t step_months, uint32_t step_days,
                         bool is_in_advance, Day first, Day last)
{
    if (!(start <= last) || start < day_from_civil(DATE_MIN_YEAR, 1, 1))
        return not_due();

    Day begin = (Day)start;
    int64_t n;
    if (step_months > 0)
        n = (step_ordinal(STEP_MONTH, last) - step_ordinal(STEP_MONTH, begin)) /
            (int64_t)step_months;
    else
        n = (last - begin) / (int64_t)step_days;
    /* The month's ordinal may run one ahead of the due day: step back to the last one not after
     * `last`. */
    while (n > 0 && nth_date(begin, n, step_months, step_days) > last)
        n--;
    Day due = nth_date(begin, n, step_months, step_days);
    if (due < first || due > last || n < (is_in_advance ? 0 : 1))
        return not_due();
    if (is_in_advance ? !(due < end) : !(due <= end))
        return not_due();

    Day from = is_in_advance ? due : nth_date(begin, n - 1, step_months, step_days);
    Day until = is_in_advance ? nth_date(begin, n + 1, step_months, step_days) : due;
    double months = step_months > 0 ? (double)step_months : (double)step_days / DAYS_PER_MONTH;
    return (Due){true, months, (double)(until - from)};
}

Due schedule_due_by_calendar(uint32_t step_months, uint32_t step_days, bool is_in_advance,
                             Day first, Day last)
{
    Day begin, next;
    if (step_months > 0) {
        int32_t ordinal = step_ordinal(STEP_MONTH, is_in_advance ? first : last);
        int32_t lower =
            ordinal - (int32_t)(((ordinal % (int32_t)step_months) + (int32_t)step_months) %
                                (int32_t)step_months);
        begin = step_first_day(STEP_MONTH, lower);
        next = step_first_day(STEP_MONTH, lower + (int32_t)step_months);
    } else if (step_days == 7) {
        int32_t ordinal = step_ordinal(STEP_WEEK, is_in_advance ? first : last);
        begin = step_first_day(STEP_WEEK, ordinal);
        next = begin + 7;
    } else {
        Day day = is_in_advance ? first : last;
        int32_t offset =
            (int32_t)(((day % (int32_t)step_days) + (int32_t)step_days) % (int32_t)step_days);
        begin = day - offset;
        next = begin + (Day)step_days;
    }
    Day due = is_in_advance ? begin : next - 1;
    if (due < first || due > last)
        return not_due();
    double months = step_months > 0 ? (double)step_months : (double)step_days / DAYS_PER_MONTH;
    return (Due){true, months, (double)(next - begin)};
}
