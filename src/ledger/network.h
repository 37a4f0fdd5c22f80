/* Measures of circularity on the payments of a window (mechanisms of input-output
 * analysis and ecology), and maximum circulation.
 *
 * Matrices are dense, row by row: flows[from * n + to]. Results live in the
 * arena given. */
#ifndef GW_LEDGER_NETWORK_H
#define GW_LEDGER_NETWORK_H

#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

/* N = (I - Q)^-1 of a square matrix with row sums at most 1. False when a set of
 * states never leaks, so that a unit in it would stay for ever. */
bool network_fundamental(Arena *arena, const double *q, size_t n, double *fundamental);

typedef struct {
    size_t n;
    double *throughflow;        /* T_i = inflow from outside + from others */
    double *fundamental;        /* N, n * n */
    double *return_probability; /* 1 - 1 / N_ii: that a unit at i comes back to i */
    double cycling_index;       /* Finn: sum T_i (1 - 1/N_ii) / sum T_i */
    double path_length;         /* sum T / sum of inflow */
} NetworkMeasures;

/* `inflow` is money from outside into each party. Throughflow is taken at the
 * inflow side; what does not go on is a sink. False as network_fundamental. */
bool network_measure(Arena *arena, const double *flows, const double *inflow, size_t n,
                     NetworkMeasures *measures);

/* The largest circulation C with 0 <= C <= flows (conserved at every party):
 * the rule-free part of what goes round. Amounts are whole numbers. Fills
 * `circulation` (n * n) and returns its total. Exact: min-cost circulation with
 * cost -1 an arc, by cancelling negative cycles. */
double network_max_circulation(Arena *scratch, const double *flows, size_t n, double *circulation);

#endif
