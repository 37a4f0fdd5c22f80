/* RESTS ON: which fixed assumptions move the report's main output most.
 *
 * Every one is raised by a tenth over a few paths, spread over the order of that output; those
 * that moved it are measured again over more, and the best of these over the run's first paths.
 * The draws are the run's own, so a move shows at once. One program serves a whole round: the
 * numbers are lifted out of it, and each variant of a path is a lane of its own. A number that the
 * checker acted on, such as a belt's length, makes another model, which is built anew. */
#include "api/running.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_NUDGES = 400, /* fixed assumptions that are tried, */
    FEW_PATHS = 32,    /* each over so many paths; */
    MOST_KEPT = 16,    /* that moved it most, tried again */
    MORE_PATHS = 128,  /* over so many; so are all where fewer than */
    FEWEST_MOVED = 3,  /* moved it; */
    MOST_SHOWN = 4,    /* measured at last over so many: */
    SHOWN_PATHS = 1024
};
#define NUDGE_FACTOR 1.1

/* A way to measure: the paths, and how high the output is there when nothing is raised. */
typedef struct {
    uint32_t *paths;
    double *before;
    size_t n_paths;
    double lowest, highest; /* what lies beyond counts as if it were there */
} Sample;

typedef struct {
    Running *running;
    Output about;    /* the main output, of its last period alone */
    Model made;      /* the run's model when nothing else is asked of it */
    uint32_t *order; /* the first SHOWN_PATHS that did not fail, by the output */
    double *column;  /* the output there, by path */
    size_t n_ordered;
} Search;

static size_t at_most(size_t count, size_t most)
{
    return count < most ? count : most;
}

/* A short run is tried over fewer paths still: it says less anyhow. */
static size_t few_paths(const Running *running)
{
    size_t part = (size_t)running->options.paths / 50;

    return at_most(part > FEW_PATHS / 4 ? part : FEW_PATHS / 4, FEW_PATHS);
}

static size_t more_paths(const Running *running)
{
    return few_paths(running) * (MORE_PATHS / FEW_PATHS);
}

/* ---- a round -------------------------------------------------------------------------------- */

/* The output of every variant and path; NaN where the path failed. */
static GwStatus run_lanes(Search *search, const Program *program, const RunVariants *variants,
                          size_t n_variants, double *out)
{
    Running *running = search->running;
    RunOptions options = running_side_options(running, n_variants * variants->n_paths);
    RunResult *result = NULL;
    RunStatus status;

    options.variants = variants;
    status = run_program(running->run->side, program, &options, &result);
    if (status != RUN_OK)
        return running_status(running->model, status);
    for (size_t i = 0; i < result->n_paths; i++)
        out[i] = result->is_failed[i] ? (double)NAN : result->columns[0][i];
    running->progress.done_before += result->n_paths;
    return GW_OK;
}

/* Those that shape the model, one by one; a variant that does not compile moves nothing. */
static GwStatus measure_shaping(Search *search, const Sample *sample, const Nudge *nudge,
                                double *out)
{
    Running *running = search->running;
    BuildOptions build = model_build_options(running->model);
    RunVariants variants = {.paths = sample->paths, .n_paths = sample->n_paths};
    const Parameter *parameter = &running->run->built->model->parameters.items[nudge->parameter];
    const Program *program = NULL;
    const Model *made = NULL;

    build.nudged = kept_string(running->run->side, parameter->name);
    build.nudge_factor = NUDGE_FACTOR;
    program = side_program(running->run->side, running->model, &build, SIDE_ONE_OUTPUT,
                           search->about.name, &made);
    if (program != NULL && made->outputs.count > 0)
        return run_lanes(search, program, &variants, 1, out);
    memcpy(out, sample->before, sample->n_paths * sizeof *out);
    running->progress.done_before += sample->n_paths;
    return GW_OK;
}

/* The others, all at once, with their numbers lifted out of one program. */
static GwStatus measure_lifted(Search *search, const Sample *sample, Nudge *const *nudges,
                               size_t n_nudges, double *out)
{
    Arena *arena = search->running->run->side;
    bool *is_lifted = ARENA_ARRAY(arena, bool, search->made.n_literals + 1);
    const Node *const *inputs = NULL;
    const Program *program = NULL;
    double *numbers = NULL;
    RunVariants variants = {.paths = sample->paths, .n_paths = sample->n_paths};

    if (n_nudges == 0)
        return GW_OK;
    for (size_t i = 0; i < n_nudges; i++)
        is_lifted[search->made.parameters.items[nudges[i]->parameter].literal->index] = true;
    program = program_build_lifted(arena, &search->made, is_lifted);
    variants.n_inputs = program_inputs(program, &inputs);
    numbers = ARENA_ARRAY(arena, double, n_nudges *variants.n_inputs + 1);
    for (size_t i = 0; i < n_nudges; i++) {
        const Literal *literal = search->made.parameters.items[nudges[i]->parameter].literal;
        for (size_t k = 0; k < variants.n_inputs; k++)
            numbers[i * variants.n_inputs + k] = node_renumbered(inputs[k], literal, NUDGE_FACTOR);
    }
    variants.inputs = numbers;
    return run_lanes(search, program, &variants, n_nudges, out);
}

/* The output of each nudge at each path of the sample; what fails there counts as unmoved. */
static GwStatus measure(Search *search, const Sample *sample, double *out)
{
    Running *running = search->running;
    const Model *made = running->run->built->model;
    Nudge *nudges = running->run->input.nudges.items;
    size_t n = running->run->input.nudges.count;
    Nudge **lifted = ARENA_ARRAY(running->run->arena, Nudge *, n + 1);
    double *together = ARENA_ARRAY(running->run->arena, double, n * sample->n_paths + 1);
    size_t n_lifted = 0;
    GwStatus status = GW_OK;

    for (size_t i = 0; i < n && status == GW_OK; i++) {
        if (!made->parameters.items[nudges[i].parameter].literal->shapes_the_model) {
            lifted[n_lifted++] = &nudges[i];
            continue;
        }
        side_renew(running);
        status = measure_shaping(search, sample, &nudges[i], &out[i * sample->n_paths]);
    }
    side_renew(running);
    if (status == GW_OK)
        status = measure_lifted(search, sample, lifted, n_lifted, together);
    for (size_t i = 0; i < n_lifted && status == GW_OK; i++)
        memcpy(&out[(size_t)(lifted[i] - nudges) * sample->n_paths], &together[i * sample->n_paths],
               sample->n_paths * sizeof *out);
    for (size_t i = 0; i < n * sample->n_paths && status == GW_OK; i++)
        out[i] = isnan(out[i]) ? sample->before[i % sample->n_paths] : out[i];
    return status;
}

/* ---- samples -------------------------------------------------------------------------------- */

static bool is_mean(const Search *search)
{
    return search->about.type == TYPE_DATE || search->about.type == TYPE_YESNO;
}

/* Paths at even distances in the output's order; for a median, those next to it. */
static Sample sample_of(const Search *search, size_t n_paths)
{
    Arena *arena = search->running->run->arena;
    size_t n = search->n_ordered;
    Sample sample = {.n_paths = at_most(n_paths, n), .lowest = -INFINITY, .highest = INFINITY};
    size_t first = (n - sample.n_paths) / 2;

    sample.paths = ARENA_ARRAY(arena, uint32_t, sample.n_paths + 1);
    sample.before = ARENA_ARRAY(arena, double, sample.n_paths + 1);
    for (size_t i = 0; i < sample.n_paths; i++) {
        size_t even = (2 * i + 1) * n / (2 * sample.n_paths);
        sample.paths[i] = search->order[is_mean(search) ? even : first + i];
        sample.before[i] = search->column[sample.paths[i]];
    }
    if (search->about.type == TYPE_DATE)
        sample.highest = search->made.until + 1;
    if (!is_mean(search) && n > 0) {
        sample.lowest = search->column[search->order[n / 4]];
        sample.highest = search->column[search->order[n - 1 - n / 4]];
    }
    return sample;
}

static double held(const Sample *sample, double x)
{
    return fmin(fmax(x, sample->lowest), sample->highest);
}

static double mean_move(const Sample *sample, const double *after)
{
    double sum = 0;

    for (size_t i = 0; i < sample->n_paths; i++)
        sum += held(sample, after[i]) - held(sample, sample->before[i]);
    return sum / (double)sample->n_paths;
}

/* ---- the search ----------------------------------------------------------------------------- */

typedef struct {
    Nudge nudge;
    double moved;
} Moved;

static int larger_move_first(const void *a, const void *b)
{
    const Moved *left = a;
    const Moved *right = b;

    if (left->moved != right->moved)
        return left->moved < right->moved ? 1 : -1;
    return left->nudge.parameter < right->nudge.parameter
               ? -1
               : left->nudge.parameter > right->nudge.parameter;
}

/* Sorts the nudges, the largest move first; how many moved it. */
static size_t sort_nudges(Running *running, const double *moves)
{
    Nudge *nudges = running->run->input.nudges.items;
    size_t n = running->run->input.nudges.count;
    Moved *moved = ARENA_ARRAY(running->run->arena, Moved, n + 1);
    size_t n_moved = 0;

    for (size_t i = 0; i < n; i++) {
        moved[i] = (Moved){nudges[i], fabs(moves[i])};
        n_moved += moves[i] != 0;
    }
    qsort(moved, n, sizeof *moved, larger_move_first);
    for (size_t i = 0; i < n; i++)
        nudges[i] = moved[i].nudge;
    return n_moved;
}

static GwStatus screen(Search *search, size_t n_paths, size_t *n_moved)
{
    Running *running = search->running;
    Sample sample = sample_of(search, n_paths);
    size_t n = running->run->input.nudges.count;
    double *after = ARENA_ARRAY(running->run->arena, double, n *sample.n_paths + 1);
    double *moves = ARENA_ARRAY(running->run->arena, double, n + 1);
    GwStatus status = measure(search, &sample, after);

    for (size_t i = 0; i < n && status == GW_OK; i++)
        moves[i] = mean_move(&sample, &after[i * sample.n_paths]);
    *n_moved = status == GW_OK ? sort_nudges(running, moves) : 0;
    return status;
}

/* The best once more over the run's first paths, as the report's reader would. */
static GwStatus measure_shown(Search *search)
{
    Running *running = search->running;
    ReportInput *input = &running->run->input;
    size_t n_paths = (size_t)input->nudge_paths;
    size_t n = input->nudges.count;
    Arena *arena = running->run->arena;
    Sample sample = {.paths = ARENA_ARRAY(arena, uint32_t, n_paths),
                     .before = search->column,
                     .n_paths = n_paths};
    double *after = ARENA_ARRAY(arena, double, n *n_paths + 1);
    double *moves = ARENA_ARRAY(arena, double, n + 1);
    double before = report_middle(&search->made, &search->about, search->column, n_paths,
                                  running->run->sorting);
    GwStatus status = GW_OK;

    for (size_t i = 0; i < n_paths; i++)
        sample.paths[i] = (uint32_t)i;
    status = measure(search, &sample, after);
    for (size_t i = 0; i < n && status == GW_OK; i++) {
        input->nudges.items[i].before = before;
        input->nudges.items[i].after = report_middle(
            &search->made, &search->about, &after[i * n_paths], n_paths, running->run->sorting);
        moves[i] = input->nudges.items[i].after - before;
    }
    if (status == GW_OK)
        (void)sort_nudges(running, moves);
    return status;
}

/* All are tried; where almost none moves it, those that did not are tried over more paths. */
static GwStatus choose(Search *search)
{
    ReportInput *input = &search->running->run->input;
    size_t n_moved = 0;
    size_t n_few = few_paths(search->running);
    size_t n_more = more_paths(search->running);
    GwStatus status = screen(search, n_few, &n_moved);

    input->tried_paths = at_most(search->n_ordered, n_few);
    if (status == GW_OK && n_moved < at_most(FEWEST_MOVED, input->nudges.count)) {
        status = screen(search, n_more, &n_moved);
        input->tried_paths = at_most(search->n_ordered, n_more);
    } else if (status == GW_OK) {
        input->nudges.count = at_most(n_moved, MOST_KEPT);
        if (n_moved > MOST_SHOWN)
            status = screen(search, n_more, &n_moved);
    }
    input->nudges.count = at_most(n_moved, MOST_SHOWN);
    return status;
}

static bool can_nudge(const Parameter *parameter)
{
    return parameter->attribution == 'a' && parameter->literal != NULL &&
           isfinite(parameter->number) && parameter->number != 0;
}

static size_t count_nudges(const Model *made)
{
    size_t count = 0;

    for (size_t i = 0; i < made->parameters.count; i++)
        count += can_nudge(&made->parameters.items[i]);
    return count;
}

static bool is_wanted(const Running *running)
{
    return running->options.with_side_runs && !running->options.without_rests_on &&
           running->options.paths >= REPORT_FEWEST_SPREAD &&
           report_main_output(running->run->built->model) != NO_ID;
}

/* Foretold for the progress: as many as there can be. */
uint64_t nudges_paths(const Running *running)
{
    size_t count = at_most(count_nudges(running->run->built->model), MOST_NUDGES);

    if (!is_wanted(running) || count == 0)
        return 0;
    return count * few_paths(running) + at_most(count, MOST_KEPT) * more_paths(running) +
           at_most(count, MOST_SHOWN) * at_most(running->options.paths, SHOWN_PATHS);
}

static int order_of(const void *a, const void *b)
{
    const double *left = *(double *const *)a;
    const double *right = *(double *const *)b;

    if (*left != *right)
        return *left < *right ? -1 : 1;
    return left < right ? -1 : 1;
}

/* The run's first paths, and their order by the output. */
static void take_column(Search *search, uint32_t output, size_t n_paths)
{
    const GwRun *run = search->running->run;
    const double *column = run->result->columns[output];
    const double **order = ARENA_ARRAY(run->arena, const double *, n_paths + 1);

    if (!run->built->model->outputs.items[output].is_once)
        column += (size_t)(run->built->model->n_periods - 1) * (size_t)run->result->n_kept;
    search->column = ARENA_ARRAY(run->arena, double, n_paths + 1);
    search->order = ARENA_ARRAY(run->arena, uint32_t, n_paths + 1);
    for (size_t i = 0; i < n_paths; i++) {
        search->column[i] = run->result->is_failed[i] ? (double)NAN : column[i];
        if (!run->result->is_failed[i])
            order[search->n_ordered++] = &search->column[i];
    }
    qsort(order, search->n_ordered, sizeof *order, order_of);
    for (size_t i = 0; i < search->n_ordered; i++)
        search->order[i] = (uint32_t)(order[i] - search->column);
}

/* The model with nothing asked of it but the main output at the end. */
static void ask_for_one(Search *search, uint32_t output)
{
    search->made = *search->running->run->built->model;
    search->about = search->made.outputs.items[output];
    search->about.is_once = true;
    search->made.outputs.items = &search->about;
    search->made.outputs.count = 1;
    search->made.views.count = search->made.checks.count = 0;
}

GwStatus nudges_run(Running *running)
{
    GwRun *run = running->run;
    ReportInput *input = &run->input;
    const Model *made = run->built->model;
    Search search = {.running = running};
    size_t n_shown = at_most((size_t)run->result->n_kept, SHOWN_PATHS);
    GwStatus status;

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
    ask_for_one(&search, report_main_output(made));
    take_column(&search, report_main_output(made), n_shown);
    input->nudge_paths = n_shown;
    if (search.n_ordered == 0) {
        input->nudges.count = 0;
        return GW_OK;
    }
    status = choose(&search);
    return status == GW_OK && input->nudges.count > 0 ? measure_shown(&search) : status;
}
