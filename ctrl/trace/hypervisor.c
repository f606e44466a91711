/* SPDX-License-Identifier: Apache-2.0 */

/* What the logical flows have a hypervisor do with a packet of a port of its own, as far
 * as this gateway.  The model has the flows of all datapaths on that way. */

#include <config.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "icgw_forward.h"
#include "interp.h"
#include "trace.h"
#include "util.h"

static const char *port_name(const struct model_datapath *dp, uint16_t key)
{
    const struct model_port *port = model_port_by_key(dp, key);
    const struct model_group *group = model_group_by_key(dp, key);
    return port != NULL ? port->name : group != NULL ? group->name : "?";
}

static void take_arrival(struct trace_hypervisor *h, const struct interp *in,
                         const struct interp_send *to)
{
    struct frame *frame = xmemdup(in->frame, sizeof *frame);
    frame_store(frame, &in->state);
    h->inner = (struct trace_frame){xmemdup(frame->data, frame->len), frame->len};
    h->vni = to->vni;
    h->inport = to->inport;
    h->outport = to->outport;
    free(frame);
}

static void on_send(struct interp *in, const struct interp_send *to)
{
    struct trace_hypervisor *h = in->aux;
    trace_add_text(&h->events, TRACE_TUNNEL,
                   xasprintf("%s, VNI %u (%s), from port %u (%s) to %u (%s)", to->chassis->name,
                             to->vni, in->datapath->name, to->inport,
                             port_name(in->datapath, to->inport), to->outport,
                             port_name(in->datapath, to->outport)));
    if (to->chassis->self && h->inner.data == NULL) {
        take_arrival(h, in, to);
    }
}

static void on_drop(struct interp *in, enum icgw_drop reason, const struct lflow *flow)
{
    struct trace_hypervisor *h = in->aux;
    trace_add_drop(&h->events, reason, flow);
}

static void on_stage(struct interp *in, const struct model_flow *flow)
{
    struct trace_hypervisor *h = in->aux;
    trace_add_stage(&h->events, in, flow);
}

static void on_deliver(struct interp *in, const struct model_port *port)
{
    struct trace_hypervisor *h = in->aux;
    trace_add_text(&h->events, TRACE_DELIVER, xstrdup(port->name));
}

static void on_wait(struct interp *in, const struct model_port *port, bool v6,
                    const struct icgw_addr *next_hop)
{
    struct trace_hypervisor *h = in->aux;
    char text[INET6_ADDRSTRLEN];
    inet_ntop(v6 ? AF_INET6 : AF_INET, v6 ? next_hop->bytes : next_hop->bytes + 12, text,
              sizeof text);
    trace_add_text(&h->events, TRACE_WAIT, xasprintf("%s behind %s", text, port->name));
}

struct trace_hypervisor *trace_at_hypervisor(const struct model *model,
                                             const struct model_port *port,
                                             const struct frame *inner)
{
    static const struct interp_ops ops = {.send = on_send,
                                          .drop = on_drop,
                                          .deliver = on_deliver,
                                          .wait = on_wait,
                                          .stage = on_stage};
    struct trace_hypervisor *h = xzalloc(sizeof *h);
    h->chassis = port->chassis;
    struct interp *in = xzalloc(sizeof *in);
    in->model = model;
    in->ops = &ops;
    in->aux = h;
    in->flow_hash = icgw_flow_hash(inner->data, inner->len);
    in->at = port->chassis;
    in->frame = inner;
    interp_from_port(in, port);
    if (in->end == INTERP_UNSUPPORTED) {
        const struct lflow *flow = in->why_flow;
        trace_add_text(&h->events, TRACE_UNSUPPORTED,
                       flow == NULL
                           ? xstrdup(in->why)
                           : xasprintf("%s (%s, uuid %.8s)", in->why, flow->stage, flow->uuid));
    }
    free(in->why);
    free(in);
    return h;
}
