/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_ENDPOINT_H
#define ICGW_ENDPOINT_H

/* Look-ups of icgw_tables.h for the fast path to inline.  Inside dp/ only. */

#include "icgw_tables.h"
#include "keys.h"
#include "map.h"

static inline const struct icgw_dest *icgw_endpoint_get_l2(const struct icgw_endpoint *ep,
                                                           uint64_t key)
{
    return (const struct icgw_dest *)(uintptr_t)icgw_map_get(ep->l2, &key, ICGW_L2_WORDS);
}

/* Longest prefix first; a table has few distinct lengths.  `hash` is that of the
 * key of the first one; there must be one. */
static inline const struct icgw_dest *icgw_endpoint_get_v4_hashed(const struct icgw_endpoint *ep,
                                                                  uint32_t addr_be, uint32_t hash)
{
    for (unsigned int i = 0;;) {
        uint64_t key = icgw_v4_key(addr_be, ep->len4[i]);
        uint64_t value = icgw_map_get_hashed(ep->v4, &key, hash, ICGW_V4_WORDS);

        if (likely(value != 0) || ++i == ep->n_len4) {
            return (const struct icgw_dest *)(uintptr_t)value;
        }
        key = icgw_v4_key(addr_be, ep->len4[i]);
        hash = icgw_map_hash(&key, ICGW_V4_WORDS);
    }
}

static inline const struct icgw_dest *icgw_endpoint_get_v4(const struct icgw_endpoint *ep,
                                                           uint32_t addr_be)
{
    uint64_t key = icgw_v4_key(addr_be, ep->len4[0]);

    return ep->n_len4 == 0
               ? NULL
               : icgw_endpoint_get_v4_hashed(ep, addr_be, icgw_map_hash(&key, ICGW_V4_WORDS));
}

static inline const struct icgw_dest *icgw_endpoint_get_v6(const struct icgw_endpoint *ep,
                                                           const uint8_t addr[16])
{
    for (unsigned int i = 0; i < ep->n_len6; i++) {
        uint64_t key[ICGW_V6_WORDS];
        uint64_t value;

        icgw_v6_key(addr, ep->len6[i], key);
        value = icgw_map_get(ep->v6, key, ICGW_V6_WORDS);
        if (value != 0) {
            return (const struct icgw_dest *)(uintptr_t)value;
        }
    }
    return NULL;
}

#endif
