/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_INTERP_H
#define ICGW_INTERP_H

/* The logical pipeline, run.
 *
 * Concrete, for an actual packet: all fields are known, frames are made and
 * sent.  Abstract, for a class of packets: some fields are not known, and the
 * run ends, with a reason, where the outcome would depend on one that no guard
 * can check.  Control thread only. */

#include <stdbool.h>
#include <stdint.h>

#include "condition.h"
#include "eval.h"
#include "frame.h"
#include "guard.h"
#include "lflow.h"
#include "model.h"
#include "split.h"
#include "state.h"

/* How the packet leaves: through a tunnel. */
struct interp_send {
    const struct model_chassis *chassis;
    const struct model_encap *encap; /* NULL: the chassis's first */
    uint32_t vni;
    uint16_t inport;
    uint16_t outport;
};

struct interp;

/* What happens to the packet.  All but `send` and `drop` may be NULL. */
struct interp_ops {
    /* in->state holds the fields; in->frame, when concrete, the frame as it was
     * before them (frame_store() brings it up to date). */
    void (*send)(struct interp *in, const struct interp_send *);
    /* flow: the one that decided; NULL when no flow did. */
    void (*drop)(struct interp *in, enum icgw_drop reason, const struct lflow *flow);
    /* put_arp, put_nd */
    void (*learn)(struct interp *in, const struct model_port *, bool v6, const struct icgw_addr *ip,
                  const uint8_t mac[6]);
    /* put_fdb */
    void (*learn_fdb)(struct interp *in, const struct model_port *, const uint8_t mac[6]);
    /* The packet waits for the MAC address of a next hop that has been asked for. */
    void (*wait)(struct interp *in, const struct model_port *, bool v6,
                 const struct icgw_addr *next_hop);
    /* It reaches a port of ->at that leads to no other datapath. */
    void (*deliver)(struct interp *in, const struct model_port *);
    /* A stage has chosen its flow, whose actions come next; NULL: none matches.  For
     * those who look on. */
    void (*stage)(struct interp *in, const struct model_flow *);
};

/* Why an abstract run ended without a verdict. */
enum interp_end {
    INTERP_COMPLETE,
    INTERP_SLOW,        /* a concrete run decides; slow_reason */
    INTERP_UNSUPPORTED, /* neither can */
    INTERP_ASKS,        /* it depends on `asked` */
};

struct interp {
    const struct model *model;
    const struct interp_ops *ops;
    void *aux;          /* of ops */
    uint32_t flow_hash; /* concrete: chooses among select()'s values */
    /* Concrete: who sent it.  Open vSwitch sends nothing back by the tunnel that it came
     * by unless flags.loopback was set on the way; ops->send, which knows the tunnels, has
     * to look.  NULL: does not matter (any more). */
    const struct model_chassis *from;
    /* Concrete: the chassis whose part of the pipelines is run, a hypervisor of this zone.
     * NULL: this gateway. */
    const struct model_chassis *at;
    unsigned int n_chosen; /* concrete: select()s so far */
    bool waits; /* concrete: for a neighbour; ovn-controller holds all that is left to do */
    /* Abstract: */
    struct guard *guard; /* NULL when concrete */
    struct split *split;
    struct dependencies *deps; /* datapaths met are added; may be NULL */
    /* What a classifier will have told; NULL: there is none.  Where it does not suffice
     * the run ends and *asked, which the caller clears, is what it would have to tell. */
    const struct conditions *known;
    struct condition *asked;
    const struct lflow *refused; /* see struct verdict */
    bool aside;                  /* a run to one side, for `refused` only */
    unsigned int choice;         /* which value select() takes … */
    const struct action *select; /* … and the action that was asked */

    /* Where the run is. */
    const struct model_datapath *datapath;
    enum model_pipeline pipeline;
    int table;
    const struct lflow *flow;
    const struct frame *frame;
    struct state state;
    unsigned int hops;    /* datapaths entered and not left */
    unsigned int depth;   /* stages entered and not left */
    unsigned int actions; /* actions executed: bounds the work that flows can cause */

    enum interp_end end;
    enum icgw_slow slow_reason;
    char *why; /* malloc'ed text when not complete */
    const struct lflow *why_flow;
};

/* A run for a packet that arrived by a tunnel.  The caller fills model, ops,
 * aux, flow_hash or guard, split and choice, frame or the input fields of
 * `state` (after state_init()), and zeroes the rest. */
void interp_from_tunnel(struct interp *, const struct model_datapath *, uint16_t inport,
                        uint16_t outport);

/* A run for a packet that a port of ->at sends.  Concrete only; the rest as above. */
void interp_from_port(struct interp *, const struct model_port *);

/* Whether ICMP errors about the path MTU that arrive by a tunnel start over in
 * the ingress pipeline of the datapath: it has flows for that (OVN 24.03 and
 * later: they look at flags.tunnel_rx). */
bool interp_restarts_errors(const struct model_datapath *);

/* Ends the run: nothing more is executed. */
void interp_give_up(struct interp *, enum interp_end, enum icgw_slow, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static inline bool interp_abstract(const struct interp *in)
{
    return in->guard != NULL;
}

#endif
