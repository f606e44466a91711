/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "icgw_forward.h"

/* Longer bursts count as that long. */
#define MAX_BURST_CYCLES 65535

struct run {
    struct bench_frames frames;
    const struct icgw_tables *tables;
    struct icgw_memo *memo;
    uint64_t packets;
    uint64_t cycles;                       /* within icgw_forward() */
    uint32_t bursts[MAX_BURST_CYCLES + 1]; /* number by duration, of all rounds */
};

static size_t eal_memory(void)
{
    struct rte_malloc_socket_stats stats;
    size_t sum = 0;

    for (int socket = 0; socket < RTE_MAX_NUMA_NODES; socket++) {
        if (rte_malloc_get_socket_stats(socket, &stats) == 0) {
            sum += stats.heap_allocsz_bytes;
        }
    }
    return sum;
}

void bench_frames_refill(struct bench_frames *f)
{
    for (unsigned int i = 0; i < BENCH_IN_FLIGHT; i++) {
        bench_frame(f->options, f->next_flow, f->pkts[i]);
        f->next_flow = (f->next_flow + 1) % f->options->flows;
    }
}

/* Rewrites all frames (not measured), then forwards them.  False: a frame was
 * not forwarded. */
static bool turn(struct run *run)
{
    struct icgw_result results[ICGW_BURST];

    bench_frames_refill(&run->frames);
    for (unsigned int i = 0; i < BENCH_IN_FLIGHT; i += ICGW_BURST) {
        uint64_t start = rte_rdtsc_precise(), took;

        icgw_forward(run->tables, run->memo, &run->frames.pkts[i], ICGW_BURST, results);
        took = rte_rdtsc_precise() - start;
        run->cycles += took;
        run->bursts[RTE_MIN(took, (uint64_t)MAX_BURST_CYCLES)]++;
        run->packets += ICGW_BURST;
        for (unsigned int k = 0; k < ICGW_BURST; k++) {
            if (results[k].action != ICGW_ACTION_TX) {
                return false;
            }
        }
    }
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, by_value);
    return values[n / 2];
}

/* Durations that given shares of all bursts do not exceed. */
static void find_percentiles(const struct run *run, uint64_t n_bursts, uint32_t *found)
{
    static const double shares[BENCH_PERCENTILES] = {0.01, 0.5, 0.99, 0.999};
    uint64_t seen = 0;
    unsigned int k = 0;

    for (uint32_t cycles = 0; cycles <= MAX_BURST_CYCLES; cycles++) {
        seen += run->bursts[cycles];
        while (k < BENCH_PERCENTILES && (double)seen >= shares[k] * (double)n_bursts) {
            found[k++] = cycles;
        }
    }
}

static const char *run_rounds(struct run *run, struct bench_result *result)
{
    uint64_t round =
        (uint64_t)(run->frames.options->seconds * (double)rte_get_tsc_hz() / BENCH_ROUNDS);

    /* Once untimed: caches, page faults, and whether it works at all. */
    if (!turn(run)) {
        return "a frame was not forwarded";
    }
    result->packets = 0;
    memset(run->bursts, 0, sizeof run->bursts);
    for (unsigned int i = 0; i < BENCH_ROUNDS; i++) {
        uint64_t end = rte_rdtsc() + round;

        run->packets = run->cycles = 0;
        do {
            if (!turn(run)) {
                return "a frame was not forwarded";
            }
        } while (rte_rdtsc() < end);
        result->cycles[i] = (double)run->cycles / (double)run->packets;
        result->packets += run->packets;
    }
    find_percentiles(run, result->packets / ICGW_BURST, result->burst);
    qsort(result->cycles, BENCH_ROUNDS, sizeof result->cycles[0], by_value);
    result->packets_per_second = (double)rte_get_tsc_hz() / result->cycles[BENCH_ROUNDS / 2];
    return NULL;
}

const char *bench_measure(const struct bench_options *o, struct bench_result *result)
{
    struct rte_mempool *pool = rte_pktmbuf_pool_create("bench", BENCH_IN_FLIGHT, 0, 0,
                                                       RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    size_t before = eal_memory();
    static struct run run;
    struct icgw_tables *tables = bench_tables(o);
    const char *error = NULL;

    result->bytes_per_destination = (double)(eal_memory() - before) / o->destinations / o->transits;
    run.frames.options = o;
    run.tables = tables;
    run.memo = icgw_memo_create(SOCKET_ID_ANY);
    if (pool == NULL || tables == NULL || run.memo == NULL ||
        rte_pktmbuf_alloc_bulk(pool, run.frames.pkts, BENCH_IN_FLIGHT) != 0) {
        error = "out of memory: give EAL more (-m MIB)";
    } else {
        error = run_rounds(&run, result);
        if (error == NULL && o->by_stage) {
            error = bench_by_stage(&run.frames, tables, run.memo, result);
        }
        rte_pktmbuf_free_bulk(run.frames.pkts, BENCH_IN_FLIGHT);
    }
    icgw_memo_free(run.memo);
    icgw_tables_free(tables);
    rte_mempool_free(pool);
    return error;
}
