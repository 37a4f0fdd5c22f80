/* Project finance on plain arrays: what a bank lends on cash, and when a cost is paid back.
 *
 * Rates are per period of the flows, each of which falls at the end of its period. */
#ifndef GW_CONTRACTS_FINANCE_H
#define GW_CONTRACTS_FINANCE_H

#include <stddef.h>

/* Debt by the bank's test: cash over the first n_loan periods over cover, discounted. */
double finance_debt_capacity(const double *cash, size_t n_loan, double rate, double cover);
/* The time at which cumulative flows (each spread evenly over its period) reach `cost`;
 * +infinity when they do not. */
double finance_payback(double cost, const double *flows, size_t n);

#endif
