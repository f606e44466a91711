/* SPDX-License-Identifier: Apache-2.0 */

/* The tcp_reset and sctp_abort actions.  Contents are those that ovn-controller
 * gives them. */

#include <netinet/in.h>
#include <string.h>

#include "checksum.h"
#include "frame.h"

#define ETHERNET_LEN 14
#define IPV4_LEN 20
#define IPV6_LEN 40
#define TCP_LEN 20
#define SCTP_LEN 12
#define CHUNK_LEN 4
#define TTL 63
#define IPV4_DONT_FRAGMENT 0x4000

#define TCP_RST 0x04
#define TCP_ACK 0x10
#define SCTP_INIT 1
#define SCTP_INIT_LEN 20
#define SCTP_ABORT 6
#define SCTP_TAG_REFLECTED 1 /* RFC 9260, 3.3.7: the T bit */
#define CRC32C_POLYNOMIAL 0x82f63b78u

/* What the IP packet in a frame carries; end 0: not the protocol that was looked for. */
struct payload {
    size_t start;
    size_t end;
};

static struct payload find_ipv4(const struct frame *f)
{
    const uint8_t *ip = f->data + ETHERNET_LEN;
    size_t start = ETHERNET_LEN + (size_t)(ip[0] & 15) * 4;
    return (struct payload){start, ETHERNET_LEN + (size_t)get16(ip + 2)};
}

static struct payload find_ipv6(const struct frame *f, uint8_t proto)
{
    size_t at = ETHERNET_LEN + IPV6_LEN;
    size_t end = at + get16(f->data + ETHERNET_LEN + 4);
    uint8_t next = f->data[ETHERNET_LEN + 6];
    while (next != proto && at + 8 <= end && end <= f->len) {
        const uint8_t *h = f->data + at;
        at += extension_len(next, h);
        next = h[0];
    }
    return (struct payload){at, next == proto ? end : 0};
}

/* At least `least` bytes of `proto` in `in`; NULL: they are not there. */
static const uint8_t *find(const struct frame *in, const struct state *s, uint8_t proto,
                           size_t least, size_t *len)
{
    bool v6 = state_value(s, FIELD_ETH_TYPE) == 0x86dd;
    if (state_value(s, FIELD_IP_PROTO) != proto ||
        in->len < ETHERNET_LEN + (v6 ? IPV6_LEN : IPV4_LEN) ||
        get16(in->data + 12) != state_value(s, FIELD_ETH_TYPE)) {
        return NULL;
    }
    struct payload p = v6 ? find_ipv6(in, proto) : find_ipv4(in);
    if (p.end > in->len || p.start + least > p.end) {
        return NULL;
    }
    *len = p.end - p.start;
    return in->data + p.start;
}

static void put_ipv4(uint8_t *ip, const struct state *s, uint8_t proto, uint16_t len)
{
    memset(ip, 0, IPV4_LEN);
    ip[0] = 0x45;
    put16(ip + 2, (uint16_t)(IPV4_LEN + len));
    put16(ip + 6, IPV4_DONT_FRAGMENT);
    ip[8] = TTL;
    ip[9] = proto;
    wide_to_bytes(state_value(s, FIELD_IP4_SRC), ip + 12, 4);
    wide_to_bytes(state_value(s, FIELD_IP4_DST), ip + 16, 4);
    put16(ip + 10, checksum_finish(checksum_add(0, ip, IPV4_LEN)));
}

static void put_ipv6(uint8_t *ip, const struct state *s, uint8_t proto, uint16_t len)
{
    memset(ip, 0, IPV6_LEN);
    ip[0] = 0x60;
    put16(ip + 4, len);
    ip[6] = proto;
    ip[7] = TTL;
    wide_to_bytes(state_value(s, FIELD_IP6_SRC), ip + 8, 16);
    wide_to_bytes(state_value(s, FIELD_IP6_DST), ip + 24, 16);
}

/* Headers up to L4, whose `len` bytes are zeroed; returns where they begin. */
static uint8_t *put_headers(struct frame *f, const struct state *s, uint8_t proto, uint16_t len)
{
    bool v6 = state_value(s, FIELD_ETH_TYPE) == 0x86dd;
    uint8_t *ip = f->data + ETHERNET_LEN, *l4 = ip + (v6 ? IPV6_LEN : IPV4_LEN);

    wide_to_bytes(state_value(s, FIELD_ETH_DST), f->data, 6);
    wide_to_bytes(state_value(s, FIELD_ETH_SRC), f->data + 6, 6);
    put16(f->data + 12, (uint16_t)state_value(s, FIELD_ETH_TYPE));
    if (v6) {
        put_ipv6(ip, s, proto, len);
    } else {
        put_ipv4(ip, s, proto, len);
    }
    memset(l4, 0, len);
    f->len = (uint16_t)(l4 + len - f->data);
    return l4;
}

static void swap_ports(uint8_t *l4, const uint8_t *in)
{
    memcpy(l4, in + 2, 2);
    memcpy(l4 + 2, in, 2);
}

bool frame_make_tcp_reset(struct frame *f, const struct frame *in, const struct state *s)
{
    uint8_t pseudo[4] = {0, IPPROTO_TCP, 0, TCP_LEN};
    size_t len;
    const uint8_t *segment = find(in, s, IPPROTO_TCP, TCP_LEN, &len);
    if (segment == NULL) {
        return false;
    }
    uint8_t *tcp = put_headers(f, s, IPPROTO_TCP, TCP_LEN);
    swap_ports(tcp, segment);
    /* As for a bare SYN, whatever the segment is. */
    wide_to_bytes(wide_from_bytes(segment + 4, 4) + 1, tcp + 8, 4);
    tcp[12] = TCP_LEN / 4 << 4;
    tcp[13] = TCP_RST | TCP_ACK;
    size_t addresses = state_value(s, FIELD_ETH_TYPE) == 0x86dd ? 32 : 8;
    uint32_t sum = checksum_add(0, tcp - addresses, addresses);
    sum = checksum_add(sum, pseudo, sizeof pseudo);
    put16(tcp + 16, checksum_finish(checksum_add(sum, tcp, TCP_LEN)));
    return true;
}

static uint32_t crc32c(const uint8_t *bytes, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLYNOMIAL : 0);
        }
    }
    return ~crc;
}

bool frame_make_sctp_abort(struct frame *f, const struct frame *in, const struct state *s)
{
    size_t len;
    const uint8_t *packet = find(in, s, IPPROTO_SCTP, SCTP_LEN, &len);
    uint8_t type = packet != NULL && len > SCTP_LEN ? packet[SCTP_LEN] : 0;
    if (packet == NULL || type == SCTP_ABORT ||
        (type == SCTP_INIT && len < SCTP_LEN + SCTP_INIT_LEN)) {
        return false;
    }
    uint8_t *sctp = put_headers(f, s, IPPROTO_SCTP, SCTP_LEN + CHUNK_LEN);
    const uint8_t *chunk = packet + SCTP_LEN;
    bool init = type == SCTP_INIT && wide_from_bytes(packet + 4, 4) == 0;
    swap_ports(sctp, packet);
    memcpy(sctp + 4, init ? chunk + CHUNK_LEN : packet + 4, 4);
    sctp[SCTP_LEN] = SCTP_ABORT;
    sctp[SCTP_LEN + 1] = init ? 0 : SCTP_TAG_REFLECTED;
    put16(sctp + SCTP_LEN + 2, CHUNK_LEN);
    uint32_t crc = crc32c(sctp, SCTP_LEN + CHUNK_LEN);
    for (int i = 0; i < 4; i++) {
        sctp[8 + i] = (uint8_t)(crc >> 8 * i); /* RFC 9260, appendix A */
    }
    return true;
}
