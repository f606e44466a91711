/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "pmd.h"

/* One pool for all: forwarding from any port to any other then frees mbufs to
 * where they came from, in bulk (RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE). */

#define CACHE 256
/* Packets that the control thread may hold: waiting for a neighbour, or being
 * made. */
#define HELD 2048

#define PCAP_FILE_HEADER 24

_Static_assert(RTE_PKTMBUF_HEADROOM >= ICGW_OUTER_MAX, "room for outer headers before a frame");

static uint32_t dev_mbufs(const struct pmd_dev *dev, uint32_t n_rxd, uint32_t n_txd)
{
    uint32_t n = n_rxd * (dev->n_rxq + 1u) + n_txd * dev->n_txq; /* 1: pmd_dev.rest_queue */

    return n + PMD_RING_SIZE * (1 + pmd.n_workers - dev->n_txq); /* feeds */
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

bool pmd_pool_create(uint32_t min_mbufs, char **error)
{
    uint32_t n = HELD + (1 + pmd.n_workers) * CACHE * 3 / 2 + pmd.n_workers * PMD_RING_SIZE;
    uint16_t mtu = RTE_ETHER_MTU;

    for (uint16_t i = 0; i < pmd.n_ports; i++) {
        const struct pmd_port *port = &pmd.ports[i];

        n += dev_mbufs(&port->dev, PMD_RX_DESC, PMD_TX_DESC) + replayed(port->device);
        if (port->spread == ICGW_SPREAD_HANDOVER) {
            n += (pmd.n_workers - 1u) * PMD_HANDOVER_RING_SIZE;
        }
        if (port->host_interface) {
            n += dev_mbufs(&port->host, PMD_HOST_RX_DESC, PMD_HOST_TX_DESC);
        }
        mtu = RTE_MAX(mtu, port->mtu);
    }
    n = rte_align32pow2(n + min_mbufs) - 1; /* best fit for the ring behind the pool */

    /* A frame is one segment: headers can be rewritten in place and nothing
     * needs scattered reception.  Two VLAN tags at most. */
    uint32_t frame = mtu + RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN + RTE_ETHER_CRC_LEN;
    /* Some NICs take buffers in units of 1 KiB. */
    uint32_t room = RTE_ALIGN_CEIL(frame, 1024) + RTE_PKTMBUF_HEADROOM;

    pmd.pool = rte_pktmbuf_pool_create("icgw", n, CACHE, 0, room,
                                       rte_eth_dev_socket_id(pmd.ports[0].dev.id));
    if (!pmd.pool) {
        return pmd_fail(error,
                        "no memory for %u packet buffers of %u bytes (about %u MiB): %s; raise "
                        "[dpdk] memory or lower [workers] cores",
                        n, room, (unsigned int)((uint64_t)n * (room + 256) >> 20) + 1,
                        rte_strerror(rte_errno));
    }
    return true;
}
