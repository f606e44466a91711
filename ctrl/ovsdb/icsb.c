/* SPDX-License-Identifier: Apache-2.0 */
#include "build_model.h"
#include "private.h"

#include <limits.h>

#include "icsb-idl.h"
#include "model.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeval.h"
#include "util.h"

/* How long a port without a gateway is still looked for at its last one. */
#define UNBOUND_GRACE_MS 5000

void icsb_open(struct ovsdb *o, const char *remote)
{
    session_open(&o->ic, "IC-SB", remote, &icsbrec_idl_class, true);
}

static const struct sbrec_chassis *sb_chassis(const struct ovsdb *o, const char *name)
{
    struct sbrec_chassis *target = sbrec_chassis_index_init_row(o->chassis_by_name);
    sbrec_chassis_index_set_name(target, name);
    const struct sbrec_chassis *found = sbrec_chassis_index_find(o->chassis_by_name, target);
    sbrec_chassis_index_destroy_row(target);
    return found;
}

/* The SB does not say which zone it is.  ovn-ic publishes our gateways under
 * it, ourselves soon after we have registered, our colleagues before that. */
static const struct icsbrec_availability_zone *find_zone(const struct ovsdb *o)
{
    const struct icsbrec_availability_zone *zone = NULL;
    const struct icsbrec_gateway *gw;
    if (!session_has_data(&o->ic)) {
        return NULL;
    }
    ICSBREC_GATEWAY_FOR_EACH (gw, o->ic.idl) {
        if (!strcmp(gw->name, o->chassis)) {
            return gw->availability_zone;
        }
        const struct sbrec_chassis *chassis = zone ? NULL : sb_chassis(o, gw->name);
        if (chassis && !smap_get_bool(&chassis->other_config, "is-remote", false)) {
            zone = gw->availability_zone;
        }
    }
    return zone;
}

void icsb_begin(struct ovsdb *o)
{
    o->zone = find_zone(o);
}

/* Addresses of this zone's chassis are left out. */
static size_t add_encaps(const struct ovsdb *o, struct model *m, struct model_chassis *chassis,
                         const struct icsbrec_gateway *gw)
{
    for (size_t i = 0; i < gw->n_encaps; i++) {
        const struct icsbrec_encap *e = gw->encaps[i];
        if (!doubled_owner(o, e->ip)) {
            build_encap(m, chassis, e->type, e->ip, &e->options);
        }
    }
    return chassis->n_encaps;
}

bool icsb_add_encaps(const struct ovsdb *o, struct model *m, struct model_chassis *chassis)
{
    const struct icsbrec_gateway *gw;
    if (!o->zone) {
        return false;
    }
    ICSBREC_GATEWAY_FOR_EACH (gw, o->ic.idl) {
        if (gw->availability_zone != o->zone && !strcmp(gw->name, chassis->name)) {
            return add_encaps(o, m, chassis, gw) > 0;
        }
    }
    return false;
}

static const struct icsbrec_gateway *find_gateway(const struct ovsdb *o, const char *name)
{
    const struct icsbrec_gateway *gw;
    ICSBREC_GATEWAY_FOR_EACH (gw, o->ic.idl) {
        if (!strcmp(gw->name, name)) {
            return gw;
        }
    }
    return NULL;
}

/* What IC-SB said of a port's gateway. */
struct location {
    char *gateway; /* the last one that was named … */
    char *ip;      /* … and its address, of the type `type` */
    char *type;
    struct smap options;
    long long unbound_at; /* ms; since when none is; LLONG_MAX: one is */
    bool seen;
};

static void location_free(struct location *l)
{
    if (l) {
        free(l->gateway);
        free(l->ip);
        free(l->type);
        smap_destroy(&l->options);
        free(l);
    }
}

static void remember(struct ovsdb *o, const struct icsbrec_port_binding *pb)
{
    const struct icsbrec_gateway *gw = find_gateway(o, pb->gateway);
    struct location *l = shash_find_data(&o->locations, pb->logical_port);
    if (!gw || !gw->n_encaps) {
        return;
    }
    location_free(l);
    l = xzalloc(sizeof *l);
    l->gateway = xstrdup(pb->gateway);
    l->ip = xstrdup(gw->encaps[0]->ip);
    l->type = xstrdup(gw->encaps[0]->type);
    smap_clone(&l->options, &gw->encaps[0]->options);
    l->unbound_at = LLONG_MAX;
    l->seen = true;
    shash_replace(&o->locations, pb->logical_port, l);
}

static bool is_in_grace(const struct location *l)
{
    return l->unbound_at == LLONG_MAX || time_msec() < l->unbound_at + UNBOUND_GRACE_MS;
}

/* Gateways that are gone from both databases together with the port's binding. */
static void add_remembered(const struct ovsdb *o, struct model *m)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &o->locations) {
        const struct location *l = node->data;
        struct model_chassis *chassis =
            is_in_grace(l) ? model_add_chassis(m, l->gateway, true) : NULL;
        if (chassis && !doubled_owner(o, l->ip)) {
            build_encap(m, chassis, l->type, l->ip, &l->options);
        }
    }
}

static bool begin_grace(struct ovsdb *o, struct location *l)
{
    l->unbound_at = MIN(l->unbound_at, time_msec());
    if (!is_in_grace(l)) {
        return false;
    }
    o->unbound_until = MIN(o->unbound_until, l->unbound_at + UNBOUND_GRACE_MS);
    return true;
}

/* Between two gateways of a zone some implementations leave a moment without
 * any, and rows that are deleted by mistake take a moment to come back.  The one
 * before forwards all the while, so it is still the best address. */
static const char *gateway_of(struct ovsdb *o, const struct icsbrec_port_binding *pb)
{
    struct location *l = shash_find_data(&o->locations, pb->logical_port);
    if (pb->gateway[0]) {
        remember(o, pb);
        return pb->gateway;
    }
    if (!l) {
        return "";
    }
    l->seen = true;
    return begin_grace(o, l) ? l->gateway : "";
}

/* Ports that are no longer there. */
static void forget_unseen(struct ovsdb *o)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &o->locations) {
        struct location *l = node->data;
        if (!l->seen && !begin_grace(o, l)) {
            location_free(l);
            shash_delete(&o->locations, node);
        } else {
            l->seen = false;
        }
    }
}

void icsb_add_gateways(const struct ovsdb *o, struct model *m)
{
    const struct icsbrec_gateway *gw;
    if (!o->zone) {
        return;
    }
    ICSBREC_GATEWAY_FOR_EACH (gw, o->ic.idl) {
        if (gw->availability_zone != o->zone && !sb_chassis(o, gw->name)) {
            struct model_chassis *chassis = model_add_chassis(m, gw->name, true);
            if (chassis) {
                add_encaps(o, m, chassis, gw);
            }
        }
    }
    add_remembered(o, m);
}

/* Whether IC-SB's word about a port is the later one.  While we are connected
 * it is; the SB has a copy of it at best.  While we are not, the SB's word is
 * later where it has changed since: the local ovn-ic may still be connected. */
static bool is_current(struct ovsdb *o, const char *port)
{
    const struct sbrec_port_binding *pb = sb_port(o, port);
    const char *chassis = pb && pb->chassis ? pb->chassis->name : "";
    if (session_connected(&o->ic)) {
        smap_replace(&o->sb_said, port, chassis);
        return true;
    }
    return !strcmp(chassis, smap_get_def(&o->sb_said, port, ""));
}

/* Where the model has a port of another zone. */
struct place {
    char *transit_switch;
    char *chassis;
    char *encap_ip; /* or NULL */
    bool seen;
};

static void place_free(struct place *p)
{
    if (p) {
        free(p->transit_switch);
        free(p->chassis);
        free(p->encap_ip);
        free(p);
    }
}

void icsb_forget_places(struct ovsdb *o)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &o->placed) {
        place_free(node->data);
        shash_delete(&o->placed, node);
    }
}

void icsb_clear(struct ovsdb *o)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &o->locations) {
        location_free(node->data);
    }
    shash_destroy(&o->locations);
    icsb_forget_places(o);
    shash_destroy(&o->placed);
}

static void list_datapath(struct ovsdb *o, const char *port)
{
    const struct model_port *p = model_port_by_name(o->model, port);
    if (p) {
        sset_add(&o->changes.datapaths, p->datapath->uuid);
    }
}

static void place(struct ovsdb *o, const struct icsbrec_port_binding *pb, const char *chassis)
{
    struct place *p = shash_find_data(&o->placed, pb->logical_port);
    const char *ip = pb->encap ? pb->encap->ip : NULL;
    bool same = p && !strcmp(p->transit_switch, pb->transit_switch) &&
                !strcmp(p->chassis, chassis) && nullable_string_is_equal(p->encap_ip, ip);
    if (!same) {
        place_free(p);
        p = xzalloc(sizeof *p);
        p->transit_switch = xstrdup(pb->transit_switch);
        p->chassis = xstrdup(chassis);
        p->encap_ip = nullable_xstrdup(ip);
        shash_replace(&o->placed, pb->logical_port, p);
        list_datapath(o, pb->logical_port);
    }
    p->seen = true;
}

static void forget_unseen_places(struct ovsdb *o)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &o->placed) {
        struct place *p = node->data;
        if (!p->seen) {
            list_datapath(o, node->name);
            place_free(p);
            shash_delete(&o->placed, node);
        } else {
            p->seen = false;
        }
    }
}

void icsb_list_ports_at(struct ovsdb *o, const struct sset *chassis)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &o->placed) {
        const struct place *p = node->data;
        if (sset_contains(chassis, p->chassis)) {
            list_datapath(o, node->name);
        }
    }
}

void icsb_place_port(const struct ovsdb *o, struct model *m, const char *port)
{
    const struct place *p = shash_find_data(&o->placed, port);
    if (p) {
        model_locate_port(m, p->transit_switch, port, p->chassis, p->encap_ip);
    }
}

static void locate_all(struct ovsdb *o)
{
    const struct icsbrec_port_binding *pb;
    if (session_connected(&o->ic)) {
        smap_clear(&o->sb_said);
    }
    ICSBREC_PORT_BINDING_FOR_EACH (pb, o->ic.idl) {
        /* Ports of transit routers say nothing here; their `gateway` is empty
         * and the SB has the chassis. */
        bool on_switch = !pb->type || !strcmp(pb->type, "transit-switch-port");
        if (on_switch && pb->availability_zone != o->zone && is_current(o, pb->logical_port)) {
            place(o, pb, gateway_of(o, pb));
        }
    }
    forget_unseen(o);
}

void icsb_locate_ports(struct ovsdb *o)
{
    o->unbound_until = LLONG_MAX; /* unless a port says otherwise */
    if (o->zone) {
        locate_all(o);
    }
    forget_unseen_places(o);
}
