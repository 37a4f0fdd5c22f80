/* Running a model: the run asked for, with the side runs that its report needs. */
#include "api/running.h"
#include "base/limits.h"
#include "maths/kernels.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const GwRunOptions default_options = {
    .paths = GW_DEFAULT_PATHS, .seed = GW_DEFAULT_SEED, .with_side_runs = 1};

bool running_tell(void *context, uint64_t done, uint64_t total)
{
    Progress *progress = context;

    (void)total;
    if (progress->options->progress != NULL &&
        progress->options->progress(progress->options->context, progress->done_before + done,
                                    progress->total) != 0)
        progress->is_cancelled = true;
    return !progress->is_cancelled;
}

RunOptions running_options(Running *running, uint64_t n_paths)
{
    return (RunOptions){.seed = running->options.seed,
                        .n_paths = n_paths,
                        .n_threads = running->options.threads,
                        .keep_bytes = (size_t)running->options.keep_bytes,
                        .progress = running_tell,
                        .context = &running->progress};
}

RunOptions running_side_options(Running *running, uint64_t n_paths)
{
    RunOptions options = running_options(running, n_paths);

    options.keep_bytes = SIZE_MAX;
    return options;
}

/* The paths asked for: all of them, or a part of the whole. */
static RunOptions asked_options(Running *running)
{
    RunOptions options = running_options(running, running->options.paths);

    if (running->options.paths_to == 0)
        return options;
    options.first_path = running->options.paths_from;
    options.n_paths = running->options.paths_to - running->options.paths_from;
    options.total_paths = running->options.paths;
    return options;
}

static void human_bytes(double bytes, char out[32])
{
    if (bytes >= 1e9)
        (void)snprintf(out, 32, "%.1f GB", bytes / 1e9);
    else if (bytes >= 1e6)
        (void)snprintf(out, 32, "%.0f MB", bytes / 1e6);
    else
        (void)snprintf(out, 32, "%.0f kB", bytes / 1e3);
}

/* Refuses a run that would not fit even with few paths kept whole. */
static GwStatus refuse_size(Running *running, uint64_t bytes)
{
    uint64_t keep = running->options.keep_bytes > 0 ? running->options.keep_bytes : RUN_KEEP_BYTES;
    char needed[32];
    char allowed[32];

    human_bytes((double)bytes, needed);
    human_bytes((double)keep, allowed);
    return model_fail(running->model, GW_TOO_BIG,
                      "%" PRIu64 " paths would keep %s at the least, and %s may be kept: run fewer "
                      "paths, show fewer series, or allow more with --keep",
                      running->options.paths, needed, allowed);
}

static GwStatus check_size(Running *running)
{
    RunOptions options = asked_options(running);
    RunSize size = run_size(running->model->built->program, &options);

    return size.n_kept == 0 ? refuse_size(running, size.kept_bytes) : GW_OK;
}

GwStatus running_status(GwModel *model, RunStatus status)
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
    case RUN_NO_KERNELS:
        return model_fail(model, GW_BAD_WORLD, "GW_ISA: this machine has %s",
                          maths_kernels_present());
    }
    return GW_OK;
}

GwStatus running_run(Running *running, Arena *arena, const Program *program, RunOptions options,
                     RunResult **result)
{
    GwRun *run = running->run;

    if (run->scratch == NULL)
        run->scratch = arena_new(&run->edge->jump);
    else
        arena_clear(run->scratch);
    options.scratch = run->scratch;
    return running_status(running->model, run_program(arena, program, &options, result));
}

/* --- where failed paths failed --- */

/* The span of the first thing of that name: a value, a payment, a rule, a party or a contract. */
static Span span_of_failure(const Model *made, const Failure *failure)
{
    if (failure->value != NO_ID)
        return made->values.items[failure->value].span;
    for (size_t i = 0; i < made->slots.count; i++)
        if (text_equal(made->slots.items[i].name, failure->what))
            return made->slots.items[i].span;
    for (size_t i = 0; i < made->rules.count; i++)
        if (text_equal(made->rules.items[i].name, failure->what))
            return made->rules.items[i].span;
    for (size_t i = 0; i < made->values.count; i++)
        if (text_equal(made->values.items[i].name, failure->what))
            return made->values.items[i].span;
    for (size_t i = 0; i < made->parties.count; i++)
        if (text_equal(made->parties.items[i].name, failure->what))
            return made->parties.items[i].span;
    for (size_t i = 0; i < made->contracts.count; i++)
        if (text_equal(made->contracts.items[i].name, failure->what))
            return made->contracts.items[i].span;
    return (Span){0};
}

static void place_failures(const Running *running)
{
    RunResult *result = running->run->result;
    const SourceSet *sources = &running->model->sources;
    Span last = {0};
    uint32_t line = 0;
    uint32_t column = 0;

    for (size_t i = 0; i < result->failures.count; i++) {
        Failure *failure = &result->failures.items[i];
        Span span = span_of_failure(running->run->built->model, failure);
        if (span.end == 0)
            continue;
        if (span.file != last.file || span.start != last.start || line == 0)
            span_position(sources, span, &line, &column);
        last = span;
        failure->file = sources->files.items[span.file]->name;
        failure->line = line;
    }
}

/* --- the run asked for --- */

static RunProfile *start_profile(Running *running)
{
    GwRun *run = running->run;

    run->profile = ARENA_NEW(run->arena, Profile);
    run->profile->seconds[STAGE_READING] = running->model->seconds_reading;
    run->profile->seconds[STAGE_CHECKING] = running->model->seconds_checking;
    run->profile->seconds[STAGE_COMPILING] = running->model->seconds_compiling;
    run->input.profile = run->profile;
    return &run->profile->run;
}

GwStatus running_finish(Running *running)
{
    GwRun *run = running->run;

    run->sorting = ARENA_ARRAY(run->arena, double, (size_t)run->result->n_kept + 1);
    place_failures(running);
    running->progress.done_before = running->options.paths;
    run->input.model = run->built->model;
    run->input.result = run->result;
    run->input.seed = running->options.seed;
    run->input.without_rests_on = running->options.without_rests_on != 0;
    run->input.parameter_outputs = run->built->parameter_outputs;
    return running->options.with_side_runs && run->part == NULL ? side_runs(running) : GW_OK;
}

static GwStatus run_work(void *context)
{
    Running *running = context;
    GwRun *run = running->run;
    GwStatus status = model_compile(running->model);
    RunOptions options = asked_options(running);
    double started = 0;

    if (status == GW_OK)
        status = check_size(running);
    if (status != GW_OK)
        return status;
    run->built = built_share(running->model->built);
    run->arena = arena_new(&run->edge->jump);
    if (running->options.paths_to > 0)
        run->part = part_head_of(running);
    running->progress.total = options.n_paths + (run->part == NULL ? side_runs_paths(running) : 0);
    if (running->options.with_profile)
        options.profile = start_profile(running);
    started = seconds_now();
    status = running_run(running, run->arena, run->built->program, options, &run->result);
    run_add_stage(run, STAGE_RUNNING, started);
    if (status == GW_OK)
        status = running_finish(running);
    arena_free(run->scratch);
    run->scratch = NULL;
    return status;
}

static GwStatus refuse_paths(GwModel *model, uint64_t paths)
{
    return paths == 0 ? model_fail(model, GW_BAD_USE, "a run needs at least one path")
                      : model_fail(model, GW_BAD_USE, "a run has at most %d paths", LIMIT_PATHS);
}

static bool is_part_possible(const GwRunOptions *options)
{
    uint64_t from = options->paths_from;
    uint64_t to = options->paths_to;

    if (to == 0)
        return from == 0;
    return from < to && to <= options->paths && from % STATS_BLOCK == 0 &&
           (to % STATS_BLOCK == 0 || to == options->paths);
}

GwStatus gw_model_run(GwModel *model, const GwRunOptions *options, GwRun **out)
{
    Running running = {.model = model, .options = options != NULL ? *options : default_options};
    GwStatus status = GW_OK;

    *out = NULL;
    model->message = "";
    if (!model->is_open)
        return model_fail(model, GW_BAD_USE, "no model was opened");
    if (running.options.paths == 0 || running.options.paths > LIMIT_PATHS)
        return refuse_paths(model, running.options.paths);
    if (running.options.seed > INT64_MAX)
        return model_fail(model, GW_BAD_USE, "a seed is at most 2^63 - 1");
    if (!is_part_possible(&running.options))
        return model_fail(model, GW_BAD_USE,
                          "a part of %" PRIu64 " paths runs from a multiple of %d to a higher "
                          "one, or to %" PRIu64 ": not from %" PRIu64 " to %" PRIu64,
                          running.options.paths, STATS_BLOCK, running.options.paths,
                          running.options.paths_from, running.options.paths_to);
    running.run = calloc(1, sizeof *running.run);
    if (running.run == NULL)
        return GW_NO_MEMORY;
    running.run->edge = edge_share(model->edge);
    running.run->message = "";
    running.progress.options = &running.options;
    status = edge_guard(model->edge, run_work, &running);
    if (status != GW_OK)
        gw_run_free(running.run);
    else
        *out = running.run;
    return status;
}

static GwStatus bytes_work(void *context)
{
    Running *running = context;
    GwStatus status = model_compile(running->model);
    RunOptions options = asked_options(running);

    if (status == GW_OK)
        running->bytes = run_size(running->model->built->program, &options).bytes +
                         arena_bytes(running->model->keep) + built_bytes(running->model->built) +
                         side_runs_bytes(running);
    return status;
}

GwStatus gw_model_run_bytes(GwModel *model, const GwRunOptions *options, uint64_t *bytes)
{
    Running running = {.model = model, .options = options != NULL ? *options : default_options};
    GwStatus status = GW_OK;

    model->message = "";
    if (!model->is_open)
        return model_fail(model, GW_BAD_USE, "no model was opened");
    status = edge_guard(model->edge, bytes_work, &running);
    *bytes = running.bytes;
    return status;
}
