/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "text.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "table.h"
#include "view.h"

void text_check(const struct json *report, struct ds *ds, bool colour)
{
    const struct json *checks = view_get(report, "checks");
    const struct json *one;
    struct table *t = table_create(colour);
    table_column(t, "check", TABLE_LEFT);
    table_column(t, "verdict", TABLE_LEFT);
    table_column(t, "found", TABLE_LEFT);
    VIEW_FOR_EACH(one, i, checks)
    {
        const char *verdict = view_string(one, "verdict");
        bool must = !strcmp(verdict, "must_change");
        table_cell(t, TONE_PLAIN, "%s", view_string(one, "check"));
        table_cell(t,
                   must                     ? TONE_BAD
                   : !strcmp(verdict, "ok") ? TONE_GOOD
                                            : TONE_WARNING,
                   "%s", must ? "must change" : verdict);
        table_cell(t, TONE_PLAIN, "%s", view_string(one, "found"));
    }
    table_put(t, ds);
    VIEW_FOR_EACH(one, i, checks)
    {
        if (*view_string(one, "why") != '\0') {
            ds_put_char(ds, '\n');
            text_put(ds, colour, TONE_TITLE, "%s", view_string(one, "check"));
            text_put(ds, false, TONE_PLAIN, ": %s", view_string(one, "why"));
            ds_put_cstr(ds, "\n    ");
            text_put(ds, false, TONE_PLAIN, "%s", view_string(one, "command"));
            ds_put_char(ds, '\n');
        }
    }
}
