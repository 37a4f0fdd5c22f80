/* Numbers as people read them. */
#include "report/section.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static Arena *arena;

static const char *written(const Buffer *out)
{
    return out->length == 0 ? "" : out->bytes;
}

static const char *number(double x)
{
    static Buffer out;

    out = (Buffer){.arena = arena};
    add_number(&out, x);
    return written(&out);
}

static const char *amount(const char *unit, double unit_scale, double base)
{
    static Buffer out;

    out = (Buffer){.arena = arena};
    add_amount(&out, scale_for(text_from(unit), unit_scale, base), base);
    return written(&out);
}

static void three_digits_are_enough(void **state)
{
    (void)state;
    assert_string_equal(number(0), "0");
    assert_string_equal(number(412.4), "412");
    assert_string_equal(number(41.26), "41.3");
    assert_string_equal(number(4.1), "4.1");
    assert_string_equal(number(0.04126), "0.0413");
    assert_string_equal(number(-7.5), "-7.5");
    assert_string_equal(number(99.96), "100");
    assert_string_equal(number(1350), "1,350");
    assert_string_equal(number(999999.4), "999,999");
    assert_string_equal(number(1234567), "1.23e6");
    assert_string_equal(number(-9.999e26), "-1e27");
    assert_string_equal(number(0.0000412), "4.12e-5");
    assert_string_equal(number((double)INFINITY), "never");
    assert_string_equal(number((double)NAN), "not known");
}

static void money_takes_the_word_that_fits(void **state)
{
    (void)state;
    assert_string_equal(amount("USD", 1, 412e9), "412 bn USD");
    assert_string_equal(amount("bn USD", 1e9, 412e9), "412 bn USD");
    assert_string_equal(amount("bn USD", 1e9, 1.07e12), "1.07 tn USD");
    assert_string_equal(amount("bn USD", 1e9, 35e6), "35 mn USD");
    assert_string_equal(amount("USD", 1, 2500), "2,500 USD");
    assert_string_equal(amount("USD", 1, -12e6), "-12 mn USD");
    assert_string_equal(amount("EUR", 1, 3e9), "3 bn EUR");
    assert_string_equal(amount("", 1, 0.412), "0.412");
    assert_string_equal(amount("%", 0.01, 0.0825), "8.25 %");
}

static void prefixed_units_move_their_prefix(void **state)
{
    (void)state;
    assert_string_equal(amount("GW_site", 1000, 1200), "1.2 GW_site");
    assert_string_equal(amount("MW_site", 1, 10000), "10 GW_site");
    assert_string_equal(amount("GW_site", 1000, 300), "300 MW_site");
    assert_string_equal(amount("PFLOP_bf16/s", 1, 2.5), "2.5 PFLOP_bf16/s");
    assert_string_equal(amount("FLOP_bf16", 1, 412e12), "412 TFLOP_bf16");
    assert_string_equal(amount("PFLOP_bf16/s", 1e15, 11e21), "11 ZFLOP_bf16/s");
    assert_string_equal(amount("kW_it", 0.001, 0.0005), "0.5 kW_it");
    assert_string_equal(amount("GBP", 1, 5), "5 GBP");
    assert_string_equal(amount("EUR", 1, 500), "500 EUR");
}

static void powers_stand_beyond_words_and_prefixes(void **state)
{
    (void)state;
    assert_string_equal(amount("FLOP_bf16/month", 1, 2.96e28), "29.6 ×10^27 FLOP_bf16/month");
    assert_string_equal(amount("PFLOP_bf16", 1e15, 5e26), "500 ×10^24 FLOP_bf16");
    assert_string_equal(amount("token/month", 1, 3.2e15), "3,200 tn token/month");
    assert_string_equal(amount("token/month", 1, 3.2e17), "320 ×10^15 token/month");
    assert_string_equal(amount("USD/FLOP_bf16", 1, 4.12e-18), "4.12 ×10^-18 USD/FLOP_bf16");
    assert_string_equal(amount("USD", 1, 4e-12), "0 USD");
}

static void chances_have_their_interval(void **state)
{
    Buffer out = {.arena = arena};

    (void)state;
    /* Wilson, 5 of 10: 0.2366 to 0.7634 (Newcombe 1998, method 3) */
    add_chance(&out, 5, 10);
    assert_string_equal(written(&out), "50 % (24 … 76)");
    out.length = 0;
    /* 0 of 20: 0 to 0.1611 (Newcombe 1998, table I) */
    add_chance(&out, 0, 20);
    assert_string_equal(written(&out), "0 % (0 … 16)");
    out.length = 0;
    add_chance(&out, 0, 0);
    assert_string_equal(written(&out), "not known");
}

static void spreads_say_what_they_are(void **state)
{
    Model model = {.step = STEP_MONTH};
    Buffer out = {.arena = arena};
    double dates[] = {day_from_civil(2027, 5, 31), day_from_civil(2027, 5, 31), INFINITY};
    Spread spread = spread_of(dates, 3);

    (void)state;
    *LIST_PUSH(arena, &model.outputs) = (Output){.type = TYPE_DATE};
    *LIST_PUSH(arena, &model.outputs) = (Output){.unit = TEXT("bn USD"), .unit_scale = 1e9};
    add_spread(&out, &model, 0, &spread);
    assert_non_null(strstr(written(&out), "2027-05 (2027-05 … never), never in 33 %"));
    out.length = 0;
    spread = (Spread){.count = 3, .p5 = 80e6, .p50 = 100e6, .p95 = 1.2e9};
    add_spread(&out, &model, 1, &spread);
    assert_string_equal(written(&out), "100 mn USD (80 … 1,200)");
    out.length = 0;
    spread.p5 = spread.p95 = spread.p50;
    add_spread(&out, &model, 1, &spread);
    assert_string_equal(written(&out), "100 mn USD");
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_digits_are_enough),
        cmocka_unit_test(money_takes_the_word_that_fits),
        cmocka_unit_test(prefixed_units_move_their_prefix),
        cmocka_unit_test(powers_stand_beyond_words_and_prefixes),
        cmocka_unit_test(chances_have_their_interval),
        cmocka_unit_test(spreads_say_what_they_are),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
