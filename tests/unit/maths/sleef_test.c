/* The functions of maths.h beside SLEEF's of at most one ulp (Naoki Shibata, Francesco Petrogalli,
 * "SLEEF", IEEE TPDS 31(6), 2020), over millions of points.
 *
 * Both are near the truth, so they are near each other: two results a and b, off by at most A and B
 * ulp, are at most A + B of the larger one's units apart. The vector kernels have the bits of these
 * functions (kernels_test.c), so what holds here holds for every instruction set. */
#include "maths/maths.h"

#include "check.h"

#include <sleef.h>
#include <stdbool.h>

enum { POINTS = 4000000 };

static const double sleef_bound = 1.0;

/* Not the distance in the places of either alone: at a power of two those differ by two. */
static double apart_in_ulp(double a, double b)
{
    double larger = fmax(fabs(a), fabs(b));

    if (isnan(a) || isnan(b) || isinf(larger))
        return (isnan(a) && isnan(b)) || a == b ? 0.0 : INFINITY;
    if (larger < 0x1p-1022)
        return fabs(a - b) / 0x1p-1074;
    return fabs(a - b) / ldexp(1.0, ilogb(larger) - 52);
}

typedef double Function(double x);

/* Half of the points lie evenly in the range; the others have any exponent in it. */
static double point(uint64_t *state, double low, double high, int i)
{
    if (i % 2 == 0)
        return random_between(state, low, high);
    double size = fmax(fabs(low), fabs(high));
    double x = ldexp(random_between(state, 0.5, 1.0) * size, -(int)(random_bits(state) % 1000));
    return low < 0.0 && random_bits(state) % 2 == 0 ? fmax(-x, low) : fmin(x, high);
}

static void compare(const char *name, Function *ours, Function *theirs, double low, double high,
                    double our_bound)
{
    uint64_t state = TEST_SEED;
    double worst = 0.0, worst_x = 0.0;
    int n_same = 0;

    for (int i = 0; i < POINTS; i++) {
        double x = point(&state, low, high, i);
        double apart = apart_in_ulp(ours(x), theirs(x));

        n_same += apart == 0.0;
        if (apart > worst) {
            worst = apart;
            worst_x = x;
        }
    }
    print_message("%-5s %d points, %.2f %% the same, at most %.2f ulp apart at %a\n", name, POINTS,
                  100.0 * n_same / POINTS, worst, worst_x);
    assert_true(worst <= our_bound + sleef_bound);
}

static void test_exp(void **unused)
{
    (void)unused;
    compare("exp", gw_exp, Sleef_exp_u10, -707.0, 709.0, 0.57);
}

static void test_expm1(void **unused)
{
    (void)unused;
    compare("expm1", gw_expm1, Sleef_expm1_u10, -700.0, 709.0, 1.04);
}

static void test_log(void **unused)
{
    (void)unused;
    compare("log", gw_log, Sleef_log_u10, 0.0, 1e300, 0.85);
    compare("log", gw_log, Sleef_log_u10, 0.5, 2.0, 0.85);
}

static void test_log1p(void **unused)
{
    (void)unused;
    compare("log1p", gw_log1p, Sleef_log1p_u10, -0.999, 1e300, 1.5);
    compare("log1p", gw_log1p, Sleef_log1p_u10, -0.5, 1.0, 1.5);
}

static void test_pow(void **unused)
{
    (void)unused;
    uint64_t state = TEST_SEED;
    double worst = 0.0;
    int n_same = 0;

    for (int i = 0; i < POINTS; i++) {
        double x = i % 2 == 0 ? random_between(&state, 0.5, 2.0)
                              : exp2(random_between(&state, -300.0, 300.0));
        double y = random_between(&state, -700.0, 700.0) / fmax(1.0, fabs(log(x)));
        double apart = apart_in_ulp(gw_pow(x, y), Sleef_pow_u10(x, y));

        n_same += apart == 0.0;
        worst = fmax(worst, apart);
    }
    print_message("pow   %d points, %.2f %% the same, at most %.2f ulp apart\n", POINTS,
                  100.0 * n_same / POINTS, worst);
    assert_true(worst <= 1.0 + sleef_bound);
}

/* What is no plain number: both follow C's Annex F, but what is not a number goes through our pow
 * even where the other argument alone would decide. */
static void test_edges(void **unused)
{
    static const double edges[] = {0.0,  -0.0,      INFINITY,   -INFINITY, NAN,   1.0,
                                   -1.0, 0x1p-1074, -0x1p-1074, 710.0,     -746.0};
    enum { EDGES = sizeof edges / sizeof *edges };

    (void)unused;
    for (int i = 0; i < EDGES; i++) {
        double x = edges[i];
        assert_true(apart_in_ulp(gw_exp(x), Sleef_exp_u10(x)) <= 1.0);
        assert_true(apart_in_ulp(gw_expm1(x), Sleef_expm1_u10(x)) <= 1.0);
        assert_true(apart_in_ulp(gw_log(x), Sleef_log_u10(x)) <= 1.0);
        assert_true(apart_in_ulp(gw_log1p(x), Sleef_log1p_u10(x)) <= 1.0);
        for (int k = 0; k < EDGES; k++) {
            bool is_number = !isnan(x) && !isnan(edges[k]);
            double ours = gw_pow(x, edges[k]),
                   theirs = is_number ? Sleef_pow_u10(x, edges[k]) : NAN;
            if (!(apart_in_ulp(ours, theirs) <= 1.0)) {
                print_error("pow(%a, %a) is %a here and %a there\n", x, edges[k], ours, theirs);
                fail();
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exp),   cmocka_unit_test(test_expm1), cmocka_unit_test(test_log),
        cmocka_unit_test(test_log1p), cmocka_unit_test(test_pow),   cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
