/* Clearing by rank in whole cents: the one algorithm that defines what is paid.
 *
 * What a party can use is A = own cash + what it receives (less the share of
 * each that a default now costs). With a committed line of F, an amount kept
 * from later ranks K, and L due at the ranks before that, it pays
 *
 *     P(A) = A + F                while A <= L
 *            L + F                while A <= L + K      (what lies between is kept)
 *            A - K + F            above, and never more than all that is due;
 *
 * P is spent rank by rank, inside a rank pro rata to what is due. What a reserve
 * or a backer covers of an item is not asked of the payer: inside a rank the item
 * is met sooner and leaves more to the others.
 *
 * 1. Doubles. Everyone pays all: A falls from there. Every A -> payment is made of
 *    straight pieces, so in each round the parties on a piece that slopes (the short
 *    ones) solve one linear system in party order; they go down to its solution or
 *    to the next lower end of a piece, whichever comes first. No step goes below the
 *    greatest fixed point: on the pieces crossed the system bounds the payments from
 *    above. Each round but the last ends a piece, so the number of rounds is bounded.
 * 2. Cents. A short party's total at its last, partly paid rank is floored (after
 *    1/1024 cent for rounding noise) and split by largest remainder. Then any party
 *    that has paid more than it can use pays the missing cents less, lowest rank first,
 *    until there is none; inside the rank it takes them from the payee from whom the
 *    fewest payments lead to a party with cents to spare (last item first), so that a
 *    cent does not run in a circle. After 64 + 4 n_parties rounds it cuts twice as
 *    much each round, so that a circle that truly has nothing comes to rest.
 * 3. Covers. If something is unpaid, reserves are released and claims raised on
 *    backers, one after another in the order of supports, clearing again after each. A
 *    claim once raised stands for its part of the slot, even if the backer falls short.
 * 4. Defaults. A slot that must not be short and is, in cents, puts its payer in
 *    default; losses are applied, and all is cleared again from 1 with the defaults
 *    found so far, until there is no new one.
 * 5. What is left, in cents: reserves above target free the excess and those below it
 *    are filled, in order; then rest claims, rank by rank, share what is left above
 *    `keep`. A party with anything unpaid does neither. Money received from rest
 *    claims is the receiver's next period, so no second round is needed. */
#include "ledger/clearing.h"

#include "base/money.h"
#include "ledger/clearing_plan.h"
#include "ledger/share.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define CENT_NOISE (1.0 / 1024)           /* of one amount, from rounding */
#define PIVOT_NOISE (1.0 / 1099511627776) /* 2^-40: a circle that leaks less is closed */
#define FAR_DOWN 1152921504606846976.0    /* 2^60: to the end of the piece, wherever it is */

typedef struct {
    const ClearingPlan *plan;
    const ClearingInput *input;
    /* by party */
    double *available; /* A */
    double *received;
    double *line;       /* F */
    double *first_due;  /* L */
    double *total_due;  /* of all items, without what is covered */
    double *piece_low;  /* lower end of the piece that A is on */
    uint8_t *is_sloping;
    uint8_t *in_default;
    /* by item */
    double *due, *cover, *own, *slope, *cover_paid;
    uint8_t *is_met; /* inside the partly paid rank: own = due - cover */
    /* by support, by cover, by reserve item */
    double *claim, *pending, *cover_share, *released;
    /* scratch */
    double *matrix, *right, *weights, *shares, *rests;
    uint32_t *sloping; /* parties */
} Clearing;

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

size_t clearing_workspace_size(const ClearingPlan *plan)
{
    return doubles_needed(plan) * sizeof(double) + plan->spec.n_parties * sizeof(uint32_t) +
           2 * plan->spec.n_parties + plan->n_items + 64;
}

static double *take(double **next, size_t count)
{
    double *taken = *next;

    *next += count;
    return taken;
}

static Clearing lay_out(const ClearingPlan *plan, const ClearingInput *input, void *workspace)
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
    return c;
}

static double value_or_zero(const double *values, size_t i)
{
    return values ? values[i] : 0;
}

static bool is_outside(const Clearing *c, uint32_t party)
{
    return c->plan->spec.is_outside[party];
}

static uint32_t keep_rank_of(const Clearing *c, uint32_t party)
{
    return c->input->keep_rank ? c->input->keep_rank[party] : CLEARING_KEEP_FROM_REST;
}

static double keep_of(const Clearing *c, uint32_t party)
{
    return value_or_zero(c->input->keep, party);
}

static void set_dues(Clearing *c)
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

static void sum_dues(Clearing *c)
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

typedef struct {
    double payment; /* P(A) */
    double shift;   /* on this piece A = P + shift */
    double low;     /* A at the lower end of this piece as far as `keep` sets it */
    bool is_full, is_sloping;
} Purse;

static Purse open_purse(const Clearing *c, uint32_t party, double available)
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
static double usable_of(const Clearing *c, uint32_t party, double available)
{
    double first = c->first_due[party], keep = keep_of(c, party);

    if (available < first || keep == 0 || c->total_due[party] <= first)
        return available;
    return fmax(first, available - keep);
}

/* The run of items that P pays in part: [begin, end), with `paid_before` at the ranks
 * above it. */
typedef struct {
    uint32_t begin, end;
    double paid_before;
} PartRank;

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
static void pay_in_doubles(Clearing *c, uint32_t party)
{
    Purse purse = open_purse(c, party, c->available[party]);
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

static void pay_in_cents(Clearing *c, uint32_t party)
{
    Purse purse = open_purse(c, party, c->available[party]);
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

static uint32_t payee_of(const Clearing *c, uint32_t item)
{
    return c->plan->spec.slots[c->plan->items[item].index].payee;
}

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
            double amount = in_cents
                                ? c->shares[j]
                                : c->pending[k] * (c->cover_share[first + j] / c->claim[k]);
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

static void gather_received(Clearing *c, bool in_cents)
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
static double available_with(const Clearing *c, uint32_t party, double received)
{
    double cash = c->input->cash[party];

    if (!c->in_default[party])
        return cash + received;
    return cash * (1 - value_or_zero(c->input->loss_of_cash, party)) +
           received * (1 - value_or_zero(c->input->loss_of_claims, party));
}

/* What can be used is floored, so the part of a cent goes with the loss. */
static double loss_in_cents(const Clearing *c, uint32_t party)
{
    double received = c->received[party];

    if (!c->in_default[party])
        return 0;
    return fmax(0, c->input->cash[party] + received -
                       floor(available_with(c, party, received) + CENT_NOISE));
}

/* ---- 1. the greatest vector, in doubles ------------------------------------ */

/* One column of the system: what a cent more at `party` brings to every inside party. */
static void fill_column(Clearing *c, uint32_t party, double *column)
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

static double kept_of_received(const Clearing *c, uint32_t party)
{
    return c->in_default[party] ? 1 - value_or_zero(c->input->loss_of_claims, party) : 1;
}

/* (I - B M) delta = -gap over the n sloping parties, by elimination in party order; the
 * matrix is an M-matrix, so no pivoting is needed. A set of parties whose money goes
 * round among them without a leak has pivot 0: it goes down as far as its pieces reach
 * when it lacks money, else it stays. */
static void solve_sloping(Clearing *c, size_t n)
{
    double *a = c->matrix, *b = c->right;

    for (size_t k = 0; k < n; k++) {
        if (a[k * n + k] < PIVOT_NOISE)
            continue;
        for (size_t i = k + 1; i < n; i++) {
            double factor = a[i * n + k] / a[k * n + k];
            if (factor == 0)
                continue;
            for (size_t j = k + 1; j < n; j++)
                a[i * n + j] -= factor * a[k * n + j];
            b[i] -= factor * b[k];
        }
    }
    for (size_t k = n; k-- > 0;) {
        for (size_t j = k + 1; j < n; j++)
            b[k] -= a[k * n + j] * b[j];
        if (a[k * n + k] >= PIVOT_NOISE)
            b[k] /= a[k * n + k];
        else
            b[k] = b[k] < -CENT_NOISE ? -FAR_DOWN : 0;
        b[k] = fmin(b[k], 0);
    }
}

static size_t build_system(Clearing *c)
{
    const ClearingPlan *plan = c->plan;
    double *column = c->weights;
    size_t n = 0;

    for (uint32_t p = 0; p < plan->spec.n_parties; p++)
        if (!is_outside(c, p) && c->is_sloping[p])
            c->sloping[n++] = p;
    for (size_t i = 0; i < n; i++)
        c->right[i] =
            available_with(c, c->sloping[i], c->received[c->sloping[i]]) - c->available[c->sloping[i]];
    for (size_t j = 0; j < n; j++) {
        fill_column(c, c->sloping[j], column);
        for (size_t i = 0; i < n; i++) {
            uint32_t party = c->sloping[i];
            c->matrix[i * n + j] =
                (i == j) - kept_of_received(c, party) * column[plan->row[party]];
        }
    }
    return n;
}

/* Goes down along the solution to it or to the first end of a piece. True when
 * something moved by more than noise. */
static bool descend(Clearing *c, size_t n)
{
    double step = 1;
    bool moved = false;

    for (size_t i = 0; i < n; i++) {
        uint32_t party = c->sloping[i];
        double room = c->available[party] - c->piece_low[party];
        if (c->right[i] < 0 && -c->right[i] > room)
            step = fmin(step, fmax(room, 0) / -c->right[i]);
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t party = c->sloping[i];
        double low = c->piece_low[party], now = c->available[party] + step * c->right[i];
        bool ends = now <= low + CENT_NOISE && c->available[party] + c->right[i] < low;
        moved |= ends || -c->right[i] > CENT_NOISE / 4 + c->available[party] * PIVOT_NOISE / 64;
        c->available[party] = ends ? low : now;
    }
    return moved;
}

/* Parties on a flat piece: their payments do not change, so A is what they receive. */
static bool lower_flat_parties(Clearing *c)
{
    bool changed = false;

    for (uint32_t p = 0; p < c->plan->spec.n_parties; p++) {
        if (is_outside(c, p) || c->is_sloping[p])
            continue;
        double now = fmin(c->available[p], available_with(c, p, c->received[p]));
        Purse before = open_purse(c, p, c->available[p]), after = open_purse(c, p, now);
        changed |= before.is_full != after.is_full || after.is_sloping;
        c->available[p] = now;
    }
    return changed;
}

/* True when every party could pay everything; own then holds whole cents already. */
static bool find_greatest(Clearing *c)
{
    const ClearingPlan *plan = c->plan;
    size_t bound = 16 + 2 * plan->n_items + plan->spec.n_parties * (plan->spec.n_ranks + 4);
    bool all_full = true;

    sum_dues(c);
    for (uint32_t p = 0; p < plan->spec.n_parties; p++) {
        c->available[p] = INFINITY;
        pay_in_doubles(c, p);
    }
    gather_received(c, true);
    for (uint32_t p = 0; p < plan->spec.n_parties; p++) {
        if (is_outside(c, p))
            continue;
        c->available[p] = available_with(c, p, c->received[p]);
        all_full &= open_purse(c, p, c->available[p]).is_full;
    }
    if (all_full)
        return true;
    for (size_t round = 0; round < bound; round++) {
        for (uint32_t p = 0; p < plan->spec.n_parties; p++)
            pay_in_doubles(c, p);
        gather_received(c, false);
        bool fell = lower_flat_parties(c);
        size_t n = build_system(c);
        solve_sloping(c, n);
        if (!descend(c, n) && !fell)
            break;
    }
    return false;
}

/* ---- 2. in cents ------------------------------------------------------------ */

static double paid_by(const Clearing *c, uint32_t party)
{
    double sum = 0;

    for (uint32_t i = c->plan->first_item[party]; i < c->plan->first_item[party + 1]; i++)
        sum += c->own[i];
    return sum;
}

/* The items of the lowest rank that the party pays anything of; empty when it pays nothing. */
static PartRank lowest_paid_rank(const Clearing *c, uint32_t party)
{
    const ClearingItem *items = c->plan->items;
    uint32_t first = c->plan->first_item[party], end = c->plan->first_item[party + 1];

    while (end > first && c->own[end - 1] == 0)
        end--;
    uint32_t begin = end;
    while (begin > first && items[begin - 1].rank == items[end - 1].rank)
        begin--;
    return (PartRank){begin, end, 0};
}

/* How far the payee is from one that can bear a cent less; a claim goes to many. */
static uint32_t distance_of_item(const Clearing *c, const uint32_t *distance, uint32_t item)
{
    uint32_t n_parties = (uint32_t)c->plan->spec.n_parties;

    return c->plan->items[item].is_claim ? n_parties : distance[payee_of(c, item)];
}

/* A party that has cents over, or is outside, is at 0; the others are one further than
 * the nearest payee of their lowest paid rank. `spare` is what each has over. */
static void measure_distances(const Clearing *c, const double *spare, uint32_t *distance)
{
    uint32_t n_parties = (uint32_t)c->plan->spec.n_parties;

    for (uint32_t p = 0; p < n_parties; p++)
        distance[p] = is_outside(c, p) || spare[p] > 0 ? 0 : UINT32_MAX;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t p = 0; p < n_parties; p++) {
            PartRank low = lowest_paid_rank(c, p);
            for (uint32_t i = low.begin; i < low.end; i++) {
                uint32_t next = distance_of_item(c, distance, i);
                if (c->own[i] > 0 && next < distance[p] && next + 1 < distance[p]) {
                    distance[p] = next + 1;
                    changed = true;
                }
            }
        }
    }
}

/* Takes `missing` cents off what the party pays: lowest rank first, there from the payee
 * nearest to one that can bear it, the last item first. */
static void pay_less(Clearing *c, uint32_t party, double missing, const uint32_t *distance)
{
    while (missing > 0) {
        PartRank low = lowest_paid_rank(c, party);
        uint32_t best = low.end;
        for (uint32_t i = low.end; i-- > low.begin;)
            if (c->own[i] > 0 && (best == low.end || distance_of_item(c, distance, i) <
                                                         distance_of_item(c, distance, best)))
                best = i;
        if (best == low.end)
            return;
        double less = fmin(missing, c->own[best]);
        c->own[best] -= less;
        missing -= less;
    }
}

/* Fills what each party has over (or lacks, below zero); true when one lacks something. */
static bool find_missing(const Clearing *c, double *spare)
{
    bool found = false;

    for (uint32_t p = 0; p < c->plan->spec.n_parties; p++) {
        if (is_outside(c, p))
            continue;
        double can_use = c->input->cash[p] + c->received[p] - loss_in_cents(c, p);
        spare[p] = usable_of(c, p, can_use) + c->line[p] - paid_by(c, p);
        found |= spare[p] < 0;
    }
    return found;
}

static void round_to_cents(Clearing *c)
{
    size_t patience = 64 + 4 * c->plan->spec.n_parties;
    uint32_t *distance = c->sloping; /* both are free once the doubles are done */
    double *spare = c->piece_low, times = 1;

    for (uint32_t p = 0; p < c->plan->spec.n_parties; p++)
        pay_in_cents(c, p);
    gather_received(c, true);
    while (find_missing(c, spare)) {
        measure_distances(c, spare, distance);
        times *= patience > 0 ? 1 : 2;
        patience -= patience > 0;
        for (uint32_t p = 0; p < c->plan->spec.n_parties; p++)
            if (!is_outside(c, p) && spare[p] < 0)
                pay_less(c, p, -spare[p] * times, distance);
        gather_received(c, true);
    }
}

/* Clears once with the covers and defaults at hand. True when all is paid. */
static bool clear_once(Clearing *c)
{
    if (!find_greatest(c))
        round_to_cents(c);
    for (size_t i = 0; i < c->plan->n_items; i++)
        if (c->own[i] + c->cover_paid[i] < c->due[i])
            return false;
    return true;
}

/* ---- 3. reserves and backers ------------------------------------------------- */

/* Covers unpaid parts of `items` with at most `amount`, earlier ranks first, pro rata
 * inside a rank; adds to each one's share. Returns what was used. */
static double cover_items(Clearing *c, const uint32_t *items, size_t count, double amount,
                          double *share)
{
    double used = 0;

    for (size_t begin = 0, end; begin < count && used < amount; begin = end) {
        double unpaid = 0;
        for (end = begin; end < count && c->plan->items[items[end]].rank ==
                                             c->plan->items[items[begin]].rank;
             end++) {
            uint32_t item = items[end];
            c->weights[end - begin] = fmax(0, c->due[item] - c->cover[item] - c->own[item]);
            unpaid += c->weights[end - begin];
        }
        double given = fmin(unpaid, amount - used);
        allocate_cents(given, c->weights, end - begin, c->shares, c->rests);
        for (size_t j = begin; j < end; j++) {
            share[j] += c->shares[j - begin];
            c->cover[items[j]] += c->shares[j - begin];
        }
        used += given;
    }
    return used;
}

static double released_so_far(const Clearing *c, size_t reserve)
{
    double sum = 0;

    for (uint32_t j = c->plan->first_reserve_item[reserve];
         j < c->plan->first_reserve_item[reserve + 1]; j++)
        sum += c->released[j];
    return sum;
}

static bool release_reserves(Clearing *c)
{
    const ClearingPlan *plan = c->plan;
    double used = 0;

    for (size_t r = 0; r < plan->spec.n_reserves; r++) {
        uint32_t first = plan->first_reserve_item[r];
        used += cover_items(c, plan->reserve_items + first, plan->first_reserve_item[r + 1] - first,
                            c->input->reserve_balance[r] - released_so_far(c, r),
                            c->released + first);
    }
    return used > 0;
}

static bool raise_claim(Clearing *c, uint32_t k)
{
    const ClearingPlan *plan = c->plan;
    uint32_t first = plan->first_cover[k];
    double used = cover_items(c, plan->covered_items + first, plan->first_cover[k + 1] - first,
                              c->input->support_limit[k] - c->claim[k], c->cover_share + first);

    c->claim[k] += used;
    if (plan->item_of_support[k] != NO_ITEM)
        c->due[plan->item_of_support[k]] = c->claim[k];
    return used > 0;
}

static bool clear_with_covers(Clearing *c)
{
    bool all_paid = clear_once(c);

    if (!all_paid && release_reserves(c))
        all_paid = clear_once(c);
    for (size_t o = 0; o < c->plan->spec.n_supports && !all_paid; o++)
        if (raise_claim(c, c->plan->support_order[o]))
            all_paid = clear_once(c);
    return all_paid;
}

/* ---- 4. defaults --------------------------------------------------------------- */

static bool find_defaults(Clearing *c)
{
    const ClearingSpec *spec = &c->plan->spec;
    bool found = false;

    for (uint32_t i = 0; i < c->plan->n_items; i++) {
        const ClearingItem *item = &c->plan->items[i];
        if (item->is_claim || !c->input->default_if_short ||
            !c->input->default_if_short[item->index] ||
            c->own[i] + c->cover_paid[i] >= c->due[i])
            continue;
        uint32_t payer = spec->slots[item->index].payer;
        bool was = c->input->already_defaulted && c->input->already_defaulted[payer];
        if (was || c->in_default[payer] || is_outside(c, payer))
            continue;
        c->in_default[payer] = 1;
        found = true;
    }
    return found;
}

/* ---- 5. what is left ------------------------------------------------------------- */

static bool paid_all(const Clearing *c, uint32_t party)
{
    for (uint32_t i = c->plan->first_item[party]; i < c->plan->first_item[party + 1]; i++)
        if (c->own[i] + c->cover_paid[i] < c->due[i])
            return false;
    return true;
}

static void write_payments(Clearing *c, const ClearingOutput *out)
{
    const ClearingPlan *plan = c->plan;
    const ClearingSpec *spec = &plan->spec;

    for (size_t s = 0; s < spec->n_slots; s++)
        out->paid[s] = 0;
    for (size_t i = 0; i < plan->n_items; i++)
        if (!plan->items[i].is_claim)
            out->paid[plan->items[i].index] = c->own[i] + c->cover_paid[i];
    for (size_t k = 0; k < spec->n_supports; k++)
        out->support_paid[k] = c->pending[k];
    for (uint32_t p = 0; p < spec->n_parties; p++) {
        out->default_now[p] = c->in_default[p];
        out->loss[p] = out->cash[p] = 0;
        if (is_outside(c, p))
            continue;
        out->loss[p] = loss_in_cents(c, p);
        double can_use = c->input->cash[p] + c->received[p] - out->loss[p], paid = paid_by(c, p);
        double drawn = fmin(fmax(0, paid - usable_of(c, p, can_use)), c->line[p]);
        out->cash[p] = can_use + drawn - paid;
        for (size_t k = 0; k < spec->n_supports && drawn > 0; k++)
            if (plan->is_line[k] && spec->supports[k].borrower == p) {
                out->support_paid[k] = fmin(drawn, c->input->support_limit[k]);
                drawn -= out->support_paid[k];
            }
    }
}

static double left_above_keep(const Clearing *c, const ClearingOutput *out, uint32_t party)
{
    return fmax(0, out->cash[party] - keep_of(c, party));
}

static void fill_reserves(Clearing *c, const ClearingOutput *out)
{
    const ClearingSpec *spec = &c->plan->spec;

    for (size_t r = 0; r < spec->n_reserves; r++) {
        uint32_t party = spec->reserves[r].party;
        double target = value_or_zero(c->input->reserve_target, r);
        out->reserve_released[r] = released_so_far(c, r);
        double balance = c->input->reserve_balance[r] - out->reserve_released[r];
        out->reserve_freed[r] = fmax(0, balance - target);
        out->reserve_filled[r] = 0;
        out->cash[party] += out->reserve_freed[r];
    }
    for (size_t r = 0; r < spec->n_reserves; r++) {
        uint32_t party = spec->reserves[r].party;
        double target = value_or_zero(c->input->reserve_target, r);
        double balance = c->input->reserve_balance[r] - out->reserve_released[r];
        if (balance >= target || !paid_all(c, party) || is_outside(c, party))
            continue;
        out->reserve_filled[r] = fmin(target - balance, left_above_keep(c, out, party));
        out->cash[party] -= out->reserve_filled[r];
    }
}

/* One rank of one party's rest claims, slots [begin, end) of rest_slots. */
static void share_rest_rank(Clearing *c, const ClearingOutput *out, uint32_t party, uint32_t begin,
                            uint32_t end)
{
    const uint32_t *slots = c->plan->rest_slots;
    double left = left_above_keep(c, out, party), share = 0;

    for (uint32_t j = begin; j < end; j++) {
        c->weights[j - begin] = fmin(1, fmax(0, c->input->rest_share[slots[j]]));
        share += c->weights[j - begin];
    }
    allocate_cents(floor(left * fmin(1, share) + CENT_NOISE), c->weights, end - begin, c->shares,
                   c->rests);
    for (uint32_t j = begin; j < end; j++) {
        double cap = c->input->due[slots[j]];
        double paid = cap < 0 ? c->shares[j - begin] : fmin(cap, c->shares[j - begin]);
        out->paid[slots[j]] = paid;
        out->cash[party] -= paid;
    }
}

static void share_rest(Clearing *c, const ClearingOutput *out)
{
    const ClearingPlan *plan = c->plan;
    const ClearingSlot *slots = plan->spec.slots;
    size_t n_rest = plan->first_rest[plan->spec.n_parties];

    for (uint32_t p = 0; p < plan->spec.n_parties; p++) {
        uint32_t last = plan->first_rest[p + 1];
        if (is_outside(c, p)) { /* of unlimited money, up to the cap */
            for (uint32_t j = plan->first_rest[p]; j < last; j++)
                out->paid[plan->rest_slots[j]] = fmax(0, c->input->due[plan->rest_slots[j]]);
            continue;
        }
        if (plan->first_rest[p] == last || !paid_all(c, p))
            continue;
        for (uint32_t begin = plan->first_rest[p], end; begin < last; begin = end) {
            for (end = begin; end < last && slots[plan->rest_slots[end]].rank ==
                                                slots[plan->rest_slots[begin]].rank;)
                end++;
            share_rest_rank(c, out, p, begin, end);
        }
    }
    for (size_t j = 0; j < n_rest; j++) {
        uint32_t payee = slots[plan->rest_slots[j]].payee;
        if (!is_outside(c, payee))
            out->cash[payee] += out->paid[plan->rest_slots[j]];
    }
}

bool clearing_run(const ClearingPlan *plan, const ClearingInput *input, const ClearingOutput *output,
                  void *workspace)
{
    Clearing c = lay_out(plan, input, workspace);

    set_dues(&c);
    bool all_paid = clear_with_covers(&c);
    while (!all_paid && find_defaults(&c))
        all_paid = clear_with_covers(&c);
    write_payments(&c, output);
    fill_reserves(&c, output);
    share_rest(&c, output);
    return all_paid;
}
