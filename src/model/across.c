/* What is read across the run: `x at DATE`, and totals, present values and returns, which reports
 * and checks read at the clock's end. */
#include "model/checker.h"

/* ---- x at DATE ---------------------------------------------------------------------------- */

Typed elaborate_latch(Checker *c, const Env *env, const Expr *expr)
{
    Typed x = elaborate(c, env, expr->args.items[0]);
    const Node *day = elaborate_date(c, env, expr->args.items[1], "the day after `at`");
    if (!day || !is_value_like(c, expr->args.items[0], &x))
        return typed_error();
    ValueId source = value_of_node(c, env, &x), id = value_hidden(c, env, "at", VALUE_LATCH);
    Value *v = &c->model->values.items[id];
    v->source = source;
    v->expr = day;
    v->first = day;
    v->is_of_run = true;
    *LIST_PUSH(c->arena, &c->latches) =
        (Latch){.value = id,
                .span = expr->span,
                .day = span_text(c->diags->sources, expr->args.items[1]->span)};
    return read_hidden(c, id, x.type);
}

/* What is surely read on a day, through formulas: each value once. */
typedef struct Reading {
    const Model *model;
    double day;
    struct Reading *first; /* on the clock's first day, which sums read too */
    uint32_t depth;        /* of values; what lies deeper is not looked at */
    bool *is_seen;
    LIST(ValueId) unborn; /* an `x at DATE` whose day has not come */
} Reading;

static void read_value(Checker *c, Reading *reading, ValueId id);

static void read_node(Checker *c, Reading *reading, const Node *node)
{
    if (node->op == N_VALUE || node->op == N_CLOSING)
        read_value(c, reading, node->value);
    /* Which branch of an `if` counts is not known here. */
    uint32_t n = node->op == N_IF ? 1 : node->n_args;
    for (uint32_t i = 0; i < n; i++)
        read_node(c, reading, node->args[i]);
}

/* The day from which a value is there; `before` where it always is. */
static double born(const Model *m, const Value *v, double before)
{
    double day;

    if (v->kind == VALUE_WINDOW && v->order == WINDOW_RETURN)
        return m->until;
    return v->kind == VALUE_LATCH && node_is_constant(v->expr, &day) ? day : before;
}

static void read_value(Checker *c, Reading *reading, ValueId id)
{
    const Value *v = &reading->model->values.items[id];

    if (reading->is_seen[id] || reading->depth >= LIMIT_ELABORATION_DEPTH)
        return;
    reading->is_seen[id] = true;
    reading->depth++;
    if (v->kind == VALUE_FORMULA && v->expr)
        read_node(c, reading, v->expr);
    if (v->kind == VALUE_CUMULATIVE || (v->kind == VALUE_WINDOW && v->order == WINDOW_RETURN))
        read_value(c, reading->first, v->source);
    if (v->kind == VALUE_GROWTH)
        read_node(c, reading->first, v->expr);
    if (born(reading->model, v, reading->day) > reading->day)
        *LIST_PUSH(c->arena, &reading->unborn) = id;
    reading->depth--;
}

static Reading reading_on(Checker *c, double day, Reading *first)
{
    return (Reading){.model = c->model,
                     .day = day,
                     .first = first,
                     .is_seen = ARENA_ARRAY(c->arena, bool, c->model->values.count + 1)};
}

static void refuse_one(Checker *c, const Latch *latch, double read, const char *reader, Text name)
{
    if (read >= c->model->until) {
        diag_error(c->diags, DIAG_LOOKS_AHEAD, latch->span,
                   "%.*s lies after the clock, so this never has a value", TEXT_ARG(latch->day));
        return;
    }
    Diag *d = diag_error(c->diags, DIAG_LOOKS_AHEAD, latch->span,
                         "this has no value before %.*s, and %s `%.*s` reads it earlier",
                         TEXT_ARG(latch->day), reader, TEXT_ARG(name));
    if (c->model->values.items[latch->value].kind == VALUE_LATCH)
        diag_because(c->diags, d,
                     "Read it where its day has come: `if today >= %.*s then ... else ...`; a "
                     "`show` without `by` looks at the clock's end alone, a check with `during` "
                     "in its term.",
                     TEXT_ARG(latch->day));
    else
        diag_because(c->diags, d, "A `show` without `by` looks at the clock's end alone.");
}

static void refuse(Checker *c, Reading *reading, const char *reader, Text name)
{
    for (size_t i = 0; i < reading->unborn.count; i++)
        for (size_t j = 0; j < c->latches.count; j++)
            if (c->latches.items[j].value == reading->unborn.items[i])
                refuse_one(c, &c->latches.items[j], reading->day, reader, name);
    reading->unborn.count = 0;
    if (reading->first != reading)
        refuse(c, reading->first, reader, name);
}

static double first_day_of_check(const Model *m, const Check *check)
{
    double day = m->last_days[0], start = day;

    if (check->date && !node_is_constant(check->date, &day))
        return m->until;
    if (check->term_start && !node_is_constant(check->term_start, &start))
        return m->until;
    return check->term_start && start > day ? start : day;
}

/* `show x / (x at 2026-12)` is asked of the clock's end alone, and has a value there. */
static void read_at_end(Checker *c, Output *out, bool is_asked_at_end)
{
    if (out->is_once || !is_asked_at_end || out->measure != MEASURE_LEVEL)
        return;
    Reading first = reading_on(c, c->model->last_days[0], NULL);
    first.first = &first;
    read_value(c, &first, out->value);
    out->is_once = first.unborn.count > 0;
}

void latches_check(Checker *c)
{
    const Model *m = c->model;
    if (c->latches.count == 0 || diag_any_error(c->diags))
        return;
    Reading first = reading_on(c, m->last_days[0], NULL), last = reading_on(c, m->until, &first);
    first.first = &first;
    for (size_t i = 0; i < m->outputs.count; i++) {
        Output *out = &m->outputs.items[i];
        read_at_end(c, out, !c->is_by_period.items[i]);
        Reading *reading = out->is_once ? &last : &first;
        read_value(c, reading, out->value);
        refuse(c, reading, "the report's", out->name);
    }
    for (size_t i = 0; i < m->stocks.count; i++) {
        const Stock *stock = &m->stocks.items[i];
        for (size_t k = 0; k < stock->in.count; k++)
            read_value(c, &first, stock->in.items[k]);
        for (size_t k = 0; k < stock->out.count; k++)
            read_value(c, &first, stock->out.items[k]);
        refuse(c, &first, "the stock", m->values.items[stock->value].name);
    }
    for (size_t i = 0; i < m->checks.count; i++) {
        const Check *check = &m->checks.items[i];
        const Node *nodes[] = {check->condition, check->numerator, check->denominator};
        Reading reading = reading_on(c, first_day_of_check(m, check), &first);
        for (size_t k = 0; k < 3; k++)
            if (nodes[k])
                read_node(c, &reading, nodes[k]);
        refuse(c, &reading, "the check", check->title);
    }
}

/* ---- over the whole run -------------------------------------------------------------------- */

/* What is added up: the amount of each period whose last day lies from A to before B, else 0. */
typedef struct {
    Typed amount;
    const Node *from; /* A, or the clock's first day */
} Summed;

static bool read_summed(Checker *c, const Env *env, const Expr *call, Summed *out)
{
    const Expr *from = argument_named(call, "from"), *to = argument_named(call, "to");
    const Node *is_in = NULL;
    double a, b;

    out->amount = elaborate(c, env, call->args.items[0]);
    out->from =
        from ? elaborate_date(c, env, from, "the day after `from`") : node_const(c, c->model->from);
    const Node *end = to ? elaborate_date(c, env, to, "the day after `to`") : NULL;
    if (out->amount.type.tag == KIND_OF_ERROR || !out->from || (to && !end))
        return false;
    if (out->amount.type.tag != KIND_OF_NUMBER) {
        diag_error(c->diags, DIAG_WRONG_TYPE, call->args.items[0]->span,
                   "`%.*s` is of a number, not of %.*s", TEXT_ARG(call->name),
                   TEXT_ARG(type_name(c, &out->amount.type)));
        return false;
    }
    bool misses = from && node_is_constant(out->from, &a) && a > c->model->until;
    if (end && node_is_constant(end, &b))
        misses |= b <= c->model->from || (node_is_constant(out->from, &a) && b <= a);
    if (misses) {
        diag_error(c->diags, DIAG_CLOCK, (from ? from : to)->span,
                   "nothing of the clock lies between these days");
        return false;
    }
    amount_of_period(c, &out->amount);
    out->amount.field = NULL;
    if (from)
        is_in = node_make(c, N_GE, node_leaf(c, N_TODAY), out->from, NULL);
    if (end) {
        const Node *is_before = node_make(c, N_LT, node_leaf(c, N_TODAY), end, NULL);
        is_in = is_in ? node_make(c, N_AND, is_in, is_before, NULL) : is_before;
    }
    if (is_in)
        out->amount.node = node_make(c, N_IF, is_in, out->amount.node, node_const(c, 0));
    return true;
}

static Typed whole_sum(Checker *c, const Env *env, const Typed *amount)
{
    ValueId source = value_of_node(c, env, amount),
            id = value_hidden(c, env, "total", VALUE_CUMULATIVE);
    c->model->values.items[id].source = source;
    c->model->values.items[id].is_of_run = true;
    return read_hidden(c, id, amount->type);
}

/* Each period's amount, as of its last day, is worth 1 / (1 + r) ^ years of itself on day A. */
static Typed present(Checker *c, const Env *env, const Expr *call)
{
    Summed summed;
    if (!read_summed(c, env, call, &summed))
        return typed_error();
    Typed grown = growth_from(c, env, call->args.items[1], summed.from, false);
    if (grown.type.tag == KIND_OF_ERROR)
        return grown;
    summed.amount.node = node_make(c, N_DIV, summed.amount.node, grown.node, NULL);
    return whole_sum(c, env, &summed.amount);
}

static Typed rate_of_return(Checker *c, const Env *env, const Expr *call)
{
    Summed summed;
    if (!read_summed(c, env, call, &summed))
        return typed_error();
    if (c->model->n_periods > LIMIT_LAG_PERIODS) {
        diag_error(c->diags, DIAG_TOO_MANY, call->span,
                   "a rate of return is over at most %d periods of the clock", LIMIT_LAG_PERIODS);
        return typed_error();
    }
    ValueId source = value_of_node(c, env, &summed.amount),
            id = value_hidden(c, env, "irr", VALUE_WINDOW);
    Value *v = &c->model->values.items[id];
    v->source = source;
    v->periods = c->model->n_periods;
    v->order = WINDOW_RETURN;
    v->is_of_run = true;
    *LIST_PUSH(c->arena, &c->latches) =
        (Latch){.value = id, .span = call->span, .day = TEXT("the clock's end")};
    Type type = type_number(unit_divide(unit_plain(), unit_time()));
    type.unit.rate_months = 12;
    type.shown = TEXT("%/year");
    type.shown_scale = 0.01 / 12;
    type.is_rate_percent = true;
    Typed yearly = read_hidden(c, id, type);
    yearly.node = node_make(c, N_DIV, yearly.node, node_const(c, 12), NULL);
    return yearly;
}

Typed refuse_looking_ahead(Checker *c, const Expr *call)
{
    Diag *d =
        diag_error(c->diags, DIAG_LOOKS_AHEAD, call->span, "a formula cannot look ahead in time");

    diag_because(c->diags, d,
                 "Of the past there are `lag`, `cumulative` and `x at DATE`; of the whole run, in "
                 "reports and checks, `total(x)`, `present(x, 8%%/year)` and `irr(x)`.");
    return typed_error();
}

Typed call_over_run(Checker *c, const Env *env, const Expr *call)
{
    bool is_present = text_is(call->name, "present"), is_irr = text_is(call->name, "irr");

    if (!env->is_closing) {
        Diag *d = diag_error(c->diags, DIAG_LOOKS_AHEAD, call->span,
                             "`%.*s` is of the whole run, which no formula knows before its end",
                             TEXT_ARG(call->name));
        diag_because(c->diags, d,
                     "It stands in reports and checks: `show %.*s`. `cumulative(x)` is the sum so "
                     "far, anywhere.",
                     TEXT_ARG(span_text(c->diags->sources, call->span)));
        return typed_error();
    }
    size_t n = n_plain_arguments(call);
    for (size_t i = n; i < call->args.count; i++)
        if (!text_is(call->arg_names.items[i], "from") && !text_is(call->arg_names.items[i], "to"))
            n = 0;
    if (n != (is_present ? 2 : 1))
        return wrong_arguments(c, call,
                               is_present
                                   ? "present(x, 8%/year) or present(x, 8%/year, from A to B)"
                               : is_irr ? "irr(x) or irr(x, from A to B)"
                                        : "total(x) or total(x, from A to B)");
    if (is_present)
        return present(c, env, call);
    if (is_irr)
        return rate_of_return(c, env, call);
    Summed summed;
    return read_summed(c, env, call, &summed) ? whole_sum(c, env, &summed.amount) : typed_error();
}
