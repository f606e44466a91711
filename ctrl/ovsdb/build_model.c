/* SPDX-License-Identifier: Apache-2.0 */

/* Brings the model up to date with the databases. */

#include "build_model.h"
#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "util.h"

/* ovn-ic takes the keys of transit switches and routers from here. */
#define FIRST_TRANSIT_KEY 16711681

/* What model_add_datapath() takes. */
struct attributes {
    const char *name;
    bool router;
    bool transit;
};

static struct attributes attributes_of(const struct datapath *dp)
{
    const struct smap *ids = &dp->row->external_ids;
    const char *ts = smap_get(ids, "interconn-ts");
    return (struct attributes){
        /* IC-SB knows a transit switch by this name. */
        .name = ts ? ts : smap_get_def(ids, "name", dp->uuid),
        .router = datapath_is_router(dp->row),
        .transit = ts || dp->row->tunnel_key >= FIRST_TRANSIT_KEY,
    };
}

static bool is_current(const struct model_datapath *m, const struct datapath *dp)
{
    const struct attributes a = attributes_of(dp);
    return !strcmp(m->name, a.name) && m->key == dp->row->tunnel_key && m->router == a.router &&
           m->marked_transit == a.transit;
}

/* Those that are no longer there, or no longer the same. */
static void remove_datapaths(struct ovsdb *o)
{
    struct sset gone = SSET_INITIALIZER(&gone);
    struct shash now = SHASH_INITIALIZER(&now);
    size_t n;
    struct model_datapath *const *list = model_datapaths(o->model, &n);
    for (size_t i = 0; i < o->datapaths.n; i++) {
        shash_add_nocopy(&now, o->datapaths.list[i]->uuid, o->datapaths.list[i]);
    }
    for (size_t i = 0; i < n; i++) {
        const struct datapath *dp = shash_find_data(&now, list[i]->uuid);
        if (!dp || !is_current(list[i], dp)) {
            sset_add(&gone, list[i]->uuid);
        }
    }
    const char *uuid;
    SSET_FOR_EACH (uuid, &gone) {
        build_empty(o, uuid);
        model_remove_datapath(o->model, uuid);
    }
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &now) {
        shash_steal(&now, node);
    }
    shash_destroy(&now);
    sset_destroy(&gone);
}

/* Also lists them as changed, and in `added`. */
static void add_datapaths(struct ovsdb *o, struct sset *added)
{
    for (size_t i = 0; i < o->datapaths.n; i++) {
        const struct datapath *dp = o->datapaths.list[i];
        if (model_datapath_by_uuid(o->model, dp->uuid)) {
            continue;
        }
        const struct attributes a = attributes_of(dp);
        if (model_add_datapath(o->model, dp->uuid, a.name, dp->row->tunnel_key, a.router,
                               a.transit)) {
            sset_add(added, dp->uuid);
            sset_add(&o->changes.datapaths, dp->uuid);
        }
    }
}

/* A port of ours to hold, or no longer, because of its group: the port's row is
 * the same. */
static void list_residents(struct ovsdb *o)
{
    static const char *const types[] = {"chassisredirect", "l3gateway"};
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        const struct sbrec_port_binding *pb;
        SB_FOR_EACH_PORT_OF_TYPE (pb, target, o, types[i]) {
            const struct model_port *port = model_port_by_name(o->model, pb->logical_port);
            if (port && members_include_us(o, pb) != sset_contains(&o->served, pb->logical_port)) {
                sset_add(&o->changes.datapaths, port->datapath->uuid);
            }
        }
    }
}

/* All that changed have to be empty before any is filled: ports move. */
static void fill_datapaths(struct ovsdb *o, const struct sset *chassis)
{
    const char *uuid;
    SSET_FOR_EACH (uuid, &o->changes.datapaths) {
        build_empty(o, uuid);
    }
    if (!sset_is_empty(chassis)) {
        build_chassis(o, chassis);
    }
    for (int pass = 0; pass < 2; pass++) {
        SSET_FOR_EACH (uuid, &o->changes.datapaths) {
            const struct datapath *dp = datapaths_find_uuid(&o->datapaths, uuid);
            if (dp && model_datapath_by_uuid(o->model, uuid)) {
                (pass == 0 ? build_ports : build_neighbours)(o, dp);
                o->n_filled += pass == 0;
            }
        }
    }
    sset_clear(&o->served_before);
}

static void start_anew(struct ovsdb *o)
{
    if (!o->model) {
        o->model = model_create(o->chassis, o->flows.cache);
    }
    model_clear(o->model);
    shash_clear_free_data(&o->ports_of);
    sset_clear(&o->served);
    o->believed = (struct census){.datapaths = 0};
    o->changes.datapaths_listed = o->changes.chassis = o->changes.located = true;
    icsb_forget_places(o);
}

void build_model(struct ovsdb *o)
{
    struct changes *c = &o->changes;
    struct sset added = SSET_INITIALIZER(&added);
    struct sset chassis = SSET_INITIALIZER(&chassis); /* that differ */
    bool everything = c->everything || !o->model;
    if (everything) {
        start_anew(o);
    }
    stages_tell(o);
    if (c->datapaths_listed) {
        remove_datapaths(o);
        add_datapaths(o, &added);
        list_residents(o);
    }
    if (c->chassis || c->located) {
        build_chassis_compare(o, &chassis);
    }
    if (!sset_is_empty(&chassis) || c->located) {
        icsb_locate_ports(o);
    }
    fill_datapaths(o, &chassis);
    build_sets(o, everything);
    build_flows(o, &added, everything);
    model_finish(o->model);
    if (c->datapaths_listed || c->located) {
        icsb_follow_keys(o);
    }
    o->believed.datapaths = o->datapaths.n;
    o->believed.flows = model_n_flows(o->model);
    sset_destroy(&added);
    sset_destroy(&chassis);
    changes_done(o);
}
