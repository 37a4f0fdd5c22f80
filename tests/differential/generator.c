/* Random numbers, words, and the names that a model being written may use. */
#include "generator.h"

#include <assert.h>
#include <string.h>

/* ---- random numbers: splitmix64 ---- */

static uint64_t next(Gen *g)
{
    uint64_t z = g->state += 0x9E3779B97F4A7C15ULL;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

int below(Gen *g, int n)
{
    return (int)(next(g) % (uint64_t)n);
}

int between(Gen *g, int low, int high)
{
    return low + below(g, high - low + 1);
}

bool chance(Gen *g, int percent)
{
    return below(g, 100) < percent;
}

/* ---- writing ---- */

void put(Gen *g, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    buffer_format_v(&g->out, format, arguments);
    va_end(arguments);
}

void put_day(Gen *g, Day day)
{
    Civil civil = day_to_civil(day);

    put(g, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

void put_some_day(Gen *g)
{
    int period = between(g, -4, g->n_periods + 3);
    Day first = step_first_day(g->step, g->first_ordinal + period);
    Day next_first = step_first_day(g->step, g->first_ordinal + period + 1);

    if (chance(g, 40))
        put_day(g, first);
    else
        put_day(g, first + below(g, next_first - first));
}

void put_periods(Gen *g, int n)
{
    static const char *const words[] = {"days", "weeks", "months", "quarters", "years"};

    put(g, "%d %s", n, words[g->step]);
}

Known *know(Gen *g, Kind kind, bool is_once, const char *format, ...)
{
    assert(g->n_known < MAX_VALUES && "the generator writes fewer values than this");
    Known *known = &g->known[g->n_known++];
    Buffer name = {.arena = g->out.arena};
    va_list arguments;

    va_start(arguments, format);
    buffer_format_v(&name, format, arguments);
    va_end(arguments);
    *known = (Known){.kind = kind, .is_once = is_once};
    memcpy(known->name, name.bytes, name.length + 1);
    return known;
}

const Known *some_known(Gen *g, Kind kind, bool is_once)
{
    int n = 0;

    for (int i = 0; i < g->n_known; i++)
        n += g->known[i].kind == kind && (!is_once || g->known[i].is_once);
    if (n == 0)
        return NULL;
    int wanted = below(g, n);
    for (int i = 0; i < g->n_known; i++) {
        if (g->known[i].kind != kind || (is_once && !g->known[i].is_once))
            continue;
        if (wanted-- == 0)
            return &g->known[i];
    }
    return NULL;
}
