/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <string.h>

#include <rte_common.h>
#include <rte_malloc.h>

/* The first chunk is small because most endpoints lead to few destinations. */
#define FIRST_CHUNK 512u
#define LAST_CHUNK 65536u
/* Destinations of one router mostly share one guard: look back this far. */
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
    const struct icgw_source_guard *recent[RECENT_GUARDS];
    unsigned int next_recent;
};

struct icgw_endpoint_store *icgw_store_create(void)
{
    struct icgw_endpoint_store *store = rte_zmalloc("icgw_store", sizeof *store, 0);

    if (store != NULL) {
        store->next_size = FIRST_CHUNK;
    }
    return store;
}

void icgw_store_free(struct icgw_endpoint_store *store)
{
    if (store == NULL) {
        return;
    }
    while (store->chunks != NULL) {
        struct chunk *chunk = store->chunks;

        store->chunks = chunk->next;
        rte_free(chunk);
    }
    rte_free(store);
}

/* Whole cache lines, so that a destination never straddles two. */
static void *take(struct icgw_endpoint_store *store, size_t size)
{
    struct chunk *chunk = store->chunks;

    size = RTE_ALIGN_CEIL(size, (size_t)RTE_CACHE_LINE_SIZE);
    if (chunk == NULL || chunk->size - chunk->used < size) {
        size_t room = RTE_MAX(store->next_size, size);

        chunk = rte_malloc("icgw_chunk", sizeof *chunk + room, RTE_CACHE_LINE_SIZE);
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

/* Copies only the prefixes in use; nothing reads past n. */
static const struct icgw_source_guard *copy_guard(struct icgw_endpoint_store *store,
                                                  const struct icgw_source_guard *guard)
{
    size_t size = offsetof(struct icgw_source_guard, prefix) + guard->n * sizeof guard->prefix[0];

    for (unsigned int i = 0; i < RECENT_GUARDS; i++) {
        const struct icgw_source_guard *have = store->recent[i];

        if (have != NULL && have->n == guard->n &&
            memcmp(have->prefix, guard->prefix, guard->n * sizeof guard->prefix[0]) == 0) {
            return have;
        }
    }

    struct icgw_source_guard *copy = take(store, size);

    if (copy != NULL) {
        copy->n = guard->n;
        memcpy(copy->prefix, guard->prefix, guard->n * sizeof guard->prefix[0]);
        store->recent[store->next_recent++ % RECENT_GUARDS] = copy;
    }
    return copy;
}

static bool fill(struct icgw_endpoint_store *store, struct icgw_dest *to,
                 const struct icgw_dest *from)
{
    *to = *from;
    /* A packet whose TTL would wrap is never covered by a verdict. */
    to->min_ttl = RTE_MAX(to->min_ttl, to->ttl_dec);
    to->members = NULL;
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

static const struct icgw_dest *copy_members(struct icgw_endpoint_store *store,
                                            const struct icgw_dest *from)
{
    if (from->n_members == 0 || from->n_members > ICGW_MAX_MEMBERS) {
        return NULL;
    }

    struct icgw_dest *members = take(store, from->n_members * sizeof *members);

    for (unsigned int i = 0; members != NULL && i < from->n_members; i++) {
        if (from->members[i].verdict == ICGW_VERDICT_SELECT ||
            !fill(store, &members[i], &from->members[i])) {
            return NULL;
        }
    }
    return members;
}

const struct icgw_dest *icgw_store_dest(struct icgw_endpoint_store *store,
                                        const struct icgw_dest *from)
{
    struct icgw_dest *to = take(store, sizeof *to);

    if (to == NULL || !fill(store, to, from)) {
        return NULL;
    }
    if (from->verdict == ICGW_VERDICT_SELECT) {
        to->members = copy_members(store, from);
        return to->members == NULL ? NULL : to;
    }
    to->n_members = 0;
    return to;
}
