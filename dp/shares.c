/* SPDX-License-Identifier: Apache-2.0 */
#include "shares.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 8u

/* VNIs count up from 1, and from the first one of a range. */
static uint32_t place_of(uint64_t key)
{
    return (uint32_t)(key >> 16) % ICGW_SHARES;
}

const struct icgw_share *icgw_shares_of(const struct icgw_shares *shares, uint64_t key)
{
    return shares->share[place_of(key)];
}

/* n: there is none. */
static uint32_t find(const struct icgw_share *share, uint64_t key)
{
    uint32_t i = 0;

    while (i < share->n && share->entries[i].key != key) {
        i++;
    }
    return i;
}

struct icgw_endpoint *icgw_share_find(const struct icgw_share *share, uint64_t key)
{
    uint32_t i = share != NULL ? find(share, key) : 0;

    return share != NULL && i < share->n ? share->entries[i].endpoint : NULL;
}

static void unref(struct icgw_share *share)
{
    if (share == NULL || --share->refs > 0) {
        return;
    }
    for (uint32_t i = 0; i < share->n; i++) {
        icgw_endpoint_unref(share->entries[i].endpoint);
    }
    free(share);
}

/* A copy with room for that many entries. */
static struct icgw_share *copy(const struct icgw_share *from, uint32_t size)
{
    struct icgw_share *share = malloc(sizeof *share + size * sizeof share->entries[0]);

    if (share == NULL) {
        return NULL;
    }
    share->refs = 1;
    share->size = size;
    share->n = from != NULL ? from->n : 0;
    for (uint32_t i = 0; i < share->n; i++) {
        share->entries[i] = from->entries[i];
        share->entries[i].endpoint->refs++;
    }
    return share;
}

/* A share that may be changed, with room for one entry more.  NULL: no memory. */
static struct icgw_share *own(struct icgw_shares *shares, uint64_t key)
{
    struct icgw_share **slot = &shares->share[place_of(key)], *share = *slot;
    uint32_t size = share == NULL            ? FIRST_SIZE
                    : share->n < share->size ? share->size
                                             : 2 * share->size;

    if (share == NULL || share->refs > 1 || share->size < size) {
        share = copy(share, size);
        if (share == NULL) {
            return NULL;
        }
        unref(*slot);
        *slot = share;
    }
    return share;
}

bool icgw_shares_add(struct icgw_shares *shares, uint64_t key, struct icgw_endpoint *ep, bool alias)
{
    struct icgw_share *share = own(shares, key);

    if (share == NULL) {
        return false;
    }
    ep->refs++;
    share->entries[share->n++] = (struct icgw_share_entry){key, alias, ep};
    return true;
}

bool icgw_shares_remove(struct icgw_shares *shares, uint64_t key)
{
    struct icgw_share *share;

    if (icgw_share_find(icgw_shares_of(shares, key), key) == NULL) {
        return true;
    }
    share = own(shares, key);
    if (share == NULL) {
        return false;
    }
    uint32_t i = find(share, key);

    icgw_endpoint_unref(share->entries[i].endpoint);
    share->entries[i] = share->entries[--share->n];
    return true;
}

struct icgw_shares *icgw_shares_create(void)
{
    return calloc(1, sizeof(struct icgw_shares));
}

struct icgw_shares *icgw_shares_clone(const struct icgw_shares *from)
{
    struct icgw_shares *shares = malloc(sizeof *shares);

    if (shares == NULL) {
        return NULL;
    }
    *shares = *from;
    for (uint32_t i = 0; i < ICGW_SHARES; i++) {
        if (shares->share[i] != NULL) {
            shares->share[i]->refs++;
        }
    }
    return shares;
}

void icgw_shares_free(struct icgw_shares *shares)
{
    for (uint32_t i = 0; shares != NULL && i < ICGW_SHARES; i++) {
        unref(shares->share[i]);
    }
    free(shares);
}
