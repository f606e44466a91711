/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "flow_tap.h"

#include "flows.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "ovsdb-cs.h"
#include "session.h"

/* Of the session that runs; other threads have other connections. */
static _Thread_local struct flows *tapped;

void __real_ovsdb_cs_run(struct ovsdb_cs *, struct ovs_list *events);
void __wrap_ovsdb_cs_run(struct ovsdb_cs *, struct ovs_list *events);

void flow_tap_run(struct session *session, struct flows *flows)
{
    tapped = flows;
    session_run(session);
    tapped = NULL;
}

/* Row by row, so that there is never all of it twice. */
static struct flow_batch *read_table(struct json *table)
{
    struct flow_batch *batch = flow_batch_create(tapped->cache);
    struct shash_node *node;
    if (table && table->type == JSON_OBJECT) {
        SHASH_FOR_EACH_SAFE (node, json_object(table)) {
            flow_batch_add(batch, node->name, node->data);
            shash_delete(json_object(table), node);
        }
    }
    json_destroy(table);
    return batch;
}

static void take(struct ovsdb_cs *cs, const struct ovsdb_cs_update_event *update)
{
    if (update->table_updates->type != JSON_OBJECT) {
        return; /* which the library reports */
    }
    struct json *table = shash_find_and_delete(json_object(update->table_updates), "Logical_Flow");
    if (!flows_apply(tapped, read_table(table), update->clear)) {
        ovsdb_cs_flag_inconsistency(cs);
    }
}

void __wrap_ovsdb_cs_run(struct ovsdb_cs *cs, struct ovs_list *events)
{
    const struct ovsdb_cs_event *event;
    __real_ovsdb_cs_run(cs, events);
    if (!tapped) {
        return;
    }
    LIST_FOR_EACH (event, list_node, events) {
        if (event->type == OVSDB_CS_EVENT_TYPE_UPDATE) {
            take(cs, &event->update);
        }
    }
}
