/* The built-in functions, what runs over instances or time, and sharing what is scarce. */
#include "model/checker.h"

#include <assert.h>
#include <math.h>

/* A longer one is taken for a slip of the unit: 60 years for 60 months. */
enum { MOST_SENSIBLE_TERM_YEARS = 50 };

Typed wrong_arguments(Checker *c, const Expr *expr, const char *form)
{
    diag_error(c->diags, DIAG_WRONG_ARGUMENTS, expr->span, "the arguments do not fit: write `%s`",
               form);
    return typed_error();
}

const Expr *argument_named(const Expr *call, const char *name)
{
    for (size_t i = 0; i < call->args.count; i++)
        if (i < call->arg_names.count && text_is(call->arg_names.items[i], name))
            return call->args.items[i];
    return NULL;
}

size_t n_plain_arguments(const Expr *call)
{
    size_t n = 0;
    while (n < call->args.count &&
           (n >= call->arg_names.count || call->arg_names.items[n].length == 0))
        n++;
    return n;
}

/* The value that a node reads, or a hidden formula made of it. */
ValueId value_of_node(Checker *c, const Env *env, const Typed *typed)
{
    if (typed->node->op == N_VALUE)
        return typed->node->value;
    ValueId id = value_hidden(c, env, "of", VALUE_FORMULA);
    Value *v = &c->model->values.items[id];
    v->expr = typed->node;
    v->type = typed->type.tag == KIND_OF_DATE    ? TYPE_DATE
              : typed->type.tag == KIND_OF_YESNO ? TYPE_YESNO
                                                 : TYPE_NUMBER;
    return id;
}

Typed read_hidden(Checker *c, ValueId id, Type type)
{
    Value *v = &c->model->values.items[id];
    v->type = type.tag == KIND_OF_DATE    ? TYPE_DATE
              : type.tag == KIND_OF_YESNO ? TYPE_YESNO
              : type.tag == KIND_OF_WORD  ? TYPE_WORD
                                          : TYPE_NUMBER;
    return (Typed){.type = type, .node = node_value(c, id)};
}

/* A stretch of time as whole clock periods; NO_ID after a diagnostic. */
static uint32_t whole_periods(Checker *c, const Env *env, const Expr *expr, const char *what)
{
    Unit time = unit_time();
    double months;
    if (!elaborate_constant(c, env, expr, &time, what, &months))
        return NO_ID;
    double n = floor(months / step_months(c->model->step) + 0.5);
    if (n < 1 || n > LIMIT_LAG_PERIODS ||
        fabs(n * step_months(c->model->step) - months) > 0.2 * step_months(c->model->step)) {
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS, expr->span,
                   "%s must be a whole number of clock periods, 1 to %d", what, LIMIT_LAG_PERIODS);
        return NO_ID;
    }
    return (uint32_t)n;
}

static const Node *matching(Checker *c, const Env *env, const Expr *expr, const Typed *like,
                            const char *what)
{
    Typed t = elaborate(c, env, expr);
    if (t.type.tag == KIND_OF_ERROR)
        return NULL;
    bool is_zero = expr->kind == EXPR_NUMBER && expr->number == 0 && !expr->unit &&
                   like->type.tag == KIND_OF_NUMBER;
    if (!is_zero && (t.type.tag != like->type.tag ||
                     (t.type.tag == KIND_OF_NUMBER &&
                      !dimensions_equal(&t.type.unit.dims, &like->type.unit.dims)))) {
        diag_error(c->diags, DIAG_WRONG_UNIT, expr->span, "%s must be %.*s, not %.*s", what,
                   TEXT_ARG(type_name(c, &like->type)), TEXT_ARG(type_name(c, &t.type)));
        return NULL;
    }
    return t.node;
}

bool is_value_like(Checker *c, const Expr *at, const Typed *t)
{
    if (t->type.tag == KIND_OF_NUMBER || t->type.tag == KIND_OF_DATE ||
        t->type.tag == KIND_OF_YESNO || t->type.tag == KIND_OF_WORD)
        return true;
    if (t->type.tag != KIND_OF_ERROR)
        diag_error(c->diags, DIAG_WRONG_TYPE, at->span,
                   "a number, a date or a yes/no is wanted here, not %.*s",
                   TEXT_ARG(type_name(c, &t->type)));
    return false;
}

/* ---- through time --------------------------------------------------------------------- */

/* A lag may look at what is made of it: with a `first` its type is known before its source is. */
static void put_off(Checker *c, const Env *env, const Expr *source, ValueId value, Type type)
{
    PendingLag *lag = LIST_PUSH(c->arena, &c->lags);
    *lag = (PendingLag){.env = *env, .source = source, .value = value, .type = type};
    const Loop **link = &lag->env.loops;
    for (const Loop *loop = env->loops; loop; loop = loop->up) {
        Loop *copy = ARENA_NEW(c->arena, Loop);
        *copy = *loop;
        *link = copy;
        link = &copy->up;
    }
    lag->env.saw_opening = lag->env.saw_closing = NULL;
}

static Typed call_lag(Checker *c, const Env *env, const Expr *expr)
{
    if (n_plain_arguments(expr) != 2)
        return wrong_arguments(c, expr, "lag(x, 1 month, first v)");
    uint32_t periods = whole_periods(c, env, expr->args.items[1], "a lag");
    if (periods == NO_ID)
        return typed_error();
    const Expr *first = argument_named(expr, "first");
    if (!first)
        return wrong_arguments(c, expr,
                               "lag(x, 1 month, first v): v is what lies before the clock");
    Typed x = elaborate(c, env, first);
    if (!is_value_like(c, first, &x))
        return typed_error();
    ValueId id = value_hidden(c, env, "lag", VALUE_LAG);
    Value *v = &c->model->values.items[id];
    v->periods = periods;
    v->first = x.node;
    put_off(c, env, expr->args.items[0], id, x.type);
    return read_hidden(c, id, x.type);
}

/* What `first` gave a type to is looked up now, when everything else is known. */
void finish_lags(Checker *c)
{
    for (size_t i = 0; i < c->lags.count; i++) {
        PendingLag lag = c->lags.items[i];
        Typed x = elaborate(c, &lag.env, lag.source);
        if (!is_value_like(c, lag.source, &x))
            continue;
        bool is_alike = x.type.tag == lag.type.tag &&
                        (x.type.tag != KIND_OF_NUMBER ||
                         dimensions_equal(&x.type.unit.dims, &lag.type.unit.dims));
        if (!is_alike) {
            diag_error(c->diags, DIAG_WRONG_UNIT, lag.source->span,
                       "this is %.*s, and its `first` is %.*s", TEXT_ARG(type_name(c, &x.type)),
                       TEXT_ARG(type_name(c, &lag.type)));
            continue;
        }
        ValueId source = value_of_node(c, &lag.env, &x);
        c->model->values.items[lag.value].source = source;
    }
}

static Typed call_delay(Checker *c, const Env *env, const Expr *expr)
{
    bool is_smooth = text_is(expr->name, "smooth");
    const char *form =
        is_smooth ? "smooth(x, 3 months, first v)" : "delay(x, 3 months, order k, first v)";
    if (n_plain_arguments(expr) != 2)
        return wrong_arguments(c, expr, form);
    Typed x = elaborate(c, env, expr->args.items[0]);
    Unit time = unit_time(), plain = unit_plain();
    const Node *tau = elaborate_number(c, env, expr->args.items[1], &time,
                                       is_smooth ? "the time of `smooth`" : "the time of `delay`");
    if (!tau || !is_value_like(c, expr->args.items[0], &x))
        return typed_error();
    double order = is_smooth ? 1 : 3;
    const Expr *order_expr = argument_named(expr, "order"),
               *first_expr = argument_named(expr, "first");
    if (order_expr &&
        !elaborate_constant(c, env, order_expr, &plain, "the order of a delay", &order))
        return typed_error();
    if (order != floor(order) || order < 1 || order > 100)
        return wrong_arguments(c, expr, "delay(x, time, order k), k from 1 to 100");
    const Node *first = NULL;
    if (first_expr && !(first = matching(c, env, first_expr, &x, "`first`")))
        return typed_error();
    ValueId source = value_of_node(c, env, &x), id = value_hidden(c, env, "delay", VALUE_DELAY);
    Value *v = &c->model->values.items[id];
    v->source = source;
    v->expr = tau;
    v->order = (uint32_t)order;
    v->first = first;
    return read_hidden(c, id, x.type);
}

void amount_of_period(Checker *c, Typed *x)
{
    if (unit_time_power(&x->type.unit) != -1)
        return;
    x->node = node_make(c, N_MUL, x->node, stretch_of_rate(c, &x->type, false), NULL);
    x->type = type_number(unit_multiply(x->type.unit, unit_time()));
}

static Typed call_cumulative(Checker *c, const Env *env, const Expr *expr)
{
    if (expr->args.count != 1)
        return wrong_arguments(c, expr, "cumulative(x)");
    Typed x = elaborate(c, env, expr->args.items[0]);
    if (x.type.tag != KIND_OF_NUMBER)
        return is_value_like(c, expr->args.items[0], &x)
                   ? wrong_arguments(c, expr, "cumulative(x), x a number")
                   : typed_error();
    amount_of_period(c, &x);
    ValueId source = value_of_node(c, env, &x),
            id = value_hidden(c, env, "cumulative", VALUE_CUMULATIVE);
    c->model->values.items[id].source = source;
    return read_hidden(c, id, x.type);
}

static Typed call_first(Checker *c, const Env *env, const Expr *expr)
{
    if (expr->args.count != 1)
        return wrong_arguments(c, expr, "first(condition)");
    const Node *condition = elaborate_yesno(c, env, expr->args.items[0], "what `first` waits for");
    if (!condition)
        return typed_error();
    Typed t = {.type = {.tag = KIND_OF_YESNO}, .node = condition};
    ValueId source = value_of_node(c, env, &t), id = value_hidden(c, env, "first", VALUE_FIRST);
    c->model->values.items[id].source = source;
    return read_hidden(c, id, (Type){.tag = KIND_OF_DATE});
}

Typed growth_from(Checker *c, const Env *env, const Expr *growth, const Node *start, bool is_fade)
{
    Typed g = elaborate(c, env, growth);
    if (g.type.tag == KIND_OF_ERROR)
        return g;
    Unit rate = unit_divide(unit_plain(), unit_time());
    if (g.type.tag != KIND_OF_NUMBER || !dimensions_equal(&g.type.unit.dims, &rate.dims)) {
        diag_error(c->diags, DIAG_WRONG_UNIT, growth->span,
                   "growth is a share per time, such as 25%%/year, not %.*s",
                   TEXT_ARG(type_name(c, &g.type)));
        return typed_error();
    }
    double months = g.type.unit.rate_months > 0 ? g.type.unit.rate_months : 12;
    ValueId id = value_hidden(c, env, is_fade ? "fade" : "compound", VALUE_GROWTH);
    const Node *per_rate = node_make(c, N_MUL, g.node, node_const(c, months), NULL);
    Value *v = &c->model->values.items[id];
    v->expr = per_rate;
    v->first = start;
    v->order = is_fade;
    v->rate_months = months;
    return read_hidden(c, id, type_plain());
}

static Typed call_growth(Checker *c, const Env *env, const Expr *expr)
{
    bool is_fade = text_is(expr->name, "fade");
    if (n_plain_arguments(expr) != 1)
        return wrong_arguments(c, expr,
                               is_fade ? "fade(25%/year, from DATE)" : "compound(g, from DATE)");
    const Expr *from = argument_named(expr, "from");
    const Node *start =
        from ? elaborate_date(c, env, from, "where growth starts") : node_const(c, c->model->from);
    const Expr *growth = expr->args.items[0];
    assert(growth != NULL && "syntax/ leaves no argument out");
    return start ? growth_from(c, env, growth, start, is_fade) : typed_error();
}

/* A date and a duration, as `ramp` and `term` take them. */
static bool read_stretch(Checker *c, const Env *env, const Expr *expr, const Node **start,
                         Typed *length)
{
    Unit time = unit_time();

    *start = elaborate_date(c, env, expr->args.items[0], "where this starts");
    *length = elaborate(c, env, expr->args.items[1]);
    if (!*start || length->type.tag == KIND_OF_ERROR)
        return false;
    if (length->type.tag == KIND_OF_NUMBER && dimensions_equal(&length->type.unit.dims, &time.dims))
        return true;
    diag_error(c->diags, DIAG_WRONG_UNIT, expr->args.items[1]->span,
               "the length of a %.*s is a duration, not %.*s", TEXT_ARG(expr->name),
               TEXT_ARG(type_name(c, &length->type)));
    return false;
}

static Typed call_ramp(Checker *c, const Env *env, const Expr *expr)
{
    const Node *start;
    Typed length;

    if (expr->args.count != 2)
        return wrong_arguments(c, expr, "ramp(DATE, DURATION)");
    if (!read_stretch(c, env, expr, &start, &length))
        return typed_error();
    const Node *end = node_date_after(c, start, &length);
    return (Typed){.type = type_plain(), .node = node_make(c, N_RAMP, start, end, NULL)};
}

Typed elaborate_window(Checker *c, const Env *env, const Expr *expr)
{
    static const char *const words[] = {"sum", "mean", "min", "max"};
    Typed x = elaborate(c, env, expr->args.items[0]);
    uint32_t periods = whole_periods(c, env, expr->args.items[1], "a window");
    if (x.type.tag == KIND_OF_ERROR || periods == NO_ID)
        return typed_error();
    if (x.type.tag != KIND_OF_NUMBER) {
        diag_error(c->diags, DIAG_WRONG_TYPE, expr->args.items[0]->span,
                   "a window is over a number, not %.*s", TEXT_ARG(type_name(c, &x.type)));
        return typed_error();
    }
    uint32_t order = 0;
    for (uint32_t i = 0; i < 4; i++)
        if (text_is(expr->op, words[i]))
            order = i;
    if (order == 0)
        amount_of_period(c, &x);
    ValueId source = value_of_node(c, env, &x), id = value_hidden(c, env, "window", VALUE_WINDOW);
    Value *v = &c->model->values.items[id];
    v->source = source;
    v->periods = periods;
    v->order = order;
    return read_hidden(c, id, x.type);
}

/* ---- books and parties ------------------------------------------------------------------------
 */

static Typed call_unpaid(Checker *c, const Env *env, const Expr *expr)
{
    if (expr->args.count != 1)
        return wrong_arguments(c, expr, "unpaid(PARTY)");
    Instance *party = elaborate_reference(c, env, expr->args.items[0], c->party_kind,
                                          "who leaves something unpaid");
    if (!party)
        return typed_error();
    Text book = c->model->parties.items[party->party].name;
    ValueId id =
        state_value(c, text_format(c->arena, "unpaid(%.*s)", TEXT_ARG(book)), VALUE_UNPAID);
    c->model->values.items[id].party = party->party;
    c->model->values.items[id].unit = c->model->monies.items[party->money];
    return read_state(c, env, id, type_money(c, party->money));
}

static Typed call_cash_of(Checker *c, const Env *env, const Expr *expr)
{
    bool is_received = text_is(expr->name, "received");
    const char *form =
        is_received ? "received(PARTY or CONTRACT, CATEGORY)" : "paid(PARTY or CONTRACT, CATEGORY)";
    if (expr->args.count < 1 || expr->args.count > 2)
        return wrong_arguments(c, expr, form);
    Typed who = elaborate(c, env, expr->args.items[0]);
    if (who.type.tag == KIND_OF_ERROR)
        return who;
    if (who.type.tag != KIND_OF_REFERENCE ||
        (who.instance->party == NO_ID && who.instance->contract == NO_ID))
        return wrong_arguments(c, expr, form);
    uint32_t category = NO_ID;
    if (expr->args.count == 2) {
        const Expr *word = expr->args.items[1];
        category = index_or_report(c, c->categories, span_text(c->diags->sources, word->span),
                                   word->span, "category");
        if (category == NO_ID)
            return typed_error();
    }
    Text name =
        text_format(c->arena, "%s(%.*s, %s%.*s)", is_received ? "received" : "paid",
                    TEXT_ARG(who.instance->path), category == NO_ID ? "all" : "",
                    category == NO_ID ? 0 : (int)c->model->categories.items[category].name.length,
                    category == NO_ID ? "" : c->model->categories.items[category].name.bytes);
    ValueId id = state_value(c, name, is_received ? VALUE_RECEIVED : VALUE_PAID);
    Value *v = &c->model->values.items[id];
    v->party = who.instance->party;
    v->contract = who.instance->party == NO_ID ? who.instance->contract : NO_ID;
    v->category = category;
    v->money = who.instance->money;
    v->unit = c->model->monies.items[v->money];
    v->measure = MEASURE_AMOUNT;
    if (c->model->monies.count > 1 && !who.instance->is_book)
        *LIST_PUSH(c->arena, &c->cash_reads) = (CashRead){id, expr->span};
    return read_state(c, env, id, type_money(c, v->money));
}

/* ---- plain functions
 * ----------------------------------------------------------------------------- */

static Typed call_min_max(Checker *c, const Env *env, const Expr *expr)
{
    NodeOp op = text_is(expr->name, "min") ? N_MIN : N_MAX;
    if (expr->args.count < 2)
        return wrong_arguments(c, expr, op == N_MIN ? "min(a, b, ...)" : "max(a, b, ...)");
    Typed out = elaborate(c, env, expr->args.items[0]);
    if (!is_value_like(c, expr->args.items[0], &out))
        return typed_error();
    for (size_t i = 1; i < expr->args.count; i++) {
        Typed t = elaborate(c, env, expr->args.items[i]);
        if (t.type.tag == KIND_OF_ERROR)
            return t;
        bool is_zero = expr->args.items[i]->kind == EXPR_NUMBER &&
                       expr->args.items[i]->number == 0 && !expr->args.items[i]->unit;
        bool was_zero = i == 1 && expr->args.items[0]->kind == EXPR_NUMBER &&
                        expr->args.items[0]->number == 0 && !expr->args.items[0]->unit;
        if (is_zero && out.type.tag == KIND_OF_NUMBER)
            t.type = out.type;
        if (was_zero && t.type.tag == KIND_OF_NUMBER)
            out.type = t.type;
        if (t.type.tag != out.type.tag ||
            (t.type.tag == KIND_OF_NUMBER &&
             !dimensions_equal(&t.type.unit.dims, &out.type.unit.dims))) {
            Expr pair = *expr;
            Expr *both[2] = {expr->args.items[0], expr->args.items[i]};
            pair.args.items = both;
            pair.args.count = 2;
            report_mismatch(c, env, &pair, &out, &t, "is compared with");
            return typed_error();
        }
        if (out.type.shown.length == 0) {
            out.type.shown = t.type.shown;
            out.type.shown_scale = t.type.shown_scale;
        }
        if (out.type.unit.rate_months == 0)
            out.type.unit.rate_months = t.type.unit.rate_months;
        out.node = node_make(c, op, out.node, t.node, NULL);
    }
    out.field = NULL;
    return out;
}

static Typed call_clamp(Checker *c, const Env *env, const Expr *expr)
{
    if (expr->args.count != 3)
        return wrong_arguments(c, expr, "clamp(x, low, high)");
    Typed x = elaborate(c, env, expr->args.items[0]);
    if (!is_value_like(c, expr->args.items[0], &x))
        return typed_error();
    const Node *low = matching(c, env, expr->args.items[1], &x, "the low end"),
               *high = matching(c, env, expr->args.items[2], &x, "the high end");
    if (!low || !high)
        return typed_error();
    x.node = node_make(c, N_MIN, node_make(c, N_MAX, x.node, low, NULL), high, NULL);
    return x;
}

static NodeOp unary_op(Text name)
{
    static const struct {
        const char *name;
        NodeOp op;
    } ops[] = {{"abs", N_ABS},   {"floor", N_FLOOR}, {"ceil", N_CEIL}, {"round", N_ROUND},
               {"sqrt", N_SQRT}, {"exp", N_EXP},     {"log", N_LOG}};
    size_t i = 0;

    while (!text_is(name, ops[i].name))
        i++;
    return ops[i].op;
}

static Typed call_unary(Checker *c, const Env *env, const Expr *expr)
{
    NodeOp op = unary_op(expr->name);
    bool keeps_unit = op == N_ABS || op == N_FLOOR || op == N_CEIL || op == N_ROUND;
    if (expr->args.count != 1)
        return wrong_arguments(c, expr, "one argument");
    Typed x = elaborate(c, env, expr->args.items[0]);
    if (x.type.tag == KIND_OF_ERROR)
        return x;
    if (x.type.tag != KIND_OF_NUMBER ||
        (!keeps_unit && op != N_SQRT && !unit_is_plain(&x.type.unit))) {
        diag_error(c->diags, DIAG_WRONG_UNIT, expr->args.items[0]->span,
                   "`%.*s` takes a plain number, not %.*s", TEXT_ARG(expr->name),
                   TEXT_ARG(type_name(c, &x.type)));
        return typed_error();
    }
    Typed out = {.type = keeps_unit ? x.type : type_plain()};
    if (op == N_SQRT && !unit_power(x.type.unit, 0.5, &out.type.unit)) {
        diag_error(c->diags, DIAG_WRONG_UNIT, expr->span, "the square root of %.*s has no unit",
                   TEXT_ARG(type_name(c, &x.type)));
        return typed_error();
    }
    /* floor and the like count in base units: floor(4.6 k gpu) is 4,600 gpu. */
    out.node = node_make(c, op, x.node, NULL, NULL);
    return out;
}

static Typed call_annuity(Checker *c, const Env *env, const Expr *expr)
{
    if (expr->args.count != 3)
        return wrong_arguments(c, expr, "annuity(principal, rate * 1 month, months(term))");
    Typed principal = elaborate(c, env, expr->args.items[0]);
    Unit plain = unit_plain();
    const Node *rate =
        elaborate_number(c, env, expr->args.items[1], &plain, "the rate per instalment");
    const Node *n =
        elaborate_number(c, env, expr->args.items[2], &plain, "the number of instalments");
    if (principal.type.tag != KIND_OF_NUMBER || !rate || !n)
        return typed_error();
    principal.node = node_make(c, N_ANNUITY, principal.node, rate, n);
    principal.field = NULL;
    return principal;
}

static Typed call_term(Checker *c, const Env *env, const Expr *expr)
{
    Typed out = {.type = {.tag = KIND_OF_TERM}}, length;
    double months;

    if (expr->args.count != 2)
        return wrong_arguments(c, expr, "term(DATE, DURATION)");
    if (!read_stretch(c, env, expr, &out.start, &length))
        return typed_error();
    if (node_is_known(length.node, &months) && months > MOST_SENSIBLE_TERM_YEARS * 12)
        diag_warning(c->diags, DIAG_OUT_OF_RANGE, expr->args.items[1]->span,
                     "this term lasts %.4g years", months / 12);
    out.months = length.node;
    out.end = node_date_after(c, out.start, &length);
    return out;
}

static Typed call_of_term(Checker *c, const Env *env, const Expr *expr)
{
    if (expr->args.count == 2 && text_is(expr->name, "months")) {
        const Node *a = elaborate_date(c, env, expr->args.items[0], "the first date of `months`");
        const Node *b = elaborate_date(c, env, expr->args.items[1], "the second date of `months`");
        return a && b ? (Typed){.type = type_plain(),
                                .node = node_make(c, N_MONTHS_BETWEEN, a, b, NULL)}
                      : typed_error();
    }
    if (expr->args.count != 1)
        return wrong_arguments(c, expr,
                               "start(term), end(term), months(term) or months(date, date)");
    Typed t = elaborate(c, env, expr->args.items[0]);
    if (t.type.tag == KIND_OF_ERROR)
        return t;
    if (t.type.tag == KIND_OF_NUMBER && text_is(expr->name, "months") && t.type.unit.dims.n == 1 &&
        unit_time_power(&t.type.unit) == 1)
        return (Typed){.type = type_plain(), .node = t.node};
    if (t.type.tag != KIND_OF_TERM) {
        diag_error(c->diags, DIAG_WRONG_TYPE, expr->args.items[0]->span,
                   "`%.*s` is of a term, not of %.*s", TEXT_ARG(expr->name),
                   TEXT_ARG(type_name(c, &t.type)));
        return typed_error();
    }
    if (text_is(expr->name, "months"))
        return (Typed){.type = type_plain(), .node = t.months};
    return (Typed){.type = {.tag = KIND_OF_DATE},
                   .node = text_is(expr->name, "start") ? t.start : t.end};
}

typedef Typed Call(Checker *c, const Env *env, const Expr *expr);

typedef struct {
    const char *name;
    Call *call;
} Function;

static const Function functions[] = {
    {"min", call_min_max},      {"max", call_min_max},
    {"clamp", call_clamp},      {"abs", call_unary},
    {"floor", call_unary},      {"ceil", call_unary},
    {"round", call_unary},      {"sqrt", call_unary},
    {"exp", call_unary},        {"log", call_unary},
    {"lag", call_lag},          {"delay", call_delay},
    {"smooth", call_delay},     {"cumulative", call_cumulative},
    {"first", call_first},      {"ramp", call_ramp},
    {"compound", call_growth},  {"fade", call_growth},
    {"annuity", call_annuity},  {"term", call_term},
    {"start", call_of_term},    {"end", call_of_term},
    {"months", call_of_term},   {"year_fraction", call_year_fraction},
    {"unpaid", call_unpaid},    {"received", call_cash_of},
    {"paid", call_cash_of},     {"total", call_over_run},
    {"present", call_over_run}, {"irr", call_over_run},
};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

static Typed refuse_call(Checker *c, const Expr *expr)
{
    Table *known = table_new(c->arena);
    Span at = {expr->span.file, expr->span.start, expr->span.start + (uint32_t)expr->name.length};

    for (size_t i = 0; i < N_FUNCTIONS; i++)
        table_set(known, text_from(functions[i].name), known);
    for (size_t i = 0; i < table_count(c->tables); i++)
        table_set(known, table_at(c->tables, i)->key, known);
    Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, at, "there is no function or table `%.*s`",
                         TEXT_ARG(expr->name));
    suggest_nearest(c, d, at, known, expr->name);
    return typed_error();
}

Typed elaborate_call(Checker *c, const Env *env, const Expr *expr)
{
    Call *call = NULL;

    for (size_t i = 0; i < N_FUNCTIONS && !call; i++)
        if (text_is(expr->name, functions[i].name))
            call = functions[i].call;
    /* What reads across the run is no word that a table may not have. */
    TableDef *table = call && call != call_over_run ? NULL : table_named(c, expr->name);
    if (table)
        return table_read(c, env, table, expr);
    if (call)
        return call(c, env, expr);
    return text_is(expr->name, "ahead") ? refuse_looking_ahead(c, expr) : refuse_call(c, expr);
}
