/* SPDX-License-Identifier: Apache-2.0 */
/* By stage, on devices: what a worker calls of a driver is called through functions that
 * read the clock before and after.  The worker itself is the gateway's, as it is. */
#include "bench.h"

#include <stdatomic.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#define MAX_NOTES 100000

enum stage { RX, FORWARD, TX, REST, N_STAGES };

static const char *const names[N_STAGES] = {
    "receive (driver)",
    "count, forward",
    "send, free (driver)",
    "rest of the loop",
};

/* Cycles of one worker; it writes, the control thread reads. */
struct clock {
    _Atomic(uint64_t) spent[N_STAGES];
    uint64_t before; /* worker only: end of the last call */
    bool received;   /* worker only: frames that have not gone yet */
} __rte_cache_aligned;

static struct clock clocks[RTE_MAX_LCORE];
static eth_rx_burst_t driver_rx;
static eth_tx_burst_t driver_tx;
static uint64_t seen[N_STAGES];
static double notes[N_STAGES][MAX_NOTES];
static unsigned int n_notes;

static struct clock *mine(void)
{
    return &clocks[rte_lcore_id() % RTE_MAX_LCORE];
}

static void add(struct clock *c, enum stage stage, uint64_t now)
{
    uint64_t sum = atomic_load_explicit(&c->spent[stage], memory_order_relaxed);

    if (c->before != 0) {
        atomic_store_explicit(&c->spent[stage], sum + now - c->before, memory_order_relaxed);
    }
    c->before = now;
}

static uint16_t clocked_rx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
    struct clock *c = mine();

    add(c, REST, rte_rdtsc());
    n = driver_rx(queue, pkts, n);
    add(c, n > 0 ? RX : REST, rte_rdtsc());
    c->received = n > 0;
    return n;
}

static uint16_t clocked_tx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
    struct clock *c = mine();

    add(c, c->received ? FORWARD : REST, rte_rdtsc());
    n = driver_tx(queue, pkts, n);
    add(c, TX, rte_rdtsc());
    c->received = false;
    return n;
}

const char *bench_clock_start(void)
{
    uint16_t port;

    RTE_ETH_FOREACH_DEV(port)
    {
        struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[port];

        if (driver_rx != NULL &&
            (driver_rx != ops->rx_pkt_burst || driver_tx != ops->tx_pkt_burst)) {
            return "--by-stage takes devices of one driver only";
        }
        driver_rx = ops->rx_pkt_burst;
        driver_tx = ops->tx_pkt_burst;
    }
    RTE_ETH_FOREACH_DEV(port)
    {
        __atomic_store_n(&rte_eth_fp_ops[port].rx_pkt_burst, clocked_rx, __ATOMIC_RELEASE);
        __atomic_store_n(&rte_eth_fp_ops[port].tx_pkt_burst, clocked_tx, __ATOMIC_RELEASE);
    }
    return NULL;
}

void bench_clock_note(uint64_t packets)
{
    if (driver_rx == NULL || n_notes == MAX_NOTES) {
        return;
    }
    for (unsigned int stage = 0; stage < N_STAGES; stage++) {
        uint64_t sum = 0;

        for (unsigned int i = 0; i < RTE_MAX_LCORE; i++) {
            sum += atomic_load_explicit(&clocks[i].spent[stage], memory_order_relaxed);
        }
        notes[stage][n_notes] = (double)(sum - seen[stage]) / (double)packets;
        seen[stage] = sum;
    }
    n_notes++;
}

void bench_clock_result(struct bench_result *result)
{
    if (n_notes == 0) {
        return;
    }
    result->n_stages = N_STAGES;
    for (unsigned int stage = 0; stage < N_STAGES; stage++) {
        result->stages[stage] = (struct bench_stage){
            .way = "worker",
            .name = names[stage],
            .cycles = bench_median(notes[stage], n_notes),
        };
    }
}
