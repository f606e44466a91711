/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of Logical_Flow on their way from a server's bytes. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow_batch.h"
#include "flow_filter.h"
#include "flows.h"
#include "lflow.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb-data.h"
#include "ovsdb-types.h"
#include "util.h"
#include "uuid.h"

#define FIRST "00000000-0000-0000-0000-000000000001"
#define SECOND "00000000-0000-0000-0000-000000000002"
#define DATAPATH "10000000-0000-0000-0000-000000000000"
#define OTHER "20000000-0000-0000-0000-000000000000"

#define ROWS                                                                                       \
    "\"" FIRST "\":{\"initial\":{\"logical_datapath\":[\"uuid\",\"" DATAPATH "\"],"                \
    "\"pipeline\":\"ingress\",\"table_id\":7,\"priority\":50,"                                     \
    "\"match\":\"inport == \\\"a}\\\\\\\"{,:\\\" && ip4\",\"actions\":\"next;\"}},"                \
    "\"" SECOND "\": {\"initial\":{\"logical_datapath\":[\"set\",[]],\"logical_dp_group\":"        \
    "[\"uuid\",\"" OTHER "\"],\"pipeline\":\"egress\",\"match\":\"1\",\"actions\":\"drop;\"}}"
#define BEFORE "\"Chassis\":{\"" FIRST "\":{\"insert\":{\"name\":\"Logical_Flow\"}}}"
#define AFTER "\"Encap\":{\"" SECOND "\":{\"delete\":null}}"
#define IN_UPDATE                                                                                  \
    "{\"id\":null,\"method\":\"update3\",\"params\":[[\"monid\",\"OVN_Southbound\"],\"id\",{"
#define IN_REPLY "{\"error\":null,\"id\":3,\"result\":[false,\"id\",{"
#define UPDATE(TABLE) IN_UPDATE BEFORE ",\"Logical_Flow\":" TABLE "," AFTER "}]}"
#define REPLY(TABLE) IN_REPLY BEFORE ",\"Logical_Flow\" : " TABLE "}]}"

struct fixture {
    struct lflow_cache *cache;
    struct flow_filter *filter;
    struct flows flows;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f) {
        return -1;
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    f->cache = lflow_cache_create();
    f->filter = flow_filter_create(f->cache);
    flows_init(&f->flows, f->cache);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    flow_filter_destroy(f->filter);
    flows_destroy(&f->flows);
    lflow_cache_free(f->cache);
    free(f);
    return 0;
}

/* What is left of the text when it comes `chunk` bytes at a time; to be freed. */
static char *filtered(struct flow_filter *filter, const char *text, size_t size, size_t chunk)
{
    char *out = xzalloc(size + 1);
    size_t n = 0;
    for (size_t i = 0; i < size; i += chunk) {
        size_t part = MIN(chunk, size - i);
        char *bytes = xmemdup(text + i, part); /* of its own: nothing may be written behind it */
        size_t left = flow_filter_run(filter, bytes, part);
        assert_in_range(left, 1, part);
        memcpy(out + n, bytes, left);
        n += left;
        free(bytes);
    }
    return out;
}

/* The tables of an update or a reply. */
static struct json *tables(struct json *message)
{
    struct json *list = shash_find_data(json_object(message), "params");
    list = list ? list : shash_find_data(json_object(message), "result");
    assert_non_null(list);
    assert_int_equal(json_array(list)->n, 3);
    return json_array(list)->elems[2];
}

/* Filters a message, takes its rows, and returns the rest without them. */
static char *apply(struct fixture *f, const char *text, size_t chunk, bool clear)
{
    char *left = filtered(f->filter, text, strlen(text), chunk);
    struct json *message = json_from_string(left);
    assert_int_equal(message->type, JSON_OBJECT);
    struct json *table = shash_find_and_delete(json_object(tables(message)), "Logical_Flow");
    assert_non_null(table);
    struct flow_batch *batch = flow_filter_take(f->filter, table);
    assert_null(flow_filter_take(f->filter, table)); /* once */
    assert_non_null(batch);
    assert_true(flows_apply(&f->flows, batch, clear));
    char *rest = json_to_string(tables(message), JSSF_SORT);
    json_destroy(table);
    json_destroy(message);
    free(left);
    return rest;
}

static struct uuid uuid(const char *text)
{
    struct uuid u;
    assert_true(uuid_from_string(&u, text));
    return u;
}

static const struct flow_row *row(const struct fixture *f, const char *text)
{
    const struct uuid u = uuid(text);
    return flows_find(&f->flows, &u);
}

static void assert_rows(const struct fixture *f)
{
    const struct uuid datapath = uuid(DATAPATH), group = uuid(OTHER);
    const struct flow_row *first = row(f, FIRST), *second = row(f, SECOND);
    assert_int_equal(hmap_count(&f->flows.rows), 2);
    assert_non_null(first);
    assert_non_null(second);
    assert_true(uuid_equals(&first->datapath, &datapath));
    assert_true(uuid_is_zero(&first->group));
    assert_int_equal(first->table, 7);
    assert_int_equal(first->priority, 50);
    assert_false(first->egress);
    assert_string_equal(first->code->match_text, "inport == \"a}\\\"{,:\" && ip4");
    assert_string_equal(first->code->actions_text, "next;");
    assert_true(uuid_is_zero(&second->datapath));
    assert_true(uuid_equals(&second->group, &group));
    assert_true(second->egress);
    assert_int_equal(second->table, 0); /* as all that is not said */
}

static void test_chunks(void **state)
{
    struct fixture *f = *state;
    for (size_t chunk = 1; chunk < 400; chunk++) {
        char *rest = apply(f, UPDATE("{" ROWS "}"), chunk, true);
        assert_string_equal(rest, "{" BEFORE "," AFTER "}");
        assert_rows(f);
        free(rest);
        rest = apply(f, REPLY("{ " ROWS " }"), chunk, true);
        assert_string_equal(rest, "{" BEFORE "}");
        assert_rows(f);
        free(rest);
    }
    /* Nothing is news but what was so at first. */
    assert_int_equal(f->flows.n_changed, 2);
}

static void test_changes(void **state)
{
    struct fixture *f = *state;
    free(apply(f, REPLY("{" ROWS "}"), 50, false));
    flows_forget_changes(&f->flows);
    free(apply(f,
               UPDATE("{\"" FIRST "\":{\"modify\":{\"priority\":60,\"actions\":\"drop;\"}},"
                      "\"" SECOND "\":{\"delete\":null}}"),
               50, false));
    assert_int_equal(f->flows.n_changed, 2);
    assert_int_equal(hmap_count(&f->flows.rows), 1);
    const struct uuid datapath = uuid(DATAPATH);
    const struct flow_row *first = row(f, FIRST);
    assert_int_equal(first->priority, 60);
    assert_string_equal(first->code->actions_text, "drop;");
    assert_string_equal(first->code->match_text, "inport == \"a}\\\"{,:\" && ip4");
    assert_true(uuid_equals(&first->datapath, &datapath)); /* as what is not said */
}

static struct ovsdb_datum datum_of(const struct uuid *uuid)
{
    union ovsdb_atom *atom = xzalloc(sizeof *atom);
    struct ovsdb_datum datum = {.n = !uuid_is_zero(uuid), .keys = atom};
    atom->uuid = *uuid;
    return datum;
}

/* The columns of a modification from one value of a reference to another, as a server
 * writes them. */
static struct json *modification(const struct uuid *from, const struct uuid *to)
{
    static const struct ovsdb_type reference = {
        .key = OVSDB_BASE_UUID_INIT, .value = OVSDB_BASE_VOID_INIT, .n_min = 0, .n_max = 1};
    struct ovsdb_datum before = datum_of(from), after = datum_of(to), difference;
    ovsdb_datum_diff(&difference, &before, &after, &reference);
    struct json *columns = json_object_create();
    json_object_put(columns, "logical_dp_group", ovsdb_datum_to_json(&difference, &reference));
    ovsdb_datum_destroy(&before, &reference);
    ovsdb_datum_destroy(&after, &reference);
    ovsdb_datum_destroy(&difference, &reference);
    return columns;
}

static void test_references(void **state)
{
    struct fixture *f = *state;
    const struct uuid values[] = {UUID_ZERO, uuid(DATAPATH), uuid(OTHER)};
    free(apply(f, REPLY("{" ROWS "}"), 50, false));
    for (size_t i = 0; i < ARRAY_SIZE(values) * ARRAY_SIZE(values); i++) {
        const struct uuid *from = &values[i / ARRAY_SIZE(values)];
        const struct uuid *to = &values[i % ARRAY_SIZE(values)];
        struct flow_row before = *row(f, FIRST);
        before.group = *from;
        struct json *columns = modification(from, to);
        struct flow_row *after = flow_row_modified(f->cache, &before, columns);
        assert_true(uuid_equals(&after->group, to));
        flow_row_destroy(f->cache, after);
        json_destroy(columns);
    }
}

/* What makes no sense changes nothing. */
static void test_bad_references(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {
        "[\"uuid\"]",
        "[\"uuid\",\"x\"]",
        "[\"set\",[\"" DATAPATH "\"]]",
        "[\"set\",[[\"uuid\",\"" DATAPATH "\"],[\"uuid\",\"" FIRST "\"]]]",
        "[\"map\",[]]",
        "[\"set\",{}]",
    };
    free(apply(f, REPLY("{" ROWS "}"), 50, false));
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        char *update =
            xasprintf(UPDATE("{\"" SECOND "\":{\"modify\":{\"logical_dp_group\":%s}}}"), texts[i]);
        free(apply(f, update, 50, false));
        assert_rows(f);
        free(update);
    }
}

/* What a server has no longer goes, what it still has is no news. */
static void test_read_again(void **state)
{
    struct fixture *f = *state;
    const struct uuid first = uuid(FIRST);
    free(apply(f, REPLY("{" ROWS "}"), 50, true));
    flows_forget_changes(&f->flows);
    free(apply(f,
               REPLY("{\"" SECOND "\": {\"initial\":{\"logical_dp_group\":[\"uuid\",\"" OTHER "\"],"
                     "\"pipeline\":\"egress\",\"match\":\"1\",\"actions\":\"drop;\"}}}"),
               50, true));
    assert_int_equal(hmap_count(&f->flows.rows), 1);
    assert_int_equal(f->flows.n_changed, 1);
    assert_true(uuid_equals(&f->flows.changed[0], &first));
}

/* Changes of rows that there are not: the server has to be asked again. */
static void test_unknown_row(void **state)
{
    struct fixture *f = *state;
    static const char *const changes[] = {"delete", "modify"};
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        struct flow_batch *batch = flow_batch_create(f->cache);
        struct json *change = json_object_create();
        json_object_put(change, changes[i], json_object_create());
        flow_batch_add(batch, FIRST, change);
        assert_false(flows_apply(&f->flows, batch, false));
    }
}

static void test_untouched(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {
        "{\"id\":1,\"result\":{\"tables\":{\"Logical_Flow\":{\"columns\":{\"match\":{}}}}}}",
        "{\"id\":1,\"result\":{\"Logical_Flow\":{\"" FIRST "\":{\"initial\":{}}}}}",
        "{\"id\":1,\"other\":[{\"Logical_Flow\":{\"" FIRST "\":{\"initial\":{}}}}]}",
        "{\"params\":[[{\"Logical_Flow\":{\"" FIRST "\":{\"initial\":{}}}}]]}",
        "{\"params\":[{\"Chassis\":\"Logical_Flow\",\"b\":{\"" FIRST "\":{\"initial\":{}}}}]}",
        "{\"params\":[{\"Logical_Flow\":[{\"" FIRST "\":{\"initial\":{}}}]}]}",
        "{\"params\":[{\"Logical_Flow\":7,\"Chassis\":{\"" FIRST "\":{\"initial\":{}}}}]}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        for (size_t chunk = 1; chunk < 20; chunk += 3) {
            char *left = filtered(f->filter, texts[i], strlen(texts[i]), chunk);
            assert_string_equal(left, texts[i]);
            free(left);
        }
    }
}

static void test_empty(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "{\"params\":[1,2,{\"Logical_Flow\":{}}]}";
    char *left = filtered(f->filter, text, strlen(text), 1);
    assert_string_equal(left, "{\"params\":[1,2,{\"Logical_Flow\":\"\"}]}");
    struct json *empty = json_string_create("");
    assert_null(flow_filter_take(f->filter, empty));
    json_destroy(empty);
    free(left);
}

/* More updates than there are names: none is mistaken for another one. */
static void test_unclaimed(void **state)
{
    struct fixture *f = *state;
    const char *text = UPDATE("{" ROWS "}");
    for (int i = 0; i < 1000; i++) {
        free(filtered(f->filter, text, strlen(text), 100));
    }
    free(apply(f, text, 100, true));
    assert_rows(f);
}

/* Whatever comes, less goes on than came, and the filter survives it. */
static void test_garbage(void **state)
{
    struct fixture *f = *state;
    static const char alphabet[] = "{}[]\",:\\a1 ";
    const char *text = UPDATE("{" ROWS "}");
    size_t size = strlen(text);
    unsigned int seed = 1;
    for (int turn = 0; turn < 3000; turn++) {
        char *copy = xstrdup(text);
        for (int i = 0; i < 4; i++) {
            copy[(unsigned int)rand_r(&seed) % size] =
                alphabet[(unsigned int)rand_r(&seed) % (sizeof alphabet - 1)];
        }
        free(filtered(f->filter, copy, size, 1 + (unsigned int)rand_r(&seed) % 300));
        free(copy);
        if (turn % 10 == 9) { /* another connection */
            flow_filter_destroy(f->filter);
            f->filter = flow_filter_create(f->cache);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_chunks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_references, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_references, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_untouched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unclaimed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_garbage, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
