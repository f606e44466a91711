/* SPDX-License-Identifier: Apache-2.0 */
#include "private.h"

#include "model.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "util.h"

void changes_init(struct changes *c)
{
    *c = (struct changes){.everything = true, .topology = true, .members = true, .chassis = true};
    sset_init(&c->datapaths);
    sset_init(&c->dp_groups);
    sset_init(&c->address_sets);
    sset_init(&c->port_groups);
}

void changes_destroy(struct changes *c)
{
    sset_destroy(&c->datapaths);
    sset_destroy(&c->dp_groups);
    sset_destroy(&c->address_sets);
    sset_destroy(&c->port_groups);
}

bool changes_pending(const struct ovsdb *o)
{
    const struct changes *c = &o->changes;
    return c->everything || c->datapaths_listed || c->chassis || c->located ||
           !sset_is_empty(&c->datapaths) || !sset_is_empty(&c->dp_groups) ||
           !sset_is_empty(&c->address_sets) || !sset_is_empty(&c->port_groups) ||
           o->flows.n_changed;
}

void changes_done(struct ovsdb *o)
{
    struct changes *c = &o->changes;
    flows_forget_changes(&o->flows);
    c->everything = c->datapaths_listed = c->chassis = c->located = false;
    sset_clear(&c->datapaths);
    sset_clear(&c->dp_groups);
    sset_clear(&c->address_sets);
    sset_clear(&c->port_groups);
}

static void add_uuid(struct sset *set, const struct uuid *uuid)
{
    char text[UUID_LEN + 1];
    snprintf(text, sizeof text, UUID_FMT, UUID_ARGS(uuid));
    sset_add(set, text);
}

/* Nothing is listed while all is to be read. */
static void add_datapath(struct changes *c, const struct sbrec_datapath_binding *row)
{
    if (row && !c->everything) {
        add_uuid(&c->datapaths, &row->header_.uuid);
    }
}

/* A row is tracked, too, when one that it refers to has changed. */
#define HAS_CHANGED(TABLE, NAME, ROW)                                                              \
    (sbrec_##NAME##_is_new(ROW) || sbrec_##NAME##_is_deleted(ROW) ||                               \
     any_column(&(ROW)->header_, &sbrec_table_classes[SBREC_TABLE_##TABLE]))

static bool any_column(const struct ovsdb_idl_row *row, const struct ovsdb_idl_table_class *class)
{
    for (size_t i = 0; i < class->n_columns; i++) {
        if (ovsdb_idl_track_is_updated(row, &class->columns[i])) {
            return true;
        }
    }
    return false;
}

static bool is_updated(const struct sbrec_port_binding *pb, enum sbrec_port_binding_column_id id)
{
    return sbrec_port_binding_is_updated(pb, id);
}

/* Ports by which datapaths are connected, and those that a gateway holds. */
static bool is_connector(const struct sbrec_port_binding *pb)
{
    return !strcmp(pb->type, "patch") || !strcmp(pb->type, "chassisredirect") ||
           !strcmp(pb->type, "l3gateway") || is_updated(pb, SBREC_PORT_BINDING_COL_TYPE);
}

static bool connects_otherwise(const struct sbrec_port_binding *pb)
{
    static const enum sbrec_port_binding_column_id columns[] = {
        SBREC_PORT_BINDING_COL_TYPE,
        SBREC_PORT_BINDING_COL_DATAPATH,
        SBREC_PORT_BINDING_COL_LOGICAL_PORT,
        SBREC_PORT_BINDING_COL_OPTIONS,
        SBREC_PORT_BINDING_COL_CHASSIS,
        SBREC_PORT_BINDING_COL_GATEWAY_CHASSIS,
        SBREC_PORT_BINDING_COL_HA_CHASSIS_GROUP,
    };
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        if (is_updated(pb, columns[i])) {
            return true;
        }
    }
    return false;
}

static void take_port(struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    struct changes *c = &o->changes;
    bool deleted = sbrec_port_binding_is_deleted(pb);
    bool comes_or_goes = deleted || sbrec_port_binding_is_new(pb);

    add_datapath(c, pb->datapath);
    /* Where it was, if it was elsewhere. */
    const struct model_port *before =
        o->model ? model_port_by_name(o->model, pb->logical_port) : NULL;
    if (before) {
        sset_add(&c->datapaths, before->datapath->uuid);
    } else if (is_updated(pb, SBREC_PORT_BINDING_COL_LOGICAL_PORT) &&
               is_updated(pb, SBREC_PORT_BINDING_COL_DATAPATH)) {
        c->everything |= !comes_or_goes; /* that cannot be told */
    }
    c->topology |= is_connector(pb) && (comes_or_goes || connects_otherwise(pb));
    c->lost |= deleted || (!pb->chassis && is_updated(pb, SBREC_PORT_BINDING_COL_CHASSIS));
    c->located |= !strcmp(pb->type, "remote") ||
                  (is_connector(pb) && is_updated(pb, SBREC_PORT_BINDING_COL_TUNNEL_KEY));
    claims_follow(o, pb);
}

static void take_ports(struct ovsdb *o)
{
    const struct sbrec_port_binding *pb;
    SBREC_PORT_BINDING_FOR_EACH_TRACKED(pb, o->sb.idl)
    {
        if (HAS_CHANGED(PORT_BINDING, port_binding, pb)) {
            take_port(o, pb);
        }
    }
}

static void take_datapaths(struct ovsdb *o)
{
    const struct sbrec_datapath_binding *row;
    SBREC_DATAPATH_BINDING_FOR_EACH_TRACKED(row, o->sb.idl)
    {
        if (HAS_CHANGED(DATAPATH_BINDING, datapath_binding, row)) {
            o->changes.topology = o->changes.lost = true;
            add_datapath(&o->changes, row);
        }
    }
}

/* The rows of these tables belong to one datapath for life; one that changes it
 * all the same cannot be told from where. */
static void take_neighbours(struct ovsdb *o)
{
    struct changes *c = &o->changes;
    const struct sbrec_mac_binding *mac;
    SBREC_MAC_BINDING_FOR_EACH_TRACKED(mac, o->sb.idl)
    {
        add_datapath(c, mac->datapath);
        c->everything |= sbrec_mac_binding_is_updated(mac, SBREC_MAC_BINDING_COL_DATAPATH) &&
                         !sbrec_mac_binding_is_new(mac);
    }
    const struct sbrec_static_mac_binding *fixed;
    SBREC_STATIC_MAC_BINDING_FOR_EACH_TRACKED(fixed, o->sb.idl)
    {
        add_datapath(c, fixed->datapath);
        c->everything |=
            sbrec_static_mac_binding_is_updated(fixed, SBREC_STATIC_MAC_BINDING_COL_DATAPATH) &&
            !sbrec_static_mac_binding_is_new(fixed);
    }
    const struct sbrec_multicast_group *group;
    SBREC_MULTICAST_GROUP_FOR_EACH_TRACKED(group, o->sb.idl)
    {
        if (HAS_CHANGED(MULTICAST_GROUP, multicast_group, group)) {
            add_datapath(c, group->datapath);
            c->everything |=
                sbrec_multicast_group_is_updated(group, SBREC_MULTICAST_GROUP_COL_DATAPATH) &&
                !sbrec_multicast_group_is_new(group);
        }
    }
}

static void take_fdb(struct ovsdb *o)
{
    struct changes *c = &o->changes;
    const struct sbrec_fdb *fdb;
    SBREC_FDB_FOR_EACH_TRACKED(fdb, o->sb.idl)
    {
        const struct model_datapath *dp =
            o->model && fdb->dp_key > 0 && fdb->dp_key <= MODEL_MAX_VNI
                ? model_datapath_by_key(o->model, (uint32_t)fdb->dp_key)
                : NULL;
        if (dp) {
            sset_add(&c->datapaths, dp->uuid);
        }
        c->everything |= sbrec_fdb_is_updated(fdb, SBREC_FDB_COL_DP_KEY) && !sbrec_fdb_is_new(fdb);
    }
}

static void take_dp_groups(struct ovsdb *o)
{
    struct changes *c = &o->changes;
    const struct sbrec_logical_dp_group *group;
    SBREC_LOGICAL_DP_GROUP_FOR_EACH_TRACKED(group, o->sb.idl)
    {
        if (HAS_CHANGED(LOGICAL_DP_GROUP, logical_dp_group, group)) {
            c->groups = true;
            add_uuid(&c->dp_groups, &group->header_.uuid);
        }
    }
}

static void take_sets(struct ovsdb *o)
{
    struct changes *c = &o->changes;
    const struct sbrec_address_set *as;
    SBREC_ADDRESS_SET_FOR_EACH_TRACKED(as, o->sb.idl)
    {
        sset_add(&c->address_sets, as->name);
        c->everything |= sbrec_address_set_is_updated(as, SBREC_ADDRESS_SET_COL_NAME) &&
                         !sbrec_address_set_is_new(as);
    }
    const struct sbrec_port_group *pg;
    SBREC_PORT_GROUP_FOR_EACH_TRACKED(pg, o->sb.idl)
    {
        sset_add(&c->port_groups, pg->name);
        c->everything |= sbrec_port_group_is_updated(pg, SBREC_PORT_GROUP_COL_NAME) &&
                         !sbrec_port_group_is_new(pg);
    }
}

/* Other chassis hold ports and are members of groups, which are rows of their own. */
static bool may_be_us(const struct ovsdb *o, const struct sbrec_chassis *chassis)
{
    if (sbrec_chassis_is_new(chassis) || sbrec_chassis_is_deleted(chassis)) {
        return !strcmp(chassis->name, o->chassis);
    }
    return sbrec_chassis_is_updated(chassis, SBREC_CHASSIS_COL_NAME);
}

static void take_chassis(struct ovsdb *o)
{
    struct changes *c = &o->changes;
    const struct sbrec_chassis *chassis;
    SBREC_CHASSIS_FOR_EACH_TRACKED(chassis, o->sb.idl)
    {
        c->chassis = true; /* with its encaps */
        /* Rows that name a new one are tracked themselves. */
        c->members |= !sbrec_chassis_is_new(chassis) || may_be_us(o, chassis);
        c->topology |= may_be_us(o, chassis);
        c->lost |= sbrec_chassis_is_deleted(chassis);
    }
    const struct sbrec_encap *encap;
    SBREC_ENCAP_FOR_EACH_TRACKED(encap, o->sb.idl)
    {
        c->chassis = true;
    }
    const struct sbrec_ha_chassis_group *group;
    SBREC_HA_CHASSIS_GROUP_FOR_EACH_TRACKED(group, o->sb.idl)
    {
        c->members = true;
        c->topology |=
            !sbrec_ha_chassis_group_is_updated(group, SBREC_HA_CHASSIS_GROUP_COL_REF_CHASSIS) ||
            sbrec_ha_chassis_group_is_updated(group, SBREC_HA_CHASSIS_GROUP_COL_HA_CHASSIS);
    }
    const struct sbrec_gateway_chassis *gw;
    SBREC_GATEWAY_CHASSIS_FOR_EACH_TRACKED(gw, o->sb.idl)
    {
        c->members = c->topology = true;
    }
    const struct sbrec_ha_chassis *ha;
    SBREC_HA_CHASSIS_FOR_EACH_TRACKED(ha, o->sb.idl)
    {
        c->members = c->topology = true;
    }
}

/* The library tracks no row that goes because its replica is cleared (after a connection
 * that could not be taken up where it ended). */
static void take_clearing(struct ovsdb *o)
{
    struct changes *c = &o->changes;
    if (o->flows.cleared) {
        o->flows.cleared = false;
        c->everything = c->topology = c->members = c->chassis = c->groups = true;
    }
}

void changes_collect(struct ovsdb *o)
{
    take_clearing(o);
    take_chassis(o);
    take_datapaths(o);
    take_ports(o);
    take_neighbours(o);
    take_fdb(o);
    take_dp_groups(o);
    take_sets(o);
    ovsdb_idl_track_clear(o->sb.idl);
}
