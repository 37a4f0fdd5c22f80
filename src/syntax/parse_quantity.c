/* Numbers with units, types, draws, and where a number comes from. */
#include "syntax/parser.h"

enum { MAX_POWER = 20 }; /* of one factor of a unit */

static const char *const magnitudes[] = {"k", "mn", "bn", "tn", "pp", "bp", NULL};

static bool is_quantile(Text word)
{
    if (word.length < 2 || word.length > 3 || word.bytes[0] != 'p')
        return false;
    for (size_t i = 1; i < word.length; i++)
        if (word.bytes[i] < '0' || word.bytes[i] > '9')
            return false;
    return true;
}

bool word_ends_number(Text word)
{
    static const char *const words[] = {
        "to",     "in",        "of",      "times",     "at",      "from",    "until",
        "before", "during",    "by",      "top",       "up",      "as",      "rank",
        "raises", "lowers",    "against", "cite",      "assume",  "drawn",   "correlated",
        "within", "truncated", "chance",  "scaled",    "plus",    "hold",    "step",
        "linear", "rest",      "for",     "again",     "instead", "columns", "column",
        "range",  "first",     "order",   "including", "between", NULL};
    return word_is_reserved(word) || word_is_in(word, words) || is_quantile(word);
}

/* --- units --- */

static bool adjacent_at(const Parser *p, size_t token, TokenKind kind)
{
    return !p->is_lost && token < p->n_tokens && p->tokens[token].kind == kind &&
           p->tokens[token - 1].end == p->tokens[token].start;
}

/* "/" or "*" and a name, without spaces: the unit goes on. */
static bool factor_follows(const Parser *p)
{
    return (adjacent_at(p, p->at, TOKEN_SLASH) || adjacent_at(p, p->at, TOKEN_STAR)) &&
           adjacent_at(p, p->at + 1, TOKEN_NAME);
}

static int exponent(Parser *p)
{
    size_t caret = p->at;
    bool is_negative = adjacent_at(p, caret + 1, TOKEN_MINUS);
    size_t digits = caret + (is_negative ? 2 : 1);

    if (!adjacent_at(p, caret, TOKEN_CARET) || !adjacent_at(p, digits, TOKEN_NUMBER))
        return 1;
    double power = p->tokens[digits].number;
    for (size_t i = caret; i <= digits; i++) {
        parser_mark(p, MARK_GLUED);
        parser_take(p);
    }
    if (power >= 1 && power <= MAX_POWER && power == (int)power)
        return is_negative ? -(int)power : (int)power;
    parser_fault(p, DIAG_BAD_UNIT, parser_span_of(p, digits),
                 "the power of a unit is a whole number from 1 to %d", MAX_POWER);
    return 1;
}

static void factor(Parser *p, UnitExpr *unit, int sign)
{
    size_t first = p->at;
    Text name = text_copy(p->arena, parser_take(p)->text);
    int power = sign * exponent(p);
    UnitFactor *new = LIST_PUSH(p->arena, &unit->factors);

    new->name = name;
    new->power = power;
    new->span = parser_since(p, first);
}

static void further_factors(Parser *p, UnitExpr *unit)
{
    while (factor_follows(p)) {
        int sign = parser_at(p, TOKEN_SLASH) ? -1 : 1;
        parser_mark(p, MARK_GLUED);
        parser_take(p);
        parser_mark(p, MARK_GLUED);
        factor(p, unit, sign);
    }
}

static bool unit_begins(const Parser *p)
{
    return parser_at(p, TOKEN_NAME) && parser_is_on_line(p) &&
           !word_ends_number(parser_token(p)->text) && !parser_after_is(p, TOKEN_LEFT_PAREN);
}

static bool at_magnitude(const Parser *p)
{
    return parser_at(p, TOKEN_NAME) && parser_is_on_line(p) &&
           word_is_in(parser_token(p)->text, magnitudes);
}

/* [MAGNITUDE] [UNIT] from the current token on; false when there is neither. */
static bool unit(Parser *p, UnitExpr *out)
{
    size_t first = p->at;
    bool is_percent = parser_at(p, TOKEN_PERCENT) && parser_is_on_line(p);
    bool is_share = is_percent || parser_at_word(p, "pp") || parser_at_word(p, "bp");

    if (is_percent || at_magnitude(p)) {
        if (is_percent)
            parser_mark(p, MARK_GLUED);
        out->magnitude = text_copy(p->arena, parser_take(p)->text);
        if (adjacent_at(p, p->at, TOKEN_SLASH))
            further_factors(p, out);
        else if (!is_share && unit_begins(p))
            factor(p, out, 1);
    } else if (unit_begins(p)) {
        factor(p, out, 1);
    } else {
        return false;
    }
    further_factors(p, out);
    out->span = parser_since(p, first);
    return true;
}

UnitExpr *parse_number_unit(Parser *p)
{
    UnitExpr read = {0};

    if (p->is_lost || !unit(p, &read))
        return NULL;
    UnitExpr *kept = ARENA_NEW(p->arena, UnitExpr);
    *kept = read;
    return kept;
}

Expr *parse_number(Parser *p)
{
    size_t first = p->at;
    double number = parser_take(p)->number;
    UnitExpr *unit_after = parse_number_unit(p);
    Expr *expr = expr_new(p, EXPR_NUMBER, first);

    expr->number = number;
    expr->unit = unit_after;
    return expr;
}

/* --- types --- */

/* 1/year: the one before the slash is no factor. */
static bool inverse_unit(Parser *p, UnitExpr *out)
{
    if (!parser_at(p, TOKEN_NUMBER) || parser_token(p)->number != 1 ||
        !adjacent_at(p, p->at + 1, TOKEN_SLASH) || !adjacent_at(p, p->at + 2, TOKEN_NAME))
        return false;
    parser_take(p);
    further_factors(p, out);
    return true;
}

TypeExpr parse_type(Parser *p)
{
    TypeExpr type = {0};
    size_t first = p->at;

    if (p->is_lost)
        return type;
    if (inverse_unit(p, &type.unit)) {
        type.is_unit_only = true;
    } else if (parser_at(p, TOKEN_NAME) && parser_after_is(p, TOKEN_DOT)) {
        type.words[0] = parser_name(p, "a type");
        parser_take(p);
        type.words[1] = parser_name(p, "the name of a part");
    } else if ((parser_at(p, TOKEN_NAME) && !word_is_reserved(parser_token(p)->text)) ||
               parser_at(p, TOKEN_PERCENT)) {
        if (!unit(p, &type.unit))
            factor(p, &type.unit, 1);
        further_factors(p, &type.unit);
        type.is_unit_only = type.unit.factors.count != 1 || type.unit.magnitude.length > 0 ||
                            type.unit.factors.items[0].power != 1;
        if (!type.is_unit_only)
            type.words[0] = type.unit.factors.items[0].name;
    } else {
        parser_expected(p, "a unit or a type, such as `USD/month`, `date` or `site`");
        return type;
    }
    type.is_present = !p->is_lost;
    type.span = type.unit.span = parser_since(p, first);
    return type;
}

/* --- draws --- */

static const char *const named_draws[] = {"normal", "lognormal", "uniform",     "triangle", "pert",
                                          "beta",   "gamma",     "exponential", "poisson",  NULL};

static void draw_argument(Parser *p, Dist *dist, Expr *expr)
{
    *LIST_PUSH(p->arena, &dist->args) = expr;
}

static void one_of_entry(Parser *p, Dist *dist)
{
    draw_argument(p, dist, parse_sum(p));
    parser_expect(p, TOKEN_COLON);
    *LIST_PUSH(p->arena, &dist->weights) = parse_sum(p);
}

static void skip_lines(Parser *p)
{
    while (parser_at(p, TOKEN_NEWLINE))
        p->at++;
}

/* { EXPR ":" EXPR {"," EXPR ":" EXPR} }; lines may end after a comma or a brace */
static void one_of(Parser *p, Dist *dist)
{
    dist->kind = DIST_ONE_OF;
    parser_take(p);
    parser_expect_word(p, "of");
    parser_expect(p, TOKEN_LEFT_BRACE);
    skip_lines(p);
    while (!p->is_lost && !parser_at(p, TOKEN_RIGHT_BRACE)) {
        one_of_entry(p, dist);
        if (parser_at(p, TOKEN_COMMA))
            parser_take(p);
        else if (!parser_at(p, TOKEN_RIGHT_BRACE) && !parser_at(p, TOKEN_NEWLINE))
            parser_expected(p, "`,` or `}`");
        skip_lines(p);
    }
    parser_expect(p, TOKEN_RIGHT_BRACE);
}

static bool at_quantile(const Parser *p)
{
    return parser_at(p, TOKEN_NAME) && is_quantile(parser_token(p)->text) &&
           (parser_after_is(p, TOKEN_NUMBER) || parser_after_is(p, TOKEN_MINUS) ||
            parser_after_is(p, TOKEN_DATE));
}

static Expr *quantile_value(Parser *p)
{
    return parser_at(p, TOKEN_MINUS) || parser_at(p, TOKEN_NUMBER) || parser_at(p, TOKEN_DATE)
               ? parse_sum(p)
               : (parser_expected(p, "a number"), NULL);
}

/* The unit behind the last number is of all of them, when the others have none. */
static void lift_last_unit(Dist *dist)
{
    size_t n_with_unit = 0;
    Expr *last = NULL;

    for (size_t i = 0; i < dist->args.count; i++) {
        last = dist->args.items[i];
        if (last && last->kind == EXPR_UNARY)
            last = last->args.items[0];
        if (last && last->unit)
            n_with_unit++;
    }
    if (n_with_unit == 1 && last && last->unit && dist->args.count > 1) {
        dist->unit = last->unit;
        last->unit = NULL;
    }
}

static void quantiles(Parser *p, Dist *dist)
{
    dist->kind = DIST_QUANTILES;
    while (at_quantile(p)) {
        Text word = parser_take(p)->text;
        double percent = 0;
        for (size_t i = 1; i < word.length; i++)
            percent = percent * 10 + (word.bytes[i] - '0');
        *LIST_PUSH(p->arena, &dist->probabilities) = percent / 100;
        draw_argument(p, dist, quantile_value(p));
    }
    lift_last_unit(dist);
}

static void data_draw(Parser *p, Dist *dist)
{
    dist->kind = DIST_DATA;
    parser_take(p);
    dist->file = text_copy(p->arena, parser_take(p)->text);
    if (parser_accept_word(p, "column"))
        dist->name = parser_name(p, "the name of a column");
    dist->unit = parse_number_unit(p);
}

static void named(Parser *p, Dist *dist, const Expr *call)
{
    if (!call)
        return;
    dist->kind = DIST_NAMED;
    dist->name = call->name;
    dist->args.items = call->args.items;
    dist->args.count = call->args.count;
    dist->args.capacity = call->args.capacity;
    dist->unit = parse_number_unit(p);
}

static void interval_or_name(Parser *p, Dist *dist)
{
    bool is_named = parser_at(p, TOKEN_NAME) && parser_after_is(p, TOKEN_LEFT_PAREN) &&
                    word_is_in(parser_token(p)->text, named_draws);
    size_t first = p->at;
    Expr *low = is_named ? parse_postfix(p) : parse_sum(p);

    if (!p->is_lost && parser_at_word(p, "to")) {
        parser_take(p);
        dist->kind = DIST_INTERVAL;
        draw_argument(p, dist, low);
        draw_argument(p, dist, parse_sum(p));
    } else if (low && low->kind == EXPR_CALL) {
        named(p, dist, low);
    } else if (!p->is_lost) {
        Diag *diag = parser_fault(p, DIAG_UNEXPECTED, parser_since(p, first),
                                  "`~` draws from a range or a distribution, and this is neither");
        if (!diag)
            return;
        diag_because(p->diags, diag,
                     "Write `~ 2 to 5 USD` (from the 5 %% to the 95 %% point), "
                     "`~ normal(1, 0.1)`, or `=` for a value that is known.");
        if (first > 0 && p->tokens[first - 1].kind == TOKEN_TILDE)
            diag_suggest(p->diags, diag, parser_span_of(p, first - 1), "=");
    }
}

static void draw(Parser *p, Dist *dist)
{
    if (parser_at_word(p, "chance") && !parser_after_is(p, TOKEN_LEFT_PAREN)) {
        dist->kind = DIST_CHANCE;
        parser_take(p);
        draw_argument(p, dist, parse_sum(p));
    } else if (parser_at_word(p, "one") && parser_after_is_word(p, "of")) {
        one_of(p, dist);
    } else if (parser_at_word(p, "data") && parser_after_is(p, TOKEN_STRING)) {
        data_draw(p, dist);
    } else if (at_quantile(p)) {
        quantiles(p, dist);
    } else {
        interval_or_name(p, dist);
    }
}

Dist *parse_dist(Parser *p)
{
    static const char *const steps[] = {"daily", "weekly", "monthly", "quarterly", "yearly", NULL};
    size_t first = p->at;
    Dist *dist = ARENA_NEW(p->arena, Dist);

    draw(p, dist);
    if (parser_accept_word(p, "truncated")) {
        dist->truncated_low = parse_sum(p);
        parser_expect_word(p, "to");
        dist->truncated_high = parse_sum(p);
    }
    if (parser_accept_word(p, "drawn"))
        dist->drawn = parser_one_of(p, steps,
                                    "`daily`, `weekly`, `monthly`, `quarterly` or "
                                    "`yearly`");
    if (dist->drawn.length > 0 && parser_at_word(p, "truncated"))
        (void)parser_fault(p, DIAG_UNEXPECTED, parser_here(p),
                           "`truncated A to B` stands before `drawn %.*s`", TEXT_ARG(dist->drawn));
    if (p->is_lost)
        return NULL;
    dist->span = parser_since(p, first);
    return dist;
}

/* --- where a number comes from --- */

void parse_attribution(Parser *p, Decl *decl)
{
    Attribution *attribution = &decl->attribution;
    const char *form = p->form;
    size_t first = p->at;

    if (parser_at_word(p, "cite")) {
        p->form = "`cite SOURCE \"what it says\"`";
        parser_mark(p, MARK_ATTRIBUTION);
        parser_take(p);
        attribution->kind = ATTRIBUTION_CITE;
        attribution->source = parser_name(p, "the name of a source");
        if (parser_at(p, TOKEN_STRING))
            attribution->words = text_copy(p->arena, parser_take(p)->text);
    } else if (parser_at_word(p, "assume")) {
        p->form = "`assume \"why\"`";
        parser_mark(p, MARK_ATTRIBUTION);
        parser_take(p);
        attribution->kind = ATTRIBUTION_ASSUME;
        if (!parser_at(p, TOKEN_STRING))
            parser_expected(p, "the reason for the assumption, in quotes");
        else
            attribution->words = text_copy(p->arena, parser_take(p)->text);
    } else {
        return;
    }
    attribution->span = parser_since(p, first);
    p->form = form;
    if (parser_at_word(p, "cite") || parser_at_word(p, "assume")) {
        Diag *diag = parser_fault(p, DIAG_UNEXPECTED, parser_here(p),
                                  "a statement has one `cite` or one `assume`");
        if (diag)
            diag_because(p->diags, diag, "Put what else there is to say into the words in quotes.");
    }
}
