/* Keeping a run: one SQLite file, written whole or not at all (docs/results.md). */
#ifndef GW_RESULTS_SAVE_H
#define GW_RESULTS_SAVE_H

#include "results/database.h"
#include "run/run.h"

enum { RESULTS_SCHEMA = 4 };

typedef struct {
    const Model *model;
    const RunResult *result;
    uint64_t seed;
    const char *version;
    /* Asked before each row whether to go on; NULL: always. */
    bool (*goes_on)(void *context);
    void *context;
} SaveInput;

/* Writes beside `path` and renames; on a failure, or stopped, nothing is left behind and `message`
 * says why. */
SaveStatus save_results(Arena *scratch, const SaveInput *input, const char *path, Text *message);
/* A whole number high + low, high a multiple of 2^40, in decimal digits. */
const char *whole_sum_digits(double high, double low, char room[48]);

#endif
