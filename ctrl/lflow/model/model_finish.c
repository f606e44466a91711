/* SPDX-License-Identifier: Apache-2.0 */

/* Completes a model: resolves names, sorts for the look-ups. */

#include <stdlib.h>
#include <string.h>

#include "model_private.h"
#include "stage_index.h"

static int compare_datapaths(const void *a, const void *b)
{
    uint32_t x = (*(struct model_datapath *const *)a)->key;
    uint32_t y = (*(struct model_datapath *const *)b)->key;
    return x < y ? -1 : x > y;
}

/* By name, so that tunnels keep their places from one model to the next. */
static int compare_chassis(const void *a, const void *b)
{
    return strcmp((*(struct model_chassis *const *)a)->name,
                  (*(struct model_chassis *const *)b)->name);
}

static int compare_ports(const void *a, const void *b)
{
    return (int)(*(struct model_port *const *)a)->key - (int)(*(struct model_port *const *)b)->key;
}

static int compare_bindings(const void *a, const void *b)
{
    const struct model_mac_binding *x = a, *y = b;
    int order = (int)x->port->key - (int)y->port->key;
    return order ? order : memcmp(&x->ip, &y->ip, sizeof x->ip);
}

/* Highest priority first. */
static int compare_flows(const void *a, const void *b)
{
    const struct model_flow *x = a, *y = b;
    if (x->priority != y->priority) {
        return x->priority < y->priority ? 1 : -1;
    }
    return model_compare_tied(x->lflow->code, y->lflow->code);
}

static void finish_datapath(const struct model *m, struct model_datapath *dp)
{
    if (dp->n_ports > 0) {
        qsort(dp->ports, dp->n_ports, sizeof *dp->ports, compare_ports);
    }
    if (dp->n_mac_bindings > 0) {
        qsort(dp->mac_bindings, dp->n_mac_bindings, sizeof *dp->mac_bindings, compare_bindings);
    }
    for (int pipeline = 0; pipeline < 2; pipeline++) {
        for (int table = 0; table < MODEL_MAX_TABLES; table++) {
            struct model_stage *stage = &dp->stages[pipeline][table];
            if (stage->n_flows > 0) {
                qsort(stage->flows, stage->n_flows, sizeof *stage->flows, compare_flows);
            }
            stage->index = stage_index_create(m, dp, stage);
        }
    }
}

static void finish_port(const struct model *m, struct model_port *port)
{
    /* A switch of which other zones have the same, under the same key. */
    port->datapath->transit |= port->type == MODEL_PORT_REMOTE;
    if (port->peer_name != NULL) {
        struct model_port *peer = model_port_by_name(m, port->peer_name);
        port->peer = peer != port ? peer : NULL;
    }
    if (port->distributed_name != NULL && port->type == MODEL_PORT_CHASSISREDIRECT) {
        struct model_port *distributed = model_port_by_name(m, port->distributed_name);
        if (distributed != NULL && distributed->datapath == port->datapath && distributed != port) {
            port->distributed = distributed;
            distributed->redirect = port;
        }
    }
}

void model_finish(struct model *m)
{
    struct model_entry *entry, *next;

    if (m->n_chassis > 0) {
        qsort(m->chassis_list, m->n_chassis, sizeof *m->chassis_list, compare_chassis);
    }
    if (m->n_datapaths > 0) {
        qsort(m->datapath_list, m->n_datapaths, sizeof *m->datapath_list, compare_datapaths);
    }
    for (size_t i = 0; i < m->n_datapaths; i++) {
        finish_datapath(m, m->datapath_list[i]);
    }
    HASH_ITER(hh, m->ports, entry, next)
    {
        finish_port(m, entry->data);
    }
    model_take_fingerprints(m);
}
