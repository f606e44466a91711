/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_FLOWS_H
#define ICGW_OVSDB_FLOWS_H

/* The rows of Logical_Flow.
 *
 * Four of five rows that a gateway reads are flows.  The library's replica takes 1.5 KiB for
 * each; this one a tenth of that, and shares the texts with the model.  The rows are part of
 * the Southbound's session all the same: flow_tap.h takes them out of its updates, so that
 * flows and ports of one transaction come together.  Control thread only. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/hmap.h"
#include "openvswitch/uuid.h"

struct flow_batch;
struct json;
struct lflow_cache;
struct lflow_code;

struct flow_row {
    struct hmap_node node;
    struct uuid uuid;
    struct uuid datapath; /* zero: none */
    struct uuid group;    /* Logical_DP_Group; zero: none */
    const struct lflow_code *code;
    int32_t priority; /* -1: out of range … */
    int16_t table;    /* … likewise */
    bool egress;
    bool seen; /* since the replica was cleared */
};

struct flows {
    struct hmap rows; /* struct flow_row, by uuid */
    struct lflow_cache *cache;
    unsigned int seqno; /* another one: rows are not the same */
    bool cleared;       /* the replica was, since somebody set this to false */
    /* Rows that are new, gone or not the same since flows_forget_changes().  Some may be
     * listed more than once. */
    struct uuid *changed;
    size_t n_changed;
    size_t allocated;
};

/* The cache must outlive the rows. */
void flows_init(struct flows *, struct lflow_cache *);
void flows_destroy(struct flows *);
const struct flow_row *flows_find(const struct flows *, const struct uuid *);
void flows_forget_changes(struct flows *);

/* What one update says of the table.  Rows are kept parsed, so that the update itself need
 * not be. */
struct flow_batch *flow_batch_create(struct lflow_cache *);
void flow_batch_destroy(struct flow_batch *);
/* A row of <table-updates> or <table-updates2> (ovsdb-server(7), update2), which is taken.
 * What makes no sense is said in the log and left out. */
void flow_batch_add(struct flow_batch *, const char *uuid, struct json *row);
/* Brings the rows up to date, and destroys the batch.  `clear`: there is no row but those in it.
 * False: it does not fit to what there is, and what the server has should be read again. */
bool flows_apply(struct flows *, struct flow_batch *, bool clear);

#endif
