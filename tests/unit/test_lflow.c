/* SPDX-License-Identifier: Apache-2.0 */

/* Flows of one shape: what is known of them unparsed is what parsing them gives. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lflow.h"
#include "model.h"
#include "recording.h"

static struct lflow_cache *cache;

static int set_up(void **state)
{
    (void)state;
    cache = lflow_cache_create();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lflow_cache_free(cache);
    return 0;
}

static void assert_name(const struct expr *outline, const struct lflow_constant *constant,
                        const struct expr *parsed)
{
    if (constant == NULL) {
        assert_string_equal(outline->name, parsed->name);
    } else {
        assert_non_null(constant->text);
        assert_int_equal(constant->text_size, strlen(parsed->name));
        assert_memory_equal(constant->text, parsed->name, constant->text_size);
    }
}

static void assert_same(const struct expr *outline, const struct lflow_constant *constants,
                        const struct expr *parsed)
{
    const struct lflow_constant *constant =
        outline->origin > 0 ? &constants[outline->origin - 1] : NULL;
    assert_int_equal(outline->type, parsed->type);
    assert_int_equal(outline->relop, parsed->relop);
    assert_int_equal(outline->bits.field, parsed->bits.field);
    assert_int_equal(outline->bits.lo, parsed->bits.lo);
    assert_int_equal(outline->bits.width, parsed->bits.width);
    assert_true(outline->mask == parsed->mask);
    assert_int_equal(outline->n_sub, parsed->n_sub);
    if (parsed->type == EXPR_COMPARE) {
        wide value = constant ? constant->value << outline->bits.lo : outline->value;
        assert_true(value == parsed->value);
    } else if (parsed->type == EXPR_PORT) {
        assert_name(outline, constant, parsed);
    }
    for (size_t i = 0; i < parsed->n_sub; i++) {
        assert_same(outline->sub[i], constants, parsed->sub[i]);
    }
}

static bool names_sets(const struct expr *e)
{
    bool found = e->type == EXPR_SET || e->type == EXPR_GROUP;
    for (size_t i = 0; i < e->n_sub; i++) {
        found |= names_sets(e->sub[i]);
    }
    return found;
}

static void assert_outline(const struct lflow_code *code)
{
    const struct lflow_constant *constants;
    const struct expr *outline = lflow_outline(cache, code, &constants);
    const struct lflow_parsed *parsed = lflow_parsed(code);
    if (parsed->match == NULL) {
        assert_null(outline);
        assert_null(code->shape);
    } else {
        assert_same(outline, constants, parsed->match);
    }
    const char *unsupported = actions_unsupported(parsed->actions, parsed->n_actions);
    if (unsupported == NULL) {
        assert_null(code->unsupported);
    } else {
        assert_string_equal(code->unsupported, unsupported);
    }
    assert_int_equal(code->takes_all, parsed->match != NULL &&
                                          parsed->match->type == EXPR_CONSTANT &&
                                          parsed->match->value != 0);
    assert_int_equal(code->names_sets, parsed->match != NULL && names_sets(parsed->match));
    assert_ptr_equal(lflow_parsed(code), parsed);
}

/* Two of a shape: the second one is not parsed before it is asked for. */
static void test_shapes(void **state)
{
    static const char *const pairs[][4] = {
        {"arp.tpa == 10.0.0.1 && arp.op == 1", "eth.src = 00:00:00:00:00:01; output;",
         "arp.tpa == 10.200.0.255 && arp.op == 1", "eth.src = ff:ff:ff:ff:ff:ff; output;"},
        {"inport == \"a\" && ip4.src == {10.0.0.1, 10.0.0.2}", "outport = \"b\"; next;",
         "inport == \"a-longer-one\" && ip4.src == {1.2.3.4, 5.6.7.8}", "outport = \"x\"; next;"},
        {"ip4.dst == 10.0.0.0/24 && !(ip6.src == fe80::/10)", "next;",
         "ip4.dst == 10.7.7.7/24 && !(ip6.src == ::/10)", "next;"},
        {"10.0.0.1 == ip4.src && tcp.dst == 80", "drop;", "10.0.0.9 == ip4.src && tcp.dst == 80",
         "drop;"},
        {"xreg0[0..47] == 00:00:00:00:00:01 /* \"a\" 1.2.3.4 */", "next;",
         "xreg0[0..47] == 00:00:00:00:00:02 /* \"a\" 1.2.3.4 */", "next;"},
        {"ip && (inport == @g || ip4.src != {$s, 10.0.0.1})", "drop;",
         "ip && (inport == @g || ip4.src != {$s, 10.0.0.2})", "drop;"},
        {"inport == \"x\"", "ip4.dst = 128.0.0.0; next;", "inport == \"y\"",
         "ip4.dst = 0.0.0.0; next;"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const struct lflow_code *one = lflow_cache_get(cache, pairs[i][0], pairs[i][1]);
        const struct lflow_code *other = lflow_cache_get(cache, pairs[i][2], pairs[i][3]);
        assert_non_null(one->shape);
        assert_ptr_equal(one->shape, other->shape);
        assert_null(one->parsed);
        assert_null(other->parsed);
        assert_outline(one);
        assert_outline(other);
        assert_non_null(lflow_parsed(other)->match);
        assert_non_null(lflow_parsed(other)->actions);
        lflow_cache_put(cache, one);
        lflow_cache_put(cache, other);
    }
}

/* What ovn-controller refuses it refuses for all of a shape. */
static void test_refused_shapes(void **state)
{
    static const char *const pairs[][2] = {
        {"ip4.src == 10.0.0.1 && !tcp", "ip4.src == 10.200.0.255 && !tcp"},
        {"inport != \"a\"", "inport != \"another\""},
        {"!(inport == \"a\")", "!(inport == \"another\")"},
        {"ip4.src == 10.0.0.1 && arp || ip6", "ip4.src == 10.0.0.2 && arp || ip6"},
        {"!ip4.src == 10.0.0.1", "!ip4.src == 10.0.0.2"},
        {"ip4.src == {10.0.0.1, $a-b}", "ip4.src == {10.0.0.2, $a-b}"},
        {"tcp.dst == 0.0.0.1", "tcp.dst == 10.0.0.1"},
        {"ip4.src == fe80::1", "ip4.src == ::1"},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof pairs / sizeof *pairs; i++) {
        const struct lflow_code *code = lflow_cache_get(cache, pairs[i / 2][i % 2], "next;");
        const struct lflow_constant *constants;
        assert_non_null(code->shape);
        assert_false(code->takes_all);
        assert_outline(code);
        assert_int_equal(lflow_outline(cache, code, &constants)->type, EXPR_CONSTANT);
        assert_int_equal(lflow_parsed(code)->match->type, EXPR_CONSTANT);
        assert_true(lflow_parsed(code)->match->value == 0);
        assert_null(lflow_parsed(code)->match_error);
        lflow_cache_put(cache, code);
    }
}

/* What cannot be parsed, or only because of what its constants are, is looked at at once. */
static void test_no_shape(void **state)
{
    static const struct {
        const char *match, *actions;
        bool match_understood, actions_understood;
    } texts[] = {
        {"ip4.src == 10.0.0.1 && (", "next;", false, true},
        {"ip4.src == 10.0.0.1", "next; (", true, false},
        {"ip4.src == 10.0.0.1 && inport == \"a", "next;", false, true},
        {"ip4.src == 10.0.0.256", "next;", false, true},
        {"inport == \"a\\\"b\"", "next;", true, true},
        {"reg0[0..7] == 0.0.0.1", "next;", true, true},
        {"reg0[0..7] == 10.0.0.1", "next;", false, true},
        {"ip4", "reg0[0..7] = 0.0.0.1; next;", true, true},
        {"ip4", "reg0[0..7] = 10.0.0.1; next;", true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct lflow_code *code = lflow_cache_get(cache, texts[i].match, texts[i].actions);
        assert_null(code->shape);
        assert_non_null(code->parsed);
        assert_int_equal(code->parsed->match != NULL, texts[i].match_understood);
        assert_int_equal(code->parsed->match_error == NULL, texts[i].match_understood);
        assert_int_equal(code->parsed->actions != NULL, texts[i].actions_understood);
        assert_true(texts[i].actions_understood || code->parsed->actions_error != NULL);
        assert_outline(code);
        lflow_cache_put(cache, code);
    }
}

/* Things that differ in more than addresses and names have shapes of their own. */
static void test_other_shapes(void **state)
{
    static const char *const matches[] = {
        "ip4.src == 10.0.0.1",
        "ip4.dst == 10.0.0.1",
        "ip4.src == 10.0.0.1/24",
        "ip4.src == 10.0.0.1/25",
        "ip6.src == 10::1",
        "ip4.src == {10.0.0.1, 10.0.0.2}",
        "inport == \"a\"",
        "inport == \"\"",
        "inport == @a",
        "is_chassis_resident(\"a\")",
        "tcp.dst == 80",
        "tcp.dst == 81",
        "tcp.dst == 0x51",
        "ip4.src == 10.0.0.1 || ip6",
        "ip4.src != 10.0.0.1",
        "ip4.src == 10.0.0.1/0.0.0.1",
        "ip4.src == 10.0.0.1/0.0.0.3",
    };
    const struct lflow_code *codes[sizeof matches / sizeof *matches];
    size_t n = sizeof matches / sizeof *matches;
    (void)state;
    for (size_t i = 0; i < n; i++) {
        codes[i] = lflow_cache_get(cache, matches[i], "next;");
        assert_non_null(codes[i]->shape);
        for (size_t k = 0; k < i; k++) {
            assert_ptr_not_equal(codes[i]->shape, codes[k]->shape);
        }
        assert_outline(codes[i]);
    }
    for (size_t i = 0; i < n; i++) {
        lflow_cache_put(cache, codes[i]);
    }
}

static void assert_outlines(const struct model *m)
{
    size_t n;
    struct model_datapath *const *datapaths = model_datapaths(m, &n);
    assert_true(n > 0);
    for (size_t i = 0; i < n * 2 * MODEL_MAX_TABLES; i++) {
        size_t stage = i % (2 * MODEL_MAX_TABLES);
        const struct model_stage *s =
            &datapaths[i / (2 * MODEL_MAX_TABLES)]
                 ->stages[stage / MODEL_MAX_TABLES][stage % MODEL_MAX_TABLES];
        for (size_t k = 0; k < s->n_flows; k++) {
            const struct lflow_code *code = s->flows[k].lflow->code;
            assert_outline(code);
            const struct expr *match = lflow_parsed(code)->match;
            if (match->type == EXPR_CONSTANT && match->value == 0) {
                fail_msg("refused: %s", code->match_text);
            }
        }
    }
}

static void test_recordings(void **state)
{
    static const char *const releases[] = {"ovn-23.03", "ovn-26.03"};
    (void)state;
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++) {
        struct model *m = recording_model(releases[i], 1, cache);
        assert_outlines(m);
        model_free(m);
    }
}

/* Many codes that come and go. */
static void test_references(void **state)
{
    const struct lflow_code *codes[3000];
    char match[64];
    (void)state;
    for (unsigned int i = 0; i < 3000; i++) {
        snprintf(match, sizeof match, "ip4.src == 10.0.%u.%u", i / 200, i % 200);
        codes[i] = lflow_cache_get(cache, match, "next;");
        assert_int_equal(codes[i]->refs, 1);
        assert_ptr_equal(lflow_cache_get(cache, match, "next;"), codes[i]);
        assert_int_equal(codes[i]->refs, 2);
        lflow_cache_put(cache, codes[i]);
        assert_true(i == 0 || codes[i]->id > codes[i - 1]->id);
    }
    for (unsigned int i = 0; i < 3000; i++) {
        lflow_cache_put(cache, codes[(i * 7) % 3000]);
    }
    codes[0] = lflow_cache_get(cache, match, "next;");
    assert_int_equal(codes[0]->refs, 1);
    lflow_cache_put(cache, codes[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_shapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_shape, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_shapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_recordings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_references, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
