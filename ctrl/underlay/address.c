/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "private.h"

static int set_up(struct ul_netlink *nl, int index)
{
    char buffer[256];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
    struct ifinfomsg *ifi;

    nlh->nlmsg_type = RTM_NEWLINK;
    ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_family = AF_UNSPEC;
    ifi->ifi_index = index;
    ifi->ifi_flags = ifi->ifi_change = IFF_UP;
    return ul_netlink_request(nl, nlh, NULL, NULL);
}

static int request(struct ul_netlink *nl, uint16_t type, int index, const struct icgw_addr *addr,
                   uint8_t len)
{
    char buffer[256];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
    struct ifaddrmsg *ifa;

    nlh->nlmsg_type = type;
    nlh->nlmsg_flags = type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0;
    ifa = mnl_nlmsg_put_extra_header(nlh, sizeof *ifa);
    ifa->ifa_family = (uint8_t)ul_family(addr);
    ifa->ifa_prefixlen = len;
    ifa->ifa_index = (uint32_t)index;
    if (ifa->ifa_family == AF_INET6) {
        /* Tunnels cannot wait for duplicate address detection. */
        ifa->ifa_flags = IFA_F_NODAD;
    }
    ul_put_addr(nlh, IFA_LOCAL, addr);
    ul_put_addr(nlh, IFA_ADDRESS, addr);
    return ul_netlink_request(nl, nlh, NULL, NULL);
}

bool underlay_add_address(struct underlay *u, const char *host_interface,
                          const struct icgw_addr *addr, uint8_t len, char **error)
{
    unsigned int index = if_nametoindex(host_interface);
    int rc;

    if (index == 0) {
        return ul_fail(error, "host interface %s: %s", host_interface, strerror(errno));
    }
    if (len > (icgw_addr_is_v4(addr) ? 32 : 128)) {
        return ul_fail(error, "host interface %s: prefix length %u is too long", host_interface,
                       len);
    }
    rc = set_up(&u->nl, (int)index);
    if (rc < 0) {
        return ul_fail(error, "host interface %s cannot be set up: %s", host_interface,
                       strerror(-rc));
    }
    rc = request(&u->nl, RTM_NEWADDR, (int)index, addr, len);
    if (rc < 0 && rc != -EEXIST) {
        return ul_fail(error, "host interface %s: an address of it is refused: %s%s",
                       host_interface, strerror(-rc),
                       icgw_addr_is_v4(addr) ? "" : " (is net.ipv6.conf.*.disable_ipv6 set?)");
    }
    return true;
}

bool underlay_remove_address(struct underlay *u, const char *host_interface,
                             const struct icgw_addr *addr, uint8_t len, char **error)
{
    unsigned int index = if_nametoindex(host_interface);
    if (index == 0) {
        return ul_fail(error, "host interface %s: %s", host_interface, strerror(errno));
    }
    int rc = request(&u->nl, RTM_DELADDR, (int)index, addr, len);
    if (rc < 0 && rc != -EADDRNOTAVAIL) {
        return ul_fail(error, "host interface %s: an address of it cannot be taken away: %s",
                       host_interface, strerror(-rc));
    }
    return true;
}
