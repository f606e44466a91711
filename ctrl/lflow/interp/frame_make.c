/* SPDX-License-Identifier: Apache-2.0 */

/* New frames for the arp, nd_ns, nd_na, icmp4 and icmp6 actions.  Contents are
 * those that ovn-controller gives them (recorded in tests/recordings). */

#include <netinet/in.h>
#include <string.h>

#include "checksum.h"
#include "frame.h"

#define ETHERNET_LEN 14
#define IPV4_LEN 20
#define IPV6_LEN 40
#define ICMP_LEN 8
#define IPV4_DONT_FRAGMENT 0x4000

/* Longest quotation of the packet in error: the whole error fits 576 bytes
 * (RFC 1812, 4.3.2.3) or the minimum IPv6 MTU (RFC 4443, 3.1), Ethernet header
 * counted as ovn-controller does. */
#define IPV4_QUOTE_MAX (576 - ETHERNET_LEN - IPV4_LEN - ICMP_LEN)
#define IPV6_QUOTE_MAX (1280 - ETHERNET_LEN - IPV6_LEN - ICMP_LEN)

#define ND_LEN 32 /* with one link-layer address option */
#define ND_SOLICITATION 135
#define ND_ADVERTISEMENT 136
#define ND_ROUTER 0x80
#define ND_SOLICITED_OVERRIDE 0x60

static void put_ethernet(struct frame *f, wide dst, wide src, uint16_t type)
{
    wide_to_bytes(dst, f->data, 6);
    wide_to_bytes(src, f->data + 6, 6);
    put16(f->data + 12, type);
}

static void put_ipv4(struct frame *f, wide src, wide dst, uint8_t proto, uint16_t payload)
{
    uint8_t *ip = f->data + ETHERNET_LEN;
    memset(ip, 0, IPV4_LEN);
    ip[0] = 0x45;
    put16(ip + 2, (uint16_t)(IPV4_LEN + payload));
    put16(ip + 6, IPV4_DONT_FRAGMENT);
    ip[8] = 255;
    ip[9] = proto;
    wide_to_bytes(src, ip + 12, 4);
    wide_to_bytes(dst, ip + 16, 4);
    put16(ip + 10, checksum_finish(checksum_add(0, ip, IPV4_LEN)));
    f->len = (uint16_t)(ETHERNET_LEN + IPV4_LEN + payload);
}

static void put_ipv6(struct frame *f, wide src, wide dst, uint8_t proto, uint16_t payload)
{
    uint8_t *ip = f->data + ETHERNET_LEN;
    memset(ip, 0, IPV6_LEN);
    ip[0] = 0x60;
    put16(ip + 4, payload);
    ip[6] = proto;
    ip[7] = 255;
    wide_to_bytes(src, ip + 8, 16);
    wide_to_bytes(dst, ip + 24, 16);
    f->len = (uint16_t)(ETHERNET_LEN + IPV6_LEN + payload);
}

/* Checksum of ICMPv6 behind an IPv6 header without extensions. */
static void finish_icmp6(struct frame *f, uint16_t len)
{
    uint8_t *ip = f->data + ETHERNET_LEN;
    uint8_t pseudo[4] = {0, 0, 0, IPPROTO_ICMPV6};
    uint32_t sum = checksum_add(0, ip + 8, 32);
    sum = checksum_add(sum, ip + 4, 2);
    sum = checksum_add(sum, pseudo, sizeof pseudo);
    sum = checksum_add(sum, ip + IPV6_LEN, len);
    put16(ip + IPV6_LEN + 2, checksum_finish(sum));
}

void frame_make_arp(struct frame *f, const struct state *s)
{
    static const uint8_t request[] = {0, 1, 8, 0, 6, 4, 0, 1};
    uint8_t *arp = f->data + ETHERNET_LEN;

    put_ethernet(f, state_value(s, FIELD_ETH_DST), state_value(s, FIELD_ETH_SRC), 0x0806);
    memset(arp, 0, 28);
    memcpy(arp, request, sizeof request);
    wide_to_bytes(state_value(s, FIELD_ETH_SRC), arp + 8, 6);
    wide_to_bytes(state_value(s, FIELD_IP4_SRC), arp + 14, 4);
    wide_to_bytes(state_value(s, FIELD_IP4_DST), arp + 24, 4);
    f->len = ETHERNET_LEN + 28;
}

/* fe80::/64 with the modified EUI-64 of the address (RFC 4291, appendix A). */
static wide link_local(wide mac)
{
    wide eui = (mac >> 24) << 40 | (wide)0xfffe << 24 | (mac & 0xffffff);
    return (wide)0xfe80 << 112 | (eui ^ (wide)0x02 << 56);
}

static void put_nd(struct frame *f, uint8_t type, uint8_t flags, wide target, uint8_t option,
                   wide mac)
{
    uint8_t *nd = f->data + ETHERNET_LEN + IPV6_LEN;
    memset(nd, 0, ND_LEN);
    nd[0] = type;
    nd[4] = flags;
    wide_to_bytes(target, nd + 8, 16);
    nd[24] = option;
    nd[25] = 1; /* units of 8 bytes */
    wide_to_bytes(mac, nd + 26, 6);
    finish_icmp6(f, ND_LEN);
}

void frame_make_ns(struct frame *f, const struct state *s)
{
    wide src = state_value(s, FIELD_ETH_SRC);
    wide target = state_value(s, FIELD_IP6_DST);
    wide low = target & 0xffffff;
    /* Solicited-node group ff02::1:ffXX:XXXX (RFC 4291, 2.7.1), and its Ethernet
     * address (RFC 2464, 7). */
    wide group = (wide)0xff02 << 112 | (wide)1 << 32 | (wide)0xff << 24 | low;
    wide group_mac = (wide)0x3333 << 32 | (group & 0xffffffff);

    put_ethernet(f, group_mac, src, 0x86dd);
    put_ipv6(f, link_local(src), group, IPPROTO_ICMPV6, ND_LEN);
    put_nd(f, ND_SOLICITATION, 0, target, 1, src);
}

bool frame_make_na(struct frame *f, const struct state *s, bool router)
{
    if (state_value(s, FIELD_ETH_TYPE) != 0x86dd || state_value(s, FIELD_ICMP6_TYPE) != 135) {
        return false;
    }
    wide target = state_value(s, FIELD_ND_TARGET);
    wide src = state_value(s, FIELD_ETH_DST);
    uint8_t flags = ND_SOLICITED_OVERRIDE | (router ? ND_ROUTER : 0);

    put_ethernet(f, state_value(s, FIELD_ETH_SRC), src, 0x86dd);
    put_ipv6(f, target, state_value(s, FIELD_IP6_SRC), IPPROTO_ICMPV6, ND_LEN);
    put_nd(f, ND_ADVERTISEMENT, flags, target, 2, src);
    return true;
}

/* Bytes of the IP packet in `in`, at most `max`; 0: too short to quote. */
static uint16_t quote_len(const struct frame *in, size_t header, uint32_t ip_len, uint16_t max)
{
    uint32_t present = in->len > ETHERNET_LEN ? (uint32_t)(in->len - ETHERNET_LEN) : 0;
    uint32_t len = ip_len < present ? ip_len : present;
    return len < header ? 0 : (uint16_t)(len < max ? len : max);
}

bool frame_make_icmp4(struct frame *f, const struct frame *in, const struct state *s,
                      bool port_unreachable)
{
    const uint8_t *in_ip = in->data + ETHERNET_LEN;
    uint8_t *icmp = f->data + ETHERNET_LEN + IPV4_LEN;

    if (state_value(s, FIELD_ETH_TYPE) != 0x0800 || get16(in->data + 12) != 0x0800) {
        return false;
    }
    uint16_t quoted = quote_len(in, IPV4_LEN, get16(in_ip + 2), IPV4_QUOTE_MAX);
    if (quoted == 0) {
        return false;
    }
    put_ethernet(f, state_value(s, FIELD_ETH_DST), state_value(s, FIELD_ETH_SRC), 0x0800);
    put_ipv4(f, state_value(s, FIELD_IP4_SRC), state_value(s, FIELD_IP4_DST), IPPROTO_ICMP,
             (uint16_t)(ICMP_LEN + quoted));
    memset(icmp, 0, ICMP_LEN);
    icmp[0] = 3;
    icmp[1] = port_unreachable && in_ip[9] == IPPROTO_UDP ? 3 : 1;
    memcpy(icmp + ICMP_LEN, in_ip, quoted);
    put16(icmp + 2, checksum_finish(checksum_add(0, icmp, ICMP_LEN + (size_t)quoted)));
    return true;
}

bool frame_make_icmp6(struct frame *f, const struct frame *in, const struct state *s,
                      bool port_unreachable)
{
    const uint8_t *in_ip = in->data + ETHERNET_LEN;
    uint8_t *icmp = f->data + ETHERNET_LEN + IPV6_LEN;

    if (state_value(s, FIELD_ETH_TYPE) != 0x86dd || get16(in->data + 12) != 0x86dd) {
        return false;
    }
    uint16_t quoted =
        quote_len(in, IPV6_LEN, (uint32_t)IPV6_LEN + get16(in_ip + 4), IPV6_QUOTE_MAX);
    if (quoted == 0) {
        return false;
    }
    put_ethernet(f, state_value(s, FIELD_ETH_DST), state_value(s, FIELD_ETH_SRC), 0x86dd);
    put_ipv6(f, state_value(s, FIELD_IP6_SRC), state_value(s, FIELD_IP6_DST), IPPROTO_ICMPV6,
             (uint16_t)(ICMP_LEN + quoted));
    memset(icmp, 0, ICMP_LEN);
    icmp[0] = 1;
    icmp[1] = port_unreachable && in_ip[6] == IPPROTO_UDP ? 4 : 1;
    memcpy(icmp + ICMP_LEN, in_ip, quoted);
    finish_icmp6(f, (uint16_t)(ICMP_LEN + quoted));
    return true;
}
