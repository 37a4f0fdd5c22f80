/* Philox4x32-10 against the known answers of its authors (Random123, kat_vectors). */
#include "maths/philox.h"

#include "check.h"

typedef struct {
    uint32_t counter[4], key[2], out[4];
} KnownAnswer;

static const KnownAnswer answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void test_known_answers(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        uint32_t out[4];

        philox4x32_10(answers[i].counter, answers[i].key, out);
        for (int k = 0; k < 4; k++)
            assert_int_equal(out[k], answers[i].out[k]);
    }
}

/* The published words for a zero counter and key, put together as the language says:
 * floor(0xe169c58d6627e8d5 / 2^11) + 1/2, over 2^53. */
static void test_draw_is_the_top_53_bits_and_a_half(void **unused)
{
    double whole = (double)(0xe169c58d6627e8d5ULL >> 11);

    (void)unused;
    assert_true(draw_uniform(0, 0, 0, 0) == (whole + 0.5) * 0x1p-53);
}

/* The last known answer is the draw of path 0x243f6a88 in period 0x85a308d3. */
static void test_words_are_in_their_places(void **unused)
{
    double whole = (double)(0x94fdccebd16cfe09ULL >> 11);

    (void)unused;
    assert_true(draw_uniform(0x299f31d0a4093822ULL, 0x0370734413198a2eULL, 0x243f6a88,
                             0x85a308d3) == (whole + 0.5) * 0x1p-53);
}

/* 0x16554d9eca36314c -> 0.0872391235991124, and both ends stay inside (0, 1). */
static void test_uniform_of_words(void **unused)
{
    (void)unused;
    assert_near(uniform_of_words(0x16554d9e, 0xca36314c), 0.0872391235991124, 1e-16);
    assert_true(uniform_of_words(0, 0) == 0x1p-54);
    assert_true(uniform_of_words(0xffffffff, 0xffffffff) == 1.0 - 0x1p-53);
    assert_true(uniform_of_words(0, 1u << 11) == 1.5 * 0x1p-53);
}

/* Mean 1/2 and variance 1/12 within four standard errors of 100,000 draws. */
static void test_moments(void **unused)
{
    double sum = 0.0, squares = 0.0;
    uint32_t n = 100000;

    (void)unused;
    for (uint32_t path = 0; path < n; path++) {
        double u = draw_uniform(1, 0x9ae16a3b2f90404fULL, path, 3) - 0.5;

        sum += u;
        squares += u * u;
    }
    assert_near(sum / n, 0.0, 4.0 * sqrt(1.0 / 12.0 / n));
    assert_near(squares / n, 1.0 / 12.0, 4.0 * sqrt(1.0 / 180.0 / n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_draw_is_the_top_53_bits_and_a_half),
        cmocka_unit_test(test_words_are_in_their_places),
        cmocka_unit_test(test_uniform_of_words),
        cmocka_unit_test(test_moments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
