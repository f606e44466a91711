/* SPDX-License-Identifier: Apache-2.0 */

/* Ends of rows, and of the model. */

#include <stdlib.h>

#include "model_private.h"
#include "stage_index.h"

void model_entries_free(struct model_entry **table, void (*free_data)(void *))
{
    struct model_entry *entry, *next;
    HASH_ITER(hh, *table, entry, next)
    {
        HASH_DEL(*table, entry);
        free_data(entry->data);
        free(entry->name);
        free(entry);
    }
}

void model_chassis_free(void *data)
{
    struct model_chassis *chassis = data;
    free(chassis->name);
    free(chassis->encaps);
    free(chassis);
}

/* Its ports are freed by their names. */
void model_datapath_free(void *data)
{
    struct model_datapath *dp = data;
    for (size_t i = 0; i < dp->n_groups; i++) {
        free(dp->groups[i].name);
        free(dp->groups[i].ports);
    }
    for (int pipeline = 0; pipeline < 2; pipeline++) {
        for (int table = 0; table < MODEL_MAX_TABLES; table++) {
            stage_index_free(dp->stages[pipeline][table].index);
            free(dp->stages[pipeline][table].flows);
        }
    }
    free(dp->groups);
    free(dp->mac_bindings);
    free(dp->fdb);
    free(dp->ports);
    free(dp->gates);
    free(dp->uuid);
    free(dp->name);
    free(dp);
}

void model_port_free(struct model_port *port)
{
    free(port->name);
    free(port->type_name);
    free(port->addresses);
    free(port->additional);
    free(port->peer_name);
    free(port->distributed_name);
    free(port);
}

void model_address_set_free(void *data)
{
    struct model_address_set *set = data;
    free(set->addresses);
    free(set);
}

void model_port_group_free(void *data)
{
    struct model_port_group *group = data;
    for (size_t i = 0; i < group->n; i++) {
        free(group->ports[i]);
    }
    free(group->ports);
    free(group);
}

void model_lflow_free(struct model *m, struct lflow *lflow)
{
    lflow_cache_put(m->cache, lflow->code);
    free(lflow);
}

void model_clear(struct model *m)
{
    struct lflow *lflow, *next;
    HASH_ITER(hh, m->lflows, lflow, next)
    {
        HASH_DEL(m->lflows, lflow);
        model_lflow_free(m, lflow);
    }
    for (size_t i = 0; i < m->n_removed; i++) {
        model_lflow_free(m, m->removed[i]);
    }
    model_names_free(m);
    model_entries_free(&m->chassis, model_chassis_free);
    model_entries_free(&m->datapaths, model_datapath_free);
    model_entries_free(&m->address_sets, model_address_set_free);
    model_entries_free(&m->port_groups, model_port_group_free);
    free(m->chassis_list);
    free(m->owners);
    free(m->datapath_list);
    free(m->by_key);
    m->chassis_list = NULL;
    m->owners = NULL;
    m->datapath_list = NULL;
    m->by_key = NULL;
    m->n_chassis = m->n_owners = m->n_datapaths = m->n_removed = m->n_changed = 0;
    m->chassis_changed = true;
    model_note_everything(m);
}

void model_free(struct model *m)
{
    if (m == NULL) {
        return;
    }
    model_clear(m);
    free(m->removed);
    free(m->changed);
    free(m->self);
    free(m);
}
