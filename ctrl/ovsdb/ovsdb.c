/* SPDX-License-Identifier: Apache-2.0 */
#include "build_model.h"
#include "private.h"

#include <arpa/inet.h>
#include <limits.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
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
    shash_init(&o->peers);
    ovs_list_init(&o->learned);
    smap_init(&o->sb_said);
    shash_init(&o->locations);
    o->unbound_until = LLONG_MAX;
    o->nb_cfg_wanted = -1;
    tasks_init(o);
    sb_open(o, c->southbound);
    if (c->ic_southbound) {
        icsb_open(o, c->ic_southbound);
    }
    conditions_update(o);
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
    datapaths_clear(&o->datapaths);
    hmap_destroy(&o->datapaths.by_uuid);
    claims_clear(o);
    peers_clear(o);
    learn_clear(o);
    smap_destroy(&o->sb_said);
    icsb_clear(o);
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

static void follow_sb(struct ovsdb *o)
{
    if (!session_has_data(&o->sb)) {
        return;
    }
    unsigned int seqno = session_seqno(&o->sb);
    unsigned int seqno_before = o->seqno;
    if (seqno != o->seqno) {
        datapaths_follow(o);
    }
    if (seqno != o->seqno || !o->answered) {
        o->answered = conditions_update(o);
    }
    o->seqno = seqno;
    bool was_complete = o->complete;
    o->complete = o->answered && !hold_check(o);
    if (o->complete && (seqno != seqno_before || !was_complete)) {
        peers_follow(o);
    }
    if (o->complete && !was_complete) {
        tasks_kick(o, TASK_LEARN);
    }
}

bool ovsdb_run(struct ovsdb *o)
{
    session_run(&o->sb);
    session_run(&o->ic);
    follow_sb(o);
    tasks_run(o);
    claims_list(o);
    if (o->withdrawing && !session_connected(&o->sb)) {
        o->withdrawn = true;
    }

    unsigned int ic = session_seqno(&o->ic);
    bool late = time_msec() >= o->unbound_until;
    if (!o->complete || (o->told_sb == o->seqno && o->told_ic == ic && !late)) {
        return false;
    }
    o->unbound_until = LLONG_MAX;
    o->told_sb = o->seqno;
    o->told_ic = ic;
    return true;
}

void ovsdb_wait(struct ovsdb *o)
{
    session_wait(&o->sb);
    session_wait(&o->ic);
    tasks_wait(o);
    if (o->complete && o->unbound_until != LLONG_MAX) {
        poll_timer_wait_until(o->unbound_until);
    }
    if (session_has_data(&o->sb) && !o->complete && time_msec() < o->hold.until) {
        poll_timer_wait_until(o->hold.until);
    }
}

struct model *ovsdb_model(struct ovsdb *o, struct lflow_cache *cache)
{
    if (!o->complete) {
        return NULL;
    }
    struct model *m = build_model(o, cache);
    tasks_kick(o, TASK_CLAIMS);
    const struct sbrec_sb_global *global = sbrec_sb_global_first(o->sb.idl);
    o->nb_cfg_model = global ? global->nb_cfg : 0;
    return m;
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
        .claimed = o->claimed.names,
        .n_claimed = o->claimed.n,
        .standby = o->standby.names,
        .n_standby = o->standby.n,
        .n_heirless = o->n_heirless,
        .nb_cfg = row ? row->nb_cfg : 0,
    };
}
