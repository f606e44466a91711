/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <rte_ethdev.h>

#include "flow.h"
#include "icgw_forward.h"

/* Inner flows: addresses and ports. */
#define INNER_TYPES (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP)

static void add_item(struct pmd_flow_rule *rule, unsigned int *n, enum rte_flow_item_type type,
                     const void *spec, const void *mask)
{
    rule->pattern[(*n)++] = (struct rte_flow_item){.type = type, .spec = spec, .mask = mask};
}

static void add_address(struct pmd_flow_rule *rule, unsigned int *n, const struct icgw_addr *addr)
{
    if (icgw_addr_is_v4(addr)) {
        memcpy(&rule->ipv4.hdr.dst_addr, addr->bytes + 12, 4);
        memset(&rule->ipv4_mask.hdr.dst_addr, 0xff, 4);
        add_item(rule, n, RTE_FLOW_ITEM_TYPE_IPV4, &rule->ipv4, &rule->ipv4_mask);
    } else {
        memcpy(&rule->ipv6.hdr.dst_addr, addr->bytes, 16);
        memset(&rule->ipv6_mask.hdr.dst_addr, 0xff, 16);
        add_item(rule, n, RTE_FLOW_ITEM_TYPE_IPV6, &rule->ipv6, &rule->ipv6_mask);
    }
}

static void add_action(struct pmd_flow_rule *rule, unsigned int *n, enum rte_flow_action_type type,
                       const void *conf)
{
    rule->actions[(*n)++] = (struct rte_flow_action){.type = type, .conf = conf};
}

/* Queues 0 to n_queues - 1. */
static void add_queues(struct pmd_flow_rule *rule, unsigned int *n, uint16_t n_queues,
                       uint64_t types, uint32_t level)
{
    if (n_queues == 1) {
        rule->queue.index = 0;
        add_action(rule, n, RTE_FLOW_ACTION_TYPE_QUEUE, &rule->queue);
        return;
    }
    for (uint16_t q = 0; q < n_queues; q++) {
        rule->queues[q] = q;
    }
    rule->rss = (struct rte_flow_action_rss){
        .level = level,
        .types = types,
        .queue_num = n_queues,
        .queue = rule->queues,
    };
    add_action(rule, n, RTE_FLOW_ACTION_TYPE_RSS, &rule->rss);
}

void pmd_flow_tunnel(struct pmd_flow_rule *rule, const struct icgw_addr *local,
                     const struct pmd_flow_kind *kind, uint16_t n_queues, uint64_t types,
                     bool count)
{
    unsigned int n_items = 0, n_actions = 0;

    memset(rule, 0, sizeof *rule);
    rule->attr.ingress = 1;
    rule->udp.hdr.dst_port = RTE_BE16(ICGW_GENEVE_PORT);
    rule->udp_mask.hdr.dst_port = UINT16_MAX;
    add_item(rule, &n_items, RTE_FLOW_ITEM_TYPE_ETH, NULL, NULL);
    add_address(rule, &n_items, local);
    add_item(rule, &n_items, RTE_FLOW_ITEM_TYPE_UDP, &rule->udp, &rule->udp_mask);
    if (kind->geneve) {
        add_item(rule, &n_items, RTE_FLOW_ITEM_TYPE_GENEVE, NULL, NULL);
    }
    add_item(rule, &n_items, RTE_FLOW_ITEM_TYPE_END, NULL, NULL);
    if (count) {
        add_action(rule, &n_actions, RTE_FLOW_ACTION_TYPE_COUNT, &rule->count);
    }
    /* Levels are counted from the outside, from 1 on. */
    if (kind->inner) {
        add_queues(rule, &n_actions, n_queues, INNER_TYPES & types, 2);
    } else {
        add_queues(rule, &n_actions, n_queues, pmd_spread_hashes(), 1);
    }
    add_action(rule, &n_actions, RTE_FLOW_ACTION_TYPE_END, NULL);
}

void pmd_flow_rest(struct pmd_flow_rule *rule, uint16_t queue, bool count)
{
    unsigned int n_items = 0, n_actions = 0;

    memset(rule, 0, sizeof *rule);
    rule->attr.ingress = 1;
    rule->attr.priority = 1; /* below the rules of tunnels */
    rule->queue.index = queue;
    add_item(rule, &n_items, RTE_FLOW_ITEM_TYPE_ETH, NULL, NULL);
    add_item(rule, &n_items, RTE_FLOW_ITEM_TYPE_END, NULL, NULL);
    if (count) {
        add_action(rule, &n_actions, RTE_FLOW_ACTION_TYPE_COUNT, &rule->count);
    }
    add_action(rule, &n_actions, RTE_FLOW_ACTION_TYPE_QUEUE, &rule->queue);
    add_action(rule, &n_actions, RTE_FLOW_ACTION_TYPE_END, NULL);
}
