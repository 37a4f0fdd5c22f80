/* A part of a run in one SQLite file: writing and reading walk the same arrays in the same order.
 */
#include "results/part.h"

#include <stdlib.h>
#include <string.h>

static const char schema[] =
    "CREATE TABLE part (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE file (number INTEGER PRIMARY KEY, name TEXT, is_library INTEGER, text TEXT);"
    "CREATE TABLE line (number INTEGER PRIMARY KEY, option TEXT, text TEXT);"
    "CREATE TABLE failure (path INTEGER PRIMARY KEY, period INTEGER, value INTEGER, what TEXT,"
    " number BLOB);"
    "CREATE TABLE block (name TEXT, number INTEGER, bytes BLOB, PRIMARY KEY (name, number))"
    " WITHOUT ROWID;";

/* ---- the arrays of a result --------------------------------------------------------------- */

/* Counts that are not arrays. */
typedef struct {
    uint64_t n_failed, n_kept, n_kept_failed, n_book_checks, n_book_faults, n_clearings, bytes;
    uint64_t has_summary;
} Counts;

/* A column's summary but for its nodes and buckets. */
typedef struct {
    uint64_t n_never, n_nonzero, n_nodes, n_buckets, count, nan_count;
    int64_t bits;
    double least, greatest;
} SummaryHead;

/* False ends the walk. */
typedef struct {
    bool (*visit)(void *context, const char *name, uint32_t number, void *bytes, size_t length);
    void *context;
} Visitor;

static bool visit(const Visitor *v, const char *name, uint32_t number, void *bytes, size_t length)
{
    return v->visit(v->context, name, number, bytes, length);
}

static bool walk_columns(const Visitor *v, const Model *model, RunResult *result)
{
    size_t size = result->n_kept * sizeof(double);
    uint32_t column = 0;
    bool goes_on = true;

    for (size_t i = 0; i < model->outputs.count; i++) {
        uint32_t n = model->outputs.items[i].is_once ? 1 : model->n_periods;
        for (uint32_t t = 0; t < n && goes_on; t++)
            goes_on = visit(v, "column", column++, result->columns[i] + t * result->n_kept, size);
    }
    for (uint32_t i = 0; i < model->checks.count && goes_on; i++)
        goes_on = visit(v, "held", i, result->held + i * result->n_kept, result->n_kept) &&
                  visit(v, "cover", i, result->worst_cover + i * result->n_kept, size);
    return goes_on;
}

static bool walk_who_pays(const Visitor *v, const Model *model, RunResult *result)
{
    size_t size = result->n_kept * sizeof(double);
    uint32_t row = 0;
    uint32_t inside_row = 0;
    bool goes_on = true;

    for (uint32_t i = 0; i < result->n_who_pays && goes_on; i++) {
        const WhoPays *who = &result->who_pays[i];
        goes_on = visit(v, "received", i, who->received, size);
        for (uint32_t s = 0; s < who->n_sources && goes_on; s++)
            goes_on = visit(v, "share", row++, who->shares + s * result->n_kept, size);
        for (uint32_t p = 0, n = 0; p < model->parties.count && goes_on; p++)
            if (!model->parties.items[p].is_outside)
                goes_on = visit(v, "cash_before", inside_row++,
                                who->cash_before + n++ * result->n_kept, size);
    }
    return goes_on;
}

static bool walk_flows(const Visitor *v, const Model *model, RunResult *result)
{
    double *sums[] = {result->due_high, result->due_low, result->paid_high, result->paid_low};
    size_t size = model->slots.count * model->n_periods * sizeof(double);
    bool goes_on = true;

    for (uint32_t i = 0; i < 4 && goes_on; i++)
        goes_on = visit(v, "flow", i, sums[i], size);
    return goes_on;
}

/* Reading, the head says how long the lists are. */
static bool walk_summary(const Visitor *v, ColumnSummary *column, uint32_t number)
{
    Sketch *sketch = column->sketch;
    SummaryHead head = {column->n_never,   column->n_nonzero, column->moments.n_nodes,
                        sketch->n_buckets, sketch->count,     sketch->nan_count,
                        sketch->bits,      sketch->least,     sketch->greatest};

    if (!visit(v, "summary", number, &head, sizeof head) || head.n_nodes > MOMENT_NODES ||
        head.n_buckets > SKETCH_MOST_BUCKETS || head.bits < 0 || head.bits > SKETCH_ALL_BITS)
        return false;
    column->n_never = head.n_never;
    column->n_nonzero = head.n_nonzero;
    column->moments.n_nodes = (uint32_t)head.n_nodes;
    sketch->n_buckets = (size_t)head.n_buckets;
    sketch->count = head.count;
    sketch->nan_count = head.nan_count;
    sketch->bits = (int)head.bits;
    sketch->least = head.least;
    sketch->greatest = head.greatest;
    sketch->is_sealed = 1;
    return visit(v, "nodes", number, column->moments.nodes,
                 (size_t)head.n_nodes * sizeof *column->moments.nodes) &&
           visit(v, "buckets", number, sketch->buckets,
                 (size_t)head.n_buckets * sizeof *sketch->buckets);
}

static bool walk_result(const Visitor *v, const Model *model, RunResult *result)
{
    bool goes_on = visit(v, "failed", 0, result->is_failed, result->n_paths) &&
                   walk_columns(v, model, result) && walk_who_pays(v, model, result) &&
                   walk_flows(v, model, result);

    for (uint32_t i = 0; goes_on && result->summary != NULL && i < result->summary->n_columns; i++)
        goes_on = walk_summary(v, &result->summary->columns[i], i);
    if (goes_on && result->summary != NULL)
        goes_on = visit(v, "checks", 0, result->summary->n_held,
                        result->summary->n_checks * sizeof *result->summary->n_held);
    return goes_on;
}

/* ---- that nothing was changed ------------------------------------------------------------- */

/* Of the head, of all arrays in their order and of what failed, kept beside them: a byte that a
 * disk or a wire changed is found. */
static uint64_t digest_with(uint64_t digest, const void *bytes, size_t length)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;

    return (digest ^ text_hash64((Text){bytes, length})) * odd + 1;
}

static uint64_t digest_text(uint64_t digest, Text text)
{
    return digest_with(digest, text.bytes, text.length);
}

static uint64_t digest_head(const PartHead *head)
{
    const uint64_t numbers[] = {(uint64_t)head->year, head->is_strict,   head->seed,
                                head->total_paths,    head->keep_bytes,  head->first_path,
                                head->n_paths,        head->files.count, head->settings.count,
                                head->shows.count};
    uint64_t digest = digest_with(0, numbers, sizeof numbers);

    digest = digest_text(digest_text(digest, head->version), head->scenario);
    for (size_t i = 0; i < head->files.count; i++) {
        digest = digest_text(digest, head->files.items[i].name);
        digest = digest_text(digest, head->files.items[i].text);
        digest = digest_with(digest, &head->files.items[i].is_library, sizeof(bool));
    }
    for (size_t i = 0; i < head->settings.count; i++)
        digest = digest_text(digest, head->settings.items[i]);
    for (size_t i = 0; i < head->shows.count; i++)
        digest = digest_text(digest, head->shows.items[i]);
    return digest;
}

static uint64_t digest_failures(uint64_t digest, const RunResult *result)
{
    for (size_t i = 0; i < result->failures.count; i++) {
        const Failure *failure = &result->failures.items[i];
        const uint64_t numbers[] = {failure->path, failure->period, failure->value};

        digest = digest_with(digest, numbers, sizeof numbers);
        digest = digest_with(digest, &failure->number, sizeof failure->number);
        digest = digest_text(digest, failure->what);
    }
    return digest;
}

/* ---- writing ------------------------------------------------------------------------------ */

typedef struct {
    Database *db;
    sqlite3_stmt *insertion;
    uint64_t digest;
} Writing;

static bool write_block(void *context, const char *name, uint32_t number, void *bytes,
                        size_t length)
{
    Writing *w = context;

    w->digest = digest_with(w->digest, bytes, length);
    database_insert(w->db, w->insertion, "sib", name, (int64_t)number, bytes, length);
    return w->db->code == SQLITE_OK;
}

static void write_result(Database *db, const PartInput *input)
{
    RunResult *result = input->result;
    Writing w = {.db = db,
                 .insertion = database_prepare(db, "INSERT INTO block VALUES (?, ?, ?)"),
                 .digest = digest_head(input->head)};
    const Visitor v = {write_block, &w};
    Counts counts = {result->n_failed,      result->n_kept,         result->n_kept_failed,
                     result->n_book_checks, result->n_book_faults,  result->n_clearings,
                     result->bytes,         result->summary != NULL};

    if (visit(&v, "counts", 0, &counts, sizeof counts))
        (void)walk_result(&v, input->model, result);
    uint64_t digest = digest_failures(w.digest, result);
    (void)write_block(&w, "digest", 0, &digest, sizeof digest);
    (void)sqlite3_finalize(w.insertion);
    w.insertion = database_prepare(db, "INSERT INTO failure VALUES (?, ?, ?, ?, ?)");
    for (size_t i = 0; i < result->failures.count; i++) {
        const Failure *failure = &result->failures.items[i];
        database_insert(db, w.insertion, "iiitb", (int64_t)failure->path, (int64_t)failure->period,
                        (int64_t)failure->value, failure->what, &failure->number,
                        sizeof failure->number);
    }
    (void)sqlite3_finalize(w.insertion);
}

static void write_lines(Database *db, const PartHead *head)
{
    sqlite3_stmt *insertion = database_prepare(db, "INSERT INTO file VALUES (?, ?, ?, ?)");
    int64_t number = 0;

    for (size_t i = 0; i < head->files.count; i++)
        database_insert(db, insertion, "itit", (int64_t)i, head->files.items[i].name,
                        (int64_t)head->files.items[i].is_library, head->files.items[i].text);
    (void)sqlite3_finalize(insertion);
    insertion = database_prepare(db, "INSERT INTO line VALUES (?, ?, ?)");
    for (size_t i = 0; i < head->settings.count; i++)
        database_insert(db, insertion, "ist", number++, "set", head->settings.items[i]);
    for (size_t i = 0; i < head->shows.count; i++)
        database_insert(db, insertion, "ist", number++, "show", head->shows.items[i]);
    (void)sqlite3_finalize(insertion);
}

static void fill_part(Database *db, void *what)
{
    const PartInput *input = what;
    const PartHead *head = input->head;

    database_execute(db, schema);
    sqlite3_stmt *insertion = database_prepare(db, "INSERT INTO part VALUES (?, ?)");
    database_insert(db, insertion, "st", "version", head->version);
    database_insert(db, insertion, "st", "scenario", head->scenario);
    database_insert(db, insertion, "si", "year", (int64_t)head->year);
    database_insert(db, insertion, "si", "strict", (int64_t)head->is_strict);
    database_insert(db, insertion, "si", "seed", (int64_t)head->seed);
    database_insert(db, insertion, "si", "of", (int64_t)head->total_paths);
    database_insert(db, insertion, "si", "keep", (int64_t)head->keep_bytes);
    database_insert(db, insertion, "si", "from", (int64_t)head->first_path);
    database_insert(db, insertion, "si", "to", (int64_t)(head->first_path + head->n_paths));
    (void)sqlite3_finalize(insertion);
    write_lines(db, head);
    write_result(db, input);
}

SaveStatus part_save(Arena *scratch, const PartInput *input, const char *path, Text *message)
{
    Database db = {.goes_on = input->goes_on, .context = input->context};
    PartInput copy = *input;

    return database_write(scratch, &db, fill_part, &copy, path, message);
}

SaveStatus part_save_bytes(Arena *scratch, const PartInput *input, unsigned char **bytes,
                           size_t *length, Text *message)
{
    Database db = {.goes_on = input->goes_on, .context = input->context};
    PartInput copy = *input;

    return database_write_bytes(scratch, &db, fill_part, &copy, bytes, length, message);
}

void part_free_bytes(unsigned char *bytes)
{
    sqlite3_free(bytes);
}

/* ---- reading ------------------------------------------------------------------------------ */

struct PartReader {
    sqlite3 *handle;
    sqlite3_stmt *query; /* kept here, so that closing finds it after memory ran out */
    bool (*goes_on)(void *context);
    void *context;
    uint64_t digest; /* of what was read so far */
};

PartReader *part_open(const char *path, const void *bytes, size_t length)
{
    PartReader *reader = calloc(1, sizeof *reader);

    if (reader == NULL)
        return NULL;
    (void)sqlite3_open_v2(bytes != NULL ? ":memory:" : path, &reader->handle, SQLITE_OPEN_READONLY,
                          NULL);
    if (bytes != NULL)
        (void)sqlite3_deserialize(reader->handle, "main", (unsigned char *)(uintptr_t)bytes,
                                  (sqlite3_int64)length, (sqlite3_int64)length,
                                  SQLITE_DESERIALIZE_READONLY);
    return reader;
}

void part_close(PartReader *reader)
{
    if (reader == NULL)
        return;
    (void)sqlite3_finalize(reader->query);
    (void)sqlite3_close(reader->handle);
    free(reader);
}

static bool ask(PartReader *reader, const char *sql)
{
    (void)sqlite3_finalize(reader->query);
    reader->query = NULL;
    return sqlite3_prepare_v2(reader->handle, sql, -1, &reader->query, NULL) == SQLITE_OK;
}

static bool next_row(PartReader *reader)
{
    return sqlite3_step(reader->query) == SQLITE_ROW;
}

static Text text_at(PartReader *reader, Arena *arena, int column)
{
    const void *bytes = sqlite3_column_text(reader->query, column);
    size_t length = (size_t)sqlite3_column_bytes(reader->query, column);

    return (Text){bytes == NULL ? "" : arena_copy(arena, bytes, length), length};
}

/* False when there is no such key. */
static bool find_key(PartReader *reader, const char *key)
{
    if (!ask(reader, "SELECT value FROM part WHERE key = ?"))
        return false;
    (void)sqlite3_bind_text(reader->query, 1, key, -1, SQLITE_STATIC);
    return next_row(reader);
}

static uint64_t number_of(PartReader *reader, const char *key)
{
    return find_key(reader, key) ? (uint64_t)sqlite3_column_int64(reader->query, 0) : 0;
}

bool part_read_head(PartReader *reader, Arena *arena, PartHead *head)
{
    *head = (PartHead){0};
    if (!find_key(reader, "version"))
        return false;
    head->version = text_at(reader, arena, 0);
    if (!find_key(reader, "scenario"))
        return false;
    head->scenario = text_at(reader, arena, 0);
    head->year = (int)number_of(reader, "year");
    head->is_strict = number_of(reader, "strict") != 0;
    head->seed = number_of(reader, "seed");
    head->total_paths = number_of(reader, "of");
    head->keep_bytes = number_of(reader, "keep");
    head->first_path = number_of(reader, "from");
    uint64_t end = number_of(reader, "to");
    if (end <= head->first_path || end > head->total_paths ||
        !ask(reader, "SELECT name, text, is_library FROM file ORDER BY number"))
        return false;
    head->n_paths = end - head->first_path;
    while (next_row(reader))
        *LIST_PUSH(arena, &head->files) =
            (PartFile){text_at(reader, arena, 0), text_at(reader, arena, 1),
                       sqlite3_column_int(reader->query, 2) != 0};
    if (!ask(reader, "SELECT option, text FROM line ORDER BY number"))
        return false;
    while (next_row(reader)) {
        Text text = text_at(reader, arena, 1);
        if (text_is(text_at(reader, arena, 0), "set"))
            *LIST_PUSH(arena, &head->settings) = text;
        else
            *LIST_PUSH(arena, &head->shows) = text;
    }
    return head->files.count > 0;
}

static bool read_block(void *context, const char *name, uint32_t number, void *bytes, size_t length)
{
    PartReader *reader = context;
    const void *found = NULL;

    if (!reader->goes_on(reader->context))
        return false;
    (void)sqlite3_reset(reader->query);
    (void)sqlite3_bind_text(reader->query, 1, name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(reader->query, 2, number);
    if (!next_row(reader) || (size_t)sqlite3_column_bytes(reader->query, 0) != length)
        return false;
    found = sqlite3_column_blob(reader->query, 0);
    if (length > 0)
        memcpy(bytes, found, length);
    reader->digest = digest_with(reader->digest, bytes, length);
    return true;
}

static const char block_query[] = "SELECT bytes FROM block WHERE name = ? AND number = ?";

static bool is_as_written(PartReader *reader, const RunResult *result)
{
    uint64_t read = digest_failures(reader->digest, result);
    uint64_t written = 0;

    return ask(reader, block_query) && read_block(reader, "digest", 0, &written, sizeof written) &&
           written == read;
}

static bool read_failures(PartReader *reader, Arena *arena, const Model *model, RunResult *result)
{
    if (!ask(reader, "SELECT path, period, value, what, number FROM failure ORDER BY path"))
        return false;
    while (next_row(reader)) {
        Failure failure = {.path = (uint64_t)sqlite3_column_int64(reader->query, 0),
                           .period = (uint32_t)sqlite3_column_int64(reader->query, 1),
                           .value = (ValueId)sqlite3_column_int64(reader->query, 2),
                           .what = text_at(reader, arena, 3)};
        if (sqlite3_column_bytes(reader->query, 4) != (int)sizeof failure.number)
            return false;
        memcpy(&failure.number, sqlite3_column_blob(reader->query, 4), sizeof failure.number);
        if (failure.period >= model->n_periods ||
            (failure.value != NO_ID && failure.value >= model->values.count))
            return false;
        *LIST_PUSH(arena, &result->failures) = failure;
    }
    return true;
}

RunResult *part_read_result(PartReader *reader, Arena *arena, const Model *model,
                            const PartHead *head, bool (*goes_on)(void *context), void *context)
{
    const Visitor v = {read_block, reader};
    RunResult *result = NULL;
    Counts counts = {0};

    reader->goes_on = goes_on;
    reader->context = context;
    reader->digest = digest_head(head);
    if (!ask(reader, block_query) || !visit(&v, "counts", 0, &counts, sizeof counts) ||
        counts.n_kept > head->n_paths)
        return NULL;
    result = run_result_new(arena, model, head->first_path, head->n_paths, counts.n_kept);
    if (counts.has_summary)
        result->summary = summary_new(arena, model);
    result->n_failed = counts.n_failed;
    result->n_kept_failed = counts.n_kept_failed;
    result->n_book_checks = counts.n_book_checks;
    result->n_book_faults = counts.n_book_faults;
    result->n_clearings = counts.n_clearings;
    result->bytes = (size_t)counts.bytes;
    if (!walk_result(&v, model, result) || !read_failures(reader, arena, model, result) ||
        !is_as_written(reader, result))
        return NULL;
    return result;
}
