/* What is known of all paths of a run whose columns are kept of the first ones only: for each
 * output and period its mean, spread and a sketch of its values. Summaries of adjoining ranges
 * join exactly. */
#ifndef GW_RUN_SUMMARY_H
#define GW_RUN_SUMMARY_H

#include "base/arena.h"
#include "model/model.h"
#include "stats/moments.h"
#include "stats/sketch.h"

struct RunResult;

typedef struct {
    uint64_t n_never, n_nonzero; /* values that are infinite, and that are not 0 */
    Moments moments;
    Sketch *sketch;
} ColumnSummary;

typedef struct Summary {
    uint32_t n_columns, n_checks;
    const uint32_t *starts; /* by output: its first column; one a period, or one if it is_once */
    ColumnSummary *columns;
    uint64_t *n_held; /* by check: paths in which it held */
} Summary;

uint32_t summary_columns(const Model *model);
size_t summary_bytes(const Model *model);
Summary *summary_new(Arena *arena, const Model *model);
/* Adds one column of a result that keeps all its paths and adjoins those added before. Several
 * threads may add columns, each its own. */
void summary_add_column(Summary *summary, const struct RunResult *result, uint32_t column);
void summary_add_checks(Summary *summary, const struct RunResult *result);
/* Nothing is added to it from then on. */
void summary_seal_column(Summary *summary, uint32_t column);
/* Adds a column of a sealed one whose paths adjoin. */
void summary_join_column(Summary *left, const Summary *right, uint32_t column);
void summary_join_checks(Summary *left, const Summary *right);

#endif
