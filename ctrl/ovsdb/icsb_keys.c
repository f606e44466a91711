/* SPDX-License-Identifier: Apache-2.0 */

/* By which keys other zones address the ports of this one on transit switches.
 *
 * ovn-ic allots them in IC-SB.  From there they come to each zone's Southbound by
 * its ovn-ic and northd, to each at its own time.  Until all have followed, packets
 * arrive with the new keys or with the old ones. */

#include "build_model.h"
#include "private.h"

#include "icsb-idl.h"
#include "model.h"
#include "ovsdb-idl.h"
#include "timeval.h"
#include "util.h"

/* How long another zone may take to follow. */
#define OLD_KEYS_MS 5000

struct port_keys {
    char *port;
    struct ovsdb_keys now;
    struct ovsdb_keys before; /* vni 0: none */
    long long changed_at;     /* ms */
    bool seen;
};

static bool is_ours(const struct ovsdb *o, const char *port)
{
    const struct model_port *p = o->model ? model_port_by_name(o->model, port) : NULL;
    return p && p->type != MODEL_PORT_REMOTE && p->datapath->transit;
}

/* False: as it was. */
static bool note(struct ovsdb *o, const char *port, struct ovsdb_keys keys)
{
    struct port_keys *p = shash_find_data(&o->port_keys, port);
    bool known = p;
    if (!p) {
        p = xzalloc(sizeof *p);
        p->port = xstrdup(port);
        shash_add(&o->port_keys, port, p);
    }
    p->seen = true;
    if (p->now.vni == keys.vni && p->now.port == keys.port) {
        return false;
    }
    p->before = p->now;
    p->now = keys;
    p->changed_at = known ? time_msec() : LLONG_MIN;
    return true;
}

static void free_keys(struct port_keys *p)
{
    free(p->port);
    free(p);
}

/* A row that is gone may come back with other keys: those of the port that the model
 * has are kept. */
static void forget_ports(struct ovsdb *o)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &o->port_keys) {
        struct port_keys *p = node->data;
        if (!p->seen && !is_ours(o, p->port)) {
            free_keys(p);
            shash_delete(&o->port_keys, node);
        } else {
            p->seen = false;
        }
    }
}

void icsb_follow_keys(struct ovsdb *o)
{
    struct shash vnis = SHASH_INITIALIZER(&vnis);
    const struct icsbrec_datapath_binding *dp;
    const struct icsbrec_port_binding *pb;
    bool changed = false;
    if (!session_has_data(&o->ic)) {
        return;
    }
    ICSBREC_DATAPATH_BINDING_FOR_EACH(dp, o->ic.idl)
    {
        shash_add_once(&vnis, dp->transit_switch, dp);
    }
    ICSBREC_PORT_BINDING_FOR_EACH (pb, o->ic.idl) {
        dp = is_ours(o, pb->logical_port) ? shash_find_data(&vnis, pb->transit_switch) : NULL;
        if (dp && dp->tunnel_key > 0 && dp->tunnel_key <= MODEL_MAX_VNI && pb->tunnel_key > 0 &&
            pb->tunnel_key < MODEL_FIRST_MULTICAST_KEY) {
            changed |= note(o, pb->logical_port,
                            (struct ovsdb_keys){.vni = (uint32_t)dp->tunnel_key,
                                                .port = (uint16_t)pb->tunnel_key});
        }
    }
    shash_destroy(&vnis);
    forget_ports(o);
    o->keys_version += changed;
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
        cb(aux, p->port, p->now);
        if (p->before.vni && time_msec() < p->changed_at + OLD_KEYS_MS) {
            cb(aux, p->port, p->before);
        }
    }
}
