/* Keeping a run in one SQLite file.
 *
 * The file is the interface for SQL users: docs/results.md describes each table
 * and RESULTS_SCHEMA counts changes. Nothing in it depends on the clock of the
 * machine, so the same run gives the same bytes. */
#include "results/save.h"

#include "results/columns.h"
#include "stats/proportion.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define Z_95 1.959964

static const char schema[] =
    "CREATE TABLE run (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE source (name TEXT PRIMARY KEY, title TEXT, dated TEXT, trust TEXT,"
    " address TEXT) WITHOUT ROWID;"
    "CREATE TABLE parameter (name TEXT, label TEXT, unit TEXT, number REAL, printed TEXT,"
    " is_draw INTEGER, attribution TEXT, source TEXT, words TEXT, low REAL, high REAL,"
    " file TEXT, line INTEGER);"
    "CREATE TABLE word (number INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE money (number INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE period (period INTEGER PRIMARY KEY, first_day TEXT, last_day TEXT);"
    "CREATE TABLE output (output INTEGER PRIMARY KEY, name TEXT, unit TEXT, type TEXT,"
    " is_once INTEGER, is_hidden INTEGER);"
    "CREATE TABLE series (output INTEGER, period INTEGER, count INTEGER, never INTEGER,"
    " mean REAL, sd REAL, p5 REAL, p25 REAL, p50 REAL, p75 REAL, p95 REAL, error REAL,"
    " se_mean REAL, se5 REAL, se25 REAL, se50 REAL, se75 REAL, se95 REAL,"
    " PRIMARY KEY (output, period)) WITHOUT ROWID;"
    "CREATE TABLE flow (payer TEXT, payee TEXT, money TEXT, category TEXT, contract TEXT, period "
    "INTEGER,"
    " due_sum, paid_sum, due REAL, paid REAL);"
    "CREATE TABLE check_result (number INTEGER PRIMARY KEY, title TEXT, holds INTEGER,"
    " held INTEGER, tested INTEGER, share REAL, low REAL, high REAL, needed REAL);"
    "CREATE TABLE failure (path INTEGER PRIMARY KEY, period INTEGER, what TEXT);"
    "CREATE TABLE who_pays (target TEXT, money TEXT, account TEXT, window_from TEXT,"
    " window_until TEXT, source TEXT, paths INTEGER, mean REAL, p5 REAL, p50 REAL, p95 REAL, "
    "se_mean REAL, se5 REAL, se50 REAL, se95 REAL);";

typedef struct {
    const SaveInput *input;
    Database *db;
    double *values;
} Saving;

static const char *type_name(ValueType type)
{
    static const char *const names[] = {"number", "date", "duration", "yesno", "word"};
    return names[type];
}

static void save_run(Saving *s)
{
    static const char *const steps[] = {"daily", "weekly", "monthly", "quarterly", "yearly"};
    const Model *model = s->input->model;
    const RunResult *result = s->input->result;
    sqlite3_stmt *text = database_prepare(s->db, "INSERT INTO run VALUES (?, ?)");
    char hash[24];
    char from[16];
    char until[16];

    day_print(model->from, from);
    day_print(model->until, until);
    (void)snprintf(hash, sizeof hash, "%016" PRIx64, text_hash64(model->source_text));
    database_insert(s->db, text, "si", "schema", (int64_t)RESULTS_SCHEMA);
    database_insert(s->db, text, "ss", "version", s->input->version);
    database_insert(s->db, text, "st", "name", model->name);
    database_insert(s->db, text, "st", "title", model->title);
    database_insert(s->db, text, "st", "scenario", model->scenario);
    database_insert(s->db, text, "st", "set", model->settings);
    database_insert(s->db, text, "st", "model", model->source_text);
    database_insert(s->db, text, "ss", "model_hash", hash);
    database_insert(s->db, text, "si", "seed", (int64_t)s->input->seed);
    database_insert(s->db, text, "si", "paths", (int64_t)result->n_paths);
    database_insert(s->db, text, "si", "kept_paths", (int64_t)result->n_kept);
    database_insert(s->db, text, "sr", "quantile_error", worst_quantile_error(result));
    database_insert(s->db, text, "si", "failed", (int64_t)result->n_failed);
    database_insert(s->db, text, "st", "currency", model->currency);
    database_insert(s->db, text, "sr", "minor_per_unit", model->minor_per_unit);
    database_insert(s->db, text, "ss", "step", steps[model->step]);
    database_insert(s->db, text, "ss", "from", from);
    database_insert(s->db, text, "ss", "until", until);
    database_insert(s->db, text, "si", "periods", (int64_t)model->n_periods);
    database_insert(s->db, text, "si", "unsourced", (int64_t)model->n_unsourced);
    database_insert(s->db, text, "si", "book_checks", (int64_t)result->n_book_checks);
    database_insert(s->db, text, "si", "book_faults", (int64_t)result->n_book_faults);
    database_insert(s->db, text, "si", "clearings", (int64_t)result->n_clearings);
    (void)sqlite3_finalize(text);
}

static void save_facts(Saving *s)
{
    const Model *model = s->input->model;
    sqlite3_stmt *insertion =
        database_prepare(s->db, "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?, ?)");

    for (size_t i = 0; i < model->sources.count; i++) {
        const Source *source = &model->sources.items[i];
        database_insert(s->db, insertion, "ttttt", source->name, source->title, source->dated,
                        source->trust, source->address);
    }
    (void)sqlite3_finalize(insertion);
    insertion = database_prepare(
        s->db, "INSERT INTO parameter VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (size_t i = 0; i < model->parameters.count; i++) {
        const Parameter *p = &model->parameters.items[i];
        double scale = p->unit_scale != 0 ? p->unit_scale : 1;
        const char *attribution = p->attribution == 'c'   ? "cite"
                                  : p->attribution == 'a' ? "assume"
                                  : p->attribution == 'u' ? "unsourced"
                                                          : "exempt";
        database_insert(s->db, insertion, "tttrtisttrrti", p->name, p->label, p->unit,
                        p->is_draw ? (double)NAN : p->number / scale, p->printed,
                        (int64_t)p->is_draw, attribution, p->source, p->words, p->range_low / scale,
                        p->range_high / scale, p->file, (int64_t)p->line);
    }
    (void)sqlite3_finalize(insertion);
    insertion = database_prepare(s->db, "INSERT INTO word VALUES (?, ?)");
    for (size_t i = 0; i < model->words.count; i++)
        database_insert(s->db, insertion, "it", (int64_t)i, model->words.items[i]);
    (void)sqlite3_finalize(insertion);
    insertion = database_prepare(s->db, "INSERT INTO money VALUES (?, ?)");
    for (size_t i = 0; i < model->monies.count; i++)
        database_insert(s->db, insertion, "it", (int64_t)i, model->monies.items[i]);
    (void)sqlite3_finalize(insertion);
    insertion = database_prepare(s->db, "INSERT INTO period VALUES (?, ?, ?)");
    for (uint32_t period = 0; period < model->n_periods; period++) {
        char first[16];
        char last[16];
        day_print(model->first_days[period], first);
        day_print(model->last_days[period], last);
        database_insert(s->db, insertion, "iss", (int64_t)period, first, last);
    }
    (void)sqlite3_finalize(insertion);
}

static void save_series_of(Saving *s, sqlite3_stmt *insertion, uint32_t output)
{
    const Model *model = s->input->model;
    const Output *about = &model->outputs.items[output];
    bool is_scaled = about->type == TYPE_NUMBER && about->unit_scale != 0;
    double scale = is_scaled ? about->unit_scale : 1;
    uint32_t first = about->is_once ? model->n_periods - 1 : 0;

    for (uint32_t period = first; period < model->n_periods && s->db->code == SQLITE_OK; period++) {
        Spread v = spread_at(model, s->input->result, output, period, s->values);
        database_insert(s->db, insertion, "iiiirrrrrrrrrrrrrr", (int64_t)output, (int64_t)period,
                        (int64_t)v.count, (int64_t)v.n_never, v.mean / scale, v.sd / scale,
                        v.p5 / scale, v.p25 / scale, v.p50 / scale, v.p75 / scale, v.p95 / scale,
                        v.error, v.se_mean / scale, v.se5 / scale, v.se25 / scale, v.se50 / scale,
                        v.se75 / scale, v.se95 / scale);
    }
}

static void save_series(Saving *s)
{
    const Model *model = s->input->model;
    sqlite3_stmt *about = database_prepare(s->db, "INSERT INTO output VALUES (?, ?, ?, ?, ?, ?)");
    sqlite3_stmt *series = database_prepare(
        s->db, "INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    for (size_t i = 0; i < model->outputs.count; i++) {
        const Output *output = &model->outputs.items[i];
        database_insert(s->db, about, "ittsii", (int64_t)i, output->name, output->unit,
                        type_name(output->type), (int64_t)output->is_once,
                        (int64_t)output->is_hidden);
        save_series_of(s, series, (uint32_t)i);
    }
    (void)sqlite3_finalize(about);
    (void)sqlite3_finalize(series);
}

const char *whole_sum_digits(double high, double low, char digits[48])
{
    bool is_negative = high + low < 0;
    int64_t upper = (int64_t)((is_negative ? -high : high) / 1099511627776.0);
    int64_t lower = (int64_t)(is_negative ? -low : low);
    uint32_t limbs[4] = {0}; /* base 2^32, least first; low may be below zero or above 2^40 */
    size_t at = 47;

    digits[at] = '\0';
    upper += lower >> 40;
    lower &= (INT64_C(1) << 40) - 1;
    limbs[0] = (uint32_t)lower;
    limbs[1] = (uint32_t)(lower >> 32) | (uint32_t)((uint64_t)upper << 8);
    limbs[2] = (uint32_t)((uint64_t)upper >> 24);
    limbs[3] = (uint32_t)((uint64_t)upper >> 56);
    do {
        uint64_t remainder = 0;
        for (size_t i = 4; i-- > 0;) {
            uint64_t part = remainder << 32 | limbs[i];
            limbs[i] = (uint32_t)(part / 10);
            remainder = part % 10;
        }
        digits[--at] = (char)('0' + remainder);
    } while ((limbs[0] | limbs[1] | limbs[2] | limbs[3]) != 0);
    if (is_negative)
        digits[--at] = '-';
    return digits + at;
}

static void bind_sum(Saving *s, sqlite3_stmt *statement, int place, double high, double low)
{
    char room[48];
    const char *digits = whole_sum_digits(high, low, room);

    if (s->db->code != SQLITE_OK)
        return;
    if (strlen(digits) <= 18)
        (void)sqlite3_bind_int64(statement, place, strtoll(digits, NULL, 10));
    else
        (void)sqlite3_bind_text(statement, place, digits, -1, SQLITE_TRANSIENT);
}

static Text contract_name(const Model *model, uint32_t contract)
{
    return contract == NO_ID ? TEXT("") : model->contracts.items[contract].name;
}

static void save_flow(Saving *s, sqlite3_stmt *insertion, uint32_t slot, uint32_t period)
{
    const Model *model = s->input->model;
    const RunResult *result = s->input->result;
    const Slot *about = &model->slots.items[slot];
    size_t at = (size_t)slot * result->n_periods + period;

    if (result->due_high[at] == 0 && result->due_low[at] == 0 && result->paid_high[at] == 0 &&
        result->paid_low[at] == 0)
        return;
    bind_sum(s, insertion, 7, result->due_high[at], result->due_low[at]);
    bind_sum(s, insertion, 8, result->paid_high[at], result->paid_low[at]);
    if (s->db->code == SQLITE_OK) {
        (void)sqlite3_bind_double(insertion, 9,
                                  flow_mean(model, result, slot, period, period, false));
        (void)sqlite3_bind_double(insertion, 10,
                                  flow_mean(model, result, slot, period, period, true));
    }
    database_insert(s->db, insertion, "ttttti", book_owner(model, about->payer),
                    book_owner(model, about->payee), book_money(model, about->payer),
                    model->categories.items[about->category].name,
                    contract_name(model, about->contract), (int64_t)period);
}

static void save_flows(Saving *s)
{
    const Model *model = s->input->model;
    sqlite3_stmt *insertion =
        database_prepare(s->db, "INSERT INTO flow VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    for (size_t slot = 0; slot < model->slots.count; slot++)
        for (uint32_t period = 0; period < model->n_periods && s->db->code == SQLITE_OK; period++)
            save_flow(s, insertion, (uint32_t)slot, period);
    (void)sqlite3_finalize(insertion);
}

static void save_checks(Saving *s)
{
    const Model *model = s->input->model;
    const RunResult *result = s->input->result;
    sqlite3_stmt *insertion =
        database_prepare(s->db, "INSERT INTO check_result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");

    for (size_t i = 0; i < model->checks.count; i++) {
        size_t held = 0;
        size_t tested = 0;
        check_count(result, i, &held, &tested);
        Interval interval = stats_wilson(held, tested, Z_95);
        database_insert(s->db, insertion, "itiiirrrr", (int64_t)i, model->checks.items[i].title,
                        (int64_t)check_holds(model, result, i), (int64_t)held, (int64_t)tested,
                        tested > 0 ? (double)held / (double)tested : (double)NAN, interval.low,
                        interval.high, model->checks.items[i].share);
    }
    (void)sqlite3_finalize(insertion);
    insertion = database_prepare(s->db, "INSERT OR IGNORE INTO failure VALUES (?, ?, ?)");
    for (size_t i = 0; i < result->failures.count; i++) {
        const Failure *failure = &result->failures.items[i];
        Text what =
            failure->value != NO_ID ? model->values.items[failure->value].name : failure->what;
        database_insert(s->db, insertion, "iit", (int64_t)failure->path, (int64_t)failure->period,
                        what);
    }
    (void)sqlite3_finalize(insertion);
}

static void save_who_pays(Saving *s)
{
    const Model *model = s->input->model;
    const RunResult *result = s->input->result;
    size_t n_paths = (size_t)result->n_kept;
    sqlite3_stmt *insertion = database_prepare(
        s->db, "INSERT INTO who_pays VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    for (uint32_t w = 0; w < result->n_who_pays; w++) {
        const WhoPays *who = &result->who_pays[w];
        const View *view = &model->views.items[who->view];
        Text account =
            view->account == NO_ID ? TEXT("") : model->accounts.items[view->account].name;
        char from[16] = "", until[16] = "";

        if (!isnan(view->term_start)) {
            day_print(view->term_start, from);
            day_print(view->term_end, until);
        }
        for (uint32_t source = 0; source < who->n_sources; source++) {
            size_t count = 0;
            if (!is_source_in_money(model, who, source))
                continue;
            for (size_t path = 0; path < n_paths; path++)
                if (!result->is_failed[path] && who->received[path] > 0)
                    s->values[count++] = who->shares[source * n_paths + path];
            Spread v = spread_of(s->values, count);
            database_insert(s->db, insertion, "tttsstirrrrrrrr", book_owner(model, view->party),
                            book_money(model, view->party), account, from, until,
                            who->source_names[source], (int64_t)count, v.mean, v.p5, v.p50, v.p95,
                            v.se_mean, v.se5, v.se50, v.se95);
        }
    }
    (void)sqlite3_finalize(insertion);
}

static void save_all(Database *db, void *what)
{
    Saving *s = what;

    s->db = db;
    database_execute(db, schema);
    save_run(s);
    save_facts(s);
    save_series(s);
    save_flows(s);
    save_checks(s);
    save_who_pays(s);
}

SaveStatus save_results(Arena *scratch, const SaveInput *input, const char *path, Text *message)
{
    Saving s = {.input = input};
    Database db = {.goes_on = input->goes_on, .context = input->context};

    s.values = ARENA_ARRAY(scratch, double, (size_t)input->result->n_kept + 1);
    return database_write(scratch, &db, save_all, &s, path, message);
}
