/* gw run: runs a model and reports. */
#include "cli/cluster.h"

#include <stdlib.h>
#include <string.h>

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
    OPTION_ERRORS,
    OPTION_PROFILE,
    OPTION_KEEP,
    OPTION_FROM,
    OPTION_TO,
    OPTION_OF,
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
    {"no-rests-on", 0, NULL, "leave out RESTS ON and the further runs it takes"},
    {"errors", 0, NULL, "also the standard errors of what is shown"},
    {"profile", 0, NULL, "say where the time went"},
    {"keep", 0, "BYTES", "how much may be kept of the paths, for example 4G"},
    {"paths-from", 0, "A", "a part of the run, for `gw merge`: from path A, counted from 0"},
    {"paths-to", 0, "B", "to before path B"},
    {"of", 0, "N", "of N paths in all"},
    {"lib", 0, "DIR", "the field's library from this folder"},
    {NULL, 0, NULL, NULL}};
static const CommandHelp help = {
    "run", "gw run FILE [OPTION...]",
    "Runs a model over many paths and reports what comes out. - is standard input.",
    "  gw run models/ten_gigawatts.gw --paths 5000 --set 'openai.cash = 80 bn USD' -o run.db\n",
    options};

enum { MOST_SCENARIOS = 200 };
static const uint64_t MOST_PATHS = 100000000;
static const uint64_t MOST_THREADS = 1024;

typedef struct {
    const char *file, *output, *library, *scenarios;
    Repeated settings, shows;
    uint64_t threads, of;
    bool is_strict, has_paths;
    Delivery delivery;
    Cluster cluster;
    GwRunOptions run;
} RunSettings;

/* --- one scenario by several processes --- */

enum { BLOCK = 256 }; /* paths: parts begin at a multiple */

/* This process's part of the paths, some of them having none if there are few. */
static void choose_part(Cluster cluster, GwRunOptions *run)
{
    uint64_t blocks = (run->paths + BLOCK - 1) / BLOCK;
    uint64_t to = blocks * (cluster.rank + 1) / cluster.size * BLOCK;

    run->paths_from = blocks * cluster.rank / cluster.size * BLOCK;
    run->paths_to = to < run->paths ? to : run->paths;
}

static int stops_waiting(void *context)
{
    return show_progress(context, 0, 0);
}

/* The parts of the others, one after another; `parts` begins with this process's own. */
static int receive_parts(const RunSettings *settings, GwPart *parts, size_t *n_parts, Meter *meter)
{
    int worst = STATUS_FINE;

    for (unsigned rank = 1; rank < settings->cluster.size && worst == STATUS_FINE; rank++) {
        void *bytes = NULL;
        GwPart *part = &parts[*n_parts];
        worst = cluster_receive(rank, &bytes, &part->length, stops_waiting, meter);
        part->name = "a process's part";
        part->bytes = bytes;
        *n_parts += bytes != NULL;
    }
    if (worst == STATUS_STOPPED)
        complain("stopped");
    else if (worst != STATUS_FINE)
        complain("another process could not run its part");
    return worst;
}

/* Joins this process's part to those of the others, and reports. */
static int gather_scenario(GwModel *model, RunSettings *settings, GwRunOptions *run_options,
                           const GwPart *own, const char *output, Meter *meter)
{
    GwPart *parts = calloc(settings->cluster.size, sizeof *parts);
    size_t n_parts = own->bytes != NULL ? 1 : 0;
    GwRun *run = NULL;
    GwStatus merged = GW_OK;
    int status = STATUS_FINE;

    if (parts == NULL) {
        complain("memory ran out");
        return STATUS_WORLD;
    }
    parts[0] = *own;
    status = receive_parts(settings, parts, &n_parts, meter);
    if (status == STATUS_FINE) {
        merged = gw_model_merge(model, parts, n_parts, run_options, &run);
        clear_progress(meter);
        status = merged != GW_OK ? explain(model, merged)
                                 : deliver(run, &settings->delivery, output, meter);
    }
    gw_run_free(run);
    for (size_t i = own->bytes != NULL ? 1 : 0; i < n_parts; i++)
        free((void *)(uintptr_t)parts[i].bytes);
    free(parts);
    return status;
}

static int share_scenario(GwModel *model, RunSettings *settings, GwRunOptions *run_options,
                          const char *output, Meter *meter)
{
    GwPart own = {.name = "this process's part"};
    GwRun *run = NULL;
    GwStatus ran = GW_OK;
    int status = STATUS_FINE;

    choose_part(settings->cluster, run_options);
    if (run_options->paths_from < run_options->paths_to)
        ran = gw_model_run(model, run_options, &run);
    if (ran == GW_OK && run != NULL)
        ran = gw_run_part(run, &own.bytes, &own.length);
    clear_progress(meter);
    if (ran != GW_OK)
        status = explain(model, ran);
    if (settings->cluster.rank > 0)
        cluster_send(own.bytes, own.length, status);
    else if (status == STATUS_FINE)
        status = gather_scenario(model, settings, run_options, &own, output, meter);
    gw_run_free(run);
    return was_interrupted() ? STATUS_STOPPED : status;
}

static int run_scenario(GwModel *model, RunSettings *settings, const char *scenario,
                        const char *output)
{
    Meter meter = meter_start();
    GwRunOptions run_options = settings->run;
    GwStatus status = gw_model_choose_scenario(model, scenario);
    GwRun *run = NULL;
    int exit_status = STATUS_FINE;

    if (status == GW_OK)
        status = gw_model_compile(model);
    if (status == GW_OK && !settings->delivery.is_quiet && settings->cluster.rank == 0)
        draw_diagnostics(model);
    run_options.progress = show_progress;
    run_options.context = &meter;
    run_options.with_side_runs = !settings->delivery.is_quiet && !settings->delivery.is_csv;
    if (status == GW_OK && settings->cluster.size > 1)
        return share_scenario(model, settings, &run_options, output, &meter);
    if (status == GW_OK)
        status = gw_model_run(model, &run_options, &run);
    clear_progress(&meter);
    if (status != GW_OK)
        return explain(model, status);
    exit_status = deliver(run, &settings->delivery, output, &meter);
    gw_run_free(run);
    return was_interrupted() ? STATUS_STOPPED : exit_status;
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

static int run_named(GwModel *model, RunSettings *settings, const char *name)
{
    char *output = settings->output != NULL && settings->delivery.is_many
                       ? output_of_scenario(settings->output, name)
                       : NULL;
    int status = STATUS_WORLD;

    if (settings->output != NULL && settings->delivery.is_many && output == NULL)
        complain("memory ran out");
    else
        status = settings->delivery.is_many && output != NULL ? check_output(output) : STATUS_FINE;
    if (status == STATUS_FINE)
        status = run_scenario(model, settings, name,
                              settings->delivery.is_many ? output : settings->output);
    free(output);
    return status;
}

/* A name that no scenario has is found before the first of them has run. */
static int check_names(GwModel *model, const char *const *names, size_t count)
{
    GwStatus status = GW_OK;

    if (count == 0) {
        complain("run: --scenario names none");
        return refuse_use("run");
    }
    for (size_t i = 0; i < count && status == GW_OK; i++)
        status = gw_model_choose_scenario(model, names[i]);
    return status == GW_OK ? STATUS_FINE : explain(model, status);
}

static int run_each(GwModel *model, RunSettings *settings, char *list)
{
    const char *names[MOST_SCENARIOS] = {0};
    char *kept[MOST_SCENARIOS] = {0};
    size_t count = list_scenarios(model, list, names);
    int worst = check_names(model, names, count);

    settings->delivery.is_many = count > 1;
    for (size_t i = 0; i < count; i++)
        kept[i] = copy_string(names[i]); /* the model's names change with its compilation */
    for (size_t i = 0; i < count && !was_interrupted() && worst != STATUS_USE; i++) {
        int status = kept[i] != NULL ? run_named(model, settings, kept[i]) : STATUS_WORLD;
        worst = status > worst ? status : worst;
        if (gw_model_error_count(model) > 0)
            break; /* the next one would say the same */
    }
    delivery_end(&settings->delivery);
    for (size_t i = 0; i < count; i++)
        free(kept[i]);
    return was_interrupted() ? STATUS_STOPPED : worst;
}

static int run_scenarios(GwModel *model, RunSettings *settings)
{
    bool is_all = strcmp(settings->scenarios, "all") == 0;
    GwStatus compiled = is_all ? gw_model_compile(model) : GW_OK; /* names them */
    char *list = copy_string(settings->scenarios);
    int status = STATUS_WORLD;

    if (compiled != GW_OK)
        status = explain(model, compiled);
    else if (list != NULL)
        status = run_each(model, settings, list);
    free(list);
    return status;
}

/* --- the command --- */

static int run_model(RunSettings *settings)
{
    int status = settings->output != NULL ? check_output(settings->output) : STATUS_FINE;
    GwModel *model = NULL;

    if (status != STATUS_FINE)
        return status;
    catch_interrupts();
    model = open_model(settings->file, settings->library, &status);
    if (model == NULL)
        return status;
    status = explain(
        model, apply_settings(model, settings->is_strict, &settings->settings, &settings->shows));
    if (status == STATUS_FINE)
        status = settings->scenarios != NULL
                     ? run_scenarios(model, settings)
                     : run_scenario(model, settings, NULL, settings->output);
    gw_model_free(model);
    return finish_output(status);
}

/* Takes one option; false when it was refused. */
static bool take_option(RunSettings *settings, int option, const char *value)
{
    switch (option) {
    case OPTION_PATHS:
        settings->has_paths = true;
        return read_count("run", "--paths", value, 1, MOST_PATHS, &settings->run.paths);
    case OPTION_SEED:
        return read_count("run", "--seed", value, 0, INT64_MAX, &settings->run.seed);
    case OPTION_THREADS:
        return read_count("run", "--threads", value, 1, MOST_THREADS, &settings->threads);
    case OPTION_KEEP:
        return read_count("run", "--keep", value, 1, SIZE_MAX / 2, &settings->run.keep_bytes);
    case OPTION_FROM:
        return read_count("run", "--paths-from", value, 0, MOST_PATHS, &settings->run.paths_from);
    case OPTION_TO:
        return read_count("run", "--paths-to", value, 1, MOST_PATHS, &settings->run.paths_to);
    case OPTION_OF:
        return read_count("run", "--of", value, 1, MOST_PATHS, &settings->of);
    case OPTION_SET:
        return add_repeated("run", "--set", value, &settings->settings);
    case OPTION_SHOW:
        return add_repeated("run", "--show", value, &settings->shows);
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
        settings->delivery.is_json = true;
        return true;
    case OPTION_CSV:
        settings->delivery.is_csv = true;
        return true;
    case OPTION_QUIET:
        settings->delivery.is_quiet = true;
        return true;
    case OPTION_STRICT:
        settings->is_strict = true;
        return true;
    case OPTION_FAIL_ON_CHECKS:
        settings->delivery.fails_on_checks = true;
        return true;
    case OPTION_ERRORS:
        settings->delivery.has_errors = true;
        return true;
    case OPTION_PROFILE:
        settings->run.with_profile = 1;
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

/* All three words that name a part, and a file to keep it in, or none. */
static bool check_part(RunSettings *settings)
{
    bool is_part = settings->of > 0 || settings->run.paths_from > 0 || settings->run.paths_to > 0;

    if (!is_part)
        return true;
    if (settings->of == 0 || settings->run.paths_to == 0)
        complain("run: a part needs --paths-from, --paths-to and --of");
    else if (settings->has_paths)
        complain("run: a part is of the paths that --of says, without --paths");
    else if (settings->output == NULL)
        complain("run: a part needs -o, the file that `gw merge` joins to others");
    else if (settings->delivery.is_json || settings->delivery.is_csv)
        complain("run: a part has no report, JSON or CSV: `gw merge` makes it a whole first");
    else {
        settings->delivery.is_part = true;
        settings->run.paths = settings->of;
        settings->delivery.is_quiet = true;
        return true;
    }
    (void)refuse_use("run");
    return false;
}

/* `argv` is that of main without its first two words. A part asked for is run by who is asked. */
static int run_alone_or_not(RunSettings *settings, char **argv)
{
    int status = STATUS_FINE;

    if (settings->of > 0)
        return run_model(settings);
    if (!cluster_join(argv - 2, &settings->cluster, &status))
        return status;
    status = run_model(settings);
    cluster_leave(status);
    return status;
}

int command_run(int argc, char **argv)
{
    Arguments arguments = {.help = &help, .argc = argc, .argv = argv};
    RunSettings settings = {.delivery = {.is_timed = true},
                            .run = {.paths = GW_DEFAULT_PATHS, .seed = GW_DEFAULT_SEED}};
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
    if (settings.delivery.is_json && settings.delivery.is_csv) {
        complain("run: --json or --csv, not both");
        return refuse_use("run");
    }
    if (!check_part(&settings))
        return STATUS_USE;
    return run_alone_or_not(&settings, argv);
}
