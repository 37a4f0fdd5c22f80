/* gw fmt: the one canonical layout of a model's file. */
#define _XOPEN_SOURCE 700 /* realpath */

#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPTION_WRITE, OPTION_CHECK };
static const Option options[] = {
    {"write", 'w', NULL, "write the file back instead of to standard output"},
    {"check", 0, NULL, "write nothing; status 1 when a file is not in this layout"},
    {NULL, 0, NULL, NULL}};
static const CommandHelp help = {
    "fmt", "gw fmt FILE... [-w | --check]",
    "Lays out a file in the one canonical way; - is standard input. Comments and meaning stay.",
    "  gw fmt -w model.gw\n", options};

typedef struct {
    bool is_writing, is_checking;
} FormatSettings;

/* Writes beside the file and renames, so that the file is never half written; a link stays one. */
static int write_back(const char *path, const char *text)
{
    char *real = realpath(path, NULL);
    size_t length = real == NULL ? 0 : strlen(real) + 12;
    char *beside = malloc(length + 1);
    struct stat about;
    FILE *file = NULL;
    int descriptor = -1;
    bool is_written = false;

    if (real == NULL || beside == NULL || stat(real, &about) != 0) {
        complain("cannot write %s: %s", path, strerror(errno));
        free(beside);
        free(real);
        return STATUS_WORLD;
    }
    (void)snprintf(beside, length, "%s.XXXXXX", real);
    descriptor = mkstemp(beside);
    file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (file != NULL) {
        is_written = fputs(text, file) >= 0 && fflush(file) == 0 && fsync(descriptor) == 0;
        is_written = fchmod(descriptor, about.st_mode & 07777) == 0 && is_written;
        is_written = fclose(file) == 0 && is_written;
        is_written = is_written && rename(beside, real) == 0;
    }
    if (!is_written) {
        complain("cannot write %s: %s", path, strerror(errno));
        if (descriptor >= 0)
            (void)unlink(beside);
    }
    free(beside);
    free(real);
    return is_written ? STATUS_FINE : STATUS_WORLD;
}

/* The file as it was read. */
typedef struct {
    const char *path;
    char *bytes;
    size_t length;
} Original;

/* Imports need not be there to lay out a file: none of them is read. */
static int read_only_this(void *context, const char *asked, char **bytes, size_t *length)
{
    Original *original = context;
    struct stat about;
    FILE *file = NULL;
    int status = 0;

    if (strcmp(asked, original->path) != 0)
        return ENOENT;
    if (stat(asked, &about) != 0)
        return errno;
    if (S_ISDIR(about.st_mode))
        return EISDIR;
    file = fopen(asked, "rb");
    if (file == NULL)
        return errno;
    status = read_stream(file, &original->bytes, &original->length);
    (void)fclose(file);
    if (status != 0)
        return status;
    *bytes = malloc(original->length + 1);
    if (*bytes == NULL)
        return ENOMEM;
    memcpy(*bytes, original->bytes, original->length);
    *length = original->length;
    return 0;
}

static bool is_laid_out(const Original *original, const char *text)
{
    return original->length == strlen(text) && memcmp(original->bytes, text, original->length) == 0;
}

static int format_model(GwModel *model, const Original *original, const FormatSettings *settings)
{
    const char *path = original->path;
    bool is_input = strcmp(path, "-") == 0;
    const char *text = NULL;
    GwStatus formatted = gw_model_format(model, &text);

    if (formatted != GW_OK)
        return explain(model, formatted);
    if (settings->is_checking && is_laid_out(original, text))
        return STATUS_FINE;
    if (settings->is_checking) {
        if (is_input)
            complain("standard input is not in the canonical layout");
        else
            complain("%s is not in the canonical layout; `gw fmt -w %s` puts it so", path, path);
        return STATUS_INPUT;
    }
    if (settings->is_writing && !is_input)
        return is_laid_out(original, text) ? STATUS_FINE : write_back(path, text);
    write_text(text);
    return STATUS_FINE;
}

static int format_file(const char *path, const FormatSettings *settings)
{
    bool is_input = strcmp(path, "-") == 0;
    Original original = {.path = path};
    GwModel *model = gw_model_new();
    int status = STATUS_WORLD;

    if (is_input)
        original.bytes = read_input(&original.length);
    if (model == NULL)
        complain("memory ran out");
    if (model != NULL && (!is_input || original.bytes != NULL)) {
        (void)gw_model_set_reader(model, read_only_this, &original);
        GwStatus opened =
            is_input ? gw_model_parse(model, "<standard input>", original.bytes, original.length)
                     : gw_model_open(model, path);
        status =
            opened == GW_OK ? format_model(model, &original, settings) : explain(model, opened);
    }
    gw_model_free(model);
    free(original.bytes);
    return status;
}

int command_fmt(int argc, char **argv)
{
    Arguments arguments = {.help = &help, .argc = argc, .argv = argv};
    FormatSettings settings = {0};
    const char *value = NULL;
    const char **files = (const char **)argv;
    int n_files = 0;
    int status = STATUS_FINE;

    for (int got = 0; (got = arguments_next(&arguments, &value)) != ARGUMENT_END;) {
        if (got == ARGUMENT_BAD || got == ARGUMENT_HELP)
            return got == ARGUMENT_BAD ? STATUS_USE : finish_output(STATUS_FINE);
        if (got == OPTION_WRITE)
            settings.is_writing = true;
        else if (got == OPTION_CHECK)
            settings.is_checking = true;
        else
            files[n_files++] = value;
    }
    if (n_files == 0) {
        complain("fmt: which file?");
        return refuse_use("fmt");
    }
    for (int i = 0; i < n_files; i++) {
        int of_file = format_file(files[i], &settings);
        status = of_file > status ? of_file : status;
    }
    return finish_output(status);
}
