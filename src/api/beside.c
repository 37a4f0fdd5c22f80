/* Threads beside the caller's, each with an edge of its own for memory faults. */
#include "api/handle.h"

#include <pthread.h>

typedef struct {
    Edge edge;
    BesideWork *work;
    void *context;
    size_t number;
    atomic_bool *has_failed;
    pthread_t thread;
    bool is_started;
} Beside;

static void guarded(Beside *beside)
{
    if (setjmp(beside->edge.jump) == 0)
        beside->work(beside->context, beside->number, &beside->edge);
    else
        atomic_store(beside->has_failed, true);
}

static void *start(void *context)
{
    Numerals numerals;
    Beside *beside = context;

    if (!numerals_begin(&numerals)) {
        atomic_store(beside->has_failed, true);
        return NULL;
    }
    guarded(beside);
    numerals_end(&numerals);
    return NULL;
}

void beside_do(size_t n, BesideWork *work, void *context, atomic_bool *has_failed)
{
    Beside all[MOST_BESIDE];

    for (size_t i = 0; i < n; i++) {
        all[i] = (Beside){.work = work, .context = context, .number = i, .has_failed = has_failed};
        if (i > 0)
            all[i].is_started = pthread_create(&all[i].thread, NULL, start, &all[i]) == 0;
    }
    guarded(&all[0]);
    for (size_t i = 1; i < n; i++)
        if (all[i].is_started)
            pthread_join(all[i].thread, NULL);
}
