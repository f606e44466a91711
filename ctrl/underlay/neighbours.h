/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNDERLAY_NEIGHBOURS_H
#define UNDERLAY_NEIGHBOURS_H

/* The kernel's neighbour entries, those only that paths need. */

#include "netlink.h"

struct ul_neighbour {
    struct ul_neighbour *next; /* in its bucket */
    int oif;
    struct icgw_addr addr;
    uint16_t state;       /* NUD_*; 0: the kernel has no such entry */
    bool managed;         /* the kernel keeps it resolved by itself */
    bool wanted;          /* by some path; mark for ul_neighbours_sweep() */
    bool loaded;          /* `state` is the kernel's word */
    bool seen;            /* mark for ul_neighbours_load() */
    bool no_room;         /* the kernel's table is full */
    uint8_t mac[6];       /* the kernel's word or, while `silent_until` is not 0, its last one */
    int64_t silent_until; /* ms; how long that is worth trying */
};

#define UL_NEIGHBOUR_BUCKETS 1024

struct ul_neighbours {
    struct ul_neighbour *buckets[UL_NEIGHBOUR_BUCKETS];
    unsigned int n_new;    /* not loaded yet */
    unsigned int n_silent; /* stopped to answer since ul_neighbours_ask() */
};

/* The entry, created if there is none; NULL: out of memory. */
struct ul_neighbour *ul_neighbours_get(struct ul_neighbours *ns, int oif,
                                       const struct icgw_addr *addr);
/* Takes over an RTM_NEWNEIGH or RTM_DELNEIGH.  True: an address that we use
 * became known, unknown or another. */
bool ul_neighbours_update(struct ul_neighbours *ns, const struct nlmsghdr *nlh);
/* Reads the state of all entries from the kernel.  0, or a negative errno: those
 * that the kernel has not mentioned stay as they were. */
int ul_neighbours_load(struct ul_neighbours *ns, struct ul_netlink *nl);
/* Asks the kernel to resolve the entries that it does not keep by itself, and
 * those that do not answer.  Returns after how many ms to ask again; INT64_MAX:
 * not at all. */
int64_t ul_neighbours_ask(struct ul_neighbours *ns, struct ul_netlink *nl);
/* Gives up on those that have not answered for long.  True: there are some. */
bool ul_neighbours_expire(struct ul_neighbours *ns);
/* Forgets those that are not wanted and clears the mark of the others. */
void ul_neighbours_sweep(struct ul_neighbours *ns, struct ul_netlink *nl);

bool ul_neighbour_usable(const struct ul_neighbour *n);
const char *ul_neighbour_why(const struct ul_neighbour *n);

#endif
