/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_ALLOC_H
#define ICGW_ALLOC_H

/* Memory of tables, by NUMA node.  Inside dp/ only; control thread only. */

#include <stddef.h>

/* A node, besides those numbered: where tables are built, icgw_tables_home(). */
#define ICGW_HOME (-2)

/* Of whole cache lines, for rte_free().  NULL: no memory on that node; for
 * ICGW_HOME: on none. */
void *icgw_alloc(const char *type, size_t size, int node);
void *icgw_zalloc(const char *type, size_t size, int node);

#endif
