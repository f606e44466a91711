/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REPORT_H
#define ICGW_REPORT_H

/* The gateway's state as JSON; text.h makes text for people of it.  The names
 * of members are part of the operator's interface: snake_case, and never
 * renamed.  Control thread only. */

#include <stddef.h>
#include <stdint.h>

struct gateway;
struct icgw_pmd_note;
struct json;

/* Commands.  With arguments: NULL and *error (malloc'ed) if they are wrong. */
struct json *report_status(const struct gateway *);
struct json *report_show(const struct gateway *);
struct json *report_stats(const struct gateway *);
struct json *report_ports(const struct gateway *);
struct json *report_peers(const struct gateway *);
struct json *report_bfd(const struct gateway *);
struct json *report_drops(const struct gateway *);
struct json *report_drain(const struct gateway *);
struct json *report_unsupported(const struct gateway *);
struct json *report_log(const struct gateway *, size_t max);
struct json *report_routes(const struct gateway *, const char *router, char **error);
struct json *report_lookup(const struct gateway *, const char *datapath, const char *destination,
                           char **error);

/* Parts of several reports. */
struct json *report_problems(const struct gateway *);
struct json *report_bfd_sessions(const struct gateway *);
struct json *report_tunnel(const struct gateway *, size_t index);
struct json *report_port(const struct gateway *, uint16_t index);
struct json *report_notes(const struct icgw_pmd_note *, uint16_t n);

#endif
