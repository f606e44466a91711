/* SPDX-License-Identifier: Apache-2.0 */
/* What mbufs may be short of, and what they may be in pieces of: buffers run
 * out, nothing is sent, frames are long or segmented, the NIC computes checksums.
 * Forwarding is real: what comes from a gateway of another zone goes on to a hypervisor. */
#include "pmd_child.h"

#include <string.h>

#include <rte_mbuf.h>

#include "icgw_forward.h"
#include "pmd.h"
#include "soft_nic.h"

#define JUMBO 9600
#define FRAME_MAX (14 + JUMBO)

static struct icgw_pmd_config config(uint16_t mtu)
{
    struct icgw_pmd_config c = {
        .program = "test_pmd_buffers",
        .memory_mib = 512,
        .n_workers = 1,
        .idle_sleep = true,
        .n_ports = 1,
        .ports = {{.name = "uplink", .device = SOFT_NIC_DEVICE, .mtu = mtu}},
    };

    soft_nic_reset();
    soft_nic.flow = false;
    return c;
}

static struct icgw_addr v4(uint8_t last)
{
    return (struct icgw_addr){.bytes = {[10] = 0xff, 0xff, 192, 0, 2, last}};
}

/* As soft_nic_tunnel() makes frames: VNI 0xff0002, outport 2. */
static const char *publish(void)
{
    static const uint8_t router[6] = {2, 0, 0, 0, 0, 1}, us[6] = {2, 0, 0, 0, 0, 0x21};
    static const uint8_t them[6] = {2, 0, 0, 0, 0, 0x31};
    const struct icgw_addr local = v4(21), gw = v4(22), hv = v4(31);
    struct icgw_tables *t = icgw_tables_create(1, 1, 1, &local, 1);
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L3, true, 0, 1, 0);
    struct icgw_dest dest = {.verdict = ICGW_VERDICT_FORWARD, .vni = 7, .inport = 1, .outport = 5};
    struct icgw_tunnel tunnel;

    memcpy(ep->router_mac, router, sizeof router);
    icgw_tunnel_init(&tunnel, &local, &hv, ICGW_GENEVE_PORT, true);
    icgw_tunnel_set_next_hop(&tunnel, 0, us, them, 0, JUMBO);
    EXPECT(icgw_endpoint_add_v4(ep, RTE_BE32(0x0a000002), 32, &dest));
    EXPECT(icgw_tables_add_endpoint(t, 0xff0002, 2, ep));
    EXPECT(icgw_tables_add_source(t, &gw, ICGW_ZONE_REMOTE));
    EXPECT(icgw_tables_set_tunnel(t, 0, &tunnel));
    icgw_endpoint_unref(ep);
    icgw_pmd_publish(t);
    return NULL;
}

static void put16(uint8_t *p, unsigned int v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static uint32_t sum16(const uint8_t *p, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* A frame of `len` bytes in all, with payload that differs from byte to byte. */
static void make(uint8_t *frame, uint16_t len, bool cksum)
{
    uint8_t *ip = frame + 14, *udp = frame + 34, *inner = frame + 72;

    soft_nic_tunnel(frame, 5, 0);
    for (uint16_t i = TUNNEL_MARK; i < len; i++) {
        frame[i] = (uint8_t)(i * 7);
    }
    put16(ip + 2, len - 14u);
    put16(ip + 10, 0);
    put16(ip + 10, 0xffff - sum16(ip, 20));
    put16(udp + 4, len - 34u);
    put16(inner + 2, len - 72u);
    put16(inner + 24, len - 92u);
    put16(inner + 10, 0);
    put16(inner + 10, 0xffff - sum16(inner, 20));
    if (cksum) {
        uint32_t sum = sum16(ip + 12, 8) + 17 + (len - 34u) + sum16(udp, len - 34u);

        sum = (sum & 0xffff) + (sum >> 16);
        put16(udp + 6, 0xffff - ((sum & 0xffff) + (sum >> 16)));
    }
}

/* What left is what came, to the hypervisor, with a good checksum. */
static const char *check_forwarded(const uint8_t *in, uint16_t len, unsigned int number)
{
    uint16_t out_len;
    const uint8_t *out = soft_nic_sent(number, &out_len), *udp = out + 34;
    uint32_t sum;

    EXPECT(out_len == len);
    EXPECT(memcmp(out + 30, "\xc0\x00\x02\x1f", 4) == 0);
    EXPECT(memcmp(out + 58, in + 58, len - 58u) == 0);
    EXPECT(sum16(out + 14, 20) == 0xffff);
    EXPECT(udp[6] || udp[7]);
    sum = sum16(out + 26, 8) + 17 + (len - 34u) + sum16(udp, len - 34u);
    EXPECT((sum & 0xffff) + (sum >> 16) == 0xffff);
    return NULL;
}

static const char *forward_one(uint16_t len, bool cksum)
{
    static uint8_t frame[FRAME_MAX + 100];
    unsigned int number = soft_nic.n_sent;

    make(frame, len, cksum);
    EXPECT(soft_nic_receive(frame, len, NULL));
    AWAIT(soft_nic.n_sent == number + 1);
    return check_forwarded(frame, len, number);
}

#define PASS_ON(call)                                                                              \
    do {                                                                                           \
        const char *wrong_ = (call);                                                               \
        if (wrong_) {                                                                              \
            return wrong_;                                                                         \
        }                                                                                          \
    } while (0)

static const char *jumbo(void)
{
    PASS_ON(publish());
    for (uint16_t len = 200; len < FRAME_MAX; len += 1567) {
        PASS_ON(forward_one(len, true));
        PASS_ON(forward_one(len, false));
    }
    return forward_one(FRAME_MAX, true);
}

static void jumbo_frames(void **state)
{
    struct icgw_pmd_config c = config(JUMBO);

    (void)state;
    in_child(&c, jumbo);
}

/* Pieces of 40 bytes split every header, and fill mbufs to chains of 240. */
static void segmented_frames(void **state)
{
    struct icgw_pmd_config c = config(JUMBO);

    (void)state;
    soft_nic.segment = 40;
    in_child(&c, jumbo);
}

static const char *too_long(void)
{
    static uint8_t frame[FRAME_MAX];

    PASS_ON(publish());
    make(frame, 5000, true);
    EXPECT(soft_nic_receive(frame, 5000, NULL));
    AWAIT(child_total().drops[ICGW_DROP_RX_TOO_LONG] == 1);
    return forward_one(1514, true);
}

/* A device that takes no notice of the MTU. */
static void frame_longer_than_the_mtu(void **state)
{
    struct icgw_pmd_config c = config(1500);

    (void)state;
    in_child(&c, too_long);
}

static const char *offload(void)
{
    struct icgw_port_info info;

    PASS_ON(publish());
    icgw_pmd_port_info(0, &info);
    EXPECT(info.udp_cksum);
    EXPECT(soft_nic.conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_UDP_CKSUM);
    EXPECT(icgw_pmd_tables()->tunnels[0]->offload);
    PASS_ON(forward_one(777, false));
    EXPECT(soft_nic.n_offloaded == 1);
    PASS_ON(forward_one(777, true)); /* the old one is updated */
    EXPECT(soft_nic.n_offloaded == 1);
    return NULL;
}

static void device_that_computes_checksums(void **state)
{
    struct icgw_pmd_config c = config(1500);

    (void)state;
    soft_nic.tx_offloads = RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
    in_child(&c, offload);
}

static const char *no_offload(void)
{
    PASS_ON(publish());
    PASS_ON(forward_one(777, false));
    EXPECT(soft_nic.n_offloaded == 0);
    return NULL;
}

static void device_that_does_not(void **state)
{
    struct icgw_pmd_config c = config(1500);

    (void)state;
    in_child(&c, no_offload);
}

static const char *exhaustion(void)
{
    struct rte_mbuf *held = NULL, *m;
    struct icgw_port_info info;
    uint8_t frame[300];

    PASS_ON(publish());
    make(frame, sizeof frame, true);
    while ((m = icgw_pmd_mbuf("x", 1)) != NULL) {
        m->next = held;
        held = m;
    }
    for (int i = 0; i < 100; i++) {
        EXPECT(!soft_nic_receive(frame, sizeof frame, NULL));
    }
    icgw_pmd_port_info(0, &info);
    EXPECT(info.rx_no_mbuf == 100);
    while (held != NULL) {
        m = held->next;
        held->next = NULL;
        rte_pktmbuf_free(held);
        held = m;
    }
    return forward_one(300, true);
}

static void no_mbuf_left(void **state)
{
    struct icgw_pmd_config c = config(1500);

    (void)state;
    in_child(&c, exhaustion);
}

static const char *overflow(void)
{
    unsigned int free_before = rte_mempool_avail_count(pmd.pools[0]);
    uint8_t frame[300];

    PASS_ON(publish());
    make(frame, sizeof frame, true);
    for (int i = 0; i < 500; i++) {
        soft_nic.accepts = i % 100 < 90 ? 0 : 1;
        EXPECT(soft_nic_receive(frame, sizeof frame, NULL));
        AWAIT(child_total().tx_packets + child_total().drops[ICGW_DROP_TX_FULL] == (uint64_t)i + 1);
    }
    EXPECT(child_total().drops[ICGW_DROP_TX_FULL] == 450);
    EXPECT(child_total().tx_packets == 50);
    EXPECT(child_total().tx_bytes == 50 * sizeof frame);
    AWAIT(rte_mempool_avail_count(pmd.pools[0]) == free_before);
    soft_nic.accepts = UINT16_MAX;
    return forward_one(300, true);
}

static void device_that_sends_nothing(void **state)
{
    struct icgw_pmd_config c = config(1500);

    (void)state;
    in_child(&c, overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jumbo_frames),
        cmocka_unit_test(segmented_frames),
        cmocka_unit_test(frame_longer_than_the_mtu),
        cmocka_unit_test(device_that_computes_checksums),
        cmocka_unit_test(device_that_does_not),
        cmocka_unit_test(no_mbuf_left),
        cmocka_unit_test(device_that_sends_nothing),
    };
    return cmocka_run_group_tests_name("pmd_buffers", tests, NULL, NULL);
}
