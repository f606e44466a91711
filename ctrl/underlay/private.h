/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNDERLAY_PRIVATE_H
#define UNDERLAY_PRIVATE_H

#include "links.h"
#include "neighbours.h"
#include "netlink.h"
#include "routes.h"
#include "underlay.h"

/* A wanted path and what is known about it. */
struct ul_path {
    struct underlay_path path;
    bool queried;                   /* the rest is the kernel's word */
    struct ul_neighbour *neighbour; /* NULL: no way */
    struct underlay_next_hop hop;   /* all but eth_dst */
    char why[96];                   /* if there is no way */
};

#define UL_MAX_SHIELDED 8

struct underlay {
    struct ul_netlink nl;
    int shielded[UL_MAX_SHIELDED]; /* interfaces whose tc hook we made */
    unsigned int n_shielded;
    struct ul_links links;
    struct ul_neighbours neighbours;
    struct ul_path *paths; /* ascending */
    size_t n_paths;
    bool dirty;        /* routes are to be asked for again … */
    int64_t requeried; /* … but not too soon after this time */
    int64_t ask_at;    /* when to ask about neighbours again; INT64_MAX: never */
    int64_t resync_at; /* when to start again, for what was lost; INT64_MAX: nothing was */
    bool changed;      /* since underlay_run() said so */
    char trouble[96];  /* why the last attempt to start again failed; "": it did not */
    uint16_t n_hosts;
    char (*hosts)[IFNAMSIZ]; /* by port */
};

/* Takes back what underlay_shield() did. */
void ul_shields_remove(struct underlay *u);

#endif
