/* SPDX-License-Identifier: Apache-2.0 */
/* icgw_parse(): what is ours, what is the host's, what is damaged and why. */
#include "test_dp_frame.h"

#include <stdlib.h>

static struct icgw_tables *tables;

static int setup(void **state)
{
    struct icgw_addr locals[] = {addr4(192, 0, 2, 21), addr6(21)};

    if (start_eal(state) != 0) {
        return -1;
    }
    tables = icgw_tables_create(1, 1, 1, locals, RTE_DIM(locals));
    return tables == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    icgw_tables_free(tables);
    return stop_eal(state);
}

static struct frame a_frame(bool v6, bool in_v6)
{
    struct frame f = {
        .v6 = v6,
        .eth_dst = {2, 0, 0, 0, 0, 21},
        .eth_src = {2, 0, 0, 0, 0, 11},
        .src = v6 ? addr6(11) : addr4(192, 0, 2, 11),
        .dst = v6 ? addr6(21) : addr4(192, 0, 2, 21),
        .sport = 53545,
        .dport = 6081,
        .csum = v6 ? CSUM_GOOD : CSUM_NONE,
        .vni = 0xff0002,
        .inport = 1,
        .outport = 2,
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

/* A frame whose first segment is a heap block of exactly its length, so that
 * AddressSanitizer sees a read beyond it (it does not in a mempool). */
static enum icgw_action parse_exact(const uint8_t *buf, uint16_t len, uint16_t split,
                                    uint64_t flags, struct icgw_packet *p, enum icgw_drop *reason)
{
    struct rte_mbuf m = {.pkt_len = len, .nb_segs = 1, .ol_flags = flags};
    enum icgw_action action;

    m.data_len = split != 0 && split < len ? split : len;
    m.buf_addr = malloc(m.data_len);
    if (m.data_len > 0) {
        assert_non_null(m.buf_addr);
        memcpy(m.buf_addr, buf, m.data_len);
    }
    action = icgw_parse(&m, tables, p, reason);
    free(m.buf_addr);
    return action;
}

/* Parses bytes and checks the outcome; *p is what came out. */
static void expect_bytes(const char *what, const uint8_t *buf, uint16_t len, uint16_t split,
                         enum icgw_action action, enum icgw_drop reason, struct icgw_packet *p)
{
    enum icgw_drop got_reason = ICGW_N_DROPS;
    enum icgw_action got = parse_exact(buf, len, split, 0, p, &got_reason);

    check_outcome(what, action, reason, got, got_reason);
}

static struct icgw_packet expect(const char *what, const struct frame *f, enum icgw_action action,
                                 enum icgw_drop reason)
{
    uint8_t buf[FRAME_MAX];
    struct layout at = build(f, buf);
    struct icgw_packet p;

    expect_bytes(what, buf, at.end + f->pad, 0, action, reason, &p);
    return p;
}

static void test_fields(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 8; i++) {
        struct frame f = a_frame(i & 1, i & 2);
        struct icgw_packet p;
        unsigned int ip = i & 2 ? 40 : 20;

        f.vlan = i & 4 ? 100 : 0;
        p = expect("well-formed", &f, ICGW_ACTION_TX, 0);
        assert_int_equal(p.outer_l2_len, i & 4 ? 18 : 14);
        assert_int_equal(p.outer_v6, i & 1);
        assert_int_equal(p.outer_len, p.outer_l2_len + (i & 1 ? 40 : 20) + 24);
        assert_int_equal(p.inner_l3_off, 14);
        assert_int_equal(p.ttl, 63);
        assert_true(p.has_option);
        assert_int_equal(p.inner_len, 14 + ip + 26);
        assert_int_equal(p.inner_ip_len, ip + 26);
        assert_int_equal(p.inport, 1);
        assert_int_equal(p.outport, 2);
        assert_int_equal(p.eth_type, RTE_BE16(i & 2 ? 0x86dd : 0x0800));
        assert_int_equal(p.vni, 0xff0002);
        assert_int_equal(p.class, 0);
        assert_memory_equal(&p.src, &f.src, sizeof p.src);
        assert_memory_equal(&p.dst, &f.dst, sizeof p.dst);
    }
}

static void test_padding_is_not_inner(void **state)
{
    struct frame f = a_frame(false, false);

    (void)state;
    f.pad = 6;
    assert_int_equal(expect("padded", &f, ICGW_ACTION_TX, 0).inner_len, 60);
}

static void test_outer_ip_options(void **state)
{
    struct frame f = a_frame(false, false);

    (void)state;
    f.ihl = 15;
    assert_int_equal(expect("options", &f, ICGW_ACTION_TX, 0).outer_len, 14 + 60 + 24);
}

static void test_host(void **state)
{
    uint8_t buf[FRAME_MAX];
    struct icgw_packet p;

    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct frame f = a_frame(v6, false);
        struct layout at;

        f.dport = 53;
        expect("other UDP port", &f, ICGW_ACTION_HOST, 0);
        f = a_frame(v6, false);
        f.dst = v6 ? addr6(99) : addr4(192, 0, 2, 99);
        expect("other destination", &f, ICGW_ACTION_HOST, 0);
        f = a_frame(v6, false);
        at = build(&f, buf);
        buf[at.l3 + (v6 ? 6 : 9)] = 6;
        expect_bytes("TCP", buf, at.end, 0, ICGW_ACTION_HOST, 0, &p);
        at = build(&f, buf);
        put16(buf + 12, 0x0806);
        expect_bytes("ARP", buf, at.end, 0, ICGW_ACTION_HOST, 0, &p);
        put16(buf + 12, 0x8847);
        expect_bytes("MPLS", buf, 20, 0, ICGW_ACTION_HOST, 0, &p);
        at = build(&f, buf);
        memmove(buf + 16, buf + 12, at.end - 12);
        put16(buf + 12, 0x8100);
        put16(buf + 16, 0x8100);
        expect_bytes("two tags", buf, at.end + 4, 0, ICGW_ACTION_HOST, 0, &p);
        f.dst = v6 ? addr6(99) : addr4(192, 0, 2, 99);
        at = build(&f, buf);
        put16(buf + at.l3 + 10, 0x1234);
        expect_bytes("damaged, but not ours", buf, at.end, 0, ICGW_ACTION_HOST, 0, &p);
    }
}

/* Every length from 0 up to the last byte is refused. */
static void test_every_truncation(void **state)
{
    uint8_t buf[FRAME_MAX];
    struct icgw_packet p;

    (void)state;
    for (unsigned int i = 0; i < 4; i++) {
        struct frame f = a_frame(i & 1, i & 2);
        struct layout at = build(&f, buf);

        for (uint16_t len = 0; len < at.end; len++) {
            expect_bytes("cut", buf, len, 0, ICGW_ACTION_DROP, ICGW_DROP_OUTER_TRUNCATED, &p);
        }
        expect_bytes("whole", buf, at.end, 0, ICGW_ACTION_TX, 0, &p);
    }
}

/* A first segment that ends within the headers is refused, after them it is
 * good enough. */
static void test_split(void **state)
{
    uint8_t buf[FRAME_MAX];
    struct icgw_packet p;

    (void)state;
    for (unsigned int i = 0; i < 4; i++) {
        struct frame f = a_frame(i & 1, i & 2);
        struct layout at = build(&f, buf);
        uint16_t needed = at.inner_l3 + (i & 2 ? 40 : 20);

        for (uint16_t split = 1; split < needed; split++) {
            expect_bytes("split early", buf, at.end, split, ICGW_ACTION_DROP,
                         ICGW_DROP_HEADER_SPLIT, &p);
        }
        expect_bytes("split late", buf, at.end, needed, ICGW_ACTION_TX, 0, &p);
    }
}

/* One byte of a good frame changed. */
struct change {
    const char *what;
    enum { AT_L3, AT_UDP, AT_GENEVE, AT_INNER_L3 } from;
    uint8_t offset;
    uint8_t set;
    enum icgw_drop reason;
};

static void expect_change(const struct frame *f, const struct change *c)
{
    uint8_t buf[FRAME_MAX];
    struct layout at = build(f, buf);
    uint16_t base[] = {at.l3, at.udp, at.geneve, at.inner_l3};
    struct icgw_packet p;

    buf[base[c->from] + c->offset] = c->set;
    if (c->from == AT_L3 && !f->v6 && c->reason != ICGW_DROP_OUTER_BAD_CHECKSUM) {
        put_ip4_cksum(buf + at.l3, RTE_MAX(5, buf[at.l3] & 15));
    }
    expect_bytes(c->what, buf, at.end, 0, ICGW_ACTION_DROP, c->reason, &p);
}

static void test_damaged_outer(void **state)
{
    static const struct change v4[] = {
        {"version", AT_L3, 0, 0x55, ICGW_DROP_OUTER_BAD_LENGTH},
        {"IHL 4", AT_L3, 0, 0x44, ICGW_DROP_OUTER_BAD_LENGTH},
        {"total length 27", AT_L3, 3, 27, ICGW_DROP_OUTER_BAD_LENGTH},
        {"total length one less", AT_L3, 3, 103, ICGW_DROP_OUTER_BAD_LENGTH},
        {"total length one more", AT_L3, 3, 105, ICGW_DROP_OUTER_TRUNCATED},
        {"checksum", AT_L3, 10, 0x77, ICGW_DROP_OUTER_BAD_CHECKSUM},
        {"more fragments", AT_L3, 6, 0x20, ICGW_DROP_OUTER_FRAGMENT},
        {"UDP length one less", AT_UDP, 5, 83, ICGW_DROP_OUTER_BAD_LENGTH},
        {"UDP length one more", AT_UDP, 5, 85, ICGW_DROP_OUTER_BAD_LENGTH},
        {"UDP length 7", AT_UDP, 5, 7, ICGW_DROP_OUTER_BAD_LENGTH},
    };
    static const struct change v6[] = {
        {"version", AT_L3, 0, 0x40, ICGW_DROP_OUTER_BAD_LENGTH},
        {"payload length 7", AT_L3, 5, 7, ICGW_DROP_OUTER_BAD_LENGTH},
        {"payload length one less", AT_L3, 5, 83, ICGW_DROP_OUTER_BAD_LENGTH},
        {"payload length one more", AT_L3, 5, 85, ICGW_DROP_OUTER_TRUNCATED},
        {"UDP length one less", AT_UDP, 5, 83, ICGW_DROP_OUTER_BAD_LENGTH},
    };
    struct frame f4 = a_frame(false, false), f6 = a_frame(true, false);

    (void)state;
    for (unsigned int i = 0; i < RTE_DIM(v4); i++) {
        expect_change(&f4, &v4[i]);
    }
    for (unsigned int i = 0; i < RTE_DIM(v6); i++) {
        expect_change(&f6, &v6[i]);
    }
}

static void test_checksum_flag(void **state)
{
    struct frame f = a_frame(false, false);
    uint8_t buf[FRAME_MAX];
    struct layout at = build(&f, buf);
    enum icgw_drop reason = ICGW_N_DROPS;
    enum icgw_action got;
    struct icgw_packet p;

    (void)state;
    put16(buf + at.l3 + 10, 0x1234);
    got = parse_exact(buf, at.end, 0, RTE_MBUF_F_RX_IP_CKSUM_GOOD, &p, &reason);
    check_outcome("NIC checked the inner one", ICGW_ACTION_DROP, ICGW_DROP_OUTER_BAD_CHECKSUM, got,
                  reason);
    got = parse_exact(buf, at.end, 0, RTE_MBUF_F_RX_IP_CKSUM_NONE, &p, &reason);
    check_outcome("NIC did not", ICGW_ACTION_DROP, ICGW_DROP_OUTER_BAD_CHECKSUM, got, reason);
}

/* An IPv4 address in an IPv6 header is nobody's, above all not that of an IPv4 chassis. */
static void test_mapped_addresses(void **state)
{
    struct frame f = a_frame(true, false);

    (void)state;
    f.src = addr4(192, 0, 2, 11);
    expect("IPv4 source in IPv6", &f, ICGW_ACTION_HOST, 0);
    f = a_frame(true, false);
    f.dst = addr4(192, 0, 2, 21);
    expect("IPv4 destination in IPv6", &f, ICGW_ACTION_HOST, 0);
}

/* The kernel's own, and what has no port, is the kernel's. */
static void test_v4_fragment(void **state)
{
    struct frame f = a_frame(false, false);
    uint8_t buf[FRAME_MAX];
    struct layout at = build(&f, buf);
    struct icgw_packet p;

    (void)state;
    buf[at.l3 + 6] = 0x20;
    expect_bytes("first of a tunnel's", buf, at.end, 0, ICGW_ACTION_DROP, ICGW_DROP_OUTER_FRAGMENT,
                 &p);
    buf[at.udp + 3] = 53;
    expect_bytes("first of another", buf, at.end, 0, ICGW_ACTION_HOST, 0, &p);
    buf[at.udp + 3] = 6081 & 0xff;
    buf[at.l3 + 7] = 1;
    expect_bytes("further one", buf, at.end, 0, ICGW_ACTION_HOST, 0, &p);
}

static void test_v6_fragment(void **state)
{
    struct frame f = a_frame(true, false);
    uint8_t buf[FRAME_MAX];
    struct layout at = build(&f, buf);
    struct icgw_packet p;

    (void)state;
    memmove(buf + at.udp + 8, buf + at.udp, at.end - at.udp);
    memset(buf + at.udp, 0, 8);
    buf[at.l3 + 6] = 44;
    buf[at.udp] = 17;
    expect_bytes("fragment of UDP", buf, at.end + 8, 0, ICGW_ACTION_DROP, ICGW_DROP_OUTER_FRAGMENT,
                 &p);
    buf[at.udp + 8 + 3] = 53;
    expect_bytes("fragment to another port", buf, at.end + 8, 0, ICGW_ACTION_HOST, 0, &p);
    buf[at.udp + 8 + 3] = 6081 & 0xff;
    buf[at.udp + 3] = 8;
    expect_bytes("further fragment", buf, at.end + 8, 0, ICGW_ACTION_HOST, 0, &p);
    buf[at.udp + 3] = 1;
    expect_bytes("first of several", buf, at.end + 8, 0, ICGW_ACTION_DROP, ICGW_DROP_OUTER_FRAGMENT,
                 &p);
    buf[at.udp] = 6;
    expect_bytes("fragment of TCP", buf, at.end + 8, 0, ICGW_ACTION_HOST, 0, &p);
    buf[at.udp] = 17;
    buf[at.l3 + 24 + 15] = 99;
    expect_bytes("fragment to another", buf, at.end + 8, 0, ICGW_ACTION_HOST, 0, &p);
}

static void test_damaged_geneve(void **state)
{
    static const struct change changes[] = {
        {"version 1", AT_GENEVE, 0, 0x42, ICGW_DROP_GENEVE_VERSION},
        {"version 2", AT_GENEVE, 0, 0x82, ICGW_DROP_GENEVE_VERSION},
        {"OAM", AT_GENEVE, 1, 0xc0, ICGW_DROP_GENEVE_OAM},
        {"protocol", AT_GENEVE, 3, 0x59, ICGW_DROP_GENEVE_PROTOCOL},
        {"no option", AT_GENEVE, 0, 0, ICGW_DROP_GENEVE_OPTIONS},
        {"one word", AT_GENEVE, 0, 1, ICGW_DROP_GENEVE_OPTIONS},
        {"three words", AT_GENEVE, 0, 3, ICGW_DROP_GENEVE_OPTIONS},
        {"63 words", AT_GENEVE, 0, 63, ICGW_DROP_GENEVE_OPTIONS},
        {"class", AT_GENEVE, 9, 0x03, ICGW_DROP_GENEVE_OPTIONS},
        {"type", AT_GENEVE, 10, 0x81, ICGW_DROP_GENEVE_OPTIONS},
        {"not critical", AT_GENEVE, 10, 0x00, ICGW_DROP_GENEVE_OPTIONS},
        {"length 0", AT_GENEVE, 11, 0, ICGW_DROP_GENEVE_OPTIONS},
        {"length 2", AT_GENEVE, 11, 2, ICGW_DROP_GENEVE_OPTIONS},
        {"bit 31", AT_GENEVE, 12, 0x80, ICGW_DROP_GENEVE_OPTIONS},
    };
    struct frame f = a_frame(false, false);

    (void)state;
    for (unsigned int i = 0; i < RTE_DIM(changes); i++) {
        expect_change(&f, &changes[i]);
    }
}

/* IP and UDP lengths agree but end within the Geneve or inner headers. */
static void test_short_inside(void **state)
{
    struct frame f = a_frame(false, false);
    uint8_t buf[FRAME_MAX];
    struct layout at = build(&f, buf);
    struct icgw_packet p;

    (void)state;
    for (uint16_t end = at.geneve; end < at.end; end++) {
        struct layout cut = at;
        enum icgw_drop reason =
            end < at.inner ? ICGW_DROP_OUTER_TRUNCATED : ICGW_DROP_INNER_TRUNCATED;

        cut.end = end;
        build(&f, buf);
        finish(&f, buf, &cut);
        expect_bytes("short datagram", buf, end, 0, ICGW_ACTION_DROP, reason, &p);
        /* The rest of the frame is there, but does not belong to the packet. */
        expect_bytes("short datagram, padded", buf, at.end, 0, ICGW_ACTION_DROP, reason, &p);
    }
}

static void test_bfd(void **state)
{
    struct frame f = a_frame(false, false);
    struct icgw_packet p;

    (void)state;
    f.no_option = true;
    f.vni = 0;
    p = expect("VNI 0 without option", &f, ICGW_ACTION_TX, 0);
    assert_false(p.has_option);
    assert_int_equal(p.outer_len, 14 + 20 + 16);
    assert_int_equal(p.inner_len, 60);
    f.vni = 1;
    expect("VNI 1 without option", &f, ICGW_ACTION_DROP, ICGW_DROP_GENEVE_OPTIONS);
}

static void test_damaged_inner(void **state)
{
    static const struct change v4[] = {
        {"version", AT_INNER_L3, 0, 0x65, ICGW_DROP_INNER_MALFORMED},
        {"IHL 4", AT_INNER_L3, 0, 0x44, ICGW_DROP_INNER_MALFORMED},
        {"total length 19", AT_INNER_L3, 3, 19, ICGW_DROP_INNER_MALFORMED},
        {"IHL above total length", AT_INNER_L3, 0, 0x4f, ICGW_DROP_INNER_MALFORMED},
        {"total length one more", AT_INNER_L3, 3, 47, ICGW_DROP_INNER_TRUNCATED},
    };
    static const struct change v6[] = {
        {"version", AT_INNER_L3, 0, 0x40, ICGW_DROP_INNER_MALFORMED},
        {"payload length one more", AT_INNER_L3, 5, 27, ICGW_DROP_INNER_TRUNCATED},
        {"payload length 64 KiB", AT_INNER_L3, 4, 0xff, ICGW_DROP_INNER_TRUNCATED},
    };
    struct frame f4 = a_frame(false, false), f6 = a_frame(false, true);

    (void)state;
    for (unsigned int i = 0; i < RTE_DIM(v4); i++) {
        expect_change(&f4, &v4[i]);
    }
    for (unsigned int i = 0; i < RTE_DIM(v6); i++) {
        expect_change(&f6, &v6[i]);
    }
}

/* An inner packet shorter than the inner frame is Ethernet padding: fine. */
static void test_inner_padding(void **state)
{
    struct frame f = a_frame(false, false);
    uint8_t buf[FRAME_MAX];
    struct layout at = build(&f, buf);
    struct icgw_packet p;

    (void)state;
    put16(buf + at.inner_l3 + 2, 28);
    expect_bytes("inner padding", buf, at.end, 0, ICGW_ACTION_TX, 0, &p);
    assert_int_equal(p.inner_len, 60);
    assert_int_equal(p.inner_ip_len, 28);
}

static void test_not_ip_inside(void **state)
{
    static const uint16_t types[] = {0x0806, 0x8100, 0x88cc, 0x0026};

    (void)state;
    for (unsigned int i = 0; i < RTE_DIM(types); i++) {
        struct frame f = a_frame(false, false);
        struct icgw_packet p;

        f.in_eth_type = types[i];
        f.in_payload = 0;
        p = expect("no IP inside", &f, ICGW_ACTION_TX, 0);
        assert_int_equal(p.eth_type, rte_cpu_to_be_16(types[i]));
        assert_int_equal(p.inner_ip_len, 0);
        assert_int_equal(p.class, 0);
    }
}

static void expect_class(const char *what, const struct frame *f, uint32_t class)
{
    struct icgw_packet p = expect(what, f, ICGW_ACTION_TX, 0);

    if (p.class != class) {
        fail_msg("%s: expected classes %#x, got %#x", what, class, p.class);
    }
}

static void test_icmp_classes(void **state)
{
    static const struct {
        bool v6;
        uint8_t type;
        uint32_t class;
    } cases[] = {
        {false, 0, 0},
        {false, 3, ICGW_CLASS_TOO_BIG_ERROR},
        {false, 8, ICGW_CLASS_ECHO_REQUEST},
        {false, 11, 0},
        {false, 133, 0},
        {true, 1, 0},
        {true, 3, 0},
        {true, 2, ICGW_CLASS_TOO_BIG_ERROR},
        {true, 128, ICGW_CLASS_ECHO_REQUEST},
        {true, 129, 0},
        {true, 130, ICGW_CLASS_MLD},
        {true, 131, ICGW_CLASS_MLD},
        {true, 132, ICGW_CLASS_MLD},
        {true, 133, ICGW_CLASS_ND},
        {true, 135, ICGW_CLASS_ND},
        {true, 137, ICGW_CLASS_ND},
        {true, 138, 0},
        {true, 143, ICGW_CLASS_MLD},
    };

    (void)state;
    for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
        struct frame f = a_frame(false, cases[i].v6);
        char what[32];

        snprintf(what, sizeof what, "ICMPv%c type %u", cases[i].v6 ? '6' : '4', cases[i].type);
        f.in_proto = cases[i].v6 ? 58 : 1;
        f.in_l4[0] = cases[i].type;
        expect_class(what, &f, cases[i].class);
        f.in_payload = 0;
        expect_class("ICMP without a type", &f, 0);
        f.in_payload = 26;
        f.in_proto = cases[i].v6 ? 1 : 58;
        expect_class("ICMP of the other family", &f, 0);
    }
}

static void test_v4_classes(void **state)
{
    struct frame f = a_frame(false, false);

    (void)state;
    f.in_eth_src[0] = 1;
    expect_class("group source", &f, ICGW_CLASS_MULTICAST_SOURCE);
    f = a_frame(false, false);
    f.in_proto = 2;
    expect_class("IGMP", &f, ICGW_CLASS_IGMP);
    f.in_ihl = 6;
    expect_class("IGMP with router alert", &f, ICGW_CLASS_IGMP | ICGW_CLASS_IP_OPTIONS);
    f = a_frame(false, false);
    f.in_proto = 1;
    f.in_l4[0] = 8;
    f.in_frag = 0x4000;
    expect_class("DF", &f, ICGW_CLASS_ECHO_REQUEST);
    f.in_frag = 0x2000;
    expect_class("first fragment", &f, ICGW_CLASS_FRAGMENT | ICGW_CLASS_ECHO_REQUEST);
    f.in_frag = 0x2001;
    expect_class("later fragment", &f, ICGW_CLASS_FRAGMENT | ICGW_CLASS_LATER_FRAGMENT);
    f.in_frag = 0x1fff;
    expect_class("last fragment", &f, ICGW_CLASS_FRAGMENT | ICGW_CLASS_LATER_FRAGMENT);
}

static void test_v6_extensions(void **state)
{
    struct frame f = a_frame(false, true);
    const uint8_t hop_mld[] = {58, 0, 5, 2, 0, 0, 1, 0, 143};
    const uint8_t first[] = {58, 0, 0, 1, 0, 0, 0, 1, 128};
    const uint8_t later[] = {58, 0, 0, 8, 0, 0, 0, 1, 128};
    const uint8_t ah[] = {58, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 135};

    (void)state;
    f.in_hopopts = true;
    memcpy(f.in_l4, hop_mld, sizeof hop_mld);
    expect_class("MLD behind hop-by-hop", &f, ICGW_CLASS_IP_OPTIONS | ICGW_CLASS_MLD);
    f.in_proto = 60;
    expect_class("destination options", &f, ICGW_CLASS_IP_OPTIONS | ICGW_CLASS_MLD);
    f.in_proto = 43;
    expect_class("routing", &f, ICGW_CLASS_IP_OPTIONS | ICGW_CLASS_MLD);
    f.in_proto = 44;
    memcpy(f.in_l4, first, sizeof first);
    expect_class("first fragment", &f, ICGW_CLASS_FRAGMENT | ICGW_CLASS_ECHO_REQUEST);
    memcpy(f.in_l4, later, sizeof later);
    expect_class("later fragment", &f, ICGW_CLASS_FRAGMENT | ICGW_CLASS_LATER_FRAGMENT);
    f.in_proto = 51;
    memcpy(f.in_l4, ah, sizeof ah);
    expect_class("AH", &f, ICGW_CLASS_IP_OPTIONS | ICGW_CLASS_ND);
    f.in_proto = 50;
    expect_class("ESP", &f, 0);
}

static void test_v6_bad_extensions(void **state)
{
    struct frame f = a_frame(false, true);

    (void)state;
    f.in_proto = 60;
    f.in_payload = 7;
    expect("header cut", &f, ICGW_ACTION_DROP, ICGW_DROP_INNER_MALFORMED);
    f.in_payload = 8;
    f.in_l4[0] = 58;
    f.in_l4[1] = 1;
    expect("header beyond the packet", &f, ICGW_ACTION_DROP, ICGW_DROP_INNER_MALFORMED);
    f.in_l4[1] = 0;
    expect_class("nothing behind", &f, ICGW_CLASS_IP_OPTIONS);
    /* Nine headers: one more than is followed. */
    f.in_payload = 80;
    memset(f.in_l4, 0, sizeof f.in_l4);
    uint8_t buf[FRAME_MAX];
    struct layout at = build(&f, buf);
    struct icgw_packet p;

    memset(buf + at.inner_l3 + 40, 0, 80);
    buf[at.inner_l3 + 40 + 64] = 58;
    buf[at.inner_l3 + 40 + 72] = 135;
    expect_bytes("nine headers", buf, at.end, 0, ICGW_ACTION_TX, 0, &p);
    assert_int_equal(p.class,
                     ICGW_CLASS_IP_OPTIONS | ICGW_CLASS_FRAGMENT | ICGW_CLASS_LATER_FRAGMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_padding_is_not_inner),
        cmocka_unit_test(test_outer_ip_options),
        cmocka_unit_test(test_host),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_damaged_outer),
        cmocka_unit_test(test_checksum_flag),
        cmocka_unit_test(test_v4_fragment),
        cmocka_unit_test(test_v6_fragment),
        cmocka_unit_test(test_mapped_addresses),
        cmocka_unit_test(test_damaged_geneve),
        cmocka_unit_test(test_short_inside),
        cmocka_unit_test(test_bfd),
        cmocka_unit_test(test_damaged_inner),
        cmocka_unit_test(test_inner_padding),
        cmocka_unit_test(test_not_ip_inside),
        cmocka_unit_test(test_icmp_classes),
        cmocka_unit_test(test_v4_classes),
        cmocka_unit_test(test_v6_extensions),
        cmocka_unit_test(test_v6_bad_extensions),
    };

    return cmocka_run_group_tests_name("dp_parse", tests, setup, teardown);
}
