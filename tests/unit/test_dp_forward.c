/* SPDX-License-Identifier: Apache-2.0 */
/* icgw_forward(): what it decides.  What it writes is in test_dp_rewrite.c. */
#include "test_dp_frame.h"

#include <stdlib.h>

#include "memo.h"

#define ROUTER_VNI 2
#define TRANSIT_VNI 0xff0002
#define TUNNEL_GOOD 0
#define TUNNEL_MISSING 1
#define TUNNEL_UNRESOLVED 2
#define N_TUNNELS 3
#define PORT 5

static struct icgw_memo *memo; /* NULL: what was decided before is not remembered */

static const uint8_t mac_router[6] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 2};
static const uint8_t mac_other[6] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 3};

/* From a hypervisor of this zone to (ROUTER_VNI, 3). */
static struct frame a_frame(bool in_v6)
{
    struct frame f = {
        .src = addr4(192, 0, 2, 11),
        .dst = addr4(192, 0, 2, 21),
        .sport = 53545,
        .dport = 6081,
        .csum = CSUM_GOOD,
        .vni = ROUTER_VNI,
        .inport = 1,
        .outport = 3,
        .in_eth_dst = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 2},
        .in_eth_src = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 1},
        .in_v6 = in_v6,
        .in_src = {10, 1, 0, 10},
        .in_dst = {10, 2, 0, 10},
        .in_ttl = 63,
        .in_payload = 26,
    };

    return f;
}

static struct frame from_remote(struct frame f)
{
    f.src = addr4(192, 0, 2, 31);
    return f;
}

static struct icgw_dest a_dest(void)
{
    return (struct icgw_dest){
        .verdict = ICGW_VERDICT_FORWARD,
        .tunnel = TUNNEL_GOOD,
        .vni = TRANSIT_VNI,
        .inport = 1,
        .outport = 2,
    };
}

static struct icgw_tables *empty_tables(void)
{
    const struct icgw_addr locals[] = {addr4(192, 0, 2, 21)};
    const struct icgw_addr hv = addr4(192, 0, 2, 11), gw = addr4(192, 0, 2, 31),
                           peer = addr4(192, 0, 2, 22);
    struct icgw_tables *t = icgw_tables_create(1, 1, N_TUNNELS, locals, 1);
    struct icgw_tunnel tunnel;

    assert_non_null(t);
    assert_true(icgw_tables_add_source(t, &hv, ICGW_ZONE_LOCAL));
    assert_true(icgw_tables_add_source(t, &gw, ICGW_ZONE_REMOTE));
    icgw_tunnel_init(&tunnel, &locals[0], &peer, 6081, true);
    assert_true(icgw_tables_set_tunnel(t, TUNNEL_UNRESOLVED, &tunnel));
    icgw_tunnel_set_next_hop(&tunnel, PORT, mac_other, mac_router, 0, 1500);
    assert_true(icgw_tables_set_tunnel(t, TUNNEL_GOOD, &tunnel));
    return t;
}

static void add(struct icgw_tables *t, uint32_t vni, uint16_t outport, struct icgw_endpoint *ep)
{
    assert_true(icgw_tables_add_endpoint(t, vni, outport, ep));
    icgw_endpoint_unref(ep);
}

/* Tables in which frames of a_frame() find *dest. */
static struct icgw_tables *tables_with(const struct icgw_dest *dest)
{
    struct icgw_tables *t = empty_tables();
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L2, false, 2, 0, 0);

    assert_non_null(ep);
    assert_true(icgw_endpoint_add_l2(ep, mac_router, RTE_BE16(0x0800), dest));
    assert_true(icgw_endpoint_add_l2(ep, mac_router, RTE_BE16(0x86dd), dest));
    add(t, ROUTER_VNI, 3, ep);
    return t;
}

static struct icgw_tables *tables_l3(void)
{
    struct icgw_tables *t = empty_tables();
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L3, true, 0, 4, 4);

    assert_non_null(ep);
    memcpy(ep->router_mac, mac_router, sizeof mac_router);
    add(t, TRANSIT_VNI, 2, ep);
    return t;
}

static struct icgw_endpoint *l3_endpoint(const struct icgw_tables *t)
{
    uint32_t vni = TRANSIT_VNI;

    return (struct icgw_endpoint *)(uintptr_t)icgw_tables_endpoint(t, vni, 2);
}

/* Forwards one frame and checks the outcome; returns the outport that it left
 * with.  A frame that does not leave stays as it was. */
static unsigned int expect(const char *what, const struct icgw_tables *t, const struct frame *f,
                           enum icgw_action action, unsigned int reason)
{
    uint8_t buf[FRAME_MAX];
    struct layout at = build(f, buf);
    struct rte_mbuf *m = to_mbuf(buf, at.end + f->pad, 0);
    struct icgw_result r = {.action = 15};
    unsigned int outport = 0;

    icgw_forward(t, memo, &m, 1, &r);
    check_outcome(what, action, reason, r.action, r.reason);
    if (r.action == ICGW_ACTION_TX) {
        assert_int_equal(r.port, PORT);
        outport = get16(rte_pktmbuf_mtod_offset(m, uint8_t *, 14 + 20 + 8 + 14));
    } else {
        check_frame(what, m, buf, at.end + f->pad);
    }
    rte_pktmbuf_free(m);
    return outport;
}

/* The same with tables of one destination. */
static void expect_dest(const char *what, const struct icgw_dest *dest, const struct frame *f,
                        enum icgw_action action, unsigned int reason)
{
    struct icgw_tables *t = tables_with(dest);

    expect(what, t, f, action, reason);
    icgw_tables_free(t);
}

static void test_host_and_damaged(void **state)
{
    struct icgw_dest dest = a_dest();
    struct frame f = a_frame(false);

    (void)state;
    f.dport = 53;
    expect_dest("DNS", &dest, &f, ICGW_ACTION_HOST, 0);
    f = a_frame(false);
    f.no_option = true;
    expect_dest("no option", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_GENEVE_OPTIONS);
}

static void test_sources(void **state)
{
    struct icgw_dest dest = a_dest();
    struct frame f = a_frame(false);

    (void)state;
    expect_dest("hypervisor", &dest, &f, ICGW_ACTION_TX, 0);
    f.src = addr4(192, 0, 2, 12);
    expect_dest("stranger", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_SOURCE);
    f.no_option = true;
    f.vni = 0;
    expect_dest("stranger's BFD", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_SOURCE);
    f.src = addr4(192, 0, 2, 11);
    expect_dest("BFD", &dest, &f, ICGW_ACTION_BFD, 0);
    f.src = addr4(192, 0, 2, 31);
    expect_dest("another zone's BFD", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_BFD);
}

/* Not for other zones, whether or not the VNI has others that are. */
static void add_closed(struct icgw_tables *t, uint32_t vni, uint16_t outport)
{
    add(t, vni, outport, icgw_endpoint_create(ICGW_ENDPOINT_SLOW, false, 0, 0, 0));
}

static void test_zones(void **state)
{
    struct icgw_dest dest = a_dest();
    struct icgw_tables *t = tables_with(&dest);
    struct icgw_endpoint *transit = icgw_endpoint_create(ICGW_ENDPOINT_SLOW, true, 0, 0, 0);
    struct frame f = from_remote(a_frame(false));

    (void)state;
    transit->reason = ICGW_SLOW_NEIGHBOUR;
    add_closed(t, TRANSIT_VNI, 4);
    add(t, TRANSIT_VNI, 2, transit);
    add_closed(t, TRANSIT_VNI, 5);

    expect("remote, local port", t, &f, ICGW_ACTION_DROP, ICGW_DROP_ZONE_VIOLATION);
    f.outport = 9;
    expect("remote, local VNI", t, &f, ICGW_ACTION_DROP, ICGW_DROP_ZONE_VIOLATION);
    f.outport = 0x8000;
    expect("remote, local group", t, &f, ICGW_ACTION_DROP, ICGW_DROP_ZONE_VIOLATION);
    f.vni = TRANSIT_VNI;
    expect("remote, transit group", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_MULTICAST);
    f.outport = 9;
    expect("remote, transit VNI", t, &f, ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_PORT);
    f.outport = 2;
    expect("remote, transit port", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_NEIGHBOUR);
    for (f.outport = 4; f.outport < 6; f.outport++) {
        expect("remote, local port", t, &f, ICGW_ACTION_DROP, ICGW_DROP_ZONE_VIOLATION);
    }
    f.vni = 77;
    expect("remote, no VNI", t, &f, ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_VNI);
    icgw_tables_free(t);
}

static void test_back_by_its_port(void **state)
{
    struct icgw_dest dest = a_dest();
    struct icgw_tables *t = tables_with(&dest);
    struct frame f = a_frame(false);

    (void)state;
    ((struct icgw_endpoint *)(uintptr_t)icgw_tables_endpoint(t, ROUTER_VNI, 3))->port_key = 7;
    expect("by another port", t, &f, ICGW_ACTION_TX, 0);
    f.inport = 7;
    expect("back by its port", t, &f, ICGW_ACTION_DROP, ICGW_DROP_LOGICAL_DROP);
    icgw_tables_free(t);
}

/* What a hypervisor may send is remembered for hypervisors only. */
static void test_memo_zones(void **state)
{
    struct icgw_dest dest = a_dest();
    struct icgw_tables *t = tables_with(&dest);
    const struct frame f = a_frame(false), remote = from_remote(f);

    (void)state;
    memo = icgw_memo_create(SOCKET_ID_ANY);
    assert_non_null(memo);
    expect("learned", t, &f, ICGW_ACTION_TX, 0);
    assert_int_equal(memo->n, 2);
    for (unsigned int i = 0; i < 2; i++) {
        memo->rest = 0;
        expect("remote", t, &remote, ICGW_ACTION_DROP, ICGW_DROP_ZONE_VIOLATION);
        memo->rest = 0;
        expect("local", t, &f, ICGW_ACTION_TX, 0);
    }
    icgw_memo_free(memo);
    memo = NULL;
    icgw_tables_free(t);
}

/* Who was admitted is asked again when tables are others. */
static void test_memo_senders(void **state)
{
    const struct icgw_addr gone = addr4(192, 0, 2, 12);
    struct icgw_dest dest = a_dest();
    struct icgw_tables *before = tables_with(&dest), *now = tables_with(&dest);
    struct frame f = a_frame(false), from_gone = f;

    (void)state;
    from_gone.src = gone;
    assert_true(icgw_tables_add_source(before, &gone, ICGW_ZONE_LOCAL));
    memo = icgw_memo_create(SOCKET_ID_ANY);
    assert_non_null(memo);
    for (unsigned int i = 0; i < 2; i++) { /* learned, then remembered */
        memo->rest = 0;
        expect("while it is known", before, &from_gone, ICGW_ACTION_TX, 0);
    }
    expect("another one", now, &f, ICGW_ACTION_TX, 0);
    memo->rest = 0;
    expect("when it is gone", now, &from_gone, ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_SOURCE);
    icgw_memo_free(memo);
    memo = NULL;
    icgw_tables_free(before);
    icgw_tables_free(now);
}

static void test_no_endpoint(void **state)
{
    struct icgw_dest dest = a_dest();
    struct frame f = a_frame(false);

    (void)state;
    f.outport = 4;
    expect_dest("unknown port", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_PORT);
    f.outport = 0x7fff;
    expect_dest("highest port", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_PORT);
    f.outport = 0x8000;
    expect_dest("lowest group", &dest, &f, ICGW_ACTION_SLOW, ICGW_SLOW_MULTICAST);
    f.outport = 4;
    f.in_proto = 1; /* ICMP, type 3 */
    f.in_l4[0] = 3;
    expect_dest("error from a port elsewhere", &dest, &f, ICGW_ACTION_SLOW, ICGW_SLOW_ICMP_ERROR);
    f.vni = 3;
    expect_dest("unknown VNI", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_VNI);
}

static void test_endpoint_kinds(void **state)
{
    static const enum icgw_drop drops[] = {ICGW_DROP_NOT_RESIDENT, ICGW_DROP_LOGICAL_DROP,
                                           ICGW_DROP_UNBOUND_PORT, ICGW_DROP_UNSUPPORTED};
    struct frame f = a_frame(false);

    (void)state;
    for (unsigned int i = 0; i < RTE_DIM(drops); i++) {
        struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_DROP, false, 0, 0, 0);
        struct icgw_tables *t = empty_tables();

        ep->reason = drops[i];
        add(t, ROUTER_VNI, 3, ep);
        expect("endpoint that drops", t, &f, ICGW_ACTION_DROP, drops[i]);
        icgw_tables_free(t);
    }
}

static void test_l2_miss(void **state)
{
    struct icgw_tables *t = empty_tables();
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L2, false, 0, 0, 0);
    struct frame f;

    (void)state;
    add(t, ROUTER_VNI, 3, ep);
    f = a_frame(false);
    expect("no table", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_UNKNOWN_DESTINATION);
    icgw_tables_free(t);

    struct icgw_dest dest = a_dest();

    t = tables_with(&dest);
    f.in_eth_dst[5] = 9;
    expect("unknown MAC", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_UNKNOWN_DESTINATION);
    f.in_eth_dst[0] = 0xab;
    expect("group MAC", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_MULTICAST);
    f.in_eth_type = 0x0806;
    expect("group ARP", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_ARP);
    f.in_eth_type = 0x88cc;
    expect("group LLDP", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_MULTICAST);
    f = a_frame(false);
    f.in_eth_type = 0x0806;
    expect("unicast ARP", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_ARP);
    f.in_eth_type = 0x8100;
    expect("tagged", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_NOT_IP);
    f = a_frame(true);
    f.in_eth_dst[0] = 0x33;
    f.in_proto = 58;
    f.in_l4[0] = 135;
    expect("neighbour solicitation", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_ND);
    icgw_tables_free(t);
}

static void test_l3_miss(void **state)
{
    struct icgw_tables *t = tables_l3();
    struct frame f = from_remote(a_frame(false));
    struct icgw_dest dest = a_dest();

    (void)state;
    f.vni = TRANSIT_VNI;
    f.outport = 2;
    expect("no route", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_UNKNOWN_DESTINATION);
    assert_true(icgw_endpoint_add_v4(l3_endpoint(t), 0, 0, &dest));
    assert_true(icgw_endpoint_add_v6(l3_endpoint(t), (uint8_t[16]){0}, 0, &dest));
    expect("default route", t, &f, ICGW_ACTION_TX, 0);
    f.in_v6 = true;
    expect("default route 6", t, &f, ICGW_ACTION_TX, 0);
    f.in_eth_dst[5] = 9;
    expect("not the router's MAC", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_UNKNOWN_DESTINATION);
    f.in_eth_dst[0] = 0xff;
    expect("group MAC", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_MULTICAST);
    f.in_eth_type = 0x0806;
    expect("group ARP", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_ARP);
    memcpy(f.in_eth_dst, mac_router, 6);
    expect("unicast ARP", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_ARP);
    f.in_eth_type = 0x88cc;
    expect("not IP", t, &f, ICGW_ACTION_SLOW, ICGW_SLOW_NOT_IP);
    icgw_tables_free(t);
}

/* The chosen route shows in the outport. */
static void test_longest_prefix(void **state)
{
    static const struct {
        uint8_t dst[4];
        unsigned int outport;
    } cases[] = {
        {{10, 2, 0, 10}, 32},
        {{10, 2, 0, 11}, 24},
        {{10, 2, 1, 10}, 8},
        {{11, 2, 0, 10}, 1},
    };
    static const uint8_t lens[] = {8, 32, 0, 24};
    struct icgw_tables *t = tables_l3();
    struct icgw_dest dest = a_dest();
    struct frame f = from_remote(a_frame(false));

    (void)state;
    for (unsigned int i = 0; i < RTE_DIM(lens); i++) {
        dest.outport = lens[i] == 0 ? 1 : lens[i];
        assert_true(icgw_endpoint_add_v4(l3_endpoint(t), ip4(10, 2, 0, 10), lens[i], &dest));
        dest.outport += 100;
        assert_true(icgw_endpoint_add_v6(l3_endpoint(t), (uint8_t[]){10, 2, 0, 10, [15] = 0},
                                         lens[i], &dest));
    }
    f.vni = TRANSIT_VNI;
    f.outport = 2;
    for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
        memcpy(f.in_dst, cases[i].dst, 4);
        f.in_v6 = false;
        assert_int_equal(expect("v4 route", t, &f, ICGW_ACTION_TX, 0), cases[i].outport);
        f.in_v6 = true;
        assert_int_equal(expect("v6 route", t, &f, ICGW_ACTION_TX, 0), cases[i].outport + 100);
    }
    icgw_tables_free(t);
}

static void test_class_guards(void **state)
{
    static const struct {
        uint32_t class;
        bool v6;
        uint8_t proto, type;
        uint16_t frag;
        uint8_t ihl;
        bool group_source;
        enum icgw_slow reason;
    } cases[] = {
        {ICGW_CLASS_FRAGMENT, false, 17, 0, 0x2000, 5, false, ICGW_SLOW_FRAGMENT},
        {ICGW_CLASS_LATER_FRAGMENT, false, 17, 0, 0x0001, 5, false, ICGW_SLOW_FRAGMENT},
        {ICGW_CLASS_TOO_BIG_ERROR, false, 1, 3, 0, 5, false, ICGW_SLOW_ICMP_ERROR},
        {ICGW_CLASS_TOO_BIG_ERROR, true, 58, 2, 0, 5, false, ICGW_SLOW_ICMP_ERROR},
        {ICGW_CLASS_ECHO_REQUEST, false, 1, 8, 0, 5, false, ICGW_SLOW_ROUTER_ADDRESS},
        {ICGW_CLASS_ECHO_REQUEST, true, 58, 128, 0, 5, false, ICGW_SLOW_ROUTER_ADDRESS},
        {ICGW_CLASS_ND, true, 58, 136, 0, 5, false, ICGW_SLOW_ND},
        {ICGW_CLASS_MLD, true, 58, 143, 0, 5, false, ICGW_SLOW_ND},
        {ICGW_CLASS_IGMP, false, 2, 0, 0, 5, false, ICGW_SLOW_DESTINATION},
        {ICGW_CLASS_MULTICAST_SOURCE, false, 17, 0, 0, 5, true, ICGW_SLOW_DESTINATION},
        {ICGW_CLASS_IP_OPTIONS, false, 17, 0, 0, 6, false, ICGW_SLOW_DESTINATION},
    };

    (void)state;
    for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
        struct icgw_dest dest = a_dest();
        struct frame f = a_frame(cases[i].v6);

        f.in_proto = cases[i].proto;
        f.in_l4[0] = cases[i].type;
        f.in_frag = cases[i].frag;
        f.in_ihl = cases[i].ihl;
        f.in_eth_src[0] |= cases[i].group_source;
        expect_dest("no guard", &dest, &f, ICGW_ACTION_TX, 0);
        dest.guard = cases[i].class;
        expect_dest("guard", &dest, &f, ICGW_ACTION_SLOW, cases[i].reason);
        f = a_frame(cases[i].v6);
        expect_dest("guard, other packet", &dest, &f, ICGW_ACTION_TX, 0);
    }
}

static void test_ttl_and_length_guards(void **state)
{
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct icgw_dest dest = a_dest();
        struct frame f = a_frame(v6);

        dest.min_ttl = 2;
        f.in_ttl = 2;
        expect_dest("TTL 2", &dest, &f, ICGW_ACTION_TX, 0);
        f.in_ttl = 1;
        expect_dest("TTL 1", &dest, &f, ICGW_ACTION_SLOW, ICGW_SLOW_TTL);
        dest.min_ttl = 0;
        f.in_ttl = 0;
        expect_dest("any TTL", &dest, &f, ICGW_ACTION_TX, 0);
        dest.ttl_dec = 1;
        expect_dest("TTL would wrap", &dest, &f, ICGW_ACTION_SLOW, ICGW_SLOW_TTL);
        dest.ttl_dec = 0;
        dest.max_len = (v6 ? 40 : 20) + 26;
        expect_dest("as long as admitted", &dest, &f, ICGW_ACTION_TX, 0);
        f.in_payload++;
        expect_dest("a byte longer", &dest, &f, ICGW_ACTION_SLOW, ICGW_SLOW_TOO_LONG);
    }
}

static void test_source_guard(void **state)
{
    struct icgw_source_guard guard = {
        .n = 3,
        .prefix =
            {
                {addr4(10, 1, 0, 10), {{[0 ... 15] = 0xff}}},
                {addr4(127, 0, 0, 0), {{[0 ... 12] = 0xff}}},
                {addr6(0), {{[0 ... 5] = 0xff}}},
            },
    };
    struct icgw_dest dest = a_dest();
    struct frame f4 = a_frame(false), f6 = a_frame(true);
    struct icgw_addr a6 = addr6(77);

    (void)state;
    dest.sources = &guard;
    expect_dest("host", &dest, &f4, ICGW_ACTION_SLOW, ICGW_SLOW_SOURCE);
    f4.in_src[3]++;
    expect_dest("next host", &dest, &f4, ICGW_ACTION_TX, 0);
    f4.in_src[0] = 127;
    expect_dest("loopback", &dest, &f4, ICGW_ACTION_SLOW, ICGW_SLOW_SOURCE);
    f4.in_src[0] = 126;
    expect_dest("not loopback", &dest, &f4, ICGW_ACTION_TX, 0);
    expect_dest("IPv6 that begins with the same bytes", &dest, &f6, ICGW_ACTION_TX, 0);
    memcpy(f6.in_src, a6.bytes, 16);
    expect_dest("IPv6 prefix", &dest, &f6, ICGW_ACTION_SLOW, ICGW_SLOW_SOURCE);
    guard.prefix[0] = guard.prefix[2];
    guard.n = 1;
    expect_dest("the only IPv6 prefix", &dest, &f6, ICGW_ACTION_SLOW, ICGW_SLOW_SOURCE);
    guard.n = 0;
    f4 = a_frame(false);
    expect_dest("empty guard", &dest, &f4, ICGW_ACTION_TX, 0);
}

static void test_verdicts(void **state)
{
    struct icgw_dest dest = a_dest();
    struct frame f = a_frame(false);

    (void)state;
    dest.verdict = ICGW_VERDICT_SLOW;
    dest.reason = ICGW_SLOW_NEIGHBOUR;
    expect_dest("slow", &dest, &f, ICGW_ACTION_SLOW, ICGW_SLOW_NEIGHBOUR);
    dest.verdict = ICGW_VERDICT_DROP;
    dest.reason = ICGW_DROP_LOGICAL_DROP;
    expect_dest("drop", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_LOGICAL_DROP);
    dest.min_ttl = 64;
    expect_dest("guards come first", &dest, &f, ICGW_ACTION_SLOW, ICGW_SLOW_TTL);
}

static void test_tunnels(void **state)
{
    struct icgw_dest dest = a_dest();
    struct frame f = a_frame(false);

    (void)state;
    dest.tunnel = ICGW_NO_TUNNEL;
    expect_dest("none", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_NO_TUNNEL);
    dest.tunnel = N_TUNNELS;
    expect_dest("beyond the last", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_NO_TUNNEL);
    dest.tunnel = TUNNEL_MISSING;
    expect_dest("empty slot", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_NO_TUNNEL);
    dest.tunnel = TUNNEL_UNRESOLVED;
    expect_dest("unresolved", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_UNDERLAY_UNRESOLVED);
    dest.tunnel = TUNNEL_GOOD;
    f.in_payload = 1500 - 20 - 24 - 14 - 20;
    expect_dest("exactly the MTU", &dest, &f, ICGW_ACTION_TX, 0);
    f.in_payload++;
    expect_dest("a byte more", &dest, &f, ICGW_ACTION_SLOW, ICGW_SLOW_TOO_BIG);
}

#define MEMBERS 3
#define FLOWS 3000

/* Flows spread evenly; the packets of one flow, and all fragments of a packet,
 * take one way. */
static void test_select(void **state)
{
    struct icgw_dest members[MEMBERS], dest = a_dest();
    unsigned int count[MEMBERS] = {0};
    struct icgw_tables *t;
    struct frame f = a_frame(false);

    (void)state;
    for (unsigned int i = 0; i < MEMBERS; i++) {
        members[i] = a_dest();
        members[i].outport = 100 + i;
    }
    dest.verdict = ICGW_VERDICT_SELECT;
    dest.members = members;
    dest.n_members = MEMBERS;
    t = tables_with(&dest);
    for (unsigned int i = 0; i < FLOWS; i++) {
        unsigned int outport;

        put16(f.in_l4, 1024 + i);
        put16(f.in_l4 + 2, 443);
        outport = expect("select", t, &f, ICGW_ACTION_TX, 0);
        assert_in_range(outport, 100, 100 + MEMBERS - 1);
        count[outport - 100]++;
        assert_int_equal(expect("same flow", t, &f, ICGW_ACTION_TX, 0), outport);
    }
    for (unsigned int i = 0; i < MEMBERS; i++) {
        if (abs((int)count[i] - FLOWS / MEMBERS) > FLOWS / MEMBERS / 10) {
            fail_msg("member %u: expected about %u of %u flows, got %u", i, FLOWS / MEMBERS, FLOWS,
                     count[i]);
        }
    }
    f.in_frag = 0x2000;
    unsigned int first = expect("first fragment", t, &f, ICGW_ACTION_TX, 0);

    for (unsigned int i = 0; i < 20; i++) {
        f.in_frag = 0x2001;
        put16(f.in_l4, i * 1000);
        assert_int_equal(expect("later fragment", t, &f, ICGW_ACTION_TX, 0), first);
    }
    icgw_tables_free(t);
}

/* Whatever the outer headers are, a frame spreads by its inner flow. */
static void test_flow_hashes(void **state)
{
    uint32_t of_flow = 0;

    (void)state;
    for (unsigned int shape = 0; shape < 4; shape++) {
        struct frame f = a_frame(false);
        uint8_t buf[FRAME_MAX];
        uint32_t hash = 0;

        f.v6 = shape & 1;
        f.vlan = shape & 2 ? 5 : 0;
        f.sport = (uint16_t)(1000 * shape);
        if (f.v6) {
            f.src = addr6(1);
            f.dst = addr6(2);
        }
        struct layout at = build(&f, buf);
        struct rte_mbuf *m = to_mbuf(buf, at.end, 0);

        assert_int_equal(icgw_flow_hashes(&m, 1, &hash), 1);
        assert_int_equal(hash, icgw_flow_hash(buf + at.inner, at.end - at.inner));
        assert_true(shape == 0 || hash == of_flow);
        of_flow = hash;
        rte_pktmbuf_free(m);

        /* Any shorter frame is none, or has another hash; it is never read past. */
        for (uint16_t len = 0; len < at.inner; len++) {
            m = to_mbuf(buf, len, 0);
            assert_int_equal(icgw_flow_hashes(&m, 1, &hash), 0);
            rte_pktmbuf_free(m);
        }
        put16(buf + at.udp + 2, 4789);
        m = to_mbuf(buf, at.end, 0);
        assert_int_equal(icgw_flow_hashes(&m, 1, &hash), 0);
        rte_pktmbuf_free(m);
    }
}

static void test_select_guards(void **state)
{
    struct icgw_dest member = a_dest(), dest = a_dest();
    struct frame f = a_frame(false);

    (void)state;
    dest.verdict = ICGW_VERDICT_SELECT;
    dest.members = &member;
    dest.n_members = 1;
    expect_dest("one member", &dest, &f, ICGW_ACTION_TX, 0);
    member.min_ttl = 64;
    expect_dest("guard of the member", &dest, &f, ICGW_ACTION_SLOW, ICGW_SLOW_TTL);
    dest.max_len = 20;
    expect_dest("guard of all", &dest, &f, ICGW_ACTION_SLOW, ICGW_SLOW_TOO_LONG);
    dest.max_len = 0;
    member = a_dest();
    member.verdict = ICGW_VERDICT_DROP;
    member.reason = ICGW_DROP_UNBOUND_PORT;
    expect_dest("member that drops", &dest, &f, ICGW_ACTION_DROP, ICGW_DROP_UNBOUND_PORT);
}

/* A full burst of different fates: each packet gets its own. */
static void test_mixed_burst(void **state)
{
    struct icgw_dest dest = a_dest();
    struct icgw_tables *t = tables_with(&dest);
    struct rte_mbuf *pkts[ICGW_BURST];
    struct icgw_result r[ICGW_BURST];
    uint8_t buf[FRAME_MAX];

    (void)state;
    for (unsigned int i = 0; i < ICGW_BURST; i++) {
        struct frame f = a_frame(i & 1);
        struct layout at;

        switch (i % 5) {
        case 0:
            f.dport = 53;
            break;
        case 1:
            f.src = addr4(9, 9, 9, 9);
            break;
        case 2:
            f.vni = 99;
            break;
        case 3:
            f.in_eth_dst[5] = 99;
            break;
        }
        at = build(&f, buf);
        pkts[i] = to_mbuf(buf, at.end, 0);
    }
    icgw_forward(t, NULL, pkts, ICGW_BURST, r);
    for (unsigned int i = 0; i < ICGW_BURST; i++) {
        static const struct icgw_result want[] = {
            {.action = ICGW_ACTION_HOST},
            {.action = ICGW_ACTION_DROP, .reason = ICGW_DROP_UNKNOWN_SOURCE},
            {.action = ICGW_ACTION_DROP, .reason = ICGW_DROP_UNKNOWN_VNI},
            {.action = ICGW_ACTION_SLOW, .reason = ICGW_SLOW_UNKNOWN_DESTINATION},
            {.action = ICGW_ACTION_TX, .port = PORT},
        };
        char what[16];

        snprintf(what, sizeof what, "packet %u", i);
        check_outcome(what, want[i % 5].action, want[i % 5].reason, r[i].action, r[i].reason);
        assert_int_equal(r[i].port, want[i % 5].port);
        rte_pktmbuf_free(pkts[i]);
    }
    icgw_forward(t, NULL, pkts, 0, r);
    icgw_tables_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_and_damaged),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_memo_zones),
        cmocka_unit_test(test_memo_senders),
        cmocka_unit_test(test_back_by_its_port),
        cmocka_unit_test(test_no_endpoint),
        cmocka_unit_test(test_endpoint_kinds),
        cmocka_unit_test(test_l2_miss),
        cmocka_unit_test(test_l3_miss),
        cmocka_unit_test(test_longest_prefix),
        cmocka_unit_test(test_class_guards),
        cmocka_unit_test(test_ttl_and_length_guards),
        cmocka_unit_test(test_source_guard),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_tunnels),
        cmocka_unit_test(test_select),
        cmocka_unit_test(test_flow_hashes),
        cmocka_unit_test(test_select_guards),
        cmocka_unit_test(test_mixed_burst),
    };

    return cmocka_run_group_tests_name("dp_forward", tests, start_eal, stop_eal);
}
