/* SPDX-License-Identifier: Apache-2.0 */

/* What happens to a packet, one by one. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "interp.h"
#include "trace.h"
#include "util.h"

struct trace_event *trace_add(struct trace_events *events, enum trace_kind kind)
{
    if (events->n >= TRACE_MAX_EVENTS) {
        events->left_out++;
        return NULL;
    }
    if (events->list == NULL) {
        events->list = xcalloc(TRACE_MAX_EVENTS, sizeof *events->list);
    }
    struct trace_event *e = &events->list[events->n++];
    e->kind = kind;
    e->depth = events->n > 1 ? e[-1].depth : 0;
    return e;
}

void trace_add_text(struct trace_events *events, enum trace_kind kind, char *text)
{
    struct trace_event *e = trace_add(events, kind);
    if (e != NULL) {
        e->text = text;
    } else {
        free(text);
    }
}

void trace_add_stage(struct trace_events *events, const struct interp *in,
                     const struct model_flow *flow)
{
    struct trace_event *e = trace_add(events, TRACE_STAGE);
    if (e != NULL) {
        e->depth = in->hops;
        e->datapath = in->datapath;
        e->egress = in->pipeline == MODEL_EGRESS;
        e->table = in->table;
        e->flow = flow != NULL ? flow->lflow : NULL;
        e->priority = flow != NULL ? flow->priority : 0;
    }
}

void trace_add_drop(struct trace_events *events, enum icgw_drop reason, const struct lflow *flow)
{
    struct trace_event *e = trace_add(events, TRACE_DROP);
    if (e != NULL) {
        e->reason = reason;
        e->flow = flow;
    }
}

void trace_events_free(struct trace_events *events)
{
    for (size_t i = 0; i < events->n; i++) {
        free(events->list[i].text);
    }
    free(events->list);
}

bool trace_shows(const struct trace_event *e, bool all)
{
    return all || e->kind != TRACE_STAGE || e->flow == NULL ||
           strcmp(e->flow->code->actions_text, "next;") != 0;
}
