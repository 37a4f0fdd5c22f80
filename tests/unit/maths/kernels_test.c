/* Every instruction set present gives the bits of the scalar functions, for any count. */
#include "maths/kernels.h"
#include "maths/maths.h"
#include "maths/philox.h"

#include "check.h"

enum { COUNT = 16 * 1024 + 5, INPUTS = 4 };

typedef struct {
    double in[INPUTS][COUNT];
    double out[COUNT];
} Lanes;

static Lanes lanes;

static const double edges[] = {0.0,  -0.0,      1.0,       -1.0,  INFINITY, -INFINITY,    NAN,
                               0.5,  0x1p-1074, 0x1p-1022, 1e-12, 1e308,    -745.0,       710.0,
                               -1e3, 1e-300,    2.0,       -3.0,  0.99,     1.0 - 0x1p-53};
enum { EDGES = sizeof edges / sizeof *edges };

typedef void Fill(uint64_t *state, double *x);

static void fill_with_anything(uint64_t *state, double *x)
{
    *x = gw_from_bits(random_bits(state));
}

static void fill_with_plain_numbers(uint64_t *state, double *x)
{
    *x = random_between(state, -30.0, 30.0);
}

static void fill_with_chances(uint64_t *state, double *x)
{
    double u = random_between(state, 0.0, 1.0);

    *x = random_bits(state) % 8 ? u : u * ldexp(1.0, -(int)(random_bits(state) % 200));
}

static void fill_with_edges(uint64_t *state, double *x)
{
    *x = edges[random_bits(state) % EDGES];
}

static Fill *const fills[] = {fill_with_anything, fill_with_plain_numbers, fill_with_chances,
                              fill_with_edges};
enum { FILLS = sizeof fills / sizeof *fills };

static void fill(int which)
{
    uint64_t state = TEST_SEED + (uint64_t)which;

    for (int k = 0; k < INPUTS; k++)
        for (size_t i = 0; i < COUNT; i++)
            fills[which](&state, &lanes.in[k][i]);
}

static void check_bits(const char *isa, const char *name, size_t i, double expected)
{
    double got = lanes.out[i];

    if ((isnan(got) && isnan(expected)) || gw_bits(got) == gw_bits(expected))
        return;
    print_error("%s %s of (%a, %a, %a, %a) is %a, not %a\n", isa, name, lanes.in[0][i],
                lanes.in[1][i], lanes.in[2][i], lanes.in[3][i], got, expected);
    fail();
}

#define CHECK(name, count, call, scalar)                                                           \
    do {                                                                                           \
        kernels->call;                                                                             \
        for (size_t i = 0; i < (count); i++)                                                       \
            check_bits(kernels->isa, name, i, scalar);                                             \
    } while (0)

static void check_kernels(const MathsKernels *kernels, size_t n)
{
    const double *a = lanes.in[0], *b = lanes.in[1], *c = lanes.in[2], *d = lanes.in[3];
    double *out = lanes.out;

    CHECK("exp", n, exp(n, a, out), gw_exp(a[i]));
    CHECK("expm1", n, expm1(n, a, out), gw_expm1(a[i]));
    CHECK("log", n, log(n, a, out), gw_log(a[i]));
    CHECK("log1p", n, log1p(n, a, out), gw_log1p(a[i]));
    CHECK("pow", n, pow(n, a, b, out), gw_pow(a[i], b[i]));
    CHECK("annuity", n, annuity(n, a, b, c, out), gw_annuity(a[i], b[i], c[i]));
    CHECK("normal_cdf", n, normal_cdf(n, a, out), gw_normal_cdf(a[i]));
    CHECK("score_uniform", n, score_uniform(n, a, out), gw_score_uniform(a[i]));
    CHECK("inverse_normal", n, inverse_normal(n, a, out), gw_inverse_normal(a[i]));
    CHECK("normal", n, quantile_normal(n, a, b, c, out), gw_quantile_normal(a[i], b[i], c[i]));
    CHECK("lognormal", n, quantile_lognormal(n, a, b, c, out),
          gw_quantile_lognormal(a[i], b[i], c[i]));
    CHECK("uniform", n, quantile_uniform(n, a, b, c, out), gw_quantile_uniform(a[i], b[i], c[i]));
    CHECK("triangle", n, quantile_triangle(n, a, b, c, d, out),
          gw_quantile_triangle(a[i], b[i], c[i], d[i]));
    CHECK("exponential", n, quantile_exponential(n, a, b, out),
          gw_quantile_exponential(a[i], b[i]));
    CHECK("draws", n, draw_uniforms(0x1234567890abcdefULL, 0xfedcba0987654321ULL, 77, 5, n, out),
          draw_uniform(0x1234567890abcdefULL, 0xfedcba0987654321ULL, 77 + (uint32_t)i, 5));
}

static void check_isa(const char *isa)
{
    const MathsKernels *kernels = maths_kernels(isa);

    if (!kernels) {
        print_message("%s is not present here\n", isa);
        return;
    }
    assert_string_equal(kernels->isa, isa);
    for (int which = 0; which < FILLS; which++) {
        fill(which);
        check_kernels(kernels, COUNT);
        check_kernels(kernels, 0);
        check_kernels(kernels, 1);
        check_kernels(kernels, GW_LANES + 1);
    }
}

static void test_baseline(void **unused)
{
    (void)unused;
    check_isa("baseline");
}

static void test_avx2(void **unused)
{
    (void)unused;
    check_isa("avx2");
}

static void test_avx512(void **unused)
{
    (void)unused;
    check_isa("avx512");
}

static void test_choice(void **unused)
{
    (void)unused;
    assert_non_null(strstr(maths_kernels_present(), "baseline"));
    assert_null(maths_kernels("sse9"));
    setenv("GW_ISA", "baseline", 1);
    assert_ptr_equal(maths_kernels(NULL), &maths_kernels_baseline);
    setenv("GW_ISA", "abacus", 1);
    assert_null(maths_kernels(NULL));
    unsetenv("GW_ISA");
    assert_non_null(maths_kernels(NULL));
    assert_non_null(strstr(maths_kernels_present(), maths_kernels(NULL)->isa));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_baseline),
        cmocka_unit_test(test_avx2),
        cmocka_unit_test(test_avx512),
        cmocka_unit_test(test_choice),
    };

    printf("seed %llu, %d lanes\n", (unsigned long long)TEST_SEED, GW_LANES);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
