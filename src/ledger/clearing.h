/* Clearing: who is paid how much, in whole cents, when several parties owe each other.
 *
 * If every party can pay, everything is paid. Otherwise the result is the
 * greatest clearing vector (Eisenberg and Noe 2001; with costs of default,
 * Rogers and Veraart 2013) by rank, pro rata inside a rank, and then in whole
 * cents. Tile engine and oracle both call this one function, so it *is* the
 * definition; clearing.c states it step by step.
 *
 * Amounts are doubles that hold whole cents below 2^53. The plan and every
 * array belong to the caller; clearing_run allocates nothing and keeps
 * nothing between calls, so one plan may serve many threads, each with a
 * workspace of its own. What one party has, owes and is owed at once is below
 * 2^53 too: the caller sees to it. */
#ifndef GW_LEDGER_CLEARING_H
#define GW_LEDGER_CLEARING_H

#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One thing that may fall due: a payment from one party to another. */
typedef struct {
    uint32_t payer, payee; /* party numbers */
    uint32_t rank;         /* 0 is paid first */
    bool is_rest;          /* a share of what is left, after all that is due: never arrears */
} ClearingSlot;

/* A backer pays what a borrower cannot: a facility for shortfall or a guarantee.
 * With an outside backer and no list of slots it is a committed line that adds
 * to what the borrower can pay. Otherwise the shortfall, capped, is a claim on
 * the backer at `rank`, paid straight to the creditors of the covered slots. */
typedef struct {
    uint32_t backer, borrower;
    uint32_t rank;         /* of the claim among an inside backer's own payments */
    const uint32_t *slots; /* covered slots of the borrower, ascending; NULL: all of them */
    size_t n_slots;
} ClearingSupport;

/* Ring-fenced cash of one party, which only its own slots may use. */
typedef struct {
    uint32_t party;
    const uint32_t *slots; /* ascending, all of this payer, none is_rest */
    size_t n_slots;
} ClearingReserve;

/* What does not change from call to call. Parties are numbered in the order of
 * their full names, slots and supports in the order of theirs: every tie is
 * broken by number. */
typedef struct {
    size_t n_parties;
    const bool *is_outside; /* outside parties pay everything, always */
    const uint32_t *owner;  /* [party] itself, or the party before it whose other book it is: they
                               default together; NULL: each is one by itself */
    uint32_t n_ranks;
    size_t n_slots;
    const ClearingSlot *slots;
    size_t n_supports;
    const ClearingSupport *supports;
    size_t n_reserves;
    const ClearingReserve *reserves;
} ClearingSpec;

typedef struct ClearingPlan ClearingPlan;

/* Guarantees must not run in a circle. Fills `order` (n_supports) with support
 * numbers, the supports of a party after every support it gives. On a circle
 * returns false and, if `circle` is given (n_parties), the parties on it, each
 * backing the next and the last the first, and their number in `n_circle`. */
bool clearing_order_supports(Arena *scratch, size_t n_parties, const bool *is_outside,
                             const ClearingSupport *supports, size_t n_supports, uint32_t *order,
                             uint32_t *circle, size_t *n_circle);

/* Copies the spec into `keep`. NULL when the supports run in a circle. */
ClearingPlan *clearing_plan_new(Arena *keep, const ClearingSpec *spec);
/* Bytes, to be aligned as for double. */
size_t clearing_workspace_size(const ClearingPlan *plan);

/* The same plan for calls in which only the wanted slots [slot] owe anything: results are the
 * same, found faster. It lives in `memory`, of at least the size given, aligned as for double. */
size_t clearing_selection_size(const ClearingPlan *plan);
const ClearingPlan *clearing_plan_select(const ClearingPlan *plan, const bool *is_wanted,
                                         void *memory);

#define CLEARING_KEEP_FROM_REST UINT32_MAX /* a keep_rank: kept only from rest claims */
#define CLEARING_NO_CAP (-1.0)             /* due of a rest slot without `up to` */

/* Arrays marked "may be NULL" then hold zeros. */
typedef struct {
    const double *cash; /* [party] opening unrestricted cash, >= 0; not read for outside parties */
    const double *due;  /* [slot] with arrears, >= 0; of a rest slot its cap or CLEARING_NO_CAP */
    const double *rest_share;  /* [slot] 0..1, read for rest slots; may be NULL if none */
    const double *keep;        /* [party] not used for ranks >= keep_rank; may be NULL */
    const uint32_t *keep_rank; /* [party] may be NULL: CLEARING_KEEP_FROM_REST for all */
    const double *overdue;     /* [slot] of due: less paid is the payer's default; may be NULL */
    const uint8_t *already_defaulted; /* [party] defaults no more; may be NULL */
    const double *loss_of_cash;       /* [party] share of own cash lost on default; may be NULL */
    const double *loss_of_claims;     /* [party] share lost of what it receives; may be NULL */
    const double *support_limit;      /* [support] still available; may be NULL if none */
    const double *reserve_balance;    /* [reserve] may be NULL if none */
    const double *reserve_target;     /* [reserve] may be NULL if none */
} ClearingInput;

/* For every inside party, to the cent:
 *   closing cash = cash + received + supports drawn - paid - loss
 *                - filled + freed + released
 * where paid counts all of its slots (those that a backer or a reserve paid in
 * its name too) and what it paid as a backer. */
typedef struct {
    double *paid;             /* [slot] whoever's money it was */
    uint8_t *default_now;     /* [party] 1 when it defaults in this call */
    double *loss;             /* [party] lost in default, to `costs_of_default` */
    double *support_paid;     /* [support] the backer's cash into the borrower's payments */
    double *reserve_released; /* [reserve] out, into its own slots */
    double *reserve_filled;   /* [reserve] in, from what was left */
    double *reserve_freed;    /* [reserve] above target, back to unrestricted cash */
    double *cash;             /* [party] closing unrestricted cash, >= 0; 0 for outside ones */
} ClearingOutput;

/* True when nobody fell short: every slot that is not a rest slot was paid in full. */
bool clearing_run(const ClearingPlan *plan, const ClearingInput *input,
                  const ClearingOutput *output, void *workspace);

#endif
