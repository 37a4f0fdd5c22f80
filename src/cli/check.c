/* gw check: every fault of a model, without running it. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_STRICT, OPTION_JSON, OPTION_SET, OPTION_SCENARIO, OPTION_LIB };
static const Option options[] = {
    {"strict", 0, NULL, "a number without a source is an error"},
    {"json", 0, NULL, "the diagnostics as JSON"},
    {"set", 0, "'X = 3'", "change a number first, as `gw run` does; may be repeated"},
    {"scenario", 0, "NAME", "check the model under this scenario"},
    {"lib", 0, "DIR", "the field's library from this folder"},
    {NULL, 0, NULL, NULL}};
static const CommandHelp help = {
    "check", "gw check FILE... [OPTION...]",
    "Checks names, units, dates and sources of a model and says everything that is wrong.",
    "  gw check models/ten_gigawatts.gw\n", options};

typedef struct {
    bool is_strict, is_json;
    const char *scenario, *library;
    Repeated settings;
    const char **files;
    size_t n_files;
    size_t n_written; /* diagnostics' arrays, as JSON, that were not empty */
} CheckSettings;

/* What stands in a file's array goes into the one of all files. */
static void write_items(CheckSettings *settings, const char *array)
{
    const char *end = array + strlen(array);

    while (end > array && (end[-1] == ']' || end[-1] == '\n'))
        end--;
    if (end <= array + 1)
        return;
    if (settings->n_written++ > 0)
        write_text(",");
    write_bytes(array + 1, (size_t)(end - array) - 1);
}

static int check_file(const char *path, CheckSettings *settings)
{
    int status = STATUS_FINE;
    GwModel *model = open_model(path, settings->library, &status);
    GwStatus checked = GW_OK;

    if (model == NULL)
        return status;
    checked = apply_settings(model, settings->is_strict, &settings->settings, &(Repeated){0});
    if (checked == GW_OK)
        checked = gw_model_choose_scenario(model, settings->scenario);
    if (checked == GW_OK)
        checked = gw_model_compile(model);
    if (settings->is_json && (checked == GW_OK || checked == GW_BAD_INPUT)) {
        const char *text = gw_model_diagnostics_json(model);
        if (text == NULL)
            complain("%s", gw_model_message(model));
        else
            write_items(settings, text);
        status = text == NULL ? STATUS_WORLD : status_of(checked);
    } else {
        if (checked == GW_OK)
            draw_diagnostics(model);
        status = explain(model, checked);
    }
    gw_model_free(model);
    return status;
}

/* Takes one option; false when it was refused. */
static bool take_option(CheckSettings *settings, int option, const char *value)
{
    switch (option) {
    case OPTION_STRICT:
        settings->is_strict = true;
        return true;
    case OPTION_JSON:
        settings->is_json = true;
        return true;
    case OPTION_SET:
        return add_repeated("check", "--set", value, &settings->settings);
    case OPTION_SCENARIO:
        settings->scenario = value;
        return true;
    case OPTION_LIB:
        settings->library = value;
        return true;
    default: /* a file */
        settings->files[settings->n_files++] = value;
        return true;
    }
}

int command_check(int argc, char **argv)
{
    Arguments arguments = {.help = &help, .argc = argc, .argv = argv};
    CheckSettings settings = {.files = (const char **)argv}; /* those kept move to the front */
    const char *value = NULL;
    int status = STATUS_FINE;

    for (int got = 0; (got = arguments_next(&arguments, &value)) != ARGUMENT_END;) {
        if (got == ARGUMENT_HELP)
            return finish_output(STATUS_FINE);
        if (got == ARGUMENT_BAD || !take_option(&settings, got, value))
            return STATUS_USE;
    }
    if (settings.n_files == 0) {
        complain("check: which file?");
        return refuse_use("check");
    }
    if (settings.is_json)
        write_text("[");
    for (size_t i = 0; i < settings.n_files; i++) {
        int of_file = check_file(settings.files[i], &settings);
        status = of_file > status ? of_file : status;
    }
    if (settings.is_json)
        write_text(settings.n_written > 0 ? "\n]\n" : "]\n");
    return finish_output(status);
}
