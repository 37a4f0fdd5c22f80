/* Reads a model and what it imports from disk, for the programs of this folder. */
#ifndef GW_TESTS_READING_H
#define GW_TESTS_READING_H

#include "model/build.h"
#include "source/diag.h"
#include "syntax/tree.h"

typedef struct {
    Arena *arena;
    SourceSet sources;
    DiagList diags; /* of reading alone */
    LIST(Tree *) trees;
    const char *library; /* the folder that `import NAME` reads */
} Reading;

/* True when the file and all of its imports could be read; faults of the text are in `diags`. */
bool reading_open(Reading *reading, Arena *arena, const char *path, const char *library);
/* The same with other words in place of one stretch of one file, as an editor would make it. */
bool reading_edited(Reading *reading, Arena *arena, const Reading *before, Span at, Text words);
typedef struct {
    bool is_strict;
    bool leaves_scenarios; /* only the base is checked */
} HowToCheck;
/* Checks the trees as `gw check` does; diagnostics go to `diags`, which is made in the arena. */
Model *reading_check(const Reading *reading, Arena *arena, DiagList *diags, HowToCheck how);

#endif
