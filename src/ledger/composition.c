/* Who pays, as advanced: one well-mixed linear system a period, a block of lanes at a time.
 *
 * run/ compiles this file again for each instruction set, under other names and with its own fixed
 * number of lanes; the bits are the same. */
#include "ledger/composition.h"

#include <stdbool.h>

#ifdef GW_FIXED_LANES
#define LANE_COUNT(n_lanes) ((void)(n_lanes), (size_t)(GW_FIXED_LANES))
#else
#define LANE_COUNT(n_lanes) (n_lanes)
#endif
#define LANES(s) LANE_COUNT((s)->n_lanes)
#define OWN_PART (1.0 / 1099511627776) /* 2^-40: see the header */

static size_t count_inside(size_t n_parties, const bool *is_outside)
{
    size_t n = 0;

    for (size_t p = 0; p < n_parties; p++)
        n += !is_outside[p];
    return n;
}

size_t composition_count(size_t n_parties, const bool *is_outside, size_t n_lanes)
{
    return count_inside(n_parties, is_outside) * (n_parties + 1) * n_lanes;
}

/* The matrix, and one lane vector of factors. */
size_t composition_workspace(size_t n_parties, const bool *is_outside, size_t n_lanes)
{
    size_t n = count_inside(n_parties, is_outside);

    return (n * n + 1) * n_lanes;
}

void composition_start(size_t n_parties, const bool *is_outside, size_t n_lanes, double *state)
{
    size_t n_sources = n_parties + 1, row = 0;

    for (size_t p = 0; p < n_parties; p++) {
        if (is_outside[p])
            continue;
        for (size_t s = 0; s < n_sources; s++)
            for (size_t lane = 0; lane < n_lanes; lane++)
                state[(row * n_sources + s) * n_lanes + lane] = s == p;
        row++;
    }
}

/* ---- one cell of lanes ---- */

static void add_cell(double *restrict out, const double *restrict x, size_t n_lanes)
{
    for (size_t k = 0; k < LANE_COUNT(n_lanes); k++)
        out[k] += x[k];
}

static void subtract_cell(double *restrict out, const double *restrict x, size_t n_lanes)
{
    for (size_t k = 0; k < LANE_COUNT(n_lanes); k++)
        out[k] -= x[k];
}

static void scale_cell(double *restrict out, const double *restrict x, size_t n_lanes)
{
    for (size_t k = 0; k < LANE_COUNT(n_lanes); k++)
        out[k] *= x[k];
}

static void divide_cell(double *restrict out, const double *restrict above,
                        const double *restrict below, size_t n_lanes)
{
    for (size_t k = 0; k < LANE_COUNT(n_lanes); k++)
        out[k] = above[k] / below[k];
}

static void invert_cell(double *restrict out, const double *restrict x, size_t n_lanes)
{
    for (size_t k = 0; k < LANE_COUNT(n_lanes); k++)
        out[k] = 1 / x[k];
}

static void fill_cell(double *restrict out, double number, size_t n_lanes)
{
    for (size_t k = 0; k < LANE_COUNT(n_lanes); k++)
        out[k] = number;
}

/* Cash, and the own part of what came through. */
static void add_own_part(double *restrict through, const double *restrict cash, size_t n_lanes)
{
    for (size_t k = 0; k < LANE_COUNT(n_lanes); k++)
        through[k] = cash[k] + OWN_PART * (through[k] + 1);
}

static void add_product(double *restrict out, const double *restrict a, const double *restrict b,
                        size_t n_lanes)
{
    for (size_t k = 0; k < LANE_COUNT(n_lanes); k++)
        out[k] += a[k] * b[k];
}

static bool is_zero(const double *x, size_t n_lanes)
{
    uint64_t some = 0;

    for (size_t k = 0; k < LANE_COUNT(n_lanes); k++)
        some |= x[k] != 0;
    return some == 0;
}

/* ---- the system ---- */

typedef struct {
    size_t n_parties, n_sources, n_inside, n_lanes;
    const bool *is_outside, *pays;
    uint32_t target;
    const double *flows;
    double *matrix, *right, *factor;
} System;

static const double *flow(const System *s, size_t from, size_t to)
{
    return s->flows + (from * s->n_parties + to) * LANES(s);
}

static bool may_pay(const System *s, size_t from, size_t to)
{
    return s->pays == NULL || s->pays[from * s->n_parties + to];
}

static double *cell(const System *s, size_t row, size_t column)
{
    return s->matrix + (row * s->n_inside + column) * LANES(s);
}

static double *source_cell(const System *s, size_t row, size_t source)
{
    return s->right + (row * s->n_sources + source) * LANES(s);
}

/* Row of party i: what others paid to it, below zero, and its sources, in the place of its state.
 * The diagonal is left to set_pivot. */
static void build_row(const System *s, size_t party, size_t row, const double *opening_cash)
{
    size_t lanes = LANES(s), column = 0;
    double *through = s->factor;

    fill_cell(through, 0, lanes);
    for (size_t payer = 0; payer < s->n_parties; payer++)
        if (may_pay(s, payer, party))
            add_cell(through, flow(s, payer, party), lanes);
    add_own_part(through, opening_cash + party * lanes, lanes);
    for (size_t source = 0; source < s->n_sources; source++)
        scale_cell(source_cell(s, row, source), through, lanes);
    for (size_t payer = 0; payer < s->n_parties; payer++) {
        bool is_source = s->is_outside[payer] || payer == s->target;
        bool is_payer = may_pay(s, payer, party);
        size_t source = payer == s->target ? s->n_parties : payer;
        if (is_source && is_payer)
            add_cell(source_cell(s, row, source), flow(s, payer, party), lanes);
        if (s->is_outside[payer])
            continue;
        double *entry = cell(s, row, column++);
        fill_cell(entry, 0, lanes);
        if (!is_source && is_payer)
            subtract_cell(entry, flow(s, payer, party), lanes);
    }
}

/* row -= factor * pivot row, over `count` cells of lanes. */
static void subtract_row(double *restrict row, const double *restrict pivot_row,
                         const double *restrict factor, size_t count, size_t n_lanes)
{
    size_t lanes = LANE_COUNT(n_lanes);

    for (size_t c = 0; c < count; c++)
        for (size_t k = 0; k < lanes; k++)
            row[c * lanes + k] -= factor[k] * pivot_row[c * lanes + k];
}

/* Each row of the system sums to that of its sources, before and after elimination. Taking
 * the diagonal from that sum leaves no subtraction of like amounts anywhere (Grassmann,
 * Taksar and Heyman 1985): a circle that hardly leaks is still solved to the last digits. */
static void set_pivot(const System *s, size_t pivot)
{
    double *diagonal = cell(s, pivot, pivot);
    size_t lanes = LANES(s);

    fill_cell(diagonal, 0, lanes);
    for (size_t source = 0; source < s->n_sources; source++)
        add_cell(diagonal, source_cell(s, pivot, source), lanes);
    for (size_t column = pivot + 1; column < s->n_inside; column++)
        subtract_cell(diagonal, cell(s, pivot, column), lanes);
}

/* Most pairs of parties pay each other nothing: such rows are passed, which changes no
 * share (what would be subtracted is zero, and shares are never -0). */
static void eliminate(const System *s)
{
    size_t n = s->n_inside, lanes = LANES(s);

    for (size_t pivot = 0; pivot < n; pivot++) {
        set_pivot(s, pivot);
        for (size_t row = pivot + 1; row < n; row++) {
            if (is_zero(cell(s, row, pivot), lanes))
                continue;
            divide_cell(s->factor, cell(s, row, pivot), cell(s, pivot, pivot), lanes);
            subtract_row(cell(s, row, pivot), cell(s, pivot, pivot), s->factor, n - pivot, lanes);
            subtract_row(source_cell(s, row, 0), source_cell(s, pivot, 0), s->factor, s->n_sources,
                         lanes);
        }
    }
    for (size_t pivot = n; pivot-- > 0;) {
        invert_cell(s->factor, cell(s, pivot, pivot), lanes);
        for (size_t source = 0; source < s->n_sources; source++)
            scale_cell(source_cell(s, pivot, source), s->factor, lanes);
        for (size_t row = 0; row < pivot; row++)
            if (!is_zero(cell(s, row, pivot), lanes))
                subtract_row(source_cell(s, row, 0), source_cell(s, pivot, 0), cell(s, row, pivot),
                             s->n_sources, lanes);
    }
}

void composition_step_lanes(size_t n_parties, const bool *is_outside, uint32_t target,
                            const bool *pays, size_t n_lanes, const double *flows,
                            const double *opening_cash, double *state, double *workspace)
{
    size_t n = count_inside(n_parties, is_outside), row = 0;
    size_t lanes = LANE_COUNT(n_lanes);
    System s = {.n_parties = n_parties,
                .n_sources = n_parties + 1,
                .n_inside = n,
                .n_lanes = lanes,
                .is_outside = is_outside,
                .pays = pays,
                .target = target,
                .flows = flows,
                .matrix = workspace,
                .right = state};

    s.factor = s.matrix + n * n * lanes;
    for (size_t party = 0; party < n_parties; party++)
        if (!is_outside[party])
            build_row(&s, party, row++, opening_cash);
    eliminate(&s);
}

#ifndef GW_FIXED_LANES
void composition_step(size_t n_parties, const bool *is_outside, uint32_t target,
                      const double *flows, const double *opening_cash, double *state,
                      double *workspace)
{
    composition_step_lanes(n_parties, is_outside, target, NULL, 1, flows, opening_cash, state,
                           workspace);
}
#endif

void composition_add_received(size_t n_parties, const bool *is_outside, uint32_t target,
                              size_t n_lanes, const double *amounts, const double *state,
                              double *sums)
{
    size_t n_sources = n_parties + 1, row = 0;
    size_t lanes = LANE_COUNT(n_lanes);

    for (size_t payer = 0; payer < n_parties; payer++) {
        const double *paid = amounts + payer * lanes;
        if (is_outside[payer] || payer == target)
            add_cell(sums + (payer == target ? n_parties : payer) * lanes, paid, lanes);
        else if (!is_zero(paid, lanes))
            for (size_t s = 0; s < n_sources; s++)
                add_product(sums + s * lanes, paid, state + (row * n_sources + s) * lanes, lanes);
        row += !is_outside[payer];
    }
}
