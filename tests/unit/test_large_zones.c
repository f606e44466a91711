/* SPDX-License-Identifier: Apache-2.0 */

/* What large zones cost: work that grows with the square of their size shows as CPU time. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dependencies.h"
#include "lflow.h"
#include "recording.h"
#include "recording_zone.h"
#include "specialise.h"
#include "test_eal.h"

/* Not wall-clock time: the machine may have other things to do. */
static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void assert_cheap(double start, double limit)
{
    double used = cpu_seconds() - start;
    print_message("%.2f s of the CPU\n", used);
    assert_true(used < limit);
}

/* --- sets and groups that an outcome depends on */

#define DATAPATHS                                                                                  \
    "router lr 2\n"                                                                                \
    "router other 3\n"

#define N_SETS 20000

static void test_many_sets(void **state)
{
    struct lflow_cache *cache = lflow_cache_create();
    struct model *m = zone_model(DATAPATHS, cache);
    struct dependencies d = {.list = NULL};
    double start = cpu_seconds();
    (void)state;
    for (unsigned int i = 0; i < 10 * N_SETS; i++) {
        char name[40];
        snprintf(name, sizeof name, "policy%u.ingress.allow", i % N_SETS);
        dependencies_add_port_group(&d, m, model_datapath_by_key(m, 2), name);
    }
    assert_cheap(start, 1.5);
    assert_int_equal(d.n_sets, N_SETS);
    dependencies_free(&d);
    model_free(m);
    lflow_cache_free(cache);
}

/* One name is an address set, and a group of each datapath. */
static void test_one_name(void **state)
{
    struct lflow_cache *cache = lflow_cache_create();
    struct model *m = zone_model(DATAPATHS, cache);
    struct dependencies d = {.list = NULL};
    (void)state;
    for (int i = 0; i < 2; i++) {
        dependencies_add_address_set(&d, m, "pg");
        dependencies_add_port_group(&d, m, model_datapath_by_key(m, 2), "pg");
        dependencies_add_port_group(&d, m, model_datapath_by_key(m, 3), "pg");
        dependencies_add_port_group(&d, m, model_datapath_by_key(m, 3), "pg2");
    }
    assert_int_equal(d.n_sets, 4);
    assert_int_equal(d.sets[0].key, 0);
    assert_int_equal(d.sets[1].key, 2);
    assert_int_equal(d.sets[2].key, 3);
    assert_string_equal(d.sets[3].name, "pg2");
    dependencies_complete(&d);
    assert_null(d.listed);
    assert_true(dependencies_hold(&d, m));
    dependencies_free(&d);
    model_free(m);
    lflow_cache_free(cache);
}

/* --- destinations that the slow path decides */

/* A router between a transit switch and a switch.  Table 1 has a route to each guest, table 2
 * a policy that looks at more than guards can, table 3 the guests' addresses and those of
 * neighbours that nothing is sent to here. */
#define ZONE                                                                                       \
    ROUTED_ZONE                                                                                    \
    "in lr 2 9 ip.dscp == 46 && ip4.src != 10.9.0.1 => drop;\n"                                    \
    "in lr 2 0 1 => next;\n"                                                                       \
    "in sw 0 0 1 => outport = \"vm1\"; output;\n"

#define N_GUESTS 20000
#define N_NEIGHBOURS 60000

static void add_flow(struct model *m, unsigned int i, int table, const char *match,
                     const char *actions)
{
    const char *router = "lr";
    char uuid[40];
    snprintf(uuid, sizeof uuid, "%u/%d", i, table);
    const struct model_flow_row row = {.uuid = uuid,
                                       .pipeline = MODEL_INGRESS,
                                       .table = table,
                                       .priority = 10,
                                       .match = match,
                                       .actions = actions};
    assert_true(model_add_flow(m, &router, 1, &row));
}

static void add_route(struct model *m, unsigned int i)
{
    char match[60];
    snprintf(match, sizeof match, "ip4.dst == 10.1.%u.%u", i >> 8, i & 0xff);
    add_flow(m, i, 1, match, "reg0 = ip4.dst; outport = \"lr-sw\"; next;");
}

static void add_neighbour(struct model *m, unsigned int i)
{
    char match[60], actions[60];
    snprintf(match, sizeof match, "outport == \"lr-sw\" && reg0 == 10.1.%u.%u", i >> 8, i & 0xff);
    snprintf(actions, sizeof actions, "eth.dst = 02:00:00:01:%02x:%02x; output;", i >> 8, i & 0xff);
    add_flow(m, i, 3, match, actions);
}

static void test_many_slow_destinations(void **state)
{
    const struct icgw_addr local = recording_gateway(1);
    struct lflow_cache *cache = lflow_cache_create();
    struct model *m = zone_model_open(ZONE, cache);
    (void)state;
    for (unsigned int i = 0; i < N_GUESTS; i++) {
        add_route(m, i);
    }
    for (unsigned int i = 0; i < N_NEIGHBOURS; i++) {
        add_neighbour(m, i);
    }
    model_finish(m);
    double start = cpu_seconds();
    struct specialised *result = specialise(m, &local, 1);
    assert_cheap(start, 6);
    assert_true(result->n_destinations >= N_GUESTS);
    assert_true(result->n_reports >= N_GUESTS); /* each of them is slow */
    specialised_free(result);
    model_free(m);
    lflow_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_sets),
        cmocka_unit_test(test_one_name),
        cmocka_unit_test(test_many_slow_destinations),
    };
    return cmocka_run_group_tests(tests, test_eal_start, test_eal_stop);
}
