/* The one canonical layout of a file, made from its tokens and the parser's marks.
 *
 * Two spaces a block; a block that stood on one line stays there when it fits;
 * at most one blank line; comments where they were. Neighbouring lines of one
 * shape have their titles, signs, attributions, braces and comments in columns.
 * Whether a block fits is judged before columns are made, so that formatting
 * a formatted file changes nothing. */
#include "syntax/syntax.h"

#include "syntax/parser.h"

#include <string.h>

enum { MAX_WIDTH = 100, INDENT = 2, MAX_PADDING = 30 };

/* Columns, from left to right. */
typedef enum {
    CELL_TITLE,
    CELL_OPERATOR,
    CELL_ATTRIBUTION,
    CELL_BRACE,
    CELL_COMMENT,
    N_CELLS
} Cell;

typedef struct {
    size_t indent;
    Text text;
    size_t cells[N_CELLS]; /* where each column begins in the text; 0 none */
    Text key;              /* lines with equal keys share columns; empty: none */
    bool has_blank_before;
} Line;

typedef struct {
    Arena *arena;
    const char *bytes; /* of the source */
    Lexed lexed;
    LIST(Line) lines;
    Buffer text; /* of the line in the making */
    Line line;
    const Token *before; /* the token last written on this line */
    size_t first;        /* the first token of this line */
    size_t depth;        /* blocks around us that are written on lines of their own */
    size_t inline_depth; /* blocks around us on one line */
    size_t n_newlines;   /* since the last token or comment */
    bool has_break;      /* the next token begins a line */
    bool is_continued;   /* and goes on with a statement */
    bool is_after_brace; /* no blank line here */
} Formatter;

static size_t width_of(Text text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.length; i++)
        if (((unsigned char)text.bytes[i] & 0xC0) != 0x80)
            width++;
    return width;
}

static Text written(const Formatter *f, const Token *token)
{
    return (Text){f->bytes + token->start, token->end - token->start};
}

static bool needs_space(const Token *before, const Token *token)
{
    if (!before || (token->marks & MARK_GLUED))
        return false;
    switch (token->kind) {
    case TOKEN_COMMA:
    case TOKEN_RIGHT_PAREN:
    case TOKEN_RIGHT_BRACKET:
    case TOKEN_DOT:
    case TOKEN_SEMICOLON:
        return false;
    case TOKEN_COLON:
        return (token->marks & MARK_OPERATOR) != 0;
    default:
        return before->kind != TOKEN_LEFT_PAREN && before->kind != TOKEN_LEFT_BRACKET &&
               before->kind != TOKEN_DOT;
    }
}

/* --- lines --- */

/* Which lines are of one shape: values; rules; else those that begin with the same word. */
static Text key_of(const Formatter *f)
{
    static const char *const triggers[] = {"every", "on", "when", "each", "rule", NULL};
    const Token *first = &f->lexed.tokens.items[f->first];

    if (first->kind != TOKEN_NAME)
        return (Text){"", 0};
    if (first[1].marks & MARK_OPERATOR)
        return TEXT("=");
    if ((first[1].marks & MARK_TITLE) && first[1].kind != TOKEN_STRING)
        return TEXT("show"); /* views, and the stages of a contract */
    return word_is_in(first->text, triggers) ? TEXT("{") : first->text;
}

static void flush(Formatter *f)
{
    if (f->text.length == 0)
        return;
    f->line.text = text_copy(f->arena, buffer_view(&f->text));
    *LIST_PUSH(f->arena, &f->lines) = f->line;
    f->line = (Line){0};
    f->text.length = 0;
    f->before = NULL;
}

static void begin_line(Formatter *f, bool may_have_blank)
{
    flush(f);
    f->line.indent = f->depth * INDENT + (f->is_continued ? 2 * INDENT : 0);
    f->line.has_blank_before = may_have_blank && !f->is_continued && !f->is_after_brace &&
                               f->n_newlines > 1 && f->lines.count > 0;
    f->has_break = false;
    f->is_continued = false;
    f->is_after_brace = false;
}

static void note_cell(Formatter *f, Cell cell)
{
    if (f->line.cells[cell] == 0)
        f->line.cells[cell] = f->text.length;
}

static void write_token(Formatter *f, size_t index)
{
    const Token *token = &f->lexed.tokens.items[index];
    bool is_start = f->text.length == 0;

    if (needs_space(f->before, token))
        buffer_char(&f->text, ' ');
    if (is_start) {
        f->first = index;
        if (token->kind == TOKEN_RIGHT_PAREN && f->line.indent > f->depth * INDENT)
            f->line.indent -= 2 * INDENT; /* back under the line that opened it */
        if (f->line.indent == f->depth * INDENT)
            f->line.key = key_of(f);
    } else if (f->inline_depth == 0) {
        if (token->marks & MARK_TITLE)
            note_cell(f, CELL_TITLE);
        if (token->marks & MARK_OPERATOR)
            note_cell(f, CELL_OPERATOR);
        if (token->marks & MARK_ATTRIBUTION)
            note_cell(f, CELL_ATTRIBUTION);
    }
    buffer_text(&f->text, written(f, token));
    f->before = token;
    f->n_newlines = 0;
}

/* --- blocks --- */

/* The width of the line from a `{` on, when all of its block stays on it; 0 when it cannot. */
static size_t width_on_one_line(const Formatter *f, size_t open)
{
    const Token *before = f->before;
    size_t width = f->line.indent + width_of(buffer_view(&f->text)), level = 0;

    for (size_t i = open; i < f->lexed.tokens.count; i++) {
        const Token *token = &f->lexed.tokens.items[i];
        if (token->kind == TOKEN_NEWLINE || token->kind == TOKEN_END ||
            (level == 0 && (token->kind == TOKEN_SEMICOLON || token->kind == TOKEN_RIGHT_BRACE)))
            return level == 0 ? width : 0;
        if (token->kind == TOKEN_LEFT_BRACE)
            level++;
        if (token->kind == TOKEN_RIGHT_BRACE)
            level--;
        width += (needs_space(before, token) ? 1 : 0) + width_of(written(f, token));
        before = token;
    }
    return width;
}

static void open_block(Formatter *f, size_t index)
{
    size_t width = f->inline_depth > 0 ? 1 : width_on_one_line(f, index);

    if (width > 0 && width <= MAX_WIDTH) {
        bool is_outermost = f->inline_depth == 0 && f->text.length > 0;
        write_token(f, index);
        if (is_outermost)
            f->line.cells[CELL_BRACE] = f->text.length - 1;
        f->inline_depth++;
        return;
    }
    write_token(f, index);
    f->depth++;
    f->has_break = true;
    f->is_after_brace = true;
}

static void close_block(Formatter *f, size_t index)
{
    if (f->inline_depth > 0) {
        f->inline_depth--;
        write_token(f, index);
        return;
    }
    if (f->depth > 0)
        f->depth--;
    f->is_continued = false;
    begin_line(f, false);
    write_token(f, index);
}

static void semicolon(Formatter *f, size_t index)
{
    TokenKind after = f->lexed.tokens.items[index + 1].kind;

    if (f->inline_depth == 0)
        f->has_break = true;
    else if (after != TOKEN_RIGHT_BRACE && after != TOKEN_SEMICOLON &&
             f->before->kind != TOKEN_LEFT_BRACE)
        write_token(f, index);
}

static void newline(Formatter *f, const Token *token)
{
    if (!f->has_break || (token->marks & MARK_CONTINUES))
        f->is_continued = (token->marks & MARK_CONTINUES) != 0;
    f->has_break = true;
    f->n_newlines++;
}

/* --- comments --- */

/* A carriage return is blank too: before the end of a line the lexer leaves it out. */
static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void comment(Formatter *f, Span span, bool is_trailing)
{
    Text text = {f->bytes + span.start, span.end - span.start};

    while (text.length > 0 && is_blank(text.bytes[text.length - 1]))
        text.length--;
    if (is_trailing && f->text.length > 0) {
        buffer_string(&f->text, "  ");
        f->line.cells[CELL_COMMENT] = f->text.length;
    } else {
        bool is_continued = f->is_continued;
        begin_line(f, true);
        f->is_continued = is_continued;
    }
    buffer_text(&f->text, text);
    f->n_newlines = 0;
    f->has_break = true;
}

/* --- columns --- */

static size_t column_of(const Line *line, Cell cell)
{
    return width_of((Text){line->text.bytes, line->cells[cell]});
}

static void pad(Arena *arena, Line *line, Cell cell, size_t n_spaces)
{
    if (n_spaces == 0)
        return;
    size_t at = line->cells[cell];
    Buffer text = {.arena = arena};
    buffer_add(&text, line->text.bytes, at);
    for (size_t i = 0; i < n_spaces; i++)
        buffer_char(&text, ' ');
    buffer_add(&text, line->text.bytes + at, line->text.length - at);
    line->text = buffer_view(&text);
    for (int c = 0; c < N_CELLS; c++)
        if (line->cells[c] >= at)
            line->cells[c] += n_spaces;
}

/* Signs and titles stay in column at any width; what follows must fit. */
static bool fits(const Line *line, Cell cell, size_t padding)
{
    return padding <= MAX_PADDING && (cell < CELL_ATTRIBUTION || padding == 0 ||
                                      line->indent + width_of(line->text) + padding <= MAX_WIDTH);
}

/* The widest column that every line before it can be padded to; wider lines stay as they are. */
static size_t common_column(const Line *lines, size_t count, Cell cell)
{
    size_t bound = (size_t)-1;

    for (;;) {
        size_t widest = 0;
        bool do_fit = true;
        for (size_t i = 0; i < count; i++) {
            size_t column = column_of(&lines[i], cell);
            if (lines[i].cells[cell] > 0 && column < bound && column > widest)
                widest = column;
        }
        for (size_t i = 0; i < count && do_fit; i++) {
            size_t column = column_of(&lines[i], cell);
            do_fit = lines[i].cells[cell] == 0 || column > widest ||
                     fits(&lines[i], cell, widest - column);
        }
        if (do_fit)
            return widest;
        bound = widest;
    }
}

static void align_cell(Arena *arena, Line *lines, size_t count, Cell cell)
{
    size_t common = common_column(lines, count, cell);

    for (size_t i = 0; i < count; i++) {
        size_t column = column_of(&lines[i], cell);
        if (lines[i].cells[cell] > 0 && column < common)
            pad(arena, &lines[i], cell, common - column);
    }
}

static bool shares_columns(const Line *a, const Line *b)
{
    return a->key.length > 0 && text_equal(a->key, b->key) && a->indent == b->indent &&
           !b->has_blank_before;
}

static void align(Formatter *f)
{
    for (size_t start = 0; start < f->lines.count;) {
        size_t end = start + 1;
        while (end < f->lines.count &&
               shares_columns(&f->lines.items[end - 1], &f->lines.items[end]))
            end++;
        for (int cell = 0; cell < N_CELLS && end - start > 1; cell++)
            align_cell(f->arena, f->lines.items + start, end - start, (Cell)cell);
        start = end;
    }
}

/* --- the whole --- */

static void step(Formatter *f, size_t index)
{
    const Token *token = &f->lexed.tokens.items[index];

    switch (token->kind) {
    case TOKEN_NEWLINE:
        newline(f, token);
        return;
    case TOKEN_SEMICOLON:
        semicolon(f, index);
        return;
    case TOKEN_RIGHT_BRACE:
        close_block(f, index);
        return;
    default:
        break;
    }
    if (f->has_break || f->text.length == 0)
        begin_line(f, true);
    if (token->kind == TOKEN_LEFT_BRACE)
        open_block(f, index);
    else if (token->kind != TOKEN_END)
        write_token(f, index);
}

static void lay_out(Formatter *f)
{
    size_t n_comments = 0;

    for (size_t i = 0; i < f->lexed.tokens.count; i++) {
        const Token *token = &f->lexed.tokens.items[i];
        for (;
             n_comments < f->lexed.comments.count &&
             f->lexed.comments.items[n_comments].start < token->start + (token->kind == TOKEN_END);
             n_comments++)
            comment(f, f->lexed.comments.items[n_comments],
                    i > 0 && token[-1].kind != TOKEN_NEWLINE);
        step(f, i);
    }
    flush(f);
}

Text syntax_format(Arena *arena, const SourceSet *sources, const Tree *tree)
{
    const SourceFile *file = sources->files.items[tree->file];
    SourceSet copy = *sources;
    DiagList diags = {.arena = arena, .sources = &copy};
    Formatter f = {.arena = arena, .bytes = file->bytes.bytes, .text = {.arena = arena}};
    Buffer out = {.arena = arena};

    parser_run(arena, &diags, tree->file, &f.lexed);
    if (diags.n_errors > 0)
        return text_copy(arena, file->bytes);
    lay_out(&f);
    align(&f);
    for (size_t i = 0; i < f.lines.count; i++) {
        const Line *line = &f.lines.items[i];
        buffer_format(&out, "%s%*s%.*s\n", line->has_blank_before ? "\n" : "", (int)line->indent,
                      "", TEXT_ARG(line->text));
    }
    return buffer_view(&out);
}
