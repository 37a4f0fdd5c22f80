/* HIST: how often an output came out how high, or as what. */
#include "report/section.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { HIST_WIDTH = 24, N_BINS = 12 };

static int lesser_first(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

typedef struct {
    Text name;
    size_t count;
} Bin;

typedef LIST(Bin) BinList;

static Text from_to(Report *r, Text from, Text to)
{
    return text_format(r->arena, "%.*s … %.*s", TEXT_ARG(from), TEXT_ARG(to));
}

/* The ends are open; what is not a number is in the last. */
static void count_in(BinList *bins, double at)
{
    size_t last = bins->count - 1;

    assert(bins->items != NULL && "there is a bin at least");
    bins->items[!(at < (double)last) ? last : at < 0 ? 0 : (size_t)at].count++;
}

/* Of equal width between the 0.5 % and 99.5 % points. */
static BinList bins_of_numbers(Report *r, const Output *about, Scale scale, const double *sorted,
                               size_t n)
{
    double low = sorted[n / 200];
    double width = (sorted[n - 1 - n / 200] - low) / N_BINS;
    BinList bins = {0};

    for (int bin = 0; bin < (width > 0 ? N_BINS : 1); bin++) {
        Text from = typed_cell(r, about, scale, low + bin * width);
        Text to = typed_cell(r, about, scale, low + (bin + 1) * width);
        LIST_PUSH(r->arena, &bins)->name = width > 0 ? from_to(r, from, to) : from;
    }
    for (size_t i = 0; i < n; i++)
        count_in(&bins, width > 0 ? floor((sorted[i] - low) / width) : 0);
    return bins;
}

static int32_t step_of_date(Step step, double day)
{
    return step_ordinal(step, (Day)floor(day + 0.5));
}

/* The same in whole months, on a finer clock in its days or weeks. */
static BinList bins_of_dates(Report *r, const Output *about, Scale scale, const double *sorted,
                             size_t n)
{
    Step step = r->model->step < STEP_MONTH ? r->model->step : STEP_MONTH;
    int32_t low = step_of_date(step, sorted[n / 200]);
    int32_t high = step_of_date(step, sorted[n - 1 - n / 200]);
    int32_t width = (high - low) / N_BINS + 1;
    BinList bins = {0};

    for (int32_t from = low; from <= high; from += width) {
        int32_t to = from + width - 1 < high ? from + width - 1 : high;
        Text first = typed_cell(r, about, scale, step_first_day(step, from));
        Text last = typed_cell(r, about, scale, step_last_day(step, to));
        LIST_PUSH(r->arena, &bins)->name =
            text_equal(first, last) ? first : from_to(r, first, last);
    }
    for (size_t i = 0; i < n; i++)
        count_in(&bins, floor((double)(step_of_date(step, sorted[i]) - low) / width));
    return bins;
}

/* Yes and no, and words: one for each. */
static BinList bins_of_words(Report *r, const Output *about, Scale scale, const double *sorted,
                             size_t n)
{
    BinList bins = {0};

    for (size_t i = 0; i < n; i++) {
        if (i == 0 || sorted[i] != sorted[i - 1])
            LIST_PUSH(r->arena, &bins)->name = typed_cell(r, about, scale, sorted[i]);
        bins.items[bins.count - 1].count++;
    }
    return bins;
}

/* `left`: how many besides never come. */
static void write_bins(Report *r, const BinList *bins, size_t left)
{
    TextTable table = {.n_columns = 3};
    size_t most = left;
    size_t all = left;

    for (size_t i = 0; i < bins->count; i++) {
        most = bins->items[i].count > most ? bins->items[i].count : most;
        all += bins->items[i].count;
    }
    for (size_t i = 0; i < bins->count + (left > 0); i++) {
        Bin bin = i < bins->count ? bins->items[i] : (Bin){TEXT("never"), left};
        table_add(r, &table, bin.name);
        table_add(r, &table, percent_cell(r, (double)bin.count / (double)all));
        table_add(r, &table, bar(r, (double)bin.count / (double)most, HIST_WIDTH));
    }
    table_write(r, &table);
}

static void hist_of(Report *r, const View *view, uint32_t output)
{
    const Output *about = &r->model->outputs.items[output];
    uint32_t period = isnan(view->at) ? r->model->n_periods - 1 : period_of_day(r->model, view->at);
    size_t count = column_values(r->model, r->result, output, period, r->scratch);
    Buffer heading = {.arena = r->arena};
    BinList bins = {0};
    size_t n = 0;
    Scale scale;

    for (size_t i = 0; i < count; i++)
        if (isfinite(r->scratch[i]))
            r->scratch[n++] = r->scratch[i];
    qsort(r->scratch, n, sizeof *r->scratch, lesser_first);
    scale = scale_of_output(
        about, n == 0 ? 0 : fmax(fabs(r->scratch[n / 200]), fabs(r->scratch[n - 1 - n / 200])));
    buffer_format(&heading, "%.*s%.*s", TEXT_ARG(output_title(r->model, output)),
                  TEXT_ARG(unit_words(r, scale)));
    if (!about->is_once) {
        buffer_string(&heading, " at the end of ");
        add_date(&heading, r->model, r->model->last_days[period]);
    }
    add_heading(r, "HIST", buffer_view(&heading));
    if (n > 0 && about->type == TYPE_DATE)
        bins = bins_of_dates(r, about, scale, r->scratch, n);
    else if (n > 0 && (about->type == TYPE_YESNO || about->type == TYPE_WORD))
        bins = bins_of_words(r, about, scale, r->scratch, n);
    else if (n > 0)
        bins = bins_of_numbers(r, about, scale, r->scratch, n);
    write_bins(r, &bins, count - n);
    buffer_char(r->out, '\n');
}

void section_hist(Report *r, const View *view)
{
    for (size_t i = 0; i < view->outputs.count; i++)
        hist_of(r, view, view->outputs.items[i]);
}
