/* fan, tornado, why, compare and flows, as compact text. */
#include "report/section.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TORNADO_WIDTH = 12, USUAL_TOP = 10, USUAL_FLOWS = 15 };

Text number_cell(Report *r, Scale scale, double base)
{
    Buffer cell = {.arena = r->arena};

    add_scaled(&cell, scale, base);
    return buffer_view(&cell);
}

Text typed_cell(Report *r, const Output *output, Scale scale, double base)
{
    Buffer cell = {.arena = r->arena};

    add_value(&cell, r->model, output, scale, base);
    return buffer_view(&cell);
}

Text percent_cell(Report *r, double share)
{
    Buffer cell = {.arena = r->arena};

    add_percent(&cell, share);
    buffer_string(&cell, " %");
    return buffer_view(&cell);
}

Text bar(Report *r, double share, int width)
{
    Buffer cell = {.arena = r->arena};
    int length = (int)floor(share * width + 0.5);

    for (int i = 0; i < width; i++)
        buffer_string(&cell, i < length ? "█" : i == 0 && share > 0 ? "▏" : " ");
    return buffer_view(&cell);
}

Text unit_words(Report *r, Scale scale)
{
    Buffer out = {.arena = r->arena};

    if (*scale.magnitude != '\0' || scale.unit.length > 0) {
        static const char times[] = "×";
        size_t skipped = strncmp(scale.magnitude, times, strlen(times)) == 0 ? strlen(times) : 0;
        scale.magnitude += skipped; /* "in 10^18 FLOP" */
        buffer_string(&out, " in");
        add_unit(&out, scale);
    }
    return buffer_view(&out);
}

/* --- fan --- */

static void fan_row(Report *r, TextTable *table, const Output *output, Scale scale, const Spread *s)
{
    table_add(r, table, typed_cell(r, output, scale, s->p5));
    table_add(r, table, typed_cell(r, output, scale, s->p25));
    table_add(r, table, typed_cell(r, output, scale, s->p50));
    table_add(r, table, typed_cell(r, output, scale, s->p75));
    table_add(r, table, typed_cell(r, output, scale, s->p95));
}

static void fan_of(Report *r, const View *view, uint32_t output)
{
    static const char *const heads[] = {"", "5 %", "25 %", "median", "75 %", "95 %"};
    const Output *about = &r->model->outputs.items[output];
    StretchList stretches = stretches_by(r->arena, r->model, view->by);
    Spread *spreads = ARENA_ARRAY(r->arena, Spread, stretches.count + 1);
    TextTable table = {.n_columns = 6};
    Scale scale;

    for (size_t i = 0; i < stretches.count; i++) {
        spreads[i] = spread_folded(r->model, r->result, output, stretches.items[i].first_period,
                                   stretches.items[i].last_period, r->scratch);
    }
    scale = scale_of_column(about, spreads, stretches.count);
    for (size_t i = 0; i < 6; i++)
        table_add(r, &table, text_from(heads[i]));
    for (size_t i = 0; i < stretches.count; i++) {
        table_add(r, &table, stretches.items[i].name);
        fan_row(r, &table, about, scale, &spreads[i]);
    }
    add_heading(r, "FAN",
                text_format(r->arena, "%.*s%.*s", TEXT_ARG(output_title(r->model, output)),
                            TEXT_ARG(unit_words(r, scale))));
    table_write(r, &table);
    buffer_char(r->out, '\n');
}

void section_fan(Report *r, const View *view)
{
    for (size_t i = 0; i < view->outputs.count; i++)
        fan_of(r, view, view->outputs.items[i]);
}

/* --- tornado --- */

static void tornado_row(Report *r, TextTable *table, const Output *output, Scale scale,
                        const Driver *driver, double most)
{
    const Parameter *parameter = &r->model->parameters.items[driver->parameter];
    double share = driver->rank_correlation * driver->rank_correlation;

    table_add(r, table, parameter->name);
    table_add(r, table, percent_cell(r, share));
    table_add(r, table,
              text_format(r->arena, "%s%.2f", driver->rank_correlation < 0 ? "-" : "+",
                          fabs(driver->rank_correlation)));
    table_add(r, table, bar(r, share / most, TORNADO_WIDTH));
    table_add(r, table, typed_cell(r, output, scale, driver->low_tenth));
    table_add(r, table, typed_cell(r, output, scale, driver->high_tenth));
}

static void tornado_of(Report *r, const View *view, uint32_t output)
{
    static const char *const heads[] = {"draw", "explains", "rank corr.", "", "lowest", "highest"};
    const Output *about = &r->model->outputs.items[output];
    uint32_t period = isnan(view->at) ? r->model->n_periods - 1 : period_of_day(r->model, view->at);
    DriverList drivers = drivers_of(r, output, period, NULL);
    Spread spread = spread_at(r->model, r->result, output, period, r->scratch);
    Scale scale = scale_of_spread(about, &spread);
    TextTable table = {.n_columns = 6};
    size_t top = view->top == 0 ? USUAL_TOP : view->top;

    add_heading(r, "TORNADO",
                text_format(r->arena,
                            "%.*s%.*s: the draws it follows, its median at their "
                            "lowest and highest tenth",
                            TEXT_ARG(output_title(r->model, output)),
                            TEXT_ARG(unit_words(r, scale))));
    if (drivers.count == 0)
        add_section(r, "", TEXT("no draw stands out from the noise"));
    for (size_t i = 0; i < 6 && drivers.count > 0; i++)
        table_add(r, &table, text_from(heads[i]));
    for (size_t i = 0; i < drivers.count && i < top; i++)
        tornado_row(r, &table, about, scale, &drivers.items[i],
                    drivers.items[0].rank_correlation * drivers.items[0].rank_correlation);
    if (drivers.count > 0)
        table_write(r, &table);
    buffer_char(r->out, '\n');
}

void section_tornado(Report *r, const View *view)
{
    for (size_t i = 0; i < view->outputs.count; i++)
        tornado_of(r, view, view->outputs.items[i]);
}

/* --- why: what made up a party's cash, or the formula and the draws behind a number --- */

typedef struct {
    Text words;
    double money;
} Reason;
typedef LIST(Reason) ReasonList;

static int larger_size_first(const void *a, const void *b)
{
    const Reason *left = a;
    const Reason *right = b;

    if (fabs(left->money) != fabs(right->money))
        return fabs(left->money) < fabs(right->money) ? 1 : -1;
    return text_compare(left->words, right->words);
}

/* The account whose closing balance the output shows; NULL when it shows something else. */
static const Value *account_shown(const Report *r, uint32_t output)
{
    const Value *value = &r->model->values.items[r->model->outputs.items[output].value];

    if (value->kind == VALUE_FORMULA && value->expr != NULL &&
        (value->expr->op == N_CLOSING || value->expr->op == N_VALUE))
        value = &r->model->values.items[value->expr->value];
    return value->kind == VALUE_ACCOUNT && value->account == r->model->cash ? value : NULL;
}

static void add_reason(Report *r, ReasonList *reasons, Text words, double money)
{
    for (size_t i = 0; i < reasons->count; i++)
        if (text_equal(reasons->items[i].words, words)) {
            reasons->items[i].money += money;
            return;
        }
    *LIST_PUSH(r->arena, reasons) = (Reason){words, money};
}

static ReasonList cash_reasons(Report *r, uint32_t party, uint32_t last_period)
{
    ReasonList reasons = {0};

    for (size_t i = 0; i < r->model->slots.count; i++) {
        const Slot *slot = &r->model->slots.items[i];
        Text category = r->model->categories.items[slot->category].name;
        double paid = flow_mean(r->model, r->result, (uint32_t)i, 0, last_period, true);
        if (slot->payer == slot->payee || paid == 0)
            continue;
        if (slot->payee == party)
            add_reason(r, &reasons,
                       text_format(r->arena, "%.*s from %.*s", TEXT_ARG(category),
                                   TEXT_ARG(party_title(r->model, slot->payer))),
                       paid);
        if (slot->payer == party)
            add_reason(r, &reasons,
                       text_format(r->arena, "%.*s to %.*s", TEXT_ARG(category),
                                   TEXT_ARG(party_title(r->model, slot->payee))),
                       -paid);
    }
    if (reasons.count > 1)
        qsort(reasons.items, reasons.count, sizeof *reasons.items, larger_size_first);
    return reasons;
}

/* Of the mean, or of what it is made of where that is far larger. */
static Scale scale_of_reasons(Text currency, const ReasonList *reasons, double mean)
{
    Scale scale = scale_for(currency, 1, mean);

    for (size_t i = 0; i < reasons->count; i++)
        if (fabs(reasons->items[i].money) > scale.divisor * 1000)
            scale = scale_for(currency, 1, reasons->items[i].money);
    return scale;
}

static void why_cash(Report *r, Buffer *heading, const Value *account, uint32_t period, double mean)
{
    ReasonList reasons = cash_reasons(r, account->party, period);
    Scale scale = scale_of_reasons(book_money(r->model, account->party), &reasons, mean);
    TextTable table = {.n_columns = 2};
    double left = mean;

    buffer_format(heading, "; its mean%.*s is made of", TEXT_ARG(unit_words(r, scale)));
    add_heading(r, "WHY", buffer_view(heading));
    for (size_t i = 0; i < reasons.count; i++)
        left -= reasons.items[i].money;
    table_add(r, &table, TEXT("at the start"));
    table_add(r, &table, number_cell(r, scale, left));
    for (size_t i = 0; i < reasons.count; i++) {
        table_add(r, &table, reasons.items[i].words);
        table_add(r, &table, number_cell(r, scale, reasons.items[i].money));
    }
    table_add(r, &table, TEXT("makes"));
    table_add(r, &table, number_cell(r, scale, mean));
    table_write(r, &table);
}

static void why_formula(Report *r, const Buffer *heading, uint32_t output, uint32_t period)
{
    const Value *value = &r->model->values.items[r->model->outputs.items[output].value];
    DriverList drivers = drivers_of(r, output, period, NULL);
    Buffer out = {.arena = r->arena};

    add_heading(r, "WHY", buffer_view(heading));
    if (value->expr != NULL) {
        Text printed = model_print_node(r->arena, r->model, value->expr);
        add_section(r, "", text_format(r->arena, "= %.*s", TEXT_ARG(printed)));
    }
    for (size_t i = 0; i < drivers.count && i < USUAL_TOP; i++) {
        buffer_format(&out, "%s%.*s ", i == 0 ? "follows " : ", ",
                      TEXT_ARG(r->model->parameters.items[drivers.items[i].parameter].name));
        add_percent(&out, drivers.items[i].rank_correlation * drivers.items[i].rank_correlation);
        buffer_format(&out, " %% (%s)", drivers.items[i].rank_correlation > 0 ? "with" : "against");
    }
    if (out.length > 0)
        add_section(r, "", buffer_view(&out));
}

void section_why(Report *r, const View *view)
{
    uint32_t period = isnan(view->at) ? r->model->n_periods - 1 : period_of_day(r->model, view->at);

    for (size_t i = 0; i < view->outputs.count; i++) {
        uint32_t output = view->outputs.items[i];
        const Value *account = account_shown(r, output);
        Spread spread = spread_at(r->model, r->result, output, period, r->scratch);
        Buffer heading = {.arena = r->arena};

        buffer_format(&heading, "%.*s at the end of ", TEXT_ARG(output_title(r->model, output)));
        add_date(&heading, r->model, r->model->last_days[period]);
        buffer_string(&heading, " is ");
        add_spread(&heading, r->model, output, &spread);
        if (account != NULL)
            why_cash(r, &heading, account, period, spread.mean);
        else
            why_formula(r, &heading, output, period);
        buffer_char(r->out, '\n');
    }
}

/* --- compare --- */

static Text compared_cell(Report *r, const Comparison *comparison, uint32_t output)
{
    Buffer cell = {.arena = r->arena};

    if (!comparison->is_run)
        buffer_string(&cell, "could not be run");
    else if (comparison->spreads[output].count == 0)
        buffer_string(&cell, "-");
    else
        add_spread(&cell, r->model, output, &comparison->spreads[output]);
    return buffer_view(&cell);
}

/* The output's cells by scenario; false when they are all alike. */
static bool compared_cells(Report *r, uint32_t output, Text *cells)
{
    size_t n = r->input->comparisons.count;
    bool is_alike = true;

    for (size_t i = 0; i < n; i++) {
        cells[i] = compared_cell(r, &r->input->comparisons.items[i], output);
        is_alike = is_alike && text_equal(cells[i], cells[0]);
    }
    return !is_alike;
}

static bool differs_in(const Report *r, uint32_t output, uint32_t period)
{
    const Comparison *all = r->input->comparisons.items;
    size_t at = (size_t)output * r->model->n_periods + period;

    for (size_t i = 1; i < r->input->comparisons.count; i++)
        if (all[i].hashes != NULL && all[0].hashes != NULL &&
            all[i].hashes[at] != all[0].hashes[at])
            return true;
    return false;
}

/* Outputs whose cells are alike: in every period, at the end alone, or in the digits shown. */
typedef struct {
    Buffer throughout, at_end, as_shown;
} Alike;

static void add_alike(Report *r, Alike *alike, uint32_t output)
{
    uint32_t last = r->model->outputs.items[output].is_once ? 0 : r->model->n_periods - 1;
    uint32_t first = 0;
    Buffer *out = &alike->throughout;
    const char *words = "the same in all: ";

    while (first <= last && !differs_in(r, output, first))
        first++;
    if (first <= last) {
        bool is_end = !differs_in(r, output, last);
        out = is_end ? &alike->at_end : &alike->as_shown;
        words = is_end ? "the same in all at the end, but not before: "
                       : "the same in all to the digits shown: ";
    }
    buffer_format(out, "%s%.*s", out->length == 0 ? words : ", ",
                  TEXT_ARG(output_title(r->model, output)));
    if (out == &alike->at_end) {
        buffer_string(out, " (differs first in ");
        add_date(out, r->model, r->model->last_days[first]);
        buffer_char(out, ')');
    }
}

static void write_alike(Report *r, const Buffer *alike)
{
    if (alike->length > 0)
        add_section(r, "", buffer_view(alike));
}

void section_compare(Report *r, const View *view)
{
    size_t n = r->input->comparisons.count;
    Text *cells = ARENA_ARRAY(r->arena, Text, n + 1);
    TextTable table = {.n_columns = 2};
    Buffer heading = {.arena = r->arena};
    Alike alike = {{.arena = r->arena}, {.arena = r->arena}, {.arena = r->arena}};

    (void)view;
    if (n == 0)
        return;
    for (uint32_t output = 0; output < r->model->outputs.count; output++) {
        if (r->model->outputs.items[output].is_hidden)
            continue;
        if (!compared_cells(r, output, cells)) {
            add_alike(r, &alike, output);
            continue;
        }
        table_add(r, &table, output_title(r->model, output));
        table_add(r, &table, (Text){"", 0});
        for (size_t i = 0; i < n; i++) {
            table_add(
                r, &table,
                text_format(r->arena, "  %.*s", TEXT_ARG(r->input->comparisons.items[i].name)));
            table_add(r, &table, cells[i]);
        }
    }
    buffer_string(&heading, "scenarios at the end of ");
    add_date(&heading, r->model, r->model->until);
    buffer_string(&heading, ", the same draws over ");
    add_count(&heading, r->input->comparisons.items[0].n_paths);
    buffer_string(&heading, " paths");
    add_heading(r, "COMPARE", buffer_view(&heading));
    if (table.cells.count > 0)
        table_write(r, &table);
    write_alike(r, &alike.throughout);
    write_alike(r, &alike.at_end);
    write_alike(r, &alike.as_shown);
    buffer_char(r->out, '\n');
}

/* --- flows --- */

static void write_flows(Report *r, const View *view, uint32_t money)
{
    uint32_t last = r->model->n_periods - 1;
    size_t top = view->top == 0 ? USUAL_FLOWS : view->top;
    TextTable table = {.n_columns = 2};
    ReasonList flows = {0};
    double total = 0;
    double shown = 0;
    Scale scale;

    for (size_t i = 0; i < r->model->slots.count; i++) {
        const Slot *slot = &r->model->slots.items[i];
        double paid = flow_mean(r->model, r->result, (uint32_t)i, 0, last, true);
        if (!(paid > 0) || r->model->parties.items[slot->payer].money != money)
            continue;
        total += paid;
        add_reason(r, &flows,
                   text_format(r->arena, "%.*s → %.*s  %.*s",
                               TEXT_ARG(party_title(r->model, slot->payer)),
                               TEXT_ARG(party_title(r->model, slot->payee)),
                               TEXT_ARG(r->model->categories.items[slot->category].name)),
                   paid);
    }
    if (flows.count == 0)
        return;
    qsort(flows.items, flows.count, sizeof *flows.items, larger_size_first);
    scale = scale_for(
        r->model->monies.items[money], 1,
        middle_size(flows.items[(flows.count < top ? flows.count : top) - 1].money, total));
    for (size_t i = 0; i < flows.count && i < top; i++) {
        shown += flows.items[i].money;
        table_add(r, &table, flows.items[i].words);
        table_add(r, &table, number_cell(r, scale, flows.items[i].money));
    }
    if (flows.count > top) {
        table_add(r, &table, text_format(r->arena, "%zu further", flows.count - top));
        table_add(r, &table, number_cell(r, scale, total - shown));
    }
    table_add(r, &table, TEXT("all"));
    table_add(r, &table, number_cell(r, scale, total));
    add_heading(
        r, "FLOWS",
        text_format(r->arena, "paid over the clock, mean%.*s", TEXT_ARG(unit_words(r, scale))));
    table_write(r, &table);
    buffer_char(r->out, '\n');
}

void section_flows(Report *r, const View *view)
{
    for (uint32_t money = 0; money < r->model->monies.count; money++)
        write_flows(r, view, money);
}
