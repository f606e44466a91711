/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "text.h"

#include <inttypes.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "table.h"
#include "util.h"
#include "view.h"

static const char *describe(const char *state)
{
    static const struct {
        const char *state;
        const char *text;
    } states[] = {
        {"off", "no"},
        {"handing_over", "handing ports over"},
        {"forwarding", "forwarding what still arrives"},
        {"drained", "drained, nothing arrives any more"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        if (!strcmp(state, states[i].state)) {
            return states[i].text;
        }
    }
    return state;
}

static const char *reason(const char *name)
{
    return !strcmp(name, "operator") ? "asked for by ovnic-gw-ctl"
           : !strcmp(name, "exit")   ? "about to end"
           : !strcmp(name, "worker") ? "a worker is stuck"
           : !strcmp(name, "link")   ? "a link is down and no other leads to every gateway"
                                     : name;
}

void text_drain(const struct json *report, struct ds *ds, bool colour)
{
    const struct json *reasons = view_get(report, "reasons");
    bool on = view_count(reasons) > 0;

    ds_put_format(ds, "%-14s ", "draining");
    text_put(ds, colour, on ? TONE_WARNING : TONE_PLAIN, "%s",
             describe(view_string(report, "state")));
    for (size_t i = 0; i < view_count(reasons); i++) {
        text_put(ds, colour, TONE_PLAIN, "; %s", reason(view_string_at(reasons, i)));
    }
    if (on) {
        ds_put_format(ds, "; last packet %" PRId64 " ms ago", view_integer(report, "quiet_ms"));
    }
    if (on && view_integer(report, "heirless") > 0) {
        ds_put_format(ds, "; nobody else can hold %" PRId64 " of the claimed ports",
                      view_integer(report, "heirless"));
    }
    ds_put_char(ds, '\n');
}
