/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_BUILD_MODEL_H
#define ICGW_OVSDB_BUILD_MODEL_H

/* Parts of ovsdb_model(). */

#include <stdbool.h>

#include "model.h"

struct datapath;
struct ovsdb;
struct sbrec_logical_flow;
struct smap;
struct sset;

/* Brings ovsdb.model up to date with what ovsdb.changes lists. */
void build_model(struct ovsdb *);

/* build_datapath.c */
void build_ports(struct ovsdb *, const struct datapath *);
void build_neighbours(struct ovsdb *, const struct datapath *);
void build_empty(struct ovsdb *, const char *datapath);

/* build_sets.c */
void build_sets(struct ovsdb *, bool everything);

/* build_chassis.c: chassis of both databases and their encaps.  Adds to `differ` the names
 * of those that are new, gone or not the same, and lists the datapaths that have ports at
 * them as changed … */
void build_chassis_compare(struct ovsdb *, struct sset *differ);
/* … and when these are empty, the model gets the chassis as they are. */
void build_chassis(struct ovsdb *, const struct sset *differ);
/* Encap.options is the same in both. */
void build_encap(struct model *, struct model_chassis *, const char *type, const char *ip,
                 const struct smap *options);

/* build_flows.c.  `added`: datapaths that the model did not have before. */
void build_flows(struct ovsdb *, const struct sset *added, bool everything);
enum model_pipeline build_pipeline(const struct sbrec_logical_flow *);

/* icsb.c */
void icsb_open(struct ovsdb *, const char *remote);
/* First of all: finds out which zone is ours. */
void icsb_begin(struct ovsdb *);
/* Adds the encaps of a gateway of another zone.  False: IC-SB has no such
 * gateway, or no usable encap of it. */
bool icsb_add_encaps(const struct ovsdb *, struct model *, struct model_chassis *);
/* Gateways that the SB does not have yet. */
void icsb_add_gateways(const struct ovsdb *, struct model *);
/* Lists the datapaths of ports as changed that IC-SB has at these chassis. */
void icsb_list_ports_at(struct ovsdb *, const struct sset *chassis);
/* Where the ports of other zones are; lists the datapaths of those that are
 * elsewhere than before as changed … */
void icsb_locate_ports(struct ovsdb *);
/* … and what has been found out goes into the model, port by port. */
void icsb_place_port(const struct ovsdb *, struct model *, const char *port);
void icsb_forget_places(struct ovsdb *);
void icsb_clear(struct ovsdb *);

/* doubled.c: notes which chassis of this zone has which address, and says which of these
 * other zones' gateways have … */
void doubled_follow(struct ovsdb *);
/* … and which chassis is the one with this address; NULL: none. */
const char *doubled_owner(const struct ovsdb *, const char *ip);
void doubled_clear(struct ovsdb *);

/* icsb_keys.c: takes down the keys that IC-SB has for ports of the model. */
void icsb_follow_keys(struct ovsdb *);
void icsb_clear_keys(struct ovsdb *);

#endif
