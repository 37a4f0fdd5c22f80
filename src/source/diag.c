/* Collecting diagnostics: what was found, and where. Drawing them is in draw.c. */
#include "source/diag.h"

static const char *const code_names[] = {
#define CODE(symbol, name, sentence) name,
#include "source/codes.def"
#undef CODE
    "unknown", /* N_DIAG_CODES */
};

const char *diag_code_name(DiagCode code)
{
    return code_names[code <= N_DIAG_CODES ? code : N_DIAG_CODES];
}

bool diag_any_error(const DiagList *list)
{
    return list->n_errors > 0;
}

static Text format_text(DiagList *list, const char *format, va_list arguments)
{
    Buffer buffer = {.arena = list->arena};

    buffer_format_v(&buffer, format, arguments);
    return buffer_view(&buffer);
}

static Diag *add_diag(DiagList *list, Severity severity, DiagCode code, Span span, Text message)
{
    Diag *diag = ARENA_NEW(list->arena, Diag);

    diag->severity = severity;
    diag->code = code;
    diag->span = span;
    diag->message = message;
    *LIST_PUSH(list->arena, &list->diags) = diag;
    list->n_errors += severity == DIAG_ERROR;
    list->n_warnings += severity == DIAG_WARNING;
    return diag;
}

Diag *diag_error(DiagList *list, DiagCode code, Span span, const char *format, ...)
{
    va_list arguments;
    Text message;

    va_start(arguments, format);
    message = format_text(list, format, arguments);
    va_end(arguments);
    return add_diag(list, DIAG_ERROR, code, span, message);
}

Diag *diag_warning(DiagList *list, DiagCode code, Span span, const char *format, ...)
{
    va_list arguments;
    Text message;

    va_start(arguments, format);
    message = format_text(list, format, arguments);
    va_end(arguments);
    return add_diag(list, DIAG_WARNING, code, span, message);
}

Diag *diag_note(DiagList *list, DiagCode code, Span span, const char *format, ...)
{
    va_list arguments;
    Text message;

    va_start(arguments, format);
    message = format_text(list, format, arguments);
    va_end(arguments);
    return add_diag(list, DIAG_NOTE, code, span, message);
}

void diag_label(DiagList *list, Diag *diag, Span span, const char *format, ...)
{
    DiagLabel *label = LIST_PUSH(list->arena, &diag->labels);
    va_list arguments;

    va_start(arguments, format);
    label->text = format_text(list, format, arguments);
    va_end(arguments);
    label->span = span;
}

void diag_because(DiagList *list, Diag *diag, const char *format, ...)
{
    Text *note = LIST_PUSH(list->arena, &diag->notes);
    va_list arguments;

    va_start(arguments, format);
    *note = format_text(list, format, arguments);
    va_end(arguments);
}

void diag_suggest(DiagList *list, Diag *diag, Span span, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    diag->edit_text = format_text(list, format, arguments);
    va_end(arguments);
    diag->edit_span = span;
    diag->has_edit = true;
}
