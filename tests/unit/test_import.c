/* SPDX-License-Identifier: Apache-2.0 */

/* Configuration files out of what Kube-OVN and Open vSwitch have. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "icgw_config.h"
#include "import.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"

#define MAP(data)                                                                                  \
    "apiVersion: v1\ndata:\n" data "kind: ConfigMap\nmetadata:\n  name: ovn-ic-config\n"           \
    "  namespace: kube-system\n"

static char *kube_ovn(const char *yaml)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    char *error = NULL;
    assert_true(import_kube_ovn(yaml, strlen(yaml), "f.yaml", &ds, &error));
    assert_null(error);
    return ds_steal_cstr(&ds);
}

static char *ovs(const char *rows_text, const char *ssl_text)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    char *error = NULL;
    struct json *rows = json_from_string(rows_text);
    struct json *ssl = ssl_text ? json_from_string(ssl_text) : NULL;
    assert_true(import_ovs(rows, ssl, "f.json", &ds, &error));
    json_destroy(rows);
    json_destroy(ssl);
    return ds_steal_cstr(&ds);
}

static void expect_lines(char *text, const char *const *lines)
{
    for (; *lines != NULL; lines++) {
        char *line = xasprintf("\n%s\n", *lines);
        if (strstr(text, line) == NULL) {
            fail_msg("no line \"%s\" in:\n%s", *lines, text);
        }
        free(line);
    }
    free(text);
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_config_map(void **state OVS_UNUSED)
{
    expect_lines(kube_ovn(MAP("  auto-route: \"false\"\n  az-name: az1\n  enable-ic: \"true\"\n"
                              "  gw-nodes: node1, node2\n  ic-db-host: 10.0.0.1,fd00::1,[fd00::2]\n"
                              "  ic-nb-port: \"6645\"\n  ic-sb-port: \"7646\"\n")),
                 LINES("name = node1", "encap-ip =", "southbound =",
                       "ic-southbound = tcp:10.0.0.1:7646,tcp:[fd00::1]:7646,tcp:[fd00::2]:7646",
                       "# Availability zone az1; Kube-OVN and ovn-ic go on naming it.",
                       "# auto-route is off: routes between zones are yours to add, as before."));
    /* JSON, and the default port. */
    expect_lines(kube_ovn("{\"kind\": \"List\", \"items\": [{\"kind\": \"Secret\"}, {\"kind\": "
                          "\"ConfigMap\", \"metadata\": {\"name\": \"ovn-ic-config\"}, \"data\": "
                          "{\"ic-db-host\": \"10.0.0.1\", \"enable-ic\": \"false\"}}]}"),
                 LINES("ic-southbound = tcp:10.0.0.1:6646", "name =",
                       "# enable-ic is \"false\": Kube-OVN does not connect this zone now."));
    /* The second of two documents. */
    expect_lines(kube_ovn("kind: Node\n---\n" MAP("  ic-db-host: 10.0.0.9\n")),
                 LINES("ic-southbound = tcp:10.0.0.9:6646"));
}

static void refused(const char *yaml, const char *word)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    char *error = NULL;
    assert_false(import_kube_ovn(yaml, strlen(yaml), "f.yaml", &ds, &error));
    assert_int_equal(ds.length, 0);
    assert_memory_equal(error, "f.yaml:", 7);
    assert_non_null(strstr(error, word));
    free(error);
}

static void test_no_config_map(void **state OVS_UNUSED)
{
    refused("", "has no ConfigMap called ovn-ic-config");
    refused("kind: ConfigMap\nmetadata: {name: other}\n", "has no ConfigMap");
    refused("kind: ConfigMap\nmetadata: [ovn-ic-config]\n", "has no ConfigMap");
    refused("a: [1\nb: }", "kubectl");
    refused("a: &x [*x, *x]\nkind: *x\n", "has no ConfigMap");
}

/* Nothing of a value gets into the file unchecked. */
static void test_hostile_values(void **state OVS_UNUSED)
{
    expect_lines(kube_ovn(MAP("  az-name: \"a\\n[port evil]\\e[31m\"\n"
                              "  gw-nodes: \"x\\ndevice = evil\"\n"
                              "  ic-db-host: \"10.0.0.1:1\\nsouthbound = x\"\n"
                              "  ic-sb-port: \"6646\\n[dpdk]\"\n")),
                 LINES("# Availability zone a?[port evil]?[31m; Kube-OVN and ovn-ic go on naming "
                       "it.",
                       "name = x", "ic-southbound ="));
}

#define IDS(pairs) "[\"map\",[" pairs "]]"
#define ROW(pairs)                                                                                 \
    "{\"headings\":[\"_uuid\",\"external_ids\"],\"data\":[[[\"uuid\",\"x\"]," IDS(pairs) "]]}"

static void test_ovs(void **state OVS_UNUSED)
{
    expect_lines(ovs(ROW("[\"system-id\",\"gw1\"],[\"ovn-remote\",\"tcp:10.0.0.1:6642\"],"
                         "[\"ovn-encap-ip\",\"192.0.2.1,2001:db8::1,127.0.0.1\"],"
                         "[\"ovn-encap-type\",\"geneve\"],[\"ovn-is-interconn\",\"true\"],"
                         "[\"ovn-bridge-mappings\",\"p:br\"],[\"ovn-encap-csum\",\"false\"]"),
                     NULL),
                 LINES("name = gw1", "encap-ip = 192.0.2.1,2001:db8::1",
                       "southbound = tcp:10.0.0.1:6642",
                       "# ovn-encap-ip: \"127.0.0.1\" cannot be used here", "encap-csum = no"));
    /* As the server says it, with settings of one chassis, and TLS. */
    expect_lines(ovs("{\"rows\":[{\"external_ids\":" IDS(
                         "[\"system-id\",\"gw1\"],[\"ovn-remote\",\"tcp:10.0.0.1:6642\"],"
                         "[\"ovn-remote-gw1\",\"ssl:10.0.0.2:6642\"]") "}]}",
                     "{\"rows\":[{\"private_key\":\"/k\",\"certificate\":\"/c\",\"ca_cert\":\"/a\","
                     "\"bootstrap_ca_cert\":true}]}"),
                 LINES("southbound = ssl:10.0.0.2:6642", "private-key = /k", "certificate = /c",
                       "ca-cert = /a", "encap-ip =",
                       "# bootstrap_ca_cert is not carried over: ca-cert must be there."));
}

static void test_foreign_rows(void **state OVS_UNUSED)
{
    static const char *const bad[] = {"{}", "[]", "{\"headings\":[\"external_ids\"],\"data\":[]}",
                                      "{\"rows\":[]}", "{\"headings\":[3],\"data\":[[3]]}"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct json *rows = json_from_string(bad[i]);
        struct ds ds = DS_EMPTY_INITIALIZER;
        char *error = NULL;
        assert_false(import_ovs(rows, NULL, "f", &ds, &error));
        assert_non_null(strstr(error, "external_ids"));
        assert_int_equal(ds.length, 0);
        free(error);
        json_destroy(rows);
    }
    free(ovs("{\"rows\":[{\"external_ids\":[\"map\",[[1,2],3,[\"system-id\"]]]}]}", "[1]"));
}

/* With the gaps filled in, the configuration's parser is content. */
static void test_complete(void **state OVS_UNUSED)
{
    struct icgw_config *config;
    char *error;
    char *text = ovs(ROW("[\"system-id\",\"gw1\"],[\"ovn-remote\",\"tcp:10.0.0.1:6642\"],"
                         "[\"ovn-encap-ip\",\"192.0.2.1\"]"),
                     NULL);
    char *more = strstr(text, "\nic-southbound =");
    struct ds ds = DS_EMPTY_INITIALIZER;
    ds_put_buffer(&ds, text, (size_t)(more - text));
    ds_put_cstr(&ds, "\nic-southbound = tcp:10.0.0.3:6646");
    ds_put_cstr(&ds, more + strlen("\nic-southbound ="));
    char *device = strstr(ds_cstr(&ds), "device =");
    assert_non_null(device);
    struct ds full = DS_EMPTY_INITIALIZER;
    ds_put_buffer(&full, ds.string, (size_t)(device - ds.string));
    ds_put_format(&full, "device = net_tap0%s", device + strlen("device ="));
    assert_true(icgw_config_parse("f", full.string, full.length, &config, &error));
    assert_string_equal(config->southbound, "tcp:10.0.0.1:6642");
    icgw_config_free(config);
    ds_destroy(&full);
    ds_destroy(&ds);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_map),     cmocka_unit_test(test_no_config_map),
        cmocka_unit_test(test_hostile_values), cmocka_unit_test(test_ovs),
        cmocka_unit_test(test_foreign_rows),   cmocka_unit_test(test_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
