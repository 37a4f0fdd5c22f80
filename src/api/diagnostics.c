/* A model's diagnostics: one by one, drawn, and as JSON. */
#include "api/handle.h"

#include <string.h>

#ifdef GW_HAVE_JANSSON
#include <jansson.h>
#endif

size_t gw_model_diagnostic_count(const GwModel *model)
{
    return model->diags.diags.count;
}

size_t gw_model_error_count(const GwModel *model)
{
    return model->diags.n_errors;
}

typedef struct {
    GwModel *model;
    size_t index;
    int has_colour;
    GwDiagnostic *diagnostic;
    const char *text;
} DiagArguments;

static void end_position(const SourceSet *sources, Span span, uint32_t *line, uint32_t *column)
{
    span_position(sources, (Span){span.file, span.end, span.end}, line, column);
}

static GwStatus diagnostic_work(void *context)
{
    DiagArguments *arguments = context;
    GwModel *model = arguments->model;
    const Diag *diag = model->diags.diags.items[arguments->index];
    GwDiagnostic *out = arguments->diagnostic;

    *out = (GwDiagnostic){.severity = (GwSeverity)diag->severity,
                          .code = diag_code_name(diag->code),
                          .message = kept_string(model->keep, diag->message),
                          .file = ""};
    if (diag->span.file < model->sources.files.count)
        out->file = kept_string(model->keep, model->sources.files.items[diag->span.file]->name);
    span_position(&model->sources, diag->span, &out->line, &out->column);
    end_position(&model->sources, diag->span, &out->end_line, &out->end_column);
    if (diag->has_edit) {
        out->edit = kept_string(model->keep, diag->edit_text);
        span_position(&model->sources, diag->edit_span, &out->edit_line, &out->edit_column);
        end_position(&model->sources, diag->edit_span, &out->edit_end_line, &out->edit_end_column);
    }
    return GW_OK;
}

GwStatus gw_model_diagnostic(GwModel *model, size_t index, GwDiagnostic *diagnostic)
{
    DiagArguments arguments = {.model = model, .index = index, .diagnostic = diagnostic};

    model->message = "";
    if (index >= model->diags.diags.count)
        return model_fail(model, GW_BAD_USE, "asked for diagnostic %zu of %zu", index,
                          model->diags.diags.count);
    return edge_guard(model->edge, diagnostic_work, &arguments);
}

static GwStatus text_work(void *context)
{
    DiagArguments *arguments = context;
    Buffer out = {.arena = arguments->model->keep};

    diag_draw_all(&arguments->model->diags, arguments->has_colour != 0, &out);
    arguments->text = out.length == 0 ? "" : out.bytes;
    return GW_OK;
}

const char *gw_model_diagnostics_text(GwModel *model, int has_colour)
{
    DiagArguments arguments = {.model = model, .has_colour = has_colour};

    return edge_guard(model->edge, text_work, &arguments) == GW_OK ? arguments.text : NULL;
}

#ifdef GW_HAVE_JANSSON
static json_t *place_json(const SourceSet *sources, Span span)
{
    uint32_t line = 0;
    uint32_t column = 0;
    uint32_t end_line = 0;
    uint32_t end_column = 0;
    Text file =
        span.file < sources->files.count ? sources->files.items[span.file]->name : (Text){"", 0};

    span_position(sources, span, &line, &column);
    end_position(sources, span, &end_line, &end_column);
    return json_pack("{s:s%, s:i, s:i, s:i, s:i}", "file", file.bytes, file.length, "line",
                     (int)line, "column", (int)column, "end_line", (int)end_line, "end_column",
                     (int)end_column);
}

static json_t *diag_json(const DiagList *list, const Diag *diag)
{
    static const char *const severities[] = {"error", "warning", "note"};
    json_t *labels = json_array();
    json_t *notes = json_array();
    json_t *out = NULL;

    for (size_t i = 0; i < diag->labels.count; i++) {
        Text text = diag->labels.items[i].text;
        json_t *label = place_json(list->sources, diag->labels.items[i].span);
        (void)json_object_set_new(label, "text", json_stringn(text.bytes, text.length));
        (void)json_array_append_new(labels, label);
    }
    for (size_t i = 0; i < diag->notes.count; i++)
        (void)json_array_append_new(
            notes, json_stringn(diag->notes.items[i].bytes, diag->notes.items[i].length));
    out =
        json_pack("{s:s, s:s, s:s%, s:o, s:o, s:o}", "severity", severities[diag->severity], "code",
                  diag_code_name(diag->code), "message", diag->message.bytes, diag->message.length,
                  "place", place_json(list->sources, diag->span), "labels", labels, "notes", notes);
    if (diag->has_edit) {
        json_t *edit = place_json(list->sources, diag->edit_span);
        (void)json_object_set_new(edit, "text",
                                  json_stringn(diag->edit_text.bytes, diag->edit_text.length));
        (void)json_object_set_new(out, "edit", edit);
    }
    return out;
}

static GwStatus json_work(void *context)
{
    DiagArguments *arguments = context;
    const DiagList *list = &arguments->model->diags;
    json_t *all = json_array();
    char *text = NULL;

    for (size_t i = 0; i < list->diags.count; i++)
        (void)json_array_append_new(all, diag_json(list, list->diags.items[i]));
    text = json_dumps(all, JSON_INDENT(2));
    json_decref(all);
    if (text == NULL)
        return GW_NO_MEMORY;
    arguments->text = arena_copy(arguments->model->keep, text, strlen(text));
    free(text);
    return GW_OK;
}
#endif

const char *gw_model_diagnostics_json(GwModel *model)
{
#ifdef GW_HAVE_JANSSON
    DiagArguments arguments = {.model = model};

    return edge_guard(model->edge, json_work, &arguments) == GW_OK ? arguments.text : NULL;
#else
    model->message = "this build has no JSON";
    return NULL;
#endif
}
