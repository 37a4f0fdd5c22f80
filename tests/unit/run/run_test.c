/* Runs: the same bits however the work is cut, joined results, bounds, and stopping. */
#include "../oracle/kit.h"

#include "program/program.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A firm with uncertain sales, fixed costs, and too little cash in some paths. */
static Kit firm(void)
{
    Kit kit = kit_new(2026, 24);
    uint32_t lab = kit_party(&kit, "lab", 50);
    uint32_t users = kit_party(&kit, "users", -1);
    uint32_t contract = kit_contract(&kit, "sales");
    ValueId sales = 0;
    Value *value = kit_add(&kit, "sales", VALUE_DRAW, &sales);

    value->draw = ARENA_NEW(kit.arena, Draw);
    *value->draw = (Draw){.law = DIST_LAW_NORMAL,
                          .n_params = 2,
                          .params = ARENA_ARRAY(kit.arena, const Node *, 2),
                          .step = STEP_MONTH,
                          .hash = text_hash64(TEXT("sales")),
                          .together = NO_ID};
    value->draw->params[0] = kit_number(&kit, 20);
    value->draw->params[1] = kit_number(&kit, 6);
    kit_monthly(&kit, contract, kit_node(&kit, N_MAX, kit_value(&kit, sales), kit_number(&kit, 0)),
                users, lab);
    kit_monthly(&kit, contract, kit_number(&kit, 20.01), lab, users);
    kit_ask(&kit, kit_account(&kit, lab, CASH));
    kit_ask(&kit, kit_unpaid(&kit, lab));
    return kit;
}

static RunResult *run(Kit *kit, uint64_t first, uint64_t n, uint32_t threads, uint32_t blocks)
{
    RunOptions options = {.seed = 3,
                          .first_path = first,
                          .n_paths = n,
                          .n_threads = threads,
                          .blocks_per_tile = blocks};
    RunResult *result = NULL;

    assert_int_equal(
        run_program(kit->arena, program_build(kit->arena, kit->model), &options, &result), RUN_OK);
    return result;
}

static void assert_same(const Kit *kit, const RunResult *a, const RunResult *b)
{
    size_t n_flows = kit->model->slots.count * a->n_periods;

    assert_true(a->n_paths == b->n_paths && a->n_failed == b->n_failed);
    assert_true(a->n_clearings == b->n_clearings && a->n_book_checks == b->n_book_checks);
    for (uint32_t i = 0; i < a->n_outputs; i++)
        assert_memory_equal(a->columns[i], b->columns[i],
                            a->n_paths * a->n_periods * sizeof(double));
    assert_memory_equal(a->due_low, b->due_low, n_flows * sizeof(double));
    assert_memory_equal(a->paid_low, b->paid_low, n_flows * sizeof(double));
    assert_memory_equal(a->paid_high, b->paid_high, n_flows * sizeof(double));
}

static void any_cut_gives_the_same_bits(void **state)
{
    Kit kit = firm();
    RunResult *whole = run(&kit, 0, 1000, 1, 0);

    (void)state;
    assert_true(whole->n_failed == 0 && whole->n_book_faults == 0);
    assert_true(whole->n_book_checks == 1000 * 24 * kit.model->parties.count);
    assert_true(whole->n_clearings > 0);
    assert_same(&kit, whole, run(&kit, 0, 1000, 2, 1));
    assert_same(&kit, whole, run(&kit, 0, 1000, 3, 5));
    kit_free(&kit);
}

static void parts_join_to_the_whole(void **state)
{
    Kit kit = firm();
    RunResult *parts[3] = {run(&kit, 0, 256, 1, 0), run(&kit, 256, 512, 2, 2),
                           run(&kit, 768, 232, 1, 1)};

    (void)state;
    assert_same(&kit, run(&kit, 0, 1000, 1, 0),
                run_merge(kit.arena, program_build(kit.arena, kit.model), parts, 3));
    kit_free(&kit);
}

/* What came in less what went out is what cash changed by, over all paths. */
static void flows_explain_cash(void **state)
{
    Kit kit = firm();
    RunResult *result = run(&kit, 0, 300, 2, 2);
    double change = 0;
    double flows = 0;

    (void)state;
    for (uint64_t p = 0; p < 300; p++)
        change += rint((result->columns[0][23 * 300 + p] - 50) * 100);
    for (uint32_t t = 0; t < 24; t++)
        flows += result->paid_high[t] + result->paid_low[t] - result->paid_high[24 + t] -
                 result->paid_low[24 + t];
    assert_true(change == flows);
    kit_free(&kit);
}

typedef struct {
    uint64_t n_calls, done;
} Asked;

static bool stop_at_once(void *context, uint64_t done, uint64_t total)
{
    Asked *asked = context;

    asked->n_calls++;
    asked->done = done;
    return done > total;
}

static void a_run_can_be_stopped(void **state)
{
    Kit kit = firm();
    Asked asked = {0};
    RunOptions options = {.seed = 3,
                          .n_paths = 100000,
                          .n_threads = 1,
                          .blocks_per_tile = 1,
                          .progress = stop_at_once,
                          .context = &asked};
    RunResult *result = NULL;

    (void)state;
    assert_int_equal(run_program(kit.arena, program_build(kit.arena, kit.model), &options, &result),
                     RUN_CANCELLED);
    /* asked once, before the first tile was through, and not again */
    assert_true(asked.n_calls == 1 && asked.done < 1000 && result == NULL);
    kit_free(&kit);
}

static void memory_is_known_and_bounded(void **state)
{
    Kit kit = firm();
    Program *program = program_build(kit.arena, kit.model);
    RunOptions options = {.n_paths = 1000, .n_threads = 1, .keep_bytes = 1000};
    RunResult *result = NULL;

    (void)state;
    assert_int_equal(run_size(program, &options).n_kept, 0);
    assert_int_equal(run_program(kit.arena, program, &options, &result), RUN_TOO_BIG);
    options.keep_bytes = 0;
    /* two columns of 24 periods alone */
    assert_int_equal(run_size(program, &options).n_kept, 1000);
    assert_true(run_size(program, &options).kept_bytes > 2 * 24 * 1000 * sizeof(double));
    kit_free(&kit);
}

/* More than fit beside the sketches of all. */
enum { MANY = 30000 };

static RunResult *run_sketched(Kit *kit, uint64_t first, uint64_t n, uint32_t threads)
{
    Program *program = program_build(kit->arena, kit->model);
    RunOptions options = {.seed = 3,
                          .first_path = first,
                          .n_paths = n,
                          .total_paths = MANY,
                          .n_threads = threads,
                          .keep_bytes = summary_bytes(kit->model) + 1200000};
    RunResult *result = NULL;

    assert_int_equal(run_program(kit->arena, program, &options, &result), RUN_OK);
    assert_true(result->summary != NULL);
    assert_true(run_size(program, &options).kept_bytes <= options.keep_bytes);
    return result;
}

static void assert_same_summary(const RunResult *a, const RunResult *b)
{
    assert_true(a->n_paths == b->n_paths && a->n_kept == b->n_kept);
    assert_int_equal(a->summary->n_columns, b->summary->n_columns);
    for (uint32_t i = 0; i < a->summary->n_columns; i++) {
        const ColumnSummary *x = &a->summary->columns[i];
        const ColumnSummary *y = &b->summary->columns[i];
        assert_true(x->n_nonzero == y->n_nonzero && x->n_never == y->n_never);
        assert_int_equal(x->moments.n_nodes, y->moments.n_nodes);
        assert_memory_equal(x->moments.nodes, y->moments.nodes,
                            x->moments.n_nodes * sizeof *x->moments.nodes);
        assert_int_equal(x->sketch->bits, y->sketch->bits);
        assert_int_equal(x->sketch->n_buckets, y->sketch->n_buckets);
        assert_memory_equal(x->sketch->buckets, y->sketch->buckets,
                            x->sketch->n_buckets * sizeof *x->sketch->buckets);
    }
}

static void a_sketched_run_is_the_same_however_cut(void **state)
{
    Kit kit = firm();
    RunResult *whole = run_sketched(&kit, 0, MANY, 1);
    RunResult *parts[3] = {run_sketched(&kit, 0, 256, 1), run_sketched(&kit, 256, 2816, 2),
                           run_sketched(&kit, 3072, MANY - 3072, 1)};
    RunResult *merged = run_merge(kit.arena, program_build(kit.arena, kit.model), parts, 3);
    RunResult *exact = run(&kit, 0, MANY, 2, 0);

    (void)state;
    assert_true(whole->n_kept >= 1024 && whole->n_kept < MANY);
    assert_same_summary(whole, run_sketched(&kit, 0, MANY, 2));
    assert_same_summary(whole, merged);
    for (uint32_t i = 0; i < whole->n_outputs; i++)
        assert_memory_equal(whole->columns[i], merged->columns[i],
                            whole->n_kept * whole->n_periods * sizeof(double));
    assert_memory_equal(whole->paid_low, exact->paid_low, 24 * sizeof(double));
    assert_memory_equal(whole->is_failed, exact->is_failed, MANY);
    assert_true(whole->n_clearings == exact->n_clearings);
    for (uint32_t t = 0; t < 24; t++)
        assert_true(moments_mean(&whole->summary->columns[t].moments) ==
                    stats_mean(exact->columns[0] + t * MANY, MANY));
    kit_free(&kit);
}

/* In which month the firm is late for the first time. */
static Kit firm_that_may_be_late(void)
{
    Kit kit = firm();
    ValueId unpaid = kit.model->outputs.items[1].value;
    ValueId first = 0;
    Value *value = NULL;
    ValueId late = kit_formula(&kit, "late",
                               kit_node(&kit, N_GT, kit_value(&kit, unpaid), kit_number(&kit, 0)));

    kit.model->values.items[late].is_closing = true;
    value = kit_add(&kit, "first", VALUE_FIRST, &first);
    value->source = late;
    value->type = TYPE_DATE;
    value->is_closing = true;
    kit.model->outputs.count = 0;
    kit_ask(&kit, first);
    kit.model->outputs.items[0].is_once = true;
    return kit;
}

/* Lanes in any order of paths; what has found its answer is left out, and what never does is not.
 */
static void lanes_that_have_found_their_answer_may_end(void **state)
{
    enum { N = 300 };
    Kit kit = firm_that_may_be_late();
    const RunResult *whole = run(&kit, 0, N, 1, 0);
    uint32_t paths[N], rows[N] = {0};
    RunVariants variants = {.paths = paths, .rows = rows, .ends_when_found = true};
    size_t n_found = 0;

    (void)state;
    for (uint32_t i = 0; i < N; i++)
        paths[i] = i * 7 % N;
    for (uint32_t blocks = 0; blocks < 6; blocks++) {
        RunOptions options = {.seed = 3,
                              .n_paths = N,
                              .n_threads = 1 + blocks % 2,
                              .blocks_per_tile = blocks,
                              .variants = &variants,
                              .is_bare = true};
        RunResult *result = NULL;

        assert_int_equal(
            run_program(kit.arena, program_build(kit.arena, kit.model), &options, &result), RUN_OK);
        for (size_t i = 0; i < N; i++) {
            assert_int_equal(result->is_failed[i], 0);
            assert_true(result->columns[0][i] == whole->columns[0][paths[i]]);
            n_found += isfinite(result->columns[0][i]) != 0;
        }
    }
    assert_true(n_found > 0 && n_found < 6 * N);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_gives_the_same_bits),
        cmocka_unit_test(parts_join_to_the_whole),
        cmocka_unit_test(flows_explain_cash),
        cmocka_unit_test(a_run_can_be_stopped),
        cmocka_unit_test(memory_is_known_and_bounded),
        cmocka_unit_test(a_sketched_run_is_the_same_however_cut),
        cmocka_unit_test(lanes_that_have_found_their_answer_may_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
