/* Opening a model for a command, and saying what is wrong with it. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_READ = 1 << 16, LARGEST_INPUT = 16 << 20 };

int read_stream(FILE *file, char **bytes, size_t *length)
{
    size_t capacity = FIRST_READ;
    char *read = malloc(capacity);

    *length = 0;
    while (read != NULL) {
        *length += fread(read + *length, 1, capacity - *length, file);
        if (*length < capacity || capacity >= LARGEST_INPUT)
            break;
        char *grown = realloc(read, capacity *= 2);
        if (grown == NULL)
            free(read);
        read = grown;
    }
    if (read == NULL)
        return ENOMEM;
    if (ferror(file)) {
        int why = errno != 0 ? errno : EIO;
        free(read);
        return why;
    }
    *bytes = read;
    return 0;
}

char *read_input(size_t *length)
{
    char *bytes = NULL;
    int why = read_stream(stdin, &bytes, length);

    if (why != 0)
        complain("cannot read standard input: %s", strerror(why));
    return bytes;
}

void draw_diagnostics(GwModel *model)
{
    const char *text = gw_model_diagnostics_text(model, wants_colour(STDERR_FILENO));

    if (text == NULL)
        complain("memory ran out");
    else
        (void)fputs(text, stderr);
}

int explain(GwModel *model, GwStatus status)
{
    const char *message = gw_model_message(model);

    if (status == GW_BAD_INPUT && gw_model_diagnostic_count(model) > 0)
        draw_diagnostics(model);
    else if (status == GW_NO_MEMORY)
        complain("memory ran out");
    else if (status == GW_CANCELLED)
        complain("stopped");
    else if (status != GW_OK)
        complain("%s", *message != '\0' ? message : gw_status_name(status));
    return status_of(status);
}

static GwStatus open_input(GwModel *model)
{
    size_t length = 0;
    char *text = read_input(&length);
    GwStatus status = GW_BAD_WORLD;

    if (text == NULL)
        return GW_BAD_WORLD;
    status = gw_model_parse(model, "<standard input>", text, length);
    free(text);
    return status;
}

/* SOURCE_DATE_EPOCH, in seconds since 1970, stands for the time now where results are to be the
 * same on any day. */
static GwStatus set_year(GwModel *model)
{
    const char *seconds = getenv("SOURCE_DATE_EPOCH");
    char *end = NULL;
    struct tm parts;

    if (seconds == NULL || *seconds == '\0')
        return GW_OK;
    errno = 0;
    time_t now = (time_t)strtoll(seconds, &end, 10);
    if (*end == '\0' && errno == 0 && gmtime_r(&now, &parts) != NULL &&
        gw_model_set_year(model, parts.tm_year + 1900) == GW_OK)
        return GW_OK;
    complain("SOURCE_DATE_EPOCH=%s is no number of seconds since 1970", seconds);
    return GW_BAD_USE;
}

static bool goes_on(GwStatus status)
{
    return status == GW_OK || status == GW_BAD_INPUT;
}

GwStatus apply_settings(GwModel *model, bool is_strict, const Repeated *settings,
                        const Repeated *shows)
{
    GwStatus status = gw_model_set_strict(model, is_strict);

    for (size_t i = 0; i < settings->count && goes_on(status); i++)
        status = gw_model_set(model, settings->items[i]);
    for (size_t i = 0; i < shows->count && goes_on(status); i++)
        status = gw_model_show(model, shows->items[i]);
    return status == GW_OK && gw_model_error_count(model) > 0 ? GW_BAD_INPUT : status;
}

GwModel *open_model(const char *path, const char *library, int *status)
{
    GwModel *model = gw_model_new();
    GwStatus opened = model == NULL ? GW_NO_MEMORY : GW_OK;

    if (model == NULL) {
        complain("memory ran out");
        *status = STATUS_WORLD;
        return NULL;
    }
    if (library != NULL)
        opened = gw_model_set_library(model, library);
    if (opened == GW_OK)
        opened = strcmp(path, "-") == 0 ? open_input(model) : gw_model_open(model, path);
    *status = explain(model, opened);
    if (opened == GW_OK)
        *status = status_of(set_year(model));
    if (*status == STATUS_FINE)
        return model;
    gw_model_free(model);
    return NULL;
}
