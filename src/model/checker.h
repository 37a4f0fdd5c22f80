/* The state of one check, shared by the files of this folder only.
 *
 * Declarations are collected (collect.c), instances expanded (instances.c), and
 * every field elaborated on demand: its expression gets a type and becomes a
 * Node over values (expression.c, functions.c). Rules, contracts, draws and
 * reports have a file each; order.c sorts the formulas at the end. */
#ifndef GW_MODEL_CHECKER_H
#define GW_MODEL_CHECKER_H

#include "base/limits.h"
#include "model/build.h"
#include "model/units.h"

typedef struct Checker Checker;
typedef struct Instance Instance;
typedef struct Field Field;
typedef struct KindDef KindDef;
typedef struct TableDef TableDef;

/* ---- types -------------------------------------------------------------- */

typedef enum {
    KIND_OF_ERROR, /* already reported: silences what follows */
    KIND_OF_NUMBER,
    KIND_OF_DATE,
    KIND_OF_TERM,
    KIND_OF_YESNO,
    KIND_OF_WORD,
    KIND_OF_REFERENCE,
    KIND_OF_LIST
} TypeTag;

typedef struct {
    TypeTag tag;
    Unit unit;  /* numbers */
    Text shown; /* the unit as a person wrote it, with its magnitude; "" when made by arithmetic */
    double shown_scale;   /* base units in one shown unit */
    const KindDef *kind;  /* references */
    bool is_rate_percent; /* written in %/time: growth or interest, not a flow of something */
    bool is_share;
} Type;

/* What an expression is: a type, and by tag a node, three nodes, or an instance. */
typedef struct {
    Type type;
    const Node *node;
    const Node *start, *end, *months; /* terms */
    Instance *instance;               /* references */
    Field *field;                     /* the field that a plain name or x.y named, if any */
    LIST(Instance *) list;
} Typed;

/* ---- declarations --------------------------------------------------------- */

struct KindDef {
    Text name, title;
    const Decl *decl; /* NULL for party and contract */
    KindDef *like;
    KindDef *owner; /* of a part */
    bool is_contract, is_party;
    Text roles[2];              /* names of the two parties */
    Table *parts;               /* KindDef by name */
    LIST(Instance *) instances; /* in order of path once sorted; copies' instances too */
};

typedef enum {
    FIELD_VALUE,
    FIELD_STOCK,
    FIELD_FLOW,
    FIELD_BELT,
    FIELD_BELT_OUT,
    FIELD_BELT_IN,
    FIELD_UNKNOWN,
    FIELD_FACILITY,
    FIELD_RESERVE,
    FIELD_STAGE_DATE,
    FIELD_STATE /* an account, `defaulted`, ...: made when first read */
} FieldTag;

typedef enum { FIELD_NEW, FIELD_ACTIVE, FIELD_TYPED, FIELD_DONE } FieldState;

struct Field {
    Text name, full_name;
    FieldTag tag;
    FieldState state;
    Instance *owner;
    const Decl *decl;              /* gives the expression or draw */
    const Decl *type_decl;         /* gives the type, doc and range: the kind's, or decl itself */
    bool is_from_block;            /* decl stands in the instance's own block */
    LIST(const Decl *) overrides;  /* of scenarios and --set, in order */
    Typed typed;                   /* when TYPED or DONE; node reads the value */
    ValueId value;                 /* NO_ID for references, terms and constants not yet asked for */
    uint32_t index;                /* stock, ring, facility, reserve */
    Field *parent;                 /* flow: its stock; belt out: the belt */
    Field *first_flow, *next_flow; /* of a stock, in order, once all fields are known */
    const Node *amount;            /* facility, reserve: its limit or target ... */
    uint32_t money;                /* ... and the money of it */
};

struct Instance {
    Text name, path;
    KindDef *kind; /* NULL for the root and groups */
    Instance *owner;
    const Decl *decl;
    bool is_root, is_group;
    Table *fields;   /* Field by name */
    Table *children; /* Instance by name (parts, members of a group) */
    Instance *between[2];
    Text bound_name; /* `for p in ...` */
    Instance *bound;
    uint32_t party, contract;   /* or NO_ID */
    bool is_book;               /* `lab.EUR`, of its owner: a party's book, a contract's payments */
    uint32_t money;             /* of a book; else the main one */
    LIST(const Decl *) members; /* rules and the rest, kinds' first */
    LIST(bool) member_is_own;
};

struct TableDef {
    const Decl *decl;
    Type type;
    TypeTag key_tag;
    const KindDef *key_kind;
    uint32_t index; /* Model.tables, or NO_ID before it is read */
    LIST(Text) words;
    bool is_bad, is_being_read, has_warned;
};

/* What an expression stands in. */
typedef struct Loop {
    const struct Loop *up;
    Text name;
    Instance *instance;
} Loop;

typedef struct {
    Instance *self;
    const Loop *loops;
    Text owner_name;  /* for hidden values: the full name of the field or rule */
    bool is_closing;  /* checks and reports */
    bool is_guarded;  /* a branch of an `if`: perhaps not read */
    bool is_in_every; /* the amounts of an `every` rule: a stretch falls due */
    bool is_opening;  /* under `opening` there */
    bool *saw_opening, *saw_closing;
} Env;

/* Where cash is read that was received or paid, in the main money for want of another word. */
typedef struct {
    ValueId value;
    Span span;
} CashRead;

/* A lag whose source is looked up at the end. */
typedef struct {
    Env env;
    const Expr *source;
    ValueId value;
    Type type;
} PendingLag;

/* What has no value before its day, to be looked at again when it is known what reads it. */
typedef struct {
    ValueId value;
    Span span;
    Text day; /* as written */
} Latch;

/* ---- the checker ------------------------------------------------------------ */

struct Checker {
    Arena *arena;
    DiagList *diags;
    const BuildOptions *options;
    Tree **trees;
    size_t n_trees;
    Model *model;
    UnitTable *units;
    Table *kinds;                         /* KindDef by name */
    Table *accounts, *categories, *ranks; /* index + 1 as pointer */
    Table *tables;                        /* TableDef by name */
    Table *words;                         /* word types: index + 1 */
    Table *sources;                       /* Source decl by name */
    Table *scenarios;                     /* Decl by name */
    Table *values_by_key;                 /* states by key: Field */
    Table *books;                         /* Instance by path: books in one money, once named */
    LIST(CashRead) cash_reads;            /* where there is more than one */
    Instance *root;
    KindDef *party_kind, *contract_kind;
    LIST(Instance *) all; /* every instance, owners first */
    LIST(Instance *) parties, contracts;
    LIST(const Decl *) reports, checks, togethers, solves;
    LIST(const Decl *) overrides; /* in force */
    LIST(Field *) stack;          /* being elaborated */
    LIST(Field *) fields;         /* every field, in order of creation */
    LIST(Span) parameter_spans;   /* beside model->parameters, until facts_finish */
    Table *parameter_by_place;    /* its file and start -> index + 1 in model->parameters */
    Span counted;                 /* how far the lines of a file were counted last, for facts */
    uint32_t counted_line;
    bool is_unheeded; /* what is elaborated is not in force: its literals are no parameters */
    uint32_t depth;   /* of expressions inside each other, names followed */
    bool has_too_many_values;
    uint32_t default_rank;
    const Decl *model_decl;
    LIST(PendingLag) lags;
    LIST(Latch) latches;
    LIST(bool) is_by_period; /* of each output: asked in more than the clock's last period */
    bool has_mixed_times;    /* said once */
};

/* collect.c */
void collect_declarations(Checker *c);
/* facts.c: which numbers stand under which attribution; literals by place. */
void facts_collect(Checker *c);
/* The constant that a literal is, nudged if it is the one asked for; marks it as used. */
const Node *facts_use_literal(Checker *c, const Expr *literal, double base);
void facts_use_draw(Checker *c, const Field *field, ValueId value, Text printed);
/* A stage's `chance P` is a draw under the attribution of its number. */
void facts_use_chance(Checker *c, const Expr *chance, Text name, ValueId value);
void facts_finish(Checker *c);

/* instances.c */
void instances_expand(Checker *c);
bool kind_is_a(const KindDef *kind, const KindDef *ancestor);
KindDef *kind_named(Checker *c, Text name);
/* The instance of that name from where `env` stands, outward; NULL. */
Instance *instance_named(const Env *env, Text name);
/* A rule or a stage takes the place of one of its name. */
void instance_add_member(Checker *c, Instance *owner, const Decl *decl, bool is_own);
/* Instances that a list expression names, by path; false with a diagnostic. */
bool instances_of_list(Checker *c, const Env *env, const Expr *list, Typed *out);

/* overrides.c */
void instances_apply_overrides(Checker *c);

/* expression.c */
Typed elaborate(Checker *c, const Env *env, const Expr *expr);
Typed elaborate_field(Checker *c, Field *field, Span at);
Typed typed_error(void);
/* Says, once in a model, that months and hours meet in a plain formula. */
void note_mixed_times(Checker *c, Span at, const Type *a, const Type *b);
/* The expression as a number in the wanted dimensions; NULL node after a diagnostic. */
const Node *elaborate_number(Checker *c, const Env *env, const Expr *expr, const Unit *wanted,
                             const char *what);
/* An amount of one of the model's monies, and of which. */
const Node *elaborate_money(Checker *c, const Env *env, const Expr *expr, const char *what,
                            uint32_t *money);
const Node *elaborate_yesno(Checker *c, const Env *env, const Expr *expr, const char *what);
const Node *elaborate_date(Checker *c, const Env *env, const Expr *expr, const char *what);
Instance *elaborate_reference(Checker *c, const Env *env, const Expr *expr, const KindDef *wanted,
                              const char *what);
/* A constant in base units; false with a diagnostic. */
bool elaborate_constant(Checker *c, const Env *env, const Expr *expr, const Unit *wanted,
                        const char *what, double *out);
Type type_of_decl(Checker *c, Instance *self, const TypeExpr *type, bool *ok);
bool unit_of_expression(Checker *c, const UnitExpr *expr, Unit *out);
/* Numbers of a written unit, shown as `span` has it. */
bool type_of_unit(Checker *c, const UnitExpr *written, Span span, Type *type);
Type type_number(Unit unit);
Type type_plain(void);
Typed typed_yesno(const Node *node);
Text type_name(Checker *c, const Type *type);
/* "in USD/month", "a plain number", "a duration", "a date". */
Text type_phrase(Checker *c, const Type *type);
/* The unit that a number is shown in, and its size in base units: as written, else a declared one
 * that is the same, else of the dimensions. */
Text type_shown(Checker *c, const Type *type, double *scale);
/* Another currency than the model's: what brings it there. */
void hint_of_currency(Checker *c, const Env *env, Diag *d, const Expr *expr, const Unit *wanted,
                      const Unit *found);
/* A bare number that looks like a year. */
bool expression_is_year(const Expr *e);
void report_mismatch(Checker *c, const Env *env, const Expr *expr, const Typed *left,
                     const Typed *right, const char *verb);
ValueId value_new(Checker *c, Text name, ValueKind kind);
ValueId value_hidden(Checker *c, const Env *env, const char *what, ValueKind kind);
const Node *node_const(Checker *c, double number);
const Node *node_leaf(Checker *c, NodeOp op); /* today, a stretch: nothing below it */
const Node *node_value(Checker *c, ValueId value);
const Node *node_make(Checker *c, NodeOp op, const Node *a, const Node *b, const Node *d);
const Node *node_list(Checker *c, NodeOp op, const Node **args, uint32_t n);
/* What a value is with every draw in its middle; false where it changes in time or has no middle.
 */
bool node_middle(const Model *m, const Node *node, double *out);
/* For the checker to act on: the numbers it rests on are marked as shaping the model. */
bool node_is_constant(const Node *node, double *out);
/* For a warning's sake: leaves no mark. */
bool node_is_known(const Node *node, double *out);
/* A date later by a duration: by whole days when that was written in days or weeks. */
const Node *node_date_after(Checker *c, const Node *day, const Typed *length);
/* A state read by its key (account, unpaid, ...), opening or closing by the env. */
Typed read_state(Checker *c, const Env *env, ValueId value, Type type);
ValueId state_value(Checker *c, Text key, ValueKind kind);
uint32_t table_index(const Table *table, Text name); /* NO_ID when absent */
void suggest_nearest(Checker *c, Diag *diag, Span span, const Table *table, Text name);
/* The place of a name in a table of what is declared; NO_ID with a diagnostic, which says what
 * there is: "there is no rank `seniour`". */
uint32_t index_or_report(Checker *c, const Table *table, Text name, Span at, const char *what);
/* The length of this period (in_rule: of the stretch that falls due) as a node, in the rate's own
 * time unit. */
const Node *stretch_of_rate(Checker *c, const Type *type, bool in_rule);

/* names.c */
Typed elaborate_word(Checker *c, const Env *env, const Expr *expr);
Typed elaborate_member(Checker *c, const Env *env, const Expr *expr);
Typed word_constant(Checker *c, Text word);
uint32_t word_index(Checker *c, Text word); /* of words used as values; new ones are added */
/* Numbers those that stand anywhere in the text, so that a word has one number in all scenarios. */
void words_seed(Checker *c);
int stage_of_word(Text word); /* -1 when it is none */

/* monies.c: the currencies of the books, and the books that a party has in each */
void monies_check(Checker *c);
/* A currency's unit; a plain number when it is not declared. */
Unit money_unit(const Checker *c, uint32_t money);
Type type_money(const Checker *c, uint32_t money);
/* The money that this is a unit of; NO_ID when it is of none. */
uint32_t money_of_unit(const Checker *c, const Unit *unit);
/* The money that a number is an amount of, or so much a time; the main one when it is of none. */
uint32_t money_of_type(const Checker *c, const Type *type);
/* The money that an amount is written in, where that shows before anything has a type; else NO_ID.
 */
uint32_t money_written(Checker *c, const Instance *self, const Expr *e);
/* The money of this name; NO_ID when the model keeps no books in it. */
uint32_t money_named(const Checker *c, Text name);
/* "USD", "USD and EUR"; `last` stands before the last one. */
Text monies_listed(Checker *c, const char *last);
void parties_number(Checker *c);
/* `lab.EUR`: the instance that stands for a party's or contract's book in one money. */
Instance *book_instance(Checker *c, Instance *of, uint32_t money);
/* Whether what is named may be so in a money: false, with a diagnostic, of a book in another. */
bool is_of_money(Checker *c, const Instance *named, const Expr *at, uint32_t money);
/* The party that is this one's book in a money; NO_ID with a diagnostic when `named` is its book
 * in another. */
uint32_t book_of_party(Checker *c, const Instance *named, const Expr *at, uint32_t money);
uint32_t book_in(const Model *m, uint32_t party, uint32_t money);
/* Warns of `paid` and `received` that name no money, where there is nothing in the main one and
 * something in another. */
void cash_reads_check(Checker *c);
/* Leaves out the further books that nothing uses. */
void books_prune(Checker *c);

/* functions.c */
Typed elaborate_call(Checker *c, const Env *env, const Expr *expr);
Typed elaborate_window(Checker *c, const Env *env, const Expr *expr);
/* Says how a call is written, and is an error. */
Typed wrong_arguments(Checker *c, const Expr *call, const char *form);
/* The argument after this word; NULL without one. */
const Expr *argument_named(const Expr *call, const char *name);
size_t n_plain_arguments(const Expr *call);
bool is_value_like(Checker *c, const Expr *at, const Typed *t);
Typed read_hidden(Checker *c, ValueId id, Type type);
/* The product of 1 plus `growth` since `start`, effective; is_fade: of 1 minus it. */
Typed growth_from(Checker *c, const Env *env, const Expr *growth, const Node *start, bool is_fade);
/* A rate becomes the amount of each period; what is no rate stays. */
void amount_of_period(Checker *c, Typed *x);

/* daycount.c */
Typed call_year_fraction(Checker *c, const Env *env, const Expr *call);
/* Whether an argument is written as a day count: its numbers are no facts. */
bool is_day_count(const Expr *e);

/* across.c: what is read across the run */
Typed elaborate_latch(Checker *c, const Env *env, const Expr *expr);
Typed call_over_run(Checker *c, const Env *env, const Expr *call);
Typed refuse_looking_ahead(Checker *c, const Expr *call);
/* Refuses what is sure to read an `x at DATE` before its day. */
void latches_check(Checker *c);

/* over.c */
Typed elaborate_over(Checker *c, const Env *env, const Expr *expr);
Typed elaborate_share(Checker *c, const Env *env, const Expr *expr);
void finish_lags(Checker *c);
ValueId value_of_node(Checker *c, const Env *env, const Typed *typed);

/* draws.c */
Draw *draw_make(Checker *c, const Env *env, const Dist *dist, Text full_name, Type *type,
                bool has_type, Text *printed);
/* One thing per another, neither a time: may be written as a plain number where the unit is
 * declared. */
bool unit_is_ratio(const Type *type);

/* together.c */
void togethers_build(Checker *c);

/* stocks.c */
void stock_elaborate(Checker *c, Field *field);
void stock_finish(Checker *c, Field *field);
void belt_elaborate(Checker *c, Field *field);
void belt_finish(Checker *c, Field *field);
void solves_build(Checker *c);
/* Refuses cohorts that start with something whose age of leaving is not known then. */
void cohorts_check(Checker *c);

/* fields.c: the limit of a facility, the target of a reserve; its money is the field's */
const Node *field_amount(Checker *c, Field *field);

/* contracts.c: parties, contracts, rules, slots */
void parties_build(Checker *c);
void contracts_build(Checker *c);
void rules_build(Checker *c);
/* The stock that a payment in this money raises or lowers; NO_ID without one. */
uint32_t stock_of_money(Checker *c, const Env *env, const Expr *ref, const char *what,
                        uint32_t money);

/* backing.c: puts guarantees in the order in which they pay, and refuses circles of backing */
void backing_order(Checker *c);

/* tables.c */
TableDef *table_named(Checker *c, Text name);
/* The text of a data file named at a place; false with a diagnostic. */
bool data_file_read(Checker *c, Span at, Text path, Text *text);
bool table_prepare(Checker *c, TableDef *table);
Typed table_read(Checker *c, const Env *env, TableDef *table, const Expr *call);

/* checks.c */
void checks_build(Checker *c);

/* reports.c */
/* Where checks and reports are read: at a period's close. */
Env closing_env(Checker *c, Text owner_name);
bool is_day_of_clock(const Model *m, double day);
/* Whether a node may differ from one period to the next. */
bool node_varies(const Model *m, const Node *node);
/* The same of its values read when the run is over. */
bool varies_at_end(const Model *m, const Node *node);
void reports_build(Checker *c);

/* order.c */
bool formulas_order(Checker *c);

#endif
