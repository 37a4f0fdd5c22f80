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
    bool is_by_weeks = step_months == 0 && step_days % 7 == 0;
    Step step = step_months > 0 ? STEP_MONTH : is_by_weeks ? STEP_WEEK : STEP_DAY;
    int32_t count = (int32_t)(step_months > 0 ? step_months
                              : is_by_weeks   ? step_days / 7
                                              : step_days);
    int32_t ordinal = step_ordinal(step, is_in_advance ? first : last);
    int32_t lower = ordinal - (ordinal % count + count) % count;
    Day begin = step_first_day(step, lower);
    Day next = step_first_day(step, lower + count);
    Day due = is_in_advance ? begin : next - 1;

    if (due < first || due > last)
        return not_due();
    double months = step_months > 0 ? (double)step_months : (double)step_days / DAYS_PER_MONTH;
    return (Due){true, months, (double)(next - begin)};
}
