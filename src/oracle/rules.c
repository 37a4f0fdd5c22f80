/* Phase 4: rules, which raise obligations. */
#include "oracle/path.h"

#include "base/money.h"
#include "base/schedule.h"
#include "maths/maths.h"

#include <math.h>

bool is_effective(const Path *path, uint32_t contract)
{
    if (contract == NO_ID)
        return true;
    return path->values[path->model->contracts.items[contract].stage_value] == STAGE_EFFECTIVE;
}

double cents_of(Path *path, double amount, Text thing)
{
    double exact = amount * path->model->minor_per_unit;

    if (!(fabs(exact) < MONEY_LIMIT)) {
        path_fail(path, thing);
        return 0;
    }
    return gw_max(0, money_round(exact));
}

/* As cents_of, but far below zero fails too: what is paid or asked for. */
static double whole_amount(Path *path, double amount, Text thing)
{
    if (amount * path->model->minor_per_unit < -0.5)
        path_fail(path, thing);
    return cents_of(path, amount, thing);
}

/* ---- actions ---- */

/* What may still fall due on a slot that lowers a stock: arrears count in the stock until they are
 * paid, so that nothing is owed twice. Unlimited while such slots have no arrears. */
static double still_to_lower(const Path *path, const Slot *slot)
{
    const Model *model = path->model;
    double arrears = 0, fresh = 0;

    if (slot->lowers == NO_ID)
        return MONEY_LIMIT;
    for (size_t i = 0; i < model->slots.count; i++) {
        if (model->slots.items[i].lowers != slot->lowers)
            continue;
        arrears += path->slots[i].arrears;
        fresh += path->slots_now[i].new_due;
    }
    if (arrears == 0)
        return MONEY_LIMIT;
    double content = money_round(path->stocks[slot->lowers].opening * model->minor_per_unit);
    return gw_max(0, content - arrears - fresh);
}

static void pay(Path *path, const Action *action)
{
    const Slot *slot = &path->model->slots.items[action->slot];
    SlotPeriod *now = &path->slots_now[action->slot];
    double amount = evaluate_node(path, action->amount);

    if (slot->is_rest) {
        if (!(amount >= 0 && amount <= 1))
            path_fail(path, slot->name);
        now->rest_share = amount;
        now->rest_cap = CLEARING_NO_CAP;
        if (slot->rest_cap != NULL)
            now->rest_cap = whole_amount(path, evaluate_node(path, slot->rest_cap), slot->name);
        return;
    }

    double exact = amount * path->model->minor_per_unit;
    if (!(exact >= -0.5 && exact < MONEY_LIMIT)) {
        path_fail_at(path, slot->name, amount);
        return;
    }
    double due = gw_max(0, money_round_carry(exact, &path->carries[slot->carry]));
    now->new_due += gw_min(due, still_to_lower(path, slot));
}

static void book(Path *path, const Rule *rule, const Action *action)
{
    double exact = evaluate_node(path, action->amount) * path->model->minor_per_unit;

    if (!(fabs(exact) < MONEY_LIMIT)) {
        path_fail(path, rule->name);
        return;
    }
    books_post_move(path, action->party, action->from_account, action->to_account,
                    money_round(exact));
    if (!money_is_exact(*books_at(path, action->party, action->from_account)) ||
        !money_is_exact(*books_at(path, action->party, action->to_account)))
        path_fail(path, rule->name);
}

static void set(Path *path, const Rule *rule, const Action *action)
{
    StockState *stock = &path->stocks[action->stock];

    if (stock->is_set)
        path_fail(path, rule->name);
    stock->is_set = true;
    stock->set = evaluate_node(path, action->amount);
}

static void borrow(Path *path, const Rule *rule, const Action *action)
{
    const Facility *facility = &path->model->facilities.items[action->facility];
    FacilityState *state = &path->facilities[action->facility];
    double request = whole_amount(path, evaluate_node(path, action->amount), rule->name);
    double limit = whole_amount(path, evaluate_node(path, facility->limit), rule->name);

    if (!is_effective(path, facility->contract))
        limit = 0;
    double granted = gw_max(0, gw_min(request, limit - state->drawn - state->requested));
    state->requested += granted;
    path->slots_now[facility->slot].new_due += granted;
}

static void act(Path *path, const Rule *rule, const Action *action)
{
    double amount = 0;

    switch (action->kind) {
    case ACT_PAY:
        pay(path, action);
        break;
    case ACT_BOOK:
        book(path, rule, action);
        break;
    case ACT_ADD:
        path->stocks[action->stock].lumps += evaluate_node(path, action->amount);
        break;
    case ACT_MOVE:
        amount = evaluate_node(path, action->amount);
        path->stocks[action->stock].lumps -= amount;
        path->stocks[action->to_stock].lumps += amount;
        break;
    case ACT_SET:
        set(path, rule, action);
        break;
    case ACT_BORROW:
        borrow(path, rule, action);
        break;
    case ACT_END:
        if (rule->contract != NO_ID)
            path->contracts[rule->contract].ends_now = true;
        break;
    }
}

/* ---- triggers: true when the rule fires ---- */

/* A trigger's number, which may not be NaN. */
static double looked_at(Path *path, const Rule *rule, const Node *node)
{
    double x = evaluate_node(path, node);

    if (isnan(x))
        path_fail(path, rule->name);
    return x;
}

static bool every_fires(Path *path, const Rule *rule)
{
    Due due;

    if (!is_effective(path, rule->contract))
        return false;
    if (rule->term_start == NULL) {
        due = schedule_due_by_calendar(rule->step_months, rule->step_days, rule->is_in_advance,
                                       path->first_day, path->last_day);
    } else {
        double start = looked_at(path, rule, rule->term_start);
        double end = looked_at(path, rule, rule->term_end);

        due = schedule_due_in_term(start, end, rule->step_months, rule->step_days,
                                   rule->is_in_advance, path->first_day, path->last_day);
    }
    path->stretch_months = due.stretch_months;
    path->stretch_days = due.stretch_days;
    return due.is_due;
}

static bool on_fires(Path *path, const Rule *rule)
{
    if (!is_effective(path, rule->contract))
        return false;

    double date = looked_at(path, rule, rule->date);
    return date >= path->first_day && date <= path->today;
}

static bool when_fires(Path *path, const Rule *rule, RuleState *state)
{
    bool holds = false;

    if (is_effective(path, rule->contract))
        holds = looked_at(path, rule, rule->condition) != 0;
    if (!holds) {
        state->held = 0;
        if (rule->is_again)
            state->has_fired = false;
        return false;
    }
    state->held += step_months(path->model->step);

    double lasting = rule->lasting == NULL ? 0 : looked_at(path, rule, rule->lasting);
    if (state->has_fired || !(state->held >= lasting))
        return false;
    state->has_fired = true;
    return true;
}

static double marks_by_now(Path *path, const Rule *rule, RuleState *state)
{
    double series = looked_at(path, rule, rule->series);
    double quantity = looked_at(path, rule, rule->quantity);

    state->top = path->period == 0 ? series : gw_max(state->top, series);
    double marks = gw_floor(state->top / quantity + 1e-9);
    if (rule->times != NULL)
        marks = gw_min(marks, looked_at(path, rule, rule->times));
    marks = gw_max(0, marks);
    if (!isfinite(marks))
        path_fail(path, rule->name);
    return marks;
}

static bool each_fires(Path *path, const Rule *rule, RuleState *state)
{
    double marks = marks_by_now(path, rule, state);
    double before = rule->before == NULL ? DATE_NEVER : looked_at(path, rule, rule->before);
    double before_first = rule->is_including_past ? 0 : marks;
    double count = gw_max(0, marks - (path->period == 0 ? before_first : state->marks));

    state->marks = path->period == 0 ? marks : gw_max(state->marks, marks);
    if (rule->is_including_past) {
        count = count + state->waiting;
        state->waiting = count;
    }
    if (!(count > 0) || !is_effective(path, rule->contract) || !(path->today < before))
        return false;
    state->waiting = 0;
    path->each_count = count;
    return true;
}

static bool fires(Path *path, const Rule *rule, RuleState *state)
{
    switch (rule->kind) {
    case RULE_EVERY:
        return every_fires(path, rule);
    case RULE_ON:
        return on_fires(path, rule);
    case RULE_WHEN:
        return when_fires(path, rule, state);
    case RULE_EACH:
        break;
    }
    return each_fires(path, rule, state);
}

static void start_period(Path *path)
{
    const Model *model = path->model;

    for (size_t i = 0; i < model->slots.count; i++)
        path->slots_now[i] = (SlotPeriod){.rest_cap = CLEARING_NO_CAP};
    for (size_t i = 0; i < model->stocks.count; i++) {
        path->stocks[i].lumps = 0;
        path->stocks[i].is_set = false;
    }
    for (size_t i = 0; i < model->facilities.count; i++)
        path->facilities[i].requested = path->facilities[i].paid = 0;
    for (size_t i = 0; i < model->contracts.count; i++) {
        path->contracts[i].ends_now = false;
        if (isnan(path->values[model->contracts.items[i].stage_value]))
            path_fail(path, model->contracts.items[i].name);
    }
}

void rules_run(Path *path)
{
    const Model *model = path->model;

    start_period(path);
    for (size_t i = 0; i < model->rules.count && !path->has_failed; i++) {
        const Rule *rule = &model->rules.items[i];

        if (!fires(path, rule, &path->rules[i]) || path->has_failed)
            continue;
        for (size_t j = 0; j < rule->actions.count; j++)
            act(path, rule, &rule->actions.items[j]);
    }
}
