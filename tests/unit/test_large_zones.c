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
#include "recording_zone.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_sets),
        cmocka_unit_test(test_one_name),
    };
    return cmocka_run_group_tests(tests, test_eal_start, test_eal_stop);
}
