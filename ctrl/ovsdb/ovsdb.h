/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_H
#define ICGW_OVSDB_H

/* The sessions to the zone's Southbound and to IC-SB, and what this chassis
 * writes there.  Control thread only.  OVS headers stay behind this one. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "icgw_tables.h"

struct bfd_timers;
struct lflow_cache;
struct model;
struct ovsdb;

struct ovsdb_config {
    const char *chassis;
    const char *hostname;
    const struct icgw_addr *encap_ips;
    size_t n_encap_ips;
    bool csum; /* Encap options:csum */
    const char *southbound;
    const char *ic_southbound; /* NULL: none */
    struct lflow_cache *cache; /* of what flows say; outlives struct ovsdb */
};

struct ovsdb *ovsdb_create(const struct ovsdb_config *);
/* Ends the sessions.  Rows stay; see ovsdb_withdraw(). */
void ovsdb_destroy(struct ovsdb *);

/* Other servers of the same databases, from now on.  What is known stays. */
void ovsdb_set_remotes(struct ovsdb *, const char *southbound, const char *ic_southbound);

/* Reads what arrived, registers and repairs our rows, claims ports, follows
 * the conditions, commits at most one transaction at a time.  True when what
 * ovsdb_model() would return has changed. */
bool ovsdb_run(struct ovsdb *);
/* Arranges for poll_block() to wake up when ovsdb_run() has something to do. */
void ovsdb_wait(struct ovsdb *);

/* The model, brought up to date with what the databases say now, or NULL while
 * what has been read is not complete: keep what you have until ovsdb_run() says so.
 * It is the same object each time, belongs to *ovsdb, and stays as it is until the
 * next call.  Ports that this chassis holds or may come to hold are resident in it; they
 * are claimed only after it has been handed out, so that packets find the tables. */
const struct model *ovsdb_model(struct ovsdb *);
/* How many times that has read the ports of a datapath. */
uint64_t ovsdb_n_filled(const struct ovsdb *);
/* SB_Global.nb_cfg that the last ovsdb_model() reflects. */
int64_t ovsdb_model_nb_cfg(const struct ovsdb *);

/* The workers forward by the state of nb_cfg: acknowledge it. */
void ovsdb_set_nb_cfg(struct ovsdb *, int64_t nb_cfg);

/* What put_arp and put_nd learned: written to MAC_Binding unless it is there.
 * Queued until the session can write. */
void ovsdb_learn(struct ovsdb *, const char *datapath_uuid, const char *logical_port,
                 const char *ip, const char *mac);
/* What put_fdb learned, likewise, to FDB. */
void ovsdb_learn_fdb(struct ovsdb *, uint32_t datapath_key, uint16_t port_key, const char *mac);

/* What a port on a transit switch is addressed by. */
struct ovsdb_keys {
    uint32_t vni;
    uint16_t port;
};
typedef void ovsdb_keys_cb(void *aux, const char *port, struct ovsdb_keys);
/* The keys that IC-SB has for ports of this zone, and those that it had until some
 * seconds ago: other zones use either until they have followed, whether the model has
 * followed or not. */
void ovsdb_for_each_keys(const struct ovsdb *, ovsdb_keys_cb *, void *aux);
/* Another number: IC-SB has other keys than before. */
uint64_t ovsdb_keys_version(const struct ovsdb *);

/* Whom to speak BFD with, by chassis name: of the groups of two or more that we are a
 * member of, fellow members and ref_chassis; of those that we are a ref_chassis of, the
 * members (as ovn-controller does, controller/bfd.c).  Sorted, each once; without ourselves and
 * without chassis of other zones; valid until ovsdb_run().  False: not known yet. */
bool ovsdb_bfd_peers(const struct ovsdb *, const char *const **names, size_t *n);
/* Options of SB_Global; 0 where it has none. */
void ovsdb_bfd_timers(const struct ovsdb *, struct bfd_timers *);
/* With whom BFD is up.  Elections go by it from now on. */
void ovsdb_set_bfd(struct ovsdb *, const char *const *names, size_t n);

/* Takes no part in elections: what others can hold is left to them. */
void ovsdb_set_draining(struct ovsdb *, bool);
/* BFD is down on purpose.  What ovsdb_set_bfd() said before stays: our sessions say
 * nothing of who could take over. */
void ovsdb_set_resigned(struct ovsdb *, bool);

/* Begins to remove our rows and claims.  Call ovsdb_run() until
 * ovsdb_withdrawn() says that it is done (or impossible: not connected). */
void ovsdb_withdraw(struct ovsdb *);
bool ovsdb_withdrawn(const struct ovsdb *);

struct ovsdb_status {
    bool sb_connected;
    bool ic_connected;
    const char *sb_remote; /* as configured */
    const char *ic_remote;
    const char *const *claimed; /* names of claimed ports, sorted; valid until ovsdb_run() */
    size_t n_claimed;
    const char *const *standby; /* ports of our groups that others hold; as `claimed` */
    size_t n_standby;
    size_t n_heirless; /* claimed ports that nobody else could take over now */
    /* Encap addresses that this zone has and others want: a sentence about each, sorted;
     * valid until ovsdb_model(). */
    const char *const *doubled;
    size_t n_doubled;
    int64_t nb_cfg; /* acknowledged */
};
void ovsdb_status(const struct ovsdb *, struct ovsdb_status *);

#endif
