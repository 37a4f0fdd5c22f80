/* BANK TEST: whether what an asset earns repays a loan before it is worn out.
 *
 * Years count from the loan's first payment; the cash is the mean of what the borrower earns
 * less what it spends, lowered by `decline` from year to year. */
#include "report/section.h"

#include "contracts/finance.h"

#include <math.h>

enum { MOST_YEARS = 100 };

typedef struct {
    double decline, cover, rate, tail;
    double cost, principal; /* money */
    uint32_t borrower, first_period;
    size_t n_years; /* of life after the loan is drawn */
    double cash[MOST_YEARS];
} BankTest;

/* A constant setting, by any of its names; `usual` when there is none. */
static double setting(const View *view, const char *name, const char *other, double usual)
{
    for (size_t i = 0; i < view->setting_names.count; i++)
        if ((text_is(view->setting_names.items[i], name) ||
             text_is(view->setting_names.items[i], other)) &&
            isfinite(view->setting_values.items[i]))
            return view->setting_values.items[i];
    return usual;
}

static AccountType account_type(const Model *model, uint32_t category, bool is_payee)
{
    const Category *about = &model->categories.items[category];
    return model->accounts.items[is_payee ? about->payee : about->payer].type;
}

/* The first period in which the loan is paid out, and how much it is in all. */
static void find_loan(const Report *r, const View *view, BankTest *test)
{
    test->borrower = NO_ID;
    test->first_period = r->model->n_periods;
    for (size_t i = 0; i < r->model->slots.count; i++) {
        const Slot *slot = &r->model->slots.items[i];
        if (slot->contract != view->contract ||
            account_type(r->model, slot->category, true) != ACCOUNT_LIABILITY)
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

/* What the borrower spends on plant over the clock, and earns in each year after the loan. */
static void find_cash(const Report *r, BankTest *test)
{
    for (size_t i = 0; i < r->model->slots.count; i++) {
        const Slot *slot = &r->model->slots.items[i];
        bool is_earned = slot->payee == test->borrower &&
                         account_type(r->model, slot->category, true) == ACCOUNT_INCOME;
        bool is_spent = slot->payer == test->borrower &&
                        account_type(r->model, slot->category, false) == ACCOUNT_EXPENSE &&
                        slot->contract != NO_ID;
        if (slot->payer == test->borrower &&
            account_type(r->model, slot->category, false) == ACCOUNT_ASSET)
            test->cost +=
                flow_mean(r->model, r->result, (uint32_t)i, 0, r->model->n_periods - 1, true);
        for (uint32_t period = test->first_period;
             (is_earned || is_spent) && period < r->model->n_periods; period++) {
            double paid = flow_mean(r->model, r->result, (uint32_t)i, period, period, true);
            double years_after = date_months_between(r->model->first_days[test->first_period],
                                                     r->model->first_days[period]) /
                                 12;
            if (years_after < MOST_YEARS)
                test->cash[(size_t)years_after] += is_earned ? paid : -paid;
        }
    }
}

static uint32_t whole_years(const Report *r, const BankTest *test)
{
    return (uint32_t)(date_months_between(r->model->first_days[test->first_period],
                                          (double)r->model->until + 1) /
                      12);
}

static BankTest make_bank_test(const Report *r, const View *view)
{
    BankTest test = {.decline = setting(view, "decline", "fall", 0),
                     .cover = setting(view, "dscr", "cover", 1.3),
                     .rate = setting(view, "rate", "interest", 0.09),
                     .tail = setting(view, "tail", "spare", 0)};
    double left = 1;

    find_loan(r, view, &test);
    if (test.borrower == NO_ID || test.first_period == r->model->n_periods)
        return test;
    find_cash(r, &test);
    test.n_years = (size_t)setting(view, "life", "years", (double)whole_years(r, &test));
    test.n_years = test.n_years > MOST_YEARS ? MOST_YEARS : test.n_years;
    test.cost = setting(view, "cost", "price", test.cost > 0 ? test.cost : test.principal);
    for (size_t year = 0; year < test.n_years; year++, left *= 1 - test.decline)
        test.cash[year] *= left;
    return test;
}

static void add_payback(Buffer *out, const BankTest *test)
{
    double payback = finance_payback(test->cost, test->cash, test->n_years);

    if (isinf(payback)) {
        buffer_format(out, ": payback not within %zu years", test->n_years);
        return;
    }
    buffer_string(out, ": payback ");
    add_number(out, payback);
    buffer_format(out, " years of %zu", test->n_years);
}

static void add_sized_debt(const Report *r, Buffer *out, const BankTest *test)
{
    size_t loan_years = (double)test->n_years > test->tail ? test->n_years - (size_t)test->tail : 0;
    double sized = finance_debt_capacity(test->cash, loan_years, test->rate, test->cover);

    sized = sized > 0 ? sized : 0;
    buffer_string(out, "; a bank that wants cover of ");
    add_number(out, test->cover);
    buffer_string(out, " at ");
    add_percent(out, test->rate);
    buffer_string(out, " % lends ");
    add_money(out, r->model, sized);
    buffer_string(out, " of ");
    add_money(out, r->model, test->cost);
    buffer_string(out, " (LTV ");
    add_number(out, test->cost > 0 ? sized / test->cost : 0);
    buffer_string(out, "), equity ");
    add_money(out, r->model, sized < test->cost ? test->cost - sized : 0);
}

static void write_bank_test(Report *r, const View *view, bool is_first)
{
    BankTest test = make_bank_test(r, view);
    Text loan = r->model->contracts.items[view->contract].name;
    Buffer out = {.arena = r->arena};

    if (test.borrower == NO_ID || test.first_period == r->model->n_periods) {
        buffer_format(&out, "%.*s is never paid out", TEXT_ARG(loan));
    } else {
        buffer_format(&out, "%.*s, on all that %.*s earns", TEXT_ARG(loan),
                      TEXT_ARG(party_title(r->model, test.borrower)));
        if (test.decline != 0) {
            buffer_string(&out, " falling ");
            add_percent(&out, test.decline);
            buffer_string(&out, " % a year");
        }
        add_payback(&out, &test);
        add_sized_debt(r, &out, &test);
    }
    add_section(r, is_first ? "BANK TEST" : "", buffer_view(&out));
}

void section_bank_test(Report *r)
{
    bool is_first = true;

    for (size_t v = 0; v < r->model->views.count; v++) {
        const View *view = &r->model->views.items[v];
        if (!text_is(view->name, "bank_test") || view->contract == NO_ID)
            continue;
        write_bank_test(r, view, is_first);
        is_first = false;
    }
}
