/* Phase 5: what falls due, tested for a whole tile; only lanes in which somebody cannot pay in
 * full, or in which shares of what is left or reserves are at work, go through ledger/clearing.h.
 */
#include "run/tile.h"

#include "base/date.h"
#include "ledger/share.h"
#include "maths/maths.h"
#include "run/lane.h"

#include <math.h>
#include <string.h>

double *tile_activate_unset(Tile *tile, uint32_t slot)
{
    SlotNow *now = &tile->slots[slot];

    now->fresh = tile_take_unset(tile);
    now->fresh_sum = GW_NAN;
    tile->posting[slot] = 1;
    tile->active[tile->n_active++] = slot;
    return now->fresh;
}

void tile_activate(Tile *tile, uint32_t slot)
{
    SlotNow *now = &tile->slots[slot];

    if (now->fresh != NULL)
        return;
    memset(tile_activate_unset(tile, slot), 0, tile->m.n_lanes * sizeof *now->fresh);
    if (tile->plan->model->slots.items[slot].is_rest) {
        now->share = tile_take(tile);
        now->cap = tile_take(tile);
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++)
            now->cap[lane] = CLEARING_NO_CAP;
    }
}

static void sort_active(Tile *tile)
{
    size_t n = 0;

    for (uint32_t i = 0; i < tile->plan->model->slots.count; i++)
        if (tile->posting[i] != 0)
            tile->active[n++] = i;
    tile->n_active = n;
}

/* Slots of which no lane owes anything. */
static void drop_idle(Tile *tile)
{
    for (size_t i = 0; i < tile->n_active; i++) {
        uint32_t slot = tile->active[i];

        if (tile->slots[slot].fresh_sum != 0 || tile->has_arrears[slot])
            continue;
        tile->slots[slot] = (SlotNow){0};
        tile->posting[slot] = 0;
    }
}

/* ---- what everyone must state ------------------------------------------------------------- */

static void look_at_graces(Tile *tile)
{
    const Code *code = tile->plan->code;

    for (uint32_t i = 0; i < tile->plan->model->contracts.count; i++) {
        if (code->contracts[i].grace == REF_NONE)
            continue;
        Lanes grace = tile_lanes(tile, code->contracts[i].grace);
        if (!tile_is_same_number(grace) &&
            tile->m.kernels->any_nan(tile->m.n_blocks, tile->alive, grace))
            tile_fail_nan(tile, grace, FAILED_CONTRACT, i);
    }
}

/* An amount rounded to cents, 0 below zero, and 0 with the path failed when it is none. */
static double cents_of(Tile *tile, Ref ref, size_t lane, FailedKind kind, uint32_t index)
{
    double exact = ref == REF_NONE
                       ? 0
                       : lanes_at(tile_lanes(tile, ref), lane) * tile->plan->model->minor_per_unit;

    if (fabs(exact) < WHOLE_LIMIT)
        return gw_max(0, round_to_even(exact));
    tile_fail(tile, lane, kind, index);
    return 0;
}

/* True when the number is the same in every lane and fits: nothing more to look at. */
static bool is_same_and_fits(const Tile *tile, Ref ref, double factor, double least, double limit)
{
    if (ref == REF_NONE)
        return true;
    Lanes x = tile_lanes(tile, ref);
    return x.step == 0 && x.at[0] * factor >= least && x.at[0] * factor < limit;
}

static void look_at_amount(Tile *tile, Ref ref, FailedKind kind, uint32_t index)
{
    double minor = tile->plan->model->minor_per_unit;

    if (is_same_and_fits(tile, ref, minor, 0, WHOLE_LIMIT))
        return;
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++)
        cents_of(tile, ref, lane, kind, index);
}

static void look_at_share(Tile *tile, Ref ref, uint32_t party)
{
    if (is_same_and_fits(tile, ref, 1, 0, 1))
        return;
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double share = lanes_at(tile_lanes(tile, ref), lane);
        if (!(share >= 0 && share <= 1))
            tile_fail(tile, lane, FAILED_PARTY, party);
    }
}

static void look_at_statements(Tile *tile)
{
    const Model *model = tile->plan->model;
    const Code *code = tile->plan->code;

    look_at_graces(tile);
    for (uint32_t p = 0; p < model->parties.count; p++) {
        look_at_amount(tile, code->parties[p].keep, FAILED_PARTY, p);
        look_at_share(tile, code->parties[p].loss_of_cash, p);
        look_at_share(tile, code->parties[p].loss_of_receipts, p);
    }
    for (uint32_t i = 0; i < model->facilities.count; i++)
        if (model->facilities.items[i].is_for_shortfall)
            look_at_amount(tile, code->facilities[i].limit, FAILED_FACILITY, i);
    for (uint32_t i = 0; i < model->guarantees.count; i++)
        look_at_amount(tile, code->guarantees[i].limit, FAILED_GUARANTEE, i);
    for (uint32_t i = 0; i < model->reserves.count; i++)
        look_at_amount(tile, code->reserves[i].target, FAILED_RESERVE, i);
}

/* ---- what is due -------------------------------------------------------------------------- */

static void add_arrears(Tile *tile, uint32_t slot)
{
    SlotNow *now = &tile->slots[slot];

    now->has_arrears = true;
    now->due = tile_take_unset(tile);
    tile->m.kernels->owe(tile->m.n_lanes, now->fresh,
                         tile_register(tile, tile->plan->code->slot_arrears[slot]), now->due,
                         &now->due_sum);
}

static void state_dues(Tile *tile)
{
    const Model *model = tile->plan->model;

    for (uint32_t i = 0; i < model->slots.count; i++)
        if (tile->has_arrears[i])
            tile_activate(tile, i);
    drop_idle(tile);
    sort_active(tile);
    for (size_t i = 0; i < tile->n_active; i++) {
        uint32_t slot = tile->active[i];
        SlotNow *now = &tile->slots[slot];

        now->due = now->fresh;
        if (tile->has_arrears[slot])
            add_arrears(tile, slot);
    }
}

/* The dead owe nothing. */
static void forgive_dead(Tile *tile)
{
    for (size_t i = 0; i < tile->n_active; i++) {
        SlotNow *now = &tile->slots[tile->active[i]];

        for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
            if (tile->alive[lane] != 0)
                continue;
            now->fresh_sum = GW_NAN;
            now->fresh[lane] = now->due[lane] = 0;
            if (now->share != NULL)
                now->share[lane] = 0;
        }
    }
}

/* ---- who can pay -------------------------------------------------------------------------- */

static const double *cash_cell(const Tile *tile, uint32_t party)
{
    const Model *model = tile->plan->model;

    return tile_register(tile,
                         tile->plan->code->cells[party * model->accounts.count + model->cash]);
}

/* What the party holds in reserve, what is due to it, and what it owes. */
static const double **list_dues(Tile *tile, Net *net, const double **cents)
{
    const Plan *plan = tile->plan;
    uint32_t cash = plan->cash_cells[net->party];

    net->cents = cents;
    for (uint32_t i = plan->reserve_starts[net->party]; i < plan->reserve_starts[net->party + 1];
         i++)
        *cents++ = tile_register(tile, plan->code->reserves[plan->reserves_of[i]].balance);
    net->n_reserves = (uint32_t)(cents - net->cents);
    for (uint32_t i = plan->entry_starts[cash]; i < plan->entry_starts[cash + 1]; i++) {
        const CellEntry *entry = &plan->entries[i];
        const SlotNow *now = &tile->slots[entry->slot];

        if (tile->posting[entry->slot] == 0 || !entry->is_paid || now->share != NULL ||
            plan->is_outcome_slot[entry->slot])
            continue;
        *cents++ = now->due;
        net->n_debits += !entry->is_credit;
        net->n_credits += entry->is_credit;
    }
    return cents;
}

static size_t list_nets(Tile *tile)
{
    const Plan *plan = tile->plan;
    const double **cents = tile->cents;
    size_t n = 0;

    memset(tile->is_payer, 0, plan->model->parties.count * sizeof *tile->is_payer);
    for (size_t i = 0; i < tile->n_active; i++) {
        const Slot *slot = &plan->model->slots.items[tile->active[i]];

        if (!slot->is_rest && !plan->is_outcome_slot[tile->active[i]])
            tile->is_payer[slot->payer] = true;
    }
    for (uint32_t p = 0; p < plan->model->parties.count; p++) {
        Net *net = &tile->nets[n];

        tile->net[p] = NULL;
        if (plan->is_outside[p])
            continue;
        tile->net[p] = tile_take_unset(tile);
        *net = (Net){.party = p,
                     .cash = cash_cell(tile, p),
                     .net = tile->net[p],
                     .keep = plan->keep_counts[p] ? tile->keep[p] : NULL,
                     .is_payer = tile->is_payer[p]};
        cents = list_dues(tile, net, cents);
        n++;
    }
    return n;
}

/* Fails lanes in which the party has less than its reserves; true when there are some. */
static bool look_at_cash(Tile *tile, const Net *net)
{
    size_t n_alive = tile->n_alive;

    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double cash = net->cash[lane];

        for (uint32_t i = 0; i < net->n_reserves; i++)
            cash -= net->cents[i][lane];
        if (cash < 0)
            tile_fail_at(tile, lane, FAILED_PARTY, net->party,
                         cash / tile->plan->model->minor_per_unit);
    }
    return tile->n_alive < n_alive;
}

static bool find_nets(Tile *tile, size_t n)
{
    bool some_failed = false;

    memset(tile->slow, 0, tile->m.n_lanes * sizeof *tile->slow);
    tile->m.kernels->find_nets(tile->m.n_lanes, tile->alive, tile->nets, n, tile->slow);
    for (size_t i = 0; i < n; i++)
        if (tile->nets[i].found & FOUND_FAULT)
            some_failed |= look_at_cash(tile, &tile->nets[i]);
    return some_failed;
}

/* Lanes in which an inside payer would be left with less than nothing, or than it keeps. */
static void find_short(Tile *tile)
{
    size_t n = list_nets(tile);

    if (find_nets(tile, n)) {
        forgive_dead(tile);
        n = list_nets(tile);
        find_nets(tile, n);
    }
    tile->has_slow = false;
    memset(tile->is_short, 0, tile->plan->model->parties.count * sizeof *tile->is_short);
    for (size_t i = 0; i < n; i++) {
        tile->is_short[tile->nets[i].party] = (tile->nets[i].found & FOUND_SOME) != 0;
        tile->has_slow |= (tile->nets[i].found & FOUND_SOME) != 0;
    }
}

/* What each party keeps, in cents. */
static void state_keeps(Tile *tile)
{
    const Plan *plan = tile->plan;

    for (uint32_t p = 0; p < plan->model->parties.count; p++) {
        tile->keep[p] = NULL;
        if (plan->code->parties[p].keep == REF_NONE || plan->is_outside[p])
            continue;
        tile->keep[p] = tile_take(tile);
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++)
            tile->keep[p][lane] =
                cents_of(tile, plan->code->parties[p].keep, lane, FAILED_PARTY, p);
    }
}

/* ---- one lane through clearing ------------------------------------------------------------ */

static double number_or_zero(const Tile *tile, Ref ref, size_t lane)
{
    return ref == REF_NONE ? 0 : lanes_at(tile_lanes(tile, ref), lane);
}

static void state_lane_parties(Tile *tile, size_t lane)
{
    const Plan *plan = tile->plan;

    for (uint32_t p = 0; p < plan->model->parties.count; p++) {
        const PartyCode *code = &plan->code->parties[p];

        if (plan->is_outside[p])
            continue;
        tile->in_cash[p] = cash_cell(tile, p)[lane];
        for (uint32_t i = plan->reserve_starts[p]; i < plan->reserve_starts[p + 1]; i++)
            tile->in_cash[p] -=
                tile_register(tile, plan->code->reserves[plan->reserves_of[i]].balance)[lane];
        tile->in_keep[p] = tile->keep[p] != NULL ? tile->keep[p][lane] : 0;
        tile->in_loss_cash[p] = number_or_zero(tile, code->loss_of_cash, lane);
        tile->in_loss_claims[p] = number_or_zero(tile, code->loss_of_receipts, lane);
        tile->in_defaulted[p] = tile_register(tile, code->defaulted)[lane] != 0;
    }
}

static void state_lane_supports(Tile *tile, size_t lane)
{
    const Plan *plan = tile->plan;
    const Model *model = plan->model;
    size_t n = 0;

    for (uint32_t i = 0; i < model->facilities.count; i++) {
        const SupportCode *code = &plan->code->facilities[i];

        if (!model->facilities.items[i].is_for_shortfall)
            continue;
        double most = cents_of(tile, code->limit, lane, FAILED_FACILITY, i);
        double asked = tile->requested[i] != NULL ? tile->requested[i][lane] : 0;
        if (lanes_at(tile_lanes(tile, code->effective), lane) == 0)
            most = 0;
        tile->in_limit[n++] = gw_max(0, most - tile_register(tile, code->drawn)[lane] - asked);
    }
    for (uint32_t i = 0; i < model->guarantees.count; i++) {
        const SupportCode *code = &plan->code->guarantees[i];
        double most = cents_of(tile, code->limit, lane, FAILED_GUARANTEE, i);

        if (lanes_at(tile_lanes(tile, code->effective), lane) == 0)
            most = 0;
        tile->in_limit[n++] = gw_max(0, most - tile_register(tile, code->drawn)[lane]);
    }
    for (uint32_t i = 0; i < model->reserves.count; i++) {
        const ReserveCode *code = &plan->code->reserves[i];

        tile->in_balance[i] = tile_register(tile, code->balance)[lane];
        tile->in_target[i] = cents_of(tile, code->target, lane, FAILED_RESERVE, i);
    }
}

/* What every lane's statement of dues reads, found once for the tile. */
static void list_lane_slots(Tile *tile)
{
    const Plan *plan = tile->plan;

    for (size_t i = 0; i < tile->n_active; i++) {
        uint32_t id = tile->active[i];
        const Slot *slot = &plan->model->slots.items[id];
        const SlotNow *now = &tile->slots[id];
        LaneSlot *out = &tile->lane_slots[i];

        *out = (LaneSlot){.slot = id,
                          .payer = slot->payer,
                          .terms = slot->terms,
                          .due = now->due,
                          .share = now->share};
        if (now->share != NULL)
            out->due = now->cap;
        out->may_default =
            !slot->is_rest && !plan->is_facility_slot[id] && !plan->is_outside[slot->payer];
        if (slot->terms != NO_ID)
            out->n_old = plan->n_old[slot->terms];
        if (tile->has_arrears[id])
            out->arrears = tile_register(tile, plan->code->slot_arrears[id]);
    }
}

double *tile_due_row(const Tile *tile, uint32_t slot, uint32_t period)
{
    size_t first = tile->plan->due_row_starts[slot];
    size_t n_rows = tile->plan->due_row_starts[slot + 1] - first;

    return tile->due_rows + (first + period % n_rows) * tile->m.width;
}

/* Whether what fell due in the period has outlasted the contract's grace. */
static bool is_too_old(const Tile *tile, const LaneSlot *slot, uint32_t period, size_t lane)
{
    const Code *code = tile->plan->code;

    if (slot->n_old != NULL)
        return period < slot->n_old[tile->m.clock.period];
    if (slot->terms == NO_ID || code->contracts[slot->terms].grace == REF_NONE)
        return true;
    double grace = number_or_zero(tile, code->contracts[slot->terms].grace, lane);
    return date_add_months(tile->plan->model->last_days[period], grace) <= tile->m.clock.today;
}

/* The oldest is paid first, so what is open is what fell due last. Dues are kept only while there
 * are arrears, but none is looked for before the last period without, nor before the first. */
double tile_overdue(const Tile *tile, size_t place, size_t lane)
{
    const LaneSlot *slot = &tile->lane_slots[place];
    double open = slot->arrears != NULL ? slot->arrears[lane] : 0;
    uint32_t period = tile->m.clock.period;

    if (!slot->may_default)
        return 0;
    if (is_too_old(tile, slot, period, lane))
        return slot->due[lane];
    while (open > 0 && period > 0 && !is_too_old(tile, slot, --period, lane))
        open -= tile_due_row(tile, slot->slot, period)[lane];
    return open > 0 ? open : 0;
}

static void state_lane_dues(Tile *tile, size_t lane)
{
    for (size_t i = 0; i < tile->n_active; i++) {
        const LaneSlot *slot = &tile->lane_slots[i];
        double due = slot->due[lane];
        bool may_default = due != 0 && !tile->in_defaulted[slot->payer];

        tile->in_due[slot->slot] = due;
        if (slot->share != NULL)
            tile->in_share[slot->slot] = slot->share[lane];
        tile->in_overdue[slot->slot] = may_default ? tile_overdue(tile, i, lane) : 0;
    }
}

static void forget_lane_dues(Tile *tile)
{
    for (size_t i = 0; i < tile->n_active; i++) {
        uint32_t slot = tile->active[i];
        bool is_rest = tile->slots[slot].share != NULL;

        tile->in_due[slot] = is_rest ? CLEARING_NO_CAP : 0;
        tile->in_share[slot] = 0;
        tile->in_overdue[slot] = 0;
    }
}

static double *taken(Tile *tile, double **lanes)
{
    if (*lanes == NULL)
        *lanes = tile_take(tile);
    return *lanes;
}

/* What guarantees paid, over the slots they cover. */
static void divide_guarantees(Tile *tile, size_t lane)
{
    const Model *model = tile->plan->model;
    size_t first = tile->plan->n_supports - model->guarantees.count;

    for (uint32_t i = 0; i < model->guarantees.count; i++) {
        const Guarantee *guarantee = &model->guarantees.items[i];
        size_t n = guarantee->covered.count;
        double total = tile->output.support_paid[first + i];
        double *weights = tile->lane_scratch;
        double *parts = weights + n;

        tile_register(tile, tile->plan->code->guarantees[i].drawn)[lane] += total;
        for (size_t j = 0; j < n; j++)
            weights[j] = tile->lane_paid[guarantee->covered.items[j]];
        allocate_cents(total, weights, n, parts, parts + n);
        for (size_t j = 0; j < n; j++) {
            if (!(parts[j] > 0))
                continue;
            tile->lane_paid[guarantee->covered.items[j]] -= parts[j];
            Guaranteed *made = LIST_PUSH(tile->arena, &tile->guaranteed);
            *made = (Guaranteed){i, (uint32_t)j, (uint32_t)lane, parts[j]};
        }
    }
}

/* A slot's own array of what was paid, made when it first differs from what was due. */
double *tile_cleared(Tile *tile, uint32_t slot)
{
    SlotNow *now = &tile->slots[slot];

    if (now->cleared == NULL) {
        now->cleared = tile_take_unset(tile);
        memcpy(now->cleared, now->due, tile->m.n_lanes * sizeof *now->cleared);
    }
    return now->cleared;
}

static double cleared_at(const Tile *tile, uint32_t slot, size_t lane)
{
    const SlotNow *now = &tile->slots[slot];

    return now->cleared != NULL ? now->cleared[lane] : now->due[lane];
}

static void keep_lane(Tile *tile, size_t lane)
{
    const Model *model = tile->plan->model;
    const ClearingOutput *output = &tile->output;
    size_t support = 0;

    for (size_t i = 0; i < tile->n_active; i++) {
        uint32_t slot = tile->active[i];
        if (output->paid[slot] != tile->in_due[slot] || tile->slots[slot].share != NULL)
            tile_cleared(tile, slot)[lane] = output->paid[slot];
    }
    for (uint32_t i = 0; i < model->facilities.count; i++) {
        double drawn =
            model->facilities.items[i].is_for_shortfall ? output->support_paid[support++] : 0;
        if (drawn > 0)
            tile_cleared(tile, model->facilities.items[i].slot)[lane] += drawn;
    }
    if (model->guarantees.count > 0) {
        for (size_t i = 0; i < tile->n_active; i++)
            tile->lane_paid[tile->active[i]] = cleared_at(tile, tile->active[i], lane);
        divide_guarantees(tile, lane);
    }
    for (uint32_t p = 0; p < model->parties.count; p++) {
        if (output->loss[p] > 0)
            taken(tile, &tile->losses[p])[lane] = output->loss[p];
        if (output->default_now[p])
            taken(tile, &tile->default_now[p])[lane] = 1;
    }
    for (uint32_t i = 0; i < model->reserves.count; i++)
        tile_register(tile, tile->plan->code->reserves[i].balance)[lane] +=
            output->reserve_filled[i] - output->reserve_released[i] - output->reserve_freed[i];
}

static void activate_backing(Tile *tile)
{
    const Model *model = tile->plan->model;

    for (size_t i = 0; i < model->facilities.count; i++)
        if (model->facilities.items[i].is_for_shortfall)
            tile_activate(tile, model->facilities.items[i].slot);
    for (size_t i = 0; i < model->guarantees.count; i++) {
        const Guarantee *guarantee = &model->guarantees.items[i];
        for (size_t j = 0; j < guarantee->covered.count; j++) {
            tile_activate(tile, guarantee->covered.items[j]);
            tile_activate(tile, guarantee->pays.items[j]);
            tile_activate(tile, guarantee->recourse.items[j]);
        }
    }
    sort_active(tile);
    for (size_t i = 0; i < tile->n_active; i++) {
        SlotNow *now = &tile->slots[tile->active[i]];
        if (now->due == NULL)
            now->due = now->fresh;
    }
}

void tile_forgive(Tile *tile, size_t lane)
{
    for (size_t i = 0; i < tile->n_active; i++) {
        SlotNow *now = &tile->slots[tile->active[i]];

        now->fresh_sum = GW_NAN;
        now->fresh[lane] = now->due[lane] = 0;
        if (now->cleared != NULL)
            now->cleared[lane] = 0;
    }
    for (size_t i = 0; i < tile->guaranteed.count; i++)
        if (tile->guaranteed.items[i].lane == lane)
            tile->guaranteed.items[i].cents = 0;
}

static void clear_slow_lanes(Tile *tile)
{
    for (size_t i = 0; i < tile->n_active; i++)
        tile->is_wanted[tile->active[i]] = true;
    const ClearingPlan *plan =
        clearing_plan_select(tile->plan->clearing, tile->is_wanted, tile->selection);
    for (size_t i = 0; i < tile->n_active; i++)
        tile->is_wanted[tile->active[i]] = false;
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        if (tile->slow[lane] == 0)
            continue;
        state_lane_parties(tile, lane);
        state_lane_supports(tile, lane);
        state_lane_dues(tile, lane);
        bool all_paid = clearing_run(plan, &tile->input, &tile->output, tile->workspace);
        tile->n_short[lane] += !all_paid;
        keep_lane(tile, lane);
    }
    forget_lane_dues(tile);
}

/* What is lost in default falls due and is paid at once. */
static void state_losses(Tile *tile)
{
    const Model *model = tile->plan->model;
    bool some = false;

    for (size_t p = 0; p < model->parties.count; p++) {
        if (tile->losses[p] == NULL)
            continue;
        SlotNow *now = &tile->slots[model->parties.items[p].loss_slot];
        tile_activate(tile, model->parties.items[p].loss_slot);
        now->fresh = now->due = tile->losses[p];
        some = true;
    }
    if (some)
        sort_active(tile);
}

void tile_clear(Tile *tile)
{
    const Model *model = tile->plan->model;

    memset(tile->losses, 0, model->parties.count * sizeof *tile->losses);
    memset(tile->default_now, 0, model->parties.count * sizeof *tile->default_now);
    tile->guaranteed.count = 0;
    state_dues(tile);
    tile_look_at_dues(tile);
    look_at_statements(tile);
    state_keeps(tile);
    if (tile->has_died)
        forgive_dead(tile);
    find_short(tile);
    tile_who_keep(tile);
    if (tile->has_slow) {
        if (tile->plan->n_supports > 0)
            activate_backing(tile);
        list_lane_slots(tile);
        tile_pay_short(tile);
    }
    tile_share_rest(tile);
    if (tile->has_slow) {
        clear_slow_lanes(tile);
        state_losses(tile);
    }
    tile_look_at_outcomes(tile);
}
