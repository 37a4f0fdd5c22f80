/* Random but valid models, as text in the language.
 *
 * Declarations are written in an order in which each reads only what stands before it, or states,
 * or the past of anything; so no circle arises except inside `solve`. */
#include "generate.h"

#include "generator.h"

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
    put(g, "\n  money = USD%s\n}\n", g->has_marks ? ", EUR" : "");
}

/* Now and then so large that books come to what whole cents can count, or past it. */
static const char *size_of_coin(Gen *g)
{
    int which = below(g, 100);

    return which < 9 ? "1000000000" : which < 20 ? "400000000000" : "1";
}

static void write_books(Gen *g)
{
    const char *size = size_of_coin(g);

    if (g->has_marks)
        put(g, "unit EUR \"euro\" currency\nunit mark \"the same of the second\" = %s EUR\n", size);
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
        size);
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
    put_report_of_monies(g);
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
    g.has_marks = seed % 3 == 1;
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
    write_monies(&g);
    write_checks(&g);
    write_report(&g);
    write_scenario(&g);
    return buffer_view(&g.out);
}
