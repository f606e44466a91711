/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "text.h"

#include "openvswitch/dynamic-string.h"
#include "table.h"
#include "view.h"

static void put_keys(const struct json *keys, const char *title, struct ds *ds, bool colour,
                     enum tone tone)
{
    for (size_t i = 0; i < view_count(keys); i++) {
        text_put(ds, colour, tone, "%s", title);
        text_put(ds, false, TONE_PLAIN, " %s", view_string_at(keys, i));
        ds_put_char(ds, '\n');
    }
}

void text_reload(const struct json *report, struct ds *ds, bool colour)
{
    const struct json *applied = view_get(report, "applied");
    const struct json *restart = view_get(report, "needs_restart");
    put_keys(applied, "applied:        ", ds, colour, TONE_GOOD);
    put_keys(restart, "needs a restart:", ds, colour, TONE_WARNING);
    if (view_count(applied) + view_count(restart) == 0) {
        ds_put_cstr(ds, "nothing has changed\n");
    }
}
