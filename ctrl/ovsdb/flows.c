/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "flows.h"

#include "flow_batch.h"
#include "lflow.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "uuid.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_flows);

void flows_init(struct flows *f, struct lflow_cache *cache)
{
    *f = (struct flows){.rows = HMAP_INITIALIZER(&f->rows), .cache = cache};
}

void flow_row_destroy(struct lflow_cache *cache, struct flow_row *row)
{
    lflow_cache_put(cache, row->code);
    free(row);
}

void flows_destroy(struct flows *f)
{
    struct flow_row *row;
    HMAP_FOR_EACH_POP(row, node, &f->rows)
    {
        flow_row_destroy(f->cache, row);
    }
    hmap_destroy(&f->rows);
    free(f->changed);
}

static struct flow_row *find(const struct flows *f, const struct uuid *uuid)
{
    struct flow_row *row;
    HMAP_FOR_EACH_WITH_HASH (row, node, uuid_hash(uuid), &f->rows) {
        if (uuid_equals(&row->uuid, uuid)) {
            return row;
        }
    }
    return NULL;
}

const struct flow_row *flows_find(const struct flows *f, const struct uuid *uuid)
{
    return find(f, uuid);
}

void flows_forget_changes(struct flows *f)
{
    free(f->changed);
    f->changed = NULL;
    f->n_changed = f->allocated = 0;
}

static void note(struct flows *f, const struct uuid *uuid)
{
    if (f->n_changed == f->allocated) {
        f->changed = x2nrealloc(f->changed, &f->allocated, sizeof *f->changed);
    }
    f->changed[f->n_changed++] = *uuid;
    f->seqno++;
}

static void delete (struct flows *f, struct flow_row *row)
{
    note(f, &row->uuid);
    hmap_remove(&f->rows, &row->node);
    flow_row_destroy(f->cache, row);
}

static bool is_same(const struct flow_row *a, const struct flow_row *b)
{
    return a->code == b->code && a->priority == b->priority && a->table == b->table &&
           a->egress == b->egress && uuid_equals(&a->datapath, &b->datapath) &&
           uuid_equals(&a->group, &b->group);
}

/* Takes the row. */
static void put(struct flows *f, struct flow_row *row)
{
    struct flow_row *before = find(f, &row->uuid);
    if (before && is_same(before, row)) {
        before->seen = true;
        flow_row_destroy(f->cache, row);
        return;
    }
    if (before) {
        hmap_remove(&f->rows, &before->node);
        flow_row_destroy(f->cache, before);
    }
    note(f, &row->uuid);
    row->seen = true;
    hmap_insert(&f->rows, &row->node, uuid_hash(&row->uuid));
}

static bool apply(struct flows *f, const struct flow_change *change)
{
    struct flow_row *before = find(f, &change->uuid);
    if (!before) {
        VLOG_WARN("the server changes flow " UUID_FMT ", which it has not sent",
                  UUID_ARGS(&change->uuid));
        return false;
    }
    if (!change->columns) {
        delete (f, before);
    } else {
        put(f, flow_row_modified(f->cache, before, change->columns));
    }
    return true;
}

static void delete_unseen(struct flows *f)
{
    struct flow_row *row;
    HMAP_FOR_EACH_SAFE (row, node, &f->rows) {
        if (!row->seen) {
            delete (f, row);
        }
    }
}

bool flows_apply(struct flows *f, struct flow_batch *batch, bool clear)
{
    bool fits = true;
    struct flow_row *row;
    f->cleared |= clear;
    if (clear) {
        HMAP_FOR_EACH (row, node, &f->rows) {
            row->seen = false;
        }
    }
    hmap_reserve(&f->rows, hmap_count(&f->rows) + batch->n_rows);
    for (size_t i = 0; i < batch->n_rows; i++) {
        put(f, batch->rows[i]);
    }
    batch->n_rows = 0;
    for (size_t i = 0; i < batch->n_changes; i++) {
        fits &= apply(f, &batch->changes[i]);
    }
    if (clear) {
        delete_unseen(f);
    }
    flow_batch_destroy(batch);
    return fits;
}
