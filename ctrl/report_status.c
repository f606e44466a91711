/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <inttypes.h>
#include <string.h>

#include "gateway.h"
#include "icgw_pmd.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "ovsdb.h"
#include "packets.h"
#include "specialise.h"

static struct json *connection_json(bool connected, const char *remote)
{
    struct json *json = json_object_create();
    json_object_put(json, "connected", json_boolean_create(connected));
    json_object_put_string(json, "remote", remote ? remote : "");
    return json;
}

static struct json *names_json(const char *const *names, size_t n)
{
    struct json *json = json_array_create_empty();
    for (size_t i = 0; i < n; i++) {
        json_array_add(json, json_string_create(names[i]));
    }
    return json;
}

static struct json *ports_json(void)
{
    struct json *json = json_array_create_empty();
    for (uint16_t i = 0; i < icgw_pmd_n_ports(); i++) {
        struct icgw_port_info info;
        struct json *port = json_object_create();
        struct eth_addr mac;
        icgw_pmd_port_info(i, &info);
        memcpy(mac.ea, info.mac, sizeof mac.ea);
        json_object_put_string(port, "name", info.name);
        json_object_put_string(port, "device", info.device);
        json_object_put_string(port, "driver", info.driver);
        json_object_put_string(port, "host_interface",
                               info.host_interface ? info.host_interface : "");
        json_object_put_format(port, "mac", ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
        json_object_put(port, "link_up", json_boolean_create(info.link_up));
        json_object_put(port, "mtu", json_integer_create(info.mtu));
        json_object_put(port, "rx_missed", json_integer_create((long long)info.rx_missed));
        json_object_put(port, "rx_errors", json_integer_create((long long)info.rx_errors));
        json_object_put(port, "tx_errors", json_integer_create((long long)info.tx_errors));
        json_array_add(json, port);
    }
    return json;
}

static struct json *tables_json(const struct gateway *gw)
{
    const struct specialised *s = gw->specialised;
    struct json *json = json_object_create();
    json_object_put(json, "endpoints", json_integer_create(s ? (long long)s->n_endpoints : 0));
    json_object_put(json, "destinations",
                    json_integer_create(s ? (long long)s->n_destinations : 0));
    json_object_put(json, "tunnels", json_integer_create(s ? (long long)s->n_tunnels : 0));
    json_object_put(json, "not_on_fast_path", json_integer_create(s ? (long long)s->n_reports : 0));
    json_object_put(json, "published", json_integer_create((long long)icgw_pmd_published()));
    json_object_put(json, "in_use", json_integer_create((long long)icgw_pmd_in_use()));
    json_object_put(json, "specialise_ms", json_real_create(gw->specialise_ms));
    return json;
}

struct json *report_status_json(const struct gateway *gw)
{
    struct ovsdb_status status;
    struct json *json = json_object_create();
    ovsdb_status(gw->ovsdb, &status);
    json_object_put_string(json, "chassis", gw->config->chassis);
    json_object_put(json, "southbound", connection_json(status.sb_connected, status.sb_remote));
    json_object_put(json, "ic_southbound", connection_json(status.ic_connected, status.ic_remote));
    json_object_put(json, "claimed", names_json(status.claimed, status.n_claimed));
    json_object_put(json, "standby", names_json(status.standby, status.n_standby));
    json_object_put(json, "drain", report_drain_json(gw));
    json_object_put(json, "bfd", report_bfd_sessions_json(gw));
    json_object_put(json, "nb_cfg", json_integer_create(status.nb_cfg));
    json_object_put(json, "workers", json_integer_create(icgw_pmd_n_workers()));
    json_object_put(json, "ports", ports_json());
    json_object_put(json, "tables", tables_json(gw));
    return json;
}

static void connection_text(struct ds *ds, const char *what, bool connected, const char *remote)
{
    ds_put_format(ds, "%-14s %s %s\n", what, connected ? "connected to" : "not connected to",
                  remote ? remote : "(none)");
}

static void names_text(struct ds *ds, const char *what, const char *const *names, size_t n)
{
    ds_put_format(ds, "%-14s", what);
    for (size_t i = 0; i < n; i++) {
        ds_put_format(ds, " %s", names[i]);
    }
    ds_put_format(ds, "%s\n", n > 0 ? "" : " nothing");
}

void report_status_text(const struct gateway *gw, struct ds *ds)
{
    struct ovsdb_status status;
    ovsdb_status(gw->ovsdb, &status);
    ds_put_format(ds, "%-14s %s\n", "chassis", gw->config->chassis);
    connection_text(ds, "southbound", status.sb_connected, status.sb_remote);
    connection_text(ds, "ic-southbound", status.ic_connected, status.ic_remote);
    names_text(ds, "claimed", status.claimed, status.n_claimed);
    names_text(ds, "standby for", status.standby, status.n_standby);
    report_drain_text(gw, ds);
    report_bfd_summary(gw, ds);
    ds_put_format(ds, "%-14s %" PRId64 "\n", "nb_cfg", status.nb_cfg);
    ds_put_format(ds, "%-14s %u, idle %s\n", "workers", icgw_pmd_n_workers(),
                  gw->config->idle_sleep ? "sleep" : "busy");
    for (uint16_t i = 0; i < icgw_pmd_n_ports(); i++) {
        struct icgw_port_info info;
        icgw_pmd_port_info(i, &info);
        ds_put_format(ds, "%-14s %s: %s, link %s, MTU %u bytes, host interface %s\n",
                      i ? "" : "ports", info.name, info.device, info.link_up ? "up" : "down",
                      info.mtu, info.host_interface ? info.host_interface : "none");
    }
    if (gw->specialised != NULL) {
        ds_put_format(ds, "%-14s %zu destinations at %zu endpoints, computed in %.1f ms\n",
                      "tables", gw->specialised->n_destinations, gw->specialised->n_endpoints,
                      gw->specialise_ms);
    } else {
        ds_put_format(ds, "%-14s empty: the Southbound has not been read yet\n", "tables");
    }
}
