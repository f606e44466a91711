/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "gateway_will.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway.h"
#include "icgw_pmd.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "will.h"

VLOG_DEFINE_THIS_MODULE(will);

void gateway_will_start(struct gateway *gw)
{
    gw->will = bfd_will_create();
    if (gw->will == NULL) {
        VLOG_WARN("no last will: %s; should ovnic-gw die, peers notice when BFD times out",
                  ovs_strerror(errno));
    }
}

/* Sends only: protocol 0 receives nothing.  -1 with errno. */
static int open_packet_socket(unsigned int index)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)index};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static bool add_port(struct bfd_will *will, uint16_t port, unsigned int index)
{
    int fd = open_packet_socket(index);
    bool ok = fd >= 0 && bfd_will_add_port(will, port, fd);
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = error;
    return ok;
}

void gateway_will_add_ports(struct gateway *gw)
{
    for (uint16_t i = 0; gw->will != NULL && i < icgw_pmd_n_ports(); i++) {
        struct icgw_port_info info;
        icgw_pmd_port_info(i, &info);
        if (info.kernel_index == 0) {
            VLOG_INFO("port %s: no last will, its device is no interface of the kernel's; should "
                      "ovnic-gw die, peers notice when BFD times out",
                      info.name);
        } else if (add_port(gw->will, i, info.kernel_index)) {
            gw->will_ports |= 1u << i;
        } else {
            VLOG_WARN("port %s: no last will, a packet socket cannot be had: %s; should ovnic-gw "
                      "die, peers notice when BFD times out",
                      info.name, ovs_strerror(errno));
        }
    }
}
