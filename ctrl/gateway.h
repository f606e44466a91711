/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_GATEWAY_H
#define ICGW_GATEWAY_H

/* The daemon's parts put together: databases → model → tables → workers, and
 * the underlay and the slow path beside it.  Control thread only. */

#include <stdbool.h>
#include <stdint.h>

#include "bfd.h"
#include "convergence.h"
#include "drain.h"
#include "health.h"
#include "icgw_config.h"
#include "icgw_tables.h"
#include "totals.h"

struct bfd_resume;
struct bfd_will;
struct lflow_cache;
struct metrics;
struct model;
struct ovsdb;
struct slow_path;
struct specialised;
struct underlay;

/* Of the state file. */
struct gateway_state {
    const struct model *model; /* that is in it, … */
    uint64_t version;          /* … as of this version; NULL: none */
    int64_t due;               /* ms: not to be written before */
};

struct gateway {
    const struct icgw_config *config;
    struct ovsdb *ovsdb;
    struct underlay *underlay;
    bool underlay_trouble; /* and it was said */
    struct lflow_cache *cache;
    struct slow_path *slow_path;
    const struct model *model;       /* NULL until there is one; of *ovsdb, or … */
    struct model *loaded;            /* … what the last run left, until then */
    uint64_t version;                /* of `model` that `specialised` reflects */
    uint64_t keys_version;           /* of IC-SB's keys that the tables reflect */
    struct specialised *specialised; /* of `model` */
    bool stale;                      /* the last model could not be turned into tables */
    int64_t nb_cfg;                  /* of `model`; acknowledged once in use */
    uint64_t published;              /* number of the tables of `model` */
    double specialise_ms;            /* that the last specialisation took */
    struct convergence convergence;  /* of changes of the databases */
    struct gateway_state state;
    struct drain drain;
    bool resigned; /* BFD is down on purpose */
    struct totals_history history;
    struct metrics *metrics; /* NULL: not configured */
    struct health health;
    struct bfd_will *will;   /* NULL: none */
    unsigned int will_ports; /* bit per port that it can leave by */
    struct bfd *bfd;
    struct bfd_timers bfd_timers;  /* that it goes by */
    uint64_t bfd_hash;             /* of what its sessions were made from */
    struct bfd_resume *bfd_resume; /* sessions of the last run, until there are ours */
};

/* Starts workers, opens the sessions.  False, with *error (malloc'ed), leaves
 * nothing behind.  *config must outlive the gateway. */
bool gateway_start(struct gateway *, const struct icgw_config *, char **error);
void gateway_run(struct gateway *);
/* Arranges for poll_block() to wake up for the next gateway_run(). */
void gateway_wait(struct gateway *);
void gateway_stop(struct gateway *);

/* Our tunnel addresses, ICGW_CONFIG_MAX_ENCAP_IPS at most; returns their number. */
size_t gateway_encap_ips(const struct icgw_config *, struct icgw_addr *);

/* Forwards by the file of the last run before the databases have answered. */
void gateway_load_state(struct gateway *, const char *path);

/* A reason to leave the work to others, or no longer one. */
void gateway_drain(struct gateway *, enum drain_reason, bool on);

#endif
