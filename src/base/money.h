/* Whole-number money: doubles that hold whole minor units below 2^53. */
#ifndef GW_BASE_MONEY_H
#define GW_BASE_MONEY_H

#include <stdbool.h>

/* One past the largest exact whole number of minor units. */
#define MONEY_LIMIT 9007199254740992.0

/* Rounds half to even, whatever the floating-point environment (exact below 2^52). */
double money_round(double minor_units);
/* Rounds `exact + *remainder` and keeps what was cut in *remainder: how a
 * contract carries its sub-cent part to its next posting of one category. */
double money_round_carry(double exact, double *remainder);
static inline bool money_is_exact(double minor_units)
{
    return minor_units > -MONEY_LIMIT && minor_units < MONEY_LIMIT;
}

#endif
