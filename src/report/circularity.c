/* How far money goes round, from the mean payments of a view's window. */
#include "report/section.h"

#include "base/money.h"
#include "ledger/network.h"

#include <math.h>

enum { MOST_IN_NETWORK = 60 }; /* parties: circulation takes cubic time */

typedef struct {
    const Model *model;
    const RunResult *result;
    size_t n;
    uint32_t money;   /* the target's: payments in others do not mix with it */
    uint32_t *inside; /* by party: its row, or NO_ID */
    double *flows;    /* n * n, whole minor units */
    double *inflow;
    double total; /* paid among all parties, money units */
} Network;

static bool is_in_window(const Model *model, const View *view, uint32_t period)
{
    double today = model->last_days[period];

    return isnan(view->term_start) || (view->term_start <= today && today < view->term_end);
}

/* The periods of the window: *n of them from *first. */
void view_window(const Model *model, const View *view, uint32_t *first, uint32_t *n)
{
    *first = 0;
    *n = 0;
    while (*first < model->n_periods && !is_in_window(model, view, *first))
        ++*first;
    while (*first + *n < model->n_periods && is_in_window(model, view, *first + *n))
        ++*n;
}

static void add_slot(Network *network, uint32_t slot, uint32_t first, uint32_t n)
{
    const Slot *about = &network->model->slots.items[slot];
    uint32_t from = network->inside[about->payer];
    uint32_t to = network->inside[about->payee];
    double paid =
        n > 0 ? flow_mean(network->model, network->result, slot, first, first + n - 1, true) : 0;
    double minor = money_round(paid * network->model->minor_per_unit);

    if (about->payer == about->payee || !(paid > 0) ||
        network->model->parties.items[about->payer].money != network->money)
        return;
    network->total += paid;
    if (to == NO_ID)
        return;
    if (from == NO_ID)
        network->inflow[to] += minor;
    else
        network->flows[from * network->n + to] += minor;
}

double mean_of_good(const RunResult *result, const double *column)
{
    double sum = 0;
    size_t count = 0;

    for (size_t path = 0; path < result->n_kept; path++)
        if (!result->is_failed[path]) {
            sum += column[path];
            count++;
        }
    return count > 0 ? sum / (double)count : 0;
}

/* What is there as the window begins flows in too: a party's payments may come from it. */
static void add_cash_before(Network *network, const WhoPays *who)
{
    size_t column = 0; /* of cash_before: all inside parties */

    for (size_t p = 0; p < network->model->parties.count; p++) {
        uint32_t row = network->inside[p];
        if (row != NO_ID)
            network->inflow[row] += money_round(
                mean_of_good(network->result, who->cash_before + column * network->result->n_kept) *
                network->model->minor_per_unit);
        column += !network->model->parties.items[p].is_outside;
    }
}

static Network make_network(Arena *arena, const Model *model, const RunResult *result,
                            const WhoPays *who)
{
    const View *view = &model->views.items[who->view];
    Network network = {
        .model = model, .result = result, .money = model->parties.items[view->party].money};
    uint32_t first = 0;
    uint32_t n = 0;

    network.inside = ARENA_ARRAY(arena, uint32_t, model->parties.count + 1);
    for (size_t i = 0; i < model->parties.count; i++) {
        const Party *party = &model->parties.items[i];
        bool is_row = !party->is_outside && party->money == network.money;
        network.inside[i] = is_row ? (uint32_t)network.n++ : NO_ID;
    }
    network.flows = ARENA_ARRAY(arena, double, network.n *network.n + 1);
    network.inflow = ARENA_ARRAY(arena, double, network.n + 1);
    view_window(model, view, &first, &n);
    for (size_t slot = 0; slot < model->slots.count; slot++)
        add_slot(&network, (uint32_t)slot, first, n);
    add_cash_before(&network, who);
    return network;
}

bool circularity_of(Arena *arena, const Model *model, const RunResult *result, const WhoPays *who,
                    Circularity *out)
{
    Network network = make_network(arena, model, result, who);
    uint32_t target = network.inside[model->views.items[who->view].party];
    NetworkMeasures measures;

    if (network.n == 0 || network.n > MOST_IN_NETWORK || target == NO_ID ||
        !network_measure(arena, network.flows, network.inflow, network.n, &measures) ||
        isnan(measures.cycling_index))
        return false;
    double around = network_max_circulation(arena, network.flows, network.n,
                                            ARENA_ARRAY(arena, double, network.n *network.n));
    *out = (Circularity){.return_probability = measures.return_probability[target],
                         .path_length = measures.path_length,
                         .cycling_index = measures.cycling_index,
                         .around = around / model->minor_per_unit,
                         .total = network.total};
    return true;
}
