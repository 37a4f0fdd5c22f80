/* What is shown of a model: views, and the series that they need. */
#include "model/checker.h"

#include <math.h>

Env closing_env(Checker *c, Text owner_name)
{
    return (Env){.self = c->root, .owner_name = owner_name, .is_closing = true};
}

/* ---- what varies by period -------------------------------------------------------- */

/* A formula that many share is met by many ways: the search ends after so many values, and what it
 * has not found out by then is taken to vary. */
enum { MOST_VALUES_LOOKED_AT = 20000, DEEPEST_LOOKED_AT = 100 };

typedef struct {
    const Model *m;
    int n_left;
    bool is_at_end; /* what is read across the run is what it is at the clock's end */
} Search;

static bool varies(Search *search, const Node *node, int depth);

static bool value_varies(Search *search, ValueId id, int depth)
{
    const Value *v = &search->m->values.items[id];
    if (depth > DEEPEST_LOOKED_AT || search->n_left-- <= 0)
        return true;
    if (v->kind == VALUE_DRAW)
        return !v->draw->is_once;
    if (v->kind == VALUE_FORMULA)
        return v->expr ? varies(search, v->expr, depth + 1) : false;
    return !(search->is_at_end && v->is_of_run);
}

static bool varies(Search *search, const Node *node, int depth)
{
    switch (node->op) {
    case N_VALUE:
        return value_varies(search, node->value, depth);
    case N_CLOSING:
    case N_TODAY:
    case N_PERIOD_FIRST_DAY:
    case N_PERIOD_DAYS:
    case N_STRETCH_DAYS:
    case N_STRETCH_MONTHS:
    case N_RAMP:
        return true;
    default:
        break;
    }
    for (uint32_t i = 0; i < node->n_args; i++)
        if (varies(search, node->args[i], depth))
            return true;
    return false;
}

bool node_varies(const Model *m, const Node *node)
{
    Search search = {m, MOST_VALUES_LOOKED_AT, false};

    return varies(&search, node, 0);
}

/* The same of what a report or check reads at the clock's end alone. */
bool varies_at_end(const Model *m, const Node *node)
{
    Search search = {m, MOST_VALUES_LOOKED_AT, true};

    return varies(&search, node, 0);
}

/* ---- outputs ---------------------------------------------------------------------------- */

static ValueType output_type(const Typed *t)
{
    switch (t->type.tag) {
    case KIND_OF_DATE:
        return TYPE_DATE;
    case KIND_OF_YESNO:
        return TYPE_YESNO;
    case KIND_OF_WORD:
        return TYPE_WORD;
    default:
        return t->type.unit.dims.n == 1 && unit_time_power(&t->type.unit) == 1 ? TYPE_DURATION
                                                                               : TYPE_NUMBER;
    }
}

static Measure output_measure(Checker *c, const Typed *t)
{
    ValueId id = t->node->op == N_VALUE || t->node->op == N_CLOSING ? t->node->value : NO_ID;
    if (id != NO_ID && c->model->values.items[id].measure != MEASURE_LEVEL)
        return c->model->values.items[id].measure;
    bool is_rate = t->type.tag == KIND_OF_NUMBER && unit_time_power(&t->type.unit) == -1 &&
                   t->type.unit.dims.n > 1;
    return is_rate ? MEASURE_RATE : MEASURE_LEVEL;
}

static uint32_t add_output(Checker *c, Text name, const Typed *t, bool is_hidden)
{
    Text key = text_format(c->arena, "output %.*s#%d", TEXT_ARG(name), is_hidden);
    uintptr_t found = (uintptr_t)table_get(c->values_by_key, key);
    if (found)
        return (uint32_t)(found - 1);
    Output out = {.name = name,
                  .type = output_type(t),
                  .measure = output_measure(c, t),
                  .is_hidden = is_hidden};
    out.unit = type_shown(c, &t->type, &out.unit_scale);
    out.is_once = t->type.tag == KIND_OF_DATE ||
                  (out.measure == MEASURE_LEVEL && !varies_at_end(c->model, t->node));
    Text hidden = text_format(c->arena, "%.*s#%s", TEXT_ARG(name), is_hidden ? "hidden" : "shown");
    out.value = value_new(c, hidden, VALUE_FORMULA);
    Value *v = &c->model->values.items[out.value];
    v->is_hidden = v->is_closing = true;
    v->expr = t->node;
    v->type = out.type;
    v->unit = out.unit;
    v->unit_scale = out.unit_scale;
    *LIST_PUSH(c->arena, &c->model->outputs) = out;
    *LIST_PUSH(c->arena, &c->is_by_period) = is_hidden;
    table_set(c->values_by_key, key, (void *)(uintptr_t)c->model->outputs.count);
    return (uint32_t)(c->model->outputs.count - 1);
}

static uint32_t output_of(Checker *c, const Expr *expr, Text name)
{
    Env env = closing_env(c, text_format(c->arena, "report %.*s", TEXT_ARG(name)));
    Typed t = elaborate(c, &env, expr);
    if (t.type.tag == KIND_OF_ERROR)
        return NO_ID;
    if (!t.node) {
        Diag *d = diag_error(c->diags, DIAG_WRONG_TYPE, expr->span,
                             "a report shows numbers, dates and yes/no, not %.*s",
                             TEXT_ARG(type_name(c, &t.type)));
        if (t.type.tag == KIND_OF_TERM)
            diag_because(c->diags, d, "A term has a `start`, an `end` and `months`: `%.*s.end`.",
                         TEXT_ARG(name));
        else if (t.type.tag == KIND_OF_REFERENCE)
            diag_because(c->diags, d, "Name one of its fields behind a dot: `%.*s.NAME`.",
                         TEXT_ARG(name));
        return NO_ID;
    }
    return add_output(c, name, &t, false);
}

/* `show x at DATE`: x as it was then. */
static uint32_t output_at(Checker *c, const Expr *x, const Expr *day)
{
    Expr at = {.kind = EXPR_AT, .span = x->span};
    Text name =
        text_format(c->arena, "%.*s at %.*s", TEXT_ARG(span_text(c->diags->sources, x->span)),
                    TEXT_ARG(span_text(c->diags->sources, day->span)));
    *LIST_PUSH(c->arena, &at.args) = (Expr *)x;
    *LIST_PUSH(c->arena, &at.args) = (Expr *)day;
    return output_of(c, &at, name);
}

/* ---- views ---------------------------------------------------------------------------------- */

bool is_day_of_clock(const Model *m, double day)
{
    return day >= m->from && day <= m->until;
}

static const char *const view_names[] = {"show",    "fan",    "hist",    "who_pays",  "flows",
                                         "tornado", "why",    "compare", "bank_test", "reach",
                                         "plan",    "breaks", "headline"};

static bool view_takes_outputs(Text name)
{
    return text_is(name, "show") || text_is(name, "fan") || text_is(name, "hist") ||
           text_is(name, "tornado") || text_is(name, "why") || text_is(name, "reach");
}

/* What is received is booked in the payee's account of its category; no other one says who pays. */
static void refuse_account(Checker *c, const Expr *expr, const Instance *party, uint32_t account)
{
    const Model *m = c->model;
    Buffer those = {.arena = c->arena};
    uint32_t only = NO_ID, n = 0;

    for (size_t i = 0; i < m->categories.count; i++)
        if (m->categories.items[i].payee == account)
            return;
    for (size_t a = 0; a < m->accounts.count; a++) {
        bool receives = false;
        for (size_t s = 0; s < m->slots.count; s++)
            receives |= m->slots.items[s].payee == party->party &&
                        m->categories.items[m->slots.items[s].category].payee == a;
        if (!receives)
            continue;
        buffer_format(&those, "%s`%.*s.%.*s`", n > 0 ? ", " : "", TEXT_ARG(party->path),
                      TEXT_ARG(m->accounts.items[a].name));
        only = (uint32_t)a;
        n++;
    }
    Diag *d = diag_error(c->diags, DIAG_WRONG_ARGUMENTS, expr->span,
                         "nothing that is received is booked as `%.*s`", TEXT_ARG(expr->name));
    if (n > 0)
        diag_because(c->diags, d, "What `%.*s` receives is %.*s.", TEXT_ARG(party->path),
                     TEXT_ARG(buffer_view(&those)));
    if (n == 1)
        diag_suggest(c->diags, d, expr->op_span, "%.*s", TEXT_ARG(m->accounts.items[only].name));
}

static void read_account(Checker *c, View *view, const Expr *expr)
{
    Env env = closing_env(c, TEXT("report"));
    if (expr->kind == EXPR_FIELD) {
        Instance *party =
            elaborate_reference(c, &env, expr->args.items[0], c->party_kind, "who is paid");
        uint32_t account =
            party ? index_or_report(c, c->accounts, expr->name, expr->op_span, "account") : NO_ID;
        if (party && account != NO_ID)
            refuse_account(c, expr, party, account);
        if (party)
            view->party = party->party;
        view->account = account;
        return;
    }
    diag_error(c->diags, DIAG_WRONG_ARGUMENTS, expr->span,
               "write `who_pays PARTY.ACCOUNT`, such as `who_pays nvidia.sales`");
}

/* What a bank lends on is money of each period, or money per time. */
static bool is_cash_series(Checker *c, const View *view, const Expr *expr, const Type *type)
{
    Unit money = money_unit(c, view->money);
    Unit per_time = unit_divide(money, unit_time());
    bool fits = type->tag == KIND_OF_NUMBER && (dimensions_equal(&type->unit.dims, &money.dims) ||
                                                dimensions_equal(&type->unit.dims, &per_time.dims));

    if (!fits)
        diag_error(c->diags, DIAG_WRONG_UNIT, expr->span,
                   "the cash of a bank's test must be in %.*s or %.*s per time, not %.*s",
                   TEXT_ARG(c->model->monies.items[view->money]),
                   TEXT_ARG(c->model->monies.items[view->money]), TEXT_ARG(type_phrase(c, type)));
    return fits;
}

/* The settings of a bank's test, each under the two names it may bear. */
typedef enum { SETTING_PLAIN, SETTING_YEARLY, SETTING_YEARS, SETTING_MONEY } SettingUnit;
static const struct {
    const char *name, *other;
    SettingUnit unit;
    double least, most;
    const char *form; /* NULL: an amount in the loan's money */
} bank_settings[] = {
    {"dscr", "cover", SETTING_PLAIN, 0.5, 10, "a plain number from 0.5 to 10, such as 1.3"},
    {"rate", "interest", SETTING_YEARLY, 0, 1, "a rate from 0 to 100 % a year, such as 9%/year"},
    {"decline", "fall", SETTING_YEARLY, 0, 0.99, "a share of each year, such as 25%"},
    {"life", "years", SETTING_YEARS, 0.5, 100, "half a year to 100, such as 5 years"},
    {"tail", "spare", SETTING_YEARS, 0, 50, "a duration, such as 1 year"},
    {"cost", "price", SETTING_MONEY, 1, 1e15, NULL},
    {"ltv", "cap", SETTING_PLAIN, 0, 1, "a share from 0 to 100 %"},
};

/* A bank's setting in what the test reckons with: years, shares a year, money. False after a
 * diagnostic. */
static bool read_bank_setting(Checker *c, const View *view, const Decl *setting, const Typed *t,
                              double *x)
{
    size_t n = sizeof bank_settings / sizeof *bank_settings, which = 0;
    Table *names = table_new(c->arena);

    table_set(names, TEXT("cash"), names);
    for (size_t i = 0; i < n; i++)
        table_set(names, text_from(bank_settings[i].name), names);
    while (which < n && !text_is(setting->name, bank_settings[which].name) &&
           !text_is(setting->name, bank_settings[which].other))
        which++;
    if (which == n) {
        Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, setting->name_span,
                             "a bank's test has no setting `%.*s`", TEXT_ARG(setting->name));
        suggest_nearest(c, d, setting->name_span, names, setting->name);
        return false;
    }
    const Dimensions *dims = &t->type.unit.dims;
    Unit money = money_unit(c, view->money), time = unit_time(),
         rate = unit_divide(unit_plain(), time);
    SettingUnit unit = bank_settings[which].unit;
    Text form = bank_settings[which].form
                    ? text_from(bank_settings[which].form)
                    : text_format(c->arena, "an amount of money in %.*s",
                                  TEXT_ARG(c->model->monies.items[view->money]));
    bool is_plain = dims->n == 0 && unit != SETTING_MONEY;
    bool fits = is_plain || (unit == SETTING_MONEY && dimensions_equal(dims, &money.dims)) ||
                (unit == SETTING_YEARS && dimensions_equal(dims, &time.dims)) ||
                (unit == SETTING_YEARLY && dimensions_equal(dims, &rate.dims));
    if (fits && !is_plain && unit == SETTING_YEARS)
        *x /= 12;
    if (fits && !is_plain && unit == SETTING_YEARLY)
        *x *= 12;
    if (!fits || t->type.tag != KIND_OF_NUMBER || isnan(*x))
        diag_error(c->diags, DIAG_WRONG_UNIT, setting->expr->span, "`%.*s` is %.*s",
                   TEXT_ARG(setting->name), TEXT_ARG(form));
    else if (!(*x >= bank_settings[which].least && *x <= bank_settings[which].most))
        diag_error(c->diags, DIAG_OUT_OF_RANGE, setting->expr->span, "`%.*s` is %.*s",
                   TEXT_ARG(setting->name), TEXT_ARG(form));
    else
        return true;
    return false;
}

/* What is reached is of what is shown: `reach total { at10 = 10 GW_site }`. */
static void read_setting(Checker *c, View *view, const Decl *setting, const Expr *shown)
{
    if (setting->kind != DECL_VALUE || !setting->expr)
        return;
    size_t n_errors = c->diags->n_errors;
    Env env = closing_env(c, text_format(c->arena, "report %.*s", TEXT_ARG(setting->name)));
    Typed t = elaborate(c, &env, setting->expr);
    if (c->diags->n_errors != n_errors || !t.node)
        return;
    Typed like = shown && text_is(view->name, "reach") ? elaborate(c, &env, shown) : typed_error();
    if (shown && like.type.tag == KIND_OF_NUMBER &&
        (t.type.tag != KIND_OF_NUMBER ||
         !dimensions_equal(&t.type.unit.dims, &like.type.unit.dims))) {
        Diag *d =
            diag_error(c->diags, DIAG_WRONG_UNIT, setting->expr->span,
                       "what is reached must be %.*s, not %.*s",
                       TEXT_ARG(type_phrase(c, &like.type)), TEXT_ARG(type_phrase(c, &t.type)));
        diag_label(c->diags, d, shown->span, "%.*s", TEXT_ARG(type_name(c, &like.type)));
        return;
    }
    bool is_cash = text_is(view->name, "bank_test") && text_is(setting->name, "cash");
    if (is_cash && !is_cash_series(c, view, setting->expr, &t.type))
        return;
    double x = NAN;
    uint32_t output = NO_ID;
    bool is_constant = node_is_constant(t.node, &x);
    if (!is_constant && text_is(view->name, "reach")) {
        diag_error(c->diags, DIAG_NOT_CONSTANT, setting->expr->span,
                   "what is reached is a known number");
        return;
    }
    if (is_cash || !is_constant) {
        x = NAN;
        output = add_output(c, span_text(c->diags->sources, setting->expr->span), &t, true);
    }
    if (text_is(view->name, "bank_test") && !is_cash &&
        !read_bank_setting(c, view, setting, &t, &x))
        return;
    *LIST_PUSH(c->arena, &view->setting_names) = setting->name;
    *LIST_PUSH(c->arena, &view->setting_values) = x;
    *LIST_PUSH(c->arena, &view->setting_outputs) = output;
    if (text_is(view->name, "reach") && !isnan(x))
        *LIST_PUSH(c->arena, &view->numbers) = x;
}

static void read_scenarios(Checker *c, View *view, const Decl *decl)
{
    for (size_t i = 0; i < decl->exprs.count; i++) {
        const Expr *e = decl->exprs.items[i];
        bool is_known =
            e->kind == EXPR_WORD && (text_is(e->name, "base") || table_get(c->scenarios, e->name));
        if (!is_known) {
            Diag *d =
                diag_error(c->diags, DIAG_UNKNOWN_NAME, e->span, "there is no scenario `%.*s`",
                           TEXT_ARG(span_text(c->diags->sources, e->span)));
            suggest_nearest(c, d, e->span, c->scenarios, e->name);
            continue;
        }
        *LIST_PUSH(c->arena, &view->words) = e->name;
    }
}

/* A loan's test is in its money: the one that is named, or in which it lends. */
static void read_money_of_loan(Checker *c, View *view, const Expr *expr, const Instance *loan)
{
    const Model *m = c->model;
    uint32_t lent_in = NO_ID;

    view->money = loan->money;
    for (size_t i = 0; i < m->slots.count && !loan->is_book; i++) {
        const Slot *slot = &m->slots.items[i];
        uint32_t account = m->categories.items[slot->category].payee;
        uint32_t money = m->parties.items[slot->payee].money;
        if (slot->contract != loan->contract ||
            m->accounts.items[account].type != ACCOUNT_LIABILITY)
            continue;
        if (lent_in != NO_ID && lent_in != money) {
            Diag *d = diag_error(c->diags, DIAG_WRONG_ARGUMENTS, expr->span,
                                 "`%.*s` lends in %.*s and in %.*s, and a bank's test is in one "
                                 "money",
                                 TEXT_ARG(loan->path), TEXT_ARG(m->monies.items[lent_in]),
                                 TEXT_ARG(m->monies.items[money]));
            diag_because(c->diags, d, "Name one: `%.*s.%.*s`.", TEXT_ARG(loan->path),
                         TEXT_ARG(m->monies.items[money]));
            return;
        }
        lent_in = view->money = money;
    }
}

static void read_contract(Checker *c, View *view, const Expr *expr)
{
    Env env = closing_env(c, TEXT("report"));
    Typed t = elaborate(c, &env, expr);
    if (t.type.tag == KIND_OF_REFERENCE && t.instance->contract != NO_ID) {
        view->contract = t.instance->contract;
        read_money_of_loan(c, view, expr, t.instance);
    } else if (t.type.tag != KIND_OF_ERROR)
        diag_error(c->diags, DIAG_WRONG_TYPE, expr->span, "a bank's test is of a loan");
}

/* What a view would pass over is refused. */
static void refuse_unread(Checker *c, const Decl *decl)
{
    bool is_of_all = text_is(decl->name, "flows") || text_is(decl->name, "breaks") ||
                     text_is(decl->name, "headline");
    bool is_of_many = text_is(decl->name, "compare") ||
                      (view_takes_outputs(decl->name) && !text_is(decl->name, "reach"));

    if (decl->name2.length > 0 && !text_is(decl->name, "show") && !text_is(decl->name, "fan") &&
        !text_is(decl->name, "plan"))
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS, decl->name2_span,
                   "`%.*s` has no `by`: it goes with `show`, `fan` and `plan`",
                   TEXT_ARG(decl->name));
    if (decl->number > 0 && !text_is(decl->name, "tornado") && !text_is(decl->name, "flows"))
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS, decl->name_span,
                   "`%.*s` has no `top`: it goes with `tornado` and `flows`", TEXT_ARG(decl->name));
    if (is_of_all && decl->exprs.count > 0)
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS, decl->exprs.items[0]->span,
                   "`%.*s` is of the whole model", TEXT_ARG(decl->name));
    else if (!is_of_many && decl->exprs.count > 1)
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS, decl->exprs.items[1]->span,
                   "`%.*s` is of one thing: write a line for each", TEXT_ARG(decl->name));
    else if (!is_of_all && decl->exprs.count == 0)
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS, decl->name_span,
                   text_is(decl->name, "compare")
                       ? "`%.*s` says which scenarios: `compare base, NAME`"
                       : "`%.*s` says of what",
                   TEXT_ARG(decl->name));
}

/* Marks and settings, each once and each with a value. */
static void refuse_block(Checker *c, const Decl *decl)
{
    bool is_reach = text_is(decl->name, "reach"), is_test = text_is(decl->name, "bank_test");

    if (is_reach && decl->members.count == 0)
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS, decl->name_span,
                   "`reach` says which marks: `reach NAME { half = 5 GW_site; all = 10 GW_site }`");
    for (size_t i = 0; i < decl->members.count; i++) {
        const Decl *m = decl->members.items[i];
        if (!is_reach && !is_test)
            diag_error(c->diags, DIAG_WRONG_ARGUMENTS, m->span,
                       "`%.*s` has no block: it goes with `reach` and `bank_test`",
                       TEXT_ARG(decl->name));
        else if (m->kind != DECL_VALUE || !m->expr)
            diag_error(c->diags, DIAG_WRONG_ARGUMENTS, m->span, "this is written `NAME = VALUE`");
        for (size_t j = 0; j < i; j++)
            if (text_equal(decl->members.items[j]->name, m->name)) {
                Diag *d = diag_error(c->diags, DIAG_DUPLICATE_NAME, m->name_span,
                                     "`%.*s` is given twice", TEXT_ARG(m->name));
                diag_label(c->diags, d, decl->members.items[j]->name_span, "first here");
            }
    }
}

static bool is_view(Checker *c, const Decl *decl)
{
    Table *names = table_new(c->arena);

    for (size_t i = 0; i < sizeof view_names / sizeof *view_names; i++)
        table_set(names, text_from(view_names[i]), names);
    if (table_get(names, decl->name))
        return true;
    Diag *d = diag_error(c->diags, DIAG_UNKNOWN_VIEW, decl->name_span, "there is no view `%.*s`",
                         TEXT_ARG(decl->name));
    suggest_nearest(c, d, decl->name_span, names, decl->name);
    return false;
}

/* A day or a term where it has no meaning. */
static bool has_idle_time(Checker *c, const Decl *decl)
{
    bool takes_day = text_is(decl->name, "why") || text_is(decl->name, "hist") ||
                     text_is(decl->name, "tornado") ||
                     (text_is(decl->name, "show") && decl->name2.length == 0);
    bool is_idle =
        (decl->expr2 && !takes_day) || (decl->during && !text_is(decl->name, "who_pays"));

    if (is_idle)
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS,
                   decl->expr2 ? decl->expr2->span : decl->during->span,
                   "`%.*s` has no `%s`: a day goes with `show` (without `by`), `why`, `hist` and "
                   "`tornado`, a term with `who_pays`",
                   TEXT_ARG(decl->name), decl->expr2 ? "at" : "during");
    return is_idle;
}

static double day_of_view(Checker *c, const Env *env, const Expr *written)
{
    const Node *node = elaborate_date(c, env, written, "the day after `at`");
    double day;

    if (!node || !node_is_constant(node, &day))
        return NAN;
    if (!isnan(day) && !is_day_of_clock(c->model, day))
        diag_error(c->diags, DIAG_CLOCK, written->span, "this day lies outside the clock");
    return day;
}

static void read_window(Checker *c, View *view, const Env *env, const Expr *during)
{
    Typed term = elaborate(c, env, during);

    if (term.type.tag == KIND_OF_TERM && node_is_constant(term.start, &view->term_start))
        (void)node_is_constant(term.end, &view->term_end);
    else if (term.type.tag != KIND_OF_ERROR)
        diag_error(c->diags, DIAG_NOT_CONSTANT, during->span,
                   "the window of a view is a known term");
}

/* `day`: on which it is shown; NULL without one. */
static void read_output(Checker *c, View *view, const Expr *e, const Expr *day)
{
    uint32_t output =
        day ? output_at(c, e, day) : output_of(c, e, span_text(c->diags->sources, e->span));

    if (output == NO_ID)
        return;
    *LIST_PUSH(c->arena, &view->outputs) = output;
    c->is_by_period.items[output] |= !text_is(view->name, "show") || view->by.length > 0;
}

/* One of the things that a view is of. */
static void read_subject(Checker *c, View *view, const Env *env, const Expr *e, const Expr *day)
{
    if (view_takes_outputs(view->name)) {
        read_output(c, view, e, day);
    } else if (text_is(view->name, "who_pays")) {
        read_account(c, view, e);
    } else if (text_is(view->name, "plan")) {
        Instance *party = elaborate_reference(c, env, e, c->party_kind, "whose plan");
        view->party = party ? party->party : NO_ID;
    } else if (text_is(view->name, "bank_test")) {
        read_contract(c, view, e);
    }
}

static View empty_view(Text name)
{
    return (View){.name = name,
                  .at = NAN,
                  .party = NO_ID,
                  .account = NO_ID,
                  .contract = NO_ID,
                  .term_start = NAN,
                  .term_end = NAN};
}

static void build_view(Checker *c, const Decl *decl)
{
    View view = empty_view(decl->name);
    Env env = closing_env(c, TEXT("report"));
    bool is_show = text_is(decl->name, "show");

    view.by = decl->name2;
    view.top = decl->number > 0 ? (uint32_t)decl->number : 0;
    view.title = decl->title;
    if (!is_view(c, decl))
        return;
    refuse_unread(c, decl);
    refuse_block(c, decl);
    if (has_idle_time(c, decl))
        return;
    if (decl->expr2 && !is_show)
        view.at = day_of_view(c, &env, decl->expr2);
    if (decl->during)
        read_window(c, &view, &env, decl->during);
    if (text_is(decl->name, "compare"))
        read_scenarios(c, &view, decl);
    for (size_t i = 0; i < decl->exprs.count; i++)
        read_subject(c, &view, &env, decl->exprs.items[i], is_show ? decl->expr2 : NULL);
    for (size_t i = 0; i < decl->members.count; i++)
        read_setting(c, &view, decl->members.items[i],
                     decl->exprs.count > 0 ? decl->exprs.items[0] : NULL);
    *LIST_PUSH(c->arena, &c->model->views) = view;
}

/* Without a report every named value of the top is shown. */
static void show_everything(Checker *c)
{
    View view = empty_view(TEXT("show"));
    size_t n = c->fields.count;
    for (size_t i = 0; i < n; i++) {
        Field *field = c->fields.items[i];
        bool is_shown = field->owner->is_root && field->decl->span.file == c->trees[0]->file &&
                        field->typed.node &&
                        (field->tag == FIELD_VALUE || field->tag == FIELD_STOCK ||
                         field->tag == FIELD_BELT || field->tag == FIELD_UNKNOWN);
        if (!is_shown)
            continue;
        Env env = closing_env(c, text_format(c->arena, "report %.*s", TEXT_ARG(field->full_name)));
        Typed t = field->typed;
        if (t.node->op == N_VALUE)
            t.node = read_state(c, &env, t.node->value, t.type).node;
        *LIST_PUSH(c->arena, &view.outputs) = add_output(c, field->full_name, &t, false);
    }
    if (view.outputs.count > 0)
        *LIST_PUSH(c->arena, &c->model->views) = view;
}

/* Whether the party has arrears in any of its books; NULL when nothing ever falls due in one. */
static const Node *is_late(Checker *c, const Env *env, uint32_t party, const bool *owes)
{
    const Model *m = c->model;
    const Node *late = NULL;

    for (uint32_t p = party; p < m->parties.count && m->parties.items[p].owner == party; p++) {
        if (!owes[p])
            continue;
        Text key = text_format(c->arena, "unpaid(%.*s)", TEXT_ARG(m->parties.items[p].name));
        ValueId unpaid = state_value(c, key, VALUE_UNPAID);
        m->values.items[unpaid].party = p;
        const Node *arrears = read_state(c, env, unpaid, type_plain()).node;
        const Node *is_some = node_make(c, N_GT, arrears, node_const(c, 0), NULL);
        late = late ? node_make(c, N_OR, late, is_some, NULL) : is_some;
    }
    return late;
}

/* The first month of arrears and the day of default of every inside party: the report's BREAKS. */
static void watch_parties(Checker *c)
{
    Model *m = c->model;
    uint32_t *late = ARENA_ARRAY(c->arena, uint32_t, m->parties.count + 1),
             *defaulted = ARENA_ARRAY(c->arena, uint32_t, m->parties.count + 1);
    bool *owes = ARENA_ARRAY(c->arena, bool, m->parties.count + 1);
    for (size_t s = 0; s < m->slots.count; s++)
        owes[m->slots.items[s].payer] = true;
    m->first_late_outputs = late;
    m->default_date_outputs = defaulted;
    for (uint32_t i = 0; i < m->parties.count; i++) {
        late[i] = defaulted[i] = NO_ID;
        Text party = m->parties.items[i].name;
        Env env = closing_env(c, text_format(c->arena, "watch %.*s", TEXT_ARG(party)));
        if (m->parties.items[i].is_outside || m->parties.items[i].owner != i)
            continue;
        const Node *is_some = is_late(c, &env, i, owes);
        if (!is_some)
            continue;
        ValueId source = value_hidden(c, &env, "late", VALUE_FORMULA);
        m->values.items[source].expr = is_some;
        m->values.items[source].type = TYPE_YESNO;
        ValueId first = value_hidden(c, &env, "first", VALUE_FIRST);
        m->values.items[first].source = source;
        m->values.items[first].type = TYPE_DATE;
        Typed t = {.type = {.tag = KIND_OF_DATE}, .node = node_value(c, first)};
        late[i] =
            add_output(c, text_format(c->arena, "%.*s first late", TEXT_ARG(party)), &t, true);

        ValueId day = state_value(c, text_format(c->arena, "%.*s.default_date", TEXT_ARG(party)),
                                  VALUE_DEFAULT_DATE);
        m->values.items[day].party = i;
        m->values.items[day].type = TYPE_DATE;
        t.node = read_state(c, &env, day, t.type).node;
        defaulted[i] =
            add_output(c, text_format(c->arena, "%.*s in default", TEXT_ARG(party)), &t, true);
    }
}

void reports_build(Checker *c)
{
    for (size_t r = 0; r < c->reports.count; r++) {
        c->model->report_title = c->reports.items[r]->title;
        for (size_t i = 0; i < c->reports.items[r]->members.count && c->options->n_views == 0; i++)
            build_view(c, c->reports.items[r]->members.items[i]);
    }
    for (size_t i = 0; i < c->options->n_views; i++)
        build_view(c, c->options->views[i]);
    if (c->model->views.count == 0 && !diag_any_error(c->diags))
        show_everything(c);
    watch_parties(c);
}
