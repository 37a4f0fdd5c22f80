/* Nodes and values: phase 3, and the closing formulas of phase 8. */
#include "oracle/path.h"

#include "ledger/share.h"
#include "maths/maths.h"

#include <math.h>
#include <stdlib.h>

static double read_value(Path *path, ValueId id);

static double ramp(double today, double start, double end)
{
    if (isnan(start) || isnan(end))
        return GW_NAN;
    if (start == end)
        return today >= start ? 1 : 0;
    return gw_clamp((today - start) / (end - start), 0, 1);
}

double table_lookup(const KeyTable *table, double key)
{
    uint32_t last = table->n_rows - 1;

    if (isnan(key) || table->n_rows == 0)
        return GW_NAN;
    if (table->mode == KEY_EXACT)
        return key >= 0 && key <= last && floor(key) == key ? table->numbers[(uint32_t)key]
                                                            : GW_NAN;
    if (key < table->keys[0])
        return table->is_held ? table->numbers[0] : GW_NAN;
    if (key > table->keys[last])
        return table->is_held ? table->numbers[last] : GW_NAN;

    uint32_t row = last;
    while (table->keys[row] > key)
        row--;
    if (table->mode == KEY_STEP || row == last)
        return table->numbers[row];

    double part = (key - table->keys[row]) / (table->keys[row + 1] - table->keys[row]);
    return table->numbers[row] + part * (table->numbers[row + 1] - table->numbers[row]);
}

static double sum_of_arguments(Path *path, const Node *node)
{
    if (node->n_args == 0)
        return 0;

    double sum = evaluate_node(path, node->args[0]);
    for (uint32_t i = 1; i < node->n_args; i++)
        sum = sum + evaluate_node(path, node->args[i]);
    return sum;
}

static double choose(Path *path, const Node *node)
{
    double condition = evaluate_node(path, node->args[0]);

    if (isnan(condition))
        return GW_NAN;
    return evaluate_node(path, node->args[condition != 0 ? 1 : 2]);
}

static double evaluate_two(NodeOp op, double a, double b)
{
    switch (op) {
    case N_ADD:
        return a + b;
    case N_SUB:
        return a - b;
    case N_MUL:
        return a * b;
    case N_DIV:
        return a / b;
    case N_POW:
        return gw_pow(a, b);
    case N_EQ:
        return gw_eq(a, b);
    case N_NE:
        return gw_ne(a, b);
    case N_LT:
        return gw_lt(a, b);
    case N_LE:
        return gw_le(a, b);
    case N_GT:
        return gw_gt(a, b);
    case N_GE:
        return gw_ge(a, b);
    case N_AND:
        return gw_and(a, b);
    case N_OR:
        return gw_or(a, b);
    case N_MIN:
        return gw_min(a, b);
    case N_MAX:
        return gw_max(a, b);
    case N_DATE_ADD_MONTHS:
        return date_add_months(a, b);
    case N_DATE_ADD_DAYS:
        return date_add_days(a, b);
    case N_MONTHS_BETWEEN:
        return date_months_between(a, b);
    default:
        abort();
    }
}

static double evaluate_one(const Path *path, const Node *node, double a)
{
    switch (node->op) {
    case N_NEG:
        return gw_negate(a);
    case N_NOT:
        return gw_not(a);
    case N_ABS:
        return gw_abs(a);
    case N_FLOOR:
        return gw_floor(a);
    case N_CEIL:
        return gw_ceil(a);
    case N_ROUND:
        return gw_round(a);
    case N_SQRT:
        return gw_sqrt(a);
    case N_EXP:
        return gw_exp(a);
    case N_LOG:
        return gw_log(a);
    case N_MONTH_DAY:
        return date_month_day(a);
    case N_TABLE:
        return table_lookup(&path->model->tables.items[node->table], a);
    default:
        abort();
    }
}

double evaluate_node(Path *path, const Node *node)
{
    double a = 0;
    double b = 0;

    switch (node->op) {
    case N_CONST:
        return node->number;
    case N_VALUE:
        return read_value(path, node->value);
    case N_CLOSING:
        return closing_value(path, node->value);
    case N_TODAY:
        return path->today;
    case N_PERIOD_FIRST_DAY:
        return path->first_day;
    case N_PERIOD_MONTHS:
        return step_months(path->model->step);
    case N_PERIOD_DAYS:
        return path->last_day - path->first_day + 1;
    case N_STRETCH_MONTHS:
        return path->stretch_months;
    case N_STRETCH_DAYS:
        return path->stretch_days;
    case N_EACH_COUNT:
        return path->each_count;
    case N_SUM:
        return sum_of_arguments(path, node);
    case N_IF:
        return choose(path, node);
    case N_RAMP:
        a = evaluate_node(path, node->args[0]);
        return ramp(path->today, a, evaluate_node(path, node->args[1]));
    case N_ANNUITY:
        a = evaluate_node(path, node->args[0]);
        b = evaluate_node(path, node->args[1]);
        return gw_annuity(a, b, evaluate_node(path, node->args[2]));
    default:
        break;
    }

    a = evaluate_node(path, node->args[0]);
    if (node->n_args == 1)
        return evaluate_one(path, node, a);
    return evaluate_two(node->op, a, evaluate_node(path, node->args[1]));
}

double evaluate_or(Path *path, const Node *node, double otherwise)
{
    return node == NULL ? otherwise : evaluate_node(path, node);
}

/* ---- states ---- */

static double money(const Path *path, double cents)
{
    double amount = cents / path->model->minor_per_unit;

    return amount == 0 ? 0 : amount; /* never -0 */
}

/* This period's cash when the period closes, last period's when it opens. */
static double cash_flow(const Path *path, const Value *value, bool is_closing)
{
    const Model *model = path->model;
    double cents = 0;

    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        uint32_t party = value->kind == VALUE_RECEIVED ? slot->payee : slot->payer;

        if (value->party != NO_ID && value->party != party)
            continue;
        if (value->contract != NO_ID && (value->contract != slot->contract ||
                                         value->money != model->parties.items[party].money))
            continue;
        if (value->category != NO_ID && value->category != slot->category)
            continue;
        cents += is_closing ? path->slots_now[i].paid : path->slots[i].last_paid;
    }
    return money(path, cents);
}

static double unpaid(const Path *path, uint32_t party)
{
    double cents = 0;

    for (size_t i = 0; i < path->model->slots.count; i++) {
        if (path->model->slots.items[i].payer == party)
            cents += path->slots[i].arrears;
    }
    return money(path, cents);
}

/* Money and parties as they stand: called in phase 3 for opening and in phase 8 for closing. */
static double state_now(Path *path, const Value *value, bool is_closing)
{
    switch (value->kind) {
    case VALUE_ACCOUNT:
        return money(path, *books_at(path, value->party, value->account));
    case VALUE_UNPAID:
        return unpaid(path, value->party);
    case VALUE_RECEIVED:
    case VALUE_PAID:
        return cash_flow(path, value, is_closing);
    case VALUE_DEFAULTED:
        return path->parties[value->party].is_defaulted ? 1 : 0;
    case VALUE_DEFAULT_DATE:
        return path->parties[value->party].default_date;
    case VALUE_STAGE_DATE:
        return path->contracts[value->contract].dates[value->periods];
    case VALUE_FACILITY_DRAWN:
        return money(path, path->facilities[value->facility].drawn);
    case VALUE_RESERVE:
        return money(path, path->reserves[value->reserve]);
    default:
        abort();
    }
}

double closing_value(Path *path, ValueId id)
{
    const Value *value = &path->model->values.items[id];

    switch (value->kind) {
    case VALUE_STOCK:
        return path->stocks[value->stock].closing;
    case VALUE_RING_CONTENT:
        return path->rings[value->ring].closing_content;
    case VALUE_STAGE:
        return path->contracts[value->contract].carried;
    case VALUE_ACCOUNT:
    case VALUE_UNPAID:
    case VALUE_RECEIVED:
    case VALUE_PAID:
    case VALUE_DEFAULTED:
    case VALUE_DEFAULT_DATE:
    case VALUE_STAGE_DATE:
    case VALUE_FACILITY_DRAWN:
    case VALUE_RESERVE:
        return state_now(path, value, true);
    default:
        return path->values[id];
    }
}

/* The carried stage, or the highest that a date has reached by today. */
static double stage_now(Path *path, uint32_t contract)
{
    const Contract *c = &path->model->contracts.items[contract];
    Stage stage = path->contracts[contract].carried;

    for (size_t i = 0; i < c->moves.count; i++) {
        const StageMove *move = &c->moves.items[i];

        if (move->date == NULL)
            continue;
        double date = evaluate_node(path, move->date);
        if (isnan(date))
            return GW_NAN;
        if (date <= path->today && move->stage > stage)
            stage = move->stage;
    }
    return stage;
}

/* ---- what is scarce, and what is circular ---- */

static uint32_t rank_of(double rank)
{
    rank = floor(rank);
    if (!(rank > 0))
        return 0;
    return rank < UINT32_MAX ? (uint32_t)rank : UINT32_MAX;
}

static double share_of(Path *path, const Allocation *allocation, uint32_t index)
{
    size_t n = allocation->n;
    double *wants = path_take(path, n);
    double *weights = path_take(path, n);
    double *shares = path_take(path, n);
    uint32_t *ranks = (uint32_t *)(void *)path_take(path, n); /* room for as many doubles */
    bool is_rank_missing = false;

    for (size_t i = 0; i < n; i++) {
        const Node *weight = allocation->weights == NULL ? NULL : allocation->weights[i];
        double rank = allocation->ranks == NULL ? 0 : evaluate_or(path, allocation->ranks[i], 0);

        wants[i] = evaluate_node(path, allocation->wants[i]);
        weights[i] = evaluate_or(path, weight, wants[i]);
        ranks[i] = rank_of(rank);
        is_rank_missing |= isnan(rank);
    }
    share_scarce(evaluate_node(path, allocation->supply), wants, ranks, weights, n, shares);

    double share = is_rank_missing ? GW_NAN : shares[index];
    path_give(path, wants);
    return share;
}

static void evaluate_inner(Path *path, const Solve *solve);

/* The right-hand sides at unknowns u. */
static void evaluate_exprs(Path *path, const Solve *solve, const double *u, double *f)
{
    for (uint32_t i = 0; i < solve->n; i++)
        path->values[solve->unknowns[i]] = u[i];
    evaluate_inner(path, solve);
    for (uint32_t i = 0; i < solve->n; i++)
        f[i] = evaluate_node(path, solve->exprs[i]);
}

/* u = A u + b: (I - A) u = b, without pivoting. */
static void solve_affine(Path *path, const Solve *solve, double *u)
{
    size_t n = solve->n;
    double *m = path_take(path, n * n);
    double *b = path_take(path, n);
    double *f = path_take(path, n);

    for (size_t i = 0; i < n; i++)
        u[i] = 0;
    evaluate_exprs(path, solve, u, b);
    for (size_t j = 0; j < n; j++) {
        u[j] = 1;
        evaluate_exprs(path, solve, u, f);
        u[j] = 0;
        for (size_t i = 0; i < n; i++)
            m[i * n + j] = (i == j ? 1.0 : 0.0) - (f[i] - b[i]);
    }
    for (size_t k = 0; k < n; k++) {
        for (size_t i = k + 1; i < n; i++) {
            double factor = m[i * n + k] / m[k * n + k];

            for (size_t j = k + 1; j < n; j++)
                m[i * n + j] -= factor * m[k * n + j];
            b[i] -= factor * b[k];
        }
    }
    for (size_t i = n; i-- > 0;) {
        double left = b[i];

        for (size_t j = i + 1; j < n; j++)
            left -= m[i * n + j] * u[j];
        u[i] = left / m[i * n + i];
    }
    path_give(path, m);
}

static bool is_near(double f, double u)
{
    return fabs(f - u) <= 1e-10 * gw_max(1, fabs(u));
}

/* Damped iteration from the first guesses; gives the residual. */
static double solve_by_rounds(Path *path, const Solve *solve, double *u)
{
    size_t n = solve->n;
    double *f = path_take(path, n);
    double residual = 0;
    bool is_converged = false;

    for (size_t i = 0; i < n; i++)
        u[i] = solve->starts == NULL ? 0 : evaluate_or(path, solve->starts[i], 0);
    for (int round = 0; round < 100 && !is_converged; round++) {
        evaluate_exprs(path, solve, u, f);
        is_converged = true;
        residual = 0;
        for (size_t i = 0; i < n; i++) {
            is_converged &= is_near(f[i], u[i]);
            residual = gw_max(residual, fabs(f[i] - u[i]));
        }
        for (size_t i = 0; i < n; i++)
            u[i] = is_converged ? f[i] : u[i] + 0.5 * (f[i] - u[i]);
    }
    for (size_t i = 0; i < n && !is_converged; i++)
        u[i] = GW_NAN;
    path_give(path, f);
    return residual;
}

static void evaluate_solve(Path *path, const Solve *solve)
{
    double *u = path_take(path, solve->n);
    double residual = 0;

    if (solve->is_affine)
        solve_affine(path, solve, u);
    else
        residual = solve_by_rounds(path, solve, u);
    for (uint32_t i = 0; i < solve->n; i++)
        path->values[solve->unknowns[i]] = u[i];
    evaluate_inner(path, solve);
    if (solve->residual != NO_ID)
        path->values[solve->residual] = residual;
    path_give(path, u);
}

/* ---- values ---- */

static double value_now(Path *path, ValueId id)
{
    const Model *model = path->model;
    const Value *value = &model->values.items[id];

    switch (value->kind) {
    case VALUE_FORMULA:
        return evaluate_node(path, value->expr);
    case VALUE_DRAW:
        return draw_value(path, value);
    case VALUE_STOCK:
        return path->stocks[value->stock].opening;
    case VALUE_RING_OUT:
        return path->rings[value->ring].out;
    case VALUE_RING_CONTENT:
        return path->rings[value->ring].content;
    case VALUE_STAGE:
        return stage_now(path, value->contract);
    case VALUE_SHARE:
        return share_of(path, &model->allocations.items[value->allocation], value->index);
    case VALUE_UNKNOWN:
        if (model->solves.items[value->solve].unknowns[0] == id)
            evaluate_solve(path, &model->solves.items[value->solve]);
        return path->values[id];
    case VALUE_LAG:
    case VALUE_DELAY:
    case VALUE_CUMULATIVE:
    case VALUE_WINDOW:
    case VALUE_FIRST:
    case VALUE_GROWTH:
    case VALUE_LATCH:
        return memory_value(path, id);
    default:
        return state_now(path, value, path->is_closing);
    }
}

/* While the path starts there are no streams yet: constants and draws are evaluated where read. */
static double read_value(Path *path, ValueId id)
{
    const Value *value = &path->model->values.items[id];

    if (!path->is_starting)
        return path->values[id];
    if (value->kind == VALUE_FORMULA)
        return evaluate_node(path, value->expr);
    if (value->kind == VALUE_DRAW)
        return draw_value(path, value);
    return GW_NAN;
}

static void evaluate_inner(Path *path, const Solve *solve)
{
    for (uint32_t i = 0; i < solve->n_inner; i++)
        path->values[solve->inner[i]] = value_now(path, solve->inner[i]);
}

void evaluate_formulas(Path *path)
{
    const Model *model = path->model;

    for (size_t i = 0; i < model->formulas.count; i++) {
        ValueId id = model->formulas.items[i];
        path->values[id] = value_now(path, id);
    }
}

void evaluate_closing_formulas(Path *path)
{
    const Model *model = path->model;

    path->is_closing = true;
    for (size_t i = 0; i < model->closing_formulas.count; i++) {
        ValueId id = model->closing_formulas.items[i];
        path->values[id] = value_now(path, id);
    }
    path->is_closing = false;
}
