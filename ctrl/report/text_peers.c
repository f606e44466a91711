/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "text.h"

#include <inttypes.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "table.h"
#include "view.h"

static void add_bfd(struct table *t, const struct json *peer)
{
    const char *bfd = view_string(peer, "bfd");
    table_cell(t,
               !strcmp(bfd, "up")     ? TONE_GOOD
               : !strcmp(bfd, "down") ? TONE_BAD
                                      : TONE_PLAIN,
               "%s", bfd);
    table_cell(t, TONE_PLAIN, "%" PRId64, view_integer(peer, "bfd_rx_packets"));
    table_cell(t, TONE_PLAIN, "%" PRId64, view_integer(peer, "bfd_tx_packets"));
}

static void add_tunnel(struct table *t, const struct json *tunnel)
{
    if (view_bool(tunnel, "resolved")) {
        table_cell(t, TONE_GOOD, "%s", view_string(tunnel, "next_hop_mac"));
    } else {
        table_cell(t, TONE_BAD, "none: %s", view_string(tunnel, "why"));
    }
}

/* tunnel NULL: none, so no traffic. */
static void add_traffic(struct table *t, const struct json *tunnel)
{
    table_cell(t, TONE_PLAIN, "%" PRId64, tunnel ? view_integer(tunnel, "rx_packets") : 0);
    table_cell(t, TONE_PLAIN, "%" PRId64, tunnel ? view_integer(tunnel, "tx_packets") : 0);
}

static void add_peer(struct table *t, const struct json *peer)
{
    const struct json *encaps = view_get(peer, "encaps");
    const struct json *tunnels = view_get(peer, "tunnels");
    const struct json *tunnel = view_at(tunnels, 0);

    table_cell(t, TONE_PLAIN, "%s", view_string(peer, "chassis"));
    table_cell(t, TONE_PLAIN, "%s", view_string(peer, "zone"));
    table_cell(t, TONE_PLAIN, "%s",
               tunnel ? view_string(tunnel, "remote") : view_string_at(encaps, 0));
    add_traffic(t, tunnel);
    add_bfd(t, peer);
    if (tunnel == NULL) {
        table_cell(t, TONE_WARNING, "no tunnel: no encap of a family that we have");
    } else {
        add_tunnel(t, tunnel);
    }
    for (size_t i = 1; i < view_count(tunnels); i++) {
        tunnel = view_at(tunnels, i);
        table_cell(t, TONE_PLAIN, "%s", "");
        table_cell(t, TONE_PLAIN, "%s", "");
        table_cell(t, TONE_PLAIN, "%s", view_string(tunnel, "remote"));
        add_traffic(t, tunnel);
        table_cell(t, TONE_PLAIN, "%s", "");
        table_cell(t, TONE_PLAIN, "%s", "");
        table_cell(t, TONE_PLAIN, "%s", "");
        add_tunnel(t, tunnel);
    }
}

void text_peers(const struct json *report, struct ds *ds, bool colour)
{
    const struct json *peers = view_get(report, "peers");
    const struct json *peer;
    if (view_count(peers) == 0) {
        ds_put_cstr(ds, "no other chassis is known\n");
        return;
    }
    struct table *t = table_create(colour);
    table_column(t, "chassis", TABLE_LEFT);
    table_column(t, "zone", TABLE_LEFT);
    table_column(t, "address", TABLE_LEFT);
    table_column(t, "received", TABLE_RIGHT);
    table_column(t, "sent", TABLE_RIGHT);
    table_column(t, "bfd", TABLE_LEFT);
    table_column(t, "bfd received", TABLE_RIGHT);
    table_column(t, "bfd sent", TABLE_RIGHT);
    table_column(t, "next hop", TABLE_LEFT);
    VIEW_FOR_EACH(peer, i, peers)
    {
        add_peer(t, peer);
    }
    table_put(t, ds);
}
