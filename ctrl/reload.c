/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "reload.h"

#include <stdlib.h>
#include <string.h>

#include "gateway.h"
#include "metrics.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "ovsdb.h"
#include "put.h"
#include "timeline.h"
#include "tls.h"
#include "underlay.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(reload);

/* What is being done, and what has come of it. */
struct change {
    struct gateway *gw;
    struct icgw_config *running;
    struct icgw_config *file;
    struct json *applied;
    struct json *restart;
};

static void note(struct json *list, const char *key)
{
    json_array_add(list, json_string_create(key));
}

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && !strcmp(a, b));
}

static void swap(char **a, char **b)
{
    char *keep = *a;
    *a = *b;
    *b = keep;
}

/* --- what could fail, first */

/* The new listener is there before the old one goes. */
static bool apply_metrics(struct change *c, char **error)
{
    struct icgw_config *running = c->running, *file = c->file;
    struct metrics *metrics = NULL;
    struct icgw_addr addr;
    if (running->metrics_port == file->metrics_port &&
        !memcmp(&running->metrics_ip, &file->metrics_ip, sizeof file->metrics_ip)) {
        return true;
    }
    memcpy(addr.bytes, file->metrics_ip.bytes, sizeof addr.bytes);
    if (file->metrics_port != 0) {
        metrics = metrics_start(&addr, file->metrics_port, error);
        if (metrics == NULL) {
            return false;
        }
    }
    metrics_stop(c->gw->metrics);
    c->gw->metrics = metrics;
    running->metrics_ip = file->metrics_ip;
    running->metrics_port = file->metrics_port;
    note(c->applied, "[metrics] listen");
    return true;
}

/* --- what cannot */

static void apply_databases(struct change *c)
{
    struct icgw_config *running = c->running, *file = c->file;
    swap(&running->private_key, &file->private_key);
    swap(&running->certificate, &file->certificate);
    swap(&running->ca_cert, &file->ca_cert);
    if (running->private_key != NULL) { /* read again: what is in the files may be new */
        tls_use(running);
        note(c->applied, "[ovn] private-key, certificate, ca-cert");
    }
    if (!same(running->southbound, file->southbound)) {
        swap(&running->southbound, &file->southbound);
        note(c->applied, "[ovn] southbound");
    }
    if (!same(running->ic_southbound, file->ic_southbound)) {
        swap(&running->ic_southbound, &file->ic_southbound);
        note(c->applied, "[ovn] ic-southbound");
    }
    ovsdb_set_remotes(c->gw->ovsdb, running->southbound, running->ic_southbound);
}

static bool has_address(const struct icgw_config_port *port, const struct icgw_config_address *a)
{
    for (size_t i = 0; i < port->n_addresses; i++) {
        if (!memcmp(&port->addresses[i].ip, &a->ip, sizeof a->ip) &&
            port->addresses[i].prefix_len == a->prefix_len) {
            return true;
        }
    }
    return false;
}

/* What was done, or why not. */
static void note_address(struct change *c, const struct icgw_config_port *port, const char *what,
                         char *error)
{
    char *key = error == NULL ? xasprintf("[port %s] address (%s)", port->name, what)
                              : xasprintf("[port %s] address: %s", port->name, error);
    note(error == NULL ? c->applied : c->restart, key);
    free(error);
    free(key);
}

static struct icgw_addr address(const struct icgw_config_address *a)
{
    struct icgw_addr addr;
    memcpy(addr.bytes, a->ip.bytes, sizeof addr.bytes);
    return addr;
}

static void add_addresses(struct change *c, struct icgw_config_port *running,
                          const struct icgw_config_port *file)
{
    for (size_t i = 0; i < file->n_addresses; i++) {
        const struct icgw_config_address *a = &file->addresses[i];
        const struct icgw_addr addr = address(a);
        char *error = NULL;
        if (has_address(running, a) || running->n_addresses == ICGW_CONFIG_MAX_ADDRESSES) {
            continue;
        }
        if (underlay_add_address(c->gw->underlay, running->host_interface, &addr, a->prefix_len,
                                 &error)) {
            running->addresses[running->n_addresses++] = *a;
        }
        note_address(c, running, "added", error);
    }
}

/* Tunnels end there as long as the daemon runs. */
static bool is_encap(const struct icgw_config *running, const struct icgw_config_address *a)
{
    bool found = false;
    for (size_t i = 0; i < running->n_encap_ips; i++) {
        found |= !memcmp(&running->encap_ips[i], &a->ip, sizeof a->ip);
    }
    return found;
}

static void remove_addresses(struct change *c, struct icgw_config_port *running,
                             const struct icgw_config_port *file)
{
    for (size_t i = 0; i < running->n_addresses;) {
        const struct icgw_config_address a = running->addresses[i];
        const struct icgw_addr addr = address(&a);
        char *error = NULL;
        if (has_address(file, &a)) {
            i++;
            continue;
        }
        if (is_encap(c->running, &a)) {
            error = xasprintf("one is gone from the file, but stays on %s: tunnels end there",
                              running->host_interface);
        } else if (underlay_remove_address(c->gw->underlay, running->host_interface, &addr,
                                           a.prefix_len, &error)) {
            running->addresses[i] = running->addresses[--running->n_addresses];
            note_address(c, running, "removed", NULL);
            continue;
        }
        note_address(c, running, "removed", error);
        i++;
    }
}

static bool same_ports(const struct icgw_config *a, const struct icgw_config *b)
{
    bool equal = a->n_ports == b->n_ports;
    for (size_t i = 0; equal && i < a->n_ports; i++) {
        equal = same(a->ports[i].name, b->ports[i].name) &&
                same(a->ports[i].device, b->ports[i].device) &&
                same(a->ports[i].host_interface, b->ports[i].host_interface) &&
                a->ports[i].mtu == b->ports[i].mtu && a->ports[i].spread == b->ports[i].spread;
    }
    return equal;
}

static void compare_rest(struct change *c)
{
    const struct icgw_config *a = c->running, *b = c->file;
    const struct {
        const char *key;
        bool differs;
    } rest[] = {
        {"[chassis] name", !same(a->chassis, b->chassis)},
        {"[chassis] encap-ip",
         a->n_encap_ips != b->n_encap_ips ||
             memcmp(a->encap_ips, b->encap_ips, a->n_encap_ips * sizeof a->encap_ips[0]) != 0},
        {"[chassis] encap-csum", a->encap_csum != b->encap_csum},
        {"[port …]: the ports, device, host-interface, mtu, spread", !same_ports(a, b)},
        {"[workers] cores", a->cores != b->cores},
        {"[workers] idle", a->idle_sleep != b->idle_sleep},
        {"[dpdk] huge-pages", a->huge_pages != b->huge_pages},
        {"[dpdk] memory", a->memory_mib != b->memory_mib},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rest); i++) {
        if (rest[i].differs) {
            note(c->restart, rest[i].key);
        }
    }
}

static struct json *apply(struct change *c, char **error)
{
    /* The library would only log what is wrong with a file, and go on without. */
    if (!tls_check(c->file, error) || !apply_metrics(c, error)) {
        return NULL;
    }
    apply_databases(c);
    if (same_ports(c->running, c->file)) {
        for (size_t i = 0; i < c->running->n_ports; i++) {
            remove_addresses(c, &c->running->ports[i], &c->file->ports[i]);
            add_addresses(c, &c->running->ports[i], &c->file->ports[i]);
        }
    }
    compare_rest(c);
    struct json *report = json_object_create();
    json_object_put(report, "applied", json_clone(c->applied));
    json_object_put(report, "needs_restart", json_clone(c->restart));
    return report;
}

struct json *reload(struct gateway *gw, struct icgw_config *running, const char *path, char **error)
{
    struct change c = {.gw = gw, .running = running};
    if (!icgw_config_load(path, &c.file, error)) {
        *error = *error ? *error : xstrdup("out of memory");
        VLOG_WARN("reload: nothing has changed: %s", *error);
        return NULL;
    }
    c.applied = json_array_create_empty();
    c.restart = json_array_create_empty();
    struct json *report = apply(&c, error);
    if (report != NULL) {
        char *applied = json_to_string(c.applied, 0), *restart = json_to_string(c.restart, 0);
        TIMELINE_INFO("reload: applied %s, needs a restart: %s", applied, restart);
        free(applied);
        free(restart);
    } else {
        VLOG_WARN("reload: nothing has changed: %s", *error);
    }
    json_destroy(c.applied);
    json_destroy(c.restart);
    icgw_config_free(c.file);
    return report;
}
