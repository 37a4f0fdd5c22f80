/* What the sections of the terminal report share: numbers in human form, spreads with their
 * intervals, and lines wrapped under a heading. */
#ifndef GW_REPORT_SECTION_H
#define GW_REPORT_SECTION_H

#include "report/report.h"

typedef struct {
    Arena *arena;
    const ReportInput *input;
    const Model *model;
    const RunResult *result;
    const ReportStyle *style;
    Buffer *out;
    double *scratch; /* two of n_paths */
    double *more_scratch;
    const struct DriversFound *drivers; /* rests_on.c: what was found last, asked for twice */
} Report;

enum { SECTION_INDENT = 10 };
#define Z_95 1.959964

/* ---- numbers.c ---- */

/* How numbers of one unit are shown together: divided, with a magnitude word and the unit. */
typedef struct {
    double divisor;
    const char *magnitude; /* "", "k", "mn", "bn", "tn", "×10^18" */
    Text unit;
    char prefix; /* of the unit: 'G' before W_site; 0: none */
} Scale;
/* `largest` is the largest size to be shown, in base units. */
Scale scale_for(Text unit, double unit_scale, double largest);
/* Between the two, so that numbers of a table which share a scale all stay readable. */
double middle_size(double smallest, double largest);
/* Three significant digits (six before the point), no zeros at the end, 1.2e9 beyond; "never" for
 * infinity. */
void add_number(Buffer *out, double number);
void add_scaled(Buffer *out, Scale scale, double base); /* the number alone */
void add_unit(Buffer *out, Scale scale);                /* " bn USD" */
void add_amount(Buffer *out, Scale scale, double base); /* both */
void add_money(Buffer *out, Text currency, double money);
void add_count(Buffer *out, uint64_t count); /* 20,000 */
/* "2027-05", with the day on a clock finer than months; "never". */
void add_date(Buffer *out, const Model *model, double day);
/* "41.3 % (40.6 … 42.0)": the share of paths, with Wilson's 95 % interval. */
void add_chance(Buffer *out, size_t hits, size_t count);
void add_percent(Buffer *out, double share);
/* What one output came to: a chance, dates with the chance of never, or median (5 … 95 %). */
void add_spread(Buffer *out, const Model *model, uint32_t output, const Spread *spread);
/* The same in a scale that others share, with or without its unit. */
void add_spread_in(Buffer *out, const Model *model, uint32_t output, const Spread *spread,
                   Scale scale, bool has_unit);
/* One value as shown: a number in the scale, a day, yes or no, a word. */
void add_value(Buffer *out, const Model *model, const Output *output, Scale scale, double base);
/* That in which an output is shown, dates and words in none. */
Scale scale_of_output(const Output *output, double largest);
Scale scale_of_spread(const Output *output, const Spread *spread);
/* One for all: between the smallest and the largest median, but for what is nothing beside it. */
Scale scale_of_column(const Output *output, const Spread *spreads, size_t count);
size_t text_width(Text text); /* code points */

/* ---- terminal.c ---- */

/* A heading, then text that is wrapped under it; "" goes on without a heading. */
void add_section(Report *r, const char *heading, Text text);
/* A heading line of its own, for tables. */
void add_heading(Report *r, const char *heading, Text rest);

/* ---- tables: cells of text in columns, the first to the left, the others to the right ---- */
typedef struct {
    size_t n_columns;
    LIST(Text) cells; /* row by row */
} TextTable;
void table_add(Report *r, TextTable *table, Text cell);
/* Columns that do not fit the width go into a further table below, with the first repeated. */
void table_write(Report *r, const TextTable *table);

/* ---- views.c: what stands in the cells ---- */
Text number_cell(Report *r, Scale scale, double base);
Text typed_cell(Report *r, const Output *output, Scale scale, double base);
Text percent_cell(Report *r, double share);
Text bar(Report *r, double share, int width);

/* ---- one a file ---- */
void section_who_pays(Report *r);
void section_reach(Report *r);
void section_plan(Report *r);
void section_bank_test(Report *r);
void section_breaks(Report *r);
void section_headline(Report *r);
void section_rests_on(Report *r);
void section_errors(Report *r);
void section_checks(Report *r);
void section_show(Report *r, const View *view);
void section_fan(Report *r, const View *view);
void section_hist(Report *r, const View *view);
void section_tornado(Report *r, const View *view);
void section_why(Report *r, const View *view);
void section_compare(Report *r, const View *view);
void section_flows(Report *r, const View *view);

/* ---- rests_on.c: how far draws explain an output ---- */
typedef struct {
    uint32_t parameter;
    double rank_correlation;
    double low_tenth, high_tenth; /* the output's middle where the parameter is lowest, highest */
} Driver;
typedef LIST(Driver) DriverList;
/* By the square of their rank correlation, largest first, those above the noise; `noise` (may be
 * NULL) is the band's height. The output at this period. */
DriverList drivers_of(Report *r, uint32_t output, uint32_t period, double *noise);

/* " in bn USD" for a heading; empty when the scale has no words. */
Text unit_words(Report *r, Scale scale);
/* The output as shown to a reader; the period that holds a day, or the last one. */
Text output_title(const Model *model, uint32_t output);
uint32_t period_of_day(const Model *model, double day);
Text party_title(const Model *model, uint32_t party); /* of a book its owner's */

#endif
