/* SPDX-License-Identifier: Apache-2.0 */
#include "memo.h"

#include <rte_cpuflags.h>
#include <rte_malloc.h>

#include "endpoint.h"
#include "forward_plain.h"
#include "icgw_forward.h"
#include "memo_headers.h"
#include "result.h"
#include "rewrite.h"
#include "source.h"

#define ALL(from, to) [from... to] = 0xff

const struct icgw_head_bytes icgw_head_mask = {{
    ALL(12, 14), /* EtherType, IP version and header length */
    [20] = (ICGW_IPV4_MF | ICGW_IPV4_OFFSET) >> 8, [21] = (ICGW_IPV4_MF | ICGW_IPV4_OFFSET) & 0xff,
    [23] = 0xff, /* protocol */
    ALL(30, 33), /* destination */
    ALL(36, 37), /* UDP destination port */
    ALL(42, 63), /* Geneve, option, inner destination */
}};

#define TAIL(offset) [(offset)-ICGW_TAIL_AT]
#define TAIL_ALL(from, to) [(from)-ICGW_TAIL_AT...(to) - ICGW_TAIL_AT] = 0xff
/* EtherType, IP version and header length, fragment. */
#define TAIL_COMMON                                                                                \
    TAIL_ALL(70, 72), TAIL(78) = (ICGW_IPV4_MF | ICGW_IPV4_OFFSET) >> 8,                           \
                      TAIL(79) = (ICGW_IPV4_MF | ICGW_IPV4_OFFSET) & 0xff
/* The source MAC address where it is replaced; else its group bit, which has a class
 * of its own. */
#define TAIL_SOURCE TAIL_ALL(64, 69)
#define TAIL_GROUP TAIL(64) = 1
#define TAIL_TARGET TAIL_ALL(88, 91)

/* Of inner IPv6: EtherType, IP version. */
#define TAIL6_COMMON TAIL_ALL(70, 71), TAIL(72) = 0xf0
#define TAIL6_TARGET [16 ... 31] = 0xff

const struct icgw_tail_bytes icgw_tail_masks[8] = {
    {{TAIL_COMMON, TAIL_GROUP}},
    {{TAIL_COMMON, TAIL_SOURCE}},
    {{TAIL_COMMON, TAIL_GROUP, TAIL_TARGET}},
    {{TAIL_COMMON, TAIL_SOURCE, TAIL_TARGET}},
    {{TAIL6_COMMON, TAIL_GROUP}},
    {{TAIL6_COMMON, TAIL_SOURCE}},
    {{TAIL6_COMMON, TAIL_GROUP, TAIL6_TARGET}},
    {{TAIL6_COMMON, TAIL_SOURCE, TAIL6_TARGET}},
};

const struct icgw_head_bytes icgw_head_keep = {
    {[15] = 3, ALL(16, 17), ALL(34, 35), ALL(38, 39)},
};

icgw_memo_burst *icgw_memo_burst_choose(void)
{
#ifdef RTE_ARCH_X86_64
    static const enum rte_cpu_flag_t needed[] = {
        RTE_CPUFLAG_AVX2,     RTE_CPUFLAG_BMI2,     RTE_CPUFLAG_AVX512F,
        RTE_CPUFLAG_AVX512BW, RTE_CPUFLAG_AVX512DQ, RTE_CPUFLAG_AVX512VL,
    };

    for (unsigned int i = 0; i < RTE_DIM(needed); i++) {
        if (rte_cpu_get_flag_enabled(needed[i]) <= 0) {
            return icgw_memo_burst_generic;
        }
    }
    return icgw_memo_burst_avx512;
#else
    return icgw_memo_burst_generic;
#endif
}

struct icgw_memo *icgw_memo_create(int socket)
{
    struct icgw_memo *memo =
        rte_zmalloc_socket("icgw_memo", sizeof *memo, RTE_CACHE_LINE_SIZE, socket);

    if (memo != NULL) {
        memo->burst = icgw_memo_burst_choose();
    }
    return memo;
}

void icgw_memo_free(struct icgw_memo *memo)
{
    rte_free(memo);
}

static void forget(struct icgw_memo *memo)
{
    memset(memo->slots, 0, sizeof memo->slots);
    memo->n = 1;
    memset(memo->senders, 0, sizeof memo->senders);
    memo->senders[icgw_memo_sender_slot(0)].zone = UINT16_MAX; /* or 0.0.0.0 would be remembered */
}

void icgw_memo_follow(struct icgw_memo *memo, const struct icgw_tables *tables)
{
    if (unlikely(memo->serial != tables->serial)) {
        memo->serial = tables->serial;
        memo->rest = 0;
        forget(memo);
    }
}

bool icgw_memo_ask_sender(struct icgw_memo *memo, const struct icgw_tables *tables, uint32_t src_be,
                          uint8_t zone)
{
    uint64_t source = icgw_source_of_v4(tables, src_be);
    struct icgw_memo_sender *sender = &memo->senders[icgw_memo_sender_slot(src_be)];

    if (icgw_source_zone(source) == 0 || icgw_source_zone(source) > zone) {
        return false;
    }
    sender->src_be = src_be;
    sender->zone = icgw_source_zone(source);
    sender->udp_gain = icgw_fold(src_be);
    sender->result.accounts[ICGW_RESULT_PEER] = icgw_source_account(source);
    return true;
}

/* Puts the entry where a look-up for its headers ends, unless it is there, or that is
 * further on than a look-up goes. */
static void insert(struct icgw_memo *memo, uint32_t hash, const struct icgw_memo_entry *e)
{
    for (uint32_t i = hash, n = 0; n < ICGW_MEMO_STEPS; i++, n++) {
        uint16_t *slot = &memo->slots[(e->flags & ICGW_MEMO_V6) != 0][i % ICGW_MEMO_SLOTS];
        const struct icgw_memo_entry *have = icgw_memo_entry(memo, *slot);

        if (*slot == 0) {
            memo->entries[memo->n] = *e;
            *slot = (uint16_t)(memo->n++ * (sizeof *e / RTE_CACHE_LINE_SIZE));
            return;
        }
        if (memcmp(have->head, e->head, sizeof e->head) == 0 &&
            memcmp(have->tail, e->tail, sizeof e->tail) == 0) {
            return;
        }
    }
}

static void mask(uint8_t *to, const uint8_t *from, const uint8_t *by, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = from[i] & by[i];
    }
}

static uint8_t flags_of(const struct icgw_endpoint *ep, const struct icgw_dest *dest,
                        const struct icgw_tunnel *tunnel)
{
    return (uint8_t)((tunnel->csum ? ICGW_MEMO_CSUM : 0) |
                     (dest->rewrite_eth || dest->ttl_dec != 0 ? ICGW_MEMO_INNER : 0) |
                     (dest->rewrite_eth ? ICGW_MEMO_REWRITE : 0) |
                     (ep->kind == ICGW_ENDPOINT_L3 ? ICGW_MEMO_ROUTED : 0));
}

static void compose(uint8_t *out, const uint8_t *headers, const struct icgw_dest *dest,
                    const struct icgw_tunnel *tunnel)
{
    memcpy(out, tunnel->hdr, ICGW_PLAIN_LEN);
    out[ICGW_PLAIN_IP + 1] = 0;
    icgw_store32(out + ICGW_PLAIN_UDP + 12, dest->wire_vni);
    icgw_store32(out + ICGW_PLAIN_UDP + 20, dest->wire_keys);
    memcpy(out + ICGW_PLAIN_LEN, dest->rewrite_eth ? dest->eth_dst : headers + ICGW_PLAIN_LEN, 6);
}

/* As icgw_update_udp() adds it up, with all but the packet's checksum and its outer
 * source.  What the sum of all covered words gains, its complement loses. */
static uint16_t udp_gain_of(const uint8_t *headers, const struct icgw_dest *dest,
                            const struct icgw_tunnel *tunnel)
{
    const struct icgw_packet p = {.eth_type = icgw_load16(headers + ICGW_PLAIN_INNER_IP - 2)};
    uint64_t lost = icgw_sum_outer4(headers + ICGW_PLAIN_IP, headers + ICGW_PLAIN_UDP) +
                    icgw_lost_inner(headers + ICGW_PLAIN_LEN, &p, dest) -
                    icgw_load32(headers + ICGW_PLAIN_IP + 12);

    return (uint16_t)~icgw_fold64((UINT64_C(0xffff) << 24) - lost + tunnel->udp_sum + dest->sum);
}

static uint16_t max_len_of(const struct icgw_dest *dest, const struct icgw_tunnel *tunnel)
{
    uint32_t with_inner = dest->max_len + ICGW_PLAIN_INNER_IP - ICGW_PLAIN_IP;

    return dest->max_len == 0 ? tunnel->mtu : (uint16_t)RTE_MIN(tunnel->mtu, with_inner);
}

void icgw_memo_learn(struct icgw_memo *memo, const uint8_t *headers, const struct icgw_endpoint *ep,
                     const struct icgw_dest *dest, const struct icgw_tunnel *tunnel)
{
    struct icgw_memo_entry e = {0};
    bool v6 = icgw_memo_is_v6(headers);
    struct icgw_tail tail;

    if (memo->n == ICGW_MEMO_ENTRIES) {
        forget(memo);
    }
    e.flags = flags_of(ep, dest, tunnel) | (v6 ? ICGW_MEMO_V6 : 0);
    mask(e.head, headers, icgw_head_mask.bytes, ICGW_HEAD_LEN);
    e.result = icgw_result_tx(tunnel, dest, 0, ep->account);
    icgw_tail_load(&tail, headers, v6);
    mask(e.tail, (const uint8_t *)&tail, icgw_tail_mask(&e), ICGW_TAIL_LEN);
    compose(e.out, headers, dest, tunnel);
    e.sources = dest->sources;
    e.max_len = max_len_of(dest, tunnel);
    e.ip_sum = icgw_fold(tunnel->ip_sum);
    e.udp_gain = udp_gain_of(headers, dest, tunnel);
    e.min_ttl = dest->min_ttl;
    e.ttl_dec = dest->ttl_dec;
    e.zone = icgw_source_zone(icgw_source(ep->transit ? ICGW_ZONE_REMOTE : ICGW_ZONE_LOCAL, 0));
    memcpy(e.eth_src, dest->eth_src, sizeof e.eth_src);
    insert(memo, v6 ? icgw_memo_hash6(headers) : icgw_memo_hash(headers), &e);
}
