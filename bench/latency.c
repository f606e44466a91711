/* SPDX-License-Identifier: Apache-2.0 */
/* How long packets take: the control thread sends frames that say when, by one end of a
 * memif connection; a worker has the other end as its port. */
#include "bench.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define WARM_UP_SECONDS 0.1
#define LINK_TIMEOUT 10   /* seconds */
#define SILENCE 0.2       /* seconds without a packet: what is missing is lost … */
#define LAST_POLLS 1000   /* … if the worker has looked as often: it may have had no core */
#define WORKER_TIMEOUT 10 /* seconds: it may have ended */
#define POOL_SIZE 8191
#define RING_SIZE 1024

/* Durations are counted by size: exact below 2^7 cycles, then 64 steps for each power
 * of 2, so within 1.6 %. */
#define STEP_BITS 6
#define N_COUNTS ((64 - STEP_BITS + 1) << STEP_BITS)

/* The last bytes of a frame. */
struct stamp {
    uint64_t run; /* frames of an earlier one do not count */
    uint64_t sent_at;
};

struct loop {
    const struct bench_options *options;
    uint16_t port;
    struct rte_mempool *pool;
    uint32_t next_flow;
    uint64_t run;
    uint64_t most;          /* TSC cycles, as the following */
    uint64_t longest_pause; /* between looks at the ring */
    uint64_t looked_at;
    uint64_t received_at;
    uint64_t counts[N_COUNTS];
};

static unsigned int size_of(uint64_t cycles)
{
    unsigned int shift = 63 - (unsigned int)__builtin_clzll(cycles | 1);

    if (shift <= STEP_BITS) {
        return (unsigned int)cycles;
    }
    shift -= STEP_BITS;
    return (shift << STEP_BITS) + (unsigned int)(cycles >> shift);
}

/* The least that is counted there. */
static uint64_t cycles_of(unsigned int size)
{
    unsigned int shift = size >> STEP_BITS;

    return shift <= 1 ? size : (uint64_t)(size - ((shift - 1) << STEP_BITS)) << (shift - 1);
}

static double ns_of(uint64_t cycles)
{
    return (double)cycles * 1e9 / (double)rte_get_tsc_hz();
}

static void find_percentiles(const struct loop *l, struct bench_latency *found)
{
    static const double shares[BENCH_LATENCIES - 1] = {0.5, 0.9, 0.99, 0.999};
    uint64_t seen = 0;
    unsigned int k = 0;

    for (unsigned int size = 0; size < N_COUNTS && k < BENCH_LATENCIES - 1; size++) {
        seen += l->counts[size];
        while (k < BENCH_LATENCIES - 1 && seen > 0 &&
               (double)seen >= shares[k] * (double)found->received) {
            found->ns[k++] = ns_of(cycles_of(size));
        }
    }
    found->ns[BENCH_LATENCIES - 1] = ns_of(l->most);
    found->generator_pause_ns = ns_of(l->longest_pause);
}

static void *stamp_of(struct rte_mbuf *m)
{
    return rte_pktmbuf_mtod_offset(m, void *, m->data_len - sizeof(struct stamp));
}

/* Sends up to n frames; returns how many went. */
static uint16_t send_some(struct loop *l, uint16_t n)
{
    struct rte_mbuf *pkts[ICGW_BURST];
    struct stamp stamp = {.run = l->run};
    uint16_t sent;

    if (rte_pktmbuf_alloc_bulk(l->pool, pkts, n) != 0) {
        return 0;
    }
    for (uint16_t i = 0; i < n; i++) {
        bench_frame(l->options, l->next_flow, pkts[i]);
        l->next_flow = (l->next_flow + 1) % l->options->flows;
    }
    stamp.sent_at = rte_rdtsc();
    for (uint16_t i = 0; i < n; i++) {
        memcpy(stamp_of(pkts[i]), &stamp, sizeof stamp);
    }
    sent = rte_eth_tx_burst(l->port, 0, pkts, n);
    rte_pktmbuf_free_bulk(&pkts[sent], n - sent);
    return sent;
}

/* Takes in what has come back; returns how many frames of this run. */
static uint16_t receive(struct loop *l)
{
    struct rte_mbuf *pkts[ICGW_BURST];
    uint16_t n = rte_eth_rx_burst(l->port, 0, pkts, ICGW_BURST), counted = 0;
    uint64_t now = rte_rdtsc();

    l->longest_pause = RTE_MAX(l->longest_pause, now - l->looked_at);
    l->looked_at = now;
    for (uint16_t i = 0; i < n; i++) {
        struct stamp stamp = {0};

        if (pkts[i]->data_len > sizeof stamp) {
            memcpy(&stamp, stamp_of(pkts[i]), sizeof stamp);
        }
        if (stamp.run == l->run) {
            counted++;
            l->counts[size_of(now - stamp.sent_at)]++;
            l->most = RTE_MAX(l->most, now - stamp.sent_at);
        }
    }
    rte_pktmbuf_free_bulk(pkts, n);
    if (counted > 0) {
        l->received_at = now;
    }
    return counted;
}

static uint64_t worker_polls(void)
{
    struct icgw_worker_info info;

    icgw_pmd_worker_info(0, &info);
    return info.stats.polls;
}

/* Whether nothing more can come, of what was sent before the worker had polled so often. */
static bool silent(const struct loop *l, uint64_t polls)
{
    uint64_t now = rte_rdtsc(), hz = rte_get_tsc_hz();

    return now > l->received_at + WORKER_TIMEOUT * hz ||
           (now > l->received_at + (uint64_t)(SILENCE * (double)hz) &&
            worker_polls() - polls >= LAST_POLLS);
}

/* Waits for what is under way.  Looks once in any case, so that a pause across the end is
 * one, and once more after the silence: this thread may have had no core meanwhile. */
static void receive_rest(struct loop *l, struct bench_latency *found)
{
    uint64_t polls = worker_polls();
    bool over;
    uint16_t n;

    do {
        over = silent(l, polls);
        n = receive(l);
        found->received += n;
    } while (found->received < found->sent && (n > 0 || !over));
}

/* Sends at the rate asked for.  What is more than a burst behind, because this thread had
 * no core, is left out: sent at once, it would wait for itself. */
static void run(struct loop *l, double seconds, struct bench_latency *found)
{
    double hz = (double)rte_get_tsc_hz(), per_cycle = l->options->latency / hz;
    uint64_t start = rte_rdtsc(), now = start, end = start + (uint64_t)(seconds * hz);

    *found = (struct bench_latency){0};
    memset(l->counts, 0, sizeof l->counts);
    l->most = l->longest_pause = 0;
    l->looked_at = l->received_at = start;
    l->run = start;
    for (; now < end; now = rte_rdtsc()) {
        uint64_t done = found->sent + found->skipped;
        uint64_t due = (uint64_t)((double)(now - start) * per_cycle);
        uint64_t n = due > done ? due - done : 0;

        if (n > 0) {
            uint16_t sent = send_some(l, (uint16_t)RTE_MIN(n, (uint64_t)ICGW_BURST));

            found->sent += sent;
            found->skipped += n > ICGW_BURST ? n - sent : 0;
        }
        found->received += receive(l);
    }
    l->received_at = RTE_MAX(l->received_at, end);
    receive_rest(l, found);
}

static bool link_up(uint16_t port)
{
    struct rte_eth_link link;

    return rte_eth_link_get_nowait(port, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

/* The generator's end. */
static const char *open_port(struct loop *l, const char *args)
{
    const struct rte_eth_conf conf = {0};
    uint64_t end = rte_rdtsc() + LINK_TIMEOUT * rte_get_tsc_hz();

    l->pool = rte_pktmbuf_pool_create("bench-generator", POOL_SIZE, 256, 0,
                                      RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    if (l->pool == NULL) {
        return "out of memory: give more (--memory MIB)";
    }
    if (rte_dev_probe(args) != 0 || rte_eth_dev_get_port_by_name("net_memif1", &l->port) != 0 ||
        rte_eth_dev_configure(l->port, 1, 1, &conf) != 0 ||
        rte_eth_rx_queue_setup(l->port, 0, RING_SIZE, SOCKET_ID_ANY, NULL, l->pool) != 0 ||
        rte_eth_tx_queue_setup(l->port, 0, RING_SIZE, SOCKET_ID_ANY, NULL) != 0 ||
        rte_eth_dev_start(l->port) != 0) {
        return "no generator: DPDK's driver net_memif does not start";
    }
    while (!link_up(l->port) || !icgw_pmd_link_up(0)) {
        if (rte_rdtsc() > end) {
            return "the two ends of the memif connection do not find each other";
        }
        icgw_pmd_run();
        usleep(1000);
    }
    return NULL;
}

static uint64_t worker_time(void)
{
    struct icgw_worker_info info;

    icgw_pmd_worker_info(0, &info);
    return bench_cpu_time(info.thread);
}

static const char *measure(struct loop *l, struct bench_result *result)
{
    const struct bench_options *o = l->options;
    uint64_t had, start;

    run(l, WARM_UP_SECONDS, &result->latency);
    if (result->latency.received == 0) {
        return "no packets were forwarded";
    }
    had = worker_time();
    start = rte_rdtsc();
    run(l, o->seconds, &result->latency);
    result->latency.worker_had_core = (double)(worker_time() - had) / ns_of(rte_rdtsc() - start);
    if (result->latency.received == 0) {
        return "no packets came back";
    }
    find_percentiles(l, &result->latency);
    return NULL;
}

const char *bench_latency(const struct bench_options *o, struct bench_result *result)
{
    static const char ends[2][8] = {"server", "client"};
    static struct loop l;
    char args[2][96];
    struct bench_options with_device = *o;
    struct icgw_pmd_config config;
    struct icgw_tables *tables;
    const char *wrong;
    char *error;

    for (int i = 0; i < 2; i++) { /* the socket is abstract: it leaves no file */
        snprintf(args[i], sizeof args[i], "net_memif%d,role=%s,socket=ovnic-gw-bench-%d", i,
                 ends[i], (int)getpid());
    }
    with_device.devices[0] = args[0];
    with_device.n_devices = 1;
    bench_configure(&with_device, &config);
    config.ports[0].mtu = 1500; /* memif takes no more */
    if (!icgw_pmd_start(&config, &error)) {
        return error;
    }
    l.options = o;
    l.port = RTE_MAX_ETHPORTS;
    wrong = open_port(&l, args[1]);
    tables = wrong == NULL ? bench_tables(o) : NULL;
    if (tables != NULL) {
        icgw_pmd_publish(tables);
        wrong = measure(&l, result);
    } else if (wrong == NULL) {
        wrong = "out of memory: give more (--memory MIB)";
    }
    return wrong; /* all goes with the process: see main() */
}
