/* SPDX-License-Identifier: Apache-2.0 */
#include "map.h"

#include <string.h>

#include <rte_malloc.h>

#include "alloc.h"

#define MIN_SLOTS 4u

static uint64_t *slot_at(struct icgw_map *map, uint32_t i)
{
    return &map->slots[(size_t)i * (map->key_words + 1)];
}

static size_t size_for(uint32_t key_words, uint32_t n_slots)
{
    return sizeof(struct icgw_map) + (size_t)n_slots * (key_words + 1) * sizeof(uint64_t);
}

size_t icgw_map_size(const struct icgw_map *map)
{
    return map == NULL ? 0 : size_for(map->key_words, map->mask + 1);
}

struct icgw_map *icgw_map_create(uint32_t key_words, uint32_t n)
{
    uint32_t n_slots = RTE_MAX(MIN_SLOTS, rte_align32pow2(RTE_MIN(n, 1u << 30) * 2));
    struct icgw_map *map = icgw_zalloc("icgw_map", size_for(key_words, n_slots), ICGW_HOME);

    if (map != NULL) {
        map->mask = n_slots - 1;
        map->key_words = key_words;
    }
    return map;
}

struct icgw_map *icgw_map_clone(const struct icgw_map *map, int node)
{
    size_t size = icgw_map_size(map);
    struct icgw_map *copy = icgw_alloc("icgw_map", size, node);

    if (copy != NULL) {
        memcpy(copy, map, size);
    }
    return copy;
}

void icgw_map_free(struct icgw_map *map)
{
    rte_free(map);
}

/* The slot that holds the key, or the empty one where it belongs. */
static uint64_t *slot_for(struct icgw_map *map, const uint64_t *key)
{
    for (uint32_t i = icgw_map_hash(key, map->key_words) & map->mask;; i = (i + 1) & map->mask) {
        uint64_t *slot = slot_at(map, i);

        if (slot[map->key_words] == 0 || memcmp(slot, key, map->key_words * sizeof *key) == 0) {
            return slot;
        }
    }
}

static bool grow(struct icgw_map **mapp)
{
    struct icgw_map *old = *mapp;
    struct icgw_map *map = icgw_map_create(old->key_words, old->mask + 1);

    if (map == NULL) {
        return false;
    }
    for (uint32_t i = 0; i <= old->mask; i++) {
        const uint64_t *from = slot_at(old, i);

        if (from[old->key_words] != 0) {
            memcpy(slot_for(map, from), from, (old->key_words + 1) * sizeof *from);
        }
    }
    map->n = old->n;
    icgw_map_free(old);
    *mapp = map;
    return true;
}

bool icgw_map_put(struct icgw_map **mapp, uint32_t key_words, const uint64_t *key, uint64_t value,
                  uint64_t *old)
{
    if (*mapp == NULL) {
        *mapp = icgw_map_create(key_words, 1);
        if (*mapp == NULL) {
            return false;
        }
    }

    uint64_t *slot = slot_for(*mapp, key);

    if (slot[key_words] == 0 && (*mapp)->n * 2 > (*mapp)->mask) {
        if (!grow(mapp)) {
            return false;
        }
        slot = slot_for(*mapp, key);
    }
    *old = slot[key_words];
    if (*old == 0) {
        memcpy(slot, key, key_words * sizeof *key);
        (*mapp)->n++;
    }
    slot[key_words] = value;
    return true;
}

/* What comes after a gap and would be looked for before it moves up, so that no look-up
 * ends at the gap. */
static void close_gap(struct icgw_map *map, uint32_t gap)
{
    uint32_t i = gap;
    uint64_t *slot;

    while (i = (i + 1) & map->mask, slot = slot_at(map, i), slot[map->key_words] != 0) {
        uint32_t home = icgw_map_hash(slot, map->key_words) & map->mask;

        if (((i - home) & map->mask) >= ((i - gap) & map->mask)) {
            memcpy(slot_at(map, gap), slot, (map->key_words + 1) * sizeof *slot);
            gap = i;
        }
    }
    slot_at(map, gap)[map->key_words] = 0;
}

uint64_t icgw_map_remove(struct icgw_map *map, const uint64_t *key)
{
    uint64_t *slot = slot_for(map, key);
    uint64_t value = slot[map->key_words];

    if (value != 0) {
        map->n--;
        close_gap(map, (uint32_t)((size_t)(slot - map->slots) / (map->key_words + 1)));
    }
    return value;
}

uint64_t *icgw_map_next_slot(struct icgw_map *map, uint32_t *pos)
{
    while (map != NULL && *pos <= map->mask) {
        uint64_t *value = slot_at(map, (*pos)++) + map->key_words;

        if (*value != 0) {
            return value;
        }
    }
    return NULL;
}

uint64_t icgw_map_next(const struct icgw_map *map, uint32_t *pos)
{
    while (map != NULL && *pos <= map->mask) {
        uint64_t value = map->slots[(size_t)*pos * (map->key_words + 1) + map->key_words];

        (*pos)++;
        if (value != 0) {
            return value;
        }
    }
    return 0;
}
