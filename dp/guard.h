/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_GUARD_H
#define ICGW_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include <string.h>

#include <rte_branch_prediction.h>

#include "bytes.h"
#include "icgw_forward.h"
#include "wire.h"

/* Prefixes of a source guard that IPv4 sources can be in, four at a time, network
 * byte order.  They lie before the guard in memory, the first block last; store.c
 * puts them there. */
struct icgw_source_block {
    uint32_t value[4];
    uint32_t mask[4];
};

typedef uint32_t icgw_block __attribute__((vector_size(16)));

bool icgw_singled_out_v6(const struct icgw_source_guard *guard, const uint8_t addr[16]);

/* Whether the guard has the source of the inner IPv4 packet at `ip`. */
static inline bool icgw_singled_out4(const struct icgw_source_guard *guard, const uint8_t *ip)
{
    const struct icgw_source_block *from = (const struct icgw_source_block *)(const void *)guard;
    uint32_t addr = icgw_load32(ip + 12);
    icgw_block hits = {0}, src = {addr, addr, addr, addr};
    uint64_t found[2];

    for (uint16_t i = 0; i < guard->n_blocks; i++) {
        icgw_block value, mask;

        from--;
        memcpy(&value, from->value, sizeof value);
        memcpy(&mask, from->mask, sizeof mask);
        hits |= (icgw_block)(((src ^ value) & mask) == 0);
    }
    memcpy(found, &hits, sizeof found);
    return (found[0] | found[1]) != 0;
}

/* The same of an inner packet of any kind. */
static inline bool icgw_singled_out(const struct icgw_source_guard *guard, uint16_t eth_type,
                                    const uint8_t *ip)
{
    if (unlikely(eth_type != RTE_BE16(ICGW_ETH_IPV4))) {
        return eth_type == RTE_BE16(ICGW_ETH_IPV6) && icgw_singled_out_v6(guard, ip + 8);
    }
    return icgw_singled_out4(guard, ip);
}

/* Whether *dest's verdict covers the packet whose inner frame is at `inner`;
 * if not, *reason says what sends it to the slow path.  Inside dp/ only. */
bool icgw_guard_admits(const struct icgw_dest *dest, const struct icgw_packet *p,
                       const uint8_t *inner, enum icgw_slow *reason);

#endif
