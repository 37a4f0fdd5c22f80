/* `together`: draws of one group become a Gaussian copula. */
#include "model/checker.h"

#include "maths/copula.h"

#include <stdlib.h>

typedef struct {
    Field *field;
    size_t written; /* its place as written, for a matrix */
} Member;

typedef LIST(Member) MemberList;

static int by_name(const void *a, const void *b)
{
    return text_compare(((const Member *)a)->field->full_name,
                        ((const Member *)b)->field->full_name);
}

static bool kind_has_value(const KindDef *kind, Text name)
{
    for (; kind && kind->decl; kind = kind->like)
        for (size_t i = 0; i < kind->decl->members.count; i++)
            if (text_equal(kind->decl->members.items[i]->name, name))
                return true;
    return false;
}

static void add_member(Checker *c, MemberList *members, Field *field)
{
    size_t written = members->count;

    if (field)
        *LIST_PUSH(c->arena, members) = (Member){field, written};
}

static Instance *instance_at(const Checker *c, Text path)
{
    for (size_t i = 0; i < c->all.count; i++)
        if (text_equal(c->all.items[i]->path, path))
            return c->all.items[i];
    return NULL;
}

static bool refuse_name(Checker *c, const KindDef *kind, const Expr *ref)
{
    Table *names = table_new(c->arena);
    Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, ref->op_span,
                         "kind `%.*s` has nothing named `%.*s`", TEXT_ARG(kind->name),
                         TEXT_ARG(ref->name));

    for (const KindDef *k = kind; k && k->decl; k = k->like)
        for (size_t i = 0; i < k->decl->members.count; i++)
            table_set(names, k->decl->members.items[i]->name, names);
    suggest_nearest(c, d, ref->op_span, names, ref->name);
    return false;
}

/* `KIND.NAME` or `OWNER.PART.NAME`: that of each instance. */
static bool add_of_list(Checker *c, MemberList *members, const Expr *ref)
{
    Env env = {.self = c->root};
    Typed list = {0};
    size_t n_before = members->count;

    if (!instances_of_list(c, &env, ref->args.items[0], &list))
        return false;
    for (size_t i = 0; i < list.list.count; i++)
        add_member(c, members, table_get(list.list.items[i]->fields, ref->name));
    if (members->count == n_before && list.type.kind && !kind_has_value(list.type.kind, ref->name))
        return refuse_name(c, list.type.kind, ref);
    return true;
}

/* A value, that of an instance, or that of each of a list; false after a diagnostic. */
static bool add_members(Checker *c, MemberList *members, const Expr *ref)
{
    const Expr *base = ref->kind == EXPR_FIELD ? ref->args.items[0] : NULL;
    const Instance *owner = ref->kind == EXPR_WORD ? c->root : NULL;
    Field *field = NULL;

    if (base && base->kind == EXPR_WORD && !kind_named(c, base->name))
        owner = table_get(c->root->children, base->name);
    else if (base && (base->kind == EXPR_WORD || base->kind == EXPR_FIELD)) {
        owner = instance_at(c, span_text(c->diags->sources, base->span));
        if (!owner)
            return add_of_list(c, members, ref);
    }
    field = owner ? table_get(owner->fields, ref->name) : NULL;
    if (!field)
        diag_error(c->diags, DIAG_UNKNOWN_NAME, ref->span,
                   "there is nothing named `%.*s` to draw together",
                   TEXT_ARG(span_text(c->diags->sources, ref->span)));
    add_member(c, members, field);
    return field != NULL;
}

static const Instance *owner_of_kind(const Field *field, Text kind)
{
    for (const Instance *at = field->owner; at; at = at->owner)
        for (const KindDef *k = at->kind; k; k = k->like)
            if (text_equal(k->name, kind))
                return at;
    return NULL;
}

static Value *draw_of(Checker *c, const Field *field)
{
    if (field->value == NO_ID)
        return NULL;
    Value *v = &c->model->values.items[field->value];
    if (v->kind == VALUE_DRAW)
        return v;
    /* Scaled by a scenario: the draw stands under its hidden name. */
    Text hidden = text_format(c->arena, "%.*s#drawn", TEXT_ARG(field->full_name));
    for (size_t i = 0; i < c->model->values.count; i++)
        if (text_equal(c->model->values.items[i].name, hidden))
            return &c->model->values.items[i];
    return NULL;
}

/* In the order of their names, and without what an override made certain; how many are written. */
static bool list_members(Checker *c, const Decl *decl, MemberList *members, size_t *n_written)
{
    size_t n_kept = 0;

    for (size_t i = 0; i < decl->exprs.count; i++)
        if (!add_members(c, members, decl->exprs.items[i]))
            return false;
    if (members->count > LIMIT_CORRELATED) {
        diag_error(c->diags, DIAG_TOO_MANY, decl->span,
                   "at most %d variables can be drawn together", LIMIT_CORRELATED);
        return false;
    }
    *n_written = members->count;
    if (members->count > 1)
        qsort(members->items, members->count, sizeof(Member), by_name);
    for (size_t i = 0; i < members->count; i++) {
        const Field *field = members->items[i].field;
        if (draw_of(c, field)) {
            members->items[n_kept++] = members->items[i];
        } else if (field->overrides.count == 0 && field->typed.type.tag != KIND_OF_ERROR) {
            Diag *d = diag_error(c->diags, DIAG_IMPOSSIBLE_CORRELATION, decl->span,
                                 "`%.*s` is not drawn", TEXT_ARG(field->full_name));
            diag_label(c->diags, d, field->decl->name_span, "certain, given the rest");
            return false;
        }
    }
    members->count = n_kept;
    return true;
}

/* Of ranks, as written. */
typedef struct {
    const Decl *decl;
    double common, within; /* within one instance of the kind that is named */
    size_t side;           /* of the matrix; 0: there is none */
} Correlations;

static bool read_correlations(Checker *c, size_t n_members, Correlations *out)
{
    const Decl *decl = out->decl;
    size_t n_written = decl->numbers.count;
    bool is_matrix = n_written > 2 || (n_written > 0 && !decl->expr);
    Unit plain = unit_plain();
    Env env = {.self = c->root};

    if (!is_matrix && decl->expr &&
        !elaborate_constant(c, &env, decl->expr, &plain, "a correlation", &out->common))
        return false;
    if (decl->expr2 &&
        !elaborate_constant(c, &env, decl->expr2, &plain, "a correlation", &out->within))
        return false;
    if (is_matrix && n_members * n_members != n_written) {
        diag_error(c->diags, DIAG_IMPOSSIBLE_CORRELATION, decl->span,
                   "a matrix for %zu variables has %zu numbers, not %zu", n_members,
                   n_members * n_members, n_written);
        return false;
    }
    out->side = is_matrix ? n_members : 0;
    return true;
}

static bool correlation_of(Checker *c, const Correlations *all, const Member *a, const Member *b,
                           double *rank)
{
    const Decl *decl = all->decl;

    *rank = all->common;
    if (all->side > 0) {
        *rank = decl->numbers.items[a->written * all->side + b->written];
        if (*rank != decl->numbers.items[b->written * all->side + a->written]) {
            diag_error(c->diags, DIAG_IMPOSSIBLE_CORRELATION, decl->span,
                       "the matrix is not the same both ways for `%.*s` and `%.*s`",
                       TEXT_ARG(a->field->full_name), TEXT_ARG(b->field->full_name));
            return false;
        }
    } else if (decl->expr2) {
        const Instance *owner = owner_of_kind(a->field, decl->name2);
        if (owner && owner == owner_of_kind(b->field, decl->name2))
            *rank = all->within;
    }
    if (*rank >= -1 && *rank <= 1)
        return true;
    diag_error(c->diags, DIAG_IMPOSSIBLE_CORRELATION, decl->span,
               "a correlation lies between -1 and 1");
    return false;
}

/* The Cholesky factor of the normal scores' correlations; NULL after a diagnostic. */
static double *factor_of(Checker *c, const Correlations *all, const MemberList *members)
{
    size_t n = members->count, failed;
    double *matrix = ARENA_ARRAY(c->arena, double, n *n);
    double *lower = ARENA_ARRAY(c->arena, double, n *n);
    double rank;

    for (size_t i = 0; i < n; i++) {
        matrix[i * n + i] = 1;
        for (size_t j = 0; j < n; j++) {
            if (i == j)
                continue;
            if (!correlation_of(c, all, &members->items[i], &members->items[j], &rank))
                return NULL;
            matrix[i * n + j] = copula_score_correlation(rank);
        }
    }
    if (copula_factor(n, matrix, lower, &failed))
        return lower;
    Text name = members->items[failed < n ? failed : n - 1].field->full_name;
    Diag *d = diag_error(c->diags, DIAG_IMPOSSIBLE_CORRELATION, all->decl->span,
                         "these correlations contradict each other at `%.*s`", TEXT_ARG(name));
    diag_because(c->diags, d,
                 "No three things can be pairwise as opposed as written; move the numbers nearer "
                 "to zero.");
    return NULL;
}

static void build_together(Checker *c, const Decl *decl)
{
    MemberList members = {0};
    Correlations correlations = {.decl = decl};
    size_t n_written;

    if (!list_members(c, decl, &members, &n_written) || members.count < 2 ||
        !read_correlations(c, n_written, &correlations))
        return;
    double *lower = factor_of(c, &correlations, &members);
    if (!lower)
        return;
    Together *together = LIST_PUSH(c->arena, &c->model->togethers);
    for (size_t i = 0; i < members.count; i++) {
        Value *v = draw_of(c, members.items[i].field);
        if (v->draw->together != NO_ID) {
            diag_error(c->diags, DIAG_IMPOSSIBLE_CORRELATION, decl->span,
                       "`%.*s` is drawn together with others elsewhere already", TEXT_ARG(v->name));
            return;
        }
        v->draw->together = (uint32_t)(c->model->togethers.count - 1);
        v->draw->place = (uint32_t)i;
        *LIST_PUSH(c->arena, &together->members) = (ValueId)(v - c->model->values.items);
    }
    together->cholesky = lower;
}

void togethers_build(Checker *c)
{
    for (size_t i = 0; i < c->togethers.count; i++)
        build_together(c, c->togethers.items[i]);
}
