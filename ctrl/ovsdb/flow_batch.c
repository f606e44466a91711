/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of Logical_Flow from JSON. */

#include <config.h>

#include "flow_batch.h"

#include "lflow.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "uuid.h"

VLOG_DEFINE_THIS_MODULE(ovsdb_flow_batch);

static struct vlog_rate_limit limit = VLOG_RATE_LIMIT_INIT(5, 5);

struct flow_batch *flow_batch_create(struct lflow_cache *cache)
{
    struct flow_batch *batch = xzalloc(sizeof *batch);
    batch->cache = cache;
    return batch;
}

void flow_batch_destroy(struct flow_batch *batch)
{
    if (!batch) {
        return;
    }
    for (size_t i = 0; i < batch->n_rows; i++) {
        flow_row_destroy(batch->cache, batch->rows[i]);
    }
    for (size_t i = 0; i < batch->n_changes; i++) {
        json_destroy(batch->changes[i].columns);
    }
    free(batch->rows);
    free(batch->changes);
    free(batch);
}

/* `["uuid", TEXT]`. */
static bool read_uuid(const struct json *json, struct uuid *uuid)
{
    return json->type == JSON_ARRAY && json_array(json)->n == 2 &&
           json_array(json)->elems[0]->type == JSON_STRING &&
           json_array(json)->elems[1]->type == JSON_STRING &&
           !strcmp(json_string(json_array(json)->elems[0]), "uuid") &&
           uuid_from_string(uuid, json_string(json_array(json)->elems[1]));
}

/* `["set", []]` or `["set", [UUID]]`. */
static bool read_set(const struct json *json, struct uuid *uuid)
{
    if (json->type != JSON_ARRAY || json_array(json)->n != 2) {
        return false;
    }
    struct json *const *pair = json_array(json)->elems;
    if (pair[0]->type != JSON_STRING || strcmp(json_string(pair[0]), "set") ||
        pair[1]->type != JSON_ARRAY) {
        return false;
    }
    const struct json_array *elements = json_array(pair[1]);
    *uuid = UUID_ZERO;
    return elements->n == 0 || (elements->n == 1 && read_uuid(elements->elems[0], uuid));
}

/* A modification has the new value of a column that holds one at most, and not a
 * difference as of larger sets (ovsdb-server(7), 4.1.14). */
static bool read_reference(const struct json *json, struct uuid *uuid)
{
    struct uuid element;
    if (!read_uuid(json, &element) && !read_set(json, &element)) {
        return false;
    }
    *uuid = element;
    return true;
}

/* -1: out of the range 0 … most. */
static int32_t read_number(const struct json *json, int32_t most)
{
    return json->integer >= 0 && json->integer <= most ? (int32_t)json->integer : -1;
}

struct texts {
    const char *match;
    const char *actions;
};

/* Columns that are not ours are left alone. */
static bool read_column(struct flow_row *row, struct texts *texts, const char *name,
                        const struct json *json)
{
    if (!strcmp(name, "match") && json->type == JSON_STRING) {
        texts->match = json_string(json);
    } else if (!strcmp(name, "actions") && json->type == JSON_STRING) {
        texts->actions = json_string(json);
    } else if (!strcmp(name, "priority") && json->type == JSON_INTEGER) {
        row->priority = read_number(json, UINT16_MAX);
    } else if (!strcmp(name, "table_id") && json->type == JSON_INTEGER) {
        row->table = (int16_t)read_number(json, INT16_MAX);
    } else if (!strcmp(name, "pipeline") && json->type == JSON_STRING) {
        row->egress = !strcmp(json_string(json), "egress");
    } else if (!strcmp(name, "logical_datapath")) {
        return read_reference(json, &row->datapath);
    } else if (!strcmp(name, "logical_dp_group")) {
        return read_reference(json, &row->group);
    } else {
        return false;
    }
    return true;
}

static void read_columns(struct flow_row *row, struct texts *texts, const struct json *columns)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, json_object(columns)) {
        if (!read_column(row, texts, node->name, node->data)) {
            VLOG_WARN_RL(&limit, "flow " UUID_FMT ": column %s makes no sense",
                         UUID_ARGS(&row->uuid), node->name);
        }
    }
}

struct flow_row *flow_row_modified(struct lflow_cache *cache, const struct flow_row *before,
                                   const struct json *columns)
{
    struct flow_row *row = xmemdup(before, sizeof *before);
    struct texts texts = {before->code->match_text, before->code->actions_text};
    read_columns(row, &texts, columns);
    row->code = lflow_cache_get(cache, texts.match, texts.actions);
    return row;
}

static void add_row(struct flow_batch *batch, const struct uuid *uuid, const struct json *columns)
{
    struct flow_row *row = xzalloc(sizeof *row);
    struct texts texts = {"", ""};
    row->uuid = *uuid;
    read_columns(row, &texts, columns);
    row->code = lflow_cache_get(batch->cache, texts.match, texts.actions);
    if (batch->n_rows == batch->allocated_rows) {
        batch->rows = x2nrealloc(batch->rows, &batch->allocated_rows, sizeof *batch->rows);
    }
    batch->rows[batch->n_rows++] = row;
}

/* Takes the columns. */
static void add_change(struct flow_batch *batch, const struct uuid *uuid, struct json *columns)
{
    if (batch->n_changes == batch->allocated_changes) {
        batch->changes =
            x2nrealloc(batch->changes, &batch->allocated_changes, sizeof *batch->changes);
    }
    batch->changes[batch->n_changes++] = (struct flow_change){*uuid, columns};
}

static bool is_object(const struct json *json)
{
    return json && json->type == JSON_OBJECT;
}

/* <row-update> has "new" and "old", <row-update2> one of the others. */
static bool add(struct flow_batch *batch, const struct uuid *uuid, const struct json *row)
{
    static const char *const whole[] = {"initial", "insert", "new"};
    for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
        const struct json *columns = shash_find_data(json_object(row), whole[i]);
        if (is_object(columns)) {
            add_row(batch, uuid, columns);
            return true;
        }
    }
    struct json *columns = shash_find_data(json_object(row), "modify");
    if (is_object(columns)) {
        add_change(batch, uuid, json_clone(columns));
        return true;
    }
    if (shash_find(json_object(row), "delete") || shash_find(json_object(row), "old")) {
        add_change(batch, uuid, NULL);
        return true;
    }
    return false;
}

void flow_batch_add(struct flow_batch *batch, const char *text, struct json *row)
{
    struct uuid uuid;
    if (!uuid_from_string(&uuid, text)) {
        VLOG_WARN_RL(&limit, "a flow has no uuid");
    } else if (!is_object(row) || !add(batch, &uuid, row)) {
        VLOG_WARN_RL(&limit, "flow " UUID_FMT ": the update makes no sense", UUID_ARGS(&uuid));
    }
    json_destroy(row);
}
