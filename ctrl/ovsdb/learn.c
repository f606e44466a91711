/* SPDX-License-Identifier: Apache-2.0 */

/* Which MAC address a neighbour has: what put_arp and put_nd learned, to MAC_Binding. */

#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeval.h"
#include "util.h"

struct neighbour {
    struct learned learned;
    char *datapath; /* uuid */
    char *port;
    char *ip;
    char *mac;
};

static const struct sbrec_mac_binding *find(const struct ovsdb *o, const struct neighbour *l)
{
    struct sbrec_mac_binding *target = sbrec_mac_binding_index_init_row(o->macs_by_port);
    sbrec_mac_binding_index_set_logical_port(target, l->port);
    sbrec_mac_binding_index_set_ip(target, l->ip);
    const struct sbrec_mac_binding *found = sbrec_mac_binding_index_find(o->macs_by_port, target);
    sbrec_mac_binding_index_destroy_row(target);
    return found;
}

/* The port's datapath, if both still exist as they did when it was learned. */
static const struct sbrec_datapath_binding *datapath_of(const struct ovsdb *o,
                                                        const struct neighbour *l)
{
    const struct sbrec_port_binding *pb = sb_port(o, l->port);
    const struct datapath *dp = pb ? datapaths_find(&o->datapaths, pb->datapath) : NULL;
    return dp && !strcmp(dp->uuid, l->datapath) ? dp->row : NULL;
}

static bool write_one(struct ovsdb *o, const struct learned *item, struct ovsdb_idl_txn *txn)
{
    const struct neighbour *l = CONTAINER_OF(item, struct neighbour, learned);
    const struct sbrec_datapath_binding *dp = datapath_of(o, l);
    const struct sbrec_mac_binding *row = find(o, l);
    if (!dp || (row && !strcmp(row->mac, l->mac))) {
        return false;
    }
    if (!row) {
        row = sbrec_mac_binding_insert(txn);
        sbrec_mac_binding_set_datapath(row, dp);
        sbrec_mac_binding_set_logical_port(row, l->port);
        sbrec_mac_binding_set_ip(row, l->ip);
    }
    sbrec_mac_binding_set_mac(row, l->mac);
    if (sbrec_server_has_mac_binding_table_col_timestamp(o->sb.idl)) {
        sbrec_mac_binding_set_timestamp(row, time_wall_msec());
    }
    return true;
}

static void free_one(struct learned *item)
{
    struct neighbour *l = CONTAINER_OF(item, struct neighbour, learned);
    free(l->datapath);
    free(l->port);
    free(l->ip);
    free(l->mac);
    free(l);
}

static struct learned_kind neighbours = {.what = "neighbours",
                                         .limit = VLOG_RATE_LIMIT_INIT(1, 1),
                                         .write = write_one,
                                         .free = free_one};

/* What is newer replaces what waits. */
static void drop_older(struct ovsdb *o, const char *port, const char *ip)
{
    struct neighbour *l;
    LIST_FOR_EACH_SAFE (l, learned.node, &o->learned.items) {
        if (!l->learned.writing && !strcmp(l->port, port) && !strcmp(l->ip, ip)) {
            learned_drop(&o->learned, &neighbours, &l->learned);
        }
    }
}

void ovsdb_learn(struct ovsdb *o, const char *datapath, const char *port, const char *ip,
                 const char *mac)
{
    struct neighbour *l = xzalloc(sizeof *l);
    l->datapath = xstrdup(datapath);
    l->port = xstrdup(port);
    l->ip = xstrdup(ip);
    l->mac = xstrdup(mac);
    drop_older(o, port, ip);
    learned_add(&o->learned, &neighbours, &l->learned);
    tasks_kick(o, TASK_LEARN);
}

bool learn_compose(struct ovsdb *o, struct task *t OVS_UNUSED, struct ovsdb_idl_txn *txn)
{
    return learned_compose(o, &o->learned, &neighbours, txn);
}

void learn_done(struct ovsdb *o, enum task_outcome outcome)
{
    learned_done(&o->learned, &neighbours, outcome);
}

void learn_clear(struct ovsdb *o)
{
    learned_clear(&o->learned, &neighbours);
}
