/* HEADLINE: what is announced, were every stage effective, against what binds, by layer. */
#include "report/section.h"

#include <math.h>
#include <stdlib.h>

bool report_has_headline(const Model *model)
{
    bool is_layered = false;
    bool is_open = false;

    for (size_t i = 0; i < model->contracts.count; i++) {
        const Contract *contract = &model->contracts.items[i];
        is_layered = is_layered || contract->layer.length > 0;
        is_open = is_open || contract->initial != STAGE_EFFECTIVE || contract->moves.count > 0;
    }
    for (size_t v = 0; v < model->views.count; v++)
        is_open = is_open || text_is(model->views.items[v].name, "headline");
    return is_layered && is_open;
}

static HeadlineRow *row_of(Arena *arena, ReportInput *input, Text layer)
{
    HeadlineRow *row = NULL;

    for (size_t i = 0; i < input->headline.count; i++)
        if (text_equal(input->headline.items[i].layer, layer))
            return &input->headline.items[i];
    row = LIST_PUSH(arena, &input->headline);
    row->layer = text_copy(arena, layer);
    return row;
}

/* A contract without a layer is a company's other business, which nobody announced; what a
 * contract is part of is counted there. */
static bool is_counted(const Model *model, const Slot *slot)
{
    const Contract *contract =
        slot->contract == NO_ID ? NULL : &model->contracts.items[slot->contract];

    return !slot->is_made && contract != NULL && contract->layer.length > 0 &&
           contract->part_of == NO_ID && slot->payer != slot->payee;
}

void report_add_headline(Arena *arena, const Model *model, const RunResult *result,
                         ReportInput *input, bool is_announced)
{
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        HeadlineRow *row = NULL;
        double due = 0;

        if (!is_counted(model, slot))
            continue;
        row = row_of(arena, input, model->contracts.items[slot->contract].layer);
        due = flow_mean(model, result, (uint32_t)i, 0, model->n_periods - 1, false);
        if (is_announced)
            row->announced += due;
        else
            row->binding += due;
    }
}

static int larger_announced_first(const void *a, const void *b)
{
    const HeadlineRow *left = a;
    const HeadlineRow *right = b;

    if (left->announced != right->announced)
        return left->announced < right->announced ? 1 : -1;
    return text_compare(left->layer, right->layer);
}

void section_headline(Report *r)
{
    Buffer out = {.arena = r->arena};
    size_t count = r->input->headline.count;
    HeadlineRow *rows = ARENA_ARRAY(r->arena, HeadlineRow, count + 1);
    size_t n_written = 0;
    bool is_less = false;

    for (size_t i = 0; i < count; i++)
        rows[i] = r->input->headline.items[i];
    qsort(rows, count, sizeof *rows, larger_announced_first);
    for (size_t i = 0; i < count; i++) {
        if (!(rows[i].announced > 0 || rows[i].binding > 0))
            continue;
        buffer_format(&out, "%s%.*s ", n_written++ == 0 ? "by layer: " : "; ",
                      TEXT_ARG(rows[i].layer));
        add_money(&out, r->model, rows[i].announced);
        buffer_string(&out, " announced, ");
        add_money(&out, r->model, rows[i].binding);
        buffer_string(&out, " binding");
        is_less = is_less || rows[i].announced < 0.9995 * rows[i].binding;
    }
    if (n_written == 0)
        return;
    buffer_string(&out, " (means over the clock, ");
    add_count(&out, r->input->headline_paths);
    buffer_string(&out, is_less ? " paths; the announced world is another one, in which what hangs "
                                  "on a default or on cash may come to less)"
                                : " paths)");
    add_section(r, "HEADLINE", buffer_view(&out));
}
