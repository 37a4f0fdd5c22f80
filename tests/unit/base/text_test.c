/* Text, numbers as text, buffers, and the map. */
#include "base/limits.h"
#include "base/text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int open_arena(void **state)
{
    *state = arena_new(NULL);
    return 0;
}

static int close_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static void comparing(void **state)
{
    (void)state;
    assert_true(text_equal(TEXT("rent"), text_from("rent")));
    assert_false(text_equal(TEXT("rent"), TEXT("rents")));
    assert_true(text_is((Text){0}, ""));
    assert_int_equal(text_from(NULL).length, 0);
    assert_true(text_compare(TEXT("a"), TEXT("b")) < 0);
    assert_true(text_compare(TEXT("ab"), TEXT("a")) > 0);
    assert_true(text_compare(TEXT("a"), TEXT("a")) == 0);
    assert_true(text_compare(TEXT("\xC3\xA9"), TEXT("z")) > 0); /* bytes are unsigned */
    assert_true(text_starts(TEXT("gigawatt"), "giga"));
    assert_false(text_starts(TEXT("gig"), "giga"));
}

static void spelling_distance(void **state)
{
    char longest[LIMIT_NAME_BYTES + 2];

    (void)state;
    assert_int_equal(text_distance(TEXT("kitten"), TEXT("sitting"), 9), 3);
    assert_int_equal(text_distance(TEXT(""), TEXT("abc"), 9), 3);
    assert_int_equal(text_distance(TEXT("tenant"), TEXT("tenatn"), 9), 1); /* a swap */
    assert_int_equal(text_distance(TEXT("size"), TEXT("size"), 2), 0);
    assert_int_equal(text_distance(TEXT("kitten"), TEXT("sitting"), 2), 3); /* bound + 1 */
    assert_int_equal(text_distance(TEXT("a"), TEXT("abcdefgh"), 2), 3);

    memset(longest, 'x', sizeof longest);
    assert_int_equal(
        text_distance((Text){longest, LIMIT_NAME_BYTES}, (Text){longest, LIMIT_NAME_BYTES - 1}, 3),
        1);
    assert_int_equal(
        text_distance((Text){longest, LIMIT_NAME_BYTES + 1}, (Text){longest, LIMIT_NAME_BYTES}, 3),
        4);
}

/* Published values of 64-bit FNV-1a (Fowler, Noll, Vo). */
static void hashing(void **state)
{
    (void)state;
    assert_true(text_hash64(TEXT("")) == UINT64_C(0xcbf29ce484222325));
    assert_true(text_hash64(TEXT("a")) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(text_hash64(TEXT("foobar")) == UINT64_C(0x85944171f73967e8));
}

static void quick_hashes_tell_apart(void **state)
{
    static const char one[] = "0123456789abcdefX";
    static const char other[] = "0123456789abcdefX";
    double signs[4][2] = {{1, 1}, {-1, -1}, {1, -1}, {-1, 1}};

    (void)state;
    assert_true(text_quick_hash(TEXT(one)) == text_quick_hash(TEXT(other)));
    assert_true(text_quick_hash((Text){one, 16}) != text_quick_hash((Text){one, 17}));
    assert_true(text_quick_hash((Text){"\0", 1}) != text_quick_hash((Text){"", 0}));
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(text_quick_hash((Text){(const char *)signs[i], sizeof signs[i]}) !=
                        text_quick_hash((Text){(const char *)signs[j], sizeof signs[j]}));
}

static void plain_formats(void **state)
{
    Text name = {"abcdef", 3};

    assert_true(text_is(text_format(*state, "%.*s.%s#%zu/%u", TEXT_ARG(name), "x", (size_t)0, 42u),
                        "abc.x#0/42"));
    assert_true(text_is(text_format(*state, "%.*s", 9, "short"), "short"));
    assert_true(text_is(text_format(*state, "%zu", SIZE_MAX), "18446744073709551615"));
    assert_true(text_is(text_format(*state, "100 %% of %s", "it"), "100 % of it"));
}

static void assert_number(Arena *arena, double x, const char *expected)
{
    Buffer buffer = {.arena = arena};

    buffer_number(&buffer, x);
    assert_string_equal(buffer.bytes, expected);
}

static void numbers_print_short_and_exact(void **state)
{
    uint64_t bits = 88172645463325252;

    assert_number(*state, 0.1, "0.1");
    assert_number(*state, 0.1 + 0.2, "0.30000000000000004");
    assert_number(*state, 1e300, "1e+300");
    assert_number(*state, 1e22, "1e+22");
    assert_number(*state, 0, "0");
    assert_number(*state, -2.5, "-2.5");
    assert_number(*state, 9007199254740991.0, "9007199254740991");
    assert_number(*state, 1.0 / 3.0, "0.3333333333333333");
    assert_number(*state, INFINITY, "inf");
    assert_number(*state, -INFINITY, "-inf");
    assert_number(*state, -NAN, "nan");

    for (int i = 0; i < 2000; i++) {
        Buffer buffer = {.arena = *state};
        double x = 0;
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x))
            continue;
        buffer_number(&buffer, x);
        assert_true(strtod(buffer.bytes, NULL) == x);
    }
}

static void buffers_grow(void **state)
{
    Buffer buffer = {.arena = *state};

    assert_int_equal(buffer_view(&buffer).length, 0);
    for (int i = 0; i < 1000; i++)
        buffer_format(&buffer, "%d,", i);
    assert_int_equal(buffer.length, 10 * 2 + 90 * 3 + 900 * 4);
    assert_true(text_starts(buffer_view(&buffer), "0,1,2,"));
    assert_int_equal(buffer.bytes[buffer.length], 0);
    buffer_char(&buffer, '\0');
    buffer_text(&buffer, TEXT("end"));
    assert_string_equal(buffer.bytes + buffer.length - 3, "end");
    assert_true(text_is(text_format(*state, "%s-%03d", "p", 7), "p-007"));
}

static void tables_keep_insertion_order(void **state)
{
    static int values[5000];
    Table *table = table_new(*state);

    for (int i = 0; i < 5000; i++)
        table_set(table, text_format(*state, "name%d", i), &values[i]);
    assert_int_equal(table_count(table), 5000);
    for (int i = 0; i < 5000; i++) {
        Text name = text_format(*state, "name%d", i);
        assert_ptr_equal(table_get(table, name), &values[i]);
        assert_true(text_equal(table_at(table, (size_t)i)->key, name));
    }
    assert_null(table_get(table, TEXT("name5000")));
    table_set(table, TEXT("name3"), &values[4]);
    assert_int_equal(table_count(table), 5000);
    assert_ptr_equal(table_get(table, TEXT("name3")), &values[4]);
}

static void the_nearest_spelling(void **state)
{
    Table *table = table_new(*state);
    int value = 0;

    table_set(table, TEXT("operator"), &value);
    table_set(table, TEXT("tenant"), &value);
    table_set(table, TEXT("lead"), &value);
    table_set(table, TEXT("load"), &value);
    assert_true(text_is(table_nearest(table, TEXT("opperator")), "operator"));
    assert_true(text_is(table_nearest(table, TEXT("tennat")), "tenant"));
    assert_true(text_is(table_nearest(table, TEXT("loed")), "load"));
    assert_true(text_is(table_nearest(table, TEXT("lxad")), "lead")); /* tie: by name */
    assert_true(text_is(table_nearest(table, TEXT("wafer")), ""));
    assert_true(text_is(table_nearest(table, TEXT("x")), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing),
        cmocka_unit_test(spelling_distance),
        cmocka_unit_test(hashing),
        cmocka_unit_test(quick_hashes_tell_apart),
        cmocka_unit_test_setup_teardown(plain_formats, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(numbers_print_short_and_exact, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(buffers_grow, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(tables_keep_insertion_order, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(the_nearest_spelling, open_arena, close_arena),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
