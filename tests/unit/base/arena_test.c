/* Arenas: zeroed and aligned memory, overflow, and unwinding when memory runs out. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static void memory_is_zeroed_and_aligned(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 63, 64, 65, 4096, 20000, 3000000};
    Arena *arena = arena_new(NULL);

    (void)state;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            unsigned char *bytes = arena_alloc(arena, sizes[i]);
            assert_non_null(bytes);
            assert_int_equal((uintptr_t)bytes % (sizes[i] >= 64 ? 64 : 16), 0);
            for (size_t j = 0; j < sizes[i]; j += 7)
                assert_int_equal(bytes[j], 0);
            if (sizes[i] > 0)
                memset(bytes, 0xAA, sizes[i]);
        }
    }
    assert_true(arena_bytes(arena) > 50 * 3000000u);
    arena_free(arena);
}

static void unset_memory_is_aligned_and_freed(void **state)
{
    static const size_t counts[] = {0, 1, 100, 200000, 1000000};
    Arena *arena = arena_new(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        double *numbers = ARENA_ARRAY_UNSET(arena, double, counts[i]);
        assert_int_equal((uintptr_t)numbers % (counts[i] >= 8 ? 64 : 16), 0);
        for (size_t j = 0; j < counts[i]; j++)
            numbers[j] = (double)j;
    }
    assert_true(arena_bytes(arena) > 1200000 * sizeof(double));
    arena_free(arena);
}

/* Of all sizes and both kinds, filled with ones: what comes after is zeroed all the same, and takes
 * no more of the system than the first time. */
static void cleared_memory_is_used_again(void **state)
{
    static const size_t sizes[] = {1, 300, 20000, 400000, 3000000};
    Arena *arena = arena_new(NULL);
    size_t bytes = 0;

    (void)state;
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            unsigned char *zeroed = arena_alloc(arena, sizes[i]);
            unsigned char *unset = ARENA_ARRAY_UNSET(arena, unsigned char, sizes[i]);
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(zeroed[j], 0);
            memset(zeroed, 0xFF, sizes[i]);
            memset(unset, 0xFF, sizes[i]);
        }
        if (round == 0)
            bytes = arena_bytes(arena);
        assert_int_equal(arena_bytes(arena), bytes);
        arena_clear(arena);
    }
    assert_true(arena_bytes(arena) <= bytes);
    arena_free(arena);
}

static void pages_are_zero_and_given_back(void **state)
{
    Arena *arena = arena_new(NULL);
    size_t before = arena_bytes(arena);

    (void)state;
    for (int round = 0; round < 3; round++) {
        unsigned char *one = arena_pages(arena, 10000), *other = arena_pages(arena, 1);

        assert_non_null(one);
        assert_non_null(other);
        assert_true(arena_bytes(arena) >= before + 10001);
        for (size_t i = 0; i < 10000; i++)
            assert_int_equal(one[i], 0);
        memset(one, 0xFF, 10000);
        assert_int_equal(mprotect(one, 10000, PROT_READ), 0);
        before = arena_bytes(arena);
        arena_clear(arena);
        assert_true(arena_bytes(arena) <= before - 10001);
        before = arena_bytes(arena);
    }
    assert_null(arena_pages(arena, SIZE_MAX / 2));
    arena_free(arena);
}

static void no_two_allocations_overlap(void **state)
{
    Arena *arena = arena_new(NULL);
    uint64_t *items[3000];

    (void)state;
    for (size_t i = 0; i < 3000; i++) {
        items[i] = ARENA_ARRAY(arena, uint64_t, 1 + i % 40);
        for (size_t j = 0; j < 1 + i % 40; j++)
            items[i][j] = i;
    }
    for (size_t i = 0; i < 3000; i++)
        for (size_t j = 0; j < 1 + i % 40; j++)
            assert_int_equal(items[i][j], i);
    arena_free(arena);
}

static void lists_grow(void **state)
{
    Arena *arena = arena_new(NULL);
    LIST(int) list = {0};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int *item = LIST_PUSH(arena, &list);
        assert_int_equal(*item, 0);
        *item = i;
    }
    assert_int_equal(list.count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(list.items[i], i);
    arena_free(arena);
}

static void copies_end_in_nul(void **state)
{
    Arena *arena = arena_new(NULL);

    (void)state;
    assert_string_equal(arena_copy(arena, "gigawatt", 4), "giga");
    assert_string_equal(arena_copy(arena, NULL, 0), "");
    arena_free(arena);
}

static void an_overflowing_array_unwinds(void **state)
{
    jmp_buf edge;
    Arena *volatile arena = NULL;
    volatile bool was_unwound = false;

    (void)state;
    if (setjmp(edge) == 0) {
        arena = arena_new(&edge);
        arena_array(arena, SIZE_MAX / 2, 3);
    } else {
        was_unwound = true;
    }
    assert_true(was_unwound);
    arena_free(arena);
}

/* Allocates ten times with the n-th failing; says how many succeeded. */
static int count_until_failure(long n)
{
    jmp_buf edge;
    Arena *volatile arena = NULL;
    volatile int succeeded = 0;

    if (setjmp(edge) == 0) {
        arena = arena_new(&edge);
        arena_fail_after(n);
        for (int i = 0; i < 10; i++) {
            arena_alloc(arena, 100);
            succeeded++;
        }
    }
    arena_fail_after(0);
    arena_free(arena);
    return succeeded;
}

static void the_nth_allocation_fails_on_request(void **state)
{
    (void)state;
    assert_int_equal(count_until_failure(1), 0);
    assert_int_equal(count_until_failure(2), 1);
    assert_int_equal(count_until_failure(10), 9);
    assert_int_equal(count_until_failure(11), 10);
    assert_int_equal(count_until_failure(0), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(unset_memory_is_aligned_and_freed),
        cmocka_unit_test(cleared_memory_is_used_again),
        cmocka_unit_test(pages_are_zero_and_given_back),
        cmocka_unit_test(no_two_allocations_overlap),
        cmocka_unit_test(lists_grow),
        cmocka_unit_test(copies_end_in_nul),
        cmocka_unit_test(an_overflowing_array_unwinds),
        cmocka_unit_test(the_nth_allocation_fails_on_request),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
