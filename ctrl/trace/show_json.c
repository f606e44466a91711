/* SPDX-License-Identifier: Apache-2.0 */

/* A trace, for machines. */

#include <config.h>

#include <arpa/inet.h>
#include <stdlib.h>

#include "lflow.h"
#include "model.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "trace.h"
#include "util.h"

static void put_integer(struct json *json, const char *name, long long value)
{
    json_object_put(json, name, json_integer_create(value));
}

static struct json *frame_json(const struct trace *t, const struct trace_frame *f)
{
    struct json *json = json_object_create();
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct outer o;
    for (size_t i = 0; i < f->len; i++) {
        ds_put_format(&ds, "%02x", f->data[i]); /* ds_put_hex would leave out leading zeros */
    }
    json_object_put_string(json, "frame", ds_cstr(&ds));
    if (outer_parse(f->data, f->len, &o)) {
        ds_clear(&ds);
        outer_format(&o, t->world->model, &ds);
        json_object_put_string(json, "outer", ds_cstr(&ds));
        ds_clear(&ds);
        inner_format(f->data + o.inner, f->len - o.inner, f->len - o.inner, &ds);
        json_object_put_string(json, "inner", ds_cstr(&ds));
        put_integer(json, "vni", o.vni);
        put_integer(json, "inport", o.inport);
        put_integer(json, "outport", o.outport);
    }
    ds_destroy(&ds);
    return json;
}

static const char *verdict_name(const struct icgw_dest *d)
{
    static const char *const verdicts[] = {
        [ICGW_VERDICT_FORWARD] = "forward",   [ICGW_VERDICT_SELECT] = "select",
        [ICGW_VERDICT_SLOW] = "slow_path",    [ICGW_VERDICT_DROP] = "drop",
        [ICGW_VERDICT_CLASSIFY] = "classify",
    };
    return d->verdict < ARRAY_SIZE(verdicts) ? verdicts[d->verdict] : "unknown";
}

static void put_forward(struct json *json, const struct icgw_dest *d)
{
    if (d->verdict == ICGW_VERDICT_FORWARD) {
        put_integer(json, "vni", d->vni);
        put_integer(json, "inport", d->inport);
        put_integer(json, "outport", d->outport);
        put_integer(json, "tunnel", d->tunnel);
        put_integer(json, "ttl_decrement", d->ttl_dec);
    }
}

/* The rule that the packet fits, from 1 on, and where that leads to. */
static void put_rule(struct json *json, const struct trace *t)
{
    const struct icgw_classifier *c = t->dest->classifier;
    struct icgw_rule rule;
    put_integer(json, "rules", icgw_classifier_rules(c));
    if (t->rule == UINT32_MAX) {
        return;
    }
    icgw_classifier_rule(c, t->rule, &rule);
    char *text = trace_rule(&rule, t->packet.eth_type == htons(0x86dd));
    struct json *member = json_object_create();
    put_integer(json, "rule", t->rule + 1LL);
    json_object_put_string(json, "rule_match", text);
    json_object_put_string(member, "verdict", verdict_name(t->member));
    put_forward(member, t->member);
    json_object_put(json, "member", member);
    free(text);
}

static struct json *dest_json(const struct trace *t)
{
    struct json *json = json_object_create();
    char *guards = trace_guards(t);
    json_object_put_string(json, "verdict", verdict_name(t->dest));
    json_object_put_string(json, "guards", guards);
    free(guards);
    put_forward(json, t->dest);
    if (t->dest->verdict == ICGW_VERDICT_CLASSIFY) {
        put_rule(json, t);
    }
    return json;
}

/* A match may name thousands of addresses, and an answer has a thousand flows. */
#define MAX_TEXT 4096

static void put_cut(struct json *json, const char *name, const char *text)
{
    json_object_put_format(json, name, "%.*s", MAX_TEXT, text);
}

static struct json *event_json(const struct trace *t, const struct trace_event *e)
{
    static const char *const kinds[] = {
        [TRACE_STAGE] = "stage",   [TRACE_SENT] = "sent",       [TRACE_DROP] = "drop",
        [TRACE_WAIT] = "wait",     [TRACE_LEARN] = "learn",     [TRACE_UNSUPPORTED] = "unsupported",
        [TRACE_TUNNEL] = "tunnel", [TRACE_DELIVER] = "deliver",
    };
    struct json *json =
        e->kind == TRACE_SENT ? frame_json(t, &t->sent[e->sent]) : json_object_create();
    json_object_put_string(json, "event", kinds[e->kind]);
    if (e->kind == TRACE_STAGE) {
        json_object_put_string(json, "datapath", e->datapath->name);
        json_object_put_string(json, "pipeline", e->egress ? "egress" : "ingress");
        put_integer(json, "table", e->table);
        put_integer(json, "priority", e->priority);
    }
    if (e->flow != NULL) {
        json_object_put_string(json, "stage", e->flow->stage);
        json_object_put_string(json, "uuid", e->flow->uuid);
        put_cut(json, "match", e->flow->code->match_text);
        put_cut(json, "actions", e->flow->code->actions_text);
    }
    if (e->kind == TRACE_DROP) {
        json_object_put_string(json, "reason", icgw_drop_name(e->reason));
    }
    if (e->text != NULL) {
        json_object_put_string(json, "text", e->text);
    }
    return json;
}

static struct json *workers_json(const struct trace *t)
{
    struct json *json = t->out.data != NULL ? frame_json(t, &t->out) : json_object_create();
    json_object_put_string(json, "action", trace_action(&t->result));
    json_object_put_string(json, "reason", trace_reason(&t->result));
    if (t->out.data != NULL) {
        json_object_put_string(json, "port", t->world->port_name(t->result.port));
    }
    return json;
}

static void put_events(struct json *json, const struct trace *t, const struct trace_events *events,
                       bool all)
{
    struct json *flows = json_array_create_empty();
    for (size_t i = 0; i < events->n; i++) {
        if (trace_shows(&events->list[i], all)) {
            json_array_add(flows, event_json(t, &events->list[i]));
        }
    }
    json_object_put(json, "flows", flows);
    put_integer(json, "left_out", (long long)events->left_out);
}

static void put_hypervisor(struct json *json, const struct trace *t, bool all)
{
    struct json *hypervisor = json_object_create();
    json_object_put_string(hypervisor, "chassis", t->hypervisor->chassis->name);
    put_events(hypervisor, t, &t->hypervisor->events, all);
    json_object_put(json, "hypervisor", hypervisor);
}

struct json *trace_json(const struct trace *t, bool all)
{
    struct json *json = json_object_create();
    if (t->hypervisor != NULL) {
        put_hypervisor(json, t, all);
    }
    if (t->in.data == NULL) { /* nothing comes here */
        return json;
    }
    json_object_put(json, "arrives", frame_json(t, &t->in));
    json_object_put(json, "endpoint", json_boolean_create(t->endpoint != NULL));
    if (t->dest != NULL) {
        json_object_put(json, "destination", dest_json(t));
    }
    json_object_put(json, "workers", workers_json(t));
    put_events(json, t, &t->events, all);
    json_object_put(json, "agree", json_boolean_create(t->agree));
    if (!t->agree) {
        json_object_put_string(json, "disagreement", t->disagreement);
    }
    return json;
}
