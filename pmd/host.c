/* SPDX-License-Identifier: Apache-2.0 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "pmd.h"

/* The host interface: a TAP that carries the kernel's side of a port. */

static void describe(const struct pmd_port *port, char *what, size_t size)
{
    snprintf(what, size, "[port %s]: host-interface %s", port->name, port->host_interface);
}

bool pmd_host_probe(struct pmd_port *port, uint16_t index, char **error)
{
    const uint8_t *m = port->mac;
    char what[160], args[128];

    describe(port, what, sizeof what);
    if (strlen(port->host_interface) >= IFNAMSIZ) {
        return pmd_fail(error, "%s: the name of a network interface has at most %d characters",
                        what, IFNAMSIZ - 1);
    }
    if (if_nametoindex(port->host_interface) != 0) {
        return pmd_fail(error,
                        "%s: an interface of that name exists; does another ovnic-gw run, or is it "
                        "the device itself? (ip link show %s)",
                        what, port->host_interface);
    }
    /* The port's MAC address, so that what the kernel answers ARP with is
     * what the NIC accepts. */
    snprintf(args, sizeof args, "net_tap%u,iface=%s,mac=%02x:%02x:%02x:%02x:%02x:%02x", index,
             port->host_interface, m[0], m[1], m[2], m[3], m[4], m[5]);
    if (!pmd_dev_probe(&port->host, what, args, index, 0, "it takes /dev/net/tun and CAP_NET_ADMIN",
                       error)) {
        return false;
    }
    /* net_tap wants as many transmission as reception queues. */
    port->host.n_rxq = port->host.n_txq = RTE_MIN(port->host.n_rxq, port->host.n_txq);
    return true;
}

bool pmd_host_start(struct pmd_port *port, char **error)
{
    char what[160];
    struct pmd_dev_setup setup = {
        .what = what,
        .mtu = port->mtu,
        .n_rxd = PMD_HOST_RX_DESC,
        .n_txd = PMD_HOST_TX_DESC,
    };
    int rc;

    describe(port, what, sizeof what);
    /* Starting net_tap brings the interface up. */
    if (!pmd_dev_start(&port->host, &setup, error)) {
        return false;
    }
    /* The kernel's routes learn the MTU of the link from it. */
    pmd_log_listen();
    rc = rte_eth_dev_set_mtu(port->host.id, port->mtu);
    if (rc != 0) {
        return pmd_fail(error, "%s: MTU %u is refused: %s", what, port->mtu, pmd_log_reason(rc));
    }
    return true;
}
