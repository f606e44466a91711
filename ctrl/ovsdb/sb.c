/* SPDX-License-Identifier: Apache-2.0 */
#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "util.h"

static struct ovsdb_idl_index *index2(struct ovsdb *o, const struct ovsdb_idl_column *a,
                                      const struct ovsdb_idl_column *b)
{
    return ovsdb_idl_index_create2(o->sb.idl, a, b);
}

static struct ovsdb_idl_index *index1(struct ovsdb *o, const struct ovsdb_idl_column *a)
{
    return ovsdb_idl_index_create1(o->sb.idl, a);
}

/* The library compares any column by its type; that took seconds for 100,000 ports. */
static int compare_names(const void *a_, const void *b_)
{
    const struct sbrec_port_binding *a = a_, *b = b_;
    return strcmp(a->logical_port, b->logical_port);
}

static int compare_types(const void *a_, const void *b_)
{
    const struct sbrec_port_binding *a = a_, *b = b_;
    return strcmp(a->type, b->type);
}

static struct ovsdb_idl_index *compared(struct ovsdb *o, const struct ovsdb_idl_column *column,
                                        int (*compare)(const void *, const void *))
{
    const struct ovsdb_idl_index_column columns[] = {{.column = column, .comparer = compare}};
    return ovsdb_idl_index_create(o->sb.idl, columns, ARRAY_SIZE(columns));
}

void sb_open(struct ovsdb *o, const char *remote)
{
    session_open(&o->sb, "Southbound", remote, &sbrec_idl_class, true);
    ovsdb_idl_track_add_all(o->sb.idl);
    ovsdb_idl_omit(o->sb.idl, &sbrec_logical_flow_col_external_ids); /* stages.c */

    /* Ours to write, or a clock that others turn: no news. */
    ovsdb_idl_omit_alert(o->sb.idl, &sbrec_chassis_private_col_nb_cfg);
    ovsdb_idl_omit_alert(o->sb.idl, &sbrec_chassis_private_col_nb_cfg_timestamp);
    ovsdb_idl_omit_alert(o->sb.idl, &sbrec_mac_binding_col_timestamp);
    ovsdb_idl_omit_alert(o->sb.idl, &sbrec_fdb_col_timestamp);

    o->ports_by_name = compared(o, &sbrec_port_binding_col_logical_port, compare_names);
    o->ports_by_type = compared(o, &sbrec_port_binding_col_type, compare_types);
    o->ports_by_chassis = index1(o, &sbrec_port_binding_col_chassis);
    o->ports_by_datapath = index1(o, &sbrec_port_binding_col_datapath);
    o->chassis_by_name = index1(o, &sbrec_chassis_col_name);
    o->encaps_by_ip = index2(o, &sbrec_encap_col_type, &sbrec_encap_col_ip);
    o->macs_by_datapath = index1(o, &sbrec_mac_binding_col_datapath);
    o->static_macs_by_datapath = index1(o, &sbrec_static_mac_binding_col_datapath);
    o->groups_by_datapath = index1(o, &sbrec_multicast_group_col_datapath);
    o->fdb_by_key = index1(o, &sbrec_fdb_col_dp_key);
    o->macs_by_port = index2(o, &sbrec_mac_binding_col_logical_port, &sbrec_mac_binding_col_ip);
    o->fdb_by_mac = index2(o, &sbrec_fdb_col_mac, &sbrec_fdb_col_dp_key);
}

const struct sbrec_chassis *sb_our_chassis(const struct ovsdb *o)
{
    struct sbrec_chassis *target = sbrec_chassis_index_init_row(o->chassis_by_name);
    sbrec_chassis_index_set_name(target, o->chassis);
    const struct sbrec_chassis *found = sbrec_chassis_index_find(o->chassis_by_name, target);
    sbrec_chassis_index_destroy_row(target);
    return found;
}

/* The conditions leave only ours in the replica. */
const struct sbrec_chassis_private *sb_our_private(const struct ovsdb *o)
{
    const struct sbrec_chassis_private *row;
    SBREC_CHASSIS_PRIVATE_FOR_EACH (row, o->sb.idl) {
        if (!strcmp(row->name, o->chassis)) {
            return row;
        }
    }
    return NULL;
}

const struct sbrec_port_binding *sb_port(const struct ovsdb *o, const char *name)
{
    struct sbrec_port_binding *target = sbrec_port_binding_index_init_row(o->ports_by_name);
    sbrec_port_binding_index_set_logical_port(target, name);
    const struct sbrec_port_binding *found =
        sbrec_port_binding_index_find(o->ports_by_name, target);
    sbrec_port_binding_index_destroy_row(target);
    return found;
}

struct sbrec_port_binding *sb_port_of_type(const struct ovsdb *o, const char *type)
{
    struct sbrec_port_binding *target = sbrec_port_binding_index_init_row(o->ports_by_type);
    sbrec_port_binding_index_set_type(target, type);
    return target;
}
