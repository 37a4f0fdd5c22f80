/* show: each output at the end, or a table by year. */
#include "report/section.h"

static Text shown_cell(Report *r, uint32_t output)
{
    Buffer cell = {.arena = r->arena};
    Spread spread = spread_at(r->model, r->result, output, r->model->n_periods - 1, r->scratch);

    add_spread(&cell, r->model, output, &spread);
    return buffer_view(&cell);
}

static const char *folding_words(const Output *output)
{
    if (output->is_once || output->type != TYPE_NUMBER || output->measure == MEASURE_LEVEL)
        return "";
    return output->measure == MEASURE_AMOUNT ? ", summed" : ", averaged";
}

/* One output's column: one scale for all its medians, which stands in the head. */
static void show_column(Report *r, uint32_t output, const StretchList *stretches, Text *cells)
{
    const Output *about = &r->model->outputs.items[output];
    Spread *spreads = ARENA_ARRAY(r->arena, Spread, stretches->count + 1);
    Scale scale;

    for (size_t s = 0; s < stretches->count; s++) {
        spreads[s] = spread_folded(r->model, r->result, output, stretches->items[s].first_period,
                                   stretches->items[s].last_period, r->scratch);
    }
    scale = scale_of_column(about, spreads, stretches->count);
    cells[0] = text_format(r->arena, "%.*s%.*s%s", TEXT_ARG(output_title(r->model, output)),
                           TEXT_ARG(unit_words(r, scale)), folding_words(about));
    for (size_t s = 0; s < stretches->count; s++) {
        Buffer cell = {.arena = r->arena};
        add_spread_in(&cell, r->model, output, &spreads[s], scale, false);
        cells[s + 1] = buffer_view(&cell);
    }
}

static void show_by(Report *r, const View *view)
{
    StretchList stretches = stretches_by(r->arena, r->model, view->by);
    TextTable table = {.n_columns = view->outputs.count + 1};
    Text *cells = ARENA_ARRAY(r->arena, Text, (stretches.count + 1) * view->outputs.count);

    for (size_t i = 0; i < view->outputs.count; i++)
        show_column(r, view->outputs.items[i], &stretches, cells + i * (stretches.count + 1));
    for (size_t row = 0; row <= stretches.count; row++) {
        table_add(r, &table, row == 0 ? view->by : stretches.items[row - 1].name);
        for (size_t i = 0; i < view->outputs.count; i++)
            table_add(r, &table, cells[i * (stretches.count + 1) + row]);
    }
    add_heading(r, "SHOW",
                text_format(r->arena, "by %.*s: median (5 %% … 95 %%); levels at its end",
                            TEXT_ARG(view->by)));
    table_write(r, &table);
    buffer_char(r->out, '\n');
}

void section_show(Report *r, const View *view)
{
    TextTable table = {.n_columns = 2};
    Buffer heading = {.arena = r->arena};

    if (view->outputs.count == 0)
        return;
    if (view->by.length > 0) {
        show_by(r, view);
        return;
    }
    for (size_t i = 0; i < view->outputs.count; i++) {
        uint32_t output = view->outputs.items[i];
        table_add(r, &table, output_title(r->model, output));
        table_add(r, &table, shown_cell(r, output));
    }
    buffer_string(&heading, "at the end of ");
    add_date(&heading, r->model, r->model->until);
    buffer_string(&heading, ": median (5 % … 95 %), chance with its 95 % interval");
    add_heading(r, "SHOW", buffer_view(&heading));
    table_write(r, &table);
    buffer_char(r->out, '\n');
}
