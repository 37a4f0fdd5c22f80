/* ERRORS, when asked for: each output's quantiles at the end with their standard errors. */
#include "report/section.h"

#include "base/date.h"

#include <math.h>

static Text error_cell(Report *r, const Output *output, Scale scale, double quantile, double error)
{
    Buffer cell = {.arena = r->arena};

    add_value(&cell, r->model, output, scale, quantile);
    if (!isfinite(error))
        return buffer_view(&cell);
    buffer_string(&cell, " ± ");
    if (output->type == TYPE_DATE) {
        add_number(&cell, error / DAYS_PER_MONTH);
        buffer_string(&cell, " months");
    } else {
        add_scaled(&cell, scale, error);
    }
    return buffer_view(&cell);
}

static void add_row(Report *r, TextTable *table, uint32_t output)
{
    const Output *about = &r->model->outputs.items[output];
    Spread spread = spread_at(r->model, r->result, output, r->model->n_periods - 1, r->scratch);
    Scale scale = scale_of_spread(about, &spread);

    table_add(r, table,
              text_format(r->arena, "%.*s%.*s", TEXT_ARG(output_title(r->model, output)),
                          TEXT_ARG(unit_words(r, scale))));
    table_add(r, table, error_cell(r, about, scale, spread.p5, spread.se5));
    table_add(r, table, error_cell(r, about, scale, spread.p25, spread.se25));
    table_add(r, table, error_cell(r, about, scale, spread.p50, spread.se50));
    table_add(r, table, error_cell(r, about, scale, spread.p75, spread.se75));
    table_add(r, table, error_cell(r, about, scale, spread.p95, spread.se95));
    table_add(r, table,
              about->type == TYPE_DATE ? TEXT("")
                                       : error_cell(r, about, scale, spread.mean, spread.se_mean));
}

/* A chance has its interval wherever it stands, and words have no distance. */
static bool has_errors(const Output *output)
{
    return !output->is_hidden && output->type != TYPE_YESNO && output->type != TYPE_WORD;
}

void section_errors(Report *r)
{
    static const char *const heads[] = {"", "5 %", "25 %", "median", "75 %", "95 %", "mean"};
    TextTable table = {.n_columns = sizeof heads / sizeof *heads};
    Buffer heading = {.arena = r->arena};
    size_t n_rows = 0;

    for (size_t i = 0; i < table.n_columns; i++)
        table_add(r, &table, text_from(heads[i]));
    for (uint32_t i = 0; i < r->model->outputs.count; i++)
        if (has_errors(&r->model->outputs.items[i])) {
            add_row(r, &table, i);
            n_rows++;
        }
    if (n_rows == 0)
        return;
    buffer_string(&heading, "at the end of ");
    add_date(&heading, r->model, r->model->until);
    buffer_string(&heading, ": quantiles and means ± their standard errors");
    add_heading(r, "ERRORS", buffer_view(&heading));
    table_write(r, &table);
    buffer_char(r->out, '\n');
}
