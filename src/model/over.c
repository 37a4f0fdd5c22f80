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
         is_all = is_aggregate(expr, "all");
    for (uint32_t i = 0; i < n; i++) {
        nodes[i] = is_count ? node_const(c, 1) : items[i].node;
        if (is_count && items[i].node)
            nodes[i] = items[i].node;
        if (items[i].condition)
            nodes[i] =
                node_make(c, N_IF, items[i].condition, nodes[i], node_const(c, is_all ? 1 : 0));
    }
    Typed out = {.type = type};
    if (is_any || is_all)
        out.type = (Type){.tag = KIND_OF_YESNO};
    else if (is_count)
        out.type = type_plain();
    if (is_aggregate(expr, "sum") || is_count || is_aggregate(expr, "mean")) {
        out.node = n == 1 ? nodes[0] : node_list(c, N_SUM, nodes, n);
        if (n == 0)
            out.node = node_const(c, 0);
        if (is_aggregate(expr, "mean"))
            out.node = node_make(c, N_DIV, out.node, node_const(c, n), NULL);
        return out;
    }
    NodeOp op = is_any ? N_OR : is_all ? N_AND : is_aggregate(expr, "min") ? N_MIN : N_MAX;
    if (n == 0) {
        if (!is_any && !is_all) {
            diag_error(c->diags, DIAG_WRONG_ARGUMENTS, expr->span,
                       "there is nothing to take the %.*s of", TEXT_ARG(expr->op));
            return typed_error();
        }
        out.node = node_const(c, is_all);
        return out;
    }
    /* In pairs, so that many instances do not make a deep formula. */
    for (; n > 1; n = (n + 1) / 2)
        for (uint32_t i = 0; i < n; i += 2)
            nodes[i / 2] = i + 1 < n ? node_make(c, op, nodes[i], nodes[i + 1], NULL) : nodes[i];
    out.node = nodes[0];
    return out;
}

Typed elaborate_over(Checker *c, const Env *env, const Expr *expr)
{
    Typed list = {0};
    if (!instances_of_list(c, env, expr->args.items[0], &list))
        return typed_error();
    const Expr *where = expr->args.count > 1 ? expr->args.items[1] : NULL;
    const Expr *body = expr->args.count > 2 ? expr->args.items[2] : NULL;
    Item *items = ARENA_ARRAY(c->arena, Item, list.list.count + 1);
    uint32_t n = 0;
    Type type = type_plain();
    bool has_type = false;
    for (size_t i = 0; i < list.list.count; i++) {
        Loop loop = {.up = env->loops, .name = expr->name, .instance = list.list.items[i]};
        Env inner = *env;
        inner.loops = &loop;
        Item item = {.instance = loop.instance};
        double known = 1;
        if (where) {
            const Node *condition = elaborate_yesno(c, &inner, where, "the condition of `where`");
            if (!condition)
                return typed_error();
            if (node_is_constant(condition, &known)) {
                if (known == 0)
                    continue;
            } else {
                item.condition = condition;
                if (is_aggregate(expr, "min") || is_aggregate(expr, "max") ||
                    is_aggregate(expr, "mean")) {
                    diag_error(c->diags, DIAG_NOT_CONSTANT, where->span,
                               "the condition of `%.*s over` must not depend on draws or time",
                               TEXT_ARG(expr->op));
                    return typed_error();
                }
            }
        }
        if (body) {
            Typed t = elaborate(c, &inner, body);
            bool wants_yesno = is_aggregate(expr, "any") || is_aggregate(expr, "all") ||
                               is_aggregate(expr, "count");
            if (t.type.tag == KIND_OF_ERROR)
                return typed_error();
            if (wants_yesno ? t.type.tag != KIND_OF_YESNO
                            : t.type.tag != KIND_OF_NUMBER && t.type.tag != KIND_OF_DATE) {
                diag_error(c->diags, DIAG_WRONG_TYPE, body->span,
                           "`%.*s over` is of %s, not of %.*s", TEXT_ARG(expr->op),
                           wants_yesno ? "a yes/no" : "numbers", TEXT_ARG(type_name(c, &t.type)));
                return typed_error();
            }
            if (has_type && t.type.tag == KIND_OF_NUMBER &&
                !dimensions_equal(&type.unit.dims, &t.type.unit.dims)) {
                diag_error(c->diags, DIAG_UNIT_MISMATCH, body->span,
                           "this is %.*s for `%.*s` and %.*s for `%.*s`",
                           TEXT_ARG(type_phrase(c, &type)), TEXT_ARG(items[n - 1].instance->path),
                           TEXT_ARG(type_phrase(c, &t.type)), TEXT_ARG(item.instance->path));
                return typed_error();
            }
            type = t.type;
            has_type = true;
            item.node = t.node;
        }
        items[n++] = item;
    }
    if (!has_type && body && list.type.kind && n == 0 && is_aggregate(expr, "sum")) {
        /* Nothing to sum: zero of whatever is wanted. Its unit is taken from a kind's declaration
         * if it can be. */
        Field *any = NULL;
        for (size_t i = 0; i < c->fields.count && !any; i++)
            if (body->kind == EXPR_FIELD && text_equal(c->fields.items[i]->name, body->name) &&
                c->fields.items[i]->state == FIELD_DONE)
                any = c->fields.items[i];
        if (any && any->typed.type.tag == KIND_OF_NUMBER)
            type = any->typed.type;
    }
    return combine_items(c, expr, items, n, type);
}

/* ---- sharing what is scarce ----------------------------------------------------------------- */

/* One allocation for each supply; found again by its text and the kind, so that every claimant is
 * in it once. */
typedef struct {
    uint32_t index;
    LIST(Instance *) claimants;
} SharedBy;

Typed elaborate_share(Checker *c, const Env *env, const Expr *expr)
{
    const Expr *want_expr = expr->args.items[3];
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
    SharedBy *shared = table_get(c->values_by_key, key);
    if (!shared) {
        Typed list = {0};
        if (!instances_of_list(c, env, expr->args.items[1], &list))
            return typed_error();
        shared = ARENA_NEW(c->arena, SharedBy);
        shared->index = (uint32_t)c->model->allocations.count;
        table_set(c->values_by_key, key, shared);
        Allocation *room = LIST_PUSH(c->arena, &c->model->allocations);
        Allocation made = {.name = text_format(c->arena, "%.*s#share", TEXT_ARG(env->owner_name))};
        size_t most = list.list.count + 1;
        made.supply = node_value(c, supply_value);
        made.wants = ARENA_ARRAY(c->arena, const Node *, most);
        made.ranks = ARENA_ARRAY(c->arena, const Node *, most);
        made.weights = ARENA_ARRAY(c->arena, const Node *, most);
        made.results = ARENA_ARRAY(c->arena, ValueId, most);
        *room = made;
        for (size_t i = 0; i < list.list.count; i++) {
            Instance *claimant = list.list.items[i];
            Loop loop = {.up = env->loops, .name = expr->name, .instance = claimant};
            Env inner = *env;
            inner.loops = &loop;
            /* Names of the claim are the claimant's own. */
            const Node *condition = NULL;
            double known = 1;
            if (expr->args.items[2]) {
                condition =
                    elaborate_yesno(c, &inner, expr->args.items[2], "the condition of `where`");
                if (!condition)
                    return typed_error();
                if (node_is_constant(condition, &known)) {
                    condition = NULL;
                    if (known == 0)
                        continue;
                }
            }
            const Node *want =
                elaborate_number(c, &inner, want_expr, &supply.type.unit, "what is wanted");
            if (!want)
                return typed_error();
            if (condition)
                want = node_make(c, N_IF, condition, want, node_const(c, 0));
            Unit plain = unit_plain();
            const Node *rank = NULL, *weight = NULL;
            if (expr->args.count > 4 && expr->args.items[4] &&
                !(rank = elaborate_number(c, &inner, expr->args.items[4], &plain, "a rank")))
                return typed_error();
            if (expr->args.count > 5 && expr->args.items[5]) {
                Typed t = elaborate(c, &inner, expr->args.items[5]);
                if (t.type.tag != KIND_OF_NUMBER)
                    return typed_error();
                weight = t.node;
            }
            ValueId result = value_new(
                c, text_format(c->arena, "%.*s#share", TEXT_ARG(claimant->path)), VALUE_SHARE);
            Value *v = &c->model->values.items[result];
            v->is_hidden = true;
            v->is_closing = env->is_closing;
            v->allocation = shared->index;
            Allocation *a = &c->model->allocations.items[shared->index];
            v->index = a->n;
            a->wants[a->n] = want;
            a->ranks[a->n] = rank;
            a->weights[a->n] = weight;
            a->results[a->n] = result;
            a->n++;
            *LIST_PUSH(c->arena, &shared->claimants) = claimant;
        }
    }
    for (uint32_t i = 0; i < shared->claimants.count; i++)
        if (shared->claimants.items[i] == env->self)
            return (Typed){
                .type = supply.type,
                .node = node_value(c, c->model->allocations.items[shared->index].results[i])};
    diag_error(c->diags, DIAG_WRONG_ARGUMENTS, expr->span,
               "`%.*s` is not among those that share here", TEXT_ARG(env->self->path));
    return typed_error();
}
