/* Models built by hand for the oracle's tests. */
#include "kit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void add_books(Kit *kit)
{
    static const struct {
        const char *name;
        AccountType type;
    } accounts[N_ACCOUNTS] = {
        {"cash", ACCOUNT_ASSET},    {"payables", ACCOUNT_LIABILITY}, {"receivables", ACCOUNT_ASSET},
        {"equity", ACCOUNT_EQUITY}, {"revenue", ACCOUNT_INCOME},     {"expense", ACCOUNT_EXPENSE},
        {"loans", ACCOUNT_ASSET},   {"debt", ACCOUNT_LIABILITY},
    };
    static const struct {
        const char *name;
        uint32_t payer, payee;
    } categories[N_CATEGORIES] = {
        {"revenue", EXPENSE, REVENUE}, {"borrowing", LOANS, DEBT}, {"repayment", DEBT, LOANS}};
    Model *model = kit->model;

    for (int i = 0; i < N_ACCOUNTS; i++)
        *LIST_PUSH(kit->arena, &model->accounts) =
            (Account){.name = text_from(accounts[i].name), .type = accounts[i].type};
    for (int i = 0; i < N_CATEGORIES; i++)
        *LIST_PUSH(kit->arena, &model->categories) =
            (Category){.name = text_from(categories[i].name),
                       .payer = categories[i].payer,
                       .payee = categories[i].payee};
    *LIST_PUSH(kit->arena, &model->ranks) = TEXT("senior");
    *LIST_PUSH(kit->arena, &model->ranks) = TEXT("junior");
    model->cash = CASH;
    model->payables = PAYABLES;
    model->receivables = RECEIVABLES;
    model->opening_equity = EQUITY;
}

Kit kit_new(int year, uint32_t n_periods)
{
    Arena *arena = arena_new(NULL);
    Kit kit = {arena, ARENA_NEW(arena, Model), NULL};
    int32_t first = step_ordinal(STEP_MONTH, day_from_civil(year, 1, 1));
    Day *first_days = ARENA_ARRAY(arena, Day, n_periods);
    Day *last_days = ARENA_ARRAY(arena, Day, n_periods);

    for (uint32_t t = 0; t < n_periods; t++) {
        first_days[t] = step_first_day(STEP_MONTH, first + (int32_t)t);
        last_days[t] = step_last_day(STEP_MONTH, first + (int32_t)t);
    }
    kit.model->step = STEP_MONTH;
    kit.model->n_periods = n_periods;
    kit.model->first_days = first_days;
    kit.model->last_days = last_days;
    kit.model->from = first_days[0];
    kit.model->until = last_days[n_periods - 1];
    kit.model->minor_per_unit = 100;
    add_books(&kit);
    return kit;
}

void kit_free(Kit *kit)
{
    arena_free(kit->arena);
}

void kit_run(Kit *kit)
{
    assert_int_equal(oracle_run(kit->arena, kit->model, 7, 0, 1, &kit->result), RUN_OK);
}

double kit_at(const Kit *kit, uint32_t output, uint32_t period)
{
    return kit->result->columns[output][period];
}

const Node *kit_node(Kit *kit, NodeOp op, const Node *a, const Node *b)
{
    Node *node = ARENA_NEW(kit->arena, Node);

    node->op = op;
    node->args = ARENA_ARRAY(kit->arena, const Node *, 2);
    node->args[0] = a;
    node->args[1] = b;
    node->n_args = a == NULL ? 0 : (b == NULL ? 1 : 2);
    return node;
}

const Node *kit_number(Kit *kit, double number)
{
    Node *node = ARENA_NEW(kit->arena, Node);

    node->op = N_CONST;
    node->number = number;
    return node;
}

const Node *kit_value(Kit *kit, ValueId value)
{
    Node *node = ARENA_NEW(kit->arena, Node);

    node->op = N_VALUE;
    node->value = value;
    return node;
}

Value *kit_add(Kit *kit, const char *name, ValueKind kind, ValueId *id)
{
    Value *value = LIST_PUSH(kit->arena, &kit->model->values);

    *id = (ValueId)(kit->model->values.count - 1);
    value->name = text_from(name);
    value->kind = kind;
    value->unit_scale = 1;
    value->source = value->stock = value->ring = value->party = value->account = NO_ID;
    value->contract = value->category = value->facility = value->reserve = NO_ID;
    value->allocation = value->solve = NO_ID;
    *LIST_PUSH(kit->arena, &kit->model->formulas) = *id;
    return value;
}

ValueId kit_formula(Kit *kit, const char *name, const Node *expr)
{
    ValueId id;

    kit_add(kit, name, VALUE_FORMULA, &id)->expr = expr;
    return id;
}

uint32_t kit_ask(Kit *kit, ValueId value)
{
    Output *output = LIST_PUSH(kit->arena, &kit->model->outputs);

    output->name = kit->model->values.items[value].name;
    output->type = kit->model->values.items[value].type;
    output->value = value;
    return (uint32_t)(kit->model->outputs.count - 1);
}

uint32_t kit_party(Kit *kit, const char *name, double opening_cash)
{
    Party *party = LIST_PUSH(kit->arena, &kit->model->parties);

    party->name = text_from(name);
    party->owner = (uint32_t)(kit->model->parties.count - 1);
    party->loss_slot = NO_ID;
    party->is_outside = opening_cash < 0;
    party->keep_rank = (uint32_t)kit->model->ranks.count;
    if (!party->is_outside)
        *LIST_PUSH(kit->arena, &party->openings) =
            (Opening){CASH, kit_number(kit, opening_cash), NO_ID, NO_ID};
    return (uint32_t)(kit->model->parties.count - 1);
}

uint32_t kit_contract(Kit *kit, const char *name)
{
    uint32_t number = (uint32_t)kit->model->contracts.count;
    ValueId stage;

    kit_add(kit, name, VALUE_STAGE, &stage)->contract = number;
    Contract *contract = LIST_PUSH(kit->arena, &kit->model->contracts);
    contract->name = text_from(name);
    contract->initial = STAGE_EFFECTIVE;
    contract->stage_value = stage;
    contract->part_of = NO_ID;
    return number;
}

uint32_t kit_slot(Kit *kit, uint32_t contract, uint32_t payer, uint32_t payee, uint32_t category)
{
    Slot *slot = LIST_PUSH(kit->arena, &kit->model->slots);

    slot->name = text_format(kit->arena, "slot%zu", kit->model->slots.count - 1);
    slot->payer = payer;
    slot->payee = payee;
    slot->category = category;
    slot->contract = slot->terms = contract;
    slot->carry = kit->model->n_carries++;
    slot->raises = slot->lowers = NO_ID;
    return (uint32_t)(kit->model->slots.count - 1);
}

uint32_t kit_monthly(Kit *kit, uint32_t contract, const Node *amount, uint32_t payer,
                     uint32_t payee)
{
    uint32_t slot = kit_slot(kit, contract, payer, payee, AS_REVENUE);
    Rule *rule = LIST_PUSH(kit->arena, &kit->model->rules);

    rule->name = text_format(kit->arena, "rule%zu", kit->model->rules.count - 1);
    rule->kind = RULE_EVERY;
    rule->contract = contract;
    rule->step_months = 1;
    *LIST_PUSH(kit->arena, &rule->actions) =
        (Action){.kind = ACT_PAY, .amount = amount, .slot = slot};
    return slot;
}

ValueId kit_account(Kit *kit, uint32_t party, uint32_t account)
{
    ValueId id;
    Value *value = kit_add(kit, "balance", VALUE_ACCOUNT, &id);

    value->party = party;
    value->account = account;
    return id;
}

ValueId kit_unpaid(Kit *kit, uint32_t party)
{
    ValueId id;

    kit_add(kit, "unpaid", VALUE_UNPAID, &id)->party = party;
    return id;
}
