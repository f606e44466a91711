/* SPDX-License-Identifier: Apache-2.0 */
#include "learned.h"

#include "private.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_learned);

#define MAX_LEARNED 1000
#define MAX_PER_TXN 100

void learned_init(struct learned_list *list)
{
    ovs_list_init(&list->items);
    list->n = 0;
}

void learned_drop(struct learned_list *list, const struct learned_kind *kind, struct learned *l)
{
    ovs_list_remove(&l->node);
    list->n--;
    kind->free(l);
}

void learned_clear(struct learned_list *list, const struct learned_kind *kind)
{
    struct learned *l;
    LIST_FOR_EACH_SAFE (l, node, &list->items) {
        learned_drop(list, kind, l);
    }
}

void learned_add(struct learned_list *list, struct learned_kind *kind, struct learned *item)
{
    if (list->n >= MAX_LEARNED) {
        VLOG_WARN_RL(&kind->limit, "more than %d %s wait to be written; the oldest is forgotten",
                     MAX_LEARNED, kind->what);
        learned_drop(list, kind, CONTAINER_OF(ovs_list_front(&list->items), struct learned, node));
    }
    ovs_list_push_back(&list->items, &item->node);
    list->n++;
}

bool learned_compose(struct ovsdb *o, struct learned_list *list, const struct learned_kind *kind,
                     struct ovsdb_idl_txn *txn)
{
    if (!o->complete) { /* a row that is there might not be in the replica yet */
        return false;
    }
    size_t n = 0;
    struct learned *l;
    LIST_FOR_EACH_SAFE (l, node, &list->items) {
        if (n == MAX_PER_TXN) {
            break;
        }
        if (kind->write(o, l, txn)) {
            l->writing = true;
            n++;
        } else {
            learned_drop(list, kind, l);
        }
    }
    return n > 0;
}

void learned_done(struct learned_list *list, const struct learned_kind *kind,
                  enum task_outcome outcome)
{
    struct learned *l;
    LIST_FOR_EACH_SAFE (l, node, &list->items) {
        if (l->writing && outcome != TASK_AGAIN) {
            learned_drop(list, kind, l);
        } else {
            l->writing = false;
        }
    }
}
