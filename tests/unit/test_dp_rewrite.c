/* SPDX-License-Identifier: Apache-2.0 */
/* What icgw_forward() and icgw_encapsulate() write, byte for byte, against frames
 * built from scratch with checksums computed in full. */
#include "test_dp_frame.h"

#define PORT 5

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 0x21};
static const uint8_t next_hop[6] = {2, 0, 0, 0, 0, 0xfe};

/* One combination; bits of a counter. */
struct combination {
    bool v6_in, v6_out, vlan_in, vlan_out, inner_v6, eth, csum_out;
    uint8_t ttl; /* by how much less */
    enum csum csum_in;
    uint8_t ecn;
    uint8_t pad;
};

static struct frame frame_in(const struct combination *c)
{
    struct frame f = {
        .vlan = c->vlan_in ? 7 : 0,
        .v6 = c->v6_in,
        .eth_dst = {2, 0, 0, 0, 0, 0x21},
        .eth_src = {2, 0, 0, 0, 0, 0x11},
        .src = c->v6_in ? addr6(11) : addr4(192, 0, 2, 11),
        .dst = c->v6_in ? addr6(21) : addr4(192, 0, 2, 21),
        .tos = 0xb8 | c->ecn,
        .id = 0x1234,
        .sport = 53545,
        .dport = 6081,
        .csum = c->csum_in,
        .vni = 0xff0002,
        .inport = 0x1234,
        .outport = 2,
        .pad = c->pad,
        .in_eth_dst = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 2},
        .in_eth_src = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 1},
        .in_v6 = c->inner_v6,
        .in_src = {10, 1, 0, 10},
        .in_dst = {10, 2, 0, 10},
        .in_ttl = 63,
        .in_payload = 27,
    };

    for (unsigned int i = 0; i < sizeof f.in_l4; i++) {
        f.in_l4[i] = (uint8_t)(i * 37 + 11);
    }
    return f;
}

/* What *in has to become. */
static struct frame frame_out(const struct combination *c, struct frame f)
{
    f.vlan = c->vlan_out ? 300 : 0;
    f.v6 = c->v6_out;
    memcpy(f.eth_dst, next_hop, 6);
    memcpy(f.eth_src, our_mac, 6);
    f.src = c->v6_out ? addr6(21) : addr4(192, 0, 2, 21);
    f.dst = c->v6_out ? addr6(12) : addr4(192, 0, 2, 12);
    f.tos = c->ecn;
    f.ihl = 0;
    f.id = 0;
    f.dport = 6082;
    f.csum = c->csum_out || c->v6_out ? CSUM_GOOD : CSUM_NONE;
    f.vni = 0x10203;
    f.inport = 2;
    f.outport = 0x7fff;
    f.pad = 0;
    if (c->eth) {
        memcpy(f.in_eth_dst, (uint8_t[6]){0, 0, 0, 2, 0, 0x10}, 6);
        memcpy(f.in_eth_src, (uint8_t[6]){0, 0, 0, 2, 0, 1}, 6);
    }
    f.in_ttl -= c->ttl;
    return f;
}

static struct icgw_tunnel tunnel_for(const struct combination *c)
{
    struct icgw_addr local = c->v6_out ? addr6(21) : addr4(192, 0, 2, 21);
    struct icgw_addr remote = c->v6_out ? addr6(12) : addr4(192, 0, 2, 12);
    struct icgw_tunnel t;

    icgw_tunnel_init(&t, &local, &remote, 6082, c->csum_out);
    assert_false(t.resolved);
    icgw_tunnel_set_next_hop(&t, PORT, our_mac, next_hop, c->vlan_out ? 300 : 0, 1500);
    assert_true(t.resolved);
    return t;
}

static struct icgw_tables *tables_for(const struct combination *c)
{
    const struct icgw_addr locals[] = {addr4(192, 0, 2, 21), addr6(21)};
    const struct icgw_addr hvs[] = {addr4(192, 0, 2, 11), addr6(11)};
    struct icgw_tables *t = icgw_tables_create(1, 2, 1, locals, 2);
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L2, true, 2, 0, 0);
    struct icgw_tunnel tunnel = tunnel_for(c);
    struct icgw_dest dest = {
        .verdict = ICGW_VERDICT_FORWARD,
        .ttl_dec = c->ttl,
        .vni = 0x10203,
        .inport = 2,
        .outport = 0x7fff,
        .rewrite_eth = c->eth,
        .eth_dst = {0, 0, 0, 2, 0, 0x10},
        .eth_src = {0, 0, 0, 2, 0, 1},
    };
    const uint8_t mac[6] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 2};

    assert_true(icgw_endpoint_add_l2(ep, mac, RTE_BE16(0x0800), &dest));
    assert_true(icgw_endpoint_add_l2(ep, mac, RTE_BE16(0x86dd), &dest));
    assert_true(icgw_endpoint_add_l2(ep, mac, RTE_BE16(0x0806), &dest));
    assert_true(icgw_tables_add_endpoint(t, 0xff0002, 2, ep));
    icgw_endpoint_unref(ep);
    assert_true(icgw_tables_add_source(t, &hvs[0], ICGW_ZONE_LOCAL));
    assert_true(icgw_tables_add_source(t, &hvs[1], ICGW_ZONE_LOCAL));
    assert_true(icgw_tables_set_tunnel(t, 0, &tunnel));
    return t;
}

static void forward_one(const char *what, const struct icgw_tables *t, struct rte_mbuf *m)
{
    struct icgw_result r;

    icgw_forward(t, NULL, &m, 1, &r);
    check_outcome(what, ICGW_ACTION_TX, 0, r.action, r.reason);
    assert_int_equal(r.port, PORT);
}

/* a - b in one's complement arithmetic, 0 as 0xffff. */
static unsigned int ones_minus(unsigned int a, unsigned int b)
{
    unsigned int d = (a + (~b & 0xffff)) % 0xffff;

    return d == 0 ? 0xffff : d;
}

/* A wrong checksum has to come out wrong by as much as it came in, where the
 * outgoing packet has one. */
static void expect_still_wrong(const char *what, const struct rte_mbuf *m, uint8_t *want,
                               const struct layout *at_out, unsigned int got_in,
                               unsigned int good_in)
{
    unsigned int good = get16(want + at_out->udp + 6);
    unsigned int got = get16(rte_pktmbuf_mtod_offset(m, uint8_t *, at_out->udp + 6));

    if (ones_minus(got, good) != ones_minus(got_in, good_in)) {
        fail_msg("%s: checksum was wrong by %#x, expected still so, got wrong by %#x", what,
                 ones_minus(got_in, good_in), ones_minus(got, good));
    }
    put16(want + at_out->udp + 6, got);
}

static void expect_combination(const struct combination *c, uint16_t split)
{
    struct icgw_tables *t = tables_for(c);
    struct frame in = frame_in(c), out = frame_out(c, in);
    uint8_t in_buf[FRAME_MAX], out_buf[FRAME_MAX], good_buf[FRAME_MAX];
    struct layout at_in = build(&in, in_buf), at_out = build(&out, out_buf);
    struct rte_mbuf *m;
    char what[160];

    snprintf(what, sizeof what,
             "in: v6 %d vlan %d csum %d, out: v6 %d vlan %d csum %d, inner: v6 %d eth %d ttl %d, "
             "ecn %d, padding %d, split %d",
             c->v6_in, c->vlan_in, c->csum_in, c->v6_out, c->vlan_out, c->csum_out, c->inner_v6,
             c->eth, c->ttl, c->ecn, c->pad, split);
    m = to_mbuf(in_buf, at_in.end + in.pad, split == 0 ? 0 : at_in.end - split);
    m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_IP_CKSUM_GOOD;
    m->l2_len = 14;
    forward_one(what, t, m);
    if (in.csum == CSUM_WRONG && out.csum != CSUM_NONE) {
        in.csum = CSUM_GOOD;
        build(&in, good_buf);
        expect_still_wrong(what, m, out_buf, &at_out, get16(in_buf + at_in.udp + 6),
                           get16(good_buf + at_in.udp + 6));
    }
    check_frame(what, m, out_buf, at_out.end);
    assert_int_equal(m->ol_flags, 0);
    assert_int_equal(m->tx_offload, 0);
    rte_pktmbuf_free(m);
    icgw_tables_free(t);
}

static void test_every_combination(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 3 << 8; i++) {
        struct combination c = {
            .v6_in = i & 1,
            .v6_out = i & 2,
            .vlan_in = i & 4,
            .vlan_out = i & 8,
            .inner_v6 = i & 16,
            .eth = i & 32,
            .ttl = i & 64 ? 1 + i % 7 : 0,
            .csum_out = i & 128,
            .csum_in = (enum csum)(i >> 8),
        };

        for (c.ecn = 0; c.ecn < 4; c.ecn++) {
            c.pad = c.ecn == 3 ? 5 : 0;
            expect_combination(&c, 0);
        }
        c.ecn = 0;
        /* Frames of two segments, the first even and odd. */
        expect_combination(&c, 16);
        expect_combination(&c, 17);
    }
}

/* Also where sums come out as zero, which has two representations. */
static void test_every_source_port(void **state)
{
    struct combination c = {.csum_in = CSUM_GOOD, .csum_out = true, .eth = true, .ttl = 1};
    struct icgw_tables *t = tables_for(&c);
    uint8_t in_buf[FRAME_MAX], out_buf[FRAME_MAX];

    (void)state;
    for (int has = 0; has < 2; has++) {
        c.csum_in = has ? CSUM_GOOD : CSUM_NONE;
        for (unsigned int port = 0; port < 65536; port++) {
            struct frame in = frame_in(&c), out = frame_out(&c, in);
            struct layout at_in, at_out;
            struct rte_mbuf *m;

            in.sport = out.sport = port;
            in.in_payload = out.in_payload = 0;
            at_in = build(&in, in_buf);
            at_out = build(&out, out_buf);
            m = to_mbuf(in_buf, at_in.end, 0);
            forward_one("source port", t, m);
            check_frame("source port", m, out_buf, at_out.end);
            rte_pktmbuf_free(m);
        }
    }
    icgw_tables_free(t);
}

/* Likewise for the inner header checksum. */
static void test_every_ttl(void **state)
{
    struct combination c = {.csum_in = CSUM_GOOD, .csum_out = true, .ttl = 1};
    struct icgw_tables *t = tables_for(&c);
    uint8_t in_buf[FRAME_MAX], out_buf[FRAME_MAX];

    (void)state;
    for (unsigned int i = 0; i < 255 * 256; i++) {
        struct frame in = frame_in(&c), out;
        struct layout at_in, at_out;
        struct rte_mbuf *m;

        in.in_ttl = 1 + i % 255;
        in.in_src[3] = i / 255;
        out = frame_out(&c, in);
        at_in = build(&in, in_buf);
        at_out = build(&out, out_buf);
        m = to_mbuf(in_buf, at_in.end, 0);
        forward_one("TTL", t, m);
        check_frame("TTL", m, out_buf, at_out.end);
        rte_pktmbuf_free(m);
    }
    icgw_tables_free(t);
}

static void test_wrong_inner_checksum(void **state)
{
    struct combination c = {.csum_in = CSUM_GOOD, .csum_out = true, .ttl = 1};
    struct icgw_tables *t = tables_for(&c);
    struct frame in = frame_in(&c);
    uint8_t buf[FRAME_MAX];
    struct layout at;
    struct rte_mbuf *m;
    uint8_t *ip;

    (void)state;
    in.in_bad_cksum = true;
    at = build(&in, buf);
    m = to_mbuf(buf, at.end, 0);
    forward_one("wrong inner checksum", t, m);
    ip = rte_pktmbuf_mtod_offset(m, uint8_t *, at.inner_l3);
    assert_int_equal(ip[8], 62);
    if (ref_sum(ip, 20, 0) == 0xffff) {
        fail_msg("expected the inner header checksum to stay wrong, got a right one");
    }
    rte_pktmbuf_free(m);
    icgw_tables_free(t);
}

/* IP options of the outer header do not live on. */
static void test_outer_options(void **state)
{
    struct combination c = {.csum_in = CSUM_GOOD, .csum_out = true};
    struct icgw_tables *t = tables_for(&c);
    struct frame in = frame_in(&c), out;
    uint8_t in_buf[FRAME_MAX], out_buf[FRAME_MAX];
    struct layout at_in, at_out;
    struct rte_mbuf *m;

    (void)state;
    in.ihl = 7;
    out = frame_out(&c, in);
    at_in = build(&in, in_buf);
    at_out = build(&out, out_buf);
    m = to_mbuf(in_buf, at_in.end, 0);
    forward_one("outer options", t, m);
    check_frame("outer options", m, out_buf, at_out.end);
    rte_pktmbuf_free(m);
    icgw_tables_free(t);
}

/* Without IP inside only the Ethernet addresses are written. */
static void test_arp_inside(void **state)
{
    struct combination c = {.csum_in = CSUM_GOOD, .csum_out = true, .eth = true};
    struct icgw_tables *t = tables_for(&c);
    struct frame in = frame_in(&c), out;
    uint8_t in_buf[FRAME_MAX], out_buf[FRAME_MAX];
    struct layout at_in, at_out;
    struct rte_mbuf *m;

    (void)state;
    in.in_eth_type = 0x0806;
    out = frame_out(&c, in);
    at_in = build(&in, in_buf);
    at_out = build(&out, out_buf);
    m = to_mbuf(in_buf, at_in.end, 0);
    forward_one("ARP inside", t, m);
    check_frame("ARP inside", m, out_buf, at_out.end);
    rte_pktmbuf_free(m);
    icgw_tables_free(t);
}

static void test_no_headroom(void **state)
{
    struct combination c = {.v6_out = true};
    struct icgw_tables *t = tables_for(&c);
    struct frame in = frame_in(&c);
    uint8_t buf[FRAME_MAX];
    struct layout at = build(&in, buf);
    struct rte_mbuf *m = rte_pktmbuf_alloc(frame_pool);
    struct icgw_result r;

    (void)state;
    m->data_off = 19; /* one less than IPv6 takes more */
    memcpy(rte_pktmbuf_append(m, at.end), buf, at.end);
    icgw_forward(t, NULL, &m, 1, &r);
    check_outcome("no headroom", ICGW_ACTION_DROP, ICGW_DROP_NO_MBUF, r.action, r.reason);
    rte_pktmbuf_free(m);
    icgw_tables_free(t);
}

/* What a stock gateway received and sent (OVN 26.03, ICMP echo request out of
 * zone 1): the recording's headers, with the outer IP id that it had anyway. */
static void test_recording(void **state)
{
    static const uint8_t received[] = {
        0x9a, 0xbf, 0x7d, 0x45, 0x1a, 0x47, 0x3e, 0xee, 0x4b, 0x35, 0xc0, 0x41, 0x08, 0x00, 0x45,
        0x00, 0x00, 0x8e, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0xb6, 0x3e, 0xc0, 0x00, 0x02, 0x0b,
        0xc0, 0x00, 0x02, 0x15, 0xd1, 0x29, 0x17, 0xc1, 0x00, 0x7a, 0xa0, 0x9f, 0x02, 0x40, 0x65,
        0x58, 0x00, 0x00, 0x02, 0x00, 0x01, 0x02, 0x80, 0x01, 0x00, 0x01, 0x00, 0x03, 0xaa, 0xaa,
        0xaa, 0xaa, 0xaa, 0x02, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0x01, 0x08, 0x00, 0x45, 0x00, 0x00,
        0x54, 0x6b, 0xd0, 0x40, 0x00, 0x3f, 0x01, 0xbb, 0xc2, 0x0a, 0x01, 0x00, 0x0a, 0x0a, 0x02,
        0x00, 0x0a, 0x08, 0x00, 0xc4, 0x69, 0x12, 0xc3, 0x00, 0x01, 0xde, 0xad, 0x00, 0x6b, 0x00,
        0x00, 0x00, 0x00, 0x80, 0xe6, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x11, 0x12, 0x13,
        0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22,
        0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x31,
        0x32, 0x33, 0x34, 0x35, 0x36, 0x37,
    };
    static const uint8_t sent_headers[] = {
        0xee, 0x48, 0x47, 0xa0, 0x8b, 0x48, 0x9a, 0xbf, 0x7d, 0x45, 0x1a, 0x47, 0x08, 0x00, 0x45,
        0x00, 0x00, 0x8e, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0xb6, 0x33, 0xc0, 0x00, 0x02, 0x15,
        0xc0, 0x00, 0x02, 0x16, 0xd1, 0x29, 0x17, 0xc1, 0x00, 0x7a, 0xa1, 0x94, 0x02, 0x40, 0x65,
        0x58, 0xff, 0x00, 0x02, 0x00, 0x01, 0x02, 0x80, 0x01, 0x00, 0x01, 0x00, 0x02,
    };
    const struct icgw_addr local = addr4(192, 0, 2, 21), hv = addr4(192, 0, 2, 11),
                           peer = addr4(192, 0, 2, 22);
    const struct icgw_dest dest = {.vni = 0xff0002, .inport = 1, .outport = 2, .min_ttl = 1};
    struct icgw_tables *t = icgw_tables_create(1, 1, 1, &local, 1);
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L2, false, 1, 0, 0);
    struct icgw_tunnel tunnel;
    uint8_t expected[sizeof received];
    struct rte_mbuf *m = to_mbuf(received, sizeof received, 0);

    (void)state;
    assert_true(icgw_endpoint_add_l2(ep, received + 58, RTE_BE16(0x0800), &dest));
    assert_true(icgw_tables_add_endpoint(t, 2, 3, ep));
    icgw_endpoint_unref(ep);
    assert_true(icgw_tables_add_source(t, &hv, ICGW_ZONE_LOCAL));
    icgw_tunnel_init(&tunnel, &local, &peer, 6081, true);
    icgw_tunnel_set_next_hop(&tunnel, PORT, sent_headers + 6, sent_headers, 0, 1500);
    assert_true(icgw_tables_set_tunnel(t, 0, &tunnel));

    memcpy(expected, received, sizeof received);
    memcpy(expected, sent_headers, sizeof sent_headers);
    forward_one("recording", t, m);
    check_frame("recording", m, expected, sizeof expected);
    rte_pktmbuf_free(m);
    icgw_tables_free(t);
}

static void test_encapsulate(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 16; i++) {
        struct combination c = {
            .v6_out = i & 1, .vlan_out = i & 2, .csum_out = i & 4, .inner_v6 = i & 8};
        struct icgw_tunnel t = tunnel_for(&c);
        struct frame out = frame_out(&c, frame_in(&c));
        uint8_t buf[FRAME_MAX];
        struct layout at = build(&out, buf);
        enum icgw_drop reason = ICGW_N_DROPS;
        struct rte_mbuf *m = to_mbuf(buf + at.inner, at.end - at.inner, 0);

        assert_true(icgw_encapsulate(m, &t, out.vni, out.inport, out.outport, out.sport, &reason));
        check_frame("encapsulated", m, buf, at.end);
        rte_pktmbuf_free(m);
    }
}

/* RFC 3168, 9.1.1: outer from inner, ECT(0) instead of CE. */
static void test_encapsulate_ecn(void **state)
{
    static const uint8_t want[] = {0, 1, 2, 2};
    (void)state;
    for (unsigned int i = 0; i < 16; i++) {
        struct combination c = {.v6_out = i & 1, .inner_v6 = i & 2};
        struct icgw_tunnel t = tunnel_for(&c);
        struct frame out = frame_out(&c, frame_in(&c));
        uint8_t buf[FRAME_MAX];
        struct layout at = build(&out, buf);
        enum icgw_drop reason = ICGW_N_DROPS;
        uint8_t ecn = (uint8_t)(i >> 2);

        buf[at.inner + 15] = (uint8_t)(c.inner_v6 ? 0x80 | ecn << 4 : 0xb8 | ecn);
        struct rte_mbuf *m = to_mbuf(buf + at.inner, at.end - at.inner, 0);
        assert_true(icgw_encapsulate(m, &t, out.vni, out.inport, out.outport, out.sport, &reason));
        const uint8_t *l3 = rte_pktmbuf_mtod_offset(m, const uint8_t *, 14);
        assert_int_equal(c.v6_out ? l3[1] >> 4 : l3[1], want[ecn]);
        rte_pktmbuf_free(m);
    }
}

static void expect_refused(const char *what, const struct icgw_tunnel *t, uint16_t len,
                           uint16_t headroom, enum icgw_drop want)
{
    struct rte_mbuf *m = rte_pktmbuf_alloc(frame_pool);
    enum icgw_drop reason = ICGW_N_DROPS;
    bool ok;

    m->data_off = headroom;
    assert_non_null(rte_pktmbuf_append(m, len));
    memset(rte_pktmbuf_mtod(m, void *), 0, len);
    ok = icgw_encapsulate(m, t, 1, 1, 1, 1, &reason);
    check_outcome(what, want == ICGW_N_DROPS ? ICGW_ACTION_TX : ICGW_ACTION_DROP, want,
                  ok ? ICGW_ACTION_TX : ICGW_ACTION_DROP, reason);
    rte_pktmbuf_free(m);
}

static void test_encapsulate_refuses(void **state)
{
    struct combination c = {.v6_out = true, .vlan_out = true};
    struct icgw_tunnel t = tunnel_for(&c);

    (void)state;
    expect_refused("exactly the MTU", &t, 1500 - 64, 128, ICGW_N_DROPS);
    expect_refused("a byte more", &t, 1500 - 63, 128, ICGW_DROP_TOO_BIG);
    expect_refused("exactly the headroom", &t, 60, ICGW_OUTER_MAX, ICGW_N_DROPS);
    expect_refused("a byte less", &t, 60, ICGW_OUTER_MAX - 1, ICGW_DROP_NO_MBUF);
    t.resolved = false;
    expect_refused("unresolved", &t, 60, 128, ICGW_DROP_UNDERLAY_UNRESOLVED);
}

/* A next hop may change between tagged and untagged, any number of times. */
static void test_next_hop_changes(void **state)
{
    struct combination c = {.v6_out = true};
    struct icgw_tunnel t = tunnel_for(&c), again = t;

    (void)state;
    icgw_tunnel_set_next_hop(&again, 1, next_hop, our_mac, 0xffff, 9000);
    assert_int_equal(again.l2_len, 18);
    assert_int_equal(again.hdr_len, ICGW_OUTER_MAX);
    assert_int_equal(get16(again.hdr + 14), 0x0fff);
    assert_int_equal(again.mtu, 9000);
    icgw_tunnel_set_next_hop(&again, PORT, our_mac, next_hop, 0, 1500);
    assert_int_equal(again.hdr_len, t.hdr_len);
    assert_memory_equal(again.hdr, t.hdr, t.hdr_len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_combination),   cmocka_unit_test(test_every_source_port),
        cmocka_unit_test(test_every_ttl),           cmocka_unit_test(test_wrong_inner_checksum),
        cmocka_unit_test(test_outer_options),       cmocka_unit_test(test_arp_inside),
        cmocka_unit_test(test_no_headroom),         cmocka_unit_test(test_recording),
        cmocka_unit_test(test_encapsulate),         cmocka_unit_test(test_encapsulate_ecn),
        cmocka_unit_test(test_encapsulate_refuses), cmocka_unit_test(test_next_hop_changes),
    };

    return cmocka_run_group_tests_name("dp_rewrite", tests, start_eal, stop_eal);
}
