/* What one party pays with what it has, and where payments go. */
#include "ledger/clearing_state.h"

#include "ledger/layout.h"
#include "ledger/share.h"

#include <math.h>

/* ---- workspace ----------------------------------------------------------- */

static size_t widest(const ClearingPlan *plan)
{
    const ClearingSpec *spec = &plan->spec;

    return plan->n_items + plan->n_covers + plan->n_reserve_items + spec->n_slots +
           spec->n_parties + 1;
}

static double *take_doubles(Layout *layout, size_t count)
{
    return layout_take(layout, count, sizeof(double));
}

static void lay_out_doubles(Clearing *c, Layout *layout, const ClearingPlan *plan)
{
    size_t parties = plan->spec.n_parties, items = plan->n_items;

    c->available = take_doubles(layout, parties);
    c->received = take_doubles(layout, parties);
    c->line = take_doubles(layout, parties);
    c->first_due = take_doubles(layout, parties);
    c->total_due = take_doubles(layout, parties);
    c->full_at = take_doubles(layout, parties);
    c->piece_low = take_doubles(layout, parties);
    c->due = take_doubles(layout, items);
    c->cover = take_doubles(layout, items);
    c->own = take_doubles(layout, items);
    c->slope = take_doubles(layout, items);
    c->cover_paid = take_doubles(layout, items);
    c->uncovered = take_doubles(layout, items);
    c->claim = take_doubles(layout, plan->spec.n_supports);
    c->pending = take_doubles(layout, plan->spec.n_supports);
    c->cover_share = take_doubles(layout, plan->n_covers);
    c->released = take_doubles(layout, plan->n_reserve_items);
    c->matrix = take_doubles(layout, plan->n_inside * plan->n_inside);
    c->right = take_doubles(layout, plan->n_inside);
    c->weights = take_doubles(layout, widest(plan));
    c->shares = take_doubles(layout, widest(plan));
    c->rests = take_doubles(layout, widest(plan));
}

static void lay_out_all(Clearing *c, Layout *layout, const ClearingPlan *plan)
{
    size_t parties = plan->spec.n_parties;

    lay_out_doubles(c, layout, plan);
    c->part = layout_take(layout, parties, sizeof *c->part);
    c->sloping = layout_take(layout, parties, sizeof *c->sloping);
    c->is_sloping = layout_take(layout, parties, 1);
    c->in_default = layout_take(layout, parties, 1);
    c->is_short = layout_take(layout, parties, 1);
    c->is_waiting = layout_take(layout, parties, 1);
    c->is_met = layout_take(layout, plan->n_items, 1);
}

size_t clearing_workspace_size(const ClearingPlan *plan)
{
    Layout layout = {NULL, 0};
    Clearing c = {.plan = NULL};

    lay_out_all(&c, &layout, plan);
    return layout.used;
}

static void zero(double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = 0;
}

static void set_no_covers(Clearing *c)
{
    zero(c->cover, c->plan->n_items);
    zero(c->cover_paid, c->plan->n_items);
    c->may_cover = true;
}

void clearing_start_covers(Clearing *c)
{
    if (!c->may_cover)
        set_no_covers(c);
    for (uint32_t p = 0; p < c->plan->spec.n_parties; p++)
        clearing_mark_short(c, p); /* so that what is due is known of all */
}

void clearing_lay_out(Clearing *c, const ClearingPlan *plan, const ClearingInput *input,
                      void *workspace, bool looks_at_all)
{
    Layout layout = {workspace, 0};
    const ClearingSpec *spec = &plan->spec;

    lay_out_all(c, &layout, plan);
    c->plan = plan;
    c->input = input;
    c->looks_at_all = looks_at_all;
    c->may_cover = false;
    if (looks_at_all)
        set_no_covers(c);
    zero(c->received, spec->n_parties);
    zero(c->line, spec->n_parties);
    zero(c->claim, spec->n_supports);
    zero(c->pending, spec->n_supports);
    zero(c->cover_share, plan->n_covers);
    zero(c->released, plan->n_reserve_items);
    for (size_t p = 0; p < spec->n_parties; p++)
        c->in_default[p] = 0;
    for (size_t k = 0; k < spec->n_supports; k++)
        if (plan->is_line[k])
            c->line[spec->supports[k].borrower] += input->support_limit[k];
}

/* What is due at the ranks from which nothing is kept; all is paid. */
static double sum_first_due(const Clearing *c, uint32_t party)
{
    uint32_t keep_rank = keep_rank_of(c, party);
    double sum = 0;

    for (uint32_t i = c->plan->first_item[party];
         i < c->plan->first_item[party + 1] && c->plan->items[i].rank < keep_rank; i++)
        sum += c->own[i];
    return sum;
}

/* What was paid to the party when nothing is covered and nothing claimed. */
static double sum_receipts(const Clearing *c, size_t row)
{
    const ClearingPlan *plan = c->plan;
    double sum = 0;

    for (uint32_t j = plan->first_receipt[row]; j < plan->first_receipt[row + 1]; j++)
        sum += c->own[plan->receipts[j]];
    return sum;
}

/* The party pays all that is asked of it; returns that. */
static double pay_all_of(Clearing *c, uint32_t party)
{
    const ClearingItem *items = c->plan->items;
    uint32_t first = c->plan->first_item[party], last = c->plan->first_item[party + 1];
    double total = 0;

    if (!c->looks_at_all) {
        for (uint32_t i = first; i < last; i++) {
            c->own[i] = items[i].is_claim ? 0 : c->input->due[items[i].index];
            total += c->own[i];
        }
        return total;
    }
    for (uint32_t i = first; i < last; i++) {
        uint32_t index = items[i].index;
        c->due[i] = items[i].is_claim ? c->claim[index] : c->input->due[index];
        c->own[i] = c->uncovered[i] = c->due[i] - c->cover[i];
        total += c->own[i];
    }
    return total;
}

void clearing_pay_all(Clearing *c)
{
    c->asked = c->looks_at_all ? c->uncovered : c->due;
    for (uint32_t p = 0; p < c->plan->spec.n_parties; p++) {
        double total = pay_all_of(c, p), keep = keep_of(c, p);
        c->total_due[p] = total;
        c->first_due[p] = keep == 0 ? 0 : sum_first_due(c, p);
        bool keeps = keep > 0 && total > c->first_due[p] + c->line[p];
        c->full_at[p] = total - c->line[p] + (keeps ? keep : 0);
        c->available[p] = INFINITY;
        c->is_sloping[p] = 0;
        c->is_short[p] = c->looks_at_all;
        c->is_waiting[p] = 0;
    }
    for (size_t row = 0; row < c->plan->n_inside; row++)
        c->received[c->plan->inside[row]] = sum_receipts(c, row);
}

void clearing_mark_short(Clearing *c, uint32_t party)
{
    if (c->is_short[party])
        return;
    c->is_short[party] = 1;
    for (uint32_t i = c->plan->first_item[party]; i < c->plan->first_item[party + 1]; i++) {
        c->due[i] = c->own[i];
        if (!c->plan->items[i].is_claim)
            c->is_waiting[c->plan->items[i].payee] = 1;
    }
}

/* ---- what one party pays with A ------------------------------------------ */

Purse clearing_open_purse(const Clearing *c, uint32_t party, double available)
{
    double total = c->total_due[party], first = c->first_due[party], line = c->line[party];
    double keep = keep_of(c, party);

    if (available >= c->full_at[party])
        return (Purse){.payment = total, .is_full = true};
    bool keeps = keep > 0 && total > first + line;
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
    return larger(first, available - keep);
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
            rank_due += c->asked[part.end];
        bool is_last = part.end >= last;
        if (is_last || (rank_due > 0 && payment <= part.paid_before + rank_due))
            return part;
        part.paid_before += rank_due;
        part.begin = part.end;
    }
}

static void pay_outside_part(Clearing *c, uint32_t party, PartRank part)
{
    c->part[party] = part;
    for (uint32_t i = c->plan->first_item[party]; i < part.begin; i++)
        c->own[i] = c->asked[i];
    for (uint32_t i = part.end; i < c->plan->first_item[party + 1]; i++)
        c->own[i] = 0;
}

/* When nothing is covered, none is met before its rank is. */
static double find_level(const Clearing *c, PartRank part, double amount, double *open)
{
    *open = 0;
    for (uint32_t i = part.begin; i < part.end; i++)
        *open += c->due[i];
    return *open > 0 ? amount / *open : 0;
}

/* Marks the items that are met although the rank is not, and returns by how much each
 * cent due of the others is paid; `left` and `open` are what remains and is due there. */
static double find_met(Clearing *c, PartRank part, double amount, double *left, double *open)
{
    double level = 0;

    for (uint32_t i = part.begin; i < part.end; i++)
        c->is_met[i] = 0;
    for (bool found = true; found;) {
        found = false;
        *left = amount;
        *open = 0;
        for (uint32_t i = part.begin; i < part.end; i++) {
            if (c->is_met[i])
                *left -= c->asked[i];
            else
                *open += c->due[i];
        }
        level = *open > 0 ? *left / *open : 0;
        for (uint32_t i = part.begin; i < part.end; i++)
            if (!c->is_met[i] && c->cover[i] > 0 &&
                level * c->due[i] > c->asked[i] + CENT_NOISE + c->due[i] * (PIVOT_NOISE / 64)) {
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
            level = larger(level, c->asked[i] / c->due[i]);
    if (level == 0)
        return low;
    for (uint32_t i = part.begin; i < part.end; i++)
        low += smaller(c->asked[i], level * c->due[i]);
    return low;
}

/* Fills own and slope in the part; returns the lower end of the piece there. */
static double pay_part(Clearing *c, PartRank part, double amount, bool is_sloping)
{
    double left = 0, open = 0;

    if (!c->looks_at_all) {
        double level = find_level(c, part, amount, &open);
        double divisor = is_sloping && open > 0 ? open : INFINITY;
        for (uint32_t i = part.begin; i < part.end; i++) {
            c->own[i] = level * c->due[i];
            c->slope[i] = c->due[i] / divisor;
        }
        return part.paid_before;
    }
    double level = find_met(c, part, amount, &left, &open);
    for (uint32_t i = part.begin; i < part.end; i++) {
        c->own[i] = c->is_met[i] ? c->asked[i] : level * c->due[i];
        c->slope[i] = is_sloping && !c->is_met[i] && open > 0 ? c->due[i] / open : 0;
    }
    return rank_piece_low(c, part);
}

void clearing_pay_in_doubles(Clearing *c, uint32_t party)
{
    Purse purse = clearing_open_purse(c, party, c->available[party]);
    uint32_t last = c->plan->first_item[party + 1];

    clearing_mark_short(c, party);
    c->is_sloping[party] = purse.is_sloping;
    if (purse.is_full || c->plan->first_item[party] == last) {
        c->is_sloping[party] = 0;
        pay_outside_part(c, party, (PartRank){last, last, 0});
        return;
    }
    PartRank part = find_part_rank(c, party, purse.payment);
    pay_outside_part(c, party, part);
    double low = pay_part(c, part, purse.payment - part.paid_before, purse.is_sloping);
    c->piece_low[party] = larger(purse.low, low + purse.shift);
}

static void pay_part_in_cents(Clearing *c, PartRank part, double amount)
{
    size_t count = part.end - part.begin;
    double left = 0, open = 0;

    if (!c->looks_at_all) {
        allocate_cents(amount, c->due + part.begin, count, c->own + part.begin, c->rests);
        for (uint32_t i = part.begin; i < part.end; i++)
            c->own[i] = smaller(c->due[i], c->own[i]);
        return;
    }
    find_met(c, part, amount, &left, &open);
    for (size_t i = 0; i < count; i++)
        c->weights[i] = c->is_met[part.begin + i] ? 0 : c->due[part.begin + i];
    allocate_cents(larger(0, left), c->weights, count, c->shares, c->rests);
    for (uint32_t i = part.begin; i < part.end; i++)
        c->own[i] = c->is_met[i] ? c->asked[i] : smaller(c->asked[i], c->shares[i - part.begin]);
}

void clearing_pay_in_cents(Clearing *c, uint32_t party)
{
    Purse purse = clearing_open_purse(c, party, c->available[party]);
    uint32_t last = c->plan->first_item[party + 1];

    clearing_mark_short(c, party);
    if (purse.is_full || c->plan->first_item[party] == last) {
        pay_outside_part(c, party, (PartRank){last, last, 0});
        return;
    }
    PartRank part = find_part_rank(c, party, purse.payment);
    pay_outside_part(c, party, part);
    pay_part_in_cents(c, part, floor(larger(0, purse.payment - part.paid_before) + CENT_NOISE));
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
        into[c->plan->items[item].payee] += amount;
}

static void deliver_slope(Clearing *c, uint32_t item, double amount, double *into)
{
    if (c->plan->items[item].is_claim)
        return;
    uint32_t row = c->plan->row[c->plan->items[item].payee];
    if (row != UINT32_MAX)
        into[row] += amount;
}

static void gather_own(Clearing *c)
{
    for (size_t row = 0; row < c->plan->n_inside; row++)
        if (c->is_waiting[c->plan->inside[row]])
            c->received[c->plan->inside[row]] = sum_receipts(c, row);
}

void clearing_gather(Clearing *c, bool in_cents)
{
    const ClearingPlan *plan = c->plan;

    if (!c->looks_at_all) {
        gather_own(c);
        return;
    }
    for (size_t p = 0; p < plan->spec.n_parties; p++)
        c->received[p] = 0;
    for (size_t k = 0; k < plan->spec.n_supports; k++)
        c->pending[k] = plan->item_of_support[k] == NO_ITEM && !plan->is_line[k] ? c->claim[k] : 0;
    for (uint32_t i = 0; i < plan->n_items; i++) {
        c->cover_paid[i] = 0;
        if (plan->items[i].is_claim)
            c->pending[plan->items[i].index] += c->own[i];
        else
            c->received[plan->items[i].payee] += c->own[i];
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
    return larger(0, c->input->cash[party] + received -
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
    for (uint32_t i = c->part[party].begin; i < c->part[party].end; i++) {
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
