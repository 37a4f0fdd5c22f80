/* Time of one clearing among 20 parties with 250 slots, of which about a third falls due: median
 * of 9 runs, and their spread, in nanoseconds, by the number of parties that are short. */
#include "base/arena.h"
#include "ledger/clearing.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PARTIES = 20, INSIDE = 10, SLOTS = 250, RANKS = 4, NETWORKS = 64, RUNS = 9, REPEATS = 40 };

typedef struct {
    const ClearingPlan *whole, *plan;
    ClearingInput input;
    double cash[PARTIES], due[SLOTS], overdue[SLOTS], no_loss[PARTIES];
    uint8_t defaulted[PARTIES];
} Network;

static uint64_t seed = 7;

static uint32_t below(uint32_t count)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % count);
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

/* The first `n_short` inside parties have cash for about half of what they owe. */
static void make_network(Network *network, Arena *arena, uint32_t n_short)
{
    static bool is_outside[PARTIES];
    ClearingSlot *slots = ARENA_ARRAY(arena, ClearingSlot, SLOTS);
    double owed[PARTIES] = {0};
    bool is_due[SLOTS];

    for (uint32_t p = 0; p < PARTIES; p++)
        is_outside[p] = p >= INSIDE;
    for (uint32_t s = 0; s < SLOTS; s++) {
        uint32_t payer = below(PARTIES), payee = (payer + 1 + below(PARTIES - 1)) % PARTIES;
        slots[s] = (ClearingSlot){payer, payee, below(RANKS), false};
        is_due[s] = below(3) == 0;
        network->due[s] = is_due[s] ? (double)below(1000000000) * 97 : 0;
        network->overdue[s] = below(8) == 0 ? network->due[s] : 0;
        owed[payer] += network->due[s];
    }
    for (uint32_t p = 0; p < INSIDE; p++) {
        network->cash[p] = p < n_short ? (double)(uint64_t)(owed[p] / 8) : owed[p];
        network->defaulted[p] = p < n_short;
    }
    network->whole = clearing_plan_new(arena, &(ClearingSpec){
                                                  .n_parties = PARTIES,
                                                  .is_outside = is_outside,
                                                  .n_ranks = RANKS,
                                                  .n_slots = SLOTS,
                                                  .slots = slots,
                                              });
    network->plan = clearing_plan_select(
        network->whole, is_due, arena_alloc(arena, clearing_selection_size(network->whole)));
    network->input = (ClearingInput){.cash = network->cash,
                                     .due = network->due,
                                     .overdue = network->overdue,
                                     .already_defaulted = network->defaulted,
                                     .loss_of_cash = network->no_loss,
                                     .loss_of_claims = network->no_loss};
}

static void measure(uint32_t n_short)
{
    static double paid[SLOTS], loss[PARTIES], cash[PARTIES];
    static uint8_t default_now[PARTIES];
    Arena *arena = arena_new(NULL);
    Network *networks = ARENA_ARRAY(arena, Network, NETWORKS);
    ClearingOutput output = {.paid = paid, .default_now = default_now, .loss = loss, .cash = cash};
    double times[RUNS], sum = 0;

    for (uint32_t i = 0; i < NETWORKS; i++)
        make_network(&networks[i], arena, n_short);
    void *workspace = arena_alloc(arena, clearing_workspace_size(networks[0].whole));
    for (int run = 0; run < RUNS; run++) {
        double start = now_ns();
        for (int repeat = 0; repeat < REPEATS; repeat++)
            for (uint32_t i = 0; i < NETWORKS; i++) {
                clearing_run(networks[i].plan, &networks[i].input, &output, workspace);
                sum += cash[0];
            }
        times[run] = (now_ns() - start) / (REPEATS * NETWORKS);
    }
    qsort(times, RUNS, sizeof *times, by_size);
    printf("%u short %9.0f ns  (%.0f to %.0f)  cash of the first %.0f\n", n_short, times[RUNS / 2],
           times[0], times[RUNS - 1], sum);
    arena_free(arena);
}

int main(void)
{
    static const uint32_t counts[] = {0, 1, 2, 5};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        measure(counts[i]);
    return 0;
}
