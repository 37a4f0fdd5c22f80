/* Random but valid models, as text in the language.
 *
 * Declarations are written in an order in which each reads only what stands before it, or states,
 * or the past of anything; so no circle arises except inside `solve`. Expressions are typed, and
 * mostly kept inside bounds, so that most paths live; a few are not, so that some paths fail.
 *
 * Long, since it writes the whole language: one short function for each thing that may be said. */
#include "generate.h"

#include "base/date.h"

#include <assert.h>
#include <string.h>

typedef enum { NUMBER, MONEY, THINGS, DATE, YESNO, N_KINDS_OF_VALUE } Kind;

enum { MAX_VALUES = 400, NAME_SIZE = 32, MAX_PARTIES = 8, MAX_CONTRACTS = 8, MAX_STOCKS = 8 };

typedef struct {
    char name[NAME_SIZE];
    Kind kind;
    bool is_once; /* a constant or a draw once per path */
    bool is_drawn;
    const char *interval; /* of a draw: "", "monthly", ... */
} Known;

typedef struct {
    char name[NAME_SIZE];
    bool is_cohort, is_signed;
} KnownStock;

typedef struct {
    uint64_t state; /* of the random numbers */
    Buffer out;
    const GenerateOptions *options;
    Step step;
    int n_periods;
    int32_t first_ordinal;

    Known known[MAX_VALUES];
    int n_known;
    int n_formulas; /* x0, x1, ... that the model will have: their past may be read ahead */

    char parties[MAX_PARTIES][NAME_SIZE];
    bool is_outside[MAX_PARTIES];
    int n_parties, n_inside;

    char contracts[MAX_CONTRACTS][NAME_SIZE];
    int contract_parties[MAX_CONTRACTS][2];
    bool has_loan[MAX_CONTRACTS]; /* so far */
    bool has_line[MAX_CONTRACTS];
    bool starts_when[MAX_CONTRACTS]; /* effective when a condition holds */
    int reserve_for[MAX_PARTIES];    /* contract, or -1 */
    bool has_word;
    int n_contracts;

    KnownStock stocks[MAX_STOCKS];
    int n_stocks;
    char debts[MAX_CONTRACTS][NAME_SIZE]; /* stocks of money */
    int n_debts;
    int n_tables;
    bool has_nodes, has_shops, has_rents;
    int n_nodes;
    bool may_read_states; /* once-per-path expressions may not */
} Gen;

/* ---- random numbers: splitmix64 ---- */

static uint64_t next(Gen *g)
{
    uint64_t z = g->state += 0x9E3779B97F4A7C15ULL;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

static int below(Gen *g, int n)
{
    return (int)(next(g) % (uint64_t)n);
}

static int between(Gen *g, int low, int high)
{
    return low + below(g, high - low + 1);
}

static bool chance(Gen *g, int percent)
{
    return below(g, 100) < percent;
}

/* ---- writing ---- */

static void put(Gen *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(Gen *g, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    buffer_format_v(&g->out, format, arguments);
    va_end(arguments);
}

static void put_day(Gen *g, Day day)
{
    Civil civil = day_to_civil(day);

    put(g, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

/* A day from a little before the clock to a little after it. */
static void put_some_day(Gen *g)
{
    int period = between(g, -4, g->n_periods + 3);
    Day first = step_first_day(g->step, g->first_ordinal + period);
    Day next_first = step_first_day(g->step, g->first_ordinal + period + 1);

    if (chance(g, 40))
        put_day(g, first);
    else
        put_day(g, first + below(g, next_first - first));
}

/* A stretch of n clock periods. */
static void put_periods(Gen *g, int n)
{
    static const char *const words[] = {"days", "weeks", "months", "quarters", "years"};

    put(g, "%d %s", n, words[g->step]);
}

static Known *know(Gen *g, Kind kind, bool is_once, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static Known *know(Gen *g, Kind kind, bool is_once, const char *format, ...)
{
    assert(g->n_known < MAX_VALUES && "the generator writes fewer values than this");
    Known *known = &g->known[g->n_known++];
    Buffer name = {.arena = g->out.arena};
    va_list arguments;

    va_start(arguments, format);
    buffer_format_v(&name, format, arguments);
    va_end(arguments);
    *known = (Known){.kind = kind, .is_once = is_once};
    memcpy(known->name, name.bytes, name.length + 1);
    return known;
}

static const Known *some_known(Gen *g, Kind kind, bool is_once)
{
    int n = 0;

    for (int i = 0; i < g->n_known; i++)
        n += g->known[i].kind == kind && (!is_once || g->known[i].is_once);
    if (n == 0)
        return NULL;
    int wanted = below(g, n);
    for (int i = 0; i < g->n_known; i++) {
        if (g->known[i].kind != kind || (is_once && !g->known[i].is_once))
            continue;
        if (wanted-- == 0)
            return &g->known[i];
    }
    return NULL;
}

/* ---- expressions ---- */

static void number(Gen *g, int depth);
static void money(Gen *g, int depth);
static void things(Gen *g, int depth);
static void date(Gen *g, int depth);
static void yesno(Gen *g, int depth);

static void literal(Gen *g, Kind kind)
{
    int whole = between(g, 0, 20);
    int cents = chance(g, 50) ? 0 : between(g, 1, 99);

    switch (kind) {
    case NUMBER:
        if (chance(g, 20))
            put(g, "%d%%", between(g, 1, 150));
        else
            put(g, "%d.%02d", whole, cents);
        break;
    case MONEY:
        put(g, "%d.%02d coin", whole, cents);
        break;
    case THINGS:
        put(g, "%d.%02d widget", whole, cents);
        break;
    case DATE:
        put_some_day(g);
        break;
    default:
        put(g, chance(g, 50) ? "yes" : "no");
        break;
    }
}

static void atom(Gen *g, Kind kind)
{
    const Known *known = some_known(g, kind, false);

    if (known == NULL || chance(g, 15))
        literal(g, kind);
    else
        put(g, "%s", known->name);
}

static void expression(Gen *g, Kind kind, int depth)
{
    switch (kind) {
    case NUMBER:
        number(g, depth);
        break;
    case MONEY:
        money(g, depth);
        break;
    case THINGS:
        things(g, depth);
        break;
    case DATE:
        date(g, depth);
        break;
    default:
        yesno(g, depth);
        break;
    }
}

static void call(Gen *g, const char *name, Kind kind, int n, int depth)
{
    put(g, "%s(", name);
    for (int i = 0; i < n; i++) {
        if (i > 0)
            put(g, ", ");
        expression(g, kind, depth - 1);
    }
    put(g, ")");
}

static void infix(Gen *g, Kind kind, const char *op, int depth)
{
    put(g, "(");
    expression(g, kind, depth - 1);
    put(g, " %s ", op);
    expression(g, kind, depth - 1);
    put(g, ")");
}

static void if_then_else(Gen *g, Kind kind, int depth)
{
    put(g, "(if ");
    yesno(g, depth - 1);
    put(g, " then ");
    expression(g, kind, depth - 1);
    put(g, " else ");
    expression(g, kind, depth - 1);
    put(g, ")");
}

/* A duration that lies in a few years. */
static void duration(Gen *g, int depth)
{
    switch (below(g, 4)) {
    case 0:
        put(g, "%d months", between(g, 1, 18));
        break;
    case 1:
        put(g, "%d days", between(g, 1, 300));
        break;
    case 2:
        put(g, "%d.%d months", between(g, 0, 9), between(g, 1, 9));
        break;
    default:
        put(g, "clamp(");
        number(g, depth - 1);
        put(g, ", 0, 15) * 1 month");
        break;
    }
}

/* What remembers: over numbers. */
static void remembered(Gen *g, int depth)
{
    static const char *const windows[] = {"sum", "mean", "min", "max"};

    switch (below(g, 9)) {
    case 0:
    case 1: /* the past of what may stand further down */
        put(g, "lag(x%d, ", below(g, g->n_formulas));
        put_periods(g, between(g, 1, 5));
        put(g, ", first clamp(");
        number(g, depth - 2);
        put(g, ", -9, 9))");
        break;
    case 2:
        put(g, "delay(");
        number(g, depth - 1);
        put(g, ", ");
        put_periods(g, between(g, 1, 9));
        put(g, ", order %d", between(g, 1, 5));
        if (chance(g, 60))
            put(g, ", first %d", between(g, 0, 9));
        put(g, ")");
        break;
    case 3:
        put(g, "smooth(");
        number(g, depth - 1);
        put(g, ", (1 + abs(");
        atom(g, NUMBER);
        put(g, ")) * 1 month)");
        break;
    case 4:
        put(g, "(cumulative(");
        number(g, depth - 1);
        put(g, ") / 20)");
        break;
    case 5:
        put(g, "(%s of ", windows[below(g, 4)]);
        number(g, depth - 1);
        put(g, " over last ");
        put_periods(g, between(g, 1, 7));
        put(g, ")");
        break;
    case 6:
        put(g, "%s(clamp(", chance(g, 50) ? "compound" : "fade");
        number(g, depth - 1);
        put(g, ", -0.3, 0.6) / 1 %s, from ", chance(g, 60) ? "year" : "month");
        date(g, depth - 2);
        put(g, ")");
        break;
    case 7:
        put(g, "(if first(");
        yesno(g, depth - 1);
        put(g, ") < ");
        literal(g, DATE);
        put(g, " then 1.5 else 0.5)");
        break;
    default:
        put(g, "(if today < ");
        put_some_day(g);
        put(g, " then 1 else ");
        atom(g, NUMBER);
        put(g, " at ");
        put_some_day(g);
        put(g, ")");
        break;
    }
}

/* Over the instances of the kind `node`. */
static void over_nodes(Gen *g)
{
    static const char *const forms[] = {"(sum over o in node: o.gets)",
                                        "(sum over o in node: o.size)",
                                        "(min over o in node: o.size)",
                                        "(max over o in node: o.gets)",
                                        "(mean over o in node: o.size)",
                                        "(count over o in node where o.gets > 1)",
                                        "(sum over o in node where o.size > 2: o.weight)"};

    put(g, "%s", forms[below(g, 7)]);
}

static void number_of_state(Gen *g)
{
    int party = below(g, g->n_parties);

    int contract = below(g, g->n_contracts);

    switch (below(g, 7)) {
    case 5:
        if (g->has_line[contract])
            put(g, "(%s.line / 8 coin)", g->contracts[contract]);
        else
            put(g, "(%s.payables / 8 coin)", g->parties[party]);
        break;
    case 6:
        if (g->reserve_for[party] >= 0)
            put(g, "(%s.r%d / 3 coin)", g->parties[party], party);
        else
            put(g, "(paid(%s, repayment) / 9 coin)", g->contracts[contract]);
        break;
    case 0:
        put(g, "(clamp(%s.cash / 1 coin, -50, 50))", g->parties[party]);
        break;
    case 1:
        put(g, "(unpaid(%s) / 10 coin)", g->parties[party]);
        break;
    case 2:
        put(g, "(received(%s, revenue) / 10 coin)", g->parties[party]);
        break;
    case 3:
        if (g->n_stocks > 0)
            put(g, "(%s / 5 widget)", g->stocks[below(g, g->n_stocks)].name);
        else
            put(g, "(paid(%s) / 10 coin)", g->parties[party]);
        break;
    default:
        put(g, "(%s.defaulted * 2)", g->parties[party]);
        break;
    }
}

static void function_of_number(Gen *g, int depth)
{
    static const char *const steps[] = {"floor", "ceil", "round", "abs"};

    switch (below(g, 8)) {
    case 0:
        put(g, "sqrt(abs(");
        number(g, depth - 1);
        put(g, "))");
        break;
    case 1:
        put(g, "exp(clamp(");
        number(g, depth - 1);
        put(g, ", -4, 3))");
        break;
    case 2:
        put(g, "log(abs(");
        number(g, depth - 1);
        put(g, ") + 1)");
        break;
    case 3:
        put(g, "((abs(");
        number(g, depth - 1);
        put(g, ") + 0.2) ^ %s)", chance(g, 50) ? "0.7" : "(-1.3)");
        break;
    case 4:
        put(g, "(");
        number(g, depth - 1);
        put(g, " / (1 + abs(");
        number(g, depth - 1);
        put(g, ")))");
        break;
    case 5:
        put(g, "clamp(");
        number(g, depth - 1);
        put(g, ", -10, 10)");
        break;
    default:
        call(g, steps[below(g, 4)], NUMBER, 1, depth);
        break;
    }
}

static void number_of_dates(Gen *g, int depth)
{
    static const char *const day_counts[] = {"act/365", "act/360", "act/act", "30/360", "30E/360"};

    switch (below(g, 4)) {
    case 0:
        put(g, "ramp(");
        date(g, depth - 1);
        put(g, ", ");
        duration(g, depth - 1);
        put(g, ")");
        break;
    case 1:
        put(g, "(clamp(months(");
        date(g, depth - 1);
        put(g, ", today), -20, 20) / 5)");
        break;
    case 2:
        if (chance(g, 50)) {
            put(g, "(clamp(year_fraction(");
            date(g, depth - 1);
            put(g, ", today, %s) / 1 year, -9, 9))", day_counts[below(g, 5)]);
            break;
        }
        put(g, "(clamp((today - ");
        date(g, depth - 1);
        put(g, ") / 1 month, -20, 20))");
        break;
    default:
        if (g->n_tables > 0) {
            put(g, "(table%d(", below(g, g->n_tables));
            put(g, chance(g, 70) ? "today" : "today + 20 days");
            put(g, ") / 4 coin)");
        } else {
            put(g, "(period / 1 month)");
        }
        break;
    }
}

/* What may not be a number, or is infinite. */
static void unsafe(Gen *g, int depth)
{
    static const char *const names[] = {"sqrt", "log", "exp"};

    if (chance(g, 30))
        infix(g, NUMBER, "/", depth);
    else
        call(g, names[below(g, 3)], NUMBER, 1, depth);
}

static void number(Gen *g, int depth)
{
    if (depth <= 0) {
        atom(g, NUMBER);
        return;
    }
    switch (below(g, 17)) {
    case 0:
    case 1:
        infix(g, NUMBER, "+", depth);
        break;
    case 2:
        infix(g, NUMBER, "-", depth);
        break;
    case 3:
        infix(g, NUMBER, "*", depth);
        break;
    case 4:
        put(g, "(-");
        number(g, depth - 1);
        put(g, ")");
        break;
    case 5:
        if_then_else(g, NUMBER, depth);
        break;
    case 6:
        call(g, "min", NUMBER, 2, depth);
        break;
    case 7:
        call(g, "max", NUMBER, 2, depth);
        break;
    case 8:
    case 9:
        function_of_number(g, depth);
        break;
    case 10:
    case 11:
        remembered(g, depth);
        break;
    case 12:
        number_of_dates(g, depth);
        break;
    case 13:
        if (g->may_read_states)
            number_of_state(g);
        else
            atom(g, NUMBER);
        break;
    case 14:
        if (g->has_nodes)
            over_nodes(g);
        else
            atom(g, NUMBER);
        break;
    case 15:
        put(g, "(");
        money(g, depth - 1);
        put(g, " / 7 coin)");
        break;
    default:
        if (chance(g, 14))
            unsafe(g, depth);
        else
            atom(g, NUMBER);
        break;
    }
}

static void money(Gen *g, int depth)
{
    if (depth <= 0) {
        atom(g, MONEY);
        return;
    }
    switch (below(g, 7)) {
    case 0:
        infix(g, MONEY, chance(g, 50) ? "+" : "-", depth);
        break;
    case 1:
        call(g, chance(g, 50) ? "min" : "max", MONEY, 2, depth);
        break;
    case 2:
        if_then_else(g, MONEY, depth);
        break;
    case 3:
        if (g->n_debts > 0 && g->may_read_states)
            put(g, "%s", g->debts[below(g, g->n_debts)]);
        else
            atom(g, MONEY);
        break;
    case 4:
        put(g, "annuity(");
        money(g, depth - 1);
        put(g, ", %d%%, %d)", between(g, 0, 9), between(g, 1, 30));
        break;
    default:
        put(g, "(clamp(");
        number(g, depth - 1);
        put(g, ", -40, 40) * 1 coin)");
        break;
    }
}

static void things(Gen *g, int depth)
{
    if (depth <= 0) {
        atom(g, THINGS);
        return;
    }
    switch (below(g, 4)) {
    case 0:
        infix(g, THINGS, "+", depth);
        break;
    case 1:
        call(g, "max", THINGS, 2, depth);
        break;
    default:
        put(g, "(clamp(");
        number(g, depth - 1);
        put(g, ", -40, 40) * 1 widget)");
        break;
    }
}

static void date(Gen *g, int depth)
{
    if (depth <= 0) {
        atom(g, DATE);
        return;
    }
    switch (below(g, 8)) {
    case 0:
        put(g, "(");
        date(g, depth - 1);
        put(g, " %s ", chance(g, 70) ? "+" : "-");
        duration(g, depth - 1);
        put(g, ")");
        break;
    case 1:
        call(g, chance(g, 50) ? "min" : "max", DATE, 2, depth);
        break;
    case 2:
        if_then_else(g, DATE, depth);
        break;
    case 3:
        for (int i = 0; i < g->n_contracts && g->may_read_states; i++) {
            if (!g->starts_when[i] || chance(g, 40))
                continue;
            put(g, "%s.effective", g->contracts[i]);
            return;
        }
        if (g->may_read_states && chance(g, 50))
            put(g, "%s.default_date", g->parties[below(g, g->n_parties)]);
        else
            call(g, "first", YESNO, 1, depth);
        break;
    case 4:
        put(g, "(if ");
        yesno(g, depth - 1);
        put(g, " then ");
        date(g, depth - 1);
        put(g, " else never)");
        break;
    default:
        atom(g, DATE);
        break;
    }
}

static void yesno(Gen *g, int depth)
{
    static const char *const orders[] = {"<", "<=", ">", ">=", "=", "!="};

    if (depth <= 0) {
        atom(g, YESNO);
        return;
    }
    switch (below(g, 9)) {
    case 0:
        infix(g, YESNO, "and", depth);
        break;
    case 1:
        infix(g, YESNO, "or", depth);
        break;
    case 2:
        put(g, "(not ");
        yesno(g, depth - 1);
        put(g, ")");
        break;
    case 3:
        infix(g, DATE, orders[below(g, 4)], depth);
        break;
    case 4:
        put(g, "(today >= ");
        date(g, depth - 1);
        put(g, ")");
        break;
    case 5:
        put(g, "(round(");
        number(g, depth - 1);
        put(g, ") %s round(", orders[between(g, 4, 5)]);
        number(g, depth - 1);
        put(g, "))");
        break;
    case 6:
        if (g->has_word && chance(g, 30))
            put(g, "(mood is %s)", chance(g, 50) ? "calm" : "wild");
        else if (g->may_read_states)
            put(g, "(%s.stage is effective)", g->contracts[below(g, g->n_contracts)]);
        else
            infix(g, NUMBER, orders[below(g, 6)], depth);
        break;
    default:
        infix(g, NUMBER, orders[below(g, 6)], depth);
        break;
    }
}

/* A number kept within bounds, so that a path lives; seldom not. */
static void bounded(Gen *g, int low, int high)
{
    if (chance(g, 2)) { /* now and then infinite */
        put(g, "(");
        number(g, 1);
        put(g, " / round(");
        number(g, 1);
        put(g, "))");
        return;
    }
    if (chance(g, 3)) {
        number(g, 3);
        return;
    }
    put(g, "clamp(");
    number(g, between(g, 1, 3));
    put(g, ", %d, %d)", low, high);
}

/* At least zero, but seldom not. */
static void amount_of_money(Gen *g, int most)
{
    if (chance(g, 15)) { /* whole cents and a half */
        put(g, "%d.%d25 coin", between(g, 0, most), between(g, 0, 4) * 2 + 1);
    } else if (chance(g, 25)) {
        put(g, "%d.%02d coin", between(g, 0, most), between(g, 0, 99));
    } else if (chance(g, 3)) {
        money(g, 2);
    } else {
        put(g, "min(%d coin, abs(", most);
        money(g, 2);
        put(g, "))");
    }
}

/* ---- draws ---- */

/* The parameters of a law may be read from what is known once per path. */
static void parameter(Gen *g, const char *at_least)
{
    const Known *known = some_known(g, NUMBER, true);

    if (known == NULL || chance(g, 70))
        put(g, "%d.%d", between(g, 1, 6), between(g, 0, 9));
    else
        put(g, "(%s + abs(clamp(%s, -5, 5)))", at_least, known->name);
}

static void truncation(Gen *g, int low, int high)
{
    if (chance(g, 30))
        put(g, " truncated %d to %d", low, high);
}

static void law(Gen *g)
{
    switch (below(g, 14)) {
    case 0:
        put(g, "normal(");
        parameter(g, "0");
        put(g, ", ");
        parameter(g, "0.1");
        put(g, ")");
        truncation(g, 0, between(g, 4, 9));
        break;
    case 1:
        put(g, "lognormal(");
        parameter(g, "0.3");
        put(g, ", 0.%d)", between(g, 1, 9));
        truncation(g, 1, 9);
        break;
    case 2:
        put(g, "uniform(%d, %d)", between(g, -3, 2), between(g, 3, 8));
        truncation(g, 0, 4);
        break;
    case 3:
        put(g, "triangle(%d, %d, %d)", between(g, -2, 1), between(g, 2, 4), between(g, 4, 8));
        truncation(g, 0, 4);
        break;
    case 4:
        put(g, "pert(%d, %d, %d)", between(g, 0, 1), between(g, 2, 4), between(g, 5, 8));
        truncation(g, 1, 4);
        break;
    case 5:
        put(g, "beta(%d.5, %d.5, 0, %d)", between(g, 0, 4), between(g, 0, 4), between(g, 1, 9));
        break;
    case 6:
        put(g, "gamma(%d.%d, 1.5)", between(g, 0, 4), between(g, 1, 9));
        truncation(g, 1, 5);
        break;
    case 7:
        put(g, "exponential(");
        parameter(g, "0.5");
        put(g, ")");
        truncation(g, 1, 6);
        break;
    case 8:
        put(g, "poisson(");
        parameter(g, "0.5");
        put(g, ")");
        truncation(g, 1, 4);
        break;
    case 9:
        put(g, "one of {1: 20%%, 2.5: 50%%, 7: 30%%}");
        break;
    case 10:
        put(g, "p10 1 p50 %d p90 %d", between(g, 2, 4), between(g, 5, 9));
        truncation(g, 0, 5);
        break;
    case 11:
        put(g, "data \"numbers.csv\" column level");
        truncation(g, -1, 9);
        break;
    case 12:
        put(g, "%d to %d", between(g, 1, 3), between(g, 4, 9));
        truncation(g, 1, 12);
        break;
    default:
        put(g, "(-%d) to %d", between(g, 1, 3), between(g, 4, 9));
        break;
    }
}

static const char *some_interval(Gen *g)
{
    static const char *const words[] = {"daily", "weekly", "monthly", "quarterly", "yearly"};

    if (chance(g, 50))
        return "";
    return words[chance(g, 60) ? (int)g->step : between(g, (int)g->step, STEP_YEAR)];
}

static void write_draw(Gen *g, int i)
{
    const char *interval = some_interval(g);
    Kind kind = NUMBER;
    int which = below(g, 10);

    put(g, "d%d ~ ", i);
    if (which == 0) {
        put(g, "chance %d%%", between(g, 5, 95));
        kind = YESNO;
    } else if (which == 1) {
        bool is_flat = chance(g, 40);
        put(g, is_flat ? "uniform(" : "");
        put_some_day(g);
        put(g, is_flat ? ", " : " to ");
        put_day(g, step_last_day(g->step, g->first_ordinal + g->n_periods + 4));
        put(g, is_flat ? ")" : "");
        kind = DATE;
    } else if (which == 2) {
        put(g, "%d to %d coin", between(g, 1, 9), between(g, 10, 40));
        kind = MONEY;
    } else {
        law(g);
    }
    if (interval[0] != '\0')
        put(g, " drawn %s", interval);
    put(g, "\n");
    Known *known = know(g, kind, interval[0] == '\0', "d%d", i);
    known->is_drawn = true;
    known->interval = interval;
}

/* Draws of one interval that are drawn together. */
static void write_together(Gen *g)
{
    const Known *members[4];
    int n = 0;

    for (int i = 0; i < g->n_known && n < 4; i++) {
        const Known *known = &g->known[i];
        if (known->is_drawn && (n == 0 || known->interval == members[0]->interval))
            members[n++] = known;
    }
    if (n < 2)
        return;
    put(g, "together ");
    for (int i = 0; i < n; i++)
        put(g, "%s%s", i == 0 ? "" : ", ", members[i]->name);
    if (n == 3 && chance(g, 50))
        put(g, " correlated { 1, 0.%d, -0.2, 0.%d, 1, 0.1, -0.2, 0.1, 1 }\n", n, n);
    else if (n == 2 && chance(g, 50))
        put(g, " correlated -0.%d\n", between(g, 1, 9));
    else
        put(g, " correlated 0.%d\n", between(g, 1, 9));
}

/* ---- what a model is made of ---- */

static void write_model(Gen *g, uint64_t seed)
{
    static const char *const words[] = {"daily", "weekly", "monthly", "quarterly", "yearly"};
    static const int most[] = {40, 40, 30, 12, 8};
    int which = below(g, 20);
    int years = 2026 + below(g, 3);

    g->step = which < 12   ? STEP_MONTH
              : which < 15 ? STEP_QUARTER
              : which < 17 ? STEP_YEAR
              : which < 19 ? STEP_WEEK
                           : STEP_DAY;
    g->n_periods = between(g, 6, most[g->step]);
    if (g->n_periods > g->options->most_periods)
        g->n_periods = g->options->most_periods;
    g->first_ordinal = step_ordinal(g->step, day_from_civil(years, 1, 1)) + below(g, 20);
    if (g->step == STEP_YEAR)
        g->first_ordinal = years - 1970;
    put(g, "model generated%llu \"Made from a seed\" {\n  clock = %s from ",
        (unsigned long long)seed, words[g->step]);
    put_day(g, step_first_day(g->step, g->first_ordinal + g->options->later_periods));
    put(g, " until ");
    put_day(g, step_last_day(g->step, g->first_ordinal + g->n_periods - 1));
    put(g, "\n  money = USD\n}\n");
}

static void write_books(Gen *g)
{
    put(g,
        "unit USD \"dollar\" currency\n"
        "unit coin \"what amounts are written in\" = %s USD\n"
        "unit widget \"a thing that is counted\"\n"
        "account cash : asset\naccount receivables : asset\naccount plant : asset\n"
        "account loans : asset\naccount investments : asset\n"
        "account payables : liability\naccount debt : liability\n"
        "account paid_in : equity\naccount opening_equity : equity\n"
        "account sales : income\naccount guarantee_income : income\n"
        "account costs : expense\naccount default_costs : expense\n"
        "account guarantee_cost : expense\naccount wear : expense\n"
        "category revenue { payer costs; payee sales }\n"
        "category equipment { payer plant; payee sales }\n"
        "category borrowing { payer loans; payee debt }\n"
        "category repayment { payer debt; payee loans }\n"
        "category equity { payer investments; payee paid_in }\n"
        "category guarantee { payer guarantee_cost; payee guarantee_income }\n"
        "category default_costs { payer default_costs; payee sales }\n"
        "ranks first_rank, middle default, last_rank\n",
        chance(g, 15) ? "1000000000" : "1");
}

/* A table by date over the clock, seldom without its outside rows. */
static void write_table(Gen *g)
{
    int n = between(g, 2, 5);
    bool is_held = chance(g, 60);
    Day first = step_first_day(g->step, g->first_ordinal - (is_held ? 0 : 1));
    Day last = step_last_day(g->step, g->first_ordinal + g->n_periods) + (is_held ? 0 : 40);

    put(g, "table table%d : USD by date ", g->n_tables++);
    if (chance(g, 30)) {
        put(g, "from \"days.csv\" columns day, level%s%s\n", chance(g, 50) ? " linear" : " step",
            chance(g, 50) ? " hold" : "");
        return;
    }
    put(g, "{ ");
    for (int i = 0; i < n; i++) {
        put(g, "%s", i == 0 ? "" : "; ");
        put_day(g, first + (last - first) / (n - 1) * i + (i == n - 1 ? 5 : 0));
        put(g, ": %d.5", between(g, 1, 20));
    }
    put(g, " }%s%s\n", chance(g, 50) ? " linear" : " step",
        is_held || chance(g, 10) ? " hold" : "");
}

/* Instances of a kind that share what is scarce. */
static void write_nodes(Gen *g)
{
    bool has_ranks = chance(g, 60);
    bool has_weights = chance(g, 50);

    g->has_nodes = true;
    g->n_nodes = between(g, 2, 4);
    put(g, "kind node \"A claimant\" {\n  size : number\n  urgency : number = 1\n"
           "  weight : number = size\n");
    put(g, "  grown : number = size * (1 + lag(grown, ");
    put_periods(g, 1);
    put(g, ", first 0) / 10)\n");
    put(g, "  gets : number = share of supply among o in node: clamp(o.grown, 0, 30)%s%s\n",
        has_ranks ? " rank o.urgency" : "", has_weights ? " by o.weight" : "");
    put(g, "}\nsupply : number = ");
    g->has_nodes = false; /* what is shared may not read the shares */
    bounded(g, -2, 15);
    g->has_nodes = true;
    put(g, "\n");
    for (int i = 0; i < g->n_nodes; i++) {
        put(g, "node n%d { size ", i);
        if (chance(g, 50))
            put(g, "~ %d to %d", between(g, 1, 3), between(g, 4, 9));
        else
            put(g, "= %d", between(g, 1, 9));
        if (has_ranks)
            put(g, "; urgency = %d", between(g, 0, 2));
        put(g, " }\n");
    }
    know(g, NUMBER, false, "n0.gets");
    know(g, NUMBER, false, "n%d.gets", g->n_nodes - 1);
    know(g, NUMBER, false, "supply");
}

static void write_solve(Gen *g)
{
    bool is_affine = chance(g, 50);
    bool may_not_settle = chance(g, 15);

    put(g, "solve {\n  u0 : number = 0.%d * u1 + ", between(g, 1, 6));
    bounded(g, -20, 20);
    if (is_affine)
        put(g, "\n  u1 : number = 0.%d * u0 - ", between(g, 1, 6));
    else if (may_not_settle)
        put(g, "\n  u1 : number = (-6) * abs(u0) - ");
    else
        put(g, "\n  u1 : number = sqrt(abs(u0) + 1) - ");
    bounded(g, -20, 20);
    put(g, "\n}\n");
    know(g, NUMBER, false, "u0");
    know(g, NUMBER, false, "u1");
}

static void write_stock(Gen *g)
{
    KnownStock *stock = &g->stocks[g->n_stocks];
    int i = g->n_stocks;
    int kind = below(g, 4);

    *stock = (KnownStock){.is_cohort = kind == 0, .is_signed = kind == 1};
    strcpy(stock->name, "s0");
    stock->name[1] = (char)('0' + i);
    const Known *first = some_known(g, NUMBER, true);
    /* What is there from the start must know its age then. */
    bool is_moving = stock->is_cohort && chance(g, 50);
    bool is_drawn = first != NULL && chance(g, 25) && !is_moving;
    put(g, "stock s%d : widget%s = %d widget%s%s%s {\n  in new%d = (", i,
        stock->is_signed ? " signed" : "", is_moving ? 0 : between(g, 0, 30),
        is_drawn ? " * abs(" : "", is_drawn ? first->name : "", is_drawn ? ")" : "", i);
    bounded(g, 0, 12);
    put(g, ") * 1 widget/%s\n", chance(g, 30) ? "year" : "month");
    if (stock->is_signed) {
        put(g, "  out gone%d = (", i);
        bounded(g, 0, 15);
        put(g, ") * 0.05 widget/day\n");
    } else {
        put(g, "  out gone%d at %d%%/year\n", i, between(g, 1, 60));
    }
    if (stock->is_cohort)
        put(g,
            !is_moving ? "  out old%d by age %d months\n"
                       : "  out old%d by age (%d + abs(clamp(x0, -4, 4))) * 1 month\n",
            i, between(g, 2, 14));
    else if (chance(g, 40))
        put(g, "  grows at %d%%/year\n", between(g, 1, 30));
    put(g, "}\n");
    g->n_stocks++;
    know(g, THINGS, false, "s%d", i);
    know(g, THINGS, false, "new%d", i);
}

static void write_belt(Gen *g, int i)
{
    put(g, "belt b%d : widget { in (", i);
    bounded(g, 0, 9);
    put(g, ") * 1 widget/month; lead ");
    switch (below(g, 3)) {
    case 0:
        put(g, "= %d months", between(g, 1, 9));
        break;
    case 1:
        put(g, "~ %d to %d months up to 24 months", between(g, 1, 3), between(g, 4, 8));
        break;
    default:
        put(g, "= (1 + ");
        bounded(g, 0, 7);
        put(g, ") * 1 month up to 24 months");
        break;
    }
    put(g, " }\n");
    know(g, THINGS, false, "b%d", i);
    know(g, THINGS, false, "b%d.out", i);
}

/* ---- parties ---- */

static const char *some_party(Gen *g)
{
    return g->parties[below(g, g->n_parties)];
}

static void choose_parties(Gen *g)
{
    static const char *const names[] = {"lab", "bank", "maker", "host", "fund", "grid"};
    int offset = below(g, 6);

    g->n_inside = between(g, 2, 4);
    g->n_parties = g->n_inside + 2;
    for (int i = 0; i < g->n_inside; i++)
        strcpy(g->parties[i], names[(i + offset) % 6]);
    strcpy(g->parties[g->n_inside], "users");
    strcpy(g->parties[g->n_inside + 1], "world");
    g->is_outside[g->n_inside] = g->is_outside[g->n_inside + 1] = true;
}

/* What makes a constant amount move with the model; at least zero. */
static const char *changing(Gen *g)
{
    static const char *const words[] = {" * abs(clamp(x0, -2, 2))",
                                        " * ramp(today - 60 days, 9 months)",
                                        " * (1 + clamp(x1, -1, 1)) / 2"};

    return chance(g, 60) ? "" : words[below(g, 3)];
}

static void write_party(Gen *g, int i)
{
    put(g, "party %s \"Party %d\" {\n", g->parties[i], i);
    if (g->is_outside[i]) {
        put(g, "  outside\n}\n");
        return;
    }
    const Known *known = some_known(g, MONEY, true);
    if (known != NULL && chance(g, 30))
        put(g, "  opening cash = 2 * %s\n", known->name);
    else
        put(g, "  opening cash = %d.%02d coin\n", between(g, 0, chance(g, 50) ? 20 : 120),
            between(g, 0, 99));
    if (chance(g, 30))
        put(g, "  opening debt = %d coin against world\n", between(g, 1, 90));
    if (chance(g, 20))
        put(g, "  opening plant = %d.555 coin\n", between(g, 1, 90));
    if (chance(g, 35))
        put(g, "  keep %d coin%s%s\n", between(g, 1, 20), changing(g),
            chance(g, 50) ? (chance(g, 50) ? " before middle" : " before last_rank") : "");
    if (chance(g, 40)) {
        if (chance(g, 25))
            put(g, "  default costs clamp(x0 / 20, 0, 1) of cash");
        else
            put(g, "  default costs %d%% of cash", between(g, 1, 40));
        if (chance(g, 50))
            put(g, ", %d%% of receipts", between(g, 1, 40));
        put(g, "\n");
    }
    if (g->reserve_for[i] >= 0) {
        put(g, "  reserve r%d for %s { target = %d coin%s", i, g->contracts[g->reserve_for[i]],
            between(g, 1, 15), changing(g));
        put(g, chance(g, 50) ? "; opening = 0.5 coin }\n" : " }\n");
    }
    put(g, "}\n");
}

/* ---- contracts ---- */

static void rank_of_payment(Gen *g)
{
    static const char *const words[] = {"first_rank", "middle", "last_rank"};

    if (chance(g, 60))
        put(g, " rank %s", words[below(g, 3)]);
}

/* Each contract pays between its own two parties mostly. */
static void payment(Gen *g, int contract, const char *amount_rate)
{
    static const char *const categories[] = {"revenue", "equipment", "equity"};
    const char *from = g->parties[g->contract_parties[contract][0]];
    const char *to = g->parties[g->contract_parties[contract][1]];

    if (chance(g, 15)) {
        const char *swap = from;
        from = to;
        to = swap;
    }
    put(g, "pay ");
    if (amount_rate[0] != '\0') {
        put(g, "(");
        bounded(g, 0, 12);
        put(g, ") * 1 coin/%s", amount_rate);
        if (chance(g, 20))
            put(g, " * year_fraction(%s)", chance(g, 60) ? "act/360" : "30E/360");
    } else {
        amount_of_money(g, 25);
    }
    put(g, " from %s to %s as %s", from, to, categories[below(g, 3)]);
    rank_of_payment(g);
    put(g, "\n");
}

static void other_action(Gen *g, int contract)
{
    const char *from = g->parties[g->contract_parties[contract][0]];
    const char *to = g->parties[g->contract_parties[contract][1]];

    switch (below(g, 6)) {
    case 0:
        if (chance(g, 25))
            put(g, "pay clamp(x0 / 10, 0, 1) of rest");
        else
            put(g, "pay %d%% of rest", between(g, 5, 100));
        if (chance(g, 50)) {
            put(g, " up to ");
            amount_of_money(g, 9);
        }
        put(g, " from %s to %s as equity rank last_rank\n", from, to);
        break;
    case 1:
        put(g, "book ");
        amount_of_money(g, 9);
        put(g, " in %s from plant to wear\n", from);
        break;
    case 2:
        if (g->n_stocks > 0 && chance(g, 60))
            put(g, "add abs(clamp(x0, -9, 9)) * 1 widget to %s\n",
                g->stocks[below(g, g->n_stocks)].name);
        else
            payment(g, contract, "");
        break;
    case 3:
        if (g->n_stocks > 1 && !g->stocks[0].is_cohort && !g->stocks[1].is_cohort)
            put(g, "move 0.05 * max(0 widget, s0) from s0 to s1\n");
        else
            payment(g, contract, "");
        break;
    case 4:
        for (int i = 0; i < g->n_stocks; i++) {
            if (g->stocks[i].is_cohort)
                continue;
            put(g, "set s%d = %d widget\n", i, between(g, 1, 20));
            return;
        }
        payment(g, contract, "");
        break;
    default:
        payment(g, contract, "");
        break;
    }
}

static void body(Gen *g, int contract, const char *rate)
{
    put(g, " {\n    ");
    payment(g, contract, rate);
    if (chance(g, 45)) {
        put(g, "    ");
        other_action(g, contract);
    }
    put(g, "  }\n");
}

static const char *rate_word(Gen *g)
{
    static const char *const words[] = {"month", "year", "day", ""};

    return words[below(g, 4)];
}

static void every_rule(Gen *g, int contract)
{
    static const char *const words[] = {"day", "week", "month", "quarter", "year"};
    int n = between(g, 1, 3);

    put(g, "  every ");
    if (n > 1)
        put(g, "%d %ss", n, words[g->step]);
    else
        put(g, "%s", words[g->step]);
    if (chance(g, 45)) {
        put(g, " during term(");
        if (chance(g, 50))
            put_some_day(g);
        else
            date(g, 1);
        put(g, ", %d months)", between(g, 2, 30));
    }
    if (chance(g, 25))
        put(g, " in advance");
    body(g, contract, rate_word(g));
}

static void when_rule(Gen *g, int contract)
{
    put(g, "  when ");
    yesno(g, 2);
    if (chance(g, 40)) {
        put(g, " for ");
        put_periods(g, between(g, 1, 3));
    }
    if (chance(g, 50))
        put(g, " again");
    body(g, contract, "");
}

static void each_rule(Gen *g, int contract)
{
    if (chance(g, 80))
        put(g, "  each %d.5 of ", between(g, 0, 3));
    else
        put(g, "  each abs(x0) + 0.4 of ");
    number(g, 1);
    if (chance(g, 60))
        put(g, " up to %d times", between(g, 2, 9));
    if (chance(g, 40)) {
        put(g, " before ");
        put_some_day(g);
    }
    if (chance(g, 40))
        put(g, " including past");
    body(g, contract, "");
}

static void on_rule(Gen *g, int contract)
{
    put(g, "  on ");
    if (chance(g, 60))
        put_some_day(g);
    else
        date(g, 2);
    body(g, contract, "");
}

static void stages(Gen *g, int contract)
{
    static const char *const starts[] = {"talks", "intent", "effective", "never"};

    if (!g->starts_when[contract] && chance(g, 40))
        return;
    put(g, "  stage = %s\n", starts[chance(g, 5) ? 3 : below(g, 3)]);
    if (!g->starts_when[contract]) {
        put(g, "  definitive on ");
        put_some_day(g);
        if (chance(g, 60))
            put(g, " chance %d%%", between(g, 20, 95));
        put(g, "\n  effective on definitive + %d months\n", between(g, 0, 3));
    } else {
        put(g, "  effective when ");
        yesno(g, 2);
        put(g, "\n");
    }
    if (chance(g, 40)) {
        put(g, "  suspended when ");
        yesno(g, 2);
        put(g, "\n");
    }
}

/* A loan: drawn, served, repaid; its outstanding amount is a stock of money. */
static void loan(Gen *g, int contract)
{
    const char *lender = g->parties[g->contract_parties[contract][0]];
    const char *borrower = g->parties[g->contract_parties[contract][1]];
    static const char *const words[] = {"day", "week", "month", "quarter", "year"};

    put(g, "  stock owed : USD = %d coin\n  tenor : term = term(",
        chance(g, 50) ? 0 : between(g, 10, 90));
    put_some_day(g);
    put(g, ", %d months)\n", between(g, 6, 40));
    put(g, "  on start(tenor) { pay %d coin from %s to %s as borrowing raises owed }\n",
        between(g, 5, 80), lender, borrower);
    put(g,
        "  every %s during tenor {\n    pay owed * %d%%/year * period from %s to %s as revenue "
        "rank first_rank\n",
        words[g->step], between(g, 1, 12), borrower, lender);
    put(g,
        "    pay min(owed, %d coin) from %s to %s as repayment rank first_rank lowers owed\n  }\n",
        between(g, 1, 25), borrower, lender);
    g->has_loan[contract] = true;
    strcpy(g->debts[g->n_debts], g->contracts[contract]);
    strcat(g->debts[g->n_debts++], ".owed");
}

/* Backing may not run in a circle: each party backs only those before it. */
static bool may_back(const Gen *g, int backer, int borrower)
{
    return backer > borrower && !g->is_outside[borrower];
}

static void line_of_credit(Gen *g, int contract)
{
    static const char *const words[] = {"day", "week", "month", "quarter", "year"};
    const char *lender = g->parties[g->contract_parties[contract][0]];
    const char *borrower = g->parties[g->contract_parties[contract][1]];
    bool is_for_shortfall = chance(g, 75) && may_back(g, g->contract_parties[contract][0],
                                                      g->contract_parties[contract][1]);

    put(g, "  stock drawn : USD = 0 coin\n");
    put(g, "  facility line from %s to %s up to %d coin%s as borrowing%s%s\n", lender, borrower,
        between(g, 5, 60), changing(g), is_for_shortfall ? " for shortfall" : "",
        chance(g, 70) ? " raises drawn" : "");
    if (is_for_shortfall && chance(g, 40)) {
        put(g, "  every %s { borrow %d coin from line }\n", words[g->step], between(g, 1, 6));
    } else if (!is_for_shortfall || chance(g, 50)) {
        put(g, "  when ");
        yesno(g, 1);
        put(g, " again { borrow ");
        amount_of_money(g, 12);
        put(g, " from line }\n");
    }
}

/* Of what the second party of an earlier contract owes. */
static void guarantee(Gen *g, int contract)
{
    int covered = below(g, contract);
    int creditor = g->contract_parties[covered][0];
    int debtor = g->contract_parties[covered][1];
    int guarantor = between(g, 1, g->n_parties - 1);

    if (!g->has_loan[covered] || guarantor == creditor || !may_back(g, guarantor, debtor))
        return;
    put(g, "  guarantee backing of %s by %s up to %d coin%s\n", g->contracts[covered],
        g->parties[guarantor], between(g, 5, 60), changing(g));
}

static void write_grace(Gen *g)
{
    put(g, "  grace : duration = ");
    if (chance(g, 60))
        put(g, "%d months\n", between(g, 0, 4));
    else if (chance(g, 50))
        put(g, "%d days\n", between(g, 1, 70));
    else
        put(g, "abs(clamp(x0, -3, 3)) * 1 month\n");
}

static void write_contract(Gen *g, int contract)
{
    const int *pair = g->contract_parties[contract];

    put(g, "contract %s \"Contract %d\" between %s and %s {\n", g->contracts[contract], contract,
        g->parties[pair[0]], g->parties[pair[1]]);
    if (contract > 0 && !g->starts_when[contract] && chance(g, 80))
        guarantee(g, contract);
    else
        stages(g, contract);
    if (chance(g, 40))
        write_grace(g);
    if (chance(g, 50))
        loan(g, contract);
    if (g->has_line[contract])
        line_of_credit(g, contract);
    int n_rules = between(g, 1, 4);
    for (int i = 0; i < n_rules; i++) {
        switch (below(g, 5)) {
        case 0:
        case 1:
            every_rule(g, contract);
            break;
        case 2:
            on_rule(g, contract);
            break;
        case 3:
            when_rule(g, contract);
            break;
        default:
            each_rule(g, contract);
            break;
        }
    }
    if (chance(g, 15)) {
        put(g, "  when ");
        yesno(g, 2);
        put(g, " { end }\n");
    }
    put(g, "}\n");
}

static void choose_contracts(Gen *g)
{
    static const char *const names[] = {"supply_deal", "lease", "big_loan", "aid", "buyout", "tie"};
    int offset = below(g, 6);
    int n = between(g, 2, 5);

    for (int i = 0; i < n; i++) {
        strcpy(g->contracts[i], names[(i + offset) % 6]);
        g->contract_parties[i][0] = below(g, g->n_parties);
        do
            g->contract_parties[i][1] = below(g, g->n_parties);
        while (
            g->contract_parties[i][1] == g->contract_parties[i][0] ||
            (g->is_outside[g->contract_parties[i][0]] && g->is_outside[g->contract_parties[i][1]]));
    }
    g->n_contracts = n;
    for (int i = 0; i < n; i++) {
        g->has_line[i] = chance(g, 35);
        g->starts_when[i] = chance(g, 25);
    }
    for (int i = 0; i < g->n_inside; i++)
        g->reserve_for[i] = chance(g, 40) ? below(g, n) : -1;
    for (int i = g->n_inside; i < g->n_parties; i++)
        g->reserve_for[i] = -1;
}

/* A shop too, with one rule replaced or left out. */
static void write_booth(Gen *g, const char *step)
{
    put(g, "kind booth like shop {\n  base = %d.5\n", between(g, 0, 4));
    if (chance(g, 50))
        put(g, "  without clear_out\n}\n");
    else
        put(g, "  rule clear_out every %s { add 1 widget to goods }\n}\n", step);
}

/* Rules that belong to no contract, and instances with parts. */
static void write_shops(Gen *g)
{
    static const char *const words[] = {"day", "week", "month", "quarter", "year"};

    put(g,
        "kind shop \"Sells to users\" {\n  keeper : party\n  base : number\n"
        "  part hall { floors : number; area = floors * 3 }\n"
        "  area = sum over h in hall: h.area\n"
        "  stock goods : widget signed = 20 widget\n"
        "  every %s { pay clamp(base + area, 0, 20) * 0.5 coin/month from users to keeper as "
        "revenue }\n"
        "  rule clear_out when goods < 5 widget for ",
        words[g->step]);
    put_periods(g, 1);
    put(g, " again { add 12 widget to goods\n    pay 2.505 coin from keeper to world as "
           "equipment }\n");
    put(g, "  every %s during term(", words[g->step]);
    put_some_day(g);
    put(g, ", 30 months) { move 0.1 * goods from goods to stash }\n}\n");
    put(g, "stock stash : widget signed = 0 widget\n");
    bool is_joined = chance(g, 50);
    bool has_booth = chance(g, 60);
    if (has_booth)
        write_booth(g, words[g->step]);
    for (int i = 0; i < (has_booth ? 3 : 2); i++) {
        put(g, "%s shop%d \"Shop\" { keeper = %s%s", i < 2 ? "shop" : "booth", i,
            g->parties[below(g, g->n_inside)], i < 2 ? "; base = " : "");
        if (i < 2)
            bounded(g, -3, 9);
        if (is_joined)
            put(g, "\n  hall h1 { floors ~ %d to 6 }\n", between(g, 1, 5));
        else
            put(g, "\n  hall h1 { floors = %d }\n", between(g, 1, 5));
        if (chance(g, 50))
            put(g, "  hall h2 { floors ~ 1 to 4 }\n");
        put(g, "}\n");
    }
    if (is_joined)
        put(g, "together shop.hall.floors correlated 0.%d, 0.%d within shop\n", between(g, 0, 3),
            between(g, 4, 9));
    g->has_shops = true;
    know(g, NUMBER, false, "shop%d.area", has_booth ? 2 : 1);
    know(g, THINGS, false, "shop0.goods");
}

/* A debt that its debtor can pay only now and then, or never quite, and that another backs. */
static void write_backed(Gen *g)
{
    static const char *const words[] = {"day", "week", "month", "quarter", "year"};
    int due = between(g, 4, 30);
    int n_steps = between(g, 1, 3);

    put(g,
        "contract backed \"Backed\" between users and %s {\n  grace : duration = %d months\n"
        "  every %s { pay (%d + abs(clamp(x0, -3, 3))) * 1 coin from %s to users as repayment "
        "rank first_rank }\n}\n",
        g->parties[0], between(g, 0, 9), words[g->step], due, g->parties[0]);
    put(g,
        "contract feed \"Now and then\" between world and %s {\n"
        "  every %d %ss { pay %d coin from world to %s as revenue }\n}\n",
        g->parties[0], n_steps, words[g->step],
        n_steps == 1 ? due : due * between(g, n_steps, n_steps + 1), g->parties[0]);
    put(g,
        "contract pledge \"Pledge\" between %s and users {\n"
        "  guarantee of %s by %s up to %d coin\n}\n",
        g->parties[1], chance(g, 30) ? g->parties[0] : "backed",
        g->parties[chance(g, 40) ? g->n_inside + 1 : 1], between(g, 10, 90));
}

/* One contract for each instance of a kind. */
static void write_rents(Gen *g)
{
    put(g,
        "kind rental \"Rent\" between lessor and lessee {\n  rate : USD/month\n"
        "  grace : duration = 1 month\n"
        "  every %s { pay rate from lessee to lessor as revenue rank first_rank }\n"
        "  when lessee.defaulted { end }\n}\n",
        g->step == STEP_WEEK      ? "week"
        : g->step == STEP_QUARTER ? "quarter"
        : g->step == STEP_YEAR    ? "year"
                                  : "month");
    put(g,
        "rental rents \"Rents\" for p in node between %s and %s { rate = p.gets * 0.4 "
        "coin/month }\n",
        g->parties[g->n_inside - 1], g->parties[0]);
    g->has_rents = true;
}

/* ---- what is asked ---- */

/* A day in the last third of the clock: a check that never looks is refused. */
static void put_late_day(Gen *g)
{
    int32_t third = g->n_periods / 3;

    put_day(g, step_last_day(g->step, g->first_ordinal + g->n_periods - 1 - below(g, third + 1)));
}

static void write_checks(Gen *g)
{
    const char *party = g->parties[below(g, g->n_inside)];

    if (chance(g, 40))
        put(g, "check \"pays in full\" always unpaid(%s) = 0 coin in %d%% of paths\n", party,
            between(g, 10, 95));
    if (chance(g, 30)) {
        put(g, "check \"holds for a while\" always ");
        yesno(g, 1);
        put(g, " during term(");
        put_late_day(g);
        put(g, ", %d months)\n", between(g, 1, 12));
    }
    if (chance(g, 30)) {
        put(g, "check \"rich by then\" at ");
        const Known *day = some_known(g, DATE, true);
        if (day != NULL)
            put(g, "%s", day->name);
        else
            put_late_day(g);
        put(g, " %s.cash > %d coin\n", party, between(g, 0, 50));
    }
    if (chance(g, 30))
        put(g, "check \"covered\" covers %s.cash over paid(%s) at least 1.%d\n", party, party,
            between(g, 0, 9));
}

static void write_report(Gen *g)
{
    if (chance(g, 40))
        return;
    put(g, "report r \"Report\" {\n");
    for (int i = 0; i < 4; i++) {
        const Known *known = &g->known[below(g, g->n_known)];
        put(g, "  show %s\n", known->name);
    }
    put(g, "  show %s.cash, unpaid(%s)\n", some_party(g), g->parties[0]);
    put(g, "  show first(unpaid(%s) > 0 coin)\n", g->parties[0]);
    if (chance(g, 40)) {
        put(g, "  show cumulative(unpaid(%s)), lag(%s.cash, ", g->parties[1], g->parties[1]);
        put_periods(g, between(g, 1, 3));
        put(g, ", first 2 coin)\n  show mean of %s.cash over last ", g->parties[0]);
        put_periods(g, between(g, 1, 4));
        put(g, "\n  show (%s.cash at ", g->parties[0]);
        put_late_day(g);
        put(g, "), smooth(%s.cash, 2 months)\n", g->parties[1]);
    }
    if (chance(g, 30)) {
        const char *party = some_party(g);
        put(g, "  show total(received(%s)), present(paid(%s), %d%%/year, from ", party, party,
            between(g, -20, 90));
        put_late_day(g);
        put(g, ")\n  show irr(received(%s) - 7 coin", party);
        if (chance(g, 50)) {
            put(g, ", to ");
            put_late_day(g);
        }
        put(g, ")\n");
    }
    if (g->n_stocks > 0)
        put(g, "  show s0\n");
    if (chance(g, 70))
        put(g, "  who_pays %s.sales\n", g->parties[below(g, g->n_inside)]);
    if (chance(g, 30)) {
        put(g, "  who_pays %s.sales during term(", g->parties[below(g, g->n_inside)]);
        put_some_day(g);
        put(g, ", %d months)\n", between(g, 2, 12));
    }
    put(g, "}\n");
}

static void write_scenario(Gen *g)
{
    const Known *draw = NULL;

    for (int i = 0; i < g->n_known; i++) {
        if (g->known[i].is_drawn && g->known[i].kind == NUMBER)
            draw = &g->known[i];
    }
    put(g, "scenario other \"Otherwise\" {\n");
    if (draw != NULL && chance(g, 70))
        put(g, "  %s %s\n", draw->name, chance(g, 50) ? "scaled 1.25" : "plus 0.5");
    else if (draw != NULL)
        put(g, "  %s ~ 2 to %d%s%s\n", draw->name, between(g, 3, 9),
            draw->interval[0] == '\0' ? "" : " drawn ", draw->interval);
    if (chance(g, 50))
        put(g, "  k0 = %d.5\n", between(g, 0, 9));
    if (chance(g, 30))
        put(g, "  x%d = %d.25 instead\n", below(g, g->n_formulas), between(g, 0, 4));
    if (g->has_nodes && chance(g, 50))
        put(g, "  every node.size %s\n", chance(g, 50) ? "scaled 1.5" : "plus 1");
    if (g->has_shops && chance(g, 50))
        put(g, "  every shop.base = x%d / 8\n", below(g, g->n_formulas));
    if (g->has_rents && chance(g, 50))
        put(g, "  every rental.grace = %d months\n", between(g, 0, 4));
    if (chance(g, 40))
        put(g, "  %s.stage = never\n", g->contracts[g->n_contracts - 1]);
    put(g, "}\n");
}

static void write_formula(Gen *g, int i)
{
    int which = below(g, 10);
    Kind kind = which < 6 ? NUMBER : which < 8 ? MONEY : which == 8 ? DATE : YESNO;

    /* x0, x1, ... are numbers: others may read their past before they are written */
    put(g, "x%d : number = ", i);
    bounded(g, -30, 30);
    put(g, "\n");
    know(g, NUMBER, false, "x%d", i);
    if (kind == NUMBER)
        return;
    put(g, "y%d : %s = ", i, kind == MONEY ? "USD" : kind == DATE ? "date" : "yesno");
    if (kind == MONEY && chance(g, 97)) {
        put(g, "max(0 coin, ");
        money(g, 2);
        put(g, ")");
    } else {
        expression(g, kind, between(g, 1, 3));
    }
    put(g, "\n");
    know(g, kind, false, "y%d", i);
}

static void write_values(Gen *g)
{
    int n_draws = between(g, 3, 7);
    int n_constants = between(g, 1, 3);

    g->n_formulas = between(g, 4, 12);
    for (int i = 0; i < n_constants; i++) {
        put(g, "k%d = %d.%d\n", i, between(g, 0, 9), between(g, 0, 9));
        know(g, NUMBER, true, "k%d", i);
    }
    for (int i = 0; i < n_draws; i++)
        write_draw(g, i);
    if (chance(g, 50))
        write_together(g);
    g->has_word = chance(g, 30);
    if (g->has_word)
        put(g, "mood ~ one of {calm: 50%%, wild: 30%%, odd: 20%%}\n");
}

Text generate_file(Arena *arena, Text path, bool *ok)
{
    *ok = true;
    if (text_is(path, "numbers.csv"))
        return text_copy(arena, TEXT("name,level\na,1.5\nb,2.25\nc,0.5\nd,4\ne,3.125\nf,9.75\n"));
    if (text_is(path, "days.csv"))
        return text_copy(arena, TEXT("day,level\n2025-06-30,4.5\n2026-11,12\n2027-02-28,7.25\n"
                                     "2028-03-01,18\n2031-12-31,2.5\n2040-01-01,9\n"));
    *ok = false;
    return (Text){0};
}

Text generate_model(Arena *arena, uint64_t seed, const GenerateOptions *options)
{
    Gen g = {.state = seed * 0xD1342543DE82EF95ULL + 1, .out = {.arena = arena}};

    g.options = options;
    write_model(&g, seed);
    write_books(&g);
    if (options->one_more != NULL)
        put(&g, "%s\n", options->one_more);
    choose_parties(&g);
    choose_contracts(&g);
    write_values(&g);
    int n_tables = below(&g, 3);
    for (int i = 0; i < n_tables; i++)
        write_table(&g);
    g.may_read_states = true;
    for (int i = 0; i < g.n_formulas; i++) {
        write_formula(&g, i);
        if (i == 1 && chance(&g, 35))
            write_nodes(&g);
        if (i == 2 && chance(&g, 35))
            write_solve(&g);
        if (i >= 2 && i <= 4 && chance(&g, 40))
            write_stock(&g);
        if (i >= 2 && i <= 3 && chance(&g, 25))
            write_belt(&g, i - 2);
    }
    for (int i = 0; i < g.n_parties; i++)
        write_party(&g, i);
    put(&g, "party costs_of_default \"Lost in defaults\" { outside }\n");
    if (chance(&g, 25))
        write_shops(&g);
    for (int i = 0; i < g.n_contracts; i++)
        write_contract(&g, i);
    if (chance(&g, 25))
        write_backed(&g);
    if (g.has_nodes && chance(&g, 50))
        write_rents(&g);
    write_checks(&g);
    write_report(&g);
    write_scenario(&g);
    return buffer_view(&g.out);
}
