/* The checked model as text, for `gw dump model` and for reading in tests. */
#include "model/model.h"

static const char *const op_names[N_OP_COUNT] = {[N_CONST] = "const",
                                                 [N_VALUE] = "value",
                                                 [N_CLOSING] = "closing",
                                                 [N_TODAY] = "today",
                                                 [N_PERIOD_FIRST_DAY] = "first_day",
                                                 [N_PERIOD_MONTHS] = "period_months",
                                                 [N_PERIOD_DAYS] = "period_days",
                                                 [N_STRETCH_MONTHS] = "stretch_months",
                                                 [N_STRETCH_DAYS] = "stretch_days",
                                                 [N_EACH_COUNT] = "count",
                                                 [N_ADD] = "+",
                                                 [N_SUB] = "-",
                                                 [N_MUL] = "*",
                                                 [N_DIV] = "/",
                                                 [N_POW] = "^",
                                                 [N_NEG] = "neg",
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
                                                 [N_SUM] = "sum",
                                                 [N_ABS] = "abs",
                                                 [N_FLOOR] = "floor",
                                                 [N_CEIL] = "ceil",
                                                 [N_ROUND] = "round",
                                                 [N_SQRT] = "sqrt",
                                                 [N_EXP] = "exp",
                                                 [N_LOG] = "log",
                                                 [N_DATE_ADD_MONTHS] = "add_months",
                                                 [N_DATE_ADD_DAYS] = "add_days",
                                                 [N_MONTHS_BETWEEN] = "months",
                                                 [N_MONTH_DAY] = "month_day",
                                                 [N_RAMP] = "ramp",
                                                 [N_TABLE] = "table",
                                                 [N_ANNUITY] = "annuity"};

static const char *const value_names[] = {
    [VALUE_FORMULA] = "formula",      [VALUE_DRAW] = "draw",
    [VALUE_STOCK] = "stock",          [VALUE_RING_OUT] = "leaves",
    [VALUE_RING_CONTENT] = "content", [VALUE_LAG] = "lag",
    [VALUE_DELAY] = "delay",          [VALUE_CUMULATIVE] = "cumulative",
    [VALUE_WINDOW] = "window",        [VALUE_FIRST] = "first",
    [VALUE_GROWTH] = "growth",        [VALUE_LATCH] = "at",
    [VALUE_ACCOUNT] = "account",      [VALUE_UNPAID] = "unpaid",
    [VALUE_RECEIVED] = "received",    [VALUE_PAID] = "paid",
    [VALUE_DEFAULTED] = "defaulted",  [VALUE_DEFAULT_DATE] = "default_date",
    [VALUE_STAGE] = "stage",          [VALUE_STAGE_DATE] = "stage_date",
    [VALUE_FACILITY_DRAWN] = "drawn", [VALUE_RESERVE] = "reserve",
    [VALUE_SHARE] = "share",          [VALUE_UNKNOWN] = "unknown"};

static void print_node(Buffer *out, const Model *m, const Node *node)
{
    switch (node->op) {
    case N_CONST:
        buffer_number(out, node->number);
        return;
    case N_VALUE:
        buffer_text(out, m->values.items[node->value].name);
        return;
    case N_CLOSING:
        buffer_string(out, "closing ");
        buffer_text(out, m->values.items[node->value].name);
        return;
    case N_TABLE:
        buffer_text(out, m->tables.items[node->table].name);
        break;
    default:
        buffer_string(out, op_names[node->op]);
    }
    if (node->n_args == 0 && node->op != N_SUM)
        return;
    buffer_char(out, '(');
    for (uint32_t i = 0; i < node->n_args; i++) {
        if (i > 0)
            buffer_string(out, ", ");
        print_node(out, m, node->args[i]);
    }
    buffer_char(out, ')');
}

Text model_print_node(Arena *arena, const Model *m, const Node *node)
{
    Buffer out = {.arena = arena};
    print_node(&out, m, node);
    return buffer_view(&out);
}

static void dump_value(Buffer *out, const Model *m, ValueId id)
{
    const Value *v = &m->values.items[id];
    buffer_format(out, "%.*s : %s", TEXT_ARG(v->name), value_names[v->kind]);
    if (v->unit.length > 0)
        buffer_format(out, " [%.*s]", TEXT_ARG(v->unit));
    if (v->expr) {
        buffer_string(out, " = ");
        print_node(out, m, v->expr);
    }
    if (v->kind == VALUE_DRAW) {
        buffer_format(out, " law %d", (int)v->draw->law);
        for (uint32_t i = 0; i < v->draw->n_params; i++) {
            buffer_char(out, ' ');
            print_node(out, m, v->draw->params[i]);
        }
    }
    if (v->source != NO_ID)
        buffer_format(out, " of %.*s", TEXT_ARG(m->values.items[v->source].name));
    buffer_char(out, '\n');
}

static void dump_slot(Buffer *out, const Model *m, const Slot *s)
{
    buffer_format(
        out, "  %.*s: %.*s -> %.*s as %.*s rank %.*s%s%s\n", TEXT_ARG(s->name),
        TEXT_ARG(m->parties.items[s->payer].name), TEXT_ARG(m->parties.items[s->payee].name),
        TEXT_ARG(m->categories.items[s->category].name), TEXT_ARG(m->ranks.items[s->rank]),
        s->is_rest ? " of rest" : "", s->is_made ? " (made)" : "");
}

Text model_dump(Arena *arena, const Model *m)
{
    Buffer out = {.arena = arena};
    char from[16], until[16];
    day_print(m->from, from);
    day_print(m->until, until);
    buffer_format(&out, "model %.*s %s to %s, %u periods\n", TEXT_ARG(m->name), from, until,
                  m->n_periods);
    buffer_format(&out, "formulas %zu\n", m->formulas.count);
    for (size_t i = 0; i < m->formulas.count; i++)
        dump_value(&out, m, m->formulas.items[i]);
    buffer_format(&out, "closing %zu\n", m->closing_formulas.count);
    for (size_t i = 0; i < m->closing_formulas.count; i++)
        dump_value(&out, m, m->closing_formulas.items[i]);
    buffer_format(&out, "parties %zu, contracts %zu, rules %zu, slots %zu\n", m->parties.count,
                  m->contracts.count, m->rules.count, m->slots.count);
    for (size_t i = 0; i < m->slots.count; i++)
        dump_slot(&out, m, &m->slots.items[i]);
    return buffer_view(&out);
}
