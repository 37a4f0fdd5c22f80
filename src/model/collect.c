/* Collects what the files declare: units, accounts, kinds, tables, the clock. */
#include "model/checker.h"

#include <assert.h>
#include <string.h>

static void set_index(Table *table, Text name, size_t index)
{
    table_set(table, name, (void *)(uintptr_t)(index + 1));
}

uint32_t table_index(const Table *table, Text name)
{
    uintptr_t found = (uintptr_t)table_get(table, name);
    return found ? (uint32_t)(found - 1) : NO_ID;
}

void suggest_nearest(Checker *c, Diag *diag, Span span, const Table *table, Text name)
{
    Text near = table_nearest(table, name);
    if (near.length > 0)
        diag_suggest(c->diags, diag, span, "%.*s", TEXT_ARG(near));
}

/* Few names are listed; the nearest is enough where one is near. */
static void list_names(Checker *c, Diag *diag, const Table *table)
{
    enum { FEW = 12 };
    Buffer names = {.arena = c->arena};
    size_t count = table_count(table);

    for (size_t i = 0; i < count; i++)
        buffer_format(&names, "%s%.*s", i > 0 ? ", " : "", TEXT_ARG(table_at(table, i)->key));
    if (count > FEW)
        diag_because(c->diags, diag, "`gw doc` lists the %zu that there are.", count);
    else if (count > 0)
        diag_because(c->diags, diag, "Those there are: %.*s.", TEXT_ARG(buffer_view(&names)));
}

uint32_t index_or_report(Checker *c, const Table *table, Text name, Span at, const char *what)
{
    uint32_t index = table_index(table, name);

    if (index != NO_ID)
        return index;
    Diag *d =
        diag_error(c->diags, DIAG_UNKNOWN_NAME, at, "there is no %s `%.*s`", what, TEXT_ARG(name));
    suggest_nearest(c, d, at, table, name);
    if (table_nearest(table, name).length == 0)
        list_names(c, d, table);
    return NO_ID;
}

static void duplicate(Checker *c, const Decl *decl, const Decl *earlier)
{
    /* The library is read last, and what it declares is not the reader's fault. */
    bool is_late = c->diags->sources->files.items[decl->name_span.file]->is_library;
    for (size_t t = 0; t < c->n_trees && !earlier; t++)
        for (size_t i = 0; i < c->trees[t]->decls.count && !earlier; i++) {
            const Decl *other = c->trees[t]->decls.items[i];
            if (other != decl && other->kind == decl->kind && text_equal(other->name, decl->name))
                earlier = other;
        }
    const Decl *at = is_late && earlier ? earlier : decl;
    Diag *d = decl->kind == DECL_RANKS
                  ? diag_error(c->diags, DIAG_DUPLICATE_NAME, at->name_span,
                               "ranks are declared twice: one list orders them all")
                  : diag_error(c->diags, DIAG_DUPLICATE_NAME, at->name_span,
                               "`%.*s` is declared twice", TEXT_ARG(decl->name));
    if (earlier)
        diag_label(c->diags, d, at == decl ? earlier->name_span : decl->name_span,
                   at == decl ? "first here" : "and here");
}

/* ---- units ------------------------------------------------------------------ */

/* What a block says once: a second one would put the first out of force without a word. */
static bool stands_once(DeclKind kind)
{
    return kind == DECL_STAGE || kind == DECL_LAYER || kind == DECL_PART_OF ||
           kind == DECL_DEFAULT_COSTS;
}

static bool has_own_name(DeclKind kind)
{
    return kind == DECL_VALUE || kind == DECL_STOCK || kind == DECL_BELT || kind == DECL_RULE ||
           kind == DECL_FACILITY || kind == DECL_RESERVE;
}

static void refuse_repeats(Checker *c, const Decl *block)
{
    Table *seen = table_new(c->arena);

    for (size_t i = 0; i < block->members.count; i++) {
        Decl *m = block->members.items[i];
        Text word = span_text(c->diags->sources, m->name_span);
        Text key = stands_once(m->kind) ? text_format(c->arena, "#%d", (int)m->kind) : m->name;
        if (m->kind == DECL_PART_KIND || m->kind == DECL_INSTANCE)
            refuse_repeats(c, m);
        if ((!stands_once(m->kind) && !has_own_name(m->kind)) || key.length == 0)
            continue;
        const Decl *earlier = table_get(seen, key);
        table_set(seen, key, m);
        if (!earlier)
            continue;
        Diag *d = diag_error(c->diags, DIAG_DUPLICATE_NAME, m->name_span, "`%.*s` is given twice",
                             TEXT_ARG(word));
        diag_label(c->diags, d, earlier->name_span, "first here");
    }
}

static bool is_new_dimension(const Decl *decl)
{
    return !decl->type.is_present;
}

static void declare_unit(Checker *c, const Decl *decl, Unit unit)
{
    UnitDef *def = ARENA_NEW(c->arena, UnitDef);
    def->name = decl->name;
    def->unit = unit;
    def->title = decl->title;
    def->decl = decl;
    def->is_prefixed = decl->is_prefixed;
    table_set(c->units->names, decl->name, def);
}

static bool unit_is_known(Checker *c, const UnitExpr *expr)
{
    for (size_t i = 0; i < expr->factors.count; i++)
        if (!units_find(c->units, expr->factors.items[i].name))
            return false;
    return true;
}

/* Books in it would be called by its name and counted in another. */
static void refuse_multiple_of_currency(Checker *c, const Decl *decl)
{
    if (!decl->is_currency)
        return;
    Diag *d = diag_error(c->diags, DIAG_BAD_UNIT, decl->name_span,
                         "a currency is a unit of its own, and `%.*s` is made of others",
                         TEXT_ARG(decl->name));
    diag_because(c->diags, d,
                 "Leave out `currency`: amounts in it are of the money that it is made of.");
}

static void collect_units(Checker *c)
{
    LIST(const Decl *) waiting = {0};
    for (size_t t = 0; t < c->n_trees; t++)
        for (size_t i = 0; i < c->trees[t]->decls.count; i++) {
            const Decl *decl = c->trees[t]->decls.items[i];
            if (decl->kind != DECL_UNIT)
                continue;
            const UnitDef *earlier = table_get(c->units->names, decl->name);
            if (earlier) {
                duplicate(c, decl, earlier->decl);
            } else if (is_new_dimension(decl)) {
                UnitDef *def = units_add_dimension(c->units, decl->name);
                def->title = decl->title;
                def->decl = decl;
                def->is_prefixed = decl->is_prefixed;
                def->is_currency = decl->is_currency;
            } else {
                refuse_multiple_of_currency(c, decl);
                *LIST_PUSH(c->arena, &waiting) = decl;
            }
        }

    /* Units may be declared in any order: go round until nothing new is known. */
    for (bool is_moving = true; is_moving;) {
        is_moving = false;
        for (size_t i = 0; i < waiting.count; i++) {
            const Decl *decl = waiting.items[i];
            if (!decl || !unit_is_known(c, &decl->type.unit))
                continue;
            Unit unit;
            if (unit_of_expression(c, &decl->type.unit, &unit)) {
                unit.numerator *= decl->number != 0 ? decl->number : 1;
                unit.numerator *= magnitude_factor(decl->type.unit.magnitude);
                if (table_get(c->units->names, decl->name))
                    duplicate(c, decl, NULL);
                else
                    declare_unit(c, decl, unit);
            }
            waiting.items[i] = NULL;
            is_moving = true;
        }
    }
    for (size_t i = 0; i < waiting.count; i++)
        if (waiting.items[i]) {
            Unit ignored;
            (void)unit_of_expression(c, &waiting.items[i]->type.unit, &ignored);
            declare_unit(c, waiting.items[i], unit_plain());
        }
}

/* ---- accounts, categories, ranks ------------------------------------------------ */

static void collect_account(Checker *c, const Decl *decl)
{
    static const char *const types[] = {"asset", "liability", "equity", "income", "expense"};
    if (table_get(c->accounts, decl->name)) {
        duplicate(c, decl, NULL);
        return;
    }
    Account *account = LIST_PUSH(c->arena, &c->model->accounts);
    account->name = decl->name;
    account->title = decl->title;
    for (int i = 0; i < 5; i++)
        if (text_is(decl->name2, types[i]))
            account->type = (AccountType)i;
    set_index(c->accounts, decl->name, c->model->accounts.count - 1);
}

static void collect_category(Checker *c, const Decl *decl)
{
    if (table_get(c->categories, decl->name)) {
        duplicate(c, decl, NULL);
        return;
    }
    Category category = {.name = decl->name, .title = decl->title, .payer = NO_ID, .payee = NO_ID};
    for (size_t i = 0; i < decl->members.count; i++) {
        const Decl *setting = decl->members.items[i];
        uint32_t account =
            index_or_report(c, c->accounts, setting->name2, setting->name2_span, "account");
        if (account == NO_ID)
            account = 0;
        if (text_is(setting->name, "payer"))
            category.payer = account;
        else
            category.payee = account;
    }
    if (category.payer == NO_ID || category.payee == NO_ID) {
        diag_error(c->diags, DIAG_CATEGORY_ACCOUNTS, decl->name_span,
                   "category `%.*s` must name both accounts: `{ payer ACCOUNT; payee ACCOUNT }`",
                   TEXT_ARG(decl->name));
        category.payer = category.payee = 0;
    }
    *LIST_PUSH(c->arena, &c->model->categories) = category;
    set_index(c->categories, decl->name, c->model->categories.count - 1);
}

static void collect_ranks(Checker *c, const Decl *decl)
{
    if (c->model->ranks.count > 0) {
        duplicate(c, decl, NULL);
        return;
    }
    c->default_rank = 0;
    for (size_t i = 0; i < decl->names.count; i++) {
        *LIST_PUSH(c->arena, &c->model->ranks) = decl->names.items[i];
        set_index(c->ranks, decl->names.items[i], i);
        if (text_equal(decl->names.items[i], decl->name2))
            c->default_rank = (uint32_t)i;
    }
}

/* ---- kinds ------------------------------------------------------------------------ */

KindDef *kind_named(Checker *c, Text name)
{
    return table_get(c->kinds, name);
}

bool kind_is_a(const KindDef *kind, const KindDef *ancestor)
{
    for (int depth = 0; kind && depth < LIMIT_KIND_DEPTH; kind = kind->like, depth++)
        if (kind == ancestor)
            return true;
    return false;
}

static void collect_parts(Checker *c, KindDef *kind, const Decl *decl, int depth)
{
    if (depth > LIMIT_KIND_DEPTH) {
        diag_error(c->diags, DIAG_TOO_DEEP, decl->name_span, "parts inside parts more than %d deep",
                   LIMIT_KIND_DEPTH);
        return;
    }
    for (size_t i = 0; i < decl->members.count; i++) {
        const Decl *part = decl->members.items[i];
        if (part->kind != DECL_PART_KIND)
            continue;
        if (table_get(kind->parts, part->name)) {
            duplicate(c, part, ((KindDef *)table_get(kind->parts, part->name))->decl);
            continue;
        }
        KindDef *made = ARENA_NEW(c->arena, KindDef);
        made->name = part->name;
        made->title = part->title;
        made->decl = part;
        made->owner = kind;
        made->parts = table_new(c->arena);
        table_set(kind->parts, part->name, made);
        collect_parts(c, made, part, depth + 1);
    }
}

static void collect_kind(Checker *c, const Decl *decl)
{
    KindDef *earlier = kind_named(c, decl->name);
    if (earlier) {
        duplicate(c, decl, earlier->decl);
        return;
    }
    const UnitDef *unit = table_get(c->units->names, decl->name);
    if (unit) {
        Diag *d = diag_error(c->diags, DIAG_KIND_IS_UNIT, decl->name_span,
                             "`%.*s` is a unit, and cannot be a kind too", TEXT_ARG(decl->name));
        if (unit->decl)
            diag_label(c->diags, d, unit->decl->name_span, "the unit");
    }
    KindDef *kind = ARENA_NEW(c->arena, KindDef);
    kind->name = decl->name;
    kind->title = decl->title;
    kind->decl = decl;
    kind->is_contract = decl->is_contract || decl->names.count == 2;
    for (size_t i = 0; i < decl->names.count && i < 2; i++)
        kind->roles[i] = decl->names.items[i];
    kind->parts = table_new(c->arena);
    table_set(c->kinds, kind->name, kind);
    collect_parts(c, kind, decl, 1);
}

static void link_kind(Checker *c, KindDef *kind)
{
    if (!kind->decl || kind->decl->name2.length == 0)
        return;
    kind->like = kind_named(c, kind->decl->name2);
    if (!kind->like) {
        Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, kind->decl->name2_span,
                             "there is no kind `%.*s`", TEXT_ARG(kind->decl->name2));
        suggest_nearest(c, d, kind->decl->name2_span, c->kinds, kind->decl->name2);
    }
}

/* A copy has its model's parts and parties; a `like` chain must end. */
static void inherit(Checker *c, KindDef *kind)
{
    int depth = 0;
    for (const KindDef *k = kind->like; k; k = k->like)
        if (++depth > LIMIT_KIND_DEPTH || k == kind) {
            diag_error(c->diags, DIAG_TOO_DEEP, kind->decl->name2_span,
                       "kind `%.*s` is a copy of itself, or of too many kinds",
                       TEXT_ARG(kind->name));
            kind->like = NULL;
            return;
        }
    for (const KindDef *k = kind->like; k; k = k->like) {
        kind->is_contract = kind->is_contract || k->is_contract;
        kind->is_party = kind->is_party || k->is_party;
        for (int i = 0; i < 2; i++)
            if (kind->roles[i].length == 0)
                kind->roles[i] = k->roles[i];
        for (size_t i = 0; i < table_count(k->parts); i++) {
            const TableEntry *entry = table_at(k->parts, i);
            KindDef *own = table_get(kind->parts, entry->key);
            if (!own)
                table_set(kind->parts, entry->key, entry->value);
            else if (own != entry->value && !own->like)
                own->like = entry->value;
        }
    }
}

static KindDef *builtin_kind(Checker *c, const char *name)
{
    KindDef *kind = ARENA_NEW(c->arena, KindDef);
    kind->name = text_from(name);
    kind->parts = table_new(c->arena);
    table_set(c->kinds, kind->name, kind);
    return kind;
}

/* ---- the clock ----------------------------------------------------------------------- */

static void fill_periods(Checker *c)
{
    Model *m = c->model;
    int32_t first = step_ordinal(m->step, m->from), last = step_ordinal(m->step, m->until);
    int64_t n = (int64_t)last - first + 1;
    Span at = c->model_decl ? c->model_decl->span : (Span){0};
    if (n < 1) {
        diag_error(c->diags, DIAG_CLOCK, at, "the clock has no periods: it ends before it starts");
        n = 1;
    }
    if (n > LIMIT_PERIODS) {
        diag_error(c->diags, DIAG_CLOCK, at, "the clock has %lld periods; at most %d fit",
                   (long long)n, LIMIT_PERIODS);
        n = 1;
    }
    m->n_periods = (uint32_t)n;
    Day *firsts = ARENA_ARRAY(c->arena, Day, (size_t)n),
        *lasts = ARENA_ARRAY(c->arena, Day, (size_t)n);
    for (int64_t i = 0; i < n; i++) {
        firsts[i] = step_first_day(m->step, first + (int32_t)i);
        lasts[i] = step_last_day(m->step, first + (int32_t)i);
    }
    m->first_days = firsts;
    m->last_days = lasts;
    m->from = firsts[0];
    m->until = lasts[n - 1];
}

static bool day_of_date(Checker *c, const Expr *e, bool is_end, Day *out)
{
    if (!e || e->kind != EXPR_DATE) {
        if (e)
            diag_error(c->diags, DIAG_CLOCK, e->span,
                       "the clock needs a date written out, such as 2025-10");
        return false;
    }
    int month = e->month ? e->month : is_end ? 12 : 1;
    int day = e->day ? e->day : is_end ? days_in_month(e->year, month) : 1;
    if (!day_is_valid(e->year, month, day))
        return false;
    *out = day_from_civil(e->year, month, day);
    return true;
}

static void read_clock(Checker *c, const Decl *setting)
{
    static const char *const steps[] = {"daily", "weekly", "monthly", "quarterly", "yearly"};
    Text word = setting->names.count > 0 ? setting->names.items[0] : TEXT("");
    bool is_known = false;
    for (int i = 0; i < 5; i++)
        if (text_is(word, steps[i])) {
            c->model->step = (Step)i;
            is_known = true;
        }
    if (!is_known)
        diag_error(c->diags, DIAG_CLOCK, setting->span,
                   "the clock is `daily`, `weekly`, `monthly`, `quarterly` or `yearly`, then `from "
                   "DATE until DATE`");
    (void)day_of_date(c, setting->expr, false, &c->model->from);
    (void)day_of_date(c, setting->expr2, true, &c->model->until);
}

static void collect_model(Checker *c, const Decl *decl)
{
    c->model_decl = decl;
    c->model->name = decl->name;
    c->model->title = decl->title;
    for (size_t i = 0; i < decl->members.count; i++) {
        const Decl *setting = decl->members.items[i];
        for (size_t k = 0; k < i; k++)
            if (text_equal(decl->members.items[k]->name, setting->name))
                duplicate(c, setting, decl->members.items[k]);
        if (text_is(setting->name, "clock"))
            read_clock(c, setting);
        else if (!text_is(setting->name, "money"))
            diag_error(c->diags, DIAG_UNKNOWN_NAME, setting->name_span,
                       "a model has `clock` and `money`, not `%.*s`", TEXT_ARG(setting->name));
    }
}

/* ---- all --------------------------------------------------------------------------------- */

static void collect_source(Checker *c, const Decl *decl)
{
    if (table_get(c->sources, decl->name)) {
        duplicate(c, decl, table_get(c->sources, decl->name));
        return;
    }
    table_set(c->sources, decl->name, (void *)decl);
    Source *source = LIST_PUSH(c->arena, &c->model->sources);
    source->name = decl->name;
    source->title = decl->title;
    for (size_t i = 0; i < decl->members.count; i++) {
        const Decl *m = decl->members.items[i];
        Text words = m->expr ? span_text(c->diags->sources, m->expr->span) : m->name2;
        if (m->expr && m->expr->kind == EXPR_STRING)
            words = m->expr->name;
        if (text_is(m->name, "dated"))
            source->dated = words;
        else if (text_is(m->name, "trust"))
            source->trust = words;
        else if (text_is(m->name, "address"))
            source->address = words;
        else
            diag_error(c->diags, DIAG_UNKNOWN_NAME, m->name_span,
                       "a source has `dated`, `trust` and `address`, not `%.*s`",
                       TEXT_ARG(m->name));
    }
}

/* Of two values of one field the second would silently hold; `scaled` and `plus` add to it. */
static void refuse_field_twice(Checker *c, const Decl *scenario)
{
    Table *given = table_new(c->arena);

    for (size_t i = 0; i < scenario->members.count; i++) {
        const Decl *o = scenario->members.items[i];
        if (!o->ref || (o->override != OVERRIDE_SET && o->override != OVERRIDE_DRAW))
            continue;
        Text written = span_text(c->diags->sources, o->ref->span);
        Text name = text_format(c->arena, "%s%.*s", o->is_every ? "every " : "", TEXT_ARG(written));
        const Decl *earlier = table_get(given, name);
        if (earlier) {
            Diag *d = diag_error(c->diags, DIAG_DUPLICATE_NAME, o->ref->span,
                                 "`%.*s` is given twice in scenario `%.*s`", TEXT_ARG(name),
                                 TEXT_ARG(scenario->name));
            diag_label(c->diags, d, earlier->ref->span, "first here");
        }
        table_set(given, name, (void *)o);
    }
}

static void collect_table(Checker *c, const Decl *decl)
{
    TableDef *earlier = table_get(c->tables, decl->name);
    if (earlier) {
        duplicate(c, decl, earlier->decl);
        return;
    }
    TableDef *table = ARENA_NEW(c->arena, TableDef);
    table->decl = decl;
    table->index = NO_ID;
    table_set(c->tables, decl->name, table);
}

static void collect_other(Checker *c, const Decl *decl, bool is_main_file)
{
    switch (decl->kind) {
    case DECL_MODEL:
        if (!is_main_file)
            diag_note(c->diags, DIAG_IMPORTED_MODEL, decl->name_span,
                      "the `model` block of an imported file is not used");
        else if (c->model_decl)
            duplicate(c, decl, c->model_decl);
        else
            collect_model(c, decl);
        break;
    case DECL_SOURCE:
        collect_source(c, decl);
        break;
    case DECL_CATEGORY:
        collect_category(c, decl);
        break;
    case DECL_RANKS:
        collect_ranks(c, decl);
        break;
    case DECL_KIND:
        collect_kind(c, decl);
        break;
    case DECL_TABLE:
        collect_table(c, decl);
        break;
    case DECL_SCENARIO:
        if (table_get(c->scenarios, decl->name)) {
            duplicate(c, decl, table_get(c->scenarios, decl->name));
            break;
        }
        refuse_field_twice(c, decl);
        table_set(c->scenarios, decl->name, (void *)decl);
        *LIST_PUSH(c->arena, &c->model->scenario_names) = decl->name;
        *LIST_PUSH(c->arena, &c->model->scenario_titles) = decl->title;
        break;
    case DECL_CHECK:
        *LIST_PUSH(c->arena, &c->checks) = decl;
        break;
    case DECL_REPORT:
        if (is_main_file)
            *LIST_PUSH(c->arena, &c->reports) = decl;
        break;
    case DECL_TOGETHER:
        *LIST_PUSH(c->arena, &c->togethers) = decl;
        break;
    default:
        break;
    }
}

static uint32_t role(Checker *c, const char *name)
{
    return table_index(c->accounts, text_from(name));
}

static void default_clock(Checker *c)
{
    c->model->step = STEP_MONTH;
    int year = c->options->this_year ? c->options->this_year : 2026;
    c->model->from = day_from_civil(year, 1, 1);
    c->model->until = day_from_civil(year + 9, 12, 31);
}

void collect_declarations(Checker *c)
{
    collect_units(c);
    c->party_kind = builtin_kind(c, "party");
    c->party_kind->is_party = true;
    c->contract_kind = builtin_kind(c, "contract");
    c->contract_kind->is_contract = true;
    default_clock(c);

    for (size_t t = 0; t < c->n_trees; t++)
        for (size_t i = 0; i < c->trees[t]->decls.count; i++)
            if (c->trees[t]->decls.items[i]->kind == DECL_ACCOUNT)
                collect_account(c, c->trees[t]->decls.items[i]);
    for (size_t t = 0; t < c->n_trees; t++)
        for (size_t i = 0; i < c->trees[t]->decls.count; i++)
            collect_other(c, c->trees[t]->decls.items[i], t == 0);

    for (size_t t = 0; t < c->n_trees; t++)
        for (size_t i = 0; i < c->trees[t]->decls.count; i++) {
            const Decl *decl = c->trees[t]->decls.items[i];
            if (decl->kind == DECL_KIND || decl->kind == DECL_INSTANCE || decl->kind == DECL_PARTY)
                refuse_repeats(c, decl);
        }
    for (size_t i = 0; i < table_count(c->kinds); i++)
        link_kind(c, table_at(c->kinds, i)->value);
    for (size_t i = 0; i < table_count(c->kinds); i++)
        inherit(c, table_at(c->kinds, i)->value);

    if (!c->model_decl) {
        Span at = {.file = c->trees[0]->file};
        if (c->trees[0]->decls.count == 0)
            diag_warning(c->diags, DIAG_NO_MODEL, at, "nothing is declared here");
        else
            diag_note(c->diags, DIAG_NO_MODEL, at,
                      "no `model` block: the clock is monthly for ten years from this January");
    }
    fill_periods(c);
    monies_check(c);
    c->model->minor_per_unit = 100;
    c->model->cash = role(c, "cash");
    c->model->payables = role(c, "payables");
    c->model->receivables = role(c, "receivables");
    c->model->opening_equity = role(c, "opening_equity");
    if (c->model->ranks.count == 0)
        *LIST_PUSH(c->arena, &c->model->ranks) = TEXT("default");
}
