/* Runs bytecode: lane operations by their kernels, and those that hold memory, draw or solve. */
#include "run/machine.h"

#include "base/limits.h"
#include "ledger/share.h"
#include "maths/maths.h"
#include "maths/philox.h"
#include "maths/returns.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t machine_width(size_t n_lanes)
{
    /* A line more than the lanes: registers at powers of two would share cache sets. */
    return (n_lanes + 15) / 8 * 8;
}

size_t machine_scratch(const Model *model, size_t n_lanes)
{
    size_t most = 1024;

    for (size_t i = 0; i < model->solves.count; i++) {
        size_t n = model->solves.items[i].n;
        size_t needed = (n * n + 2 * n + 2) * n_lanes + n;
        most = needed > most ? needed : most;
    }
    for (size_t i = 0; i < model->allocations.count; i++) {
        size_t needed = 5 * (size_t)model->allocations.items[i].n;
        most = needed > most ? needed : most;
    }
    for (size_t i = 0; i < model->values.count; i++) {
        const Draw *draw = model->values.items[i].draw;
        if (draw != NULL && draw->n_params > most)
            most = draw->n_params;
        if (model->values.items[i].kind == VALUE_WINDOW && model->n_periods > most)
            most = model->n_periods;
    }
    return most;
}

static Clock clock_of(const Model *model, uint32_t period)
{
    Day first = model->first_days[period];
    Day last = model->last_days[period];

    return (Clock){.period = period,
                   .first = first,
                   .last = last,
                   .first_day = first,
                   .today = last,
                   .days = last - first + 1,
                   .is_month = model->step == STEP_MONTH,
                   .months = date_months_between(first, last + 1.0),
                   .last_month = step_ordinal(STEP_MONTH, last)};
}

static const Clock *make_clocks(Arena *arena, const Model *model)
{
    Clock *clocks = ARENA_ARRAY(arena, Clock, model->n_periods + 1u);

    for (uint32_t t = 0; t < model->n_periods; t++)
        clocks[t] = clock_of(model, t);
    return clocks;
}

static Home home_of_section(uint32_t section)
{
    return section == SECTION_CONST    ? HOME_CONST
           : section == SECTION_PERIOD ? HOME_PERIOD
                                       : HOME_TILE;
}

static void bind_sum(Machine *machine, Arena *arena, const Instruction *at, Bound *bound)
{
    Lanes *terms = ARENA_ARRAY(arena, Lanes, at->n);

    for (uint32_t i = 0; i < at->n; i++)
        terms[i] = machine_lanes(machine, machine->code->refs[at->a + i]);
    bound->terms = terms;
    bound->sum = at->op == OP_SUM ? machine->kernels->sums[at->n]
                                  : machine->kernels->sums_of_products[at->n];
}

static void bind(Machine *machine, Arena *arena, const Instruction *at, Bound *bound)
{
    *bound =
        (Bound){.kernel = machine->kernels->ops[at->op], .out = machine_register(machine, at->out)};
    if (at->op == OP_SUM || at->op == OP_SUM_PRODUCTS)
        bind_sum(machine, arena, at, bound);
    if (bound->kernel == NULL)
        return;
    if (at->op == OP_DUE || at->op == OP_DUE_DAYS || at->op == OP_GROWTH_POWER)
        bound->step = &machine->code->details[at->detail];
    bound->a = machine_lanes(machine, at->a);
    if (at->n > 1)
        bound->b = machine_lanes(machine, at->b);
    if (at->n > 2)
        bound->c = machine_lanes(machine, at->c);
}

static void bind_all(Machine *machine, Arena *arena)
{
    const Code *code = machine->code;

    machine->bound = ARENA_ARRAY(arena, Bound, code->n_instructions + 1);
    for (uint32_t s = 0; s < code->n_sections; s++) {
        uint32_t first = code->sections[s].first;
        for (uint32_t i = 0; home_of_section(s) == machine->home && i < code->sections[s].count;
             i++)
            bind(machine, arena, &code->instructions[first + i], &machine->bound[first + i]);
    }
}

void machine_init(Machine *machine, Arena *arena, const Code *code, const Model *model, Home home,
                  size_t n_blocks, const Machine *constants)
{
    size_t n = code->n_registers[home];

    machine->code = code;
    machine->model = model;
    machine->home = home;
    machine->n_blocks = n_blocks;
    machine->n_lanes = n_blocks * GW_LANES;
    machine->width = home == HOME_TILE ? machine_width(machine->n_lanes) : GW_LANES;
    machine->registers = ARENA_ARRAY(arena, double, n * machine->width + 8);
    machine->scratch = ARENA_ARRAY(arena, double, machine_scratch(model, machine->n_lanes));
    machine->clocks = constants != NULL ? constants->clocks : make_clocks(arena, model);
    if (constants != NULL) {
        machine->pools[HOME_CONST] = constants->registers;
        machine->pool_widths[HOME_CONST] = constants->width;
    }
    if (home == HOME_TILE) {
        machine->exports = ARENA_ARRAY(arena, double, code->n_exports *(size_t)GW_LANES + 8);
        machine->pools[HOME_PERIOD] = machine->exports;
        machine->pool_widths[HOME_PERIOD] = GW_LANES;
    }
    machine->pools[home] = machine->registers;
    machine->pool_widths[home] = machine->width;
    machine->pool_steps[home] = GW_LANES;
    bind_all(machine, arena);
}

void machine_set_period(Machine *machine, uint32_t period)
{
    machine->clock = machine->clocks[period];
    machine->found = 0;
}

static void fill(Machine *machine, double *out, Lanes from)
{
    if (from.step != 0) {
        memcpy(out, from.at, machine->n_lanes * sizeof *out);
        return;
    }
    for (size_t lane = 0; lane < machine->n_lanes; lane++)
        out[lane] = lanes_at(from, lane);
}

static void fill_number(Machine *machine, double *out, double number)
{
    for (size_t lane = 0; lane < machine->n_lanes; lane++)
        out[lane] = number;
}

void machine_start_states(Machine *machine)
{
    const Code *code = machine->code;

    for (size_t i = 0; i < code->n_states; i++) {
        const State *state = &code->states[i];

        if (state->home != machine->home)
            continue;
        double *out = machine_register(machine, state->reg);
        if (state->initial != NULL)
            fill(machine, out, machine_lanes(machine, *state->initial));
        else
            fill_number(machine, out, state->number);
    }
}

/* ---- draws -------------------------------------------------------------------------------- */

/* Of a run of variants; lanes past its end repeat the last. */
static uint64_t number_in_run(const Machine *machine, size_t lane)
{
    uint64_t number = machine->first_index + lane;

    return number < machine->n_in_run ? number : machine->n_in_run - 1;
}

static void uniform(Machine *machine, const Detail *detail, double *out)
{
    const Draw *draw = detail->draw;
    Day day = detail->order != 0 ? machine->model->last_days[0] : machine->clock.last;
    uint32_t period = draw->is_once ? 0 : (uint32_t)step_ordinal(draw->step, day);

    if (machine->variants == NULL) {
        machine->maths->draw_uniforms(machine->seed, detail->hash, machine->first_path, period,
                                      machine->n_lanes, out);
        return;
    }
    for (size_t lane = 0; lane < machine->n_lanes; lane++)
        out[lane] = draw_uniform(machine->seed, detail->hash,
                                 machine->variants->paths[number_in_run(machine, lane)], period);
}

static void input(Machine *machine, const Detail *detail, double *out)
{
    const RunVariants *variants = machine->variants;

    for (size_t lane = 0; lane < machine->n_lanes; lane++)
        out[lane] =
            variants->inputs[variants->rows[number_in_run(machine, lane)] * variants->n_inputs +
                             detail->index];
}

/* ---- memory ------------------------------------------------------------------------------- */

static void lag(Machine *machine, const Detail *detail, Lanes first, double *out)
{
    uint32_t t = machine->clock.period;

    if (t < detail->periods) {
        fill(machine, out, first);
        return;
    }
    memcpy(out, machine_register(machine, detail->memory + t % detail->periods),
           machine->n_lanes * sizeof *out);
}

static void push(Machine *machine, const Detail *detail, Lanes from)
{
    fill(machine,
         machine_register(machine, detail->memory + machine->clock.period % detail->periods), from);
}

/* Of all periods, in the last one; before it there is none. */
static void rate_of_return(Machine *machine, const Detail *detail, Lanes now, double *out)
{
    uint32_t n = machine->clock.period + 1;
    bool is_last = n == machine->model->n_periods;
    double years = step_months(machine->model->step) / 12;

    for (size_t lane = 0; lane < machine->n_lanes; lane++) {
        double *flows = machine->scratch;
        for (uint32_t t = 0; is_last && t + 1 < n; t++)
            flows[t] = machine_register(machine, detail->memory + t)[lane];
        if (is_last)
            flows[n - 1] = lanes_at(now, lane);
        out[lane] = is_last ? gw_rate_of_return(flows, n, years) : GW_NAN;
    }
}

static void window(Machine *machine, const Detail *detail, Lanes now, double *out)
{
    uint32_t t = machine->clock.period;
    uint32_t oldest = t + 1 > detail->periods ? t + 1 - detail->periods : 0;

    if (detail->order == WINDOW_RETURN) {
        rate_of_return(machine, detail, now, out);
        return;
    }
    for (uint32_t at = oldest; at <= t; at++) {
        Lanes x = now;

        if (at < t)
            x = (Lanes){machine_register(machine, detail->memory + at % detail->periods), GW_LANES};
        if (at == oldest) {
            fill(machine, out, x);
            continue;
        }
        if (detail->order <= WINDOW_MEAN && x.step != 0) {
            machine->kernels->add(machine->n_lanes, out, x.at);
            continue;
        }
        for (size_t lane = 0; lane < machine->n_lanes; lane++) {
            double other = lanes_at(x, lane);
            out[lane] = detail->order == WINDOW_MIN   ? gw_min(out[lane], other)
                        : detail->order == WINDOW_MAX ? gw_max(out[lane], other)
                                                      : out[lane] + other;
        }
    }
    if (detail->order == WINDOW_MEAN) {
        double count = t - oldest + 1;
        for (size_t lane = 0; lane < machine->n_lanes; lane++)
            out[lane] = out[lane] / count;
    }
}

/* Slot k of a ring, as a period opens, is in register (period + k) mod n_slots. */
static void ring_out(Machine *machine, const Detail *detail, double *out)
{
    uint32_t n = machine->model->rings.items[detail->index].n_slots;

    memcpy(out, machine_register(machine, detail->memory + (machine->clock.period + 1) % n),
           machine->n_lanes * sizeof *out);
}

static void ring_content(Machine *machine, const Detail *detail, uint32_t shift, double *out)
{
    uint32_t n = machine->model->rings.items[detail->index].n_slots;
    uint32_t base = machine->clock.period + shift;

    memcpy(out, machine_register(machine, detail->memory + (base + 1) % n),
           machine->n_lanes * sizeof *out);
    for (uint32_t k = 2; k <= n; k++)
        machine->kernels->add(machine->n_lanes, out,
                              machine_register(machine, detail->memory + (base + k) % n));
}

/* ---- what is scarce ----------------------------------------------------------------------- */

static uint32_t rank_of(double rank)
{
    rank = floor(rank);
    if (!(rank > 0))
        return 0;
    return rank < UINT32_MAX ? (uint32_t)rank : UINT32_MAX;
}

static void share(Machine *machine, const Instruction *at, const Detail *detail)
{
    const Ref *refs = machine->code->refs + at->a;
    uint32_t n = machine->model->allocations.items[detail->index].n;
    double *wants = machine->scratch;
    double *weights = wants + n;
    double *shares = weights + n;
    uint32_t *ranks = (uint32_t *)(void *)(shares + n);

    for (size_t lane = 0; lane < machine->n_lanes; lane++) {
        bool is_rank_missing = false;

        for (uint32_t i = 0; i < n; i++) {
            double rank = lanes_at(machine_lanes(machine, refs[1 + n + i]), lane);
            wants[i] = lanes_at(machine_lanes(machine, refs[1 + i]), lane);
            weights[i] = lanes_at(machine_lanes(machine, refs[1 + 2 * n + i]), lane);
            ranks[i] = rank_of(rank);
            is_rank_missing |= isnan(rank);
        }
        share_scarce(lanes_at(machine_lanes(machine, refs[0]), lane), wants, ranks, weights, n,
                     shares);
        for (uint32_t i = 0; i < n; i++)
            machine_register(machine, at->out + i)[lane] = is_rank_missing ? GW_NAN : shares[i];
    }
}

/* ---- circles ------------------------------------------------------------------------------ */

typedef struct {
    Machine *machine;
    const Solve *solve;
    const Ref *unknowns, *starts, *exprs; /* unknowns: n and the residual's */
    uint32_t body;
    size_t n_lanes;
} Solving;

static double *unknown(const Solving *s, uint32_t i)
{
    Ref ref = i < s->solve->n ? s->unknowns[i] : s->unknowns[3 * s->solve->n];

    return machine_register(s->machine, REF_INDEX(ref));
}

static double expr(const Solving *s, uint32_t i, size_t lane)
{
    return lanes_at(machine_lanes(s->machine, s->exprs[i]), lane);
}

/* u = A u + b: (I - A) u = b by elimination in order; columns of A by the unit vectors. */
static void solve_affine(const Solving *s)
{
    size_t n = s->solve->n;
    size_t n_lanes = s->n_lanes;
    double *m = s->machine->scratch; /* [i][j][lane], then b */
    double *b = m + n * n * n_lanes;

    for (uint32_t i = 0; i < n; i++)
        fill_number(s->machine, unknown(s, i), 0);
    machine_run(s->machine, s->body);
    for (uint32_t i = 0; i < n; i++)
        for (size_t lane = 0; lane < n_lanes; lane++)
            b[i * n_lanes + lane] = expr(s, i, lane);
    for (uint32_t j = 0; j < n; j++) {
        fill_number(s->machine, unknown(s, j), 1);
        machine_run(s->machine, s->body);
        fill_number(s->machine, unknown(s, j), 0);
        for (uint32_t i = 0; i < n; i++)
            for (size_t lane = 0; lane < n_lanes; lane++)
                m[(i * n + j) * n_lanes + lane] =
                    (i == j ? 1.0 : 0.0) - (expr(s, i, lane) - b[i * n_lanes + lane]);
    }
    for (size_t lane = 0; lane < n_lanes; lane++) {
        for (size_t k = 0; k < n; k++) {
            for (size_t i = k + 1; i < n; i++) {
                double factor = m[(i * n + k) * n_lanes + lane] / m[(k * n + k) * n_lanes + lane];
                for (size_t j = k + 1; j < n; j++)
                    m[(i * n + j) * n_lanes + lane] -= factor * m[(k * n + j) * n_lanes + lane];
                b[i * n_lanes + lane] -= factor * b[k * n_lanes + lane];
            }
        }
        for (size_t i = n; i-- > 0;) {
            double left = b[i * n_lanes + lane];
            for (size_t j = i + 1; j < n; j++)
                left -= m[(i * n + j) * n_lanes + lane] * unknown(s, (uint32_t)j)[lane];
            unknown(s, (uint32_t)i)[lane] = left / m[(i * n + i) * n_lanes + lane];
        }
    }
    fill_number(s->machine, unknown(s, (uint32_t)n), 0);
}

/* One round of one lane, f its right-hand sides: true when it is at its end. */
static bool round_of_lane(const Solving *s, size_t lane, bool is_last, double *f)
{
    size_t n = s->solve->n;
    double *residual = &unknown(s, (uint32_t)n)[lane];
    bool is_converged = true;

    *residual = 0;
    for (uint32_t i = 0; i < n; i++) {
        double u = unknown(s, i)[lane];

        f[i] = expr(s, i, lane);
        is_converged &= fabs(f[i] - u) <= 1e-10 * gw_max(1, fabs(u));
        *residual = gw_max(*residual, fabs(f[i] - u));
    }
    for (uint32_t i = 0; i < n; i++) {
        double *u = &unknown(s, i)[lane];
        *u = is_converged ? f[i] : *u + 0.5 * (f[i] - *u);
    }
    if (is_converged)
        return true;
    if (!is_last && !isnan(*residual)) /* a NaN never leaves again */
        return false;
    for (uint32_t i = 0; i < n; i++)
        unknown(s, i)[lane] = GW_NAN;
    return true;
}

/* Damped rounds; each lane stops at its own end. */
static void solve_by_rounds(const Solving *s)
{
    size_t n_open = 0;
    double *is_done = s->machine->scratch;
    double *f = is_done + s->n_lanes;

    for (uint32_t i = 0; i < s->solve->n; i++)
        fill(s->machine, unknown(s, i), machine_lanes(s->machine, s->starts[i]));
    fill_number(s->machine, unknown(s, s->solve->n), 0);
    for (size_t lane = 0; lane < s->n_lanes; lane++) {
        is_done[lane] = s->machine->alive != NULL && s->machine->alive[lane] == 0;
        n_open += is_done[lane] == 0;
    }
    for (int round = 0; round < LIMIT_SOLVE_ROUNDS && n_open > 0; round++) {
        machine_run(s->machine, s->body);
        for (size_t lane = 0; lane < s->n_lanes; lane++) {
            if (is_done[lane] == 0 && round_of_lane(s, lane, round + 1 == LIMIT_SOLVE_ROUNDS, f)) {
                is_done[lane] = 1;
                n_open--;
            }
        }
    }
}

static void run_solve(Machine *machine, const Instruction *at, const Detail *detail)
{
    const Ref *refs = machine->code->refs + at->a;
    const Solve *solve = &machine->model->solves.items[detail->index];
    Solving solving = {.machine = machine,
                       .solve = solve,
                       .unknowns = refs,
                       .starts = refs + solve->n,
                       .exprs = refs + 2 * solve->n,
                       .body = detail->order,
                       .n_lanes = machine->n_lanes};

    if (solve->is_affine)
        solve_affine(&solving);
    else
        solve_by_rounds(&solving);
    machine_run(machine, solving.body);
}

/* ---- the loop ----------------------------------------------------------------------------- */

static void run_held(Machine *machine, const Instruction *at)
{
    const Detail *detail = &machine->code->details[at->detail];
    double *out = machine_register(machine, at->out);

    switch (at->op) {
    case OP_SHARE:
        share(machine, at, detail);
        break;
    case OP_UNIFORM:
        uniform(machine, detail, out);
        break;
    case OP_INPUT:
        input(machine, detail, out);
        break;
    case OP_LAG:
        lag(machine, detail, machine_lanes(machine, at->a), out);
        break;
    case OP_PUSH:
        push(machine, detail, machine_lanes(machine, at->a));
        break;
    case OP_WINDOW:
        window(machine, detail, machine_lanes(machine, at->a), out);
        break;
    case OP_RING_OUT:
        ring_out(machine, detail, out);
        break;
    case OP_RING_CONTENT:
        ring_content(machine, detail, 0, out);
        break;
    case OP_RING_CONTENT_CLOSING:
        ring_content(machine, detail, 1, out);
        break;
    case OP_SOLVE:
        run_solve(machine, at, detail);
        break;
    case OP_TODAY:
        fill_number(machine, out, machine->clock.today);
        break;
    case OP_FIRST_DAY:
        fill_number(machine, out, machine->clock.first_day);
        break;
    default:
        assert(at->op == OP_DAYS && "every operation that is held is here");
        fill_number(machine, out, machine->clock.days);
        break;
    }
}

static void set_step(Machine *machine, const Detail *detail)
{
    machine->clock.step_months = detail->step_months;
    machine->clock.step_days = detail->step_days;
    machine->clock.rate_months = detail->rate_months;
    machine->clock.whole_months = detail->whole_months;
    machine->clock.is_in_advance = detail->is_in_advance;
}

static inline void run_instruction(Machine *machine, uint32_t i)
{
    const Instruction *at = &machine->code->instructions[i];
    const Bound *bound = &machine->bound[i];

    if (bound->kernel != NULL) {
        if (bound->step != NULL)
            set_step(machine, bound->step);
        machine->found |= bound->kernel(machine->n_blocks, &machine->clock, bound->out, bound->a,
                                        bound->b, bound->c);
    } else if (bound->sum != NULL) {
        bound->sum(machine->n_blocks, bound->out, bound->terms);
    } else if (op_infos[at->op].op_class == OP_IS_LEAF) {
        run_leaf(machine, at);
    } else {
        run_held(machine, at);
    }
}

static void run_stretch(Machine *machine, const Stretch *stretch)
{
    machine->found |= stretch->run(machine->registers, machine->n_lanes * sizeof(double),
                                   machine->pools[HOME_CONST], machine->pools[HOME_PERIOD],
                                   &machine->clock, weave_literals);
}

/* Runs what begins at instruction i; returns how many instructions that was. */
static inline uint32_t run_from(Machine *machine, uint32_t i)
{
    if (machine->stretches != NULL && machine->stretches[i].run != NULL) {
        run_stretch(machine, &machine->stretches[i]);
        return machine->stretches[i].n;
    }
    run_instruction(machine, i);
    return 1;
}

/* A solve runs its body inside it: what was timed there is not counted twice. The instructions of a
 * stretch have equal parts of its time. */
static void run_timed(Machine *machine, uint32_t first, uint32_t end)
{
    for (uint32_t i = first, n = 0; i < end; i += n) {
        uint64_t before = machine->n_ticks;
        uint64_t started = run_ticks();
        n = run_from(machine, i);
        uint64_t taken = run_ticks() - started;
        for (uint32_t k = 0; k < n; k++)
            machine->ticks[i + k] += (taken - (machine->n_ticks - before)) / n;
        machine->n_ticks = before + taken;
    }
}

void machine_run(Machine *machine, uint32_t section)
{
    const Section *run = &machine->code->sections[section];
    uint32_t end = run->first + run->count;

    if (machine->ticks != NULL) {
        run_timed(machine, run->first, end);
        return;
    }
    for (uint32_t i = run->first; i < end;)
        i += run_from(machine, i);
}
