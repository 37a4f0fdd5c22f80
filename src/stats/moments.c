/* Sums, means and spreads whose bits depend on path numbers alone. */
#include "stats/moments.h"

#include <assert.h>
#include <math.h>

double stats_block_sum(const double *values, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

static size_t greatest_power_below(size_t n)
{
    size_t power = 1;

    while (power < n - power)
        power *= 2;
    return power;
}

/* The depth is the number of bits of n_blocks. */
double stats_combine_blocks(const double *block_sums, size_t n_blocks)
{
    if (n_blocks <= 1)
        return n_blocks == 1 ? block_sums[0] : 0;
    size_t half = greatest_power_below(n_blocks);
    return stats_combine_blocks(block_sums, half) +
           stats_combine_blocks(block_sums + half, n_blocks - half);
}

/* A term of a sum: a value, a squared distance, or a product of two distances. */
typedef struct {
    const double *x, *y; /* y NULL: x alone */
    double mean_x, mean_y;
    size_t count;
} Terms;

static double sum_block(const Terms *t, size_t block)
{
    size_t begin = block * STATS_BLOCK, end = begin + STATS_BLOCK;
    double sum = 0;

    if (end > t->count)
        end = t->count;
    if (!t->y)
        return stats_block_sum(t->x + begin, end - begin);
    for (size_t i = begin; i < end; i++)
        sum += (t->x[i] - t->mean_x) * (t->y[i] - t->mean_y);
    return sum;
}

/* The same tree as stats_combine_blocks, without keeping the block sums. */
static double sum_blocks(const Terms *t, size_t first, size_t n_blocks)
{
    if (n_blocks <= 1)
        return n_blocks == 1 ? sum_block(t, first) : 0;
    size_t half = greatest_power_below(n_blocks);
    return sum_blocks(t, first, half) + sum_blocks(t, first + half, n_blocks - half);
}

static size_t blocks_of(size_t count)
{
    return (count + STATS_BLOCK - 1) / STATS_BLOCK;
}

double stats_sum(const double *values, size_t count)
{
    const Terms terms = {.x = values, .count = count};

    return sum_blocks(&terms, 0, blocks_of(count));
}

double stats_mean(const double *values, size_t count)
{
    return count > 0 ? stats_sum(values, count) / (double)count : NAN;
}

double stats_covariance(const double *x, const double *y, size_t count)
{
    double mean_x = stats_mean(x, count);
    const Terms terms = {x, y, mean_x, y == x ? mean_x : stats_mean(y, count), count};

    return count > 1 ? sum_blocks(&terms, 0, blocks_of(count)) / (double)(count - 1) : NAN;
}

double stats_sd(const double *values, size_t count)
{
    return sqrt(stats_covariance(values, values, count));
}

double stats_correlation(const double *x, const double *y, size_t count)
{
    double spread = stats_sd(x, count) * stats_sd(y, count);

    return spread > 0 ? stats_covariance(x, y, count) / spread : NAN;
}

/* ---- block by block ----------------------------------------------------------------------- */

/* Chan's rule for the squares of two groups about their common mean. */
static MomentNode combine(const MomentNode *left, const MomentNode *right)
{
    MomentNode both = *left;
    double count = left->count + right->count;

    both.level++;
    if (right->count == 0)
        return both;
    both.count = count;
    both.sum = left->sum + right->sum;
    both.squares = right->squares;
    if (left->count > 0) {
        double apart = right->sum / right->count - left->sum / left->count;
        both.squares =
            (left->squares + right->squares) + apart * apart * (left->count * right->count / count);
    }
    return both;
}

static void add_node(Moments *moments, MomentNode node)
{
    while (moments->n_nodes > 0) {
        const MomentNode *last = &moments->nodes[moments->n_nodes - 1];
        if (last->level != node.level || (last->first_block >> node.level) % 2 != 0)
            break;
        node = combine(last, &node);
        moments->n_nodes--;
    }
    assert(moments->n_nodes < MOMENT_NODES && "blocks adjoin");
    moments->nodes[moments->n_nodes++] = node;
}

void moments_add_block(Moments *moments, uint64_t block, const double *values, size_t count)
{
    MomentNode node = {.first_block = block, .count = (double)count};

    node.sum = stats_block_sum(values, count);
    for (size_t i = 0; i < count; i++) {
        double apart = values[i] - node.sum / (double)count;
        node.squares += apart * apart;
    }
    add_node(moments, node);
}

void moments_join(Moments *left, const Moments *right)
{
    for (uint32_t i = 0; i < right->n_nodes; i++)
        add_node(left, right->nodes[i]);
}

/* The right edge of the tree, from its last block up. */
static MomentNode top(const Moments *moments)
{
    MomentNode all = {0};

    for (uint32_t i = moments->n_nodes; i-- > 0;)
        all = combine(&moments->nodes[i], &all);
    return all;
}

double moments_mean(const Moments *moments)
{
    MomentNode all = top(moments);

    return all.count > 0 ? all.sum / all.count : NAN;
}

double moments_sd(const Moments *moments)
{
    MomentNode all = top(moments);

    return all.count > 1 ? sqrt(all.squares / (all.count - 1)) : NAN;
}
