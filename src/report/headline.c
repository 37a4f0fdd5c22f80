/* HEADLINE: what is announced, were every stage effective, against what binds, by layer. */
#include "report/section.h"

#include <math.h>
#include <stdlib.h>

bool report_has_headline(const Model *model)
{
    bool is_layered = false;
    bool is_open = false;

    for (size_t i = 0; i < model->contracts.count; i++) {
        const Contract *contract = &model->contracts.items[i];
        is_layered = is_layered || contract->layer.length > 0;
        is_open = is_open || contract->initial != STAGE_EFFECTIVE || contract->moves.count > 0;
    }
    for (size_t v = 0; v < model->views.count; v++)
        is_open = is_open || text_is(model->views.items[v].name, "headline");
    return is_layered && is_open;
}

static HeadlineRow *row_of(Arena *arena, ReportInput *input, Text layer, uint32_t money)
{
    HeadlineRow *row = NULL;

    for (size_t i = 0; i < input->headline.count; i++)
        if (text_equal(input->headline.items[i].layer, layer) &&
            input->headline.items[i].money == money)
            return &input->headline.items[i];
    row = LIST_PUSH(arena, &input->headline);
    row->layer = text_copy(arena, layer);
    row->money = money;
    return row;
}

/* A contract without a layer is a company's other business, which nobody announced; what a
 * contract is part of is counted there. */
static bool is_counted(const Model *model, const Slot *slot)
{
    const Contract *contract =
        slot->contract == NO_ID ? NULL : &model->contracts.items[slot->contract];

    return !slot->is_made && contract != NULL && contract->layer.length > 0 &&
           contract->part_of == NO_ID && slot->payer != slot->payee;
}

void report_add_headline(Arena *arena, const Model *model, const RunResult *result,
                         ReportInput *input, bool is_announced)
{
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        HeadlineRow *row = NULL;
        double due = 0;

        if (!is_counted(model, slot))
            continue;
        row = row_of(arena, input, model->contracts.items[slot->contract].layer,
                     model->parties.items[slot->payer].money);
        due = flow_mean(model, result, (uint32_t)i, 0, model->n_periods - 1, false);
        if (is_announced)
            row->announced += due;
        else
            row->binding += due;
    }
}

static int larger_announced_first(const void *a, const void *b)
{
    const HeadlineRow *left = a;
    const HeadlineRow *right = b;

    if (left->announced != right->announced)
        return left->announced < right->announced ? 1 : -1;
    return text_compare(left->layer, right->layer);
}

static Text money_cell(Report *r, Scale scale, double money)
{
    Buffer cell = {.arena = r->arena};

    add_scaled(&cell, scale, money);
    return buffer_view(&cell);
}

static bool is_less(const HeadlineRow *row)
{
    return row->announced < 0.9995 * row->binding;
}

/* Its layer in another money. */
static bool is_less_before(const HeadlineRow *rows, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (is_less(&rows[i]) && text_equal(rows[i].layer, rows[row].layer))
            return true;
    return false;
}

/* Why a layer may come to less if more were binding. */
static void write_meaning(Report *r)
{
    const HeadlineRow *rows = r->input->headline.items;
    Buffer out = {.arena = r->arena};
    Buffer less = {.arena = r->arena};

    buffer_string(&out, "announced: were every stage effective from the first day; binding: as the "
                        "stages come about");
    for (size_t i = 0; i < r->input->headline.count; i++)
        if (is_less(&rows[i]) && !is_less_before(rows, i))
            buffer_format(&less, "%s%.*s", less.length == 0 ? "" : ", ", TEXT_ARG(rows[i].layer));
    if (less.length > 0)
        buffer_format(&out,
                      ". The announced world is another one: with more money in it, what hangs on "
                      "a default or on little cash comes to less (%.*s)",
                      TEXT_ARG(buffer_view(&less)));
    add_section(r, "", buffer_view(&out));
}

/* The layers in one money; how many there are. */
static size_t rows_in(const Report *r, uint32_t money, HeadlineRow *rows, double *least,
                      double *most)
{
    size_t count = 0;

    *least = HUGE_VAL;
    *most = 0;
    for (size_t i = 0; i < r->input->headline.count; i++) {
        const HeadlineRow *row = &r->input->headline.items[i];
        double larger = fmax(row->announced, row->binding);
        if (row->money != money || !(larger > 0))
            continue;
        *least = fmin(*least, larger);
        *most = fmax(*most, larger);
        rows[count++] = *row;
    }
    return count;
}

/* False when nothing is owed in this money. */
static bool write_rows(Report *r, uint32_t money, bool is_first)
{
    Buffer heading = {.arena = r->arena};
    HeadlineRow *rows = ARENA_ARRAY(r->arena, HeadlineRow, r->input->headline.count + 1);
    TextTable table = {.n_columns = 3};
    double least = 0;
    double most = 0;
    size_t count = rows_in(r, money, rows, &least, &most);
    Scale scale;

    if (count == 0)
        return false;
    if (!is_first)
        buffer_char(r->out, '\n');
    qsort(rows, count, sizeof *rows, larger_announced_first);
    scale = scale_for(r->model->monies.items[money], 1, middle_size(least, most));
    table_add(r, &table, (Text){"", 0});
    table_add(r, &table, TEXT("announced"));
    table_add(r, &table, TEXT("binding"));
    for (size_t i = 0; i < count; i++) {
        table_add(r, &table, rows[i].layer);
        table_add(r, &table, money_cell(r, scale, rows[i].announced));
        table_add(r, &table, money_cell(r, scale, rows[i].binding));
    }
    buffer_format(&heading, "owed over the clock by layer, mean of ");
    add_count(&heading, r->input->headline_paths);
    buffer_format(&heading, " paths%.*s", TEXT_ARG(unit_words(r, scale)));
    add_heading(r, "HEADLINE", buffer_view(&heading));
    table_write(r, &table);
    return true;
}

void section_headline(Report *r)
{
    bool is_first = true;

    for (uint32_t money = 0; money < r->model->monies.count; money++)
        is_first &= !write_rows(r, money, is_first);
    if (is_first)
        return;
    write_meaning(r);
    buffer_char(r->out, '\n');
}
