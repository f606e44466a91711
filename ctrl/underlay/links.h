/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNDERLAY_LINKS_H
#define UNDERLAY_LINKS_H

/* The kernel's interfaces. */

#include <net/if.h>

#include "netlink.h"

struct ul_link {
    struct ul_link *next;
    int index;
    int parent;    /* of an 802.1Q interface; else 0 */
    uint16_t vlan; /* of an 802.1Q interface */
    uint32_t mtu;
    bool up;
    bool carrier;
    bool ethernet; /* `mac` is valid */
    uint8_t mac[6];
    char name[IFNAMSIZ];
};

struct ul_links {
    struct ul_link *first;
};

/* Takes over an RTM_NEWLINK or RTM_DELLINK.  True: something changed. */
bool ul_links_update(struct ul_links *links, const struct nlmsghdr *nlh);
/* Starts again from a dump.  0, or a negative errno: they stay as they were. */
int ul_links_load(struct ul_links *links, struct ul_netlink *nl);
void ul_links_clear(struct ul_links *links);
const struct ul_link *ul_links_find(const struct ul_links *links, int index);

#endif
