/* POWER: by when a series passes its marks, and how often it never does. */
#include "report/section.h"

#include "base/date.h"

#include <math.h>

/* The last day of the first period in which the series is at the mark or above, by path; one that
 * does not change is there from the first period on, or never. */
static size_t dates_reached(const Report *r, uint32_t output, double mark, double *dates)
{
    size_t n_paths = (size_t)r->result->n_kept;
    const double *column = r->result->columns[output];
    uint32_t n_periods = r->model->outputs.items[output].is_once ? 1 : r->model->n_periods;
    size_t count = 0;

    for (size_t path = 0; path < n_paths; path++) {
        double date = DATE_NEVER;
        if (r->result->is_failed[path])
            continue;
        for (uint32_t period = 0; period < n_periods; period++)
            if (column[(size_t)period * n_paths + path] >= mark) {
                date = r->model->last_days[period];
                break;
            }
        dates[count++] = date;
    }
    return count;
}

static void add_mark(Report *r, Buffer *out, uint32_t output, double mark)
{
    const Output *about = &r->model->outputs.items[output];
    Scale scale = scale_of_output(about, mark);
    size_t count = dates_reached(r, output, mark, r->scratch);
    Spread spread = spread_of(r->scratch, count);

    add_amount(out, scale, mark);
    if (spread.n_never == spread.count) {
        buffer_string(out, " never, in any path");
        return;
    }
    if (isinf(spread.p50)) {
        buffer_string(out, " never in ");
        add_chance(out, spread.n_never, spread.count);
        buffer_string(out, " of paths");
        if (isfinite(spread.p5)) {
            buffer_string(out, ", else from ");
            add_date(out, r->model, spread.p5);
        }
        return;
    }
    buffer_string(out, " by ");
    add_date(out, r->model, spread.p50);
    if (spread.p5 != spread.p95) {
        buffer_string(out, " (");
        add_date(out, r->model, spread.p5);
        buffer_string(out, " … ");
        add_date(out, r->model, spread.p95);
        buffer_char(out, ')');
    }
    if (spread.n_never > 0) {
        buffer_string(out, ", never in ");
        add_chance(out, spread.n_never, spread.count);
        buffer_string(out, " of paths");
    }
}

void section_reach(Report *r)
{
    bool is_first = true;

    for (size_t v = 0; v < r->model->views.count; v++) {
        const View *view = &r->model->views.items[v];
        Buffer out = {.arena = r->arena};
        if (!text_is(view->name, "reach") || view->outputs.count == 0 || view->numbers.count == 0)
            continue;
        buffer_format(&out, "%.*s passes ",
                      TEXT_ARG(output_title(r->model, view->outputs.items[0])));
        for (size_t i = 0; i < view->numbers.count; i++) {
            if (i > 0)
                buffer_string(&out, "; ");
            add_mark(r, &out, view->outputs.items[0], view->numbers.items[i]);
        }
        add_section(r, is_first ? "POWER" : "", buffer_view(&out));
        is_first = false;
    }
}
