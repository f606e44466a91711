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
 * addresses alone would give all of that to one worker.  With fewer queues than
 * workers, some workers would get nothing. */
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
    return n_rxq == n_workers && (hashes & needed) == needed ? ICGW_SPREAD_RSS
                                                             : ICGW_SPREAD_HANDOVER;
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

void pmd_spread_note(struct pmd_port *port)
{
    unsigned int n = port->dev.n_rxq;

    switch (port->spread) {
    case ICGW_SPREAD_QUEUES:
        pmd_note(port, n < pmd.n_workers, "%u of %u workers receive, by the device's queues", n,
                 pmd.n_workers);
        break;
    case ICGW_SPREAD_RSS:
        pmd_note(port, false, "flows spread over %u workers by the device's hash of UDP ports", n);
        break;
    case ICGW_SPREAD_HANDOVER:
        pmd_note(port, false,
                 "flows spread over %u workers by software, which may cost more than it gains: "
                 "compare with cores = 1; the device has %u queue%s and no hash of UDP ports for "
                 "%u workers",
                 pmd.n_workers, n, n == 1 ? "" : "s", pmd.n_workers);
        break;
    default:
        break;
    }
}
