/* SPDX-License-Identifier: Apache-2.0 */

/* A trace, for people. */

#include <config.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "lflow.h"
#include "model.h"
#include "openvswitch/dynamic-string.h"
#include "specialise.h"
#include "trace.h"
#include "util.h"

#define INDENT "          "
#define MAX_TEXT 600 /* of a match or of actions: address sets can be long */

static void put_cut(struct ds *ds, const char *text)
{
    size_t len = strlen(text);
    ds_put_format(ds, "%.*s%s", MAX_TEXT, text, len > MAX_TEXT ? " …" : "");
}

static void put_frame(const struct trace *t, const struct trace_frame *f, const char *indent,
                      struct ds *ds)
{
    struct outer o;
    if (!outer_parse(f->data, f->len, &o)) {
        ds_put_format(ds, "%zu bytes that are no whole Geneve packet\n", f->len);
        return;
    }
    outer_format(&o, t->world->model, ds);
    ds_put_format(ds, "\n%s", indent);
    inner_format(f->data + o.inner, f->len - o.inner, f->len - o.inner, ds);
    ds_put_char(ds, '\n');
}

static void put_sender(const struct trace *t, struct ds *ds)
{
    const struct model_chassis *sender = model_chassis_by_ip(t->world->model, &t->packet.src);
    if (sender == NULL) {
        ds_put_cstr(ds, INDENT "sent by nobody that is known\n");
        return;
    }
    ds_put_format(ds, INDENT "sent by %s, %s\n", sender->name,
                  sender->remote ? "a gateway of another zone"
                  : sender->self ? "this gateway itself"
                                 : "a chassis of this zone");
}

static void put_tunnel(const struct trace *t, uint16_t index, struct ds *ds)
{
    const struct icgw_tables *tables = t->world->tables;
    const struct specialised *s = t->world->specialised;
    if (index >= tables->n_tunnels || tables->tunnels[index] == NULL || index >= s->n_tunnels) {
        ds_put_cstr(ds, "no tunnel");
        return;
    }
    ds_put_cstr(ds, "tunnel ");
    outer_format_ip(&s->tunnels[index].local, ds);
    ds_put_cstr(ds, " > ");
    outer_format_ip(&s->tunnels[index].remote, ds);
    if (!tables->tunnels[index]->resolved) {
        ds_put_cstr(ds, ", whose next hop the kernel has not resolved");
    }
}

static void put_dest(const struct trace *t, const struct icgw_dest *d, struct ds *ds);

static void put_rule(const struct trace *t, const struct icgw_dest *d, struct ds *ds)
{
    struct icgw_rule rule;
    uint32_t n = icgw_classifier_rules(d->classifier);
    if (t->rule == UINT32_MAX) {
        ds_put_format(ds, "by packet, %u rules: none can tell", n);
        return;
    }
    icgw_classifier_rule(d->classifier, t->rule, &rule);
    char *text = trace_rule(&rule, t->packet.eth_type == htons(0x86dd));
    ds_put_format(ds, "by packet, rule %u of %u (%s): ", t->rule + 1, n, text);
    free(text);
    put_dest(t, t->member, ds);
}

static void put_dest(const struct trace *t, const struct icgw_dest *d, struct ds *ds)
{
    if (d->verdict == ICGW_VERDICT_SLOW) {
        ds_put_format(ds, "slow path (%s)", icgw_slow_name(d->reason));
    } else if (d->verdict == ICGW_VERDICT_DROP) {
        ds_put_format(ds, "drop (%s)", icgw_drop_name(d->reason));
    } else if (d->verdict == ICGW_VERDICT_SELECT) {
        const struct icgw_dest *chosen = d == t->dest ? t->member : t->way;
        ds_put_format(ds, "one of %u by flow hash, here number %td: ", d->n_members,
                      chosen - d->members);
        put_dest(t, chosen, ds);
    } else if (d->verdict == ICGW_VERDICT_CLASSIFY) {
        put_rule(t, d, ds);
    } else {
        ds_put_format(ds, "VNI %u, port %u to %u, ", d->vni, d->inport, d->outport);
        put_tunnel(t, d->tunnel, ds);
        if (d->ttl_dec > 0) {
            ds_put_format(ds, ", TTL - %u", d->ttl_dec);
        }
    }
}

static void put_tables(const struct trace *t, struct ds *ds)
{
    static const char *const kinds[] = {
        [ICGW_ENDPOINT_L2] = "by MAC address and EtherType",
        [ICGW_ENDPOINT_L3] = "by IP address",
        [ICGW_ENDPOINT_SLOW] = "all to the slow path",
        [ICGW_ENDPOINT_DROP] = "all dropped",
    };
    ds_put_cstr(ds, "tables    ");
    if (t->endpoint == NULL) {
        ds_put_cstr(ds, "no endpoint for this VNI and port\n");
        return;
    }
    ds_put_format(ds, "endpoint VNI %u, port %u: %s%s\n", t->packet.vni, t->packet.outport,
                  kinds[t->endpoint->kind & 3],
                  t->endpoint->transit ? ", open to other zones" : "");
    if (t->dest == NULL) {
        ds_put_cstr(ds, INDENT "no destination\n");
        return;
    }
    ds_put_cstr(ds, INDENT "destination: ");
    put_dest(t, t->dest, ds);
    char *guards = trace_guards(t);
    ds_put_format(ds, "\n" INDENT "guards: %s\n", guards[0] ? guards : "none");
    free(guards);
}

static void put_result(const struct trace *t, struct ds *ds)
{
    ds_put_cstr(ds, "workers   ");
    switch (t->result.action) {
    case ICGW_ACTION_TX:
        ds_put_format(ds, "fast path, sent by port %s\n" INDENT,
                      t->world->port_name(t->result.port));
        put_frame(t, &t->out, INDENT, ds);
        break;
    case ICGW_ACTION_SLOW:
        ds_put_format(ds, "slow path (%s): the flows below decide\n",
                      icgw_slow_name(t->result.reason));
        break;
    case ICGW_ACTION_HOST:
        ds_put_cstr(ds, "to the host interface: no tunnel packet for this gateway\n");
        break;
    case ICGW_ACTION_BFD:
        ds_put_cstr(ds, "to the BFD thread\n");
        break;
    default:
        ds_put_format(ds, "dropped: %s\n", icgw_drop_name(t->result.reason));
    }
}

static void put_stage(const struct trace *t, const struct trace_event *e, bool headline,
                      struct ds *ds)
{
    int indent = 2 * (int)e->depth;
    (void)t;
    if (headline) {
        ds_put_format(ds, "%*s%s %s\n", indent, "", e->egress ? "egress of" : "ingress of",
                      e->datapath->name);
    }
    if (e->flow == NULL) {
        ds_put_format(ds, "%*s  %2d. no flow matches\n", indent, "", e->table);
        return;
    }
    ds_put_format(ds, "%*s  %2d. %s: ", indent, "", e->table, e->flow->stage);
    put_cut(ds, e->flow->code->match_text);
    ds_put_format(ds, ", priority %d, uuid %.8s\n%*s        ", e->priority, e->flow->uuid, indent,
                  "");
    put_cut(ds, e->flow->code->actions_text);
    ds_put_char(ds, '\n');
}

static void put_event(const struct trace *t, const struct trace_event *e, struct ds *ds)
{
    int indent = 2 * (int)e->depth + 6;
    char spaces[64];
    snprintf(spaces, sizeof spaces, "%*s   ", MIN(indent, 40), "");
    ds_put_format(ds, "%*s", MIN(indent, 40), "");
    switch (e->kind) {
    case TRACE_SENT:
        ds_put_cstr(ds, "=> ");
        put_frame(t, &t->sent[e->sent], spaces, ds);
        break;
    case TRACE_DROP:
        ds_put_format(ds, "=> dropped: %s\n", icgw_drop_name(e->reason));
        break;
    case TRACE_WAIT:
        ds_put_format(ds, "=> waits for the MAC address of %s\n", e->text);
        break;
    case TRACE_LEARN:
        ds_put_format(ds, "=> learns: %s\n", e->text);
        break;
    case TRACE_TUNNEL:
        ds_put_format(ds, "=> by tunnel to %s\n", e->text);
        break;
    case TRACE_DELIVER:
        ds_put_format(ds, "=> to %s, which is there\n", e->text);
        break;
    default:
        ds_put_format(ds, "=> cannot go on: %s\n", e->text);
    }
}

static void put_events(const struct trace *t, const struct trace_events *events, bool all,
                       struct ds *ds)
{
    const struct trace_event *last = NULL;
    for (size_t i = 0; i < events->n; i++) {
        const struct trace_event *e = &events->list[i];
        if (e->kind != TRACE_STAGE) {
            put_event(t, e, ds);
            continue;
        }
        bool headline = last == NULL || last->datapath != e->datapath || last->egress != e->egress;
        if (headline || trace_shows(e, all)) {
            if (!trace_shows(e, all)) {
                continue;
            }
            put_stage(t, e, headline, ds);
            last = e;
        }
    }
    if (events->left_out > 0) {
        ds_put_format(ds, "… and %zu more, left out\n", events->left_out);
    }
}

static void put_hypervisor(const struct trace *t, bool all, struct ds *ds)
{
    ds_put_format(ds, "at hypervisor %s\n\n", t->hypervisor->chassis->name);
    put_events(t, &t->hypervisor->events, all, ds);
    const struct trace_events *events = &t->hypervisor->events;
    if (t->in.data != NULL) {
        ds_put_cstr(ds, "\nat this gateway\n\n");
    } else if (events->n > 0 && events->list[events->n - 1].kind == TRACE_UNSUPPORTED) {
        ds_put_cstr(ds, "\nWhether it comes to this gateway cannot be told: ask ovn-trace.\n");
    } else {
        ds_put_cstr(ds, "\nNothing of it comes to this gateway.\n");
    }
}

static void put_flows(const struct trace *t, bool all, struct ds *ds)
{
    if (!t->flows_run) {
        ds_put_cstr(ds, "\nflows     are not asked about such a frame\n");
        return;
    }
    ds_put_char(ds, '\n');
    put_events(t, &t->events, all, ds);
    if (t->events.n == 0) {
        ds_put_cstr(ds, "flows     nothing leaves\n");
    }
}

void trace_text(const struct trace *t, bool all, struct ds *ds)
{
    if (t->hypervisor != NULL) {
        put_hypervisor(t, all, ds);
    }
    if (t->in.data == NULL) {
        return;
    }
    ds_put_cstr(ds, "arrives   ");
    put_frame(t, &t->in, INDENT, ds);
    if (t->parsed == ICGW_ACTION_TX) {
        put_sender(t, ds);
        put_tables(t, ds);
    }
    put_result(t, ds);
    put_flows(t, all, ds);
    if (!t->agree) {
        ds_put_format(ds,
                      "\nTABLES AND FLOWS DISAGREE: %s\n"
                      "This is a fault of ovnic-gw; please report it with this trace.\n",
                      t->disagreement);
    } else if (t->flows_run) {
        ds_put_cstr(ds, "\nTables and flows agree.\n");
    }
}
