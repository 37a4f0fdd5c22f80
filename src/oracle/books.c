/* Opening balances, and phase 6: what was raised and what was paid, in both books.
 *
 * Balances are natural: an asset or an expense grows by a debit, everything else by a credit. */
#include "oracle/path.h"

#include "base/money.h"
#include "ledger/share.h"
#include "maths/maths.h"

#include <math.h>

double *books_at(Path *path, uint32_t party, uint32_t account)
{
    return &path->balances[party * path->model->accounts.count + account];
}

static bool grows_by_debit(const Path *path, uint32_t account)
{
    AccountType type = path->model->accounts.items[account].type;

    return type == ACCOUNT_ASSET || type == ACCOUNT_EXPENSE;
}

static void debit(Path *path, uint32_t party, uint32_t account, double cents)
{
    *books_at(path, party, account) += grows_by_debit(path, account) ? cents : -cents;
}

static void credit(Path *path, uint32_t party, uint32_t account, double cents)
{
    debit(path, party, account, -cents);
}

void books_post_move(Path *path, uint32_t party, uint32_t from, uint32_t to, double cents)
{
    credit(path, party, from, cents);
    debit(path, party, to, cents);
}

/* Debits less credits: zero when assets = liabilities + equity. */
static double imbalance(Path *path, uint32_t party)
{
    double sum = 0;

    for (uint32_t a = 0; a < path->model->accounts.count; a++) {
        double balance = *books_at(path, party, a);
        sum += grows_by_debit(path, a) ? balance : -balance;
    }
    return sum;
}

/* ---- opening ---- */

static void post_opening(Path *path, uint32_t party, uint32_t account, double cents, Text whose)
{
    double *balance = books_at(path, party, account);

    *balance += cents;
    if (!money_is_exact(*balance))
        path_fail(path, whose);
}

static void open_balances(Path *path, uint32_t p)
{
    const Party *party = &path->model->parties.items[p];

    for (size_t i = 0; i < party->openings.count; i++) {
        const Opening *opening = &party->openings.items[i];
        double exact = evaluate_node(path, opening->amount) * path->model->minor_per_unit;

        if (!(fabs(exact) < MONEY_LIMIT)) {
            path_fail(path, party->name);
            continue;
        }
        post_opening(path, p, opening->account, money_round(exact), party->name);
        if (opening->against != NO_ID)
            post_opening(path, opening->against, opening->against_account, money_round(exact),
                         party->name);
    }
}

void books_open(Path *path)
{
    const Model *model = path->model;

    for (uint32_t p = 0; p < model->parties.count; p++)
        open_balances(path, p);
    for (uint32_t p = 0; p < model->parties.count; p++)
        credit(path, p, model->opening_equity, imbalance(path, p));
    for (size_t i = 0; i < model->reserves.count; i++) {
        const Reserve *reserve = &model->reserves.items[i];
        path->reserves[i] = cents_of(path, evaluate_or(path, reserve->opening, 0), reserve->name);
    }
}

/* ---- what a book can hold ---- */

static bool is_of_facility(const Path *path, uint32_t slot)
{
    for (size_t i = 0; i < path->model->facilities.count; i++) {
        if (path->model->facilities.items[i].slot == slot)
            return true;
    }
    return false;
}

/* Debit balances, or credit balances: the same, unless equity is past counting. */
static double held_by(Path *path, uint32_t party)
{
    double debits = 0, credits = 0;

    for (uint32_t a = 0; a < path->model->accounts.count; a++) {
        double natural = *books_at(path, party, a);
        double balance = grows_by_debit(path, a) ? natural : -natural;

        debits += gw_max(0, balance);
        credits += gw_max(0, -balance);
    }
    return gw_max(debits, credits);
}

/* What is due, and what clearing adds to that. */
static double moved_by(const Path *path, uint32_t i, bool is_cleared)
{
    const SlotPeriod *now = &path->slots_now[i];
    bool may_add = path->model->slots.items[i].is_rest || is_of_facility(path, i);

    return is_cleared && may_add ? gw_max(now->due, now->cleared) : now->due;
}

static double moved_through(Path *path, uint32_t party, bool is_cleared)
{
    const Model *model = path->model;
    size_t first = path->clearing->n_supports - model->guarantees.count;
    double cents = 0;

    for (uint32_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        cents += slot->payer == party ? moved_by(path, i, is_cleared) : 0;
        cents += slot->payee == party ? moved_by(path, i, is_cleared) : 0;
    }
    for (size_t i = 0; is_cleared && i < model->guarantees.count; i++) {
        const Guarantee *guarantee = &model->guarantees.items[i];
        if (guarantee->guarantor == party || guarantee->debtor == party)
            cents += path->clearing->output.support_paid[first + i];
    }
    return cents;
}

void books_look_ahead(Path *path, bool is_cleared)
{
    const Model *model = path->model;

    for (uint32_t p = 0; p < model->parties.count; p++) {
        double cents = held_by(path, p) + 2 * moved_through(path, p, is_cleared);

        if (!(cents < MONEY_LIMIT))
            path_fail_at(path, model->parties.items[p].name, cents / model->minor_per_unit);
    }
}

/* ---- one period ---- */

/* What facilities paid for shortfall is part of what their slots paid. */
static void draw_facilities(Path *path)
{
    const Model *model = path->model;
    size_t support = 0;

    for (size_t i = 0; i < model->facilities.count; i++) {
        const Facility *facility = &model->facilities.items[i];
        SlotPeriod *now = &path->slots_now[facility->slot];

        if (facility->is_for_shortfall)
            now->cleared += path->clearing->output.support_paid[support++];
        path->facilities[i].paid = now->cleared;
        path->facilities[i].drawn += now->cleared;
    }
}

/* What is lost in default falls due and is paid at once. */
static void state_losses(Path *path)
{
    for (size_t p = 0; p < path->model->parties.count; p++) {
        double loss = path->clearing->output.loss[p];

        if (loss > 0) {
            SlotPeriod *now = &path->slots_now[path->model->parties.items[p].loss_slot];
            now->new_due = now->due = now->cleared = loss;
        }
    }
}

static void post_slot(Path *path, uint32_t i)
{
    const Model *model = path->model;
    const Slot *slot = &model->slots.items[i];
    const Category *category = &model->categories.items[slot->category];
    SlotPeriod *now = &path->slots_now[i];

    now->accrued = slot->is_rest || is_of_facility(path, i) ? now->cleared : now->new_due;
    debit(path, slot->payer, category->payer, now->accrued);
    credit(path, slot->payer, model->payables, now->accrued);
    debit(path, slot->payee, model->receivables, now->accrued);
    credit(path, slot->payee, category->payee, now->accrued);

    now->paid = now->cleared;
    debit(path, slot->payer, model->payables, now->paid);
    credit(path, slot->payer, model->cash, now->paid);
    debit(path, slot->payee, model->cash, now->paid);
    credit(path, slot->payee, model->receivables, now->paid);
}

/* The oldest is paid first. */
static void pay_open(SlotState *state, uint32_t n_periods, double cents)
{
    for (uint32_t n = 0; n < n_periods && cents > 0; n++) {
        double paid = gw_min(cents, state->open[n]);

        state->open[n] -= paid;
        cents -= paid;
    }
}

static void update_arrears(Path *path, uint32_t i)
{
    SlotState *state = &path->slots[i];
    const SlotPeriod *now = &path->slots_now[i];

    if (path->model->slots.items[i].is_rest || is_of_facility(path, i))
        return;
    state->open[path->period] = now->new_due;
    pay_open(state, path->period + 1, now->cleared);
    state->arrears = now->due - now->cleared;
}

/* g of what slot `i` was paid came from the guarantor, who now has a claim on the debtor. */
static void post_guaranteed(Path *path, const Guarantee *guarantee, size_t i, double g)
{
    const Model *model = path->model;
    SlotPeriod *pays = &path->slots_now[guarantee->pays.items[i]];
    SlotPeriod *recourse = &path->slots_now[guarantee->recourse.items[i]];
    SlotState *claim = &path->slots[guarantee->recourse.items[i]];

    path->slots_now[guarantee->covered.items[i]].paid -= g;
    pays->accrued += g;
    pays->paid += g;
    /* The debtor owes the guarantor instead of the creditor, and keeps its own cash. */
    debit(path, guarantee->debtor, model->cash, g);
    credit(path, guarantee->debtor, model->payables, g);
    debit(path, guarantee->guarantor, model->receivables, g);
    credit(path, guarantee->guarantor, model->cash, g);
    claim->arrears += g;
    claim->open[path->period] += g;
    recourse->accrued += g;
}

static void draw_guarantee(Path *path, size_t number, double total)
{
    const Guarantee *guarantee = &path->model->guarantees.items[number];
    size_t n = guarantee->covered.count;
    double *weights = path_take(path, n);
    double *parts = path_take(path, n);
    double *scratch = path_take(path, n);

    for (size_t i = 0; i < n; i++)
        weights[i] = path->slots_now[guarantee->covered.items[i]].paid;
    allocate_cents(total, weights, n, parts, scratch);
    for (size_t i = 0; i < n; i++) {
        if (parts[i] > 0)
            post_guaranteed(path, guarantee, i, parts[i]);
    }
    path->guaranteed_now[number] = total;
    path->guaranteed[number] += total;
    path_give(path, weights);
}

static void draw_guarantees(Path *path)
{
    const Model *model = path->model;
    size_t first = path->clearing->n_supports - model->guarantees.count;

    for (size_t i = 0; i < model->guarantees.count; i++)
        draw_guarantee(path, i, path->clearing->output.support_paid[first + i]);
}

static void update_reserves(Path *path)
{
    const ClearingOutput *output = &path->clearing->output;

    for (size_t i = 0; i < path->model->reserves.count; i++)
        path->reserves[i] +=
            output->reserve_filled[i] - output->reserve_released[i] - output->reserve_freed[i];
}

static void prove_books(Path *path)
{
    for (uint32_t p = 0; p < path->model->parties.count; p++) {
        if (imbalance(path, p) != 0)
            path->n_book_faults++;
    }
}

void books_post_period(Path *path)
{
    const Model *model = path->model;

    draw_facilities(path);
    state_losses(path);
    books_look_ahead(path, true);
    for (uint32_t i = 0; i < model->slots.count; i++)
        post_slot(path, i);
    for (uint32_t i = 0; i < model->slots.count; i++)
        update_arrears(path, i);
    draw_guarantees(path);
    update_reserves(path);
    prove_books(path);
}
