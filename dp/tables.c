/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include <string.h>

#include <rte_malloc.h>

#include "alloc.h"
#include "bytes.h"
#include "icgw_account.h"
#include "keys.h"
#include "map.h"
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
    if (t->endpoints == NULL || t->vnis == NULL || t->sources == NULL ||
        !alloc_arrays(t, n_tunnels, locals, n_locals)) {
        icgw_tables_free(t);
        return NULL;
    }
    return t;
}

bool icgw_tables_add_endpoint(struct icgw_tables *t, uint32_t vni, uint16_t outport,
                              struct icgw_endpoint *ep)
{
    uint64_t vni_key = vni;
    uint64_t key = icgw_endpoint_key(vni, outport);
    uint64_t kind = icgw_map_get(t->vnis, &vni_key, ICGW_VNI_WORDS);
    uint64_t old;

    renew(t);
    if (ep->transit || kind == ICGW_VNI_TRANSIT) {
        kind = ICGW_VNI_TRANSIT;
    } else {
        kind = ICGW_VNI_LOCAL;
    }
    if (!icgw_map_put(&t->vnis, ICGW_VNI_WORDS, &vni_key, kind, &old) ||
        !icgw_map_put(&t->endpoints, ICGW_ENDPOINT_WORDS, &key, (uintptr_t)ep, &old)) {
        return false;
    }
    ep->refs++;
    t->n_dests += ep->n_dests;
    icgw_endpoint_unref((struct icgw_endpoint *)(uintptr_t)old);
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
    struct icgw_endpoint *ep;
    uint32_t pos = 0;

    to->node = ICGW_HOME;
    if (!icgw_tables_copy_parts(to, from)) {
        return false;
    }
    /* Last, so that whoever frees a half-made copy finds either no endpoints
     * or all of them with their references taken. */
    to->endpoints = icgw_map_clone(from->endpoints, ICGW_HOME);
    if (to->endpoints == NULL) {
        return false;
    }
    while ((ep = (struct icgw_endpoint *)(uintptr_t)icgw_map_next(to->endpoints, &pos)) != NULL) {
        ep->refs++;
    }
    return true;
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
    struct icgw_endpoint *ep;
    uint32_t pos = 0;

    if (t == NULL) {
        return;
    }
    icgw_tables_free(t->replica);
    while (t->node == ICGW_HOME &&
           (ep = (struct icgw_endpoint *)(uintptr_t)icgw_map_next(t->endpoints, &pos)) != NULL) {
        icgw_endpoint_unref(ep);
    }
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
