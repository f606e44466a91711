/* SPDX-License-Identifier: Apache-2.0 */
#include "private.h"

#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_learn);

#define MAX_LEARNED 1000
#define MAX_PER_TXN 100

struct learned {
    struct ovs_list node;
    char *datapath; /* uuid */
    char *port;
    char *ip;
    char *mac;
    bool writing; /* part of the transaction under way */
};

static void drop(struct ovsdb *o, struct learned *l)
{
    ovs_list_remove(&l->node);
    o->n_learned--;
    free(l->datapath);
    free(l->port);
    free(l->ip);
    free(l->mac);
    free(l);
}

/* What is newer replaces what waits. */
static void drop_older(struct ovsdb *o, const char *port, const char *ip)
{
    struct learned *l;
    LIST_FOR_EACH_SAFE (l, node, &o->learned) {
        if (!l->writing && !strcmp(l->port, port) && !strcmp(l->ip, ip)) {
            drop(o, l);
        }
    }
}

void ovsdb_learn(struct ovsdb *o, const char *datapath, const char *port, const char *ip,
                 const char *mac)
{
    drop_older(o, port, ip);
    if (o->n_learned >= MAX_LEARNED) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 1);
        VLOG_WARN_RL(&rl, "more than %d neighbours wait to be written; the oldest is forgotten",
                     MAX_LEARNED);
        drop(o, CONTAINER_OF(ovs_list_front(&o->learned), struct learned, node));
    }
    struct learned *l = xmalloc(sizeof *l);
    *l = (struct learned){.datapath = xstrdup(datapath),
                          .port = xstrdup(port),
                          .ip = xstrdup(ip),
                          .mac = xstrdup(mac)};
    ovs_list_push_back(&o->learned, &l->node);
    o->n_learned++;
    tasks_kick(o, TASK_LEARN);
}

static const struct sbrec_mac_binding *find(const struct ovsdb *o, const struct learned *l)
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
                                                        const struct learned *l)
{
    const struct sbrec_port_binding *pb = sb_port(o, l->port);
    const struct datapath *dp = pb ? datapaths_find(&o->datapaths, pb->datapath) : NULL;
    return dp && !strcmp(dp->uuid, l->datapath) ? dp->row : NULL;
}

static bool write_one(struct ovsdb *o, const struct learned *l, struct ovsdb_idl_txn *txn)
{
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

bool learn_compose(struct ovsdb *o, struct task *t OVS_UNUSED, struct ovsdb_idl_txn *txn)
{
    if (!o->complete) { /* a row that is there might not be in the replica yet */
        return false;
    }
    size_t n = 0;
    struct learned *l;
    LIST_FOR_EACH_SAFE (l, node, &o->learned) {
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

/* What the server refused is not worth keeping: if it still holds, the next
 * ARP or ND brings it again. */
void learn_done(struct ovsdb *o, enum task_outcome outcome)
{
    struct learned *l;
    LIST_FOR_EACH_SAFE (l, node, &o->learned) {
        if (l->writing && outcome != TASK_AGAIN) {
            drop(o, l);
        } else {
            l->writing = false;
        }
    }
}

void learn_clear(struct ovsdb *o)
{
    struct learned *l;
    LIST_FOR_EACH_SAFE (l, node, &o->learned) {
        drop(o, l);
    }
}
