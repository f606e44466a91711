/* SPDX-License-Identifier: Apache-2.0 */

/* Matches against what is known: true, false, unknown; what guards and splits
 * make of the unknown. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eval.h"
#include "lflow.h"
#include "recording_zone.h"

static const char zone[] = "chassis gw1 192.0.2.21\n"
                           "chassis hv1 192.0.2.11\n"
                           "switch sw 1\n"
                           "switch other 2\n"
                           "port sw a 1 vif chassis=hv1\n"
                           "port sw b 2 vif chassis=hv1\n"
                           "port sw cr 3 chassisredirect chassis=gw1\n"
                           "port other c 7 vif\n"
                           "group sw _MC_flood 32768 a b\n"
                           "addresses macs 00:00:00:00:00:01 00:00:00:00:00:02\n"
                           "addresses nets 10.0.0.0/8 192.168.1.1\n"
                           "addresses mixed 10.0.0.5 10.1.0.0/16 fd00::5\n"
                           "addresses numbers 1 0x20\n"
                           "addresses empty\n"
                           "ports 1_pg a cr\n";

struct fixture {
    struct lflow_cache *cache;
    struct model *model;
    struct state state;
    struct guard guard;
    struct split split;
    struct eval eval;
};

/* An IPv4 packet of which the EtherType is all that is known. */
static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->cache = lflow_cache_create();
    f->model = zone_model(zone, f->cache);
    state_init(&f->state);
    for (int id = FIELD_ETH_SRC; id < N_FIELDS; id++) {
        state_set_input(&f->state, (enum field_id)id, 0, 0);
    }
    state_set_input(&f->state, FIELD_ETH_TYPE, 0x0800, ~(wide)0);
    f->eval = (struct eval){.model = f->model,
                            .datapath = model_datapath_by_key(f->model, 1),
                            .state = &f->state,
                            .guard = &f->guard};
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    if (f->eval.split != NULL) {
        split_destroy(&f->split);
    }
    model_free(f->model);
    lflow_cache_free(f->cache);
    free(f);
    return 0;
}

static struct expr *parse(const char *match)
{
    const char *error;
    struct expr *e = expr_parse(match, &error);
    if (e == NULL) {
        fail_msg("`%s`: %s", match, error);
    }
    return e;
}

static void check(struct fixture *f, const char *match, enum truth expected)
{
    static const char *const names[] = {"false", "true", "unknown"};
    struct expr *e = parse(match);
    enum truth got = eval_match(&f->eval, e);
    expr_free(e);
    if (got != expected) {
        fail_msg("`%s`: expected %s, got %s", match, names[expected], names[got]);
    }
}

#define IS(F, MATCH) check(F, MATCH, TRUTH_TRUE)
#define NOT(F, MATCH) check(F, MATCH, TRUTH_FALSE)
#define MAYBE(F, MATCH) check(F, MATCH, TRUTH_UNKNOWN)

static void test_logic(void **state)
{
    struct fixture *f = *state;
    IS(f, "ip4");
    NOT(f, "ip6");
    MAYBE(f, "ip4.src == 10.0.0.1");
    MAYBE(f, "ip4.src != 10.0.0.1");
    NOT(f, "ip6.src == ::1"); /* by its prerequisite */
    NOT(f, "ip6 && ip4.src == 10.0.0.1");
    IS(f, "ip4 || ip4.src == 10.0.0.1");
    MAYBE(f, "ip6 || ip4.src == 10.0.0.1");
    MAYBE(f, "ip4 && ip4.src == 10.0.0.1");
    MAYBE(f, "new_symbol");
    NOT(f, "ip6 && new_symbol == 5");
    IS(f, "ip4 || new_symbol == 5");
}

static void test_compare(void **state)
{
    struct fixture *f = *state;
    state_set(&f->state, whole(FIELD_FLAGS), 5);
    IS(f, "flags == 5");
    IS(f, "flags != 6");
    IS(f, "flags < 6");
    NOT(f, "flags < 5");
    IS(f, "flags <= 5");
    NOT(f, "flags > 5");
    IS(f, "flags >= 5");
    IS(f, "4 < flags < 6");
    IS(f, "flags == 4/4");
    NOT(f, "flags == 2/2");
    IS(f, "flags[0] && !flags[1] && flags[2..3] == 1");
    MAYBE(f, "tcp.dst < 100 && ip.proto == 6");
    IS(f, "ip4.src == 0.0.0.0/0"); /* asks nothing */
}

static void test_partly_known(void **state)
{
    struct fixture *f = *state;
    state_set_input(&f->state, FIELD_IP4_DST, 0x0a010000, 0xffff0000);
    IS(f, "ip4.dst == 10.0.0.0/8");
    NOT(f, "ip4.dst == 11.0.0.0/8");
    NOT(f, "ip4.dst == 10.2.0.1");
    MAYBE(f, "ip4.dst == 10.1.0.1");
    MAYBE(f, "ip4.dst > 10.1.0.1");
    IS(f, "ip4.dst[16..31] > 0xa00");
}

static void test_names(void **state)
{
    struct fixture *f = *state;
    state_set(&f->state, whole(FIELD_INPORT), 1);
    state_set(&f->state, whole(FIELD_OUTPORT), 32768);
    IS(f, "inport == \"a\"");
    NOT(f, "inport == \"b\"");
    NOT(f, "inport != \"b\""); /* ovn-controller refuses it */
    state_set(&f->state, whole(FIELD_INPORT), 7);
    NOT(f, "inport == \"c\""); /* 7 is its key in another datapath */
    state_set(&f->state, whole(FIELD_INPORT), 1);
    IS(f, "outport == \"_MC_flood\"");
    IS(f, "is_chassis_resident(\"cr\")");
    NOT(f, "is_chassis_resident(\"a\")");
    NOT(f, "is_chassis_resident(\"nobody\")");
    state_set(&f->state, whole(FIELD_OUTPORT), 0);
    IS(f, "outport == \"none\"");
    NOT(f, "outport == \"nobody\"");
    state_set_input(&f->state, FIELD_INPORT, 0, 0);
    MAYBE(f, "inport == \"a\"");
}

static void test_sets(void **state)
{
    struct fixture *f = *state;
    state_set(&f->state, whole(FIELD_INPORT), 1);
    IS(f, "inport == @pg");
    NOT(f, "inport != @pg");
    state_set(&f->state, whole(FIELD_INPORT), 2);
    NOT(f, "inport == @pg");
    NOT(f, "inport != @pg"); /* refused */
    /* Without a row ovn-controller installs no such flow. */
    NOT(f, "inport == @absent");
    NOT(f, "inport != @absent");
    NOT(f, "eth.src == $absent");
    NOT(f, "eth.src != $absent");
    NOT(f, "eth.src == $empty");
    IS(f, "eth.src != $empty");

    MAYBE(f, "eth.src == $macs");
    state_set(&f->state, whole(FIELD_ETH_SRC), 2);
    IS(f, "eth.src == $macs");
    NOT(f, "eth.src != $macs");
    state_set(&f->state, whole(FIELD_IP4_SRC), 0x0a020304);
    IS(f, "ip4.src == $nets");
    state_set(&f->state, whole(FIELD_IP4_SRC), 0x0b020304);
    NOT(f, "ip4.src == $nets");
}

static void check_flow(struct fixture *f, const char *match, enum truth expected)
{
    const struct lflow_code *code = lflow_cache_get(f->cache, match, "drop;");
    enum truth got = eval_flow(&f->eval, code);
    lflow_cache_put(f->cache, code);
    if (got != expected) {
        fail_msg("flow `%s`: expected %d, got %d", match, expected, got);
    }
}

#define APPLIES(F, MATCH) check_flow(F, MATCH, TRUTH_TRUE)
#define NEVER(F, MATCH) check_flow(F, MATCH, TRUTH_FALSE)

/* Where ovn-controller takes no such flow it does not matter what else the match says. */
static void test_flow_without_its_sets(void **state)
{
    struct fixture *f = *state;
    state_set(&f->state, whole(FIELD_INPORT), 1);
    APPLIES(f, "ip4 || eth.src == $macs");
    NEVER(f, "ip4 || eth.src == $absent");
    NEVER(f, "eth.src == {$macs, $absent}");
    NEVER(f, "ip4.src == {$nets, $absent}");
    check_flow(f, "ip4.src == {$nets, $empty}", TRUTH_UNKNOWN);
    APPLIES(f, "inport == @pg");
    NEVER(f, "inport == {@pg, @absent}");
    NEVER(f, "inport == {@absent, @pg}");
    NEVER(f, "inport == \"a\" || outport == @absent");
    state_set_input(&f->state, FIELD_INPORT, 0, 0);
    check_flow(f, "inport == @pg", TRUTH_UNKNOWN);
    NEVER(f, "inport == @absent");
    /* There is a row of the group for the other switch, with ports there, or there is none. */
    f->eval.datapath = model_datapath_by_key(f->model, 2);
    NEVER(f, "ip4 || inport == @pg");
}

/* Too wide for the field, and for that the flow has no say. */
static void test_too_wide_elements(void **state)
{
    struct fixture *f = *state;
    state_set(&f->state, whole(FIELD_IP4_SRC), 0x0a000005);
    NOT(f, "ip4.src == $mixed");
    NOT(f, "ip4.src != $mixed");
    NEVER(f, "ip4.src == $mixed");
    NEVER(f, "ip4 || ip4.src == $mixed");
    NEVER(f, "ip4.src == {10.0.0.5, $mixed}");
    NEVER(f, "ip4 || eth.src == $mixed");
    NEVER(f, "ip4 || ip4.src == $macs");
    APPLIES(f, "ip4 || ip6.src == $mixed");
    APPLIES(f, "ip4 || eth.src == $nets");
    APPLIES(f, "ip4 || ip.dscp == $numbers");
    NEVER(f, "ip4 || ip.ecn == $numbers");
}

/* 10.0.0.5 is an IPv6 address like any other, 10.1.0.0/16 a mask on its end. */
static void test_narrow_elements(void **state)
{
    struct fixture *f = *state;
    wide prefix = (wide)0x20010db8 << 96;
    state_set_input(&f->state, FIELD_ETH_TYPE, 0x86dd, ~(wide)0);
    state_set(&f->state, whole(FIELD_IP6_SRC), prefix | 0x0a000005);
    NOT(f, "ip6.src == $mixed");
    IS(f, "ip6.src != $mixed");
    IS(f, "ip6.src[0..31] == $mixed"); /* the lowest bits of each */
    state_set(&f->state, whole(FIELD_IP6_SRC), 0x0a000005);
    IS(f, "ip6.src == $mixed");
    NOT(f, "ip6.src != $mixed");
    state_set(&f->state, whole(FIELD_IP6_SRC), prefix | 0x0a010203);
    IS(f, "ip6.src == $mixed");
    state_set(&f->state, whole(FIELD_IP6_SRC), (wide)0xfd00 << 112 | 5);
    IS(f, "ip6.src == $mixed");
    state_set(&f->state, whole(FIELD_ETH_SRC), 0x0a000005);
    IS(f, "ip6 || eth.src == {$nets, $macs}");
}

/* Excluding adds to the guard; afterwards the match is false. */
static void exclude(struct fixture *f, const char *match, bool possible)
{
    struct guard before = f->guard;
    struct expr *e = parse(match);
    bool done = eval_make_false(&f->eval, e, &f->guard, true);
    if (done != possible) {
        fail_msg("`%s`: expected %s guard, got %s", match, possible ? "a" : "no",
                 done ? "one" : "none");
    }
    if (!done) {
        assert_memory_equal(&before, &f->guard, sizeof before);
    } else if (eval_match(&f->eval, e) != TRUTH_FALSE) {
        fail_msg("`%s` is not false under its guard", match);
    }
    expr_free(e);
}

/* No comparison is left, and so none of its prerequisites. */
static void test_unlike_an_empty_set(void **state)
{
    struct fixture *f = *state;
    IS(f, "ip6.src != $empty");
    IS(f, "!(ip6.src == $empty)");
    NOT(f, "!(ip6.src != $empty)");
    IS(f, "ip4.src != $empty");
    IS(f, "ip6.src != {$empty, $empty}");
    NOT(f, "ip6.src != {$empty, $mixed}");
    NOT(f, "ip6.src != {$empty, ::1}");
    NOT(f, "ip6.src != $mixed");
    NOT(f, "ip6 && ip6.src != $empty");
    NOT(f, "ip6.src != $absent");
    NEVER(f, "ip6.src != {$empty, $absent}");
    APPLIES(f, "ip6.src != $empty");
    exclude(f, "ip6.src != $empty", false);
}

static void test_class_guards(void **state)
{
    struct fixture *f = *state;
    exclude(f, "icmp4.type == 8 && icmp4.code == 0", true);
    assert_int_equal(f->guard.classes, ICGW_CLASS_ECHO_REQUEST);
    exclude(f, "icmp4.type == 3 && icmp4.code == 4", true);
    assert_int_equal(f->guard.classes, ICGW_CLASS_ECHO_REQUEST | ICGW_CLASS_TOO_BIG_ERROR);
    exclude(f, "eth.src[40]", true);
    assert_true(f->guard.classes & ICGW_CLASS_MULTICAST_SOURCE);
    IS(f, "!eth.src[40]");
    exclude(f, "ip.later_frag", true);
    assert_true(f->guard.classes & ICGW_CLASS_LATER_FRAGMENT);
    IS(f, "!ip.later_frag");
    MAYBE(f, "ip.is_frag");
    exclude(f, "ip.is_frag", true);
    IS(f, "!ip.is_frag");
    NOT(f, "ip.first_frag");
    exclude(f, "tcp.dst == 80", false);
    exclude(f, "!ip.is_frag", false);
    exclude(f, "inport == \"a\" && tcp", true); /* inport is known: not so */
}

static void test_fragment_guard(void **state)
{
    struct fixture *f = *state;
    exclude(f, "ip.is_frag", true);
    assert_int_equal(f->guard.classes, ICGW_CLASS_FRAGMENT);
    NOT(f, "ip.later_frag"); /* is a fragment */
    NOT(f, "ip.later_frag == 1");
    IS(f, "ip.frag == 0");
}

static void test_ttl_guard(void **state)
{
    struct fixture *f = *state;
    exclude(f, "ip.ttl == {0, 1}", true);
    assert_int_equal(f->guard.min_ttl, 2);
    NOT(f, "ip.ttl == 1");
    MAYBE(f, "ip.ttl == 2");
    state_decrement_ttl(&f->state);
    /* 1 now was 2 on arrival. */
    exclude(f, "ip.ttl == {0, 1}", true);
    assert_int_equal(f->guard.min_ttl, 3);
    exclude(f, "ip.ttl == 200", false);
    exclude(f, "ip.ttl == 2/2", false);
}

static void test_source_guards(void **state)
{
    struct fixture *f = *state;
    exclude(f, "ip4.src == {10.1.0.1, 10.1.0.255} || ip4.src == 127.0.0.0/8", true);
    assert_int_equal(f->guard.n_sources, 3);
    NOT(f, "ip4.src == 127.1.2.3"); /* within an excluded prefix */
    MAYBE(f, "ip4.src == 126.0.0.0/7");
    exclude(f, "ip4.src == 127.0.0.1", true);
    assert_int_equal(f->guard.n_sources, 3);
    exclude(f, "ip4.src == 0.0.0.1/0.0.0.255", false); /* no prefix */
    /* A class is preferred to a source. */
    exclude(f, "ip4.src == 10.9.0.0/16 && icmp4.type == 8", true);
    assert_int_equal(f->guard.n_sources, 3);
    assert_int_equal(f->guard.classes, ICGW_CLASS_ECHO_REQUEST);
    exclude(f, "ip4.src == $nets", true);
    assert_int_equal(f->guard.n_sources, 5);
}

static void test_too_many_sources(void **state)
{
    struct fixture *f = *state;
    char match[64];
    for (int i = 0; i < ICGW_MAX_SOURCES; i++) {
        snprintf(match, sizeof match, "ip4.src == 10.0.0.%d", i);
        exclude(f, match, true);
    }
    MAYBE(f, "ip4.src == 10.0.0.77");
    MAYBE(f, "ip4.src == 10.0.1.0");
    /* One more: neighbours become a prefix, and it stays a guard. */
    exclude(f, "ip4.src == 10.9.9.9", true);
    assert_int_equal(f->guard.n_sources, ICGW_MAX_SOURCES);
    for (int i = 0; i < ICGW_MAX_SOURCES; i++) {
        snprintf(match, sizeof match, "ip4.src == 10.0.0.%d", i);
        NOT(f, match);
    }
    NOT(f, "ip4.src == 10.9.9.9");
    MAYBE(f, "ip4.src == 10.9.9.8");
    MAYBE(f, "ip4.src == 10.0.1.0");
}

/* Sources all over the world are not made into one prefix. */
static void test_scattered_sources(void **state)
{
    struct fixture *f = *state;
    char match[64];
    for (int i = 0; i < ICGW_MAX_SOURCES; i++) {
        snprintf(match, sizeof match, "ip4.src == %d.0.0.1", i);
        exclude(f, match, true);
    }
    exclude(f, "ip4.src == 200.0.0.1", false);
    exclude(f, "ip4.src == 7.200.0.1", true);
    NOT(f, "ip4.src == 7.1.1.1");
    MAYBE(f, "ip4.src == 8.1.1.1");
}

/* A register that holds the source on arrival is the source. */
static void test_origin(void **state)
{
    static const struct bits reg1 = {FIELD_XXREG0, 64, 32};
    struct fixture *f = *state;
    state_move(&f->state, reg1, whole(FIELD_IP4_SRC));
    state_set(&f->state, whole(FIELD_IP4_SRC), 1);
    exclude(f, "reg1 == 10.0.0.1", true);
    assert_int_equal(f->guard.n_sources, 1);
    assert_true(f->guard.sources[0].value == 0x0a000001);
    NOT(f, "reg1 == 10.0.0.1");
    exclude(f, "reg1[0] == 1", false);
    MAYBE(f, "reg1[0..7] == 1");
}

static void test_split(void **state)
{
    struct fixture *f = *state;
    split_init(&f->split, FIELD_IP4_DST, 3);
    f->eval.split = &f->split;
    state_set_input(&f->state, FIELD_IP4_DST, 0x0a000000, 0xff000000);

    IS(f, "ip4.dst == 10.0.0.0/8");
    NOT(f, "ip4.dst == 11.0.0.0/16");
    assert_int_equal(f->split.n, 0); /* decided by what is known */
    NOT(f, "ip4.dst == 10.1.0.0/16");
    IS(f, "ip4.dst != 10.1.0.0/16");
    assert_int_equal(f->split.n, 1);
    assert_true(f->split.prefixes[0].value == 0x0a010000);
    assert_int_equal(f->split.prefixes[0].len, 16);
    NOT(f, "ip4.dst == {10.1.0.1, 10.1.0.2}");
    assert_int_equal(f->split.n, 3);
    assert_false(f->eval.split_full);
    MAYBE(f, "ip4.dst[0..7] == 1"); /* no prefix */
    MAYBE(f, "ip4.dst == 10.1.0.3");
    assert_true(f->eval.split_full);
    exclude(f, "ip4.dst == 10.1.0.3", false);
}

static void test_equal(void **state)
{
    struct fixture *f = *state;
    state_set(&f->state, whole(FIELD_ETH_DST), 0xaabbcc);
    assert_int_equal(eval_equal(&f->eval, whole(FIELD_ETH_DST), 0xaabbcc), TRUTH_TRUE);
    assert_int_equal(eval_equal(&f->eval, (struct bits){FIELD_ETH_DST, 8, 8}, 0xbb), TRUTH_TRUE);
    assert_int_equal(eval_equal(&f->eval, whole(FIELD_ETH_DST), 0xaabbcd), TRUTH_FALSE);
    assert_int_equal(eval_equal(&f->eval, whole(FIELD_ETH_SRC), 1), TRUTH_UNKNOWN);
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_logic),
        TEST(test_compare),
        TEST(test_partly_known),
        TEST(test_names),
        TEST(test_sets),
        TEST(test_flow_without_its_sets),
        TEST(test_unlike_an_empty_set),
        TEST(test_too_wide_elements),
        TEST(test_narrow_elements),
        TEST(test_class_guards),
        TEST(test_ttl_guard),
        TEST(test_fragment_guard),
        TEST(test_source_guards),
        TEST(test_too_many_sources),
        TEST(test_scattered_sources),
        TEST(test_origin),
        TEST(test_split),
        TEST(test_equal),
    };
    return cmocka_run_group_tests_name("eval", tests, NULL, NULL);
}
