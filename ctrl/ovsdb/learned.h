/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_LEARNED_H
#define ICGW_OVSDB_LEARNED_H

/* What was learned from packets and waits to be written to a table of the Southbound. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/list.h"
#include "openvswitch/vlog.h"
#include "tasks.h"

struct ovsdb;
struct ovsdb_idl_txn;

/* Part of something that says what is to be written. */
struct learned {
    struct ovs_list node;
    bool writing; /* part of the transaction under way */
};

struct learned_list {
    struct ovs_list items; /* oldest first */
    size_t n;
};

struct learned_kind {
    const char *what; /* in the plural, for messages */
    struct vlog_rate_limit limit;
    /* False: the database has it, or it makes no sense any more. */
    bool (*write)(struct ovsdb *, const struct learned *, struct ovsdb_idl_txn *);
    void (*free)(struct learned *);
};

void learned_init(struct learned_list *);
void learned_clear(struct learned_list *, const struct learned_kind *);
/* Takes *item over.  Where too much waits, the oldest is forgotten. */
void learned_add(struct learned_list *, struct learned_kind *, struct learned *item);
void learned_drop(struct learned_list *, const struct learned_kind *, struct learned *item);
/* As a task's functions.  What the server refused is not worth keeping: if it still
 * holds, the next packet brings it again. */
bool learned_compose(struct ovsdb *, struct learned_list *, const struct learned_kind *,
                     struct ovsdb_idl_txn *);
void learned_done(struct learned_list *, const struct learned_kind *, enum task_outcome);

#endif
