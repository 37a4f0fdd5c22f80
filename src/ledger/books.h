/* Double-entry books: accounts, categories of payment, what each posts, and the proofs.
 *
 * A balance is kept debit positive: an asset or expense normally stands above
 * zero, a liability, equity or income below. A payment is posted twice: when
 * it falls due and when it is paid.
 *
 *   due   payer: debit  CATEGORY.payer   credit PAYABLE
 *         payee: debit  RECEIVABLE       credit CATEGORY.payee
 *   paid  payer: debit  PAYABLE          credit CASH
 *         payee: debit  CASH             credit RECEIVABLE
 *
 * Debits equal credits in each book by the shape of these rules, whatever the
 * categories; books_prove says so about a chart before anything is posted. */
#ifndef GW_LEDGER_BOOKS_H
#define GW_LEDGER_BOOKS_H

#include "base/arena.h"
#include "base/text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    ACCOUNT_ASSET,
    ACCOUNT_LIABILITY,
    ACCOUNT_EQUITY,
    ACCOUNT_INCOME,
    ACCOUNT_EXPENSE
} AccountType;

typedef struct {
    Text name;
    AccountType type;
} Account;

/* The accounts that a category names, by number in the chart. */
typedef struct {
    Text name;
    uint32_t payer_account; /* debited in the payer's book: an expense, an asset, a debt repaid */
    uint32_t payee_account; /* credited in the payee's book: income, a debt taken, equity */
} Category;

/* Always the first accounts of a chart, in this order. */
enum {
    BOOKS_CASH,
    BOOKS_RESERVED_CASH, /* ring-fenced */
    BOOKS_RECEIVABLE,
    BOOKS_PAYABLE,
    BOOKS_OPENING_EQUITY,
    BOOKS_FIXED_ACCOUNTS
};

typedef struct {
    size_t n_accounts;
    Account *accounts;
    size_t n_categories;
    Category *categories;
} Chart;

/* A chart that begins with the fixed accounts; the given ones follow. An account
 * numbered i in `accounts` becomes BOOKS_FIXED_ACCOUNTS + i; the categories'
 * account numbers are those of the finished chart. */
Chart *books_chart(Arena *arena, const Account *accounts, size_t n_accounts,
                   const Category *categories, size_t n_categories);

/* One line of a posting: +1 debits, -1 credits `account` of one side's book. */
typedef enum { SIDE_PAYER, SIDE_PAYEE } BookSide;
typedef struct {
    BookSide side;
    uint32_t account;
    double sign;
} PostingLine;
enum { BOOKS_MAX_LINES = 4 };
typedef struct {
    size_t n_lines;
    PostingLine lines[BOOKS_MAX_LINES];
} PostingPattern;

typedef enum {
    POST_DUE,          /* both sides accrue */
    POST_PAID,         /* cash against payable and receivable */
    POST_AT_ONCE,      /* due and paid together: without payable and receivable */
    POST_RESERVE_FILL, /* payer only: reserved cash up, cash down */
    POST_RESERVE_FREE  /* payer only: cash up, reserved cash down */
} PostingMoment;

PostingPattern books_pattern(const Chart *chart, uint32_t category, PostingMoment moment);
/* Inside one book: debit `to`, credit `from` (`book X in A from ACCOUNT to ACCOUNT`). */
PostingPattern books_move(uint32_t from_account, uint32_t to_account);
/* An opening balance against another account, in natural signs: an asset is debited, a
 * debt credited. */
PostingPattern books_opening(const Chart *chart, uint32_t account, uint32_t against);

/* True when, on each side, the signs of the pattern sum to zero. */
bool books_pattern_balances(const PostingPattern *pattern);
/* Proves every category at every moment; on failure names the first that does not. */
typedef struct {
    bool holds;
    uint32_t category;
    PostingMoment moment;
} BooksProof;
BooksProof books_prove(const Chart *chart);

/* Balances of one path: [party][account], cents, debit positive. */
typedef struct {
    size_t n_parties, n_accounts;
    double *balances;
} Books;
Books *books_new(Arena *arena, const Chart *chart, size_t n_parties);
double books_balance(const Books *books, uint32_t party, uint32_t account);
/* In the account's natural sign: a debt of 5 reads 5. */
double books_natural(const Chart *chart, const Books *books, uint32_t party, uint32_t account);
/* Applies a pattern. False, and nothing posted, when the amount is not a whole
 * number or a balance would reach 2^53 cents. */
bool books_post(Books *books, const PostingPattern *pattern, uint32_t payer, uint32_t payee,
                double cents);

/* What one party's book adds up to. */
typedef struct {
    double assets, liabilities, equity; /* equity with income less expense so far */
    bool balances;                      /* assets = liabilities + equity, exactly */
} BalanceSheet;
BalanceSheet books_sheet(const Chart *chart, const Books *books, uint32_t party);
/* The sum of all of a party's balances, debit positive: zero when its book balances. */
double books_trial_balance(const Books *books, uint32_t party);
/* Over all parties: receivables equal payables. True when every claim has its holder. */
bool books_claims_match(const Books *books);

/* Columns [party][account][lane] as the engine keeps them: the number of lanes in
 * which some party's book does not balance. */
size_t books_count_unbalanced(size_t n_parties, size_t n_accounts, size_t n_lanes,
                              const double *balances);

#endif
