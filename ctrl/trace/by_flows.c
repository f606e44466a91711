/* SPDX-License-Identifier: Apache-2.0 */

/* What the logical flows say: a slow path of its own, which only looks. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "interp.h"
#include "slow_path.h"
#include "trace.h"
#include "util.h"

/* The slow path's alloc() and transmit() are told of no one. */
static struct trace *current;

static struct rte_mbuf *alloc(const void *data, uint16_t len)
{
    return current->world->alloc(data, len);
}

static void transmit(uint16_t port, struct rte_mbuf *m)
{
    struct trace *t = current;
    struct trace_event *e = t->n_sent < TRACE_MAX_SENT ? trace_add(&t->events, TRACE_SENT) : NULL;
    (void)port;
    if (e == NULL) {
        t->events.left_out++;
        rte_pktmbuf_free(m);
        return;
    }
    e->sent = t->n_sent++;
    t->sent = xrealloc(t->sent, t->n_sent * sizeof *t->sent);
    t->sent[e->sent] =
        (struct trace_frame){xmemdup(rte_pktmbuf_mtod(m, const void *), m->data_len), m->data_len};
    rte_pktmbuf_free(m);
}

static void learn(void *aux, const char *datapath, const char *port, const char *ip,
                  const char *mac)
{
    struct trace *t = aux;
    (void)datapath;
    trace_add_text(&t->events, TRACE_LEARN, xasprintf("%s is at %s, behind %s", ip, mac, port));
}

static void learn_fdb(void *aux, uint32_t datapath_key, uint16_t port_key, const char *mac)
{
    struct trace *t = aux;
    trace_add_text(&t->events, TRACE_LEARN,
                   xasprintf("%s is behind port %u of VNI %u", mac, port_key, datapath_key));
}

static int64_t now(void)
{
    return 0;
}

static void on_stage(void *aux, const struct interp *in, const struct model_flow *flow)
{
    struct trace *t = aux;
    trace_add_stage(&t->events, in, flow);
}

static void on_drop(void *aux, enum icgw_drop reason, const struct lflow *flow)
{
    struct trace *t = aux;
    trace_add_drop(&t->events, reason, flow);
}

static void on_wait(void *aux, const char *port, const char *ip)
{
    struct trace *t = aux;
    trace_add_text(&t->events, TRACE_WAIT, xasprintf("%s behind %s", ip, port));
}

static void on_unsupported(void *aux, const char *why)
{
    struct trace *t = aux;
    trace_add_text(&t->events, TRACE_UNSUPPORTED, xstrdup(why));
}

void trace_by_flows(struct trace *t)
{
    static const struct slow_path_ops ops = {alloc, transmit, learn, learn_fdb, now};
    const struct slow_path_observer observer = {on_stage, on_drop, on_wait, on_unsupported, t};
    struct rte_mbuf *m = t->world->alloc(t->in.data, (uint16_t)t->in.len);
    if (m == NULL || t->parsed != ICGW_ACTION_TX || !t->packet.has_option) {
        rte_pktmbuf_free(m); /* it never comes to the flows */
        return;
    }
    t->flows_run = true;
    current = t;
    struct slow_path *sp = slow_path_create(&ops, t);
    slow_path_update(sp, t->world->model, t->world->specialised, t->world->tables);
    slow_path_observe(sp, &observer);
    slow_path_packet(sp, m);
    slow_path_destroy(sp);
    current = NULL;
}

/* --- whether tables and flows come to the same */

static void disagree(struct trace *t, char *text)
{
    t->agree = false;
    t->disagreement = text;
}

/* ECN is the fast path's to copy, and checksums of outer headers follow from the rest
 * that is compared. */
static const char *difference(const struct trace_frame *x, const struct trace_frame *y)
{
    struct outer a, b;
    if (!outer_parse(x->data, x->len, &a) || !outer_parse(y->data, y->len, &b)) {
        return "outer headers";
    }
    size_t inner = x->len - a.inner;
    if (memcmp(&a.src, &b.src, sizeof a.src) != 0 || memcmp(&a.dst, &b.dst, sizeof a.dst) != 0) {
        return "tunnel addresses";
    }
    if (a.vni != b.vni || a.inport != b.inport || a.outport != b.outport) {
        return "VNI or ports";
    }
    if (memcmp(a.eth_dst, b.eth_dst, 6) != 0 || a.vlan != b.vlan) {
        return "next hop";
    }
    return inner != y->len - b.inner || memcmp(x->data + a.inner, y->data + b.inner, inner) != 0
               ? "inner frames"
               : NULL;
}

static void compare_sent(struct trace *t)
{
    if (t->n_sent != 1) {
        disagree(t, xasprintf("the workers send one packet, the flows %zu", t->n_sent));
        return;
    }
    const char *what = difference(&t->out, &t->sent[0]);
    if (what != NULL) {
        disagree(t, xasprintf("the packets sent differ: %s", what));
    }
}

void trace_compare(struct trace *t)
{
    t->agree = true;
    if (!t->flows_run) {
        return; /* nobody asks the flows */
    }
    if (t->result.action == ICGW_ACTION_TX) {
        compare_sent(t);
    } else if (t->result.action == ICGW_ACTION_DROP && t->n_sent > 0) {
        disagree(t, xasprintf("the workers drop it (%s), the flows send %zu",
                              icgw_drop_name(t->result.reason), t->n_sent));
    }
}
