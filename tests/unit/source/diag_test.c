/* Diagnostics as drawn, line for line as the reader sees them.
 *
 * The code's own name is read back with diag_code_name, since which code it is
 * has no bearing on how it is drawn. */
#include "source/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const DiagCode ANY_CODE = (DiagCode)0;

typedef struct {
    Arena *arena;
    SourceSet sources;
    DiagList list;
} World;

static World *open_world(void)
{
    World *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->arena = arena_new(NULL);
    world->list.arena = world->arena;
    world->list.sources = &world->sources;
    return world;
}

static void close_world(World *world)
{
    arena_free(world->arena);
    free(world);
}

static SourceFile *add_file(World *world, const char *name, const char *bytes)
{
    SourceFile *file = ARENA_NEW(world->arena, SourceFile);

    file->name = text_from(name);
    file->bytes = text_from(bytes);
    *LIST_PUSH(world->arena, &world->sources.files) = file;
    return file;
}

/* The span of the n-th (from 0) occurrence of `words` in a file. */
static Span find(World *world, uint32_t file, const char *words, int n)
{
    const char *bytes = world->sources.files.items[file]->bytes.bytes;
    const char *place = strstr(bytes, words);
    uint32_t start = 0;

    while (n-- > 0 && place != NULL)
        place = strstr(place + 1, words);
    assert_non_null(place);
    start = (uint32_t)(place - bytes);
    return (Span){file, start, start + (uint32_t)strlen(words)};
}

/* `expected` begins after the header's closing bracket. */
static void assert_drawn(World *world, const Diag *diag, const char *severity, const char *expected)
{
    Buffer drawn = {.arena = world->arena};
    Text whole =
        text_format(world->arena, "%s[%s]%s", severity, diag_code_name(diag->code), expected);

    diag_draw(&world->list, diag, false, &drawn);
    assert_string_equal(drawn.bytes, whole.bytes);
}

/* The sample of the design: two labels and the primary mark on one line. */
static void the_sample(void **state)
{
    World *w = open_world();
    Diag *diag = NULL;

    (void)state;
    add_file(w, "ten_gigawatts.gw",
             "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
             "  need = hall.size + losses\n");
    diag = diag_error(&w->list, ANY_CODE, find(w, 0, "+", 0),
                      "power at the chip is added to power at the meter");
    diag_label(&w->list, diag, find(w, 0, "hall.size", 0), "MW_it");
    diag_label(&w->list, diag, find(w, 0, "losses", 0), "MW_site");
    diag_because(&w->list, diag,
                 "These differ by a factor MW_site/MW_it. In scope with that unit: %s (line %d).",
                 "abilene.pue", 27);
    diag_suggest(&w->list, diag, find(w, 0, "hall.size", 0), "hall.size * abilene.pue");
    assert_drawn(w, diag, "error",
                 ": power at the chip is added to power at the meter\n"
                 "  ten_gigawatts.gw:31:20\n"
                 "31 |   need = hall.size + losses\n"
                 "   |          --------- ^ ------ MW_site\n"
                 "   |          MW_it\n"
                 "  These differ by a factor MW_site/MW_it. In scope with that unit: abilene.pue "
                 "(line 27).\n"
                 "help: need = hall.size * abilene.pue + losses\n");
    close_world(w);
}

static void many_labels_stand_below_each_other(void **state)
{
    World *w = open_world();
    Diag *diag = NULL;

    (void)state;
    add_file(w, "a.gw", "x = a + b + c\n");
    diag = diag_error(&w->list, ANY_CODE, find(w, 0, "+", 1), "no");
    diag_label(&w->list, diag, find(w, 0, "a", 0), "long words of a");
    diag_label(&w->list, diag, find(w, 0, "b", 0), "of b");
    diag_label(&w->list, diag, find(w, 0, "c", 0), "of c");
    assert_drawn(w, diag, "error",
                 ": no\n"
                 "  a.gw:1:11\n"
                 "1 | x = a + b + c\n"
                 "  |     -   - ^ - of c\n"
                 "  |     |   of b\n"
                 "  |     long words of a\n");
    close_world(w);
}

static void the_primary_mark_may_have_words(void **state)
{
    World *w = open_world();
    Diag *diag = NULL;

    (void)state;
    add_file(w, "a.gw", "clock = monthly until 2035\n");
    diag = diag_warning(&w->list, ANY_CODE, find(w, 0, "monthly", 0), "%s", "no start");
    diag_label(&w->list, diag, find(w, 0, "monthly", 0), "from when?");
    assert_drawn(w, diag, "warning",
                 ": no start\n"
                 "  a.gw:1:9\n"
                 "1 | clock = monthly until 2035\n"
                 "  |         ^^^^^^^ from when?\n");
    close_world(w);
}

static void labels_elsewhere_have_their_own_snippets(void **state)
{
    World *w = open_world();
    Diag *diag = NULL;

    (void)state;
    add_file(w, "a.gw", "size = 1\n\n\n\n\n\n\n\n\nsize = 2\n");
    add_file(w, "lib/units.gw", "unit size\n")->is_library = true;
    diag = diag_note(&w->list, ANY_CODE, find(w, 0, "size", 1), "`size` is named twice");
    diag_label(&w->list, diag, find(w, 1, "size", 0), "and here");
    diag_label(&w->list, diag, find(w, 0, "size", 0), "first here");
    assert_drawn(w, diag, "note",
                 ": `size` is named twice\n"
                 "  a.gw:10:1\n"
                 "10 | size = 2\n"
                 "   | ^^^^\n"
                 "  a.gw:1:1\n"
                 " 1 | size = 1\n"
                 "   | ---- first here\n"
                 "  lib/units.gw:1:6 (in the library)\n"
                 " 1 | unit size\n"
                 "   |      ---- and here\n");
    close_world(w);
}

static void a_span_over_lines_shows_its_first(void **state)
{
    World *w = open_world();
    Diag *diag = NULL;

    (void)state;
    add_file(w, "a.gw", "party a {\r\n  outside\r\n}\r\n");
    diag = diag_error(&w->list, ANY_CODE, find(w, 0, "a {\r\n  outside\r\n}", 0), "no");
    assert_drawn(w, diag, "error",
                 ": no\n"
                 "  a.gw:1:7\n"
                 "1 | party a {\n"
                 "  |       ^^^\n");
    close_world(w);
}

static void the_end_of_a_file_can_be_marked(void **state)
{
    World *w = open_world();
    Diag *diag = NULL;

    (void)state;
    add_file(w, "a.gw", "x = (1");
    diag = diag_error(&w->list, ANY_CODE, (Span){0, 6, 6}, "`)` is missing");
    diag_suggest(&w->list, diag, (Span){0, 6, 6}, ")");
    assert_drawn(w, diag, "error",
                 ": `)` is missing\n"
                 "  a.gw:1:7\n"
                 "1 | x = (1\n"
                 "  |       ^\n"
                 "help: x = (1)\n");
    close_world(w);
}

/* A tab is four columns, an ideograph two, an accent of its own none. */
static void columns_are_those_of_a_terminal(void **state)
{
    World *w = open_world();
    Diag *diag = NULL;

    (void)state;
    add_file(w, "a.gw",
             "\t\"\xE9\x9B\xBB"
             "e\xCC\x81\" + 1\n");
    diag = diag_error(&w->list, ANY_CODE, find(w, 0, "+", 0), "no");
    assert_drawn(w, diag, "error",
                 ": no\n"
                 "  a.gw:1:8\n"
                 "1 |     \"\xE9\x9B\xBB"
                 "e\xCC\x81\" + 1\n"
                 "  |           ^\n");
    close_world(w);
}

static void control_bytes_do_not_reach_the_terminal(void **state)
{
    World *w = open_world();
    Diag *diag = NULL;

    (void)state;
    add_file(w, "a.gw", "x = \x1b[2J\xFF + 1\n");
    diag = diag_error(&w->list, ANY_CODE, find(w, 0, "+", 0), "a \x1b byte");
    assert_drawn(w, diag, "error",
                 ": a \xEF\xBF\xBD byte\n"
                 "  a.gw:1:11\n"
                 "1 | x = \xEF\xBF\xBD[2J\xEF\xBF\xBD + 1\n"
                 "  |           ^\n");
    close_world(w);
}

static void a_very_long_line_is_cut_around_the_mark(void **state)
{
    World *w = open_world();
    Buffer drawn = {.arena = w->arena};
    Buffer line = {.arena = w->arena};
    Diag *diag = NULL;

    (void)state;
    for (int i = 0; i < 100000; i++)
        buffer_string(&line, "x+");
    add_file(w, "a.gw", line.bytes);
    diag = diag_error(&w->list, ANY_CODE, (Span){0, 150001, 150002}, "no");
    diag_draw(&w->list, diag, false, &drawn);
    assert_true(drawn.length < 1000);
    assert_non_null(strstr(drawn.bytes, "…"));
    close_world(w);
}

static void without_a_place_there_is_no_snippet(void **state)
{
    World *w = open_world();
    Diag *diag = diag_error(&w->list, ANY_CODE, (Span){7, 0, 0}, "no");

    (void)state;
    diag_because(&w->list, diag, "Because.");
    assert_drawn(w, diag, "error", ": no\n  Because.\n");
    close_world(w);
}

static void an_edit_on_another_line_says_so(void **state)
{
    World *w = open_world();
    Diag *diag = NULL;

    (void)state;
    add_file(w, "a.gw", "x = y\n  y = 1 m\n");
    diag = diag_error(&w->list, ANY_CODE, find(w, 0, "y", 0), "no");
    diag_suggest(&w->list, diag, find(w, 0, "m", 0), "month");
    assert_drawn(w, diag, "error",
                 ": no\n"
                 "  a.gw:1:5\n"
                 "1 | x = y\n"
                 "  |     ^\n"
                 "help: line 2: y = 1 month\n");
    close_world(w);
}

static void colours_change_no_words(void **state)
{
    World *w = open_world();
    Buffer plain = {.arena = w->arena};
    Buffer coloured = {.arena = w->arena};
    Buffer stripped = {.arena = w->arena};
    Diag *diag = NULL;
    bool is_code = false;

    (void)state;
    add_file(w, "a.gw", "x = a + b\n");
    diag = diag_error(&w->list, ANY_CODE, find(w, 0, "+", 0), "no");
    diag_label(&w->list, diag, find(w, 0, "a", 0), "of a");
    diag_suggest(&w->list, diag, find(w, 0, "+", 0), "*");
    diag_draw(&w->list, diag, false, &plain);
    diag_draw(&w->list, diag, true, &coloured);
    for (size_t i = 0; i < coloured.length; i++) {
        is_code = is_code || coloured.bytes[i] == '\x1b';
        if (!is_code)
            buffer_char(&stripped, coloured.bytes[i]);
        is_code = is_code && coloured.bytes[i] != 'm';
    }
    assert_true(coloured.length > plain.length);
    assert_string_equal(stripped.bytes, plain.bytes);
    close_world(w);
}

static void all_are_sorted_and_duplicates_dropped(void **state)
{
    World *w = open_world();
    Buffer drawn = {.arena = w->arena};
    const char *name = diag_code_name(ANY_CODE);
    Text expected;

    (void)state;
    add_file(w, "a.gw", "x\ny\n");
    diag_error(&w->list, ANY_CODE, find(w, 0, "y", 0), "second");
    diag_error(&w->list, ANY_CODE, find(w, 0, "x", 0), "first");
    diag_error(&w->list, ANY_CODE, find(w, 0, "y", 0), "other words");
    diag_error(&w->list, ANY_CODE, find(w, 0, "y", 0), "second");
    assert_true(diag_any_error(&w->list));
    diag_draw_all(&w->list, false, &drawn);
    expected = text_format(w->arena,
                           "error[%s]: first\n  a.gw:1:1\n1 | x\n  | ^\n\n"
                           "error[%s]: second\n  a.gw:2:1\n2 | y\n  | ^\n\n"
                           "error[%s]: other words\n  a.gw:2:1\n2 | y\n  | ^\n",
                           name, name, name);
    assert_string_equal(drawn.bytes, expected.bytes);
    close_world(w);
}

static void add_faults(World *w, int n_errors, int n_warnings)
{
    for (int i = 0; i < n_warnings; i++)
        diag_warning(&w->list, ANY_CODE, (Span){0, 0, 1}, "warning %d", i);
    for (int i = 0; i < n_errors; i++)
        diag_error(&w->list, ANY_CODE, (Span){0, 2, 3}, "error %d", i);
}

static size_t count_of(const char *words, const char *bytes)
{
    size_t count = 0;

    for (const char *at = bytes; (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

static void assert_counted(int n_errors, int n_warnings, size_t drawn_errors, size_t drawn_warnings,
                           const char *last_line)
{
    World *w = open_world();
    Buffer drawn = {.arena = w->arena};

    add_file(w, "a.gw", "x y\n");
    add_faults(w, n_errors, n_warnings);
    assert_int_equal(w->list.n_errors, n_errors);
    assert_int_equal(w->list.n_warnings, n_warnings);
    diag_draw_all(&w->list, false, &drawn);
    assert_int_equal(count_of("error[", drawn.bytes), drawn_errors);
    assert_int_equal(count_of("warning[", drawn.bytes), drawn_warnings);
    if (last_line == NULL)
        assert_null(strstr(drawn.bytes, "more "));
    else
        assert_non_null(strstr(drawn.bytes, last_line));
    close_world(w);
}

static void twenty_are_drawn_and_the_rest_counted(void **state)
{
    (void)state;
    assert_counted(20, 0, 20, 0, NULL);
    assert_counted(21, 0, 20, 0, "\nand 1 more error\n");
    assert_counted(25, 3, 20, 0, "\nand 5 more errors, 3 more warnings\n");
    assert_counted(2, 30, 2, 18, "\nand 12 more warnings\n"); /* errors come first */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample),
        cmocka_unit_test(many_labels_stand_below_each_other),
        cmocka_unit_test(the_primary_mark_may_have_words),
        cmocka_unit_test(labels_elsewhere_have_their_own_snippets),
        cmocka_unit_test(a_span_over_lines_shows_its_first),
        cmocka_unit_test(the_end_of_a_file_can_be_marked),
        cmocka_unit_test(columns_are_those_of_a_terminal),
        cmocka_unit_test(control_bytes_do_not_reach_the_terminal),
        cmocka_unit_test(a_very_long_line_is_cut_around_the_mark),
        cmocka_unit_test(without_a_place_there_is_no_snippet),
        cmocka_unit_test(an_edit_on_another_line_says_so),
        cmocka_unit_test(colours_change_no_words),
        cmocka_unit_test(all_are_sorted_and_duplicates_dropped),
        cmocka_unit_test(twenty_are_drawn_and_the_rest_counted),
    };
    return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
