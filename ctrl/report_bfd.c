/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "bfd.h"
#include "gateway.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "timeval.h"

static const char *format_addr(const struct icgw_addr *addr, char text[INET6_ADDRSTRLEN])
{
    bool v4 = icgw_addr_is_v4(addr);
    return inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? addr->bytes + 12 : addr->bytes, text,
                     INET6_ADDRSTRLEN);
}

static void put(struct json *json, const char *name, uint64_t value)
{
    json_object_put(json, name, json_integer_create((long long)value));
}

static struct json *session_json(const struct bfd_session_status *s)
{
    char text[INET6_ADDRSTRLEN];
    struct json *json = json_object_create();
    json_object_put_string(json, "chassis", s->chassis);
    json_object_put_string(json, "local", format_addr(&s->local, text));
    json_object_put_string(json, "remote", format_addr(&s->remote, text));
    json_object_put_string(json, "state", bfd_state_name(s->state));
    json_object_put_string(json, "remote_state", bfd_state_name(s->remote_state));
    json_object_put_string(json, "diagnostic", bfd_diag_name(s->diag));
    json_object_put_string(json, "remote_diagnostic", bfd_diag_name(s->remote_diag));
    json_object_put(json, "up", json_boolean_create(s->up));
    json_object_put(json, "resolved", json_boolean_create(s->resolved));
    put(json, "rx_packets", s->rx_packets);
    put(json, "tx_packets", s->tx_packets);
    put(json, "rx_discarded", s->rx_discarded);
    put(json, "flaps", s->flaps);
    put(json, "detect_ms", s->detect_ms);
    put(json, "tx_interval_ms", s->tx_interval_ms);
    put(json, "unchanged_ms", s->changed_ms ? (uint64_t)(time_msec() - s->changed_ms) : 0);
    return json;
}

struct json *report_bfd_sessions_json(const struct gateway *gw)
{
    const struct bfd_snapshot *s = bfd_peers(gw->bfd);
    struct json *json = json_array_create_empty();
    for (size_t i = 0; i < s->n_sessions; i++) {
        json_array_add(json, session_json(&s->sessions[i]));
    }
    return json;
}

struct json *report_bfd_json(const struct gateway *gw)
{
    const struct bfd_snapshot *s = bfd_peers(gw->bfd);
    struct json *json = json_object_create();
    struct json *peers = json_array_create_empty();
    for (size_t i = 0; i < s->n_peers; i++) {
        struct json *peer = json_object_create();
        json_object_put_string(peer, "chassis", s->peers[i].chassis);
        json_object_put(peer, "up", json_boolean_create(s->peers[i].up));
        json_array_add(peers, peer);
    }
    json_object_put(json, "peers", peers);
    json_object_put(json, "admin_down", json_boolean_create(s->admin_down));
    put(json, "rx_packets", s->stats.rx_packets);
    put(json, "tx_packets", s->stats.tx_packets);
    put(json, "rx_unexpected", s->stats.unexpected);
    put(json, "rx_discarded", s->stats.discarded);
    put(json, "tx_failed", s->stats.tx_failed);
    put(json, "tx_max_late_us", s->stats.max_late_us);
    json_object_put(json, "sessions", report_bfd_sessions_json(gw));
    return json;
}

/* One line for `status`. */
void report_bfd_summary(const struct gateway *gw, struct ds *ds)
{
    const struct bfd_snapshot *s = bfd_peers(gw->bfd);
    size_t up = 0;
    for (size_t i = 0; i < s->n_peers; i++) {
        up += s->peers[i].up;
    }
    if (s->n_peers == 0) {
        ds_put_format(ds, "%-14s none: no group of gateways that this chassis is in\n",
                      "bfd peers");
    } else {
        ds_put_format(ds, "%-14s %zu of %zu up%s\n", "bfd peers", up, s->n_peers,
                      s->admin_down ? ", down on purpose" : "");
    }
}

void report_bfd_text(const struct gateway *gw, struct ds *ds)
{
    const struct bfd_snapshot *s = bfd_peers(gw->bfd);
    char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];

    ds_put_format(ds, "%-20s %-24s %-24s %-10s %-10s %-23s %10s %10s %10s\n", "bfd with", "local",
                  "remote", "state", "peer's", "last went down for", "received", "sent",
                  "detect ms");
    for (size_t i = 0; i < s->n_sessions; i++) {
        const struct bfd_session_status *e = &s->sessions[i];
        ds_put_format(ds, "%-20s %-24s %-24s %-10s %-10s %-23s %10" PRIu64 " %10" PRIu64 " %10u\n",
                      e->chassis, format_addr(&e->local, local), format_addr(&e->remote, remote),
                      bfd_state_name(e->state), bfd_state_name(e->remote_state),
                      bfd_diag_name(e->diag), e->rx_packets, e->tx_packets, e->detect_ms);
    }
}
