/* A SQLite file that is written whole or not at all. */
#include "results/database.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void database_execute(Database *db, const char *sql)
{
    if (db->code == SQLITE_OK)
        db->code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
}

sqlite3_stmt *database_prepare(Database *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (db->code == SQLITE_OK)
        db->code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    return statement;
}

void database_insert(Database *db, sqlite3_stmt *statement, const char *shape, ...)
{
    va_list arguments;

    if (db->code == SQLITE_OK && db->goes_on != NULL && !db->goes_on(db->context))
        db->code = SQLITE_INTERRUPT;
    if (db->code != SQLITE_OK)
        return;
    va_start(arguments, shape);
    for (int i = 1; shape[i - 1] != '\0'; i++) {
        if (shape[i - 1] == 't') {
            Text text = va_arg(arguments, Text);
            (void)sqlite3_bind_text(statement, i, text.length > 0 ? text.bytes : "",
                                    (int)text.length, SQLITE_TRANSIENT);
        } else if (shape[i - 1] == 'r') {
            double number = va_arg(arguments, double);
            if (isfinite(number))
                (void)sqlite3_bind_double(statement, i, number);
            else
                (void)sqlite3_bind_null(statement, i);
        } else if (shape[i - 1] == 'i') {
            (void)sqlite3_bind_int64(statement, i, va_arg(arguments, int64_t));
        } else if (shape[i - 1] == 'b') {
            const void *bytes = va_arg(arguments, const void *);
            size_t length = va_arg(arguments, size_t);
            (void)sqlite3_bind_blob64(statement, i, length > 0 ? bytes : "", length, SQLITE_STATIC);
        } else {
            (void)sqlite3_bind_text(statement, i, va_arg(arguments, const char *), -1,
                                    SQLITE_TRANSIENT);
        }
    }
    va_end(arguments);
    if (sqlite3_step(statement) != SQLITE_DONE)
        db->code = sqlite3_errcode(db->handle);
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
}

/* --- the file, whole or not at all --- */

static SaveStatus refuse(Arena *arena, Text *message, const char *path, const char *why)
{
    *message = text_format(arena, "cannot write %s: %s", path, why);
    return SAVE_WORLD;
}

static const char *why_not(int code)
{
    return code == SQLITE_FULL       ? "the disk is full"
           : code == SQLITE_IOERR    ? "the disk is full or does not answer"
           : code == SQLITE_CANTOPEN ? "it cannot be opened"
                                     : sqlite3_errstr(code);
}

/* Whether all bytes have reached the disk, so that the rename puts a whole file in place. */
static bool is_on_disk(const char *path)
{
    int descriptor = open(path, O_RDWR);
    bool is_fine = descriptor >= 0 && fsync(descriptor) == 0;

    if (descriptor >= 0)
        is_fine = close(descriptor) == 0 && is_fine;
    return is_fine;
}

static SaveStatus status_of(int code)
{
    return code == SQLITE_OK          ? SAVE_OK
           : code == SQLITE_NOMEM     ? SAVE_NO_MEMORY
           : code == SQLITE_INTERRUPT ? SAVE_STOPPED
                                      : SAVE_WORLD;
}

static void fill_whole(Database *db, DatabaseFill *fill, void *what)
{
    database_execute(db, "PRAGMA journal_mode = OFF");
    database_execute(db, "PRAGMA synchronous = OFF");
    database_execute(db, "BEGIN");
    fill(db, what);
    database_execute(db, "COMMIT");
}

static int write_to(Database *db, DatabaseFill *fill, void *what, const char *path)
{
    int code = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE, NULL);

    db->code = code;
    fill_whole(db, fill, what);
    code = db->code;
    if (sqlite3_close(db->handle) != SQLITE_OK && code == SQLITE_OK)
        code = SQLITE_IOERR;
    return code;
}

SaveStatus database_write(Arena *scratch, Database *db, DatabaseFill *fill, void *what,
                          const char *path, Text *message)
{
    /* Arena memory is taken before the file exists: unwinding leaves nothing behind. */
    Text beside = text_format(scratch, "%s.%ld.part", path, (long)getpid());
    const char *temporary = beside.bytes;
    struct stat about;
    int descriptor = -1;
    int code = SQLITE_OK;

    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return refuse(scratch, message, path,
                      S_ISDIR(about.st_mode) ? "it is a folder" : "it is not a plain file");
    descriptor = open(temporary, O_CREAT | O_EXCL | O_RDWR, 0666);
    if (descriptor < 0)
        return refuse(scratch, message, path, strerror(errno));
    (void)close(descriptor);
    code = write_to(db, fill, what, temporary);
    if (code == SQLITE_OK && is_on_disk(temporary) && rename(temporary, path) == 0)
        return SAVE_OK;
    (void)refuse(scratch, message, path, code == SQLITE_OK ? strerror(errno) : why_not(code));
    (void)unlink(temporary);
    return code == SQLITE_OK ? SAVE_WORLD : status_of(code);
}

SaveStatus database_write_bytes(Arena *scratch, Database *db, DatabaseFill *fill, void *what,
                                unsigned char **bytes, size_t *length, Text *message)
{
    sqlite3_int64 size = 0;

    *bytes = NULL;
    db->code = sqlite3_open_v2(":memory:", &db->handle, SQLITE_OPEN_READWRITE, NULL);
    fill_whole(db, fill, what);
    if (db->code == SQLITE_OK) {
        *bytes = sqlite3_serialize(db->handle, "main", &size, 0);
        db->code = *bytes == NULL ? SQLITE_NOMEM : SQLITE_OK;
    }
    *length = (size_t)size;
    (void)sqlite3_close(db->handle);
    if (db->code != SQLITE_OK)
        (void)refuse(scratch, message, "a part in memory", why_not(db->code));
    return status_of(db->code);
}
