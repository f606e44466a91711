/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_KEYS_H
#define ICGW_KEYS_H

/* How the keys of the tables become words of a map.  Inside dp/ only. */

#include <string.h>

#include <rte_byteorder.h>

#include "bytes.h"
#include "icgw_tables.h"
#include "map.h"

#define ICGW_ENDPOINT_WORDS 1
#define ICGW_VNI_WORDS 1
#define ICGW_SOURCE_WORDS 2
#define ICGW_L2_WORDS 1
#define ICGW_V4_WORDS 1
#define ICGW_V6_WORDS 3

static inline uint64_t icgw_endpoint_key(uint32_t vni, uint16_t outport)
{
    return (uint64_t)vni << 16 | outport;
}

static inline void icgw_source_key(const struct icgw_addr *addr, uint64_t key[ICGW_SOURCE_WORDS])
{
    memcpy(key, addr->bytes, sizeof addr->bytes);
}

/* The same of an IPv4 address.  The CRC of a leading word of zeroes is 0, so the
 * hash is that of the other word. */
static inline uint32_t icgw_source4_key(uint32_t addr_be, uint64_t key[ICGW_SOURCE_WORDS])
{
    key[0] = 0;
    key[1] = rte_cpu_to_be_64(0xffff00000000ull | rte_be_to_cpu_32(addr_be));
    return icgw_map_hash(&key[1], 1);
}

/* Composed in registers: a load of 8 bytes right after stores of 6 and 2 waits
 * for both to reach the cache. */
static inline uint64_t icgw_mac(const uint8_t mac[6])
{
    return icgw_load32(mac) | (uint64_t)icgw_load16(mac + 4) << 32;
}

static inline uint64_t icgw_l2_key(const uint8_t eth_dst[6], uint16_t eth_type_be)
{
    return icgw_mac(eth_dst) | (uint64_t)eth_type_be << 48;
}

static inline uint64_t icgw_v4_key(uint32_t addr_be, uint8_t len)
{
    uint32_t mask = len == 0 ? 0 : rte_cpu_to_be_32(UINT32_MAX << (32 - len));

    return (uint64_t)len << 32 | (addr_be & mask);
}

/* The first `len` bits of a 64-bit half of an address. */
static inline uint64_t icgw_mask64(unsigned int len)
{
    return len == 0 ? 0 : rte_cpu_to_be_64(UINT64_MAX << (64 - len));
}

static inline void icgw_v6_key(const uint8_t addr[16], uint8_t len, uint64_t key[ICGW_V6_WORDS])
{
    memcpy(key, addr, 16);
    key[0] &= icgw_mask64(len < 64 ? len : 64);
    key[1] &= icgw_mask64(len < 64 ? 0 : len - 64u);
    key[2] = len;
}

#endif
