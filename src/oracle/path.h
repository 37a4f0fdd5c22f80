/* The state of one path, and the phases of one period; internal to the oracle.
 *
 * Phases are called in the order of docs/decisions/0001-one-period.md, each on the whole path. A
 * phase that fails the path says so with path_fail, and the caller stops there. Everything is
 * indexed as in Model; money is in cents (the money's smallest unit). */
#ifndef GW_ORACLE_PATH_H
#define GW_ORACLE_PATH_H

#include "ledger/clearing.h"
#include "model/model.h"

/* What one slot did in one period, in cents. */
typedef struct {
    double new_due;    /* raised by rules (or borrowed) */
    double rest_share; /* of what is left */
    double rest_cap;   /* CLEARING_NO_CAP: none */
    double due;        /* new due and arrears: what clearing sees */
    double cleared;    /* whoever's money it was */
    double accrued;    /* what became due in the books: the flow `due` */
    double paid;       /* by the payer itself: the flow `paid` */
} SlotPeriod;

typedef struct {
    double arrears;
    double *open;     /* [period] of what fell due then, still unpaid */
    double last_paid; /* in the period before */
} SlotState;

typedef struct {
    double held;    /* when: months that the condition has held */
    bool has_fired; /* when */
    double top;     /* each: running maximum of the series */
    double marks;   /* each: marks passed before this period */
    double waiting; /* each: marks passed over, to be made good */
} RuleState;

typedef struct {
    Stage carried;
    double dates[STAGE_NEVER + 1]; /* when a stage was reached by a condition */
    bool ends_now;                 /* a rule said `end` in this period */
} ContractState;

typedef struct {
    bool is_defaulted, defaults_now;
    double default_date;
    double cash_at_clearing; /* the account cash as clearing begins, reserves included */
} PartyState;

typedef struct {
    double opening, closing, lumps;
    bool is_set; /* by a rule in this period */
    double set;
} StockState;

typedef struct {
    double *slots; /* [n_slots + 1]: slot k leaves k periods from now; 0 is not used */
    double out, content, closing_content;
} RingState;

typedef struct {
    double drawn, requested, paid;
} FacilityState;

/* The plan of clearing and its arrays, made once for a model. Supports are the facilities for
 * shortfall, then the guarantees. */
typedef struct {
    ClearingPlan *plan;
    void *workspace;
    size_t n_supports;
    ClearingInput input;
    ClearingOutput output;
    double *cash, *due, *overdue, *rest_share, *keep, *loss_of_cash, *loss_of_claims, *limit;
    double *reserve_balance, *reserve_target;
    uint32_t *keep_rank;
    uint8_t *already_defaulted;
} Clearing;

typedef struct {
    const Model *model;
    uint64_t seed;
    uint32_t number; /* of the path */

    uint32_t period;
    Day first_day, last_day;
    double today; /* last_day */

    bool is_starting; /* initial values: formulas are evaluated where they are read */
    bool is_closing;  /* phase 8 */
    double stretch_months, stretch_days, each_count; /* what the rule at hand sees */

    double *values;  /* [value] in this period; states: opening */
    double *history; /* [period][value] */
    double **stages; /* [value] of a delay: its stages */
    double **stages_now;
    double *flows; /* of a rate of return: one a period */
    StockState *stocks;
    RingState *rings;
    SlotState *slots;
    SlotPeriod *slots_now;
    double *carries;
    RuleState *rules;
    ContractState *contracts;
    PartyState *parties;
    double *balances; /* [party][account], natural */
    FacilityState *facilities;
    double *guaranteed;     /* [guarantee] paid so far */
    double *guaranteed_now; /* [guarantee] in this period */
    double *reserves;       /* [reserve] balance */
    bool is_short;          /* someone could not pay in full in this period */
    uint64_t n_book_faults;
    Clearing *clearing;

    double *scratch; /* a stack: path_take and path_give */
    size_t n_scratch, n_scratch_used;

    bool has_failed;
    Text failed_thing;
    double failed_number; /* as Failure's */
} Path;

Path *path_new(Arena *arena, const Model *model, uint64_t seed);
/* Runs the phases up to 7 of one period; phase 8 is collect.c's. */
void path_start(Path *path, uint32_t number);
void path_run_period(Path *path, uint32_t period);
void path_end_period(Path *path);
void path_fail(Path *path, Text thing); /* the first thing counts */
void path_fail_at(Path *path, Text thing, double number);
/* Numbers for the caller's own use until it gives them back, in the reverse order of taking. */
double *path_take(Path *path, size_t count);
void path_give(Path *path, const double *block);

/* evaluate.c */
double evaluate_node(Path *path, const Node *node);
double evaluate_or(Path *path, const Node *node,
                   double otherwise); /* for a node that may be NULL */
void evaluate_formulas(Path *path);
void evaluate_closing_formulas(Path *path);
double closing_value(Path *path, ValueId id);
double table_lookup(const KeyTable *table, double key);

/* draws.c */
double draw_value(Path *path, const Value *value);

/* memory.c: values that remember */
double memory_value(Path *path, ValueId id);
void memory_write(Path *path);

/* rules.c */
void rules_run(Path *path);
/* The amount in cents, rounded half to even; fails the path when it is not finite or too large,
 * and is 0 when below zero. */
double cents_of(Path *path, double amount, Text thing);
bool is_effective(const Path *path, uint32_t contract); /* NO_ID: always */

/* books.c */
void books_open(Path *path);
void books_post_move(Path *path, uint32_t party, uint32_t from, uint32_t to, double cents);
double *books_at(Path *path, uint32_t party, uint32_t account);
/* Fails the path when a book, with all that falls due (or, cleared, is paid) in the period, could
 * pass what whole cents can count. */
void books_look_ahead(Path *path, bool is_cleared);
void books_post_period(Path *path);

/* clear.c */
Clearing *clearing_new(Arena *arena, const Model *model);
void clear_period(Path *path);

/* stocks.c */
void rings_start(Path *path);
void rings_arrive(Path *path);
void stocks_close(Path *path);
void stocks_set(Path *path);

/* live.c: by value, whether anything that counts reads it. */
bool *live_values(Arena *arena, const Model *model);

#endif
