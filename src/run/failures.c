/* Paths that failed: their first failure by name, and their flows taken out again.
 *
 * The main run only notes that a path failed. The blocks that hold such paths are run once more,
 * alone, by a trace of the program in which every named value stays readable. */
#include "run/failures.h"

#include "maths/maths.h"

#include <math.h>

enum { MAX_FAILURES = 1000 };

typedef struct {
    Arena *arena;
    RunResult *result;
    const Plan *plan;
    uint64_t first_path;
    bool is_full;
} Trace;

static Text name_of(const Model *model, LaneFailure failure)
{
    uint32_t i = failure.index;

    switch (failure.kind) {
    case FAILED_CONTRACT:
        return model->contracts.items[i].name;
    case FAILED_RULE:
        return model->rules.items[i].name;
    case FAILED_SLOT:
        return model->slots.items[i].name;
    case FAILED_FACILITY:
        return model->facilities.items[i].name;
    case FAILED_GUARANTEE:
        return model->guarantees.items[i].name;
    case FAILED_RESERVE:
        return model->reserves.items[i].name;
    case FAILED_PARTY:
        return model->parties.items[i].name;
    case FAILED_STOCK:
        return model->values.items[model->stocks.items[i].value].name;
    case FAILED_RING:
        return model->rings.items[i].name;
    case FAILED_OUTPUT:
        return model->outputs.items[i].name;
    case FAILED_CHECK:
        return model->checks.items[i].title;
    default:
        return TEXT("");
    }
}

static ValueId first_unusable(const Tile *tile, const ValueId *ids, size_t count, size_t lane)
{
    const Code *code = tile->plan->code;

    for (size_t i = 0; i < count; i++) {
        const Value *value = &tile->plan->model->values.items[ids[i]];
        Ref ref = code->values[ids[i]];

        if (ref == REF_NONE || value->is_hidden || !code->live[ids[i]])
            continue;
        double x = lanes_at(tile_lanes(tile, ref), lane);
        if (value->type == TYPE_DATE ? isnan(x) : !isfinite(x))
            return ids[i];
    }
    return NO_ID;
}

static void name_failures(Tile *tile, void *context)
{
    Trace *trace = context;
    const Model *model = trace->plan->model;

    for (size_t lane = 0; tile->has_died && lane < tile->m.n_lanes; lane++) {
        LaneFailure failed = tile->failures[lane];
        bool in_phase_8 = failed.kind == FAILED_OUTPUT || failed.kind == FAILED_CHECK;

        if (failed.kind == FAILED_NOT || failed.period != tile->m.clock.period ||
            tile->alive[lane] != 0 || trace->is_full)
            continue;
        ValueId value = first_unusable(tile, model->formulas.items, model->formulas.count, lane);
        if (value == NO_ID && in_phase_8)
            value = first_unusable(tile, model->closing_formulas.items,
                                   model->closing_formulas.count, lane);
        Failure *failure = LIST_PUSH(trace->arena, &trace->result->failures);
        failure->path = trace->first_path + lane;
        failure->period = failed.period;
        failure->value = value;
        failure->what = value == NO_ID ? name_of(model, failed) : model->values.items[value].name;
    }
}

/* Failures of one block were found by period; they are kept by path. */
static void sort_from(RunResult *result, size_t first)
{
    for (size_t i = first + 1; i < result->failures.count; i++) {
        Failure moved = result->failures.items[i];
        size_t j = i;
        for (; j > first && result->failures.items[j - 1].path > moved.path; j--)
            result->failures.items[j] = result->failures.items[j - 1];
        result->failures.items[j] = moved;
    }
}

void trace_failures(Arena *arena, const Model *model, uint64_t seed, RunResult *result,
                    WholeSum *due, WholeSum *paid)
{
    size_t n_flows = model->slots.count * model->n_periods;
    Program *program = program_build_trace(arena, model);
    Plan *plan = plan_new(arena, model, program_code(program), seed);
    Tile *tile = ARENA_NEW(arena, Tile);
    double only[GW_LANES];
    Trace trace = {.arena = arena, .result = result, .plan = plan};

    tile_init(tile, arena, plan, 1);
    for (uint64_t first = 0; first < result->n_paths; first += GW_LANES) {
        size_t n =
            result->n_paths - first < GW_LANES ? (size_t)(result->n_paths - first) : GW_LANES;
        bool some = false;

        for (size_t lane = 0; lane < GW_LANES; lane++) {
            only[lane] = lane < n && result->is_failed[first + lane] ? 1 : 0;
            some |= only[lane] != 0;
        }
        if (!some)
            continue;
        size_t before = result->failures.count;
        trace.is_full = before >= MAX_FAILURES;
        trace.first_path = result->first_path + first;
        tile_run(tile, trace.first_path, first, n, only, name_failures, &trace);
        sort_from(result, before);
        if (result->failures.count > MAX_FAILURES)
            result->failures.count = MAX_FAILURES;
    }
    for (size_t i = 0; i < n_flows; i++) {
        due[i].high -= tile->flow_due[i].high;
        due[i].low -= tile->flow_due[i].low;
        paid[i].high -= tile->flow_paid[i].high;
        paid[i].low -= tile->flow_paid[i].low;
    }
}
