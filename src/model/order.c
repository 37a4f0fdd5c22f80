/* Puts the formulas in the order of their dependencies, and finds what goes in a circle. */
#include "model/checker.h"

enum { MOST_NAMED = 12 }; /* in the message of a circle */

typedef enum { NEW, ACTIVE, DONE } Mark;

typedef struct {
    Checker *c;
    unsigned char *marks;
    LIST(ValueId) stack;
    LIST(ValueId) * out;
    uint32_t *solve_of; /* by value: the solve whose inner formulas hold it, or NO_ID */
    bool is_closing;
    bool is_broken;
    int depth;
} Sorter;

typedef void VisitValue(void *context, ValueId id);

static void each_value(const Node *node, VisitValue *visit, void *context)
{
    if (!node)
        return;
    if (node->op == N_VALUE)
        visit(context, node->value);
    for (uint32_t i = 0; i < node->n_args; i++)
        each_value(node->args[i], visit, context);
}

/* What a value's reading in this period depends on, in this period. */
static void each_dependency(const Model *m, ValueId id, VisitValue *visit, void *context)
{
    const Value *v = &m->values.items[id];
    switch (v->kind) {
    case VALUE_FORMULA:
        each_value(v->expr, visit, context);
        break;
    case VALUE_DRAW:
        for (uint32_t i = 0; i < v->draw->n_params; i++)
            each_value(v->draw->params[i], visit, context);
        each_value(v->draw->truncated_low, visit, context);
        each_value(v->draw->truncated_high, visit, context);
        break;
    case VALUE_LAG:
        each_value(v->first, visit, context);
        break;
    case VALUE_DELAY:
    case VALUE_GROWTH:
    case VALUE_LATCH:
        each_value(v->expr, visit, context);
        each_value(v->first, visit, context);
        if (v->source != NO_ID)
            visit(context, v->source);
        break;
    case VALUE_CUMULATIVE:
    case VALUE_WINDOW:
    case VALUE_FIRST:
        visit(context, v->source);
        break;
    case VALUE_STAGE: {
        const Contract *contract = &m->contracts.items[v->contract];
        for (size_t i = 0; i < contract->moves.count; i++)
            each_value(contract->moves.items[i].date, visit, context);
        break;
    }
    case VALUE_SHARE: {
        const Allocation *a = &m->allocations.items[v->allocation];
        each_value(a->supply, visit, context);
        for (uint32_t i = 0; i < a->n; i++) {
            each_value(a->wants[i], visit, context);
            each_value(a->ranks[i], visit, context);
            each_value(a->weights[i], visit, context);
        }
        break;
    }
    default:
        break;
    }
}

/* ---- what lies inside a solve ------------------------------------------------------- */

/* A value whose dependencies are being looked at: those in `pending` from next to end. */
typedef struct {
    ValueId id;
    size_t first, next, end;
    bool depends;
} Frame;

typedef enum { UNSEEN, OPEN, FREE, DEPENDENT } Standing;

typedef struct {
    const Model *m;
    uint32_t solve;
    unsigned char *standing; /* by value: towards the unknowns */
    unsigned char *degrees;  /* of the formulas in `inner`, found in that order */
    LIST(Frame) frames;      /* of its own: a chain may be longer than the stack is deep */
    LIST(ValueId) pending;
    LIST(ValueId) inner;
    Arena *arena;
} Inside;

static void add_pending(void *context, ValueId id)
{
    Inside *in = context;

    *LIST_PUSH(in->arena, &in->pending) = id;
}

static void enter(Inside *in, ValueId id)
{
    Frame *frame = LIST_PUSH(in->arena, &in->frames);

    in->standing[id] = OPEN;
    *frame = (Frame){.id = id, .first = in->pending.count, .next = in->pending.count};
    each_dependency(in->m, id, add_pending, in);
    frame->end = in->pending.count;
}

/* Everything has been looked at that the last value depends on. */
static void leave(Inside *in)
{
    Frame frame = in->frames.items[--in->frames.count];

    in->pending.count = frame.first;
    in->standing[frame.id] = frame.depends ? DEPENDENT : FREE;
    if (!frame.depends)
        return;
    *LIST_PUSH(in->arena, &in->inner) = frame.id;
    if (in->frames.count > 0)
        in->frames.items[in->frames.count - 1].depends = true;
}

/* Lists what depends on the unknowns, of a value and all that it depends on, each after what it
 * depends on. */
static void find_inner(void *context, ValueId id)
{
    Inside *in = context;

    if (in->m->values.items[id].kind == VALUE_UNKNOWN || in->standing[id] != UNSEEN)
        return;
    enter(in, id);
    while (in->frames.count > 0) {
        Frame *frame = &in->frames.items[in->frames.count - 1];

        if (frame->next == frame->end) {
            leave(in);
            continue;
        }
        ValueId next = in->pending.items[frame->next++];
        const Value *v = &in->m->values.items[next];
        bool is_unknown = v->kind == VALUE_UNKNOWN;
        frame->depends |= is_unknown ? v->solve == in->solve : in->standing[next] == DEPENDENT;
        if (!is_unknown && in->standing[next] == UNSEEN)
            enter(in, next);
    }
}

/* The highest power of the unknowns in a node: 0, 1, or 2 for anything beyond affine. */
static int degree(Inside *in, const Node *node)
{
    if (node->op == N_VALUE) {
        const Value *v = &in->m->values.items[node->value];
        if (v->kind == VALUE_UNKNOWN && v->solve == in->solve)
            return 1;
        if (in->standing[node->value] != DEPENDENT)
            return 0;
        return in->degrees[node->value];
    }
    int most = 0, sum = 0;
    for (uint32_t i = 0; i < node->n_args; i++) {
        int d = degree(in, node->args[i]);
        most = d > most ? d : most;
        sum += d;
    }
    switch (node->op) {
    case N_ADD:
    case N_SUB:
    case N_NEG:
    case N_SUM:
        return most;
    case N_MUL:
        return sum > 1 ? 2 : sum;
    case N_DIV:
        return degree(in, node->args[1]) > 0 ? 2 : most;
    case N_IF:
        return degree(in, node->args[0]) > 0 ? 2 : most;
    default:
        return most > 0 ? 2 : 0;
    }
}

static int degree_of_value(Inside *in, ValueId id)
{
    const Value *v = &in->m->values.items[id];

    return v->kind == VALUE_FORMULA && v->expr ? degree(in, v->expr) : 2;
}

static void analyse_solve(Sorter *s, uint32_t index)
{
    Checker *c = s->c;
    Solve *solve = &c->model->solves.items[index];
    Inside in = {.m = c->model, .solve = index, .arena = c->arena};
    in.standing = ARENA_ARRAY(c->arena, unsigned char, c->model->values.count + 1);
    in.degrees = ARENA_ARRAY(c->arena, unsigned char, c->model->values.count + 1);
    for (uint32_t i = 0; i < solve->n; i++)
        each_value(solve->exprs[i], find_inner, &in);
    solve->inner = in.inner.items;
    solve->n_inner = (uint32_t)in.inner.count;
    for (uint32_t i = 0; i < solve->n_inner; i++)
        in.degrees[solve->inner[i]] = (unsigned char)degree_of_value(&in, solve->inner[i]);
    solve->is_affine = true;
    for (uint32_t i = 0; i < solve->n; i++)
        if (degree(&in, solve->exprs[i]) > 1)
            solve->is_affine = false;
    for (uint32_t i = 0; i < solve->n_inner; i++) {
        s->solve_of[solve->inner[i]] = index;
        if (c->model->values.items[solve->inner[i]].kind != VALUE_FORMULA) {
            diag_error(c->diags, DIAG_FORMULA_CYCLE, (Span){.file = c->trees[0]->file},
                       "`%.*s` runs through time and cannot stand inside a `solve`",
                       TEXT_ARG(c->model->values.items[solve->inner[i]].name));
            s->is_broken = true;
        }
    }
}

/* ---- the order ------------------------------------------------------------------------- */

static Span place_of(Checker *c, ValueId id)
{
    Text name = c->model->values.items[id].name;
    for (size_t i = 0; i < c->fields.count; i++)
        if (c->fields.items[i]->value == id || text_equal(c->fields.items[i]->full_name, name))
            return c->fields.items[i]->decl->name_span;
    return (Span){.file = c->trees[0]->file};
}

static void report_cycle(Sorter *s, ValueId id)
{
    Checker *c = s->c;
    s->is_broken = true;
    size_t start = 0;
    while (start < s->stack.count && s->stack.items[start] != id)
        start++;
    Buffer chain = {.arena = c->arena};
    size_t n_named = 0;
    for (size_t i = start; i < s->stack.count; i++) {
        const Value *v = &c->model->values.items[s->stack.items[i]];
        if (!v->is_hidden && n_named++ < MOST_NAMED)
            buffer_format(&chain, "%.*s -> ", TEXT_ARG(v->name));
    }
    if (n_named > MOST_NAMED)
        buffer_format(&chain, "... and %zu more -> ", n_named - MOST_NAMED);
    buffer_text(&chain, c->model->values.items[id].name);
    Diag *d = diag_error(c->diags, DIAG_FORMULA_CYCLE, place_of(c, id),
                         "these depend on each other within one period: %.*s",
                         TEXT_ARG(buffer_view(&chain)));
    for (size_t i = start + 1; i < s->stack.count && d->labels.count < 6; i++)
        if (!c->model->values.items[s->stack.items[i]].is_hidden)
            diag_label(c->diags, d, place_of(c, s->stack.items[i]), "%.*s",
                       TEXT_ARG(c->model->values.items[s->stack.items[i]].name));
    diag_because(
        c->diags, d,
        "Ways out: `lag(x, 1 month, first v)`, a stock (read as its opening value), or `solve`.");
}

static void visit(void *context, ValueId id);

static void visit_solve(Sorter *s, const Solve *solve)
{
    for (uint32_t i = 0; i < solve->n; i++)
        each_value(solve->exprs[i], visit, s);
    for (uint32_t i = 0; i < solve->n_inner; i++)
        each_dependency(s->c->model, solve->inner[i], visit, s);
    for (uint32_t i = 0; i < solve->n; i++)
        if (solve->starts[i])
            each_value(solve->starts[i], visit, s);
}

static void visit(void *context, ValueId id)
{
    Sorter *s = context;
    const Model *m = s->c->model;
    const Value *v = &m->values.items[id];
    uint32_t solve = v->kind == VALUE_UNKNOWN ? v->solve : s->solve_of[id];
    if (solve != NO_ID && solve < m->solves.count)
        id = m->solves.items[solve].unknowns[0];
    v = &m->values.items[id];
    if (v->is_closing != s->is_closing || s->marks[id] == DONE)
        return;
    if (s->marks[id] == ACTIVE) {
        /* Inside its own solve an unknown may be met again. */
        if (v->kind != VALUE_UNKNOWN && !s->is_broken)
            report_cycle(s, id);
        return;
    }
    if (s->depth > LIMIT_ELABORATION_DEPTH * 4) {
        s->is_broken = true;
        diag_error(s->c->diags, DIAG_TOO_DEEP, place_of(s->c, id), "formulas lead too deep");
        return;
    }
    s->marks[id] = ACTIVE;
    s->depth++;
    *LIST_PUSH(s->c->arena, &s->stack) = id;
    if (v->kind == VALUE_UNKNOWN)
        visit_solve(s, &m->solves.items[v->solve]);
    else
        each_dependency(m, id, visit, s);
    s->stack.count--;
    s->depth--;
    s->marks[id] = DONE;
    if (s->is_closing)
        *LIST_PUSH(s->c->arena, &s->c->model->closing_formulas) = id;
    else
        *LIST_PUSH(s->c->arena, &s->c->model->formulas) = id;
}

bool formulas_order(Checker *c)
{
    Sorter s = {.c = c};
    size_t n = c->model->values.count;
    s.marks = ARENA_ARRAY(c->arena, unsigned char, n + 1);
    s.solve_of = ARENA_ARRAY(c->arena, uint32_t, n + 1);
    for (size_t i = 0; i < n; i++)
        s.solve_of[i] = NO_ID;
    for (uint32_t i = 0; i < c->model->solves.count; i++)
        analyse_solve(&s, i);
    for (int pass = 0; pass < 2 && !s.is_broken; pass++) {
        s.is_closing = pass == 1;
        for (ValueId id = 0; id < n && !s.is_broken; id++)
            if (c->model->values.items[id].is_closing == s.is_closing)
                visit(&s, id);
    }
    return !s.is_broken;
}
