/* A run in progress, and the side runs that sections of its report need: other scenarios, the
 * headline, nudged numbers.
 *
 * Side runs take the first paths of the run asked for, fewer than it has: the same seed, so the
 * same draws. What is compared comes from the same paths. Each section says how many they were. */
#ifndef GW_API_RUNNING_H
#define GW_API_RUNNING_H

#include "api/handle.h"

/* Progress over the run and its side runs together. */
typedef struct {
    const GwRunOptions *options;
    uint64_t done_before, total;
    bool is_cancelled;
} Progress;

typedef struct {
    GwModel *model;
    GwRun *run;
    GwRunOptions options;
    Progress progress;
    uint64_t bytes;
} Running;

/* ---- run.c ---- */
RunOptions running_options(Running *running, uint64_t n_paths);
/* The same for a few paths, all of which are kept. */
RunOptions running_side_options(Running *running, uint64_t n_paths);
/* For RunOptions.progress; `context` is a Progress. */
bool running_tell(void *context, uint64_t done, uint64_t total);
GwStatus running_status(GwModel *model, RunStatus status);
/* What a run needs besides its result is in memory that the last one had. */
GwStatus running_run(Running *running, Arena *arena, const Program *program, RunOptions options,
                     RunResult **result);
/* What a whole run needs besides its result: scratch, and the side runs. */
GwStatus running_finish(Running *running);

/* ---- part.c ---- */
/* What a part says of itself; in the run's arena. */
PartHead *part_head_of(Running *running);

/* ---- side_runs.c ---- */
GwStatus side_runs(Running *running);
/* What they take at most, one after another, with their models; before there is a run. */
size_t side_runs_bytes(Running *running);
/* How many paths they all take: for the progress. */
uint64_t side_runs_paths(const Running *running);

typedef enum { SIDE_OUTPUTS, SIDE_FLOWS, SIDE_ONE_OUTPUT } SideNeed;
/* The model of `options` made into a program that collects no more than what is needed; *made is
 * that model, and NULL comes back when it has errors. `output` is the name of the one output. */
const Program *side_program(Arena *arena, GwModel *model, const BuildOptions *options,
                            SideNeed need, Text output, const Model **made);
uint32_t output_named(const Model *made, Text name); /* or NO_ID */
/* An empty run->side. */
void side_renew(Running *running);
/* What a hand found of RESTS ON, and of HEADLINE. */
void side_take_nudges(ReportInput *to, const ReportInput *from);
void side_take_headline(ReportInput *to, const ReportInput *from);

/* ---- hands.c ---- */
/* Tasks of which any two may be done at once, and one that takes about as long as the others. */
typedef struct {
    GwStatus (*task)(Running *running, size_t number);
    size_t n_tasks;
    GwStatus (*long_task)(Running *running);
} SideWork;
/* Does them with all threads; what is found is in the run's input afterwards. */
GwStatus hands_do(Running *whole, const SideWork *work);

/* ---- nudges.c ---- */
enum { NUDGES_BYTES = 4 << 20 }; /* what all nudges came to on their paths, at most about */
GwStatus nudges_run(Running *running);
uint64_t nudges_paths(const Running *running);

#endif
