/* The calendar over lanes against base/date.h and base/schedule.h, day by day. */
#include "run/lane_dates.h"

#include "base/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static uint64_t random_state = 20250101;

static int random_below(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

static void days_are_split_and_joined(void **state)
{
    (void)state;
    for (Day day = day_from_civil(1895, 1, 1); day < day_from_civil(2505, 1, 1); day++) {
        LaneCivil civil = lane_civil(day);
        LaneCivil unpacked = lane_unpack(lane_pack(day));

        assert_true(civil.month == step_ordinal(STEP_MONTH, day));
        assert_true(civil.day == day_to_civil(day).day);
        assert_true(lane_first_day(civil.month) + civil.day - 1 == day);
        assert_true(unpacked.month == civil.month && unpacked.day == civil.day);
    }
}

static void months_are_added_as_by_hand(void **state)
{
    (void)state;
    Day end_of_january = day_from_civil(2024, 1, 31);

    assert_true(lane_date_add_months(end_of_january, 1) == day_from_civil(2024, 2, 29));
    assert_true(lane_date_add_months(end_of_january, 13) == day_from_civil(2025, 2, 28));
    assert_true(lane_date_add_months(end_of_january, -2) == day_from_civil(2023, 11, 30));
    /* half of the month then begun, from 29 February to 31 March: 15.5 days, rounded up */
    assert_true(lane_date_add_months(end_of_january, 1.5) == day_from_civil(2024, 3, 16));
}

static void dates_agree_with_the_calendar(void **state)
{
    static const double odd[] = {NAN, INFINITY, -INFINITY, 2e9, -2e9, 0, 1e300};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        double a = random_below(200000) - 40000;
        double b = random_below(200000) - 40000;
        double months =
            random_below(4) == 0 ? random_below(4000) / 16.0 - 100 : random_below(900) - 200;

        if (random_below(50) == 0)
            a = odd[random_below(7)];
        if (random_below(50) == 0)
            b = odd[random_below(7)];
        if (random_below(50) == 0)
            months = odd[random_below(7)];
        assert_true(same(lane_date_add_months(a, months), date_add_months(a, months)));
        assert_true(same(lane_date_add_days(a, months), date_add_days(a, months)));
        assert_true(same(lane_months_between(a, b), date_months_between(a, b)));
        assert_true(same(lane_month_day(a), date_month_day(a)));
    }
}

static Clock clock_of(Step step, int32_t ordinal)
{
    Day first = step_first_day(step, ordinal);
    Day last = step_last_day(step, ordinal);

    return (Clock){.period = 1,
                   .first = first,
                   .last = last,
                   .first_day = first,
                   .today = last,
                   .days = last - first + 1,
                   .is_month = step == STEP_MONTH,
                   .last_month = step_ordinal(STEP_MONTH, last)};
}

static void schedules_agree(void **state)
{
    static const Step steps[] = {STEP_DAY, STEP_WEEK, STEP_MONTH, STEP_QUARTER, STEP_YEAR};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        Day start = day_from_civil(2010, 1, 1) + random_below(8000);
        double end = random_below(20) == 0 ? DATE_NEVER : start + random_below(4000);
        Step step = steps[random_below(5)];
        bool by_days = random_below(3) == 0;
        uint32_t months = by_days ? 0 : (uint32_t)(1 + random_below(13));
        uint32_t days = by_days ? (uint32_t)(1 + random_below(100)) : 0;
        Clock clock =
            clock_of(step, step_ordinal(step, day_from_civil(2012, 1, 1) + random_below(7000)));

        clock.step_months = months;
        clock.step_days = days;
        clock.is_in_advance = random_below(2) == 0;
        Due due = schedule_due_in_term(start, end, months, days, clock.is_in_advance, clock.first,
                                       clock.last);
        double civil = lane_pack(start);
        assert_true(lane_due(&clock, start, end, civil) == due.is_due);
        if (due.is_due)
            assert_true(lane_due_days(&clock, start, civil) == due.stretch_days);
        if (clock.is_month && months > 0)
            assert_true(lane_is_due_in_month(&clock, start, end, civil) == due.is_due);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_split_and_joined),
        cmocka_unit_test(months_are_added_as_by_hand),
        cmocka_unit_test(dates_agree_with_the_calendar),
        cmocka_unit_test(schedules_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
