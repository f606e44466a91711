/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_BUILD_MODEL_H
#define ICGW_OVSDB_BUILD_MODEL_H

/* Parts of ovsdb_model(). */

#include <stdbool.h>

#include "model.h"

struct ovsdb;
struct smap;

struct model *build_model(struct ovsdb *, struct lflow_cache *);

/* build_chassis.c: chassis of both databases and their encaps. */
void build_chassis(const struct ovsdb *, struct model *);
/* Encap.options is the same in both. */
void build_encap(struct model *, struct model_chassis *, const char *type, const char *ip,
                 const struct smap *options);

/* build_flows.c */
void build_flows(const struct ovsdb *, struct model *);

/* icsb.c */
void icsb_open(struct ovsdb *, const char *remote);
/* First of all: finds out which zone is ours. */
void icsb_begin(struct ovsdb *);
/* Adds the encaps of a gateway of another zone.  False: IC-SB has no such
 * gateway, or no usable encap of it. */
bool icsb_add_encaps(const struct ovsdb *, struct model *, struct model_chassis *);
/* Gateways that the SB does not have yet. */
void icsb_add_gateways(const struct ovsdb *, struct model *);
/* Where the ports of other zones are. */
void icsb_locate_ports(struct ovsdb *, struct model *);
void icsb_clear(struct ovsdb *);

#endif
