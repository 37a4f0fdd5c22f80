/* Models built by hand for the oracle's tests: monthly clocks, two-decimal money. */
#ifndef GW_TESTS_ORACLE_KIT_H
#define GW_TESTS_ORACLE_KIT_H

#include "oracle/oracle.h"

enum { CASH, PAYABLES, RECEIVABLES, EQUITY, REVENUE, EXPENSE, LOANS, DEBT, N_ACCOUNTS };
enum { AS_REVENUE, AS_BORROWING, AS_REPAYMENT, N_CATEGORIES };

typedef struct {
    Arena *arena;
    Model *model;
    RunResult *result;
} Kit;

/* A monthly clock from January of a year. */
Kit kit_new(int year, uint32_t n_periods);
void kit_free(Kit *kit);
/* Runs one path; the model may not be changed afterwards. */
void kit_run(Kit *kit);
double kit_at(const Kit *kit, uint32_t output, uint32_t period);

const Node *kit_number(Kit *kit, double number);
const Node *kit_value(Kit *kit, ValueId value);
const Node *kit_node(Kit *kit, NodeOp op, const Node *a, const Node *b);

/* A new named value at the end of `formulas`. The pointer is good until the next one. */
Value *kit_add(Kit *kit, const char *name, ValueKind kind, ValueId *id);
ValueId kit_formula(Kit *kit, const char *name, const Node *expr);
/* Asks for the closing value of every period; gives the number of the output. */
uint32_t kit_ask(Kit *kit, ValueId value);

uint32_t kit_party(Kit *kit, const char *name, double opening_cash); /* below zero: outside */
uint32_t kit_contract(Kit *kit, const char *name);
/* `every month { pay amount from payer to payee }`; gives the slot. */
uint32_t kit_monthly(Kit *kit, uint32_t contract, const Node *amount, uint32_t payer,
                     uint32_t payee);
uint32_t kit_slot(Kit *kit, uint32_t contract, uint32_t payer, uint32_t payee, uint32_t category);
ValueId kit_account(Kit *kit, uint32_t party, uint32_t account);
ValueId kit_unpaid(Kit *kit, uint32_t party);

#endif
