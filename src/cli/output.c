/* Writing to the terminal, and noticing when that fails. */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

void write_text(const char *text)
{
    (void)fputs(text, stdout);
}

int finish_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    complain("cannot write the output: %s", strerror(errno));
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
