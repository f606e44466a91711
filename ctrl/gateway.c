/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "gateway.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "bfd.h"
#include "capture_command.h"
#include "collect.h"
#include "gateway_bfd.h"
#include "gateway_state.h"
#include "gateway_will.h"
#include "icgw_capture.h"
#include "icgw_pmd.h"
#include "lflow.h"
#include "metrics.h"
#include "model.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb.h"
#include "slow_path.h"
#include "specialise.h"
#include "state_file.h"
#include "timeline.h"
#include "timeval.h"
#include "trace_live.h"
#include "transit_keys.h"
#include "tunnels.h"
#include "underlay.h"
#include "util.h"
#include "will.h"

VLOG_DEFINE_THIS_MODULE(gateway);

/* Packets of the slow path per turn of the main loop: the databases get theirs. */
#define SLOW_BURST 64

/* How often to look whether all workers use the newest tables. */
#define IN_USE_POLL_MS 5

static struct rte_mbuf *slow_alloc(const void *data, uint16_t len)
{
    return icgw_pmd_mbuf(data, len);
}

static void slow_transmit(uint16_t port, struct rte_mbuf *m)
{
    icgw_pmd_tx(port, m);
}

static void slow_learn(void *aux, const char *datapath, const char *port, const char *ip,
                       const char *mac)
{
    struct gateway *gw = aux;
    ovsdb_learn(gw->ovsdb, datapath, port, ip, mac);
}

static void slow_learn_fdb(void *aux, uint32_t datapath_key, uint16_t port_key, const char *mac)
{
    struct gateway *gw = aux;
    ovsdb_learn_fdb(gw->ovsdb, datapath_key, port_key, mac);
}

static int64_t slow_now(void)
{
    return time_msec();
}

/* What the port's device can do and what has been made of it. */
static void log_notes(uint16_t port)
{
    struct icgw_port_info info;
    icgw_pmd_port_info(port, &info);
    for (uint16_t i = 0; i < info.n_notes; i++) {
        VLOG(info.notes[i].warning ? VLL_WARN : VLL_INFO, "port %s: %s", info.name,
             info.notes[i].text);
    }
}

static bool start_workers(const struct icgw_config *config, char **error)
{
    static const enum icgw_spread spreads[] = {
        [ICGW_CONFIG_SPREAD_AUTO] = ICGW_SPREAD_AUTO,
        [ICGW_CONFIG_SPREAD_QUEUES] = ICGW_SPREAD_QUEUES,
        [ICGW_CONFIG_SPREAD_SOFTWARE] = ICGW_SPREAD_HANDOVER,
    };
    struct icgw_addr ips[ICGW_CONFIG_MAX_ENCAP_IPS];
    struct icgw_pmd_config pmd = {
        .program = "ovnic-gw",
        .locals = ips,
        .n_locals = (uint16_t)gateway_encap_ips(config, ips),
        .huge_pages = config->huge_pages,
        .memory_mib = config->memory_mib,
        .n_workers = (uint16_t)config->cores,
        .idle_sleep = config->idle_sleep,
        .n_ports = (uint16_t)config->n_ports,
    };
    for (size_t i = 0; i < config->n_ports; i++) {
        pmd.ports[i].name = config->ports[i].name;
        pmd.ports[i].device = config->ports[i].device;
        pmd.ports[i].host_interface = config->ports[i].host_interface;
        pmd.ports[i].mtu = config->ports[i].mtu;
        pmd.ports[i].spread = spreads[config->ports[i].spread];
    }
    if (!icgw_pmd_start(&pmd, error)) {
        return false;
    }
    for (uint16_t i = 0; i < icgw_pmd_n_ports(); i++) {
        log_notes(i);
    }
    return true;
}

static bool add_addresses(struct gateway *gw, const struct icgw_config_port *port, char **error)
{
    for (size_t i = 0; i < port->n_addresses; i++) {
        const struct icgw_config_address *from = &port->addresses[i];
        struct icgw_addr addr;
        memcpy(addr.bytes, from->ip.bytes, sizeof addr.bytes);
        if (!underlay_add_address(gw->underlay, port->host_interface, &addr, from->prefix_len,
                                  error)) {
            return false;
        }
    }
    return true;
}

/* The kernel would act on what it shares with net_af_packet.  Where that cannot
 * be kept from it the gateway works all the same. */
static void shield(struct gateway *gw, const struct icgw_config_port *port)
{
    const char *interface = strstr(port->device, "iface=");
    char name[16], *error = NULL;
    if (strncmp(port->device, "net_af_packet", strlen("net_af_packet")) != 0 || interface == NULL) {
        return;
    }
    interface += strlen("iface=");
    ovs_strlcpy(name, interface, MIN(sizeof name, strcspn(interface, ",") + 1));
    if (!underlay_shield(gw->underlay, name, &error)) {
        VLOG_WARN("port %s: %s", port->name, error);
        free(error);
    }
}

static bool start_underlay(struct gateway *gw, char **error)
{
    const struct icgw_config *config = gw->config;
    const char *names[ICGW_CONFIG_MAX_PORTS];
    for (size_t i = 0; i < config->n_ports; i++) {
        names[i] = config->ports[i].host_interface;
    }
    gw->underlay = underlay_open(names, (uint16_t)config->n_ports, error);
    if (gw->underlay == NULL) {
        return false;
    }
    for (size_t i = 0; i < config->n_ports; i++) {
        shield(gw, &config->ports[i]);
        if (!add_addresses(gw, &config->ports[i], error)) {
            return false;
        }
    }
    return true;
}

size_t gateway_encap_ips(const struct icgw_config *config, struct icgw_addr *ips)
{
    for (size_t i = 0; i < config->n_encap_ips; i++) {
        memcpy(ips[i].bytes, config->encap_ips[i].bytes, sizeof ips[i].bytes);
    }
    return config->n_encap_ips;
}

static void start_databases(struct gateway *gw)
{
    struct icgw_addr ips[ICGW_CONFIG_MAX_ENCAP_IPS];
    char hostname[256] = "";
    gethostname(hostname, sizeof hostname - 1);
    struct ovsdb_config config = {
        .chassis = gw->config->chassis,
        .hostname = hostname,
        .encap_ips = ips,
        .n_encap_ips = gateway_encap_ips(gw->config, ips),
        .csum = gw->config->encap_csum,
        .southbound = gw->config->southbound,
        .ic_southbound = gw->config->ic_southbound,
        .cache = gw->cache,
    };
    gw->ovsdb = ovsdb_create(&config);
}

/* Before the databases have been read: our addresses are known, so that tunnel
 * packets are dropped and counted instead of going to the kernel. */
static bool publish_empty(const struct icgw_config *config, char **error)
{
    struct icgw_addr ips[ICGW_CONFIG_MAX_ENCAP_IPS];
    size_t n = gateway_encap_ips(config, ips);
    struct icgw_tables *tables = icgw_tables_create(0, 0, 0, ips, (uint16_t)n);
    if (tables == NULL) {
        *error = xstrdup("no memory for forwarding tables; raise [dpdk] memory");
        return false;
    }
    icgw_pmd_publish(tables);
    return true;
}

static bool start_metrics(struct gateway *gw, char **error)
{
    struct icgw_addr addr;
    if (gw->config->metrics_port == 0) {
        return true;
    }
    memcpy(addr.bytes, gw->config->metrics_ip.bytes, sizeof addr.bytes);
    gw->metrics = metrics_start(&addr, gw->config->metrics_port, error);
    return gw->metrics != NULL;
}

/* The packet that the slow path has; NULL: one that has waited for a neighbour. */
static struct rte_mbuf *at_hand;

/* For captures. */
static void on_slow_drop(void *aux, enum icgw_drop reason, const struct lflow *flow)
{
    (void)aux;
    if (at_hand != NULL && icgw_pmd_capture_wants_drops()) {
        icgw_pmd_capture_drop(rte_pktmbuf_mtod(at_hand, const void *), at_hand->data_len,
                              (uint8_t)reason, flow != NULL ? flow->uuid : NULL);
    }
}

static const struct slow_path_observer observer = {.drop = on_slow_drop};

bool gateway_start(struct gateway *gw, const struct icgw_config *config, char **error)
{
    static const struct slow_path_ops ops = {slow_alloc, slow_transmit, slow_learn, slow_learn_fdb,
                                             slow_now};

    memset(gw, 0, sizeof *gw);
    gw->config = config;
    gateway_will_start(gw);
    if (!start_workers(config, error)) {
        bfd_will_destroy(gw->will);
        return false;
    }
    gateway_will_add_ports(gw);
    if (!publish_empty(config, error) || !start_underlay(gw, error) || !start_metrics(gw, error) ||
        !gateway_bfd_start(gw, error)) {
        metrics_stop(gw->metrics);
        if (gw->underlay != NULL) {
            underlay_close(gw->underlay);
        }
        icgw_pmd_stop();
        bfd_will_destroy(gw->will);
        return false;
    }
    gw->cache = lflow_cache_create();
    gw->slow_path = slow_path_create(&ops, gw);
    slow_path_observe(gw->slow_path, &observer);
    start_databases(gw);
    return true;
}

static void log_report(void *aux, const struct specialised_report *r)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 60);
    (void)aux;
    VLOG_WARN_RL(&rl, "%s at %s is %s: %s; flow: %s%s%s", r->destination, r->port,
                 r->unsupported ? "unsupported and dropped" : "on the slow path", r->why, r->flow,
                 r->needs[0] ? "; needs: " : "", r->needs);
}

/* Not when all endpoints are as they were. */
static void log_tables(const struct specialised *before, const struct specialised *now)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 20);
    size_t n_anew = now->n_endpoints - now->n_reused;
    bool changed = before == NULL || n_anew > 0 || before->n_endpoints != now->n_endpoints ||
                   before->n_tunnels != now->n_tunnels;
    if (changed && !VLOG_DROP_INFO(&rl)) {
        TIMELINE_INFO("tables: %zu destinations at %zu endpoints (%zu of them new or changed), "
                      "%zu tunnels",
                      now->n_destinations, now->n_endpoints, n_anew, now->n_tunnels);
    }
}

static void publish(struct gateway *gw, struct icgw_tables *tables)
{
    icgw_pmd_publish(tables);
    gw->published = icgw_pmd_published();
}

/* New tables for a model, which may be the one before, brought up to date.  The old
 * tables go on when there is no memory for new ones. */
static bool use_model(struct gateway *gw, const struct model *model)
{
    struct icgw_addr ips[ICGW_CONFIG_MAX_ENCAP_IPS];
    size_t n_ips = gateway_encap_ips(gw->config, ips);
    long long int start = time_usec();
    struct specialised *s = specialise_again(model, ips, n_ips, gw->specialised, icgw_pmd_tables());
    if (s == NULL) {
        VLOG_ERR("no memory for forwarding tables: going on with the old ones; "
                 "raise [dpdk] memory");
        return false;
    }
    tunnels_want(gw->underlay, s, ips, n_ips);
    if (!tunnels_fill(s->tables, s, gw->underlay) ||
        !transit_keys_add(s->tables, model, gw->ovsdb)) {
        VLOG_ERR("no memory for tunnels: going on with the old ones; raise [dpdk] memory");
        tunnels_want(gw->underlay, gw->specialised ? gw->specialised : s, ips, n_ips);
        specialised_free(s);
        return false;
    }
    log_tables(gw->specialised, s);
    gw->specialise_ms = (double)(time_usec() - start) / 1000;
    convergence_specialised(&gw->convergence, time_usec());
    publish(gw, s->tables);
    convergence_published(&gw->convergence, time_usec());
    s->tables = NULL; /* the workers have them */
    slow_path_update(gw->slow_path, model, s, icgw_pmd_tables());
    specialised_new_reports(s, gw->specialised, log_report, NULL);
    specialised_free(gw->specialised);
    gw->specialised = s;
    gw->model = model;
    gw->version = model_version(model);
    gw->keys_version = ovsdb_keys_version(gw->ovsdb);
    return true;
}

static void follow_databases(struct gateway *gw)
{
    const struct model *model = ovsdb_model(gw->ovsdb);
    if (model == NULL) {
        return;
    }
    gw->nb_cfg = ovsdb_model_nb_cfg(gw->ovsdb);
    if (model == gw->model && model_version(model) == gw->version && !gw->stale) {
        return; /* nothing that forwarding goes by */
    }
    convergence_model(&gw->convergence, time_usec());
    gw->stale = !use_model(gw, model);
    if (gw->model == model) {
        model_free(gw->loaded);
        gw->loaded = NULL;
    }
}

void gateway_load_state(struct gateway *gw, const char *path)
{
    char *why;
    gateway_bfd_load(gw, path);
    struct model *model = state_file_load(path, gw->config->chassis, gw->cache, &why);
    if (model != NULL) {
        gw->loaded = model;
        gw->nb_cfg = -1;
        use_model(gw, model);
        gw->convergence = (struct convergence){.waiting = false}; /* no change has been read */
        TIMELINE_INFO("forwarding by the state that the last run left in %s", path);
    } else if (why != NULL) {
        VLOG_WARN("%s", why);
    }
    free(why);
}

static void follow_underlay(struct gateway *gw)
{
    if (gw->specialised == NULL) {
        return;
    }
    struct icgw_tables *tables = icgw_tables_clone(icgw_pmd_tables());
    if (tables == NULL || !tunnels_fill(tables, gw->specialised, gw->underlay)) {
        VLOG_ERR("no memory for tunnels: next hops stay as they were; raise [dpdk] memory");
        icgw_tables_free(tables);
        return;
    }
    publish(gw, tables);
    slow_path_set_tables(gw->slow_path, icgw_pmd_tables());
}

/* Said once, however often it is tried again. */
static void follow_trouble(struct gateway *gw)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 10);
    const char *trouble = underlay_trouble(gw->underlay);
    if ((trouble != NULL) == gw->underlay_trouble) {
        return;
    }
    gw->underlay_trouble = trouble != NULL;
    if (trouble != NULL) {
        VLOG_WARN_RL(&rl, "underlay: %s: next hops may be out of date; trying again", trouble);
    } else {
        VLOG_INFO_RL(&rl, "underlay: next hops are up to date again");
    }
}

/* The model waits for the Southbound, other zones do not. */
static void follow_keys(struct gateway *gw)
{
    uint64_t version = ovsdb_keys_version(gw->ovsdb);
    if (version == gw->keys_version || gw->model == NULL || gw->stale) {
        return;
    }
    gw->keys_version = version;
    if (!transit_keys_missing(icgw_pmd_tables(), gw->model, gw->ovsdb)) {
        return;
    }
    struct icgw_tables *tables = icgw_tables_clone(icgw_pmd_tables());
    if (tables == NULL || !transit_keys_add(tables, gw->model, gw->ovsdb)) {
        VLOG_ERR("no memory for keys that IC-SB has changed; raise [dpdk] memory");
        icgw_tables_free(tables);
        return;
    }
    publish(gw, tables);
    slow_path_set_tables(gw->slow_path, icgw_pmd_tables());
}

static void run_slow_path(struct gateway *gw)
{
    struct rte_mbuf *pkts[SLOW_BURST];
    enum icgw_slow reasons[SLOW_BURST];
    uint16_t n = icgw_pmd_slow_rx(pkts, reasons, SLOW_BURST);
    for (uint16_t i = 0; i < n; i++) {
        at_hand = pkts[i];
        slow_path_packet(gw->slow_path, pkts[i]);
    }
    at_hand = NULL;
    if (n == SLOW_BURST) {
        poll_immediate_wake();
    }
}

/* Once BFD is down on purpose, it stays so: by then there is nothing left that others
 * could take over. */
static void run_drain(struct gateway *gw)
{
    struct drain *d = &gw->drain;
    drain_run(d, gw->ovsdb, icgw_pmd_arrived(), time_msec());
    bool resigned = d->reasons != 0 && (gw->resigned || d->has_heirs);
    if (resigned != gw->resigned) {
        gw->resigned = resigned;
        ovsdb_set_resigned(gw->ovsdb, resigned);
        bfd_set_admin_down(gw->bfd, resigned);
    }
}

void gateway_drain(struct gateway *gw, enum drain_reason reason, bool on)
{
    if (drain_change(&gw->drain, gw->ovsdb, reason, on)) {
        run_drain(gw);
    }
}

static void run_metrics(struct gateway *gw)
{
    struct metrics_snapshot snapshot;
    if (gw->metrics != NULL && metrics_wanted(gw->metrics)) {
        collect_snapshot(gw, &snapshot);
        metrics_put(gw->metrics, &snapshot);
    }
}

void gateway_run(struct gateway *gw)
{
    convergence_read(&gw->convergence, time_usec());
    if (ovsdb_run(gw->ovsdb)) {
        follow_databases(gw);
    }
    follow_keys(gw);
    if (underlay_run(gw->underlay)) {
        follow_underlay(gw);
    }
    follow_trouble(gw);
    run_slow_path(gw);
    capture_command_run();
    trace_live_run();
    icgw_pmd_run();
    health_run(gw);
    gateway_bfd_run(gw);
    run_metrics(gw);
    run_drain(gw);
    if (gw->model != NULL && !gw->stale && icgw_pmd_in_use() >= gw->published) {
        convergence_in_use(&gw->convergence, time_usec());
        ovsdb_set_nb_cfg(gw->ovsdb, gw->nb_cfg);
    }
}

static void wait_until(int64_t when)
{
    if (when != INT64_MAX) {
        poll_timer_wait_until(when);
    }
}

void gateway_wait(struct gateway *gw)
{
    ovsdb_wait(gw->ovsdb);
    poll_fd_wait(underlay_fd(gw->underlay), POLLIN);
    poll_fd_wait(icgw_pmd_slow_fd(), POLLIN);
    poll_fd_wait(bfd_fd(gw->bfd), POLLIN);
    capture_command_wait();
    trace_live_wait();
    wait_until(underlay_wakeup(gw->underlay));
    if (gw->metrics != NULL) {
        poll_fd_wait(metrics_fd(gw->metrics), POLLIN);
    }
    wait_until(slow_path_run(gw->slow_path));
    wait_until(drain_wakeup(&gw->drain));
    wait_until(health_wakeup(gw));
    wait_until(gateway_state_wakeup(gw));
    wait_until(totals_sample(&gw->history, gw, time_msec()));
    if (icgw_pmd_in_use() < icgw_pmd_published()) {
        poll_timer_wait(IN_USE_POLL_MS);
    }
}

static void stop_workers(void)
{
    struct icgw_worker_info info;
    int stuck = icgw_pmd_stop();

    if (stuck >= 0) {
        icgw_pmd_worker_info((uint16_t)stuck, &info);
        TIMELINE_WARN("worker %d (thread %d, CPU %u) does not stop: ending without it", stuck,
                      info.thread, info.core);
    }
}

void gateway_stop(struct gateway *gw)
{
    metrics_stop(gw->metrics);
    capture_command_stop();
    trace_live_stop();
    bfd_destroy(gw->bfd);
    bfd_will_destroy(gw->will);
    free(gw->bfd_resume);
    slow_path_destroy(gw->slow_path);
    specialised_free(gw->specialised); /* its endpoints are in DPDK's memory */
    stop_workers();
    ovsdb_destroy(gw->ovsdb);
    underlay_close(gw->underlay);
    model_free(gw->loaded);
    lflow_cache_free(gw->cache);
}
