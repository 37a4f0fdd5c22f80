/* The oracle on models small enough to be worked by hand, and on published step responses. */
#include "kit.h"

#include "maths/maths.h"
#include "maths/philox.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_near(double x, double expected, double tolerance)
{
    if (!(fabs(x - expected) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", x, tolerance, expected);
}

static void assert_is(double x, double expected)
{
    if (x != expected)
        fail_msg("%.17g is not %.17g", x, expected);
}

/* ---- values that remember ---- */

/* An input that steps from 0 to 1 as the clock starts, through `order` stages of tau / order. */
static void assert_step_response(uint32_t order, double tau, uint32_t months, double expected)
{
    Kit kit = kit_new(2026, months);
    ValueId source = kit_formula(&kit, "source", kit_number(&kit, 1));
    ValueId delayed;
    Value *value = kit_add(&kit, "delayed", VALUE_DELAY, &delayed);

    value->source = source;
    value->order = order;
    value->expr = kit_number(&kit, tau);
    value->first = kit_number(&kit, 0);
    uint32_t output = kit_ask(&kit, delayed);
    kit_run(&kit);
    assert_near(kit_at(&kit, output, months - 1), expected, 5e-7);
    kit_free(&kit);
}

/* Gamma distribution functions: 1 - exp(-x) sum x^m / m!, x = order * t / tau. */
static void delays_answer_a_step_as_erlang(void **state)
{
    (void)state;
    assert_step_response(1, 1, 1, 0.632121);
    assert_step_response(3, 1, 1, 0.576810);
    assert_step_response(10, 1, 1, 0.542070);
    assert_step_response(1, 2, 1, 0.393469);
    assert_step_response(3, 2, 1, 0.191153);
    assert_step_response(10, 2, 1, 0.031828);
    assert_step_response(1, 2, 4, 0.864665);
    assert_step_response(3, 2, 4, 0.938031);
    assert_step_response(10, 2, 4, 0.995005);
}

static void fade_of_a_quarter_a_year_leaves_three_quarters(void **state)
{
    Kit kit = kit_new(2026, 24);
    ValueId faded;
    Value *value = kit_add(&kit, "faded", VALUE_GROWTH, &faded);

    (void)state;
    value->order = 1;
    value->expr = kit_number(&kit, 0.25);
    value->rate_months = 12;
    value->first = kit_number(&kit, day_from_civil(2026, 1, 1));
    uint32_t output = kit_ask(&kit, faded);
    kit_run(&kit);
    assert_near(kit_at(&kit, output, 11), 0.75, 1e-14);
    assert_near(kit_at(&kit, output, 23), 0.5625, 1e-14);
    kit_free(&kit);
}

/* From a date before the clock a year has passed before the first period ends its month. */
static void growth_counts_what_lies_before_the_clock(void **state)
{
    Kit kit = kit_new(2026, 2);
    ValueId grown;
    Value *value = kit_add(&kit, "grown", VALUE_GROWTH, &grown);

    (void)state;
    value->expr = kit_number(&kit, 0.1);
    value->rate_months = 12;
    value->first = kit_number(&kit, day_from_civil(2024, 2, 1));
    uint32_t output = kit_ask(&kit, grown);
    kit_run(&kit);
    assert_near(kit_at(&kit, output, 0), 1.21, 1e-14);
    assert_near(kit_at(&kit, output, 1), 1.21 * pow(1.1, 1.0 / 12), 1e-14);
    kit_free(&kit);
}

static void the_past_is_remembered(void **state)
{
    static const double lags[] = {-1, -1, 1, 2, 3};
    static const double sums[] = {1, 3, 6, 10, 15};
    static const double means[] = {1, 1.5, 2, 3, 4}; /* over the last three months */
    Kit kit = kit_new(2026, 5);
    ValueId sum_id, lag_id, mean_id, first_id, latch_id;

    (void)state;
    /* 1, 2, 3, ...: one more than the month of the year counted from 0 */
    const Node *months =
        kit_node(&kit, N_MONTHS_BETWEEN, kit_number(&kit, day_from_civil(2025, 12, 1)),
                 kit_node(&kit, N_PERIOD_FIRST_DAY, NULL, NULL));
    ValueId source = kit_formula(&kit, "source", months);
    ValueId late = kit_formula(
        &kit, "late", kit_node(&kit, N_GT, kit_value(&kit, source), kit_number(&kit, 2.5)));
    Value *value = kit_add(&kit, "sum", VALUE_CUMULATIVE, &sum_id);
    value->source = source;
    value = kit_add(&kit, "lag", VALUE_LAG, &lag_id);
    value->source = source;
    value->periods = 2;
    value->first = kit_number(&kit, -1);
    value = kit_add(&kit, "mean", VALUE_WINDOW, &mean_id);
    value->source = source;
    value->periods = 3;
    value->order = 1;
    value = kit_add(&kit, "first", VALUE_FIRST, &first_id);
    value->source = late;
    value->type = TYPE_DATE;
    value = kit_add(&kit, "latch", VALUE_LATCH, &latch_id);
    value->source = source;
    value->expr =
        kit_number(&kit, day_from_civil(2025, 3, 3)); /* before the clock: its first value */
    uint32_t sum = kit_ask(&kit, sum_id);
    uint32_t lag = kit_ask(&kit, lag_id);
    uint32_t mean = kit_ask(&kit, mean_id);
    uint32_t first = kit_ask(&kit, first_id);
    uint32_t latch = kit_ask(&kit, latch_id);
    kit_run(&kit);
    for (uint32_t t = 0; t < 5; t++) {
        assert_is(kit_at(&kit, sum, t), sums[t]);
        assert_is(kit_at(&kit, lag, t), lags[t]);
        assert_is(kit_at(&kit, mean, t), means[t]);
        assert_is(kit_at(&kit, first, t), t < 2 ? DATE_NEVER : day_from_civil(2026, 3, 31));
        assert_is(kit_at(&kit, latch, t), 1);
    }
    kit_free(&kit);
}

/* ---- belts ---- */

/* Little: content = rate x lead. */
static void a_belt_holds_rate_times_lead(void **state)
{
    Kit kit = kit_new(2026, 10);
    ValueId out, content;

    (void)state;
    kit_add(&kit, "out", VALUE_RING_OUT, &out)->ring = 0;
    kit_add(&kit, "content", VALUE_RING_CONTENT, &content)->ring = 0;
    *LIST_PUSH(kit.arena, &kit.model->rings) = (Ring){.name = TEXT("belt"),
                                                      .out = out,
                                                      .content = content,
                                                      .entering = kit_number(&kit, 7),
                                                      .lead = kit_number(&kit, 4.6),
                                                      .n_slots = 8,
                                                      .stock = NO_ID};
    uint32_t leaves = kit_ask(&kit, out);
    uint32_t holds = kit_ask(&kit, content);
    kit_run(&kit);
    assert_int_equal(kit.result->n_failed, 0);
    assert_is(kit_at(&kit, leaves, 4), 0);
    assert_is(kit_at(&kit, leaves, 5), 7);
    assert_is(kit_at(&kit, holds, 2), 21);
    assert_is(kit_at(&kit, holds, 9), 35);
    kit_free(&kit);
}

static void a_lead_past_the_belt_fails_the_path(void **state)
{
    Kit kit = kit_new(2026, 2);

    (void)state;
    *LIST_PUSH(kit.arena, &kit.model->rings) = (Ring){.name = TEXT("belt"),
                                                      .entering = kit_number(&kit, 7),
                                                      .lead = kit_number(&kit, 9),
                                                      .n_slots = 8,
                                                      .stock = NO_ID};
    kit_run(&kit);
    assert_int_equal(kit.result->n_failed, 1);
    assert_true(text_is(kit.result->failures.items[0].what, "belt"));
    kit_free(&kit);
}

/* ---- stocks and failure ---- */

static void a_stock_below_zero_fails_the_path(void **state)
{
    Kit kit = kit_new(2026, 6);
    ValueId level;

    (void)state;
    ValueId out = kit_formula(&kit, "out", kit_number(&kit, 4));
    kit_add(&kit, "level", VALUE_STOCK, &level)->stock = 0;
    Stock *stock = LIST_PUSH(kit.arena, &kit.model->stocks);
    stock->value = level;
    stock->initial = kit_number(&kit, 10);
    stock->ring = NO_ID;
    *LIST_PUSH(kit.arena, &stock->out) = out;
    kit_ask(&kit, level);
    kit_run(&kit);
    assert_int_equal(kit.result->n_failed, 1);
    assert_int_equal(kit.result->failures.items[0].period, 2);
    assert_true(text_is(kit.result->failures.items[0].what, "level"));
    assert_true(isnan(kit_at(&kit, 0, 0)));
    kit_free(&kit);
}

static void the_first_unusable_name_is_blamed(void **state)
{
    Kit kit = kit_new(2026, 2);

    (void)state;
    kit_formula(&kit, "unread", kit_number(&kit, NAN));
    ValueId cause = kit_formula(&kit, "cause", kit_node(&kit, N_LOG, kit_number(&kit, -1), NULL));
    ValueId asked = kit_formula(&kit, "asked",
                                kit_node(&kit, N_ADD, kit_value(&kit, cause), kit_number(&kit, 1)));
    kit_ask(&kit, asked);
    kit_run(&kit);
    assert_int_equal(kit.result->n_failed, 1);
    assert_int_equal(kit.result->failures.items[0].value, cause);
    kit_free(&kit);
}

/* ---- circles inside a period ---- */

/* u = v / 2 + 1, v = u / 4 + 2: u = 16/7, v = 18/7. */
static void circles_are_solved(void **state)
{
    (void)state;
    for (int is_affine = 0; is_affine < 2; is_affine++) {
        Kit kit = kit_new(2026, 1);
        ValueId u, v;
        kit_add(&kit, "u", VALUE_UNKNOWN, &u)->solve = 0;
        Value *value = kit_add(&kit, "v", VALUE_UNKNOWN, &v);
        value->solve = 0;
        value->index = 1;
        kit.model->formulas.count--; /* the first unknown stands for both */
        Solve *solve = LIST_PUSH(kit.arena, &kit.model->solves);
        solve->n = 2;
        solve->is_affine = is_affine;
        solve->residual = NO_ID;
        solve->unknowns = ARENA_ARRAY(kit.arena, ValueId, 2);
        solve->unknowns[0] = u;
        solve->unknowns[1] = v;
        solve->exprs = ARENA_ARRAY(kit.arena, const Node *, 2);
        solve->exprs[0] =
            kit_node(&kit, N_ADD, kit_node(&kit, N_MUL, kit_number(&kit, 0.5), kit_value(&kit, v)),
                     kit_number(&kit, 1));
        solve->exprs[1] =
            kit_node(&kit, N_ADD, kit_node(&kit, N_MUL, kit_number(&kit, 0.25), kit_value(&kit, u)),
                     kit_number(&kit, 2));
        uint32_t first = kit_ask(&kit, u);
        uint32_t second = kit_ask(&kit, v);
        kit_run(&kit);
        assert_near(kit_at(&kit, first, 0), 16.0 / 7, is_affine ? 1e-15 : 1e-9);
        assert_near(kit_at(&kit, second, 0), 18.0 / 7, is_affine ? 1e-15 : 1e-9);
        kit_free(&kit);
    }
}

/* ---- payments ---- */

/* 100.005 a month is 10000.5 cents: half to even, the half carried. */
static void a_contract_carries_its_remainder(void **state)
{
    static const double cents[] = {10000, 10001, 10000, 10001};
    Kit kit = kit_new(2026, 4);
    uint32_t a = kit_party(&kit, "a", 1000);
    uint32_t b = kit_party(&kit, "b", 0);

    (void)state;
    kit_monthly(&kit, NO_ID, kit_number(&kit, 100.005), a, b);
    uint32_t cash = kit_ask(&kit, kit_account(&kit, b, CASH));
    kit_run(&kit);
    for (uint32_t t = 0; t < 4; t++)
        assert_is(kit.result->paid_low[t], cents[t]);
    assert_is(kit_at(&kit, cash, 3), 400.02);
    assert_int_equal(kit.result->n_book_checks, 8);
    assert_int_equal(kit.result->n_book_faults, 0);
    kit_free(&kit);
}

/* Eisenberg and Noe in a chain: a has 50 and owes b 80; b has 10 and owes c 100. */
static void who_is_short_pays_what_there_is(void **state)
{
    Kit kit = kit_new(2026, 1);
    uint32_t a = kit_party(&kit, "a", 50);
    uint32_t b = kit_party(&kit, "b", 10);
    uint32_t c = kit_party(&kit, "c", 0);

    (void)state;
    kit_monthly(&kit, NO_ID, kit_number(&kit, 80), a, b);
    kit_monthly(&kit, NO_ID, kit_number(&kit, 100), b, c);
    uint32_t of_a = kit_ask(&kit, kit_unpaid(&kit, a));
    uint32_t of_b = kit_ask(&kit, kit_unpaid(&kit, b));
    uint32_t cash = kit_ask(&kit, kit_account(&kit, c, CASH));
    uint32_t claims = kit_ask(&kit, kit_account(&kit, c, RECEIVABLES));
    kit_run(&kit);
    assert_is(kit_at(&kit, of_a, 0), 30);
    assert_is(kit_at(&kit, of_b, 0), 40);
    assert_is(kit_at(&kit, cash, 0), 60);
    assert_is(kit_at(&kit, claims, 0), 40);
    assert_int_equal(kit.result->n_clearings, 1);
    assert_int_equal(kit.result->n_book_faults, 0);
    kit_free(&kit);
}

/* Each of the two can be counted in cents, 2^53 of which are 90 trillion; both together cannot. */
static void who_owes_more_than_can_be_counted_fails_the_path(void **state)
{
    Kit kit = kit_new(2026, 1);
    uint32_t a = kit_party(&kit, "a", 50);
    uint32_t b = kit_party(&kit, "b", 10);

    (void)state;
    kit_monthly(&kit, NO_ID, kit_number(&kit, 80e12), a, b);
    kit_monthly(&kit, NO_ID, kit_number(&kit, 80e12), a, b);
    kit_ask(&kit, kit_unpaid(&kit, b));
    kit_run(&kit);
    assert_int_equal(kit.result->n_failed, 1);
    assert_int_equal(kit.result->failures.items[0].period, 0);
    assert_true(text_is(kit.result->failures.items[0].what, "a"));
    kit_free(&kit);
}

/* 60 due at the end of each month, 100 in hand: short from February's last day, the 28th. The
 * last payment does not cover the arrears, so they are that old in March. */
static void arrears_that_outlast_grace_are_default(void **state)
{
    static const struct {
        double grace;
        int month, day;
    } cases[] = {{0, 2, 28}, {1, 3, 31}, {2, 4, 30}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        Kit kit = kit_new(2026, 5);
        uint32_t a = kit_party(&kit, "a", 100);
        uint32_t b = kit_party(&kit, "b", 0);
        uint32_t contract = kit_contract(&kit, "lease");
        ValueId date;

        kit.model->contracts.items[contract].grace = kit_number(&kit, cases[i].grace);
        kit_monthly(&kit, contract, kit_number(&kit, 60), a, b);
        Value *value = kit_add(&kit, "default_date", VALUE_DEFAULT_DATE, &date);
        value->party = a;
        value->type = TYPE_DATE;
        uint32_t output = kit_ask(&kit, date);
        uint32_t unpaid = kit_ask(&kit, kit_unpaid(&kit, a));
        kit_run(&kit);
        assert_is(kit_at(&kit, output, 0), DATE_NEVER);
        assert_is(kit_at(&kit, output, 4), day_from_civil(2026, cases[i].month, cases[i].day));
        assert_is(kit_at(&kit, unpaid, 4), 5 * 60 - 100);
        kit_free(&kit);
    }
}

/* 10 due and 9 earned a month: what is open at the end of month t is t, of month t itself while
 * that is no more than 10. At once, that is a default in January 2026. With a grace of one month,
 * when the t - 1 then open are more than the 9 in hand: t = 11. With two, when as much of what fell
 * due two months ago is, and so t - 1 - 10: t = 21. */
static void the_oldest_arrears_are_paid_first(void **state)
{
    static const struct {
        double grace;
        int year, month, day;
    } cases[] = {{0, 2026, 1, 31}, {1, 2026, 11, 30}, {2, 2027, 9, 30}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        Kit kit = kit_new(2026, 24);
        uint32_t a = kit_party(&kit, "a", 0);
        uint32_t b = kit_party(&kit, "b", 0);
        uint32_t c = kit_party(&kit, "c", 1000);
        uint32_t contract = kit_contract(&kit, "lease");
        ValueId date;

        kit.model->contracts.items[contract].grace = kit_number(&kit, cases[i].grace);
        kit_monthly(&kit, contract, kit_number(&kit, 10), a, b);
        kit_monthly(&kit, NO_ID, kit_number(&kit, 9), c, a);
        Value *value = kit_add(&kit, "default_date", VALUE_DEFAULT_DATE, &date);
        value->party = a;
        value->type = TYPE_DATE;
        uint32_t output = kit_ask(&kit, date);
        uint32_t unpaid = kit_ask(&kit, kit_unpaid(&kit, a));
        kit_run(&kit);
        assert_is(kit_at(&kit, output, 23),
                  day_from_civil(cases[i].year, cases[i].month, cases[i].day));
        assert_is(kit_at(&kit, unpaid, 23), 24);
        kit_free(&kit);
    }
}

/* a owes b 100 and has 40; g stands for 50 of it and then has a claim on a. */
static void a_guarantor_pays_and_has_recourse(void **state)
{
    Kit kit = kit_new(2026, 1);
    uint32_t a = kit_party(&kit, "a", 40);
    uint32_t b = kit_party(&kit, "b", 0);
    uint32_t g = kit_party(&kit, "g", 1000);
    uint32_t covered = kit_monthly(&kit, NO_ID, kit_number(&kit, 100), a, b);
    uint32_t pays = kit_slot(&kit, NO_ID, g, b, AS_REVENUE);
    uint32_t recourse = kit_slot(&kit, NO_ID, a, g, AS_REVENUE);

    (void)state;
    kit.model->slots.items[pays].is_made = true;
    kit.model->slots.items[recourse].is_made = true;
    Guarantee *guarantee = LIST_PUSH(kit.arena, &kit.model->guarantees);
    *guarantee = (Guarantee){.name = TEXT("backing"),
                             .contract = NO_ID,
                             .debtor = a,
                             .guarantor = g,
                             .cap = kit_number(&kit, 50),
                             .raises = NO_ID,
                             .own_contract = NO_ID};
    *LIST_PUSH(kit.arena, &guarantee->covered) = covered;
    *LIST_PUSH(kit.arena, &guarantee->pays) = pays;
    *LIST_PUSH(kit.arena, &guarantee->recourse) = recourse;
    uint32_t cash = kit_ask(&kit, kit_account(&kit, b, CASH));
    uint32_t left = kit_ask(&kit, kit_account(&kit, b, RECEIVABLES));
    uint32_t claim = kit_ask(&kit, kit_account(&kit, g, RECEIVABLES));
    uint32_t of_g = kit_ask(&kit, kit_account(&kit, g, CASH));
    uint32_t owed = kit_ask(&kit, kit_account(&kit, a, PAYABLES));
    uint32_t unpaid = kit_ask(&kit, kit_unpaid(&kit, a));
    kit_run(&kit);
    assert_is(kit_at(&kit, cash, 0), 90);
    assert_is(kit_at(&kit, left, 0), 10);
    assert_is(kit_at(&kit, claim, 0), 50);
    assert_is(kit_at(&kit, of_g, 0), 950);
    assert_is(kit_at(&kit, owed, 0), 60);
    assert_is(kit_at(&kit, unpaid, 0), 60);
    assert_is(kit.result->paid_low[covered], 4000);
    assert_is(kit.result->paid_low[pays], 5000);
    assert_int_equal(kit.result->n_book_faults, 0);
    kit_free(&kit);
}

/* A loan of 1200 paid out on 10 January, repaid in 12 months without interest: 100 due on the
 * 10th of each month from February, so nothing is owed a year later. */
static void a_loan_runs_off_over_its_term(void **state)
{
    Kit kit = kit_new(2026, 14);
    uint32_t bank = kit_party(&kit, "bank", -1);
    uint32_t lab = kit_party(&kit, "lab", 0);
    uint32_t contract = kit_contract(&kit, "loan");
    uint32_t out = kit_slot(&kit, contract, bank, lab, AS_BORROWING);
    double start = day_from_civil(2026, 1, 10);
    ValueId owed;

    (void)state;
    kit_add(&kit, "owed", VALUE_STOCK, &owed)->stock = 0;
    Stock *stock = LIST_PUSH(kit.arena, &kit.model->stocks);
    stock->value = owed;
    stock->ring = NO_ID;
    stock->tolerance = 0.01;
    uint32_t back =
        kit_monthly(&kit, contract,
                    kit_node(&kit, N_MIN, kit_value(&kit, owed), kit_number(&kit, 100)), lab, bank);
    Rule *repay = &kit.model->rules.items[0];
    repay->term_start = kit_number(&kit, start);
    repay->term_end = kit_number(&kit, day_from_civil(2027, 1, 10));
    kit.model->slots.items[back].category = AS_REPAYMENT;
    kit.model->slots.items[back].lowers = 0;
    kit.model->slots.items[out].raises = 0;
    Rule *draw = LIST_PUSH(kit.arena, &kit.model->rules);
    *draw = (Rule){.name = TEXT("draw"), .kind = RULE_ON, .contract = contract};
    draw->date = kit_number(&kit, start);
    *LIST_PUSH(kit.arena, &draw->actions) =
        (Action){.kind = ACT_PAY, .amount = kit_number(&kit, 1200), .slot = out};
    uint32_t level = kit_ask(&kit, owed);
    uint32_t debt = kit_ask(&kit, kit_account(&kit, lab, DEBT));
    kit_run(&kit);
    for (uint32_t t = 0; t < 14; t++) {
        double left = t < 12 ? 1200 - 100.0 * t : 0;
        assert_is(kit_at(&kit, level, t), left);
        assert_is(kit_at(&kit, debt, t), left);
    }
    assert_int_equal(kit.result->n_failed, 0);
    kit_free(&kit);
}

/* The series is the number of the month; one payment for each 2 of it: the first period's marks
 * count as passed, and at most 3 are paid for. */
static void each_fires_at_new_marks(void **state)
{
    static const double cents[] = {0, 100, 0, 100, 0, 0, 0, 0};
    Kit kit = kit_new(2026, 8);
    uint32_t a = kit_party(&kit, "a", 100);
    uint32_t b = kit_party(&kit, "b", 0);
    uint32_t slot = kit_slot(&kit, NO_ID, a, b, AS_REVENUE);

    (void)state;
    const Node *months =
        kit_node(&kit, N_MONTHS_BETWEEN, kit_number(&kit, day_from_civil(2025, 10, 1)),
                 kit_node(&kit, N_PERIOD_FIRST_DAY, NULL, NULL)); /* 3, 4, 5 ... */
    Rule *rule = LIST_PUSH(kit.arena, &kit.model->rules);
    *rule = (Rule){.name = TEXT("tranche"), .kind = RULE_EACH, .contract = NO_ID};
    rule->series = months;
    rule->quantity = kit_number(&kit, 2);
    rule->times = kit_number(&kit, 3);
    *LIST_PUSH(kit.arena, &rule->actions) =
        (Action){.kind = ACT_PAY, .amount = kit_node(&kit, N_EACH_COUNT, NULL, NULL), .slot = slot};
    kit_run(&kit);
    for (uint32_t t = 0; t < 8; t++)
        assert_is(kit.result->due_low[t], cents[t]);
    kit_free(&kit);
}

/* Effective on 15 March; ended once 40 have been paid: the condition is seen a month later, and
 * its stage counts from the month after. */
static void stages_go_forward(void **state)
{
    static const double cents[] = {0, 0, 2000, 2000, 2000, 0, 0};
    Kit kit = kit_new(2026, 7);
    uint32_t a = kit_party(&kit, "a", 100);
    uint32_t b = kit_party(&kit, "b", 0);
    ValueId cash = kit_account(&kit, b, CASH);
    uint32_t number = kit_contract(&kit, "deal");
    Contract *contract = &kit.model->contracts.items[number];

    (void)state;
    contract->initial = STAGE_INTENT;
    *LIST_PUSH(kit.arena, &contract->moves) = (StageMove){
        .stage = STAGE_EFFECTIVE, .date = kit_number(&kit, day_from_civil(2026, 3, 15))};
    *LIST_PUSH(kit.arena, &contract->moves) =
        (StageMove){.stage = STAGE_ENDED,
                    .condition = kit_node(&kit, N_GE, kit_value(&kit, cash), kit_number(&kit, 40))};
    kit_monthly(&kit, number, kit_number(&kit, 20), a, b);
    kit_run(&kit);
    for (uint32_t t = 0; t < 7; t++)
        assert_is(kit.result->due_low[t], cents[t]);
    kit_free(&kit);
}

/* a holds 100 of its own, receives 300 from users and pays 200 to b in the same month. */
static void who_pays_follows_what_is_mixed(void **state)
{
    Kit kit = kit_new(2026, 1);
    uint32_t a = kit_party(&kit, "a", 100);
    uint32_t b = kit_party(&kit, "b", 0);
    uint32_t users = kit_party(&kit, "users", -1);

    (void)state;
    kit_monthly(&kit, NO_ID, kit_number(&kit, 300), users, a);
    kit_monthly(&kit, NO_ID, kit_number(&kit, 200), a, b);
    View *view = LIST_PUSH(kit.arena, &kit.model->views);
    *view = (View){.name = TEXT("who_pays"), .party = b, .account = REVENUE};
    view->term_start = view->term_end = NAN;
    kit_run(&kit);
    const WhoPays *who = &kit.result->who_pays[0];
    assert_int_equal(who->n_sources, 4);
    assert_true(text_is(who->source_names[0], "users"));
    assert_true(text_is(who->source_names[1], "a (opening cash)"));
    assert_is(who->received[0], 200);
    assert_near(who->shares[0], 0.75, 1e-10);
    assert_near(who->shares[1], 0.25, 1e-10);
    assert_near(who->shares[3], 0, 1e-10);
    kit_free(&kit);
}

/* ---- draws ---- */

static void a_draw_is_a_function_of_its_name(void **state)
{
    Kit kit = kit_new(2026, 2);
    Draw draw = {.law = DIST_LAW_LOGNORMAL,
                 .n_params = 2,
                 .step = STEP_MONTH,
                 .hash = text_hash64(TEXT("price")),
                 .together = NO_ID};
    const Node *params[] = {kit_number(&kit, 1), kit_number(&kit, 0.5)};
    ValueId id;

    (void)state;
    draw.params = params;
    kit_add(&kit, "price", VALUE_DRAW, &id)->draw = &draw;
    uint32_t output = kit_ask(&kit, id);
    kit_run(&kit);
    for (uint32_t t = 0; t < 2; t++) {
        double u = draw_uniform(7, draw.hash, 0, 56 * 12 + t);
        assert_is(kit_at(&kit, output, t), gw_exp(1 + 0.5 * gw_inverse_normal(u)));
    }
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_answer_a_step_as_erlang),
        cmocka_unit_test(fade_of_a_quarter_a_year_leaves_three_quarters),
        cmocka_unit_test(growth_counts_what_lies_before_the_clock),
        cmocka_unit_test(the_past_is_remembered),
        cmocka_unit_test(a_belt_holds_rate_times_lead),
        cmocka_unit_test(a_lead_past_the_belt_fails_the_path),
        cmocka_unit_test(a_stock_below_zero_fails_the_path),
        cmocka_unit_test(the_first_unusable_name_is_blamed),
        cmocka_unit_test(circles_are_solved),
        cmocka_unit_test(a_contract_carries_its_remainder),
        cmocka_unit_test(who_is_short_pays_what_there_is),
        cmocka_unit_test(who_owes_more_than_can_be_counted_fails_the_path),
        cmocka_unit_test(arrears_that_outlast_grace_are_default),
        cmocka_unit_test(the_oldest_arrears_are_paid_first),
        cmocka_unit_test(a_guarantor_pays_and_has_recourse),
        cmocka_unit_test(a_loan_runs_off_over_its_term),
        cmocka_unit_test(each_fires_at_new_marks),
        cmocka_unit_test(stages_go_forward),
        cmocka_unit_test(who_pays_follows_what_is_mixed),
        cmocka_unit_test(a_draw_is_a_function_of_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
