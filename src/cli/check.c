/* gw check: every fault of a model, without running it. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_STRICT, OPTION_JSON, OPTION_SCENARIO, OPTION_LIB };
static const Option options[] = {{"strict", 0, NULL, "a number without a source is an error"},
                                 {"json", 0, NULL, "the diagnostics as JSON"},
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
} CheckSettings;

static int check_file(const char *path, const CheckSettings *settings)
{
    int status = STATUS_FINE;
    GwModel *model = open_model(path, settings->library, &status);
    GwStatus checked = GW_OK;

    if (model == NULL)
        return status;
    checked = gw_model_set_strict(model, settings->is_strict);
    if (checked == GW_OK)
        checked = gw_model_choose_scenario(model, settings->scenario);
    if (checked == GW_OK)
        checked = gw_model_compile(model);
    if (settings->is_json && (checked == GW_OK || checked == GW_BAD_INPUT)) {
        const char *text = gw_model_diagnostics_json(model);
        if (text == NULL)
            complain("%s", gw_model_message(model));
        write_text(text != NULL ? text : "");
        write_text("\n");
        status = text == NULL ? STATUS_WORLD : status_of(checked);
    } else {
        if (checked == GW_OK)
            draw_diagnostics(model);
        status = explain(model, checked);
    }
    gw_model_free(model);
    return status;
}

int command_check(int argc, char **argv)
{
    Arguments arguments = {.help = &help, .argc = argc, .argv = argv};
    CheckSettings settings = {0};
    const char *value = NULL;
    const char **files = (const char **)argv; /* those kept are moved to the front */
    int n_files = 0;
    int status = STATUS_FINE;

    for (int got = 0; (got = arguments_next(&arguments, &value)) != ARGUMENT_END;) {
        if (got == ARGUMENT_BAD || got == ARGUMENT_HELP)
            return got == ARGUMENT_BAD ? STATUS_USE : finish_output(STATUS_FINE);
        if (got == OPTION_STRICT)
            settings.is_strict = true;
        else if (got == OPTION_JSON)
            settings.is_json = true;
        else if (got == OPTION_SCENARIO)
            settings.scenario = value;
        else if (got == OPTION_LIB)
            settings.library = value;
        else
            files[n_files++] = value;
    }
    if (n_files == 0) {
        complain("check: which file?");
        return refuse_use("check");
    }
    for (int i = 0; i < n_files; i++) {
        int of_file = check_file(files[i], &settings);
        status = of_file > status ? of_file : status;
    }
    return finish_output(status);
}
