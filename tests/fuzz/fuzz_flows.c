/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as what a database server sends, in pieces of any size.
 *
 * What the library reads after the filter is what it would have read without it, but
 * for the rows of Logical_Flow; and these are all in the batch that stands for them. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flow_batch.h"
#include "flow_filter.h"
#include "lflow.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_MESSAGES 40 /* unread ones, of which the filter keeps the rows */

static struct lflow_cache *cache;

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* The messages, up to one that is none. */
static size_t parse(const char *bytes, size_t size, struct json *messages[MAX_MESSAGES])
{
    size_t n = 0;

    while (n < MAX_MESSAGES && size > 0) {
        struct json_parser *parser = json_parser_create(0);
        size_t used = json_parser_feed(parser, bytes, size);
        struct json *message = json_parser_finish(parser);

        if (message->type != JSON_OBJECT) { /* a string says what is wrong */
            json_destroy(message);
            break;
        }
        messages[n++] = message;
        bytes += used;
        size -= used;
    }
    return n;
}

static size_t filter_all(struct flow_filter *filter, uint8_t *bytes, size_t size, size_t piece)
{
    size_t n = 0;

    for (size_t i = 0; i < size; i += piece) {
        size_t part = MIN(piece, size - i), left;
        char *copy = xmemdup(bytes + i, part);

        left = flow_filter_run(filter, copy, part);
        require(left > 0 && left <= part);
        memcpy(bytes + n, copy, left);
        n += left;
        free(copy);
    }
    return n;
}

/* Takes the table out; NULL: there is none. */
static struct json *take_table(struct json *tables)
{
    return tables->type == JSON_OBJECT ? shash_find_and_delete(json_object(tables), "Logical_Flow")
                                       : NULL;
}

static void compare_rows(const struct json *table, const struct flow_batch *taken)
{
    struct flow_batch *batch = flow_batch_create(cache);
    const struct shash_node *node;

    SHASH_FOR_EACH (node, json_object(table)) {
        flow_batch_add(batch, node->name, json_clone(node->data));
    }
    /* The library keeps the last of several with one name. */
    require(taken->n_rows + taken->n_changes >= batch->n_rows + batch->n_changes);
    flow_batch_destroy(batch);
}

/* A table that is too short for the name of its batch. */
static void require_no_rows(const struct json *table)
{
    const struct shash_node *node;
    struct uuid uuid;

    SHASH_FOR_EACH (node, json_object(table)) {
        require(!uuid_from_string(&uuid, node->name));
    }
}

static void compare_tables(struct flow_filter *filter, const struct json *want,
                           const struct json *got)
{
    struct flow_batch *batch;

    if (!want || !got || want->type != JSON_OBJECT || got->type != JSON_STRING) {
        require(want && got ? json_equal(want, got) : want == got);
        return;
    }
    batch = flow_filter_take(filter, got);
    if (batch) {
        compare_rows(want, batch);
        flow_batch_destroy(batch);
    } else {
        require_no_rows(want);
    }
}

static void compare_lists(struct flow_filter *filter, const struct json *want,
                          const struct json *got)
{
    if (!want || !got || want->type != JSON_ARRAY || got->type != JSON_ARRAY) {
        return;
    }
    require(json_array(want)->n == json_array(got)->n);
    /* The library looks at the third one; with more of them names may not suffice. */
    for (size_t i = 0; i < json_array(want)->n; i++) {
        struct json *in = take_table(json_array(want)->elems[i]);
        struct json *out = take_table(json_array(got)->elems[i]);

        if (json_array(want)->n <= 3) {
            compare_tables(filter, in, out);
        }
        json_destroy(in);
        json_destroy(out);
    }
}

static void compare(struct flow_filter *filter, struct json *want, struct json *got)
{
    static const char *const lists[] = {"params", "result"};

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        compare_lists(filter, shash_find_data(json_object(want), lists[i]),
                      shash_find_data(json_object(got), lists[i]));
    }
    require(json_equal(want, got));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *want[MAX_MESSAGES], *got[MAX_MESSAGES];
    struct flow_filter *filter;
    size_t n_want, n_got;
    uint8_t *bytes;

    if (size < 2) {
        return 0;
    }
    if (!cache) {
        vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
        cache = lflow_cache_create();
    }
    filter = flow_filter_create(cache);
    bytes = xmemdup(data + 1, size - 1);
    n_want = parse((const char *)bytes, size - 1, want);
    n_got = parse((const char *)bytes, filter_all(filter, bytes, size - 1, 1u + data[0]), got);
    require(n_got >= n_want);
    for (size_t i = 0; i < n_got; i++) {
        if (i < n_want) {
            compare(filter, want[i], got[i]);
            json_destroy(want[i]);
        }
        json_destroy(got[i]);
    }
    flow_filter_destroy(filter);
    free(bytes);
    return 0;
}
