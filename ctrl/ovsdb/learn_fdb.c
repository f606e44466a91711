/* SPDX-License-Identifier: Apache-2.0 */

/* Which port of a switch a MAC address is behind: what put_fdb learned, to FDB. */

#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeval.h"
#include "util.h"

struct station {
    struct learned learned;
    uint32_t datapath_key;
    uint16_t port_key;
    char mac[18];
};

static const struct sbrec_fdb *find(const struct ovsdb *o, const struct station *l)
{
    struct sbrec_fdb *target = sbrec_fdb_index_init_row(o->fdb_by_mac);
    sbrec_fdb_index_set_mac(target, l->mac);
    sbrec_fdb_index_set_dp_key(target, l->datapath_key);
    const struct sbrec_fdb *found = sbrec_fdb_index_find(o->fdb_by_mac, target);
    sbrec_fdb_index_destroy_row(target);
    return found;
}

static bool write_one(struct ovsdb *o, const struct learned *item, struct ovsdb_idl_txn *txn)
{
    const struct station *l = CONTAINER_OF(item, struct station, learned);
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

static void free_one(struct learned *item)
{
    free(CONTAINER_OF(item, struct station, learned));
}

static struct learned_kind stations = {.what = "MAC addresses",
                                       .limit = VLOG_RATE_LIMIT_INIT(1, 1),
                                       .write = write_one,
                                       .free = free_one};

/* Every packet of a burst says the same. */
static struct station *find_waiting(struct ovsdb *o, uint32_t datapath_key, const char *mac)
{
    struct station *l;
    LIST_FOR_EACH (l, learned.node, &o->learned_fdb.items) {
        if (!l->learned.writing && l->datapath_key == datapath_key && !strcmp(l->mac, mac)) {
            return l;
        }
    }
    return NULL;
}

void ovsdb_learn_fdb(struct ovsdb *o, uint32_t datapath_key, uint16_t port_key, const char *mac)
{
    struct station *l = find_waiting(o, datapath_key, mac);
    if (l) {
        l->port_key = port_key;
        return;
    }
    l = xzalloc(sizeof *l);
    l->datapath_key = datapath_key;
    l->port_key = port_key;
    ovs_strlcpy(l->mac, mac, sizeof l->mac);
    learned_add(&o->learned_fdb, &stations, &l->learned);
    tasks_kick(o, TASK_LEARN_FDB);
}

bool learn_fdb_compose(struct ovsdb *o, struct task *t OVS_UNUSED, struct ovsdb_idl_txn *txn)
{
    return learned_compose(o, &o->learned_fdb, &stations, txn);
}

void learn_fdb_done(struct ovsdb *o, enum task_outcome outcome)
{
    learned_done(&o->learned_fdb, &stations, outcome);
}

void learn_fdb_clear(struct ovsdb *o)
{
    learned_clear(&o->learned_fdb, &stations);
}
