/* The Gaussian copula: rank to score correlation, and the Cholesky factor. */
#include "maths/copula.h"
#include "maths/maths.h"

/* A pivot this small is rounding, not variance: the variable is determined by those before it. */
#define PIVOT_IS_ZERO 1e-12
/* What may then remain of its covariances with later variables. */
#define REST_IS_ZERO 1e-7

static const double SIXTH_OF_PI = 0x1.0c152382d7366p-1;

/* sin(x) for |x| <= pi/6: its Taylor series, whose next term is below 2^-64 of it. */
static double small_sine(double x)
{
    double square = x * x;
    double sum = 1.0;

    for (int i = 16; i >= 2; i -= 2)
        sum = 1.0 - square / (double)(i * (i + 1)) * sum;
    return x * sum;
}

double copula_score_correlation(double spearman)
{
    if (spearman == 1.0 || spearman == -1.0)
        return spearman;
    if (!(spearman > -1.0 && spearman < 1.0))
        return GW_NAN;
    return 2.0 * small_sine(SIXTH_OF_PI * spearman);
}

/* matrix[i][j] less what the first j columns of the factor explain of it. */
static double unexplained(size_t n, const double *lower, double element, size_t i, size_t j)
{
    for (size_t k = 0; k < j; k++)
        element -= lower[i * n + k] * lower[j * n + k];
    return element;
}

/* Column j of the factor; false, and who contradicts, if the pivot is not positive or a variable
 * determined by earlier ones would correlate otherwise. Each element is read before it is
 * overwritten, so that both matrices may be one. */
static bool factor_column(size_t n, const double *matrix, double *lower, size_t j, size_t *failed)
{
    double pivot = unexplained(n, lower, matrix[j * n + j], j, j);
    bool is_determined = fabs(pivot) <= PIVOT_IS_ZERO;
    double root = sqrt(pivot);

    *failed = j;
    if (!is_determined && !(pivot > 0.0))
        return false;
    lower[j * n + j] = is_determined ? 0.0 : root;
    for (size_t i = j + 1; i < n; i++) {
        double rest = unexplained(n, lower, matrix[i * n + j], i, j);

        *failed = i;
        if (is_determined && !(fabs(rest) <= REST_IS_ZERO))
            return false;
        lower[i * n + j] = is_determined ? 0.0 : rest / root;
    }
    return true;
}

bool copula_factor(size_t n, const double *matrix, double *lower, size_t *failed)
{
    for (size_t j = 0; j < n; j++)
        if (!factor_column(n, matrix, lower, j, failed))
            return false;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            lower[i * n + j] = 0.0;
    return true;
}
