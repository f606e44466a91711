/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_MODEL_H
#define ICGW_MODEL_H

/* What the databases say, in plain C: the seam between OVSDB and the
 * interpreter.  Names follow OVN's Southbound schema.
 *
 * A model is built row by row, completed by model_finish(), and constant until
 * it is changed: rows out, rows in, and model_finish() again, which costs what the
 * datapaths concerned have, not what the model has.  What a row refers to is added
 * before it: chassis and encaps, then datapaths, then ports, then the rest; IC-SB's
 * locations after the ports.  In between nothing but adding and removing is allowed.
 * Control thread only.  All strings are copied.  Rows that make no sense
 * (unknown datapath, key out of range) are skipped by the functions that add
 * them, which then return NULL or false: a database is hostile input. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "icgw_tables.h"
#include "wide.h"

struct lflow_cache;
struct lflow_code;
struct model;

/* Keys from here on are multicast groups (ovn-architecture(7), tunnel
 * encapsulations). */
#define MODEL_FIRST_MULTICAST_KEY 0x8000u
#define MODEL_MAX_VNI 0xffffffu

struct model_encap {
    struct icgw_addr ip;
    uint16_t dst_port; /* host byte order */
    bool csum;         /* wants UDP checksums */
};

struct model_chassis {
    char *name;
    bool remote; /* gateway of another availability zone */
    bool self;
    size_t number;              /* in model_chassis_list() */
    struct model_encap *encaps; /* geneve only */
    size_t n_encaps;
};

/* Where a port is bound. */
struct model_place {
    const struct model_chassis *chassis;
    const struct model_encap *encap; /* of the chassis; NULL: none in particular */
};

enum model_port_type {
    MODEL_PORT_VIF, /* "" */
    MODEL_PORT_PATCH,
    MODEL_PORT_L3GATEWAY,
    MODEL_PORT_CHASSISREDIRECT,
    MODEL_PORT_REMOTE,
    MODEL_PORT_LOCALPORT,
    MODEL_PORT_VIRTUAL,
    MODEL_PORT_OTHER, /* localnet, l2gateway, vtep, external, …: refused by name */
};

struct model_port {
    char *name;
    char *type_name; /* as in the database */
    enum model_port_type type;
    uint16_t key;
    struct model_datapath *datapath;
    const struct model_chassis *chassis; /* where it is bound; NULL: nowhere */
    const struct model_encap *encap;     /* Port_Binding.encap, or NULL: the chassis's first */
    /* Where it is, too, while it moves (Port_Binding.additional_chassis): what is sent to
     * it is sent to all of them. */
    struct model_place *additional;
    size_t n_additional;
    /* chassisredirect and l3gateway ports: bound here, or may come to be.  A
     * member of a group forwards what reaches it whether it holds the port or
     * not: hypervisors change over on their own, when their BFD says so, and
     * packets of other zones are still on their way to the one that held it.  So
     * is_chassis_resident() is true on every member.  `chassis` says who holds
     * the port; nothing that is forwarded depends on it. */
    bool resident;
    bool port_security; /* the column is not empty */
    bool has_mac;
    uint8_t mac[6];  /* first address of the `mac` column … */
    char *addresses; /* … and the whole of it: MAC, IP networks; NULL without */
    /* Completed by model_finish(). */
    char *peer_name;                /* options:peer */
    char *distributed_name;         /* options:distributed-port, of a chassisredirect port */
    struct model_port *peer;        /* NULL: none, or unknown to this gateway */
    struct model_port *distributed; /* port that a chassisredirect port stands for */
    struct model_port *redirect;    /* the chassisredirect port that stands for this one */
};

/* In place of an outport: an answer about a neighbour that other zones flood to
 * all gateways with a router in common (OVN 25.09 and later). */
#define MODEL_FLOODED_ANSWER_KEY 0

/* A row of Multicast_Group. */
struct model_group {
    char *name;
    uint16_t key;
    struct model_port **ports;
    size_t n_ports;
};

struct model_address {
    wide value;
    wide mask;     /* all ones without a mask: whatever the field has beyond the value is 0 */
    uint8_t width; /* of the narrowest field that it can be compared with */
};

struct model_address_set {
    struct model_address *addresses;
    size_t n;
    uint8_t width; /* of the narrowest field that all of them can be compared with */
    uint64_t fingerprint;
};

struct model_port_group;

/* A row of MAC_Binding. */
struct model_mac_binding {
    const struct model_port *port;
    bool v6;
    struct icgw_addr ip;
    uint8_t mac[6];
};

/* A row of FDB. */
struct model_fdb {
    uint8_t mac[6];
    uint16_t port_key;
};

enum model_pipeline { MODEL_INGRESS, MODEL_EGRESS };
#define MODEL_MAX_TABLES 64

struct lflow; /* parsed match and actions, see lflow.h */

struct model_flow {
    const struct lflow *lflow;
    int32_t priority;
};

struct stage_index;

/* Flows of one stage, highest priority first. */
struct model_stage {
    struct model_flow *flows;
    size_t n_flows;
    struct stage_index *index; /* NULL: searched one by one */
};

struct model_datapath {
    char *uuid; /* of the Datapath_Binding row, as text */
    char *name; /* external_ids:name, for people */
    uint32_t key;
    bool transit; /* other zones may address it (external_ids:interconn-ts, key range, or ports) */
    bool router;
    struct model_port **ports; /* by key, sorted */
    size_t n_ports;
    /* Those of them that lead to another datapath: of type patch, chassisredirect or
     * l3gateway.  Few, where a switch may have thousands of others. */
    struct model_port **gates;
    size_t n_gates;
    struct model_group *groups;
    size_t n_groups;
    struct model_mac_binding *mac_bindings; /* sorted by (port, ip) */
    size_t n_mac_bindings;
    struct model_fdb *fdb;
    size_t n_fdb;
    struct model_stage stages[2][MODEL_MAX_TABLES];
    uint64_t tracking[2]; /* by pipeline, a bit per table: a flow there tracks connections */
    uint64_t fingerprint; /* of all of the above: see fingerprint.h */

    /* While the model is being changed. */
    bool marked_transit;        /* by its own row */
    bool changed;               /* to be finished */
    uint64_t stale[2];          /* by pipeline, a bit per table: stages to be finished */
    uint64_t flows_fingerprint; /* of `stages` */
    uint64_t names_fingerprint; /* of what flows can name: keys of ports and groups */
    uint64_t asked;             /* when last listed for a flow */
};

/* An empty model of the chassis `self`.  The cache keeps parsed flows from one
 * model to the next and must outlive the model. */
struct model *model_create(const char *self, struct lflow_cache *);
void model_free(struct model *);

struct model_chassis *model_add_chassis(struct model *, const char *name, bool remote);
/* type other than "geneve" is ignored.  False: ip is no IP address. */
bool model_add_encap(struct model *, struct model_chassis *, const char *type, const char *ip,
                     bool csum, uint16_t dst_port);
/* Makes the encap the first one of its chassis, the one to use where none is named. */
void model_prefer_encap(struct model_chassis *, const char *ip);

struct model_datapath *model_add_datapath(struct model *, const char *uuid, const char *name,
                                          int64_t key, bool router, bool transit);

/* A row of Port_Binding. */
struct model_port_row {
    const char *name;
    const char *type;
    int64_t key;
    const char *datapath;         /* uuid */
    const char *chassis;          /* name; NULL or "": not bound */
    bool standby;                 /* this chassis may hold it */
    const char *encap_ip;         /* NULL: none requested */
    const char *peer;             /* options:peer, or NULL */
    const char *distributed_port; /* options:distributed-port, or NULL */
    const char *mac;              /* first element of `mac`, or NULL */
    bool port_security;
};
struct model_port *model_add_port(struct model *, const struct model_port_row *);
/* One of a port's additional chassis; encap_ip as in the row. */
bool model_add_additional_chassis(struct model *, const char *port, const char *chassis,
                                  const char *encap_ip);
/* Where IC-SB says that a port of another zone is; wins over the SB's word.
 * chassis "": bound nowhere.  Ports that the SB does not have are ignored. */
bool model_locate_port(struct model *, const char *transit_switch, const char *logical_port,
                       const char *chassis, const char *encap_ip);

/* `ports`: logical port names. */
bool model_add_group(struct model *, const char *datapath, const char *name, int64_t key,
                     const char *const *ports, size_t n_ports);
bool model_add_mac_binding(struct model *, const char *datapath, const char *port, const char *ip,
                           const char *mac);
bool model_add_fdb(struct model *, int64_t datapath_key, const char *mac, int64_t port_key);
/* Both kinds of set: `$name` takes constants as text, `@name` port names.  A port
 * group's row is named KEY_name, KEY being the tunnel key of a datapath. */
bool model_add_address_set(struct model *, const char *name, const char *const *addresses,
                           size_t n);
bool model_add_port_group(struct model *, const char *name, const char *const *ports, size_t n);

/* A row of Logical_Flow, for each of the datapaths that it applies to.
 * uuid and stage are for messages to people; a stage has one name for all routers, and one
 * for all switches: the last one said.  NULL: says none. */
struct model_flow_row {
    const char *uuid;
    const char *stage;
    enum model_pipeline pipeline;
    int64_t table;
    int64_t priority;
    const char *match;
    const char *actions;
    const struct lflow_code *code; /* the two texts, of the model's cache; NULL: look them up */
};
bool model_add_flow(struct model *, const char *const *datapaths, size_t n_datapaths,
                    const struct model_flow_row *);

void model_name_stage(struct model *, bool router, enum model_pipeline, int64_t table,
                      const char *name);

/* Changes.  Rows that are not there are ignored.  A row that has changed is one
 * that is removed and added again. */

/* Every row. */
void model_clear(struct model *);
/* The datapath with all that it has; flows of several datapaths stay with the
 * others. */
void model_remove_datapath(struct model *, const char *uuid);
/* Ports, groups, neighbours and FDB of a datapath, to be added anew.  Flows stay. */
void model_empty_datapath(struct model *, const char *uuid);
/* Datapaths with ports at it must have been emptied. */
void model_remove_chassis(struct model *, const char *name);
void model_remove_flow(struct model *, const char *uuid);
void model_remove_address_set(struct model *, const char *name);
void model_remove_port_group(struct model *, const char *name);

/* Resolves names, sorts flows. */
void model_finish(struct model *);

/* Grows with each model_finish() that found something else than before. */
uint64_t model_version(const struct model *);
/* Fingerprint of chassis and encaps. */
uint64_t model_fingerprint(const struct model *);
/* The same of one chassis, its place among the others apart; 0: there is none. */
uint64_t model_chassis_fingerprint(const struct model *, const char *name);
/* The same of a set; 0: there is none. */
uint64_t model_address_set_fingerprint(const struct model *, const char *name);
uint64_t model_port_group_fingerprint(const struct model *, const struct model_datapath *,
                                      const char *name);
size_t model_n_flows(const struct model *);

/* Look-ups. */
struct model_datapath *model_datapath_by_key(const struct model *, uint32_t key);
struct model_datapath *model_datapath_by_uuid(const struct model *, const char *uuid);
struct model_port *model_port_by_name(const struct model *, const char *name);
struct model_port *model_port_by_key(const struct model_datapath *, uint16_t key);
const struct model_group *model_group_by_key(const struct model_datapath *, uint16_t key);
const struct model_group *model_group_by_name(const struct model_datapath *, const char *name);
/* The flow with this uuid; NULL: none. */
const struct lflow *model_flow(const struct model *, const char *uuid);
struct model_chassis *model_chassis_by_name(const struct model *, const char *name);
/* Who sends from this address of the underlay, for all who let packets in by their sender;
 * NULL: nobody. */
const struct model_chassis *model_chassis_by_ip(const struct model *, const struct icgw_addr *ip);
const struct model_address_set *model_address_set(const struct model *, const char *name);
/* Whether the group has the port with that key in that datapath; *known tells
 * whether there is such a group. */
bool model_port_group_has(const struct model *, const char *name, const struct model_datapath *,
                          uint16_t key, bool *known);
const struct model_mac_binding *model_mac_binding(const struct model_port *, bool v6,
                                                  const struct icgw_addr *ip);
/* Whether the port is at a chassis; at NULL: whether this gateway forwards what reaches
 * it (->resident). */
bool model_port_resident(const struct model_port *, const struct model_chassis *at);
/* Whether it is a router that this zone has in common with others. */
bool model_takes_flooded_answers(const struct model_datapath *);
/* Whether a port of the datapath has this address, by its `mac` column or as the
 * link-local address of its MAC address. */
bool model_datapath_owns(const struct model_datapath *, const struct icgw_addr *ip);
struct model_datapath *const *model_datapaths(const struct model *, size_t *n);
struct model_chassis *const *model_chassis_list(const struct model *, size_t *n);

#endif
