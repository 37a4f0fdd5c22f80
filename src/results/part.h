/* A part of a run in one SQLite file: some of its paths, and all that it takes to join them to the
 * others.
 *
 * The file holds the texts and settings that the model was made from, so that joining needs nothing
 * else, and the arrays of the result as they are in memory. It is read by the version that wrote
 * it, on the same kind of machine. */
#ifndef GW_RESULTS_PART_H
#define GW_RESULTS_PART_H

#include "results/database.h"
#include "run/run.h"

typedef struct {
    Text name, text;
    bool is_library; /* of a folder that was used in place of the built-in library */
} PartFile;

typedef struct {
    Text version, scenario; /* empty: the base */
    LIST(PartFile) files;   /* the model's own first, in the order they were read */
    LIST(Text) settings;    /* lines of --set */
    LIST(Text) shows;       /* and of --show */
    int year;               /* where a clock starts that says none */
    bool is_strict;
    uint64_t seed, total_paths, keep_bytes;
    uint64_t first_path, n_paths;
} PartHead;

typedef struct {
    const PartHead *head;
    const Model *model;
    RunResult *result;
    bool (*goes_on)(void *context);
    void *context;
} PartInput;

SaveStatus part_save(Arena *scratch, const PartInput *input, const char *path, Text *message);
/* In memory that sqlite3_free frees. */
SaveStatus part_save_bytes(Arena *scratch, const PartInput *input, unsigned char **bytes,
                           size_t *length, Text *message);
void part_free_bytes(unsigned char *bytes);

typedef struct PartReader PartReader;
/* From a file, or from memory that stays while it is open. NULL when memory ran out; what else is
 * wrong shows when it is read. */
PartReader *part_open(const char *path, const void *bytes, size_t length);
void part_close(PartReader *reader);
/* False when this is no part, or damaged. */
bool part_read_head(PartReader *reader, Arena *arena, PartHead *head);
/* NULL when it is damaged, or when `goes_on`, asked now and then, said no; `model` is the one made
 * from the head. */
RunResult *part_read_result(PartReader *reader, Arena *arena, const Model *model,
                            const PartHead *head, bool (*goes_on)(void *context), void *context);

#endif
