/* The parser's place in the tokens, its faults, and how it finds its way back. */
#include "syntax/parser.h"

#include "base/limits.h"
#include "syntax/syntax.h"

#include <stdarg.h>
#include <string.h>

enum {
    MAX_FAULTS = 1000,    /* then the rest of the file is left alone */
    MAX_BRACKETED = 10000 /* tokens looked through for the end of a bracket, after a fault in it */
};

/* --- words --- */

bool word_is_in(Text word, const char *const *words)
{
    for (; *words; words++)
        if (text_is(word, *words))
            return true;
    return false;
}

bool word_is_reserved(Text word)
{
    static const char *const reserved[] = {"and",   "or",    "not",   "is",    "if",  "then",
                                           "else",  "over",  "where", "among", "yes", "no",
                                           "never", "today", "this",  NULL};
    return word_is_in(word, reserved);
}

/* --- tokens --- */

const Token *parser_token(const Parser *p)
{
    return p->is_lost ? &p->end : &p->tokens[p->at];
}

const Token *parser_after(const Parser *p)
{
    return p->is_lost || p->at + 1 >= p->n_tokens ? &p->end : &p->tokens[p->at + 1];
}

bool parser_at(const Parser *p, TokenKind kind)
{
    return !p->is_lost && p->tokens[p->at].kind == kind;
}

bool parser_at_word(const Parser *p, const char *word)
{
    return parser_at(p, TOKEN_NAME) && text_is(p->tokens[p->at].text, word);
}

bool parser_after_is(const Parser *p, TokenKind kind)
{
    return !p->is_lost && parser_after(p)->kind == kind;
}

bool parser_after_is_word(const Parser *p, const char *word)
{
    return parser_after_is(p, TOKEN_NAME) && text_is(parser_after(p)->text, word);
}

Token *parser_take(Parser *p)
{
    if (p->is_lost)
        return &p->end;
    Token *token = &p->tokens[p->at];
    p->last = p->at;
    if (p->at + 1 < p->n_tokens)
        p->at++;
    if (p->brackets > 0)
        parser_skip_newlines(p);
    return token;
}

void parser_skip_newlines(Parser *p)
{
    while (parser_at(p, TOKEN_NEWLINE)) {
        p->tokens[p->at].marks |= MARK_CONTINUES;
        p->at++;
    }
}

bool parser_accept(Parser *p, TokenKind kind)
{
    if (!parser_at(p, kind))
        return false;
    parser_take(p);
    if (kind == TOKEN_COMMA)
        parser_skip_newlines(p);
    return true;
}

bool parser_accept_word(Parser *p, const char *word)
{
    if (!parser_at_word(p, word))
        return false;
    parser_take(p);
    return true;
}

void parser_mark(Parser *p, unsigned char mark)
{
    if (!p->is_lost)
        p->tokens[p->at].marks |= mark;
}

bool parser_is_adjacent(const Parser *p)
{
    return !p->is_lost && p->at > 0 && p->tokens[p->at - 1].end == p->tokens[p->at].start;
}

static bool is_first_on_line(const Parser *p, size_t token)
{
    return token == 0 || p->tokens[token - 1].kind == TOKEN_NEWLINE;
}

bool parser_is_on_line(const Parser *p)
{
    return !is_first_on_line(p, p->at);
}

/* --- spans --- */

Span parser_span_of(const Parser *p, size_t token)
{
    return (Span){p->file, p->tokens[token].start, p->tokens[token].end};
}

/* The end of a line or file is shown just behind its last token. */
Span parser_here(const Parser *p)
{
    const Token *token = &p->tokens[p->at];
    if ((token->kind == TOKEN_NEWLINE || token->kind == TOKEN_END) && p->at > 0) {
        uint32_t end = p->tokens[p->last].end;
        return (Span){p->file, end, end};
    }
    return parser_span_of(p, p->at);
}

Span parser_since(const Parser *p, size_t first_token)
{
    uint32_t start = p->tokens[first_token].start, end = p->tokens[p->last].end;
    return (Span){p->file, start, end > start ? end : p->tokens[first_token].end};
}

/* Spaces before the first token of this token's line. */
static uint32_t indent_of(const Parser *p, size_t token)
{
    while (!is_first_on_line(p, token))
        token--;
    uint32_t before = token == 0 ? 0 : p->tokens[token - 1].end;
    return p->tokens[token].start - before;
}

/* --- faults --- */

Diag *parser_fault(Parser *p, DiagCode code, Span span, const char *format, ...)
{
    if (p->is_lost)
        return NULL;
    p->is_lost = true;
    p->fault_at = p->at + 1;
    if (++p->n_faults > MAX_FAULTS) {
        p->at = p->n_tokens - 1;
        return NULL;
    }
    va_list arguments;
    va_start(arguments, format);
    Buffer message = {.arena = p->arena};
    buffer_format_v(&message, format, arguments);
    va_end(arguments);
    return diag_error(p->diags, code, span, "%.*s", TEXT_ARG(buffer_view(&message)));
}

static Text described(const Parser *p)
{
    const Token *token = &p->tokens[p->at];

    switch (token->kind) {
    case TOKEN_NAME:
    case TOKEN_NUMBER:
    case TOKEN_DATE:
        return text_format(p->arena, "`%.*s%s`",
                           token->text.length > 60 ? 60 : TEXT_ARG(token->text),
                           token->text.length > 60 ? "..." : "");
    default:
        return text_from(token_kind_words(token->kind));
    }
}

/* 1,000,000 as people write it: one edit over the whole number. */
static void thousands(Parser *p, Diag *diag)
{
    size_t i = p->at, first = p->at - 1;

    if (p->at == 0)
        return;
    while (p->tokens[i].kind == TOKEN_COMMA && p->tokens[i].start == p->tokens[i - 1].end &&
           p->tokens[i + 1].kind == TOKEN_NUMBER && p->tokens[i + 1].start == p->tokens[i].end &&
           p->tokens[i + 1].text.length >= 3)
        i += 2;
    if (i == p->at || p->tokens[first].kind != TOKEN_NUMBER)
        return;
    Buffer number = {.arena = p->arena};
    for (size_t k = first; k < i; k++)
        buffer_text(&number, p->tokens[k].kind == TOKEN_COMMA ? TEXT("_") : p->tokens[k].text);
    diag_because(p->diags, diag, "Thousands are set apart with `_`, not with commas.");
    diag_suggest(p->diags, diag, (Span){p->file, p->tokens[first].start, p->tokens[i - 1].end},
                 "%.*s", TEXT_ARG(buffer_view(&number)));
}

/* `3 M USD`: the magnitude of a spreadsheet or a newspaper between a number and its unit. */
static Diag *foreign_magnitude(Parser *p)
{
    static const struct {
        const char *written, *meant;
    } magnitudes[] = {{"M", "mn"},       {"MM", "mn"},       {"m", "mn"}, {"mio", "mn"},
                      {"million", "mn"}, {"B", "bn"},        {"b", "bn"}, {"billion", "bn"},
                      {"T", "tn"},       {"trillion", "tn"}, {"K", "k"},  {"thousand", "k"}};
    if (p->is_lost || p->at < 2 || p->tokens[p->at].kind != TOKEN_NAME ||
        p->tokens[p->at - 1].kind != TOKEN_NAME || p->tokens[p->at - 2].kind != TOKEN_NUMBER)
        return NULL;
    for (size_t i = 0; i < sizeof magnitudes / sizeof *magnitudes; i++) {
        const Token *word = &p->tokens[p->at - 1];
        if (!text_is(word->text, magnitudes[i].written))
            continue;
        Span span = {p->file, word->start, word->end};
        Diag *diag = parser_fault(p, DIAG_AMBIGUOUS_UNIT, span, "`%s` does not say how many",
                                  magnitudes[i].written);
        if (diag) {
            diag_because(p->diags, diag,
                         "A thousand is `k`, a million `mn`, a billion `bn`, a trillion `tn`.");
            diag_suggest(p->diags, diag, span, "%s", magnitudes[i].meant);
        }
        return diag;
    }
    return NULL;
}

static Diag *expected(Parser *p, const char *what)
{
    Diag *magnitude = foreign_magnitude(p);
    if (magnitude)
        return magnitude;
    Text found = p->is_lost ? (Text){"", 0} : described(p);
    const char *form = p->form;
    Diag *diag = parser_fault(p, DIAG_UNEXPECTED, parser_here(p), "expected %s, found %.*s", what,
                              TEXT_ARG(found));
    if (diag && form)
        diag_because(p->diags, diag, "It is written: %s", form);
    if (diag && p->tokens[p->at].kind == TOKEN_COMMA)
        thousands(p, diag);
    return diag;
}

Diag *parser_expected(Parser *p, const char *what)
{
    return expected(p, what);
}

static bool is_operand_start(TokenKind kind)
{
    return kind == TOKEN_NUMBER || kind == TOKEN_DATE || kind == TOKEN_NAME ||
           kind == TOKEN_LEFT_PAREN;
}

bool parser_expect(Parser *p, TokenKind kind)
{
    if (parser_at(p, kind)) {
        parser_take(p);
        return true;
    }
    if (p->is_lost)
        return false;
    bool is_sure = kind == TOKEN_EQUAL && is_operand_start(p->tokens[p->at].kind);
    Span here = parser_here(p);
    Diag *diag = expected(p, token_kind_words(kind));
    if (diag && is_sure)
        diag_suggest(p->diags, diag, (Span){p->file, here.start, here.start}, "= ");
    return false;
}

bool parser_expect_word(Parser *p, const char *word)
{
    if (parser_accept_word(p, word))
        return true;
    if (p->is_lost)
        return false;
    Text found = p->tokens[p->at].text;
    bool is_near = p->tokens[p->at].kind == TOKEN_NAME &&
                   text_distance(found, text_from(word), 1) <= (strlen(word) > 2 ? 1u : 0u);
    Span here = parser_here(p);
    Text what = text_format(p->arena, "`%s`", word);
    Diag *diag = expected(p, what.bytes);
    if (diag && is_near)
        diag_suggest(p->diags, diag, here, "%s", word);
    return false;
}

Text parser_name(Parser *p, const char *what)
{
    if (!parser_at(p, TOKEN_NAME)) {
        parser_expected(p, what);
        return (Text){"", 0};
    }
    Text found = p->tokens[p->at].text;
    if (word_is_reserved(found)) {
        parser_fault(p, DIAG_RESERVED_WORD, parser_here(p),
                     "`%.*s` is a word of the language and cannot be a name", TEXT_ARG(found));
        return (Text){"", 0};
    }
    return text_copy(p->arena, parser_take(p)->text);
}

Text parser_one_of(Parser *p, const char *const *words, const char *what)
{
    if (!p->is_lost && parser_at(p, TOKEN_NAME) && word_is_in(p->tokens[p->at].text, words))
        return text_copy(p->arena, parser_take(p)->text);
    if (p->is_lost)
        return (Text){"", 0};
    const char *nearest = NULL;
    if (parser_at(p, TOKEN_NAME))
        for (size_t i = 0; words[i] && !nearest; i++)
            if (text_distance(p->tokens[p->at].text, text_from(words[i]), 2) <= 2)
                nearest = words[i];
    Span here = parser_here(p);
    Diag *diag = expected(p, what);
    if (diag && nearest)
        diag_suggest(p->diags, diag, here, "%s", nearest);
    return (Text){"", 0};
}

bool parser_enter(Parser *p)
{
    if (p->nesting >= LIMIT_NESTING) {
        parser_fault(p, DIAG_TOO_DEEP, parser_here(p),
                     "brackets and blocks are nested more than %d deep here", (int)LIMIT_NESTING);
        return false;
    }
    p->nesting++;
    return true;
}

void parser_leave(Parser *p)
{
    p->nesting--;
}

void parser_count_operator(Parser *p)
{
    if (++p->n_operators <= LIMIT_OPERATORS)
        return;
    Diag *diag = parser_fault(p, DIAG_TOO_MANY_OPERATORS, parser_here(p),
                              "one expression has at most %d operators", (int)LIMIT_OPERATORS);
    if (diag)
        diag_because(p->diags, diag, "Give parts of it names of their own, or use a table.");
}

/* --- the way back --- */

/* Words that begin a statement only at the top of a file. */
static bool starts_top_statement(const Parser *p, size_t token)
{
    static const char *const words[] = {"import",   "model",  "source",   "unit",  "account",
                                        "category", "ranks",  "party",    "kind",  "scenario",
                                        "check",    "report", "together", "table", NULL};
    if (p->tokens[token].kind != TOKEN_NAME || !is_first_on_line(p, token) ||
        token + 1 >= p->n_tokens || !word_is_in(p->tokens[token].text, words))
        return false;
    TokenKind after = p->tokens[token + 1].kind;
    return after == TOKEN_NAME || after == TOKEN_STRING;
}

static bool looks_like_statement(const Parser *p, size_t token)
{
    if (!is_first_on_line(p, token) || p->tokens[token].kind != TOKEN_NAME)
        return false;
    TokenKind after = p->tokens[token + 1].kind;
    return after == TOKEN_EQUAL || after == TOKEN_TILDE || after == TOKEN_COLON ||
           starts_top_statement(p, token);
}

/* The token that closes `depth` open brackets, or 0. */
static size_t closing_bracket(const Parser *p, int depth)
{
    for (size_t i = p->at; i + 1 < p->n_tokens && i < p->at + MAX_BRACKETED; i++) {
        TokenKind kind = p->tokens[i].kind;
        if (kind == TOKEN_LEFT_BRACE || kind == TOKEN_RIGHT_BRACE || kind == TOKEN_SEMICOLON ||
            looks_like_statement(p, i))
            return 0;
        if (kind == TOKEN_LEFT_PAREN)
            depth++;
        if (kind == TOKEN_RIGHT_PAREN && --depth == 0)
            return i;
    }
    return 0;
}

bool parser_bracket_closes(const Parser *p)
{
    return closing_bracket(p, 1) != 0;
}

/* To the end of the statement: a newline outside of blocks, or before the brace of our own block.
 */
static void recover(Parser *p)
{
    int depth = 0;
    size_t closing = p->brackets > 0 ? closing_bracket(p, p->brackets) : 0;

    p->is_lost = p->is_at_barred = false;
    if (closing > 0)
        p->at = closing;
    else if (p->brackets > 0 && p->at > 0 && is_first_on_line(p, p->at))
        p->at--;
    p->brackets = 0;
    for (; p->tokens[p->at].kind != TOKEN_END; p->at++) {
        TokenKind kind = p->tokens[p->at].kind;
        if (kind == TOKEN_LEFT_BRACE)
            depth++;
        if (kind == TOKEN_RIGHT_BRACE && --depth < 0)
            return;
        if (depth == 0 && (kind == TOKEN_NEWLINE || kind == TOKEN_SEMICOLON))
            return;
        if (depth > 0 && starts_top_statement(p, p->at) && indent_of(p, p->at) == 0)
            return;
    }
}

/* `Jan 2026`: the month's number, or 0. */
static int month_of_word(Text word)
{
    static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                         "jul", "aug", "sep", "oct", "nov", "dec"};
    int found = 0;

    for (int i = 0; i < 12 && word.length >= 3; i++) {
        bool is_alike = true;
        for (size_t k = 0; k < 3; k++)
            is_alike = is_alike && (word.bytes[k] | 0x20) == months[i][k];
        found = is_alike ? i + 1 : found;
    }
    return found;
}

static void suggest_date(Parser *p, Diag *diag)
{
    const Token *month = &p->tokens[p->at > 0 ? p->at - 1 : 0], *year = &p->tokens[p->at];
    int number = month->kind == TOKEN_NAME ? month_of_word(month->text) : 0;

    if (number == 0 || year->kind != TOKEN_NUMBER || year->number < 1900 || year->number > 2500)
        return;
    diag_because(p->diags, diag, "A date is written with numbers: year-month.");
    diag_suggest(p->diags, diag, (Span){p->file, month->start, year->end}, "%04d-%02d",
                 (int)year->number, number);
}

/* `USD per month`. */
static void suggest_per(Parser *p, Diag *diag)
{
    const Token *word = &p->tokens[p->at], *after = word + 1;

    if (word->kind == TOKEN_NAME && text_is(word->text, "per") && p->at > 0 &&
        after->kind == TOKEN_NAME)
        diag_suggest(p->diags, diag, (Span){p->file, p->tokens[p->at - 1].end, after->end}, "/%.*s",
                     TEXT_ARG(after->text));
}

void parser_end_statement(Parser *p)
{
    if (p->is_lost || parser_at(p, TOKEN_NEWLINE) || parser_at(p, TOKEN_SEMICOLON) ||
        parser_at(p, TOKEN_RIGHT_BRACE) || parser_at(p, TOKEN_END) ||
        is_first_on_line(p, p->at)) /* behind a block that was left open */
        return;
    bool is_behind_block = p->at > 0 && p->tokens[p->at - 1].kind == TOKEN_RIGHT_BRACE;
    uint32_t end = p->tokens[p->at > 0 ? p->at - 1 : 0].end;
    if (is_behind_block)
        p->form = NULL;
    Diag *diag = expected(p, "the end of the statement");
    if (diag) {
        suggest_date(p, diag);
        suggest_per(p, diag);
    }
    if (diag && is_behind_block && p->tokens[p->at].kind == TOKEN_NAME) {
        diag_because(p->diags, diag, "Two statements on one line have a `;` between them.");
        diag_suggest(p->diags, diag, (Span){p->file, end, end}, ";");
    }
}

/* --- blocks --- */

static bool block_begins(Parser *p)
{
    if (p->is_lost) {
        for (size_t i = p->at; i < p->n_tokens; i++) {
            TokenKind kind = p->tokens[i].kind;
            if (kind == TOKEN_LEFT_BRACE) {
                p->at = i;
                p->is_lost = p->is_at_barred = false;
                p->brackets = 0;
                break;
            }
            if (kind == TOKEN_NEWLINE || kind == TOKEN_SEMICOLON || kind == TOKEN_RIGHT_BRACE)
                break;
        }
    }
    return parser_at(p, TOKEN_LEFT_BRACE);
}

static bool block_is_left_open(const Parser *p, size_t open)
{
    return p->tokens[p->at].kind == TOKEN_END ||
           (starts_top_statement(p, p->at) && indent_of(p, p->at) <= indent_of(p, open));
}

/* Points at the block whose own brace is likely missing, by the look of the lines. */
static void unclosed_block(Parser *p, size_t open)
{
    bool is_suspect = p->suspect > open;
    size_t at = is_suspect ? p->suspect : open, end = at;
    Diag *diag = parser_fault(p, DIAG_UNCLOSED_BLOCK, parser_span_of(p, at),
                              "this block has no closing `}`");
    p->is_lost = false;
    p->suspect = 0;
    while (p->tokens[end + 1].kind != TOKEN_NEWLINE && p->tokens[end + 1].kind != TOKEN_END)
        end++;
    if (!diag)
        return;
    if (end > at) { /* it began on the line of its brace, and likely ends there */
        uint32_t place = p->tokens[end].end;
        diag_suggest(p->diags, diag, (Span){p->file, place, place}, " }");
    } else if (is_suspect) {
        return;
    } else if (p->tokens[p->at].kind == TOKEN_END) {
        uint32_t place = p->tokens[p->at].end;
        diag_suggest(p->diags, diag, (Span){p->file, place, place}, "}");
    } else {
        uint32_t place = p->tokens[p->at].start;
        diag_label(p->diags, diag, parser_span_of(p, p->at), "this cannot stand inside it");
        diag_suggest(p->diags, diag, (Span){p->file, place, place}, "}\n");
    }
}

static void members(Parser *p, Decl *owner, size_t open, void (*member)(Parser *p, Decl *owner))
{
    for (;;) {
        while (parser_at(p, TOKEN_NEWLINE) || parser_at(p, TOKEN_SEMICOLON))
            p->at++;
        p->form = NULL;
        if (parser_at(p, TOKEN_RIGHT_BRACE)) {
            if (is_first_on_line(p, p->at) && p->suspect == 0 &&
                indent_of(p, p->at) < indent_of(p, open))
                p->suspect = open;
            parser_take(p);
            return;
        }
        if (block_is_left_open(p, open)) {
            unclosed_block(p, open);
            return;
        }
        size_t before = p->at;
        member(p, owner);
        parser_end_statement(p);
        if (p->is_lost)
            recover(p);
        if (p->at == before)
            p->at++;
    }
}

/* At the end of a line: whether deeper lines follow, and then a `}` under this line's start. */
static bool lacks_opening_brace(const Parser *p)
{
    if (!parser_at(p, TOKEN_NEWLINE) || !is_first_on_line(p, p->at + 1))
        return false;
    uint32_t indent = indent_of(p, p->last);
    size_t i = p->at + 1;
    for (; p->tokens[i].kind != TOKEN_END; i++) {
        if (!is_first_on_line(p, i) || p->tokens[i].kind == TOKEN_NEWLINE)
            continue;
        if (p->tokens[i].start - p->tokens[i - 1].end <= indent)
            break;
    }
    return i > p->at + 1 && p->tokens[i].kind == TOKEN_RIGHT_BRACE &&
           p->tokens[i].start - p->tokens[i - 1].end == indent &&
           p->tokens[p->at + 1].kind == TOKEN_NAME;
}

/* The block is there, without its brace. */
static void block_without_brace(Parser *p, Decl *owner, void (*member)(Parser *p, Decl *owner))
{
    Span here = parser_here(p);
    size_t line = p->last;
    Diag *diag = expected(p, "`{`");

    if (!diag)
        return;
    diag_suggest(p->diags, diag, here, " {");
    p->is_lost = false;
    if (!parser_enter(p))
        return;
    members(p, owner, line, member);
    parser_leave(p);
}

bool parse_block_if_any(Parser *p, Decl *owner, void (*member)(Parser *p, Decl *owner))
{
    if (!block_begins(p)) {
        if (p->is_lost || !lacks_opening_brace(p))
            return false;
        block_without_brace(p, owner, member);
        return true;
    }
    if (!parser_enter(p))
        return false;
    size_t open = p->at;
    owner->has_block = true;
    parser_take(p);
    members(p, owner, open, member);
    parser_leave(p);
    return true;
}

void parse_block(Parser *p, Decl *owner, void (*member)(Parser *p, Decl *owner))
{
    if (!parse_block_if_any(p, owner, member))
        expected(p, "`{`");
}

/* --- declarations --- */

Decl *decl_new(Parser *p, DeclKind kind)
{
    Decl *decl = ARENA_NEW(p->arena, Decl);
    decl->kind = kind;
    decl->span = decl->name_span = parser_here(p);
    return decl;
}

Decl *decl_add(Parser *p, Decl *owner, DeclKind kind)
{
    Decl *decl = decl_new(p, kind);
    *LIST_PUSH(p->arena, &owner->members) = decl;
    return decl;
}

/* Others may speak of these by name; without their parts they still save follow-on faults. */
static bool is_spoken_of(const Decl *decl)
{
    switch (decl->kind) {
    case DECL_RANKS:
    case DECL_SOLVE:
        return true;
    case DECL_MODEL:
    case DECL_SOURCE:
    case DECL_UNIT:
    case DECL_ACCOUNT:
    case DECL_CATEGORY:
    case DECL_PARTY:
    case DECL_KIND:
    case DECL_PART_KIND:
    case DECL_INSTANCE:
    case DECL_VALUE:
    case DECL_STOCK:
    case DECL_BELT:
    case DECL_TABLE:
    case DECL_SCENARIO:
    case DECL_REPORT:
        return decl->name.length > 0;
    default:
        return false;
    }
}

void decl_finish(Parser *p, Decl *owner, Decl *decl, size_t first_token)
{
    decl->span = parser_since(p, first_token);
    if (p->fault_at > first_token && !is_spoken_of(decl) && owner->members.count > 0 &&
        owner->members.items[owner->members.count - 1] == decl)
        owner->members.count--;
}

/* --- the whole file --- */

static Parser parser_over(Arena *arena, DiagList *diags, uint32_t file, Lexed *lexed)
{
    size_t n_errors = diags->n_errors;
    lexer_run(arena, diags, file, lexed);
    Parser p = {.arena = arena,
                .diags = diags,
                .file = file,
                .tokens = lexed->tokens.items,
                .n_tokens = lexed->tokens.count,
                .n_errors_before = n_errors};
    p.end = p.tokens[p.n_tokens - 1];
    return p;
}

static void unopened_block(Parser *p)
{
    Diag *diag = parser_fault(p, DIAG_UNOPENED_BLOCK, parser_here(p), "no block is open here");
    if (diag)
        diag_suggest(p->diags, diag, diag->span, "%s", "");
    p->is_lost = false;
    p->at++;
}

Tree *parser_run(Arena *arena, DiagList *diags, uint32_t file, Lexed *lexed)
{
    Parser p = parser_over(arena, diags, file, lexed);
    Decl all = {0};
    Tree *tree = ARENA_NEW(arena, Tree);

    while (!parser_at(&p, TOKEN_END)) {
        size_t before = p.at;
        if (parser_at(&p, TOKEN_NEWLINE) || parser_at(&p, TOKEN_SEMICOLON)) {
            p.at++;
            continue;
        }
        if (parser_at(&p, TOKEN_RIGHT_BRACE)) {
            unopened_block(&p);
            continue;
        }
        p.form = NULL;
        p.suspect = 0;
        parse_file_member(&p, &all);
        parser_end_statement(&p);
        if (p.is_lost)
            recover(&p);
        if (p.at == before)
            p.at++;
    }
    tree->file = file;
    tree->decls.items = all.members.items;
    tree->decls.count = all.members.count;
    tree->decls.capacity = all.members.capacity;
    tree->comments.items = lexed->comments.items;
    tree->comments.count = lexed->comments.count;
    tree->comments.capacity = lexed->comments.capacity;
    return tree;
}

Tree *syntax_parse(Arena *arena, DiagList *diags, uint32_t file)
{
    Lexed lexed = {0};
    return parser_run(arena, diags, file, &lexed);
}

/* The lexer found a fault: what the parser would say after it only confuses. */
static bool was_misread(const Parser *p)
{
    return p->diags->n_errors > p->n_errors_before;
}

/* One expression, override or view: the text holds it and nothing else. */
static bool is_whole(Parser *p)
{
    while (parser_at(p, TOKEN_NEWLINE))
        p->at++;
    if (!p->is_lost && !parser_at(p, TOKEN_END))
        parser_expected(p, "nothing more");
    return !p->is_lost && p->diags->n_errors == p->n_errors_before;
}

Decl *syntax_parse_override(Arena *arena, DiagList *diags, uint32_t file)
{
    Lexed lexed = {0};
    Parser p = parser_over(arena, diags, file, &lexed);
    Decl all = {0};

    if (was_misread(&p))
        return NULL;
    parse_override(&p, &all);
    return is_whole(&p) && all.members.count > 0 ? all.members.items[0] : NULL;
}

Decl *syntax_parse_view(Arena *arena, DiagList *diags, uint32_t file)
{
    Lexed lexed = {0};
    Parser p = parser_over(arena, diags, file, &lexed);
    Decl *view = decl_new(&p, DECL_VIEW);

    if (was_misread(&p))
        return NULL;
    p.form = "`X, Y`, `X by year` or `X at DATE`, what stands behind `show` in a report";
    view->name = TEXT("show");
    parse_view_rest(&p, view);
    view->span = parser_since(&p, 0);
    return is_whole(&p) ? view : NULL;
}
