/* The reference model by hand in plain C: one path after another, as a careful person writes it.
 *
 * exp, log and pow are the C library's; the inverse normal is AS 241 without fma, which the
 * library would have to call. */
#include "reference.h"

#include "maths/philox.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { N_SENIOR = 2 * N_LOANS };

typedef struct {
    double p0, p1, p2, to_first, to_second, to_third; /* weights of the delay */
    double first, second, third;                      /* its stages */
    double begun;
} Site;

typedef struct {
    uint32_t number;
    double energy_log, demand_log, tightness, made;
    Site sites[N_SITES];
    double owed[N_LOANS];
    double carry[N_SLOTS], arrears[N_SLOTS];
    double books[N_ACCOUNTS];
    bool is_lab_defaulted, is_cloud_defaulted, is_failed;
} Path;

/* One month's numbers. */
typedef struct {
    double energy_price, demand, ready, chip_price, price, sales, rent, debt;
    double started[N_SITES];
    double fresh[N_SLOTS], due[N_SLOTS], paid[N_SLOTS]; /* cents */
    bool is_short;
} Month;

/* ---- draws ------------------------------------------------------------------ */

/* Wichura, Algorithm AS 241 (PPND16). */
static double inverse_normal(double p)
{
    double q = p - 0.5, r, n, d, z;

    if (fabs(q) <= 0.425) {
        r = 0.180625 - q * q;
        n = ((((((2.5090809287301226727e+3 * r + 3.3430575583588128105e+4) * r +
                 6.7265770927008700853e+4) *
                    r +
                4.5921953931549871457e+4) *
                   r +
               1.3731693765509461125e+4) *
                  r +
              1.9715909503065514427e+3) *
                 r +
             1.3314166789178437745e+2) *
                r +
            3.3871328727963666080e+0;
        d = ((((((5.2264952788528545610e+3 * r + 2.8729085735721942674e+4) * r +
                 3.9307895800092710610e+4) *
                    r +
                2.1213794301586595867e+4) *
                   r +
               5.3941960214247511077e+3) *
                  r +
              6.8718700749205790830e+2) *
                 r +
             4.2313330701600911252e+1) *
                r +
            1.0;
        return q * n / d;
    }
    r = sqrt(-log(q < 0 ? p : 1 - p));
    if (r <= 5) {
        r -= 1.6;
        n = ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r +
                 2.41780725177450611770e-1) *
                    r +
                1.27045825245236838258e+0) *
                   r +
               3.64784832476320460504e+0) *
                  r +
              5.76949722146069140550e+0) *
                 r +
             4.63033784615654529590e+0) *
                r +
            1.42343711074968357734e+0;
        d = ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r +
                 1.51986665636164571966e-2) *
                    r +
                1.48103976427480074590e-1) *
                   r +
               6.89767334985100004550e-1) *
                  r +
              1.67638483018380384940e+0) *
                 r +
             2.05319162663775882187e+0) *
                r +
            1.0;
    } else {
        r -= 5;
        n = ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r +
                 1.24266094738807843860e-3) *
                    r +
                2.65321895265761230930e-2) *
                   r +
               2.96560571828504891230e-1) *
                  r +
              1.78482653991729133580e+0) *
                 r +
             5.46378491116411436990e+0) *
                r +
            6.65790464350110377720e+0;
        d = ((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r +
                 1.84631831751005468180e-5) *
                    r +
                7.86869131145613259100e-4) *
                   r +
               1.48753612908506148525e-2) *
                  r +
              1.36929880922735805310e-1) *
                 r +
             5.99832206555887937690e-1) *
                r +
            1.0;
    }
    z = n / d;
    return q < 0 ? -z : z;
}

static double draw_normal(const ReferenceRun *run, uint64_t hash, uint32_t path, uint32_t ordinal)
{
    return inverse_normal(draw_uniform(run->seed, hash, path, ordinal));
}

/* ---- the start of a path ---------------------------------------------------- */

static void start_site(const ReferenceRun *run, Path *path, int i)
{
    const ReferencePlan *plan = run->plan;
    Site *site = &path->sites[i];
    double z = draw_normal(run, plan->lead_hash[i], path->number, 0);
    double a = 3 / exp(plan->lead_mu[i] + plan->lead_sigma[i] * z);

    site->p0 = exp(-a);
    site->p1 = site->p0 * a;
    site->p2 = site->p1 * a / 2;
    site->to_first = 1 - site->p0;
    site->to_second = 1 - (site->p0 + site->p1);
    site->to_third = 1 - ((site->p0 + site->p1) + site->p2);
    site->begun = site->first = site->second = site->third = reference_sites[i].begun;
}

static void start_path(const ReferenceRun *run, Path *path, uint32_t number)
{
    double opening = OPENING_CASH * CENTS;

    memset(path, 0, sizeof *path);
    path->number = number;
    path->tightness = 1;
    for (int i = 0; i < N_SITES; i++)
        start_site(run, path, i);
    for (int i = 0; i < N_LOANS; i++)
        path->owed[i] = reference_loans[i].opening;
    path->books[LAB_CASH] = path->books[CLOUD_CASH] = opening;
    path->books[LAB_EQUITY] = path->books[CLOUD_EQUITY] = -opening;
}

/* ---- formulas --------------------------------------------------------------- */

static double clamp(double x, double low, double high)
{
    double above = x > low ? x : low;

    return above < high ? above : high;
}

/* Starts building and lets the delay answer; returns what is ready. */
static double build(Path *path, Month *now, int i, double appetite)
{
    const ReferenceSite *spec = &reference_sites[i];
    Site *site = &path->sites[i];
    double wanted = spec->pace * appetite, room = spec->size - site->begun;
    double third = ((site->p0 * site->third + site->p1 * site->second) + site->p2 * site->first) +
                   site->begun * site->to_third;
    double second =
        (site->p0 * site->second + site->p1 * site->first) + site->begun * site->to_second;

    site->first = site->p0 * site->first + site->begun * site->to_first;
    site->second = second;
    site->third = third;
    now->started[i] = wanted < room ? wanted : room;
    site->begun += now->started[i];
    return third;
}

static void formulas(const ReferenceRun *run, Path *path, Month *now, int t)
{
    const ReferencePlan *plan = run->plan;
    double z[N_SHOCKS], appetite, started = 0;

    for (int i = 0; i < N_SHOCKS; i++)
        z[i] = draw_normal(run, plan->shock_hash[i], path->number, plan->ordinal[t]);
    path->energy_log = 0.9 * path->energy_log + 0.08 * z[SHOCK_ENERGY];
    path->demand_log = (path->demand_log + 0.008) + 0.03 * z[SHOCK_DEMAND];
    now->energy_price = ENERGY_PRICE * exp(path->energy_log);
    now->demand = 2500 * exp(path->demand_log);

    appetite = path->is_cloud_defaulted ? 0 : clamp(4 * path->tightness - 3, 0, 1.5);
    now->ready = 0;
    for (int i = 0; i < N_SITES; i++) {
        now->ready += build(path, now, i, appetite);
        started += now->started[i];
    }
    path->made += started;
    now->chip_price = CHIP_PRICE * pow((MADE_BEFORE + path->made) / MADE_BEFORE, -0.3) *
                      exp(0.05 * z[SHOCK_CHIP]);
    path->tightness = now->demand / now->ready;
    now->price = PRICE * pow(clamp(path->tightness, 0.5, 1.6), 0.8) * exp(0.04 * z[SHOCK_SCARCITY]);
    now->sales = (now->demand < now->ready ? now->demand : now->ready) * now->price *
                 (path->is_lab_defaulted ? 0.7 : 1);

    double power = now->ready * now->energy_price;
    now->rent = now->ready * plan->rent_rate + 1.1 * power;
    now->fresh[SLOT_RENT] = now->rent;
    now->fresh[SLOT_WAGES] = plan->staff[t];
    now->fresh[SLOT_SALES] = now->sales;
    now->fresh[SLOT_POWER] = power * plan->power_months[t];
    now->fresh[SLOT_UPKEEP] = now->ready * plan->upkeep_rate;
    now->fresh[SLOT_BUILDING] = started * BUILDING_PRICE;
    now->fresh[SLOT_EQUIPMENT] = started * now->chip_price;
}

/* ---- what is owed ----------------------------------------------------------- */

static void lend(Path *path, Month *now)
{
    now->debt = 0;
    for (int i = 0; i < N_LOANS; i++) {
        const ReferenceLoan *loan = &reference_loans[i];
        double *fresh = now->fresh + SLOT_LOANS + 3 * i;

        fresh[0] = loan->part * now->started[i] * (BUILDING_PRICE + now->chip_price);
        fresh[1] = path->owed[i] * loan->rate;
        fresh[2] = path->owed[i] / REPAID_OVER;
        now->debt += path->owed[i];
    }
}

/* Half to even, for amounts far below 2^51. */
static double round_cents(double x)
{
    return (x + 0x1.8p52) - 0x1.8p52;
}

/* Instalments that are late count in the loan until they are paid: nothing is owed twice. */
static double limit_to_what_is_left(const Path *path, int slot, double cents)
{
    double left = round_cents(path->owed[slot / 3] * CENTS) - path->arrears[slot];

    return path->arrears[slot] == 0 || cents < left ? cents : left > 0 ? left : 0;
}

/* Amounts become whole cents; the rest is carried to the next month. */
static void oblige(Path *path, Month *now)
{
    for (int i = 0; i < N_SLOTS; i++) {
        double exact = now->fresh[i] * CENTS + path->carry[i];
        double cents = round_cents(exact);

        if (!(cents >= 0 && cents < MONEY_BOUND))
            path->is_failed = true;
        path->carry[i] = exact - cents;
        if (i < SLOT_RENT && i % 3 == 2)
            cents = limit_to_what_is_left(path, i, cents);
        now->fresh[i] = cents;
        now->due[i] = cents + path->arrears[i];
        now->paid[i] = now->due[i];
    }
}

/* ---- clearing --------------------------------------------------------------- */

/* Pays one rank from cash, in full or pro rata; returns what is left. */
static double pay_rank(Month *now, const int *slots, size_t count, double cash)
{
    double due[N_SENIOR], paid[N_SENIOR], sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += due[i] = now->due[slots[i]];
    if (sum <= cash)
        return cash - sum;
    reference_split(cash, due, paid, count);
    for (size_t i = 0; i < count; i++)
        now->paid[slots[i]] = paid[i];
    now->is_short = true;
    return 0;
}

/* Nobody owes in a circle: the users pay the lab, the lab the cloud, the cloud the rest. */
static void clear(Path *path, Month *now)
{
    static const int wages[] = {SLOT_WAGES}, rent[] = {SLOT_RENT};
    static const int running[] = {SLOT_POWER, SLOT_UPKEEP};
    static const int senior[] = {1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17};
    static const int trade[] = {SLOT_BUILDING, SLOT_EQUIPMENT};
    double lab = path->books[LAB_CASH] + now->paid[SLOT_SALES];
    double cloud = path->books[CLOUD_CASH];

    now->is_short = false;
    lab = pay_rank(now, wages, 1, lab);
    (void)pay_rank(now, rent, 1, lab);
    path->is_lab_defaulted |= now->is_short;
    bool is_lab_short = now->is_short;

    now->is_short = false;
    cloud += now->paid[SLOT_RENT];
    for (int i = 0; i < N_LOANS; i++)
        cloud += now->paid[SLOT_LOANS + 3 * i];
    cloud = pay_rank(now, running, 2, cloud);
    cloud = pay_rank(now, senior, N_SENIOR, cloud);
    (void)pay_rank(now, trade, 2, cloud);
    path->is_cloud_defaulted |= now->is_short;
    now->is_short |= is_lab_short;
}

/* ---- postings --------------------------------------------------------------- */

/* What was due and what was paid, in the books of both. */
static void post(double *books, const Month *now, int slot, int payer_account, int payer_payables,
                 int payer_cash, int payee_account, int payee_receivables, int payee_cash)
{
    double fresh = now->fresh[slot], paid = now->paid[slot];

    books[payer_account] += fresh;
    books[payee_account] -= fresh;
    books[payer_cash] -= paid;
    books[payee_cash] += paid;
    if (payer_payables >= 0) {
        books[payer_payables] -= fresh - paid;
        books[payee_receivables] += fresh - paid;
    }
}

static void post_all(Path *path, const Month *now)
{
    double *books = path->books;

    for (int i = 0; i < N_LOANS; i++) {
        post(books, now, SLOT_LOANS + 3 * i, BANK_LOANS, -1, BANK_CASH, CLOUD_DEBT, -1, CLOUD_CASH);
        post(books, now, SLOT_LOANS + 3 * i + 1, CLOUD_INTEREST, CLOUD_PAYABLES, CLOUD_CASH,
             BANK_INTEREST, BANK_RECEIVABLES, BANK_CASH);
        post(books, now, SLOT_LOANS + 3 * i + 2, CLOUD_DEBT, CLOUD_PAYABLES, CLOUD_CASH, BANK_LOANS,
             BANK_RECEIVABLES, BANK_CASH);
    }
    post(books, now, SLOT_RENT, LAB_RENT, LAB_PAYABLES, LAB_CASH, CLOUD_RENT, CLOUD_RECEIVABLES,
         CLOUD_CASH);
    post(books, now, SLOT_WAGES, LAB_WAGES, LAB_PAYABLES, LAB_CASH, USERS_SALES, USERS_RECEIVABLES,
         USERS_CASH);
    post(books, now, SLOT_SALES, USERS_COSTS, -1, USERS_CASH, LAB_SALES, -1, LAB_CASH);
    post(books, now, SLOT_POWER, CLOUD_POWER, CLOUD_PAYABLES, CLOUD_CASH, GRID_SALES,
         GRID_RECEIVABLES, GRID_CASH);
    post(books, now, SLOT_UPKEEP, CLOUD_COSTS, CLOUD_PAYABLES, CLOUD_CASH, GRID_SALES,
         GRID_RECEIVABLES, GRID_CASH);
    post(books, now, SLOT_BUILDING, CLOUD_PLANT, CLOUD_PAYABLES, CLOUD_CASH, MAKER_SALES,
         MAKER_RECEIVABLES, MAKER_CASH);
    post(books, now, SLOT_EQUIPMENT, CLOUD_PLANT, CLOUD_PAYABLES, CLOUD_CASH, MAKER_SALES,
         MAKER_RECEIVABLES, MAKER_CASH);
}

static void test_books(ReferenceRun *run, Path *path)
{
    static const int first[] = {USERS_CASH, LAB_CASH,  CLOUD_CASH, GRID_CASH,
                                MAKER_CASH, BANK_CASH, N_ACCOUNTS};

    for (int party = 0; party < 6; party++) {
        double sum = 0;
        for (int i = first[party]; i < first[party + 1]; i++) {
            sum += path->books[i];
            if (!(fabs(path->books[i]) < MONEY_BOUND))
                path->is_failed = true;
        }
        run->n_book_faults += sum != 0;
    }
}

/* Arrears, what the payments lower and raise, and the sums over all paths. */
static void settle(ReferenceRun *run, Path *path, const Month *now, int t)
{
    for (int i = 0; i < N_SLOTS; i++) {
        path->arrears[i] = now->due[i] - now->paid[i];
        run->due[i][t] += (int64_t)now->fresh[i];
        run->paid[i][t] += (int64_t)now->paid[i];
    }
    for (int i = 0; i < N_LOANS; i++) {
        const double *paid = now->paid + SLOT_LOANS + 3 * i;

        path->owed[i] += paid[0] / CENTS - paid[2] / CENTS;
        if (path->owed[i] < 0)
            path->owed[i] = 0;
    }
}

static void keep(const ReferenceRun *run, const Path *path, const Month *now, int t)
{
    size_t at = (size_t)t * run->n_paths + path->number;

    run->series[SERIES_ENERGY_PRICE][at] = now->energy_price;
    run->series[SERIES_DEMAND][at] = now->demand;
    run->series[SERIES_READY][at] = now->ready;
    run->series[SERIES_CHIP_PRICE][at] = now->chip_price;
    run->series[SERIES_PRICE][at] = now->price;
    run->series[SERIES_SALES][at] = now->sales;
    run->series[SERIES_RENT][at] = now->rent;
    run->series[SERIES_DEBT][at] = now->debt;
    run->series[SERIES_LAB_CASH][at] = path->books[LAB_CASH] / CENTS;
    run->series[SERIES_CLOUD_CASH][at] = path->books[CLOUD_CASH] / CENTS;
    run->series[SERIES_LAB_DEFAULTED][at] = path->is_lab_defaulted;
    run->series[SERIES_CLOUD_DEFAULTED][at] = path->is_cloud_defaulted;
}

void reference_scalar(ReferenceRun *run)
{
    Path path;
    Month now;

    for (size_t number = 0; number < run->n_paths; number++) {
        start_path(run, &path, (uint32_t)number);
        for (int t = 0; t < N_MONTHS; t++) {
            formulas(run, &path, &now, t);
            lend(&path, &now);
            oblige(&path, &now);
            clear(&path, &now);
            post_all(&path, &now);
            test_books(run, &path);
            settle(run, &path, &now, t);
            keep(run, &path, &now, t);
        }
        run->n_failed += path.is_failed;
    }
}
