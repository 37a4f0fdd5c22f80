/* Handles: their making, sharing and end, and the edge at which memory faults arrive. */
#include "api/handle.h"
#include "maths/kernels.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

bool numerals_begin(Numerals *numerals)
{
    numerals->plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (numerals->plain == (locale_t)0)
        return false;
    numerals->hosts = uselocale(numerals->plain);
    return true;
}

void numerals_end(const Numerals *numerals)
{
    (void)uselocale(numerals->hosts);
    freelocale(numerals->plain);
}

GwStatus edge_guard(Edge *edge, Work *work, void *arguments)
{
    Numerals numerals;
    GwStatus status;

    if (!numerals_begin(&numerals))
        return GW_NO_MEMORY;
    if (setjmp(edge->jump) == 0)
        status = work(arguments);
    else
        status = GW_NO_MEMORY;
    numerals_end(&numerals);
    return status;
}

Edge *edge_share(Edge *edge)
{
    edge->owners++;
    return edge;
}

void edge_drop(Edge *edge)
{
    if (edge == NULL || --edge->owners > 0)
        return;
    arena_free(edge->keep);
    free(edge);
}

Built *built_share(Built *built)
{
    built->owners++;
    return built;
}

void built_drop(Built *built)
{
    if (built == NULL || --built->owners > 0)
        return;
    for (size_t i = 0; i < MOST_BESIDE; i++)
        arena_free(built->scenarios[i]);
    arena_free(built->arena); /* holds `built` itself */
}

size_t built_bytes(const Built *built)
{
    size_t bytes = arena_bytes(built->arena);

    for (size_t i = 0; i < MOST_BESIDE; i++)
        bytes += built->scenarios[i] != NULL ? arena_bytes(built->scenarios[i]) : 0;
    return bytes;
}

GwStatus model_fail(GwModel *model, GwStatus status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(model->message_bytes, sizeof model->message_bytes, format, arguments);
    va_end(arguments);
    model->message = model->message_bytes;
    return status;
}

GwStatus run_fail(GwRun *run, GwStatus status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(run->message_bytes, sizeof run->message_bytes, format, arguments);
    va_end(arguments);
    run->message = run->message_bytes;
    return status;
}

const char *kept_string(Arena *arena, Text text)
{
    return arena_copy(arena, text.length == 0 ? "" : text.bytes, text.length);
}

double seconds_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void run_add_stage(GwRun *run, Stages stage, double started)
{
    if (run->profile != NULL)
        run->profile->seconds[stage] += seconds_now() - started;
}

const char *gw_version(void)
{
    return GW_VERSION;
}

const char *gw_instructions(void)
{
    const MathsKernels *kernels = maths_kernels(NULL);

    return kernels == NULL ? NULL : kernels->isa;
}

const char *gw_instructions_present(void)
{
    return maths_kernels_present();
}

const char *gw_status_name(GwStatus status)
{
    static const char *const names[] = {"ok",        "bad input", "bad use", "bad world",
                                        "no memory", "cancelled", "too big"};

    return (unsigned)status < sizeof names / sizeof *names ? names[status] : "unknown";
}

static GwStatus start_work(void *context)
{
    GwModel *model = context;

    model->keep = model->edge->keep = arena_new(&model->edge->jump);
    model->diags.arena = model->keep;
    model->diags.sources = &model->sources;
    return GW_OK;
}

GwModel *gw_model_new(void)
{
    GwModel *model = calloc(1, sizeof *model);
    Edge *edge = calloc(1, sizeof *edge);

    if (model != NULL && edge != NULL) {
        edge->owners = 1;
        model->edge = edge;
        model->message = "";
        if (edge_guard(edge, start_work, model) == GW_OK)
            return model;
    }
    free(model);
    free(edge);
    return NULL;
}

void gw_model_free(GwModel *model)
{
    if (model == NULL)
        return;
    built_drop(model->built);
    model_drop_pending(model);
    edge_drop(model->edge);
    free(model->being_read);
    free(model);
}

const char *gw_model_message(const GwModel *model)
{
    return model->message;
}

void gw_run_free(GwRun *run)
{
    if (run == NULL)
        return;
    arena_free(run->scratch);
    arena_free(run->side);
    for (size_t i = 0; i < MOST_BESIDE; i++)
        arena_free(run->found[i]);
    part_free_bytes(run->part_bytes);
    arena_free(run->arena);
    built_drop(run->built);
    edge_drop(run->edge);
    free(run);
}

const char *gw_run_message(const GwRun *run)
{
    return run->message;
}
