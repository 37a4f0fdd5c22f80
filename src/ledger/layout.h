/* Hands out the parts of one block of memory, those of the widest alignment first. */
#ifndef GW_LEDGER_LAYOUT_H
#define GW_LEDGER_LAYOUT_H

#include <stddef.h>

typedef struct {
    char *memory; /* NULL: only counts */
    size_t used;
} Layout;

/* NULL where only counting. */
static inline void *layout_take(Layout *layout, size_t count, size_t size)
{
    void *taken = layout->memory ? layout->memory + layout->used : NULL;

    layout->used += count * size;
    return taken;
}

#endif
