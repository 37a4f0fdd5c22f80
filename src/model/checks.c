/* What is claimed of a model: checks, of every path, period or day. */
#include "model/checker.h"

/* A check that never looks would always hold: one that is known to miss the clock is refused. */
static bool lies_within_clock(Checker *c, const Check *check, const Decl *decl)
{
    const Model *m = c->model;
    double day, end;
    bool misses = check->date && node_is_constant(check->date, &day) && !is_day_of_clock(m, day);

    if (check->term_start && node_is_constant(check->term_start, &day) &&
        node_is_constant(check->term_end, &end))
        misses |= day > m->until || end <= m->from;
    const Expr *days = check->date ? decl->expr2 : decl->during;
    if (misses)
        diag_error(c->diags, DIAG_CLOCK, days ? days->span : decl->span,
                   "this lies outside the clock, so the check would never look");
    return !misses;
}

/* The share of paths in which it must hold; the term in which it looks. */
static bool read_scope(Checker *c, const Env *env, const Decl *decl, Check *check)
{
    Unit plain = unit_plain();

    if (decl->paths_share) {
        if (!elaborate_constant(c, env, decl->paths_share, &plain, "the share of paths",
                                &check->share))
            return false;
        if (!(check->share >= 0 && check->share <= 1)) {
            diag_error(c->diags, DIAG_OUT_OF_RANGE, decl->paths_share->span,
                       "a share of paths lies between 0 and 100 %%");
            return false;
        }
    }
    if (!decl->during)
        return true;
    Typed term = elaborate(c, env, decl->during);
    if (term.type.tag != KIND_OF_TERM && term.type.tag != KIND_OF_ERROR)
        diag_error(c->diags, DIAG_WRONG_TYPE, decl->during->span,
                   "what follows `during` is a term");
    check->term_start = term.start;
    check->term_end = term.end;
    return term.type.tag == KIND_OF_TERM;
}

static bool read_cover(Checker *c, const Env *env, const Decl *decl, Check *check)
{
    Unit plain = unit_plain();
    Typed a = elaborate(c, env, decl->expr), b = elaborate(c, env, decl->expr2);

    if (a.type.tag == KIND_OF_ERROR || b.type.tag == KIND_OF_ERROR)
        return false;
    if (a.type.tag != KIND_OF_NUMBER || b.type.tag != KIND_OF_NUMBER ||
        !dimensions_equal(&a.type.unit.dims, &b.type.unit.dims)) {
        Diag *d = diag_error(c->diags, DIAG_UNIT_MISMATCH, decl->expr->span,
                             "%.*s covers %.*s: both must be in one unit",
                             TEXT_ARG(type_name(c, &a.type)), TEXT_ARG(type_name(c, &b.type)));
        diag_label(c->diags, d, decl->expr2->span, "%.*s", TEXT_ARG(type_name(c, &b.type)));
        return false;
    }
    check->mode = CHECKING_COVERS;
    check->numerator = a.node;
    check->denominator = b.node;
    return decl->expr3 && elaborate_constant(c, env, decl->expr3, &plain, "what follows `at least`",
                                             &check->at_least);
}

static bool read_claim(Checker *c, const Env *env, const Decl *decl, Check *check)
{
    bool has_day = decl->check == CHECK_AT;

    check->mode = has_day ? CHECKING_AT : CHECKING_ALWAYS;
    check->condition = elaborate_yesno(c, env, decl->expr, "what a check claims");
    if (has_day)
        check->date = elaborate_date(c, env, decl->expr2, "the day of a check");
    return check->condition && (!has_day || check->date);
}

static void build_check(Checker *c, const Decl *decl)
{
    bool saw_opening = false, saw_closing = false;
    Env env = closing_env(c, text_format(c->arena, "check %.*s", TEXT_ARG(decl->title)));
    Check check = {.title = decl->title, .share = 1};

    env.saw_opening = &saw_opening;
    env.saw_closing = &saw_closing;
    if (!read_scope(c, &env, decl, &check))
        return;
    if (decl->check == CHECK_COVERS ? !read_cover(c, &env, decl, &check)
                                    : !read_claim(c, &env, decl, &check))
        return;
    if (!lies_within_clock(c, &check, decl))
        return;
    if (check.mode == CHECKING_ALWAYS && !varies_at_end(c->model, check.condition) &&
        node_varies(c->model, check.condition)) {
        /* It is of the whole run, and known at its end. */
        check.mode = CHECKING_AT;
        check.date = node_const(c, c->model->until);
    }
    if (saw_opening && saw_closing)
        diag_warning(c->diags, DIAG_MIXED_VALUES, decl->span,
                     "this check compares opening values with closing ones");
    *LIST_PUSH(c->arena, &c->model->checks) = check;
}

void checks_build(Checker *c)
{
    for (size_t i = 0; i < c->checks.count; i++)
        build_check(c, c->checks.items[i]);
}
