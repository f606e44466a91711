/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "text.h"

#include <inttypes.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "table.h"
#include "view.h"

static void put_connection(const struct json *report, const char *name, const char *title,
                           struct ds *ds, bool colour)
{
    const struct json *connection = view_get(report, name);
    bool connected = view_bool(connection, "connected");
    const char *remote = view_string(connection, "remote");
    ds_put_format(ds, "%-14s ", title);
    text_put(ds, colour, connected ? TONE_GOOD : TONE_BAD, "%s",
             connected ? "connected to" : "not connected to");
    text_put(ds, colour, TONE_PLAIN, " %s", *remote ? remote : "(none)");
    ds_put_char(ds, '\n');
}

static void put_names(const struct json *names, const char *title, struct ds *ds, bool colour)
{
    ds_put_format(ds, "%-14s", title);
    for (size_t i = 0; i < view_count(names); i++) {
        text_put(ds, colour, TONE_PLAIN, " %s", view_string_at(names, i));
    }
    ds_put_cstr(ds, view_count(names) > 0 ? "\n" : " nothing\n");
}

static void put_bfd(const struct json *sessions, struct ds *ds, bool colour)
{
    const struct json *session;
    size_t up = 0;
    VIEW_FOR_EACH(session, i, sessions)
    {
        up += view_bool(session, "up");
    }
    ds_put_format(ds, "%-14s ", "bfd sessions");
    if (view_count(sessions) == 0) {
        ds_put_cstr(ds, "none: no group of gateways that this chassis is in\n");
        return;
    }
    text_put(ds, colour, up == view_count(sessions) ? TONE_GOOD : TONE_BAD, "%zu of %zu up", up,
             view_count(sessions));
    ds_put_char(ds, '\n');
}

/* How flows spread over workers, what the device refused. */
static void put_notes(const struct json *notes, struct ds *ds, bool colour)
{
    const struct json *note;
    VIEW_FOR_EACH(note, i, notes)
    {
        enum tone tone = view_bool(note, "warning") ? TONE_WARNING : TONE_PLAIN;
        ds_put_format(ds, "%-14s   ", "");
        text_put(ds, colour, tone, "%s", view_string(note, "text"));
        ds_put_char(ds, '\n');
    }
}

static void put_ports(const struct json *ports, struct ds *ds, bool colour)
{
    const struct json *port;
    VIEW_FOR_EACH(port, i, ports)
    {
        bool up = view_bool(port, "link_up");
        ds_put_format(ds, "%-14s ", i ? "" : "ports");
        text_put(ds, colour, TONE_PLAIN, "%s: %s, link ", view_string(port, "name"),
                 view_string(port, "device"));
        text_put(ds, colour, up ? TONE_GOOD : TONE_BAD, "%s", up ? "up" : "down");
        text_put(ds, colour, TONE_PLAIN, ", MTU %" PRId64 " bytes, host interface %s, last will %s",
                 view_integer(port, "mtu"), view_string(port, "host_interface"),
                 view_bool(port, "last_will") ? "ready" : "not available");
        ds_put_char(ds, '\n');
        put_notes(view_get(port, "notes"), ds, colour);
    }
}

static void put_copies(const struct json *copies, struct ds *ds, bool colour)
{
    const struct json *copy;
    VIEW_FOR_EACH(copy, i, copies)
    {
        int64_t node = view_integer(copy, "node");
        double kib = view_number(copy, "bytes") / 1024;
        ds_put_format(ds, "%-14s   %.1f %s", "", kib < 1024 ? kib : kib / 1024,
                      kib < 1024 ? "KiB" : "MiB");
        if (node >= 0) {
            ds_put_format(ds, " on NUMA node %" PRId64, node);
        }
        ds_put_format(ds, ", for %" PRId64 " worker(s)\n", view_integer(copy, "workers"));
        put_notes(view_get(copy, "notes"), ds, colour);
    }
}

static void put_tables(const struct json *tables, struct ds *ds, bool colour)
{
    ds_put_format(ds, "%-14s ", "tables");
    if (!view_bool(tables, "complete")) {
        ds_put_cstr(ds, "empty: the Southbound has not been read yet\n");
        return;
    }
    ds_put_format(ds, "%" PRId64 " destinations at %" PRId64 " endpoints, computed in %.1f ms\n",
                  view_integer(tables, "destinations"), view_integer(tables, "endpoints"),
                  view_number(tables, "specialise_ms"));
    put_copies(view_get(tables, "copies"), ds, colour);
}

static void put_problems(const struct json *problems, struct ds *ds, bool colour)
{
    const struct json *problem;
    ds_put_format(ds, "%-14s ", "problems");
    if (view_count(problems) == 0) {
        text_put(ds, colour, TONE_GOOD, "none");
        ds_put_char(ds, '\n');
    }
    VIEW_FOR_EACH(problem, i, problems)
    {
        bool error = !strcmp(view_string(problem, "severity"), "error");
        ds_put_format(ds, "%*s", i ? 15 : 0, "");
        text_put(ds, colour, error ? TONE_BAD : TONE_WARNING, "%s",
                 view_string(problem, "problem"));
        text_put(ds, colour, TONE_PLAIN, " (see %s)", view_string(problem, "see"));
        ds_put_char(ds, '\n');
    }
}

void text_status(const struct json *report, struct ds *ds, bool colour)
{
    ds_put_format(ds, "%-14s ", "chassis");
    text_put(ds, colour, TONE_PLAIN, "%s", view_string(report, "chassis"));
    ds_put_char(ds, '\n');
    put_connection(report, "southbound", "southbound", ds, colour);
    put_connection(report, "ic_southbound", "ic-southbound", ds, colour);
    put_names(view_get(report, "claimed"), "claimed", ds, colour);
    put_names(view_get(report, "standby"), "standby for", ds, colour);
    text_drain(view_get(report, "drain"), ds, colour);
    put_bfd(view_get(report, "bfd"), ds, colour);
    ds_put_format(ds, "%-14s %" PRId64 "\n", "nb_cfg", view_integer(report, "nb_cfg"));
    ds_put_format(ds, "%-14s %" PRId64 ", idle %s\n", "workers", view_integer(report, "workers"),
                  view_string(report, "idle"));
    put_ports(view_get(report, "ports"), ds, colour);
    put_tables(view_get(report, "tables"), ds, colour);
    put_problems(view_get(report, "problems"), ds, colour);
}
