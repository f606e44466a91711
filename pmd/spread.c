/* SPDX-License-Identifier: Apache-2.0 */
#include <rte_ethdev.h>

#include "pmd.h"

/* How the flows of a port spread over the workers. */

uint64_t pmd_spread_hashes(void)
{
    uint64_t hashes = 0;

    for (uint16_t i = 0; i < pmd.n_locals; i++) {
        hashes |= icgw_addr_is_v4(&pmd.locals[i]) ? RTE_ETH_RSS_NONFRAG_IPV4_UDP
                                                  : RTE_ETH_RSS_NONFRAG_IPV6_UDP;
    }
    return hashes ? hashes : RTE_ETH_RSS_NONFRAG_IPV4_UDP;
}

/* Two gateways have one pair of outer addresses between them: a hash of
 * addresses alone gives all of that to one worker, and with fewer queues than workers
 * some workers get nothing.  That is still faster than hand-over, where two workers
 * reach less than half of what one does (docs/performance.md). */
enum icgw_spread pmd_spread_choose(enum icgw_spread wanted, uint16_t n_workers, uint16_t n_rxq,
                                   uint64_t hashes)
{
    uint64_t needed = pmd_spread_hashes();

    if (n_workers == 1) {
        return ICGW_SPREAD_NONE;
    }
    if (wanted != ICGW_SPREAD_AUTO) {
        return wanted;
    }
    return n_rxq > 1 && (hashes & needed) == needed ? ICGW_SPREAD_RSS : ICGW_SPREAD_QUEUES;
}

const char *icgw_spread_name(enum icgw_spread spread)
{
    static const char *const names[] = {
        [ICGW_SPREAD_AUTO] = "auto",     [ICGW_SPREAD_NONE] = "none",
        [ICGW_SPREAD_QUEUES] = "queues", [ICGW_SPREAD_RSS] = "rss",
        [ICGW_SPREAD_FLOW] = "rte_flow", [ICGW_SPREAD_HANDOVER] = "software",
    };

    return names[spread];
}

/* Workers that could receive and have no queue. */
static void note_idle(struct pmd_port *port)
{
    const struct pmd_dev *dev = &port->dev;
    unsigned int n = dev->n_near > 0 ? dev->n_near : pmd.n_workers;

    if (dev->n_rxq < n) {
        pmd_note(port, true,
                 "%u of %u workers have no share of this port: its device has %u queue%s; spread = "
                 "software would give them one, but cost more than it gained where measured",
                 n - dev->n_rxq, n, dev->n_rxq, dev->n_rxq == 1 ? "" : "s");
    }
}

void pmd_spread_note(struct pmd_port *port)
{
    unsigned int n = port->dev.n_rxq;

    switch (port->spread) {
    case ICGW_SPREAD_QUEUES:
        pmd_note(port, false, "%u of %u workers receive, by the device's queues", n, pmd.n_workers);
        if (port->wanted == ICGW_SPREAD_AUTO && n > 1) {
            pmd_note(port, false,
                     "the device has no hash of UDP ports: what two gateways send to each other "
                     "may all come to one worker");
        }
        note_idle(port);
        break;
    case ICGW_SPREAD_RSS:
        pmd_note(port, false, "flows spread over %u workers by the device's hash of UDP ports", n);
        note_idle(port);
        break;
    case ICGW_SPREAD_HANDOVER:
        pmd_note(port, false,
                 "flows spread over %u workers by software, as configured, which may cost more "
                 "than it gains: compare with spread = auto",
                 pmd.n_workers);
        break;
    default:
        break;
    }
}
