/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <string.h>

#include <rte_common.h>
#include <rte_malloc.h>

#include "alloc.h"
#include "bytes.h"
#include "classifier.h"
#include "guard.h"
#include "map.h"

/* The first chunk is small because most endpoints lead to few destinations. */
#define FIRST_CHUNK 512u
#define LAST_CHUNK 65536u
/* Destinations of one router mostly share one guard, and one classifier: look back this far. */
#define RECENT_GUARDS 8u

struct chunk {
    struct chunk *next;
    size_t used;
    size_t size;
    uint8_t bytes[] __rte_cache_aligned;
};

struct icgw_endpoint_store {
    struct chunk *chunks; /* newest first */
    size_t next_size;
    int node;
    struct icgw_map *shared; /* on a node: what is copied, from where to where */
    const struct icgw_source_guard *recent[RECENT_GUARDS];
    unsigned int next_recent;
    const struct icgw_classifier *classifiers[RECENT_GUARDS];
    unsigned int next_classifier;
};

struct icgw_endpoint_store *icgw_store_create(int node)
{
    struct icgw_endpoint_store *store = icgw_zalloc("icgw_store", sizeof *store, node);

    if (store != NULL) {
        store->node = node;
        store->next_size = FIRST_CHUNK;
    }
    return store;
}

void icgw_store_free(struct icgw_endpoint_store *store)
{
    if (store == NULL) {
        return;
    }
    icgw_store_close(store);
    while (store->chunks != NULL) {
        struct chunk *chunk = store->chunks;

        store->chunks = chunk->next;
        rte_free(chunk);
    }
    rte_free(store);
}

void icgw_store_close(struct icgw_endpoint_store *store)
{
    icgw_map_free(store->shared);
    store->shared = NULL;
}

size_t icgw_store_size(const struct icgw_endpoint_store *store)
{
    size_t sum = sizeof *store;

    for (const struct chunk *chunk = store->chunks; chunk != NULL; chunk = chunk->next) {
        sum += sizeof *chunk + chunk->size;
    }
    return sum;
}

/* Whole cache lines, so that a destination never straddles two. */
static void *take(struct icgw_endpoint_store *store, size_t size)
{
    struct chunk *chunk = store->chunks;

    size = RTE_ALIGN_CEIL(size, (size_t)RTE_CACHE_LINE_SIZE);
    if (chunk == NULL || chunk->size - chunk->used < size) {
        size_t room = RTE_MAX(store->next_size, size);

        chunk = icgw_alloc("icgw_chunk", sizeof *chunk + room, store->node);
        if (chunk == NULL) {
            return NULL;
        }
        chunk->next = store->chunks;
        chunk->used = 0;
        chunk->size = room;
        store->chunks = chunk;
        store->next_size = RTE_MIN(store->next_size * 2, (size_t)LAST_CHUNK);
    }
    chunk->used += size;
    return chunk->bytes + chunk->used - size;
}

/* The prefixes that a mapped IPv4 address can be in, as workers compare them.
 * The last block is filled up with a prefix that it has already. */
static uint16_t fill_blocks(const struct icgw_source_guard *guard, struct icgw_source_block *end)
{
    static const uint8_t mapped[12] = {[10] = 0xff, 0xff};
    unsigned int n = 0;

    for (uint16_t i = 0; i < guard->n; i++) {
        const uint8_t *value = guard->prefix[i].value.bytes, *mask = guard->prefix[i].mask.bytes;
        uint8_t differs = 0;

        for (unsigned int k = 0; k < sizeof mapped; k++) {
            differs |= (value[k] ^ mapped[k]) & mask[k];
        }
        if (differs != 0) {
            continue;
        }
        for (unsigned int at = n % 4; at < 4; at++) {
            memcpy(&end[-1 - (int)(n / 4)].value[at], value + 12, 4);
            memcpy(&end[-1 - (int)(n / 4)].mask[at], mask + 12, 4);
        }
        n++;
    }
    return (uint16_t)((n + 3) / 4);
}

static const struct icgw_source_guard *find_guard(const struct icgw_endpoint_store *store,
                                                  const struct icgw_source_guard *guard)
{
    for (unsigned int i = 0; i < RECENT_GUARDS; i++) {
        const struct icgw_source_guard *have = store->recent[i];

        if (have != NULL && have->n == guard->n &&
            memcmp(have->prefix, guard->prefix, guard->n * sizeof guard->prefix[0]) == 0) {
            return have;
        }
    }
    return NULL;
}

/* Copies only the prefixes in use; nothing reads past n. */
static const struct icgw_source_guard *add_guard(struct icgw_endpoint_store *store,
                                                 const struct icgw_source_guard *guard)
{
    size_t size = offsetof(struct icgw_source_guard, prefix) + guard->n * sizeof guard->prefix[0];
    size_t blocks = (guard->n + 3u) / 4 * sizeof(struct icgw_source_block);
    uint8_t *memory = take(store, blocks + size);
    struct icgw_source_guard *copy;

    if (memory == NULL) {
        return NULL;
    }
    copy = (struct icgw_source_guard *)(void *)(memory + blocks);
    copy->n = guard->n;
    copy->n_blocks = fill_blocks(guard, (struct icgw_source_block *)(void *)copy);
    memcpy(copy->prefix, guard->prefix, guard->n * sizeof guard->prefix[0]);
    return copy;
}

/* Destinations that are copied to a node come in no order, but what they share is known
 * by where it is.  NULL: not copied yet. */
static const void *copied(const struct icgw_endpoint_store *store, const void *from)
{
    uint64_t key = (uintptr_t)from;

    return (const void *)(uintptr_t)icgw_map_get(store->shared, &key, 1);
}

/* Returns `copy`, or NULL without memory. */
static const void *note_copy(struct icgw_endpoint_store *store, const void *from, const void *copy)
{
    uint64_t key = (uintptr_t)from, old;

    return copy != NULL && icgw_map_put(&store->shared, 1, &key, (uintptr_t)copy, &old) ? copy
                                                                                        : NULL;
}

static const struct icgw_source_guard *copy_guard(struct icgw_endpoint_store *store,
                                                  const struct icgw_source_guard *guard)
{
    bool home = store->node == ICGW_HOME;
    const struct icgw_source_guard *copy = home ? find_guard(store, guard) : copied(store, guard);

    if (copy != NULL) {
        return copy;
    }
    copy = add_guard(store, guard);
    if (!home) {
        return note_copy(store, guard, copy);
    }
    if (copy != NULL) {
        store->recent[store->next_recent++ % RECENT_GUARDS] = copy;
    }
    return copy;
}

static const struct icgw_classifier *find_classifier(const struct icgw_endpoint_store *store,
                                                     const struct icgw_classifier *from)
{
    size_t size = icgw_classifier_size(from);

    for (unsigned int i = 0; i < RECENT_GUARDS; i++) {
        const struct icgw_classifier *have = store->classifiers[i];

        if (have != NULL && icgw_classifier_size(have) == size && memcmp(have, from, size) == 0) {
            return have;
        }
    }
    return NULL;
}

static const struct icgw_classifier *copy_classifier(struct icgw_endpoint_store *store,
                                                     const struct icgw_classifier *from)
{
    bool home = store->node == ICGW_HOME;
    const struct icgw_classifier *have = home ? find_classifier(store, from) : copied(store, from);
    struct icgw_classifier *copy;

    if (have != NULL) {
        return have;
    }
    copy = take(store, icgw_classifier_size(from));
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, from, icgw_classifier_size(from));
    if (!home) {
        return note_copy(store, from, copy);
    }
    store->classifiers[store->next_classifier++ % RECENT_GUARDS] = copy;
    return copy;
}

/* What a packet to the destination carries beyond its tunnel's template. */
static void compose(struct icgw_dest *dest)
{
    dest->wire_vni = rte_cpu_to_be_32(dest->vni << 8);
    dest->wire_keys = rte_cpu_to_be_32((uint32_t)dest->inport << 16 | dest->outport);
    dest->sum = (dest->wire_vni & 0xffff) + (dest->wire_vni >> 16) + (dest->wire_keys & 0xffff) +
                (dest->wire_keys >> 16);
    if (dest->rewrite_eth) {
        dest->sum += icgw_sum(dest->eth_dst, 6) + icgw_sum(dest->eth_src, 6);
    }
}

static bool fill(struct icgw_endpoint_store *store, struct icgw_dest *to,
                 const struct icgw_dest *from)
{
    *to = *from;
    /* A packet whose TTL would wrap is never covered by a verdict. */
    to->min_ttl = RTE_MAX(to->min_ttl, to->ttl_dec);
    compose(to);
    to->members = NULL;
    if (from->verdict == ICGW_VERDICT_CLASSIFY) {
        to->classifier = copy_classifier(store, from->classifier);
        return to->classifier != NULL;
    }
    if (from->sources != NULL && from->sources->n == 0) {
        to->sources = NULL;
    } else if (from->sources != NULL) {
        if (from->sources->n > ICGW_MAX_SOURCES) {
            return false;
        }
        to->sources = copy_guard(store, from->sources);
        return to->sources != NULL;
    }
    return true;
}

static bool has_members(const struct icgw_dest *dest)
{
    return dest->verdict == ICGW_VERDICT_SELECT || dest->verdict == ICGW_VERDICT_CLASSIFY;
}

/* Copies the members of *from, and theirs where `nested` allows that they have any. */
static bool copy_members(struct icgw_endpoint_store *store, struct icgw_dest *to,
                         const struct icgw_dest *from, bool nested)
{
    if (!has_members(from)) {
        to->n_members = 0;
        return true;
    }
    if (from->n_members == 0 || from->n_members > ICGW_MAX_MEMBERS) {
        return false;
    }

    struct icgw_dest *members = take(store, from->n_members * sizeof *members);

    for (unsigned int i = 0; members != NULL && i < from->n_members; i++) {
        const struct icgw_dest *member = &from->members[i];
        bool allowed = !has_members(member) || (nested && member->verdict == ICGW_VERDICT_SELECT);

        if (!allowed || !fill(store, &members[i], member) ||
            !copy_members(store, &members[i], member, false)) {
            return false;
        }
    }
    to->members = members;
    return members != NULL;
}

const struct icgw_dest *icgw_store_dest(struct icgw_endpoint_store *store,
                                        const struct icgw_dest *from)
{
    struct icgw_dest *to = take(store, sizeof *to);
    bool nested = from->verdict == ICGW_VERDICT_CLASSIFY;

    if (to == NULL || !fill(store, to, from) || !copy_members(store, to, from, nested)) {
        return NULL;
    }
    return to;
}
