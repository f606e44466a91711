/* SPDX-License-Identifier: Apache-2.0 */
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "pmd.h"

/* Some drivers of interfaces that are the kernel's, too (net_af_packet), say
 * that the link is up whatever the kernel knows. */
static bool kernel_says_up(unsigned int index)
{
    struct ifreq request = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = true;

    if (fd >= 0) {
        up = if_indextoname(index, request.ifr_name) && ioctl(fd, SIOCGIFFLAGS, &request) == 0 &&
             (request.ifr_flags & IFF_RUNNING);
        close(fd);
    }
    return up;
}

bool icgw_pmd_link_up(uint16_t index)
{
    uint16_t id = pmd.ports[index].dev.id;
    struct rte_eth_link link = {0};
    struct rte_eth_dev_info dev = {0};

    if (rte_eth_link_get_nowait(id, &link) != 0 || link.link_status != RTE_ETH_LINK_UP) {
        return false;
    }
    return rte_eth_dev_info_get(id, &dev) != 0 || dev.if_index == 0 || kernel_says_up(dev.if_index);
}
