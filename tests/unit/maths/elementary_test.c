/* exp, log, pow and their kin against the 80-bit libm; choice, comparison, rounding by hand. */
#include "maths/maths.h"

#include "check.h"

enum { POINTS = 100000 };

static const double edges[] = {
    0.0,         -0.0,   1.0,       -1.0,       2.0,        -2.0,
    3.0,         -3.0,   0.5,       -0.5,       1.5,        -1.5,
    10.0,        1e308,  -1e308,    0x1p53,     0x1p53 + 2, 0x1p52 + 1,
    -0x1p52 - 1, 1e-300, 0x1p-1074, -0x1p-1074, 4e-320,     0x1p-1022,
    709.5,       -745.0, -746.0,    INFINITY,   -INFINITY,  0x1.fffffffffffffp-1,
};
enum { EDGES = sizeof edges / sizeof *edges };

typedef double Function(double x);
typedef long double Truth(long double x);

static void check_range(const char *name, Function *function, Truth *truth, double low, double high,
                        double bound)
{
    uint64_t state = TEST_SEED;

    for (int i = 0; i < POINTS; i++) {
        double x = random_between(&state, low, high);
        double error = error_in_ulp(function(x), truth((long double)x));

        if (!(error <= bound)) {
            print_error("%s(%a) = %a is off by %g ulp\n", name, x, function(x), error);
            fail();
        }
    }
}

/* Any sign, any exponent, and close to 1 and to 0. */
static void check_everywhere(const char *name, Function *function, Truth *truth, double bound)
{
    uint64_t state = TEST_SEED;

    for (int i = 0; i < POINTS; i++) {
        double any = gw_from_bits(random_bits(&state));
        double small = ldexp(random_between(&state, -1.0, 1.0), -(int)(random_bits(&state) % 60));
        double points[3] = {any, small, 1.0 + small};

        for (int k = 0; k < 3; k++)
            if (!(error_in_ulp(function(points[k]), truth(points[k])) <= bound)) {
                print_error("%s(%a) = %a\n", name, points[k], function(points[k]));
                fail();
            }
    }
    for (int i = 0; i < EDGES; i++)
        if (!(error_in_ulp(function(edges[i]), truth(edges[i])) <= bound)) {
            print_error("%s(%a) = %a\n", name, edges[i], function(edges[i]));
            fail();
        }
    assert_true(isnan(function(NAN)));
}

static void test_exp(void **unused)
{
    (void)unused;
    check_range("exp", gw_exp, expl, -708.0, 710.0, 0.6);
    check_range("exp", gw_exp, expl, -750.0, -708.0, 1.0);
    check_range("exp", gw_exp, expl, -2.0, 2.0, 0.6);
    check_everywhere("exp", gw_exp, expl, 1.0);
}

static void test_expm1(void **unused)
{
    (void)unused;
    check_range("expm1", gw_expm1, expm1l, -45.0, 45.0, 1.04);
    check_range("expm1", gw_expm1, expm1l, -2.0, 2.0, 1.04);
    check_everywhere("expm1", gw_expm1, expm1l, 1.04);
}

static void test_log(void **unused)
{
    (void)unused;
    check_range("log", gw_log, logl, 0.5, 2.0, 0.85);
    check_everywhere("log", gw_log, logl, 0.85);
}

static void test_log1p(void **unused)
{
    (void)unused;
    check_range("log1p", gw_log1p, log1pl, -1.0, 3.0, 1.5);
    check_everywhere("log1p", gw_log1p, log1pl, 1.5);
}

static void check_pow(double x, double y)
{
    double error = error_in_ulp(gw_pow(x, y), powl((long double)x, (long double)y));

    if (!(error <= 1.0)) {
        print_error("pow(%a, %a) = %a is off by %g ulp\n", x, y, gw_pow(x, y), error);
        fail();
    }
}

static void test_pow_everywhere(void **unused)
{
    uint64_t state = TEST_SEED;

    (void)unused;
    for (int i = 0; i < POINTS; i++) {
        double any = gw_from_bits(random_bits(&state) >> 1);
        double wide = random_between(&state, 0.7, 1.42);
        double reach = random_between(&state, -750.0, 750.0);
        double any_y = gw_from_bits(random_bits(&state));

        if (isnan(any) || isnan(any_y))
            continue;
        check_pow(any, reach / log(any));
        check_pow(wide, reach / log(wide));
        check_pow(random_between(&state, 0.0, 5.0), random_between(&state, -20.0, 20.0));
        check_pow(any, any_y);
        check_pow(-any, gw_floor(random_between(&state, -9.0, 9.0)));
    }
}

static void test_pow_at_edges_is_that_of_c99(void **unused)
{
    (void)unused;
    for (int i = 0; i < EDGES; i++)
        for (int j = 0; j < EDGES; j++) {
            double result = gw_pow(edges[i], edges[j]);
            double truth = pow(edges[i], edges[j]);

            check_pow(edges[i], edges[j]);
            if (!isnan(truth))
                assert_int_equal(signbit(result) != 0, signbit(truth) != 0);
        }
}

static void test_pow_of_nan_is_nan(void **unused)
{
    (void)unused;
    assert_true(isnan(gw_pow(NAN, 0.0)));
    assert_true(isnan(gw_pow(1.0, NAN)));
    assert_true(isnan(gw_pow(NAN, NAN)));
    assert_true(isnan(gw_pow(-2.0, 0.5)));
}

static void test_pow_is_exact_where_it_can_be(void **unused)
{
    (void)unused;
    for (int n = 0; n <= 22; n++)
        assert_true(
            gw_pow(10.0, (double)n) ==
            strtod((char[]){'1', 'e', (char)('0' + n / 10), (char)('0' + n % 10), 0}, NULL));
    for (int n = -1074; n < 1024; n++)
        assert_true(gw_pow(2.0, (double)n) == ldexp(1.0, n));
    assert_true(gw_pow(1.5, 3.0) == 3.375);
    assert_true(gw_pow(-3.0, 5.0) == -243.0);
    assert_true(gw_pow(0.25, 0.5) == 0.5);
}

static void test_rounding(void **unused)
{
    uint64_t state = TEST_SEED;

    (void)unused;
    for (int i = 0; i < POINTS; i++) {
        double x = random_between(&state, -1e4, 1e4) * ldexp(1.0, (int)(random_bits(&state) % 50));

        assert_true(gw_floor(x) == floor(x) && gw_ceil(x) == ceil(x));
    }
    for (int i = 0; i < EDGES; i++) {
        assert_true(gw_floor(edges[i]) == floor(edges[i]));
        assert_true(gw_ceil(edges[i]) == ceil(edges[i]));
    }
    assert_true(gw_round(2.5) == 3.0 && gw_round(-2.5) == -2.0 && gw_round(-0.5) == 0.0);
    assert_true(gw_round(0.49999999999999994) == 0.0 && gw_round(0.5) == 1.0);
    assert_true(gw_round(0x1p52 + 1.0) == 0x1p52 + 1.0 && gw_round(-INFINITY) == -INFINITY);
    assert_true(isnan(gw_floor(NAN)) && isnan(gw_ceil(NAN)) && isnan(gw_round(NAN)));
    assert_true(isnan(gw_sqrt(-1.0)) && gw_sqrt(2.25) == 1.5);
}

static void test_choice(void **unused)
{
    (void)unused;
    assert_true(gw_min(1.0, 2.0) == 1.0 && gw_max(1.0, 2.0) == 2.0);
    assert_true(gw_min(-INFINITY, 2.0) == -INFINITY && gw_max(INFINITY, 2.0) == INFINITY);
    assert_true(isnan(gw_min(NAN, 1.0)) && isnan(gw_min(1.0, NAN)));
    assert_true(isnan(gw_max(NAN, 1.0)) && isnan(gw_max(1.0, NAN)));
    assert_true(gw_clamp(5.0, 0.0, 1.0) == 1.0 && gw_clamp(-5.0, 0.0, 1.0) == 0.0);
    assert_true(isnan(gw_clamp(NAN, 0.0, 1.0)));
    assert_true(gw_select(1.0, 2.0, NAN) == 2.0 && gw_select(0.0, NAN, 3.0) == 3.0);
    assert_true(isnan(gw_select(NAN, 2.0, 2.0)));
}

static void test_yes_and_no(void **unused)
{
    static const double table[][2] = {{0.0, 0.0}, {0.0, 1.0}, {1.0, 0.0}, {1.0, 1.0}};

    (void)unused;
    for (int i = 0; i < 4; i++) {
        double a = table[i][0], b = table[i][1];

        assert_true(gw_and(a, b) == (a != 0.0 && b != 0.0));
        assert_true(gw_or(a, b) == (a != 0.0 || b != 0.0));
        assert_true(gw_lt(a, b) == (a < b) && gw_le(a, b) == (a <= b));
        assert_true(gw_gt(a, b) == (a > b) && gw_ge(a, b) == (a >= b));
        assert_true(gw_eq(a, b) == (a == b) && gw_ne(a, b) == (a != b));
        assert_true(isnan(gw_and(a, NAN)) && isnan(gw_or(NAN, a)));
        assert_true(isnan(gw_lt(a, NAN)) && isnan(gw_ge(NAN, a)));
        assert_true(isnan(gw_eq(a, NAN)) && isnan(gw_ne(NAN, a)));
    }
    assert_true(gw_not(0.0) == 1.0 && gw_not(1.0) == 0.0 && isnan(gw_not(NAN)));
    assert_true(gw_eq(INFINITY, INFINITY) == 1.0 && gw_lt(-INFINITY, INFINITY) == 1.0);
}

/* numpy-financial's documentation; OpenFormula's PMT; a loan table worked by hand. */
static void test_annuity(void **unused)
{
    (void)unused;
    assert_relative(gw_annuity(200000.0, 0.075 / 12.0, 180.0), 1854.0247200054619, 1e-13);
    assert_relative(gw_annuity(2500.0, 0.0824 / 12.0, 12.0), 217.748590, 1e-8);
    assert_relative(gw_annuity(10000.0, 0.08 / 12.0, 10.0), 1037.0320894, 1e-10);
    assert_true(gw_annuity(1200.0, 0.0, 12.0) == 100.0);
    assert_relative(gw_annuity(1200.0, 1e-14, 12.0), 100.0, 1e-12);
    assert_true(isnan(gw_annuity(NAN, 0.1, 12.0)) && isnan(gw_annuity(1.0, NAN, 12.0)));
    assert_true(isinf(gw_annuity(1.0, 0.1, 0.0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exp),
        cmocka_unit_test(test_expm1),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_log1p),
        cmocka_unit_test(test_pow_everywhere),
        cmocka_unit_test(test_pow_at_edges_is_that_of_c99),
        cmocka_unit_test(test_pow_of_nan_is_nan),
        cmocka_unit_test(test_pow_is_exact_where_it_can_be),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_yes_and_no),
        cmocka_unit_test(test_annuity),
    };

    printf("seed %llu\n", (unsigned long long)TEST_SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
