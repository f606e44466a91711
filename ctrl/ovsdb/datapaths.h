/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_OVSDB_DATAPATHS_H
#define ICGW_OVSDB_DATAPATHS_H

/* The logical datapaths that matter to this gateway: those of ports that it
 * may hold, and what patch ports connect to them. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/hmap.h"
#include "openvswitch/uuid.h"
#include "uuid.h"

struct ovsdb;
struct sbrec_datapath_binding;

struct datapath {
    struct hmap_node node;
    const struct sbrec_datapath_binding *row; /* until the replica changes */
    char uuid[UUID_LEN + 1];
};

struct datapaths {
    struct hmap by_uuid;
    struct datapath **list; /* sorted by uuid: conditions must not differ by order alone */
    size_t n;
    size_t allocated;
};

void datapaths_init(struct datapaths *);
void datapaths_clear(struct datapaths *);
/* From the replica as it is. */
void datapaths_follow(struct ovsdb *);
const struct datapath *datapaths_find_uuid(const struct datapaths *, const char *uuid);
bool datapath_is_router(const struct sbrec_datapath_binding *);
/* The one with that uuid of its row. */
const struct datapath *datapaths_find_row(const struct datapaths *, const struct uuid *);
const struct datapath *datapaths_find(const struct datapaths *,
                                      const struct sbrec_datapath_binding *);

#endif
