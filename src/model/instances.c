/* Expands instances: kinds with their copies, parts and `for`. */
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
    for (size_t i = 0; stock->decl == decl && i < decl->members.count; i++) {
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
    if (belt->decl != decl)
        return; /* it is there already */
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

void instance_add_member(Checker *c, Instance *owner, const Decl *decl, bool is_own)
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
            instance_add_member(c, owner, m, is_own);
            break;
        case DECL_FACILITY:
            field_put(c, owner, m, m->name, FIELD_FACILITY, is_own);
            instance_add_member(c, owner, m, is_own);
            break;
        case DECL_RESERVE:
            field_put(c, owner, m, m->name, FIELD_RESERVE, is_own);
            instance_add_member(c, owner, m, is_own);
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
            instance_add_member(c, owner, m, is_own);
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

static KindDef *part_kind(const Instance *owner, Text name)
{
    for (const Instance *at = owner; at && !at->is_root; at = at->owner)
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

/* NULL after a diagnostic. */
static KindDef *kind_of_instance(Checker *c, const Instance *owner, const Decl *decl)
{
    KindDef *kind = part_kind(owner, decl->name2);
    bool is_part = !owner->is_root && owner->kind;

    if (!kind && owner->is_root)
        kind = kind_named(c, decl->name2);
    if (kind)
        return kind;
    Span at = decl->name2_span.end > decl->name2_span.start ? decl->name2_span : decl->span;
    Diag *d = is_part ? diag_error(c->diags, DIAG_UNKNOWN_NAME, at, "a %.*s has no part `%.*s`",
                                   TEXT_ARG(owner->kind->name), TEXT_ARG(decl->name2))
                      : diag_error(c->diags, DIAG_UNKNOWN_NAME, at, "there is no kind `%.*s`",
                                   TEXT_ARG(decl->name2));
    suggest_nearest(c, d, at, is_part ? owner->kind->parts : c->kinds, decl->name2);
    return NULL;
}

/* Whether there is an instance for this one of the list; false after a diagnostic. */
static bool read_for_where(Checker *c, const Env *env, const Expr *where, bool *is_in)
{
    const Node *node = elaborate_yesno(c, env, where, "the condition of `for`");
    double holds = 1;

    if (!node)
        return false;
    if (!node_is_constant(node, &holds)) {
        diag_error(c->diags, DIAG_NOT_CONSTANT, where->span,
                   "which instances there are must not depend on draws or time");
        return false;
    }
    *is_in = holds != 0;
    return true;
}

/* Two owners may each have a part of this name: then the whole path names the instance. */
static Text name_in_group(Checker *c, const Instance *group, const Instance *bound)
{
    if (!table_get(group->children, bound->name))
        return bound->name;
    Text owner_name = bound->owner ? bound->owner->name : TEXT("");
    return text_format(c->arena, "%.*s_%.*s", TEXT_ARG(owner_name), TEXT_ARG(bound->name));
}

static void expand_for(Checker *c, Instance *owner, const Decl *decl, KindDef *kind, int depth)
{
    Env env = {.self = owner};
    Typed list = {0};

    if (!instances_of_list(c, &env, decl->for_list, &list))
        return;
    Instance *group = instance_new(c, owner, decl->name, NULL, decl);
    group->is_group = true;
    for (size_t i = 0; i < list.list.count; i++) {
        Instance *bound = list.list.items[i];
        Loop loop = {.name = decl->for_name, .instance = bound};
        Env inner = {.self = owner, .loops = &loop};
        bool is_in = true;
        if (decl->for_where && !read_for_where(c, &inner, decl->for_where, &is_in))
            return;
        if (is_in)
            make_one(c, group, name_in_group(c, group, bound), kind, decl, decl->for_name, bound,
                     depth);
    }
}

static void expand_instance(Checker *c, Instance *owner, const Decl *decl, int depth)
{
    if (depth > LIMIT_KIND_DEPTH) {
        diag_error(c->diags, DIAG_TOO_DEEP, decl->name_span, "parts inside parts more than %d deep",
                   LIMIT_KIND_DEPTH);
        return;
    }
    KindDef *kind = kind_of_instance(c, owner, decl);
    if (kind && decl->for_list)
        expand_for(c, owner, decl, kind, depth);
    else if (kind)
        make_one(c, owner, decl->name, kind, decl, TEXT(""), NULL, depth);
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

Instance *instance_named(const Env *env, Text name)
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
    Instance *group = instance_named(env, e->name);
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
            from = instance_named(env, base->name);
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
        instance_add_member(c, root, decl, true);
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
