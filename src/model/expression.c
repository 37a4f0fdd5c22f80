/* Elaborates expressions: names are looked up, units checked, and a Node comes out. */
#include "model/checker.h"

#include <math.h>

/* ---- conversions wanted by callers ----------------------------------------------- */

static bool is_number(const Typed *t)
{
    return t->type.tag == KIND_OF_NUMBER;
}

static void wrong_type(Checker *c, Span at, const Typed *found, const char *wanted,
                       const char *what)
{
    diag_error(c->diags, DIAG_WRONG_TYPE, at, "%s must be %s, not %.*s", what, wanted,
               TEXT_ARG(type_name(c, &found->type)));
}

static const Node *number_in(Checker *c, const Env *env, const Expr *expr, const Typed *t,
                             const Unit *wanted, const char *what)
{
    if (t->type.tag == KIND_OF_ERROR)
        return NULL;
    if (!is_number(t)) {
        wrong_type(c, expr->span, t, "a number", what);
        return NULL;
    }
    if (wanted && !dimensions_equal(&t->type.unit.dims, &wanted->dims)) {
        Type asked = type_number(*wanted);
        Diag *d =
            diag_error(c->diags, DIAG_WRONG_UNIT, expr->span, "%s must be %.*s, not %.*s", what,
                       TEXT_ARG(type_phrase(c, &asked)), TEXT_ARG(type_phrase(c, &t->type)));
        hint_of_currency(c, env, d, expr, wanted, &t->type.unit);
        return NULL;
    }
    return t->node;
}

const Node *elaborate_number(Checker *c, const Env *env, const Expr *expr, const Unit *wanted,
                             const char *what)
{
    Typed t = elaborate(c, env, expr);

    return number_in(c, env, expr, &t, wanted, what);
}

const Node *elaborate_money(Checker *c, const Env *env, const Expr *expr, const char *what,
                            uint32_t *money)
{
    Typed t = elaborate(c, env, expr);
    *money = money_of_type(c, &t.type);
    Unit unit = money_unit(c, *money);

    return number_in(c, env, expr, &t, &unit, what);
}

const Node *elaborate_yesno(Checker *c, const Env *env, const Expr *expr, const char *what)
{
    Typed t = elaborate(c, env, expr);
    if (t.type.tag == KIND_OF_ERROR)
        return NULL;
    if (t.type.tag != KIND_OF_YESNO) {
        wrong_type(c, expr->span, &t, "a yes/no", what);
        return NULL;
    }
    return t.node;
}

const Node *elaborate_date(Checker *c, const Env *env, const Expr *expr, const char *what)
{
    Typed t = elaborate(c, env, expr);
    if (t.type.tag == KIND_OF_ERROR)
        return NULL;
    if (t.type.tag != KIND_OF_DATE) {
        wrong_type(c, expr->span, &t, "a date", what);
        return NULL;
    }
    return t.node;
}

Instance *elaborate_reference(Checker *c, const Env *env, const Expr *expr, const KindDef *wanted,
                              const char *what)
{
    Typed t = elaborate(c, env, expr);
    if (t.type.tag == KIND_OF_ERROR)
        return NULL;
    if (t.type.tag != KIND_OF_REFERENCE || !t.instance ||
        (wanted && !kind_is_a(t.instance->kind, wanted) &&
         !(wanted == c->contract_kind && t.instance->contract != NO_ID))) {
        Text kind = wanted ? wanted->name : TEXT("name");
        diag_error(c->diags, DIAG_WRONG_TYPE, expr->span, "%s must be a %.*s, not %.*s", what,
                   TEXT_ARG(kind), TEXT_ARG(type_name(c, &t.type)));
        return NULL;
    }
    return t.instance;
}

bool elaborate_constant(Checker *c, const Env *env, const Expr *expr, const Unit *wanted,
                        const char *what, double *out)
{
    const Node *node = elaborate_number(c, env, expr, wanted, what);
    if (!node)
        return false;
    if (node_is_constant(node, out))
        return true;
    diag_error(c->diags, DIAG_NOT_CONSTANT, expr->span, "%s must be known before the run", what);
    return false;
}

/* ---- numbers and dates --------------------------------------------------------------- */

static Typed number(Checker *c, const Expr *expr)
{
    Typed out = {.type = type_plain()};
    double factor = 1, cut = 1;
    if (expr->unit) {
        Unit unit;
        if (!unit_of_expression(c, expr->unit, &unit))
            return typed_error();
        Text magnitude = expr->unit->magnitude;
        bool is_percent = text_is(magnitude, "%") || text_is(magnitude, "pp");
        if (is_percent)
            cut = 100;
        else if (text_is(magnitude, "bp"))
            cut = 10000;
        else if (magnitude.length > 0)
            factor = magnitude_factor(magnitude);
        out.type = type_number(unit);
        out.type.shown = span_text(c->diags->sources, expr->unit->span);
        out.type.shown_scale = factor / cut * unit.numerator / unit.denominator;
        out.type.is_rate_percent = unit.dims.n == 1 && unit_time_power(&unit) == -1;
        double base = expr->number / cut * factor * unit.numerator / unit.denominator;
        out.node = facts_use_literal(c, expr, base);
        return out;
    }
    out.node = facts_use_literal(c, expr, expr->number);
    return out;
}

static Typed date(Checker *c, const Expr *expr)
{
    int month = expr->month ? expr->month : 1, day = expr->day ? expr->day : 1;
    if (!day_is_valid(expr->year, month, day)) {
        diag_error(c->diags, DIAG_BAD_DATE, expr->span, "there is no such day between %d and %d",
                   DATE_MIN_YEAR, DATE_MAX_YEAR);
        return typed_error();
    }
    return (Typed){.type = {.tag = KIND_OF_DATE},
                   .node = node_const(c, day_from_civil(expr->year, month, day))};
}

/* ---- months and hours ----------------------------------------------------------------- */

static bool is_of_hours(const Unit *u)
{
    const double longest = 0.9 / DAYS_PER_MONTH;
    double length =
        unit_time_power(u) > 0 && u->in_days ? u->numerator / u->denominator : u->rate_months;

    return length > 0 && length < longest;
}

static bool is_of_months(const Unit *u)
{
    return unit_time_power(u) > 0 ? !u->in_days : u->rate_months >= 1;
}

void note_mixed_times(Checker *c, Span at, const Type *a, const Type *b)
{
    bool is_mixed = (is_of_hours(&a->unit) && is_of_months(&b->unit)) ||
                    (is_of_months(&a->unit) && is_of_hours(&b->unit));

    if (c->has_mixed_times || !is_mixed || a->tag != KIND_OF_NUMBER || b->tag != KIND_OF_NUMBER)
        return;
    c->has_mixed_times = true;
    diag_note(c->diags, DIAG_AVERAGE_YEAR, at,
              "months and hours meet here: a year counts as 8,766 hours, a twelfth of it a month");
}

/* ---- operators ------------------------------------------------------------------------- */

/* 0 is nothing of anything: it needs no unit where the other side has one. */
static bool is_bare_zero(const Expr *expr, size_t side)
{
    const Expr *e = expr->args.items[side];

    return e->kind == EXPR_NUMBER && e->number == 0 && !e->unit;
}

static Typed both_numbers(Checker *c, const Env *env, const Expr *expr, NodeOp op, const Typed *a,
                          const Typed *b, const char *verb)
{
    bool is_zero_beside = is_bare_zero(expr, 0) || is_bare_zero(expr, 1);
    if (!is_zero_beside && !dimensions_equal(&a->type.unit.dims, &b->type.unit.dims)) {
        report_mismatch(c, env, expr, a, b, verb);
        return typed_error();
    }
    if (!is_zero_beside)
        note_mixed_times(c, expr->op_span, &a->type, &b->type);
    Typed out = {.type = is_bare_zero(expr, 0) ? b->type : a->type};
    if (out.type.shown.length == 0) {
        out.type.shown = b->type.shown;
        out.type.shown_scale = b->type.shown_scale;
    }
    if (out.type.unit.rate_months == 0)
        out.type.unit.rate_months = b->type.unit.rate_months;
    out.type.unit.in_days = a->type.unit.in_days && b->type.unit.in_days;
    out.type.is_share = false;
    out.node = node_make(c, op, a->node, b->node, NULL);
    return out;
}

static Typed date_plus(Checker *c, const Typed *day, const Typed *length, bool is_minus)
{
    Typed by = *length;

    if (is_minus)
        by.node = node_make(c, N_NEG, length->node, NULL, NULL);
    return (Typed){.type = {.tag = KIND_OF_DATE}, .node = node_date_after(c, day->node, &by)};
}

static bool is_duration(const Typed *t)
{
    return is_number(t) && t->type.unit.dims.n == 1 && unit_time_power(&t->type.unit) == 1;
}

static Typed add_or_subtract(Checker *c, const Env *env, const Expr *expr, const Typed *a,
                             const Typed *b, bool is_minus)
{
    if (is_number(a) && is_number(b))
        return both_numbers(c, env, expr, is_minus ? N_SUB : N_ADD, a, b,
                            is_minus ? "is reduced by" : "is added to");
    if (a->type.tag == KIND_OF_DATE && is_duration(b))
        return date_plus(c, a, b, is_minus);
    if (!is_minus && is_duration(a) && b->type.tag == KIND_OF_DATE)
        return date_plus(c, b, a, false);
    if (is_minus && a->type.tag == KIND_OF_DATE && b->type.tag == KIND_OF_DATE) {
        Typed out = {.type = type_number(unit_time())};
        out.type.unit.in_days = true;
        out.type.shown = TEXT("days");
        out.type.shown_scale = 1 / DAYS_PER_MONTH;
        out.node = node_make(c, N_DIV, node_make(c, N_SUB, a->node, b->node, NULL),
                             node_const(c, DAYS_PER_MONTH), NULL);
        return out;
    }
    report_mismatch(c, env, expr, a, b, is_minus ? "is reduced by" : "is added to");
    return typed_error();
}

static Typed multiply(Checker *c, const Env *env, const Expr *expr, const Typed *a, const Typed *b,
                      bool is_divide)
{
    Typed x = *a, y = *b;
    /* A yes/no counts as 1 or 0 where it scales something. */
    if (!is_divide && x.type.tag == KIND_OF_YESNO && is_number(&y))
        x.type = type_plain();
    if (!is_divide && y.type.tag == KIND_OF_YESNO && is_number(&x))
        y.type = type_plain();
    if (!is_number(&x) || !is_number(&y)) {
        report_mismatch(c, env, expr, a, b, is_divide ? "is divided by" : "is multiplied by");
        return typed_error();
    }
    note_mixed_times(c, expr->op_span, &x.type, &y.type);
    Typed out = {0};
    out.type = type_number(is_divide ? unit_divide(x.type.unit, y.type.unit)
                                     : unit_multiply(x.type.unit, y.type.unit));
    if (out.type.unit.dims.n >= UNIT_MAX_FACTORS) {
        diag_error(c->diags, DIAG_UNKNOWN_UNIT, expr->span,
                   "this has too many different units at once");
        return typed_error();
    }
    if (unit_is_plain(&y.type.unit)) {
        out.type.shown = x.type.shown;
        out.type.shown_scale = x.type.shown_scale;
        out.type.is_rate_percent = x.type.is_rate_percent;
    } else if (!is_divide && unit_is_plain(&x.type.unit)) {
        out.type.shown = y.type.shown;
        out.type.shown_scale = y.type.shown_scale;
        out.type.is_rate_percent = y.type.is_rate_percent;
    }
    if (unit_is_plain(&out.type.unit) && out.type.shown.length > 0 &&
        out.type.shown.bytes[0] != '%') {
        out.type.shown = TEXT("");
        out.type.shown_scale = 1;
    }
    out.node = node_make(c, is_divide ? N_DIV : N_MUL, x.node, y.node, NULL);
    return out;
}

static Typed power(Checker *c, const Env *env, const Expr *expr, const Typed *a, const Typed *b)
{
    if (!is_number(a) || !is_number(b) || !unit_is_plain(&b->type.unit)) {
        report_mismatch(c, env, expr, a, b, "is raised to");
        return typed_error();
    }
    Typed out = {.type = type_plain(), .node = node_make(c, N_POW, a->node, b->node, NULL)};
    if (unit_is_plain(&a->type.unit))
        return out;
    double exponent;
    if (!node_is_constant(b->node, &exponent) ||
        !unit_power(a->type.unit, exponent, &out.type.unit)) {
        Diag *d = diag_error(c->diags, DIAG_UNIT_MISMATCH, expr->op_span,
                             "%.*s is raised to a power that is not a known whole number",
                             TEXT_ARG(type_name(c, &a->type)));
        diag_because(c->diags, d,
                     "Divide by a reference amount first, so that the base is a plain number.");
        return typed_error();
    }
    return out;
}

static Typed compare(Checker *c, const Env *env, const Expr *expr, const Typed *a, const Typed *b)
{
    static const struct {
        const char *op;
        NodeOp node;
    } ops[] = {{"=", N_EQ}, {"!=", N_NE}, {"<", N_LT}, {"<=", N_LE},
               {">", N_GT}, {">=", N_GE}, {"is", N_EQ}};
    NodeOp op = N_EQ;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (text_is(expr->op, ops[i].op))
            op = ops[i].node;

    bool is_equality = op == N_EQ || op == N_NE;
    if (a->type.tag == KIND_OF_REFERENCE && b->type.tag == KIND_OF_REFERENCE && is_equality) {
        bool is_same = a->instance == b->instance;
        return typed_yesno(node_const(c, is_same == (op == N_EQ)));
    }
    if (is_number(a) && is_number(b)) {
        Typed out = both_numbers(c, env, expr, op, a, b, "is compared with");
        if (out.type.tag != KIND_OF_ERROR)
            out.type = (Type){.tag = KIND_OF_YESNO};
        return out;
    }
    bool is_ordered = a->type.tag == KIND_OF_DATE;
    if (a->type.tag == b->type.tag &&
        (is_ordered ||
         (is_equality && (a->type.tag == KIND_OF_YESNO || a->type.tag == KIND_OF_WORD))))
        return typed_yesno(node_make(c, op, a->node, b->node, NULL));
    report_mismatch(c, env, expr, a, b, "is compared with");
    return typed_error();
}

/* `contract.stage is effective`: the right side of `is` may be a word that names nothing else. */
static Typed operand_of_is(Checker *c, const Env *env, const Typed *left, const Expr *right)
{
    if (left->type.tag == KIND_OF_WORD && right->kind == EXPR_WORD)
        return word_constant(c, right->name);
    return elaborate(c, env, right);
}

static Typed binary(Checker *c, const Env *env, const Expr *expr)
{
    Typed a = elaborate(c, env, expr->args.items[0]);
    bool is_is = text_is(expr->op, "is") || text_is(expr->op, "=") || text_is(expr->op, "!=");
    Typed b = is_is ? operand_of_is(c, env, &a, expr->args.items[1])
                    : elaborate(c, env, expr->args.items[1]);
    if (a.type.tag == KIND_OF_ERROR || b.type.tag == KIND_OF_ERROR)
        return typed_error();

    switch (expr->op.bytes[0]) {
    case '+':
        return add_or_subtract(c, env, expr, &a, &b, false);
    case '-':
        return add_or_subtract(c, env, expr, &a, &b, true);
    case '*':
        return multiply(c, env, expr, &a, &b, false);
    case '/':
        return multiply(c, env, expr, &a, &b, true);
    case '^':
        return power(c, env, expr, &a, &b);
    default:
        break;
    }
    if (text_is(expr->op, "and") || text_is(expr->op, "or")) {
        if (a.type.tag != KIND_OF_YESNO || b.type.tag != KIND_OF_YESNO) {
            report_mismatch(c, env, expr, &a, &b, "is joined with");
            return typed_error();
        }
        return typed_yesno(
            node_make(c, text_is(expr->op, "and") ? N_AND : N_OR, a.node, b.node, NULL));
    }
    return compare(c, env, expr, &a, &b);
}

static Typed unary(Checker *c, const Env *env, const Expr *expr)
{
    Typed a = elaborate(c, env, expr->args.items[0]);
    if (a.type.tag == KIND_OF_ERROR)
        return a;
    if (text_is(expr->op, "not")) {
        if (a.type.tag != KIND_OF_YESNO) {
            wrong_type(c, expr->args.items[0]->span, &a, "a yes/no", "what follows `not`");
            return typed_error();
        }
        return typed_yesno(node_make(c, N_NOT, a.node, NULL, NULL));
    }
    if (!is_number(&a)) {
        wrong_type(c, expr->args.items[0]->span, &a, "a number", "what follows `-`");
        return typed_error();
    }
    a.node = node_make(c, N_NEG, a.node, NULL, NULL);
    return a;
}

static Typed conditional(Checker *c, const Env *env, const Expr *expr)
{
    const Node *condition = elaborate_yesno(c, env, expr->args.items[0], "the condition of `if`");
    Env branch = *env;
    branch.is_guarded = true;
    Typed a = elaborate(c, &branch, expr->args.items[1]),
          b = elaborate(c, &branch, expr->args.items[2]);
    if (!condition || a.type.tag == KIND_OF_ERROR || b.type.tag == KIND_OF_ERROR)
        return typed_error();
    double known;
    bool is_known = node_is_constant(condition, &known);
    if (a.type.tag == KIND_OF_REFERENCE && b.type.tag == KIND_OF_REFERENCE && is_known)
        return known != 0 ? a : b;
    bool is_alike = a.type.tag == b.type.tag &&
                    (!is_number(&a) || dimensions_equal(&a.type.unit.dims, &b.type.unit.dims));
    if (!is_alike || a.type.tag == KIND_OF_REFERENCE || a.type.tag == KIND_OF_TERM) {
        Expr both = *expr;
        Expr *branches[2] = {expr->args.items[1], expr->args.items[2]};
        both.args.items = branches;
        both.args.count = 2;
        report_mismatch(c, env, &both, &a, &b, "stands beside");
        return typed_error();
    }
    if (is_known)
        return known != 0 ? a : b;
    if (a.type.shown.length == 0) {
        a.type.shown = b.type.shown;
        a.type.shown_scale = b.type.shown_scale;
    }
    a.field = NULL;
    a.node = node_make(c, N_IF, condition, a.node, b.node);
    return a;
}

static Typed elaborate_any(Checker *c, const Env *env, const Expr *expr)
{
    switch (expr->kind) {
    case EXPR_NUMBER:
        return number(c, expr);
    case EXPR_DATE:
        return date(c, expr);
    case EXPR_WORD:
        return elaborate_word(c, env, expr);
    case EXPR_FIELD:
        return elaborate_member(c, env, expr);
    case EXPR_CALL:
        return elaborate_call(c, env, expr);
    case EXPR_UNARY:
        return unary(c, env, expr);
    case EXPR_BINARY:
        return binary(c, env, expr);
    case EXPR_IF:
        return conditional(c, env, expr);
    case EXPR_OVER:
        return elaborate_over(c, env, expr);
    case EXPR_WINDOW:
        return elaborate_window(c, env, expr);
    case EXPR_AT:
        return elaborate_latch(c, env, expr);
    case EXPR_SHARE:
        return elaborate_share(c, env, expr);
    case EXPR_OPENING: {
        if (!env->is_closing) {
            diag_error(c->diags, DIAG_WRONG_TYPE, expr->span,
                       "`opening` belongs in checks and reports: elsewhere every stock is its "
                       "opening value");
            return typed_error();
        }
        Env inner = *env;
        inner.is_opening = true;
        return elaborate(c, &inner, expr->args.items[0]);
    }
    case EXPR_STRING:
        diag_error(c->diags, DIAG_WRONG_TYPE, expr->span, "a text in quotes has no value here");
        return typed_error();
    }
    return typed_error();
}

/* Names are followed into their formulas: the depth of both together bounds the stack. */
Typed elaborate(Checker *c, const Env *env, const Expr *expr)
{
    if (c->depth >= LIMIT_ELABORATION_DEPTH) {
        diag_error(c->diags, DIAG_TOO_DEEP, expr->span,
                   "formulas lead through more than %d names and operators to others",
                   LIMIT_ELABORATION_DEPTH);
        return typed_error();
    }
    c->depth++;
    Typed out = elaborate_any(c, env, expr);
    c->depth--;
    return out;
}
