/* SPDX-License-Identifier: Apache-2.0 */

/* By which keys other zones address the ports of this one on transit switches.
 *
 * ovn-ic allots them in IC-SB.  From there they come to each zone's Southbound by
 * its ovn-ic and northd, to each at its own time.  Until all have followed, packets
 * arrive with the new keys or with the old ones. */

#include "build_model.h"
#include "private.h"

#include <inttypes.h>
#include <limits.h>

#include "icsb-idl.h"
#include "model.h"
#include "ovsdb-idl.h"
#include "timeval.h"
#include "util.h"

/* How long another zone may take to follow. */
#define OLD_KEYS_MS 5000

/* When several ovn-ic make a transit switch at the same time, it has several rows for a
 * moment, and each zone follows the one that it saw first. */
#define MAX_ROWS_OF_SWITCH 8

struct vnis {
    uint32_t vni[MAX_ROWS_OF_SWITCH];
    size_t n;
};

/* A port is known by this. */
struct port_keys {
    char *port;
    struct ovsdb_keys keys;
    long long gone_at; /* ms; LLONG_MAX: IC-SB or the model has it */
    bool seen;
};

/* NULL: not one of this zone's on a transit switch. */
static const struct model_port *find_port(const struct ovsdb *o, const char *name)
{
    const struct model_port *p = o->model ? model_port_by_name(o->model, name) : NULL;
    return p && p->type != MODEL_PORT_REMOTE && p->datapath->transit ? p : NULL;
}

static void note(struct ovsdb *o, const char *port, uint32_t vni, int64_t port_key)
{
    if (port_key <= 0 || port_key >= MODEL_FIRST_MULTICAST_KEY) {
        return;
    }
    char *name = xasprintf("%s %" PRIu32 " %" PRId64, port, vni, port_key);
    struct port_keys *p = shash_find_data(&o->port_keys, name);
    if (!p) {
        p = xzalloc(sizeof *p);
        p->port = xstrdup(port);
        p->keys = (struct ovsdb_keys){.vni = vni, .port = (uint16_t)port_key};
        shash_add(&o->port_keys, name, p);
        o->keys_version++;
    }
    p->seen = true;
    free(name);
}

static void free_keys(struct port_keys *p)
{
    free(p->port);
    free(p);
}

static bool is_of_use(const struct port_keys *p)
{
    return p->gone_at == LLONG_MAX || time_msec() < p->gone_at + OLD_KEYS_MS;
}

static void age(struct ovsdb *o)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &o->port_keys) {
        struct port_keys *p = node->data;
        p->gone_at = p->seen ? LLONG_MAX : MIN(p->gone_at, time_msec());
        p->seen = false;
        if (!is_of_use(p)) {
            free_keys(p);
            shash_delete(&o->port_keys, node);
        }
    }
}

static void list_switches(const struct ovsdb *o, struct shash *switches)
{
    const struct icsbrec_datapath_binding *dp;
    ICSBREC_DATAPATH_BINDING_FOR_EACH(dp, o->ic.idl)
    {
        struct vnis *v = shash_find_data(switches, dp->transit_switch);
        if (!v) {
            v = xzalloc(sizeof *v);
            shash_add(switches, dp->transit_switch, v);
        }
        if (v->n < ARRAY_SIZE(v->vni) && dp->tunnel_key > 0 && dp->tunnel_key <= MODEL_MAX_VNI) {
            v->vni[v->n++] = (uint32_t)dp->tunnel_key;
        }
    }
}

/* Those of the model, also while IC-SB has no row of the port. */
static void note_known(struct ovsdb *o)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &o->port_keys) {
        struct port_keys *k = node->data;
        const struct model_port *p = find_port(o, k->port);
        k->seen |= p && p->datapath->key == k->keys.vni && p->key == k->keys.port;
    }
}

void icsb_follow_keys(struct ovsdb *o)
{
    struct shash switches = SHASH_INITIALIZER(&switches);
    const struct icsbrec_port_binding *pb;
    if (!session_has_data(&o->ic)) {
        return;
    }
    list_switches(o, &switches);
    ICSBREC_PORT_BINDING_FOR_EACH (pb, o->ic.idl) {
        const struct model_port *p = find_port(o, pb->logical_port);
        const struct vnis *v = p ? shash_find_data(&switches, pb->transit_switch) : NULL;
        for (size_t i = 0; v && i < v->n; i++) {
            note(o, p->name, v->vni[i], pb->tunnel_key);
        }
        if (p) {
            note(o, p->name, p->datapath->key, p->key);
        }
    }
    shash_destroy_free_data(&switches);
    note_known(o);
    age(o);
}

void icsb_clear_keys(struct ovsdb *o)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &o->port_keys) {
        free_keys(node->data);
    }
    shash_destroy(&o->port_keys);
}

uint64_t ovsdb_keys_version(const struct ovsdb *o)
{
    return o->keys_version;
}

void ovsdb_for_each_keys(const struct ovsdb *o, ovsdb_keys_cb *cb, void *aux)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &o->port_keys) {
        const struct port_keys *p = node->data;
        if (is_of_use(p)) {
            cb(aux, p->port, p->keys);
        }
    }
}
