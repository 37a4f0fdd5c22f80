/* Dividing what is scarce: whole cents by largest remainder, and any quantity by rank. */
#ifndef GW_LEDGER_SHARE_H
#define GW_LEDGER_SHARE_H

#include <stddef.h>
#include <stdint.h>

/* Splits `total` (whole, 0 <= total < 2^53) pro rata to weights >= 0 into whole
 * cents that add up to it: each share floored, then one cent more to the
 * largest remainders, ties to the lower index. With whole weights the
 * remainders are exact. With no positive weight everything is 0.
 * `scratch` holds n doubles. Returns what was given out. */
double allocate_cents(double total, const double *weights, size_t n, double *out, double *scratch);

/* The real-valued division behind `share of SUPPLY among ...`: lower ranks
 * first, inside a rank pro rata to weight (NULL: to want), each capped at its
 * want, what a capped one leaves going to the others of its rank. Wants and
 * weights below zero count as zero; a NaN in supply, or in any want or weight
 * makes every share of its rank and of later ranks NaN. Sums run in index order.
 * `rank` may be NULL. `out` may not overlap the inputs. */
void share_scarce(double supply, const double *want, const uint32_t *rank, const double *weight,
                  size_t n, double *out);

#endif
