/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "collect.h"

#include <stddef.h>

#include <rte_cycles.h>

#include "exposition.h"
#include "icgw_pmd.h"
#include "util.h"

static void put_worker(struct exposition *e, uint16_t worker, uint64_t value)
{
    char *index = xasprintf("%u", worker);
    const struct label labels[] = {{"worker", index}, {NULL, NULL}};
    exposition_integer(e, labels, value);
    free(index);
}

static void put_worker_counters(struct exposition *e)
{
    static const struct {
        const char *name;
        const char *help;
        size_t offset;
    } counters[] = {
        {"worker_receive_packets", "Packets received.", offsetof(struct icgw_stats, rx_packets)},
        {"worker_transmit_packets", "Packets sent.", offsetof(struct icgw_stats, tx_packets)},
        {"worker_receive_bytes", "Bytes received.", offsetof(struct icgw_stats, rx_bytes)},
        {"worker_transmit_bytes", "Bytes sent.", offsetof(struct icgw_stats, tx_bytes)},
        {"worker_to_host_packets", "Packets handed to the host interface.",
         offsetof(struct icgw_stats, to_host)},
        {"worker_from_host_packets", "Packets taken from the host interface.",
         offsetof(struct icgw_stats, from_host)},
        {"worker_to_bfd_packets", "Packets handed to the BFD thread.",
         offsetof(struct icgw_stats, to_bfd)},
        {"worker_polls", "Turns of the worker's loop.", offsetof(struct icgw_stats, polls)},
    };
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        exposition_counter(e, counters[i].name, counters[i].help);
        for (uint16_t w = 0; w < icgw_pmd_n_workers(); w++) {
            struct icgw_worker_info info;
            icgw_pmd_worker_info(w, &info);
            put_worker(e, w, *(const uint64_t *)((const char *)&info.stats + counters[i].offset));
        }
    }
}

void collect_workers(struct exposition *e)
{
    put_worker_counters(e);
    exposition_counter(e, "worker_busy_seconds", "Time in polls that found packets.");
    for (uint16_t w = 0; w < icgw_pmd_n_workers(); w++) {
        struct icgw_worker_info info;
        char *index = xasprintf("%u", w);
        const struct label labels[] = {{"worker", index}, {NULL, NULL}};
        icgw_pmd_worker_info(w, &info);
        exposition_real(e, labels, (double)info.stats.busy_cycles / (double)rte_get_tsc_hz());
        free(index);
    }
}

void collect_ports(struct exposition *e)
{
    static const struct {
        const char *name;
        const char *help;
        size_t offset;
    } counters[] = {
        {"port_receive_packets", "Packets received, as the driver counts them.",
         offsetof(struct icgw_port_info, rx_packets)},
        {"port_transmit_packets", "Packets sent, as the driver counts them.",
         offsetof(struct icgw_port_info, tx_packets)},
        {"port_receive_bytes", "Bytes received, as the driver counts them.",
         offsetof(struct icgw_port_info, rx_bytes)},
        {"port_transmit_bytes", "Bytes sent, as the driver counts them.",
         offsetof(struct icgw_port_info, tx_bytes)},
        {"port_receive_missed", "Packets that found the receive queue full.",
         offsetof(struct icgw_port_info, rx_missed)},
        {"port_receive_no_buffer", "Packets lost for want of a packet buffer.",
         offsetof(struct icgw_port_info, rx_no_mbuf)},
        {"port_receive_errors", "Damaged packets.", offsetof(struct icgw_port_info, rx_errors)},
        {"port_transmit_errors", "Packets that the device failed to send.",
         offsetof(struct icgw_port_info, tx_errors)},
    };
    struct icgw_port_info *ports = xcalloc(icgw_pmd_n_ports(), sizeof *ports);
    for (uint16_t p = 0; p < icgw_pmd_n_ports(); p++) {
        icgw_pmd_port_info(p, &ports[p]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        exposition_counter(e, counters[i].name, counters[i].help);
        for (uint16_t p = 0; p < icgw_pmd_n_ports(); p++) {
            const struct label labels[] = {{"port", ports[p].name}, {NULL, NULL}};
            exposition_integer(e, labels,
                               *(const uint64_t *)((const char *)&ports[p] + counters[i].offset));
        }
    }
    exposition_gauge(e, "port_link_up", "Whether the link is up.");
    for (uint16_t p = 0; p < icgw_pmd_n_ports(); p++) {
        const struct label labels[] = {{"port", ports[p].name}, {NULL, NULL}};
        exposition_integer(e, labels, ports[p].link_up);
    }
    free(ports);
}
