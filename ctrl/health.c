/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "health.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gateway.h"
#include "icgw_pmd.h"
#include "openvswitch/vlog.h"
#include "specialise.h"
#include "timeline.h"
#include "timeval.h"
#include "underlay.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(health);

#define LOOK_MS 100

/* A worker polls every millisecond, or every burst; on a machine whose CPUs are
 * shared it may have to wait its turn. */
#define STUCK_MS 1000

/* Others take over without a loss, but twice: not for every hiccup. */
#define WELL_MS 5000

static void look_at_worker(struct health_worker *h, uint16_t index, int64_t elapsed)
{
    struct icgw_worker_info info;
    icgw_pmd_worker_info(index, &info);
    if (info.stats.polls != h->polls) {
        if (h->stuck) {
            TIMELINE_WARN("worker %u (CPU %u) goes on after %" PRId64 " ms", index, info.core,
                          h->still_ms);
        }
        *h = (struct health_worker){.polls = info.stats.polls};
        return;
    }
    h->still_ms += elapsed;
    if (!h->stuck && h->still_ms >= STUCK_MS) {
        h->stuck = true;
        TIMELINE_WARN("worker %u (CPU %u) has been stuck for %" PRId64
                      " ms: what arrives at its queues is lost; leaving the work to others",
                      index, info.core, h->still_ms);
    }
}

/* Ill at once, well again only when it has been for a while. */
static void follow(struct gateway *gw, enum drain_reason reason, bool well, int64_t *well_at,
                   int64_t now)
{
    if (!well) {
        *well_at = now + WELL_MS;
        gateway_drain(gw, reason, true);
    } else if (*well_at != 0 && now >= *well_at) {
        *well_at = 0;
        gateway_drain(gw, reason, false);
    }
}

static void look_at_workers(struct gateway *gw, int64_t elapsed, int64_t now)
{
    struct health *h = &gw->health;
    bool well = true;
    for (uint16_t i = 0; i < icgw_pmd_n_workers(); i++) {
        look_at_worker(&h->workers[i], i, elapsed);
        well &= !h->workers[i].stuck;
    }
    follow(gw, DRAIN_WORKER, well, &h->workers_well_at, now);
}

/* The host interface goes with the port, so that the kernel's routes, and
 * routing daemons, choose another way.  Links change without a word from the
 * driver. */
static void follow_link(struct gateway *gw, uint16_t index, bool up)
{
    const struct icgw_config_port *port = &gw->config->ports[index];
    char *error = NULL;
    if (up) {
        TIMELINE_INFO("port %s: link is up", port->name);
    } else if (gw->health.looked_at != 0) {
        TIMELINE_WARN("port %s: link is down", port->name);
    }
    if (!underlay_set_carrier(gw->underlay, port->host_interface, up, &error)) {
        VLOG_WARN("port %s: %s", port->name, error ? error : "out of memory");
        free(error);
    }
}

static bool all_tunnels_resolved(const struct gateway *gw)
{
    const struct icgw_tables *tables = icgw_pmd_tables();
    for (uint16_t i = 0; gw->specialised != NULL && i < tables->n_tunnels; i++) {
        if (tables->tunnels[i] == NULL || !tables->tunnels[i]->resolved) {
            return false;
        }
    }
    return true;
}

/* With all links down nobody is reached, and BFD says so to both ends. */
static void look_at_links(struct gateway *gw, int64_t now)
{
    struct health *h = &gw->health;
    uint16_t n_up = 0, n_ports = icgw_pmd_n_ports();
    for (uint16_t i = 0; i < n_ports; i++) {
        bool up = icgw_pmd_link_up(i);
        if (up != h->link_up[i] || h->looked_at == 0) {
            follow_link(gw, i, up);
        }
        h->link_up[i] = up;
        n_up += up;
    }
    bool cut_off = n_up > 0 && n_up < n_ports && !all_tunnels_resolved(gw);
    if (cut_off && (gw->drain.reasons & DRAIN_LINK) == 0) {
        TIMELINE_WARN("a link is down and no other leads to every gateway: leaving the work to "
                      "others");
    }
    follow(gw, DRAIN_LINK, !cut_off, &h->ways_well_at, now);
}

/* What workers of a NUMA node read from another one. */
static void look_at_tables(struct health *h)
{
    for (uint16_t i = 0; i < icgw_pmd_n_copies(); i++) {
        struct icgw_copy_info info;
        icgw_pmd_copy_info(i, &info);
        uint64_t bit = info.note.warning ? UINT64_C(1) << i : 0;
        if (bit != (h->far & UINT64_C(1) << i)) {
            if (bit != 0) {
                TIMELINE_WARN("tables: %s", info.note.text);
            } else {
                TIMELINE_INFO("tables: all of them are on NUMA node %d again", info.node);
            }
            h->far ^= UINT64_C(1) << i;
        }
    }
}

void health_run(struct gateway *gw)
{
    int64_t now = time_msec();
    struct health *h = &gw->health;
    if (h->looked_at != 0 && now < h->looked_at + LOOK_MS) {
        return;
    }
    /* If this thread, or the whole machine, stood still, that says nothing about
     * the workers. */
    int64_t elapsed = h->looked_at == 0 ? 0 : MIN(now - h->looked_at, 2 * LOOK_MS);
    look_at_workers(gw, elapsed, now);
    look_at_links(gw, now);
    look_at_tables(h);
    h->looked_at = now;
}

int64_t health_wakeup(const struct gateway *gw)
{
    return gw->health.looked_at + LOOK_MS;
}
