/* The state of one clearing, and the steps that its parts share: private to the ledger.
 *
 * clearing.c says what is computed; clearing_state.c what one party pays and where it
 * goes; clearing_greatest.c finds the greatest vector in doubles, clearing_cents.c the
 * whole cents nearest to it, clearing_rest.c shares what is left.
 *
 * Most parties can pay all they owe. What a party that is not `is_short` pays is all that is
 * due, and is not looked at again. Once a cover is raised, every party is. */
#ifndef GW_LEDGER_CLEARING_STATE_H
#define GW_LEDGER_CLEARING_STATE_H

#include "ledger/clearing.h"
#include "ledger/clearing_plan.h"

#define CENT_NOISE (1.0 / 1024)           /* of one amount, from rounding */
#define PIVOT_NOISE (1.0 / 1099511627776) /* 2^-40: a circle that leaks less is closed */

/* The run of items that P pays in part: [begin, end), with `paid_before` at the ranks
 * above it. */
typedef struct {
    uint32_t begin, end;
    double paid_before;
} PartRank;

typedef struct {
    const ClearingPlan *plan;
    const ClearingInput *input;
    bool looks_at_all; /* at every party: something is covered, or a test wants it */
    bool may_cover;    /* cover and cover_paid hold something */
    /* by party */
    double *available; /* A */
    double *received;
    double *line;      /* F */
    double *first_due; /* L, where something is kept */
    double *total_due; /* of all items, without what is covered */
    double *full_at;   /* A from which all is paid */
    double *piece_low; /* lower end of the piece that A is on */
    uint8_t *is_sloping;
    uint8_t *in_default;
    uint8_t *is_short;   /* may pay less than all that is due */
    uint8_t *is_waiting; /* for money from one that is short */
    PartRank *part;      /* of a party on a slope */
    /* by item; due, asked and slope only of a short party */
    double *own; /* what its payer pays of it */
    double *due;
    double *asked; /* of its payer: due, or uncovered */
    double *slope; /* inside the part */
    double *cover, *cover_paid, *uncovered;
    uint8_t *is_met; /* inside the part: own = asked; only with covers */
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

static inline double value_or_zero(const double *values, size_t i)
{
    return values ? values[i] : 0;
}

/* Of numbers that are never NaN. */
static inline double smaller(double a, double b)
{
    return a < b ? a : b;
}

static inline double larger(double a, double b)
{
    return a > b ? a : b;
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

/* What the party pays of its own, to its creditors and as a backer. */
static inline double paid_by(const Clearing *c, uint32_t party)
{
    double sum = 0;

    if (!c->is_short[party])
        return c->total_due[party];
    for (uint32_t i = c->plan->first_item[party]; i < c->plan->first_item[party + 1]; i++)
        sum += c->own[i];
    return sum;
}

/* Out of the reserve, into its own slots. */
static inline double released_so_far(const Clearing *c, size_t reserve)
{
    double sum = 0;

    for (uint32_t j = c->plan->first_reserve_item[reserve];
         j < c->plan->first_reserve_item[reserve + 1]; j++)
        sum += c->released[j];
    return sum;
}

/* By whomever. */
static inline double paid_in_all(const Clearing *c, uint32_t item)
{
    return c->may_cover ? c->own[item] + c->cover_paid[item] : c->own[item];
}

static inline bool is_met_in_full(const Clearing *c, uint32_t item)
{
    return paid_in_all(c, item) >= c->due[item];
}

static inline bool paid_all(const Clearing *c, uint32_t party)
{
    if (!c->is_short[party])
        return true;
    for (uint32_t i = c->plan->first_item[party]; i < c->plan->first_item[party + 1]; i++)
        if (!is_met_in_full(c, i))
            return false;
    return true;
}

/* Nothing covered, nothing claimed, nobody in default. */
void clearing_lay_out(Clearing *c, const ClearingPlan *plan, const ClearingInput *input,
                      void *workspace, bool looks_at_all);
/* After covers or claims have changed: sums what is due, and everyone pays all of it. */
void clearing_pay_all(Clearing *c);

/* Before anything is covered. */
void clearing_start_covers(Clearing *c);
/* From here on the party may pay less. */
void clearing_mark_short(Clearing *c, uint32_t party);

/* What the party pays with A. */
Purse clearing_open_purse(const Clearing *c, uint32_t party, double available);
/* What the party's own money could pay at most, leaving what is kept. */
double clearing_usable(const Clearing *c, uint32_t party, double available);
/* Fills own and slope of the party's items, and where its piece ends. */
void clearing_pay_in_doubles(Clearing *c, uint32_t party);
void clearing_pay_in_cents(Clearing *c, uint32_t party);
/* Whether paying again with A would be no different: all was paid and still is. */
static inline bool pays_all_still(const Clearing *c, uint32_t party)
{
    return !c->is_short[party] && c->available[party] >= c->full_at[party];
}

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
/* From there to whole cents that every party has. */
void clearing_round_to_cents(Clearing *c);
/* After payments are written: fills reserves and shares what is left. */
void clearing_share_rest(Clearing *c, const ClearingOutput *out);

/* clearing_run, but looking at every item and party in every step, however little is due:
 * what the tests hold clearing_run against. */
bool clearing_run_plainly(const ClearingPlan *plan, const ClearingInput *input,
                          const ClearingOutput *output, void *workspace);

#endif
