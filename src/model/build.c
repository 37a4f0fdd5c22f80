/* From syntax to the checked model: the passes, one call a line. */
#include "model/build.h"

#include "model/checker.h"

static void number_contracts(Checker *c)
{
    for (size_t i = 0; i < c->contracts.count; i++) {
        Instance *at = c->contracts.items[i];
        at->contract = (uint32_t)i;
        Contract *contract = LIST_PUSH(c->arena, &c->model->contracts);
        contract->name = at->path;
        contract->title = at->decl->title;
        contract->span = at->decl->name_span;
        contract->kind = at->kind == c->contract_kind ? TEXT("") : at->kind->name;
        contract->first = contract->second = NO_ID;
        contract->stage_value = NO_ID;
    }
}

/* A contract may be between two books in one money: it is their owners'. */
static uint32_t owner_of(const Checker *c, const Instance *party)
{
    return party ? c->model->parties.items[party->party].owner : NO_ID;
}

static void resolve_parties_of_contracts(Checker *c)
{
    for (size_t i = 0; i < c->contracts.count; i++) {
        Instance *at = c->contracts.items[i];
        /* The two parties are named where the instance stands, not inside it. */
        Loop loop = {.name = at->bound_name, .instance = at->bound};
        Env env = {.self = at->owner ? at->owner : c->root, .loops = at->bound ? &loop : NULL};
        const Expr *refs[2] = {at->decl->ref, at->decl->ref2};
        for (int k = 0; k < 2; k++)
            if (refs[k])
                at->between[k] = elaborate_reference(c, &env, refs[k], c->party_kind,
                                                     "who a contract is between");
        Contract *contract = &c->model->contracts.items[at->contract];
        contract->first = owner_of(c, at->between[0]);
        contract->second = owner_of(c, at->between[1]);
        if (!at->decl->ref && at->kind->roles[0].length > 0)
            diag_error(c->diags, DIAG_MISSING_FIELD, at->decl->name_span,
                       "`%.*s` does not say between whom: `between %.*s and %.*s`",
                       TEXT_ARG(at->path), TEXT_ARG(at->kind->roles[0]),
                       TEXT_ARG(at->kind->roles[1]));
    }
}

static void choose_overrides(Checker *c)
{
    if (c->options->scenario && c->options->scenario[0]) {
        Text name = text_from(c->options->scenario);
        const Decl *scenario = table_get(c->scenarios, name);
        c->model->scenario = name;
        if (!scenario && !text_is(name, "base")) {
            Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, (Span){.file = c->trees[0]->file},
                                 "there is no scenario `%.*s`", TEXT_ARG(name));
            Text near = table_nearest(c->scenarios, name);
            if (near.length > 0)
                diag_because(c->diags, d, "The nearest is `%.*s`.", TEXT_ARG(near));
        }
        for (size_t i = 0; scenario && i < scenario->members.count; i++)
            *LIST_PUSH(c->arena, &c->overrides) = scenario->members.items[i];
    }
    Buffer settings = {.arena = c->arena};
    for (size_t i = 0; i < c->options->n_overrides; i++) {
        const Decl *setting = c->options->overrides[i];
        *LIST_PUSH(c->arena, &c->overrides) = setting;
        buffer_string(&settings, i == 0 ? "" : "; ");
        buffer_text(&settings, span_text(c->diags->sources, setting->span));
    }
    c->model->settings = buffer_view(&settings);
}

static void link_flows(Checker *c)
{
    for (size_t i = c->fields.count; i-- > 0;) {
        Field *flow = c->fields.items[i];

        if (flow->tag != FIELD_FLOW)
            continue;
        flow->next_flow = flow->parent->first_flow;
        flow->parent->first_flow = flow;
    }
}

static void elaborate_all_fields(Checker *c)
{
    link_flows(c);
    for (size_t i = 0; i < c->fields.count; i++)
        (void)elaborate_field(c, c->fields.items[i], c->fields.items[i]->decl->name_span);
    for (size_t i = 0; i < c->fields.count; i++) {
        if (c->fields.items[i]->tag == FIELD_STOCK)
            stock_finish(c, c->fields.items[i]);
        else if (c->fields.items[i]->tag == FIELD_BELT)
            belt_finish(c, c->fields.items[i]);
    }
}

/* A fault in a kind is found again in each of its instances: it is said once. */
static void say_each_once(DiagList *diags)
{
    size_t kept = 0;
    diags->n_errors = diags->n_warnings = 0;
    for (size_t i = 0; i < diags->diags.count; i++) {
        Diag *d = diags->diags.items[i];
        bool is_new = true;
        for (size_t j = 0; j < kept && is_new && i < 5000; j++) {
            const Diag *e = diags->diags.items[j];
            bool is_of_one = d->code == DIAG_MISSING_FIELD; /* an instance may lack two things */
            is_new = (is_of_one && !text_equal(e->message, d->message)) || e->code != d->code ||
                     e->span.file != d->span.file || e->span.start != d->span.start ||
                     e->span.end != d->span.end || d->span.end == 0;
        }
        if (!is_new)
            continue;
        diags->diags.items[kept++] = d;
        diags->n_errors += d->severity == DIAG_ERROR;
        diags->n_warnings += d->severity == DIAG_WARNING;
    }
    diags->diags.count = kept;
}

typedef struct {
    const Checker *c;
    DiagList *found; /* by scenario */
} Scenarios;

static void build_scenario(void *work, size_t s, Arena *arena, void *read_context)
{
    const Scenarios *scenarios = work;
    const Checker *c = scenarios->c;
    DiagList *found = &scenarios->found[s];
    BuildOptions *options = ARENA_NEW(arena, BuildOptions);

    *options = *c->options;
    options->checks_scenarios = false;
    options->read_context = read_context;
    options->scenario = text_copy(arena, c->model->scenario_names.items[s]).bytes;
    *found = (DiagList){.arena = arena, .sources = c->diags->sources};
    Model *made = model_build(arena, found, c->trees, c->n_trees, options);
    c->model->scenario_models[s] = diag_any_error(found) ? NULL : made;
}

static void take_scenario_faults(Checker *c, DiagList *found, Text name)
{
    found->arena = c->arena;
    for (size_t i = 0; i < found->diags.count; i++) {
        Diag *d = found->diags.items[i];
        if (d->severity == DIAG_NOTE || d->span.end == 0)
            continue;
        diag_because(found, d, "Under scenario `%.*s`.", TEXT_ARG(name));
        *LIST_PUSH(c->arena, &c->diags->diags) = d;
    }
}

/* A scenario's faults show only where it is in force: each is built beside the model, for its
 * messages, and is there then for comparisons. */
static void check_scenarios(Checker *c)
{
    size_t n = c->model->scenario_names.count;
    Scenarios scenarios = {.c = c, .found = ARENA_ARRAY(c->arena, DiagList, n + 1)};

    c->model->scenario_models = ARENA_ARRAY(c->arena, Model *, n + 1);
    if (c->options->do_each != NULL)
        c->options->do_each(c->options->each_context, n, build_scenario, &scenarios);
    for (size_t s = 0; s < n && c->options->do_each == NULL; s++)
        build_scenario(&scenarios, s, c->arena, c->options->read_context);
    for (size_t s = 0; s < n; s++)
        take_scenario_faults(c, &scenarios.found[s], c->model->scenario_names.items[s]);
}

static void keep_source_text(Checker *c)
{
    Buffer out = {.arena = c->arena};
    for (size_t i = 0; i < c->diags->sources->files.count; i++) {
        const SourceFile *file = c->diags->sources->files.items[i];
        if (file->is_library)
            continue;
        buffer_format(&out, "%s# --- %.*s\n", out.length ? "\n" : "", TEXT_ARG(file->name));
        buffer_text(&out, file->bytes);
    }
    c->model->source_text = buffer_view(&out);
}

static void keep_words(Checker *c)
{
    for (size_t i = 0; i < table_count(c->words); i++)
        *LIST_PUSH(c->arena, &c->model->words) = table_at(c->words, i)->key;
}

Model *model_build(Arena *arena, DiagList *diags, Tree **trees, size_t n_trees,
                   const BuildOptions *options)
{
    if (n_trees == 0)
        return NULL;
    Checker *c = ARENA_NEW(arena, Checker);
    c->arena = arena;
    c->diags = diags;
    c->options = options;
    c->trees = trees;
    c->n_trees = n_trees;
    c->model = ARENA_NEW(arena, Model);
    c->units = units_new(arena);
    Table **tables[] = {
        &c->kinds, &c->accounts, &c->categories, &c->ranks,         &c->tables,
        &c->words, &c->sources,  &c->scenarios,  &c->values_by_key, &c->parameter_by_place,
        &c->books};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        *tables[i] = table_new(arena);
    words_seed(c);

    collect_declarations(c);
    facts_collect(c);
    instances_expand(c);
    parties_number(c);
    number_contracts(c);
    resolve_parties_of_contracts(c);
    choose_overrides(c);
    instances_apply_overrides(c);
    elaborate_all_fields(c);
    solves_build(c);
    parties_build(c);
    contracts_build(c);
    togethers_build(c);
    checks_build(c);
    reports_build(c);
    finish_lags(c);
    latches_check(c);
    cohorts_check(c);
    for (size_t i = 0; i < table_count(c->tables); i++)
        (void)table_prepare(c, table_at(c->tables, i)->value);
    cash_reads_check(c);
    books_prune(c);
    if (!diag_any_error(diags))
        (void)formulas_order(c);
    facts_finish(c);
    keep_words(c);
    keep_source_text(c);
    if (options->checks_scenarios && !options->scenario)
        check_scenarios(c);
    say_each_once(diags);
    return c->model;
}
