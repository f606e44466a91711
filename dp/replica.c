/* SPDX-License-Identifier: Apache-2.0 */
#include "icgw_tables.h"

#include <rte_malloc.h>

#include "alloc.h"
#include "keys.h"
#include "map.h"
#include "shares.h"
#include "store.h"
#include "tables.h"

/* Tables again on another NUMA node, for the workers there.
 *
 * An endpoint owns its replicas, so that what tables share with the tables
 * before them is not copied again; tables own theirs.  Neither has references
 * of its own: what they lead to lives as long as the first copy. */

static bool copy_dests(struct icgw_map **to, const struct icgw_map *from,
                       struct icgw_endpoint_store *store, int node)
{
    uint32_t pos = 0;
    uint64_t *value;

    if (from == NULL) {
        return true;
    }
    *to = icgw_map_clone(from, node);
    while (*to != NULL && (value = icgw_map_next_slot(*to, &pos)) != NULL) {
        *value = (uintptr_t)icgw_store_dest(store, (const struct icgw_dest *)(uintptr_t)*value);
        if (*value == 0) {
            return false;
        }
    }
    return *to != NULL;
}

static struct icgw_endpoint *copy_endpoint(const struct icgw_endpoint *ep, int node)
{
    struct icgw_endpoint *copy = icgw_zalloc("icgw_endpoint", sizeof *copy, node);

    if (copy == NULL) {
        return NULL;
    }
    *copy = *ep;
    copy->node = node;
    copy->replica = NULL;
    copy->refs = 1;
    copy->l2 = copy->v4 = copy->v6 = NULL;
    copy->store = icgw_store_create(node);
    if (copy->store == NULL || !copy_dests(&copy->l2, ep->l2, copy->store, node) ||
        !copy_dests(&copy->v4, ep->v4, copy->store, node) ||
        !copy_dests(&copy->v6, ep->v6, copy->store, node)) {
        icgw_endpoint_unref(copy);
        return NULL;
    }
    icgw_store_close(copy->store);
    return copy;
}

static struct icgw_endpoint *find_replica(const struct icgw_endpoint *ep, int node)
{
    struct icgw_endpoint *replica = ep->replica;

    while (replica != NULL && replica->node != node) {
        replica = replica->replica;
    }
    return replica;
}

/* Where there is no memory for one endpoint there is none for the next: asking for
 * each would take its time. */
static struct icgw_endpoint *on_node(struct icgw_endpoint *ep, struct icgw_tables *tables)
{
    struct icgw_endpoint *replica = find_replica(ep, tables->node);

    if (replica == NULL && tables->n_far == 0) {
        replica = copy_endpoint(ep, tables->node);
        if (replica != NULL) {
            replica->replica = ep->replica;
            ep->replica = replica;
        }
    }
    tables->n_far += replica == NULL;
    return replica != NULL ? replica : ep;
}

/* Takes out of *t what the first copy no longer has. */
static void drop_gone(struct icgw_tables *t, const struct icgw_share *before,
                      const struct icgw_share *now)
{
    for (uint32_t i = 0; before != NULL && i < before->n; i++) {
        if (icgw_share_find(now, before->entries[i].key) == NULL) {
            icgw_map_remove(t->endpoints, &before->entries[i].key);
        }
    }
}

static bool put_new(struct icgw_tables *t, const struct icgw_share *before,
                    const struct icgw_share *now)
{
    uint64_t old;

    for (uint32_t i = 0; now != NULL && i < now->n; i++) {
        const struct icgw_share_entry *entry = &now->entries[i];

        if (icgw_share_find(before, entry->key) != entry->endpoint &&
            !icgw_map_put(&t->endpoints, ICGW_ENDPOINT_WORDS, &entry->key,
                          (uintptr_t)on_node(entry->endpoint, t), &old)) {
            return false;
        }
    }
    return true;
}

/* The tables that those of a node may be made of; NULL: none.  Where there was no memory
 * for all endpoints, it is tried anew.  A map of another size would have to grow, which it
 * does at home. */
static const struct icgw_tables *find_before(const struct icgw_tables *before,
                                             const struct icgw_tables *now, int node)
{
    const struct icgw_tables *t = before != NULL ? icgw_tables_on(before, node) : NULL;

    return t == before || t->n_far > 0 || t->endpoints->mask != now->endpoints->mask ? NULL : t;
}

static bool replicate_endpoints(struct icgw_tables *t, const struct icgw_tables *first,
                                const struct icgw_tables *before)
{
    static const struct icgw_shares none;
    const struct icgw_tables *there = find_before(before, first, t->node);
    const struct icgw_shares *was = there != NULL ? before->shares : &none;
    bool done;

    t->endpoints = icgw_map_clone((there != NULL ? there : first)->endpoints, t->node);
    done = t->endpoints != NULL;
    for (uint32_t i = 0; done && i < ICGW_SHARES; i++) {
        if (was->share[i] != first->shares->share[i]) {
            drop_gone(t, was->share[i], first->shares->share[i]);
        }
    }
    for (uint32_t i = 0; done && i < ICGW_SHARES; i++) {
        if (was->share[i] != first->shares->share[i]) {
            done = put_new(t, was->share[i], first->shares->share[i]);
        }
    }
    return done;
}

bool icgw_tables_add_replica(struct icgw_tables *first, int node, const struct icgw_tables *before)
{
    struct icgw_tables *t = icgw_zalloc("icgw_tables", sizeof *t, node);

    if (t == NULL) {
        return false;
    }
    t->node = node;
    if (!icgw_tables_copy_parts(t, first) || !replicate_endpoints(t, first, before)) {
        icgw_tables_free(t);
        return false;
    }
    t->replica = first->replica;
    first->replica = t;
    return true;
}

const struct icgw_tables *icgw_tables_on(const struct icgw_tables *first, int node)
{
    const struct icgw_tables *t = first->replica;

    while (t != NULL && t->node != node) {
        t = t->replica;
    }
    return t != NULL ? t : first;
}

uint32_t icgw_tables_n_endpoints(const struct icgw_tables *t)
{
    return icgw_map_count(t->endpoints);
}

static size_t endpoint_bytes(const struct icgw_endpoint *ep)
{
    return sizeof *ep + icgw_map_size(ep->l2) + icgw_map_size(ep->v4) + icgw_map_size(ep->v6) +
           icgw_store_size(ep->store);
}

/* Endpoints by several keys count once. */
static size_t endpoints_bytes(const struct icgw_tables *t)
{
    struct icgw_map *seen = icgw_map_create(1, icgw_map_count(t->endpoints));
    uint32_t pos = 0;
    uint64_t key;
    size_t sum = 0;

    while ((key = icgw_map_next(t->endpoints, &pos)) != 0) {
        const struct icgw_endpoint *ep = (const struct icgw_endpoint *)(uintptr_t)key;
        uint64_t old = 0;

        if (ep->node == t->node && icgw_map_put(&seen, 1, &key, 1, &old) && old == 0) {
            sum += endpoint_bytes(ep);
        }
    }
    icgw_map_free(seen);
    return sum;
}

size_t icgw_tables_bytes(const struct icgw_tables *t)
{
    size_t sum = sizeof *t + icgw_map_size(t->endpoints) + icgw_map_size(t->vnis) +
                 icgw_map_size(t->sources) + (t->n_tunnels + 1u) * sizeof *t->tunnels +
                 (t->n_locals + 1u) * sizeof *t->locals;

    for (uint16_t i = 0; i < t->n_tunnels; i++) {
        sum += t->tunnels[i] != NULL ? sizeof *t->tunnels[i] : 0;
    }
    return sum + endpoints_bytes(t);
}
