/* The prepared form of a ClearingSpec: private to the ledger.
 *
 * An item is something one party may owe in this clearing: a slot, or the claim
 * of a support on its backer. Items lie by payer, then rank, then slots before
 * claims, then number, so a party's ranks are runs of items. */
#ifndef GW_LEDGER_CLEARING_PLAN_H
#define GW_LEDGER_CLEARING_PLAN_H

#include "ledger/clearing.h"

#define NO_ITEM UINT32_MAX

typedef struct {
    uint32_t rank;
    uint32_t index; /* slot number, or support number of a claim */
    uint32_t payee; /* of a slot; a claim goes to the creditors of what is covered */
    bool is_claim;
} ClearingItem;

struct ClearingPlan {
    ClearingSpec spec;
    size_t n_items;
    ClearingItem *items;
    uint32_t *first_receipt;   /* [row + 1] into receipts, by inside party */
    uint32_t *receipts;        /* items paid to each, ascending */
    uint32_t *first_item;      /* [party + 1] */
    uint32_t *item_of_slot;    /* NO_ITEM for rest slots */
    uint32_t *item_of_support; /* NO_ITEM for lines and outside backers */
    bool *is_line;             /* [support] adds to what the borrower can pay */
    uint32_t *support_order;   /* a party's borrowing before its backing */
    uint32_t *first_cover;     /* [support + 1] into covered_items */
    uint32_t *covered_items;   /* ascending, so by rank */
    size_t n_covers;
    uint32_t *first_reserve_item; /* [reserve + 1] into reserve_items */
    uint32_t *reserve_items;
    size_t n_reserve_items;
    uint32_t *first_rest; /* [party + 1] into rest_slots */
    uint32_t *rest_slots; /* by payer, rank, number */
    bool *is_covered;     /* [item] by a support or a reserve */
    uint32_t *row;        /* [party] number among inside parties */
    uint32_t *inside;     /* the inside parties, ascending */
    size_t n_inside;
    size_t most_rounds; /* of going down in doubles */
};

/* Fills first_receipt and receipts, which has room for all items. */
void clearing_list_receipts(ClearingPlan *plan);

#endif
