/* Tokens and trees as text: what tests look at, and `gw dump` shows. */
#include "syntax/syntax.h"

#include "syntax/parser.h"

/* --- tokens --- */

Text syntax_dump_tokens(Arena *arena, DiagList *diags, uint32_t file)
{
    Lexed lexed = {0};
    Buffer out = {.arena = arena};
    unsigned line = 1;
    uint32_t line_start = 0;

    lexer_run(arena, diags, file, &lexed);
    for (size_t i = 0; i < lexed.tokens.count; i++) {
        const Token *token = &lexed.tokens.items[i];
        buffer_format(&out, "%u:%u %s", line, token->start - line_start + 1,
                      token_kind_symbol(token->kind));
        if (token->kind == TOKEN_NAME || token->kind == TOKEN_NUMBER || token->kind == TOKEN_DATE ||
            token->kind == TOKEN_STRING)
            buffer_format(&out, " %.*s", TEXT_ARG(token->text));
        buffer_char(&out, '\n');
        if (token->kind == TOKEN_NEWLINE) {
            line++;
            line_start = token->end;
        }
    }
    return buffer_view(&out);
}

/* --- expressions, operator first --- */

static void unit(const UnitExpr *of, Buffer *out)
{
    buffer_char(out, '[');
    unit_print(of, out);
    buffer_char(out, ']');
}

static void expression(const Expr *expr, Buffer *out);

static void list(const Expr *expr, const char *head, Text name, Buffer *out)
{
    buffer_format(out, "(%s", head);
    if (expr->op.length > 0)
        buffer_format(out, "%s%.*s", head[0] ? " " : "", TEXT_ARG(expr->op));
    if (name.length > 0)
        buffer_format(out, " %.*s", TEXT_ARG(name));
    for (size_t i = 0; i < expr->args.count; i++) {
        buffer_char(out, ' ');
        if (i < expr->arg_names.count && expr->arg_names.items[i].length > 0)
            buffer_format(out, "%.*s:", TEXT_ARG(expr->arg_names.items[i]));
        expression(expr->args.items[i], out);
    }
    if (expr->unit)
        unit(expr->unit, out);
    buffer_char(out, ')');
}

static void expression(const Expr *expr, Buffer *out)
{
    if (!expr) {
        buffer_char(out, '_');
        return;
    }
    switch (expr->kind) {
    case EXPR_NUMBER:
        buffer_number(out, expr->number);
        if (expr->unit)
            unit(expr->unit, out);
        break;
    case EXPR_DATE:
        buffer_format(out, "%04d-%02d-%02d", expr->year, expr->month, expr->day);
        break;
    case EXPR_WORD:
        buffer_text(out, expr->name);
        break;
    case EXPR_STRING:
        buffer_format(out, "\"%.*s\"", TEXT_ARG(expr->name));
        break;
    case EXPR_FIELD:
        list(expr, ".", expr->name, out);
        break;
    case EXPR_CALL:
        list(expr, "call", expr->name, out);
        break;
    case EXPR_UNARY:
    case EXPR_BINARY:
    case EXPR_IF:
    case EXPR_AT:
    case EXPR_OPENING:
        list(expr, "", (Text){"", 0}, out);
        break;
    case EXPR_OVER:
        list(expr, "over", expr->name, out);
        break;
    case EXPR_WINDOW:
        list(expr, "window", (Text){"", 0}, out);
        break;
    case EXPR_SHARE:
        list(expr, "", expr->name, out);
        break;
    }
}

static void draw(const Dist *dist, Buffer *out)
{
    static const char *const kinds[] = {"interval", "named",     "chance",
                                        "one-of",   "quantiles", "data"};
    buffer_format(out, "(%s", kinds[dist->kind]);
    if (dist->name.length > 0)
        buffer_format(out, " %.*s", TEXT_ARG(dist->name));
    if (dist->file.length > 0)
        buffer_format(out, " \"%.*s\"", TEXT_ARG(dist->file));
    for (size_t i = 0; i < dist->args.count; i++) {
        buffer_char(out, ' ');
        if (i < dist->probabilities.count) {
            buffer_number(out, dist->probabilities.items[i]);
            buffer_char(out, ':');
        }
        expression(dist->args.items[i], out);
        if (i < dist->weights.count) {
            buffer_char(out, ':');
            expression(dist->weights.items[i], out);
        }
    }
    if (dist->unit)
        unit(dist->unit, out);
    if (dist->truncated_low) {
        buffer_string(out, " truncated ");
        expression(dist->truncated_low, out);
        buffer_char(out, ' ');
        expression(dist->truncated_high, out);
    }
    if (dist->drawn.length > 0)
        buffer_format(out, " drawn %.*s", TEXT_ARG(dist->drawn));
    buffer_char(out, ')');
}

/* --- declarations --- */

static const char *const decl_words[] = {
    "import",   "model",    "setting",   "source",  "unit",     "account",    "category",
    "ranks",    "party",    "outside",   "opening", "keep",     "reserve",    "default-costs",
    "kind",     "part",     "instance",  "value",   "stock",    "flow",       "grows",
    "belt",     "lead",     "solve",     "rule",    "stage",    "stage-move", "part-of",
    "layer",    "facility", "guarantee", "without", "pay",      "book",       "add",
    "set",      "move",     "borrow",    "end",     "together", "table",      "scenario",
    "override", "check",    "report",    "view"};

static void word(const char *key, Text text, Buffer *out)
{
    if (text.length > 0)
        buffer_format(out, " %s=%.*s", key, TEXT_ARG(text));
}

static void words(const char *key, Text text, Buffer *out)
{
    if (text.length > 0)
        buffer_format(out, " %s=\"%.*s\"", key, TEXT_ARG(text));
}

static void part(const char *key, const Expr *expr, Buffer *out)
{
    if (!expr)
        return;
    buffer_format(out, " %s=", key);
    expression(expr, out);
}

static void flag(const char *key, bool is_set, Buffer *out)
{
    if (is_set)
        buffer_format(out, " %s", key);
}

static void type(const TypeExpr *of, Buffer *out)
{
    if (!of->is_present)
        return;
    buffer_string(out, " type=");
    if (of->words[1].length > 0)
        buffer_format(out, "%.*s.%.*s", TEXT_ARG(of->words[0]), TEXT_ARG(of->words[1]));
    else
        unit(&of->unit, out);
}

static void flags(const Decl *decl, Buffer *out)
{
    flag("string", decl->is_string, out);
    flag("contract", decl->is_contract, out);
    flag("signed", decl->is_signed, out);
    flag("out", decl->is_out, out);
    flag("rest", decl->is_rest, out);
    flag("when", decl->is_when, out);
    flag("again", decl->is_again, out);
    flag("in-advance", decl->is_in_advance, out);
    flag("including-past", decl->is_including_past, out);
    flag("instead", decl->is_instead, out);
    flag("every", decl->is_every, out);
    flag("held", decl->is_held, out);
    flag("for-shortfall", decl->is_for_shortfall, out);
    flag("prefixed", decl->is_prefixed, out);
    flag("currency", decl->is_currency, out);
    flag("over-run", decl->over_run, out);
    flag("block", decl->has_block, out);
}

static void modes(const Decl *decl, Buffer *out)
{
    static const char *const triggers[] = {"every", "on", "when", "each"};
    static const char *const flows[] = {"rate", "at", "by-age"};
    static const char *const overrides[] = {"set", "draw", "scaled", "plus"};
    static const char *const checks[] = {"always", "at", "covers"};

    if (decl->kind == DECL_RULE)
        buffer_format(out, " %s", triggers[decl->trigger]);
    if (decl->kind == DECL_FLOW)
        buffer_format(out, " %s", flows[decl->flow]);
    if (decl->kind == DECL_OVERRIDE)
        buffer_format(out, " %s", overrides[decl->override]);
    if (decl->kind == DECL_CHECK)
        buffer_format(out, " %s", checks[decl->check]);
    if (decl->period_word.length > 0) {
        buffer_char(out, ' ');
        buffer_number(out, decl->period_count);
        buffer_format(out, " %.*s", TEXT_ARG(decl->period_word));
    }
}

static void parts(const Decl *decl, Buffer *out)
{
    part("expr", decl->expr, out);
    part("expr2", decl->expr2, out);
    part("expr3", decl->expr3, out);
    part("ref", decl->ref, out);
    part("ref2", decl->ref2, out);
    part("ref3", decl->ref3, out);
    part("ref4", decl->ref4, out);
    part("low", decl->range_low, out);
    part("high", decl->range_high, out);
    part("during", decl->during, out);
    part("for", decl->for_duration, out);
    part("times", decl->up_to_times, out);
    part("before", decl->before, out);
    part("paths", decl->paths_share, out);
    word("each", decl->for_name, out);
    part("list", decl->for_list, out);
    part("where", decl->for_where, out);
}

static void lists(const Decl *decl, Buffer *out)
{
    for (size_t i = 0; i < decl->names.count; i++)
        word("name", decl->names.items[i], out);
    for (size_t i = 0; i < decl->numbers.count; i++) {
        buffer_string(out, i == 0 ? " numbers=" : ",");
        buffer_number(out, decl->numbers.items[i]);
    }
    for (size_t i = 0; i < decl->exprs.count; i++) {
        buffer_char(out, ' ');
        if (i < decl->keys.count) {
            expression(decl->keys.items[i], out);
            buffer_char(out, ':');
        }
        expression(decl->exprs.items[i], out);
    }
}

static void attribution(const Attribution *of, Buffer *out)
{
    if (of->kind == ATTRIBUTION_NONE)
        return;
    buffer_string(out, of->kind == ATTRIBUTION_CITE ? " cite" : " assume");
    if (of->source.length > 0)
        buffer_format(out, " %.*s", TEXT_ARG(of->source));
    if (of->words.length > 0)
        buffer_format(out, " \"%.*s\"", TEXT_ARG(of->words));
}

static void declaration(const Decl *decl, int depth, Buffer *out)
{
    buffer_format(out, "%*s%s", depth * 2, "", decl_words[decl->kind]);
    word("name", decl->name, out);
    word("name2", decl->name2, out);
    word("name3", decl->name3, out);
    words("title", decl->title, out);
    words("doc", decl->doc, out);
    words("file", decl->file, out);
    modes(decl, out);
    type(&decl->type, out);
    if (decl->number < 0 || decl->number > 0) {
        buffer_string(out, " number=");
        buffer_number(out, decl->number);
    }
    parts(decl, out);
    if (decl->dist) {
        buffer_string(out, " draw=");
        draw(decl->dist, out);
    }
    lists(decl, out);
    flags(decl, out);
    attribution(&decl->attribution, out);
    buffer_char(out, '\n');
    for (size_t i = 0; i < decl->members.count; i++)
        declaration(decl->members.items[i], depth + 1, out);
}

Text syntax_dump_tree(Arena *arena, const SourceSet *sources, const Tree *tree)
{
    Buffer out = {.arena = arena};

    (void)sources;
    for (size_t i = 0; i < tree->decls.count; i++)
        declaration(tree->decls.items[i], 0, &out);
    return buffer_view(&out);
}
