/* A model's scenarios, built to be checked on more than one thread. */
#include "api/load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    GwModel *model;
    GwModel readers[MOST_BESIDE]; /* as the model, but what they read is in arenas of their own */
    BuildOne *one;
    void *work;
    size_t n;
    atomic_size_t next;
    atomic_bool has_failed;
} Each;

static void build_some(void *context, size_t number, Edge *edge)
{
    Each *each = context;
    GwModel *reader = &each->readers[number];
    Arena *arena = arena_new(&edge->jump);

    each->model->pending_scenarios[number] = reader->keep = arena;
    for (size_t i = 0; (i = atomic_fetch_add(&each->next, 1)) < each->n;)
        each->one(each->work, i, arena, reader);
}

/* What reads files by a function of the caller's stays on the caller's thread. */
static size_t count_threads(const Each *each)
{
    return each->n < 2 || each->model->read != NULL || sysconf(_SC_NPROCESSORS_ONLN) < 2
               ? 1
               : MOST_BESIDE;
}

void scenarios_build(void *context, size_t n, BuildOne *one, void *work)
{
    Each each = {.model = context, .one = one, .work = work, .n = n};

    for (size_t i = 0; i < MOST_BESIDE; i++) {
        each.readers[i] = *each.model;
        each.readers[i].being_read = NULL;
        memset(&each.readers[i].files_read, 0, sizeof each.readers[i].files_read);
    }
    if (n > 0)
        beside_do(count_threads(&each), build_some, &each, &each.has_failed);
    for (size_t i = 0; i < MOST_BESIDE; i++)
        free(each.readers[i].being_read);
    if (atomic_load(&each.has_failed))
        longjmp(each.model->edge->jump, 1);
    for (size_t i = 0; i < MOST_BESIDE; i++)
        load_note_files(each.model, &each.readers[i]);
}
