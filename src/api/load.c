/* Reading a model's files: its own, and each import once.
 *
 * Files are told apart by their shown name: a path joined to its importer's
 * folder and freed of `.` and `..`, or "lib/units.gw" inside the library.
 * Since the order of declarations does not matter, files may import each other. */
#include "api/load.h"

#include "api/library.h"
#include "base/limits.h"
#include "syntax/syntax.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Where a file was asked for: the import's own span, and the import that led there. */
typedef struct Asking {
    const struct Asking *importer;
    Text file;
    size_t depth;
} Asking;

static const char LIBRARY_PREFIX[] = "lib/";

static int read_all(FILE *file, char **bytes, size_t *length)
{
    size_t capacity = 1 << 16;
    char *buffer = malloc(capacity);
    size_t used = 0;

    while (buffer != NULL) {
        used += fread(buffer + used, 1, capacity - used, file);
        if (used < capacity || used > LIMIT_SOURCE_BYTES)
            break;
        capacity *= 2;
        char *grown = realloc(buffer, capacity);
        if (grown == NULL)
            free(buffer);
        buffer = grown;
    }
    if (buffer == NULL)
        return ENOMEM;
    if (ferror(file)) {
        free(buffer);
        return EIO;
    }
    *bytes = buffer;
    *length = used;
    return 0;
}

static int read_from_disk(const char *path, char **bytes, size_t *length)
{
    struct stat about;
    FILE *file = NULL;
    int status = 0;

    if (stat(path, &about) != 0)
        return errno;
    if (S_ISDIR(about.st_mode))
        return EISDIR;
    file = fopen(path, "rb");
    if (file == NULL)
        return errno;
    status = read_all(file, bytes, length);
    (void)fclose(file);
    return status;
}

/* Notes what a part of a run must hold to be joined elsewhere. */
static void note_file(GwModel *model, Text name, Text text, bool is_library)
{
    for (size_t i = 0; i < model->files_read.count; i++)
        if (model->files_read.items[i].is_library == is_library &&
            text_equal(model->files_read.items[i].name, name))
            return;
    *LIST_PUSH(model->keep, &model->files_read) =
        (PartFile){text_copy(model->keep, name), text_copy(model->keep, text), is_library};
}

void load_note_files(GwModel *model, const GwModel *other)
{
    for (size_t i = 0; i < other->files_read.count; i++) {
        const PartFile *file = &other->files_read.items[i];
        note_file(model, file->name, file->text, file->is_library);
    }
}

static int read_stored(const PartHead *stored, Text name, bool is_library, Text *text)
{
    for (size_t i = 0; i < stored->files.count; i++)
        if (stored->files.items[i].is_library == is_library &&
            text_equal(stored->files.items[i].name, name)) {
            *text = stored->files.items[i].text;
            return 0;
        }
    return ENOENT;
}

/* Moves what was read into the arena. */
static Text keep_bytes(GwModel *model, Arena *arena, char *bytes, size_t length)
{
    Text text;

    free(model->being_read);
    model->being_read = bytes;
    text = (Text){arena_copy(arena, bytes, length), length};
    free(bytes);
    model->being_read = NULL;
    return text;
}

/* The text of a user's file, in the arena; an errno value when it cannot be read. */
static int read_user_file(GwModel *model, Arena *arena, Text path, Text *text)
{
    const char *name = kept_string(arena, path);
    char *bytes = NULL;
    size_t length = 0;
    int status = 0;

    if (model->stored != NULL)
        return read_stored(model->stored, path, false, text);
    status = model->read != NULL ? model->read(model->read_context, name, &bytes, &length)
                                 : read_from_disk(name, &bytes, &length);
    if (status != 0) {
        free(bytes);
        return status;
    }
    *text = keep_bytes(model, arena, bytes, length);
    note_file(model, path, *text, false);
    return 0;
}

/* "lib/units.gw" without its folder. */
static Text inside_library(Text name)
{
    size_t prefix = sizeof LIBRARY_PREFIX - 1;
    return name.length > prefix ? (Text){name.bytes + prefix, name.length - prefix} : name;
}

static int read_library_file(GwModel *model, Arena *arena, Text name, Text *text)
{
    Text inside = inside_library(name);

    if (model->stored != NULL && read_stored(model->stored, name, true, text) == 0)
        return 0;
    if (model->library != NULL) {
        Text path = text_format(arena, "%s/%.*s", model->library, TEXT_ARG(inside));
        char *bytes = NULL;
        size_t length = 0;
        int status = read_from_disk(path.bytes, &bytes, &length);
        if (status != 0) {
            free(bytes);
            return status;
        }
        *text = keep_bytes(model, arena, bytes, length);
        note_file(model, name, *text, true);
        return 0;
    }
    for (size_t i = 0; i < n_library_files; i++)
        if (text_is(inside, library_files[i].name)) {
            *text = (Text){(const char *)library_files[i].bytes, library_files[i].length};
            return 0;
        }
    return ENOENT;
}

/* Drops "." and "name/.." from a path; leading ".." stay. */
static Text plain_path(Arena *arena, Text path)
{
    char *out = arena_copy(arena, path.bytes, path.length);
    bool is_absolute = path.length > 0 && path.bytes[0] == '/';
    size_t root = is_absolute ? 1 : 0;
    size_t used = root;

    for (size_t at = root; at < path.length;) {
        size_t end = at;
        while (end < path.length && path.bytes[end] != '/')
            end++;
        Text part = {path.bytes + at, end - at};
        size_t last = used;
        while (last > root && out[last - 1] != '/')
            last--;
        bool can_go_up = used > last && !text_is((Text){out + last, used - last}, "..");
        at = end + 1;
        if (part.length == 0 || text_is(part, "."))
            continue;
        if (text_is(part, "..") && can_go_up) {
            used = last > root ? last - 1 : root;
            continue;
        }
        if (text_is(part, "..") && is_absolute)
            continue;
        if (used > root)
            out[used++] = '/';
        memmove(out + used, part.bytes, part.length);
        used += part.length;
    }
    out[used] = '\0';
    return (Text){out, used};
}

static Text beside(Arena *arena, Text importer, Text path)
{
    size_t folder = importer.length;

    if (path.length > 0 && path.bytes[0] == '/')
        return plain_path(arena, path);
    while (folder > 0 && importer.bytes[folder - 1] != '/')
        folder--;
    return plain_path(arena,
                      text_format(arena, "%.*s%.*s", (int)folder, importer.bytes, TEXT_ARG(path)));
}

static uint32_t add_source(GwModel *model, Text name, Text bytes, bool is_library)
{
    SourceFile *file = ARENA_NEW(model->keep, SourceFile);

    *file = (SourceFile){name, bytes, is_library};
    *LIST_PUSH(model->keep, &model->sources.files) = file;
    return (uint32_t)(model->sources.files.count - 1);
}

static bool is_loaded(const GwModel *model, Text name, bool is_library)
{
    for (size_t i = 0; i < model->sources.files.count; i++)
        if (model->sources.files.items[i]->is_library == is_library &&
            text_equal(model->sources.files.items[i]->name, name))
            return true;
    return false;
}

static void load_tree(GwModel *model, uint32_t file, const Asking *importer);

/* Notes how the file was reached, when that took more than one step: the last few. */
static void name_the_chain(GwModel *model, Diag *diag, const Asking *asking)
{
    enum { MOST_SAID = 5 };
    for (int n = 0; asking != NULL && asking->importer != NULL && n < MOST_SAID;
         asking = asking->importer, n++)
        diag_because(&model->diags, diag, "%.*s is imported by %.*s.", TEXT_ARG(asking->file),
                     TEXT_ARG(asking->importer->file));
}

static void suggest_library_file(GwModel *model, Diag *diag, const Decl *import)
{
    Table *names = table_new(model->keep);
    size_t ending = sizeof ".gw" - 1;

    for (size_t i = 0; i < n_library_files && model->library == NULL; i++) {
        Text name = text_from(library_files[i].name);
        name.length -= name.length > ending ? ending : 0;
        table_set(names, name, names);
    }
    Text near = table_nearest(names, import->title);
    if (near.length > 0 && !import->is_string)
        diag_suggest(&model->diags, diag, import->span, "import %.*s", TEXT_ARG(near));
}

static void say_missing(GwModel *model, const Decl *import, Text name, bool is_library, int why,
                        const Asking *asking)
{
    Diag *diag = NULL;

    if (is_library && why == ENOENT && model->library == NULL) {
        diag = diag_error(&model->diags, DIAG_IMPORT_MISSING, import->span,
                          "the library has no %.*s", TEXT_ARG(import->title));
        if (asking->importer == NULL && !import->is_string)
            diag_because(
                &model->diags, diag,
                "A file of your own is imported by its name in quotes: import \"%.*s.gw\".",
                TEXT_ARG(import->title));
        suggest_library_file(model, diag, import);
    } else {
        Text path = is_library && model->library != NULL
                        ? text_format(model->keep, "%s/%.*s", model->library,
                                      TEXT_ARG(inside_library(name)))
                    : name.length > 0
                        ? name
                        : text_format(model->keep, "\"%.*s\"", TEXT_ARG(import->title));
        diag = diag_error(&model->diags, DIAG_IMPORT_MISSING, import->span, "cannot read %.*s: %s",
                          TEXT_ARG(path), strerror(why));
    }
    name_the_chain(model, diag, asking);
}

static void load_import(GwModel *model, const Decl *import, const Asking *asking)
{
    const SourceFile *importer = model->sources.files.items[import->span.file];
    bool is_library = importer->is_library || !import->is_string;
    Text name = {0};
    Text bytes = {0};
    int status = 0;

    if (!import->is_string)
        name = text_format(model->keep, "%s%.*s.gw", LIBRARY_PREFIX, TEXT_ARG(import->title));
    else
        name = beside(model->keep, importer->name, import->title);
    if (is_library && !text_starts(name, LIBRARY_PREFIX)) {
        say_missing(model, import, name, true, ENOENT, asking);
        return;
    }
    if (is_loaded(model, name, is_library))
        return;
    if (asking->depth >= LIMIT_IMPORT_DEPTH || model->sources.files.count >= LIMIT_SOURCE_FILES) {
        Diag *diag = diag_error(
            &model->diags, DIAG_IMPORT_DEPTH, import->span,
            asking->depth >= LIMIT_IMPORT_DEPTH ? "imports lead deeper than %d files"
                                                : "a model has more than %d files",
            asking->depth >= LIMIT_IMPORT_DEPTH ? LIMIT_IMPORT_DEPTH : LIMIT_SOURCE_FILES);
        name_the_chain(model, diag, asking);
        return;
    }
    status = is_library ? read_library_file(model, model->keep, name, &bytes)
                        : read_user_file(model, model->keep, name, &bytes);
    if (status != 0)
        say_missing(model, import, name, is_library, status, asking);
    else
        load_tree(model, add_source(model, name, bytes, is_library), asking);
}

/* Parses a file that was added, then loads what it imports. */
static void load_tree(GwModel *model, uint32_t file, const Asking *importer)
{
    Tree *tree = syntax_parse(model->keep, &model->diags, file);
    Asking asking = {importer, model->sources.files.items[file]->name,
                     importer == NULL ? 1 : importer->depth + 1};

    *LIST_PUSH(model->keep, &model->trees) = tree;
    for (size_t i = 0; i < tree->decls.count; i++) {
        const Decl *decl = tree->decls.items[i];
        if (decl->kind == DECL_MODEL && importer != NULL)
            (void)diag_note(&model->diags, DIAG_IMPORTED_MODEL, decl->name_span,
                            "the model block of %.*s is ignored: the file is imported",
                            TEXT_ARG(asking.file));
        if (decl->kind == DECL_IMPORT)
            load_import(model, decl, &asking);
    }
}

GwStatus load_model(GwModel *model, const char *name, const char *text, size_t length)
{
    Text shown = text_copy(model->keep, text_from(name));
    Text bytes = {0};

    if (text != NULL) {
        bytes = (Text){arena_copy(model->keep, text, length), length};
        note_file(model, shown, bytes, false);
    } else {
        int status = read_user_file(model, model->keep, shown, &bytes);
        if (status != 0)
            return model_fail(model, GW_BAD_WORLD, "cannot read %s: %s", name, strerror(status));
    }
    load_tree(model, add_source(model, shown, bytes, false), NULL);
    return GW_OK;
}

uint32_t load_line(GwModel *model, const char *name, const char *text)
{
    Text bytes = text_copy(model->keep, text_from(text));

    return add_source(model, text_copy(model->keep, text_from(name)), bytes, false);
}

Text load_beside(void *context, Arena *arena, Text from_file, Text path, bool *ok)
{
    GwModel *model = context;
    Text name = beside(arena, from_file, path);
    Text text = {"", 0};
    bool is_library = is_loaded(model, from_file, true) && !is_loaded(model, from_file, false);

    *ok = (is_library ? read_library_file(model, arena, name, &text)
                      : read_user_file(model, arena, name, &text)) == 0;
    return text;
}
