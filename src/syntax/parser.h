/* What the parts of the parser share: the place in the tokens, and how faults are met.
 *
 * Recursive descent, one function a grammar rule. The first fault of a
 * statement sets is_lost; from then on the parser seems to be at the end of
 * the file, so that every rule returns at once, and the statement's block
 * skips to the next line. Parts that could not be read stay NULL or empty. */
#ifndef GW_SYNTAX_PARSER_H
#define GW_SYNTAX_PARSER_H

#include "syntax/lexer.h"
#include "syntax/tree.h"

typedef struct {
    Arena *arena;
    DiagList *diags;
    uint32_t file;
    Token *tokens;
    size_t n_tokens;
    size_t at;      /* the current token */
    size_t last;    /* the token last taken */
    int brackets;   /* open ( ) around us: newlines are skipped */
    size_t bracket; /* the token of the innermost */
    int nesting;    /* blocks and brackets, against LIMIT_NESTING */
    int open_expressions;
    int n_operators;   /* of the outermost expression */
    bool is_lost;      /* a fault was met; nothing is read until the block recovers */
    bool is_trying;    /* a reading that may be taken back */
    bool is_at_barred; /* `at` belongs to the statement, not to the expression */
    const char *form;  /* how the statement is written, for notes */
    size_t suspect;    /* the first `{` whose `}` stands too far left; 0 none */
    size_t n_faults, n_errors_before;
    size_t fault_at; /* one past the token of the last fault */
    Token end;       /* what a lost parser sees */
} Parser;

/* What blocks may hold which statements. */
typedef enum { IN_FILE = 1, IN_PARTY = 2, IN_KIND = 4 } Place;

/* --- parser.c: tokens --- */
const Token *parser_token(const Parser *p); /* the current one */
const Token *parser_after(const Parser *p); /* the one behind it */
bool parser_at(const Parser *p, TokenKind kind);
bool parser_at_word(const Parser *p, const char *word);
bool parser_after_is(const Parser *p, TokenKind kind);
bool parser_after_is_word(const Parser *p, const char *word);
Token *parser_take(Parser *p);
bool parser_accept(Parser *p, TokenKind kind);
bool parser_accept_word(Parser *p, const char *word);
bool parser_expect(Parser *p, TokenKind kind);
bool parser_expect_word(Parser *p, const char *word);
Text parser_name(Parser *p, const char *what); /* a name that is not reserved */
/* One of the words of a NULL-ended list; empty with a diagnostic otherwise. */
Text parser_one_of(Parser *p, const char *const *words, const char *what);
bool parser_is_adjacent(const Parser *p); /* no space before the current token */
bool parser_is_on_line(const Parser *p);  /* no newline before the current token */
void parser_skip_newlines(Parser *p);     /* marked as going on */
Span parser_here(const Parser *p);
Span parser_span_of(const Parser *p, size_t token);
Span parser_since(const Parser *p, size_t first_token);
void parser_mark(Parser *p, unsigned char mark); /* the current token */
bool word_is_reserved(Text word);
bool word_is_in(Text word, const char *const *words);

/* --- parser.c: the whole file --- */
Tree *parser_run(Arena *arena, DiagList *diags, uint32_t file, Lexed *lexed);

/* --- parser.c: faults --- */
Diag *parser_fault(Parser *p, DiagCode code, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5))); /* NULL when lost already */
Diag *parser_expected(Parser *p, const char *what);
bool parser_enter(Parser *p); /* one level deeper; false with a fault at the limit */
void parser_leave(Parser *p);
void parser_count_operator(Parser *p);
/* Whether the innermost bracket is closed behind the current token, by the look of the lines. */
bool parser_bracket_closes(const Parser *p);
void parser_end_statement(Parser *p);
/* "{" members "}"; after a fault in the header the block is still read. */
void parse_block(Parser *p, Decl *owner, void (*member)(Parser *p, Decl *owner));
bool parse_block_if_any(Parser *p, Decl *owner, void (*member)(Parser *p, Decl *owner));
Decl *decl_new(Parser *p, DeclKind kind);
Decl *decl_add(Parser *p, Decl *owner, DeclKind kind);
/* Sets the span, and takes the declaration out again when a fault left it of no use:
 * one without its name, or one that nothing else refers to. */
void decl_finish(Parser *p, Decl *owner, Decl *decl, size_t first_token);

/* --- parse_expression.c --- */
Expr *parse_expression(Parser *p);
Expr *parse_sum(Parser *p);
Expr *parse_postfix(Parser *p);
Expr *parse_reference(Parser *p);
Expr *expr_new(Parser *p, ExprKind kind, size_t first_token);

/* --- parse_quantity.c --- */
Expr *parse_number(Parser *p);          /* NUMBER with what follows */
UnitExpr *parse_number_unit(Parser *p); /* NULL when none */
TypeExpr parse_type(Parser *p);
Dist *parse_dist(Parser *p);
void parse_attribution(Parser *p, Decl *decl);
bool word_ends_number(Text word); /* is no unit after a number */

/* --- parse_declaration.c --- */
void parse_file_member(Parser *p, Decl *owner);
void parse_value_member(Parser *p, Decl *owner); /* NAME [: TYPE] [= EXPR | ~ DIST] ... */
void parse_value_rest(Parser *p, Decl *decl);    /* behind the name */
void parse_title(Parser *p, Decl *decl);

/* --- parse_rule.c --- */
void parse_rule(Parser *p, Decl *decl);
bool word_begins_action(Text word); /* what a rule does: `pay`, `book` ... */
void parse_stage(Parser *p, Decl *decl);
void parse_facility(Parser *p, Decl *decl);
void parse_guarantee(Parser *p, Decl *decl);
void parse_stage_move(Parser *p, Decl *decl);

/* --- parse_report.c --- */
void parse_scenario(Parser *p, Decl *decl);
void parse_override(Parser *p, Decl *owner);
void parse_check(Parser *p, Decl *decl);
void parse_report(Parser *p, Decl *decl);
void parse_view(Parser *p, Decl *owner);
void parse_view_rest(Parser *p, Decl *decl);

/* --- units.c: what parser and printer share --- */
void unit_print(const UnitExpr *unit, Buffer *out);

#endif
