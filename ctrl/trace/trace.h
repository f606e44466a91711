/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TRACE_H
#define ICGW_TRACE_H

/* What becomes of one frame: by the tables, as the workers forward it, and by the
 * logical flows that these were made from.  Both are run, on copies; nothing is
 * sent, learned or counted.  Control thread only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "icgw_forward.h"
#include "outer.h"

struct ds;
struct frame;
struct interp;
struct json;
struct model;
struct model_chassis;
struct model_flow;
struct model_port;
struct specialised;
struct rte_mbuf;

/* What to go by, unchanged until the trace has been freed. */
struct trace_world {
    const struct model *model;
    const struct specialised *specialised;
    const struct icgw_tables *tables;
    /* An mbuf with a copy of the data; NULL: too long, or none left. */
    struct rte_mbuf *(*alloc)(const void *data, uint16_t len);
    /* Of a [port] section. */
    const char *(*port_name)(uint16_t port);
};

#define TRACE_MAX_FRAME 16384
/* What flows that run in circles, or flood to all of a large zone, may write. */
#define TRACE_MAX_EVENTS 1000
#define TRACE_MAX_SENT 64

struct trace_frame {
    uint8_t *data; /* malloc'ed */
    size_t len;
};

enum trace_kind {
    TRACE_STAGE, /* flow: its match … ; NULL: none matched */
    TRACE_SENT,  /* frame */
    TRACE_DROP,
    TRACE_WAIT,        /* text: the neighbour asked for */
    TRACE_LEARN,       /* text */
    TRACE_UNSUPPORTED, /* text: why */
    TRACE_TUNNEL,      /* text: from a hypervisor to whom */
    TRACE_DELIVER,     /* text: the port at the hypervisor */
};

struct trace_event {
    enum trace_kind kind;
    unsigned int depth; /* datapaths entered and not left */
    const struct model_datapath *datapath;
    const struct lflow *flow; /* of STAGE, and of DROP (may be NULL) */
    bool egress;
    int table;
    int32_t priority;
    enum icgw_drop reason;
    size_t sent; /* index */
    char *text;  /* malloc'ed or NULL */
};

struct trace_events {
    struct trace_event *list;
    size_t n;
    size_t left_out; /* beyond the limits */
};

/* What a hypervisor does with a packet of one of its ports. */
struct trace_hypervisor {
    const struct model_chassis *chassis;
    struct trace_events events;
    struct trace_frame inner; /* as it is sent to this gateway first; no data: it is not */
    uint32_t vni;
    uint16_t inport;
    uint16_t outport;
};

struct trace {
    const struct trace_world *world;
    struct trace_hypervisor *hypervisor; /* NULL: it comes from elsewhere */
    struct trace_frame in;               /* no data: nothing arrives */
    /* By the tables. */
    enum icgw_action parsed; /* ICGW_ACTION_TX: `packet` is filled */
    struct icgw_packet packet;
    const struct icgw_endpoint *endpoint; /* NULL: none */
    const struct icgw_dest *dest;         /* NULL: none */
    const struct icgw_dest *member; /* the one chosen of dest->members; NULL: no choice, … */
    const struct icgw_dest *way;    /* … and of member->members */
    uint32_t rule;                  /* of a classifier; UINT32_MAX: none fits */
    struct icgw_result result;
    struct trace_frame out; /* when sent */
    /* By the flows. */
    bool flows_run;
    struct trace_events events;
    struct trace_frame *sent;
    size_t n_sent;
    /* Whether both come to the same. */
    bool agree;
    char *disagreement; /* malloc'ed; NULL when they do */
};

/* NULL, with *error (malloc'ed): no frame of that length can be had. */
struct trace *trace_frame(const struct trace_world *, const uint8_t *frame, size_t len,
                          char **error);
void trace_free(struct trace *);

/* From a microflow on; *notes (malloc'ed): what was assumed, "" without.  NULL, with
 * *error (malloc'ed). */
struct trace *trace_microflow(const struct trace_world *, const char *text, uint16_t ip_len,
                              char **notes, char **error);
/* The bytes (malloc'ed) of a text of hexadecimal digits; blanks and colons are passed
 * over.  NULL: it is something else. */
uint8_t *trace_hex(const char *text, size_t *len);

/* With `all`, stages too whose flow says nothing but next. */
void trace_text(const struct trace *, bool all, struct ds *);
struct json *trace_json(const struct trace *, bool all);

/* Between the files of this folder. */
void trace_by_tables(struct trace *);
void trace_by_flows(struct trace *);
/* `inner` as `port`, which a hypervisor has, sends it. */
struct trace_hypervisor *trace_at_hypervisor(const struct model *, const struct model_port *port,
                                             const struct frame *inner);
/* NULL: there are too many. */
struct trace_event *trace_add(struct trace_events *, enum trace_kind);
/* Takes the text. */
void trace_add_text(struct trace_events *, enum trace_kind, char *text);
void trace_add_stage(struct trace_events *, const struct interp *, const struct model_flow *);
void trace_add_drop(struct trace_events *, enum icgw_drop, const struct lflow *);
void trace_events_free(struct trace_events *);
void trace_compare(struct trace *);
/* Whether people want to see it. */
bool trace_shows(const struct trace_event *, bool all);
/* The guards that the packet had to pass, in words. */
char *trace_guards(const struct trace *);
/* "any packet", or a match, of packets of one EtherType. */
char *trace_rule(const struct icgw_rule *, bool v6);
const char *trace_action(const struct icgw_result *);
const char *trace_reason(const struct icgw_result *);

#endif
