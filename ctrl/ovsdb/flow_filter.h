/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_FLOW_FILTER_H
#define ICGW_OVSDB_FLOW_FILTER_H

/* Takes the rows of Logical_Flow out of the bytes that a server sends.
 *
 * The library makes a tree of a whole message before anyone sees it: 1 GiB for 500,000
 * flows.  The filter reads these row by row instead, and leaves the library a text in place
 * of the table, by which the update finds its rows again.  It does so where the table stands
 * directly in an update or in the reply to a monitor request; whatever looks otherwise goes to
 * the library as it is. */

#include <stddef.h>

struct flow_batch;
struct flow_filter;
struct json;
struct lflow_cache;

/* For one connection. */
struct flow_filter *flow_filter_create(struct lflow_cache *);
void flow_filter_destroy(struct flow_filter *);
/* The next n bytes, filtered in place; how many there are now: fewer, but never none. */
size_t flow_filter_run(struct flow_filter *, char *bytes, size_t n);
/* The rows that this stands for, which are the caller's; NULL: none. */
struct flow_batch *flow_filter_take(struct flow_filter *, const struct json *);

#endif
