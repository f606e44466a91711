/* SPDX-License-Identifier: Apache-2.0 */

/* Tunnels and their numbers.  A tunnel keeps its number from one result to the next
 * where it can, so that what leads to it need not be specialised again because some
 * other chassis has come or gone. */

#include <stdlib.h>
#include <string.h>

#include "fingerprint.h"
#include "model_private.h"
#include "specialise_private.h"

static const struct icgw_addr *local_for(const struct icgw_addr *locals, size_t n_locals,
                                         const struct icgw_addr *remote)
{
    for (size_t i = 0; i < n_locals; i++) {
        if (icgw_addr_is_v4(&locals[i]) == icgw_addr_is_v4(remote)) {
            return &locals[i];
        }
    }
    return NULL;
}

/* In the order of chassis. */
static void list_tunnels(struct specialised *result, const struct model *m,
                         const struct icgw_addr *locals, size_t n_locals)
{
    size_t n;
    struct model_chassis *const *chassis = model_chassis_list(m, &n);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < chassis[i]->n_encaps && !chassis[i]->self; k++) {
            const struct model_encap *encap = &chassis[i]->encaps[k];
            const struct icgw_addr *local = local_for(locals, n_locals, &encap->ip);
            if (local == NULL || result->n_tunnels >= ICGW_NO_TUNNEL) {
                continue;
            }
            struct specialised_tunnel *tunnel =
                model_grow(&result->tunnels, &result->n_tunnels, sizeof *tunnel);
            tunnel->local = *local;
            tunnel->remote = encap->ip;
            tunnel->dst_port = encap->dst_port;
            tunnel->csum = encap->csum;
        }
    }
}

static uint16_t find_tunnel(const struct specialised *result, const struct icgw_addr *remote,
                            uint16_t dst_port, bool csum)
{
    for (size_t i = 0; i < result->n_tunnels; i++) {
        const struct specialised_tunnel *t = &result->tunnels[i];
        if (memcmp(&t->remote, remote, sizeof t->remote) == 0 && t->dst_port == dst_port &&
            t->csum == csum) {
            return (uint16_t)i;
        }
    }
    return ICGW_NO_TUNNEL;
}

/* To the numbers that they had; the others to those that are left.  There are no holes:
 * where tunnels have gone, the last ones get a new number. */
static void number_tunnels(struct specialised *result, const struct specialised *before)
{
    size_t n = result->n_tunnels, free_place = 0;
    struct specialised_tunnel *placed = model_alloc((n + 1) * sizeof *placed);
    bool *taken = model_alloc((n + 1) * sizeof *taken);
    bool *done = model_alloc((n + 1) * sizeof *done);
    for (size_t i = 0; i < n; i++) {
        const struct specialised_tunnel *t = &result->tunnels[i];
        uint16_t at = find_tunnel(before, &t->remote, t->dst_port, t->csum);
        if (at < n && !taken[at]) {
            placed[at] = *t;
            taken[at] = done[i] = true;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (!done[i]) {
            while (taken[free_place]) {
                free_place++;
            }
            placed[free_place++] = result->tunnels[i];
        }
    }
    free(result->tunnels);
    free(taken);
    free(done);
    result->tunnels = placed;
}

static uint16_t encap_tunnel(const struct specialised *result, const struct model_encap *encap)
{
    return find_tunnel(result, &encap->ip, encap->dst_port, encap->csum);
}

uint16_t specialised_tunnel(const struct specialised *result, const struct model_chassis *chassis,
                            const struct model_encap *encap)
{
    uint16_t index = encap != NULL ? encap_tunnel(result, encap) : ICGW_NO_TUNNEL;
    for (size_t i = 0; i < chassis->n_encaps && index == ICGW_NO_TUNNEL; i++) {
        index = encap_tunnel(result, &chassis->encaps[i]);
    }
    return index;
}

/* All that specialised_tunnel() can say of a chassis. */
static uint64_t way_to(const struct specialised *result, const struct model_chassis *chassis)
{
    uint64_t h = fingerprint_text(FINGERPRINT_START, chassis->name);
    for (size_t i = 0; i < chassis->n_encaps; i++) {
        const struct model_encap *encap = &chassis->encaps[i];
        h = fingerprint_bytes(h, &encap->ip, sizeof encap->ip);
        h = fingerprint_number(h, encap_tunnel(result, encap));
    }
    return h;
}

static int compare_ways(const void *a_, const void *b_)
{
    const uint64_t *a = a_, *b = b_;
    return (*a > *b) - (*a < *b);
}

static void *copy(const void *list, size_t n, size_t size)
{
    void *to = model_alloc((n + 1) * size);
    return n > 0 ? memcpy(to, list, n * size) : to;
}

static void keep_tunnels(struct specialised *result, const struct specialised *before)
{
    result->n_tunnels = before->n_tunnels;
    result->tunnels = copy(before->tunnels, before->n_tunnels, sizeof *before->tunnels);
    result->n_ways = before->n_ways;
    result->ways = copy(before->ways, before->n_ways, sizeof *before->ways);
    result->sorted_ways = copy(before->sorted_ways, before->n_ways, sizeof *before->sorted_ways);
    result->same_ways = true;
}

void specialise_tunnels(struct specialised *result, const struct model *m,
                        const struct icgw_addr *locals, size_t n_locals,
                        const struct specialised *before)
{
    size_t n;
    struct model_chassis *const *chassis = model_chassis_list(m, &n);
    if (before != NULL && before->chassis_fingerprint == result->chassis_fingerprint) {
        keep_tunnels(result, before);
        return;
    }
    list_tunnels(result, m, locals, n_locals);
    if (before != NULL) {
        number_tunnels(result, before);
    }
    result->n_ways = n;
    result->ways = model_alloc((n + 1) * sizeof *result->ways);
    result->sorted_ways = model_alloc((n + 1) * sizeof *result->sorted_ways);
    for (size_t i = 0; i < n; i++) {
        result->ways[i] = result->sorted_ways[i] = way_to(result, chassis[i]);
    }
    qsort(result->sorted_ways, n, sizeof *result->sorted_ways, compare_ways);
    result->same_ways = before != NULL && before->n_ways == n &&
                        !memcmp(before->ways, result->ways, n * sizeof *result->ways);
}

bool specialise_way_holds(const struct specialised *result, uint64_t way)
{
    return bsearch(&way, result->sorted_ways, result->n_ways, sizeof way, compare_ways) != NULL;
}

bool specialise_ways_hold(const struct specialised *result, const struct dependencies *d)
{
    for (size_t i = 0; i < d->n_ways && !result->same_ways; i++) {
        if (!specialise_way_holds(result, d->ways[i])) {
            return false;
        }
    }
    return true;
}
