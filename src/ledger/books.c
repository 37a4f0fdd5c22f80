/* Double-entry books: what each category posts, and the proofs that it balances. */
#include "ledger/books.h"

#include "base/money.h"

#include <assert.h>
#include <math.h>
#include <string.h>

Chart *books_chart(Arena *arena, const Account *accounts, size_t n_accounts,
                   const Category *categories, size_t n_categories)
{
    static const Account fixed[BOOKS_FIXED_ACCOUNTS] = {
        [BOOKS_CASH] = {{"cash", 4}, ACCOUNT_ASSET},
        [BOOKS_RESERVED_CASH] = {{"reserved_cash", 13}, ACCOUNT_ASSET},
        [BOOKS_RECEIVABLE] = {{"receivable", 10}, ACCOUNT_ASSET},
        [BOOKS_PAYABLE] = {{"payable", 7}, ACCOUNT_LIABILITY},
        [BOOKS_OPENING_EQUITY] = {{"opening_equity", 14}, ACCOUNT_EQUITY},
    };
    Chart *chart = ARENA_NEW(arena, Chart);

    chart->n_accounts = BOOKS_FIXED_ACCOUNTS + n_accounts;
    chart->accounts = ARENA_ARRAY(arena, Account, chart->n_accounts);
    memcpy(chart->accounts, fixed, sizeof fixed);
    if (n_accounts > 0)
        memcpy(chart->accounts + BOOKS_FIXED_ACCOUNTS, accounts, n_accounts * sizeof *accounts);
    chart->n_categories = n_categories;
    chart->categories = ARENA_ARRAY(arena, Category, n_categories + 1);
    if (n_categories > 0)
        memcpy(chart->categories, categories, n_categories * sizeof *categories);
    return chart;
}

static void add_line(PostingPattern *pattern, BookSide side, uint32_t account, double sign)
{
    assert(pattern->n_lines < BOOKS_MAX_LINES && "a pattern has at most two lines a side");
    pattern->lines[pattern->n_lines++] = (PostingLine){side, account, sign};
}

static void add_pair(PostingPattern *pattern, BookSide side, uint32_t debit, uint32_t credit)
{
    add_line(pattern, side, debit, 1);
    add_line(pattern, side, credit, -1);
}

PostingPattern books_pattern(const Chart *chart, uint32_t category, PostingMoment moment)
{
    const Category *c = &chart->categories[category];
    PostingPattern pattern = {0};

    switch (moment) {
    case POST_DUE:
        add_pair(&pattern, SIDE_PAYER, c->payer_account, BOOKS_PAYABLE);
        add_pair(&pattern, SIDE_PAYEE, BOOKS_RECEIVABLE, c->payee_account);
        break;
    case POST_PAID:
        add_pair(&pattern, SIDE_PAYER, BOOKS_PAYABLE, BOOKS_CASH);
        add_pair(&pattern, SIDE_PAYEE, BOOKS_CASH, BOOKS_RECEIVABLE);
        break;
    case POST_AT_ONCE:
        add_pair(&pattern, SIDE_PAYER, c->payer_account, BOOKS_CASH);
        add_pair(&pattern, SIDE_PAYEE, BOOKS_CASH, c->payee_account);
        break;
    case POST_RESERVE_FILL:
        add_pair(&pattern, SIDE_PAYER, BOOKS_RESERVED_CASH, BOOKS_CASH);
        break;
    case POST_RESERVE_FREE:
        add_pair(&pattern, SIDE_PAYER, BOOKS_CASH, BOOKS_RESERVED_CASH);
        break;
    }
    return pattern;
}

PostingPattern books_move(uint32_t from_account, uint32_t to_account)
{
    PostingPattern pattern = {0};

    add_pair(&pattern, SIDE_PAYER, to_account, from_account);
    return pattern;
}

static bool is_debit_account(AccountType type)
{
    return type == ACCOUNT_ASSET || type == ACCOUNT_EXPENSE;
}

PostingPattern books_opening(const Chart *chart, uint32_t account, uint32_t against)
{
    return is_debit_account(chart->accounts[account].type) ? books_move(against, account)
                                                           : books_move(account, against);
}

bool books_pattern_balances(const PostingPattern *pattern)
{
    double sums[2] = {0, 0};

    for (size_t i = 0; i < pattern->n_lines; i++)
        sums[pattern->lines[i].side] += pattern->lines[i].sign;
    return sums[SIDE_PAYER] == 0 && sums[SIDE_PAYEE] == 0;
}

BooksProof books_prove(const Chart *chart)
{
    static const PostingMoment moments[] = {POST_DUE, POST_PAID, POST_AT_ONCE, POST_RESERVE_FILL,
                                            POST_RESERVE_FREE};

    for (uint32_t c = 0; c < chart->n_categories; c++)
        for (size_t m = 0; m < sizeof moments / sizeof moments[0]; m++) {
            const Category *category = &chart->categories[c];
            bool names_accounts = category->payer_account < chart->n_accounts &&
                                  category->payee_account < chart->n_accounts;
            PostingPattern pattern = {0};
            if (names_accounts)
                pattern = books_pattern(chart, c, moments[m]);
            if (!names_accounts || !books_pattern_balances(&pattern))
                return (BooksProof){false, c, moments[m]};
        }
    return (BooksProof){.holds = true};
}

Books *books_new(Arena *arena, const Chart *chart, size_t n_parties)
{
    Books *books = ARENA_NEW(arena, Books);

    books->n_parties = n_parties;
    books->n_accounts = chart->n_accounts;
    books->balances = ARENA_ARRAY(arena, double, n_parties * chart->n_accounts + 1);
    return books;
}

static double *balance_at(const Books *books, uint32_t party, uint32_t account)
{
    return &books->balances[party * books->n_accounts + account];
}

double books_balance(const Books *books, uint32_t party, uint32_t account)
{
    return *balance_at(books, party, account);
}

double books_natural(const Chart *chart, const Books *books, uint32_t party, uint32_t account)
{
    double balance = books_balance(books, party, account);

    return is_debit_account(chart->accounts[account].type) ? balance : 0 - balance;
}

bool books_post(Books *books, const PostingPattern *pattern, uint32_t payer, uint32_t payee,
                double cents)
{
    if (!money_is_exact(cents) || cents != floor(cents))
        return false;
    size_t done = 0;
    for (bool fits = true; done < pattern->n_lines; done++) {
        const PostingLine *line = &pattern->lines[done];
        double *balance =
            balance_at(books, line->side == SIDE_PAYER ? payer : payee, line->account);
        fits = money_is_exact(*balance + line->sign * cents);
        if (!fits)
            break;
        *balance += line->sign * cents;
    }
    if (done == pattern->n_lines)
        return true;
    while (done-- > 0) { /* take back what was posted */
        const PostingLine *line = &pattern->lines[done];
        *balance_at(books, line->side == SIDE_PAYER ? payer : payee, line->account) -=
            line->sign * cents;
    }
    return false;
}

BalanceSheet books_sheet(const Chart *chart, const Books *books, uint32_t party)
{
    BalanceSheet sheet = {0};

    for (uint32_t a = 0; a < chart->n_accounts; a++) {
        double balance = books_balance(books, party, a);
        switch (chart->accounts[a].type) {
        case ACCOUNT_ASSET:
            sheet.assets += balance;
            break;
        case ACCOUNT_LIABILITY:
            sheet.liabilities -= balance;
            break;
        case ACCOUNT_EQUITY:
        case ACCOUNT_INCOME:
        case ACCOUNT_EXPENSE:
            sheet.equity -= balance;
            break;
        }
    }
    sheet.balances = sheet.assets == sheet.liabilities + sheet.equity;
    return sheet;
}

double books_trial_balance(const Books *books, uint32_t party)
{
    double sum = 0;

    for (uint32_t a = 0; a < books->n_accounts; a++)
        sum += books_balance(books, party, a);
    return sum;
}

bool books_claims_match(const Books *books)
{
    double sum = 0;

    for (uint32_t p = 0; p < books->n_parties; p++)
        sum += books_balance(books, p, BOOKS_RECEIVABLE) + books_balance(books, p, BOOKS_PAYABLE);
    return sum == 0;
}

size_t books_count_unbalanced(size_t n_parties, size_t n_accounts, size_t n_lanes,
                              const double *balances)
{
    size_t n_unbalanced = 0;

    for (size_t lane = 0; lane < n_lanes; lane++) {
        bool balances_here = true;
        for (size_t p = 0; p < n_parties; p++) {
            double sum = 0;
            for (size_t a = 0; a < n_accounts; a++)
                sum += balances[(p * n_accounts + a) * n_lanes + lane];
            balances_here &= sum == 0;
        }
        n_unbalanced += !balances_here;
    }
    return n_unbalanced;
}
