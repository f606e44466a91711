/* SPDX-License-Identifier: Apache-2.0 */
#include "build_model.h"
#include "private.h"

#include "hmapx.h"
#include "lflow.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "util.h"

/* The datapaths of a flow, as far as they matter to us. */
static size_t flow_datapaths(const struct ovsdb *o, const struct flow_row *row, const char **uuids)
{
    size_t n = 0;
    const struct datapath *dp = datapaths_find_row(&o->datapaths, &row->datapath);
    if (dp) {
        uuids[n++] = dp->uuid;
    }
    const struct sbrec_logical_dp_group *group =
        uuid_is_zero(&row->group) ? NULL
                                  : sbrec_logical_dp_group_get_for_uuid(o->sb.idl, &row->group);
    for (size_t i = 0; group && i < group->n_datapaths; i++) {
        const struct datapath *member = datapaths_find(&o->datapaths, group->datapaths[i]);
        if (member && member != dp) {
            uuids[n++] = member->uuid;
        }
    }
    return n;
}

/* As UUID_FMT has it, for half a million rows. */
static void uuid_text(const struct uuid *uuid, char text[UUID_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned int i = 0, nibble = 0; i < UUID_LEN; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            text[i] = '-';
        } else {
            text[i] = digits[uuid->parts[nibble / 8] >> (28 - 4 * (nibble % 8)) & 15];
            nibble++;
        }
    }
    text[UUID_LEN] = '\0';
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
           have->priority == row->priority && have->code == row->code;
}

/* `empty`: the model has no rows that this one could be. */
static void add_flow(const struct ovsdb *o, const struct flow_row *flow, bool empty,
                     const char **uuids)
{
    char uuid[UUID_LEN + 1];
    size_t n = flow_datapaths(o, flow, uuids);
    uuid_text(&flow->uuid, uuid);
    struct model_flow_row row = {
        .uuid = uuid,
        .pipeline = flow->egress ? MODEL_EGRESS : MODEL_INGRESS,
        .table = flow->table,
        .priority = flow->priority,
        .code = flow->code,
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
    if (sset_is_empty(set)) {
        return false;
    }
    uuid_text(uuid, text);
    return sset_contains(set, text);
}

/* Groups that have changed, or that have one of these datapaths. */
static void find_groups(const struct ovsdb *o, const struct sset *datapaths, struct hmapx *groups)
{
    const struct sbrec_logical_dp_group *group;
    SBREC_LOGICAL_DP_GROUP_FOR_EACH (group, o->sb.idl) {
        bool found = names(&o->changes.dp_groups, &group->header_.uuid);
        for (size_t i = 0; i < group->n_datapaths && !found; i++) {
            found = names(datapaths, &group->datapaths[i]->header_.uuid);
        }
        if (found) {
            hmapx_add(groups, (void *)(uintptr_t)group);
        }
    }
}

static bool is_of_group(const struct ovsdb *o, const struct flow_row *row,
                        const struct hmapx *groups)
{
    return !hmapx_is_empty(groups) && !uuid_is_zero(&row->group) &&
           hmapx_contains(groups, sbrec_logical_dp_group_get_for_uuid(o->sb.idl, &row->group));
}

/* Looks at all flows for those of new datapaths and of groups that are others than
 * before. */
static void add_flows_of(const struct ovsdb *o, const struct sset *datapaths, bool everything,
                         const char **uuids)
{
    struct hmapx groups = HMAPX_INITIALIZER(&groups);
    find_groups(o, datapaths, &groups);
    const struct flow_row *row;
    HMAP_FOR_EACH (row, node, &o->flows.rows) {
        if (everything || (!uuid_is_zero(&row->datapath) && names(datapaths, &row->datapath)) ||
            is_of_group(o, row, &groups)) {
            add_flow(o, row, everything, uuids);
        }
    }
    hmapx_destroy(&groups);
}

static void add_changed_flows(const struct ovsdb *o, const char **uuids)
{
    for (size_t i = 0; i < o->flows.n_changed; i++) {
        const struct uuid *uuid = &o->flows.changed[i];
        const struct flow_row *row = flows_find(&o->flows, uuid);
        char text[UUID_LEN + 1];
        if (row) {
            add_flow(o, row, false, uuids);
        } else {
            uuid_text(uuid, text);
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
