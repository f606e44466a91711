/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include "gateway.h"
#include "icgw_pmd.h"
#include "ovsdb.h"
#include "put.h"
#include "specialise.h"

static struct json *connection_json(bool connected, const char *remote)
{
    struct json *json = json_object_create();
    put_bool(json, "connected", connected);
    put_string(json, "remote", remote);
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

static struct json *ports_json(const struct gateway *gw)
{
    struct json *json = json_array_create_empty();
    for (uint16_t i = 0; i < icgw_pmd_n_ports(); i++) {
        json_array_add(json, report_port(gw, i));
    }
    return json;
}

/* By NUMA node. */
static struct json *copies_json(void)
{
    struct json *json = json_array_create_empty();
    for (uint16_t i = 0; i < icgw_pmd_n_copies(); i++) {
        struct icgw_copy_info info;
        struct json *copy = json_object_create();
        icgw_pmd_copy_info(i, &info);
        json_object_put(copy, "node", json_integer_create(info.node));
        put_uint(copy, "workers", info.n_workers);
        put_uint(copy, "bytes", icgw_pmd_copy_bytes(i));
        json_object_put(copy, "notes", report_notes(&info.note, info.note.text[0] != '\0'));
        json_array_add(json, copy);
    }
    return json;
}

static struct json *tables_json(const struct gateway *gw)
{
    const struct specialised *s = gw->specialised;
    struct json *json = json_object_create();
    put_bool(json, "complete", s != NULL);
    put_uint(json, "endpoints", s ? s->n_endpoints : 0);
    put_uint(json, "destinations", s ? s->n_destinations : 0);
    put_uint(json, "tunnels", s ? s->n_tunnels : 0);
    put_uint(json, "not_on_fast_path", s ? s->n_reports : 0);
    put_uint(json, "published", icgw_pmd_published());
    put_uint(json, "in_use", icgw_pmd_in_use());
    json_object_put(json, "specialise_ms", json_real_create(gw->specialise_ms));
    json_object_put(json, "copies", copies_json());
    return json;
}

struct json *report_status(const struct gateway *gw)
{
    struct ovsdb_status status;
    struct json *json = json_object_create();
    ovsdb_status(gw->ovsdb, &status);
    put_string(json, "chassis", gw->config->chassis);
    json_object_put(json, "southbound", connection_json(status.sb_connected, status.sb_remote));
    json_object_put(json, "ic_southbound", connection_json(status.ic_connected, status.ic_remote));
    json_object_put(json, "claimed", names_json(status.claimed, status.n_claimed));
    json_object_put(json, "standby", names_json(status.standby, status.n_standby));
    json_object_put(json, "drain", report_drain(gw));
    json_object_put(json, "bfd", report_bfd_sessions(gw));
    json_object_put(json, "nb_cfg", json_integer_create(status.nb_cfg));
    put_uint(json, "workers", icgw_pmd_n_workers());
    put_string(json, "idle", gw->config->idle_sleep ? "sleep" : "busy");
    json_object_put(json, "ports", ports_json(gw));
    json_object_put(json, "tables", tables_json(gw));
    json_object_put(json, "problems", report_problems(gw));
    return json;
}
