/* PLAN: where the money for what falls due comes from.
 *
 * due = what came in, by group, + cash drawn down + what is unpaid at the end. */
#include "report/section.h"

#include <math.h>

typedef enum { FROM_OPERATIONS, FROM_DEBT, FROM_EQUITY, FROM_VENDORS, FROM_OTHER, N_GROUPS } Group;

typedef struct {
    double due, paid, received[N_GROUPS];
} Plan;

static bool buys_from(const Model *model, uint32_t buyer, uint32_t seller)
{
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        uint32_t income = model->categories.items[slot->category].payee;
        if (slot->payer == buyer && slot->payee == seller &&
            model->accounts.items[income].type == ACCOUNT_INCOME)
            return true;
    }
    return false;
}

/* By what the payee books it as: sales are operations, a liability is debt; money for shares or
 * loans from one who sells to the party is the vendor's. */
static Group group_of(const Report *r, const Slot *slot)
{
    const Model *model = r->model;
    AccountType type = model->accounts.items[model->categories.items[slot->category].payee].type;

    if (type == ACCOUNT_INCOME)
        return FROM_OPERATIONS;
    if (type != ACCOUNT_LIABILITY && type != ACCOUNT_EQUITY)
        return FROM_OTHER;
    if (!model->parties.items[slot->payer].is_outside && buys_from(model, slot->payee, slot->payer))
        return FROM_VENDORS;
    return type == ACCOUNT_LIABILITY ? FROM_DEBT : FROM_EQUITY;
}

static Plan make_plan(const Report *r, uint32_t party)
{
    uint32_t last = r->model->n_periods - 1;
    Plan plan = {0};

    for (size_t i = 0; i < r->model->slots.count; i++) {
        const Slot *slot = &r->model->slots.items[i];
        if (slot->payer == slot->payee)
            continue;
        if (slot->payer == party) {
            plan.due += flow_mean(r->model, r->result, (uint32_t)i, 0, last, false);
            plan.paid += flow_mean(r->model, r->result, (uint32_t)i, 0, last, true);
        }
        if (slot->payee == party)
            plan.received[group_of(r, slot)] +=
                flow_mean(r->model, r->result, (uint32_t)i, 0, last, true);
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

static void write_plan(Report *r, const View *view, bool is_first)
{
    static const char *const names[] = {"operations", "debt", "equity", "vendors", "other"};
    Plan plan = make_plan(r, view->party);
    Scale scale = scale_for(r->model->currency, 1, plan.due / 10); /* 1,070 bn, not 1.07 tn */
    Buffer out = {.arena = r->arena};
    double received = 0;
    size_t n_terms = 0;

    buffer_format(&out, "%.*s owes ", TEXT_ARG(party_title(r->model, view->party)));
    add_amount(&out, scale, plan.due);
    buffer_string(&out, " over the clock (mean)");
    for (int group = 0; group < N_GROUPS; group++) {
        received += plan.received[group];
        add_term(&out, names[group], plan.received[group], scale, &n_terms);
    }
    add_term(&out, plan.paid >= received ? "cash drawn down" : "cash built up",
             plan.paid - received, scale, &n_terms);
    add_term(&out, "gap, unpaid at the end", plan.due - plan.paid, scale, &n_terms);
    add_section(r, is_first ? "PLAN" : "", buffer_view(&out));
}

void section_plan(Report *r)
{
    bool is_first = true;

    for (size_t v = 0; v < r->model->views.count; v++) {
        const View *view = &r->model->views.items[v];
        if (!text_is(view->name, "plan") || view->party == NO_ID)
            continue;
        write_plan(r, view, is_first);
        is_first = false;
    }
}
