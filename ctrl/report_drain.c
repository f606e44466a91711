/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include "gateway.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "timeval.h"

static const struct {
    enum drain_reason reason;
    const char *name;
    const char *text;
} reasons[] = {
    {DRAIN_OPERATOR, "operator", "asked for by ovnic-gw-ctl"},
    {DRAIN_EXIT, "exit", "about to end"},
};

static long long quiet_ms(const struct drain *d)
{
    return d->reasons != 0 ? time_msec() - d->arrived_at : 0;
}

struct json *report_drain_json(const struct gateway *gw)
{
    const struct drain *d = &gw->drain;
    struct json *json = json_object_create();
    struct json *why = json_array_create_empty();
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if ((d->reasons & (unsigned int)reasons[i].reason) != 0) {
            json_array_add(why, json_string_create(reasons[i].name));
        }
    }
    json_object_put_string(json, "state", drain_state_name(d->state));
    json_object_put(json, "reasons", why);
    json_object_put(json, "quiet_ms", json_integer_create(quiet_ms(d)));
    json_object_put(json, "heirless", json_integer_create((long long)d->n_heirless));
    return json;
}

static const char *describe(enum drain_state state)
{
    switch (state) {
    case DRAIN_HANDING_OVER:
        return "handing ports over";
    case DRAIN_FORWARDING:
        return "forwarding what still arrives";
    case DRAIN_DONE:
        return "drained, nothing arrives any more";
    case DRAIN_OFF:
        break;
    }
    return "no";
}

void report_drain_text(const struct gateway *gw, struct ds *ds)
{
    const struct drain *d = &gw->drain;
    ds_put_format(ds, "%-14s %s", "draining", describe(d->state));
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if ((d->reasons & (unsigned int)reasons[i].reason) != 0) {
            ds_put_format(ds, "; %s", reasons[i].text);
        }
    }
    if (d->reasons != 0) {
        ds_put_format(ds, "; last packet %lld ms ago", quiet_ms(d));
    }
    if (d->reasons != 0 && d->n_heirless > 0) {
        ds_put_format(ds, "; nobody else can hold %zu of the claimed ports", d->n_heirless);
    }
    ds_put_char(ds, '\n');
}
