/* The series in long form: one line for each output and period. */
#include "report/report.h"

#include <math.h>
#include <string.h>

static void add_field(Buffer *out, Text text)
{
    bool is_plain = true;

    for (size_t i = 0; i < text.length; i++)
        is_plain = is_plain && strchr(",\"\r\n", text.bytes[i]) == NULL;
    if (is_plain) {
        buffer_text(out, text);
        return;
    }
    buffer_char(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == '"')
            buffer_char(out, '"');
        buffer_char(out, text.bytes[i]);
    }
    buffer_char(out, '"');
}

static void add_day(Buffer *out, double day)
{
    char bytes[16];

    day_print(day, bytes);
    buffer_string(out, bytes);
}

/* Ten digits; dates as days, words as such; an empty field for what is not a number. */
static void add_value(Buffer *out, const Model *model, const Output *output, double base)
{
    double scale = output->unit_scale != 0 ? output->unit_scale : 1;

    buffer_char(out, ',');
    if (isnan(base))
        return;
    if (output->type == TYPE_DATE)
        add_day(out, base);
    else if (output->type == TYPE_WORD)
        add_field(out, word_at(model, base));
    else if (isinf(base))
        buffer_string(out, base > 0 ? "inf" : "-inf");
    else
        buffer_format(out, "%.10g", base / (output->type == TYPE_NUMBER ? scale : 1));
}

/* That of a date is in days; a word has none. */
static void add_error(Buffer *out, const Output *output, double base)
{
    double scale = output->unit_scale != 0 ? output->unit_scale : 1;

    buffer_char(out, ',');
    if (isfinite(base) && output->type != TYPE_WORD)
        buffer_format(out, "%.4g", base / (output->type == TYPE_NUMBER ? scale : 1));
}

static void add_line(Buffer *out, const Model *model, uint32_t index, uint32_t period,
                     const Spread *spread)
{
    static const char *const types[] = {"number", "date", "duration", "yesno", "word"};
    const Output *output = &model->outputs.items[index];
    bool has_mean = output->type != TYPE_DATE && output->type != TYPE_WORD;

    add_field(out, model->scenario.length > 0 ? model->scenario : TEXT("base"));
    buffer_char(out, ',');
    add_field(out, output->name);
    buffer_char(out, ',');
    add_field(out, output->unit);
    buffer_format(out, ",%s,", types[output->type]);
    if (!output->is_once)
        buffer_format(out, "%u", period);
    buffer_char(out, ',');
    if (!output->is_once)
        add_day(out, model->first_days[period]);
    buffer_char(out, ',');
    if (!output->is_once)
        add_day(out, model->last_days[period]);
    buffer_format(out, ",%zu,%zu", spread->count, spread->n_never);
    add_value(out, model, output, has_mean ? spread->mean : (double)NAN);
    add_value(out, model, output, has_mean ? spread->sd : (double)NAN);
    add_value(out, model, output, spread->p5);
    add_value(out, model, output, spread->p25);
    add_value(out, model, output, spread->p50);
    add_value(out, model, output, spread->p75);
    add_value(out, model, output, spread->p95);
    add_error(out, output, has_mean ? spread->se_mean : (double)NAN);
    add_error(out, output, spread->se5);
    add_error(out, output, spread->se25);
    add_error(out, output, spread->se50);
    add_error(out, output, spread->se75);
    add_error(out, output, spread->se95);
    buffer_char(out, '\n');
}

Text report_csv(Arena *arena, const ReportInput *input)
{
    const Model *model = input->model;
    double *scratch = ARENA_ARRAY(arena, double, (size_t)input->result->n_kept + 1);
    Buffer out = {.arena = arena};

    buffer_string(&out,
                  "scenario,output,unit,type,period,first_day,last_day,paths,never,mean,sd,p5,p25,"
                  "p50,p75,p95,se_mean,se5,se25,se50,se75,se95\n");
    for (size_t i = 0; i < model->outputs.count; i++) {
        uint32_t first = model->outputs.items[i].is_once ? model->n_periods - 1 : 0;
        if (model->outputs.items[i].is_hidden)
            continue;
        for (uint32_t period = first; period < model->n_periods; period++) {
            Spread spread = spread_at(model, input->result, (uint32_t)i, period, scratch);
            add_line(&out, model, (uint32_t)i, period, &spread);
        }
    }
    return buffer_view(&out);
}
