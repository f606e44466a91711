/* SPDX-License-Identifier: Apache-2.0 */

/* Completes a model, or what has changed of it: resolves names, sorts for the
 * look-ups. */

#include <stdlib.h>
#include <string.h>

#include "model_private.h"
#include "stage_index.h"

/* All orders are by contents: a model says the same whichever way it came about. */

static int compare_datapaths(const void *a, const void *b)
{
    const struct model_datapath *x = *(struct model_datapath *const *)a;
    const struct model_datapath *y = *(struct model_datapath *const *)b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return strcmp(x->uuid, y->uuid);
}

/* By name, so that tunnels keep their places from one model to the next. */
static int compare_chassis(const void *a, const void *b)
{
    return strcmp((*(struct model_chassis *const *)a)->name,
                  (*(struct model_chassis *const *)b)->name);
}

static int compare_ports(const void *a, const void *b)
{
    const struct model_port *x = *(struct model_port *const *)a;
    const struct model_port *y = *(struct model_port *const *)b;
    int order = (int)x->key - (int)y->key;
    return order ? order : strcmp(x->name, y->name);
}

static int compare_bindings(const void *a, const void *b)
{
    const struct model_mac_binding *x = a, *y = b;
    int order = (int)x->port->key - (int)y->port->key;
    order = order ? order : memcmp(&x->ip, &y->ip, sizeof x->ip);
    return order ? order : memcmp(x->mac, y->mac, sizeof x->mac);
}

static int compare_groups(const void *a, const void *b)
{
    const struct model_group *x = a, *y = b;
    int order = (int)x->key - (int)y->key;
    return order ? order : strcmp(x->name, y->name);
}

/* Highest priority first. */
static int compare_flows(const void *a, const void *b)
{
    const struct model_flow *x = a, *y = b;
    if (x->priority != y->priority) {
        return x->priority < y->priority ? 1 : -1;
    }
    int order =
        x->lflow->code != y->lflow->code ? model_compare_tied(x->lflow->code, y->lflow->code) : 0;
    return order ? order : strcmp(x->lflow->uuid, y->lflow->uuid);
}

void model_sort_datapaths(struct model *m)
{
    if (!m->unsorted) {
        return;
    }
    if (m->n_datapaths > 0) {
        qsort(m->datapath_list, m->n_datapaths, sizeof *m->datapath_list, compare_datapaths);
    }
    m->unsorted = false;
    model_index_datapaths(m);
}

static void sort(void *list, size_t n, size_t size, int (*compare)(const void *, const void *))
{
    if (n > 0) {
        qsort(list, n, size, compare);
    }
}

static bool is_gate(const struct model_port *port)
{
    return port->type == MODEL_PORT_PATCH || port->type == MODEL_PORT_CHASSISREDIRECT ||
           port->type == MODEL_PORT_L3GATEWAY;
}

static void finish_rows(struct model_datapath *dp)
{
    sort(dp->ports, dp->n_ports, sizeof *dp->ports, compare_ports);
    sort(dp->groups, dp->n_groups, sizeof *dp->groups, compare_groups);
    sort(dp->mac_bindings, dp->n_mac_bindings, sizeof *dp->mac_bindings, compare_bindings);
    dp->transit = dp->marked_transit;
    dp->n_gates = 0;
    for (size_t i = 0; i < dp->n_ports; i++) {
        /* A switch of which other zones have the same, under the same key. */
        dp->transit |= dp->ports[i]->type == MODEL_PORT_REMOTE;
        if (is_gate(dp->ports[i])) {
            struct model_port **slot = model_grow(&dp->gates, &dp->n_gates, sizeof *slot);
            *slot = dp->ports[i];
        }
    }
}

/* As in ovn-controller: a port that names another one's peer leads nowhere.  (One whose own
 * option changes is added anew, and who names it finished again.) */
static bool are_peers(const struct model_port *port, const struct model_port *peer)
{
    return peer != NULL && peer != port && peer->peer_name != NULL &&
           strcmp(peer->peer_name, port->name) == 0;
}

static void finish_port(const struct model *m, struct model_port *port)
{
    if (port->peer_name != NULL) {
        struct model_port *peer = model_port_by_name(m, port->peer_name);
        port->peer = are_peers(port, peer) ? peer : NULL;
    }
    if (port->distributed_name != NULL && port->type == MODEL_PORT_CHASSISREDIRECT) {
        struct model_port *distributed = model_port_by_name(m, port->distributed_name);
        if (distributed != NULL && distributed->datapath == port->datapath && distributed != port) {
            port->distributed = distributed;
            distributed->redirect = port;
        }
    }
}

static void finish_links(const struct model *m, struct model_datapath *dp)
{
    for (size_t i = 0; i < dp->n_ports; i++) {
        dp->ports[i]->redirect = dp->ports[i]->distributed = NULL;
    }
    for (size_t i = 0; i < dp->n_ports; i++) {
        finish_port(m, dp->ports[i]);
    }
}

static bool tracks_connections(const struct model_stage *stage)
{
    bool found = false;
    for (size_t i = 0; i < stage->n_flows && !found; i++) {
        found = stage->flows[i].lflow->code->tracks_connections;
    }
    return found;
}

static void finish_stage(const struct model *m, struct model_datapath *dp, int pipeline, int table)
{
    struct model_stage *stage = &dp->stages[pipeline][table];
    uint64_t bit = UINT64_C(1) << table;
    size_t n = 0;
    for (size_t i = 0; i < stage->n_flows; i++) {
        if (!stage->flows[i].lflow->removed) {
            stage->flows[n++] = stage->flows[i];
        }
    }
    stage->n_flows = n;
    sort(stage->flows, stage->n_flows, sizeof *stage->flows, compare_flows);
    stage_index_free(stage->index);
    stage->index = stage_index_create(m, dp, stage);
    dp->tracking[pipeline] &= ~bit;
    dp->tracking[pipeline] |= tracks_connections(stage) ? bit : 0;
}

static void finish_stages(const struct model *m, struct model_datapath *dp)
{
    uint64_t names = model_names_fingerprint(dp);
    if (names != dp->names_fingerprint) {
        dp->names_fingerprint = names;
        dp->stale[0] = dp->stale[1] = UINT64_MAX; /* indexes go by keys */
    }
    for (int pipeline = 0; pipeline < 2; pipeline++) {
        for (int table = 0; table < MODEL_MAX_TABLES; table++) {
            if ((dp->stale[pipeline] >> table & 1) != 0 &&
                dp->stages[pipeline][table].n_flows > 0) {
                finish_stage(m, dp, pipeline, table);
            }
        }
        dp->stale[pipeline] = 0;
    }
}

static void finish_others(struct model *m)
{
    if (m->chassis_changed) {
        uint64_t before = m->fingerprint;
        sort(m->chassis_list, m->n_chassis, sizeof *m->chassis_list, compare_chassis);
        for (size_t i = 0; i < m->n_chassis; i++) {
            m->chassis_list[i]->number = i;
        }
        model_list_owners(m);
        model_fingerprint_chassis(m);
        m->others_changed |= m->fingerprint != before;
        m->chassis_changed = false;
    }
    model_sort_datapaths(m);
    for (size_t i = 0; i < m->n_removed; i++) {
        model_lflow_free(m, m->removed[i]);
    }
    m->n_removed = 0;
}

void model_finish(struct model *m)
{
    for (size_t i = 0; i < m->n_changed; i++) {
        finish_rows(m->changed[i]);
    }
    for (size_t i = 0; i < m->n_changed; i++) {
        struct model_datapath *dp = m->changed[i];
        uint64_t before = dp->fingerprint;
        finish_links(m, dp);
        finish_stages(m, dp);
        model_fingerprint_datapath(dp);
        if (dp->fingerprint != before) {
            model_note(m, dp->key);
        }
        dp->changed = false;
    }
    m->n_changed = 0;
    finish_others(m);
    m->version += m->others_changed;
    m->others_changed = false;
}
