/* The public interface: from text to results, its refusals, and memory that runs out anywhere. */
#include "gigawatt.h"

#include "base/arena.h"

#include <errno.h>
#include <locale.h>
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

static const char tank[] = "model tank \"A tank that fills\" {\n"
                           "  clock = monthly from 2026-01 until 2026-12\n"
                           "}\n"
                           "inflow ~ uniform(1, 3) assume \"for the test\"\n"
                           "stock level : number = 10 assume \"for the test\" "
                           "{ in inflow / 1 month }\n"
                           "full = level > 40\n"
                           "scenario dry \"Nothing comes\" assume \"asked\" { inflow = 0 }\n"
                           "check \"never empty\" always level > 0\n";

/* What is compared and raised by a tenth beside the run itself. */
static const char compared[] = "model compared \"Two scenarios\" {\n"
                               "  clock = yearly from 2026-01 until 2028-12\n"
                               "}\n"
                               "x ~ uniform(1, 3) assume \"for the test\"\n"
                               "y = 5 assume \"for the test\"\n"
                               "z = x * y\n"
                               "scenario more \"More\" assume \"asked\" { y = 7 }\n"
                               "scenario less \"Less\" assume \"asked\" { y = 2 }\n"
                               "report r \"R\" {\n  show z\n  compare base, more, less\n}\n";

static GwModel *opened(const char *text)
{
    GwModel *model = gw_model_new();

    assert_non_null(model);
    assert_int_equal(gw_model_parse(model, "tank.gw", text, strlen(text)), GW_OK);
    return model;
}

static void a_model_runs_and_is_read(void **state)
{
    GwModel *model = opened(tank);
    GwRunOptions options = {.paths = 400, .seed = 3};
    GwRun *run = NULL;
    GwRun *other = NULL;
    GwCheck check;
    size_t level = 0;
    const char *text = NULL;

    (void)state;
    assert_int_equal(gw_model_run(model, &options, &run), GW_OK);
    assert_int_equal(gw_model_find_output(model, "level", &level), GW_OK);
    assert_int_equal(gw_run_paths(run), 400);
    assert_int_equal(gw_run_failed(run), 0);
    /* Twelve months of a mean of 2, from 10; four standard errors of 12 * 0.577 / 20. */
    assert_true(fabs(gw_run_mean(run, level, 11) - 34) < 4 * 12 * 0.5774 / 20);
    assert_true(gw_run_quantile(run, level, 11, 0) >= 22);
    assert_true(gw_run_quantile(run, level, 11, 1) <= 46);
    assert_true(isnan(gw_run_quantile(run, level, 12, 0.5)));
    assert_int_equal(gw_run_check_count(run), 1);
    assert_int_equal(gw_run_check(run, 0, &check), GW_OK);
    assert_true(check.holds && check.n_held == 400);
    /* The run lives on while its model becomes another, and after it is gone. */
    assert_int_equal(gw_model_choose_scenario(model, "dry"), GW_OK);
    assert_int_equal(gw_model_run(model, &options, &other), GW_OK);
    assert_true(gw_run_quantile(other, level, 11, 0.5) == 10);
    gw_model_free(model);
    assert_int_equal(gw_run_report(run, NULL, &text), GW_OK);
    assert_non_null(strstr(text, "400 of 400 paths"));
    assert_int_equal(gw_run_csv(run, &text), GW_OK);
    gw_run_free(run);
    gw_run_free(other);
}

static void words_have_names(void **state)
{
    GwModel *model = opened("mood ~ one of {glad: 100%, sad: 0%} assume \"for the test\"\n");
    GwRunOptions options = {.paths = 3, .seed = 3};
    GwRun *run = NULL;
    const char *word = NULL;

    (void)state;
    assert_int_equal(gw_model_run(model, &options, &run), GW_OK);
    assert_int_equal(gw_run_word(run, gw_run_quantile(run, 0, 0, 0.5), &word), GW_OK);
    assert_string_equal(word, "glad");
    assert_int_equal(gw_run_word(run, -1, &word), GW_BAD_USE);
    assert_int_equal(gw_run_word(run, 1e9, &word), GW_BAD_USE);
    assert_int_equal(gw_run_word(run, 0.5, &word), GW_BAD_USE);
    assert_int_equal(gw_run_word(run, (double)NAN, &word), GW_BAD_USE);
    gw_run_free(run);
    gw_model_free(model);
}

static void a_model_lists_what_it_holds(void **state)
{
    GwModel *model = opened(tank);
    GwModelInfo info;
    GwParameter parameter;
    const char *name = NULL;
    const char *title = NULL;
    size_t index = 0;

    (void)state;
    assert_int_equal(gw_model_info(model, &info), GW_BAD_USE); /* not compiled yet */
    assert_int_equal(gw_model_compile(model), GW_OK);
    assert_int_equal(gw_model_info(model, &info), GW_OK);
    assert_string_equal(info.title, "A tank that fills");
    assert_string_equal(info.from, "2026-01-01");
    assert_string_equal(info.until, "2026-12-31");
    assert_int_equal(info.n_periods, 12);
    assert_true(gw_model_parameter_count(model) >= 2);
    for (index = 0; gw_model_parameter(model, index, &parameter) == GW_OK; index++)
        if (strcmp(parameter.name, "inflow") == 0)
            break;
    assert_true(parameter.is_draw && parameter.attribution == 'a');
    assert_string_equal(parameter.words, "for the test");
    assert_int_equal(gw_model_scenario_count(model), 1);
    assert_int_equal(gw_model_scenario(model, 0, &name, &title), GW_OK);
    assert_string_equal(name, "dry");
    assert_int_equal(gw_model_scenario(model, 1, &name, &title), GW_BAD_USE);
    assert_int_equal(gw_model_find_output(model, "nothing", &index), GW_BAD_USE);
    gw_model_free(model);
}

static void each_money_is_told_apart(void **state)
{
    GwModel *model =
        opened("import gigawatt\n"
               "model m \"M\" { clock = monthly from 2026-01 until 2026-02; money = USD, EUR }\n"
               "party a { outside }\nparty b { opening cash = 9 EUR }\n"
               "contract c between a and b {\n"
               "  every month { pay 7 USD from a to b as revenue }\n"
               "  every month { pay 2 EUR from b to a as rent }\n}\n");
    GwRunOptions options = {.paths = 16, .seed = 1};
    GwRun *run = NULL;
    GwModelInfo info;
    GwFlow flow;
    const char *name = NULL;

    (void)state;
    assert_int_equal(gw_model_run(model, &options, &run), GW_OK);
    assert_int_equal(gw_model_info(model, &info), GW_OK);
    assert_string_equal(info.currency, "USD");
    assert_int_equal(info.n_currencies, 2);
    assert_int_equal(gw_model_currency(model, 1, &name), GW_OK);
    assert_string_equal(name, "EUR");
    assert_int_equal(gw_model_currency(model, 2, &name), GW_BAD_USE);
    assert_int_equal(gw_run_flow_count(run), 2);
    assert_int_equal(gw_run_flow(run, 0, 1, &flow), GW_OK);
    assert_string_equal(flow.payer, "a");
    assert_string_equal(flow.currency, "USD");
    assert_true(flow.paid == 7);
    assert_int_equal(gw_run_flow(run, 1, 1, &flow), GW_OK);
    assert_string_equal(flow.payer, "b"); /* and not the name of its book */
    assert_string_equal(flow.currency, "EUR");
    assert_true(flow.paid == 2);
    gw_run_free(run);
    gw_model_free(model);
}

static void faults_are_diagnostics(void **state)
{
    GwModel *model = opened("model m \"M\" {\n  clock = monthly from 2026-01 until 2026-12\n}\n"
                            "x = y + 1\n");
    GwDiagnostic diagnostic;

    (void)state;
    assert_int_equal(gw_model_compile(model), GW_BAD_INPUT);
    assert_true(gw_model_error_count(model) >= 1);
    assert_int_equal(gw_model_diagnostic(model, 0, &diagnostic), GW_OK);
    assert_int_equal(diagnostic.severity, GW_ERROR);
    assert_string_equal(diagnostic.file, "tank.gw");
    assert_int_equal(diagnostic.line, 4);
    assert_int_equal(diagnostic.column, 5);
    assert_non_null(strstr(gw_model_diagnostics_text(model, 0), "tank.gw:4:5"));
    assert_int_equal(gw_model_diagnostic(model, 99, &diagnostic), GW_BAD_USE);
    gw_model_free(model);
}

static void settings_are_forgiving(void **state)
{
    GwModel *model = opened(tank);

    (void)state;
    assert_int_equal(gw_model_choose_scenario(model, "dyr"), GW_BAD_USE);
    assert_non_null(strstr(gw_model_message(model), "did you mean dry?"));
    assert_int_equal(gw_model_set(model, "inflow ="), GW_BAD_INPUT);
    gw_model_free(model);
    model = opened(tank);
    assert_int_equal(gw_model_set(model, "inflow = 1"), GW_OK);
    assert_int_equal(gw_model_compile(model), GW_OK);
    assert_int_equal(gw_model_parse(model, "again.gw", "", 0), GW_BAD_USE);
    gw_model_free(model);
}

/* Files that import each other, in memory. */
static int read_from_memory(void *context, const char *path, char **bytes, size_t *length)
{
    static const char *const files[][2] = {
        {"dir/main.gw", "import \"part/a.gw\"\nmodel m \"M\" {\n"
                        "  clock = monthly from 2026-01 until 2026-02\n}\n"},
        {"dir/part/a.gw", "import \"../main.gw\"\nimport \"./a.gw\"\nx = 1 assume \"t\"\n"}};

    *(int *)context += 1;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i][0], path) == 0) {
            *length = strlen(files[i][1]);
            *bytes = malloc(*length);
            memcpy(*bytes, files[i][1], *length);
            return 0;
        }
    return ENOENT;
}

static void each_file_is_read_once(void **state)
{
    GwModel *model = gw_model_new();
    int n_reads = 0;

    (void)state;
    assert_int_equal(gw_model_set_reader(model, read_from_memory, &n_reads), GW_OK);
    assert_int_equal(gw_model_open(model, "dir/main.gw"), GW_OK);
    assert_int_equal(n_reads, 2);
    assert_int_equal(gw_model_error_count(model), 0);
    gw_model_free(model);
    model = gw_model_new();
    assert_int_equal(gw_model_set_reader(model, read_from_memory, &n_reads), GW_OK);
    assert_int_equal(gw_model_open(model, "nowhere.gw"), GW_BAD_WORLD);
    assert_non_null(strstr(gw_model_message(model), "nowhere.gw"));
    gw_model_free(model);
}

static int stop_at_once(void *context, uint64_t done, uint64_t total)
{
    (void)done;
    (void)total;
    *(int *)context += 1;
    return 1;
}

static void runs_are_refused_and_stopped(void **state)
{
    GwModel *model = opened(tank);
    GwRunOptions options = {.paths = 0, .seed = 1};
    GwRun *run = NULL;
    uint64_t bytes = 0;
    int n_calls = 0;

    (void)state;
    assert_int_equal(gw_model_run(model, &options, &run), GW_BAD_USE);
    options = (GwRunOptions){.paths = 1, .seed = UINT64_MAX};
    assert_int_equal(gw_model_run(model, &options, &run), GW_BAD_USE);
    options = (GwRunOptions){.paths = 1000000, .seed = 1, .keep_bytes = 1000};
    assert_int_equal(gw_model_run(model, &options, &run), GW_TOO_BIG);
    assert_null(run);
    assert_non_null(strstr(gw_model_message(model), "--keep"));
    assert_int_equal(gw_model_run_bytes(model, &options, &bytes), GW_OK);
    assert_true(bytes > 1000);
    options = (GwRunOptions){.paths = 20000, .progress = stop_at_once, .context = &n_calls};
    assert_int_equal(gw_model_run(model, &options, &run), GW_CANCELLED);
    assert_null(run);
    assert_true(n_calls >= 1);
    gw_model_free(model);
}

static void a_stopped_save_leaves_no_file(void **state)
{
    char path[] = "/tmp/gw_api_test_XXXXXX";
    char part[64];
    GwModel *model = opened(tank);
    GwRunOptions options = {.paths = 30, .seed = 1};
    GwRun *run = NULL;
    int n_calls = 0;
    int descriptor = mkstemp(path);

    (void)state;
    assert_true(descriptor >= 0);
    (void)close(descriptor);
    (void)unlink(path);
    assert_int_equal(gw_model_run(model, &options, &run), GW_OK);
    gw_run_watch(run, stop_at_once, &n_calls);
    assert_int_equal(gw_run_save(run, path), GW_CANCELLED);
    assert_int_equal(n_calls, 1);
    (void)snprintf(part, sizeof part, "%s.%ld.part", path, (long)getpid());
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(part, F_OK), 0);
    gw_run_watch(run, NULL, NULL);
    assert_int_equal(gw_run_save(run, path), GW_OK);
    assert_int_equal(access(path, F_OK), 0);
    (void)unlink(path);
    gw_run_free(run);
    gw_model_free(model);
}

/* Everything once; what it gives back when memory ran out on the way. */
static GwStatus do_everything(const char *source, unsigned n_threads)
{
    GwModel *model = gw_model_new();
    GwRunOptions options = {.paths = 30, .seed = 1, .threads = n_threads, .with_side_runs = 1};
    GwRun *run = NULL;
    GwStatus status = GW_NO_MEMORY;
    const char *text = NULL;

    if (model == NULL)
        return GW_NO_MEMORY;
    status = gw_model_parse(model, "everything.gw", source, strlen(source));
    if (status == GW_OK && source == tank)
        status = gw_model_set(model, "inflow = 2");
    if (status == GW_OK)
        status = gw_model_run(model, &options, &run);
    if (status == GW_OK)
        status = gw_run_report(run, NULL, &text);
    if (status == GW_OK)
        status = gw_run_csv(run, &text);
    gw_run_free(run);
    gw_model_free(model);
    return status;
}

static void run_out_anywhere(const char *source, unsigned n_threads)
{
    GwStatus status = GW_NO_MEMORY;
    long n = 1;

    for (long step = 1; status == GW_NO_MEMORY && n < 1000000; n += step, step += n / 40) {
        arena_fail_after(n);
        status = do_everything(source, n_threads);
        assert_true(status == GW_OK || status == GW_NO_MEMORY);
    }
    arena_fail_after(0);
    assert_int_equal(status, GW_OK);
    assert_true(n > 20);
    assert_int_equal(do_everything(source, n_threads), GW_OK);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    run_out_anywhere(tank, 1);
    run_out_anywhere(compared, 1);
    run_out_anywhere(compared, 2); /* in either of two threads */
}

/* Side runs are done by one thread or two, and told of to one function; it can stop them. */
static int count_paths(void *context, uint64_t done, uint64_t total)
{
    uint64_t *most = context;

    assert_true(done <= total);
    *most = done > *most ? done : *most;
    return 0;
}

static int stop_after_run(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    (void)total;
    return done > 30;
}

static void side_runs_are_the_same_by_two(void **state)
{
    const char *texts[2] = {NULL, NULL};
    GwRun *runs[2] = {NULL, NULL};
    GwModel *model = opened(compared);
    GwRunOptions options = {.paths = 30, .seed = 1, .with_side_runs = 1};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t most = 0;
        options.threads = i + 1;
        options.progress = count_paths;
        options.context = &most;
        assert_int_equal(gw_model_run(model, &options, &runs[i]), GW_OK);
        assert_true(most >= 90); /* the run and two scenarios */
        assert_int_equal(gw_run_report(runs[i], NULL, &texts[i]), GW_OK);
    }
    assert_string_equal(texts[0], texts[1]);
    options.progress = stop_after_run;
    gw_run_free(runs[1]);
    assert_int_equal(gw_model_run(model, &options, &runs[1]), GW_CANCELLED);
    assert_string_equal(gw_model_message(model), "stopped");
    gw_run_free(runs[0]);
    gw_run_free(runs[1]);
    gw_model_free(model);
}

/* Where a number has a comma, 0.25 would be read as 0 and written as 0,25. */
static void the_hosts_locale_does_not_matter(void **state)
{
    static const char *const with_comma[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};
    static const char text[] =
        "model quarter \"A quarter\" { clock = yearly from 2026-01 until 2026-12 }\n"
        "x = 0.25 assume \"a quarter\"\nreport r { show x }\n";
    const char *locale = NULL;
    const char *csv = NULL;
    GwRun *run = NULL;
    GwModel *model = NULL;

    (void)state;
    for (size_t i = 0; i < 3 && locale == NULL; i++)
        locale = setlocale(LC_ALL, with_comma[i]);
    if (locale == NULL)
        skip(); /* this machine has none of them */
    assert_true(strtod("0.25", NULL) == 0);
    model = opened(text);
    assert_int_equal(gw_model_run(model, NULL, &run), GW_OK);
    assert_true(gw_run_mean(run, 0, 0) == 0.25);
    assert_int_equal(gw_run_csv(run, &csv), GW_OK);
    assert_non_null(strstr(csv, ",0.25,"));
    assert_true(strtod("0.25", NULL) == 0); /* and it is still the host's */
    gw_run_free(run);
    gw_model_free(model);
    (void)setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_runs_and_is_read),
        cmocka_unit_test(words_have_names),
        cmocka_unit_test(a_model_lists_what_it_holds),
        cmocka_unit_test(each_money_is_told_apart),
        cmocka_unit_test(faults_are_diagnostics),
        cmocka_unit_test(settings_are_forgiving),
        cmocka_unit_test(each_file_is_read_once),
        cmocka_unit_test(runs_are_refused_and_stopped),
        cmocka_unit_test(a_stopped_save_leaves_no_file),
        cmocka_unit_test(the_hosts_locale_does_not_matter),
        cmocka_unit_test(side_runs_are_the_same_by_two),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
