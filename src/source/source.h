/* Source files, and spans of bytes in them. */
#ifndef GW_SOURCE_SOURCE_H
#define GW_SOURCE_SOURCE_H

#include "base/text.h"
#include <stdint.h>

typedef struct {
    Text name;  /* as shown to the user: a path, or "lib/units.gw" for the built-in library */
    Text bytes; /* NUL follows the last byte */
    bool is_library;
} SourceFile;

/* All files of one model; a FileId indexes items. */
typedef struct {
    LIST(SourceFile *) files;
} SourceSet;

/* Bytes [start, end) of files.items[file]; line and column exist only when drawn. */
typedef struct {
    uint32_t file, start, end;
} Span;

Span span_join(Span a, Span b); /* from the start of a to the end of b, same file */
Text span_text(const SourceSet *sources, Span span);
/* 1-based line and column (column counts code points). */
void span_position(const SourceSet *sources, Span span, uint32_t *line, uint32_t *column);

#endif
