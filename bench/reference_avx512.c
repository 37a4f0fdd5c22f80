/* The reference model by hand for AVX-512: sixteen paths at a time through all months.
 *
 * All state of the sixteen lies in the first-level cache (14 KB). Mathematics and draws are those
 * of maths/, inlined; whatever depends on the path alone is worked out once; clearing looks
 * further only where somebody is short. */
#include "reference.h"

#if defined(__AVX512F__) && defined(__AVX512DQ__)

#include "maths/maths.h"
#include "maths/philox.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

enum { LANES = 16, WIDE = 8, VECTORS = LANES / WIDE, N_SENIOR = 2 * N_LOANS, PADDED_SLOTS = 32 };

typedef struct {
    __m512d v[VECTORS];
} Lanes;
typedef struct {
    __mmask8 v[VECTORS];
} Mask;

#define EACH for (int i_ = 0; i_ < VECTORS; i_++)
#define HAND static inline __attribute__((always_inline))

typedef struct {
    Lanes p0, p1, p2, to_first, to_second, to_third; /* weights of the delay */
    Lanes first, second, third;                      /* its stages */
    Lanes begun;
} Site;

typedef struct {
    Site sites[N_SITES];
    Lanes energy_log, demand_log, tightness, made;
    Lanes owed[N_LOANS];
    Lanes carry[N_SLOTS], arrears[N_SLOTS];
    Lanes books[N_ACCOUNTS];
    Mask lab_defaulted, cloud_defaulted, failed, valid;
    uint32_t first_path;
    bool has_arrears;
} Group;

/* One month's numbers. Due and paid are fresh itself while nobody is late. */
typedef struct {
    Lanes energy_price, demand, ready, chip_price, price, sales, rent, debt;
    Lanes started[N_SITES];
    /* cents; the padding stays zero */
    Lanes fresh[PADDED_SLOTS], with_arrears[PADDED_SLOTS], cut[PADDED_SLOTS];
    Lanes *due, *paid;
    bool is_short;
} Month;

/* Cents over all paths, each month's side by side. */
typedef struct {
    int64_t due[N_MONTHS][PADDED_SLOTS], paid[N_MONTHS][PADDED_SLOTS];
} Sums;

/* ---- sixteen lanes ------------------------------------------------------------ */

HAND Lanes all(double x)
{
    Lanes r;

    EACH r.v[i_] = _mm512_set1_pd(x);
    return r;
}

HAND Lanes add(Lanes a, Lanes b)
{
    EACH a.v[i_] = _mm512_add_pd(a.v[i_], b.v[i_]);
    return a;
}

HAND Lanes subtract(Lanes a, Lanes b)
{
    EACH a.v[i_] = _mm512_sub_pd(a.v[i_], b.v[i_]);
    return a;
}

HAND Lanes multiply(Lanes a, Lanes b)
{
    EACH a.v[i_] = _mm512_mul_pd(a.v[i_], b.v[i_]);
    return a;
}

HAND Lanes divide(Lanes a, Lanes b)
{
    EACH a.v[i_] = _mm512_div_pd(a.v[i_], b.v[i_]);
    return a;
}

/* x / by, rounded once: a product, and what it lacks (Markstein 1990). Several times faster than
 * the division, with the same bits. */
HAND Lanes over(Lanes x, double by)
{
    __m512d divisor = _mm512_set1_pd(by), inverse = _mm512_set1_pd(1 / by);

    EACH
    {
        __m512d near = _mm512_mul_pd(x.v[i_], inverse);
        __m512d rest = _mm512_fnmadd_pd(near, divisor, x.v[i_]);
        x.v[i_] = _mm512_fmadd_pd(rest, inverse, near);
    }
    return x;
}

HAND Lanes times(double a, Lanes b)
{
    return multiply(all(a), b);
}

HAND Lanes least(Lanes a, Lanes b)
{
    EACH a.v[i_] = _mm512_min_pd(a.v[i_], b.v[i_]);
    return a;
}

HAND Lanes clamp(Lanes x, double low, double high)
{
    EACH x.v[i_] = _mm512_min_pd(_mm512_max_pd(x.v[i_], _mm512_set1_pd(low)), _mm512_set1_pd(high));
    return x;
}

HAND Lanes round_cents(Lanes x)
{
    EACH x.v[i_] = _mm512_roundscale_pd(x.v[i_], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    return x;
}

/* `other` where the mask is set. */
HAND Lanes choose(Mask mask, Lanes x, Lanes other)
{
    EACH x.v[i_] = _mm512_mask_mov_pd(x.v[i_], mask.v[i_], other.v[i_]);
    return x;
}

HAND Mask is_above(Lanes a, Lanes b)
{
    Mask mask;

    EACH mask.v[i_] = _mm512_cmp_pd_mask(a.v[i_], b.v[i_], _CMP_GT_OQ);
    return mask;
}

HAND Mask either(Mask a, Mask b)
{
    EACH a.v[i_] = (__mmask8)(a.v[i_] | b.v[i_]);
    return a;
}

HAND bool is_any(Mask mask)
{
    unsigned bits = 0;

    EACH bits |= mask.v[i_];
    return bits != 0;
}

HAND double *lane_of(Lanes *x, int lane)
{
    return (double *)(void *)x + lane;
}

/* ---- leaf mathematics over many lanes: loops that become vector code ------------ */

HAND void exp_each(Lanes *x, int count)
{
    double *at = (double *)(void *)x;

    for (int i = 0; i < count * LANES; i++)
        at[i] = gw_exp(at[i]);
}

/* Results are far from the edges of gw_pow(): the same bits. */
HAND Lanes power_of(Lanes x, double y)
{
    double *at = (double *)(void *)&x;

    for (int i = 0; i < LANES; i++)
        at[i] = gw_pow_plain(at[i], y);
    return x;
}

/* Uniform numbers become normal ones; the far tails, hardly ever met, are looked at apart. */
static void inverse_normal_each(Lanes *x, int count)
{
    double *at = (double *)(void *)x;
    double depths[N_SITES * LANES], deepest = 0;

    for (int i = 0; i < count * LANES; i++)
        depths[i] = gw_inverse_normal_depth(at[i]);
    for (int i = 0; i < count * LANES; i++)
        deepest = depths[i] > deepest ? depths[i] : deepest;
    if (deepest > 5)
        for (int i = 0; i < count * LANES; i++)
            at[i] = gw_inverse_normal(at[i]);
    else
        for (int i = 0; i < count * LANES; i++)
            at[i] = gw_inverse_normal_near(at[i], depths[i]);
}

/* Two draws at a time, so that four chains of multiplications run beside each other. The upper
 * halves of the state hold rubbish that never reaches a result. */
HAND void draw_two(const ReferenceRun *run, uint32_t first_path, const uint64_t *hashes,
                   uint32_t ordinal, Lanes *out)
{
    const __m512i multiplier0 = _mm512_set1_epi64(PHILOX_MULTIPLIER_0);
    const __m512i multiplier1 = _mm512_set1_epi64(PHILOX_MULTIPLIER_1);
    const __m512i count = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    __m512i c[4][2 * VECTORS];
    uint32_t k0 = (uint32_t)run->seed, k1 = (uint32_t)(run->seed >> 32);

    for (int i = 0; i < 2 * VECTORS; i++) {
        uint64_t hash = hashes[i / VECTORS];
        c[0][i] =
            _mm512_add_epi64(_mm512_set1_epi64((long long)first_path + i % VECTORS * WIDE), count);
        c[1][i] = _mm512_set1_epi64(ordinal);
        c[2][i] = _mm512_set1_epi64((long long)(hash & 0xffffffff));
        c[3][i] = _mm512_set1_epi64((long long)(hash >> 32));
    }
#pragma GCC unroll 10
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        __m512i key0 = _mm512_set1_epi64(k0), key1 = _mm512_set1_epi64(k1);
        for (int i = 0; i < 2 * VECTORS; i++) {
            __m512i p0 = _mm512_mul_epu32(c[0][i], multiplier0);
            __m512i p1 = _mm512_mul_epu32(c[2][i], multiplier1);

            c[0][i] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p1, 32), c[1][i], key0, 0x96);
            c[2][i] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p0, 32), c[3][i], key1, 0x96);
            c[1][i] = p1;
            c[3][i] = p0;
        }
        k0 += PHILOX_WEYL_0;
        k1 += PHILOX_WEYL_1;
    }
    for (int i = 0; i < 2 * VECTORS; i++) {
        __m512i high = _mm512_srli_epi64(_mm512_slli_epi64(c[1][i], 32), 11);
        __m512i low = _mm512_srli_epi64(_mm512_slli_epi64(c[0][i], 32), 43);
        __m512d whole = _mm512_cvtepu64_pd(_mm512_or_si512(high, low));
        __m512d u =
            _mm512_mul_pd(_mm512_add_pd(whole, _mm512_set1_pd(0.5)), _mm512_set1_pd(0x1p-53));
        out[i / VECTORS].v[i % VECTORS] = _mm512_min_pd(u, _mm512_set1_pd(1 - 0x1p-53));
    }
}

/* An even number of draws. */
static void draw_normals(const ReferenceRun *run, const Group *group, const uint64_t *hashes,
                         uint32_t ordinal, Lanes *out, int count)
{
    for (int i = 0; i < count; i += 2)
        draw_two(run, group->first_path, hashes + i, ordinal, out + i);
    inverse_normal_each(out, count);
}

/* ---- the start of a group ------------------------------------------------------- */

static void start_sites(const ReferenceRun *run, Group *group)
{
    const ReferencePlan *plan = run->plan;
    Lanes lead[N_SITES];

    draw_normals(run, group, plan->lead_hash, 0, lead, N_SITES);
    for (int i = 0; i < N_SITES; i++)
        lead[i] = add(all(plan->lead_mu[i]), times(plan->lead_sigma[i], lead[i]));
    exp_each(lead, N_SITES);
    for (int i = 0; i < N_SITES; i++) {
        Site *site = &group->sites[i];
        Lanes a = divide(all(3), lead[i]);

        site->p0 = subtract(all(0), a);
        exp_each(&site->p0, 1);
        site->p1 = multiply(site->p0, a);
        site->p2 = divide(multiply(site->p1, a), all(2));
        site->to_first = subtract(all(1), site->p0);
        site->to_second = subtract(all(1), add(site->p0, site->p1));
        site->to_third = subtract(all(1), add(add(site->p0, site->p1), site->p2));
        site->begun = all(reference_sites[i].begun);
        site->first = site->second = site->third = site->begun;
    }
}

static void start_group(const ReferenceRun *run, Group *group, size_t first_path)
{
    size_t left = run->n_paths - first_path;

    memset(group, 0, sizeof *group);
    group->first_path = (uint32_t)first_path;
    for (int i = 0; i < VECTORS; i++) {
        size_t lanes = left > (size_t)i * WIDE ? left - (size_t)i * WIDE : 0;
        group->valid.v[i] = (__mmask8)(lanes >= WIDE ? 0xff : (1u << lanes) - 1);
    }
    group->tightness = all(1);
    start_sites(run, group);
    for (int i = 0; i < N_LOANS; i++)
        group->owed[i] = all(reference_loans[i].opening);
    group->books[LAB_CASH] = group->books[CLOUD_CASH] = all(OPENING_CASH * CENTS);
    group->books[LAB_EQUITY] = group->books[CLOUD_EQUITY] = all(-OPENING_CASH * CENTS);
}

/* ---- formulas --------------------------------------------------------------------- */

/* Starts building and lets the delay answer; returns what is ready. */
HAND Lanes build(Site *site, const ReferenceSite *spec, Lanes appetite, Lanes *started)
{
    Lanes begun = site->begun;
    Lanes third = add(add(add(multiply(site->p0, site->third), multiply(site->p1, site->second)),
                          multiply(site->p2, site->first)),
                      multiply(begun, site->to_third));

    site->second = add(add(multiply(site->p0, site->second), multiply(site->p1, site->first)),
                       multiply(begun, site->to_second));
    site->first = add(multiply(site->p0, site->first), multiply(begun, site->to_first));
    site->third = third;
    *started = least(times(spec->pace, appetite), subtract(all(spec->size), begun));
    site->begun = add(begun, *started);
    return third;
}

static void formulas(const ReferenceRun *run, Group *group, Month *now, int t)
{
    const ReferencePlan *plan = run->plan;
    Lanes z[N_SHOCKS], started = all(0);
    Lanes appetite = clamp(subtract(times(4, group->tightness), all(3)), 0, 1.5);

    draw_normals(run, group, plan->shock_hash, plan->ordinal[t], z, N_SHOCKS);
    group->energy_log = add(times(0.9, group->energy_log), times(0.08, z[SHOCK_ENERGY]));
    group->demand_log = add(add(group->demand_log, all(0.008)), times(0.03, z[SHOCK_DEMAND]));
    z[SHOCK_ENERGY] = group->energy_log;
    z[SHOCK_DEMAND] = group->demand_log;
    z[SHOCK_CHIP] = times(0.05, z[SHOCK_CHIP]);
    z[SHOCK_SCARCITY] = times(0.04, z[SHOCK_SCARCITY]);
    exp_each(z, N_SHOCKS);
    now->energy_price = times(ENERGY_PRICE, z[SHOCK_ENERGY]);
    now->demand = times(2500, z[SHOCK_DEMAND]);

    appetite = choose(group->cloud_defaulted, appetite, all(0));
    now->ready = all(0);
    for (int i = 0; i < N_SITES; i++) {
        now->ready = add(now->ready,
                         build(&group->sites[i], &reference_sites[i], appetite, &now->started[i]));
        started = add(started, now->started[i]);
    }
    group->made = add(group->made, started);
    group->tightness = divide(now->demand, now->ready);
    now->chip_price = multiply(
        times(CHIP_PRICE, power_of(over(add(all(MADE_BEFORE), group->made), MADE_BEFORE), -0.3)),
        z[SHOCK_CHIP]);
    now->price =
        multiply(times(PRICE, power_of(clamp(group->tightness, 0.5, 1.6), 0.8)), z[SHOCK_SCARCITY]);
    now->sales = multiply(multiply(least(now->demand, now->ready), now->price),
                          choose(group->lab_defaulted, all(1), all(0.7)));

    Lanes power = multiply(now->ready, now->energy_price);
    now->rent = add(times(plan->rent_rate, now->ready), times(1.1, power));
    now->fresh[SLOT_RENT] = now->rent;
    now->fresh[SLOT_WAGES] = all(plan->staff[t]);
    now->fresh[SLOT_SALES] = now->sales;
    now->fresh[SLOT_POWER] = times(plan->power_months[t], power);
    now->fresh[SLOT_UPKEEP] = times(plan->upkeep_rate, now->ready);
    now->fresh[SLOT_BUILDING] = times(BUILDING_PRICE, started);
    now->fresh[SLOT_EQUIPMENT] = multiply(started, now->chip_price);
}

/* ---- what is owed ------------------------------------------------------------------- */

HAND void lend(const Group *group, Month *now)
{
    Lanes cost = add(all(BUILDING_PRICE), now->chip_price);

    now->debt = group->owed[0];
    for (int i = 1; i < N_LOANS; i++)
        now->debt = add(now->debt, group->owed[i]);
    for (int i = 0; i < N_LOANS; i++) {
        const ReferenceLoan *loan = &reference_loans[i];
        Lanes *fresh = now->fresh + SLOT_LOANS + 3 * i;

        fresh[0] = multiply(times(loan->part, now->started[i]), cost);
        fresh[1] = times(loan->rate, group->owed[i]);
        fresh[2] = over(group->owed[i], REPAID_OVER);
    }
}

/* Instalments that are late count in the loan until they are paid: nothing is owed twice. */
static void limit_to_what_is_left(const Group *group, Month *now)
{
    for (int i = 0; i < N_LOANS; i++) {
        Lanes *fresh = &now->fresh[SLOT_LOANS + 3 * i + 2];
        Lanes late = group->arrears[SLOT_LOANS + 3 * i + 2];
        Lanes left = subtract(round_cents(times(CENTS, group->owed[i])), late);

        left = choose(is_above(all(0), left), left, all(0));
        *fresh = choose(is_above(late, all(0)), *fresh, least(*fresh, left));
    }
}

/* Amounts become whole cents; the rest is carried to the next month. What is not a number shows
 * in the books. */
HAND void oblige(Group *group, Month *now)
{
    Lanes lowest = all(0);

    for (int i = 0; i < N_SLOTS; i++) {
        Lanes exact = add(times(CENTS, now->fresh[i]), group->carry[i]);
        Lanes cents = round_cents(exact);

        group->carry[i] = subtract(exact, cents);
        now->fresh[i] = cents;
        lowest = least(lowest, cents);
    }
    group->failed = either(group->failed, is_above(all(0), lowest));
    now->due = now->paid = now->fresh;
    if (group->has_arrears) {
        limit_to_what_is_left(group, now);
        for (int i = 0; i < N_SLOTS; i++)
            now->with_arrears[i] = add(now->fresh[i], group->arrears[i]);
        now->due = now->paid = now->with_arrears;
    }
}

/* ---- clearing ------------------------------------------------------------------------- */

static const int running[] = {SLOT_POWER, SLOT_UPKEEP};
static const int senior[] = {1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17};
static const int trade[] = {SLOT_BUILDING, SLOT_EQUIPMENT};

HAND Lanes sum_due(const Month *now, const int *slots, int count)
{
    Lanes sum = now->due[slots[0]];

    for (int i = 1; i < count; i++)
        sum = add(sum, now->due[slots[i]]);
    return sum;
}

static void split_lane(Month *now, const int *slots, int count, double cash, int lane)
{
    double due[N_SENIOR], paid[N_SENIOR];

    for (int i = 0; i < count; i++)
        due[i] = ((const double *)(const void *)&now->due[slots[i]])[lane];
    reference_split(cash, due, paid, (size_t)count);
    for (int i = 0; i < count; i++)
        *lane_of(&now->cut[slots[i]], lane) = paid[i];
}

/* Pays one rank from cash, in full or pro rata; returns what is left. */
static Lanes pay_rank(Month *now, const int *slots, int count, Lanes cash)
{
    Lanes due = sum_due(now, slots, count);
    Mask short_lanes = is_above(due, cash);

    for (int v = 0; v < VECTORS; v++)
        for (unsigned left = short_lanes.v[v]; left != 0; left &= left - 1) {
            int lane = v * WIDE + __builtin_ctz(left);
            split_lane(now, slots, count, *lane_of(&cash, lane), lane);
        }
    return choose(short_lanes, subtract(cash, due), all(0));
}

/* Somebody is short: what is paid is worked out by rank, the lab's first. */
static void clear_short(Month *now, Lanes lab, Lanes cloud, Mask cloud_short)
{
    memcpy(now->cut, now->due, N_SLOTS * sizeof *now->cut);
    now->cut[SLOT_WAGES] = least(now->due[SLOT_WAGES], lab);
    now->cut[SLOT_RENT] = least(now->due[SLOT_RENT], subtract(lab, now->cut[SLOT_WAGES]));
    if (is_any(cloud_short)) {
        cloud = pay_rank(now, running, 2, cloud);
        cloud = pay_rank(now, senior, N_SENIOR, cloud);
        (void)pay_rank(now, trade, 2, cloud);
    }
    now->paid = now->cut;
}

HAND void clear(Group *group, Month *now)
{
    const Lanes *due = now->due;
    Lanes lab = add(group->books[LAB_CASH], due[SLOT_SALES]);
    Lanes owed_by_lab = add(due[SLOT_WAGES], due[SLOT_RENT]);
    Lanes rent = least(due[SLOT_RENT], subtract(lab, least(due[SLOT_WAGES], lab)));
    Lanes cloud = add(group->books[CLOUD_CASH], rent);
    Lanes owed_by_cloud =
        add(add(sum_due(now, running, 2), sum_due(now, senior, N_SENIOR)), sum_due(now, trade, 2));

    for (int i = 0; i < N_LOANS; i++)
        cloud = add(cloud, due[SLOT_LOANS + 3 * i]);
    Mask lab_short = is_above(owed_by_lab, lab);
    Mask cloud_short = is_above(owed_by_cloud, cloud);
    now->is_short = is_any(either(lab_short, cloud_short));
    if (now->is_short) {
        group->lab_defaulted = either(group->lab_defaulted, lab_short);
        group->cloud_defaulted = either(group->cloud_defaulted, cloud_short);
        clear_short(now, lab, cloud, cloud_short);
    }
}

/* ---- postings --------------------------------------------------------------------------- */

/* What six loans owe of one sort. */
HAND Lanes over_loans(const Lanes *cents, int which)
{
    Lanes sum = cents[SLOT_LOANS + which];

    for (int i = 1; i < N_LOANS; i++)
        sum = add(sum, cents[SLOT_LOANS + 3 * i + which]);
    return sum;
}

#define CREDIT(account, cents) books[account] = subtract(books[account], cents)
#define DEBIT(account, cents) books[account] = add(books[account], cents)

/* What was due, as cost and income; what was paid, in cash. */
HAND void post(Lanes *books, const Lanes *fresh, const Lanes *paid)
{
    Lanes lent = over_loans(fresh, 0), repaid = over_loans(fresh, 2);
    Lanes interest = over_loans(fresh, 1);
    Lanes bank = subtract(add(over_loans(paid, 1), over_loans(paid, 2)), over_loans(paid, 0));
    Lanes grid = add(paid[SLOT_POWER], paid[SLOT_UPKEEP]);
    Lanes maker = add(paid[SLOT_BUILDING], paid[SLOT_EQUIPMENT]);
    Lanes plant = add(fresh[SLOT_BUILDING], fresh[SLOT_EQUIPMENT]);
    Lanes lab = subtract(subtract(paid[SLOT_SALES], paid[SLOT_WAGES]), paid[SLOT_RENT]);

    DEBIT(USERS_COSTS, fresh[SLOT_SALES]);
    CREDIT(LAB_SALES, fresh[SLOT_SALES]);
    DEBIT(LAB_WAGES, fresh[SLOT_WAGES]);
    CREDIT(USERS_SALES, fresh[SLOT_WAGES]);
    DEBIT(LAB_RENT, fresh[SLOT_RENT]);
    CREDIT(CLOUD_RENT, fresh[SLOT_RENT]);
    DEBIT(CLOUD_POWER, fresh[SLOT_POWER]);
    DEBIT(CLOUD_COSTS, fresh[SLOT_UPKEEP]);
    CREDIT(GRID_SALES, add(fresh[SLOT_POWER], fresh[SLOT_UPKEEP]));
    DEBIT(CLOUD_PLANT, plant);
    CREDIT(MAKER_SALES, plant);
    DEBIT(BANK_LOANS, subtract(lent, repaid));
    CREDIT(CLOUD_DEBT, subtract(lent, repaid));
    DEBIT(CLOUD_INTEREST, interest);
    CREDIT(BANK_INTEREST, interest);
    DEBIT(USERS_CASH, subtract(paid[SLOT_WAGES], paid[SLOT_SALES]));
    DEBIT(LAB_CASH, lab);
    DEBIT(CLOUD_CASH, subtract(paid[SLOT_RENT], add(add(grid, maker), bank)));
    DEBIT(GRID_CASH, grid);
    DEBIT(MAKER_CASH, maker);
    DEBIT(BANK_CASH, bank);
}

/* What was due and not paid, or paid of what was due before. */
static void post_arrears(Group *group, const Month *now)
{
    Lanes *books = group->books;
    Lanes late[N_SLOTS];
    Mask any = {0};

    for (int i = 0; i < N_SLOTS; i++) {
        late[i] = subtract(now->fresh[i], now->paid[i]);
        group->arrears[i] = subtract(now->due[i], now->paid[i]);
        any = either(any, is_above(group->arrears[i], all(0)));
    }
    group->has_arrears = is_any(any);
    Lanes grid = add(late[SLOT_POWER], late[SLOT_UPKEEP]);
    Lanes maker = add(late[SLOT_BUILDING], late[SLOT_EQUIPMENT]);
    Lanes bank = add(over_loans(late, 1), over_loans(late, 2));
    CREDIT(LAB_PAYABLES, add(late[SLOT_WAGES], late[SLOT_RENT]));
    DEBIT(USERS_RECEIVABLES, late[SLOT_WAGES]);
    DEBIT(CLOUD_RECEIVABLES, late[SLOT_RENT]);
    CREDIT(CLOUD_PAYABLES, add(add(grid, maker), bank));
    DEBIT(GRID_RECEIVABLES, grid);
    DEBIT(MAKER_RECEIVABLES, maker);
    DEBIT(BANK_RECEIVABLES, bank);
}

/* Each party's accounts add up to zero, and each is an exact number of cents. */
HAND void test_books(ReferenceRun *run, Group *group)
{
    static const int first[] = {USERS_CASH, LAB_CASH,  CLOUD_CASH, GRID_CASH,
                                MAKER_CASH, BANK_CASH, N_ACCOUNTS};

    for (int v = 0; v < VECTORS; v++) {
        __m512d largest = _mm512_setzero_pd();
        __mmask8 faulty = 0, broken = 0;
        for (int party = 0; party < 6; party++) {
            __m512d sum = _mm512_setzero_pd();
            for (int i = first[party]; i < first[party + 1]; i++) {
                sum = _mm512_add_pd(sum, group->books[i].v[v]);
                largest = _mm512_max_pd(largest, _mm512_abs_pd(group->books[i].v[v]));
            }
            faulty |= _mm512_cmp_pd_mask(sum, _mm512_setzero_pd(), _CMP_NEQ_OQ);
            broken |= _mm512_cmp_pd_mask(sum, sum, _CMP_UNORD_Q);
        }
        broken |= _mm512_cmp_pd_mask(largest, _mm512_set1_pd(MONEY_BOUND), _CMP_NLT_UQ);
        group->failed.v[v] |= broken;
        run->n_book_faults += (uint64_t)__builtin_popcount(faulty & group->valid.v[v]);
    }
}

/* ---- sums over paths ------------------------------------------------------------------------ */

/* Each of eight slots summed over its lanes. */
HAND __m512d sum_lanes(const Lanes *x, Mask valid)
{
    __m512d s[8], pairs[4], fours[2];

    for (int i = 0; i < 8; i++) {
        s[i] = _mm512_maskz_mov_pd(valid.v[0], x[i].v[0]);
        for (int v = 1; v < VECTORS; v++)
            s[i] = _mm512_mask_add_pd(s[i], valid.v[v], s[i], x[i].v[v]);
    }
    for (int i = 0; i < 4; i++)
        pairs[i] = _mm512_add_pd(_mm512_unpacklo_pd(s[2 * i], s[2 * i + 1]),
                                 _mm512_unpackhi_pd(s[2 * i], s[2 * i + 1]));
    for (int i = 0; i < 2; i++)
        fours[i] = _mm512_add_pd(_mm512_shuffle_f64x2(pairs[2 * i], pairs[2 * i + 1], 0x44),
                                 _mm512_shuffle_f64x2(pairs[2 * i], pairs[2 * i + 1], 0xee));
    return _mm512_add_pd(_mm512_shuffle_f64x2(fours[0], fours[1], 0x88),
                         _mm512_shuffle_f64x2(fours[0], fours[1], 0xdd));
}

HAND void count_cents(int64_t *sums, __m512i cents)
{
    _mm512_storeu_si512(sums, _mm512_add_epi64(_mm512_loadu_si512(sums), cents));
}

HAND void count_month(const Group *group, const Month *now, int64_t *due, int64_t *paid)
{
    Mask valid = group->valid;

    for (int i = 0; i < PADDED_SLOTS; i += WIDE) {
        __m512i fresh = _mm512_cvtpd_epi64(sum_lanes(now->fresh + i, valid));
        __m512i settled = fresh;

        if (now->paid != now->fresh)
            settled = _mm512_cvtpd_epi64(sum_lanes(now->paid + i, valid));
        count_cents(due + i, fresh);
        count_cents(paid + i, settled);
    }
}

/* Arrears, what the payments lower and raise, and the sums over all paths. */
HAND void settle(Group *group, const Month *now, Sums *sums, int t)
{
    count_month(group, now, sums->due[t], sums->paid[t]);
    for (int i = 0; i < N_LOANS; i++) {
        const Lanes *paid = now->paid + SLOT_LOANS + 3 * i;
        Lanes lump = subtract(over(paid[0], CENTS), over(paid[2], CENTS));
        Lanes owed = add(group->owed[i], lump);

        group->owed[i] = choose(is_above(all(0), owed), owed, all(0));
    }
}

/* Past the cache where a whole line is written: nobody reads it soon. */
HAND void store(double *const *series, int which, size_t at, Mask valid, Lanes x)
{
    double *to = series[which] + at;
    bool is_whole = ((uintptr_t)to & 63) == 0 && valid.v[VECTORS - 1] == 0xff;

    if (is_whole)
        EACH _mm512_stream_pd(to + i_ * WIDE, x.v[i_]);
    else
        EACH _mm512_mask_storeu_pd(to + i_ * WIDE, valid.v[i_], x.v[i_]);
}

HAND void keep(const ReferenceRun *run, const Group *group, const Month *now, int t)
{
    size_t at = (size_t)t * run->n_paths + group->first_path;
    double *const *series = run->series;
    Mask valid = group->valid;

    store(series, SERIES_ENERGY_PRICE, at, valid, now->energy_price);
    store(series, SERIES_DEMAND, at, valid, now->demand);
    store(series, SERIES_READY, at, valid, now->ready);
    store(series, SERIES_CHIP_PRICE, at, valid, now->chip_price);
    store(series, SERIES_PRICE, at, valid, now->price);
    store(series, SERIES_SALES, at, valid, now->sales);
    store(series, SERIES_RENT, at, valid, now->rent);
    store(series, SERIES_DEBT, at, valid, now->debt);
    store(series, SERIES_LAB_CASH, at, valid, over(group->books[LAB_CASH], CENTS));
    store(series, SERIES_CLOUD_CASH, at, valid, over(group->books[CLOUD_CASH], CENTS));
    store(series, SERIES_LAB_DEFAULTED, at, valid, choose(group->lab_defaulted, all(0), all(1)));
    store(series, SERIES_CLOUD_DEFAULTED, at, valid,
          choose(group->cloud_defaulted, all(0), all(1)));
}

/* ---- all groups ------------------------------------------------------------------------------ */

static void run_group(ReferenceRun *run, Group *group, Sums *sums)
{
    Month now;

    memset(&now, 0, sizeof now);
    for (int t = 0; t < N_MONTHS; t++) {
        formulas(run, group, &now, t);
        lend(group, &now);
        oblige(group, &now);
        clear(group, &now);
        post(group->books, now.fresh, now.paid);
        if (now.paid != now.fresh)
            post_arrears(group, &now);
        test_books(run, group);
        settle(group, &now, sums, t);
        keep(run, group, &now, t);
    }
    for (int v = 0; v < VECTORS; v++)
        run->n_failed +=
            (uint64_t)__builtin_popcount((unsigned)group->failed.v[v] & group->valid.v[v]);
}

int reference_avx512(ReferenceRun *run)
{
    static Sums sums;
    static Group group;

    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq"))
        return 0;
    memset(&sums, 0, sizeof sums);
    for (size_t first = 0; first < run->n_paths; first += LANES) {
        start_group(run, &group, first);
        run_group(run, &group, &sums);
    }
    for (int i = 0; i < N_SLOTS; i++)
        for (int t = 0; t < N_MONTHS; t++) {
            run->due[i][t] = sums.due[t][i];
            run->paid[i][t] = sums.paid[t][i];
        }
    return 1;
}

#else

int reference_avx512(ReferenceRun *run)
{
    (void)run;
    return 0;
}

#endif
