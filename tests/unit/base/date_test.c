/* The calendar and the arithmetic of dates, against values worked by hand. */
#include "base/date.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Day at(int year, int month, int day)
{
    assert_true(day_is_valid(year, month, day));
    return day_from_civil(year, month, day);
}

static void assert_date(double date, const char *expected)
{
    char printed[16];

    day_print(date, printed);
    assert_string_equal(printed, expected);
}

static void days_count_from_1970(void **state)
{
    (void)state;
    assert_int_equal(at(1970, 1, 1), 0);
    assert_int_equal(at(1969, 12, 31), -1);
    assert_int_equal(at(2000, 1, 1), 10957);  /* 946,684,800 s of Unix time */
    assert_int_equal(at(2000, 3, 1), 11017);  /* 10957 + 31 + 29 */
    assert_int_equal(at(2026, 1, 1), 20454);  /* 56 years and 14 leap days */
    assert_int_equal(at(1900, 1, 1), -25567); /* 70 years and 17 leap days before */
}

static void every_day_converts_back(void **state)
{
    Day expected = at(1900, 1, 1);

    (void)state;
    for (int year = 1900; year <= 2500; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= days_in_month(year, month); day++) {
                Civil civil = day_to_civil(expected);
                assert_int_equal(day_from_civil(year, month, day), expected);
                assert_int_equal(civil.year, year);
                assert_int_equal(civil.month, month);
                assert_int_equal(civil.day, day);
                expected++;
            }
    assert_int_equal(expected, at(2500, 12, 31) + 1);
}

static void validity_has_bounds(void **state)
{
    (void)state;
    assert_true(day_is_valid(2024, 2, 29));
    assert_false(day_is_valid(2023, 2, 29));
    assert_false(day_is_valid(2100, 2, 29));
    assert_true(day_is_valid(2000, 2, 29));
    assert_false(day_is_valid(2026, 4, 31));
    assert_false(day_is_valid(2026, 0, 1));
    assert_false(day_is_valid(2026, 13, 1));
    assert_false(day_is_valid(2026, 1, 0));
    assert_true(day_is_valid(1900, 1, 1));
    assert_false(day_is_valid(1899, 12, 31));
    assert_true(day_is_valid(2500, 12, 31));
    assert_false(day_is_valid(2501, 1, 1));
}

static void printing(void **state)
{
    (void)state;
    assert_date(at(2026, 3, 31), "2026-03-31");
    assert_date(DATE_NEVER, "never");
    assert_date(NAN, "not a date");
}

static void whole_months_are_cut_to_the_months_end(void **state)
{
    (void)state;
    assert_date(date_add_months(at(2026, 1, 31), 1), "2026-02-28");
    assert_date(date_add_months(at(2024, 1, 31), 1), "2024-02-29");
    assert_date(date_add_months(at(2026, 1, 31), 2), "2026-03-31");
    assert_date(date_add_months(at(2024, 2, 29), 12), "2025-02-28");
    assert_date(date_add_months(at(2024, 2, 29), 48), "2028-02-29");
    assert_date(date_add_months(at(2026, 3, 31), -1), "2026-02-28");
    assert_date(date_add_months(at(2026, 1, 15), -13), "2024-12-15");
    assert_date(date_add_months(at(2025, 12, 1), 1), "2026-01-01");
    assert_date(date_add_months(at(2026, 5, 7), 0), "2026-05-07");
}

/* 2026-02 has 28 days, 2026-03 and 2026-05 have 31, 2026-04 has 30. */
static void a_fraction_is_a_part_of_the_month_begun(void **state)
{
    (void)state;
    assert_date(date_add_months(at(2026, 2, 1), 0.5), "2026-02-15");  /* 14 days */
    assert_date(date_add_months(at(2026, 3, 1), 0.5), "2026-03-17");  /* 15.5 up to 16 */
    assert_date(date_add_months(at(2026, 3, 1), 1.5), "2026-04-16");  /* 15 of April's 30 */
    assert_date(date_add_months(at(2026, 2, 1), 0.25), "2026-02-08"); /* 7 days */
    assert_date(date_add_months(at(2026, 4, 1), 0.01), "2026-04-01"); /* 0.3 days */
    assert_date(date_add_months(at(2026, 1, 31), 0.5), "2026-02-14"); /* 14 of 28 */
    assert_date(date_add_months(at(2026, 4, 1), -0.5), "2026-03-17"); /* back one, on 15.5 */
}

static void adding_months_never_goes_back(void **state)
{
    double before = date_add_months(at(2024, 1, 31), -3);

    (void)state;
    for (int i = -300; i <= 3000; i++) {
        double date = date_add_months(at(2024, 1, 31), i / 100.0);
        assert_true(date >= before);
        before = date;
    }
}

static void days_are_rounded_half_up(void **state)
{
    (void)state;
    assert_date(date_add_days(at(2026, 12, 31), 1), "2027-01-01");
    assert_date(date_add_days(at(2026, 1, 1), 1.5), "2026-01-03");
    assert_date(date_add_days(at(2026, 1, 1), 1.49), "2026-01-02");
    assert_date(date_add_days(at(2026, 1, 3), -1.5), "2026-01-02");
    assert_date(date_add_days(at(2026, 1, 1), -1), "2025-12-31");
    assert_true(date_add_days(2e9, -1) ==
                DATE_NEVER); /* past every calendar, whatever is taken off */
    assert_true(date_add_days(-2e9, 1) == -DATE_NEVER && date_add_months(2e9, -1) == DATE_NEVER);
    assert_true(date_add_days(at(2026, 1, 1), -2e9) == -DATE_NEVER);
}

static void months_between_undoes_whole_months(void **state)
{
    static const int days[] = {1, 15, 28, 29, 30, 31};

    (void)state;
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        for (int months = -500; months <= 500; months++) {
            Day start = at(2024, 1, days[i]);
            double end = date_add_months(start, months);
            assert_true(date_months_between(start, end) == months);
        }
}

static void months_between_has_fractions(void **state)
{
    (void)state;
    assert_true(date_months_between(at(2026, 2, 1), at(2026, 2, 15)) == 0.5);
    assert_true(date_months_between(at(2026, 1, 15), at(2026, 4, 30)) == 3 + 15.0 / 30);
    assert_true(date_months_between(at(2026, 3, 1), at(2026, 2, 15)) == -0.5);
    assert_true(date_months_between(at(2026, 3, 1), at(2026, 3, 1)) == 0);
}

static void never_stays_never(void **state)
{
    (void)state;
    assert_true(date_add_months(DATE_NEVER, 5) == DATE_NEVER);
    assert_true(date_add_months(DATE_NEVER, -5) == DATE_NEVER);
    assert_true(date_add_months(DATE_NEVER, -INFINITY) == DATE_NEVER);
    assert_true(date_add_days(DATE_NEVER, -1) == DATE_NEVER);
    assert_true(date_add_months(0, INFINITY) == DATE_NEVER);
    assert_true(date_add_months(0, 1e12) == DATE_NEVER);
    assert_true(date_add_days(0, 1e12) == DATE_NEVER);
    assert_true(date_months_between(0, DATE_NEVER) == INFINITY);
    assert_true(date_months_between(DATE_NEVER, 0) == -INFINITY);
    assert_true(date_months_between(DATE_NEVER, DATE_NEVER) == INFINITY);
}

static void not_a_number_goes_through(void **state)
{
    (void)state;
    assert_true(isnan(date_add_months(NAN, 1)));
    assert_true(isnan(date_add_months(0, NAN)));
    assert_true(isnan(date_add_months(DATE_NEVER, NAN)));
    assert_true(isnan(date_add_days(NAN, 1)));
    assert_true(isnan(date_add_days(0, NAN)));
    assert_true(isnan(date_months_between(NAN, DATE_NEVER)));
}

static void steps_hold_their_days(void **state)
{
    (void)state;
    for (int step = STEP_DAY; step <= STEP_YEAR; step++)
        for (Day day = at(1968, 1, 1); day < at(1973, 1, 1); day++) {
            int32_t ordinal = step_ordinal((Step)step, day);
            assert_true(step_first_day((Step)step, ordinal) <= day);
            assert_true(step_last_day((Step)step, ordinal) >= day);
            assert_int_equal(step_ordinal((Step)step, step_first_day((Step)step, ordinal)),
                             ordinal);
            assert_int_equal(step_last_day((Step)step, ordinal) + 1,
                             step_first_day((Step)step, ordinal + 1));
        }
}

static void steps_have_known_bounds(void **state)
{
    (void)state;
    /* 2026-01-01 is a Thursday: its ISO week runs from Monday 2025-12-29 to Sunday 2026-01-04. */
    int32_t week = step_ordinal(STEP_WEEK, at(2026, 1, 1));
    assert_date(step_first_day(STEP_WEEK, week), "2025-12-29");
    assert_date(step_last_day(STEP_WEEK, week), "2026-01-04");
    assert_int_equal(step_ordinal(STEP_WEEK, 0), 0);
    assert_int_equal(step_ordinal(STEP_WEEK, at(1969, 12, 28)), -1);

    assert_int_equal(step_ordinal(STEP_MONTH, at(2026, 3, 15)), 674);
    assert_date(step_last_day(STEP_MONTH, step_ordinal(STEP_MONTH, at(2024, 2, 3))), "2024-02-29");
    assert_int_equal(step_ordinal(STEP_MONTH, at(1969, 12, 31)), -1);
    assert_date(step_first_day(STEP_QUARTER, step_ordinal(STEP_QUARTER, at(2026, 5, 9))),
                "2026-04-01");
    assert_int_equal(step_ordinal(STEP_QUARTER, at(1969, 11, 1)), -1);
    assert_int_equal(step_ordinal(STEP_YEAR, at(2026, 12, 31)), 56);
    assert_date(step_last_day(STEP_YEAR, 56), "2026-12-31");
}

static void steps_have_lengths(void **state)
{
    (void)state;
    assert_true(step_months(STEP_YEAR) == 12);
    assert_true(step_months(STEP_QUARTER) == 3);
    assert_true(step_months(STEP_MONTH) == 1);
    assert_true(step_months(STEP_WEEK) == 7 / 30.4375);
    assert_true(step_months(STEP_DAY) == 1 / 30.4375);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_count_from_1970),
        cmocka_unit_test(every_day_converts_back),
        cmocka_unit_test(validity_has_bounds),
        cmocka_unit_test(printing),
        cmocka_unit_test(whole_months_are_cut_to_the_months_end),
        cmocka_unit_test(a_fraction_is_a_part_of_the_month_begun),
        cmocka_unit_test(adding_months_never_goes_back),
        cmocka_unit_test(days_are_rounded_half_up),
        cmocka_unit_test(months_between_undoes_whole_months),
        cmocka_unit_test(months_between_has_fractions),
        cmocka_unit_test(never_stays_never),
        cmocka_unit_test(not_a_number_goes_through),
        cmocka_unit_test(steps_hold_their_days),
        cmocka_unit_test(steps_have_known_bounds),
        cmocka_unit_test(steps_have_lengths),
    };
    return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
