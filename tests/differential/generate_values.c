/* Draws, tables, formulas, stocks, belts and what is shared or solved. */
#include "generator.h"

#include <string.h>

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

/* ---- tables, and what is shared, solved and stocked ---- */

void write_table(Gen *g)
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

void write_nodes(Gen *g)
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

void write_solve(Gen *g)
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

void write_stock(Gen *g)
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

void write_belt(Gen *g, int i)
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

/* ---- formulas ---- */

void write_formula(Gen *g, int i)
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

void write_values(Gen *g)
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
