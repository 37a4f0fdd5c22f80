/* Every path in turn: phase 8, and what is kept of each. */
#include "oracle/oracle.h"
#include "oracle/path.h"

#include "ledger/composition.h"
#include "maths/maths.h"

#include <math.h>
#include <string.h>

enum { MAX_FAILURES = 1000 };

/* A sum of whole numbers below 2^53, exact: units of 2^40, and the rest below it. */
typedef struct {
    double high, low;
} WholeSum;

typedef struct {
    const View *view;
    WhoPays *kept;
    double *state, *sums;
    double received; /* cents */
    bool has_begun;  /* the window */
} Composition;

typedef struct {
    Arena *arena;
    const Model *model;
    RunResult *result;
    Path *path;
    const bool *is_live;
    bool *is_outside;
    Composition *compositions;
    double *flows, *opening_cash, *amounts, *workspace; /* of composition */
    double *due, *paid;                                 /* [slot][period] of the path at hand */
    WholeSum *total_due, *total_paid;
    uint64_t n_book_checks, n_clearings; /* of the path at hand */
} Run;

/* ---- what the result holds ---- */

static void name_sources(Run *run, WhoPays *who, uint32_t target)
{
    const Model *model = run->model;
    Text *names = ARENA_ARRAY(run->arena, Text, model->parties.count + 1);
    uint32_t n = 0;

    for (uint32_t i = 0; i < model->parties.count; i++) {
        if (model->parties.items[i].is_outside)
            names[n++] = book_owner(model, i);
    }
    for (uint32_t i = 0; i < model->parties.count; i++) {
        if (!model->parties.items[i].is_outside)
            names[n++] =
                text_format(run->arena, "%.*s (opening cash)", TEXT_ARG(book_owner(model, i)));
    }
    names[n++] = book_owner(model, target);
    who->source_names = names;
    who->n_sources = n;
}

static void make_compositions(Run *run)
{
    const Model *model = run->model;
    RunResult *result = run->result;
    size_t n = model->parties.count;

    run->is_outside = ARENA_ARRAY(run->arena, bool, n);
    for (size_t i = 0; i < n; i++)
        run->is_outside[i] = model->parties.items[i].is_outside;
    result->who_pays = ARENA_ARRAY(run->arena, WhoPays, model->views.count);
    run->compositions = ARENA_ARRAY(run->arena, Composition, model->views.count);
    for (uint32_t i = 0; i < model->views.count; i++) {
        const View *view = &model->views.items[i];

        if (!text_is(view->name, "who_pays"))
            continue;
        WhoPays *who = &result->who_pays[result->n_who_pays];
        Composition *composition = &run->compositions[result->n_who_pays++];
        who->view = i;
        name_sources(run, who, view->party);
        who->shares = ARENA_ARRAY(run->arena, double, who->n_sources * result->n_paths);
        who->received = ARENA_ARRAY(run->arena, double, result->n_paths);
        who->cash_before = ARENA_ARRAY(run->arena, double, n * result->n_paths);
        composition->view = view;
        composition->kept = who;
        composition->state =
            ARENA_ARRAY(run->arena, double, composition_count(n, run->is_outside, 1));
        composition->sums = ARENA_ARRAY(run->arena, double, n + 1);
    }
    run->flows = ARENA_ARRAY(run->arena, double, n *n);
    run->opening_cash = ARENA_ARRAY(run->arena, double, n);
    run->amounts = ARENA_ARRAY(run->arena, double, n);
    run->workspace = ARENA_ARRAY(run->arena, double, composition_workspace(n, run->is_outside, 1));
}

static void make_result(Run *run, uint64_t first_path, uint64_t n_paths)
{
    const Model *model = run->model;
    RunResult *result = ARENA_NEW(run->arena, RunResult);
    size_t n_flows = model->slots.count * model->n_periods;

    run->result = result;
    result->first_path = first_path;
    result->n_paths = result->n_kept = n_paths;
    result->n_periods = model->n_periods;
    result->n_outputs = (uint32_t)model->outputs.count;
    result->is_failed = ARENA_ARRAY(run->arena, unsigned char, n_paths);
    result->columns = ARENA_ARRAY(run->arena, double *, model->outputs.count);
    for (size_t i = 0; i < model->outputs.count; i++) {
        size_t periods = model->outputs.items[i].is_once ? 1 : model->n_periods;
        result->columns[i] = ARENA_ARRAY(run->arena, double, periods *n_paths);
    }
    result->held = ARENA_ARRAY(run->arena, unsigned char, model->checks.count *n_paths);
    result->worst_cover = ARENA_ARRAY(run->arena, double, model->checks.count *n_paths);
    result->due_high = ARENA_ARRAY(run->arena, double, n_flows);
    result->due_low = ARENA_ARRAY(run->arena, double, n_flows);
    result->paid_high = ARENA_ARRAY(run->arena, double, n_flows);
    result->paid_low = ARENA_ARRAY(run->arena, double, n_flows);
    run->due = ARENA_ARRAY(run->arena, double, n_flows);
    run->paid = ARENA_ARRAY(run->arena, double, n_flows);
    run->total_due = ARENA_ARRAY(run->arena, WholeSum, n_flows);
    run->total_paid = ARENA_ARRAY(run->arena, WholeSum, n_flows);
    make_compositions(run);
}

/* ---- phase 8 ---- */

static double *column_at(const Run *run, size_t output, uint32_t period, uint64_t index)
{
    const RunResult *result = run->result;
    bool is_once = run->model->outputs.items[output].is_once;

    return &result->columns[output][(is_once ? 0 : period) * result->n_paths + index];
}

static void write_outputs(Run *run, uint64_t index)
{
    const Model *model = run->model;
    Path *path = run->path;

    for (size_t i = 0; i < model->outputs.count; i++) {
        const Output *output = &model->outputs.items[i];

        if (output->is_once && path->period + 1 < model->n_periods)
            continue;
        double x = closing_value(path, output->value);
        if (output->type == TYPE_DATE ? isnan(x) : !isfinite(x))
            path_fail(path, output->name);
        *column_at(run, i, path->period, index) = x;
    }
}

/* False outside the check's term; a NaN term fails the path. */
static bool is_during(Path *path, const Check *check)
{
    if (check->term_start == NULL)
        return true;

    double start = evaluate_node(path, check->term_start);
    double end = evaluate_node(path, check->term_end);
    if (isnan(start) || isnan(end))
        path_fail(path, check->title);
    return start <= path->today && path->today < end;
}

static bool holds_now(Path *path, const Check *check)
{
    double condition = evaluate_node(path, check->condition);

    if (isnan(condition))
        path_fail(path, check->title);
    return condition != 0;
}

/* The cover of this period, +infinity when nothing is due. */
static double cover_now(Path *path, const Check *check)
{
    double numerator = evaluate_node(path, check->numerator);
    double denominator = evaluate_node(path, check->denominator);

    if (isnan(numerator) || isnan(denominator))
        path_fail(path, check->title);
    return denominator > 0 ? numerator / denominator : GW_INFINITY;
}

static void look_at_check(Run *run, size_t i, uint64_t index)
{
    Path *path = run->path;
    const Check *check = &run->model->checks.items[i];
    unsigned char *held = &run->result->held[i * run->result->n_paths + index];
    double *worst = &run->result->worst_cover[i * run->result->n_paths + index];
    double date = 0;

    if (!is_during(path, check))
        return;
    switch (check->mode) {
    case CHECKING_ALWAYS:
        if (!holds_now(path, check))
            *held = 0;
        break;
    case CHECKING_AT:
        date = evaluate_node(path, check->date);
        if (isnan(date))
            path_fail(path, check->title);
        if (date >= path->first_day && date <= path->today && !holds_now(path, check))
            *held = 0;
        break;
    case CHECKING_COVERS:
        *worst = gw_min(*worst, cover_now(path, check));
        if (!(*worst >= check->at_least))
            *held = 0;
        break;
    }
}

static void look_at_checks(Run *run, uint64_t index)
{
    for (size_t i = 0; i < run->model->checks.count; i++)
        look_at_check(run, i, index);
}

/* ---- who pays ---- */

static void gather_flows(Run *run)
{
    const Model *model = run->model;
    size_t n = model->parties.count;

    memset(run->flows, 0, n * n * sizeof *run->flows);
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        run->flows[slot->payer * n + slot->payee] += run->path->slots_now[i].paid;
    }
    for (size_t i = 0; i < n; i++)
        run->opening_cash[i] =
            model->parties.items[i].is_outside ? 0 : run->path->parties[i].cash_at_clearing;
}

static bool is_in_window(const Run *run, const View *view)
{
    double today = run->path->today;

    return isnan(view->term_start) || (view->term_start <= today && today < view->term_end);
}

static void keep_cash_before(Run *run, const Composition *composition, uint64_t index)
{
    size_t row = 0;

    for (size_t p = 0; p < run->model->parties.count; p++)
        if (!run->model->parties.items[p].is_outside)
            composition->kept->cash_before[row++ * run->result->n_paths + index] =
                run->opening_cash[p] / run->model->minor_per_unit;
}

static void step_composition(Run *run, Composition *composition, uint64_t index)
{
    const Model *model = run->model;
    const View *view = composition->view;
    size_t n = model->parties.count;

    composition_step(n, run->is_outside, view->party, run->flows, run->opening_cash,
                     composition->state, run->workspace);
    if (!is_in_window(run, view))
        return;
    if (!composition->has_begun)
        keep_cash_before(run, composition, index);
    composition->has_begun = true;
    memset(run->amounts, 0, n * sizeof *run->amounts);
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        uint32_t account = model->categories.items[slot->category].payee;

        if (slot->payee != view->party || (view->account != NO_ID && view->account != account))
            continue;
        run->amounts[slot->payer] += run->path->slots_now[i].paid;
    }
    for (size_t i = 0; i < n; i++)
        composition->received += run->amounts[i];
    composition_add_received(n, run->is_outside, view->party, 1, run->amounts, composition->state,
                             composition->sums);
}

/* Sources as the result orders them: outside parties, opening cash of inside ones, the target. */
static void keep_composition(Run *run, const Composition *composition, uint64_t index)
{
    const Model *model = run->model;
    WhoPays *who = composition->kept;
    size_t n_parties = model->parties.count;
    size_t n = 0;

    for (int pass = 0; pass < 2; pass++) {
        for (size_t p = 0; p < n_parties; p++) {
            if (model->parties.items[p].is_outside == (pass == 0))
                who->shares[n++ * run->result->n_paths + index] =
                    composition->sums[p] / composition->received;
        }
    }
    who->shares[n * run->result->n_paths + index] =
        composition->sums[n_parties] / composition->received;
    who->received[index] = composition->received / model->minor_per_unit;
}

static void start_compositions(Run *run)
{
    for (uint32_t i = 0; i < run->result->n_who_pays; i++) {
        Composition *composition = &run->compositions[i];

        composition_start(run->model->parties.count, run->is_outside, 1, composition->state);
        memset(composition->sums, 0, (run->model->parties.count + 1) * sizeof *composition->sums);
        composition->received = 0;
        composition->has_begun = false;
    }
}

/* ---- what a path leaves ---- */

static void add_whole(WholeSum *sum, double amount)
{
    double unit = 0x1p40;
    double high = gw_floor(amount / unit);

    sum->low += amount - high * unit;
    sum->high += high * unit;
    if (sum->low >= unit) {
        sum->low -= unit;
        sum->high += unit;
    }
}

static void keep_period(Run *run, uint64_t index)
{
    const Model *model = run->model;
    const Path *path = run->path;

    for (size_t i = 0; i < model->slots.count; i++) {
        run->due[i * model->n_periods + path->period] = path->slots_now[i].accrued;
        run->paid[i * model->n_periods + path->period] = path->slots_now[i].paid;
    }
    run->n_book_checks += model->parties.count;
    run->n_clearings += path->is_short;
    if (run->result->n_who_pays == 0)
        return;
    gather_flows(run);
    for (uint32_t i = 0; i < run->result->n_who_pays; i++)
        step_composition(run, &run->compositions[i], index);
}

static void keep_path(Run *run, uint64_t index)
{
    RunResult *result = run->result;

    for (size_t i = 0; i < run->model->slots.count * run->model->n_periods; i++) {
        add_whole(&run->total_due[i], run->due[i]);
        add_whole(&run->total_paid[i], run->paid[i]);
    }
    for (uint32_t i = 0; i < result->n_who_pays; i++)
        keep_composition(run, &run->compositions[i], index);
    result->n_book_checks += run->n_book_checks;
    result->n_book_faults += run->path->n_book_faults;
    result->n_clearings += run->n_clearings;
}

/* ---- failure ---- */

static ValueId first_unusable(const Run *run, const ValueId *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Value *value = &run->model->values.items[ids[i]];
        double x = run->path->values[ids[i]];
        bool is_usable = value->type == TYPE_DATE ? !isnan(x) : isfinite(x);

        if (!is_usable && !value->is_hidden && run->is_live[ids[i]])
            return ids[i];
    }
    return NO_ID;
}

static void record_failure(Run *run, bool in_phase_8)
{
    const Model *model = run->model;
    RunResult *result = run->result;
    ValueId value = first_unusable(run, model->formulas.items, model->formulas.count);

    result->n_failed++;
    result->n_kept_failed++;
    if (result->failures.count == MAX_FAILURES)
        return;
    if (value == NO_ID && in_phase_8)
        value = first_unusable(run, model->closing_formulas.items, model->closing_formulas.count);

    Failure *failure = LIST_PUSH(run->arena, &result->failures);
    failure->path = run->path->number;
    failure->period = run->path->period;
    failure->value = value;
    failure->number = value == NO_ID ? run->path->failed_number : GW_NAN;
    failure->what = value == NO_ID ? run->path->failed_thing : model->values.items[value].name;
}

/* A failed path leaves every statistic. */
static void blank_path(Run *run, uint64_t index)
{
    const Model *model = run->model;
    RunResult *result = run->result;

    result->is_failed[index] = 1;
    for (size_t i = 0; i < model->outputs.count; i++) {
        for (uint32_t t = 0; t < model->n_periods; t++)
            *column_at(run, i, t, index) = GW_NAN;
    }
    for (size_t i = 0; i < model->checks.count; i++) {
        result->held[i * result->n_paths + index] = 0;
        result->worst_cover[i * result->n_paths + index] = GW_NAN;
    }
    for (uint32_t i = 0; i < result->n_who_pays; i++) {
        const WhoPays *who = &result->who_pays[i];
        size_t row = 0;

        for (uint32_t s = 0; s < who->n_sources; s++)
            who->shares[s * result->n_paths + index] = GW_NAN;
        who->received[index] = GW_NAN;
        for (size_t p = 0; p < model->parties.count; p++)
            if (!model->parties.items[p].is_outside)
                who->cash_before[row++ * result->n_paths + index] = GW_NAN;
    }
}

/* ---- the run ---- */

static void start_path(Run *run, uint64_t index)
{
    RunResult *result = run->result;

    for (size_t i = 0; i < run->model->checks.count; i++) {
        result->held[i * result->n_paths + index] = 1;
        result->worst_cover[i * result->n_paths + index] = GW_INFINITY;
    }
    run->n_book_checks = 0;
    run->n_clearings = 0;
    start_compositions(run);
    path_start(run->path, (uint32_t)(result->first_path + index));
}

static void run_path(Run *run, uint64_t index)
{
    Path *path = run->path;
    bool in_phase_8 = false;

    start_path(run, index);
    for (uint32_t t = 0; t < run->model->n_periods; t++) {
        path_run_period(path, t);
        if (path->has_failed)
            break;
        in_phase_8 = true;
        evaluate_closing_formulas(path);
        write_outputs(run, index);
        look_at_checks(run, index);
        if (path->has_failed)
            break;
        in_phase_8 = false;
        keep_period(run, index);
        path_end_period(path);
    }
    if (path->has_failed) {
        record_failure(run, in_phase_8);
        blank_path(run, index);
    } else {
        keep_path(run, index);
    }
}

RunStatus oracle_run(Arena *arena, const Model *model, uint64_t seed, uint64_t first_path,
                     uint64_t n_paths, RunResult **result)
{
    Run run = {.arena = arena, .model = model};
    size_t n_flows = model->slots.count * model->n_periods;

    make_result(&run, first_path, n_paths);
    run.is_live = live_values(arena, model);
    run.path = path_new(arena, model, seed);
    for (uint64_t i = 0; i < n_paths; i++)
        run_path(&run, i);
    for (size_t i = 0; i < n_flows; i++) {
        run.result->due_high[i] = run.total_due[i].high;
        run.result->due_low[i] = run.total_due[i].low;
        run.result->paid_high[i] = run.total_paid[i].high;
        run.result->paid_low[i] = run.total_paid[i].low;
    }
    *result = run.result;
    return RUN_OK;
}
