/* SPDX-License-Identifier: Apache-2.0 */
#include "build_model.h"
#include "private.h"

#include "hmapx.h"
#include "lflow.h"
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

static void uuid_text(const struct sbrec_logical_flow *lf, char text[UUID_LEN + 1])
{
    snprintf(text, UUID_LEN + 1, UUID_FMT, UUID_ARGS(&lf->header_.uuid));
}

enum model_pipeline build_pipeline(const struct sbrec_logical_flow *lf)
{
    return !strcmp(lf->pipeline, "egress") ? MODEL_EGRESS : MODEL_INGRESS;
}

/* Whether the model has the row as it is.  Rows of several datapaths are not
 * compared one by one. */
static bool has_flow(const struct model *m, const struct model_flow_row *row,
                     const char *const *uuids, size_t n)
{
    const struct lflow *have = model_flow(m, row->uuid);
    return have && n == 1 && have->n_datapaths == 1 &&
           have->datapaths[0] == model_datapath_by_uuid(m, uuids[0]) &&
           have->egress == (row->pipeline == MODEL_EGRESS) && have->table == row->table &&
           have->priority == row->priority && !strcmp(have->code->match_text, row->match) &&
           !strcmp(have->code->actions_text, row->actions);
}

/* `empty`: the model has no rows that this one could be. */
static void add_flow(const struct ovsdb *o, const struct sbrec_logical_flow *lf, bool empty,
                     const char **uuids)
{
    char uuid[UUID_LEN + 1];
    size_t n = flow_datapaths(o, lf, uuids);
    uuid_text(lf, uuid);
    struct model_flow_row row = {
        .uuid = uuid,
        .pipeline = build_pipeline(lf),
        .table = lf->table_id,
        .priority = lf->priority,
        .match = lf->match,
        .actions = lf->actions,
    };
    if (n && empty) {
        model_add_flow(o->model, uuids, n, &row);
    } else if (n && !has_flow(o->model, &row, uuids, n)) {
        model_remove_flow(o->model, uuid);
        model_add_flow(o->model, uuids, n, &row);
    } else if (!n) {
        model_remove_flow(o->model, uuid);
    }
}

static bool names(const struct sset *set, const struct uuid *uuid)
{
    char text[UUID_LEN + 1];
    snprintf(text, sizeof text, UUID_FMT, UUID_ARGS(uuid));
    return sset_contains(set, text);
}

/* Groups that have changed, or that have one of these datapaths. */
static void find_groups(const struct ovsdb *o, const struct sset *datapaths, struct hmapx *groups)
{
    const struct sbrec_logical_dp_group *group;
    SBREC_LOGICAL_DP_GROUP_FOR_EACH (group, o->sb.idl) {
        bool found = names(&o->changes.dp_groups, &group->header_.uuid);
        for (size_t i = 0; i < group->n_datapaths && !found && !sset_is_empty(datapaths); i++) {
            found = names(datapaths, &group->datapaths[i]->header_.uuid);
        }
        if (found) {
            hmapx_add(groups, (void *)(uintptr_t)group);
        }
    }
}

/* Looks at all flows for those of new datapaths and of groups that are others than
 * before. */
static void add_flows_of(const struct ovsdb *o, const struct sset *datapaths, bool everything,
                         const char **uuids)
{
    struct hmapx groups = HMAPX_INITIALIZER(&groups);
    find_groups(o, datapaths, &groups);
    const struct sbrec_logical_flow *lf;
    SBREC_LOGICAL_FLOW_FOR_EACH (lf, o->sb.idl) {
        bool own = lf->logical_datapath && !sset_is_empty(datapaths) &&
                   names(datapaths, &lf->logical_datapath->header_.uuid);
        if (everything || own ||
            (lf->logical_dp_group && hmapx_contains(&groups, lf->logical_dp_group))) {
            add_flow(o, lf, everything, uuids);
        }
    }
    hmapx_destroy(&groups);
}

static void add_changed_flows(const struct ovsdb *o, const char **uuids)
{
    const char *text;
    SSET_FOR_EACH (text, &o->changes.flows) {
        struct uuid uuid;
        const struct sbrec_logical_flow *lf =
            uuid_from_string(&uuid, text) ? sbrec_logical_flow_get_for_uuid(o->sb.idl, &uuid)
                                          : NULL;
        if (lf) {
            add_flow(o, lf, false, uuids);
        } else {
            model_remove_flow(o->model, text);
        }
    }
}

void build_flows(struct ovsdb *o, const struct sset *added, bool everything)
{
    const char **uuids = xcalloc(o->datapaths.n + 1, sizeof *uuids);
    if (!everything) {
        add_changed_flows(o, uuids);
    }
    if (everything || !sset_is_empty(added) || !sset_is_empty(&o->changes.dp_groups)) {
        add_flows_of(o, added, everything, uuids);
    }
    free(uuids);
}
