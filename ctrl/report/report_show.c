/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <string.h>

#include "endpoints.h"
#include "gateway.h"
#include "icgw_pmd.h"
#include "model.h"
#include "openvswitch/shash.h"
#include "put.h"
#include "specialise.h"
#include "view.h"

struct show {
    struct json *endpoints;
    struct shash counts; /* see endpoints_count_reports() */
};

static void endpoint_json(const struct gateway *gw OVS_UNUSED, const struct model_port *port,
                          const struct icgw_endpoint *ep, void *aux)
{
    struct show *show = aux;
    struct json *json = json_object_create();
    put_string(json, "datapath", port->datapath->name);
    put_uint(json, "vni", port->datapath->key);
    put_bool(json, "transit", port->datapath->transit);
    put_string(json, "port", port->name);
    put_uint(json, "key", port->key);
    put_string(json, "forwarding", endpoint_kind_name(ep));
    put_uint(json, "not_on_fast_path", endpoint_n_reports(&show->counts, port));
    json_array_add(show->endpoints, json);
}

/* The port whose binding says where this one is: of a router's port with a
 * gateway chassis it is the chassisredirect port. */
static const struct model_port *bound_port(const struct model_port *port)
{
    if (port->redirect != NULL) {
        return port->redirect;
    }
    return port->peer != NULL && port->peer->redirect != NULL ? port->peer->redirect : port;
}

/* "here": held by this chassis; "standby": it may come to hold it. */
static const char *place(const struct model_port *bound)
{
    if (bound->chassis == NULL) {
        return "unbound";
    }
    if (bound->chassis->self) {
        return "here";
    }
    return bound->chassis->remote ? "remote" : bound->resident ? "standby" : "local";
}

static struct json *port_json(const struct show *show, const struct model_port *port)
{
    const struct model_port *bound = bound_port(port);
    const struct icgw_endpoint *ep =
        icgw_tables_endpoint(icgw_pmd_tables(), port->datapath->key, port->key);
    struct json *json = json_object_create();
    put_string(json, "name", port->name);
    put_uint(json, "key", port->key);
    put_string(json, "type", port->type_name);
    put_string(json, "address", port->addresses);
    put_string(json, "peer", port->peer ? port->peer->name : "");
    put_string(json, "peer_datapath", port->peer ? port->peer->datapath->name : "");
    put_string(json, "chassis", bound->chassis ? bound->chassis->name : "");
    put_string(json, "place", place(bound));
    put_string(json, "forwarding", ep ? endpoint_kind_name(ep) : "");
    put_uint(json, "not_on_fast_path", endpoint_n_reports(&show->counts, port));
    return json;
}

static struct json *datapath_json(const struct show *show, const struct model_datapath *dp)
{
    struct json *json = json_object_create();
    struct json *ports = json_array_create_empty();
    put_string(json, "name", dp->name);
    put_uint(json, "vni", dp->key);
    put_string(json, "kind",
               dp->transit ? (dp->router ? "transit-router" : "transit-switch")
                           : (dp->router ? "router" : "switch"));
    for (size_t i = 0; i < dp->n_ports; i++) {
        json_array_add(ports, port_json(show, dp->ports[i]));
    }
    json_object_put(json, "ports", ports);
    return json;
}

/* What joins zones: transit switches and routers, and the routers on them. */
static struct json *datapaths_json(const struct gateway *gw, const struct show *show)
{
    struct json *json = json_array_create_empty();
    size_t n = 0;
    struct model_datapath *const *list = gw->specialised ? model_datapaths(gw->model, &n) : NULL;
    for (int transit = 1; transit >= 0; transit--) {
        for (size_t i = 0; i < n; i++) {
            if (list[i]->transit == (transit == 1) && (list[i]->transit || list[i]->router)) {
                json_array_add(json, datapath_json(show, list[i]));
            }
        }
    }
    return json;
}

struct json *report_show(const struct gateway *gw)
{
    struct json *json = json_object_create();
    struct show show = {json_array_create_empty(), SHASH_INITIALIZER(&show.counts)};
    struct json *tunnels = json_array_create_empty();
    struct json *encaps = json_array_create_empty();
    for (size_t i = 0; i < gw->config->n_encap_ips; i++) {
        struct icgw_addr ip;
        memcpy(ip.bytes, gw->config->encap_ips[i].bytes, sizeof ip.bytes);
        json_array_add(encaps, json_string_create_nocopy(format_addr(&ip)));
    }
    if (gw->specialised != NULL) {
        endpoints_count_reports(gw, &show.counts);
        endpoints_for_each(gw, endpoint_json, &show);
    }
    for (size_t i = 0; gw->specialised != NULL && i < gw->specialised->n_tunnels; i++) {
        json_array_add(tunnels, report_tunnel(gw, i));
    }
    put_string(json, "chassis", gw->config->chassis);
    put_bool(json, "complete", gw->specialised != NULL);
    json_object_put(json, "encaps", encaps);
    json_object_put(json, "datapaths", datapaths_json(gw, &show));
    json_object_put(json, "endpoints", show.endpoints);
    json_object_put(json, "tunnels", tunnels);
    struct json *peers = report_peers(gw);
    json_object_put(json, "peers", json_clone(view_get(peers, "peers")));
    json_destroy(peers);
    json_object_put(json, "bfd", report_bfd_sessions(gw));
    struct json *unsupported = report_unsupported(gw);
    json_object_put(json, "unsupported", json_clone(view_get(unsupported, "unsupported")));
    json_object_put(json, "slow", json_clone(view_get(unsupported, "slow")));
    json_destroy(unsupported);
    shash_destroy(&show.counts);
    return json;
}
