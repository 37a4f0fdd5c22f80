/* What is known of all paths of a run whose columns are kept of the first ones only. */
#include "run/summary.h"

#include "run/run.h"

#include <math.h>

static uint32_t periods_of(const Model *model, size_t output)
{
    return model->outputs.items[output].is_once ? 1 : model->n_periods;
}

uint32_t summary_columns(const Model *model)
{
    uint32_t n = 0;

    for (size_t i = 0; i < model->outputs.count; i++)
        n += periods_of(model, i);
    return n;
}

size_t summary_bytes(const Model *model)
{
    return summary_columns(model) * (sizeof(ColumnSummary) + sketch_bytes());
}

Summary *summary_new(Arena *arena, const Model *model)
{
    Summary *summary = ARENA_NEW(arena, Summary);
    uint32_t *starts = ARENA_ARRAY(arena, uint32_t, model->outputs.count + 1);

    for (size_t i = 0; i < model->outputs.count; i++)
        starts[i + 1] = starts[i] + periods_of(model, i);
    summary->starts = starts;
    summary->n_columns = starts[model->outputs.count];
    summary->columns = ARENA_ARRAY(arena, ColumnSummary, summary->n_columns + 1);
    for (uint32_t i = 0; i < summary->n_columns; i++)
        summary->columns[i].sketch = sketch_new(arena);
    summary->n_checks = (uint32_t)model->checks.count;
    summary->n_held = ARENA_ARRAY(arena, uint64_t, model->checks.count + 1);
    return summary;
}

static void add_block(ColumnSummary *column, uint64_t block, const double *values, size_t count)
{
    moments_add_block(&column->moments, block, values, count);
    sketch_add_all(column->sketch, values, count);
    for (size_t i = 0; i < count; i++) {
        column->n_never += isinf(values[i]) != 0;
        column->n_nonzero += values[i] != 0;
    }
}

static void add_column(ColumnSummary *column, const RunResult *result, const double *values)
{
    double good[STATS_BLOCK];

    for (uint64_t begin = 0; begin < result->n_paths; begin += STATS_BLOCK) {
        uint64_t end =
            begin + STATS_BLOCK < result->n_paths ? begin + STATS_BLOCK : result->n_paths;
        size_t count = 0;
        for (uint64_t path = begin; path < end; path++)
            if (!result->is_failed[path])
                good[count++] = values[path];
        add_block(column, (result->first_path + begin) / STATS_BLOCK, good, count);
    }
}

void summary_add_column(Summary *summary, const RunResult *result, uint32_t column)
{
    uint32_t output = 0;

    while (summary->starts[output + 1] <= column)
        output++;
    add_column(&summary->columns[column], result,
               result->columns[output] + (column - summary->starts[output]) * result->n_paths);
}

void summary_add_checks(Summary *summary, const RunResult *result)
{
    for (uint32_t i = 0; i < summary->n_checks; i++)
        for (uint64_t path = 0; path < result->n_paths; path++)
            summary->n_held[i] +=
                !result->is_failed[path] && result->held[i * result->n_paths + path] != 0;
}

void summary_seal_column(Summary *summary, uint32_t column)
{
    sketch_seal(summary->columns[column].sketch);
}

void summary_join_column(Summary *left, const Summary *right, uint32_t column)
{
    ColumnSummary *to = &left->columns[column];
    const ColumnSummary *from = &right->columns[column];

    to->n_never += from->n_never;
    to->n_nonzero += from->n_nonzero;
    moments_join(&to->moments, &from->moments);
    sketch_merge(to->sketch, from->sketch);
}

void summary_join_checks(Summary *left, const Summary *right)
{
    for (uint32_t i = 0; i < left->n_checks; i++)
        left->n_held[i] += right->n_held[i];
}
