/* A small clearing problem built line by line, for the tests of clearing. */
#ifndef GW_TESTS_CLEARING_CASE_H
#define GW_TESTS_CLEARING_CASE_H

#include "base/arena.h"
#include "ledger/clearing.h"

enum { CASE_PARTIES = 12, CASE_SLOTS = 160, CASE_SUPPORTS = 8, CASE_RESERVES = 4 };

typedef struct {
    Arena *arena;
    size_t n_parties, n_slots, n_supports, n_reserves;
    bool is_outside[CASE_PARTIES];
    uint32_t owner[CASE_PARTIES]; /* itself, but for a further book */
    ClearingSlot slots[CASE_SLOTS];
    ClearingSupport supports[CASE_SUPPORTS];
    ClearingReserve reserves[CASE_RESERVES];
    double cash[CASE_PARTIES], keep[CASE_PARTIES];
    double loss_of_cash[CASE_PARTIES], loss_of_claims[CASE_PARTIES];
    uint32_t keep_rank[CASE_PARTIES];
    uint8_t already_defaulted[CASE_PARTIES];
    double due[CASE_SLOTS], overdue[CASE_SLOTS], rest_share[CASE_SLOTS];
    double support_limit[CASE_SUPPORTS];
    double reserve_balance[CASE_RESERVES], reserve_target[CASE_RESERVES];
    /* results */
    double paid[CASE_SLOTS], loss[CASE_PARTIES], closing[CASE_PARTIES];
    uint8_t default_now[CASE_PARTIES];
    double support_paid[CASE_SUPPORTS];
    double released[CASE_RESERVES], filled[CASE_RESERVES], freed[CASE_RESERVES];
    bool all_paid;
} ClearingCase;

ClearingCase *case_new(void);
void case_free(ClearingCase *cc);
uint32_t case_party(ClearingCase *cc, double cash);
uint32_t case_outside(ClearingCase *cc);
/* Another book of the party that was added last. */
uint32_t case_book(ClearingCase *cc, double cash);
uint32_t case_pay(ClearingCase *cc, uint32_t payer, uint32_t payee, uint32_t rank, double due);
uint32_t case_rest(ClearingCase *cc, uint32_t payer, uint32_t payee, uint32_t rank, double share,
                   double cap);
/* slots NULL: all that the borrower owes */
uint32_t case_support(ClearingCase *cc, uint32_t backer, uint32_t borrower, uint32_t rank,
                      const uint32_t *slots, size_t n_slots, double limit);
uint32_t case_reserve(ClearingCase *cc, uint32_t party, const uint32_t *slots, size_t n_slots,
                      double balance, double target);
/* Runs, and checks what holds always: conservation to the cent, no negative cash,
 * nothing overpaid, ranks respected. */
void case_run(ClearingCase *cc);
/* Runs `run` (clearing_run, or one like it) and checks nothing. */
typedef bool ClearingRun(const ClearingPlan *plan, const ClearingInput *input,
                         const ClearingOutput *output, void *workspace);
void case_clear(ClearingCase *cc, ClearingRun *run);
double case_paid_by(const ClearingCase *cc, uint32_t party);

#endif
