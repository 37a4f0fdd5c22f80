/* Runs the reference model (reference.gw) in the engine or by hand, times it and compares results.
 *
 *   reference engine MODEL|scalar|avx512 [--paths N] [--seed N] [--threads N] [--rounds N]
 *             [--rent X] [--upkeep X] [--write FILE]
 *       prints the seconds of each round, the run alone: on the wall, of the processor; status 77
 *       when this machine or build cannot
 *   reference bytes MODEL [--paths N]             what a run would keep, foretold
 *   reference draws FILE [--paths N] [--seed N]   the normal numbers of every draw
 *   reference agree FILE FILE                     the greatest differences; status 1 above 1e-9
 *
 * A result file is doubles of this machine: paths, failed paths, faults in the books, 0; then
 * every series [month][path], then the means owed and then paid of every pay statement [month],
 * in USD. Draws: paths; then the monthly draws [month][path], then the leads [path]. */
#include "reference.h"

#include "gigawatt.h"
#include "ledger/share.h"
#include "maths/maths.h"
#include "maths/philox.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N_HEADER = 4, CANNOT = 77 };
static const double AGREES = 1e-9;

const ReferenceSite reference_sites[N_SITES] = {
    {600, 12, 300, 14, 24, "h1.lead"}, {700, 10, 300, 14, 26, "h2.lead"},
    {800, 11, 400, 16, 28, "h3.lead"}, {500, 8, 200, 12, 20, "h4.lead"},
    {900, 13, 400, 16, 30, "h5.lead"}, {650, 9, 300, 14, 24, "h6.lead"},
    {750, 9, 300, 18, 30, "h7.lead"},  {550, 7, 200, 14, 26, "h8.lead"},
};
const ReferenceLoan reference_loans[N_LOANS] = {
    {0.60, 0.070 / 12, 3e9}, {0.70, 0.080 / 12, 3e9}, {0.65, 0.090 / 12, 4e9},
    {0.60, 0.065 / 12, 2e9}, {0.75, 0.100 / 12, 4e9}, {0.70, 0.085 / 12, 3e9},
};
const char *const reference_shocks[N_SHOCKS] = {"energy_shock", "demand_shock", "chip_shock",
                                                "scarcity_shock"};

/* As the model names them. */
static const char *const series_names[N_SERIES] = {
    "energy_price", "demand", "ready",    "chip_price", "price",         "sales",
    "rent",         "debt",   "lab.cash", "cloud.cash", "lab.defaulted", "cloud.defaulted",
};
static const struct {
    const char *contract, *category;
} slot_names[N_SLOTS] = {
    {"l1", "borrowing"},    {"l1", "interest"},       {"l1", "repayment"},
    {"l2", "borrowing"},    {"l2", "interest"},       {"l2", "repayment"},
    {"l3", "borrowing"},    {"l3", "interest"},       {"l3", "repayment"},
    {"l4", "borrowing"},    {"l4", "interest"},       {"l4", "repayment"},
    {"l5", "borrowing"},    {"l5", "interest"},       {"l5", "repayment"},
    {"l6", "borrowing"},    {"l6", "interest"},       {"l6", "repayment"},
    {"lease", "rent"},      {"salaries", "wages"},    {"subscriptions", "revenue"},
    {"supply", "power"},    {"supply", "operations"}, {"works", "building"},
    {"works", "equipment"},
};

typedef struct {
    size_t n_paths;
    uint64_t seed;
    unsigned threads, rounds;
    const char *write;
    double rent, upkeep; /* USD a MW and month; NaN: as the model says */
} Options;

/* ---- the plan --------------------------------------------------------------- */

/* FNV-1a, as draws define it. */
static uint64_t hash_of(const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return hash;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month] + (month == 1 && year % 4 == 0); /* from 2026 to 2035 */
}

static void make_plan(ReferencePlan *plan)
{
    double score_95 = 1.6448536269514726, staff = 1;

    for (int i = 0; i < N_SHOCKS; i++)
        plan->shock_hash[i] = hash_of(reference_shocks[i]);
    for (int i = 0; i < N_SITES; i++) {
        double low = gw_log(reference_sites[i].lead_low);
        double high = gw_log(reference_sites[i].lead_high);
        plan->lead_hash[i] = hash_of(reference_sites[i].lead_name);
        plan->lead_mu[i] = (low + high) / 2;
        plan->lead_sigma[i] = (high - low) / (2 * score_95);
    }
    for (int t = 0; t < N_MONTHS; t++) {
        plan->ordinal[t] = (uint32_t)((2026 - 1970) * 12 + t);
        plan->power_months[t] = days_of_month(2026 + t / 12, t % 12) / 30.4375;
        staff *= gw_pow(1.02, 1.0 / 12);
        plan->staff[t] = STAFF * staff;
    }
}

void reference_split(double cash, const double *due, double *paid, size_t count)
{
    double scratch[N_SLOTS];

    (void)allocate_cents(cash, due, count, paid, scratch);
}

/* ---- results ---------------------------------------------------------------- */

static double *take(size_t count)
{
    size_t bytes = (count * sizeof(double) + 63) / 64 * 64;
    double *memory = aligned_alloc(64, bytes);

    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(3);
    }
    return memory;
}

static bool write_run(const ReferenceRun *run, const char *file)
{
    double header[N_HEADER] = {(double)run->n_paths, (double)run->n_failed,
                               (double)run->n_book_faults, 0};
    double n_cents = (double)run->n_paths * CENTS;
    FILE *out = fopen(file, "wb");

    if (out == NULL)
        return false;
    (void)fwrite(header, sizeof *header, N_HEADER, out);
    for (int i = 0; i < N_SERIES; i++)
        (void)fwrite(run->series[i], sizeof(double), N_MONTHS * run->n_paths, out);
    for (int which = 0; which < 2; which++)
        for (int i = 0; i < N_SLOTS; i++)
            for (int t = 0; t < N_MONTHS; t++) {
                int64_t cents = which == 0 ? run->due[i][t] : run->paid[i][t];
                double mean = (double)cents / n_cents;
                (void)fwrite(&mean, sizeof mean, 1, out);
            }
    bool is_written = ferror(out) == 0;
    return fclose(out) == 0 && is_written;
}

static double seconds_on(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct {
    double wall, processor;
} Stopwatch;

static Stopwatch stopwatch(void)
{
    return (Stopwatch){seconds_on(CLOCK_MONOTONIC), seconds_on(CLOCK_PROCESS_CPUTIME_ID)};
}

static void print_since(Stopwatch start)
{
    Stopwatch end = stopwatch();

    printf("%.6f %.6f\n", end.wall - start.wall, end.processor - start.processor);
}

/* ---- by hand ---------------------------------------------------------------- */

/* One round: the results' memory is taken anew, as a user's program would. */
static int round_by_hand(bool is_scalar, ReferenceRun *run)
{
    Stopwatch start = stopwatch();

    for (int i = 0; i < N_SERIES; i++)
        run->series[i] = take(N_MONTHS * run->n_paths);
    if (is_scalar)
        reference_scalar(run);
    else if (!reference_avx512(run))
        return CANNOT;
    print_since(start);
    return 0;
}

static int run_by_hand(bool is_scalar, const Options *options)
{
    static ReferencePlan plan;
    static ReferenceRun run;
    int status = 0;

    make_plan(&plan);
    plan.rent_rate = isnan(options->rent) ? RENT_RATE : options->rent;
    plan.upkeep_rate = isnan(options->upkeep) ? UPKEEP_RATE : options->upkeep;
    for (unsigned round = 0; round < options->rounds && status == 0; round++) {
        for (int i = 0; i < N_SERIES; i++)
            free(run.series[i]);
        run = (ReferenceRun){.plan = &plan, .seed = options->seed, .n_paths = options->n_paths};
        status = round_by_hand(is_scalar, &run);
    }
    if (status == 0 && options->write != NULL && !write_run(&run, options->write))
        status = 3;
    return status;
}

/* ---- the engine ------------------------------------------------------------- */

static void write_series(GwRun *result, GwModel *model, const char *name, size_t n_paths, FILE *out)
{
    size_t output = 0;

    if (gw_model_find_output(model, name, &output) != GW_OK) {
        fprintf(stderr, "the model does not show %s\n", name);
        exit(1);
    }
    for (size_t t = 0; t < N_MONTHS; t++) {
        const double *values = NULL;
        (void)gw_run_column(result, output, t, &values);
        (void)fwrite(values, sizeof *values, n_paths, out);
    }
}

static void write_flow(GwRun *result, int slot, bool is_paid, FILE *out)
{
    size_t n_flows = gw_run_flow_count(result);

    for (size_t t = 0; t < N_MONTHS; t++) {
        double sum = 0;
        for (size_t i = 0; i < n_flows; i++) {
            GwFlow flow;
            if (gw_run_flow(result, i, t, &flow) == GW_OK &&
                strcmp(flow.contract, slot_names[slot].contract) == 0 &&
                strcmp(flow.category, slot_names[slot].category) == 0)
                sum += is_paid ? flow.paid : flow.due;
        }
        (void)fwrite(&sum, sizeof sum, 1, out);
    }
}

static bool write_engine(GwModel *model, GwRun *result, const char *file)
{
    double header[N_HEADER] = {(double)gw_run_paths(result), (double)gw_run_failed(result), 0, 0};
    FILE *out = fopen(file, "wb");

    if (out == NULL)
        return false;
    (void)fwrite(header, sizeof *header, N_HEADER, out);
    for (int i = 0; i < N_SERIES; i++)
        write_series(result, model, series_names[i], (size_t)gw_run_paths(result), out);
    for (int i = 0; i < 2 * N_SLOTS; i++)
        write_flow(result, i % N_SLOTS, i >= N_SLOTS, out);
    bool is_written = ferror(out) == 0;
    return fclose(out) == 0 && is_written;
}

static bool set_rate(GwModel *model, const char *name, double rate)
{
    char line[128];

    (void)snprintf(line, sizeof line, "%s = %.17g USD/MW_site/month", name, rate);
    return isnan(rate) || gw_model_set(model, line) == GW_OK;
}

/* A compiled model, or NULL after saying why not. */
static GwModel *open_model(const char *file, const Options *options)
{
    GwModel *model = gw_model_new();
    bool is_fine = model != NULL && gw_model_open(model, file) == GW_OK;

    is_fine = is_fine && set_rate(model, "rent_rate", options->rent) &&
              set_rate(model, "upkeep_rate", options->upkeep);
    if (is_fine && gw_model_compile(model) == GW_OK)
        return model;
    if (model != NULL) {
        const char *faults = gw_model_diagnostics_text(model, 0);
        fprintf(stderr, "%s\n%s\n", gw_model_message(model), faults != NULL ? faults : "");
    }
    gw_model_free(model);
    return NULL;
}

static GwRunOptions engine_options(const Options *options)
{
    return (GwRunOptions){.paths = options->n_paths,
                          .seed = options->seed,
                          .threads = options->threads,
                          .keep_bytes = (uint64_t)1 << 40};
}

static int run_engine(const char *file, const Options *options)
{
    GwRunOptions run_options = engine_options(options);
    GwModel *model = open_model(file, options);
    GwRun *result = NULL;
    int status = model != NULL ? 0 : 1;

    for (unsigned round = 0; round < options->rounds && status == 0; round++) {
        gw_run_free(result);
        result = NULL;
        Stopwatch start = stopwatch();
        status = gw_model_run(model, &run_options, &result) == GW_OK ? 0 : 1;
        print_since(start);
    }
    if (status == 0 && options->write != NULL)
        status = write_engine(model, result, options->write) ? 0 : 3;
    gw_run_free(result);
    gw_model_free(model);
    return status;
}

static int foretell_bytes(const char *file, const Options *options)
{
    GwRunOptions run_options = engine_options(options);
    GwModel *model = open_model(file, options);
    uint64_t bytes = 0;
    int status = model != NULL ? 0 : 1;

    run_options.keep_bytes = 0; /* as `gw run` does */
    if (status == 0 && gw_model_run_bytes(model, &run_options, &bytes) != GW_OK)
        status = 1;
    if (status == 0)
        printf("%.0f\n", (double)bytes);
    gw_model_free(model);
    return status;
}

/* ---- draws ------------------------------------------------------------------ */

static void write_draws(const Options *options, uint64_t hash, uint32_t ordinal, double *line,
                        FILE *out)
{
    for (size_t path = 0; path < options->n_paths; path++)
        line[path] = gw_inverse_normal(draw_uniform(options->seed, hash, (uint32_t)path, ordinal));
    (void)fwrite(line, sizeof *line, options->n_paths, out);
}

static int export_draws(const char *file, const Options *options)
{
    static ReferencePlan plan;
    FILE *out = fopen(file, "wb");
    double count = (double)options->n_paths;
    double *line = take(options->n_paths);

    if (out == NULL) {
        free(line);
        return 3;
    }
    make_plan(&plan);
    (void)fwrite(&count, sizeof count, 1, out);
    for (int i = 0; i < N_SHOCKS; i++)
        for (int t = 0; t < N_MONTHS; t++)
            write_draws(options, plan.shock_hash[i], plan.ordinal[t], line, out);
    for (int i = 0; i < N_SITES; i++)
        write_draws(options, plan.lead_hash[i], 0, line, out);
    free(line);
    bool is_written = ferror(out) == 0;
    return fclose(out) == 0 && is_written ? 0 : 3;
}

/* ---- comparison ------------------------------------------------------------- */

typedef struct {
    size_t n_paths, count;
    double *numbers;
} Numbers;

static bool read_numbers(const char *file, Numbers *read)
{
    FILE *in = fopen(file, "rb");
    double header[N_HEADER];

    if (in == NULL)
        return false;
    bool is_read = fread(header, sizeof *header, N_HEADER, in) == N_HEADER && header[0] > 0;
    if (is_read) {
        read->n_paths = (size_t)header[0];
        read->count = N_MONTHS * (N_SERIES * read->n_paths + 2 * (size_t)N_SLOTS);
        read->numbers = take(read->count);
        is_read = fread(read->numbers, sizeof(double), read->count, in) == read->count;
        if (header[1] != 0 || header[2] != 0) {
            fprintf(stderr, "%s: %g failed paths, %g faults in the books\n", file, header[1],
                    header[2]);
            is_read = false;
        }
    }
    (void)fclose(in);
    return is_read;
}

/* The greatest difference, in parts of the larger number or of the stretch's mean size. */
static double difference(const double *a, const double *b, size_t count)
{
    double mean = 0, most = 0;

    for (size_t i = 0; i < count; i++)
        mean += gw_abs(a[i]) / (double)count;
    for (size_t i = 0; i < count; i++) {
        double size = gw_max(gw_max(gw_abs(a[i]), gw_abs(b[i])), mean);
        double apart = a[i] == b[i] ? 0 : gw_abs(a[i] - b[i]) / size;
        if (!(apart <= most))
            most = apart;
    }
    return most;
}

static int agree(const char *first, const char *second)
{
    Numbers a, b;
    int status = 0;
    size_t at = 0;

    if (!read_numbers(first, &a) || !read_numbers(second, &b) || a.n_paths != b.n_paths) {
        fprintf(stderr, "%s and %s are not results of the same paths\n", first, second);
        return 1;
    }
    for (int i = 0; i < N_SERIES + 2 * N_SLOTS; i++) {
        size_t count = N_MONTHS * (i < N_SERIES ? a.n_paths : 1);
        double most = difference(a.numbers + at, b.numbers + at, count);
        int slot = (i - N_SERIES) % N_SLOTS;
        const char *what = i < N_SERIES + N_SLOTS ? "owed" : "paid";

        at += count;
        if (i < N_SERIES)
            printf("%-16s %.1e\n", series_names[i], most);
        else if (!(most <= AGREES))
            printf("%s %s %s %.1e\n", slot_names[slot].contract, slot_names[slot].category, what,
                   most);
        if (!(most <= AGREES))
            status = 1;
    }
    free(a.numbers);
    free(b.numbers);
    return status;
}

/* ---- the command line ------------------------------------------------------- */

static int usage(void)
{
    fprintf(stderr, "usage: reference engine MODEL|scalar|avx512 [--paths N] [--seed N] "
                    "[--threads N] [--rounds N]\n"
                    "                 [--rent X] [--upkeep X] [--write FILE]\n"
                    "       reference bytes MODEL [--paths N]\n"
                    "       reference draws FILE [--paths N] [--seed N]\n"
                    "       reference agree FILE FILE\n");
    return 2;
}

static bool read_options(int count, char **words, Options *options)
{
    *options = (Options){
        .n_paths = 2000, .seed = 1, .threads = 1, .rounds = 1, .rent = GW_NAN, .upkeep = GW_NAN};
    for (int i = 0; i + 1 < count; i += 2) {
        if (strcmp(words[i], "--paths") == 0)
            options->n_paths = strtoul(words[i + 1], NULL, 10);
        else if (strcmp(words[i], "--seed") == 0)
            options->seed = strtoul(words[i + 1], NULL, 10);
        else if (strcmp(words[i], "--threads") == 0)
            options->threads = (unsigned)strtoul(words[i + 1], NULL, 10);
        else if (strcmp(words[i], "--rounds") == 0)
            options->rounds = (unsigned)strtoul(words[i + 1], NULL, 10);
        else if (strcmp(words[i], "--write") == 0)
            options->write = words[i + 1];
        else if (strcmp(words[i], "--rent") == 0)
            options->rent = strtod(words[i + 1], NULL);
        else if (strcmp(words[i], "--upkeep") == 0)
            options->upkeep = strtod(words[i + 1], NULL);
        else
            return false;
    }
    return count % 2 == 0 && options->n_paths > 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    bool has_file =
        strcmp(what, "engine") == 0 || strcmp(what, "draws") == 0 || strcmp(what, "bytes") == 0;
    int first_option = has_file ? 3 : 2;
    Options options;

    if (argc == 4 && strcmp(what, "agree") == 0)
        return agree(argv[2], argv[3]);
    if (argc < first_option || !read_options(argc - first_option, argv + first_option, &options))
        return usage();
    if (strcmp(what, "engine") == 0)
        return run_engine(argv[2], &options);
    if (strcmp(what, "bytes") == 0)
        return foretell_bytes(argv[2], &options);
    if (strcmp(what, "draws") == 0)
        return export_draws(argv[2], &options);
    if (strcmp(what, "scalar") == 0 || strcmp(what, "avx512") == 0)
        return run_by_hand(strcmp(what, "scalar") == 0, &options);
    return usage();
}
