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

/* A gateway router names its one chassis. */
static bool is_our_l3gateway(const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    return !strcmp(pb->type, "l3gateway") &&
           !strcmp(smap_get_def(&pb->options, "l3gateway-chassis", ""), o->chassis);
}

bool members_include_us(const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    if (strcmp(pb->type, "chassisredirect")) {
        return is_our_l3gateway(o, pb);
    }
    for (size_t i = 0; i < n_members(pb); i++) {
        if (is_us(o, get_member(pb, i).chassis)) {
            return true;
        }
    }
    return false;
}

/* Highest priority, the greater name among equals; as every other chassis of
 * the group sees it. */
const struct sbrec_chassis *members_best(const struct sbrec_port_binding *pb)
{
    struct member best = {NULL, 0};
    for (size_t i = 0; i < n_members(pb); i++) {
        struct member m = get_member(pb, i);
        if (m.chassis &&
            (!best.chassis || m.priority > best.priority ||
             (m.priority == best.priority && strcmp(m.chassis->name, best.chassis->name) > 0))) {
            best = m;
        }
    }
    return best.chassis;
}

bool members_prefer_us(const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    return strcmp(pb->type, "chassisredirect") ? is_our_l3gateway(o, pb)
                                               : is_us(o, members_best(pb));
}
