/* SPDX-License-Identifier: Apache-2.0 */

/* Names of the stages, for people.
 *
 * northd writes the name of its stage into each flow, with other things that nobody here
 * reads: half of what a row takes.  All switches have the same stages, and all routers:
 * the flows of one of each are read for them, by a session of its own. */

#include "build_model.h"
#include "private.h"

#include "openvswitch/poll-loop.h"
#include "ovsdb-idl.h"
#include "sb-idl.h"
#include "timeval.h"

/* They are a few hundred rows.  Forwarding does not depend on them. */
#define STAGES_WAIT_MS 2000

void stages_open(struct ovsdb *o, const char *remote)
{
    static const struct ovsdb_idl_column *const columns[] = {
        &sbrec_logical_flow_col_logical_datapath, &sbrec_logical_flow_col_logical_dp_group,
        &sbrec_logical_flow_col_pipeline,         &sbrec_logical_flow_col_table_id,
        &sbrec_logical_flow_col_external_ids,
    };
    session_open(&o->names, NULL, remote, &sbrec_idl_class, false);
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_add_column(o->names.idl, columns[i]);
    }
    stages_choose(o);
}

/* The first one is as good as any. */
static const struct sbrec_datapath_binding *any_datapath(const struct ovsdb *o, bool router)
{
    for (size_t i = 0; i < o->datapaths.n; i++) {
        const struct sbrec_datapath_binding *row = o->datapaths.list[i]->row;
        if (datapath_is_router(row) == router) {
            return row;
        }
    }
    return NULL;
}

static void add_clauses(const struct ovsdb *o, const struct sbrec_datapath_binding *row,
                        struct ovsdb_idl_condition *condition)
{
    const struct sbrec_logical_dp_group *group;
    sbrec_logical_flow_add_clause_logical_datapath(condition, OVSDB_F_EQ, &row->header_.uuid);
    SBREC_LOGICAL_DP_GROUP_FOR_EACH (group, o->sb.idl) {
        for (size_t i = 0; i < group->n_datapaths; i++) {
            if (group->datapaths[i] == row) {
                sbrec_logical_flow_add_clause_logical_dp_group(condition, OVSDB_F_EQ,
                                                               &group->header_.uuid);
            }
        }
    }
}

void stages_choose(struct ovsdb *o)
{
    struct ovsdb_idl_condition condition;
    ovsdb_idl_condition_init(&condition);
    for (int router = 0; router < 2; router++) {
        const struct sbrec_datapath_binding *row = any_datapath(o, router);
        if (row) {
            add_clauses(o, row, &condition);
        }
    }
    o->stages.condition_seqno = ovsdb_idl_set_condition(
        o->names.idl, &sbrec_table_classes[SBREC_TABLE_LOGICAL_FLOW], &condition);
    ovsdb_idl_condition_destroy(&condition);
}

/* One that the flow applies to.  This session has flows only: the other one knows. */
static const struct sbrec_datapath_binding *datapath_of(const struct ovsdb *o,
                                                        const struct sbrec_logical_flow *lf)
{
    const struct ovsdb_datum *own = sbrec_logical_flow_get_logical_datapath(lf, OVSDB_TYPE_UUID);
    const struct ovsdb_datum *by_group =
        sbrec_logical_flow_get_logical_dp_group(lf, OVSDB_TYPE_UUID);
    if (own->n) {
        return sbrec_datapath_binding_get_for_uuid(o->sb.idl, &own->keys[0].uuid);
    }
    const struct sbrec_logical_dp_group *group =
        by_group->n ? sbrec_logical_dp_group_get_for_uuid(o->sb.idl, &by_group->keys[0].uuid)
                    : NULL;
    return group && group->n_datapaths ? group->datapaths[0] : NULL;
}

/* Reports are written once, so the first of them wait. */
bool stages_settled(struct ovsdb *o)
{
    struct stages *s = &o->stages;
    if (s->settled || !o->answered) {
        return s->settled;
    }
    if (!s->until) {
        s->until = time_msec() + STAGES_WAIT_MS;
    }
    bool answered = session_connected(&o->names) &&
                    ovsdb_idl_get_condition_seqno(o->names.idl) == s->condition_seqno;
    s->settled = answered || time_msec() >= s->until;
    return s->settled;
}

void stages_wait(const struct ovsdb *o)
{
    session_wait(&o->names);
    if (o->stages.until && !o->stages.settled) {
        poll_timer_wait_until(o->stages.until);
    }
}

void stages_tell(struct ovsdb *o)
{
    unsigned int seqno = session_seqno(&o->names);
    if (!o->model || seqno == o->stages.seqno) {
        return;
    }
    bool all = true; /* else the other session has yet to read of the datapath */
    const struct sbrec_logical_flow *lf;
    SBREC_LOGICAL_FLOW_FOR_EACH (lf, o->names.idl) {
        const struct sbrec_datapath_binding *row = datapath_of(o, lf);
        all &= row != NULL;
        const char *name = smap_get(&lf->external_ids, "stage-name");
        if (row && name) {
            model_name_stage(o->model, datapath_is_router(row), build_pipeline(lf), lf->table_id,
                             name);
        }
    }
    if (all) {
        o->stages.seqno = seqno;
    }
}
