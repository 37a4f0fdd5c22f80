/* RESTS ON: which fixed assumptions move the report's main output most.
 *
 * Every one is raised by a tenth over few paths; those that moved it most are measured again over
 * more, and the best of these over more again. The draws are the same, so a move shows at once.
 * Each trial builds and runs a model of its own, one thread each, in an arena of its own: trials
 * share only the trees that were read, which no one writes. The base is a trial like the others,
 * so that both sides of a move are alike. */
#include "api/load.h"
#include "api/running.h"
#include "base/limits.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_NUDGES = 400 }; /* fixed assumptions that are tried */

typedef struct {
    uint32_t n_kept; /* those that moved it most in the round before */
    uint32_t n_paths;
} Round;

static const Round rounds[] = {{MOST_NUDGES, 32}, {24, 128}, {4, 1024}};
enum { N_ROUNDS = sizeof rounds / sizeof *rounds };
#define NUDGE_FACTOR 1.1

typedef struct {
    Running *running;
    Text output_name;
    uint64_t n_paths;
    Nudge *nudges;
    size_t count;
    double before;      /* the output's middle when nothing is raised */
    atomic_size_t next; /* 0: the base; i: nudge i - 1 */
    atomic_bool is_stopped;
    pthread_mutex_t lock; /* around the caller's functions, which know no threads */
} Trials;

typedef struct {
    Trials *trials;
    jmp_buf edge;
    Arena *arena; /* of the trial in progress */
    bool has_lock;
    GwStatus status;
    pthread_t thread;
    bool is_started;
} Worker;

static void take_turn(Worker *worker)
{
    pthread_mutex_lock(&worker->trials->lock);
    worker->has_lock = true;
}

static void end_turn(Worker *worker)
{
    worker->has_lock = false;
    pthread_mutex_unlock(&worker->trials->lock);
}

static Text read_in_turn(void *context, Arena *arena, Text from_file, Text path, bool *ok)
{
    Worker *worker = context;
    Text text = {"", 0};

    take_turn(worker);
    text = load_beside(worker->trials->running->model, arena, from_file, path, ok);
    end_turn(worker);
    return text;
}

/* Several trials are under way at once: only those that are done count. */
static bool tell_in_turn(void *context, uint64_t done, uint64_t total)
{
    Worker *worker = context;
    bool goes_on = false;

    (void)done;
    take_turn(worker);
    goes_on = running_tell(&worker->trials->running->progress, 0, total);
    end_turn(worker);
    return goes_on;
}

/* The main output's middle in one variant; NaN when it does not compile or is not there. */
static double measure(Worker *worker, const char *nudged)
{
    Trials *trials = worker->trials;
    BuildOptions build = model_build_options(trials->running->model);
    RunOptions options = running_side_options(trials->running, trials->n_paths);
    const Model *made = NULL;
    const Program *program = NULL;
    RunResult *result = NULL;
    RunStatus status = RUN_OK;

    build.read_file = read_in_turn;
    build.read_context = worker;
    build.nudged = nudged;
    build.nudge_factor = NUDGE_FACTOR;
    options.n_threads = 1;
    options.progress = tell_in_turn;
    options.context = worker;
    program = side_program(worker->arena, trials->running->model, &build, SIDE_ONE_OUTPUT,
                           trials->output_name, &made);
    if (program == NULL || made->outputs.count == 0)
        return (double)NAN;
    status = run_program(worker->arena, program, &options, &result);
    if (status != RUN_OK) {
        worker->status = status == RUN_CANCELLED ? GW_CANCELLED : GW_BAD_WORLD;
        return (double)NAN;
    }
    return report_middle(made, result, 0, (size_t)trials->n_paths,
                         ARENA_ARRAY(worker->arena, double, (size_t)trials->n_paths));
}

static void try_one(Worker *worker, size_t trial)
{
    Trials *trials = worker->trials;
    const Model *main = trials->running->run->built->model;
    Nudge *nudge = trial == 0 ? NULL : &trials->nudges[trial - 1];
    Text name = nudge == NULL ? (Text){"", 0} : main->parameters.items[nudge->parameter].name;
    double middle = 0;

    worker->arena = arena_new(&worker->edge);
    middle = measure(worker, nudge == NULL ? NULL : kept_string(worker->arena, name));
    if (nudge == NULL)
        trials->before = middle;
    else
        nudge->after = middle;
    arena_free(worker->arena);
    worker->arena = NULL;
    take_turn(worker);
    trials->running->progress.done_before += trials->n_paths;
    end_turn(worker);
}

static void try_while_any(Worker *worker)
{
    Trials *trials = worker->trials;

    while (worker->status == GW_OK && !atomic_load(&trials->is_stopped)) {
        size_t trial = atomic_fetch_add(&trials->next, 1);
        if (trial > trials->count)
            return;
        if (tell_in_turn(worker, 0, trials->n_paths)) /* a small run may not ask at all */
            try_one(worker, trial);
        else
            worker->status = GW_CANCELLED;
    }
}

static void *work(void *context)
{
    Worker *worker = context;
    Numerals numerals;
    bool has_numerals = numerals_begin(&numerals);

    if (has_numerals && setjmp(worker->edge) == 0)
        try_while_any(worker);
    else
        worker->status = GW_NO_MEMORY;
    if (has_numerals)
        numerals_end(&numerals);
    if (worker->has_lock)
        end_turn(worker);
    if (worker->status != GW_OK)
        atomic_store(&worker->trials->is_stopped, true);
    arena_free(worker->arena);
    worker->arena = NULL;
    return NULL;
}

static size_t threads_of(const Running *running, size_t n_trials)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = running->options.threads > 0 ? running->options.threads
                   : cores > 0                  ? (size_t)cores
                                                : 1;

    count = count < LIMIT_THREADS ? count : LIMIT_THREADS;
    return count < n_trials ? count : n_trials;
}

/* The calling thread is the first worker; a thread that cannot be had is done without. */
static GwStatus run_workers(Trials *trials)
{
    size_t count = threads_of(trials->running, trials->count + 1);
    Worker *workers = ARENA_ARRAY(trials->running->run->arena, Worker, count);
    GwStatus status = GW_OK;

    for (size_t i = 0; i < count; i++)
        workers[i].trials = trials;
    for (size_t i = 1; i < count; i++)
        workers[i].is_started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    (void)work(&workers[0]);
    for (size_t i = 1; i < count; i++)
        if (workers[i].is_started)
            (void)pthread_join(workers[i].thread, NULL);
    for (size_t i = 0; i < count; i++)
        status = status == GW_OK ? workers[i].status : status;
    return status;
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

/* Measures every nudge of the list over the first n_paths, the largest move first. */
static GwStatus measure_nudges(Running *running, Text output_name, uint64_t n_paths)
{
    ReportInput *input = &running->run->input;
    Trials trials = {.running = running,
                     .output_name = output_name,
                     .n_paths = n_paths,
                     .nudges = input->nudges.items,
                     .count = input->nudges.count};
    GwStatus status = GW_OK;

    if (pthread_mutex_init(&trials.lock, NULL) != 0)
        return running_status(running->model, RUN_NO_THREADS);
    status = run_workers(&trials);
    (void)pthread_mutex_destroy(&trials.lock);
    for (size_t i = 0; i < trials.count; i++) {
        Nudge *nudge = &trials.nudges[i];
        nudge->before = trials.before;
        nudge->after = isnan(nudge->after) ? nudge->before : nudge->after;
    }
    if (trials.count > 1)
        qsort(trials.nudges, trials.count, sizeof *trials.nudges, larger_move_first);
    if (status == GW_CANCELLED)
        return running_status(running->model, RUN_CANCELLED);
    return status;
}

/* A fixed number under `assume` that is not nothing. */
static bool can_nudge(const Parameter *parameter)
{
    return parameter->attribution == 'a' && !parameter->is_draw && isfinite(parameter->number) &&
           parameter->number != 0;
}

static uint64_t at_most(uint64_t count, uint64_t most)
{
    return count < most ? count : most;
}

static bool is_wanted(const Running *running)
{
    return running->options.with_side_runs && !running->options.without_rests_on &&
           report_main_output(running->run->built->model) != NO_ID;
}

/* Another round over the same paths would say the same. */
static bool is_round_needed(const Running *running, size_t round)
{
    return round == 0 || running->options.paths > rounds[round - 1].n_paths;
}

uint64_t nudges_paths(const Running *running)
{
    const Model *made = running->run->built->model;
    uint64_t count = 0;
    uint64_t total = 0;

    if (!is_wanted(running))
        return 0;
    for (size_t i = 0; i < made->parameters.count; i++)
        count += can_nudge(&made->parameters.items[i]);
    for (size_t i = 0; i < N_ROUNDS && count > 0 && is_round_needed(running, i); i++)
        total += (at_most(count, rounds[i].n_kept) + 1) *
                 at_most(running->options.paths, rounds[i].n_paths);
    return total;
}

GwStatus nudges_run(Running *running)
{
    GwRun *run = running->run;
    ReportInput *input = &run->input;
    const Model *made = run->built->model;
    GwStatus status = GW_OK;
    Text output_name = {"", 0};

    for (size_t i = 0; i < made->parameters.count && is_wanted(running); i++) {
        if (!can_nudge(&made->parameters.items[i]))
            continue;
        if (input->n_nudged == MOST_NUDGES) {
            input->n_not_nudged++;
            continue;
        }
        input->n_nudged++;
        *LIST_PUSH(run->arena, &input->nudges) = (Nudge){.parameter = (uint32_t)i};
    }
    if (input->n_nudged == 0)
        return GW_OK;
    output_name = made->outputs.items[report_main_output(made)].name;
    input->tried_paths = at_most(running->options.paths, rounds[0].n_paths);
    for (size_t i = 0; i < N_ROUNDS && status == GW_OK && is_round_needed(running, i); i++) {
        input->nudges.count = (size_t)at_most(input->nudges.count, rounds[i].n_kept);
        input->nudge_paths = at_most(running->options.paths, rounds[i].n_paths);
        status = measure_nudges(running, output_name, input->nudge_paths);
    }
    return status;
}
