/* Spans and positions: line ends, byte-order marks, code points. */
#include "source/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_position(const char *bytes, uint32_t offset, uint32_t line, uint32_t column)
{
    Arena *arena = arena_new(NULL);
    SourceFile file = {.name = TEXT("a.gw"), .bytes = text_from(bytes)};
    SourceSet sources = {0};
    uint32_t found_line = 0;
    uint32_t found_column = 0;

    *LIST_PUSH(arena, &sources.files) = &file;
    span_position(&sources, (Span){0, offset, offset}, &found_line, &found_column);
    assert_int_equal(found_line, line);
    assert_int_equal(found_column, column);
    arena_free(arena);
}

static void positions(void **state)
{
    (void)state;
    assert_position("ab\ncd\n", 0, 1, 1);
    assert_position("ab\ncd\n", 2, 1, 3);
    assert_position("ab\ncd\n", 3, 2, 1);
    assert_position("ab\ncd\n", 6, 3, 1);
    assert_position("ab\ncd\n", 99, 3, 1); /* past the end is the end */
    assert_position("ab\r\ncd\r\n", 4, 2, 1);
    assert_position("ab\r\ncd\r\n", 6, 2, 3);
    assert_position("\xC3\xA9\xE2\x82\xAC=1", 5, 1, 3); /* two code points in five bytes */
    assert_position("\xEF\xBB\xBF"
                    "a=1",
                    4, 1, 2);
    assert_position("", 0, 1, 1);
}

static void spans(void **state)
{
    Arena *arena = arena_new(NULL);
    SourceFile file = {.name = TEXT("a.gw"), .bytes = TEXT("need = size")};
    SourceSet sources = {0};
    Span joined = span_join((Span){0, 7, 11}, (Span){0, 0, 4});

    (void)state;
    *LIST_PUSH(arena, &sources.files) = &file;
    assert_int_equal(joined.start, 0);
    assert_int_equal(joined.end, 11);
    assert_true(text_is(span_text(&sources, (Span){0, 7, 11}), "size"));
    assert_true(text_is(span_text(&sources, (Span){0, 7, 99}), "size"));
    assert_true(text_is(span_text(&sources, (Span){0, 50, 99}), ""));
    assert_true(text_is(span_text(&sources, (Span){3, 0, 1}), ""));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions),
        cmocka_unit_test(spans),
    };
    return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
