/* Runs a program: tiles over threads, whole sums merged exactly, columns by path. */
#include "run/run.h"

#include "base/limits.h"
#include "maths/maths.h"
#include "run/failures.h"
#include "run/plan.h"
#include "run/profile.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { MAX_BLOCKS = 64, MIN_BLOCKS = 4, WIDE_BLOCKS = 16, PERIODS_BETWEEN_ASKING = 8 };
#define DEFAULT_CACHE_BYTES ((size_t)1 << 20)
#define WHOLE_UNIT 0x1p40

/* Where not all paths can be kept: enough for sections that look at single paths (a share is then
 * known to half a point), and stretches that keep all threads busy. */
enum { MOST_KEPT = 32768, LEAST_KEPT = 1024, MOST_STRETCH = 8192, COLUMNS_BETWEEN_ASKING = 16 };

/* ---- sizes -------------------------------------------------------------------------------- */

uint32_t run_threads(const RunOptions *options)
{
    long n = options->n_threads > 0 ? (long)options->n_threads : sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n < LIMIT_THREADS ? (uint32_t)n : LIMIT_THREADS;
}

static size_t within(size_t n, size_t least, size_t most)
{
    return n < least ? least : n > most ? most : n;
}

/* So that what a period touches fits half of the second-level cache. Of a large model that would
 * be few lanes, and most of its time what a period costs whatever its lanes: then more, while all
 * is within a few such caches. Tiles are as even as they can be, for the last to end together. */
static uint32_t blocks_of(const Code *code, const RunOptions *options)
{
#ifdef _SC_LEVEL2_CACHE_SIZE
    long found = sysconf(_SC_LEVEL2_CACHE_SIZE);
#else
    long found = 0;
#endif
    size_t cache = found > 0 ? (size_t)found : DEFAULT_CACHE_BYTES;
    size_t block_bytes = ((size_t)code->n_hot + 1) * GW_LANES * sizeof(double);
    size_t wide = within(4 * cache / block_bytes, MIN_BLOCKS, WIDE_BLOCKS);
    size_t fitting = within(cache / 2 / block_bytes, wide, MAX_BLOCKS);
    uint32_t n_threads = run_threads(options);
    size_t lanes_a_thread = (options->n_paths + n_threads - 1) / n_threads;
    size_t blocks_a_thread = within((lanes_a_thread + GW_LANES - 1) / GW_LANES, 1, SIZE_MAX);
    size_t n_rounds = (blocks_a_thread + fitting - 1) / fitting;

    if (options->blocks_per_tile > 0)
        return (uint32_t)within(options->blocks_per_tile, 1, MAX_BLOCKS);
    return (uint32_t)((blocks_a_thread + n_rounds - 1) / n_rounds);
}

static size_t count_who_pays(const Model *model)
{
    size_t n = 0;

    for (size_t i = 0; i < model->views.count; i++)
        n += text_is(model->views.items[i].name, "who_pays");
    return n;
}

/* Columns, checks, and sources of what is received. */
static size_t bytes_a_path(const Model *model)
{
    return summary_columns(model) * sizeof(double) + model->checks.count * (1 + sizeof(double)) +
           count_who_pays(model) * (2 * model->parties.count + 2) * sizeof(double);
}

static uint64_t least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How many paths of the whole run are kept, and how many are summed up together besides. */
static void choose_kept(const Model *model, const RunOptions *options, RunSize *size)
{
    uint64_t total =
        options->total_paths > 0 ? options->total_paths : options->first_path + options->n_paths;
    size_t bound = options->keep_bytes > 0 ? options->keep_bytes : RUN_KEEP_BYTES;
    size_t each = bytes_a_path(model);
    size_t fixed = total + summary_bytes(model);
    uint64_t room = 0;

    if (total <= (bound - least_of(bound, total)) / (each + 1)) {
        size->n_kept = total;
        return;
    }
    room = (bound - least_of(bound, fixed)) / (each + 1);
    size->n_kept = least_of(MOST_KEPT, room * 4 / 5) / STATS_BLOCK * STATS_BLOCK;
    size->n_stretch = least_of(MOST_STRETCH, room / 5) / STATS_BLOCK * STATS_BLOCK;
    if (size->n_kept < LEAST_KEPT || size->n_stretch == 0)
        size->n_kept = size->n_stretch = 0;
}

/* Of these paths, those among the kept ones of the whole run. */
static uint64_t kept_here(const RunSize *size, const RunOptions *options)
{
    return options->first_path >= size->n_kept
               ? 0
               : least_of(options->n_paths, size->n_kept - options->first_path);
}

static size_t tile_bytes(const Program *program, size_t n_lanes)
{
    const Model *model = program_model(program);
    const Code *code = program_code(program);
    size_t registers = code->n_registers[HOME_TILE] * machine_width(n_lanes);
    size_t pool = (8 * model->slots.count + 6 * model->parties.count + 2 * model->stocks.count +
                   8 * model->rules.count + 32) *
                  machine_width(n_lanes);
    size_t flows = 4 * model->slots.count * model->n_periods;
    size_t clearing = (3 * model->slots.count + 5 * model->parties.count + 8) * SHORT_LANES;

    return (clearing + registers + pool + flows + machine_scratch(model, n_lanes)) * sizeof(double);
}

RunSize run_size(const Program *program, const RunOptions *options)
{
    const Model *model = program_model(program);
    const Code *code = program_code(program);
    size_t n_lanes = (size_t)blocks_of(code, options) * GW_LANES;
    RunSize size = {0};

    choose_kept(model, options, &size);
    size.kept_bytes = options->n_paths + kept_here(&size, options) * bytes_a_path(model);
    if (size.n_kept == 0) /* what the least would be */
        size.kept_bytes += (LEAST_KEPT + STATS_BLOCK) * bytes_a_path(model);
    if (size.n_kept == 0 || size.n_stretch > 0)
        size.kept_bytes += summary_bytes(model) + size.n_stretch * bytes_a_path(model);
    size.bytes = size.kept_bytes + (size_t)model->n_periods * code->n_exports * sizeof(double) +
                 4 * model->slots.count * model->n_periods * sizeof(double) + weave_bytes(code) +
                 run_threads(options) * tile_bytes(program, n_lanes);
    return size;
}

/* ---- results ------------------------------------------------------------------------------ */

static void name_sources(Arena *arena, const Model *model, WhoPays *who, uint32_t target)
{
    Text *names = ARENA_ARRAY(arena, Text, model->parties.count + 1);
    uint32_t n = 0;

    for (uint32_t i = 0; i < model->parties.count; i++)
        if (model->parties.items[i].is_outside)
            names[n++] = book_owner(model, i);
    for (uint32_t i = 0; i < model->parties.count; i++)
        if (!model->parties.items[i].is_outside)
            names[n++] = text_format(arena, "%.*s (opening cash)", TEXT_ARG(book_owner(model, i)));
    names[n++] = book_owner(model, target);
    who->source_names = names;
    who->n_sources = n;
}

static size_t n_inside_parties(const Model *model)
{
    size_t n = 0;

    for (size_t i = 0; i < model->parties.count; i++)
        n += !model->parties.items[i].is_outside;
    return n;
}

/* Without sums over paths. */
static RunResult *bare_result(Arena *arena, const Model *model, uint64_t first_path,
                              uint64_t n_paths, uint64_t n_kept)
{
    RunResult *result = ARENA_NEW(arena, RunResult);

    result->first_path = first_path;
    result->n_paths = n_paths;
    result->n_kept = n_kept;
    result->n_periods = model->n_periods;
    result->n_outputs = (uint32_t)model->outputs.count;
    result->is_failed = ARENA_ARRAY(arena, unsigned char, n_paths + 1);
    result->columns = ARENA_ARRAY(arena, double *, model->outputs.count + 1);
    for (size_t i = 0; i < model->outputs.count; i++)
        result->columns[i] = ARENA_ARRAY_UNSET(
            arena, double, (model->outputs.items[i].is_once ? 1 : model->n_periods) * n_kept);
    result->held = ARENA_ARRAY(arena, unsigned char, model->checks.count *n_kept + 1);
    result->worst_cover = ARENA_ARRAY(arena, double, model->checks.count *n_kept + 1);
    result->who_pays = ARENA_ARRAY(arena, WhoPays, model->views.count + 1);
    for (uint32_t i = 0; i < model->views.count; i++) {
        if (!text_is(model->views.items[i].name, "who_pays"))
            continue;
        WhoPays *who = &result->who_pays[result->n_who_pays++];
        who->view = i;
        name_sources(arena, model, who, model->views.items[i].party);
        who->shares = ARENA_ARRAY(arena, double, who->n_sources *n_kept + 1);
        who->received = ARENA_ARRAY(arena, double, n_kept + 1);
        who->cash_before = ARENA_ARRAY(arena, double, n_inside_parties(model) * n_kept + 1);
    }
    return result;
}

RunResult *run_result_new(Arena *arena, const Model *model, uint64_t first_path, uint64_t n_paths,
                          uint64_t n_kept)
{
    RunResult *result = bare_result(arena, model, first_path, n_paths, n_kept);
    size_t n_flows = model->slots.count * model->n_periods + 1;

    result->due_high = ARENA_ARRAY(arena, double, n_flows);
    result->due_low = ARENA_ARRAY(arena, double, n_flows);
    result->paid_high = ARENA_ARRAY(arena, double, n_flows);
    result->paid_low = ARENA_ARRAY(arena, double, n_flows);
    return result;
}

static void blank_path(const Model *model, RunResult *result, uint64_t index)
{
    result->is_failed[index] = 1;
    for (size_t i = 0; i < model->outputs.count; i++) {
        uint32_t n = model->outputs.items[i].is_once ? 1 : model->n_periods;
        for (uint32_t t = 0; t < n; t++)
            result->columns[i][t * result->n_kept + index] = GW_NAN;
    }
    for (size_t i = 0; i < model->checks.count; i++) {
        result->held[i * result->n_kept + index] = 0;
        result->worst_cover[i * result->n_kept + index] = GW_NAN;
    }
    for (uint32_t i = 0; i < result->n_who_pays; i++) {
        const WhoPays *who = &result->who_pays[i];
        for (uint32_t s = 0; s < who->n_sources; s++)
            who->shares[s * result->n_kept + index] = GW_NAN;
        who->received[index] = GW_NAN;
        for (size_t p = 0; p < n_inside_parties(model); p++)
            who->cash_before[p * result->n_kept + index] = GW_NAN;
    }
}

/* ---- threads ------------------------------------------------------------------------------ */

/* The stretch of paths under way: its result keeps them all. */
typedef struct Work {
    const Plan *plan;
    RunResult *result;
    Summary *summary; /* to which its columns go; NULL: nowhere */
    void (*on_column)(struct Work *work, uint32_t column);
    const RunOptions *options;
    size_t lanes_per_tile;
    uint64_t n_tiles;
    atomic_uint_fast64_t next_tile, next_column;
    atomic_bool is_cancelled;
    pthread_mutex_t lock;
    uint64_t n_done;
} Work;

typedef struct {
    Work *work;
    Tile *tile;
    pthread_t thread;
    bool is_started;
    uint32_t n_periods; /* since the caller was last asked */
    uint64_t n_failed, n_short, n_faults;
} Worker;

static void finish_tile(Worker *worker, size_t n)
{
    const Tile *tile = worker->tile;

    for (size_t lane = 0; lane < n; lane++) {
        if (tile->failures[lane].kind != FAILED_NOT) {
            blank_path(tile->plan->model, worker->work->result, tile->first_index + lane);
            worker->n_failed++;
            continue;
        }
        worker->n_short += (uint64_t)tile->n_short[lane];
        worker->n_faults += (uint64_t)tile->n_faults[lane];
    }
}

static void tell_progress(Work *work, uint64_t n_paths)
{
    const RunOptions *options = work->options;

    pthread_mutex_lock(&work->lock);
    work->n_done += n_paths;
    if (options->progress != NULL && !atomic_load(&work->is_cancelled) &&
        !options->progress(options->context, work->n_done, options->n_paths))
        atomic_store(&work->is_cancelled, true);
    pthread_mutex_unlock(&work->lock);
}

static bool has_found(const Tile *tile, Lanes x, size_t lane)
{
    return tile->alive[lane] == 0 || isfinite(lanes_at(x, lane));
}

/* Writes the first output of the last blocks that have found it in every lane, and goes on without
 * them. */
static void leave_found(Tile *tile)
{
    Lanes x = machine_lanes(&tile->m, tile->plan->code->outputs[0]);
    double *column = tile->result->columns[0] + tile->first_index;

    while (tile->m.n_blocks > 0) {
        for (size_t lane = tile->m.n_lanes - GW_LANES; lane < tile->m.n_lanes; lane++)
            if (!has_found(tile, x, lane))
                return;
        for (size_t lane = tile->m.n_lanes - GW_LANES; lane < tile->n_valid; lane++)
            column[lane] = lanes_at(x, lane);
        tile_drop_block(tile);
    }
}

/* A tile may take seconds: whether to go on is asked inside it too, and then it ends early. */
static void look_between_periods(Tile *tile, void *context)
{
    Worker *worker = context;
    const RunVariants *variants = worker->work->options->variants;

    if (variants != NULL && variants->ends_when_found)
        leave_found(tile);
    if (++worker->n_periods < PERIODS_BETWEEN_ASKING)
        return;
    worker->n_periods = 0;
    tell_progress(worker->work, 0);
    if (atomic_load(&worker->work->is_cancelled))
        tile->n_alive = 0;
}

static void *run_tiles(void *context)
{
    Worker *worker = context;
    Work *work = worker->work;
    uint64_t n_paths = work->result->n_paths;

    while (!atomic_load(&work->is_cancelled)) {
        uint64_t number = atomic_fetch_add(&work->next_tile, 1);
        uint64_t first = number * work->lanes_per_tile;

        if (number >= work->n_tiles)
            break;
        uint64_t left = n_paths - first;
        size_t n = left < work->lanes_per_tile ? (size_t)left : work->lanes_per_tile;
        tile_run(worker->tile, work->result->first_path + first, first, n, NULL,
                 look_between_periods, worker);
        finish_tile(worker, n);
        tell_progress(work, n);
    }
    return NULL;
}

static void sum_up(Work *work, uint32_t column)
{
    summary_add_column(work->summary, work->result, column);
}

static void seal(Work *work, uint32_t column)
{
    summary_seal_column(work->summary, column);
}

static void *take_columns(void *context)
{
    Worker *worker = context;
    Work *work = worker->work;

    while (!atomic_load(&work->is_cancelled)) {
        uint64_t column = atomic_fetch_add(&work->next_column, 1);

        if (column >= work->summary->n_columns)
            break;
        work->on_column(work, (uint32_t)column);
        if (column % COLUMNS_BETWEEN_ASKING == 0)
            tell_progress(work, 0);
    }
    return NULL;
}

/* The calling thread is the first worker; a thread that cannot be had is done without. */
static void run_workers(Worker *workers, uint32_t n, void *(*work)(void *worker))
{
    for (uint32_t i = 1; i < n; i++)
        workers[i].is_started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    work(&workers[0]);
    for (uint32_t i = 1; i < n; i++)
        if (workers[i].is_started)
            pthread_join(workers[i].thread, NULL);
}

/* ---- whole sums --------------------------------------------------------------------------- */

static void add_sum(WholeSum *out, const WholeSum *x)
{
    const double shifter = 0x1.8p92;
    double low = out->low + x->low;
    double carried = (low + shifter) - shifter;

    out->high += x->high + carried;
    out->low = low - carried;
}

/* As promised: 0 <= low < 2^40. */
static void keep_sum(WholeSum sum, double *high, double *low)
{
    double units = gw_floor(sum.low / WHOLE_UNIT);

    *high = sum.high + units * WHOLE_UNIT;
    *low = sum.low - units * WHOLE_UNIT;
}

/* Sums of all workers, in the first one's, then as the result has them. */
static void merge_flows(const Model *model, RunResult *result, const Trace *trace,
                        const Worker *workers, uint32_t n)
{
    size_t n_slots = model->slots.count;
    WholeSum *due = workers[0].tile->flow_due;
    WholeSum *paid = workers[0].tile->flow_paid;

    for (uint32_t i = 1; i < n; i++)
        for (size_t j = 0; j < n_slots * model->n_periods; j++) {
            add_sum(&due[j], &workers[i].tile->flow_due[j]);
            add_sum(&paid[j], &workers[i].tile->flow_paid[j]);
        }
    trace_take_out(trace, due, paid);
    for (size_t slot = 0; slot < n_slots; slot++)
        for (size_t period = 0; period < model->n_periods; period++) {
            size_t to = slot * model->n_periods + period;
            size_t from = period * n_slots + slot;
            keep_sum(due[from], &result->due_high[to], &result->due_low[to]);
            keep_sum(paid[from], &result->paid_high[to], &result->paid_low[to]);
        }
}

static void merge_workers(const Model *model, RunResult *result, const Worker *workers, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        result->n_failed += workers[i].n_failed;
        result->n_clearings += workers[i].n_short;
        result->n_book_faults += workers[i].n_faults;
    }
    result->n_book_checks =
        (result->n_paths - result->n_failed) * model->n_periods * model->parties.count;
    for (uint64_t path = 0; path < result->n_kept; path++)
        result->n_kept_failed += result->is_failed[path];
}

static void finish_profile(Arena *arena, const Worker *workers, uint32_t n, RunProfile *profile)
{
    Tile **tiles = ARENA_ARRAY(arena, Tile *, n);

    for (uint32_t i = 0; i < n; i++)
        tiles[i] = workers[i].tile;
    profile_finish(arena, tiles, n, profile);
}

/* ---- the run ------------------------------------------------------------------------------ */

static void run_columns(Work *work, Worker *workers, uint32_t n_threads,
                        void (*on_column)(Work *work, uint32_t column))
{
    work->on_column = on_column;
    atomic_store(&work->next_column, 0);
    run_workers(workers, n_threads, take_columns);
}

static bool run_stretch(Work *work, Worker *workers, uint32_t n_threads, Trace *trace,
                        RunResult *stretch)
{
    work->result = stretch;
    work->n_tiles = (stretch->n_paths + work->lanes_per_tile - 1) / work->lanes_per_tile;
    atomic_store(&work->next_tile, 0);
    for (uint32_t i = 0; i < n_threads; i++)
        workers[i].tile->result = stretch;
    run_workers(workers, n_threads, run_tiles);
    if (!atomic_load(&work->is_cancelled) && !work->options->is_bare)
        trace_failures(trace, stretch->is_failed, stretch->first_path, stretch->n_paths);
    if (!atomic_load(&work->is_cancelled) && work->summary != NULL) {
        run_columns(work, workers, n_threads, sum_up);
        summary_add_checks(work->summary, stretch);
    }
    return !atomic_load(&work->is_cancelled);
}

/* First the paths that are kept, in the result's own columns; then the others, stretch by stretch
 * in columns that are used again. */
static bool run_stretches(Arena *arena, Work *work, Worker *workers, uint32_t n_threads,
                          RunResult *result, uint64_t n_stretch)
{
    const Model *model = work->plan->model;
    Trace *trace = trace_new(arena, model, work->plan->seed, result);
    RunResult kept = *result;
    RunResult *again = NULL;
    bool goes_on = true;

    kept.n_paths = result->n_kept;
    if (kept.n_paths > 0 || result->n_paths == 0)
        goes_on = run_stretch(work, workers, n_threads, trace, &kept);
    if (goes_on && result->n_kept < result->n_paths)
        again = bare_result(arena, model, 0, n_stretch, n_stretch);
    for (uint64_t at = result->n_kept; goes_on && at < result->n_paths; at += again->n_paths) {
        again->first_path = result->first_path + at;
        again->n_paths = again->n_kept = least_of(n_stretch, result->n_paths - at);
        memset(again->is_failed, 0, again->n_paths);
        goes_on = run_stretch(work, workers, n_threads, trace, again);
        memcpy(result->is_failed + at, again->is_failed, again->n_paths);
    }
    if (goes_on && work->summary != NULL) {
        run_columns(work, workers, n_threads, seal);
        goes_on = !atomic_load(&work->is_cancelled);
    }
    if (goes_on)
        merge_workers(model, result, workers, n_threads);
    if (goes_on && !work->options->is_bare)
        merge_flows(model, result, trace, workers, n_threads);
    return goes_on;
}

RunStatus run_program(Arena *arena, const Program *program, const RunOptions *options,
                      RunResult **out)
{
    const Model *model = program_model(program);
    const Code *code = program_code(program);
    RunSize size = run_size(program, options);
    uint32_t n_blocks = blocks_of(code, options);
    uint32_t n_threads = run_threads(options);
    Arena *scratch = options->scratch != NULL ? options->scratch : arena;
    bool is_done = false;

    assert((options->variants == NULL || options->is_bare) && "sums over variants mean nothing");
    if (size.n_kept == 0 || options->n_paths > LIMIT_PATHS)
        return RUN_TOO_BIG;
    if (run_kernels(NULL) == NULL)
        return RUN_NO_KERNELS;
    const Plan *plan = plan_new(scratch, model, code, options->seed);
    if (plan == NULL)
        return RUN_TOO_BIG;
    uint64_t n_kept = kept_here(&size, options);
    RunResult *result =
        options->is_bare
            ? bare_result(arena, model, options->first_path, options->n_paths, n_kept)
            : run_result_new(arena, model, options->first_path, options->n_paths, n_kept);
    if (size.n_stretch > 0)
        result->summary = summary_new(arena, model);
    Work work = {.plan = plan,
                 .summary = result->summary,
                 .options = options,
                 .lanes_per_tile = (size_t)n_blocks * GW_LANES};
    uint64_t n_tiles = (options->n_paths + work.lanes_per_tile - 1) / work.lanes_per_tile;

    n_threads = (uint32_t)least_of(n_threads, n_tiles > 0 ? n_tiles : 1);
    const Stretch *stretches =
        weave(scratch, code, plan->kernels, machine_width(work.lanes_per_tile));
    Worker *workers = ARENA_ARRAY(scratch, Worker, n_threads);
    for (uint32_t i = 0; i < n_threads; i++) {
        workers[i].work = &work;
        workers[i].tile = ARENA_NEW(scratch, Tile);
        tile_init(workers[i].tile, scratch, plan, n_blocks);
        if (!options->is_bare)
            tile_keep_flows(workers[i].tile, scratch);
        workers[i].tile->m.stretches = stretches;
        workers[i].tile->m.variants = options->variants;
        workers[i].tile->m.n_in_run = options->n_paths;
        if (options->profile != NULL)
            profile_start(workers[i].tile, scratch);
    }
    if (pthread_mutex_init(&work.lock, NULL) != 0)
        return RUN_NO_THREADS;
    is_done = run_stretches(arena, &work, workers, n_threads, result, size.n_stretch);
    pthread_mutex_destroy(&work.lock);
    if (!is_done)
        return RUN_CANCELLED;
    result->bytes = size.bytes;
    if (options->profile != NULL)
        finish_profile(arena, workers, n_threads, options->profile);
    *out = result;
    return RUN_OK;
}

/* ---- joining ------------------------------------------------------------------------------ */

static void copy_rows(double *to, uint64_t to_paths, uint64_t at, const double *from,
                      uint64_t from_paths, size_t n_rows)
{
    for (size_t row = 0; row < n_rows; row++)
        memcpy(to + row * to_paths + at, from + row * from_paths, from_paths * sizeof *to);
}

static void join_columns(const Model *model, RunResult *whole, const RunResult *part, uint64_t at)
{
    for (size_t i = 0; i < model->outputs.count; i++)
        copy_rows(whole->columns[i], whole->n_kept, at, part->columns[i], part->n_kept,
                  model->outputs.items[i].is_once ? 1 : model->n_periods);
    copy_rows(whole->worst_cover, whole->n_kept, at, part->worst_cover, part->n_kept,
              model->checks.count);
    for (size_t i = 0; i < model->checks.count; i++)
        memcpy(whole->held + i * whole->n_kept + at, part->held + i * part->n_kept, part->n_kept);
    for (uint32_t i = 0; i < whole->n_who_pays; i++) {
        copy_rows(whole->who_pays[i].shares, whole->n_kept, at, part->who_pays[i].shares,
                  part->n_kept, whole->who_pays[i].n_sources);
        copy_rows(whole->who_pays[i].received, whole->n_kept, at, part->who_pays[i].received,
                  part->n_kept, 1);
        copy_rows(whole->who_pays[i].cash_before, whole->n_kept, at, part->who_pays[i].cash_before,
                  part->n_kept, n_inside_parties(model));
    }
}

static void join_sums(const Model *model, RunResult *whole, const RunResult *part)
{
    for (size_t i = 0; i < model->slots.count * model->n_periods; i++) {
        WholeSum due = {whole->due_high[i], whole->due_low[i]};
        WholeSum paid = {whole->paid_high[i], whole->paid_low[i]};

        add_sum(&due, &(WholeSum){part->due_high[i], part->due_low[i]});
        add_sum(&paid, &(WholeSum){part->paid_high[i], part->paid_low[i]});
        keep_sum(due, &whole->due_high[i], &whole->due_low[i]);
        keep_sum(paid, &whole->paid_high[i], &whole->paid_low[i]);
    }
    whole->n_failed += part->n_failed;
    whole->n_kept_failed += part->n_kept_failed;
    whole->n_book_checks += part->n_book_checks;
    whole->n_book_faults += part->n_book_faults;
    whole->n_clearings += part->n_clearings;
    whole->bytes += part->bytes;
}

bool run_join(Arena *arena, const Model *model, RunResult *whole, const RunResult *part,
              bool (*goes_on)(void *context), void *context)
{
    uint64_t at = part->first_path - whole->first_path;
    uint32_t n_summed = whole->summary != NULL ? whole->summary->n_columns : 0;

    if (part->n_kept > 0)
        join_columns(model, whole, part, at);
    memcpy(whole->is_failed + at, part->is_failed, part->n_paths);
    for (uint32_t i = 0; i < n_summed; i++) {
        if (goes_on != NULL && i % COLUMNS_BETWEEN_ASKING == 0 && !goes_on(context))
            return false;
        summary_join_column(whole->summary, part->summary, i);
    }
    if (whole->summary != NULL)
        summary_join_checks(whole->summary, part->summary);
    join_sums(model, whole, part);
    for (size_t i = 0; i < part->failures.count && whole->failures.count < MAX_FAILURES; i++) {
        Failure *failure = LIST_PUSH(arena, &whole->failures);
        *failure = part->failures.items[i];
        failure->what = text_copy(arena, failure->what); /* the part may not stay */
    }
    return true;
}

bool run_join_end(RunResult *whole, bool (*goes_on)(void *context), void *context)
{
    uint32_t n_summed = whole->summary != NULL ? whole->summary->n_columns : 0;

    for (uint32_t i = 0; i < n_summed; i++) {
        if (goes_on != NULL && i % COLUMNS_BETWEEN_ASKING == 0 && !goes_on(context))
            return false;
        summary_seal_column(whole->summary, i);
    }
    return true;
}

RunResult *run_merge(Arena *arena, const Program *program, RunResult **parts, size_t n_parts)
{
    const Model *model = program_model(program);
    uint64_t n_paths = 0;
    uint64_t n_kept = 0;

    for (size_t i = 0; i < n_parts; i++) {
        n_paths += parts[i]->n_paths;
        n_kept += parts[i]->n_kept;
    }
    RunResult *whole =
        run_result_new(arena, model, n_parts > 0 ? parts[0]->first_path : 0, n_paths, n_kept);
    if (n_kept < n_paths)
        whole->summary = summary_new(arena, model);
    for (size_t i = 0; i < n_parts; i++)
        (void)run_join(arena, model, whole, parts[i], NULL, NULL);
    (void)run_join_end(whole, NULL, NULL);
    return whole;
}
