/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REPORT_TEXT_H
#define ICGW_REPORT_TEXT_H

/* Reports, as report.h describes them, as text for people.  They see the JSON
 * only, so both forms say the same, and ovnic-gw-ctl can use them, too.  No
 * state; any thread. */

#include <stdbool.h>

struct ds;
struct json;

/* Appends the text of a report. */
typedef void report_text(const struct json *, struct ds *, bool colour);

report_text text_status;
report_text text_show;
report_text text_stats;
report_text text_ports;
report_text text_peers;
report_text text_bfd;
report_text text_drops;
report_text text_drain;
report_text text_unsupported;
report_text text_log;
report_text text_routes;
report_text text_lookup;
report_text text_reload;
report_text text_check;

/* Rates between two `stats` reports that are `seconds` apart. */
void text_rates(const struct json *before, const struct json *now, double seconds, struct ds *,
                bool colour);

#endif
