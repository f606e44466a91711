/* SPDX-License-Identifier: Apache-2.0 */
#include "icgw_forward.h"

#include <rte_hash_crc.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "bytes.h"
#include "wire.h"

/* CRC alone maps neighbouring addresses to neighbouring shares; the finaliser
 * of MurmurHash3 (public domain) spreads them over all bits. */
static uint32_t mix(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    return h ^ h >> 16;
}

static uint32_t hash_bytes(const uint8_t *p, uint32_t len, uint32_t hash)
{
    for (uint32_t i = 0; i + 4 <= len; i += 4) {
        hash = rte_hash_crc_4byte(icgw_load32(p + i), hash);
    }
    return hash;
}

/* Source and destination port, where the protocol has them. */
static uint32_t hash_ports(const uint8_t *frame, uint32_t len, uint32_t l4, uint8_t proto,
                           uint32_t hash)
{
    hash = rte_hash_crc_4byte(proto, hash);
    if ((proto == ICGW_PROTO_TCP || proto == ICGW_PROTO_UDP || proto == ICGW_PROTO_SCTP) &&
        l4 + 4 <= len) {
        hash = hash_bytes(frame + l4, 4, hash);
    }
    return hash;
}

/* All fragments of a packet have to go the same way, and only the first has
 * ports: no fragment is hashed by them. */
static uint32_t hash_v4(const uint8_t *frame, uint32_t len)
{
    const uint8_t *ip = frame + ICGW_ETH_LEN;
    uint32_t hash = hash_bytes(ip + 12, 8, 0);

    if (icgw_load_be16(ip + 6) & (ICGW_IPV4_MF | ICGW_IPV4_OFFSET)) {
        return rte_hash_crc_4byte(ip[9], hash);
    }
    return hash_ports(frame, len, ICGW_ETH_LEN + (ip[0] & 0xfu) * 4, ip[9], hash);
}

uint32_t icgw_flow_hash(const uint8_t *frame, uint16_t len)
{
    uint16_t eth_type;

    if (len < ICGW_ETH_LEN) {
        return 0;
    }
    eth_type = icgw_load_be16(frame + 12);
    if (eth_type == ICGW_ETH_IPV4 && len >= ICGW_ETH_LEN + ICGW_IPV4_LEN) {
        return mix(hash_v4(frame, len));
    }
    if (eth_type == ICGW_ETH_IPV6 && len >= ICGW_ETH_LEN + ICGW_IPV6_LEN) {
        const uint8_t *ip = frame + ICGW_ETH_LEN;

        return mix(
            hash_ports(frame, len, ICGW_ETH_LEN + ICGW_IPV6_LEN, ip[6], hash_bytes(ip + 8, 32, 0)));
    }
    return mix(hash_bytes(frame, 12, eth_type));
}

/* Offset of the UDP header; 0: none. */
static uint32_t find_udp(const uint8_t *data, uint32_t len)
{
    uint32_t l3 = ICGW_ETH_LEN;
    uint16_t eth_type = icgw_load_be16(data + 12);

    if (eth_type == ICGW_ETH_VLAN) {
        l3 += ICGW_VLAN_LEN;
        eth_type = icgw_load_be16(data + 16);
    }
    if (eth_type == ICGW_ETH_IPV4 && l3 + ICGW_IPV4_LEN <= len) {
        return data[l3 + 9] == ICGW_PROTO_UDP ? l3 + (data[l3] & 0xfu) * 4 : 0;
    }
    if (eth_type == ICGW_ETH_IPV6 && l3 + ICGW_IPV6_LEN <= len) {
        return data[l3 + 6] == ICGW_PROTO_UDP ? l3 + ICGW_IPV6_LEN : 0;
    }
    return 0;
}

/* Offset of the inner frame; 0: no tunnel packet. */
static uint32_t find_inner(const uint8_t *data, uint32_t len)
{
    uint32_t udp = len < ICGW_ETH_LEN + ICGW_IPV4_LEN ? 0 : find_udp(data, len);
    uint32_t inner;

    if (udp == 0 || udp + ICGW_UDP_LEN + ICGW_GENEVE_BASE_LEN > len ||
        icgw_load_be16(data + udp + 2) != ICGW_GENEVE_PORT) {
        return 0;
    }
    inner = udp + ICGW_UDP_LEN + ICGW_GENEVE_BASE_LEN;
    inner += (data[udp + ICGW_UDP_LEN] & ICGW_GENEVE_OPT_LEN) * 4;
    return inner <= len ? inner : 0;
}

uint32_t icgw_flow_hashes(struct rte_mbuf *const *pkts, uint16_t n, uint32_t *hashes)
{
    uint32_t found = 0;

    for (uint16_t i = 0; i < n; i++) {
        rte_prefetch0(rte_pktmbuf_mtod(pkts[i], const void *));
        rte_prefetch0(rte_pktmbuf_mtod_offset(pkts[i], const void *, RTE_CACHE_LINE_SIZE));
    }
    for (uint16_t i = 0; i < n; i++) {
        const uint8_t *data = rte_pktmbuf_mtod(pkts[i], const uint8_t *);
        uint32_t inner = find_inner(data, pkts[i]->data_len);

        if (likely(inner != 0)) {
            hashes[i] = icgw_flow_hash(data + inner, (uint16_t)(pkts[i]->data_len - inner));
            found |= UINT32_C(1) << i;
        }
    }
    return found;
}
