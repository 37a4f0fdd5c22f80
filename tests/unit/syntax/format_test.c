/* The canonical layout: what it looks like, that it is stable, and that it changes no tree. */
#include "fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_format(Fixture *f, const char *text, const char *expected)
{
    const char *once = fixture_format(f, text);
    assert_string_equal(once, expected);
    assert_string_equal(fixture_format(f, once), expected);
}

static void spaces(void **state)
{
    expect_format(*state, "x=max( a ,b )*-c^ 2", "x = max(a, b) * -c^2\n");
    expect_format(*state, "x = 35bn  USD/GW /per_gw", "x = 35 bn USD/GW / per_gw\n");
    expect_format(*state, "x = 20 %", "x = 20%\n");
    expect_format(*state, "x = 3 m ^ 2", "x = 3 m ^ 2\n");
    expect_format(*state, "x = sum over p in a . b : p.c", "x = sum over p in a.b: p.c\n");
    expect_format(*state, "x:USD/month=1 USD/month", "x : USD/month = 1 USD/month\n");
    expect_format(*state, "x ~ one of {a:30%,b:70%}", "x ~ one of { a: 30%, b: 70% }\n");
    expect_format(*state, "", "");
    expect_format(*state, "\n\n\n", "");
}

static void blocks(void **state)
{
    expect_format(*state, "site a {size=1;order=2;}", "site a { size = 1; order = 2 }\n");
    expect_format(*state, "site a { x=1\n\n y=2;z=3\n\n\n}\n\n\n\nb=1",
                  "site a {\n  x = 1\n\n  y = 2\n  z = 3\n}\n\nb = 1\n");
    expect_format(*state, "contract c {\non d { end }\n}", "contract c {\n  on d { end }\n}\n");
    expect_format(*state, "party a {}", "party a { }\n");
    expect_format(*state,
                  "party a \"A name that is long enough\" assume \"and a reason that is longer "
                  "than the name\" { opening cash = 1 USD; keep 2 USD }",
                  "party a \"A name that is long enough\" assume \"and a reason that is longer "
                  "than the name\" {\n  opening cash = 1 USD\n  keep 2 USD\n}\n");
}

static void comments(void **state)
{
    expect_format(*state, "# one\n\n\n#two\nx=1   # three\n  # four",
                  "# one\n\n#two\nx = 1  # three\n# four\n");
    expect_format(*state, "site a { # here\n# there\nx = 1\n# last\n}",
                  "site a {  # here\n  # there\n  x = 1\n  # last\n}\n");
    expect_format(*state, "x = max(a, # first\n# between\nb)",
                  "x = max(a,  # first\n    # between\n    b)\n");
    expect_format(*state, "x = 1 # one\r \r\n#\r ", "x = 1  # one\n#\n");
}

static void columns(void **state)
{
    expect_format(*state, "a=1 assume \"x\"\nlonger~2 to 3 USD assume \"y\" # z\nb:USD # zz",
                  "a      = 1          assume \"x\"\nlonger ~ 2 to 3 USD assume \"y\"  # z\n"
                  "b      : USD                    # zz\n");
    expect_format(*state, "a=1\n\nlonger=2", "a = 1\n\nlonger = 2\n");
    expect_format(*state, "source a \"A\" { trust = high }\nsource bcd \"BCD\" { trust = low }",
                  "source a   \"A\"   { trust = high }\nsource bcd \"BCD\" { trust = low }\n");
    expect_format(*state, "report r {\nshow a\nwho_pays b\n}",
                  "report r {\n  show     a\n  who_pays b\n}\n");
}

static void a_faulty_file_stays(void **state)
{
    Fixture *f = *state;
    Text text = TEXT("x  =  \n  y=1");
    Tree *tree = syntax_parse(f->arena, &f->diags, fixture_add(f, text));
    assert_true(text_equal(syntax_format(f->arena, &f->sources, tree), text));
}

/* --- every model of the project --- */

static const char *root = ".";
static size_t n_models;

static void expect_stable(Fixture *f, const char *path)
{
    size_t length;
    char *text = fixture_read(f, path, &length);
    uint32_t file = fixture_add(f, (Text){text, length});

    fixture_forget_diags(f);
    Tree *tree = syntax_parse(f->arena, &f->diags, file);
    if (f->diags.n_errors > 0)
        return; /* a case of a fault */
    Text once = syntax_format(f->arena, &f->sources, tree);
    Tree *again = syntax_parse(f->arena, &f->diags, fixture_add(f, once));
    Text twice = syntax_format(f->arena, &f->sources, again);
    if (!text_equal(once, twice))
        fail_msg("%s: formatting twice changes it", path);
    if (!text_equal(syntax_dump_tree(f->arena, &f->sources, tree),
                    syntax_dump_tree(f->arena, &f->sources, again)))
        fail_msg("%s: formatting changes its tree", path);
    n_models++;
}

static void walk(const char *folder, int depth)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;

    while (directory && (entry = readdir(directory)) != NULL) {
        void *state;
        if (entry->d_name[0] == '.' || depth > 8)
            continue;
        fixture_open(&state);
        Fixture *f = state;
        Text path = text_format(f->arena, "%s/%s", folder, entry->d_name);
        if (path.length > 3 && strcmp(path.bytes + path.length - 3, ".gw") == 0)
            expect_stable(f, path.bytes);
        else
            walk(path.bytes, depth + 1);
        fixture_close(&state);
    }
    if (directory)
        closedir(directory);
}

static void every_model(void **state)
{
    static const char *const folders[] = {"lib", "deals", "models", "tests"};
    Fixture *f = *state;

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        walk(text_format(f->arena, "%s/%s", root, folders[i]).bytes, 0);
    assert_true(n_models > 10);
}

int main(int n_arguments, char **arguments)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(spaces),      TEST(blocks), TEST(comments), TEST(columns), TEST(a_faulty_file_stays),
        TEST(every_model),
    };
    if (n_arguments > 1)
        root = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
