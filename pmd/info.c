/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <rte_ethdev.h>

#include "flow.h"

uint16_t icgw_pmd_n_workers(void)
{
    return pmd.n_workers;
}

/* Word by word: the worker goes on counting, but never leaves half a number. */
static void copy_stats(struct icgw_stats *to, const struct icgw_stats *from)
{
    const uint64_t *src = (const uint64_t *)from;
    uint64_t *dst = (uint64_t *)to;

    for (size_t i = 0; i < sizeof *to / sizeof *dst; i++) {
        dst[i] = __atomic_load_n(&src[i], __ATOMIC_RELAXED);
    }
}

void icgw_pmd_worker_info(uint16_t worker, struct icgw_worker_info *info)
{
    const struct pmd_worker *w = pmd.workers[worker];

    info->core = __atomic_load_n(&w->cpu, __ATOMIC_RELAXED);
    info->thread = atomic_load(&w->thread);
    copy_stats(&info->stats, &w->stats);
}

void icgw_pmd_control_stats(struct icgw_stats *stats)
{
    *stats = pmd.control;
}

uint64_t icgw_pmd_arrived(void)
{
    uint64_t n = 0;

    for (uint16_t w = 0; w < pmd.n_workers; w++) {
        struct icgw_stats s;

        copy_stats(&s, &pmd.workers[w]->stats);
        n += s.rx_packets - s.to_host - s.to_bfd - s.drops[ICGW_DROP_BFD] -
             s.drops[ICGW_DROP_BFD_FULL];
    }
    return n;
}

struct icgw_traffic icgw_pmd_traffic(uint16_t account)
{
    struct icgw_traffic sum = {0};

    for (uint16_t w = 0; w < pmd.n_workers; w++) {
        const struct icgw_traffic *t = &pmd.workers[w]->traffic[account % ICGW_ACCOUNTS];

        sum.packets += __atomic_load_n(&t->packets, __ATOMIC_RELAXED);
        sum.bytes += __atomic_load_n(&t->bytes, __ATOMIC_RELAXED);
    }
    return sum;
}

uint16_t icgw_pmd_n_ports(void)
{
    return pmd.n_ports;
}

void icgw_pmd_port_info(uint16_t index, struct icgw_port_info *info)
{
    const struct pmd_port *port = &pmd.ports[index];
    struct rte_eth_stats stats = {0};
    struct rte_eth_dev_info dev = {0};

    rte_eth_stats_get(port->dev.id, &stats);
    if (rte_eth_dev_info_get(port->dev.id, &dev) != 0) {
        dev.if_index = 0; /* none of the kernel's that we know of */
    }
    *info = (struct icgw_port_info){
        .name = port->name,
        .device = port->device,
        .driver = port->driver,
        .host_interface = port->host_interface,
        .kernel_index = dev.if_index,
        .link_up = icgw_pmd_link_up(index),
        .mtu = port->mtu,
        .udp_cksum = port->dev.udp_cksum,
        .n_rx_queues = port->dev.n_rxq,
        .n_tx_queues = port->dev.n_txq,
        .spread = port->spread,
        .n_notes = port->n_notes,
        .notes = port->notes,
        .rx_packets = stats.ipackets,
        .tx_packets = stats.opackets,
        .rx_bytes = stats.ibytes,
        .tx_bytes = stats.obytes,
        .rx_missed = stats.imissed,
        .rx_no_mbuf = stats.rx_nombuf,
        .rx_errors = stats.ierrors,
        .tx_errors = stats.oerrors,
    };
    memcpy(info->mac, port->mac, sizeof info->mac);
    info->counted = pmd_flow_counts(port, &info->tunnel_packets, &info->rest_packets);
}
