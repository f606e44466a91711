/* SPDX-License-Identifier: Apache-2.0 */

/* The tcp_reset action.  Contents are those that ovn-controller gives it. */

#include <netinet/in.h>
#include <string.h>

#include "checksum.h"
#include "frame.h"

#define ETHERNET_LEN 14
#define IPV4_LEN 20
#define IPV6_LEN 40
#define TCP_LEN 20
#define RESET_TTL 63
#define RST 0x04
#define ACK 0x10
#define IPV4_DONT_FRAGMENT 0x4000

/* A TCP segment in a frame; end 0: none. */
struct segment {
    size_t start;
    size_t end;
};

static struct segment find_ipv4(const struct frame *f)
{
    const uint8_t *ip = f->data + ETHERNET_LEN;
    size_t start = ETHERNET_LEN + (size_t)(ip[0] & 15) * 4;
    return (struct segment){start, ETHERNET_LEN + (size_t)get16(ip + 2)};
}

static struct segment find_ipv6(const struct frame *f)
{
    size_t at = ETHERNET_LEN + IPV6_LEN;
    size_t end = at + get16(f->data + ETHERNET_LEN + 4);
    uint8_t next = f->data[ETHERNET_LEN + 6];
    while (next != IPPROTO_TCP && at + 8 <= end && end <= f->len) {
        const uint8_t *h = f->data + at;
        at += next == IPPROTO_FRAGMENT ? 8 : 8 + (size_t)h[1] * 8;
        next = h[0];
    }
    return (struct segment){at, next == IPPROTO_TCP ? end : 0};
}

static void put_ipv4(uint8_t *ip, const struct state *s)
{
    memset(ip, 0, IPV4_LEN);
    ip[0] = 0x45;
    put16(ip + 2, IPV4_LEN + TCP_LEN);
    put16(ip + 6, IPV4_DONT_FRAGMENT);
    ip[8] = RESET_TTL;
    ip[9] = IPPROTO_TCP;
    wide_to_bytes(state_value(s, FIELD_IP4_SRC), ip + 12, 4);
    wide_to_bytes(state_value(s, FIELD_IP4_DST), ip + 16, 4);
    put16(ip + 10, checksum_finish(checksum_add(0, ip, IPV4_LEN)));
}

static void put_ipv6(uint8_t *ip, const struct state *s)
{
    memset(ip, 0, IPV6_LEN);
    ip[0] = 0x60;
    put16(ip + 4, TCP_LEN);
    ip[6] = IPPROTO_TCP;
    ip[7] = RESET_TTL;
    wide_to_bytes(state_value(s, FIELD_IP6_SRC), ip + 8, 16);
    wide_to_bytes(state_value(s, FIELD_IP6_DST), ip + 24, 16);
}

/* Ports the other way round, and numbers as if the segment were a bare SYN, whatever it is:
 * so does ovn-controller. */
static void put_tcp(uint8_t *tcp, const uint8_t *in)
{
    memset(tcp, 0, TCP_LEN);
    memcpy(tcp, in + 2, 2);
    memcpy(tcp + 2, in, 2);
    wide_to_bytes(wide_from_bytes(in + 4, 4) + 1, tcp + 8, 4);
    tcp[12] = TCP_LEN / 4 << 4;
    tcp[13] = RST | ACK;
}

bool frame_make_tcp_reset(struct frame *f, const struct frame *in, const struct state *s)
{
    bool v6 = state_value(s, FIELD_ETH_TYPE) == 0x86dd;
    uint8_t pseudo[4] = {0, IPPROTO_TCP, 0, TCP_LEN};
    size_t ip_len = v6 ? IPV6_LEN : IPV4_LEN;

    if (state_value(s, FIELD_IP_PROTO) != IPPROTO_TCP || in->len < ETHERNET_LEN + ip_len ||
        get16(in->data + 12) != state_value(s, FIELD_ETH_TYPE)) {
        return false;
    }
    struct segment segment = v6 ? find_ipv6(in) : find_ipv4(in);
    if (segment.end > in->len || segment.start + TCP_LEN > segment.end) {
        return false;
    }
    uint8_t *ip = f->data + ETHERNET_LEN, *tcp = ip + ip_len;
    wide_to_bytes(state_value(s, FIELD_ETH_DST), f->data, 6);
    wide_to_bytes(state_value(s, FIELD_ETH_SRC), f->data + 6, 6);
    put16(f->data + 12, (uint16_t)state_value(s, FIELD_ETH_TYPE));
    if (v6) {
        put_ipv6(ip, s);
    } else {
        put_ipv4(ip, s);
    }
    put_tcp(tcp, in->data + segment.start);
    uint32_t sum = checksum_add(0, v6 ? ip + 8 : ip + 12, v6 ? 32 : 8);
    sum = checksum_add(sum, pseudo, sizeof pseudo);
    put16(tcp + 16, checksum_finish(checksum_add(sum, tcp, TCP_LEN)));
    f->len = (uint16_t)(ETHERNET_LEN + ip_len + TCP_LEN);
    return true;
}
