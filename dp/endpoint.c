/* SPDX-License-Identifier: Apache-2.0 */
#include "icgw_tables.h"

#include <string.h>

#include <rte_malloc.h>

#include "alloc.h"
#include "endpoint.h"
#include "keys.h"
#include "map.h"
#include "store.h"

static bool reserve(struct icgw_map **map, uint32_t key_words, uint32_t n)
{
    *map = n == 0 ? NULL : icgw_map_create(key_words, n);
    return n == 0 || *map != NULL;
}

struct icgw_endpoint *icgw_endpoint_create(enum icgw_endpoint_kind kind, bool transit,
                                           uint32_t n_l2, uint32_t n_v4, uint32_t n_v6)
{
    struct icgw_endpoint *ep = icgw_zalloc("icgw_endpoint", sizeof *ep, ICGW_HOME);

    if (ep == NULL) {
        return NULL;
    }
    ep->kind = (uint8_t)kind;
    ep->transit = transit;
    ep->port_key = ICGW_NO_PORT;
    ep->refs = 1;
    ep->node = ICGW_HOME;
    ep->store = icgw_store_create(ICGW_HOME);
    if (ep->store == NULL || !reserve(&ep->l2, ICGW_L2_WORDS, n_l2) ||
        !reserve(&ep->v4, ICGW_V4_WORDS, n_v4) || !reserve(&ep->v6, ICGW_V6_WORDS, n_v6)) {
        icgw_endpoint_unref(ep);
        return NULL;
    }
    return ep;
}

void icgw_endpoint_unref(struct icgw_endpoint *ep)
{
    if (ep == NULL || --ep->refs > 0) {
        return;
    }
    icgw_map_free(ep->l2);
    icgw_map_free(ep->v4);
    icgw_map_free(ep->v6);
    icgw_store_free(ep->store);
    icgw_endpoint_unref(ep->replica);
    rte_free(ep);
}

/* Enters a prefix length into the list that is longest first. */
static void add_len(uint8_t *lens, uint8_t *n, uint8_t len)
{
    unsigned int i = 0;

    while (i < *n && lens[i] > len) {
        i++;
    }
    if (i < *n && lens[i] == len) {
        return;
    }
    memmove(&lens[i + 1], &lens[i], *n - i);
    lens[i] = len;
    (*n)++;
}

/* What a replaced destination took up is freed with the endpoint. */
static bool put(struct icgw_endpoint *ep, struct icgw_map **map, uint32_t key_words,
                const uint64_t *key, const struct icgw_dest *dest)
{
    const struct icgw_dest *copy = icgw_store_dest(ep->store, dest);
    uint64_t old;

    if (copy == NULL || !icgw_map_put(map, key_words, key, (uintptr_t)copy, &old)) {
        return false;
    }
    ep->n_dests += old == 0;
    return true;
}

bool icgw_endpoint_add_l2(struct icgw_endpoint *ep, const uint8_t eth_dst[6], uint16_t eth_type_be,
                          const struct icgw_dest *dest)
{
    uint64_t key = icgw_l2_key(eth_dst, eth_type_be);

    return put(ep, &ep->l2, ICGW_L2_WORDS, &key, dest);
}

bool icgw_endpoint_add_v4(struct icgw_endpoint *ep, uint32_t addr_be, uint8_t len,
                          const struct icgw_dest *dest)
{
    uint64_t key;

    if (len > 32) {
        return false;
    }
    key = icgw_v4_key(addr_be, len);
    if (!put(ep, &ep->v4, ICGW_V4_WORDS, &key, dest)) {
        return false;
    }
    add_len(ep->len4, &ep->n_len4, len);
    return true;
}

bool icgw_endpoint_add_v6(struct icgw_endpoint *ep, const uint8_t addr[16], uint8_t len,
                          const struct icgw_dest *dest)
{
    uint64_t key[ICGW_V6_WORDS];

    if (len > 128) {
        return false;
    }
    icgw_v6_key(addr, len, key);
    if (!put(ep, &ep->v6, ICGW_V6_WORDS, key, dest)) {
        return false;
    }
    add_len(ep->len6, &ep->n_len6, len);
    return true;
}

const struct icgw_dest *icgw_endpoint_find_l2(const struct icgw_endpoint *ep,
                                              const uint8_t eth_dst[6], uint16_t eth_type_be)
{
    return icgw_endpoint_get_l2(ep, icgw_l2_key(eth_dst, eth_type_be));
}

const struct icgw_dest *icgw_endpoint_find_v4(const struct icgw_endpoint *ep, uint32_t addr_be)
{
    return icgw_endpoint_get_v4(ep, addr_be);
}

const struct icgw_dest *icgw_endpoint_find_v6(const struct icgw_endpoint *ep,
                                              const uint8_t addr[16])
{
    return icgw_endpoint_get_v6(ep, addr);
}
