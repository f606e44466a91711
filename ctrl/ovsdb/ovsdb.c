/* SPDX-License-Identifier: Apache-2.0 */
#include "build_model.h"
#include "flow_tap.h"
#include "private.h"

#include <arpa/inet.h>
#include <limits.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeline.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovsdb);

static const char *format_addr(const struct icgw_addr *a, char text[INET6_ADDRSTRLEN])
{
    return icgw_addr_is_v4(a) ? inet_ntop(AF_INET, a->bytes + 12, text, INET6_ADDRSTRLEN)
                              : inet_ntop(AF_INET6, a->bytes, text, INET6_ADDRSTRLEN);
}

static void copy_config(struct ovsdb *o, const struct ovsdb_config *c)
{
    o->chassis = xstrdup(c->chassis);
    o->hostname = xstrdup(c->hostname ? c->hostname : c->chassis);
    o->csum = c->csum;
    o->encap_ips = xcalloc(c->n_encap_ips, sizeof *o->encap_ips);
    o->encap_owners = xcalloc(c->n_encap_ips, sizeof *o->encap_owners);
    struct sset seen = SSET_INITIALIZER(&seen);
    for (size_t i = 0; i < c->n_encap_ips; i++) {
        char text[INET6_ADDRSTRLEN];
        if (sset_add(&seen, format_addr(&c->encap_ips[i], text))) {
            o->encap_ips[o->n_encap_ips++] = xstrdup(text);
        }
    }
    sset_destroy(&seen);
}

struct ovsdb *ovsdb_create(const struct ovsdb_config *c)
{
    struct ovsdb *o = xzalloc(sizeof *o);
    copy_config(o, c);
    datapaths_init(&o->datapaths);
    shash_init(&o->claims);
    sset_init(&o->served);
    sset_init(&o->served_before);
    shash_init(&o->peers);
    learned_init(&o->learned);
    learned_init(&o->learned_fdb);
    smap_init(&o->sb_said);
    shash_init(&o->locations);
    shash_init(&o->placed);
    shash_init(&o->ports_of);
    smap_init(&o->owners);
    sset_init(&o->doubled);
    shash_init(&o->port_keys);
    changes_init(&o->changes);
    flows_init(&o->flows, c->cache);
    o->lists_stale = true;
    o->nb_cfg_model = -1;
    o->unbound_until = LLONG_MAX;
    o->nb_cfg_wanted = -1;
    tasks_init(o);
    sb_open(o, c->southbound);
    stages_open(o, c->southbound);
    if (c->ic_southbound) {
        icsb_open(o, c->ic_southbound);
    }
    conditions_update(o, true);
    return o;
}

void ovsdb_destroy(struct ovsdb *o)
{
    if (!o) {
        return;
    }
    tasks_clear(o);
    session_close(&o->sb);
    session_close(&o->ic);
    session_close(&o->names);
    datapaths_clear(&o->datapaths);
    hmap_destroy(&o->datapaths.by_uuid);
    claims_clear(o);
    peers_clear(o);
    learn_clear(o);
    learn_fdb_clear(o);
    smap_destroy(&o->sb_said);
    icsb_clear(o);
    icsb_clear_keys(o);
    doubled_clear(o);
    shash_destroy_free_data(&o->ports_of);
    changes_destroy(&o->changes);
    model_free(o->model);
    flows_destroy(&o->flows);
    for (size_t i = 0; i < o->n_encap_ips; i++) {
        free(o->encap_ips[i]);
        free(o->encap_owners[i]);
    }
    free(o->encap_ips);
    free(o->encap_owners);
    free(o->hostname);
    free(o->chassis);
    free(o);
}

void ovsdb_set_remotes(struct ovsdb *o, const char *southbound, const char *ic_southbound)
{
    session_set_remote(&o->sb, southbound);
    session_set_remote(&o->ic, ic_southbound);
    session_set_remote(&o->names, southbound);
}

static void follow_sb(struct ovsdb *o)
{
    if (!session_has_data(&o->sb)) {
        return;
    }
    struct changes *c = &o->changes;
    changes_collect(o);
    o->seqno = session_seqno(&o->sb) + o->flows.seqno;
    if (c->topology) {
        datapaths_follow(o);
    }
    o->answered = conditions_update(o, c->topology || c->groups);
    if (c->topology || c->groups) {
        stages_choose(o);
    }
    c->datapaths_listed |= c->topology;
    c->lost |= c->topology;
    c->topology = c->groups = false;
    bool was_complete = o->complete;
    o->complete = o->answered && !hold_check(o) && stages_settled(o);
    if (c->members) {
        o->lists_stale = c->peers = true;
        tasks_kick(o, TASK_CLAIMS);
        c->members = false;
    }
    if (o->complete && (c->peers || !was_complete)) {
        peers_follow(o);
        c->peers = false;
    }
    if (o->complete && !was_complete) {
        tasks_kick(o, TASK_LEARN);
    }
}

static void follow_ic(struct ovsdb *o)
{
    unsigned int seqno = session_seqno(&o->ic);
    bool connected = session_connected(&o->ic);
    if (seqno != o->ic_seqno) {
        icsb_follow_keys(o);
    }
    o->changes.located |=
        seqno != o->ic_seqno || connected != o->ic_connected || time_msec() >= o->unbound_until;
    o->ic_seqno = seqno;
    o->ic_connected = connected;
}

static int64_t nb_cfg(const struct ovsdb *o)
{
    const struct sbrec_sb_global *global = sbrec_sb_global_first(o->sb.idl);
    return global ? global->nb_cfg : 0;
}

bool ovsdb_run(struct ovsdb *o)
{
    flow_tap_run(&o->sb, &o->flows);
    session_run(&o->ic);
    session_run(&o->names);
    follow_sb(o);
    follow_ic(o);
    stages_tell(o);
    tasks_run(o);
    claims_list(o);
    if (o->withdrawing && !o->withdrawn && session_is_away(&o->sb)) {
        if (session_has_data(&o->sb)) {
            TIMELINE_WARN("no connection to the Southbound: our rows stay");
        }
        o->withdrawn = true;
    }
    return o->complete && (changes_pending(o) || nb_cfg(o) != o->nb_cfg_model);
}

void ovsdb_wait(struct ovsdb *o)
{
    session_wait(&o->sb);
    session_wait(&o->ic);
    stages_wait(o);
    tasks_wait(o);
    if (o->complete && o->unbound_until != LLONG_MAX) {
        poll_timer_wait_until(o->unbound_until);
    }
    if (session_has_data(&o->sb) && !o->complete && time_msec() < o->hold.until) {
        poll_timer_wait_until(o->hold.until);
    }
}

const struct model *ovsdb_model(struct ovsdb *o)
{
    if (!o->complete) {
        return NULL;
    }
    if (changes_pending(o)) {
        build_model(o);
    }
    o->nb_cfg_model = nb_cfg(o);
    return o->model;
}

uint64_t ovsdb_n_filled(const struct ovsdb *o)
{
    return o->n_filled;
}

int64_t ovsdb_model_nb_cfg(const struct ovsdb *o)
{
    return o->nb_cfg_model;
}

void ovsdb_set_nb_cfg(struct ovsdb *o, int64_t nb_cfg)
{
    if (o->nb_cfg_wanted != nb_cfg) {
        o->nb_cfg_wanted = nb_cfg;
        tasks_kick(o, TASK_NB_CFG);
        tasks_kick(o, TASK_CHASSIS);
    }
}

void ovsdb_withdraw(struct ovsdb *o)
{
    o->withdrawing = true;
}

bool ovsdb_withdrawn(const struct ovsdb *o)
{
    return o->withdrawn;
}

void ovsdb_status(const struct ovsdb *o, struct ovsdb_status *s)
{
    const struct sbrec_chassis_private *row = session_has_data(&o->sb) ? sb_our_private(o) : NULL;
    *s = (struct ovsdb_status){
        .sb_connected = session_connected(&o->sb),
        .ic_connected = session_connected(&o->ic),
        .sb_remote = o->sb.remote,
        .ic_remote = o->ic.remote,
        .claimed = (const char *const *)o->claimed.names,
        .n_claimed = o->claimed.n,
        .standby = (const char *const *)o->standby.names,
        .n_standby = o->standby.n,
        .n_heirless = o->n_heirless,
        .doubled = o->doubled_list,
        .n_doubled = sset_count(&o->doubled),
        .nb_cfg = row ? row->nb_cfg : 0,
    };
}
