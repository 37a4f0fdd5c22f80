/* The intermediate form: one instruction a value (each is assigned once), in an order in which
 * arguments come first; and the passes over it, each in a file of its own. */
#ifndef GW_PROGRAM_IR_H
#define GW_PROGRAM_IR_H

#include "program/code.h"

typedef uint32_t InsId;

/* What a value varies over: bits. */
enum { VARY_NOT = 0, VARY_PERIOD = 1, VARY_PATH = 2, VARY_BOTH = 3 };

typedef struct {
    Op op;
    uint8_t vary;
    Home home;
    bool is_start; /* the clock stands at the first period, for good */
    bool is_dead;
    uint32_t section;
    uint32_t owner; /* the value it was first made for, plus one; 0: none */
    uint32_t n_args;
    InsId *args;
    double number;
    Detail detail;
    uint32_t n_out; /* registers it fills; parts of it are PART */
    uint32_t part;  /* PART: which; STATE: which state; LUMP: stock; UNKNOWN: index */
    uint32_t body;  /* solve whose unknowns it depends on, which comes after it; else NO_ID */
    uint32_t reg;
    uint32_t export; /* place among exports, or NO_ID */
    bool is_joined;  /* its register is a state's */
    bool is_kept;    /* its register is not used again */
} Ins;

/* A field of Code's tables that holds an InsId until registers are known. */
typedef struct {
    Ref *field;
    InsId ins;
    uint32_t section; /* where it is read */
    bool is_early;    /* computed before the rules all the same */
} Sink;

/* At the end of a section, after all else in it: a state takes a value, or a value is pushed. */
typedef struct {
    uint32_t section;
    Home home;
    uint32_t state; /* NO_ID: a push */
    InsId from;
    uint32_t memory; /* place in `memories` */
} Store;

/* A lag or a window, whose source may be lowered after it. */
typedef struct {
    ValueId value;
    uint32_t state; /* of a lag of one period; else NO_ID */
    uint32_t memory;
    Home home;
} Push;

/* A run of registers that is used as a ring. */
typedef struct {
    Home home;
    uint32_t n_registers;
    uint32_t reg;
    bool is_hot;
} Memory;

/* What is there after a pass, for `gw dump ir`; instructions by section, dead ones left out. */
typedef struct {
    uint32_t values, constant, period, path, step, later, merged, registers, code;
} PassCount;

struct Program {
    Arena *arena;
    PassCount *counts; /* by pass */
    uint32_t n_merged; /* instructions that were asked for and stood already */
    const Model *model;
    bool is_trace;
    const bool *is_lifted; /* by literal; NULL: none is */
    LIST(const Node *) inputs;
    Code code;

    LIST(Ins) ins;
    uint32_t *buckets; /* hash of instructions, for common subexpressions */
    size_t n_buckets;
    InsId *chain;
    size_t chain_capacity;

    bool *live;
    LIST(ValueId) unfollowed; /* live, but what they lead to is not looked at yet */
    uint8_t *vary;            /* by value */
    InsId *lowered;           /* by value; NO_ID until lowered */
    InsId *lowered_start;     /* the same, as a path starts */
    InsId *copied;            /* by value: a state's opening value kept for later phases */
    uint32_t *state_of;       /* by value: memory values' first state, or NO_ID */
    LIST(Sink) sinks;
    LIST(Store) stores;
    LIST(State) states;
    LIST(Memory) memories;
    LIST(Push) pushes;
};

/* passes, in order; program/passes.c */
void find_live(Program *program);          /* live.c */
void find_varying(Program *program);       /* vary.c */
void lower_model(Program *program);        /* lower.c */
void remove_dead(Program *program);        /* dead.c */
void sink_into_rules(Program *program);    /* place.c */
void start_states(Program *program);       /* start.c */
void fuse(Program *program);               /* fuse.c */
void allocate_registers(Program *program); /* allocate.c */
void emit_code(Program *program);          /* emit.c */
void verify_code(Program *program);        /* verify.c: asserts */
void run_passes(Program *program);
void print_passes(Buffer *out, const Program *program);

/* vary.c: whether a rule may say `end` to the contract */
bool ends_by_rule(const Model *model, uint32_t contract);

/* lower_node.c */
typedef struct {
    Program *program;
    bool is_starting;
    bool is_closing; /* a state read by N_VALUE is the copy of its opening value */
    uint32_t section;
    uint32_t body;  /* solve being lowered, or NO_ID */
    uint32_t rule;  /* for stretches and counts, or NO_ID */
    uint32_t owner; /* the value in hand, plus one; 0: none */
} Lowering;

/* A constant that rests on a lifted literal. */
bool is_input(const Program *program, const Node *node);
InsId lower_node(Lowering *lowering, const Node *node);
InsId lower_node_or(Lowering *lowering, const Node *node, double otherwise);
InsId lower_value(Lowering *lowering, ValueId id);
InsId lower_closing(Lowering *lowering, ValueId id);
/* lower_value.c */
InsId lower_draw(Lowering *lowering, const Draw *draw);
InsId lower_memory_value(Lowering *lowering, ValueId id);
void lower_pushes(Lowering *lowering);
/* build.c: new instructions; equal ones become one */
InsId ins_const(Lowering *lowering, double number);
InsId ins_new(Lowering *lowering, Op op, const InsId *args, uint32_t n_args, const Detail *detail,
              uint32_t part, uint8_t more_vary, uint32_t n_out);
InsId ins_1(Lowering *lowering, Op op, InsId a);
InsId ins_2(Lowering *lowering, Op op, InsId a, InsId b);
InsId ins_3(Lowering *lowering, Op op, InsId a, InsId b, InsId c);
uint32_t state_new(Program *program, Home home, double number, bool is_cold);
InsId ins_state(Lowering *lowering, uint32_t state, bool is_closing);
void sink_add(Program *program, Ref *field, InsId ins, uint32_t section);
uint32_t memory_new(Program *program, Home home, uint32_t n_registers, bool is_hot);

#endif
