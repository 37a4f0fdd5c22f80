/* Tokens: the words, numbers, dates and marks of one file, in order.
 *
 * The lexer never fails: it reports a fault, repairs the token where the
 * reader's meaning is clear (`==` becomes `=`), and goes on. Texts of names
 * point into the source file; texts of strings are unescaped copies. */
#ifndef GW_SYNTAX_LEXER_H
#define GW_SYNTAX_LEXER_H

#include "source/diag.h"

/* TOKEN(symbol, how a message calls it) */
#define TOKEN_KINDS(TOKEN)                                                                         \
    TOKEN(END, "the end of the file")                                                              \
    TOKEN(NEWLINE, "the end of the line")                                                          \
    TOKEN(SEMICOLON, "`;`")                                                                        \
    TOKEN(NAME, "a word")                                                                          \
    TOKEN(NUMBER, "a number")                                                                      \
    TOKEN(DATE, "a date")                                                                          \
    TOKEN(STRING, "a text in quotes")                                                              \
    TOKEN(LEFT_PAREN, "`(`")                                                                       \
    TOKEN(RIGHT_PAREN, "`)`")                                                                      \
    TOKEN(LEFT_BRACKET, "`[`")                                                                     \
    TOKEN(RIGHT_BRACKET, "`]`")                                                                    \
    TOKEN(LEFT_BRACE, "`{`")                                                                       \
    TOKEN(RIGHT_BRACE, "`}`")                                                                      \
    TOKEN(COMMA, "`,`")                                                                            \
    TOKEN(COLON, "`:`")                                                                            \
    TOKEN(DOT, "`.`")                                                                              \
    TOKEN(PLUS, "`+`")                                                                             \
    TOKEN(MINUS, "`-`")                                                                            \
    TOKEN(STAR, "`*`")                                                                             \
    TOKEN(SLASH, "`/`")                                                                            \
    TOKEN(CARET, "`^`")                                                                            \
    TOKEN(PERCENT, "`%`")                                                                          \
    TOKEN(EQUAL, "`=`")                                                                            \
    TOKEN(NOT_EQUAL, "`!=`")                                                                       \
    TOKEN(LESS, "`<`")                                                                             \
    TOKEN(LESS_EQUAL, "`<=`")                                                                      \
    TOKEN(GREATER, "`>`")                                                                          \
    TOKEN(GREATER_EQUAL, "`>=`")                                                                   \
    TOKEN(TILDE, "`~`")

typedef enum {
#define TOKEN(symbol, words) TOKEN_##symbol,
    TOKEN_KINDS(TOKEN)
#undef TOKEN
        N_TOKEN_KINDS
} TokenKind;

/* Marks that the parser leaves for the formatter. */
enum {
    MARK_GLUED = 1,       /* no space before this token */
    MARK_CONTINUES = 2,   /* this newline does not end a statement */
    MARK_OPERATOR = 4,    /* the `=`, `~` or `:` after a declared name: a column */
    MARK_TITLE = 8,       /* a title, or what a view shows: a column */
    MARK_ATTRIBUTION = 16 /* `cite` or `assume`: a column */
};

typedef struct {
    TokenKind kind;
    uint32_t start, end; /* bytes in the file */
    unsigned char marks;
    unsigned char month, day; /* dates; 0 when not written */
    short year;
    Text text;     /* as meant: for strings without quotes and escapes */
    double number; /* as written, before magnitude and unit */
} Token;

typedef struct {
    LIST(Token) tokens; /* the last is TOKEN_END */
    LIST(Span) comments;
} Lexed;

/* A file that is not text, or too large, gives one diagnostic and no tokens but the end. */
void lexer_run(Arena *arena, DiagList *diags, uint32_t file, Lexed *out);
const char *token_kind_words(TokenKind kind);
const char *token_kind_symbol(TokenKind kind);

#endif
