/* Reading what a run brought, and writing it down. */
#include "api/handle.h"
#include "results/save.h"
#include "stats/proportion.h"

#include <math.h>

#define Z_95 1.959964

uint64_t gw_run_paths(const GwRun *run)
{
    return run->result->n_paths;
}

uint64_t gw_run_kept_paths(const GwRun *run)
{
    return run->result->n_kept;
}

double gw_run_quantile_error(const GwRun *run)
{
    return worst_quantile_error(run->result);
}

uint64_t gw_run_failed(const GwRun *run)
{
    return run->result->n_failed;
}

const unsigned char *gw_run_failed_paths(const GwRun *run)
{
    return run->result->is_failed;
}

size_t gw_run_output_count(const GwRun *run)
{
    return run->built->model->outputs.count;
}

typedef struct {
    GwRun *run;
    size_t index, period;
    const GwReportOptions *options;
    const char *path;
    const char **text;
    void *out;
} ReadArguments;

static GwStatus past_the_end(GwRun *run, size_t index, size_t count)
{
    return run_fail(run, GW_BAD_USE, "asked for number %zu of %zu", index, count);
}

static GwStatus check_place(GwRun *run, size_t output, size_t period)
{
    run->message = "";
    if (output >= run->built->model->outputs.count)
        return past_the_end(run, output, run->built->model->outputs.count);
    if (period >= run->built->model->n_periods)
        return past_the_end(run, period, run->built->model->n_periods);
    return GW_OK;
}

static GwStatus output_work(void *context)
{
    ReadArguments *arguments = context;
    Arena *arena = arguments->run->arena;
    const Output *output = &arguments->run->built->model->outputs.items[arguments->index];

    *(GwOutput *)arguments->out = (GwOutput){.name = kept_string(arena, output->name),
                                             .label = kept_string(arena, output->name),
                                             .unit = kept_string(arena, output->unit),
                                             .type = (GwType)output->type,
                                             .is_once = output->is_once,
                                             .is_hidden = output->is_hidden};
    return GW_OK;
}

GwStatus gw_run_output(GwRun *run, size_t index, GwOutput *output)
{
    ReadArguments arguments = {.run = run, .index = index, .out = output};
    GwStatus status = check_place(run, index, 0);

    return status == GW_OK ? edge_guard(run->edge, output_work, &arguments) : status;
}

GwStatus gw_run_column(GwRun *run, size_t output, size_t period, const double **values)
{
    GwStatus status = check_place(run, output, period);
    bool is_once = status == GW_OK && run->built->model->outputs.items[output].is_once;

    if (status == GW_OK)
        *values =
            run->result->columns[output] + (is_once ? 0 : period * (size_t)run->result->n_kept);
    return status;
}

double gw_run_scale(const GwRun *run, size_t output)
{
    const Output *about = NULL;

    if (output >= run->built->model->outputs.count)
        return (double)NAN;
    about = &run->built->model->outputs.items[output];
    return about->type == TYPE_NUMBER && about->unit_scale != 0 ? 1 / about->unit_scale : 1;
}

double gw_run_quantile(GwRun *run, size_t output, size_t period, double p)
{
    if (check_place(run, output, period) != GW_OK || !(p >= 0 && p <= 1))
        return (double)NAN;
    return quantile_at(run->built->model, run->result, (uint32_t)output, (uint32_t)period, p,
                       run->sorting) *
           gw_run_scale(run, output);
}

double gw_run_mean(GwRun *run, size_t output, size_t period)
{
    if (check_place(run, output, period) != GW_OK)
        return (double)NAN;
    return mean_at(run->built->model, run->result, (uint32_t)output, (uint32_t)period,
                   run->sorting) *
           gw_run_scale(run, output);
}

static GwStatus word_work(void *context)
{
    ReadArguments *arguments = context;
    const Model *model = arguments->run->built->model;

    *(const char **)arguments->out =
        kept_string(arguments->run->arena, model->words.items[arguments->index]);
    return GW_OK;
}

GwStatus gw_run_word(GwRun *run, double number, const char **word)
{
    size_t count = run->built->model->words.count;
    bool is_one = number >= 0 && number < (double)count && number == floor(number);
    ReadArguments arguments = {.run = run, .index = is_one ? (size_t)number : count, .out = word};

    if (!is_one)
        return past_the_end(run, arguments.index, count);
    return edge_guard(run->edge, word_work, &arguments);
}

GwStatus gw_run_chance(GwRun *run, size_t output, size_t period, double *chance, double *low,
                       double *high)
{
    GwStatus status = check_place(run, output, period);
    Spread spread;
    Interval interval;

    if (status != GW_OK)
        return status;
    spread =
        spread_at(run->built->model, run->result, (uint32_t)output, (uint32_t)period, run->sorting);
    interval = stats_wilson(spread.n_nonzero, spread.count, Z_95);
    *chance = spread.count > 0 ? (double)spread.n_nonzero / (double)spread.count : (double)NAN;
    *low = interval.low;
    *high = interval.high;
    return GW_OK;
}

size_t gw_run_flow_count(const GwRun *run)
{
    return run->built->model->slots.count;
}

static GwStatus flow_work(void *context)
{
    ReadArguments *arguments = context;
    GwRun *run = arguments->run;
    const Model *model = run->built->model;
    const Slot *slot = &model->slots.items[arguments->index];
    uint32_t index = (uint32_t)arguments->index;
    uint32_t period = (uint32_t)arguments->period;

    *(GwFlow *)arguments->out = (GwFlow){
        .payer = kept_string(run->arena, book_owner(model, slot->payer)),
        .payee = kept_string(run->arena, book_owner(model, slot->payee)),
        .category = kept_string(run->arena, model->categories.items[slot->category].name),
        .contract = slot->contract == NO_ID
                        ? ""
                        : kept_string(run->arena, model->contracts.items[slot->contract].name),
        .due = flow_mean(model, run->result, index, period, period, false),
        .paid = flow_mean(model, run->result, index, period, period, true),
        .currency = kept_string(run->arena, book_money(model, slot->payer))};
    return GW_OK;
}

GwStatus gw_run_flow(GwRun *run, size_t index, size_t period, GwFlow *flow)
{
    ReadArguments arguments = {.run = run, .index = index, .period = period, .out = flow};

    run->message = "";
    if (index >= run->built->model->slots.count)
        return past_the_end(run, index, run->built->model->slots.count);
    if (period >= run->built->model->n_periods)
        return past_the_end(run, period, run->built->model->n_periods);
    return edge_guard(run->edge, flow_work, &arguments);
}

size_t gw_run_check_count(const GwRun *run)
{
    return run->built->model->checks.count;
}

static GwStatus check_work(void *context)
{
    ReadArguments *arguments = context;
    GwRun *run = arguments->run;
    const Check *about = &run->built->model->checks.items[arguments->index];
    size_t held = 0;
    size_t tested = 0;
    Interval interval;

    check_count(run->result, arguments->index, &held, &tested);
    interval = stats_wilson(held, tested, Z_95);
    *(GwCheck *)arguments->out =
        (GwCheck){.title = kept_string(run->arena, about->title),
                  .holds = check_holds(run->built->model, run->result, arguments->index),
                  .n_held = held,
                  .n_tested = tested,
                  .share = tested > 0 ? (double)held / (double)tested : (double)NAN,
                  .low = interval.low,
                  .high = interval.high,
                  .needed = about->share};
    return GW_OK;
}

GwStatus gw_run_check(GwRun *run, size_t index, GwCheck *check)
{
    ReadArguments arguments = {.run = run, .index = index, .out = check};

    run->message = "";
    if (index >= run->built->model->checks.count)
        return past_the_end(run, index, run->built->model->checks.count);
    return edge_guard(run->edge, check_work, &arguments);
}

size_t gw_run_failure_count(const GwRun *run)
{
    return run->result->failures.count;
}

static GwStatus failure_work(void *context)
{
    ReadArguments *arguments = context;
    GwRun *run = arguments->run;
    const Failure *failure = &run->result->failures.items[arguments->index];
    const Model *model = run->built->model;
    Text what = failure->value != NO_ID ? model->values.items[failure->value].name : failure->what;
    char day[16];

    day_print(model->first_days[failure->period], day);
    *(GwFailure *)arguments->out =
        (GwFailure){.path = failure->path,
                    .period = failure->period,
                    .day = kept_string(run->arena, text_from(day)),
                    .what = kept_string(run->arena, what),
                    .why = kept_string(run->arena, report_failure(run->arena, model, failure)),
                    .file = kept_string(run->arena, failure->file),
                    .line = failure->line};
    return GW_OK;
}

GwStatus gw_run_failure(GwRun *run, size_t index, GwFailure *failure)
{
    ReadArguments arguments = {.run = run, .index = index, .out = failure};

    run->message = "";
    if (index >= run->result->failures.count)
        return past_the_end(run, index, run->result->failures.count);
    return edge_guard(run->edge, failure_work, &arguments);
}

/* --- what is written --- */

static GwStatus refuse_part(GwRun *run)
{
    return run_fail(run, GW_BAD_USE, "a part of a run is joined to the others before it is shown");
}

static GwStatus report_work(void *context)
{
    ReadArguments *arguments = context;
    const GwReportOptions *options = arguments->options;
    ReportStyle style = {.width = 100, .seconds = (double)NAN};
    double started = seconds_now();

    if (options != NULL)
        style = (ReportStyle){.width = options->width != 0 ? options->width : 100,
                              .has_colour = options->has_colour != 0,
                              .has_errors = options->has_errors != 0,
                              .seconds = options->seconds};
    *arguments->text =
        kept_string(arguments->run->arena,
                    report_terminal(arguments->run->arena, &arguments->run->input, &style));
    run_add_stage(arguments->run, STAGE_REPORT, started);
    return GW_OK;
}

GwStatus gw_run_report(GwRun *run, const GwReportOptions *options, const char **text)
{
    ReadArguments arguments = {.run = run, .options = options, .text = text};

    run->message = "";
    if (run->part != NULL)
        return refuse_part(run);
    return edge_guard(run->edge, report_work, &arguments);
}

static GwStatus json_work(void *context)
{
    ReadArguments *arguments = context;
    Text text = report_json(arguments->run->arena, &arguments->run->input);

    if (text.length == 0)
        return run_fail(arguments->run, GW_BAD_WORLD, "this build has no JSON");
    *arguments->text = kept_string(arguments->run->arena, text);
    return GW_OK;
}

GwStatus gw_run_json(GwRun *run, const char **text)
{
    ReadArguments arguments = {.run = run, .text = text};

    run->message = "";
    if (run->part != NULL)
        return refuse_part(run);
    return edge_guard(run->edge, json_work, &arguments);
}

static GwStatus csv_work(void *context)
{
    ReadArguments *arguments = context;

    double started = seconds_now();

    *arguments->text = kept_string(arguments->run->arena,
                                   report_csv(arguments->run->arena, &arguments->run->input));
    run_add_stage(arguments->run, STAGE_REPORT, started);
    return GW_OK;
}

static GwStatus profile_work(void *context)
{
    ReadArguments *arguments = context;

    *arguments->text = kept_string(arguments->run->arena,
                                   report_profile(arguments->run->arena, &arguments->run->input));
    return GW_OK;
}

GwStatus gw_run_profile(GwRun *run, const char **text)
{
    ReadArguments arguments = {.run = run, .text = text};

    run->message = "";
    return edge_guard(run->edge, profile_work, &arguments);
}

GwStatus gw_run_csv(GwRun *run, const char **text)
{
    ReadArguments arguments = {.run = run, .text = text};

    run->message = "";
    if (run->part != NULL)
        return refuse_part(run);
    return edge_guard(run->edge, csv_work, &arguments);
}

void gw_run_watch(GwRun *run, int (*progress)(void *context, uint64_t done, uint64_t total),
                  void *context)
{
    run->progress = progress;
    run->progress_context = context;
}

static bool saving_goes_on(void *context)
{
    const GwRun *run = context;

    return run->progress == NULL || run->progress(run->progress_context, 0, 0) == 0;
}

static GwStatus saving_status(GwRun *run, SaveStatus status, Text message)
{
    if (status == SAVE_OK)
        return GW_OK;
    if (status == SAVE_STOPPED)
        return run_fail(run, GW_CANCELLED, "stopped");
    return run_fail(run, status == SAVE_NO_MEMORY ? GW_NO_MEMORY : GW_BAD_WORLD, "%.*s",
                    TEXT_ARG(message));
}

static GwStatus save_work(void *context)
{
    ReadArguments *arguments = context;
    GwRun *run = arguments->run;
    SaveInput input = {.model = run->built->model,
                       .result = run->result,
                       .seed = run->input.seed,
                       .version = gw_version(),
                       .goes_on = saving_goes_on,
                       .context = run};
    Text message = {"", 0};

    return saving_status(run, save_results(run->arena, &input, arguments->path, &message), message);
}

static PartInput part_input(GwRun *run)
{
    return (PartInput){.head = run->part,
                       .model = run->built->model,
                       .result = run->result,
                       .goes_on = saving_goes_on,
                       .context = run};
}

static GwStatus save_part_work(void *context)
{
    ReadArguments *arguments = context;
    GwRun *run = arguments->run;
    PartInput input = part_input(run);
    Text message = {"", 0};

    return saving_status(run, part_save(run->arena, &input, arguments->path, &message), message);
}

static GwStatus part_bytes_work(void *context)
{
    ReadArguments *arguments = context;
    GwRun *run = arguments->run;
    PartInput input = part_input(run);
    Text message = {"", 0};

    part_free_bytes(run->part_bytes);
    run->part_bytes = NULL;
    return saving_status(
        run,
        part_save_bytes(run->arena, &input, &run->part_bytes, (size_t *)arguments->out, &message),
        message);
}

GwStatus gw_run_part(GwRun *run, const void **bytes, size_t *length)
{
    ReadArguments arguments = {.run = run, .out = length};
    GwStatus status = GW_OK;

    run->message = "";
    if (run->part == NULL)
        return run_fail(run, GW_BAD_USE, "this is a whole run and not a part");
    status = edge_guard(run->edge, part_bytes_work, &arguments);
    *bytes = run->part_bytes;
    return status;
}

GwStatus gw_run_save(GwRun *run, const char *path)
{
    ReadArguments arguments = {.run = run, .path = path};

    run->message = "";
    return edge_guard(run->edge, run->part != NULL ? save_part_work : save_work, &arguments);
}
