/* `together`: draws of one group become a Gaussian copula. */
#include "model/checker.h"

#include "maths/copula.h"

#include <stdlib.h>

typedef struct {
    Field *field;
    size_t written; /* its place as written, for a matrix */
} Member;

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

static bool add_members(Checker *c, const Expr *ref, Arena *arena, void *list_of_members)
{
    LIST(Member) *members = list_of_members;
    Field *single = NULL;
    Typed list = {0};
    size_t n_before = members->count;
    if (ref->kind == EXPR_WORD) {
        single = table_get(c->root->fields, ref->name);
    } else if (ref->kind == EXPR_FIELD) {
        const Expr *base = ref->args.items[0];
        Env env = {.self = c->root};
        bool is_kind = base->kind == EXPR_WORD
                           ? kind_named(c, base->name) != NULL
                           : base->kind == EXPR_FIELD && base->args.items[0]->kind == EXPR_WORD &&
                                 !table_get(c->root->children, base->args.items[0]->name);
        if (is_kind || (base->kind == EXPR_FIELD)) {
            Instance *one = NULL;
            Text path = span_text(c->diags->sources, base->span);
            for (size_t i = 0; i < c->all.count && !one; i++)
                if (text_equal(c->all.items[i]->path, path))
                    one = c->all.items[i];
            if (one)
                single = table_get(one->fields, ref->name);
            else if (!instances_of_list(c, &env, base, &list))
                return false;
        } else if (base->kind == EXPR_WORD) {
            Instance *one = table_get(c->root->children, base->name);
            single = one ? table_get(one->fields, ref->name) : NULL;
        }
    }
    for (size_t i = 0; i < list.list.count; i++) {
        Field *f = table_get(list.list.items[i]->fields, ref->name);
        if (!f)
            continue;
        size_t written = members->count;
        Member *m = LIST_PUSH(arena, members);
        m->field = f;
        m->written = written;
    }
    if (single) {
        size_t written = members->count;
        Member *m = LIST_PUSH(arena, members);
        m->field = single;
        m->written = written;
    }
    bool is_lacking = !single && list.type.tag == KIND_OF_LIST && members->count == n_before &&
                      list.type.kind && !kind_has_value(list.type.kind, ref->name);
    if (is_lacking) {
        Table *names = table_new(c->arena);
        for (const KindDef *k = list.type.kind; k && k->decl; k = k->like)
            for (size_t i = 0; i < k->decl->members.count; i++)
                table_set(names, k->decl->members.items[i]->name, names);
        Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, ref->op_span,
                             "kind `%.*s` has nothing named `%.*s`", TEXT_ARG(list.type.kind->name),
                             TEXT_ARG(ref->name));
        suggest_nearest(c, d, ref->op_span, names, ref->name);
        return false;
    }
    if (!single && list.list.count == 0 && list.type.tag != KIND_OF_LIST) {
        diag_error(c->diags, DIAG_UNKNOWN_NAME, ref->span,
                   "there is nothing named `%.*s` to draw together",
                   TEXT_ARG(span_text(c->diags->sources, ref->span)));
        return false;
    }
    return true;
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

static void build_together(Checker *c, const Decl *decl)
{
    LIST(Member) members = {0};
    for (size_t i = 0; i < decl->exprs.count; i++)
        if (!add_members(c, decl->exprs.items[i], c->arena, &members))
            return;
    size_t n = members.count;
    if (n > LIMIT_CORRELATED) {
        diag_error(c->diags, DIAG_TOO_MANY, decl->span,
                   "at most %d variables can be drawn together", LIMIT_CORRELATED);
        return;
    }
    if (n > 1)
        qsort(members.items, n, sizeof(Member), by_name);
    /* What an override made certain drops out. */
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!draw_of(c, members.items[i].field)) {
            if (members.items[i].field->overrides.count == 0 &&
                members.items[i].field->typed.type.tag != KIND_OF_ERROR) {
                Diag *d =
                    diag_error(c->diags, DIAG_IMPOSSIBLE_CORRELATION, decl->span,
                               "`%.*s` is not drawn", TEXT_ARG(members.items[i].field->full_name));
                diag_label(c->diags, d, members.items[i].field->decl->name_span,
                           "certain, given the rest");
                return;
            }
            continue;
        }
        members.items[kept++] = members.items[i];
    }
    n = kept;
    if (n < 2)
        return;

    double common = 0, within = 0;
    size_t n_written = decl->numbers.count;
    bool is_matrix = n_written > 2 || (n_written > 0 && !decl->expr);
    Unit plain = unit_plain();
    Env env = {.self = c->root};
    if (!is_matrix && decl->expr &&
        !elaborate_constant(c, &env, decl->expr, &plain, "a correlation", &common))
        return;
    if (decl->expr2 && !elaborate_constant(c, &env, decl->expr2, &plain, "a correlation", &within))
        return;
    size_t side = 0;
    while (side * side < n_written)
        side++;
    if (is_matrix && (side * side != n_written || side != members.count)) {
        diag_error(c->diags, DIAG_IMPOSSIBLE_CORRELATION, decl->span,
                   "a matrix for %zu variables has %zu numbers, not %zu", members.count,
                   members.count * members.count, n_written);
        return;
    }
    double *matrix = ARENA_ARRAY(c->arena, double, n *n),
           *lower = ARENA_ARRAY(c->arena, double, n *n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double rank = common;
            if (i == j) {
                rank = 1;
            } else if (is_matrix) {
                rank =
                    decl->numbers.items[members.items[i].written * side + members.items[j].written];
                double mirror =
                    decl->numbers.items[members.items[j].written * side + members.items[i].written];
                if (rank != mirror) {
                    diag_error(c->diags, DIAG_IMPOSSIBLE_CORRELATION, decl->span,
                               "the matrix is not the same both ways for `%.*s` and `%.*s`",
                               TEXT_ARG(members.items[i].field->full_name),
                               TEXT_ARG(members.items[j].field->full_name));
                    return;
                }
            } else if (decl->expr2) {
                const Instance *a = owner_of_kind(members.items[i].field, decl->name2),
                               *b = owner_of_kind(members.items[j].field, decl->name2);
                rank = a && a == b ? within : common;
            }
            if (!(rank >= -1 && rank <= 1)) {
                diag_error(c->diags, DIAG_IMPOSSIBLE_CORRELATION, decl->span,
                           "a correlation lies between -1 and 1");
                return;
            }
            matrix[i * n + j] = i == j ? 1 : copula_score_correlation(rank);
        }
    size_t failed;
    if (!copula_factor(n, matrix, lower, &failed)) {
        Text name = members.items[failed < n ? failed : n - 1].field->full_name;
        Diag *d = diag_error(c->diags, DIAG_IMPOSSIBLE_CORRELATION, decl->span,
                             "these correlations contradict each other at `%.*s`", TEXT_ARG(name));
        diag_because(c->diags, d,
                     "No three things can be pairwise as opposed as written; move the numbers "
                     "nearer to zero.");
        return;
    }
    Together *together = LIST_PUSH(c->arena, &c->model->togethers);
    for (size_t i = 0; i < n; i++) {
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
