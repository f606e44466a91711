/* SPDX-License-Identifier: Apache-2.0 */

/* What the workers do: the forwarding library, on the tables that they use. */

#include <config.h>

#include <string.h>

#include <rte_mbuf.h>

#include "openvswitch/dynamic-string.h"
#include "trace.h"
#include "util.h"

#define INNER_IP 14
#define IPV4_DST (INNER_IP + 16)
#define IPV6_DST (INNER_IP + 24)

static const struct icgw_dest *look_up(const struct trace *t, const uint8_t *inner)
{
    const struct icgw_packet *p = &t->packet;
    const struct icgw_endpoint *ep = t->endpoint;
    uint32_t v4;
    if (ep->kind == ICGW_ENDPOINT_L2) {
        return ep->l2 != NULL ? icgw_endpoint_find_l2(ep, inner, p->eth_type) : NULL;
    }
    if (ep->kind != ICGW_ENDPOINT_L3 || memcmp(inner, ep->router_mac, 6) != 0) {
        return NULL;
    }
    if (p->eth_type == htons(0x0800) && ep->n_len4 > 0) {
        memcpy(&v4, inner + IPV4_DST, sizeof v4);
        return icgw_endpoint_find_v4(ep, v4);
    }
    return p->eth_type == htons(0x86dd) && ep->n_len6 > 0
               ? icgw_endpoint_find_v6(ep, inner + IPV6_DST)
               : NULL;
}

/* As the workers choose: dp/stage_apply.c. */
static const struct icgw_dest *choose(const struct trace *t, const struct icgw_dest *dest,
                                      const uint8_t *inner)
{
    if (dest == NULL || dest->verdict != ICGW_VERDICT_SELECT) {
        return NULL;
    }
    uint32_t hash = icgw_flow_hash(inner, t->packet.inner_len);
    return &dest->members[(uint64_t)hash * dest->n_members >> 32];
}

static void classify(struct trace *t, const uint8_t *inner)
{
    struct icgw_rule rule;
    t->rule = icgw_classifier_find(t->dest->classifier, &t->packet, inner, t->packet.inner_len);
    if (t->rule != UINT32_MAX) {
        icgw_classifier_rule(t->dest->classifier, t->rule, &rule);
        t->member = &t->dest->members[rule.member];
        t->way = choose(t, t->member, inner);
    }
}

static void find_entries(struct trace *t, const struct rte_mbuf *m)
{
    enum icgw_drop reason;
    t->parsed = icgw_parse(m, t->world->tables, &t->packet, &reason);
    if (t->parsed != ICGW_ACTION_TX || !t->packet.has_option) {
        return;
    }
    t->endpoint = icgw_tables_endpoint(t->world->tables, t->packet.vni, t->packet.outport);
    if (t->endpoint != NULL) {
        const uint8_t *inner = rte_pktmbuf_mtod_offset(m, const uint8_t *, t->packet.outer_len);
        t->dest = look_up(t, inner);
        if (t->dest != NULL && t->dest->verdict == ICGW_VERDICT_CLASSIFY) {
            classify(t, inner);
        } else {
            t->member = choose(t, t->dest, inner);
        }
    }
}

void trace_by_tables(struct trace *t)
{
    struct rte_mbuf *m = t->world->alloc(t->in.data, (uint16_t)t->in.len);
    t->result = (struct icgw_result){.action = ICGW_ACTION_DROP, .reason = ICGW_DROP_NO_MBUF};
    if (m == NULL) {
        return;
    }
    find_entries(t, m);
    icgw_forward(t->world->tables, NULL, &m, 1, &t->result);
    if (t->result.action == ICGW_ACTION_TX) {
        t->out = (struct trace_frame){xmemdup(rte_pktmbuf_mtod(m, const void *), m->data_len),
                                      m->data_len};
    }
    rte_pktmbuf_free(m);
}

static void separate(struct ds *ds)
{
    if (ds->length > 0) {
        ds_put_cstr(ds, ", ");
    }
}

char *trace_guards(const struct trace *t)
{
    const struct icgw_dest *d = t->dest->verdict == ICGW_VERDICT_CLASSIFY ? t->member : t->dest;
    static const struct {
        enum icgw_class class;
        const char *text;
    } classes[] = {
        {ICGW_CLASS_FRAGMENT, "no fragment"},
        {ICGW_CLASS_LATER_FRAGMENT, "no later fragment"},
        {ICGW_CLASS_TOO_BIG_ERROR, "no error about the path MTU"},
        {ICGW_CLASS_ECHO_REQUEST, "no echo request"},
        {ICGW_CLASS_ND, "no ND"},
        {ICGW_CLASS_MLD, "no MLD"},
        {ICGW_CLASS_IGMP, "no IGMP"},
        {ICGW_CLASS_MULTICAST_SOURCE, "no group as Ethernet source"},
        {ICGW_CLASS_IP_OPTIONS, "no IP options"},
    };
    struct ds ds = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; d != NULL && i < ARRAY_SIZE(classes); i++) {
        if ((d->guard & classes[i].class) != 0) {
            separate(&ds);
            ds_put_cstr(&ds, classes[i].text);
        }
    }
    if (d != NULL && d->min_ttl > 0) {
        separate(&ds);
        ds_put_format(&ds, "TTL %u or more", d->min_ttl);
    }
    if (d != NULL && d->max_len > 0) {
        separate(&ds);
        ds_put_format(&ds, "at most %u bytes of IP", d->max_len);
    }
    if (d != NULL && d->sources != NULL) {
        separate(&ds);
        ds_put_format(&ds, "source in none of %u prefixes", d->sources->n);
    }
    return ds_steal_cstr(&ds);
}

const char *trace_action(const struct icgw_result *r)
{
    static const char *const names[] = {
        [ICGW_ACTION_TX] = "forward", [ICGW_ACTION_HOST] = "host", [ICGW_ACTION_SLOW] = "slow_path",
        [ICGW_ACTION_DROP] = "drop",  [ICGW_ACTION_BFD] = "bfd",
    };
    return r->action < ARRAY_SIZE(names) ? names[r->action] : "unknown";
}

const char *trace_reason(const struct icgw_result *r)
{
    return r->action == ICGW_ACTION_SLOW   ? icgw_slow_name(r->reason)
           : r->action == ICGW_ACTION_DROP ? icgw_drop_name(r->reason)
                                           : "";
}
