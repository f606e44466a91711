/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>

/* Where our own options begin: behind "--", or at once where there is none. */
static int own_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            return i;
        }
    }
    return 0;
}

static int start_eal(int argc, char **argv)
{
    static char args[][16] = {"ovnic-gw-bench", "--no-huge",     "--no-shconf",   "--no-pci", "-m",
                              "1024",           "--log-level=4", "--no-telemetry"};
    char *defaults[RTE_DIM(args)];

    if (argc > 1) {
        return rte_eal_init(argc, argv);
    }
    for (unsigned int i = 0; i < RTE_DIM(args); i++) {
        defaults[i] = args[i];
    }
    return rte_eal_init(RTE_DIM(args), defaults);
}

/* Without EAL, or with that which ports start. */
static const char *run(const struct bench_options *options, struct bench_result *result, int argc,
                       char **argv)
{
    const char *error;

    if (argc > 1 && (options->n_devices > 0 || options->latency != 0)) {
        return "no EAL options with --device and --latency: --memory, --huge-pages, --workers";
    }
    if (options->latency != 0) {
        return bench_latency(options, result);
    }
    if (options->n_devices > 0) {
        return bench_device(options, result);
    }
    if (start_eal(argc, argv) < 0) {
        return "EAL does not start; without hugepages: ovnic-gw-bench --no-huge -m 1024 -- …";
    }
    error = bench_measure(options, result);
    rte_eal_cleanup();
    return error;
}

int main(int argc, char **argv)
{
    struct bench_options options = {.checksum = true,
                                    .transits = 1,
                                    .destinations = 1,
                                    .flows = 1024,
                                    .length = 64,
                                    .workers = 1,
                                    .memory_mib = 1024,
                                    .seconds = 2};
    struct bench_result result = {0};
    int own = own_options(argc, argv);
    const char *error;

    bench_parse_options(&options, argc - own, argv + own);
    error = options.pcap != NULL ? bench_write_pcap(&options)
                                 : run(&options, &result, own == 0 ? 1 : own, argv);
    if (error != NULL) {
        fprintf(stderr, "ovnic-gw-bench: %s\n", error);
    } else if (options.json && options.pcap == NULL) {
        bench_print_json(&options, &result);
    } else if (options.pcap == NULL) {
        bench_print_table(&options, &result);
    }
    if (options.latency != 0) {
        /* Both ends of memif in one process cannot be closed: DPDK's interrupt thread takes
         * down one when the other goes, in memory that is freed meanwhile (22.11). */
        fflush(NULL);
        _exit(error != NULL);
    }
    return error != NULL;
}
