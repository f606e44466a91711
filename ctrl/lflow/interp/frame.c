/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <netinet/in.h>
#include <string.h>

#include "checksum.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_RARP 0x8035
#define ETHERTYPE_IPV6 0x86dd
#define VLAN_PRESENT 0x1000 /* how vlan.tci says that there is a tag */

/* Where a field is in a frame. */
struct slot {
    uint8_t field; /* enum field_id */
    uint8_t n;     /* bytes */
    uint8_t shift; /* of the field within them, from the right */
    bool read_only;
    uint16_t offset;
    uint16_t checksums[2]; /* offsets of checksums that cover it; 0: none */
};

#define MAX_SLOTS 32

struct layout {
    unsigned int n;
    uint8_t frag;          /* value of ip.frag */
    bool tagged;           /* there is a VLAN tag */
    uint16_t udp_checksum; /* its offset; 0: none */
    struct slot slots[MAX_SLOTS];
};

static struct slot *add(struct layout *l, enum field_id field, size_t offset, uint8_t n)
{
    struct slot *s = &l->slots[l->n++];
    memset(s, 0, sizeof *s);
    s->field = (uint8_t)field;
    s->offset = (uint16_t)offset;
    s->n = n;
    return s;
}

static void add_checked(struct layout *l, enum field_id field, size_t offset, uint8_t n,
                        size_t checksum)
{
    add(l, field, offset, n)->checksums[0] = (uint16_t)checksum;
}

static void add_read_only(struct layout *l, enum field_id field, size_t offset, uint8_t n)
{
    add(l, field, offset, n)->read_only = true;
}

static void lay_out_arp(struct layout *l, const struct frame *f, size_t l3)
{
    static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4};
    if (l3 + 28 > f->len || memcmp(f->data + l3, ethernet_ipv4, sizeof ethernet_ipv4) != 0) {
        return;
    }
    add(l, FIELD_ARP_OP, l3 + 6, 2);
    add(l, FIELD_ARP_SHA, l3 + 8, 6);
    add(l, FIELD_ARP_SPA, l3 + 14, 4);
    add(l, FIELD_ARP_THA, l3 + 18, 6);
    add(l, FIELD_ARP_TPA, l3 + 24, 4);
}

/* Target and link-layer address options of ND messages (RFC 4861, 4.3 to 4.6). */
static void lay_out_nd(struct layout *l, const struct frame *f, size_t l4, size_t end)
{
    uint8_t type = f->data[l4];
    if ((type != 135 && type != 136) || l4 + 24 > end) {
        return;
    }
    add_checked(l, FIELD_ND_TARGET, l4 + 8, 16, l4 + 2);
    for (size_t o = l4 + 24; o + 8 <= end && f->data[o + 1] != 0; o += 8u * f->data[o + 1]) {
        if (f->data[o] == 1 && f->data[o + 1] == 1 && type == 135) {
            add_checked(l, FIELD_ND_SLL, o + 2, 6, l4 + 2);
            return;
        }
        if (f->data[o] == 2 && f->data[o + 1] == 1 && type == 136) {
            add_checked(l, FIELD_ND_TLL, o + 2, 6, l4 + 2);
            return;
        }
    }
}

/* Returns the offset of the checksum that covers the IP addresses, or 0. */
static size_t lay_out_l4(struct layout *l, const struct frame *f, uint8_t proto, bool v6, size_t l4,
                         size_t end)
{
    if (proto == IPPROTO_ICMP && !v6 && l4 + 8 <= end) {
        add_checked(l, FIELD_ICMP4_TYPE, l4, 1, l4 + 2);
        add_checked(l, FIELD_ICMP4_CODE, l4 + 1, 1, l4 + 2);
        if (f->data[l4] == 3) {
            add_checked(l, FIELD_ICMP4_FRAG_MTU, l4 + 6, 2, l4 + 2);
        }
    } else if (proto == IPPROTO_ICMPV6 && v6 && l4 + 8 <= end) {
        add_checked(l, FIELD_ICMP6_TYPE, l4, 1, l4 + 2);
        add_checked(l, FIELD_ICMP6_CODE, l4 + 1, 1, l4 + 2);
        if (f->data[l4] < 128) {
            add_checked(l, FIELD_ICMP6_FRAG_MTU, l4 + 4, 4, l4 + 2);
        }
        lay_out_nd(l, f, l4, end);
        return l4 + 2;
    } else if (proto == IPPROTO_TCP && l4 + 20 <= end) {
        add_checked(l, FIELD_TCP_SRC, l4, 2, l4 + 16);
        add_checked(l, FIELD_TCP_DST, l4 + 2, 2, l4 + 16);
        add_read_only(l, FIELD_TCP_FLAGS, l4 + 12, 2);
        return l4 + 16;
    } else if (proto == IPPROTO_UDP && l4 + 8 <= end) {
        size_t checksum = get16(f->data + l4 + 6) != 0 ? l4 + 6 : 0;
        l->udp_checksum = (uint16_t)checksum;
        add_checked(l, FIELD_UDP_SRC, l4, 2, checksum);
        add_checked(l, FIELD_UDP_DST, l4 + 2, 2, checksum);
        return checksum;
    } else if (proto == IPPROTO_SCTP && l4 + 12 <= end) {
        /* CRC32c covers these; no logical flow of a gateway changes them. */
        add_read_only(l, FIELD_SCTP_SRC, l4, 2);
        add_read_only(l, FIELD_SCTP_DST, l4 + 2, 2);
    }
    return 0;
}

/* Takes L4 fields behind slot `n` away from a fragment.  Open vSwitch looks up flows
 * for any fragment, the first one too, as if ports and ICMP types were 0; the
 * TCP flags it leaves. */
static void hide_l4(struct layout *l, unsigned int n)
{
    unsigned int kept = n;
    for (unsigned int i = n; l->frag != 0 && i < l->n; i++) {
        if (l->slots[i].field == FIELD_TCP_FLAGS) {
            l->slots[kept++] = l->slots[i];
        }
    }
    l->n = l->frag != 0 ? kept : l->n;
}

static void lay_out_ipv4(struct layout *l, const struct frame *f, size_t l3)
{
    if (l3 + 20 > f->len || f->data[l3] >> 4 != 4) {
        return;
    }
    size_t ihl = (size_t)(f->data[l3] & 0xf) * 4;
    size_t total = get16(f->data + l3 + 2);
    if (ihl < 20 || total < ihl || l3 + total > f->len) {
        return;
    }
    uint16_t fragment = get16(f->data + l3 + 6);
    l->frag = (fragment & 0x1fff) != 0 ? 3 : (fragment & 0x2000) != 0 ? 1 : 0;

    size_t ip_checksum = l3 + 10;
    struct slot *dscp = add(l, FIELD_IP_DSCP, l3 + 1, 1);
    dscp->shift = 2;
    dscp->checksums[0] = (uint16_t)ip_checksum;
    add_checked(l, FIELD_IP_ECN, l3 + 1, 1, ip_checksum);
    add_checked(l, FIELD_IP_TTL, l3 + 8, 1, ip_checksum);
    add_read_only(l, FIELD_IP_PROTO, l3 + 9, 1);
    struct slot *src = add(l, FIELD_IP4_SRC, l3 + 12, 4);
    struct slot *dst = add(l, FIELD_IP4_DST, l3 + 16, 4);
    size_t l4_checksum = 0;
    if ((l->frag & 2) == 0) {
        unsigned int n = l->n;
        l4_checksum = lay_out_l4(l, f, f->data[l3 + 9], false, l3 + ihl, l3 + total);
        hide_l4(l, n);
    }
    src->checksums[0] = dst->checksums[0] = (uint16_t)ip_checksum;
    src->checksums[1] = dst->checksums[1] = (uint16_t)l4_checksum;
}

size_t extension_len(uint8_t proto, const uint8_t *header)
{
    return proto == IPPROTO_FRAGMENT ? 8
           : proto == IPPROTO_AH     ? (header[1] + (size_t)2) * 4
                                     : (header[1] + (size_t)1) * 8;
}

/* Follows the extension headers that can stand before L4 (RFC 8200, 4.1).
 * Returns the offset of L4, or 0 if the packet has none. */
static size_t skip_extensions(struct layout *l, const struct frame *f, size_t at, size_t end,
                              uint8_t *proto)
{
    for (;;) {
        if (*proto != IPPROTO_HOPOPTS && *proto != IPPROTO_ROUTING && *proto != IPPROTO_DSTOPTS &&
            *proto != IPPROTO_FRAGMENT && *proto != IPPROTO_AH) {
            return at;
        }
        if (at + 8 > end) {
            return 0;
        }
        size_t len = extension_len(*proto, f->data + at);
        if (*proto == IPPROTO_FRAGMENT) {
            uint16_t fragment = get16(f->data + at + 2);
            l->frag = (fragment & 0xfff8) != 0 ? 3 : (fragment & 1) != 0 ? 1 : 0;
            if ((l->frag & 2) != 0) {
                return 0; /* ip.proto stays 44, as in Open vSwitch */
            }
        }
        *proto = f->data[at];
        at += len;
        if (at > end) {
            return 0;
        }
    }
}

static void lay_out_ipv6(struct layout *l, const struct frame *f, size_t l3, uint8_t *proto)
{
    if (l3 + 40 > f->len || f->data[l3] >> 4 != 6) {
        return;
    }
    size_t end = l3 + 40 + get16(f->data + l3 + 4);
    if (end > f->len) {
        return;
    }
    add(l, FIELD_IP_DSCP, l3, 4)->shift = 22;
    add(l, FIELD_IP_ECN, l3, 4)->shift = 20;
    add(l, FIELD_IP6_LABEL, l3, 4);
    add(l, FIELD_IP_TTL, l3 + 7, 1);
    struct slot *src = add(l, FIELD_IP6_SRC, l3 + 8, 16);
    struct slot *dst = add(l, FIELD_IP6_DST, l3 + 24, 16);

    *proto = f->data[l3 + 6];
    size_t l4 = skip_extensions(l, f, l3 + 40, end, proto);
    unsigned int n = l->n;
    size_t checksum = l4 != 0 ? lay_out_l4(l, f, *proto, true, l4, end) : 0;
    hide_l4(l, n);
    src->checksums[0] = dst->checksums[0] = (uint16_t)checksum;
}

/* `proto` and `eth_type` are what frame_load() reports beside the slots. */
static void lay_out(struct layout *l, const struct frame *f, uint16_t *eth_type, uint8_t *proto)
{
    memset(l, 0, offsetof(struct layout, slots));
    *eth_type = 0;
    *proto = 0;
    if (f->len < 14) {
        return;
    }
    add(l, FIELD_ETH_DST, 0, 6);
    add(l, FIELD_ETH_SRC, 6, 6);
    size_t l3 = 14;
    *eth_type = get16(f->data + 12);
    if (*eth_type == ETHERTYPE_VLAN && f->len >= 18) {
        l->tagged = true;
        add_read_only(l, FIELD_VLAN_TCI, 14, 2);
        *eth_type = get16(f->data + 16);
        l3 = 18;
    }
    if (*eth_type == ETHERTYPE_ARP || *eth_type == ETHERTYPE_RARP) {
        lay_out_arp(l, f, l3);
    } else if (*eth_type == ETHERTYPE_IPV4) {
        lay_out_ipv4(l, f, l3);
    } else if (*eth_type == ETHERTYPE_IPV6) {
        lay_out_ipv6(l, f, l3, proto);
    }
}

static wide slot_mask(const struct slot *s)
{
    return wide_ones(field_width(s->field)) << s->shift;
}

void frame_load(const struct frame *f, struct state *state)
{
    struct layout l;
    uint16_t eth_type;
    uint8_t proto;

    for (int i = FIELD_ETH_SRC; i < N_FIELDS; i++) {
        state_set_input(state, i, 0, ~(wide)0);
    }
    lay_out(&l, f, &eth_type, &proto);
    state_set_input(state, FIELD_ETH_TYPE, eth_type, ~(wide)0);
    state_set_input(state, FIELD_IP_PROTO, proto, ~(wide)0);
    state_set_input(state, FIELD_IP_FRAG, l.frag, ~(wide)0);
    for (unsigned int i = 0; i < l.n; i++) {
        const struct slot *s = &l.slots[i];
        wide value = wide_from_bytes(f->data + s->offset, s->n) & slot_mask(s);
        state_set_input(state, s->field, value >> s->shift, ~(wide)0);
    }
    if (l.tagged) {
        wide tci = state_value(state, FIELD_VLAN_TCI) | VLAN_PRESENT;
        state_set_input(state, FIELD_VLAN_TCI, tci, ~(wide)0);
    }
}

/* HC' = ~(~HC + ~m + m') (RFC 1624, equation 3), over the 16-bit words that
 * n bytes at `offset` are part of. */
static void update_checksum(struct frame *f, size_t checksum, const uint8_t *before,
                            const uint8_t *after, size_t n)
{
    uint32_t sum = (uint16_t)~get16(f->data + checksum);
    for (size_t i = 0; i < n; i += 2) {
        sum += (uint16_t)~get16(before + i);
        sum += get16(after + i);
    }
    put16(f->data + checksum, checksum_finish(sum));
}

static void write_slot(struct frame *f, const struct layout *l, const struct slot *s, wide value)
{
    uint8_t before[20] = {0}, after[20];
    /* Whole words: IP headers begin at even offsets of the frame, and so do all
     * checksummed fields but single bytes. */
    size_t start = s->offset & ~(size_t)1;
    size_t n = ((size_t)s->offset + s->n - start + 1) & ~(size_t)1;
    size_t present = start + n <= f->len ? n : f->len - start;

    memcpy(before, f->data + start, present);
    wide_to_bytes(value, f->data + s->offset, s->n);
    memset(after, 0, sizeof after);
    memcpy(after, f->data + start, present);
    for (int i = 0; i < 2; i++) {
        if (s->checksums[i] != 0) {
            update_checksum(f, s->checksums[i], before, after, n);
        }
    }
    /* 0 would say that there is none (RFC 768). */
    if (l->udp_checksum != 0 && get16(f->data + l->udp_checksum) == 0) {
        put16(f->data + l->udp_checksum, 0xffff);
    }
}

void frame_store(struct frame *f, const struct state *state)
{
    struct layout l;
    uint16_t eth_type;
    uint8_t proto;

    lay_out(&l, f, &eth_type, &proto);
    for (unsigned int i = 0; i < l.n; i++) {
        const struct slot *s = &l.slots[i];
        wide mask = slot_mask(s);
        wide now = wide_from_bytes(f->data + s->offset, s->n);
        wide then = (now & ~mask) | (state_value(state, s->field) << s->shift & mask);
        if (!s->read_only && now != then) {
            write_slot(f, &l, s, then);
        }
    }
}
