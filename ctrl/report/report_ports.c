/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <string.h>

#include "gateway.h"
#include "icgw_pmd.h"
#include "put.h"
#include "will.h"

/* Whether peers behind the port are told when this process dies. */
static bool has_will(const struct gateway *gw, uint16_t port)
{
    return gw->will != NULL && (gw->will_ports & 1u << port) != 0 && bfd_will_alive(gw->will);
}

struct json *report_notes(const struct icgw_pmd_note *notes, uint16_t n)
{
    struct json *json = json_array_create_empty();
    for (uint16_t i = 0; i < n; i++) {
        struct json *note = json_object_create();
        put_bool(note, "warning", notes[i].warning);
        put_string(note, "text", notes[i].text);
        json_array_add(json, note);
    }
    return json;
}

struct json *report_port(const struct gateway *gw, uint16_t index)
{
    struct icgw_port_info info;
    struct json *json = json_object_create();
    struct json *addresses = json_array_create_empty();
    icgw_pmd_port_info(index, &info);
    put_string(json, "name", info.name);
    put_string(json, "device", info.device);
    put_string(json, "driver", info.driver);
    put_string(json, "host_interface", info.host_interface);
    put_mac(json, "mac", info.mac);
    put_bool(json, "link_up", info.link_up);
    put_bool(json, "last_will", has_will(gw, index));
    put_uint(json, "mtu", info.mtu);
    put_uint(json, "rx_queues", info.n_rx_queues);
    put_uint(json, "tx_queues", info.n_tx_queues);
    put_string(json, "spread", icgw_spread_name(info.spread));
    json_object_put(json, "notes", report_notes(info.notes, info.n_notes));
    if (info.counted) {
        put_uint(json, "tunnel_packets", info.tunnel_packets);
        put_uint(json, "rest_packets", info.rest_packets);
    }
    put_uint(json, "rx_packets", info.rx_packets);
    put_uint(json, "tx_packets", info.tx_packets);
    put_uint(json, "rx_bytes", info.rx_bytes);
    put_uint(json, "tx_bytes", info.tx_bytes);
    put_uint(json, "rx_missed", info.rx_missed);
    put_uint(json, "rx_no_mbuf", info.rx_no_mbuf);
    put_uint(json, "rx_errors", info.rx_errors);
    put_uint(json, "tx_errors", info.tx_errors);
    const struct icgw_config_port *port = &gw->config->ports[index];
    for (size_t i = 0; i < port->n_addresses; i++) {
        struct icgw_addr ip;
        memcpy(ip.bytes, port->addresses[i].ip.bytes, sizeof ip.bytes);
        json_array_add(addresses, json_string_create_nocopy(format_addr(&ip)));
    }
    json_object_put(json, "addresses", addresses);
    return json;
}

struct json *report_ports(const struct gateway *gw)
{
    struct json *json = json_object_create();
    struct json *ports = json_array_create_empty();
    for (uint16_t i = 0; i < icgw_pmd_n_ports(); i++) {
        json_array_add(ports, report_port(gw, i));
    }
    json_object_put(json, "ports", ports);
    return json;
}
