/* Expressions: from `if` down to names, numbers and calls. */
#include "syntax/parser.h"

Expr *expr_new(Parser *p, ExprKind kind, size_t first_token)
{
    Expr *expr = ARENA_NEW(p->arena, Expr);
    expr->kind = kind;
    expr->span = parser_since(p, first_token);
    return expr;
}

static void add_arg(Parser *p, Expr *expr, Expr *arg)
{
    *LIST_PUSH(p->arena, &expr->args) = arg;
}

static Expr *binary(Parser *p, Text op, Span op_span, Expr *left, Expr *right, size_t first)
{
    Expr *expr = expr_new(p, EXPR_BINARY, first);
    expr->op = op;
    expr->op_span = op_span;
    add_arg(p, expr, left);
    add_arg(p, expr, right);
    return expr;
}

/* Takes the operator; a line may end behind it. */
static Span take_operator(Parser *p)
{
    Span span = parser_here(p);
    parser_take(p);
    parser_skip_newlines(p);
    parser_count_operator(p);
    return span;
}

static Expr *if_else(Parser *p)
{
    size_t first = p->at;
    Span word = parser_here(p);

    parser_take(p);
    Expr *condition = parse_expression(p);
    parser_expect_word(p, "then");
    parser_skip_newlines(p);
    Expr *then = parse_expression(p);
    parser_expect_word(p, "else");
    parser_skip_newlines(p);
    Expr *otherwise = parse_expression(p);
    Expr *expr = expr_new(p, EXPR_IF, first);
    expr->op = TEXT("if");
    expr->op_span = word;
    add_arg(p, expr, condition);
    add_arg(p, expr, then);
    add_arg(p, expr, otherwise);
    return expr;
}

/* --- atoms --- */

/* Whether the current token can begin an operand, for words such as `first` in `first 0`. */
static bool operand_follows(const Parser *p)
{
    const Token *after = parser_after(p);
    if (after->kind == TOKEN_NAME)
        return !text_is(after->text, "and") && !text_is(after->text, "or") &&
               !text_is(after->text, "is") && !text_is(after->text, "then") &&
               !text_is(after->text, "else") && !text_is(after->text, "where") &&
               !text_is(after->text, "over") && !text_is(after->text, "among");
    return after->kind == TOKEN_NUMBER || after->kind == TOKEN_DATE || after->kind == TOKEN_STRING;
}

static const char *const argument_words[] = {"first", "from", "to", "order", NULL};

static void arguments(Parser *p, Expr *call)
{
    bool goes_on = !parser_at(p, TOKEN_RIGHT_PAREN);

    while (goes_on && !p->is_lost) {
        Text word = {"", 0};
        if (parser_at(p, TOKEN_NAME) && word_is_in(parser_token(p)->text, argument_words) &&
            (operand_follows(p) || parser_after_is(p, TOKEN_LEFT_PAREN)) &&
            !(text_is(parser_token(p)->text, "first") && parser_after_is(p, TOKEN_LEFT_PAREN)))
            word = text_copy(p->arena, parser_take(p)->text);
        *LIST_PUSH(p->arena, &call->arg_names) = word;
        add_arg(p, call, parse_expression(p));
        goes_on = parser_accept(p, TOKEN_COMMA) || parser_at_word(p, "to");
    }
}

/* Opens a bracket: newlines inside do not end the statement, and `at` is free again. */
typedef struct {
    size_t bracket;
    bool is_at_barred;
} Opened;

static Opened open_bracket(Parser *p)
{
    Opened before = {p->bracket, p->is_at_barred};
    p->bracket = p->at;
    p->brackets++;
    p->is_at_barred = false;
    parser_take(p);
    return before;
}

static void close_bracket(Parser *p, Opened before)
{
    if (!p->is_lost && !parser_at(p, TOKEN_RIGHT_PAREN)) {
        if (!parser_bracket_closes(p)) {
            uint32_t end = p->tokens[p->last].end;
            Diag *diag = parser_fault(p, DIAG_UNCLOSED_BRACKET, parser_span_of(p, p->bracket),
                                      "this bracket is not closed");
            if (diag)
                diag_suggest(p->diags, diag, (Span){p->file, end, end}, ")");
        } else {
            p->form = NULL;
            bool is_loop = parser_at_word(p, "for");
            Diag *diag = parser_expected(p, "`,` or `)`");
            if (diag && is_loop)
                diag_because(p->diags, diag,
                             "Over instances it is written `sum over x in KIND: x.size`; so are "
                             "`mean`, `min`, `max`, `count`, `any` and `all`.");
        }
    }
    if (!p->is_lost) {
        p->brackets--;
        p->bracket = before.bracket;
        parser_take(p);
    }
    p->is_at_barred = before.is_at_barred;
}

/* A day count is written as one word: `30E/360`. */
static void glue_day_count(Parser *p, size_t first, const Expr *call)
{
    const Expr *count = call->args.count > 0 ? call->args.items[call->args.count - 1] : NULL;

    if (!text_is(call->name, "year_fraction") || !count || count->kind != EXPR_BINARY)
        return;
    for (size_t i = first; i < p->at; i++)
        if (p->tokens[i].start > count->span.start && p->tokens[i].end <= count->span.end)
            p->tokens[i].marks |= MARK_GLUED;
}

static Expr *call(Parser *p)
{
    size_t first = p->at;
    Text name = text_copy(p->arena, parser_token(p)->text);
    Span name_span = parser_here(p);
    Expr list = {0};

    parser_take(p);
    parser_mark(p, MARK_GLUED);
    Opened opened = open_bracket(p);
    arguments(p, &list);
    close_bracket(p, opened);
    Expr *expr = expr_new(p, EXPR_CALL, first);
    expr->name = name;
    expr->op_span = name_span;
    expr->args = list.args;
    expr->arg_names = list.arg_names;
    glue_day_count(p, first, expr);
    return expr;
}

static Expr *where(Parser *p)
{
    return parser_accept_word(p, "where") ? parse_expression(p) : NULL;
}

static void expect_body_colon(Parser *p)
{
    parser_mark(p, MARK_GLUED);
    parser_expect(p, TOKEN_COLON);
    parser_skip_newlines(p);
}

/* ("sum"|...) "over" NAME "in" LIST ["where" EXPR] [":" EXPR] */
static Expr *over(Parser *p)
{
    size_t first = p->at;
    Span word = parser_here(p);
    Text op = text_copy(p->arena, parser_take(p)->text);

    parser_take(p);
    Text name = parser_name(p, "a name for each");
    parser_expect_word(p, "in");
    Expr *list = parse_reference(p), *condition = where(p), *body = NULL;
    if (!text_is(op, "count") || parser_at(p, TOKEN_COLON)) {
        expect_body_colon(p);
        body = parse_expression(p);
    }
    Expr *expr = expr_new(p, EXPR_OVER, first);
    expr->op = op;
    expr->op_span = word;
    expr->name = name;
    add_arg(p, expr, list);
    add_arg(p, expr, condition);
    add_arg(p, expr, body);
    return expr;
}

/* ("sum"|"min"|"max"|"mean") "of" EXPR "over" "last" POSTFIX */
static Expr *window(Parser *p)
{
    size_t first = p->at;
    Span word = parser_here(p);
    Text op = text_copy(p->arena, parser_take(p)->text);

    parser_take(p);
    Expr *body = parse_expression(p);
    parser_expect_word(p, "over");
    parser_expect_word(p, "last");
    if (!parser_enter(p))
        return NULL;
    Expr *length = parse_postfix(p);
    parser_leave(p);
    Expr *expr = expr_new(p, EXPR_WINDOW, first);
    expr->op = op;
    expr->op_span = word;
    add_arg(p, expr, body);
    add_arg(p, expr, length);
    return expr;
}

/* "share" "of" EXPR "among" NAME "in" LIST ["where" EXPR] ":" EXPR ["rank" EXPR] ["by" EXPR] */
static Expr *share(Parser *p)
{
    size_t first = p->at;
    Span word = parser_here(p);

    parser_take(p);
    parser_take(p);
    Expr *supply = parse_expression(p);
    parser_expect_word(p, "among");
    Text name = parser_name(p, "a name for each");
    parser_expect_word(p, "in");
    Expr *list = parse_reference(p), *condition = where(p);
    expect_body_colon(p);
    Expr *want = parse_expression(p);
    Expr *rank = parser_accept_word(p, "rank") ? parse_expression(p) : NULL;
    Expr *weight = parser_accept_word(p, "by") ? parse_expression(p) : NULL;
    Expr *expr = expr_new(p, EXPR_SHARE, first);
    expr->op = TEXT("share");
    expr->op_span = word;
    expr->name = name;
    add_arg(p, expr, supply);
    add_arg(p, expr, list);
    add_arg(p, expr, condition);
    add_arg(p, expr, want);
    add_arg(p, expr, rank);
    add_arg(p, expr, weight);
    return expr;
}

static Expr *opening(Parser *p)
{
    size_t first = p->at;
    Span word = parser_here(p);

    parser_take(p);
    if (!parser_enter(p))
        return NULL;
    Expr *of = parse_postfix(p);
    parser_leave(p);
    Expr *expr = expr_new(p, EXPR_OPENING, first);
    expr->op = TEXT("opening");
    expr->op_span = word;
    add_arg(p, expr, of);
    return expr;
}

static bool opening_follows(const Parser *p)
{
    const Token *after = parser_after(p);
    return parser_at_word(p, "opening") && after->kind == TOKEN_NAME &&
           !word_ends_number(after->text);
}

static const char *const over_words[] = {"sum", "min", "max", "mean", "count", "any", "all", NULL};
static const char *const window_words[] = {"sum", "min", "max", "mean", NULL};
static const char *const word_values[] = {"yes", "no", "never", "today", "this", NULL};

static Expr *word(Parser *p)
{
    Text text = parser_token(p)->text;

    if (parser_after_is(p, TOKEN_LEFT_PAREN) && !word_is_reserved(text))
        return call(p);
    if (word_is_in(text, over_words) && parser_after_is_word(p, "over"))
        return over(p);
    if (word_is_in(text, window_words) && parser_after_is_word(p, "of"))
        return window(p);
    if (text_is(text, "share") && parser_after_is_word(p, "of"))
        return share(p);
    if (opening_follows(p))
        return opening(p);
    if (word_is_reserved(text) && !word_is_in(text, word_values)) {
        if (text_is(text, "if")) {
            Diag *diag = parser_fault(p, DIAG_UNEXPECTED, parser_here(p),
                                      "an `if` inside a longer expression stands in brackets");
            if (diag)
                diag_because(p->diags, diag, "Write `1 + (if a then b else c)`.");
        } else {
            parser_expected(p, "a value");
        }
        return NULL;
    }
    size_t first = p->at;
    parser_take(p);
    Expr *expr = expr_new(p, EXPR_WORD, first);
    expr->name = text_copy(p->arena, text);
    return expr;
}

static Expr *parenthesised(Parser *p)
{
    size_t first = p->at;
    Opened opened = open_bracket(p);
    Expr *inner = parse_expression(p);

    close_bracket(p, opened);
    if (inner)
        inner->span = parser_since(p, first);
    return inner;
}

static Expr *date(Parser *p)
{
    size_t first = p->at;
    const Token *token = parser_take(p);
    Expr *expr = expr_new(p, EXPR_DATE, first);

    expr->year = token->year;
    expr->month = token->month;
    expr->day = token->day;
    return expr;
}

static Expr *string(Parser *p)
{
    size_t first = p->at;
    const Token *token = parser_take(p);
    Expr *expr = expr_new(p, EXPR_STRING, first);

    expr->name = text_copy(p->arena, token->text);
    return expr;
}

static Expr *atom(Parser *p)
{
    switch (parser_token(p)->kind) {
    case TOKEN_NUMBER:
        return parse_number(p);
    case TOKEN_DATE:
        return date(p);
    case TOKEN_STRING:
        return string(p);
    case TOKEN_NAME:
        return word(p);
    case TOKEN_LEFT_PAREN:
        return parenthesised(p);
    default:
        parser_expected(p, "a value");
        return NULL;
    }
}

static Expr *field(Parser *p, Expr *of, size_t first)
{
    parser_mark(p, MARK_GLUED);
    parser_take(p);
    parser_count_operator(p);
    parser_mark(p, MARK_GLUED);
    Span span = parser_here(p);
    if (!parser_at(p, TOKEN_NAME))
        parser_expected(p, "the name of a field");
    if (p->is_lost)
        return of;
    Text name = text_copy(p->arena, parser_take(p)->text);
    Expr *expr = expr_new(p, EXPR_FIELD, first);
    expr->name = name;
    expr->op_span = span;
    add_arg(p, expr, of);
    return expr;
}

/* atom {"." NAME}, without `at` */
static Expr *dotted(Parser *p)
{
    size_t first = p->at;
    Expr *expr = atom(p);

    while (!p->is_lost && parser_at(p, TOKEN_DOT))
        expr = field(p, expr, first);
    return expr;
}

Expr *parse_postfix(Parser *p)
{
    size_t first = p->at;
    Expr *expr = dotted(p);

    if (p->is_lost || p->is_at_barred || !parser_at_word(p, "at") ||
        parser_after_is_word(p, "least"))
        return p->is_lost ? NULL : expr;
    Span word = parser_here(p);
    parser_take(p);
    Expr *when = dotted(p);
    Expr *at = expr_new(p, EXPR_AT, first);
    at->op = TEXT("at");
    at->op_span = word;
    add_arg(p, at, expr);
    add_arg(p, at, when);
    return p->is_lost ? NULL : at;
}

Expr *parse_reference(Parser *p)
{
    size_t first = p->at;
    Text name = parser_name(p, "a name");
    Expr *expr = expr_new(p, EXPR_WORD, first);

    expr->name = name;
    if (p->is_lost)
        return NULL;
    while (!p->is_lost && parser_at(p, TOKEN_DOT))
        expr = field(p, expr, first);
    return p->is_lost ? NULL : expr;
}

/* --- operators --- */

static Expr *unary(Parser *p);

static Expr *power(Parser *p)
{
    size_t first = p->at;
    Expr *base = parse_postfix(p);

    if (!parser_at(p, TOKEN_CARET))
        return base;
    /* `3 m ^ 2` is (3 m)^2: without its spaces it would be 3 square metres. */
    bool is_quantity = base && base->kind == EXPR_NUMBER && base->unit &&
                       p->tokens[p->last].kind != TOKEN_RIGHT_PAREN;
    unsigned char mark = is_quantity ? 0 : MARK_GLUED;
    parser_mark(p, mark);
    Span span = take_operator(p);
    parser_mark(p, mark);
    Expr *exponent = unary(p);
    return binary(p, TEXT("^"), span, base, exponent, first);
}

static Expr *unary(Parser *p)
{
    size_t first = p->at;

    if (!parser_at(p, TOKEN_MINUS))
        return power(p);
    Span span = parser_here(p);
    if (!parser_enter(p))
        return NULL;
    parser_take(p);
    parser_mark(p, MARK_GLUED);
    Expr *operand = unary(p);
    parser_leave(p);
    Expr *expr = expr_new(p, EXPR_UNARY, first);
    expr->op = TEXT("-");
    expr->op_span = span;
    add_arg(p, expr, operand);
    return expr;
}

static Expr *product(Parser *p)
{
    size_t first = p->at;
    Expr *left = unary(p);

    while (parser_at(p, TOKEN_STAR) || parser_at(p, TOKEN_SLASH)) {
        Text op = parser_at(p, TOKEN_STAR) ? TEXT("*") : TEXT("/");
        Span span = take_operator(p);
        Expr *right = unary(p);
        left = binary(p, op, span, left, right, first);
    }
    return left;
}

Expr *parse_sum(Parser *p)
{
    size_t first = p->at;
    bool is_outermost = p->open_expressions == 0;

    if (is_outermost)
        p->n_operators = 0;
    p->open_expressions++;
    Expr *left = product(p);
    while (parser_at(p, TOKEN_PLUS) || parser_at(p, TOKEN_MINUS)) {
        Text op = parser_at(p, TOKEN_PLUS) ? TEXT("+") : TEXT("-");
        Span span = take_operator(p);
        Expr *right = product(p);
        left = binary(p, op, span, left, right, first);
    }
    p->open_expressions--;
    return p->is_lost ? NULL : left;
}

/* The comparison at the current token, empty when none. */
static Text comparison(const Parser *p)
{
    switch (parser_token(p)->kind) {
    case TOKEN_EQUAL:
        return TEXT("=");
    case TOKEN_NOT_EQUAL:
        return TEXT("!=");
    case TOKEN_LESS:
        return TEXT("<");
    case TOKEN_LESS_EQUAL:
        return TEXT("<=");
    case TOKEN_GREATER:
        return TEXT(">");
    case TOKEN_GREATER_EQUAL:
        return TEXT(">=");
    default:
        return parser_at_word(p, "is") ? TEXT("is") : (Text){"", 0};
    }
}

static void chained_comparison(Parser *p)
{
    Diag *diag = parser_fault(p, DIAG_CHAINED_COMPARISON, parser_here(p),
                              "a second comparison follows the first");
    if (diag)
        diag_because(p->diags, diag, "Join two comparisons with `and`: `low < x and x < high`.");
}

static void is_not(Parser *p, Span is_span)
{
    Span span = span_join(is_span, parser_here(p));
    size_t at = p->at;
    Diag *diag = parser_fault(p, DIAG_FOREIGN_MARK, span, "`is not` is written `!=`");

    if (diag)
        diag_suggest(p->diags, diag, span, "!=");
    p->is_lost = false; /* the meaning is clear: go on */
    p->at = at;
    parser_take(p);
}

static Expr *compare(Parser *p)
{
    size_t first = p->at;
    Expr *left = parse_sum(p);
    Text op = comparison(p);

    if (op.length == 0)
        return left;
    Span span = take_operator(p);
    if (text_is(op, "is") && parser_at_word(p, "not")) {
        is_not(p, span);
        op = TEXT("!=");
    }
    Expr *right = parse_sum(p);
    if (comparison(p).length > 0)
        chained_comparison(p);
    return binary(p, op, span, left, right, first);
}

static Expr *negation(Parser *p)
{
    size_t first = p->at;

    if (!parser_at_word(p, "not"))
        return compare(p);
    Span span = parser_here(p);
    parser_take(p);
    if (!parser_enter(p))
        return NULL;
    Expr *operand = negation(p);
    parser_leave(p);
    Expr *expr = expr_new(p, EXPR_UNARY, first);
    expr->op = TEXT("not");
    expr->op_span = span;
    add_arg(p, expr, operand);
    return expr;
}

static Expr *conjunction(Parser *p)
{
    size_t first = p->at;
    Expr *left = negation(p);

    while (parser_at_word(p, "and")) {
        Span span = take_operator(p);
        Expr *right = negation(p);
        left = binary(p, TEXT("and"), span, left, right, first);
    }
    return left;
}

static Expr *disjunction(Parser *p)
{
    size_t first = p->at;
    Expr *left = conjunction(p);

    while (parser_at_word(p, "or")) {
        Span span = take_operator(p);
        Expr *right = conjunction(p);
        left = binary(p, TEXT("or"), span, left, right, first);
    }
    return left;
}

Expr *parse_expression(Parser *p)
{
    if (p->open_expressions == 0)
        p->n_operators = 0;
    if (p->is_lost || !parser_enter(p))
        return NULL;
    p->open_expressions++;
    Expr *expr = parser_at_word(p, "if") ? if_else(p) : disjunction(p);
    p->open_expressions--;
    parser_leave(p);
    return p->is_lost ? NULL : expr; /* an expression is whole, or NULL */
}
