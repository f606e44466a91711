/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "pmd.h"

/* A pool on each NUMA node that has ports.  On one node that is one pool for all:
 * forwarding from any port to any other then frees mbufs to where they came from,
 * in bulk (RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE). */

#define CACHE 256
/* Packets that the control thread may hold: waiting for a neighbour, or being
 * made. */
#define HELD 2048

#define PCAP_FILE_HEADER 24

_Static_assert(RTE_PKTMBUF_HEADROOM >= ICGW_OUTER_MAX, "room for outer headers before a frame");

/* Waiting to be received into. */
static uint32_t rx_mbufs(const struct pmd_dev *dev, uint32_t n_rxd)
{
    return n_rxd * (dev->n_rxq + 1u); /* 1: pmd_dev.rest_queue */
}

/* Waiting to be sent; of any pool. */
static uint32_t tx_mbufs(const struct pmd_dev *dev, uint32_t n_txd)
{
    return n_txd * dev->n_txq + PMD_RING_SIZE * (1 + pmd.n_workers - dev->n_txq); /* feeds */
}

/* net_pcap with infinite_rx (bench/compare) holds each frame of its file in an
 * mbuf.  0 for other devices and for what is no such file: net_pcap says that. */
static uint32_t frames_in(const char *path)
{
    uint32_t record[4], n = 0;
    char name[PATH_MAX];
    FILE *file;

    snprintf(name, sizeof name, "%.*s", (int)strcspn(path, ","), path);
    file = fopen(name, "rb");
    if (file == NULL) {
        return 0;
    }
    /* The headers of file and records (libpcap), in the order of this machine. */
    fseek(file, PCAP_FILE_HEADER, SEEK_SET);
    while (fread(record, sizeof record, 1, file) == 1 && fseek(file, record[2], SEEK_CUR) == 0) {
        n++;
    }
    fclose(file);
    return n;
}

/* Each queue has a file of its own. */
static uint32_t replayed(const char *device)
{
    static const char option[] = "rx_pcap=";
    uint32_t n = 0;

    if (strstr(device, "infinite_rx=1") == NULL) {
        return 0;
    }
    while ((device = strstr(device, option)) != NULL) {
        device += strlen(option);
        n += frames_in(device);
    }
    return n;
}

/* On the way, wherever they were received; a pool's mbufs may be all of them. */
static uint32_t mbufs_under_way(void)
{
    uint32_t n = HELD + (1 + pmd.n_workers) * CACHE * 3 / 2 + pmd.n_workers * PMD_RING_SIZE;

    for (uint16_t i = 0; i < pmd.n_ports; i++) {
        const struct pmd_port *port = &pmd.ports[i];

        n += tx_mbufs(&port->dev, PMD_TX_DESC);
        if (port->spread == ICGW_SPREAD_HANDOVER) {
            n += (pmd.n_workers - 1u) * PMD_HANDOVER_RING_SIZE;
        }
        if (port->host_interface) {
            n += tx_mbufs(&port->host, PMD_HOST_TX_DESC);
        }
    }
    return n;
}

static uint32_t mbufs_received(uint16_t pool)
{
    uint32_t n = 0;

    for (uint16_t i = 0; i < pmd.n_ports; i++) {
        const struct pmd_port *port = &pmd.ports[i];

        if (port->dev.pool == pool) {
            n += rx_mbufs(&port->dev, PMD_RX_DESC) + replayed(port->device);
            n += port->host_interface ? rx_mbufs(&port->host, PMD_HOST_RX_DESC) : 0;
        }
    }
    return n;
}

/* A frame is one segment: headers can be rewritten in place and nothing needs
 * scattered reception.  Two VLAN tags at most. */
static uint32_t room_for_frame(void)
{
    uint32_t frame = RTE_ETHER_MTU;

    for (uint16_t i = 0; i < pmd.n_ports; i++) {
        frame = RTE_MAX(frame, pmd.ports[i].mtu);
    }
    frame += RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN + RTE_ETHER_CRC_LEN;
    /* Some NICs take buffers in units of 1 KiB. */
    return RTE_ALIGN_CEIL(frame, 1024) + RTE_PKTMBUF_HEADROOM;
}

static bool pool_create(uint16_t i, int node, uint32_t n, char **error)
{
    uint32_t room = room_for_frame();
    char name[RTE_MEMPOOL_NAMESIZE];

    if (!rte_eal_has_hugepages()) {
        node = SOCKET_ID_ANY; /* such memory has no node */
    } else if (node < 0) {
        node = rte_eth_dev_socket_id(pmd.ports[0].dev.id);
    }
    n = rte_align32pow2(n) - 1; /* best fit for the ring behind the pool */
    snprintf(name, sizeof name, "icgw%u", i);
    pmd.pools[i] = rte_pktmbuf_pool_create(name, n, CACHE, 0, (uint16_t)room, node);
    if (!pmd.pools[i]) {
        char where[32] = "";

        if (node >= 0) {
            snprintf(where, sizeof where, " on NUMA node %d", node);
        }
        return pmd_fail(error,
                        "no memory for %u packet buffers of %u bytes (about %u MiB)%s: %s; raise "
                        "[dpdk] memory or lower [workers] cores",
                        n, room, (unsigned int)((uint64_t)n * (room + 256) >> 20) + 1, where,
                        rte_strerror(rte_errno));
    }
    return true;
}

bool pmd_pools_create(uint32_t min_mbufs, char **error)
{
    int ports[ICGW_MAX_PORTS], nodes[ICGW_MAX_PORTS];
    uint16_t pools[ICGW_MAX_PORTS];

    for (uint16_t i = 0; i < pmd.n_ports; i++) {
        ports[i] = pmd.ports[i].dev.node;
    }
    pmd.n_pools = pmd_numa_group(ports, pmd.n_ports, pools, nodes);
    for (uint16_t i = 0; i < pmd.n_ports; i++) {
        pmd.ports[i].dev.pool = pmd.ports[i].host.pool = pools[i];
    }
    for (uint16_t i = 0; i < pmd.n_pools; i++) {
        uint32_t n = mbufs_under_way() + mbufs_received(i) + min_mbufs;

        if (!pool_create(i, nodes[i], n, error)) {
            return false;
        }
    }
    return true;
}

void pmd_pools_free(void)
{
    for (uint16_t i = 0; i < pmd.n_pools; i++) {
        rte_mempool_free(pmd.pools[i]);
        pmd.pools[i] = NULL;
    }
    pmd.n_pools = 0;
}
