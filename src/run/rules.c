/* Phase 4: rules raise obligations, in lanes where they fire. A rule whose trigger is the same for
 * every path is passed by whole tiles. */
#include "run/tile.h"

#include "base/money.h"
#include "maths/maths.h"
#include "run/lane.h"

#include <math.h>
#include <string.h>

static void fail_masked_nan(Tile *tile, Lanes x, Lanes where, uint32_t rule)
{
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double condition = where.at != NULL ? lanes_at(where, lane) : 1;
        if (condition != 0 && isnan(lanes_at(x, lane)))
            tile_fail(tile, lane, FAILED_RULE, rule);
    }
}

static void clear_dead(Tile *tile, double *mask)
{
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++)
        mask[lane] = tile->alive[lane] != 0 ? mask[lane] : 0;
}

/* ---- triggers ----------------------------------------------------------------------------- */

static bool fires_by_date(Tile *tile, uint32_t r, const double **mask)
{
    Lanes trigger = tile_lanes(tile, tile->plan->code->rules[r].fire);
    unsigned found = 0;

    if (trigger.step == 0 && trigger.at[0] == 0)
        return false;
    if (trigger.step == 0 && !isnan(trigger.at[0])) {
        *mask = tile->alive;
        return true;
    }
    found = tile->m.kernels->fire(tile->m.n_blocks, trigger, tile->alive, tile->mask);
    if (found & FOUND_FAULT)
        tile_fail_nan(tile, trigger, FAILED_RULE, r);
    return (found & FOUND_SOME) != 0;
}

static bool fires_when(Tile *tile, uint32_t r)
{
    const Rule *rule = &tile->plan->model->rules.items[r];
    const RuleCode *code = &tile->plan->code->rules[r];
    Lanes condition = tile_lanes(tile, code->fire);
    Lanes lasting = {tile->zeros, 0};

    if (code->lasting != REF_NONE)
        lasting = tile_lanes(tile, code->lasting);
    unsigned found =
        tile->m.kernels->when(tile->m.n_blocks, condition, lasting, tile->alive,
                              tile_register(tile, code->held), tile_register(tile, code->has_fired),
                              step_months(tile->plan->model->step), rule->is_again, tile->mask);
    if (found & FOUND_FAULT) {
        fail_masked_nan(tile, condition, (Lanes){0}, r);
        fail_masked_nan(tile, lasting, condition, r);
        clear_dead(tile, tile->mask);
    }
    return (found & FOUND_SOME) != 0;
}

static bool fires_each(Tile *tile, uint32_t r)
{
    const Rule *rule = &tile->plan->model->rules.items[r];
    const RuleCode *code = &tile->plan->code->rules[r];
    const Lanes never = {tile->infinity, 0};
    EachInput input = {.series = tile_lanes(tile, code->series),
                       .quantity = tile_lanes(tile, code->quantity),
                       .times = code->times != REF_NONE ? tile_lanes(tile, code->times) : never,
                       .before = code->before != REF_NONE ? tile_lanes(tile, code->before) : never,
                       .effective = tile_lanes(tile, code->fire),
                       .is_including_past = rule->is_including_past,
                       .is_first_period = tile->m.clock.period == 0,
                       .today = tile->m.clock.today};
    double *marks = tile_register(tile, code->marks);
    unsigned found = tile->m.kernels->each(
        tile->m.n_blocks, &input, tile->alive, tile_register(tile, code->top), marks,
        tile_register(tile, code->waiting), tile_register(tile, code->count), tile->mask);

    if (found & FOUND_FAULT) {
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++)
            if (!(marks[lane] < GW_INFINITY) || isnan(lanes_at(input.before, lane)))
                tile_fail(tile, lane, FAILED_RULE, r);
        clear_dead(tile, tile->mask);
    }
    return (found & FOUND_SOME) != 0;
}

/* ---- actions ------------------------------------------------------------------------------ */

/* Cents of an amount that is paid or asked for; false where it cannot be. */
static bool whole_amount(double amount, double minor, double *cents)
{
    double exact = amount * minor;

    if (!(exact >= -0.5 && exact < MONEY_LIMIT))
        return false;
    *cents = gw_max(0, money_round(exact));
    return true;
}

static void pay_rest(Tile *tile, const Action *action, Lanes share, Ref cap_ref, const double *mask)
{
    SlotNow *now = &tile->slots[action->slot];

    tile_activate(tile, action->slot);
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        if (mask[lane] == 0)
            continue;
        double part = lanes_at(share, lane);
        double cap = CLEARING_NO_CAP;
        bool is_fine = part >= 0 && part <= 1;

        if (cap_ref != REF_NONE)
            is_fine &= whole_amount(lanes_at(tile_lanes(tile, cap_ref), lane),
                                    tile->plan->model->minor_per_unit, &cap);
        if (!is_fine) {
            tile_fail(tile, lane, FAILED_SLOT, action->slot);
            continue;
        }
        now->share[lane] = part;
        now->cap[lane] = cap;
    }
}

/* Adds lanes to a sum of some: of one, the sum is that one itself. */
static void add_lanes(Tile *tile, const double *x, const double **sum, double **own)
{
    if (*sum == NULL) {
        *sum = x;
        return;
    }
    if (*own == NULL) {
        *own = tile_take_unset(tile);
        memcpy(*own, *sum, tile->m.n_lanes * sizeof **own);
        *sum = *own;
    }
    tile->m.kernels->add(tile->m.n_lanes, *own, x);
}

/* Arrears count in the stock that they will lower until they are paid: what falls due anew beside
 * them is at most what is left of it, so that nothing is owed twice. */
static void limit_to_what_is_left(Tile *tile, uint32_t id, double *due, const double *mask)
{
    const Plan *plan = tile->plan;
    uint32_t stock = plan->model->slots.items[id].lowers;
    const double *content = tile_register(tile, plan->code->stocks[stock].state);
    const double *arrears = NULL, *fresh = NULL;
    double *own_arrears = NULL, *own_fresh = NULL;

    for (uint32_t i = plan->lowering_starts[stock]; i < plan->lowering_starts[stock + 1]; i++) {
        uint32_t slot = plan->lowering_slots[i];
        if (tile->has_arrears[slot])
            add_lanes(tile, tile_register(tile, plan->code->slot_arrears[slot]), &arrears,
                      &own_arrears);
    }
    if (arrears == NULL)
        return;
    for (uint32_t i = plan->lowering_starts[stock]; i < plan->lowering_starts[stock + 1]; i++) {
        const SlotNow *other = &tile->slots[plan->lowering_slots[i]];
        if (other->fresh != NULL && other->fresh != due)
            add_lanes(tile, other->fresh, &fresh, &own_fresh);
    }
    tile->slots[id].fresh_sum = GW_NAN;
    tile->m.kernels->limit(tile->m.n_blocks, mask, content, plan->model->minor_per_unit, arrears,
                           fresh != NULL ? (Lanes){fresh, GW_LANES} : (Lanes){tile->zeros, 0}, due);
}

static void pay(Tile *tile, const Action *action, Lanes amount, const double *mask)
{
    const Model *model = tile->plan->model;
    const Slot *slot = &model->slots.items[action->slot];
    SlotNow *now = &tile->slots[action->slot];
    double *carry = tile_register(tile, tile->plan->code->carries[slot->carry]);
    bool is_first = now->fresh == NULL;
    double *due = is_first ? tile_activate_unset(tile, action->slot) : tile_take_unset(tile);

    bool is_everywhere = mask == tile->alive && tile->n_alive == tile->m.n_lanes;
    const RunKernels *kernels = tile->m.kernels;
    size_t n_blocks = tile->m.n_blocks;
    double minor = model->minor_per_unit, *sum = &now->fresh_sum;

    unsigned found = is_everywhere
                         ? kernels->pay_everywhere(n_blocks, amount, minor, carry, due, sum)
                         : kernels->pay(n_blocks, mask, amount, minor, carry, due, sum);
    if (slot->lowers != NO_ID)
        limit_to_what_is_left(tile, action->slot, due, mask);
    if (!is_first) {
        tile->m.kernels->add(tile->m.n_lanes, now->fresh, due);
        now->fresh_sum = GW_NAN;
    }
    if (!(found & FOUND_FAULT))
        return;
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double exact = lanes_at(amount, lane) * model->minor_per_unit;
        if (mask[lane] != 0 && !(exact >= -0.5 && exact < MONEY_LIMIT))
            tile_fail_at(tile, lane, FAILED_SLOT, action->slot, lanes_at(amount, lane));
    }
}

static void book(Tile *tile, const Action *action, Lanes amount, const double *mask, uint32_t rule)
{
    const Model *model = tile->plan->model;
    const uint32_t *cells = tile->plan->code->cells + action->party * model->accounts.count;
    double *cents = tile->sum;
    double *from = tile_register(tile, cells[action->from_account]);
    double *to = tile_register(tile, cells[action->to_account]);
    double size;

    tile->is_party_touched[action->party] = true;
    unsigned found =
        tile->m.kernels->round(tile->m.n_blocks, mask, amount, model->minor_per_unit, cents, &size);
    tile->moved[action->party] += size;
    tile->m.kernels->subtract(tile->m.n_lanes, from, cents);
    tile->m.kernels->add(tile->m.n_lanes, to, cents);
    if (tile_may_pass_limit(tile, action->party))
        for (size_t lane = 0; lane < tile->m.n_lanes; lane++)
            if (!money_is_exact(from[lane]) || !money_is_exact(to[lane]))
                tile_fail(tile, lane, FAILED_RULE, rule);
    for (size_t lane = 0; (found & FOUND_FAULT) && lane < tile->m.n_lanes; lane++)
        if (mask[lane] != 0 &&
            !(fabs(lanes_at(amount, lane) * model->minor_per_unit) < MONEY_LIMIT))
            tile_fail(tile, lane, FAILED_RULE, rule);
}

static void set(Tile *tile, const Action *action, Lanes amount, const double *mask, uint32_t rule)
{
    if (tile->sets[action->stock] == NULL) {
        tile->sets[action->stock] = tile_take(tile);
        tile->set_masks[action->stock] = tile_take(tile);
    }
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        if (mask[lane] == 0)
            continue;
        if (tile->set_masks[action->stock][lane] != 0)
            tile_fail(tile, lane, FAILED_RULE, rule);
        tile->set_masks[action->stock][lane] = 1;
        tile->sets[action->stock][lane] = lanes_at(amount, lane);
    }
}

static void borrow(Tile *tile, const Action *action, Lanes amount, const double *mask,
                   uint32_t rule)
{
    const Model *model = tile->plan->model;
    const SupportCode *code = &tile->plan->code->facilities[action->facility];
    uint32_t slot = model->facilities.items[action->facility].slot;
    const double *drawn = tile_register(tile, code->drawn);
    Lanes limits = tile_lanes(tile, code->limit);
    Lanes effective = tile_lanes(tile, code->effective);

    tile_activate(tile, slot);
    if (tile->requested[action->facility] == NULL)
        tile->requested[action->facility] = tile_take(tile);
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double request = 0;
        double limit = 0;
        double *requested = &tile->requested[action->facility][lane];

        if (mask[lane] == 0)
            continue;
        if (!whole_amount(lanes_at(amount, lane), model->minor_per_unit, &request) ||
            !whole_amount(lanes_at(limits, lane), model->minor_per_unit, &limit)) {
            tile_fail(tile, lane, FAILED_RULE, rule);
            continue;
        }
        if (lanes_at(effective, lane) == 0)
            limit = 0;
        double granted = gw_max(0, gw_min(request, limit - drawn[lane] - *requested));
        *requested += granted;
        tile->slots[slot].fresh[lane] += granted;
    }
}

static void act(Tile *tile, uint32_t r, size_t j, const double *mask)
{
    const Rule *rule = &tile->plan->model->rules.items[r];
    const RuleCode *code = &tile->plan->code->rules[r];
    const Action *action = &rule->actions.items[j];
    const RunKernels *kernels = tile->m.kernels;
    Lanes amount = {tile->zeros, 0};

    if (code->amounts[j] != REF_NONE)
        amount = tile_lanes(tile, code->amounts[j]);
    switch (action->kind) {
    case ACT_PAY:
        if (tile->plan->model->slots.items[action->slot].is_rest)
            pay_rest(tile, action, amount, code->caps[j], mask);
        else
            pay(tile, action, amount, mask);
        break;
    case ACT_BOOK:
        book(tile, action, amount, mask, r);
        break;
    case ACT_ADD:
        kernels->add_masked(tile->m.n_blocks, tile_lump(tile, action->stock), mask, amount, 1);
        break;
    case ACT_MOVE:
        kernels->add_masked(tile->m.n_blocks, tile_lump(tile, action->stock), mask, amount, -1);
        kernels->add_masked(tile->m.n_blocks, tile_lump(tile, action->to_stock), mask, amount, 1);
        break;
    case ACT_SET:
        set(tile, action, amount, mask, r);
        break;
    case ACT_BORROW:
        borrow(tile, action, amount, mask, r);
        break;
    case ACT_END:
        if (rule->contract != NO_ID) {
            tile->is_ended[rule->contract] = true;
            double *ends = tile_register(tile, tile->plan->code->contracts[rule->contract].ends);
            for (size_t lane = 0; lane < tile->m.n_lanes; lane++)
                ends[lane] = mask[lane] != 0 ? 1 : ends[lane];
        }
        break;
    }
}

/* Whether the rule fires in some lane, and where. */
static bool fires(Tile *tile, uint32_t r, const double **mask)
{
    *mask = tile->mask;
    switch (tile->plan->model->rules.items[r].kind) {
    case RULE_WHEN:
        return fires_when(tile, r);
    case RULE_EACH:
        return fires_each(tile, r);
    default:
        return fires_by_date(tile, r, mask);
    }
}

void tile_rules(Tile *tile)
{
    const Model *model = tile->plan->model;
    const Code *code = tile->plan->code;

    for (uint32_t i = 0; i < model->contracts.count; i++) {
        Lanes stage = tile_lanes(tile, code->contracts[i].stage);

        if (model->contracts.items[i].moves.count > 0 && !tile_is_same_number(stage) &&
            tile->m.kernels->any_nan(tile->m.n_blocks, tile->alive, stage))
            tile_fail_nan(tile, stage, FAILED_CONTRACT, i);
    }
    for (uint32_t r = 0; r < model->rules.count && tile->n_alive > 0; r++) {
        const double *mask = NULL;

        if (!fires(tile, r, &mask))
            continue;
        machine_run(&tile->m, SECTION_RULES + r);
        for (size_t j = 0; j < model->rules.items[r].actions.count; j++)
            act(tile, r, j, mask);
    }
}
