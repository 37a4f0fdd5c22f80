/* Reads a model and what it imports from disk, for the programs of this folder. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "reading.h"

#include "syntax/syntax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_bytes(Arena *arena, const char *path, Text *bytes)
{
    FILE *file = fopen(path, "rb");
    Buffer out = {.arena = arena};
    char piece[1 << 14];

    if (file == NULL)
        return false;
    for (size_t n = 0; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        buffer_add(&out, piece, n);
    (void)fclose(file);
    *bytes = text_copy(arena, buffer_view(&out));
    return true;
}

static const char *folder_of(Arena *arena, Text path)
{
    size_t length = path.length;

    while (length > 0 && path.bytes[length - 1] != '/')
        length--;
    return length == 0 ? "." : arena_copy(arena, path.bytes, length);
}

static bool is_read(const Reading *reading, const char *path)
{
    for (size_t i = 0; i < reading->sources.files.count; i++)
        if (text_is(reading->sources.files.items[i]->name, path))
            return true;
    return false;
}

static bool read_imports(Reading *reading, const Tree *tree);

static bool read_file(Reading *reading, const char *path)
{
    char *real = realpath(path, NULL);
    Text bytes = {0};

    if (real == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        return false;
    }
    Text name = text_copy(reading->arena, text_from(real));
    free(real);
    if (is_read(reading, name.bytes))
        return true;
    if (!read_bytes(reading->arena, name.bytes, &bytes)) {
        fprintf(stderr, "%s cannot be read\n", path);
        return false;
    }
    SourceFile *file = ARENA_NEW(reading->arena, SourceFile);
    *file = (SourceFile){name, bytes, false};
    *LIST_PUSH(reading->arena, &reading->sources.files) = file;
    Tree *tree =
        syntax_parse(reading->arena, &reading->diags, (uint32_t)(reading->sources.files.count - 1));
    *LIST_PUSH(reading->arena, &reading->trees) = tree;
    return read_imports(reading, tree);
}

static bool read_imports(Reading *reading, const Tree *tree)
{
    bool ok = true;

    for (size_t i = 0; i < tree->decls.count; i++) {
        const Decl *decl = tree->decls.items[i];
        if (decl->kind != DECL_IMPORT)
            continue;
        Text here = reading->sources.files.items[tree->file]->name;
        Text path = decl->is_string
                        ? text_format(reading->arena, "%s/%.*s", folder_of(reading->arena, here),
                                      TEXT_ARG(decl->title))
                        : text_format(reading->arena, "%s/%.*s.gw", reading->library,
                                      TEXT_ARG(decl->title));
        ok = read_file(reading, path.bytes) && ok;
    }
    return ok;
}

bool reading_open(Reading *reading, Arena *arena, const char *path, const char *library)
{
    *reading = (Reading){.arena = arena, .library = library};
    reading->diags.arena = arena;
    reading->diags.sources = &reading->sources;
    return read_file(reading, path);
}

bool reading_edited(Reading *reading, Arena *arena, const Reading *before, Span at, Text words)
{
    *reading = (Reading){.arena = arena, .library = before->library};
    reading->diags.arena = arena;
    reading->diags.sources = &reading->sources;
    for (uint32_t i = 0; i < before->sources.files.count; i++) {
        const SourceFile *old = before->sources.files.items[i];
        SourceFile *file = ARENA_NEW(arena, SourceFile);
        *file = *old;
        if (i == at.file)
            file->bytes =
                text_format(arena, "%.*s%.*s%.*s", (int)at.start, old->bytes.bytes, TEXT_ARG(words),
                            (int)(old->bytes.length - at.end), old->bytes.bytes + at.end);
        *LIST_PUSH(arena, &reading->sources.files) = file;
    }
    for (uint32_t i = 0; i < before->trees.count; i++)
        *LIST_PUSH(arena, &reading->trees) =
            syntax_parse(arena, &reading->diags, before->trees.items[i]->file);
    return true;
}

/* Tables and data stand beside the file that names them. */
static Text read_beside(void *context, Arena *arena, Text from_file, Text path, bool *ok)
{
    Text full = text_format(arena, "%s/%.*s", folder_of(arena, from_file), TEXT_ARG(path));
    Text bytes = {"", 0};

    (void)context;
    *ok = read_bytes(arena, full.bytes, &bytes);
    return bytes;
}

Model *reading_check(const Reading *reading, Arena *arena, DiagList *diags, HowToCheck how)
{
    BuildOptions options = {.read_file = read_beside,
                            .is_strict = how.is_strict,
                            .checks_scenarios = !how.leaves_scenarios,
                            .nudge_factor = 1};

    *diags = (DiagList){.arena = arena, .sources = (SourceSet *)&reading->sources};
    return model_build(arena, diags, reading->trees.items, reading->trees.count, &options);
}
