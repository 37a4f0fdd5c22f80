/* Draws: what a `~` says becomes a law with parameters. */
#include "model/checker.h"

#include "maths/distribution.h"
#include "model/csv.h"

#include <math.h>
#include <stdlib.h>

static Draw *impossible(Checker *c, Span at, const char *why)
{
    diag_error(c->diags, DIAG_IMPOSSIBLE_DISTRIBUTION, at, "%s", why);
    return NULL;
}

/* An argument in base units; takes the unit written after the whole distribution, or after the last
 * argument. */
typedef struct {
    Checker *c;
    const Env *env;
    Type type; /* of the drawn thing, once known */
    bool has_type;
    double scale; /* what a plain argument is multiplied by */
} ArgumentReader;

static bool read_argument(ArgumentReader *r, const Expr *e, Typed *out)
{
    *out = elaborate(r->c, r->env, e);
    if (out->type.tag == KIND_OF_ERROR)
        return false;
    if (out->type.tag != KIND_OF_NUMBER && out->type.tag != KIND_OF_DATE) {
        diag_error(r->c->diags, DIAG_WRONG_TYPE, e->span,
                   "a draw is made of numbers or dates, not of %.*s",
                   TEXT_ARG(type_name(r->c, &out->type)));
        return false;
    }
    bool is_plain = out->type.tag == KIND_OF_NUMBER && unit_is_plain(&out->type.unit) &&
                    out->type.shown.length == 0;
    if (is_plain && r->has_type && !unit_is_plain(&r->type.unit)) {
        out->node = node_make(r->c, N_MUL, out->node, node_const(r->c, r->scale), NULL);
        out->type = r->type;
    } else if (is_plain && r->scale != 1) {
        out->node = node_make(r->c, N_MUL, out->node, node_const(r->c, r->scale), NULL);
    }
    return true;
}

static bool same_kind(ArgumentReader *r, const Typed *t, Span at)
{
    if (!r->has_type) {
        r->type = t->type;
        r->has_type = true;
        return true;
    }
    if (t->type.tag == r->type.tag &&
        (t->type.tag != KIND_OF_NUMBER || dimensions_equal(&t->type.unit.dims, &r->type.unit.dims)))
        return true;
    diag_error(r->c->diags, DIAG_WRONG_UNIT, at, "this is %.*s, and what is drawn is %.*s",
               TEXT_ARG(type_name(r->c, &t->type)), TEXT_ARG(type_name(r->c, &r->type)));
    return false;
}

static void set_params(Checker *c, Draw *draw, DistLaw law, const Node **nodes, uint32_t n)
{
    draw->law = law;
    draw->n_params = n;
    draw->params = ARENA_ARRAY(c->arena, const Node *, n);
    for (uint32_t i = 0; i < n; i++)
        draw->params[i] = nodes[i];
}

static void set_constants(Checker *c, Draw *draw, DistLaw law, const double *x, uint32_t n)
{
    const Node *nodes[4];
    for (uint32_t i = 0; i < n; i++)
        nodes[i] = node_const(c, x[i]);
    set_params(c, draw, law, nodes, n);
}

static Draw *interval(ArgumentReader *r, const Dist *dist, Draw *draw)
{
    Typed a, b;
    const Expr *low = dist->args.items[0], *high = dist->args.items[1];
    if (!read_argument(r, high, &b) || !same_kind(r, &b, high->span))
        return NULL;
    double scale = r->scale;
    if (low->kind == EXPR_NUMBER && !low->unit && b.type.tag == KIND_OF_NUMBER &&
        high->kind == EXPR_NUMBER && high->unit) {
        r->scale = b.type.shown_scale; /* `400 to 500 k gpu`: the unit is of both ends */
        r->type = b.type;
    }
    bool ok = read_argument(r, low, &a) && same_kind(r, &a, low->span);
    r->scale = scale;
    if (!ok)
        return NULL;
    double x, y;
    if (!node_is_constant(a.node, &x) || !node_is_constant(b.node, &y)) {
        diag_error(r->c->diags, DIAG_NOT_CONSTANT, dist->span,
                   "the ends of an interval must be known; use `normal` or `lognormal` for ends "
                   "that vary");
        return NULL;
    }
    if (!(x < y))
        return impossible(r->c, dist->span,
                          "an interval runs from its 5 % end to a larger 95 % end");
    bool is_lognormal = x > 0 && r->type.tag != KIND_OF_DATE;
    double p[2];
    if (is_lognormal)
        distribution_lognormal_interval(x, y, p);
    else
        distribution_normal_interval(x, y, p);
    set_constants(r->c, draw, is_lognormal ? DIST_LAW_LOGNORMAL : DIST_LAW_NORMAL, p, 2);
    return draw;
}

static bool constants_of(ArgumentReader *r, const Dist *dist, const Typed *args, double *out)
{
    for (size_t i = 0; i < dist->args.count; i++)
        if (!node_is_constant(args[i].node, &out[i])) {
            diag_error(r->c->diags, DIAG_NOT_CONSTANT, dist->args.items[i]->span,
                       "`%.*s` needs numbers that are known before the run", TEXT_ARG(dist->name));
            return false;
        }
    return true;
}

static Draw *named_pert(ArgumentReader *r, const Dist *dist, const Typed *args, Draw *draw)
{
    double x[3] = {0};
    if (!constants_of(r, dist, args, x))
        return NULL;
    if (!(x[0] <= x[1] && x[1] <= x[2] && x[0] < x[2]))
        return impossible(r->c, dist->span, "`pert(low, mode, high)` needs low <= mode <= high");
    double p[4];
    distribution_pert(x[0], x[1], x[2], p);
    set_constants(r->c, draw, DIST_LAW_BETA, p, 4);
    return draw;
}

static Draw *named_beta(ArgumentReader *r, const Dist *dist, const Typed *args, Draw *draw)
{
    double x[4] = {0, 0, 0, 1};
    if (!constants_of(r, dist, args, x))
        return NULL;
    if (dist->args.count == 2)
        x[3] = r->scale;
    if (!(x[0] > 0 && x[1] > 0 && x[2] < x[3]))
        return impossible(
            r->c, dist->span,
            "`beta(a, b)` needs a > 0 and b > 0, and `beta(a, b, low, high)` low < high");
    set_constants(r->c, draw, DIST_LAW_BETA, x, 4);
    return draw;
}

typedef struct {
    const char *name;
    DistLaw law;
    uint32_t least, most;
    const char *form;
    bool plain_first, plain_second; /* arguments that have no unit */
} Law;

static const Law laws[] = {
    {"normal", DIST_LAW_NORMAL, 2, 2, "normal(mean, sd)", false, false},
    {"lognormal", DIST_LAW_LOGNORMAL, 2, 2, "lognormal(median, sd of the logarithm)", false, true},
    {"uniform", DIST_LAW_UNIFORM, 2, 2, "uniform(low, high)", false, false},
    {"triangle", DIST_LAW_TRIANGLE, 3, 3, "triangle(low, mode, high)", false, false},
    {"pert", DIST_LAW_BETA, 3, 3, "pert(low, mode, high)", false, false},
    {"beta", DIST_LAW_BETA, 2, 4, "beta(a, b) or beta(a, b, low, high)", true, true},
    {"gamma", DIST_LAW_GAMMA, 2, 2, "gamma(shape, scale)", true, false},
    {"exponential", DIST_LAW_EXPONENTIAL, 1, 1, "exponential(mean)", false, false},
    {"poisson", DIST_LAW_POISSON, 1, 1, "poisson(mean)", false, false}};

/* The mistakes that can be seen before the run: a spread below zero, ends the wrong way round. */
static const char *fault_of(DistLaw law, const double *x, const bool *known)
{
    switch (law) {
    case DIST_LAW_NORMAL:
        return known[1] && !(x[1] >= 0) ? "the standard deviation of `normal` must not be negative"
                                        : NULL;
    case DIST_LAW_LOGNORMAL:
        if (known[0] && !(x[0] > 0))
            return "the median of `lognormal` must be above zero";
        return known[1] && !(x[1] >= 0) ? "the spread of `lognormal` must not be negative" : NULL;
    case DIST_LAW_UNIFORM:
        return known[0] && known[1] && !(x[0] < x[1]) ? "`uniform(low, high)` needs low < high"
                                                      : NULL;
    case DIST_LAW_TRIANGLE:
        return known[0] && known[1] && known[2] && !(x[0] <= x[1] && x[1] <= x[2] && x[0] < x[2])
                   ? "`triangle(low, mode, high)` needs low <= mode <= high"
                   : NULL;
    case DIST_LAW_GAMMA:
        return known[0] && known[1] && !(x[0] > 0 && x[1] > 0)
                   ? "`gamma(shape, scale)` needs both above zero"
                   : NULL;
    case DIST_LAW_EXPONENTIAL:
    case DIST_LAW_POISSON:
        return known[0] && !(x[0] > 0) ? "the mean must be above zero" : NULL;
    default:
        return NULL;
    }
}

/* The spread of a date is a duration: `normal(2026-06, 20 days)`. */
static void take_days(ArgumentReader *r, Typed *spread)
{
    Unit time = unit_time();
    bool is_duration =
        spread->type.tag == KIND_OF_NUMBER && dimensions_equal(&spread->type.unit.dims, &time.dims);

    if (r->type.tag != KIND_OF_DATE || !is_duration)
        return;
    spread->node = node_make(r->c, N_MUL, spread->node, node_const(r->c, DAYS_PER_MONTH), NULL);
    spread->type = r->type;
}

static bool has_no_dates(DistLaw law)
{
    return law == DIST_LAW_LOGNORMAL || law == DIST_LAW_GAMMA || law == DIST_LAW_EXPONENTIAL ||
           law == DIST_LAW_POISSON;
}

/* NULL after a diagnostic. */
static const Law *law_named(ArgumentReader *r, const Dist *dist)
{
    Table *names = table_new(r->c->arena);

    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        if (text_is(dist->name, laws[i].name))
            return &laws[i];
        table_set(names, text_from(laws[i].name), names);
    }
    Diag *d = diag_error(r->c->diags, DIAG_IMPOSSIBLE_DISTRIBUTION, dist->span,
                         "there is no distribution `%.*s`", TEXT_ARG(dist->name));
    Span name = {dist->span.file, dist->span.start, dist->span.start + (uint32_t)dist->name.length};
    suggest_nearest(r->c, d, name, names, dist->name);
    return NULL;
}

/* A plain one has neither the unit nor the scale of the draw. */
static bool read_law_argument(ArgumentReader *r, const Dist *dist, const Law *law, uint32_t i,
                              Typed *out)
{
    const Expr *written = dist->args.items[i];
    bool is_plain = i == 0 ? law->plain_first : i == 1 && law->plain_second;
    double scale = r->scale;
    bool has_type = r->has_type;

    if (is_plain) {
        r->scale = 1;
        r->has_type = false;
    }
    bool ok = read_argument(r, written, out);
    r->scale = scale;
    r->has_type = has_type;
    if (ok && i == 1 && law->law == DIST_LAW_NORMAL)
        take_days(r, out);
    if (!ok || !is_plain)
        return ok && same_kind(r, out, written->span);
    if (out->type.tag == KIND_OF_NUMBER && unit_is_plain(&out->type.unit))
        return true;
    diag_error(r->c->diags, DIAG_WRONG_UNIT, written->span, "this is a plain number: `%s`",
               law->form);
    return false;
}

static Draw *named(ArgumentReader *r, const Dist *dist, Draw *draw)
{
    Typed args[4] = {typed_error(), typed_error(), typed_error(), typed_error()};
    const Node *nodes[4] = {NULL};
    double x[4] = {0};
    bool known[4] = {false};
    const Law *law = law_named(r, dist);
    uint32_t n = (uint32_t)dist->args.count;

    if (!law)
        return NULL;
    if (n < law->least || n > law->most || (law->most == 4 && n == 3)) {
        diag_error(r->c->diags, DIAG_WRONG_ARGUMENTS, dist->span,
                   "the arguments do not fit: write `%s`", law->form);
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!read_law_argument(r, dist, law, i, &args[i]))
            return NULL;
        known[i] = node_is_constant(args[i].node, &x[i]);
        nodes[i] = args[i].node;
    }
    if (r->type.tag == KIND_OF_DATE && has_no_dates(law->law))
        return impossible(r->c, dist->span,
                          "a date is drawn as `A to B`, normal, uniform, triangle, pert, one of or "
                          "by quantiles; or add a duration that is drawn to a date");
    const char *fault = fault_of(law->law, x, known);
    if (fault)
        return impossible(r->c, dist->span, fault);
    if (text_is(dist->name, "pert"))
        return named_pert(r, dist, args, draw);
    if (text_is(dist->name, "beta"))
        return named_beta(r, dist, args, draw);
    if (text_is(dist->name, "gamma") && !constants_of(r, dist, args, x))
        return NULL;
    if (law->law == DIST_LAW_LOGNORMAL)
        nodes[0] = node_make(r->c, N_LOG, nodes[0], NULL, NULL);
    set_params(r->c, draw, law->law, nodes, n);
    return draw;
}

static Draw *chance(ArgumentReader *r, const Dist *dist, Draw *draw)
{
    Unit plain = unit_plain();
    const Node *p = elaborate_number(r->c, r->env, dist->args.items[0], &plain, "a chance");
    double x;
    if (!p)
        return NULL;
    if (node_is_constant(p, &x) && !(x >= 0 && x <= 1))
        return impossible(r->c, dist->span, "a chance lies between 0 and 100 %");
    set_params(r->c, draw, DIST_LAW_CHANCE, &p, 1);
    r->type = (Type){.tag = KIND_OF_YESNO};
    return draw;
}

static Draw *one_of(ArgumentReader *r, const Dist *dist, Draw *draw)
{
    Checker *c = r->c;
    uint32_t n = (uint32_t)dist->args.count;
    double *outcomes = ARENA_ARRAY(c->arena, double, n), sum = 0;
    const Node **weights = ARENA_ARRAY(c->arena, const Node *, n);
    bool are_words = true;
    for (uint32_t i = 0; i < n; i++)
        are_words = are_words && dist->args.items[i]->kind == EXPR_WORD;
    bool all_known = true;
    for (uint32_t i = 0; i < n; i++) {
        Typed t;
        if (are_words) {
            outcomes[i] = word_index(c, dist->args.items[i]->name);
        } else if (!read_argument(r, dist->args.items[i], &t) ||
                   !same_kind(r, &t, dist->args.items[i]->span) ||
                   !node_is_constant(t.node, &outcomes[i])) {
            return NULL;
        }
        Unit plain = unit_plain();
        weights[i] = elaborate_number(c, r->env, dist->weights.items[i], &plain, "a weight");
        double w;
        if (!weights[i])
            return NULL;
        if (!node_is_constant(weights[i], &w))
            all_known = false;
        else if (w < 0)
            return impossible(c, dist->weights.items[i]->span, "a weight must not be negative");
        else
            sum += w;
    }
    if (all_known && fabs(sum - 1) > 1e-9) {
        diag_error(c->diags, DIAG_IMPOSSIBLE_DISTRIBUTION, dist->span,
                   "the weights of `one of` add to %.6g %%, not to 100 %%", sum * 100);
        return NULL;
    }
    set_params(c, draw, DIST_LAW_ONE_OF, weights, n);
    draw->outcomes = outcomes;
    if (are_words)
        r->type = (Type){.tag = KIND_OF_WORD};
    return draw;
}

static Draw *quantiles(ArgumentReader *r, const Dist *dist, Draw *draw)
{
    uint32_t n = (uint32_t)dist->args.count;
    double *p = ARENA_ARRAY(r->c->arena, double, n);
    const Node **nodes = ARENA_ARRAY(r->c->arena, const Node *, n);
    double last = 0, last_p = 0;
    /* The unit of the last number is of all. */
    Typed end;
    if (!read_argument(r, dist->args.items[n - 1], &end) ||
        !same_kind(r, &end, dist->args.items[n - 1]->span))
        return NULL;
    if (end.type.shown_scale != 0 && end.type.tag == KIND_OF_NUMBER &&
        !unit_is_plain(&end.type.unit) && r->scale == 1)
        r->scale = end.type.shown_scale;
    for (uint32_t i = 0; i < n; i++) {
        Typed t;
        double x;
        if (!read_argument(r, dist->args.items[i], &t) ||
            !same_kind(r, &t, dist->args.items[i]->span))
            return NULL;
        p[i] = dist->probabilities.items[i];
        if (!(p[i] > last_p && p[i] < 1))
            return impossible(r->c, dist->span, "quantiles must rise, each between p0 and p100");
        if (node_is_constant(t.node, &x)) {
            if (i > 0 && !(x > last))
                return impossible(r->c, dist->span,
                                  "each quantile must be larger than the one before");
            last = x;
        }
        last_p = p[i];
        nodes[i] = t.node;
    }
    set_params(r->c, draw, DIST_LAW_QUANTILES, nodes, n);
    draw->probabilities = p;
    return draw;
}

typedef LIST(double) Numbers;

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The numbers of a column, or of the first one when none is named; a cell may be empty. */
static bool read_numbers(ArgumentReader *r, const Dist *dist, Text text, Numbers *numbers)
{
    Checker *c = r->c;
    CsvReader reader = csv_open(text);
    bool has_names = dist->name.length > 0;
    size_t column = 0;

    for (bool is_first = true; csv_next_row(c->arena, &reader); is_first = false) {
        if (is_first && has_names && (column = csv_find(&reader, dist->name)) == CSV_NO_COLUMN) {
            diag_error(c->diags, DIAG_BAD_FILE, dist->span,
                       "the first line of `%.*s` names no column `%.*s`", TEXT_ARG(dist->file),
                       TEXT_ARG(dist->name));
            return false;
        }
        Text cell = csv_cell(&reader, column);
        double x;
        if (csv_number(c->arena, cell, &x)) {
            *LIST_PUSH(c->arena, numbers) = x * r->scale;
        } else if (cell.length > 0 && !is_first) {
            diag_error(c->diags, DIAG_BAD_FILE, dist->span,
                       "line %zu of `%.*s` holds no number: `%.*s`", reader.line,
                       TEXT_ARG(dist->file), TEXT_ARG(cell));
            return false;
        }
    }
    if (numbers->count >= 2)
        return true;
    diag_error(c->diags, DIAG_BAD_FILE, dist->span,
               "the data file `%.*s` has fewer than two numbers%s", TEXT_ARG(dist->file),
               has_names ? " in that column" : "");
    return false;
}

static Draw *from_data(ArgumentReader *r, const Dist *dist, Draw *draw)
{
    Text text;
    Numbers numbers = {0};
    if (!data_file_read(r->c, dist->span, dist->file, &text) ||
        !read_numbers(r, dist, text, &numbers))
        return NULL;
    qsort(numbers.items, numbers.count, sizeof(double), by_number);
    draw->law = DIST_LAW_DATA;
    draw->data = numbers.items;
    draw->n_data = (uint32_t)numbers.count;
    if (!r->has_type)
        r->type = type_plain();
    return draw;
}

static bool set_interval_of_draw(Checker *c, const Dist *dist, Draw *draw)
{
    static const char *const words[] = {"daily", "weekly", "monthly", "quarterly", "yearly"};
    draw->is_once = dist->drawn.length == 0;
    draw->step = c->model->step;
    for (int i = 0; i < 5; i++)
        if (text_is(dist->drawn, words[i]))
            draw->step = (Step)i;
    if (!draw->is_once && draw->step < c->model->step) {
        diag_error(c->diags, DIAG_IMPOSSIBLE_DISTRIBUTION, dist->span,
                   "drawn `%.*s` is shorter than the clock's period", TEXT_ARG(dist->drawn));
        return false;
    }
    return true;
}

static void set_truncation(ArgumentReader *r, const Dist *dist, Draw *draw)
{
    if (!dist->truncated_low || !dist->truncated_high)
        return;
    Typed a, b;
    if (!read_argument(r, dist->truncated_low, &a) || !read_argument(r, dist->truncated_high, &b) ||
        !same_kind(r, &a, dist->truncated_low->span) ||
        !same_kind(r, &b, dist->truncated_high->span))
        return;
    double x, y;
    if (node_is_constant(a.node, &x) && node_is_constant(b.node, &y) && !(x < y)) {
        diag_error(r->c->diags, DIAG_IMPOSSIBLE_DISTRIBUTION, dist->span,
                   "`truncated low to high` needs low < high");
        return;
    }
    if (draw->law == DIST_LAW_CHANCE || draw->law == DIST_LAW_ONE_OF) {
        diag_error(r->c->diags, DIAG_IMPOSSIBLE_DISTRIBUTION, dist->span,
                   "a choice cannot be truncated: leave the outcome out");
        return;
    }
    draw->truncated_low = a.node;
    draw->truncated_high = b.node;
}

static void print_draw(Checker *c, const Dist *dist, const Draw *draw, Text *printed)
{
    static const char *const names[] = {"normal", "lognormal", "uniform",     "triangle",
                                        "beta",   "gamma",     "exponential", "poisson",
                                        "chance", "one of",    "quantiles",   "data"};
    Text written = span_text(c->diags->sources, dist->span);
    if (dist->kind == DIST_INTERVAL)
        *printed =
            text_format(c->arena, "%s, 5 %%-95 %% %.*s", names[draw->law], TEXT_ARG(written));
    else
        *printed = written;
}

bool unit_is_ratio(const Type *type)
{
    const Dimensions *dims = &type->unit.dims;
    return type->tag == KIND_OF_NUMBER && dims->n == 2 &&
           dims->factors[0].power * dims->factors[1].power == -1 &&
           unit_time_power(&type->unit) == 0;
}

/* In what the numbers are written: the unit behind them, or for a ratio the declared one, as in
 * `pue : MW_site/MW_it ~ 1.06 to 1.28`. */
static bool read_scale(ArgumentReader *r, const Dist *dist, const Type *declared)
{
    if (dist->unit) {
        if (!type_of_unit(r->c, dist->unit, dist->unit->span, &r->type))
            return false;
    } else if (declared && unit_is_ratio(declared)) {
        r->type = *declared;
    } else {
        return true;
    }
    r->scale = r->type.shown_scale;
    r->has_type = true;
    return true;
}

static Draw *read_law(ArgumentReader *r, const Dist *dist, Draw *draw)
{
    switch (dist->kind) {
    case DIST_INTERVAL:
        return interval(r, dist, draw);
    case DIST_NAMED:
        return named(r, dist, draw);
    case DIST_CHANCE:
        return chance(r, dist, draw);
    case DIST_ONE_OF:
        return one_of(r, dist, draw);
    case DIST_QUANTILES:
        return quantiles(r, dist, draw);
    case DIST_DATA:
        return from_data(r, dist, draw);
    }
    return NULL;
}

static bool fits_type(Checker *c, const Dist *dist, Text full_name, const Type *declared,
                      const Type *drawn)
{
    if (declared->tag == drawn->tag && (declared->tag != KIND_OF_NUMBER ||
                                        dimensions_equal(&declared->unit.dims, &drawn->unit.dims)))
        return true;
    diag_error(c->diags, DIAG_WRONG_UNIT, dist->span, "`%.*s` is %.*s, and what is drawn is %.*s",
               TEXT_ARG(full_name), TEXT_ARG(type_phrase(c, declared)),
               TEXT_ARG(type_phrase(c, drawn)));
    return false;
}

Draw *draw_make(Checker *c, const Env *env, const Dist *dist, Text full_name, Type *type,
                bool has_type, Text *printed)
{
    Draw *draw = ARENA_NEW(c->arena, Draw);
    ArgumentReader r = {.c = c, .env = env, .scale = 1};

    draw->hash = text_hash64(full_name);
    draw->together = NO_ID;
    if (!read_scale(&r, dist, has_type ? type : NULL) || !read_law(&r, dist, draw) ||
        !set_interval_of_draw(c, dist, draw))
        return NULL;
    set_truncation(&r, dist, draw);
    if (r.type.tag == KIND_OF_ERROR ||
        (text_is(dist->name, "beta") && !dist->unit && dist->args.count == 2))
        r.type = type_plain();
    if (has_type && !fits_type(c, dist, full_name, type, &r.type))
        return NULL;
    draw->is_date = r.type.tag == KIND_OF_DATE;
    bool is_share = type->is_share && has_type;
    if (!has_type || type->tag != KIND_OF_NUMBER || r.type.shown.length > 0)
        *type = r.type;
    type->is_share = is_share;
    print_draw(c, dist, draw, printed);
    return draw;
}
