/* What one party pays with what it has, and where payments go. */
#include "ledger/clearing_state.h"

#include "base/money.h"
#include "ledger/share.h"

#include <assert.h>
#include <math.h>

/* ---- workspace ----------------------------------------------------------- */

static size_t widest(const ClearingPlan *plan)
{
    const ClearingSpec *spec = &plan->spec;

    return plan->n_items + plan->n_covers + plan->n_reserve_items + spec->n_slots +
           spec->n_parties + 1;
}

static size_t doubles_needed(const ClearingPlan *plan)
{
    const ClearingSpec *spec = &plan->spec;

    return 6 * spec->n_parties + 5 * plan->n_items + 2 * spec->n_supports + plan->n_covers +
           plan->n_reserve_items + plan->n_inside * plan->n_inside + plan->n_inside +
           3 * widest(plan);
}

/* The workspace ends with the plan of what is due now: see slim_plan. */
static size_t slim_size(const ClearingPlan *plan)
{
    return sizeof(ClearingPlan) + plan->n_items * (sizeof(ClearingItem) + sizeof(uint32_t) + sizeof(bool)) +
           (plan->spec.n_parties + 1 + plan->spec.n_supports + plan->n_covers +
            plan->n_reserve_items) *
               sizeof(uint32_t) +
           64;
}

size_t clearing_workspace_size(const ClearingPlan *plan)
{
    return doubles_needed(plan) * sizeof(double) + plan->spec.n_parties * sizeof(uint32_t) +
           2 * plan->spec.n_parties + plan->n_items + 64 + slim_size(plan);
}

static double *take(double **next, size_t count)
{
    double *taken = *next;

    *next += count;
    return taken;
}

static uint32_t *renumber(const uint32_t *items, size_t count, const uint32_t *number, uint32_t *out)
{
    for (size_t j = 0; j < count; j++)
        out[j] = items[j] == NO_ITEM ? NO_ITEM : number[items[j]];
    return out;
}

/* The plan with only the items that matter now: most slots owe nothing in most periods, and
 * nothing added to a sum, or a rank in which nothing is due, changes no result. Items that
 * reserves or backers cover, and their claims, always stay. */
static ClearingPlan *slim_plan(const ClearingPlan *plan, const double *due, const bool *is_wanted,
                               void *memory)
{
    ClearingPlan *slim = memory;
    ClearingItem *items = (ClearingItem *)(void *)(slim + 1);
    uint32_t *number = (uint32_t *)(void *)(items + plan->n_items);
    uint32_t *first_item = number + plan->n_items;
    uint32_t *next = first_item + plan->spec.n_parties + 1;
    bool *is_covered = (bool *)(next + plan->spec.n_supports + plan->n_covers + plan->n_reserve_items);
    uint32_t n = 0;

    *slim = *plan;
    for (uint32_t p = 0; p < plan->spec.n_parties; p++) {
        first_item[p] = n;
        for (uint32_t i = plan->first_item[p]; i < plan->first_item[p + 1]; i++) {
            const ClearingItem *item = &plan->items[i];
            bool matters = due ? due[item->index] != 0 : is_wanted[item->index];

            number[i] = n;
            if (!item->is_claim && !plan->is_covered[i] && !matters)
                continue;
            is_covered[n] = plan->is_covered[i];
            items[n++] = *item;
        }
    }
    first_item[plan->spec.n_parties] = n;
    slim->items = items;
    slim->n_items = n;
    slim->first_item = first_item;
    slim->is_covered = is_covered;
    slim->item_of_support = renumber(plan->item_of_support, plan->spec.n_supports, number, next);
    next += plan->spec.n_supports;
    slim->covered_items = renumber(plan->covered_items, plan->n_covers, number, next);
    next += plan->n_covers;
    slim->reserve_items = renumber(plan->reserve_items, plan->n_reserve_items, number, next);
    return slim;
}

size_t clearing_selection_size(const ClearingPlan *plan)
{
    return slim_size(plan);
}

const ClearingPlan *clearing_plan_select(const ClearingPlan *plan, const bool *is_wanted,
                                         void *memory)
{
    return slim_plan(plan, NULL, is_wanted, memory);
}

Clearing clearing_lay_out(const ClearingPlan *plan, const ClearingInput *input, void *workspace)
{
    size_t parties = plan->spec.n_parties, items = plan->n_items;
    double *next = workspace;
    Clearing c = {.plan = plan, .input = input};

    c.available = take(&next, parties);
    c.received = take(&next, parties);
    c.line = take(&next, parties);
    c.first_due = take(&next, parties);
    c.total_due = take(&next, parties);
    c.piece_low = take(&next, parties);
    c.due = take(&next, items);
    c.cover = take(&next, items);
    c.own = take(&next, items);
    c.slope = take(&next, items);
    c.cover_paid = take(&next, items);
    c.claim = take(&next, plan->spec.n_supports);
    c.pending = take(&next, plan->spec.n_supports);
    c.cover_share = take(&next, plan->n_covers);
    c.released = take(&next, plan->n_reserve_items);
    c.matrix = take(&next, plan->n_inside * plan->n_inside);
    c.right = take(&next, plan->n_inside);
    c.weights = take(&next, widest(plan));
    c.shares = take(&next, widest(plan));
    c.rests = take(&next, widest(plan));
    c.sloping = (uint32_t *)(void *)next;
    c.is_sloping = (uint8_t *)(c.sloping + parties);
    c.in_default = c.is_sloping + parties;
    c.is_met = c.in_default + parties;
    uintptr_t end = ((uintptr_t)(c.is_met + items) + 15) & ~(uintptr_t)15;
    c.plan = slim_plan(plan, input->due, NULL, (void *)end);
    return c;
}

void clearing_set_dues(Clearing *c)
{
    const ClearingPlan *plan = c->plan;

    for (size_t i = 0; i < plan->n_items; i++) {
        c->due[i] = plan->items[i].is_claim ? 0 : c->input->due[plan->items[i].index];
        c->cover[i] = 0;
        c->own[i] = 0;
        c->slope[i] = 0;
        c->cover_paid[i] = 0;
    }
    for (size_t p = 0; p < plan->spec.n_parties; p++) {
        c->line[p] = 0;
        c->in_default[p] = 0;
    }
    for (size_t k = 0; k < plan->spec.n_supports; k++) {
        c->claim[k] = 0;
        if (plan->is_line[k])
            c->line[plan->spec.supports[k].borrower] += c->input->support_limit[k];
    }
    for (size_t j = 0; j < plan->n_covers; j++)
        c->cover_share[j] = 0;
    for (size_t j = 0; j < plan->n_reserve_items; j++)
        c->released[j] = 0;
}

void clearing_sum_dues(Clearing *c)
{
    for (uint32_t p = 0; p < c->plan->spec.n_parties; p++) {
        uint32_t keep_rank = keep_rank_of(c, p);
        double total = 0, first = 0;
        for (uint32_t i = c->plan->first_item[p]; i < c->plan->first_item[p + 1]; i++) {
            total += c->due[i] - c->cover[i];
            first += c->plan->items[i].rank < keep_rank ? c->due[i] - c->cover[i] : 0;
        }
        c->total_due[p] = total;
        c->first_due[p] = first;
        assert(money_is_exact(total) && "what falls due at once is below 2^53 cents");
    }
}

/* ---- what one party pays with A ------------------------------------------ */

Purse clearing_open_purse(const Clearing *c, uint32_t party, double available)
{
    double total = c->total_due[party], first = c->first_due[party], line = c->line[party];
    double keep = keep_of(c, party);
    bool keeps = keep > 0 && total > first + line;
    double full_at = total - line + (keeps ? keep : 0);

    if (available >= full_at)
        return (Purse){.payment = total, .is_full = true};
    if (keeps && available > first + keep)
        return (Purse){available - keep + line, keep - line, first + keep, false, true};
    if (keeps && available > first)
        return (Purse){first + line, 0, 0, false, false};
    return (Purse){available + line, -line, -line, false, available + line > 0};
}

/* What the party's own money could pay at most, leaving what is kept. */
double clearing_usable(const Clearing *c, uint32_t party, double available)
{
    double first = c->first_due[party], keep = keep_of(c, party);

    if (available < first || keep == 0 || c->total_due[party] <= first)
        return available;
    return fmax(first, available - keep);
}

static PartRank find_part_rank(const Clearing *c, uint32_t party, double payment)
{
    const ClearingItem *items = c->plan->items;
    uint32_t last = c->plan->first_item[party + 1];
    PartRank part = {c->plan->first_item[party], 0, 0};

    for (;;) {
        double rank_due = 0;
        for (part.end = part.begin;
             part.end < last && items[part.end].rank == items[part.begin].rank; part.end++)
            rank_due += c->due[part.end] - c->cover[part.end];
        bool is_last = part.end >= last;
        if (is_last || (rank_due > 0 && payment <= part.paid_before + rank_due))
            return part;
        part.paid_before += rank_due;
        part.begin = part.end;
    }
}

static void pay_outside_part(Clearing *c, uint32_t party, PartRank part)
{
    for (uint32_t i = c->plan->first_item[party]; i < c->plan->first_item[party + 1]; i++) {
        c->own[i] = i < part.begin ? c->due[i] - c->cover[i] : 0;
        c->slope[i] = 0;
        c->is_met[i] = 0;
    }
}

/* Marks the items that are met although the rank is not, and returns by how much each
 * cent due of the others is paid; `left` and `open` are what remains and is due there. */
static double find_met(Clearing *c, PartRank part, double amount, double *left, double *open)
{
    double level = 0;

    for (bool found = true; found;) {
        found = false;
        *left = amount;
        *open = 0;
        for (uint32_t i = part.begin; i < part.end; i++) {
            if (c->is_met[i])
                *left -= c->due[i] - c->cover[i];
            else
                *open += c->due[i];
        }
        level = *open > 0 ? *left / *open : 0;
        for (uint32_t i = part.begin; i < part.end; i++)
            if (!c->is_met[i] && c->cover[i] > 0 &&
                level * c->due[i] >
                    c->due[i] - c->cover[i] + CENT_NOISE + c->due[i] * (PIVOT_NOISE / 64)) {
                c->is_met[i] = 1;
                found = true;
            }
    }
    return level;
}

/* The lower end of the piece inside a rank: where the last item to be met no longer is. */
static double rank_piece_low(const Clearing *c, PartRank part)
{
    double level = 0, low = part.paid_before;

    for (uint32_t i = part.begin; i < part.end; i++)
        if (c->is_met[i] && c->due[i] > 0)
            level = fmax(level, (c->due[i] - c->cover[i]) / c->due[i]);
    if (level == 0)
        return low;
    for (uint32_t i = part.begin; i < part.end; i++)
        low += fmin(c->due[i] - c->cover[i], level * c->due[i]);
    return low;
}

/* Fills own and slope of the party's items, and where its piece ends. */
void clearing_pay_in_doubles(Clearing *c, uint32_t party)
{
    Purse purse = clearing_open_purse(c, party, c->available[party]);
    uint32_t last = c->plan->first_item[party + 1];
    double left = 0, open = 0;

    c->is_sloping[party] = purse.is_sloping;
    if (purse.is_full || c->plan->first_item[party] == last) {
        c->is_sloping[party] = 0;
        pay_outside_part(c, party, (PartRank){last, last, 0});
        return;
    }
    PartRank part = find_part_rank(c, party, purse.payment);
    pay_outside_part(c, party, part);
    double level = find_met(c, part, purse.payment - part.paid_before, &left, &open);
    for (uint32_t i = part.begin; i < part.end; i++) {
        c->own[i] = c->is_met[i] ? c->due[i] - c->cover[i] : level * c->due[i];
        c->slope[i] = purse.is_sloping && !c->is_met[i] && open > 0 ? c->due[i] / open : 0;
    }
    c->piece_low[party] = fmax(purse.low, rank_piece_low(c, part) + purse.shift);
}

void clearing_pay_in_cents(Clearing *c, uint32_t party)
{
    Purse purse = clearing_open_purse(c, party, c->available[party]);
    uint32_t last = c->plan->first_item[party + 1];
    double left = 0, open = 0;

    if (purse.is_full || c->plan->first_item[party] == last) {
        pay_outside_part(c, party, (PartRank){last, last, 0});
        return;
    }
    PartRank part = find_part_rank(c, party, purse.payment);
    size_t count = part.end - part.begin;
    double amount = floor(fmax(0, purse.payment - part.paid_before) + CENT_NOISE);
    pay_outside_part(c, party, part);
    find_met(c, part, amount, &left, &open);
    for (size_t i = 0; i < count; i++)
        c->weights[i] = c->is_met[part.begin + i] ? 0 : c->due[part.begin + i];
    allocate_cents(fmax(0, left), c->weights, count, c->shares, c->rests);
    for (uint32_t i = part.begin; i < part.end; i++) {
        double asked = c->due[i] - c->cover[i];
        c->own[i] = c->is_met[i] ? asked : fmin(asked, c->shares[i - part.begin]);
    }
}

/* ---- where payments go ---------------------------------------------------- */

/* Hands what backers paid on to the creditors of what they cover, last claims first: a
 * backer's own claim may itself be covered. `deliver` gets each slot's part. */
typedef void Deliver(Clearing *c, uint32_t item, double amount, double *into);

static void spread_claims(Clearing *c, bool in_cents, Deliver *deliver, double *into)
{
    const ClearingPlan *plan = c->plan;

    for (size_t o = plan->spec.n_supports; o-- > 0;) {
        uint32_t k = plan->support_order[o];
        uint32_t first = plan->first_cover[k], count = plan->first_cover[k + 1] - first;
        if (c->pending[k] == 0 || c->claim[k] == 0)
            continue;
        if (in_cents)
            allocate_cents(c->pending[k], c->cover_share + first, count, c->shares, c->rests);
        for (uint32_t j = 0; j < count; j++) {
            double amount =
                in_cents ? c->shares[j] : c->pending[k] * (c->cover_share[first + j] / c->claim[k]);
            uint32_t item = plan->covered_items[first + j];
            if (plan->items[item].is_claim)
                c->pending[plan->items[item].index] += amount;
            deliver(c, item, amount, into);
        }
    }
}

static void deliver_payment(Clearing *c, uint32_t item, double amount, double *into)
{
    c->cover_paid[item] += amount;
    if (!c->plan->items[item].is_claim)
        into[payee_of(c, item)] += amount;
}

static void deliver_slope(Clearing *c, uint32_t item, double amount, double *into)
{
    if (c->plan->items[item].is_claim)
        return;
    uint32_t row = c->plan->row[payee_of(c, item)];
    if (row != UINT32_MAX)
        into[row] += amount;
}

void clearing_gather(Clearing *c, bool in_cents)
{
    const ClearingPlan *plan = c->plan;

    for (size_t p = 0; p < plan->spec.n_parties; p++)
        c->received[p] = 0;
    for (size_t k = 0; k < plan->spec.n_supports; k++)
        c->pending[k] = plan->item_of_support[k] == NO_ITEM && !plan->is_line[k] ? c->claim[k] : 0;
    for (uint32_t i = 0; i < plan->n_items; i++) {
        c->cover_paid[i] = 0;
        if (plan->items[i].is_claim)
            c->pending[plan->items[i].index] += c->own[i];
        else
            c->received[payee_of(c, i)] += c->own[i];
    }
    for (size_t j = 0; j < plan->n_reserve_items; j++)
        if (c->released[j] > 0)
            deliver_payment(c, plan->reserve_items[j], c->released[j], c->received);
    spread_claims(c, in_cents, deliver_payment, c->received);
}

/* What the party can use of its cash and of what it receives. */
double clearing_available_with(const Clearing *c, uint32_t party, double received)
{
    double cash = c->input->cash[party];

    if (!c->in_default[party])
        return cash + received;
    return cash * (1 - value_or_zero(c->input->loss_of_cash, party)) +
           received * (1 - value_or_zero(c->input->loss_of_claims, party));
}

/* What can be used is floored, so the part of a cent goes with the loss. */
double clearing_loss(const Clearing *c, uint32_t party)
{
    double received = c->received[party];

    if (!c->in_default[party])
        return 0;
    return fmax(0, c->input->cash[party] + received -
                       floor(clearing_available_with(c, party, received) + CENT_NOISE));
}

/* One column of the system: what a cent more at `party` brings to every inside party. */
void clearing_fill_column(Clearing *c, uint32_t party, double *column)
{
    const ClearingPlan *plan = c->plan;
    bool any_claim = false;

    for (size_t row = 0; row < plan->n_inside; row++)
        column[row] = 0;
    for (size_t k = 0; k < plan->spec.n_supports; k++)
        c->pending[k] = 0;
    for (uint32_t i = plan->first_item[party]; i < plan->first_item[party + 1]; i++) {
        if (c->slope[i] == 0)
            continue;
        deliver_slope(c, i, c->slope[i], column);
        if (plan->items[i].is_claim) {
            c->pending[plan->items[i].index] += c->slope[i];
            any_claim = true;
        }
    }
    if (any_claim)
        spread_claims(c, false, deliver_slope, column);
}
