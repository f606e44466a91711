/* SPDX-License-Identifier: Apache-2.0 */

/* What the slow path will refuse of packets that an abstract run does not follow, for the
 * report. */

#include <stdlib.h>

#include "dependencies.h"
#include "interp.h"
#include "interp_private.h"
#include "model_private.h"

static void look_through_stage(struct interp *in, struct eval *ev, const struct model_stage *stage)
{
    for (size_t i = 0; i < stage->n_flows && in->refused == NULL; i++) {
        const struct lflow *flow = stage->flows[i].lflow;
        const struct lflow_parsed *parsed =
            flow->code->tracks_connections ? lflow_parsed(flow->code) : NULL;
        if (parsed != NULL && parsed->match != NULL && eval_flow(ev, flow->code) != TRUTH_FALSE) {
            in->refused = flow;
        }
    }
}

/* Most zones have no such flow, and this is done for each destination that is slow. */
static void look_through(struct interp *in, struct eval *ev, enum model_pipeline pipeline,
                         int table)
{
    const struct model_datapath *dp = ev->datapath;
    for (; table < MODEL_MAX_TABLES && in->refused == NULL; table++) {
        if ((dp->tracking[pipeline] >> table & 1) != 0) {
            look_through_stage(in, ev, &dp->stages[pipeline][table]);
        }
    }
}

/* The run ends here, and what it would have met in the rest of the pipeline, or in the
 * datapath behind the port, is not known.  A flow there that tracks connections, and does not
 * surely pass over what is known by now, may refuse packets: for the report. */
void interp_look_ahead(struct interp *in)
{
    struct eval ev = interp_eval(in);
    ev.split = NULL; /* destinations are not told apart for this */
    look_through(in, &ev, in->pipeline, in->table);

    /* What the datapath behind the port will know of the packet nobody knows yet. */
    wide outport;
    const struct model_port *port = NULL;
    if (in->pipeline == MODEL_EGRESS && state_get(&in->state, whole(FIELD_OUTPORT), &outport)) {
        port = model_port_by_key(in->datapath, (uint16_t)outport);
    }
    if (port == NULL || port->peer == NULL) {
        return;
    }
    if (in->deps != NULL) {
        dependencies_add(in->deps, port->peer->datapath);
    }
    struct state blank;
    state_init(&blank);
    for (int field = 0; field < N_FIELDS; field++) {
        state_set_input(&blank, (enum field_id)field, 0, 0);
    }
    ev.datapath = port->peer->datapath;
    ev.state = &blank;
    ev.guard = NULL;
    look_through(in, &ev, MODEL_INGRESS, 0);
    look_through(in, &ev, MODEL_EGRESS, 0);
}

static void ignore_send(struct interp *in, const struct interp_send *to)
{
    (void)in;
    (void)to;
}

static void ignore_drop(struct interp *in, enum icgw_drop reason, const struct lflow *flow)
{
    (void)in;
    (void)reason;
    (void)flow;
}

/* What the run would meet if `flow` applied, with this value of its select(). */
static const struct lflow *refused_aside(const struct interp *in, const struct lflow *flow,
                                         unsigned int choice)
{
    static const struct interp_ops ops = {.send = ignore_send, .drop = ignore_drop};
    struct guard guard = {.classes = 0};
    struct interp *aside = model_alloc(sizeof *aside);
    *aside = *in;
    aside->ops = &ops;
    aside->guard = &guard;
    aside->split = NULL;
    aside->known = NULL;
    aside->aside = true;
    aside->select = NULL;
    aside->choice = choice;
    aside->flow = flow;
    const struct lflow_parsed *parsed = lflow_parsed(flow->code);
    interp_actions(aside, parsed->actions, parsed->n_actions);
    const struct lflow *refused =
        aside->end == INTERP_UNSUPPORTED ? aside->why_flow : aside->refused;
    free(aside->why);
    free(aside);
    return refused;
}

/* Guards keep away packets to which `flow` applies; the slow path gets them.  Flows that
 * track connections refuse them, as do routes of equal cost that it chooses among (source
 * routes with symmetric reply). */
void interp_note_refused(struct interp *in, const struct lflow *flow)
{
    const struct lflow_code *code = flow->code;
    if (in->refused == NULL && code->tracks_connections) {
        in->refused = flow;
    }
    const struct lflow_parsed *parsed = lflow_parsed(code);
    for (size_t i = 0; i < parsed->n_actions && !in->aside; i++) {
        const struct action *a = &parsed->actions[i];
        for (size_t k = 0; a->type == ACTION_SELECT && k < a->n_choices; k++) {
            if (in->refused == NULL && k < ICGW_MAX_MEMBERS) {
                in->refused = refused_aside(in, flow, (unsigned int)k);
            }
        }
    }
}
