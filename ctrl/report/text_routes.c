/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "table.h"
#include "view.h"

/* What becomes of it, in the fewest words. */
static char *describe(const struct json *dest)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    const char *verdict = view_string(dest, "verdict");
    const struct json *tunnel = view_get(dest, "tunnel");
    if (!strcmp(verdict, "forward")) {
        ds_put_format(&ds, "%s",
                      *view_string(dest, "out_port") ? view_string(dest, "out_port")
                                                     : "a group of ports");
        if (tunnel != NULL) {
            ds_put_format(&ds, " by %s (%s)", view_string(tunnel, "chassis"),
                          view_string(tunnel, "remote"));
        }
    } else if (!strcmp(verdict, "select")) {
        ds_put_format(&ds, "one of %zu ways", view_count(view_get(dest, "members")));
    } else if (!strcmp(verdict, "classify")) {
        ds_put_format(&ds, "by packet, %" PRId64 " rules", view_integer(dest, "rules"));
    } else {
        ds_put_format(&ds, "%s: %s", !strcmp(verdict, "slow") ? "slow path" : "dropped",
                      view_string(dest, "reason"));
    }
    return ds_steal_cstr(&ds);
}

static enum tone tone_of(const struct json *dest)
{
    const char *verdict = view_string(dest, "verdict");
    const struct json *tunnel = view_get(dest, "tunnel");
    if (tunnel != NULL && !view_bool(tunnel, "resolved")) {
        return TONE_BAD;
    }
    return !strcmp(verdict, "drop") ? TONE_WARNING : TONE_PLAIN;
}

static void add_row(struct table *t, const char *destination, const char *arrives_at,
                    const struct json *dest)
{
    const struct json *tunnel = view_get(dest, "tunnel");
    char *text = describe(dest);
    table_cell(t, TONE_PLAIN, "%s", destination);
    table_cell(t, TONE_PLAIN, "%s", arrives_at);
    table_cell(t, tone_of(dest), "%s", text);
    table_cell(t, TONE_PLAIN, "%s", view_string(dest, "eth_dst"));
    if (tunnel == NULL) {
        table_cell(t, TONE_PLAIN, "%s", "");
    } else if (view_bool(tunnel, "resolved")) {
        table_cell(t, TONE_PLAIN, "%s", view_string(tunnel, "next_hop_mac"));
    } else {
        table_cell(t, TONE_BAD, "none: %s", view_string(tunnel, "why"));
    }
    free(text);
}

void text_routes(const struct json *report, struct ds *ds, bool colour)
{
    const struct json *routes = view_get(report, "routes");
    const struct json *route, *member;
    if (view_count(routes) == 0) {
        ds_put_cstr(ds, "no routes: nothing arrives at this router by a tunnel\n");
        return;
    }
    struct table *t = table_create(colour);
    table_column(t, "destination", TABLE_LEFT);
    table_column(t, "arrives at", TABLE_LEFT);
    table_column(t, "goes to", TABLE_LEFT);
    table_column(t, "inner MAC", TABLE_LEFT);
    table_column(t, "next hop", TABLE_LEFT);
    VIEW_FOR_EACH(route, i, routes)
    {
        const struct json *members = view_get(route, "members");
        add_row(t, view_string(route, "destination"), view_string(route, "arrives_at"), route);
        VIEW_FOR_EACH(member, k, members)
        {
            add_row(t, "", "", member);
        }
    }
    table_put(t, ds);
}

static void put_field(struct ds *ds, const char *name, const char *value)
{
    if (*value != '\0') {
        ds_put_format(ds, "    %-16s ", name);
        text_put(ds, false, TONE_PLAIN, "%s", value);
        ds_put_char(ds, '\n');
    }
}

static void put_tunnel(const struct json *tunnel, struct ds *ds, bool colour)
{
    if (tunnel == NULL) {
        return;
    }
    ds_put_format(ds, "    %-16s ", "tunnel");
    text_put(ds, colour, TONE_PLAIN, "%s to %s (chassis %s), next hop ",
             view_string(tunnel, "local"), view_string(tunnel, "remote"),
             view_string(tunnel, "chassis"));
    if (view_bool(tunnel, "resolved")) {
        text_put(ds, colour, TONE_GOOD, "%s", view_string(tunnel, "next_hop_mac"));
    } else {
        text_put(ds, colour, TONE_BAD, "none: %s", view_string(tunnel, "why"));
    }
    ds_put_char(ds, '\n');
}

static void put_guards(const struct json *entry, struct ds *ds)
{
    const struct json *guard = view_get(entry, "guard");
    if (view_count(guard) == 0 && view_integer(entry, "guarded_sources") == 0 &&
        view_integer(entry, "min_ttl") == 0 && view_integer(entry, "max_len") == 0) {
        return;
    }
    ds_put_format(ds, "    %-16s", "unless");
    for (size_t i = 0; i < view_count(guard); i++) {
        ds_put_format(ds, " %s,", view_string_at(guard, i));
    }
    if (view_integer(entry, "min_ttl") > 0) {
        ds_put_format(ds, " TTL below %" PRId64 ",", view_integer(entry, "min_ttl"));
    }
    if (view_integer(entry, "max_len") > 0) {
        ds_put_format(ds, " IP packet above %" PRId64 " bytes,", view_integer(entry, "max_len"));
    }
    if (view_integer(entry, "guarded_sources") > 0) {
        ds_put_format(ds, " one of %" PRId64 " sources,", view_integer(entry, "guarded_sources"));
    }
    ds_chomp(ds, ',');
    ds_put_cstr(ds, " (slow path then)\n");
}

void text_lookup(const struct json *report, struct ds *ds, bool colour)
{
    const struct json *entries = view_get(report, "entries");
    const struct json *entry;
    VIEW_FOR_EACH(entry, i, entries)
    {
        char *outcome = describe(entry);
        text_put(ds, colour, TONE_TITLE, "%s", view_string(entry, "arrives_at"));
        text_put(ds, false, TONE_PLAIN, " (%s, VNI %" PRId64 ", key %" PRId64 ")",
                 view_string(entry, "datapath"), view_integer(entry, "arrives_with_vni"),
                 view_integer(entry, "arrives_with_key"));
        ds_put_char(ds, '\n');
        put_field(ds, "entry", view_string(entry, "entry"));
        put_field(ds, "goes to", outcome);
        put_field(ds, "inner MAC", view_string(entry, "eth_dst"));
        put_tunnel(view_get(entry, "tunnel"), ds, colour);
        put_guards(entry, ds);
        free(outcome);
    }
    if (view_count(entries) == 0) {
        ds_put_cstr(ds, "no entry: such a packet does not arrive here, or takes the slow path as "
                        "unknown_destination\n");
    }
}
