/* BANK TEST: what a bank would lend on an asset, and whether the asset is paid back before it is
 * worn out.
 *
 * Years count from the loan's first payment. The cash is before debt service: the series named
 * by `cash`, else all that the borrower earns less what it spends; the mean over the paths, or
 * path by path where a chance is said. `decline` lowers it from year to year. */
#include "report/section.h"

#include "contracts/finance.h"
#include "maths/returns.h"

#include <math.h>

enum { MOST_YEARS = 100 };

typedef struct {
    double decline, cover, rate, tail, cap; /* cap: the most that is lent, of the cost */
    double cost, principal;                 /* money */
    Text currency;
    uint32_t borrower, first_period;
    uint32_t cash_output;  /* NO_ID: what the borrower earns */
    size_t n_years;        /* of life after the loan is drawn */
    double years_on_clock; /* of them, or more: no cash is known later */
    size_t n_loan_years;   /* of them before the tail */
    double cash[MOST_YEARS];
    const uint8_t *years; /* by period: whole years after the loan's first, at most MOST_YEARS */
    const double *months; /* by period: what a value of the cash series is multiplied by */
} BankTest;

/* Which setting has one of these names; the count when there is none. */
static size_t setting_at(const View *view, const char *name, const char *other)
{
    size_t i = 0;

    while (i < view->setting_names.count && !text_is(view->setting_names.items[i], name) &&
           !text_is(view->setting_names.items[i], other))
        i++;
    return i;
}

/* A constant setting, by any of its names; `usual` when there is none. */
static double setting(const View *view, const char *name, const char *other, double usual)
{
    size_t i = setting_at(view, name, other);

    return i < view->setting_names.count && isfinite(view->setting_values.items[i])
               ? view->setting_values.items[i]
               : usual;
}

static AccountType account_type(const Model *model, uint32_t category, bool is_payee)
{
    const Category *about = &model->categories.items[category];
    return model->accounts.items[is_payee ? about->payee : about->payer].type;
}

static bool is_lending(const Model *model, const Slot *slot)
{
    return account_type(model, slot->category, true) == ACCOUNT_LIABILITY;
}

/* The first period in which the loan is paid out, and how much it is in all. */
static void find_loan(const Report *r, const View *view, BankTest *test)
{
    test->borrower = NO_ID;
    test->first_period = r->model->n_periods;
    for (size_t i = 0; i < r->model->slots.count; i++) {
        const Slot *slot = &r->model->slots.items[i];
        if (slot->contract != view->contract || !is_lending(r->model, slot) ||
            r->model->parties.items[slot->payee].money != view->money)
            continue;
        test->borrower = slot->payee;
        for (uint32_t period = 0; period < r->model->n_periods; period++) {
            double lent = flow_mean(r->model, r->result, (uint32_t)i, period, period, true);
            test->principal += lent;
            if (lent > 0 && period < test->first_period)
                test->first_period = period;
        }
    }
}

/* Whether the borrower's payments under the slot's contract serve a debt: it borrowed there. */
static bool is_debt_service(const Report *r, const BankTest *test, const Slot *slot)
{
    for (size_t i = 0; i < r->model->slots.count; i++) {
        const Slot *other = &r->model->slots.items[i];
        if (other->contract == slot->contract && other->payee == test->borrower &&
            is_lending(r->model, other))
            return true;
    }
    return false;
}

static void add_slot(const Report *r, BankTest *test, uint32_t slot, bool is_earned)
{
    for (uint32_t period = test->first_period; period < r->model->n_periods; period++) {
        double paid = flow_mean(r->model, r->result, slot, period, period, true);
        size_t year = test->years[period];
        if (year < MOST_YEARS)
            test->cash[year] += is_earned ? paid : -paid;
    }
}

/* What the borrower earns less its expenses, debt service left out. */
static void find_earnings(const Report *r, BankTest *test)
{
    for (uint32_t i = 0; i < r->model->slots.count; i++) {
        const Slot *slot = &r->model->slots.items[i];
        if (slot->payee == test->borrower &&
            account_type(r->model, slot->category, true) == ACCOUNT_INCOME)
            add_slot(r, test, i, true);
        if (slot->payer == test->borrower && slot->contract != NO_ID &&
            account_type(r->model, slot->category, false) == ACCOUNT_EXPENSE &&
            !is_debt_service(r, test, slot))
            add_slot(r, test, i, false);
    }
}

/* What the borrower spends on plant over the clock: an asset to it and income to who sells it, so
 * neither a loan that it gives nor shares that it takes up. */
static double plant_bought(const Report *r, const BankTest *test)
{
    double bought = 0;

    for (uint32_t i = 0; i < r->model->slots.count; i++) {
        const Slot *slot = &r->model->slots.items[i];
        if (slot->payer == test->borrower &&
            account_type(r->model, slot->category, false) == ACCOUNT_ASSET &&
            account_type(r->model, slot->category, true) == ACCOUNT_INCOME)
            bought += flow_mean(r->model, r->result, i, 0, r->model->n_periods - 1, true);
    }
    return bought;
}

/* One path's cash by year, before the decline. */
static void find_path_cash(const Report *r, const BankTest *test, size_t path, double *cash)
{
    bool is_once = r->model->outputs.items[test->cash_output].is_once;
    const double *column = r->result->columns[test->cash_output];

    for (size_t year = 0; year < MOST_YEARS; year++)
        cash[year] = 0;
    for (uint32_t period = test->first_period; period < r->model->n_periods; period++) {
        size_t at = (is_once ? 0 : (size_t)period * (size_t)r->result->n_kept) + path;
        size_t year = test->years[period];
        if (year < MOST_YEARS)
            cash[year] += column[at] * test->months[period];
    }
}

static void decline_cash(const BankTest *test, double *cash)
{
    double left = 1;

    for (size_t year = 0; year < test->n_years; year++, left *= 1 - test->decline)
        cash[year] *= left;
}

static void find_mean_cash(const Report *r, BankTest *test)
{
    double n_good = (double)(r->result->n_kept - r->result->n_kept_failed);
    double cash[MOST_YEARS];

    for (size_t path = 0; path < r->result->n_kept; path++) {
        if (r->result->is_failed[path])
            continue;
        find_path_cash(r, test, path, cash);
        for (size_t year = 0; year < MOST_YEARS; year++)
            test->cash[year] += cash[year] / n_good;
    }
}

static double years_on_clock(const Report *r, const BankTest *test)
{
    return date_months_between(r->model->first_days[test->first_period],
                               (double)r->model->until + 1) /
           12;
}

/* Dates of each period, found once: paths are many. A series that is a rate stands per month. */
static void measure_periods(const Report *r, BankTest *test)
{
    const Model *model = r->model;
    bool is_rate = test->cash_output != NO_ID &&
                   model->outputs.items[test->cash_output].measure == MEASURE_RATE;
    uint8_t *years = ARENA_ARRAY(r->arena, uint8_t, model->n_periods);
    double *months = ARENA_ARRAY(r->arena, double, model->n_periods);

    for (uint32_t i = test->first_period; i < model->n_periods; i++) {
        double after =
            date_months_between(model->first_days[test->first_period], model->first_days[i]);
        years[i] = (uint8_t)fmin(after / 12, MOST_YEARS);
        months[i] = is_rate
                        ? date_months_between(model->first_days[i], (double)model->last_days[i] + 1)
                        : 1;
    }
    test->years = years;
    test->months = months;
}

static BankTest make_bank_test(const Report *r, const View *view)
{
    BankTest test = {.decline = setting(view, "decline", "fall", 0),
                     .cover = setting(view, "dscr", "cover", 1.3),
                     .rate = setting(view, "rate", "interest", 0.09),
                     .tail = setting(view, "tail", "spare", 0),
                     .cap = setting(view, "ltv", "cap", HUGE_VAL),
                     .currency = r->model->monies.items[view->money],
                     .cash_output = NO_ID};
    size_t cash = setting_at(view, "cash", "cash");
    double bought = 0;
    double years = 0;

    find_loan(r, view, &test);
    if (test.borrower == NO_ID || test.first_period == r->model->n_periods)
        return test;
    if (cash < view->setting_names.count)
        test.cash_output = view->setting_outputs.items[cash];
    measure_periods(r, &test);
    test.years_on_clock = years_on_clock(r, &test);
    if (test.cash_output != NO_ID)
        find_mean_cash(r, &test);
    else
        find_earnings(r, &test);
    years = setting(view, "life", "years", floor(test.years_on_clock));
    test.n_years = years > 0 ? (size_t)fmin(years, MOST_YEARS) : 0;
    test.n_loan_years = years > test.tail ? (size_t)fmin(years - test.tail, MOST_YEARS) : 0;
    bought = plant_bought(r, &test);
    test.cost = setting(view, "cost", "price", bought > 0 ? bought : test.principal);
    decline_cash(&test, test.cash);
    return test;
}

/* --- the three verdicts --- */

static double debt_on(const BankTest *test, const double *cash, double cover)
{
    return fmax(0, finance_debt_capacity(cash, test->n_loan_years, test->rate, cover));
}

/* Five digits: a test that can be done by hand is shown so that it can be. */
static void add_fine_money(Buffer *out, const BankTest *test, double money)
{
    Scale scale = scale_for(test->currency, 1, money);

    buffer_format(out, "%.5g", money / scale.divisor);
    add_unit(out, scale);
}

/* In how many paths the cash alone, with no cover, repays what was lent. */
static void add_repaid(const Report *r, Buffer *out, const BankTest *test)
{
    double cash[MOST_YEARS];
    size_t repaid = 0;
    size_t count = 0;

    if (test->cash_output == NO_ID)
        return;
    for (size_t path = 0; path < r->result->n_kept; path++) {
        if (r->result->is_failed[path])
            continue;
        find_path_cash(r, test, path, cash);
        decline_cash(test, cash);
        repaid += debt_on(test, cash, 1) >= test->principal;
        count++;
    }
    buffer_string(out, "; the cash alone repays it in ");
    add_chance(out, repaid, count);
    buffer_string(out, " of paths");
}

static double debt_at_most(const BankTest *test)
{
    return fmin(debt_on(test, test->cash, test->cover), test->cap * test->cost);
}

static const char *years_of(size_t count)
{
    return count == 1 ? "year" : "years";
}

static void write_lender(Report *r, const BankTest *test)
{
    double by_cost = test->cap * test->cost;
    double lent = debt_at_most(test);
    Buffer out = {.arena = r->arena};

    buffer_format(&out, "lender: %s, it would lend ", lent >= test->principal ? "yes" : "no");
    add_fine_money(&out, test, lent);
    buffer_string(&out, " of the ");
    add_fine_money(&out, test, test->principal);
    buffer_string(&out, " lent (LTV ");
    add_number(&out, test->cost > 0 ? lent / test->cost : 0);
    buffer_string(&out, ", own money ");
    add_fine_money(&out, test, fmax(0, test->cost - lent));
    buffer_string(&out, "), held by ");
    if (by_cost < debt_on(test, test->cash, test->cover)) {
        buffer_string(&out, "the cap of ");
        add_percent(&out, test->cap);
        buffer_string(&out, " % of the cost");
    } else {
        buffer_string(&out, "a cover of ");
        add_number(&out, test->cover);
        buffer_string(&out, " at ");
        add_percent(&out, test->rate);
        buffer_format(&out, " %% over %zu %s", test->n_loan_years, years_of(test->n_loan_years));
    }
    add_repaid(r, &out, test);
    add_section(r, "", buffer_view(&out));
}

static void add_payback(Buffer *out, const BankTest *test, double payback)
{
    if (isinf(payback)) {
        buffer_format(out, "payback not within a life of %zu %s", test->n_years,
                      years_of(test->n_years));
        return;
    }
    buffer_string(out, "payback ");
    add_number(out, payback);
    buffer_format(out, " of %zu %s", test->n_years, years_of(test->n_years));
}

static double return_of(const BankTest *test)
{
    double flows[MOST_YEARS + 1] = {-test->cost};

    for (size_t year = 0; year < test->n_years; year++)
        flows[year + 1] = test->cash[year];
    return gw_rate_of_return(flows, test->n_years + 1, 1);
}

static void write_sponsor(Report *r, const BankTest *test, double payback)
{
    double irr = return_of(test);
    Buffer out = {.arena = r->arena};

    buffer_format(&out, "sponsor: %s, ", isfinite(payback) && irr >= test->rate ? "yes" : "no");
    add_payback(&out, test, payback);
    if (isnan(irr)) {
        buffer_string(&out, ", no rate of return");
    } else {
        buffer_string(&out, ", it earns ");
        add_percent(&out, irr);
        buffer_format(&out, " %% a year, %s the loan's ",
                      irr >= test->rate ? "no less than" : "less than");
        add_percent(&out, test->rate);
        buffer_string(&out, " %");
    }
    add_section(r, "", buffer_view(&out));
}

/* Cash after the clock's end is not known, and counts as none. */
static void write_warning(Report *r, const BankTest *test)
{
    Buffer out = {.arena = r->arena};

    if ((double)test->n_years <= test->years_on_clock)
        return;
    buffer_string(&out, "the clock holds ");
    add_number(&out, test->years_on_clock);
    buffer_format(&out, " of the %zu %s of life: no cash is counted later", test->n_years,
                  years_of(test->n_years));
    add_section(r, "", buffer_view(&out));
}

/* "Paid back before it is worn out." */
static void write_rule(Report *r, const BankTest *test, double payback)
{
    Buffer out = {.arena = r->arena};

    buffer_format(&out, "payback within life: %s, ", isfinite(payback) ? "yes" : "no");
    add_payback(&out, test, payback);
    add_section(r, "", buffer_view(&out));
}

static void write_bank_test(Report *r, const View *view, bool is_first)
{
    BankTest test = make_bank_test(r, view);
    Text loan = r->model->contracts.items[view->contract].name;
    const char *heading = is_first ? "BANK TEST" : "";
    bool is_one = r->model->monies.count == 1;
    Buffer out = {.arena = r->arena};
    double payback = 0;

    if (test.borrower == NO_ID || test.first_period == r->model->n_periods) {
        buffer_format(&out, "%.*s is never paid out", TEXT_ARG(loan));
        if (!is_one)
            buffer_format(&out, " in %.*s", TEXT_ARG(test.currency));
        add_section(r, heading, buffer_view(&out));
        return;
    }
    if (test.cash_output != NO_ID)
        buffer_format(&out, "%.*s, on %.*s", TEXT_ARG(loan),
                      TEXT_ARG(output_title(r->model, test.cash_output)));
    else
        buffer_format(&out, "%.*s, on all that %.*s earns%s%.*s before debt service",
                      TEXT_ARG(loan), TEXT_ARG(party_title(r->model, test.borrower)),
                      is_one ? "" : " in ", is_one ? 0 : (int)test.currency.length,
                      test.currency.bytes);
    if (test.decline != 0) {
        buffer_string(&out, ", falling ");
        add_percent(&out, test.decline);
        buffer_string(&out, " % a year");
    }
    buffer_string(&out, ", against a cost of ");
    add_fine_money(&out, &test, test.cost);
    add_section(r, heading, buffer_view(&out));
    write_warning(r, &test);
    payback = finance_payback(test.cost, test.cash, test.n_years);
    write_lender(r, &test);
    write_sponsor(r, &test, payback);
    write_rule(r, &test, payback);
}

static bool is_bank_test(const View *view)
{
    return text_is(view->name, "bank_test") && view->contract != NO_ID;
}

bool bank_verdict_of(Arena *arena, const Model *model, const RunResult *result, const View *view,
                     BankVerdict *out)
{
    const Report r = {.arena = arena, .model = model, .result = result};

    if (!is_bank_test(view))
        return false;
    BankTest test = make_bank_test(&r, view);
    bool is_lent = test.borrower != NO_ID && test.first_period < model->n_periods;
    *out = (BankVerdict){.lent = test.principal, .life_years = test.n_years};
    if (!is_lent)
        return true;
    out->cost = test.cost;
    out->would_lend = debt_at_most(&test);
    out->payback_years = finance_payback(test.cost, test.cash, test.n_years);
    out->rate_of_return = return_of(&test);
    out->years_without_cash = fmax(0, (double)test.n_years - test.years_on_clock);
    return true;
}

void section_bank_test(Report *r)
{
    bool is_first = true;

    for (size_t v = 0; v < r->model->views.count; v++) {
        const View *view = &r->model->views.items[v];
        if (!is_bank_test(view))
            continue;
        write_bank_test(r, view, is_first);
        is_first = false;
    }
}
