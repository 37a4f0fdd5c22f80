/* Project finance on plain arrays: annuities, returns, repayment shapes, cover ratios, sizing.
 *
 * Flow 0 is not discounted. Rates are per period of the flows. Only + - * / and
 * comparisons feed the results, apart from the day-count powers of the dated forms. */
#ifndef GW_CONTRACTS_FINANCE_H
#define GW_CONTRACTS_FINANCE_H

#include "base/date.h"
#include <stdbool.h>
#include <stddef.h>

/* x^n for whole n >= 0 by squaring. */
double finance_power(double x, unsigned n);
/* The level payment that repays `principal` in n payments in arrears. */
double finance_annuity(double principal, double rate, unsigned n);
double finance_present_value(double rate, const double *flows, size_t n);
/* The spreadsheet's NPV, which discounts flow 0 by one period too. */
double finance_npv_from_one(double rate, const double *flows, size_t n);

enum { FINANCE_MAX_ROOTS = 16 };
typedef struct {
    size_t count; /* 0: no rate makes the present value nothing */
    double rates[FINANCE_MAX_ROOTS];
} Roots;

/* All internal rates of return in (-0.9999, 10000), ascending: the sign of the
 * present value on a log grid of 1 + r, then bisection to the last bit. */
Roots finance_irr_all(const double *flows, size_t n);
/* The root nearest to zero; NaN when there is none. */
double finance_irr(const double *flows, size_t n);
/* Present value and returns on actual days over 365, whatever the leap years. */
double finance_xnpv(double rate, const double *flows, const Day *days, size_t n);
Roots finance_xirr_all(const double *flows, const Day *days, size_t n);
double finance_xirr(const double *flows, const Day *days, size_t n);
double finance_mirr(const double *flows, size_t n, double finance_rate, double reinvest_rate);

/* Debt service sculpted to a cover ratio: service = cash / cover. Returns the debt that
 * it carries; fills principal (NULL allowed). A principal below zero means the cash
 * does not cover the interest at this ratio in that period. */
double finance_sculpt(const double *cash, size_t n, double rate, double cover, double *principal);
/* The debt that level service at this cover of the least cash carries. */
double finance_level_capacity(const double *cash, size_t n, double rate, double cover);
/* Debt by the bank's test: cash over the first n_loan periods over cover, discounted. */
double finance_debt_capacity(const double *cash, size_t n_loan, double rate, double cover);
/* cash / service per period; NaN, not tested, where the service is zero. */
void finance_dscr(const double *cash, const double *service, size_t n, double *ratio);
/* Present value of cash over `debt`, flows one period after the balance date. To maturity
 * (LLCR) or to the end of life (PLCR) is the caller's n. */
double finance_cover_of_life(const double *cash, size_t n, double rate, double debt);
/* The time at which cumulative flows (each at the end of its period, spread evenly over
 * it) reach `cost`; +infinity when they do not. */
double finance_payback(double cost, const double *flows, size_t n);

/* Delayed-draw construction debt: see finance_build_debt. */
typedef struct {
    double commitment, rate, undrawn_fee; /* per period */
    bool capitalise;
} ConstructionLoan;
/* Draws at the start of each period; interest on the balance after the draw and the fee on
 * what is then undrawn; balances (n) after both. Returns the last balance. */
double finance_build_debt(const ConstructionLoan *loan, const double *draws, size_t n,
                          double *balances);

/* One period of a waterfall; each level takes the lesser of what is left and its due. */
typedef struct {
    double cash, operations, tax, debt_service, reserve, reserve_target, sweep_share;
} WaterfallIn;
typedef struct {
    double available; /* for debt service */
    double served, reserve_release, reserve_fill, swept, distributed, unpaid;
} WaterfallOut;
WaterfallOut finance_waterfall(const WaterfallIn *in);

#endif
