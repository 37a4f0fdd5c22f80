/* From bytes to tokens, with repairs for what people bring from other languages. */
#include "syntax/lexer.h"

#include "base/date.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_A_TOKEN = 4 }; /* or more: room for nearly all tokens is made at once */
enum { MAX_FAULTS = 1000 }; /* a file with more is not a model; the rest would only cost memory */

typedef struct {
    Arena *arena;
    DiagList *diags;
    const char *bytes;
    size_t length, at;
    uint32_t file;
    size_t n_faults;
    Lexed *out;
} Lexer;

const char *token_kind_words(TokenKind kind)
{
    static const char *const words[] = {
#define TOKEN(symbol, words) words,
        TOKEN_KINDS(TOKEN)
#undef TOKEN
    };
    return words[kind];
}

const char *token_kind_symbol(TokenKind kind)
{
    static const char *const symbols[] = {
#define TOKEN(symbol, words) #symbol,
        TOKEN_KINDS(TOKEN)
#undef TOKEN
    };
    return symbols[kind];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name_part(char c)
{
    return is_name_start(c) || is_digit(c);
}

static bool is_beyond_ascii(char c)
{
    return (unsigned char)c >= 0x80;
}

static char byte_at(const Lexer *lexer, size_t i)
{
    return i < lexer->length ? lexer->bytes[i] : '\0';
}

static bool text_is_at(const Lexer *lexer, size_t i, const char *text)
{
    for (; *text != '\0'; text++, i++)
        if (i >= lexer->length || lexer->bytes[i] != *text)
            return false;
    return true;
}

static Span span_of(const Lexer *lexer, size_t start, size_t end)
{
    return (Span){lexer->file, (uint32_t)start, (uint32_t)end};
}

static Token *add_token(Lexer *lexer, TokenKind kind, size_t start, size_t end)
{
    Token *token = LIST_PUSH(lexer->arena, &lexer->out->tokens);
    token->kind = kind;
    token->start = (uint32_t)start;
    token->end = (uint32_t)end;
    token->text = (Text){lexer->bytes + start, end - start};
    lexer->at = end;
    return token;
}

static bool may_report(Lexer *lexer)
{
    return ++lexer->n_faults <= MAX_FAULTS;
}

/* --- is it text at all? --- */

static size_t utf8_length(const char *bytes, size_t left)
{
    const unsigned char *b = (const unsigned char *)bytes;
    size_t length = b[0] < 0x80   ? 1
                    : b[0] < 0xC2 ? 0
                    : b[0] < 0xE0 ? 2
                    : b[0] < 0xF0 ? 3
                    : b[0] < 0xF5 ? 4
                                  : 0;
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((b[i] & 0xC0) != 0x80)
            return 0;
    if ((b[0] == 0xE0 && b[1] < 0xA0) || (b[0] == 0xED && b[1] > 0x9F) ||
        (b[0] == 0xF0 && b[1] < 0x90) || (b[0] == 0xF4 && b[1] > 0x8F))
        return 0; /* overlong, a surrogate, or past the last code point */
    return length;
}

static bool is_text(Lexer *lexer)
{
    if (lexer->length > LIMIT_SOURCE_BYTES) {
        Diag *diag = diag_error(lexer->diags, DIAG_FILE_TOO_LARGE, span_of(lexer, 0, 0),
                                "this file has %zu bytes; the most is %d", lexer->length,
                                (int)LIMIT_SOURCE_BYTES);
        diag_because(lexer->diags, diag,
                     "Long series belong in a data file: `table ... from \"file.csv\"`.");
        return false;
    }
    for (size_t i = 0; i < lexer->length;) {
        size_t step = utf8_length(lexer->bytes + i, lexer->length - i);
        if (step == 0 || lexer->bytes[i] == '\0') {
            Diag *diag = diag_error(lexer->diags, DIAG_NOT_TEXT, span_of(lexer, i, i + 1),
                                    "this file is not text: byte %zu is %s", i + 1,
                                    step == 0 ? "not UTF-8" : "zero");
            diag_because(
                lexer->diags, diag,
                "A model is a plain text file in UTF-8; save it so, or name another file.");
            return false;
        }
        i += step;
    }
    return true;
}

/* --- repairs --- */

typedef struct {
    const char *found, *meant;
    TokenKind kind;
    const char *why;
} Repair;

/* Longer marks first; the true `!=`, `<=` and `>=` are read before this table. */
static const Repair repairs[] = {
    {"==", "=", TOKEN_EQUAL, "comparison is written `=`"},
    {"&&", "and", TOKEN_NAME, "both conditions are joined with `and`"},
    {"||", "or", TOKEN_NAME, "either condition is joined with `or`"},
    {":=", "=", TOKEN_EQUAL, "a value is given with `=`"},
    {"->", "to", TOKEN_NAME, "from one end to the other is written `to`"},
    {"=>", ">=", TOKEN_GREATER_EQUAL, "at least is written `>=`"},
    {"=<", "<=", TOKEN_LESS_EQUAL, "at most is written `<=`"},
    {"<>", "!=", TOKEN_NOT_EQUAL, "unequal is written `!=`"},
    {"**", "^", TOKEN_CARET, "a power is written `^`"},
    {"%%", "%", TOKEN_PERCENT, "one `%` is enough"},
    {"!", "not ", TOKEN_NAME, "a condition is turned round with `not`"},
    {"\xE2\x89\xA4", "<=", TOKEN_LESS_EQUAL, "at most is written `<=`"},
    {"\xE2\x89\xA5", ">=", TOKEN_GREATER_EQUAL, "at least is written `>=`"},
    {"\xE2\x89\xA0", "!=", TOKEN_NOT_EQUAL, "unequal is written `!=`"},
    {"\xE2\x88\x92", "-", TOKEN_MINUS, "this is not the minus of the keyboard"},
    {"\xE2\x80\x93", "-", TOKEN_MINUS, "this is a dash, not the minus of the keyboard"},
    {"\xE2\x80\x94", "-", TOKEN_MINUS, "this is a dash, not the minus of the keyboard"},
    {"\xC3\x97", "*", TOKEN_STAR, "multiplication is written `*`"},
    {"\xC3\xB7", "/", TOKEN_SLASH, "division is written `/`"},
};

static const Repair *repair_at(const Lexer *lexer, size_t i)
{
    for (size_t r = 0; r < sizeof repairs / sizeof *repairs; r++)
        if (text_is_at(lexer, i, repairs[r].found))
            return &repairs[r];
    return NULL;
}

static void repaired_mark(Lexer *lexer, const Repair *repair)
{
    size_t start = lexer->at, end = start + strlen(repair->found);
    Token *token = add_token(lexer, repair->kind, start, end);
    Text meant = text_from(repair->meant);

    while (meant.length > 1 && meant.bytes[meant.length - 1] == ' ')
        meant.length--;
    token->text = meant;
    if (!may_report(lexer))
        return;
    Diag *diag = diag_error(lexer->diags, DIAG_FOREIGN_MARK, span_of(lexer, start, end),
                            "`%s` is not used here: %s", repair->found, repair->why);
    diag_suggest(lexer->diags, diag, span_of(lexer, start, end), "%s", repair->meant);
}

/* --- words --- */

static void name(Lexer *lexer)
{
    size_t start = lexer->at, end = start;
    bool has_strange = false;

    while (end < lexer->length) {
        char c = lexer->bytes[end];
        if (is_name_part(c)) {
            end++;
        } else if (is_beyond_ascii(c) && !repair_at(lexer, end) &&
                   !text_is_at(lexer, end, "\xC2\xA0") && !text_is_at(lexer, end, "\xE2\x80")) {
            has_strange = true;
            end++;
        } else {
            break;
        }
    }
    add_token(lexer, TOKEN_NAME, start, end);
    if (has_strange && may_report(lexer)) {
        diag_error(lexer->diags, DIAG_STRAY_CHARACTER, span_of(lexer, start, end),
                   "a name is made of the letters a to z, digits and `_`; any letter may stand "
                   "in a title in quotes");
    } else if (end - start > LIMIT_NAME_BYTES && may_report(lexer)) {
        diag_error(lexer->diags, DIAG_NAME_TOO_LONG, span_of(lexer, start, end),
                   "this name has %zu letters; the most is %d", end - start, (int)LIMIT_NAME_BYTES);
    }
}

static Text unescaped(Lexer *lexer, size_t start, size_t end)
{
    char *copy = arena_copy(lexer->arena, lexer->bytes + start, end - start);
    size_t length = 0;

    for (size_t i = start; i < end; i++) {
        if (lexer->bytes[i] == '\\' && i + 1 < end &&
            (lexer->bytes[i + 1] == '"' || lexer->bytes[i + 1] == '\\'))
            i++;
        copy[length++] = lexer->bytes[i];
    }
    copy[length] = '\0';
    return (Text){copy, length};
}

static size_t end_of_line(const Lexer *lexer, size_t i)
{
    while (i < lexer->length && lexer->bytes[i] != '\n')
        i++;
    while (i > 0 && lexer->bytes[i - 1] == '\r')
        i--;
    return i;
}

/* What a terminal would obey, or what turns the order of letters round. */
static bool is_control_at(const Lexer *lexer, size_t at)
{
    unsigned char c = (unsigned char)byte_at(lexer, at);
    unsigned char second = (unsigned char)byte_at(lexer, at + 1);
    unsigned char third = (unsigned char)byte_at(lexer, at + 2);

    if (c == 0xC2)
        return second < 0xA0;
    if (c == 0xE2)
        return (second == 0x80 && third >= 0xAA && third <= 0xAE) ||
               (second == 0x81 && third >= 0xA6 && third <= 0xA9);
    return (c < ' ' && c != '\t') || c == 0x7F;
}

/* Texts are shown as they are. */
static void refuse_control(Lexer *lexer, size_t start, size_t end)
{
    size_t at = start;

    while (at < end && !is_control_at(lexer, at))
        at++;
    if (at < end && may_report(lexer))
        diag_error(lexer->diags, DIAG_STRAY_CHARACTER, span_of(lexer, at, at + 1),
                   "a text holds no control characters");
}

static void string(Lexer *lexer)
{
    size_t start = lexer->at, end = start + 1, stop = end_of_line(lexer, start);

    while (end < stop && lexer->bytes[end] != '"')
        end += lexer->bytes[end] == '\\' && end + 1 < stop ? 2 : 1;
    if (end < stop) {
        refuse_control(lexer, start, end);
        add_token(lexer, TOKEN_STRING, start, end + 1)->text = unescaped(lexer, start + 1, end);
        return;
    }
    /* A block or comment after the text is likely outside of it. */
    size_t cut = stop;
    for (size_t i = start + 1; i < stop; i++)
        if (lexer->bytes[i] == '{' || lexer->bytes[i] == '#') {
            cut = i;
            break;
        }
    while (cut > start + 1 && lexer->bytes[cut - 1] == ' ')
        cut--;
    add_token(lexer, TOKEN_STRING, start, cut)->text = unescaped(lexer, start + 1, cut);
    if (!may_report(lexer))
        return;
    Diag *diag = diag_error(lexer->diags, DIAG_UNCLOSED_TEXT, span_of(lexer, start, cut),
                            "this text has no closing quote on its line");
    diag_suggest(lexer->diags, diag, span_of(lexer, cut, cut), "\"");
}

/* 'text' and curly quotes: read as a text, with the straight quotes suggested. */
static bool foreign_string(Lexer *lexer)
{
    static const char *const quotes[] = {
        "'", "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E", "\xE2\x80\x98", "\xE2\x80\x99"};
    size_t start = lexer->at, open = 0, stop = end_of_line(lexer, start);

    for (size_t q = 0; q < sizeof quotes / sizeof *quotes && open == 0; q++)
        if (text_is_at(lexer, start, quotes[q]))
            open = strlen(quotes[q]);
    if (open == 0)
        return false;
    for (size_t i = start + open; i < stop; i++) {
        size_t close = lexer->bytes[i] == '"' ? 1 : 0;
        for (size_t q = 0; q < sizeof quotes / sizeof *quotes && close == 0; q++)
            if (text_is_at(lexer, i, quotes[q]) && (q > 0) == (open > 1))
                close = strlen(quotes[q]);
        if (close == 0)
            continue;
        Text inside = {lexer->bytes + start + open, i - start - open};
        add_token(lexer, TOKEN_STRING, start, i + close)->text = unescaped(lexer, start + open, i);
        if (may_report(lexer)) {
            Diag *diag =
                diag_error(lexer->diags, DIAG_FOREIGN_MARK, span_of(lexer, start, i + close),
                           "a text stands in straight double quotes");
            diag_suggest(lexer->diags, diag, span_of(lexer, start, i + close), "\"%.*s\"",
                         TEXT_ARG(inside));
        }
        return true;
    }
    return false;
}

/* --- numbers and dates --- */

static size_t digits_at(const Lexer *lexer, size_t i)
{
    size_t count = 0;
    while (is_digit(byte_at(lexer, i + count)))
        count++;
    return count;
}

static int whole_number(const Lexer *lexer, size_t i, size_t count)
{
    int value = 0;
    for (size_t k = 0; k < count; k++)
        value = value * 10 + (lexer->bytes[i + k] - '0');
    return value;
}

static void add_date(Lexer *lexer, size_t start, size_t end, int year, int month, int day)
{
    Token *token = add_token(lexer, TOKEN_DATE, start, end);
    bool is_valid = day_is_valid(year, month, day == 0 ? 1 : day);

    token->year = (short)year;
    token->month = (unsigned char)month;
    token->day = (unsigned char)day;
    if (is_valid)
        return;
    token->month = 1;
    token->day = 0;
    if (!may_report(lexer))
        return;
    Diag *diag = diag_error(lexer->diags, DIAG_BAD_DATE, span_of(lexer, start, end),
                            "there is no such date as %.*s", TEXT_ARG(token->text));
    diag_because(lexer->diags, diag,
                 "Dates are written year-month or year-month-day (2026-03, 2026-03-31) or "
                 "year-quarter (2025-Q4), from %d to %d.",
                 DATE_MIN_YEAR, DATE_MAX_YEAR);
}

/* A date with one digit where two belong: 2026-3 or 2026-03-1. */
static void short_date(Lexer *lexer, size_t start, size_t end, int year, int month, int day)
{
    Token *token = add_token(lexer, TOKEN_DATE, start, end);
    Span span = span_of(lexer, start, end);

    token->year = (short)year;
    token->month = (unsigned char)month;
    token->day = (unsigned char)day;
    if (!may_report(lexer))
        return;
    Diag *diag = diag_error(lexer->diags, DIAG_BAD_DATE, span,
                            "months and days of a date are written with two digits");
    if (!day_is_valid(year, month, day == 0 ? 1 : day)) {
        token->month = 1;
        token->day = 0;
    } else if (day == 0) {
        diag_suggest(lexer->diags, diag, span, "%04d-%02d", year, month);
    } else {
        diag_suggest(lexer->diags, diag, span, "%04d-%02d-%02d", year, month, day);
    }
}

static bool date(Lexer *lexer)
{
    size_t start = lexer->at, i = start + 5;

    if (digits_at(lexer, start) != 4 || byte_at(lexer, start + 4) != '-')
        return false;
    int year = whole_number(lexer, start, 4);
    if (byte_at(lexer, i) == 'Q' && digits_at(lexer, i + 1) == 1 &&
        !is_name_part(byte_at(lexer, i + 2))) {
        int quarter = whole_number(lexer, i + 1, 1);
        add_date(lexer, start, i + 2, year, quarter < 1 || quarter > 4 ? 13 : quarter * 3 - 2, 0);
        return true;
    }
    size_t n_month = digits_at(lexer, i);
    if (n_month < 1 || n_month > 2 || (n_month == 1 && year < DATE_MIN_YEAR))
        return false;
    int month = whole_number(lexer, i, n_month);
    size_t end = i + n_month, n_day = 0;
    if (byte_at(lexer, end) == '-' && is_digit(byte_at(lexer, end + 1)))
        n_day = digits_at(lexer, end + 1);
    if (n_day > 2)
        n_day = 0;
    int day = n_day > 0 ? whole_number(lexer, end + 1, n_day) : 0;
    if (n_day > 0)
        end += 1 + n_day;
    if (n_month == 2 && n_day != 1)
        add_date(lexer, start, end, year, month, n_day > 0 && day == 0 ? 99 : day);
    else
        short_date(lexer, start, end, year, month, day);
    return true;
}

static size_t skip_digits(const Lexer *lexer, size_t i)
{
    while (is_digit(byte_at(lexer, i)) ||
           (byte_at(lexer, i) == '_' && is_digit(byte_at(lexer, i + 1))))
        i++;
    return i;
}

static void number(Lexer *lexer)
{
    size_t start = lexer->at, i = skip_digits(lexer, start);
    bool is_bad = false;

    if (byte_at(lexer, i) == '.' && is_digit(byte_at(lexer, i + 1)))
        i = skip_digits(lexer, i + 1);
    char c = byte_at(lexer, i), sign = byte_at(lexer, i + 1);
    if (c == 'e' || c == 'E') {
        size_t exponent = i + 1 + (sign == '+' || sign == '-' ? 1 : 0);
        if (is_digit(byte_at(lexer, exponent)))
            i = skip_digits(lexer, exponent);
    }
    while ((byte_at(lexer, i) == '.' && is_digit(byte_at(lexer, i + 1))) ||
           byte_at(lexer, i) == '_') {
        is_bad = true;
        i = skip_digits(lexer, i + 1);
    }
    char *digits = arena_copy(lexer->arena, lexer->bytes + start, i - start);
    size_t length = 0;
    for (size_t k = start; k < i; k++)
        if (lexer->bytes[k] != '_')
            digits[length++] = lexer->bytes[k];
    digits[length] = '\0';
    Token *token = add_token(lexer, TOKEN_NUMBER, start, i);
    token->number = is_bad ? 0 : strtod(digits, NULL);
    if (is_bad && may_report(lexer)) {
        diag_error(lexer->diags, DIAG_BAD_NUMBER, span_of(lexer, start, i),
                   "`%.*s` is not a number; write 1_000_000, 0.86 or 1e9", TEXT_ARG(token->text));
    } else if (!(token->number <= 1e300)) {
        token->number = 0;
        if (may_report(lexer))
            diag_error(lexer->diags, DIAG_BAD_NUMBER, span_of(lexer, start, i),
                       "this number is larger than 1e300");
    }
}

/* --- the rest --- */

static void comment(Lexer *lexer, size_t end)
{
    *LIST_PUSH(lexer->arena, &lexer->out->comments) = span_of(lexer, lexer->at, end);
    lexer->at = end;
}

static void foreign_comment(Lexer *lexer)
{
    size_t start = lexer->at, end = end_of_line(lexer, start);
    bool is_block = lexer->bytes[start + 1] == '*';

    if (is_block)
        for (size_t i = start + 2; i + 1 < lexer->length; i++)
            if (lexer->bytes[i] == '*' && lexer->bytes[i + 1] == '/') {
                end = i + 2;
                break;
            }
    lexer->at = end;
    if (!may_report(lexer))
        return;
    Diag *diag = diag_error(lexer->diags, DIAG_FOREIGN_MARK, span_of(lexer, start, start + 2),
                            "a comment starts with `#` and ends with its line");
    if (!is_block)
        diag_suggest(lexer->diags, diag, span_of(lexer, start, start + 2), "#");
}

static void stray(Lexer *lexer)
{
    size_t start = lexer->at;
    size_t step = utf8_length(lexer->bytes + start, lexer->length - start);
    char c = lexer->bytes[start];
    size_t end = start + (step == 0 ? 1 : step);
    Text found = {lexer->bytes + start, end - start};

    while (c == byte_at(lexer, end) && !is_beyond_ascii(c) && end < lexer->length)
        end++;
    lexer->at = end;
    if (!may_report(lexer))
        return;
    bool is_money = c == '$' || text_is_at(lexer, start, "\xE2\x82\xAC") ||
                    text_is_at(lexer, start, "\xC2\xA3") || text_is_at(lexer, start, "\xC2\xA5");
    if (is_money) {
        diag_error(lexer->diags, DIAG_STRAY_CHARACTER, span_of(lexer, start, end),
                   "money is written with its currency after the number: 35 bn USD");
    } else if ((unsigned char)c < 0x20 || c == 0x7F) {
        diag_error(lexer->diags, DIAG_STRAY_CHARACTER, span_of(lexer, start, end),
                   "a control character (byte %u) has no meaning here", (unsigned)c);
    } else {
        diag_error(lexer->diags, DIAG_STRAY_CHARACTER, span_of(lexer, start, end),
                   "`%.*s` has no meaning here", TEXT_ARG(found));
    }
}

static TokenKind mark_kind(char c)
{
    static const char marks[] = ";()[]{},:.+-*/^%=<>~";
    static const TokenKind kinds[] = {
        TOKEN_SEMICOLON,     TOKEN_LEFT_PAREN, TOKEN_RIGHT_PAREN, TOKEN_LEFT_BRACKET,
        TOKEN_RIGHT_BRACKET, TOKEN_LEFT_BRACE, TOKEN_RIGHT_BRACE, TOKEN_COMMA,
        TOKEN_COLON,         TOKEN_DOT,        TOKEN_PLUS,        TOKEN_MINUS,
        TOKEN_STAR,          TOKEN_SLASH,      TOKEN_CARET,       TOKEN_PERCENT,
        TOKEN_EQUAL,         TOKEN_LESS,       TOKEN_GREATER,     TOKEN_TILDE};
    const char *found = c == '\0' ? NULL : strchr(marks, c);

    return found ? kinds[found - marks] : TOKEN_END;
}

static bool point_without_zero(Lexer *lexer)
{
    size_t start = lexer->at;
    const Token *before = lexer->out->tokens.count == 0
                              ? NULL
                              : &lexer->out->tokens.items[lexer->out->tokens.count - 1];

    if (lexer->bytes[start] != '.' || !is_digit(byte_at(lexer, start + 1)) ||
        (before && before->end == start &&
         (before->kind == TOKEN_NAME || before->kind == TOKEN_RIGHT_PAREN)))
        return false;
    lexer->at++;
    size_t end = skip_digits(lexer, lexer->at);
    double fraction = strtod(arena_copy(lexer->arena, lexer->bytes + start, end - start), NULL);
    add_token(lexer, TOKEN_NUMBER, start, end)->number = fraction;
    if (may_report(lexer)) {
        Diag *diag = diag_error(lexer->diags, DIAG_BAD_NUMBER, span_of(lexer, start, end),
                                "a number starts with a digit");
        diag_suggest(lexer->diags, diag, span_of(lexer, start, start), "0");
    }
    return true;
}

static void mark(Lexer *lexer)
{
    size_t start = lexer->at;
    const Repair *repair;

    if (text_is_at(lexer, start, "!=")) {
        add_token(lexer, TOKEN_NOT_EQUAL, start, start + 2);
    } else if (text_is_at(lexer, start, "<=")) {
        add_token(lexer, TOKEN_LESS_EQUAL, start, start + 2);
    } else if (text_is_at(lexer, start, ">=")) {
        add_token(lexer, TOKEN_GREATER_EQUAL, start, start + 2);
    } else if (text_is_at(lexer, start, "//") || text_is_at(lexer, start, "/*")) {
        foreign_comment(lexer);
    } else if ((repair = repair_at(lexer, start)) != NULL) {
        repaired_mark(lexer, repair);
    } else if (mark_kind(lexer->bytes[start]) != TOKEN_END) {
        if (!point_without_zero(lexer))
            add_token(lexer, mark_kind(lexer->bytes[start]), start, start + 1);
    } else if (!foreign_string(lexer)) {
        if (is_beyond_ascii(lexer->bytes[start]) && !text_is_at(lexer, start, "\xE2\x82\xAC") &&
            !text_is_at(lexer, start, "\xC2\xA3") && !text_is_at(lexer, start, "\xE2\x80") &&
            !text_is_at(lexer, start, "\xC2\xA5"))
            name(lexer);
        else
            stray(lexer);
    }
}

static void next_token(Lexer *lexer)
{
    char c = lexer->bytes[lexer->at];

    if (c == ' ' || c == '\t' || c == '\r') {
        lexer->at++;
    } else if (text_is_at(lexer, lexer->at, "\xC2\xA0")) {
        lexer->at += 2; /* a no-break space, from a web page */
    } else if (c == '\n') {
        add_token(lexer, TOKEN_NEWLINE, lexer->at, lexer->at + 1);
    } else if (c == '#') {
        comment(lexer, end_of_line(lexer, lexer->at));
    } else if (is_name_start(c)) {
        name(lexer);
    } else if (c == '"') {
        string(lexer);
    } else if (is_digit(c)) {
        if (!date(lexer))
            number(lexer);
    } else {
        mark(lexer);
    }
}

void lexer_run(Arena *arena, DiagList *diags, uint32_t file, Lexed *out)
{
    const SourceFile *source = diags->sources->files.items[file];
    Lexer lexer = {arena, diags, source->bytes.bytes, source->bytes.length, 0, file, 0, out};

    if (!is_text(&lexer))
        lexer.length = 0;
    else if (text_is_at(&lexer, 0, "\xEF\xBB\xBF"))
        lexer.at = 3; /* a byte-order mark */
    out->tokens.capacity = lexer.length / BYTES_A_TOKEN + 8;
    out->tokens.items = ARENA_ARRAY(arena, Token, out->tokens.capacity);
    while (lexer.at < lexer.length) {
        if (out->tokens.count >= LIMIT_TOKENS) {
            diag_error(diags, DIAG_FILE_TOO_LARGE, span_of(&lexer, lexer.at, lexer.at + 1),
                       "this file has more than %d words and marks", (int)LIMIT_TOKENS);
            break;
        }
        next_token(&lexer);
    }
    add_token(&lexer, TOKEN_END, lexer.at, lexer.at);
}
