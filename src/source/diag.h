/* Diagnostics: what is wrong with the user's text or data.
 *
 * One type for every stage: severity, stable code (codes.def), message, primary
 * span, labelled spans, notes, and at most one suggested edit whose application
 * removes the fault. Diagnostics live in the list's arena. */
#ifndef GW_SOURCE_DIAG_H
#define GW_SOURCE_DIAG_H

#include "source/source.h"

typedef enum { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE } Severity;

typedef enum {
#define CODE(symbol, name, sentence) DIAG_##symbol,
#include "source/codes.def"
#undef CODE
    N_DIAG_CODES
} DiagCode;

typedef struct {
    Span span;
    Text text;
} DiagLabel;

typedef struct Diag {
    Severity severity;
    DiagCode code;
    Text message;
    Span span;
    LIST(DiagLabel) labels; /* further places, each with a few words */
    LIST(Text) notes;       /* whole sentences: the likely cause */
    bool has_edit;
    Span edit_span; /* replaced by edit_text */
    Text edit_text;
} Diag;

typedef struct {
    Arena *arena;
    SourceSet *sources;
    LIST(Diag *) diags;
    size_t n_errors, n_warnings;
} DiagList;

Diag *diag_error(DiagList *list, DiagCode code, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
Diag *diag_warning(DiagList *list, DiagCode code, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
Diag *diag_note(DiagList *list, DiagCode code, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_label(DiagList *list, Diag *diag, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_because(DiagList *list, Diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diag_suggest(DiagList *list, Diag *diag, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
const char *diag_code_name(DiagCode code);
bool diag_any_error(const DiagList *list);

/* Draws one diagnostic as language.md shows them: header, file:line:col, the
 * source line, underlines with labels, notes, help with the line as edited.
 * `colour` adds ANSI colours. Spans in library files say so. */
void diag_draw(const DiagList *list, const Diag *diag, bool colour, Buffer *out);
/* Draws the first 20 (sorted by file, then place; exact duplicates dropped) and counts the rest. */
void diag_draw_all(const DiagList *list, bool colour, Buffer *out);

#endif
