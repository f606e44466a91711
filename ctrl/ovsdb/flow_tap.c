/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "flow_tap.h"

#include "flow_filter.h"
#include "flows.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb-cs.h"
#include "session.h"
#include "stream.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_flow_tap);

/* A connection of a session with flows, from its first byte until it is closed and what it
 * brought has been taken. */
struct tap {
    struct ovs_list node;
    const struct stream *stream; /* NULL: closed */
    struct flow_filter *filter;
};

/* Of the session that runs.  Other threads have connections that are none of this. */
static _Thread_local struct flows *tapped;
static _Thread_local struct ovs_list taps;

int __real_stream_recv(struct stream *, void *buffer, size_t n);
int __wrap_stream_recv(struct stream *, void *buffer, size_t n);
void __real_stream_close(struct stream *);
void __wrap_stream_close(struct stream *);
void __real_ovsdb_cs_run(struct ovsdb_cs *, struct ovs_list *events);
void __wrap_ovsdb_cs_run(struct ovsdb_cs *, struct ovs_list *events);

static void free_closed(void)
{
    struct tap *tap;
    LIST_FOR_EACH_SAFE (tap, node, &taps) {
        if (!tap->stream) {
            ovs_list_remove(&tap->node);
            flow_filter_destroy(tap->filter);
            free(tap);
        }
    }
}

void flow_tap_run(struct session *session, struct flows *flows)
{
    if (!taps.next) {
        ovs_list_init(&taps);
    }
    tapped = flows;
    session_run(session);
    tapped = NULL;
    free_closed();
}

static struct tap *tap_of_stream(const struct stream *stream)
{
    struct tap *tap;
    if (taps.next) {
        LIST_FOR_EACH (tap, node, &taps) {
            if (tap->stream == stream) {
                return tap;
            }
        }
    }
    return NULL;
}

static struct tap *open_tap(const struct stream *stream)
{
    struct tap *tap = xmalloc(sizeof *tap);
    *tap = (struct tap){.stream = stream, .filter = flow_filter_create(tapped->cache)};
    ovs_list_push_front(&taps, &tap->node);
    return tap;
}

int __wrap_stream_recv(struct stream *stream, void *buffer, size_t n)
{
    int received = __real_stream_recv(stream, buffer, n);
    if (!tapped || received <= 0) {
        return received;
    }
    struct tap *tap = tap_of_stream(stream);
    tap = tap ? tap : open_tap(stream);
    return (int)flow_filter_run(tap->filter, buffer, (size_t)received);
}

void __wrap_stream_close(struct stream *stream)
{
    struct tap *tap = stream ? tap_of_stream(stream) : NULL;
    if (tap) {
        tap->stream = NULL;
        if (!tapped) {
            free_closed();
        }
    }
    __real_stream_close(stream);
}

/* Rows that the filter has taken. */
static struct flow_batch *taken_batch(const struct json *table)
{
    const struct tap *tap;
    LIST_FOR_EACH (tap, node, &taps) {
        struct flow_batch *batch = flow_filter_take(tap->filter, table);
        if (batch) {
            return batch;
        }
    }
    return NULL;
}

/* Rows that it has not recognised. */
static struct flow_batch *read_batch(const struct json *table)
{
    struct flow_batch *batch = flow_batch_create(tapped->cache);
    const struct shash_node *node;
    SHASH_FOR_EACH (node, json_object(table)) {
        flow_batch_add(batch, node->name, json_clone(node->data));
    }
    return batch;
}

/* NULL: they are nowhere. */
static struct flow_batch *batch_of(const struct json *table)
{
    if (!table || (table->type == JSON_STRING && !*json_string(table))) {
        return flow_batch_create(tapped->cache);
    }
    return table->type == JSON_OBJECT ? read_batch(table) : taken_batch(table);
}

static void take(struct ovsdb_cs *cs, const struct ovsdb_cs_update_event *update)
{
    if (update->table_updates->type != JSON_OBJECT) {
        return; /* which the library reports */
    }
    struct json *table = shash_find_and_delete(json_object(update->table_updates), "Logical_Flow");
    struct flow_batch *batch = batch_of(table);
    if (!batch) {
        VLOG_WARN("the server's flows make no sense; asking for them again");
    }
    if (!batch || !flows_apply(tapped, batch, update->clear)) {
        ovsdb_cs_flag_inconsistency(cs);
    }
    json_destroy(table);
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
