/* SPDX-License-Identifier: Apache-2.0 */

/* Address sets and port groups. */

#include "build_model.h"
#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"

/* Several rows of one name (the schema does not forbid it before it has to) are
 * one too many: the first one counts. */
static void add_address_sets(struct ovsdb *o, bool everything)
{
    const struct sbrec_address_set *as;
    SBREC_ADDRESS_SET_FOR_EACH (as, o->sb.idl) {
        if (everything || sset_contains(&o->changes.address_sets, as->name)) {
            model_add_address_set(o->model, as->name, (const char *const *)as->addresses,
                                  as->n_addresses);
        }
    }
}

static void add_port_groups(struct ovsdb *o, bool everything)
{
    const struct sbrec_port_group *pg;
    SBREC_PORT_GROUP_FOR_EACH (pg, o->sb.idl) {
        if (everything || sset_contains(&o->changes.port_groups, pg->name)) {
            model_add_port_group(o->model, pg->name, (const char *const *)pg->ports, pg->n_ports);
        }
    }
}

void build_sets(struct ovsdb *o, bool everything)
{
    const char *name;
    SSET_FOR_EACH (name, &o->changes.address_sets) {
        model_remove_address_set(o->model, name);
    }
    SSET_FOR_EACH (name, &o->changes.port_groups) {
        model_remove_port_group(o->model, name);
    }
    if (everything || !sset_is_empty(&o->changes.address_sets)) {
        add_address_sets(o, everything);
    }
    if (everything || !sset_is_empty(&o->changes.port_groups)) {
        add_port_groups(o, everything);
    }
}
