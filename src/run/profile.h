/* Where a run's time went: internal to run/. */
#ifndef GW_RUN_PROFILE_H
#define GW_RUN_PROFILE_H

#include "run/tile.h"

/* From now on the tile is timed. */
void profile_start(Tile *tile, Arena *arena);
/* The tiles of all threads together. */
void profile_finish(Arena *arena, Tile *const *tiles, size_t n_tiles, RunProfile *profile);

#endif
