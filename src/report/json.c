/* Everything that the report knows, as JSON; docs/results.md lists the members. */
#include "report/report.h"

#ifdef GW_HAVE_JANSSON

#include "stats/proportion.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define Z_95 1.959964

typedef struct {
    Arena *arena;
    const ReportInput *input;
    const Model *model;
    const RunResult *result;
    double *scratch;
} Writing;

static json_t *text_json(Text text)
{
    return json_stringn(text.length > 0 ? text.bytes : "", text.length);
}

/* JSON has no infinity and no not-a-number: both are null. */
static json_t *number_json(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

static json_t *day_json(double day)
{
    char bytes[16];

    if (isnan(day))
        return json_null();
    day_print(day, bytes);
    return json_string(bytes);
}

static void put(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value);
}

static json_t *value_json(const Writing *w, const Output *output, double base)
{
    double scale = output->type == TYPE_NUMBER && output->unit_scale != 0 ? output->unit_scale : 1;

    if (output->type == TYPE_WORD && !isnan(base))
        return text_json(word_at(w->model, base));
    return output->type == TYPE_DATE ? day_json(base) : number_json(base / scale);
}

/* In the output's unit; of dates in days. */
static json_t *error_json(const Output *output, double base)
{
    double scale = output->type == TYPE_NUMBER && output->unit_scale != 0 ? output->unit_scale : 1;

    return number_json(base / scale);
}

static json_t *spread_json(const Writing *w, const Output *output, const Spread *spread)
{
    json_t *out = json_object();
    Interval interval = stats_wilson(spread->n_nonzero, spread->count, Z_95);
    bool has_mean = output->type != TYPE_DATE && output->type != TYPE_WORD;

    put(out, "paths", json_integer((json_int_t)spread->count));
    if (output->type == TYPE_YESNO) {
        put(out, "chance",
            number_json(spread->count > 0 ? (double)spread->n_nonzero / (double)spread->count
                                          : (double)NAN));
        put(out, "low", number_json(interval.low));
        put(out, "high", number_json(interval.high));
        return out;
    }
    if (output->type == TYPE_DATE)
        put(out, "never", json_integer((json_int_t)spread->n_never));
    if (has_mean) {
        put(out, "mean", value_json(w, output, spread->mean));
        put(out, "sd", value_json(w, output, spread->sd));
    }
    put(out, "p5", value_json(w, output, spread->p5));
    put(out, "p25", value_json(w, output, spread->p25));
    put(out, "p50", value_json(w, output, spread->p50));
    put(out, "p75", value_json(w, output, spread->p75));
    put(out, "p95", value_json(w, output, spread->p95));
    if (has_mean)
        put(out, "se_mean", error_json(output, spread->se_mean));
    if (output->type == TYPE_WORD)
        return out;
    put(out, "se5", error_json(output, spread->se5));
    put(out, "se25", error_json(output, spread->se25));
    put(out, "se50", error_json(output, spread->se50));
    put(out, "se75", error_json(output, spread->se75));
    put(out, "se95", error_json(output, spread->se95));
    return out;
}

static json_t *output_json(const Writing *w, uint32_t index)
{
    static const char *const types[] = {"number", "date", "duration", "yesno", "word"};
    const Output *output = &w->model->outputs.items[index];
    uint32_t first = output->is_once ? w->model->n_periods - 1 : 0;
    json_t *out = json_object();
    json_t *series = json_array();

    put(out, "name", text_json(output->name));
    put(out, "unit", text_json(output->unit));
    put(out, "type", json_string(types[output->type]));
    put(out, "once", json_boolean(output->is_once));
    for (uint32_t period = first; period < w->model->n_periods; period++) {
        Spread spread = spread_at(w->model, w->result, index, period, w->scratch);
        (void)json_array_append_new(series, spread_json(w, output, &spread));
    }
    put(out, "series", series);
    return out;
}

static json_t *outputs_json(const Writing *w)
{
    json_t *out = json_array();

    for (size_t i = 0; i < w->model->outputs.count; i++)
        if (!w->model->outputs.items[i].is_hidden)
            (void)json_array_append_new(out, output_json(w, (uint32_t)i));
    return out;
}

static json_t *periods_json(const Writing *w)
{
    json_t *out = json_array();

    for (uint32_t period = 0; period < w->model->n_periods; period++) {
        json_t *one = json_object();
        put(one, "first_day", day_json(w->model->first_days[period]));
        put(one, "last_day", day_json(w->model->last_days[period]));
        (void)json_array_append_new(out, one);
    }
    return out;
}

static json_t *parameters_json(const Writing *w)
{
    json_t *out = json_array();

    for (size_t i = 0; i < w->model->parameters.count; i++) {
        const Parameter *p = &w->model->parameters.items[i];
        double scale = p->unit_scale != 0 ? p->unit_scale : 1;
        json_t *one = json_object();
        put(one, "name", text_json(p->name));
        put(one, "label", text_json(p->label));
        put(one, "unit", text_json(p->unit));
        if (!p->is_draw)
            put(one, "number", number_json(p->number / scale));
        put(one, "printed", text_json(p->printed));
        put(one, "draw", json_boolean(p->is_draw));
        put(one, "attribution",
            json_string(p->attribution == 'c'   ? "cite"
                        : p->attribution == 'a' ? "assume"
                        : p->attribution == 'u' ? "unsourced"
                                                : "exempt"));
        put(one, "source", text_json(p->source));
        put(one, "words", text_json(p->words));
        put(one, "low", number_json(p->range_low / scale));
        put(one, "high", number_json(p->range_high / scale));
        put(one, "file", text_json(p->file));
        put(one, "line", json_integer(p->line));
        (void)json_array_append_new(out, one);
    }
    return out;
}

static json_t *sources_json(const Writing *w)
{
    json_t *out = json_array();

    for (size_t i = 0; i < w->model->sources.count; i++) {
        const Source *source = &w->model->sources.items[i];
        json_t *one = json_object();
        put(one, "name", text_json(source->name));
        put(one, "title", text_json(source->title));
        put(one, "dated", text_json(source->dated));
        put(one, "trust", text_json(source->trust));
        put(one, "address", text_json(source->address));
        (void)json_array_append_new(out, one);
    }
    return out;
}

/* Means by pay statement: what was owed and paid in each period. */
static json_t *flows_json(const Writing *w)
{
    json_t *out = json_array();

    for (uint32_t i = 0; i < w->model->slots.count; i++) {
        const Slot *slot = &w->model->slots.items[i];
        json_t *one = json_object();
        json_t *due = json_array();
        json_t *paid = json_array();
        for (uint32_t period = 0; period < w->model->n_periods; period++) {
            (void)json_array_append_new(
                due, number_json(flow_mean(w->model, w->result, i, period, period, false)));
            (void)json_array_append_new(
                paid, number_json(flow_mean(w->model, w->result, i, period, period, true)));
        }
        put(one, "payer", text_json(book_owner(w->model, slot->payer)));
        put(one, "payee", text_json(book_owner(w->model, slot->payee)));
        put(one, "money", text_json(book_money(w->model, slot->payer)));
        put(one, "category", text_json(w->model->categories.items[slot->category].name));
        put(one, "contract",
            slot->contract == NO_ID ? json_string("")
                                    : text_json(w->model->contracts.items[slot->contract].name));
        put(one, "due", due);
        put(one, "paid", paid);
        (void)json_array_append_new(out, one);
    }
    return out;
}

static json_t *checks_json(const Writing *w)
{
    json_t *out = json_array();

    for (size_t i = 0; i < w->model->checks.count; i++) {
        json_t *one = json_object();
        size_t held = 0;
        size_t tested = 0;
        Interval interval;
        check_count(w->result, i, &held, &tested);
        interval = stats_wilson(held, tested, Z_95);
        put(one, "title", text_json(w->model->checks.items[i].title));
        put(one, "holds", json_boolean(check_holds(w->model, w->result, i)));
        put(one, "held", json_integer((json_int_t)held));
        put(one, "tested", json_integer((json_int_t)tested));
        put(one, "low", number_json(interval.low));
        put(one, "high", number_json(interval.high));
        put(one, "needed", number_json(w->model->checks.items[i].share));
        (void)json_array_append_new(out, one);
    }
    return out;
}

static json_t *failures_json(const Writing *w)
{
    json_t *out = json_array();

    for (size_t i = 0; i < w->result->failures.count; i++) {
        const Failure *failure = &w->result->failures.items[i];
        json_t *one = json_object();
        put(one, "path", json_integer((json_int_t)failure->path));
        put(one, "period", json_integer(failure->period));
        put(one, "what",
            text_json(failure->value != NO_ID ? w->model->values.items[failure->value].name
                                              : failure->what));
        put(one, "why", text_json(report_failure(w->arena, w->model, failure)));
        put(one, "file", text_json(failure->file));
        put(one, "line", json_integer(failure->line));
        (void)json_array_append_new(out, one);
    }
    return out;
}

static json_t *source_share_json(const Writing *w, const WhoPays *who, uint32_t source)
{
    size_t n_paths = (size_t)w->result->n_kept;
    json_t *one = json_object();
    size_t count = 0;
    Spread spread;

    for (size_t path = 0; path < n_paths; path++)
        if (!w->result->is_failed[path] && who->received[path] > 0)
            w->scratch[count++] = who->shares[(size_t)source * n_paths + path];
    spread = spread_of(w->scratch, count);
    put(one, "source", text_json(who->source_names[source]));
    put(one, "mean", number_json(spread.mean));
    put(one, "p5", number_json(spread.p5));
    put(one, "p50", number_json(spread.p50));
    put(one, "p95", number_json(spread.p95));
    put(one, "se_mean", number_json(spread.se_mean));
    put(one, "se5", number_json(spread.se5));
    put(one, "se50", number_json(spread.se50));
    put(one, "se95", number_json(spread.se95));
    return one;
}

static json_t *circularity_json(const Writing *w, const WhoPays *who)
{
    Circularity c;
    json_t *out = NULL;

    if (!circularity_of(w->arena, w->model, w->result, who, &c))
        return json_null();
    out = json_object();
    put(out, "return_probability", number_json(c.return_probability));
    put(out, "path_length", number_json(c.path_length));
    put(out, "cycling_index", number_json(c.cycling_index));
    put(out, "most_in_circles", number_json(c.around));
    put(out, "paid_in_all", number_json(c.total));
    return out;
}

static json_t *who_pays_json(const Writing *w)
{
    json_t *out = json_array();

    for (uint32_t i = 0; i < w->result->n_who_pays; i++) {
        const WhoPays *who = &w->result->who_pays[i];
        const View *view = &w->model->views.items[who->view];
        json_t *one = json_object();
        json_t *shares = json_array();
        for (uint32_t source = 0; source < who->n_sources; source++)
            if (is_source_in_money(w->model, who, source))
                (void)json_array_append_new(shares, source_share_json(w, who, source));
        put(one, "target", text_json(book_owner(w->model, view->party)));
        put(one, "money", text_json(book_money(w->model, view->party)));
        put(one, "account",
            view->account == NO_ID ? json_string("")
                                   : text_json(w->model->accounts.items[view->account].name));
        put(one, "from", day_json(view->term_start)); /* null: the whole clock */
        put(one, "until", day_json(view->term_end));
        put(one, "shares", shares);
        put(one, "circularity", circularity_json(w, who));
        (void)json_array_append_new(out, one);
    }
    return out;
}

static json_t *bank_tests_json(const Writing *w)
{
    json_t *out = json_array();

    for (size_t i = 0; i < w->model->views.count; i++) {
        const View *view = &w->model->views.items[i];
        BankVerdict verdict;
        json_t *one = NULL;

        if (!bank_verdict_of(w->arena, w->model, w->result, view, &verdict))
            continue;
        one = json_object();
        put(one, "loan", text_json(w->model->contracts.items[view->contract].name));
        put(one, "money", text_json(w->model->monies.items[view->money]));
        put(one, "lent", number_json(verdict.lent));
        put(one, "would_lend", number_json(verdict.would_lend));
        put(one, "cost", number_json(verdict.cost));
        put(one, "payback_years", number_json(verdict.payback_years)); /* null: never */
        put(one, "rate_of_return", number_json(verdict.rate_of_return));
        put(one, "life_years", json_integer((json_int_t)verdict.life_years));
        put(one, "years_without_cash", number_json(verdict.years_without_cash));
        (void)json_array_append_new(out, one);
    }
    return out;
}

static json_t *compared_json(const Writing *w, const Comparison *comparison)
{
    json_t *out = json_object();
    json_t *outputs = json_object();

    put(out, "scenario", text_json(comparison->name));
    put(out, "title", text_json(comparison->title));
    put(out, "run", json_boolean(comparison->is_run));
    put(out, "paths", json_integer((json_int_t)comparison->n_paths));
    put(out, "failed", json_integer((json_int_t)comparison->n_failed));
    for (size_t i = 0; comparison->is_run && i < w->model->outputs.count; i++)
        if (comparison->spreads[i].count > 0) {
            Text name = w->model->outputs.items[i].name;
            (void)json_object_setn_new(
                outputs, name.bytes, name.length,
                spread_json(w, &w->model->outputs.items[i], &comparison->spreads[i]));
        }
    put(out, "at_end", outputs);
    return out;
}

static void put_side_runs(const Writing *w, json_t *all)
{
    json_t *comparisons = json_array();
    json_t *headline = json_array();
    json_t *nudges = json_array();

    for (size_t i = 0; i < w->input->comparisons.count; i++)
        (void)json_array_append_new(comparisons, compared_json(w, &w->input->comparisons.items[i]));
    for (size_t i = 0; i < w->input->headline.count; i++) {
        json_t *one = json_object();
        put(one, "layer", text_json(w->input->headline.items[i].layer));
        put(one, "money", text_json(w->model->monies.items[w->input->headline.items[i].money]));
        put(one, "announced", number_json(w->input->headline.items[i].announced));
        put(one, "binding", number_json(w->input->headline.items[i].binding));
        put(one, "paths", json_integer((json_int_t)w->input->headline_paths));
        (void)json_array_append_new(headline, one);
    }
    for (size_t i = 0; i < w->input->nudges.count; i++) {
        const Nudge *nudge = &w->input->nudges.items[i];
        json_t *one = json_object();
        put(one, "parameter", text_json(w->model->parameters.items[nudge->parameter].name));
        put(one, "before", number_json(nudge->before));
        put(one, "after", number_json(nudge->after));
        put(one, "paths", json_integer((json_int_t)w->input->nudge_paths));
        (void)json_array_append_new(nudges, one);
    }
    put(all, "comparisons", comparisons);
    put(all, "headline", headline);
    put(all, "raised_by_a_tenth", nudges);
}

static json_t *rows_json(const ProfileRows *rows)
{
    json_t *out = json_array();

    for (size_t i = 0; i < rows->count; i++) {
        json_t *one = json_object();
        put(one, "name", text_json(rows->items[i].name));
        put(one, "share", number_json(rows->items[i].share));
        (void)json_array_append_new(out, one);
    }
    return out;
}

static json_t *profile_json(const Profile *profile)
{
    json_t *all = json_object();
    json_t *seconds = json_object();

    for (size_t i = 0; i < STAGE_REPORT; i++) /* which is under way */
        put(seconds, report_stage_name(i), number_json(profile->seconds[i]));
    put(all, "seconds", seconds);
    put(all, "phases", rows_json(&profile->run.phases));
    put(all, "names", rows_json(&profile->run.names));
    put(all, "operations", rows_json(&profile->run.operations));
    return all;
}

static json_t *monies_json(const Model *model)
{
    json_t *out = json_array();

    for (size_t i = 0; i < model->monies.count; i++)
        (void)json_array_append_new(out, text_json(model->monies.items[i]));
    return out;
}

static json_t *everything_json(const Writing *w)
{
    static const char *const steps[] = {"daily", "weekly", "monthly", "quarterly", "yearly"};
    json_t *all = json_object();

    put(all, "model", text_json(w->model->name));
    put(all, "title", text_json(w->model->title));
    put(all, "scenario", text_json(w->model->scenario));
    put(all, "set", text_json(w->model->settings));
    put(all, "seed", json_integer((json_int_t)w->input->seed));
    put(all, "paths", json_integer((json_int_t)w->result->n_paths));
    put(all, "kept_paths", json_integer((json_int_t)w->result->n_kept));
    put(all, "quantile_error", json_real(worst_quantile_error(w->result)));
    put(all, "failed", json_integer((json_int_t)w->result->n_failed));
    put(all, "currency", text_json(w->model->currency));
    put(all, "monies", monies_json(w->model));
    put(all, "step", json_string(steps[w->model->step]));
    put(all, "unsourced", json_integer(w->model->n_unsourced));
    put(all, "book_checks", json_integer((json_int_t)w->result->n_book_checks));
    put(all, "book_faults", json_integer((json_int_t)w->result->n_book_faults));
    put(all, "periods", periods_json(w));
    put(all, "sources", sources_json(w));
    put(all, "parameters", parameters_json(w));
    put(all, "outputs", outputs_json(w));
    put(all, "flows", flows_json(w));
    put(all, "who_pays", who_pays_json(w));
    put(all, "bank_tests", bank_tests_json(w));
    put(all, "checks", checks_json(w));
    put(all, "failures", failures_json(w));
    put_side_runs(w, all);
    if (w->input->profile != NULL)
        put(all, "profile", profile_json(w->input->profile));
    return all;
}

Text report_json(Arena *arena, const ReportInput *input)
{
    Writing w = {.arena = arena,
                 .input = input,
                 .model = input->model,
                 .result = input->result,
                 .scratch = ARENA_ARRAY(arena, double, (size_t)input->result->n_kept + 1)};
    json_t *all = everything_json(&w);
    char *bytes = json_dumps(all, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    Text text = {"", 0};

    json_decref(all);
    if (bytes != NULL) {
        Buffer out = {.arena = arena};
        buffer_string(&out, bytes);
        buffer_char(&out, '\n');
        text = buffer_view(&out);
    }
    free(bytes);
    return text;
}

#else

Text report_json(Arena *arena, const ReportInput *input)
{
    (void)arena;
    (void)input;
    return (Text){"", 0};
}

#endif
