/* SPDX-License-Identifier: Apache-2.0 */
#include "recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording_private.h"
#include "recording_table.h"

#define PATH_SIZE 512
#define MAX_MEMBERS 160
#define FIRST_TRANSIT_KEY 16711681

/* A recorded zone while its model is being built. */
struct zone {
    struct model *model;
    struct dump sb;
    struct dump ic;
    struct table chassis;
    struct table encaps;
    struct table ports;
    struct table datapaths;
};

static void data_path(char path[PATH_SIZE], const char *release, const char *file)
{
    snprintf(path, PATH_SIZE, "%s/recordings/%s/%s", ICGW_TEST_DATA, release, file);
}

static int64_t number(const struct table *t, size_t row, const char *column)
{
    struct cell cell;
    table_cell(t, row, column, &cell);
    return cell.n > 0 ? atoll(cell.atoms[0]) : 0;
}

/* The cell of `column` in the row with that UUID. */
static const char *look_up(const struct table *t, const char *uuid, const char *column,
                           struct cell *cell)
{
    size_t row = uuid != NULL ? table_find(t, "_uuid", uuid) : t->n;
    cell->n = 0;
    if (row < t->n) {
        table_cell(t, row, column, cell);
    }
    return cell_first(cell);
}

static void add_chassis(struct zone *z)
{
    struct cell name, other_config, cell, options;
    for (size_t i = 0; i < z->chassis.n; i++) {
        table_cell(&z->chassis, i, "name", &name);
        table_cell(&z->chassis, i, "other_config", &other_config);
        const char *remote = cell_get(&other_config, "is-remote");
        struct model_chassis *chassis =
            model_add_chassis(z->model, cell_first(&name), remote && strcmp(remote, "true") == 0);
        for (size_t k = 0; k < z->encaps.n; k++) {
            table_cell(&z->encaps, k, "chassis_name", &cell);
            if (strcmp(cell_first(&cell), cell_first(&name)) != 0) {
                continue;
            }
            table_cell(&z->encaps, k, "options", &options);
            const char *csum = cell_get(&options, "csum");
            table_cell(&z->encaps, k, "ip", &cell);
            model_add_encap(z->model, chassis, "geneve", cell_first(&cell),
                            csum == NULL || strcmp(csum, "true") == 0, 6081);
        }
    }
}

static void add_datapaths(struct zone *z)
{
    struct cell uuid, ids, type;
    for (size_t i = 0; i < z->datapaths.n; i++) {
        table_cell(&z->datapaths, i, "_uuid", &uuid);
        table_cell(&z->datapaths, i, "external_ids", &ids);
        table_cell(&z->datapaths, i, "type", &type);
        const char *transit = cell_get(&ids, "interconn-ts");
        bool router = cell_get(&ids, "logical-router") != NULL ||
                      (type.n > 0 && strcmp(type.atoms[0], "logical-router") == 0);
        int64_t key = number(&z->datapaths, i, "tunnel_key");
        model_add_datapath(z->model, cell_first(&uuid), transit ? transit : cell_get(&ids, "name"),
                           key, router, transit != NULL || key >= FIRST_TRANSIT_KEY);
    }
}

static void add_ports(struct zone *z)
{
    struct cell name, type, datapath, chassis, options, mac, security;
    for (size_t i = 0; i < z->ports.n; i++) {
        table_cell(&z->ports, i, "logical_port", &name);
        table_cell(&z->ports, i, "type", &type);
        table_cell(&z->ports, i, "datapath", &datapath);
        table_cell(&z->ports, i, "options", &options);
        table_cell(&z->ports, i, "mac", &mac);
        table_cell(&z->ports, i, "port_security", &security);
        table_cell(&z->ports, i, "chassis", &chassis);
        const char *bound = cell_first(&chassis);
        struct cell chassis_name;
        struct model_port_row row = {
            .name = cell_first(&name),
            .type = cell_first(&type),
            .key = number(&z->ports, i, "tunnel_key"),
            .datapath = cell_first(&datapath),
            .chassis = look_up(&z->chassis, bound, "name", &chassis_name),
            .peer = cell_get(&options, "peer"),
            .distributed_port = cell_get(&options, "distributed-port"),
            .mac = cell_first(&mac),
            .port_security = security.n > 0,
        };
        model_add_port(z->model, &row);
    }
}

/* Ports of other zones are where IC-SB says. */
static void locate_ports(struct zone *z, const char *gateway)
{
    struct table gateways = dump_table(&z->ic, "Gateway");
    struct table ports = dump_table(&z->ic, "Port_Binding");
    struct cell ours, zone, type, transit, name, where;
    size_t row = table_find(&gateways, "name", gateway);
    if (row == gateways.n) {
        return;
    }
    table_cell(&gateways, row, "availability_zone", &ours);
    for (size_t i = 0; i < ports.n; i++) {
        table_cell(&ports, i, "availability_zone", &zone);
        table_cell(&ports, i, "type", &type);
        if (strcmp(cell_first(&zone), cell_first(&ours)) == 0 ||
            (type.n > 0 && strcmp(type.atoms[0], "transit-switch-port") != 0)) {
            continue;
        }
        table_cell(&ports, i, "transit_switch", &transit);
        table_cell(&ports, i, "logical_port", &name);
        table_cell(&ports, i, "gateway", &where);
        model_locate_port(z->model, cell_first(&transit), cell_first(&name), cell_first(&where),
                          NULL);
    }
}

static void add_groups(struct zone *z)
{
    struct table groups = dump_table(&z->sb, "Multicast_Group");
    struct cell datapath, name, members;
    for (size_t i = 0; i < groups.n; i++) {
        struct cell cells[MAX_MEMBERS];
        const char *ports[MAX_MEMBERS];
        size_t n = 0;
        table_cell(&groups, i, "datapath", &datapath);
        table_cell(&groups, i, "name", &name);
        table_cell(&groups, i, "ports", &members);
        for (; n < members.n && n < MAX_MEMBERS; n++) {
            ports[n] = look_up(&z->ports, members.atoms[n], "logical_port", &cells[n]);
        }
        model_add_group(z->model, cell_first(&datapath), cell_first(&name),
                        number(&groups, i, "tunnel_key"), ports, n);
    }
}

static void add_mac_bindings(struct zone *z)
{
    struct table bindings = dump_table(&z->sb, "MAC_Binding");
    struct cell datapath, port, ip, mac;
    for (size_t i = 0; i < bindings.n; i++) {
        table_cell(&bindings, i, "datapath", &datapath);
        table_cell(&bindings, i, "logical_port", &port);
        table_cell(&bindings, i, "ip", &ip);
        table_cell(&bindings, i, "mac", &mac);
        model_add_mac_binding(z->model, cell_first(&datapath), cell_first(&port), cell_first(&ip),
                              cell_first(&mac));
    }
}

static void add_sets(struct zone *z)
{
    struct table sets = dump_table(&z->sb, "Address_Set");
    struct table groups = dump_table(&z->sb, "Port_Group");
    struct cell name, members;
    for (size_t i = 0; i < sets.n; i++) {
        table_cell(&sets, i, "name", &name);
        table_cell(&sets, i, "addresses", &members);
        model_add_address_set(z->model, cell_first(&name), members.atoms, members.n);
    }
    for (size_t i = 0; i < groups.n; i++) {
        table_cell(&groups, i, "name", &name);
        table_cell(&groups, i, "ports", &members);
        model_add_port_group(z->model, cell_first(&name), members.atoms, members.n);
    }
}

/* The one address set that northd makes by itself, for dumps without the table. */
static void add_own_set(struct zone *z)
{
    struct table global = dump_table(&z->sb, "SB_Global");
    struct cell options;
    table_cell(&global, 0, "options", &options);
    const char *mac = cell_get(&options, "svc_monitor_mac");
    if (mac != NULL) {
        model_add_address_set(z->model, "svc_monitor_mac", &mac, 1);
    }
}

struct icgw_addr recording_gateway(int zone)
{
    return (struct icgw_addr){.bytes = {[10] = 0xff, 0xff, 192, 0, 2, (uint8_t)(20 + zone)}};
}

struct model *recording_model(const char *release, int zone, struct lflow_cache *cache)
{
    char path[PATH_SIZE], file[32], gateway[8];
    struct zone z;

    snprintf(gateway, sizeof gateway, "gw%d", zone);
    snprintf(file, sizeof file, "az%d-sb.txt", zone);
    data_path(path, release, file);
    z.sb = dump_read(path);
    data_path(path, release, "ic-sb.txt");
    z.ic = dump_read(path);
    z.chassis = dump_table(&z.sb, "Chassis");
    z.encaps = dump_table(&z.sb, "Encap");
    z.ports = dump_table(&z.sb, "Port_Binding");
    z.datapaths = dump_table(&z.sb, "Datapath_Binding");
    z.model = model_create(gateway, cache);

    add_chassis(&z);
    add_datapaths(&z);
    add_ports(&z);
    locate_ports(&z, gateway);
    add_groups(&z);
    add_mac_bindings(&z);
    add_sets(&z);
    add_own_set(&z);
    snprintf(file, sizeof file, "az%d-lflow.txt", zone);
    data_path(path, release, file);
    recording_add_flows(z.model, path, file);
    model_finish(z.model);
    dump_free(&z.sb);
    dump_free(&z.ic);
    return z.model;
}
