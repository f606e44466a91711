/* SPDX-License-Identifier: Apache-2.0 */
#include "private.h"

#include "fingerprint.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "util.h"

struct conditions {
    struct ovsdb_idl_condition port_binding;
    struct ovsdb_idl_condition logical_flow;
    struct ovsdb_idl_condition multicast_group;
    struct ovsdb_idl_condition mac_binding;
    struct ovsdb_idl_condition static_mac_binding;
    struct ovsdb_idl_condition fdb;
    struct ovsdb_idl_condition chassis_private;
};

/* Patch ports show how datapaths are connected; the other types, which ports
 * this gateway may hold.  Both are needed before any datapath is known. */
static void add_fixed(const struct ovsdb *o, struct conditions *c)
{
    sbrec_port_binding_add_clause_type(&c->port_binding, OVSDB_F_EQ, "patch");
    sbrec_port_binding_add_clause_type(&c->port_binding, OVSDB_F_EQ, "chassisredirect");
    sbrec_port_binding_add_clause_type(&c->port_binding, OVSDB_F_EQ, "l3gateway");
    sbrec_chassis_private_add_clause_name(&c->chassis_private, OVSDB_F_EQ, o->chassis);

    /* Whatever is bound to us, to release what we do not hold. */
    const struct sbrec_chassis *us = sb_our_chassis(o);
    if (us) {
        sbrec_port_binding_add_clause_chassis(&c->port_binding, OVSDB_F_EQ, &us->header_.uuid);
    }
}

static void add_datapath(struct conditions *c, const struct sbrec_datapath_binding *dp)
{
    const struct uuid *uuid = &dp->header_.uuid;
    sbrec_port_binding_add_clause_datapath(&c->port_binding, OVSDB_F_EQ, uuid);
    sbrec_logical_flow_add_clause_logical_datapath(&c->logical_flow, OVSDB_F_EQ, uuid);
    sbrec_multicast_group_add_clause_datapath(&c->multicast_group, OVSDB_F_EQ, uuid);
    sbrec_mac_binding_add_clause_datapath(&c->mac_binding, OVSDB_F_EQ, uuid);
    sbrec_static_mac_binding_add_clause_datapath(&c->static_mac_binding, OVSDB_F_EQ, uuid);
    sbrec_fdb_add_clause_dp_key(&c->fdb, OVSDB_F_EQ, dp->tunnel_key);
}

/* Flows of several datapaths refer to a group of them instead. */
static bool has_ours(const struct ovsdb *o, const struct sbrec_logical_dp_group *group)
{
    for (size_t i = 0; i < group->n_datapaths; i++) {
        if (datapaths_find(&o->datapaths, group->datapaths[i])) {
            return true;
        }
    }
    return false;
}

static void add_dp_groups(const struct ovsdb *o, struct conditions *c)
{
    const struct sbrec_logical_dp_group *group;
    SBREC_LOGICAL_DP_GROUP_FOR_EACH (group, o->sb.idl) {
        if (has_ours(o, group)) {
            sbrec_logical_flow_add_clause_logical_dp_group(&c->logical_flow, OVSDB_F_EQ,
                                                           &group->header_.uuid);
        }
    }
}

/* What the conditions are made of, as a number. */
static uint64_t fingerprint(const struct ovsdb *o)
{
    uint64_t whole = FINGERPRINT_START; /* asked for nothing is not: never asked */
    const struct sbrec_chassis *us = sb_our_chassis(o);
    if (us) {
        fingerprint_add(&whole, fingerprint_bytes(FINGERPRINT_START, &us->header_.uuid,
                                                  sizeof us->header_.uuid));
    }
    for (size_t i = 0; i < o->datapaths.n; i++) {
        const struct sbrec_datapath_binding *dp = o->datapaths.list[i]->row;
        uint64_t h =
            fingerprint_bytes(FINGERPRINT_START, &dp->header_.uuid, sizeof dp->header_.uuid);
        fingerprint_add(&whole, fingerprint_number(h, (uint64_t)dp->tunnel_key));
    }
    const struct sbrec_logical_dp_group *group;
    SBREC_LOGICAL_DP_GROUP_FOR_EACH (group, o->sb.idl) {
        if (has_ours(o, group)) {
            fingerprint_add(&whole, fingerprint_bytes(FINGERPRINT_START, &group->header_.uuid,
                                                      sizeof group->header_.uuid));
        }
    }
    return whole;
}

static bool set_all(struct ovsdb *o)
{
    struct conditions c;
    const struct {
        struct ovsdb_idl_condition *condition;
        int table;
    } all[] = {
        {&c.port_binding, SBREC_TABLE_PORT_BINDING},
        {&c.logical_flow, SBREC_TABLE_LOGICAL_FLOW},
        {&c.multicast_group, SBREC_TABLE_MULTICAST_GROUP},
        {&c.mac_binding, SBREC_TABLE_MAC_BINDING},
        {&c.static_mac_binding, SBREC_TABLE_STATIC_MAC_BINDING},
        {&c.fdb, SBREC_TABLE_FDB},
        {&c.chassis_private, SBREC_TABLE_CHASSIS_PRIVATE},
    };
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        ovsdb_idl_condition_init(all[i].condition);
    }

    add_fixed(o, &c);
    for (size_t i = 0; i < o->datapaths.n; i++) {
        add_datapath(&c, o->datapaths.list[i]->row);
    }
    add_dp_groups(o, &c);

    unsigned int expected = 0;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        unsigned int seqno = ovsdb_idl_set_condition(o->sb.idl, &sbrec_table_classes[all[i].table],
                                                     all[i].condition);
        expected = MAX(expected, seqno);
        ovsdb_idl_condition_destroy(all[i].condition);
    }
    return ovsdb_idl_get_condition_seqno(o->sb.idl) == expected;
}

/* Whether the server may have answered since it was last asked for.  Its answers, and
 * what a new connection begins with, count up one of the numbers. */
static bool may_be_answered(const struct ovsdb *o)
{
    return ovsdb_idl_get_condition_seqno(o->sb.idl) != o->asked.condition_seqno ||
           session_seqno(&o->sb) != o->asked.seqno;
}

bool conditions_update(struct ovsdb *o, bool look)
{
    struct asked *a = &o->asked;
    uint64_t now = look ? fingerprint(o) : a->fingerprint;
    if (now == a->fingerprint && (o->answered || !may_be_answered(o))) {
        return o->answered;
    }
    a->fingerprint = now;
    a->condition_seqno = ovsdb_idl_get_condition_seqno(o->sb.idl);
    a->seqno = session_seqno(&o->sb);
    return set_all(o);
}
