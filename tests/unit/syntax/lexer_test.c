/* Tokens: numbers, dates, texts, repairs, and every limit of a file. */
#include "base/limits.h"
#include "fixture.h"
#include "syntax/lexer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static Lexed tokens_of(Fixture *fixture, Text text)
{
    Lexed lexed = {0};
    fixture_forget_diags(fixture);
    lexer_run(fixture->arena, &fixture->diags, fixture_add(fixture, text), &lexed);
    return lexed;
}

static Token only_token(Fixture *fixture, const char *text)
{
    Lexed lexed = tokens_of(fixture, text_from(text));
    assert_int_equal(fixture->diags.diags.count, 0);
    assert_int_equal(lexed.tokens.count, 2);
    assert_int_equal(lexed.tokens.items[1].kind, TOKEN_END);
    return lexed.tokens.items[0];
}

static void numbers(void **state)
{
    assert_float_equal(only_token(*state, "35").number, 35, 0);
    assert_float_equal(only_token(*state, "0.86").number, 0.86, 0);
    assert_float_equal(only_token(*state, "1e9").number, 1e9, 0);
    assert_float_equal(only_token(*state, "5e26").number, 5e26, 0);
    assert_float_equal(only_token(*state, "2.5E-3").number, 2.5e-3, 0);
    assert_float_equal(only_token(*state, "1_000_000").number, 1e6, 0);
}

static void expect_date(Token token, int year, int month, int day)
{
    assert_int_equal(token.kind, TOKEN_DATE);
    assert_int_equal(token.year, year);
    assert_int_equal(token.month, month);
    assert_int_equal(token.day, day);
}

static void dates(void **state)
{
    expect_date(only_token(*state, "2026-03"), 2026, 3, 0);
    expect_date(only_token(*state, "2026-03-31"), 2026, 3, 31);
    expect_date(only_token(*state, "2025-Q4"), 2025, 10, 0);
    expect_date(only_token(*state, "2025-Q1"), 2025, 1, 0);
    expect_date(only_token(*state, "2024-02-29"), 2024, 2, 29); /* a leap year */
}

static void what_is_no_date(void **state)
{
    Lexed spaced = tokens_of(*state, TEXT("2026 - 03"));
    assert_int_equal(spaced.tokens.items[0].kind, TOKEN_NUMBER);
    assert_int_equal(spaced.tokens.items[1].kind, TOKEN_MINUS);
    Lexed longer = tokens_of(*state, TEXT("2026-030"));
    assert_int_equal(longer.tokens.items[0].kind, TOKEN_NUMBER);
    Lexed five = tokens_of(*state, TEXT("12026-03"));
    assert_int_equal(five.tokens.items[0].kind, TOKEN_NUMBER);
}

static void wrong_dates(void **state)
{
    Fixture *f = *state;
    assert_string_equal(fixture_fault(f, TEXT("a = 2026-13")),
                        "bad-date: there is no such date as 2026-13");
    assert_string_equal(fixture_fault(f, TEXT("a = 2026-02-30")),
                        "bad-date: there is no such date as 2026-02-30");
    assert_string_equal(fixture_fault(f, TEXT("a = 2026-Q5")),
                        "bad-date: there is no such date as 2026-Q5");
    assert_string_equal(fixture_fault(f, TEXT("a = 1899-12")),
                        "bad-date: there is no such date as 1899-12");
    assert_string_equal(fixture_fault(f, TEXT("a = 2026-3")),
                        "bad-date: months and days of a date are written with two digits");
    assert_string_equal(fixture_fault(f, TEXT("a = 2026-03-1")),
                        "bad-date: months and days of a date are written with two digits");
}

static void texts(void **state)
{
    assert_true(text_is(only_token(*state, "\"Who pays?\"").text, "Who pays?"));
    assert_true(text_is(only_token(*state, "\"a \\\"b\\\" \\\\ \\n\"").text, "a \"b\" \\ \\n"));
    assert_true(text_is(only_token(*state, "\"\"").text, ""));
    assert_true(text_is(only_token(*state, "\"# no comment\"").text, "# no comment"));
}

static void marks_of_other_languages(void **state)
{
    static const char *const faults[] = {"check \"c\" always a == 1",
                                         "check \"c\" always a && b",
                                         "check \"c\" always a || b",
                                         "a := 1",
                                         "check \"c\" always a <> 1",
                                         "a = 2**3",
                                         "a = 20%%",
                                         "check \"c\" always !a",
                                         "a ~ 1 -> 2",
                                         "check \"c\" always a => 1",
                                         "check \"c\" always a =< 1",
                                         "party a 'A'",
                                         "party a \xE2\x80\x9C"
                                         "A\xE2\x80\x9D",
                                         "a = 3 \xC3\x97 4",
                                         "a = 3 \xE2\x88\x92 4",
                                         "check \"c\" always a \xE2\x89\xA4 1",
                                         "a = 1 // a comment"};
    Fixture *f = *state;

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const char *fault = fixture_fault(f, text_from(faults[i]));
        assert_memory_equal(fault, "foreign-mark", 12); /* and the edit removes it */
    }
}

static void comments_and_lines(void **state)
{
    Fixture *f = *state;
    Lexed lexed = tokens_of(f, TEXT("\xEF\xBB\xBF# one\r\na = 1 # two\n\n#three"));
    assert_int_equal(f->diags.diags.count, 0);
    assert_int_equal(lexed.comments.count, 3);
    Text first = span_text(&f->sources, lexed.comments.items[0]);
    assert_true(text_is(first, "# one"));
    assert_int_equal(lexed.tokens.items[0].kind, TOKEN_NEWLINE);
    assert_int_equal(lexed.tokens.items[1].kind, TOKEN_NAME);
}

static void what_is_no_text(void **state)
{
    Fixture *f = *state;
    Lexed lexed = tokens_of(f, (Text){"a = 1\0b", 7});
    assert_int_equal(lexed.tokens.count, 1);
    assert_int_equal(f->diags.diags.count, 1);
    static const char *const broken[] = {"\xFF",         "\xC0\x80",         "\xE2\x82",
                                         "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\x80"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        lexed = tokens_of(f, text_from(broken[i]));
        assert_int_equal(lexed.tokens.count, 1);
        assert_int_equal(f->diags.diags.items[0]->code, DIAG_NOT_TEXT);
    }
}

static void limit_of_names(void **state)
{
    Fixture *f = *state;
    tokens_of(f, fixture_repeat(f, "", "x", LIMIT_NAME_BYTES, ""));
    assert_int_equal(f->diags.diags.count, 0);
    tokens_of(f, fixture_repeat(f, "", "x", LIMIT_NAME_BYTES + 1, ""));
    assert_int_equal(f->diags.diags.items[0]->code, DIAG_NAME_TOO_LONG);
}

static void limit_of_bytes(void **state)
{
    Fixture *f = *state;
    tokens_of(f, fixture_repeat(f, "", " ", LIMIT_SOURCE_BYTES, ""));
    assert_int_equal(f->diags.diags.count, 0);
    tokens_of(f, fixture_repeat(f, "", " ", LIMIT_SOURCE_BYTES + 1, ""));
    assert_int_equal(f->diags.diags.items[0]->code, DIAG_FILE_TOO_LARGE);
}

static void limit_of_tokens(void **state)
{
    Fixture *f = *state;
    Lexed lexed = tokens_of(f, fixture_repeat(f, "", ";", LIMIT_TOKENS, ""));
    assert_int_equal(f->diags.diags.count, 0);
    assert_int_equal(lexed.tokens.count, LIMIT_TOKENS + 1);
    tokens_of(f, fixture_repeat(f, "", ";", LIMIT_TOKENS + 1, ""));
    assert_int_equal(f->diags.diags.count, 1);
    assert_int_equal(f->diags.diags.items[0]->code, DIAG_FILE_TOO_LARGE);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(numbers),
        TEST(dates),
        TEST(what_is_no_date),
        TEST(wrong_dates),
        TEST(texts),
        TEST(marks_of_other_languages),
        TEST(comments_and_lines),
        TEST(what_is_no_text),
        TEST(limit_of_names),
        TEST(limit_of_bytes),
        TEST(limit_of_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
