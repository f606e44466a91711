/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REPORT_ENDPOINTS_H
#define ICGW_REPORT_ENDPOINTS_H

/* What arrives where, and what becomes of it.  Control thread only. */

#include "icgw_list.h"

struct gateway;
struct json;
struct model_datapath;
struct model_port;
struct shash;

/* Calls `show` for every port that the tables have an endpoint for, but patch
 * ports inside the zone, which nobody reaches by a tunnel. */
typedef void endpoint_fn(const struct gateway *, const struct model_port *,
                         const struct icgw_endpoint *, void *aux);
void endpoints_for_each(const struct gateway *, endpoint_fn *show, void *aux);

/* "switched", "routed", "slow path", or why everything is dropped. */
const char *endpoint_kind_name(const struct icgw_endpoint *);
/* Destinations that are not on the fast path, by the name of the port.  The
 * caller clears *counts by shash_destroy(). */
void endpoints_count_reports(const struct gateway *, struct shash *counts);
size_t endpoint_n_reports(const struct shash *counts, const struct model_port *);
/* Whether what arrives at the port is then in this datapath. */
bool endpoint_leads_to(const struct model_port *, const struct model_datapath *);

/* By name, by VNI, or by the UUID of its Datapath_Binding; NULL: none. */
const struct model_datapath *endpoints_datapath(const struct gateway *, const char *name);

/* "10.1.0.0/24", or "02:00:00:00:00:01 ipv4"; for the caller to free. */
char *format_entry(const struct icgw_entry *);
/* Adds what becomes of a packet for the destination. */
void put_destination(const struct gateway *, const struct icgw_dest *, struct json *);

#endif
