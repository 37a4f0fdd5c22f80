/* Trees: what each statement and expression is read as, and what hostile files come to. */
#include "base/limits.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- expressions, operator first --- */

static void expect_expression(Fixture *f, const char *text, const char *tree)
{
    Text line = text_format(f->arena, "x = %s", text);
    Text expected = text_format(f->arena, "value name=x expr=%s\n", tree);
    assert_string_equal(fixture_dump(f, line.bytes), expected.bytes);
}

static void precedence(void **state)
{
    expect_expression(*state, "a + b * c", "(+ a (* b c))");
    expect_expression(*state, "a - b - c", "(- (- a b) c)");
    expect_expression(*state, "a / b / c", "(/ (/ a b) c)");
    expect_expression(*state, "-a ^ 2", "(- (^ a 2))");
    expect_expression(*state, "a ^ -b ^ c", "(^ a (- (^ b c)))");
    expect_expression(*state, "(a + b) * c", "(* (+ a b) c)");
    expect_expression(*state, "not a and b or c", "(or (and (not a) b) c)");
    expect_expression(*state, "a + 1 < b and c is d.e", "(and (< (+ a 1) b) (is c (. e d)))");
    expect_expression(*state, "if a > 1 then b else if c then d else e",
                      "(if (> a 1) b (if c d e))");
}

static void quantities(void **state)
{
    expect_expression(*state, "35 bn USD/GW_site / per_gw", "(/ 35[bn USD/GW_site] per_gw)");
    expect_expression(*state, "2.5 PFLOP_bf16/s/gpu", "2.5[PFLOP_bf16/s/gpu]");
    expect_expression(*state, "25%/year", "25[%/year]");
    expect_expression(*state, "20 %", "20[%]");
    expect_expression(*state, "50 bp/year", "50[bp/year]");
    expect_expression(*state, "35bn USD", "35[bn USD]");
    expect_expression(*state, "70 k", "70[k]");
    expect_expression(*state, "3 m^2*s^-1", "3[m^2/s]");
    expect_expression(*state, "3 m ^ 2", "(^ 3[m] 2)");
    expect_expression(*state, "1 / year", "(/ 1 year)");
    expect_expression(*state, "2 months * rate", "(* 2[months] rate)");
}

static void words_that_open_expressions(void **state)
{
    expect_expression(*state, "sum over p in phase: p.ready + 1",
                      "(over sum p phase _ (+ (. ready p) 1))");
    expect_expression(*state, "(sum over p in a.phase where p.b > 1: p.c) + 1",
                      "(+ (over sum p (. phase a) (> (. b p) 1) (. c p)) 1)");
    expect_expression(*state, "count over s in site where s.on", "(over count s site (. on s) _)");
    expect_expression(*state, "sum of x over last 12 months / 12",
                      "(/ (window sum x 12[months]) 12)");
    expect_expression(*state, "max(a, b)", "(call max a b)");
    expect_expression(*state, "share of s among f in fleet where f.a: f.w rank f.r by f.b",
                      "(share f s fleet (. a f) (. w f) (. r f) (. b f))");
    expect_expression(*state, "opening cash + 1", "(+ (opening cash) 1)");
    expect_expression(*state, "opening + 1", "(+ opening 1)");
    expect_expression(*state, "price.x at 2026-03 * 2", "(* (at (. x price) 2026-03-00) 2)");
}

static void named_arguments(void **state)
{
    expect_expression(*state, "lag(x, 1 month, first 0)", "(call lag x 1[month] first:0)");
    expect_expression(*state, "total(x, from A to B)", "(call total x from:A to:B)");
    expect_expression(*state, "delay(x, 3 months, order 3)", "(call delay x 3[months] order:3)");
    expect_expression(*state, "fade(25%/year, from 2027-01)",
                      "(call fade 25[%/year] from:2027-01-00)");
    expect_expression(*state, "f(first(c), order + 1)", "(call f (call first c) (+ order 1))");
    expect_expression(*state, "first(unpaid(openai) > 0 USD)",
                      "(call first (> (call unpaid openai) 0[USD]))");
}

static void lines_that_go_on(void **state)
{
    expect_expression(*state, "max(a,\n  b\n)", "(call max a b)");
    expect_expression(*state, "a +\n  b", "(+ a b)");
    expect_expression(*state, "(a\n  + b)", "(+ a b)");
}

/* --- statements --- */

typedef struct {
    const char *text, *tree;
} Pair;

static void expect_trees(Fixture *f, const Pair *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_string_equal(fixture_dump(f, pairs[i].text), pairs[i].tree);
}
#define EXPECT_TREES(f, pairs) expect_trees((f), (pairs), sizeof(pairs) / sizeof *(pairs))

static void draws(void **state)
{
    static const Pair pairs[] = {
        {"x ~ 14 to 24 months", "value name=x draw=(interval 14 24[months])\n"},
        {"x ~ pert(2, 4.5, 7) bn person", "value name=x draw=(named pert 2 4.5 7[bn person])\n"},
        {"x ~ normal(1, 0.04) drawn monthly",
         "value name=x draw=(named normal 1 0.04 drawn monthly)\n"},
        {"x ~ normal(0, 1) truncated -1 to 1",
         "value name=x draw=(named normal 0 1 truncated (- 1) 1)\n"},
        {"x ~ chance 60%", "value name=x draw=(chance 60[%])\n"},
        {"x ~ one of {a: 30%, b: 70%}", "value name=x draw=(one-of a:30[%] b:70[%])\n"},
        {"x ~ p10 9 p50 12 p90 20 USD", "value name=x draw=(quantiles 0.1:9 0.5:12 0.9:20[USD])\n"},
        {"x ~ data \"a.csv\" column price USD/gpu",
         "value name=x draw=(data price \"a.csv\"[USD/gpu])\n"},
        {"x ~ 2026-03 to 2027-06", "value name=x draw=(interval 2026-03-00 2027-06-00)\n"},
    };
    EXPECT_TREES(*state, pairs);
}

static void declarations(void **state)
{
    static const Pair pairs[] = {
        {"import \"deals/x.gw\"", "import title=\"deals/x.gw\" string\n"},
        {"unit kWh \"kilowatt-hour\" = 1000 Wh prefixed",
         "unit name=kWh title=\"kilowatt-hour\" type=[Wh] number=1000 expr=1000[Wh] prefixed\n"},
        {"unit USD currency", "unit name=USD currency\n"},
        {"account cash : asset \"Cash\"", "account name=cash name2=asset title=\"Cash\"\n"},
        {"category rent { payer cost; payee sales }",
         "category name=rent block\n  setting name=payer name2=cost\n"
         "  setting name=payee name2=sales\n"},
        {"ranks senior, trade default, equity",
         "ranks name2=trade name=senior name=trade name=equity\n"},
        {"owed : USD = already", "value name=owed type=[USD] expr=already\n"},
        {"rate : 1/year range 0 to 1", "value name=rate type=[1/year] low=0 high=1\n"},
        {"asset : site.phase", "value name=asset type=site.phase\n"},
        {"x = 1 \"a note\" assume \"why\"", "value name=x doc=\"a note\" expr=1 assume \"why\"\n"},
        {"together a.b, c correlated 0.3, 0.8 within site",
         "together name2=site expr=0.3 expr2=0.8 (. b a) c\n"},
        {"together a, b correlated { 1, 0.5\n0.5, 1 }", "together numbers=1,0.5,0.5,1 a b\n"},
        {"table p : USD/gpu by date { 2026-01: 70 k; 2027-01: 55 k } step",
         "table name=p name2=date name3=step type=[USD/gpu] 2026-01-00:70[k] 2027-01-00:55[k]"
         " block\n"},
        {"table p : USD by date from \"f.csv\" columns date, price linear hold",
         "table name=p name2=date name3=linear file=\"f.csv\" type=[USD] name=date name=price"
         " string held\n"},
        {"solve over run { u : USD = v }",
         "solve over-run block\n  value name=u type=[USD] expr=v\n"},
    };
    EXPECT_TREES(*state, pairs);
}

static void parties_and_instances(void **state)
{
    static const Pair pairs[] = {
        {"party a \"A\" { default costs 20% of cash, 30% of receipts\n"
         "reserve d for loan { target = 1 USD; opening = 2 USD } }",
         "party name=a title=\"A\" block\n  default-costs expr=20[%] expr2=30[%]\n"
         "  reserve name=d expr=1[USD] expr2=2[USD] ref=loan block\n"},
        {"kind b \"B\" like a between c and d assume \"e\" { without late }",
         "kind name=b name2=a title=\"B\" name=c name=d contract block assume \"e\"\n"
         "  without name=late\n"},
        {"lease l for p in a.phase where p.s > 1 MW between x and y",
         "instance name=l name2=lease ref=x ref2=y each=p list=(. phase a)"
         " where=(> (. s p) 1[MW])\n"},
        {"stock live : gpu = 0 gpu {\n in arrived = x\n out failed at 9%/year\n"
         " out retired by age life\n grows at g\n}",
         "stock name=live type=[gpu] expr=0[gpu] block\n  flow name=arrived rate expr=x\n"
         "  flow name=failed at expr=9[%/year] out\n"
         "  flow name=retired by-age expr=life out\n  grows expr=g\n"},
        {"belt b : wafer { in starts; lead ~ 2.5 to 4 months up to 8 months }",
         "belt name=b type=[wafer] block\n  flow rate expr=starts\n"
         "  lead expr2=8[months] draw=(interval 2.5 4[months])\n"},
    };
    EXPECT_TREES(*state, pairs);
}

static void rules(void **state)
{
    static const Pair pairs[] = {
        {"contract c { every 3 months during life in advance { end } }",
         "instance name=c name2=contract block\n"
         "  rule every 3 month during=life in-advance block\n    end\n"},
        {"contract c { rule late when x > 1 for 30 days again { set y = 2 } }",
         "instance name=c name2=contract block\n"
         "  rule name=late when expr=(> x 1) for=30[days] again block\n"
         "    set expr=2 ref=y\n"},
        {"contract c { each 1 GW of s up to 9 times before 2031-01 including past { end } }",
         "instance name=c name2=contract block\n  rule each expr=1[GW] expr2=s times=9"
         " before=2031-01-00 including-past block\n    end\n"},
        {"contract c { on asset.energised - ahead { pay 50% of rest up to X from A to B as sweep"
         " rank junior raises d lowers e } }",
         "instance name=c name2=contract block\n"
         "  rule on expr=(- (. energised asset) ahead) block\n"
         "    pay name2=sweep name3=junior expr=50[%] expr2=X ref=A ref2=B ref3=d ref4=e rest\n"},
        {"contract c { on d { book 1 USD in a from x to y; add 1 to s; move 1 from s to t;"
         " borrow 1 USD from f } }",
         "instance name=c name2=contract block\n  rule on expr=d block\n"
         "    book name2=x name3=y expr=1[USD] ref=a\n    add expr=1 ref=s\n"
         "    move expr=1 ref=s ref2=t\n    borrow expr=1[USD] ref=f\n"},
        {"contract c { stage = intent\n definitive on 2026-03 chance 60%\n ended when x\n"
         "part of d\nlayer chips\nstage = other }",
         "instance name=c name2=contract block\n  stage name2=intent\n"
         "  stage-move name2=definitive expr=2026-03-00 expr2=60[%]\n"
         "  stage-move name2=ended expr=x when\n  part-of ref=d\n  layer name2=chips\n"
         "  value name=stage expr=other\n"},
        {"contract c { facility f from a to b up to 5 USD as borrowing for shortfall raises o\n"
         "guarantee of c by p up to 2 USD }",
         "instance name=c name2=contract block\n"
         "  facility name=f name2=borrowing expr=5[USD] ref=a ref2=b ref3=o for-shortfall\n"
         "  guarantee expr=2[USD] ref=c ref2=p\n"},
    };
    EXPECT_TREES(*state, pairs);
}

static void questions(void **state)
{
    static const Pair pairs[] = {
        {"scenario s \"S\" { a.stage = never; every k.r scaled 0.5; b ~ 1 to 2; c = 3 instead\n"
         "d plus 1 USD }",
         "scenario name=s title=\"S\" block\n  override set expr=never ref=(. stage a)\n"
         "  override scaled expr=0.5 ref=(. r k) every\n"
         "  override draw ref=b draw=(interval 1 2)\n  override set expr=3 ref=c instead\n"
         "  override plus expr=1[USD] ref=d\n"},
        {"check \"t\" at 2030-01 a.cash > 0 USD",
         "check title=\"t\" at expr=(> (. cash a) 0[USD]) expr2=2030-01-00\n"},
        {"check \"t\" covers a over b at least 1.2 in 95% of paths",
         "check title=\"t\" covers expr=a expr2=b expr3=1.2 paths=95[%]\n"},
        {"check \"t\" always a at 2030-01 > 1 during life",
         "check title=\"t\" always expr=(> (at a 2030-01-00) 1) during=life\n"},
        {"report r { show a.b, c by year; why a at 2028-06; tornado f(x) top 12; flows\n"
         "bank_test bank { rents = 1 } }",
         "report name=r block\n  view name=show name2=year name=c (. b a) c\n"
         "  view name=why expr2=2028-06-00 name=a a\n  view name=tornado number=12 (call f x)\n"
         "  view name=flows\n  view name=bank_test name=bank bank block\n"
         "    value name=rents expr=1\n"},
    };
    EXPECT_TREES(*state, pairs);
}

/* What a line of --set makes of it. */
static Expr *parse_expression(Fixture *f, const char *text)
{
    Text line = text_format(f->arena, "a = %s", text);
    const Decl *set = syntax_parse_override(f->arena, &f->diags, fixture_add(f, line));

    return set != NULL ? set->expr : NULL;
}

static void single_lines(void **state)
{
    Fixture *f = *state;
    Expr *expr = parse_expression(f, "a + 1 USD");
    assert_non_null(expr);
    assert_true(text_is(syntax_print_expression(f->arena, expr), "a + 1 USD"));
    Decl *set =
        syntax_parse_override(f->arena, &f->diags, fixture_add(f, TEXT("every k.r scaled 0.5")));
    assert_non_null(set);
    assert_true(set->is_every);
    Decl *view =
        syntax_parse_view(f->arena, &f->diags, fixture_add(f, TEXT("openai.cash by year")));
    assert_non_null(view);
    assert_true(text_is(view->name, "show") && text_is(view->name2, "year"));
    assert_int_equal(f->diags.diags.count, 0);

    assert_null(parse_expression(f, "a +"));
    assert_null(parse_expression(f, "a b"));
    assert_null(syntax_parse_override(f->arena, &f->diags, fixture_add(f, TEXT("a 1"))));
    assert_null(syntax_parse_view(f->arena, &f->diags, fixture_add(f, TEXT("a by week"))));
    assert_int_equal(f->diags.diags.count, 4);
}

static void printing(void **state)
{
    static const char *const texts[] = {"a + b * c",
                                        "(a + b) * c",
                                        "a - (b - c)",
                                        "-a^2",
                                        "(-a)^2",
                                        "2^-b",
                                        "a / (b * c)",
                                        "not (a or b)",
                                        "if a then b else c",
                                        "1 + (if a then b else c)",
                                        "35 bn USD/GW_site",
                                        "25%/year",
                                        "sum over p in phase where p.a > 1: p.b",
                                        "sum of x over last 12 months",
                                        "lag(x, 1 month, first 0)",
                                        "total(x, from a to b)",
                                        "(a = b) = c",
                                        "x at 2026-03",
                                        "share of s among f in fleet: f.w rank f.r by f.b",
                                        "opening cash + 1",
                                        "\"a \\\"b\\\"\"",
                                        "not a and b"};
    Fixture *f = *state;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Expr *expr = parse_expression(f, texts[i]);
        assert_non_null(expr);
        assert_string_equal(syntax_print_expression(f->arena, expr).bytes, texts[i]);
    }
    assert_true(text_is(syntax_print_expression(f->arena, NULL), "?"));
}

/* --- faults --- */

static void faults(void **state)
{
    static const Pair pairs[] = {
        {"a = max(1, 2\nb = 3", "unclosed-bracket: this bracket is not closed"},
        {"a = f(1 2)", "unexpected: expected `,` or `)`, found `2`"},
        {"party a \"A\" {\n  outside\n\nparty b \"B\" { outside }",
         "unclosed-block: this block has no closing `}`"},
        {"site a {\n  phase p { size = 1\n  phase q { size = 2 }\n}",
         "unclosed-block: this block has no closing `}`"},
        {"kind a\n  x : USD\n}", "unexpected: expected `{`, found the end of the line"},
        {"site a\n  x = 1\n  y = 2\n}\n", "unexpected: expected `{`, found the end of the line"},
        {"a = 1 }", "unopened-block: no block is open here"},
        {"a ~ 5", "unexpected: `~` draws from a range or a distribution, and this is neither"},
        {"a = 1 to 2", "unexpected: a range is drawn, so it is given with `~`"},
        {"a = 1 < 2 < 3", "chained-comparison: a second comparison follows the first"},
        {"is = 3", "reserved-word: `is` is a word of the language and cannot be a name"},
        {"raport r {\n  show a by year\n}", "unknown-statement: there is no statement `raport`"},
        {"chek \"c\" always a",
         "unknown-statement: a line cannot begin with `chek` and what follows it"},
        {"a.b = 3", "unknown-statement: a field of something else cannot be given here"},
        {"every month { end }", "misplaced-statement: `every` stands inside a contract, a kind "
                                "or an instance, not at the top of a file"},
        {"a = b is not c", "foreign-mark: `is not` is written `!=`"},
        {"contract c { on d { pay 1,000,000 USD from a to b as rent } }",
         "unexpected: expected `from`, found `,`"},
        {"party a \"A", "unclosed-text: this text has no closing quote on its line"},
        {"a = 1.2.3", "bad-number: `1.2.3` is not a number; write 1_000_000, 0.86 or 1e9"},
        {"a = .5", "bad-number: a number starts with a digit"},
        {"a = 1e999", "bad-number: this number is larger than 1e300"},
        {"a = $5", "stray-character: money is written with its currency after the number: "
                   "35 bn USD"},
        {"a = 3 m^99", "bad-unit: the power of a unit is a whole number from 1 to 20"},
        {"kind party { a : USD }",
         "reserved-word: `party` begins a statement of its own and cannot name a kind"},
        {"a = b assume", "unexpected: expected the reason for the assumption, in quotes, found "
                         "the end of the file"},
        {"a =", "unexpected: expected a value, found the end of the file"},
    };
    Fixture *f = *state;

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_string_equal(fixture_fault(f, text_from(pairs[i].text)), pairs[i].tree);
}

static void all_faults_in_one_pass(void **state)
{
    Fixture *f = *state;
    Tree *tree = syntax_parse(
        f->arena, &f->diags,
        fixture_add(f, TEXT("a = \nb = 2\nparty c \"C\" { opening cash 1 USD; keep }\n"
                            "contract d { every month { pay 1; end }\n  e = (1 + \n}\nf = 3 +")));
    assert_int_equal(f->diags.n_errors, 6);
    assert_int_equal(tree->decls.count, 5); /* a, b, c, d and f are known by name */
}

static void limit_of_nesting(void **state)
{
    Fixture *f = *state;
    size_t most = LIMIT_NESTING - 1; /* the whole expression is the first level */
    Text inside = fixture_repeat(f, "x = ", "(", most, "1");
    assert_string_equal(fixture_fault(f, fixture_repeat(f, inside.bytes, ")", most, "")), "");
    inside = fixture_repeat(f, "x = ", "(", most + 1, "1");
    assert_string_equal(fixture_fault(f, fixture_repeat(f, inside.bytes, ")", most + 1, "")),
                        "too-deep: brackets and blocks are nested more than 200 deep here");
}

static void limit_of_operators(void **state)
{
    Fixture *f = *state;
    assert_string_equal(fixture_fault(f, fixture_repeat(f, "x = 1", " + 1", LIMIT_OPERATORS, "")),
                        "");
    assert_string_equal(
        fixture_fault(f, fixture_repeat(f, "x = 1", " + 1", LIMIT_OPERATORS + 1, "")),
        "too-many-operators: one expression has at most 1000 operators");
}

static void hostile_files(void **state)
{
    static const char *const units[] = {
        "(",         "{",     "not ",       "-",       "x = (\n",      "a b {\n",
        "}",         "if ",   "a.",         "2^",      "f(",           "\"",
        "1,",        "a at ", "opening a ", "sum of ", "x ~ one of {", "min over a in b: ",
        "party p {", "a + \n"};
    static const char *const heads[] = {"", "x = ", "contract c { on "};
    Fixture *f = *state;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        for (size_t h = 0; h < sizeof heads / sizeof *heads; h++) {
            Text text = fixture_repeat(f, heads[h], units[i], 20000, "}");
            fixture_forget_diags(f);
            syntax_parse(f->arena, &f->diags, fixture_add(f, text));
        }
}

/* --- the sample of the language, and what the library looks like --- */

static const char *root = ".";

static char *read_file(Fixture *f, const char *name, size_t *length)
{
    Text path = text_format(f->arena, "%s/%s", root, name);
    char *text = fixture_read(f, path.bytes, length);
    assert_non_null(text);
    return text;
}

static void the_sample(void **state)
{
    size_t length;
    Tree *tree =
        fixture_parse(*state, read_file(*state, "tests/cases/sample/ten_gigawatts.gw", &length));
    assert_int_equal(tree->decls.items[0]->kind, DECL_IMPORT);
    assert_int_equal(tree->decls.count, 33);
    tree = fixture_parse(*state, read_file(*state, "tests/unit/syntax/library.gw", &length));
    assert_int_equal(tree->decls.count, 6);
}

/* A file cut off anywhere is read to its end. */
static void the_sample_cut_short(void **state)
{
    Fixture *f = *state;
    size_t length;
    char *text = read_file(f, "tests/cases/sample/ten_gigawatts.gw", &length);

    for (size_t cut = 0; cut < length; cut += 13) {
        fixture_forget_diags(f);
        syntax_parse(f->arena, &f->diags, fixture_add(f, (Text){text, cut}));
        assert_true(f->diags.diags.count <= 6);
    }
}

int main(int n_arguments, char **arguments)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(precedence),
        TEST(quantities),
        TEST(words_that_open_expressions),
        TEST(named_arguments),
        TEST(lines_that_go_on),
        TEST(draws),
        TEST(declarations),
        TEST(parties_and_instances),
        TEST(rules),
        TEST(questions),
        TEST(single_lines),
        TEST(printing),
        TEST(faults),
        TEST(all_faults_in_one_pass),
        TEST(limit_of_nesting),
        TEST(limit_of_operators),
        TEST(hostile_files),
        TEST(the_sample),
        TEST(the_sample_cut_short),
    };
    if (n_arguments > 1)
        root = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
