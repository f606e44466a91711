/* SPDX-License-Identifier: Apache-2.0 */
/* Workers near their ports, on machines of 1, 2 and 4 nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pmd.h"

#define CPUS 16

/* CPU i of 16 is on node i / (16 / n_nodes).  The chosen ones, the last, are
 * compared as a list of numbers. */
static void expect_cpus(int n_nodes, uint16_t n_workers, const int *ports, uint16_t n_ports,
                        const char *want, unsigned int want_near)
{
    struct pmd_cpu cpus[CPUS];
    char got[128] = "";
    bool seen[CPUS] = {false};

    for (unsigned int i = 0; i < CPUS; i++) {
        cpus[i] = (struct pmd_cpu){i, n_nodes ? (int)i * n_nodes / CPUS : -1};
    }
    assert_int_equal(pmd_numa_order(cpus, CPUS, n_workers, ports, n_ports), want_near);
    for (unsigned int i = 0; i < CPUS; i++) {
        assert_false(seen[cpus[i].id]);
        seen[cpus[i].id] = true;
        if (i >= (unsigned int)CPUS - n_workers) {
            snprintf(got + strlen(got), sizeof got - strlen(got), " %u", cpus[i].id);
        }
    }
    assert_string_equal(got, want);
}

static void one_node(void **state)
{
    (void)state;
    expect_cpus(1, 3, (const int[]){0}, 1, " 13 14 15", 16);
    expect_cpus(1, 3, (const int[]){-1}, 1, " 13 14 15", 16);
    expect_cpus(0, 3, (const int[]){0, -1}, 2, " 13 14 15", 16); /* nodes unknown */
}

static void two_nodes(void **state)
{
    (void)state;
    expect_cpus(2, 3, (const int[]){0}, 1, " 5 6 7", 8);
    expect_cpus(2, 3, (const int[]){1}, 1, " 13 14 15", 8);
    /* A port on each: workers in turn. */
    expect_cpus(2, 4, (const int[]){0, 1}, 2, " 14 6 15 7", 16);
    expect_cpus(2, 3, (const int[]){1, 1}, 2, " 13 14 15", 8);
    /* More workers than the node has CPUs: the others are elsewhere. */
    expect_cpus(2, 9, (const int[]){1}, 1, " 7 8 9 10 11 12 13 14 15", 8);
    /* A port that may be anywhere does not pull workers away. */
    expect_cpus(2, 2, (const int[]){0, -1}, 2, " 15 7", 16);
}

static void four_nodes(void **state)
{
    (void)state;
    expect_cpus(4, 2, (const int[]){2}, 1, " 10 11", 4);
    expect_cpus(4, 4, (const int[]){3, 0}, 2, " 2 14 3 15", 8);
    expect_cpus(4, 4, (const int[]){0, 1, 2, 3}, 4, " 15 11 7 3", 16);
}

static void expect_owners(int port, const int *workers, uint16_t n, uint16_t first,
                          const uint16_t *want, uint16_t want_near)
{
    uint16_t owners[8] = {0};

    assert_int_equal(pmd_numa_owners(port, workers, n, first, owners), want_near);
    assert_memory_equal(owners, want, n * sizeof owners[0]);
}

static void queues_belong_to_workers_of_the_node(void **state)
{
    const int one[] = {0, 0, 0}, two[] = {0, 1, 0, 1}, unknown[] = {-1, -1};

    (void)state;
    expect_owners(0, one, 3, 0, (const uint16_t[]){0, 1, 2}, 3);
    expect_owners(0, one, 3, 1, (const uint16_t[]){1, 2, 0}, 3);
    expect_owners(1, two, 4, 0, (const uint16_t[]){1, 3, 0, 2}, 2);
    expect_owners(0, two, 4, 1, (const uint16_t[]){2, 0, 1, 3}, 2);
    expect_owners(2, two, 4, 0, (const uint16_t[]){0, 1, 2, 3}, 0);
    expect_owners(-1, two, 4, 0, (const uint16_t[]){0, 1, 2, 3}, 4);
    expect_owners(1, unknown, 2, 1, (const uint16_t[]){1, 0}, 2);
}

static void nodes_of_devices_that_are_not_there(void **state)
{
    (void)state;
    assert_int_equal(pmd_numa_of_device("ffff:fe:1f.7"), -1);
    assert_int_equal(pmd_numa_of_device("net_null0"), -1);
    assert_int_equal(pmd_numa_of_device("net_af_packet0,iface=nosuch0"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_node),
        cmocka_unit_test(two_nodes),
        cmocka_unit_test(four_nodes),
        cmocka_unit_test(queues_belong_to_workers_of_the_node),
        cmocka_unit_test(nodes_of_devices_that_are_not_there),
    };
    return cmocka_run_group_tests_name("pmd_numa", tests, NULL, NULL);
}
