/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "text.h"

#include <inttypes.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "table.h"
#include "view.h"

static enum tone state_tone(const char *state)
{
    return !strcmp(state, "up") ? TONE_GOOD : !strcmp(state, "down") ? TONE_BAD : TONE_WARNING;
}

static void add_session(struct table *t, const struct json *s)
{
    static const char *const columns[] = {"chassis", "local", "remote"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        table_cell(t, TONE_PLAIN, "%s", view_string(s, columns[i]));
    }
    table_cell(t, state_tone(view_string(s, "state")), "%s", view_string(s, "state"));
    table_cell(t, TONE_PLAIN, "%s", view_string(s, "remote_state"));
    table_cell(t, TONE_PLAIN, "%s", view_string(s, "diagnostic"));
    table_cell(t, TONE_PLAIN, "%.1f", (double)view_integer(s, "unchanged_ms") / 1000);
    table_cell(t, TONE_PLAIN, "%" PRId64, view_integer(s, "flaps"));
    table_cell(t, TONE_PLAIN, "%" PRId64, view_integer(s, "rx_packets"));
    table_cell(t, TONE_PLAIN, "%" PRId64, view_integer(s, "tx_packets"));
    table_cell(t, TONE_PLAIN, "%" PRId64, view_integer(s, "detect_ms"));
}

void text_bfd(const struct json *report, struct ds *ds, bool colour)
{
    const struct json *sessions = view_get(report, "sessions");
    const struct json *session;
    if (view_count(sessions) == 0) {
        ds_put_cstr(ds, "no sessions: this chassis is in no group of gateways\n");
        return;
    }
    struct table *t = table_create(colour);
    table_column(t, "bfd with", TABLE_LEFT);
    table_column(t, "local", TABLE_LEFT);
    table_column(t, "remote", TABLE_LEFT);
    table_column(t, "state", TABLE_LEFT);
    table_column(t, "peer's", TABLE_LEFT);
    table_column(t, "last went down for", TABLE_LEFT);
    table_column(t, "since (s)", TABLE_RIGHT);
    table_column(t, "flaps", TABLE_RIGHT);
    table_column(t, "received", TABLE_RIGHT);
    table_column(t, "sent", TABLE_RIGHT);
    table_column(t, "detect (ms)", TABLE_RIGHT);
    VIEW_FOR_EACH(session, i, sessions)
    {
        add_session(t, session);
    }
    table_put(t, ds);
    if (view_bool(report, "admin_down")) {
        text_put(ds, colour, TONE_WARNING, "down on purpose: draining");
        ds_put_char(ds, '\n');
    }
}
