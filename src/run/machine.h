/* The interpreter: registers of one home, and the code that fills them, for one tile of lanes. */
#ifndef GW_RUN_MACHINE_H
#define GW_RUN_MACHINE_H

#include "base/arena.h"
#include "run/kernels.h"
#include "run/run.h"
#include "run/weave.h"

#include <time.h>

/* An instruction with a kernel, its registers found. */
typedef struct {
    LaneKernel *kernel; /* NULL: the interpreter does it */
    const Detail *step; /* of an `every` rule or of growth; else NULL */
    double *out;
    Lanes a, b, c;
    SumKernel *sum; /* of sums: over terms; else NULL */
    const Lanes *terms;
} Bound;

typedef struct {
    const Code *code;
    const Model *model;
    const Clock *clocks;      /* by period */
    Bound *bound;             /* by instruction, those of this home */
    const Stretch *stretches; /* by instruction: the machine code where one begins; NULL: none */
    const RunKernels *kernels;
    const MathsKernels *maths;
    Home home;
    size_t n_blocks, n_lanes;
    size_t width; /* doubles from one register to the next */
    double *registers;
    const double *pools[N_HOMES];
    size_t pool_widths[N_HOMES], pool_steps[N_HOMES];
    double *exports; /* of tiles: this period's numbers, a block each */
    Clock clock;
    unsigned found; /* by kernels, in this period */
    uint64_t seed;
    uint32_t first_path;
    const RunVariants *variants; /* NULL: lane i is path first_path + i */
    uint64_t first_index;        /* else of lane 0 in the run */
    uint64_t n_in_run;
    const double *alive; /* tiles: lanes worth iterating for; NULL: all */
    double *scratch;     /* of solves, shares and rates of return */
    uint64_t *ticks;     /* by instruction, of a run that is profiled; NULL: nothing is timed */
    uint64_t n_ticks;    /* of all timed so far */
} Machine;

/* Doubles of scratch on so many lanes. */
size_t machine_scratch(const Model *model, size_t n_lanes);
size_t machine_width(size_t n_lanes);
/* Registers are zero; `constants` is the machine of HOME_CONST, NULL for itself. */
void machine_init(Machine *machine, Arena *arena, const Code *code, const Model *model, Home home,
                  size_t n_blocks, const Machine *constants);
void machine_set_period(Machine *machine, uint32_t period);
void machine_start_states(Machine *machine);
void machine_run(Machine *machine, uint32_t section);

/* A clock for shares of time, not for seconds. */
static inline uint64_t run_ticks(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    return __builtin_ia32_rdtsc();
#else
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

static inline double *machine_register(const Machine *machine, uint32_t reg)
{
    return machine->registers + reg * machine->width;
}

static inline Lanes machine_lanes(const Machine *machine, Ref ref)
{
    Home home = REF_HOME(ref);

    return (Lanes){machine->pools[home] + REF_INDEX(ref) * machine->pool_widths[home],
                   machine->pool_steps[home]};
}

static inline double lanes_at(Lanes lanes, size_t lane)
{
    return lanes.step == 0 ? lanes.at[0] : lanes.at[lane];
}

/* leaf.c */
void run_leaf(Machine *machine, const Instruction *at);

#endif
