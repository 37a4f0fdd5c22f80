/* What stands behind the opaque handles of gigawatt.h.
 *
 * Ownership: files, trees and settings of a GwModel live in `keep`, which it shares
 * with its runs through their Edge; what was compiled from them is a Built, shared
 * alike. Each is freed with its last owner. All arenas unwind to the Edge. */
#ifndef GW_API_HANDLE_H
#define GW_API_HANDLE_H

#include "gigawatt.h"
#include "model/build.h"
#include "program/program.h"
#include "report/report.h"
#include "results/part.h"
#include "run/run.h"
#include "source/diag.h"
#include "syntax/tree.h"

#include <locale.h>
#include <stdatomic.h>

/* What a model and its runs share: where a call that runs out of memory comes back, and the
 * texts of the files, into which everything built from them points. */
typedef struct {
    jmp_buf jump;
    Arena *keep;
    unsigned owners;
} Edge;

/* The work of one call; what it needs and gives is in `arguments`. */
typedef GwStatus Work(void *arguments);
/* Does the work; GW_NO_MEMORY when it ran out of memory. Not nested. */
GwStatus edge_guard(Edge *edge, Work *work, void *arguments);
/* Numbers have a point here, whatever locale the host has set: from the first of these calls to the
 * second, on this thread. edge_guard does both; false when memory ran out. */
typedef struct {
    locale_t plain, hosts;
} Numerals;
bool numerals_begin(Numerals *numerals);
void numerals_end(const Numerals *numerals);
/* Does `work` on `n` threads, the caller's being number 0, each with an edge of its own;
 * *has_failed says that one ran out of memory, or that `work` set it. A thread that cannot be had
 * is done without. */
enum { MOST_BESIDE = 2 };
typedef void BesideWork(void *context, size_t number, Edge *edge);
void beside_do(size_t n, BesideWork *work, void *context, atomic_bool *has_failed);
Edge *edge_share(Edge *edge);
void edge_drop(Edge *edge);

typedef struct {
    Arena *arena;
    unsigned owners;
    const Model *model;     /* NULL when a fault left none */
    const Program *program; /* NULL when there were errors */
    /* RESTS ON and tornado: where each parameter that is drawn once is collected, else NO_ID */
    const uint32_t *parameter_outputs;
    Arena *scenarios[MOST_BESIDE]; /* models that were built to be checked, by thread */
} Built;
Built *built_share(Built *built);
void built_drop(Built *built);
size_t built_bytes(const Built *built);

struct GwModel {
    Edge *edge;
    Arena *keep; /* the edge's */
    const char *message;
    char message_bytes[400]; /* messages must not need memory */
    const char *library;     /* NULL: the one inside the binary */
    GwReadFile read;
    void *read_context;
    SourceSet sources;
    char *being_read; /* of a file, until it is in `keep`: freed here if memory runs out before */
    LIST(PartFile) files_read; /* all but the built-in library's: what a part of a run holds */
    const PartHead *stored; /* files are read from here and not from the disk; NULL: they are not */
    DiagList diags;
    size_t n_load_diags; /* those of reading; the rest are of the last compilation */
    LIST(Tree *) trees;  /* the model's own first */
    LIST(Decl *) overrides, views;
    const char *scenario; /* NULL: the base */
    int year;             /* where a default clock starts; 0: this year */
    bool is_open, is_strict, is_stale;
    Built *built;
    double seconds_reading, seconds_checking, seconds_compiling; /* the last time each was done */
    /* of a build in progress: left behind when it runs out of memory */
    Arena *pending, *pending_scenarios[MOST_BESIDE];
};

struct GwRun {
    Edge *edge;
    Arena *arena;
    Built *built;
    Arena *side;               /* of the side run in progress: its model, program and result */
    Arena *scratch;            /* of the run in progress, without its result */
    Arena *found[MOST_BESIDE]; /* what side runs found, by thread */
    RunResult *result;
    ReportInput input;
    PartHead *part; /* of a run of some paths only; NULL: this is a whole one */
    unsigned char *part_bytes;
    Profile *profile; /* input's, to be added to; NULL: none was asked for */
    const char *message;
    char message_bytes[400];
    double *sorting; /* scratch of the paths that are kept */
    /* asked while it is saved; NULL: no one is */
    int (*progress)(void *context, uint64_t done, uint64_t total);
    void *progress_context;
};

/* Sets the message and gives the status back. */
GwStatus model_fail(GwModel *model, GwStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
GwStatus run_fail(GwRun *run, GwStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *kept_string(Arena *arena, Text text);
/* Of a clock that only goes forward. */
double seconds_now(void);
/* Adds the time since `started` to a stage, where the run is profiled. */
void run_add_stage(GwRun *run, Stages stage, double started);

/* Compiles the model as it is set; inside an edge_guard. */
GwStatus model_compile(GwModel *model);
/* Frees what a build left behind. */
void model_drop_pending(GwModel *model);
/* For BuildOptions.do_each; `context` is a GwModel. */
void scenarios_build(void *context, size_t n, BuildOne *one, void *work);
/* Builds with other options beside the model's own (a scenario, a nudge); no program when there
 * were errors. */
Built *model_build_variant(GwModel *model, BuildOptions options, DiagList *diags);
BuildOptions model_build_options(GwModel *model);

#endif
