/* Who pays, as advanced: one well-mixed linear system a period, a block of lanes at a time. */
#include "ledger/composition.h"

#include <stdbool.h>
#include <string.h>

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

/* The matrix, the right-hand sides, and one lane vector of factors. */
size_t composition_workspace(size_t n_parties, const bool *is_outside, size_t n_lanes)
{
    size_t n = count_inside(n_parties, is_outside);

    return (n * n + n * (n_parties + 1) + 1) * n_lanes;
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

typedef struct {
    size_t n_parties, n_sources, n_inside, n_lanes;
    const bool *is_outside;
    uint32_t target;
    const double *flows;
    double *matrix, *right, *factor;
    CompositionSubtract *subtract;
} System;

static const double *flow(const System *s, size_t from, size_t to)
{
    return s->flows + (from * s->n_parties + to) * s->n_lanes;
}

static double *cell(const System *s, size_t row, size_t column)
{
    return s->matrix + (row * s->n_inside + column) * s->n_lanes;
}

static double *source_cell(const System *s, size_t row, size_t source)
{
    return s->right + (row * s->n_sources + source) * s->n_lanes;
}

/* Row of party i: what others paid to it, below zero, and its sources. The diagonal is
 * left to set_pivot. */
static void build_row(const System *s, size_t party, size_t row, const double *opening_cash,
                      const double *opening)
{
    size_t lanes = s->n_lanes, column = 0;
    double *through = s->factor;

    for (size_t k = 0; k < lanes; k++)
        through[k] = 0;
    for (size_t payer = 0; payer < s->n_parties; payer++) {
        const double *paid = flow(s, payer, party);
        for (size_t k = 0; k < lanes; k++)
            through[k] += paid[k];
    }
    for (size_t source = 0; source < s->n_sources; source++) {
        double *right = source_cell(s, row, source);
        for (size_t k = 0; k < lanes; k++)
            right[k] = (opening_cash[party * lanes + k] + OWN_PART * (through[k] + 1)) *
                       opening[(row * s->n_sources + source) * lanes + k];
    }
    for (size_t payer = 0; payer < s->n_parties; payer++) {
        const double *paid = flow(s, payer, party);
        bool is_source = s->is_outside[payer] || payer == s->target;
        double *right = source_cell(s, row, payer == s->target ? s->n_parties : payer);
        for (size_t k = 0; is_source && k < lanes; k++)
            right[k] += paid[k];
        if (s->is_outside[payer])
            continue;
        double *entry = cell(s, row, column++);
        for (size_t k = 0; k < lanes; k++)
            entry[k] = is_source ? 0 : -paid[k];
    }
}

/* row -= factor * pivot row, over `count` cells of lanes. */
static void subtract_row(double *restrict row, const double *restrict pivot_row,
                         const double *restrict factor, size_t count, size_t lanes)
{
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

    for (size_t k = 0; k < s->n_lanes; k++)
        diagonal[k] = 0;
    for (size_t source = 0; source < s->n_sources; source++)
        for (size_t k = 0; k < s->n_lanes; k++)
            diagonal[k] += source_cell(s, pivot, source)[k];
    for (size_t column = pivot + 1; column < s->n_inside; column++)
        for (size_t k = 0; k < s->n_lanes; k++)
            diagonal[k] -= cell(s, pivot, column)[k];
}

static bool is_zero(const double *x, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (x[k] != 0)
            return false;
    return true;
}

/* Most pairs of parties pay each other nothing: such rows are passed, which changes no
 * share (what would be subtracted is zero, and shares are never -0). */
static void eliminate(const System *s)
{
    size_t n = s->n_inside, lanes = s->n_lanes;

    for (size_t pivot = 0; pivot < n; pivot++) {
        set_pivot(s, pivot);
        for (size_t row = pivot + 1; row < n; row++) {
            if (is_zero(cell(s, row, pivot), lanes))
                continue;
            for (size_t k = 0; k < lanes; k++)
                s->factor[k] = cell(s, row, pivot)[k] / cell(s, pivot, pivot)[k];
            s->subtract(cell(s, row, pivot), cell(s, pivot, pivot), s->factor, n - pivot, lanes);
            s->subtract(source_cell(s, row, 0), source_cell(s, pivot, 0), s->factor, s->n_sources,
                        lanes);
        }
    }
    for (size_t pivot = n; pivot-- > 0;) {
        for (size_t k = 0; k < lanes; k++)
            s->factor[k] = 1 / cell(s, pivot, pivot)[k];
        for (size_t source = 0; source < s->n_sources; source++) {
            double *right = source_cell(s, pivot, source);
            for (size_t k = 0; k < lanes; k++)
                right[k] *= s->factor[k];
        }
        for (size_t row = 0; row < pivot; row++)
            if (!is_zero(cell(s, row, pivot), lanes))
                s->subtract(source_cell(s, row, 0), source_cell(s, pivot, 0), cell(s, row, pivot),
                            s->n_sources, lanes);
    }
}

void composition_step_with(CompositionSubtract *subtract, size_t n_parties, const bool *is_outside, uint32_t target,
                            size_t n_lanes, const double *flows, const double *opening_cash,
                            double *state, double *workspace)
{
    size_t n = count_inside(n_parties, is_outside), row = 0;
    System s = {n_parties, n_parties + 1, n, n_lanes, is_outside, target, flows, NULL, NULL, NULL, NULL};

    s.subtract = subtract;
    s.matrix = workspace;
    s.right = s.matrix + n * n * n_lanes;
    s.factor = s.right + n * s.n_sources * n_lanes;
    for (size_t party = 0; party < n_parties; party++)
        if (!is_outside[party])
            build_row(&s, party, row++, opening_cash, state);
    eliminate(&s);
    memcpy(state, s.right, n * s.n_sources * n_lanes * sizeof *state);
}

void composition_step_lanes(size_t n_parties, const bool *is_outside, uint32_t target,
                            size_t n_lanes, const double *flows, const double *opening_cash,
                            double *state, double *workspace)
{
    composition_step_with(subtract_row, n_parties, is_outside, target, n_lanes, flows, opening_cash,
                          state, workspace);
}

void composition_step(size_t n_parties, const bool *is_outside, uint32_t target,
                      const double *flows, const double *opening_cash, double *state,
                      double *workspace)
{
    composition_step_lanes(n_parties, is_outside, target, 1, flows, opening_cash, state, workspace);
}

void composition_add_received(size_t n_parties, const bool *is_outside, uint32_t target,
                              size_t n_lanes, const double *amounts, const double *state,
                              double *sums)
{
    size_t n_sources = n_parties + 1, row = 0;

    for (size_t payer = 0; payer < n_parties; payer++) {
        const double *paid = amounts + payer * n_lanes;
        if (is_outside[payer] || payer == target) {
            double *sum = sums + (payer == target ? n_parties : payer) * n_lanes;
            for (size_t k = 0; k < n_lanes; k++)
                sum[k] += paid[k];
        } else if (!is_zero(paid, n_lanes)) {
            const double *of_payer = state + row * n_sources * n_lanes;
            for (size_t s = 0; s < n_sources; s++)
                for (size_t k = 0; k < n_lanes; k++)
                    sums[s * n_lanes + k] += paid[k] * of_payer[s * n_lanes + k];
        }
        row += !is_outside[payer];
    }
}
