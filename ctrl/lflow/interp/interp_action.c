/* SPDX-License-Identifier: Apache-2.0 */

/* Actions. */

#include <stdlib.h>
#include <string.h>

#include "interp_private.h"
#include "model_private.h"

/* A destination address that is not fixed is looked up in a table of constants
 * as a flow would compare it: each constant gets a run of its own. */
static bool look_up(struct interp *in, struct bits bits, wide value)
{
    struct eval ev = interp_eval(in);
    enum truth t = eval_equal(&ev, bits, value);
    if (t == TRUTH_UNKNOWN) {
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION,
                       "looks up %s, which the destination does not fix", field_name(bits.field));
    }
    return t == TRUTH_TRUE;
}

static struct icgw_addr to_addr(wide ip, bool v6)
{
    struct icgw_addr addr = {{0}};
    if (v6) {
        wide_to_bytes(ip, addr.bytes, 16);
    } else {
        addr.bytes[10] = addr.bytes[11] = 0xff;
        wide_to_bytes(ip, addr.bytes + 12, 4);
    }
    return addr;
}

static const struct model_port *port_of(const struct interp *in, struct bits bits)
{
    wide key;
    if (!state_get(&in->state, bits, &key) || key >= MODEL_FIRST_MULTICAST_KEY) {
        return NULL;
    }
    return model_port_by_key(in->datapath, (uint16_t)key);
}

/* The chassisredirect port shares the MAC bindings of the port it stands for. */
static const struct model_port *binding_port(const struct interp *in, struct bits bits)
{
    const struct model_port *port = port_of(in, bits);
    return port != NULL && port->distributed != NULL ? port->distributed : port;
}

static const struct model_mac_binding *find_binding(struct interp *in,
                                                    const struct model_port *port, struct bits ip)
{
    const struct model_datapath *dp = in->datapath;
    bool v6 = ip.width == 128;
    wide value;

    if (port == NULL) {
        return NULL;
    }
    if (state_get(&in->state, ip, &value)) {
        struct icgw_addr addr = to_addr(value, v6);
        return model_mac_binding(port, v6, &addr);
    }
    for (size_t i = 0; i < dp->n_mac_bindings && in->end == INTERP_COMPLETE; i++) {
        const struct model_mac_binding *b = &dp->mac_bindings[i];
        if (b->port == port && b->v6 == v6 &&
            look_up(in, ip, wide_from_bytes(v6 ? b->ip.bytes : b->ip.bytes + 12, v6 ? 16 : 4))) {
            return b;
        }
    }
    return NULL;
}

static void get_mac(struct interp *in, const struct action *a)
{
    const struct model_mac_binding *b = find_binding(in, binding_port(in, a->args[0]), a->args[1]);
    state_set(&in->state, whole(FIELD_ETH_DST), b != NULL ? wide_from_bytes(b->mac, 6) : 0);
}

static void put_mac(struct interp *in, const struct action *a)
{
    const struct model_port *port = binding_port(in, a->args[0]);
    wide ip, mac;
    uint8_t bytes[6];
    if (interp_abstract(in)) {
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION, "learns a neighbour");
        return;
    }
    state_get(&in->state, a->args[1], &ip);
    state_get(&in->state, a->args[2], &mac);
    wide_to_bytes(mac, bytes, 6);
    if (port != NULL && in->ops->learn != NULL) {
        bool v6 = a->args[1].width == 128;
        struct icgw_addr addr = to_addr(ip, v6);
        in->ops->learn(in, port, v6, &addr, bytes);
    }
}

static void lookup_mac(struct interp *in, const struct action *a)
{
    const struct model_mac_binding *b = find_binding(in, binding_port(in, a->args[0]), a->args[1]);
    bool same = b != NULL && (a->n_args < 3 || look_up(in, a->args[2], wide_from_bytes(b->mac, 6)));
    state_set(&in->state, a->dst, same);
}

static uint16_t find_fdb(struct interp *in, struct bits mac)
{
    const struct model_datapath *dp = in->datapath;
    for (size_t i = 0; i < dp->n_fdb && in->end == INTERP_COMPLETE; i++) {
        if (look_up(in, mac, wide_from_bytes(dp->fdb[i].mac, 6))) {
            return dp->fdb[i].port_key;
        }
    }
    return 0;
}

static void lookup_fdb(struct interp *in, const struct action *a)
{
    wide port;
    state_get(&in->state, a->args[0], &port);
    state_set(&in->state, a->dst, find_fdb(in, a->args[1]) == port);
}

static void put_fdb(struct interp *in, const struct action *a)
{
    const struct model_port *port = port_of(in, a->args[0]);
    wide mac;
    uint8_t bytes[6];
    if (interp_abstract(in)) {
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION, "learns where MAC addresses are");
        return;
    }
    state_get(&in->state, a->args[1], &mac);
    wide_to_bytes(mac, bytes, 6);
    if (port != NULL && in->ops->learn_fdb != NULL) {
        in->ops->learn_fdb(in, port, bytes);
    }
}

/* The result is 1 when the packet violates the port's security; a port without
 * it admits everything. */
static void port_security(struct interp *in, const struct action *a)
{
    const struct model_port *port = port_of(in, whole(a->flag ? FIELD_OUTPORT : FIELD_INPORT));
    if (port != NULL && port->port_security) {
        interp_give_up(in, INTERP_UNSUPPORTED, 0, "port security of %s is not checked by a gateway",
                       port->name);
        return;
    }
    state_set(&in->state, a->dst, 0);
}

static void packet_larger(struct interp *in, const struct action *a)
{
    if (interp_abstract(in)) {
        guard_limit_length(in->guard, a->value);
        state_set(&in->state, a->dst, 0);
    } else {
        state_set(&in->state, a->dst, in->frame->len > a->value);
    }
}

/* Why the fast path cannot choose among the values as among members of equal weight;
 * NULL: it can. */
static const char *why_not_members(const struct interp *in, const struct action *a)
{
    if (in->select != NULL && in->select != a) {
        return "chooses twice";
    }
    if (a->n_choices > ICGW_MAX_MEMBERS) {
        return "chooses among too many routes";
    }
    for (size_t i = 1; i < a->n_choices; i++) {
        if (a->choices[i].weight != a->choices[0].weight) {
            return "chooses among routes of different weight";
        }
    }
    return NULL;
}

static void choose(struct interp *in, const struct action *a)
{
    uint64_t total = 0;
    size_t i = in->choice;
    if (interp_abstract(in)) {
        const char *obstacle = why_not_members(in, a);
        if (obstacle != NULL) {
            state_set_input(&in->state, a->dst.field, 0, 0); /* any of the values */
            interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION, "%s", obstacle);
            return;
        }
        in->select = a;
        i = i < a->n_choices ? i : 0;
    } else {
        for (size_t k = 0; k < a->n_choices; k++) {
            total += a->choices[k].weight;
        }
        /* The first one as the fast path does it, so that a flow has one way. */
        uint32_t hash = in->flow_hash;
        if (in->n_chosen > 0) {
            hash = interp_rehash(hash, in->n_chosen);
        }
        in->n_chosen++;
        uint64_t point = (uint64_t)((wide)hash * total >> 32);
        for (i = 0; i + 1 < a->n_choices && point >= a->choices[i].weight; i++) {
            point -= a->choices[i].weight;
        }
    }
    state_set(&in->state, a->dst, a->choices[i].value & wide_ones(a->dst.width));
    /* Part of the action, as OVN encodes it: each value's bucket goes on to the next table. */
    interp_stage(in, in->pipeline, in->table + 1);
}

/* A block runs on a copy of everything: what it does to the packet ends with it. */
static void run_clone(struct interp *in, const struct action *a)
{
    struct state *saved = model_alloc(sizeof *saved);
    *saved = in->state;
    interp_actions(in, a->block, a->n_block);
    in->state = *saved;
    free(saved);
}

static bool make_frame(struct interp *in, const struct action *a, struct frame *made)
{
    struct frame *current = model_alloc(sizeof *current);
    bool ok = true;
    memcpy(current, in->frame, offsetof(struct frame, data) + in->frame->len);
    frame_store(current, &in->state);
    switch (a->type) {
    case ACTION_ARP:
        frame_make_arp(made, &in->state);
        break;
    case ACTION_ND_NS:
        frame_make_ns(made, &in->state);
        break;
    case ACTION_ND_NA:
        ok = frame_make_na(made, &in->state, a->flag);
        break;
    case ACTION_ICMP4:
        ok = frame_make_icmp4(made, current, &in->state, a->flag);
        break;
    case ACTION_TCP_RESET:
        ok = frame_make_tcp_reset(made, current, &in->state);
        break;
    case ACTION_SCTP_ABORT:
        ok = frame_make_sctp_abort(made, current, &in->state);
        break;
    default:
        ok = frame_make_icmp6(made, current, &in->state, a->flag);
        break;
    }
    free(current);
    return ok;
}

static void wait_for_neighbour(struct interp *in, const struct action *a)
{
    static const struct bits reg0 = {FIELD_XXREG0, 96, 32};
    const struct model_port *port = binding_port(in, whole(FIELD_OUTPORT));
    bool v6 = a->type == ACTION_ND_NS;
    wide ip;
    state_get(&in->state, v6 ? whole(FIELD_XXREG0) : reg0, &ip);
    if (port != NULL && in->ops->wait != NULL) {
        struct icgw_addr addr = to_addr(ip, v6);
        in->ops->wait(in, port, v6, &addr);
    }
}

/* Makes a new frame and runs the block on it, with the metadata of the packet. */
static void make(struct interp *in, const struct action *a)
{
    bool asks = a->type == ACTION_ARP || a->type == ACTION_ND_NS;
    if (interp_abstract(in)) {
        interp_give_up(in, INTERP_SLOW,
                       asks                      ? ICGW_SLOW_NEIGHBOUR
                       : a->type == ACTION_ND_NA ? ICGW_SLOW_ND
                                                 : ICGW_SLOW_ROUTER_ADDRESS,
                       asks ? "next hop not known yet" : "answered by the router");
        return;
    }
    if (asks) {
        in->waits = true;
        wait_for_neighbour(in, a);
    }
    const struct frame *outer = in->frame;
    const struct model_chassis *from = in->from;
    struct state *saved = model_alloc(sizeof *saved);
    struct frame *made = model_alloc(sizeof *made);
    *saved = in->state;
    if (make_frame(in, a, made)) {
        in->frame = made;
        in->from = NULL; /* nobody sent it */
        frame_load(made, &in->state);
        interp_actions(in, a->block, a->n_block);
    }
    in->frame = outer;
    in->from = from;
    in->state = *saved;
    free(made);
    free(saved);
}

static void load_port(struct interp *in, const struct action *a)
{
    state_set(&in->state, a->dst, eval_port_key(in->model, in->datapath, a->name));
}

static void next(struct interp *in, const struct action *a)
{
    enum model_pipeline pipeline = in->pipeline;
    if (a->has_pipeline) {
        pipeline = a->to_egress ? MODEL_EGRESS : MODEL_INGRESS;
    }
    interp_stage(in, pipeline, a->table >= 0 ? a->table : in->table + 1);
}

/* More decrements than this on one way, and guards are of no use. */
#define MAX_DECREMENTS 64

/* False, as in Open vSwitch: the TTL would become 0, and the rest of the actions
 * is not executed. */
static bool decrement(struct interp *in)
{
    wide ttl;
    if (state_get(&in->state, whole(FIELD_IP_TTL), &ttl) && ttl <= 1) {
        interp_drop(in, ICGW_DROP_LOGICAL_DROP, in->flow);
        return false;
    }
    if (in->state.ttl_dec >= MAX_DECREMENTS) {
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION, "decrements ip.ttl too often");
        return false;
    }
    state_decrement_ttl(&in->state);
    return true;
}

/* False: the actions behind this one are not executed. */
static bool execute(struct interp *in, const struct action *a)
{
    switch (a->type) {
    case ACTION_NOTHING:
        break;
    case ACTION_DROP:
        interp_drop(in, ICGW_DROP_LOGICAL_DROP, in->flow);
        break;
    case ACTION_NEXT:
        next(in, a);
        break;
    case ACTION_OUTPUT:
        interp_output(in);
        break;
    case ACTION_FLOOD_REMOTE:
        interp_flood_remote(in);
        break;
    case ACTION_LOAD:
        state_set(&in->state, a->dst, a->value);
        break;
    case ACTION_LOAD_PORT:
        load_port(in, a);
        break;
    case ACTION_MOVE:
        state_move(&in->state, a->dst, a->src);
        break;
    case ACTION_EXCHANGE:
        state_exchange(&in->state, a->dst, a->src);
        break;
    case ACTION_DECREMENT:
        return decrement(in);
    case ACTION_CLONE:
        run_clone(in, a);
        break;
    case ACTION_ARP:
    case ACTION_ND_NS:
        make(in, a);
        /* The packet itself waits for the answer: what follows is for when it goes on. */
        return false;
    case ACTION_ND_NA:
    case ACTION_ICMP4:
    case ACTION_ICMP6:
    case ACTION_TCP_RESET:
    case ACTION_SCTP_ABORT:
        make(in, a);
        break;
    case ACTION_GET_MAC:
        get_mac(in, a);
        break;
    case ACTION_PUT_MAC:
        put_mac(in, a);
        break;
    case ACTION_LOOKUP_MAC:
        lookup_mac(in, a);
        break;
    case ACTION_GET_FDB:
        state_set(&in->state, a->dst, find_fdb(in, a->args[0]));
        break;
    case ACTION_PUT_FDB:
        put_fdb(in, a);
        break;
    case ACTION_LOOKUP_FDB:
        lookup_fdb(in, a);
        break;
    case ACTION_PORT_SEC:
        port_security(in, a);
        break;
    case ACTION_PKT_LARGER:
        packet_larger(in, a);
        break;
    case ACTION_SELECT:
        choose(in, a);
        break;
    case ACTION_UNSUPPORTED:
        interp_give_up(in, INTERP_UNSUPPORTED, 0, "action %s is not supported", a->name);
        break;
    }
    return true;
}

void interp_actions(struct interp *in, const struct action *actions, size_t n)
{
    for (size_t i = 0; i < n && in->end == INTERP_COMPLETE; i++) {
        if (++in->actions > INTERP_MAX_ACTIONS) {
            interp_drop(in, ICGW_DROP_LOOP, in->flow);
            interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION, "flows run in a loop");
            return;
        }
        if (!execute(in, &actions[i])) {
            return;
        }
    }
}
