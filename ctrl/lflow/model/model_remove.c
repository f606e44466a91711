/* SPDX-License-Identifier: Apache-2.0 */

/* Rows out of the model. */

#include <stdlib.h>
#include <string.h>

#include "fingerprint.h"
#include "model_private.h"

void model_touch(struct model *m, struct model_datapath *dp)
{
    if (!dp->changed) {
        struct model_datapath **slot = model_grow(&m->changed, &m->n_changed, sizeof *slot);
        *slot = dp;
        dp->changed = true;
    }
}

static void empty(struct model *m, struct model_datapath *dp)
{
    for (size_t i = 0; i < dp->n_ports; i++) {
        model_names_remove(m, dp->ports[i]);
        model_port_free(dp->ports[i]);
    }
    for (size_t i = 0; i < dp->n_groups; i++) {
        free(dp->groups[i].name);
        free(dp->groups[i].ports);
    }
    free(dp->ports);
    free(dp->groups);
    free(dp->mac_bindings);
    free(dp->fdb);
    dp->ports = NULL;
    dp->groups = NULL;
    dp->mac_bindings = NULL;
    dp->fdb = NULL;
    dp->n_ports = dp->n_gates = dp->n_groups = dp->n_mac_bindings = dp->n_fdb = 0;
    model_touch(m, dp);
}

void model_empty_datapath(struct model *m, const char *uuid)
{
    struct model_datapath *dp = model_datapath_by_uuid(m, uuid);
    if (dp != NULL) {
        empty(m, dp);
    }
}

/* The flow is no longer one of the datapath. */
static void leave(struct model *m, struct lflow *lflow, const struct model_datapath *dp)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < lflow->n_datapaths; i++) {
        if (lflow->datapaths[i] != dp) {
            lflow->datapaths[n++] = lflow->datapaths[i];
        }
    }
    lflow->n_datapaths = n;
    if (n == 0) {
        HASH_DEL(m->lflows, lflow);
        model_lflow_free(m, lflow);
    }
}

static void leave_all(struct model *m, struct model_datapath *dp)
{
    for (int pipeline = 0; pipeline < 2; pipeline++) {
        for (int table = 0; table < MODEL_MAX_TABLES; table++) {
            const struct model_stage *stage = &dp->stages[pipeline][table];
            for (size_t i = 0; i < stage->n_flows; i++) {
                /* One that has been removed is freed when the model is finished. */
                if (!stage->flows[i].lflow->removed) {
                    leave(m, (struct lflow *)(uintptr_t)stage->flows[i].lflow, dp);
                }
            }
        }
    }
}

static void forget_datapath(struct model_datapath **list, size_t *n,
                            const struct model_datapath *dp)
{
    size_t i = 0;
    while (i < *n && list[i] != dp) {
        i++;
    }
    if (i < *n) {
        memmove(&list[i], &list[i + 1], (*n - i - 1) * sizeof *list);
        --*n;
    }
}

void model_remove_datapath(struct model *m, const char *uuid)
{
    struct model_datapath *dp = model_entry_remove(&m->datapaths, uuid);
    if (dp == NULL) {
        return;
    }
    empty(m, dp);
    leave_all(m, dp);
    forget_datapath(m->datapath_list, &m->n_datapaths, dp);
    m->unsorted = true; /* its place in by_key */
    forget_datapath(m->changed, &m->n_changed, dp);
    model_note(m, dp->key);
    model_datapath_free(dp);
}

void model_remove_chassis(struct model *m, const char *name)
{
    struct model_chassis *chassis = model_entry_remove(&m->chassis, name);
    if (chassis == NULL) {
        return;
    }
    size_t i = 0;
    while (m->chassis_list[i] != chassis) {
        i++;
    }
    m->chassis_list[i] = m->chassis_list[--m->n_chassis]; /* sorted when finished */
    model_chassis_free(chassis);
    m->chassis_changed = true;
}

void model_remove_flow(struct model *m, const char *uuid)
{
    struct lflow *lflow;
    for (;;) {
        HASH_FIND_STR(m->lflows, uuid, lflow);
        if (lflow == NULL) {
            return;
        }
        HASH_DEL(m->lflows, lflow);
        lflow->removed = true;
        struct lflow **slot = model_grow(&m->removed, &m->n_removed, sizeof *slot);
        *slot = lflow;
        for (uint32_t i = 0; i < lflow->n_datapaths; i++) {
            struct model_datapath *dp = lflow->datapaths[i];
            dp->stale[lflow->egress] |= UINT64_C(1) << lflow->table;
            fingerprint_remove(&dp->flows_fingerprint, model_flow_fingerprint(lflow));
            model_touch(m, dp);
        }
    }
}

void model_remove_address_set(struct model *m, const char *name)
{
    struct model_address_set *set = model_entry_remove(&m->address_sets, name);
    if (set != NULL) {
        model_address_set_free(set);
        model_note(m, model_set_token(name));
    }
}

void model_remove_port_group(struct model *m, const char *name)
{
    struct model_port_group *group = model_entry_remove(&m->port_groups, name);
    if (group != NULL) {
        model_port_group_free(group);
        model_note(m, model_set_token(name));
    }
}
