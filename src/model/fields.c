/* Elaborates one field on demand: its declaration, overrides, type, range, and value. */
#include "model/checker.h"

#include <math.h>

static Env env_of(const Field *field)
{
    return (Env){.self = field->owner, .owner_name = field->full_name};
}

static ValueType value_type(const Type *type)
{
    switch (type->tag) {
    case KIND_OF_DATE:
        return TYPE_DATE;
    case KIND_OF_YESNO:
        return TYPE_YESNO;
    case KIND_OF_WORD:
        return TYPE_WORD;
    default:
        if (type->unit.dims.n == 1 && unit_time_power(&type->unit) == 1)
            return TYPE_DURATION;
        return TYPE_NUMBER;
    }
}

static void describe_value(Checker *c, ValueId id, const Type *type, Text title)
{
    Value *v = &c->model->values.items[id];
    v->type = value_type(type);
    v->title = title;
    v->unit = type_shown(c, type, &v->unit_scale);
    v->measure =
        unit_time_power(&type->unit) == -1 && type->unit.dims.n > 1 ? MEASURE_RATE : MEASURE_LEVEL;
}

/* ---- cycles that cannot be typed ------------------------------------------------------ */

static Typed report_self_reference(Checker *c, Field *field, Span at)
{
    Diag *d = diag_error(c->diags, DIAG_NEEDS_UNIT, at,
                         "`%.*s` leads back to itself before its unit is known",
                         TEXT_ARG(field->full_name));
    bool is_inside = false;
    for (size_t i = 0; i < c->stack.count; i++) {
        is_inside = is_inside || c->stack.items[i] == field;
        if (is_inside && d->labels.count < 6)
            diag_label(c->diags, d, c->stack.items[i]->decl->name_span, "%.*s",
                       TEXT_ARG(c->stack.items[i]->full_name));
    }
    diag_because(c->diags, d,
                 "Declare its unit (`%.*s : UNIT = ...`); inside one period use `lag`, an opening "
                 "value, or `solve`.",
                 TEXT_ARG(field->name));
    field->typed = typed_error();
    return field->typed;
}

/* ---- ranges ----------------------------------------------------------------------------- */

/* One end of a range in base units; a bare low end takes the unit of the high one. */
static bool range_end(Checker *c, const Field *field, const Typed *end, const Typed *other,
                      bool is_low, Span at, double *out)
{
    const Type *asked = &field->typed.type;
    double known;
    if (end->type.tag == KIND_OF_ERROR || other->type.tag != KIND_OF_NUMBER)
        return false;
    if (end->type.tag != KIND_OF_NUMBER || !node_is_known(end->node, &known)) {
        diag_error(c->diags, DIAG_NOT_CONSTANT, at,
                   "a range is between two numbers that are known before the run");
        return false;
    }
    *out = known;
    bool is_bare = unit_is_plain(&end->type.unit) && end->type.shown.length == 0;
    if (dimensions_equal(&end->type.unit.dims, &asked->unit.dims))
        return true;
    bool is_other_bare = unit_is_plain(&other->type.unit) && other->type.shown.length == 0;
    if (is_bare && is_other_bare && field->type_decl->type.is_present) {
        *out *= asked->shown_scale != 0 ? asked->shown_scale : 1;
        return true;
    }
    if (is_bare && is_low && dimensions_equal(&other->type.unit.dims, &asked->unit.dims)) {
        *out *= other->type.shown_scale;
        return true;
    }
    Diag *d = diag_error(c->diags, DIAG_WRONG_UNIT, at,
                         "`%.*s` is %.*s, and this end of its range is %.*s", TEXT_ARG(field->name),
                         TEXT_ARG(type_phrase(c, asked)), TEXT_ARG(type_phrase(c, &end->type)));
    diag_label(c->diags, d, field->type_decl->name_span, "%.*s", TEXT_ARG(type_name(c, asked)));
    return false;
}

/* Warns when the stretch from low to high leaves the range of the field; `is_middle`: of a formula
 * over draws. */
static void check_range(Checker *c, const Field *field, const Env *env, double low, double high,
                        bool is_middle)
{
    const Decl *said = field->type_decl;
    if (!said->range_low || !said->range_high || field->typed.type.tag != KIND_OF_NUMBER)
        return;
    double from, to;
    Typed a = elaborate(c, env, said->range_low), b = elaborate(c, env, said->range_high);
    if (!range_end(c, field, &b, &a, false, said->range_high->span, &to) ||
        !range_end(c, field, &a, &b, true, said->range_low->span, &from))
        return;
    if (!(low < from * (1 - 1e-12) - 1e-300) && !(high > to * (1 + 1e-12) + 1e-300))
        return;
    Span at = field->decl->expr   ? field->decl->expr->span
              : field->decl->dist ? field->decl->dist->span
                                  : field->decl->name_span;
    Diag *d = diag_warning(c->diags, DIAG_OUT_OF_RANGE, at,
                           "`%.*s` is outside the range that is called sensible for it",
                           TEXT_ARG(field->full_name));
    diag_label(
        c->diags, d,
        (Span){said->range_low->span.file, said->range_low->span.start, said->range_high->span.end},
        "from %.*s to %.*s", TEXT_ARG(span_text(c->diags->sources, said->range_low->span)),
        TEXT_ARG(span_text(c->diags->sources, said->range_high->span)));
    if (is_middle)
        diag_because(c->diags, d, "With every draw in its middle it is %.4g %.*s.",
                     low / (field->typed.type.shown_scale != 0 ? field->typed.type.shown_scale : 1),
                     TEXT_ARG(field->typed.type.shown.length > 0
                                  ? field->typed.type.shown
                                  : type_name(c, &field->typed.type)));
}

/* A range whose units are wrong is said even where the value cannot be compared with it: NAN is
 * inside of any. */
static void check_range_of_formula(Checker *c, const Field *field, const Env *env, const Node *node)
{
    double middle = NAN;
    if (!field->type_decl->range_low)
        return;
    bool is_known = node_middle(c->model, node, &middle);
    check_range(c, field, env, middle, middle, is_known);
}

static void check_share(Checker *c, const Field *field, double x)
{
    if (field->typed.type.is_share && (x < 0 || x > 1))
        diag_warning(c->diags, DIAG_OUT_OF_RANGE,
                     field->decl->expr ? field->decl->expr->span : field->decl->name_span,
                     "`%.*s` is a share and lies between 0 and 1", TEXT_ARG(field->full_name));
}

/* ---- overrides ------------------------------------------------------------------------------ */

static bool is_derived(const Field *field)
{
    return !field->owner->is_root && !field->type_decl->type.is_present && !field->is_from_block &&
           field->decl->expr;
}

static bool may_override(Checker *c, const Field *field, const Decl *o)
{
    if (!is_derived(field) || o->is_instead)
        return true;
    if (o->is_every) {
        diag_note(c->diags, DIAG_DERIVED_FIELD, o->ref->span,
                  "`%.*s` follows from other fields and is left alone", TEXT_ARG(field->full_name));
        return false;
    }
    Diag *d = diag_error(c->diags, DIAG_DERIVED_FIELD, o->ref->span,
                         "`%.*s` follows from other fields", TEXT_ARG(field->full_name));
    diag_label(c->diags, d, field->decl->name_span, "derived here");
    diag_because(
        c->diags, d,
        "Change what it follows from, or add `instead` at the end of the line to replace it.");
    return false;
}

/* The declaration in force: a copy of the written one with the last `=` or `~` over it. */
static const Decl *declaration_in_force(Checker *c, Field *field)
{
    for (size_t i = 0; i < field->overrides.count; i++) {
        const Decl *o = field->overrides.items[i];
        if ((o->override != OVERRIDE_SET && o->override != OVERRIDE_DRAW) ||
            !may_override(c, field, o))
            continue;
        Decl *changed = ARENA_NEW(c->arena, Decl);
        *changed = *field->decl;
        changed->expr = o->override == OVERRIDE_SET ? o->expr : NULL;
        changed->dist = o->override == OVERRIDE_DRAW ? o->dist : NULL;
        field->decl = changed;
    }
    return field->decl;
}

static bool has_scaling(const Field *field)
{
    for (size_t i = 0; i < field->overrides.count; i++)
        if (field->overrides.items[i]->override == OVERRIDE_SCALED ||
            field->overrides.items[i]->override == OVERRIDE_PLUS)
            return true;
    return false;
}

/* ---- values ------------------------------------------------------------------------------------
 */

/* `9%` where a rate is asked for, `60 months` where a term is. */
static void hint_of_declared(Checker *c, Diag *d, const Type *wanted, const Type *found,
                             const Expr *expr)
{
    bool is_rate = wanted->tag == KIND_OF_NUMBER && wanted->unit.dims.n == 1 &&
                   unit_time_power(&wanted->unit) == -1;

    if (!expr || found->tag != KIND_OF_NUMBER)
        return;
    bool is_bare = expr->kind == EXPR_NUMBER && !expr->unit;
    if (wanted->tag == KIND_OF_DATE && expression_is_year(expr)) {
        diag_because(c->diags, d, "A year is written as a date: its first month.");
        diag_suggest(c->diags, d, expr->span, "%d-01", (int)expr->number);
    }
    if (wanted->tag == KIND_OF_NUMBER && is_bare && !is_rate)
        diag_because(c->diags, d, "A number has its unit behind it: `%.*s %.*s`.",
                     TEXT_ARG(span_text(c->diags->sources, expr->span)),
                     TEXT_ARG(type_name(c, wanted)));
    Text written = span_text(c->diags->sources, expr->span);
    if (is_rate && unit_is_plain(&found->unit)) {
        bool is_percent = expr->kind == EXPR_NUMBER && expr->unit;
        diag_because(c->diags, d, "A rate says in what time: `%.*s/year`.",
                     TEXT_ARG(is_percent ? written : TEXT("9%")));
        if (is_percent)
            diag_suggest(c->diags, d, expr->span, "%.*s/year", TEXT_ARG(written));
    }
    if (wanted->tag == KIND_OF_TERM && found->unit.dims.n == 1 &&
        unit_time_power(&found->unit) == 1)
        diag_because(c->diags, d,
                     "A term also has a first day: `term(DATE, %.*s)`, DATE being a day such as "
                     "`2026-03` or another's, `p.energised`.",
                     TEXT_ARG(written));
}

static bool fits_declared(Checker *c, const Field *field, const Type *wanted, Typed *t,
                          const Expr *expr)
{
    Span at = expr                ? expr->span
              : field->decl->dist ? field->decl->dist->span
                                  : field->decl->name_span;
    if (t->type.tag == KIND_OF_ERROR)
        return false;
    if (wanted->tag != t->type.tag) {
        Diag *d = diag_error(c->diags, DIAG_WRONG_TYPE, at, "`%.*s` is %.*s, not %.*s",
                             TEXT_ARG(field->full_name), TEXT_ARG(type_phrase(c, wanted)),
                             TEXT_ARG(type_phrase(c, &t->type)));
        if (field->type_decl != field->decl)
            diag_label(c->diags, d, field->type_decl->name_span, "declared here");
        hint_of_declared(c, d, wanted, &t->type, expr);
        return false;
    }
    if (wanted->tag == KIND_OF_NUMBER &&
        !dimensions_equal(&wanted->unit.dims, &t->type.unit.dims)) {
        Diag *d = diag_error(c->diags, DIAG_WRONG_UNIT, at, "`%.*s` is %.*s, not %.*s",
                             TEXT_ARG(field->full_name), TEXT_ARG(type_phrase(c, wanted)),
                             TEXT_ARG(type_phrase(c, &t->type)));
        diag_label(c->diags, d,
                   field->type_decl->type.is_present ? field->type_decl->type.span
                                                     : field->type_decl->name_span,
                   field->type_decl->type.is_present ? "declared here" : "first given here");
        hint_of_declared(c, d, wanted, &t->type, expr);
        return false;
    }
    if (unit_time_power(&wanted->unit) < 0)
        note_mixed_times(c, at, wanted, &t->type);
    bool is_any_contract =
        wanted->kind == c->contract_kind && t->instance && t->instance->contract != NO_ID;
    if (wanted->tag == KIND_OF_REFERENCE && wanted->kind && t->instance && !is_any_contract &&
        !kind_is_a(t->instance->kind, wanted->kind)) {
        Text asked = wanted->kind->name;
        diag_error(c->diags, DIAG_WRONG_TYPE, at, "`%.*s` must name a %.*s; `%.*s` is %.*s",
                   TEXT_ARG(field->full_name), TEXT_ARG(asked), TEXT_ARG(t->instance->path),
                   TEXT_ARG(type_name(c, &t->type)));
        return false;
    }
    return true;
}

/* Only numbers can be scaled, and added to numbers and dates. */
static bool may_scale(Checker *c, const Field *field, const Decl *o, const Typed *t)
{
    bool is_scaled = o->override == OVERRIDE_SCALED;

    if (t->type.tag == KIND_OF_NUMBER || t->type.tag == KIND_OF_ERROR ||
        (!is_scaled && t->type.tag == KIND_OF_DATE))
        return t->type.tag != KIND_OF_ERROR;
    diag_error(c->diags, DIAG_WRONG_TYPE, o->ref->span,
               "`%.*s` is %.*s, which cannot be %s: give it anew with `=`",
               TEXT_ARG(field->full_name), TEXT_ARG(type_name(c, &t->type)),
               is_scaled ? "scaled" : "added to");
    return false;
}

static void scale_field(Checker *c, Field *field, Typed *t)
{
    Env env = {.self = c->root, .owner_name = field->full_name};
    for (size_t i = 0; i < field->overrides.count; i++) {
        const Decl *o = field->overrides.items[i];
        if (o->override == OVERRIDE_SET || o->override == OVERRIDE_DRAW ||
            !may_override(c, field, o) || !may_scale(c, field, o, t))
            continue;
        Typed by = elaborate(c, &env, o->expr);
        if (by.type.tag == KIND_OF_ERROR)
            continue;
        if (o->override == OVERRIDE_SCALED) {
            Unit plain = unit_plain();
            const Node *factor = elaborate_number(c, &env, o->expr, &plain, "what scales a field");
            if (factor)
                t->node = node_make(c, N_MUL, t->node, factor, NULL);
        } else if (t->type.tag == KIND_OF_DATE) {
            Unit time = unit_time();
            if (elaborate_number(c, &env, o->expr, &time, "what is added to a date"))
                t->node = node_date_after(c, t->node, &by);
        } else {
            if (fits_declared(c, field, &t->type, &by, o->expr))
                t->node = node_make(c, N_ADD, t->node, by.node, NULL);
        }
    }
}

/* What a value without a declared unit was before a scenario changed it: an error when that cannot
 * be told. Its numbers are not in force, and so no parameters. */
static Type type_as_written(Checker *c, const Field *field, const Decl *written)
{
    Env env = env_of(field);
    Type type = {.tag = KIND_OF_ERROR};
    Text printed;
    bool was_unheeded = c->is_unheeded;

    c->is_unheeded = true;
    if (written->expr)
        type = elaborate(c, &env, written->expr).type;
    else if (!draw_make(c, &env, written->dist, field->full_name, &type, false, &printed))
        type.tag = KIND_OF_ERROR;
    c->is_unheeded = was_unheeded;
    return type;
}

/* A scenario's value in place of one without a declared unit is of the same unit; 0 of any. */
static bool fits_what_was_written(Checker *c, const Field *field, const Decl *written, Typed *t,
                                  const Expr *expr)
{
    Type was = type_as_written(c, field, written);
    bool is_zero = expr && expr->kind == EXPR_NUMBER && expr->number == 0 && !expr->unit;
    if (is_zero && was.tag == KIND_OF_NUMBER && t->type.tag == KIND_OF_NUMBER)
        t->type = was;
    return was.tag == KIND_OF_ERROR || fits_declared(c, field, &was, t, expr);
}

/* The declared unit is shown; what an expression says of rates and days is kept unless declared. */
static void take_declared(const Type *wanted, bool is_declared, Type *type)
{
    if (!is_declared || wanted->tag != KIND_OF_NUMBER)
        return;
    double rate_months = type->unit.rate_months;
    bool in_days = type->unit.in_days, is_percent = type->is_rate_percent;
    bool is_bare_duration = text_is(wanted->shown, "month") && type->unit.dims.n == 1 &&
                            unit_time_power(&type->unit) == 1;
    Text shown = type->shown;
    double scale = type->shown_scale;
    *type = *wanted;
    type->is_rate_percent = is_percent || wanted->is_rate_percent;
    if (rate_months != 0 && wanted->unit.rate_months == 0)
        type->unit.rate_months = rate_months;
    if (is_bare_duration) {
        type->unit.in_days = in_days;
        if (shown.length > 0) {
            type->shown = shown;
            type->shown_scale = scale;
        }
    }
}

static ValueId field_value_id(Checker *c, Field *field, ValueKind kind)
{
    if (field->value == NO_ID)
        field->value = value_new(c, field->full_name, kind);
    return field->value;
}

static void finish_value(Checker *c, Field *field, Typed t)
{
    double constant;
    bool is_constant = node_is_known(t.node, &constant);
    if (is_constant) {
        if (field->value != NO_ID)
            c->model->values.items[field->value].expr = t.node;
    } else {
        ValueId id = field_value_id(c, field, VALUE_FORMULA);
        c->model->values.items[id].expr = t.node;
        t.node = node_value(c, id);
    }
    if (field->value != NO_ID)
        describe_value(c, field->value, &t.type,
                       field->decl->title.length ? field->decl->title : field->type_decl->doc);
    field->typed = t;
    Env env = env_of(field);
    if (is_constant && t.type.tag == KIND_OF_NUMBER) {
        check_range(c, field, &env, constant, constant, false);
        check_share(c, field, constant);
    } else if (t.type.tag == KIND_OF_NUMBER) {
        check_range_of_formula(c, field, &env, c->model->values.items[field->value].expr);
    }
}

static void elaborate_draw(Checker *c, Field *field, Type declared, bool is_declared,
                           const Decl *written)
{
    Env env = env_of(field);
    Type type = declared;
    Text printed;
    Draw *draw =
        draw_make(c, &env, field->decl->dist, field->full_name, &type, is_declared, &printed);
    Typed drawn = {.type = type};
    if (!draw || (!is_declared && field->decl != written &&
                  !fits_what_was_written(c, field, written, &drawn, NULL))) {
        field->typed = typed_error();
        return;
    }
    bool is_scaled = has_scaling(field);
    ValueId id = is_scaled
                     ? value_new(c, text_format(c->arena, "%.*s#drawn", TEXT_ARG(field->full_name)),
                                 VALUE_DRAW)
                     : field_value_id(c, field, VALUE_DRAW);
    Value *v = &c->model->values.items[id];
    v->kind = VALUE_DRAW;
    v->is_hidden = is_scaled;
    v->draw = draw;
    describe_value(c, id, &type, field->decl->title);
    facts_use_draw(c, field, id, printed);

    Typed t = {.type = type, .node = node_value(c, id)};
    field->typed = t;
    if (field->decl->dist->kind == DIST_INTERVAL && type.tag == KIND_OF_NUMBER) {
        double low, high;
        Typed a = elaborate(c, &env, field->decl->dist->args.items[0]),
              b = elaborate(c, &env, field->decl->dist->args.items[1]);
        if (a.node && b.node && node_is_known(a.node, &low) && node_is_known(b.node, &high)) {
            if (unit_is_plain(&a.type.unit) && !unit_is_plain(&b.type.unit))
                low *= b.type.shown_scale;
            check_range(c, field, &env, low, high, false);
        }
    } else if (type.tag == KIND_OF_NUMBER) {
        check_range_of_formula(c, field, &env, t.node);
    }
    if (is_scaled) {
        scale_field(c, field, &t);
        finish_value(c, field, t);
        return;
    }
    field->typed = t;
}

/* Known before its expression: what refers to it meanwhile reads the value. */
static void announce_value(Checker *c, Field *field, const Type *declared)
{
    ValueId id = field_value_id(c, field, VALUE_FORMULA);

    describe_value(c, id, declared, field->type_decl->doc);
    field->typed = (Typed){.type = *declared, .node = node_value(c, id)};
    field->state = FIELD_TYPED;
}

/* `declared` NULL: without a declared type. */
static Typed read_expression(Checker *c, const Field *field, const Expr *expr, const Type *declared)
{
    Env env = env_of(field);
    bool is_number = expr->kind == EXPR_NUMBER;

    if (declared && declared->tag == KIND_OF_WORD && expr->kind == EXPR_WORD)
        return word_constant(c, expr->name);
    Typed t = elaborate(c, &env, expr);
    if (!declared || !is_number || t.type.tag != KIND_OF_NUMBER)
        return t;
    if (unit_is_ratio(declared) && unit_is_plain(&t.type.unit)) {
        t.node = node_make(c, N_MUL, t.node, node_const(c, declared->shown_scale), NULL);
        t.type = *declared;
    }
    /* 0 needs no unit where the declaration gives it. */
    if (declared->tag == KIND_OF_NUMBER && !expr->unit && expr->number == 0)
        t.type = *declared;
    return t;
}

static void elaborate_plain_value(Checker *c, Field *field)
{
    bool ok = true, is_declared = field->type_decl->type.is_present;
    Type declared = {.tag = KIND_OF_ERROR};
    if (is_declared)
        declared = type_of_decl(c, field->owner, &field->type_decl->type, &ok);
    const Decl *written = field->decl, *decl = declaration_in_force(c, field);
    if (!ok) {
        field->typed = typed_error();
        return;
    }
    if (is_declared && declared.tag != KIND_OF_TERM && declared.tag != KIND_OF_REFERENCE)
        announce_value(c, field, &declared);
    if (decl->dist) {
        elaborate_draw(c, field, declared, is_declared, written);
        return;
    }
    if (!decl->expr) {
        field->typed = typed_error();
        return;
    }
    Typed t = read_expression(c, field, decl->expr, is_declared ? &declared : NULL);
    bool fits = t.type.tag != KIND_OF_ERROR &&
                (!is_declared || fits_declared(c, field, &declared, &t, decl->expr));
    if (fits && !is_declared && decl != written)
        fits = fits_what_was_written(c, field, written, &t, decl->expr);
    if (!fits) {
        field->typed = typed_error();
        return;
    }
    take_declared(&declared, is_declared, &t.type);
    scale_field(c, field, &t);
    if (t.type.tag == KIND_OF_REFERENCE || t.type.tag == KIND_OF_TERM ||
        t.type.tag == KIND_OF_LIST) {
        field->typed = t;
        return;
    }
    t.field = NULL;
    finish_value(c, field, t);
}

static void elaborate_flow(Checker *c, Field *field)
{
    (void)elaborate_field(c, field->parent, field->decl->span);
    if (field->parent->typed.type.tag == KIND_OF_ERROR) {
        field->typed = typed_error();
        return;
    }
    ValueId id = field_value_id(c, field, VALUE_FORMULA);
    Type type = field->parent->typed.type;
    describe_value(c, id, &type, field->decl->doc);
    c->model->values.items[id].measure = MEASURE_AMOUNT;
    c->model->values.items[id].is_hidden = field->decl->name.length == 0;
    field->typed = (Typed){.type = type, .node = node_value(c, id)};
}

const Node *field_amount(Checker *c, Field *field)
{
    Env env = {.self = field->owner, .owner_name = field->owner->path};
    const char *what =
        field->tag == FIELD_FACILITY ? "the limit of a facility" : "the target of a reserve";
    uint32_t taken_for = field->money, money;

    if (field->amount)
        return field->amount;
    field->amount = elaborate_money(c, &env, field->decl->expr, what, &money);
    field->money = money;
    if (field->amount && field->state == FIELD_DONE && money != taken_for)
        diag_error(c->diags, DIAG_NEEDS_UNIT, field->decl->name_span,
                   "`%.*s` is in %.*s, which shows too late: give what it is up to a name with a "
                   "unit",
                   TEXT_ARG(field->full_name), TEXT_ARG(c->model->monies.items[money]));
    return field->amount;
}

/* In the money of its amount, which may itself read what is drawn so far: that it is elaborated for
 * the money is the last resort. */
static void elaborate_backing(Checker *c, Field *field)
{
    ValueId id = field_value_id(
        c, field, field->tag == FIELD_FACILITY ? VALUE_FACILITY_DRAWN : VALUE_RESERVE);

    if (c->model->monies.count > 1) {
        field->money = money_written(c, field->owner, field->decl->expr);
        if (field->money == NO_ID)
            (void)field_amount(c, field);
    }
    Type type = type_money(c, field->money);
    describe_value(c, id, &type, field->decl->doc);
    field->typed = (Typed){.type = type, .node = node_value(c, id)};
}

static void elaborate_by_tag(Checker *c, Field *field)
{
    switch (field->tag) {
    case FIELD_VALUE:
        elaborate_plain_value(c, field);
        break;
    case FIELD_STOCK:
        stock_elaborate(c, field);
        break;
    case FIELD_FLOW:
        elaborate_flow(c, field);
        break;
    case FIELD_BELT:
    case FIELD_BELT_OUT:
    case FIELD_BELT_IN:
        belt_elaborate(c, field);
        break;
    case FIELD_UNKNOWN: {
        bool ok;
        if (!field->decl->type.is_present) {
            diag_error(c->diags, DIAG_NEEDS_UNIT, field->decl->name_span,
                       "an unknown of `solve` declares its unit: `%.*s : UNIT = ...`",
                       TEXT_ARG(field->name));
            field->typed = typed_error();
            break;
        }
        Type type = type_of_decl(c, field->owner, &field->decl->type, &ok);
        if (ok && type.tag != KIND_OF_NUMBER) {
            diag_error(c->diags, DIAG_WRONG_TYPE, field->decl->type.span,
                       "an unknown of `solve` is a number with a unit, not %.*s",
                       TEXT_ARG(type_name(c, &type)));
            field->typed = typed_error();
            break;
        }
        ValueId id = field_value_id(c, field, VALUE_UNKNOWN);
        describe_value(c, id, &type, field->decl->doc);
        field->typed = ok ? (Typed){.type = type, .node = node_value(c, id)} : typed_error();
        break;
    }
    case FIELD_FACILITY:
    case FIELD_RESERVE:
        elaborate_backing(c, field);
        break;
    default:
        field->typed = typed_error();
    }
}

Typed elaborate_field(Checker *c, Field *field, Span at)
{
    if (field->state == FIELD_DONE || field->state == FIELD_TYPED)
        return field->typed;
    if (field->state == FIELD_ACTIVE)
        return report_self_reference(c, field, at);
    if (c->stack.count >= LIMIT_ELABORATION_DEPTH) {
        diag_error(c->diags, DIAG_TOO_DEEP, at, "formulas lead more than %d names deep",
                   LIMIT_ELABORATION_DEPTH);
        return typed_error();
    }
    bool was_unheeded = c->is_unheeded;
    c->is_unheeded = false;
    field->state = FIELD_ACTIVE;
    *LIST_PUSH(c->arena, &c->stack) = field;
    elaborate_by_tag(c, field);
    c->stack.count--;
    field->state = FIELD_DONE;
    c->is_unheeded = was_unheeded;
    if (field->value != NO_ID)
        c->model->values.items[field->value].span = field->decl->name_span;
    return field->typed;
}
