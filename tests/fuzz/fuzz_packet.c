/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: icgw_parse() and icgw_forward().
 *
 * Input: byte 0 chooses tables and flags, byte 1 where the first segment ends
 * (0: one segment), the rest is the frame.  It comes twice: the first time the
 * worker's memory learns its destination, or has it from inputs before.  The frame lies in heap
 * blocks of exact length, so that AddressSanitizer sees any access beyond.  Asserted: results are
 * in range; what does not leave is unchanged; what leaves parses as a tunnel packet with the keys
 * of the tables, is as long as it says, and its UDP checksum is right exactly if it was before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_eal.h>
#include <rte_mbuf.h>

#include "icgw_forward.h"

enum {
    OUT_V6 = 1 << 0,
    OUT_VLAN = 1 << 1,
    OUT_CSUM = 1 << 2,
    N_TABLES = 1 << 3,
    LITTLE_HEADROOM = 1 << 3,
};

#define PORT 3
#define OUT_VNI 0xff0002
#define OUT_INPORT 0x1234
#define OUT_OUTPORT 0x7654

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #cond);                    \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static struct icgw_tables *tables[N_TABLES];
static struct icgw_memo *memos[N_TABLES];
static struct icgw_tables *receivers; /* the far end: its addresses are local here */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct icgw_addr v4(uint8_t last)
{
    return (struct icgw_addr){.bytes = {[10] = 0xff, 0xff, 192, 0, 2, last}};
}

static struct icgw_addr v6(uint8_t last)
{
    return (struct icgw_addr){.bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = last}};
}

static struct icgw_dest a_dest(bool rewrite)
{
    return (struct icgw_dest){
        .verdict = ICGW_VERDICT_FORWARD,
        .min_ttl = rewrite ? 2 : 0,
        .ttl_dec = rewrite,
        .vni = OUT_VNI,
        .inport = OUT_INPORT,
        .outport = OUT_OUTPORT,
        .rewrite_eth = rewrite,
        .eth_dst = {0, 0, 0, 2, 0, 0x10},
        .eth_src = {0, 0, 0, 2, 0, 1},
    };
}

/* Rules that look at every word of the headers, which whatever is left fits none of. */
static struct icgw_classifier *a_classifier(void)
{
    const struct icgw_rule rules[] = {
        {.value.src = {10, 9}, .mask.src = {0xff, 0xff}, .member = 0},
        {.value.dst = {[15] = 7}, .mask.dst = {[0 ... 15] = 0xff}, .member = 1},
        {.value.proto = 6,
         .mask.proto = 0xff,
         .value.l4 = {[3] = 80},
         .mask.l4 = {0, 0, 0xff, 0xff}},
        {.value.eth_src = {2}, .mask.eth_src = {[0 ... 5] = 0xff}, .member = 1},
        {.value.frag = 1, .mask.frag = 3, .member = 2},
        {.value.proto = 17, .mask.proto = 0xff, .member = 0},
    };
    struct icgw_classifier *c = icgw_classifier_create(rules, RTE_DIM(rules));

    CHECK(c != NULL);
    return c;
}

/* As on a gateway of the recordings: (2, 3) leads out, (0xff0002, 2) in. */
static void add_endpoints(struct icgw_tables *t)
{
    const uint8_t mac[6] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 2};
    static const uint16_t types[] = {RTE_BE16(0x0800), RTE_BE16(0x86dd), RTE_BE16(0x8100)};
    struct icgw_source_guard guard = {.n = 1, .prefix = {{v4(1), v4(255)}}};
    struct icgw_endpoint *l2 = icgw_endpoint_create(ICGW_ENDPOINT_L2, false, 2, 0, 0);
    struct icgw_endpoint *l3 = icgw_endpoint_create(ICGW_ENDPOINT_L3, true, 0, 2, 2);
    struct icgw_dest plain = a_dest(false), routed = a_dest(true);
    struct icgw_dest select = {
        .verdict = ICGW_VERDICT_SELECT, .members = &routed, .n_members = 1, .guard = 0x7f};

    const struct icgw_dest ways[] = {routed, select, {.verdict = ICGW_VERDICT_SLOW}};
    struct icgw_classifier *c = a_classifier();
    struct icgw_dest classify = {.verdict = ICGW_VERDICT_CLASSIFY,
                                 .members = ways,
                                 .n_members = RTE_DIM(ways),
                                 .classifier = c};

    memcpy(l3->router_mac, mac, sizeof mac);
    plain.sources = &guard;
    for (unsigned int i = 0; i < RTE_DIM(types); i++) {
        CHECK(icgw_endpoint_add_l2(l2, mac, types[i], &plain));
    }
    CHECK(icgw_endpoint_add_v4(l3, 0, 0, &routed));
    CHECK(icgw_endpoint_add_v4(l3, rte_cpu_to_be_32(0x0a010000), 16, &select));
    CHECK(icgw_endpoint_add_v6(l3, (uint8_t[16]){0xfd, 1}, 16, &select));
    CHECK(icgw_endpoint_add_v6(l3, (uint8_t[16]){0}, 0, &routed));
    CHECK(icgw_endpoint_add_v4(l3, rte_cpu_to_be_32(0x0a020000), 16, &classify));
    CHECK(icgw_endpoint_add_v6(l3, (uint8_t[16]){0xfd, 2}, 16, &classify));
    icgw_classifier_free(c);
    CHECK(icgw_tables_add_endpoint(t, 2, 3, l2));
    CHECK(icgw_tables_add_endpoint(t, 0xff0002, 2, l3));
    icgw_endpoint_unref(l2);
    icgw_endpoint_unref(l3);
}

static struct icgw_tables *make_tables(unsigned int kind)
{
    const struct icgw_addr locals[] = {v4(21), v4(22), v6(21)};
    const struct icgw_addr remote = kind & OUT_V6 ? v6(99) : v4(99);
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    struct icgw_tables *t = icgw_tables_create(2, 4, 1, locals, RTE_DIM(locals));
    struct icgw_tunnel tunnel;

    CHECK(t != NULL);
    for (uint8_t i = 11; i <= 22; i++) {
        const struct icgw_addr a4 = v4(i), a6 = v6(i);

        CHECK(icgw_tables_add_source(t, &a4, i < 20 ? ICGW_ZONE_LOCAL : ICGW_ZONE_REMOTE));
        CHECK(icgw_tables_add_source(t, &a6, i < 20 ? ICGW_ZONE_LOCAL : ICGW_ZONE_REMOTE));
    }
    icgw_tunnel_init(&tunnel, &locals[kind & OUT_V6 ? 2 : 0], &remote, 6081, kind & OUT_CSUM);
    icgw_tunnel_set_next_hop(&tunnel, PORT, mac, mac, kind & OUT_VLAN ? 7 : 0, 1500);
    CHECK(icgw_tables_set_tunnel(t, 0, &tunnel));
    add_endpoints(t);
    return t;
}

/* LeakSanitizer does not see what only DPDK's memory points to. */
static void free_tables(void)
{
    for (unsigned int i = 0; i < N_TABLES; i++) {
        icgw_tables_free(tables[i]);
    }
    icgw_tables_free(receivers);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char args[][16] = {"fuzz", "--no-huge", "--no-shconf",   "-m",
                              "64",   "--no-pci",  "--log-level=4", "--no-telemetry"};
    const struct icgw_addr far[] = {v4(99), v6(99)};
    char *eal[RTE_DIM(args)];

    (void)argc;
    (void)argv;
    for (unsigned int i = 0; i < RTE_DIM(args); i++) {
        eal[i] = args[i];
    }
    CHECK(rte_eal_init(RTE_DIM(args), eal) >= 0);
    for (unsigned int i = 0; i < N_TABLES; i++) {
        tables[i] = make_tables(i);
        memos[i] = icgw_memo_create(SOCKET_ID_ANY);
        CHECK(memos[i] != NULL);
    }
    receivers = icgw_tables_create(1, 1, 0, far, RTE_DIM(far));
    CHECK(receivers != NULL);
    CHECK(atexit(free_tables) == 0);
    return 0;
}

/* A segment in a heap block that ends where its data ends. */
static void fill(struct rte_mbuf *m, const uint8_t *data, uint16_t len, uint16_t headroom)
{
    memset(m, 0, sizeof *m);
    m->buf_len = headroom + len;
    m->buf_addr = malloc(RTE_MAX(m->buf_len, 1));
    CHECK(m->buf_addr != NULL);
    m->data_off = headroom;
    m->data_len = len;
    m->nb_segs = 1;
    m->pkt_len = len;
    memcpy(rte_pktmbuf_mtod(m, void *), data, len);
}

/* Copies the frame out of its segments and checks that they add up. */
static uint32_t flatten(const struct rte_mbuf *m, uint8_t *to)
{
    uint32_t len = m->pkt_len, done = 0;

    for (; m != NULL; m = m->next) {
        memcpy(to + done, rte_pktmbuf_mtod(m, void *), m->data_len);
        done += m->data_len;
    }
    CHECK(done == len);
    return len;
}

/* One's complement sum of what the UDP checksum covers, the checksum included:
 * 0xffff if that is right. */
static uint32_t udp_sum(const uint8_t *frame, const struct icgw_packet *p)
{
    uint32_t udp = p->outer_len - (p->has_option ? 24u : 16u);
    uint32_t addrs = p->outer_l2_len + (p->outer_v6 ? 8u : 12u);
    uint32_t len = (uint32_t)(frame[udp + 4] << 8 | frame[udp + 5]);
    uint64_t sum = 17 + len;

    for (uint32_t i = 0; i < (p->outer_v6 ? 32u : 8u); i++) {
        sum += i & 1 ? frame[addrs + i] : (uint32_t)frame[addrs + i] << 8;
    }
    for (uint32_t i = 0; i < len; i++) {
        sum += i & 1 ? frame[udp + i] : (uint32_t)frame[udp + i] << 8;
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint32_t)sum;
}

static unsigned int udp_cksum(const uint8_t *frame, const struct icgw_packet *p)
{
    return (unsigned int)frame[p->outer_len - 18] << 8 | frame[p->outer_len - 17];
}

static void check_sent(unsigned int kind, struct rte_mbuf *m, const uint8_t *before,
                       const struct icgw_packet *in)
{
    const struct icgw_tunnel *tunnel = tables[kind & (N_TABLES - 1)]->tunnels[0];
    uint8_t after[UINT16_MAX + 256];
    enum icgw_drop reason = ICGW_N_DROPS;
    struct icgw_packet out;
    uint32_t len = flatten(m, after);

    CHECK(m->ol_flags == 0 && m->tx_offload == 0);
    CHECK(icgw_parse(m, receivers, &out, &reason) == ICGW_ACTION_TX);
    CHECK(out.has_option && out.vni == OUT_VNI);
    CHECK(out.inport == OUT_INPORT && out.outport == OUT_OUTPORT);
    CHECK(out.outer_len == tunnel->hdr_len && out.outer_l2_len == tunnel->l2_len);
    CHECK(out.inner_len == in->inner_len && out.inner_ip_len == in->inner_ip_len);
    CHECK(out.eth_type == in->eth_type);
    CHECK(out.ttl == in->ttl || out.ttl + 1 == in->ttl);
    CHECK(len == (uint32_t)out.outer_len + out.inner_len);
    CHECK(len - out.outer_l2_len <= tunnel->mtu);
    CHECK(after[out.outer_len - 24] == before[in->outer_len - 24]); /* source port */
    CHECK(after[out.outer_len - 23] == before[in->outer_len - 23]);

    if (!tunnel->csum) {
        CHECK(udp_cksum(after, &out) == 0);
        return;
    }
    CHECK(udp_cksum(after, &out) != 0);
    if (udp_cksum(before, in) == 0) {
        CHECK(udp_sum(after, &out) == 0xffff);
    } else {
        CHECK((udp_sum(after, &out) == 0xffff) == (udp_sum(before, in) == 0xffff));
    }
}

static void check_result(unsigned int kind, struct rte_mbuf *m, const uint8_t *before, size_t len)
{
    const struct icgw_tables *t = tables[kind & (N_TABLES - 1)];
    enum icgw_drop reason = ICGW_N_DROPS;
    struct icgw_packet in;
    enum icgw_action parsed = icgw_parse(m, t, &in, &reason);
    struct icgw_result r = {.action = 15, .reason = 99};
    uint8_t after[UINT16_MAX + 256];

    icgw_forward(t, memos[kind & (N_TABLES - 1)], &m, 1, &r);
    switch (r.action) {
    case ICGW_ACTION_TX:
        CHECK(parsed == ICGW_ACTION_TX);
        CHECK(r.port == PORT);
        check_sent(kind, m, before, &in);
        return;
    case ICGW_ACTION_DROP:
        CHECK(r.reason < ICGW_N_DROPS);
        CHECK(parsed != ICGW_ACTION_DROP || r.reason == reason);
        return;
    case ICGW_ACTION_BFD:
        CHECK(parsed == ICGW_ACTION_TX && !in.has_option);
        break;
    case ICGW_ACTION_SLOW:
        CHECK(parsed == ICGW_ACTION_TX && r.reason < ICGW_N_SLOWS);
        break;
    default:
        CHECK(r.action == ICGW_ACTION_HOST && parsed == ICGW_ACTION_HOST);
    }
    CHECK(flatten(m, after) == len && memcmp(before, after, len) == 0);
}

static void run(unsigned int kind, size_t split, const uint8_t *data, size_t len)
{
    struct rte_mbuf first, second;

    fill(&first, data, (uint16_t)split, kind & LITTLE_HEADROOM ? 19 : 128);
    fill(&second, data + split, (uint16_t)(len - split), 0);
    if (second.data_len > 0) {
        first.next = &second;
        first.nb_segs = 2;
        first.pkt_len = (uint32_t)len;
    }
    check_result(kind, &first, data, len);
    free(first.buf_addr);
    free(second.buf_addr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t split, len;

    if (size < 2 || size > UINT16_MAX) {
        return -1;
    }
    len = size - 2;
    split = data[1] == 0 || data[1] >= len ? len : data[1];
    run(data[0], split, data + 2, len);
    run(data[0], split, data + 2, len);
    return 0;
}
