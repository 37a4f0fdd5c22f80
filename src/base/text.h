/* Text as (pointer, length), interned names, and growable output buffers. */
#ifndef GW_BASE_TEXT_H
#define GW_BASE_TEXT_H

#include "base/arena.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const char *bytes; /* NUL-terminated whenever it lives in an arena */
    size_t length;
} Text;

#define TEXT(literal) ((Text){(literal), sizeof(literal) - 1})
#define TEXT_ARG(t) (int)(t).length, (t).bytes /* for "%.*s" */

Text text_from(const char *c_string); /* NULL gives the empty text */
int text_compare(Text a, Text b);     /* bytewise; shorter first on a tie */
bool text_starts(Text a, const char *prefix);
Text text_copy(Arena *arena, Text t);
Text text_format(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Damerau-Levenshtein distance, at most `bound` (bound + 1 when farther). */
size_t text_distance(Text a, Text b, size_t bound);
/* FNV-1a, 64 bits: the hash of draw names; its value is part of what a draw is. */
uint64_t text_hash64(Text t);
/* To tell texts apart within one run, eight bytes a step: nothing else may rest on its value. */
uint64_t text_quick_hash(Text t);

static inline bool text_equal(Text a, Text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* Most are not, and differ in their first byte. */
static inline bool text_is(Text a, const char *c_string)
{
    for (size_t i = 0; i < a.length; i++)
        if (a.bytes[i] != c_string[i] || c_string[i] == '\0')
            return false;
    return c_string[a.length] == '\0';
}

/* Bytes that grow: output is built here and written whole. */
typedef struct {
    Arena *arena;
    char *bytes; /* NUL-terminated once anything was added */
    size_t length, capacity;
} Buffer;

void buffer_add(Buffer *b, const char *bytes, size_t length);
void buffer_text(Buffer *b, Text t);
void buffer_string(Buffer *b, const char *c_string);
void buffer_char(Buffer *b, char c);
void buffer_format(Buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_format_v(Buffer *b, const char *format, va_list arguments);
Text buffer_view(const Buffer *b);
/* Writes the shortest decimal that reads back as exactly `x` ("0.1", "1e+300"). */
void buffer_number(Buffer *b, double x);

/* A map from text to a pointer; keys are copied; order of insertion is kept. */
typedef struct Table Table;
typedef struct {
    Text key;
    void *value;
} TableEntry;
Table *table_new(Arena *arena);
void *table_get(const Table *table, Text key);       /* NULL when absent */
void table_set(Table *table, Text key, void *value); /* replaces */
size_t table_count(const Table *table);
const TableEntry *table_at(const Table *table, size_t i); /* i-th inserted key */
/* The key nearest in spelling to `key`, empty when none is near. */
Text table_nearest(const Table *table, Text key);

#endif
