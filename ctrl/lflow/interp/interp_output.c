/* SPDX-License-Identifier: Apache-2.0 */

/* From one datapath to the next, as ovn-controller's physical flows do it
 * (ovn-architecture(7), "Architectural Physical Life Cycle of a Packet"). */

#include <stdlib.h>

#include "dependencies.h"
#include "interp_private.h"
#include "model_private.h"

static const struct bits loopback = {FIELD_FLAGS, 0, 1};

static wide get(const struct interp *in, struct bits bits)
{
    wide value;
    state_get(&in->state, bits, &value);
    return value;
}

static void clear_registers(struct interp *in)
{
    state_set(&in->state, whole(FIELD_XXREG0), 0);
    state_set(&in->state, whole(FIELD_XXREG1), 0);
    state_set(&in->state, whole(FIELD_XXREG2), 0);
}

/* A patch port is everywhere, an l3gateway port where its router is. */
static bool is_here(const struct interp *in, const struct model_port *port)
{
    return port->type == MODEL_PORT_PATCH ||
           (port->type == MODEL_PORT_L3GATEWAY && model_port_resident(port, in->at));
}

/* A port of the hypervisor whose part is run: this gateway has none of its own. */
static bool is_at_hypervisor(const struct interp *in, const struct model_port *port)
{
    return in->at != NULL && port->type != MODEL_PORT_CHASSISREDIRECT &&
           port->type != MODEL_PORT_L3GATEWAY && model_port_resident(port, in->at);
}

static bool is_at(const struct interp *in, const struct model_chassis *chassis)
{
    return in->at != NULL ? chassis == in->at : chassis->self;
}

/* The port that a port stands for here; NULL: it is elsewhere. */
static const struct model_port *local_end(const struct interp *in, const struct model_port *port)
{
    if (is_here(in, port) || is_at_hypervisor(in, port)) {
        return port;
    }
    return port->type == MODEL_PORT_CHASSISREDIRECT && model_port_resident(port, in->at)
               ? port->distributed
               : NULL;
}

void interp_egress(struct interp *in, const struct model_port *port)
{
    wide inport = get(in, whole(FIELD_INPORT));
    if (inport == port->key && get(in, loopback) == 0) {
        interp_drop(in, ICGW_DROP_LOGICAL_DROP, in->flow);
        return;
    }
    struct state *saved = model_alloc(sizeof *saved);
    *saved = in->state;
    state_set(&in->state, whole(FIELD_OUTPORT), port->key);
    clear_registers(in);
    interp_stage(in, MODEL_EGRESS, 0);
    in->state = *saved;
    free(saved);
}

/* Across a patch, into the peer's datapath. */
static void cross(struct interp *in, const struct model_port *peer)
{
    const struct model_datapath *outer = in->datapath;
    if (in->hops >= INTERP_MAX_HOPS) {
        interp_drop(in, ICGW_DROP_LOOP, in->flow);
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION, "more than %d datapaths",
                       INTERP_MAX_HOPS);
        return;
    }
    in->hops++;
    in->datapath = peer->datapath;
    if (in->deps != NULL) {
        dependencies_add(in->deps, peer->datapath);
    }
    struct state *saved = model_alloc(sizeof *saved);
    *saved = in->state;
    clear_registers(in);
    state_set(&in->state, whole(FIELD_FLAGS), 0);
    state_set(&in->state, whole(FIELD_OUTPORT), 0);
    state_set(&in->state, whole(FIELD_INPORT), peer->key);
    interp_stage(in, MODEL_INGRESS, 0);
    in->state = *saved;
    free(saved);
    in->datapath = outer;
    in->hops--;
}

static void send_to(struct interp *in, const struct model_chassis *chassis,
                    const struct model_encap *encap, uint16_t outport)
{
    struct interp_send out = {
        .chassis = chassis,
        .encap = encap,
        .vni = in->datapath->key,
        .inport = (uint16_t)get(in, whole(FIELD_INPORT)),
        .outport = outport,
    };
    in->ops->send(in, &out);
}

/* A place to send to; NULL chassis: none. */
static void send_to_place(struct interp *in, const struct model_chassis *chassis,
                          const struct model_encap *encap, uint16_t outport)
{
    if (chassis != NULL && !is_at(in, chassis)) {
        send_to(in, chassis, encap, outport);
    }
}

static void output_remote(struct interp *in, const struct model_port *port)
{
    bool bound = port->chassis != NULL && !is_at(in, port->chassis);
    if (bound && port->n_additional > 0 && interp_abstract(in)) {
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION,
                       "%s is on more than one chassis while it moves", port->name);
        return;
    }
    if (!bound && port->n_additional == 0) {
        interp_drop(in, ICGW_DROP_UNBOUND_PORT, in->flow);
        return;
    }
    send_to_place(in, port->chassis, port->encap, port->key);
    for (size_t i = 0; i < port->n_additional; i++) {
        send_to_place(in, port->additional[i].chassis, port->additional[i].encap, port->key);
    }
}

static void output_port(struct interp *in, const struct model_port *port)
{
    const struct model_port *local = local_end(in, port);
    if (local != NULL) {
        interp_egress(in, local);
    } else {
        output_remote(in, port);
    }
}

/* To each chassis of this zone that a member is on, one packet.
 * served: by number of the chassis, those that have theirs. */
static void output_member(struct interp *in, const struct model_group *group,
                          const struct model_port *port, bool *served)
{
    for (size_t place = 0; place <= port->n_additional; place++) {
        const struct model_chassis *chassis =
            place == 0 ? port->chassis : port->additional[place - 1].chassis;
        if (chassis != NULL && !served[chassis->number]) {
            served[chassis->number] = true;
            send_to_place(in, chassis, NULL, group->key);
        }
    }
}

/* Head-end replication: ports of other zones one by one under their own keys,
 * chassis of this zone once each under the key of the group. */
static void output_group(struct interp *in, const struct model_group *group)
{
    size_t n;
    (void)model_chassis_list(in->model, &n);
    bool *served = calloc(n + 1, sizeof *served);
    if (served == NULL) {
        abort();
    }
    for (size_t i = 0; i < group->n_ports && in->end == INTERP_COMPLETE; i++) {
        const struct model_port *port = group->ports[i];
        const struct model_port *local = local_end(in, port);
        if (local != NULL) {
            interp_egress(in, local);
        } else if (port->type == MODEL_PORT_REMOTE) {
            send_to_place(in, port->chassis, port->encap, port->key);
        } else {
            output_member(in, group, port, served);
        }
    }
    free(served);
}

static void output_ingress(struct interp *in, uint16_t key)
{
    if (key >= MODEL_FIRST_MULTICAST_KEY) {
        const struct model_group *group = model_group_by_key(in->datapath, key);
        if (group != NULL && interp_abstract(in)) {
            interp_give_up(in, INTERP_SLOW, ICGW_SLOW_MULTICAST, "flooded");
        } else if (group != NULL) {
            output_group(in, group);
        } else {
            interp_drop(in, ICGW_DROP_UNKNOWN_PORT, in->flow);
        }
        return;
    }
    const struct model_port *port = model_port_by_key(in->datapath, key);
    if (key == 0) {
        interp_drop(in, ICGW_DROP_LOGICAL_DROP, in->flow);
    } else if (port == NULL) {
        interp_drop(in, ICGW_DROP_UNKNOWN_PORT, in->flow);
    } else {
        output_port(in, port);
    }
}

static void output_egress(struct interp *in, uint16_t key)
{
    const struct model_port *port = model_port_by_key(in->datapath, key);
    if (port == NULL) {
        interp_drop(in, ICGW_DROP_UNKNOWN_PORT, in->flow);
    } else if (is_at_hypervisor(in, port) && in->ops->deliver != NULL) {
        in->ops->deliver(in, port);
    } else if (!is_here(in, port) || port->peer == NULL) {
        interp_drop(in, ICGW_DROP_UNBOUND_PORT, in->flow);
    } else {
        const struct model_chassis *from = in->from;
        in->from = get(in, loopback) != 0 ? NULL : from;
        cross(in, port->peer);
        in->from = from;
    }
}

void interp_output(struct interp *in)
{
    wide key;
    if (!state_get(&in->state, whole(FIELD_OUTPORT), &key) || key > UINT16_MAX) {
        interp_give_up(in, INTERP_UNSUPPORTED, 0, "output to a port that is not known");
    } else if (in->pipeline == MODEL_INGRESS) {
        output_ingress(in, (uint16_t)key);
    } else {
        output_egress(in, (uint16_t)key);
    }
}

void interp_flood_remote(struct interp *in)
{
    size_t n;
    struct model_chassis *const *chassis = model_chassis_list(in->model, &n);
    if (interp_abstract(in)) {
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_MULTICAST, "flooded to other zones");
        return;
    }
    for (size_t i = 0; i < n && get(in, interp_tunnel_rx) == 0; i++) {
        if (chassis[i]->remote) {
            send_to(in, chassis[i], NULL, 0);
        }
    }
}

/* A receiver never sends on what was flooded to it.  On switches but transit ones the
 * sender has delivered to the patch ports already: they are where it is, too. */
static void deliver_group(struct interp *in, const struct model_group *group)
{
    for (size_t i = 0; i < group->n_ports && in->end == INTERP_COMPLETE; i++) {
        const struct model_port *local = local_end(in, group->ports[i]);
        bool done = group->ports[i]->type == MODEL_PORT_PATCH && !in->datapath->transit;
        if (local != NULL && !done) {
            interp_egress(in, local);
        }
    }
}

void interp_deliver(struct interp *in, uint16_t outport)
{
    if (outport >= MODEL_FIRST_MULTICAST_KEY) {
        const struct model_group *group = model_group_by_key(in->datapath, outport);
        if (group != NULL) {
            deliver_group(in, group);
        } else {
            interp_drop(in, ICGW_DROP_UNKNOWN_PORT, NULL);
        }
        return;
    }
    const struct model_port *port = model_port_by_key(in->datapath, outport);
    const struct model_port *local = port != NULL ? local_end(in, port) : NULL;
    if (local != NULL) {
        if (local != port) {
            in->from = NULL; /* OVN 24.03 and later: it may go back by the same tunnel */
        }
        interp_egress(in, local);
    } else {
        interp_drop(in, port ? ICGW_DROP_NOT_RESIDENT : ICGW_DROP_UNKNOWN_PORT, NULL);
    }
}
