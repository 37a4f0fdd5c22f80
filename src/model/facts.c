/* Which number stands under which attribution: the parameters of a model.
 *
 * A walk over the trees, before anything is looked up, registers every literal by
 * its place; elaboration then marks those that are used. */
#include "model/checker.h"

#include <math.h>

typedef struct {
    Text owner; /* "lease", "site.phase" */
    const Attribution *attribution;
    Text field;
    Text label;
    bool is_exempt;
    bool is_lone;
} Place;

static Text key_of(Checker *c, Span span)
{
    uint32_t place[2] = {span.file, span.start};

    return text_copy(c->arena, (Text){(const char *)place, sizeof place});
}

/* A lone number bears its field's name; several, or those of unnamed statements, are counted within
 * it. */
static Text numbered(Checker *c, Text base, bool is_lone)
{
    Text key = text_format(c->arena, "numbers of %.*s", TEXT_ARG(base));
    uintptr_t n = (uintptr_t)table_get(c->values_by_key, key) + 1;

    table_set(c->values_by_key, key, (void *)n);
    return is_lone && n == 1 ? base : text_format(c->arena, "%.*s#%u", TEXT_ARG(base), (unsigned)n);
}

/* Places come in order, so that each file is counted once. */
static uint32_t line_of(Checker *c, Span span)
{
    if (c->counted_line == 0 || c->counted.file != span.file || c->counted.end > span.start) {
        c->counted = (Span){.file = span.file};
        c->counted_line = 1;
    }
    Text between = span_text(c->diags->sources, (Span){span.file, c->counted.end, span.start});
    for (size_t i = 0; i < between.length; i++)
        c->counted_line += between.bytes[i] == '\n';
    c->counted.end = span.start;
    return c->counted_line;
}

static void name_parameter(Checker *c, Parameter *p, const Place *place, Span span)
{
    Text base = place->field;
    if (place->owner.length > 0)
        base = place->field.length > 0 ? text_format(c->arena, "%.*s.%.*s", TEXT_ARG(place->owner),
                                                     TEXT_ARG(place->field))
                                       : place->owner;
    p->name = place->is_exempt ? base : numbered(c, base, place->is_lone);
    p->label = place->label;
    p->value = NO_ID;
    p->unit_scale = 1;
    p->range_low = p->range_high = NAN;
    p->attribution = place->is_exempt ? 'x' : 'u';
    if (place->attribution && place->attribution->kind == ATTRIBUTION_CITE) {
        p->attribution = 'c';
        p->source = place->attribution->source;
    } else if (place->attribution && place->attribution->kind == ATTRIBUTION_ASSUME) {
        p->attribution = 'a';
    }
    if (place->attribution)
        p->words = place->attribution->words;
    p->line = line_of(c, span);
    p->file = c->diags->sources->files.items[span.file]->name;
}

static void walk_expr(Checker *c, Place *place, const Expr *e)
{
    if (!e)
        return;
    if (e->kind == EXPR_NUMBER) {
        /* 0 and 1 of something need no source; a billion of it does. */
        bool is_one = e->number == 1 && (!e->unit || e->unit->magnitude.length == 0);
        bool is_free = e->number == 0 || is_one;
        Place own = *place;
        if (is_free)
            own.is_exempt = true;
        Parameter *p = LIST_PUSH(c->arena, &c->model->parameters);
        *LIST_PUSH(c->arena, &c->parameter_spans) = e->span;
        name_parameter(c, p, &own, e->span);
        if (own.is_exempt)
            p->attribution = 'x';
        p->printed = span_text(c->diags->sources, e->span);
        p->number = NAN; /* until it is used */
        if (p->attribution != 'x') {
            p->literal = ARENA_NEW(c->arena, Literal);
            p->literal->index = c->model->n_literals++;
        }
        table_set(c->parameter_by_place, key_of(c, e->span),
                  (void *)(uintptr_t)c->model->parameters.count);
        return;
    }
    if (e->kind == EXPR_CALL && (text_is(e->name, "lag") || text_is(e->name, "delay"))) {
        if (e->args.count > 0)
            walk_expr(c, place, e->args.items[0]);
        bool was = place->is_exempt;
        for (size_t i = 1; i < e->args.count; i++) {
            Text name = i < e->arg_names.count ? e->arg_names.items[i] : TEXT("");
            place->is_exempt =
                was || text_is(name, "order") || (name.length == 0 && text_is(e->name, "lag"));
            walk_expr(c, place, e->args.items[i]);
        }
        place->is_exempt = was;
        return;
    }
    if (e->kind == EXPR_CALL && text_is(e->name, "year_fraction")) {
        for (size_t i = 0; i < e->args.count; i++)
            if (!is_day_count(e->args.items[i]))
                walk_expr(c, place, e->args.items[i]);
        return;
    }
    if (e->kind == EXPR_WINDOW) {
        walk_expr(c, place, e->args.items[0]);
        return;
    }
    for (size_t i = 0; i < e->args.count; i++)
        walk_expr(c, place, e->args.items[i]);
}

static void walk_dist(Checker *c, Place *place, const Dist *dist)
{
    Parameter *p = LIST_PUSH(c->arena, &c->model->parameters);
    *LIST_PUSH(c->arena, &c->parameter_spans) = dist->span;
    place->is_lone = true;
    name_parameter(c, p, place, dist->span);
    p->is_draw = true;
    p->number = NAN;
    table_set(c->parameter_by_place, key_of(c, dist->span),
              (void *)(uintptr_t)c->model->parameters.count);
}

static bool is_lone_literal(const Expr *e)
{
    return e && (e->kind == EXPR_NUMBER ||
                 (e->kind == EXPR_UNARY && e->args.items[0]->kind == EXPR_NUMBER));
}

static void walk_decl(Checker *c, Text owner, const Attribution *outer, const Decl *d,
                      bool is_exempt);

static void walk_members(Checker *c, Text owner, const Attribution *outer, const Decl *d,
                         bool is_exempt)
{
    for (size_t i = 0; i < d->members.count; i++)
        walk_decl(c, owner, outer, d->members.items[i], is_exempt);
}

static Text join(Checker *c, Text owner, Text name)
{
    if (owner.length == 0)
        return name;
    if (name.length == 0)
        return owner;
    return text_format(c->arena, "%.*s.%.*s", TEXT_ARG(owner), TEXT_ARG(name));
}

/* `cite NAME`: the name must be a declared source. */
static void check_source(Checker *c, const Attribution *a)
{
    if (a->kind != ATTRIBUTION_CITE || a->source.length == 0 || table_get(c->sources, a->source))
        return;
    Text written = span_text(c->diags->sources, a->span);
    Span at = a->span;
    for (size_t i = 0; i + a->source.length <= written.length; i++)
        if (i >= sizeof "cite" - 1 &&
            text_equal((Text){written.bytes + i, a->source.length}, a->source)) {
            at.start += (uint32_t)i;
            at.end = at.start + (uint32_t)a->source.length;
            break;
        }
    Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, at, "there is no source `%.*s`",
                         TEXT_ARG(a->source));
    suggest_nearest(c, d, at, c->sources, a->source);
    if (!d->has_edit)
        diag_because(c->diags, d,
                     "Declare it: `source %.*s \"title\" { dated = 2026-01-31 }`, or write `assume "
                     "\"why\"`.",
                     TEXT_ARG(a->source));
}

/* Its name; of an opening balance in a further money, that of the book too. */
static Text field_of(Checker *c, const Decl *d)
{
    if (d->kind == DECL_OVERRIDE && d->ref)
        return span_text(c->diags->sources, d->ref->span);
    uint32_t money = d->kind == DECL_OPENING ? money_written(c, NULL, d->expr) : NO_ID;
    return money == NO_ID || money == 0 ? d->name : join(c, c->model->monies.items[money], d->name);
}

static void walk_decl(Checker *c, Text owner, const Attribution *outer, const Decl *d,
                      bool is_exempt)
{
    check_source(c, &d->attribution);
    const Attribution *own = d->attribution.kind != ATTRIBUTION_NONE ? &d->attribution : outer;
    switch (d->kind) {
    case DECL_IMPORT:
    case DECL_MODEL:
    case DECL_SETTING:
    case DECL_SOURCE:
    case DECL_UNIT:
    case DECL_ACCOUNT:
    case DECL_CATEGORY:
    case DECL_RANKS:
    case DECL_REPORT:
    case DECL_VIEW:
    case DECL_CHECK:
        return;
    case DECL_KIND:
    case DECL_PART_KIND:
    case DECL_PARTY:
    case DECL_INSTANCE:
    case DECL_SCENARIO:
        walk_members(c, join(c, owner, d->name), own, d, is_exempt);
        return;
    default:
        break;
    }
    if (d->kind == DECL_TOGETHER && d->exprs.count > 0)
        owner = text_format(c->arena, "together %.*s",
                            TEXT_ARG(span_text(c->diags->sources, d->exprs.items[0]->span)));
    Place place = {.owner = owner,
                   .attribution = own,
                   .field = field_of(c, d),
                   .label = d->doc.length ? d->doc : d->title,
                   .is_exempt = is_exempt};
    if (d->dist) {
        walk_dist(c, &place, d->dist);
        return;
    }
    place.is_lone = is_lone_literal(d->expr) && !d->expr2;
    walk_expr(c, &place, d->expr);
    place.is_lone = false;
    walk_expr(c, &place, d->expr2);
    walk_expr(c, &place, d->up_to_times);
    for (size_t i = 0; i < d->exprs.count && d->kind == DECL_TABLE; i++)
        walk_expr(c, &place, d->exprs.items[i]);
    walk_members(c,
                 join(c, owner, d->kind == DECL_RULE && d->name.length == 0 ? TEXT("") : d->name),
                 own, d, is_exempt);
}

/* What was set from outside is an assumption whose source is the setting, unless it says another.
 * Its names are those of what it changes. */
static void walk_settings(Checker *c)
{
    static const Attribution set_outside = {.kind = ATTRIBUTION_ASSUME};
    Text outside = TEXT("--set");

    for (size_t i = 0; i < c->options->n_overrides; i++) {
        const Decl *d = c->options->overrides[i];
        size_t first = c->model->parameters.count;
        walk_decl(c, outside, &set_outside, d, false);
        for (size_t j = first; j < c->model->parameters.count; j++) {
            Parameter *p = &c->model->parameters.items[j];
            size_t skipped = outside.length + 1;
            if (p->name.length > skipped)
                p->name = (Text){p->name.bytes + skipped, p->name.length - skipped};
            if (d->attribution.kind == ATTRIBUTION_NONE)
                p->source = outside;
        }
    }
}

void facts_collect(Checker *c)
{
    walk_settings(c);
    for (size_t t = 0; t < c->n_trees; t++)
        for (size_t i = 0; i < c->trees[t]->decls.count; i++)
            walk_decl(c, TEXT(""), NULL, c->trees[t]->decls.items[i], false);
}

static Parameter *parameter_at(Checker *c, Span span)
{
    uintptr_t found = (uintptr_t)table_get(c->parameter_by_place, key_of(c, span));
    return found ? &c->model->parameters.items[found - 1] : NULL;
}

const Node *facts_use_literal(Checker *c, const Expr *literal, double base)
{
    Parameter *p = parameter_at(c, literal->span);
    if (!p || c->is_unheeded)
        return node_const(c, base);
    p->number = base;
    if (literal->unit) {
        p->unit = span_text(c->diags->sources, literal->unit->span);
        p->unit_scale = literal->number != 0 ? base / literal->number : 1;
    }
    if (p->literal && c->options->nudged && text_is(p->name, c->options->nudged))
        base *= c->options->nudge_factor;
    Node *node = (Node *)node_const(c, base);
    node->literal = p->literal;
    node->n_traced = p->literal != NULL;
    return node;
}

/* What is written once in a kind and drawn for several instances is one parameter each. */
static Parameter *unused_parameter_at(Checker *c, Span span)
{
    Parameter *written = parameter_at(c, span);

    if (!written || written->value == NO_ID)
        return written;
    Parameter *another = LIST_PUSH(c->arena, &c->model->parameters);
    *LIST_PUSH(c->arena, &c->parameter_spans) = span;
    *another = *parameter_at(c, span);
    return another;
}

void facts_use_chance(Checker *c, const Expr *chance, Text name, ValueId value)
{
    Parameter *p = unused_parameter_at(c, chance->span);

    if (!p)
        return;
    p->name = name;
    p->value = value;
    p->is_draw = true;
    p->literal = NULL;
    p->number = 0;
    p->printed =
        text_format(c->arena, "chance %.*s", TEXT_ARG(span_text(c->diags->sources, chance->span)));
}

void facts_use_draw(Checker *c, const Field *field, ValueId value, Text printed)
{
    Parameter *p = unused_parameter_at(c, field->decl->dist->span);

    if (!p)
        return;
    p->name = field->full_name;
    p->value = value;
    p->printed = printed;
    p->number = 0;
    p->unit = c->model->values.items[value].unit;
    p->unit_scale = c->model->values.items[value].unit_scale;
}

static void warn_unsourced(Checker *c, const Parameter *p, Span at)
{
    Diag *d =
        c->options->is_strict
            ? diag_error(c->diags, DIAG_UNSOURCED, at, "`%.*s` has no source", TEXT_ARG(p->name))
            : diag_warning(c->diags, DIAG_UNSOURCED, at, "`%.*s` has no source", TEXT_ARG(p->name));
    diag_because(c->diags, d,
                 "Write `cite SOURCE \"words\"` or `assume \"why\"` at the end of the line, or of "
                 "its block's first line.");
}

void facts_finish(Checker *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->model->parameters.count; i++) {
        Parameter p = c->model->parameters.items[i];
        if (isnan(p.number))
            continue;
        if (p.attribution == 'u') {
            c->model->n_unsourced++;
            warn_unsourced(c, &p, c->parameter_spans.items[i]);
        }
        c->model->parameters.items[kept++] = p;
    }
    c->model->parameters.count = kept;
}
