/* SPDX-License-Identifier: Apache-2.0 */
/* Workers near their ports, on machines of 1, 2 and 4 nodes. */
#include "pmd_child.h"

#include <string.h>

#include <rte_ethdev.h>

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

static void expect_pools(const int *ports, uint16_t n, const uint16_t *want, const int *want_nodes,
                         uint16_t want_n)
{
    uint16_t pools[8];
    int nodes[8];

    assert_int_equal(pmd_numa_group(ports, n, pools, nodes), want_n);
    assert_memory_equal(pools, want, n * sizeof pools[0]);
    assert_memory_equal(nodes, want_nodes, want_n * sizeof nodes[0]);
}

static void pool_for_each_node(void **state)
{
    const uint16_t all_first[] = {0, 0, 0};

    (void)state;
    expect_pools((const int[]){0, 0, 0}, 3, all_first, (const int[]){0}, 1);
    expect_pools((const int[]){-1, -1, -1}, 3, all_first, (const int[]){-1}, 1);
    expect_pools((const int[]){-1, 1, -1}, 3, all_first, (const int[]){1}, 1);
    expect_pools((const int[]){1, 0, 1}, 3, (const uint16_t[]){0, 1, 0}, (const int[]){1, 0}, 2);
    expect_pools((const int[]){3, -1, 0, 3, 1}, 5, (const uint16_t[]){0, 0, 1, 0, 2},
                 (const int[]){3, 0, 1}, 3);
}

int __real_pmd_numa_of_device(const char *device);
int __wrap_pmd_numa_of_device(const char *device);

/* The node of net_nullN is N in that case; memory is not there, without hugepages. */
static bool numbered;

int __wrap_pmd_numa_of_device(const char *device)
{
    int node;

    if (numbered && sscanf(device, "net_null%d", &node) == 1) {
        return node;
    }
    return __real_pmd_numa_of_device(device);
}

/* A device that frees in bulk; what it is told. */
static struct {
    uint64_t offloads;
    struct rte_mempool *pool;
} told[2];

int __real_rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info);
int __wrap_rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info);
int __real_rte_eth_dev_configure(uint16_t port, uint16_t n_rxq, uint16_t n_txq,
                                 const struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_configure(uint16_t port, uint16_t n_rxq, uint16_t n_txq,
                                 const struct rte_eth_conf *conf);
int __real_rte_eth_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t n, unsigned int socket,
                                  const struct rte_eth_rxconf *conf, struct rte_mempool *pool);
int __wrap_rte_eth_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t n, unsigned int socket,
                                  const struct rte_eth_rxconf *conf, struct rte_mempool *pool);

int __wrap_rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info)
{
    int rc = __real_rte_eth_dev_info_get(port, info);

    info->tx_offload_capa |= RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
    return rc;
}

int __wrap_rte_eth_dev_configure(uint16_t port, uint16_t n_rxq, uint16_t n_txq,
                                 const struct rte_eth_conf *conf)
{
    struct rte_eth_conf able = *conf;

    told[port].offloads = conf->txmode.offloads;
    able.txmode.offloads &= ~RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
    return __real_rte_eth_dev_configure(port, n_rxq, n_txq, &able);
}

int __wrap_rte_eth_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t n, unsigned int socket,
                                  const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
    told[port].pool = pool;
    return __real_rte_eth_rx_queue_setup(port, queue, n, socket, conf, pool);
}

static const char *ports_have_pools(void)
{
    EXPECT(pmd.n_pools == 2);
    EXPECT(pmd.pools[0] != pmd.pools[1]);
    for (uint16_t p = 0; p < 2; p++) {
        EXPECT(told[pmd.ports[p].dev.id].pool == pmd.pools[p]);
        EXPECT(!(told[pmd.ports[p].dev.id].offloads & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE));
    }
    return NULL;
}

static const char *port_frees_in_bulk(void)
{
    EXPECT(pmd.n_pools == 1);
    EXPECT(told[0].pool == pmd.pools[0]);
    EXPECT(told[0].offloads & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE);
    return NULL;
}

/* Frames may be freed to either pool, whichever port sends them. */
static void ports_on_two_nodes(void **state)
{
    struct icgw_pmd_config config = {
        .program = "test_pmd_numa",
        .memory_mib = 256,
        .n_workers = 1,
        .idle_sleep = true,
        .n_ports = 2,
        .ports = {{.name = "a", .device = "net_null0,no-rx=1"},
                  {.name = "b", .device = "net_null1,no-rx=1"}},
    };

    (void)state;
    numbered = true; /* the last case */
    in_child(&config, ports_have_pools);
    config.n_ports = 1;
    in_child(&config, port_frees_in_bulk);
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
        cmocka_unit_test(pool_for_each_node),
        cmocka_unit_test(nodes_of_devices_that_are_not_there),
        cmocka_unit_test(ports_on_two_nodes),
    };
    return cmocka_run_group_tests_name("pmd_numa", tests, NULL, NULL);
}
