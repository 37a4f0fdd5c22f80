/* The failed paths of a run, by name; internal to run/. */
#ifndef GW_RUN_FAILURES_H
#define GW_RUN_FAILURES_H

#include "run/plan.h"

enum { MAX_FAILURES = 1000 };

/* A run's failed paths: their program, made when the first one fails, and what they paid. */
typedef struct Trace Trace;

Trace *trace_new(Arena *arena, const Model *model, uint64_t seed, RunResult *whole);
/* Adds the failures of a stretch to those of the whole, in path order, at most 1000 in all.
 * is_failed says which of the n paths they are. */
void trace_failures(Trace *trace, const unsigned char *is_failed, uint64_t first_path,
                    uint64_t n_paths);
/* Takes what failed paths paid out of the sums. */
void trace_take_out(const Trace *trace, WholeSum *due, WholeSum *paid);

#endif
