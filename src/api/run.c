/* Running a model: the run asked for, and the side runs that its report needs. */
#include "api/handle.h"
#include "base/limits.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MOST_NUDGES = 500, /* fixed assumptions that are tried, each a compilation and a small run */
    TRY_PATHS = 64,    /* of the first try: draws are the same, so a move shows at once */
    SHORT_LIST = 6,    /* those that moved most are measured again ... */
    NUDGE_PATHS = 1024 /* ... over more paths */
};
#define NUDGE_FACTOR 1.1
#define KEEP_AT_MOST ((uint64_t)2 << 30)

static const GwRunOptions default_options = {
    .paths = GW_DEFAULT_PATHS, .seed = GW_DEFAULT_SEED, .with_side_runs = 1};

/* Progress over the run and its side runs together. */
typedef struct {
    const GwRunOptions *options;
    uint64_t done_before, total;
    bool is_cancelled;
} Progress;

typedef struct {
    GwModel *model;
    GwRun *run;
    GwRunOptions options;
    Progress progress;
    uint64_t bytes;
} RunArguments;

static bool tell_progress(void *context, uint64_t done, uint64_t total)
{
    Progress *progress = context;

    (void)total;
    if (progress->options->progress != NULL &&
        progress->options->progress(progress->options->context, progress->done_before + done,
                                    progress->total) != 0)
        progress->is_cancelled = true;
    return !progress->is_cancelled;
}

/* What may be kept when the caller does not say: half of the machine's memory, at most 2 GiB. */
static uint64_t usual_keep(void)
{
#ifdef _SC_PHYS_PAGES
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);

    if (pages > 0 && page > 0 && (uint64_t)pages * (uint64_t)page / 2 < KEEP_AT_MOST)
        return (uint64_t)pages * (uint64_t)page / 2;
#endif
    return KEEP_AT_MOST;
}

static RunOptions engine_options(RunArguments *arguments, uint64_t n_paths)
{
    uint64_t keep =
        arguments->options.keep_bytes != 0 ? arguments->options.keep_bytes : usual_keep();

    return (RunOptions){.seed = arguments->options.seed,
                        .n_paths = n_paths,
                        .n_threads = arguments->options.threads,
                        .keep_bytes = (size_t)keep,
                        .progress = tell_progress,
                        .context = &arguments->progress};
}

static void human_bytes(double bytes, char out[32])
{
    (void)snprintf(out, 32, bytes >= 1e9 ? "%.1f GB" : "%.0f MB",
                   bytes >= 1e9 ? bytes / 1e9 : bytes / 1e6);
}

/* Refuses a run that would not fit, and says what would. */
static GwStatus refuse_size(RunArguments *arguments, uint64_t bytes, uint64_t keep)
{
    uint64_t paths = arguments->options.paths;
    uint64_t fitting = (uint64_t)((double)paths * ((double)keep / (double)bytes));
    char needed[32];
    char allowed[32];

    human_bytes((double)bytes, needed);
    human_bytes((double)keep, allowed);
    fitting -= fitting % 1000;
    return model_fail(arguments->model, GW_TOO_BIG,
                      "%" PRIu64 " paths would keep %s, and %s may be kept: run about %" PRIu64
                      " paths, show fewer series, or allow more with --keep",
                      paths, needed, allowed, fitting);
}

static GwStatus check_size(RunArguments *arguments)
{
    RunOptions options = engine_options(arguments, arguments->options.paths);

    arguments->bytes = run_bytes(arguments->model->built->program, &options);
    return arguments->bytes > options.keep_bytes
               ? refuse_size(arguments, arguments->bytes, options.keep_bytes)
               : GW_OK;
}

static GwStatus status_of_run(GwModel *model, RunStatus status)
{
    switch (status) {
    case RUN_OK:
        return GW_OK;
    case RUN_CANCELLED:
        return model_fail(model, GW_CANCELLED, "stopped");
    case RUN_TOO_BIG:
        return model_fail(model, GW_TOO_BIG,
                          "the run would not fit: run fewer paths or show fewer series");
    case RUN_NO_THREADS:
        return model_fail(model, GW_BAD_WORLD, "the machine gives no threads; try --threads 1");
    }
    return GW_OK;
}

/* --- side runs --- */

/* Compiles a variant and runs it; its results live in run->side until the next. False when it
 * does not compile, which leaves its section out; the status says when all must stop. */
static bool run_variant(RunArguments *arguments, BuildOptions build, uint64_t n_paths,
                        Built **built, RunResult **result, GwStatus *status)
{
    GwRun *run = arguments->run;
    DiagList diags = {.arena = arguments->model->keep, .sources = &arguments->model->sources};
    RunOptions options = engine_options(arguments, n_paths);
    bool is_run = false;

    if (!tell_progress(&arguments->progress, 0, n_paths)) { /* a small run may not ask at all */
        *status = status_of_run(arguments->model, RUN_CANCELLED);
        return false;
    }
    built_drop(run->variant);
    run->variant = NULL;
    arena_free(run->side);
    run->side = NULL;
    *built = run->variant = model_build_variant(arguments->model, build, &diags);
    if ((*built)->program != NULL) {
        run->side = arena_new(&run->edge->jump);
        *status = status_of_run(arguments->model,
                                run_program(run->side, (*built)->program, &options, result));
        is_run = *status == GW_OK;
    }
    arguments->progress.done_before += n_paths;
    return is_run;
}

static uint32_t output_named(const Model *made, Text name)
{
    for (size_t i = 0; i < made->outputs.count; i++)
        if (text_equal(made->outputs.items[i].name, name))
            return (uint32_t)i;
    return NO_ID;
}

static Spread *spreads_of(GwRun *run, const Model *made, const RunResult *result)
{
    const Model *main = run->built->model;
    Spread *spreads = ARENA_ARRAY(run->arena, Spread, main->outputs.count + 1);

    for (size_t i = 0; i < main->outputs.count; i++) {
        uint32_t there = output_named(made, main->outputs.items[i].name);
        if (!main->outputs.items[i].is_hidden && there != NO_ID)
            spreads[i] = spread_at(made, result, there, made->n_periods - 1, run->sorting);
    }
    return spreads;
}

static Text scenario_title(const Model *made, Text name)
{
    for (size_t i = 0; i < made->scenario_names.count; i++)
        if (text_equal(made->scenario_names.items[i], name))
            return made->scenario_titles.items[i];
    return TEXT("as written");
}

static GwStatus run_comparison(RunArguments *arguments, Text name)
{
    GwRun *run = arguments->run;
    BuildOptions build = model_build_options(arguments->model);
    Comparison *comparison = LIST_PUSH(run->arena, &run->input.comparisons);
    Text here = run->built->model->scenario;
    const Model *made = run->built->model;
    RunResult *result = run->result;
    GwStatus status = GW_OK;
    Built *built = NULL;

    comparison->name = name;
    comparison->title = scenario_title(made, name);
    if (text_equal(name, here.length == 0 ? TEXT("base") : here)) {
        comparison->is_run = true;
    } else {
        build.scenario = text_is(name, "base") ? NULL : kept_string(run->arena, name);
        comparison->is_run =
            run_variant(arguments, build, arguments->options.paths, &built, &result, &status);
        made = comparison->is_run ? built->model : made;
    }
    if (!comparison->is_run)
        return status;
    comparison->n_paths = result->n_paths;
    comparison->n_failed = result->n_failed;
    comparison->spreads = spreads_of(run, made, result);
    return GW_OK;
}

static GwStatus run_comparisons(RunArguments *arguments)
{
    const Model *made = arguments->run->built->model;
    GwStatus status = GW_OK;

    for (size_t v = 0; v < made->views.count && status == GW_OK; v++) {
        const View *view = &made->views.items[v];
        if (!text_is(view->name, "compare"))
            continue;
        for (size_t i = 0; i < view->words.count && status == GW_OK; i++)
            status = run_comparison(arguments, view->words.items[i]);
        break; /* one comparison a report */
    }
    return status;
}

static GwStatus run_headline(RunArguments *arguments)
{
    GwRun *run = arguments->run;
    BuildOptions build = model_build_options(arguments->model);
    GwStatus status = GW_OK;
    RunResult *result = NULL;
    Built *built = NULL;

    build.all_effective = true;
    if (!run_variant(arguments, build, arguments->options.paths, &built, &result, &status))
        return status;
    report_add_headline(run->arena, built->model, result, &run->input, true);
    report_add_headline(run->arena, run->built->model, run->result, &run->input, false);
    return GW_OK;
}

/* A fixed number under `assume` that is not nothing; a date has no tenth. */
static bool can_nudge(const Model *made, const Parameter *parameter)
{
    bool is_date =
        parameter->value != NO_ID && made->values.items[parameter->value].type == TYPE_DATE;

    return !is_date && parameter->attribution == 'a' && !parameter->is_draw &&
           isfinite(parameter->number) && parameter->number != 0;
}

static uint32_t count_nudges(const Model *made)
{
    uint32_t count = 0;

    for (size_t i = 0; i < made->parameters.count; i++)
        count += can_nudge(made, &made->parameters.items[i]);
    return count;
}

/* Raises one number and measures the main output's middle over the first n_paths. */
static GwStatus run_nudge(RunArguments *arguments, uint32_t main_output, uint64_t n_paths,
                          Nudge *nudge)
{
    GwRun *run = arguments->run;
    const Model *made = run->built->model;
    BuildOptions build = model_build_options(arguments->model);
    GwStatus status = GW_OK;
    RunResult *result = NULL;
    Built *built = NULL;
    uint32_t there = NO_ID;

    nudge->before = nudge->after =
        report_middle(made, run->result, main_output, (size_t)n_paths, run->sorting);
    build.nudged = kept_string(run->arena, made->parameters.items[nudge->parameter].name);
    build.nudge_factor = NUDGE_FACTOR;
    if (!run_variant(arguments, build, n_paths, &built, &result, &status))
        return status;
    there = output_named(built->model, made->outputs.items[main_output].name);
    if (there != NO_ID)
        nudge->after = report_middle(built->model, result, there, (size_t)n_paths, run->sorting);
    return GW_OK;
}

static int larger_move_first(const void *a, const void *b)
{
    const Nudge *left = a;
    const Nudge *right = b;
    double x = fabs(left->after - left->before);
    double y = fabs(right->after - right->before);

    if (x != y)
        return x < y ? 1 : -1;
    return left->parameter < right->parameter ? -1 : left->parameter > right->parameter;
}

static uint64_t at_most(uint64_t count, uint64_t most)
{
    return count < most ? count : most;
}

static GwStatus measure_nudges(RunArguments *arguments, uint32_t main_output, uint64_t n_paths)
{
    ReportInput *input = &arguments->run->input;
    GwStatus status = GW_OK;

    for (size_t i = 0; i < input->nudges.count && status == GW_OK; i++)
        status = run_nudge(arguments, main_output, n_paths, &input->nudges.items[i]);
    if (input->nudges.count > 1)
        qsort(input->nudges.items, input->nudges.count, sizeof *input->nudges.items,
              larger_move_first);
    return status;
}

static GwStatus run_nudges(RunArguments *arguments)
{
    ReportInput *input = &arguments->run->input;
    const Model *made = arguments->run->built->model;
    uint32_t main_output = report_main_output(made);
    GwStatus status = GW_OK;

    for (size_t i = 0; i < made->parameters.count; i++) {
        if (!can_nudge(made, &made->parameters.items[i]))
            continue;
        if (input->n_nudged == MOST_NUDGES) {
            input->n_not_nudged++;
            continue;
        }
        input->n_nudged++;
        *LIST_PUSH(arguments->run->arena, &input->nudges) = (Nudge){.parameter = (uint32_t)i};
    }
    status = measure_nudges(arguments, main_output, at_most(arguments->options.paths, TRY_PATHS));
    input->nudges.count = (size_t)at_most(input->nudges.count, SHORT_LIST);
    input->nudge_paths = at_most(arguments->options.paths, NUDGE_PATHS);
    if (status == GW_OK && input->nudge_paths > TRY_PATHS)
        status = measure_nudges(arguments, main_output, input->nudge_paths);
    return status;
}

static bool wants_nudges(const RunArguments *arguments, const Model *made)
{
    return arguments->options.with_side_runs && !arguments->options.without_rests_on &&
           report_main_output(made) != NO_ID;
}

static uint64_t side_paths(const RunArguments *arguments, const Model *made)
{
    uint64_t paths = arguments->options.paths;
    uint64_t nudges = at_most(count_nudges(made), MOST_NUDGES);
    uint64_t total = 0;

    if (!arguments->options.with_side_runs)
        return 0;
    for (size_t v = 0; v < made->views.count; v++)
        if (text_is(made->views.items[v].name, "compare")) {
            total += (made->views.items[v].words.count - 1) * paths;
            break;
        }
    if (report_has_headline(made))
        total += paths;
    if (wants_nudges(arguments, made))
        total += nudges * at_most(paths, TRY_PATHS) +
                 at_most(nudges, SHORT_LIST) * at_most(paths, NUDGE_PATHS);
    return total;
}

static GwStatus run_side_runs(RunArguments *arguments)
{
    GwRun *run = arguments->run;
    GwStatus status = run_comparisons(arguments);

    if (status == GW_OK && report_has_headline(run->built->model))
        status = run_headline(arguments);
    if (status == GW_OK && wants_nudges(arguments, run->built->model))
        status = run_nudges(arguments);
    built_drop(run->variant);
    run->variant = NULL;
    arena_free(run->side);
    run->side = NULL;
    return status;
}

/* --- the run asked for --- */

static GwStatus run_work(void *context)
{
    RunArguments *arguments = context;
    GwRun *run = arguments->run;
    GwStatus status = model_compile(arguments->model);
    RunOptions options;

    if (status == GW_OK)
        status = check_size(arguments);
    if (status != GW_OK)
        return status;
    run->built = built_share(arguments->model->built);
    run->arena = arena_new(&run->edge->jump);
    run->sorting = ARENA_ARRAY(run->arena, double, (size_t)arguments->options.paths);
    arguments->progress.total = arguments->options.paths + side_paths(arguments, run->built->model);
    options = engine_options(arguments, arguments->options.paths);
    status = status_of_run(arguments->model,
                           run_program(run->arena, run->built->program, &options, &run->result));
    if (status != GW_OK)
        return status;
    arguments->progress.done_before = arguments->options.paths;
    run->input.model = run->built->model;
    run->input.result = run->result;
    run->input.seed = arguments->options.seed;
    run->input.parameter_outputs = run->built->parameter_outputs;
    return arguments->options.with_side_runs ? run_side_runs(arguments) : GW_OK;
}

static GwStatus refuse_paths(GwModel *model, uint64_t paths)
{
    return paths == 0 ? model_fail(model, GW_BAD_USE, "a run needs at least one path")
                      : model_fail(model, GW_BAD_USE, "a run has at most %d paths", LIMIT_PATHS);
}

GwStatus gw_model_run(GwModel *model, const GwRunOptions *options, GwRun **out)
{
    RunArguments arguments = {.model = model,
                              .options = options != NULL ? *options : default_options};
    GwStatus status = GW_OK;

    *out = NULL;
    model->message = "";
    if (!model->is_open)
        return model_fail(model, GW_BAD_USE, "no model was opened");
    if (arguments.options.paths == 0 || arguments.options.paths > LIMIT_PATHS)
        return refuse_paths(model, arguments.options.paths);
    arguments.run = calloc(1, sizeof *arguments.run);
    if (arguments.run == NULL)
        return GW_NO_MEMORY;
    arguments.run->edge = edge_share(model->edge);
    arguments.run->message = "";
    arguments.progress.options = &arguments.options;
    status = edge_guard(model->edge, run_work, &arguments);
    if (status != GW_OK)
        gw_run_free(arguments.run);
    else
        *out = arguments.run;
    return status;
}

static GwStatus bytes_work(void *context)
{
    RunArguments *arguments = context;
    GwStatus status = model_compile(arguments->model);
    RunOptions options = engine_options(arguments, arguments->options.paths);

    if (status == GW_OK)
        arguments->bytes = run_bytes(arguments->model->built->program, &options);
    return status;
}

GwStatus gw_model_run_bytes(GwModel *model, const GwRunOptions *options, uint64_t *bytes)
{
    RunArguments arguments = {.model = model,
                              .options = options != NULL ? *options : default_options};
    GwStatus status = GW_OK;

    model->message = "";
    if (!model->is_open)
        return model_fail(model, GW_BAD_USE, "no model was opened");
    status = edge_guard(model->edge, bytes_work, &arguments);
    *bytes = arguments.bytes;
    return status;
}
