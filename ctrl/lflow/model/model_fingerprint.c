/* SPDX-License-Identifier: Apache-2.0 */

/* Fingerprints: what changed from one model to the next, without comparing them. */

#include "fingerprint.h"
#include "model_private.h"

static uint64_t places_fingerprint(const struct model_port *port)
{
    uint64_t places = 0;
    for (size_t i = 0; i < port->n_additional; i++) {
        const struct model_place *place = &port->additional[i];
        uint64_t h = fingerprint_text(FINGERPRINT_START, place->chassis->name);
        h = place->encap ? fingerprint_bytes(h, &place->encap->ip, sizeof place->encap->ip) : h;
        fingerprint_add(&places, h);
    }
    return places;
}

static uint64_t port_fingerprint(const struct model_port *port)
{
    uint64_t h = fingerprint_text(FINGERPRINT_START, port->name);
    h = fingerprint_text(h, port->type_name);
    h = fingerprint_number(h, port->key);
    h = fingerprint_text(h, port->chassis ? port->chassis->name : NULL);
    h = port->encap ? fingerprint_bytes(h, &port->encap->ip, sizeof port->encap->ip) : h;
    h = fingerprint_number(h, places_fingerprint(port));
    h = fingerprint_number(h, port->resident | port->port_security << 1);
    h = fingerprint_text(h, port->addresses);
    h = fingerprint_text(h, port->distributed_name);
    /* A peer may come and go with its datapath, while this row stays the same. */
    h = fingerprint_text(h, port->peer ? port->peer->name : NULL);
    return fingerprint_text(h, port->peer ? port->peer->datapath->uuid : NULL);
}

static uint64_t group_fingerprint(const struct model_group *group)
{
    uint64_t members = 0;
    uint64_t h = fingerprint_text(FINGERPRINT_START, group->name);
    for (size_t i = 0; i < group->n_ports; i++) {
        fingerprint_add(&members, group->ports[i]->key);
    }
    return fingerprint_number(fingerprint_number(h, group->key), members);
}

static uint64_t binding_fingerprint(const struct model_mac_binding *b)
{
    uint64_t h = fingerprint_number(FINGERPRINT_START, b->port->key);
    h = fingerprint_bytes(h, &b->ip, sizeof b->ip);
    return fingerprint_bytes(h, b->mac, sizeof b->mac);
}

/* Parsed code stands for its texts: the cache keeps one for each pair, as long
 * as any model uses it. */
uint64_t model_flow_fingerprint(const struct lflow *lflow)
{
    uint64_t place =
        (uint64_t)lflow->priority << 8 | (uint64_t)lflow->egress << 7 | (uint64_t)lflow->table;
    return fingerprint_number(fingerprint_number(FINGERPRINT_START, place), lflow->code->id);
}

uint64_t model_names_fingerprint(const struct model_datapath *dp)
{
    uint64_t names = 0;
    for (size_t i = 0; i < dp->n_ports; i++) {
        uint64_t h = fingerprint_text(FINGERPRINT_START, dp->ports[i]->name);
        fingerprint_add(&names, fingerprint_number(h, dp->ports[i]->key));
    }
    for (size_t i = 0; i < dp->n_groups; i++) {
        uint64_t h = fingerprint_text(FINGERPRINT_START, dp->groups[i].name);
        fingerprint_add(&names, fingerprint_number(h, dp->groups[i].key));
    }
    return names;
}

void model_fingerprint_datapath(struct model_datapath *dp)
{
    uint64_t h = fingerprint_text(FINGERPRINT_START, dp->name);
    h = fingerprint_number(h, dp->key);
    h = fingerprint_number(h, dp->router | dp->transit << 1);
    dp->fingerprint = fingerprint_number(h, dp->flows_fingerprint);
    for (size_t i = 0; i < dp->n_ports; i++) {
        fingerprint_add(&dp->fingerprint, port_fingerprint(dp->ports[i]));
    }
    for (size_t i = 0; i < dp->n_groups; i++) {
        fingerprint_add(&dp->fingerprint, group_fingerprint(&dp->groups[i]));
    }
    for (size_t i = 0; i < dp->n_mac_bindings; i++) {
        fingerprint_add(&dp->fingerprint, binding_fingerprint(&dp->mac_bindings[i]));
    }
    for (size_t i = 0; i < dp->n_fdb; i++) {
        uint64_t row = fingerprint_number(FINGERPRINT_START, dp->fdb[i].port_key);
        fingerprint_add(&dp->fingerprint,
                        fingerprint_bytes(row, dp->fdb[i].mac, sizeof dp->fdb[i].mac));
    }
}

static uint64_t chassis_fingerprint(const struct model_chassis *chassis)
{
    uint64_t h = fingerprint_text(FINGERPRINT_START, chassis->name);
    h = fingerprint_number(h, chassis->remote);
    for (size_t i = 0; i < chassis->n_encaps; i++) { /* the first one is the default */
        const struct model_encap *encap = &chassis->encaps[i];
        h = fingerprint_bytes(h, &encap->ip, sizeof encap->ip);
        h = fingerprint_number(h, (uint64_t)encap->dst_port << 1 | encap->csum);
    }
    return h;
}

uint64_t model_chassis_fingerprint(const struct model *m, const char *name)
{
    const struct model_chassis *chassis = model_chassis_by_name(m, name);
    return chassis != NULL ? chassis_fingerprint(chassis) : 0;
}

void model_fingerprint_chassis(struct model *m)
{
    m->fingerprint = 0;
    /* The order of chassis is the order of tunnels. */
    for (size_t i = 0; i < m->n_chassis; i++) {
        fingerprint_add(&m->fingerprint,
                        fingerprint_number(chassis_fingerprint(m->chassis_list[i]), i));
    }
}

uint64_t model_fingerprint_address_set(const struct model_address_set *set)
{
    uint64_t addresses = FINGERPRINT_START;
    for (size_t i = 0; i < set->n; i++) {
        const struct model_address *a = &set->addresses[i];
        uint64_t h = fingerprint_bytes(FINGERPRINT_START, &a->value, sizeof a->value);
        h = fingerprint_bytes(h, &a->mask, sizeof a->mask);
        fingerprint_add(&addresses, fingerprint_number(h, a->width));
    }
    return addresses;
}

uint64_t model_fingerprint_port_group(const struct model_port_group *group)
{
    uint64_t h = FINGERPRINT_START;
    for (size_t i = 0; i < group->n; i++) { /* sorted */
        h = fingerprint_text(h, group->ports[i]);
    }
    return h;
}
