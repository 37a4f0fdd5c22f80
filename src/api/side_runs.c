/* Side runs: other scenarios for COMPARE, and the world in which all stages are effective. */
#include "api/running.h"

enum {
    COMPARED_PATHS = 2048, /* of each scenario: a chance is known within two points */
    HEADLINE_PATHS = 1024  /* means alone are shown */
};

uint32_t output_named(const Model *made, Text name)
{
    for (size_t i = 0; i < made->outputs.count; i++)
        if (!made->outputs.items[i].is_hidden && text_equal(made->outputs.items[i].name, name))
            return (uint32_t)i;
    return NO_ID;
}

/* What no one reads of a side run is not collected; who pays whom costs most. Of one output its
 * last period is read. */
static void drop_unneeded(Model *made, SideNeed need, Text output)
{
    uint32_t kept = need == SIDE_ONE_OUTPUT ? output_named(made, output) : NO_ID;

    made->views.count = 0;
    made->checks.count = 0;
    if (need == SIDE_OUTPUTS)
        return;
    made->outputs.count = 0;
    if (kept == NO_ID)
        return;
    made->outputs.items[0] = made->outputs.items[kept];
    made->outputs.items[0].is_once = true;
    made->outputs.count = 1;
}

/* A scenario that was built to be checked is not built again. */
static Model *checked_scenario(Arena *arena, const Model *made, const BuildOptions *options)
{
    Model *copy = NULL;

    if (options->scenario == NULL || made->scenario_models == NULL)
        return NULL;
    for (size_t i = 0; i < made->scenario_names.count; i++) {
        if (!text_is(made->scenario_names.items[i], options->scenario) ||
            made->scenario_models[i] == NULL)
            continue;
        copy = ARENA_NEW(arena, Model);
        *copy = *made->scenario_models[i];
    }
    return copy;
}

const Program *side_program(Arena *arena, GwModel *model, const BuildOptions *options,
                            SideNeed need, Text output, const Model **made)
{
    DiagList diags = {.arena = arena, .sources = &model->sources};
    Model *built = NULL;

    if (need == SIDE_OUTPUTS)
        built = checked_scenario(arena, model->built->model, options);
    if (built == NULL)
        built = model_build(arena, &diags, model->trees.items, model->trees.count, options);

    *made = built;
    if (built == NULL || diag_any_error(&diags))
        return NULL;
    drop_unneeded(built, need, output);
    return program_build(arena, built);
}

static uint64_t at_most(uint64_t count, uint64_t most)
{
    return count < most ? count : most;
}

void side_renew(Running *running)
{
    GwRun *run = running->run;

    if (run->side == NULL)
        run->side = arena_new(&run->edge->jump);
    else
        arena_clear(run->side);
}

/* Builds and runs into run->side, where the last side run was. *result stays NULL when the
 * variant does not compile, which leaves its section out. */
static GwStatus run_variant(Running *running, const BuildOptions *build, SideNeed need,
                            uint64_t n_paths, const Model **made, RunResult **result)
{
    GwRun *run = running->run;
    RunOptions options = running_side_options(running, n_paths);
    const Program *program = NULL;
    GwStatus status = GW_OK;

    *result = NULL;
    options.is_bare = need != SIDE_FLOWS;
    if (!running_tell(&running->progress, 0, n_paths)) /* a small run may not ask at all */
        return running_status(running->model, RUN_CANCELLED);
    side_renew(running);
    program = side_program(run->side, running->model, build, need, (Text){"", 0}, made);
    if (program != NULL)
        status = running_run(running, run->side, program, options, result);
    running->progress.done_before += n_paths;
    return status;
}

/* --- COMPARE --- */

/* Of the values of each period over the first paths: equal when all these are. */
static void take_hashes(const Model *made, const RunResult *result, uint32_t output,
                        uint64_t n_paths, uint32_t n_periods, uint64_t *hashes)
{
    const double *column = result->columns[output];
    uint32_t n_own = made->outputs.items[output].is_once ? 1 : made->n_periods;

    for (uint32_t period = 0; period < n_periods && period < n_own; period++)
        hashes[period] = text_quick_hash(
            (Text){(const char *)(column + period * result->n_kept), n_paths * sizeof *column});
}

/* This report's outputs over the first paths of a result of a model that may lack some. */
static void take_spreads(GwRun *run, const Model *made, const RunResult *result, uint64_t n_paths,
                         Comparison *comparison)
{
    const Model *main = run->built->model;

    comparison->n_paths = n_paths;
    for (uint64_t path = 0; path < n_paths; path++)
        comparison->n_failed += result->is_failed[path];
    comparison->spreads = ARENA_ARRAY(run->arena, Spread, main->outputs.count + 1);
    comparison->hashes =
        ARENA_ARRAY(run->arena, uint64_t, main->outputs.count * main->n_periods + 1);
    for (size_t i = 0; i < main->outputs.count; i++) {
        uint32_t there = output_named(made, main->outputs.items[i].name);
        if (main->outputs.items[i].is_hidden || there == NO_ID)
            continue;
        comparison->spreads[i] =
            spread_of_first(made, result, there, made->n_periods - 1, n_paths, run->sorting);
        take_hashes(made, result, there, at_most(n_paths, run->result->n_kept), main->n_periods,
                    comparison->hashes + i * main->n_periods);
    }
    comparison->is_run = true;
}

static Text scenario_title(const Model *made, Text name)
{
    for (size_t i = 0; i < made->scenario_names.count; i++)
        if (text_equal(made->scenario_names.items[i], name))
            return made->scenario_titles.items[i];
    return TEXT("as written");
}

static GwStatus run_comparison(Running *running, size_t number, Text name)
{
    GwRun *run = running->run;
    BuildOptions build = model_build_options(running->model);
    Comparison *comparison = &run->input.comparisons.items[number];
    Text here = run->built->model->scenario;
    uint64_t n_paths = at_most(running->options.paths, COMPARED_PATHS);
    GwStatus status = GW_OK;
    const Model *made = NULL;
    RunResult *result = NULL;

    comparison->name = name;
    comparison->title = scenario_title(run->built->model, name);
    if (text_equal(name, here.length == 0 ? TEXT("base") : here)) {
        take_spreads(run, run->built->model, run->result, n_paths, comparison);
        return GW_OK;
    }
    build.scenario = text_is(name, "base") ? NULL : kept_string(run->arena, name);
    status = run_variant(running, &build, SIDE_OUTPUTS, n_paths, &made, &result);
    if (status == GW_OK && result != NULL)
        take_spreads(run, made, result, n_paths, comparison);
    return status;
}

/* The first comparison of a report; NULL: none. */
static const View *comparison_asked(const Model *made)
{
    for (size_t v = 0; v < made->views.count; v++)
        if (text_is(made->views.items[v].name, "compare"))
            return &made->views.items[v];
    return NULL;
}

/* --- HEADLINE --- */

/* The model once more, as it binds or as announced, over the same paths for both. Announced is
 * another world and not the same one with more in it: with `all_effective` every contract stands
 * effective from the clock's first day, whatever its stage, `never` included, and chances of
 * stages are not drawn; stages reached later (`ended on D`) are, and one declared ended stays
 * so. What else depends on money follows: who then can pay does not default, and a lease that
 * ends with its tenant's default may come to less or to more than in the binding world. */
static GwStatus add_headline(Running *running, uint64_t n_paths, bool is_announced)
{
    GwRun *run = running->run;
    BuildOptions build = model_build_options(running->model);
    const Model *made = NULL;
    RunResult *result = NULL;
    GwStatus status = GW_OK;

    build.all_effective = is_announced;
    status = run_variant(running, &build, SIDE_FLOWS, n_paths, &made, &result);
    if (status == GW_OK && result != NULL)
        report_add_headline(run->arena, made, result, &run->input, is_announced);
    return status;
}

static GwStatus run_headline(Running *running)
{
    uint64_t n_paths = at_most(running->options.paths, HEADLINE_PATHS);
    GwRun *run = running->run;
    GwStatus status = add_headline(running, n_paths, true);

    run->input.headline_paths = n_paths;
    if (status != GW_OK || n_paths < running->options.paths)
        return status == GW_OK ? add_headline(running, n_paths, false) : status;
    report_add_headline(run->arena, run->built->model, run->result, &run->input, false);
    return GW_OK;
}

/* --- all --- */

size_t side_runs_bytes(Running *running)
{
    const Built *built = running->model->built;
    RunOptions options =
        running_side_options(running, at_most(running->options.paths, COMPARED_PATHS));

    if (!running->options.with_side_runs || running->options.paths_to > 0)
        return 0;
    /* a scenario each, or programs with numbers lifted, and what these found */
    return MOST_BESIDE * (run_size(built->program, &options).bytes + 2 * built_bytes(built)) +
           NUDGES_BYTES;
}

uint64_t side_runs_paths(const Running *running)
{
    const Model *made = running->run->built->model;
    const View *comparison = comparison_asked(made);
    uint64_t total = 0;

    if (!running->options.with_side_runs)
        return 0;
    if (comparison != NULL && comparison->words.count > 0)
        total += (comparison->words.count - 1) * at_most(running->options.paths, COMPARED_PATHS);
    if (report_has_headline(made))
        total +=
            running->options.paths > HEADLINE_PATHS ? 2 * HEADLINE_PATHS : running->options.paths;
    return total + nudges_paths(running);
}

void side_take_nudges(ReportInput *to, const ReportInput *from)
{
    to->nudges.items = from->nudges.items;
    to->nudges.count = from->nudges.count;
    to->n_nudged = from->n_nudged;
    to->n_not_nudged = from->n_not_nudged;
    to->tried_paths = from->tried_paths;
    to->nudge_paths = from->nudge_paths;
}

void side_take_headline(ReportInput *to, const ReportInput *from)
{
    to->headline.items = from->headline.items;
    to->headline.count = from->headline.count;
    to->headline_paths = from->headline_paths;
}

static GwStatus in_stage(Running *running, Stages stage, GwStatus (*section)(Running *running))
{
    double started = seconds_now();
    GwStatus status = section(running);

    run_add_stage(running->run, stage, started);
    return status;
}

/* The scenarios that are compared, one each; the last, HEADLINE. */
static GwStatus do_task(Running *running, size_t number)
{
    const View *view = comparison_asked(running->run->built->model);
    double started = seconds_now();
    GwStatus status = GW_OK;

    if (number >= running->run->input.comparisons.count)
        return in_stage(running, STAGE_HEADLINE, run_headline);
    status = run_comparison(running, number, view->words.items[number]);
    run_add_stage(running->run, STAGE_COMPARE, started);
    return status;
}

static GwStatus rests_on(Running *running)
{
    return in_stage(running, STAGE_RESTS_ON, nudges_run);
}

GwStatus side_runs(Running *running)
{
    GwRun *run = running->run;
    const View *view = comparison_asked(run->built->model);
    SideWork work = {.task = do_task, .long_task = rests_on};

    for (size_t i = 0; view != NULL && i < view->words.count; i++)
        (void)LIST_PUSH(run->arena, &run->input.comparisons);
    work.n_tasks = run->input.comparisons.count + (report_has_headline(run->built->model) ? 1 : 0);
    return hands_do(running, &work);
}
