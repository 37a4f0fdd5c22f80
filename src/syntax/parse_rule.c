/* Rules and their actions, the stages of a contract, facilities and guarantees. */
#include "syntax/parser.h"

/* --- actions --- */

static Text rank_name(Parser *p, Decl *decl)
{
    decl->name3_span = parser_here(p);
    return parser_name(p, "the name of a rank");
}

/* "pay" EXPR ["of" "rest" ["up" "to" EXPR]] "from" REF "to" REF "as" NAME ... */
static void pay(Parser *p, Decl *decl)
{
    decl->expr = parse_expression(p);
    if (parser_accept_word(p, "of")) {
        parser_expect_word(p, "rest");
        decl->is_rest = true;
        if (parser_accept_word(p, "up")) {
            parser_expect_word(p, "to");
            decl->expr2 = parse_sum(p);
        }
    }
    parser_expect_word(p, "from");
    decl->ref = parse_reference(p);
    parser_expect_word(p, "to");
    decl->ref2 = parse_reference(p);
    parser_expect_word(p, "as");
    decl->name2_span = parser_here(p);
    decl->name2 = parser_name(p, "the name of a category");
    for (;;) {
        if (parser_accept_word(p, "rank"))
            decl->name3 = rank_name(p, decl);
        else if (parser_accept_word(p, "raises"))
            decl->ref3 = parse_reference(p);
        else if (parser_accept_word(p, "lowers"))
            decl->ref4 = parse_reference(p);
        else
            return;
    }
}

static void book(Parser *p, Decl *decl)
{
    decl->expr = parse_expression(p);
    parser_expect_word(p, "in");
    decl->ref = parse_reference(p);
    parser_expect_word(p, "from");
    decl->name2_span = parser_here(p);
    decl->name2 = parser_name(p, "the name of an account");
    parser_expect_word(p, "to");
    decl->name3_span = parser_here(p);
    decl->name3 = parser_name(p, "the name of an account");
}

static void add(Parser *p, Decl *decl)
{
    decl->expr = parse_expression(p);
    parser_expect_word(p, "to");
    decl->ref = parse_reference(p);
}

static void set(Parser *p, Decl *decl)
{
    decl->ref = parse_reference(p);
    parser_expect(p, TOKEN_EQUAL);
    decl->expr = parse_expression(p);
}

static void move(Parser *p, Decl *decl)
{
    decl->expr = parse_expression(p);
    parser_expect_word(p, "from");
    decl->ref = parse_reference(p);
    parser_expect_word(p, "to");
    decl->ref2 = parse_reference(p);
}

static void borrow(Parser *p, Decl *decl)
{
    decl->expr = parse_expression(p);
    parser_expect_word(p, "from");
    decl->ref = parse_reference(p);
}

static void end(Parser *p, Decl *decl)
{
    (void)p;
    (void)decl;
}

static const struct {
    const char *word;
    DeclKind kind;
    void (*rule)(Parser *p, Decl *decl);
    const char *form;
} actions[] = {
    {"pay", DECL_PAY, pay, "`pay AMOUNT from PAYER to PAYEE as CATEGORY rank RANK`"},
    {"book", DECL_BOOK, book, "`book AMOUNT in PARTY from ACCOUNT to ACCOUNT`"},
    {"add", DECL_ADD, add, "`add AMOUNT to STOCK`"},
    {"set", DECL_SET, set, "`set NAME = VALUE`"},
    {"move", DECL_MOVE, move, "`move AMOUNT from STOCK to STOCK`"},
    {"borrow", DECL_BORROW, borrow, "`borrow AMOUNT from FACILITY`"},
    {"end", DECL_END, end, "`end`"},
};
enum { N_ACTIONS = sizeof actions / sizeof *actions };

static const char *const action_words[] = {"pay",  "book",   "add", "set",
                                           "move", "borrow", "end", NULL};

bool word_begins_action(Text word)
{
    return word_is_in(word, action_words);
}

static void action(Parser *p, Decl *owner)
{
    size_t first = p->at;
    Span span = parser_here(p);

    p->form = NULL;
    Text word =
        parser_one_of(p, action_words, "`pay`, `book`, `add`, `set`, `move`, `borrow` or `end`");
    for (size_t i = 0; i < N_ACTIONS && !p->is_lost; i++) {
        if (!text_is(word, actions[i].word))
            continue;
        Decl *decl = decl_add(p, owner, actions[i].kind);
        p->form = actions[i].form;
        decl->name_span = span;
        actions[i].rule(p, decl);
        parse_attribution(p, decl);
        decl_finish(p, owner, decl, first);
        return;
    }
}

/* --- triggers --- */

static const struct {
    const char *word, *period;
} periods[] = {
    {"day", "day"},     {"days", "day"},     {"week", "week"},       {"weeks", "week"},
    {"month", "month"}, {"months", "month"}, {"quarter", "quarter"}, {"quarters", "quarter"},
    {"year", "year"},   {"years", "year"},
};

static Text period(Parser *p)
{
    if (parser_at(p, TOKEN_NAME))
        for (size_t i = 0; i < sizeof periods / sizeof *periods; i++)
            if (text_is(parser_token(p)->text, periods[i].word)) {
                parser_take(p);
                return text_from(periods[i].period);
            }
    parser_expected(p, "`day`, `week`, `month`, `quarter` or `year`");
    return (Text){"", 0};
}

/* "every" [NUMBER] PERIOD ["during" EXPR] ["in" "advance"] */
static void every(Parser *p, Decl *decl)
{
    decl->trigger = TRIGGER_EVERY;
    decl->period_count = 1;
    if (parser_at(p, TOKEN_NUMBER))
        decl->period_count = parser_take(p)->number;
    decl->period_word = period(p);
    if (parser_accept_word(p, "during"))
        decl->during = parse_expression(p);
    if (parser_accept_word(p, "in")) {
        parser_expect_word(p, "advance");
        decl->is_in_advance = true;
    }
}

/* "when" EXPR ["for" EXPR] ["again"] */
static void when(Parser *p, Decl *decl)
{
    decl->trigger = TRIGGER_WHEN;
    decl->expr = parse_expression(p);
    if (parser_accept_word(p, "for"))
        decl->for_duration = parse_expression(p);
    decl->is_again = parser_accept_word(p, "again");
}

/* "each" EXPR "of" EXPR ["up" "to" EXPR "times"] ["before" EXPR] ["including" "past"] */
static void each(Parser *p, Decl *decl)
{
    decl->trigger = TRIGGER_EACH;
    decl->expr = parse_expression(p);
    parser_expect_word(p, "of");
    decl->expr2 = parse_expression(p);
    if (parser_accept_word(p, "up")) {
        parser_expect_word(p, "to");
        decl->up_to_times = parse_sum(p);
        parser_expect_word(p, "times");
    }
    if (parser_accept_word(p, "before"))
        decl->before = parse_expression(p);
    if (parser_accept_word(p, "including")) {
        parser_expect_word(p, "past");
        decl->is_including_past = true;
    }
}

void parse_rule(Parser *p, Decl *decl)
{
    if (parser_accept_word(p, "rule")) {
        decl->name_span = parser_here(p);
        decl->name = parser_name(p, "the rule's name");
    }
    if (parser_accept_word(p, "every")) {
        every(p, decl);
    } else if (parser_accept_word(p, "on")) {
        decl->trigger = TRIGGER_ON;
        decl->expr = parse_expression(p);
    } else if (parser_accept_word(p, "when")) {
        when(p, decl);
    } else if (parser_accept_word(p, "each")) {
        each(p, decl);
    } else {
        parser_expected(p, "`every`, `on`, `when` or `each`");
    }
    parse_attribution(p, decl);
    bool is_stretch =
        decl->trigger == TRIGGER_EVERY &&
        (parser_at_word(p, "from") || parser_at_word(p, "to") || parser_at_word(p, "until"));
    if (is_stretch)
        p->form = "`every month during term(2026-03, 24 months) { ... }`";
    parse_block(p, decl, action);
}

/* --- stages --- */

void parse_stage(Parser *p, Decl *decl)
{
    parser_take(p);
    parser_mark(p, MARK_OPERATOR);
    parser_take(p);
    decl->name2_span = parser_here(p);
    decl->name2 = text_copy(p->arena, parser_take(p)->text);
    parse_attribution(p, decl);
}

/* STAGE "on" EXPR ["chance" EXPR] | STAGE "when" EXPR */
void parse_stage_move(Parser *p, Decl *decl)
{
    p->form = "`STAGE on DATE chance 60%` or `STAGE when CONDITION`";
    decl->name2_span = parser_here(p);
    decl->name2 = text_copy(p->arena, parser_take(p)->text);
    parser_mark(p, MARK_TITLE);
    decl->is_when = text_is(parser_take(p)->text, "when");
    decl->expr = parse_expression(p);
    if (parser_accept_word(p, "chance"))
        decl->expr2 = parse_expression(p);
    parse_attribution(p, decl);
}

/* --- credit --- */

static void limit(Parser *p, Decl *decl)
{
    parser_expect_word(p, "up");
    parser_expect_word(p, "to");
    decl->expr = parse_sum(p);
}

void parse_facility(Parser *p, Decl *decl)
{
    decl->name_span = parser_here(p);
    decl->name = parser_name(p, "the facility's name");
    parser_expect_word(p, "from");
    decl->ref = parse_reference(p);
    parser_expect_word(p, "to");
    decl->ref2 = parse_reference(p);
    limit(p, decl);
    parser_expect_word(p, "as");
    decl->name2_span = parser_here(p);
    decl->name2 = parser_name(p, "the name of a category");
    if (parser_accept_word(p, "for")) {
        parser_expect_word(p, "shortfall");
        decl->is_for_shortfall = true;
    }
    if (parser_accept_word(p, "raises"))
        decl->ref3 = parse_reference(p);
    parse_attribution(p, decl);
}

void parse_guarantee(Parser *p, Decl *decl)
{
    if (!parser_at_word(p, "of")) {
        decl->name_span = parser_here(p);
        decl->name = parser_name(p, "the guarantee's name or `of`");
    }
    parser_expect_word(p, "of");
    decl->ref = parse_reference(p);
    parser_expect_word(p, "by");
    decl->ref2 = parse_reference(p);
    limit(p, decl);
    if (parser_accept_word(p, "raises"))
        decl->ref3 = parse_reference(p);
    parse_attribution(p, decl);
}
