/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_FLOW_BATCH_H
#define ICGW_OVSDB_FLOW_BATCH_H

/* Shared by flows.c and flow_batch.c only. */

#include "flows.h"

/* A row that there must be before. */
struct flow_change {
    struct uuid uuid;
    struct json *columns; /* what differs; NULL: the row is gone */
};

struct flow_batch {
    struct lflow_cache *cache;
    struct flow_row **rows; /* whole ones */
    size_t n_rows;
    size_t allocated_rows;
    struct flow_change *changes;
    size_t n_changes;
    size_t allocated_changes;
};

void flow_row_destroy(struct lflow_cache *, struct flow_row *);
/* A copy with these columns, which are as in a "modify" of <table-updates2>. */
struct flow_row *flow_row_modified(struct lflow_cache *, const struct flow_row *,
                                   const struct json *columns);

#endif
