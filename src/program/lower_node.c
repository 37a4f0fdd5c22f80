/* From the checked model's expressions and values to instructions. */
#include "program/ir.h"

#include "base/limits.h"
#include "maths/maths.h"

#include <assert.h>

static Op op_of(NodeOp op)
{
    switch (op) {
    case N_ADD:
        return OP_ADD;
    case N_SUB:
        return OP_SUB;
    case N_MUL:
        return OP_MUL;
    case N_DIV:
        return OP_DIV;
    case N_POW:
        return OP_POW;
    case N_NEG:
        return OP_NEG;
    case N_EQ:
        return OP_EQ;
    case N_NE:
        return OP_NE;
    case N_LT:
        return OP_LT;
    case N_LE:
        return OP_LE;
    case N_GT:
        return OP_GT;
    case N_GE:
        return OP_GE;
    case N_AND:
        return OP_AND;
    case N_OR:
        return OP_OR;
    case N_NOT:
        return OP_NOT;
    case N_IF:
        return OP_SELECT;
    case N_MIN:
        return OP_MIN;
    case N_MAX:
        return OP_MAX;
    case N_ABS:
        return OP_ABS;
    case N_FLOOR:
        return OP_FLOOR;
    case N_CEIL:
        return OP_CEIL;
    case N_ROUND:
        return OP_ROUND;
    case N_SQRT:
        return OP_SQRT;
    case N_EXP:
        return OP_EXP;
    case N_LOG:
        return OP_LOG;
    case N_DATE_ADD_MONTHS:
        return OP_DATE_ADD_MONTHS;
    case N_DATE_ADD_DAYS:
        return OP_DATE_ADD_DAYS;
    case N_MONTHS_BETWEEN:
        return OP_MONTHS_BETWEEN;
    case N_MONTH_DAY:
        return OP_MONTH_DAY;
    case N_RAMP:
        return OP_RAMP;
    case N_TABLE:
        return OP_TABLE;
    case N_ANNUITY:
        return OP_ANNUITY;
    default:
        return OP_COUNT;
    }
}

/* What a period's clock says, at the first period while a path starts. */
static InsId lower_clock(Lowering *lowering, const Node *node)
{
    const Model *model = lowering->program->model;
    Op op = node->op == N_TODAY ? OP_TODAY : node->op == N_PERIOD_DAYS ? OP_DAYS : OP_FIRST_DAY;

    if (lowering->is_starting && op == OP_TODAY)
        return ins_const(lowering, model->last_days[0]);
    if (lowering->is_starting && op == OP_FIRST_DAY)
        return ins_const(lowering, model->first_days[0]);
    if (lowering->is_starting)
        return ins_const(lowering, model->last_days[0] - model->first_days[0] + 1);
    return ins_new(lowering, op, NULL, 0, NULL, 0, VARY_PERIOD, 1);
}

static InsId lower_stretch_months(Lowering *lowering)
{
    const Rule *rule = &lowering->program->model->rules.items[lowering->rule];

    return ins_const(lowering, rule->step_months > 0 ? (double)rule->step_months
                                                     : (double)rule->step_days / DAYS_PER_MONTH);
}

static InsId lower_stretch_days(Lowering *lowering)
{
    const Rule *rule = &lowering->program->model->rules.items[lowering->rule];
    Detail detail = {.step_months = rule->step_months,
                     .step_days = rule->step_days,
                     .is_in_advance = rule->is_in_advance};

    if (rule->term_start == NULL)
        return ins_new(lowering, OP_DUE_BY_CALENDAR_DAYS, NULL, 0, &detail, 0, 0, 1);
    InsId start = lower_node(lowering, rule->term_start);
    InsId args[2] = {start, ins_1(lowering, OP_CIVIL, start)};
    return ins_new(lowering, OP_DUE_DAYS, args, 2, &detail, 0, 0, 1);
}

static InsId lower_sum(Lowering *lowering, const Node *node)
{
    if (node->n_args == 0)
        return ins_const(lowering, 0);
    InsId sum = lower_node(lowering, node->args[0]);
    for (uint32_t i = 1; i < node->n_args; i++)
        sum = ins_2(lowering, OP_ADD, sum, lower_node(lowering, node->args[i]));
    return sum;
}

/* ---- inputs ---------------------------------------------------------------------------- */

bool is_input(const Program *program, const Node *node)
{
    if (program->is_lifted == NULL || node == NULL)
        return false;
    if (node->literal != NULL && program->is_lifted[node->literal->index])
        return true;
    if (is_input(program, node->folded))
        return true;
    for (uint32_t i = 0; i < node->n_args; i++)
        if (is_input(program, node->args[i]))
            return true;
    return false;
}

/* Whether two constants have the same number whatever the literals they rest on. */
static bool came_alike(const Node *a, const Node *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->op != b->op || a->literal != b->literal ||
        a->n_args != b->n_args || gw_bits(a->number) != gw_bits(b->number) ||
        !came_alike(a->folded, b->folded))
        return false;
    for (uint32_t i = 0; i < a->n_args; i++)
        if (!came_alike(a->args[i], b->args[i]))
            return false;
    return true;
}

static InsId lower_const(Lowering *lowering, const Node *node)
{
    Program *program = lowering->program;
    uint32_t i = 0;

    if (!is_input(program, node))
        return ins_const(lowering, node->number);
    while (i < program->inputs.count && !came_alike(program->inputs.items[i], node))
        i++;
    if (i == program->inputs.count)
        *LIST_PUSH(program->arena, &program->inputs) = node;
    return ins_new(lowering, OP_INPUT, NULL, 0, &(Detail){.index = i}, 0, VARY_PATH, 1);
}

InsId lower_node(Lowering *lowering, const Node *node)
{
    InsId args[3];
    Detail detail = {0};

    switch (node->op) {
    case N_CONST:
        return lower_const(lowering, node);
    case N_VALUE:
        return lower_value(lowering, node->value);
    case N_CLOSING:
        return lower_closing(lowering, node->value);
    case N_TODAY:
    case N_PERIOD_FIRST_DAY:
    case N_PERIOD_DAYS:
        return lower_clock(lowering, node);
    case N_PERIOD_MONTHS:
        return ins_const(lowering, step_months(lowering->program->model->step));
    case N_STRETCH_MONTHS:
        return lower_stretch_months(lowering);
    case N_STRETCH_DAYS:
        return lower_stretch_days(lowering);
    case N_EACH_COUNT:
        return ins_new(lowering, OP_EACH_COUNT, NULL, 0, &(Detail){.index = lowering->rule},
                       lowering->rule, VARY_BOTH, 1);
    case N_SUM:
        return lower_sum(lowering, node);
    default:
        break;
    }
    assert(op_of(node->op) != OP_COUNT && node->n_args <= 3 && "every other operation is here");
    for (uint32_t i = 0; i < node->n_args; i++)
        args[i] = lower_node(lowering, node->args[i]);
    if (node->op == N_TABLE)
        detail.index = node->table;
    if (node->n_args == 2 && node->op != N_TABLE)
        return ins_2(lowering, op_of(node->op), args[0], args[1]);
    return ins_new(lowering, op_of(node->op), args, node->n_args, &detail, 0, 0, 1);
}

InsId lower_node_or(Lowering *lowering, const Node *node, double otherwise)
{
    return node != NULL ? lower_node(lowering, node) : ins_const(lowering, otherwise);
}

/* ---- states and shares --------------------------------------------------------------- */

static InsId money(Lowering *lowering, uint32_t state, bool is_closing, bool is_credit)
{
    const Model *model = lowering->program->model;

    if (state == NO_ID)
        return ins_const(lowering, 0);
    return ins_new(lowering, is_credit ? OP_MONEY_OWED : OP_MONEY,
                   (InsId[]){ins_state(lowering, state, is_closing),
                             ins_const(lowering, model->minor_per_unit)},
                   2, NULL, 0, 0, 1);
}

static InsId account(Lowering *lowering, const Value *value, bool is_closing)
{
    const Model *model = lowering->program->model;
    uint32_t cell =
        lowering->program->code.cells[value->party * model->accounts.count + value->account];
    AccountType type = model->accounts.items[value->account].type;

    return money(lowering, cell, is_closing, type != ACCOUNT_ASSET && type != ACCOUNT_EXPENSE);
}

static uint32_t reader(Program *program, const Value *value)
{
    Code *code = &program->code;

    for (size_t i = 0; i < code->n_readers; i++) {
        const ReaderCode *r = &code->readers[i];
        if (r->kind == value->kind && r->party == value->party && r->contract == value->contract &&
            r->category == value->category && r->money == value->money)
            return r->state;
    }
    ReaderCode *made = &code->readers[code->n_readers++];
    *made = (ReaderCode){value->kind,     value->party, value->contract,
                         value->category, value->money, state_new(program, HOME_TILE, 0, false)};
    return made->state;
}

static InsId stage_date(Lowering *lowering, const Value *value, bool is_closing)
{
    Program *program = lowering->program;
    uint32_t *state = &program->code.contracts[value->contract].dates[value->periods & 7];

    if (*state == NO_ID)
        *state = state_new(program, HOME_TILE, DATE_NEVER, true);
    return ins_state(lowering, *state, is_closing);
}

static InsId stage(Lowering *lowering, uint32_t id)
{
    const Contract *contract = &lowering->program->model->contracts.items[id];
    uint32_t carried = lowering->program->code.contracts[id].carried;
    InsId now = carried == NO_ID ? ins_const(lowering, contract->initial)
                                 : ins_state(lowering, carried, false);

    for (size_t i = 0; i < contract->moves.count; i++) {
        const StageMove *move = &contract->moves.items[i];
        if (move->date != NULL)
            now = ins_3(lowering, OP_STAGE_BY_DATE, now, lower_node(lowering, move->date),
                        ins_const(lowering, move->stage));
    }
    return now;
}

/* An opening or closing state: stocks, books, parties, contracts. */
static InsId state_value(Lowering *lowering, const Value *value, bool is_closing)
{
    const Code *code = &lowering->program->code;

    switch (value->kind) {
    case VALUE_STOCK:
        return ins_state(lowering, code->stocks[value->stock].state, is_closing);
    case VALUE_ACCOUNT:
        return account(lowering, value, is_closing);
    case VALUE_UNPAID:
        return money(lowering, code->parties[value->party].unpaid, is_closing, false);
    case VALUE_RECEIVED:
    case VALUE_PAID:
        return money(lowering, reader(lowering->program, value), is_closing, false);
    case VALUE_DEFAULTED:
        return ins_state(lowering, code->parties[value->party].defaulted, is_closing);
    case VALUE_DEFAULT_DATE:
        return ins_state(lowering, code->parties[value->party].default_date, is_closing);
    case VALUE_STAGE_DATE:
        return stage_date(lowering, value, is_closing);
    case VALUE_FACILITY_DRAWN:
        return money(lowering, code->facilities[value->facility].drawn, is_closing, false);
    default:
        return money(lowering, code->reserves[value->reserve].balance, is_closing, false);
    }
}

static InsId ring_value(Lowering *lowering, const Value *value, Op op)
{
    Detail detail = {.index = value->ring,
                     .memory = lowering->program->code.rings[value->ring].memory};

    return ins_new(lowering, op, NULL, 0, &detail, 0, VARY_BOTH, 1);
}

/* All of an allocation's shares at once; one register each. */
static InsId share(Lowering *lowering, const Value *value)
{
    Program *program = lowering->program;
    const Allocation *allocation = &program->model->allocations.items[value->allocation];
    uint32_t n = allocation->n;
    InsId *args = ARENA_ARRAY(program->arena, InsId, 1 + 3 * (size_t)n);

    args[0] = lower_node(lowering, allocation->supply);
    for (uint32_t i = 0; i < n; i++) {
        const Node *rank = allocation->ranks ? allocation->ranks[i] : NULL;
        const Node *weight = allocation->weights ? allocation->weights[i] : NULL;

        args[1 + i] = lower_node(lowering, allocation->wants[i]);
        args[1 + n + i] = lower_node_or(lowering, rank, 0);
        args[1 + 2 * n + i] = weight ? lower_node(lowering, weight) : args[1 + i];
    }
    InsId all = ins_new(lowering, OP_SHARE, args, 1 + 3 * n, &(Detail){.index = value->allocation},
                        0, 0, n);
    return ins_new(lowering, OP_PART, &all, 1, NULL, value->index, 0, 1);
}

/* ---- circles ------------------------------------------------------------------------- */

/* Unknowns are registers; the body is what depends on them; SOLVE finds them and leaves the body
 * as it is at the solution. The residual is one register more. */
static void lower_solve(Lowering *lowering, uint32_t index)
{
    Program *program = lowering->program;
    const Solve *solve = &program->model->solves.items[index];
    Lowering inside = *lowering;
    uint32_t n = solve->n;
    InsId *args = ARENA_ARRAY(program->arena, InsId, 3 * (size_t)n + 2);
    uint32_t n_args = 0;

    for (uint32_t i = 0; i < n; i++)
        args[n + i] = lower_node_or(lowering, solve->starts ? solve->starts[i] : NULL, 0);
    inside.body = index;
    for (uint32_t i = 0; i <= n; i++) {
        Detail detail = {.index = index};
        InsId unknown = ins_new(&inside, OP_UNKNOWN, NULL, 0, &detail, i, VARY_BOTH, 1);

        if (i < n)
            program->lowered[solve->unknowns[i]] = args[i] = unknown;
        else if (solve->residual != NO_ID)
            program->lowered[solve->residual] = unknown;
        args[3 * n] = unknown;
    }
    for (uint32_t i = 0; i < solve->n_inner; i++)
        lower_value(&inside, solve->inner[i]);
    for (uint32_t i = 0; i < n; i++)
        args[2 * n + i] = lower_node(&inside, solve->exprs[i]);
    n_args = 3 * n + 1;
    ins_new(lowering, OP_SOLVE, args, n_args, &(Detail){.index = index}, 0, VARY_BOTH, 1);
}

/* ---- values --------------------------------------------------------------------------- */

static InsId lower_anew(Lowering *lowering, ValueId id)
{
    const Model *model = lowering->program->model;
    const Value *value = &model->values.items[id];

    switch (value->kind) {
    case VALUE_FORMULA:
        return lower_node(lowering, value->expr);
    case VALUE_DRAW:
        return lower_draw(lowering, value->draw);
    case VALUE_RING_OUT:
        return ring_value(lowering, value, OP_RING_OUT);
    case VALUE_RING_CONTENT:
        return ring_value(lowering, value, OP_RING_CONTENT);
    case VALUE_LAG:
    case VALUE_DELAY:
    case VALUE_CUMULATIVE:
    case VALUE_WINDOW:
    case VALUE_FIRST:
    case VALUE_GROWTH:
    case VALUE_LATCH:
        return lower_memory_value(lowering, id);
    case VALUE_STAGE:
        return stage(lowering, value->contract);
    case VALUE_SHARE:
        return share(lowering, value);
    case VALUE_UNKNOWN:
        lower_solve(lowering, value->solve);
        return lowering->program->lowered[id];
    default:
        return state_value(lowering, value, value->is_closing);
    }
}

/* As a path starts there are no streams yet: constants and draws alone can be read. */
static InsId lower_at_start(Lowering *lowering, ValueId id)
{
    const Value *value = &lowering->program->model->values.items[id];
    InsId *known = &lowering->program->lowered_start[id];
    Lowering own = *lowering;

    own.owner = id + 1;
    if (*known == NO_ID) {
        if (value->kind == VALUE_FORMULA)
            *known = lower_node(&own, value->expr);
        else if (value->kind == VALUE_DRAW)
            *known = lower_draw(&own, value->draw);
        else
            *known = ins_const(&own, __builtin_nan(""));
    }
    return *known;
}

/* States change under way; a later phase reads a copy of the opening value. */
static InsId opening_copy(Lowering *in_step, ValueId id, InsId now)
{
    InsId *copy = &in_step->program->copied[id];

    if (in_step->program->ins.items[now].op != OP_STATE)
        return now;
    if (*copy == NO_ID)
        *copy = ins_1(in_step, OP_COPY, now);
    return *copy;
}

InsId lower_value(Lowering *lowering, ValueId id)
{
    Program *program = lowering->program;
    const Value *value = &program->model->values.items[id];
    InsId known = program->lowered[id];
    Lowering in_step = *lowering;

    if (lowering->is_starting)
        return lower_at_start(lowering, id);
    in_step.rule = NO_ID;
    if (!value->is_closing) {
        in_step.section = SECTION_STEP;
        in_step.is_closing = false;
    }
    if (known == NO_ID) {
        in_step.owner = id + 1;
        known = lower_anew(&in_step, id);
        program->lowered[id] = known;
    }
    return lowering->is_closing && !value->is_closing ? opening_copy(&in_step, id, known) : known;
}

InsId lower_closing(Lowering *lowering, ValueId id)
{
    const Value *value = &lowering->program->model->values.items[id];

    switch (value->kind) {
    case VALUE_STOCK:
    case VALUE_ACCOUNT:
    case VALUE_UNPAID:
    case VALUE_RECEIVED:
    case VALUE_PAID:
    case VALUE_DEFAULTED:
    case VALUE_DEFAULT_DATE:
    case VALUE_STAGE_DATE:
    case VALUE_FACILITY_DRAWN:
    case VALUE_RESERVE:
        return state_value(lowering, value, true);
    case VALUE_RING_CONTENT:
        return ring_value(lowering, value, OP_RING_CONTENT_CLOSING);
    case VALUE_STAGE: {
        uint32_t carried = lowering->program->code.contracts[value->contract].carried;
        if (carried != NO_ID)
            return ins_state(lowering, carried, true);
        return lower_value(lowering, id);
    }
    default:
        return lower_value(lowering, id);
    }
}
