/* SPDX-License-Identifier: Apache-2.0 */
#include "private.h"

#include <limits.h>

#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeline.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_claims);

/* Two chassis that both believe to hold a port would otherwise take it from
 * each other as fast as the server can. */
#define TAKE_INTERVAL_MS 2000

/* Who is to hold the port after us takes it over; that leaves no moment in
 * which ovn-ic publishes a port that nobody holds.  Where we are no longer a
 * member, we clear it if nobody has come: new members need some seconds for BFD
 * among themselves. */
#define RELEASE_DELAY_MS 10000

/* A member that takes a port from us does not see us.  It may be we who are cut
 * off, and BFD is about to say so: the two ends of a path find out up to a
 * packet's interval apart. */
#define YIELD_MS 2500

struct claim {
    long long asked_at;    /* ms; by the transaction under way; LLONG_MIN: not */
    long long taken_at;    /* ms; LLONG_MIN: never */
    long long inactive_at; /* ms; LLONG_MAX: we are to hold it */
    long long lost_at;     /* ms; to another holder; LLONG_MIN: never */
    bool held;             /* when last looked at */
    bool seen;
};

static struct claim *get_claim(struct ovsdb *o, const char *port)
{
    struct claim *c = shash_find_data(&o->claims, port);
    if (!c) {
        c = xmalloc(sizeof *c);
        *c = (struct claim){
            .asked_at = LLONG_MIN,
            .taken_at = LLONG_MIN,
            .inactive_at = LLONG_MAX,
            .lost_at = LLONG_MIN,
        };
        shash_add(&o->claims, port, c);
    }
    c->seen = true;
    return c;
}

static void note_holder(struct ovsdb *o, const struct sbrec_port_binding *pb,
                        const struct sbrec_chassis *us)
{
    struct claim *c = get_claim(o, pb->logical_port);
    if (c->held && pb->chassis && pb->chassis != us) {
        c->lost_at = time_msec();
        TIMELINE_INFO("%s has been taken over by %s", pb->logical_port, pb->chassis->name);
    }
    c->held = pb->chassis == us;
}

/* When the port may be taken from its holder; LLONG_MIN: at any time. */
static long long may_take_at(const struct claim *c, const struct sbrec_port_binding *pb)
{
    long long when = LLONG_MIN;
    if (pb->chassis && c->taken_at != LLONG_MIN) {
        when = c->taken_at + TAKE_INTERVAL_MS;
    }
    if (pb->chassis && c->lost_at != LLONG_MIN && members_include(pb, pb->chassis)) {
        when = MAX(when, c->lost_at + YIELD_MS);
    }
    return when;
}

/* After a start or a drain: as long as the holder lives, hypervisors get the time to make
 * their tunnels to us.  Other zones send here as soon as the port is ours. */
static bool is_too_early(const struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    return pb->chassis && peers_up(o, pb->chassis->name) && peers_settle_at(o) != LLONG_MAX;
}

static bool claim(struct ovsdb *o, struct task *t, const struct sbrec_port_binding *pb,
                  const struct sbrec_chassis *us)
{
    struct claim *c = get_claim(o, pb->logical_port);
    c->inactive_at = LLONG_MAX;
    bool changed = false;
    if (pb->chassis != us) {
        if (is_too_early(o, pb)) {
            return false; /* claims_compose() sees to it that we come back */
        }
        long long now = time_msec();
        long long when = may_take_at(c, pb);
        if (now < when) {
            task_wake_at(t, when);
            return false;
        }
        TIMELINE_INFO("claiming %s%s%s", pb->logical_port, pb->chassis ? " from " : "",
                      pb->chassis ? pb->chassis->name : "");
        c->asked_at = now;
        sbrec_port_binding_set_chassis(pb, us);
        changed = true;
    }
    if (pb->n_up && !pb->up[0]) {
        bool up = true;
        sbrec_port_binding_set_up(pb, &up, 1);
        changed = true;
    }
    return changed;
}

/* A port bound to us that is not ours to hold.  A member leaves it as it is
 * until another takes it over: it forwards all the while, and a port that
 * nobody holds serves nobody. */
static bool release(struct ovsdb *o, struct task *t, const struct sbrec_port_binding *pb)
{
    if (members_include_us(o, pb)) {
        return false;
    }
    struct claim *c = get_claim(o, pb->logical_port);
    bool heir = members_include_others(o, pb);
    long long now = time_msec();
    c->inactive_at = MIN(c->inactive_at, now);
    if (heir && now < c->inactive_at + RELEASE_DELAY_MS) {
        task_wake_at(t, c->inactive_at + RELEASE_DELAY_MS);
        return false;
    }
    TIMELINE_INFO("releasing %s", pb->logical_port);
    sbrec_port_binding_verify_chassis(pb); /* only what is still ours */
    sbrec_port_binding_set_chassis(pb, NULL);
    return true;
}

static struct sbrec_port_binding *bound_to(const struct ovsdb *o,
                                           const struct sbrec_chassis *chassis)
{
    struct sbrec_port_binding *target = sbrec_port_binding_index_init_row(o->ports_by_chassis);
    sbrec_port_binding_index_set_chassis(target, chassis);
    return target;
}

static bool release_all_inactive(struct ovsdb *o, struct task *t, const struct sbrec_chassis *us)
{
    bool changed = false;
    struct sbrec_port_binding *target = bound_to(o, us);
    const struct sbrec_port_binding *pb;
    SBREC_PORT_BINDING_FOR_EACH_EQUAL (pb, target, o->ports_by_chassis) {
        if (!members_elect_us(o, pb)) {
            changed |= release(o, t, pb);
        }
    }
    sbrec_port_binding_index_destroy_row(target);
    return changed;
}

static bool claim_all_active(struct ovsdb *o, struct task *t, const struct sbrec_chassis *us)
{
    static const char *const types[] = {"chassisredirect", "l3gateway", "patch"};
    bool changed = false;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        const struct sbrec_port_binding *pb;
        SB_FOR_EACH_PORT_OF_TYPE (pb, target, o, types[i]) {
            if (members_include_us(o, pb)) {
                note_holder(o, pb, us);
            }
            /* Not before a model in which it is resident has been handed out:
             * packets come as soon as it is ours. */
            if (members_elect_us(o, pb) && sset_contains(&o->served, pb->logical_port)) {
                changed |= claim(o, t, pb, us);
            }
        }
    }
    return changed;
}

static void forget_unseen(struct ovsdb *o)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &o->claims) {
        struct claim *c = node->data;
        if (!c->seen) {
            free(c);
            shash_delete(&o->claims, node);
        } else {
            c->seen = false;
        }
    }
}

bool claims_compose(struct ovsdb *o, struct task *t, struct ovsdb_idl_txn *txn OVS_UNUSED)
{
    const struct sbrec_chassis *us = sb_our_chassis(o);
    if (!us) {
        return false;
    }
    bool changed = release_all_inactive(o, t, us);
    changed |= claim_all_active(o, t, us);
    forget_unseen(o);
    task_wake_at(t, peers_settle_at(o));
    return changed;
}

/* What was not committed, nobody has taken from us. */
void claims_done(struct ovsdb *o, enum task_outcome outcome)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &o->claims) {
        struct claim *c = node->data;
        if (c->asked_at != LLONG_MIN && outcome == TASK_DONE) {
            c->taken_at = c->asked_at;
            c->held = true;
        }
        c->asked_at = LLONG_MIN;
    }
}

static int compare_names(const void *a_, const void *b_)
{
    const char *const *a = a_;
    const char *const *b = b_;
    return strcmp(*a, *b);
}

static void ports_add(struct ports *p, const char *name)
{
    if (p->n == p->allocated) {
        p->names = x2nrealloc(p->names, &p->allocated, sizeof *p->names);
    }
    p->names[p->n++] = xstrdup(name);
}

static void ports_clear(struct ports *p)
{
    while (p->n) {
        free(p->names[--p->n]);
    }
}

static bool ports_have(const struct ports *p, const char *name)
{
    return p->n && bsearch(&name, p->names, p->n, sizeof *p->names, compare_names);
}

static void ports_sort(struct ports *p)
{
    if (p->n) {
        qsort(p->names, p->n, sizeof *p->names, compare_names);
    }
}

static void list_standby(struct ovsdb *o, const struct sbrec_chassis *us)
{
    const struct sbrec_port_binding *pb;
    SB_FOR_EACH_PORT_OF_TYPE (pb, target, o, "chassisredirect") {
        if (pb->chassis != us && members_include_us(o, pb)) {
            ports_add(&o->standby, pb->logical_port);
        }
    }
    ports_sort(&o->standby);
}

void claims_follow(struct ovsdb *o, const struct sbrec_port_binding *pb)
{
    bool ours = pb->chassis && !strcmp(pb->chassis->name, o->chassis);
    if (ours || members_include_us(o, pb) || !strcmp(pb->type, "chassisredirect") ||
        !strcmp(pb->type, "l3gateway") || ports_have(&o->claimed, pb->logical_port) ||
        ports_have(&o->standby, pb->logical_port)) {
        o->lists_stale = true;
        tasks_kick(o, TASK_CLAIMS);
    }
}

void claims_list(struct ovsdb *o)
{
    if (!o->lists_stale) {
        return;
    }
    o->lists_stale = false;
    ports_clear(&o->claimed);
    ports_clear(&o->standby);
    o->n_heirless = 0;
    const struct sbrec_chassis *us = sb_our_chassis(o);
    if (!us) {
        return;
    }
    struct sbrec_port_binding *target = bound_to(o, us);
    const struct sbrec_port_binding *pb;
    SBREC_PORT_BINDING_FOR_EACH_EQUAL (pb, target, o->ports_by_chassis) {
        ports_add(&o->claimed, pb->logical_port);
        o->n_heirless += !members_have_heir(o, pb);
    }
    sbrec_port_binding_index_destroy_row(target);
    ports_sort(&o->claimed);
    list_standby(o, us);
}

void claims_clear(struct ovsdb *o)
{
    shash_destroy_free_data(&o->claims);
    sset_destroy(&o->served);
    sset_destroy(&o->served_before);
    ports_clear(&o->claimed);
    ports_clear(&o->standby);
    free(o->claimed.names);
    free(o->standby.names);
}
