/* The bytecode of a program and the tables that run/ drives by: what program/ hands to run/.
 *
 * Registers hold one number a lane. There are three homes, each run by the same interpreter:
 *   constants   computed once for the run
 *   period      one number a period, computed for all periods before any path
 *   tile        one number a path: states, what is computed once a path, and what is computed a
 * period An instruction writes a register of its own home and reads any home to the left.
 *
 *   Ref: | home 2 bits | register 30 bits |   of period registers read by tiles: their place in
 * `exports` */
#ifndef GW_PROGRAM_CODE_H
#define GW_PROGRAM_CODE_H

#include "program/program.h"

#include <stdint.h>

enum { ANY = 255 };

typedef enum {
#define LANE(name, n, expression, doc) OP_##name,
#define CHOSEN(name, n, is_plain, plain, expression, doc) OP_##name,
#define WRITTEN(name, n, doc) OP_##name,
#define CLOCKED(name, n, expression, doc) OP_##name,
#define LEAF(name, n, doc) OP_##name,
#define HELD(name, n, doc) OP_##name,
#define NAMED(name, n, doc) OP_##name,
#include "program/ops.def"
#undef LANE
#undef CHOSEN
#undef WRITTEN
#undef CLOCKED
#undef LEAF
#undef HELD
#undef NAMED
    OP_COUNT
} Op;

/* Operations that are a plain expression lane by lane, clocked or not, may write over an argument.
 */
typedef enum {
    OP_IS_LANE,
    OP_IS_WRITTEN,
    OP_IS_CLOCKED,
    OP_IS_LEAF,
    OP_IS_HELD,
    OP_IS_NAMED
} OpClass;
typedef struct {
    const char *name, *doc;
    uint8_t n_args;
    OpClass op_class;
} OpInfo;
extern const OpInfo op_infos[OP_COUNT];

typedef uint32_t Ref;
typedef enum { HOME_TILE, HOME_CONST, HOME_PERIOD, N_HOMES } Home;
#define REF_NONE UINT32_MAX
#define REF_INDEX(ref) ((ref)&0x3fffffffu)
#define REF_HOME(ref) ((Home)((ref) >> 30))
#define REF_MAKE(home, index) (((uint32_t)(home) << 30) | (index))

/* What an instruction needs besides its registers. */
typedef struct {
    uint64_t hash;    /* uniform */
    const Draw *draw; /* uniform, quantile */
    uint32_t index;   /* table, rule, ring, allocation, solve */
    uint32_t periods; /* lag, window */
    uint32_t order;   /* window: 0 sum 1 mean 2 min 3 max; solve: its body's section */
    uint32_t memory;  /* lag, window: first of its registers */
    uint32_t step_months, step_days;
    bool is_in_advance;
    double rate_months, whole_months; /* of growth: of its rate, and of a whole period */
} Detail;

/* With ANY number of arguments, `a` is the place of the first of `n` in Code.refs. */
typedef struct {
    uint16_t op;
    uint32_t n;
    uint32_t out;
    Ref a, b, c;
    uint32_t detail;
} Instruction;

typedef struct {
    uint32_t first, count;
} Section;

/* In the order in which they run; rule r has section SECTION_RULES + r, then come those after. */
enum { SECTION_CONST, SECTION_PERIOD, SECTION_PATH, SECTION_STEP, SECTION_RULES };

typedef struct {
    uint32_t reg;
    Home home;          /* tile or period */
    const Ref *initial; /* NULL: number */
    double number;
    bool is_cold; /* seldom touched: not counted when tiles are sized */
} State;

typedef struct {
    Ref fire; /* every, on: falls due; when: the condition; each: 1. All: 0 while the contract is
                 not effective */
    Ref lasting, series, quantity, times, before;
    uint32_t held, has_fired, top, marks, waiting; /* states */
    uint32_t count;                                /* register of EACH_COUNT */
    Ref *amounts, *caps; /* by action; caps of rest slots, else REF_NONE */
} RuleCode;

typedef struct {
    uint32_t state; /* register */
    uint32_t lump;  /* register, or NO_ID */
    Ref closing;    /* computed in the posting section */
    Ref opening;    /* a copy, where a rule may set the stock; else REF_NONE */
} StockCode;

typedef struct {
    uint32_t memory; /* first of its registers */
    Ref entering, lead, thinning, initial, initial_lead;
} RingCode;

typedef struct {
    Ref stage;
    uint32_t carried;  /* state register, NO_ID when the stage follows from dates alone */
    uint32_t ends;     /* register: a rule said `end`; NO_ID */
    uint32_t dates[8]; /* state registers by stage, NO_ID where nobody asks */
    Ref *conditions;   /* by move, REF_NONE for dated ones */
    Ref grace;
} ContractCode;

typedef struct {
    Ref keep, loss_of_cash, loss_of_receipts;
    uint32_t unpaid; /* registers: cents owed in arrears */
    uint32_t defaulted, default_date;
    Ref *openings;
} PartyCode;

/* A register that sums the cash paid by matching slots. */
typedef struct {
    ValueKind kind;
    uint32_t party, contract, category, money;
    uint32_t state;
} ReaderCode;

typedef struct {
    Ref limit, effective;
    uint32_t drawn; /* cents */
} SupportCode;      /* of a facility or a guarantee */

typedef struct {
    Ref target, opening;
    uint32_t balance; /* cents */
} ReserveCode;

typedef struct {
    Ref condition, numerator, denominator, date, during;
} CheckCode;

typedef struct {
    Instruction *instructions;
    size_t n_instructions;
    uint32_t *owners;       /* by instruction: the value it was first made for, or NO_ID */
    uint32_t *last_readers; /* by instruction: the last that reads its result, itself for none;
                               NO_ID when something else may */
    Detail *details;
    size_t n_details;
    Ref *refs;
    size_t n_refs;
    Section *sections;
    uint32_t n_sections;
    uint32_t section_post, section_settle, section_close,
        section_solves; /* solve s: section_solves + s */

    uint32_t n_registers[N_HOMES];
    uint32_t n_hot;    /* tile registers that every period touches, about */
    double *constants; /* by register of HOME_CONST: literals, 0 for computed ones */
    uint32_t *exports; /* period registers that tiles read */
    uint32_t n_exports;

    State *states;
    size_t n_states;
    uint32_t *cells;        /* [party * n_accounts + account]: state register of the balance, debit
                               positive, or NO_ID */
    uint32_t *carries;      /* registers */
    uint32_t *slot_arrears; /* registers by slot */

    RuleCode *rules;
    StockCode *stocks;
    RingCode *rings;
    ContractCode *contracts;
    PartyCode *parties;
    ReaderCode *readers;
    size_t n_readers;
    SupportCode *facilities, *guarantees;
    ReserveCode *reserves;
    CheckCode *checks;
    Ref *outputs;
    /* traces only: by value, its register; REF_NONE when it has none */
    Ref *values;
    bool *live; /* by value: something that can fail or is reported reads it */
} Code;

const Code *program_code(const Program *program);
Ref code_arg(const Code *code, const Instruction *at, uint32_t i);
/* The same model with every value in a register of its own, to find what failed first. */
Program *program_build_trace(Arena *arena, const Model *model);

#endif
