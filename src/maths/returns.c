/* The rate of return: outward from zero to the first change of sign, then by halves. */
#include "maths/returns.h"

#include "maths/maths.h"

#include <math.h>
#include <stdbool.h>

/* A tenth of a natural logarithm a step: 10.5 % a year, and the last 22,000 times a year. */
enum { STEPS = 100, STEPS_PER_LOG = 10 };
static const double WIDTH = 0x1p-46; /* of the logarithm, where halving ends: under 2e-14 */

typedef struct {
    const double *flows;
    size_t n;
    double years_per_period;
} Series;

/* Worth of the flows at the first of them, when a year multiplies by e^growth. */
static double worth(const Series *s, double growth)
{
    double v = gw_exp(-growth * s->years_per_period);
    double sum = 0;

    for (size_t t = s->n; t-- > 0;)
        sum = sum * v + s->flows[t];
    return sum;
}

static double halve(const Series *s, double low, double high, bool is_low_positive)
{
    while (high - low > WIDTH) {
        double middle = low + (high - low) / 2;

        if ((worth(s, middle) > 0) == is_low_positive)
            low = middle;
        else
            high = middle;
    }
    return gw_exp(low + (high - low) / 2) - 1;
}

double gw_rate_of_return(const double *flows, size_t n, double years_per_period)
{
    bool has_in = false, has_out = false;

    for (size_t t = 0; t < n; t++) {
        if (!isfinite(flows[t]))
            return GW_NAN;
        has_in |= flows[t] > 0;
        has_out |= flows[t] < 0;
    }
    if (!has_in || !has_out)
        return has_out ? -1 : GW_NAN;
    while (flows[0] == 0) {
        flows++;
        n--;
    }

    const Series s = {flows, n, years_per_period};
    double above = 0, below = 0;
    bool is_positive = worth(&s, 0) > 0;
    if (worth(&s, 0) == 0)
        return 0;
    for (int k = 1; k <= STEPS; k++) {
        double growth = (double)k / STEPS_PER_LOG;

        if ((worth(&s, growth) > 0) != is_positive)
            return halve(&s, above, growth, is_positive);
        if ((worth(&s, -growth) > 0) != is_positive)
            return halve(&s, -growth, below, !is_positive);
        above = growth;
        below = -growth;
    }
    return GW_NAN;
}
