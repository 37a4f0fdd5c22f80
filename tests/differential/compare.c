/* Runs generated models through the scalar oracle and the tile engine, and compares every bit.
 *
 * usage: compare [--models N] [--seed S] [--paths N] [--periods N] [--least N] [--stop]
 *                [--print SEED] [--quiet]
 *   --least    how many models must contain each thing of the language (0: not tested)
 *   --stop     at the first difference
 *   --print    writes the model of a seed, and runs nothing
 *   --quiet    only the things that too few models contain, and the sums
 * Ends with `N passed, N failed`: models that agreed, and that did not. */
#include "coverage.h"
#include "generate.h"

#include "model/build.h"
#include "oracle/oracle.h"
#include "program/program.h"
#include "syntax/syntax.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUN_SEED = 7, BLOCK_OF_PATHS = 256 };

typedef struct {
    int n_models, n_paths, most_periods, least;
    uint64_t seed;
    bool stops, is_quiet;
} Options;

/* ---- building ---- */

static Text read_file(void *context, Arena *arena, Text from, Text path, bool *ok)
{
    (void)context;
    (void)from;
    return generate_file(arena, path, ok);
}

enum { RAISED_BY = 2 }; /* a number that is nudged: large moves show more than small ones */

/* NULL when the model has a fault, which is then printed. `nudged` NULL: no number. */
static Model *build_nudged(Arena *arena, uint64_t seed, const GenerateOptions *generate,
                           const char *scenario, const char *nudged)
{
    SourceSet *sources = ARENA_NEW(arena, SourceSet);
    SourceFile *file = ARENA_NEW(arena, SourceFile);
    DiagList diags = {.arena = arena, .sources = sources};
    BuildOptions options = {
        .scenario = scenario, .nudged = nudged, .nudge_factor = RAISED_BY, .read_file = read_file};

    file->name = text_format(arena, "generated_%llu.gw", (unsigned long long)seed);
    file->bytes = generate_model(arena, seed, generate);
    *LIST_PUSH(arena, &sources->files) = file;
    Tree *tree = syntax_parse(arena, &diags, 0);
    Model *model = NULL;
    if (!diag_any_error(&diags))
        model = model_build(arena, &diags, &tree, 1, &options);
    if (!diag_any_error(&diags) && model != NULL)
        return model;

    Buffer drawn = {.arena = arena};
    size_t kept = 0;
    for (size_t i = 0; i < diags.diags.count; i++) {
        if (diags.diags.items[i]->severity == DIAG_ERROR)
            diags.diags.items[kept++] = diags.diags.items[i];
    }
    diags.diags.count = kept;
    diag_draw_all(&diags, false, &drawn);
    printf("model %llu has a fault:\n%.*s", (unsigned long long)seed, (int)drawn.length,
           drawn.bytes);
    return NULL;
}

static Model *build(Arena *arena, uint64_t seed, const GenerateOptions *generate,
                    const char *scenario)
{
    return build_nudged(arena, seed, generate, scenario, NULL);
}

/* Tiles of one block are run by the kernels alone, others with the machine code of stretches. */
static RunResult *run_engine(Arena *arena, const Program *program, uint64_t first_path,
                             uint64_t n_paths, uint32_t n_threads, uint32_t blocks_per_tile)
{
    RunOptions options = {.seed = RUN_SEED,
                          .first_path = first_path,
                          .n_paths = n_paths,
                          .n_threads = n_threads,
                          .blocks_per_tile = blocks_per_tile};
    RunResult *result = NULL;

    setenv("GW_WEAVE", blocks_per_tile == 1 ? "off" : "on", 1);
    RunStatus status = run_program(arena, program, &options, &result);
    if (status != RUN_OK) {
        printf("the engine did not run: status %d\n", (int)status);
        return NULL;
    }
    return result;
}

/* ---- comparing ---- */

typedef struct {
    const Model *model;
    uint64_t model_seed;
    const char *how; /* the engine was run */
    uint64_t n_differences;
} Comparison;

static bool differ(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) != isnan(b);
    return memcmp(&a, &b, sizeof a) != 0;
}

/* Says where, for the first difference only. */
static bool found(Comparison *c, const char *what, Text name, uint64_t period, uint64_t path,
                  double oracle, double engine)
{
    if (c->n_differences++ == 0)
        printf("model %llu (%s): %s %.*s, period %llu, path %llu: oracle %.17g (%a), "
               "engine %.17g (%a)\n",
               (unsigned long long)c->model_seed, c->how, what, TEXT_ARG(name),
               (unsigned long long)period, (unsigned long long)path, oracle, oracle, engine,
               engine);
    return true;
}

static void compare_number(Comparison *c, const char *what, Text name, uint64_t period,
                           uint64_t path, double oracle, double engine)
{
    if (differ(oracle, engine))
        found(c, what, name, period, path, oracle, engine);
}

static void compare_failures(Comparison *c, const RunResult *a, const RunResult *b)
{
    for (size_t i = 0; i < a->failures.count && i < b->failures.count; i++) {
        const Failure *f = &a->failures.items[i];
        const Failure *g = &b->failures.items[i];

        compare_number(c, "path of failure", f->what, f->period, f->path, (double)f->path,
                       (double)g->path);
        compare_number(c, "period of failure", f->what, f->period, f->path, f->period, g->period);
        compare_number(c, "value of failure", f->what, f->period, f->path, f->value, g->value);
        compare_number(c, "number of failure", f->what, f->period, f->path, f->number, g->number);
        if (!text_equal(f->what, g->what) && c->n_differences++ == 0)
            printf("model %llu (%s): path %llu fails in period %u: oracle blames %.*s, engine "
                   "%.*s\n",
                   (unsigned long long)c->model_seed, c->how, (unsigned long long)f->path,
                   f->period, TEXT_ARG(f->what), TEXT_ARG(g->what));
    }
    compare_number(c, "number of", TEXT("failures kept"), 0, 0, (double)a->failures.count,
                   (double)b->failures.count);
}

/* Columns in the order of time, so that the first difference is the earliest. */
static void compare_columns(Comparison *c, const RunResult *a, const RunResult *b)
{
    for (uint32_t t = 0; t < a->n_periods; t++) {
        for (size_t i = 0; i < c->model->outputs.count; i++) {
            const Output *output = &c->model->outputs.items[i];

            if (output->is_once && t > 0)
                continue;
            for (uint64_t p = 0; p < a->n_paths; p++) {
                size_t at = t * a->n_paths + p;
                compare_number(c, "output", output->name, t, a->first_path + p, a->columns[i][at],
                               b->columns[i][at]);
            }
        }
    }
}

static void compare_flows(Comparison *c, const RunResult *a, const RunResult *b)
{
    for (uint32_t t = 0; t < a->n_periods; t++) {
        for (size_t i = 0; i < c->model->slots.count; i++) {
            Text name = c->model->slots.items[i].name;
            size_t at = i * a->n_periods + t;

            compare_number(c, "due (high)", name, t, 0, a->due_high[at], b->due_high[at]);
            compare_number(c, "due (low)", name, t, 0, a->due_low[at], b->due_low[at]);
            compare_number(c, "paid (high)", name, t, 0, a->paid_high[at], b->paid_high[at]);
            compare_number(c, "paid (low)", name, t, 0, a->paid_low[at], b->paid_low[at]);
        }
    }
}

static void compare_checks(Comparison *c, const RunResult *a, const RunResult *b)
{
    for (size_t i = 0; i < c->model->checks.count; i++) {
        Text title = c->model->checks.items[i].title;

        for (uint64_t p = 0; p < a->n_paths; p++) {
            size_t at = i * a->n_paths + p;
            compare_number(c, "check", title, 0, a->first_path + p, a->held[at], b->held[at]);
            compare_number(c, "cover", title, 0, a->first_path + p, a->worst_cover[at],
                           b->worst_cover[at]);
        }
    }
}

static void compare_who_pays(Comparison *c, const RunResult *a, const RunResult *b)
{
    size_t n_inside = 0;

    for (size_t i = 0; i < c->model->parties.count; i++)
        n_inside += !c->model->parties.items[i].is_outside;
    compare_number(c, "number of", TEXT("who_pays"), 0, 0, a->n_who_pays, b->n_who_pays);
    for (uint32_t i = 0; i < a->n_who_pays && i < b->n_who_pays; i++) {
        const WhoPays *w = &a->who_pays[i];
        const WhoPays *v = &b->who_pays[i];

        compare_number(c, "view of", TEXT("who_pays"), 0, 0, w->view, v->view);
        compare_number(c, "sources of", TEXT("who_pays"), 0, 0, w->n_sources, v->n_sources);
        for (uint32_t s = 0; s < w->n_sources && s < v->n_sources; s++) {
            if (!text_equal(w->source_names[s], v->source_names[s]))
                found(c, "name of source", w->source_names[s], 0, 0, s, s);
            for (uint64_t p = 0; p < a->n_paths; p++)
                compare_number(c, "share of", w->source_names[s], i, a->first_path + p,
                               w->shares[s * a->n_paths + p], v->shares[s * a->n_paths + p]);
        }
        for (uint64_t p = 0; p < a->n_paths; p++)
            compare_number(c, "received by", TEXT("who_pays"), i, a->first_path + p, w->received[p],
                           v->received[p]);
        for (size_t k = 0; k < n_inside * a->n_paths; k++)
            compare_number(c, "cash before", TEXT("who_pays"), i, a->first_path + k % a->n_paths,
                           w->cash_before[k], v->cash_before[k]);
    }
}

static bool agree(Comparison *c, const char *how, const RunResult *a, const RunResult *b)
{
    c->how = how;
    if (b == NULL) {
        c->n_differences++;
        return false;
    }
    compare_number(c, "number of", TEXT("paths"), 0, 0, (double)a->n_paths, (double)b->n_paths);
    compare_number(c, "first", TEXT("path"), 0, 0, (double)a->first_path, (double)b->first_path);
    if (c->n_differences > 0)
        return false;
    for (uint64_t p = 0; p < a->n_paths; p++)
        compare_number(c, "failure of", TEXT("the path"), 0, a->first_path + p, a->is_failed[p],
                       b->is_failed[p]);
    compare_failures(c, a, b);
    compare_columns(c, a, b);
    compare_flows(c, a, b);
    compare_checks(c, a, b);
    compare_who_pays(c, a, b);
    compare_number(c, "number of", TEXT("failed paths"), 0, 0, (double)a->n_failed,
                   (double)b->n_failed);
    compare_number(c, "number of", TEXT("tests of books"), 0, 0, (double)a->n_book_checks,
                   (double)b->n_book_checks);
    compare_number(c, "number of", TEXT("faults in books"), 0, 0, (double)a->n_book_faults,
                   (double)b->n_book_faults);
    compare_number(c, "number of", TEXT("shortfalls"), 0, 0, (double)a->n_clearings,
                   (double)b->n_clearings);
    return c->n_differences == 0;
}

/* Two parts, run apart and joined, against the oracle's whole. */
static bool agree_merged(Comparison *c, Arena *arena, const Program *program,
                         const RunResult *whole)
{
    uint64_t first = whole->first_path;
    RunResult *parts[2] = {
        run_engine(arena, program, first, BLOCK_OF_PATHS, 1, 0),
        run_engine(arena, program, first + BLOCK_OF_PATHS, whole->n_paths - BLOCK_OF_PATHS, 1, 1)};

    if (parts[0] == NULL || parts[1] == NULL)
        return false;
    return agree(c, "two parts merged", whole, run_merge(arena, program, parts, 2));
}

/* ---- numbers lifted out of the program ---- */

/* One of those that may be lifted, another for each seed. */
static const Parameter *pick_parameter(const Model *model, uint64_t seed, bool *is_lifted)
{
    const Parameter *picked = NULL;
    size_t n = 0;

    for (size_t i = 0; i < model->parameters.count; i++) {
        const Literal *literal = model->parameters.items[i].literal;
        if (literal != NULL)
            is_lifted[literal->index] = !literal->shapes_the_model;
        n += literal != NULL && !literal->shapes_the_model;
    }
    n = n > 0 ? (size_t)(seed / 4 % n) + 1 : 0;
    for (size_t i = 0; i < model->parameters.count && n > 0; i++) {
        const Literal *literal = model->parameters.items[i].literal;
        if (literal != NULL && !literal->shapes_the_model && --n == 0)
            picked = &model->parameters.items[i];
    }
    return picked;
}

/* The paths of one variant of a run, as a result of their own. */
static RunResult *part_of(Arena *arena, const RunResult *all, const RunResult *like,
                          const Model *model, uint64_t first)
{
    RunResult *part = ARENA_NEW(arena, RunResult);

    *part = *like;
    part->is_failed = all->is_failed + first;
    part->columns = ARENA_ARRAY(arena, double *, model->outputs.count + 1);
    for (size_t i = 0; i < model->outputs.count; i++) {
        size_t n_rows = model->outputs.items[i].is_once ? 1 : like->n_periods;
        part->columns[i] = ARENA_ARRAY(arena, double, n_rows * like->n_paths);
        for (size_t t = 0; t < n_rows; t++)
            memcpy(part->columns[i] + t * like->n_paths, all->columns[i] + t * all->n_paths + first,
                   like->n_paths * sizeof(double));
    }
    return part;
}

static bool agree_part(Comparison *c, const char *how, const RunResult *a, const RunResult *b)
{
    c->how = how;
    for (uint64_t p = 0; p < a->n_paths; p++)
        compare_number(c, "failure of", TEXT("the path"), 0, a->first_path + p, a->is_failed[p],
                       b->is_failed[p]);
    compare_columns(c, a, b);
    return c->n_differences == 0;
}

/* One program with all numbers lifted, as it is and with one number raised, against the oracle on
 * the model as it is and on the model built anew. */
static bool agree_lifted(Comparison *c, Arena *arena, const GenerateOptions *generate,
                         const char *scenario, const RunResult *oracle)
{
    const Model *model = c->model;
    bool *is_lifted = ARENA_ARRAY(arena, bool, model->n_literals + 1);
    const Parameter *raised = pick_parameter(model, c->model_seed, is_lifted);
    const Node *const *inputs = NULL;
    size_t n_paths = (size_t)oracle->n_paths;
    uint32_t *paths = ARENA_ARRAY(arena, uint32_t, 2 * n_paths);
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, 2 * n_paths);
    const Program *program = program_build_lifted(arena, model, is_lifted);
    RunVariants variants = {.paths = paths, .rows = rows};
    RunOptions options = {.seed = RUN_SEED,
                          .n_paths = 2 * n_paths,
                          .n_threads = 2,
                          .blocks_per_tile = 2,
                          .variants = &variants,
                          .is_bare = true};
    RunResult *both = NULL;
    RunResult *rebuilt = NULL;

    if (raised == NULL)
        return true;
    Text name = text_copy(arena, raised->name);
    const Model *other = build_nudged(arena, c->model_seed, generate, scenario, name.bytes);
    variants.n_inputs = program_inputs(program, &inputs);
    double *numbers = ARENA_ARRAY(arena, double, 2 * variants.n_inputs + 1);
    bool *is_raised = ARENA_ARRAY(arena, bool, model->n_literals + 1);
    is_raised[raised->literal->index] = true;
    for (size_t i = 0; i < variants.n_inputs; i++) {
        numbers[i] = inputs[i]->number;
        numbers[variants.n_inputs + i] = node_renumbered(inputs[i], is_raised, RAISED_BY);
    }
    for (size_t i = 0; i < 2 * n_paths; i++) {
        paths[i] = (uint32_t)(oracle->first_path + i % n_paths);
        rows[i] = (uint32_t)(i / n_paths);
    }
    variants.inputs = numbers;
    if (other == NULL ||
        oracle_run(arena, other, RUN_SEED, oracle->first_path, oracle->n_paths, &rebuilt) !=
            RUN_OK ||
        run_program(arena, program, &options, &both) != RUN_OK)
        return false;
    return agree_part(c, "its numbers lifted", oracle, part_of(arena, both, oracle, model, 0)) &&
           agree_part(c, text_format(arena, "%s raised", name.bytes).bytes, rebuilt,
                      part_of(arena, both, rebuilt, model, n_paths));
}

static bool compare_model(const Options *options, Arena *arena, uint64_t seed, Coverage *coverage)
{
    GenerateOptions generate = {.most_periods = options->most_periods};
    const char *scenario = seed % 3 == 2 ? "other" : NULL;
    Model *model = build(arena, seed, &generate, scenario);
    bool is_merged = seed % 16 == 0;
    uint64_t n_paths = (uint64_t)options->n_paths + (is_merged ? BLOCK_OF_PATHS : 0);
    uint64_t first_path = seed % 4 == 1 ? BLOCK_OF_PATHS * 5 : 0;
    RunResult *oracle = NULL;

    if (model == NULL)
        return false;
    if (oracle_run(arena, model, RUN_SEED, first_path, n_paths, &oracle) != RUN_OK)
        return false;
    coverage_add(coverage, model, oracle, generate_model(arena, seed, &generate), scenario != NULL);

    Comparison c = {.model = model, .model_seed = seed, .how = "the oracle"};
    if (oracle->n_book_faults > 0)
        found(&c, "faults in", TEXT("books"), 0, 0, (double)oracle->n_book_faults, 0);
    const Program *program = program_build(arena, model);
    return agree(&c, "one thread", oracle, run_engine(arena, program, first_path, n_paths, 1, 0)) &&
           agree(&c, "two threads, one block a tile, kernels alone", oracle,
                 run_engine(arena, program, first_path, n_paths, 2, 1)) &&
           (seed % 2 == 0 || agree(&c, "two threads, three blocks a tile", oracle,
                                   run_engine(arena, program, first_path, n_paths, 2, 3))) &&
           (!is_merged || agree_merged(&c, arena, program, oracle)) &&
           (seed % 4 != 2 || agree_lifted(&c, arena, &generate, scenario, oracle));
}

/* ---- properties ---- */

static const Output *output_named(const Model *model, Text name, size_t *index)
{
    for (size_t i = 0; i < model->outputs.count; i++) {
        *index = i;
        if (text_equal(model->outputs.items[i].name, name))
            return &model->outputs.items[i];
    }
    return NULL;
}

/* A draw by itself, or the closing formula that only reads one. */
static bool shows_draw(const Model *model, ValueId id)
{
    const Value *value = &model->values.items[id];

    if (value->kind == VALUE_DRAW)
        return true;
    return value->kind == VALUE_FORMULA && value->expr->op == N_VALUE &&
           model->values.items[value->expr->value].kind == VALUE_DRAW;
}

/* Every output that both have: `shift` periods later in `a`. */
static uint64_t compare_shared(const Model *a_model, const RunResult *a, const Model *b_model,
                               const RunResult *b, uint32_t shift, bool only_draws)
{
    uint64_t n = 0;

    for (size_t i = 0; i < a_model->outputs.count; i++) {
        const Output *output = &a_model->outputs.items[i];
        bool is_draw = shows_draw(a_model, output->value);
        size_t j = 0;
        const Output *other = output_named(b_model, output->name, &j);

        if (other == NULL || (only_draws && !is_draw) || output->is_once != other->is_once)
            continue;
        for (uint32_t t = 0; t < (output->is_once ? 1 : b->n_periods); t++) {
            for (uint64_t p = 0; p < a->n_paths; p++) {
                uint32_t before = output->is_once ? 0 : t + shift;

                if (a->is_failed[p] || b->is_failed[p])
                    continue;
                n += differ(a->columns[i][before * a->n_paths + p],
                            b->columns[j][t * b->n_paths + p]);
            }
        }
    }
    return n;
}

static bool hold_properties(const Options *options, Arena *arena, uint64_t seed)
{
    GenerateOptions as_is = {.most_periods = options->most_periods};
    GenerateOptions with_one_more = as_is;
    GenerateOptions later = as_is;
    uint64_t n_paths = (uint64_t)options->n_paths;

    with_one_more.one_more = "aa_unrelated ~ lognormal(3, 0.4)";
    later.later_periods = 2;
    Model *model = build(arena, seed, &as_is, NULL);
    Model *grown = build(arena, seed, &with_one_more, NULL);
    Model *moved = build(arena, seed, &later, NULL);
    if (model == NULL || grown == NULL || moved == NULL)
        return false;
    const RunResult *a = run_engine(arena, program_build(arena, model), 0, n_paths, 1, 0);
    const RunResult *b = run_engine(arena, program_build(arena, grown), 0, n_paths, 1, 0);
    const RunResult *c = run_engine(arena, program_build(arena, moved), 0, n_paths, 1, 0);
    if (a == NULL || b == NULL || c == NULL)
        return false;

    bool is_unmoved = compare_shared(model, a, grown, b, 0, false) == 0 &&
                      memcmp(a->is_failed, b->is_failed, n_paths) == 0 &&
                      memcmp(a->paid_low, b->paid_low,
                             model->slots.count * a->n_periods * sizeof *a->paid_low) == 0;
    bool are_draws_same = compare_shared(model, a, moved, c, 2, true) == 0;
    if (!is_unmoved)
        printf("model %llu: an unrelated draw changes something\n", (unsigned long long)seed);
    if (!are_draws_same)
        printf("model %llu: moving `from` changes a draw\n", (unsigned long long)seed);
    return is_unmoved && are_draws_same;
}

/* ---- the command ---- */

static bool read_options(Options *o, int n, char **words)
{
    for (int i = 1; i < n; i++) {
        bool has_number = i + 1 < n;
        long long number = has_number ? atoll(words[i + 1]) : 0;

        if (strcmp(words[i], "--stop") == 0) {
            o->stops = true;
            continue;
        }
        if (strcmp(words[i], "--quiet") == 0) {
            o->is_quiet = true;
            continue;
        }
        if (!has_number)
            return false;
        if (strcmp(words[i], "--models") == 0)
            o->n_models = (int)number;
        else if (strcmp(words[i], "--seed") == 0)
            o->seed = (uint64_t)number;
        else if (strcmp(words[i], "--paths") == 0)
            o->n_paths = (int)number;
        else if (strcmp(words[i], "--periods") == 0)
            o->most_periods = (int)number;
        else if (strcmp(words[i], "--least") == 0)
            o->least = (int)number;
        else
            return false;
        i++;
    }
    return true;
}

static int print_model(uint64_t seed, int most_periods)
{
    Arena *arena = arena_new(NULL);
    GenerateOptions generate = {.most_periods = most_periods};
    Text text = generate_model(arena, seed, &generate);

    printf("%.*s", TEXT_ARG(text));
    arena_free(arena);
    return 0;
}

int main(int n, char **words)
{
    Options options = {.n_models = 1000, .seed = 1, .n_paths = 40, .most_periods = 30, .least = 50};
    Arena *keep = NULL;
    int n_failed = 0;
    int n_passed = 0;

    if (n == 3 && strcmp(words[1], "--print") == 0)
        return print_model((uint64_t)atoll(words[2]), options.most_periods);
    if (!read_options(&options, n, words)) {
        fprintf(stderr, "usage: compare [--models N] [--seed S] [--paths N] [--periods N] "
                        "[--least N] [--stop] [--quiet]\n");
        return 2;
    }
    keep = arena_new(NULL);
    Coverage *coverage = coverage_new(keep);
    for (int i = 0; i < options.n_models && !(options.stops && n_failed > 0); i++) {
        uint64_t seed = options.seed + (uint64_t)i;
        Arena *arena = arena_new(NULL);
        bool is_good = compare_model(&options, arena, seed, coverage);

        if (is_good && seed % 5 == 0)
            is_good = hold_properties(&options, arena, seed);
        n_passed += is_good;
        n_failed += !is_good;
        arena_free(arena);
    }
    int n_missing = coverage_print(coverage, options.least, options.is_quiet);
    if (n_missing > 0)
        printf("%d things are in fewer than %d models\n", n_missing, options.least);
    arena_free(keep);
    printf("%d passed, %d failed\n", n_passed, n_failed + (n_missing > 0));
    return n_failed > 0 || n_missing > 0;
}
