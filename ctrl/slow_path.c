/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_path.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "icgw_forward.h"
#include "interp.h"
#include "specialise.h"
#include "waiting.h"

#define ETHERNET_LEN 14 /* inner */

struct slow_path {
    struct slow_path_ops ops;
    void *aux;
    const struct slow_path_observer *observer; /* NULL: nobody */
    const struct model *model;
    const struct specialised *specialised;
    const struct icgw_tables *tables;
    struct icgw_stats stats;
    struct waiting waiting;
    struct frame in;  /* the packet at hand */
    struct frame out; /* the one being sent */
};

/* One packet on its way; interp.aux. */
struct run {
    struct slow_path *sp;
    const struct waiting_packet *packet;
    const struct waiting_entry *waited; /* for what, until now; NULL: it is new */
    bool error;                         /* it is an error about another packet that was too big */
};

static void answer_too_big(struct run *, const struct interp_send *, const struct icgw_tunnel *);

static void drop_by(struct slow_path *sp, enum icgw_drop reason, const struct lflow *flow)
{
    sp->stats.drops[reason]++;
    if (sp->observer != NULL && sp->observer->drop != NULL) {
        sp->observer->drop(sp->observer->aux, reason, flow);
    }
}

static void drop(struct slow_path *sp, enum icgw_drop reason)
{
    drop_by(sp, reason, NULL);
}

/* A packet that goes on keeps its UDP source port, so that it takes the same
 * way through the underlay as the rest of its flow; a new one gets one of the
 * dynamic ports by its own flow (RFC 8926, 3.3). */
static uint16_t entropy(const struct run *run, const struct interp *in)
{
    if (in->frame == &run->sp->in) {
        return run->packet->src_port;
    }
    return (uint16_t)(0xc000 | icgw_flow_hash(run->sp->out.data, run->sp->out.len));
}

/* Whether it would go back by the tunnel that it came by; a chassis may have several. */
static bool is_way_back(const struct interp *in, const struct run *run,
                        const struct interp_send *to, const struct specialised_tunnel *tunnel)
{
    return in->from == to->chassis &&
           memcmp(&tunnel->remote, &run->packet->src, sizeof tunnel->remote) == 0;
}

static void on_send(struct interp *in, const struct interp_send *to)
{
    struct run *run = in->aux;
    struct slow_path *sp = run->sp;
    enum icgw_drop reason;

    uint16_t index = specialised_tunnel(sp->specialised, to->chassis, to->encap);
    const struct icgw_tunnel *tunnel =
        index < sp->tables->n_tunnels ? sp->tables->tunnels[index] : NULL;
    if (tunnel == NULL) {
        drop(sp, ICGW_DROP_NO_TUNNEL);
        return;
    }
    if (is_way_back(in, run, to, &sp->specialised->tunnels[index])) {
        drop(sp, ICGW_DROP_LOGICAL_DROP);
        return;
    }
    memcpy(sp->out.data, in->frame->data, in->frame->len);
    sp->out.len = in->frame->len;
    frame_store(&sp->out, &in->state);

    struct rte_mbuf *m = sp->ops.alloc(sp->out.data, sp->out.len);
    if (m == NULL) {
        drop(sp, ICGW_DROP_NO_MBUF);
    } else if (!icgw_encapsulate(m, tunnel, to->vni, to->inport, to->outport, entropy(run, in),
                                 &reason)) {
        rte_pktmbuf_free(m);
        if (reason == ICGW_DROP_TOO_BIG) {
            answer_too_big(run, to, tunnel);
        } else {
            drop(sp, reason);
        }
    } else {
        sp->stats.tx_packets++;
        sp->stats.tx_bytes += rte_pktmbuf_pkt_len(m);
        sp->ops.transmit(tunnel->port, m);
    }
}

static void on_drop(struct interp *in, enum icgw_drop reason, const struct lflow *flow)
{
    struct run *run = in->aux;
    drop_by(run->sp, reason, flow);
}

static void on_stage(struct interp *in, const struct model_flow *flow)
{
    const struct run *run = in->aux;
    const struct slow_path_observer *observer = run->sp->observer;
    if (observer != NULL && observer->stage != NULL) {
        observer->stage(observer->aux, in, flow);
    }
}

static void format_ip(const struct icgw_addr *ip, bool v6, char text[INET6_ADDRSTRLEN])
{
    inet_ntop(v6 ? AF_INET6 : AF_INET, v6 ? ip->bytes : ip->bytes + 12, text, INET6_ADDRSTRLEN);
}

static void format_mac(const uint8_t mac[6], char text[18])
{
    snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
             mac[5]);
}

static void on_learn(struct interp *in, const struct model_port *port, bool v6,
                     const struct icgw_addr *ip, const uint8_t mac[6])
{
    struct run *run = in->aux;
    char ip_text[INET6_ADDRSTRLEN], mac_text[18];
    format_ip(ip, v6, ip_text);
    format_mac(mac, mac_text);
    run->sp->ops.learn(run->sp->aux, port->datapath->uuid, port->name, ip_text, mac_text);
}

static void on_learn_fdb(struct interp *in, const struct model_port *port, const uint8_t mac[6])
{
    struct run *run = in->aux;
    char text[18];
    format_mac(mac, text);
    run->sp->ops.learn_fdb(run->sp->aux, port->datapath->key, port->key, text);
}

static void on_wait(struct interp *in, const struct model_port *port, bool v6,
                    const struct icgw_addr *next_hop)
{
    struct run *run = in->aux;
    struct slow_path *sp = run->sp;
    if (sp->observer != NULL && sp->observer->wait != NULL) {
        char text[INET6_ADDRSTRLEN];
        format_ip(next_hop, v6, text);
        sp->observer->wait(sp->observer->aux, port->name, text);
    }
    if (run->waited != NULL && waiting_for(run->waited, port->name, next_hop)) {
        /* Its address is known and the flows ask all the same, as for one of zeros. */
        drop(sp, ICGW_DROP_NEIGHBOUR_TIMEOUT);
        return;
    }
    sp->stats.drops[ICGW_DROP_NEIGHBOUR_QUEUE_FULL] +=
        waiting_add(&sp->waiting, port->name, v6, next_hop, run->packet, sp->ops.now());
}

/* Who sent it; NULL: nobody who may address the datapath.  Zones are kept apart
 * here too: a group has no endpoint that the fast path could have asked. */
static const struct model_chassis *admitted(struct slow_path *sp, const struct model_datapath *dp,
                                            const struct icgw_addr *src)
{
    const struct model_chassis *from = model_chassis_by_ip(sp->model, src);
    if (from == NULL || from->self) {
        drop(sp, ICGW_DROP_UNKNOWN_SOURCE);
        return NULL;
    }
    if (from->remote && !dp->transit) {
        drop(sp, ICGW_DROP_ZONE_VIOLATION);
        return NULL;
    }
    return from;
}

static const struct interp_ops interp_ops = {.send = on_send,
                                             .drop = on_drop,
                                             .learn = on_learn,
                                             .learn_fdb = on_learn_fdb,
                                             .wait = on_wait,
                                             .stage = on_stage};

/* What is in sp->out does not fit the underlay.  A kernel's tunnel would answer
 * with an ICMP error that arrives as if by that tunnel; so do we, where the
 * flows know what to do with it. */
static void answer_too_big(struct run *run, const struct interp_send *to,
                           const struct icgw_tunnel *tunnel)
{
    struct slow_path *sp = run->sp;
    const struct model_datapath *dp = model_datapath_by_key(sp->model, to->vni);
    uint32_t overhead = (uint32_t)tunnel->hdr_len - tunnel->l2_len + ETHERNET_LEN;

    drop(sp, ICGW_DROP_TOO_BIG);
    if (run->error || tunnel->mtu <= overhead || !interp_restarts_errors(dp)) {
        return;
    }
    struct frame *error = malloc(sizeof *error);
    if (error == NULL) {
        abort();
    }
    if (frame_make_too_big(error, &sp->out, tunnel->mtu - overhead)) {
        struct run nested = {sp, run->packet, run->waited, true};
        struct interp in = {.model = sp->model, .ops = &interp_ops, .aux = &nested, .frame = error};
        interp_from_tunnel(&in, dp, to->inport, to->outport);
        free(in.why);
    }
    free(error);
}

/* waited: for what, until now; NULL: it has just come. */
static void run_packet(struct slow_path *sp, const struct waiting_packet *packet,
                       const struct waiting_entry *waited)
{
    struct run run = {sp, packet, waited, false};
    const struct model_datapath *dp = model_datapath_by_key(sp->model, packet->vni);

    if (dp == NULL) {
        drop(sp, ICGW_DROP_UNKNOWN_VNI);
        return;
    }
    const struct model_chassis *from = admitted(sp, dp, &packet->src);
    if (from == NULL) {
        return;
    }
    memcpy(sp->in.data, packet->frame, packet->len);
    sp->in.len = packet->len;
    struct interp in = {
        .model = sp->model,
        .ops = &interp_ops,
        .aux = &run,
        .flow_hash = icgw_flow_hash(sp->in.data, sp->in.len),
        .from = from,
        .frame = &sp->in,
    };
    interp_from_tunnel(&in, dp, packet->inport, packet->outport);
    if (in.end == INTERP_UNSUPPORTED) {
        if (sp->observer != NULL && sp->observer->unsupported != NULL) {
            sp->observer->unsupported(sp->observer->aux, in.why);
        }
        drop(sp, ICGW_DROP_UNSUPPORTED);
    }
    free(in.why);
}

void slow_path_packet(struct slow_path *sp, struct rte_mbuf *m)
{
    struct icgw_packet p;
    enum icgw_drop reason;
    uint8_t frame[FRAME_MAX], udp[2];

    if (sp->model == NULL || sp->tables == NULL) {
        drop(sp, ICGW_DROP_UNKNOWN_VNI);
    } else if (icgw_parse(m, sp->tables, &p, &reason) != ICGW_ACTION_TX || !p.has_option) {
        drop(sp, ICGW_DROP_UNKNOWN_SOURCE); /* our addresses changed meanwhile */
    } else if (p.inner_len > sizeof frame) {
        drop(sp, ICGW_DROP_TOO_BIG);
    } else {
        /* UDP, 8 bytes, is before Geneve. */
        uint32_t udp_offset = p.outer_len - ICGW_GENEVE_LEN - 8u;
        const uint8_t *port = rte_pktmbuf_read(m, udp_offset, sizeof udp, udp);
        struct waiting_packet packet = {
            .vni = p.vni,
            .inport = p.inport,
            .outport = p.outport,
            .src_port = (uint16_t)(port[0] << 8 | port[1]),
            .src = p.src,
            .len = p.inner_len,
            .frame = frame,
        };
        const void *inner = rte_pktmbuf_read(m, p.outer_len, p.inner_len, frame);
        if (inner != frame) {
            memcpy(frame, inner, p.inner_len);
        }
        run_packet(sp, &packet, NULL);
    }
    rte_pktmbuf_free(m);
}

static bool has_answer(const struct slow_path *sp, const struct waiting_entry *entry)
{
    const struct model_port *port = model_port_by_name(sp->model, entry->port);
    return port != NULL && model_mac_binding(port, entry->v6, &entry->ip) != NULL;
}

/* Each once: on its way on it may have to wait for another neighbour. */
static void retry(struct slow_path *sp)
{
    struct waiting_entry *answered[WAITING_MAX];
    size_t n = 0;
    for (size_t i = 0; i < sp->waiting.n;) {
        if (has_answer(sp, sp->waiting.entries[i])) {
            answered[n++] = waiting_take(&sp->waiting, i);
        } else {
            i++;
        }
    }
    for (size_t i = 0; i < n; i++) {
        run_packet(sp, &answered[i]->packet, answered[i]);
        waiting_entry_free(answered[i]);
    }
}

void slow_path_update(struct slow_path *sp, const struct model *model,
                      const struct specialised *specialised, const struct icgw_tables *tables)
{
    sp->model = model;
    sp->specialised = specialised;
    sp->tables = tables;
    retry(sp);
}

void slow_path_set_tables(struct slow_path *sp, const struct icgw_tables *tables)
{
    sp->tables = tables;
}

void slow_path_observe(struct slow_path *sp, const struct slow_path_observer *observer)
{
    sp->observer = observer;
}

int64_t slow_path_run(struct slow_path *sp)
{
    sp->stats.drops[ICGW_DROP_NEIGHBOUR_TIMEOUT] += waiting_expire(&sp->waiting, sp->ops.now());
    return sp->waiting.n > 0 ? sp->waiting.entries[0]->deadline : INT64_MAX;
}

const struct icgw_stats *slow_path_stats(const struct slow_path *sp)
{
    return &sp->stats;
}

struct slow_path *slow_path_create(const struct slow_path_ops *ops, void *aux)
{
    struct slow_path *sp =
        aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_CACHE_LINE_ROUNDUP(sizeof(struct slow_path)));
    if (sp == NULL) {
        abort();
    }
    memset(sp, 0, sizeof *sp);
    sp->ops = *ops;
    sp->aux = aux;
    return sp;
}

void slow_path_destroy(struct slow_path *sp)
{
    waiting_clear(&sp->waiting);
    free(sp);
}
