/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include "bfd.h"
#include "gateway.h"
#include "put.h"
#include "timeval.h"

static struct json *session_json(const struct bfd_session_status *s)
{
    struct json *json = json_object_create();
    put_string(json, "chassis", s->chassis);
    put_addr(json, "local", &s->local);
    put_addr(json, "remote", &s->remote);
    put_string(json, "state", bfd_state_name(s->state));
    put_string(json, "remote_state", bfd_state_name(s->remote_state));
    put_string(json, "diagnostic", bfd_diag_name(s->diag));
    put_string(json, "remote_diagnostic", bfd_diag_name(s->remote_diag));
    put_bool(json, "up", s->up);
    put_bool(json, "resolved", s->resolved);
    put_uint(json, "rx_packets", s->rx_packets);
    put_uint(json, "tx_packets", s->tx_packets);
    put_uint(json, "rx_discarded", s->rx_discarded);
    put_uint(json, "flaps", s->flaps);
    put_uint(json, "detect_ms", s->detect_ms);
    put_uint(json, "tx_interval_ms", s->tx_interval_ms);
    put_uint(json, "unchanged_ms", s->changed_ms ? (uint64_t)(time_msec() - s->changed_ms) : 0);
    return json;
}

struct json *report_bfd_sessions(const struct gateway *gw)
{
    const struct bfd_snapshot *s = bfd_peers(gw->bfd);
    struct json *json = json_array_create_empty();
    for (size_t i = 0; i < s->n_sessions; i++) {
        json_array_add(json, session_json(&s->sessions[i]));
    }
    return json;
}

struct json *report_bfd(const struct gateway *gw)
{
    const struct bfd_snapshot *s = bfd_peers(gw->bfd);
    struct json *json = json_object_create();
    struct json *peers = json_array_create_empty();
    for (size_t i = 0; i < s->n_peers; i++) {
        struct json *peer = json_object_create();
        put_string(peer, "chassis", s->peers[i].chassis);
        put_bool(peer, "up", s->peers[i].up);
        json_array_add(peers, peer);
    }
    json_object_put(json, "peers", peers);
    put_bool(json, "admin_down", s->admin_down);
    put_uint(json, "rx_packets", s->stats.rx_packets);
    put_uint(json, "tx_packets", s->stats.tx_packets);
    put_uint(json, "rx_unexpected", s->stats.unexpected);
    put_uint(json, "rx_discarded", s->stats.discarded);
    put_uint(json, "tx_failed", s->stats.tx_failed);
    put_uint(json, "tx_max_late_us", s->stats.max_late_us);
    json_object_put(json, "sessions", report_bfd_sessions(gw));
    return json;
}
