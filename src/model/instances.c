/* Expands instances: kinds with their copies, parts, `for`, and scenario overrides. */
#include "model/checker.h"

#include <stdlib.h>

static Instance *instance_new(Checker *c, Instance *owner, Text name, KindDef *kind,
                              const Decl *decl)
{
    Instance *made = ARENA_NEW(c->arena, Instance);
    made->name = name;
    made->owner = owner;
    made->kind = kind;
    made->decl = decl;
    made->party = made->contract = NO_ID;
    made->fields = table_new(c->arena);
    made->children = table_new(c->arena);
    made->path = name;
    if (owner && !owner->is_root)
        made->path = text_format(c->arena, "%.*s.%.*s", TEXT_ARG(owner->path), TEXT_ARG(name));
    if (owner) {
        Instance *earlier = table_get(owner->children, name);
        Field *field = table_get(owner->fields, name);
        if (earlier || field) {
            Diag *d = diag_error(c->diags, DIAG_DUPLICATE_NAME, decl->name_span,
                                 "`%.*s` is declared twice", TEXT_ARG(made->path));
            diag_label(c->diags, d, earlier ? earlier->decl->name_span : field->decl->name_span,
                       "first here");
        } else {
            table_set(owner->children, name, made);
        }
    }
    if (c->all.count < LIMIT_INSTANCES)
        *LIST_PUSH(c->arena, &c->all) = made;
    else if (c->all.count == LIMIT_INSTANCES)
        diag_error(c->diags, DIAG_TOO_MANY, decl->span, "more than %d instances", LIMIT_INSTANCES);
    return made;
}

static Field *field_put(Checker *c, Instance *owner, const Decl *decl, Text name, FieldTag tag,
                        bool is_own)
{
    Field *field = table_get(owner->fields, name);
    if (field && is_own == field->is_from_block && field->decl != decl && field->is_from_block) {
        Diag *d = diag_error(c->diags, DIAG_DUPLICATE_NAME, decl->name_span,
                             "`%.*s` is given twice", TEXT_ARG(name));
        diag_label(c->diags, d, field->decl->name_span, "first here");
        return field;
    }
    if (!field) {
        field = ARENA_NEW(c->arena, Field);
        field->name = name;
        field->owner = owner;
        field->full_name = owner->is_root ? name
                                          : text_format(c->arena, "%.*s.%.*s",
                                                        TEXT_ARG(owner->path), TEXT_ARG(name));
        field->value = NO_ID;
        field->index = NO_ID;
        table_set(owner->fields, name, field);
        *LIST_PUSH(c->arena, &c->fields) = field;
    }
    field->tag = tag;
    /* The kind's declaration keeps the type, words and range when the instance only gives a value.
     */
    if (!field->type_decl || decl->type.is_present)
        field->type_decl = decl;
    field->decl = decl;
    field->is_from_block = is_own;
    return field;
}

static void add_stock(Checker *c, Instance *owner, const Decl *decl, bool is_own)
{
    Field *stock = field_put(c, owner, decl, decl->name, FIELD_STOCK, is_own);
    for (size_t i = 0; i < decl->members.count; i++) {
        const Decl *flow = decl->members.items[i];
        Text name = flow->name;
        if (flow->kind == DECL_GROWS)
            name = text_format(c->arena, "%.*s#growth%zu", TEXT_ARG(decl->name), i);
        else if (name.length == 0)
            name = text_format(c->arena, "%.*s#flow%zu", TEXT_ARG(decl->name), i);
        Field *made = field_put(c, owner, flow, name, FIELD_FLOW, is_own);
        made->parent = stock;
    }
}

static void add_belt(Checker *c, Instance *owner, const Decl *decl, bool is_own)
{
    Field *belt = field_put(c, owner, decl, decl->name, FIELD_BELT, is_own);
    Field *out = field_put(c, owner, decl, text_format(c->arena, "%.*s.out", TEXT_ARG(decl->name)),
                           FIELD_BELT_OUT, is_own);
    Field *in =
        field_put(c, owner, decl, text_format(c->arena, "%.*s.entered", TEXT_ARG(decl->name)),
                  FIELD_BELT_IN, is_own);
    out->parent = in->parent = belt;
}

static void drop_rule(Checker *c, Instance *owner, const Decl *without)
{
    for (size_t i = 0; i < owner->members.count; i++)
        if (owner->members.items[i] && owner->members.items[i]->kind == DECL_RULE &&
            text_equal(owner->members.items[i]->name, without->name)) {
            owner->members.items[i] = NULL;
            return;
        }
    diag_error(c->diags, DIAG_UNKNOWN_NAME, without->span, "there is no rule `%.*s` to leave out",
               TEXT_ARG(without->name));
}

static void add_member(Checker *c, Instance *owner, const Decl *decl, bool is_own)
{
    if (decl->kind == DECL_RULE && decl->name.length > 0)
        for (size_t i = 0; i < owner->members.count; i++)
            if (owner->members.items[i] && owner->members.items[i]->kind == DECL_RULE &&
                text_equal(owner->members.items[i]->name, decl->name))
                owner->members.items[i] = NULL; /* a copy's rule replaces its model's */
    if (decl->kind == DECL_STAGE)
        for (size_t i = 0; i < owner->members.count; i++)
            if (owner->members.items[i] && owner->members.items[i]->kind == DECL_STAGE)
                owner->members.items[i] = NULL;
    *LIST_PUSH(c->arena, &owner->members) = decl;
    *LIST_PUSH(c->arena, &owner->member_is_own) = is_own;
}

static void expand_instance(Checker *c, Instance *owner, const Decl *decl, int depth);

static void take_members(Checker *c, Instance *owner, const Decl *block, bool is_own, int depth)
{
    for (size_t i = 0; i < block->members.count; i++) {
        const Decl *m = block->members.items[i];
        switch (m->kind) {
        case DECL_VALUE:
            field_put(c, owner, m, m->name, FIELD_VALUE, is_own);
            break;
        case DECL_STOCK:
            add_stock(c, owner, m, is_own);
            break;
        case DECL_BELT:
            add_belt(c, owner, m, is_own);
            break;
        case DECL_SOLVE:
            for (size_t j = 0; j < m->members.count; j++)
                field_put(c, owner, m->members.items[j], m->members.items[j]->name, FIELD_UNKNOWN,
                          is_own);
            add_member(c, owner, m, is_own);
            break;
        case DECL_FACILITY:
            field_put(c, owner, m, m->name, FIELD_FACILITY, is_own);
            add_member(c, owner, m, is_own);
            break;
        case DECL_RESERVE:
            field_put(c, owner, m, m->name, FIELD_RESERVE, is_own);
            add_member(c, owner, m, is_own);
            break;
        case DECL_INSTANCE:
            expand_instance(c, owner, m, depth + 1);
            break;
        case DECL_PART_KIND:
            break;
        case DECL_WITHOUT:
            drop_rule(c, owner, m);
            break;
        default:
            add_member(c, owner, m, is_own);
        }
    }
}

static void take_kind(Checker *c, Instance *instance, const KindDef *kind, int depth)
{
    if (!kind || !kind->decl)
        return;
    take_kind(c, instance, kind->like, depth);
    take_members(c, instance, kind->decl, false, depth);
}

/* A name in an instance's block that its kind does not have, but nearly: most likely a slip. */
static void warn_of_slips(Checker *c, const Instance *instance, const Decl *block)
{
    if (!instance->kind || !instance->kind->decl)
        return;
    Table *known = table_new(c->arena);
    for (const KindDef *k = instance->kind; k && k->decl; k = k->like)
        for (size_t i = 0; i < k->decl->members.count; i++)
            if (k->decl->members.items[i]->kind == DECL_VALUE)
                table_set(known, k->decl->members.items[i]->name, (void *)k);
    for (size_t i = 0; i < block->members.count; i++) {
        const Decl *m = block->members.items[i];
        if (m->kind != DECL_VALUE || table_get(known, m->name) || m->type.is_present)
            continue;
        Text near = table_nearest(known, m->name);
        if (near.length == 0)
            continue;
        Diag *d = diag_warning(c->diags, DIAG_UNKNOWN_FIELD, m->name_span,
                               "kind `%.*s` has no field `%.*s`; this adds one",
                               TEXT_ARG(instance->kind->name), TEXT_ARG(m->name));
        diag_suggest(c->diags, d, m->name_span, "%.*s", TEXT_ARG(near));
    }
}

static void require_fields(Checker *c, const Instance *instance)
{
    for (size_t i = 0; i < table_count(instance->fields); i++) {
        const Field *field = table_at(instance->fields, i)->value;
        if (field->tag != FIELD_VALUE || field->decl->expr || field->decl->dist)
            continue;
        Diag *d = diag_error(c->diags, DIAG_MISSING_FIELD, instance->decl->name_span,
                             "`%.*s` does not give `%.*s`", TEXT_ARG(instance->path),
                             TEXT_ARG(field->name));
        diag_label(c->diags, d, field->decl->name_span, "asked for here");
    }
}

static KindDef *part_kind(Instance *owner, Text name)
{
    for (Instance *at = owner; at && !at->is_root; at = at->owner)
        if (at->kind && at->kind->parts) {
            KindDef *found = table_get(at->kind->parts, name);
            if (found)
                return found;
        }
    return NULL;
}

/* `lab.EUR` and `loan.EUR` are what is theirs in that money. */
static void refuse_money_fields(Checker *c, const Instance *owner)
{
    for (size_t i = 0; i < table_count(owner->fields); i++) {
        const Field *field = table_at(owner->fields, i)->value;
        if (c->model->monies.count > 1 && money_named(c, field->name) != NO_ID)
            diag_error(c->diags, DIAG_DUPLICATE_NAME, field->decl->name_span,
                       "`%.*s` says which money is meant, and is no name to give here",
                       TEXT_ARG(field->name));
    }
}

static Instance *make_one(Checker *c, Instance *owner, Text name, KindDef *kind, const Decl *decl,
                          Text bound_name, Instance *bound, int depth)
{
    Instance *made = instance_new(c, owner, name, kind, decl);
    made->bound_name = bound_name;
    made->bound = bound;
    take_kind(c, made, kind, depth);
    take_members(c, made, decl, true, depth);
    warn_of_slips(c, made, decl);
    require_fields(c, made);
    for (KindDef *k = kind; k; k = k->like)
        *LIST_PUSH(c->arena, &k->instances) = made;
    if (kind->is_contract) {
        refuse_money_fields(c, made);
        *LIST_PUSH(c->arena, &c->contracts) = made;
    }
    return made;
}

static void expand_instance(Checker *c, Instance *owner, const Decl *decl, int depth)
{
    if (depth > LIMIT_KIND_DEPTH) {
        diag_error(c->diags, DIAG_TOO_DEEP, decl->name_span, "parts inside parts more than %d deep",
                   LIMIT_KIND_DEPTH);
        return;
    }
    KindDef *kind = part_kind(owner, decl->name2);
    if (!kind && owner->is_root)
        kind = kind_named(c, decl->name2);
    if (!kind) {
        Span at = decl->name2_span.end > decl->name2_span.start ? decl->name2_span : decl->span;
        bool is_part = !owner->is_root && owner->kind;
        Diag *d = is_part ? diag_error(c->diags, DIAG_UNKNOWN_NAME, at, "a %.*s has no part `%.*s`",
                                       TEXT_ARG(owner->kind->name), TEXT_ARG(decl->name2))
                          : diag_error(c->diags, DIAG_UNKNOWN_NAME, at, "there is no kind `%.*s`",
                                       TEXT_ARG(decl->name2));
        suggest_nearest(c, d, at, is_part ? owner->kind->parts : c->kinds, decl->name2);
        return;
    }
    if (!decl->for_list) {
        make_one(c, owner, decl->name, kind, decl, TEXT(""), NULL, depth);
        return;
    }

    Env env = {.self = owner};
    Typed list = {0};
    if (!instances_of_list(c, &env, decl->for_list, &list))
        return;
    Instance *group = instance_new(c, owner, decl->name, NULL, decl);
    group->is_group = true;
    for (size_t i = 0; i < list.list.count; i++) {
        Instance *bound = list.list.items[i];
        Loop loop = {.name = decl->for_name, .instance = bound};
        if (decl->for_where) {
            Env inner = {.self = owner, .loops = &loop};
            double holds = 1;
            const Node *node =
                elaborate_yesno(c, &inner, decl->for_where, "the condition of `for`");
            if (!node)
                return;
            if (!node_is_constant(node, &holds)) {
                diag_error(c->diags, DIAG_NOT_CONSTANT, decl->for_where->span,
                           "which instances there are must not depend on draws or time");
                return;
            }
            if (holds == 0)
                continue;
        }
        /* Two owners may each have a part of this name: then the whole path names the instance. */
        Text name = bound->name;
        if (table_get(group->children, name)) {
            Text owner_name = bound->owner ? bound->owner->name : TEXT("");
            name = text_format(c->arena, "%.*s_%.*s", TEXT_ARG(owner_name), TEXT_ARG(bound->name));
        }
        make_one(c, group, name, kind, decl, decl->for_name, bound, depth);
    }
}

static int by_path(const void *a, const void *b)
{
    return text_compare((*(Instance *const *)a)->path, (*(Instance *const *)b)->path);
}

static void sort_kind(KindDef *kind)
{
    if (kind->instances.count > 1)
        qsort(kind->instances.items, kind->instances.count, sizeof(Instance *), by_path);
    for (size_t i = 0; i < table_count(kind->parts); i++) {
        KindDef *part = table_at(kind->parts, i)->value;
        if (part->owner == kind)
            sort_kind(part);
    }
}

static void sort_kinds(Checker *c)
{
    for (size_t i = 0; i < table_count(c->kinds); i++)
        sort_kind(table_at(c->kinds, i)->value);
}

static void gather_kind(Checker *c, const KindDef *kind, Typed *out)
{
    for (size_t i = 0; i < kind->instances.count; i++)
        *LIST_PUSH(c->arena, &out->list) = kind->instances.items[i];
    out->type.tag = KIND_OF_LIST;
    out->type.kind = kind;
}

/* The parts of one kind below an instance: its own, and for a group its members'. */
static void gather_parts(Checker *c, Instance *from, const KindDef *kind, Typed *out)
{
    for (size_t i = 0; i < table_count(from->children); i++) {
        Instance *child = table_at(from->children, i)->value;
        if (kind_is_a(child->kind, kind))
            *LIST_PUSH(c->arena, &out->list) = child;
    }
    out->type.tag = KIND_OF_LIST;
    out->type.kind = kind;
}

static Instance *find_instance(const Env *env, Text name)
{
    for (const Loop *loop = env->loops; loop; loop = loop->up)
        if (text_equal(loop->name, name))
            return loop->instance;
    if (text_is(name, "this"))
        return env->self;
    for (Instance *at = env->self; at; at = at->owner) {
        if (at->bound && text_equal(at->bound_name, name))
            return at->bound;
        Instance *child = table_get(at->children, name);
        if (child)
            return child;
    }
    return NULL;
}

static bool list_of_word(Checker *c, const Env *env, const Expr *e, Typed *out)
{
    for (Instance *at = env->self; at && !at->is_root; at = at->owner) {
        const KindDef *part = at->kind ? table_get(at->kind->parts, e->name) : NULL;
        if (part) {
            gather_parts(c, at, part, out);
            return true;
        }
    }
    Instance *group = find_instance(env, e->name);
    if (group && group->is_group) {
        for (size_t i = 0; i < table_count(group->children); i++)
            *LIST_PUSH(c->arena, &out->list) = table_at(group->children, i)->value;
        out->type.tag = KIND_OF_LIST;
        out->type.kind = out->list.count ? out->list.items[0]->kind : NULL;
        return true;
    }
    const KindDef *kind = kind_named(c, e->name);
    if (kind) {
        gather_kind(c, kind, out);
        return true;
    }
    Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, e->span,
                         "`%.*s` is not a kind, a kind's parts, or a list of instances",
                         TEXT_ARG(e->name));
    suggest_nearest(c, d, e->span, c->kinds, e->name);
    return false;
}

bool instances_of_list(Checker *c, const Env *env, const Expr *list, Typed *out)
{
    bool ok = false;
    if (list->kind == EXPR_WORD) {
        ok = list_of_word(c, env, list, out);
    } else if (list->kind == EXPR_FIELD && list->args.count == 1) {
        const Expr *base = list->args.items[0];
        Instance *from = NULL;
        if (base->kind == EXPR_WORD)
            from = find_instance(env, base->name);
        KindDef *kind = base->kind == EXPR_WORD && !from ? kind_named(c, base->name) : NULL;
        if (!from && !kind && (base->kind == EXPR_FIELD || base->kind == EXPR_WORD)) {
            Typed typed = elaborate(c, env, base);
            if (typed.type.tag == KIND_OF_ERROR)
                return false;
            from = typed.instance;
        }
        if (from && from->kind && table_get(from->kind->parts, list->name)) {
            gather_parts(c, from, table_get(from->kind->parts, list->name), out);
            ok = true;
        } else if (kind && table_get(kind->parts, list->name)) {
            gather_kind(c, table_get(kind->parts, list->name), out);
            ok = true;
        } else {
            const KindDef *of = from ? from->kind : kind;
            Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, list->op_span,
                                 "there are no parts `%.*s` there", TEXT_ARG(list->name));
            if (of)
                suggest_nearest(c, d, list->op_span, of->parts, list->name);
        }
    } else {
        diag_error(c->diags, DIAG_UNKNOWN_NAME, list->span,
                   "a kind, a kind's parts, or a list of instances is wanted here");
    }
    if (ok && out->list.count > 1)
        qsort(out->list.items, out->list.count, sizeof(Instance *), by_path);
    return ok;
}

/* `cash = 5 bn USD` in a party would hide the account; what was meant is its opening balance. */
static void refuse_account_fields(Checker *c, const Instance *party)
{
    for (size_t i = 0; i < table_count(party->fields); i++) {
        const Field *field = table_at(party->fields, i)->value;
        if (field->tag != FIELD_VALUE || table_index(c->accounts, field->name) == NO_ID)
            continue;
        Diag *d = diag_error(c->diags, DIAG_DUPLICATE_NAME, field->decl->name_span,
                             "`%.*s` is an account of every party, not a value to give",
                             TEXT_ARG(field->name));
        diag_because(c->diags, d,
                     "What it holds when the clock starts is written `opening %.*s = ...`.",
                     TEXT_ARG(field->name));
        if (!field->decl->type.is_present)
            diag_suggest(c->diags, d, field->decl->name_span, "opening %.*s",
                         TEXT_ARG(field->name));
    }
}

static void expand_top(Checker *c, const Decl *decl)
{
    Instance *root = c->root;
    switch (decl->kind) {
    case DECL_VALUE: {
        Field *earlier = table_get(root->fields, decl->name);
        if (earlier) {
            Diag *d = diag_error(c->diags, DIAG_DUPLICATE_NAME, decl->name_span,
                                 "`%.*s` is declared twice", TEXT_ARG(decl->name));
            diag_label(c->diags, d, earlier->decl->name_span, "first here");
            break;
        }
        Field *field = field_put(c, root, decl, decl->name, FIELD_VALUE, true);
        if (!decl->expr && !decl->dist)
            diag_error(c->diags, DIAG_MISSING_FIELD, decl->name_span,
                       "`%.*s` has no value: write `= ...` or `~ ...`", TEXT_ARG(field->name));
        break;
    }
    case DECL_STOCK:
        add_stock(c, root, decl, true);
        break;
    case DECL_BELT:
        add_belt(c, root, decl, true);
        break;
    case DECL_SOLVE:
        for (size_t j = 0; j < decl->members.count; j++)
            field_put(c, root, decl->members.items[j], decl->members.items[j]->name, FIELD_UNKNOWN,
                      true);
        add_member(c, root, decl, true);
        break;
    case DECL_PARTY: {
        Instance *party = instance_new(c, root, decl->name, c->party_kind, decl);
        take_members(c, party, decl, true, 1);
        refuse_account_fields(c, party);
        refuse_money_fields(c, party);
        *LIST_PUSH(c->arena, &c->party_kind->instances) = party;
        *LIST_PUSH(c->arena, &c->parties) = party;
        break;
    }
    case DECL_INSTANCE:
        expand_instance(c, root, decl, 1);
        break;
    default:
        break;
    }
}

void instances_expand(Checker *c)
{
    c->root = ARENA_NEW(c->arena, Instance);
    c->root->is_root = true;
    c->root->party = c->root->contract = NO_ID;
    c->root->fields = table_new(c->arena);
    c->root->children = table_new(c->arena);

    /* `for` lists may name anything that stands without `for`; then each other in order. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t t = 0; t < c->n_trees; t++)
            for (size_t i = 0; i < c->trees[t]->decls.count; i++) {
                const Decl *decl = c->trees[t]->decls.items[i];
                bool is_late = decl->kind == DECL_INSTANCE && decl->for_list;
                if (is_late == (pass == 1))
                    expand_top(c, decl);
            }
        sort_kinds(c);
    }
    if (c->parties.count > 1)
        qsort(c->parties.items, c->parties.count, sizeof(Instance *), by_path);
    if (c->contracts.count > 1)
        qsort(c->contracts.items, c->contracts.count, sizeof(Instance *), by_path);
}

/* ---- overrides -------------------------------------------------------------------- */

/* `p1` of `p1.lead`, `a.p1` of `a.p1.lead`; NULL for a word. */
static Instance *owner_of_reference(Checker *c, Instance *self, const Expr *ref)
{
    if (ref->kind != EXPR_FIELD)
        return NULL;
    Env env = {.self = self};
    const Expr *base = ref->args.items[0];
    if (base->kind == EXPR_WORD)
        return find_instance(&env, base->name);
    Text text = span_text(c->diags->sources, base->span);
    for (size_t i = 0; i < c->all.count && base->kind == EXPR_FIELD; i++)
        if (text_equal(c->all.items[i]->path, text))
            return c->all.items[i];
    return NULL;
}

static Field *field_of_reference(Checker *c, Instance *self, const Expr *ref)
{
    if (ref->kind == EXPR_WORD)
        return table_get(c->root->fields, ref->name);
    Instance *at = owner_of_reference(c, self, ref);
    return at ? table_get(at->fields, ref->name) : NULL;
}

/* "loan" or "site.phase"; NULL when there is none. */
static const KindDef *kind_of_path(Checker *c, const Expr *path)
{
    if (path->kind == EXPR_WORD)
        return kind_named(c, path->name);
    if (path->kind != EXPR_FIELD || path->args.items[0]->kind != EXPR_WORD)
        return NULL;
    const KindDef *owner = kind_named(c, path->args.items[0]->name);
    return owner ? table_get(owner->parts, path->name) : NULL;
}

/* `every` goes before a kind. */
static void unknown_every(Checker *c, const Decl *o)
{
    Text base = span_text(c->diags->sources, o->ref->args.items[0]->span);
    const KindDef *kind = kind_of_path(c, o->ref->args.items[0]);
    Span word = {o->ref->span.file, o->span.start, o->ref->span.start};
    const Instance *named = table_get(c->root->children, base);

    if (named && !kind) {
        Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, o->ref->args.items[0]->span,
                             "`%.*s` is no kind, and `every` is of a kind", TEXT_ARG(base));
        if (field_of_reference(c, c->root, o->ref))
            diag_suggest(c->diags, d, word, "%s", "");
        return;
    }
    Table *names = table_new(c->arena);
    Text wanted = kind ? o->ref->name : base;
    Span at = kind ? o->ref->op_span : o->ref->args.items[0]->span;
    bool has_instances = false;
    for (size_t i = 0; i < c->all.count; i++) {
        const Instance *one = c->all.items[i];
        for (const KindDef *k = one->kind; k && !kind; k = k->like)
            table_set(names, k->name, names);
        if (!kind || !kind_is_a(one->kind, kind))
            continue;
        has_instances = true;
        for (size_t k = 0; k < table_count(one->fields); k++)
            table_set(names, table_at(one->fields, k)->key, names);
    }
    if (kind && !has_instances) {
        diag_error(c->diags, DIAG_UNKNOWN_NAME, o->ref->span,
                   "nothing here is a %.*s, so there is nothing to change", TEXT_ARG(base));
        return;
    }
    Diag *d = kind ? diag_error(c->diags, DIAG_UNKNOWN_NAME, at, "no %.*s has a field `%.*s`",
                                TEXT_ARG(base), TEXT_ARG(wanted))
                   : diag_error(c->diags, DIAG_UNKNOWN_NAME, at, "there is no kind `%.*s`",
                                TEXT_ARG(wanted));
    suggest_nearest(c, d, at, names, wanted);
}

static void unknown_override(Checker *c, const Decl *o)
{
    if (o->is_every && o->ref->kind == EXPR_FIELD) {
        unknown_every(c, o);
        return;
    }
    Table *names = table_new(c->arena);
    for (size_t i = 0; i < c->fields.count; i++)
        table_set(names, c->fields.items[i]->full_name, c->fields.items[i]);
    for (size_t i = 0; i < c->parties.count; i++)
        for (size_t j = 0; j < c->parties.items[i]->members.count; j++) {
            const Decl *m = c->parties.items[i]->members.items[j];
            if (m && m->kind == DECL_OPENING)
                table_set(names,
                          text_format(c->arena, "%.*s.%.*s", TEXT_ARG(c->parties.items[i]->path),
                                      TEXT_ARG(m->name)),
                          c);
        }
    Text written = span_text(c->diags->sources, o->ref->span);
    Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, o->ref->span,
                         "there is nothing named `%.*s` to change", TEXT_ARG(written));
    const Instance *named =
        o->ref->kind == EXPR_WORD ? table_get(c->root->children, o->ref->name) : NULL;
    const Expr *base = o->ref->kind == EXPR_FIELD ? o->ref->args.items[0] : NULL;
    const Instance *owner =
        base && base->kind == EXPR_WORD ? table_get(c->root->children, base->name) : NULL;
    if (named && named->contract != NO_ID && o->expr && o->expr->kind == EXPR_WORD &&
        stage_of_word(o->expr->name) >= 0)
        diag_suggest(c->diags, d, o->ref->span, "%.*s.stage", TEXT_ARG(written));
    else if (owner && owner->party != NO_ID && table_index(c->accounts, o->ref->name) != NO_ID)
        diag_because(c->diags, d,
                     "What a party opens with can be changed, where the model says what that is: "
                     "`opening %.*s = ...`.",
                     TEXT_ARG(o->ref->name));
    else
        suggest_nearest(c, d, o->ref->span, names, written);
    for (size_t i = 0; i < c->model->parameters.count && !d->has_edit; i++) {
        Text parameter = c->model->parameters.items[i].name;
        if (text_equal(parameter, written) &&
            !text_starts(c->model->parameters.items[i].file, "--")) {
            diag_because(
                c->diags, d,
                "A report calls a number inside the statement `%.*s` so. Give it a name of "
                "its own there, and change that.",
                TEXT_ARG(written));
            break;
        }
    }
}

/* `tranches.stage = never` is kept with the contract's members; contracts.c reads the last one. */
static bool override_stage(Checker *c, const Decl *o)
{
    if (o->ref->kind != EXPR_FIELD || !text_is(o->ref->name, "stage") || !o->expr ||
        o->expr->kind != EXPR_WORD)
        return false;
    Text path = span_text(c->diags->sources, o->ref->args.items[0]->span);
    bool is_found = false;
    for (size_t i = 0; i < c->contracts.count; i++) {
        Instance *contract = c->contracts.items[i];
        bool is_group =
            contract->owner && contract->owner->is_group && text_equal(contract->owner->path, path);
        bool is_kind =
            o->is_every && kind_named(c, path) && kind_is_a(contract->kind, kind_named(c, path));
        if (!is_group && !is_kind && !text_equal(contract->path, path))
            continue;
        Decl *stage = ARENA_NEW(c->arena, Decl);
        stage->kind = DECL_STAGE;
        stage->span = o->span;
        stage->name2 = o->expr->name;
        stage->name2_span = o->expr->span;
        add_member(c, contract, stage, true);
        is_found = true;
    }
    return is_found;
}

static const Expr *changed_amount(Checker *c, const Decl *o, const Expr *was)
{
    if (o->override == OVERRIDE_SET)
        return o->expr;
    Expr *changed = ARENA_NEW(c->arena, Expr);
    changed->kind = EXPR_BINARY;
    changed->span = changed->op_span = o->expr->span;
    changed->op = o->override == OVERRIDE_SCALED ? TEXT("*") : TEXT("+");
    *LIST_PUSH(c->arena, &changed->args) = (Expr *)was;
    *LIST_PUSH(c->arena, &changed->args) = o->expr;
    return changed;
}

static void refuse_opening(Checker *c, const Decl *o, const Decl *there, const char *why)
{
    Diag *d = diag_error(c->diags, DIAG_DERIVED_FIELD, o->ref->span,
                         "the opening balance `%.*s` cannot be changed so",
                         TEXT_ARG(span_text(c->diags->sources, o->ref->span)));
    if (there)
        diag_label(c->diags, d, there->name_span, "declared here");
    diag_because(c->diags, d, "%s", why);
}

/* An opening balance of the account in this money, or in one that does not show yet. */
static bool may_be_opening_in(Checker *c, const Instance *party, const Decl *m, Text account,
                              uint32_t money)
{
    if (!m || m->kind != DECL_OPENING || !text_equal(m->name, account))
        return false;
    uint32_t written = c->model->monies.count == 1 ? money : money_written(c, party, m->expr);
    return written == money || written == NO_ID;
}

/* The party of `lab.cash` and of `lab.EUR.cash`, and in which money. */
static Instance *party_of_opening(Checker *c, const Expr *ref, uint32_t *money)
{
    const Expr *owned = ref;

    *money = 0;
    if (c->model->monies.count > 1 && ref->kind == EXPR_FIELD &&
        ref->args.items[0]->kind == EXPR_FIELD) {
        const Expr *book = ref->args.items[0];
        uint32_t named = money_named(c, book->name);
        *money = named == NO_ID ? 0 : named;
        owned = named == NO_ID ? ref : book;
    }
    Instance *party = owner_of_reference(c, c->root, owned);
    return party && party->party != NO_ID ? party : NULL;
}

/* Why the balance that is there (NULL: none is) cannot be changed so; NULL when it can. What is put
 * in its place must be of its money, so that has to show. */
static const char *fault_of_change(Checker *c, const Instance *party, const Decl *o,
                                   const Decl *there, size_t n_there)
{
    if (o->override == OVERRIDE_DRAW)
        return "Give a draw a name of its own, and set the balance to that.";
    if (n_there > 1)
        return "It is given in several parts: give each a name to change.";
    if (!there)
        return o->override == OVERRIDE_SET ? NULL : "None is given: set it with `=`.";
    if (c->model->monies.count > 1 && o->override == OVERRIDE_SET &&
        money_written(c, party, there->expr) == NO_ID)
        return "Its money does not show in how it is written: give it a name with a unit.";
    return NULL;
}

/* `lab.cash = 3 bn USD` is what a party's account holds when the clock starts, as for a stock. */
static bool override_opening(Checker *c, const Decl *o)
{
    uint32_t money;
    Instance *party = party_of_opening(c, o->ref, &money);
    size_t n_there = 0;
    size_t at = 0;
    if (!party || table_index(c->accounts, o->ref->name) == NO_ID)
        return false;
    for (size_t i = 0; i < party->members.count; i++) {
        if (!may_be_opening_in(c, party, party->members.items[i], o->ref->name, money))
            continue;
        at = i;
        n_there++;
    }
    const Decl *there = n_there > 0 ? party->members.items[at] : NULL;
    bool is_cash = table_index(c->accounts, o->ref->name) == c->model->cash;
    if (!there && (!is_cash || c->model->parties.items[party->party].is_outside))
        return false;
    const char *fault = fault_of_change(c, party, o, there, n_there);
    if (fault) {
        refuse_opening(c, o, there, fault);
        return true;
    }
    Decl *changed = ARENA_NEW(c->arena, Decl);
    if (there)
        *changed = *there;
    else
        *changed = (Decl){
            .kind = DECL_OPENING, .span = o->span, .name = o->ref->name, .name_span = o->ref->span};
    changed->expr = (Expr *)changed_amount(c, o, changed->expr);
    changed->name2 = c->model->monies.items[money];
    changed->name2_span = o->ref->span;
    if (there)
        party->members.items[at] = changed;
    else
        add_member(c, party, changed, true);
    return true;
}

/* Values and what stocks start with can be changed; what follows from the run cannot. */
static void override_field(Checker *c, Field *field, const Decl *o)
{
    bool is_start = field->tag == FIELD_STOCK && o->override != OVERRIDE_DRAW;
    if (field->tag == FIELD_VALUE || is_start) {
        *LIST_PUSH(c->arena, &field->overrides) = o;
        return;
    }
    Diag *d = diag_error(c->diags, DIAG_DERIVED_FIELD, o->ref->span,
                         "`%.*s` cannot be set from outside", TEXT_ARG(field->full_name));
    diag_label(c->diags, d, field->decl->name_span, "declared here");
}

static void apply_override(Checker *c, const Decl *o)
{
    if (override_stage(c, o) || (!o->is_every && override_opening(c, o)))
        return;
    size_t n_found = 0;
    if (o->is_every && o->ref->kind == EXPR_FIELD) {
        Text kind_path = span_text(c->diags->sources, o->ref->args.items[0]->span);
        for (size_t i = 0; i < c->all.count; i++) {
            Instance *at = c->all.items[i];
            for (const KindDef *k = at->kind; k; k = k->like) {
                Text full = k->owner ? text_format(c->arena, "%.*s.%.*s", TEXT_ARG(k->owner->name),
                                                   TEXT_ARG(k->name))
                                     : k->name;
                if (!text_equal(full, kind_path))
                    continue;
                Field *field = table_get(at->fields, o->ref->name);
                if (field) {
                    override_field(c, field, o);
                    n_found++;
                }
                break;
            }
        }
    } else {
        Field *field = field_of_reference(c, c->root, o->ref);
        if (field) {
            override_field(c, field, o);
            n_found++;
        } else if (o->ref->kind == EXPR_FIELD) {
            /* A group's name stands for all its members. */
            Text path = span_text(c->diags->sources, o->ref->args.items[0]->span);
            for (size_t i = 0; i < c->all.count; i++) {
                Instance *at = c->all.items[i];
                if (!at->owner || !at->owner->is_group || !text_equal(at->owner->path, path))
                    continue;
                Field *member = table_get(at->fields, o->ref->name);
                if (member) {
                    override_field(c, member, o);
                    n_found++;
                }
            }
        }
    }
    if (n_found == 0)
        unknown_override(c, o);
}

void instances_apply_overrides(Checker *c)
{
    for (size_t i = 0; i < c->overrides.count; i++)
        apply_override(c, c->overrides.items[i]);
}
