/* Everything that stands on a line of its own, outside of rules, scenarios and reports.
 *
 * Longer than most files: one short function a statement, and the table that names them all. */
#include "syntax/parser.h"

#include <string.h>

void parse_title(Parser *p, Decl *decl)
{
    if (!parser_at(p, TOKEN_STRING))
        return;
    parser_mark(p, MARK_TITLE);
    decl->title = text_copy(p->arena, parser_take(p)->text);
    decl->has_title = true;
}

static void name_of(Parser *p, Decl *decl, const char *what)
{
    decl->name_span = parser_here(p);
    decl->name = parser_name(p, what);
}

static Text second_name(Parser *p, Decl *decl, const char *what)
{
    decl->name2_span = parser_here(p);
    return parser_name(p, what);
}

/* --- values --- */

/* `x = 2 to 5`: a range is drawn, so the sign is `~`. */
static void range_after_equal(Parser *p, size_t equal)
{
    Diag *diag = parser_fault(p, DIAG_UNEXPECTED, parser_here(p),
                              "a range is drawn, so it is given with `~`");
    if (diag)
        diag_suggest(p->diags, diag, parser_span_of(p, equal), "~");
}

static void value_after_sign(Parser *p, Decl *decl)
{
    size_t sign = p->at;

    if (parser_accept(p, TOKEN_EQUAL)) {
        decl->expr = parse_expression(p);
        if (parser_at_word(p, "to"))
            range_after_equal(p, sign);
    } else if (parser_accept(p, TOKEN_TILDE)) {
        decl->dist = parse_dist(p);
    }
}

void parse_value_rest(Parser *p, Decl *decl)
{
    bool has_type = parser_at(p, TOKEN_COLON);

    if (!has_type && !parser_at(p, TOKEN_EQUAL) && !parser_at(p, TOKEN_TILDE)) {
        parser_expected(p, "`=`, `~` or `:`");
        return;
    }
    parser_mark(p, MARK_OPERATOR);
    if (has_type) {
        parser_take(p);
        decl->type = parse_type(p);
    }
    value_after_sign(p, decl);
    if (parser_at(p, TOKEN_STRING))
        decl->doc = text_copy(p->arena, parser_take(p)->text);
    if (parser_accept_word(p, "range")) {
        decl->range_low = parse_sum(p);
        parser_expect_word(p, "to");
        decl->range_high = parse_sum(p);
    }
    parse_attribution(p, decl);
}

void parse_value_member(Parser *p, Decl *owner)
{
    size_t first = p->at;

    p->form = "`name = value`, `name ~ low to high` or `name : unit`";
    if (!parser_at(p, TOKEN_NAME) || word_is_reserved(parser_token(p)->text)) {
        parser_name(p, "a name");
        return;
    }
    Decl *decl = decl_add(p, owner, DECL_VALUE);
    name_of(p, decl, "a name");
    parse_value_rest(p, decl);
    decl_finish(p, owner, decl, first);
}

/* --- the head of a file --- */

static void import(Parser *p, Decl *decl)
{
    decl->name_span = parser_here(p);
    decl->is_string = parser_at(p, TOKEN_STRING);
    decl->title = decl->is_string ? text_copy(p->arena, parser_take(p)->text)
                                  : parser_name(p, "the name of a library or a file in quotes");
}

static void clock(Parser *p, Decl *decl)
{
    static const char *const steps[] = {"daily", "weekly", "monthly", "quarterly", "yearly", NULL};
    p->form = "`clock = monthly from 2025-10 until 2035-09`";
    decl->name2 = parser_one_of(p, steps, "`daily`, `weekly`, `monthly`, `quarterly` or `yearly`");
    if (p->is_lost)
        return;
    *LIST_PUSH(p->arena, &decl->names) = decl->name2;
    parser_expect_word(p, "from");
    decl->expr = parse_sum(p);
    parser_expect_word(p, "until");
    decl->expr2 = parse_sum(p);
}

/* The first is the main one; each is a word of its own, so that what is said of it has a place. */
static void monies(Parser *p, Decl *decl)
{
    do {
        Span at = parser_here(p);
        Text name = parser_name(p, "the name of a currency");
        if (p->is_lost)
            return;
        Expr *money = expr_new(p, EXPR_WORD, p->last);
        money->span = at;
        money->name = name;
        *LIST_PUSH(p->arena, &decl->exprs) = money;
    } while (parser_accept(p, TOKEN_COMMA));
}

static void model_member(Parser *p, Decl *owner)
{
    size_t first = p->at;
    Decl *decl = decl_add(p, owner, DECL_SETTING);

    p->form = "`clock = monthly from 2025-10 until 2035-09` or `money = USD`";
    name_of(p, decl, "`clock` or `money`");
    parser_mark(p, MARK_OPERATOR);
    parser_expect(p, TOKEN_EQUAL);
    if (text_is(decl->name, "clock")) {
        clock(p, decl);
    } else if (text_is(decl->name, "money")) {
        monies(p, decl);
    } else {
        decl->expr = parse_expression(p);
    }
    decl_finish(p, owner, decl, first);
}

static void model(Parser *p, Decl *decl)
{
    name_of(p, decl, "the model's name");
    parse_title(p, decl);
    parse_block(p, decl, model_member);
}

static void source(Parser *p, Decl *decl)
{
    name_of(p, decl, "the source's name");
    parse_title(p, decl);
    parse_block_if_any(p, decl, parse_value_member);
}

/* The right side of `unit kWh = 1000 Wh`: a factor, a unit, or both. */
static void unit_value(Parser *p, Decl *decl)
{
    size_t first = p->at;

    decl->number = 1;
    if (parser_at(p, TOKEN_NUMBER) && !parser_after_is(p, TOKEN_SLASH)) {
        decl->number = parser_token(p)->number;
        decl->expr = parse_number(p);
        if (decl->expr && decl->expr->unit)
            decl->type.unit = *decl->expr->unit;
        decl->type.is_present = !p->is_lost;
        decl->type.span = parser_since(p, first);
    } else {
        decl->type = parse_type(p);
    }
}

static void unit(Parser *p, Decl *decl)
{
    name_of(p, decl, "the unit's name");
    parse_title(p, decl);
    parser_mark(p, parser_at(p, TOKEN_EQUAL) ? MARK_OPERATOR : 0);
    if (parser_accept(p, TOKEN_EQUAL))
        unit_value(p, decl);
    for (;;) {
        if (parser_accept_word(p, "prefixed"))
            decl->is_prefixed = true;
        else if (parser_accept_word(p, "currency"))
            decl->is_currency = true;
        else
            return;
    }
}

static void account(Parser *p, Decl *decl)
{
    static const char *const types[] = {"asset", "liability", "equity", "income", "expense", NULL};
    name_of(p, decl, "the account's name");
    parser_mark(p, MARK_OPERATOR);
    parser_expect(p, TOKEN_COLON);
    decl->name2_span = parser_here(p);
    decl->name2 = parser_one_of(p, types, "`asset`, `liability`, `equity`, `income` or `expense`");
    size_t title = p->at;
    parse_title(p, decl);
    if (decl->has_title)
        p->tokens[title].marks = MARK_ATTRIBUTION; /* a column behind the type */
}

static void category_member(Parser *p, Decl *owner)
{
    size_t first = p->at;
    Decl *decl = decl_add(p, owner, DECL_SETTING);

    p->form = "`payer ACCOUNT; payee ACCOUNT`";
    name_of(p, decl, "`payer` or `payee`");
    if (parser_at(p, TOKEN_NAME))
        decl->name2 = second_name(p, decl, "the name of an account");
    decl_finish(p, owner, decl, first);
}

static void category(Parser *p, Decl *decl)
{
    name_of(p, decl, "the category's name");
    parse_title(p, decl);
    parse_block_if_any(p, decl, category_member);
}

/* "trade default": the rank of what names none is kept in name2. */
static void ranks(Parser *p, Decl *decl)
{
    do {
        Text rank = parser_name(p, "the name of a rank");
        if (p->is_lost)
            return;
        *LIST_PUSH(p->arena, &decl->names) = rank;
        if (parser_accept_word(p, "default"))
            decl->name2 = rank;
    } while (parser_accept(p, TOKEN_COMMA));
}

/* --- stocks, belts, solve --- */

static void flow(Parser *p, Decl *decl)
{
    decl->is_out = text_is(parser_take(p)->text, "out");
    bool is_named = parser_at(p, TOKEN_NAME) &&
                    (parser_after_is(p, TOKEN_EQUAL) || parser_after_is_word(p, "at") ||
                     parser_after_is_word(p, "by"));
    if (is_named)
        name_of(p, decl, "the flow's name");
    parser_mark(p, is_named && parser_at(p, TOKEN_EQUAL) ? MARK_OPERATOR : 0);
    if (is_named && parser_accept_word(p, "at")) {
        decl->flow = FLOW_AT;
    } else if (is_named && parser_accept_word(p, "by")) {
        parser_expect_word(p, "age");
        decl->flow = FLOW_BY_AGE;
    } else if (is_named) {
        parser_take(p);
    }
    decl->expr = parse_expression(p);
}

static void stock_member(Parser *p, Decl *owner)
{
    size_t first = p->at;
    Decl *decl;

    p->form = "`in NAME = RATE`, `out NAME = RATE`, `out NAME at RATE`, `out NAME by age LIFE` "
              "or `grows at RATE`";
    if (parser_at_word(p, "in") || parser_at_word(p, "out")) {
        decl = decl_add(p, owner, DECL_FLOW);
        flow(p, decl);
    } else if (parser_at_word(p, "grows")) {
        decl = decl_add(p, owner, DECL_GROWS);
        parser_take(p);
        parser_expect_word(p, "at");
        decl->expr = parse_expression(p);
    } else {
        parser_expected(p, "`in`, `out` or `grows at`");
        return;
    }
    parse_attribution(p, decl);
    decl_finish(p, owner, decl, first);
}

static void expect_type(Parser *p, Decl *decl)
{
    parser_mark(p, MARK_OPERATOR);
    if (parser_expect(p, TOKEN_COLON))
        decl->type = parse_type(p);
}

static void stock(Parser *p, Decl *decl)
{
    name_of(p, decl, "the stock's name");
    expect_type(p, decl);
    decl->is_signed = parser_accept_word(p, "signed");
    value_after_sign(p, decl);
    if (parser_at(p, TOKEN_STRING))
        decl->doc = text_copy(p->arena, parser_take(p)->text);
    parse_attribution(p, decl);
    parse_block_if_any(p, decl, stock_member);
}

static void lead(Parser *p, Decl *decl)
{
    parser_take(p);
    parser_mark(p, MARK_OPERATOR);
    if (!parser_at(p, TOKEN_EQUAL) && !parser_at(p, TOKEN_TILDE))
        parser_expected(p, "`=` or `~`");
    value_after_sign(p, decl);
    if (parser_accept_word(p, "up")) {
        parser_expect_word(p, "to");
        decl->expr2 = parse_sum(p);
    }
}

static void belt_member(Parser *p, Decl *owner)
{
    size_t first = p->at;
    Decl *decl;

    p->form = "`in NAME = RATE; lead ~ LOW to HIGH up to LONGEST`";
    if (parser_at_word(p, "in")) {
        decl = decl_add(p, owner, DECL_FLOW);
        flow(p, decl);
    } else if (parser_at_word(p, "lead")) {
        decl = decl_add(p, owner, DECL_LEAD);
        lead(p, decl);
    } else {
        parser_expected(p, "`in` or `lead`");
        return;
    }
    parse_attribution(p, decl);
    decl_finish(p, owner, decl, first);
}

static void belt(Parser *p, Decl *decl)
{
    name_of(p, decl, "the belt's name");
    expect_type(p, decl);
    if (parser_at(p, TOKEN_STRING))
        decl->doc = text_copy(p->arena, parser_take(p)->text);
    parse_attribution(p, decl);
    parse_block(p, decl, belt_member);
}

static void solve(Parser *p, Decl *decl)
{
    if (parser_accept_word(p, "over")) {
        parser_expect_word(p, "run");
        decl->over_run = true;
    }
    parse_block(p, decl, parse_value_member);
}

/* --- parties --- */

static void opening(Parser *p, Decl *decl)
{
    name_of(p, decl, "the name of an account");
    parser_mark(p, MARK_OPERATOR);
    parser_expect(p, TOKEN_EQUAL);
    decl->expr = parse_expression(p);
    if (parser_accept_word(p, "against"))
        decl->ref = parse_reference(p);
    parse_attribution(p, decl);
}

static void keep(Parser *p, Decl *decl)
{
    decl->expr = parse_expression(p);
    if (parser_accept_word(p, "before"))
        decl->name2 = second_name(p, decl, "the name of a rank");
    parse_attribution(p, decl);
}

static void default_costs(Parser *p, Decl *decl)
{
    parser_expect_word(p, "costs");
    decl->expr = parse_expression(p);
    parser_expect_word(p, "of");
    parser_expect_word(p, "cash");
    if (parser_accept(p, TOKEN_COMMA)) {
        decl->expr2 = parse_expression(p);
        parser_expect_word(p, "of");
        parser_expect_word(p, "receipts");
    }
    parse_attribution(p, decl);
}

static void reserve_member(Parser *p, Decl *reserve)
{
    bool is_target = parser_at_word(p, "target");

    p->form = "`target = AMOUNT; opening = AMOUNT`";
    if (!is_target && !parser_at_word(p, "opening")) {
        parser_expected(p, "`target` or `opening`");
        return;
    }
    parser_take(p);
    parser_mark(p, MARK_OPERATOR);
    parser_expect(p, TOKEN_EQUAL);
    Expr *amount = parse_expression(p);
    if (is_target)
        reserve->expr = amount;
    else
        reserve->expr2 = amount;
    parse_attribution(p, reserve);
}

static void reserve(Parser *p, Decl *decl)
{
    name_of(p, decl, "the reserve's name");
    parser_expect_word(p, "for");
    decl->ref = parse_reference(p);
    parse_attribution(p, decl);
    parse_block(p, decl, reserve_member);
}

static void party_member(Parser *p, Decl *owner);
static void kind_member(Parser *p, Decl *owner);

static void party(Parser *p, Decl *decl)
{
    name_of(p, decl, "the party's name");
    parse_title(p, decl);
    parse_attribution(p, decl);
    parse_block_if_any(p, decl, party_member);
}

/* --- kinds and instances --- */

static bool is_statement_word(Text word);

static void kind(Parser *p, Decl *decl)
{
    name_of(p, decl, "the kind's name");
    if (!p->is_lost && is_statement_word(decl->name))
        parser_fault(p, DIAG_RESERVED_WORD, decl->name_span,
                     "`%.*s` begins a statement of its own and cannot name a kind",
                     TEXT_ARG(decl->name));
    parse_title(p, decl);
    if (parser_accept_word(p, "like"))
        decl->name2 = second_name(p, decl, "the name of the kind it is like");
    if (parser_accept_word(p, "between")) {
        decl->is_contract = true;
        *LIST_PUSH(p->arena, &decl->names) = parser_name(p, "a name for the first party");
        parser_expect_word(p, "and");
        *LIST_PUSH(p->arena, &decl->names) = parser_name(p, "a name for the second party");
    }
    parse_attribution(p, decl);
    parse_block(p, decl, kind_member);
}

static void part_kind(Parser *p, Decl *decl)
{
    if (parser_accept_word(p, "of")) {
        decl->kind = DECL_PART_OF;
        decl->ref = parse_reference(p);
        parse_attribution(p, decl);
        return;
    }
    name_of(p, decl, "the part's name");
    parse_title(p, decl);
    parse_attribution(p, decl);
    parse_block(p, decl, kind_member);
}

static void for_each(Parser *p, Decl *decl)
{
    decl->for_name = parser_name(p, "a name for each");
    parser_expect_word(p, "in");
    decl->for_list = parse_reference(p);
    if (parser_accept_word(p, "where"))
        decl->for_where = parse_expression(p);
}

static void instance(Parser *p, Decl *decl)
{
    decl->name2_span = parser_here(p);
    decl->name2 = text_copy(p->arena, parser_take(p)->text);
    name_of(p, decl, "a name");
    p->form = "`KIND NAME \"title\" for x in LIST between A and B cite SOURCE { ... }`";
    parse_title(p, decl);
    if (parser_accept_word(p, "for"))
        for_each(p, decl);
    if (parser_accept_word(p, "between")) {
        decl->ref = parse_reference(p);
        parser_expect_word(p, "and");
        decl->ref2 = parse_reference(p);
    }
    parse_attribution(p, decl);
    parse_block_if_any(p, decl, kind_member);
}

static void layer(Parser *p, Decl *decl)
{
    decl->name2 = second_name(p, decl, "the name of a layer");
}

static void without(Parser *p, Decl *decl)
{
    name_of(p, decl, "the name of a rule");
}

/* --- together and tables --- */

static double signed_number(Parser *p)
{
    bool is_negative = parser_accept(p, TOKEN_MINUS);
    if (is_negative)
        parser_mark(p, MARK_GLUED);
    if (!parser_at(p, TOKEN_NUMBER)) {
        parser_expected(p, "a number");
        return 0;
    }
    double number = parser_take(p)->number;
    parser_mark(p, parser_at(p, TOKEN_PERCENT) ? MARK_GLUED : 0);
    if (parser_accept(p, TOKEN_PERCENT))
        number /= 100;
    return is_negative ? -number : number;
}

/* { NUMBER {("," | NEWLINE) NUMBER} }, row by row */
static void matrix(Parser *p, Decl *decl)
{
    parser_take(p);
    for (;;) {
        while (parser_at(p, TOKEN_NEWLINE) || parser_at(p, TOKEN_SEMICOLON))
            parser_take(p);
        if (p->is_lost || parser_accept(p, TOKEN_RIGHT_BRACE))
            return;
        *LIST_PUSH(p->arena, &decl->numbers) = signed_number(p);
        if (!parser_accept(p, TOKEN_COMMA) && !parser_at(p, TOKEN_NEWLINE) &&
            !parser_at(p, TOKEN_SEMICOLON) && !parser_at(p, TOKEN_RIGHT_BRACE))
            parser_expected(p, "`,` or `}`");
    }
}

static void together(Parser *p, Decl *decl)
{
    do {
        Expr *ref = parse_reference(p);
        if (p->is_lost)
            return;
        *LIST_PUSH(p->arena, &decl->exprs) = ref;
    } while (parser_accept(p, TOKEN_COMMA));
    parser_expect_word(p, "correlated");
    if (parser_at(p, TOKEN_LEFT_BRACE)) {
        matrix(p, decl);
    } else {
        decl->expr = parse_sum(p);
        if (parser_accept(p, TOKEN_COMMA)) {
            decl->expr2 = parse_sum(p);
            parser_expect_word(p, "within");
            decl->name2 = second_name(p, decl, "the name of a kind");
        }
    }
    parse_attribution(p, decl);
}

/* KEY ":" EXPR; rows of one line may be set apart with commas too */
static void table_row(Parser *p, Decl *table)
{
    p->form = "`KEY: VALUE`, one a line or set apart with `;`";
    do {
        Expr *key = parse_sum(p);
        parser_expect(p, TOKEN_COLON);
        Expr *value = parse_expression(p);
        if (p->is_lost)
            return;
        *LIST_PUSH(p->arena, &table->keys) = key;
        *LIST_PUSH(p->arena, &table->exprs) = value;
    } while (parser_accept(p, TOKEN_COMMA));
}

static void table_file(Parser *p, Decl *decl)
{
    decl->is_string = true;
    if (!parser_at(p, TOKEN_STRING))
        parser_expected(p, "the name of a file, in quotes");
    decl->file = text_copy(p->arena, parser_take(p)->text);
    parser_expect_word(p, "columns");
    do {
        Text column = parser_name(p, "the name of a column");
        if (p->is_lost)
            return;
        *LIST_PUSH(p->arena, &decl->names) = column;
    } while (parser_accept(p, TOKEN_COMMA));
}

static void table(Parser *p, Decl *decl)
{
    name_of(p, decl, "the table's name");
    expect_type(p, decl);
    parser_expect_word(p, "by");
    decl->name2 = second_name(p, decl, "what the rows go by, such as `date`");
    if (parser_accept_word(p, "from"))
        table_file(p, decl);
    else {
        parse_attribution(p, decl); /* before the rows, as other blocks have it, or behind them */
        parse_block(p, decl, table_row);
    }
    decl->name3_span = parser_here(p);
    if (parser_at_word(p, "step") || parser_at_word(p, "linear"))
        decl->name3 = text_copy(p->arena, parser_take(p)->text);
    decl->is_held = parser_accept_word(p, "hold");
    if (decl->attribution.kind == ATTRIBUTION_NONE)
        parse_attribution(p, decl);
}

/* --- statements --- */

typedef struct {
    const char *word;
    unsigned places;
    DeclKind kind;
    void (*rule)(Parser *p, Decl *decl);
    bool keeps_word; /* the rule reads the word itself */
    const char *form;
} Statement;

static void nothing(Parser *p, Decl *decl)
{
    (void)p;
    (void)decl;
}

static const char rule_form[] =
    "`every month { ... }`, `on DATE { ... }`, `when CONDITION { ... }` "
    "or `each AMOUNT of SERIES { ... }`";

static const Statement statements[] = {
    {"import", IN_FILE, DECL_IMPORT, import, false, "`import gigawatt` or `import \"file.gw\"`"},
    {"model", IN_FILE, DECL_MODEL, model, false, "`model NAME \"title\" { ... }`"},
    {"source", IN_FILE, DECL_SOURCE, source, false,
     "`source NAME \"title\" { dated = 2025-09-22; trust = high }`"},
    {"unit", IN_FILE, DECL_UNIT, unit, false, "`unit NAME \"title\" = 1000 OTHER`"},
    {"account", IN_FILE, DECL_ACCOUNT, account, false, "`account NAME : asset \"title\"`"},
    {"category", IN_FILE, DECL_CATEGORY, category, false,
     "`category NAME { payer ACCOUNT; payee ACCOUNT }`"},
    {"ranks", IN_FILE, DECL_RANKS, ranks, false, "`ranks senior, junior, equity`"},
    {"party", IN_FILE, DECL_PARTY, party, false,
     "`party NAME \"title\" cite SOURCE { opening cash = 1 bn USD }`"},
    {"kind", IN_FILE, DECL_KIND, kind, false,
     "`kind NAME \"title\" like OTHER between A and B { ... }`"},
    {"together", IN_FILE, DECL_TOGETHER, together, false, "`together a, b correlated 0.5`"},
    {"table", IN_FILE, DECL_TABLE, table, false,
     "`table NAME : UNIT by date { 2026-01: 70 k; 2027-01: 55 k } step`"},
    {"scenario", IN_FILE, DECL_SCENARIO, parse_scenario, false,
     "`scenario NAME \"title\" assume \"why\" { ... }`"},
    {"check", IN_FILE, DECL_CHECK, parse_check, false,
     "`check \"title\" always CONDITION in 95% of paths`"},
    {"report", IN_FILE, DECL_REPORT, parse_report, false, "`report NAME \"title\" { ... }`"},
    {"stock", IN_FILE | IN_PARTY | IN_KIND, DECL_STOCK, stock, false,
     "`stock NAME : UNIT = AMOUNT { in = RATE }`"},
    {"belt", IN_FILE | IN_KIND, DECL_BELT, belt, false,
     "`belt NAME : UNIT { in RATE; lead ~ LOW to HIGH }`"},
    {"solve", IN_FILE | IN_KIND, DECL_SOLVE, solve, false, "`solve { u = ...; v = ... }`"},
    {"outside", IN_PARTY, DECL_OUTSIDE, nothing, false, "`outside`"},
    {"opening", IN_PARTY, DECL_OPENING, opening, false, "`opening ACCOUNT = AMOUNT against PARTY`"},
    {"keep", IN_PARTY, DECL_KEEP, keep, false, "`keep AMOUNT before RANK`"},
    {"default", IN_PARTY, DECL_DEFAULT_COSTS, default_costs, false,
     "`default costs 20% of cash, 30% of receipts`"},
    {"reserve", IN_PARTY, DECL_RESERVE, reserve, false,
     "`reserve NAME for CONTRACT { target = AMOUNT }`"},
    {"part", IN_KIND, DECL_PART_KIND, part_kind, false,
     "`part NAME { ... }` or `part of CONTRACT`"},
    {"layer", IN_KIND, DECL_LAYER, layer, false, "`layer NAME`"},
    {"without", IN_KIND, DECL_WITHOUT, without, false, "`without RULE`"},
    {"facility", IN_KIND, DECL_FACILITY, parse_facility, false,
     "`facility NAME from LENDER to BORROWER up to AMOUNT as CATEGORY`"},
    {"guarantee", IN_KIND, DECL_GUARANTEE, parse_guarantee, false,
     "`guarantee NAME of CONTRACT by PARTY up to AMOUNT`"},
    {"rule", IN_KIND, DECL_RULE, parse_rule, true, rule_form},
    {"every", IN_KIND, DECL_RULE, parse_rule, true, rule_form},
    {"on", IN_KIND, DECL_RULE, parse_rule, true, rule_form},
    {"when", IN_KIND, DECL_RULE, parse_rule, true, rule_form},
    {"each", IN_KIND, DECL_RULE, parse_rule, true, rule_form},
};
enum { N_STATEMENTS = sizeof statements / sizeof *statements };

static const char *const stages[] = {"talks",     "intent", "definitive", "effective",
                                     "suspended", "ended",  "never",      NULL};

static const Statement *statement_of(Text word)
{
    for (size_t i = 0; i < N_STATEMENTS; i++)
        if (text_is(word, statements[i].word))
            return &statements[i];
    return NULL;
}

static bool is_statement_word(Text word)
{
    return statement_of(word) != NULL || text_is(word, "contract");
}

/* The word of a statement that may stand here and is a slip or two away; NULL when none. */
static const Statement *near_statement(Text word, Place place)
{
    const Statement *nearest = NULL;
    size_t bound = word.length > 5 ? 2 : 1;

    for (size_t i = 0; i < N_STATEMENTS && word.length > 3; i++) {
        size_t distance = text_distance(word, text_from(statements[i].word), bound);
        if (!(statements[i].places & place) || distance > bound)
            continue;
        nearest = &statements[i];
        if (distance == 0)
            break;
        bound = distance - 1; /* only nearer ones from now on */
    }
    return nearest;
}

static void read_statement(Parser *p, Decl *owner, const Statement *statement)
{
    size_t first = p->at;
    Decl *decl = decl_add(p, owner, statement->kind);

    p->form = statement->form;
    if (!statement->keeps_word)
        parser_take(p);
    statement->rule(p, decl);
    decl_finish(p, owner, decl, first);
}

static const char *place_words(unsigned places)
{
    return places & IN_FILE    ? "at the top of a file"
           : places & IN_PARTY ? "inside a party"
                               : "inside a contract, a kind or an instance";
}

/* It is read all the same, so that faults inside are found, and left out. */
static void misplaced(Parser *p, const Statement *statement, Place place)
{
    Decl aside = {0};
    const char *here = place == IN_FILE    ? "at the top of a file"
                       : place == IN_PARTY ? "inside a party"
                                           : "inside a kind or an instance";
    Diag *diag = parser_fault(p, DIAG_MISPLACED_STATEMENT, parser_here(p), "`%s` stands %s, not %s",
                              statement->word, place_words(statement->places), here);
    if (!diag)
        return;
    p->is_lost = false;
    read_statement(p, &aside, statement);
}

static void unknown_statement(Parser *p, Place place)
{
    Text word = parser_token(p)->text;
    Span span = parser_here(p);
    const Statement *near = near_statement(word, place);

    if (parser_after_is(p, TOKEN_DOT)) {
        Diag *diag = parser_fault(p, DIAG_UNKNOWN_STATEMENT, span,
                                  "a field of something else cannot be given here");
        if (diag)
            diag_because(p->diags, diag,
                         "Give it in the block of what it belongs to, or in a scenario.");
        return;
    }
    Diag *diag =
        parser_fault(p, DIAG_UNKNOWN_STATEMENT, span,
                     "a line cannot begin with `%.*s` and what follows it", TEXT_ARG(word));
    if (!diag)
        return;
    if (near)
        diag_suggest(p->diags, diag, span, "%s", near->word);
    else if (word_begins_action(word))
        diag_because(
            p->diags, diag,
            "It stands in a rule, which says when: `every month { %.*s ... }`, `on 2026-03-31 "
            "{ %.*s ... }`.",
            TEXT_ARG(word), TEXT_ARG(word));
    else
        diag_because(p->diags, diag,
                     "A line gives a value (`name = ...`, `name ~ ...`), makes a thing "
                     "(`site abilene { ... }`) or begins with a word such as %s.",
                     place == IN_FILE    ? "`party`, `contract`, `check` or `report`"
                     : place == IN_PARTY ? "`opening` or `keep`"
                                         : "`every`, `on` or `when`");
}

static void read_instance(Parser *p, Decl *owner)
{
    size_t first = p->at;
    Decl *decl = decl_add(p, owner, DECL_INSTANCE);

    instance(p, decl);
    decl_finish(p, owner, decl, first);
}

static void correct_statement(Parser *p, Decl *owner, const Statement *near)
{
    Diag *diag = parser_fault(p, DIAG_UNKNOWN_STATEMENT, parser_here(p),
                              "there is no statement `%.*s`", TEXT_ARG(p->tokens[p->at].text));
    if (!diag)
        return;
    diag_suggest(p->diags, diag, diag->span, "%s", near->word);
    p->is_lost = false;
    p->tokens[p->at].text = text_from(near->word);
    read_statement(p, owner, near);
}

/* Two names: an instance, unless it reads badly as one and the first word is
 * one slip away from a statement's (`raport board { ... }`). Only the whole
 * file tries, so that the cost stays double at most. */
static void instance_or_slip(Parser *p, Decl *owner, Place place)
{
    const Statement *near = p->is_trying ? NULL : near_statement(parser_token(p)->text, place);

    if (!near) {
        read_instance(p, owner);
        return;
    }
    Parser before = *p;
    size_t n_members = owner->members.count;
    size_t n_diags = p->diags->diags.count, n_errors = p->diags->n_errors;

    p->is_trying = true;
    read_instance(p, owner);
    parser_end_statement(p);
    if (p->diags->n_errors == n_errors) {
        p->is_trying = false;
        return;
    }
    *p = before;
    owner->members.count = n_members;
    p->diags->diags.count = n_diags;
    p->diags->n_errors = n_errors;
    correct_statement(p, owner, near);
}

static bool at_stage_setting(const Parser *p)
{
    return parser_at_word(p, "stage") && parser_after_is(p, TOKEN_EQUAL) &&
           p->at + 3 < p->n_tokens && p->tokens[p->at + 2].kind == TOKEN_NAME &&
           word_is_in(p->tokens[p->at + 2].text, stages);
}

static bool at_stage_move(const Parser *p)
{
    return parser_at(p, TOKEN_NAME) && word_is_in(parser_token(p)->text, stages) &&
           (parser_after_is_word(p, "on") || parser_after_is_word(p, "when"));
}

static void stage_statement(Parser *p, Decl *owner)
{
    size_t first = p->at;
    bool is_setting = at_stage_setting(p);
    Decl *decl = decl_add(p, owner, is_setting ? DECL_STAGE : DECL_STAGE_MOVE);

    if (is_setting)
        parse_stage(p, decl);
    else
        parse_stage_move(p, decl);
    decl_finish(p, owner, decl, first);
}

static void statement(Parser *p, Decl *owner, Place place)
{
    if (!parser_at(p, TOKEN_NAME)) {
        parser_expected(p, "a statement");
        return;
    }
    const Token *after = parser_after(p);
    bool is_value =
        after->kind == TOKEN_EQUAL || after->kind == TOKEN_TILDE || after->kind == TOKEN_COLON;
    const Statement *known = is_value ? NULL : statement_of(parser_token(p)->text);

    if (place == IN_KIND && (at_stage_setting(p) || at_stage_move(p)))
        stage_statement(p, owner);
    else if (is_value)
        parse_value_member(p, owner);
    else if (known && (known->places & place))
        read_statement(p, owner, known);
    else if (known && after->kind != TOKEN_DOT)
        misplaced(p, known, place);
    else if (after->kind == TOKEN_NAME && !word_is_reserved(parser_token(p)->text) &&
             place != IN_PARTY)
        instance_or_slip(p, owner, place);
    else
        unknown_statement(p, place);
}

static void party_member(Parser *p, Decl *owner)
{
    statement(p, owner, IN_PARTY);
}

static void kind_member(Parser *p, Decl *owner)
{
    statement(p, owner, IN_KIND);
}

void parse_file_member(Parser *p, Decl *owner)
{
    statement(p, owner, IN_FILE);
}
