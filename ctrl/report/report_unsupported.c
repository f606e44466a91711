/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include "gateway.h"
#include "put.h"
#include "specialise.h"

struct json *report_unsupported(const struct gateway *gw)
{
    struct json *json = json_object_create();
    struct json *unsupported = json_array_create_empty();
    struct json *slow = json_array_create_empty();
    for (size_t i = 0; gw->specialised != NULL && i < gw->specialised->n_reports; i++) {
        const struct specialised_report *r = specialised_report(gw->specialised, i);
        struct json *one = json_object_create();
        put_string(one, "port", r->port);
        put_string(one, "destination", r->destination);
        put_string(one, "why", r->why);
        put_string(one, "flow", r->flow);
        put_string(one, "needs", r->needs);
        json_array_add(r->unsupported ? unsupported : slow, one);
    }
    json_object_put(json, "unsupported", unsupported);
    json_object_put(json, "slow", slow);
    return json;
}
