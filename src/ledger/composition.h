/* Who pays, as advanced: whose cash each party's cash was, by one well-mixed system a period.
 *
 * Over what cleared in a period, with F[j][i] paid from j to i, opening cash
 * e_i of composition o_i, and T_i = e_i + sum_j F[j][i]:
 *     T_i x_i - sum_{j inside} F[j][i] x_j = e_i o_i + sum_{j outside} F[j][i] u_j
 * x_i is the composition of all that passed through i, and of its closing cash.
 * Sources are numbered as parties: an outside party is itself, an inside party
 * is its opening cash at the start. With a target P, what P pays out is source
 * `n_parties` ("P itself") instead, so that what returns to P is seen.
 *
 * Elimination runs in party order without pivoting and without a branch on the
 * numbers, so a lane in a block gets the same bits as a path alone. Money that
 * runs in a circle with no cash behind it carries its payers' last composition:
 * every party is given one part in 2^40 more of what it had. */
#ifndef GW_LEDGER_COMPOSITION_H
#define GW_LEDGER_COMPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPOSITION_NO_TARGET UINT32_MAX

/* Rows of the state are inside parties in party order; columns are the
 * n_parties + 1 sources. Everything is laid out [...][lane]. */
size_t composition_count(size_t n_parties, const bool *is_outside, size_t n_lanes);
/* Doubles of workspace. */
size_t composition_workspace(size_t n_parties, const bool *is_outside, size_t n_lanes);

/* Every inside party's cash is its own opening cash. */
void composition_start(size_t n_parties, const bool *is_outside, size_t n_lanes, double *state);

/* One period. `flows` is [payer][payee][lane] in cents, `opening_cash` is
 * [party][lane]; both are only read. `pays` (NULL: all may) says by [payer][payee]
 * which flows can be other than zero: the others are not read, which changes no bit. `state` is
 * [inside row][source][lane], in and out. Rows add up to 1 within rounding. */
void composition_step_lanes(size_t n_parties, const bool *is_outside, uint32_t target,
                            const bool *pays, size_t n_lanes, const double *flows,
                            const double *opening_cash, double *state, double *workspace);

/* One path: the same with one lane. */
void composition_step(size_t n_parties, const bool *is_outside, uint32_t target,
                      const double *flows, const double *opening_cash, double *state,
                      double *workspace);

/* Adds to sums[source][lane] the sources of `amounts` received by the target from
 * each payer ([payer][lane]), at the compositions just computed. */
void composition_add_received(size_t n_parties, const bool *is_outside, uint32_t target,
                              size_t n_lanes, const double *amounts, const double *state,
                              double *sums);

#endif
