/* Options: one table a command, from which it is read and its help is written. */
#include "cli/cli.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Option help_option = {"help", 'h', NULL, "this text"};

static void write_option(const Option *option)
{
    char left[60];
    char letter[8] = "    ";

    if (option->letter != 0)
        (void)snprintf(letter, sizeof letter, "-%c, ", option->letter);
    (void)snprintf(left, sizeof left, "%s--%s%s%s", letter, option->name,
                   option->argument != NULL ? " " : "",
                   option->argument != NULL ? option->argument : "");
    (void)printf("  %-27s %s\n", left, option->help);
}

static void write_help(const CommandHelp *help)
{
    (void)printf("usage: %s\n\n%s\n", help->usage, help->summary);
    (void)printf("\noptions:\n");
    for (const Option *option = help->options; option->name != NULL; option++)
        write_option(option);
    write_option(&help_option);
    (void)printf("\nexample:\n%s", help->example);
}

const char *nearest_word(const char *word, const char *const *candidates)
{
    const char *best = NULL;
    size_t bound = strlen(word) <= 3 ? 1 : 2;
    size_t least = bound + 1;

    for (; *candidates != NULL; candidates++) {
        size_t distance = text_distance(text_from(word), text_from(*candidates), bound);
        if (distance < least) {
            least = distance;
            best = *candidates;
        }
    }
    return best;
}

static void say_unknown(const Arguments *arguments, const char *name, bool is_short)
{
    const char *names[40] = {0};
    const char *near = NULL;
    size_t count = 0;

    for (const Option *o = arguments->help->options; o->name != NULL && count < 38; o++)
        names[count++] = o->name;
    names[count] = help_option.name;
    near = is_short ? NULL : nearest_word(name, names);
    if (near != NULL)
        complain("%s: there is no option --%s; did you mean --%s?", arguments->help->command, name,
                 near);
    else
        complain("%s: there is no option %s%s", arguments->help->command, is_short ? "-" : "--",
                 name);
    (void)refuse_use(arguments->help->command);
}

/* Takes the option's argument: what is attached to it, or the next word. */
static int take_argument(Arguments *arguments, int number, const char *attached, const char **value)
{
    const Option *option = &arguments->help->options[number];

    if (option->argument == NULL && attached != NULL) {
        complain("%s: --%s takes no argument", arguments->help->command, option->name);
        (void)refuse_use(arguments->help->command);
        return ARGUMENT_BAD;
    }
    if (option->argument == NULL)
        return number;
    if (attached == NULL && arguments->at >= arguments->argc) {
        complain("%s: --%s needs %s", arguments->help->command, option->name, option->argument);
        (void)refuse_use(arguments->help->command);
        return ARGUMENT_BAD;
    }
    *value = attached != NULL ? attached : arguments->argv[arguments->at++];
    return number;
}

static int read_long(Arguments *arguments, const char *word, const char **value)
{
    const char *equals = strchr(word, '=');
    char name[64];
    size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);

    (void)snprintf(name, sizeof name, "%.*s", (int)(length < 60 ? length : 60), word);
    if (strcmp(name, help_option.name) == 0) {
        write_help(arguments->help);
        return ARGUMENT_HELP;
    }
    for (int i = 0; arguments->help->options[i].name != NULL; i++)
        if (strcmp(name, arguments->help->options[i].name) == 0)
            return take_argument(arguments, i, equals != NULL ? equals + 1 : NULL, value);
    say_unknown(arguments, name, false);
    return ARGUMENT_BAD;
}

static int read_short(Arguments *arguments, const char *word, const char **value)
{
    char name[2] = {*word, '\0'};

    if (*word == help_option.letter) {
        write_help(arguments->help);
        return ARGUMENT_HELP;
    }
    for (int i = 0; arguments->help->options[i].name != NULL; i++) {
        if (arguments->help->options[i].letter != *word)
            continue;
        const char *rest = word[1] != '\0' ? word + 1 : NULL;
        if (arguments->help->options[i].argument != NULL)
            return take_argument(arguments, i, rest, value);
        arguments->letters = rest;
        return i;
    }
    say_unknown(arguments, name, true);
    return ARGUMENT_BAD;
}

int arguments_next(Arguments *arguments, const char **value)
{
    char *word = NULL;
    const char *letters = arguments->letters;

    arguments->letters = NULL;
    if (letters != NULL)
        return read_short(arguments, letters, value);
    if (arguments->at >= arguments->argc)
        return ARGUMENT_END;
    word = arguments->argv[arguments->at++];
    *value = word;
    if (arguments->only_files || word[0] != '-' || word[1] == '\0')
        return ARGUMENT_FILE;
    if (strcmp(word, "--") == 0) {
        arguments->only_files = true;
        return arguments_next(arguments, value);
    }
    return word[1] == '-' ? read_long(arguments, word + 2, value)
                          : read_short(arguments, word + 1, value);
}

bool read_count(const char *command, const char *option, const char *value, uint64_t least,
                uint64_t most, uint64_t *count)
{
    char *end = NULL;
    uint64_t number = 0;
    uint64_t factor = 1;

    errno = 0;
    number = strtoull(value, &end, 10);
    if (*end == 'k' || *end == 'K')
        factor = 1000;
    else if (*end == 'M')
        factor = 1000000;
    else if (*end == 'G')
        factor = 1000000000;
    end += factor > 1;
    if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 || number > most / factor ||
        number * factor < least) {
        complain("%s: %s needs a whole number from %" PRIu64 " to %" PRIu64 ", not '%s'", command,
                 option, least, most, value);
        (void)refuse_use(command);
        return false;
    }
    *count = number * factor;
    return true;
}

bool add_repeated(const char *command, const char *option, const char *value, Repeated *list)
{
    if (list->count == MOST_REPEATED) {
        complain("%s: %s stands more than %d times", command, option, MOST_REPEATED);
        (void)refuse_use(command);
        return false;
    }
    list->items[list->count++] = value;
    return true;
}
