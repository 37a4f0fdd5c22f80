/* Columns of a hand-made run, and the file that keeps it. */
#include "results/columns.h"
#include "results/save.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

enum { PATHS = 5, PERIODS = 14 }; /* months from 2026-11: two of 2026, twelve of 2027 */

typedef struct {
    Arena *arena;
    Model model;
    RunResult result;
} World;

static void add_periods(World *w)
{
    Day *first = ARENA_ARRAY(w->arena, Day, PERIODS);
    Day *last = ARENA_ARRAY(w->arena, Day, PERIODS);
    int32_t start = step_ordinal(STEP_MONTH, day_from_civil(2026, 11, 1));

    for (int i = 0; i < PERIODS; i++) {
        first[i] = step_first_day(STEP_MONTH, start + i);
        last[i] = step_last_day(STEP_MONTH, start + i);
    }
    w->model.step = STEP_MONTH;
    w->model.n_periods = w->result.n_periods = PERIODS;
    w->model.first_days = first;
    w->model.last_days = last;
    w->model.from = first[0];
    w->model.until = last[PERIODS - 1];
}

/* Output o of path p in period t is (o + 1) * (100 p + t); path 3 failed. */
static void add_outputs(World *w)
{
    static const Measure measures[] = {MEASURE_LEVEL, MEASURE_AMOUNT, MEASURE_RATE};

    w->result.columns = ARENA_ARRAY(w->arena, double *, 3);
    w->result.n_outputs = 3;
    for (int o = 0; o < 3; o++) {
        double *column = ARENA_ARRAY(w->arena, double, PATHS *PERIODS);
        for (int t = 0; t < PERIODS; t++)
            for (int p = 0; p < PATHS; p++)
                column[t * PATHS + p] = (o + 1) * (100.0 * p + t);
        w->result.columns[o] = column;
        *LIST_PUSH(w->arena, &w->model.outputs) = (Output){
            .name = TEXT("x"), .unit = TEXT("bn USD"), .unit_scale = 1e9, .measure = measures[o]};
    }
}

static void add_flow(World *w)
{
    *LIST_PUSH(w->arena, &w->model.parties) = (Party){.name = TEXT("lab")};
    *LIST_PUSH(w->arena, &w->model.parties) =
        (Party){.name = TEXT("users"), .owner = 1, .is_outside = true};
    *LIST_PUSH(w->arena, &w->model.categories) = (Category){.name = TEXT("revenue")};
    *LIST_PUSH(w->arena, &w->model.slots) =
        (Slot){.payer = 1, .payee = 0, .contract = NO_ID, .raises = NO_ID, .lowers = NO_ID};
    w->model.minor_per_unit = 100;
    w->model.currency = TEXT("USD");
    *LIST_PUSH(w->arena, &w->model.monies) = w->model.currency;
    w->result.due_high = ARENA_ARRAY(w->arena, double, PERIODS);
    w->result.due_low = ARENA_ARRAY(w->arena, double, PERIODS);
    w->result.paid_high = ARENA_ARRAY(w->arena, double, PERIODS);
    w->result.paid_low = ARENA_ARRAY(w->arena, double, PERIODS);
    w->result.due_low[2] = 4000; /* 40 USD over four paths: a mean of 10 */
    w->result.paid_low[2] = 2000;
    w->result.paid_high[2] = 0;
}

static int set_up(void **state)
{
    Arena *arena = arena_new(NULL);
    World *w = ARENA_NEW(arena, World);

    w->arena = arena;
    w->result.n_paths = w->result.n_kept = PATHS;
    w->result.n_failed = w->result.n_kept_failed = 1;
    w->result.is_failed = ARENA_ARRAY(arena, unsigned char, PATHS);
    w->result.is_failed[3] = 1;
    add_periods(w);
    add_outputs(w);
    add_flow(w);
    *LIST_PUSH(arena, &w->model.checks) = (Check){.title = TEXT("most"), .share = 0.75};
    w->result.held = ARENA_ARRAY(arena, unsigned char, PATHS);
    memset(w->result.held, 1, PATHS);
    w->result.held[0] = 0;
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    arena_free(((World *)*state)->arena);
    return 0;
}

static void failed_paths_are_left_out(void **state)
{
    World *w = *state;
    double values[PATHS];

    assert_int_equal(column_values(&w->model, &w->result, 0, 2, values), 4);
    assert_true(values[0] == 2 && values[1] == 102 && values[2] == 202 && values[3] == 402);
}

/* By hand: the year 2026 is periods 0 and 1. Path 0 has 0 and 1 in output 0. */
static void years_fold_by_measure(void **state)
{
    World *w = *state;
    StretchList years = stretches_by(w->arena, &w->model, TEXT("year"));
    double values[PATHS];

    assert_int_equal(years.count, 2);
    assert_int_equal(years.items[0].last_period, 1);
    assert_int_equal(years.items[1].last_period, 13);
    assert_true(text_is(years.items[0].name, "2026"));
    (void)column_folded(&w->model, &w->result, 0, 0, 1, values);
    assert_true(values[0] == 1); /* a level: at its end */
    (void)column_folded(&w->model, &w->result, 1, 0, 1, values);
    assert_true(values[0] == 2 * (0 + 1)); /* an amount: summed */
    (void)column_folded(&w->model, &w->result, 2, 0, 1, values);
    assert_true(values[1] == 3 * (100 + 101) / 2.0); /* a rate: averaged */
    assert_int_equal(stretches_by(w->arena, &w->model, TEXT("quarter")).count, 5);
}

/* Type 7 on 1, 2, 3, 4, 5: position (n - 1) p. */
static void a_spread_has_its_quantiles(void **state)
{
    double values[] = {5, 3, 1, 4, 2};
    double dates[] = {INFINITY, 20000, INFINITY};
    Spread spread = spread_of(values, 5);

    (void)state;
    assert_true(spread.p50 == 3 && spread.p25 == 2 && spread.p75 == 4);
    assert_true(fabs(spread.p5 - 1.2) < 1e-12 && fabs(spread.p95 - 4.8) < 1e-12);
    assert_true(spread.mean == 3 && fabs(spread.sd - sqrt(2.5)) < 1e-12);
    spread = spread_of(dates, 3);
    assert_int_equal(spread.n_never, 2);
    assert_true(isinf(spread.p50) && spread.p5 == 20000);
}

static void checks_count_good_paths(void **state)
{
    World *w = *state;
    size_t held = 0;
    size_t tested = 0;

    check_count(&w->result, 0, &held, &tested);
    assert_int_equal(held, 3);
    assert_int_equal(tested, 4);
    assert_true(check_holds(&w->model, &w->result, 0)); /* 3 of 4 is exactly what is asked */
    w->model.checks.items[0].share = 0.76;
    assert_false(check_holds(&w->model, &w->result, 0));
}

/* k of a hundred paths are k per cent, whatever k / 100 is as a double; one less is not enough. */
static void a_share_of_paths_is_met_exactly(void **state)
{
    World *w = *state;
    unsigned char held[100] = {0};
    unsigned char failed[100] = {0};
    RunResult result = {.n_paths = 100, .n_kept = 100, .held = held, .is_failed = failed};
    Model model = {0};
    Check *check = LIST_PUSH(w->arena, &model.checks);

    for (int k = 1; k <= 100; k++) {
        check->share = k / 100.0;
        assert_false(check_holds(&model, &result, 0)); /* k - 1 hold so far */
        held[k - 1] = 1;
        assert_true(check_holds(&model, &result, 0));
    }
}

static void sums_are_whole_digits(void **state)
{
    char room[48];

    (void)state;
    assert_string_equal(whole_sum_digits(0, 0, room), "0");
    assert_string_equal(whole_sum_digits(0, 123456789, room), "123456789");
    assert_string_equal(whole_sum_digits(0, -5, room), "-5");
    assert_string_equal(whole_sum_digits(1099511627776.0, 1, room), "1099511627777");
    /* 2^40 * 2^50 = 2^90 */
    assert_string_equal(whole_sum_digits(ldexp(1, 90), 0, room), "1237940039285380274899124224");
    assert_string_equal(whole_sum_digits(ldexp(1, 90), -1, room), "1237940039285380274899124223");
}

static double ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    double answer = 0;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    answer = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    return answer;
}

static void a_file_holds_what_was_run(void **state)
{
    World *w = *state;
    SaveInput input = {&w->model, &w->result, 7, "test", NULL, NULL};
    char path[64];
    Text message = {"", 0};
    sqlite3 *db = NULL;

    (void)snprintf(path, sizeof path, "results_test_%ld.db", (long)getpid());
    assert_int_equal(save_results(w->arena, &input, path, &message), SAVE_OK);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_true(ask(db, "SELECT value FROM run WHERE key = 'schema'") == RESULTS_SCHEMA);
    assert_true(ask(db, "SELECT value FROM run WHERE key = 'seed'") == 7);
    assert_true(ask(db, "SELECT count(*) FROM series") == 3 * PERIODS);
    /* the median of 2, 102, 202, 402 is 152, in bn USD */
    assert_true(ask(db, "SELECT p50 FROM series WHERE output = 0 AND period = 2") == 152 / 1e9);
    assert_true(ask(db, "SELECT due_sum FROM flow") == 4000);
    assert_true(ask(db, "SELECT due FROM flow") == 10);
    assert_true(ask(db, "SELECT paid FROM flow WHERE payer = 'users'") == 5);
    assert_true(ask(db, "SELECT count(*) FROM flow WHERE money = 'USD'") == 1);
    assert_true(ask(db, "SELECT count(*) FROM money WHERE number = 0 AND name = 'USD'") == 1);
    assert_true(ask(db, "SELECT held FROM check_result") == 3);
    sqlite3_close(db);
    assert_int_equal(unlink(path), 0);
}

static void a_file_is_whole_or_not_there(void **state)
{
    World *w = *state;
    SaveInput input = {&w->model, &w->result, 7, "test", NULL, NULL};
    Text message = {"", 0};

    assert_int_equal(save_results(w->arena, &input, "no/such/folder/x.db", &message), SAVE_WORLD);
    assert_non_null(strstr(message.bytes, "cannot write no/such/folder/x.db"));
    assert_int_equal(save_results(w->arena, &input, "/dev/full", &message), SAVE_WORLD);
    assert_non_null(strstr(message.bytes, "not a plain file"));
    assert_int_equal(save_results(w->arena, &input, ".", &message), SAVE_WORLD);
    assert_non_null(strstr(message.bytes, "folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(failed_paths_are_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(years_fold_by_measure, set_up, tear_down),
        cmocka_unit_test(a_spread_has_its_quantiles),
        cmocka_unit_test_setup_teardown(checks_count_good_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_share_of_paths_is_met_exactly, set_up, tear_down),
        cmocka_unit_test(sums_are_whole_digits),
        cmocka_unit_test_setup_teardown(a_file_holds_what_was_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_is_whole_or_not_there, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
