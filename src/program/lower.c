/* Lowers the whole model: tables of states first, then formulas, rules, closing values, checks. */
#include "program/ir.h"

#include <string.h>

static uint32_t *ids_new(Program *program, size_t count)
{
    uint32_t *ids = ARENA_ARRAY(program->arena, uint32_t, count + 1);

    memset(ids, 0xff, (count + 1) * sizeof *ids);
    return ids;
}

/* ---- states and tables ------------------------------------------------------------------ */

static void need_cell(Program *program, uint32_t party, uint32_t account)
{
    uint32_t *cell = &program->code.cells[party * program->model->accounts.count + account];

    if (*cell == NO_ID)
        *cell = state_new(program, HOME_TILE, 0, false);
}

static void make_cells(Program *program)
{
    const Model *model = program->model;

    program->code.cells = ids_new(program, model->parties.count * model->accounts.count);
    for (uint32_t p = 0; p < model->parties.count; p++) {
        const Party *party = &model->parties.items[p];

        need_cell(program, p, model->cash);
        need_cell(program, p, model->opening_equity);
        for (size_t i = 0; i < party->openings.count; i++) {
            const Opening *opening = &party->openings.items[i];
            need_cell(program, p, opening->account);
            if (opening->against != NO_ID)
                need_cell(program, opening->against, opening->against_account);
        }
    }
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        const Category *category = &model->categories.items[slot->category];

        need_cell(program, slot->payer, category->payer);
        need_cell(program, slot->payer, model->payables);
        need_cell(program, slot->payee, category->payee);
        need_cell(program, slot->payee, model->receivables);
    }
    for (size_t i = 0; i < model->rules.count; i++) {
        for (size_t j = 0; j < model->rules.items[i].actions.count; j++) {
            const Action *action = &model->rules.items[i].actions.items[j];
            if (action->kind != ACT_BOOK)
                continue;
            need_cell(program, action->party, action->from_account);
            need_cell(program, action->party, action->to_account);
        }
    }
}

static void make_stocks(Program *program)
{
    const Model *model = program->model;
    Code *code = &program->code;
    bool *has_lumps = ARENA_ARRAY(program->arena, bool, model->stocks.count + 1);

    code->stocks = ARENA_ARRAY(program->arena, StockCode, model->stocks.count + 1);
    for (size_t i = 0; i < model->rules.count; i++) {
        for (size_t j = 0; j < model->rules.items[i].actions.count; j++) {
            const Action *action = &model->rules.items[i].actions.items[j];
            if (action->kind == ACT_ADD || action->kind == ACT_MOVE)
                has_lumps[action->stock] = true;
            if (action->kind == ACT_MOVE)
                has_lumps[action->to_stock] = true;
        }
    }
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        if (slot->raises != NO_ID)
            has_lumps[slot->raises] = true;
        if (slot->lowers != NO_ID)
            has_lumps[slot->lowers] = true;
    }
    for (size_t i = 0; i < model->facilities.count; i++)
        if (model->facilities.items[i].raises != NO_ID)
            has_lumps[model->facilities.items[i].raises] = true;
    for (size_t i = 0; i < model->guarantees.count; i++)
        if (model->guarantees.items[i].raises != NO_ID)
            has_lumps[model->guarantees.items[i].raises] = true;
    for (size_t i = 0; i < model->stocks.count; i++) {
        code->stocks[i].state = state_new(program, HOME_TILE, 0, false);
        code->stocks[i].lump = has_lumps[i] ? state_new(program, HOME_TILE, 0, false) : NO_ID;
        code->stocks[i].opening = REF_NONE;
    }
}

static void make_contracts(Program *program)
{
    const Model *model = program->model;
    ContractCode *contracts = ARENA_ARRAY(program->arena, ContractCode, model->contracts.count + 1);

    program->code.contracts = contracts;
    for (uint32_t i = 0; i < model->contracts.count; i++) {
        const Contract *contract = &model->contracts.items[i];
        bool has_condition = false;
        bool ends = ends_by_rule(model, i);
        bool is_carried = ends || program->vary[contract->stage_value] == VARY_BOTH;

        for (size_t j = 0; j < contract->moves.count; j++)
            has_condition |= contract->moves.items[j].condition != NULL;
        is_carried |= has_condition;
        contracts[i].carried =
            is_carried ? state_new(program, HOME_TILE, contract->initial, false) : NO_ID;
        contracts[i].ends = ends ? state_new(program, HOME_TILE, 0, false) : NO_ID;
        memset(contracts[i].dates, 0xff, sizeof contracts[i].dates);
        contracts[i].conditions = ids_new(program, contract->moves.count);
    }
}

static void make_parties(Program *program)
{
    const Model *model = program->model;
    Code *code = &program->code;

    code->parties = ARENA_ARRAY(program->arena, PartyCode, model->parties.count + 1);
    for (size_t i = 0; i < model->parties.count; i++) {
        PartyCode *party = &code->parties[i];

        party->unpaid = state_new(program, HOME_TILE, 0, true);
        party->defaulted = state_new(program, HOME_TILE, 0, true);
        party->default_date = state_new(program, HOME_TILE, DATE_NEVER, true);
        party->openings = ids_new(program, model->parties.items[i].openings.count);
    }
    code->facilities = ARENA_ARRAY(program->arena, SupportCode, model->facilities.count + 1);
    for (size_t i = 0; i < model->facilities.count; i++)
        code->facilities[i].drawn = state_new(program, HOME_TILE, 0, true);
    code->guarantees = ARENA_ARRAY(program->arena, SupportCode, model->guarantees.count + 1);
    for (size_t i = 0; i < model->guarantees.count; i++)
        code->guarantees[i].drawn = state_new(program, HOME_TILE, 0, true);
    code->reserves = ARENA_ARRAY(program->arena, ReserveCode, model->reserves.count + 1);
    for (size_t i = 0; i < model->reserves.count; i++)
        code->reserves[i].balance = state_new(program, HOME_TILE, 0, false);
}

static void make_slots(Program *program)
{
    const Model *model = program->model;
    Code *code = &program->code;

    code->carries = ids_new(program, model->n_carries);
    for (size_t i = 0; i < model->n_carries; i++)
        code->carries[i] = state_new(program, HOME_TILE, 0, true);
    code->slot_arrears = ids_new(program, model->slots.count);
    for (size_t i = 0; i < model->slots.count; i++)
        if (!model->slots.items[i].is_rest)
            code->slot_arrears[i] = state_new(program, HOME_TILE, 0, true);
}

static void make_rules(Program *program)
{
    const Model *model = program->model;
    RuleCode *rules = ARENA_ARRAY(program->arena, RuleCode, model->rules.count + 1);

    program->code.rules = rules;
    for (size_t i = 0; i < model->rules.count; i++) {
        const Rule *rule = &model->rules.items[i];

        memset(&rules[i], 0xff, sizeof rules[i]);
        rules[i].amounts = ids_new(program, rule->actions.count);
        rules[i].caps = ids_new(program, rule->actions.count);
        if (rule->kind == RULE_WHEN) {
            rules[i].held = state_new(program, HOME_TILE, 0, false);
            rules[i].has_fired = state_new(program, HOME_TILE, 0, false);
        } else if (rule->kind == RULE_EACH) {
            rules[i].top = state_new(program, HOME_TILE, 0, false);
            rules[i].marks = state_new(program, HOME_TILE, 0, false);
            rules[i].waiting = state_new(program, HOME_TILE, 0, false);
            rules[i].count = state_new(program, HOME_TILE, 0, false);
        }
    }
}

static void make_tables(Program *program)
{
    const Model *model = program->model;
    Code *code = &program->code;

    code->section_post = SECTION_RULES + (uint32_t)model->rules.count;
    code->section_settle = code->section_post + 1;
    code->section_close = code->section_post + 2;
    code->section_solves = code->section_post + 3;
    code->n_sections = code->section_solves + (uint32_t)model->solves.count;
    code->readers = ARENA_ARRAY(program->arena, ReaderCode, model->values.count + 1);
    make_cells(program);
    make_stocks(program);
    code->rings = ARENA_ARRAY(program->arena, RingCode, model->rings.count + 1);
    for (size_t i = 0; i < model->rings.count; i++)
        code->rings[i].memory = memory_new(program, HOME_TILE, model->rings.items[i].n_slots, true);
    make_contracts(program);
    make_parties(program);
    make_slots(program);
    make_rules(program);
}

/* ---- phases ------------------------------------------------------------------------------ */

static void sink_or_none(Lowering *lowering, Ref *field, const Node *node, uint32_t section)
{
    *field = REF_NONE;
    if (node != NULL)
        sink_add(lowering->program, field, lower_node(lowering, node), section);
}

static void lower_start(Program *program)
{
    const Model *model = program->model;
    Code *code = &program->code;
    Lowering at = {.program = program,
                   .is_starting = true,
                   .section = SECTION_PATH,
                   .body = NO_ID,
                   .rule = NO_ID};

    for (size_t i = 0; i < model->stocks.count; i++) {
        Ref *initial = ARENA_NEW(program->arena, Ref);
        sink_add(program, initial, lower_node_or(&at, model->stocks.items[i].initial, 0),
                 SECTION_PATH);
        program->states.items[code->stocks[i].state].initial = initial;
    }
    for (size_t i = 0; i < model->parties.count; i++) {
        const Party *party = &model->parties.items[i];
        for (size_t j = 0; j < party->openings.count; j++)
            sink_add(program, &code->parties[i].openings[j],
                     lower_node(&at, party->openings.items[j].amount), SECTION_PATH);
    }
    for (size_t i = 0; i < model->reserves.count; i++)
        sink_or_none(&at, &code->reserves[i].opening, model->reserves.items[i].opening,
                     SECTION_PATH);
    for (size_t i = 0; i < model->rings.count; i++) {
        const Ring *ring = &model->rings.items[i];
        sink_or_none(&at, &code->rings[i].initial, ring->initial, SECTION_PATH);
        sink_or_none(&at, &code->rings[i].initial_lead, ring->initial ? ring->lead : NULL,
                     SECTION_PATH);
    }
}

static InsId effective(Lowering *lowering, uint32_t contract)
{
    const Model *model = lowering->program->model;

    if (contract == NO_ID)
        return ins_const(lowering, 1);
    return ins_2(lowering, OP_EQ,
                 lower_value(lowering, model->contracts.items[contract].stage_value),
                 ins_const(lowering, STAGE_EFFECTIVE));
}

static InsId trigger(Lowering *lowering, const Rule *rule)
{
    Detail detail = {.step_months = rule->step_months,
                     .step_days = rule->step_days,
                     .is_in_advance = rule->is_in_advance};
    InsId args[3];

    switch (rule->kind) {
    case RULE_EVERY:
        if (rule->term_start == NULL)
            return ins_new(lowering, OP_DUE_BY_CALENDAR, NULL, 0, &detail, 0, 0, 1);
        args[0] = lower_node(lowering, rule->term_start);
        args[1] = lower_node(lowering, rule->term_end);
        args[2] = ins_1(lowering, OP_CIVIL, args[0]);
        return ins_new(lowering, OP_DUE, args, 3, &detail, 0, 0, 1);
    case RULE_ON:
        return ins_1(lowering, OP_IS_IN_PERIOD, lower_node(lowering, rule->date));
    case RULE_WHEN:
        return lower_node(lowering, rule->condition);
    default:
        return ins_const(lowering, 1);
    }
}

/* The last sink is looked at whether the rule fires or not: it is computed before the rules. */
static void look_early(Program *program, Ref field)
{
    if (field != REF_NONE)
        program->sinks.items[program->sinks.count - 1].is_early = true;
}

static void lower_rule(Lowering *lowering, uint32_t r)
{
    Program *program = lowering->program;
    const Model *model = program->model;
    const Rule *rule = &model->rules.items[r];
    RuleCode *code = &program->code.rules[r];
    Lowering at = *lowering;
    InsId is_effective = effective(&at, rule->contract);
    InsId fires = 0;

    at.rule = r;
    fires = trigger(&at, rule);
    if (rule->contract != NO_ID)
        fires = ins_3(&at, OP_SELECT, is_effective, fires, ins_const(&at, 0));
    sink_add(program, &code->fire, fires, SECTION_RULES + r);
    look_early(program, 0);
    sink_or_none(&at, &code->lasting, rule->lasting, SECTION_RULES + r);
    look_early(program, code->lasting);
    sink_or_none(&at, &code->series, rule->series, SECTION_RULES + r);
    look_early(program, code->series);
    sink_or_none(&at, &code->quantity, rule->quantity, SECTION_RULES + r);
    look_early(program, code->quantity);
    sink_or_none(&at, &code->times, rule->times, SECTION_RULES + r);
    look_early(program, code->times);
    sink_or_none(&at, &code->before, rule->before, SECTION_RULES + r);
    look_early(program, code->before);
    for (size_t j = 0; j < rule->actions.count; j++) {
        const Action *action = &rule->actions.items[j];

        sink_or_none(&at, &code->amounts[j], action->amount, SECTION_RULES + r);
        if (action->kind == ACT_PAY && model->slots.items[action->slot].is_rest)
            sink_or_none(&at, &code->caps[j], model->slots.items[action->slot].rest_cap,
                         SECTION_RULES + r);
        if (action->kind != ACT_SET)
            continue;
        StockCode *stock = &program->code.stocks[action->stock];
        if (stock->opening == REF_NONE) {
            stock->opening = 0;
            sink_add(program, &stock->opening,
                     ins_1(&at, OP_COPY, ins_state(&at, stock->state, false)),
                     program->code.section_settle);
        }
    }
}

static void lower_backing(Lowering *lowering)
{
    Program *program = lowering->program;
    const Model *model = program->model;
    Code *code = &program->code;
    uint32_t clearing = code->section_post;

    for (size_t i = 0; i < model->contracts.count; i++) {
        const Contract *contract = &model->contracts.items[i];
        sink_add(program, &code->contracts[i].stage, lower_value(lowering, contract->stage_value),
                 code->section_settle);
        sink_or_none(lowering, &code->contracts[i].grace, contract->grace, clearing);
    }
    for (size_t i = 0; i < model->parties.count; i++) {
        const Party *party = &model->parties.items[i];
        sink_or_none(lowering, &code->parties[i].keep, party->keep, clearing);
        sink_or_none(lowering, &code->parties[i].loss_of_cash, party->loss_of_cash, clearing);
        sink_or_none(lowering, &code->parties[i].loss_of_receipts, party->loss_of_receipts,
                     clearing);
    }
    for (size_t i = 0; i < model->facilities.count; i++) {
        const Facility *facility = &model->facilities.items[i];
        sink_or_none(lowering, &code->facilities[i].limit, facility->limit, clearing);
        sink_add(program, &code->facilities[i].effective, effective(lowering, facility->contract),
                 clearing);
    }
    for (size_t i = 0; i < model->guarantees.count; i++) {
        const Guarantee *guarantee = &model->guarantees.items[i];
        sink_or_none(lowering, &code->guarantees[i].limit, guarantee->cap, clearing);
        sink_add(program, &code->guarantees[i].effective,
                 effective(lowering, guarantee->own_contract), clearing);
    }
    for (size_t i = 0; i < model->reserves.count; i++)
        sink_or_none(lowering, &code->reserves[i].target, model->reserves.items[i].target,
                     clearing);
}

/* closing = ((opening + in_1 + in_2 ...) - out_1 ...) + lumps */
static void lower_stock(const Lowering *lowering, size_t i)
{
    Program *program = lowering->program;
    const Stock *stock = &program->model->stocks.items[i];
    StockCode *code = &program->code.stocks[i];
    Lowering own = *lowering;
    Lowering *in_step = &own;
    Lowering posting = own;
    InsId opening = 0;
    InsId closing = 0;

    own.owner = posting.owner = stock->value + 1;
    opening = closing = ins_state(in_step, code->state, false);
    posting.section = program->code.section_post;
    for (size_t j = 0; j < stock->in.count; j++)
        closing = ins_2(in_step, OP_ADD, closing, lower_value(in_step, stock->in.items[j]));
    for (size_t j = 0; j < stock->out.count; j++)
        closing = ins_2(in_step, OP_SUB, closing, lower_value(in_step, stock->out.items[j]));
    if (code->lump != NO_ID) {
        InsId lump = ins_new(&posting, OP_LUMP, NULL, 0, NULL, (uint32_t)i, VARY_BOTH, 1);
        closing = ins_2(&posting, OP_ADD, closing, lump);
    }
    if (!stock->is_signed)
        closing = ins_3(code->lump != NO_ID ? &posting : in_step, OP_STOCK_CLOSE, opening, closing,
                        ins_const(in_step, stock->tolerance));
    sink_add(program, &code->closing, closing, program->code.section_post);
    Store *store = LIST_PUSH(program->arena, &program->stores);
    *store = (Store){.section = program->code.section_post,
                     .home = HOME_TILE,
                     .state = code->state,
                     .from = closing};
}

static void lower_ring(Lowering *in_step, size_t i)
{
    Program *program = in_step->program;
    const Ring *ring = &program->model->rings.items[i];
    RingCode *code = &program->code.rings[i];
    uint32_t post = program->code.section_post;
    Lowering posting = *in_step;
    InsId entering = lower_node(in_step, ring->entering);

    posting.section = post;
    if (ring->stock != NO_ID && program->code.stocks[ring->stock].lump != NO_ID)
        entering = ins_2(&posting, OP_ADD, entering,
                         ins_new(&posting, OP_LUMP, NULL, 0, NULL, ring->stock, VARY_BOTH, 1));
    sink_add(program, &code->entering, entering, post);
    sink_or_none(in_step, &code->thinning, ring->thinning, post);
    sink_add(program, &code->lead, lower_node(in_step, ring->lead), post);
}

static void lower_closing_phase(Program *program)
{
    const Model *model = program->model;
    Code *code = &program->code;
    Lowering at = {.program = program,
                   .is_closing = true,
                   .section = code->section_settle,
                   .body = NO_ID,
                   .rule = NO_ID};

    for (size_t i = 0; i < model->contracts.count; i++) {
        const Contract *contract = &model->contracts.items[i];
        for (size_t j = 0; j < contract->moves.count; j++)
            sink_or_none(&at, &code->contracts[i].conditions[j], contract->moves.items[j].condition,
                         code->section_settle);
    }
    at.section = code->section_close;
    for (size_t i = 0; i < model->closing_formulas.count; i++)
        if (program->live[model->closing_formulas.items[i]])
            lower_value(&at, model->closing_formulas.items[i]);
    for (size_t i = 0; i < model->outputs.count; i++)
        sink_add(program, &code->outputs[i], lower_closing(&at, model->outputs.items[i].value),
                 code->section_close);
    for (size_t i = 0; i < model->checks.count; i++) {
        const Check *check = &model->checks.items[i];
        CheckCode *out = &code->checks[i];

        sink_or_none(&at, &out->condition, check->condition, code->section_close);
        sink_or_none(&at, &out->numerator, check->numerator, code->section_close);
        sink_or_none(&at, &out->denominator, check->denominator, code->section_close);
        out->date = out->during = REF_NONE;
        if (check->date != NULL)
            sink_add(program, &out->date, ins_1(&at, OP_IS_IN_PERIOD, lower_node(&at, check->date)),
                     code->section_close);
        if (check->term_start != NULL)
            sink_add(program, &out->during,
                     ins_2(&at, OP_IS_DURING, lower_node(&at, check->term_start),
                           lower_node(&at, check->term_end)),
                     code->section_close);
    }
    lower_pushes(&at);
}

/* Every named value that counts stays readable at the end of the period. */
static void keep_values(Program *program)
{
    const Model *model = program->model;
    Lowering at = {.program = program,
                   .is_closing = true,
                   .section = program->code.section_close,
                   .body = NO_ID,
                   .rule = NO_ID};

    program->code.values = ids_new(program, model->values.count);
    for (size_t i = 0; i < model->values.count; i++) {
        if (program->live[i] && program->lowered[i] != NO_ID && !model->values.items[i].is_hidden)
            sink_add(program, &program->code.values[i], lower_value(&at, (ValueId)i),
                     program->code.section_close);
    }
}

void lower_model(Program *program)
{
    const Model *model = program->model;
    Lowering in_step = {.program = program, .section = SECTION_STEP, .body = NO_ID, .rule = NO_ID};

    program->lowered = ids_new(program, model->values.count);
    program->lowered_start = ids_new(program, model->values.count);
    program->copied = ids_new(program, model->values.count);
    program->code.outputs = ids_new(program, model->outputs.count);
    program->code.checks = ARENA_ARRAY(program->arena, CheckCode, model->checks.count + 1);
    make_tables(program);
    lower_start(program);
    for (size_t i = 0; i < model->formulas.count; i++)
        if (program->live[model->formulas.items[i]])
            lower_value(&in_step, model->formulas.items[i]);
    for (uint32_t i = 0; i < model->rules.count; i++)
        lower_rule(&in_step, i);
    lower_backing(&in_step);
    for (size_t i = 0; i < model->stocks.count; i++)
        lower_stock(&in_step, i);
    for (size_t i = 0; i < model->rings.count; i++)
        lower_ring(&in_step, i);
    lower_closing_phase(program);
    if (program->is_trace)
        keep_values(program);
}
