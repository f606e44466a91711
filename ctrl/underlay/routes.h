/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNDERLAY_ROUTES_H
#define UNDERLAY_ROUTES_H

#include "netlink.h"
#include "underlay.h"

/* The kernel's answer about one path. */
struct ul_route {
    int oif;              /* 0: none */
    struct icgw_addr via; /* gateway, or the remote itself */
    uint32_t mtu;         /* of the route; 0: that of the interface */
    const char *why;      /* oif 0: static string */
};

void ul_route_query(struct ul_netlink *nl, const struct underlay_path *path,
                    struct ul_route *route);

#endif
