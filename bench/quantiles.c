/* Seven exact quantiles of a column, in nanoseconds a value: of normal numbers, of a heavy tail,
 * and of a column most of which is one number. Prints the median of nine rounds of each. */
#include "maths/maths.h"
#include "maths/philox.h"
#include "stats/quantile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COUNT = 20000, COLUMNS = 20, ROUNDS = 9 };

static double columns[COLUMNS][COUNT], copies[COLUMNS][COUNT];

static double now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

static double seven(double *values)
{
    static const double p[] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};
    double quantiles[7], sum = 0;

    stats_quantiles(values, COUNT, p, 7, quantiles);
    for (int i = 0; i < 7; i++)
        sum += quantiles[i];
    return sum;
}

static void measure(const char *name)
{
    double times[ROUNDS], sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        memcpy(copies, columns, sizeof copies);
        double start = now_ns();
        for (int i = 0; i < COLUMNS; i++)
            sum += seven(copies[i]);
        times[round] = (now_ns() - start) / ((double)COLUMNS * COUNT);
    }
    qsort(times, ROUNDS, sizeof *times, by_size);
    printf("%s %.3f\n", name, sum == sum ? times[ROUNDS / 2] : -1);
}

int main(void)
{
    for (uint32_t i = 0; i < COLUMNS; i++)
        for (uint32_t path = 0; path < COUNT; path++)
            columns[i][path] = gw_inverse_normal(draw_uniform(1, 2, path, i));
    measure("normal");
    for (uint32_t i = 0; i < COLUMNS; i++)
        for (uint32_t path = 0; path < COUNT; path++)
            columns[i][path] = gw_exp(3 * columns[i][path]);
    measure("heavy_tail");
    for (uint32_t i = 0; i < COLUMNS; i++)
        for (uint32_t path = 0; path < COUNT; path++)
            columns[i][path] = columns[i][path] < 20 ? 0 : columns[i][path];
    measure("mostly_zero");
    return 0;
}
