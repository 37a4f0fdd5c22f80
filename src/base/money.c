/* Rounding to whole minor units. */
#include "base/money.h"

#include <math.h>

static bool is_odd(double whole)
{
    return floor(whole * 0.5) * 2.0 != whole;
}

/* The distance to the floor is exact except within 2^-53 of zero from below,
 * where it still falls on the right side; so no rounding mode matters. */
double money_round(double minor_units)
{
    double below = floor(minor_units);
    double above_it = minor_units - below;

    if (above_it > 0.5 || (above_it == 0.5 && is_odd(below)))
        below += 1.0;
    return below + 0.0; /* -0 becomes 0 */
}

double money_round_carry(double exact, double *remainder)
{
    double total = exact + *remainder;
    double rounded = money_round(total);

    *remainder = total - rounded;
    return rounded;
}
