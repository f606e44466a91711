/* SPDX-License-Identifier: Apache-2.0 */

/* Which tunnel brings the packet that a microflow describes. */

#include <config.h>

#include <string.h>

#include "microflow.h"
#include "util.h"

static bool refuse(char **error, char *why)
{
    *error = why;
    return false;
}

/* MAC address that packets to or from the port have on its datapath. */
static bool mac_of(const struct model_port *port, wide *mac)
{
    const struct model_port *has = port->has_mac ? port : port->peer;
    if (has == NULL || !has->has_mac) {
        return false;
    }
    *mac = wide_from_bytes(has->mac, 6);
    return true;
}

static void assume_mac(struct microflow *m, enum field_id id, const struct model_port *port)
{
    wide mac;
    if (port != NULL && mac_of(port, &mac)) {
        microflow_assume(m, id, mac);
    }
}

static bool is_local_end(const struct model_port *port)
{
    return port->type == MODEL_PORT_PATCH || port->type == MODEL_PORT_L3GATEWAY;
}

static bool is_eth_dst(const struct microflow *m, const struct model_port *port)
{
    wide mac;
    return m->known[FIELD_ETH_DST] == wide_ones(48) && mac_of(port, &mac) &&
           mac == m->value[FIELD_ETH_DST];
}

/* The port of the datapath that is meant: by eth.dst, or the only one of its kind. */
static const struct model_port *choose(const struct microflow *m, const struct model_datapath *dp,
                                       const struct model_port *not_this,
                                       bool (*fits)(const struct model_port *))
{
    const struct model_port *only = NULL;
    size_t n = 0;
    for (size_t i = 0; i < dp->n_ports; i++) {
        const struct model_port *port = dp->ports[i];
        if (port == not_this || !fits(port)) {
            continue;
        }
        if (is_eth_dst(m, port)) {
            return port;
        }
        only = port;
        n++;
    }
    return n == 1 ? only : NULL;
}

static bool is_remote(const struct model_port *port)
{
    return port->type == MODEL_PORT_REMOTE;
}

static bool is_resident_redirect(const struct model_port *port)
{
    return port->type == MODEL_PORT_CHASSISREDIRECT && port->resident && port->distributed != NULL;
}

/* The port that `outport ==` names; NULL: none is named.  False: there is none such. */
static bool named_outport(const struct microflow *m, const struct model_datapath *dp,
                          const struct model_port **port, const struct model *model, char **error)
{
    *port = NULL;
    if (m->outport == NULL) {
        return true;
    }
    *port = model_port_by_name(model, m->outport);
    if (*port == NULL || (*port)->datapath != dp) {
        return refuse(error, xasprintf("there is no port %s on %s", m->outport, dp->name));
    }
    return true;
}

/* Any hypervisor of this zone: which one does not matter for what follows. */
static const struct model_chassis *any_hypervisor(const struct model *model)
{
    size_t n;
    struct model_chassis *const *list = model_chassis_list(model, &n);
    for (size_t i = 0; i < n; i++) {
        if (!list[i]->remote && !list[i]->self && list[i]->n_encaps > 0) {
            return list[i];
        }
    }
    return NULL;
}

/* From another zone, over a transit switch or router. */
static bool inbound(struct microflow *m, const struct model_port *in, const struct model_port *out,
                    struct microflow_way *way, char **error)
{
    out = out != NULL ? out : choose(m, in->datapath, in, is_local_end);
    if (out == NULL) {
        return refuse(error, xasprintf("to which port of %s? Say eth.dst or outport, too",
                                       in->datapath->name));
    }
    assume_mac(m, FIELD_ETH_SRC, in);
    assume_mac(m, FIELD_ETH_DST, out);
    *way = (struct microflow_way){.vni = in->datapath->key, .inport = in->key, .outport = out->key};
    return true;
}

/* By a router of this zone: hypervisors send to its chassisredirect port. */
static bool through_router(struct microflow *m, const struct model_datapath *router,
                           const struct model_port *in, const struct model_port *redirect,
                           struct microflow_way *way, char **error)
{
    if (redirect == NULL) {
        redirect = choose(m, router, NULL, is_resident_redirect);
    }
    if (redirect == NULL) {
        return refuse(
            error, xasprintf("which chassisredirect port of %s? Say outport, too", router->name));
    }
    if (in == NULL) {
        in = choose(m, router, redirect->distributed, is_local_end);
    }
    for (size_t i = 0; i < router->n_ports && in == NULL; i++) {
        const struct model_port *port = router->ports[i];
        in = is_local_end(port) && port != redirect->distributed ? port : NULL;
    }
    assume_mac(m, FIELD_ETH_SRC, redirect->distributed);
    *way = (struct microflow_way){
        .vni = router->key, .inport = in != NULL ? in->key : 0, .outport = redirect->key};
    return true;
}

/* From a router of this zone into the transit switch. */
static bool outbound(struct microflow *m, const struct model_port *in, const struct model_port *out,
                     struct microflow_way *way, char **error)
{
    const struct model_port *router_port = in->peer;
    if (router_port == NULL || router_port->redirect == NULL || !router_port->redirect->resident) {
        return refuse(error, xasprintf("nothing reaches this gateway by %s: no chassisredirect "
                                       "port of its router is here",
                                       in->name));
    }
    assume_mac(m, FIELD_ETH_DST, out != NULL ? out : choose(m, in->datapath, in, is_remote));
    return through_router(m, router_port->datapath, NULL, router_port->redirect, way, error);
}

/* By a port of a hypervisor of this zone, to whatever router of the switch. */
static bool from_hypervisor(struct microflow *m, const struct model_port *in,
                            struct microflow_way *way, char **error)
{
    if (in->type != MODEL_PORT_VIF && in->type != MODEL_PORT_VIRTUAL) {
        return refuse(error, xasprintf("%s is of type %s: packets are traced from ports of virtual "
                                       "machines, routers and other zones",
                                       in->name, in->type_name));
    }
    if (in->chassis == NULL || in->chassis->self || in->chassis->remote) {
        return refuse(error, xasprintf("%s is bound to no hypervisor of this zone: nothing comes "
                                       "from it",
                                       in->name));
    }
    assume_mac(m, FIELD_ETH_SRC, in);
    assume_mac(m, FIELD_ETH_DST, choose(m, in->datapath, in, is_local_end));
    *way = (struct microflow_way){.from_port = in};
    return true;
}

static bool find_ports(struct microflow *m, const struct model *model, const struct model_port *in,
                       struct microflow_way *way, char **error)
{
    const struct model_port *out;
    if (!named_outport(m, in->datapath, &out, model, error)) {
        return false;
    }
    if (is_remote(in)) {
        return inbound(m, in, out, way, error);
    }
    if (in->datapath->transit && is_local_end(in) && !in->datapath->router) {
        return outbound(m, in, out, way, error);
    }
    if (in->datapath->router) {
        return through_router(m, in->datapath, in, out, way, error);
    }
    if (out == NULL) {
        return from_hypervisor(m, in, way, error);
    }
    *way = (struct microflow_way){.vni = in->datapath->key, .inport = in->key, .outport = out->key};
    return true;
}

/* A pair of tunnel addresses of one family. */
static bool find_addresses(const struct model_chassis *from, const struct icgw_addr *locals,
                           size_t n_locals, struct microflow_way *way, char **error)
{
    for (size_t i = 0; i < from->n_encaps; i++) {
        for (size_t k = 0; k < n_locals; k++) {
            if (icgw_addr_is_v4(&from->encaps[i].ip) == icgw_addr_is_v4(&locals[k])) {
                way->src = from->encaps[i].ip;
                way->dst = locals[k];
                return true;
            }
        }
    }
    return refuse(error, xasprintf("chassis %s has no Geneve address of our family", from->name));
}

bool microflow_find_way(struct microflow *m, const struct model *model,
                        const struct icgw_addr *locals, size_t n_locals, struct microflow_way *way,
                        char **error)
{
    if (m->inport == NULL) {
        return refuse(error, xstrdup("inport is missing: say by which port it comes"));
    }
    const struct model_port *in = model_port_by_name(model, m->inport);
    if (in == NULL) {
        return refuse(error, xasprintf("there is no port %s that this gateway knows", m->inport));
    }
    if (!find_ports(m, model, in, way, error)) {
        return false;
    }
    const struct model_chassis *from = in->chassis;
    if (is_remote(in) && from == NULL) {
        return refuse(error,
                      xasprintf("port %s is bound to no gateway: nothing comes from it", in->name));
    }
    from = from == NULL || from->self ? any_hypervisor(model) : from;
    if (from == NULL) {
        return refuse(error, xstrdup("there is no hypervisor in this zone that could send it"));
    }
    return find_addresses(from, locals, n_locals, way, error);
}
