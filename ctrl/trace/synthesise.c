/* SPDX-License-Identifier: Apache-2.0 */

/* A frame from the fields that a microflow gives. */

#include <config.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "microflow.h"
#include "util.h"

#define ETHERNET 14
#define IPV4 20
#define IPV6 40
#define TYPE_IPV4 0x0800
#define TYPE_ARP 0x0806
#define TYPE_IPV6 0x86dd
#define PROTO_SCTP 132

/* Addresses for documentation (RFC 5737, RFC 3849) and a locally administered MAC
 * address: nobody's. */
#define NOBODY_MAC 0x020000000001
#define NOBODY_IPV4 0xc6336401 /* 198.51.100.1 */
#define NOBODY_IPV6 ((wide)0x20010db8 << 96 | 1)
#define TTL 64

static uint16_t l4_length(wide proto, wide icmp6_type)
{
    switch ((int)proto) {
    case IPPROTO_TCP:
        return 20;
    case IPPROTO_ICMPV6: /* ND: target and one option */
        return icmp6_type == 135 || icmp6_type == 136 ? 32 : 8;
    case PROTO_SCTP:
        return 12;
    default:
        return 8;
    }
}

static void begin_l4(uint8_t *l4, const struct microflow *m, uint16_t len)
{
    wide type = m->value[FIELD_ICMP6_TYPE];
    switch ((int)m->value[FIELD_IP_PROTO]) {
    case IPPROTO_TCP:
        /* Flows only read the flags: frame_store() leaves them alone. */
        put16(l4 + 12, (uint16_t)(5 << 12 | (unsigned int)m->value[FIELD_TCP_FLAGS]));
        break;
    case IPPROTO_UDP:
        put16(l4 + 4, len);
        break;
    case IPPROTO_ICMPV6:
        l4[0] = (uint8_t)type;
        if (type == 135 || type == 136) {
            l4[24] = type == 135 ? 1 : 2; /* link-layer address of source or target … */
            l4[25] = 1;                   /* … 8 bytes */
        }
        break;
    default:
        break;
    }
}

static void begin_ipv4(struct frame *f, const struct microflow *m, uint16_t l4)
{
    uint8_t *ip = f->data + ETHERNET;
    ip[0] = 0x45;
    put16(ip + 2, (uint16_t)(IPV4 + l4));
    put16(ip + 6, 0x4000); /* do not fragment, as most packets */
    ip[9] = (uint8_t)m->value[FIELD_IP_PROTO];
    begin_l4(ip + IPV4, m, l4);
    f->len = (uint16_t)(ETHERNET + IPV4 + l4);
}

static void begin_ipv6(struct frame *f, const struct microflow *m, uint16_t l4)
{
    uint8_t *ip = f->data + ETHERNET;
    ip[0] = 0x60;
    put16(ip + 4, l4);
    ip[6] = (uint8_t)m->value[FIELD_IP_PROTO];
    begin_l4(ip + IPV6, m, l4);
    f->len = (uint16_t)(ETHERNET + IPV6 + l4);
}

static void begin_arp(struct frame *f)
{
    static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4, 0, 1};
    memcpy(f->data + ETHERNET, ethernet_ipv4, sizeof ethernet_ipv4);
    f->len = ETHERNET + 28;
}

static void assume_ip(struct microflow *m, bool v6)
{
    microflow_assume(m, v6 ? FIELD_IP6_SRC : FIELD_IP4_SRC, v6 ? NOBODY_IPV6 : NOBODY_IPV4);
    microflow_assume(m, FIELD_IP_PROTO, IPPROTO_UDP);
    microflow_assume(m, FIELD_IP_TTL, TTL);
    if (!v6 && m->value[FIELD_IP_PROTO] == IPPROTO_ICMP) {
        microflow_assume(m, FIELD_ICMP4_TYPE, 8);
    }
    if (v6 && m->value[FIELD_IP_PROTO] == IPPROTO_ICMPV6) {
        microflow_assume(m, FIELD_ICMP6_TYPE, 128);
    }
}

static void fill_in(const struct microflow *m, struct frame *f)
{
    struct state *state = xmalloc(sizeof *state);
    state_init(state);
    frame_load(f, state);
    for (int id = FIELD_ETH_SRC; id < N_FIELDS; id++) {
        wide rest = state_value(state, id) & ~m->known[id];
        state_set(state, whole(id), rest | (m->value[id] & m->known[id]));
    }
    frame_store(f, state);
    free(state);
}

/* From the beginning: the frame was built with zeroes where they are. */
static void sum_l4(uint8_t *l4, uint16_t len, uint8_t proto, uint32_t addresses)
{
    size_t at = proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : 2;
    uint8_t pseudo[4] = {0, proto, (uint8_t)(len >> 8), (uint8_t)len};
    if (proto != IPPROTO_TCP && proto != IPPROTO_UDP && proto != IPPROTO_ICMP &&
        proto != IPPROTO_ICMPV6) {
        return;
    }
    put16(l4 + at, 0);
    uint32_t sum = proto == IPPROTO_ICMP ? 0 : checksum_add(addresses, pseudo, sizeof pseudo);
    uint16_t result = checksum_finish(checksum_add(sum, l4, len));
    put16(l4 + at, result == 0 && proto == IPPROTO_UDP ? 0xffff : result);
}

static void sum_up(struct frame *f, wide eth_type)
{
    uint8_t *ip = f->data + ETHERNET;
    if (eth_type == TYPE_IPV4) {
        put16(ip + 10, 0);
        put16(ip + 10, checksum_finish(checksum_add(0, ip, IPV4)));
        sum_l4(ip + IPV4, (uint16_t)(f->len - ETHERNET - IPV4), ip[9], checksum_add(0, ip + 12, 8));
    } else if (eth_type == TYPE_IPV6) {
        sum_l4(ip + IPV6, (uint16_t)(f->len - ETHERNET - IPV6), ip[6], checksum_add(0, ip + 8, 32));
    }
}

bool microflow_frame(struct microflow *m, uint16_t ip_len, struct frame *f, char **error)
{
    wide type = m->value[FIELD_ETH_TYPE];
    memset(f, 0, sizeof *f);
    if (m->known[FIELD_ETH_TYPE] != wide_ones(16) ||
        (type != TYPE_IPV4 && type != TYPE_IPV6 && type != TYPE_ARP)) {
        *error = xstrdup("what protocol? Say ip4.dst, ip6.dst, arp, or eth.type of one of these");
        return false;
    }
    microflow_assume(m, FIELD_ETH_SRC, NOBODY_MAC);
    if (m->known[FIELD_ETH_DST] != wide_ones(48)) {
        *error = xstrdup("to which MAC address? Say eth.dst");
        return false;
    }
    if (type == TYPE_ARP) {
        begin_arp(f);
    } else {
        bool v6 = type == TYPE_IPV6;
        assume_ip(m, v6);
        uint16_t l4 = l4_length(m->value[FIELD_IP_PROTO], m->value[FIELD_ICMP6_TYPE]);
        uint16_t head = (uint16_t)(v6 ? IPV6 : IPV4);
        if (ip_len > FRAME_MAX - ETHERNET || (ip_len != 0 && ip_len < head + l4)) {
            *error = xasprintf("an IP packet of %u bytes; %d to %d are possible here", ip_len,
                               head + l4, FRAME_MAX - ETHERNET);
            return false;
        }
        l4 = ip_len != 0 ? (uint16_t)(ip_len - head) : l4;
        v6 ? begin_ipv6(f, m, l4) : begin_ipv4(f, m, l4);
    }
    put16(f->data + 12, (uint16_t)type);
    fill_in(m, f);
    sum_up(f, type);
    return true;
}
