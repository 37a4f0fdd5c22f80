/* The checked model: every instance expanded, every name, unit and date resolved.
 *
 * This is the one meaning of a model. The scalar oracle walks it directly; program/
 * lowers it to bytecode; both must give the same bits. It knows nothing of syntax.
 * All numbers are in base units (USD, month, MW_site, ...); dates are whole days
 * since 1970-01-01 as doubles, DATE_NEVER (+infinity) for never; a yes/no is 1 or 0;
 * a word is its index. Terms do not exist here: they are their start and end.
 *
 * Order inside a period: 1 arrivals (rings, stages reached on a date) 2 opening
 * values 3 formulas in the order of `formulas` 4 rules 5 clearing 6 postings,
 * lumps, rings 7 closing values, `set`, `end`, stages reached by a condition
 * 8 `closing_formulas`, checks, outputs. */
#ifndef GW_MODEL_MODEL_H
#define GW_MODEL_MODEL_H

#include "base/arena.h"
#include "base/date.h"
#include "base/text.h"
#include "source/source.h"
#include <stdbool.h>
#include <stdint.h>

typedef uint32_t ValueId; /* index into Model.values */
#define NO_ID UINT32_MAX  /* absent value, party, stock, contract, ... */

/* ---- expressions: pure functions of values at one period ------------------- */

typedef enum {
    N_CONST,   /* number */
    N_VALUE,   /* value; in a formula or rule: a formula's value now, a state's opening value */
    N_CLOSING, /* value: a state's closing value (only in closing_formulas, checks, outputs) */
    N_TODAY,   /* last day of the period */
    N_PERIOD_FIRST_DAY,
    N_PERIOD_MONTHS,  /* nominal length of the clock's period in months (1 for monthly) */
    N_PERIOD_DAYS,    /* calendar days in the period */
    N_STRETCH_MONTHS, /* in an `every` rule: nominal months of the stretch that falls due */
    N_STRETCH_DAYS,   /* in an `every` rule: its calendar days */
    N_EACH_COUNT,     /* in an `each` rule: how many marks were passed in this period */
    N_ADD,
    N_SUB,
    N_MUL,
    N_DIV,
    N_POW,
    N_NEG,
    N_EQ,
    N_NE,
    N_LT,
    N_LE,
    N_GT,
    N_GE, /* 1 or 0; NaN when an argument is NaN */
    N_AND,
    N_OR,
    N_NOT, /* NaN when any argument is NaN */
    N_IF,  /* NaN when the condition is NaN; only the branch taken counts */
    N_MIN,
    N_MAX, /* two arguments; NaN when either is NaN */
    N_SUM, /* n arguments added in order, from the first; none: 0 */
    N_ABS,
    N_FLOOR,
    N_CEIL,
    N_ROUND, /* round: floor(x + 0.5) */
    N_SQRT,
    N_EXP,
    N_LOG,
    N_DATE_ADD_MONTHS, /* date, months: date_add_months */
    N_DATE_ADD_DAYS,   /* date, days: date_add_days */
    N_MONTHS_BETWEEN,  /* a, b: date_months_between */
    N_MONTH_DAY,       /* date: date_month_day */
    N_RAMP,    /* start, end: clamp((today - start) / (end - start), 0, 1); start == end: today >=
                  start */
    N_TABLE,   /* key; table */
    N_ANNUITY, /* principal, rate per period, periods: level payment; rate 0: principal / periods */
    N_OP_COUNT
} NodeOp;

/* A fixed number as written. Constants remember which numbers they were folded from, so that a
 * program can be made in which one of them varies. */
typedef struct {
    uint32_t index;        /* below Model.n_literals */
    bool shapes_the_model; /* the checker acted on it: with another number it is another model */
} Literal;

typedef struct Node Node;
struct Node {
    NodeOp op;
    double number;  /* N_CONST */
    ValueId value;  /* N_VALUE, N_CLOSING */
    uint32_t table; /* N_TABLE */
    uint32_t n_args;
    const Node **args;
    Literal *literal;   /* N_CONST: the number that it is; NULL: none */
    const Node *folded; /* N_CONST: what it was before it was folded, where that has literals */
    uint32_t n_traced;  /* N_CONST: how much that is */
};

/* ---- values: named streams ------------------------------------------------- */

typedef enum {
    VALUE_FORMULA,      /* expr, each period in phase 3 (or 8 when is_closing) */
    VALUE_DRAW,         /* draw */
    VALUE_STOCK,        /* stock: its opening value */
    VALUE_RING_OUT,     /* ring: the amount that leaves this period (known in phase 1) */
    VALUE_RING_CONTENT, /* ring: what is inside when the period opens */
    VALUE_LAG, /* source as it was `periods` periods ago; `first` while that lies before the clock.
                  Does not depend on source in this period */
    VALUE_DELAY, /* exact response of `order` first-order lags in a row, each `expr`/order months
                    long, to source held constant over the period: see docs/language.md; stages
                    start at `first` (NULL: at source's first value); the value is the last stage
                    after this period's input. smooth(x, t) is order 1 */
    VALUE_CUMULATIVE, /* sum of source from the first period to this one */
    VALUE_WINDOW,     /* sum, mean, min, max of source over this and the last `periods` - 1 periods
                         (fewer at the start); or its rate of return, in the last period alone */
    VALUE_FIRST,   /* last day of the first period in which source was non-zero; never before that
                      (NaN source: NaN) */
    VALUE_GROWTH,  /* product of (1 + expr) ^ (months of this period after `from` / rate_months),
                      from `first`-less 1:  compound(g, from D); with fade the factor's base is (1 -
                      expr). Months before the clock count  with the first period's rate. expr =
                      source's growth per rate_months */
    VALUE_LATCH,   /* source as it was in the period that holds the date `expr`; NaN before; before
                      the clock: its first value */
    VALUE_ACCOUNT, /* party, account: balance in units of the party's money */
    VALUE_UNPAID,  /* party: arrears that it owes */
    VALUE_RECEIVED,
    VALUE_PAID, /* party or contract (the other NO_ID), category (NO_ID: any): cash of last period;
                   closing: of this one. Of a contract in one money */
    VALUE_DEFAULTED,    /* party: 1 once in default */
    VALUE_DEFAULT_DATE, /* party: last day of the period of default, or never */
    VALUE_STAGE,        /* contract: its Stage as a number, after phase 1 */
    VALUE_STAGE_DATE, /* contract, stage (in `periods`): the day it was reached, or never; only for
                         stages reached by a condition */
    VALUE_FACILITY_DRAWN, /* facility: drawn so far */
    VALUE_RESERVE,        /* reserve: its balance */
    VALUE_SHARE,          /* allocation, index: what this claimant gets */
    VALUE_UNKNOWN         /* solve, index: solved in phase 3 where the solve stands in `formulas` */
} ValueKind;

/* What a value is, for printing and aggregating. */
typedef enum { TYPE_NUMBER, TYPE_DATE, TYPE_DURATION, TYPE_YESNO, TYPE_WORD } ValueType;
/* What a window makes of its periods; the last one only in the clock's last period. */
typedef enum { WINDOW_SUM, WINDOW_MEAN, WINDOW_MIN, WINDOW_MAX, WINDOW_RETURN } WindowOf;
/* By year: a level is taken at the end, an amount summed, a rate averaged. */
typedef enum { MEASURE_LEVEL, MEASURE_AMOUNT, MEASURE_RATE } Measure;

typedef enum {
    DIST_LAW_NORMAL,      /* mean, sd */
    DIST_LAW_LOGNORMAL,   /* mu, sigma of the logarithm */
    DIST_LAW_UNIFORM,     /* low, high */
    DIST_LAW_TRIANGLE,    /* low, mode, high */
    DIST_LAW_BETA,        /* alpha, beta, low, high: low + (high - low) * beta; pert becomes this */
    DIST_LAW_GAMMA,       /* shape, scale */
    DIST_LAW_EXPONENTIAL, /* mean */
    DIST_LAW_POISSON,     /* mean */
    DIST_LAW_CHANCE,      /* p: 1 when u < p */
    DIST_LAW_ONE_OF,      /* weights as n params (sum 1 to 1e-9); the value is outcomes[i] */
    DIST_LAW_QUANTILES,   /* probabilities[] (constants) and n params: see maths quantile list */
    DIST_LAW_DATA         /* data[], sorted */
} DistLaw;

typedef struct {
    DistLaw law;
    uint32_t n_params;
    const Node **params; /* constants or once-per-path values */
    const double *probabilities, *outcomes, *data;
    uint32_t n_data;
    const Node *truncated_low, *truncated_high; /* NULL: not truncated; through the inverse */
    bool is_date;                               /* the result is rounded to a whole day (half up) */
    bool is_once;                               /* once per path, else afresh each `step` */
    Step step; /* its own interval; counter period = step_ordinal(step, today) + 0, 0 when once */
    uint64_t hash;     /* text_hash64 of the full name */
    uint32_t together; /* Model.togethers, or NO_ID */
    uint32_t place;    /* its row there */
} Draw;

typedef struct Value {
    Text name; /* full: instance path and field ("abilene.p1.lead"); hidden ones contain '#' */
    Text title;
    ValueKind kind;
    ValueType type;
    Measure measure;
    Span span;         /* of its declaration; of what the compiler made: nothing */
    Text unit;         /* display unit ("bn USD", "GW_site"), "" for plain */
    double unit_scale; /* display = base / unit_scale */
    bool is_hidden;    /* made by the compiler, not named by the user */
    bool is_closing;   /* evaluated in phase 8 */
    bool is_of_run;    /* `x at DATE`, totals: in a report what it is at the clock's end */
    const Node *expr;
    Draw *draw;
    ValueId source;
    uint32_t periods;   /* lag, window; stage of STAGE_DATE */
    uint32_t order;     /* delay; window: a WindowOf; growth: 0 compound 1 fade */
    double rate_months; /* growth */
    const Node *first;  /* lag, delay; growth and latch: the `from` date is `first` */
    uint32_t stock, ring, party, account, contract, category, facility, reserve, allocation, solve,
        index;
    uint32_t money; /* received, paid of a contract */
} Value;

/* ---- state ------------------------------------------------------------------ */

typedef struct {
    ValueId value;         /* its opening value */
    const Node *initial;   /* constants and once-per-path values; evaluated when the path starts */
    LIST(ValueId) in, out; /* amounts of this period (formulas) */
    bool is_signed;   /* else below zero (past `tolerance`) fails the path; within it, becomes 0 */
    double tolerance; /* a cent for money, else 0; 1e-9 of the largest term is added */
    uint32_t ring;    /* cohorts: the ring that holds when its content leaves, or NO_ID */
} Stock;

/* A belt, or the schedule of a cohort stock. Slot k holds what leaves k periods from now, k
 * = 1..n_slots. */
typedef struct {
    Text name;
    ValueId out, content;
    const Node *entering; /* amount this period; a cohort stock's lumps are added to it */
    const Node *lead; /* months, read at entry; whole periods: max(1, floor(lead / period + 0.5));
                         past n_slots fails the path */
    const Node *thinning; /* cohorts: what other outflows leave, a factor on every slot, before
                             entering; NULL: 1 */
    uint32_t n_slots;
    uint32_t stock;      /* cohorts, or NO_ID */
    const Node *initial; /* cohorts: enters when the path starts, with `lead` read in the first
                            period; NULL: 0 */
} Ring;

/* Gaussian copula over its members in name order: normal_i = sum over j <= i of cholesky[i*n+j] *
 * z_j. */
typedef struct {
    LIST(ValueId) members;
    const double *cholesky;
} Together;

typedef enum {
    KEY_STEP,
    KEY_LINEAR,
    KEY_EXACT
} TableMode; /* exact: words and instances, key = row number */
typedef struct {
    Text name;
    TableMode mode;
    bool is_held; /* outside the rows: the end value; else NaN (the path fails) */
    uint32_t n_rows;
    const double *keys, *numbers; /* keys ascending */
} KeyTable;

typedef struct {
    Text name;
    const Node *supply;
    uint32_t n;
    const Node **wants, **ranks,
        **weights; /* ranks: NULL entries: 0; weights: NULL entries: the want; in full-name order */
    ValueId *results;
} Allocation;

typedef struct {
    Text name;
    uint32_t n;
    ValueId *unknowns;
    const Node **exprs;  /* unknown i = exprs[i] */
    const Node **starts; /* first guess, NULL: 0 */
    ValueId *inner;      /* formulas between unknowns and exprs, in order, evaluated every round */
    uint32_t n_inner;
    bool is_affine;   /* by elimination in name order: coefficients by evaluating at 0 and unit
                         vectors */
    ValueId residual; /* hidden value: largest |u - expr| at the end */
} Solve;

/* ---- parties, books, contracts ---------------------------------------------- */

typedef enum {
    ACCOUNT_ASSET,
    ACCOUNT_LIABILITY,
    ACCOUNT_EQUITY,
    ACCOUNT_INCOME,
    ACCOUNT_EXPENSE
} AccountType;
typedef struct {
    Text name, title;
    AccountType type;
} Account;

/* An obligation debits `payer` in the payer's book and credits `payee` in the payee's. */
typedef struct {
    Text name, title;
    uint32_t payer, payee;
} Category;

typedef struct {
    uint32_t account;
    const Node *amount;
    uint32_t against; /* party or NO_ID */
    uint32_t against_account;
} Opening;
typedef struct {
    Text name, title;
    Span span;
    uint32_t owner; /* itself; of a further book, in another money, the party whose it is */
    uint32_t money; /* Model.monies */
    bool is_outside;
    bool is_source_named; /* has an attribution or opening balances: else the report warns */
    LIST(Opening) openings;
    const Node *keep;   /* NULL: none */
    uint32_t keep_rank; /* cash kept is not available to this rank and later ones; n_ranks: only to
                           `of rest` */
    const Node *loss_of_cash, *loss_of_receipts; /* default costs, shares; NULL: none */
    uint32_t loss_slot;                          /* to `costs_of_default`; NO_ID when it has none */
} Party;

typedef enum {
    STAGE_TALKS,
    STAGE_INTENT,
    STAGE_DEFINITIVE,
    STAGE_EFFECTIVE,
    STAGE_SUSPENDED,
    STAGE_ENDED,
    STAGE_NEVER
} Stage;
typedef struct {
    Stage stage;
    const Node *date;      /* on: the day, never when the chance failed; NULL for when */
    const Node *condition; /* when */
} StageMove;

typedef struct {
    Text name, title, kind; /* kind: "loan", "" for plain contracts */
    Span span;
    uint32_t first, second; /* the two parties, NO_ID when none */
    Stage initial;
    LIST(StageMove) moves;
    const Node *grace;   /* months that arrears may last; NULL: 0 */
    uint32_t part_of;    /* contract or NO_ID */
    Text layer;          /* "" when none */
    ValueId stage_value; /* its VALUE_STAGE: every contract has one, in `formulas` */
} Contract;

/* ---- rules -------------------------------------------------------------------- */

typedef enum { ACT_PAY, ACT_BOOK, ACT_ADD, ACT_SET, ACT_MOVE, ACT_BORROW, ACT_END } ActionKind;
typedef struct {
    ActionKind kind;
    const Node *amount; /* money or the stock's unit, already multiplied by the stretch */
    uint32_t slot;      /* pay */
    uint32_t party, from_account, to_account; /* book: credit from, debit to */
    uint32_t stock, to_stock;                 /* add, set: stock; move: stock to to_stock */
    uint32_t facility;                        /* borrow */
} Action;

typedef enum { RULE_EVERY, RULE_ON, RULE_WHEN, RULE_EACH } RuleKind;
typedef struct {
    Text name; /* "abilene_lease.p1#1" when unnamed */
    Span span;
    RuleKind kind;
    uint32_t contract; /* fires only while it is effective; NO_ID: always */
    /* every */
    uint32_t step_months, step_days;   /* one is zero */
    const Node *term_start, *term_end; /* NULL: on the calendar PERIOD's last day */
    bool is_in_advance;
    const Node *date;      /* on */
    const Node *condition; /* when */
    const Node *lasting;   /* when ... for: months the condition must have held (each period counts
                              its length), NULL: 0 */
    bool is_again;
    const Node *quantity, *series, *times, *before; /* each; times, before may be NULL */
    bool is_including_past;
    LIST(Action) actions;
} Rule;

/* One pay statement of one instance: obligations, arrears and payments are kept by slot. */
typedef struct {
    Text name;                                       /* the rule's name and the action's number */
    Span span;                                       /* of the statement, or its contract's */
    uint32_t payer, payee, category, rank, contract; /* contract may be NO_ID */
    uint32_t terms; /* the contract whose grace its arrears have: its own, or the guaranteed one */
    uint32_t carry; /* its sub-cent remainder: one for each contract, category and money */
    bool is_rest;   /* amount is a share of what is left */
    const Node *rest_cap;    /* NULL: none */
    uint32_t raises, lowers; /* stocks, or NO_ID: by what was really paid */
    bool is_made; /* by the compiler: of a facility, guarantee, its recourse, default costs */
} Slot;

typedef struct {
    Text name;
    uint32_t lender, borrower, contract;
    const Node *limit; /* what may be drawn in all */
    bool is_for_shortfall;
    uint32_t raises; /* stock or NO_ID */
    uint32_t slot;   /* lender to borrower */
} Facility;

typedef struct {
    Text name;
    uint32_t contract; /* whose unpaid slots are covered ... */
    uint32_t debtor;   /* ... when owed by this party */
    uint32_t guarantor;
    const Node *cap; /* in all */
    uint32_t raises;
    uint32_t own_contract;
    LIST(uint32_t) covered; /* the slots covered */
    LIST(uint32_t) pays;    /* slot guarantor -> creditor, one for each covered */
    LIST(uint32_t)
    recourse; /* slot debtor -> guarantor, one for each covered; those of one contract
                 share it */
} Guarantee;

typedef struct {
    Text name;
    uint32_t party, contract;
    const Node *target, *opening; /* opening may be NULL */
    ValueId value;
} Reserve;

/* ---- what is asked ---------------------------------------------------------------- */

typedef enum { CHECKING_ALWAYS, CHECKING_AT, CHECKING_COVERS } Checking;
typedef struct {
    Text title;
    Checking mode;
    const Node *condition; /* always, at: yes/no at the close */
    const Node *numerator, *denominator;
    double at_least;
    const Node *date;                  /* at */
    const Node *term_start, *term_end; /* during, NULL: every period */
    double share; /* of paths in which it must hold; 1 without `in P of paths` */
} Check;

/* A series that is collected: value at the close of each period of each path. */
typedef struct {
    Text name;     /* as written: "openai.cash" */
    ValueId value; /* a closing formula, or a plain value */
    ValueType type;
    Measure measure;
    Text unit;
    double unit_scale;
    bool is_once;   /* only its last-period value matters (dates by first, draws, constants) */
    bool is_hidden; /* collected for a section of the report, not asked by name */
} Output;

typedef struct {
    Text name; /* show fan hist who_pays flows tornado why compare bank_test reach plan breaks
                  headline */
    LIST(uint32_t) outputs;
    LIST(Text) words;            /* compare: scenarios */
    Text by;                     /* "", year, quarter, month */
    uint32_t top;                /* 0: default */
    double at;                   /* why, NaN: none */
    uint32_t party, account;     /* who_pays; plan: party */
    uint32_t contract;           /* bank_test */
    uint32_t money;              /* bank_test */
    LIST(double) numbers;        /* reach: marks in base units */
    double term_start, term_end; /* who_pays window in days, NaN: the whole clock */
    LIST(Text) setting_names;    /* bank_test { dscr = 1.3; ... }: values in base units */
    LIST(double) setting_values;
    LIST(uint32_t) setting_outputs; /* for settings that are not constants: an output, else NO_ID */
    Text title;
} View;

typedef struct {
    Text name, title, dated, trust, address;
} Source;

/* A number that the user could change: a constant or a draw with its attribution. */
typedef struct {
    Text name; /* full name; a part of an expression: "lease.rate" or "bank#1" when unnamed */
    Text label, unit, source, words; /* source: "" under assume or unsourced */
    double unit_scale;
    char attribution; /* 'c' cite, 'a' assume, 'u' unsourced, 'x' exempt */
    ValueId value;    /* NO_ID when it is a literal inside a rule */
    bool is_draw;
    double number;    /* fixed: base units */
    Literal *literal; /* fixed: in the constants that rest on it; NULL for draws and exempt ones */
    Text printed;     /* as the long form: "lognormal 5 %-95 % 400 to 500 k gpu/GW_site" */
    double range_low, range_high; /* NaN: none */
    Text file;
    uint32_t line;
} Parameter;

/* ---- the whole ------------------------------------------------------------------------ */

typedef struct Model {
    Text name, title;
    Text source_text; /* every user file, concatenated with headers: kept in the result file */
    Step step;
    Day from, until; /* first and last day of the clock */
    uint32_t n_periods;
    const Day *first_days, *last_days; /* n_periods each */
    Text currency;                     /* "USD": the main money */
    LIST(Text) monies;                 /* in which there are books; the main one first */
    double minor_per_unit;             /* 100 */
    Text scenario;                     /* "" for the base */
    Text settings;                     /* what was set from outside, as written: "x = 1; y = 2" */

    LIST(Value) values;
    /* All values of phase 3 in the order of their dependencies: formulas, draws, state readers,
     * shares; a solve's first unknown stands for the solve. */
    LIST(ValueId) formulas;
    LIST(ValueId) closing_formulas; /* phase 8, in order */
    LIST(Stock) stocks;
    LIST(Ring) rings;
    LIST(Together) togethers;
    LIST(KeyTable) tables;
    LIST(Allocation) allocations;
    LIST(Solve) solves;
    LIST(Account) accounts;
    uint32_t cash, payables, receivables, opening_equity; /* accounts by role */
    LIST(Category) categories;
    LIST(Text) ranks;
    /* In name order; one that has books in further monies is followed by these, each a party by
     * itself but for its default ("lab.EUR"). */
    LIST(Party) parties;
    LIST(Contract) contracts; /* in name order */
    LIST(Rule) rules;         /* in the order of contracts, then as written */
    LIST(Slot) slots;
    uint32_t n_carries;
    LIST(Facility) facilities;
    LIST(Guarantee) guarantees; /* in acyclic order: a guarantor's own guarantors come later */
    LIST(Reserve) reserves;
    LIST(Check) checks;
    LIST(Output) outputs;
    LIST(View) views;
    Text report_title;
    LIST(Source) sources;
    LIST(Parameter) parameters;
    uint32_t n_literals;
    uint32_t n_unsourced;
    LIST(Text) words;                           /* what the index of a word means */
    LIST(Text) scenario_names, scenario_titles; /* declared, for --scenario all */
    struct Model **scenario_models; /* by scenario_names, where they were built to be checked; NULL
                                       those at fault */
    /* hidden outputs that the report's BREAKS section needs, by party (NO_ID for outside parties)
     */
    const uint32_t *first_late_outputs, *default_date_outputs;
} Model;

/* A constant with those literals (by index) at so many times their numbers. */
double node_renumbered(const Node *node, const bool *is_raised, double factor);

/* What a reader is told of a book: whose it is, and in which money. */
static inline Text book_owner(const Model *model, uint32_t party)
{
    return model->parties.items[model->parties.items[party].owner].name;
}

/* What a value of a word is; empty: none. */
static inline Text word_at(const Model *model, double place)
{
    bool is_one = place >= 0 && place < (double)model->words.count;

    return is_one ? model->words.items[(size_t)place] : TEXT("");
}

static inline Text book_money(const Model *model, uint32_t party)
{
    return model->monies.items[model->parties.items[party].money];
}

/* The model as text, for `gw dump model`. */
Text model_dump(Arena *arena, const Model *model);
Text model_print_node(Arena *arena, const Model *model, const Node *node);

#endif
