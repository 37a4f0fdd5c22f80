/* Numbers as people read them: three digits, a magnitude word, a unit, an interval.
 *
 * What a unit is counted in: k, mn, bn and tn of it; a prefix where the unit takes them (GW_site,
 * PFLOP_bf16/s); a power of a thousand beyond both, and for small prices and rates. */
#include "report/section.h"

#include "stats/proportion.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *word;
    double size;
} Magnitude;

static const Magnitude magnitudes[] = {{"tn", 1e12}, {"bn", 1e9}, {"mn", 1e6}, {"k", 1e3}};
enum { N_MAGNITUDES = sizeof magnitudes / sizeof *magnitudes };
#define LEAST_WITH_K 1e4 /* 2,500 reads better than 2.5 k */

/* Beyond 9,999 tn, and below a ten-thousandth of a price or rate. */
static const Magnitude large_powers[] = {{"×10^36", 1e36}, {"×10^33", 1e33}, {"×10^30", 1e30},
                                         {"×10^27", 1e27}, {"×10^24", 1e24}, {"×10^21", 1e21},
                                         {"×10^18", 1e18}, {"×10^15", 1e15}};
static const Magnitude small_powers[] = {{"×10^-6", 1e-6},   {"×10^-9", 1e-9},   {"×10^-12", 1e-12},
                                         {"×10^-15", 1e-15}, {"×10^-18", 1e-18}, {"×10^-21", 1e-21},
                                         {"×10^-24", 1e-24}, {"×10^-27", 1e-27}, {"×10^-30", 1e-30},
                                         {"×10^-33", 1e-33}, {"×10^-36", 1e-36}};
enum {
    N_LARGE_POWERS = sizeof large_powers / sizeof *large_powers,
    N_SMALL_POWERS = sizeof small_powers / sizeof *small_powers
};
#define LEAST_WITH_POWER 9999.5e12
#define MOST_WITH_SMALL_POWER 1e-4
#define LEAST_AMOUNT 1e-9
#define NOTHING_BESIDE 1e-9          /* of the largest in a column */
#define LEAST_WITH_EXPONENT 999999.5 /* six digits are the most that are read at a glance */

/* Units that take prefixes, and which: an index into `prefixes`, of which the first is none. */
typedef struct {
    const char *stem;
    int lowest, highest;
} Prefixed;
static const char prefixes[] = " kMGTPEZ";
static const Prefixed prefixed[] = {{"W_", 1, 4}, {"Wh_", 0, 7}, {"FLOP", 0, 7}};

size_t text_width(Text text)
{
    size_t width = 0;

    for (size_t i = 0; i < text.length; i++)
        width += ((unsigned char)text.bytes[i] & 0xC0) != 0x80;
    return width;
}

/* Takes a magnitude word off the front of a unit: "bn USD" is 10^9 "USD". */
static double take_magnitude(Text *unit)
{
    for (int i = 0; i < N_MAGNITUDES; i++) {
        size_t length = strlen(magnitudes[i].word);
        if (unit->length < length || memcmp(unit->bytes, magnitudes[i].word, length) != 0)
            continue;
        if (unit->length == length || unit->bytes[length] == ' ') {
            size_t taken = unit->length == length ? length : length + 1;
            *unit = (Text){unit->bytes + taken, unit->length - taken};
            return magnitudes[i].size;
        }
    }
    return 1;
}

/* How a unit takes prefixes, and the one it has: three zeros more or less are the next one. NULL:
 * it takes none. */
static const Prefixed *find_prefixed(Text unit, int *at)
{
    const char *prefix = unit.length > 1 ? strchr(prefixes + 1, unit.bytes[0]) : NULL;
    Text rest = prefix != NULL ? (Text){unit.bytes + 1, unit.length - 1} : unit;

    *at = prefix != NULL ? (int)(prefix - prefixes) : 0;
    for (size_t i = 0; i < sizeof prefixed / sizeof *prefixed; i++)
        if (text_starts(rest, prefixed[i].stem))
            return *at >= prefixed[i].lowest ? &prefixed[i] : NULL;
    return NULL;
}

static void choose_power(Scale *scale, double shown)
{
    const Magnitude *power = NULL;

    for (int i = N_LARGE_POWERS - 1; i >= 0 && shown >= LEAST_WITH_POWER; i--)
        if (shown >= 0.9995 * large_powers[i].size)
            power = &large_powers[i];
    for (int i = 0; i < N_SMALL_POWERS && power == NULL && shown < MOST_WITH_SMALL_POWER; i++)
        if (shown >= 0.9995 * small_powers[i].size)
            power = &small_powers[i];
    if (power == NULL)
        return;
    scale->divisor *= power->size;
    scale->magnitude = power->word;
}

static bool is_rate_or_price(Text unit)
{
    return memchr(unit.bytes, '/', unit.length) != NULL;
}

static void choose_prefix(Scale *scale, const Prefixed *about, int at, double size)
{
    if (at > 0)
        scale->unit = (Text){scale->unit.bytes + 1, scale->unit.length - 1};
    for (; isfinite(size) && size >= 999.5 && at < about->highest; at++) {
        size /= 1000;
        scale->divisor *= 1000;
    }
    for (; size > 0 && size < 0.9995 && at > about->lowest; at--) {
        size *= 1000;
        scale->divisor /= 1000;
    }
    if (isfinite(size) && size >= LEAST_WITH_K) /* past the last prefix: without one */
        for (; at > about->lowest; at--) {
            size *= 1000;
            scale->divisor /= 1000;
        }
    /* cppcheck-suppress arrayIndexOutOfBoundsCond ; `highest` is a place in prefixes */
    scale->prefix = at > 0 ? prefixes[at] : '\0';
    if (isfinite(size) && size > 0 && (size >= LEAST_WITH_POWER || is_rate_or_price(scale->unit)))
        choose_power(scale, size);
}

Scale scale_for(Text unit, double unit_scale, double largest)
{
    Scale scale = {.divisor = unit_scale != 0 ? unit_scale : 1, .magnitude = "", .unit = unit};
    int prefix = 0;
    const Prefixed *about = find_prefixed(unit, &prefix);
    double shown = 0;

    if (text_starts(unit, "%"))
        return scale;
    if (about != NULL) {
        choose_prefix(&scale, about, prefix, fabs(largest) / scale.divisor);
        return scale;
    }
    scale.divisor /= take_magnitude(&scale.unit);
    shown = fabs(largest) / scale.divisor;
    if (!isfinite(shown) || shown == 0)
        return scale;
    if (shown >= LEAST_WITH_POWER ||
        (shown < MOST_WITH_SMALL_POWER && is_rate_or_price(scale.unit))) {
        choose_power(&scale, shown);
        return scale;
    }
    for (int i = 0; i < N_MAGNITUDES; i++)
        if (shown >= 0.9995 * magnitudes[i].size && shown >= LEAST_WITH_K) {
            scale.divisor *= magnitudes[i].size;
            scale.magnitude = magnitudes[i].word;
            break;
        }
    return scale;
}

static int decimals_for(double size)
{
    int decimals = 0;

    for (double x = size; x < 99.95 && decimals < 8; x *= 10)
        decimals++;
    return size >= 99.95 ? 0 : decimals;
}

/* "1.23e12", as it could be written in a model. */
static void add_exponent(Buffer *out, double number)
{
    char digits[40];
    char *exponent = NULL;
    size_t length = 0;

    (void)snprintf(digits, sizeof digits, "%.2e", number);
    exponent = strchr(digits, 'e');
    length = (size_t)(exponent - digits);
    while (digits[length - 1] == '0')
        length--;
    if (digits[length - 1] == '.')
        length--;
    buffer_add(out, digits, length);
    buffer_format(out, "e%ld", strtol(exponent + 1, NULL, 10));
}

void add_number(Buffer *out, double number)
{
    char digits[400];
    int decimals = decimals_for(fabs(number));
    size_t length = 0;

    if (isnan(number)) {
        buffer_string(out, "not known");
        return;
    }
    if (number == 0) { /* of either sign */
        buffer_char(out, '0');
        return;
    }
    if (isinf(number)) {
        buffer_string(out, "never");
        return;
    }
    if (fabs(number) >= LEAST_WITH_EXPONENT || fabs(number) < MOST_WITH_SMALL_POWER) {
        add_exponent(out, number);
        return;
    }
    (void)snprintf(digits, sizeof digits, "%.*f", decimals, number);
    length = strlen(digits);
    if (strchr(digits, '.') != NULL)
        while (digits[length - 1] == '0')
            length--;
    if (digits[length - 1] == '.')
        length--;
    if (fabs(number) >= 999.5) {
        if (number < 0)
            buffer_char(out, '-');
        add_count(out, (uint64_t)(fabs(number) + 0.5));
    } else {
        buffer_add(out, digits, length);
    }
}

/* An amount of something that is so small is what rounding left of it. */
void add_scaled(Buffer *out, Scale scale, double base)
{
    double number = base / scale.divisor;

    add_number(out, scale.unit.length > 0 && fabs(number) < LEAST_AMOUNT ? 0 : number);
}

void add_unit(Buffer *out, Scale scale)
{
    if (*scale.magnitude != '\0')
        buffer_format(out, " %s", scale.magnitude);
    if (scale.unit.length == 0)
        return;
    buffer_char(out, ' ');
    if (scale.prefix != '\0')
        buffer_char(out, scale.prefix);
    buffer_text(out, scale.unit);
}

void add_amount(Buffer *out, Scale scale, double base)
{
    add_scaled(out, scale, base);
    if (isfinite(base))
        add_unit(out, scale);
}

void add_money(Buffer *out, Text currency, double money)
{
    add_amount(out, scale_for(currency, 1, money), money);
}

void add_count(Buffer *out, uint64_t count)
{
    if (count >= 1000) {
        add_count(out, count / 1000);
        buffer_format(out, ",%03u", (unsigned)(count % 1000));
    } else {
        buffer_format(out, "%u", (unsigned)count);
    }
}

void add_date(Buffer *out, const Model *model, double day)
{
    Civil civil;

    if (!isfinite(day)) {
        buffer_string(out, isnan(day) ? "not known" : "never");
        return;
    }
    civil = day_to_civil((Day)floor(day + 0.5));
    buffer_format(out, "%d-%02d", civil.year, civil.month);
    if (model->step == STEP_DAY || model->step == STEP_WEEK)
        buffer_format(out, "-%02d", civil.day);
}

void add_percent(Buffer *out, double share)
{
    double percent = 100 * share;

    if (isnan(percent))
        buffer_string(out, "not known");
    else if (fabs(percent) < 0.005 || fabs(percent - 100) < 0.005)
        buffer_format(out, "%.0f", fabs(percent));
    else if (percent > 0 && percent < 0.095)
        buffer_format(out, "%.2f", percent);
    else if (percent < 9.95 || (percent > 90.05 && percent < 99.95))
        buffer_format(out, percent == floor(percent) ? "%.0f" : "%.1f", percent);
    else if (percent >= 99.95 && percent < 100)
        buffer_format(out, "%.2f", percent);
    else
        buffer_format(out, "%.0f", percent);
}

void add_chance(Buffer *out, size_t hits, size_t count)
{
    Interval interval = stats_wilson(hits, count, Z_95);

    if (count == 0) {
        buffer_string(out, "not known");
        return;
    }
    add_percent(out, (double)hits / (double)count);
    buffer_string(out, " % (");
    add_percent(out, interval.low);
    buffer_string(out, " … ");
    add_percent(out, interval.high);
    buffer_char(out, ')');
}

Scale scale_of_output(const Output *output, double largest)
{
    Text months = TEXT("months");

    if (output->type != TYPE_NUMBER && output->type != TYPE_DURATION)
        return (Scale){.divisor = 1, .magnitude = "", .unit = {"", 0}};
    if (output->type == TYPE_DURATION && output->unit.length == 0)
        return (Scale){.divisor = 1, .magnitude = "", .unit = months};
    return scale_for(output->unit, output->unit_scale, largest);
}

Scale scale_of_spread(const Output *output, const Spread *spread)
{
    double ends = fmax(fabs(spread->p5), fabs(spread->p95));

    return scale_of_output(output, spread->p50 != 0 ? spread->p50 : ends);
}

double middle_size(double smallest, double largest)
{
    double least = fabs(smallest);
    double most = fabs(largest);

    return least > 0 && isfinite(least) && isfinite(most) ? sqrt(least) * sqrt(most) : most;
}

Scale scale_of_column(const Output *output, const Spread *spreads, size_t count)
{
    Spread shown = spreads[count - 1];
    double least = HUGE_VAL;
    double most = 0;

    for (size_t i = 0; i < count; i++)
        if (isfinite(spreads[i].p50))
            most = fmax(most, fabs(spreads[i].p50));
    for (size_t i = 0; i < count; i++)
        if (isfinite(spreads[i].p50) && fabs(spreads[i].p50) > NOTHING_BESIDE * most)
            least = fmin(least, fabs(spreads[i].p50));
    if (most > 0)
        shown.p50 = middle_size(least, most);
    return scale_of_spread(output, &shown);
}

static void add_date_spread(Buffer *out, const Model *model, const Spread *spread)
{
    if (spread->n_never == spread->count) {
        buffer_string(out, "never (chance below ");
        add_percent(out, stats_wilson(0, spread->count, Z_95).high);
        buffer_string(out, " %)");
        return;
    }
    if (isinf(spread->p50)) {
        buffer_string(out, "never in ");
        add_chance(out, spread->n_never, spread->count);
        if (isfinite(spread->p5)) {
            buffer_string(out, ", else from ");
            add_date(out, model, spread->p5);
        }
        return;
    }
    add_date(out, model, spread->p50);
    if (spread->p5 != spread->p95) {
        buffer_string(out, " (");
        add_date(out, model, spread->p5);
        buffer_string(out, " … ");
        add_date(out, model, spread->p95);
        buffer_char(out, ')');
    }
    if (spread->n_never > 0) {
        buffer_string(out, ", never in ");
        add_chance(out, spread->n_never, spread->count);
    }
}

/* A word stands for its place in the model's list; stages are in the order they are reached. */
static void add_word(Buffer *out, const Model *model, double place)
{
    Text word = word_at(model, place);

    buffer_text(out, word.length > 0 ? word : TEXT("not known"));
}

void add_value(Buffer *out, const Model *model, const Output *output, Scale scale, double base)
{
    if (output->type == TYPE_DATE)
        add_date(out, model, base);
    else if (output->type == TYPE_YESNO)
        buffer_string(out, isnan(base) ? "not known" : base != 0 ? "yes" : "no");
    else if (output->type == TYPE_WORD)
        add_word(out, model, base);
    else
        add_scaled(out, scale, base);
}

static void add_word_spread(Buffer *out, const Model *model, const Spread *spread)
{
    add_word(out, model, spread->p50);
    if (spread->p5 == spread->p95)
        return;
    buffer_string(out, " (");
    add_word(out, model, spread->p5);
    buffer_string(out, " … ");
    add_word(out, model, spread->p95);
    buffer_char(out, ')');
}

void add_spread_in(Buffer *out, const Model *model, uint32_t output, const Spread *spread,
                   Scale scale, bool has_unit)
{
    const Output *about = &model->outputs.items[output];

    if (spread->count == 0) {
        buffer_string(out, "not known");
        return;
    }
    if (about->type == TYPE_YESNO) {
        add_chance(out, spread->n_nonzero, spread->count);
        return;
    }
    if (about->type == TYPE_DATE) {
        add_date_spread(out, model, spread);
        return;
    }
    if (about->type == TYPE_WORD) {
        add_word_spread(out, model, spread);
        return;
    }
    add_scaled(out, scale, spread->p50);
    if (has_unit && isfinite(spread->p50))
        add_unit(out, scale);
    if (spread->p5 == spread->p95)
        return;
    buffer_string(out, " (");
    add_scaled(out, scale, spread->p5);
    buffer_string(out, " … ");
    add_scaled(out, scale, spread->p95);
    buffer_char(out, ')');
}

void add_spread(Buffer *out, const Model *model, uint32_t output, const Spread *spread)
{
    Scale scale = scale_of_spread(&model->outputs.items[output], spread);

    add_spread_in(out, model, output, spread, scale, true);
}

Text output_title(const Model *model, uint32_t output)
{
    return model->outputs.items[output].name;
}

Text party_title(const Model *model, uint32_t party)
{
    const Party *about = &model->parties.items[model->parties.items[party].owner];

    return about->title.length > 0 ? about->title : about->name;
}

uint32_t period_of_day(const Model *model, double day)
{
    for (uint32_t period = 0; period < model->n_periods; period++)
        if (day <= model->last_days[period])
            return period;
    return model->n_periods - 1;
}
