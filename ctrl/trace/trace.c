/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "trace.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "microflow.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

struct trace *trace_frame(const struct trace_world *world, const uint8_t *frame, size_t len,
                          char **error)
{
    struct rte_mbuf *m = len <= TRACE_MAX_FRAME ? world->alloc(frame, (uint16_t)len) : NULL;
    if (m == NULL || len == 0) {
        rte_pktmbuf_free(m);
        *error = xasprintf("a frame of %zu bytes: longer than this gateway's buffers, or none is "
                           "free",
                           len);
        return NULL;
    }
    rte_pktmbuf_free(m);
    struct trace *t = xzalloc(sizeof *t);
    t->world = world;
    t->in = (struct trace_frame){xmemdup(frame, len), len};
    trace_by_tables(t);
    trace_by_flows(t);
    trace_compare(t);
    return t;
}

static void hypervisor_free(struct trace_hypervisor *h)
{
    if (h != NULL) {
        trace_events_free(&h->events);
        free(h->inner.data);
        free(h);
    }
}

void trace_free(struct trace *t)
{
    for (size_t i = 0; i < t->n_sent; i++) {
        free(t->sent[i].data);
    }
    trace_events_free(&t->events);
    hypervisor_free(t->hypervisor);
    free(t->sent);
    free(t->in.data);
    free(t->out.data);
    free(t->disagreement);
    free(t);
}

/* Outer headers, as the sender would have made them.  MAC addresses and UDP source
 * port do not matter to anybody here. */
static uint8_t *encapsulate(const struct trace_world *world, const uint8_t *inner, size_t inner_len,
                            const struct microflow_way *way, size_t *len, char **error)
{
    static const uint8_t sender[] = {2, 0, 0, 0, 0, 1}, us[] = {2, 0, 0, 0, 0, 2};
    struct icgw_tunnel tunnel;
    enum icgw_drop reason;
    uint8_t *frame = NULL;

    memset(&tunnel, 0, sizeof tunnel);
    icgw_tunnel_init(&tunnel, &way->src, &way->dst, ICGW_GENEVE_PORT, true);
    icgw_tunnel_set_next_hop(&tunnel, 0, sender, us, 0, UINT16_MAX);
    struct rte_mbuf *m = world->alloc(inner, (uint16_t)inner_len);
    if (m == NULL ||
        !icgw_encapsulate(m, &tunnel, way->vni, way->inport, way->outport, 0xc000, &reason)) {
        *error = xasprintf("a frame of %zu bytes is longer than this gateway's buffers, or none is "
                           "free",
                           inner_len);
    } else {
        *len = m->data_len;
        frame = xmemdup(rte_pktmbuf_mtod(m, const void *), m->data_len);
    }
    rte_pktmbuf_free(m);
    return frame;
}

static char *join_notes(const struct microflow *m)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < m->n_notes; i++) {
        ds_put_format(&ds, "%s%s", i > 0 ? " && " : "", m->notes[i]);
    }
    return ds_steal_cstr(&ds);
}

/* As by the hypervisor whose port it comes from.  False: nothing comes here. */
static bool pass_hypervisor(const struct trace_world *world, const struct frame *inner,
                            struct microflow_way *way, struct trace_hypervisor **h)
{
    *h = trace_at_hypervisor(world->model, way->from_port, inner);
    way->vni = (*h)->vni;
    way->inport = (*h)->inport;
    way->outport = (*h)->outport;
    return (*h)->inner.data != NULL;
}

static struct trace *follow(const struct trace_world *world, const struct frame *inner,
                            struct microflow_way *way, char **error)
{
    struct trace_hypervisor *h = NULL;
    struct trace *t = NULL;
    size_t len;
    if (way->from_port != NULL && !pass_hypervisor(world, inner, way, &h)) {
        t = xzalloc(sizeof *t);
        t->world = world;
        t->agree = true;
        t->hypervisor = h;
        return t;
    }
    uint8_t *frame = h != NULL ? encapsulate(world, h->inner.data, h->inner.len, way, &len, error)
                               : encapsulate(world, inner->data, inner->len, way, &len, error);
    t = frame != NULL ? trace_frame(world, frame, len, error) : NULL;
    free(frame);
    if (t != NULL) {
        t->hypervisor = h;
    } else {
        hypervisor_free(h);
    }
    return t;
}

struct trace *trace_microflow(const struct trace_world *world, const char *text, uint16_t ip_len,
                              char **notes, char **error)
{
    struct microflow *m = xzalloc(sizeof *m);
    struct frame *inner = xmalloc(sizeof *inner);
    struct microflow_way way;
    struct trace *t = NULL;
    if (microflow_parse(m, text, error) &&
        microflow_find_way(m, world->model, world->tables->locals, world->tables->n_locals, &way,
                           error) &&
        microflow_frame(m, ip_len, inner, error) &&
        microflow_check(m, world->model, inner, error)) {
        t = follow(world, inner, &way, error);
        *notes = t != NULL ? join_notes(m) : NULL;
    }
    microflow_free(m);
    free(inner);
    free(m);
    return t;
}

uint8_t *trace_hex(const char *text, size_t *len)
{
    size_t size = strlen(text), digits = 0;
    uint8_t *bytes = xzalloc(size / 2 + 1);
    for (const char *p = text; *p != '\0'; p++) {
        if (isspace((unsigned char)*p) || *p == ':') {
            continue;
        }
        bool ok;
        unsigned int value = (unsigned int)hexits_value(p, 1, &ok);
        if (!ok) {
            free(bytes);
            return NULL;
        }
        bytes[digits / 2] = (uint8_t)(bytes[digits / 2] << 4 | value);
        digits++;
    }
    if (digits == 0 || digits % 2 != 0) {
        free(bytes);
        return NULL;
    }
    *len = digits / 2;
    return bytes;
}
