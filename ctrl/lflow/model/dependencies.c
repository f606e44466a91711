/* SPDX-License-Identifier: Apache-2.0 */
#include "dependencies.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "model.h"
#include "model_log.h"
#include "model_private.h"

void dependencies_add(struct dependencies *d, const struct model_datapath *dp)
{
    for (size_t i = 0; i < d->n; i++) {
        if (d->list[i].key == dp->key) {
            return;
        }
    }
    struct dependency *slot = model_grow(&d->list, &d->n, sizeof *slot);
    slot->key = dp->key;
    slot->fingerprint = dp->fingerprint;
}

/* One of `sets`.  Its name is hh.key. */
struct listed_set {
    UT_hash_handle hh;
};

/* Of a name and a key.  Two keys with the same name never have the same one, as the factor is
 * odd: a name that is found by it has that key. */
static unsigned int hash_set(const char *name, size_t size, uint32_t key)
{
    unsigned int hash;
    HASH_VALUE(name, size, hash);
    return hash + key * 2654435761u;
}

/* NULL: it is there already. */
static struct set_dependency *add_set(struct dependencies *d, const char *name, uint32_t key)
{
    struct listed_set *listed;
    size_t size = strlen(name);
    unsigned int hash = hash_set(name, size, key);
    HASH_FIND_BYHASHVALUE(hh, d->listed, name, size, hash, listed);
    if (listed != NULL) {
        return NULL;
    }
    struct set_dependency *slot = model_grow(&d->sets, &d->n_sets, sizeof *slot);
    slot->name = model_copy(name);
    slot->key = key;
    listed = model_alloc(sizeof *listed);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, d->listed, slot->name, size, hash, listed);
    return slot;
}

void dependencies_add_address_set(struct dependencies *d, const struct model *m, const char *name)
{
    struct set_dependency *slot = add_set(d, name, 0);
    if (slot != NULL) {
        slot->fingerprint = model_address_set_fingerprint(m, name);
    }
}

void dependencies_add_port_group(struct dependencies *d, const struct model *m,
                                 const struct model_datapath *dp, const char *name)
{
    struct set_dependency *slot = add_set(d, name, dp->key);
    if (slot != NULL) {
        slot->fingerprint = model_port_group_fingerprint(m, dp, name);
    }
}

void dependencies_add_way(struct dependencies *d, uint64_t way)
{
    for (size_t i = 0; i < d->n_ways; i++) {
        if (d->ways[i] == way) {
            return;
        }
    }
    *(uint64_t *)model_grow(&d->ways, &d->n_ways, sizeof *d->ways) = way;
}

void dependencies_complete(struct dependencies *d)
{
    struct listed_set *listed, *next;
    HASH_ITER(hh, d->listed, listed, next)
    {
        HASH_DEL(d->listed, listed);
        free(listed);
    }
}

void dependencies_free(struct dependencies *d)
{
    dependencies_complete(d);
    for (size_t i = 0; i < d->n_sets; i++) {
        free(d->sets[i].name);
    }
    free(d->sets);
    free(d->list);
    free(d->ways);
    *d = (struct dependencies){.list = NULL};
}

static uint64_t set_token(const struct set_dependency *set)
{
    char row[600];
    if (set->key == 0) {
        return model_set_token(set->name);
    }
    snprintf(row, sizeof row, "%" PRIu32 "_%s", set->key, set->name);
    return model_set_token(row);
}

void dependencies_tokens(const struct dependencies *d, uint64_t **tokens, size_t *n)
{
    for (size_t i = 0; i < d->n; i++) {
        *(uint64_t *)model_grow(tokens, n, sizeof **tokens) = d->list[i].key;
    }
    for (size_t i = 0; i < d->n_sets; i++) {
        *(uint64_t *)model_grow(tokens, n, sizeof **tokens) = set_token(&d->sets[i]);
    }
    for (size_t i = 0; i < d->n_ways; i++) {
        *(uint64_t *)model_grow(tokens, n, sizeof **tokens) = d->ways[i];
    }
}

static bool set_holds(const struct set_dependency *set, const struct model *m)
{
    if (set->key == 0) {
        return model_address_set_fingerprint(m, set->name) == set->fingerprint;
    }
    const struct model_datapath *dp = model_datapath_by_key(m, set->key);
    return dp != NULL && model_port_group_fingerprint(m, dp, set->name) == set->fingerprint;
}

bool dependencies_hold(const struct dependencies *d, const struct model *m)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct model_datapath *dp = model_datapath_by_key(m, d->list[i].key);
        if (dp == NULL || dp->fingerprint != d->list[i].fingerprint) {
            return false;
        }
    }
    for (size_t i = 0; i < d->n_sets; i++) {
        if (!set_holds(&d->sets[i], m)) {
            return false;
        }
    }
    return !d->unknown;
}
