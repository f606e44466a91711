/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_PRIVATE_H
#define ICGW_OVSDB_PRIVATE_H

/* Shared by the files of this folder only. */

#include <config.h>

#include "changes.h"
#include "datapaths.h"
#include "flows.h"
#include "learned.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "ovsdb.h"
#include "session.h"
#include "smap.h"
#include "sset.h"
#include "tasks.h"

struct icsbrec_availability_zone;
struct sbrec_chassis;
struct sbrec_chassis_private;
struct sbrec_port_binding;

/* Names, sorted. */
struct ports {
    char **names;
    size_t n;
    size_t allocated;
};

/* hold.c: how much there is of what forwarding goes by. */
struct census {
    size_t datapaths;
    size_t remote; /* ports that are bound to other zones' chassis … */
    size_t local;  /* … and to other chassis of this one */
    size_t flows;
};

struct hold {
    bool registered; /* our Chassis row has been seen */
    bool on;
    long long until;    /* ms */
    unsigned int seqno; /* of the SB when last looked at, with … */
    bool answered;
};

/* conditions.c: what the server was last asked for, and when. */
struct asked {
    uint64_t fingerprint; /* of what decides on the conditions; 0: never asked */
    unsigned int condition_seqno;
    unsigned int seqno; /* of the SB */
};

/* stages.c: names of stages. */
struct stages {
    unsigned int condition_seqno; /* of what was asked for last */
    unsigned int seqno;           /* of the contents that the model reflects */
    long long until;              /* ms; how long the first model waits for them; 0: not yet */
    bool settled;                 /* it does not wait any longer */
};

struct model;

struct ovsdb {
    char *chassis;
    char *hostname;
    char **encap_ips;
    size_t n_encap_ips;
    bool csum; /* of all of them */
    /* Per encap IP: the chassis that people were told to own it, or NULL. */
    char **encap_owners;
    bool registering;      /* the transaction under way inserts our Chassis */
    long long register_at; /* ms; at the latest; 0: not set */

    struct session sb;
    struct session ic;
    struct session names; /* with the SB, too: see stages.c */
    struct stages stages;

    struct flows flows; /* the rest of the SB replica */

    /* Look-ups in the SB replica, kept by the IDL. */
    struct ovsdb_idl_index *ports_by_name;
    struct ovsdb_idl_index *ports_by_type;
    struct ovsdb_idl_index *ports_by_chassis;
    struct ovsdb_idl_index *ports_by_datapath;
    struct ovsdb_idl_index *chassis_by_name;
    struct ovsdb_idl_index *encaps_by_ip;
    struct ovsdb_idl_index *macs_by_port;
    struct ovsdb_idl_index *fdb_by_mac;
    struct ovsdb_idl_index *macs_by_datapath;
    struct ovsdb_idl_index *static_macs_by_datapath;
    struct ovsdb_idl_index *groups_by_datapath;
    struct ovsdb_idl_index *fdb_by_key;

    struct tasks tasks;

    /* conditions.c, datapaths.c */
    struct datapaths datapaths; /* that matter, by the SB as last seen */
    unsigned int seqno;         /* of the SB, with its flows, that `datapaths` reflects */
    struct asked asked;
    bool answered; /* the SB replica holds all of `datapaths` */
    bool complete; /* and they can be relied on */
    struct hold hold;

    /* build_model.c */
    struct model *model; /* NULL: none yet */
    struct changes changes;
    uint64_t n_filled;      /* datapaths whose ports have been read, each time counted */
    struct shash ports_of;  /* datapath's uuid -> struct census, of the model's ports */
    struct census believed; /* what the model has */
    unsigned int ic_seqno;  /* that `changes` has taken notice of … */
    bool ic_connected;      /* … likewise */

    /* claims.c */
    struct shash claims;       /* port name -> struct claim */
    struct sset served;        /* ports that the model has as resident here … */
    struct sset served_before; /* … and had, and while they are read again has not */
    struct ports claimed;
    struct ports standby;
    size_t n_heirless;
    bool lists_stale; /* these three */
    bool draining;
    bool resigned;

    /* peers.c */
    struct shash peers;      /* chassis name -> struct peer */
    const char **peer_names; /* sorted */
    size_t n_peer_names;
    bool peers_known;

    int64_t nb_cfg_wanted; /* -1: nothing to acknowledge yet */
    int64_t nb_cfg_model;

    struct learned_list learned;     /* learn.c */
    struct learned_list learned_fdb; /* learn_fdb.c */

    /* icsb.c */
    const struct icsbrec_availability_zone *zone; /* ours, while a model is built */
    /* Transit port -> chassis in the SB when IC-SB was last connected. */
    struct smap sb_said;
    struct shash locations;  /* transit port -> struct location */
    struct shash placed;     /* transit port -> struct place, as the model has it */
    long long unbound_until; /* ms; when the model has a gateway too many; LLONG_MAX: never */

    /* doubled.c */
    struct smap owners;        /* address -> chassis of this zone with it */
    struct sset doubled;       /* those that other zones' gateways have, too, in words … */
    const char **doubled_list; /* … and sorted */

    /* icsb_keys.c */
    struct shash port_keys; /* "PORT VNI KEY" -> struct port_keys */
    uint64_t keys_version;

    bool withdrawing;
    bool withdrawn;
};

/* sb.c */
void sb_open(struct ovsdb *, const char *remote);
const struct sbrec_chassis *sb_our_chassis(const struct ovsdb *);
const struct sbrec_chassis_private *sb_our_private(const struct ovsdb *);
const struct sbrec_port_binding *sb_port(const struct ovsdb *, const char *name);
#define SB_FOR_EACH_PORT_OF_TYPE(PB, TARGET, O, TYPE)                                              \
    for (struct sbrec_port_binding *TARGET = sb_port_of_type((O), (TYPE)); TARGET;                 \
         sbrec_port_binding_index_destroy_row(TARGET), TARGET = NULL)                              \
        SBREC_PORT_BINDING_FOR_EACH_EQUAL (PB, TARGET, (O)->ports_by_type)
struct sbrec_port_binding *sb_port_of_type(const struct ovsdb *, const char *type);

/* conditions.c: restricts the SB replica to what matters.  `look`: that may be
 * something else than before.  True when the server has answered. */
bool conditions_update(struct ovsdb *, bool look);

/* stages.c */
void stages_open(struct ovsdb *, const char *remote);
/* The datapaths or groups of them are others than before. */
void stages_choose(struct ovsdb *);
/* Whether the names are there, or have not come in time. */
bool stages_settled(struct ovsdb *);
void stages_wait(const struct ovsdb *);
/* Puts them into the model, if there is one. */
void stages_tell(struct ovsdb *);

/* hold.c: whether to go on by what was known instead of by the SB. */
bool hold_check(struct ovsdb *);

/* chassis.c, claims.c, learn.c, nb_cfg.c, withdraw.c: what we write. */
bool chassis_compose(struct ovsdb *, struct task *, struct ovsdb_idl_txn *);
void chassis_done(struct ovsdb *, enum task_outcome);
bool claims_compose(struct ovsdb *, struct task *, struct ovsdb_idl_txn *);
void claims_done(struct ovsdb *, enum task_outcome);
bool nb_cfg_compose(struct ovsdb *, struct task *, struct ovsdb_idl_txn *);
bool learn_compose(struct ovsdb *, struct task *, struct ovsdb_idl_txn *);
void learn_done(struct ovsdb *, enum task_outcome);
void learn_clear(struct ovsdb *);
bool learn_fdb_compose(struct ovsdb *, struct task *, struct ovsdb_idl_txn *);
void learn_fdb_done(struct ovsdb *, enum task_outcome);
void learn_fdb_clear(struct ovsdb *);
bool withdraw_compose(struct ovsdb *, struct task *, struct ovsdb_idl_txn *);
void withdraw_done(struct ovsdb *, enum task_outcome);

/* members.c */
/* Among those that may hold the port. */
bool members_include_us(const struct ovsdb *, const struct sbrec_port_binding *);
/* The one that is to hold it now, as far as we can see. */
bool members_elect_us(const struct ovsdb *, const struct sbrec_port_binding *);
bool members_include(const struct sbrec_port_binding *, const struct sbrec_chassis *);
/* Whether another member is registered. */
bool members_include_others(const struct ovsdb *, const struct sbrec_port_binding *);
/* Whether one of them is alive, so that it would take the port from us. */
bool members_have_heir(const struct ovsdb *, const struct sbrec_port_binding *);

/* peers.c */
/* Follows the groups of the SB. */
void peers_follow(struct ovsdb *);
void peers_clear(struct ovsdb *);
bool peers_any_up(const struct ovsdb *);
bool peers_up(const struct ovsdb *, const char *chassis);
/* BFD has had no time yet to find out. */
bool peers_settling(const struct ovsdb *, const char *chassis);
/* When the next one of those has had its time; LLONG_MAX: there is none. */
long long peers_settle_at(const struct ovsdb *);

/* claims.c */
/* A port has changed: notes whether that is of interest here. */
void claims_follow(struct ovsdb *, const struct sbrec_port_binding *);
void claims_list(struct ovsdb *);
void claims_clear(struct ovsdb *);

#endif
