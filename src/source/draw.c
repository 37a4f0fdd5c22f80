/* Drawing diagnostics for a reader at a terminal.
 *
 *   error[unit-mismatch]: cannot add EUR/MWh and MWh          header
 *     plant.gw:7:17                                           where
 *   7 | revenue = price + volume                              snippet: the line,
 *     |           ----- ^ ------ MWh                          its marks,
 *     |           EUR/MWh                                     further words
 *     These differ by MWh.                                    notes
 *   help: revenue = price * volume                            the line as edited
 *
 * A snippet is one source line with all marks that start on it. The primary
 * span's comes first, then those of labels elsewhere, in order of place. */
#include "source/diag.h"

#include "base/limits.h"
#include <stdlib.h>
#include <string.h>

enum {
    TAB_WIDTH = 4,
    WIDEST_LINE = 240, /* bytes of a source line that are shown around the mark */
    LINE_BEFORE_MARK = 120
};

typedef enum { PLAIN, BOLD, RED, YELLOW, BLUE, GREEN } Colour;

typedef struct {
    const DiagList *list;
    const Diag *diag;
    Buffer *out;
    bool colour;
    int gutter; /* digits of the largest line number */
} Drawing;

/* A span on the snippet's line, by display column, end exclusive. */
typedef struct {
    size_t from, to;
    bool is_primary;
    Text words;
    size_t row; /* 0: beside the marks; 1..: rows below */
} Mark;

typedef struct {
    uint32_t file, line;
    Text shown;        /* the line, or a window of it */
    size_t shown_from; /* its offset in the file */
    bool cut_left, cut_right;
    LIST(Mark) marks; /* by column */
} Snippet;

static void set_colour(Drawing *d, Colour colour)
{
    static const char *const codes[] = {"\x1b[0m",    "\x1b[1m",    "\x1b[1;31m",
                                        "\x1b[1;33m", "\x1b[1;34m", "\x1b[1;32m"};
    if (d->colour)
        buffer_string(d->out, codes[colour]);
}

static Colour severity_colour(Severity severity)
{
    return severity == DIAG_ERROR ? RED : severity == DIAG_WARNING ? YELLOW : BLUE;
}

static const char *severity_name(Severity severity)
{
    return severity == DIAG_ERROR ? "error" : severity == DIAG_WARNING ? "warning" : "note";
}

/* --- text as columns of a terminal --- */

/* Reads one code point; a byte that is not UTF-8 is one code point U+FFFD. */
static uint32_t read_code_point(Text t, size_t at, size_t *length)
{
    unsigned char lead = (unsigned char)t.bytes[at];
    size_t n = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    uint32_t code = n == 1 ? lead : lead & (0x7Fu >> n);

    *length = 1;
    if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || at + n > t.length)
        return 0xFFFD;
    for (size_t i = 1; i < n; i++) {
        unsigned char byte = (unsigned char)t.bytes[at + i];
        if ((byte & 0xC0) != 0x80)
            return 0xFFFD;
        code = code << 6 | (byte & 0x3F);
    }
    *length = n;
    return code;
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069); /* the last two reorder what is shown */
}

static size_t code_point_width(uint32_t code)
{
    static const uint32_t none[][2] = {
        {0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};
    static const uint32_t wide[][2] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                                       {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};

    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (code >= none[i][0] && code <= none[i][1])
            return 0;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (code >= wide[i][0] && code <= wide[i][1])
            return 2;
    return code == '\t' ? TAB_WIDTH : 1;
}

/* Columns that the first `bytes` of `t` take. */
static size_t columns_before(Text t, size_t bytes)
{
    size_t columns = 0;
    size_t length = 0;

    for (size_t at = 0; at < bytes && at < t.length; at += length)
        columns += code_point_width(read_code_point(t, at, &length));
    return columns;
}

static size_t columns(Text t)
{
    return columns_before(t, t.length);
}

/* Writes text so that it takes the columns counted above and moves no cursor. */
static void draw_text(Buffer *out, Text t)
{
    size_t length = 0;

    for (size_t at = 0; at < t.length; at += length) {
        uint32_t code = read_code_point(t, at, &length);
        if (code == '\t')
            buffer_string(out, "    ");
        else if (is_control(code) || code == 0xFFFD)
            buffer_string(out, "\xEF\xBF\xBD");
        else
            buffer_add(out, t.bytes + at, length);
    }
}

static void draw_spaces(Buffer *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_char(out, ' ');
}

static Text trim_left(Text t)
{
    while (t.length > 0 && (*t.bytes == ' ' || *t.bytes == '\t'))
        t = (Text){t.bytes + 1, t.length - 1};
    return t;
}

/* --- lines of a file --- */

static bool has_place(const DiagList *list, Span span)
{
    return list->sources != NULL && span.file < list->sources->files.count;
}

static uint32_t line_of(const DiagList *list, Span span)
{
    uint32_t line = 0;
    uint32_t column = 0;

    span_position(list->sources, span, &line, &column);
    return line;
}

/* The bytes of the line that holds offset `at`, without its line end. */
static Span line_around(const DiagList *list, uint32_t file, uint32_t at)
{
    Text bytes = list->sources->files.items[file]->bytes;
    size_t start = at < bytes.length ? at : bytes.length;
    size_t end = start;

    while (start > 0 && bytes.bytes[start - 1] != '\n')
        start--;
    if (start == 0 && text_starts(bytes, "\xEF\xBB\xBF"))
        start = 3;
    end = end > start ? end : start;
    while (end < bytes.length && bytes.bytes[end] != '\n')
        end++;
    if (end > start && bytes.bytes[end - 1] == '\r')
        end--;
    return (Span){file, (uint32_t)start, (uint32_t)end};
}

/* Moves an offset back to where its code point starts. */
static uint32_t back_to_code_point(Text bytes, uint32_t at, uint32_t least)
{
    while (at > least && at < bytes.length && ((unsigned char)bytes.bytes[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static void open_snippet(const Drawing *d, Snippet *snippet, Span span)
{
    Text bytes = d->list->sources->files.items[span.file]->bytes;
    Span line = line_around(d->list, span.file, span.start);
    Span window = line;

    if (line.end - line.start > WIDEST_LINE) {
        if (span.start > line.start + LINE_BEFORE_MARK)
            window.start = back_to_code_point(bytes, span.start - LINE_BEFORE_MARK, line.start);
        if (line.end - window.start > WIDEST_LINE)
            window.end = back_to_code_point(bytes, window.start + WIDEST_LINE, window.start);
    }
    snippet->file = span.file;
    snippet->line = line_of(d->list, span);
    snippet->shown = span_text(d->list->sources, window);
    snippet->shown_from = window.start;
    snippet->cut_left = window.start > line.start;
    snippet->cut_right = window.end < line.end;
}

/* Display column of a byte offset of the file, cut to the shown window. */
static size_t column_of(const Snippet *snippet, size_t offset)
{
    size_t inside = offset > snippet->shown_from ? offset - snippet->shown_from : 0;
    return columns_before(snippet->shown, inside) + (snippet->cut_left ? 1 : 0);
}

static void add_mark(const Drawing *d, Snippet *snippet, Span span, Text words, bool is_primary)
{
    size_t place = snippet->marks.count;
    Mark made = {.from = column_of(snippet, span.start),
                 .to = column_of(snippet, span.end),
                 .is_primary = is_primary,
                 .words = words};

    if (made.to <= made.from)
        made.to = made.from + 1;
    (void)LIST_PUSH(d->out->arena, &snippet->marks);
    for (; place > 0 && snippet->marks.items[place - 1].from > made.from; place--)
        snippet->marks.items[place] = snippet->marks.items[place - 1];
    snippet->marks.items[place] = made;
}

/* --- one snippet --- */

static void draw_place(Drawing *d, Span span)
{
    const SourceFile *file = d->list->sources->files.items[span.file];
    uint32_t line = 0;
    uint32_t column = 0;

    span_position(d->list->sources, span, &line, &column);
    buffer_string(d->out, "  ");
    draw_text(d->out, file->name);
    buffer_format(d->out, ":%u:%u%s\n", (unsigned)line, (unsigned)column,
                  file->is_library ? " (in the library)" : "");
}

static void draw_gutter(Drawing *d, uint32_t line)
{
    set_colour(d, BLUE);
    if (line > 0)
        buffer_format(d->out, "%*u |", d->gutter, (unsigned)line);
    else
        buffer_format(d->out, "%*s |", d->gutter, "");
    set_colour(d, PLAIN);
}

static void draw_source_line(Drawing *d, const Snippet *snippet)
{
    draw_gutter(d, snippet->line);
    if (snippet->shown.length > 0) {
        buffer_char(d->out, ' ');
        if (snippet->cut_left)
            buffer_string(d->out, "…");
        draw_text(d->out, snippet->shown);
        if (snippet->cut_right)
            buffer_string(d->out, "…");
    }
    buffer_char(d->out, '\n');
}

static size_t marks_end(const Snippet *snippet)
{
    size_t end = 0;

    for (size_t i = 0; i < snippet->marks.count; i++)
        if (snippet->marks.items[i].to > end)
            end = snippet->marks.items[i].to;
    return end;
}

static bool overlaps_below(const Mark *mark, const Mark *right, size_t row)
{
    size_t end = mark->from + columns(mark->words) + 1; /* one space between words */

    if (right->words.length == 0 || right->row == 0)
        return false;
    if (right->row == row)
        return right->from < end;
    return right->row > row && right->from < end; /* its connecting line passes here */
}

/* Gives each label its row, from right to left: the rightmost stands beside the
 * marks when nothing is marked after it, the others on the first row with room. */
static size_t place_words(Snippet *snippet)
{
    size_t last_row = 0;
    size_t n = snippet->marks.count;
    size_t end = marks_end(snippet);
    bool is_beside_free = true;

    for (size_t i = n; i-- > 0;) {
        Mark *mark = &snippet->marks.items[i];
        bool has_room = false;

        if (mark->words.length == 0)
            continue;
        if (is_beside_free && mark->to == end) {
            is_beside_free = false;
            continue;
        }
        while (!has_room) {
            mark->row++;
            has_room = true;
            for (size_t j = i + 1; j < n && has_room; j++)
                has_room = !overlaps_below(mark, &snippet->marks.items[j], mark->row);
        }
        last_row = mark->row > last_row ? mark->row : last_row;
    }
    return last_row;
}

static char mark_at(const Snippet *snippet, size_t column)
{
    char sign = ' ';

    for (size_t i = 0; i < snippet->marks.count; i++) {
        const Mark *mark = &snippet->marks.items[i];
        if (column < mark->from || column >= mark->to)
            continue;
        if (mark->is_primary)
            return '^';
        sign = '-';
    }
    return sign;
}

static void draw_marks(Drawing *d, const Snippet *snippet)
{
    size_t end = marks_end(snippet);
    char before = ' ';

    draw_gutter(d, 0);
    buffer_char(d->out, ' ');
    for (size_t column = 0; column < end; column++) {
        char sign = mark_at(snippet, column);
        if (sign != before)
            set_colour(d, sign == '^'   ? severity_colour(d->diag->severity)
                          : sign == '-' ? BLUE
                                        : PLAIN);
        buffer_char(d->out, sign);
        before = sign;
    }
    set_colour(d, PLAIN);
    for (size_t i = 0; i < snippet->marks.count; i++) {
        const Mark *mark = &snippet->marks.items[i];
        if (mark->row == 0 && mark->words.length > 0) {
            buffer_char(d->out, ' ');
            draw_text(d->out, mark->words);
        }
    }
    buffer_char(d->out, '\n');
}

/* A row below the marks: the words placed on it, and lines down to those further below. */
static void draw_words(Drawing *d, const Snippet *snippet, size_t row)
{
    size_t column = 0;

    draw_gutter(d, 0);
    buffer_char(d->out, ' ');
    for (size_t i = 0; i < snippet->marks.count; i++) {
        const Mark *mark = &snippet->marks.items[i];
        if (mark->words.length == 0 || mark->row < row || mark->from < column)
            continue;
        draw_spaces(d->out, mark->from - column);
        column = mark->from;
        if (mark->row == row) {
            draw_text(d->out, mark->words);
            column += columns(mark->words);
        } else {
            buffer_char(d->out, '|');
            column++;
        }
    }
    buffer_char(d->out, '\n');
}

static void draw_snippet(Drawing *d, Snippet *snippet, Span where)
{
    size_t last_row = place_words(snippet);

    draw_place(d, where);
    draw_source_line(d, snippet);
    draw_marks(d, snippet);
    for (size_t row = 1; row <= last_row; row++)
        draw_words(d, snippet, row);
}

/* --- the whole diagnostic --- */

static bool is_same_span(Span a, Span b)
{
    return a.file == b.file && a.start == b.start && a.end == b.end;
}

static bool is_on_line(const Drawing *d, Span span, uint32_t file, uint32_t line)
{
    return has_place(d->list, span) && span.file == file && line_of(d->list, span) == line;
}

static void draw_primary_snippet(Drawing *d)
{
    const Diag *diag = d->diag;
    Snippet snippet = {0};
    Text own_words = {"", 0};

    open_snippet(d, &snippet, diag->span);
    for (size_t i = 0; i < diag->labels.count; i++) {
        const DiagLabel *label = &diag->labels.items[i];
        if (is_same_span(label->span, diag->span) && own_words.length == 0)
            own_words = label->text;
        else if (is_on_line(d, label->span, snippet.file, snippet.line))
            add_mark(d, &snippet, label->span, label->text, false);
    }
    add_mark(d, &snippet, diag->span, own_words, true);
    draw_snippet(d, &snippet, diag->span);
}

/* The first label, by place, on a line after (file, line); NULL when there is none. */
static const DiagLabel *next_elsewhere(const Drawing *d, uint32_t file, uint32_t line)
{
    const DiagLabel *next = NULL;

    for (size_t i = 0; i < d->diag->labels.count; i++) {
        const DiagLabel *label = &d->diag->labels.items[i];
        Span span = label->span;
        uint32_t its_line = 0;

        if (!has_place(d->list, span))
            continue;
        its_line = line_of(d->list, span);
        if (span.file < file || (span.file == file && its_line <= line))
            continue;
        if (has_place(d->list, d->diag->span) && is_on_line(d, d->diag->span, span.file, its_line))
            continue;
        if (next == NULL || span.file < next->span.file ||
            (span.file == next->span.file && span.start < next->span.start))
            next = label;
    }
    return next;
}

static void draw_further_snippets(Drawing *d)
{
    uint32_t file = 0;
    uint32_t line = 0;

    for (;;) {
        const DiagLabel *first = next_elsewhere(d, file, line);
        Snippet snippet = {0};

        if (first == NULL)
            return;
        open_snippet(d, &snippet, first->span);
        file = snippet.file;
        line = snippet.line;
        for (size_t i = 0; i < d->diag->labels.count; i++) {
            const DiagLabel *label = &d->diag->labels.items[i];
            if (is_on_line(d, label->span, file, line))
                add_mark(d, &snippet, label->span, label->text, false);
        }
        draw_snippet(d, &snippet, first->span);
    }
}

static int digits_of_line(const DiagList *list, Span span)
{
    int digits = 1;

    if (has_place(list, span))
        for (uint32_t line = line_of(list, span); line >= 10; line /= 10)
            digits++;
    return digits;
}

static void draw_help(Drawing *d)
{
    const Diag *diag = d->diag;
    Span first = line_around(d->list, diag->edit_span.file, diag->edit_span.start);
    Span last = line_around(d->list, diag->edit_span.file, diag->edit_span.end);
    Buffer edited = {.arena = d->out->arena};
    Span head = {first.file, first.start, diag->edit_span.start};
    Span tail = {first.file, diag->edit_span.end, last.end};
    uint32_t line = line_of(d->list, diag->edit_span);
    Text rest;

    buffer_text(&edited, span_text(d->list->sources, head));
    buffer_text(&edited, diag->edit_text);
    buffer_text(&edited, span_text(d->list->sources, tail));
    rest = trim_left(buffer_view(&edited));

    set_colour(d, GREEN);
    buffer_string(d->out, "help: ");
    set_colour(d, PLAIN);
    if (!is_on_line(d, diag->span, first.file, line))
        buffer_format(d->out, "line %u: ", (unsigned)line);
    if (rest.length == 0)
        buffer_string(d->out, "delete the line");
    while (rest.length > 0) {
        const char *line_end = memchr(rest.bytes, '\n', rest.length);
        size_t length = line_end == NULL ? rest.length : (size_t)(line_end - rest.bytes);
        size_t shown = length > 0 && rest.bytes[length - 1] == '\r' ? length - 1 : length;

        draw_text(d->out, (Text){rest.bytes, shown < WIDEST_LINE ? shown : WIDEST_LINE});
        length += line_end != NULL;
        rest = (Text){rest.bytes + length, rest.length - length};
        if (rest.length > 0)
            buffer_string(d->out, "\n      ");
    }
    buffer_char(d->out, '\n');
}

static void draw_header(Drawing *d)
{
    Severity severity = d->diag->severity;

    set_colour(d, severity_colour(severity));
    buffer_format(d->out, "%s[%s]", severity_name(severity), diag_code_name(d->diag->code));
    set_colour(d, BOLD);
    buffer_string(d->out, ": ");
    draw_text(d->out, d->diag->message);
    set_colour(d, PLAIN);
    buffer_char(d->out, '\n');
}

void diag_draw(const DiagList *list, const Diag *diag, bool colour, Buffer *out)
{
    Drawing d = {.list = list, .diag = diag, .out = out, .colour = colour, .gutter = 1};

    d.gutter = digits_of_line(list, diag->span);
    for (size_t i = 0; i < diag->labels.count; i++) {
        int digits = digits_of_line(list, diag->labels.items[i].span);
        d.gutter = digits > d.gutter ? digits : d.gutter;
    }
    draw_header(&d);
    if (has_place(list, diag->span))
        draw_primary_snippet(&d);
    draw_further_snippets(&d);
    for (size_t i = 0; i < diag->notes.count; i++) {
        buffer_string(out, "  ");
        draw_text(out, diag->notes.items[i]);
        buffer_char(out, '\n');
    }
    if (diag->has_edit && has_place(list, diag->edit_span))
        draw_help(&d);
}

/* --- all of them --- */

/* With its place in the list: qsort is not stable, and order must not depend on it. */
typedef struct {
    const Diag *diag;
    size_t found;
} Ranked;

static int compare_numbers(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int by_place(const void *left, const void *right)
{
    const Ranked *a = left;
    const Ranked *b = right;
    int order = compare_numbers(a->diag->span.file, b->diag->span.file);

    if (order == 0)
        order = compare_numbers(a->diag->span.start, b->diag->span.start);
    if (order == 0)
        order = compare_numbers(a->diag->span.end, b->diag->span.end);
    return order != 0 ? order : compare_numbers(a->found, b->found);
}

static bool is_same_fault(const Diag *a, const Diag *b)
{
    return a->code == b->code && is_same_span(a->span, b->span) &&
           text_equal(a->message, b->message);
}

/* Equal faults share a span, so after sorting they lie in one stretch of equal spans. */
static size_t drop_duplicates(Ranked *ranked, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        bool is_new = true;
        for (size_t j = kept; is_new && j-- > 0;) {
            if (!is_same_span(ranked[j].diag->span, ranked[i].diag->span))
                break;
            is_new = !is_same_fault(ranked[j].diag, ranked[i].diag);
        }
        if (is_new)
            ranked[kept++] = ranked[i];
    }
    return kept;
}

static void draw_rest(const size_t left[3], Buffer *out)
{
    const char *before = "and ";

    for (int severity = DIAG_ERROR; severity <= DIAG_NOTE; severity++) {
        if (left[severity] == 0)
            continue;
        buffer_format(out, "%s%zu more %s%s", before, left[severity],
                      severity_name((Severity)severity), left[severity] == 1 ? "" : "s");
        before = ", ";
    }
    buffer_char(out, '\n');
}

/* When there are too many, errors are chosen before warnings, and those before notes. */
void diag_draw_all(const DiagList *list, bool colour, Buffer *out)
{
    Ranked *ranked = ARENA_ARRAY(out->arena, Ranked, list->diags.count);
    size_t count = list->diags.count;
    size_t room[3] = {0};
    size_t left[3] = {0};
    size_t free_places = LIMIT_DIAGS_DRAWN;
    bool is_first = true;

    for (size_t i = 0; i < count; i++)
        ranked[i] = (Ranked){list->diags.items[i], i};
    qsort(ranked, count, sizeof *ranked, by_place);
    count = drop_duplicates(ranked, count);

    for (size_t i = 0; i < count; i++)
        left[ranked[i].diag->severity]++;
    for (int severity = DIAG_ERROR; severity <= DIAG_NOTE; severity++) {
        room[severity] = left[severity] < free_places ? left[severity] : free_places;
        free_places -= room[severity];
    }
    for (size_t i = 0; i < count; i++) {
        Severity severity = ranked[i].diag->severity;
        if (room[severity] == 0)
            continue;
        if (!is_first)
            buffer_char(out, '\n');
        diag_draw(list, ranked[i].diag, colour, out);
        room[severity]--;
        left[severity]--;
        is_first = false;
    }
    if (left[DIAG_ERROR] + left[DIAG_WARNING] + left[DIAG_NOTE] > 0)
        draw_rest(left, out);
}
