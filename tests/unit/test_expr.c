/* SPDX-License-Identifier: Apache-2.0 */

/* Matches, parsed: each text is rendered back with prerequisites, predicates and
 * negations worked in. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expr.h"

struct text {
    char bytes[8192];
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

static void put_wide(struct text *t, wide value)
{
    if (value >> 64 != 0) {
        put(t, "0x%llx%016llx", (unsigned long long)(value >> 64), (unsigned long long)value);
    } else {
        put(t, "0x%llx", (unsigned long long)value);
    }
}

static void put_bits(struct text *t, struct bits bits)
{
    put(t, "%s", field_name(bits.field));
    if (bits.width != field_width(bits.field)) {
        put(t, "[%u+%u]", bits.lo, bits.width);
    }
}

static void put_expr(struct text *t, const struct expr *e)
{
    static const char *const relops[] = {"==", "!=", "<", "<=", ">", ">="};
    static const char *const sigils[] = {[EXPR_PORT] = "\"", [EXPR_SET] = "$", [EXPR_GROUP] = "@"};
    switch (e->type) {
    case EXPR_CONSTANT:
        put(t, "%d", (int)e->value);
        break;
    case EXPR_AND:
    case EXPR_OR:
        put(t, "(");
        for (size_t i = 0; i < e->n_sub; i++) {
            put(t, "%s", i == 0 ? "" : e->type == EXPR_AND ? " && " : " || ");
            put_expr(t, e->sub[i]);
        }
        put(t, ")");
        break;
    case EXPR_COMPARE:
        put_bits(t, e->bits);
        put(t, "%s", relops[e->relop]);
        put_wide(t, e->value >> e->bits.lo);
        if (e->mask != wide_ones(e->bits.width) << e->bits.lo) {
            put(t, "/");
            put_wide(t, e->mask >> e->bits.lo);
        }
        break;
    case EXPR_PORT:
    case EXPR_SET:
    case EXPR_GROUP:
        put_bits(t, e->bits);
        put(t, "%s%s%s", relops[e->relop], sigils[e->type], e->name);
        break;
    case EXPR_EMPTY:
        put(t, "%sempty(%s)", e->relop == RELOP_EQ ? "" : "!", e->name);
        break;
    case EXPR_RESIDENT:
        put(t, "%sresident(%s)", e->relop == RELOP_EQ ? "" : "!", e->name);
        break;
    case EXPR_UNKNOWN:
        put(t, "?%s", e->name);
        break;
    }
}

static void check(const char *match, const char *expected)
{
    const char *error;
    struct text got = {.n = 0};
    struct expr *e = expr_parse(match, &error);
    if (e != NULL) {
        put_expr(&got, e);
    } else {
        put(&got, "error: %s", error);
    }
    expr_free(e);
    if (strcmp(got.bytes, expected) != 0) {
        fail_msg("`%s`:\n  expected `%s`\n  got      `%s`", match, expected, got.bytes);
    }
}

#define IP "(eth.type==0x800 || eth.type==0x86dd)"
#define NOT_IP "(eth.type!=0x800 && eth.type!=0x86dd)"

static void test_precedence(void **state)
{
    (void)state;
    check("1", "1");
    check("0", "0");
    check("!0", "1");
    check("reg0 == 1 && reg1 == 2 && reg2 == 3",
          "(xxreg0[96+32]==0x1 && xxreg0[64+32]==0x2 && xxreg0[32+32]==0x3)");
    check("flags == 1 || (flags == 2 && flags == 3)", "(flags==0x1 || (flags==0x2 && flags==0x3))");
    check("(flags == 1 || flags == 2) && flags == 3", "((flags==0x1 || flags==0x2) && flags==0x3)");
    check("!(flags == 1) && flags == 2", "(flags!=0x1 && flags==0x2)");
}

static void test_negation(void **state)
{
    (void)state;
    check("!(flags == 1 && flags == 2)", "(flags!=0x1 || flags!=0x2)");
    check("!(flags == 1 || !(flags < 2))", "(flags!=0x1 && flags<0x2)");
    check("!(flags > 1)", "flags<=0x1");
    check("!flags", "flags==0x0");
    check("!flags.loopback", "flags[0+1]==0x0");
    check("!is_chassis_resident(\"cr\")", "!resident(cr)");
}

static void test_prerequisites(void **state)
{
    (void)state;
    check("ip4.src == 10.0.0.1", "(eth.type==0x800 && ip4.src==0xa000001)");
    check("!(ip4.src == 10.0.0.1)", "(eth.type==0x800 && ip4.src!=0xa000001)");
    check("tcp.dst == 80", "(" IP " && ip.proto==0x6 && tcp.dst==0x50)");
    check("!(tcp.dst == 80)", "(" IP " && ip.proto==0x6 && tcp.dst!=0x50)");
    check("ip.ttl == {0, 1}", "(" IP " && (ip.ttl==0x0 || ip.ttl==0x1))");
    check("vlan.vid == 5", "(vlan.tci[12+1]!=0x0 && vlan.tci[0+12]==0x5)");
}

static void test_predicates(void **state)
{
    (void)state;
    check("ip4", "eth.type==0x800");
    check("ip", IP);
    check("ip4 == 1", "eth.type==0x800");
    check("ip4 != 0", "eth.type==0x800");
    check("!(ip4 == 0)", "eth.type==0x800");
    check("eth.bcast == 0", "eth.dst!=0xffffffffffff");
    check("eth.bcast != 1", "eth.dst!=0xffffffffffff");
    check("ip4 == 2", "error: a predicate is compared with == or != to 0 or 1");
    /* Negated with its prerequisites: true of a frame that is not IPv4. */
    check("!ip4.mcast", "(eth.dst[40+1]==0x0 || (eth.type!=0x800 || ip4.dst[28+4]!=0xe))");
    check("ip.is_frag", "(" IP " && ip.frag[0+1]!=0x0)");
    check("!ip.is_frag", "(" NOT_IP " || ip.frag[0+1]==0x0)");
    check("ip.later_frag == 0", "(" NOT_IP " || ip.frag[1+1]==0x0)");
    check("!ip.frag[1]", "(" IP " && ip.frag[1+1]==0x0)"); /* a field, for once */
    check("!ip.first_frag", "((" NOT_IP " || ip.frag[0+1]==0x0) || (" IP " && ip.frag[1+1]!=0x0))");
    check("icmp4.type == 8", "(eth.type==0x800 && (" IP " && ip.proto==0x1) && icmp4.type==0x8)");
}

static void test_sets_and_ranges(void **state)
{
    (void)state;
    check("flags == {1, 2}", "(flags==0x1 || flags==0x2)");
    check("flags == {1 2}", "(flags==0x1 || flags==0x2)");
    check("flags != {1, 2}", "(flags!=0x1 && flags!=0x2)");
    check("!(flags == {1, 2})", "(flags!=0x1 && flags!=0x2)");
    check("flags < {1, 2}", "error: a set takes == or != only");
    check("eth.src == $macs", "eth.src==$macs");
    check("ip4.src == {$a, 10.0.0.0/8}", "(eth.type==0x800 && (ip4.src==$a || "
                                         "ip4.src==0xa000000/0xff000000))");
    check("eth.src != $macs", "eth.src!=$macs");
    check("ip4.src != $a", "(empty(a) || (eth.type==0x800 && ip4.src!=$a))");
    check("!(ip4.src == {$a, $b})", "((empty(a) && empty(b)) || "
                                    "(eth.type==0x800 && (ip4.src!=$a && ip4.src!=$b)))");
    check("ip4.src != {$a, 10.0.0.1}", "(eth.type==0x800 && (ip4.src!=$a && "
                                       "ip4.src!=0xa000001))");
    check("1 < flags", "flags>0x1");
    check("1 < flags <= 9", "(flags>0x1 && flags<=0x9)");
    check("!(1 < flags <= 9)", "(flags<=0x1 || flags>0x9)");
    check("flags > 1/1", "error: a masked constant takes == or != only");
}

/* What OVN takes of fields that Open vSwitch cannot mask. */
static void test_nominal(void **state)
{
    (void)state;
    check("eth.type == {0x800, 0x806}", "(eth.type==0x800 || eth.type==0x806)");
    check("eth.type[0..15] == 0x800", "eth.type==0x800");
    check("!(eth.type != 0x800)", "eth.type==0x800");
    check("!(inport != \"a\")", "inport==\"a");
    check("!(inport != {\"a\", @b})", "(inport==\"a || inport==@b)");
    check("!(!(eth.type == 0x800) || flags == 1)", "(eth.type==0x800 && flags!=0x1)");
    check("!ip.ttl", "(" IP " && ip.ttl==0x0)");
    check("!(reg0 == 1 || !tcp)", "(xxreg0[96+32]!=0x1 && (" IP " && ip.proto==0x6))");
    /* Theirs are the prerequisites only. */
    check("!ip4.src_mcast", "(eth.type!=0x800 || ip4.src[28+4]!=0xe)");
    check("tcp.dst != 80", "(" IP " && ip.proto==0x6 && tcp.dst!=0x50)");
    check("!(ip4.src == 1.2.3.4)", "(eth.type==0x800 && ip4.src!=0x1020304)");
}

static void test_refused(void **state)
{
    (void)state;
    check("ip.proto != 6", "0");
    check("eth.type != {0x800, 0x86dd}", "0");
    check("eth.type != $types", "0");
    check("inport != \"a\"", "0");
    check("outport != @pg", "0");
    check("!(inport == \"a\")", "0");
    check("!(flags == 1 || !(arp.op != 2))", "0");
    check("ip.ttl > 1", "0");
    check("1 < ip.ttl < 5", "0");
    check("ip.dscp >= 8", "0");
    check("ip.ecn != 3", "0");
    check("icmp4.type != 8", "0");
    check("!(icmp6.code == 0)", "0");
    check("rarp.op != 1", "0");
    check("inport < \"a\"", "0");
    check("ip.proto[0..3] == 1", "0");
    check("ip.proto[0]", "0");
    check("!ip.proto[0]", "0");
    check("ip4 == 0", "0");
    check("ip4 != 1", "0");
    check("!(tcp == 1)", "0");
    check("ip4.src == 1.2.3.4 && !(tcp || udp)", "0");
    check("ip4.src == 1.2.3.4 || !(tcp && tcp.dst == 80)", "0");
}

static void test_refused_syntax(void **state)
{
    (void)state;
    check("ip4 || ip6 && arp", "0");
    check("ip4 && ip6 || arp", "0");
    check("flags == 1 && (ip4 && flags == 2 || ip6)", "0");
    check("!ip4.src == 1.2.3.4", "0");
    check("!vlan.present == 0", "0");
    check("!1 < flags", "0");
    check("!!flags.loopback", "0");
    check("!(!(flags))", "0");
    check("flags", "0"); /* of more than a bit */
    check("reg0[3..4] && ip4", "0");
    check("flags == {}", "0");
    check("flags != {}", "0");
    check("1 < flags > 2", "0");
    check("1 == flags == 1", "0");
    check("tcp.dst == 0.0.0.80", "0");
    check("ip4.src == ::5", "0");
    check("tcp.dst == 80/0x10050", "0");
    /* Refused is refused, whatever follows. */
    check("!tcp && ip4 ip6", "0");
}

/* Characters that OVN does not have in names and numbers. */
static void test_refused_tokens(void **state)
{
    (void)state;
    check("ip4.src == $a-b", "0");
    check("inport == @a-b", "0");
    check("inport == @1a", "0");
    check("ip4 && (ip4.src == {1.2.3.4, $-a} || tcp)", "0");
    check("inport == \"a-b\"", "inport==\"a-b");
    check("inport == @_a.1", "inport==@_a.1");
    check("tcp.dst == 080", "0");
    check("ip4.src == 10.0.0.0/08", "0");
    check("tcp.flags == 2/0x12", "0");
    check("tcp.flags == 0x2/2", "0");
    check("tcp.flags == 0/0x12", "(" IP " && ip.proto==0x6 && tcp.flags==0x0/0x12)");
    check("tcp.flags == 2/18", "(" IP " && ip.proto==0x6 && tcp.flags==0x2/0x12)");
}

static bool is_refused(const char *sign, const char *name)
{
    char text[64];
    const char *error;
    snprintf(text, sizeof text, "%s%s", sign, name);
    struct expr *e = expr_parse(text, &error);
    assert_non_null(e);
    bool refused = e->type == EXPR_CONSTANT && e->value == 0;
    expr_free(e);
    return refused;
}

/* Every predicate can be asked for; all but those that stand for something nominal, for its
 * opposite, too. */
static void test_all_predicates(void **state)
{
    static const char *const boolean[] = {
        "eth.bcast",          "eth.mcastv6",     "vlan.present",        "ip.is_frag",
        "ip.later_frag",      "ip.first_frag",   "ip4.src_mcast",       "ip4.mcast",
        "ip6.mcast_rsvd",     "ip6.mcast",       "ip6.mcast_all_nodes", "ip6.mcast_all_rtrs",
        "ip6.mcast_sol_node", "ip6.mcast_flood",
    };
    static const char *const nominal[] = {
        "ip4",   "ip6", "ip",    "icmp4",       "igmp",  "icmp6", "icmp",  "arp",   "rarp", "nd",
        "nd_ns", "tcp", "nd_na", "nd_ns_mcast", "nd_rs", "nd_ra", "mldv1", "mldv2", "udp",  "sctp",
    };
    (void)state;
    for (size_t i = 0; i < sizeof boolean / sizeof *boolean; i++) {
        assert_false(is_refused("", boolean[i]));
        assert_false(is_refused("!", boolean[i]));
    }
    for (size_t i = 0; i < sizeof nominal / sizeof *nominal; i++) {
        assert_false(is_refused("", nominal[i]));
        assert_true(is_refused("!", nominal[i]));
    }
}

static void test_subfields(void **state)
{
    (void)state;
    check("reg0[3]", "xxreg0[99+1]!=0x0");
    check("xreg0[0..47] == aa:bb:cc:dd:ee:ff", "xxreg0[64+48]==0xaabbccddeeff");
    check("xxreg2[127..127]", "xxreg2[127+1]!=0x0");
    check("eth.dst[40]", "eth.dst[40+1]!=0x0");
    /* A constant without mask is compared with all of a wider field. */
    check("xreg0 == 10.0.0.1", "xxreg0[64+64]==0xa000001");
    check("reg0[0..3] == 16", "error: constant too large for the field");
    check("reg0[32]", "error: malformed subfield");
    check("reg0[5..3]", "error: malformed subfield");
    check("reg0[1", "error: malformed subfield");
    check("inport[1] == \"a\"", "error: malformed subfield");
    check("reg12", "?reg12");
    check("reg01", "?reg01");
}

static void test_ports(void **state)
{
    (void)state;
    check("inport == \"lr1-ts1\"", "inport==\"lr1-ts1");
    check("outport == {\"a\", \"b\"}", "(outport==\"a || outport==\"b)");
    check("inport == @pg1", "inport==@pg1");
    check("inport == 5", "error: a port is compared with == or != to a port name or port group");
    check("inport", "error: port name expected");
    check("flags == \"a\"", "error: constant expected");
}

static void test_unknown(void **state)
{
    (void)state;
    check("ct_foo", "?ct_foo");
    check("new.field == {1, 2} && ip4", "(?new.field && eth.type==0x800)");
    check("(ip4 && f(a && b, \"c\")) || ip6", "((eth.type==0x800 && ?f) || eth.type==0x86dd)");
    check("!(zzz[3..4] != 7)", "?zzz");
}

static void test_errors(void **state)
{
    (void)state;
    check("", "error: expression expected");
    check("flags ==", "error: constant expected");
    check("(ip4", "error: missing )");
    check("ip4 ip6", "error: unexpected text after the expression");
    check("ip4)", "error: unexpected text after the expression");
    check("ip4 &&", "error: expression expected");
    check("2", "error: relational operator expected");
    check("is_chassis_resident(a)", "error: is_chassis_resident takes a port name");
    check("is_chassis_resident(\"a\"", "error: missing )");
    check("ip4 || \"x", "error: missing closing quote");
}

static void test_depth(void **state)
{
    char text[4 * EXPR_MAX_DEPTH];
    const char *error;
    (void)state;
    for (int depth = EXPR_MAX_DEPTH - 2; depth <= EXPR_MAX_DEPTH + 2; depth++) {
        memset(text, '(', (size_t)depth);
        strcpy(text + depth, "ct.trk");
        memset(text + depth + 6, ')', (size_t)depth);
        text[2 * depth + 6] = '\0';
        struct expr *e = expr_parse(text, &error);
        if ((e != NULL) != (depth <= EXPR_MAX_DEPTH)) {
            fail_msg("%d parentheses: expected %s, got %s", depth,
                     depth <= EXPR_MAX_DEPTH ? "an expression" : "an error", e ? "one" : error);
        }
        expr_free(e);
    }
}

static void test_mentions(void **state)
{
    const struct bits tunnel_rx = {FIELD_FLAGS, 16, 1};
    const char *error;
    (void)state;
    struct expr *e = expr_parse("ip4 && !(flags == 1 || flags.tunnel_rx == 1)", &error);
    assert_true(expr_mentions(e, &tunnel_rx));
    expr_free(e);
    e = expr_parse("ip4 && flags.loopback", &error);
    assert_false(expr_mentions(e, &tunnel_rx));
    expr_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_precedence),      cmocka_unit_test(test_negation),
        cmocka_unit_test(test_prerequisites),   cmocka_unit_test(test_predicates),
        cmocka_unit_test(test_sets_and_ranges), cmocka_unit_test(test_subfields),
        cmocka_unit_test(test_ports),           cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_errors),          cmocka_unit_test(test_depth),
        cmocka_unit_test(test_mentions),        cmocka_unit_test(test_nominal),
        cmocka_unit_test(test_refused),         cmocka_unit_test(test_refused_syntax),
        cmocka_unit_test(test_refused_tokens),  cmocka_unit_test(test_all_predicates),
    };
    return cmocka_run_group_tests_name("expr", tests, NULL, NULL);
}
