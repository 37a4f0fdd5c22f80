/* The scalar oracle: the slowest, plainest evaluation of a checked model, one path at a time.
 *
 * It reads as the specification (docs/decisions/0001-one-period.md) and is kept for ever: the tile
 * engine must give the same bits. It shares only leaf mathematics, dates, draws, rounding, clearing
 * and composition with the engine. */
#ifndef GW_ORACLE_ORACLE_H
#define GW_ORACLE_ORACLE_H

#include "run/run.h"

/* Runs any range of paths, on the caller's thread; the result lives in `arena`. */
RunStatus oracle_run(Arena *arena, const Model *model, uint64_t seed, uint64_t first_path,
                     uint64_t n_paths, RunResult **result);

#endif
