/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_INTERP_PRIVATE_H
#define ICGW_INTERP_PRIVATE_H

/* Between interp.c (stages), interp_action.c (actions), interp_output.c (from one
 * datapath to the next) and interp_ahead.c (what a run does not follow). */

#include "interp.h"

/* What hostile flows may cost: datapaths and stages on the way of one packet
 * (each takes stack), and actions in all. */
#define INTERP_MAX_HOPS 16
#define INTERP_MAX_DEPTH 1024
#define INTERP_MAX_ACTIONS 20000

/* flags.tunnel_rx: the packet came by a tunnel. */
static const struct bits interp_tunnel_rx = {FIELD_FLAGS, 16, 1};

struct eval interp_eval(const struct interp *);
void interp_stage(struct interp *, enum model_pipeline, int table);
void interp_actions(struct interp *, const struct action *, size_t n);
/* The flow hash for the second choice of a run (times 1), the third, … */
uint32_t interp_rehash(uint32_t hash, unsigned int times);
/* The `output` action. */
void interp_output(struct interp *);
/* The `flood_remote` action: a copy to the gateways of all other zones, for the
 * ingress pipeline of the same datapath there. */
void interp_flood_remote(struct interp *);
/* Into the egress pipeline towards a port that is here. */
void interp_egress(struct interp *, const struct model_port *);
/* Local delivery of what a tunnel brought: a port, or the local ports of a group. */
void interp_deliver(struct interp *, uint16_t outport);
void interp_drop(struct interp *, enum icgw_drop, const struct lflow *);
/* Abstract, the run ends here or guards keep packets off to which the flow applies: sets
 * ->refused if the slow path may refuse some. */
void interp_look_ahead(struct interp *);
void interp_note_refused(struct interp *, const struct lflow *);

#endif
