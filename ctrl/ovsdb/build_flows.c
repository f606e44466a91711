/* SPDX-License-Identifier: Apache-2.0 */
#include "build_model.h"
#include "private.h"

#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "util.h"

/* The datapaths of a flow, as far as they matter to us. */
static size_t flow_datapaths(const struct ovsdb *o, const struct sbrec_logical_flow *lf,
                             const char **uuids)
{
    size_t n = 0;
    const struct datapath *dp = datapaths_find(&o->datapaths, lf->logical_datapath);
    if (dp) {
        uuids[n++] = dp->uuid;
    }
    const struct sbrec_logical_dp_group *group = lf->logical_dp_group;
    for (size_t i = 0; group && i < group->n_datapaths; i++) {
        const struct datapath *member = datapaths_find(&o->datapaths, group->datapaths[i]);
        if (member && member != dp) {
            uuids[n++] = member->uuid;
        }
    }
    return n;
}

void build_flows(const struct ovsdb *o, struct model *m)
{
    const char **uuids = xcalloc(o->datapaths.n + 1, sizeof *uuids);
    const struct sbrec_logical_flow *lf;
    SBREC_LOGICAL_FLOW_FOR_EACH (lf, o->sb.idl) {
        size_t n = flow_datapaths(o, lf, uuids);
        if (!n) {
            continue;
        }
        char uuid[UUID_LEN + 1];
        snprintf(uuid, sizeof uuid, UUID_FMT, UUID_ARGS(&lf->header_.uuid));
        struct model_flow_row row = {
            .uuid = uuid,
            .stage = smap_get_def(&lf->external_ids, "stage-name", ""),
            .pipeline = !strcmp(lf->pipeline, "egress") ? MODEL_EGRESS : MODEL_INGRESS,
            .table = lf->table_id,
            .priority = lf->priority,
            .match = lf->match,
            .actions = lf->actions,
        };
        model_add_flow(m, uuids, n, &row);
    }
    free(uuids);
}
