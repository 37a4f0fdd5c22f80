/* What a finished run becomes: a file, then a document, then a status. */
#include "cli/cli.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static bool any_check_fails(GwRun *run)
{
    GwCheck check;

    for (size_t i = 0; i < gw_run_check_count(run); i++)
        if (gw_run_check(run, i, &check) == GW_OK && !check.holds)
            return true;
    return false;
}

/* A check that does not hold is a finding and not a fault, unless it is asked for as one. More
 * failed paths than may be ignored are a fault of the model. */
static int judge(GwRun *run, const Delivery *delivery)
{
    if (delivery->is_part)
        return STATUS_FINE; /* the whole is judged */
    if (gw_run_failed(run) * 100 > gw_run_paths(run))
        return STATUS_INPUT;
    return delivery->fails_on_checks && any_check_fails(run) ? STATUS_INPUT : STATUS_FINE;
}

/* What stands between the runs of one document: an array in JSON, further lines of one table in
 * CSV. */
static const char *write_between(const Delivery *delivery, const char *text)
{
    if (delivery->is_json && delivery->is_many)
        write_text(delivery->n_written == 0 ? "{\"scenarios\": [\n" : ",\n");
    else if (!delivery->is_json && !delivery->is_csv && *text != '\0' && delivery->n_written > 0)
        write_text("\n");
    if (delivery->is_csv && delivery->n_written > 0) {
        const char *line_end = strchr(text, '\n'); /* its head stands already */
        return line_end != NULL ? line_end + 1 : text;
    }
    return text;
}

void delivery_end(const Delivery *delivery)
{
    if (delivery->is_json && delivery->is_many && delivery->n_written > 0)
        write_text("]}\n");
}

static GwStatus write_run(GwRun *run, Delivery *delivery, double seconds)
{
    /* The time is for who waits for it: elsewhere the same run writes the same bytes. */
    GwReportOptions report = {.has_colour = wants_colour(STDOUT_FILENO),
                              .has_errors = delivery->has_errors,
                              .seconds = delivery->is_timed && isatty(STDOUT_FILENO) ? seconds
                                                                                     : (double)NAN};
    const char *text = "";
    GwStatus status = GW_OK;

    if (delivery->is_json)
        status = gw_run_json(run, &text);
    else if (delivery->is_csv)
        status = gw_run_csv(run, &text);
    else if (!delivery->is_quiet)
        status = gw_run_report(run, &report, &text);
    if (status != GW_OK)
        return status;
    write_text(write_between(delivery, text));
    delivery->n_written++;
    if (delivery->is_json)
        return status; /* JSON holds the profile */
    status = gw_run_profile(run, &text);
    if (status == GW_OK && delivery->is_csv)
        (void)fputs(text, stderr); /* not among the series */
    else if (status == GW_OK)
        write_text(text);
    return status;
}

/* The file first: what is stopped while it is written leaves none. A report has nothing that could
 * be left half done, so that from there on a signal ends the program at once. */
int deliver(GwRun *run, Delivery *delivery, const char *output, Meter *meter)
{
    double seconds = meter_seconds(meter);
    GwStatus saved = GW_OK;
    GwStatus status = GW_OK;

    gw_run_watch(run, show_progress, meter);
    if (output != NULL)
        saved = gw_run_save(run, output);
    if (saved == GW_CANCELLED || was_interrupted()) {
        complain("stopped");
        return STATUS_STOPPED;
    }
    if (saved != GW_OK)
        complain("%s", saved == GW_NO_MEMORY ? "memory ran out" : gw_run_message(run));
    let_interrupts_end();
    status = write_run(run, delivery, seconds);
    catch_interrupts();
    if (status != GW_OK)
        complain("%s", status == GW_NO_MEMORY ? "memory ran out" : gw_run_message(run));
    status = saved != GW_OK ? saved : status;
    return status == GW_OK ? judge(run, delivery) : status_of(status);
}
