/* Books: every posting balances, claims have holders, and a small company by hand. */
#include "ledger/books.h"

#include "base/money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { REVENUE = BOOKS_FIXED_ACCOUNTS, COSTS, PLANT, DEBT, LOANS, DEPRECIATION };
enum { SALE, PURCHASE, BORROWING, REPAYMENT };
enum { BUYER, SELLER, PARTIES };

static Chart *small_chart(Arena *arena)
{
    const Account accounts[] = {
        {TEXT("revenue"), ACCOUNT_INCOME}, {TEXT("costs"), ACCOUNT_EXPENSE},
        {TEXT("plant"), ACCOUNT_ASSET},    {TEXT("debt"), ACCOUNT_LIABILITY},
        {TEXT("loans"), ACCOUNT_ASSET},    {TEXT("depreciation"), ACCOUNT_EXPENSE},
    };
    const Category categories[] = {
        {TEXT("sale"), COSTS, REVENUE},
        {TEXT("purchase"), PLANT, REVENUE},
        {TEXT("borrowing"), LOANS, DEBT},
        {TEXT("repayment"), DEBT, LOANS},
    };
    return books_chart(arena, accounts, 6, categories, 4);
}

static void every_pattern_is_proved(void **state)
{
    Arena *arena = arena_new(NULL);
    Chart *chart = small_chart(arena);

    (void)state;
    assert_true(books_prove(chart).holds);
    chart->categories[REPAYMENT].payee_account = 99;
    BooksProof proof = books_prove(chart);
    assert_false(proof.holds);
    assert_int_equal(proof.category, REPAYMENT);
    const PostingPattern lopsided = {
        3, {{SIDE_PAYER, BOOKS_CASH, 1}, {SIDE_PAYER, PLANT, -1}, {SIDE_PAYEE, BOOKS_CASH, 1}}};
    assert_false(books_pattern_balances(&lopsided));
    arena_free(arena);
}

/* The seller starts with 100 cash; the buyer with 50 cash and debt of 30. The buyer owes 80
 * for plant, pays 45 of it, and writes off 8. */
static void a_purchase_partly_paid(void **state)
{
    Arena *arena = arena_new(NULL);
    Chart *chart = small_chart(arena);
    Books *books = books_new(arena, chart, PARTIES);
    PostingPattern due = books_pattern(chart, PURCHASE, POST_DUE);
    PostingPattern paid = books_pattern(chart, PURCHASE, POST_PAID);
    PostingPattern cash = books_opening(chart, BOOKS_CASH, BOOKS_OPENING_EQUITY);
    PostingPattern debt = books_opening(chart, DEBT, BOOKS_OPENING_EQUITY);
    PostingPattern write_off = books_move(PLANT, DEPRECIATION);

    (void)state;
    assert_true(books_post(books, &cash, SELLER, SELLER, 100));
    assert_true(books_post(books, &cash, BUYER, BUYER, 50));
    assert_true(books_post(books, &debt, BUYER, BUYER, 30));
    assert_true(books_natural(chart, books, BUYER, DEBT) == 30);
    assert_true(books_natural(chart, books, BUYER, BOOKS_OPENING_EQUITY) == 20);
    assert_true(books_post(books, &due, BUYER, SELLER, 80));
    assert_true(books_post(books, &paid, BUYER, SELLER, 45));
    assert_true(books_post(books, &write_off, BUYER, BUYER, 8));

    BalanceSheet buyer = books_sheet(chart, books, BUYER);
    assert_true(buyer.assets == 5 + 72 && buyer.liabilities == 30 + 35 && buyer.equity == 12);
    assert_true(buyer.balances);
    BalanceSheet seller = books_sheet(chart, books, SELLER);
    assert_true(seller.assets == 145 + 35 && seller.equity == 180 && seller.balances);
    assert_true(books_trial_balance(books, BUYER) == 0);
    assert_true(books_claims_match(books));
    assert_int_equal(books_count_unbalanced(PARTIES, chart->n_accounts, 1, books->balances), 0);
    books->balances[BUYER * chart->n_accounts + PLANT] += 1;
    assert_false(books_sheet(chart, books, BUYER).balances);
    assert_int_equal(books_count_unbalanced(PARTIES, chart->n_accounts, 1, books->balances), 1);
    arena_free(arena);
}

static void amounts_are_whole_and_bounded(void **state)
{
    Arena *arena = arena_new(NULL);
    Chart *chart = small_chart(arena);
    Books *books = books_new(arena, chart, PARTIES);
    PostingPattern sale = books_pattern(chart, SALE, POST_AT_ONCE);

    (void)state;
    assert_false(books_post(books, &sale, BUYER, SELLER, 0.5));
    assert_false(books_post(books, &sale, BUYER, SELLER, MONEY_LIMIT));
    assert_true(books_post(books, &sale, BUYER, SELLER, MONEY_LIMIT - 1));
    assert_false(books_post(books, &sale, SELLER, BUYER, -1)); /* would pass the limit */
    assert_true(books_balance(books, SELLER, BOOKS_CASH) == MONEY_LIMIT - 1);
    assert_true(books_trial_balance(books, SELLER) == 0);
    assert_true(books_trial_balance(books, BUYER) == 0);
    arena_free(arena);
}

static void ring_fenced_cash(void **state)
{
    Arena *arena = arena_new(NULL);
    Chart *chart = small_chart(arena);
    Books *books = books_new(arena, chart, PARTIES);
    PostingPattern fill = books_pattern(chart, SALE, POST_RESERVE_FILL);
    PostingPattern release = books_pattern(chart, SALE, POST_RESERVE_FREE);

    (void)state;
    books_post(books, &fill, BUYER, BUYER, 25);
    books_post(books, &release, BUYER, BUYER, 10);
    assert_true(books_balance(books, BUYER, BOOKS_RESERVED_CASH) == 15);
    assert_true(books_balance(books, BUYER, BOOKS_CASH) == -15);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pattern_is_proved),
        cmocka_unit_test(a_purchase_partly_paid),
        cmocka_unit_test(amounts_are_whole_and_bounded),
        cmocka_unit_test(ring_fenced_cash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
