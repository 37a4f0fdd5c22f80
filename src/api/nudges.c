/* RESTS ON: which fixed assumptions move the report's main output most.
 *
 * Every one is raised by a tenth over a few paths, spread over the order of that output; those
 * that moved it most are measured again over more, and the best of these over the run's first
 * paths. The draws are the run's own, so a move shows at once. What was measured once is not
 * measured again.
 *
 * One program serves a whole round: the numbers are lifted out of it, and each variant of a path is
 * a lane of its own. Nearly all numbers leave nearly every path as it was, so of many they are
 * first raised some at once: where that moves nothing, none of them is looked at by itself. A
 * number that the checker acted on, such as a belt's length, makes another model, which is built
 * anew. */
#include "api/running.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_NUDGES = 400,  /* fixed assumptions that are tried, */
    FEW_PATHS = 32,     /* each over so many paths, */
    FEWEST_PATHS = 4,   /* or fewer of a short run: */
    PATHS_A_FEW = 64,   /* one for so many of its paths; */
    MOST_KEPT = 8,      /* that moved it most, tried again over */
    TIMES_MORE = 9,     /* times as many; so are all where fewer than */
    FEWEST_MOVED = 3,   /* moved it; */
    MOST_SHOWN = 3,     /* measured at last over so many: */
    SHOWN_PATHS = 1024, /* or a quarter of a shorter run */
    FEWEST_SHOWN_PATHS = 128,
    AT_ONCE = 8, /* are raised together, where there are at least */
    FEWEST_IN_GROUPS = 64
};
#define NUDGE_FACTOR 1.1

/* A fixed assumption, and the output when it is raised, by path: NaN where that is not known. */
typedef struct {
    uint32_t parameter;
    double *after;
    double moved;
} Candidate;

/* The paths to measure on. */
typedef struct {
    uint32_t *paths;
    size_t n_paths;
    double lowest, highest; /* what lies beyond counts as if it were there */
} Sample;

typedef struct {
    Running *running;
    Output about;       /* the main output, of its last period alone */
    bool is_found_once; /* `first(...)`: what a path has found stays */
    Model made;         /* the run's model when nothing else is asked of it */
    uint32_t *order;    /* the first paths that did not fail, by the output */
    double *column;     /* the output there, by path; NaN where it failed */
    size_t n_ordered, n_paths;
    Candidate *candidates;
    size_t n_candidates;
} Search;

/* Lanes of one run: a path each, and which row of inputs it has. */
typedef struct {
    uint32_t *paths, *rows;
    size_t n;
    double *out;
} Lanes;

/* A program whose numbers are lifted, and rows of inputs for it. */
typedef struct {
    const Program *program;
    const Node *const *inputs;
    size_t n_inputs;
    bool *is_raised; /* scratch, by literal */
    double *rows;
} Lifted;

static size_t at_most(size_t count, size_t most)
{
    return count < most ? count : most;
}

static size_t at_least(size_t count, size_t least)
{
    return count > least ? count : least;
}

/* A short run is tried over fewer paths still: it says less anyhow. */
static size_t few_paths(const Running *running)
{
    return at_most(at_least((size_t)running->options.paths / PATHS_A_FEW, FEWEST_PATHS), FEW_PATHS);
}

static size_t shown_paths(uint64_t n_paths)
{
    size_t half = at_least((size_t)n_paths / 2, FEWEST_SHOWN_PATHS);

    return at_most(at_most((size_t)n_paths, half), SHOWN_PATHS);
}

static const Parameter *parameter_of(const Search *search, const Candidate *candidate)
{
    return &search->made.parameters.items[candidate->parameter];
}

/* ---- lanes ---------------------------------------------------------------------------------- */

static Lanes lanes_new(Arena *arena, size_t most)
{
    return (Lanes){.paths = ARENA_ARRAY(arena, uint32_t, most + 1),
                   .rows = ARENA_ARRAY(arena, uint32_t, most + 1),
                   .out = ARENA_ARRAY(arena, double, most + 1)};
}

static void lanes_add(Lanes *lanes, uint32_t path, uint32_t row)
{
    lanes->paths[lanes->n] = path;
    lanes->rows[lanes->n++] = row;
}

/* The output in every lane; what fails there counts as unmoved. */
static GwStatus run_lanes(Search *search, const Program *program, const double *inputs,
                          size_t n_inputs, Lanes *lanes)
{
    Running *running = search->running;
    RunOptions options = running_side_options(running, lanes->n);
    RunVariants variants = {.paths = lanes->paths,
                            .rows = lanes->rows,
                            .inputs = inputs,
                            .n_inputs = n_inputs,
                            .ends_when_found = search->is_found_once};
    RunResult *result = NULL;
    GwStatus status;

    if (lanes->n == 0)
        return GW_OK;
    options.variants = &variants;
    options.is_bare = true;
    status = running_run(running, running->run->side, program, options, &result);
    if (status != GW_OK)
        return status;
    for (size_t i = 0; i < lanes->n; i++) {
        double found = result->is_failed[i] ? (double)NAN : result->columns[0][i];
        lanes->out[i] = isnan(found) ? search->column[lanes->paths[i]] : found;
    }
    running->progress.done_before += lanes->n;
    return GW_OK;
}

/* ---- numbers that shape the model ----------------------------------------------------------- */

/* One that does not compile moves nothing. */
static GwStatus measure_shaping(Search *search, const Sample *sample, Candidate *candidate)
{
    Running *running = search->running;
    BuildOptions build = model_build_options(running->model);
    Lanes lanes = {0};
    const Program *program = NULL;
    const Model *made = NULL;
    GwStatus status = GW_OK;

    side_renew(running);
    lanes = lanes_new(running->run->side, sample->n_paths);
    for (size_t k = 0; k < sample->n_paths; k++)
        if (isnan(candidate->after[sample->paths[k]]))
            lanes_add(&lanes, sample->paths[k], 0);
    if (lanes.n == 0)
        return GW_OK;
    build.nudged = kept_string(running->run->side, parameter_of(search, candidate)->name);
    build.nudge_factor = NUDGE_FACTOR;
    program = side_program(running->run->side, running->model, &build, SIDE_ONE_OUTPUT,
                           search->about.name, &made);
    if (program != NULL && made->outputs.count > 0)
        status = run_lanes(search, program, NULL, 0, &lanes);
    else
        for (size_t i = 0; i < lanes.n; i++)
            lanes.out[i] = search->column[lanes.paths[i]];
    for (size_t i = 0; i < lanes.n && status == GW_OK; i++)
        candidate->after[lanes.paths[i]] = lanes.out[i];
    return status;
}

/* ---- all others ----------------------------------------------------------------------------- */

static Lifted lift(Search *search, Candidate *const *candidates, size_t n)
{
    Arena *arena = search->running->run->side;
    size_t n_literals = search->made.n_literals;
    bool *is_lifted = ARENA_ARRAY(arena, bool, n_literals + 1);
    Lifted lifted = {.is_raised = ARENA_ARRAY(arena, bool, n_literals + 1)};

    for (size_t i = 0; i < n; i++)
        is_lifted[parameter_of(search, candidates[i])->literal->index] = true;
    lifted.program = program_build_lifted(arena, &search->made, is_lifted);
    lifted.n_inputs = program_inputs(lifted.program, &lifted.inputs);
    lifted.rows = ARENA_ARRAY(arena, double, n *lifted.n_inputs + 1);
    return lifted;
}

/* The inputs when so many candidates are raised together. */
static void fill_row(const Search *search, Lifted *lifted, size_t row, Candidate *const *candidates,
                     size_t n)
{
    for (size_t i = 0; i < n; i++)
        lifted->is_raised[parameter_of(search, candidates[i])->literal->index] = true;
    for (size_t k = 0; k < lifted->n_inputs; k++)
        lifted->rows[row * lifted->n_inputs + k] =
            node_renumbered(lifted->inputs[k], lifted->is_raised, NUDGE_FACTOR);
    for (size_t i = 0; i < n; i++)
        lifted->is_raised[parameter_of(search, candidates[i])->literal->index] = false;
}

/* Raises them some at once; in *lanes those of each group and path, and what they came to. */
static GwStatus measure_groups(Search *search, const Sample *sample, Lifted *lifted,
                               Candidate *const *candidates, size_t n, Lanes *lanes)
{
    size_t n_groups = (n + AT_ONCE - 1) / AT_ONCE;

    for (size_t g = 0; g < n_groups; g++)
        fill_row(search, lifted, g, candidates + g * AT_ONCE, at_most(AT_ONCE, n - g * AT_ONCE));
    *lanes = lanes_new(search->running->run->side, n_groups * sample->n_paths);
    for (size_t k = 0; k < sample->n_paths; k++)
        for (size_t g = 0; g < n_groups; g++)
            lanes_add(lanes, sample->paths[k], (uint32_t)g);
    return run_lanes(search, lifted->program, lifted->rows, lifted->n_inputs, lanes);
}

/* Each candidate and path that is not known, but for groups that moved nothing. */
static Lanes list_lanes(Search *search, const Sample *sample, Candidate *const *candidates,
                        size_t n, const Lanes *groups)
{
    Lanes lanes = lanes_new(search->running->run->side, n * sample->n_paths);

    for (size_t k = 0; k < sample->n_paths; k++) {
        uint32_t path = sample->paths[k];
        for (size_t i = 0; i < n; i++) {
            size_t group = k * (groups->n / sample->n_paths) + i / AT_ONCE;
            if (groups->n > 0 && groups->out[group] == search->column[path])
                continue;
            if (isnan(candidates[i]->after[path]) && !isnan(search->column[path]))
                lanes_add(&lanes, path, (uint32_t)i);
        }
    }
    return lanes;
}

static GwStatus measure_lifted(Search *search, const Sample *sample, Candidate *const *candidates,
                               size_t n)
{
    Lifted lifted = {0};
    Lanes groups = {0};
    Lanes lanes = {0};
    GwStatus status = GW_OK;

    if (n == 0)
        return GW_OK;
    side_renew(search->running);
    lifted = lift(search, candidates, n);
    if (n >= FEWEST_IN_GROUPS)
        status = measure_groups(search, sample, &lifted, candidates, n, &groups);
    if (status != GW_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        fill_row(search, &lifted, i, candidates + i, 1);
    lanes = list_lanes(search, sample, candidates, n, &groups);
    status = run_lanes(search, lifted.program, lifted.rows, lifted.n_inputs, &lanes);
    for (size_t i = 0; i < lanes.n && status == GW_OK; i++)
        candidates[lanes.rows[i]]->after[lanes.paths[i]] = lanes.out[i];
    return status;
}

/* The output of each candidate at each path of the sample. */
static GwStatus measure(Search *search, const Sample *sample)
{
    Candidate **lifted = (Candidate **)arena_array(search->running->run->arena,
                                                   search->n_candidates + 1, sizeof *lifted);
    size_t n_lifted = 0;
    GwStatus status = GW_OK;

    for (size_t i = 0; i < search->n_candidates && status == GW_OK; i++) {
        Candidate *candidate = &search->candidates[i];
        if (parameter_of(search, candidate)->literal->shapes_the_model)
            status = measure_shaping(search, sample, candidate);
        else
            lifted[n_lifted++] = candidate;
    }
    return status == GW_OK ? measure_lifted(search, sample, lifted, n_lifted) : status;
}

/* ---- samples -------------------------------------------------------------------------------- */

static bool is_mean(const Search *search)
{
    return search->about.type == TYPE_DATE || search->about.type == TYPE_YESNO;
}

/* Where half of the paths are alike, every move counts. */
static void hold_between_quartiles(const Search *search, Sample *sample)
{
    size_t n = search->n_ordered;
    double low = search->column[search->order[n / 4]];
    double high = search->column[search->order[n - 1 - n / 4]];

    if (low < high) {
        sample->lowest = low;
        sample->highest = high;
    }
}

/* Paths at even distances in the output's order; for a median, those next to it. A sample
 * TIMES_MORE as large holds the smaller one. The last come first: of lanes that stand together a
 * run drops the last ones that have found their day. */
static Sample sample_of(const Search *search, size_t n_paths)
{
    Arena *arena = search->running->run->arena;
    size_t n = search->n_ordered;
    Sample sample = {.n_paths = at_most(n_paths, n), .lowest = -INFINITY, .highest = INFINITY};
    size_t first = (n - sample.n_paths) / 2;

    sample.paths = ARENA_ARRAY(arena, uint32_t, sample.n_paths + 1);
    for (size_t i = 0; i < sample.n_paths; i++) {
        size_t even = (2 * i + 1) * n / (2 * sample.n_paths);
        sample.paths[sample.n_paths - 1 - i] = search->order[is_mean(search) ? even : first + i];
    }
    if (search->about.type == TYPE_DATE)
        sample.highest = search->made.until + 1;
    if (!is_mean(search) && n > 0)
        hold_between_quartiles(search, &sample);
    return sample;
}

static double held(const Sample *sample, double x)
{
    return fmin(fmax(x, sample->lowest), sample->highest);
}

/* How far the paths moved, in all: whatever way each went, or to where they went together. What
 * was not measured did not. */
static double move_of(const Search *search, const Sample *sample, const Candidate *candidate,
                      bool is_together)
{
    double sum = 0;

    for (size_t i = 0; i < sample->n_paths; i++) {
        uint32_t path = sample->paths[i];
        double move = held(sample, candidate->after[path]) - held(sample, search->column[path]);
        if (!isnan(candidate->after[path]))
            sum += is_together ? move : fabs(move);
    }
    return sum;
}

/* ---- the search ----------------------------------------------------------------------------- */

static int larger_move_first(const void *a, const void *b)
{
    const Candidate *left = a;
    const Candidate *right = b;

    if (fabs(left->moved) != fabs(right->moved))
        return fabs(left->moved) < fabs(right->moved) ? 1 : -1;
    return left->parameter < right->parameter ? -1 : left->parameter > right->parameter;
}

/* Sorts the candidates, the largest move first; how many moved it. */
static size_t sort_candidates(Search *search)
{
    size_t n_moved = 0;

    for (size_t i = 0; i < search->n_candidates; i++)
        n_moved += search->candidates[i].moved != 0;
    qsort(search->candidates, search->n_candidates, sizeof *search->candidates, larger_move_first);
    return n_moved;
}

/* Over few paths a number is kept that moves some of them much, for what they come to together is
 * chance; over more, by that. */
static GwStatus screen(Search *search, size_t n_paths, bool is_together, size_t *n_moved)
{
    Sample sample = sample_of(search, n_paths);
    GwStatus status = measure(search, &sample);

    for (size_t i = 0; i < search->n_candidates && status == GW_OK; i++)
        search->candidates[i].moved = move_of(search, &sample, &search->candidates[i], is_together);
    *n_moved = status == GW_OK ? sort_candidates(search) : 0;
    return status;
}

/* The paths that the best are measured on: for a mean, those that it was chosen by, or some times
 * as many; for a median the run's first, as the report's reader would. */
static Sample shown_sample(const Search *search)
{
    size_t n_paths = shown_paths(search->running->run->result->n_kept);
    size_t n_more = at_most(few_paths(search->running) * TIMES_MORE, search->n_ordered);
    size_t times = n_paths / at_least(n_more, 1);
    Sample sample = {.n_paths = n_paths};

    if (is_mean(search))
        return sample_of(search, n_more * (times > 0 ? (times - 1) / 2 * 2 + 1 : 1));
    sample.paths = ARENA_ARRAY(search->running->run->arena, uint32_t, n_paths + 1);
    for (size_t i = 0; i < n_paths; i++)
        sample.paths[i] = (uint32_t)i;
    return sample;
}

static double middle_of(const Search *search, const Sample *sample, const double *column)
{
    GwRun *run = search->running->run;
    double *there = ARENA_ARRAY(run->arena, double, sample->n_paths + 1);

    for (size_t i = 0; i < sample->n_paths; i++)
        there[i] = column[sample->paths[i]];
    return report_middle(&search->made, &search->about, there, sample->n_paths, run->sorting);
}

static GwStatus measure_shown(Search *search)
{
    GwRun *run = search->running->run;
    Sample sample = shown_sample(search);
    double before = middle_of(search, &sample, search->column);
    GwStatus status = measure(search, &sample);

    run->input.nudge_paths = sample.n_paths;
    if (status != GW_OK)
        return status;
    for (size_t i = 0; i < search->n_candidates; i++) {
        Candidate *candidate = &search->candidates[i];
        candidate->moved = middle_of(search, &sample, candidate->after) - before;
    }
    (void)sort_candidates(search);
    for (size_t i = 0; i < search->n_candidates; i++)
        *LIST_PUSH(run->arena, &run->input.nudges) =
            (Nudge){.parameter = search->candidates[i].parameter,
                    .before = before,
                    .after = middle_of(search, &sample, search->candidates[i].after)};
    return GW_OK;
}

/* All are tried; where almost none moves it, all are tried over more paths. */
static GwStatus choose(Search *search)
{
    ReportInput *input = &search->running->run->input;
    size_t n_moved = 0;
    size_t n_few = few_paths(search->running);
    size_t n_more = n_few * TIMES_MORE;
    GwStatus status = screen(search, n_few, false, &n_moved);

    input->tried_paths = at_most(search->n_ordered, n_few);
    if (status == GW_OK && n_moved < at_most(FEWEST_MOVED, search->n_candidates)) {
        status = screen(search, n_more, true, &n_moved);
        input->tried_paths = at_most(search->n_ordered, n_more);
    } else if (status == GW_OK) {
        search->n_candidates = at_most(n_moved, MOST_KEPT);
        if (n_moved > MOST_SHOWN)
            status = screen(search, n_more, true, &n_moved);
    }
    search->n_candidates = at_most(n_moved, MOST_SHOWN);
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
    size_t n_few = few_paths(running);

    if (!is_wanted(running) || count == 0)
        return 0;
    return (count + count / AT_ONCE + 1) * n_few +
           at_most(count, MOST_KEPT) * (TIMES_MORE - 1) * n_few +
           at_most(count, MOST_SHOWN) * shown_paths(running->options.paths);
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
    search->n_paths = n_paths;
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

/* The day on which something first was so, and nothing made of it. */
static bool is_found_once(const Model *made, const Output *output)
{
    const Value *value = &made->values.items[output->value];

    while (value->kind == VALUE_FORMULA &&
           (value->expr->op == N_VALUE || value->expr->op == N_CLOSING))
        value = &made->values.items[value->expr->value];
    return value->kind == VALUE_FIRST;
}

/* The model with nothing asked of it but the main output at the end. */
static void ask_for_one(Search *search, uint32_t output)
{
    search->made = *search->running->run->built->model;
    search->about = search->made.outputs.items[output];
    search->about.is_once = true;
    search->is_found_once = is_found_once(&search->made, &search->about);
    search->made.outputs.items = &search->about;
    search->made.outputs.count = 1;
    search->made.views.count = search->made.checks.count = 0;
}

static void add_candidate(Search *search, size_t parameter)
{
    Arena *arena = search->running->run->arena;
    Candidate *candidate = &search->candidates[search->n_candidates++];

    candidate->parameter = (uint32_t)parameter;
    candidate->after = ARENA_ARRAY(arena, double, search->n_paths + 1);
    for (size_t path = 0; path < search->n_paths; path++)
        candidate->after[path] = (double)NAN;
}

GwStatus nudges_run(Running *running)
{
    GwRun *run = running->run;
    ReportInput *input = &run->input;
    const Model *made = run->built->model;
    Search search = {.running = running};
    GwStatus status;

    if (!is_wanted(running) || count_nudges(made) == 0)
        return GW_OK;
    input->n_nudged = (uint32_t)at_most(count_nudges(made), MOST_NUDGES);
    input->n_not_nudged = (uint32_t)count_nudges(made) - input->n_nudged;
    ask_for_one(&search, report_main_output(made));
    take_column(&search, report_main_output(made),
                at_most((size_t)run->result->n_kept, SHOWN_PATHS));
    if (search.n_ordered == 0)
        return GW_OK;
    search.candidates = ARENA_ARRAY(run->arena, Candidate, input->n_nudged + 1u);
    for (size_t i = 0; search.n_candidates < input->n_nudged; i++)
        if (can_nudge(&made->parameters.items[i]))
            add_candidate(&search, i);
    status = choose(&search);
    return status == GW_OK && search.n_candidates > 0 ? measure_shown(&search) : status;
}
