/* Due days of `every PERIOD` rules, against calendars worked by hand. */
#include "base/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Day at(int year, int month, int day)
{
    return day_from_civil(year, month, day);
}

/* Whether a monthly rule over [start, end) falls due in the calendar month given. */
static bool due_in_month(double start, double end, bool is_in_advance, int year, int month)
{
    return schedule_due_in_term(start, end, 1, 0, is_in_advance, at(year, month, 1),
                                at(year, month, days_in_month(year, month)))
        .is_due;
}

static void a_term_of_three_months_pays_three_times(void **state)
{
    Day start = at(2026, 1, 31);
    Day end = at(2026, 4, 30);

    (void)state;
    /* In arrears: on 02-28, 03-31 and 04-30, the end. */
    assert_false(due_in_month(start, end, false, 2026, 1));
    assert_true(due_in_month(start, end, false, 2026, 2));
    assert_true(due_in_month(start, end, false, 2026, 3));
    assert_true(due_in_month(start, end, false, 2026, 4));
    assert_false(due_in_month(start, end, false, 2026, 5));
    /* In advance: on 01-31, 02-28 and 03-31. */
    assert_true(due_in_month(start, end, true, 2026, 1));
    assert_true(due_in_month(start, end, true, 2026, 3));
    assert_false(due_in_month(start, end, true, 2026, 4));
    assert_false(due_in_month(start, end, true, 2025, 12));
}

static void a_stretch_knows_its_days(void **state)
{
    Due arrears = schedule_due_in_term(at(2024, 1, 15), DATE_NEVER, 1, 0, false, at(2024, 3, 1),
                                       at(2024, 3, 31));
    Due advance = schedule_due_in_term(at(2024, 1, 15), DATE_NEVER, 3, 0, true, at(2024, 4, 1),
                                       at(2024, 4, 30));
    Due weekly = schedule_due_in_term(at(2024, 1, 1), DATE_NEVER, 0, 7, false, at(2024, 1, 8),
                                      at(2024, 1, 14));

    (void)state;
    assert_true(arrears.is_due && arrears.stretch_months == 1);
    assert_true(arrears.stretch_days == 29); /* 02-15 to 03-15 of a leap year */
    assert_true(advance.is_due && advance.stretch_months == 3);
    assert_true(advance.stretch_days == 91); /* 04-15 to 07-15: 15 + 31 + 30 + 15 */
    assert_true(weekly.is_due && weekly.stretch_days == 7);
    assert_true(weekly.stretch_months == 7 / 30.4375);
}

static void never_and_nothing_are_not_due(void **state)
{
    (void)state;
    assert_false(due_in_month(DATE_NEVER, DATE_NEVER, false, 2026, 1));
    assert_false(due_in_month(NAN, DATE_NEVER, false, 2026, 1));
    assert_false(due_in_month(at(2026, 1, 1), NAN, false, 2026, 2));
    assert_true(due_in_month(at(2025, 1, 1), DATE_NEVER, false, 2030, 7));
}

static void the_calendar_rules_without_a_term(void **state)
{
    Due month = schedule_due_by_calendar(1, 0, false, at(2026, 2, 1), at(2026, 2, 28));
    Due quarter = schedule_due_by_calendar(3, 0, false, at(2026, 6, 1), at(2026, 6, 30));
    Due year = schedule_due_by_calendar(12, 0, false, at(2028, 12, 1), at(2028, 12, 31));
    Due week = schedule_due_by_calendar(0, 7, false, at(2026, 1, 4), at(2026, 1, 4)); /* Sunday */

    (void)state;
    assert_true(month.is_due && month.stretch_days == 28 && month.stretch_months == 1);
    assert_true(quarter.is_due && quarter.stretch_days == 91 && quarter.stretch_months == 3);
    assert_true(year.is_due && year.stretch_days == 366 && year.stretch_months == 12);
    assert_true(week.is_due && week.stretch_days == 7);
    assert_false(schedule_due_by_calendar(3, 0, false, at(2026, 5, 1), at(2026, 5, 31)).is_due);
    assert_true(schedule_due_by_calendar(3, 0, true, at(2026, 4, 1), at(2026, 4, 30)).is_due);
    assert_false(schedule_due_by_calendar(3, 0, true, at(2026, 5, 1), at(2026, 5, 31)).is_due);
    assert_false(schedule_due_by_calendar(0, 7, false, at(2026, 1, 3), at(2026, 1, 3)).is_due);
}

/* Weeks are counted from Monday 1969-12-29, so a pair of them began on 2025-12-29, 2922 weeks
 * later, and ends on Sunday 2026-01-11. */
static void weeks_in_pairs_end_on_sundays(void **state)
{
    Day monday = at(2025, 12, 29);
    Due second = schedule_due_by_calendar(0, 14, false, monday + 7, monday + 13);
    Due first = schedule_due_by_calendar(0, 14, true, monday, monday + 6);

    (void)state;
    assert_int_equal(step_ordinal(STEP_WEEK, monday), 2922);
    assert_true(second.is_due && second.stretch_days == 14);
    assert_true(second.stretch_months == 14 / 30.4375);
    assert_false(schedule_due_by_calendar(0, 14, false, monday, monday + 6).is_due);
    assert_true(first.is_due && first.stretch_days == 14);
    assert_false(schedule_due_by_calendar(0, 14, true, monday + 7, monday + 13).is_due);
    /* day by day: on that Sunday and Monday alone */
    assert_true(schedule_due_by_calendar(0, 14, false, monday + 13, monday + 13).is_due);
    assert_false(schedule_due_by_calendar(0, 14, false, monday + 9, monday + 9).is_due);
    assert_true(schedule_due_by_calendar(0, 14, true, monday + 14, monday + 14).is_due);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_term_of_three_months_pays_three_times),
        cmocka_unit_test(a_stretch_knows_its_days),
        cmocka_unit_test(never_and_nothing_are_not_due),
        cmocka_unit_test(the_calendar_rules_without_a_term),
        cmocka_unit_test(weeks_in_pairs_end_on_sundays),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
