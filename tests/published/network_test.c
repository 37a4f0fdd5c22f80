/* Circularity against numbers from ecology, probability and input-output analysis. */
#include "ledger/network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_within(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.9f, expected %.9f", a, b);
}

enum { FF, MB, ME, DF, PR, DD, REEF };

/* Dame and Patten (1981), the oyster reef, as in the data of the enaR project. */
static void oyster_reef(void **state)
{
    Arena *arena = arena_new(NULL);
    double flows[REEF * REEF] = {0}, inflow[REEF] = {41.47};
    static const struct {
        int from, to;
        double amount;
    } arcs[] = {
        {FF, DD, 15.7910}, {FF, PR, 0.5135}, {DD, MB, 8.1721}, {DD, ME, 7.2745},
        {DD, DF, 0.6431},  {MB, ME, 1.2060}, {MB, DF, 1.2060}, {ME, DD, 4.2403},
        {ME, DF, 0.6609},  {DF, DD, 1.9076}, {DF, PR, 0.1721}, {PR, DD, 0.3262},
    };
    NetworkMeasures m;

    (void)state;
    for (size_t i = 0; i < sizeof arcs / sizeof arcs[0]; i++)
        flows[arcs[i].from * REEF + arcs[i].to] = arcs[i].amount;
    assert_true(network_measure(arena, flows, inflow, REEF, &m));
    assert_within(m.cycling_index, 0.1101686, 5e-8);
    assert_within(m.path_length, 2.015512, 5e-7);
    double total = 0;
    for (size_t i = 0; i < REEF; i++)
        total += m.throughflow[i];
    assert_within(total, 83.5833, 1e-9);
    arena_free(arena);
}

/* Grinstead and Snell, the drunkard's walk with three transient states. */
static void drunkards_walk(void **state)
{
    Arena *arena = arena_new(NULL);
    const double q[] = {0, .5, 0, .5, 0, .5, 0, .5, 0};
    const double expected[] = {1.5, 1, .5, 1, 2, 1, .5, 1, 1.5};
    double n[9];

    (void)state;
    assert_true(network_fundamental(arena, q, 3, n));
    for (size_t i = 0; i < 9; i++)
        assert_within(n[i], expected[i], 1e-12);
    arena_free(arena);
}

/* Miller and Blair, two sectors. */
static void leontief(void **state)
{
    Arena *arena = arena_new(NULL);
    const double a[] = {.15, .25, .20, .05};
    const double expected[] = {1.254125, .330033, .264026, 1.122112};
    double n[4];

    (void)state;
    assert_true(network_fundamental(arena, a, 2, n));
    for (size_t i = 0; i < 4; i++)
        assert_within(n[i], expected[i], 5e-7);
    assert_within(n[0] * 600 + n[1] * 1500, 1247.5248, 5e-5);
    assert_within(n[2] * 600 + n[3] * 1500, 1841.5842, 5e-5);
    arena_free(arena);
}

/* The vendor gives the lab 10; the world gives it 45; it buys for 35 and builds for 17. */
static void one_gigawatt(void **state)
{
    enum { V, L, B, F, N };
    Arena *arena = arena_new(NULL);
    double flows[N * N] = {0}, inflow[N] = {0, 45, 0, 0};
    NetworkMeasures m;

    (void)state;
    flows[V * N + L] = 10;
    flows[L * N + V] = 35;
    flows[L * N + B] = 17;
    flows[B * N + V] = 2;
    flows[V * N + F] = 9;
    assert_true(network_measure(arena, flows, inflow, N, &m));
    assert_true(m.throughflow[V] == 37 && m.throughflow[L] == 55);
    assert_within(m.return_probability[V], 2.0 / 11, 1e-12);
    assert_within(m.cycling_index, 0.143467, 5e-7);
    arena_free(arena);
}

static void money_that_never_leaves(void **state)
{
    Arena *arena = arena_new(NULL);
    const double q[] = {0, 1, 1, 0};
    double n[4];

    (void)state;
    assert_false(network_fundamental(arena, q, 2, n));
    arena_free(arena);
}

/* A pays B 10, B pays C 8, C pays A 9: a circle of 8 goes round. */
static void a_circle(void **state)
{
    Arena *arena = arena_new(NULL);
    const double flows[] = {0, 10, 0, 0, 0, 8, 9, 0, 0};
    double circulation[9];

    (void)state;
    assert_true(network_max_circulation(arena, flows, 3, circulation) == 24);
    assert_true(circulation[1] == 8 && circulation[5] == 8 && circulation[6] == 8);
    arena_free(arena);
}

/* Two circles share the arc A > B of 5: A B A (arcs of 5) and A B C D A (of 5). The long
 * one is worth 20, the short one 10; a greedy short one first would be undone. */
static void the_longer_circle_is_larger(void **state)
{
    enum { A, B, C, D, N };
    Arena *arena = arena_new(NULL);
    double flows[N * N] = {0}, circulation[N * N];

    (void)state;
    flows[A * N + B] = flows[B * N + A] = 5;
    flows[B * N + C] = flows[C * N + D] = flows[D * N + A] = 5;
    assert_true(network_max_circulation(arena, flows, N, circulation) == 20);
    assert_true(circulation[B * N + A] == 0 && circulation[D * N + A] == 5);
    flows[A * N + B] = 8; /* 3 more for the short one */
    assert_true(network_max_circulation(arena, flows, N, circulation) == 26);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(oyster_reef),
        cmocka_unit_test(drunkards_walk),
        cmocka_unit_test(leontief),
        cmocka_unit_test(one_gigawatt),
        cmocka_unit_test(money_that_never_leaves),
        cmocka_unit_test(a_circle),
        cmocka_unit_test(the_longer_circle_is_larger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
