/* Gigawatt: what compute contracts cost, and who pays for them in the end.
 *
 * All that a user of the library includes. Handles are opaque; every string and array that a
 * function gives back belongs to the handle it was asked of and lives until that handle is freed.
 * The library has no global state, prints nothing and never ends its host: out of memory comes
 * back as GW_NO_MEMORY. One thread at a time may use a model and the runs made from it; two
 * models may be used in two threads. docs/c-interface.md shows a whole program. */
#ifndef GIGAWATT_H
#define GIGAWATT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define GW_API __attribute__((visibility("default")))
#else
#define GW_API
#endif

typedef enum GwStatus {
    GW_OK = 0,
    GW_BAD_INPUT = 1, /* the model's text or data is at fault: see its diagnostics */
    GW_BAD_USE = 2,   /* a call that cannot be answered: an unknown name, an index past the end */
    GW_BAD_WORLD = 3, /* a file that cannot be read or written, a full disk */
    GW_NO_MEMORY = 4, /* memory ran out */
    GW_CANCELLED = 5, /* the progress function said stop */
    GW_TOO_BIG = 6    /* the run would not fit: gw_model_message says by how much */
} GwStatus;

typedef struct GwModel GwModel; /* a model's text, settings, faults, and what was made of them */
typedef struct GwRun GwRun;     /* the results of one run; outlives changes to its model */

/* "0.1.0" */
GW_API const char *gw_version(void);
/* The instructions that runs use: "baseline", "avx2" or "avx512", the widest that the machine has
 * unless the environment variable GW_ISA names another; NULL when it names one that is not there,
 * and then no model runs. No result depends on it. */
GW_API const char *gw_instructions(void);
/* Those that the machine has, widest last, with spaces between. */
GW_API const char *gw_instructions_present(void);
/* A word for a status: "ok", "bad input", ... */
GW_API const char *gw_status_name(GwStatus status);

/* ---- a model's text ------------------------------------------------------------------ */

/* NULL when memory ran out. */
GW_API GwModel *gw_model_new(void);
GW_API void gw_model_free(GwModel *model);

/* Why the last call on this model failed, one line; "" when it did not. */
GW_API const char *gw_model_message(const GwModel *model);

/* Reads the field's library from this directory instead of the one inside the binary.
 * Before opening. */
GW_API GwStatus gw_model_set_library(GwModel *model, const char *directory);

/* How the model's files are read. Fills *bytes with memory from malloc, which the library frees.
 * Returns 0, or an errno value. `path` is what the model says, joined to its importer's folder. */
typedef int (*GwReadFile)(void *context, const char *path, char **bytes, size_t *length);
/* NULL: from the file system. Before opening. */
GW_API GwStatus gw_model_set_reader(GwModel *model, GwReadFile read, void *context);

/* Reads a model and all that it imports. Once for each handle. Faults in the text are not a
 * failure here: they are diagnostics, and gw_model_compile refuses. */
GW_API GwStatus gw_model_open(GwModel *model, const char *path);
/* The same from memory; `name` is what messages call it and what its imports are relative to. */
GW_API GwStatus gw_model_parse(GwModel *model, const char *name, const char *text, size_t length);

/* ---- settings ------------------------------------------------------------------------
 * Each takes effect at the next compilation. */

/* A one-line scenario: "spend = 2 USD/person/month", "every lease.rate scaled 0.9". */
GW_API GwStatus gw_model_set(GwModel *model, const char *line);
/* NULL, "" or "base" for the model as written. */
GW_API GwStatus gw_model_choose_scenario(GwModel *model, const char *name);
/* "openai.cash by year": shown in place of the report's own views. */
GW_API GwStatus gw_model_show(GwModel *model, const char *what);
/* Other than 0: a number without a source is an error. */
GW_API GwStatus gw_model_set_strict(GwModel *model, int is_strict);

/* Where a model without a clock of its own starts: in January of this year. 0, as at first: the
 * year it is. */
GW_API GwStatus gw_model_set_year(GwModel *model, int year);

/* Checks names, units and dates of everything, and makes the program. GW_BAD_INPUT when there is
 * an error among the diagnostics. Does nothing when nothing has changed. */
GW_API GwStatus gw_model_compile(GwModel *model);

/* ---- diagnostics ---------------------------------------------------------------------- */

typedef enum GwSeverity { GW_ERROR, GW_WARNING, GW_NOTE } GwSeverity;

typedef struct GwDiagnostic {
    GwSeverity severity;
    const char *code; /* stable: "unit-mismatch"; docs/errors.md explains each */
    const char *message;
    const char *file;
    uint32_t line, column;         /* from 1; column counts characters */
    uint32_t end_line, end_column; /* one past the last character */
    const char *edit;              /* what to write in place of the edit's stretch; NULL: none */
    uint32_t edit_line, edit_column, edit_end_line, edit_end_column;
} GwDiagnostic;

GW_API size_t gw_model_diagnostic_count(const GwModel *model);
GW_API size_t gw_model_error_count(const GwModel *model);
GW_API GwStatus gw_model_diagnostic(GwModel *model, size_t index, GwDiagnostic *diagnostic);
/* As a reader at a terminal sees them: the first twenty, and how many more there are. "" when
 * there are none. NULL when memory ran out. */
GW_API const char *gw_model_diagnostics_text(GwModel *model, int has_colour);
GW_API const char *gw_model_diagnostics_json(GwModel *model);

/* ---- what a model holds (after compiling) ----------------------------------------------- */

typedef struct GwModelInfo {
    const char *name, *title, *scenario, *currency;
    const char *from, *until; /* the clock's first and last day, "2025-10-01" */
    const char *step;         /* "daily", "weekly", "monthly", "quarterly", "yearly" */
    uint32_t n_periods;
    double minor_per_unit; /* 100 cents */
    uint32_t n_unsourced;
    size_t n_currencies; /* of the books: `currency`, the main one, is the first */
} GwModelInfo;
GW_API GwStatus gw_model_info(GwModel *model, GwModelInfo *info);
GW_API GwStatus gw_model_currency(GwModel *model, size_t index, const char **name);
/* First and last day of period `index`, days since 1970-01-01. */
GW_API GwStatus gw_model_period(GwModel *model, size_t index, int32_t *first_day,
                                int32_t *last_day);

/* A number that may be changed by gw_model_set: a constant or a draw. */
typedef struct GwParameter {
    const char *name, *label, *unit;
    const char *source;  /* the source's name; "" when assumed or unsourced */
    const char *words;   /* what stands beside it under `cite` or `assume` */
    const char *printed; /* as a reader sees it: "4 to 6 years, lognormal" */
    char attribution;    /* 'c' cited, 'a' assumed, 'u' unsourced, 'x' needs no source */
    int is_draw;
    double number;    /* a constant, in `unit` */
    double low, high; /* the sensible range; NaN: none */
    const char *file;
    uint32_t line;
} GwParameter;
GW_API size_t gw_model_parameter_count(GwModel *model);
GW_API GwStatus gw_model_parameter(GwModel *model, size_t index, GwParameter *parameter);

typedef enum GwType { GW_NUMBER, GW_DATE, GW_DURATION, GW_YESNO, GW_WORD } GwType;

/* A series that a run collects. Numbers come in `unit`; dates as days since 1970-01-01, infinite
 * for never; durations in months; a yes/no as 1 or 0; a word as its number: gw_run_word. */
typedef struct GwOutput {
    const char *name, *label, *unit;
    GwType type;
    int is_once;   /* one value a path; else one each period */
    int is_hidden; /* collected for a section of the report */
} GwOutput;
GW_API size_t gw_model_output_count(GwModel *model);
GW_API GwStatus gw_model_output(GwModel *model, size_t index, GwOutput *output);
/* The index of the output of this name; GW_BAD_USE when there is none. */
GW_API GwStatus gw_model_find_output(GwModel *model, const char *name, size_t *index);

GW_API size_t gw_model_scenario_count(GwModel *model);
GW_API GwStatus gw_model_scenario(GwModel *model, size_t index, const char **name,
                                  const char **title);

/* ---- text about a model -------------------------------------------------------------------- */

/* The model's own file in the one canonical layout; GW_BAD_INPUT when it has faults. */
GW_API GwStatus gw_model_format(GwModel *model, const char **text);
/* One stage as text: "tokens", "tree", "model", "ir", "bytecode". */
GW_API GwStatus gw_model_dump(GwModel *model, const char *stage, const char **text);
/* What the language and the imported library know of a name: a kind, a category, an account, a
 * unit. NULL or "": the list of them all. GW_BAD_USE, with a suggestion, for an unknown one. */
GW_API GwStatus gw_model_doc(GwModel *model, const char *name, const char **text);

/* ---- runs ------------------------------------------------------------------------------------ */

typedef struct GwRunOptions {
    uint64_t paths;
    uint64_t seed;        /* at most 2^63 - 1: JSON and databases know no larger number */
    unsigned threads;     /* 0: one a core; the results are the same bits whatever is chosen */
    uint64_t keep_bytes;  /* bound for what is kept of the paths; 0: 768 MiB */
    int with_side_runs;   /* also the runs that report sections need: other scenarios, the
                             headline, and the nudged numbers of RESTS ON */
    int without_rests_on; /* of these, not the last */
    int with_profile;     /* time it, for gw_run_profile and the JSON; slows it by some percent */
    /* A part: the paths from the first of these to before the second, of `paths` in all; each a
     * multiple of 256, or the last path's end. Both 0: the whole run. A part is saved, and joined
     * to the others with gw_model_merge; it has no report. */
    uint64_t paths_from, paths_to;
    /* Called now and then from one thread at a time; other than 0 stops the run. May be NULL. */
    int (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
} GwRunOptions;

enum { GW_DEFAULT_PATHS = 20000, GW_DEFAULT_SEED = 1 };

/* Bytes that a run would take; known before it starts. Compiles when needed. */
GW_API GwStatus gw_model_run_bytes(GwModel *model, const GwRunOptions *options, uint64_t *bytes);
/* Compiles when needed, runs, and fills *run; NULL options: the defaults, with side runs. Zero
 * paths are GW_BAD_USE. A run in which paths failed is GW_OK: ask gw_run_failed. */
GW_API GwStatus gw_model_run(GwModel *model, const GwRunOptions *options, GwRun **run);
GW_API void gw_run_free(GwRun *run);
GW_API const char *gw_run_message(const GwRun *run);

GW_API uint64_t gw_run_paths(const GwRun *run);
GW_API uint64_t gw_run_failed(const GwRun *run);
/* How many of the first paths every value is kept of: all of them, or, of a run that would keep
 * more than GwRunOptions.keep_bytes, fewer. Series are then of all paths, with quantiles from a
 * sketch, at most this share of themselves off; what looks at single paths is of those kept. */
GW_API uint64_t gw_run_kept_paths(const GwRun *run);
GW_API double gw_run_quantile_error(const GwRun *run); /* 0: exact */
/* 1 for a path that failed: one byte a path. */
GW_API const unsigned char *gw_run_failed_paths(const GwRun *run);

/* A run's outputs are the model's at the time of the run, by the same index. */
GW_API size_t gw_run_output_count(const GwRun *run);
GW_API GwStatus gw_run_output(GwRun *run, size_t index, GwOutput *output);
/* Every kept path's value at the close of a period, in base units (multiply by gw_run_scale for
 * the output's unit); failed paths hold what they hold. Any period for an output that is_once. */
GW_API GwStatus gw_run_column(GwRun *run, size_t output, size_t period, const double **values);
GW_API double gw_run_scale(const GwRun *run, size_t output);
/* Over the paths that did not fail, in the output's unit. NaN when the call has no answer. */
GW_API double gw_run_quantile(GwRun *run, size_t output, size_t period, double p);
GW_API double gw_run_mean(GwRun *run, size_t output, size_t period);
/* What a value of an output of type GW_WORD is; GW_BAD_USE for a number that is no word's. */
GW_API GwStatus gw_run_word(GwRun *run, double number, const char **word);
/* The share of paths in which the output is not 0, with its 95 % interval. */
GW_API GwStatus gw_run_chance(GwRun *run, size_t output, size_t period, double *chance, double *low,
                              double *high);

/* What one pay statement owed and paid in one period: means over the paths, in units of its
 * currency. */
typedef struct GwFlow {
    const char *payer, *payee, *category, *contract;
    double due, paid;
    const char *currency;
} GwFlow;
GW_API size_t gw_run_flow_count(const GwRun *run);
GW_API GwStatus gw_run_flow(GwRun *run, size_t index, size_t period, GwFlow *flow);

typedef struct GwCheck {
    const char *title;
    int holds;                 /* in enough paths */
    uint64_t n_held, n_tested; /* paths */
    double share, low, high;   /* of paths in which it holds, and the 95 % interval */
    double needed;             /* the share it must reach */
} GwCheck;
GW_API size_t gw_run_check_count(const GwRun *run);
GW_API GwStatus gw_run_check(GwRun *run, size_t index, GwCheck *check);

typedef struct GwFailure {
    uint64_t path;
    uint32_t period;
    const char *day;  /* the period's first day */
    const char *what; /* the first name that was not a number */
    const char *why;  /* in words: "level falls below zero" */
    const char *file; /* where it is declared; "" and 0 when nowhere */
    unsigned line;
} GwFailure;
/* The first thousand failed paths, in order. */
GW_API size_t gw_run_failure_count(const GwRun *run);
GW_API GwStatus gw_run_failure(GwRun *run, size_t index, GwFailure *failure);

/* ---- what is written of a run ------------------------------------------------------------ */

typedef struct GwReportOptions {
    unsigned width; /* columns; 0: 100 */
    int has_colour;
    double seconds; /* how long it took, for the header; NaN: not said */
    int has_errors; /* with a section of standard errors */
} GwReportOptions;
GW_API GwStatus gw_run_report(GwRun *run, const GwReportOptions *options, const char **text);
/* Everything the report knows, as JSON. GW_BAD_WORLD in a build without JSON. */
GW_API GwStatus gw_run_json(GwRun *run, const char **text);
/* The series in long form: output, unit, period, day, and the quantiles, one line each. */
GW_API GwStatus gw_run_csv(GwRun *run, const char **text);
/* Where the time went, as a section of text: by stage, with what was written of the run so far, by
 * phase, by name and by operation. "" when the run was not asked for it. */
GW_API GwStatus gw_run_profile(GwRun *run, const char **text);
/* A function for gw_run_save to call now and then, as GwRunOptions.progress is, with no total;
 * other than 0 stops it: GW_CANCELLED, and no file. NULL, as at first: none. */
GW_API void gw_run_watch(GwRun *run, int (*progress)(void *context, uint64_t done, uint64_t total),
                         void *context);
/* One SQLite file (docs/results.md), written whole or not at all. */
GW_API GwStatus gw_run_save(GwRun *run, const char *path);

/* ---- parts of a run, on several machines ------------------------------------------------- */

typedef struct GwPart {
    const char *name;  /* of its file, and in messages */
    const void *bytes; /* NULL: read the file; else what gw_run_part gave */
    size_t length;
} GwPart;
/* What gw_run_save would write of a part, in memory that lives until the run is freed. */
GW_API GwStatus gw_run_part(GwRun *run, const void **bytes, size_t *length);
/* Joins parts that are together all paths of one run, in any order: the result is to the bit that
 * of the whole. A model that was not opened is made from what the parts hold. Of the options count
 * threads, side runs and progress. */
GW_API GwStatus gw_model_merge(GwModel *model, const GwPart *parts, size_t count,
                               const GwRunOptions *options, GwRun **run);

#ifdef __cplusplus
}
#endif

#endif
