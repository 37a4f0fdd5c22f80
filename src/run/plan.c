/* Prepares a run: constants, period numbers, the clearing plan, and indexes of the model. */
#include "run/plan.h"

#include <assert.h>
#include <string.h>

/* ---- numbers that no path changes --------------------------------------------------------- */

static void run_constants(Plan *plan, Arena *arena)
{
    Machine *m = &plan->constants;

    m->kernels = plan->kernels;
    m->maths = plan->maths;
    machine_init(m, arena, plan->code, plan->model, HOME_CONST, 1, NULL);
    for (uint32_t i = 0; i < plan->code->n_registers[HOME_CONST]; i++)
        for (size_t lane = 0; lane < GW_LANES; lane++)
            machine_register(m, i)[lane] = plan->code->constants[i];
    machine_set_period(m, 0);
    machine_run(m, SECTION_CONST);
}

static void run_periods(Plan *plan, Arena *arena)
{
    const Code *code = plan->code;
    uint32_t n_periods = plan->model->n_periods;
    Machine m = {.kernels = plan->kernels, .maths = plan->maths};

    machine_init(&m, arena, code, plan->model, HOME_PERIOD, 1, &plan->constants);
    plan->periods = ARENA_ARRAY(arena, double, (size_t)n_periods * code->n_exports + 1);
    machine_start_states(&m);
    for (uint32_t t = 0; t < n_periods; t++) {
        machine_set_period(&m, t);
        machine_run(&m, SECTION_PERIOD);
        for (uint32_t i = 0; i < code->n_exports; i++)
            plan->periods[(size_t)t * code->n_exports + i] =
                machine_register(&m, code->exports[i])[0];
    }
}

/* ---- clearing ----------------------------------------------------------------------------- */

static size_t list_supports(const Model *model, ClearingSupport *supports)
{
    static const uint32_t none[1]; /* an empty list: a missing one would mean all */
    size_t n = 0;

    for (size_t i = 0; i < model->facilities.count; i++) {
        const Facility *facility = &model->facilities.items[i];

        if (facility->is_for_shortfall)
            supports[n++] = (ClearingSupport){.backer = facility->lender,
                                              .borrower = facility->borrower,
                                              .rank = model->slots.items[facility->slot].rank};
    }
    for (size_t i = 0; i < model->guarantees.count; i++) {
        const Guarantee *guarantee = &model->guarantees.items[i];
        bool is_empty = guarantee->covered.count == 0;

        supports[n++] = (ClearingSupport){
            .backer = guarantee->guarantor,
            .borrower = guarantee->debtor,
            .rank = is_empty ? 0 : model->slots.items[guarantee->pays.items[0]].rank,
            .slots = is_empty ? none : guarantee->covered.items,
            .n_slots = guarantee->covered.count};
    }
    return n;
}

static void list_reserves(Arena *arena, const Model *model, ClearingReserve *reserves)
{
    for (size_t i = 0; i < model->reserves.count; i++) {
        const Reserve *reserve = &model->reserves.items[i];
        uint32_t *own = ARENA_ARRAY(arena, uint32_t, model->slots.count + 1);
        size_t n = 0;

        for (uint32_t s = 0; s < model->slots.count; s++) {
            const Slot *slot = &model->slots.items[s];
            if (slot->payer == reserve->party && slot->contract == reserve->contract &&
                !slot->is_rest)
                own[n++] = s;
        }
        reserves[i] = (ClearingReserve){reserve->party, own, n};
    }
}

static void plan_clearing(Plan *plan, Arena *arena)
{
    const Model *model = plan->model;
    ClearingSlot *slots = ARENA_ARRAY(arena, ClearingSlot, model->slots.count + 1);
    ClearingSupport *supports =
        ARENA_ARRAY(arena, ClearingSupport, model->facilities.count + model->guarantees.count + 1);
    ClearingReserve *reserves = ARENA_ARRAY(arena, ClearingReserve, model->reserves.count + 1);
    uint32_t *owner = ARENA_ARRAY(arena, uint32_t, model->parties.count + 1);

    for (size_t p = 0; p < model->parties.count; p++)
        owner[p] = model->parties.items[p].owner;
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];
        slots[i] = (ClearingSlot){slot->payer, slot->payee, slot->rank, slot->is_rest};
    }
    plan->n_supports = list_supports(model, supports);
    list_reserves(arena, model, reserves);
    plan->clearing = clearing_plan_new(
        arena,
        &(ClearingSpec){.n_parties = model->parties.count,
                        .is_outside = plan->is_outside,
                        .owner = model->monies.count > 1 ? owner : NULL,
                        .n_ranks = (uint32_t)(model->ranks.count > 0 ? model->ranks.count : 1),
                        .n_slots = model->slots.count,
                        .slots = slots,
                        .n_supports = plan->n_supports,
                        .supports = supports,
                        .n_reserves = model->reserves.count,
                        .reserves = reserves});
}

/* What falls due in a period does so on its last day; the later it did the later it is too old. */
static const uint32_t *count_old(const Model *model, Arena *arena, double grace)
{
    uint32_t *n_old = ARENA_ARRAY(arena, uint32_t, model->n_periods);
    uint32_t n = 0;

    for (uint32_t t = 0; t < model->n_periods; t++) {
        while (n <= t && date_add_months(model->last_days[n], grace) <= model->last_days[t])
            n++;
        n_old[t] = n;
    }
    return n_old;
}

/* The periods before one whose dues may still be within the grace, at most. */
static uint32_t count_young(const Model *model, const uint32_t *n_old)
{
    uint32_t n_young = 0;

    if (n_old == NULL)
        return model->n_periods - 1;
    for (uint32_t t = 0; t < model->n_periods; t++)
        if (t > n_old[t] + n_young)
            n_young = t - n_old[t];
    return n_young;
}

static void plan_due_rows(Plan *plan, Arena *arena, const uint32_t *n_young)
{
    const Model *model = plan->model;
    size_t n_rows = 0;

    plan->due_row_starts = ARENA_ARRAY(arena, size_t, model->slots.count + 1);
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];

        plan->due_row_starts[i] = n_rows;
        if (slot->terms != NO_ID && !slot->is_rest && !plan->is_facility_slot[i] &&
            !plan->is_outcome_slot[i])
            n_rows += n_young[slot->terms];
    }
    plan->due_row_starts[model->slots.count] = n_rows;
}

/* Contracts of one grace share what was counted for it. */
static const uint32_t *old_of_grace(const Plan *plan, Arena *arena, size_t contract)
{
    Ref grace = plan->code->contracts[contract].grace;

    for (size_t i = 0; i < contract; i++)
        if (plan->code->contracts[i].grace == grace)
            return plan->n_old[i];
    return count_old(plan->model, arena, machine_register(&plan->constants, REF_INDEX(grace))[0]);
}

static void plan_graces(Plan *plan, Arena *arena)
{
    const Model *model = plan->model;
    size_t n = model->contracts.count;
    uint32_t *n_young = ARENA_ARRAY(arena, uint32_t, n + 1);

    plan->n_old = (const uint32_t **)arena_array(arena, n + 1, sizeof *plan->n_old);
    for (size_t i = 0; i < n; i++) {
        Ref grace = plan->code->contracts[i].grace;
        if (grace == REF_NONE)
            continue;
        if (REF_HOME(grace) == HOME_CONST)
            plan->n_old[i] = old_of_grace(plan, arena, i);
        n_young[i] = count_young(model, plan->n_old[i]);
    }
    plan_due_rows(plan, arena, n_young);
}

/* ---- indexes ------------------------------------------------------------------------------ */

static void index_parties(Plan *plan, Arena *arena)
{
    const Model *model = plan->model;
    size_t n = model->parties.count;
    size_t n_accounts = model->accounts.count;
    uint32_t n_cells = 0;
    uint32_t n_reserves = 0;

    plan->is_outside = ARENA_ARRAY(arena, bool, n + 1);
    plan->keep_counts = ARENA_ARRAY(arena, bool, n + 1);
    plan->party_cells = ARENA_ARRAY(arena, uint32_t, n * n_accounts + 1);
    plan->party_cell_starts = ARENA_ARRAY(arena, uint32_t, n + 1);
    plan->reserves_of = ARENA_ARRAY(arena, uint32_t, model->reserves.count + 1);
    plan->reserve_starts = ARENA_ARRAY(arena, uint32_t, n + 1);
    plan->cash_cells = ARENA_ARRAY(arena, uint32_t, n + 1);
    for (uint32_t p = 0; p < n; p++) {
        const Party *party = &model->parties.items[p];

        plan->is_outside[p] = party->is_outside;
        plan->keep_counts[p] = party->keep != NULL && party->keep_rank < model->ranks.count;
        plan->party_cell_starts[p] = n_cells;
        for (size_t a = 0; a < n_accounts; a++) {
            if (a == model->cash)
                plan->cash_cells[p] = n_cells;
            if (plan->code->cells[p * n_accounts + a] != NO_ID)
                plan->party_cells[n_cells++] = plan->code->cells[p * n_accounts + a];
        }
        plan->reserve_starts[p] = n_reserves;
        for (uint32_t i = 0; i < model->reserves.count; i++)
            if (model->reserves.items[i].party == p)
                plan->reserves_of[n_reserves++] = i;
    }
    plan->party_cell_starts[n] = n_cells;
    plan->reserve_starts[n] = n_reserves;
}

static bool reader_matches(const Model *model, const ReaderCode *reader, const Slot *slot)
{
    uint32_t party = reader->kind == VALUE_RECEIVED ? slot->payee : slot->payer;

    return (reader->party == NO_ID || reader->party == party) &&
           (reader->contract == NO_ID || (reader->contract == slot->contract &&
                                          reader->money == model->parties.items[party].money)) &&
           (reader->category == NO_ID || reader->category == slot->category);
}

static void index_slots(Plan *plan, Arena *arena)
{
    const Model *model = plan->model;

    plan->is_facility_slot = ARENA_ARRAY(arena, bool, model->slots.count + 1);
    plan->is_outcome_slot = ARENA_ARRAY(arena, bool, model->slots.count + 1);
    for (size_t i = 0; i < model->facilities.count; i++)
        plan->is_facility_slot[model->facilities.items[i].slot] = true;
    for (size_t i = 0; i < model->guarantees.count; i++)
        for (size_t j = 0; j < model->guarantees.items[i].pays.count; j++)
            plan->is_outcome_slot[model->guarantees.items[i].pays.items[j]] = true;
    for (size_t i = 0; i < model->parties.count; i++)
        if (model->parties.items[i].loss_slot != NO_ID)
            plan->is_outcome_slot[model->parties.items[i].loss_slot] = true;
}

static void index_readers(Plan *plan, Arena *arena)
{
    const Model *model = plan->model;
    const Code *code = plan->code;
    LIST(uint32_t) slots = {0};

    plan->reader_starts = ARENA_ARRAY(arena, uint32_t, code->n_readers + 1);
    for (size_t r = 0; r < code->n_readers; r++) {
        plan->reader_starts[r] = (uint32_t)slots.count;
        for (uint32_t i = 0; i < model->slots.count; i++)
            if (reader_matches(model, &code->readers[r], &model->slots.items[i]))
                *LIST_PUSH(arena, &slots) = i;
    }
    plan->reader_starts[code->n_readers] = (uint32_t)slots.count;
    plan->reader_slots = slots.items;
}

/* ---- postings ----------------------------------------------------------------------------- */

enum { ENTRIES_A_SLOT = 8 };

/* What a slot posts, in turn: what accrues, what is paid, and what of the one is not yet the other.
 */
static void list_slot_entries(const Model *model, uint32_t i, CellEntry *entries, uint32_t *cells)
{
    const Slot *slot = &model->slots.items[i];
    const Category *category = &model->categories.items[slot->category];
    const CellEntry all[ENTRIES_A_SLOT] = {
        {i, false, false, false}, {i, true, false, false}, {i, true, true, false},
        {i, false, true, false},  {i, true, false, true},  {i, false, false, true},
        {i, false, true, true},   {i, true, true, true},
    };
    const uint32_t parties[ENTRIES_A_SLOT] = {slot->payer, slot->payee, slot->payer, slot->payee,
                                              slot->payer, slot->payee, slot->payer, slot->payee};
    const uint32_t accounts[ENTRIES_A_SLOT] = {
        category->payer, category->payee,    model->cash,     model->cash,
        model->payables, model->receivables, model->payables, model->receivables};

    for (size_t k = 0; k < ENTRIES_A_SLOT; k++) {
        entries[k] = all[k];
        cells[k] = (uint32_t)(parties[k] * model->accounts.count + accounts[k]);
    }
}

/* Debits are credits in each of the two books, whatever accrues and whatever is paid, and also when
 * both are the same and what settles is left out: then so in every period of every path. */
static bool is_balanced(const CellEntry *entries, const uint32_t *cells, size_t n_accounts)
{
    int sums[2][3] = {{0}};

    for (size_t k = 0; k < ENTRIES_A_SLOT; k++) {
        int sign = entries[k].is_credit ? -1 : 1;
        bool is_other = cells[k] / n_accounts != cells[0] / n_accounts;

        sums[is_other][entries[k].is_paid] += sign;
        sums[is_other][2] += entries[k].is_settlement ? 0 : sign;
    }
    for (size_t book = 0; book < 2; book++)
        for (size_t what = 0; what < 3; what++)
            if (sums[book][what] != 0)
                return false;
    return true;
}

/* Sorts the entries of all slots by cell, those of a cell debits first, then by slot. */
static void index_entries(Plan *plan, Arena *arena)
{
    const Model *model = plan->model;
    size_t n_all = model->parties.count * model->accounts.count;
    uint32_t n_cells = plan->party_cell_starts[model->parties.count];
    uint32_t *counts = ARENA_ARRAY(arena, uint32_t, n_all + 1);
    uint32_t *next = ARENA_ARRAY(arena, uint32_t, n_all + 1);
    CellEntry entries[ENTRIES_A_SLOT];
    uint32_t cells[ENTRIES_A_SLOT], place = 0, n = 0;

    for (uint32_t i = 0; i < model->slots.count; i++) {
        list_slot_entries(model, i, entries, cells);
        assert(is_balanced(entries, cells, model->accounts.count) && "debits are credits");
        for (size_t k = 0; k < ENTRIES_A_SLOT; k++)
            counts[cells[k]]++;
    }
    plan->entry_starts = ARENA_ARRAY(arena, uint32_t, n_cells + 1);
    for (size_t c = 0; c < n_all; c++) {
        next[c] = n;
        if (plan->code->cells[c] == NO_ID)
            continue;
        plan->entry_starts[place++] = n;
        n += counts[c];
    }
    plan->entry_starts[place] = n;
    plan->entries = ARENA_ARRAY(arena, CellEntry, n + 1);
    plan->is_settlement_cell = ARENA_ARRAY(arena, bool, n_cells + 1);
    for (int is_credit = 0; is_credit <= 1; is_credit++) {
        for (uint32_t i = 0; i < model->slots.count; i++) {
            list_slot_entries(model, i, entries, cells);
            for (size_t k = 0; k < ENTRIES_A_SLOT; k++)
                if (entries[k].is_credit == is_credit)
                    plan->entries[next[cells[k]]++] = entries[k];
        }
    }
    for (uint32_t c = 0; c < n_cells; c++) {
        plan->is_settlement_cell[c] = true;
        for (uint32_t i = plan->entry_starts[c]; i < plan->entry_starts[c + 1]; i++)
            plan->is_settlement_cell[c] &= plan->entries[i].is_settlement;
    }
}

/* Slots of rest, or the others, by payer, then rank, then number. */
static void sort_slots(const Plan *plan, Arena *arena, bool is_rest, uint32_t **slots,
                       uint32_t **starts)
{
    const Model *model = plan->model;
    uint32_t n = 0;

    *slots = ARENA_ARRAY(arena, uint32_t, model->slots.count + 1);
    *starts = ARENA_ARRAY(arena, uint32_t, model->parties.count + 1);
    for (uint32_t p = 0; p < model->parties.count; p++) {
        uint32_t first = n;

        (*starts)[p] = first;
        for (uint32_t i = 0; i < model->slots.count; i++) {
            const Slot *slot = &model->slots.items[i];
            uint32_t at = n;

            if (slot->is_rest != is_rest || slot->payer != p || plan->is_outcome_slot[i])
                continue;
            for (; at > first && model->slots.items[(*slots)[at - 1]].rank > slot->rank; at--)
                (*slots)[at] = (*slots)[at - 1];
            (*slots)[at] = i;
            n++;
        }
    }
    (*starts)[model->parties.count] = n;
}

static void index_lowering(Plan *plan, Arena *arena)
{
    const Model *model = plan->model;
    uint32_t n = 0;

    plan->lowering_slots = ARENA_ARRAY(arena, uint32_t, model->slots.count + 1);
    plan->lowering_starts = ARENA_ARRAY(arena, uint32_t, model->stocks.count + 1);
    for (uint32_t stock = 0; stock < model->stocks.count; stock++) {
        plan->lowering_starts[stock] = n;
        for (uint32_t i = 0; i < model->slots.count; i++)
            if (model->slots.items[i].lowers == stock)
                plan->lowering_slots[n++] = i;
    }
    plan->lowering_starts[model->stocks.count] = n;
}

static void index_backing(Plan *plan, Arena *arena)
{
    const Model *model = plan->model;

    plan->may_have_backing = ARENA_ARRAY(arena, bool, model->parties.count + 1);
    for (size_t i = 0; i < model->reserves.count; i++)
        plan->may_have_backing[model->reserves.items[i].party] = true;
    for (size_t i = 0; i < model->facilities.count; i++)
        if (model->facilities.items[i].is_for_shortfall)
            plan->may_have_backing[model->facilities.items[i].borrower] = true;
    for (size_t i = 0; i < model->guarantees.count; i++)
        plan->may_have_backing[model->guarantees.items[i].debtor] = true;
}

static void index_nodes(Plan *plan, Arena *arena)
{
    const Model *model = plan->model;
    WhoNodes *nodes = &plan->nodes;
    bool *is_node = ARENA_ARRAY(arena, bool, model->parties.count + 1);
    bool *is_payee = ARENA_ARRAY(arena, bool, model->parties.count + 1);

    for (size_t p = 0; p < model->parties.count; p++)
        is_node[p] = !plan->is_outside[p];
    for (size_t i = 0; i < model->views.count; i++)
        if (text_is(model->views.items[i].name, "who_pays"))
            is_node[model->views.items[i].party] = true;
    nodes->of_party = ARENA_ARRAY(arena, uint32_t, model->parties.count + 1);
    nodes->parties = ARENA_ARRAY(arena, uint32_t, model->parties.count + 1);
    memcpy(is_payee, is_node, model->parties.count * sizeof *is_payee);
    for (size_t i = 0; i < model->slots.count; i++)
        is_node[model->slots.items[i].payer] |= is_payee[model->slots.items[i].payee];
    for (uint32_t p = 0; p < model->parties.count; p++) {
        nodes->of_party[p] = is_node[p] ? (uint32_t)nodes->n : NO_ID;
        if (is_node[p])
            nodes->parties[nodes->n++] = p;
    }
    nodes->pays = ARENA_ARRAY(arena, bool, nodes->n * nodes->n + 1);
    for (size_t i = 0; i < model->slots.count; i++) {
        const Slot *slot = &model->slots.items[i];

        if (!plan->is_outside[slot->payee])
            nodes->pays[nodes->of_party[slot->payer] * nodes->n + nodes->of_party[slot->payee]] =
                true;
    }
}

/* By node. Books in another money than the target's never pay it, through however many hands. */
static const bool *outside_of_view(const Plan *plan, Arena *arena, const View *view)
{
    const Model *model = plan->model;
    uint32_t money = model->parties.items[view->party].money;
    bool *is_outside = ARENA_ARRAY(arena, bool, plan->nodes.n + 1);

    for (size_t k = 0; k < plan->nodes.n; k++) {
        uint32_t p = plan->nodes.parties[k];
        is_outside[k] = plan->is_outside[p] || model->parties.items[p].money != money;
    }
    return is_outside;
}

static void index_views(Plan *plan, Arena *arena)
{
    const Model *model = plan->model;

    plan->who_views = ARENA_ARRAY(arena, uint32_t, model->views.count + 1);
    plan->who_outside =
        (const bool **)arena_array(arena, model->views.count + 1, sizeof *plan->who_outside);
    index_nodes(plan, arena);
    for (uint32_t i = 0; i < model->views.count; i++) {
        if (!text_is(model->views.items[i].name, "who_pays"))
            continue;
        plan->who_outside[plan->n_who] = outside_of_view(plan, arena, &model->views.items[i]);
        plan->who_views[plan->n_who++] = i;
    }
}

Plan *plan_new(Arena *arena, const Model *model, const Code *code, uint64_t seed)
{
    Plan *plan = ARENA_NEW(arena, Plan);

    plan->model = model;
    plan->code = code;
    plan->seed = seed;
    plan->kernels = run_kernels(NULL);
    plan->maths = maths_kernels(NULL);
    index_parties(plan, arena);
    index_slots(plan, arena);
    index_readers(plan, arena);
    index_entries(plan, arena);
    sort_slots(plan, arena, true, &plan->rest_slots, &plan->rest_starts);
    sort_slots(plan, arena, false, &plan->due_slots, &plan->due_starts);
    index_lowering(plan, arena);
    index_backing(plan, arena);
    index_views(plan, arena);
    plan_clearing(plan, arena);
    run_constants(plan, arena);
    run_periods(plan, arena);
    plan_graces(plan, arena);
    return plan->clearing == NULL ? NULL : plan;
}
