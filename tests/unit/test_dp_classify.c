/* SPDX-License-Identifier: Apache-2.0 */
/* Destinations that packets are told apart for: which rule a frame fits. */
#include "test_dp_frame.h"

#include <stdlib.h>

#define VNI 2
#define FIRST 100 /* outport of the first member */

static const uint8_t mac[6] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 2};
static struct icgw_memo *memo;

static struct icgw_dest to_member(unsigned int i)
{
    return (struct icgw_dest){
        .verdict = ICGW_VERDICT_FORWARD, .vni = 0xff0002, .inport = 1, .outport = FIRST + i};
}

/* Tables in which frames of a_frame() find *dest. */
static struct icgw_tables *tables_with(const struct icgw_dest *dest)
{
    const struct icgw_addr local = addr4(192, 0, 2, 21), hv = addr4(192, 0, 2, 11),
                           peer = addr4(192, 0, 2, 22);
    struct icgw_tables *t = icgw_tables_create(1, 1, 1, &local, 1);
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L2, false, 2, 0, 0);
    struct icgw_tunnel tunnel;

    assert_true(icgw_tables_add_source(t, &hv, ICGW_ZONE_LOCAL));
    icgw_tunnel_init(&tunnel, &local, &peer, 6081, true);
    icgw_tunnel_set_next_hop(&tunnel, 0, mac, mac, 0, 1500);
    assert_true(icgw_tables_set_tunnel(t, 0, &tunnel));
    assert_true(icgw_endpoint_add_l2(ep, mac, RTE_BE16(0x0800), dest));
    assert_true(icgw_endpoint_add_l2(ep, mac, RTE_BE16(0x86dd), dest));
    assert_true(icgw_tables_add_endpoint(t, VNI, 3, ep));
    icgw_endpoint_unref(ep);
    return t;
}

static struct frame a_frame(bool v6, uint8_t proto)
{
    return (struct frame){
        .eth_dst = {2},
        .eth_src = {2, 1},
        .src = addr4(192, 0, 2, 11),
        .dst = addr4(192, 0, 2, 21),
        .sport = 40000,
        .dport = 6081,
        .vni = VNI,
        .inport = 1,
        .outport = 3,
        .in_eth_dst = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 2},
        .in_eth_src = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 1},
        .in_v6 = v6,
        .in_src = {10, 9, 0, 10},
        .in_dst = {10, 2, 0, 10},
        .in_ttl = 63,
        .in_proto = proto,
        .in_payload = 40,
        .in_l4 = {0x30, 0x39, 0, 80},
    };
}

/* Forwards it twice, what is remembered being asked the second time. Returns the
 * outport, 0 for the slow path, -1 when dropped. */
static int forward(const struct icgw_tables *t, const struct frame *f, uint16_t split)
{
    int result[2];

    for (unsigned int i = 0; i < 2; i++) {
        struct icgw_result r = {.action = 15};
        uint8_t buf[FRAME_MAX];
        struct layout at = build(f, buf);
        struct rte_mbuf *m = to_mbuf(buf, at.end, split);

        icgw_forward(t, memo, &m, 1, &r);
        assert_in_range(r.action, 0, ICGW_ACTION_DROP);
        result[i] = r.action == ICGW_ACTION_DROP ? -1
                    : r.action == ICGW_ACTION_SLOW
                        ? 0
                        : (int)get16(rte_pktmbuf_mtod_offset(m, uint8_t *, 14 + 20 + 8 + 14));
        rte_pktmbuf_free(m);
    }
    assert_int_equal(result[0], result[1]);
    return result[0];
}

/* One rule to the first member, all the rest to the second one. */
static struct icgw_tables *told_apart_by(const struct icgw_rule *rule)
{
    const struct icgw_dest members[] = {to_member(0), to_member(1)};
    const struct icgw_rule rules[] = {*rule, {.member = 1}};
    struct icgw_classifier *c = icgw_classifier_create(rules, RTE_DIM(rules));
    const struct icgw_dest dest = {.verdict = ICGW_VERDICT_CLASSIFY,
                                   .members = members,
                                   .n_members = RTE_DIM(members),
                                   .classifier = c};
    struct icgw_tables *t = tables_with(&dest);

    icgw_classifier_free(c); /* the tables have copied it */
    return t;
}

static void expect(const char *what, const struct icgw_rule *rule, const struct frame *f, bool fits)
{
    struct icgw_tables *t = told_apart_by(rule);
    int got = forward(t, f, 0);

    if (got != FIRST + !fits) {
        fail_msg("%s: expected outport %d, got %d", what, FIRST + !fits, got);
    }
    icgw_tables_free(t);
}

#define TCP(PORT)                                                                                  \
    {                                                                                              \
        .value = {.proto = 6, .l4 = {0, 0, (PORT) >> 8, (PORT)&0xff}}, .mask = {                   \
            .proto = 0xff,                                                                         \
            .l4 = {0, 0, 0xff, 0xff}                                                               \
        }                                                                                          \
    }

static void test_fields(void **state)
{
    const struct icgw_rule port80 = TCP(80), port81 = TCP(81);
    const struct icgw_rule net = {.value.src = {10, 9}, .mask.src = {0xff, 0xff}};
    const struct icgw_rule other = {.value.src = {10, 8}, .mask.src = {0xff, 0xff}};
    const struct icgw_rule to = {.value.dst = {10, 2, 0, 10}, .mask.dst = {[0 ... 3] = 0xff}};
    const struct icgw_rule from = {.value.eth_src = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 1},
                                   .mask.eth_src = {[0 ... 5] = 0xff}};
    const struct icgw_rule nobody = {.value.eth_src = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 2},
                                     .mask.eth_src = {[0 ... 5] = 0xff}};

    (void)state;
    for (unsigned int v6 = 0; v6 < 2; v6++) {
        struct frame tcp = a_frame(v6, 6), udp = a_frame(v6, 17);

        expect("TCP port 80", &port80, &tcp, true);
        expect("TCP port 81", &port81, &tcp, false);
        expect("UDP port 80", &port80, &udp, false);
        expect("source", &net, &tcp, true);
        expect("another source", &other, &tcp, false);
        expect("destination", &to, &tcp, true);
        expect("Ethernet source", &from, &tcp, true);
        expect("another Ethernet source", &nobody, &tcp, false);
        tcp.in_payload = 19;
        expect("TCP cut short", &port80, &tcp, false);
    }
}

static void test_icmp(void **state)
{
    const struct icgw_rule echo = {.value = {.proto = 1, .l4 = {8}},
                                   .mask = {.proto = 0xff, .l4 = {0xff, 0xff}}};
    const struct icgw_rule ports = {.value.l4 = {0x30, 0x39}, .mask.l4 = {0xff, 0xff}};
    struct frame f = a_frame(false, 1);

    (void)state;
    expect("type 48", &echo, &f, false);
    f.in_l4[0] = 8;
    f.in_l4[1] = 0;
    expect("echo request", &echo, &f, true);
    f.in_payload = 7;
    expect("cut short", &echo, &f, false);
    f = a_frame(false, 47);
    expect("no ports", &ports, &f, false);
}

static void test_fragments(void **state)
{
    const struct icgw_rule port80 = TCP(80);
    const struct icgw_rule any = {.value.frag = 1, .mask.frag = 1};
    const struct icgw_rule later = {.value.frag = 2, .mask.frag = 2};
    struct frame f = a_frame(false, 6);

    (void)state;
    expect("no fragment", &any, &f, false);
    f.in_frag = 0x2000;
    expect("first fragment", &any, &f, true);
    expect("first fragment, no later one", &later, &f, false);
    expect("first fragment has no ports", &port80, &f, false);
    f.in_frag = 1;
    expect("later fragment", &later, &f, true);
    expect("later fragment, any", &any, &f, true);
    /* What follows the extension headers of IPv6 is not looked for. */
    struct icgw_tables *t = told_apart_by(&port80);
    f = a_frame(true, 44);
    memcpy(f.in_l4, (uint8_t[8]){6}, 8);
    assert_int_equal(forward(t, &f, 0), 0);
    f = a_frame(true, 60);
    memcpy(f.in_l4, (uint8_t[8]){6}, 8);
    assert_int_equal(forward(t, &f, 0), 0);
    icgw_tables_free(t);
}

/* Headers that are not all in the first segment are the slow path's. */
static void test_segments(void **state)
{
    const struct icgw_rule port80 = TCP(80);
    struct icgw_tables *t = told_apart_by(&port80);

    (void)state;
    for (unsigned int v6 = 0; v6 < 2; v6++) {
        struct frame f = a_frame(v6, 6);
        uint8_t buf[FRAME_MAX];
        struct layout at = build(&f, buf);
        uint16_t l4 = at.inner_l3 + (v6 ? 40 : 20);

        for (uint16_t split = l4; split < at.end; split++) {
            assert_int_equal(forward(t, &f, split), split < l4 + 4 ? 0 : FIRST);
        }
    }
    struct frame f = a_frame(false, 6);
    f.in_ihl = 6;
    assert_int_equal(forward(t, &f, 0), FIRST);
    icgw_tables_free(t);
}

/* The first rule that fits counts; a packet that none fits is slow, and so is one whose
 * member does not exist. */
static void test_order(void **state)
{
    const struct icgw_rule rules[] = {
        {.value.proto = 6, .mask.proto = 0xff, .member = 2},
        {.value.src = {10}, .mask.src = {0xff}, .member = 0},
        {.value.proto = 17, .mask.proto = 0xff, .member = 1},
        {.value.proto = 1, .mask.proto = 0xff, .member = 3},
    };
    struct icgw_dest select = {.verdict = ICGW_VERDICT_SELECT, .n_members = 1};
    struct icgw_dest way = to_member(7);
    select.members = &way;
    const struct icgw_dest members[] = {
        to_member(0), {.verdict = ICGW_VERDICT_DROP, .guard = ICGW_CLASS_FRAGMENT}, select};
    struct icgw_classifier *c = icgw_classifier_create(rules, RTE_DIM(rules));
    const struct icgw_dest dest = {.verdict = ICGW_VERDICT_CLASSIFY,
                                   .members = members,
                                   .n_members = RTE_DIM(members),
                                   .classifier = c};
    struct icgw_tables *t = tables_with(&dest);
    struct frame tcp = a_frame(false, 6), udp = a_frame(false, 17), icmp = a_frame(false, 1);

    (void)state;
    assert_int_equal(icgw_classifier_rules(c), RTE_DIM(rules));
    for (uint32_t i = 0; i < RTE_DIM(rules); i++) {
        struct icgw_rule rule;
        icgw_classifier_rule(c, i, &rule);
        assert_memory_equal(&rule, &rules[i], sizeof rule);
    }
    assert_int_equal(forward(t, &tcp, 0), FIRST + 7);
    assert_int_equal(forward(t, &udp, 0), FIRST);
    udp.in_src[0] = icmp.in_src[0] = 11;
    assert_int_equal(forward(t, &udp, 0), -1);
    udp.in_frag = 0x2000;
    assert_int_equal(forward(t, &udp, 0), 0); /* the guard of the member */
    assert_int_equal(forward(t, &icmp, 0), 0);
    icmp.in_proto = 47;
    assert_int_equal(forward(t, &icmp, 0), 0);
    icgw_tables_free(t);
    icgw_classifier_free(c);
}

static void test_limits(void **state)
{
    static struct icgw_rule rules[ICGW_MAX_RULES + 1];
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L2, false, 2, 0, 0);
    struct icgw_classifier *c;
    struct icgw_dest member = to_member(0);
    struct icgw_dest dest = {.verdict = ICGW_VERDICT_CLASSIFY, .members = &member, .n_members = 1};
    struct icgw_dest outer = {.n_members = 1, .members = &dest};

    (void)state;
    assert_null(icgw_classifier_create(rules, 0));
    assert_null(icgw_classifier_create(rules, ICGW_MAX_RULES + 1));
    c = icgw_classifier_create(rules, ICGW_MAX_RULES);
    assert_non_null(c);
    dest.classifier = outer.classifier = c;
    assert_true(icgw_endpoint_add_l2(ep, mac, RTE_BE16(0x0800), &dest));
    /* Not one in another. */
    outer.verdict = ICGW_VERDICT_CLASSIFY;
    assert_false(icgw_endpoint_add_l2(ep, mac, RTE_BE16(0x0800), &outer));
    outer.verdict = ICGW_VERDICT_SELECT;
    outer.sources = NULL;
    assert_false(icgw_endpoint_add_l2(ep, mac, RTE_BE16(0x0800), &outer));
    dest.n_members = 0;
    assert_false(icgw_endpoint_add_l2(ep, mac, RTE_BE16(0x0800), &dest));
    icgw_classifier_free(c);
    icgw_endpoint_unref(ep);
}

static int set_up(void **state)
{
    if (start_eal(state) != 0) {
        return -1;
    }
    memo = icgw_memo_create(SOCKET_ID_ANY);
    return memo == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    icgw_memo_free(memo);
    return stop_eal(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),    cmocka_unit_test(test_icmp),
        cmocka_unit_test(test_fragments), cmocka_unit_test(test_segments),
        cmocka_unit_test(test_order),     cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
