/* SPDX-License-Identifier: Apache-2.0 */

/* Actions, parsed: each text is rendered back. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "action.h"
#include "expr.h"

struct text {
    char bytes[4096];
    size_t n;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    t->n += (size_t)vsnprintf(t->bytes + t->n, sizeof t->bytes - t->n, format, args);
    va_end(args);
    assert_true(t->n < sizeof t->bytes);
}

static void put_bits(struct text *t, struct bits bits)
{
    put(t, "%s", field_name(bits.field));
    if (bits.width != field_width(bits.field)) {
        put(t, "[%u+%u]", bits.lo, bits.width);
    }
}

static void put_operands(struct text *t, const struct action *a)
{
    if (a->dst.width != 0) {
        put(t, " ");
        put_bits(t, a->dst);
    }
    if (a->src.width != 0) {
        put(t, " ");
        put_bits(t, a->src);
    }
    if (a->value != 0) {
        put(t, " 0x%llx", (unsigned long long)a->value);
    }
    for (size_t i = 0; i < a->n_args; i++) {
        put(t, "%s", i == 0 ? "(" : ",");
        put_bits(t, a->args[i]);
        put(t, "%s", i + 1 == a->n_args ? ")" : "");
    }
    for (size_t i = 0; i < a->n_choices; i++) {
        put(t, " %u:%u", a->choices[i].value, a->choices[i].weight);
    }
}

static void put_actions(struct text *t, const struct action *actions, size_t n)
{
    static const char *const names[] = {
        [ACTION_NOTHING] = "nothing",
        [ACTION_DROP] = "drop",
        [ACTION_NEXT] = "next",
        [ACTION_OUTPUT] = "output",
        [ACTION_LOAD] = "load",
        [ACTION_LOAD_PORT] = "port",
        [ACTION_MOVE] = "move",
        [ACTION_EXCHANGE] = "exchange",
        [ACTION_DECREMENT] = "dec",
        [ACTION_CLONE] = "clone",
        [ACTION_ARP] = "arp",
        [ACTION_ND_NS] = "nd_ns",
        [ACTION_ND_NA] = "nd_na",
        [ACTION_ICMP4] = "icmp4",
        [ACTION_ICMP6] = "icmp6",
        [ACTION_GET_MAC] = "get_mac",
        [ACTION_PUT_MAC] = "put_mac",
        [ACTION_LOOKUP_MAC] = "lookup_mac",
        [ACTION_PUT_FDB] = "put_fdb",
        [ACTION_GET_FDB] = "get_fdb",
        [ACTION_LOOKUP_FDB] = "lookup_fdb",
        [ACTION_PORT_SEC] = "sec",
        [ACTION_PKT_LARGER] = "larger",
        [ACTION_SELECT] = "select",
        [ACTION_UNSUPPORTED] = "unsupported",
        [ACTION_TCP_RESET] = "reset",
        [ACTION_SCTP_ABORT] = "abort",
    };
    for (size_t i = 0; i < n; i++) {
        const struct action *a = &actions[i];
        put(t, "%s%s%s", i == 0 ? "" : "; ", names[a->type], a->flag ? "+" : "");
        if (a->type == ACTION_NEXT && (a->table >= 0 || a->has_pipeline)) {
            put(t, " %d%s", a->table, !a->has_pipeline ? "" : a->to_egress ? " out" : " in");
        }
        put_operands(t, a);
        put(t, "%s%s", a->name ? " " : "", a->name ? a->name : "");
        if (a->n_block > 0) {
            put(t, " {");
            put_actions(t, a->block, a->n_block);
            put(t, "}");
        }
    }
}

static void check(const char *actions, const char *expected)
{
    const char *error;
    struct text got = {.n = 0};
    struct expr *prerequisite;
    size_t n;
    struct action *list = actions_parse(actions, &n, &prerequisite, &error);
    if (list != NULL) {
        put_actions(&got, list, n);
        actions_free(list, n);
    } else {
        put(&got, "error: %s", error);
    }
    expr_free(prerequisite);
    if (strcmp(got.bytes, expected) != 0) {
        fail_msg("`%s`:\n  expected `%s`\n  got      `%s`", actions, expected, got.bytes);
    }
}

static void test_plain(void **state)
{
    (void)state;
    check("drop;", "drop");
    check("output;", "output");
    check("ct_clear; mac_cache_use; next;", "nothing; nothing; next");
    check("next(3);", "next 3");
    check("next(pipeline=ingress, table=0);", "next 0 in");
    check("next(table=2,pipeline=egress);", "next 2 out");
    check("next(pipeline=egress);", "next -1 out");
    check("/* ARP reply */ next; ", "next");
}

static void test_assignments(void **state)
{
    (void)state;
    check("reg0 = 10.0.0.1;", "load xxreg0[96+32] 0xa000001");
    check("xreg0[0..47] = aa:aa:aa:aa:aa:01;", "load xxreg0[64+48] 0xaaaaaaaaaa01");
    check("flags.loopback = 1;", "load flags[0+1] 0x1");
    check("outport = \"lr1-ts1\";", "port outport lr1-ts1");
    check("outport = inport;", "move outport inport");
    check("eth.dst = xreg0[0..47];", "move eth.dst xxreg0[64+48]");
    check("ip4.src <-> ip4.dst;", "exchange ip4.src ip4.dst");
    check("ip.ttl--;", "dec");
    check("reg0 = 0x100000000;", "error: constant too large for the field");
    check("reg0 = eth.src;", "error: field of the same width expected");
    check("reg0 <-> eth.src;", "error: field of the same width expected");
    check("ip4 = 1;", "unsupported ip4");
    check("reg0 = ip4;", "error: field of the same width expected");
    check("reg0--;", "error: only ip.ttl can be decremented");
    check("reg0 = 1/1;", "error: value expected");
    check("reg0 = \"x\";", "error: value expected");
}

static void test_functions(void **state)
{
    (void)state;
    check("get_arp(outport, reg0);", "get_mac(outport,xxreg0[96+32])");
    check("put_nd(inport, ip6.src, nd.sll);", "put_mac(inport,ip6.src,nd.sll)");
    check("reg9[2] = lookup_arp(inport, arp.spa, arp.sha);",
          "lookup_mac xxreg2[66+1](inport,arp.spa,arp.sha)");
    check("reg9[3] = lookup_nd_ip(inport, ip6.src);", "lookup_mac xxreg2[67+1](inport,ip6.src)");
    check("outport = get_fdb(eth.dst);", "get_fdb outport(eth.dst)");
    check("reg0[11] = lookup_fdb(inport, eth.src);", "lookup_fdb xxreg0[107+1](inport,eth.src)");
    check("clone { igmp; }; next;", "clone {unsupported igmp}; next");
    check("put_fdb(inport, eth.src);", "put_fdb(inport,eth.src)");
    check("reg0[15] = check_in_port_sec();", "sec xxreg0[111+1]");
    check("reg4[0..7] = ct_state_save();", "move xxreg1[96+8] ct_state[0+8]");
    check("reg4[0..3] = ct_state_save();", "error: field of 8 bits expected");
    check("reg0[15] = check_out_port_sec();", "sec+ xxreg0[111+1]");
    check("reg9[1] = check_pkt_larger(1518);", "larger xxreg2[65+1] 0x5ee");
    check("get_arp(outport);", "error: comma expected");
    check("get_arp(outport, ip4);", "error: field expected");
    check("reg9[1] = check_pkt_larger(x);", "error: length expected");
}

static void test_select(void **state)
{
    (void)state;
    check("reg8[16..31] = select(1, 2);", "select xxreg2[112+16] 1:100 2:100");
    check("reg8[16..31] = select(1=10, 2=20);", "select xxreg2[112+16] 1:10 2:20");
    check("reg8[16..31] = select(values=(1=1,2=2); hash_fields=\"ip_src,ip_dst\");",
          "select xxreg2[112+16] 1:1 2:2");
    check("reg8[16..31] = select();", "error: values to select from expected");
    check("reg8[16..31] = select(1, 2;", "error: missing )");
}

static void test_blocks(void **state)
{
    (void)state;
    check("clone { outport = \"a\"; output; }; next;", "clone {port outport a; output}; next");
    check("arp { eth.dst = ff:ff:ff:ff:ff:ff; output; };",
          "arp {load eth.dst 0xffffffffffff; output}");
    check("nd_na_router { output; };", "nd_na+ {output}");
    check("icmp4 { icmp4.type = 11; icmp4.code = 0; next; };",
          "icmp4+ {load icmp4.type 0xb; load icmp4.code; next}");
    check("icmp6_error { output; };", "icmp6 {output}");
    check("clone { output; }", "error: missing ;");
    check("clone { output;", "error: missing }");
    check("clone output;", "error: { expected");
}

static void test_unsupported(void **state)
{
    (void)state;
    check("ct_next; next;", "unsupported ct_next; next");
    check("ct_commit { ct_mark = 1; }; next;", "unsupported ct_commit; next");
    check("reg0[1] = dns_lookup(); next;", "unsupported dns_lookup; next");
    check("new_action(a, {b; c}, \";\"); drop;", "unsupported new_action; drop");
    check("new_action(", "error: unterminated action");
    check("new_action );", "error: unbalanced brackets");
}

/* northd writes some drops as a comment. */
static void test_nothing(void **state)
{
    (void)state;
    check("", "drop");
    check("/* drop */", "drop");
}

static void test_errors(void **state)
{
    (void)state;
    check("next", "error: missing ;");
    check("next(1;", "error: table number expected");
    check("next(256);", "error: table number expected");
    check("next(pipeline=foo);", "error: pipeline=ingress or pipeline=egress expected");
    check("; next;", "error: action expected");
    check("next; }", "error: unexpected }");
    check("outport = \"a", "error: missing closing quote");
}

static void test_depth(void **state)
{
    char text[8 * 100 + 1] = "";
    (void)state;
    for (int i = 0; i < 100; i++) {
        strcat(text, "clone { ");
    }
    check(text, "error: nested too deeply");
}

/* What OVN adds to the match of a flow with these actions. */
static void check_needs(const char *actions, const char *match)
{
    const char *error;
    struct expr *prerequisite;
    size_t n;
    struct action *list = actions_parse(actions, &n, &prerequisite, &error);
    assert_non_null(list);
    actions_free(list, n);
    if ((prerequisite != NULL) != (match != NULL)) {
        fail_msg("`%s`: expected %s, got %s prerequisite", actions, match ? match : "no",
                 prerequisite ? "a" : "no");
    }
    if (match != NULL) {
        const struct bits eth_type = {FIELD_ETH_TYPE, 0, 16}, proto = {FIELD_IP_PROTO, 0, 8};
        struct expr *e = expr_parse(match, &error);
        assert_int_equal(expr_mentions(e, &eth_type), expr_mentions(prerequisite, &eth_type));
        assert_int_equal(expr_mentions(e, &proto), expr_mentions(prerequisite, &proto));
        assert_int_equal(e->n_sub, prerequisite->n_sub);
        expr_free(e);
    }
    expr_free(prerequisite);
}

static void test_prerequisites(void **state)
{
    (void)state;
    check_needs("next;", NULL);
    check_needs("eth.dst <-> eth.src; reg0 = 1; output;", NULL);
    check_needs("ip.ttl--; next;", "ip");
    check_needs("ip4.src = 10.0.0.1; ip4.dst = 10.0.0.2;", "ip4");
    check_needs("reg0 = ip4.dst;", "ip4");
    check_needs("put_arp(inport, arp.spa, arp.sha); next;", "arp");
    check_needs("clone { ip.ttl--; output; }; next;", "ip");
    check_needs("arp { arp.op = 1; output; };", "ip");
    check_needs("icmp4 { ip.ttl = 255; output; };", "ip4");
    check_needs("nd_na { nd.tll = eth.src; output; };", "nd_ns");
    check_needs("reg0 = ip4.dst; ip.ttl--;", "ip4 && ip");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),     cmocka_unit_test(test_assignments),
        cmocka_unit_test(test_functions), cmocka_unit_test(test_select),
        cmocka_unit_test(test_blocks),    cmocka_unit_test(test_unsupported),
        cmocka_unit_test(test_nothing),   cmocka_unit_test(test_errors),
        cmocka_unit_test(test_depth),     cmocka_unit_test(test_prerequisites),
    };
    return cmocka_run_group_tests_name("action", tests, NULL, NULL);
}
