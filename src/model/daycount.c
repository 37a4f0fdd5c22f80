/* The part of a year between two days, by the day counts that loans and leases are written in. */
#include "model/checker.h"

/* ISDA 2006, section 4.16: (d) actual/365 fixed, (e) actual/360, (b) actual/actual, (f) 30/360,
 * (g) 30E/360. */
typedef enum { ACT_365, ACT_360, ACT_ACT, BOND_30_360, EURO_30_360, N_DAY_COUNTS } DayCount;

/* The written form is a quotient: a word or number, a letter after it, and what divides it. */
static const struct {
    const char *word, *letter;
    double number, year; /* year 0: the second word */
} day_counts[N_DAY_COUNTS] = {
    [ACT_365] = {"act", "", 0, 365},    [ACT_360] = {"act", "", 0, 360},
    [ACT_ACT] = {"act", "", 0, 0},      [BOND_30_360] = {"", "", 30, 360},
    [EURO_30_360] = {"", "E", 30, 360},
};

static bool is_number_with(const Expr *e, double number, const char *letter)
{
    Text unit = e->unit && e->unit->factors.count == 1 ? e->unit->factors.items[0].name : TEXT("");

    return e->kind == EXPR_NUMBER && e->number == number && text_is(unit, letter);
}

static bool is_word(const Expr *e, const char *word)
{
    return e->kind == EXPR_WORD && text_is(e->name, word);
}

static DayCount day_count_of(const Expr *e)
{
    DayCount count = 0;

    for (; count < N_DAY_COUNTS; count++) {
        double number = day_counts[count].number, year = day_counts[count].year;
        if (e->kind != EXPR_BINARY || !text_is(e->op, "/"))
            continue;
        const Expr *left = e->args.items[0], *right = e->args.items[1];
        bool fits_left = number == 0 ? is_word(left, day_counts[count].word)
                                     : is_number_with(left, number, day_counts[count].letter);
        if (fits_left && (year == 0 ? is_word(right, "act") : is_number_with(right, year, "")))
            break;
    }
    return count;
}

bool is_day_count(const Expr *e)
{
    return day_count_of(e) != N_DAY_COUNTS;
}

/* ---- nodes ------------------------------------------------------------------------------ */

static const Node *plus(Checker *c, const Node *a, const Node *b)
{
    return node_make(c, N_ADD, a, b, NULL);
}

static const Node *minus(Checker *c, const Node *a, const Node *b)
{
    return node_make(c, N_SUB, a, b, NULL);
}

static const Node *times(Checker *c, const Node *a, double by)
{
    return node_make(c, N_MUL, a, node_const(c, by), NULL);
}

static const Node *floor_of(Checker *c, const Node *a, double by)
{
    return node_make(c, N_FLOOR, node_make(c, N_DIV, a, node_const(c, by), NULL), NULL, NULL);
}

static const Node *at_most_30(Checker *c, const Node *day)
{
    return node_make(c, N_MIN, day, node_const(c, 30), NULL);
}

/* A number that is read several times is computed once. */
static const Node *kept(Checker *c, const Env *env, const Node *node)
{
    double known;
    if (node_is_constant(node, &known))
        return node_const(c, known);
    Typed t = {.type = type_plain(), .node = node};
    return node_value(c, value_of_node(c, env, &t));
}

typedef struct {
    const Node *month, *day; /* since January 1970; of the month, from 1 */
} CivilNodes;

static CivilNodes civil_of(Checker *c, const Env *env, const Node *date)
{
    const Node *packed = kept(c, env, node_make(c, N_MONTH_DAY, date, NULL, NULL));
    const Node *month = floor_of(c, packed, 32);

    return (CivilNodes){month, minus(c, packed, times(c, month, 32))};
}

/* Days of years of 360 in twelve months of 30. The first day's 31st counts as the 30th; the last
 * day's only (bond) after a 30th or 31st, or always (euro). */
static const Node *days_of_30(Checker *c, const Env *env, const Node *from, const Node *to,
                              bool is_euro)
{
    CivilNodes a = civil_of(c, env, from), b = civil_of(c, env, to);
    const Node *first = at_most_30(c, a.day), *last = at_most_30(c, b.day);

    if (!is_euro)
        last = node_make(c, N_IF, node_make(c, N_GE, first, node_const(c, 30), NULL), last, b.day);
    return plus(c, times(c, minus(c, b.month, a.month), 30), minus(c, last, first));
}

/* Days from 1970-01-01 to the first of January, `year` counted from 1970. */
static const Node *new_year(Checker *c, const Node *year)
{
    const Node *leaps = minus(c, floor_of(c, plus(c, year, node_const(c, 1)), 4),
                              floor_of(c, plus(c, year, node_const(c, 69)), 100));
    leaps = plus(c, leaps, floor_of(c, plus(c, year, node_const(c, 369)), 400));
    return plus(c, times(c, year, 365), leaps);
}

/* A day as a number of years: each day is a 365th or 366th of its own calendar year. */
static const Node *years_since_1970(Checker *c, const Env *env, const Node *date)
{
    const Node *year = kept(c, env, floor_of(c, civil_of(c, env, date).month, 12));
    const Node *begins = kept(c, env, new_year(c, year));
    const Node *length = minus(c, new_year(c, plus(c, year, node_const(c, 1))), begins);

    return plus(c, year, node_make(c, N_DIV, minus(c, date, begins), length, NULL));
}

/* In months, the base unit of time. */
static const Node *between(Checker *c, const Env *env, DayCount count, const Node *a, const Node *b)
{
    switch (count) {
    case ACT_365:
    case ACT_360:
        return node_make(c, N_DIV, times(c, minus(c, b, a), 12),
                         node_const(c, day_counts[count].year), NULL);
    case ACT_ACT:
        return times(c, minus(c, years_since_1970(c, env, b), years_since_1970(c, env, a)), 12);
    default:
        return node_make(c, N_DIV, days_of_30(c, env, a, b, count == EURO_30_360),
                         node_const(c, 30), NULL);
    }
}

/* Of the stretch that falls due; months of 30 days are months. */
static const Node *of_stretch(Checker *c, DayCount count)
{
    if (count == BOND_30_360 || count == EURO_30_360)
        return node_leaf(c, N_STRETCH_MONTHS);
    return node_make(c, N_DIV, times(c, node_leaf(c, N_STRETCH_DAYS), 12),
                     node_const(c, day_counts[count].year), NULL);
}

Typed call_year_fraction(Checker *c, const Env *env, const Expr *call)
{
    const char *form = "year_fraction(A, B, act/360) or year_fraction(act/360)";
    size_t n = call->args.count;

    if (n != 1 && n != 3)
        return wrong_arguments(c, call, form);
    DayCount count = day_count_of(call->args.items[n - 1]);
    if (count == N_DAY_COUNTS) {
        diag_error(c->diags, DIAG_WRONG_ARGUMENTS, call->args.items[n - 1]->span,
                   "a day count is `act/365`, `act/360`, `act/act`, `30/360` or `30E/360`");
        return typed_error();
    }
    const Node *a = node_leaf(c, N_PERIOD_FIRST_DAY),
               *b = plus(c, node_leaf(c, N_TODAY), node_const(c, 1));
    if (n == 3) {
        a = elaborate_date(c, env, call->args.items[0], "the first day");
        b = elaborate_date(c, env, call->args.items[1], "the last day");
    } else if (env->is_in_every && count == ACT_ACT) {
        return wrong_arguments(c, call, "year_fraction(A, B, act/act), A and B days");
    }
    if (!a || !b)
        return typed_error();
    Typed out = {.type = type_number(unit_time())};
    out.type.shown = TEXT("years");
    out.type.shown_scale = 12;
    out.node = n == 1 && env->is_in_every ? of_stretch(c, count) : between(c, env, count, a, b);
    return out;
}
