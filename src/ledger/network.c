/* Measures of circularity on the payments of a window, maximum circulation, and netting. */
#include "ledger/network.h"

#include <math.h>
#include <stdint.h>

#define NO_LEAK (1.0 / 1099511627776) /* 2^-40 of a unit */

/* Inverts I - Q without pivoting: it is an M-matrix whose pivots are the chances to leave. */
bool network_fundamental(Arena *arena, const double *q, size_t n, double *fundamental)
{
    double *a = ARENA_ARRAY(arena, double, n *n + 1);

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            a[i * n + j] = (i == j) - q[i * n + j];
            fundamental[i * n + j] = i == j;
        }
    for (size_t k = 0; k < n; k++) {
        double pivot = a[k * n + k];
        if (pivot < NO_LEAK)
            return false;
        for (size_t j = 0; j < n; j++) {
            a[k * n + j] /= pivot;
            fundamental[k * n + j] /= pivot;
        }
        for (size_t i = 0; i < n; i++) {
            double factor = a[i * n + k];
            if (i == k || factor == 0)
                continue;
            for (size_t j = 0; j < n; j++) {
                a[i * n + j] -= factor * a[k * n + j];
                fundamental[i * n + j] -= factor * fundamental[k * n + j];
            }
        }
    }
    return true;
}

bool network_measure(Arena *arena, const double *flows, const double *inflow, size_t n,
                     NetworkMeasures *m)
{
    double *q = ARENA_ARRAY(arena, double, n *n + 1);
    double through = 0, cycled = 0, from_outside = 0;

    m->n = n;
    m->throughflow = ARENA_ARRAY(arena, double, n + 1);
    m->fundamental = ARENA_ARRAY(arena, double, n *n + 1);
    m->return_probability = ARENA_ARRAY(arena, double, n + 1);
    for (size_t i = 0; i < n; i++) {
        m->throughflow[i] = inflow[i];
        for (size_t j = 0; j < n; j++)
            m->throughflow[i] += flows[j * n + i];
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            q[i * n + j] = m->throughflow[i] > 0 ? flows[i * n + j] / m->throughflow[i] : 0;
    if (!network_fundamental(arena, q, n, m->fundamental))
        return false;
    for (size_t i = 0; i < n; i++) {
        m->return_probability[i] = 1 - 1 / m->fundamental[i * n + i];
        cycled += m->throughflow[i] * m->return_probability[i];
        through += m->throughflow[i];
        from_outside += inflow[i];
    }
    m->cycling_index = through > 0 ? cycled / through : 0;
    m->path_length = from_outside > 0 ? through / from_outside : 0;
    return true;
}

/* ---- maximum circulation ---------------------------------------------------
 * In the residual network an arc i > j costs -1 while some of it is unused, and undoing
 * one costs +1. While a cycle of negative cost exists, pushing round it adds to the total.
 * Of all negative cycles the one of least mean cost is taken (Karp 1978), which bounds the
 * number of rounds by a polynomial (Goldberg and Tarjan 1989); amounts stay whole. */

typedef struct {
    size_t from, to;
    double unused, used;
} Arc;

typedef struct {
    size_t n, n_arcs;
    Arc *arcs;
    int *length;   /* [step][party]: least cost of a walk of that many arcs from anywhere */
    size_t *entry; /* [step][party]: residual arc by which it got there */
} Residual;

enum { NOT_REACHED = 1 << 29 };

/* Residual arcs are numbered 2a (use more of arc a) and 2a + 1 (use less). */
static size_t tail_of(const Residual *r, size_t e)
{
    return e % 2 ? r->arcs[e / 2].to : r->arcs[e / 2].from;
}

static size_t head_of(const Residual *r, size_t e)
{
    return e % 2 ? r->arcs[e / 2].from : r->arcs[e / 2].to;
}

static double room_of(const Residual *r, size_t e)
{
    return e % 2 ? r->arcs[e / 2].used : r->arcs[e / 2].unused;
}

static void fill_walks(Residual *r)
{
    for (size_t v = 0; v < r->n; v++)
        r->length[v] = 0;
    for (size_t step = 1; step <= r->n; step++) {
        int *now = r->length + step * r->n;
        const int *before = now - r->n;
        for (size_t v = 0; v < r->n; v++)
            now[v] = NOT_REACHED;
        for (size_t e = 0; e < 2 * r->n_arcs; e++) {
            size_t tail = tail_of(r, e), head = head_of(r, e);
            int length = before[tail] + (e % 2 ? 1 : -1);
            if (room_of(r, e) > 0 && before[tail] < NOT_REACHED && length < now[head]) {
                now[head] = length;
                r->entry[step * r->n + head] = e;
            }
        }
    }
}

/* Karp: the least mean is the least over v of the greatest over k of
 * (length_n(v) - length_k(v)) / (n - k). Returns v, or n when no cycle is negative. */
static size_t end_of_best_walk(const Residual *r)
{
    const int *last = r->length + r->n * r->n;
    size_t best = r->n;
    double least = 0;

    for (size_t v = 0; v < r->n; v++) {
        double greatest = -INFINITY;
        if (last[v] >= NOT_REACHED)
            continue;
        for (size_t k = 0; k < r->n; k++) {
            int length = r->length[k * r->n + v];
            if (length < NOT_REACHED)
                greatest = fmax(greatest, (double)(last[v] - length) / (double)(r->n - k));
        }
        if (greatest < least) {
            least = greatest;
            best = v;
        }
    }
    return best;
}

/* Any cycle on the best walk has the least mean: finds the last one and pushes round it. */
static void push_round(Residual *r, size_t end, size_t *seen_at, size_t *walk)
{
    size_t at = end, step = r->n, begin = 0, count = 0;
    double amount = INFINITY;

    for (size_t v = 0; v < r->n; v++)
        seen_at[v] = SIZE_MAX;
    while (seen_at[at] == SIZE_MAX) {
        seen_at[at] = count;
        walk[count] = r->entry[step * r->n + at];
        at = tail_of(r, walk[count]);
        count++;
        step--;
    }
    begin = seen_at[at];
    for (size_t i = begin; i < count; i++)
        amount = fmin(amount, room_of(r, walk[i]));
    for (size_t i = begin; i < count; i++) {
        Arc *arc = &r->arcs[walk[i] / 2];
        double more = walk[i] % 2 ? -amount : amount;
        arc->used += more;
        arc->unused -= more;
    }
}

static Residual residual_of(Arena *scratch, const double *flows, size_t n)
{
    Residual r = {.n = n};

    r.arcs = ARENA_ARRAY(scratch, Arc, n * n + 1);
    r.length = ARENA_ARRAY(scratch, int, (n + 1) * n + 1);
    r.entry = ARENA_ARRAY(scratch, size_t, (n + 1) * n + 1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (i != j && flows[i * n + j] > 0)
                r.arcs[r.n_arcs++] = (Arc){i, j, flows[i * n + j], 0};
    return r;
}

double network_max_circulation(Arena *scratch, const double *flows, size_t n, double *circulation)
{
    Residual r = residual_of(scratch, flows, n);
    size_t *seen_at = ARENA_ARRAY(scratch, size_t, n + 1);
    size_t *walk = ARENA_ARRAY(scratch, size_t, n + 1);
    double total = 0;

    if (n > 0)
        for (;;) {
            fill_walks(&r);
            size_t end = end_of_best_walk(&r);
            if (end == n)
                break;
            push_round(&r, end, seen_at, walk);
        }
    for (size_t i = 0; i < n * n; i++)
        circulation[i] = 0;
    for (size_t i = 0; i < n; i++) { /* what a party pays itself goes round at once */
        circulation[i * n + i] = fmax(0, flows[i * n + i]);
        total += circulation[i * n + i];
    }
    for (size_t a = 0; a < r.n_arcs; a++) {
        circulation[r.arcs[a].from * n + r.arcs[a].to] = r.arcs[a].used;
        total += r.arcs[a].used;
    }
    return total;
}
