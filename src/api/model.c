/* A model's settings, its compilation, and what it holds. */
#include "api/handle.h"
#include "api/load.h"
#include "base/limits.h"
#include "syntax/syntax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- opening --- */

typedef struct {
    GwModel *model;
    const char *name, *text;
    size_t length;
} OpenArguments;

static GwStatus open_work(void *context)
{
    OpenArguments *arguments = context;
    GwModel *model = arguments->model;
    double started = seconds_now();
    GwStatus status = load_model(model, arguments->name, arguments->text, arguments->length);

    model->seconds_reading = seconds_now() - started;
    if (status != GW_OK)
        return status;
    model->n_load_diags = model->diags.diags.count;
    model->is_open = true;
    model->is_stale = true;
    return GW_OK;
}

static GwStatus open_as(GwModel *model, const char *name, const char *text, size_t length)
{
    OpenArguments arguments = {model, name, text, length};

    model->message = "";
    if (model->is_open || model->sources.files.count > 0)
        return model_fail(model, GW_BAD_USE, "this handle holds a model already");
    return edge_guard(model->edge, open_work, &arguments);
}

GwStatus gw_model_open(GwModel *model, const char *path)
{
    return open_as(model, path, NULL, 0);
}

GwStatus gw_model_parse(GwModel *model, const char *name, const char *text, size_t length)
{
    return open_as(model, name, text, length);
}

GwStatus gw_model_set_reader(GwModel *model, GwReadFile read, void *context)
{
    model->message = "";
    if (model->is_open)
        return model_fail(model, GW_BAD_USE, "a reader is set before a model is opened");
    model->read = read;
    model->read_context = context;
    return GW_OK;
}

typedef struct {
    GwModel *model;
    const char *text;
} TextArguments;

static GwStatus library_work(void *context)
{
    TextArguments *arguments = context;

    arguments->model->library = kept_string(arguments->model->keep, text_from(arguments->text));
    return GW_OK;
}

GwStatus gw_model_set_library(GwModel *model, const char *directory)
{
    TextArguments arguments = {model, directory};

    model->message = "";
    if (model->is_open)
        return model_fail(model, GW_BAD_USE, "a library is chosen before a model is opened");
    return edge_guard(model->edge, library_work, &arguments);
}

/* --- settings --- */

static void recount(DiagList *diags)
{
    diags->n_errors = diags->n_warnings = 0;
    for (size_t i = 0; i < diags->diags.count; i++) {
        diags->n_errors += diags->diags.items[i]->severity == DIAG_ERROR;
        diags->n_warnings += diags->diags.items[i]->severity == DIAG_WARNING;
    }
}

/* Forgets the faults of the last compilation, and that there was one. */
static void make_stale(GwModel *model)
{
    model->diags.diags.count = model->n_load_diags;
    recount(&model->diags);
    model->is_stale = true;
}

static GwStatus set_work(void *context)
{
    TextArguments *arguments = context;
    GwModel *model = arguments->model;
    uint32_t file = load_line(model, "--set", arguments->text);
    Decl *decl = NULL;

    make_stale(model);
    decl = syntax_parse_override(model->keep, &model->diags, file);
    model->n_load_diags = model->diags.diags.count;
    if (decl != NULL)
        *LIST_PUSH(model->keep, &model->overrides) = decl;
    else if (strchr(arguments->text, '#') != NULL && model->n_load_diags > 0)
        diag_because(
            &model->diags, model->diags.diags.items[model->n_load_diags - 1],
            "`#` begins a comment. A report calls a number inside a statement NAME#1: give "
            "it a name of its own there, and change that.");
    return decl != NULL ? GW_OK : model_fail(model, GW_BAD_INPUT, "a setting cannot be read");
}

static GwStatus show_work(void *context)
{
    TextArguments *arguments = context;
    GwModel *model = arguments->model;
    uint32_t file = load_line(model, "--show", arguments->text);
    Decl *decl = NULL;

    make_stale(model);
    decl = syntax_parse_view(model->keep, &model->diags, file);
    model->n_load_diags = model->diags.diags.count;
    if (decl != NULL)
        *LIST_PUSH(model->keep, &model->views) = decl;
    return decl != NULL ? GW_OK : model_fail(model, GW_BAD_INPUT, "a view cannot be read");
}

static GwStatus need_open(GwModel *model)
{
    model->message = "";
    return model->is_open ? GW_OK : model_fail(model, GW_BAD_USE, "no model was opened");
}

GwStatus gw_model_set(GwModel *model, const char *line)
{
    TextArguments arguments = {model, line};
    GwStatus status = need_open(model);

    return status == GW_OK ? edge_guard(model->edge, set_work, &arguments) : status;
}

GwStatus gw_model_show(GwModel *model, const char *what)
{
    TextArguments arguments = {model, what};
    GwStatus status = need_open(model);

    return status == GW_OK ? edge_guard(model->edge, show_work, &arguments) : status;
}

GwStatus gw_model_set_strict(GwModel *model, int is_strict)
{
    model->message = "";
    make_stale(model);
    model->is_strict = is_strict != 0;
    return GW_OK;
}

GwStatus gw_model_set_year(GwModel *model, int year)
{
    model->message = "";
    if (year != 0 && (year < DATE_MIN_YEAR || year > DATE_MAX_YEAR))
        return model_fail(model, GW_BAD_USE, "a year lies between %d and %d, not %d", DATE_MIN_YEAR,
                          DATE_MAX_YEAR, year);
    make_stale(model);
    model->year = year;
    return GW_OK;
}

/* Every scenario that the model's files declare. */
static Table *scenarios_of(const GwModel *model, Arena *arena)
{
    Table *names = table_new(arena);

    for (size_t t = 0; t < model->trees.count; t++)
        for (size_t i = 0; i < model->trees.items[t]->decls.count; i++) {
            Decl *decl = model->trees.items[t]->decls.items[i];
            if (decl->kind == DECL_SCENARIO)
                table_set(names, decl->name, decl);
        }
    return names;
}

/* The first of them, for a message. */
static const char *listed(Arena *arena, const Table *names)
{
    enum { MOST_LISTED = 12 };
    Buffer out = {.arena = arena};
    size_t count = table_count(names);

    for (size_t i = 0; i < count && i < MOST_LISTED; i++)
        buffer_format(&out, "%s%.*s", i > 0 ? ", " : "", TEXT_ARG(table_at(names, i)->key));
    if (count > MOST_LISTED)
        buffer_format(&out, " and %zu more", count - MOST_LISTED);
    return count == 0 ? "none" : kept_string(arena, buffer_view(&out));
}

static GwStatus scenario_work(void *context)
{
    TextArguments *arguments = context;
    GwModel *model = arguments->model;
    Text name = text_from(arguments->text);
    Table *names = NULL;
    Text nearest = {0};

    make_stale(model);
    model->scenario = NULL;
    if (name.length == 0 || text_is(name, "base"))
        return GW_OK;
    names = scenarios_of(model, model->keep);
    if (table_get(names, name) != NULL) {
        model->scenario = kept_string(model->keep, name);
        return GW_OK;
    }
    nearest = table_nearest(names, name);
    if (nearest.length > 0)
        return model_fail(model, GW_BAD_USE, "no scenario is called %.*s; did you mean %.*s?",
                          TEXT_ARG(name), TEXT_ARG(nearest));
    return model_fail(model, GW_BAD_USE, "no scenario is called %.*s; the model has %s",
                      TEXT_ARG(name), listed(model->keep, names));
}

GwStatus gw_model_choose_scenario(GwModel *model, const char *name)
{
    TextArguments arguments = {model, name};
    GwStatus status = need_open(model);

    return status == GW_OK ? edge_guard(model->edge, scenario_work, &arguments) : status;
}

/* --- compiling --- */

static int year_now(void)
{
    time_t now = time(NULL);
    struct tm parts;

    return now == (time_t)-1 || gmtime_r(&now, &parts) == NULL ? 0 : parts.tm_year + 1900;
}

BuildOptions model_build_options(GwModel *model)
{
    return (BuildOptions){.scenario = model->scenario,
                          .overrides = model->overrides.items,
                          .n_overrides = model->overrides.count,
                          .views = model->views.items,
                          .n_views = model->views.count,
                          .nudge_factor = 1,
                          .this_year = model->year != 0 ? model->year : year_now(),
                          .is_strict = model->is_strict,
                          .read_file = load_beside,
                          .read_context = model};
}

static uint32_t output_of_value(const Model *made, ValueId value)
{
    for (size_t i = 0; i < made->outputs.count; i++)
        if (made->outputs.items[i].value == value && made->outputs.items[i].is_once)
            return (uint32_t)i;
    return NO_ID;
}

/* Has every parameter that is drawn once a path collected, for RESTS ON and tornado. */
static const uint32_t *collect_parameters(Arena *arena, Model *made)
{
    uint32_t *places = ARENA_ARRAY(arena, uint32_t, made->parameters.count + 1);

    for (size_t i = 0; i < made->parameters.count; i++) {
        const Parameter *parameter = &made->parameters.items[i];
        const Value *value = NULL;

        places[i] = NO_ID;
        if (!parameter->is_draw || parameter->value == NO_ID)
            continue;
        value = &made->values.items[parameter->value];
        if (value->kind != VALUE_DRAW || !value->draw->is_once)
            continue;
        places[i] = output_of_value(made, parameter->value);
        if (places[i] != NO_ID)
            continue;
        places[i] = (uint32_t)made->outputs.count;
        *LIST_PUSH(arena, &made->outputs) = (Output){.name = value->name,
                                                     .value = parameter->value,
                                                     .type = value->type,
                                                     .measure = value->measure,
                                                     .unit = value->unit,
                                                     .unit_scale = value->unit_scale,
                                                     .is_once = true,
                                                     .is_hidden = true};
    }
    return places;
}

/* Views of a report that need the parameters' draws. */
static bool needs_parameters(const Model *made)
{
    for (size_t i = 0; i < made->outputs.count; i++)
        if (!made->outputs.items[i].is_hidden)
            return true;
    return false;
}

void model_drop_pending(GwModel *model)
{
    arena_free(model->pending);
    model->pending = NULL;
    for (size_t i = 0; i < MOST_BESIDE; i++) {
        arena_free(model->pending_scenarios[i]);
        model->pending_scenarios[i] = NULL;
    }
}

Built *model_build_variant(GwModel *model, BuildOptions options, DiagList *diags)
{
    Arena *arena = NULL;
    Built *built = NULL;
    Model *made = NULL;
    double started = seconds_now();

    model_drop_pending(model);
    model->pending = arena = arena_new(&model->edge->jump);
    built = ARENA_NEW(arena, Built);
    built->arena = arena;
    built->owners = 1;
    made = model_build(arena, diags, model->trees.items, model->trees.count, &options);
    built->model = made;
    model->seconds_checking = seconds_now() - started;
    started = seconds_now();
    if (made != NULL && !diag_any_error(diags)) {
        if (needs_parameters(made))
            built->parameter_outputs = collect_parameters(arena, made);
        built->program = program_build(arena, made);
    }
    model->seconds_compiling = seconds_now() - started;
    memcpy(built->scenarios, model->pending_scenarios, sizeof built->scenarios);
    memset(model->pending_scenarios, 0, sizeof model->pending_scenarios);
    model->pending = NULL;
    return built;
}

static GwStatus say_faults(GwModel *model)
{
    size_t errors = model->diags.n_errors;

    return model_fail(model, GW_BAD_INPUT, "%.*s has %zu error%s",
                      TEXT_ARG(model->sources.files.items[0]->name), errors,
                      errors == 1 ? "" : "s");
}

GwStatus model_compile(GwModel *model)
{
    if (!model->is_stale)
        return diag_any_error(&model->diags) ? say_faults(model) : GW_OK;
    make_stale(model);
    built_drop(model->built);
    model->built = NULL;
    if (!diag_any_error(&model->diags)) { /* what could not be read would be missed everywhere */
        BuildOptions options = model_build_options(model);
        options.checks_scenarios = true;
        options.do_each = scenarios_build;
        options.each_context = model;
        model->built = model_build_variant(model, options, &model->diags);
    }
    model->is_stale = false;
    return diag_any_error(&model->diags) ? say_faults(model) : GW_OK;
}

static GwStatus compile_work(void *context)
{
    return model_compile(context);
}

GwStatus gw_model_compile(GwModel *model)
{
    GwStatus status = need_open(model);

    return status == GW_OK ? edge_guard(model->edge, compile_work, model) : status;
}

/* --- what a model holds --- */

typedef struct {
    GwModel *model;
    size_t index;
    const char *text;
    void *out;
} AskArguments;

/* The checked model; NULL with a message when there is none. */
static const Model *compiled(GwModel *model)
{
    if (!model->is_open) {
        (void)model_fail(model, GW_BAD_USE, "no model was opened");
        return NULL;
    }
    if (model->is_stale || model->built == NULL || model->built->model == NULL) {
        (void)model_fail(model, GW_BAD_USE, "the model is not compiled");
        return NULL;
    }
    model->message = "";
    return model->built->model;
}

static GwStatus past_the_end(GwModel *model, size_t index, size_t count)
{
    return model_fail(model, GW_BAD_USE, "asked for number %zu of %zu", index, count);
}

static const char *printed_day(Arena *arena, double day)
{
    char bytes[16];

    day_print(day, bytes);
    return kept_string(arena, text_from(bytes));
}

static GwStatus info_work(void *context)
{
    static const char *const steps[] = {"daily", "weekly", "monthly", "quarterly", "yearly"};
    AskArguments *arguments = context;
    Arena *keep = arguments->model->keep;
    const Model *made = arguments->model->built->model;

    *(GwModelInfo *)arguments->out = (GwModelInfo){.name = kept_string(keep, made->name),
                                                   .title = kept_string(keep, made->title),
                                                   .scenario = kept_string(keep, made->scenario),
                                                   .currency = kept_string(keep, made->currency),
                                                   .from = printed_day(keep, made->from),
                                                   .until = printed_day(keep, made->until),
                                                   .step = steps[made->step],
                                                   .n_periods = made->n_periods,
                                                   .minor_per_unit = made->minor_per_unit,
                                                   .n_unsourced = made->n_unsourced,
                                                   .n_currencies = made->monies.count};
    return GW_OK;
}

GwStatus gw_model_info(GwModel *model, GwModelInfo *info)
{
    AskArguments arguments = {model, 0, NULL, info};

    return compiled(model) == NULL ? GW_BAD_USE : edge_guard(model->edge, info_work, &arguments);
}

static GwStatus currency_work(void *context)
{
    AskArguments *arguments = context;
    const Model *made = arguments->model->built->model;

    *(const char **)arguments->out =
        kept_string(arguments->model->keep, made->monies.items[arguments->index]);
    return GW_OK;
}

GwStatus gw_model_currency(GwModel *model, size_t index, const char **name)
{
    const Model *made = compiled(model);
    AskArguments arguments = {model, index, NULL, (void *)name};

    if (made == NULL)
        return GW_BAD_USE;
    if (index >= made->monies.count)
        return past_the_end(model, index, made->monies.count);
    return edge_guard(model->edge, currency_work, &arguments);
}

GwStatus gw_model_period(GwModel *model, size_t index, int32_t *first_day, int32_t *last_day)
{
    const Model *made = compiled(model);

    if (made == NULL)
        return GW_BAD_USE;
    if (index >= made->n_periods)
        return past_the_end(model, index, made->n_periods);
    *first_day = made->first_days[index];
    *last_day = made->last_days[index];
    return GW_OK;
}

size_t gw_model_parameter_count(GwModel *model)
{
    const Model *made = compiled(model);
    return made == NULL ? 0 : made->parameters.count;
}

static GwStatus parameter_work(void *context)
{
    AskArguments *arguments = context;
    Arena *keep = arguments->model->keep;
    const Parameter *parameter =
        &arguments->model->built->model->parameters.items[arguments->index];
    double scale = parameter->unit_scale != 0 ? parameter->unit_scale : 1;

    *(GwParameter *)arguments->out = (GwParameter){.name = kept_string(keep, parameter->name),
                                                   .label = kept_string(keep, parameter->label),
                                                   .unit = kept_string(keep, parameter->unit),
                                                   .source = kept_string(keep, parameter->source),
                                                   .words = kept_string(keep, parameter->words),
                                                   .printed = kept_string(keep, parameter->printed),
                                                   .attribution = parameter->attribution,
                                                   .is_draw = parameter->is_draw,
                                                   .number = parameter->number / scale,
                                                   .low = parameter->range_low / scale,
                                                   .high = parameter->range_high / scale,
                                                   .file = kept_string(keep, parameter->file),
                                                   .line = parameter->line};
    return GW_OK;
}

GwStatus gw_model_parameter(GwModel *model, size_t index, GwParameter *parameter)
{
    AskArguments arguments = {model, index, NULL, parameter};
    const Model *made = compiled(model);

    if (made == NULL)
        return GW_BAD_USE;
    if (index >= made->parameters.count)
        return past_the_end(model, index, made->parameters.count);
    return edge_guard(model->edge, parameter_work, &arguments);
}

size_t gw_model_output_count(GwModel *model)
{
    const Model *made = compiled(model);
    return made == NULL ? 0 : made->outputs.count;
}

static GwStatus output_work(void *context)
{
    AskArguments *arguments = context;
    Arena *keep = arguments->model->keep;
    const Output *output = &arguments->model->built->model->outputs.items[arguments->index];

    *(GwOutput *)arguments->out = (GwOutput){.name = kept_string(keep, output->name),
                                             .label = kept_string(keep, output->name),
                                             .unit = kept_string(keep, output->unit),
                                             .type = (GwType)output->type,
                                             .is_once = output->is_once,
                                             .is_hidden = output->is_hidden};
    return GW_OK;
}

GwStatus gw_model_output(GwModel *model, size_t index, GwOutput *output)
{
    AskArguments arguments = {model, index, NULL, output};
    const Model *made = compiled(model);

    if (made == NULL)
        return GW_BAD_USE;
    if (index >= made->outputs.count)
        return past_the_end(model, index, made->outputs.count);
    return edge_guard(model->edge, output_work, &arguments);
}

GwStatus gw_model_find_output(GwModel *model, const char *name, size_t *index)
{
    const Model *made = compiled(model);

    if (made == NULL)
        return GW_BAD_USE;
    for (size_t i = 0; i < made->outputs.count; i++)
        if (text_is(made->outputs.items[i].name, name)) {
            *index = i;
            return GW_OK;
        }
    return model_fail(model, GW_BAD_USE, "no output is called %s; show it first", name);
}

size_t gw_model_scenario_count(GwModel *model)
{
    const Model *made = compiled(model);
    return made == NULL ? 0 : made->scenario_names.count;
}

GwStatus gw_model_scenario(GwModel *model, size_t index, const char **name, const char **title)
{
    const Model *made = compiled(model);

    if (made == NULL)
        return GW_BAD_USE;
    if (index >= made->scenario_names.count)
        return past_the_end(model, index, made->scenario_names.count);
    *name = made->scenario_names.items[index].bytes;
    *title = made->scenario_titles.items[index].bytes;
    return GW_OK;
}
