/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REPORT_H
#define ICGW_REPORT_H

/* The gateway's state, for people and for machines.  JSON names are part of the
 * operator's interface: snake_case, and never renamed.  Control thread only. */

struct ds;
struct gateway;
struct json;

struct json *report_status_json(const struct gateway *);
void report_status_text(const struct gateway *, struct ds *);
struct json *report_drain_json(const struct gateway *);
void report_drain_text(const struct gateway *, struct ds *);
struct json *report_stats_json(const struct gateway *);
void report_stats_text(const struct gateway *, struct ds *);
struct json *report_show_json(const struct gateway *);
void report_show_text(const struct gateway *, struct ds *);
struct json *report_bfd_json(const struct gateway *);
void report_bfd_text(const struct gateway *, struct ds *);
/* Parts of other reports. */
struct json *report_bfd_sessions_json(const struct gateway *);
void report_bfd_summary(const struct gateway *, struct ds *);
struct json *report_unsupported_json(const struct gateway *);
void report_unsupported_text(const struct gateway *, struct ds *);

#endif
