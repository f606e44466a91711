/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "icgw_list.h"
#include "keys.h"
#include "map.h"

/* Takes the key of a slot apart. */
typedef void decode(const uint64_t *key, struct icgw_entry *);

static void decode_l2(const uint64_t *key, struct icgw_entry *entry)
{
    memcpy(entry->addr, key, 6);
    entry->eth_type = rte_be_to_cpu_16((uint16_t)(*key >> 48));
}

static void decode_v4(const uint64_t *key, struct icgw_entry *entry)
{
    uint32_t addr_be = (uint32_t)*key;

    memcpy(entry->addr, &addr_be, sizeof addr_be);
    entry->len = (uint8_t)(*key >> 32);
}

static void decode_v6(const uint64_t *key, struct icgw_entry *entry)
{
    memcpy(entry->addr, key, 16);
    entry->len = (uint8_t)key[2];
}

static void walk(const struct icgw_map *map, enum icgw_entry_kind kind, decode *to_entry,
                 icgw_entry_fn *show, void *aux)
{
    for (uint32_t i = 0; map != NULL && i <= map->mask; i++) {
        const uint64_t *slot = &map->slots[(size_t)i * (map->key_words + 1)];
        struct icgw_entry entry = {.kind = kind};

        if (slot[map->key_words] != 0) {
            to_entry(slot, &entry);
            entry.dest = (const struct icgw_dest *)(uintptr_t)slot[map->key_words];
            show(&entry, aux);
        }
    }
}

void icgw_endpoint_list(const struct icgw_endpoint *ep, icgw_entry_fn *show, void *aux)
{
    walk(ep->l2, ICGW_ENTRY_L2, decode_l2, show, aux);
    walk(ep->v4, ICGW_ENTRY_V4, decode_v4, show, aux);
    walk(ep->v6, ICGW_ENTRY_V6, decode_v6, show, aux);
}
