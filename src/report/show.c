/* show: each output at the end, or a table by year. */
#include "report/section.h"

static Text shown_cell(Report *r, uint32_t output, const Stretch *stretch)
{
    Buffer cell = {.arena = r->arena};
    size_t count = column_folded(r->model, r->result, output, stretch->first_period,
                                 stretch->last_period, r->scratch);
    Spread spread = spread_of(r->scratch, count);

    add_spread(&cell, r->model, output, &spread);
    return buffer_view(&cell);
}

static const char *folding_words(const Output *output)
{
    if (output->is_once || output->type != TYPE_NUMBER || output->measure == MEASURE_LEVEL)
        return "at its end";
    return output->measure == MEASURE_AMOUNT ? "summed" : "averaged";
}

static void show_by(Report *r, const View *view)
{
    StretchList stretches = stretches_by(r->arena, r->model, view->by);
    TextTable table = {.n_columns = view->outputs.count + 1};

    table_add(r, &table, text_format(r->arena, "%.*s", TEXT_ARG(view->by)));
    for (size_t i = 0; i < view->outputs.count; i++)
        table_add(r, &table,
                  text_format(r->arena, "%.*s, %s",
                              TEXT_ARG(output_title(r->model, view->outputs.items[i])),
                              folding_words(&r->model->outputs.items[view->outputs.items[i]])));
    for (size_t s = 0; s < stretches.count; s++) {
        table_add(r, &table, stretches.items[s].name);
        for (size_t i = 0; i < view->outputs.count; i++)
            table_add(r, &table, shown_cell(r, view->outputs.items[i], &stretches.items[s]));
    }
    add_heading(r, "SHOW", text_format(r->arena, "by %.*s: median (5 %% … 95 %%)",
                                       TEXT_ARG(view->by)));
    table_write(r, &table);
    buffer_char(r->out, '\n');
}

void section_show(Report *r, const View *view)
{
    TextTable table = {.n_columns = 2};
    Stretch whole = {0, r->model->n_periods - 1, {"", 0}};
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
        whole.first_period = r->model->n_periods - 1;
        table_add(r, &table, shown_cell(r, output, &whole));
    }
    buffer_string(&heading, "at the end of ");
    add_date(&heading, r->model, r->model->until);
    buffer_string(&heading, ": median (5 % … 95 %), chance with its 95 % interval");
    add_heading(r, "SHOW", buffer_view(&heading));
    table_write(r, &table);
    buffer_char(r->out, '\n');
}
