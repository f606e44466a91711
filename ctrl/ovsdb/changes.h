/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_CHANGES_H
#define ICGW_OVSDB_CHANGES_H

/* What has changed in the databases since the model reflected them; for flows, see flows.h.  A zone
 * may have a million rows, a change concerns a few of them: nothing that follows a change may look
 * at all. */

#include <stdbool.h>

#include "sset.h"

struct ovsdb;

struct changes {
    bool everything; /* the model is built from nothing */
    /* Until follow_sb() has seen to it: */
    bool topology; /* ports that connect datapaths, or that we may hold */
    bool members;  /* who may hold them: groups and their chassis */
    bool groups;   /* of datapaths; conditions name them */
    bool lost;     /* rows are gone, or ports no longer bound */
    bool peers;    /* as `members`, but until the replica is complete */
    /* Until the model is up to date: */
    bool datapaths_listed; /* what `topology` stands for has been looked up anew */
    bool chassis;          /* of either database */
    bool located;          /* ports of other zones, of either database */
    struct sset datapaths; /* uuids; ports, multicast groups, neighbours or FDB */
    struct sset dp_groups; /* uuids */
    struct sset address_sets;
    struct sset port_groups;
};

void changes_init(struct changes *);
void changes_destroy(struct changes *);
/* Takes what the Southbound's replica has tracked.  Before anything writes. */
void changes_collect(struct ovsdb *);
/* Whether the model is behind. */
bool changes_pending(const struct ovsdb *);
/* The model is up to date. */
void changes_done(struct ovsdb *);

#endif
