/* A model that is being written: what the files of the generator share. */
#ifndef GW_TESTS_DIFFERENTIAL_GENERATOR_H
#define GW_TESTS_DIFFERENTIAL_GENERATOR_H

#include "generate.h"

#include "base/date.h"

typedef enum { NUMBER, MONEY, THINGS, DATE, YESNO, N_KINDS_OF_VALUE } Kind;

enum { MAX_VALUES = 400, NAME_SIZE = 32, MAX_PARTIES = 8, MAX_CONTRACTS = 8, MAX_STOCKS = 8 };

typedef struct {
    char name[NAME_SIZE];
    Kind kind;
    bool is_once; /* a constant or a draw once per path */
    bool is_drawn;
    const char *interval; /* of a draw: "", "monthly", ... */
} Known;

typedef struct {
    char name[NAME_SIZE];
    bool is_cohort, is_signed;
} KnownStock;

typedef struct {
    uint64_t state; /* of the random numbers */
    Buffer out;
    const GenerateOptions *options;
    Step step;
    int n_periods;
    int32_t first_ordinal;

    Known known[MAX_VALUES];
    int n_known;
    int n_formulas; /* x0, x1, ... that the model will have: their past may be read ahead */

    char parties[MAX_PARTIES][NAME_SIZE];
    bool is_outside[MAX_PARTIES];
    int n_parties, n_inside;

    char contracts[MAX_CONTRACTS][NAME_SIZE];
    int contract_parties[MAX_CONTRACTS][2];
    bool has_loan[MAX_CONTRACTS]; /* so far */
    bool has_line[MAX_CONTRACTS];
    bool starts_when[MAX_CONTRACTS]; /* effective when a condition holds */
    int reserve_for[MAX_PARTIES];    /* contract, or -1 */
    bool has_word;
    int n_contracts;

    KnownStock stocks[MAX_STOCKS];
    int n_stocks;
    char debts[MAX_CONTRACTS][NAME_SIZE]; /* stocks of money */
    int n_debts;
    int n_tables;
    bool has_nodes, has_shops, has_rents;
    bool has_marks; /* a second money */
    int n_nodes;
    bool may_read_states; /* once-per-path expressions may not */
} Gen;

/* generator.c */
int below(Gen *g, int n);
int between(Gen *g, int low, int high);
bool chance(Gen *g, int percent);
void put(Gen *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
void put_day(Gen *g, Day day);
/* A day from a little before the clock to a little after it. */
void put_some_day(Gen *g);
/* A stretch of n clock periods. */
void put_periods(Gen *g, int n);
Known *know(Gen *g, Kind kind, bool is_once, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
const Known *some_known(Gen *g, Kind kind, bool is_once);

/* generate_expressions.c */
void expression(Gen *g, Kind kind, int depth);
void number(Gen *g, int depth);
void money(Gen *g, int depth);
void date(Gen *g, int depth);
void yesno(Gen *g, int depth);
/* A number kept within bounds, so that a path lives; seldom not. */
void bounded(Gen *g, int low, int high);
/* At least zero, but seldom not. */
void amount_of_money(Gen *g, int most);

/* generate_values.c */
/* A table by date over the clock, seldom without its outside rows. */
void write_table(Gen *g);
/* Instances of a kind that share what is scarce. */
void write_nodes(Gen *g);
void write_solve(Gen *g);
void write_stock(Gen *g);
void write_belt(Gen *g, int i);
void write_formula(Gen *g, int i);
void write_values(Gen *g);

/* generate_contracts.c */
const char *some_party(Gen *g);
void choose_parties(Gen *g);
void write_party(Gen *g, int i);
void write_contract(Gen *g, int contract);
void choose_contracts(Gen *g);
/* Rules that belong to no contract, and instances with parts. */
void write_shops(Gen *g);
/* A debt that its debtor can pay only now and then, or never quite, and that another backs. */
void write_backed(Gen *g);
/* One contract for each instance of a kind. */
void write_rents(Gen *g);

/* generate_monies.c: nothing in a model of one money */
void put_further_books(Gen *g, int i);
void write_monies(Gen *g);
void put_report_of_monies(Gen *g);

#endif
