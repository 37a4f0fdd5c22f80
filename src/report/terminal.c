/* The terminal report: its header, the order of its sections, wrapping and tables. */
#include "report/section.h"

#include <math.h>
#include <string.h>

enum { LEAST_WIDTH = 40, MOST_WIDTH = 400, INDENT = 2, COLUMN_GAP = 3, MOST_COLUMNS = 64 };

static void add_bold(Report *r, const char *text)
{
    if (r->style->has_colour)
        buffer_string(r->out, "\x1b[1m");
    buffer_string(r->out, text);
    if (r->style->has_colour)
        buffer_string(r->out, "\x1b[0m");
}

static void add_spaces(Buffer *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_char(out, ' ');
}

static void add_padded_heading(Report *r, const char *heading)
{
    size_t length = strlen(heading);

    if (length > 0)
        add_bold(r, heading);
    add_spaces(r->out, length < SECTION_INDENT - 1 ? SECTION_INDENT - length : 1);
}

/* The length in bytes of what fits `width` columns, cut at a space where there is one. */
static size_t fitting(Text text, size_t width)
{
    size_t columns = 0;
    size_t last_space = 0;

    for (size_t i = 0; i < text.length; i++) {
        bool starts = ((unsigned char)text.bytes[i] & 0xC0) != 0x80;
        if (starts && columns >= width && last_space > 0)
            return last_space;
        if (text.bytes[i] == ' ')
            last_space = i;
        if (text.bytes[i] == ' ' && columns > width)
            return i;
        columns += starts;
    }
    return text.length;
}

void add_section(Report *r, const char *heading, Text text)
{
    bool is_first = true;

    add_padded_heading(r, heading);
    while (text.length > 0 || is_first) {
        size_t length = fitting(text, r->style->width - SECTION_INDENT);
        if (!is_first)
            add_spaces(r->out, SECTION_INDENT);
        buffer_add(r->out, text.bytes, length);
        buffer_char(r->out, '\n');
        text = (Text){text.bytes + length, text.length - length};
        while (text.length > 0 && *text.bytes == ' ')
            text = (Text){text.bytes + 1, text.length - 1};
        is_first = false;
    }
}

void add_heading(Report *r, const char *heading, Text rest)
{
    add_padded_heading(r, heading);
    buffer_text(r->out, rest);
    buffer_char(r->out, '\n');
}

/* --- tables --- */

void table_add(Report *r, TextTable *table, Text cell)
{
    *LIST_PUSH(r->arena, &table->cells) = cell;
}

static void measure_columns(const TextTable *table, size_t *widths)
{
    for (size_t i = 0; i < table->cells.count; i++) {
        size_t width = text_width(table->cells.items[i]);
        size_t column = i % table->n_columns;
        widths[column] = width > widths[column] ? width : widths[column];
    }
}

static void write_columns(Report *r, const TextTable *table, const size_t *widths, size_t from,
                          size_t to)
{
    size_t n_rows = table->cells.count / table->n_columns;

    for (size_t row = 0; row < n_rows; row++) {
        const Text *cells = table->cells.items + row * table->n_columns;
        add_spaces(r->out, INDENT);
        buffer_text(r->out, cells[0]);
        size_t pending = widths[0] - text_width(cells[0]);
        for (size_t column = from; column < to; column++) {
            pending += COLUMN_GAP + widths[column] - text_width(cells[column]);
            if (cells[column].length == 0) {
                pending += text_width(cells[column]);
                continue;
            }
            add_spaces(r->out, pending);
            buffer_text(r->out, cells[column]);
            pending = 0;
        }
        while (r->out->bytes[r->out->length - 1] == ' ')
            r->out->length--; /* a bar is padded to its full length */
        buffer_char(r->out, '\n');
    }
}

void table_write(Report *r, const TextTable *table)
{
    size_t *widths = ARENA_ARRAY(r->arena, size_t, table->n_columns);
    size_t from = 1;

    measure_columns(table, widths);
    if (table->n_columns == 1)
        write_columns(r, table, widths, 1, 1);
    while (from < table->n_columns) {
        size_t to = from + 1;
        size_t width = INDENT + widths[0] + COLUMN_GAP + widths[from];
        while (to < table->n_columns && width + COLUMN_GAP + widths[to] <= r->style->width)
            width += COLUMN_GAP + widths[to++];
        if (from > 1)
            buffer_char(r->out, '\n');
        write_columns(r, table, widths, from, to);
        from = to;
    }
}

/* --- the header --- */

static Text clock_text(Arena *arena, const Model *model)
{
    static const char *const steps[] = {"daily", "weekly", "monthly", "quarterly", "yearly"};
    Buffer out = {.arena = arena};

    add_date(&out, model, model->from);
    buffer_string(&out, " … ");
    add_date(&out, model, model->until);
    buffer_format(&out, " %s", steps[model->step]);
    return buffer_view(&out);
}

static Text facts_text(const Report *r)
{
    Buffer out = {.arena = r->arena};

    buffer_text(&out, clock_text(r->arena, r->model));
    buffer_string(&out, " · ");
    add_count(&out, r->result->n_paths - r->result->n_failed);
    buffer_string(&out, " of ");
    add_count(&out, r->result->n_paths);
    buffer_format(&out, " paths · seed %llu", (unsigned long long)r->input->seed);
    if (r->result->summary != NULL) {
        buffer_string(&out, " · quantiles within ");
        add_percent(&out, worst_quantile_error(r->result));
        buffer_string(&out, " %, single paths from the first ");
        add_count(&out, r->result->n_kept);
    }
    if (!isnan(r->style->seconds))
        buffer_format(&out, " · %.1f s", r->style->seconds);
    return buffer_view(&out);
}

static void write_header(Report *r)
{
    Text title = r->model->title.length > 0 ? r->model->title : r->model->name;
    Text facts = facts_text(r);
    Buffer left = {.arena = r->arena};
    size_t used = 0;

    buffer_text(&left, title);
    if (r->model->scenario.length > 0)
        buffer_format(&left, "%s%.*s", title.length > 0 ? "  scenario " : "scenario ",
                      TEXT_ARG(r->model->scenario));
    used = text_width(buffer_view(&left));
    if (used > 0)
        add_bold(r, left.bytes);
    if (used > 0 && used + 3 + text_width(facts) > r->style->width)
        buffer_char(r->out, '\n');
    else if (used > 0)
        add_spaces(r->out, r->style->width - used - text_width(facts));
    buffer_text(r->out, facts);
    buffer_char(r->out, '\n');
    if (r->model->settings.length > 0) /* the model alone does not give these numbers */
        add_section(r, "with", r->model->settings);
    buffer_char(r->out, '\n');
}

/* --- all sections, in their order --- */

typedef struct {
    const char *view;
    void (*write)(Report *r, const View *view);
} ViewSection;

static const ViewSection view_sections[] = {
    {"show", section_show},  {"fan", section_fan},         {"hist", section_hist},
    {"why", section_why},    {"tornado", section_tornado}, {"compare", section_compare},
    {"flows", section_flows}};

static void write_views(Report *r)
{
    for (size_t v = 0; v < r->model->views.count; v++) {
        const View *view = &r->model->views.items[v];
        for (size_t i = 0; i < sizeof view_sections / sizeof *view_sections; i++)
            if (text_is(view->name, view_sections[i].view))
                view_sections[i].write(r, view);
    }
}

static void write_sections(Report *r)
{
    section_who_pays(r);
    section_reach(r);
    section_plan(r);
    section_bank_test(r);
    section_breaks(r);
    section_headline(r);
    write_views(r);
    if (r->style->has_errors)
        section_errors(r);
    section_rests_on(r);
    section_checks(r);
}

Text report_terminal(Arena *arena, const ReportInput *input, const ReportStyle *style)
{
    Buffer out = {.arena = arena};
    ReportStyle own = *style;
    Report r = {.arena = arena,
                .input = input,
                .model = input->model,
                .result = input->result,
                .style = &own,
                .out = &out,
                .scratch = ARENA_ARRAY(arena, double, (size_t)input->result->n_kept + 1),
                .more_scratch = ARENA_ARRAY(arena, double, (size_t)input->result->n_kept + 1)};

    own.width = own.width < LEAST_WIDTH ? LEAST_WIDTH : own.width;
    own.width = own.width > MOST_WIDTH ? MOST_WIDTH : own.width;
    write_header(&r);
    if (input->result->n_failed < input->result->n_paths)
        write_sections(&r);
    else
        section_checks(&r);
    return buffer_view(&out);
}

uint32_t report_main_output(const Model *model)
{
    for (size_t v = 0; v < model->views.count; v++)
        if (text_is(model->views.items[v].name, "tornado") &&
            model->views.items[v].outputs.count > 0)
            return model->views.items[v].outputs.items[0];
    for (size_t v = 0; v < model->views.count; v++)
        if (text_is(model->views.items[v].name, "show") && model->views.items[v].outputs.count > 0)
            return model->views.items[v].outputs.items[0];
    return NO_ID;
}

double report_middle(const Model *model, const Output *about, const double *column, size_t n_paths,
                     double *scratch)
{
    size_t count = 0;
    double sum = 0;

    for (size_t path = 0; path < n_paths; path++)
        if (!isnan(column[path]))
            scratch[count++] = column[path];
    if (about->type != TYPE_DATE && about->type != TYPE_YESNO)
        return spread_of_type(about->type, scratch, count).p50;
    for (size_t i = 0; i < count; i++)
        sum += about->type == TYPE_DATE ? fmin(scratch[i], model->until + 1) : scratch[i] != 0;
    return sum / (double)count;
}
