/* The Gregorian calendar as day numbers, and the arithmetic of dates and durations.
 *
 * Years are counted from 1 March inside the conversions, so that the leap day
 * is the last day of its year. Dates reached by arithmetic may lie far outside
 * the years a model may write; past FARTHEST_DAY they are never. */
#include "base/date.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    DAYS_PER_400_YEARS = 146097,
    DAYS_PER_100_YEARS = 36524,
    DAYS_PER_4_YEARS = 1461,
    EPOCH_SHIFT = 719468,      /* days from 0000-03-01 to 1970-01-01 */
    FARTHEST_DAY = 1000000000, /* some 2.7 million years: keeps every sum inside 32 bits */
    FARTHEST_MONTHS = 30000000
};

static int divide_down(int a, int b)
{
    int quotient = a / b;
    return a % b < 0 ? quotient - 1 : quotient;
}

static bool is_leap_year(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int days_in_month(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

bool day_is_valid(int year, int month, int day)
{
    return year >= DATE_MIN_YEAR && year <= DATE_MAX_YEAR && month >= 1 && month <= 12 &&
           day >= 1 && day <= days_in_month(year, month);
}

/* Days from 1 March to the first of a month, March being 0: 31, 30, 31, 30, 31 repeats. */
static int days_before_month(int month_from_march)
{
    return (153 * month_from_march + 2) / 5;
}

Day day_from_civil(int year, int month, int day)
{
    int from_march = month >= 3 ? month - 3 : month + 9;
    int march_year = month >= 3 ? year : year - 1;
    int cycle = divide_down(march_year, 400);
    int year_of_cycle = march_year - cycle * 400;
    int leap_days = year_of_cycle / 4 - year_of_cycle / 100;

    return cycle * DAYS_PER_400_YEARS + year_of_cycle * 365 + leap_days +
           days_before_month(from_march) + day - 1 - EPOCH_SHIFT;
}

Civil day_to_civil(Day day)
{
    int shifted = day + EPOCH_SHIFT;
    int cycle = divide_down(shifted, DAYS_PER_400_YEARS);
    int rest = shifted - cycle * DAYS_PER_400_YEARS;
    int century = rest / DAYS_PER_100_YEARS;
    int four_years = 0;
    int year = 0;
    int month = 0;

    century = century > 3 ? 3 : century; /* the cycle's leap day is in its fourth century */
    rest -= century * DAYS_PER_100_YEARS;
    four_years = rest / DAYS_PER_4_YEARS;
    rest -= four_years * DAYS_PER_4_YEARS;
    year = rest / 365;
    year = year > 3 ? 3 : year;
    rest -= year * 365;
    month = (5 * rest + 2) / 153;
    year += cycle * 400 + century * 100 + four_years * 4;

    return (Civil){.year = month < 10 ? year : year + 1,
                   .month = month < 10 ? month + 3 : month - 9,
                   .day = rest - days_before_month(month) + 1};
}

void day_print(double day, char out[16])
{
    char text[48] = "not a date";
    Civil civil;

    if (isinf(day)) {
        strcpy(text, day > 0 ? "never" : "-never");
    } else if (fabs(day) <= FARTHEST_DAY) {
        civil = day_to_civil((Day)floor(day));
        snprintf(text, sizeof text, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
    }
    memcpy(out, text, 15);
    out[15] = '\0';
}

Day day_add_whole_months(Day day, int months)
{
    Civil civil = day_to_civil(day);
    int total = civil.year * 12 + civil.month - 1 + months;
    int year = divide_down(total, 12);
    int month = total - year * 12 + 1;
    int last = days_in_month(year, month);

    return day_from_civil(year, month, civil.day < last ? civil.day : last);
}

/* Answers for dates and durations that no calendar holds; false for ordinary ones. */
static bool is_beyond_calendar(double date, double duration, double farthest, double *result)
{
    if (isnan(date) || isnan(duration)) {
        *result = date + duration;
        return true;
    }
    if (isinf(date)) {
        *result = date;
        return true;
    }
    if (fabs(duration) > farthest || fabs(date) > FARTHEST_DAY) {
        *result = (fabs(date) > FARTHEST_DAY ? date : duration) < 0 ? -DATE_NEVER : DATE_NEVER;
        return true;
    }
    return false;
}

double date_add_months(double date, double months)
{
    double result = 0;
    double whole = floor(months);
    double fraction = months - whole;
    Day start = 0;
    Day begun = 0;
    Day next = 0;

    if (is_beyond_calendar(date, months, FARTHEST_MONTHS, &result))
        return result;
    start = (Day)floor(date);
    begun = day_add_whole_months(start, (int)whole);
    if (fraction == 0)
        return begun;
    next = day_add_whole_months(start, (int)whole + 1);
    return begun + floor(fraction * (next - begun) + 0.5);
}

double date_add_days(double date, double days)
{
    double result = 0;

    if (is_beyond_calendar(date, days, FARTHEST_DAY, &result))
        return result;
    return floor(date) + floor(days + 0.5);
}

double date_months_between(double a, double b)
{
    Day from = 0;
    Day to = 0;
    Day begun = 0;
    int months = 0;
    Civil a_civil;
    Civil b_civil;

    if (isnan(a) || isnan(b))
        return a + b;
    if (isinf(b))
        return b;
    if (isinf(a))
        return -a;
    if (fabs(a) > FARTHEST_DAY || fabs(b) > FARTHEST_DAY)
        return a < b ? DATE_NEVER : -DATE_NEVER;
    from = (Day)floor(a);
    to = (Day)floor(b);
    a_civil = day_to_civil(from);
    b_civil = day_to_civil(to);
    months = (b_civil.year - a_civil.year) * 12 + b_civil.month - a_civil.month;
    begun = day_add_whole_months(from, months);
    if (begun > to)
        begun = day_add_whole_months(from, --months);
    return months + (double)(to - begun) / (day_add_whole_months(from, months + 1) - begun);
}

double date_month_day(double date)
{
    Civil civil;

    if (!(fabs(date) <= FARTHEST_DAY))
        return __builtin_nan("");
    civil = day_to_civil((Day)floor(date));
    return ((civil.year - 1970) * 12 + civil.month - 1) * 32 + civil.day;
}

int32_t step_ordinal(Step step, Day day)
{
    Civil civil = day_to_civil(day);
    int months = (civil.year - 1970) * 12 + civil.month - 1;

    switch (step) {
    case STEP_DAY:
        return day;
    case STEP_WEEK:
        return divide_down(day + 3, 7); /* week 0 began on Monday 1969-12-29 */
    case STEP_MONTH:
        return months;
    case STEP_QUARTER:
        return divide_down(months, 3);
    case STEP_YEAR:
        break;
    }
    return civil.year - 1970;
}

Day step_first_day(Step step, int32_t ordinal)
{
    int months = ordinal;

    switch (step) {
    case STEP_DAY:
        return ordinal;
    case STEP_WEEK:
        return ordinal * 7 - 3;
    case STEP_MONTH:
        break;
    case STEP_QUARTER:
        months = ordinal * 3;
        break;
    case STEP_YEAR:
        months = ordinal * 12;
        break;
    }
    return day_add_whole_months(0, months);
}

Day step_last_day(Step step, int32_t ordinal)
{
    return step_first_day(step, ordinal + 1) - 1;
}

double step_months(Step step)
{
    switch (step) {
    case STEP_DAY:
        return 1.0 / DAYS_PER_MONTH;
    case STEP_WEEK:
        return 7.0 / DAYS_PER_MONTH;
    case STEP_MONTH:
        return 1.0;
    case STEP_QUARTER:
        return 3.0;
    case STEP_YEAR:
        break;
    }
    return 12.0;
}
