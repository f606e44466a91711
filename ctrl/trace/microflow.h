/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_MICROFLOW_H
#define ICGW_MICROFLOW_H

/* A packet in the words of ovn-trace(8): an expression such as
 * `inport == "ts1-lr2" && ip4.dst == 10.1.0.10 && icmp4`, which says what some fields
 * hold.  What it leaves open gets a value that is said.  Control thread only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "expr.h"
#include "frame.h"
#include "model.h"

#define MICROFLOW_MAX_TEXT 4096
#define MICROFLOW_MAX_NOTES 12

struct rte_mbuf;

struct microflow {
    struct expr *expr;
    wide value[N_FIELDS];
    wide known[N_FIELDS];
    const char *inport; /* names, into expr; NULL: not said */
    const char *outport;
    char notes[MICROFLOW_MAX_NOTES][96]; /* what was assumed, as expressions */
    size_t n_notes;
};

/* How a packet gets to this gateway. */
struct microflow_way {
    /* A port of a hypervisor: its flows say what follows but for the addresses.  NULL: it
     * comes as the rest says. */
    const struct model_port *from_port;
    uint32_t vni;
    uint16_t inport;
    uint16_t outport;
    struct icgw_addr src; /* outer */
    struct icgw_addr dst;
};

/* All: false, with *error (malloc'ed) that says what to write instead.  The caller
 * frees the microflow, in any case. */
bool microflow_parse(struct microflow *, const char *text, char **error);
void microflow_free(struct microflow *);
/* Which tunnel brings it, and the MAC addresses that follow from that. */
bool microflow_find_way(struct microflow *, const struct model *, const struct icgw_addr *locals,
                        size_t n_locals, struct microflow_way *, char **error);
/* The inner frame.  `ip_len`: bytes of IP packet, 0: as few as can be. */
bool microflow_frame(struct microflow *, uint16_t ip_len, struct frame *, char **error);
/* Whether the frame is what the expression says. */
bool microflow_check(const struct microflow *, const struct model *, const struct frame *,
                     char **error);
/* Assumes a value for the bits of a field that are open. */
void microflow_assume(struct microflow *, enum field_id, wide value);

#endif
