/* Side runs two at a time: each run of a small report has parts that one thread does alone (a model
 * made into a program, results looked through), and two halves fill each other's gaps.
 *
 * A hand is a copy of what a side run reads, with arenas, an edge for memory faults, messages and
 * scratch of its own; only the progress is told together. Which hand does what decides no figure.
 */
#include "api/running.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct Hands Hands;

typedef struct {
    Hands *hands;
    GwModel model;
    GwRun run;
    Running running;
    GwRunOptions options;
    uint64_t n_done; /* paths of its own */
    GwStatus status;
} Hand;

struct Hands {
    Running *whole;
    const SideWork *work;
    size_t n;
    unsigned n_threads;
    atomic_size_t next_task;
    atomic_bool is_stopped; /* a hand has failed: the other need not go on */
    pthread_mutex_t lock;
    Hand hands[MOST_BESIDE];
};

/* The run's own progress, of all hands; called by one at a time. */
static int tell_together(void *context, uint64_t done, uint64_t total)
{
    Hand *hand = context;
    Hands *hands = hand->hands;
    const Progress *whole = &hands->whole->progress;
    uint64_t sum = whole->done_before;
    int says = 0;

    pthread_mutex_lock(&hands->lock);
    hand->n_done = done - whole->done_before;
    for (size_t i = 0; i < hands->n; i++)
        sum += hands->hands[i].n_done;
    if (whole->options->progress != NULL)
        says = whole->options->progress(whole->options->context, sum, total);
    pthread_mutex_unlock(&hands->lock);
    return says != 0 || atomic_load(&hands->is_stopped);
}

static void prepare(Hands *hands, Hand *hand, unsigned n_threads)
{
    const Running *whole = hands->whole;

    hand->hands = hands;
    hand->model = *whole->model;
    hand->model.message = "";
    hand->model.being_read = NULL;
    memset(&hand->model.files_read, 0, sizeof hand->model.files_read);
    hand->run = *whole->run;
    hand->run.arena = hand->run.side = NULL;
    whole->run->scratch = NULL; /* the first hand's */
    hand->options = whole->options;
    hand->options.threads = n_threads;
    hand->options.progress = tell_together;
    hand->options.context = hand;
    hand->running = *whole;
    hand->running.model = &hand->model;
    hand->running.run = &hand->run;
    hand->running.options = hand->options;
    hand->running.progress.options = &hand->options;
}

/* The last task with all threads: nothing else is left for the other hand's. */
static GwStatus do_tasks(Hand *hand)
{
    Hands *hands = hand->hands;
    GwStatus status = GW_OK;

    while (status == GW_OK && !atomic_load(&hands->is_stopped)) {
        size_t task = atomic_fetch_add(&hands->next_task, 1);
        if (task >= hands->work->n_tasks)
            break;
        if (task + 1 == hands->work->n_tasks)
            hand->running.options.threads = hands->n_threads;
        status = hands->work->task(&hand->running, task);
    }
    return status;
}

/* The long one first where there are two hands; alone it stays last, as the report has it. */
static GwStatus do_share(Hand *hand)
{
    const Hands *hands = hand->hands;
    bool has_long = hand == hands->hands;
    bool is_alone = hands->n == 1;
    GwStatus status = GW_OK;

    if (has_long && !is_alone)
        status = hands->work->long_task(&hand->running);
    if (status == GW_OK)
        status = do_tasks(hand);
    if (status == GW_OK && has_long && is_alone)
        status = hands->work->long_task(&hand->running);
    return status;
}

/* What only the runs needed. */
static void free_runs(Hand *hand)
{
    arena_free(hand->run.scratch);
    arena_free(hand->run.side);
    hand->run.scratch = hand->run.side = NULL;
}

static void work(void *context, size_t number, Edge *edge)
{
    Hands *hands = context;
    Hand *hand = &hands->hands[number];

    hand->status = GW_NO_MEMORY; /* unless this comes to its end */
    hand->model.edge = hand->run.edge = edge;
    if (hand->run.scratch != NULL)
        arena_set_edge(hand->run.scratch, &edge->jump);
    hand->run.arena = hand->model.keep = arena_new(&edge->jump);
    hand->run.sorting = ARENA_ARRAY(hand->run.arena, double, (size_t)hand->run.result->n_kept + 1);
    hand->status = do_share(hand);
    if (hand->status != GW_OK)
        atomic_store(&hands->is_stopped, true);
    free_runs(hand);
}

/* What a hand found, and the memory it is in, become the run's. */
static void take_over(GwRun *run, Hand *hand, size_t number)
{
    free_runs(hand);
    free(hand->model.being_read);
    run->found[number] = hand->run.arena;
    if (number == 0)
        side_take_nudges(&run->input, &hand->run.input);
    if (hand->run.input.headline_paths > 0)
        side_take_headline(&run->input, &hand->run.input);
}

/* The first fault that is not another's consequence. A thread that could not even begin, stopped
 * the others and says nothing: it had no memory. */
static GwStatus joined_status(Hands *hands)
{
    const Hand *worst = &hands->hands[0];

    for (size_t i = 1; i < hands->n; i++) {
        GwStatus status = hands->hands[i].status;
        if (status != GW_OK && (worst->status == GW_OK || worst->status == GW_CANCELLED))
            worst = &hands->hands[i];
    }
    if (worst->status == GW_OK)
        return atomic_load(&hands->is_stopped) ? GW_NO_MEMORY : GW_OK;
    if (worst->status == GW_NO_MEMORY)
        return GW_NO_MEMORY;
    return model_fail(hands->whole->model, worst->status, "%s", worst->model.message);
}

/* Two where there are two threads and nothing of the caller's but progress would be called from
 * both; one where the time of each section is asked for. */
static size_t count_hands(const Running *whole, unsigned n_threads)
{
    return n_threads < 2 || whole->model->read != NULL || whole->run->profile != NULL ? 1
                                                                                      : MOST_BESIDE;
}

GwStatus hands_do(Running *whole, const SideWork *side)
{
    RunOptions options = running_options(whole, 1);
    unsigned n_threads = run_threads(&options);
    Hands *hands = ARENA_NEW(whole->run->arena, Hands);

    hands->whole = whole;
    hands->work = side;
    hands->n = count_hands(whole, n_threads);
    hands->n_threads = n_threads;
    if (pthread_mutex_init(&hands->lock, NULL) != 0)
        return GW_NO_MEMORY;
    for (size_t i = 0; i < hands->n; i++)
        prepare(hands, &hands->hands[i],
                (n_threads + (unsigned)(hands->n - 1 - i)) / (unsigned)hands->n);
    beside_do(hands->n, work, hands, &hands->is_stopped);
    for (size_t i = 0; i < hands->n; i++)
        take_over(whole->run, &hands->hands[i], i);
    pthread_mutex_destroy(&hands->lock);
    return joined_status(hands);
}
