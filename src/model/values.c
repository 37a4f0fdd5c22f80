/* Nodes and values: making them, reading states, folding constants. */
#include "model/checker.h"

#include "maths/maths.h"

#include <math.h>

enum {
    MOST_FOLDED = 64,  /* arguments of one operation; a longer sum is left to the run */
    MOST_TRACED = 100, /* operations and literals that a constant remembers */
};

const Node *node_const(Checker *c, double number)
{
    Node *node = ARENA_NEW(c->arena, Node);
    node->op = N_CONST;
    node->number = number;
    node->value = NO_ID;
    return node;
}

static void mark_literals(const Node *node)
{
    if (node->literal)
        node->literal->shapes_the_model = true;
    if (node->folded)
        mark_literals(node->folded);
    for (uint32_t i = 0; i < node->n_args; i++)
        mark_literals(node->args[i]);
}

/* A constant made of constants, each of which may come in by several ways: where too many would be
 * remembered they are none to be varied. */
static const Node *node_folded(Checker *c, const Node *from, double number)
{
    Node *node = (Node *)node_const(c, number);
    uint32_t n_traced = 0;
    for (uint32_t i = 0; i < from->n_args; i++)
        n_traced += from->args[i]->n_traced;
    if (n_traced > MOST_TRACED)
        mark_literals(from);
    if (n_traced == 0 || n_traced > MOST_TRACED)
        return node;
    node->folded = from;
    node->n_traced = n_traced + 1;
    return node;
}

const Node *node_value(Checker *c, ValueId value)
{
    Node *node = ARENA_NEW(c->arena, Node);
    node->op = N_VALUE;
    node->value = value;
    return node;
}

const Node *node_leaf(Checker *c, NodeOp op)
{
    Node *node = ARENA_NEW(c->arena, Node);
    node->op = op;
    node->value = NO_ID;
    return node;
}

const Node *node_list(Checker *c, NodeOp op, const Node **args, uint32_t n)
{
    Node *node = ARENA_NEW(c->arena, Node);
    node->op = op;
    node->value = NO_ID;
    node->n_args = n;
    node->args = ARENA_ARRAY(c->arena, const Node *, n + 1);
    bool is_constant = n > 0;
    for (uint32_t i = 0; i < n; i++) {
        node->args[i] = args[i];
        is_constant = is_constant && args[i]->op == N_CONST;
    }
    double folded;
    if (is_constant && node_is_known(node, &folded))
        return node_folded(c, node, folded);
    return node;
}

const Node *node_make(Checker *c, NodeOp op, const Node *a, const Node *b, const Node *d)
{
    const Node *args[3] = {a, b, d};
    return node_list(c, op, args, d ? 3 : b ? 2 : a ? 1 : 0);
}

/* Folding uses the run's own leaf mathematics, so that a constant has the bits it would have had.
 */
static bool fold(NodeOp op, const double *x, uint32_t n, double *out)
{
    switch (op) {
    case N_ADD:
        *out = x[0] + x[1];
        return true;
    case N_SUB:
        *out = x[0] - x[1];
        return true;
    case N_MUL:
        *out = x[0] * x[1];
        return true;
    case N_DIV:
        *out = x[0] / x[1];
        return true;
    case N_POW:
        *out = gw_pow(x[0], x[1]);
        return true;
    case N_NEG:
        *out = gw_negate(x[0]);
        return true;
    case N_EQ:
        *out = gw_eq(x[0], x[1]);
        return true;
    case N_NE:
        *out = gw_ne(x[0], x[1]);
        return true;
    case N_LT:
        *out = gw_lt(x[0], x[1]);
        return true;
    case N_LE:
        *out = gw_le(x[0], x[1]);
        return true;
    case N_GT:
        *out = gw_gt(x[0], x[1]);
        return true;
    case N_GE:
        *out = gw_ge(x[0], x[1]);
        return true;
    case N_AND:
        *out = gw_and(x[0], x[1]);
        return true;
    case N_OR:
        *out = gw_or(x[0], x[1]);
        return true;
    case N_NOT:
        *out = gw_not(x[0]);
        return true;
    case N_IF:
        *out = gw_select(x[0], x[1], x[2]);
        return true;
    case N_MIN:
        *out = gw_min(x[0], x[1]);
        return true;
    case N_MAX:
        *out = gw_max(x[0], x[1]);
        return true;
    case N_SUM:
        *out = n > 0 ? x[0] : 0;
        for (uint32_t i = 1; i < n; i++)
            *out += x[i];
        return true;
    case N_ABS:
        *out = gw_abs(x[0]);
        return true;
    case N_FLOOR:
        *out = gw_floor(x[0]);
        return true;
    case N_CEIL:
        *out = gw_ceil(x[0]);
        return true;
    case N_ROUND:
        *out = gw_round(x[0]);
        return true;
    case N_SQRT:
        *out = gw_sqrt(x[0]);
        return true;
    case N_EXP:
        *out = gw_exp(x[0]);
        return true;
    case N_LOG:
        *out = gw_log(x[0]);
        return true;
    case N_DATE_ADD_MONTHS:
        *out = date_add_months(x[0], x[1]);
        return true;
    case N_DATE_ADD_DAYS:
        *out = date_add_days(x[0], x[1]);
        return true;
    case N_MONTHS_BETWEEN:
        *out = date_months_between(x[0], x[1]);
        return true;
    case N_MONTH_DAY:
        *out = date_month_day(x[0]);
        return true;
    case N_ANNUITY:
        *out = gw_annuity(x[0], x[1], x[2]);
        return true;
    default:
        return false;
    }
}

/* The middle of a draw whose parameters are known; false where it has none to speak of. */
static bool middle_of_draw(const Draw *draw, double *out)
{
    double x[4] = {0};
    if (draw->n_params > 4)
        return false;
    for (uint32_t i = 0; i < draw->n_params; i++)
        if (!node_is_known(draw->params[i], &x[i]))
            return false;
    switch (draw->law) {
    case DIST_LAW_NORMAL:
    case DIST_LAW_EXPONENTIAL:
    case DIST_LAW_POISSON:
        *out = x[0];
        return true;
    case DIST_LAW_LOGNORMAL:
        *out = gw_exp(x[0]);
        return true;
    case DIST_LAW_UNIFORM:
        *out = (x[0] + x[1]) / 2;
        return true;
    case DIST_LAW_TRIANGLE:
        *out = x[1];
        return true;
    case DIST_LAW_BETA:
        *out = x[2] + (x[3] - x[2]) * x[0] / (x[0] + x[1]);
        return true;
    case DIST_LAW_GAMMA:
        *out = x[0] * x[1];
        return true;
    default:
        return false;
    }
}

/* `draws_of` NULL: constants only; else with every draw of that model in its middle. A formula that
 * many share is met by many ways: after so many values the search is given up. */
typedef struct {
    const Model *draws_of;
    int n_left;
} Folding;

static bool evaluate(Folding *folding, const Node *node, double *out, int depth);

static bool evaluate_value(Folding *folding, const Value *v, double *out, int depth)
{
    if (folding->n_left-- <= 0)
        return false;
    if (v->kind == VALUE_DRAW)
        return v->draw && middle_of_draw(v->draw, out);
    return v->kind == VALUE_FORMULA && v->expr && evaluate(folding, v->expr, out, depth + 1);
}

static bool evaluate(Folding *folding, const Node *node, double *out, int depth)
{
    enum { DEEP = 40 };
    const Model *m = folding->draws_of;
    if (node->op == N_CONST) {
        *out = node->number;
        return true;
    }
    if (node->op == N_VALUE && m && depth < DEEP)
        return evaluate_value(folding, &m->values.items[node->value], out, depth);
    if (node->op == N_VALUE || node->op == N_CLOSING || node->op == N_TABLE || node->n_args == 0)
        return false;
    double x[MOST_FOLDED] = {0};
    if (node->n_args > MOST_FOLDED)
        return false;
    for (uint32_t i = 0; i < node->n_args; i++)
        if (!evaluate(folding, node->args[i], &x[i], depth))
            return false;
    return fold(node->op, x, node->n_args, out);
}

bool node_is_known(const Node *node, double *out)
{
    return evaluate(&(Folding){0}, node, out, 0);
}

bool node_is_constant(const Node *node, double *out)
{
    bool is_known = node_is_known(node, out);
    if (is_known)
        mark_literals(node);
    return is_known;
}

/* How a constant came about does not change: the same operations on another number. */
double node_renumbered(const Node *node, const bool *is_raised, double factor)
{
    double x[MOST_FOLDED], out = node->number;
    if (node->op == N_CONST && node->literal && is_raised[node->literal->index])
        return node->number * factor;
    if (node->op == N_CONST && !node->folded)
        return node->number;
    if (node->op == N_CONST)
        return node_renumbered(node->folded, is_raised, factor);
    for (uint32_t i = 0; i < node->n_args; i++)
        x[i] = node_renumbered(node->args[i], is_raised, factor);
    (void)fold(node->op, x, node->n_args, &out);
    return out;
}

bool node_middle(const Model *m, const Node *node, double *out)
{
    enum { MOST_VALUES_LOOKED_AT = 20000 };

    return evaluate(&(Folding){m, MOST_VALUES_LOOKED_AT}, node, out, 0);
}

ValueId value_new(Checker *c, Text name, ValueKind kind)
{
    if (c->model->values.count >= LIMIT_VALUES) {
        if (!c->has_too_many_values)
            diag_error(c->diags, DIAG_TOO_MANY, (Span){0}, "more than %d values", LIMIT_VALUES);
        c->has_too_many_values = true;
        return 0;
    }
    Value *v = LIST_PUSH(c->arena, &c->model->values);
    v->name = name;
    v->kind = kind;
    v->unit_scale = 1;
    v->source = v->stock = v->ring = v->party = v->account = v->contract = v->category = NO_ID;
    v->facility = v->reserve = v->allocation = v->solve = NO_ID;
    return (ValueId)(c->model->values.count - 1);
}

/* Hidden names number within their owner, so that adding a variable renames nobody else's. */
ValueId value_hidden(Checker *c, const Env *env, const char *what, ValueKind kind)
{
    Text key = text_format(c->arena, "hidden %.*s#%s", TEXT_ARG(env->owner_name), what);
    uintptr_t n = (uintptr_t)table_get(c->values_by_key, key) + 1;
    table_set(c->values_by_key, key, (void *)n);
    ValueId id = value_new(
        c, text_format(c->arena, "%.*s#%s%zu", TEXT_ARG(env->owner_name), what, (size_t)n), kind);
    c->model->values.items[id].is_hidden = true;
    c->model->values.items[id].is_closing = env->is_closing;
    return id;
}

const Node *node_date_after(Checker *c, const Node *day, const Typed *length)
{
    if (!length->type.unit.in_days)
        return node_make(c, N_DATE_ADD_MONTHS, day, length->node, NULL);
    const Node *days = node_make(c, N_MUL, length->node, node_const(c, DAYS_PER_MONTH), NULL);
    return node_make(c, N_DATE_ADD_DAYS, day, days, NULL);
}

static bool is_state(ValueKind kind)
{
    switch (kind) {
    case VALUE_STOCK:
    case VALUE_RING_CONTENT:
    case VALUE_ACCOUNT:
    case VALUE_UNPAID:
    case VALUE_RECEIVED:
    case VALUE_PAID:
    case VALUE_DEFAULTED:
    case VALUE_DEFAULT_DATE:
    case VALUE_STAGE:
    case VALUE_STAGE_DATE:
    case VALUE_FACILITY_DRAWN:
    case VALUE_RESERVE:
        return true;
    default:
        return false;
    }
}

Typed read_state(Checker *c, const Env *env, ValueId value, Type type)
{
    Typed out = {.type = type};
    if (env->is_closing && is_state(c->model->values.items[value].kind)) {
        if (env->is_opening && env->saw_opening)
            *env->saw_opening = true;
        if (!env->is_opening && env->saw_closing)
            *env->saw_closing = true;
        if (!env->is_opening) {
            Node *node = ARENA_NEW(c->arena, Node);
            node->op = N_CLOSING;
            node->value = value;
            out.node = node;
            return out;
        }
    }
    out.node = node_value(c, value);
    return out;
}

ValueId state_value(Checker *c, Text key, ValueKind kind)
{
    uintptr_t found = (uintptr_t)table_get(c->values_by_key, key);
    if (found)
        return (ValueId)(found - 1);
    ValueId id = value_new(c, key, kind);
    table_set(c->values_by_key, key, (void *)((uintptr_t)id + 1));
    return id;
}

const Node *stretch_of_rate(Checker *c, const Type *type, bool in_rule)
{
    bool is_by_day = type->unit.rate_months > 0 && type->unit.rate_months < 1;
    Node *length = ARENA_NEW(c->arena, Node);
    length->value = NO_ID;
    if (!is_by_day) {
        length->op = in_rule ? N_STRETCH_MONTHS : N_PERIOD_MONTHS;
        return length;
    }
    length->op = in_rule ? N_STRETCH_DAYS : N_PERIOD_DAYS;
    return node_make(c, N_DIV, length, node_const(c, DAYS_PER_MONTH), NULL);
}
