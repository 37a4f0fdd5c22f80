/* What a run knows before its first tile: internal to run/. */
#ifndef GW_RUN_PLAN_H
#define GW_RUN_PLAN_H

#include "run/tile.h"

/* NULL when guarantees run in a circle, which the model's check refuses. */
Plan *plan_new(Arena *arena, const Model *model, const Code *code, uint64_t seed);

#endif
