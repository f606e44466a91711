/* SPDX-License-Identifier: Apache-2.0 */

/* Whom we speak BFD with, and what it has found out. */

#include "private.h"

#include <limits.h>

#include "bfd.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_peers);

/* Both ends make their tunnel, then shake hands at one packet a second. */
#define SETTLE_MS 5000

struct peer {
    long long since; /* ms */
    bool up;
    bool met; /* has been up since it is a peer */
    bool seen;
};

static void add_peer(struct ovsdb *o, const struct sbrec_chassis *chassis)
{
    if (!chassis || !strcmp(chassis->name, o->chassis) ||
        smap_get_bool(&chassis->other_config, "is-remote", false)) {
        return;
    }
    struct peer *p = shash_find_data(&o->peers, chassis->name);
    if (!p) {
        p = xzalloc(sizeof *p);
        p->since = time_msec();
        shash_add(&o->peers, chassis->name, p);
    }
    p->seen = true;
}

static bool is_member(const struct ovsdb *o, const struct sbrec_ha_chassis_group *group)
{
    for (size_t i = 0; i < group->n_ha_chassis; i++) {
        const struct sbrec_chassis *chassis = group->ha_chassis[i]->chassis;
        if (chassis && !strcmp(chassis->name, o->chassis)) {
            return true;
        }
    }
    return false;
}

static bool is_user(const struct ovsdb *o, const struct sbrec_ha_chassis_group *group)
{
    for (size_t i = 0; i < group->n_ref_chassis; i++) {
        if (!strcmp(group->ref_chassis[i]->name, o->chassis)) {
            return true;
        }
    }
    return false;
}

/* Members speak with each other and with those who use the group, and these with them. */
static void add_group(struct ovsdb *o, const struct sbrec_ha_chassis_group *group)
{
    bool member = is_member(o, group);
    for (size_t i = 0; (member || is_user(o, group)) && i < group->n_ha_chassis; i++) {
        add_peer(o, group->ha_chassis[i]->chassis);
    }
    for (size_t i = 0; member && i < group->n_ref_chassis; i++) {
        add_peer(o, group->ref_chassis[i]);
    }
}

static int compare_names(const void *a_, const void *b_)
{
    const char *const *a = a_;
    const char *const *b = b_;
    return strcmp(*a, *b);
}

static void list_names(struct ovsdb *o)
{
    free(o->peer_names);
    o->peer_names = xcalloc(shash_count(&o->peers) + 1, sizeof *o->peer_names);
    o->n_peer_names = 0;
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &o->peers) {
        o->peer_names[o->n_peer_names++] = node->name;
    }
    qsort(o->peer_names, o->n_peer_names, sizeof *o->peer_names, compare_names);
}

void peers_follow(struct ovsdb *o)
{
    const struct sbrec_ha_chassis_group *group;
    SBREC_HA_CHASSIS_GROUP_FOR_EACH (group, o->sb.idl) {
        if (group->n_ha_chassis >= 2) {
            add_group(o, group);
        }
    }
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &o->peers) {
        struct peer *p = node->data;
        if (!p->seen) {
            free(p);
            shash_delete(&o->peers, node);
        } else {
            p->seen = false;
        }
    }
    list_names(o);
    o->peers_known = true;
}

void peers_clear(struct ovsdb *o)
{
    shash_destroy_free_data(&o->peers);
    free(o->peer_names);
}

bool ovsdb_bfd_peers(const struct ovsdb *o, const char *const **names, size_t *n)
{
    *names = o->peer_names;
    *n = o->n_peer_names;
    return o->peers_known;
}

void ovsdb_bfd_timers(const struct ovsdb *o, struct bfd_timers *timers)
{
    *timers = (struct bfd_timers){.min_rx_ms = 0};
    const struct sbrec_sb_global *global =
        session_has_data(&o->sb) ? sbrec_sb_global_first(o->sb.idl) : NULL;
    if (global) {
        const struct smap *options = &global->options;
        timers->min_rx_ms = smap_get_uint(options, "bfd-min-rx", 0);
        timers->min_tx_ms = smap_get_uint(options, "bfd-min-tx", 0);
        timers->decay_min_rx_ms = smap_get_uint(options, "bfd-decay-min-rx", 0);
        unsigned int mult = smap_get_uint(options, "bfd-mult", 0);
        timers->mult = mult <= UINT8_MAX ? (uint8_t)mult : 0; /* as Open vSwitch takes it */
    }
}

static void peers_changed(struct ovsdb *o)
{
    o->lists_stale = true;
    tasks_kick(o, TASK_CLAIMS);
}

static bool is_listed(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(name, names[i])) {
            return true;
        }
    }
    return false;
}

void ovsdb_set_bfd(struct ovsdb *o, const char *const *names, size_t n)
{
    const struct shash_node *node;
    if (o->resigned) {
        return;
    }
    SHASH_FOR_EACH (node, &o->peers) {
        struct peer *p = node->data;
        bool up = is_listed(node->name, names, n);
        if (p->up != up) {
            VLOG_DBG("BFD with %s is %s", node->name, up ? "up" : "down");
            p->up = up;
            p->met |= up;
            peers_changed(o);
        }
    }
}

void ovsdb_set_draining(struct ovsdb *o, bool draining)
{
    if (o->draining != draining) {
        o->draining = draining;
        peers_changed(o);
    }
}

void ovsdb_set_resigned(struct ovsdb *o, bool resigned)
{
    if (o->resigned == resigned) {
        return;
    }
    o->resigned = resigned;
    peers_changed(o);
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &o->peers) {
        struct peer *p = node->data;
        if (!resigned) { /* as after a start: BFD begins anew */
            *p = (struct peer){.since = time_msec()};
        }
    }
}

bool peers_any_up(const struct ovsdb *o)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &o->peers) {
        const struct peer *p = node->data;
        if (p->up) {
            return true;
        }
    }
    return false;
}

bool peers_up(const struct ovsdb *o, const char *chassis)
{
    const struct peer *p = shash_find_data(&o->peers, chassis);
    return p && p->up;
}

static bool is_settling(const struct peer *p)
{
    return !p->met && time_msec() < p->since + SETTLE_MS;
}

bool peers_settling(const struct ovsdb *o, const char *chassis)
{
    const struct peer *p = shash_find_data(&o->peers, chassis);
    return p && is_settling(p);
}

long long peers_settle_at(const struct ovsdb *o)
{
    long long when = LLONG_MAX;
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &o->peers) {
        const struct peer *p = node->data;
        if (is_settling(p)) {
            when = MIN(when, p->since + SETTLE_MS);
        }
    }
    return when;
}
