/* Puts one wrong unit at a time into the shipped models, and counts what is caught.
 *
 * usage: units [-e N] LIBRARY MODEL... [--with MODEL...]
 * For each unit written in a MODEL or in what it imports: another dimension, a
 * factor left out, a kind swapped (site and IT power, two currencies, two
 * precisions) must be an error; a swap inside a dimension (month and year, M and
 * G, k and mn) should be outside of a field's range. Models after `--with` use
 * kinds of the library that no MODEL uses: their own units are not counted.
 * -e N takes every Nth mutation. A mutation that means the same is not counted:
 * a zero without its unit, the first end of an interval without the second's. */
#include "model/units.h"
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FACTORS = 12, PER_CENT_OF_ERRORS = 95, PER_CENT_OF_WARNINGS = 50 };

typedef enum { OTHER_DIMENSION, FACTOR_DROPPED, KIND_SWAPPED, SCALE_SWAPPED, N_CLASSES } Class;
static const char *const class_names[N_CLASSES] = {
    "another dimension", "a factor left out", "a kind swapped", "swapped inside its dimension"};

/* Where a unit stands: in a literal, after a distribution, or in a type. */
typedef struct {
    UnitExpr **slot; /* of a literal or a distribution */
    TypeExpr *type;
    UnitExpr *unit;
    const Expr *literal;
    const UnitExpr *shared; /* a plain number here takes this unit */
    bool is_in_scenario;
    bool has_scale; /* a fact, whose size matters: no range, check, view or unit's definition */
} Place;

typedef struct {
    Text key;  /* file:place:change, the same in every model that reads the file */
    Text said; /* for a person */
    Class class;
    bool is_caught, is_checked;
} Mutant;

typedef struct {
    Arena *arena;
    UnitTable *units;
    LIST(Place) places;
    bool is_in_view, is_in_scenario;
} Walk;

typedef struct {
    Arena *arena;
    Table *by_key;
    LIST(Mutant *) mutants;
    size_t every, n_met;
    bool is_counted; /* this model's own units are */
} Tally;

/* ---- every unit of a tree --------------------------------------------------------- */

/* 0 and 1 state no fact: `owed * rate * 1 month`. */
static bool is_conversion(const Expr *e)
{
    return e->kind == EXPR_NUMBER && (e->number == 0 || e->number == 1);
}

static void walk_expr(Walk *w, Expr *e, const UnitExpr *shared, bool has_scale)
{
    if (e == NULL)
        return;
    if (e->unit != NULL && e->kind == EXPR_NUMBER)
        *LIST_PUSH(w->arena, &w->places) = (Place){.slot = &e->unit,
                                                   .unit = e->unit,
                                                   .literal = e,
                                                   .shared = shared,
                                                   .is_in_scenario = w->is_in_scenario,
                                                   .has_scale = has_scale && !is_conversion(e)};
    for (size_t i = 0; i < e->args.count; i++)
        walk_expr(w, e->args.items[i], NULL, has_scale);
}

static void walk_dist(Walk *w, Dist *dist)
{
    const UnitExpr *last = NULL;

    if (dist == NULL)
        return;
    if (dist->unit != NULL)
        *LIST_PUSH(w->arena, &w->places) = (Place){.slot = &dist->unit,
                                                   .unit = dist->unit,
                                                   .has_scale = true,
                                                   .is_in_scenario = w->is_in_scenario};
    if (dist->args.count > 0)
        last = dist->args.items[dist->args.count - 1]->unit;
    for (size_t i = 0; i < dist->args.count; i++)
        walk_expr(w, dist->args.items[i], i + 1 < dist->args.count ? last : NULL, true);
    for (size_t i = 0; i < dist->weights.count; i++)
        walk_expr(w, dist->weights.items[i], NULL, true);
    walk_expr(w, dist->truncated_low, NULL, false);
    walk_expr(w, dist->truncated_high, NULL, false);
}

static bool is_unit(const Walk *w, const TypeExpr *type)
{
    return type->is_present && type->unit.factors.count > 0 &&
           (type->is_unit_only ||
            (type->words[1].length == 0 && units_find(w->units, type->words[0]) != NULL));
}

static void walk_decl(Walk *w, Decl *d)
{
    Expr *asked[] = {d->expr,        d->expr2,       d->expr3,    d->ref,      d->ref2,
                     d->ref3,        d->ref4,        d->during,   d->before,   d->for_duration,
                     d->up_to_times, d->paths_share, d->for_list, d->for_where};

    if (d->kind == DECL_UNIT ? d->type.is_present : is_unit(w, &d->type))
        *LIST_PUSH(w->arena, &w->places) = (Place){.type = &d->type, .unit = &d->type.unit};
    bool is_fact =
        d->kind != DECL_CHECK && d->kind != DECL_VIEW && d->kind != DECL_UNIT && !w->is_in_view;
    for (size_t i = 0; i < sizeof asked / sizeof *asked && d->kind != DECL_UNIT; i++)
        walk_expr(w, asked[i], NULL, is_fact);
    walk_expr(w, d->range_low, d->range_high ? d->range_high->unit : NULL, false);
    walk_expr(w, d->range_high, NULL, false);
    for (size_t i = 0; i < d->exprs.count; i++)
        walk_expr(w, d->exprs.items[i], d->kind == DECL_TABLE ? &d->type.unit : NULL, is_fact);
    for (size_t i = 0; i < d->keys.count; i++)
        walk_expr(w, d->keys.items[i], NULL, false);
    walk_dist(w, d->dist);
    bool was_in_view = w->is_in_view;
    w->is_in_scenario = w->is_in_scenario || d->kind == DECL_SCENARIO;
    w->is_in_view = was_in_view || d->kind == DECL_VIEW;
    for (size_t i = 0; i < d->members.count; i++)
        walk_decl(w, d->members.items[i]);
    w->is_in_view = was_in_view;
    w->is_in_scenario = w->is_in_scenario && d->kind != DECL_SCENARIO;
}

static void know_units(Walk *w, const Tree *tree)
{
    for (size_t i = 0; i < tree->decls.count; i++) {
        const Decl *d = tree->decls.items[i];
        if (d->kind == DECL_UNIT && table_get(w->units->names, d->name) == NULL)
            units_add_dimension(w->units, d->name)->is_prefixed = d->is_prefixed;
    }
}

/* ---- one change -------------------------------------------------------------------- */

static UnitExpr *copy_of(Arena *arena, const UnitExpr *unit)
{
    UnitExpr *made = ARENA_NEW(arena, UnitExpr);

    *made = *unit;
    made->factors.items = ARENA_ARRAY(arena, UnitFactor, unit->factors.count + 1);
    made->factors.capacity = unit->factors.count + 1;
    for (size_t i = 0; i < unit->factors.count; i++)
        made->factors.items[i] = unit->factors.items[i];
    return made;
}

static UnitExpr *with_name(Arena *arena, const UnitExpr *unit, size_t factor, const char *name)
{
    UnitExpr *made = copy_of(arena, unit);

    made->factors.items[factor].name = text_copy(arena, text_from(name));
    return made;
}

static UnitExpr *without(Arena *arena, const UnitExpr *unit, size_t factor)
{
    UnitExpr *made = copy_of(arena, unit);

    for (size_t i = factor; i + 1 < made->factors.count; i++)
        made->factors.items[i] = made->factors.items[i + 1];
    made->factors.count--;
    return made;
}

static bool is_time(Text name)
{
    static const char *const words[] = {
        "month", "months", "year",  "years", "quarter", "quarters", "week",   "weeks",   "day",
        "days",  "hour",   "hours", "h",     "minute",  "minutes",  "second", "seconds", "s"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(name, words[i]))
            return true;
    return false;
}

typedef struct {
    const char *from, *to;
} Swap;

static bool ends_with(Text name, const char *end)
{
    Text tail = text_from(end);

    return name.length >= tail.length &&
           text_equal((Text){name.bytes + name.length - tail.length, tail.length}, tail);
}

/* The same prefix with another kind of the unit; NULL when it has none. */
static const char *other_kind(Arena *arena, Text name)
{
    static const Swap swaps[] = {{"_site", "_it"},
                                 {"_it", "_site"},
                                 {"FLOP_bf16", "FLOP_fp8"},
                                 {"FLOP_fp8", "FLOP_bf16"},
                                 {"FLOP_fp4", "FLOP_bf16"},
                                 {"USD", "EUR"},
                                 {"EUR", "USD"}};

    for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++)
        if (ends_with(name, swaps[i].from))
            return text_format(arena, "%.*s%s", (int)(name.length - strlen(swaps[i].from)),
                               name.bytes, swaps[i].to)
                .bytes;
    return NULL;
}

/* A neighbour in the same dimension: month for year, G for M. */
static const char *other_scale(Arena *arena, Text name)
{
    static const Swap times[] = {{"month", "year"},   {"months", "years"},  {"year", "month"},
                                 {"years", "months"}, {"quarter", "month"}, {"days", "months"},
                                 {"day", "month"},    {"hour", "month"},    {"hours", "months"},
                                 {"week", "month"},   {"weeks", "months"}};
    static const Swap prefixes[] = {{"k", "M"}, {"M", "G"}, {"G", "M"},
                                    {"T", "G"}, {"P", "T"}, {"E", "P"}};
    static const char *const prefixed[] = {"W_site",    "W_it",     "Wh_site", "Wh_it",
                                           "FLOP_bf16", "FLOP_fp8", "FLOP_fp4"};

    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (text_is(name, times[i].from))
            return times[i].to;
    for (size_t k = 0; k < sizeof prefixed / sizeof *prefixed; k++)
        if (name.length == strlen(prefixed[k]) + 1 && ends_with(name, prefixed[k]))
            for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
                if (name.bytes[0] == prefixes[i].from[0])
                    return text_format(arena, "%s%s", prefixes[i].to, prefixed[k]).bytes;
    return NULL;
}

static const char *other_magnitude(Text magnitude)
{
    static const Swap swaps[] = {{"k", "mn"}, {"mn", "bn"}, {"bn", "mn"}, {"tn", "bn"}};

    for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++)
        if (text_is(magnitude, swaps[i].from))
            return swaps[i].to;
    return NULL;
}

static void put(Arena *arena, const Place *place, UnitExpr *unit)
{
    if (place->slot != NULL) {
        *place->slot = unit->factors.count == 0 && unit->magnitude.length == 0 ? NULL : unit;
        return;
    }
    TypeExpr *type = place->type;
    type->unit = *unit;
    bool is_word = unit->factors.count < 2 && unit->magnitude.length == 0 &&
                   (unit->factors.count == 0 || unit->factors.items[0].power == 1);
    type->is_unit_only = !is_word;
    type->words[1] = TEXT("");
    if (is_word)
        type->words[0] = unit->factors.count == 0 ? TEXT("number")
                                                  : text_copy(arena, unit->factors.items[0].name);
}

/* ---- counting ------------------------------------------------------------------------ */

static size_t n_out_of_range(const DiagList *diags)
{
    size_t n = 0;

    for (size_t i = 0; i < diags->diags.count; i++)
        n += diags->diags.items[i]->code == DIAG_OUT_OF_RANGE;
    return n;
}

static Text unit_text(Arena *arena, const UnitExpr *unit)
{
    Buffer out = {.arena = arena};

    buffer_text(&out, unit->magnitude);
    for (size_t i = 0; i < unit->factors.count; i++) {
        const UnitFactor *f = &unit->factors.items[i];
        buffer_string(&out, f->power < 0 ? (i == 0 ? " 1/" : "/") : i == 0 ? " " : "*");
        buffer_text(&out, f->name);
        if (f->power > 1 || f->power < -1)
            buffer_format(&out, "^%d", abs(f->power));
    }
    return out.length == 0 ? TEXT(" nothing") : buffer_view(&out);
}

static Text shown_name(Text path)
{
    size_t at = path.length, slashes = 0;

    while (at > 0 && slashes < 2) {
        at--;
        slashes += path.bytes[at] == '/';
    }
    return slashes < 2 ? path : (Text){path.bytes + at + 1, path.length - at - 1};
}

static Mutant *mutant_of(Tally *tally, const Reading *model, const Place *place,
                         const UnitExpr *changed, Class class)
{
    const UnitExpr *unit = place->unit;
    Text file = model->sources.files.items[unit->span.file]->name;
    Text to = unit_text(tally->arena, changed);
    Text key = text_format(tally->arena, "%.*s:%u:%.*s:%d", TEXT_ARG(file), unit->span.start,
                           TEXT_ARG(to), (int)class);
    Mutant *mutant = table_get(tally->by_key, key);

    if (mutant != NULL || !tally->is_counted)
        return mutant;
    mutant = ARENA_NEW(tally->arena, Mutant);
    mutant->key = key;
    mutant->class = class;
    uint32_t line = 0, column = 0;
    span_position(&model->sources, unit->span, &line, &column);
    Text name = shown_name(file);
    mutant->said =
        text_format(tally->arena, "%.*s:%u:%u: %.*s ->%.*s", TEXT_ARG(name), line, column,
                    TEXT_ARG(span_text(&model->sources, unit->span)), TEXT_ARG(to));
    table_set(tally->by_key, key, mutant);
    if (tally->n_met++ % tally->every == 0)
        *LIST_PUSH(tally->arena, &tally->mutants) = mutant;
    else
        mutant->is_caught = true; /* left out of the sample: never tried */
    return mutant;
}

static void try_one(Tally *tally, const Reading *model, const Place *place, UnitExpr *changed,
                    Class class, size_t n_warned)
{
    bool is_zero = place->literal != NULL && place->literal->kind == EXPR_NUMBER &&
                   place->literal->number == 0;
    bool is_bare = changed->factors.count == 0 && changed->magnitude.length == 0;
    if ((is_zero && (is_bare || class == SCALE_SWAPPED)) ||
        (changed->factors.count == 0 && place->shared != NULL))
        return;
    Mutant *mutant = mutant_of(tally, model, place, changed, class);
    if (mutant == NULL || mutant->is_caught)
        return;

    Arena *scratch = arena_new(NULL);
    TypeExpr type = {0};
    DiagList diags;
    if (place->type != NULL)
        type = *place->type;
    put(scratch, place, changed);
    (void)reading_check(model, scratch, &diags,
                        (HowToCheck){.leaves_scenarios = !place->is_in_scenario});
    mutant->is_caught =
        diags.n_errors > 0 || (class == SCALE_SWAPPED && n_out_of_range(&diags) > n_warned);
    if (place->type != NULL)
        *place->type = type;
    else
        *place->slot = place->unit;
    arena_free(scratch);
}

static void try_place(Tally *tally, const Reading *model, const Place *place, size_t n_warned)
{
    const UnitExpr original = *place->unit;
    Arena *arena = tally->arena;
    size_t n = original.factors.count;

    for (size_t i = 0; i < n && i < MOST_FACTORS; i++) {
        Text name = original.factors.items[i].name;
        const char *foreign = text_is(name, "person") ? "wafer" : "person";
        try_one(tally, model, place, with_name(arena, &original, i, foreign), OTHER_DIMENSION,
                n_warned);
        try_one(tally, model, place, without(arena, &original, i), FACTOR_DROPPED, n_warned);
        const char *kind = other_kind(arena, name);
        if (kind != NULL && !is_time(name))
            try_one(tally, model, place, with_name(arena, &original, i, kind), KIND_SWAPPED,
                    n_warned);
        const char *scale = place->has_scale ? other_scale(arena, name) : NULL;
        if (scale != NULL)
            try_one(tally, model, place, with_name(arena, &original, i, scale), SCALE_SWAPPED,
                    n_warned);
    }
    const char *magnitude = place->has_scale ? other_magnitude(original.magnitude) : NULL;
    if (magnitude != NULL) {
        UnitExpr *made = copy_of(arena, &original);
        made->magnitude = text_from(magnitude);
        try_one(tally, model, place, made, SCALE_SWAPPED, n_warned);
    }
}

/* What a shipped model may be warned of: loans that were paid out before its clock. */
static bool is_clean(const char *path, const DiagList *diags)
{
    bool is_clean = diags->n_errors == 0;

    for (size_t i = 0; i < diags->diags.count; i++)
        is_clean = is_clean && (diags->diags.items[i]->severity == DIAG_NOTE ||
                                diags->diags.items[i]->code == DIAG_PAST_EVENT);
    if (!is_clean) {
        Buffer out = {.arena = diags->arena};
        diag_draw_all(diags, false, &out);
        printf("FALSE ALARM in %s\n%.*s", path, (int)out.length, out.bytes);
    }
    return is_clean;
}

static bool mutate_model(Tally *tally, const char *path, const char *library)
{
    Arena *arena = arena_new(NULL);
    Reading model;
    DiagList diags;
    Walk walk = {.arena = arena, .units = units_new(arena)};

    if (!reading_open(&model, arena, path, library))
        return false;
    (void)reading_check(&model, arena, &diags, (HowToCheck){0});
    bool ok = model.diags.n_errors == 0 && is_clean(path, &diags);
    for (size_t i = 0; ok && i < model.trees.count; i++)
        know_units(&walk, model.trees.items[i]);
    for (size_t i = 0; ok && i < model.trees.count; i++)
        for (size_t k = 0; k < model.trees.items[i]->decls.count; k++)
            walk_decl(&walk, model.trees.items[i]->decls.items[k]);
    size_t before = tally->mutants.count;
    for (size_t i = 0; i < walk.places.count; i++)
        try_place(tally, &model, &walk.places.items[i], n_out_of_range(&diags));
    printf("%s: %zu units, %zu new mutations\n", path, walk.places.count,
           tally->mutants.count - before);
    arena_free(arena);
    return ok;
}

static bool report(const Tally *tally)
{
    size_t n[N_CLASSES] = {0}, caught[N_CLASSES] = {0};
    bool ok = true;

    for (size_t i = 0; i < tally->mutants.count; i++) {
        const Mutant *m = tally->mutants.items[i];
        n[m->class]++;
        caught[m->class] += m->is_caught;
        if (!m->is_caught)
            printf("survives, %s: %.*s\n", class_names[m->class], TEXT_ARG(m->said));
    }
    for (int k = 0; k < N_CLASSES; k++) {
        size_t least = k == SCALE_SWAPPED ? PER_CENT_OF_WARNINGS : PER_CENT_OF_ERRORS;
        double share = n[k] > 0 ? 100.0 * (double)caught[k] / (double)n[k] : 100;
        bool is_enough = share >= (double)least;
        printf("%-30s %5zu of %5zu caught, %.1f %% (at least %zu %%)%s\n", class_names[k],
               caught[k], n[k], share, least, is_enough ? "" : "  TOO FEW");
        ok = ok && is_enough;
    }
    return ok;
}

int main(int argc, char **argv)
{
    Tally tally = {.arena = arena_new(NULL), .every = 1, .is_counted = true};
    int at = 1;
    bool ok = true;

    if (argc > 3 && strcmp(argv[1], "-e") == 0) {
        tally.every = (size_t)strtoul(argv[2], NULL, 10);
        at = 3;
    }
    if (at + 1 >= argc || tally.every == 0) {
        fprintf(stderr, "usage: units [-e N] LIBRARY MODEL... [--with MODEL...]\n");
        return 2;
    }
    tally.by_key = table_new(tally.arena);
    for (int i = at + 1; i < argc; i++) {
        if (strcmp(argv[i], "--with") == 0)
            tally.is_counted = false;
        else
            ok = mutate_model(&tally, argv[i], argv[at]) && ok;
    }
    ok = report(&tally) && ok;
    arena_free(tally.arena);
    return ok ? 0 : 1;
}
