/* Parties, and contracts with their rules and what backs them. */
#include "generator.h"

#include <string.h>

/* ---- parties ---- */

const char *some_party(Gen *g)
{
    return g->parties[below(g, g->n_parties)];
}

void choose_parties(Gen *g)
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

void write_party(Gen *g, int i)
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
    put_further_books(g, i);
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

void write_contract(Gen *g, int contract)
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

void choose_contracts(Gen *g)
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

void write_shops(Gen *g)
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

void write_backed(Gen *g)
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

void write_rents(Gen *g)
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
