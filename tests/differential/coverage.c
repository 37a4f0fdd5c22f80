/* How many of the generated models contain each operation, verb, law, ... of the language. */
#include "coverage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_ROWS = 200 };

struct Coverage {
    const char *names[MAX_ROWS];
    int counts[MAX_ROWS];
    bool is_here[MAX_ROWS]; /* in the model at hand */
    int n;
};

/* Nodes that a model can hold when it runs. The compiler turns tables of words, and the first day
 * of a period outside stages and growth, into other nodes. */
static const char *const node_names[N_OP_COUNT] = {
    [N_CONST] = "a constant",
    [N_VALUE] = "a value",
    [N_CLOSING] = "a closing value",
    [N_TODAY] = "today",
    [N_PERIOD_MONTHS] = "length of the period",
    [N_PERIOD_DAYS] = "days of the period",
    [N_STRETCH_DAYS] = "days of the stretch",
    [N_STRETCH_MONTHS] = "months of the stretch",
    [N_EACH_COUNT] = "count of marks",
    [N_ADD] = "+",
    [N_SUB] = "-",
    [N_MUL] = "*",
    [N_DIV] = "/",
    [N_POW] = "^",
    [N_NEG] = "- of one",
    [N_EQ] = "=",
    [N_NE] = "!=",
    [N_LT] = "<",
    [N_LE] = "<=",
    [N_GT] = ">",
    [N_GE] = ">=",
    [N_AND] = "and",
    [N_OR] = "or",
    [N_NOT] = "not",
    [N_IF] = "if",
    [N_MIN] = "min",
    [N_MAX] = "max",
    [N_SUM] = "sum over",
    [N_ABS] = "abs",
    [N_FLOOR] = "floor",
    [N_CEIL] = "ceil",
    [N_ROUND] = "round",
    [N_SQRT] = "sqrt",
    [N_EXP] = "exp",
    [N_LOG] = "log",
    [N_DATE_ADD_MONTHS] = "date + months",
    [N_DATE_ADD_DAYS] = "date + days",
    [N_MONTHS_BETWEEN] = "months between dates",
    [N_MONTH_DAY] = "day count",
    [N_RAMP] = "ramp",
    [N_TABLE] = "table",
    [N_ANNUITY] = "annuity",
};

static const char *const value_names[VALUE_UNKNOWN + 1] = {
    [VALUE_FORMULA] = "formula",
    [VALUE_DRAW] = "draw",
    [VALUE_STOCK] = "stock",
    [VALUE_RING_OUT] = "what leaves a ring",
    [VALUE_RING_CONTENT] = "content of a ring",
    [VALUE_LAG] = "lag",
    [VALUE_DELAY] = "delay",
    [VALUE_CUMULATIVE] = "cumulative",
    [VALUE_WINDOW] = "window",
    [VALUE_FIRST] = "first",
    [VALUE_GROWTH] = "compound or fade",
    [VALUE_LATCH] = "value at a date",
    [VALUE_ACCOUNT] = "account",
    [VALUE_UNPAID] = "unpaid",
    [VALUE_RECEIVED] = "received",
    [VALUE_PAID] = "paid",
    [VALUE_DEFAULTED] = "defaulted",
    [VALUE_DEFAULT_DATE] = "default date",
    [VALUE_STAGE] = "stage",
    [VALUE_STAGE_DATE] = "date of a stage",
    [VALUE_FACILITY_DRAWN] = "what is drawn",
    [VALUE_RESERVE] = "balance of a reserve",
    [VALUE_SHARE] = "share of",
    [VALUE_UNKNOWN] = "solve",
};

static const char *const law_names[DIST_LAW_DATA + 1] = {
    "normal",      "lognormal", "uniform", "triangle", "beta",      "gamma",
    "exponential", "poisson",   "chance",  "one of",   "quantiles", "data",
};

static const char *const rule_names[] = {"every", "on", "when", "each"};
static const char *const action_names[] = {"pay", "book", "add", "set", "move", "borrow", "end"};
static const char *const check_names[] = {"check always", "check at", "check covers"};
static const char *const step_names[] = {"daily", "weekly", "monthly", "quarterly", "yearly"};

static int row_named(Coverage *c, const char *name)
{
    for (int i = 0; i < c->n; i++) {
        if (strcmp(c->names[i], name) == 0)
            return i;
    }
    c->names[c->n] = name;
    return c->n++;
}

static void see(Coverage *c, const char *name, bool is_here)
{
    int row = row_named(c, name);

    c->is_here[row] |= is_here;
}

static void see_all(Coverage *c, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (names[i] != NULL)
            see(c, names[i], false);
    }
}

/* ---- nodes ---- */

static void see_node(Coverage *c, const Model *model, const Node *node)
{
    if (node == NULL)
        return;
    if (node_names[node->op] != NULL)
        see(c, node_names[node->op], true);
    if (node->op == N_TABLE) {
        const KeyTable *table = &model->tables.items[node->table];
        see(c, "table, linear", table->mode == KEY_LINEAR);
        see(c, "table, step", table->mode == KEY_STEP);
        see(c, "table, held outside", table->is_held);
    }
    for (uint32_t i = 0; i < node->n_args; i++)
        see_node(c, model, node->args[i]);
}

/* ---- parts of a model ---- */

static void see_draw(Coverage *c, const Model *model, const Draw *draw)
{
    bool is_truncated = draw->truncated_low != NULL || draw->truncated_high != NULL;

    see(c, law_names[draw->law], true);
    see(c, "drawn once", draw->is_once);
    see(c, "drawn afresh", !draw->is_once);
    see(c, "drawn less often than the clock", !draw->is_once && draw->step != model->step);
    see(c, "drawn together", draw->together != NO_ID);
    see(c, "truncated", is_truncated);
    see(c, "truncated and drawn together", is_truncated && draw->together != NO_ID);
    see(c, "a date is drawn", draw->is_date);
    for (uint32_t i = 0; i < draw->n_params; i++) {
        see_node(c, model, draw->params[i]);
        see(c, "a parameter that is drawn", draw->params[i]->op != N_CONST);
    }
}

static void see_values(Coverage *c, const Model *model)
{
    for (size_t i = 0; i < model->values.count; i++) {
        const Value *value = &model->values.items[i];

        if (value_names[value->kind] != NULL)
            see(c, value_names[value->kind], true);
        see_node(c, model, value->expr);
        see_node(c, model, value->first);
        if (value->kind == VALUE_DRAW)
            see_draw(c, model, value->draw);
        if (value->kind == VALUE_WINDOW) {
            static const char *const windows[] = {"window sum", "window mean", "window min",
                                                  "window max", "rate of return"};
            see(c, windows[value->order], true);
        }
        see(c, "memory of closing values", value->is_closing && value->kind != VALUE_FORMULA);
        see(c, "a word is drawn", value->kind == VALUE_DRAW && value->type == TYPE_WORD);
        see(c, "delay of a higher order", value->kind == VALUE_DELAY && value->order > 1);
        see(c, "fade", value->kind == VALUE_GROWTH && value->order == 1);
        see(c, "compound", value->kind == VALUE_GROWTH && value->order == 0);
    }
    for (size_t i = 0; i < model->solves.count; i++) {
        see(c, "solve by elimination", model->solves.items[i].is_affine);
        see(c, "solve by rounds", !model->solves.items[i].is_affine);
    }
    for (size_t i = 0; i < model->allocations.count; i++) {
        const Allocation *a = &model->allocations.items[i];
        see(c, "share by rank", a->n > 0 && a->ranks != NULL && a->ranks[0] != NULL);
        see(c, "share by weight", a->n > 0 && a->weights != NULL && a->weights[0] != NULL);
    }
}

static void see_stocks(Coverage *c, const Model *model)
{
    for (size_t i = 0; i < model->stocks.count; i++) {
        see(c, "signed stock", model->stocks.items[i].is_signed);
        see(c, "stock that may not be below zero", !model->stocks.items[i].is_signed);
        see_node(c, model, model->stocks.items[i].initial);
    }
    for (size_t i = 0; i < model->rings.count; i++) {
        const Ring *ring = &model->rings.items[i];
        see(c, "belt", ring->stock == NO_ID);
        see(c, "belt with a drawn lead", ring->stock == NO_ID && ring->lead->op != N_CONST);
        see(c, "cohorts", ring->stock != NO_ID);
        see(c, "cohorts thinned", ring->thinning != NULL);
    }
}

static void see_rule(Coverage *c, const Model *model, const Rule *rule)
{
    see(c, rule_names[rule->kind], true);
    see(c, "a rule of no contract", rule->contract == NO_ID);
    if (rule->kind == RULE_EVERY) {
        see(c, "every, during a term", rule->term_start != NULL);
        see(c, "every, by the calendar", rule->term_start == NULL);
        see(c, "every, in advance", rule->is_in_advance);
        see_node(c, model, rule->term_start);
        see_node(c, model, rule->term_end);
    }
    see(c, "when, for a while", rule->lasting != NULL);
    see(c, "when, again", rule->is_again);
    see(c, "each, so many times", rule->times != NULL);
    see(c, "each, before a date", rule->before != NULL);
    see(c, "each, including past", rule->is_including_past);
    see_node(c, model, rule->condition);
    see_node(c, model, rule->date);
    see_node(c, model, rule->series);
    for (size_t i = 0; i < rule->actions.count; i++) {
        see(c, action_names[rule->actions.items[i].kind], true);
        see_node(c, model, rule->actions.items[i].amount);
    }
}

static void see_contracts(Coverage *c, const Model *model)
{
    for (size_t i = 0; i < model->contracts.count; i++) {
        const Contract *contract = &model->contracts.items[i];

        see(c, "grace", contract->grace != NULL);
        for (size_t j = 0; j < contract->moves.count; j++) {
            see(c, "stage on a date", contract->moves.items[j].date != NULL);
            see(c, "stage when a condition holds", contract->moves.items[j].condition != NULL);
        }
    }
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];

        see(c, "pay of rest", slot->is_rest);
        see(c, "pay of rest, up to", slot->is_rest && slot->rest_cap != NULL);
        see(c, "raises", slot->raises != NO_ID);
        see(c, "lowers", slot->lowers != NO_ID);
        see(c, "first rank", slot->rank == 0);
        see(c, "middle rank", slot->rank == 1);
        see(c, "last rank", slot->rank == 2);
    }
}

static void see_backing(Coverage *c, const Model *model)
{
    for (size_t i = 0; i < model->facilities.count; i++) {
        const Facility *facility = &model->facilities.items[i];
        bool is_outside = model->parties.items[facility->lender].is_outside;

        see(c, "facility to borrow from", !facility->is_for_shortfall);
        see(c, "facility for shortfall, from outside", facility->is_for_shortfall && is_outside);
        see(c, "facility for shortfall, from inside", facility->is_for_shortfall && !is_outside);
        see(c, "facility raises a stock", facility->raises != NO_ID);
    }
    see(c, "guarantee", model->guarantees.count > 0);
    see(c, "reserve", model->reserves.count > 0);
    for (size_t i = 0; i < model->parties.count; i++) {
        const Party *party = &model->parties.items[i];

        see(c, "keep", party->keep != NULL);
        see(c, "keep, before a rank", party->keep != NULL && party->keep_rank < model->ranks.count);
        see(c, "default costs of cash", party->loss_of_cash != NULL);
        see(c, "default costs of receipts", party->loss_of_receipts != NULL);
        for (size_t j = 0; j < party->openings.count; j++)
            see(c, "opening against a party", party->openings.items[j].against != NO_ID);
    }
}

static void see_asked(Coverage *c, const Model *model)
{
    for (size_t i = 0; i < model->checks.count; i++) {
        see(c, check_names[model->checks.items[i].mode], true);
        see(c, "check during a term", model->checks.items[i].term_start != NULL);
    }
    for (size_t i = 0; i < model->closing_formulas.count; i++)
        see_node(c, model, model->values.items[model->closing_formulas.items[i]].expr);
    for (size_t i = 0; i < model->outputs.count; i++) {
        see(c, "output once", model->outputs.items[i].is_once);
        see(c, "output by period", !model->outputs.items[i].is_once);
    }
}

/* ---- what happened ---- */

static bool any_paid(const RunResult *result, uint32_t slot)
{
    for (uint32_t t = 0; t < result->n_periods; t++) {
        size_t at = (size_t)slot * result->n_periods + t;
        if (result->paid_low[at] > 0 || result->paid_high[at] > 0)
            return true;
    }
    return false;
}

static bool is_left_unpaid(const RunResult *result, uint32_t slot)
{
    double open = 0;

    for (uint32_t t = 0; t < result->n_periods; t++) {
        size_t at = (size_t)slot * result->n_periods + t;
        open += result->due_low[at] + result->due_high[at] - result->paid_low[at] -
                result->paid_high[at];
    }
    return open > 0;
}

/* Whether less than was open was paid twice on end. */
static bool is_paid_late(const RunResult *result, uint32_t slot)
{
    double open = 0;
    int n_parts = 0;

    for (uint32_t t = 0; t < result->n_periods; t++) {
        size_t at = (size_t)slot * result->n_periods + t;
        double paid = result->paid_low[at] + result->paid_high[at];

        open += result->due_low[at] + result->due_high[at] - paid;
        n_parts = paid > 0 && open > 0 ? n_parts + 1 : 0;
        if (n_parts == 2)
            return true;
    }
    return false;
}

static bool is_book_too_large(const Model *model, const RunResult *result)
{
    for (size_t i = 0; i < result->failures.count; i++)
        for (size_t p = 0; p < model->parties.count; p++)
            if (result->failures.items[i].number > 0 &&
                text_equal(result->failures.items[i].what, model->parties.items[p].name))
                return true;
    return false;
}

static void see_events(Coverage *c, const Model *model, const RunResult *result)
{
    bool is_large = false;
    for (size_t i = 0; i < model->slots.count * result->n_periods; i++)
        is_large |= result->paid_high[i] > 0;
    see(c, "a flow past 2^40 cents", is_large);
    see(c, "a path failed", result->n_failed > 0);
    see(c, "a book past 2^53 cents", is_book_too_large(model, result));
    see(c, "every path lived", result->n_failed == 0);
    see(c, "someone could not pay in full", result->n_clearings > 0);
    see(c, "who pays", result->n_who_pays > 0);
    for (size_t i = 0; i < model->facilities.count; i++)
        see(c, "a facility was drawn", any_paid(result, model->facilities.items[i].slot));
    for (size_t i = 0; i < model->guarantees.count; i++) {
        const Guarantee *guarantee = &model->guarantees.items[i];

        for (size_t j = 0; j < guarantee->pays.count; j++) {
            see(c, "a guarantee paid", any_paid(result, guarantee->pays.items[j]));
            see(c, "recourse was paid", any_paid(result, guarantee->recourse.items[j]));
        }
    }
    for (uint32_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        bool has_grace =
            slot->contract != NO_ID && model->contracts.items[slot->contract].grace != NULL;

        if (slot->is_rest)
            see(c, "a share of rest was paid", any_paid(result, i));
        else if (has_grace && !slot->is_made)
            see(c, "part of the arrears paid, under a grace", is_paid_late(result, i));
    }
    for (size_t i = 0; i < model->checks.count; i++) {
        for (uint64_t p = 0; p < result->n_paths; p++) {
            bool is_held = result->held[i * result->n_paths + p] != 0;
            see(c, is_held ? "a check held" : "a check did not hold", true);
        }
    }
}

/* ---- a second money ---- */

static bool is_all_paid(const Model *model, const RunResult *result, uint32_t party)
{
    for (uint32_t i = 0; i < model->slots.count; i++)
        if (model->slots.items[i].payer == party && is_left_unpaid(result, i))
            return false;
    return true;
}

static void see_monies(Coverage *c, const Model *model, const RunResult *result)
{
    see(c, "a second money", model->monies.count > 1);
    for (size_t i = 0; i < model->parties.count; i++) {
        const Party *party = &model->parties.items[i];
        bool is_further = party->owner != i;

        see(c, "a second money is kept", is_further && party->keep != NULL);
        see(c, "default costs of a book in which all is paid",
            model->monies.count > 1 && party->loss_slot != NO_ID &&
                any_paid(result, party->loss_slot) && is_all_paid(model, result, (uint32_t)i));
        see(c, "default costs in a second money",
            is_further && party->loss_slot != NO_ID && any_paid(result, party->loss_slot));
    }
    for (uint32_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        bool is_further = model->parties.items[slot->payer].money > 0;

        see(c, "paid in a second money", is_further && any_paid(result, i));
        see(c, "left unpaid in a second money", is_further && is_left_unpaid(result, i));
        see(c, "a second money is left over", is_further && slot->is_rest && any_paid(result, i));
    }
    for (size_t i = 0; i < model->guarantees.count; i++)
        for (size_t j = 0; j < model->guarantees.items[i].pays.count; j++)
            see(c, "a guarantee paid in a second money",
                model->parties.items[model->guarantees.items[i].guarantor].money > 0 &&
                    any_paid(result, model->guarantees.items[i].pays.items[j]));
    for (size_t i = 0; i < model->facilities.count; i++)
        see(c, "a facility drawn in a second money",
            model->parties.items[model->facilities.items[i].lender].money > 0 &&
                any_paid(result, model->facilities.items[i].slot));
    for (size_t i = 0; i < model->reserves.count; i++)
        see(c, "a reserve of a second money",
            model->parties.items[model->reserves.items[i].party].money > 0);
    for (uint32_t i = 0; i < result->n_who_pays; i++)
        see(c, "who pays in a second money",
            model->parties.items[model->views.items[result->who_pays[i].view].party].money > 0);
}

/* ---- what a model no longer knows of its text ---- */

static size_t place_of(Text text, const char *words)
{
    size_t n = strlen(words);

    for (size_t i = 0; i + n <= text.length; i++)
        if (memcmp(text.bytes + i, words, n) == 0)
            return i;
    return text.length;
}

static void see_words(Coverage *c, const char *name, Text text, const char *words)
{
    see(c, name, place_of(text, words) < text.length);
}

static void see_text(Coverage *c, Text text, bool is_scenario)
{
    size_t end = place_of(text, "scenario other");
    Text declared = {text.bytes, end};
    Text other = {text.bytes + end, is_scenario ? text.length - end : 0};

    see_words(c, "kind like another", declared, " like shop");
    see_words(c, "kind like another, without a rule", declared, "without clear_out");
    see_words(c, "kind like another, a rule replaced", declared, "rule clear_out every");
    see_words(c, "correlated within", declared, " within shop");
    see_words(c, "table from a file", declared, "from \"days.csv\"");
    see_words(c, "scenario, another number", other, "k0 =");
    see_words(c, "scenario, another law", other, " ~ ");
    see_words(c, "scenario, scaled", other, " scaled ");
    see_words(c, "scenario, plus", other, " plus ");
    see_words(c, "scenario, instead", other, " instead");
    see_words(c, "scenario, every", other, "every ");
    see_words(c, "scenario, a stage", other, "= never");
}

Coverage *coverage_new(Arena *arena)
{
    Coverage *c = ARENA_NEW(arena, Coverage);

    see_all(c, node_names, N_OP_COUNT);
    see_all(c, value_names, VALUE_UNKNOWN + 1);
    see_all(c, law_names, DIST_LAW_DATA + 1);
    see_all(c, rule_names, 4);
    see_all(c, action_names, 7);
    see_all(c, check_names, 3);
    see_all(c, step_names, 5);
    return c;
}

void coverage_add(Coverage *c, const Model *model, const RunResult *result, Text text,
                  bool is_scenario)
{
    memset(c->is_here, 0, sizeof c->is_here);
    see(c, step_names[model->step], true);
    see_values(c, model);
    see_stocks(c, model);
    for (size_t i = 0; i < model->rules.count; i++)
        see_rule(c, model, &model->rules.items[i]);
    see_contracts(c, model);
    see_backing(c, model);
    see_asked(c, model);
    see_events(c, model, result);
    see_monies(c, model, result);
    see_text(c, text, is_scenario);
    for (int i = 0; i < c->n; i++)
        c->counts[i] += c->is_here[i];
}

int coverage_print(const Coverage *c, int least, bool only_missing)
{
    int n_missing = 0;

    for (int i = 0; i < c->n; i++) {
        bool is_missing = c->counts[i] < least;

        n_missing += is_missing;
        if (is_missing || !only_missing)
            printf("%6d  %s%s\n", c->counts[i], c->names[i], is_missing ? "  TOO FEW" : "");
    }
    return n_missing;
}
