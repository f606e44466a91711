/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_MAP_H
#define ICGW_MAP_H

/* Hash table from keys of 1 to 3 words to a non-zero word.  Inside dp/ only.
 *
 * Why not rte_hash: each rte_hash takes a memzone, and DPDK 22.11 has 2,560 of
 * them (RTE_MAX_MEMZONE).  Every router and transit switch has tables of its
 * own, so a gateway of 1,000 transit switches would not fit.  These tables are
 * also written before publication only, which open addressing with linear
 * probing makes the most of: at most half full, a hit mostly costs one cache
 * line, which can be prefetched from the hash alone.
 *
 * Built by the control thread; once published, read by workers and changed by
 * nobody. */

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_hash_crc.h>
#include <rte_prefetch.h>

#define ICGW_MAP_MAX_WORDS 3

struct icgw_map {
    uint32_t mask; /* number of slots - 1 */
    uint32_t n;    /* slots in use */
    uint32_t key_words;
    uint64_t slots[] __rte_cache_aligned; /* key words, then the value; value 0: empty */
};

/* NULL: no memory. */
struct icgw_map *icgw_map_create(uint32_t key_words, uint32_t n);
/* On that NUMA node, or ICGW_HOME (alloc.h).  NULL: no memory there. */
struct icgw_map *icgw_map_clone(const struct icgw_map *, int node);
void icgw_map_free(struct icgw_map *);
/* Sets the value of a key and stores the one before to *old (0: none).  May
 * move the map; creates it where *map is NULL.  False: no memory. */
bool icgw_map_put(struct icgw_map **map, uint32_t key_words, const uint64_t *key, uint64_t value,
                  uint64_t *old);
/* Takes a key out, if it is there; returns the value that it had, or 0. */
uint64_t icgw_map_remove(struct icgw_map *, const uint64_t *key);
/* Walks all values: start with *pos == 0; 0 at the end. */
uint64_t icgw_map_next(const struct icgw_map *, uint32_t *pos);
/* Likewise, where the value is; NULL at the end. */
uint64_t *icgw_map_next_slot(struct icgw_map *, uint32_t *pos);
/* Bytes of memory. */
size_t icgw_map_size(const struct icgw_map *);

static inline uint32_t icgw_map_count(const struct icgw_map *map)
{
    return map == NULL ? 0 : map->n;
}

/* rte_hash_crc_8byte() without the question, asked each time, whether the CPU
 * has the instruction: what is compiled for it runs on no other.  Of the result 32
 * bits are used; it is as wide as the instruction takes it back. */
static __rte_always_inline uint64_t icgw_crc(uint64_t word, uint64_t init)
{
#ifdef __SSE4_2__
    return __builtin_ia32_crc32di(init, word);
#else
    return rte_hash_crc_8byte(word, (uint32_t)init);
#endif
}

/* In the look-ups key_words is a constant at each call, so that the compiler
 * unrolls the loops. */
static __rte_always_inline uint32_t icgw_map_hash(const uint64_t *key, const uint32_t key_words)
{
    uint64_t hash = 0;

    for (uint32_t i = 0; i < key_words; i++) {
        hash = icgw_crc(key[i], hash);
    }
    return (uint32_t)hash;
}

static __rte_always_inline void icgw_map_prefetch(const struct icgw_map *map, uint32_t hash,
                                                  const uint32_t key_words)
{
    rte_prefetch0(&map->slots[(size_t)(hash & map->mask) * (key_words + 1)]);
}

static __rte_always_inline uint64_t icgw_map_get_hashed(const struct icgw_map *map,
                                                        const uint64_t *key, uint32_t hash,
                                                        const uint32_t key_words)
{
    for (uint32_t i = hash & map->mask;; i = (i + 1) & map->mask) {
        const uint64_t *slot = &map->slots[(size_t)i * (key_words + 1)];
        uint64_t diff = 0;

        if (slot[key_words] == 0) {
            return 0;
        }
        for (uint32_t w = 0; w < key_words; w++) {
            diff |= slot[w] ^ key[w];
        }
        if (likely(diff == 0)) {
            return slot[key_words];
        }
    }
}

/* 0: no such key, or no map. */
static __rte_always_inline uint64_t icgw_map_get(const struct icgw_map *map, const uint64_t *key,
                                                 const uint32_t key_words)
{
    if (map == NULL) {
        return 0;
    }
    return icgw_map_get_hashed(map, key, icgw_map_hash(key, key_words), key_words);
}

#endif
