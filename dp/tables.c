/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include <string.h>

#include <rte_malloc.h>

#include "alloc.h"
#include "bytes.h"
#include "icgw_account.h"
#include "keys.h"
#include "map.h"
#include "shares.h"
#include "source.h"

/* What workers remember of tables ends with a change of the serial number; a pointer
 * would not do: memory is used again. */
static void renew(struct icgw_tables *t)
{
    static uint64_t last; /* control thread only */

    t->serial = ++last;
}

static bool alloc_arrays(struct icgw_tables *t, uint16_t n_tunnels, const struct icgw_addr *locals,
                         uint16_t n_locals)
{
    /* One more than asked for: rte_malloc() of 0 bytes is NULL. */
    t->tunnels = icgw_zalloc("icgw_tunnels", (n_tunnels + 1u) * sizeof *t->tunnels, t->node);
    t->locals = icgw_zalloc("icgw_locals", (n_locals + 1u) * sizeof *t->locals, t->node);
    if (t->tunnels == NULL || t->locals == NULL) {
        return false;
    }
    t->n_tunnels = n_tunnels;
    t->n_locals = n_locals;
    for (uint16_t i = 0; i < n_locals; i++) {
        t->locals[i] = locals[i];
        if (t->local4 == 0 && icgw_addr_is_v4(&locals[i])) {
            t->local4 = icgw_load32(locals[i].bytes + 12);
        }
    }
    return true;
}

struct icgw_tables *icgw_tables_create(uint32_t n_endpoints, uint32_t n_sources, uint16_t n_tunnels,
                                       const struct icgw_addr *locals, uint16_t n_locals)
{
    struct icgw_tables *t = icgw_zalloc("icgw_tables", sizeof *t, ICGW_HOME);

    if (t == NULL) {
        return NULL;
    }
    t->node = ICGW_HOME;
    renew(t);
    t->endpoints = icgw_map_create(ICGW_ENDPOINT_WORDS, n_endpoints);
    t->vnis = icgw_map_create(ICGW_VNI_WORDS, n_endpoints);
    t->sources = icgw_map_create(ICGW_SOURCE_WORDS, n_sources);
    t->shares = icgw_shares_create();
    if (t->shares == NULL || t->endpoints == NULL || t->vnis == NULL || t->sources == NULL ||
        !alloc_arrays(t, n_tunnels, locals, n_locals)) {
        icgw_tables_free(t);
        return NULL;
    }
    return t;
}

/* What is known of a VNI by the endpoints that it has; 0: none. */
static uint64_t kind_of(const struct icgw_tables *t, uint32_t vni)
{
    const struct icgw_share *share = icgw_shares_of(t->shares, icgw_endpoint_key(vni, 0));
    uint64_t kind = 0;

    for (uint32_t i = 0; share != NULL && i < share->n && kind != ICGW_VNI_TRANSIT; i++) {
        if (share->entries[i].key >> 16 == vni) {
            kind = share->entries[i].endpoint->transit ? ICGW_VNI_TRANSIT : ICGW_VNI_LOCAL;
        }
    }
    return kind;
}

static bool add_endpoint(struct icgw_tables *t, uint32_t vni, uint16_t outport,
                         struct icgw_endpoint *ep, bool alias)
{
    uint64_t vni_key = vni, key = icgw_endpoint_key(vni, outport), kind, old;

    if (!icgw_tables_remove_endpoint(t, vni, outport)) {
        return false;
    }
    kind = ep->transit ? ICGW_VNI_TRANSIT : icgw_map_get(t->vnis, &vni_key, ICGW_VNI_WORDS);
    if (!icgw_map_put(&t->vnis, ICGW_VNI_WORDS, &vni_key, kind != 0 ? kind : ICGW_VNI_LOCAL,
                      &old) ||
        !icgw_map_put(&t->endpoints, ICGW_ENDPOINT_WORDS, &key, (uintptr_t)ep, &old) ||
        !icgw_shares_add(t->shares, key, ep, alias)) {
        return false;
    }
    t->n_dests += ep->n_dests;
    t->n_aliases += alias;
    return true;
}

bool icgw_tables_add_endpoint(struct icgw_tables *t, uint32_t vni, uint16_t outport,
                              struct icgw_endpoint *ep)
{
    return add_endpoint(t, vni, outport, ep, false);
}

bool icgw_tables_add_alias(struct icgw_tables *t, uint32_t vni, uint16_t outport,
                           const struct icgw_endpoint *ep)
{
    /* Shared by reference count; what it leads to does not change. */
    return add_endpoint(t, vni, outport, (struct icgw_endpoint *)(uintptr_t)ep, true);
}

/* After an endpoint has gone. */
static bool renew_vni(struct icgw_tables *t, uint32_t vni)
{
    uint64_t key = vni, kind = kind_of(t, vni), old;

    if (kind == 0) {
        icgw_map_remove(t->vnis, &key);
        return true;
    }
    return icgw_map_put(&t->vnis, ICGW_VNI_WORDS, &key, kind, &old);
}

bool icgw_tables_remove_endpoint(struct icgw_tables *t, uint32_t vni, uint16_t outport)
{
    uint64_t key = icgw_endpoint_key(vni, outport);
    const struct icgw_endpoint *ep = icgw_share_find(icgw_shares_of(t->shares, key), key);

    renew(t);
    if (ep == NULL) {
        return true;
    }
    t->n_dests -= ep->n_dests;
    icgw_map_remove(t->endpoints, &key);
    return icgw_shares_remove(t->shares, key) && renew_vni(t, vni);
}

/* They are few, and mostly none. */
static bool remove_aliases(struct icgw_tables *t)
{
    for (uint32_t i = 0; t->n_aliases > 0 && i < ICGW_SHARES; i++) {
        for (uint32_t k = t->shares->share[i] != NULL ? t->shares->share[i]->n : 0; k-- > 0;) {
            const struct icgw_share_entry *entry = &t->shares->share[i]->entries[k];

            if (entry->alias && !icgw_tables_remove_endpoint(t, (uint32_t)(entry->key >> 16),
                                                             (uint16_t)entry->key)) {
                return false;
            }
        }
    }
    t->n_aliases = 0;
    return true;
}

bool icgw_tables_add_source(struct icgw_tables *t, const struct icgw_addr *addr,
                            enum icgw_zone zone)
{
    uint64_t key[ICGW_SOURCE_WORDS];
    uint64_t old;

    renew(t);
    icgw_source_key(addr, key);
    return icgw_map_put(&t->sources, ICGW_SOURCE_WORDS, key,
                        icgw_source(zone, icgw_account(ICGW_ACCOUNT_FROM_PEER, addr, 0)), &old);
}

bool icgw_tables_set_tunnel(struct icgw_tables *t, uint16_t index, const struct icgw_tunnel *tunnel)
{
    if (index >= t->n_tunnels) {
        return false;
    }
    renew(t);
    if (t->tunnels[index] == NULL) {
        t->tunnels[index] = icgw_alloc("icgw_tunnel", sizeof *tunnel, t->node);
        if (t->tunnels[index] == NULL) {
            return false;
        }
    }
    *t->tunnels[index] = *tunnel;
    return true;
}

bool icgw_tables_copy_parts(struct icgw_tables *to, const struct icgw_tables *from)
{
    renew(to);
    to->n_dests = from->n_dests;
    to->n_aliases = from->n_aliases;
    to->vnis = icgw_map_clone(from->vnis, to->node);
    to->sources = icgw_map_clone(from->sources, to->node);
    if (to->vnis == NULL || to->sources == NULL ||
        !alloc_arrays(to, from->n_tunnels, from->locals, from->n_locals)) {
        return false;
    }
    for (uint16_t i = 0; i < from->n_tunnels; i++) {
        if (from->tunnels[i] != NULL && !icgw_tables_set_tunnel(to, i, from->tunnels[i])) {
            return false;
        }
    }
    return true;
}

static bool clone_into(struct icgw_tables *to, const struct icgw_tables *from)
{
    to->node = ICGW_HOME;
    if (!icgw_tables_copy_parts(to, from)) {
        return false;
    }
    to->endpoints = icgw_map_clone(from->endpoints, ICGW_HOME);
    to->shares = icgw_shares_clone(from->shares);
    return to->endpoints != NULL && to->shares != NULL;
}

static bool succeed(struct icgw_tables *to, const struct icgw_tables *from, uint32_t n_sources,
                    uint16_t n_tunnels)
{
    to->node = ICGW_HOME;
    to->n_dests = from->n_dests;
    to->n_aliases = from->n_aliases;
    to->vnis = icgw_map_clone(from->vnis, ICGW_HOME);
    to->sources = icgw_map_create(ICGW_SOURCE_WORDS, n_sources);
    to->endpoints = icgw_map_clone(from->endpoints, ICGW_HOME);
    to->shares = icgw_shares_clone(from->shares);
    renew(to);
    return to->vnis != NULL && to->sources != NULL && to->endpoints != NULL && to->shares != NULL &&
           alloc_arrays(to, n_tunnels, from->locals, from->n_locals) && remove_aliases(to);
}

struct icgw_tables *icgw_tables_succeed(const struct icgw_tables *from, uint32_t n_sources,
                                        uint16_t n_tunnels)
{
    struct icgw_tables *t = icgw_zalloc("icgw_tables", sizeof *t, ICGW_HOME);

    if (t != NULL && !succeed(t, from, n_sources, n_tunnels)) {
        icgw_tables_free(t);
        return NULL;
    }
    return t;
}

struct icgw_tables *icgw_tables_clone(const struct icgw_tables *from)
{
    struct icgw_tables *t = icgw_zalloc("icgw_tables", sizeof *t, ICGW_HOME);

    if (t != NULL && !clone_into(t, from)) {
        icgw_tables_free(t);
        return NULL;
    }
    return t;
}

void icgw_tables_free(struct icgw_tables *t)
{
    if (t == NULL) {
        return;
    }
    icgw_tables_free(t->replica);
    icgw_shares_free(t->shares);
    icgw_map_free(t->endpoints);
    icgw_map_free(t->vnis);
    icgw_map_free(t->sources);
    for (uint16_t i = 0; i < t->n_tunnels; i++) {
        rte_free(t->tunnels[i]);
    }
    rte_free(t->tunnels);
    rte_free(t->locals);
    rte_free(t);
}

const struct icgw_endpoint *icgw_tables_endpoint(const struct icgw_tables *t, uint32_t vni,
                                                 uint16_t outport)
{
    uint64_t key = icgw_endpoint_key(vni, outport);

    return (const struct icgw_endpoint *)(uintptr_t)icgw_map_get(t->endpoints, &key,
                                                                 ICGW_ENDPOINT_WORDS);
}
