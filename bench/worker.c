/* SPDX-License-Identifier: Apache-2.0 */
/* The forwarding library as a worker runs it, on a DPDK device. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "icgw_pmd.h"

/* How long one look at the counters is from the next: long against a burst,
 * short against what else the machine may do. */
#define WINDOW_US 2000
#define MAX_WINDOWS 100000

#define PCAP_MAGIC 0xa1b2c3d4u
#define PCAP_ETHERNET 1

/* Puts the frames of all flows into a capture, for net_pcap.  Returns NULL or
 * what went wrong. */
const char *bench_write_pcap(const struct bench_options *o)
{
    static uint8_t buffer[RTE_MBUF_DEFAULT_BUF_SIZE];
    const uint32_t header[6] = {PCAP_MAGIC, 2 | 4 << 16, 0, 0, 65535, PCAP_ETHERNET};
    struct rte_mbuf m = {.buf_addr = buffer, .buf_len = sizeof buffer};
    FILE *file = fopen(o->pcap, "wb");
    bool ok = file != NULL && fwrite(header, sizeof header, 1, file) == 1;

    for (uint32_t flow = 0; ok && flow < o->flows; flow++) {
        uint32_t record[4] = {flow, 0};

        bench_frame(o, flow, &m);
        record[2] = record[3] = m.data_len;
        ok = fwrite(record, sizeof record, 1, file) == 1 &&
             fwrite(rte_pktmbuf_mtod(&m, void *), m.data_len, 1, file) == 1;
    }
    if (file == NULL || fclose(file) != 0 || !ok) {
        return "the capture cannot be written";
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Cycles per packet in windows of time: what else runs on the machine spoils
 * some of them, not the median. */
static const char *sample(const struct bench_options *o, struct bench_result *result)
{
    static double cycles[MAX_WINDOWS];
    uint64_t end = rte_rdtsc() + (uint64_t)(o->seconds * (double)rte_get_tsc_hz());
    struct icgw_worker_info before, now;
    unsigned int n = 0;

    icgw_pmd_worker_info(0, &before);
    while (rte_rdtsc() < end && n < MAX_WINDOWS) {
        uint64_t start = rte_rdtsc(), packets;

        usleep(WINDOW_US);
        icgw_pmd_worker_info(0, &now);
        packets = now.stats.tx_packets - before.stats.tx_packets;
        if (packets > 0) {
            cycles[n++] = (double)(rte_rdtsc() - start) / (double)packets;
        }
        result->packets += packets;
        before = now;
    }
    if (n < BENCH_ROUNDS) {
        return "no packets were forwarded";
    }
    qsort(cycles, n, sizeof cycles[0], by_value);
    for (unsigned int i = 0; i < BENCH_ROUNDS; i++) {
        result->cycles[i] = cycles[(size_t)i * (n - 1) / (BENCH_ROUNDS - 1)];
    }
    result->packets_per_second = (double)rte_get_tsc_hz() / result->cycles[BENCH_ROUNDS / 2];
    return NULL;
}

const char *bench_device(const struct bench_options *o, struct bench_result *result)
{
    struct icgw_pmd_config config = {
        .program = "ovnic-gw-bench",
        .huge_pages = o->huge_pages,
        .memory_mib = o->memory_mib,
        .n_workers = 1,
        .extra_mbufs = o->flows,
        .n_ports = 1,
        .ports = {{.name = "bench", .device = o->device, .mtu = BENCH_MAX_LENGTH}},
    };
    struct icgw_tables *tables;
    const char *wrong;
    char *error;

    if (!icgw_pmd_start(&config, &error)) {
        return error;
    }
    tables = bench_tables(o);
    if (tables == NULL) {
        icgw_pmd_stop();
        return "out of memory: give more (--memory MIB)";
    }
    icgw_pmd_publish(tables);
    usleep(10 * WINDOW_US);
    wrong = sample(o, result);
    icgw_pmd_stop();
    return wrong;
}
