/* Parts of a run: what each says of itself, and joining them. */
#include "api/load.h"
#include "api/running.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

PartHead *part_head_of(Running *running)
{
    const GwModel *model = running->model;
    Arena *arena = running->run->arena;
    PartHead *head = ARENA_NEW(arena, PartHead);

    head->version = text_from(gw_version());
    head->scenario = text_from(model->scenario != NULL ? model->scenario : "");
    head->year = model_build_options(running->model).this_year;
    head->is_strict = model->is_strict;
    head->seed = running->options.seed;
    head->total_paths = running->options.paths;
    head->keep_bytes = running->options.keep_bytes;
    head->first_path = running->options.paths_from;
    head->n_paths = running->options.paths_to - running->options.paths_from;
    for (size_t i = 0; i < model->files_read.count; i++)
        *LIST_PUSH(arena, &head->files) = model->files_read.items[i];
    for (size_t i = 0; i < model->sources.files.count; i++) {
        const SourceFile *file = model->sources.files.items[i];
        if (text_is(file->name, "--set"))
            *LIST_PUSH(arena, &head->settings) = file->bytes;
        if (text_is(file->name, "--show"))
            *LIST_PUSH(arena, &head->shows) = file->bytes;
    }
    return head;
}

/* ---- joining ------------------------------------------------------------------------------ */

typedef struct {
    const GwPart *about;
    PartHead head;
} Part;

typedef struct {
    Running running;
    const GwPart *given;
    size_t count;
    Part *parts;       /* by their first path */
    uint64_t n_joined; /* paths */
    /* of the part being read: freed here when memory runs out under it */
    PartReader *reader;
    Arena *reading;
} Merging;

/* What keeps a file from being read, as errno says it; 0: nothing. */
static int why_unreadable(const char *path)
{
    FILE *file = fopen(path, "rb");
    int why = file == NULL ? errno : 0;

    errno = 0;
    if (file == NULL)
        return why;
    if (fgetc(file) == EOF && ferror(file))
        why = errno;
    (void)fclose(file);
    return why;
}

static GwStatus open_part(Merging *m, const GwPart *about)
{
    int why = about->bytes == NULL ? why_unreadable(about->name) : 0;

    if (why != 0)
        return model_fail(m->running.model, GW_BAD_WORLD, "cannot read %s: %s", about->name,
                          strerror(why));
    part_close(m->reader);
    m->reader = part_open(about->name, about->bytes, about->length);
    return m->reader == NULL ? GW_NO_MEMORY : GW_OK;
}

static int by_first_path(const void *left, const void *right)
{
    uint64_t a = ((const Part *)left)->head.first_path;
    uint64_t b = ((const Part *)right)->head.first_path;

    return (a > b) - (a < b);
}

static bool same_texts(const Text *a, size_t n_a, const Text *b, size_t n_b)
{
    bool is_same = n_a == n_b;

    for (size_t i = 0; is_same && i < n_a; i++)
        is_same = text_equal(a[i], b[i]);
    return is_same;
}

static bool same_model(const PartHead *a, const PartHead *b)
{
    bool is_same = a->files.count == b->files.count && a->year == b->year;

    for (size_t i = 0; is_same && i < a->files.count; i++)
        is_same = text_equal(a->files.items[i].name, b->files.items[i].name) &&
                  text_equal(a->files.items[i].text, b->files.items[i].text);
    return is_same;
}

/* What keeps two from being parts of one run; NULL: nothing. */
static const char *difference(const PartHead *a, const PartHead *b)
{
    if (!text_equal(a->version, b->version))
        return "another version of gw";
    if (!same_model(a, b))
        return "another model";
    if (!text_equal(a->scenario, b->scenario))
        return "another scenario";
    if (!same_texts(a->settings.items, a->settings.count, b->settings.items, b->settings.count))
        return "another --set";
    if (!same_texts(a->shows.items, a->shows.count, b->shows.items, b->shows.count))
        return "another --show";
    if (a->is_strict != b->is_strict)
        return "another --strict";
    if (a->seed != b->seed)
        return "another seed";
    if (a->total_paths != b->total_paths)
        return "another number of paths in all";
    return a->keep_bytes != b->keep_bytes ? "another --keep" : NULL;
}

static GwStatus check_parts(Merging *m)
{
    GwModel *model = m->running.model;
    const Part *first = &m->parts[0];
    uint64_t end = 0;

    if (!text_is(first->head.version, gw_version()))
        return model_fail(model, GW_BAD_USE, "%s was made by gigawatt %.*s, and this is %s",
                          first->about->name, TEXT_ARG(first->head.version), gw_version());
    for (size_t i = 1; i < m->count; i++) {
        const char *what = difference(&first->head, &m->parts[i].head);
        if (what != NULL)
            return model_fail(model, GW_BAD_USE, "%s and %s are not of one run: %s",
                              first->about->name, m->parts[i].about->name, what);
    }
    for (size_t i = 0; i < m->count; i++) {
        const PartHead *head = &m->parts[i].head;
        if (head->first_path < end)
            return model_fail(model, GW_BAD_USE, "%s and %s hold the same paths, from %" PRIu64,
                              m->parts[i - 1].about->name, m->parts[i].about->name,
                              head->first_path);
        if (head->first_path > end)
            break;
        end = head->first_path + head->n_paths;
    }
    if (end == first->head.total_paths)
        return GW_OK;
    uint64_t next = first->head.total_paths;
    for (size_t i = m->count; i-- > 0;)
        if (m->parts[i].head.first_path > end)
            next = m->parts[i].head.first_path;
    return model_fail(model, GW_BAD_USE, "no part holds the paths from %" PRIu64 " to %" PRIu64,
                      end, next);
}

static GwStatus heads_work(void *context)
{
    Merging *m = context;
    Arena *keep = m->running.model->keep;

    m->parts = ARENA_ARRAY(keep, Part, m->count);
    for (size_t i = 0; i < m->count; i++) {
        GwStatus status = open_part(m, &m->given[i]);
        m->parts[i].about = &m->given[i];
        if (status != GW_OK)
            return status;
        if (!part_read_head(m->reader, keep, &m->parts[i].head))
            return model_fail(m->running.model, GW_BAD_WORLD, "%s is no part of a run",
                              m->given[i].name);
    }
    qsort(m->parts, m->count, sizeof *m->parts, by_first_path);
    return check_parts(m);
}

/* The model as the parts had it. */
static GwStatus open_stored(GwModel *model, const PartHead *head)
{
    GwStatus status = GW_OK;

    model->stored = head;
    status = gw_model_open(model, head->files.items[0].name.bytes);
    for (size_t i = 0; i < head->settings.count && status == GW_OK; i++)
        status = gw_model_set(model, head->settings.items[i].bytes);
    for (size_t i = 0; i < head->shows.count && status == GW_OK; i++)
        status = gw_model_show(model, head->shows.items[i].bytes);
    if (status == GW_OK)
        status = gw_model_choose_scenario(model, head->scenario.bytes);
    if (status == GW_OK)
        status = gw_model_set_strict(model, head->is_strict);
    return status == GW_OK ? gw_model_set_year(model, head->year) : status;
}

/* Joining tells only of whole parts, but may be stopped inside of one. */
static bool joining_goes_on(void *context)
{
    Merging *m = context;

    return running_tell(&m->running.progress, m->n_joined, 0);
}

static GwStatus join_part(Merging *m, const Part *part, uint64_t n_kept)
{
    GwRun *run = m->running.run;
    const RunResult *whole = run->result;
    uint64_t first = part->head.first_path;
    uint64_t kept = first >= n_kept ? 0 : n_kept - first;
    RunResult *read = NULL;
    GwStatus status = open_part(m, part->about);

    if (status != GW_OK)
        return status;
    m->reading = arena_new(&run->edge->jump);
    read =
        part_read_result(m->reader, m->reading, run->built->model, &part->head, joining_goes_on, m);
    if (m->running.progress.is_cancelled)
        return running_status(m->running.model, RUN_CANCELLED);
    kept = kept < part->head.n_paths ? kept : part->head.n_paths;
    if (read == NULL || read->n_kept != kept || (read->summary == NULL) != (whole->summary == NULL))
        return model_fail(m->running.model, GW_BAD_WORLD, "%s is damaged", part->about->name);
    if (!run_join(run->arena, run->built->model, run->result, read, joining_goes_on, m))
        return running_status(m->running.model, RUN_CANCELLED);
    arena_free(m->reading);
    m->reading = NULL;
    m->n_joined += part->head.n_paths;
    return GW_OK;
}

static GwStatus join_work(void *context)
{
    Merging *m = context;
    Running *running = &m->running;
    GwRun *run = running->run;
    GwStatus status = model_compile(running->model);

    if (status != GW_OK)
        return status;
    run->built = built_share(running->model->built);
    run->arena = arena_new(&run->edge->jump);
    RunOptions options = running_options(running, running->options.paths);
    RunSize size = run_size(run->built->program, &options);
    running->progress.total = running->options.paths + side_runs_paths(running);
    run->result =
        run_result_new(run->arena, run->built->model, 0, running->options.paths, size.n_kept);
    if (size.n_stretch > 0)
        run->result->summary = summary_new(run->arena, run->built->model);
    for (size_t i = 0; i < m->count && status == GW_OK; i++)
        status = join_part(m, &m->parts[i], size.n_kept);
    if (status != GW_OK)
        return status;
    if (!run_join_end(run->result, joining_goes_on, m))
        return running_status(running->model, RUN_CANCELLED);
    return running_finish(running);
}

static GwStatus merge(Merging *m)
{
    GwModel *model = m->running.model;
    GwStatus status = edge_guard(model->edge, heads_work, m);

    if (status == GW_OK && !model->is_open)
        status = open_stored(model, &m->parts[0].head);
    if (status != GW_OK)
        return status;
    m->running.run = calloc(1, sizeof *m->running.run);
    if (m->running.run == NULL)
        return GW_NO_MEMORY;
    m->running.run->edge = edge_share(model->edge);
    m->running.run->message = "";
    m->running.options.paths = m->parts[0].head.total_paths;
    m->running.options.seed = m->parts[0].head.seed;
    m->running.options.keep_bytes = m->parts[0].head.keep_bytes;
    m->running.options.paths_from = m->running.options.paths_to = 0;
    return edge_guard(model->edge, join_work, m);
}

GwStatus gw_model_merge(GwModel *model, const GwPart *parts, size_t count,
                        const GwRunOptions *options, GwRun **run)
{
    Merging m = {.running = {.model = model}, .given = parts, .count = count};
    GwStatus status = GW_OK;

    *run = NULL;
    model->message = "";
    if (count == 0)
        return model_fail(model, GW_BAD_USE, "there is no part to join");
    if (options != NULL)
        m.running.options = *options;
    m.running.progress.options = &m.running.options;
    status = merge(&m);
    part_close(m.reader);
    arena_free(m.reading);
    if (status == GW_OK)
        *run = m.running.run;
    else
        gw_run_free(m.running.run);
    return status;
}
