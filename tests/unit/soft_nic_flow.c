/* SPDX-License-Identifier: Apache-2.0 */
#include "soft_nic_flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_flow.h>
#include <rte_hash_crc.h>

#include "soft_nic.h"

int __wrap_rte_flow_validate(uint16_t port, const struct rte_flow_attr *attr,
                             const struct rte_flow_item pattern[],
                             const struct rte_flow_action actions[], struct rte_flow_error *error);
struct rte_flow *__wrap_rte_flow_create(uint16_t port, const struct rte_flow_attr *attr,
                                        const struct rte_flow_item pattern[],
                                        const struct rte_flow_action actions[],
                                        struct rte_flow_error *error);
int __wrap_rte_flow_destroy(uint16_t port, struct rte_flow *flow, struct rte_flow_error *error);
int __wrap_rte_flow_query(uint16_t port, struct rte_flow *flow,
                          const struct rte_flow_action *action, void *data,
                          struct rte_flow_error *error);

/* Of a rule: what it matches … */
enum layer { L_ETH = 1, L_IPV4 = 2, L_IPV6 = 4, L_UDP = 8, L_GENEVE = 16 };

struct rte_flow {
    unsigned int layers;
    uint32_t priority;
    uint8_t dst[16];
    uint8_t dst_mask[16];
    uint16_t udp_dst; /* network byte order */
    /* … and what then. */
    bool count;
    uint16_t n_queues;
    uint16_t queues[SOFT_NIC_QUEUES];
    uint64_t types;
    uint32_t level;
    uint64_t hits;
    uint64_t bytes;
    struct rte_flow *next;
};

static struct rte_flow *rules; /* by priority */

void soft_nic_flow_reset(void)
{
    while (rules != NULL) {
        struct rte_flow *rule = rules;

        rules = rule->next;
        free(rule);
    }
}

/* --- making rules */

static int refuse(struct rte_flow_error *error, const char *why)
{
    return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL, why);
}

static const char *read_item(const struct rte_flow_item *item, struct rte_flow *rule)
{
    switch (item->type) {
    case RTE_FLOW_ITEM_TYPE_ETH:
        rule->layers |= L_ETH;
        return item->spec ? "match on Ethernet addresses" : NULL;
    case RTE_FLOW_ITEM_TYPE_IPV4:
        rule->layers |= L_IPV4;
        memcpy(rule->dst, &((const struct rte_flow_item_ipv4 *)item->spec)->hdr.dst_addr, 4);
        memcpy(rule->dst_mask, &((const struct rte_flow_item_ipv4 *)item->mask)->hdr.dst_addr, 4);
        return NULL;
    case RTE_FLOW_ITEM_TYPE_IPV6:
        rule->layers |= L_IPV6;
        memcpy(rule->dst, &((const struct rte_flow_item_ipv6 *)item->spec)->hdr.dst_addr, 16);
        memcpy(rule->dst_mask, &((const struct rte_flow_item_ipv6 *)item->mask)->hdr.dst_addr, 16);
        return NULL;
    case RTE_FLOW_ITEM_TYPE_UDP:
        rule->layers |= L_UDP;
        rule->udp_dst = ((const struct rte_flow_item_udp *)item->spec)->hdr.dst_port;
        return NULL;
    case RTE_FLOW_ITEM_TYPE_GENEVE:
        rule->layers |= L_GENEVE;
        return soft_nic.flow_geneve ? NULL : "no item GENEVE";
    default:
        return "unknown item";
    }
}

static const char *read_rss(const struct rte_flow_action_rss *rss, struct rte_flow *rule)
{
    if (rss->level > 1 && !soft_nic.flow_inner) {
        return "no RSS on inner headers";
    }
    if (rss->queue_num == 0 || rss->queue_num > SOFT_NIC_QUEUES) {
        return "number of queues";
    }
    rule->n_queues = (uint16_t)rss->queue_num;
    memcpy(rule->queues, rss->queue, rss->queue_num * sizeof rss->queue[0]);
    rule->types = rss->types;
    rule->level = rss->level;
    return NULL;
}

static const char *read_action(const struct rte_flow_action *action, struct rte_flow *rule)
{
    switch (action->type) {
    case RTE_FLOW_ACTION_TYPE_COUNT:
        rule->count = true;
        return soft_nic.flow_count ? NULL : "no counters";
    case RTE_FLOW_ACTION_TYPE_QUEUE:
        rule->n_queues = 1;
        rule->queues[0] = ((const struct rte_flow_action_queue *)action->conf)->index;
        return NULL;
    case RTE_FLOW_ACTION_TYPE_RSS:
        return read_rss(action->conf, rule);
    default:
        return "unknown action";
    }
}

static const char *read_rule(const struct rte_flow_attr *attr, const struct rte_flow_item *item,
                             const struct rte_flow_action *action, struct rte_flow *rule)
{
    const char *why = attr->ingress ? NULL : "not for reception";

    if (soft_nic.flow_refuse) {
        return "not today";
    }
    rule->priority = attr->priority;
    for (; why == NULL && item->type != RTE_FLOW_ITEM_TYPE_END; item++) {
        why = read_item(item, rule);
    }
    for (; why == NULL && action->type != RTE_FLOW_ACTION_TYPE_END; action++) {
        why = read_action(action, rule);
    }
    if (why == NULL && rule->layers == L_ETH && !soft_nic.flow_rest) {
        why = "no rule for everything";
    }
    if (why == NULL && rule->n_queues == 0) {
        why = "no fate";
    }
    for (uint16_t i = 0; why == NULL && i < rule->n_queues; i++) {
        why = rule->queues[i] < soft_nic.n_rxq ? NULL : "no such queue";
    }
    return why;
}

int __wrap_rte_flow_validate(uint16_t port, const struct rte_flow_attr *attr,
                             const struct rte_flow_item pattern[],
                             const struct rte_flow_action actions[], struct rte_flow_error *error)
{
    struct rte_flow rule = {0};
    const char *why = read_rule(attr, pattern, actions, &rule);

    (void)port;
    if (!soft_nic.flow) {
        return rte_flow_error_set(error, ENOSYS, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL, NULL);
    }
    return why == NULL ? 0 : refuse(error, why);
}

struct rte_flow *__wrap_rte_flow_create(uint16_t port, const struct rte_flow_attr *attr,
                                        const struct rte_flow_item pattern[],
                                        const struct rte_flow_action actions[],
                                        struct rte_flow_error *error)
{
    struct rte_flow *rule = calloc(1, sizeof *rule), **at = &rules;
    const char *why = read_rule(attr, pattern, actions, rule);

    (void)port;
    if (why != NULL) {
        refuse(error, why);
        free(rule);
        return NULL;
    }
    while (*at != NULL && (*at)->priority <= rule->priority) {
        at = &(*at)->next;
    }
    rule->next = *at;
    *at = rule;
    soft_nic.n_rules++;
    return rule;
}

int __wrap_rte_flow_destroy(uint16_t port, struct rte_flow *flow, struct rte_flow_error *error)
{
    (void)port;
    for (struct rte_flow **at = &rules; *at != NULL; at = &(*at)->next) {
        if (*at == flow) {
            *at = flow->next;
            free(flow);
            soft_nic.n_rules--;
            return 0;
        }
    }
    return refuse(error, "no such rule");
}

int __wrap_rte_flow_query(uint16_t port, struct rte_flow *flow,
                          const struct rte_flow_action *action, void *data,
                          struct rte_flow_error *error)
{
    struct rte_flow_query_count *count = data;

    (void)port;
    if (action->type != RTE_FLOW_ACTION_TYPE_COUNT || !flow->count) {
        return refuse(error, "no counter");
    }
    count->hits_set = count->bytes_set = 1;
    count->hits = flow->hits;
    count->bytes = flow->bytes;
    return 0;
}

/* --- executing them */

/* Where the headers of a frame begin; 0: not there. */
struct parsed {
    unsigned int layers;
    uint16_t l3, udp, inner;
};

static struct parsed parse(const uint8_t *frame, uint16_t len)
{
    struct parsed p = {.layers = L_ETH, .l3 = 14};

    if (len >= 42 && frame[12] == 0x08 && frame[13] == 0) {
        p.layers |= L_IPV4;
        p.udp = frame[23] == 17 ? 14 + (frame[14] & 0xf) * 4 : 0;
    } else if (len >= 62 && frame[12] == 0x86 && frame[13] == 0xdd) {
        p.layers |= L_IPV6;
        p.udp = frame[20] == 17 ? 54 : 0;
    }
    if (p.udp != 0) {
        p.layers |= L_UDP;
        if (frame[p.udp + 2] == 0x17 && frame[p.udp + 3] == 0xc1 && len >= p.udp + 16) {
            p.layers |= L_GENEVE;
            p.inner = p.udp + 16 + (frame[p.udp + 8] & 0x3f) * 4;
        }
    }
    return p;
}

/* rte_hash_crc() reads whole words; fields of a frame are where they are. */
static uint32_t crc(const uint8_t *field, unsigned int len, uint32_t init)
{
    uint64_t words[4];
    memcpy(words, field, len);
    return rte_hash_crc(words, len, init);
}

uint32_t soft_nic_hash(const uint8_t *frame, uint16_t len, uint64_t types, uint32_t level)
{
    struct parsed p = parse(frame, len);
    unsigned int addrs = p.layers & L_IPV6 ? 32 : 8, off = p.layers & L_IPV6 ? 8 : 12;

    if (level > 1 && p.inner != 0 && p.inner < len) {
        return soft_nic_hash(frame + p.inner, len - p.inner, types, 1);
    }
    if (!(p.layers & (L_IPV4 | L_IPV6))) {
        return 0;
    }
    uint32_t hash = crc(frame + p.l3 + off, addrs, 0);
    if (p.udp != 0 && (types & RTE_ETH_RSS_UDP)) {
        hash = crc(frame + p.udp, 4, hash);
    }
    return hash ^ hash >> 16;
}

static bool matches(const struct rte_flow *rule, const uint8_t *frame, const struct parsed *p)
{
    const uint8_t *dst = frame + p->l3 + (p->layers & L_IPV6 ? 24 : 16);

    if ((rule->layers & p->layers) != rule->layers) {
        return false;
    }
    for (unsigned int i = 0; i < 16 && (rule->layers & (L_IPV4 | L_IPV6)); i++) {
        if (rule->dst_mask[i] && ((dst[i] ^ rule->dst[i]) & rule->dst_mask[i])) {
            return false;
        }
    }
    return !(rule->layers & L_UDP) || memcmp(frame + p->udp + 2, &rule->udp_dst, 2) == 0;
}

bool soft_nic_flow_steer(const uint8_t *frame, uint16_t len, uint16_t *queue)
{
    struct parsed p = parse(frame, len);

    for (struct rte_flow *rule = rules; rule != NULL; rule = rule->next) {
        if (matches(rule, frame, &p)) {
            rule->hits++;
            rule->bytes += len;
            *queue =
                rule->queues[soft_nic_hash(frame, len, rule->types, rule->level) % rule->n_queues];
            return true;
        }
    }
    return false;
}
