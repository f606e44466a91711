/* SPDX-License-Identifier: Apache-2.0 */

/* Stages: which flow applies. */

#include "interp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interp_private.h"
#include "stage_index.h"

struct eval interp_eval(const struct interp *in)
{
    return (struct eval){
        .model = in->model,
        .datapath = in->datapath,
        .state = &in->state,
        .guard = in->guard,
        .split = in->split,
        .deps = in->deps,
        .at = in->at,
        .known = in->known,
    };
}

void interp_give_up(struct interp *in, enum interp_end end, enum icgw_slow reason,
                    const char *format, ...)
{
    va_list args;
    if (in->end != INTERP_COMPLETE) {
        return;
    }
    if (interp_abstract(in) && end == INTERP_SLOW && reason == ICGW_SLOW_DESTINATION) {
        interp_look_ahead(in);
    }
    in->end = end;
    in->slow_reason = reason;
    in->why_flow = in->flow;
    va_start(args, format);
    if (vasprintf(&in->why, format, args) < 0) {
        abort();
    }
    va_end(args);
}

void interp_drop(struct interp *in, enum icgw_drop reason, const struct lflow *flow)
{
    in->ops->drop(in, reason, flow);
}

/* Flows above the one that surely applies, that may apply instead. */
#define MAX_DOUBTS 64

struct choice {
    const struct lflow *flow;     /* the highest one that surely applies … */
    const struct model_flow *row; /* … and its priority */
    const struct lflow *doubts[MAX_DOUBTS];
    unsigned int n_doubts;
    bool full; /* there are more, and they have not been looked at */
};

/* False: the run has ended. */
static bool search(struct interp *in, struct eval *ev, const struct model_stage *stage,
                   struct choice *c)
{
    struct stage_walk walk;
    uint32_t position;
    stage_walk_start(&walk, stage, ev->state);
    while (stage_walk_next(&walk, &position)) {
        const struct lflow *flow = stage->flows[position].lflow;
        in->flow = flow;
        const struct lflow_parsed *parsed = lflow_parsed(flow->code);
        if (parsed->match == NULL) {
            interp_give_up(in, INTERP_UNSUPPORTED, 0, "match not understood: %s",
                           parsed->match_error);
            return false;
        }
        enum truth t = eval_flow(ev, flow->code);
        if (t == TRUTH_TRUE) {
            c->flow = flow;
            c->row = &stage->flows[position];
            return true;
        }
        if (t == TRUTH_UNKNOWN) {
            if (!interp_abstract(in)) {
                interp_give_up(in, INTERP_UNSUPPORTED, 0, "match names something unknown");
                return false;
            }
            if (c->n_doubts == MAX_DOUBTS) {
                c->full = true;
                return true;
            }
            c->doubts[c->n_doubts++] = flow;
        }
    }
    return true;
}

static bool names_unknown(const struct expr *e)
{
    bool found = e->type == EXPR_UNKNOWN;
    for (size_t i = 0; i < e->n_sub && !found; i++) {
        found = names_unknown(e->sub[i]);
    }
    return found;
}

/* Passes over actions that change nothing in this state: those without effect
 * here, and loads of what a field holds already. */
static const struct action *skip_idle(const struct state *s, const struct action *a,
                                      const struct action *end)
{
    wide value;
    while (a < end &&
           (a->type == ACTION_NOTHING ||
            (a->type == ACTION_LOAD && state_get(s, a->dst, &value) && value == a->value))) {
        a++;
    }
    return a;
}

/* Whether two lists of actions do the same in this state.  Loads count as idle
 * only before the first action that is not: behind it the state is another. */
static bool same_effect(const struct state *s, const struct lflow_code *x,
                        const struct lflow_code *y)
{
    if (strcmp(x->actions_text, y->actions_text) == 0) {
        return true;
    }
    const struct lflow_parsed *p = lflow_parsed(x), *q = lflow_parsed(y);
    if (p->actions == NULL || q->actions == NULL) {
        return false;
    }
    const struct action *a = p->actions, *a_end = a + p->n_actions;
    const struct action *b = q->actions, *b_end = b + q->n_actions;
    a = skip_idle(s, a, a_end);
    b = skip_idle(s, b, b_end);
    return actions_equal(a, (size_t)(a_end - a), b, (size_t)(b_end - b));
}

/* Packets that a flow drops, or does to what only the slow path can or nobody, are left
 * to that where guards can tell them; what is to be forwarded is worth a classifier. */
static bool suits_guard(const struct interp *in, const struct lflow_code *code)
{
    const struct lflow_parsed *parsed = lflow_parsed(code);
    return in->known == NULL || code->unsupported != NULL ||
           (parsed->n_actions == 1 && parsed->actions[0].type == ACTION_DROP);
}

/* Assumes, by guards, that the flow does not apply.  False: the run has ended. */
static bool rule_out_one(struct interp *in, struct eval *ev, const struct lflow *doubt)
{
    const struct expr *match = lflow_parsed(doubt->code)->match;
    bool guarded = suits_guard(in, doubt->code);
    in->flow = doubt;
    if (eval_make_false(ev, match, in->guard, guarded)) {
        interp_note_refused(in, doubt);
        return true;
    }
    if (in->known != NULL && eval_ask(ev, match, in->asked)) {
        interp_give_up(in, INTERP_ASKS, 0, "depends on more than the destination");
        return false;
    }
    if (!guarded && eval_make_false(ev, match, in->guard, true)) {
        interp_note_refused(in, doubt);
        return true;
    }
    if (names_unknown(match)) {
        interp_give_up(in, INTERP_UNSUPPORTED, 0, "match names something unknown");
    } else {
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION,
                       "depends on more than the destination");
    }
    return false;
}

/* Rules out the doubtful flows.  One that does the same as the sure one need not be. */
static bool rule_out(struct interp *in, struct eval *ev, const struct choice *c)
{
    for (unsigned int i = 0; i < c->n_doubts; i++) {
        const struct lflow *doubt = c->doubts[i];
        if (c->flow != NULL && same_effect(&in->state, doubt->code, c->flow->code)) {
            continue;
        }
        if (!rule_out_one(in, ev, doubt)) {
            return false;
        }
    }
    if (c->full) {
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION,
                       "more than %d flows depend on more than the destination", MAX_DOUBTS);
    }
    return !c->full;
}

/* Not inlined: its frame, more than a kibibyte, is gone before the actions go on
 * to the next stage and so deeper into the stack. */
static bool __attribute__((noinline))
search_stage(struct interp *in, const struct model_stage *stage, const struct model_flow **row)
{
    struct choice c; /* without what is in `doubts`: this is done for each stage */
    struct eval ev = interp_eval(in);
    c.flow = NULL;
    c.row = NULL;
    c.n_doubts = 0;
    c.full = false;
    bool found = search(in, &ev, stage, &c) && rule_out(in, &ev, &c);
    if (ev.split_full) {
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION,
                       "flows tell more destinations apart than the tables hold");
        return false;
    }
    *row = c.row;
    return found;
}

static void apply(struct interp *in, const struct lflow_parsed *parsed)
{
    if (parsed->actions == NULL) {
        interp_give_up(in, INTERP_UNSUPPORTED, 0, "actions not understood: %s",
                       parsed->actions_error);
    } else {
        interp_actions(in, parsed->actions, parsed->n_actions);
    }
}

void interp_stage(struct interp *in, enum model_pipeline pipeline, int table)
{
    enum model_pipeline outer_pipeline = in->pipeline;
    int outer_table = in->table;
    const struct lflow *outer_flow = in->flow;
    const struct model_flow *row = NULL;

    if (in->end != INTERP_COMPLETE) {
        return;
    }
    if (table >= MODEL_MAX_TABLES) {
        interp_drop(in, ICGW_DROP_LOGICAL_DROP, in->flow);
        return;
    }
    if (in->depth >= INTERP_MAX_DEPTH) {
        interp_drop(in, ICGW_DROP_LOOP, in->flow);
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION, "flows run in a loop");
        return;
    }
    in->depth++;
    in->pipeline = pipeline;
    in->table = table;
    if (search_stage(in, &in->datapath->stages[pipeline][table], &row)) {
        const struct lflow *flow = row != NULL ? row->lflow : NULL;
        in->flow = flow;
        if (in->ops->stage != NULL) {
            in->ops->stage(in, row);
        }
        if (flow == NULL) {
            interp_drop(in, ICGW_DROP_LOGICAL_DROP, NULL);
        } else {
            apply(in, lflow_parsed(flow->code));
        }
    }
    in->depth--;
    in->pipeline = outer_pipeline;
    in->table = outer_table;
    in->flow = outer_flow;
}

bool interp_restarts_errors(const struct model_datapath *dp)
{
    const struct model_stage *stage = &dp->stages[MODEL_INGRESS][0];
    for (size_t i = 0; i < stage->n_flows; i++) {
        if (stage->flows[i].lflow->code->tunnel_rx) {
            return true;
        }
    }
    return false;
}

/* Errors about the path MTU start over as if the port that the packet in error
 * was sent to had sent them. */
static bool is_path_mtu_error(const struct state *s)
{
    bool v4 = state_value(s, FIELD_ETH_TYPE) == 0x0800 && state_value(s, FIELD_IP_PROTO) == 1 &&
              state_value(s, FIELD_ICMP4_TYPE) == 3 && state_value(s, FIELD_ICMP4_CODE) == 4;
    bool v6 = state_value(s, FIELD_ETH_TYPE) == 0x86dd && state_value(s, FIELD_IP_PROTO) == 58 &&
              state_value(s, FIELD_ICMP6_TYPE) == 2 && state_value(s, FIELD_ICMP6_CODE) == 0;
    return v4 || v6;
}

/* Routers of other zones flood answers about neighbours to all that may have
 * asked; they name no port. */
static bool is_flooded_answer(const struct state *s, const struct model_datapath *dp,
                              uint16_t outport)
{
    bool arp = state_value(s, FIELD_ETH_TYPE) == 0x0806 && state_value(s, FIELD_ARP_OP) == 2;
    bool na = state_value(s, FIELD_ETH_TYPE) == 0x86dd && state_value(s, FIELD_IP_PROTO) == 58 &&
              state_value(s, FIELD_ICMP6_TYPE) == 136 && state_value(s, FIELD_ICMP6_CODE) == 0;
    return outport == MODEL_FLOODED_ANSWER_KEY && model_takes_flooded_answers(dp) && (arp || na);
}

static uint16_t delivered_to(const struct model_datapath *dp, uint16_t outport)
{
    const struct model_port *port = model_port_by_key(dp, outport);
    bool redirects = port != NULL && port->type == MODEL_PORT_CHASSISREDIRECT && port->resident &&
                     port->distributed != NULL;
    return redirects ? port->distributed->key : outport;
}

void interp_from_port(struct interp *in, const struct model_port *port)
{
    in->datapath = port->datapath;
    state_init(&in->state);
    frame_load(in->frame, &in->state);
    state_set(&in->state, whole(FIELD_INPORT), port->key);
    interp_stage(in, MODEL_INGRESS, 0);
}

void interp_from_tunnel(struct interp *in, const struct model_datapath *dp, uint16_t inport,
                        uint16_t outport)
{
    in->datapath = dp;
    if (in->frame != NULL) {
        state_init(&in->state);
        frame_load(in->frame, &in->state);
    }
    if (interp_abstract(in)) {
        state_set_input(&in->state, FIELD_INPORT, 0, 0); /* whoever sent it */
    } else {
        state_set(&in->state, whole(FIELD_INPORT), inport);
    }
    state_set(&in->state, whole(FIELD_OUTPORT), outport);
    state_set(&in->state, interp_tunnel_rx, 1);
    if (interp_abstract(in)) {
        interp_deliver(in, outport);
        return;
    }
    /* Errors about the path MTU, of a kernel perhaps, are delivered and go through the
     * ingress pipeline as well: its flows know which they are for. By then Open vSwitch
     * has put the port in that a chassisredirect port stands for. */
    bool flooded = is_flooded_answer(&in->state, dp, outport);
    bool error = is_path_mtu_error(&in->state) && interp_restarts_errors(dp);
    if (!flooded) {
        interp_deliver(in, outport);
    }
    if (flooded || (error && !in->waits)) {
        state_set(&in->state, whole(FIELD_OUTPORT), delivered_to(dp, outport));
        interp_stage(in, MODEL_INGRESS, 0);
    }
}
