/* Sums, means and spreads whose bits depend on path numbers alone.
 *
 * Values are added in order inside blocks of 256 counted from path 0; block sums
 * are combined by a fixed pairwise tree (the halves of a range split at the
 * greatest power of two below its length). Any split of the paths on multiples
 * of 256 gives the same bits. */
#ifndef GW_STATS_MOMENTS_H
#define GW_STATS_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

enum { STATS_BLOCK = 256 };

/* The sum of one block of at most STATS_BLOCK values, in order. */
double stats_block_sum(const double *values, size_t count);
/* Combines block sums, block 0 first. */
double stats_combine_blocks(const double *block_sums, size_t n_blocks);
double stats_sum(const double *values, size_t count);
double stats_mean(const double *values, size_t count); /* NaN for none */
/* Sample standard deviation, divisor n - 1, two passes; NaN for fewer than two. */
double stats_sd(const double *values, size_t count);
double stats_covariance(const double *x, const double *y, size_t count);
double stats_correlation(const double *x, const double *y, size_t count);

/* Mean and spread of values that come block by block and are not kept: the tree as far as it can
 * be built from a stretch of blocks. Two stretches that adjoin join to what one makes of all. */
typedef struct {
    uint64_t first_block;
    uint32_t level;             /* over 2^level blocks, the first a multiple of it */
    double count, sum, squares; /* of distances from their own mean */
} MomentNode;
enum { MOMENT_NODES = 64 }; /* twice the bits of the number of blocks, at most */
typedef struct {
    MomentNode nodes[MOMENT_NODES]; /* in order, adjoining */
    uint32_t n_nodes;
} Moments;

/* The block after those before. It may be empty, and the last one short. */
void moments_add_block(Moments *moments, uint64_t block, const double *values, size_t count);
void moments_join(Moments *left, const Moments *right);
double moments_mean(const Moments *moments); /* as stats_mean, stats_sd */
double moments_sd(const Moments *moments);

#endif
