/* The bits of doubles as whole numbers that sort as the doubles do. */
#ifndef GW_STATS_ORDER_H
#define GW_STATS_ORDER_H

#include <stdint.h>
#include <string.h>

#define ORDER_SIGN ((uint64_t)1 << 63)

/* -0 is 0. Not for NaN. */
static inline uint64_t ordered_bits(double value)
{
    uint64_t bits;
    double plain = value + 0.0;

    memcpy(&bits, &plain, sizeof bits);
    return bits & ORDER_SIGN ? ~bits : bits | ORDER_SIGN;
}

static inline double value_of_bits(uint64_t ordered)
{
    uint64_t bits = ordered & ORDER_SIGN ? ordered & ~ORDER_SIGN : ~ordered;
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
