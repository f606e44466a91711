/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <arpa/inet.h>

#include "bfd.h"
#include "gateway.h"
#include "icgw_pmd.h"
#include "model.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "packets.h"
#include "specialise.h"
#include "underlay.h"

static const char *kind_name(const struct icgw_endpoint *ep)
{
    switch (ep->kind) {
    case ICGW_ENDPOINT_L2:
        return "switched";
    case ICGW_ENDPOINT_L3:
        return "routed";
    case ICGW_ENDPOINT_SLOW:
        return "slow path";
    default:
        return icgw_drop_name(ep->reason);
    }
}

/* Destinations of the port that are not on the fast path. */
static size_t count_reports(const struct gateway *gw, const struct model_port *port)
{
    size_t n = 0;
    for (size_t i = 0; i < gw->specialised->n_reports; i++) {
        n += !strcmp(gw->specialised->reports[i].port, port->name);
    }
    return n;
}

/* Calls `show` for every port that the tables have an endpoint for, but patch
 * ports inside the zone, which nobody reaches by a tunnel. */
static void for_each_endpoint(const struct gateway *gw,
                              void (*show)(const struct gateway *, const struct model_port *,
                                           const struct icgw_endpoint *, void *aux),
                              void *aux)
{
    size_t n;
    if (gw->model == NULL) {
        return;
    }
    struct model_datapath *const *datapaths = model_datapaths(gw->model, &n);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < datapaths[i]->n_ports; k++) {
            const struct model_port *port = datapaths[i]->ports[k];
            const struct icgw_endpoint *ep =
                icgw_tables_endpoint(icgw_pmd_tables(), datapaths[i]->key, port->key);
            if (ep != NULL && (datapaths[i]->transit || port->type != MODEL_PORT_PATCH)) {
                show(gw, port, ep, aux);
            }
        }
    }
}

static void endpoint_json(const struct gateway *gw, const struct model_port *port,
                          const struct icgw_endpoint *ep, void *aux)
{
    struct json *array = aux;
    struct json *json = json_object_create();
    json_object_put_string(json, "datapath", port->datapath->name);
    json_object_put(json, "vni", json_integer_create(port->datapath->key));
    json_object_put(json, "transit", json_boolean_create(port->datapath->transit));
    json_object_put_string(json, "port", port->name);
    json_object_put(json, "key", json_integer_create(port->key));
    json_object_put_string(json, "forwarding", kind_name(ep));
    json_object_put(json, "not_on_fast_path",
                    json_integer_create((long long)count_reports(gw, port)));
    json_array_add(array, json);
}

static void endpoint_text(const struct gateway *gw, const struct model_port *port,
                          const struct icgw_endpoint *ep, void *aux)
{
    struct ds *ds = aux;
    size_t reports = count_reports(gw, port);
    ds_put_format(ds, "%-20s %10u  %-24s %6u  %-16s", port->datapath->name, port->datapath->key,
                  port->name, port->key, kind_name(ep));
    if (reports > 0) {
        ds_put_format(ds, " %zu not on the fast path", reports);
    }
    ds_put_char(ds, '\n');
}

static void format_addr(const struct icgw_addr *addr, char text[INET6_ADDRSTRLEN])
{
    bool v4 = icgw_addr_is_v4(addr);
    inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? addr->bytes + 12 : addr->bytes, text, INET6_ADDRSTRLEN);
}

struct tunnel_view {
    char local[INET6_ADDRSTRLEN];
    char remote[INET6_ADDRSTRLEN];
    struct underlay_next_hop hop;
    struct eth_addr mac;
    bool resolved;
    const char *why;
};

static struct tunnel_view view_tunnel(const struct gateway *gw, size_t index)
{
    const struct specialised_tunnel *t = &gw->specialised->tunnels[index];
    struct underlay_path path = {t->local, t->remote};
    struct tunnel_view view = {.why = ""};
    format_addr(&t->local, view.local);
    format_addr(&t->remote, view.remote);
    view.resolved = underlay_next_hop(gw->underlay, &path, &view.hop, &view.why);
    memcpy(view.mac.ea, view.hop.eth_dst, sizeof view.mac.ea);
    return view;
}

static struct json *tunnel_json(const struct gateway *gw, size_t index)
{
    struct tunnel_view view = view_tunnel(gw, index);
    struct json *json = json_object_create();
    json_object_put_string(json, "local", view.local);
    json_object_put_string(json, "remote", view.remote);
    json_object_put(json, "csum", json_boolean_create(gw->specialised->tunnels[index].csum));
    json_object_put(json, "resolved", json_boolean_create(view.resolved));
    if (view.resolved) {
        json_object_put_format(json, "next_hop_mac", ETH_ADDR_FMT, ETH_ADDR_ARGS(view.mac));
        json_object_put(json, "port", json_integer_create(view.hop.port));
        json_object_put(json, "vlan", json_integer_create(view.hop.vlan));
        json_object_put(json, "mtu", json_integer_create(view.hop.mtu));
    } else {
        json_object_put_string(json, "why", view.why);
    }
    return json;
}

struct json *report_show_json(const struct gateway *gw)
{
    struct json *json = json_object_create();
    struct json *endpoints = json_array_create_empty();
    struct json *tunnels = json_array_create_empty();
    for_each_endpoint(gw, endpoint_json, endpoints);
    for (size_t i = 0; gw->specialised != NULL && i < gw->specialised->n_tunnels; i++) {
        json_array_add(tunnels, tunnel_json(gw, i));
    }
    json_object_put(json, "endpoints", endpoints);
    json_object_put(json, "tunnels", tunnels);
    json_object_put(json, "bfd", report_bfd_sessions_json(gw));
    return json;
}

void report_show_text(const struct gateway *gw, struct ds *ds)
{
    if (gw->specialised == NULL) {
        ds_put_cstr(ds, "nothing is forwarded yet: the Southbound has not been read\n");
        return;
    }
    ds_put_format(ds, "%-20s %10s  %-24s %6s  %s\n", "datapath", "VNI", "arrives at port", "key",
                  "forwarding");
    for_each_endpoint(gw, endpoint_text, ds);
    ds_put_format(ds, "\n%-24s %-24s %-18s %5s  %s\n", "tunnel from", "to", "next hop", "VLAN",
                  "MTU (bytes)");
    for (size_t i = 0; i < gw->specialised->n_tunnels; i++) {
        struct tunnel_view view = view_tunnel(gw, i);
        ds_put_format(ds, "%-24s %-24s ", view.local, view.remote);
        if (view.resolved) {
            ds_put_format(ds, ETH_ADDR_FMT "  %5u  %u\n", ETH_ADDR_ARGS(view.mac), view.hop.vlan,
                          view.hop.mtu);
        } else {
            ds_put_format(ds, "none: %s\n", view.why);
        }
    }
    if (bfd_peers(gw->bfd)->n_sessions > 0) {
        ds_put_char(ds, '\n');
        report_bfd_text(gw, ds);
    }
}

struct json *report_unsupported_json(const struct gateway *gw)
{
    struct json *json = json_object_create();
    struct json *unsupported = json_array_create_empty();
    struct json *slow = json_array_create_empty();
    for (size_t i = 0; gw->specialised != NULL && i < gw->specialised->n_reports; i++) {
        const struct specialised_report *r = &gw->specialised->reports[i];
        struct json *one = json_object_create();
        json_object_put_string(one, "port", r->port);
        json_object_put_string(one, "destination", r->destination);
        json_object_put_string(one, "why", r->why);
        json_object_put_string(one, "flow", r->flow);
        json_object_put_string(one, "needs", r->needs);
        json_array_add(r->unsupported ? unsupported : slow, one);
    }
    json_object_put(json, "unsupported", unsupported);
    json_object_put(json, "slow", slow);
    return json;
}

void report_unsupported_text(const struct gateway *gw, struct ds *ds)
{
    if (gw->specialised == NULL || gw->specialised->n_reports == 0) {
        ds_put_cstr(ds, "nothing: every destination is on the fast path\n");
        return;
    }
    for (size_t i = 0; i < gw->specialised->n_reports; i++) {
        const struct specialised_report *r = &gw->specialised->reports[i];
        ds_put_format(ds, "%s at %s: %s\n    why:  %s\n    flow: %s\n", r->destination, r->port,
                      r->unsupported ? "dropped as unsupported" : "forwarded by the slow path",
                      r->why, r->flow);
        if (r->needs[0] != '\0') {
            ds_put_format(ds, "    needs: %s\n", r->needs);
        }
    }
}
