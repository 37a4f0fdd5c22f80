/* Arenas: blocks taken from the system, handed out by moving a pointer, freed together.
 *
 *   block -> [ header | used ....................... | free ........... ]
 *
 * Blocks come from calloc, so memory is zero when handed out and is never
 * handed out twice before the arena is cleared. A request larger than a block
 * gets a block to itself, which comes from malloc when it need not be zero. */
#define _DEFAULT_SOURCE /* madvise, MAP_ANONYMOUS */
#include "base/arena.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    SMALL_ALIGNMENT = 16,
    LARGE_ALIGNMENT = 64, /* a cache line, and a full vector register */
    FIRST_BLOCK = 16 << 10,
    LARGEST_BLOCK = 1 << 20,
    MOST_TOUCHED = 8 << 20,  /* of larger blocks not all may ever be used, */
    LARGEST_SPARE = 32 << 20 /* and these are not kept when an arena is cleared */
};

typedef struct Block {
    struct Block *previous;
    unsigned char *bytes;
    size_t used, size;
    bool is_unset; /* its bytes need not be zero */
} Block;

/* Listed in blocks. */
typedef struct Pages {
    struct Pages *previous;
    void *bytes;
    size_t size;
} Pages;

struct Arena {
    jmp_buf *edge;
    Pages *pages; /* whose rights may have been changed */
    Block *block; /* the one being filled; full ones hang behind it */
    Block *spare; /* blocks of before it was cleared last */
    size_t next_block_size;
    size_t bytes_from_system;
};

/* The one mutable global of the library: it exists for tests of failing memory
 * and stays 0 outside them. Counts down to the first allocation that fails. */
static atomic_long allocations_until_failure;

void arena_fail_after(long n_allocations)
{
    assert(n_allocations >= 0);
    atomic_store(&allocations_until_failure, n_allocations);
}

static bool fails_by_request(void)
{
    long left = atomic_load_explicit(&allocations_until_failure, memory_order_relaxed);

    if (left == 0)
        return false;
    if (left > 1)
        atomic_store_explicit(&allocations_until_failure, left - 1, memory_order_relaxed);
    return left == 1; /* stays 1: every later allocation fails too */
}

static _Noreturn void unwind(jmp_buf *edge)
{
    if (edge == NULL)
        abort();
    longjmp(*edge, 1);
}

/* The edge must be set before the arena is made: this may already jump to it. */
Arena *arena_new(jmp_buf *edge)
{
    Arena *arena = calloc(1, sizeof *arena);

    if (arena == NULL)
        unwind(edge);
    arena->edge = edge;
    arena->next_block_size = FIRST_BLOCK;
    arena->bytes_from_system = sizeof *arena;
    return arena;
}

static void free_blocks(Block *block)
{
    while (block != NULL) {
        Block *previous = block->previous;
        free(block);
        block = previous;
    }
}

/* Before the blocks. */
static void free_pages(Arena *arena)
{
    for (const Pages *pages = arena->pages; pages != NULL; pages = pages->previous) {
        (void)munmap(pages->bytes, pages->size);
        arena->bytes_from_system -= pages->size;
    }
    arena->pages = NULL;
}

void arena_free(Arena *arena)
{
    if (arena == NULL)
        return;
    free_pages(arena);
    free_blocks(arena->block);
    free_blocks(arena->spare);
    free(arena);
}

static bool is_kept(const Block *block)
{
#if defined(__SANITIZE_ADDRESS__)
    (void)block;
    return false; /* so that the sanitizer sees what is used too late */
#else
    return block->size <= LARGEST_SPARE;
#endif
}

void arena_clear(Arena *arena)
{
    Block *unused = arena->spare;

    free_pages(arena);
    arena->spare = NULL;
    for (Block *block = arena->block, *previous = NULL; block != NULL; block = previous) {
        Block **list = is_kept(block) ? &arena->spare : &unused;

        previous = block->previous;
        block->previous = *list;
        *list = block;
    }
    for (const Block *block = unused; block != NULL; block = block->previous)
        arena->bytes_from_system -= sizeof *block + block->size;
    free_blocks(unused);
    arena->block = NULL;
    arena->next_block_size = FIRST_BLOCK;
}

void arena_set_edge(Arena *arena, jmp_buf *edge)
{
    arena->edge = edge;
}

size_t arena_bytes(const Arena *arena)
{
    return arena->bytes_from_system;
}

/* The smallest that is large enough, and not much too large; NULL: none. */
static Block *take_spare(Arena *arena, size_t size, bool is_zeroed)
{
    Block **best = NULL;

    for (Block **at = &arena->spare; *at != NULL; at = &(*at)->previous)
        if ((*at)->is_unset == !is_zeroed && (*at)->size >= size && (*at)->size / 2 <= size &&
            (best == NULL || (*at)->size < (*best)->size))
            best = at;
    if (best == NULL)
        return NULL;

    Block *block = *best;
    *best = block->previous;
    block->previous = NULL;
    if (is_zeroed)
        memset(block->bytes, 0, block->used);
    block->used = 0;
    return block;
}

static Block *new_block(Arena *arena, size_t size, bool is_zeroed)
{
    Block *block = NULL;

    if (size <= SIZE_MAX - sizeof *block)
        block = is_zeroed ? calloc(1, sizeof *block + size) : malloc(sizeof *block + size);
    if (block == NULL)
        unwind(arena->edge);
    *block = (Block){.bytes = (unsigned char *)(block + 1), .size = size, .is_unset = !is_zeroed};
    arena->bytes_from_system += sizeof *block + size;
    return block;
}

/* All pages of a block that will be filled, at once: one by one they cost several times as much. */
static void touch(const Block *block)
{
#if defined(MADV_POPULATE_WRITE)
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t skipped = -(uintptr_t)block->bytes & (page - 1);

    if (skipped < block->size)
        (void)madvise(block->bytes + skipped, (block->size - skipped) & ~(page - 1),
                      MADV_POPULATE_WRITE);
#else
    (void)block;
#endif
}

static Block *take_block(Arena *arena, size_t size, bool is_zeroed)
{
    Block *block = take_spare(arena, size, is_zeroed);

    if (block != NULL)
        return block;
    block = new_block(arena, size, is_zeroed);
    if (is_zeroed && size <= MOST_TOUCHED)
        touch(block);
    return block;
}

/* Moves the pointer past `size` aligned bytes; NULL when the block has no room. */
static void *take_bytes(Block *block, size_t size, size_t alignment)
{
    uintptr_t at = (uintptr_t)(block->bytes + block->used);
    size_t skipped = (size_t)(-at & (alignment - 1));
    size_t left = block->size - block->used;

    if (skipped > left || size > left - skipped)
        return NULL;
    block->used += skipped + size;
    return block->bytes + (block->used - size);
}

/* A block for this request alone, hung behind the one being filled. */
static void *take_own_block(Arena *arena, size_t size, size_t alignment, bool is_zeroed)
{
    Block *block = NULL;

    if (size > SIZE_MAX / 2)
        unwind(arena->edge);
    block = take_block(arena, size + alignment, is_zeroed);
    if (arena->block == NULL) {
        arena->block = block;
    } else {
        block->previous = arena->block->previous;
        arena->block->previous = block;
    }
    return take_bytes(block, size, alignment);
}

static bool wants_own_block(const Arena *arena, size_t size)
{
#if defined(__SANITIZE_ADDRESS__)
    (void)arena;
    (void)size;
    return true; /* so that the sanitizer sees each overrun */
#else
    return size >= arena->next_block_size / 4;
#endif
}

void *arena_alloc(Arena *arena, size_t size)
{
    size_t alignment = size >= LARGE_ALIGNMENT ? LARGE_ALIGNMENT : SMALL_ALIGNMENT;
    void *bytes = NULL;

    if (fails_by_request())
        unwind(arena->edge);
    if (arena->block != NULL)
        bytes = take_bytes(arena->block, size, alignment);
    if (bytes != NULL)
        return bytes;
    if (wants_own_block(arena, size))
        return take_own_block(arena, size, alignment, true);

    Block *block = take_block(arena, arena->next_block_size, true);
    block->previous = arena->block;
    arena->block = block;
    if (arena->next_block_size < LARGEST_BLOCK)
        arena->next_block_size *= 2;
    return take_bytes(block, size, alignment);
}

void *arena_array(Arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        unwind(arena->edge);
    return arena_alloc(arena, count * size);
}

void *arena_array_unset(Arena *arena, size_t count, size_t size)
{
    if (size == 0 || count < LARGEST_BLOCK / size)
        return arena_array(arena, count, size);
    if (count > SIZE_MAX / size || fails_by_request())
        unwind(arena->edge);
    return take_own_block(arena, count * size, LARGE_ALIGNMENT, false);
}

void *arena_pages(Arena *arena, size_t size)
{
    Pages *pages = ARENA_NEW(arena, Pages);
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (bytes == MAP_FAILED)
        return NULL;
    *pages = (Pages){.previous = arena->pages, .bytes = bytes, .size = size};
    arena->pages = pages;
    arena->bytes_from_system += size;
    return bytes;
}

char *arena_copy(Arena *arena, const char *bytes, size_t length)
{
    char *copy = NULL;

    if (length == SIZE_MAX)
        unwind(arena->edge);
    copy = arena_alloc(arena, length + 1);
    if (length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

void *list_grow(Arena *arena, void *items, size_t count, size_t *capacity, size_t item_size)
{
    size_t larger = *capacity < 8 ? 8 : *capacity * 2;
    void *moved = NULL;

    if (count < *capacity)
        return items;
    moved = arena_array(arena, larger, item_size);
    if (count > 0)
        memcpy(moved, items, count * item_size);
    *capacity = larger;
    return moved;
}
