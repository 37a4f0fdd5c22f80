/* Parties with their opening books, contracts with their stages, facilities, guarantees, reserves.
 */
#include "model/checker.h"

#include <stdlib.h>

/* More is taken for a slip of the unit. */
enum { MOST_SENSIBLE_GRACE_MONTHS = 36 };

static Env env_of(Instance *instance)
{
    return (Env){.self = instance, .owner_name = instance->path};
}

/* ---- parties ------------------------------------------------------------------- */

/* The account that an opening balance faces in the other party's book: from a category that joins
 * the two. */
static uint32_t mirror_account(const Model *m, uint32_t account)
{
    bool is_claim = m->accounts.items[account].type == ACCOUNT_ASSET;
    for (size_t i = 0; i < m->categories.count; i++) {
        const Category *category = &m->categories.items[i];
        uint32_t own = is_claim ? category->payer : category->payee,
                 other = is_claim ? category->payee : category->payer;
        AccountType type = m->accounts.items[other].type;
        bool faces =
            is_claim ? type == ACCOUNT_LIABILITY || type == ACCOUNT_EQUITY : type == ACCOUNT_ASSET;
        if (own == account && faces)
            return other;
    }
    return NO_ID;
}

/* In the money that it is written in; changed from outside, in that of the book that is named. */
static const Node *opening_amount(Checker *c, const Env *env, const Decl *decl, uint32_t *money)
{
    if (decl->name2.length == 0)
        return elaborate_money(c, env, decl->expr, "an opening balance", money);
    *money = money_named(c, decl->name2);
    Unit unit = money_unit(c, *money);
    Text what =
        text_format(c->arena, "`%.*s`", TEXT_ARG(span_text(c->diags->sources, decl->name2_span)));
    return elaborate_number(c, env, decl->expr, &unit, what.bytes);
}

static void build_opening(Checker *c, Instance *at, const Decl *decl)
{
    Env env = env_of(at);
    uint32_t money;
    uint32_t account = index_or_report(c, c->accounts, decl->name, decl->name_span, "account");
    if (account == NO_ID)
        return;
    const Node *amount = opening_amount(c, &env, decl, &money);
    if (!amount)
        return;
    Opening opening = {
        .account = account, .amount = amount, .against = NO_ID, .against_account = NO_ID};
    if (decl->ref) {
        Instance *other =
            elaborate_reference(c, &env, decl->ref, c->party_kind, "whom a balance is against");
        if (!other)
            return;
        opening.against = book_of_party(c, other, decl->ref, money);
        if (opening.against == NO_ID)
            return;
        if (opening.against == book_in(c->model, at->party, money)) {
            diag_error(c->diags, DIAG_SAME_PARTY, decl->ref->span,
                       "`%.*s` would have a balance against itself", TEXT_ARG(at->path));
            return;
        }
        opening.against_account = mirror_account(c->model, account);
        if (opening.against_account == NO_ID) {
            diag_error(c->diags, DIAG_BOOKS, decl->span,
                       "no category joins account `%.*s` to an account of the other party",
                       TEXT_ARG(decl->name));
            return;
        }
    }
    Party *book = &c->model->parties.items[book_in(c->model, at->party, money)];
    *LIST_PUSH(c->arena, &book->openings) = opening;
    c->model->parties.items[at->party].is_source_named = true;
}

static void build_reserve(Checker *c, Instance *at, const Decl *decl)
{
    Env env = env_of(at);
    Field *field = table_get(at->fields, decl->name);
    Instance *contract = elaborate_reference(c, &env, decl->ref, NULL, "what a reserve is for");
    const Node *target = field ? field_amount(c, field) : NULL;
    if (!contract || !target)
        return;
    Unit money = money_unit(c, field->money);
    const Node *opening =
        decl->expr2 ? elaborate_number(c, &env, decl->expr2, &money, "what a reserve opens with")
                    : NULL;
    if (contract->contract == NO_ID) {
        diag_error(c->diags, DIAG_WRONG_TYPE, decl->ref->span, "a reserve is for a contract");
        return;
    }
    if (!is_of_money(c, contract, decl->ref, field->money))
        return;
    Reserve reserve = {.name = field->full_name,
                       .party = book_in(c->model, at->party, field->money),
                       .contract = contract->contract,
                       .target = target,
                       .opening = opening,
                       .value = field->value};
    c->model->values.items[field->value].reserve = (uint32_t)c->model->reserves.count;
    *LIST_PUSH(c->arena, &c->model->reserves) = reserve;
}

/* What is kept is kept in its own money. */
static void build_keep(Checker *c, Instance *at, const Decl *decl, const Decl **earlier)
{
    Env env = env_of(at);
    uint32_t money;
    const Node *kept = elaborate_money(c, &env, decl->expr, "cash that is kept", &money);
    Party *book = &c->model->parties.items[book_in(c->model, at->party, money)];

    if (earlier[money]) {
        Diag *d =
            diag_error(c->diags, DIAG_DUPLICATE_NAME, decl->name_span, "`keep` is given twice");
        diag_label(c->diags, d, earlier[money]->name_span, "first here");
        return;
    }
    earlier[money] = decl;
    book->keep = kept;
    book->keep_rank = (uint32_t)c->model->ranks.count;
    if (decl->name2.length == 0)
        return;
    book->keep_rank = index_or_report(c, c->ranks, decl->name2, decl->name2_span, "rank");
    if (book->keep_rank == NO_ID)
        book->keep_rank = 0;
}

/* Of all of a party's books alike. */
static void build_losses(Checker *c, const Instance *at, const Decl *decl)
{
    Env env = {.self = (Instance *)at, .owner_name = at->path};
    Unit plain = unit_plain();
    const Node *of_cash = NULL, *of_receipts = NULL;
    if (decl->expr)
        of_cash =
            elaborate_number(c, &env, decl->expr, &plain, "the share of cash lost on default");
    if (decl->expr2)
        of_receipts =
            elaborate_number(c, &env, decl->expr2, &plain, "the share of receipts lost on default");
    for (uint32_t money = 0; money < c->model->monies.count; money++) {
        Party *book = &c->model->parties.items[book_in(c->model, at->party, money)];
        book->loss_of_cash = of_cash;
        book->loss_of_receipts = of_receipts;
    }
}

static void build_party(Checker *c, Instance *at)
{
    const Decl *keeps[LIMIT_MONIES] = {NULL};

    c->model->parties.items[at->party].is_source_named =
        at->decl->attribution.kind != ATTRIBUTION_NONE;
    for (size_t i = 0; i < at->members.count; i++) {
        const Decl *m = at->members.items[i];
        if (!m)
            continue;
        switch (m->kind) {
        case DECL_OPENING:
            build_opening(c, at, m);
            break;
        case DECL_KEEP:
            build_keep(c, at, m, keeps);
            break;
        case DECL_RESERVE:
            build_reserve(c, at, m);
            break;
        case DECL_DEFAULT_COSTS:
            build_losses(c, at, m);
            break;
        default:
            break;
        }
    }
}

void parties_build(Checker *c)
{
    for (size_t i = 0; i < c->parties.count; i++)
        build_party(c, c->parties.items[i]);
}

/* ---- contracts -------------------------------------------------------------------- */

static void build_move(Checker *c, Instance *at, const Decl *decl)
{
    Env env = env_of(at);
    int stage = stage_of_word(decl->name2);
    if (stage < 0)
        return;
    StageMove move = {.stage = (Stage)stage};
    if (decl->is_when) {
        env.owner_name =
            text_format(c->arena, "%.*s.%.*s", TEXT_ARG(at->path), TEXT_ARG(decl->name2));
        move.condition = elaborate_yesno(c, &env, decl->expr, "the condition of a stage");
        if (!move.condition)
            return;
    } else {
        Expr field = {.kind = EXPR_WORD, .span = decl->span, .name = decl->name2};
        move.date = elaborate_date(c, &env, &field, "the day a stage is reached");
        if (!move.date)
            return;
    }
    *LIST_PUSH(c->arena, &c->model->contracts.items[at->contract].moves) = move;
}

/* How late a payment may be before it is a default. */
static const Node *grace_of(Checker *c, Instance *at)
{
    const Field *grace = table_get(at->fields, TEXT("grace"));
    Unit time = unit_time();
    double months;
    if (!grace || grace->typed.type.tag == KIND_OF_ERROR)
        return NULL;
    Span place = grace->decl->expr ? grace->decl->expr->span : grace->decl->name_span;
    if (grace->typed.type.tag != KIND_OF_NUMBER ||
        !dimensions_equal(&grace->typed.type.unit.dims, &time.dims)) {
        diag_error(c->diags, DIAG_WRONG_UNIT, place,
                   "`%.*s` is how late a payment may be, a duration such as 30 days, not %.*s",
                   TEXT_ARG(grace->full_name), TEXT_ARG(type_name(c, &grace->typed.type)));
        return NULL;
    }
    if (node_is_known(grace->typed.node, &months) &&
        (months < 0 || months > MOST_SENSIBLE_GRACE_MONTHS))
        diag_warning(c->diags, DIAG_OUT_OF_RANGE, place,
                     "`%.*s` lets payments be late for longer than %d months",
                     TEXT_ARG(grace->full_name), MOST_SENSIBLE_GRACE_MONTHS);
    return grace->typed.node;
}

static void build_contract(Checker *c, Instance *at)
{
    Env env = env_of(at);
    Contract *contract = &c->model->contracts.items[at->contract];
    contract->initial = STAGE_EFFECTIVE;
    contract->part_of = NO_ID;
    for (size_t i = 0; i < at->members.count; i++) {
        const Decl *m = at->members.items[i];
        if (!m)
            continue;
        if (m->kind == DECL_STAGE) {
            int stage = stage_of_word(m->name2);
            if (stage < 0)
                diag_error(
                    c->diags, DIAG_UNKNOWN_NAME, m->name2_span,
                    "a stage is talks, intent, definitive, effective, suspended, ended or never");
            else
                contract->initial = c->options->all_effective && stage < STAGE_ENDED
                                        ? STAGE_EFFECTIVE
                                        : (Stage)stage;
            if (c->options->all_effective && contract->initial == STAGE_NEVER)
                contract->initial = STAGE_EFFECTIVE;
        } else if (m->kind == DECL_STAGE_MOVE) {
            build_move(c, at, m);
            contract = &c->model->contracts.items[at->contract];
        } else if (m->kind == DECL_PART_OF) {
            Instance *other =
                elaborate_reference(c, &env, m->ref, NULL, "what a contract is part of");
            contract->part_of = other ? other->contract : NO_ID;
        } else if (m->kind == DECL_LAYER) {
            contract->layer = m->name2;
        }
    }
    contract->grace = grace_of(c, at);
    ValueId stage =
        state_value(c, text_format(c->arena, "%.*s.stage", TEXT_ARG(at->path)), VALUE_STAGE);
    c->model->values.items[stage].contract = at->contract;
    c->model->values.items[stage].type = TYPE_WORD;
    contract->stage_value = stage;
}

/* ---- facilities and guarantees --------------------------------------------------------- */

static uint32_t made_slot(Checker *c, Text name, uint32_t payer, uint32_t payee, uint32_t category,
                          uint32_t contract)
{
    Slot slot = {.name = name,
                 .payer = payer,
                 .payee = payee,
                 .category = category,
                 .rank = c->default_rank,
                 .contract = contract,
                 .terms = contract,
                 .raises = NO_ID,
                 .lowers = NO_ID,
                 .is_made = true,
                 .carry = c->model->n_carries++};

    if (contract != NO_ID)
        slot.span = c->model->contracts.items[contract].span;
    *LIST_PUSH(c->arena, &c->model->slots) = slot;
    return (uint32_t)(c->model->slots.count - 1);
}

static void build_facility(Checker *c, Instance *at, const Decl *decl)
{
    Env env = env_of(at);
    Field *field = table_get(at->fields, decl->name);
    Instance *lender = elaborate_reference(c, &env, decl->ref, c->party_kind, "who lends");
    Instance *borrower = elaborate_reference(c, &env, decl->ref2, c->party_kind, "who borrows");
    const Node *limit = field ? field_amount(c, field) : NULL;
    uint32_t category =
        index_or_report(c, c->categories, decl->name2, decl->name2_span, "category");
    if (category == NO_ID)
        return;
    if (!lender || !borrower || !limit)
        return;
    Facility facility = {
        .name = field->full_name,
        .lender = book_of_party(c, lender, decl->ref, field->money),
        .borrower = book_of_party(c, borrower, decl->ref2, field->money),
        .contract = at->contract,
        .limit = limit,
        .is_for_shortfall = decl->is_for_shortfall,
        .raises = stock_of_money(c, &env, decl->ref3, "what a payment raises", field->money)};
    if (facility.lender == NO_ID || facility.borrower == NO_ID)
        return;
    if (facility.lender == facility.borrower) {
        diag_error(c->diags, DIAG_SAME_PARTY, decl->ref2->span, "`%.*s` would lend to itself",
                   TEXT_ARG(lender->path));
        return;
    }
    facility.slot =
        made_slot(c, field->full_name, facility.lender, facility.borrower, category, at->contract);
    field->index = (uint32_t)c->model->facilities.count;
    c->model->values.items[field->value].facility = field->index;
    *LIST_PUSH(c->arena, &c->model->facilities) = facility;
}

static uint32_t taker_of_losses(const Model *m)
{
    for (uint32_t i = 0; i < m->parties.count; i++)
        if (text_is(m->parties.items[i].name, "costs_of_default") && m->parties.items[i].is_outside)
            return i;
    return NO_ID;
}

/* By party: a further book in which nothing falls due and nothing is has nothing to lose. */
static const bool *find_losers(Checker *c)
{
    const Model *m = c->model;
    bool *may_lose = ARENA_ARRAY(c->arena, bool, m->parties.count + 1);

    for (size_t i = 0; i < m->slots.count; i++)
        may_lose[m->slots.items[i].payer] = may_lose[m->slots.items[i].payee] = true;
    for (size_t p = 0; p < m->parties.count; p++) {
        const Party *party = &m->parties.items[p];
        may_lose[p] |= party->owner == p || party->openings.count > 0;
        for (size_t i = 0; i < party->openings.count; i++)
            if (party->openings.items[i].against != NO_ID)
                may_lose[party->openings.items[i].against] = true;
    }
    for (size_t p = 0; p < m->parties.count; p++)
        may_lose[p] &= m->parties.items[p].loss_of_cash || m->parties.items[p].loss_of_receipts;
    return may_lose;
}

/* What a party loses in default is a payment that clearing decides on. */
static void build_default_costs(Checker *c)
{
    Model *m = c->model;
    uint32_t category = table_index(c->categories, TEXT("default_costs"));
    uint32_t taker = taker_of_losses(m);
    const bool *may_lose = find_losers(c);
    for (uint32_t i = 0; i < m->parties.count; i++) {
        Party *party = &m->parties.items[i];
        party->loss_slot = NO_ID;
        if (!may_lose[i])
            continue;
        if (taker == NO_ID || category == NO_ID) {
            diag_error(c->diags, DIAG_BOOKS, party->span,
                       "default costs need an outside party `costs_of_default` and a category "
                       "`default_costs`; `import gigawatt` declares both");
            return;
        }
        Text name = text_format(c->arena, "%.*s#default_costs", TEXT_ARG(party->name));
        party->loss_slot = made_slot(c, name, i, book_in(m, taker, party->money), category, NO_ID);
    }
}

/* The guarantor claims back under the terms of what it paid for. */
static uint32_t recourse_for(Checker *c, const Guarantee *g, uint32_t terms, uint32_t category)
{
    Model *m = c->model;
    for (size_t j = 0; j < g->recourse.count; j++)
        if (m->slots.items[g->recourse.items[j]].terms == terms)
            return g->recourse.items[j];
    Text name = text_format(c->arena, "%.*s recourse", TEXT_ARG(g->name));
    if (terms != NO_ID)
        name = text_format(c->arena, "%.*s for %.*s", TEXT_ARG(name),
                           TEXT_ARG(m->contracts.items[terms].name));
    uint32_t slot = made_slot(c, name, g->debtor, g->guarantor, category, g->own_contract);
    m->slots.items[slot].terms = terms;
    return slot;
}

static void cover_contract(Checker *c, Guarantee *g, uint32_t contract, uint32_t debtor,
                           uint32_t category)
{
    size_t n = c->model->slots.count;
    for (uint32_t i = 0; i < n; i++) {
        Slot s = c->model->slots.items[i];
        if (s.is_made || s.is_rest || s.payer != debtor ||
            (contract != NO_ID && s.contract != contract))
            continue;
        *LIST_PUSH(c->arena, &g->covered) = i;
        Text name = text_format(c->arena, "%.*s for %.*s", TEXT_ARG(g->name), TEXT_ARG(s.name));
        *LIST_PUSH(c->arena, &g->pays) =
            made_slot(c, name, g->guarantor, s.payee, category, g->own_contract);
        uint32_t recourse = recourse_for(c, g, s.terms, category);
        *LIST_PUSH(c->arena, &g->recourse) = recourse;
    }
}

/* What it covers is owed by one party, in the money of its cap. */
static bool cover_group(Checker *c, Guarantee *g, const Decl *decl, const Instance *group,
                        uint32_t money, uint32_t category)
{
    const Model *m = c->model;

    for (size_t i = 0; i < table_count(group->children); i++) {
        const Instance *child = table_at(group->children, i)->value;
        if (child->contract == NO_ID || m->contracts.items[child->contract].second == NO_ID)
            continue;
        uint32_t debtor = book_in(m, m->contracts.items[child->contract].second, money);
        if (g->debtor != NO_ID && g->debtor != debtor) {
            diag_error(c->diags, DIAG_WRONG_TYPE, decl->ref->span,
                       "what a guarantee covers is owed by one party, but `%.*s` and `%.*s` owe "
                       "under these contracts; guarantee each by itself",
                       TEXT_ARG(m->parties.items[g->debtor].name),
                       TEXT_ARG(m->parties.items[debtor].name));
            return false;
        }
        g->debtor = debtor;
        cover_contract(c, g, child->contract, debtor, category);
    }
    return true;
}

/* False after a diagnostic. */
static bool cover(Checker *c, Guarantee *g, const Decl *decl, const Instance *covered,
                  uint32_t money, uint32_t category)
{
    if (covered->party != NO_ID) {
        g->debtor = book_in(c->model, covered->party, money);
        cover_contract(c, g, NO_ID, g->debtor, category);
    } else if (covered->contract != NO_ID) {
        uint32_t second = c->model->contracts.items[covered->contract].second;
        g->debtor = second == NO_ID ? NO_ID : book_in(c->model, second, money);
        cover_contract(c, g, covered->contract, g->debtor, category);
    } else if (covered->is_group && !cover_group(c, g, decl, covered, money, category)) {
        return false;
    }
    if (g->debtor == NO_ID || g->covered.count == 0)
        diag_error(c->diags, DIAG_WRONG_TYPE, decl->ref->span,
                   c->model->monies.count == 1
                       ? "there is nothing that its second party pays under this contract to "
                         "guarantee"
                       : "there is nothing that its second party pays under this contract in %.*s "
                         "to guarantee",
                   TEXT_ARG(c->model->monies.items[money]));
    else if (g->debtor == g->guarantor)
        diag_error(c->diags, DIAG_SAME_PARTY, decl->ref2->span, "a party cannot guarantee itself");
    else
        return true;
    return false;
}

static void build_guarantee(Checker *c, Instance *at, const Decl *decl, size_t number)
{
    Env env = env_of(at);
    uint32_t money;
    Typed of = elaborate(c, &env, decl->ref);
    Instance *guarantor = elaborate_reference(c, &env, decl->ref2, c->party_kind, "who guarantees");
    const Node *cap = elaborate_money(c, &env, decl->expr, "the cap of a guarantee", &money);
    uint32_t category = table_index(c->categories, TEXT("guarantee"));
    if (of.type.tag == KIND_OF_ERROR || !guarantor || !cap)
        return;
    if (category == NO_ID) {
        diag_error(c->diags, DIAG_BOOKS, decl->span,
                   "a guarantee needs a category `guarantee`; `import gigawatt` declares it");
        return;
    }
    if (of.type.tag != KIND_OF_REFERENCE) {
        diag_error(c->diags, DIAG_WRONG_TYPE, decl->ref->span,
                   "a guarantee is of a contract or of a party");
        return;
    }
    Text name = decl->name.length > 0
                    ? text_format(c->arena, "%.*s.%.*s", TEXT_ARG(at->path), TEXT_ARG(decl->name))
                    : text_format(c->arena, "%.*s#guarantee%zu", TEXT_ARG(at->path), number);
    Instance *covered = of.instance;
    Guarantee g = {.name = name,
                   .guarantor = book_of_party(c, guarantor, decl->ref2, money),
                   .cap = cap,
                   .own_contract = at->contract,
                   .contract = covered->contract,
                   .debtor = NO_ID,
                   .raises = stock_of_money(c, &env, decl->ref3, "what a payment raises", money)};
    if (g.guarantor == NO_ID || !is_of_money(c, covered, decl->ref, money))
        return;
    if (cover(c, &g, decl, covered, money, category))
        *LIST_PUSH(c->arena, &c->model->guarantees) = g;
}

static void each_instance_member(Checker *c, DeclKind kind,
                                 void build(Checker *, Instance *, const Decl *, size_t))
{
    for (size_t k = 0; k < c->all.count; k++)
        for (size_t i = 0; i < c->all.items[k]->members.count; i++) {
            const Decl *m = c->all.items[k]->members.items[i];
            if (m && m->kind == kind)
                build(c, c->all.items[k], m, i);
        }
}

/* Cash that is set aside and can never be spent is a slip of the contract, or of the money. */
static void warn_of_idle_reserve(Checker *c, Instance *at, const Decl *decl, size_t number)
{
    const Model *m = c->model;
    const Field *field = table_get(at->fields, decl->name);
    uint32_t which = field ? m->values.items[field->value].reserve : NO_ID;
    (void)number;
    if (which == NO_ID)
        return;
    const Reserve *r = &m->reserves.items[which];
    for (size_t i = 0; i < m->slots.count; i++)
        if (m->slots.items[i].payer == r->party && m->slots.items[i].contract == r->contract)
            return;
    diag_warning(c->diags, DIAG_WRONG_TYPE, decl->ref->span,
                 "`%.*s` is for nothing: `%.*s` pays nothing in %.*s under this contract",
                 TEXT_ARG(r->name), TEXT_ARG(at->path),
                 TEXT_ARG(m->monies.items[m->parties.items[r->party].money]));
}

static void build_one_facility(Checker *c, Instance *at, const Decl *decl, size_t number)
{
    (void)number;
    build_facility(c, at, decl);
}

void contracts_build(Checker *c)
{
    for (size_t i = 0; i < c->contracts.count; i++)
        build_contract(c, c->contracts.items[i]);
    each_instance_member(c, DECL_FACILITY, build_one_facility);
    rules_build(c);
    each_instance_member(c, DECL_RESERVE, warn_of_idle_reserve);
    each_instance_member(c, DECL_GUARANTEE, build_guarantee);
    build_default_costs(c);
    backing_order(c);

    bool needs_books = c->model->slots.count > 0 || c->parties.count > 0;
    if (needs_books && (c->model->cash == NO_ID || c->model->payables == NO_ID ||
                        c->model->receivables == NO_ID || c->model->opening_equity == NO_ID))
        diag_error(c->diags, DIAG_BOOKS,
                   c->parties.count > 0 ? c->parties.items[0]->decl->name_span
                                        : (Span){.file = c->trees[0]->file},
                   "books need the accounts cash, receivables, payables and opening_equity; "
                   "`import gigawatt` declares them");
    if (c->model->slots.count > LIMIT_SLOTS)
        diag_error(c->diags, DIAG_TOO_MANY, (Span){.file = c->trees[0]->file},
                   "more than %d pay statements", LIMIT_SLOTS);
    if (c->parties.count > LIMIT_PARTIES)
        diag_error(c->diags, DIAG_TOO_MANY, (Span){.file = c->trees[0]->file},
                   "more than %d parties", LIMIT_PARTIES);
}
