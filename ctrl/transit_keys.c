/* SPDX-License-Identifier: Apache-2.0 */
#include "transit_keys.h"

#include <stddef.h>

#include "icgw_tables.h"
#include "model.h"
#include "ovsdb.h"

struct search {
    const struct icgw_tables *tables;
    const struct model *model;
    struct icgw_tables *to; /* NULL: only count */
    size_t n_missing;
    bool failed;
};

static void take(void *aux, const char *port, struct ovsdb_keys keys)
{
    struct search *s = aux;
    const struct model_port *p = model_port_by_name(s->model, port);
    const struct icgw_endpoint *ep =
        p != NULL ? icgw_tables_endpoint(s->tables, p->datapath->key, p->key) : NULL;
    const struct model_datapath *other = model_datapath_by_key(s->model, keys.vni);
    /* A key that is a datapath's of this zone alone must not open that to others. */
    if (ep == NULL || !ep->transit || (other != NULL && !other->transit) ||
        icgw_tables_endpoint(s->tables, keys.vni, keys.port) != NULL) {
        return;
    }
    s->n_missing++;
    if (s->to != NULL) {
        s->failed |= !icgw_tables_add_alias(s->to, keys.vni, keys.port, ep);
    }
}

bool transit_keys_missing(const struct icgw_tables *tables, const struct model *model,
                          const struct ovsdb *ovsdb)
{
    struct search s = {.tables = tables, .model = model};
    ovsdb_for_each_keys(ovsdb, take, &s);
    return s.n_missing > 0;
}

bool transit_keys_add(struct icgw_tables *tables, const struct model *model,
                      const struct ovsdb *ovsdb)
{
    struct search s = {.tables = tables, .model = model, .to = tables};
    ovsdb_for_each_keys(ovsdb, take, &s);
    return !s.failed;
}
