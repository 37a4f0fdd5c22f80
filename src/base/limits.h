/* Every bound on size, depth and count, by name, with the reason for its value.
 * Each has a test at the bound and one past it. */
#ifndef GW_BASE_LIMITS_H
#define GW_BASE_LIMITS_H

enum {
    LIMIT_SOURCE_BYTES = 8 << 20, /* a file larger than this was not written by a person */
    LIMIT_SOURCE_FILES = 1000,    /* imports of one model */
    LIMIT_TOKENS = 2000000,       /* of one file */
    LIMIT_NESTING = 200,          /* brackets and blocks: bounds the parser's recursion */
    LIMIT_OPERATORS = 1000,       /* of one expression: bounds the depth of its tree */
    LIMIT_NAME_BYTES = 200,       /* of one name */
    LIMIT_IMPORT_DEPTH = 50,      /* chains of imports */
    LIMIT_KIND_DEPTH = 20,        /* `like` chains, and parts inside parts */
    LIMIT_INSTANCES = 200000,     /* instances after `for` and parts are expanded */
    LIMIT_VALUES = 2000000,       /* streams of one model */
    LIMIT_ELABORATION_DEPTH =
        2000,                 /* how deep one formula may depend on others before they are known */
    LIMIT_PERIODS = 40000,    /* a century of days */
    LIMIT_PATHS = 100000000,  /* paths of one run */
    LIMIT_PARTIES = 1000,     /* books are dense in parties by accounts */
    LIMIT_MONIES = 16,        /* currencies that one model keeps books in */
    LIMIT_SLOTS = 200000,     /* pay statements after expansion */
    LIMIT_LAG_PERIODS = 4000, /* ring length of lags, windows, belts, cohorts */
    LIMIT_SOLVE_ROUNDS = 100, /* damped iteration of `solve` */
    LIMIT_FUSED = 8,        /* arguments of one instruction that adds up; longer sums are several */
    LIMIT_CORRELATED = 400, /* variables of one `together` */
    LIMIT_TABLE_ROWS = 1000000, /* of one table */
    LIMIT_THREADS = 1024,
    LIMIT_DIAGS_DRAWN = 20
};

#endif
