/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TABLES_PARTS_H
#define ICGW_TABLES_PARTS_H

/* Parts of tables.c that replica.c uses.  Inside dp/ only; control thread only. */

#include "icgw_tables.h"

/* Copies all but the endpoints to *to, new and zeroed but for its node.  False:
 * no memory; *to is to be freed. */
bool icgw_tables_copy_parts(struct icgw_tables *to, const struct icgw_tables *from);

#endif
