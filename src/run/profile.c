/* Where a run's time went: ticks by instruction and phase, summed by what the code was made for. */
#include "run/profile.h"

#include "base/text.h"

#include <stdlib.h>

void profile_start(Tile *tile, Arena *arena)
{
    tile->m.ticks = ARENA_ARRAY(arena, uint64_t, tile->m.code->n_instructions + 1);
}

/* Hidden values count for the named one that they are part of. */
static Text owner_name(const Code *code, const Model *model, size_t instruction)
{
    uint32_t owner = code->owners[instruction];

    if (owner != NO_ID) {
        Text name = model->values.items[owner].name;
        for (size_t i = 1; i < name.length; i++)
            if (name.bytes[i] == '#')
                return (Text){name.bytes, i};
        return name;
    }
    for (uint32_t r = 0; r < model->rules.count; r++) {
        const Section *section = &code->sections[SECTION_RULES + r];
        if (instruction >= section->first && instruction < section->first + section->count)
            return model->rules.items[r].name;
    }
    return TEXT("(contracts and parties)");
}

static void add_row(Arena *arena, ProfileRows *rows, Table *places, Text name, double share)
{
    uintptr_t place = (uintptr_t)table_get(places, name);

    if (place == 0) {
        *LIST_PUSH(arena, rows) = (ProfileRow){.name = name};
        place = rows->count;
        table_set(places, name, (void *)place); /* counted from 1 */
    }
    rows->items[place - 1].share += share;
}

static int larger_first(const void *a, const void *b)
{
    const ProfileRow *left = a;
    const ProfileRow *right = b;

    if (left->share != right->share)
        return left->share < right->share ? 1 : -1;
    return text_compare(left->name, right->name);
}

static void sort_rows(ProfileRows *rows)
{
    if (rows->count > 1)
        qsort(rows->items, rows->count, sizeof *rows->items, larger_first);
}

void profile_finish(Arena *arena, Tile *const *tiles, size_t n_tiles, RunProfile *profile)
{
    static const char *const phases[N_PHASES] = {"paths start",  "periods open", "formulas",
                                                 "rules",        "clearing",     "postings",
                                                 "states close", "outputs",      "who pays"};
    const Code *code = tiles[0]->m.code;
    const Model *model = tiles[0]->m.model;
    Table *name_places = table_new(arena);
    Table *operation_places = table_new(arena);
    double all = 0;

    for (size_t i = 0; i < n_tiles; i++)
        for (size_t p = 0; p < N_PHASES; p++)
            all += (double)tiles[i]->phase_ticks[p];
    all = all > 0 ? all : 1;
    *profile = (RunProfile){0};
    for (size_t p = 0; p < N_PHASES; p++) {
        double ticks = 0;
        for (size_t i = 0; i < n_tiles; i++)
            ticks += (double)tiles[i]->phase_ticks[p];
        *LIST_PUSH(arena, &profile->phases) = (ProfileRow){text_from(phases[p]), ticks / all};
    }
    for (size_t k = 0; k < code->n_instructions; k++) {
        double ticks = 0;
        for (size_t i = 0; i < n_tiles; i++)
            ticks += (double)tiles[i]->m.ticks[k];
        if (ticks == 0)
            continue;
        add_row(arena, &profile->names, name_places, owner_name(code, model, k), ticks / all);
        add_row(arena, &profile->operations, operation_places,
                text_from(op_infos[code->instructions[k].op].name), ticks / all);
    }
    sort_rows(&profile->phases);
    sort_rows(&profile->names);
    sort_rows(&profile->operations);
}
