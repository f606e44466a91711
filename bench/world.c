/* SPDX-License-Identifier: Apache-2.0 */
/* The synthetic gateway: tables and the frames that use them.  Addresses are
 * those of two zones as in tests/lab. */
#include "bench.h"

#include <string.h>

#include <rte_byteorder.h>
#include <rte_mbuf.h>

#include "icgw_forward.h"

#define ROUTER_VNI 2
#define ROUTER_KEY 3
#define TRANSIT_VNI 0xff0002
#define TRANSIT_KEY 2
#define SWITCH_VNI 1

static const uint8_t router_mac[6] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 2};
static const uint8_t vif_mac[6] = {0, 0, 0, 2, 0, 0x10};
static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 0x21};
static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 0x22};

static struct icgw_addr v4(uint8_t last)
{
    return (struct icgw_addr){.bytes = {[10] = 0xff, 0xff, 192, 0, 2, last}};
}

static void dest_mac(uint8_t mac[6], uint32_t dest)
{
    uint32_t be = rte_cpu_to_be_32(dest);

    mac[0] = 0x0a;
    mac[1] = 0;
    memcpy(mac + 2, &be, sizeof be);
}

static uint32_t dest_addr(uint32_t dest)
{
    return rte_cpu_to_be_32(0x0a000000 + dest);
}

static void dest_addr6(uint8_t addr[16], uint32_t dest)
{
    uint32_t be = rte_cpu_to_be_32(dest);

    memset(addr, 0, 16);
    addr[0] = 0xfd;
    memcpy(addr + 12, &be, sizeof be);
}

/* What packets to one transit switch of ours carry, and what they leave with. */
static uint32_t vni_in(const struct bench_options *o, uint32_t transit)
{
    return (o->direction == BENCH_OUT ? ROUTER_VNI : TRANSIT_VNI) + transit;
}

static uint32_t vni_out(const struct bench_options *o, uint32_t transit)
{
    return (o->direction == BENCH_OUT ? TRANSIT_VNI : SWITCH_VNI) + transit;
}

/* Guards as the specialiser leaves them on such paths. */
static bool add_dest(struct icgw_endpoint *ep, const struct bench_options *o, uint32_t transit,
                     uint32_t i)
{
    static const struct icgw_source_guard sources = {
        .n = 3,
        .prefix = {{{.bytes = {[10] = 0xff, 0xff, 127}}, {.bytes = {[0 ... 12] = 0xff}}},
                   {{.bytes = {[10] = 0xff, 0xff, 10, 1, 0, 1}}, {.bytes = {[0 ... 15] = 0xff}}},
                   {{.bytes = {0xfe, 0x80}}, {.bytes = {0xff, 0xff}}}},
    };
    struct icgw_dest dest = {
        .verdict = ICGW_VERDICT_FORWARD,
        .vni = vni_out(o, transit),
        .inport = 1,
        .outport = TRANSIT_KEY,
        .guard = ICGW_CLASS_TOO_BIG_ERROR | ICGW_CLASS_ND,
    };
    uint8_t mac[6], addr6[16];

    if (o->direction == BENCH_OUT) {
        dest_mac(mac, i);
        return icgw_endpoint_add_l2(ep, mac, o->ipv6 ? RTE_BE16(0x86dd) : RTE_BE16(0x0800), &dest);
    }
    dest.min_ttl = 2;
    dest.ttl_dec = 1;
    dest.rewrite_eth = true;
    memcpy(dest.eth_dst, vif_mac, 6);
    memcpy(dest.eth_src, router_mac, 6);
    dest.sources = &sources;
    if (o->ipv6) {
        dest_addr6(addr6, i);
        return icgw_endpoint_add_v6(ep, addr6, 128, &dest);
    }
    return icgw_endpoint_add_v4(ep, dest_addr(i), 32, &dest);
}

static struct icgw_endpoint *make_endpoint(const struct bench_options *o, uint32_t transit)
{
    bool out = o->direction == BENCH_OUT;
    uint32_t n = o->destinations;
    struct icgw_endpoint *ep =
        icgw_endpoint_create(out ? ICGW_ENDPOINT_L2 : ICGW_ENDPOINT_L3, !out, out ? n : 0,
                             !out && !o->ipv6 ? n : 0, !out && o->ipv6 ? n : 0);

    if (ep == NULL) {
        return NULL;
    }
    memcpy(ep->router_mac, router_mac, sizeof router_mac);
    for (uint32_t i = 0; i < o->destinations; i++) {
        if (!add_dest(ep, o, transit, i)) {
            icgw_endpoint_unref(ep);
            return NULL;
        }
    }
    return ep;
}

static bool add_endpoints(struct icgw_tables *t, const struct bench_options *o)
{
    uint16_t key = o->direction == BENCH_OUT ? ROUTER_KEY : TRANSIT_KEY;
    bool ok = true;

    for (uint32_t transit = 0; ok && transit < o->transits; transit++) {
        struct icgw_endpoint *ep = make_endpoint(o, transit);

        ok = ep != NULL && icgw_tables_add_endpoint(t, vni_in(o, transit), key, ep);
        icgw_endpoint_unref(ep);
    }
    return ok;
}

struct icgw_tables *bench_tables(const struct bench_options *o)
{
    bool out = o->direction == BENCH_OUT;
    const struct icgw_addr local = v4(21), hv = v4(11), gw = v4(22);
    struct icgw_tables *t = icgw_tables_create(o->transits, 2, 1, &local, 1);
    struct icgw_tunnel tunnel;

    icgw_tunnel_init(&tunnel, &local, out ? &gw : &hv, ICGW_GENEVE_PORT, o->checksum);
    icgw_tunnel_set_next_hop(&tunnel, 0, our_mac, peer_mac, 0, 9000);
    if (t == NULL || !add_endpoints(t, o) || !icgw_tables_add_source(t, &hv, ICGW_ZONE_LOCAL) ||
        !icgw_tables_add_source(t, &gw, ICGW_ZONE_REMOTE) ||
        !icgw_tables_set_tunnel(t, 0, &tunnel)) {
        icgw_tables_free(t);
        return NULL;
    }
    return t;
}

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put_ipv4(uint8_t *p, uint32_t payload, uint32_t flow, uint32_t dest)
{
    static const uint8_t ip[12] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0};
    uint32_t addr = dest_addr(dest);

    memcpy(p, ip, sizeof ip);
    put16(p + 2, 20 + payload);
    put16(p + 12, 0x0a02);
    put16(p + 14, flow >> 16);
    memcpy(p + 16, &addr, sizeof addr);
}

static void put_ipv6(uint8_t *p, uint32_t payload, uint32_t flow, uint32_t dest)
{
    static const uint8_t ip[8] = {0x60, 0, 0, 0, 0, 0, 17, 64};

    memcpy(p, ip, sizeof ip);
    put16(p + 4, payload);
    dest_addr6(p + 8, flow >> 16);
    p[9] = 2; /* not a destination's */
    dest_addr6(p + 24, dest);
}

/* UDP in Ethernet. */
static void put_inner(const struct bench_options *o, uint8_t *p, uint32_t flow)
{
    uint32_t dest = flow / o->transits % o->destinations;
    uint32_t ip_len = o->ipv6 ? 40 : 20, payload = o->length - 14 - ip_len;

    if (o->direction == BENCH_OUT) {
        dest_mac(p, dest);
    } else {
        memcpy(p, router_mac, 6);
    }
    memcpy(p + 6, vif_mac, 6);
    put16(p + 12, o->ipv6 ? 0x86dd : 0x0800);
    if (o->ipv6) {
        put_ipv6(p + 14, payload, flow, dest);
    } else {
        put_ipv4(p + 14, payload, flow, dest);
    }
    p += 14 + ip_len;
    put16(p, flow);
    put16(p + 2, 443);
    put16(p + 4, payload);
    put16(p + 6, o->ipv6 ? 0x1234 : 0); /* must be one in IPv6; nobody looks */
}

/* RFC 1071 */
static void put_ip_cksum(uint8_t *ip)
{
    uint32_t sum = 0;

    for (unsigned int i = 0; i < 20; i += 2) {
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    put16(ip + 10, ~(sum + (sum >> 16)));
}

void bench_frame(const struct bench_options *o, uint32_t flow, struct rte_mbuf *m)
{
    static const uint8_t outer[58] = {
        2,    0,    0,    0,    0,   0x21, 2,    0,  0,  0,  0,    0x11, 8, 0, /* Ethernet */
        0x45, 0,    0,    0,    0,   0,    0x40, 0,  64, 17, 0,    0,          /* IPv4 */
        192,  0,    2,    11,   192, 0,    2,    21,                           /* */
        0,    0,    0x17, 0xc1, 0,   0,    0,    0,                            /* UDP */
        0x02, 0x40, 0x65, 0x58, 0,   0,    2,    0,  1,  2,  0x80, 1,    0, 1, 0, 3,
    };
    bool out = o->direction == BENCH_OUT;
    uint32_t vni = vni_in(o, flow % o->transits);
    uint8_t *p;

    rte_pktmbuf_reset(m);
    m->data_len = (uint16_t)(sizeof outer + o->length);
    m->pkt_len = m->data_len;
    /* As NICs report; the parser does not check again. */
    m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD;
    p = rte_pktmbuf_mtod(m, uint8_t *);
    memcpy(p, outer, sizeof outer);
    p[29] = out ? 11 : 22;
    put16(p + 16, o->length + 44);
    put16(p + 34, 0xc000 | (flow * 0x9e3779b1u >> 18));
    put16(p + 38, o->length + 24);
    put16(p + 40, o->checksum ? 0x1234 : 0);
    p[46] = (uint8_t)(vni >> 16);
    put16(p + 47, vni & 0xffff);
    put16(p + 56, out ? ROUTER_KEY : TRANSIT_KEY);
    put_ip_cksum(p + 14);
    put_inner(o, p + sizeof outer, flow);
}
