/* Reading a model's files: its own, and each import once. */
#ifndef GW_API_LOAD_H
#define GW_API_LOAD_H

#include "api/handle.h"

/* Reads the model's own file and all imports; trees, sources and diagnostics go to the model.
 * `text` NULL: from the file. */
GwStatus load_model(GwModel *model, const char *name, const char *text, size_t length);
/* Adds text that was given on the command line, as a file of its own; its number. */
uint32_t load_line(GwModel *model, const char *name, const char *text);
/* Notes what another model has read as read by this one. */
void load_note_files(GwModel *model, const GwModel *other);
/* For model_build: a table or data file beside the model. */
Text load_beside(void *model, Arena *arena, Text from_file, Text path, bool *ok);

#endif
