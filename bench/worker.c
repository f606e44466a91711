/* SPDX-License-Identifier: Apache-2.0 */
/* The forwarding library as a worker runs it, on a DPDK device. */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

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

struct totals {
    uint64_t sent[ICGW_MAX_WORKERS];
    uint64_t cpu_ns[ICGW_MAX_WORKERS];
    uint64_t all;
    uint64_t handed_over;
    uint64_t dropped;
};

/* proc(5) */
uint64_t bench_cpu_time(int thread)
{
    uint64_t ns = 0;
    char path[64];
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%d/schedstat", thread);
    file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%" SCNu64, &ns) != 1) {
        ns = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return ns;
}

static struct totals look(bool times)
{
    struct totals t = {0};

    for (uint16_t w = 0; w < icgw_pmd_n_workers(); w++) {
        struct icgw_worker_info info;

        icgw_pmd_worker_info(w, &info);
        t.sent[w] = info.stats.tx_packets;
        t.cpu_ns[w] = times ? bench_cpu_time(info.thread) : 0;
        t.all += info.stats.tx_packets;
        t.handed_over += info.stats.handed_over;
        for (unsigned int i = 0; i < ICGW_N_DROPS; i++) {
            t.dropped += info.stats.drops[i];
        }
    }
    return t;
}

static void compare(const struct totals *first, const struct totals *last, double elapsed,
                    struct bench_result *result)
{
    result->packets = last->all - first->all;
    result->handed_over = last->handed_over - first->handed_over;
    result->dropped = last->dropped - first->dropped;
    for (uint16_t w = 0; w < icgw_pmd_n_workers(); w++) {
        double sent = (double)(last->sent[w] - first->sent[w]);
        double ns = (double)(last->cpu_ns[w] - first->cpu_ns[w]);

        result->share[w] = sent / (double)result->packets;
        result->had_core[w] = ns / 1e9 / elapsed;
        result->capacity += ns > 0 ? sent * 1e9 / ns : 0;
    }
}

/* Cycles per packet in windows of time: what else runs on the machine spoils
 * some of them, not the median. */
static const char *sample(const struct bench_options *o, struct bench_result *result)
{
    static double cycles[MAX_WINDOWS];
    uint64_t begin = rte_rdtsc();
    uint64_t end = begin + (uint64_t)(o->seconds * (double)rte_get_tsc_hz());
    struct totals first = look(true), before = first, now = first;
    unsigned int n = 0;

    while (rte_rdtsc() < end && n < MAX_WINDOWS) {
        uint64_t start = rte_rdtsc();

        usleep(WINDOW_US);
        now = look(false);
        if (now.all > before.all) {
            cycles[n++] = (double)(rte_rdtsc() - start) / (double)(now.all - before.all);
            bench_clock_note(now.all - before.all);
        }
        before = now;
    }
    if (n < BENCH_ROUNDS) {
        return "no packets were forwarded";
    }
    now = look(true);
    compare(&first, &now, (double)(rte_rdtsc() - begin) / (double)rte_get_tsc_hz(), result);
    bench_median(cycles, n); /* sorts */
    for (unsigned int i = 0; i < BENCH_ROUNDS; i++) {
        result->cycles[i] = cycles[(size_t)i * (n - 1) / (BENCH_ROUNDS - 1)];
    }
    result->packets_per_second = (double)rte_get_tsc_hz() / result->cycles[BENCH_ROUNDS / 2];
    return NULL;
}

void bench_configure(const struct bench_options *o, struct icgw_pmd_config *config)
{
    static const char *const names[BENCH_MAX_DEVICES] = {"0", "1", "2", "3", "4", "5", "6", "7"};

    *config = (struct icgw_pmd_config){
        .program = "ovnic-gw-bench",
        .huge_pages = o->huge_pages,
        .memory_mib = o->memory_mib,
        .n_workers = o->workers,
        .extra_mbufs = o->flows,
        .n_ports = o->n_devices,
    };
    for (uint16_t i = 0; i < o->n_devices; i++) {
        config->ports[i] = (struct icgw_pmd_port_config){
            .name = names[i],
            .device = o->devices[i],
            .mtu = BENCH_MAX_LENGTH,
            .spread = o->spread,
        };
    }
}

const char *bench_device(const struct bench_options *o, struct bench_result *result)
{
    struct icgw_pmd_config config;
    struct icgw_tables *tables;
    const char *wrong;
    char *error;

    bench_configure(o, &config);
    if (!icgw_pmd_start(&config, &error)) {
        return error;
    }
    tables = bench_tables(o);
    if (tables == NULL) {
        icgw_pmd_stop();
        return "out of memory: give more (--memory MIB)";
    }
    icgw_pmd_publish(tables);
    while (icgw_pmd_in_use() < icgw_pmd_published()) {
        usleep(WINDOW_US); /* until then packets meet the empty tables, and are drops */
    }
    usleep(10 * WINDOW_US);
    wrong = o->by_stage ? bench_clock_start() : NULL;
    if (wrong == NULL) {
        wrong = sample(o, result);
        bench_clock_result(result);
    }
    icgw_pmd_stop();
    return wrong;
}
