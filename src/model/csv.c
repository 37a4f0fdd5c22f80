/* Rows of a data file. */
#include "model/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

CsvReader csv_open(Text text)
{
    size_t skipped = text_starts(text, "\xEF\xBB\xBF") ? 3 : 0;

    return (CsvReader){.rest = {text.bytes + skipped, text.length - skipped}};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static Text trimmed(Text text)
{
    while (text.length > 0 && is_blank(text.bytes[0]))
        text = (Text){text.bytes + 1, text.length - 1};
    while (text.length > 0 && is_blank(text.bytes[text.length - 1]))
        text.length--;
    return text;
}

static Text next_line(CsvReader *reader)
{
    const char *end = memchr(reader->rest.bytes, '\n', reader->rest.length);
    size_t length = end == NULL ? reader->rest.length : (size_t)(end - reader->rest.bytes);
    size_t taken = end == NULL ? length : length + 1;
    Text line = {reader->rest.bytes, length};

    reader->rest = (Text){reader->rest.bytes + taken, reader->rest.length - taken};
    reader->line++;
    return trimmed(line);
}

/* Behind the cell that begins at `at`: the place of its comma, or the line's end. */
static size_t end_of_cell(Text line, size_t at)
{
    bool is_quoted = false;

    for (; at < line.length && (is_quoted || line.bytes[at] != ','); at++)
        if (line.bytes[at] == '"')
            is_quoted = !is_quoted; /* a doubled quote turns it off and on again */
    return at;
}

static Text unquoted(Arena *arena, Text cell)
{
    Buffer out = {.arena = arena};

    if (cell.length < 2 || cell.bytes[0] != '"' || cell.bytes[cell.length - 1] != '"')
        return text_copy(arena, cell);
    for (size_t i = 1; i + 1 < cell.length; i++) {
        buffer_char(&out, cell.bytes[i]);
        if (cell.bytes[i] == '"' && i + 2 < cell.length && cell.bytes[i + 1] == '"')
            i++;
    }
    return trimmed(buffer_view(&out));
}

bool csv_next_row(Arena *arena, CsvReader *reader)
{
    Text line = {"", 0};

    while (line.length == 0 && reader->rest.length > 0)
        line = next_line(reader);
    if (line.length == 0)
        return false;
    reader->cells.count = 0;
    for (size_t at = 0; at <= line.length;) {
        size_t end = end_of_cell(line, at);
        Text cell = trimmed((Text){line.bytes + at, end - at});
        *LIST_PUSH(arena, &reader->cells) = unquoted(arena, cell);
        at = end + 1;
    }
    return true;
}

size_t csv_find(const CsvReader *reader, Text cell)
{
    for (size_t i = 0; i < reader->cells.count; i++)
        if (text_equal(reader->cells.items[i], cell))
            return i;
    return CSV_NO_COLUMN;
}

Text csv_cell(const CsvReader *reader, size_t column)
{
    return column < reader->cells.count ? reader->cells.items[column] : (Text){"", 0};
}

bool csv_number(Arena *arena, Text cell, double *number)
{
    Text copy = text_copy(arena, cell);
    char *stop = NULL;

    /* what strtod takes besides: blanks, nan, inf, hexadecimal */
    if (copy.length == 0 || strspn(copy.bytes, "0123456789+-.eE") != copy.length)
        return false;
    *number = strtod(copy.bytes, &stop);
    return *stop == '\0' && isfinite(*number);
}
