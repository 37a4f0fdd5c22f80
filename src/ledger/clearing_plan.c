/* Prepares a clearing: sorts what may fall due by payer and rank, and orders the supports. */
#include "ledger/clearing_plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- the order of supports ---------------------------------------------- */

/* Writes the circle that a walk along `next`, with n_parties steps behind it, has entered. */
static size_t trace_circle(const uint32_t *next, size_t n_parties, uint32_t start, uint32_t *circle)
{
    uint32_t at = start;
    size_t count = 0;

    for (size_t step = 0; step < n_parties; step++)
        at = next[at];
    for (uint32_t walker = at; count == 0 || walker != at; walker = next[walker])
        circle[count++] = walker;
    return count;
}

/* Parties in the order in which their shortfalls can be settled: a party after all
 * whom it backs. Returns how many could be placed. */
static size_t place_parties(Arena *scratch, size_t n_parties, const bool *is_outside,
                            const ClearingSupport *supports, size_t n_supports, uint32_t *place)
{
    uint32_t *waiting = ARENA_ARRAY(scratch, uint32_t, n_parties + 1); /* unplaced borrowers */
    size_t n_placed = 0;

    for (size_t k = 0; k < n_supports; k++)
        waiting[supports[k].backer] += !is_outside[supports[k].backer];
    for (size_t party = 0; party < n_parties; party++)
        place[party] = UINT32_MAX;
    for (bool found = true; found;) {
        found = false;
        for (size_t party = 0; party < n_parties; party++) {
            if (place[party] != UINT32_MAX || waiting[party] > 0)
                continue;
            place[party] = (uint32_t)n_placed++;
            found = true;
            for (size_t k = 0; k < n_supports; k++)
                if (supports[k].borrower == party && !is_outside[supports[k].backer])
                    waiting[supports[k].backer]--;
        }
    }
    return n_placed;
}

bool clearing_order_supports(Arena *scratch, size_t n_parties, const bool *is_outside,
                             const ClearingSupport *supports, size_t n_supports, uint32_t *order,
                             uint32_t *circle, size_t *n_circle)
{
    uint32_t *place = ARENA_ARRAY(scratch, uint32_t, n_parties + 1);
    size_t n_placed = place_parties(scratch, n_parties, is_outside, supports, n_supports, place);

    if (n_circle)
        *n_circle = 0;
    if (n_placed < n_parties) {
        uint32_t *next = ARENA_ARRAY(scratch, uint32_t, n_parties + 1);
        uint32_t start = 0;
        /* Every unplaced party backs an unplaced one: following that ends in a circle. */
        for (size_t k = n_supports; k-- > 0;) {
            uint32_t backer = supports[k].backer;
            if (place[backer] == UINT32_MAX && place[supports[k].borrower] == UINT32_MAX) {
                next[backer] = supports[k].borrower;
                start = backer;
            }
        }
        if (circle && n_circle)
            *n_circle = trace_circle(next, n_parties, start, circle);
        return false;
    }
    size_t count = 0;
    for (size_t p = 0; p < n_parties; p++)
        for (uint32_t k = 0; k < n_supports; k++)
            if (place[supports[k].borrower] == p)
                order[count++] = k;
    return true;
}

/* ---- sorting slots and claims into items -------------------------------- */

typedef struct {
    uint32_t payer, rank, kind, index;
} SortKey;

static int compare_keys(const void *left, const void *right)
{
    const SortKey *a = left, *b = right;

    if (a->payer != b->payer)
        return a->payer < b->payer ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Turns sorted keys into the runs [first[p], first[p + 1]) of each payer. */
static void mark_runs(const SortKey *keys, size_t count, size_t n_parties, uint32_t *first)
{
    size_t at = 0;

    for (size_t party = 0; party <= n_parties; party++) {
        while (at < count && keys[at].payer < party)
            at++;
        first[party] = (uint32_t)at;
    }
}

static void sort_items(Arena *keep, ClearingPlan *plan)
{
    const ClearingSpec *spec = &plan->spec;
    SortKey *keys = ARENA_ARRAY(keep, SortKey, spec->n_slots + spec->n_supports + 1);
    size_t count = 0;

    for (uint32_t s = 0; s < spec->n_slots; s++)
        if (!spec->slots[s].is_rest)
            keys[count++] = (SortKey){spec->slots[s].payer, spec->slots[s].rank, 0, s};
    for (uint32_t k = 0; k < spec->n_supports; k++)
        if (!spec->is_outside[spec->supports[k].backer])
            keys[count++] = (SortKey){spec->supports[k].backer, spec->supports[k].rank, 1, k};
    qsort(keys, count, sizeof *keys, compare_keys);

    plan->n_items = count;
    plan->items = ARENA_ARRAY(keep, ClearingItem, count + 1);
    plan->first_item = ARENA_ARRAY(keep, uint32_t, spec->n_parties + 1);
    plan->item_of_slot = ARENA_ARRAY(keep, uint32_t, spec->n_slots + 1);
    plan->item_of_support = ARENA_ARRAY(keep, uint32_t, spec->n_supports + 1);
    memset(plan->item_of_slot, 0xff, (spec->n_slots + 1) * sizeof(uint32_t));
    memset(plan->item_of_support, 0xff, (spec->n_supports + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < count; i++) {
        bool is_claim = keys[i].kind == 1;
        uint32_t index = keys[i].index, payee = is_claim ? UINT32_MAX : spec->slots[index].payee;
        plan->items[i] = (ClearingItem){keys[i].rank, index, payee, is_claim};
        (is_claim ? plan->item_of_support : plan->item_of_slot)[index] = i;
    }
    mark_runs(keys, count, spec->n_parties, plan->first_item);
}

static uint32_t row_of_payee(const ClearingPlan *plan, size_t item)
{
    return plan->items[item].is_claim ? UINT32_MAX : plan->row[plan->items[item].payee];
}

void clearing_list_receipts(ClearingPlan *plan)
{
    uint32_t *first = plan->first_receipt;

    for (size_t row = 0; row <= plan->n_inside; row++)
        first[row] = 0;
    for (size_t i = 0; i < plan->n_items; i++)
        if (row_of_payee(plan, i) != UINT32_MAX)
            first[row_of_payee(plan, i)]++;
    for (size_t row = 1; row <= plan->n_inside; row++) /* where each ends */
        first[row] += first[row - 1];
    for (size_t i = plan->n_items; i-- > 0;)
        if (row_of_payee(plan, i) != UINT32_MAX)
            plan->receipts[--first[row_of_payee(plan, i)]] = (uint32_t)i;
}

static void sort_rest_slots(Arena *keep, ClearingPlan *plan)
{
    const ClearingSpec *spec = &plan->spec;
    SortKey *keys = ARENA_ARRAY(keep, SortKey, spec->n_slots + 1);
    size_t count = 0;

    for (uint32_t s = 0; s < spec->n_slots; s++)
        if (spec->slots[s].is_rest)
            keys[count++] = (SortKey){spec->slots[s].payer, spec->slots[s].rank, 0, s};
    qsort(keys, count, sizeof *keys, compare_keys);
    plan->first_rest = ARENA_ARRAY(keep, uint32_t, spec->n_parties + 1);
    plan->rest_slots = ARENA_ARRAY(keep, uint32_t, count + 1);
    for (size_t i = 0; i < count; i++)
        plan->rest_slots[i] = keys[i].index;
    mark_runs(keys, count, spec->n_parties, plan->first_rest);
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

/* The items of listed slots; of all that the party may owe when there is no list. */
static size_t list_covered(const ClearingPlan *plan, uint32_t party, const uint32_t *slots,
                           size_t n_slots, uint32_t *out)
{
    size_t count = 0;

    if (!slots) {
        for (uint32_t i = plan->first_item[party]; i < plan->first_item[party + 1]; i++)
            out[count++] = i;
        return count;
    }
    for (size_t j = 0; j < n_slots; j++) {
        uint32_t item = plan->item_of_slot[slots[j]];
        assert(item != NO_ITEM && "a rest slot is never covered");
        assert(plan->spec.slots[slots[j]].payer == party && "covered slots are the borrower's");
        out[count++] = item;
    }
    qsort(out, count, sizeof *out, compare_numbers);
    return count;
}

static void list_covers(Arena *keep, ClearingPlan *plan)
{
    const ClearingSpec *spec = &plan->spec;
    size_t bound = 1;

    plan->is_line = ARENA_ARRAY(keep, bool, spec->n_supports + 1);
    plan->first_cover = ARENA_ARRAY(keep, uint32_t, spec->n_supports + 1);
    for (size_t k = 0; k < spec->n_supports; k++) {
        const ClearingSupport *s = &spec->supports[k];
        plan->is_line[k] = spec->is_outside[s->backer] && !s->slots;
        bound += s->slots ? s->n_slots
                          : plan->first_item[s->borrower + 1] - plan->first_item[s->borrower];
    }
    plan->covered_items = ARENA_ARRAY(keep, uint32_t, bound);
    for (size_t k = 0; k < spec->n_supports; k++) {
        const ClearingSupport *s = &spec->supports[k];
        plan->first_cover[k] = (uint32_t)plan->n_covers;
        if (!plan->is_line[k])
            plan->n_covers += list_covered(plan, s->borrower, s->slots, s->n_slots,
                                           plan->covered_items + plan->n_covers);
    }
    plan->first_cover[spec->n_supports] = (uint32_t)plan->n_covers;
}

static void list_reserves(Arena *keep, ClearingPlan *plan)
{
    const ClearingSpec *spec = &plan->spec;
    size_t bound = 1;

    for (size_t r = 0; r < spec->n_reserves; r++)
        bound += spec->reserves[r].n_slots;
    plan->first_reserve_item = ARENA_ARRAY(keep, uint32_t, spec->n_reserves + 1);
    plan->reserve_items = ARENA_ARRAY(keep, uint32_t, bound);
    for (size_t r = 0; r < spec->n_reserves; r++) {
        const ClearingReserve *reserve = &spec->reserves[r];
        plan->first_reserve_item[r] = (uint32_t)plan->n_reserve_items;
        if (reserve->n_slots > 0)
            plan->n_reserve_items +=
                list_covered(plan, reserve->party, reserve->slots, reserve->n_slots,
                             plan->reserve_items + plan->n_reserve_items);
    }
    plan->first_reserve_item[spec->n_reserves] = (uint32_t)plan->n_reserve_items;
}

/* ---- copying the spec ---------------------------------------------------- */

static void *copy_bytes(Arena *keep, const void *bytes, size_t count, size_t size)
{
    void *copy = arena_array(keep, count + 1, size);

    if (count > 0)
        memcpy(copy, bytes, count * size);
    return copy;
}

static ClearingSpec copy_spec(Arena *keep, const ClearingSpec *spec)
{
    ClearingSpec copy = *spec;
    ClearingSupport *supports =
        copy_bytes(keep, spec->supports, spec->n_supports, sizeof *supports);
    ClearingReserve *reserves =
        copy_bytes(keep, spec->reserves, spec->n_reserves, sizeof *reserves);

    for (size_t k = 0; k < spec->n_supports; k++)
        if (supports[k].slots)
            supports[k].slots =
                copy_bytes(keep, supports[k].slots, supports[k].n_slots, sizeof(uint32_t));
    for (size_t r = 0; r < spec->n_reserves; r++)
        reserves[r].slots =
            copy_bytes(keep, reserves[r].slots, reserves[r].n_slots, sizeof(uint32_t));
    copy.supports = supports;
    copy.reserves = reserves;
    copy.slots = copy_bytes(keep, spec->slots, spec->n_slots, sizeof *spec->slots);
    copy.is_outside = copy_bytes(keep, spec->is_outside, spec->n_parties, sizeof(bool));
    if (spec->owner)
        copy.owner = copy_bytes(keep, spec->owner, spec->n_parties, sizeof *spec->owner);
    return copy;
}

ClearingPlan *clearing_plan_new(Arena *keep, const ClearingSpec *spec)
{
    ClearingPlan *plan = ARENA_NEW(keep, ClearingPlan);

    plan->spec = copy_spec(keep, spec);
    plan->support_order = ARENA_ARRAY(keep, uint32_t, spec->n_supports + 1);
    if (!clearing_order_supports(keep, spec->n_parties, plan->spec.is_outside, plan->spec.supports,
                                 spec->n_supports, plan->support_order, NULL, NULL))
        return NULL;
    plan->row = ARENA_ARRAY(keep, uint32_t, spec->n_parties + 1);
    plan->inside = ARENA_ARRAY(keep, uint32_t, spec->n_parties + 1);
    for (uint32_t party = 0; party < spec->n_parties; party++) {
        plan->row[party] = spec->is_outside[party] ? UINT32_MAX : (uint32_t)plan->n_inside;
        plan->inside[plan->n_inside] = party;
        plan->n_inside += !spec->is_outside[party];
    }
    sort_items(keep, plan);
    plan->first_receipt = ARENA_ARRAY(keep, uint32_t, plan->n_inside + 1);
    plan->receipts = ARENA_ARRAY(keep, uint32_t, plan->n_items + 1);
    clearing_list_receipts(plan);
    sort_rest_slots(keep, plan);
    list_covers(keep, plan);
    list_reserves(keep, plan);
    plan->is_covered = ARENA_ARRAY(keep, bool, plan->n_items + 1);
    for (size_t j = 0; j < plan->n_covers; j++)
        plan->is_covered[plan->covered_items[j]] = true;
    for (size_t j = 0; j < plan->n_reserve_items; j++)
        plan->is_covered[plan->reserve_items[j]] = true;
    plan->most_rounds = 16 + 2 * plan->n_items + spec->n_parties * (spec->n_ranks + 4);
    return plan;
}
