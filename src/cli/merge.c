/* gw merge: joins the parts of a run to the whole. */
#include "cli/cli.h"

#include <stdlib.h>

enum { OPTION_OUTPUT, OPTION_JSON, OPTION_CSV, OPTION_QUIET, OPTION_THREADS };
static const Option options[] = {
    {"output", 'o', "FILE.db", "keep the results (SQLite)"},
    {"json", 0, NULL, "the whole result as JSON"},
    {"csv", 0, NULL, "the series as CSV, one line each output and period"},
    {"quiet", 'q', NULL, "no report"},
    {"threads", 't', "N", "threads (one a core) of the further runs that a report takes"},
    {NULL, 0, NULL, NULL}};
static const CommandHelp help = {
    "merge", "gw merge PART.db... [OPTION...]",
    "Joins parts that `gw run --paths-from A --paths-to B --of N` made, on whatever machines: the\n"
    "same results, to the bit, as of one run of N paths. The parts hold their model.",
    "  gw merge part1.db part2.db -o whole.db\n", options};

static const uint64_t MOST_THREADS = 1024;

typedef struct {
    GwPart *parts;
    size_t n_parts;
    const char *output;
    Delivery delivery;
    uint64_t threads;
} MergeSettings;

static int merge_parts(MergeSettings *settings)
{
    Meter meter = meter_start();
    GwRunOptions run_options = {.threads = (unsigned)settings->threads,
                                .with_side_runs =
                                    !settings->delivery.is_quiet && !settings->delivery.is_csv,
                                .progress = show_progress,
                                .context = &meter};
    GwModel *model = gw_model_new();
    GwRun *run = NULL;
    GwStatus status = GW_NO_MEMORY;
    int exit_status = STATUS_FINE;

    if (model == NULL) {
        complain("memory ran out");
        return STATUS_WORLD;
    }
    catch_interrupts();
    status = gw_model_merge(model, settings->parts, settings->n_parts, &run_options, &run);
    clear_progress(&meter);
    if (status != GW_OK)
        exit_status = explain(model, status);
    else
        exit_status = deliver(run, &settings->delivery, settings->output, &meter);
    gw_run_free(run);
    gw_model_free(model);
    return exit_status;
}

/* Takes one option; false when it was refused. */
static bool take_option(MergeSettings *settings, int option, const char *value)
{
    switch (option) {
    case OPTION_OUTPUT:
        settings->output = value;
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
    case OPTION_THREADS:
        return read_count("merge", "--threads", value, 1, MOST_THREADS, &settings->threads);
    default:
        settings->parts[settings->n_parts++] = (GwPart){.name = value};
        return true;
    }
}

static int check_settings(const MergeSettings *settings)
{
    if (settings->n_parts == 0) {
        complain("merge: which parts?");
        return refuse_use("merge");
    }
    if (settings->delivery.is_json && settings->delivery.is_csv) {
        complain("merge: --json or --csv, not both");
        return refuse_use("merge");
    }
    return settings->output != NULL ? check_output(settings->output) : STATUS_FINE;
}

int command_merge(int argc, char **argv)
{
    Arguments arguments = {.help = &help, .argc = argc, .argv = argv};
    MergeSettings settings = {.parts = calloc((size_t)argc + 1, sizeof *settings.parts)};
    const char *value = NULL;
    int status = STATUS_FINE;
    int got = ARGUMENT_END;

    if (settings.parts == NULL) {
        complain("memory ran out");
        return STATUS_WORLD;
    }
    while (status == STATUS_FINE && (got = arguments_next(&arguments, &value)) != ARGUMENT_END) {
        if (got == ARGUMENT_HELP)
            break;
        if (got == ARGUMENT_BAD || !take_option(&settings, got, value))
            status = STATUS_USE;
    }
    if (status == STATUS_FINE && got != ARGUMENT_HELP)
        status = check_settings(&settings);
    if (status == STATUS_FINE && got != ARGUMENT_HELP)
        status = merge_parts(&settings);
    free(settings.parts);
    return finish_output(status);
}
