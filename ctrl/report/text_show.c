/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "text.h"

#include <inttypes.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "table.h"
#include "view.h"

/* Reads like `ovn-ic-sbctl show`: names, and below them, four blanks further to
 * the right, what belongs to them. */

static void put_line(struct ds *ds, int depth, bool colour, enum tone tone, const char *name,
                     const char *value)
{
    ds_put_format(ds, "%*s%s", depth * 4, "", name);
    text_put(ds, colour, tone, "%s", value);
    ds_put_char(ds, '\n');
}

static void put_port(const struct json *port, struct ds *ds, bool colour)
{
    const char *place = view_string(port, "place");
    int64_t off = view_integer(port, "not_on_fast_path");
    put_line(ds, 1, colour, TONE_PLAIN, "port ", view_string(port, "name"));
    ds_put_format(ds, "        key: %" PRId64 "\n", view_integer(port, "key"));
    if (*view_string(port, "address") != '\0') {
        put_line(ds, 2, colour, TONE_PLAIN, "address: ", view_string(port, "address"));
    }
    if (*view_string(port, "peer") != '\0') {
        ds_put_cstr(ds, "        peer: ");
        text_put(ds, colour, TONE_PLAIN, "%s of %s", view_string(port, "peer"),
                 view_string(port, "peer_datapath"));
        ds_put_char(ds, '\n');
    }
    if (*view_string(port, "chassis") != '\0') {
        ds_put_cstr(ds, "        chassis: ");
        text_put(ds, colour, !strcmp(place, "here") ? TONE_GOOD : TONE_PLAIN, "%s (%s)",
                 view_string(port, "chassis"), place);
        ds_put_char(ds, '\n');
    }
    if (*view_string(port, "forwarding") != '\0') {
        put_line(ds, 2, colour, TONE_PLAIN, "forwarding: ", view_string(port, "forwarding"));
    }
    if (off > 0) {
        ds_put_cstr(ds, "        ");
        text_put(ds, colour, TONE_WARNING, "%" PRId64 " not on the fast path", off);
        ds_put_char(ds, '\n');
    }
}

static void put_datapath(const struct json *datapath, struct ds *ds, bool colour)
{
    const struct json *ports = view_get(datapath, "ports");
    const struct json *port;
    text_put(ds, colour, TONE_TITLE, "%s %s", view_string(datapath, "kind"),
             view_string(datapath, "name"));
    ds_put_format(ds, "\n    vni: %" PRId64 "\n", view_integer(datapath, "vni"));
    VIEW_FOR_EACH(port, i, ports)
    {
        put_port(port, ds, colour);
    }
}

static void put_peer(const struct json *peer, struct ds *ds, bool colour)
{
    const struct json *encaps = view_get(peer, "encaps");
    const struct json *tunnels = view_get(peer, "tunnels");
    const struct json *tunnel;
    const char *bfd = view_string(peer, "bfd");
    bool remote = !strcmp(view_string(peer, "zone"), "remote");
    text_put(ds, colour, TONE_TITLE, "%s %s", remote ? "remote gateway" : "chassis",
             view_string(peer, "chassis"));
    ds_put_cstr(ds, "\n    type: geneve\n");
    for (size_t i = 0; i < view_count(encaps); i++) {
        put_line(ds, 2, colour, TONE_PLAIN, "ip: ", view_string_at(encaps, i));
    }
    VIEW_FOR_EACH(tunnel, i, tunnels)
    {
        bool resolved = view_bool(tunnel, "resolved");
        ds_put_cstr(ds, "    tunnel: ");
        text_put(ds, colour, TONE_PLAIN, "%s to %s, ", view_string(tunnel, "local"),
                 view_string(tunnel, "remote"));
        text_put(ds, colour, resolved ? TONE_PLAIN : TONE_BAD, "next hop %s%s",
                 resolved ? view_string(tunnel, "next_hop_mac") : "none: ",
                 resolved ? "" : view_string(tunnel, "why"));
        if (resolved) {
            ds_put_format(ds, ", MTU %" PRId64 " bytes", view_integer(tunnel, "mtu"));
        }
        ds_put_char(ds, '\n');
    }
    if (strcmp(bfd, "none") != 0) {
        put_line(ds, 1, colour, !strcmp(bfd, "up") ? TONE_GOOD : TONE_BAD, "bfd: ", bfd);
    }
}

void text_show(const struct json *report, struct ds *ds, bool colour)
{
    const struct json *encaps = view_get(report, "encaps");
    const struct json *datapaths = view_get(report, "datapaths");
    const struct json *peers = view_get(report, "peers");
    const struct json *item;
    text_put(ds, colour, TONE_TITLE, "gateway %s", view_string(report, "chassis"));
    ds_put_cstr(ds, " (this chassis)\n    type: geneve\n");
    for (size_t i = 0; i < view_count(encaps); i++) {
        put_line(ds, 2, colour, TONE_PLAIN, "ip: ", view_string_at(encaps, i));
    }
    if (!view_bool(report, "complete")) {
        ds_put_cstr(ds, "nothing is forwarded yet: the Southbound has not been read\n");
        return;
    }
    VIEW_FOR_EACH(item, i, datapaths)
    {
        put_datapath(item, ds, colour);
    }
    VIEW_FOR_EACH(item, i, peers)
    {
        put_peer(item, ds, colour);
    }
    if (view_count(view_get(report, "unsupported")) + view_count(view_get(report, "slow")) > 0) {
        text_put(ds, colour, TONE_TITLE, "not on the fast path");
        ds_put_char(ds, '\n');
        text_unsupported(report, ds, colour);
    }
}
