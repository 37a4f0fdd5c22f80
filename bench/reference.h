/* The reference model (reference.gw) as numbers, for the versions of it that are written by hand.
 *
 * Each version fills a ReferenceRun: every series of every path, what every pay statement owed and
 * paid in every month, and whether the books balanced. reference.c drives and compares them. */
#ifndef GW_BENCH_REFERENCE_H
#define GW_BENCH_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

enum { N_MONTHS = 120, N_SITES = 8, N_LOANS = 6, N_SHOCKS = 4 };

enum { SHOCK_ENERGY, SHOCK_DEMAND, SHOCK_CHIP, SHOCK_SCARCITY };

/* Pay statements, in the model's own order: three a loan, then these. */
enum {
    SLOT_LOANS = 0,
    SLOT_RENT = 3 * N_LOANS,
    SLOT_WAGES,
    SLOT_SALES,
    SLOT_POWER,
    SLOT_UPKEEP,
    SLOT_BUILDING,
    SLOT_EQUIPMENT,
    N_SLOTS
};

/* What is kept of each path: a number a month, in base units, at the close. */
enum {
    SERIES_ENERGY_PRICE,
    SERIES_DEMAND,
    SERIES_READY,
    SERIES_CHIP_PRICE,
    SERIES_PRICE,
    SERIES_SALES,
    SERIES_RENT,
    SERIES_DEBT,
    SERIES_LAB_CASH,
    SERIES_CLOUD_CASH,
    SERIES_LAB_DEFAULTED,
    SERIES_CLOUD_DEFAULTED,
    N_SERIES
};

/* The books, signed: debits above zero. Each party's accounts add up to zero. */
enum {
    USERS_CASH,
    USERS_RECEIVABLES,
    USERS_COSTS,
    USERS_SALES,
    LAB_CASH,
    LAB_PAYABLES,
    LAB_SALES,
    LAB_WAGES,
    LAB_RENT,
    LAB_EQUITY,
    CLOUD_CASH,
    CLOUD_RECEIVABLES,
    CLOUD_PAYABLES,
    CLOUD_RENT,
    CLOUD_POWER,
    CLOUD_COSTS,
    CLOUD_PLANT,
    CLOUD_DEBT,
    CLOUD_INTEREST,
    CLOUD_EQUITY,
    GRID_CASH,
    GRID_RECEIVABLES,
    GRID_SALES,
    MAKER_CASH,
    MAKER_RECEIVABLES,
    MAKER_SALES,
    BANK_CASH,
    BANK_RECEIVABLES,
    BANK_LOANS,
    BANK_INTEREST,
    N_ACCOUNTS
};

typedef struct {
    double size, pace, begun;   /* MW, MW a month, MW */
    double lead_low, lead_high; /* 5 % and 95 % points, months */
    const char *lead_name;      /* of the draw */
} ReferenceSite;

typedef struct {
    double part, rate, opening; /* of what site i costs, a month, USD */
} ReferenceLoan;

#define OPENING_CASH 8e9 /* the lab's and the cloud's, USD */
#define ENERGY_PRICE (60 * 730.5)
#define RENT_RATE 1.4e6   /* unless the plan says otherwise */
#define UPKEEP_RATE 0.7e6 /* likewise */
#define BUILDING_PRICE 9e6
#define CHIP_PRICE 20e6
#define MADE_BEFORE 2400.0
#define PRICE 2.6e6
#define STAFF 0.9e9
#define REPAID_OVER 60.0
#define CENTS 100.0
#define MONEY_BOUND 9007199254740992.0 /* 2^53: cents below it are exact */

extern const ReferenceSite reference_sites[N_SITES];
extern const ReferenceLoan reference_loans[N_LOANS];
extern const char *const reference_shocks[N_SHOCKS];

/* What does not differ between paths. */
typedef struct {
    uint64_t shock_hash[N_SHOCKS], lead_hash[N_SITES];
    uint32_t ordinal[N_MONTHS];    /* the counter of a monthly draw */
    double power_months[N_MONTHS]; /* a month's days over a mean month's */
    double staff[N_MONTHS];        /* USD */
    double lead_mu[N_SITES], lead_sigma[N_SITES];
    double rent_rate, upkeep_rate; /* USD a MW and month */
} ReferencePlan;

typedef struct {
    const ReferencePlan *plan;
    uint64_t seed;
    size_t n_paths;
    double *series[N_SERIES];                                /* [month * n_paths + path] */
    int64_t due[N_SLOTS][N_MONTHS], paid[N_SLOTS][N_MONTHS]; /* cents, over all paths */
    uint64_t n_failed, n_book_faults;
} ReferenceRun;

void reference_scalar(ReferenceRun *run);
/* False where the machine or the build has no AVX-512: nothing is filled. */
int reference_avx512(ReferenceRun *run);

/* Pays `cash` to the slots first, first + step, ... (count of them) pro rata, in whole cents. */
void reference_split(double cash, const double *due, double *paid, size_t count);

#endif
