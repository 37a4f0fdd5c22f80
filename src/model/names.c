/* Looks names up: fields, instances, parties and their accounts, stages, belts. */
#include "model/checker.h"

static Typed reference(Instance *instance)
{
    return (Typed){.type = {.tag = KIND_OF_REFERENCE, .kind = instance->kind},
                   .instance = instance};
}

uint32_t word_index(Checker *c, Text word)
{
    uintptr_t found = (uintptr_t)table_get(c->words, word);
    if (!found) {
        found = table_count(c->words) + 1;
        table_set(c->words, word, (void *)found);
    }
    return (uint32_t)(found - 1);
}

static void find_word_fields(const Decl *decl, Table *names)
{
    if (text_is(decl->type.words[0], "word"))
        table_set(names, decl->name, names);
    for (size_t i = 0; i < decl->members.count; i++)
        find_word_fields(decl->members.items[i], names);
}

static void seed_words_of(Checker *c, const Decl *decl, const Table *word_fields)
{
    bool may_be_word = decl->kind == DECL_OVERRIDE ||
                       (decl->kind == DECL_VALUE && table_get(word_fields, decl->name));

    if (may_be_word && decl->expr && decl->expr->kind == EXPR_WORD)
        (void)word_index(c, decl->expr->name);
    for (size_t i = 0; decl->dist && i < decl->dist->args.count; i++)
        if (decl->dist->kind == DIST_ONE_OF && decl->dist->args.items[i]->kind == EXPR_WORD)
            (void)word_index(c, decl->dist->args.items[i]->name);
    for (size_t i = 0; i < decl->members.count; i++)
        seed_words_of(c, decl->members.items[i], word_fields);
}

void words_seed(Checker *c)
{
    static const char *const stages[] = {"talks",     "intent", "definitive", "effective",
                                         "suspended", "ended",  "never"};
    Table *word_fields = table_new(c->arena);

    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        (void)word_index(c, text_from(stages[i]));
    for (size_t t = 0; t < c->n_trees; t++)
        for (size_t i = 0; i < c->trees[t]->decls.count; i++)
            find_word_fields(c->trees[t]->decls.items[i], word_fields);
    for (size_t t = 0; t < c->n_trees; t++)
        for (size_t i = 0; i < c->trees[t]->decls.count; i++)
            seed_words_of(c, c->trees[t]->decls.items[i], word_fields);
    for (size_t i = 0; i < c->options->n_overrides; i++)
        seed_words_of(c, c->options->overrides[i], word_fields);
}

Typed word_constant(Checker *c, Text word)
{
    return (Typed){.type = {.tag = KIND_OF_WORD}, .node = node_const(c, word_index(c, word))};
}

static Typed read_field(Checker *c, const Env *env, Field *field, Span at)
{
    Typed t = elaborate_field(c, field, at);
    t.field = field;
    if (t.node && t.node->op == N_VALUE) {
        Typed state = read_state(c, env, t.node->value, t.type);
        t.node = state.node;
    }
    return t;
}

static Typed party_account(Checker *c, const Env *env, Instance *party, uint32_t account)
{
    Text book = c->model->parties.items[party->party].name;
    Text key = text_format(c->arena, "%.*s.%.*s", TEXT_ARG(book),
                           TEXT_ARG(c->model->accounts.items[account].name));
    ValueId id = state_value(c, key, VALUE_ACCOUNT);
    Value *v = &c->model->values.items[id];
    v->party = party->party;
    v->account = account;
    v->unit = c->model->monies.items[party->money];
    return read_state(c, env, id, type_money(c, party->money));
}

/* Of the party with all its books. */
static Typed party_state(Checker *c, const Env *env, Instance *party, const char *name,
                         ValueKind kind, TypeTag tag)
{
    party = party->is_book ? party->owner : party;
    ValueId id =
        state_value(c, text_format(c->arena, "%.*s.%s", TEXT_ARG(party->path), name), kind);
    Value *v = &c->model->values.items[id];
    v->party = party->party;
    v->type = tag == KIND_OF_DATE ? TYPE_DATE : TYPE_YESNO;
    return read_state(c, env, id, (Type){.tag = tag});
}

int stage_of_word(Text word)
{
    static const char *const stages[] = {"talks",     "intent", "definitive", "effective",
                                         "suspended", "ended",  "never"};
    for (int i = 0; i < 7; i++)
        if (text_is(word, stages[i]))
            return i;
    return -1;
}

static bool has_stage_move(const Instance *contract, Text stage)
{
    for (size_t i = 0; i < contract->members.count; i++) {
        const Decl *m = contract->members.items[i];
        if (m && m->kind == DECL_STAGE_MOVE && text_equal(m->name2, stage))
            return true;
    }
    return false;
}

/* The day a stage was reached: a formula for `on`, a state for `when`. */
static Typed stage_date(Checker *c, const Env *env, Instance *contract, Text stage)
{
    Text key = text_format(c->arena, "%.*s.%.*s", TEXT_ARG(contract->path), TEXT_ARG(stage));
    Type date_type = {.tag = KIND_OF_DATE};
    uintptr_t found = (uintptr_t)table_get(c->values_by_key, key);
    if (found)
        return read_state(c, env, (ValueId)(found - 1), date_type);

    for (size_t i = contract->members.count; i-- > 0;) {
        const Decl *m = contract->members.items[i];
        if (!m || m->kind != DECL_STAGE_MOVE || !text_equal(m->name2, stage))
            continue;
        if (m->is_when) {
            ValueId id = state_value(c, key, VALUE_STAGE_DATE);
            Value *v = &c->model->values.items[id];
            v->contract = contract->contract;
            v->periods = (uint32_t)stage_of_word(stage);
            v->type = TYPE_DATE;
            return read_state(c, env, id, date_type);
        }
        ValueId id = state_value(c, key, VALUE_FORMULA);
        Env inner = {.self = contract, .owner_name = key};
        c->model->values.items[id].type = TYPE_DATE;
        const Node *day = elaborate_date(c, &inner, m->expr, "the day a stage is reached");
        if (m->expr2 && day && !c->options->all_effective) {
            const Node *chance = elaborate_number(
                c, &inner, m->expr2, &(Unit){.numerator = 1, .denominator = 1}, "a chance");
            if (chance) {
                ValueId drawn =
                    value_new(c, text_format(c->arena, "%.*s#chance", TEXT_ARG(key)), VALUE_DRAW);
                Value *v = &c->model->values.items[drawn];
                v->type = TYPE_YESNO;
                v->is_hidden = true;
                v->draw = ARENA_NEW(c->arena, Draw);
                v->draw->law = DIST_LAW_CHANCE;
                v->draw->n_params = 1;
                v->draw->params = ARENA_ARRAY(c->arena, const Node *, 1);
                v->draw->params[0] = chance;
                v->draw->is_once = true;
                v->draw->hash = text_hash64(key);
                v->draw->together = NO_ID;
                facts_use_chance(c, m->expr2, key, drawn);
                day = node_make(c, N_IF, node_value(c, drawn), day, node_const(c, DATE_NEVER));
            }
        }
        c->model->values.items[id].expr = day ? day : node_const(c, DATE_NEVER);
        return read_state(c, env, id, date_type);
    }
    return typed_error();
}

/* A contract without its `between`: that is said once, not wherever a party is named. */
static bool is_missing_role(const Instance *at, Text name)
{
    for (const KindDef *k = at->kind; k; k = k->like)
        for (int i = 0; i < 2; i++)
            if (k->roles[i].length > 0 && text_equal(k->roles[i], name) && !at->between[i])
                return true;
    return false;
}

static Instance *role_instance(const Instance *at, Text name)
{
    for (const KindDef *k = at->kind; k; k = k->like)
        for (int i = 0; i < 2; i++)
            if (k->roles[i].length > 0 && text_equal(k->roles[i], name))
                return at->between[i];
    return NULL;
}

static Typed contract_stage(Checker *c, const Env *env, Instance *contract)
{
    ValueId id =
        state_value(c, text_format(c->arena, "%.*s.stage", TEXT_ARG(contract->path)), VALUE_STAGE);
    c->model->values.items[id].contract = contract->contract;
    c->model->values.items[id].type = TYPE_WORD;
    return read_state(c, env, id, (Type){.tag = KIND_OF_WORD});
}

/* What `instance.name` is, without a diagnostic when it is nothing. */
static bool member(Checker *c, const Env *env, Instance *of, Text name, Span at, Typed *out)
{
    Field *field = table_get(of->fields, name);
    if (field) {
        *out = read_field(c, env, field, at);
        return true;
    }
    Instance *child = table_get(of->children, name);
    if (!child)
        child = role_instance(of, name);
    if (child) {
        *out = reference(child);
        return true;
    }
    if (of->is_book && of->contract != NO_ID)
        return member(c, env, of->owner, name, at, out);
    if (of->party != NO_ID) {
        uint32_t account = table_index(c->accounts, name);
        if (account != NO_ID) {
            *out = party_account(c, env, of, account);
            return true;
        }
        if (text_is(name, "defaulted")) {
            *out = party_state(c, env, of, "defaulted", VALUE_DEFAULTED, KIND_OF_YESNO);
            return true;
        }
        if (text_is(name, "default_date")) {
            *out = party_state(c, env, of, "default_date", VALUE_DEFAULT_DATE, KIND_OF_DATE);
            return true;
        }
    }
    if (of->contract != NO_ID && text_is(name, "stage")) {
        *out = contract_stage(c, env, of);
        return true;
    }
    if (of->contract != NO_ID && stage_of_word(name) >= 0 && has_stage_move(of, name)) {
        *out = stage_date(c, env, of, name);
        return true;
    }
    return false;
}

/* `lab.EUR`, where a model keeps books in more than one money. */
static bool book_named(Checker *c, Instance *of, Text name, Typed *out)
{
    uint32_t money = money_named(c, name);

    if (c->model->monies.count == 1 || money == NO_ID || of->is_book ||
        (of->party == NO_ID && of->contract == NO_ID))
        return false;
    *out = reference(book_instance(c, of, money));
    return true;
}

static bool owner_by_kind(Instance *of, Text name, Typed *out)
{
    for (Instance *at = of->owner; at && !at->is_root; at = at->owner)
        for (const KindDef *k = at->kind; k; k = k->like)
            if (text_equal(k->name, name)) {
                *out = reference(at);
                return true;
            }
    return false;
}

static Table *names_in_scope(Checker *c, const Env *env)
{
    Table *names = table_new(c->arena);
    for (const Loop *loop = env->loops; loop; loop = loop->up)
        table_set(names, loop->name, names);
    for (const Instance *at = env->self; at; at = at->owner) {
        for (size_t i = 0; i < table_count(at->fields); i++)
            table_set(names, table_at(at->fields, i)->key, names);
        for (size_t i = 0; i < table_count(at->children); i++)
            table_set(names, table_at(at->children, i)->key, names);
    }
    return names;
}

/* A part of that very name elsewhere: `abilene.p1` for `p1`. */
static bool suggest_part(Checker *c, Diag *d, const Expr *word)
{
    const Instance *found = NULL, *other = NULL;

    for (size_t i = 0; i < c->all.count; i++) {
        const Instance *at = c->all.items[i];
        if (!at->owner || at->owner->is_root || !text_equal(at->name, word->name))
            continue;
        other = found;
        found = at;
        if (other)
            break;
    }
    if (other)
        diag_because(c->diags, d, "Elsewhere there are `%.*s` and `%.*s`.", TEXT_ARG(other->path),
                     TEXT_ARG(found->path));
    else if (found)
        diag_suggest(c->diags, d, word->span, "%.*s", TEXT_ARG(found->path));
    return found != NULL;
}

/* `lenders = lenders` in an instance's block: the right side is the name outside. */
static bool is_own_definition(const Checker *c, const Instance *at, Text name)
{
    if (c->stack.count == 0)
        return false;
    const Field *field = c->stack.items[c->stack.count - 1];
    return field->owner == at && field->is_from_block && !at->is_root &&
           field->state == FIELD_ACTIVE && text_equal(field->name, name);
}

Typed elaborate_word(Checker *c, const Env *env, const Expr *expr)
{
    Text name = expr->name;
    if (text_is(name, "yes"))
        return typed_yesno(node_const(c, 1));
    if (text_is(name, "no"))
        return typed_yesno(node_const(c, 0));
    if (text_is(name, "never"))
        return (Typed){.type = {.tag = KIND_OF_DATE}, .node = node_const(c, DATE_NEVER)};
    if (text_is(name, "today"))
        return (Typed){.type = {.tag = KIND_OF_DATE}, .node = node_leaf(c, N_TODAY)};
    if (text_is(name, "this") && env->self && !env->self->is_root)
        return reference(env->self);

    for (const Loop *loop = env->loops; loop; loop = loop->up)
        if (text_equal(loop->name, name))
            return reference(loop->instance);
    Typed out;
    for (Instance *at = env->self; at; at = at->owner) {
        if (at->bound && text_equal(at->bound_name, name))
            return reference(at->bound);
        if (!is_own_definition(c, at, name) && member(c, env, at, name, expr->span, &out))
            return out;
        if (is_missing_role(at, name) && diag_any_error(c->diags))
            return typed_error();
    }
    if (text_is(name, "period")) {
        out = (Typed){.type = type_number(unit_time()), .node = node_leaf(c, N_PERIOD_MONTHS)};
        return out;
    }
    if (env->self && owner_by_kind(env->self, name, &out))
        return out;

    Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, expr->span,
                         "there is nothing named `%.*s` here", TEXT_ARG(name));
    if (!suggest_part(c, d, expr))
        suggest_nearest(c, d, expr->span, names_in_scope(c, env), name);
    return typed_error();
}

static Field *belt_part(Checker *c, const Env *env, const Expr *base, Text part)
{
    Instance *start = env->self;
    Text belt = base->name;
    if (base->kind == EXPR_FIELD) {
        Typed owner = elaborate(c, env, base->args.items[0]);
        if (owner.type.tag != KIND_OF_REFERENCE)
            return NULL;
        return table_get(owner.instance->fields,
                         text_format(c->arena, "%.*s.%.*s", TEXT_ARG(base->name), TEXT_ARG(part)));
    }
    if (base->kind != EXPR_WORD)
        return NULL;
    Text full = text_format(c->arena, "%.*s.%.*s", TEXT_ARG(belt), TEXT_ARG(part));
    for (Instance *at = start; at; at = at->owner) {
        Field *found = table_get(at->fields, full);
        if (found)
            return found;
    }
    return NULL;
}

Typed elaborate_member(Checker *c, const Env *env, const Expr *expr)
{
    const Expr *base = expr->args.items[0];
    if (text_is(expr->name, "out") || text_is(expr->name, "entered")) {
        Field *part = belt_part(c, env, base, expr->name);
        if (part)
            return read_field(c, env, part, expr->span);
    }
    Typed of = elaborate(c, env, base);
    if (of.type.tag == KIND_OF_ERROR)
        return of;
    if (of.type.tag == KIND_OF_TERM) {
        if (text_is(expr->name, "start") || text_is(expr->name, "end"))
            return (Typed){.type = {.tag = KIND_OF_DATE},
                           .node = text_is(expr->name, "start") ? of.start : of.end};
        if (text_is(expr->name, "months"))
            return (Typed){.type = type_plain(), .node = of.months};
    }
    if (of.type.tag == KIND_OF_REFERENCE) {
        Typed out;
        if (member(c, env, of.instance, expr->name, expr->span, &out) ||
            book_named(c, of.instance, expr->name, &out))
            return out;
        if (owner_by_kind(of.instance, expr->name, &out))
            return out;
        Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, expr->op_span,
                             "`%.*s` has nothing named `%.*s`", TEXT_ARG(of.instance->path),
                             TEXT_ARG(expr->name));
        Table *names = table_new(c->arena);
        for (size_t i = 0; i < table_count(of.instance->fields); i++)
            table_set(names, table_at(of.instance->fields, i)->key, names);
        for (size_t i = 0; i < table_count(of.instance->children); i++)
            table_set(names, table_at(of.instance->children, i)->key, names);
        if (of.instance->party != NO_ID)
            for (size_t i = 0; i < c->model->accounts.count; i++)
                table_set(names, c->model->accounts.items[i].name, names);
        if (of.instance->party != NO_ID && table_index(c->categories, expr->name) != NO_ID)
            diag_because(c->diags, d,
                         "`%.*s` is a category: `received(%.*s, %.*s)` is the cash that came in as "
                         "it, `paid(...)` what went out.",
                         TEXT_ARG(expr->name), TEXT_ARG(of.instance->path), TEXT_ARG(expr->name));
        else
            suggest_nearest(c, d, expr->op_span, names, expr->name);
        return typed_error();
    }
    diag_error(c->diags, DIAG_WRONG_TYPE, base->span, "%.*s has no parts to name after a dot",
               TEXT_ARG(type_name(c, &of.type)));
    return typed_error();
}
