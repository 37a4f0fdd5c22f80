/* Reading what a run collected: values over the paths that did not fail, and their spread.
 *
 * Everything here is in base units; an output's `unit_scale` divides for display. */
#ifndef GW_RESULTS_COLUMNS_H
#define GW_RESULTS_COLUMNS_H

#include "run/run.h"

/* One value a kept path, failed paths left out, in path order; `values` has room for n_kept. The
 * period does not matter for an output that is_once. Returns how many. */
size_t column_values(const Model *model, const RunResult *result, uint32_t output, uint32_t period,
                     double *values);
/* The same over the first n_paths of these alone. */
size_t column_first(const Model *model, const RunResult *result, uint32_t output, uint32_t period,
                    uint64_t n_paths, double *values);
/* The same over a stretch of periods: a level at its end, amounts summed, rates averaged. */
size_t column_folded(const Model *model, const RunResult *result, uint32_t output,
                     uint32_t first_period, uint32_t last_period, double *values);

typedef struct {
    size_t count;     /* paths */
    size_t n_never;   /* of them infinite: a date that did not come */
    size_t n_nonzero; /* of them not 0: a yes */
    double mean, sd, p5, p25, p50, p75, p95;
    /* standard errors: that of a quantile is half the distance of the quantiles one standard
     * deviation of the binomial count either side; NaN or infinite where these are not finite */
    double se_mean, se5, se25, se50, se75, se95;
    double error; /* at most this share of itself a quantile is off; 0: exact */
} Spread;
/* Spoils the values. */
Spread spread_of(double *values, size_t count);
/* Of values of one type: a quantile of words is one that there is. */
Spread spread_of_type(ValueType type, double *values, size_t count);
/* Over all paths of the run, kept or not. */
Spread spread_at(const Model *model, const RunResult *result, uint32_t output, uint32_t period,
                 double *scratch);
Spread spread_of_first(const Model *model, const RunResult *result, uint32_t output,
                       uint32_t period, uint64_t n_paths, double *scratch);

/* As column_folded, over all paths where the folding allows it. */
Spread spread_folded(const Model *model, const RunResult *result, uint32_t output,
                     uint32_t first_period, uint32_t last_period, double *scratch);
double quantile_at(const Model *model, const RunResult *result, uint32_t output, uint32_t period,
                   double p, double *scratch);
double mean_at(const Model *model, const RunResult *result, uint32_t output, uint32_t period,
               double *scratch);
/* The largest Spread.error of any series; 0 when all paths are kept. */
double worst_quantile_error(const RunResult *result);

/* Stretches of the clock for `by year`, `by quarter`, `by month`: calendar steps, cut to the
 * clock. Empty `by`: years. */
typedef struct {
    uint32_t first_period, last_period;
    Text name; /* "2026", "2026-Q3", "2026-07", or the first day */
} Stretch;
typedef LIST(Stretch) StretchList;
StretchList stretches_by(Arena *arena, const Model *model, Text by);

/* Mean over the paths of what a slot owed (is_paid false) or paid over a stretch, money units. */
double flow_mean(const Model *model, const RunResult *result, uint32_t slot, uint32_t first_period,
                 uint32_t last_period, bool is_paid);
/* How many of the paths in which the check was tested it held, and in how many it was. */
void check_count(const RunResult *result, size_t check, size_t *held, size_t *tested);
bool check_holds(const Model *model, const RunResult *result, size_t check);

/* Whether a source of who pays has the money of the target: no other can have paid. */
bool is_source_in_money(const Model *model, const WhoPays *who, uint32_t source);

#endif
