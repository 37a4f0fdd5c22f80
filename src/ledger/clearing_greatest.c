/* The greatest clearing vector in doubles: straight pieces, one linear system a round. */
#include "ledger/clearing_state.h"

#define FAR_DOWN 1152921504606846976.0 /* 2^60: to the end of the piece, wherever it is */

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
        b[k] = smaller(b[k], 0);
    }
}

static size_t build_system(Clearing *c)
{
    const ClearingPlan *plan = c->plan;
    double *column = c->weights;
    size_t n = 0;

    for (size_t row = 0; row < plan->n_inside; row++)
        if (c->is_sloping[plan->inside[row]])
            c->sloping[n++] = plan->inside[row];
    for (size_t i = 0; i < n; i++)
        c->right[i] = clearing_available_with(c, c->sloping[i], c->received[c->sloping[i]]) -
                      c->available[c->sloping[i]];
    for (size_t j = 0; j < n; j++) {
        clearing_fill_column(c, c->sloping[j], column);
        for (size_t i = 0; i < n; i++) {
            uint32_t party = c->sloping[i];
            c->matrix[i * n + j] = (i == j) - kept_of_received(c, party) * column[plan->row[party]];
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
            step = smaller(step, larger(room, 0) / -c->right[i]);
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

    for (size_t row = 0; row < c->plan->n_inside; row++) {
        uint32_t p = c->plan->inside[row];
        double now = clearing_available_with(c, p, c->received[p]);
        if (c->is_sloping[p] || now >= c->available[p])
            continue;
        Purse before = clearing_open_purse(c, p, c->available[p]),
              after = clearing_open_purse(c, p, now);
        changed |= before.is_full != after.is_full || after.is_sloping;
        c->available[p] = now;
    }
    return changed;
}

/* What each can use when all pay all. True when that is enough for everyone. */
static bool find_available(Clearing *c)
{
    bool all_full = true;

    for (size_t row = 0; row < c->plan->n_inside; row++) {
        uint32_t p = c->plan->inside[row];
        c->available[p] = clearing_available_with(c, p, c->received[p]);
        all_full &= c->available[p] >= c->full_at[p];
    }
    return all_full;
}

bool clearing_find_greatest(Clearing *c)
{
    const ClearingPlan *plan = c->plan;

    clearing_pay_all(c);
    clearing_gather(c, true);
    if (find_available(c))
        return true;
    for (size_t round = 0; round < plan->most_rounds; round++) {
        for (uint32_t p = 0; p < plan->spec.n_parties; p++)
            if (!pays_all_still(c, p))
                clearing_pay_in_doubles(c, p);
        clearing_gather(c, false);
        bool fell = lower_flat_parties(c);
        size_t n = build_system(c);
        solve_sloping(c, n);
        if (!descend(c, n) && !fell)
            break;
    }
    return false;
}
