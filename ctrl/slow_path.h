/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_SLOW_PATH_H
#define ICGW_SLOW_PATH_H

/* What the fast path hands over: the logical flows are run on the packet
 * itself.  Control thread only. */

#include <stdint.h>

#include "icgw_stats.h"
#include "icgw_tables.h"

struct interp;
struct lflow;
struct model;
struct model_flow;
struct rte_mbuf;
struct slow_path;
struct specialised;

struct slow_path_ops {
    /* An mbuf with ICGW_OUTER_MAX bytes of headroom and a copy of the data. */
    struct rte_mbuf *(*alloc)(const void *data, uint16_t len);
    /* Sends a complete frame; takes the mbuf. */
    void (*transmit)(uint16_t port, struct rte_mbuf *);
    /* put_arp and put_nd. */
    void (*learn)(void *aux, const char *datapath_uuid, const char *logical_port, const char *ip,
                  const char *mac);
    /* put_fdb. */
    void (*learn_fdb)(void *aux, uint32_t datapath_key, uint16_t port_key, const char *mac);
    /* Milliseconds of a clock that never goes back. */
    int64_t (*now)(void);
};

/* Somebody who looks on: traces.  Any of the functions may be NULL. */
struct slow_path_observer {
    void (*stage)(void *aux, const struct interp *, const struct model_flow *);
    /* flow: the one that decided; NULL when no flow did. */
    void (*drop)(void *aux, enum icgw_drop, const struct lflow *);
    /* The packet waits for the MAC address of a next hop. */
    void (*wait)(void *aux, const char *port, const char *ip);
    /* A flow asks for what the interpreter does not do; a drop follows. */
    void (*unsupported)(void *aux, const char *why);
    void *aux;
};

struct slow_path *slow_path_create(const struct slow_path_ops *, void *aux);
void slow_path_destroy(struct slow_path *);

/* What to go by from now on; all three stay valid until the next call.  Packets
 * whose next hop has become known are sent.  `tables` holds the tunnels of
 * `specialised`. */
void slow_path_update(struct slow_path *, const struct model *, const struct specialised *,
                      const struct icgw_tables *tables);
/* The same model, other tunnels. */
void slow_path_set_tables(struct slow_path *, const struct icgw_tables *);

/* *observer must outlive its use; NULL: nobody looks on. */
void slow_path_observe(struct slow_path *, const struct slow_path_observer *observer);

/* Takes a frame as a worker received it. */
void slow_path_packet(struct slow_path *, struct rte_mbuf *);

/* Gives up on packets that have waited too long; returns the time (ms) of the
 * next one, INT64_MAX without. */
int64_t slow_path_run(struct slow_path *);

/* Packets sent, and drops by reason. */
const struct icgw_stats *slow_path_stats(const struct slow_path *);

#endif
