/* Phase 5: what falls due is put before ledger/clearing.h, which says who is paid how much. */
#include "oracle/path.h"

#include "base/money.h"
#include "maths/maths.h"

#include <math.h>

/* ---- the plan: what of clearing is the model's ---- */

static void list_slots(const Model *model, ClearingSlot *slots)
{
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        slots[i] = (ClearingSlot){slot->payer, slot->payee, slot->rank, slot->is_rest};
    }
}

/* A list of none; a missing list would mean all. */
static const uint32_t NO_SLOTS[1];

static size_t list_supports(const Model *model, ClearingSupport *supports)
{
    size_t n = 0;

    for (size_t i = 0; i < model->facilities.count; i++) {
        const Facility *facility = &model->facilities.items[i];

        if (facility->is_for_shortfall)
            supports[n++] = (ClearingSupport){.backer = facility->lender,
                                              .borrower = facility->borrower,
                                              .rank = model->slots.items[facility->slot].rank};
    }
    for (size_t i = 0; i < model->guarantees.count; i++) {
        const Guarantee *guarantee = &model->guarantees.items[i];
        bool is_empty = guarantee->covered.count == 0;

        supports[n++] = (ClearingSupport){
            .backer = guarantee->guarantor,
            .borrower = guarantee->debtor,
            .rank = is_empty ? 0 : model->slots.items[guarantee->pays.items[0]].rank,
            .slots = is_empty ? NO_SLOTS : guarantee->covered.items,
            .n_slots = guarantee->covered.count};
    }
    return n;
}

static void list_reserves(Arena *arena, const Model *model, ClearingReserve *reserves)
{
    for (size_t i = 0; i < model->reserves.count; i++) {
        const Reserve *reserve = &model->reserves.items[i];
        uint32_t *own = ARENA_ARRAY(arena, uint32_t, model->slots.count);
        size_t n = 0;

        for (uint32_t s = 0; s < model->slots.count; s++) {
            const Slot *slot = &model->slots.items[s];
            if (slot->payer == reserve->party && slot->contract == reserve->contract &&
                !slot->is_rest)
                own[n++] = s;
        }
        reserves[i] = (ClearingReserve){reserve->party, own, n};
    }
}

static void make_arrays(Arena *arena, const Model *model, Clearing *c)
{
    size_t n_parties = model->parties.count;
    size_t n_slots = model->slots.count;
    size_t n_reserves = model->reserves.count;

    c->cash = ARENA_ARRAY(arena, double, n_parties);
    c->keep = ARENA_ARRAY(arena, double, n_parties);
    c->keep_rank = ARENA_ARRAY(arena, uint32_t, n_parties);
    c->loss_of_cash = ARENA_ARRAY(arena, double, n_parties);
    c->loss_of_claims = ARENA_ARRAY(arena, double, n_parties);
    c->already_defaulted = ARENA_ARRAY(arena, uint8_t, n_parties);
    c->due = ARENA_ARRAY(arena, double, n_slots);
    c->rest_share = ARENA_ARRAY(arena, double, n_slots);
    c->overdue = ARENA_ARRAY(arena, double, n_slots);
    c->limit = ARENA_ARRAY(arena, double, c->n_supports);
    c->reserve_balance = ARENA_ARRAY(arena, double, n_reserves);
    c->reserve_target = ARENA_ARRAY(arena, double, n_reserves);
    c->input = (ClearingInput){.cash = c->cash,
                               .due = c->due,
                               .rest_share = c->rest_share,
                               .keep = c->keep,
                               .keep_rank = c->keep_rank,
                               .overdue = c->overdue,
                               .already_defaulted = c->already_defaulted,
                               .loss_of_cash = c->loss_of_cash,
                               .loss_of_claims = c->loss_of_claims,
                               .support_limit = c->limit,
                               .reserve_balance = c->reserve_balance,
                               .reserve_target = c->reserve_target};
    c->output = (ClearingOutput){.paid = ARENA_ARRAY(arena, double, n_slots),
                                 .default_now = ARENA_ARRAY(arena, uint8_t, n_parties),
                                 .loss = ARENA_ARRAY(arena, double, n_parties),
                                 .support_paid = ARENA_ARRAY(arena, double, c->n_supports),
                                 .reserve_released = ARENA_ARRAY(arena, double, n_reserves),
                                 .reserve_filled = ARENA_ARRAY(arena, double, n_reserves),
                                 .reserve_freed = ARENA_ARRAY(arena, double, n_reserves),
                                 .cash = ARENA_ARRAY(arena, double, n_parties)};
}

Clearing *clearing_new(Arena *arena, const Model *model)
{
    Clearing *clearing = ARENA_NEW(arena, Clearing);
    bool *is_outside = ARENA_ARRAY(arena, bool, model->parties.count);
    uint32_t *owner = ARENA_ARRAY(arena, uint32_t, model->parties.count);
    ClearingSlot *slots = ARENA_ARRAY(arena, ClearingSlot, model->slots.count);
    ClearingSupport *supports =
        ARENA_ARRAY(arena, ClearingSupport, model->facilities.count + model->guarantees.count);
    ClearingReserve *reserves = ARENA_ARRAY(arena, ClearingReserve, model->reserves.count);

    for (size_t i = 0; i < model->parties.count; i++) {
        is_outside[i] = model->parties.items[i].is_outside;
        owner[i] = model->parties.items[i].owner;
    }
    list_slots(model, slots);
    clearing->n_supports = list_supports(model, supports);
    list_reserves(arena, model, reserves);
    clearing->plan = clearing_plan_new(
        arena,
        &(ClearingSpec){.n_parties = model->parties.count,
                        .is_outside = is_outside,
                        .owner = model->monies.count > 1 ? owner : NULL,
                        .n_ranks = (uint32_t)(model->ranks.count > 0 ? model->ranks.count : 1),
                        .n_slots = model->slots.count,
                        .slots = slots,
                        .n_supports = clearing->n_supports,
                        .supports = supports,
                        .n_reserves = model->reserves.count,
                        .reserves = reserves});
    if (clearing->plan != NULL)
        clearing->workspace = arena_alloc(arena, clearing_workspace_size(clearing->plan));
    make_arrays(arena, model, clearing);
    return clearing;
}

/* ---- one period ---- */

static bool is_due_like_any(const Path *path, uint32_t slot)
{
    if (path->model->slots.items[slot].is_rest)
        return false;
    for (size_t i = 0; i < path->model->facilities.count; i++) {
        if (path->model->facilities.items[i].slot == slot)
            return false;
    }
    return true;
}

/* By contract: how long its arrears may last. */
static double grace_of(Path *path, uint32_t contract)
{
    if (contract == NO_ID)
        return 0;
    return evaluate_or(path, path->model->contracts.items[contract].grace, 0);
}

/* What fell due so long ago that its payer defaults unless that is paid now. */
static double overdue(Path *path, uint32_t i)
{
    const Model *model = path->model;
    double grace = grace_of(path, model->slots.items[i].terms);
    double sum = 0;

    if (!is_due_like_any(path, i))
        return 0;
    for (uint32_t n = 0; n <= path->period; n++) {
        if (date_add_months(model->last_days[n], grace) <= path->today)
            sum += n < path->period ? path->slots[i].open[n] : path->slots_now[i].new_due;
    }
    return sum;
}

static void state_dues(Path *path)
{
    const Model *model = path->model;
    Clearing *c = path->clearing;

    for (uint32_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        SlotPeriod *now = &path->slots_now[i];
        const SlotState *state = &path->slots[i];

        now->due = state->arrears + now->new_due;
        if (!(now->due < MONEY_LIMIT))
            path_fail(path, slot->name);
        c->due[i] = slot->is_rest ? now->rest_cap : now->due;
        c->rest_share[i] = now->rest_share;
        c->overdue[i] = overdue(path, i);
    }
}

static void look_at_graces(Path *path)
{
    for (uint32_t i = 0; i < path->model->contracts.count; i++) {
        if (isnan(grace_of(path, i)))
            path_fail(path, path->model->contracts.items[i].name);
    }
}

static double share_lost(Path *path, const Node *node, Text thing)
{
    double share = evaluate_or(path, node, 0);

    if (!(share >= 0 && share <= 1))
        path_fail(path, thing);
    return share;
}

static double reserved_cash(const Path *path, uint32_t party)
{
    double sum = 0;

    for (size_t i = 0; i < path->model->reserves.count; i++) {
        if (path->model->reserves.items[i].party == party)
            sum += path->reserves[i];
    }
    return sum;
}

static void state_parties(Path *path)
{
    const Model *model = path->model;
    Clearing *c = path->clearing;

    for (uint32_t p = 0; p < model->parties.count; p++) {
        const Party *party = &model->parties.items[p];

        path->parties[p].cash_at_clearing = *books_at(path, p, model->cash);
        c->cash[p] = 0;
        if (!party->is_outside)
            c->cash[p] = path->parties[p].cash_at_clearing - reserved_cash(path, p);
        c->keep[p] = cents_of(path, evaluate_or(path, party->keep, 0), party->name);
        c->keep_rank[p] =
            party->keep_rank >= model->ranks.count ? CLEARING_KEEP_FROM_REST : party->keep_rank;
        c->loss_of_cash[p] = share_lost(path, party->loss_of_cash, party->name);
        c->loss_of_claims[p] = share_lost(path, party->loss_of_receipts, party->name);
        c->already_defaulted[p] = path->parties[p].is_defaulted;
    }
}

static void state_supports(Path *path)
{
    const Model *model = path->model;
    double *limit = path->clearing->limit;
    size_t n = 0;

    for (size_t i = 0; i < model->facilities.count; i++) {
        const Facility *facility = &model->facilities.items[i];
        const FacilityState *state = &path->facilities[i];

        if (!facility->is_for_shortfall)
            continue;
        double most = cents_of(path, evaluate_node(path, facility->limit), facility->name);
        if (!is_effective(path, facility->contract))
            most = 0;
        limit[n++] = gw_max(0, most - state->drawn - state->requested);
    }
    for (size_t i = 0; i < model->guarantees.count; i++) {
        const Guarantee *guarantee = &model->guarantees.items[i];
        double most = cents_of(path, evaluate_node(path, guarantee->cap), guarantee->name);

        if (!is_effective(path, guarantee->own_contract))
            most = 0;
        limit[n++] = gw_max(0, most - path->guaranteed[i]);
    }
}

static void state_reserves(Path *path)
{
    const Model *model = path->model;

    for (size_t i = 0; i < model->reserves.count; i++) {
        const Reserve *reserve = &model->reserves.items[i];

        path->clearing->reserve_balance[i] = path->reserves[i];
        path->clearing->reserve_target[i] =
            cents_of(path, evaluate_node(path, reserve->target), reserve->name);
    }
}

static void look_at_cash(Path *path)
{
    for (uint32_t p = 0; p < path->model->parties.count; p++) {
        if (path->clearing->cash[p] < 0)
            path_fail_at(path, path->model->parties.items[p].name,
                         path->clearing->cash[p] / path->model->minor_per_unit);
    }
}

void clear_period(Path *path)
{
    const Model *model = path->model;
    Clearing *c = path->clearing;

    state_dues(path);
    books_look_ahead(path, false);
    look_at_graces(path);
    state_parties(path);
    state_supports(path);
    state_reserves(path);
    look_at_cash(path);
    if (path->has_failed)
        return;

    path->is_short = !clearing_run(c->plan, &c->input, &c->output, c->workspace);
    for (size_t i = 0; i < model->slots.count; i++)
        path->slots_now[i].cleared = c->output.paid[i];
    for (size_t p = 0; p < model->parties.count; p++)
        path->parties[p].defaults_now = c->output.default_now[p] != 0;
}
