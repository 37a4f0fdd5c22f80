/* A source set to parse short texts in. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int fixture_open(void **state)
{
    Arena *arena = arena_new(NULL);
    Fixture *fixture = ARENA_NEW(arena, Fixture);
    fixture->arena = arena;
    fixture->diags.arena = arena;
    fixture->diags.sources = &fixture->sources;
    *state = fixture;
    return 0;
}

int fixture_close(void **state)
{
    Fixture *fixture = *state;
    arena_free(fixture->arena);
    return 0;
}

uint32_t fixture_add(Fixture *fixture, Text bytes)
{
    SourceFile *file = ARENA_NEW(fixture->arena, SourceFile);
    file->name = TEXT("test.gw");
    file->bytes = text_copy(fixture->arena, bytes);
    *LIST_PUSH(fixture->arena, &fixture->sources.files) = file;
    return (uint32_t)fixture->sources.files.count - 1;
}

void fixture_forget_diags(Fixture *fixture)
{
    fixture->diags = (DiagList){.arena = fixture->arena, .sources = &fixture->sources};
}

static void expect_no_fault(Fixture *fixture, const char *text)
{
    if (fixture->diags.diags.count == 0)
        return;
    Buffer drawn = {.arena = fixture->arena};
    diag_draw_all(&fixture->diags, false, &drawn);
    fail_msg("unexpected fault in:\n%.2000s\n%.4000s", text, drawn.bytes);
}

Tree *fixture_parse(Fixture *fixture, const char *text)
{
    Tree *tree =
        syntax_parse(fixture->arena, &fixture->diags, fixture_add(fixture, text_from(text)));
    expect_no_fault(fixture, text);
    return tree;
}

const char *fixture_dump(Fixture *fixture, const char *text)
{
    Text dump = syntax_dump_tree(fixture->arena, &fixture->sources, fixture_parse(fixture, text));
    return arena_copy(fixture->arena, dump.bytes, dump.length);
}

const char *fixture_format(Fixture *fixture, const char *text)
{
    Text out = syntax_format(fixture->arena, &fixture->sources, fixture_parse(fixture, text));
    return out.bytes ? arena_copy(fixture->arena, out.bytes, out.length) : "";
}

static Text edited(Fixture *fixture, Text text, const Diag *diag)
{
    return text_format(fixture->arena, "%.*s%.*s%s", (int)diag->edit_span.start, text.bytes,
                       TEXT_ARG(diag->edit_text), text.bytes + diag->edit_span.end);
}

const char *fixture_fault(Fixture *fixture, Text text)
{
    fixture_forget_diags(fixture);
    syntax_parse(fixture->arena, &fixture->diags, fixture_add(fixture, text));
    if (fixture->diags.diags.count == 0)
        return "";
    const Diag *diag = fixture->diags.diags.items[0];
    Text said = text_format(fixture->arena, "%s: %.*s", diag_code_name(diag->code),
                            TEXT_ARG(diag->message));
    if (diag->has_edit) {
        Text after = edited(fixture, text, diag);
        fixture_forget_diags(fixture);
        syntax_parse(fixture->arena, &fixture->diags, fixture_add(fixture, after));
        expect_no_fault(fixture, after.bytes);
    }
    fixture_forget_diags(fixture);
    return said.bytes;
}

char *fixture_read(Fixture *fixture, const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    Buffer bytes = {.arena = fixture->arena};
    char block[4096];
    size_t n;
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buffer_add(&bytes, block, n);
    fclose(file);
    *length = bytes.length;
    return bytes.bytes ? bytes.bytes : arena_copy(fixture->arena, "", 0);
}

Text fixture_repeat(Fixture *fixture, const char *head, const char *unit, size_t n,
                    const char *tail)
{
    Buffer out = {.arena = fixture->arena};
    buffer_string(&out, head);
    for (size_t i = 0; i < n; i++)
        buffer_string(&out, unit);
    buffer_string(&out, tail);
    return buffer_view(&out);
}
