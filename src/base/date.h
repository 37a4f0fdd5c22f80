/* Whole days in the proleptic Gregorian calendar, and arithmetic on them.
 *
 * A Day counts from 1970-01-01 = 0. Inside a run a date is a double holding a
 * whole Day, or DATE_NEVER (+infinity), which is later than every date and
 * stays never under every operation here. */
#ifndef GW_BASE_DATE_H
#define GW_BASE_DATE_H

#include "base/text.h"
#include <stdbool.h>
#include <stdint.h>

typedef int32_t Day;

enum { DATE_MIN_YEAR = 1900, DATE_MAX_YEAR = 2500 };
#define DATE_NEVER ((double)__builtin_inf())

typedef struct {
    int year, month, day; /* month 1..12, day 1..31 */
} Civil;

bool day_is_valid(int year, int month, int day); /* within the years above */
Day day_from_civil(int year, int month, int day);
Civil day_to_civil(Day day);
int days_in_month(int year, int month);
/* Writes "2026-03-31" (11 bytes with NUL); "never" for DATE_NEVER. */
void day_print(double day, char out[16]);

/* Adds whole months, keeping the day, cut to the month's end. */
Day day_add_whole_months(Day day, int months);
/* `months` may have a fraction: that part of the month then begun is added in
 * days, rounded half up. never + anything = never. NaN gives NaN. */
double date_add_months(double date, double months);
/* Whole days, rounded half up. */
double date_add_days(double date, double days);
/* Months from a to b: whole months, plus the part of the month begun (days
 * over that month's length). The inverse of date_add_months on whole months;
 * negative when b is before a; b = never gives +infinity. */
double date_months_between(double a, double b);

/* 32 times the month since January 1970, and the day of the month: what a count of days by the
 * calendar is made of. NaN for never. */
double date_month_day(double date);

/* Calendar steps: the clock's periods, and the periods of rules and draws. */
typedef enum { STEP_DAY, STEP_WEEK, STEP_MONTH, STEP_QUARTER, STEP_YEAR } Step;
/* The ordinal of the step that holds the day: days, ISO weeks (Monday first),
 * months, quarters or years since 1970-01-01; the draw's period in its counter. */
int32_t step_ordinal(Step step, Day day);
Day step_first_day(Step step, int32_t ordinal);
Day step_last_day(Step step, int32_t ordinal);
/* A step's nominal length in months: year 12, quarter 3, month 1, week 7/30.4375, day 1/30.4375. */
double step_months(Step step);

#define DAYS_PER_MONTH 30.4375 /* 365.25 / 12: where a formula mixes month and day */

#endif
