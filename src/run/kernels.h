/* Loops over lanes, for the instruction set at hand: the operations of ops.def, and the
 * whole-number work of rules, postings and rings.
 *
 * One source, kernels.c, is compiled for each instruction set; every table gives the same bits. A
 * Lanes is read in blocks of GW_LANES numbers, `step` apart: GW_LANES for a register of a tile, 0
 * for one that has the same number in every lane. Masks hold 1 or 0. */
#ifndef GW_RUN_KERNELS_H
#define GW_RUN_KERNELS_H

#include "base/date.h"
#include "base/limits.h"
#include "maths/kernels.h"
#include "program/code.h"

#include <stddef.h>

typedef struct {
    const double *at;
    size_t step;
} Lanes;

typedef struct {
    uint32_t period;
    Day first, last;
    double first_day, today, days;
    double months;     /* of the calendar in the period */
    double last_month; /* of the last day, since January 1970 */
    /* of the instruction at hand: the step of an `every` rule, months or days, the other 0 */
    double step_months, step_days;
    double rate_months, whole_months; /* of growth */
    bool is_in_advance;
    bool is_month; /* the period is one calendar month */
} Clock;

/* FAULT when some lane was not plain (see ops.def). */
typedef unsigned LaneKernel(size_t n_blocks, const Clock *clock, double *out, Lanes a, Lanes b,
                            Lanes c);

typedef void SumKernel(size_t n_blocks, double *out, const Lanes *x);

/* Books that hold less need no look as long as little moves through them. */
#define LARGE_BOOK 0x1p51

/* What a loop over a mask found. */
enum { FOUND_SOME = 1, FOUND_FAULT = 2 };

typedef struct {
    Lanes series, quantity, times, before; /* times.at NULL: none */
    Lanes effective;
    bool is_including_past, is_first_period;
    double today;
} EachInput;

/* What goes to one register of a book: so many of its cents, first debits. */
typedef struct {
    double *cell;
    uint32_t n_debits, n_credits;
} Postings;

/* The most lanes that one register of an instruction set holds. */
enum { WIDEST = 8 };

typedef struct {
    uint32_t party;
    size_t n_cells;
    const Postings *cells;            /* all of the book */
    const double *const *cents;       /* of all cells, one after another */
    double off[WIDEST], size[WIDEST]; /* of the kernel; 0 at first */
    unsigned found; /* SOME where the cells' sum is not 0, FAULT where the debits among them may not
                       be below LARGE_BOOK; in lanes that have failed, too */
} Book;

/* What an inside party would be left with. */
typedef struct {
    uint32_t party;
    const double *cash;
    double *net;
    const double *keep;         /* NULL: nothing */
    const double *const *cents; /* what it holds in reserve, what is due to it, what it owes */
    uint32_t n_reserves, n_debits, n_credits;
    bool is_payer;                           /* else nothing is owed by it */
    double missing[WIDEST], lacking[WIDEST]; /* of the kernel; 0 at first */
    unsigned found; /* SOME where alive and less is left than it keeps, FAULT where its cash is
                       below its reserves, alive or not */
} Net;

/* Lanes in which somebody is short are worked on side by side, at most so many at once. */
#define SHORT_LANES (8 * (size_t)GW_LANES)

/* One of the payments of a party at one rank, in such lanes. */
typedef struct {
    double *due, *paid;
    double *over;  /* what is paid in fractions of cents, above the cents */
    bool is_whole; /* found: all of it is paid in all lanes */
} Part;

typedef struct RunKernels {
    const char *isa;
    LaneKernel *ops[OP_COUNT]; /* NULL where the interpreter does it */
    /* by count of arguments, from 3 and from 4 by twos: x0 + x1 + x2 ..., x0 x1 + x2 x3 ... */
    SumKernel *sums[LIMIT_FUSED + 1], *sums_of_products[LIMIT_FUSED + 1];

    /* mask = alive and yes; FAULT where alive and NaN */
    unsigned (*fire)(size_t n_blocks, Lanes trigger, const double *restrict alive,
                     double *restrict mask);
    unsigned (*when)(size_t n_blocks, Lanes condition, Lanes lasting, const double *restrict alive,
                     double *restrict held, double *restrict has_fired, double months,
                     bool is_again, double *restrict mask);
    unsigned (*each)(size_t n_blocks, const EachInput *input, const double *restrict alive,
                     double *restrict top, double *restrict marks, double *restrict waiting,
                     double *restrict count, double *restrict mask);
    /* due = the amount in cents where the mask says so, else 0; FAULT where it cannot be; sum = of
     * all dues, NaN when that is not below 2^53 */
    unsigned (*pay)(size_t n_blocks, const double *restrict mask, Lanes amount, double minor,
                    double *restrict carry, double *restrict due, double *sum);
    /* The same where the mask would say so everywhere; dues at faults may be any. */
    unsigned (*pay_everywhere)(size_t n_blocks, Lanes amount, double minor, double *restrict carry,
                               double *restrict due, double *sum);
    /* The same for what is booked: no carry, of either sign; size = of all, without their signs. */
    unsigned (*round)(size_t n_blocks, const double *restrict mask, Lanes amount, double minor,
                      double *restrict cents, double *size);
    /* due = at most what content leaves, where the mask says so and there are arrears */
    void (*limit)(size_t n_blocks, const double *restrict mask, const double *restrict content,
                  double minor, const double *restrict arrears, Lanes fresh, double *restrict due);
    /* due = fresh + arrears; sum = of all dues, exact below 2^53 */
    void (*owe)(size_t count, const double *restrict fresh, const double *restrict arrears,
                double *restrict due, double *sum);
    void (*add)(size_t count, double *restrict out, const double *restrict x);
    void (*subtract)(size_t count, double *restrict out, const double *restrict x);
    /* out = x / minor, out += x / minor, out -= x / minor; whole x from 0 to 2^53 */
    void (*to_money)(size_t count, double *restrict out, const double *restrict x, double minor);
    void (*add_money)(size_t count, double *restrict out, const double *restrict x, double minor);
    void (*subtract_money)(size_t count, double *restrict out, const double *restrict x,
                           double minor);
    void (*add_masked)(size_t n_blocks, double *restrict out, const double *restrict mask, Lanes x,
                       double sign);
    /* Sum of whole numbers below 2^53, exact, high a multiple of 2^40. */
    void (*sum_whole)(size_t count, const double *restrict x, double *high, double *low);
    /* Posts to all cells of the books and proves them. */
    void (*post_books)(size_t count, Book *books, size_t n_books);
    /* Finds all nets; slow is 1 where a payer is left with less than it keeps. */
    void (*find_nets)(size_t count, const double *alive, Net *nets, size_t n_nets, double *slow);
    /* SOME where x is not finite */
    unsigned (*any_odd)(size_t n_blocks, Lanes x);
    /* Copies what nobody reads soon, past the cache where the instruction set can; SOME where x is
     * not finite. */
    unsigned (*keep)(size_t count, double *restrict column, const double *restrict x);
    unsigned (*any_nan)(size_t n_blocks, const double *restrict alive, Lanes x);
    void (*multiply)(size_t n_blocks, double *restrict out, Lanes x);
    /* Stage moved where alive, below `stage` and the condition holds; FAULT where that is NaN. */
    unsigned (*move_stage)(size_t n_blocks, const double *restrict alive, Lanes condition,
                           double stage, double today, double *restrict carried,
                           double *restrict date);
    /* arrears = due - cleared, unpaid by as much more; SOME where any is left */
    unsigned (*leave)(size_t count, const double *restrict due, const double *restrict cleared,
                      double *restrict arrears, double *restrict unpaid);
    unsigned (*any)(size_t count, const double *restrict x);
    /* None is below zero. */
    double (*largest)(size_t count, const double *restrict x);
    /* Pays the parts of a rank with what is left: all, or pro rata as allocate_cents does. All dues
     * together are below 2^50. In fractions `loose` more is left. */
    void (*divide)(size_t count, Part *const *parts, size_t n, double *restrict left,
                   const double *restrict loose);
    /* Adds what a payee is paid less, in cents and in fractions of them, and where it is, how far
     * off its payer may be. */
    void (*pass_on)(size_t count, const Part *part, const double *restrict noise,
                    double *restrict missing, double *restrict loose, double *restrict noise_on);
    /* of ledger/composition.c, for blocks of lanes */
    void (*composition_step)(size_t n_parties, const bool *is_outside, uint32_t target,
                             const bool *pays, size_t n_lanes, const double *flows,
                             const double *opening_cash, double *state, double *workspace);
    void (*composition_add_received)(size_t n_parties, const bool *is_outside, uint32_t target,
                                     size_t n_lanes, const double *amounts, const double *state,
                                     double *sums);
} RunKernels;

/* The kernels that maths_kernels() chose. */
const RunKernels *run_kernels(const char *isa);

extern const RunKernels run_kernels_baseline;
extern const RunKernels run_kernels_avx2;
extern const RunKernels run_kernels_avx512;

#endif
