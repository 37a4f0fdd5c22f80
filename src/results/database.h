/* A SQLite file that is written whole or not at all. */
#ifndef GW_RESULTS_DATABASE_H
#define GW_RESULTS_DATABASE_H

#include "base/arena.h"
#include "base/text.h"

#include <sqlite3.h>
#include <stdbool.h>

typedef enum { SAVE_OK, SAVE_WORLD, SAVE_NO_MEMORY, SAVE_STOPPED } SaveStatus;

typedef struct {
    sqlite3 *handle;
    int code; /* the first that was not fine; later calls do nothing */
    /* Asked before each row whether to go on; NULL: always. */
    bool (*goes_on)(void *context);
    void *context;
} Database;

void database_execute(Database *db, const char *sql);
sqlite3_stmt *database_prepare(Database *db, const char *sql);
/* One letter a column: t Text, r double (NaN and infinity: NULL), i int64, s C string, b bytes and
 * their size_t. */
void database_insert(Database *db, sqlite3_stmt *statement, const char *shape, ...);

/* Fills a database, without journal and in one transaction. */
typedef void DatabaseFill(Database *db, void *what);
/* Fills one beside `path` and renames it; on a failure, or stopped, nothing is left behind and
 * `message` says why. */
SaveStatus database_write(Arena *scratch, Database *db, DatabaseFill *fill, void *what,
                          const char *path, Text *message);
/* The same in memory: the bytes that the file would have, from malloc by SQLite's sqlite3_free. */
SaveStatus database_write_bytes(Arena *scratch, Database *db, DatabaseFill *fill, void *what,
                                unsigned char **bytes, size_t *length, Text *message);

#endif
