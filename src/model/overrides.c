/* What a scenario or a setting puts in place of what is written: fields, stages, openings. */
#include "model/checker.h"

/* `p1` of `p1.lead`, `a.p1` of `a.p1.lead`; NULL for a word. */
static Instance *owner_of_reference(Checker *c, Instance *self, const Expr *ref)
{
    if (ref->kind != EXPR_FIELD)
        return NULL;
    Env env = {.self = self};
    const Expr *base = ref->args.items[0];
    if (base->kind == EXPR_WORD)
        return instance_named(&env, base->name);
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
        instance_add_member(c, contract, stage, true);
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
        instance_add_member(c, party, changed, true);
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
