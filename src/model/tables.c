/* Tables: numbers by date, by instance or by word, inline or from a CSV file. */
#include "model/checker.h"

#include <stdio.h>
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

static bool parse_date(Text cell, double *out)
{
    int year = 0, month = 1, day = 1;
    char extra;
    char text[32];
    if (cell.length >= sizeof text)
        return false;
    for (size_t i = 0; i < cell.length; i++)
        text[i] = cell.bytes[i];
    text[cell.length] = 0;
    int n = sscanf(text, "%d-%d-%d%c", &year, &month, &day, &extra);
    if (n < 2 || n > 3 || !day_is_valid(year, month, n == 3 ? day : 1))
        return false;
    *out = day_from_civil(year, month, n == 3 ? day : 1);
    return true;
}

static bool key_of_cell(Checker *c, TableDef *table, Text cell, double *out)
{
    if (table->key_tag == KIND_OF_DATE)
        return parse_date(cell, out);
    *out = word_of_table(c, table, cell, true);
    return true;
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
            rows[i].number *= table->type.unit.numerator / table->type.unit.denominator;
        else if (!dimensions_equal(&t.type.unit.dims, &table->type.unit.dims))
            return bad(c, table, decl->exprs.items[i]->span,
                       "this row is in another unit than the table");
    }
    return true;
}

static Text next_cell(Text line, size_t *at)
{
    size_t start = *at;
    while (*at < line.length && line.bytes[*at] != ',')
        (*at)++;
    Text cell = {line.bytes + start, *at - start};
    (*at)++;
    while (cell.length > 0 && (cell.bytes[0] == ' ' || cell.bytes[0] == '"')) {
        cell.bytes++;
        cell.length--;
    }
    while (cell.length > 0 &&
           (cell.bytes[cell.length - 1] == ' ' || cell.bytes[cell.length - 1] == '\r' ||
            cell.bytes[cell.length - 1] == '"'))
        cell.length--;
    return cell;
}

typedef LIST(Row) RowList;

static bool rows_of_csv(Checker *c, TableDef *table, Text text, RowList *rows)
{
    const Decl *decl = table->decl;
    size_t columns[2] = {SIZE_MAX, SIZE_MAX}, at = 0;
    for (size_t line_number = 0; at < text.length; line_number++) {
        size_t end = at;
        while (end < text.length && text.bytes[end] != '\n')
            end++;
        Text line = {text.bytes + at, end - at};
        at = end + 1;
        Text key = {0}, number = {0};
        size_t place = 0;
        for (size_t column = 0; place <= line.length && line.length > 0; column++) {
            Text cell = next_cell(line, &place);
            for (int k = 0; k < 2; k++)
                if (line_number == 0 && text_equal(cell, decl->names.items[k]))
                    columns[k] = column;
            if (line_number > 0 && column == columns[0])
                key = cell;
            if (line_number > 0 && column == columns[1])
                number = cell;
        }
        if (line_number == 0) {
            if (columns[0] == SIZE_MAX || columns[1] == SIZE_MAX)
                return bad(c, table, decl->name_span,
                           "the file's first line does not name both columns");
            continue;
        }
        if (line.length == 0)
            continue;
        Row row = {.written = rows->count};
        char *stop = NULL;
        Text copy = text_copy(c->arena, number);
        if (copy.length > 0)
            row.number = strtod(copy.bytes, &stop) * table->type.unit.numerator /
                         table->type.unit.denominator;
        if (!stop || *stop || !key_of_cell(c, table, text_copy(c->arena, key), &row.key)) {
            diag_error(c->diags, DIAG_BAD_TABLE, decl->name_span,
                       "table `%.*s`: line %zu of %.*s cannot be read", TEXT_ARG(decl->name),
                       line_number + 1, TEXT_ARG(decl->file));
            table->is_bad = true;
            return false;
        }
        if (rows->count >= LIMIT_TABLE_ROWS)
            return bad(c, table, decl->name_span, "the file has too many rows");
        *LIST_PUSH(c->arena, rows) = row;
    }
    return true;
}

bool table_prepare(Checker *c, TableDef *table)
{
    if (table->index != NO_ID || table->is_bad)
        return !table->is_bad;
    const Decl *decl = table->decl;
    bool ok;
    table->type = type_of_decl(c, c->root, &decl->type, &ok);
    if (!ok || table->type.tag != KIND_OF_NUMBER)
        return ok ? bad(c, table, decl->type.span, "a table holds numbers with a unit")
                  : (table->is_bad = true, false);
    table->key_tag = text_is(decl->name2, "date") ? KIND_OF_DATE : KIND_OF_WORD;
    table->key_kind = kind_named(c, decl->name2);
    if (table->key_kind)
        table->key_tag = KIND_OF_REFERENCE;

    RowList rows = {0};
    if (decl->file.length > 0) {
        Text from = c->diags->sources->files.items[decl->span.file]->name;
        bool is_read = false;
        Text text = c->options->read_file
                        ? c->options->read_file(c->options->read_context, c->arena, from,
                                                decl->file, &is_read)
                        : TEXT("");
        if (!is_read) {
            diag_error(c->diags, DIAG_BAD_FILE, decl->name_span, "the file `%.*s` cannot be read",
                       TEXT_ARG(decl->file));
            table->is_bad = true;
            return false;
        }
        if (!rows_of_csv(c, table, text, &rows))
            return false;
    } else {
        rows.items = ARENA_ARRAY(c->arena, Row, decl->keys.count + 1);
        rows.count = decl->keys.count;
        if (!inline_rows(c, table, rows.items))
            return false;
    }
    size_t n = rows.count;
    if (n == 0)
        return bad(c, table, decl->name_span, "there are no rows");
    qsort(rows.items, n, sizeof(Row), by_key);
    for (size_t i = 1; i < n; i++)
        if (rows.items[i].key == rows.items[i - 1].key)
            return bad(c, table,
                       decl->keys.count > 0 ? decl->keys.items[rows.items[i].written]->span
                                            : decl->name_span,
                       "two rows have the same key");

    KeyTable *made = LIST_PUSH(c->arena, &c->model->tables);
    double *keys = ARENA_ARRAY(c->arena, double, n), *numbers = ARENA_ARRAY(c->arena, double, n);
    for (size_t i = 0; i < n; i++) {
        keys[i] = rows.items[i].key;
        numbers[i] = rows.items[i].number;
    }
    made->name = decl->name;
    made->mode = table->key_tag != KIND_OF_DATE   ? KEY_EXACT
                 : text_is(decl->name3, "linear") ? KEY_LINEAR
                                                  : KEY_STEP;
    made->is_held = decl->is_held;
    made->n_rows = (uint32_t)n;
    made->keys = keys;
    made->numbers = numbers;
    table->index = (uint32_t)(c->model->tables.count - 1);
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
    Node *node = ARENA_NEW(c->arena, Node);
    node->op = N_TABLE;
    node->value = NO_ID;
    node->table = table->index;
    node->n_args = 1;
    node->args = ARENA_ARRAY(c->arena, const Node *, 1);
    node->args[0] = t.node;
    return (Typed){.type = table->type, .node = node};
}
