/* The currencies of the books, and the book that a party has in each.
 *
 * A book in a further money is a party of its own, `lab.EUR`, that follows its owner: so clearing,
 * postings and conservation, which join two books of one money only, work in each by itself. */
#include "model/checker.h"

#include <stdlib.h>

/* ---- currencies --------------------------------------------------------------------- */

static void check_money(Checker *c, const Expr *written)
{
    const UnitDef *unit = units_find(c->units, written->name);

    if (!unit) {
        Diag *d = diag_error(c->diags, DIAG_UNKNOWN_UNIT, written->span,
                             "there is no currency `%.*s`", TEXT_ARG(written->name));
        suggest_nearest(c, d, written->span, c->units->names, written->name);
    } else if (!unit->is_currency) {
        diag_error(c->diags, DIAG_WRONG_UNIT, written->span, "`%.*s` is not a currency",
                   TEXT_ARG(written->name));
    } else if (money_named(c, written->name) != NO_ID) {
        diag_error(c->diags, DIAG_DUPLICATE_NAME, written->span, "`%.*s` is given twice",
                   TEXT_ARG(written->name));
    } else {
        *LIST_PUSH(c->arena, &c->model->monies) = written->name;
    }
}

void monies_check(Checker *c)
{
    const Decl *given = NULL;

    for (size_t i = 0; c->model_decl && i < c->model_decl->members.count; i++)
        if (text_is(c->model_decl->members.items[i]->name, "money"))
            given = c->model_decl->members.items[i];
    for (size_t i = 0; given && i < given->exprs.count; i++) {
        if (i == LIMIT_MONIES) {
            diag_error(c->diags, DIAG_TOO_MANY, given->exprs.items[i]->span,
                       "more than %d currencies", LIMIT_MONIES);
            break;
        }
        check_money(c, given->exprs.items[i]);
    }
    if (c->model->monies.count == 0)
        *LIST_PUSH(c->arena, &c->model->monies) = TEXT("USD");
    c->model->currency = c->model->monies.items[0];
}

Unit money_unit(const Checker *c, uint32_t money)
{
    const UnitDef *currency = units_find(c->units, c->model->monies.items[money]);

    return currency ? currency->unit : unit_plain();
}

Type type_money(const Checker *c, uint32_t money)
{
    Type type = type_number(money_unit(c, money));

    type.shown = c->model->monies.items[money];
    return type;
}

uint32_t money_of_unit(const Checker *c, const Unit *unit)
{
    for (uint32_t i = 0; i < c->model->monies.count; i++) {
        const UnitDef *currency = units_find(c->units, c->model->monies.items[i]);
        if (currency && dimensions_equal(&unit->dims, &currency->unit.dims))
            return i;
    }
    return NO_ID;
}

uint32_t money_of_type(const Checker *c, const Type *type)
{
    for (uint32_t i = 1; type->tag == KIND_OF_NUMBER && i < c->model->monies.count; i++) {
        Unit unit = money_unit(c, i), rate = unit_divide(unit, unit_time());
        if (dimensions_equal(&type->unit.dims, &unit.dims) ||
            dimensions_equal(&type->unit.dims, &rate.dims))
            return i;
    }
    return 0;
}

/* ---- the unit that an amount is written in, before anything has a type ---- */

enum { MOST_PARTS_LOOKED_AT = 1000 };

typedef struct {
    Checker *c;
    int n_left; /* parts of expressions: names are followed, and some lead back */
} Reading;

static bool read_unit(Reading *r, const Instance *self, const Expr *e, Unit *out);

static bool unit_of_factors(const Reading *r, const UnitExpr *written, Unit *out)
{
    for (size_t i = 0; written && i < written->factors.count; i++)
        if (!units_find(r->c->units, written->factors.items[i].name))
            return false;
    *out = unit_plain();
    return !written || unit_of_expression(r->c, written, out);
}

static bool read_unit_of_field(Reading *r, const Instance *at, const Field *field, Unit *out)
{
    const TypeExpr *type = &field->type_decl->type;

    *out = unit_plain();
    if (type->is_present && (text_is(type->words[0], "number") || text_is(type->words[0], "share")))
        return true;
    if (type->is_present)
        return unit_of_factors(r, &type->unit, out);
    if (field->decl->dist)
        return field->decl->dist->unit && unit_of_factors(r, field->decl->dist->unit, out);
    return read_unit(r, at, field->decl->expr, out);
}

/* Functions that are in the unit of what they are of. */
static bool keeps_unit(const Expr *call)
{
    static const char *const names[] = {"min", "max", "clamp", "abs", "floor", "ceil", "round"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_is(call->name, names[i]))
            return call->args.count > 0;
    return false;
}

static bool read_unit(Reading *r, const Instance *self, const Expr *e, Unit *out)
{
    Unit left, right;

    if (!e || --r->n_left < 0)
        return false;
    if (e->kind == EXPR_NUMBER)
        return unit_of_factors(r, e->unit, out);
    for (const Instance *at = e->kind == EXPR_WORD ? self : NULL; at; at = at->owner) {
        const Field *field = table_get(at->fields, e->name);
        if (field)
            return read_unit_of_field(r, at, field, out);
    }
    if (e->kind == EXPR_IF)
        return read_unit(r, self, e->args.items[1], out);
    if (e->kind == EXPR_CALL)
        return keeps_unit(e) && read_unit(r, self, e->args.items[0], out);
    if (e->kind != EXPR_BINARY || !read_unit(r, self, e->args.items[0], &left))
        return false;
    if (text_is(e->op, "+") || text_is(e->op, "-")) {
        *out = left;
        return true;
    }
    if (!read_unit(r, self, e->args.items[1], &right))
        return false;
    *out = text_is(e->op, "*") ? unit_multiply(left, right) : unit_divide(left, right);
    return text_is(e->op, "*") || text_is(e->op, "/");
}

uint32_t money_written(Checker *c, const Instance *self, const Expr *e)
{
    Reading reading = {c, MOST_PARTS_LOOKED_AT};
    Unit unit;

    return read_unit(&reading, self, e, &unit) ? money_of_unit(c, &unit) : NO_ID;
}

/* ---- by name and by type ---- */

uint32_t money_named(const Checker *c, Text name)
{
    for (uint32_t i = 0; i < c->model->monies.count; i++)
        if (text_equal(c->model->monies.items[i], name))
            return i;
    return NO_ID;
}

Text monies_listed(Checker *c, const char *last)
{
    Buffer out = {.arena = c->arena};
    size_t n = c->model->monies.count;

    for (size_t i = 0; i < n; i++) {
        buffer_string(&out, i == 0 ? "" : i + 1 == n ? last : ", ");
        buffer_text(&out, c->model->monies.items[i]);
    }
    return buffer_view(&out);
}

/* ---- books ---------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return text_compare(((const Party *)a)->name, ((const Party *)b)->name);
}

/* The books in further monies, in the order of their names. */
static void add_books(Checker *c, const Party *owner)
{
    Model *m = c->model;
    size_t first = m->parties.count;

    for (uint32_t money = 1; money < m->monies.count; money++) {
        Party *book = LIST_PUSH(c->arena, &m->parties);
        *book = *owner;
        book->money = money;
        book->name = text_format(c->arena, "%.*s.%.*s", TEXT_ARG(owner->name),
                                 TEXT_ARG(m->monies.items[money]));
        book->is_source_named = true;
    }
    if (m->parties.count > first + 1)
        qsort(m->parties.items + first, m->parties.count - first, sizeof(Party), by_name);
}

void parties_number(Checker *c)
{
    for (size_t i = 0; i < c->parties.count; i++) {
        Instance *at = c->parties.items[i];
        Party party = {.name = at->path, .title = at->decl->title, .span = at->decl->name_span};

        at->party = party.owner = (uint32_t)c->model->parties.count;
        for (size_t k = 0; k < at->members.count; k++)
            if (at->members.items[k] && at->members.items[k]->kind == DECL_OUTSIDE)
                party.is_outside = true;
        *LIST_PUSH(c->arena, &c->model->parties) = party;
        add_books(c, &party);
    }
}

uint32_t book_in(const Model *m, uint32_t party, uint32_t money)
{
    uint32_t owner = m->parties.items[party].owner;

    for (uint32_t p = owner; p < m->parties.count && m->parties.items[p].owner == owner; p++)
        if (m->parties.items[p].money == money)
            return p;
    return NO_ID;
}

Instance *book_instance(Checker *c, Instance *of, uint32_t money)
{
    Text path = text_format(c->arena, "%.*s.%.*s", TEXT_ARG(of->path),
                            TEXT_ARG(c->model->monies.items[money]));
    Instance *book = table_get(c->books, path);

    if (book)
        return book;
    book = ARENA_NEW(c->arena, Instance);
    book->name = c->model->monies.items[money];
    book->path = path;
    book->kind = of->kind;
    book->owner = of;
    book->decl = of->decl;
    book->fields = table_new(c->arena);
    book->children = table_new(c->arena);
    book->is_book = true;
    book->money = money;
    book->contract = of->contract;
    book->party = of->party == NO_ID ? NO_ID : book_in(c->model, of->party, money);
    table_set(c->books, path, book);
    return book;
}

bool is_of_money(Checker *c, const Instance *named, const Expr *at, uint32_t money)
{
    if (!named->is_book || named->money == money)
        return true;
    diag_error(c->diags, DIAG_WRONG_UNIT, at->span, "`%.*s` is in %.*s, and this amount is in %.*s",
               TEXT_ARG(named->path), TEXT_ARG(named->name),
               TEXT_ARG(c->model->monies.items[money]));
    return false;
}

uint32_t book_of_party(Checker *c, const Instance *named, const Expr *at, uint32_t money)
{
    return is_of_money(c, named, at, money) ? book_in(c->model, named->party, money) : NO_ID;
}

/* ---- what is read in the wrong one ------------------------------------------------------ */

/* Whether a payment would be of what is read, but for its money. */
static bool is_read_by(const Model *m, const Slot *slot, const Value *v)
{
    uint32_t party = v->kind == VALUE_RECEIVED ? slot->payee : slot->payer;

    if (v->category != NO_ID && v->category != slot->category)
        return false;
    if (v->party == NO_ID)
        return v->contract == slot->contract;
    return m->parties.items[v->party].owner == m->parties.items[party].owner;
}

static void check_cash_read(Checker *c, const CashRead *read)
{
    const Model *m = c->model;
    const Value *v = &m->values.items[read->value];
    const char *verb = v->kind == VALUE_RECEIVED ? "received" : "paid";
    uint32_t other = NO_ID;

    for (size_t i = 0; i < m->slots.count; i++) {
        if (!is_read_by(m, &m->slots.items[i], v))
            continue;
        other = m->parties.items[m->slots.items[i].payer].money;
        if (other == 0)
            return;
    }
    if (other == NO_ID)
        return;
    Diag *d = diag_warning(c->diags, DIAG_WRONG_ARGUMENTS, read->span,
                           "nothing is %s so in %.*s, only in another money", verb,
                           TEXT_ARG(m->currency));
    Text whose = v->party == NO_ID ? m->contracts.items[v->contract].name : book_owner(m, v->party);
    diag_because(c->diags, d,
                 "In %.*s there is: write `%.*s.%.*s`; or `%.*s.%.*s`, where nothing is meant.",
                 TEXT_ARG(m->monies.items[other]), TEXT_ARG(whose),
                 TEXT_ARG(m->monies.items[other]), TEXT_ARG(whose), TEXT_ARG(m->currency));
}

void cash_reads_check(Checker *c)
{
    for (size_t i = 0; i < c->cash_reads.count; i++)
        check_cash_read(c, &c->cash_reads.items[i]);
}

/* ---- what is not used ------------------------------------------------------------------- */

typedef void Visit(void *context, uint32_t *party);

/* Every place of the model that names a party by number, but for lists by party. */
static void visit_parties(Model *m, Visit *visit, void *context)
{
    for (size_t i = 0; i < m->parties.count; i++) {
        visit(context, &m->parties.items[i].owner);
        for (size_t k = 0; k < m->parties.items[i].openings.count; k++)
            visit(context, &m->parties.items[i].openings.items[k].against);
    }
    for (size_t i = 0; i < m->values.count; i++)
        visit(context, &m->values.items[i].party);
    for (size_t i = 0; i < m->contracts.count; i++) {
        visit(context, &m->contracts.items[i].first);
        visit(context, &m->contracts.items[i].second);
    }
    for (size_t i = 0; i < m->slots.count; i++) {
        visit(context, &m->slots.items[i].payer);
        visit(context, &m->slots.items[i].payee);
    }
    for (size_t i = 0; i < m->rules.count; i++)
        for (size_t k = 0; k < m->rules.items[i].actions.count; k++)
            visit(context, &m->rules.items[i].actions.items[k].party);
    for (size_t i = 0; i < m->guarantees.count; i++) {
        visit(context, &m->guarantees.items[i].guarantor);
        visit(context, &m->guarantees.items[i].debtor);
    }
    for (size_t i = 0; i < m->facilities.count; i++) {
        visit(context, &m->facilities.items[i].lender);
        visit(context, &m->facilities.items[i].borrower);
    }
    for (size_t i = 0; i < m->reserves.count; i++)
        visit(context, &m->reserves.items[i].party);
    for (size_t i = 0; i < m->views.count; i++)
        visit(context, &m->views.items[i].party);
}

static void use(void *context, uint32_t *party)
{
    bool *is_used = context;

    if (*party != NO_ID)
        is_used[*party] = true;
}

static void renumber(void *context, uint32_t *party)
{
    const uint32_t *place = context;

    if (*party != NO_ID)
        *party = place[*party];
}

/* What is there by party, of those that stay. */
static const uint32_t *kept_of(Checker *c, const uint32_t *list, const bool *is_used)
{
    uint32_t *kept = ARENA_ARRAY(c->arena, uint32_t, c->model->parties.count + 1);
    size_t n = 0;

    for (size_t i = 0; i < c->model->parties.count; i++)
        if (is_used[i])
            kept[n++] = list[i];
    return kept;
}

void books_prune(Checker *c)
{
    Model *m = c->model;
    bool *is_used = ARENA_ARRAY(c->arena, bool, m->parties.count + 1);
    uint32_t *place = ARENA_ARRAY(c->arena, uint32_t, m->parties.count + 1);
    uint32_t n = 0;

    if (m->monies.count == 1)
        return;
    visit_parties(m, use, is_used);
    for (size_t i = 0; i < m->parties.count; i++)
        is_used[i] |= m->parties.items[i].openings.count > 0 || m->parties.items[i].keep;
    m->first_late_outputs = kept_of(c, m->first_late_outputs, is_used);
    m->default_date_outputs = kept_of(c, m->default_date_outputs, is_used);
    for (uint32_t i = 0; i < m->parties.count; i++) {
        place[i] = n;
        m->parties.items[n] = m->parties.items[i];
        n += is_used[i];
    }
    m->parties.count = n;
    visit_parties(m, renumber, place);
    if (n > LIMIT_PARTIES)
        diag_error(c->diags, DIAG_TOO_MANY, (Span){.file = c->trees[0]->file},
                   "more than %d books of parties", LIMIT_PARTIES);
}
