/* Runs a program over a range of paths, and what comes back.
 *
 * The unit of work is (program, seed, range of paths, the first a multiple of 256); results of
 * neighbouring ranges merge exactly. Same bits for any thread count and tile size.
 *
 * What every path came to is kept if it fits. If not, it is kept of the first paths of the whole
 * run, and of all paths there is a summary: which of the two, and how many paths are kept, follows
 * from the number of paths of the whole run and the bound, nothing else. */
#ifndef GW_RUN_RUN_H
#define GW_RUN_RUN_H

#include "base/arena.h"
#include "model/model.h"
#include "program/program.h"
#include "run/summary.h"

/* One run in place of many of a program with lifted numbers: number k of the run is path paths[k]
 * with row rows[k] of inputs. Sums over paths would mean nothing: such a run is bare. */
typedef struct {
    const uint32_t *paths, *rows;
    const double *inputs; /* [row * n_inputs + input]; NULL: the program has none */
    size_t n_inputs;
    /* the first output, once it is a finite number, stays: what follows in the last blocks of a
     * tile that have it in every lane is left out */
    bool ends_when_found;
} RunVariants;

/* Where a run's time went, as shares of all that its tiles took: by phase of a period, by the named
 * value, stock or rule that code was made for, and by operation. Largest first. */
typedef struct {
    Text name;
    double share;
} ProfileRow;
typedef LIST(ProfileRow) ProfileRows;
typedef struct {
    ProfileRows phases, names, operations;
} RunProfile;

typedef struct {
    uint64_t seed;
    uint64_t first_path, n_paths;
    uint64_t total_paths; /* of the whole run, of which this is a part; 0: this is the whole */
    const RunVariants *variants; /* NULL: the paths one after another */
    uint32_t n_threads;          /* 0: one a core */
    uint32_t blocks_per_tile;    /* 0: chosen by the size of the program's state */
    size_t keep_bytes;           /* bound for what is kept of the paths; 0: RUN_KEEP_BYTES */
    bool is_bare;                /* columns alone: no sums over paths, no failure is traced */
    RunProfile *profile;         /* filled; NULL: nothing is timed */
    Arena *scratch;              /* for what lives no longer than the run; NULL: as its result */
    /* called from one thread at a time, now and then; returning false cancels */
    bool (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
} RunOptions;

/* With what a run takes besides: under a gibibyte. */
#define RUN_KEEP_BYTES ((size_t)768 << 20)

/* RUN_NO_KERNELS: GW_ISA names instructions that the machine has not. */
typedef enum { RUN_OK, RUN_CANCELLED, RUN_TOO_BIG, RUN_NO_THREADS, RUN_NO_KERNELS } RunStatus;

typedef struct {
    uint64_t path;
    uint32_t period;
    ValueId value;
    Text what;
    /* What it was: below zero where that may not be; -infinity: a stock below zero; NaN: no number
     * to tell, or not one. Money units. */
    double number;
    Text file; /* where that is declared, when there is such a place: filled by who knows the files
                */
    uint32_t line;
} Failure;

/* One composition target: view i of kind who_pays. shares[source * n_kept + path]; sources in
 * order: each outside party, each inside party's opening cash, then the target itself.
 * received[path]: cash in the window, money units. cash_before[inside party * n_kept + path]: what
 * each inside party has as the window begins, money units. */
typedef struct {
    uint32_t view, n_sources;
    const Text *source_names; /* parties; "P (opening cash)"; the target itself last */
    double *shares;
    double *received;
    double *cash_before;
} WhoPays;

typedef struct RunResult {
    uint64_t first_path, n_paths, n_failed;
    /* columns, checks and who_pays hold the first n_kept paths; the summary all, NULL when these
     * are all */
    uint64_t n_kept, n_kept_failed;
    Summary *summary;
    uint32_t n_periods, n_outputs;
    unsigned char *is_failed; /* by path */
    LIST(Failure) failures;   /* the first of each failed path, at most 1000 kept, in path order */
    /* columns[output]: [period * n_kept + path], or [path] when the output is_once */
    double **columns;
    /* checks: held[check * n_kept + path] is 1, 0 */
    unsigned char *held;
    double *worst_cover; /* covers: [check * n_kept + path], +inf when nothing was due */
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

/* What a run would take; known before it starts. */
typedef struct {
    size_t bytes;      /* in all, at most */
    size_t kept_bytes; /* of these, what is kept of the paths */
    uint64_t n_kept;   /* first paths of the whole run whose columns are kept; 0: it does not fit */
    uint64_t n_stretch; /* paths that are summed up together, where not all are kept */
} RunSize;
/* How many threads it may have. */
uint32_t run_threads(const RunOptions *options);
RunSize run_size(const Program *program, const RunOptions *options);
/* The result lives in `arena`. */
RunStatus run_program(Arena *arena, const Program *program, const RunOptions *options,
                      RunResult **result);

/* An empty result for so many paths. */
RunResult *run_result_new(Arena *arena, const Model *model, uint64_t first_path, uint64_t n_paths,
                          uint64_t n_kept);
/* Adds a part to the whole that it lies in: one after another from the first path, until
 * run_join_end. False when `goes_on`, asked now and then (NULL: never), said no. */
bool run_join(Arena *arena, const Model *model, RunResult *whole, const RunResult *part,
              bool (*goes_on)(void *context), void *context);
bool run_join_end(RunResult *whole, bool (*goes_on)(void *context), void *context);
/* Joins results of adjoining ranges, in order. */
RunResult *run_merge(Arena *arena, const Program *program, RunResult **parts, size_t n_parts);

#endif
