/* The rate of return of a series of payments. */
#ifndef GW_MATHS_RETURNS_H
#define GW_MATHS_RETURNS_H

#include <stddef.h>

/* The effective yearly rate at which `flows`, one at the end of each period, are worth nothing
 * together: the one nearest to zero, as growth over a year from e^-10 to e^10. Without a flow
 * that comes in it is -1, all is lost; NaN where there is none. */
double gw_rate_of_return(const double *flows, size_t n, double years_per_period);

#endif
