/* Project finance on plain arrays: sizing a debt, and payback. */
#include "contracts/finance.h"

#include <math.h>

double finance_debt_capacity(const double *cash, size_t n_loan, double rate, double cover)
{
    double share = 1 / cover, sum = 0;

    for (size_t t = n_loan; t-- > 0;)
        sum = (sum + cash[t] * share) / (1 + rate);
    return sum;
}

double finance_payback(double cost, const double *flows, size_t n)
{
    double sum = 0;

    if (cost <= 0)
        return 0;
    for (size_t t = 0; t < n; t++) {
        if (sum + flows[t] >= cost)
            return (double)t + (cost - sum) / flows[t];
        sum += flows[t];
    }
    return INFINITY;
}
