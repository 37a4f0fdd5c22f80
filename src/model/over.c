/* What runs over instances: sums and their like, and sharing what is scarce. */
#include "model/checker.h"

/* ---- over instances ---------------------------------------------------------------------- */

typedef struct {
    const Node *node, *condition; /* condition NULL: always */
    Type type;
    Instance *instance;
} Item;

static bool is_aggregate(const Expr *expr, const char *word)
{
    return text_is(expr->op, word);
}

static Typed combine_items(Checker *c, const Expr *expr, const Item *items, uint32_t n, Type type)
{
    const Node **nodes = ARENA_ARRAY(c->arena, const Node *, n + 1);
    bool is_count = is_aggregate(expr, "count"), is_any = is_aggregate(expr, "any"),
         is_all = is_aggregate(expr, "all"), is_mean = is_aggregate(expr, "mean"),
         is_sum = is_count || is_aggregate(expr, "sum");
    for (uint32_t i = 0; i < n; i++) {
        nodes[i] = items[i].node ? items[i].node : node_const(c, 1);
        if (items[i].condition)
            nodes[i] =
                node_make(c, N_IF, items[i].condition, nodes[i], node_const(c, is_all ? 1 : 0));
    }
    Typed out = {.type = type};
    if (is_any || is_all)
        out.type = (Type){.tag = KIND_OF_YESNO};
    else if (is_count)
        out.type = type_plain();
    if (n == 0 && !is_sum && !is_any && !is_all) {
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS, expr->span,
                   "there is nothing to take the %.*s of", TEXT_ARG(expr->op));
        return typed_error();
    }
    if (n == 0) {
        out.node = node_const(c, is_all);
        return out;
    }
    if (is_sum || is_mean) {
        out.node = n == 1 ? nodes[0] : node_list(c, N_SUM, nodes, n);
        if (is_mean)
            out.node = node_make(c, N_DIV, out.node, node_const(c, n), NULL);
        return out;
    }
    NodeOp op = is_any ? N_OR : is_all ? N_AND : is_aggregate(expr, "min") ? N_MIN : N_MAX;
    /* In pairs, so that many instances do not make a deep formula. */
    for (; n > 1; n = (n + 1) / 2)
        for (uint32_t i = 0; i < n; i += 2)
            nodes[i / 2] = i + 1 < n ? node_make(c, op, nodes[i], nodes[i + 1], NULL) : nodes[i];
    out.node = nodes[0];
    return out;
}

static Env env_inside(const Env *env, Loop *loop)
{
    Env inner = *env;

    inner.loops = loop;
    return inner;
}

/* Whether an instance is in: surely, surely not, or on a condition (else NULL); false after a
 * diagnostic. `where` NULL: it is. */
static bool read_where(Checker *c, const Env *env, const Expr *where, const Node **condition,
                       bool *is_in)
{
    double known = 1;

    *condition = where ? elaborate_yesno(c, env, where, "the condition of `where`") : NULL;
    if (where && !*condition)
        return false;
    if (where && node_is_constant(*condition, &known))
        *condition = NULL;
    *is_in = known != 0;
    return true;
}

/* What the items before this one are. */
typedef struct {
    Type type;
    const Instance *instance; /* the last of them; NULL: there is none */
} Before;

static bool read_body(Checker *c, const Env *env, const Expr *expr, const Before *before,
                      Item *item)
{
    const Expr *body = expr->args.items[2];
    Typed t = elaborate(c, env, body);
    bool wants_yesno =
        is_aggregate(expr, "any") || is_aggregate(expr, "all") || is_aggregate(expr, "count");

    if (t.type.tag == KIND_OF_ERROR)
        return false;
    bool may_be_date = !wants_yesno && !is_aggregate(expr, "sum");
    if (t.type.tag != (wants_yesno ? KIND_OF_YESNO : KIND_OF_NUMBER) &&
        !(may_be_date && t.type.tag == KIND_OF_DATE)) {
        diag_error(c->diags, DIAG_WRONG_TYPE, body->span, "`%.*s over` is of %s, not of %.*s",
                   TEXT_ARG(expr->op), wants_yesno ? "a yes/no" : "numbers",
                   TEXT_ARG(type_name(c, &t.type)));
        return false;
    }
    if (before->instance && (before->type.tag != t.type.tag ||
                             (t.type.tag == KIND_OF_NUMBER &&
                              !dimensions_equal(&before->type.unit.dims, &t.type.unit.dims)))) {
        diag_error(c->diags, DIAG_UNIT_MISMATCH, body->span,
                   "this is %.*s for `%.*s` and %.*s for `%.*s`",
                   TEXT_ARG(type_phrase(c, &before->type)), TEXT_ARG(before->instance->path),
                   TEXT_ARG(type_phrase(c, &t.type)), TEXT_ARG(item->instance->path));
        return false;
    }
    item->node = t.node;
    item->type = t.type;
    return true;
}

/* A sum of nothing is zero of whatever is wanted: of the unit that some kind declares for it. */
static Type type_of_nothing(const Checker *c, const Expr *body)
{
    for (size_t i = 0; i < c->fields.count && body->kind == EXPR_FIELD; i++) {
        const Field *field = c->fields.items[i];
        if (text_equal(field->name, body->name) && field->state == FIELD_DONE)
            return field->typed.type.tag == KIND_OF_NUMBER ? field->typed.type : type_plain();
    }
    return type_plain();
}

/* One of those that it runs over; false after a diagnostic. */
static bool read_item(Checker *c, const Env *env, const Expr *expr, const Before *before,
                      Item *item, bool *is_in)
{
    const Expr *where = expr->args.count > 1 ? expr->args.items[1] : NULL;
    const Expr *body = expr->args.count > 2 ? expr->args.items[2] : NULL;

    if (!read_where(c, env, where, &item->condition, is_in))
        return false;
    if (item->condition &&
        (is_aggregate(expr, "min") || is_aggregate(expr, "max") || is_aggregate(expr, "mean"))) {
        diag_error(c->diags, DIAG_NOT_CONSTANT, where->span,
                   "the condition of `%.*s over` must not depend on draws or time",
                   TEXT_ARG(expr->op));
        return false;
    }
    return !*is_in || !body || read_body(c, env, expr, before, item);
}

Typed elaborate_over(Checker *c, const Env *env, const Expr *expr)
{
    bool has_body = expr->args.count > 2 && expr->args.items[2];
    Before before = {.type = type_plain()};
    Typed list = {0};
    uint32_t n = 0;

    if (!instances_of_list(c, env, expr->args.items[0], &list))
        return typed_error();
    Item *items = ARENA_ARRAY(c->arena, Item, list.list.count + 1);
    for (size_t i = 0; i < list.list.count; i++) {
        Loop loop = {.up = env->loops, .name = expr->name, .instance = list.list.items[i]};
        Env inner = env_inside(env, &loop);
        bool is_in;
        items[n] = (Item){.instance = loop.instance};
        if (!read_item(c, &inner, expr, &before, &items[n], &is_in))
            return typed_error();
        if (is_in && has_body)
            before = (Before){items[n].type, loop.instance};
        n += is_in;
    }
    if (n == 0 && has_body && list.type.kind && is_aggregate(expr, "sum"))
        before.type = type_of_nothing(c, expr->args.items[2]);
    return combine_items(c, expr, items, n, before.type);
}

/* ---- sharing what is scarce ----------------------------------------------------------------- */

/* One allocation for each supply; found again by its text and the kind, so that every claimant is
 * in it once. */
typedef struct {
    uint32_t index;
    LIST(Instance *) claimants;
} SharedBy;

static void add_allocation(Checker *c, Text owner_name, ValueId supply, size_t most)
{
    *LIST_PUSH(c->arena, &c->model->allocations) =
        (Allocation){.name = text_format(c->arena, "%.*s#share", TEXT_ARG(owner_name)),
                     .supply = node_value(c, supply),
                     .wants = ARENA_ARRAY(c->arena, const Node *, most + 1),
                     .ranks = ARENA_ARRAY(c->arena, const Node *, most + 1),
                     .weights = ARENA_ARRAY(c->arena, const Node *, most + 1),
                     .results = ARENA_ARRAY(c->arena, ValueId, most + 1)};
}

/* What one claimant is after; `want` NULL: it takes no part. */
typedef struct {
    const Node *want, *rank, *weight;
} Claim;

/* Names of the claim are the claimant's own; false after a diagnostic. */
static bool read_claim(Checker *c, const Env *env, const Expr *expr, const Unit *unit, Claim *claim)
{
    const Expr *rank = expr->args.count > 4 ? expr->args.items[4] : NULL;
    const Expr *weight = expr->args.count > 5 ? expr->args.items[5] : NULL;
    Unit plain = unit_plain();
    const Node *condition;
    bool is_in;

    if (!read_where(c, env, expr->args.items[2], &condition, &is_in))
        return false;
    if (!is_in)
        return true;
    claim->want = elaborate_number(c, env, expr->args.items[3], unit, "what is wanted");
    if (claim->want && condition)
        claim->want = node_make(c, N_IF, condition, claim->want, node_const(c, 0));
    if (claim->want && rank)
        claim->rank = elaborate_number(c, env, rank, &plain, "a rank");
    if (!claim->want || (rank && !claim->rank))
        return false;
    if (weight) {
        Typed t = elaborate(c, env, weight);
        claim->weight = t.node;
        return t.type.tag == KIND_OF_NUMBER;
    }
    return true;
}

static void add_claim(Checker *c, SharedBy *shared, Instance *claimant, const Claim *claim,
                      bool is_closing)
{
    Text name = text_format(c->arena, "%.*s#share", TEXT_ARG(claimant->path));
    ValueId result = value_new(c, name, VALUE_SHARE);
    Value *v = &c->model->values.items[result];
    Allocation *a = &c->model->allocations.items[shared->index];

    v->is_hidden = true;
    v->is_closing = is_closing;
    v->allocation = shared->index;
    v->index = a->n;
    a->wants[a->n] = claim->want;
    a->ranks[a->n] = claim->rank;
    a->weights[a->n] = claim->weight;
    a->results[a->n] = result;
    a->n++;
    *LIST_PUSH(c->arena, &shared->claimants) = claimant;
}

/* NULL after a diagnostic. */
static SharedBy *share(Checker *c, const Env *env, const Expr *expr, ValueId supply,
                       const Unit *unit, Text key)
{
    SharedBy *shared = ARENA_NEW(c->arena, SharedBy);
    Typed list = {0};

    if (!instances_of_list(c, env, expr->args.items[1], &list))
        return NULL;
    shared->index = (uint32_t)c->model->allocations.count;
    table_set(c->values_by_key, key, shared);
    add_allocation(c, env->owner_name, supply, list.list.count);
    for (size_t i = 0; i < list.list.count; i++) {
        Loop loop = {.up = env->loops, .name = expr->name, .instance = list.list.items[i]};
        Env inner = env_inside(env, &loop);
        Claim claim = {0};
        if (!read_claim(c, &inner, expr, unit, &claim))
            return NULL;
        if (claim.want)
            add_claim(c, shared, loop.instance, &claim, env->is_closing);
    }
    return shared;
}

Typed elaborate_share(Checker *c, const Env *env, const Expr *expr)
{
    Typed supply = elaborate(c, env, expr->args.items[0]);

    if (supply.type.tag == KIND_OF_ERROR)
        return supply;
    if (supply.type.tag != KIND_OF_NUMBER) {
        diag_error(c->diags, DIAG_WRONG_TYPE, expr->args.items[0]->span,
                   "what is shared must be a number");
        return typed_error();
    }
    ValueId supply_value = value_of_node(c, env, &supply);
    Text key = text_format(c->arena, "share %u:%u of %u%s", expr->span.file, expr->span.start,
                           supply_value, env->is_closing ? "#" : "");
    const SharedBy *shared = table_get(c->values_by_key, key);
    if (!shared)
        shared = share(c, env, expr, supply_value, &supply.type.unit, key);
    if (!shared)
        return typed_error();
    for (uint32_t i = 0; i < shared->claimants.count; i++)
        if (shared->claimants.items[i] == env->self)
            return (Typed){
                .type = supply.type,
                .node = node_value(c, c->model->allocations.items[shared->index].results[i])};
    diag_error(c->diags, DIAG_WRONG_ARGUMENTS, expr->span,
               "`%.*s` is not among those that share here", TEXT_ARG(env->self->path));
    return typed_error();
}
