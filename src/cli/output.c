/* Writing to the terminal, and noticing when that fails. */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)fputs("gw: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
}

int refuse_use(const char *command)
{
    if (command == NULL)
        (void)fputs("`gw --help` lists the commands.\n", stderr);
    else
        (void)fprintf(stderr, "`gw %s --help` lists the options.\n", command);
    return STATUS_USE;
}

static int why_lost; /* the errno value of the first write that failed */

void write_bytes(const char *bytes, size_t length)
{
    if (fwrite(bytes, 1, length, stdout) != length && why_lost == 0)
        why_lost = errno;
}

void write_text(const char *text)
{
    write_bytes(text, strlen(text));
}

int finish_output(int status)
{
    if (fflush(stdout) != 0 && why_lost == 0)
        why_lost = errno;
    if (why_lost == 0 && !ferror(stdout))
        return status;
    if (why_lost != EPIPE) /* who closes the pipe has seen enough, as `head` has */
        complain("cannot write the output: %s", strerror(why_lost != 0 ? why_lost : EIO));
    return STATUS_WORLD;
}

bool wants_colour(int descriptor)
{
    const char *refused = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (refused != NULL && *refused != '\0')
        return false;
    if (terminal != NULL && strcmp(terminal, "dumb") == 0)
        return false;
    return isatty(descriptor) != 0;
}

int status_of(GwStatus status)
{
    switch (status) {
    case GW_OK:
        return STATUS_FINE;
    case GW_BAD_INPUT:
        return STATUS_INPUT;
    case GW_BAD_USE:
        return STATUS_USE;
    case GW_CANCELLED:
        return STATUS_STOPPED;
    case GW_BAD_WORLD:
    case GW_NO_MEMORY:
    case GW_TOO_BIG:
        return STATUS_WORLD;
    }
    return STATUS_WORLD;
}

char *copy_string(const char *string)
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
int check_output(const char *path)
{
    struct stat about;
    char *folder = NULL;
    char *slash = NULL;
    int status = STATUS_FINE;

    if (*path == '\0' || strcmp(path, "-") == 0) {
        complain("results are kept in a file with a name, not in '%s'", path);
        return STATUS_USE;
    }
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
