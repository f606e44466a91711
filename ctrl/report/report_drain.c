/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include "gateway.h"
#include "put.h"
#include "timeval.h"
#include "util.h"

struct json *report_drain(const struct gateway *gw)
{
    static const struct {
        enum drain_reason reason;
        const char *name;
    } reasons[] = {
        {DRAIN_OPERATOR, "operator"},
        {DRAIN_EXIT, "exit"},
        {DRAIN_WORKER, "worker"},
        {DRAIN_LINK, "link"},
    };
    const struct drain *d = &gw->drain;
    struct json *json = json_object_create();
    struct json *why = json_array_create_empty();
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
        if ((d->reasons & (unsigned int)reasons[i].reason) != 0) {
            json_array_add(why, json_string_create(reasons[i].name));
        }
    }
    put_string(json, "state", drain_state_name(d->state));
    json_object_put(json, "reasons", why);
    put_uint(json, "quiet_ms", d->reasons != 0 ? (uint64_t)(time_msec() - d->arrived_at) : 0);
    put_uint(json, "heirless", d->n_heirless);
    return json;
}
