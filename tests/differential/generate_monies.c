/* A second money: books in it, what is owed, backed and left over in it, and exchange.
 *
 * Only some models have one, by their seed: the random numbers of the others stay as they are. */
#include "generator.h"

void put_further_books(Gen *g, int i)
{
    if (!g->has_marks || g->is_outside[i])
        return;
    if (chance(g, 80))
        put(g, "  opening cash = %d.%02d mark\n", between(g, 0, 40), between(g, 0, 99));
    if (chance(g, 30))
        put(g, "  opening debt = %d mark against world\n", between(g, 1, 90));
    if (chance(g, 35))
        put(g, "  keep %d mark%s\n", between(g, 1, 9), chance(g, 50) ? " before middle" : "");
    if (chance(g, 40))
        put(g, "  reserve e%d for abroad { target = %d mark%s }\n", i, between(g, 1, 9),
            chance(g, 50) ? "; opening = 0.25 mark" : "");
}

static const char *step_word(const Gen *g)
{
    static const char *const words[] = {"day", "week", "month", "quarter", "year"};

    return words[g->step];
}

/* Paid in marks, and now and then in coins too, under one contract. */
static void write_abroad(Gen *g)
{
    const char *debtor = g->parties[0], *creditor = g->parties[chance(g, 50) ? 1 : g->n_inside];

    put(g, "contract abroad \"Abroad\" between %s and %s {\n", creditor, debtor);
    if (chance(g, 60))
        put(g, "  grace : duration = %d months\n", between(g, 0, 4));
    put(g, "  stock owing : EUR = %d mark\n", between(g, 20, 90));
    put(g,
        "  every %s { pay min(owing, %d.005 mark * (1 + abs(clamp(x0, -2, 2)))) from %s to %s "
        "as repayment rank first_rank lowers owing }\n",
        step_word(g), between(g, 1, 12), debtor, creditor);
    put(g, "  every %s { pay %d.335 mark from %s to %s as revenue\n", step_word(g),
        between(g, 0, 5), debtor, creditor);
    if (chance(g, 50))
        put(g, "    pay %d coin from %s to %s as revenue\n", between(g, 0, 5), debtor, creditor);
    put(g, "    book 1.005 mark in %s from plant to wear }\n", debtor);
    if (chance(g, 80))
        put(g, "  every %s { pay %d%% of rest%s from %s.EUR to %s as equity rank last_rank }\n",
            step_word(g), between(g, 5, 90), chance(g, 50) ? " up to 4 mark" : "", debtor,
            creditor);
    if (chance(g, 50))
        put(g,
            "  facility credit from world to %s up to %d mark as borrowing for shortfall raises "
            "owing\n",
            debtor, between(g, 1, 20));
    put(g, "}\n");
}

/* What each side of an exchange pays clears in its own money. */
static void write_exchange(Gen *g)
{
    put(g, "rate : EUR/USD ~ 0.5 to 1.5 EUR/USD drawn yearly\n");
    put(g, "contract swap \"Swap\" between %s and %s {\n  every %s {\n", g->parties[1],
        g->parties[0], step_word(g));
    put(g, "    pay %d coin from %s to %s as equity\n", between(g, 1, 9), g->parties[0],
        g->parties[1]);
    put(g, "    pay %d coin * rate from %s to %s as equity\n  }\n}\n", between(g, 1, 9),
        g->parties[1], g->parties[0]);
}

void write_monies(Gen *g)
{
    if (!g->has_marks)
        return;
    write_abroad(g);
    put(g, "contract takings \"Takings\" between %s and world {\n", g->parties[0]);
    put(g, "  every %d %ss { pay %d mark from world to %s as revenue }\n}\n", between(g, 1, 3),
        step_word(g), between(g, 0, 12), g->parties[0]);
    if (chance(g, 60))
        write_exchange(g);
    if (chance(g, 80))
        put(g,
            "contract bond \"Bond\" between %s and world { guarantee of %s by %s up to %d mark }\n",
            g->parties[1], chance(g, 50) ? "abroad" : g->parties[0],
            chance(g, 50) ? "world" : g->parties[1], between(g, 5, 60));
}

void put_report_of_monies(Gen *g)
{
    if (!g->has_marks)
        return;
    put(g, "  show %s.EUR.cash, unpaid(%s.EUR), %s.EUR.defaulted, %s.default_date\n", g->parties[0],
        g->parties[0], g->parties[0], g->parties[0]);
    put(g, "  show received(%s.EUR), paid(abroad.EUR, revenue), paid(abroad, revenue)\n",
        g->parties[1]);
    if (chance(g, 50))
        put(g, "  who_pays %s.EUR.sales\n", g->parties[1]);
}
