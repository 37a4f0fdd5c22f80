/* Tables: numbers by date, by instance or by word, inline or from a CSV file. */
#include "model/checker.h"

#include "model/csv.h"

#include <stdlib.h>

TableDef *table_named(Checker *c, Text name)
{
    return table_get(c->tables, name);
}

typedef struct {
    double key, number;
    size_t written;
} Row;

static int by_key(const void *a, const void *b)
{
    double x = ((const Row *)a)->key, y = ((const Row *)b)->key;
    return (x > y) - (x < y);
}

static bool bad(Checker *c, TableDef *table, Span at, const char *why)
{
    diag_error(c->diags, DIAG_BAD_TABLE, at, "table `%.*s`: %s", TEXT_ARG(table->decl->name), why);
    table->is_bad = true;
    return false;
}

static uint32_t word_of_table(Checker *c, TableDef *table, Text word, bool may_add)
{
    for (size_t i = 0; i < table->words.count; i++)
        if (text_equal(table->words.items[i], word))
            return (uint32_t)i;
    if (!may_add)
        return NO_ID;
    *LIST_PUSH(c->arena, &table->words) = word;
    return (uint32_t)(table->words.count - 1);
}

/* 2026-03 or 2026-03-31 */
static bool parse_date(Text cell, double *out)
{
    int parts[3] = {0, 0, 1};
    size_t n = 0;

    for (size_t at = 0; at < cell.length; at++, n++) {
        size_t start = at;
        int part = 0;
        for (; at < cell.length && cell.bytes[at] >= '0' && cell.bytes[at] <= '9'; at++)
            part = part <= DATE_MAX_YEAR ? part * 10 + (cell.bytes[at] - '0') : part;
        bool ends = at == cell.length || (cell.bytes[at] == '-' && at + 1 < cell.length);
        if (n == 3 || at == start || !ends)
            return false;
        parts[n] = part;
    }
    if (n < 2 || !day_is_valid(parts[0], parts[1], parts[2]))
        return false;
    *out = day_from_civil(parts[0], parts[1], parts[2]);
    return true;
}

static bool key_of_cell(Checker *c, TableDef *table, Text cell, double *out)
{
    if (table->key_tag == KIND_OF_DATE)
        return parse_date(cell, out);
    *out = word_of_table(c, table, cell, true);
    return true;
}

/* A number alone is in the table's unit, with its magnitude: `table price : k USD`. One that brings
 * a magnitude or a percent sign of its own is in the unit alone. */
static double scale_of_bare_numbers(const TableDef *table)
{
    return table->type.shown_scale != 0 ? table->type.shown_scale : 1;
}

static bool inline_rows(Checker *c, TableDef *table, Row *rows)
{
    const Decl *decl = table->decl;
    Env env = {.self = c->root, .owner_name = decl->name};
    for (size_t i = 0; i < decl->keys.count; i++) {
        const Expr *key = decl->keys.items[i];
        rows[i].written = i;
        if (table->key_tag == KIND_OF_DATE) {
            const Node *day = elaborate_date(c, &env, key, "a row's key");
            if (!day || !node_is_constant(day, &rows[i].key))
                return bad(c, table, key->span, "a row's key is a date written out");
        } else if (key->kind == EXPR_WORD || key->kind == EXPR_FIELD) {
            rows[i].key = word_of_table(c, table, span_text(c->diags->sources, key->span), true);
        } else {
            return bad(c, table, key->span, "a row's key is a name");
        }
        Typed t = elaborate(c, &env, decl->exprs.items[i]);
        if (t.type.tag == KIND_OF_ERROR) {
            table->is_bad = true;
            return false;
        }
        if (t.type.tag != KIND_OF_NUMBER || !node_is_constant(t.node, &rows[i].number))
            return bad(c, table, decl->exprs.items[i]->span,
                       "a row's number must be known before the run");
        if (unit_is_plain(&t.type.unit))
            rows[i].number *= t.type.shown.length == 0
                                  ? scale_of_bare_numbers(table)
                                  : table->type.unit.numerator / table->type.unit.denominator;
        else if (!dimensions_equal(&t.type.unit.dims, &table->type.unit.dims))
            return bad(c, table, decl->exprs.items[i]->span,
                       "this row is in another unit than the table");
    }
    return true;
}

bool data_file_read(Checker *c, Span at, Text path, Text *text)
{
    Text from = c->diags->sources->files.items[at.file]->name;
    bool is_read = false;

    *text = TEXT("");
    if (c->options->read_file)
        *text = c->options->read_file(c->options->read_context, c->arena, from, path, &is_read);
    if (!is_read)
        diag_error(c->diags, DIAG_BAD_FILE, at, "the file `%.*s` cannot be read", TEXT_ARG(path));
    else if (text->length > LIMIT_SOURCE_BYTES)
        diag_error(c->diags, DIAG_FILE_TOO_LARGE, at, "`%.*s` is larger than %d bytes",
                   TEXT_ARG(path), LIMIT_SOURCE_BYTES);
    return is_read && text->length <= LIMIT_SOURCE_BYTES;
}

typedef LIST(Row) RowList;

static bool row_of_csv(Checker *c, TableDef *table, const CsvReader *reader,
                       const size_t columns[2], Row *row)
{
    Text number = csv_cell(reader, columns[1]);

    if (!csv_number(c->arena, number, &row->number) ||
        !key_of_cell(c, table, csv_cell(reader, columns[0]), &row->key)) {
        diag_error(c->diags, DIAG_BAD_TABLE, table->decl->name_span,
                   "table `%.*s`: line %zu of %.*s cannot be read", TEXT_ARG(table->decl->name),
                   reader->line, TEXT_ARG(table->decl->file));
        table->is_bad = true;
        return false;
    }
    row->number *= scale_of_bare_numbers(table);
    return true;
}

static bool rows_of_csv(Checker *c, TableDef *table, Text text, RowList *rows)
{
    const Decl *decl = table->decl;
    CsvReader reader = csv_open(text);
    size_t columns[2] = {CSV_NO_COLUMN, CSV_NO_COLUMN};

    if (csv_next_row(c->arena, &reader))
        for (size_t k = 0; k < 2 && k < decl->names.count; k++)
            columns[k] = csv_find(&reader, decl->names.items[k]);
    if (columns[0] == CSV_NO_COLUMN || columns[1] == CSV_NO_COLUMN)
        return bad(c, table, decl->name_span, "the file's first line does not name both columns");
    while (csv_next_row(c->arena, &reader)) {
        Row row = {.written = rows->count};
        if (rows->count >= LIMIT_TABLE_ROWS)
            return bad(c, table, decl->name_span, "the file has too many rows");
        if (!row_of_csv(c, table, &reader, columns, &row))
            return false;
        *LIST_PUSH(c->arena, rows) = row;
    }
    return true;
}

static bool read_table_types(Checker *c, TableDef *table)
{
    const Decl *decl = table->decl;
    bool ok;

    table->type = type_of_decl(c, c->root, &decl->type, &ok);
    if (ok && table->type.tag != KIND_OF_NUMBER)
        return bad(c, table, decl->type.span, "a table holds numbers with a unit");
    table->is_bad = !ok;
    table->key_kind = kind_named(c, decl->name2);
    table->key_tag = table->key_kind                ? KIND_OF_REFERENCE
                     : text_is(decl->name2, "date") ? KIND_OF_DATE
                                                    : KIND_OF_WORD;
    return ok;
}

static bool read_rows(Checker *c, TableDef *table, RowList *rows)
{
    const Decl *decl = table->decl;
    Text text;

    if (decl->file.length == 0) {
        rows->items = ARENA_ARRAY(c->arena, Row, decl->keys.count + 1);
        rows->count = decl->keys.count;
        return inline_rows(c, table, rows->items);
    }
    table->is_bad = !data_file_read(c, decl->name_span, decl->file, &text);
    return !table->is_bad && rows_of_csv(c, table, text, rows);
}

/* By their keys, of which each stands once. */
static bool sort_rows(Checker *c, TableDef *table, RowList *rows)
{
    const Decl *decl = table->decl;

    if (rows->count == 0)
        return bad(c, table, decl->name_span, "there are no rows");
    qsort(rows->items, rows->count, sizeof(Row), by_key);
    for (size_t i = 1; i < rows->count; i++)
        if (rows->items[i].key == rows->items[i - 1].key)
            return bad(c, table,
                       decl->keys.count > 0 ? decl->keys.items[rows->items[i].written]->span
                                            : decl->name_span,
                       "two rows have the same key");
    return true;
}

bool table_prepare(Checker *c, TableDef *table)
{
    const Decl *decl = table->decl;
    RowList rows = {0};

    if (table->index != NO_ID || table->is_bad)
        return !table->is_bad;
    if (table->is_being_read)
        return bad(c, table, decl->name_span, "its rows are read from itself");
    table->is_being_read = true;
    if (!read_table_types(c, table) || !read_rows(c, table, &rows) || !sort_rows(c, table, &rows))
        return false;
    double *keys = ARENA_ARRAY(c->arena, double, rows.count);
    double *numbers = ARENA_ARRAY(c->arena, double, rows.count);
    for (size_t i = 0; i < rows.count; i++) {
        keys[i] = rows.items[i].key;
        numbers[i] = rows.items[i].number;
    }
    table->index = (uint32_t)c->model->tables.count;
    *LIST_PUSH(c->arena, &c->model->tables) =
        (KeyTable){.name = decl->name,
                   .mode = table->key_tag != KIND_OF_DATE   ? KEY_EXACT
                           : text_is(decl->name3, "linear") ? KEY_LINEAR
                                                            : KEY_STEP,
                   .is_held = decl->is_held,
                   .n_rows = (uint32_t)rows.count,
                   .keys = keys,
                   .numbers = numbers};
    return true;
}

static Typed number_of_row(Checker *c, TableDef *table, const Expr *key, Text word)
{
    uint32_t row = word_of_table(c, table, word, false);
    if (row == NO_ID) {
        Table *names = table_new(c->arena);
        for (size_t i = 0; i < table->words.count; i++)
            table_set(names, table->words.items[i], names);
        Diag *d = diag_error(c->diags, DIAG_BAD_TABLE, key->span, "table `%.*s` has no row `%.*s`",
                             TEXT_ARG(table->decl->name), TEXT_ARG(word));
        suggest_nearest(c, d, key->span, names, word);
        return typed_error();
    }
    return (Typed){.type = table->type,
                   .node = node_const(c, c->model->tables.items[table->index].numbers[row])};
}

/* Whether a word is the name of anything that could be a table's key. */
static bool is_name(const Env *env, Text word)
{
    for (const Loop *loop = env->loops; loop; loop = loop->up)
        if (text_equal(loop->name, word))
            return true;
    for (const Instance *at = env->self; at; at = at->owner)
        if (table_get(at->fields, word) || table_get(at->children, word) ||
            (at->bound && text_equal(at->bound_name, word)))
            return true;
    return false;
}

/* Behind the rows, and the `step` or `linear` that may follow them; 0 for rows from a file. */
static uint32_t place_of_hold(Checker *c, const Decl *table)
{
    Text text = span_text(c->diags->sources, table->span);
    size_t i = 0;

    while (i < text.length && text.bytes[i] != '}')
        i++;
    if (i == text.length)
        return 0;
    static const char *const words[] = {" step", " linear"};
    for (size_t k = 0; k < 2; k++) {
        Text word = text_from(words[k]);
        if (text_starts((Text){text.bytes + i + 1, text.length - i - 1}, words[k]))
            return table->span.start + (uint32_t)(i + 1 + word.length);
    }
    return table->span.start + (uint32_t)i + 1;
}

/* A table read on each period's last day, of which the clock goes past its rows. */
static void warn_of_ends(Checker *c, const Env *env, TableDef *table, const Expr *call,
                         const Node *key)
{
    const KeyTable *rows = &c->model->tables.items[table->index];
    double from = c->model->last_days[0], until = c->model->until;

    if (rows->is_held || rows->n_rows == 0 || env->is_guarded || table->has_warned)
        return;
    if (key->op != N_TODAY && !node_is_constant(key, &from))
        return;
    if (key->op != N_TODAY)
        until = from;
    bool is_early = from<rows->keys[0], is_late = until> rows->keys[rows->n_rows - 1];
    char end[16], day[16];
    if (!is_early && !is_late)
        return;
    table->has_warned = true;
    day_print(is_early ? rows->keys[0] : rows->keys[rows->n_rows - 1], end);
    day_print(is_early ? from : until, day);
    Diag *d = diag_warning(c->diags, DIAG_BAD_TABLE, call->span,
                           is_early ? "table `%.*s` begins on %s, and is read on %s"
                                    : "the last row of table `%.*s` is of %s, and it is read on %s",
                           TEXT_ARG(table->decl->name), end, day);
    diag_label(c->diags, d, table->decl->name_span, "declared here");
    diag_because(c->diags, d,
                 "Outside of its rows a table is not a number, and the path fails; with `hold` it "
                 "keeps its first and last number there.");
    uint32_t at = place_of_hold(c, table->decl);
    if (at > 0)
        diag_suggest(c->diags, d, (Span){table->decl->span.file, at, at}, " hold");
}

Typed table_read(Checker *c, const Env *env, TableDef *table, const Expr *call)
{
    if (!table_prepare(c, table))
        return typed_error();
    if (call->args.count != 1) {
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS, call->span, "a table has one key: `%.*s(key)`",
                   TEXT_ARG(table->decl->name));
        return typed_error();
    }
    const Expr *key = call->args.items[0];
    if (table->key_tag == KIND_OF_WORD && key->kind == EXPR_WORD &&
        (word_of_table(c, table, key->name, false) != NO_ID || !is_name(env, key->name)))
        return number_of_row(c, table, key, key->name);

    Typed t = elaborate(c, env, key);
    if (t.type.tag == KIND_OF_ERROR)
        return t;
    if (t.type.tag == KIND_OF_REFERENCE && table->key_tag != KIND_OF_DATE)
        return number_of_row(c, table, key, t.instance->path);
    if (t.type.tag == KIND_OF_WORD && table->key_tag == KIND_OF_WORD) {
        /* Words are numbered by the model; the table's rows by the table: translate each once. */
        const Node *out = node_const(c, __builtin_nan(""));
        for (size_t i = table->words.count; i-- > 0;) {
            uintptr_t word = (uintptr_t)table_get(c->words, table->words.items[i]);
            if (!word)
                continue;
            const Node *is_it = node_make(c, N_EQ, t.node, node_const(c, (double)(word - 1)), NULL);
            out = node_make(c, N_IF, is_it,
                            node_const(c, c->model->tables.items[table->index].numbers[i]), out);
        }
        return (Typed){.type = table->type, .node = out};
    }
    if (t.type.tag != KIND_OF_DATE || table->key_tag != KIND_OF_DATE) {
        diag_error(c->diags, DIAG_WRONG_TYPE, key->span, "table `%.*s` is by %.*s, not by %.*s",
                   TEXT_ARG(table->decl->name), TEXT_ARG(table->decl->name2),
                   TEXT_ARG(type_name(c, &t.type)));
        return typed_error();
    }
    warn_of_ends(c, env, table, call, t.node);
    Node *node = ARENA_NEW(c->arena, Node);
    node->op = N_TABLE;
    node->value = NO_ID;
    node->table = table->index;
    node->n_args = 1;
    node->args = ARENA_ARRAY(c->arena, const Node *, 1);
    node->args[0] = t.node;
    return (Typed){.type = table->type, .node = node};
}
