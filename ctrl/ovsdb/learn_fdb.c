/* SPDX-License-Identifier: Apache-2.0 */

/* Which port of a switch a MAC address is behind: what put_fdb learned, to FDB. */

#include "private.h"

#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_learn_fdb);

#define MAX_LEARNED 1000
#define MAX_PER_TXN 100

struct learned_fdb {
    struct ovs_list node;
    uint32_t datapath_key;
    uint16_t port_key;
    char mac[18];
    bool writing; /* part of the transaction under way */
};

static void drop(struct ovsdb *o, struct learned_fdb *l)
{
    ovs_list_remove(&l->node);
    o->n_learned_fdb--;
    free(l);
}

/* Every packet of a burst says the same. */
static struct learned_fdb *find_waiting(struct ovsdb *o, uint32_t datapath_key, const char *mac)
{
    struct learned_fdb *l;
    LIST_FOR_EACH (l, node, &o->learned_fdb) {
        if (!l->writing && l->datapath_key == datapath_key && !strcmp(l->mac, mac)) {
            return l;
        }
    }
    return NULL;
}

void ovsdb_learn_fdb(struct ovsdb *o, uint32_t datapath_key, uint16_t port_key, const char *mac)
{
    struct learned_fdb *l = find_waiting(o, datapath_key, mac);
    if (l) {
        l->port_key = port_key;
        return;
    }
    if (o->n_learned_fdb >= MAX_LEARNED) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 1);
        VLOG_WARN_RL(&rl, "more than %d MAC addresses wait to be written; the oldest is forgotten",
                     MAX_LEARNED);
        drop(o, CONTAINER_OF(ovs_list_front(&o->learned_fdb), struct learned_fdb, node));
    }
    l = xzalloc(sizeof *l);
    l->datapath_key = datapath_key;
    l->port_key = port_key;
    ovs_strlcpy(l->mac, mac, sizeof l->mac);
    ovs_list_push_back(&o->learned_fdb, &l->node);
    o->n_learned_fdb++;
    tasks_kick(o, TASK_LEARN_FDB);
}

static const struct sbrec_fdb *find(const struct ovsdb *o, const struct learned_fdb *l)
{
    struct sbrec_fdb *target = sbrec_fdb_index_init_row(o->fdb_by_mac);
    sbrec_fdb_index_set_mac(target, l->mac);
    sbrec_fdb_index_set_dp_key(target, l->datapath_key);
    const struct sbrec_fdb *found = sbrec_fdb_index_find(o->fdb_by_mac, target);
    sbrec_fdb_index_destroy_row(target);
    return found;
}

static bool write_one(struct ovsdb *o, const struct learned_fdb *l, struct ovsdb_idl_txn *txn)
{
    const struct sbrec_fdb *row = find(o, l);
    if (row && row->port_key == l->port_key) {
        return false;
    }
    if (!row) {
        row = sbrec_fdb_insert(txn);
        sbrec_fdb_set_mac(row, l->mac);
        sbrec_fdb_set_dp_key(row, l->datapath_key);
    }
    sbrec_fdb_set_port_key(row, l->port_key);
    if (sbrec_server_has_fdb_table_col_timestamp(o->sb.idl)) {
        sbrec_fdb_set_timestamp(row, time_wall_msec());
    }
    return true;
}

bool learn_fdb_compose(struct ovsdb *o, struct task *t OVS_UNUSED, struct ovsdb_idl_txn *txn)
{
    if (!o->complete) { /* a row that is there might not be in the replica yet */
        return false;
    }
    size_t n = 0;
    struct learned_fdb *l;
    LIST_FOR_EACH_SAFE (l, node, &o->learned_fdb) {
        if (n == MAX_PER_TXN) {
            break;
        }
        if (write_one(o, l, txn)) {
            l->writing = true;
            n++;
        } else {
            drop(o, l);
        }
    }
    return n > 0;
}

/* What the server refused is not worth keeping: the next packet brings it again. */
void learn_fdb_done(struct ovsdb *o, enum task_outcome outcome)
{
    struct learned_fdb *l;
    LIST_FOR_EACH_SAFE (l, node, &o->learned_fdb) {
        if (l->writing && outcome != TASK_AGAIN) {
            drop(o, l);
        } else {
            l->writing = false;
        }
    }
}

void learn_fdb_clear(struct ovsdb *o)
{
    struct learned_fdb *l;
    LIST_FOR_EACH_SAFE (l, node, &o->learned_fdb) {
        drop(o, l);
    }
}
