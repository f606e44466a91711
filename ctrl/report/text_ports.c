/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "text.h"

#include <inttypes.h>

#include "openvswitch/dynamic-string.h"
#include "table.h"
#include "util.h"
#include "view.h"

static void add_counter(struct table *t, const struct json *port, const char *name, enum tone tone)
{
    int64_t value = view_integer(port, name);
    table_cell(t, value > 0 ? tone : TONE_PLAIN, "%" PRId64, value);
}

static void add_port(struct table *t, const struct json *port)
{
    bool up = view_bool(port, "link_up");
    table_cell(t, TONE_PLAIN, "%s", view_string(port, "name"));
    table_cell(t, up ? TONE_GOOD : TONE_BAD, "%s", up ? "up" : "down");
    table_cell(t, TONE_PLAIN, "%s", view_string(port, "mac"));
    table_cell(t, TONE_PLAIN, "%" PRId64, view_integer(port, "mtu"));
    table_cell(t, TONE_PLAIN, "%s", view_string(port, "host_interface"));
    add_counter(t, port, "rx_packets", TONE_PLAIN);
    add_counter(t, port, "tx_packets", TONE_PLAIN);
    add_counter(t, port, "rx_bytes", TONE_PLAIN);
    add_counter(t, port, "tx_bytes", TONE_PLAIN);
    add_counter(t, port, "rx_missed", TONE_WARNING);
    add_counter(t, port, "rx_no_mbuf", TONE_WARNING);
    add_counter(t, port, "rx_errors", TONE_WARNING);
    add_counter(t, port, "tx_errors", TONE_WARNING);
    table_cell(t, TONE_PLAIN, "%s", view_string(port, "driver"));
    table_cell(t, TONE_PLAIN, "%s", view_string(port, "device"));
}

void text_ports(const struct json *report, struct ds *ds, bool colour)
{
    static const char *const left[] = {"port", "link", "MAC address"};
    static const char *const counters[] = {"rx packets", "tx packets", "rx bytes",  "tx bytes",
                                           "rx missed",  "rx no mbuf", "rx errors", "tx errors"};
    const struct json *ports = view_get(report, "ports");
    const struct json *port;
    struct table *t = table_create(colour);
    for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
        table_column(t, left[i], TABLE_LEFT);
    }
    table_column(t, "MTU", TABLE_RIGHT);
    table_column(t, "host interface", TABLE_LEFT);
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        table_column(t, counters[i], TABLE_RIGHT);
    }
    table_column(t, "driver", TABLE_LEFT);
    table_column(t, "device", TABLE_LEFT);
    VIEW_FOR_EACH(port, i, ports)
    {
        add_port(t, port);
    }
    table_put(t, ds);
}
