/* Units of measure: definitions, algebra, printing. */
#include "model/units.h"

#include "base/date.h"

#include <math.h>

static void add_time(UnitTable *units, const char *name, double numerator, double denominator,
                     bool in_days)
{
    UnitDef *def = ARENA_NEW(units->arena, UnitDef);
    def->name = text_from(name);
    def->unit = unit_time();
    def->unit.numerator = numerator;
    def->unit.denominator = denominator;
    def->unit.in_days = in_days;
    table_set(units->names, def->name, def);
}

UnitTable *units_new(Arena *arena)
{
    UnitTable *units = ARENA_NEW(arena, UnitTable);
    units->arena = arena;
    units->names = table_new(arena);

    UnitDef *month = units_add_dimension(units, TEXT("month"));
    month->unit = unit_time();
    static const struct {
        const char *name;
        double numerator, denominator;
        bool in_days;
    } times[] = {{"months", 1, 1, false},
                 {"year", 12, 1, false},
                 {"years", 12, 1, false},
                 {"quarter", 3, 1, false},
                 {"quarters", 3, 1, false},
                 {"week", 7, DAYS_PER_MONTH, true},
                 {"weeks", 7, DAYS_PER_MONTH, true},
                 {"day", 1, DAYS_PER_MONTH, true},
                 {"days", 1, DAYS_PER_MONTH, true},
                 {"hour", 1, DAYS_PER_MONTH * 24, true},
                 {"hours", 1, DAYS_PER_MONTH * 24, true},
                 {"h", 1, DAYS_PER_MONTH * 24, true},
                 {"minute", 1, DAYS_PER_MONTH * 1440, true},
                 {"minutes", 1, DAYS_PER_MONTH * 1440, true},
                 {"second", 1, DAYS_PER_MONTH * 86400, true},
                 {"seconds", 1, DAYS_PER_MONTH * 86400, true},
                 {"s", 1, DAYS_PER_MONTH * 86400, true}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        add_time(units, times[i].name, times[i].numerator, times[i].denominator, times[i].in_days);
    return units;
}

UnitDef *units_add_dimension(UnitTable *units, Text name)
{
    UnitDef *def = ARENA_NEW(units->arena, UnitDef);
    def->name = name;
    def->is_dimension = true;
    def->unit = unit_plain();
    def->unit.dims.n = 1;
    def->unit.dims.factors[0].dimension = (int)units->dimensions.count;
    def->unit.dims.factors[0].power = 1;
    *LIST_PUSH(units->arena, &units->dimensions) = def;
    table_set(units->names, name, def);
    return def;
}

static double prefix_factor(char c)
{
    switch (c) {
    case 'k':
        return 1e3;
    case 'M':
        return 1e6;
    case 'G':
        return 1e9;
    case 'T':
        return 1e12;
    case 'P':
        return 1e15;
    case 'E':
        return 1e18;
    case 'Z':
        return 1e21;
    default:
        return 0;
    }
}

const UnitDef *units_find(const UnitTable *units, Text name)
{
    const UnitDef *def = table_get(units->names, name);
    if (def || name.length < 2)
        return def;

    double factor = prefix_factor(name.bytes[0]);
    const UnitDef *base = table_get(units->names, (Text){name.bytes + 1, name.length - 1});
    if (factor == 0 || !base || !base->is_prefixed)
        return NULL;
    UnitDef *made = ARENA_NEW(units->arena, UnitDef);
    *made = *base;
    made->name = text_copy(units->arena, name);
    made->unit.numerator *= factor;
    made->is_dimension = false;
    table_set(units->names, made->name, made);
    return made;
}

Unit unit_plain(void)
{
    return (Unit){.numerator = 1, .denominator = 1};
}

Unit unit_time(void)
{
    Unit u = unit_plain();
    u.dims.n = 1;
    u.dims.factors[0].dimension = DIMENSION_TIME;
    u.dims.factors[0].power = 1;
    return u;
}

static bool add_factor(Dimensions *dims, int dimension, int power)
{
    int i = 0;
    while (i < dims->n && dims->factors[i].dimension < dimension)
        i++;
    if (i < dims->n && dims->factors[i].dimension == dimension) {
        dims->factors[i].power += power;
        if (dims->factors[i].power == 0) {
            for (int j = i; j + 1 < dims->n; j++)
                dims->factors[j] = dims->factors[j + 1];
            dims->n--;
        }
        return true;
    }
    if (dims->n == UNIT_MAX_FACTORS)
        return false;
    for (int j = dims->n; j > i; j--)
        dims->factors[j] = dims->factors[j - 1];
    dims->factors[i].dimension = dimension;
    dims->factors[i].power = power;
    dims->n++;
    return true;
}

static Unit combine(Unit a, Unit b, int sign)
{
    Unit out = a;
    for (int i = 0; i < b.dims.n; i++)
        (void)add_factor(&out.dims, b.dims.factors[i].dimension, sign * b.dims.factors[i].power);
    out.in_days = unit_time_power(&out) == 1 && (a.in_days || (sign > 0 && b.in_days));
    out.rate_months = 0;
    if (unit_time_power(&out) < 0) {
        out.rate_months = a.rate_months != 0 ? a.rate_months : sign > 0 ? b.rate_months : 0;
        if (sign < 0 && a.rate_months == 0 && unit_time_power(&b) == 1)
            out.rate_months = b.numerator / b.denominator;
    }
    return out;
}

Unit unit_multiply(Unit a, Unit b)
{
    Unit out = combine(a, b, 1);
    out.numerator = a.numerator * b.numerator;
    out.denominator = a.denominator * b.denominator;
    return out;
}

Unit unit_divide(Unit a, Unit b)
{
    Unit out = combine(a, b, -1);
    out.numerator = a.numerator * b.denominator;
    out.denominator = a.denominator * b.numerator;
    return out;
}

bool unit_power(Unit a, double exponent, Unit *out)
{
    *out = unit_plain();
    for (int i = 0; i < a.dims.n; i++) {
        double power = a.dims.factors[i].power * exponent;
        if (power != floor(power) || fabs(power) > 30)
            return false;
        if (power != 0)
            (void)add_factor(&out->dims, a.dims.factors[i].dimension, (int)power);
    }
    return true;
}

bool dimensions_equal(const Dimensions *a, const Dimensions *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++)
        if (a->factors[i].dimension != b->factors[i].dimension ||
            a->factors[i].power != b->factors[i].power)
            return false;
    return true;
}

bool unit_is_plain(const Unit *u)
{
    return u->dims.n == 0;
}

int unit_time_power(const Unit *u)
{
    for (int i = 0; i < u->dims.n; i++)
        if (u->dims.factors[i].dimension == DIMENSION_TIME)
            return u->dims.factors[i].power;
    return 0;
}

double magnitude_factor(Text word)
{
    static const struct {
        const char *word;
        double factor;
    } magnitudes[] = {{"k", 1e3},  {"mn", 1e6},  {"bn", 1e9},   {"tn", 1e12},
                      {"%", 0.01}, {"pp", 0.01}, {"bp", 0.0001}};
    if (word.length == 0)
        return 1;
    for (size_t i = 0; i < sizeof magnitudes / sizeof *magnitudes; i++)
        if (text_is(word, magnitudes[i].word))
            return magnitudes[i].factor;
    return 0;
}

static void print_side(Buffer *out, const UnitTable *units, const Dimensions *dims, int sign)
{
    bool is_first = true;
    /* Time last: USD/person/month reads better than USD/month/person. */
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < dims->n; i++) {
            int power = dims->factors[i].power * sign;
            bool is_time = dims->factors[i].dimension == DIMENSION_TIME;
            if (power <= 0 || is_time != (pass == 1))
                continue;
            if (sign < 0)
                buffer_char(out, '/');
            else if (!is_first)
                buffer_char(out, '*');
            is_first = false;
            buffer_text(out, units->dimensions.items[dims->factors[i].dimension]->name);
            if (power > 1)
                buffer_format(out, "^%d", power);
        }
}

Text dimensions_print(Arena *arena, const UnitTable *units, const Dimensions *dims)
{
    if (dims->n == 0)
        return TEXT("a plain number");
    Buffer out = {.arena = arena};
    bool has_top = false;
    for (int i = 0; i < dims->n; i++)
        has_top = has_top || dims->factors[i].power > 0;
    if (!has_top)
        buffer_char(&out, '1');
    print_side(&out, units, dims, 1);
    print_side(&out, units, dims, -1);
    return buffer_view(&out);
}
