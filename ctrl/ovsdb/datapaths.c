/* SPDX-License-Identifier: Apache-2.0 */
#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "util.h"

void datapaths_init(struct datapaths *d)
{
    *d = (struct datapaths){.by_uuid = HMAP_INITIALIZER(&d->by_uuid)};
}

void datapaths_clear(struct datapaths *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->list[i]);
    }
    free(d->list);
    hmap_destroy(&d->by_uuid);
    datapaths_init(d);
}

const struct datapath *datapaths_find_row(const struct datapaths *d, const struct uuid *uuid)
{
    const struct datapath *dp;
    HMAP_FOR_EACH_WITH_HASH (dp, node, uuid_hash(uuid), &d->by_uuid) {
        if (uuid_equals(&dp->row->header_.uuid, uuid)) {
            return dp;
        }
    }
    return NULL;
}

const struct datapath *datapaths_find(const struct datapaths *d,
                                      const struct sbrec_datapath_binding *row)
{
    const struct datapath *dp;
    if (row) {
        HMAP_FOR_EACH_WITH_HASH (dp, node, uuid_hash(&row->header_.uuid), &d->by_uuid) {
            if (dp->row == row) {
                return dp;
            }
        }
    }
    return NULL;
}

const struct datapath *datapaths_find_uuid(const struct datapaths *d, const char *text)
{
    const struct datapath *dp;
    struct uuid uuid;
    if (uuid_from_string(&uuid, text)) {
        HMAP_FOR_EACH_WITH_HASH (dp, node, uuid_hash(&uuid), &d->by_uuid) {
            if (!strcmp(dp->uuid, text)) {
                return dp;
            }
        }
    }
    return NULL;
}

static void add(struct datapaths *d, const struct sbrec_datapath_binding *row)
{
    if (!row || datapaths_find(d, row)) {
        return;
    }
    struct datapath *dp = xzalloc(sizeof *dp);
    dp->row = row;
    snprintf(dp->uuid, sizeof dp->uuid, UUID_FMT, UUID_ARGS(&row->header_.uuid));
    hmap_insert(&d->by_uuid, &dp->node, uuid_hash(&row->header_.uuid));
    if (d->n == d->allocated) {
        d->list = x2nrealloc(d->list, &d->allocated, sizeof *d->list);
    }
    d->list[d->n++] = dp;
}

/* Ports that this gateway holds or may come to hold. */
static void add_own(struct ovsdb *o)
{
    static const char *const types[] = {"chassisredirect", "l3gateway", "patch"};
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        const struct sbrec_port_binding *pb;
        SB_FOR_EACH_PORT_OF_TYPE (pb, target, o, types[i]) {
            bool bound = pb->chassis && !strcmp(pb->chassis->name, o->chassis);
            if (bound || members_include_us(o, pb)) {
                add(&o->datapaths, pb->datapath);
            }
        }
    }
}

bool datapath_is_router(const struct sbrec_datapath_binding *dp)
{
    /* The column is newer than the key of the same name in external_ids. */
    return (dp->type && !strcmp(dp->type, "logical-router")) ||
           smap_get(&dp->external_ids, "logical-router");
}

/* The chassisredirect port that stands for a patch port, if it has one. */
static const struct sbrec_port_binding *redirect_of(const struct ovsdb *o,
                                                    const struct sbrec_port_binding *pb)
{
    const char *name = smap_get(&pb->options, "chassis-redirect-port");
    return name ? sb_port(o, name) : NULL;
}

/* Whether packets can cross from `pb` to `peer` on this chassis.  A gateway
 * port that others hold is where a router ends for us: packets for it go to
 * them by tunnel. */
static bool crosses(const struct ovsdb *o, const struct sbrec_port_binding *pb,
                    const struct sbrec_port_binding *peer)
{
    if (!strcmp(pb->type, "l3gateway")) {
        return members_include_us(o, pb);
    }
    if (strcmp(pb->type, "patch") || !peer->datapath) {
        return false;
    }
    const struct sbrec_port_binding *far = redirect_of(o, peer);
    if (far && !datapath_is_router(pb->datapath) && datapath_is_router(peer->datapath)) {
        return members_include_us(o, far);
    }
    const struct sbrec_port_binding *near = redirect_of(o, pb);
    return !near || !smap_get_bool(&near->options, "always-redirect", false) ||
           members_include_us(o, near);
}

static void add_peers(struct ovsdb *o, const struct sbrec_datapath_binding *row)
{
    struct sbrec_port_binding *target = sbrec_port_binding_index_init_row(o->ports_by_datapath);
    sbrec_port_binding_index_set_datapath(target, row);
    const struct sbrec_port_binding *pb;
    SBREC_PORT_BINDING_FOR_EACH_EQUAL (pb, target, o->ports_by_datapath) {
        const char *name = smap_get(&pb->options, "peer");
        const struct sbrec_port_binding *peer = name ? sb_port(o, name) : NULL;
        if (peer && crosses(o, pb, peer)) {
            add(&o->datapaths, peer->datapath);
        }
    }
    sbrec_port_binding_index_destroy_row(target);
}

static int compare(const void *a_, const void *b_)
{
    const struct datapath *const *a = a_;
    const struct datapath *const *b = b_;
    return strcmp((*a)->uuid, (*b)->uuid);
}

void datapaths_follow(struct ovsdb *o)
{
    datapaths_clear(&o->datapaths);
    add_own(o);
    for (size_t i = 0; i < o->datapaths.n; i++) { /* grows on the way */
        add_peers(o, o->datapaths.list[i]->row);
    }
    if (o->datapaths.n) {
        qsort(o->datapaths.list, o->datapaths.n, sizeof *o->datapaths.list, compare);
    }
}
