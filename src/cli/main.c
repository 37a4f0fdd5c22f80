/* gw: the command line of Gigawatt. */
#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} Command;

static const Command commands[] = {
    {"run", command_run, "run a model and report"},
    {"merge", command_merge, "join parts of a run to the whole"},
    {"check", command_check, "say everything that is wrong with a model"},
    {"fmt", command_fmt, "lay out a file in the one canonical way"},
    {"dump", command_dump, "write one stage of a model as text"},
    {"doc", command_doc, "what the library's kinds, categories, accounts and units are"},
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static int write_main_help(void)
{
    (void)printf("usage: gw COMMAND [ARGUMENT...]\n\n"
                 "Gigawatt simulates what compute costs and who pays for it in the end.\n\n"
                 "commands:\n");
    for (int i = 0; i < N_COMMANDS; i++)
        (void)printf("  %-6s %s\n", commands[i].name, commands[i].help);
    (void)printf("\n`gw COMMAND --help` tells more; `gw --version` the version.\n\nexample:\n"
                 "  gw run models/ten_gigawatts.gw --paths 5000\n");
    return finish_output(STATUS_FINE);
}

static int say_unknown_command(const char *word)
{
    const char *names[N_COMMANDS + 1] = {0};
    const char *near = NULL;

    for (int i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    near = nearest_word(word, names);
    if (near != NULL)
        complain("there is no command %s; did you mean %s?", word, near);
    else
        complain("there is no command %s", word);
    return refuse_use(NULL);
}

/* `gw help run` is `gw run --help`. */
static int write_help(const char *command)
{
    static char asked[] = "--help";
    char *arguments[] = {asked, NULL};

    for (int i = 0; command != NULL && i < N_COMMANDS; i++)
        if (strcmp(command, commands[i].name) == 0)
            return commands[i].run(1, arguments);
    return command == NULL ? write_main_help() : say_unknown_command(command);
}

static int write_version(void)
{
    (void)printf("gigawatt %s\n", gw_version());
    (void)printf("instructions: %s, of %s; GW_ISA chooses\n", gw_instructions(),
                 gw_instructions_present());
    return finish_output(STATUS_FINE);
}

static bool is_switch(const char *word)
{
    return word == NULL || *word == '\0' || strcmp(word, "on") == 0 || strcmp(word, "off") == 0;
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write that failed ... */
#ifdef SIGXFSZ
    (void)signal(SIGXFSZ, SIG_IGN); /* ... and so is a file that may not grow */
#endif
    if (argc < 2) {
        complain("which command?");
        return refuse_use(NULL);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return write_main_help();
    if (strcmp(argv[1], "help") == 0)
        return write_help(argv[2]);
    if (gw_instructions() == NULL) {
        complain("GW_ISA=%s: this machine has %s", getenv("GW_ISA"), gw_instructions_present());
        return STATUS_USE;
    }
    if (!is_switch(getenv("GW_WEAVE"))) {
        complain("GW_WEAVE=%s: on or off", getenv("GW_WEAVE"));
        return STATUS_USE;
    }
    if (strcmp(argv[1], "--version") == 0)
        return write_version();
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    return say_unknown_command(argv[1]);
}
