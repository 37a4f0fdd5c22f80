/* Paths that failed: their first failure by name, and their flows taken out again.
 *
 * The main run only notes that a path failed. The blocks that hold such paths are run once more,
 * alone, by a trace of the program in which every named value stays readable. */
#include "run/failures.h"

#include "maths/maths.h"

#include <math.h>

struct Trace {
    Arena *arena;
    const Model *model;
    uint64_t seed;
    RunResult *whole;
    const Plan *plan; /* NULL until the first failure */
    Tile *tile;
    uint64_t first_path; /* of the block being traced */
    bool is_full;
};

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
        Failure *failure = LIST_PUSH(trace->arena, &trace->whole->failures);
        failure->path = trace->first_path + lane;
        failure->period = failed.period;
        failure->value = value;
        failure->number = value == NO_ID ? failed.number : GW_NAN;
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

Trace *trace_new(Arena *arena, const Model *model, uint64_t seed, RunResult *whole)
{
    Trace *trace = ARENA_NEW(arena, Trace);

    *trace = (Trace){.arena = arena, .model = model, .seed = seed, .whole = whole};
    return trace;
}

static void make_ready(Trace *trace)
{
    Program *program = program_build_trace(trace->arena, trace->model);

    trace->plan = plan_new(trace->arena, trace->model, program_code(program), trace->seed);
    trace->tile = ARENA_NEW(trace->arena, Tile);
    tile_init(trace->tile, trace->arena, trace->plan, 1);
    tile_keep_flows(trace->tile, trace->arena);
}

void trace_failures(Trace *trace, const unsigned char *is_failed, uint64_t first_path,
                    uint64_t n_paths)
{
    double only[GW_LANES];

    for (uint64_t first = 0; first < n_paths; first += GW_LANES) {
        size_t n = n_paths - first < GW_LANES ? (size_t)(n_paths - first) : GW_LANES;
        bool some = false;

        for (size_t lane = 0; lane < GW_LANES; lane++) {
            only[lane] = lane < n && is_failed[first + lane] ? 1 : 0;
            some |= only[lane] != 0;
        }
        if (!some)
            continue;
        if (trace->plan == NULL)
            make_ready(trace);
        size_t before = trace->whole->failures.count;
        trace->is_full = before >= MAX_FAILURES;
        trace->first_path = first_path + first;
        tile_run(trace->tile, trace->first_path, first, n, only, name_failures, trace);
        sort_from(trace->whole, before);
        if (trace->whole->failures.count > MAX_FAILURES)
            trace->whole->failures.count = MAX_FAILURES;
    }
}

void trace_take_out(const Trace *trace, WholeSum *due, WholeSum *paid)
{
    if (trace->plan == NULL)
        return;
    for (size_t i = 0; i < trace->model->slots.count * trace->model->n_periods; i++) {
        due[i].high -= trace->tile->flow_due[i].high;
        due[i].low -= trace->tile->flow_due[i].low;
        paid[i].high -= trace->tile->flow_paid[i].high;
        paid[i].low -= trace->tile->flow_paid[i].low;
    }
}
