/* When `every PERIOD` rules fall due; shared by the tile engine and the scalar oracle. */
#ifndef GW_BASE_SCHEDULE_H
#define GW_BASE_SCHEDULE_H

#include "base/date.h"

typedef struct {
    bool is_due;
    double stretch_months; /* step_months, or step_days / 30.4375 */
    double stretch_days;   /* calendar days of the stretch that falls due */
} Due;

/* A rule of step (months or days, the other zero) over the term [start, end):
 * in arrears due at start + 1, 2, ... steps up to and including end; in advance
 * from start, each strictly before end. At most one falls in a clock period
 * [first, last]. start or end may be DATE_NEVER; start NaN is never due. */
Due schedule_due_in_term(double start, double end, uint32_t step_months, uint32_t step_days,
                         bool is_in_advance, Day first, Day last);
/* Without a term: on the last day of the calendar PERIOD, counted from 1970
 * (3 months: calendar quarters; 14 days: two weeks from a Monday, as step_ordinal
 * counts them). In advance: on its first day. */
Due schedule_due_by_calendar(uint32_t step_months, uint32_t step_days, bool is_in_advance,
                             Day first, Day last);

#endif
