/* One tile of paths: the fixed phases of a period around the bytecode; internal to run/.
 *
 * The phases are those of docs/decisions/0001-one-period.md. A lane that fails is marked dead and
 * computed on, but it owes, pays, counts and reports nothing from then on. */
#ifndef GW_RUN_TILE_H
#define GW_RUN_TILE_H

#include "ledger/clearing.h"
#include "run/machine.h"
#include "run/run.h"

/* What failed, in the order of the page; the name is found from kind and index at the end. */
typedef enum {
    FAILED_NOT,
    FAILED_START, /* together with a kind below */
    FAILED_CONTRACT,
    FAILED_RULE,
    FAILED_SLOT,
    FAILED_FACILITY,
    FAILED_GUARANTEE,
    FAILED_RESERVE,
    FAILED_PARTY,
    FAILED_STOCK,
    FAILED_RING,
    FAILED_OUTPUT,
    FAILED_CHECK
} FailedKind;

typedef struct {
    FailedKind kind;
    uint32_t index;
    uint32_t period;
    double number; /* as Failure's */
} LaneFailure;

/* One slot in one period; arrays of lanes, shared where they are equal. NULL: not active. */
typedef struct {
    double *fresh;   /* new due */
    double *due;     /* with arrears */
    double *cleared; /* whoever's money it was */
    double *accrued;
    double *paid;        /* by the payer itself */
    double *share, *cap; /* of rest slots */
    double fresh_sum;    /* of all lanes, NaN: not known, or not below 2^53 */
    double due_sum;      /* of all lanes, known from tile_look_at_dues on */
    bool has_arrears;
} SlotNow;

/* An active slot as one lane's clearing reads it. */
typedef struct {
    uint32_t slot, payer, terms;
    const double *due, *share;
    const double *arrears; /* NULL: no lane has arrears */
    const uint32_t *n_old; /* as in Plan */
    bool may_default;
} LaneSlot;

/* A slot of a short party. */
typedef struct {
    uint32_t place; /* among the active */
    uint32_t payee, rank;
} ShortSlot;

/* An inside party as lanes in which somebody is short are worked on: arrays of such lanes. */
typedef struct {
    double *net;     /* what is left when all is paid */
    double *missing; /* what it is paid less */
    double *loose;   /* fractions of cents that clearing finds above the cents, before it rounds */
    double *noise;   /* how far clearing may be from those */
    double *drawn;   /* on its lines */
    double n_receipts;
    uint32_t first, count; /* its slots */
    bool is_touched, is_listed, is_divided;
} ShortParty;

/* The lanes at hand, and numbers of each. */
typedef struct {
    size_t n;     /* lanes */
    size_t count; /* in whole blocks */
    uint32_t lanes[SHORT_LANES];
    double is_left[SHORT_LANES];   /* to clearing itself */
    double is_unpaid[SHORT_LANES]; /* somebody does not pay in full, lines and all */
    double n_lowered[SHORT_LANES]; /* parties that have less for being paid less */
    double is_alone[SHORT_LANES];  /* one of them took it that it was the only one */
    double is_new[SHORT_LANES];    /* the party at hand is not in default, and does not pay all */
    double total[SHORT_LANES], left[SHORT_LANES], loose[SHORT_LANES], line[SHORT_LANES];
} ShortLanes;

/* What a guarantee paid on one covered slot of one lane. */
typedef struct {
    uint32_t guarantee, covered;
    uint32_t lane;
    double cents;
} Guaranteed;

/* Whole sums, exact: high a multiple of 2^40. */
typedef struct {
    double high, low;
} WholeSum;

/* A slot's part in one register of a book. */
typedef struct {
    uint32_t slot;
    bool is_credit;
    bool is_paid;       /* else what accrued */
    bool is_settlement; /* nothing, when all that accrued is paid */
} CellEntry;

/* Parties in whose money somebody's part can be: those inside, those asked about, and those outside
 * that pay one of these. */
typedef struct {
    size_t n;
    uint32_t *of_party; /* NO_ID: none */
    uint32_t *parties;
    bool *pays; /* [payer][payee]: some slot */
} WhoNodes;

/* What a run knows before its first tile: shared by all threads, only read. */
typedef struct Plan {
    const Model *model;
    const Code *code;
    const RunKernels *kernels;
    const MathsKernels *maths;
    Machine constants;
    double *periods; /* [period][export] */
    ClearingPlan *clearing;
    size_t n_supports;
    bool *is_outside;
    bool *is_facility_slot;
    bool *is_outcome_slot; /* falls due and is paid only as clearing says: `pays`, default costs */
    bool *keep_counts;     /* by party: keep_rank lets it hold back from what is due */
    uint32_t *reader_slots, *reader_starts;    /* by reader: whose payments it counts */
    uint32_t *party_cells, *party_cell_starts; /* registers of each book */
    CellEntry *entries;                        /* by cell of party_cells, by slot */
    uint32_t *entry_starts;
    bool *is_settlement_cell;                   /* by cell: all its entries are settlements */
    uint32_t *cash_cells;                       /* by party: its place in party_cells */
    uint32_t *reserves_of, *reserve_starts;     /* by party */
    uint32_t *lowering_slots, *lowering_starts; /* by stock: slots whose payments lower it */
    uint32_t *due_slots, *due_starts;           /* that are not of rest: by payer, rank, number */
    bool *may_have_backing;                     /* by party: reserves, facilities or guarantees */
    uint32_t *rest_slots, *rest_starts;         /* by payer, rank, number */
    const uint32_t **n_old; /* by contract: [period] how many periods, counted from the first, have
                               dues that outlasted its grace; NULL: the grace varies */
    size_t *due_row_starts; /* by slot: rows for the dues of periods that its grace spans */
    uint32_t *who_views;    /* views of kind who_pays */
    const bool **who_outside; /* by such a view and node: whether its cash need not be looked into:
                                 those that are outside and those of other monies */
    uint32_t n_who;
    WhoNodes nodes;
    uint64_t seed;
} Plan;

/* What rules and payments add to a stock: nothing, what was added in an earlier period, or what is
 * being added in this one. */
typedef enum { LUMP_EMPTY, LUMP_OF_BEFORE, LUMP_BEGUN } LumpState;

/* The phases of a period as a profile tells them apart. */
typedef enum {
    PHASE_START,
    PHASE_OPENING,
    PHASE_FORMULAS,
    PHASE_RULES,
    PHASE_CLEARING,
    PHASE_POSTINGS,
    PHASE_CLOSING,
    PHASE_OUTPUTS,
    PHASE_WHO_PAYS,
    N_PHASES
} Phase;

typedef struct Tile {
    Machine m;
    uint64_t phase_ticks[N_PHASES]; /* of a run that is profiled */
    uint64_t last_tick;
    const Plan *plan;
    RunResult *result;    /* columns are written here; NULL: only failures are looked for */
    uint64_t first_index; /* of lane 0 in the result */
    size_t n_blocks;      /* at first: those that are done may be dropped */
    size_t n_valid;       /* lanes that are paths of this run */
    size_t n_alive;
    double *alive, *mask;
    bool has_died;         /* in this period */
    LaneFailure *failures; /* by lane */

    double *pool; /* arrays of lanes that last one period */
    size_t pool_next, pool_size;
    SlotNow *slots;
    uint32_t *active;
    size_t n_active;
    bool *has_arrears; /* by slot: some lane may */
    bool is_unsettled; /* some active slot does not pay what accrues */
    uint8_t *posting;  /* by slot: 0 not active, 1 when all that accrues is paid, else 2 */
    double *due_rows;  /* lanes: what fell due in the last periods; kept only while arrears are */
    LumpState *lumps;  /* by stock */
    bool *is_reader_dirty, *is_party_touched;
    Book *books;
    Net *nets;
    Postings *postings;         /* by place in party_cells */
    const double **cents;       /* of books or nets */
    double **sets, **set_masks; /* by stock, in this period */
    bool *is_ended;             /* by contract: a rule said so */
    double **requested;         /* by facility */
    bool *ring_slots;           /* by ring and register: may hold something */
    uint32_t *ring_slot_starts;
    double *sum;    /* lanes of whoever needs some */
    bool *is_large; /* by party: its book may hold LARGE_BOOK in some lane, as periods open */
    double *moved;  /* by party: through its book in this period, no less, in all lanes */
    double *booked; /* by party: of that, what no slot moves */
    double *infinity, *zeros; /* one block each */

    /* clearing, one lane */
    void *workspace, *selection;
    bool *is_wanted;
    LaneSlot *lane_slots;
    ShortSlot *short_slots;
    size_t n_short_slots;
    ShortParty *short_parties;
    Part *parts, **rank_parts; /* by short slot; those of one rank */
    ShortLanes *short_lanes;
    uint32_t *short_list, *place_of;
    ClearingInput input;
    ClearingOutput output;
    double *in_cash, *in_due, *in_share, *in_keep, *in_loss_cash, *in_loss_claims, *in_limit,
        *in_balance, *in_target, *lane_paid, *lane_scratch;
    uint32_t *in_keep_rank;
    double *in_overdue;
    uint8_t *in_defaulted;
    bool *is_payer;
    bool *is_short; /* by party: in some lane, of what it owes or keeps */
    double **net, **keep, **losses, **cash_before; /* by party: NULL or lanes */
    double *slow;
    uint32_t *rest_group;
    bool has_slow;
    LIST(Guaranteed) guaranteed;
    Arena *arena; /* of what grows */
    double **default_now;

    WholeSum *flow_due, *flow_paid; /* [period * n_slots + slot], of this thread; NULL: not kept */
    double *n_short;                /* by lane: periods in which someone was short */
    double *n_faults;               /* by lane: books that did not balance */

    /* who pays: by view, by block */
    double **who_state, **who_sums, **who_received;
    double *who_flows, *who_cash, *who_amounts, *who_workspace;
    uint32_t *who_slots;  /* active ones that pay a party inside */
    uint32_t **who_asked; /* by view: active ones that it asks about */
    size_t *n_who_asked;
} Tile;

/* tile.c */
void tile_init(Tile *tile, Arena *arena, const Plan *plan, size_t n_blocks);
/* Sums what falls due and is paid of each slot and period over all that the tile runs. */
void tile_keep_flows(Tile *tile, Arena *arena);
/* Runs all periods of a tile. `only` (NULL: all) says which lanes are alive at first. */
void tile_run(Tile *tile, uint64_t first_path, uint64_t first_index, size_t n_valid,
              const double *only, void (*after_period)(Tile *tile, void *context), void *context);
/* Between periods: the last block is not computed any more. */
void tile_drop_block(Tile *tile);
void tile_fail(Tile *tile, size_t lane, FailedKind kind, uint32_t index);
/* With the number that may not be. */
void tile_fail_at(Tile *tile, size_t lane, FailedKind kind, uint32_t index, double number);
/* Lanes that last until the period's end: zeroed, or to be filled. */
double *tile_take(Tile *tile);
double *tile_take_unset(Tile *tile);
/* To be added to. */
double *tile_lump(Tile *tile, uint32_t stock);
/* Fails the alive lanes in which x is NaN. */
void tile_fail_nan(Tile *tile, Lanes x, FailedKind kind, uint32_t index);

/* rules.c */
void tile_rules(Tile *tile);
/* clear.c, post.c */
void tile_clear(Tile *tile);
void tile_activate(Tile *tile, uint32_t slot);
/* Of a slot that is not active and not of rest: what is due is to be filled. */
double *tile_activate_unset(Tile *tile, uint32_t slot);
double *tile_cleared(Tile *tile, uint32_t slot);
/* What must be paid of an active slot lest its payer defaults. */
double tile_overdue(const Tile *tile, size_t place, size_t lane);
/* Where a slot's dues of a period are kept. */
double *tile_due_row(const Tile *tile, uint32_t slot, uint32_t period);
/* What has failed in clearing owes and pays nothing from here on. */
void tile_forgive(Tile *tile, size_t lane);
/* exact.c: adds up a book into `sum`, and sees whether it is large. */
void tile_add_up(Tile *tile, uint32_t party);
/* Whether its book is so large, or so much moves through it, that lanes must be looked at. */
bool tile_may_pass_limit(const Tile *tile, uint32_t party);
void tile_look_at_dues(Tile *tile);
void tile_look_at_outcomes(Tile *tile);
void tile_pay_short(Tile *tile);  /* short.c */
void tile_share_rest(Tile *tile); /* rest.c */
void tile_post(Tile *tile);
/* close.c */
void tile_close(Tile *tile);
void tile_report(Tile *tile);
/* who.c */
void tile_who_init(Tile *tile, Arena *arena);
void tile_who_start(Tile *tile);
void tile_who_keep(Tile *tile);
void tile_who_step(Tile *tile);
void tile_who_finish(Tile *tile);

static inline Lanes tile_lanes(const Tile *tile, Ref ref)
{
    return machine_lanes(&tile->m, ref);
}

/* One number in every lane: nothing to look for. */
static inline bool tile_is_same_number(Lanes x)
{
    return x.step == 0 && x.at[0] == x.at[0];
}

static inline double *tile_register(const Tile *tile, uint32_t reg)
{
    return machine_register(&tile->m, reg);
}

#endif
