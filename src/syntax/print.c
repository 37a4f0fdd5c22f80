/* An expression as text again, on one line, with no more brackets than it needs. */
#include "syntax/syntax.h"

#include "syntax/parser.h"

#include <stdlib.h>

enum { MAX_PRINTED = 2000 }; /* bytes; what is longer is cut, for messages */

/* How tightly an expression binds; an operand that binds less tightly needs brackets. */
typedef enum {
    BINDS_LOOSE, /* if, sum over: to the end of the line */
    BINDS_OR,
    BINDS_AND,
    BINDS_NOT,
    BINDS_COMPARE,
    BINDS_SUM,
    BINDS_PRODUCT,
    BINDS_UNARY,
    BINDS_POWER,
    BINDS_POSTFIX,
    BINDS_ATOM
} Binding;

static Binding binary_binding(Text op)
{
    return text_is(op, "or")                      ? BINDS_OR
           : text_is(op, "and")                   ? BINDS_AND
           : text_is(op, "+") || text_is(op, "-") ? BINDS_SUM
           : text_is(op, "*") || text_is(op, "/") ? BINDS_PRODUCT
           : text_is(op, "^")                     ? BINDS_POWER
                                                  : BINDS_COMPARE;
}

static Binding binding(const Expr *expr)
{
    switch (expr->kind) {
    case EXPR_BINARY:
        return binary_binding(expr->op);
    case EXPR_UNARY:
        return text_is(expr->op, "not") ? BINDS_NOT : BINDS_UNARY;
    case EXPR_IF:
    case EXPR_OVER:
    case EXPR_SHARE:
        return BINDS_LOOSE;
    case EXPR_WINDOW:
    case EXPR_OPENING:
    case EXPR_AT:
        return BINDS_POSTFIX;
    default:
        return BINDS_ATOM;
    }
}

void unit_print(const UnitExpr *unit, Buffer *out)
{
    bool is_first = true;

    buffer_text(out, unit->magnitude);
    for (size_t i = 0; i < unit->factors.count; i++) {
        const UnitFactor *factor = &unit->factors.items[i];
        int power = abs(factor->power);
        if (factor->power < 0)
            buffer_string(out, is_first && unit->magnitude.length == 0 ? "1/" : "/");
        else if (!is_first)
            buffer_char(out, '*');
        else if (unit->magnitude.length > 0)
            buffer_char(out, ' ');
        buffer_text(out, factor->name);
        if (power != 1)
            buffer_format(out, "^%d", power);
        is_first = false;
    }
}

static void number(const Expr *expr, Buffer *out)
{
    buffer_number(out, expr->number);
    if (!expr->unit)
        return;
    bool is_glued = text_is(expr->unit->magnitude, "%");
    if (!is_glued)
        buffer_char(out, ' ');
    unit_print(expr->unit, out);
}

static void print(const Expr *expr, Binding least, Buffer *out);

static void arg(const Expr *expr, size_t i, Binding least, Buffer *out)
{
    if (i < expr->args.count && expr->args.items[i])
        print(expr->args.items[i], least, out);
    else
        buffer_string(out, "?");
}

static void clause(const Expr *expr, size_t i, const char *word, Buffer *out)
{
    if (i >= expr->args.count || !expr->args.items[i])
        return;
    buffer_string(out, word);
    print(expr->args.items[i], BINDS_LOOSE, out);
}

static void call(const Expr *expr, Buffer *out)
{
    buffer_text(out, expr->name);
    buffer_char(out, '(');
    for (size_t i = 0; i < expr->args.count; i++) {
        Text word = i < expr->arg_names.count ? expr->arg_names.items[i] : (Text){"", 0};
        if (i > 0)
            buffer_string(out, text_is(word, "to") ? " " : ", ");
        buffer_text(out, word);
        if (word.length > 0)
            buffer_char(out, ' ');
        arg(expr, i, BINDS_LOOSE, out);
    }
    buffer_char(out, ')');
}

static void binary(const Expr *expr, Buffer *out)
{
    Binding mine = binary_binding(expr->op);
    bool is_power = mine == BINDS_POWER;

    arg(expr, 0, mine == BINDS_COMPARE || is_power ? mine + 1 : mine, out);
    buffer_string(out, is_power ? "" : " ");
    buffer_text(out, expr->op);
    buffer_string(out, is_power ? "" : " ");
    arg(expr, 1, is_power ? BINDS_UNARY : mine + 1, out);
}

static void each_of(const Expr *expr, Buffer *out)
{
    buffer_format(out, "%.*s over %.*s in ", TEXT_ARG(expr->op), TEXT_ARG(expr->name));
    arg(expr, 0, BINDS_POSTFIX, out);
    clause(expr, 1, " where ", out);
    clause(expr, 2, ": ", out);
}

static void share(const Expr *expr, Buffer *out)
{
    buffer_string(out, "share of ");
    arg(expr, 0, BINDS_LOOSE, out);
    buffer_format(out, " among %.*s in ", TEXT_ARG(expr->name));
    arg(expr, 1, BINDS_POSTFIX, out);
    clause(expr, 2, " where ", out);
    clause(expr, 3, ": ", out);
    clause(expr, 4, " rank ", out);
    clause(expr, 5, " by ", out);
}

static void date(const Expr *expr, Buffer *out)
{
    buffer_format(out, "%04d", expr->year);
    if (expr->month > 0)
        buffer_format(out, "-%02d", expr->month);
    if (expr->day > 0)
        buffer_format(out, "-%02d", expr->day);
}

static void quoted(Text text, Buffer *out)
{
    buffer_char(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == '"' || text.bytes[i] == '\\')
            buffer_char(out, '\\');
        buffer_char(out, text.bytes[i]);
    }
    buffer_char(out, '"');
}

static void bare(const Expr *expr, Buffer *out)
{
    switch (expr->kind) {
    case EXPR_NUMBER:
        number(expr, out);
        break;
    case EXPR_DATE:
        date(expr, out);
        break;
    case EXPR_WORD:
        buffer_text(out, expr->name);
        break;
    case EXPR_STRING:
        quoted(expr->name, out);
        break;
    case EXPR_FIELD:
        arg(expr, 0, BINDS_ATOM, out);
        buffer_char(out, '.');
        buffer_text(out, expr->name);
        break;
    case EXPR_CALL:
        call(expr, out);
        break;
    case EXPR_UNARY:
        buffer_string(out, text_is(expr->op, "not") ? "not " : "-");
        arg(expr, 0, text_is(expr->op, "not") ? BINDS_NOT : BINDS_UNARY, out);
        break;
    case EXPR_BINARY:
        binary(expr, out);
        break;
    case EXPR_IF:
        clause(expr, 0, "if ", out);
        clause(expr, 1, " then ", out);
        clause(expr, 2, " else ", out);
        break;
    case EXPR_OVER:
        each_of(expr, out);
        break;
    case EXPR_WINDOW:
        buffer_format(out, "%.*s of ", TEXT_ARG(expr->op));
        arg(expr, 0, BINDS_LOOSE, out);
        buffer_string(out, " over last ");
        arg(expr, 1, BINDS_POSTFIX, out);
        break;
    case EXPR_AT:
        arg(expr, 0, BINDS_ATOM, out);
        buffer_string(out, " at ");
        arg(expr, 1, BINDS_ATOM, out);
        break;
    case EXPR_SHARE:
        share(expr, out);
        break;
    case EXPR_OPENING:
        buffer_string(out, "opening ");
        arg(expr, 0, BINDS_POSTFIX, out);
        break;
    }
}

static void print(const Expr *expr, Binding least, Buffer *out)
{
    if (out->length > MAX_PRINTED)
        return;
    bool needs_brackets = binding(expr) < least;
    if (needs_brackets)
        buffer_char(out, '(');
    bare(expr, out);
    if (needs_brackets)
        buffer_char(out, ')');
}

Text syntax_print_expression(Arena *arena, const Expr *expr)
{
    Buffer out = {.arena = arena};

    if (!expr)
        return TEXT("?");
    print(expr, BINDS_LOOSE, &out);
    if (out.length > MAX_PRINTED)
        return text_format(arena, "%.*s...", MAX_PRINTED, out.bytes);
    return buffer_view(&out);
}
