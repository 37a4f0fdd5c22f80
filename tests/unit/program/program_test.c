/* The compiler: each value where it varies, equal ones once, dead ones never. */
#include "../oracle/kit.h"

#include "program/code.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t count_in(const Code *code, uint32_t section, Op op)
{
    size_t n = 0;

    for (uint32_t i = 0; i < code->sections[section].count; i++)
        n += code->instructions[code->sections[section].first + i].op == op;
    return n;
}

static ValueId normal_draw(Kit *kit, const char *name, bool is_once)
{
    ValueId id = 0;
    Value *value = kit_add(kit, name, VALUE_DRAW, &id);

    value->draw = ARENA_NEW(kit->arena, Draw);
    *value->draw = (Draw){.law = DIST_LAW_NORMAL,
                          .n_params = 2,
                          .params = ARENA_ARRAY(kit->arena, const Node *, 2),
                          .is_once = is_once,
                          .step = STEP_MONTH,
                          .hash = text_hash64(text_from(name)),
                          .together = NO_ID};
    value->draw->params[0] = kit_number(kit, 1);
    value->draw->params[1] = kit_number(kit, 2);
    return id;
}

static void work_is_done_where_it_varies(void **state)
{
    Kit kit = kit_new(2026, 12);
    const Node *one = kit_number(&kit, 3);
    ValueId fixed = kit_formula(&kit, "fixed", kit_node(&kit, N_SQRT, one, NULL));
    ValueId by_period = kit_formula(
        &kit, "by_period", kit_node(&kit, N_ABS, kit_node(&kit, N_TODAY, NULL, NULL), NULL));
    ValueId once = normal_draw(&kit, "once", true);
    ValueId by_path =
        kit_formula(&kit, "by_path", kit_node(&kit, N_FLOOR, kit_value(&kit, once), NULL));
    ValueId afresh = normal_draw(&kit, "afresh", false);
    ValueId both = kit_formula(&kit, "both", kit_node(&kit, N_CEIL, kit_value(&kit, afresh), NULL));

    (void)state;
    kit_ask(&kit, fixed);
    kit_ask(&kit, by_period);
    kit_ask(&kit, by_path);
    kit_ask(&kit, both);
    const Code *code = program_code(program_build(kit.arena, kit.model));
    assert_int_equal(count_in(code, SECTION_CONST, OP_SQRT), 1);
    assert_int_equal(count_in(code, SECTION_PERIOD, OP_ABS), 1);
    assert_int_equal(count_in(code, SECTION_PATH, OP_FLOOR), 1);
    assert_int_equal(count_in(code, SECTION_PATH, OP_UNIFORM), 1);
    assert_int_equal(count_in(code, SECTION_STEP, OP_CEIL), 1);
    assert_int_equal(count_in(code, SECTION_STEP, OP_UNIFORM), 1);
    kit_free(&kit);
}

static void equal_expressions_are_one_and_dead_ones_none(void **state)
{
    Kit kit = kit_new(2026, 12);
    ValueId x = normal_draw(&kit, "x", false);
    ValueId a = kit_formula(&kit, "a", kit_node(&kit, N_EXP, kit_value(&kit, x), NULL));
    ValueId b = kit_formula(&kit, "b", kit_node(&kit, N_EXP, kit_value(&kit, x), NULL));

    (void)state;
    kit_formula(&kit, "unread", kit_node(&kit, N_LOG, kit_value(&kit, x), NULL));
    kit_ask(&kit, a);
    kit_ask(&kit, b);
    const Code *code = program_code(program_build(kit.arena, kit.model));
    assert_int_equal(count_in(code, SECTION_STEP, OP_EXP), 1);
    assert_int_equal(count_in(code, SECTION_STEP, OP_LOG), 0);
    assert_true(code->outputs[0] == code->outputs[1]);
    /* A trace keeps the names of what counts, and only of that. */
    const Code *trace = program_code(program_build_trace(kit.arena, kit.model));
    assert_true(trace->values[a] != REF_NONE && trace->live[b]);
    assert_true(trace->values[b + 1] == REF_NONE && !trace->live[b + 1]);
    kit_free(&kit);
}

static void what_one_rule_reads_is_computed_in_it(void **state)
{
    Kit kit = kit_new(2026, 12);
    uint32_t lab = kit_party(&kit, "lab", 100);
    uint32_t users = kit_party(&kit, "users", -1);
    ValueId x = normal_draw(&kit, "x", false);
    ValueId amount = kit_formula(&kit, "amount", kit_node(&kit, N_EXP, kit_value(&kit, x), NULL));

    (void)state;
    kit_monthly(&kit, kit_contract(&kit, "sales"), kit_value(&kit, amount), users, lab);
    const Code *code = program_code(program_build(kit.arena, kit.model));
    assert_int_equal(count_in(code, SECTION_STEP, OP_EXP), 0);
    assert_int_equal(count_in(code, SECTION_RULES, OP_EXP), 1);
    assert_int_equal(count_in(code, SECTION_RULES, OP_UNIFORM), 1);
    kit_free(&kit);
}

static void both_faces_are_text(void **state)
{
    Kit kit = kit_new(2026, 2);

    (void)state;
    kit_ask(&kit, normal_draw(&kit, "x", true));
    Program *program = program_build(kit.arena, kit.model);
    Text ir = program_dump_ir(kit.arena, program);
    Text bytecode = program_dump_bytecode(kit.arena, program);
    assert_non_null(strstr(ir.bytes, "UNIFORM  # path, path"));
    assert_non_null(strstr(bytecode.bytes, "path:\n"));
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_is_done_where_it_varies),
        cmocka_unit_test(equal_expressions_are_one_and_dead_ones_none),
        cmocka_unit_test(what_one_rule_reads_is_computed_in_it),
        cmocka_unit_test(both_faces_are_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
