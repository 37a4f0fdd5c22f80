/* The failed paths of a run, by name; internal to run/. */
#ifndef GW_RUN_FAILURES_H
#define GW_RUN_FAILURES_H

#include "run/plan.h"

/* Fills result->failures in path order, at most 1000, and takes what failed paths paid out of the
 * sums. result->is_failed says which they are. */
void trace_failures(Arena *arena, const Model *model, uint64_t seed, RunResult *result,
                    WholeSum *due, WholeSum *paid);

#endif
