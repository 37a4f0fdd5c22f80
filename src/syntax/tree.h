/* The syntax tree: what a file says, before any name is looked up.
 *
 * Two node types only. An Expr is an expression, a reference, a unit or a
 * distribution; a Decl is everything that stands on a line of its own, and uses
 * the fields its kind names below. Trees live in the arena of the parse and are
 * never changed by later stages; tests may mutate copies.
 *
 * Of a file with faults: an Expr is whole or NULL, declarations that others may
 * name stay, with NULL where a part could not be read, and the others are left
 * out. */
#ifndef GW_SYNTAX_TREE_H
#define GW_SYNTAX_TREE_H

#include "base/arena.h"
#include "base/text.h"
#include "source/source.h"

typedef struct Expr Expr;
typedef struct Decl Decl;

/* A unit as written: factors with whole powers, e.g. USD/month/GW_site. `1/year` has one factor. */
typedef struct {
    Text name;
    int power; /* negative after a slash */
    Span span;
} UnitFactor;

typedef struct {
    LIST(UnitFactor) factors;
    Text magnitude; /* "", "k", "mn", "bn", "tn", "%", "pp", "bp" */
    Span span;      /* from the magnitude to the last factor */
} UnitExpr;

typedef enum {
    EXPR_NUMBER, /* number, unit (may be NULL) */
    EXPR_DATE,   /* date as written: year, month (0 none), day (0 none) */
    EXPR_WORD,   /* yes, no, never, today, period, this, or any single name: name */
    EXPR_FIELD,  /* args[0] . name */
    EXPR_CALL,   /* name(args...), arg_names[i] non-empty for `first v`, `from D`, `to D`, `order k`
                  */
    EXPR_UNARY,  /* op: "-" or "not"; args[0] */
    EXPR_BINARY, /* op: + - * / ^ = != < <= > >= is and or; args[0], args[1] */
    EXPR_IF,     /* args: condition, then, else */
    EXPR_OVER,   /* sum|min|max|mean|count|any|all over name in args[0] [where args[1]]: args[2];
                    op = function word; args[1] NULL without where; args[2] NULL for count */
    EXPR_WINDOW, /* sum|mean|min|max of args[0] over last args[1]; op = function word */
    EXPR_AT,     /* args[0] at args[1] */
    EXPR_SHARE,  /* share of args[0] among name in args[1] [where args[2]]: args[3]
                    [rank args[4]] [by args[5]]; absent ones NULL */
    EXPR_STRING, /* text of a string literal in name (file names) */
    EXPR_OPENING /* opening args[0] (in checks and reports) */
} ExprKind;

struct Expr {
    ExprKind kind;
    Span span;
    Span op_span; /* the operator, function word or field name */
    Text op;
    Text name;
    double number; /* EXPR_NUMBER: as written, before magnitude and unit */
    UnitExpr *unit;
    int year, month, day;
    LIST(Expr *) args;
    LIST(Text) arg_names;
};

/* The right-hand side of `~`. */
typedef enum {
    DIST_INTERVAL,  /* args[0] to args[1] (5 % and 95 %) */
    DIST_NAMED,     /* name(args...): normal lognormal uniform triangle pert beta gamma exponential
                       poisson */
    DIST_CHANCE,    /* chance args[0] */
    DIST_ONE_OF,    /* one of { args[i]: weights[i] } */
    DIST_QUANTILES, /* probabilities (numbers 0..1) and args */
    DIST_DATA       /* data "file" [column name] */
} DistKind;

typedef struct {
    DistKind kind;
    Span span;
    Text name; /* of a named distribution, or the data column */
    Text file;
    LIST(Expr *) args;
    LIST(Expr *) weights; /* one of */
    LIST(double) probabilities;
    UnitExpr *unit;                       /* unit written after the whole, NULL if none */
    Expr *truncated_low, *truncated_high; /* NULL without `truncated` */
    Text drawn; /* "", "daily", "weekly", "monthly", "quarterly", "yearly" */
} Dist;

/* cite NAME "words" | assume "words". */
typedef enum { ATTRIBUTION_NONE, ATTRIBUTION_CITE, ATTRIBUTION_ASSUME } AttributionKind;
typedef struct {
    AttributionKind kind;
    Text source; /* cite: the source's name */
    Text words;
    Span span;
} Attribution;

/* A type after `:`. A unit (`USD/month`, `1/year`) or one or two words (`date`, `site`,
 * `site.phase`). */
typedef struct {
    bool is_present;
    bool is_unit_only; /* has an operator, power or magnitude: cannot be a kind */
    UnitExpr unit;     /* always filled: a single word is one factor */
    Text words[2];     /* `site.phase` fills both; a single word the first */
    Span span;
} TypeExpr;

typedef enum {
    DECL_IMPORT,   /* title = path or name; is_string when quoted */
    DECL_MODEL,    /* name, title, members: DECL_VALUE clock/money are DECL_SETTING */
    DECL_SETTING,  /* name = words...: clock: words {monthly} dates expr=from expr2=until; money:
                      exprs, the main one first; others expr */
    DECL_SOURCE,   /* name, title, members: DECL_VALUE dated/trust/address... (expr: date, word or
                      string) */
    DECL_UNIT,     /* unit name ["title"] [= expr of other units | is new dimension] [prefixed]
                      [currency];     name, title, type.unit (not present: a new dimension), number =
                      factor, flags below */
    DECL_ACCOUNT,  /* name, name2 = asset|liability|equity|income|expense, title */
    DECL_CATEGORY, /* name, title, members: DECL_SETTING payer/payee/settles... (name, name2) */
    DECL_RANKS,    /* names: the ranks in order; name2 = the one marked `default`, or empty */
    DECL_PARTY,    /* name, title, attribution, members: OUTSIDE OPENING KEEP RESERVE DEFAULT_COSTS
                      VALUE STOCK ... */
    DECL_OUTSIDE,
    DECL_OPENING, /* name = account; expr; ref = against (NULL); name2 = the money that it has to
                     be in, where it is changed from outside */
    DECL_KEEP,    /* expr; name2 = rank (empty: what is left is shared) */
    DECL_RESERVE, /* name; ref = contract; expr = target; expr2 = opening or NULL */
    DECL_DEFAULT_COSTS, /* expr = share of cash lost, expr2 = share of receipts lost */
    DECL_KIND, /* name, title, name2 = like, party_names (0 or 2), is_contract, members, attribution
                */
    DECL_PART_KIND, /* part NAME ["title"] { members } inside a kind */
    DECL_INSTANCE,  /* name2 = kind's word (`contract`, `site`, `phase`, `loan`...), name, title,
                       for_name, for_list,  ref = between first, ref2 = second, attribution, members
                     */
    DECL_VALUE, /* name [: type] [= expr | ~ dist] [doc] [range] [attribution]; `instead` flag in
                   scenarios */
    DECL_STOCK, /* name : type [signed] [= expr] [attribution] members: DECL_FLOW, DECL_GROWS */
    DECL_FLOW,  /* is_out; name (may be empty); expr with mode FLOW_RATE, FLOW_AT, FLOW_BY_AGE */
    DECL_GROWS, /* grows at expr */
    DECL_BELT,  /* name : type; members: DECL_FLOW (in), DECL_LEAD */
    DECL_LEAD,  /* lead = expr | ~ dist [up to expr2] */
    DECL_SOLVE, /* members: DECL_VALUE, one an unknown; each may give its type; over_run flag */
    DECL_RULE,  /* name (may be empty); trigger and its fields; members: actions */
    DECL_STAGE, /* stage = name2 (talks|intent|definitive|effective|suspended|ended|never) */
    DECL_STAGE_MOVE, /* name2 = stage reached; expr = on date | when condition (flag is_when); expr2
                        = chance or NULL */
    DECL_PART_OF,    /* part of ref */
    DECL_LAYER,      /* layer name2 */
    DECL_FACILITY,   /* facility NAME from ref to ref2 up to expr as name2 [for shortfall] [raises
                        ref3] */
    DECL_GUARANTEE,  /* guarantee [NAME] of ref by ref2 up to expr [raises ref3] */
    DECL_WITHOUT,    /* without NAME: drops a named rule of the kind copied */
    /* actions of a rule */
    DECL_PAY,    /* expr [of rest (is_rest) [up to expr2]] from ref to ref2 as name2 [rank name3]
                    [raises ref3] [lowers ref4] */
    DECL_BOOK,   /* expr in ref from name2 to name3 */
    DECL_ADD,    /* expr to ref */
    DECL_SET,    /* ref = expr */
    DECL_MOVE,   /* expr from ref to ref2 */
    DECL_BORROW, /* expr from ref (a facility) */
    DECL_END,
    /* the rest of the top level */
    DECL_TOGETHER, /* refs; correlation: numbers (row-major matrix when n>1), expr = one number,
                      expr2 + name2: `0.3, 0.8 within site` */
    DECL_TABLE,    /* name : type by name2; rows (keys[i], exprs[i]) or file + columns; name3 =
                      step|linear; is_held */
    DECL_SCENARIO, /* name, title, attribution, members: DECL_OVERRIDE */
    DECL_OVERRIDE, /* is_every: every KIND.FIELD (ref); mode OVERRIDE_SET (expr), OVERRIDE_DRAW
                      (dist), SCALED (expr), PLUS (expr); is_instead; a contract's `X.stage = never`
                      is OVERRIDE_SET with expr a word */
    DECL_CHECK,    /* title; mode CHECK_ALWAYS/CHECK_AT/CHECK_COVERS; expr; expr2 (date, or
                      denominator); expr3 (covers: at least); during; paths_share (NULL:
                      all) */
    DECL_REPORT,   /* name, title, members: DECL_VIEW */
    DECL_VIEW      /* name =
                      show|fan|hist|who_pays|flows|tornado|why|compare|bank_test|reach|plan|breaks|headline;
                      exprs (arguments); name2 = by year|quarter|month; number = top N; expr2 = at date;
                      members: DECL_VALUE settings of { } */
} DeclKind;

typedef enum { TRIGGER_EVERY, TRIGGER_ON, TRIGGER_WHEN, TRIGGER_EACH } TriggerKind;
typedef enum { FLOW_RATE, FLOW_AT, FLOW_BY_AGE } FlowMode;
typedef enum { OVERRIDE_SET, OVERRIDE_DRAW, OVERRIDE_SCALED, OVERRIDE_PLUS } OverrideMode;
typedef enum { CHECK_ALWAYS, CHECK_AT, CHECK_COVERS } CheckMode;

struct Decl {
    DeclKind kind;
    Span span;      /* the whole declaration */
    Span name_span; /* the name alone (or the leading word) */
    Text name, name2, name3, title, doc;
    Span name2_span, name3_span;
    TypeExpr type;
    Expr *expr, *expr2, *expr3;
    Expr *ref, *ref2, *ref3, *ref4; /* references: EXPR_WORD or EXPR_FIELD chains */
    Dist *dist;
    Expr *range_low, *range_high;
    Attribution attribution;
    LIST(Decl *) members;
    LIST(Text) names; /* ranks; party names of a contract kind; compare's scenarios; csv columns */
    LIST(Expr *) exprs;   /* views, table values, together refs */
    LIST(Expr *) keys;    /* table keys */
    LIST(double) numbers; /* correlation matrix, row-major */
    Text file;
    double number;
    /* rules */
    TriggerKind trigger;
    Text period_word;    /* every month: day week month quarter year */
    double period_count; /* every 3 months: 3 (else 1) */
    Expr *during;        /* rules and checks */
    Expr *for_duration;  /* when C for D */
    Expr *up_to_times;   /* each ... up to N times */
    Expr *before;        /* each ... before DATE */
    Expr *paths_share;   /* checks: in P of paths */
    /* instances */
    Text for_name; /* `for p in LIST` */
    Expr *for_list, *for_where;
    FlowMode flow;
    OverrideMode override;
    CheckMode check;
    bool is_string, is_contract, is_signed, is_out, is_rest, is_when, is_again, is_in_advance,
        is_including_past, is_instead, is_every, is_held, is_for_shortfall, is_prefixed,
        is_currency, over_run, has_block, has_title;
};

typedef struct {
    uint32_t file;
    LIST(Decl *) decls;
    LIST(Span) comments; /* for the formatter, in order of place */
} Tree;

#endif
