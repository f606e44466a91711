/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_DP_FRAME_H
#define TEST_DP_FRAME_H

/* For the tests of dp/: frames built byte by byte from a description, with
 * checksums computed in the plainest way, and checks that say what was expected
 * and what came.  Uses nothing of dp/ but its interface. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "icgw_forward.h"
#include "test_eal.h"

#define FRAME_MAX 2048

enum csum { CSUM_NONE, CSUM_GOOD, CSUM_WRONG };

/* The zero description is a small UDP packet over IPv4 in IPv4 without
 * checksum; addresses and the like come from init_frame(). */
struct frame {
    uint16_t vlan; /* outer tag; 0: none */
    bool v6;       /* outer */
    uint8_t eth_dst[6], eth_src[6];
    struct icgw_addr src, dst;
    uint8_t tos;
    uint8_t ihl; /* words; 0: 5 */
    uint16_t id;
    uint16_t sport, dport;
    enum csum csum;
    uint32_t vni;
    uint16_t inport, outport;
    bool no_option;
    uint8_t pad; /* bytes of Ethernet padding after the packet */

    uint8_t in_eth_dst[6], in_eth_src[6];
    uint16_t in_eth_type; /* 0: by in_v6 */
    bool in_v6;
    uint8_t in_src[16], in_dst[16]; /* IPv4 in the first 4 bytes */
    uint8_t in_ttl;
    uint8_t in_ihl;      /* words; 0: 5 */
    uint8_t in_proto;    /* first header after the IP header; 0: UDP */
    bool in_hopopts;     /* in_proto 0 means hop-by-hop */
    uint16_t in_frag;    /* IPv4 flags and offset */
    bool in_bad_cksum;   /* IPv4 header checksum off by one */
    uint16_t in_payload; /* bytes after the IP header(s) */
    uint8_t in_l4[40];   /* how they begin */
};

/* Where things begin in a built frame. */
struct layout {
    uint16_t l3, udp, geneve, inner, inner_l3, end;
};

static struct rte_mempool *frame_pool;

static inline int start_eal(void **state)
{
    (void)state;
    if (test_eal_init() < 0) {
        return -1;
    }
    frame_pool =
        rte_pktmbuf_pool_create("frames", 255, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    return frame_pool == NULL ? -1 : 0;
}

static inline int stop_eal(void **state)
{
    (void)state;
    rte_mempool_free(frame_pool);
    return rte_eal_cleanup();
}

static inline struct icgw_addr addr4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct icgw_addr){.bytes = {[10] = 0xff, 0xff, a, b, c, d}};
}

static inline struct icgw_addr addr6(uint8_t last)
{
    return (struct icgw_addr){.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 7, [15] = last}};
}

static inline uint32_t ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return rte_cpu_to_be_32((uint32_t)a << 24 | (uint32_t)b << 16 | (uint32_t)c << 8 | d);
}

/* RFC 1071, in the words of its section 1: big-endian 16-bit words. */
static inline uint32_t ref_sum(const uint8_t *p, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++) {
        sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static inline void put16(uint8_t *p, unsigned int v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline unsigned int get16(const uint8_t *p)
{
    return (unsigned int)p[0] << 8 | p[1];
}

static inline void put_ip4_cksum(uint8_t *ip, unsigned int words)
{
    put16(ip + 10, 0);
    put16(ip + 10, ~ref_sum(ip, words * 4, 0));
}

/* The checksum of a UDP datagram, from its bytes and addresses alone. */
static inline uint16_t ref_udp_cksum(const uint8_t *addrs, size_t addrs_len, const uint8_t *udp)
{
    size_t len = get16(udp + 4);
    uint32_t sum = ref_sum(addrs, addrs_len, 0);
    uint16_t cksum;

    sum += 17 + (uint32_t)len;
    sum = ref_sum(udp, 6, (sum & 0xffff) + (sum >> 16));
    sum = ref_sum(udp + 8, len - 8, sum);
    cksum = (uint16_t)~sum;
    return cksum == 0 ? 0xffff : cksum;
}

static inline uint8_t *put_inner_ip(const struct frame *f, uint8_t *p)
{
    uint8_t proto = f->in_proto != 0 || f->in_hopopts ? f->in_proto : 17;
    unsigned int ihl = f->in_ihl != 0 ? f->in_ihl : 5;

    if (f->in_v6) {
        p[0] = 0x60;
        put16(p + 4, f->in_payload);
        p[6] = proto;
        p[7] = f->in_ttl;
        memcpy(p + 8, f->in_src, 16);
        memcpy(p + 24, f->in_dst, 16);
        return p + 40;
    }
    p[0] = (uint8_t)(0x40 | ihl);
    put16(p + 2, ihl * 4 + f->in_payload);
    put16(p + 4, 0x4711);
    put16(p + 6, f->in_frag);
    p[8] = f->in_ttl;
    p[9] = proto;
    memcpy(p + 12, f->in_src, 4);
    memcpy(p + 16, f->in_dst, 4);
    memset(p + 20, 1, ihl * 4 - 20); /* no-operation options */
    put_ip4_cksum(p, ihl);
    if (f->in_bad_cksum) {
        put16(p + 10, get16(p + 10) ^ 1);
    }
    return p + ihl * 4;
}

static inline uint8_t *put_inner(const struct frame *f, uint8_t *p)
{
    unsigned int type = f->in_eth_type != 0 ? f->in_eth_type : f->in_v6 ? 0x86dd : 0x0800;

    memcpy(p, f->in_eth_dst, 6);
    memcpy(p + 6, f->in_eth_src, 6);
    put16(p + 12, type);
    p += 14;
    if (type == 0x0800 || type == 0x86dd) {
        p = put_inner_ip(f, p);
    }
    for (unsigned int i = 0; i < f->in_payload; i++) {
        p[i] = i < sizeof f->in_l4 ? f->in_l4[i] : (uint8_t)(i * 7 + 3);
    }
    return p + f->in_payload;
}

/* Outer IP; its length and the UDP header follow when the rest is known. */
static inline uint8_t *put_outer_ip(const struct frame *f, uint8_t *p)
{
    unsigned int ihl = f->ihl != 0 ? f->ihl : 5;

    if (f->v6) {
        p[0] = (uint8_t)(0x60 | f->tos >> 4);
        p[1] = (uint8_t)(f->tos << 4);
        p[6] = 17;
        p[7] = 64;
        memcpy(p + 8, f->src.bytes, 16);
        memcpy(p + 24, f->dst.bytes, 16);
        return p + 40;
    }
    p[0] = (uint8_t)(0x40 | ihl);
    p[1] = f->tos;
    put16(p + 4, f->id);
    put16(p + 6, 0x4000);
    p[8] = 64;
    p[9] = 17;
    memcpy(p + 12, f->src.bytes + 12, 4);
    memcpy(p + 16, f->dst.bytes + 12, 4);
    memset(p + 20, 1, ihl * 4 - 20);
    return p + ihl * 4;
}

static inline uint8_t *put_geneve(const struct frame *f, uint8_t *p)
{
    p[0] = f->no_option ? 0 : 2;
    p[1] = f->no_option ? 0 : 0x40;
    put16(p + 2, 0x6558);
    p[4] = (uint8_t)(f->vni >> 16);
    put16(p + 5, f->vni & 0xffff);
    if (f->no_option) {
        return p + 8;
    }
    put16(p + 8, 0x0102);
    p[10] = 0x80;
    p[11] = 1;
    put16(p + 12, f->inport);
    put16(p + 14, f->outport);
    return p + 16;
}

/* Fills in outer lengths and checksums of a frame as it lies in memory. */
static inline void finish(const struct frame *f, uint8_t *buf, const struct layout *at)
{
    uint8_t *ip = buf + at->l3, *udp = buf + at->udp;

    put16(udp + 4, (unsigned int)at->end - at->udp);
    put16(udp + 6, 0);
    if (f->csum != CSUM_NONE) {
        uint16_t cksum = f->v6 ? ref_udp_cksum(ip + 8, 32, udp) : ref_udp_cksum(ip + 12, 8, udp);

        put16(udp + 6, f->csum == CSUM_GOOD ? cksum : cksum ^ 0x0100);
    }
    if (f->v6) {
        put16(ip + 4, (unsigned int)at->end - at->udp);
    } else {
        put16(ip + 2, (unsigned int)at->end - at->l3);
        put_ip4_cksum(ip, ip[0] & 15);
    }
}

static inline struct layout build(const struct frame *f, uint8_t buf[FRAME_MAX])
{
    struct layout at;
    uint8_t *p = buf;

    memset(buf, 0, FRAME_MAX);
    memcpy(p, f->eth_dst, 6);
    memcpy(p + 6, f->eth_src, 6);
    p += 12;
    if (f->vlan != 0) {
        put16(p, 0x8100);
        put16(p + 2, f->vlan);
        p += 4;
    }
    put16(p, f->v6 ? 0x86dd : 0x0800);
    p += 2;
    at.l3 = (uint16_t)(p - buf);
    p = put_outer_ip(f, p);
    at.udp = (uint16_t)(p - buf);
    put16(p, f->sport);
    put16(p + 2, f->dport);
    p += 8;
    at.geneve = (uint16_t)(p - buf);
    p = put_geneve(f, p);
    at.inner = (uint16_t)(p - buf);
    at.inner_l3 = (uint16_t)(at.inner + 14);
    p = put_inner(f, p);
    at.end = (uint16_t)(p - buf);
    finish(f, buf, &at);
    memset(p, 0xee, f->pad);
    return at;
}

/* An mbuf of the given bytes; with split != 0 the first segment ends there. */
static inline struct rte_mbuf *to_mbuf(const uint8_t *buf, uint16_t len, uint16_t split)
{
    struct rte_mbuf *m = rte_pktmbuf_alloc(frame_pool);
    uint16_t first = split != 0 && split < len ? split : len;

    assert_non_null(m);
    memcpy(rte_pktmbuf_append(m, first), buf, first);
    if (first < len) {
        struct rte_mbuf *tail = rte_pktmbuf_alloc(frame_pool);

        assert_non_null(tail);
        memcpy(rte_pktmbuf_append(tail, len - first), buf + first, len - first);
        assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
    }
    return m;
}

static inline const char *action_name(unsigned int action)
{
    static const char *const names[] = {"tx", "host", "slow", "drop"};

    return action < RTE_DIM(names) ? names[action] : "?";
}

static inline const char *reason_name(unsigned int action, unsigned int reason)
{
    return action == ICGW_ACTION_SLOW   ? icgw_slow_name(reason)
           : action == ICGW_ACTION_DROP ? icgw_drop_name(reason)
                                        : "-";
}

static inline void check_outcome(const char *what, unsigned int action, unsigned int reason,
                                 unsigned int got_action, unsigned int got_reason)
{
    const char *want_reason = reason_name(action, reason);
    const char *have_reason = reason_name(got_action, got_reason);

    if (action != got_action || strcmp(want_reason, have_reason) != 0) {
        fail_msg("%s: expected %s (%s), got %s (%s)", what, action_name(action), want_reason,
                 action_name(got_action), have_reason);
    }
}

static inline void dump(const char *what, const uint8_t *p, uint32_t len)
{
    print_message("%s, %u bytes", what, len);
    for (uint32_t i = 0; i < len && i < 160; i++) {
        print_message("%s%02x", i % 16 == 0 ? "\n  " : i % 2 == 0 ? " " : "", p[i]);
    }
    print_message("\n");
}

static inline void check_frame(const char *what, const struct rte_mbuf *m, const uint8_t *expected,
                               uint32_t len)
{
    uint8_t copy[FRAME_MAX + 128];
    const uint8_t *got = rte_pktmbuf_read(m, 0, m->pkt_len, copy);

    assert_non_null(got);
    if (m->pkt_len != len || memcmp(got, expected, len) != 0) {
        uint32_t at = 0;

        while (at < len && at < m->pkt_len && got[at] == expected[at]) {
            at++;
        }
        dump("expected", expected, len);
        dump("got", got, m->pkt_len);
        fail_msg("%s: frames differ from byte %u on", what, at);
    }
}

#endif
