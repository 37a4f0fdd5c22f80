/* What a reader is shown of a run: the terminal report, JSON and CSV.
 *
 * A report reads the model and what came back; the runs that some sections need
 * besides (other scenarios, the headline, nudged numbers) are made by the caller
 * and handed in. A section stands only when something in the model causes it. */
#ifndef GW_REPORT_REPORT_H
#define GW_REPORT_REPORT_H

#include "results/columns.h"
#include "run/run.h"

/* A scenario's spreads of this report's outputs, by their index here. */
typedef struct {
    Text name, title;
    uint64_t n_paths, n_failed; /* the first of the run, the same of every scenario */
    bool is_run;                /* else it could not be compiled */
    Spread *spreads;            /* at the last period; count 0: not shown there */
    uint64_t *hashes;           /* of all values, [output * n_periods + period]: 0 where none are */
} Comparison;

/* What all contracts of a layer pay if every stage were effective, and what the effective ones
 * will: means over the paths, money units. */
typedef struct {
    Text layer;
    uint32_t money; /* Model.monies */
    double announced, binding;
} HeadlineRow;

/* A fixed assumption raised by a tenth, and the middle of the main output before and after. */
typedef struct {
    uint32_t parameter;
    double before, after;
} Nudge;

/* Seconds that each stage of a profiled run took, side runs apart. */
typedef enum {
    STAGE_READING,
    STAGE_CHECKING,
    STAGE_COMPILING,
    STAGE_RUNNING,
    STAGE_COMPARE,
    STAGE_HEADLINE,
    STAGE_RESTS_ON,
    STAGE_REPORT,
    N_STAGES
} Stages;

typedef struct {
    double seconds[N_STAGES];
    RunProfile run;
} Profile;

typedef struct {
    const Model *model;
    const RunResult *result;
    const Profile *profile; /* NULL: none was asked for */
    uint64_t seed;
    const uint32_t
        *parameter_outputs; /* by parameter: where its draws are, or NO_ID; may be NULL */
    LIST(Comparison) comparisons;
    LIST(HeadlineRow) headline;
    uint64_t headline_paths;
    bool without_rests_on;
    LIST(Nudge) nudges;                /* largest move first */
    uint32_t n_nudged;                 /* fixed assumptions that were tried */
    uint32_t n_not_nudged;             /* that were left out to keep the time short */
    uint64_t tried_paths, nudge_paths; /* of the first try of all, and of those that stand here */
} ReportInput;

typedef struct {
    unsigned width;
    bool has_colour;
    bool has_errors; /* with the standard errors of what is shown */
    double seconds;  /* NaN: not said */
} ReportStyle;

Text report_terminal(Arena *arena, const ReportInput *input, const ReportStyle *style);
Text report_csv(Arena *arena, const ReportInput *input);
/* "reading", ... */
const char *report_stage_name(size_t stage);
/* Where the time went; empty when the run was not profiled. */
Text report_profile(Arena *arena, const ReportInput *input);
/* Empty in a build without JSON. */
Text report_json(Arena *arena, const ReportInput *input);

/* Why a path failed: "level falls below zero". */
Text report_failure(Arena *arena, const Model *model, const Failure *failure);

/* The output that RESTS ON speaks of: the first tornado's, else the first shown; NO_ID: none. */
uint32_t report_main_output(const Model *model);
/* One number for how high an output came out at the end: the median of a number, the share of yes,
 * or the mean day of a date, the day after the clock's end where it did not come by then. `column`
 * has the output by path, NaN where a path failed; `scratch` has room for as many. */
double report_middle(const Model *model, const Output *about, const double *column, size_t n_paths,
                     double *scratch);
/* RESTS ON stands from so many paths on. */
enum { REPORT_FEWEST_SPREAD = 20 };
/* Whether there is a headline: contracts with a layer, and one that does not bind from the start
 * or a view that asks. */
bool report_has_headline(const Model *model);
/* By layer, what the model's contracts owe over the clock in this result: added to the rows, as
 * announced or as binding. */
void report_add_headline(Arena *arena, const Model *model, const RunResult *result,
                         ReportInput *input, bool is_announced);

/* How far money goes round in the window of a `who_pays`, from its mean payments. */
typedef struct {
    double return_probability; /* that money at the target comes back to it */
    double path_length;        /* hands */
    double cycling_index;      /* Finn's */
    double around, total;      /* the largest circulation, and all payments: money units */
} Circularity;
/* False for networks that are too large, or in which money never rests, and for outside targets. */
bool circularity_of(Arena *arena, const Model *model, const RunResult *result, const WhoPays *who,
                    Circularity *out);
/* The periods of a view's window: *n of them from *first. */
void view_window(const Model *model, const View *view, uint32_t *first, uint32_t *n);
double mean_of_good(const RunResult *result, const double *column);

/* What a `bank_test` comes to; the first two alone when nothing is lent. */
typedef struct {
    double lent;
    size_t life_years;
    double cost, would_lend;
    double payback_years;      /* +infinity: not within life */
    double rate_of_return;     /* NaN: none */
    double years_without_cash; /* of life, after the clock's end: they count as earning nothing */
} BankVerdict;
/* False for other views. */
bool bank_verdict_of(Arena *arena, const Model *model, const RunResult *result, const View *view,
                     BankVerdict *out);

#endif
