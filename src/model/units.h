/* Units of measure, and the rules by which expressions combine them.
 *
 * A Unit is a small value: a product of dimensions with whole powers, and the
 * scale of one such unit in base units as a fraction. Time is one dimension with
 * the month as its base (a year is 12 months, a day 1/30.4375); everything else
 * is declared in the language. */
#ifndef GW_MODEL_UNITS_H
#define GW_MODEL_UNITS_H

#include "base/text.h"
#include "syntax/tree.h"
#include <stdbool.h>

enum { UNIT_MAX_FACTORS = 8, DIMENSION_TIME = 0 };

typedef struct {
    int n;
    struct {
        int dimension, power;
    } factors[UNIT_MAX_FACTORS]; /* by dimension, no power zero */
} Dimensions;

typedef struct {
    Dimensions dims;
    double numerator, denominator; /* base = written * numerator / denominator */
    double rate_months; /* length in months of the time unit it divides by, 0 without one */
    bool in_days;       /* a time written in days or weeks: dates add it by the calendar */
} Unit;

typedef struct {
    Text name, title;
    Unit unit;
    bool is_dimension, is_prefixed, is_currency;
    const Decl *decl;
} UnitDef;

typedef struct {
    Arena *arena;
    Table *names; /* UnitDef by name */
    LIST(UnitDef *) dimensions;
} UnitTable;

UnitTable *units_new(Arena *arena); /* with the units of time */
UnitDef *units_add_dimension(UnitTable *units, Text name);
/* A unit's definition by its name, prefixes included (kW for a `prefixed` W); NULL when unknown. */
const UnitDef *units_find(const UnitTable *units, Text name);

Unit unit_plain(void);
Unit unit_time(void); /* one month */
Unit unit_multiply(Unit a, Unit b);
Unit unit_divide(Unit a, Unit b);
/* False when a power is not whole or there are too many factors. */
bool unit_power(Unit a, double exponent, Unit *out);
bool dimensions_equal(const Dimensions *a, const Dimensions *b);
bool unit_is_plain(const Unit *u);
int unit_time_power(const Unit *u);
/* The factor of a magnitude word: k mn bn tn % pp bp; 1 of none, 0 of any other. */
double magnitude_factor(Text word);
/* "USD/month" from the dimensions alone. */
Text dimensions_print(Arena *arena, const UnitTable *units, const Dimensions *dims);

#endif
