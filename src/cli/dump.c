/* gw dump: each stage of a model as text. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_LIB };
static const Option options[] = {{"lib", 0, "DIR", "the field's library from this folder"},
                                 {NULL, 0, NULL, NULL}};
static const CommandHelp help = {
    "dump", "gw dump tokens|tree|model|ir|bytecode FILE [OPTION...]",
    "Writes one stage of a model as text: its tokens, its tree, the checked model, the\n"
    "intermediate form after every pass, or the bytecode.",
    "  gw dump model models/ten_gigawatts.gw\n", options};

static const char *const stages[] = {"tokens", "tree", "model", "ir", "bytecode", NULL};

static bool is_stage(const char *word)
{
    for (int i = 0; stages[i] != NULL; i++)
        if (strcmp(stages[i], word) == 0)
            return true;
    return false;
}

static int dump_file(const char *stage, const char *path, const char *library)
{
    int status = STATUS_FINE;
    const char *text = "";
    GwModel *model = open_model(path, library, &status);
    GwStatus dumped = GW_OK;

    if (model == NULL)
        return status;
    dumped = gw_model_dump(model, stage, &text);
    write_text(text);
    status = dumped == GW_OK ? STATUS_FINE : explain(model, dumped);
    gw_model_free(model);
    return finish_output(status);
}

int command_dump(int argc, char **argv)
{
    Arguments arguments = {.help = &help, .argc = argc, .argv = argv};
    const char *words[2] = {0};
    const char *library = NULL;
    const char *value = NULL;
    int n_words = 0;

    for (int got = 0; (got = arguments_next(&arguments, &value)) != ARGUMENT_END;) {
        if (got == ARGUMENT_BAD || got == ARGUMENT_HELP)
            return got == ARGUMENT_BAD ? STATUS_USE : finish_output(STATUS_FINE);
        if (got == OPTION_LIB)
            library = value;
        else if (n_words < 2)
            words[n_words++] = value;
        else
            n_words = 3;
    }
    if (n_words != 2) {
        complain("dump: a stage and one file are needed");
        return refuse_use("dump");
    }
    if (!is_stage(words[0])) {
        const char *near = nearest_word(words[0], stages);
        if (near != NULL)
            complain("dump: no stage is called %s; did you mean %s?", words[0], near);
        else
            complain("dump: no stage is called %s; there are tokens, tree, model, ir, bytecode",
                     words[0]);
        return refuse_use("dump");
    }
    return dump_file(words[0], words[1], library);
}
