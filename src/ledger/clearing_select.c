/* The plan of the slots that owe something now, from the plan of all. */
#include "ledger/clearing_plan.h"
#include "ledger/layout.h"

/* The selection as it lies in memory: a plan, then its arrays. */
typedef struct {
    ClearingPlan plan;
    uint32_t *number; /* [item of the whole plan] of the first selected from here on */
} Selection;

static void lay_out(const ClearingPlan *whole, Selection *s, Layout *layout)
{
    layout->used = sizeof(Selection);
    s->plan.items = layout_take(layout, whole->n_items + 1, sizeof(ClearingItem));
    s->plan.first_item = layout_take(layout, whole->spec.n_parties + 1, sizeof(uint32_t));
    s->plan.first_receipt = layout_take(layout, whole->n_inside + 1, sizeof(uint32_t));
    s->plan.receipts = layout_take(layout, whole->n_items + 1, sizeof(uint32_t));
    s->plan.item_of_support = layout_take(layout, whole->spec.n_supports, sizeof(uint32_t));
    s->plan.covered_items = layout_take(layout, whole->n_covers, sizeof(uint32_t));
    s->plan.reserve_items = layout_take(layout, whole->n_reserve_items, sizeof(uint32_t));
    s->number = layout_take(layout, whole->n_items + 1, sizeof(uint32_t));
}

size_t clearing_selection_size(const ClearingPlan *plan)
{
    Selection unused = {.plan = *plan};
    Layout layout = {NULL, 0};

    lay_out(plan, &unused, &layout);
    return layout.used;
}

static void renumber(const Selection *s, const uint32_t *items, size_t count, uint32_t *out)
{
    for (size_t j = 0; j < count; j++)
        out[j] = items[j] == NO_ITEM ? NO_ITEM : s->number[items[j]];
}

/* A party's ranks stay runs of items. Nothing added to a sum, and a rank in which nothing is
 * due, changes no result; what is covered stays for its cover, and claims fall due later. */
const ClearingPlan *clearing_plan_select(const ClearingPlan *plan, const bool *is_wanted,
                                         void *memory)
{
    Layout layout = {memory, 0};
    Selection *s = memory;
    ClearingPlan *selected = &s->plan;
    uint32_t n = 0;

    *selected = *plan;
    lay_out(plan, s, &layout);
    for (uint32_t i = 0; i < plan->n_items; i++) {
        const ClearingItem *item = &plan->items[i];

        s->number[i] = n;
        selected->items[n] = *item;
        n += item->is_claim || plan->is_covered[i] || is_wanted[item->index];
    }
    s->number[plan->n_items] = n;
    selected->n_items = n;
    for (size_t p = 0; p <= plan->spec.n_parties; p++)
        selected->first_item[p] = s->number[plan->first_item[p]];
    renumber(s, plan->item_of_support, plan->spec.n_supports, selected->item_of_support);
    renumber(s, plan->covered_items, plan->n_covers, selected->covered_items);
    renumber(s, plan->reserve_items, plan->n_reserve_items, selected->reserve_items);
    clearing_list_receipts(selected);
    return selected;
}
