/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <inttypes.h>

#include "bfd.h"
#include "gateway.h"
#include "icgw_pmd.h"
#include "ovsdb.h"
#include "put.h"
#include "specialise.h"
#include "util.h"
#include "view.h"

/* What is not as it should be: the first thing that an operator wants to know.
 * `see` is the command that says more. */
static void add(struct json *problems, const char *severity, const char *see, char *text)
{
    struct json *json = json_object_create();
    put_string(json, "severity", severity);
    put_string(json, "see", see);
    put_string(json, "problem", text);
    json_array_add(problems, json);
    free(text);
}

static void add_databases(const struct gateway *gw, struct json *problems)
{
    struct ovsdb_status s;
    ovsdb_status(gw->ovsdb, &s);
    if (!s.sb_connected) {
        add(problems, "error", "log",
            xasprintf("the Southbound (%s) is not connected", s.sb_remote ? s.sb_remote : ""));
    }
    if (!s.ic_connected) {
        add(problems, "error", "log",
            xasprintf("the Interconnection Southbound (%s) is not connected",
                      s.ic_remote ? s.ic_remote : ""));
    }
    for (size_t i = 0; i < s.n_doubled; i++) {
        add(problems, "error", "peers", xstrdup(s.doubled[i]));
    }
    if (gw->specialised == NULL) {
        add(problems, "error", "log",
            xstrdup("nothing is forwarded yet: the Southbound has not been read"));
    }
    if (gw->stale) {
        add(problems, "error", "log",
            xstrdup("no memory for the newest tables: forwarding by older ones; raise memory "
                    "in [dpdk]"));
    }
    if (gw->specialised != NULL && s.n_claimed + s.n_standby == 0 && gw->drain.reasons == 0) {
        add(problems, "warning", "show",
            xstrdup("this chassis serves no gateway port: ovn-nbctl lrp-set-gateway-chassis"));
    }
}

static void add_ports(struct json *problems)
{
    for (uint16_t i = 0; i < icgw_pmd_n_ports(); i++) {
        struct icgw_port_info info;
        icgw_pmd_port_info(i, &info);
        if (!info.link_up) {
            add(problems, "error", "ports",
                xasprintf("the link of port %s (%s) is down", info.name, info.device));
        }
    }
}

static void add_workers(const struct gateway *gw, struct json *problems)
{
    for (uint16_t i = 0; i < icgw_pmd_n_workers(); i++) {
        const struct health_worker *w = &gw->health.workers[i];
        if (w->stuck) {
            add(problems, "error", "stats",
                xasprintf("worker %u has been stuck for %" PRId64 " ms", i, w->still_ms));
        }
    }
}

static void add_tunnels(const struct gateway *gw, struct json *problems)
{
    for (size_t i = 0; gw->specialised != NULL && i < gw->specialised->n_tunnels; i++) {
        struct json *tunnel = report_tunnel(gw, i);
        if (!view_bool(tunnel, "resolved")) {
            add(problems, "error", "peers",
                xasprintf("no way to %s (chassis %s): %s", view_string(tunnel, "remote"),
                          view_string(tunnel, "chassis"), view_string(tunnel, "why")));
        }
        json_destroy(tunnel);
    }
}

static void add_bfd(const struct gateway *gw, struct json *problems)
{
    const struct bfd_snapshot *s = bfd_peers(gw->bfd);
    for (size_t i = 0; !s->admin_down && i < s->n_peers; i++) {
        if (!s->peers[i].up) {
            add(problems, "error", "bfd", xasprintf("BFD with %s is down", s->peers[i].chassis));
        }
    }
}

static void add_unsupported(const struct gateway *gw, struct json *problems)
{
    size_t n = gw->specialised != NULL ? gw->specialised->n_unsupported : 0;
    if (n > 0) {
        add(problems, "warning", "list-unsupported",
            xasprintf("%zu destination(s) need what this gateway cannot do", n));
    }
}

struct json *report_problems(const struct gateway *gw)
{
    struct json *problems = json_array_create_empty();
    add_databases(gw, problems);
    add_ports(problems);
    add_workers(gw, problems);
    add_tunnels(gw, problems);
    add_bfd(gw, problems);
    add_unsupported(gw, problems);
    return problems;
}
