/* What is left after all that is due: reserves, and claims on the rest, in lanes where nobody is
 * short. Lane by lane this is step 5 of ledger/clearing.c, without the search that goes before it;
 * short lanes go through clearing itself. */
#include "run/tile.h"

#include "ledger/share.h"
#include "maths/maths.h"
#include "run/lane.h"

#include <math.h>
#include <string.h>

#define CENT_NOISE (1.0 / 1024) /* as clearing.c: of one amount, from rounding */

/* Cash above what the party keeps. */
static double above_keep(const Tile *tile, uint32_t party, size_t lane)
{
    double keep = tile->keep[party] != NULL ? tile->keep[party][lane] : 0;
    double left = tile->net[party][lane] - keep;

    return left > 0 ? left : 0;
}

static bool is_open(const Tile *tile, size_t lane)
{
    return tile->alive[lane] != 0 && tile->slow[lane] == 0;
}

/* ---- reserves ----------------------------------------------------------------------------- */

static double target_of(const Tile *tile, uint32_t reserve, size_t lane)
{
    Lanes target = tile_lanes(tile, tile->plan->code->reserves[reserve].target);

    return gw_max(0, round_to_even(lanes_at(target, lane) * tile->plan->model->minor_per_unit));
}

static void free_reserve(Tile *tile, uint32_t i)
{
    uint32_t party = tile->plan->model->reserves.items[i].party;
    double *balance = tile_register(tile, tile->plan->code->reserves[i].balance);

    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double over = is_open(tile, lane) ? balance[lane] - target_of(tile, i, lane) : 0;
        if (!(over > 0))
            continue;
        balance[lane] -= over;
        if (tile->net[party] != NULL)
            tile->net[party][lane] += over;
    }
}

static void fill_reserve(Tile *tile, uint32_t i)
{
    uint32_t party = tile->plan->model->reserves.items[i].party;
    double *balance = tile_register(tile, tile->plan->code->reserves[i].balance);

    if (tile->net[party] == NULL)
        return;
    for (size_t lane = 0; lane < tile->m.n_lanes; lane++) {
        double missing = is_open(tile, lane) ? target_of(tile, i, lane) - balance[lane] : 0;
        if (!(missing > 0))
            continue;
        double filled = gw_min(missing, above_keep(tile, party, lane));
        balance[lane] += filled;
        tile->net[party][lane] -= filled;
    }
}

/* ---- shares of the rest -------------------------------------------------------------------- */

static void pay_outside(Tile *tile, uint32_t slot)
{
    SlotNow *now = &tile->slots[slot];

    for (size_t lane = 0; lane < tile->m.n_lanes; lane++)
        if (is_open(tile, lane))
            now->cleared[lane] = gw_max(0, now->cap[lane]);
}

/* Active rest slots [begin, end) of one party and rank, in one lane. */
static void share_lane(Tile *tile, uint32_t party, const uint32_t *slots, size_t n, size_t lane)
{
    double *weights = tile->lane_scratch;
    double *shares = weights + n;
    double left = above_keep(tile, party, lane);
    double sum = 0;

    for (size_t j = 0; j < n; j++) {
        weights[j] = gw_min(1, gw_max(0, tile->slots[slots[j]].share[lane]));
        sum += weights[j];
    }
    if (!(sum > 0) || !(left > 0))
        return;
    double total = floor(left * gw_min(1, sum) + CENT_NOISE);
    if (n == 1)
        shares[0] = total;
    else
        allocate_cents(total, weights, n, shares, shares + n);
    for (size_t j = 0; j < n; j++) {
        const SlotNow *now = &tile->slots[slots[j]];
        double paid = now->cap[lane] < 0 ? shares[j] : gw_min(now->cap[lane], shares[j]);

        now->cleared[lane] = paid;
        tile->net[party][lane] -= paid;
    }
}

static void share_party(Tile *tile, uint32_t party)
{
    const Plan *plan = tile->plan;
    uint32_t *active = tile->rest_group;
    uint32_t end = plan->rest_starts[party + 1];

    for (uint32_t i = plan->rest_starts[party]; i < end;) {
        uint32_t rank = plan->model->slots.items[plan->rest_slots[i]].rank;
        size_t n = 0;

        for (; i < end && plan->model->slots.items[plan->rest_slots[i]].rank == rank; i++)
            if (tile->slots[plan->rest_slots[i]].fresh != NULL)
                active[n++] = plan->rest_slots[i];
        if (plan->is_outside[party]) {
            for (size_t j = 0; j < n; j++)
                pay_outside(tile, active[j]);
            continue;
        }
        for (size_t lane = 0; n > 0 && lane < tile->m.n_lanes; lane++)
            if (is_open(tile, lane))
                share_lane(tile, party, active, n, lane);
    }
}

void tile_share_rest(Tile *tile)
{
    const Plan *plan = tile->plan;
    bool some = plan->model->reserves.count > 0;

    for (size_t i = 0; i < tile->n_active; i++) {
        SlotNow *now = &tile->slots[tile->active[i]];
        if (now->share == NULL)
            continue;
        now->cleared = tile_take(tile);
        some = true;
    }
    if (!some)
        return;
    for (uint32_t i = 0; i < plan->model->reserves.count; i++)
        free_reserve(tile, i);
    for (uint32_t i = 0; i < plan->model->reserves.count; i++)
        fill_reserve(tile, i);
    for (uint32_t p = 0; p < plan->model->parties.count; p++)
        share_party(tile, p);
}
