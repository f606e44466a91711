/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "text.h"

#include "openvswitch/dynamic-string.h"
#include "table.h"
#include "view.h"

static void put_list(const struct json *list, struct ds *ds, bool colour, enum tone tone,
                     const char *what)
{
    const struct json *one;
    VIEW_FOR_EACH(one, i, list)
    {
        text_put(ds, false, TONE_PLAIN, "%s at %s: ", view_string(one, "destination"),
                 view_string(one, "port"));
        text_put(ds, colour, tone, "%s", what);
        ds_put_cstr(ds, "\n    why:  ");
        text_put(ds, false, TONE_PLAIN, "%s", view_string(one, "why"));
        ds_put_cstr(ds, "\n    flow: ");
        text_put(ds, false, TONE_PLAIN, "%s", view_string(one, "flow"));
        if (*view_string(one, "needs") != '\0') {
            ds_put_cstr(ds, "\n    needs: ");
            text_put(ds, false, TONE_PLAIN, "%s", view_string(one, "needs"));
        }
        ds_put_char(ds, '\n');
    }
}

void text_unsupported(const struct json *report, struct ds *ds, bool colour)
{
    const struct json *unsupported = view_get(report, "unsupported");
    const struct json *slow = view_get(report, "slow");
    if (view_count(unsupported) == 0 && view_count(slow) == 0) {
        ds_put_cstr(ds, "nothing: every destination is on the fast path\n");
    }
    put_list(unsupported, ds, colour, TONE_BAD, "dropped as unsupported");
    put_list(slow, ds, colour, TONE_WARNING, "forwarded by the slow path");
}
