/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_SOURCE_H
#define ICGW_SOURCE_H

/* What the tables say of an outer source: whether it is a chassis, of which zone,
 * and what its packets are counted for.  Inside dp/ only. */

#include <stdint.h>

#include "icgw_tables.h"
#include "keys.h"

/* Values of a map are not 0. */
static inline uint64_t icgw_source(enum icgw_zone zone, uint16_t account)
{
    return (uint64_t)account << 8 | ((uint64_t)zone + 1);
}

/* enum icgw_zone + 1; 0: unknown. */
static inline uint8_t icgw_source_zone(uint64_t source)
{
    return (uint8_t)source;
}

static inline uint16_t icgw_source_account(uint64_t source)
{
    return (uint16_t)(source >> 8);
}

/* 0: unknown. */
static inline uint64_t icgw_source_of(const struct icgw_tables *tables,
                                      const struct icgw_addr *addr)
{
    uint64_t key[ICGW_SOURCE_WORDS];

    icgw_source_key(addr, key);
    return icgw_map_get(tables->sources, key, ICGW_SOURCE_WORDS);
}

/* The same of an IPv4 address, network byte order. */
static __rte_always_inline uint64_t icgw_source_of_v4(const struct icgw_tables *tables,
                                                      uint32_t src_be)
{
    uint64_t key[ICGW_SOURCE_WORDS];
    uint32_t hash = icgw_source4_key(src_be, key);

    return icgw_map_get_hashed(tables->sources, key, hash, ICGW_SOURCE_WORDS);
}

#endif
