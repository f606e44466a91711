/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_SHARES_H
#define ICGW_SHARES_H

/* The references that tables have on their endpoints.  Inside dp/ only; control thread only.
 *
 * Tables made of those before have nearly all endpoints in common with them.  A reference
 * for each would cost what the tables have, with each change, and again when they are
 * freed.  So it is shares that have references on endpoints, each on those of some VNIs,
 * and tables have references on shares; one that changes is copied before. */

#include <stdbool.h>
#include <stdint.h>

#include "icgw_tables.h"

/* With each change a share is copied, and with each of the tables the list of them: with
 * 65,536 endpoints as much the one as the other. */
#define ICGW_SHARES 256

struct icgw_share_entry {
    uint64_t key; /* icgw_endpoint_key() */
    bool alias;   /* see icgw_tables_add_alias() */
    struct icgw_endpoint *endpoint;
};

struct icgw_share {
    uint32_t refs; /* tables that have it */
    uint32_t n;
    uint32_t size; /* entries that there is room for */
    struct icgw_share_entry entries[];
};

struct icgw_shares {
    struct icgw_share *share[ICGW_SHARES]; /* NULL: empty */
};

/* NULL, or false: no memory, and nothing has changed. */
struct icgw_shares *icgw_shares_create(void);
/* The same shares, shared. */
struct icgw_shares *icgw_shares_clone(const struct icgw_shares *);
/* Takes a reference on the endpoint, whose key is new. */
bool icgw_shares_add(struct icgw_shares *, uint64_t key, struct icgw_endpoint *, bool alias);
/* Lets go of the endpoint with that key, if there is one. */
bool icgw_shares_remove(struct icgw_shares *, uint64_t key);
void icgw_shares_free(struct icgw_shares *);

/* The share of a key, which others of its VNI have, too; NULL: empty. */
const struct icgw_share *icgw_shares_of(const struct icgw_shares *, uint64_t key);
/* NULL: the share, which may be NULL, does not have the key. */
struct icgw_endpoint *icgw_share_find(const struct icgw_share *, uint64_t key);

#endif
