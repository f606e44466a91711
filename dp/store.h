/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_STORE_H
#define ICGW_STORE_H

/* Memory of one endpoint's destinations, members and source guards: only ever
 * added to, freed as a whole.  Inside dp/ only; control thread only. */

#include "icgw_tables.h"

struct icgw_endpoint_store;

/* On that NUMA node, or ICGW_HOME (alloc.h).  NULL: no memory there. */
struct icgw_endpoint_store *icgw_store_create(int node);
void icgw_store_free(struct icgw_endpoint_store *);
/* Nothing is added any more: frees what that took.  For stores on a node. */
void icgw_store_close(struct icgw_endpoint_store *);
/* Bytes of memory. */
size_t icgw_store_size(const struct icgw_endpoint_store *);
/* A copy of *dest with its guard and members.  NULL: no memory, or a *dest
 * that icgw_endpoint_add_l2() and its like refuse. */
const struct icgw_dest *icgw_store_dest(struct icgw_endpoint_store *, const struct icgw_dest *);

#endif
