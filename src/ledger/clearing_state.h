/* The state of one clearing, and the steps that its parts share: private to the ledger.
 *
 * clearing.c says what is computed; clearing_state.c what one party pays and where it
 * goes; clearing_greatest.c finds the greatest vector in doubles. */
#ifndef GW_LEDGER_CLEARING_STATE_H
#define GW_LEDGER_CLEARING_STATE_H

#include "ledger/clearing.h"
#include "ledger/clearing_plan.h"

#define CENT_NOISE (1.0 / 1024)           /* of one amount, from rounding */
#define PIVOT_NOISE (1.0 / 1099511627776) /* 2^-40: a circle that leaks less is closed */

typedef struct {
    const ClearingPlan *plan;
    const ClearingInput *input;
    /* by party */
    double *available; /* A */
    double *received;
    double *line;      /* F */
    double *first_due; /* L */
    double *total_due; /* of all items, without what is covered */
    double *piece_low; /* lower end of the piece that A is on */
    uint8_t *is_sloping;
    uint8_t *in_default;
    /* by item */
    double *due, *cover, *own, *slope, *cover_paid;
    uint8_t *is_met; /* inside the partly paid rank: own = due - cover */
    /* by support, by cover, by reserve item */
    double *claim, *pending, *cover_share, *released;
    /* scratch */
    double *matrix, *right, *weights, *shares, *rests;
    uint32_t *sloping; /* parties */
} Clearing;

typedef struct {
    double payment; /* P(A) */
    double shift;   /* on this piece A = P + shift */
    double low;     /* A at the lower end of this piece as far as `keep` sets it */
    bool is_full, is_sloping;
} Purse;

/* The run of items that P pays in part: [begin, end), with `paid_before` at the ranks
 * above it. */
typedef struct {
    uint32_t begin, end;
    double paid_before;
} PartRank;

static inline double value_or_zero(const double *values, size_t i)
{
    return values ? values[i] : 0;
}

static inline bool is_outside(const Clearing *c, uint32_t party)
{
    return c->plan->spec.is_outside[party];
}

static inline uint32_t keep_rank_of(const Clearing *c, uint32_t party)
{
    return c->input->keep_rank ? c->input->keep_rank[party] : CLEARING_KEEP_FROM_REST;
}

static inline double keep_of(const Clearing *c, uint32_t party)
{
    return value_or_zero(c->input->keep, party);
}

static inline uint32_t payee_of(const Clearing *c, uint32_t item)
{
    return c->plan->spec.slots[c->plan->items[item].index].payee;
}

Clearing clearing_lay_out(const ClearingPlan *plan, const ClearingInput *input, void *workspace);
/* Nothing covered, nothing claimed, nobody in default. */
void clearing_set_dues(Clearing *c);
/* After covers or claims have changed. */
void clearing_sum_dues(Clearing *c);

Purse clearing_open_purse(const Clearing *c, uint32_t party, double available);
/* What the party's own money could pay at most, leaving what is kept. */
double clearing_usable(const Clearing *c, uint32_t party, double available);
/* Fills own and slope of the party's items, and where its piece ends. */
void clearing_pay_in_doubles(Clearing *c, uint32_t party);
void clearing_pay_in_cents(Clearing *c, uint32_t party);

/* Fills received, cover_paid and pending from what every party pays. */
void clearing_gather(Clearing *c, bool in_cents);
/* What the party can use of its cash and of what it receives. */
double clearing_available_with(const Clearing *c, uint32_t party, double received);
double clearing_loss(const Clearing *c, uint32_t party);
/* One column of the system: what a cent more at `party` brings to every inside party. */
void clearing_fill_column(Clearing *c, uint32_t party, double *column);

/* The greatest vector in doubles, in available. True when every party can pay everything:
 * own then holds whole cents already. */
bool clearing_find_greatest(Clearing *c);

#endif
