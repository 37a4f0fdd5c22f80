/* PROFILE: where the time went, by stage, phase, name and operation. */
#include "report/section.h"

enum { MOST_NAMES = 20, MOST_OPERATIONS = 12 };

static const char *const stages[N_STAGES] = {"reading", "checking", "compiling", "running",
                                             "compare", "headline", "rests on",  "report"};

static void add_rows(Buffer *out, const char *title, const ProfileRows *rows, size_t most)
{
    buffer_format(out, "  %s\n", title);
    for (size_t i = 0; i < rows->count && i < most; i++)
        buffer_format(out, "    %5.1f %%  %.*s\n", 100 * rows->items[i].share,
                      TEXT_ARG(rows->items[i].name));
    if (rows->count > most) {
        double rest = 0;
        for (size_t i = most; i < rows->count; i++)
            rest += rows->items[i].share;
        buffer_format(out, "    %5.1f %%  %zu others\n", 100 * rest, rows->count - most);
    }
}

Text report_profile(Arena *arena, const ReportInput *input)
{
    const Profile *profile = input->profile;
    Buffer out = {.arena = arena};

    if (profile == NULL)
        return (Text){"", 0};
    buffer_string(&out, "\nPROFILE   where the time went\n  seconds of each stage\n");
    for (size_t i = 0; i < N_STAGES; i++)
        if (profile->seconds[i] > 0)
            buffer_format(&out, "    %7.3f  %s\n", profile->seconds[i], stages[i]);
    add_rows(&out, "of the run's tiles, by phase of a period", &profile->run.phases, SIZE_MAX);
    add_rows(&out, "by the value, stock or rule that formulas were made for", &profile->run.names,
             MOST_NAMES);
    add_rows(&out, "by operation", &profile->run.operations, MOST_OPERATIONS);
    return buffer_view(&out);
}

const char *report_stage_name(size_t stage)
{
    return stages[stage];
}
