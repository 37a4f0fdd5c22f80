/* Spans of bytes, and where they stand in the eyes of a reader. */
#include "source/source.h"

#include <assert.h>

Span span_join(Span a, Span b)
{
    assert(a.file == b.file && "one construct lies in one file");
    return (Span){a.file, a.start < b.start ? a.start : b.start, a.end > b.end ? a.end : b.end};
}

Text span_text(const SourceSet *sources, Span span)
{
    Text bytes = {"", 0};
    size_t start = span.start;
    size_t end = span.end;

    if (span.file >= sources->files.count)
        return bytes;
    bytes = sources->files.items[span.file]->bytes;
    end = end < bytes.length ? end : bytes.length;
    start = start < end ? start : end;
    return (Text){bytes.bytes + start, end - start};
}

/* UTF-8 continues a code point with bytes 10xxxxxx. */
static bool starts_code_point(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

void span_position(const SourceSet *sources, Span span, uint32_t *line, uint32_t *column)
{
    Text before = span_text(sources, (Span){span.file, 0, span.start});
    size_t i = text_starts(before, "\xEF\xBB\xBF") ? 3 : 0; /* a byte-order mark has no column */

    *line = 1;
    *column = 1;
    for (; i < before.length; i++) {
        if (before.bytes[i] == '\n') {
            *line += 1;
            *column = 1;
        } else if (starts_code_point(before.bytes[i])) {
            *column += 1;
        }
    }
}
