/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "text.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "table.h"
#include "view.h"

void text_log(const struct json *report, struct ds *ds, bool colour)
{
    const struct json *log = view_get(report, "log");
    const struct json *entry;
    VIEW_FOR_EACH(entry, i, log)
    {
        bool bad = strcmp(view_string(entry, "level"), "INFO") != 0;
        text_put(ds, false, TONE_PLAIN, "%s  ", view_string(entry, "time"));
        text_put(ds, colour, bad ? TONE_WARNING : TONE_PLAIN, "%s", view_string(entry, "text"));
        ds_put_char(ds, '\n');
    }
    if (view_count(log) == 0) {
        ds_put_cstr(ds, "nothing has changed yet\n");
    }
}
