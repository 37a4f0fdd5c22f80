/* Text, output buffers, and the map from text to pointers. */
#include "base/text.h"

#include "base/limits.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Text text_from(const char *c_string)
{
    return c_string == NULL ? (Text){"", 0} : (Text){c_string, strlen(c_string)};
}

int text_compare(Text a, Text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter == 0 ? 0 : memcmp(a.bytes, b.bytes, shorter);

    if (order != 0)
        return order;
    return a.length < b.length ? -1 : a.length > b.length;
}

bool text_starts(Text a, const char *prefix)
{
    size_t length = strlen(prefix);
    return a.length >= length && memcmp(a.bytes, prefix, length) == 0;
}

Text text_copy(Arena *arena, Text t)
{
    return (Text){arena_copy(arena, t.bytes, t.length), t.length};
}

Text text_format(Arena *arena, const char *format, ...)
{
    Buffer buffer = {.arena = arena};
    va_list arguments;

    va_start(arguments, format);
    buffer_format_v(&buffer, format, arguments);
    va_end(arguments);
    return buffer_view(&buffer);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* By rows over `a`: the cost of turning a[0..i) into b[0..j) by changing, adding
 * or dropping a byte, or by swapping two neighbours (which are not touched again). */
static size_t distance_by_rows(Text a, Text b)
{
    size_t rows[3][LIMIT_NAME_BYTES + 1];

    for (size_t j = 0; j <= b.length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        const size_t *two_above = rows[(i + 1) % 3];
        const size_t *above = rows[(i + 2) % 3];
        size_t *row = rows[i % 3];

        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            bool is_same = a.bytes[i - 1] == b.bytes[j - 1];
            row[j] = least(above[j - 1] + (is_same ? 0 : 1), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.bytes[i - 1] == b.bytes[j - 2] &&
                a.bytes[i - 2] == b.bytes[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a.length % 3][b.length];
}

size_t text_distance(Text a, Text b, size_t bound)
{
    size_t difference = a.length < b.length ? b.length - a.length : a.length - b.length;

    if (text_equal(a, b))
        return 0;
    if (difference > bound || a.length > LIMIT_NAME_BYTES || b.length > LIMIT_NAME_BYTES)
        return bound + 1;
    return least(distance_by_rows(a, b), bound + 1);
}

uint64_t text_hash64(Text t)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < t.length; i++)
        hash = (hash ^ (unsigned char)t.bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t mixed(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 32);
}

uint64_t text_quick_hash(Text t)
{
    uint64_t hash = mixed(t.length, 0);
    uint64_t word = 0;
    size_t i = 0;

    for (; i + sizeof word <= t.length; i += sizeof word) {
        memcpy(&word, t.bytes + i, sizeof word);
        hash = mixed(hash, word);
    }
    word = 0;
    if (i < t.length)
        memcpy(&word, t.bytes + i, t.length - i);
    return mixed(hash, word);
}

/* Makes room for `more` bytes and the NUL after them. */
static void buffer_reserve(Buffer *b, size_t more)
{
    size_t needed = b->length + more + 1;
    size_t larger = b->capacity < 64 ? 64 : b->capacity * 2;
    char *moved = NULL;

    if (needed <= b->capacity)
        return;
    while (larger < needed)
        larger *= 2;
    moved = arena_array(b->arena, larger, 1);
    if (b->length > 0)
        memcpy(moved, b->bytes, b->length);
    b->bytes = moved;
    b->capacity = larger;
}

void buffer_add(Buffer *b, const char *bytes, size_t length)
{
    buffer_reserve(b, length);
    if (length > 0)
        memcpy(b->bytes + b->length, bytes, length);
    b->length += length;
    b->bytes[b->length] = '\0';
}

void buffer_text(Buffer *b, Text t)
{
    buffer_add(b, t.bytes, t.length);
}

void buffer_string(Buffer *b, const char *c_string)
{
    buffer_add(b, c_string, strlen(c_string));
}

void buffer_char(Buffer *b, char c)
{
    buffer_add(b, &c, 1);
}

void buffer_format(Buffer *b, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    buffer_format_v(b, format, arguments);
    va_end(arguments);
}

static void add_whole_number(Buffer *b, uint64_t number)
{
    char digits[20];
    size_t first = sizeof digits;

    do
        digits[--first] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    buffer_add(b, digits + first, sizeof digits - first);
}

/* Whether a format holds no more than texts and counts, as names' do. */
static bool is_plain_format(const char *format)
{
    for (const char *at = strchr(format, '%'); at != NULL; at = strchr(at + 1, '%'))
        if (strncmp(at, "%.*s", 4) != 0 && strncmp(at, "%zu", 3) != 0 && at[1] != 's' &&
            at[1] != 'u')
            return false;
    return true;
}

static void format_plainly(Buffer *b, const char *format, va_list arguments)
{
    for (const char *at = format; *at != '\0';) {
        size_t before = strcspn(at, "%");

        buffer_add(b, at, before);
        at += before;
        if (*at == '\0')
            break;
        if (at[1] == '.') {
            int length = va_arg(arguments, int);
            const char *bytes = va_arg(arguments, const char *);
            buffer_add(b, bytes, length > 0 ? strnlen(bytes, (size_t)length) : 0);
            at += 4;
        } else if (at[1] == 's') {
            buffer_string(b, va_arg(arguments, const char *));
            at += 2;
        } else if (at[1] == 'u') {
            add_whole_number(b, va_arg(arguments, unsigned));
            at += 2;
        } else {
            add_whole_number(b, va_arg(arguments, size_t));
            at += 3;
        }
    }
}

void buffer_format_v(Buffer *b, const char *format, va_list arguments)
{
    char most[256]; /* nearly everything is shorter: it is printed once */
    va_list again;
    int length = 0;

    if (is_plain_format(format)) {
        format_plainly(b, format, arguments);
        return;
    }
    va_copy(again, arguments);
    length = vsnprintf(most, sizeof most, format, again);
    va_end(again);
    assert(length >= 0 && "formats are our own and hold no wide characters");
    if ((size_t)length < sizeof most) {
        buffer_add(b, most, (size_t)length);
        return;
    }
    buffer_reserve(b, (size_t)length);
    vsnprintf(b->bytes + b->length, (size_t)length + 1, format, arguments);
    b->length += (size_t)length;
}

Text buffer_view(const Buffer *b)
{
    return b->bytes == NULL ? (Text){"", 0} : (Text){b->bytes, b->length};
}

void buffer_number(Buffer *b, double x)
{
    char text[40];
    char *comma = NULL;

    if (isnan(x)) {
        buffer_string(b, "nan"); /* whatever its sign bit */
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    comma = strchr(text, ','); /* the host may have set a locale */
    if (comma != NULL)
        *comma = '.';
    buffer_string(b, text);
}

/* Open addressing over positions in `entries`, which keep the order of insertion. */
struct Table {
    Arena *arena;
    LIST(TableEntry) entries;
    LIST(uint64_t) hashes; /* by entry */
    uint32_t *slots;       /* position in entries plus one; 0 is free */
    size_t n_slots;        /* a power of two, at least twice the entries */
};

Table *table_new(Arena *arena)
{
    Table *table = ARENA_NEW(arena, Table);

    table->arena = arena;
    table->n_slots = 16;
    table->slots = ARENA_ARRAY(arena, uint32_t, table->n_slots);
    return table;
}

/* The slot that holds the key of that hash, or the free one where it belongs. */
static uint32_t *find_slot(const Table *table, Text key, uint64_t hash)
{
    size_t mask = table->n_slots - 1;

    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &table->slots[i];
        if (*slot == 0 || (table->hashes.items[*slot - 1] == hash &&
                           text_equal(table->entries.items[*slot - 1].key, key)))
            return slot;
    }
}

static void double_slots(Table *table)
{
    table->n_slots *= 2;
    table->slots = ARENA_ARRAY(table->arena, uint32_t, table->n_slots);
    for (size_t i = 0; i < table->entries.count; i++)
        *find_slot(table, table->entries.items[i].key, table->hashes.items[i]) = (uint32_t)(i + 1);
}

void *table_get(const Table *table, Text key)
{
    uint32_t slot = *find_slot(table, key, text_quick_hash(key));
    return slot == 0 ? NULL : table->entries.items[slot - 1].value;
}

void table_set(Table *table, Text key, void *value)
{
    uint64_t hash = text_quick_hash(key);
    uint32_t *slot = find_slot(table, key, hash);
    TableEntry *entry = NULL;

    if (*slot != 0) {
        table->entries.items[*slot - 1].value = value;
        return;
    }
    if ((table->entries.count + 1) * 2 > table->n_slots) {
        double_slots(table);
        slot = find_slot(table, key, hash);
    }
    entry = LIST_PUSH(table->arena, &table->entries);
    entry->key = text_copy(table->arena, key);
    entry->value = value;
    *LIST_PUSH(table->arena, &table->hashes) = hash;
    *slot = (uint32_t)table->entries.count;
}

size_t table_count(const Table *table)
{
    return table->entries.count;
}

const TableEntry *table_at(const Table *table, size_t i)
{
    assert(i < table->entries.count && "the caller counts with table_count");
    return &table->entries.items[i];
}

/* A slip of the fingers in a short name, up to three in a long one. */
static size_t slips_allowed(Text key)
{
    if (key.length < 3)
        return key.length < 2 ? 0 : 1;
    return key.length < 6 ? 1 : key.length < 10 ? 2 : 3;
}

Text table_nearest(const Table *table, Text key)
{
    Text nearest = {"", 0};
    size_t best = slips_allowed(key) + 1;

    for (size_t i = 0; i < table->entries.count; i++) {
        Text name = table->entries.items[i].key;
        size_t distance = text_distance(key, name, best);

        if (distance < best ||
            (distance == best && nearest.length > 0 && text_compare(name, nearest) < 0)) {
            best = distance;
            nearest = name;
        }
    }
    return nearest;
}
