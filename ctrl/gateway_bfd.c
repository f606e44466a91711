/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "gateway_bfd.h"

#include <errno.h>
#include <string.h>

#include "bfd.h"
#include "bfd_resume.h"
#include "gateway.h"
#include "hash.h"
#include "icgw_pmd.h"
#include "model.h"
#include "openvswitch/vlog.h"
#include "ovsdb.h"
#include "specialise.h"
#include "timeline.h"
#include "tunnels.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(bfd);

/* BFD thread.  Account 0: numbers have run out; any traffic has to do. */
static uint64_t arrived(uint16_t account)
{
    return account != 0 ? icgw_pmd_traffic(account).packets : icgw_pmd_arrived();
}

bool gateway_bfd_start(struct gateway *gw, char **error)
{
    static const struct bfd_ops ops = {
        .receive_fd = icgw_pmd_bfd_fd,
        .receive = icgw_pmd_bfd_rx,
        .transmit = icgw_pmd_bfd_tx,
        .arrived = arrived,
    };
    BUILD_ASSERT_DECL(BFD_FRAME_MAX == ICGW_BFD_FRAME_MAX);

    gw->bfd = bfd_create(&ops, gw->will);
    if (gw->bfd == NULL) {
        *error = xasprintf("cannot start the BFD thread: %s", ovs_strerror(errno));
    }
    return gw->bfd != NULL;
}

/* One session for each pair of addresses of one family, as each end has a tunnel
 * for each. */
static size_t add_sessions(const struct gateway *gw, const struct model_chassis *chassis,
                           const struct icgw_addr *ips, size_t n_ips,
                           struct bfd_session_config *sessions)
{
    size_t n = 0;
    for (size_t i = 0; i < chassis->n_encaps; i++) {
        const struct model_encap *encap = &chassis->encaps[i];
        for (size_t k = 0; k < n_ips; k++) {
            if (icgw_addr_is_v4(&ips[k]) != icgw_addr_is_v4(&encap->ip)) {
                continue;
            }
            struct specialised_tunnel way = {ips[k], encap->ip, encap->dst_port, encap->csum};
            struct bfd_session_config *session = &sessions[n++];
            session->chassis = chassis->name;
            session->local = way.local;
            session->remote = way.remote;
            session->account = icgw_account(ICGW_ACCOUNT_FROM_PEER, &way.remote, 0);
            tunnels_make(&session->tunnel, &way, gw->underlay);
            bfd_resume_apply(gw->bfd_resume, session);
        }
    }
    return n;
}

static void set_sessions(struct gateway *gw, const char *const *names, size_t n_names)
{
    struct icgw_addr ips[ICGW_CONFIG_MAX_ENCAP_IPS];
    size_t n_ips = gateway_encap_ips(gw->config, ips);
    const struct model_chassis *chassis;
    size_t n = 0, max = 0;

    for (size_t i = 0; i < n_names; i++) {
        chassis = model_chassis_by_name(gw->model, names[i]);
        max += chassis ? chassis->n_encaps * n_ips : 0;
    }
    struct bfd_session_config *sessions = xcalloc(max + 1, sizeof *sessions);
    for (size_t i = 0; i < n_names; i++) {
        chassis = model_chassis_by_name(gw->model, names[i]);
        if (chassis != NULL && !chassis->self && !chassis->remote) {
            n += add_sessions(gw, chassis, ips, n_ips, sessions + n);
        }
    }
    bfd_set_sessions(gw->bfd, sessions, n);
    free(sessions);
    if (n > 0) {
        free(gw->bfd_resume);
        gw->bfd_resume = NULL;
    }
}

/* Follows the databases and the underlay.  What they said last stays in force
 * while they say nothing. */
static void follow(struct gateway *gw)
{
    const char *const *names;
    size_t n;
    struct bfd_timers timers;

    if (gw->model == NULL || !ovsdb_bfd_peers(gw->ovsdb, &names, &n)) {
        return;
    }
    ovsdb_bfd_timers(gw->ovsdb, &timers);
    if (!bfd_timers_equal(&timers, &gw->bfd_timers)) {
        gw->bfd_timers = timers;
        bfd_set_timers(gw->bfd, &timers);
    }
    /* Model and tunnels are new with each publication. */
    uint64_t hash = icgw_pmd_published() << 32;
    uint32_t names_hash = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        names_hash = hash_string(names[i], names_hash);
    }
    hash |= names_hash;
    if (hash != gw->bfd_hash) {
        gw->bfd_hash = hash;
        set_sessions(gw, names, n);
    }
}

/* Not what is on its way up, or down on purpose. */
static void log_change(const struct bfd_session_status *s)
{
    if (s->up) {
        TIMELINE_INFO("BFD with %s is up", s->chassis);
    } else if (s->state == BFD_DOWN && s->flaps > 0) {
        TIMELINE_WARN("BFD with %s is down: %s", s->chassis, bfd_diag_name(s->diag));
    }
}

/* Elections go by who is up. */
static void tell(struct gateway *gw)
{
    static int64_t told_ms; /* changes until then are in the log */
    const struct bfd_snapshot *s = bfd_peers(gw->bfd);
    const char **up = xcalloc(s->n_peers + 1, sizeof *up);
    int64_t newest = told_ms;
    size_t n = 0;

    for (size_t i = 0; i < s->n_peers; i++) {
        if (s->peers[i].up) {
            up[n++] = s->peers[i].chassis;
        }
    }
    for (size_t i = 0; i < s->n_sessions; i++) {
        if (s->sessions[i].changed_ms > told_ms) {
            newest = MAX(newest, s->sessions[i].changed_ms);
            log_change(&s->sessions[i]);
        }
    }
    told_ms = newest;
    ovsdb_set_bfd(gw->ovsdb, up, n);
    free(up);
}

void gateway_bfd_save(struct gateway *gw, const char *path)
{
    char *file = xasprintf("%s.bfd", path);
    const struct bfd_snapshot *s = bfd_peers(gw->bfd);
    if (!s->admin_down && !bfd_resume_save(file, s)) {
        VLOG_WARN("%s: %s; peers will notice the restart", file, ovs_strerror(errno));
    }
    free(file);
}

void gateway_bfd_load(struct gateway *gw, const char *path)
{
    char *file = xasprintf("%s.bfd", path);
    gw->bfd_resume = bfd_resume_load(file);
    free(file);
}

void gateway_bfd_run(struct gateway *gw)
{
    follow(gw);
    if (bfd_changed(gw->bfd)) {
        tell(gw);
    }
}
