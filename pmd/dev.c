/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "pmd.h"

uint16_t pmd_dev_queue(const struct pmd_dev *dev, uint16_t worker, uint16_t n_queues)
{
    for (uint16_t q = 0; q < n_queues; q++) {
        if (dev->owners[q] == worker) {
            return q;
        }
    }
    return PMD_NO_QUEUE;
}

static bool find(struct pmd_dev *dev, const char *args)
{
    struct rte_dev_iterator it;
    uint16_t id;

    RTE_ETH_FOREACH_MATCHING_DEV(id, args, &it)
    {
        rte_eth_iterator_cleanup(&it);
        dev->id = id;
        return true;
    }
    return false;
}

/* Probing a device again succeeds and finds it again. */
static bool taken(uint16_t id)
{
    for (uint16_t i = 0; i < pmd.n_ports; i++) {
        const struct pmd_port *port = &pmd.ports[i];

        if ((port->dev.probed && port->dev.id == id) ||
            (port->host.probed && port->host.id == id)) {
            return true;
        }
    }
    return false;
}

/* Workers of the device's node receive, all transmit. */
static void assign(struct pmd_dev *dev, uint16_t index)
{
    int nodes[ICGW_MAX_WORKERS];

    for (uint16_t w = 0; w < pmd.n_workers; w++) {
        nodes[w] = (int)rte_lcore_to_socket_id(1u + w); /* SOCKET_ID_ANY: below 0 */
    }
    dev->n_near = pmd_numa_owners(dev->node, nodes, pmd.n_workers, index, dev->owners);
}

bool pmd_dev_probe(struct pmd_dev *dev, const char *what, const char *args, uint16_t index,
                   uint16_t mtu, const char *hint, char **error)
{
    struct rte_eth_dev_info info;
    int rc;

    pmd_log_listen();
    rc = rte_dev_probe(args);
    if (rc < 0 && rc != -EEXIST) {
        return pmd_fail(error, "%s: DPDK cannot open device \"%s\": %s; %s", what, args,
                        pmd_log_reason(rc), hint);
    }
    if (!find(dev, args)) {
        return pmd_fail(error, "%s: device \"%s\" is no network device", what, args);
    }
    if (taken(dev->id)) {
        return pmd_fail(error, "%s: device \"%s\" is in use by another port", what, args);
    }
    rc = rte_eth_dev_info_get(dev->id, &info);
    if (rc != 0) {
        return pmd_fail(error, "%s: device \"%s\" does not describe itself: %s", what, args,
                        rte_strerror(-rc));
    }
    dev->probed = true;
    dev->rest_queue = PMD_NO_QUEUE;
    dev->device = info.device;
    assign(dev, index);
    dev->n_rxq = RTE_MIN(dev->n_near > 0 ? dev->n_near : pmd.n_workers, info.max_rx_queues);
    dev->n_txq = RTE_MIN(pmd.n_workers, info.max_tx_queues);
    if (info.max_mtu < mtu) {
        return pmd_fail(error, "%s: mtu = %u: device \"%s\" takes at most %u", what, mtu, args,
                        info.max_mtu);
    }
    if (dev->n_rxq == 0 || dev->n_txq == 0) {
        return pmd_fail(error, "%s: device \"%s\" has no queues", what, args);
    }
    return true;
}

static uint16_t n_rxq(const struct pmd_dev *dev)
{
    return dev->n_rxq + (dev->rest_queue != PMD_NO_QUEUE);
}

static int configure(struct pmd_dev *dev, const struct pmd_dev_setup *setup)
{
    struct rte_eth_dev_info info;
    struct rte_eth_conf conf = {.rxmode.mtu = setup->mtu};
    int rc = rte_eth_dev_info_get(dev->id, &info);

    if (rc != 0) {
        return rc;
    }
    /* Tunnels differ by their UDP source port, so the outer headers suffice. */
    conf.rx_adv_conf.rss_conf.rss_hf =
        (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP) & info.flow_type_rss_offloads;
    if (setup->rss && dev->n_rxq > 1 && conf.rx_adv_conf.rss_conf.rss_hf) {
        conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    } else {
        conf.rx_adv_conf.rss_conf.rss_hf = 0;
    }
    /* Nobody keeps a second reference to an mbuf; all have to be of one pool. */
    if (pmd.n_pools == 1) {
        conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
    }
    dev->udp_cksum = setup->udp_cksum && (info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_UDP_CKSUM);
    conf.txmode.offloads |= dev->udp_cksum ? RTE_ETH_TX_OFFLOAD_UDP_CKSUM : 0;
    return rte_eth_dev_configure(dev->id, n_rxq(dev), dev->n_txq, &conf);
}

static int set_up_queues(struct pmd_dev *dev, const struct pmd_dev_setup *setup)
{
    unsigned int socket = rte_eth_dev_socket_id(dev->id);
    uint16_t n_rxd = setup->n_rxd, n_txd = setup->n_txd;
    int rc = rte_eth_dev_adjust_nb_rx_tx_desc(dev->id, &n_rxd, &n_txd);

    for (uint16_t q = 0; q < n_rxq(dev) && rc == 0; q++) {
        rc = rte_eth_rx_queue_setup(dev->id, q, n_rxd, socket, NULL, pmd.pools[dev->pool]);
    }
    for (uint16_t q = 0; q < dev->n_txq && rc == 0; q++) {
        rc = rte_eth_tx_queue_setup(dev->id, q, n_txd, socket, NULL);
    }
    return rc;
}

bool pmd_dev_start(struct pmd_dev *dev, const struct pmd_dev_setup *setup, char **error)
{
    const char *step = "configured";
    int rc;

    pmd_log_listen();
    rc = configure(dev, setup);
    if (rc == 0) {
        step = "given queues";
        rc = set_up_queues(dev, setup);
    }
    if (rc == 0) {
        step = "started";
        rc = rte_eth_dev_start(dev->id);
    }
    if (rc != 0) {
        return pmd_fail(error,
                        "%s: the device cannot be %s (%u reception and %u transmission queues, "
                        "MTU %u): %s; try fewer [workers] cores or more [dpdk] memory",
                        setup->what, step, dev->n_rxq, dev->n_txq, setup->mtu, pmd_log_reason(rc));
    }
    dev->started = true;
    return true;
}

void pmd_dev_halt(struct pmd_dev *dev)
{
    if (dev->started) {
        rte_eth_dev_stop(dev->id);
        dev->started = false;
    }
}

void pmd_dev_stop(struct pmd_dev *dev)
{
    if (!dev->probed) {
        return;
    }
    pmd_dev_halt(dev);
    rte_eth_dev_close(dev->id);
    rte_dev_remove(dev->device);
    dev->probed = false;
}
