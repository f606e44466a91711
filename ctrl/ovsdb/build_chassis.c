/* SPDX-License-Identifier: Apache-2.0 */

/* Chassis and their encaps, and which of them are not as the model has them. */

#include "build_model.h"
#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"

#define GENEVE_PORT 6081

void build_encap(struct model *m, struct model_chassis *chassis, const char *type, const char *ip,
                 const struct smap *options)
{
    unsigned int port = smap_get_uint(options, "dst_port", GENEVE_PORT);
    model_add_encap(m, chassis, type, ip, smap_get_bool(options, "csum", true),
                    port && port <= UINT16_MAX ? (uint16_t)port : GENEVE_PORT);
    if (smap_get_bool(options, "default-encap-ip", false) && !strcmp(type, "geneve")) {
        model_prefer_encap(chassis, ip);
    }
}

static void add_sb_encaps(struct model *m, struct model_chassis *chassis,
                          const struct sbrec_chassis *row)
{
    for (size_t i = 0; i < row->n_encaps; i++) {
        const struct sbrec_encap *e = row->encaps[i];
        build_encap(m, chassis, e->type, e->ip, &e->options);
    }
}

/* Those that the model has stay as they are. */
static void add_all(const struct ovsdb *o, struct model *m)
{
    const struct sbrec_chassis *row;
    SBREC_CHASSIS_FOR_EACH (row, o->sb.idl) {
        bool remote = smap_get_bool(&row->other_config, "is-remote", false);
        struct model_chassis *chassis = model_add_chassis(m, row->name, remote);
        if (chassis && !(remote && icsb_add_encaps(o, m, chassis))) {
            add_sb_encaps(m, chassis, row);
        }
    }
    icsb_add_gateways(o, m);
}

/* Names of `a` that `b` does not have, or not the same. */
static void compare(const struct model *a, const struct model *b, struct sset *differ)
{
    size_t n;
    struct model_chassis *const *list = model_chassis_list(a, &n);
    for (size_t i = 0; i < n; i++) {
        const char *name = list[i]->name;
        if (model_chassis_fingerprint(a, name) != model_chassis_fingerprint(b, name)) {
            sset_add(differ, name);
        }
    }
}

static bool is_at(const struct model_port *port, const struct sset *chassis)
{
    bool found = port->chassis && sset_contains(chassis, port->chassis->name);
    for (size_t i = 0; i < port->n_additional && !found; i++) {
        found = sset_contains(chassis, port->additional[i].chassis->name);
    }
    return found;
}

/* What refers to chassis that are to go. */
static void list_datapaths_at(struct ovsdb *o, const struct sset *chassis)
{
    size_t n;
    struct model_datapath *const *list = model_datapaths(o->model, &n);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < list[i]->n_ports && !is_at(list[i]->ports[k], chassis)) {
            k++;
        }
        if (k < list[i]->n_ports) {
            sset_add(&o->changes.datapaths, list[i]->uuid);
        }
    }
}

void build_chassis_compare(struct ovsdb *o, struct sset *differ)
{
    struct model *now = model_create(o->chassis, o->flows.cache);
    icsb_begin(o);
    doubled_follow(o);
    add_all(o, now);
    compare(o->model, now, differ);
    if (!sset_is_empty(differ)) {
        list_datapaths_at(o, differ);
    }
    /* A port in the SB is bound to a row that the SB has; its row says so when it changes. */
    compare(now, o->model, differ);
    icsb_list_ports_at(o, differ);
    model_free(now);
}

void build_chassis(struct ovsdb *o, const struct sset *differ)
{
    const char *name;
    SSET_FOR_EACH (name, differ) {
        model_remove_chassis(o->model, name);
    }
    add_all(o, o->model);
}
