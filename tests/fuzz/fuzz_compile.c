/* Any bytes as a model: they are read, laid out and read again without a fault of ours.
 *
 * With Clang: -fsanitize=fuzzer,address -DGW_LIBFUZZER. Otherwise main replays
 * the files named as arguments, so that the kept corpus runs with any compiler. */
#include "syntax/syntax.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static uint32_t add_file(SourceSet *sources, Arena *arena, Text bytes)
{
    SourceFile *file = ARENA_NEW(arena, SourceFile);
    file->name = TEXT("fuzz.gw");
    file->bytes = text_copy(arena, bytes);
    *LIST_PUSH(arena, &sources->files) = file;
    return (uint32_t)sources->files.count - 1;
}

/* What has no fault keeps its tree when it is laid out, and has only one layout. */
static void lay_out(Arena *arena, SourceSet *sources, DiagList *diags, const Tree *tree)
{
    Text once = syntax_format(arena, sources, tree);
    Tree *again = syntax_parse(arena, diags, add_file(sources, arena, once));
    Text twice = syntax_format(arena, sources, again);

    if (diags->n_errors > 0 || !text_equal(once, twice) ||
        !text_equal(syntax_dump_tree(arena, sources, tree),
                    syntax_dump_tree(arena, sources, again)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Arena *arena = arena_new(NULL);
    SourceSet sources = {0};
    DiagList diags = {.arena = arena, .sources = &sources};
    uint32_t file = add_file(&sources, arena, (Text){(const char *)bytes, length});
    Tree *tree = syntax_parse(arena, &diags, file);
    Buffer drawn = {.arena = arena};

    diag_draw_all(&diags, false, &drawn);
    syntax_dump_tree(arena, &sources, tree);
    if (diags.n_errors == 0)
        lay_out(arena, &sources, &diags, tree);
    arena_free(arena);
    return 0;
}

#ifndef GW_LIBFUZZER
int main(int n_arguments, char **arguments)
{
    static uint8_t bytes[1 << 20];

    for (int i = 1; i < n_arguments; i++) {
        FILE *file = fopen(arguments[i], "rb");
        if (!file) {
            fprintf(stderr, "%s cannot be read\n", arguments[i]);
            return 1;
        }
        size_t length = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        LLVMFuzzerTestOneInput(bytes, length);
    }
    return 0;
}
#endif
