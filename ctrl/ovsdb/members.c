/* SPDX-License-Identifier: Apache-2.0 */

/* Which chassis may hold a port, and which of them is to. */

#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"

struct member {
    const struct sbrec_chassis *chassis;
    int64_t priority;
};

static size_t n_members(const struct sbrec_port_binding *pb)
{
    return pb->ha_chassis_group ? pb->ha_chassis_group->n_ha_chassis : pb->n_gateway_chassis;
}

static struct member get_member(const struct sbrec_port_binding *pb, size_t i)
{
    if (pb->ha_chassis_group) {
        const struct sbrec_ha_chassis *ha = pb->ha_chassis_group->ha_chassis[i];
        return (struct member){ha->chassis, ha->priority};
    }
    const struct sbrec_gateway_chassis *gw = pb->gateway_chassis[i];
    return (struct member){gw->chassis, gw->priority};
}

static bool is_us(const struct ovsdb *o, const struct sbrec_chassis *chassis)
{
    return chassis && !strcmp(chassis->name, o->chassis);
}

/* northd names the chassis of a member, too, which serves until there is a row of it. */
static bool names_us(const struct ovsdb *o, const struct sbrec_ha_chassis *ha)
{
    return !ha->chassis && !strcmp(smap_get_def(&ha->external_ids, "chassis-name", ""), o->chassis);
}

static bool is_member(const struct ovsdb *o, const struct sbrec_port_binding *pb, size_t i)
{
    return is_us(o, get_member(pb, i).chassis) ||
           (pb->ha_chassis_group && names_us(o, pb->ha_chassis_group->ha_chassis[i]));
}

/* A gateway router names its one chassis, and so does a port by which a switch of this
 * zone is on a transit switch (OVN 25.09 and later). */
static bool is_ours_alone(const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    const char *key = !strcmp(pb->type, "l3gateway") ? "l3gateway-chassis"
                      : !strcmp(pb->type, "patch") && pb->datapath &&
                              smap_get(&pb->datapath->external_ids, "interconn-ts")
                          ? "requested-chassis"
                          : NULL;
    return key && !strcmp(smap_get_def(&pb->options, key, ""), o->chassis);
}

bool members_include_us(const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    if (strcmp(pb->type, "chassisredirect")) {
        return is_ours_alone(o, pb);
    }
    for (size_t i = 0; i < n_members(pb); i++) {
        if (is_member(o, pb, i)) {
            return true;
        }
    }
    return false;
}

/* As others see it, too: until then we take no part in elections. */
static bool is_registered(const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    for (size_t i = 0; i < n_members(pb); i++) {
        if (is_us(o, get_member(pb, i).chassis)) {
            return true;
        }
    }
    return false;
}

static size_t n_registered(const struct sbrec_port_binding *pb)
{
    size_t n = 0;
    for (size_t i = 0; i < n_members(pb); i++) {
        n += get_member(pb, i).chassis != NULL;
    }
    return n;
}

static bool is_better(const struct member *a, const struct member *b)
{
    return a->priority > b->priority ||
           (a->priority == b->priority && strcmp(a->chassis->name, b->chassis->name) > 0);
}

/* BFD with a fellow that holds the port has not come up yet after our start:
 * not a reason to take the port from it. */
static bool is_alive(const struct ovsdb *o, const struct sbrec_port_binding *pb,
                     const struct sbrec_chassis *chassis)
{
    return peers_up(o, chassis->name) ||
           (pb->chassis == chassis && peers_settling(o, chassis->name));
}

/* The hypervisors and other chassis that use the group.  With no other member
 * alive, it may be us that is cut off: one of them has to see us. */
static bool is_seen(const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    const struct sbrec_ha_chassis_group *group = pb->ha_chassis_group;
    for (size_t i = 0; group && i < group->n_ref_chassis; i++) {
        if (peers_up(o, group->ref_chassis[i]->name)) {
            return true;
        }
    }
    return !group; /* those who use the members of an older northd are not listed */
}

/* Highest priority among the living, the greater name among equals; as every
 * other chassis of the group sees it. */
static bool we_win(const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    struct member best = {NULL, 0};
    size_t n = 0;
    for (size_t i = 0; i < n_members(pb); i++) {
        struct member m = get_member(pb, i);
        if (m.chassis && (is_us(o, m.chassis) || is_alive(o, pb, m.chassis))) {
            best = !n++ || is_better(&m, &best) ? m : best;
        }
    }
    return is_us(o, best.chassis) && (n > 1 || is_seen(o, pb));
}

bool members_elect_us(const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    if (strcmp(pb->type, "chassisredirect")) {
        return is_ours_alone(o, pb);
    }
    if (!is_registered(o, pb)) {
        return false;
    }
    if (n_registered(pb) == 1) {
        return true; /* even when draining: nobody else would forward */
    }
    return !o->draining && peers_any_up(o) && we_win(o, pb);
}

bool members_include(const struct sbrec_port_binding *pb, const struct sbrec_chassis *chassis)
{
    for (size_t i = 0; i < n_members(pb); i++) {
        if (get_member(pb, i).chassis == chassis) {
            return true;
        }
    }
    return false;
}

bool members_include_others(const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    return !strcmp(pb->type, "chassisredirect") &&
           n_registered(pb) > (is_registered(o, pb) ? 1 : 0);
}

bool members_have_heir(const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    for (size_t i = 0; !strcmp(pb->type, "chassisredirect") && i < n_members(pb); i++) {
        const struct sbrec_chassis *chassis = get_member(pb, i).chassis;
        if (chassis && !is_us(o, chassis) && peers_up(o, chassis->name)) {
            return true;
        }
    }
    return false;
}
