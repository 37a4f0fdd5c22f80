/* CHECKS: the books, the model's checks, failed paths, and what has no source. */
#include "report/section.h"

#include <math.h>

static void add_books(Report *r, Buffer *out)
{
    const RunResult *result = r->result;
    if (result->n_book_checks == 0 || r->model->slots.count == 0)
        return;
    if (result->n_book_faults > 0) {
        buffer_string(out, "BOOKS DO NOT BALANCE in ");
        add_count(out, result->n_book_faults);
        buffer_string(out, " of ");
        add_count(out, result->n_book_checks);
        buffer_string(out, " tests");
        return;
    }
    buffer_string(out, "books balance to the cent in ");
    add_count(out, result->n_paths - result->n_failed);
    buffer_string(out, result->n_paths - result->n_failed == 1 ? " path × " : " paths × ");
    add_count(out, r->model->n_periods);
    buffer_string(out, r->model->n_periods == 1 ? " period × " : " periods × ");
    add_count(out, r->model->parties.count);
    buffer_string(out, r->model->monies.count == 1 ? " parties" : " books");
}

static void add_check(Report *r, size_t check)
{
    const Check *about = &r->model->checks.items[check];
    Buffer out = {.arena = r->arena};
    size_t held = 0;
    size_t tested = 0;

    check_count(r->result, check, &held, &tested);
    buffer_format(&out, "%s  \"%.*s\" in ",
                  check_holds(r->model, r->result, check) ? "holds" : "FAILS",
                  TEXT_ARG(about->title));
    add_chance(&out, held, tested);
    buffer_string(&out, " of paths; asked for ");
    add_percent(&out, about->share);
    buffer_string(&out, " %");
    add_section(r, "", buffer_view(&out));
}

/* The party whose book it is; NO_ID when it is none. */
static uint32_t party_named(const Model *model, Text name)
{
    for (uint32_t i = 0; i < model->parties.count; i++)
        if (text_equal(model->parties.items[i].name, name))
            return i;
    return NO_ID;
}

/* The payer by the pay statement of this name; NO_ID when there is none. */
static uint32_t payer_of_slot(const Model *model, Text name)
{
    for (size_t i = 0; i < model->slots.count; i++)
        if (text_equal(model->slots.items[i].name, name))
            return model->slots.items[i].payer;
    return NO_ID;
}

Text report_failure(Arena *arena, const Model *model, const Failure *failure)
{
    Text what = failure->what;
    double number = failure->number;
    uint32_t payer = payer_of_slot(model, what);
    uint32_t party = party_named(model, what);
    uint32_t book = payer != NO_ID ? payer : party;
    Text currency = book != NO_ID ? book_money(model, book) : model->currency;
    Buffer out = {.arena = arena};

    if (number == -HUGE_VAL)
        return text_format(arena, "%.*s falls below zero", TEXT_ARG(what));
    if (!isfinite(number) && payer != NO_ID)
        return text_format(
            arena, "the amount of the payment %.*s is not a number, or more than books hold",
            TEXT_ARG(what));
    if (!isfinite(number) && party != NO_ID)
        return text_format(
            arena, "what %.*s holds, keeps or owes is not a number, or more than books hold",
            TEXT_ARG(what));
    if (!isfinite(number))
        return text_format(arena, "%.*s is not a number", TEXT_ARG(what));
    if (payer != NO_ID) {
        buffer_format(&out, "the amount of the payment %.*s is ", TEXT_ARG(what));
        add_money(&out, currency, number);
        buffer_string(&out, number < 0 ? ", and a payment is not negative"
                                       : ", which is more than books hold");
    } else if (number > 0) {
        buffer_format(&out,
                      "what stands in the books of %.*s, and what falls due and is paid, are ",
                      TEXT_ARG(what));
        add_money(&out, currency, number);
        buffer_string(&out, " together, which is more than books hold");
    } else {
        buffer_format(&out, "the cash of %.*s is ", TEXT_ARG(what));
        add_money(&out, currency, number);
        buffer_string(&out, ", and cash is not negative");
    }
    return buffer_view(&out);
}

static void add_failures(Report *r)
{
    const RunResult *result = r->result;
    const Failure *first = result->failures.count > 0 ? &result->failures.items[0] : NULL;
    Buffer out = {.arena = r->arena};

    if (first == NULL)
        return;
    buffer_string(&out, "the first failed path is ");
    add_count(&out, first->path);
    buffer_string(&out, ": in ");
    add_date(&out, r->model, r->model->last_days[first->period]);
    buffer_format(&out, " %.*s", TEXT_ARG(report_failure(r->arena, r->model, first)));
    if (first->line > 0)
        buffer_format(&out, " (%.*s:%u)", TEXT_ARG(first->file), first->line);
    add_section(r, "", buffer_view(&out));
}

/* Inside parties of whose cash nothing is said. */
static void add_nameless_cash(Report *r)
{
    Buffer out = {.arena = r->arena};
    size_t count = 0;

    for (size_t i = 0; i < r->model->parties.count; i++) {
        const Party *party = &r->model->parties.items[i];
        if (party->is_outside || party->is_source_named)
            continue;
        buffer_format(&out, "%s%.*s", count++ == 0 ? "" : ", ",
                      TEXT_ARG(party_title(r->model, (uint32_t)i)));
    }
    if (count == 0)
        return;
    buffer_format(&out, " start%s with nothing: no opening balances are given",
                  count == 1 ? "s" : "");
    add_section(r, "", buffer_view(&out));
}

static void add_rest(Report *r, Buffer *out)
{
    size_t holds = 0;

    for (size_t i = 0; i < r->model->checks.count; i++)
        holds += check_holds(r->model, r->result, i);
    if (r->model->checks.count > 0)
        buffer_format(out, "%s%zu of %zu checks hold%s", out->length > 0 ? " · " : "", holds,
                      r->model->checks.count, r->model->checks.count == 1 ? "s" : "");
    buffer_string(out, out->length > 0 ? " · " : "");
    add_count(out, r->result->n_failed);
    buffer_format(out, " failed path%s", r->result->n_failed == 1 ? "" : "s");
    if (r->model->n_unsourced > 0)
        buffer_format(out, " · %u number%s without a source", r->model->n_unsourced,
                      r->model->n_unsourced == 1 ? "" : "s");
}

void section_checks(Report *r)
{
    Buffer out = {.arena = r->arena};

    add_books(r, &out);
    add_rest(r, &out);
    add_section(r, "CHECKS", buffer_view(&out));
    for (size_t i = 0; i < r->model->checks.count; i++)
        add_check(r, i);
    add_failures(r);
    add_nameless_cash(r);
}
