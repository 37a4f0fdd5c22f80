/* Rules: triggers, and the bodies that pay, book, add, set, move, borrow and end. */
#include "model/checker.h"

#include <math.h>

enum { MOST_STEPS = 300000 }; /* in `every N PERIOD`: the days of all years that dates may have */

typedef struct {
    Checker *c;
    Instance *at;
    Rule rule;
    Env env;
    uint32_t n_actions;
} RuleBuilder;

/* ---- amounts ----------------------------------------------------------------------- */

static const Node *times_count(RuleBuilder *b, const Node *amount)
{
    if (b->rule.kind != RULE_EACH || !amount)
        return amount;
    Node *count = ARENA_NEW(b->c->arena, Node);
    count->op = N_EACH_COUNT;
    count->value = NO_ID;
    return node_make(b->c, N_MUL, amount, count, NULL);
}

/* An amount in `unit`; in `every` also a rate of it, multiplied by the stretch. */
static const Node *amount_in(RuleBuilder *b, const Expr *expr, const Typed *t, const Unit *unit,
                             const char *what)
{
    Checker *c = b->c;
    if (t->type.tag == KIND_OF_ERROR)
        return NULL;
    Unit rate = unit_divide(*unit, unit_time());
    bool is_zero = expr->kind == EXPR_NUMBER && expr->number == 0 && !expr->unit;
    if (t->type.tag == KIND_OF_NUMBER &&
        (is_zero || dimensions_equal(&t->type.unit.dims, &unit->dims)))
        return times_count(b, t->node);
    if (t->type.tag == KIND_OF_NUMBER && dimensions_equal(&t->type.unit.dims, &rate.dims)) {
        if (b->rule.kind == RULE_EVERY)
            return node_make(c, N_MUL, t->node, stretch_of_rate(c, &t->type, true), NULL);
        Diag *d = diag_error(c->diags, DIAG_RATE_AS_AMOUNT, expr->span,
                             "%s happens once here, and this is a rate, %.*s", what,
                             TEXT_ARG(type_name(c, &t->type)));
        diag_because(
            c->diags, d,
            "Multiply it by a duration, such as `* 1 month`, or pay it in an `every` rule.");
        return NULL;
    }
    Type asked = type_number(*unit);
    Diag *d = diag_error(c->diags, DIAG_WRONG_UNIT, expr->span, "%s must be %.*s, not %.*s", what,
                         TEXT_ARG(type_phrase(c, &asked)), TEXT_ARG(type_phrase(c, &t->type)));
    if (t->type.tag == KIND_OF_NUMBER)
        hint_of_currency(c, &b->env, d, expr, unit, &t->type.unit);
    return NULL;
}

static const Node *amount_of(RuleBuilder *b, const Expr *expr, const Unit *unit, const char *what)
{
    Typed t = elaborate(b->c, &b->env, expr);

    return amount_in(b, expr, &t, unit, what);
}

/* The same in the money that it is of. */
static const Node *amount_of_money(RuleBuilder *b, const Expr *expr, const char *what,
                                   uint32_t *money)
{
    Typed t = elaborate(b->c, &b->env, expr);
    *money = money_of_type(b->c, &t.type);
    Unit unit = money_unit(b->c, *money);

    return amount_in(b, expr, &t, &unit, what);
}

static Field *stock_named(Checker *c, const Env *env, const Expr *ref, const char *what)
{
    if (!ref)
        return NULL;
    Typed t = elaborate(c, env, ref);
    if (t.type.tag == KIND_OF_ERROR)
        return NULL;
    if (!t.field || t.field->tag != FIELD_STOCK) {
        diag_error(c->diags, DIAG_WRONG_TYPE, ref->span, "%s must be a stock", what);
        return NULL;
    }
    return t.field;
}

uint32_t stock_of_money(Checker *c, const Env *env, const Expr *ref, const char *what,
                        uint32_t money)
{
    Field *stock = stock_named(c, env, ref, what);
    if (!stock)
        return NO_ID;
    Unit unit = money_unit(c, money);
    if (!dimensions_equal(&stock->typed.type.unit.dims, &unit.dims)) {
        diag_error(c->diags, DIAG_WRONG_UNIT, ref->span,
                   "a payment raises or lowers a stock of %.*s, not of %.*s",
                   TEXT_ARG(c->model->monies.items[money]),
                   TEXT_ARG(type_name(c, &stock->typed.type)));
        return NO_ID;
    }
    return stock->index;
}

/* ---- actions -------------------------------------------------------------------------- */

static uint32_t carry_of(Checker *c, const Instance *at, uint32_t contract, uint32_t category,
                         uint32_t money)
{
    Text key = contract != NO_ID
                   ? text_format(c->arena, "carry %u %u %u", contract, category, money)
                   : text_format(c->arena, "carry %.*s %u %u", TEXT_ARG(at->path), category, money);
    uintptr_t found = (uintptr_t)table_get(c->values_by_key, key);
    if (!found) {
        found = ++c->model->n_carries;
        table_set(c->values_by_key, key, (void *)found);
    }
    return (uint32_t)(found - 1);
}

/* What is left is shared in the money of its cap, or of a book that is named; else the main one. */
static uint32_t money_of_rest(const Instance *payer, const Instance *payee)
{
    if (payer && payer->is_book)
        return payer->money;
    return payee && payee->is_book ? payee->money : 0;
}

static bool build_pay(RuleBuilder *b, const Decl *decl, Action *action)
{
    Checker *c = b->c;
    Unit plain = unit_plain();
    const Node *cap = NULL;
    Instance *payer = elaborate_reference(c, &b->env, decl->ref, c->party_kind, "who pays");
    Instance *payee = elaborate_reference(c, &b->env, decl->ref2, c->party_kind, "who is paid");
    uint32_t money = money_of_rest(payer, payee);
    uint32_t category =
        index_or_report(b->c, c->categories, decl->name2, decl->name2_span, "category");
    uint32_t rank = decl->name3.length > 0
                        ? index_or_report(b->c, c->ranks, decl->name3, decl->name3_span, "rank")
                        : c->default_rank;
    action->amount =
        decl->is_rest ? elaborate_number(c, &b->env, decl->expr, &plain, "a share of what is left")
                      : amount_of_money(b, decl->expr, "a payment", &money);
    if (!payer || !payee || category == NO_ID || rank == NO_ID || !action->amount)
        return false;
    if (decl->expr2)
        cap = elaborate_money(c, &b->env, decl->expr2, "the most that is paid", &money);
    Slot slot = {.span = decl->span,
                 .payer = book_of_party(c, payer, decl->ref, money),
                 .payee = book_of_party(c, payee, decl->ref2, money),
                 .category = category,
                 .rank = rank,
                 .contract = b->rule.contract,
                 .terms = b->rule.contract,
                 .is_rest = decl->is_rest,
                 .rest_cap = cap};
    if (slot.payer == NO_ID || slot.payee == NO_ID)
        return false;
    if (slot.payer == slot.payee) {
        diag_error(c->diags, DIAG_SAME_PARTY, decl->ref2->span, "`%.*s` would pay itself",
                   TEXT_ARG(payer->path));
        return false;
    }
    slot.name = text_format(c->arena, "%.*s.%u", TEXT_ARG(b->rule.name), b->n_actions);
    slot.carry = carry_of(c, b->at, b->rule.contract, category, money);
    slot.raises = stock_of_money(c, &b->env, decl->ref3, "what a payment raises", money);
    slot.lowers = stock_of_money(c, &b->env, decl->ref4, "what a payment lowers", money);
    action->slot = (uint32_t)c->model->slots.count;
    *LIST_PUSH(c->arena, &c->model->slots) = slot;
    return true;
}

static bool build_book(RuleBuilder *b, const Decl *decl, Action *action)
{
    Checker *c = b->c;
    uint32_t money = 0;
    Instance *party = elaborate_reference(c, &b->env, decl->ref, c->party_kind, "whose book");
    action->amount = amount_of_money(b, decl->expr, "what is booked", &money);
    action->from_account =
        index_or_report(b->c, c->accounts, decl->name2, decl->name2_span, "account");
    action->to_account =
        index_or_report(b->c, c->accounts, decl->name3, decl->name3_span, "account");
    if (!party || !action->amount || action->from_account == NO_ID || action->to_account == NO_ID)
        return false;
    if (action->from_account == c->model->cash || action->to_account == c->model->cash) {
        diag_error(c->diags, DIAG_BOOKS, decl->span,
                   "cash moves only by payment: `pay X from A to B as C`");
        return false;
    }
    action->party = book_of_party(c, party, decl->ref, money);
    return action->party != NO_ID;
}

static bool build_add(RuleBuilder *b, const Decl *decl, Action *action)
{
    Field *stock = stock_named(b->c, &b->env, decl->ref, "what is added to");
    if (!stock)
        return false;
    action->stock = stock->index;
    action->amount = amount_of(b, decl->expr, &stock->typed.type.unit, "what is added");
    return action->amount != NULL;
}

static bool build_set(RuleBuilder *b, const Decl *decl, Action *action)
{
    Field *stock = stock_named(b->c, &b->env, decl->ref, "what is set");
    if (!stock)
        return false;
    action->stock = stock->index;
    action->amount = elaborate_number(b->c, &b->env, decl->expr, &stock->typed.type.unit,
                                      "what a stock is set to");
    return action->amount != NULL;
}

static bool build_move(RuleBuilder *b, const Decl *decl, Action *action)
{
    Field *from = stock_named(b->c, &b->env, decl->ref, "what is moved from"),
          *to = stock_named(b->c, &b->env, decl->ref2, "what is moved to");
    if (!from || !to)
        return false;
    if (!dimensions_equal(&from->typed.type.unit.dims, &to->typed.type.unit.dims)) {
        diag_error(b->c->diags, DIAG_UNIT_MISMATCH, decl->span,
                   "the two stocks are in different units");
        return false;
    }
    action->stock = from->index;
    action->to_stock = to->index;
    action->amount = amount_of(b, decl->expr, &from->typed.type.unit, "what is moved");
    return action->amount != NULL;
}

static bool build_borrow(RuleBuilder *b, const Decl *decl, Action *action)
{
    Checker *c = b->c;
    Typed t = elaborate(c, &b->env, decl->ref);
    if (t.type.tag == KIND_OF_ERROR)
        return false;
    if (!t.field || t.field->tag != FIELD_FACILITY || t.field->index == NO_ID) {
        diag_error(c->diags, DIAG_WRONG_TYPE, decl->ref->span,
                   "what is borrowed from is a facility");
        return false;
    }
    action->facility = t.field->index;
    Unit unit = money_unit(c, t.field->money);
    action->amount = amount_of(b, decl->expr, &unit, "what is borrowed");
    return action->amount != NULL;
}

static void build_action(RuleBuilder *b, const Decl *decl)
{
    static const struct {
        DeclKind decl;
        ActionKind kind;
        bool (*build)(RuleBuilder *, const Decl *, Action *);
    } builders[] = {{DECL_PAY, ACT_PAY, build_pay},    {DECL_BOOK, ACT_BOOK, build_book},
                    {DECL_ADD, ACT_ADD, build_add},    {DECL_SET, ACT_SET, build_set},
                    {DECL_MOVE, ACT_MOVE, build_move}, {DECL_BORROW, ACT_BORROW, build_borrow}};
    Action action = {
        .slot = NO_ID, .party = NO_ID, .stock = NO_ID, .to_stock = NO_ID, .facility = NO_ID};
    b->n_actions++;
    bool ok = false;
    if (decl->kind == DECL_END) {
        action.kind = ACT_END;
        ok = b->rule.contract != NO_ID;
        if (!ok)
            diag_error(b->c->diags, DIAG_WRONG_TYPE, decl->span,
                       "`end` ends a contract, and this rule belongs to none");
    }
    for (size_t i = 0; i < sizeof builders / sizeof *builders; i++)
        if (decl->kind == builders[i].decl) {
            action.kind = builders[i].kind;
            ok = builders[i].build(b, decl, &action);
        }
    if (ok)
        *LIST_PUSH(b->c->arena, &b->rule.actions) = action;
}

/* ---- triggers ---------------------------------------------------------------------------- */

static bool set_period(RuleBuilder *b, const Decl *decl)
{
    static const struct {
        const char *word;
        uint32_t months, days;
    } words[] = {{"day", 0, 1},      {"week", 0, 7},  {"month", 1, 0}, {"quarter", 3, 0},
                 {"year", 12, 0},    {"days", 0, 1},  {"weeks", 0, 7}, {"months", 1, 0},
                 {"quarters", 3, 0}, {"years", 12, 0}};
    double count = decl->period_count;
    if (!(count >= 1 && count <= MOST_STEPS)) {
        diag_error(b->c->diags, DIAG_PERIOD_OF_RULE, decl->span,
                   "a rule falls due every 1 to %d periods, not every %.10g", MOST_STEPS, count);
        return false;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(decl->period_word, words[i].word)) {
            b->rule.step_months = words[i].months * (uint32_t)count;
            b->rule.step_days = words[i].days * (uint32_t)count;
        }
    uint32_t months = b->rule.step_months, days = b->rule.step_days;
    bool fits = false;
    switch (b->c->model->step) {
    case STEP_DAY:
        fits = true;
        break;
    case STEP_WEEK:
        fits = days > 0 && days % 7 == 0;
        break;
    case STEP_MONTH:
        fits = months > 0;
        break;
    case STEP_QUARTER:
        fits = months > 0 && months % 3 == 0;
        break;
    case STEP_YEAR:
        fits = months > 0 && months % 12 == 0;
        break;
    }
    if (!fits || count != floor(count)) {
        static const char *const clocks[] = {"daily", "weekly", "monthly", "quarterly", "yearly"};
        diag_error(b->c->diags, DIAG_PERIOD_OF_RULE, decl->span,
                   "this rule's period is not a whole number of the clock's, which is %s",
                   clocks[b->c->model->step]);
        return false;
    }
    return true;
}

static bool mentions_today(const Expr *e)
{
    if (!e)
        return false;
    if (e->kind == EXPR_WORD && text_is(e->name, "today"))
        return true;
    for (size_t i = 0; i < e->args.count; i++)
        if (mentions_today(e->args.items[i]))
            return true;
    return false;
}

/* Nobody knows a drawn date beforehand: a `when` that compares two of them acts on knowledge that
 * is not there. */
static void warn_of_future_dates(RuleBuilder *b, const Expr *e)
{
    if (!e || e->kind == EXPR_OVER || e->kind == EXPR_SHARE) /* their names mean nothing out here */
        return;
    for (size_t i = 0; i < e->args.count; i++)
        warn_of_future_dates(b, e->args.items[i]);
    if (e->kind != EXPR_BINARY || (e->op.bytes[0] != '<' && e->op.bytes[0] != '>') ||
        mentions_today(e))
        return;
    size_t n_errors = b->c->diags->n_errors;
    Typed left = elaborate(b->c, &b->env, e->args.items[0]),
          right = elaborate(b->c, &b->env, e->args.items[1]);
    if (b->c->diags->n_errors != n_errors || left.type.tag != KIND_OF_DATE ||
        right.type.tag != KIND_OF_DATE)
        return;
    double x;
    if (node_is_known(left.node, &x) && node_is_known(right.node, &x))
        return;
    Diag *d = diag_warning(
        b->c->diags, DIAG_FUTURE_DATES, e->span,
        "this compares two dates that may both lie ahead; nobody knows the draw beforehand");
    diag_because(b->c->diags, d,
                 "Compare with `today`, so that the rule acts on what has happened.");
}

/* What each firing would have paid in this money, where that is known. */
static double known_payments(const RuleBuilder *b, uint32_t money)
{
    const Model *m = b->c->model;
    double amount = 0, x;

    for (size_t i = 0; i < b->rule.actions.count; i++) {
        const Action *action = &b->rule.actions.items[i];
        if (action->kind != ACT_PAY || m->slots.items[action->slot].is_rest)
            continue;
        uint32_t payer = m->slots.items[action->slot].payer;
        if (m->parties.items[payer].money == money && node_is_known(action->amount, &x))
            amount += x;
    }
    return amount;
}

static void say_what_is_left_out(RuleBuilder *b, Diag *d)
{
    Buffer out = {.arena = b->c->arena};

    for (uint32_t money = 0; money < b->c->model->monies.count; money++) {
        double amount = known_payments(b, money);
        double scale = amount >= 1e9 ? 1e9 : amount >= 1e6 ? 1e6 : 1;
        const char *magnitude = scale == 1e9 ? " bn" : scale == 1e6 ? " mn" : "";
        if (amount > 0)
            buffer_format(&out, "%s%.10g%s %.*s", out.length > 0 ? ", " : "", amount / scale,
                          magnitude, TEXT_ARG(b->c->model->monies.items[money]));
    }
    if (out.length > 0)
        diag_because(b->c->diags, d, "Left out: %.*s.", TEXT_ARG(buffer_view(&out)));
}

/* That a loan of the library outlasts the clock is nothing to speak of. */
static bool is_of_library(const RuleBuilder *b, const Decl *decl)
{
    return b->c->diags->sources->files.items[decl->span.file]->is_library;
}

static void look_at_event(RuleBuilder *b, const Decl *decl)
{
    const Model *m = b->c->model;
    double day;
    if (!node_is_known(b->rule.date, &day) || !isfinite(day) || (day >= m->from && day <= m->until))
        return;
    char text[16];
    day_print(day, text);
    if (day < m->from)
        say_what_is_left_out(
            b, diag_warning(b->c->diags, DIAG_PAST_EVENT, decl->expr->span,
                            "%s lies before the clock starts: this does not happen", text));
    else if (!is_of_library(b, decl))
        say_what_is_left_out(
            b, diag_note(b->c->diags, DIAG_LATE_EVENT, decl->expr->span,
                         "%s lies after the clock ends: this does not happen in it", text));
}

/* The n-th day on which a rule of a term falls due. */
static double nth_due(const Rule *rule, double start, double n)
{
    return rule->step_months > 0 ? date_add_months(start, n * rule->step_months)
                                 : start + n * rule->step_days;
}

/* A term that is not a whole number of the rule's periods has a rest at its end. */
static void look_at_stub(RuleBuilder *b, const Decl *decl, double start, double end)
{
    double n = 0;
    while (nth_due(&b->rule, start, n + 1) <= end)
        n++;
    double days = end - nth_due(&b->rule, start, n);
    if (days <= 0)
        return;
    Diag *d =
        diag_warning(b->c->diags, DIAG_STUB_PERIOD, decl->during->span,
                     "the last %.0f days of this term are shorter than the rule's period", days);
    diag_because(b->c->diags, d,
                 b->rule.is_in_advance ? "They are reckoned as a whole period."
                                       : "Nothing falls due for them.");
}

static void look_at_term(RuleBuilder *b, const Decl *decl)
{
    const Model *m = b->c->model;
    double start, end;
    if (!node_is_known(b->rule.term_start, &start) || !node_is_known(b->rule.term_end, &end) ||
        !isfinite(end) || !(start >= day_from_civil(DATE_MIN_YEAR, 1, 1)))
        return;
    double first = b->rule.is_in_advance ? start : nth_due(&b->rule, start, 1);
    if (end < m->from)
        diag_warning(b->c->diags, DIAG_PAST_EVENT, decl->during->span,
                     "this term ends before the clock starts: nothing falls due");
    else if (first > m->until && !is_of_library(b, decl))
        diag_note(b->c->diags, DIAG_LATE_EVENT, decl->during->span,
                  "nothing of this term falls due before the clock ends");
    else if (end <= m->until)
        look_at_stub(b, decl, start, end);
}

static bool build_every(RuleBuilder *b, const Decl *decl)
{
    b->rule.kind = RULE_EVERY;
    b->rule.is_in_advance = decl->is_in_advance;
    if (!decl->during)
        return set_period(b, decl);
    Typed term = elaborate(b->c, &b->env, decl->during);
    if (term.type.tag == KIND_OF_ERROR)
        return false;
    if (term.type.tag != KIND_OF_TERM) {
        diag_error(b->c->diags, DIAG_WRONG_TYPE, decl->during->span,
                   "what follows `during` is a term, such as `term(2026-01, 60 months)`, not %.*s",
                   TEXT_ARG(type_phrase(b->c, &term.type)));
        return false;
    }
    b->rule.term_start = term.start;
    b->rule.term_end = term.end;
    return set_period(b, decl);
}

static bool build_when(RuleBuilder *b, const Decl *decl)
{
    Unit time = unit_time();

    b->rule.kind = RULE_WHEN;
    b->rule.is_again = decl->is_again;
    b->rule.condition = elaborate_yesno(b->c, &b->env, decl->expr, "what follows `when`");
    if (decl->for_duration &&
        !(b->rule.lasting =
              elaborate_number(b->c, &b->env, decl->for_duration, &time, "how long it must last")))
        return false;
    warn_of_future_dates(b, decl->expr);
    return b->rule.condition != NULL;
}

static bool build_each(RuleBuilder *b, const Decl *decl)
{
    Checker *c = b->c;
    Unit plain = unit_plain();

    b->rule.kind = RULE_EACH;
    b->rule.is_including_past = decl->is_including_past;
    Typed series = elaborate(c, &b->env, decl->expr2);
    if (series.type.tag == KIND_OF_ERROR)
        return false;
    if (series.type.tag != KIND_OF_NUMBER) {
        diag_error(c->diags, DIAG_WRONG_TYPE, decl->expr2->span, "`each` counts steps of a number");
        return false;
    }
    b->rule.series = series.node;
    b->rule.quantity =
        elaborate_number(c, &b->env, decl->expr, &series.type.unit, "the step of `each`");
    if (decl->up_to_times && !(b->rule.times = elaborate_number(c, &b->env, decl->up_to_times,
                                                                &plain, "how often at most")))
        return false;
    if (decl->before &&
        !(b->rule.before = elaborate_date(c, &b->env, decl->before, "what follows `before`")))
        return false;
    return b->rule.quantity != NULL;
}

static bool build_trigger(RuleBuilder *b, const Decl *decl)
{
    switch (decl->trigger) {
    case TRIGGER_EVERY:
        return build_every(b, decl);
    case TRIGGER_ON:
        b->rule.kind = RULE_ON;
        b->rule.date = elaborate_date(b->c, &b->env, decl->expr, "what follows `on`");
        return b->rule.date != NULL;
    case TRIGGER_WHEN:
        return build_when(b, decl);
    case TRIGGER_EACH:
        return build_each(b, decl);
    }
    return false;
}

static uint32_t contract_of(const Instance *at)
{
    for (; at; at = at->owner)
        if (at->contract != NO_ID)
            return at->contract;
    return NO_ID;
}

static void build_rule(Checker *c, Instance *at, const Decl *decl, size_t number)
{
    RuleBuilder b = {.c = c, .at = at};
    b.rule.contract = contract_of(at);
    b.rule.span = decl->span;
    b.rule.name = decl->name.length > 0
                      ? text_format(c->arena, "%.*s.%.*s", TEXT_ARG(at->path), TEXT_ARG(decl->name))
                      : text_format(c->arena, "%.*s#%zu", TEXT_ARG(at->path), number);
    b.env = (Env){.self = at, .owner_name = b.rule.name};
    if (!build_trigger(&b, decl))
        return;
    b.env.is_in_every = b.rule.kind == RULE_EVERY;
    for (size_t i = 0; i < decl->members.count; i++)
        build_action(&b, decl->members.items[i]);
    if (b.rule.kind == RULE_ON)
        look_at_event(&b, decl);
    else if (b.rule.term_start)
        look_at_term(&b, decl);
    *LIST_PUSH(c->arena, &c->model->rules) = b.rule;
}

/* What is wrong in a library's kind was asked for by somebody. */
static void label_instance(Checker *c, const Instance *at, size_t n_before)
{
    for (size_t i = n_before; i < c->diags->diags.count; i++) {
        Diag *d = c->diags->diags.items[i];
        const SourceFile *file = c->diags->sources->files.items[d->span.file];
        if (file->is_library && at->decl)
            diag_label(c->diags, d, at->decl->name_span, "asked for here");
    }
}

static void build_rules_of(Checker *c, Instance *at)
{
    size_t number = 0, n_before = c->diags->diags.count;
    for (size_t i = 0; i < at->members.count; i++) {
        const Decl *m = at->members.items[i];
        if (m && m->kind == DECL_RULE)
            build_rule(c, at, m, ++number);
    }
    label_instance(c, at, n_before);
}

void rules_build(Checker *c)
{
    for (size_t i = 0; i < c->contracts.count; i++)
        build_rules_of(c, c->contracts.items[i]);
    for (size_t i = 0; i < c->all.count; i++)
        if (c->all.items[i]->contract == NO_ID)
            build_rules_of(c, c->all.items[i]);
}
