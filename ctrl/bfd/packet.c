/* SPDX-License-Identifier: Apache-2.0 */
#include "packet.h"

#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "icgw_forward.h"

/* RFC 5880, 4.1. */
#define CONTROL_LEN 24
#define VERSION 1
#define POLL 0x20
#define FINAL 0x10
#define AUTHENTICATION 0x04
#define MULTIPOINT 0x01

#define PORT 3784 /* RFC 5881, 4 */
#define TTL 255   /* RFC 5881, 5 */
#define TOS 0xc0  /* network control, as Open vSwitch marks it */

#define INNER_LEN                                                                                  \
    (sizeof(struct rte_ether_hdr) + sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_udp_hdr) +     \
     CONTROL_LEN)
#define GENEVE_LEN 8u
#define OPTION_LEN (ICGW_GENEVE_LEN - GENEVE_LEN)

/* Open vSwitch's defaults: its own Ethernet address for BFD and a pair of
 * link-local addresses, the same in both directions. */
static const uint8_t eth_dst[6] = {0x00, 0x23, 0x20, 0x00, 0x00, 0x01};
#define IP_SRC 0xa9fe0101u /* 169.254.1.1 */
#define IP_DST 0xa9fe0100u /* 169.254.1.0 */

static void put32(uint8_t *p, uint32_t v)
{
    v = rte_cpu_to_be_32(v);
    memcpy(p, &v, sizeof v);
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return rte_be_to_cpu_32(v);
}

static void put_control(uint8_t *p, const struct bfd_control *c)
{
    p[0] = (uint8_t)(VERSION << 5 | c->diag);
    p[1] = (uint8_t)((unsigned int)c->state << 6 | (c->poll ? POLL : 0) | (c->final ? FINAL : 0));
    p[2] = c->mult;
    p[3] = CONTROL_LEN;
    put32(p + 4, c->my_discr);
    put32(p + 8, c->your_discr);
    put32(p + 12, c->min_tx_us);
    put32(p + 16, c->min_rx_us);
    put32(p + 20, c->min_echo_us);
}

static void put_inner(uint8_t *p, const struct bfd_source *source, const struct bfd_control *c)
{
    struct rte_ether_hdr eth = {.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4)};
    struct rte_ipv4_hdr ip = {
        .version_ihl = RTE_IPV4_VHL_DEF,
        .type_of_service = TOS,
        .total_length = RTE_BE16(INNER_LEN - sizeof eth),
        .time_to_live = TTL,
        .next_proto_id = IPPROTO_UDP,
        .src_addr = rte_cpu_to_be_32(IP_SRC),
        .dst_addr = rte_cpu_to_be_32(IP_DST),
    };
    struct rte_udp_hdr udp = {
        .src_port = rte_cpu_to_be_16(source->port),
        .dst_port = RTE_BE16(PORT),
        .dgram_len = RTE_BE16(sizeof udp + CONTROL_LEN),
    };

    memcpy(&eth.dst_addr, eth_dst, sizeof eth_dst);
    memcpy(&eth.src_addr, source->eth_src, sizeof source->eth_src);
    ip.hdr_checksum = rte_ipv4_cksum(&ip);
    memcpy(p, &eth, sizeof eth);
    memcpy(p + sizeof eth, &ip, sizeof ip);
    memcpy(p + sizeof eth + sizeof ip, &udp, sizeof udp);
    put_control(p + sizeof eth + sizeof ip + sizeof udp, c);
}

/* UDP, Geneve without OVN's option, the critical bit clear for want of it.
 * Returns the checksum over both and the payload, pseudo header excluded. */
static uint16_t finish_udp(uint8_t *p, uint16_t len, uint16_t entropy)
{
    struct rte_udp_hdr udp;
    memcpy(&udp, p, sizeof udp);
    udp.src_port = rte_cpu_to_be_16(entropy);
    udp.dgram_len = rte_cpu_to_be_16(len);
    memcpy(p, &udp, sizeof udp);
    p[sizeof udp] = 0;
    p[sizeof udp + 1] = 0;
    return rte_raw_cksum(p, len);
}

static void finish_ip(uint8_t *l3, const struct icgw_tunnel *t, uint16_t udp_len)
{
    uint16_t len;
    if (t->v6) {
        len = rte_cpu_to_be_16(udp_len);
        memcpy(l3 + offsetof(struct rte_ipv6_hdr, payload_len), &len, sizeof len);
        return;
    }
    struct rte_ipv4_hdr ip;
    memcpy(&ip, l3, sizeof ip);
    ip.total_length = rte_cpu_to_be_16((uint16_t)(udp_len + sizeof ip));
    ip.hdr_checksum = 0;
    ip.hdr_checksum = rte_ipv4_cksum(&ip);
    memcpy(l3, &ip, sizeof ip);
}

static uint16_t fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

uint16_t bfd_frame_build(uint8_t frame[BFD_FRAME_MAX], const struct icgw_tunnel *t,
                         const struct bfd_source *source, const struct bfd_control *c)
{
    const uint16_t hdr_len = (uint16_t)(t->hdr_len - OPTION_LEN);
    const uint16_t udp_len = sizeof(struct rte_udp_hdr) + GENEVE_LEN + INNER_LEN;
    uint8_t *udp = frame + hdr_len - GENEVE_LEN - sizeof(struct rte_udp_hdr);

    _Static_assert(ICGW_OUTER_MAX + INNER_LEN <= BFD_FRAME_MAX, "a frame fits");
    memcpy(frame, t->hdr, hdr_len);
    put_inner(frame + hdr_len, source, c);
    finish_ip(frame + t->l2_len, t, udp_len);
    uint32_t sum = finish_udp(udp, udp_len, source->entropy);
    if (t->csum) {
        sum += fold(t->addr_sum);
        sum += RTE_BE16(IPPROTO_UDP);
        sum += rte_cpu_to_be_16(udp_len);
        uint16_t cksum = (uint16_t)~fold(sum);
        cksum = cksum == 0 ? 0xffff : cksum; /* RFC 768: zero means none */
        memcpy(udp + offsetof(struct rte_udp_hdr, dgram_cksum), &cksum, sizeof cksum);
    }
    return (uint16_t)(hdr_len + INNER_LEN);
}

/* What of RFC 5880, 6.8.6 needs no session. */
static bool parse_control(const uint8_t *p, size_t len, struct bfd_control *c)
{
    if (len < CONTROL_LEN || p[0] >> 5 != VERSION || p[3] < CONTROL_LEN || p[3] > len ||
        p[1] & (AUTHENTICATION | MULTIPOINT) || p[2] == 0) {
        return false;
    }
    c->diag = p[0] & 0x1f;
    c->state = p[1] >> 6;
    c->poll = p[1] & POLL;
    c->final = p[1] & FINAL;
    c->mult = p[2];
    c->my_discr = get32(p + 4);
    c->your_discr = get32(p + 8);
    c->min_tx_us = get32(p + 12);
    c->min_rx_us = get32(p + 16);
    c->min_echo_us = get32(p + 20);
    return c->my_discr != 0 && (c->your_discr != 0 || c->state <= BFD_DOWN);
}

/* The way to the control packet.  Only the port says what it is: inner
 * addresses are configurable in Open vSwitch, and mean nothing. */
static bool parse_inner(const uint8_t *p, size_t len, struct bfd_control *c)
{
    struct rte_ether_hdr eth;
    struct rte_ipv4_hdr ip;
    struct rte_udp_hdr udp;

    if (len < sizeof eth + sizeof ip) {
        return false;
    }
    memcpy(&eth, p, sizeof eth);
    memcpy(&ip, p + sizeof eth, sizeof ip);
    p += sizeof eth;
    len -= sizeof eth;
    size_t ip_len = rte_be_to_cpu_16(ip.total_length);
    size_t ihl = (ip.version_ihl & RTE_IPV4_HDR_IHL_MASK) * (size_t)RTE_IPV4_IHL_MULTIPLIER;
    if (eth.ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) || ip.version_ihl >> 4 != IPVERSION ||
        ihl < sizeof ip || ip_len > len || ip_len < ihl + sizeof udp ||
        rte_raw_cksum(p, ihl) != 0xffff || ip.next_proto_id != IPPROTO_UDP ||
        ip.time_to_live != TTL ||
        ip.fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) {
        return false;
    }
    memcpy(&udp, p + ihl, sizeof udp);
    size_t udp_len = rte_be_to_cpu_16(udp.dgram_len);
    if (udp.dst_port != RTE_BE16(PORT) || udp_len < sizeof udp || udp_len > ip_len - ihl) {
        return false;
    }
    return parse_control(p + ihl + sizeof udp, udp_len - sizeof udp, c);
}

bool bfd_frame_parse(const uint8_t *frame, uint16_t len, struct icgw_addr *locals,
                     uint16_t n_locals, struct bfd_arrival *arrival, bool *addressed)
{
    const struct icgw_tables tables = {.locals = locals, .n_locals = n_locals};
    struct icgw_packet outer;
    enum icgw_drop reason;
    struct rte_mbuf m;

    /* The workers' parser, which is what they have applied already; it only reads. */
    memset(&m, 0, sizeof m);
    m.buf_addr = (void *)(uintptr_t)frame;
    m.buf_len = len;
    m.data_len = len;
    m.pkt_len = len;
    m.nb_segs = 1;
    *addressed = false;
    if (icgw_parse(&m, &tables, &outer, &reason) != ICGW_ACTION_TX || outer.has_option) {
        return false;
    }
    arrival->src = outer.src;
    arrival->dst = outer.dst;
    *addressed = true;
    return parse_inner(frame + outer.outer_len, outer.inner_len, &arrival->control);
}
