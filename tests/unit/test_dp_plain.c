/* SPDX-License-Identifier: Apache-2.0 */
/* The short way of plain packets and the memory of destinations against the general
 * code, which is the reference: on frames like those of a gateway and on frames with bits turned
 * over, alone and in bursts whose trains are long and short. */
#include "test_dp_frame.h"

#include <stdlib.h>

#include "forward_plain.h"
#include "memo.h"

#define ROUNDS 20000
#define N_LOCALS 2
#define N_DESTS 4
#define ROUTED_VNI 4
#define MANY_DESTS UINT32_MAX /* as if destinations were worth fetching ahead */

static struct icgw_tables *tables;

static uint32_t rnd(uint32_t n)
{
    return (uint32_t)random() % n;
}

static struct icgw_addr local(uint8_t i)
{
    return addr4(192, 0, 2, 21 + i);
}

static void add_tunnels(void)
{
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};

    for (uint8_t i = 0; i < N_DESTS; i++) {
        const struct icgw_addr from = i == 3 ? addr6(21) : local(0);
        const struct icgw_addr to = i == 3 ? addr6(99) : addr4(192, 0, 2, 90 + i);
        struct icgw_tunnel t;

        icgw_tunnel_init(&t, &from, &to, 6081, i & 1);
        icgw_tunnel_set_next_hop(&t, i, mac, mac, i == 2 ? 7 : 0, i == 0 ? 150 : 1500);
        assert_true(icgw_tables_set_tunnel(tables, i, &t));
    }
}

/* Classes that the memory does not know, only whether a packet may be in one. */
#define GUARDED                                                                                    \
    (ICGW_CLASS_MULTICAST_SOURCE | ICGW_CLASS_TOO_BIG_ERROR | ICGW_CLASS_ECHO_REQUEST |            \
     ICGW_CLASS_ND | ICGW_CLASS_MLD | ICGW_CLASS_IGMP)

static struct icgw_dest a_dest(uint8_t i, bool routed, const struct icgw_source_guard *sources)
{
    /* Below the MTU of one tunnel, above the one of another. */
    static const uint16_t max_len[2][N_DESTS] = {{0, 60}, {1000, 60}};
    bool hop = routed || i == 1; /* the TTL may change where addresses stay */

    return (struct icgw_dest){
        .verdict = ICGW_VERDICT_FORWARD,
        .tunnel = i,
        .vni = 0x10200 + i,
        .inport = i,
        .outport = 0x7f00 + i,
        .min_ttl = hop ? 2 + i : 0,
        .ttl_dec = hop ? 1 + i : 0,
        .max_len = max_len[routed][i],
        .guard = i == 0 ? GUARDED : 0,
        .rewrite_eth = routed,
        .eth_dst = {0, 0, 0, 2, 0, i},
        .eth_src = {0, 0, 0, 2, 1, i},
        .account = 100 + i,
        .sources = i == 3 ? NULL : sources,
    };
}

/* Packets of which one goes this way and the next one that: to be remembered by nobody. */
static struct icgw_dest classified(struct icgw_dest members[N_DESTS])
{
    const struct icgw_rule rules[] = {
        {.value = {.proto = 17, .src = {[3] = 1}}, .mask = {.proto = 0xff, .src = {[3] = 1}}},
        {.value.l4 = {8}, .mask.l4 = {0xff}, .member = 1},
        {.value.eth_src = {[3] = 3}, .mask.eth_src = {[3] = 0xff}, .member = 2},
        {.member = 3},
    };

    return (struct icgw_dest){
        .verdict = ICGW_VERDICT_CLASSIFY,
        .n_members = N_DESTS,
        .members = members,
        .classifier = icgw_classifier_create(rules, RTE_DIM(rules)),
    };
}

static void add_classified(struct icgw_endpoint *l2, struct icgw_endpoint *l3,
                           const struct icgw_source_guard *sources)
{
    const uint8_t mac[6] = {0xaa, 0, 0, 0, 0, N_DESTS};

    for (unsigned int routed = 0; routed < 2; routed++) {
        struct icgw_dest members[N_DESTS];

        for (uint8_t i = 0; i < N_DESTS; i++) {
            members[i] = a_dest(i, routed, sources);
        }
        struct icgw_dest dest = classified(members);

        assert_non_null(dest.classifier);
        if (routed) {
            assert_true(icgw_endpoint_add_v4(l3, ip4(10, 2, 0, N_DESTS), 32, &dest));
            assert_true(icgw_endpoint_add_v6(l3, (uint8_t[16]){10, 2, 0, N_DESTS}, 32, &dest));
        } else {
            assert_true(icgw_endpoint_add_l2(l2, mac, RTE_BE16(0x0800), &dest));
            assert_true(icgw_endpoint_add_l2(l2, mac, RTE_BE16(0x86dd), &dest));
        }
        icgw_classifier_free((struct icgw_classifier *)(uintptr_t)dest.classifier);
    }
}

static void add_endpoints(void)
{
    static const struct icgw_source_guard sources = {
        .n = 6,
        .prefix = {{{.bytes = {[10] = 0xff, 0xff, 10, 9}}, {.bytes = {[0 ... 13] = 0xff}}},
                   {{.bytes = {0xfd, 9}}, {.bytes = {0xff, 0xff}}},
                   {{.bytes = {[10] = 0xff, 0xff, 10, 1, 0, 1}}, {.bytes = {[0 ... 15] = 0xff}}},
                   {{.bytes = {[10] = 0xff, 0xff, 10, 1, 0, 2}}, {.bytes = {[0 ... 15] = 0xff}}},
                   {{.bytes = {[10] = 0xff, 0xff, 10, 1, 0, 3}}, {.bytes = {[0 ... 15] = 0xff}}},
                   {{.bytes = {[10] = 0xff, 0xff, 10, 1, 0, 4}}, {.bytes = {[0 ... 15] = 0xff}}}},
    };

    for (uint16_t vni = 2; vni < 4; vni++) {
        struct icgw_endpoint *l2 = icgw_endpoint_create(ICGW_ENDPOINT_L2, false, 2, 0, 0);
        struct icgw_endpoint *l3 = icgw_endpoint_create(ICGW_ENDPOINT_L3, true, 0, 2, 2);

        l2->port_key = vni == 2 ? 3 : ICGW_NO_PORT;
        l3->port_key = 2;
        l3->account = 200 + vni;
        memcpy(l3->router_mac, (uint8_t[6]){0xaa, 0, 0, 0, 0, 0}, 6);
        for (uint8_t i = 0; i < N_DESTS; i++) {
            struct icgw_dest bridged = a_dest(i, false, &sources);
            struct icgw_dest routed = a_dest(i, true, &sources);
            const uint8_t mac[6] = {0xaa, 0, 0, 0, 0, i};

            assert_true(icgw_endpoint_add_l2(l2, mac, RTE_BE16(0x0800), &bridged));
            assert_true(icgw_endpoint_add_l2(l2, mac, RTE_BE16(0x86dd), &bridged));
            assert_true(icgw_endpoint_add_v4(l3, ip4(10, 2, 0, i), 32, &routed));
            assert_true(icgw_endpoint_add_v6(l3, (uint8_t[16]){10, 2, 0, i}, 32, &routed));
        }
        add_classified(l2, l3, &sources);
        assert_true(icgw_tables_add_endpoint(tables, vni, 3, l2));
        assert_true(icgw_tables_add_endpoint(tables, 0xff0000 + vni, 3, l3));
        /* Routed, but not where the memory's hash expects it. */
        assert_true(icgw_tables_add_endpoint(tables, ROUTED_VNI, 3, l3));
        icgw_endpoint_unref(l2);
        icgw_endpoint_unref(l3);
    }
}

static int set_up(void **state)
{
    const struct icgw_addr locals[N_LOCALS] = {local(0), local(1)};

    if (start_eal(state) != 0) {
        return -1;
    }
    tables = icgw_tables_create(4, 4, N_DESTS, locals, N_LOCALS);
    assert_non_null(tables);
    for (uint8_t i = 0; i < 4; i++) {
        const struct icgw_addr hv = addr4(192, 0, 2, 11 + i);

        assert_true(icgw_tables_add_source(tables, &hv, i & 1));
    }
    add_tunnels();
    add_endpoints();
    return 0;
}

static int tear_down(void **state)
{
    icgw_tables_free(tables);
    return stop_eal(state);
}

/* Now and then one that is in a class by its protocol, or would be by the first byte
 * of what follows. */
static uint8_t any_proto(void)
{
    static const uint8_t with_classes[] = {1, 2, 58, 0};

    return rnd(10) != 0 ? (rnd(2) ? 6 : 17) : rnd(2) ? with_classes[rnd(4)] : rnd(256);
}

static uint8_t any_icmp_type(void)
{
    static const uint8_t types[] = {0, 2, 3, 8, 128, 130, 135, 143};

    return types[rnd(RTE_DIM(types))];
}

static struct icgw_addr any_stranger(void)
{
    return rnd(2) ? addr4(192, 0, 2, 99) : addr4(0, 0, 0, 0);
}

/* Of a destination: mostly of one that can be remembered. */
static uint8_t any_number(void)
{
    return rnd(16) == 0 ? N_DESTS : rnd(N_DESTS);
}

/* Mostly what is forwarded; every choice has its own share of the rest. */
static struct frame any_frame(void)
{
    bool transit = rnd(2), from_far = rnd(20) == 0 ? !transit : transit;
    struct frame f = {
        .src = rnd(20) == 0 ? any_stranger() : addr4(192, 0, 2, 11 + 2 * rnd(2) + from_far),
        .dst = local(rnd(10) == 0),
        .tos = rnd(4),
        .ihl = rnd(20) == 0 ? 6 : 0,
        .vlan = rnd(20) == 0 ? 5 : 0,
        .sport = rnd(65536),
        .dport = 6081,
        .csum = rnd(3),
        .vni = transit && rnd(4) == 0 ? ROUTED_VNI : (transit ? 0xff0000 : 0) + 2 + rnd(2),
        .inport = 1 + (rnd(20) == 0) * rnd(3),
        .outport = 3,
        .pad = rnd(20) == 0 ? 4 : 0,
        .in_eth_dst = {0xaa, 0, 0, 0, 0, transit ? 0 : any_number()},
        .in_eth_src = {rnd(10) == 0, 1, 2, 3, 4, 5},
        .in_v6 = rnd(4) == 0,
        .in_src = {10, 1, 0, rnd(8)},
        .in_dst = {10, 2, 0, any_number()},
        .in_ttl = rnd(10) == 0 ? rnd(3 + N_DESTS) : 64,
        .in_proto = any_proto(),
        .in_payload = rnd(60),
        .in_l4 = {any_icmp_type()},
    };

    f.in_eth_src[1 + rnd(5)] += rnd(4) == 0;

    f.in_hopopts = f.in_proto == 0;
    return f;
}

/* Turns bits of the headers over, and makes the checksum right again at times:
 * else nothing behind it would be looked at. */
static void damage(uint8_t *buf)
{
    for (unsigned int n = rnd(3); n > 0; n--) {
        buf[rnd(120)] ^= (uint8_t)(1u << rnd(8));
    }
    if (rnd(4) != 0) {
        put_ip4_cksum(buf + 14, 5);
    }
}

static struct rte_mbuf *any_mbuf(bool damaged)
{
    struct frame f = any_frame();
    uint8_t buf[FRAME_MAX];
    struct layout at = build(&f, buf);
    uint16_t len = at.end + f.pad;
    struct rte_mbuf *m;

    if (damaged) {
        damage(buf);
        len = rnd(10) == 0 ? 14 + rnd(len) : len;
    }
    m = to_mbuf(buf, len, rnd(20) == 0 ? 60 + rnd(60) : 0);
    m->ol_flags |= rnd(4) == 0 ? RTE_MBUF_F_RX_IP_CKSUM_GOOD : 0;
    return m;
}

static void check_parsed(const struct rte_mbuf *m)
{
    struct icgw_packet plain, want;
    enum icgw_drop reason;

    if (!icgw_parse_plain(m, tables, &plain)) {
        return;
    }
    assert_int_equal(icgw_parse(m, tables, &want, &reason), ICGW_ACTION_TX);
    assert_int_equal(plain.outer_l2_len, want.outer_l2_len);
    assert_int_equal(plain.outer_v6, want.outer_v6);
    assert_int_equal(plain.outer_len, want.outer_len);
    assert_int_equal(plain.inner_l3_off, want.inner_l3_off);
    assert_int_equal(plain.ttl, want.ttl);
    assert_int_equal(plain.has_option, want.has_option);
    assert_int_equal(plain.inner_len, want.inner_len);
    assert_int_equal(plain.inner_ip_len, want.inner_ip_len);
    assert_int_equal(plain.inport, want.inport);
    assert_int_equal(plain.outport, want.outport);
    assert_int_equal(plain.eth_type, want.eth_type);
    assert_int_equal(plain.vni, want.vni);
    assert_int_equal(plain.class, want.class);
}

static void test_parse(void **state)
{
    unsigned int n = 0;

    (void)state;
    for (unsigned int i = 0; i < ROUNDS * 5; i++) {
        struct rte_mbuf *m = any_mbuf(i & 1);
        struct icgw_packet p;

        check_parsed(m);
        n += icgw_parse_plain(m, tables, &p);
        rte_pktmbuf_free(m);
    }
    /* The test has tested something. */
    assert_in_range(n, ROUNDS, ROUNDS * 5);
}

/* Against the sum by RFC 1071, word by word: right ones, and wrong ones by a little. */
static void test_header_checksum(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < ROUNDS; i++) {
        uint8_t ip[ICGW_IPV4_LEN];

        for (unsigned int k = 0; k < sizeof ip; k++) {
            ip[k] = rnd(2) ? 0xff : (uint8_t)rnd(256); /* many carries */
        }
        ip[0] = 0x45;
        icgw_store16(ip + 10, 0);
        icgw_store16(ip + 10, (uint16_t)(~icgw_fold(icgw_sum(ip, sizeof ip)) + rnd(5) - 2));
        assert_int_equal(icgw_plain_cksum_good(ip), icgw_fold(icgw_sum(ip, sizeof ip)) == 0xffff);
    }
}

static void check_same(const struct rte_mbuf *a, const struct rte_mbuf *b,
                       const struct icgw_result *got, const struct icgw_result *want)
{
    check_outcome("short way", want->action, want->reason, got->action, got->reason);
    assert_int_equal(got->port, want->port);
    assert_memory_equal(got->accounts, want->accounts, sizeof want->accounts);
    assert_int_equal(a->pkt_len, b->pkt_len);
    assert_int_equal(a->ol_flags, b->ol_flags);
    for (; a != NULL && b != NULL; a = a->next, b = b->next) {
        assert_int_equal(a->data_len, b->data_len);
        assert_memory_equal(rte_pktmbuf_mtod(a, void *), rte_pktmbuf_mtod(b, void *), a->data_len);
    }
    assert_ptr_equal(a, b);
}

/* Segment by segment, which rte_pktmbuf_copy() does not. */
static struct rte_mbuf *copy(const struct rte_mbuf *m)
{
    uint8_t bytes[FRAME_MAX];
    struct rte_mbuf *made;

    rte_pktmbuf_read(m, 0, m->pkt_len, bytes);
    if (m->nb_segs == 1) {
        memcpy(bytes, rte_pktmbuf_mtod(m, void *), m->pkt_len);
    }
    made = to_mbuf(bytes, (uint16_t)m->pkt_len, m->nb_segs == 1 ? 0 : m->data_len);
    made->ol_flags = m->ol_flags;
    return made;
}

/* A burst of trains of `length` packets, and the same through the stages. */
static unsigned int run_burst(struct icgw_memo *memo, unsigned int length, bool damaged, bool many)
{
    struct rte_mbuf *got[ICGW_BURST], *want[ICGW_BURST];
    struct icgw_result got_results[ICGW_BURST], want_results[ICGW_BURST];
    uint32_t n_dests = tables->n_dests;
    uint8_t all[ICGW_BURST];
    uint32_t before[ICGW_BURST];
    unsigned int n_sent = 0;
    bool other_lengths;

    for (unsigned int i = 0; i < ICGW_BURST; i++) {
        got[i] = i % length != 0 ? copy(got[i - 1]) : any_mbuf(damaged);
        want[i] = copy(got[i]);
        before[i] = got[i]->pkt_len;
        all[i] = (uint8_t)i;
    }
    tables->n_dests = many ? MANY_DESTS : n_dests;
    other_lengths = icgw_forward(tables, memo, got, ICGW_BURST, got_results);
    tables->n_dests = n_dests;
    icgw_forward_stages(tables, want, want_results, all, ICGW_BURST);
    for (unsigned int i = 0; i < ICGW_BURST; i++) {
        n_sent += got_results[i].action == ICGW_ACTION_TX;
        assert_true(other_lengths || got[i]->pkt_len == before[i]);
        check_same(got[i], want[i], &got_results[i], &want_results[i]);
        rte_pktmbuf_free(got[i]);
        rte_pktmbuf_free(want[i]);
    }
    return n_sent;
}

static void test_bursts(void **state)
{
    unsigned int n = 0;

    (void)state;
    for (unsigned int i = 0; i < ROUNDS / 4; i++) {
        n += run_burst(NULL, 1 + i % 12, i & 1, i & 2);
    }
    assert_in_range(n, ROUNDS / 4 * ICGW_BURST / 4, ROUNDS / 4 * ICGW_BURST);
}

/* Counts what was remembered. */
static icgw_memo_burst *counted;
static unsigned int n_remembered[2]; /* [1]: of inner IPv6 */

static uint16_t count_burst(const struct icgw_tables *t, struct icgw_memo *memo, bool v6,
                            struct rte_mbuf **pkts, uint16_t n, struct icgw_result *results,
                            uint8_t *missed)
{
    uint16_t n_missed = counted(t, memo, v6, pkts, n, results, missed);

    n_remembered[v6] += n - n_missed;
    return n_missed;
}

static void test_memo(void **state)
{
    icgw_memo_burst *bursts[] = {icgw_memo_burst_generic, icgw_memo_burst_choose()};

    (void)state;
    for (unsigned int k = 0; k < RTE_DIM(bursts); k++) {
        struct icgw_memo *memo = icgw_memo_create(SOCKET_ID_ANY);

        assert_non_null(memo);
        counted = bursts[k];
        memo->burst = count_burst;
        n_remembered[0] = n_remembered[1] = 0;
        for (unsigned int i = 0; i < ROUNDS / 4; i++) {
            run_burst(memo, 1 + i % 12, i & 1, false);
            memo->rest = 0;
        }
        assert_in_range(n_remembered[0], ROUNDS / 4 * ICGW_BURST / 20, ROUNDS / 4 * ICGW_BURST);
        assert_in_range(n_remembered[1], ROUNDS / 4 * ICGW_BURST / 64, ROUNDS / 4 * ICGW_BURST);
        icgw_memo_free(memo);
    }
}

/* Senders, destinations and tunnels that are gone are not remembered: every change
 * of the tables ends the memory of them. */
static void test_memo_follows(void **state)
{
    struct icgw_memo *memo = icgw_memo_create(SOCKET_ID_ANY);
    struct icgw_tables *clone = icgw_tables_clone(tables);
    uint64_t serial = tables->serial;

    (void)state;
    assert_non_null(memo);
    assert_non_null(clone);
    assert_int_not_equal(clone->serial, serial);
    for (unsigned int i = 0; i < 8; i++) {
        run_burst(memo, 1, false, false);
        memo->rest = 0;
    }
    assert_in_range(memo->n, 2, ICGW_MEMO_ENTRIES);
    icgw_memo_follow(memo, clone);
    assert_int_equal(memo->n, 1);
    icgw_tables_free(clone);
    add_tunnels();
    assert_int_not_equal(tables->serial, serial);
    icgw_memo_free(memo);
}

/* More destinations than it has room for: it starts again. */
static void test_memo_full(void **state)
{
    struct icgw_memo *memo = icgw_memo_create(SOCKET_ID_ANY);

    (void)state;
    assert_non_null(memo);
    icgw_memo_follow(memo, tables);
    memo->n = ICGW_MEMO_ENTRIES;
    for (unsigned int i = 0; i < 8; i++) {
        run_burst(memo, 1, false, false);
        memo->rest = 0;
    }
    assert_in_range(memo->n, 2, ICGW_MEMO_ENTRIES - 1);
    icgw_memo_free(memo);
}

static uint16_t n_missed(struct icgw_memo *memo, const uint8_t *data, uint16_t len)
{
    struct rte_mbuf *m = to_mbuf(data, len, 0);
    struct icgw_result result;
    uint8_t missed[1];
    uint16_t n = memo->burst(tables, memo, false, &m, 1, &result, missed);

    rte_pktmbuf_free(m);
    return n;
}

/* Where a look-up ends without having found an empty slot, nothing is remembered, and
 * what is further on is not found. */
static void test_memo_crowded(void **state)
{
    struct icgw_memo *memo = icgw_memo_create(SOCKET_ID_ANY);
    const struct icgw_endpoint *ep = icgw_tables_endpoint(tables, 0xff0002, 3);
    const struct icgw_tunnel *tunnel = tables->tunnels[2];
    struct icgw_dest dest = a_dest(2, true, NULL);
    struct frame f = {
        .src = addr4(192, 0, 2, 12),
        .dst = local(0),
        .dport = 6081,
        .vni = 0xff0002,
        .inport = 1,
        .outport = 3,
        .in_eth_dst = {0xaa},
        .in_src = {10, 1, 0, 7},
        .in_dst = {10, 2, 0, 1},
        .in_ttl = 64,
        .in_proto = 17,
        .in_payload = 20,
    };
    uint8_t one[FRAME_MAX], other[FRAME_MAX];
    uint16_t len = build(&f, one).end;
    uint16_t *slots = memo->slots[0];
    uint32_t hash = icgw_memo_hash(one);

    (void)state;
    f.in_dst[3] = 2;
    build(&f, other);
    icgw_memo_follow(memo, tables);
    icgw_memo_learn(memo, other, ep, &dest, tunnel);
    assert_int_equal(memo->n, 2);
    uint16_t in_the_way = slots[icgw_memo_hash(other) % ICGW_MEMO_SLOTS];
    for (uint32_t i = 0; i < ICGW_MEMO_STEPS; i++) {
        slots[(hash + i) % ICGW_MEMO_SLOTS] = in_the_way;
    }
    icgw_memo_learn(memo, one, ep, &dest, tunnel);
    assert_int_equal(memo->n, 2);

    uint16_t *last = &slots[(hash + ICGW_MEMO_STEPS - 1) % ICGW_MEMO_SLOTS];
    *last = 0;
    icgw_memo_learn(memo, one, ep, &dest, tunnel);
    assert_int_equal(memo->n, 3);
    assert_int_equal(n_missed(memo, one, len), 0);
    slots[(hash + ICGW_MEMO_STEPS) % ICGW_MEMO_SLOTS] = *last;
    *last = in_the_way;
    assert_int_equal(n_missed(memo, one, len), 1);
    icgw_memo_free(memo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_checksum), cmocka_unit_test(test_parse),
        cmocka_unit_test(test_bursts),          cmocka_unit_test(test_memo),
        cmocka_unit_test(test_memo_follows),    cmocka_unit_test(test_memo_full),
        cmocka_unit_test(test_memo_crowded),
    };

    return cmocka_run_group_tests_name("dp_plain", tests, set_up, tear_down);
}
