/* SPDX-License-Identifier: Apache-2.0 */

/* What ovnic-gw-bench measures adds up; the figures themselves are the machine's. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"

/* `ovnic-gw-bench ARGUMENTS` exits with `status`; returns what it prints. */
static char *run(const char *arguments, int status)
{
    char *command = xasprintf("%s %s 2>&1", ICGW_BENCH, arguments);
    char printed[16384];
    FILE *stream = popen(command, "r");

    assert_non_null(stream);
    size_t n = fread(printed, 1, sizeof printed - 1, stream);
    printed[n] = '\0';
    int result = pclose(stream);
    if (!WIFEXITED(result) || WEXITSTATUS(result) != status) {
        fail_msg("%s: status %#x, expected to exit with %d: %s", command, (unsigned int)result,
                 status, printed);
    }
    free(command);
    return xstrdup(printed);
}

static struct json *measure(const char *arguments)
{
    char *printed = run(arguments, 0);
    struct json *json = json_from_string(printed);

    if (json->type != JSON_OBJECT) {
        fail_msg("%s: not JSON: %s", arguments, printed);
    }
    free(printed);
    return json;
}

static double number(const struct json *json, const char *name)
{
    const struct json *value = shash_find_data(json_object(json), name);

    if (value == NULL) {
        fail_msg("no \"%s\"", name);
    }
    return value->type == JSON_INTEGER ? (double)json_integer(value) : json_real(value);
}

/* Sum of the stages of one way, each of which has taken time. */
static double sum_of(const struct json *json, const char *way, unsigned int n_stages)
{
    const struct json_array *stages = json_array(shash_find_data(json_object(json), "stages"));
    double sum = 0;

    for (size_t i = 0; i < stages->n; i++) {
        const struct json *stage = stages->elems[i];

        if (strcmp(json_string(shash_find_data(json_object(stage), "way")), way) == 0) {
            assert_true(number(stage, "cycles_per_packet") > 0);
            sum += number(stage, "cycles_per_packet");
            n_stages--;
        }
    }
    assert_int_equal(n_stages, 0);
    return sum;
}

static void check_stages(const char *arguments)
{
    struct json *json = measure(arguments);

    assert_true(number(json, "packets") > 0);
    assert_true(sum_of(json, "short way", 1) > 0);
    /* Remembering is what makes it fast; by far less than chance could hide. */
    assert_true(sum_of(json, "remembered", 2) < sum_of(json, "stages", 4));
    json_destroy(json);
}

static void test_stages(void **state OVS_UNUSED)
{
    check_stages("--json --by-stage --seconds 0.2");
    check_stages("--json --by-stage --seconds 0.2 --inner ipv6 --direction in --transits 20 "
                 "--destinations 5");
}

/* More destinations than are remembered. */
static void test_not_remembered(void **state OVS_UNUSED)
{
    char *printed = run("--by-stage --seconds 0.2 --destinations 20000 --flows 20000", 0);

    assert_non_null(strstr(printed, "not taken"));
    free(printed);
}

static void check_latency(const char *arguments)
{
    static const char *const percentiles[] = {"p50", "p90", "p99", "p99.9", "max"};
    struct json *json = measure(arguments);
    const struct json *latency = shash_find_data(json_object(json), "latency_ns");
    double before = 0;

    assert_true(number(json, "received") > 0);
    assert_true(number(json, "received") == number(json, "sent"));
    for (size_t i = 0; i < ARRAY_SIZE(percentiles); i++) {
        assert_true(number(latency, percentiles[i]) > 0);
        assert_true(number(latency, percentiles[i]) >= before * 0.98); /* steps of 1.6 % */
        before = number(latency, percentiles[i]);
    }
    json_destroy(json);
}

static void test_latency(void **state OVS_UNUSED)
{
    check_latency("--json --latency 2000 --seconds 0.3");
    check_latency("--json --latency 2000 --seconds 0.3 --direction in --inner ipv6 --length 78");
}

static void test_refused(void **state OVS_UNUSED)
{
    static const char *const wrong[] = {
        "--latency 1000 --by-stage",
        "--latency 1000 --length 1457",
        "--latency 1000 --inner ipv6 --length 77",
        "--transits 10000 --destinations 10000",
        "--transits 0",
        "--inner ipv5",
        "--seconds nan",
    };

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        free(run(wrong[i], 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stages),
        cmocka_unit_test(test_not_remembered),
        cmocka_unit_test(test_latency),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
