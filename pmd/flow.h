/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PMD_FLOW_H
#define PMD_FLOW_H

/* Rules (rte_flow) that steer tunnel packets to the workers' queues and all else
 * to a queue for the host.  Control thread only.
 *
 * No VNI marks: the key of the look-up is VNI and outport, the latter in OVN's
 * option, where items of rte_flow do not reach on most NICs; and a mark may be
 * older than the tables. */

#include <stdbool.h>
#include <stdint.h>

#include <rte_flow.h>

#include "pmd.h"

/* How tunnel packets are recognised and spread. */
struct pmd_flow_kind {
    const char *text;
    bool inner;  /* RSS on inner headers, else on outer ones */
    bool geneve; /* item GENEVE, else the UDP port alone */
};

/* One rule on its way to the device. */
struct pmd_flow_rule {
    struct rte_flow_attr attr;
    struct rte_flow_item_ipv4 ipv4, ipv4_mask;
    struct rte_flow_item_ipv6 ipv6, ipv6_mask;
    struct rte_flow_item_udp udp, udp_mask;
    struct rte_flow_item pattern[5];
    struct rte_flow_action_count count;
    struct rte_flow_action_queue queue;
    struct rte_flow_action_rss rss;
    uint16_t queues[ICGW_MAX_WORKERS];
    struct rte_flow_action actions[3];
};

/* flow_rule.c: what a rule looks like. */
void pmd_flow_tunnel(struct pmd_flow_rule *rule, const struct icgw_addr *local,
                     const struct pmd_flow_kind *kind, uint16_t n_queues, uint64_t types,
                     bool count);
void pmd_flow_rest(struct pmd_flow_rule *rule, uint16_t queue, bool count);

/* flow_steer.c.  Whether the driver of a running device has rules at all. */
bool pmd_flow_possible(const struct pmd_port *port);
/* Installs the best rules that the device takes, and notes each step.  False:
 * it takes none. */
bool pmd_flow_install(struct pmd_port *port, uint64_t hashes);
void pmd_flow_remove(struct pmd_port *port);
/* Packets that the rules have met; false: not counted. */
bool pmd_flow_counts(const struct pmd_port *port, uint64_t *tunnel, uint64_t *rest);

#endif
