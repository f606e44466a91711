/* SPDX-License-Identifier: Apache-2.0 */

/* Reports as text: tables, colours, and reports that lack what is looked for. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "table.h"
#include "text.h"
#include "util.h"
#include "view.h"

static struct table *make_table(bool colour)
{
    struct table *t = table_create(colour);
    table_column(t, "name", TABLE_LEFT);
    table_column(t, "n", TABLE_RIGHT);
    table_column(t, "state", TABLE_LEFT);
    return t;
}

static void expect_table(struct table *t, const char *text)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    table_put(t, &ds);
    assert_string_equal(ds_cstr(&ds), text);
    ds_destroy(&ds);
}

static void test_table(void **state OVS_UNUSED)
{
    struct table *t = make_table(false);
    table_cell(t, TONE_PLAIN, "a longer one");
    table_cell(t, TONE_PLAIN, "%d", 7);
    table_cell(t, TONE_BAD, "down");
    table_cell(t, TONE_PLAIN, "b");
    table_cell(t, TONE_PLAIN, "%d", 1234);
    expect_table(t, "name             n  state\n"
                    "a longer one     7  down\n"
                    "b             1234\n");
    expect_table(make_table(false), "name  n  state\n");
}

/* Colours do not count for the width; blanks are not coloured. */
static void test_colours(void **state OVS_UNUSED)
{
    struct table *t = make_table(true);
    table_cell(t, TONE_GOOD, "x");
    table_cell(t, TONE_PLAIN, "1");
    table_cell(t, TONE_BAD, "%s", "");
    expect_table(t, "\033[1mname\033[0m  \033[1mn\033[0m  \033[1mstate\033[0m\n"
                    "\033[32mx\033[0m     1\n");
}

/* A name in a database cannot steer the terminal. */
static void test_control_characters(void **state OVS_UNUSED)
{
    struct table *t = make_table(false);
    struct ds ds = DS_EMPTY_INITIALIZER;
    table_cell(t, TONE_PLAIN, "a\033[31mb\n\x7f");
    expect_table(t, "name       n  state\na?[31mb??\n");
    text_put(&ds, false, TONE_PLAIN, "%s", "\r\tx");
    assert_string_equal(ds_cstr(&ds), "??x");
    ds_destroy(&ds);
}

static report_text *const texts[] = {
    text_status, text_show,  text_stats,       text_ports, text_peers,  text_bfd,
    text_drops,  text_drain, text_unsupported, text_log,   text_routes, text_lookup,
};

/* ovnic-gw-ctl may be newer or older than the daemon. */
static void test_foreign_reports(void **state OVS_UNUSED)
{
    static const char *const reports[] = {
        "{}",
        "[1, \"x\", null]",
        "{\"workers\": 3, \"drops\": [1], \"ports\": {}, \"peers\": [{}], \"bfd\": [7],"
        " \"problems\": [\"x\"], \"log\": [[]], \"routes\": [{\"members\": [{}]}],"
        " \"entries\": [{\"guard\": [3]}], \"sessions\": [null], \"unsupported\": [{}],"
        " \"datapaths\": [{\"ports\": [{}]}], \"complete\": true}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
        struct json *json = json_from_string(reports[i]);
        for (size_t k = 0; k < ARRAY_SIZE(texts); k++) {
            struct ds ds = DS_EMPTY_INITIALIZER;
            texts[k](json, &ds, true);
            assert_true(ds.length > 0);
            ds_destroy(&ds);
        }
        json_destroy(json);
    }
}

static void test_classified(void **state OVS_UNUSED)
{
    struct json *json = json_from_string(
        "{\"routes\": [{\"destination\": \"10.1.0.0/24\", \"arrives_at\": \"ts-lr\","
        " \"verdict\": \"classify\", \"rules\": 7, \"guard\": [], \"members\": ["
        "{\"verdict\": \"drop\", \"reason\": \"logical_drop\"},"
        " {\"verdict\": \"forward\", \"out_port\": \"vm1\"}]}]}");
    struct ds ds = DS_EMPTY_INITIALIZER;
    text_routes(json, &ds, false);
    assert_non_null(strstr(ds_cstr(&ds), "by packet, 7 rules"));
    assert_non_null(strstr(ds_cstr(&ds), "dropped: logical_drop"));
    assert_non_null(strstr(ds_cstr(&ds), "vm1"));
    ds_destroy(&ds);
    json_destroy(json);
}

static void test_status(void **state OVS_UNUSED)
{
    struct json *json = json_from_string(
        "{\"chassis\": \"gw1\", \"southbound\": {\"connected\": false, \"remote\": \"tcp:x\"},"
        " \"problems\": [{\"severity\": \"error\", \"see\": \"peers\", \"problem\": \"no way\"}]}");
    struct ds ds = DS_EMPTY_INITIALIZER;
    text_status(json, &ds, false);
    assert_non_null(strstr(ds_cstr(&ds), "chassis        gw1\n"));
    assert_non_null(strstr(ds_cstr(&ds), "southbound     not connected to tcp:x\n"));
    assert_non_null(strstr(ds_cstr(&ds), "problems       no way (see peers)\n"));
    ds_destroy(&ds);
    json_destroy(json);
}

/* Copies of the tables, one of them without memory on its node. */
static void test_copies(void **state OVS_UNUSED)
{
    struct json *json =
        json_from_string("{\"tables\": {\"complete\": true, \"destinations\": 7, \"endpoints\": 2,"
                         " \"specialise_ms\": 1.5, \"copies\": ["
                         " {\"node\": 1, \"workers\": 2, \"bytes\": 3145728, \"notes\": []},"
                         " {\"node\": 0, \"workers\": 1, \"bytes\": 0,"
                         "  \"notes\": [{\"warning\": true, \"text\": \"no memory\"}]}]}}");
    struct ds ds = DS_EMPTY_INITIALIZER;
    text_status(json, &ds, false);
    assert_non_null(strstr(ds_cstr(&ds),
                           "tables         7 destinations at 2 endpoints, computed in 1.5 ms\n"
                           "                 3.0 MiB on NUMA node 1, for 2 worker(s)\n"
                           "                 0.0 KiB on NUMA node 0, for 1 worker(s)\n"
                           "                 no memory\n"));
    ds_destroy(&ds);
    json_destroy(json);
}

static void test_traffic(void **state OVS_UNUSED)
{
    struct json *peers = json_from_string(
        "{\"peers\": [{\"chassis\": \"gw2\", \"zone\": \"remote\", \"bfd\": \"none\", \"tunnels\":"
        " [{\"remote\": \"192.0.2.2\", \"resolved\": true, \"rx_packets\": 12, \"tx_packets\": 34},"
        " {\"remote\": \"192.0.2.3\", \"resolved\": true, \"tx_packets\": 56}]}]}");
    struct json *stats = json_from_string(
        "{\"transits\": [{\"datapath\": \"quiet\"}, {\"datapath\": \"ts1\", \"rx_packets\": 1,"
        " \"rx_bytes\": 2, \"tx_packets\": 3, \"tx_bytes\": 4}]}");
    struct ds ds = DS_EMPTY_INITIALIZER;
    text_peers(peers, &ds, false);
    assert_non_null(strstr(ds_cstr(&ds), "192.0.2.2        12    34  none"));
    assert_non_null(strstr(ds_cstr(&ds), "192.0.2.3         0    56"));
    text_stats(stats, &ds, false);
    assert_non_null(
        strstr(ds_cstr(&ds), "ts1                      1         2           3         4\n"));
    assert_null(strstr(ds_cstr(&ds), "quiet"));
    ds_destroy(&ds);
    json_destroy(peers);
    json_destroy(stats);
}

static void test_rates(void **state OVS_UNUSED)
{
    struct json *before = json_from_string(
        "{\"workers\": [{\"core\": 3, \"rx_packets\": 100, \"rx_bytes\": 0, \"busy_cycles\": 0}],"
        " \"drops\": {\"loop\": 5, \"bfd\": 9}, \"cycles_per_second\": 1000}");
    struct json *now =
        json_from_string("{\"workers\": [{\"core\": 3, \"rx_packets\": 300, \"rx_bytes\": 1000000,"
                         " \"busy_cycles\": 500}], \"drops\": {\"loop\": 6, \"bfd\": 9},"
                         " \"cycles_per_second\": 1000}");
    struct ds ds = DS_EMPTY_INITIALIZER;
    text_rates(before, now, 2, &ds, false);
    assert_non_null(strstr(ds_cstr(&ds), "   3           100             0       4.00"));
    assert_non_null(strstr(ds_cstr(&ds), "    25.0\n"));
    assert_non_null(strstr(ds_cstr(&ds), "loop                   0.5\n"));
    assert_null(strstr(ds_cstr(&ds), "bfd"));
    ds_destroy(&ds);
    json_destroy(before);
    json_destroy(now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_foreign_reports),
        cmocka_unit_test(test_classified),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_traffic),
        cmocka_unit_test(test_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
