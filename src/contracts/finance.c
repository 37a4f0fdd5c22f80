/* Project finance on plain arrays: annuities, returns, repayment shapes, cover ratios, sizing. */
#include "contracts/finance.h"

#include <math.h>

double finance_power(double x, unsigned n)
{
    double result = 1;

    for (double square = x; n > 0; n /= 2, square *= square)
        if (n % 2)
            result *= square;
    return result;
}

double finance_annuity(double principal, double rate, unsigned n)
{
    if (n == 0)
        return 0;
    if (rate == 0)
        return principal / n;
    return principal * rate / (1 - 1 / finance_power(1 + rate, n));
}

double finance_present_value(double rate, const double *flows, size_t n)
{
    double factor = 1 / (1 + rate), sum = 0;

    for (size_t t = n; t-- > 0;)
        sum = sum * factor + flows[t];
    return sum;
}

double finance_npv_from_one(double rate, const double *flows, size_t n)
{
    return finance_present_value(rate, flows, n) / (1 + rate);
}

/* ---- roots -------------------------------------------------------------------
 * Both returns look for where a value changes sign as x = 1 + r runs over a log grid;
 * two roots closer than a fiftieth of x may be missed together. For x below 1 the value
 * at the end is used instead of the present one: the sign is the same, and neither
 * grows out of range. */

#define GRID_FROM 0.0001
#define GRID_TO 10001.0
#define GRID_STEP 1.02

typedef struct {
    const double *flows;
    const Day *days; /* NULL: one period apart */
    size_t n;
    Day first, last;
} Flows;

static double value_at(const Flows *f, double x)
{
    double sum = 0;

    if (f->days) {
        for (size_t i = 0; i < f->n; i++) {
            int days = x < 1 ? f->last - f->days[i] : f->first - f->days[i];
            sum += f->flows[i] * pow(x, days / 365.0);
        }
        return sum;
    }
    if (x < 1)
        for (size_t t = 0; t < f->n; t++)
            sum = sum * x + f->flows[t];
    else
        for (size_t t = f->n; t-- > 0;)
            sum = sum / x + f->flows[t];
    return sum;
}

static double bisect(const Flows *f, double low, double high)
{
    bool rises = value_at(f, low) < 0;

    for (;;) {
        double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high))
            return middle;
        double value = value_at(f, middle);
        if (value == 0)
            return middle;
        if ((value < 0) == rises)
            low = middle;
        else
            high = middle;
    }
}

static Roots find_roots(const Flows *f)
{
    Roots roots = {0};
    double x = GRID_FROM, value = f->n > 0 ? value_at(f, x) : 0;

    while (f->n > 0 && x < GRID_TO && roots.count < FINANCE_MAX_ROOTS) {
        double next_x = x * GRID_STEP, next = value_at(f, next_x);
        if (value == 0)
            roots.rates[roots.count++] = x - 1;
        else if ((value < 0 && next > 0) || (value > 0 && next < 0))
            roots.rates[roots.count++] = bisect(f, x, next_x) - 1;
        x = next_x;
        value = next;
    }
    return roots;
}

static double nearest_to_zero(const Roots *roots)
{
    double best = NAN;

    for (size_t i = 0; i < roots->count; i++)
        if (isnan(best) || fabs(roots->rates[i]) < fabs(best))
            best = roots->rates[i];
    return best;
}

Roots finance_irr_all(const double *flows, size_t n)
{
    while (n > 0 && flows[n - 1] == 0)
        n--;
    while (n > 0 && flows[0] == 0) {
        flows++;
        n--;
    }
    const Flows f = {.flows = flows, .n = n};
    return find_roots(&f);
}

double finance_irr(const double *flows, size_t n)
{
    Roots roots = finance_irr_all(flows, n);

    return nearest_to_zero(&roots);
}

double finance_xnpv(double rate, const double *flows, const Day *days, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += flows[i] * pow(1 + rate, (days[0] - days[i]) / 365.0);
    return sum;
}

Roots finance_xirr_all(const double *flows, const Day *days, size_t n)
{
    Flows f = {.flows = flows, .days = days, .n = 0};

    for (size_t i = 0; i < n; i++) {
        if (flows[i] == 0)
            continue;
        f.first = f.n == 0 || days[i] < f.first ? days[i] : f.first;
        f.last = f.n == 0 || days[i] > f.last ? days[i] : f.last;
        f.n = n;
    }
    return find_roots(&f);
}

double finance_xirr(const double *flows, const Day *days, size_t n)
{
    Roots roots = finance_xirr_all(flows, days, n);

    return nearest_to_zero(&roots);
}

double finance_mirr(const double *flows, size_t n, double finance_rate, double reinvest_rate)
{
    double paid = 0, earned = 0;

    if (n < 2)
        return NAN;
    for (size_t t = 0; t < n; t++) {
        if (flows[t] < 0)
            paid -= flows[t] / finance_power(1 + finance_rate, (unsigned)t);
        else
            earned += flows[t] * finance_power(1 + reinvest_rate, (unsigned)(n - 1 - t));
    }
    if (paid == 0 || earned == 0)
        return NAN;
    return pow(earned / paid, 1 / (double)(n - 1)) - 1;
}

/* ---- debt ----------------------------------------------------------------------- */

static double present_of_later(const double *flows, size_t n, double rate, double share)
{
    double sum = 0;

    for (size_t t = n; t-- > 0;)
        sum = (sum + flows[t] * share) / (1 + rate);
    return sum;
}

double finance_sculpt(const double *cash, size_t n, double rate, double cover, double *principal)
{
    double debt = present_of_later(cash, n, rate, 1 / cover), balance = debt;

    for (size_t t = 0; principal && t < n; t++) {
        principal[t] = cash[t] / cover - rate * balance;
        balance -= principal[t];
    }
    return debt;
}

double finance_level_capacity(const double *cash, size_t n, double rate, double cover)
{
    double least = n > 0 ? cash[0] : 0, sum = 0;

    for (size_t t = 1; t < n; t++)
        least = fmin(least, cash[t]);
    for (size_t t = 0; t < n; t++)
        sum = (sum + least / cover) / (1 + rate);
    return sum;
}

double finance_debt_capacity(const double *cash, size_t n_loan, double rate, double cover)
{
    return present_of_later(cash, n_loan, rate, 1 / cover);
}

void finance_dscr(const double *cash, const double *service, size_t n, double *ratio)
{
    for (size_t t = 0; t < n; t++)
        ratio[t] = service[t] != 0 ? cash[t] / service[t] : NAN;
}

double finance_cover_of_life(const double *cash, size_t n, double rate, double debt)
{
    return debt != 0 ? present_of_later(cash, n, rate, 1) / debt : NAN;
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

double finance_build_debt(const ConstructionLoan *loan, const double *draws, size_t n,
                          double *balances)
{
    double balance = 0;

    for (size_t t = 0; t < n; t++) {
        balance += draws[t];
        double fee = fmax(0, loan->commitment - balance) * loan->undrawn_fee;
        double interest = balance * loan->rate;
        if (loan->capitalise)
            balance += interest + fee;
        balances[t] = balance;
    }
    return balance;
}

WaterfallOut finance_waterfall(const WaterfallIn *in)
{
    WaterfallOut out = {0};
    double left = in->cash - in->operations - in->tax;

    out.available = left;
    out.served = fmin(fmax(0, left), in->debt_service);
    left = fmax(0, left) - out.served;
    out.reserve_release = fmin(in->reserve, in->debt_service - out.served);
    out.unpaid = in->debt_service - out.served - out.reserve_release;
    out.reserve_fill = fmin(left, fmax(0, in->reserve_target - in->reserve));
    left -= out.reserve_fill;
    out.swept = left * in->sweep_share;
    out.distributed = left - out.swept;
    return out;
}
