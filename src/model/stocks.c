/* Stocks with named flows, cohorts by age, belts, and what `solve` closes. */
#include "model/checker.h"

#include <math.h>

static Env env_of(const Field *field)
{
    return (Env){.self = field->owner, .owner_name = field->full_name};
}

/* ---- stocks ------------------------------------------------------------------- */

void stock_elaborate(Checker *c, Field *field)
{
    bool ok;
    Type type = type_of_decl(c, field->owner, &field->type_decl->type, &ok);
    if (!ok || type.tag != KIND_OF_NUMBER) {
        if (ok)
            diag_error(c->diags, DIAG_WRONG_TYPE, field->decl->name_span,
                       "a stock has a unit: `stock %.*s : UNIT`", TEXT_ARG(field->name));
        field->typed = typed_error();
        return;
    }
    field->value = value_new(c, field->full_name, VALUE_STOCK);
    field->index = (uint32_t)c->model->stocks.count;
    Stock *stock = LIST_PUSH(c->arena, &c->model->stocks);
    stock->value = field->value;
    stock->is_signed = field->decl->is_signed;
    stock->ring = NO_ID;
    stock->initial = node_const(c, 0);
    if (money_of_unit(c, &type.unit) != NO_ID)
        stock->tolerance = 1 / c->model->minor_per_unit;
    Value *v = &c->model->values.items[field->value];
    v->stock = field->index;
    v->title = field->decl->title;
    v->unit = type.shown;
    v->unit_scale = type.shown_scale;
    field->typed = (Typed){.type = type, .node = node_value(c, field->value)};
}

/* Effective growth over this period: (1 + sign * rate * P) ^ (period / P) - 1, P the rate's own
 * time unit. */
static const Node *effective(Checker *c, const Env *env, const Expr *expr, bool is_decay,
                             const Node *opening)
{
    Typed rate = elaborate(c, env, expr);
    if (rate.type.tag == KIND_OF_ERROR)
        return NULL;
    Unit per_time = unit_divide(unit_plain(), unit_time());
    if (rate.type.tag != KIND_OF_NUMBER ||
        !dimensions_equal(&rate.type.unit.dims, &per_time.dims)) {
        diag_error(c->diags, DIAG_WRONG_UNIT, expr->span,
                   "what follows `at` is a share per time, such as 9%%/year, not %.*s",
                   TEXT_ARG(type_name(c, &rate.type)));
        return NULL;
    }
    double months = rate.type.unit.rate_months > 0 ? rate.type.unit.rate_months : 12;
    const Node *per_rate = node_make(c, N_MUL, rate.node, node_const(c, months), NULL);
    const Node *base = node_make(c, is_decay ? N_SUB : N_ADD, node_const(c, 1), per_rate, NULL);
    const Node *power =
        node_make(c, N_DIV, node_leaf(c, N_PERIOD_MONTHS), node_const(c, months), NULL);
    const Node *factor = node_make(c, N_POW, base, power, NULL);
    const Node *change = is_decay ? node_make(c, N_SUB, node_const(c, 1), factor, NULL)
                                  : node_make(c, N_SUB, factor, node_const(c, 1), NULL);
    return node_make(c, N_MUL, opening, change, NULL);
}

/* `in x`: a rate, multiplied by the length of the period. */
static const Node *amount_of_rate(Checker *c, const Env *env, const Expr *expr, const Type *stock)
{
    Typed rate = elaborate(c, env, expr);
    if (rate.type.tag == KIND_OF_ERROR)
        return NULL;
    Unit wanted = unit_divide(stock->unit, unit_time());
    if (rate.type.tag == KIND_OF_NUMBER &&
        dimensions_equal(&rate.type.unit.dims, &stock->unit.dims)) {
        Diag *d = diag_error(c->diags, DIAG_RATE_AS_AMOUNT, expr->span,
                             "what flows is a rate, %.*s; this is an amount",
                             TEXT_ARG(dimensions_print(c->arena, c->units, &wanted.dims)));
        diag_because(
            c->diags, d,
            "Divide by a time, such as `/ 1 month`; a lump enters by a rule: `add X to s`.");
        return NULL;
    }
    if (rate.type.tag != KIND_OF_NUMBER || !dimensions_equal(&rate.type.unit.dims, &wanted.dims)) {
        diag_error(c->diags, DIAG_WRONG_UNIT, expr->span, "what flows must be in %.*s, not %.*s",
                   TEXT_ARG(dimensions_print(c->arena, c->units, &wanted.dims)),
                   TEXT_ARG(type_phrase(c, &rate.type)));
        return NULL;
    }
    return node_make(c, N_MUL, rate.node, stretch_of_rate(c, &rate.type, false), NULL);
}

static void warn_of_simple_growth(Checker *c, const Env *env, const Field *stock, const Decl *flow)
{
    const Expr *expr = flow->expr;
    if (expr->kind != EXPR_BINARY || !text_is(expr->op, "*"))
        return;
    for (int i = 0; i < 2; i++) {
        const Expr *own = expr->args.items[i], *rate = expr->args.items[1 - i];
        if (own->kind != EXPR_WORD || !text_equal(own->name, stock->name))
            continue;
        size_t n_errors = c->diags->n_errors;
        Typed t = elaborate(c, env, rate);
        double x;
        if (c->diags->n_errors != n_errors || t.type.tag != KIND_OF_NUMBER ||
            !t.type.is_rate_percent)
            continue;
        Diag *d =
            diag_warning(c->diags, DIAG_SIMPLE_GROWTH, expr->span,
                         "`%.*s` multiplied by a rate is not the same as growth `at` that rate",
                         TEXT_ARG(stock->name));
        double unit = t.type.unit.rate_months > 0 ? t.type.unit.rate_months : 12,
               period = step_months(c->model->step);
        double sign = flow->kind == DECL_FLOW && flow->is_out ? -1 : 1;
        if (node_is_known(t.node, &x))
            diag_because(
                c->diags, d,
                "In a year this changes it by %+.3g %%, and `at` the same rate by %+.3g %%.",
                (pow(1 + sign * x * period, 12 / period) - 1) * 100,
                (pow(1 + sign * x * unit, 12 / unit) - 1) * 100);
        diag_because(c->diags, d,
                     "For growth or decay write `grows at r`, `in NAME at r` or `out NAME at r`.");
    }
}

static bool is_by_age(const Field *flow)
{
    return flow->decl->kind == DECL_FLOW && flow->decl->flow == FLOW_BY_AGE;
}

static void finish_flow(Checker *c, Field *stock, Field *flow)
{
    Env env = env_of(flow);
    const Decl *decl = flow->decl;
    const Node *opening = node_value(c, stock->value), *amount;
    if (decl->kind == DECL_GROWS || decl->flow == FLOW_AT) {
        amount = effective(c, &env, decl->expr, decl->kind == DECL_FLOW && decl->is_out, opening);
    } else {
        amount = amount_of_rate(c, &env, decl->expr, &stock->typed.type);
        if (amount)
            warn_of_simple_growth(c, &env, stock, decl);
    }
    if (!amount)
        amount = node_const(c, 0);
    (void)elaborate_field(c, flow, decl->span);
    c->model->values.items[flow->value].expr = amount;
    Stock *s = &c->model->stocks.items[stock->index];
    bool is_out = decl->kind == DECL_FLOW && decl->is_out;
    if (is_out)
        *LIST_PUSH(c->arena, &s->out) = flow->value;
    else
        *LIST_PUSH(c->arena, &s->in) = flow->value;
}

static const Node *sum_of(Checker *c, const ValueId *ids, size_t n)
{
    const Node **nodes = ARENA_ARRAY(c->arena, const Node *, n + 1);
    for (size_t i = 0; i < n; i++)
        nodes[i] = node_value(c, ids[i]);
    if (n == 0)
        return node_const(c, 0);
    return n == 1 ? nodes[0] : node_list(c, N_SUM, nodes, (uint32_t)n);
}

/* Cohorts: what enters is scheduled to leave at its own age; other outflows thin every cohort
 * alike. */
static void finish_cohorts(Checker *c, Field *stock, Field *flow)
{
    Env env = env_of(flow);
    Unit time = unit_time();
    Stock *s = &c->model->stocks.items[stock->index];
    if (s->ring != NO_ID) {
        diag_error(c->diags, DIAG_DUPLICATE_NAME, flow->decl->span,
                   "a stock has one outflow `by age`");
        return;
    }
    const Node *life =
        elaborate_number(c, &env, flow->decl->expr, &time, "the age at which something leaves");
    if (!life)
        life = node_const(c, 12);
    double period = step_months(c->model->step), months;
    uint32_t n_slots = c->model->n_periods + 1;
    if (node_is_constant(life, &months) && months / period < n_slots)
        n_slots = (uint32_t)fmax(1, floor(months / period + 0.5));
    if (n_slots > LIMIT_LAG_PERIODS)
        n_slots = LIMIT_LAG_PERIODS;

    uint32_t ring_index = (uint32_t)c->model->rings.count;
    Ring *ring = LIST_PUSH(c->arena, &c->model->rings);
    ring->name = text_format(c->arena, "%.*s#ages", TEXT_ARG(stock->full_name));
    ring->stock = stock->index;
    ring->n_slots = n_slots;
    ring->lead = node_make(c, N_MIN, life, node_const(c, n_slots * period), NULL);
    ring->entering = sum_of(c, s->in.items, s->in.count);
    ring->out = value_hidden(c, &env, "leaving", VALUE_RING_OUT);
    ring = &c->model->rings.items[ring_index];
    c->model->values.items[ring->out].ring = ring_index;
    ring->content = value_hidden(c, &env, "held", VALUE_RING_CONTENT);
    c->model->values.items[ring->content].ring = ring_index;
    s = &c->model->stocks.items[stock->index];
    ring->initial = s->initial;
    s->ring = ring_index;

    const Node *opening = node_value(c, stock->value);
    const Node *left = node_const(c, 1);
    if (s->out.count > 0) {
        const Node *gone =
            node_make(c, N_DIV, sum_of(c, s->out.items, s->out.count), opening, NULL);
        left = node_make(c, N_MAX, node_const(c, 0),
                         node_make(c, N_SUB, node_const(c, 1), gone, NULL), NULL);
        left = node_make(c, N_IF, node_make(c, N_GT, opening, node_const(c, 0), NULL), left,
                         node_const(c, 1));
        ValueId thinning = value_hidden(c, &env, "left", VALUE_FORMULA);
        c->model->values.items[thinning].expr = left;
        left = node_value(c, thinning);
        c->model->rings.items[ring_index].thinning = left;
    }
    (void)elaborate_field(c, flow, flow->decl->span);
    c->model->values.items[flow->value].expr =
        node_make(c, N_MUL, node_value(c, c->model->rings.items[ring_index].out), left, NULL);
    *LIST_PUSH(c->arena, &c->model->stocks.items[stock->index].out) = flow->value;
}

/* A scenario's `scaled` and `plus` over what a stock starts with. */
static const Node *changed_start(Checker *c, const Field *field, const Node *node)
{
    Env env = {.self = c->root, .owner_name = field->full_name};
    Unit plain = unit_plain();
    for (size_t i = 0; i < field->overrides.count; i++) {
        const Decl *o = field->overrides.items[i];
        if (o->override != OVERRIDE_SCALED && o->override != OVERRIDE_PLUS)
            continue;
        bool is_scaled = o->override == OVERRIDE_SCALED;
        const Node *by =
            elaborate_number(c, &env, o->expr, is_scaled ? &plain : &field->typed.type.unit,
                             "what changes a stock's start");
        if (by)
            node = node_make(c, is_scaled ? N_MUL : N_ADD, node, by, NULL);
    }
    return node;
}

void stock_finish(Checker *c, Field *field)
{
    if (field->typed.type.tag == KIND_OF_ERROR)
        return;
    Env env = env_of(field);
    const Expr *initial = field->decl->expr;
    for (size_t i = 0; i < field->overrides.count; i++)
        if (field->overrides.items[i]->override == OVERRIDE_SET)
            initial = field->overrides.items[i]->expr;
    if (initial) {
        const Node *node = initial->kind == EXPR_NUMBER && initial->number == 0 && !initial->unit
                               ? node_const(c, 0)
                               : elaborate_number(c, &env, initial, &field->typed.type.unit,
                                                  "what a stock starts with");
        if (node)
            c->model->stocks.items[field->index].initial = changed_start(c, field, node);
    }
    for (Field *flow = field->first_flow; flow != NULL; flow = flow->next_flow)
        if (!is_by_age(flow))
            finish_flow(c, field, flow);
    for (Field *flow = field->first_flow; flow != NULL; flow = flow->next_flow)
        if (is_by_age(flow))
            finish_cohorts(c, field, flow);
}

void cohorts_check(Checker *c)
{
    for (size_t i = 0; i < c->fields.count; i++) {
        const Field *field = c->fields.items[i];
        if (field->tag != FIELD_STOCK || field->index == NO_ID)
            continue;
        const Stock *stock = &c->model->stocks.items[field->index];
        double start = 1;
        if (stock->ring == NO_ID || (node_is_known(stock->initial, &start) && start == 0) ||
            !node_varies(c->model, c->model->rings.items[stock->ring].lead))
            continue;
        Diag *d =
            diag_error(c->diags, DIAG_NOT_CONSTANT, field->decl->name_span,
                       "`%.*s` starts with something, and the age at which that leaves changes "
                       "from period to period",
                       TEXT_ARG(field->full_name));
        diag_because(c->diags, d, "Start from zero, or give an age that is fixed in each path.");
    }
}

/* ---- belts ------------------------------------------------------------------------ */

static Field *part_of_belt(const Field *belt, Checker *c, const char *part)
{
    return table_get(belt->owner->fields,
                     text_format(c->arena, "%.*s.%s", TEXT_ARG(belt->name), part));
}

void belt_elaborate(Checker *c, Field *field)
{
    Field *belt = field->tag == FIELD_BELT ? field : field->parent;
    if (belt != field) {
        (void)elaborate_field(c, belt, field->decl->span);
        return; /* the belt's own elaboration fills its parts */
    }
    bool ok;
    Type type = type_of_decl(c, belt->owner, &belt->decl->type, &ok);
    Field *out = part_of_belt(belt, c, "out"), *in = part_of_belt(belt, c, "entered");
    out->state = in->state = FIELD_DONE;
    if (!ok || type.tag != KIND_OF_NUMBER) {
        belt->typed = out->typed = in->typed = typed_error();
        return;
    }
    belt->index = (uint32_t)c->model->rings.count;
    Ring *ring = LIST_PUSH(c->arena, &c->model->rings);
    ring->name = belt->full_name;
    ring->stock = NO_ID;
    belt->value = value_new(c, belt->full_name, VALUE_RING_CONTENT);
    out->value = value_new(c, out->full_name, VALUE_RING_OUT);
    in->value = value_new(c, in->full_name, VALUE_FORMULA);
    Field *all[3] = {belt, out, in};
    for (int i = 0; i < 3; i++) {
        Value *v = &c->model->values.items[all[i]->value];
        v->ring = belt->index;
        v->unit = type.shown;
        v->unit_scale = type.shown_scale;
        v->measure = i == 0 ? MEASURE_LEVEL : MEASURE_AMOUNT;
        all[i]->typed = (Typed){.type = type, .node = node_value(c, all[i]->value)};
    }
    ring = &c->model->rings.items[belt->index];
    ring->content = belt->value;
    ring->out = out->value;
}

static const Node *lead_of_belt(Checker *c, Field *belt, const Env *env, const Decl *lead,
                                uint32_t *n_slots)
{
    Unit time = unit_time();
    double period = step_months(c->model->step), months = 0;
    const Node *node = NULL;
    bool is_known = false;
    if (lead->dist) {
        Text name = text_format(c->arena, "%.*s.lead", TEXT_ARG(belt->full_name)), printed;
        Type type = type_number(unit_time());
        Draw *draw = draw_make(c, env, lead->dist, name, &type, true, &printed);
        if (!draw)
            return NULL;
        if (lead->dist->drawn.length == 0) {
            draw->is_once = false; /* a lead is drawn at entry */
            draw->step = c->model->step;
        }
        ValueId id = value_new(c, name, VALUE_DRAW);
        c->model->values.items[id].draw = draw;
        c->model->values.items[id].type = TYPE_DURATION;
        c->model->values.items[id].unit = type.shown;
        c->model->values.items[id].unit_scale = type.shown_scale != 0 ? type.shown_scale : 1;
        Field as_field = *belt;
        as_field.full_name = name;
        as_field.decl = lead;
        facts_use_draw(c, &as_field, id, printed);
        node = node_value(c, id);
    } else {
        node = elaborate_number(c, env, lead->expr, &time, "a belt's lead");
        is_known = node && node_is_constant(node, &months);
    }
    if (!node)
        return NULL;
    if (lead->expr2 && !elaborate_constant(c, env, lead->expr2, &time, "the longest lead", &months))
        return NULL;
    if (!lead->expr2 && !is_known) {
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS, lead->span,
                   "a lead that varies says how long it may be: `lead ~ ... up to 12 months`");
        return NULL;
    }
    double slots = fmax(1, floor(months / period + 0.5));
    if (slots > LIMIT_LAG_PERIODS) {
        diag_error(c->diags, DIAG_TOO_MANY, lead->span, "a belt holds at most %d periods",
                   LIMIT_LAG_PERIODS);
        return NULL;
    }
    *n_slots = (uint32_t)slots;
    return node;
}

void belt_finish(Checker *c, Field *belt)
{
    if (belt->typed.type.tag == KIND_OF_ERROR)
        return;
    Env env = env_of(belt);
    const Node *entering = NULL, *lead = NULL;
    uint32_t n_slots = 1;
    for (size_t i = 0; i < belt->decl->members.count; i++) {
        const Decl *m = belt->decl->members.items[i];
        if (m->kind == DECL_FLOW)
            entering = amount_of_rate(c, &env, m->expr, &belt->typed.type);
        else if (m->kind == DECL_LEAD)
            lead = lead_of_belt(c, belt, &env, m, &n_slots);
    }
    if (!entering || !lead) {
        if (!diag_any_error(c->diags))
            diag_error(
                c->diags, DIAG_MISSING_FIELD, belt->decl->name_span,
                "a belt says what enters and how long it takes: `{ in X; lead = 3 months }`");
        entering = lead = node_const(c, 1);
    }
    Field *in = part_of_belt(belt, c, "entered");
    c->model->values.items[in->value].expr = entering;
    Ring *ring = &c->model->rings.items[belt->index];
    ring->entering = node_value(c, in->value);
    ring->lead = lead;
    ring->n_slots = n_slots;
}

/* ---- solve ---------------------------------------------------------------------------- */

static void build_solve(Checker *c, Instance *owner, const Decl *decl)
{
    if (decl->over_run) {
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS, decl->span,
                   "`solve over run` is not in this version; `solve { ... }` closes a circle "
                   "inside one period");
        return;
    }
    uint32_t n = (uint32_t)decl->members.count, index = (uint32_t)c->model->solves.count;
    Solve solve = {.n = n};
    solve.unknowns = ARENA_ARRAY(c->arena, ValueId, n + 1);
    solve.exprs = ARENA_ARRAY(c->arena, const Node *, n + 1);
    solve.starts = ARENA_ARRAY(c->arena, const Node *, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        Field *field = table_get(owner->fields, decl->members.items[i]->name);
        if (!field || field->tag != FIELD_UNKNOWN || field->typed.type.tag != KIND_OF_NUMBER)
            return;
        Env env = {.self = owner, .owner_name = field->full_name};
        const Node *node = elaborate_number(c, &env, field->decl->expr, &field->typed.type.unit,
                                            "what an unknown equals");
        if (!node)
            return;
        if (i == 0)
            solve.name = text_format(c->arena, "solve %.*s", TEXT_ARG(field->full_name));
        solve.unknowns[i] = field->value;
        solve.exprs[i] = node;
        c->model->values.items[field->value].solve = index;
        c->model->values.items[field->value].index = i;
    }
    Env env = {.self = owner, .owner_name = solve.name};
    solve.residual = value_hidden(c, &env, "residual", VALUE_FORMULA);
    c->model->values.items[solve.residual].expr = node_const(c, 0);
    *LIST_PUSH(c->arena, &c->model->solves) = solve;
}

void solves_build(Checker *c)
{
    for (size_t i = 0; i < c->root->members.count; i++)
        if (c->root->members.items[i] && c->root->members.items[i]->kind == DECL_SOLVE)
            build_solve(c, c->root, c->root->members.items[i]);
    for (size_t k = 0; k < c->all.count; k++)
        for (size_t i = 0; i < c->all.items[k]->members.count; i++)
            if (c->all.items[k]->members.items[i] &&
                c->all.items[k]->members.items[i]->kind == DECL_SOLVE)
                build_solve(c, c->all.items[k], c->all.items[k]->members.items[i]);
}
