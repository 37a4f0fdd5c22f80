/* gw run: runs a model and reports. */
#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    OPTION_PATHS,
    OPTION_SEED,
    OPTION_THREADS,
    OPTION_SET,
    OPTION_SCENARIO,
    OPTION_SHOW,
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_CSV,
    OPTION_QUIET,
    OPTION_STRICT,
    OPTION_FAIL_ON_CHECKS,
    OPTION_NO_RESTS_ON,
    OPTION_KEEP,
    OPTION_LIB
};
static const Option options[] = {
    {"paths", 'n', "N", "how many paths (20000)"},
    {"seed", 's', "N", "which draws (1)"},
    {"threads", 't', "N", "threads (one a core); results do not depend on it"},
    {"set", 0, "'X = 3'", "change a number, as a one-line scenario; may be repeated"},
    {"scenario", 0, "A,B|all", "run these scenarios, each with its own report"},
    {"show", 0, "'X by year'", "show this instead of the report's views; may be repeated"},
    {"output", 'o', "FILE.db", "keep the results (SQLite)"},
    {"json", 0, NULL, "the whole result as JSON"},
    {"csv", 0, NULL, "the series as CSV, one line each output and period"},
    {"quiet", 'q', NULL, "no report"},
    {"strict", 0, NULL, "a number without a source is an error"},
    {"fail-on-checks", 0, NULL, "status 1 when a check of the model does not hold"},
    {"no-rests-on", 0, NULL, "leave out what the result rests on (it takes further runs)"},
    {"keep", 0, "BYTES", "how much may be kept of the paths, for example 4G"},
    {"lib", 0, "DIR", "the field's library from this folder"},
    {NULL, 0, NULL, NULL}};
static const CommandHelp help = {
    "run", "gw run FILE [OPTION...]",
    "Runs a model over many paths and reports what comes out. - is standard input.",
    "  gw run models/ten_gigawatts.gw --paths 5000 --set 'bank.rate = 9 %/year' -o run.db\n",
    options};

enum { MOST_REPEATED = 64, MOST_SCENARIOS = 200 };
static const uint64_t MOST_PATHS = 100000000;
static const uint64_t MOST_THREADS = 1024;

typedef struct {
    const char *file, *output, *library, *scenarios;
    const char *settings[MOST_REPEATED], *shows[MOST_REPEATED];
    size_t n_settings, n_shows;
    uint64_t threads;
    bool is_json, is_csv, is_quiet, is_strict, fails_on_checks;
    bool is_later; /* a second scenario or a further one */
    GwRunOptions run;
} RunSettings;

/* Set by the first Ctrl-C; the second one ends the program at once. */
static volatile sig_atomic_t was_interrupted;

static void note_interrupt(int signal_number)
{
    (void)signal_number;
    was_interrupted = 1;
}

static void on_interrupt(void (*handler)(int))
{
    struct sigaction action = {0};

    action.sa_handler = handler;
    action.sa_flags = (int)SA_RESETHAND;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* --- progress --- */

typedef struct {
    struct timespec started;
    double shown_at; /* seconds since the start */
    bool is_terminal, is_shown;
} Meter;

static double seconds_since(const struct timespec *started)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - started->tv_sec) + (double)(now.tv_nsec - started->tv_nsec) / 1e9;
}

static int show_progress(void *context, uint64_t done, uint64_t total)
{
    Meter *meter = context;
    double elapsed = seconds_since(&meter->started);

    if (was_interrupted)
        return 1;
    if (meter->is_terminal && elapsed > 1 && elapsed - meter->shown_at > 0.1 && total > 0) {
        (void)fprintf(stderr, "\r%3.0f %%  %.0f s ", 100 * (double)done / (double)total, elapsed);
        (void)fflush(stderr);
        meter->shown_at = elapsed;
        meter->is_shown = true;
    }
    return 0;
}

static void clear_progress(Meter *meter)
{
    if (meter->is_shown)
        (void)fputs("\r                    \r", stderr);
    meter->is_shown = false;
}

/* --- one scenario --- */

static bool any_check_fails(GwRun *run)
{
    GwCheck check;

    for (size_t i = 0; i < gw_run_check_count(run); i++)
        if (gw_run_check(run, i, &check) == GW_OK && !check.holds)
            return true;
    return false;
}

/* A check that does not hold is a finding and not a fault, unless it is asked for as one. More
 * failed paths than may be ignored are a fault of the model. */
static int judge_run(GwRun *run, const RunSettings *settings)
{
    if (gw_run_failed(run) * 100 > gw_run_paths(run))
        return STATUS_INPUT;
    return settings->fails_on_checks && any_check_fails(run) ? STATUS_INPUT : STATUS_FINE;
}

static GwStatus write_run(GwRun *run, const RunSettings *settings, double seconds)
{
    /* The time is for who waits for it: elsewhere the same run writes the same bytes. */
    GwReportOptions report = {.has_colour = wants_colour(STDOUT_FILENO),
                              .seconds = isatty(STDOUT_FILENO) ? seconds : (double)NAN};
    const char *text = "";
    GwStatus status = GW_OK;

    if (settings->is_json)
        status = gw_run_json(run, &text);
    else if (settings->is_csv)
        status = gw_run_csv(run, &text);
    else if (!settings->is_quiet)
        status = gw_run_report(run, &report, &text);
    if (status == GW_OK && settings->is_csv && settings->is_later) {
        const char *line_end = strchr(text, '\n'); /* its head stands already */
        text = line_end != NULL ? line_end + 1 : text;
    }
    if (status == GW_OK)
        write_text(text);
    return status;
}

/* The file first: what is stopped while it is written leaves none. A report has nothing that could
 * be left half done, so that from there on a signal ends the program at once. */
static int finish_run(GwRun *run, const RunSettings *settings, const char *output, Meter *meter)
{
    double seconds = seconds_since(&meter->started);
    GwStatus saved = GW_OK;
    GwStatus status = GW_OK;

    gw_run_watch(run, show_progress, meter);
    if (output != NULL)
        saved = gw_run_save(run, output);
    if (saved == GW_CANCELLED || was_interrupted) {
        complain("stopped");
        return STATUS_STOPPED;
    }
    if (saved != GW_OK)
        complain("%s", saved == GW_NO_MEMORY ? "memory ran out" : gw_run_message(run));
    on_interrupt(SIG_DFL);
    status = write_run(run, settings, seconds);
    on_interrupt(note_interrupt);
    if (status != GW_OK)
        complain("%s", status == GW_NO_MEMORY ? "memory ran out" : gw_run_message(run));
    status = saved != GW_OK ? saved : status;
    return status == GW_OK ? judge_run(run, settings) : status_of(status);
}

static int run_scenario(GwModel *model, const RunSettings *settings, const char *scenario,
                        const char *output)
{
    Meter meter = {.is_terminal = isatty(STDERR_FILENO) != 0};
    GwRunOptions run_options = settings->run;
    GwStatus status = gw_model_choose_scenario(model, scenario);
    GwRun *run = NULL;
    int exit_status = STATUS_FINE;

    (void)clock_gettime(CLOCK_MONOTONIC, &meter.started);
    if (status == GW_OK)
        status = gw_model_compile(model);
    if (status == GW_OK && !settings->is_quiet)
        draw_diagnostics(model);
    run_options.progress = show_progress;
    run_options.context = &meter;
    run_options.with_side_runs = !settings->is_quiet && !settings->is_csv;
    if (status == GW_OK)
        status = gw_model_run(model, &run_options, &run);
    clear_progress(&meter);
    if (status != GW_OK)
        return explain(model, status);
    exit_status = finish_run(run, settings, output, &meter);
    gw_run_free(run);
    return was_interrupted ? STATUS_STOPPED : exit_status;
}

/* --- several scenarios --- */

/* "run.db" for scenario s: "run.s.db". In memory that the caller frees. */
static char *output_of_scenario(const char *output, const char *scenario)
{
    size_t length = strlen(output) + strlen(scenario) + 2;
    const char *slash = strrchr(output, '/');
    const char *dot = strrchr(output, '.');
    size_t stem =
        dot == NULL || (slash != NULL && dot < slash) ? strlen(output) : (size_t)(dot - output);
    char *path = malloc(length);

    if (path != NULL)
        (void)snprintf(path, length, "%.*s.%s%s", (int)stem, output, scenario, output + stem);
    return path;
}

/* Cuts "a,b" or, for "all", takes base and every declared one. Returns how many; the words live
 * in `list`, which is changed, or in the model. */
static size_t list_scenarios(GwModel *model, char *list, const char **names)
{
    size_t count = 0;

    if (strcmp(list, "all") != 0) {
        for (char *word = strtok(list, ","); word != NULL && count < MOST_SCENARIOS;
             word = strtok(NULL, ","))
            names[count++] = word;
        return count;
    }
    names[count++] = "base";
    for (size_t i = 0; i < gw_model_scenario_count(model) && count < MOST_SCENARIOS; i++) {
        const char *title = NULL;
        (void)gw_model_scenario(model, i, &names[count++], &title);
    }
    return count;
}

static char *copy_string(const char *string)
{
    char *copy = malloc(strlen(string) + 1);

    return copy == NULL ? NULL : strcpy(copy, string);
}

static int refuse_output(const char *path, const char *why)
{
    complain("cannot write %s: %s", path, why);
    return STATUS_WORLD;
}

/* Whether a file is there that is no file of results: a model, say, named by a slip. */
static bool holds_something_else(const char *path)
{
    static const char mark[] = "SQLite format 3";
    char start[sizeof mark] = {0};
    FILE *file = fopen(path, "rb");
    size_t length = 0;

    if (file == NULL)
        return false;
    length = fread(start, 1, sizeof mark, file);
    (void)fclose(file);
    return length > 0 && memcmp(start, mark, sizeof mark) != 0;
}

/* Finds out before the run whether its results can be kept at all. */
static int check_output(const char *path)
{
    struct stat about;
    char *folder = NULL;
    char *slash = NULL;
    int status = STATUS_FINE;

    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return refuse_output(path,
                             S_ISDIR(about.st_mode) ? "it is a folder" : "it is not a plain file");
    if (holds_something_else(path))
        return refuse_output(path, "that file holds something else than results");
    folder = copy_string(path);
    if (folder == NULL)
        return refuse_output(path, "memory ran out");
    slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    if (access(slash != NULL ? folder : ".", W_OK | X_OK) != 0)
        status = refuse_output(path, strerror(errno));
    free(folder);
    return status;
}

static int run_named(GwModel *model, const RunSettings *settings, const char *name, bool is_many)
{
    char *output =
        settings->output != NULL && is_many ? output_of_scenario(settings->output, name) : NULL;
    int status = STATUS_WORLD;

    if (settings->output != NULL && is_many && output == NULL)
        complain("memory ran out");
    else
        status = is_many && output != NULL ? check_output(output) : STATUS_FINE;
    if (status == STATUS_FINE)
        status = run_scenario(model, settings, name, is_many ? output : settings->output);
    free(output);
    return status;
}

static int run_scenarios(GwModel *model, RunSettings *settings)
{
    const char *names[MOST_SCENARIOS] = {0};
    char *kept[MOST_SCENARIOS] = {0};
    char *list = copy_string(settings->scenarios);
    size_t count = 0;
    int worst = STATUS_FINE;

    if (list == NULL)
        return STATUS_WORLD;
    if (strcmp(list, "all") == 0) {
        GwStatus compiled = gw_model_compile(model);
        if (compiled != GW_OK) {
            free(list);
            return explain(model, compiled);
        }
    }
    count = list_scenarios(model, list, names);
    for (size_t i = 0; i < count; i++)
        kept[i] = copy_string(names[i]); /* the model's names change with its compilation */
    for (size_t i = 0; i < count && !was_interrupted; i++) {
        int status = STATUS_WORLD;
        if (i > 0 && !settings->is_quiet && !settings->is_csv && !settings->is_json)
            write_text("\n");
        if (kept[i] != NULL)
            status = run_named(model, settings, kept[i], count > 1);
        worst = status > worst ? status : worst;
        settings->is_later = true;
        if (gw_model_error_count(model) > 0)
            break; /* the next one would say the same */
    }
    for (size_t i = 0; i < count; i++)
        free(kept[i]);
    free(list);
    return was_interrupted ? STATUS_STOPPED : worst;
}

/* --- the command --- */

static int apply_settings(GwModel *model, const RunSettings *settings)
{
    GwStatus status = gw_model_set_strict(model, settings->is_strict);

    for (size_t i = 0; i < settings->n_settings && (status == GW_OK || status == GW_BAD_INPUT); i++)
        status = gw_model_set(model, settings->settings[i]);
    for (size_t i = 0; i < settings->n_shows && (status == GW_OK || status == GW_BAD_INPUT); i++)
        status = gw_model_show(model, settings->shows[i]);
    if (status == GW_OK && gw_model_error_count(model) > 0)
        status = GW_BAD_INPUT;
    return status == GW_OK ? STATUS_FINE : explain(model, status);
}

static int run_model(RunSettings *settings)
{
    int status = settings->output != NULL ? check_output(settings->output) : STATUS_FINE;
    GwModel *model = NULL;

    if (status != STATUS_FINE)
        return status;
    on_interrupt(note_interrupt);
    model = open_model(settings->file, settings->library, &status);
    if (model == NULL)
        return status;
    status = apply_settings(model, settings);
    if (status == STATUS_FINE)
        status = settings->scenarios != NULL
                     ? run_scenarios(model, settings)
                     : run_scenario(model, settings, NULL, settings->output);
    gw_model_free(model);
    return finish_output(status);
}

static bool add_repeated(const char **list, size_t *count, const char *value, const char *option)
{
    if (*count == MOST_REPEATED) {
        complain("run: --%s stands more than %d times", option, MOST_REPEATED);
        return false;
    }
    list[(*count)++] = value;
    return true;
}

/* Takes one option; false when it was refused. */
static bool take_option(RunSettings *settings, int option, const char *value)
{
    switch (option) {
    case OPTION_PATHS:
        return read_count("run", "--paths", value, 1, MOST_PATHS, &settings->run.paths);
    case OPTION_SEED:
        return read_count("run", "--seed", value, 0, UINT64_MAX, &settings->run.seed);
    case OPTION_THREADS:
        return read_count("run", "--threads", value, 1, MOST_THREADS, &settings->threads);
    case OPTION_KEEP:
        return read_count("run", "--keep", value, 1, SIZE_MAX / 2, &settings->run.keep_bytes);
    case OPTION_SET:
        return add_repeated(settings->settings, &settings->n_settings, value, "set");
    case OPTION_SHOW:
        return add_repeated(settings->shows, &settings->n_shows, value, "show");
    case OPTION_SCENARIO:
        settings->scenarios = value;
        return true;
    case OPTION_OUTPUT:
        settings->output = value;
        return true;
    case OPTION_LIB:
        settings->library = value;
        return true;
    case OPTION_JSON:
        settings->is_json = true;
        return true;
    case OPTION_CSV:
        settings->is_csv = true;
        return true;
    case OPTION_QUIET:
        settings->is_quiet = true;
        return true;
    case OPTION_STRICT:
        settings->is_strict = true;
        return true;
    case OPTION_FAIL_ON_CHECKS:
        settings->fails_on_checks = true;
        return true;
    case OPTION_NO_RESTS_ON:
        settings->run.without_rests_on = 1;
        return true;
    default:
        break;
    }
    if (settings->file != NULL) {
        complain("run: one file at a time, not %s and %s", settings->file, value);
        (void)refuse_use("run");
        return false;
    }
    settings->file = value;
    return true;
}

int command_run(int argc, char **argv)
{
    Arguments arguments = {.help = &help, .argc = argc, .argv = argv};
    RunSettings settings = {.run = {.paths = GW_DEFAULT_PATHS, .seed = GW_DEFAULT_SEED}};
    const char *value = NULL;

    for (int got = 0; (got = arguments_next(&arguments, &value)) != ARGUMENT_END;) {
        if (got == ARGUMENT_HELP)
            return finish_output(STATUS_FINE);
        if (got == ARGUMENT_BAD || !take_option(&settings, got, value))
            return STATUS_USE;
    }
    settings.run.threads = (unsigned)settings.threads;
    if (settings.file == NULL) {
        complain("run: which file?");
        return refuse_use("run");
    }
    if (settings.is_json && settings.is_csv) {
        complain("run: --json or --csv, not both");
        return refuse_use("run");
    }
    return run_model(&settings);
}
