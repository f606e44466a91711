/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include "bytes.h"
#include "wire.h"

/* A chain of IPv6 extension headers longer than this is not followed; such a
 * packet counts as one with options. */
#define MAX_EXTENSIONS 8

/* Protocol numbers of the two families. */
#define ICMP_UNREACHABLE 3 /* RFC 792 */
#define ICMP_ECHO 8
#define ICMPV6_TOO_BIG 2 /* RFC 4443 */
#define ICMPV6_ECHO 128
#define MLD_QUERY 130 /* RFC 2710 … */
#define MLD_DONE 132
#define ND_FIRST 133 /* RFC 4861: 133 to 137 */
#define ND_LAST 137
#define MLD2_REPORT 143 /* RFC 3810 */

static uint32_t icmp_class(uint8_t type)
{
    switch (type) {
    case ICMP_UNREACHABLE:
        return ICGW_CLASS_TOO_BIG_ERROR;
    case ICMP_ECHO:
        return ICGW_CLASS_ECHO_REQUEST;
    default:
        return 0;
    }
}

static uint32_t icmpv6_class(uint8_t type)
{
    if (type >= ND_FIRST && type <= ND_LAST) {
        return ICGW_CLASS_ND;
    }
    if ((type >= MLD_QUERY && type <= MLD_DONE) || type == MLD2_REPORT) {
        return ICGW_CLASS_MLD;
    }
    switch (type) {
    case ICMPV6_TOO_BIG:
        return ICGW_CLASS_TOO_BIG_ERROR;
    case ICMPV6_ECHO:
        return ICGW_CLASS_ECHO_REQUEST;
    default:
        return 0;
    }
}

/* The type of the ICMP message at `l4`.  A header that the packet is too short
 * for has no type: nothing is wrong with that for a router. */
static bool read_icmp(const struct icgw_view *v, uint32_t l4, uint32_t end, bool v6,
                      struct icgw_packet *p, enum icgw_drop *reason)
{
    if (l4 >= end) {
        return true;
    }
    if (!icgw_readable(v, l4 + 1, end, ICGW_DROP_INNER_TRUNCATED, reason)) {
        return false;
    }
    p->class |= v6 ? icmpv6_class(v->data[l4]) : icmp_class(v->data[l4]);
    return true;
}

static bool parse_v4(const struct icgw_view *v, uint32_t l3, uint32_t end, struct icgw_packet *p,
                     enum icgw_drop *reason)
{
    const uint8_t *ip = v->data + l3;
    uint32_t ihl;
    uint16_t frag;

    if (!icgw_readable(v, l3 + ICGW_IPV4_LEN, end, ICGW_DROP_INNER_TRUNCATED, reason)) {
        return false;
    }
    ihl = (ip[0] & 0xfu) * 4;
    p->inner_ip_len = icgw_load_be16(ip + 2);
    p->ttl = ip[8];
    if (ip[0] >> 4 != 4 || ihl < ICGW_IPV4_LEN || p->inner_ip_len < ihl) {
        *reason = ICGW_DROP_INNER_MALFORMED;
        return false;
    }
    if (l3 + p->inner_ip_len > end) {
        *reason = ICGW_DROP_INNER_TRUNCATED;
        return false;
    }
    if (!icgw_readable(v, l3 + ihl, end, ICGW_DROP_INNER_TRUNCATED, reason)) {
        return false;
    }
    frag = icgw_load_be16(ip + 6);
    if (frag & (ICGW_IPV4_MF | ICGW_IPV4_OFFSET)) {
        p->class |= ICGW_CLASS_FRAGMENT;
    }
    if (ihl > ICGW_IPV4_LEN) {
        p->class |= ICGW_CLASS_IP_OPTIONS;
    }
    if (ip[9] == ICGW_PROTO_IGMP) {
        p->class |= ICGW_CLASS_IGMP;
    }
    if (frag & ICGW_IPV4_OFFSET) {
        p->class |= ICGW_CLASS_LATER_FRAGMENT;
        return true;
    }
    return ip[9] != ICGW_PROTO_ICMP ||
           read_icmp(v, l3 + ihl, l3 + p->inner_ip_len, false, p, reason);
}

static bool is_extension(uint8_t proto)
{
    return proto == ICGW_PROTO_HOPOPTS || proto == ICGW_PROTO_ROUTING ||
           proto == ICGW_PROTO_FRAGMENT || proto == ICGW_PROTO_DSTOPTS || proto == ICGW_PROTO_AH;
}

/* Length of the extension header at `h`, RFC 8200 section 4, RFC 4302 for AH. */
static uint32_t extension_len(uint8_t proto, const uint8_t *h)
{
    switch (proto) {
    case ICGW_PROTO_FRAGMENT:
        return 8;
    case ICGW_PROTO_AH:
        return (h[1] + 2u) * 4;
    default:
        return (h[1] + 1u) * 8;
    }
}

static void classify_extension(uint8_t proto, const uint8_t *h, struct icgw_packet *p)
{
    if (proto != ICGW_PROTO_FRAGMENT) {
        p->class |= ICGW_CLASS_IP_OPTIONS;
        return;
    }
    p->class |= ICGW_CLASS_FRAGMENT;
    if (icgw_load_be16(h + 2) & ICGW_IPV6_OFFSET) {
        p->class |= ICGW_CLASS_LATER_FRAGMENT;
    }
}

/* From the end of the IPv6 header on: the classes.  MLD comes behind a
 * hop-by-hop header, so the chain has to be followed. */
static bool walk_extensions(const struct icgw_view *v, uint32_t at, uint32_t end, uint8_t proto,
                            struct icgw_packet *p, enum icgw_drop *reason)
{
    for (unsigned int i = 0; is_extension(proto); i++) {
        const uint8_t *h = v->data + at;

        if (i == MAX_EXTENSIONS) { /* it may be anything */
            p->class |= ICGW_CLASS_IP_OPTIONS | ICGW_CLASS_FRAGMENT | ICGW_CLASS_LATER_FRAGMENT;
            return true;
        }
        if (!icgw_readable(v, at + 8, end, ICGW_DROP_INNER_MALFORMED, reason)) {
            return false;
        }
        classify_extension(proto, h, p);
        if (p->class & ICGW_CLASS_LATER_FRAGMENT) {
            return true;
        }
        at += extension_len(proto, h);
        if (at > end) {
            *reason = ICGW_DROP_INNER_MALFORMED;
            return false;
        }
        proto = h[0];
    }
    return proto != ICGW_PROTO_ICMPV6 || read_icmp(v, at, end, true, p, reason);
}

static bool parse_v6(const struct icgw_view *v, uint32_t l3, uint32_t end, struct icgw_packet *p,
                     enum icgw_drop *reason)
{
    const uint8_t *ip = v->data + l3;
    uint32_t len;

    if (!icgw_readable(v, l3 + ICGW_IPV6_LEN, end, ICGW_DROP_INNER_TRUNCATED, reason)) {
        return false;
    }
    if (ip[0] >> 4 != 6) {
        *reason = ICGW_DROP_INNER_MALFORMED;
        return false;
    }
    len = ICGW_IPV6_LEN + icgw_load_be16(ip + 4);
    if (l3 + len > end) {
        *reason = ICGW_DROP_INNER_TRUNCATED;
        return false;
    }
    p->inner_ip_len = (uint16_t)len; /* fits: the outer packet has at most 64 KiB */
    p->ttl = ip[7];
    return walk_extensions(v, l3 + ICGW_IPV6_LEN, l3 + len, ip[6], p, reason);
}

bool icgw_parse_inner(const struct icgw_view *v, uint32_t start, uint32_t end,
                      struct icgw_packet *p, enum icgw_drop *reason)
{
    uint32_t l3 = start + ICGW_ETH_LEN;

    if (!icgw_readable(v, l3, end, ICGW_DROP_INNER_TRUNCATED, reason)) {
        return false;
    }
    p->inner_l3_off = ICGW_ETH_LEN;
    p->eth_type = icgw_load16(v->data + start + 12);
    p->class = v->data[start + 6] & 1 ? ICGW_CLASS_MULTICAST_SOURCE : 0;
    p->ttl = 0;
    p->inner_ip_len = 0;
    if (p->eth_type == RTE_BE16(ICGW_ETH_IPV4)) {
        return parse_v4(v, l3, end, p, reason);
    }
    return p->eth_type != RTE_BE16(ICGW_ETH_IPV6) || parse_v6(v, l3, end, p, reason);
}
