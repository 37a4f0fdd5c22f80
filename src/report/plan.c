/* PLAN: where the money for what falls due comes from.
 *
 * Over the clock and, on request, over each year, of the means:
 *   due = what came in, by group, + cash drawn down + what is left unpaid.
 * In a year in which old debts are paid off more than new ones stay, the gap is below zero. */
#include "report/section.h"

#include <math.h>

typedef enum { FROM_OPERATIONS, FROM_DEBT, FROM_EQUITY, FROM_VENDORS, FROM_OTHER, N_GROUPS } Group;

typedef struct {
    double due, paid, received[N_GROUPS];
} Plan;

/* Whether one of the two pays the other, in whatever money, what that books as such. */
static bool is_paid_as(const Model *model, const Slot *slot, AccountType type, uint32_t payer,
                       uint32_t payee)
{
    const Party *parties = model->parties.items;
    uint32_t account = model->categories.items[slot->category].payee;

    return parties[slot->payer].owner == parties[payer].owner &&
           parties[slot->payee].owner == parties[payee].owner &&
           model->accounts.items[account].type == type;
}

static bool is_loan(const Model *model, uint32_t contract, uint32_t lender, uint32_t borrower)
{
    for (size_t i = 0; contract != NO_ID && i < model->slots.count; i++)
        if (model->slots.items[i].contract == contract &&
            is_paid_as(model, &model->slots.items[i], ACCOUNT_LIABILITY, lender, borrower))
            return true;
    return false;
}

/* The interest on a loan is no sale of the lender's. */
static bool buys_from(const Model *model, uint32_t buyer, uint32_t seller)
{
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        if (is_paid_as(model, slot, ACCOUNT_INCOME, buyer, seller) &&
            !is_loan(model, slot->contract, seller, buyer))
            return true;
    }
    return false;
}

/* By what the payee books it as: sales are operations, a liability is debt; money for shares or
 * loans from one who sells to the party is the vendor's. What is changed from one money into
 * another, which both sides book alike, is neither debt nor equity. */
static Group group_of(const Report *r, const Slot *slot)
{
    const Model *model = r->model;
    const Category *category = &model->categories.items[slot->category];
    AccountType type = model->accounts.items[category->payee].type;

    if (type == ACCOUNT_INCOME)
        return FROM_OPERATIONS;
    if (category->payer == category->payee)
        return FROM_OTHER;
    if (type != ACCOUNT_LIABILITY && type != ACCOUNT_EQUITY)
        return FROM_OTHER;
    if (!model->parties.items[slot->payer].is_outside && buys_from(model, slot->payee, slot->payer))
        return FROM_VENDORS;
    return type == ACCOUNT_LIABILITY ? FROM_DEBT : FROM_EQUITY;
}

static Plan make_plan(const Report *r, uint32_t party, uint32_t first, uint32_t last)
{
    Plan plan = {0};

    for (size_t i = 0; i < r->model->slots.count; i++) {
        const Slot *slot = &r->model->slots.items[i];
        if (slot->payer == slot->payee)
            continue;
        if (slot->payer == party) {
            plan.due += flow_mean(r->model, r->result, (uint32_t)i, first, last, false);
            plan.paid += flow_mean(r->model, r->result, (uint32_t)i, first, last, true);
        }
        if (slot->payee == party)
            plan.received[group_of(r, slot)] +=
                flow_mean(r->model, r->result, (uint32_t)i, first, last, true);
    }
    return plan;
}

static void add_term(Buffer *out, const char *name, double money, Scale scale, size_t *n_terms)
{
    if (fabs(money) < 0.0005 * scale.divisor)
        return;
    buffer_string(out, *n_terms == 0 ? " = " : money < 0 ? " - " : " + ");
    buffer_format(out, "%s ", name);
    add_scaled(out, scale, *n_terms == 0 ? money : fabs(money));
    *n_terms += 1;
}

static double received(const Plan *plan)
{
    double sum = 0;

    for (int group = 0; group < N_GROUPS; group++)
        sum += plan->received[group];
    return sum;
}

static const char *const group_names[] = {"operations", "debt", "equity", "vendors", "other"};

static void write_plan(Report *r, uint32_t party, bool is_first)
{
    Plan plan = make_plan(r, party, 0, r->model->n_periods - 1);
    double largest = fmax(plan.due, received(&plan));
    Scale scale =
        scale_for(book_money(r->model, party), 1, largest / 10); /* 1,070 bn, not 1.07 tn */
    Buffer out = {.arena = r->arena};
    size_t n_terms = 0;

    buffer_format(&out, "%.*s owes ", TEXT_ARG(party_title(r->model, party)));
    if (plan.due > 0)
        add_amount(&out, scale, plan.due);
    else
        buffer_format(&out, r->model->monies.count > 1 ? "nothing in %.*s" : "nothing",
                      TEXT_ARG(book_money(r->model, party)));
    buffer_string(&out, " over the clock (mean)");
    for (int group = 0; group < N_GROUPS; group++)
        add_term(&out, group_names[group], plan.received[group], scale, &n_terms);
    add_term(&out, plan.paid >= received(&plan) ? "cash drawn down" : "cash built up",
             plan.paid - received(&plan), scale, &n_terms);
    add_term(&out, "gap, unpaid at the end", plan.due - plan.paid, scale, &n_terms);
    add_section(r, is_first ? "PLAN" : "", buffer_view(&out));
}

/* --- by year --- */

/* due, the groups, cash, gap: what a row of the table holds, of which due is the sum. */
enum { N_TERMS = N_GROUPS + 3 };

static void terms_of(const Plan *plan, double terms[N_TERMS])
{
    terms[0] = plan->due;
    for (int group = 0; group < N_GROUPS; group++)
        terms[1 + group] = plan->received[group];
    terms[1 + N_GROUPS] = plan->paid - received(plan);
    terms[2 + N_GROUPS] = plan->due - plan->paid;
}

/* A column in which nothing ever stands is left out. */
static void write_by(Report *r, const View *view, uint32_t party)
{
    static const char *const heads[] = {"due",       "= operations", "+ debt",      "+ equity",
                                        "+ vendors", "+ other",      "+ from cash", "+ gap"};
    StretchList stretches = stretches_by(r->arena, r->model, view->by);
    double(*rows)[N_TERMS] = arena_array(r->arena, stretches.count + 1, sizeof *rows);
    double largest[N_TERMS] = {0};
    double most = 0;
    TextTable table = {.n_columns = 1};
    Scale scale;

    for (size_t s = 0; s < stretches.count; s++) {
        Plan plan =
            make_plan(r, party, stretches.items[s].first_period, stretches.items[s].last_period);
        terms_of(&plan, rows[s]);
        for (int term = 0; term < N_TERMS; term++) {
            largest[term] = fmax(largest[term], fabs(rows[s][term]));
            most = fmax(most, largest[term]);
        }
    }
    scale = scale_for(book_money(r->model, party), 1, most / 10);
    for (int term = 0; term < N_TERMS; term++)
        table.n_columns += largest[term] >= 0.0005 * scale.divisor;
    table_add(
        r, &table,
        text_format(r->arena, "%.*s%.*s", TEXT_ARG(view->by), TEXT_ARG(unit_words(r, scale))));
    for (size_t row = 0; row <= stretches.count; row++) {
        if (row > 0)
            table_add(r, &table, stretches.items[row - 1].name);
        for (int term = 0; term < N_TERMS; term++) {
            Buffer cell = {.arena = r->arena};
            if (largest[term] < 0.0005 * scale.divisor)
                continue;
            if (row == 0)
                buffer_string(&cell, heads[term]);
            else if (fabs(rows[row - 1][term]) < 0.0005 * scale.divisor)
                buffer_char(&cell, '0');
            else
                add_scaled(&cell, scale, rows[row - 1][term]);
            table_add(r, &table, buffer_view(&cell));
        }
    }
    table_write(r, &table);
}

/* A party's plan is that of all its books, one after the other. */
static bool is_planned(const Model *model, uint32_t named, uint32_t party)
{
    return party == named ||
           (party < model->parties.count && model->parties.items[party].owner == named);
}

void section_plan(Report *r)
{
    bool is_first = true;

    for (size_t v = 0; v < r->model->views.count; v++) {
        const View *view = &r->model->views.items[v];
        if (!text_is(view->name, "plan") || view->party == NO_ID)
            continue;
        for (uint32_t p = view->party; is_planned(r->model, view->party, p); p++) {
            write_plan(r, p, is_first);
            if (view->by.length > 0)
                write_by(r, view, p);
            is_first = false;
        }
    }
}
