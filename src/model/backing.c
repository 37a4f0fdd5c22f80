/* Who stands behind whom when cash is short, by guarantee or by lending from an inside purse: the
 * order of the guarantees, and the circles that have none. */
#include "model/checker.h"

enum { MOST_NAMED = 12 }; /* in the message of a circle */

typedef struct {
    uint32_t backer, debtor;
    uint32_t facility; /* or NO_ID: the guarantee of this backing's own number */
    uint32_t next;     /* of the same debtor, or NO_ID */
} Backing;

typedef struct {
    LIST(Backing) all;  /* the guarantees first, by their numbers, then the facilities */
    uint32_t *first_of; /* by party: a backing of it, from which `next` leads on, or NO_ID */
} Backings;

static void add_backing(Checker *c, Backings *b, Backing backing)
{
    backing.next = b->first_of[backing.debtor];
    b->first_of[backing.debtor] = (uint32_t)b->all.count;
    *LIST_PUSH(c->arena, &b->all) = backing;
}

static Backings list_guarantees(Checker *c)
{
    const Model *m = c->model;
    Backings b = {.first_of = ARENA_ARRAY(c->arena, uint32_t, m->parties.count + 1)};

    for (size_t i = 0; i < m->parties.count; i++)
        b.first_of[i] = NO_ID;
    for (size_t i = 0; i < m->guarantees.count; i++) {
        const Guarantee *g = &m->guarantees.items[i];
        add_backing(c, &b,
                    (Backing){.backer = g->guarantor, .debtor = g->debtor, .facility = NO_ID});
    }
    return b;
}

static void list_facilities(Checker *c, Backings *b)
{
    const Model *m = c->model;

    for (uint32_t i = 0; i < m->facilities.count; i++) {
        const Facility *f = &m->facilities.items[i];
        if (f->is_for_shortfall && !m->parties.items[f->lender].is_outside)
            add_backing(c, b, (Backing){.backer = f->lender, .debtor = f->borrower, .facility = i});
    }
}

/* By party: how often it backs another. */
static uint32_t *count_backed(Checker *c, const Backings *b)
{
    uint32_t *n_backed = ARENA_ARRAY(c->arena, uint32_t, c->model->parties.count + 1);

    for (size_t i = 0; i < b->all.count; i++)
        n_backed[b->all.items[i].backer]++;
    return n_backed;
}

/* ---- circles --------------------------------------------------------------------- */

/* Of each party that backs one that leads into a circle: its first such backing; else NO_ID. */
static const uint32_t *list_left(Checker *c, const Backings *b, const uint32_t *n_left)
{
    uint32_t *left = ARENA_ARRAY(c->arena, uint32_t, c->model->parties.count + 1);

    for (size_t i = 0; i < c->model->parties.count; i++)
        left[i] = NO_ID;
    for (uint32_t i = (uint32_t)b->all.count; i-- > 0;)
        if (n_left[b->all.items[i].debtor] > 0)
            left[b->all.items[i].backer] = i;
    return left;
}

static uint32_t after(const Backings *b, const uint32_t *left, uint32_t backing)
{
    return left[b->all.items[backing].debtor];
}

/* The first of a circle that is numbered `least` or higher; each circle has one. */
static uint32_t find_circle(const Model *m, const Backings *b, const uint32_t *left, uint32_t least)
{
    uint32_t party = 0, at, first = NO_ID;

    while (left[party] == NO_ID)
        party++;
    at = left[party];
    for (size_t i = 0; i < m->parties.count; i++) /* who leads into it is left behind */
        at = after(b, left, at);
    for (uint32_t i = at, n = 0; n == 0 || i != at; i = after(b, left, i), n++)
        if (i >= least && i < first)
            first = i;
    return first;
}

/* The name of the contract that holds a guarantee, or of the facility. */
static Span place_of_backing(const Checker *c, const Backings *b, uint32_t backing)
{
    const Model *m = c->model;
    uint32_t facility = b->all.items[backing].facility;

    if (facility == NO_ID && m->guarantees.items[backing].own_contract != NO_ID)
        return c->contracts.items[m->guarantees.items[backing].own_contract]->decl->name_span;
    for (size_t i = 0; i < c->fields.count && facility != NO_ID; i++)
        if (c->fields.items[i]->tag == FIELD_FACILITY &&
            text_equal(c->fields.items[i]->full_name, m->facilities.items[facility].name))
            return c->fields.items[i]->decl->name_span;
    return (Span){.file = c->trees[0]->file};
}

static Diag *refuse_first(Checker *c, const Backings *b, uint32_t first)
{
    const Backing *x = &b->all.items[first];
    Text who = c->model->parties.items[x->backer].name;
    Text whose = c->model->parties.items[x->debtor].name;

    if (x->facility == NO_ID)
        return diag_error(c->diags, DIAG_GUARANTEE_CYCLE, place_of_backing(c, b, first),
                          "guarantees lead back to where they started: `%.*s` answers for "
                          "`%.*s`, and in the end `%.*s` for `%.*s`",
                          TEXT_ARG(who), TEXT_ARG(whose), TEXT_ARG(whose), TEXT_ARG(who));
    return diag_error(c->diags, DIAG_GUARANTEE_CYCLE, place_of_backing(c, b, first),
                      "`%.*s` lends to `%.*s` when it is short, and in the end leans on it",
                      TEXT_ARG(who), TEXT_ARG(whose));
}

static void refuse_circle(Checker *c, const Backings *b, const uint32_t *n_left, uint32_t least)
{
    const uint32_t *left = list_left(c, b, n_left);
    uint32_t first = find_circle(c->model, b, left, least), i = after(b, left, first);
    Diag *d = refuse_first(c, b, first);

    for (size_t n = 1; n < MOST_NAMED && i != first; i = after(b, left, i), n++) {
        const Backing *x = &b->all.items[i];
        diag_label(c->diags, d, place_of_backing(c, b, i),
                   x->facility == NO_ID ? "`%.*s` answers for `%.*s`" : "`%.*s` lends to `%.*s`",
                   TEXT_ARG(c->model->parties.items[x->backer].name),
                   TEXT_ARG(c->model->parties.items[x->debtor].name));
    }
    diag_because(c->diags, d,
                 "When each pays only if the other does, what is paid is not defined. "
                 "Leave one out%s.",
                 b->all.items[first].facility == NO_ID ? "" : ", or lend by `borrow`");
}

/* ---- guarantees ------------------------------------------------------------------ */

/* Numbers, the least on top: none is less than that at half its place. */
typedef struct {
    uint32_t *items;
    size_t count;
} Heap;

static void heap_push(Heap *heap, uint32_t number)
{
    size_t at = ++heap->count;

    for (; at > 1 && heap->items[at / 2 - 1] > number; at /= 2)
        heap->items[at - 1] = heap->items[at / 2 - 1];
    heap->items[at - 1] = number;
}

static uint32_t heap_pop(Heap *heap)
{
    uint32_t top = heap->items[0], last = heap->items[--heap->count];
    size_t at = 1;

    for (size_t child = 2; child <= heap->count; child = 2 * at) {
        if (child < heap->count && heap->items[child] < heap->items[child - 1])
            child++;
        if (last <= heap->items[child - 1])
            break;
        heap->items[at - 1] = heap->items[child - 1];
        at = child;
    }
    heap->items[at - 1] = last;
    return top;
}

/* A guarantor's own guarantors must come later, and else the first that is written; false after a
 * diagnostic, for a circle has no such order. */
static bool order_guarantees(Checker *c)
{
    Model *m = c->model;
    size_t n = m->guarantees.count, n_placed = 0;
    Backings b = list_guarantees(c);
    uint32_t *n_unplaced = count_backed(c, &b);
    Guarantee *sorted = ARENA_ARRAY(c->arena, Guarantee, n + 1);
    Heap free = {.items = ARENA_ARRAY(c->arena, uint32_t, n + 1)};

    for (uint32_t i = 0; i < n; i++)
        if (n_unplaced[m->guarantees.items[i].debtor] == 0)
            heap_push(&free, i);
    while (free.count > 0) {
        const Guarantee *g = &m->guarantees.items[heap_pop(&free)];
        sorted[n_placed++] = *g;
        if (--n_unplaced[g->guarantor] > 0)
            continue;
        for (uint32_t i = b.first_of[g->guarantor]; i != NO_ID; i = b.all.items[i].next)
            heap_push(&free, i);
    }
    if (n_placed < n) {
        refuse_circle(c, &b, n_unplaced, 0);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        m->guarantees.items[i] = sorted[i];
    return true;
}

/* ---- lending ------------------------------------------------------------------ */

/* Who backs nobody left is struck off until none can be; who is left backs in a circle, or one that
 * does. */
static void refuse_circle_of_lending(Checker *c)
{
    const Model *m = c->model;
    size_t n_free = 0, n_parties = m->parties.count;
    uint32_t *queue = ARENA_ARRAY(c->arena, uint32_t, n_parties + 1);
    Backings b = list_guarantees(c);

    list_facilities(c, &b);
    uint32_t *n_left = count_backed(c, &b);
    for (uint32_t p = 0; p < n_parties; p++)
        if (n_left[p] == 0)
            queue[n_free++] = p;
    for (size_t done = 0; done < n_free; done++)
        for (uint32_t i = b.first_of[queue[done]]; i != NO_ID; i = b.all.items[i].next)
            if (--n_left[b.all.items[i].backer] == 0)
                queue[n_free++] = b.all.items[i].backer;
    if (n_free < n_parties)
        refuse_circle(c, &b, n_left, (uint32_t)m->guarantees.count);
}

void backing_order(Checker *c)
{
    if (order_guarantees(c))
        refuse_circle_of_lending(c);
}
