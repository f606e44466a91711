/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_string_fns.h>

#include "flow.h"

static void describe(const struct pmd_port *port, char *what, size_t size)
{
    snprintf(what, size, "[port %s]", port->name);
}

static bool copy_config(struct pmd_port *port, const struct icgw_pmd_port_config *config,
                        char **error)
{
    port->name = strdup(config->name);
    port->device = strdup(config->device);
    port->host_interface = config->host_interface ? strdup(config->host_interface) : NULL;
    port->mtu = config->mtu ? config->mtu : RTE_ETHER_MTU;
    port->wanted = config->spread;
    if (!port->name || !port->device || (config->host_interface && !port->host_interface)) {
        return pmd_fail(error, "[port %s]: out of memory", config->name);
    }
    return true;
}

/* The host interface answers ARP with the port's address, so there must be
 * one; some virtual devices have none. */
static void read_mac(struct pmd_port *port)
{
    struct rte_ether_addr mac = {0};

    rte_eth_macaddr_get(port->dev.id, &mac);
    if (!rte_is_valid_assigned_ether_addr(&mac)) {
        rte_eth_random_addr(mac.addr_bytes);
    }
    memcpy(port->mac, mac.addr_bytes, sizeof port->mac);
}

/* Workers among which flows of the device spread. */
static uint16_t receivers(const struct pmd_dev *dev)
{
    return dev->n_near > 0 ? dev->n_near : pmd.n_workers;
}

bool pmd_port_probe(struct pmd_port *port, uint16_t index,
                    const struct icgw_pmd_port_config *config, char **error)
{
    static const char hint[] =
        "a device is the PCI address of a NIC bound for DPDK (see dpdk-devbind.py) or a virtual "
        "device such as net_af_packet0,iface=eth1";
    struct rte_eth_dev_info info;
    char what[128];

    if (!copy_config(port, config, error)) {
        return false;
    }
    describe(port, what, sizeof what);
    port->dev.node = port->host.node = pmd_numa_of_device(port->device);
    if (!pmd_dev_probe(&port->dev, what, port->device, index, port->mtu, hint, error)) {
        return false;
    }
    if (rte_eth_dev_info_get(port->dev.id, &info) == 0) {
        rte_strscpy(port->driver, info.driver_name ? info.driver_name : "", sizeof port->driver);
        port->steer = port->wanted == ICGW_SPREAD_AUTO && pmd.n_locals > 0 &&
                      info.max_rx_queues > port->dev.n_rxq &&
                      port->dev.n_rxq == receivers(&port->dev);
        port->spread = pmd_spread_choose(port->wanted, receivers(&port->dev), port->dev.n_rxq,
                                         info.flow_type_rss_offloads);
    }
    read_mac(port);
    return true;
}

/* Beyond frames to its own address the kernel wants multicast (ND, routing
 * protocols).  A device that cannot be asked for all multicast is asked for
 * everything; one that can do neither is virtual and delivers all anyway. */
static void receive_multicast(uint16_t id)
{
    if (rte_eth_allmulticast_enable(id) != 0) {
        rte_eth_promiscuous_enable(id);
    }
}

/* Starts the device anew with a queue more, for what is no tunnel packet.  The
 * rules of a device that takes none cost it a second start, so it is not tried
 * where the driver has no rules: some virtual devices start only once. */
static bool steer(struct pmd_port *port, const struct pmd_dev_setup *setup, char **error)
{
    struct rte_eth_dev_info info;

    if (!port->steer) {
        return true;
    }
    if (!pmd_flow_possible(port)) {
        pmd_note(port, false, "rte_flow: the driver has no rules");
        return true;
    }
    pmd_dev_halt(&port->dev);
    port->dev.rest_queue = port->dev.n_rxq;
    if (!pmd_dev_start(&port->dev, setup, error)) {
        pmd_note(port, true, "rte_flow: no queue for what is no tunnel packet: %s", *error);
        free(*error);
        *error = NULL;
    } else if (rte_eth_dev_info_get(port->dev.id, &info) == 0 &&
               pmd_flow_install(port, info.flow_type_rss_offloads)) {
        port->spread = ICGW_SPREAD_FLOW;
        return true;
    } else {
        pmd_dev_halt(&port->dev);
    }
    port->dev.rest_queue = PMD_NO_QUEUE;
    return pmd_dev_start(&port->dev, setup, error);
}

/* What crosses between nodes costs; it is right all the same. */
static void note_node(struct pmd_port *port)
{
    const struct pmd_dev *dev = &port->dev;

    if (dev->node < 0) {
        return;
    }
    if (dev->n_near == 0) {
        pmd_note(port, true, "on NUMA node %d, where no worker runs: allow its CPUs", dev->node);
    } else if (dev->n_near < pmd.n_workers) {
        pmd_note(port, false, "on NUMA node %d, where %u of %u workers run and receive", dev->node,
                 dev->n_near, pmd.n_workers);
    }
}

bool pmd_port_start(struct pmd_port *port, char **error)
{
    char what[128];
    struct pmd_dev_setup setup = {
        .what = what,
        .mtu = port->mtu,
        .n_rxd = PMD_RX_DESC,
        .n_txd = PMD_TX_DESC,
        .rss = true,
        .udp_cksum = true,
    };

    describe(port, what, sizeof what);
    if (!pmd_dev_start(&port->dev, &setup, error) || !steer(port, &setup, error)) {
        return false;
    }
    receive_multicast(port->dev.id);
    note_node(port);
    pmd_spread_note(port);
    return true;
}

void pmd_port_stop(struct pmd_port *port)
{
    /* The host interface first: the kernel notices that the way is gone. */
    pmd_dev_stop(&port->host);
    pmd_flow_remove(port);
    pmd_dev_stop(&port->dev);
    free(port->name);
    free(port->device);
    free(port->host_interface);
    memset(port, 0, sizeof *port);
}
