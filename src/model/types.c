/* Types: what a declaration says, how they print, and what is said when they disagree. */
#include "model/checker.h"

Type type_number(Unit unit)
{
    return (Type){.tag = KIND_OF_NUMBER, .unit = unit, .shown_scale = 1};
}

Type type_plain(void)
{
    return type_number(unit_plain());
}

Typed typed_yesno(const Node *node)
{
    return (Typed){.type = {.tag = KIND_OF_YESNO}, .node = node};
}

Typed typed_error(void)
{
    return (Typed){.type = {.tag = KIND_OF_ERROR}};
}

static void unknown_unit(Checker *c, const UnitFactor *factor)
{
    static const struct {
        const char *written, *meant;
    } traps[] = {{"GW", "GW_site (power at the meter) or GW_it (power at the chip)"},
                 {"MW", "MW_site (power at the meter) or MW_it (power at the chip)"},
                 {"kW", "kW_site (power at the meter) or kW_it (power at the chip)"},
                 {"GWh", "GWh_site (energy at the meter) or GWh_it"},
                 {"MWh", "MWh_site (energy at the meter) or MWh_it"},
                 {"FLOP", "FLOP_bf16, FLOP_fp8 or FLOP_fp4: compute has a precision"},
                 {"m", "mn (million), month, or a unit of length"},
                 {"M", "mn (million)"},
                 {"B", "bn (billion)"},
                 {"b", "bn (billion)"},
                 {"MM", "mn (million)"},
                 {"T", "tn (trillion)"},
                 {"K", "k (thousand)"},
                 {"mo", "month"},
                 {"yr", "year"},
                 {"y", "year"},
                 {"d", "day"}};
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++)
        if (text_is(factor->name, traps[i].written)) {
            Diag *d = diag_error(c->diags, DIAG_AMBIGUOUS_UNIT, factor->span,
                                 "`%s` may mean more than one thing", traps[i].written);
            diag_because(c->diags, d, "Write %s.", traps[i].meant);
            if (text_is(factor->name, "yr") || text_is(factor->name, "mo") ||
                text_is(factor->name, "y") || text_is(factor->name, "d"))
                diag_suggest(c->diags, d, factor->span, "%s", traps[i].meant);
            return;
        }
    Diag *d = diag_error(c->diags, DIAG_UNKNOWN_UNIT, factor->span, "there is no unit `%.*s`",
                         TEXT_ARG(factor->name));
    if (text_is(factor->name, "percent") || text_is(factor->name, "pct"))
        diag_because(c->diags, d, "Hundredths are written `%%`: 5%%.");
    else
        suggest_nearest(c, d, factor->span, c->units->names, factor->name);
}

bool unit_of_expression(Checker *c, const UnitExpr *expr, Unit *out)
{
    *out = unit_plain();
    bool ok = true;
    for (size_t i = 0; i < expr->factors.count; i++) {
        const UnitFactor *factor = &expr->factors.items[i];
        const UnitDef *def = units_find(c->units, factor->name);
        if (!def) {
            unknown_unit(c, factor);
            ok = false;
            continue;
        }
        int power = factor->power < 0 ? -factor->power : factor->power;
        for (int k = 0; k < power; k++)
            *out =
                factor->power < 0 ? unit_divide(*out, def->unit) : unit_multiply(*out, def->unit);
    }
    if (out->dims.n >= UNIT_MAX_FACTORS) {
        diag_error(c->diags, DIAG_UNKNOWN_UNIT, expr->span, "a unit has at most %d different parts",
                   UNIT_MAX_FACTORS - 1);
        ok = false;
    }
    return ok;
}

static bool type_of_word(Text word, Type *type)
{
    static const struct {
        const char *word;
        Type type;
    } words[] = {{"date", {.tag = KIND_OF_DATE}},
                 {"term", {.tag = KIND_OF_TERM}},
                 {"yesno", {.tag = KIND_OF_YESNO}},
                 {"word", {.tag = KIND_OF_WORD}}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(word, words[i].word)) {
            *type = words[i].type;
            return true;
        }
    if (text_is(word, "duration")) {
        *type = type_number(unit_time());
        type->shown = TEXT("month");
        return true;
    }
    *type = type_plain();
    type->is_share = text_is(word, "share");
    return type->is_share || text_is(word, "number");
}

/* A part's kind is known by its own name inside what has such parts; a unit goes before a kind. */
static const KindDef *kind_of_type(Checker *c, const Instance *self, const TypeExpr *type)
{
    const KindDef *kind = NULL;

    if (type->words[1].length > 0) {
        const KindDef *owner = kind_named(c, type->words[0]);
        return owner ? table_get(owner->parts, type->words[1]) : NULL;
    }
    if (units_find(c->units, type->words[0]))
        return NULL;
    for (const Instance *at = self; at && !at->is_root && !kind; at = at->owner)
        kind = at->kind ? table_get(at->kind->parts, type->words[0]) : NULL;
    return kind ? kind : kind_named(c, type->words[0]);
}

/* Words that are no kind, and cannot be units: what is nearest to them is a kind. */
static bool refuse_kind(Checker *c, const TypeExpr *type)
{
    Text word = type->words[0];

    if (type->words[1].length > 0) {
        diag_error(c->diags, DIAG_UNKNOWN_NAME, type->span, "there is no kind `%.*s.%.*s`",
                   TEXT_ARG(word), TEXT_ARG(type->words[1]));
        return true;
    }
    if (units_find(c->units, word) || type->unit.factors.count != 1)
        return false;
    Text near = table_nearest(c->kinds, word), near_unit = table_nearest(c->units->names, word);
    if (near.length == 0 || near_unit.length > 0)
        return false;
    Diag *d = diag_error(c->diags, DIAG_UNKNOWN_NAME, type->span, "there is no kind or unit `%.*s`",
                         TEXT_ARG(word));
    diag_suggest(c->diags, d, type->span, "%.*s", TEXT_ARG(near));
    return true;
}

bool type_of_unit(Checker *c, const UnitExpr *written, Span span, Type *type)
{
    Unit unit;

    if (!unit_of_expression(c, written, &unit))
        return false;
    *type = type_number(unit);
    type->shown = span_text(c->diags->sources, span);
    type->shown_scale = magnitude_factor(written->magnitude) * unit.numerator / unit.denominator;
    type->is_rate_percent = unit.dims.n == 1 && unit_time_power(&unit) == -1;
    return true;
}

/* Words that are not units first: number, share, date, duration, term, yesno, word, a kind. */
Type type_of_decl(Checker *c, Instance *self, const TypeExpr *type, bool *ok)
{
    Type made = {.tag = KIND_OF_ERROR};

    *ok = true;
    if (!type->is_unit_only) {
        if (type_of_word(type->words[0], &made))
            return made;
        const KindDef *kind = kind_of_type(c, self, type);
        if (kind)
            return (Type){.tag = KIND_OF_REFERENCE, .kind = kind};
        if (refuse_kind(c, type)) {
            *ok = false;
            return (Type){.tag = KIND_OF_ERROR};
        }
    }
    *ok = type_of_unit(c, &type->unit, type->span, &made);
    return *ok ? made : (Type){.tag = KIND_OF_ERROR};
}

/* A declared unit of several dimensions at once, such as energy; one that takes prefixes first. */
static const UnitDef *unit_of_product(const Checker *c, const Dimensions *dims)
{
    const UnitDef *found = NULL;

    if (dims->n < 2)
        return NULL;
    for (size_t i = 0; i < table_count(c->units->names); i++) {
        const UnitDef *def = table_at(c->units->names, i)->value;
        bool is_as_declared = def->decl && text_equal(def->decl->name, def->name);
        if (is_as_declared && dimensions_equal(&def->unit.dims, dims) &&
            (!found || (def->is_prefixed && !found->is_prefixed)))
            found = def;
    }
    return found;
}

Text type_shown(Checker *c, const Type *type, double *scale)
{
    *scale = type->shown.length > 0 && type->shown_scale != 0 ? type->shown_scale : 1;
    if (type->shown.length > 0)
        return type->shown;
    if (type->tag != KIND_OF_NUMBER || unit_is_plain(&type->unit))
        return TEXT("");
    const UnitDef *def = unit_of_product(c, &type->unit.dims);
    if (!def)
        return dimensions_print(c->arena, c->units, &type->unit.dims);
    *scale = def->unit.numerator / def->unit.denominator;
    return def->name;
}

/* "bn USD" says USD; "%/year" stays. */
static Text without_magnitude(Text shown)
{
    for (size_t i = 0; i + 1 < shown.length; i++)
        if (shown.bytes[i] == ' ' && magnitude_factor((Text){shown.bytes, i}) != 0)
            return (Text){shown.bytes + i + 1, shown.length - i - 1};
    return shown;
}

Text type_name(Checker *c, const Type *type)
{
    switch (type->tag) {
    case KIND_OF_NUMBER:
        return type->shown.length > 0 && !unit_is_plain(&type->unit)
                   ? without_magnitude(type->shown)
                   : dimensions_print(c->arena, c->units, &type->unit.dims);
    case KIND_OF_DATE:
        return TEXT("a date");
    case KIND_OF_TERM:
        return TEXT("a term");
    case KIND_OF_YESNO:
        return TEXT("a yes/no");
    case KIND_OF_WORD:
        return TEXT("a word");
    case KIND_OF_REFERENCE:
        return type->kind ? text_format(c->arena, "a %.*s", TEXT_ARG(type->kind->name))
                          : TEXT("an instance");
    case KIND_OF_LIST:
        return TEXT("several instances");
    default:
        return TEXT("unknown");
    }
}

Text type_phrase(Checker *c, const Type *type)
{
    if (type->tag != KIND_OF_NUMBER || unit_is_plain(&type->unit))
        return type_name(c, type);
    if (type->unit.dims.n == 1 && unit_time_power(&type->unit) == 1)
        return TEXT("a duration");
    return text_format(c->arena, "in %.*s", TEXT_ARG(type_name(c, type)));
}

/* The title of a unit that is one titled dimension, where it is short enough for a sentence. */
static Text short_title(Checker *c, const Type *type)
{
    enum { LONGEST = 24 };
    if (type->tag != KIND_OF_NUMBER || type->unit.dims.n != 1 ||
        type->unit.dims.factors[0].power != 1)
        return TEXT("");
    Text title = c->units->dimensions.items[type->unit.dims.factors[0].dimension]->title;
    return title.length <= LONGEST ? title : TEXT("");
}

/* Only one thing per another, such as a PUE, is likely to have been forgotten. */
static bool is_ratio(const Dimensions *dims)
{
    return dims->n == 2 && dims->factors[0].power * dims->factors[1].power == -1;
}

/* Names in scope whose unit is the missing factor, those of this instance and its owners first. */
static void search_factor(Checker *c, const Env *env, Diag *d, const Dimensions *wanted,
                          const Expr *suspect)
{
    Text found = TEXT("");
    uint32_t n_found = 0;
    for (size_t i = 0; i < c->fields.count; i++) {
        const Field *field = c->fields.items[i];
        if (field->state < FIELD_TYPED || field->typed.type.tag != KIND_OF_NUMBER ||
            !dimensions_equal(&field->typed.type.unit.dims, wanted))
            continue;
        bool is_near = field->owner->is_root;
        for (const Instance *at = env->self; at && !is_near; at = at->owner)
            is_near = field->owner == at;
        if (!is_near)
            continue;
        n_found++;
        if (n_found == 1) {
            uint32_t line, column;
            span_position(c->diags->sources, field->type_decl->name_span, &line, &column);
            found = text_format(c->arena, "%.*s (line %u)", TEXT_ARG(field->full_name), line);
            bool is_sum = suspect && (suspect->kind == EXPR_BINARY || suspect->kind == EXPR_IF ||
                                      suspect->kind == EXPR_OVER);
            if (suspect && is_ratio(wanted) &&
                !c->diags->sources->files.items[suspect->span.file]->is_library)
                diag_suggest(c->diags, d, suspect->span, is_sum ? "(%.*s) * %.*s" : "%.*s * %.*s",
                             TEXT_ARG(span_text(c->diags->sources, suspect->span)),
                             TEXT_ARG(field->name));
        }
    }
    if (n_found != 1)
        d->has_edit = false;
    if (n_found > 0)
        diag_because(c->diags, d, "In scope with that unit: %.*s%s.", TEXT_ARG(found),
                     n_found > 1 ? ", and others" : "");
}

/* The currency in a unit; empty without one. */
static Text currency_in(const Checker *c, const Unit *unit)
{
    for (int i = 0; i < unit->dims.n; i++) {
        const UnitDef *def = c->units->dimensions.items[unit->dims.factors[i].dimension];
        if (def->is_currency)
            return def->name;
    }
    return TEXT("");
}

void hint_of_currency(Checker *c, const Env *env, Diag *d, const Expr *expr, const Unit *wanted,
                      const Unit *found)
{
    Unit amount = unit_time_power(found) == -1 ? unit_multiply(*found, unit_time()) : *found;
    Unit factor = unit_divide(*wanted, amount);
    Text other = currency_in(c, found);
    Text rate = dimensions_print(c->arena, c->units, &factor.dims);
    Text written = span_text(c->diags->sources, expr->span);
    bool is_money = wanted->dims.n == 1 && money_named(c, currency_in(c, wanted)) != NO_ID;

    if (other.length == 0 || !is_money || !is_ratio(&factor.dims))
        return;
    if (money_named(c, other) != NO_ID)
        diag_because(c->diags, d,
                     "Each money has books of its own. One is brought to another by a rate: "
                     "`%.*s * rate`, with a `rate : %.*s` of your own.",
                     TEXT_ARG(written), TEXT_ARG(rate));
    else
        diag_because(c->diags, d,
                     "All books are in the model's money, %.*s. What is in another is brought "
                     "there: `%.*s * rate`, with a `rate : %.*s` of your own; or it has books too: "
                     "`money = %.*s, %.*s`.",
                     TEXT_ARG(monies_listed(c, " and ")), TEXT_ARG(written), TEXT_ARG(rate),
                     TEXT_ARG(monies_listed(c, ", ")), TEXT_ARG(other));
    search_factor(c, env, d, &factor.dims, expr);
}

bool expression_is_year(const Expr *e)
{
    return e->kind == EXPR_NUMBER && !e->unit && e->number >= 1900 && e->number <= 2500 &&
           e->number == (int)e->number;
}

/* What was probably meant where two things of different types meet. */
static void guess_cause(Checker *c, Diag *d, const Expr *a, const Expr *b, const Typed *left,
                        const Typed *right)
{
    bool is_left_date = left->type.tag == KIND_OF_DATE,
         is_right_date = right->type.tag == KIND_OF_DATE;
    const Expr *other = is_left_date ? b : a;
    const Type *type = is_left_date ? &right->type : &left->type;
    if (is_left_date && is_right_date) {
        diag_because(c->diags, d, "Two dates cannot be added; `b - a` is the time between them.");
    } else if ((is_left_date || is_right_date) && expression_is_year(other)) {
        diag_because(c->diags, d, "A year is written as a date: its first month.");
        diag_suggest(c->diags, d, other->span, "%d-01", (int)other->number);
    } else if ((is_left_date || is_right_date) && type->tag == KIND_OF_NUMBER &&
               unit_is_plain(&type->unit)) {
        diag_because(c->diags, d, "A length of time has a unit: `3 months`, `30 days`.");
    }
}

/* A balance and a flow differ by time alone. */
static bool is_rate_and_amount(const Unit *ratio)
{
    int power = unit_time_power(ratio);
    return ratio->dims.n == 1 && (power == 1 || power == -1);
}

void report_mismatch(Checker *c, const Env *env, const Expr *expr, const Typed *left,
                     const Typed *right, const char *verb)
{
    const Expr *a = expr->args.count > 0 ? expr->args.items[0] : expr;
    const Expr *b = expr->args.count > 1 ? expr->args.items[1] : expr;
    Span at = expr->op_span.end > expr->op_span.start ? expr->op_span : expr->span;
    Text first = short_title(c, &left->type), second = short_title(c, &right->type);
    if (first.length == 0 || second.length == 0) {
        first = type_name(c, &left->type);
        second = type_name(c, &right->type);
    }
    Diag *d = diag_error(c->diags, DIAG_UNIT_MISMATCH, at, "%.*s %s %.*s", TEXT_ARG(first), verb,
                         TEXT_ARG(second));
    diag_label(c->diags, d, a->span, "%.*s", TEXT_ARG(type_name(c, &left->type)));
    diag_label(c->diags, d, b->span, "%.*s", TEXT_ARG(type_name(c, &right->type)));
    if (left->type.tag != KIND_OF_NUMBER || right->type.tag != KIND_OF_NUMBER) {
        guess_cause(c, d, a, b, left, right);
        return;
    }
    Unit ratio = unit_divide(right->type.unit, left->type.unit);
    if (is_rate_and_amount(&ratio) && left->type.unit.dims.n > 0 && right->type.unit.dims.n > 0)
        diag_because(c->diags, d,
                     "One is an amount and the other so much a time: multiply by a "
                     "time, such as `* 1 month`, or divide by one.");
    else
        diag_because(c->diags, d, "These differ by a factor %.*s.",
                     TEXT_ARG(dimensions_print(c->arena, c->units, &ratio.dims)));
    search_factor(c, env, d, &ratio.dims, a);
}
