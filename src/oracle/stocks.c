/* Stocks, and the rings of belts and cohorts: phases 1 and 6. */
#include "oracle/path.h"

#include "maths/maths.h"

#include <math.h>

static double content_of(const Path *path, size_t ring)
{
    const double *slots = path->rings[ring].slots;
    double sum = slots[1];

    for (uint32_t k = 2; k <= path->model->rings.items[ring].n_slots; k++)
        sum = sum + slots[k];
    return sum;
}

/* Puts an amount where it leaves after `lead` months; nothing goes anywhere. */
static void enter(Path *path, size_t i, double amount)
{
    const Ring *ring = &path->model->rings.items[i];

    if (amount == 0)
        return;
    double periods = evaluate_node(path, ring->lead) / step_months(path->model->step);
    double k = gw_max(1, gw_floor(periods + 0.5));
    if (!isfinite(amount) || !(k <= ring->n_slots)) {
        path_fail(path, ring->name);
        return;
    }
    path->rings[i].slots[(uint32_t)k] += amount;
}

void rings_start(Path *path)
{
    for (size_t i = 0; i < path->model->rings.count; i++)
        enter(path, i, evaluate_or(path, path->model->rings.items[i].initial, 0));
}

void rings_arrive(Path *path)
{
    for (size_t i = 0; i < path->model->rings.count; i++) {
        RingState *state = &path->rings[i];
        uint32_t n = path->model->rings.items[i].n_slots;

        state->content = content_of(path, i);
        state->out = state->slots[1];
        for (uint32_t k = 1; k < n; k++)
            state->slots[k] = state->slots[k + 1];
        state->slots[n] = 0;
    }
}

static void close_ring(Path *path, size_t i)
{
    const Ring *ring = &path->model->rings.items[i];
    RingState *state = &path->rings[i];
    double entering = evaluate_node(path, ring->entering);

    if (ring->thinning != NULL) {
        double factor = evaluate_node(path, ring->thinning);
        for (uint32_t k = 1; k <= ring->n_slots; k++)
            state->slots[k] = state->slots[k] * factor;
    }
    if (ring->stock != NO_ID)
        entering = entering + path->stocks[ring->stock].lumps;
    enter(path, i, entering);
    for (uint32_t k = 1; k <= ring->n_slots; k++) {
        if (!isfinite(state->slots[k]))
            path_fail(path, ring->name);
    }
    state->closing_content = content_of(path, i);
}

static void raise(Path *path, uint32_t stock, double amount)
{
    if (stock != NO_ID)
        path->stocks[stock].lumps += amount;
}

/* What payments raise and lower, after the lumps of rules. */
static void gather_payments(Path *path)
{
    const Model *model = path->model;

    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        double paid = path->slots_now[i].cleared / model->minor_per_unit;

        raise(path, slot->raises, paid);
        raise(path, slot->lowers, -paid);
    }
    for (size_t i = 0; i < model->facilities.count; i++)
        raise(path, model->facilities.items[i].raises,
              path->facilities[i].paid / model->minor_per_unit);
    for (size_t i = 0; i < model->guarantees.count; i++)
        raise(path, model->guarantees.items[i].raises,
              path->guaranteed_now[i] / model->minor_per_unit);
}

/* A stock that may not be below zero: a little below is zero, more fails the path. What rounding
 * leaves of all that was there is zero too. */
static double test_stock(Path *path, size_t i, double closing)
{
    const Stock *stock = &path->model->stocks.items[i];
    double largest = gw_max(fabs(path->stocks[i].opening), fabs(closing));
    Text name = path->model->values.items[stock->value].name;

    if (!isfinite(closing))
        path_fail(path, name);
    if (stock->is_signed || !(closing < 0x1p-40 * fabs(path->stocks[i].opening)))
        return closing;
    if (closing < -(stock->tolerance + 1e-9 * largest))
        path_fail_at(path, name, -GW_INFINITY);
    return 0;
}

static void close_stock(Path *path, size_t i)
{
    const Stock *stock = &path->model->stocks.items[i];
    StockState *state = &path->stocks[i];
    double closing = state->opening;

    for (size_t j = 0; j < stock->in.count; j++)
        closing = closing + path->values[stock->in.items[j]];
    for (size_t j = 0; j < stock->out.count; j++)
        closing = closing - path->values[stock->out.items[j]];
    state->closing = test_stock(path, i, closing + state->lumps);
}

void stocks_close(Path *path)
{
    gather_payments(path);
    for (size_t i = 0; i < path->model->stocks.count; i++)
        close_stock(path, i);
    for (size_t i = 0; i < path->model->rings.count; i++)
        close_ring(path, i);
}

void stocks_set(Path *path)
{
    for (size_t i = 0; i < path->model->stocks.count; i++) {
        if (path->stocks[i].is_set)
            path->stocks[i].closing = test_stock(path, i, path->stocks[i].set);
    }
}
