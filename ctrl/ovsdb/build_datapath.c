/* SPDX-License-Identifier: Apache-2.0 */

/* The rows of one datapath, flows apart. */

#include "build_model.h"
#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "util.h"

static bool may_hold(struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    bool ours = members_include_us(o, pb);
    if (ours && sset_add(&o->served, pb->logical_port) &&
        !sset_find_and_delete(&o->served_before, pb->logical_port)) {
        tasks_kick(o, TASK_CLAIMS); /* packets find the tables from now on */
    }
    return ours;
}

static const char *additional_encap(const struct sbrec_port_binding *pb, const char *chassis)
{
    for (size_t i = 0; i < pb->n_additional_encap; i++) {
        if (!strcmp(pb->additional_encap[i]->chassis_name, chassis)) {
            return pb->additional_encap[i]->ip;
        }
    }
    return NULL;
}

static void add_additional_chassis(struct model *m, const struct sbrec_port_binding *pb)
{
    for (size_t i = 0; i < pb->n_additional_chassis; i++) {
        const char *chassis = pb->additional_chassis[i]->name;
        model_add_additional_chassis(m, pb->logical_port, chassis, additional_encap(pb, chassis));
    }
}

static void count(struct census *c, const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    if (pb->chassis && strcmp(pb->chassis->name, o->chassis)) {
        *(!strcmp(pb->type, "remote") ? &c->remote : &c->local) += 1;
    }
}

static void add_port(struct ovsdb *o, const char *datapath, const struct sbrec_port_binding *pb)
{
    struct model_port_row row = {
        .name = pb->logical_port,
        .type = pb->type,
        .key = pb->tunnel_key,
        .datapath = datapath,
        .chassis = pb->chassis ? pb->chassis->name : NULL,
        .standby = may_hold(o, pb),
        .encap_ip = pb->encap ? pb->encap->ip : NULL,
        .peer = smap_get(&pb->options, "peer"),
        .distributed_port = smap_get(&pb->options, "distributed-port"),
        .mac = pb->n_mac ? pb->mac[0] : NULL,
        .port_security = pb->n_port_security > 0,
    };
    if (model_add_port(o->model, &row)) {
        add_additional_chassis(o->model, pb);
        icsb_place_port(o, o->model, pb->logical_port);
    }
}

/* Takes what the datapath's ports count for, or gives it back. */
static struct census *census_of(struct ovsdb *o, const char *datapath)
{
    struct census *c = shash_find_data(&o->ports_of, datapath);
    if (!c) {
        c = xzalloc(sizeof *c);
        shash_add(&o->ports_of, datapath, c);
    }
    return c;
}

void build_ports(struct ovsdb *o, const struct datapath *dp)
{
    struct sbrec_port_binding *target = sbrec_port_binding_index_init_row(o->ports_by_datapath);
    sbrec_port_binding_index_set_datapath(target, dp->row);
    const struct sbrec_port_binding *pb;
    struct census *c = census_of(o, dp->uuid);
    SBREC_PORT_BINDING_FOR_EACH_EQUAL (pb, target, o->ports_by_datapath) {
        add_port(o, dp->uuid, pb);
        count(c, o, pb);
    }
    sbrec_port_binding_index_destroy_row(target);
    o->believed.remote += c->remote;
    o->believed.local += c->local;
}

/* What build_ports() did is taken back. */
void build_empty(struct ovsdb *o, const char *datapath)
{
    const struct model_datapath *dp = model_datapath_by_uuid(o->model, datapath);
    for (size_t i = 0; dp && i < dp->n_ports; i++) {
        if (sset_find_and_delete(&o->served, dp->ports[i]->name)) {
            sset_add(&o->served_before, dp->ports[i]->name);
        }
    }
    model_empty_datapath(o->model, datapath);
    struct census *c = shash_find_and_delete(&o->ports_of, datapath);
    if (c) {
        o->believed.remote -= c->remote;
        o->believed.local -= c->local;
        free(c);
    }
}

static void add_group(struct model *m, const char *datapath,
                      const struct sbrec_multicast_group *row)
{
    const char **ports = xcalloc(row->n_ports + 1, sizeof *ports);
    for (size_t i = 0; i < row->n_ports; i++) {
        ports[i] = row->ports[i]->logical_port;
    }
    model_add_group(m, datapath, row->name, row->tunnel_key, ports, row->n_ports);
    free(ports);
}

static void add_groups(const struct ovsdb *o, const struct datapath *dp)
{
    struct sbrec_multicast_group *target =
        sbrec_multicast_group_index_init_row(o->groups_by_datapath);
    sbrec_multicast_group_index_set_datapath(target, dp->row);
    const struct sbrec_multicast_group *row;
    SBREC_MULTICAST_GROUP_FOR_EACH_EQUAL (row, target, o->groups_by_datapath) {
        add_group(o->model, dp->uuid, row);
    }
    sbrec_multicast_group_index_destroy_row(target);
}

static bool has_mac_binding(const struct ovsdb *o, const char *port, const char *ip)
{
    struct sbrec_mac_binding *target = sbrec_mac_binding_index_init_row(o->macs_by_port);
    sbrec_mac_binding_index_set_logical_port(target, port);
    sbrec_mac_binding_index_set_ip(target, ip);
    bool found = sbrec_mac_binding_index_find(o->macs_by_port, target) != NULL;
    sbrec_mac_binding_index_destroy_row(target);
    return found;
}

/* Fills `overridden` with those that learned ones do not count beside. */
static void add_static_macs(const struct ovsdb *o, const struct datapath *dp,
                            struct sset *overridden)
{
    struct sbrec_static_mac_binding *target =
        sbrec_static_mac_binding_index_init_row(o->static_macs_by_datapath);
    sbrec_static_mac_binding_index_set_datapath(target, dp->row);
    const struct sbrec_static_mac_binding *row;
    SBREC_STATIC_MAC_BINDING_FOR_EACH_EQUAL (row, target, o->static_macs_by_datapath) {
        if (row->override_dynamic_mac) {
            sset_add_and_free(overridden, xasprintf("%s %s", row->ip, row->logical_port));
        } else if (has_mac_binding(o, row->logical_port, row->ip)) {
            continue;
        }
        model_add_mac_binding(o->model, dp->uuid, row->logical_port, row->ip, row->mac);
    }
    sbrec_static_mac_binding_index_destroy_row(target);
}

static void add_macs(const struct ovsdb *o, const struct datapath *dp)
{
    struct sset overridden = SSET_INITIALIZER(&overridden);
    add_static_macs(o, dp, &overridden);
    struct sbrec_mac_binding *target = sbrec_mac_binding_index_init_row(o->macs_by_datapath);
    sbrec_mac_binding_index_set_datapath(target, dp->row);
    const struct sbrec_mac_binding *row;
    SBREC_MAC_BINDING_FOR_EACH_EQUAL (row, target, o->macs_by_datapath) {
        char *key = xasprintf("%s %s", row->ip, row->logical_port);
        if (!sset_contains(&overridden, key)) {
            model_add_mac_binding(o->model, dp->uuid, row->logical_port, row->ip, row->mac);
        }
        free(key);
    }
    sbrec_mac_binding_index_destroy_row(target);
    sset_destroy(&overridden);
}

static void add_fdb(const struct ovsdb *o, const struct datapath *dp)
{
    struct sbrec_fdb *target = sbrec_fdb_index_init_row(o->fdb_by_key);
    sbrec_fdb_index_set_dp_key(target, dp->row->tunnel_key);
    const struct sbrec_fdb *row;
    SBREC_FDB_FOR_EACH_EQUAL (row, target, o->fdb_by_key) {
        model_add_fdb(o->model, row->dp_key, row->mac, row->port_key);
    }
    sbrec_fdb_index_destroy_row(target);
}

/* What refers to ports. */
void build_neighbours(struct ovsdb *o, const struct datapath *dp)
{
    add_groups(o, dp);
    add_macs(o, dp);
    add_fdb(o, dp);
}
