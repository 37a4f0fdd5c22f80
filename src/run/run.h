/* Runs a program over a range of paths, and what comes back.
 *
 * The unit of work is (program, seed, range of paths, the first a multiple of 256); results of
 * neighbouring ranges merge exactly. Same bits for any thread count and tile size. */
#ifndef GW_RUN_RUN_H
#define GW_RUN_RUN_H

#include "base/arena.h"
#include "model/model.h"
#include "program/program.h"

typedef struct {
    uint64_t seed;
    uint64_t first_path, n_paths;
    uint32_t n_threads;       /* 0: one a core */
    uint32_t blocks_per_tile; /* 0: chosen by the size of the program's state */
    size_t keep_bytes;        /* bound for kept columns; 0: 2 GiB */
    /* called from one thread at a time, now and then; returning false cancels */
    bool (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
} RunOptions;

typedef enum { RUN_OK, RUN_CANCELLED, RUN_TOO_BIG, RUN_NO_THREADS } RunStatus;

typedef struct {
    uint64_t path;
    uint32_t period;
    ValueId value;
    Text what;
} Failure;

/* One composition target: view i of kind who_pays. shares[source * n_paths + path]; sources in
 * order: each outside party, each inside party's opening cash, then the target itself.
 * received[path]: cash in the window, money units. cash_before[inside party * n_paths + path]: what
 * each inside party has as the window begins, money units. */
typedef struct {
    uint32_t view, n_sources;
    const Text
        *source_names; /* party name; opening cash: "P (opening cash)"; the target itself last */
    double *shares;
    double *received;
    double *cash_before;
} WhoPays;

typedef struct {
    uint64_t first_path, n_paths, n_failed;
    uint32_t n_periods, n_outputs;
    unsigned char *is_failed; /* by path */
    LIST(Failure) failures;   /* the first of each failed path, at most 1000 kept, in path order */
    /* columns[output]: [period * n_paths + path], or [path] when the output is_once */
    double **columns;
    /* checks: held[check * n_paths + path] is 1, 0 */
    unsigned char *held;
    double *worst_cover; /* covers: [check * n_paths + path], +inf when nothing was due */
    /* flows in minor units, summed exactly over the paths that did not fail: [slot * n_periods +
     * period], as two doubles high + low whole numbers (high is a multiple of 2^40) */
    double *due_high, *due_low, *paid_high, *paid_low;
    WhoPays *who_pays;
    uint32_t n_who_pays;
    uint64_t n_book_checks; /* parties x periods x paths in which assets = liabilities + equity was
                               tested */
    uint64_t n_book_faults;
    uint64_t n_clearings; /* path-periods in which someone could not pay in full */
    size_t bytes;
} RunResult;

/* Bytes that a run would take; known before it starts. */
size_t run_bytes(const Program *program, const RunOptions *options);
/* The result lives in `arena`. */
RunStatus run_program(Arena *arena, const Program *program, const RunOptions *options,
                      RunResult **result);
/* Joins results of adjoining ranges, in order. */
RunResult *run_merge(Arena *arena, const Program *program, RunResult **parts, size_t n_parts);

#endif
