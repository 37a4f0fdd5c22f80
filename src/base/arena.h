/* Memory that is freed all at once.
 *
 * Whatever a function returns lives in the arena it was given; nobody above
 * base/ frees single objects. Arena memory is zeroed, and zero is a valid
 * empty value of every struct. When memory runs out the arena jumps to the
 * handler set with arena_on_no_memory, so nobody below the edge of a library
 * call checks for NULL. */
#ifndef GW_BASE_ARENA_H
#define GW_BASE_ARENA_H

#include <setjmp.h>
#include <stddef.h>

typedef struct Arena Arena;

/* A new arena; `edge` (may be NULL: abort) is where to jump when memory runs out. */
Arena *arena_new(jmp_buf *edge);
void arena_free(Arena *arena);
/* Takes back all that was handed out, for the next that asks: memory that was touched before is
 * much cheaper than new. */
void arena_clear(Arena *arena);
/* Where to jump from here on when memory runs out: an arena that another thread goes on with. */
void arena_set_edge(Arena *arena, jmp_buf *edge);
/* Bytes taken from the system so far: what a memory bound is checked against. */
size_t arena_bytes(const Arena *arena);
/* Zeroed memory, aligned to 64 bytes when size >= 64, else to 16. */
void *arena_alloc(Arena *arena, size_t size);
/* Zeroed array; count * size is checked for overflow. */
void *arena_array(Arena *arena, size_t count, size_t size);
/* The same, its bytes unset where it is large: for what is written before it is read. */
void *arena_array_unset(Arena *arena, size_t count, size_t size);
/* Zeroed pages of their own, whose rights may be changed; NULL when the system gives none. */
void *arena_pages(Arena *arena, size_t size);
char *arena_copy(Arena *arena, const char *bytes, size_t length); /* NUL is added */

#define ARENA_NEW(arena, Type) ((Type *)arena_alloc((arena), sizeof(Type)))
#define ARENA_ARRAY(arena, Type, count) ((Type *)arena_array((arena), (count), sizeof(Type)))

#define ARENA_ARRAY_UNSET(arena, Type, count)                                                      \
    ((Type *)arena_array_unset((arena), (count), sizeof(Type)))

/* Growable arrays that live in an arena: struct { T *items; size_t count, capacity; }.
 * LIST_PUSH gives a pointer to a new zeroed last item. The old block stays in
 * the arena until it is freed. */
#define LIST(T)                                                                                    \
    struct {                                                                                       \
        T *items;                                                                                  \
        size_t count;                                                                              \
        size_t capacity;                                                                           \
    }
#define LIST_PUSH(arena, list)                                                                     \
    ((list)->items = list_grow((arena), (list)->items, (list)->count, &(list)->capacity,           \
                               sizeof *(list)->items),                                             \
     &(list)->items[(list)->count++])
void *list_grow(Arena *arena, void *items, size_t count, size_t *capacity, size_t item_size);

/* Says every arena allocation from the n-th on fails (0: none); for tests only. */
void arena_fail_after(long n_allocations);

#endif
