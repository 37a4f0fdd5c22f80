/* Expressions of every kind, typed, and mostly kept inside bounds, so that most paths live; a few
 * are not, so that some paths fail. */
#include "generator.h"

static void things(Gen *g, int depth);

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

void expression(Gen *g, Kind kind, int depth)
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

void number(Gen *g, int depth)
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

void money(Gen *g, int depth)
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

void date(Gen *g, int depth)
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

void yesno(Gen *g, int depth)
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

void bounded(Gen *g, int low, int high)
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

void amount_of_money(Gen *g, int most)
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
