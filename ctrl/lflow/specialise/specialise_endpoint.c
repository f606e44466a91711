/* SPDX-License-Identifier: Apache-2.0 */

/* Which destinations can arrive at a port, and their verdicts. */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_private.h"
#include "specialise_private.h"

/* Destinations of an endpoint before the hash tables are sized. */
struct entry {
    struct destination destination;
    struct verdict *verdict;
};

struct entries {
    struct entry *entries;
    size_t n;
    struct specialised_endpoint *of;
    struct effort effort;
};

static void add_entry(struct entries *all, const struct destination *d, struct verdict *v)
{
    struct entry *entry = model_grow(&all->entries, &all->n, sizeof *entry);
    entry->destination = *d;
    entry->verdict = v;
}

static void describe(const struct destination *d, char *text, size_t size)
{
    uint8_t bytes[16];
    char ip[INET6_ADDRSTRLEN];
    if (d->split == NULL) {
        wide_to_bytes(d->eth_dst, bytes, 6);
        snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x %s", bytes[0], bytes[1], bytes[2],
                 bytes[3], bytes[4], bytes[5], d->eth_type == 0x86dd ? "IPv6" : "IPv4");
        return;
    }
    bool v6 = d->eth_type == 0x86dd;
    wide_to_bytes(d->prefix.value, bytes, v6 ? 16 : 4);
    inet_ntop(v6 ? AF_INET6 : AF_INET, bytes, ip, sizeof ip);
    snprintf(text, size, "%s/%u", ip, d->prefix.len);
}

/* One address of the router itself: served by the slow path, as it is meant. */
static bool is_router_address(const struct model_port *port, const struct destination *d)
{
    const struct model_port *local = port->distributed != NULL ? port->distributed : port;
    bool v6 = d->eth_type == 0x86dd;
    struct icgw_addr ip = {{[10] = 0xff, [11] = 0xff}};

    if (d->split == NULL || d->prefix.len != (v6 ? 128 : 32)) {
        return false;
    }
    wide_to_bytes(d->prefix.value, v6 ? ip.bytes : ip.bytes + 12, v6 ? 16 : 4);
    return model_datapath_owns(local->peer->datapath, &ip);
}

static void add_run(const struct specialised *result, const struct model *m,
                    const struct model_port *port, const struct destination *d, struct entries *all)
{
    char text[80];
    struct verdict *v = model_alloc(sizeof *v);
    const struct run run = {.result = result, .model = m, .port = port, .destination = d};
    if (!is_router_address(port, d)) {
        specialise_classify(&run, v);
    } else if (specialise_run(&run, v) && v->dest.verdict == ICGW_VERDICT_SLOW) {
        v->dest.reason = ICGW_SLOW_ROUTER_ADDRESS;
    }
    if (specialise_report_due(v)) {
        describe(d, text, sizeof text);
        specialise_report(all->of, port, text, v);
    }
    add_entry(all, d, v);
}

/* All prefixes that flows tell apart; the first one, of length 0, is the rest. */
static void run_routes(const struct specialised *result, const struct model *m,
                       const struct model_port *port, wide router_mac, uint16_t eth_type,
                       struct entries *all)
{
    struct split split;
    struct destination d = {.eth_type = eth_type,
                            .eth_dst = router_mac,
                            .split = &split,
                            .deps = &all->of->deps,
                            .effort = &all->effort};

    split_init(&split, eth_type == 0x86dd ? FIELD_IP6_DST : FIELD_IP4_DST,
               SPECIALISE_MAX_DESTINATIONS);
    split_add(&split, 0, 0);
    for (size_t i = 0; i < split.n; i++) {
        d.prefix = split.prefixes[i];
        add_run(result, m, port, &d, all);
    }
    split_destroy(&split);
}

/* Unicast addresses that a match compares eth.dst with. */
static void collect_macs(const struct expr *e, struct split *macs)
{
    if (e->type == EXPR_COMPARE && e->bits.field == FIELD_ETH_DST && e->relop == RELOP_EQ &&
        e->mask == wide_ones(48) && (e->value >> 40 & 1) == 0) {
        split_add(macs, e->value, 48);
    }
    for (size_t i = 0; i < e->n_sub; i++) {
        collect_macs(e->sub[i], macs);
    }
}

static void run_macs(const struct specialised *result, const struct model *m,
                     const struct model_port *port, const struct model_datapath *sw,
                     struct entries *all)
{
    struct split macs;
    split_init(&macs, FIELD_ETH_DST, SPECIALISE_MAX_DESTINATIONS);
    for (int table = 0; table < MODEL_MAX_TABLES; table++) {
        const struct model_stage *stage = &sw->stages[MODEL_INGRESS][table];
        for (size_t i = 0; i < stage->n_flows; i++) {
            const struct expr *match = lflow_parsed(stage->flows[i].lflow->code)->match;
            if (match != NULL) {
                collect_macs(match, &macs);
            }
        }
    }
    for (size_t i = 0; i < sw->n_fdb; i++) {
        split_add(&macs, wide_from_bytes(sw->fdb[i].mac, 6), 48);
    }
    for (size_t i = 0; i < macs.n; i++) {
        struct destination d = {.eth_type = 0x0800,
                                .eth_dst = macs.prefixes[i].value,
                                .deps = &all->of->deps,
                                .effort = &all->effort};
        add_run(result, m, port, &d, all);
        d.eth_type = 0x86dd;
        add_run(result, m, port, &d, all);
    }
    split_destroy(&macs);
}

static bool store(struct icgw_endpoint *ep, const struct entry *entry)
{
    const struct destination *d = &entry->destination;
    uint8_t bytes[16];
    uint32_t v4;
    if (ep->kind == ICGW_ENDPOINT_L2) {
        wide_to_bytes(d->eth_dst, bytes, 6);
        return icgw_endpoint_add_l2(ep, bytes, htons(d->eth_type), &entry->verdict->dest);
    }
    if (d->eth_type == 0x86dd) {
        wide_to_bytes(d->prefix.value, bytes, 16);
        return icgw_endpoint_add_v6(ep, bytes, (uint8_t)d->prefix.len, &entry->verdict->dest);
    }
    wide_to_bytes(d->prefix.value, bytes, 4);
    memcpy(&v4, bytes, sizeof v4);
    return icgw_endpoint_add_v4(ep, v4, (uint8_t)d->prefix.len, &entry->verdict->dest);
}

static struct icgw_endpoint *build(enum icgw_endpoint_kind kind, bool transit, struct entries *all)
{
    uint32_t n_v6 = 0;
    for (size_t i = 0; i < all->n; i++) {
        n_v6 += all->entries[i].destination.eth_type == 0x86dd;
    }
    uint32_t n = (uint32_t)all->n;
    struct icgw_endpoint *ep = kind == ICGW_ENDPOINT_L2
                                   ? icgw_endpoint_create(kind, transit, n, 0, 0)
                                   : icgw_endpoint_create(kind, transit, 0, n - n_v6, n_v6);
    for (size_t i = 0; ep != NULL && i < all->n; i++) {
        if (!store(ep, &all->entries[i])) {
            icgw_endpoint_unref(ep);
            ep = NULL;
        }
    }
    return ep;
}

static void free_entries(struct entries *all)
{
    for (size_t i = 0; i < all->n; i++) {
        specialise_verdict_clear(all->entries[i].verdict);
        free(all->entries[i].verdict);
    }
    free(all->entries);
}

static struct icgw_endpoint *simple_endpoint(enum icgw_endpoint_kind kind, bool transit,
                                             uint8_t reason)
{
    struct icgw_endpoint *ep = icgw_endpoint_create(kind, transit, 0, 0, 0);
    if (ep != NULL) {
        ep->reason = reason;
    }
    return ep;
}

static const struct model_port *local_port(const struct model_port *port)
{
    return port->type == MODEL_PORT_CHASSISREDIRECT ? port->distributed : port;
}

/* Whether nothing is looked up at the port, and what is done instead. */
static bool needs_no_table(const struct model_port *port, enum icgw_endpoint_kind *kind,
                           uint8_t *reason)
{
    const struct model_port *local = local_port(port);

    *kind = ICGW_ENDPOINT_DROP;
    if (port->type == MODEL_PORT_CHASSISREDIRECT && !port->resident) {
        *reason = ICGW_DROP_NOT_RESIDENT;
        return true;
    }
    if (local == NULL || local->peer == NULL) {
        *reason = ICGW_DROP_UNBOUND_PORT;
        return true;
    }
    /* Patch ports of a zone's own datapaths are everywhere, and ports of transit routers that
     * a chassisredirect port stands for are asked by that: nobody sends to them by a
     * tunnel, but who does is served. */
    bool unasked = !port->datapath->transit || (port->datapath->router && port->redirect != NULL);
    *kind = ICGW_ENDPOINT_SLOW;
    *reason = ICGW_SLOW_DESTINATION;
    return (local->peer->datapath->router && !local->peer->has_mac) ||
           (port->type == MODEL_PORT_PATCH && unasked);
}

static const struct lflow *snooping_flow(const struct model_datapath *dp)
{
    for (int i = 0; i < 2 * MODEL_MAX_TABLES; i++) {
        const struct model_stage *stage = &dp->stages[i / MODEL_MAX_TABLES][i % MODEL_MAX_TABLES];
        for (size_t k = 0; k < stage->n_flows; k++) {
            const char *action = stage->flows[k].lflow->code->unsupported;
            if (action != NULL && strcmp(action, "igmp") == 0) {
                return stage->flows[k].lflow;
            }
        }
    }
    return NULL;
}

/* Multicast has no entries of its own: what a switch that learns its listeners
 * would need is said here. */
static void report_snooping(const struct model_port *port, struct specialised_endpoint *out)
{
    const struct model_datapath *peer = local_port(port)->peer->datapath;
    char why[] = "listeners are not learned: action igmp is not supported";
    struct verdict v = {.unsupported = true, .why = why};
    v.why_flow = snooping_flow(peer->router ? port->datapath : peer);
    if (v.why_flow != NULL) {
        specialise_report(out, port, "IGMP and MLD", &v);
    }
}

static struct icgw_endpoint *with_table(const struct specialised *result, const struct model *m,
                                        const struct model_port *port,
                                        struct specialised_endpoint *out)
{
    const struct model_port *peer = local_port(port)->peer;
    bool routed = peer->datapath->router;
    struct entries all = {.of = out};

    if (routed) {
        wide mac = wide_from_bytes(peer->mac, 6);
        run_routes(result, m, port, mac, 0x0800, &all);
        run_routes(result, m, port, mac, 0x86dd, &all);
    } else {
        run_macs(result, m, port, peer->datapath, &all);
    }
    struct icgw_endpoint *ep =
        build(routed ? ICGW_ENDPOINT_L3 : ICGW_ENDPOINT_L2, port->datapath->transit, &all);
    if (ep != NULL && routed) {
        memcpy(ep->router_mac, peer->mac, sizeof ep->router_mac);
    }
    out->n_destinations = all.n;
    free_entries(&all);
    report_snooping(port, out);
    return ep;
}

bool specialise_flooded_answers(const struct model_datapath *dp, struct specialised_endpoint *out)
{
    dependencies_add(&out->deps, dp);
    out->endpoint = simple_endpoint(ICGW_ENDPOINT_SLOW, dp->transit, ICGW_SLOW_MULTICAST);
    return out->endpoint != NULL;
}

bool specialise_endpoint(const struct specialised *result, const struct model *m,
                         const struct model_port *port, struct specialised_endpoint *out)
{
    const struct model_port *local = local_port(port);
    enum icgw_endpoint_kind kind;
    uint8_t reason;

    dependencies_add(&out->deps, port->datapath);
    if (local != NULL && local->peer != NULL) {
        dependencies_add(&out->deps, local->peer->datapath);
    }
    out->endpoint = needs_no_table(port, &kind, &reason)
                        ? simple_endpoint(kind, port->datapath->transit, reason)
                        : with_table(result, m, port, out);
    dependencies_complete(&out->deps);
    if (out->endpoint != NULL && local != NULL) {
        /* A chassisredirect port stands for another one, whose key it is about. */
        out->endpoint->port_key = local->key;
    }
    return out->endpoint != NULL;
}
