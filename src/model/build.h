/* From syntax to the checked model: the one entry of this folder. */
#ifndef GW_MODEL_BUILD_H
#define GW_MODEL_BUILD_H

#include "model/model.h"
#include "source/diag.h"
#include "syntax/tree.h"

/* One of several things to be built, in an arena that no other thread has. */
typedef void BuildOne(void *work, size_t number, Arena *arena, void *read_context);

typedef struct {
    const char *scenario; /* NULL: the base; else a declared scenario's name */
    Decl **overrides;     /* --set: DECL_OVERRIDE, applied after the scenario */
    size_t n_overrides;
    Decl **views; /* --show: DECL_VIEW, in place of the report's views when any */
    size_t n_views;
    const char *nudged;    /* a parameter's full name whose fixed number is multiplied ... */
    double nudge_factor;   /* ... by this (RESTS ON); NULL: none */
    bool all_effective;    /* every contract stage effective from its start: the headline */
    int this_year;         /* where the default clock starts; 0: 2026 */
    bool is_strict;        /* an unsourced number is an error */
    bool checks_scenarios; /* also find the faults of every scenario that is not in force */
    /* Reads a file beside the model (tables from CSV, data); the text lives in the arena; empty
     * with *ok false when it cannot. */
    Text (*read_file)(void *context, Arena *arena, Text from_file, Text path, bool *ok);
    void *read_context;
    /* Has each of n scenarios built, on whatever threads, in arenas that last as long as the
     * model's; NULL: one after another in the model's own. */
    void (*do_each)(void *context, size_t n, BuildOne *one, void *work);
    void *each_context;
} BuildOptions;

/* `trees` are the model's file first, then every import once. NULL only when a fault left no model;
 * with errors in diags the model must not be run. */
Model *model_build(Arena *arena, DiagList *diags, Tree **trees, size_t n_trees,
                   const BuildOptions *options);

#endif
