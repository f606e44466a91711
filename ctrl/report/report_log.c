/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "put.h"
#include "timeline.h"
#include "util.h"

struct json *report_log(const struct gateway *gw OVS_UNUSED, size_t max)
{
    struct timeline_entry *entries = xcalloc(TIMELINE_KEPT, sizeof *entries);
    size_t n = timeline_newest(entries, max);
    struct json *json = json_object_create();
    struct json *list = json_array_create_empty();
    for (size_t i = 0; i < n; i++) {
        struct json *one = json_object_create();
        char *time = xastrftime_msec("%Y-%m-%dT%H:%M:%S.###Z", entries[i].at, true);
        put_string(one, "time", time);
        put_uint(one, "time_ms", (uint64_t)entries[i].at);
        put_string(one, "level", vlog_get_level_name(entries[i].level));
        put_string(one, "module", entries[i].module);
        put_string(one, "text", entries[i].text);
        json_array_add(list, one);
        free(time);
    }
    json_object_put(json, "log", list);
    free(entries);
    return json;
}
