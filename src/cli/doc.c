/* gw doc: what the library knows of kinds, categories, accounts and units. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_FILE, OPTION_LIB };
static const Option options[] = {
    {"file", 'f', "FILE", "what this model declares and imports, not the library alone"},
    {"lib", 0, "DIR", "the field's library from this folder"},
    {NULL, 0, NULL, NULL}};
static const CommandHelp help = {
    "doc", "gw doc [NAME] [OPTION...]",
    "Lists the kinds, categories of payments, accounts, ranks, units and parties of the library, "
    "or\n"
    "of a model with its things and contracts; with the name of one, or of a part or field\n"
    "(site.phase.lead), what it is: each field with its unit, meaning, default, range and source.",
    "  gw doc loan\n", options};

static GwModel *open_library(const char *library, int *status)
{
    static const char text[] = "import gigawatt\n";
    GwModel *model = gw_model_new();
    GwStatus opened = model == NULL ? GW_NO_MEMORY : GW_OK;

    if (opened == GW_OK && library != NULL)
        opened = gw_model_set_library(model, library);
    if (opened == GW_OK)
        opened = gw_model_parse(model, "<library>", text, sizeof text - 1);
    if (opened == GW_OK && gw_model_error_count(model) > 0)
        opened = GW_BAD_INPUT;
    if (opened == GW_OK)
        return model;
    if (model == NULL)
        complain("memory ran out");
    *status = model == NULL ? STATUS_WORLD : explain(model, opened);
    gw_model_free(model);
    return NULL;
}

int command_doc(int argc, char **argv)
{
    Arguments arguments = {.help = &help, .argc = argc, .argv = argv};
    const char *name = NULL;
    const char *file = NULL;
    const char *library = NULL;
    const char *value = NULL;
    const char *text = "";
    int status = STATUS_FINE;
    GwModel *model = NULL;

    for (int got = 0; (got = arguments_next(&arguments, &value)) != ARGUMENT_END;) {
        if (got == ARGUMENT_BAD || got == ARGUMENT_HELP)
            return got == ARGUMENT_BAD ? STATUS_USE : finish_output(STATUS_FINE);
        if (got == OPTION_FILE)
            file = value;
        else if (got == OPTION_LIB)
            library = value;
        else if (name == NULL)
            name = value;
        else {
            complain("doc: one name at a time");
            return refuse_use("doc");
        }
    }
    model = file != NULL ? open_model(file, library, &status) : open_library(library, &status);
    if (model == NULL)
        return status;
    status = explain(model, gw_model_doc(model, name, &text));
    write_text(text);
    gw_model_free(model);
    return finish_output(status);
}
