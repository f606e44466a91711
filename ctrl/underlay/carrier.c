/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "private.h"

/* Without that the kernel goes on choosing routes by an interface whose link is
 * down.  A kernel without one of the families is no reason to fail. */
static void ignore_dead_routes(const char *interface)
{
    static const char *const families[] = {"ipv4", "ipv6"};
    char path[128];

    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        FILE *f;

        snprintf(path, sizeof path, "/proc/sys/net/%s/conf/%s/ignore_routes_with_linkdown",
                 families[i], interface);
        f = fopen(path, "we");
        if (f) {
            fputs("1", f);
            fclose(f);
        }
    }
}

static struct nlmsghdr *begin(char *buffer, uint16_t type, unsigned int index)
{
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
    struct ifinfomsg *ifi;

    nlh->nlmsg_type = type;
    ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_family = AF_UNSPEC;
    ifi->ifi_index = (int)index;
    return nlh;
}

bool underlay_set_carrier(struct underlay *u, const char *host_interface, bool up, char **error)
{
    char buffer[256];
    struct nlmsghdr *nlh;
    unsigned int index = if_nametoindex(host_interface);
    int rc;

    if (index == 0) {
        return ul_fail(error, "host interface %s: %s", host_interface, strerror(errno));
    }
    ignore_dead_routes(host_interface);
    nlh = begin(buffer, RTM_NEWLINK, index);
    mnl_attr_put_u8(nlh, IFLA_CARRIER, up);
    rc = ul_netlink_request(&u->nl, nlh, NULL, NULL);
    if (rc == 0) {
        /* The kernel's routes follow up to a second later, unless somebody asks
         * about the link (Linux 6.8). */
        ul_netlink_request(&u->nl, begin(buffer, RTM_GETLINK, index), NULL, NULL);
    }
    return rc == 0 || ul_fail(error, "host interface %s does not follow the link: %s",
                              host_interface, strerror(-rc));
}
