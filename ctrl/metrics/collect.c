/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "collect.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "bfd.h"
#include "exposition.h"
#include "gateway.h"
#include "icgw_pmd.h"
#include "metrics.h"
#include "model.h"
#include "openvswitch/json.h"
#include "ovsdb.h"
#include "report.h"
#include "slow_path.h"
#include "specialise.h"
#include "totals.h"
#include "util.h"
#include "view.h"

static void put_gauge(struct exposition *e, const char *name, const char *help, uint64_t value)
{
    exposition_gauge(e, name, help);
    exposition_integer(e, NULL, value);
}

static void collect_reasons(const struct gateway *gw, struct exposition *e)
{
    struct totals totals;
    totals_add_up(gw, &totals);
    exposition_counter(e, "dropped_packets", "Packets dropped, by reason.");
    for (enum icgw_drop i = 0; i < ICGW_N_DROPS; i++) {
        const struct label labels[] = {{"reason", icgw_drop_name(i)}, {NULL, NULL}};
        exposition_integer(e, labels, totals.drops[i]);
    }
    exposition_counter(e, "slow_path_packets", "Packets off the fast path, by reason.");
    for (enum icgw_slow i = 0; i < ICGW_N_SLOWS; i++) {
        const struct label labels[] = {{"reason", icgw_slow_name(i)}, {NULL, NULL}};
        exposition_integer(e, labels, totals.slow[i]);
    }
    exposition_counter(e, "slow_path_transmit_packets", "Packets sent by the slow path.");
    exposition_integer(e, NULL, slow_path_stats(gw->slow_path)->tx_packets);
}

static void collect_databases(const struct gateway *gw, struct exposition *e)
{
    struct ovsdb_status s;
    ovsdb_status(gw->ovsdb, &s);
    exposition_gauge(e, "database_connected", "Whether the database answers.");
    exposition_integer(e, (const struct label[]){{"database", "southbound"}, {NULL, NULL}},
                       s.sb_connected);
    exposition_integer(e, (const struct label[]){{"database", "ic_southbound"}, {NULL, NULL}},
                       s.ic_connected);
    put_gauge(e, "nb_cfg", "Configuration that is in force, as acknowledged.", (uint64_t)s.nb_cfg);
    put_gauge(e, "heirless_ports", "Ports held that nobody else could take over.", s.n_heirless);
    exposition_gauge(e, "gateway_port_held", "Whether this chassis holds the gateway port.");
    for (size_t i = 0; i < s.n_claimed; i++) {
        const struct label labels[] = {{"port", s.claimed[i]}, {NULL, NULL}};
        exposition_integer(e, labels, 1);
    }
    for (size_t i = 0; i < s.n_standby; i++) {
        const struct label labels[] = {{"port", s.standby[i]}, {NULL, NULL}};
        exposition_integer(e, labels, 0);
    }
}

static void collect_tables(const struct gateway *gw, struct exposition *e)
{
    const struct specialised *s = gw->specialised;
    size_t n_transit = 0, n = 0;
    struct model_datapath *const *list = gw->model ? model_datapaths(gw->model, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        n_transit += list[i]->transit;
    }
    put_gauge(e, "transit_datapaths", "Transit switches and routers.", n_transit);
    put_gauge(e, "endpoints", "Ports that packets arrive at.", s ? s->n_endpoints : 0);
    put_gauge(e, "destinations", "Entries of the forwarding tables.", s ? s->n_destinations : 0);
    put_gauge(e, "tunnels", "Tunnels to other chassis.", s ? s->n_tunnels : 0);
    put_gauge(e, "unsupported_destinations", "Destinations dropped as unsupported.",
              s ? s->n_unsupported : 0);
    put_gauge(e, "slow_destinations", "Destinations forwarded by the slow path only.",
              s ? s->n_reports - s->n_unsupported : 0);
    put_gauge(e, "tables_stale", "Whether the newest state could not be put into tables.",
              gw->stale);
    put_gauge(e, "traffic_accounts", "Counters by peer and transit datapath; at most 16,383.",
              icgw_accounts() - 1u);
    exposition_counter(e, "tables_published", "Times that workers got new tables.");
    exposition_integer(e, NULL, icgw_pmd_published());
    exposition_gauge(e, "specialise_seconds", "Time that the newest tables took to compute.");
    exposition_real(e, NULL, gw->specialise_ms / 1000);
}

static void collect_tunnels(const struct gateway *gw, struct exposition *e)
{
    exposition_gauge(e, "tunnel_resolved", "Whether the kernel knows the next hop.");
    for (size_t i = 0; gw->specialised != NULL && i < gw->specialised->n_tunnels; i++) {
        struct json *tunnel = report_tunnel(gw, i);
        const struct label labels[] = {{"chassis", view_string(tunnel, "chassis")},
                                       {"local", view_string(tunnel, "local")},
                                       {"remote", view_string(tunnel, "remote")},
                                       {NULL, NULL}};
        exposition_integer(e, labels, view_bool(tunnel, "resolved"));
        json_destroy(tunnel);
    }
}

/* Each session's value of one kind: a family is one block. */
static void put_sessions(struct exposition *e, const struct json *sessions, const char *member)
{
    const struct json *s;
    VIEW_FOR_EACH(s, i, sessions)
    {
        const struct label labels[] = {{"chassis", view_string(s, "chassis")},
                                       {"local", view_string(s, "local")},
                                       {"remote", view_string(s, "remote")},
                                       {NULL, NULL}};
        exposition_integer(e, labels, view_bool(s, member) ? 1 : (uint64_t)view_integer(s, member));
    }
}

static void collect_bfd(const struct gateway *gw, struct exposition *e)
{
    struct json *sessions = report_bfd_sessions(gw);
    exposition_gauge(e, "bfd_session_up", "Whether the session is up.");
    put_sessions(e, sessions, "up");
    exposition_counter(e, "bfd_session_flaps", "Times that the session left Up.");
    put_sessions(e, sessions, "flaps");
    exposition_counter(e, "bfd_receive_packets", "BFD packets of the peer.");
    put_sessions(e, sessions, "rx_packets");
    exposition_counter(e, "bfd_transmit_packets", "BFD packets to the peer.");
    put_sessions(e, sessions, "tx_packets");
    json_destroy(sessions);
    exposition_gauge(e, "bfd_transmit_late_max_seconds",
                     "Longest delay of a BFD packet behind its time.");
    exposition_real(e, NULL, (double)bfd_peers(gw->bfd)->stats.max_late_us * 1e-6);
}

static void put_histogram(struct exposition *e, const char *step,
                          const struct convergence_histogram *h)
{
    const struct label labels[] = {{"step", step}, {NULL, NULL}};
    uint64_t below = 0;
    for (unsigned int i = 0; i < CONVERGENCE_BUCKETS; i++) {
        uint64_t bound = convergence_bound(i);
        below += h->buckets[i];
        exposition_bucket(e, labels, bound == UINT64_MAX ? (double)INFINITY : (double)bound * 1e-6,
                          below);
    }
    exposition_sum(e, labels, (double)h->sum_us * 1e-6, below);
}

static void collect_convergence(const struct gateway *gw, struct exposition *e)
{
    const struct convergence *c = &gw->convergence;
    exposition_histogram(e, "convergence_seconds",
                         "From a change of the databases to the workers, by step.");
    put_histogram(e, "model", &c->model);
    put_histogram(e, "specialise", &c->specialise);
    put_histogram(e, "publish", &c->publish);
    put_histogram(e, "total", &c->total);
    put_histogram(e, "in_use", &c->in_use);
}

static void collect_problems(const struct gateway *gw, struct exposition *e)
{
    struct json *problems = report_problems(gw);
    const struct json *problem;
    uint64_t errors = 0;
    VIEW_FOR_EACH(problem, i, problems)
    {
        errors += !strcmp(view_string(problem, "severity"), "error");
    }
    exposition_gauge(e, "problems", "What `ovnic-gw-ctl status` lists.");
    exposition_integer(e, (const struct label[]){{"severity", "error"}, {NULL, NULL}}, errors);
    exposition_integer(e, (const struct label[]){{"severity", "warning"}, {NULL, NULL}},
                       view_count(problems) - errors);
    json_destroy(problems);
}

static char *collect(const struct gateway *gw, bool open_metrics)
{
    struct exposition e;
    exposition_begin(&e, open_metrics);
    exposition_gauge(&e, "build_info", "1, with the version.");
    exposition_integer(&e,
                       (const struct label[]){{"version", ICGW_VERSION},
                                              {"chassis", gw->config->chassis},
                                              {NULL, NULL}},
                       1);
    exposition_gauge(&e, "snapshot_timestamp_seconds", "When these values were taken.");
    exposition_integer(&e, NULL, (uint64_t)time(NULL));
    put_gauge(&e, "draining", "Whether the work is left to others.", gw->drain.reasons != 0);
    collect_problems(gw, &e);
    collect_workers(&e);
    collect_ports(&e);
    collect_traffic(gw, &e);
    collect_reasons(gw, &e);
    collect_databases(gw, &e);
    collect_tables(gw, &e);
    collect_tunnels(gw, &e);
    collect_bfd(gw, &e);
    collect_convergence(gw, &e);
    return exposition_end(&e);
}

void collect_snapshot(const struct gateway *gw, struct metrics_snapshot *snapshot)
{
    snapshot->open_metrics = collect(gw, true);
    snapshot->plain = collect(gw, false);
}
