/* Scenarios, checks and reports: what is asked of a model. */
#include "syntax/parser.h"

/* --- scenarios --- */

static void replacement(Parser *p, Decl *decl)
{
    parser_mark(p, MARK_OPERATOR);
    if (parser_accept(p, TOKEN_EQUAL)) {
        decl->override = OVERRIDE_SET;
        decl->expr = parse_expression(p);
    } else if (parser_accept(p, TOKEN_TILDE)) {
        decl->override = OVERRIDE_DRAW;
        decl->dist = parse_dist(p);
    } else {
        parser_expected(p, "`=`, `~`, `scaled` or `plus`");
    }
    decl->is_instead = parser_accept_word(p, "instead");
}

void parse_override(Parser *p, Decl *owner)
{
    size_t first = p->at;
    Decl *decl = decl_add(p, owner, DECL_OVERRIDE);

    p->form = "`NAME = VALUE`, `NAME ~ DRAW`, `NAME scaled FACTOR` or `every KIND.FIELD plus "
              "AMOUNT`";
    decl->is_every = parser_at_word(p, "every") && parser_after_is(p, TOKEN_NAME);
    if (decl->is_every)
        parser_take(p);
    decl->name_span = parser_here(p);
    decl->ref = parse_reference(p);
    if (decl->ref)
        decl->name_span = decl->ref->span;
    if (parser_accept_word(p, "scaled")) {
        decl->override = OVERRIDE_SCALED;
        decl->expr = parse_expression(p);
    } else if (parser_accept_word(p, "plus")) {
        decl->override = OVERRIDE_PLUS;
        decl->expr = parse_expression(p);
    } else {
        replacement(p, decl);
    }
    parse_attribution(p, decl);
    decl_finish(p, owner, decl, first);
}

void parse_scenario(Parser *p, Decl *decl)
{
    decl->name_span = parser_here(p);
    decl->name = parser_name(p, "the scenario's name");
    parse_title(p, decl);
    parse_attribution(p, decl);
    parse_block(p, decl, parse_override);
}

/* --- checks --- */

static void always(Parser *p, Decl *decl)
{
    decl->check = CHECK_ALWAYS;
    decl->expr = parse_expression(p);
    if (parser_accept_word(p, "during"))
        decl->during = parse_expression(p);
}

static void at_date(Parser *p, Decl *decl)
{
    decl->check = CHECK_AT;
    p->is_at_barred = true;
    decl->expr2 = parse_sum(p);
    p->is_at_barred = false;
    decl->expr = parse_expression(p);
}

static void covers(Parser *p, Decl *decl)
{
    decl->check = CHECK_COVERS;
    p->is_at_barred = true;
    decl->expr = parse_expression(p);
    parser_expect_word(p, "over");
    decl->expr2 = parse_expression(p);
    p->is_at_barred = false;
    parser_expect_word(p, "at");
    parser_expect_word(p, "least");
    decl->expr3 = parse_sum(p);
}

void parse_check(Parser *p, Decl *decl)
{
    if (!parser_at(p, TOKEN_STRING))
        parser_expected(p, "what is checked, in quotes");
    decl->name_span = parser_here(p);
    parse_title(p, decl);
    if (parser_accept_word(p, "always"))
        always(p, decl);
    else if (parser_accept_word(p, "at"))
        at_date(p, decl);
    else if (parser_accept_word(p, "covers"))
        covers(p, decl);
    else
        parser_expected(p, "`always`, `at` or `covers`");
    if (parser_accept_word(p, "in")) {
        decl->paths_share = parse_sum(p);
        parser_expect_word(p, "of");
        parser_expect_word(p, "paths");
    }
    parse_attribution(p, decl);
}

/* --- reports --- */

static void view_arguments(Parser *p, Decl *decl)
{
    static const char *const clauses[] = {"at", "by", "top", "during", NULL};
    TokenKind kind = parser_token(p)->kind;

    if (p->is_lost || kind == TOKEN_NEWLINE || kind == TOKEN_SEMICOLON || kind == TOKEN_END ||
        kind == TOKEN_LEFT_BRACE || kind == TOKEN_RIGHT_BRACE ||
        (kind == TOKEN_NAME && word_is_in(parser_token(p)->text, clauses)))
        return;
    p->is_at_barred = true;
    parser_mark(p, MARK_TITLE);
    do {
        Expr *expr = parse_expression(p);
        if (p->is_lost)
            break;
        *LIST_PUSH(p->arena, &decl->exprs) = expr;
        if (expr->kind == EXPR_WORD)
            *LIST_PUSH(p->arena, &decl->names) = expr->name;
    } while (parser_accept(p, TOKEN_COMMA));
    p->is_at_barred = false;
}

static bool is_count(const Token *token)
{
    enum { MOST = 1000 };

    return token->kind == TOKEN_NUMBER && token->number >= 1 && token->number <= MOST &&
           token->number == (int)token->number;
}

static bool view_clause(Parser *p, Decl *decl)
{
    static const char *const steps[] = {"year", "quarter", "month", NULL};

    if (parser_accept_word(p, "at")) {
        decl->expr2 = parse_sum(p);
    } else if (parser_accept_word(p, "by")) {
        decl->name2_span = parser_here(p);
        decl->name2 = parser_one_of(p, steps, "`year`, `quarter` or `month`");
    } else if (parser_accept_word(p, "top")) {
        if (!is_count(parser_token(p)))
            parser_expected(p, "a whole number from 1 to 1000");
        decl->number = parser_take(p)->number;
    } else if (parser_accept_word(p, "during")) {
        decl->during = parse_expression(p);
    } else {
        return false;
    }
    return true;
}

void parse_view_rest(Parser *p, Decl *decl)
{
    view_arguments(p, decl);
    while (view_clause(p, decl))
        ;
    parse_block_if_any(p, decl, parse_value_member);
}

void parse_view(Parser *p, Decl *owner)
{
    size_t first = p->at;

    p->form = "`show NAME, NAME by year`, `fan NAME`, `tornado NAME top 12`, `why NAME at DATE`";
    if (!parser_at(p, TOKEN_NAME)) {
        parser_expected(p, "a view, such as `show` or `fan`");
        return;
    }
    Decl *decl = decl_add(p, owner, DECL_VIEW);
    decl->name_span = parser_here(p);
    decl->name = parser_name(p, "a view, such as `show` or `fan`");
    parse_view_rest(p, decl);
    decl_finish(p, owner, decl, first);
}

void parse_report(Parser *p, Decl *decl)
{
    decl->name_span = parser_here(p);
    decl->name = parser_name(p, "the report's name");
    parse_title(p, decl);
    parse_block(p, decl, parse_view);
}
