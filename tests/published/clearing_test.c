/* Clearing against published and textbook networks, in cents of billions. */
#include "../unit/ledger/clearing_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define BILLION 1e11 /* cents */

/* Within a few cents: floors, and the cents that a floored payment takes from others. */
static void assert_near(double cents, double billions)
{
    if (fabs(cents - billions * BILLION) > 4)
        fail_msg("%.0f cents, expected %.2f", cents, billions * BILLION);
}

/* The example of default_clearing in the manual of the R package systemicrisk. */
static ClearingCase *three_banks(void)
{
    static const double cash[] = {0.5, 0.625, 0.75}, outside_debt[] = {1.5, 0.5, 0.5};
    ClearingCase *cc = case_new();

    for (size_t i = 0; i < 3; i++)
        case_party(cc, cash[i] * BILLION);
    uint32_t world = case_outside(cc);
    for (uint32_t i = 0; i < 3; i++) {
        for (uint32_t j = 0; j < 3; j++)
            if (i != j)
                case_pay(cc, i, j, 0, 0.5 * BILLION);
        case_pay(cc, i, world, 0, outside_debt[i] * BILLION);
    }
    return cc;
}

static void set_default_costs(ClearingCase *cc, double cash_lost, double claims_lost)
{
    for (size_t s = 0; s < cc->n_slots; s++)
        cc->overdue[s] = cc->due[s];
    for (size_t p = 0; p < cc->n_parties; p++) {
        cc->loss_of_cash[p] = cash_lost;
        cc->loss_of_claims[p] = claims_lost;
    }
}

static void eisenberg_noe_three_banks(void **state)
{
    ClearingCase *cc = three_banks();

    (void)state;
    case_run(cc);
    assert_near(case_paid_by(cc, 0), 165.0 / 112);
    assert_near(case_paid_by(cc, 1), 159.0 / 112);
    assert_true(case_paid_by(cc, 2) == 1.5 * BILLION);
    assert_false(cc->all_paid);
    case_free(cc);
}

static void rogers_veraart_three_banks(void **state)
{
    ClearingCase *cc = three_banks();

    (void)state;
    set_default_costs(cc, 0.5, 0.3);
    case_run(cc);
    assert_true(fabs(case_paid_by(cc, 0) / BILLION - 0.502020) < 1e-6);
    assert_true(fabs(case_paid_by(cc, 1) / BILLION - 0.514705) < 1e-6);
    assert_true(fabs(case_paid_by(cc, 2) / BILLION - 0.565381) < 1e-6);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(cc->default_now[i], 1);
    case_free(cc);
}

/* Lab, cloud, neocloud, vendor and the world outside. */
static ClearingCase *ai_chain(double lab_cash)
{
    static const double cash[] = {0, 10, 2, 15}, outside_debt[] = {3, 12, 6, 8};
    ClearingCase *cc = case_new();

    case_party(cc, lab_cash * BILLION);
    for (size_t i = 1; i < 4; i++)
        case_party(cc, cash[i] * BILLION);
    uint32_t world = case_outside(cc);
    case_pay(cc, 0, 1, 0, 30 * BILLION);
    case_pay(cc, 0, 2, 0, 12 * BILLION);
    case_pay(cc, 0, 3, 0, 10 * BILLION);
    case_pay(cc, 1, 3, 0, 20 * BILLION);
    case_pay(cc, 2, 3, 0, 9 * BILLION);
    for (uint32_t i = 0; i < 4; i++)
        case_pay(cc, i, world, 0, outside_debt[i] * BILLION);
    return cc;
}

static void ai_chain_without_costs(void **state)
{
    ClearingCase *cc = ai_chain(25);

    (void)state;
    case_run(cc);
    assert_true(case_paid_by(cc, 0) == 25 * BILLION);
    assert_near(case_paid_by(cc, 1), 10 + 25 * 30.0 / 55);
    assert_near(case_paid_by(cc, 2), 2 + 25 * 12.0 / 55);
    assert_true(case_paid_by(cc, 3) == 8 * BILLION);
    assert_true(fabs(cc->closing[3] / BILLION - 30.7909) < 5e-5);
    case_free(cc);
}

static void ai_chain_with_costs(void **state)
{
    ClearingCase *cc = ai_chain(25);

    (void)state;
    set_default_costs(cc, 0.3, 0.3);
    case_run(cc);
    assert_near(case_paid_by(cc, 0), 17.5);
    assert_true(fabs(case_paid_by(cc, 1) / BILLION - 13.6818) < 5e-5);
    assert_true(fabs(case_paid_by(cc, 2) / BILLION - 4.0727) < 5e-5);
    assert_true(case_paid_by(cc, 3) == 8 * BILLION);
    assert_true(fabs(cc->closing[3] / BILLION - 21.1766) < 5e-5);
    assert_near(cc->loss[0], 7.5);
    case_free(cc);
}

/* 30 more for the lab make all whole but the neocloud, which has 2 + 12 against 15. */
static void an_injection_stops_the_chain(void **state)
{
    ClearingCase *cc = ai_chain(55);

    (void)state;
    case_run(cc);
    assert_true(case_paid_by(cc, 0) == 55 * BILLION);
    assert_true(case_paid_by(cc, 1) == 32 * BILLION);
    assert_true(case_paid_by(cc, 2) == 14 * BILLION);
    assert_true(case_paid_by(cc, 3) == 8 * BILLION);
    cc->cash[2] += BILLION;
    case_run(cc);
    assert_true(cc->all_paid);
    case_free(cc);
}

/* Two banks that owe each other 1 and 0.2 outside: with costs, (1.2, 1.2) and (3/14, 3/14)
 * both clear; the greatest is taken. */
static void the_greatest_of_several_vectors(void **state)
{
    ClearingCase *cc = case_new();

    (void)state;
    case_party(cc, 0.25 * BILLION);
    case_party(cc, 0.25 * BILLION);
    uint32_t world = case_outside(cc);
    for (uint32_t i = 0; i < 2; i++) {
        case_pay(cc, i, 1 - i, 0, BILLION);
        case_pay(cc, i, world, 0, 0.2 * BILLION);
    }
    set_default_costs(cc, 0.5, 0.5);
    case_run(cc);
    assert_true(case_paid_by(cc, 0) == 1.2 * BILLION);
    assert_true(case_paid_by(cc, 1) == 1.2 * BILLION);
    case_free(cc);
}

/* Eisenberg and Noe's appendix: mutual debts with nothing behind them clear in full. */
static void mutual_debts_without_cash(void **state)
{
    ClearingCase *cc = case_new();

    (void)state;
    case_party(cc, 0);
    case_party(cc, 0);
    case_pay(cc, 0, 1, 0, BILLION);
    case_pay(cc, 1, 0, 0, BILLION);
    case_run(cc);
    assert_true(cc->all_paid && cc->paid[0] == BILLION && cc->paid[1] == BILLION);
    case_free(cc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eisenberg_noe_three_banks),
        cmocka_unit_test(rogers_veraart_three_banks),
        cmocka_unit_test(ai_chain_without_costs),
        cmocka_unit_test(ai_chain_with_costs),
        cmocka_unit_test(an_injection_stops_the_chain),
        cmocka_unit_test(the_greatest_of_several_vectors),
        cmocka_unit_test(mutual_debts_without_cash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
