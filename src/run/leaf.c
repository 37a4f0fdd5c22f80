/* Operations that are plain functions, lane by lane: dates, tables, schedules, laws. They are rare
 * in what runs every period: most vary by path alone, or by period alone. */
#include "run/machine.h"

#include "base/schedule.h"
#include "maths/distribution.h"
#include "maths/maths.h"

#include <assert.h>
#include <math.h>

static double number_in_table(const KeyTable *table, double key)
{
    uint32_t n = table->n_rows;

    if (isnan(key) || n == 0)
        return GW_NAN;
    if (table->mode == KEY_EXACT)
        return key >= 0 && key <= n - 1 && floor(key) == key ? table->numbers[(uint32_t)key]
                                                             : GW_NAN;
    if (key < table->keys[0])
        return table->is_held ? table->numbers[0] : GW_NAN;
    if (key > table->keys[n - 1])
        return table->is_held ? table->numbers[n - 1] : GW_NAN;

    uint32_t low = 0;
    uint32_t high = n; /* keys[low] <= key < keys[high] */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (table->keys[middle] <= key)
            low = middle;
        else
            high = middle;
    }
    if (table->mode == KEY_STEP || low == n - 1)
        return table->numbers[low];
    double part = (key - table->keys[low]) / (table->keys[low + 1] - table->keys[low]);
    return table->numbers[low] + part * (table->numbers[low + 1] - table->numbers[low]);
}

static Due due_by_calendar(const Machine *machine, const Detail *detail)
{
    return schedule_due_by_calendar(detail->step_months, detail->step_days, detail->is_in_advance,
                                    machine->clock.first, machine->clock.last);
}

static double leaf(const Machine *machine, Op op, const Detail *detail, double a)
{
    switch (op) {
    case OP_TABLE:
        return number_in_table(&machine->model->tables.items[detail->index], a);
    case OP_DUE_BY_CALENDAR:
        return due_by_calendar(machine, detail).is_due ? 1 : 0;
    default:
        assert(op == OP_DUE_BY_CALENDAR_DAYS && "every leaf is here");
        return due_by_calendar(machine, detail).stretch_days;
    }
}

/* Arguments: the uniform, the parameters, and the ends of truncation where there are any. */
static void quantiles(Machine *machine, const Instruction *at, const Detail *detail, double *out)
{
    const Draw *draw = detail->draw;
    const Ref *refs = machine->code->refs + at->a;
    bool is_truncated = draw->truncated_low != NULL || draw->truncated_high != NULL;
    double *params = machine->scratch;
    Distribution distribution = {
        .law = (DistributionLaw)draw->law,
        .count = draw->law == DIST_LAW_DATA ? draw->n_data : draw->n_params,
        .params = params,
        .probabilities = draw->probabilities,
        .values = draw->law == DIST_LAW_DATA ? draw->data : draw->outcomes,
    };

    for (size_t lane = 0; lane < machine->n_lanes; lane++) {
        double u = lanes_at(machine_lanes(machine, refs[0]), lane);

        for (uint32_t i = 0; i < draw->n_params; i++)
            params[i] = lanes_at(machine_lanes(machine, refs[1 + i]), lane);
        if (!is_truncated) {
            out[lane] = distribution_quantile(&distribution, u);
            continue;
        }
        double low = lanes_at(machine_lanes(machine, refs[1 + draw->n_params]), lane);
        double high = lanes_at(machine_lanes(machine, refs[2 + draw->n_params]), lane);
        out[lane] = distribution_truncated(&distribution, u, low, high);
    }
}

void run_leaf(Machine *machine, const Instruction *at)
{
    const Detail *detail = &machine->code->details[at->detail];
    double *out = machine_register(machine, at->out);
    Lanes a = {0};
    bool is_same = true;

    if (at->op == OP_QUANTILE) {
        quantiles(machine, at, detail, out);
        return;
    }
    if (at->n > 0)
        a = machine_lanes(machine, at->a);
    is_same = a.step == 0;
    for (size_t lane = 0; lane < machine->n_lanes; lane++)
        out[lane] = is_same && lane > 0
                        ? out[0]
                        : leaf(machine, (Op)at->op, detail, at->n > 0 ? lanes_at(a, lane) : 0);
}
