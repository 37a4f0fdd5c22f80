/* The order of guarantees, and their circles, with as many as a model's parties can give. */
#include "../syntax/fixture.h"

#include "base/limits.h"
#include "model/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    N = LIMIT_PARTIES - 2, /* guarantees in a chain: besides the bank, one party more */
    COPRIME = 389          /* to N: its multiples pass every number below N once */
};

static const char preamble[] =
    "model m \"M\" { clock = monthly from 2026-01 until 2026-12 }\n"
    "unit USD \"US dollar\" currency\n"
    "account cash : asset \"c\"\naccount receivables : asset \"r\"\n"
    "account payables : liability \"p\"\naccount opening_equity : equity \"o\"\n"
    "account income : income \"i\"\naccount cost : expense \"e\"\n"
    "category rent \"r\" { payer cost; payee income }\n"
    "category guarantee \"g\" { payer cost; payee income }\n"
    "ranks first default\n"
    "party bank \"Bank\" { outside }\n";

static void write_party(Buffer *out, int number)
{
    buffer_format(out, "party p%d \"P\" { opening cash = 1 USD assume \"x\" }\n", number);
    buffer_format(out,
                  "contract c%d \"C\" between bank and p%d assume \"x\" "
                  "{ every month { pay 1 USD from p%d to bank as rent } }\n",
                  number, number, number);
}

static void write_guarantee(Buffer *out, int number, int debtor, int guarantor)
{
    buffer_format(out,
                  "contract g%d \"G\" between bank and p%d assume \"x\" "
                  "{ guarantee g of c%d by p%d up to 1 USD }\n",
                  number, guarantor, debtor, guarantor);
}

static Buffer parties(Fixture *f, int count)
{
    Buffer out = {.arena = f->arena};

    buffer_string(&out, preamble);
    for (int i = 0; i < count; i++)
        write_party(&out, i);
    return out;
}

static const Model *build(Fixture *f, const Buffer *text)
{
    Tree *tree = fixture_parse(f, arena_copy(f->arena, text->bytes, text->length));
    return model_build(f->arena, &f->diags, &tree, 1, &(BuildOptions){0});
}

static void assert_order(Fixture *f, const Model *m, size_t count, uint32_t step)
{
    assert_int_equal(f->diags.n_errors, 0);
    assert_int_equal(m->guarantees.count, count);
    for (uint32_t i = 0; i < count; i++) {
        Text name = text_format(f->arena, "g%u.g", (unsigned)(i * step % count));
        assert_true(text_equal(m->guarantees.items[i].name, name));
    }
}

/* p1 answers for p0, p2 for p1 ...: what p1 pays must be known before what is left to p2. */
static void a_chain_has_one_order_however_it_is_written(void **state)
{
    static const int steps[] = {1, N - 1, COPRIME};
    Fixture *f = *state;

    for (size_t way = 0; way < sizeof steps / sizeof *steps; way++) {
        Buffer text = parties(f, N + 1);
        for (int i = 0; i < N; i++) {
            int number = i * steps[way] % N;
            write_guarantee(&text, number, number, number + 1);
        }
        assert_order(f, build(f, &text), N, 1);
    }
}

static void guarantees_without_bearing_on_each_other_stay_as_written(void **state)
{
    Fixture *f = *state;
    Buffer text = parties(f, N);

    for (int i = 0; i < N / 2; i++) {
        int number = i * COPRIME % (N / 2);
        write_guarantee(&text, number, 2 * number, 2 * number + 1);
    }
    assert_order(f, build(f, &text), N / 2, COPRIME);
}

/* p900 to p902 answer for each other in a circle; whoever leads into it has no part in it. */
static void a_circle_is_named_without_what_leads_into_it(void **state)
{
    Fixture *f = *state;
    Buffer text = parties(f, N + 1);

    for (int i = N; i-- > 0;)
        write_guarantee(&text, i, i, i + 1);
    write_guarantee(&text, N, 902, 900);
    build(f, &text);
    assert_int_equal(f->diags.n_errors, 1);
    const Diag *diag = f->diags.diags.items[0];
    assert_int_equal(diag->code, DIAG_GUARANTEE_CYCLE);
    assert_true(text_is(diag->message,
                        "guarantees lead back to where they started: `p902` answers for `p901`, "
                        "and in the end `p901` for `p902`"));
    assert_int_equal(diag->labels.count, 2);
    assert_true(text_is(diag->labels.items[0].text, "`p901` answers for `p900`"));
    assert_true(text_is(diag->labels.items[1].text, "`p900` answers for `p902`"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_chain_has_one_order_however_it_is_written, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(guarantees_without_bearing_on_each_other_stay_as_written,
                                        fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(a_circle_is_named_without_what_leads_into_it, fixture_open,
                                        fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
