/* SPDX-License-Identifier: Apache-2.0 */
#include "build_model.h"
#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "util.h"

/* ovn-ic takes the keys of transit switches and routers from here. */
#define FIRST_TRANSIT_KEY 16711681

static bool is_type(const struct sbrec_datapath_binding *dp, const char *type)
{
    /* The column is newer than the key of the same name in external_ids. */
    return (dp->type && !strcmp(dp->type, type)) || smap_get(&dp->external_ids, type);
}

static void add_datapaths(const struct ovsdb *o, struct model *m)
{
    for (size_t i = 0; i < o->datapaths.n; i++) {
        const struct datapath *dp = o->datapaths.list[i];
        const struct smap *ids = &dp->row->external_ids;
        const char *ts = smap_get(ids, "interconn-ts");
        /* IC-SB knows a transit switch by this name. */
        const char *name = ts ? ts : smap_get_def(ids, "name", dp->uuid);
        bool transit = ts || dp->row->tunnel_key >= FIRST_TRANSIT_KEY;
        model_add_datapath(m, dp->uuid, name, dp->row->tunnel_key,
                           is_type(dp->row, "logical-router"), transit);
    }
}

static bool may_hold(struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    bool ours = members_include_us(o, pb);
    if (ours) {
        sset_add(&o->served, pb->logical_port);
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

static void add_ports(struct ovsdb *o, struct model *m)
{
    const struct sbrec_port_binding *pb;
    sset_clear(&o->served);
    SBREC_PORT_BINDING_FOR_EACH (pb, o->sb.idl) {
        const struct datapath *dp = datapaths_find(&o->datapaths, pb->datapath);
        if (!dp) {
            continue;
        }
        struct model_port_row row = {
            .name = pb->logical_port,
            .type = pb->type,
            .key = pb->tunnel_key,
            .datapath = dp->uuid,
            .chassis = pb->chassis ? pb->chassis->name : NULL,
            .standby = may_hold(o, pb),
            .encap_ip = pb->encap ? pb->encap->ip : NULL,
            .peer = smap_get(&pb->options, "peer"),
            .distributed_port = smap_get(&pb->options, "distributed-port"),
            .mac = pb->n_mac ? pb->mac[0] : NULL,
            .port_security = pb->n_port_security > 0,
        };
        if (model_add_port(m, &row)) {
            add_additional_chassis(m, pb);
        }
    }
}

static void add_groups(const struct ovsdb *o, struct model *m)
{
    const struct sbrec_multicast_group *row;
    SBREC_MULTICAST_GROUP_FOR_EACH (row, o->sb.idl) {
        const struct datapath *dp = datapaths_find(&o->datapaths, row->datapath);
        if (!dp) {
            continue;
        }
        const char **ports = xcalloc(row->n_ports + 1, sizeof *ports);
        for (size_t i = 0; i < row->n_ports; i++) {
            ports[i] = row->ports[i]->logical_port;
        }
        model_add_group(m, dp->uuid, row->name, row->tunnel_key, ports, row->n_ports);
        free(ports);
    }
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

static void add_mac_bindings(const struct ovsdb *o, struct model *m)
{
    struct sset overridden = SSET_INITIALIZER(&overridden);
    const struct sbrec_static_mac_binding *fixed;
    SBREC_STATIC_MAC_BINDING_FOR_EACH (fixed, o->sb.idl) {
        const struct datapath *dp = datapaths_find(&o->datapaths, fixed->datapath);
        if (!dp) {
            continue;
        }
        if (fixed->override_dynamic_mac) {
            char *key = xasprintf("%s %s", fixed->ip, fixed->logical_port);
            sset_add_and_free(&overridden, key);
        } else if (has_mac_binding(o, fixed->logical_port, fixed->ip)) {
            continue;
        }
        model_add_mac_binding(m, dp->uuid, fixed->logical_port, fixed->ip, fixed->mac);
    }

    const struct sbrec_mac_binding *row;
    SBREC_MAC_BINDING_FOR_EACH (row, o->sb.idl) {
        const struct datapath *dp = datapaths_find(&o->datapaths, row->datapath);
        char *key = xasprintf("%s %s", row->ip, row->logical_port);
        if (dp && !sset_contains(&overridden, key)) {
            model_add_mac_binding(m, dp->uuid, row->logical_port, row->ip, row->mac);
        }
        free(key);
    }
    sset_destroy(&overridden);
}

static void add_sets(const struct ovsdb *o, struct model *m)
{
    const struct sbrec_fdb *fdb;
    SBREC_FDB_FOR_EACH (fdb, o->sb.idl) {
        model_add_fdb(m, fdb->dp_key, fdb->mac, fdb->port_key);
    }
    const struct sbrec_address_set *as;
    SBREC_ADDRESS_SET_FOR_EACH (as, o->sb.idl) {
        model_add_address_set(m, as->name, (const char *const *)as->addresses, as->n_addresses);
    }
    const struct sbrec_port_group *pg;
    SBREC_PORT_GROUP_FOR_EACH (pg, o->sb.idl) {
        model_add_port_group(m, pg->name, (const char *const *)pg->ports, pg->n_ports);
    }
}

struct model *build_model(struct ovsdb *o, struct lflow_cache *cache)
{
    struct model *m = model_create(o->chassis, cache);
    icsb_begin(o);
    build_chassis(o, m);
    add_datapaths(o, m);
    add_ports(o, m);
    icsb_locate_ports(o, m);
    add_groups(o, m);
    add_mac_bindings(o, m);
    add_sets(o, m);
    build_flows(o, m);
    model_finish(m);
    return m;
}
