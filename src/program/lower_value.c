/* Draws, and values that remember earlier periods, as instructions. */
#include "program/ir.h"

#include <assert.h>

/* ---- draws ---------------------------------------------------------------------------- */

static InsId uniform(Lowering *lowering, const Draw *draw)
{
    Detail detail = {.hash = draw->hash, .draw = draw};
    bool is_once = draw->is_once || lowering->is_starting;
    InsId id;

    detail.order = lowering->is_starting && !draw->is_once; /* the first period's, for good */
    id = ins_new(lowering, OP_UNIFORM, NULL, 0, &detail, 0, is_once ? VARY_PATH : VARY_BOTH, 1);
    return id;
}

/* Its own normal score, or in a copula the weighted sum of the members' own up to its place. */
static InsId score(Lowering *lowering, const Draw *draw)
{
    const Model *model = lowering->program->model;

    if (draw->together == NO_ID)
        return ins_1(lowering, OP_INVERSE_NORMAL, uniform(lowering, draw));

    const Together *together = &model->togethers.items[draw->together];
    size_t n = together->members.count;
    InsId sum = NO_ID;
    for (uint32_t j = 0; j <= draw->place; j++) {
        const Draw *member = model->values.items[together->members.items[j]].draw;
        InsId z = ins_1(lowering, OP_INVERSE_NORMAL, uniform(lowering, member));
        InsId weight = ins_const(lowering, together->cholesky[draw->place * n + j]);
        InsId term = ins_2(lowering, OP_MUL, weight, z);

        sum = j == 0 ? term : ins_2(lowering, OP_ADD, sum, term);
    }
    return sum;
}

static InsId from_uniform(Lowering *lowering, const Draw *draw, InsId u)
{
    bool is_truncated = draw->truncated_low != NULL || draw->truncated_high != NULL;
    InsId *args = ARENA_ARRAY(lowering->program->arena, InsId, draw->n_params + 3u);
    uint32_t n = 0;

    args[n++] = u;
    for (uint32_t i = 0; i < draw->n_params; i++)
        args[n++] = lower_node(lowering, draw->params[i]);
    if (!is_truncated && draw->law == DIST_LAW_UNIFORM)
        return ins_3(lowering, OP_UNIFORM_QUANTILE, args[0], args[1], args[2]);
    if (!is_truncated && draw->law == DIST_LAW_CHANCE)
        return ins_2(lowering, OP_CHANCE, args[0], args[1]);
    if (is_truncated) {
        args[n++] = lower_node_or(lowering, draw->truncated_low, -DATE_NEVER);
        args[n++] = lower_node_or(lowering, draw->truncated_high, DATE_NEVER);
    }
    return ins_new(lowering, OP_QUANTILE, args, n, &(Detail){.draw = draw}, 0, 0, 1);
}

static InsId of_law(Lowering *lowering, const Draw *draw)
{
    bool is_truncated = draw->truncated_low != NULL || draw->truncated_high != NULL;

    if (!is_truncated && (draw->law == DIST_LAW_NORMAL || draw->law == DIST_LAW_LOGNORMAL)) {
        InsId z = score(lowering, draw);
        InsId spread = ins_2(lowering, OP_MUL, lower_node(lowering, draw->params[1]), z);
        InsId x = ins_2(lowering, OP_ADD, lower_node(lowering, draw->params[0]), spread);

        return draw->law == DIST_LAW_NORMAL ? x : ins_1(lowering, OP_EXP, x);
    }
    return from_uniform(lowering, draw,
                        draw->together == NO_ID
                            ? uniform(lowering, draw)
                            : ins_1(lowering, OP_SCORE_UNIFORM, score(lowering, draw)));
}

InsId lower_draw(Lowering *lowering, const Draw *draw)
{
    InsId x = of_law(lowering, draw);

    return draw->is_date ? ins_1(lowering, OP_HALF_UP, x) : x;
}

/* ---- values that remember ------------------------------------------------------------- */

static Home home_of(const Program *program, ValueId id)
{
    return program->vary[id] & VARY_PATH ? HOME_TILE : HOME_PERIOD;
}

static void store(Lowering *lowering, ValueId id, uint32_t state, InsId from)
{
    Program *program = lowering->program;
    Store *made = LIST_PUSH(program->arena, &program->stores);

    *made = (Store){
        .section = lowering->section, .home = home_of(program, id), .state = state, .from = from};
}

static InsId source_of(Lowering *lowering, ValueId id)
{
    const Value *value = &lowering->program->model->values.items[id];
    Lowering as_closing = *lowering;

    as_closing.is_closing = lowering->section > SECTION_STEP;
    return lower_value(&as_closing, value->source);
}

/* One period ago: a state, which takes the source's value at the period's end. */
static InsId lag_of_one(Lowering *lowering, ValueId id)
{
    Program *program = lowering->program;
    const Value *value = &program->model->values.items[id];
    Home home = home_of(program, id);
    uint32_t state = state_new(program, home, 0, false);
    InsId first = lower_node_or(lowering, value->first, __builtin_nan(""));
    Push *push = LIST_PUSH(program->arena, &program->pushes);

    *push = (Push){.value = id, .state = state, .home = home};
    return ins_2(lowering, OP_AT_START, ins_state(lowering, state, false), first);
}

static InsId lag_or_window(Lowering *lowering, ValueId id)
{
    Program *program = lowering->program;
    const Value *value = &program->model->values.items[id];
    Home home = home_of(program, id);

    if (value->kind == VALUE_LAG && value->periods == 1)
        return lag_of_one(lowering, id);
    uint32_t memory = memory_new(program, home, value->periods, value->kind == VALUE_WINDOW);
    Detail detail = {.periods = value->periods, .order = value->order, .memory = memory};
    bool is_lag = value->kind == VALUE_LAG;
    InsId arg =
        is_lag ? lower_node_or(lowering, value->first, __builtin_nan("")) : source_of(lowering, id);
    Push *push = LIST_PUSH(program->arena, &program->pushes);

    *push = (Push){.value = id, .state = NO_ID, .memory = memory, .home = home};
    return ins_new(lowering, is_lag ? OP_LAG : OP_WINDOW, &arg, 1, &detail, 0,
                   home == HOME_TILE ? VARY_BOTH : VARY_PERIOD, 1);
}

/* Sources are lowered when everything else is: a lag's may come after it. */
void lower_pushes(Lowering *lowering)
{
    Program *program = lowering->program;

    for (size_t i = 0; i < program->pushes.count; i++) {
        Push push = program->pushes.items[i];
        const Value *value = &program->model->values.items[push.value];
        bool is_closing =
            value->is_closing || program->model->values.items[value->source].is_closing;
        Lowering at = *lowering;

        at.section = is_closing ? program->code.section_close : SECTION_STEP;
        at.is_closing = is_closing;
        InsId from = lower_value(&at, value->source);
        Store *made = LIST_PUSH(program->arena, &program->stores);
        *made = (Store){.section = at.section,
                        .home = push.home,
                        .state = push.state,
                        .from = from,
                        .memory = push.memory};
    }
}

static InsId before_of(Lowering *lowering, ValueId id, double at_start, uint32_t *state)
{
    *state = state_new(lowering->program, home_of(lowering->program, id), at_start, false);
    return ins_state(lowering, *state, false);
}

/* x_j = ((p_0 x_j + p_1 x_(j-1)) + ...) + u (1 - ((p_0 + p_1) + ...)), from the last stage to the
 * first; the weights depend on the delay alone. */
static InsId delay(Lowering *lowering, ValueId id)
{
    Program *program = lowering->program;
    const Value *value = &program->model->values.items[id];
    uint32_t order = value->order;
    InsId *x = ARENA_ARRAY(program->arena, InsId, order);
    InsId *p = ARENA_ARRAY(program->arena, InsId, order);
    uint32_t *states = ARENA_ARRAY(program->arena, uint32_t, order);
    InsId u = source_of(lowering, id);
    InsId a =
        ins_2(lowering, OP_DIV, ins_const(lowering, order * step_months(program->model->step)),
              lower_node(lowering, value->expr));
    InsId first = value->first != NULL ? lower_node(lowering, value->first) : u;
    InsId last = NO_ID;

    for (uint32_t m = 0; m < order; m++) {
        x[m] = ins_2(lowering, OP_AT_START, before_of(lowering, id, 0, &states[m]), first);
        p[m] = m == 0 ? ins_1(lowering, OP_EXP, ins_1(lowering, OP_NEG, a))
                      : ins_2(lowering, OP_DIV, ins_2(lowering, OP_MUL, p[m - 1], a),
                              ins_const(lowering, m));
    }
    for (uint32_t j = order; j-- > 0;) {
        InsId sum = ins_2(lowering, OP_MUL, p[0], x[j]);
        InsId weights = p[0];

        for (uint32_t m = 1; m <= j; m++) {
            sum = ins_2(lowering, OP_ADD, sum, ins_2(lowering, OP_MUL, p[m], x[j - m]));
            weights = ins_2(lowering, OP_ADD, weights, p[m]);
        }
        InsId rest = ins_2(lowering, OP_SUB, ins_const(lowering, 1), weights);
        sum = ins_2(lowering, OP_ADD, sum, ins_2(lowering, OP_MUL, u, rest));
        store(lowering, id, states[j], sum);
        if (last == NO_ID)
            last = sum;
    }
    return last;
}

/* base ^ (months / rate). Where growth has begun that is nearly always the power of a whole period,
 * which need not be found anew each period when the base stays. */
static InsId growth_power(Lowering *lowering, InsId base, InsId months, double rate_months)
{
    double whole = step_months(lowering->program->model->step);
    uint8_t vary_of_base = lowering->program->ins.items[base].vary;
    uint8_t vary = vary_of_base | lowering->program->ins.items[months].vary;
    Detail detail = {.rate_months = rate_months, .whole_months = whole};
    InsId rate = ins_const(lowering, rate_months), known = 0;

    if (vary_of_base == VARY_BOTH || vary != VARY_BOTH)
        return ins_2(lowering, OP_POW, base, ins_2(lowering, OP_DIV, months, rate));
    known =
        ins_2(lowering, OP_POW, base, ins_2(lowering, OP_DIV, ins_const(lowering, whole), rate));
    return ins_new(lowering, OP_GROWTH_POWER, (InsId[]){base, months, known}, 3, &detail, 0, 0, 1);
}

static InsId growth(Lowering *lowering, ValueId id)
{
    const Value *value = &lowering->program->model->values.items[id];
    uint32_t state = 0;
    InsId before = before_of(lowering, id, 1, &state);
    InsId months = ins_new(lowering, OP_GROWTH_MONTHS,
                           (InsId[]){lower_node(lowering, value->first)}, 1, NULL, 0, 0, 1);
    InsId base = ins_2(lowering, value->order == 1 ? OP_SUB : OP_ADD, ins_const(lowering, 1),
                       lower_node(lowering, value->expr));
    InsId power = growth_power(lowering, base, months, value->rate_months);
    InsId grown = ins_2(lowering, OP_MUL, before, power);
    InsId has_none = ins_2(lowering, OP_LE, months, ins_const(lowering, 0));
    InsId now = ins_3(lowering, OP_SELECT, has_none, before, grown);

    store(lowering, id, state, now);
    return now;
}

InsId lower_memory_value(Lowering *lowering, ValueId id)
{
    const Value *value = &lowering->program->model->values.items[id];
    uint32_t state = 0;
    InsId before = 0;
    InsId now = 0;

    switch (value->kind) {
    case VALUE_LAG:
    case VALUE_WINDOW:
        return lag_or_window(lowering, id);
    case VALUE_DELAY:
        return delay(lowering, id);
    case VALUE_GROWTH:
        return growth(lowering, id);
    case VALUE_CUMULATIVE:
        before = before_of(lowering, id, 0, &state);
        now = ins_2(lowering, OP_ADD, before, source_of(lowering, id));
        break;
    case VALUE_FIRST:
        before = before_of(lowering, id, DATE_NEVER, &state);
        now = ins_2(lowering, OP_FIRST_TIME, before, source_of(lowering, id));
        break;
    default:
        assert(value->kind == VALUE_LATCH && "every kind that remembers is here");
        before = before_of(lowering, id, __builtin_nan(""), &state);
        now = ins_3(lowering, OP_LATCH, before, source_of(lowering, id),
                    lower_node(lowering, value->expr != NULL ? value->expr : value->first));
        break;
    }
    store(lowering, id, state, now);
    return now;
}
